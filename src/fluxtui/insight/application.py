"""Everything that some Flux objects deploy, as one tree: sources, nested Flux objects, workloads with their pods, and
all other objects by kind.

Which Flux object applied which is read from the store, so that it is live; what else they manage is what was asked for
(`managed.Holding`). A branch is troubled, and drawn unfolded, when something in it is not ready, when a pod of it was
restarted within the hour or is close to its memory limit, or when something could not be asked.
"""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence

import msgspec

from fluxtui.insight.forest import CLUSTER, MISSING, TOP, UNSEEN, Forest, Ref, View
from fluxtui.insight.graph import Graph
from fluxtui.insight.kstatus import State
from fluxtui.insight.managed import MANAGING, STATUS_OF, WORDS, Holding, concern
from fluxtui.insight.usage import NEAR, NO_SHARE, Share, Usage, share, total
from fluxtui.insight.workloads import CRON, WORKLOADS, Pod
from fluxtui.kinds.record import split_id
from fluxtui.kinds.served import bare
from fluxtui.kinds.status import Status
from fluxtui.store.row import Row
from fluxtui.store.store import Store

RECENT = 3600
"""Seconds for which a pod that was restarted is worth a look."""
MOST = 5000
"""Lines of a tree; what is beyond is counted."""
OWNERS = 500
"""Flux objects that are followed downwards."""
STEP = 50
"""Lines between two pauses while the tree is made."""


class Held(msgspec.Struct, frozen=True):
    """What one Flux object manages. `wanted` is whether it is asked for at all; `told` is where the list comes from,
    where not from its inventory; `trouble` is why it could not be asked.
    """

    holdings: tuple[Holding, ...] = ()
    wanted: bool = True
    told: str = ""
    trouble: str = ""
    left_out: int = 0
    """Entries beyond those that are looked at."""


NOT_WANTED = Held(wanted=False)


class Line(msgspec.Struct, frozen=True):
    """What one node of the tree shows. `identity` is empty for what is no object: a group, a note.

    `kind` and `name` are the words; `word` is the state in a word, `why` what is wrong, in words. `since` is when that
    began, or when it was made (epoch s). `restarts` are those of its pods.
    """

    cluster: str
    identity: str
    kind: str
    namespace: str
    name: str
    word: str = ""
    why: str = ""
    replicas: str = ""
    short: bool = False
    """Whether replicas are missing."""
    restarts: int = 0
    pods: int = 0
    since: int = 0
    source: bool = False
    """Whether it stands there as the source of what is above."""
    share: Share = NO_SHARE
    flux: bool = False


class Application(msgspec.Struct):
    """The tree, and what is told of it as a whole. `lines` are by the numbers of the forest's nodes."""

    forest: Forest = msgspec.field(default_factory=lambda: Forest(View.OWNERSHIP))
    lines: list[Line] = msgspec.field(default_factory=list[Line])
    restarting: list[int] = msgspec.field(default_factory=list[int])
    """Pods that were restarted within the hour."""
    near: list[int] = msgspec.field(default_factory=list[int])
    """Pods that are close to a memory limit."""
    waiting: int = 0
    """Objects that were not told of yet."""
    unknown: int = 0
    """Objects that cannot be told of."""
    unasked: int = 0
    """Flux objects whose objects are not asked for, because there are so many."""
    left_out: int = 0
    """Objects beyond what is shown."""

    def of(self, node: int) -> Line:
        """The line of a node."""
        return self.lines[node]


def owners(store: Store, roots: Iterable[Ref]) -> list[Ref]:
    """The Flux objects that apply others, from some of them downwards, those nearest to the roots first."""
    found = dict.fromkeys(roots)
    queue, graphs = list(found), dict[str, Graph]()
    for cluster, identity in queue:  # grows while it is walked
        data = store.find(cluster)
        row = data.row(identity) if data is not None else None
        if data is None or row is None or len(found) >= OWNERS:
            continue
        graph = graphs.setdefault(cluster, Graph(data))
        for edge in graph.children(row.record):
            ref = (cluster, edge.target)
            if split_id(edge.target)[0] in MANAGING and ref not in found:
                found[ref] = None
                queue.append(ref)
    return queue


def plant(
    store: Store, roots: Sequence[Ref], held: Callable[[Ref], Held], usages: Mapping[Ref, Usage], now: float
) -> Generator[None, None, Application]:
    """The tree as it is known now, in slices. `held` tells what a Flux object manages, `usages` what pods use."""
    planting = _Planting(store, held, usages, now)
    for root in roots:
        yield from planting.owner(root, TOP)
    planting.sources()
    return planting.finished()


class _Planting:
    """One making of a tree. Every object is drawn once, under the first that applies it."""

    def __init__(self, store: Store, held: Callable[[Ref], Held], usages: Mapping[Ref, Usage], now: float) -> None:
        self.app = Application()
        self._store = store
        self._held = held
        self._usages = usages
        self._now = now
        self._graphs: dict[str, Graph] = {}
        self._eyes: dict[Ref, int] = {}
        self._users: list[tuple[int, Ref]] = []
        """Nodes with what they take from."""

    def _graph(self, cluster: str) -> Graph | None:
        data = self._store.find(cluster)
        if data is None:
            return None
        return self._graphs.setdefault(cluster, Graph(data))

    def _add(self, key: Ref, status: int, under: int, line: Line, *, first: bool = False) -> int:
        forest = self.app.forest
        node = forest.add(key, status)
        self.app.lines.append(line)
        forest.parent[node] = under
        siblings = forest.tops if under == TOP else forest.children.setdefault(under, [])
        siblings.insert(0 if first else len(siblings), node)
        return node

    # Flux objects

    def owner(self, ref: Ref, under: int) -> Generator[None, None, None]:
        """A Flux object with everything beneath it, worst first."""
        if ref in self.app.forest.numbers or len(self.app.lines) >= MOST:
            return
        row = self._store.row(*ref)
        node = self._add(ref, self._status(ref, row), under, flux_line(ref, row))
        yield
        if row is None:
            return
        if row.record.source:
            self._users.append((node, (ref[0], row.record.source)))
        graph = self._graph(ref[0])
        nested = {edge.target for edge in graph.children(row.record)} if graph is not None else set[str]()
        appliers = sorted(
            (name for name in nested if split_id(name)[0] in MANAGING), key=lambda name: self._concern((ref[0], name))
        )
        for name in appliers:
            yield from self.owner((ref[0], name), node)
        yield from self._objects(ref, node, frozenset(appliers), row)

    def _status(self, ref: Ref, row: Row | None) -> int:
        if row is not None:
            return row.status
        return MISSING if self._store.state(ref[0], split_id(ref[1])[0]).trusted else UNSEEN

    def _concern(self, ref: Ref) -> tuple[int, str]:
        row = self._store.row(*ref)
        return int(row.status if row is not None else Status.UNKNOWN), ref[1]

    def sources(self) -> None:
        """What each takes its content from, above all else under it; what is drawn already, by its name alone."""
        forest = self.app.forest
        for node, ref in self._users:
            here = node
            for _ in range(3):  # a HelmChart takes from a repository in turn
                drawn = forest.numbers.get(ref)
                if drawn is not None:
                    if drawn != here:
                        forest.refer(drawn, here)
                    break
                row = self._store.row(*ref)
                line = msgspec.structs.replace(flux_line(ref, row), source=True)
                here = self._add(ref, self._status(ref, row), here, line, first=True)
                if row is None or not row.record.source:
                    break
                ref = (ref[0], row.record.source)

    # What they manage

    def _objects(self, ref: Ref, node: int, nested: frozenset[str], row: Row) -> Generator[None, None, None]:
        held, cluster = self._held(ref), ref[0]
        told = dict[str, int]()
        if held.trouble:
            told[held.trouble] = 0
        elif not held.wanted and row.record.inventory_size > len(nested):
            self.app.unasked += 1
            words = f"its {row.record.inventory_size:,} objects are not asked for while this is folded"
            self._add((cluster, f"rest/{ref[1]}"), UNSEEN, node, Line(cluster, "", "", "", words))
        kinds: dict[tuple[str, str], list[Holding]] = {}
        for each in sorted(held.holdings, key=lambda each: concern(each.managed, each.pods)):
            entry = each.managed.entry
            if entry.identity in nested or (cluster, entry.identity) in self.app.forest.numbers:
                continue
            if each.trouble:
                told[each.trouble] = told.get(each.trouble, 0) + 1
            if each.managed.state.state is State.UNKNOWN and each.managed.concluded is None:
                words = each.managed.state.message
                self.app.waiting += not words
                if words:
                    self.app.unknown += 1
                    told[words] = told.get(words, 0) + 1
            if (entry.group, entry.kind) in WORKLOADS or (entry.group, entry.kind) == CRON:
                yield from self._workload(cluster, each, node)
            else:
                kinds.setdefault((entry.group, entry.kind), []).append(each)
        for number, (words, count) in enumerate(told.items()):
            some = f"{count} object{'' if count == 1 else 's'}" if count else ""
            line = Line(cluster, "", "", "", some or "what it manages", "unknown", words)
            self._add((cluster, f"note {number}/{ref[1]}"), Status.UNKNOWN, node, line)
        for (group, kind), some in sorted(kinds.items(), key=lambda pair: pair[0][1]):
            yield from self._kind(cluster, ref[1], (group, kind), some, node)
        self.app.left_out += held.left_out

    def _kind(
        self, cluster: str, owner: str, kind: tuple[str, str], some: Sequence[Holding], node: int
    ) -> Generator[None, None, None]:
        """The objects of a kind: one by itself, several under a line that counts them."""
        under = node
        if len(some) > 1:
            line = Line(cluster, "", kind[1], "", f"× {len(some):,}")
            under = self._add((cluster, f"kind {kind[1]}.{kind[0]}/{owner}"), CLUSTER, node, line)
        for number, each in enumerate(some):
            if len(self.app.lines) >= MOST:
                self.app.left_out += len(some) - number
                return
            self._object(cluster, each, under)
            if not number % STEP:
                yield

    def _object(self, cluster: str, each: Holding, under: int, share: Share = NO_SHARE) -> int:
        managed = each.managed
        entry, replicas = managed.entry, managed.replicas
        status = UNSEEN if managed.state.state is State.UNKNOWN and managed.concluded is None else managed.status
        status = MISSING if managed.state.state is State.NOT_FOUND else status
        row = self._store.row(cluster, entry.identity) if managed.concluded is not None else None
        line = Line(
            cluster,
            entry.identity,
            entry.kind,
            entry.namespace,
            entry.name,
            word="asked for" if status == UNSEEN and not managed.state.message else managed.word,
            why=_line(managed.state.message),
            replicas=replicas.words if replicas is not None else "",
            short=replicas is not None and replicas.ready < replicas.wanted,
            restarts=sum(pod.restarts for pod in each.pods),
            pods=len(each.pods),
            since=row.since if row is not None and row.status is not Status.READY else managed.created,
            share=share,
            flux=managed.concluded is not None,
        )
        return self._add((cluster, entry.identity), status, under, line)

    def _workload(self, cluster: str, each: Holding, under: int) -> Generator[None, None, None]:
        if len(self.app.lines) >= MOST:
            self.app.left_out += 1
            return
        shares = {pod.identity: self._share(cluster, pod) for pod in each.pods}
        node = self._object(cluster, each, under, total(found for found in shares.values() if found is not None))
        for pod in sorted(each.pods, key=_worst_first):
            self._pod(cluster, pod, node, shares[pod.identity] or NO_SHARE)
        yield

    def _share(self, cluster: str, pod: Pod) -> Share | None:
        used = self._usages.get((cluster, pod.identity))
        return share(pod.budgets, used) if used is not None else None

    def _pod(self, cluster: str, pod: Pod, under: int, used: Share) -> None:
        key = (cluster, pod.identity)
        if key in self.app.forest.numbers or len(self.app.lines) >= MOST:
            return
        lately = pod.restarts > 0 and self._now - pod.ended < RECENT
        ended = f"last ended by {pod.last_end}" if pod.last_end else ""
        full = f"memory at {used.memory_share:.0%} of the limit".replace("%", " %") if used.memory_share >= NEAR else ""
        line = Line(
            cluster,
            pod.identity,
            "Pod",
            pod.namespace,
            pod.name,
            word="done" if pod.done else WORDS.get(pod.state.state, "ready"),
            why="; ".join(filter(None, (_line(pod.state.message), ended, full))),
            replicas=f"{pod.ready}/{pod.containers}",
            short=pod.ready < pod.containers and not pod.done,
            restarts=pod.restarts,
            since=pod.created,
            share=used,
        )
        node = self._add(key, STATUS_OF[pod.state.state], under, line)
        if lately:
            self.app.restarting.append(node)
        if full:
            self.app.near.append(node)
        if lately or full:
            self._eyes[key] = 0

    def finished(self) -> Application:
        """Counts, and what pods use added up."""
        forest = self.app.forest
        order = [node for top in forest.tops for node in forest.subtree(top)]
        forest.add_up(order)
        forest.mark(self._eyes)
        parts: dict[int, list[Share]] = {}
        for node in reversed(order):
            line = self.app.lines[node]
            if node in parts and not line.share.pods:
                line = self.app.lines[node] = msgspec.structs.replace(line, share=total(parts[node]))
            if line.share.pods and forest.parent[node] != TOP and line.kind != "Pod":
                parts.setdefault(forest.parent[node], []).append(line.share)
        return self.app


def flux_line(ref: Ref, row: Row | None) -> Line:
    """The line of a Flux object, by what the store knows."""
    kind, namespace, name = split_id(ref[1])
    if row is None:
        return Line(ref[0], ref[1], bare(kind), namespace, name, "missing", "is not held: it does not exist", flux=True)
    ready = row.status is Status.READY
    since = row.since if row.since and not ready else row.record.created
    why = "" if ready else ": ".join(filter(None, (row.reason, _line(row.message))))
    return Line(ref[0], ref[1], bare(kind), namespace, name, row.status.word, why, since=since, flux=True)


def _worst_first(pod: Pod) -> tuple[bool, int, str]:
    return pod.state.state is State.CURRENT, -pod.restarts, pod.name


def _line(words: str) -> str:
    return " ".join(words.split())
