"""Who stands under whom in a `Forest`: decided cluster by cluster, in slices of a few milliseconds.

An object with several to wait for stands under the one that is not met now, else under the deepest; it is referred to
under the others. With nothing to wait for it stands under its owner. What is in a circle is cut open at one place, and
a back-reference says so.
"""

from collections.abc import Callable, Generator, Iterable, Sequence

from fluxtui.insight.forest import CLUSTER, MISSING, TOP, UNSEEN, Forest, Ref, View
from fluxtui.insight.graph import Graph, Standing, components
from fluxtui.kinds.record import Record
from fluxtui.kinds.status import Status
from fluxtui.store.row import Row
from fluxtui.store.store import ClusterData, Store

STRIDE = 400
"""Nodes between two yields: about two milliseconds of work."""

ORDER = (
    "FluxInstance",
    "ResourceSet",
    "ResourceSetInputProvider",
    "Kustomization",
    "HelmRelease",
    "GitRepository",
    "OCIRepository",
    "Bucket",
    "HelmRepository",
    "HelmChart",
    "ArtifactGenerator",
    "ExternalArtifact",
    "ImageRepository",
    "ImagePolicy",
    "ImageUpdateAutomation",
    "Provider",
    "Alert",
    "Receiver",
    "FluxReport",
    "Deployment",
)
"""The kinds that are drawn, in the order in which siblings stand."""

OWNED = ("Namespace", "ConfigMap")
"""Drawn too where it is shown who applied what."""
SOURCES = frozenset(ORDER[5:12]) | {"ResourceSetInputProvider", "ImageRepository", "ImagePolicy"}

INDEXES = ("needs", "source", "inputs", "owner", "produced")
"""The indexes that planting asks."""

Grown = Generator[None, None, None]


def plant(store: Store, clusters: Sequence[str], view: View) -> Generator[None, None, Forest]:
    """The forest of these clusters; with more than one, each stands under a line of its own. Yields between slices."""
    forest = Forest(view)
    forest.clusters = frozenset(clusters)
    forest.drawn = frozenset(ORDER + OWNED if view is View.OWNERSHIP else ORDER)
    order: list[int] = []
    for name in clusters:
        data = store.find(name)
        if data is None:
            continue
        cluster = TOP
        if len(clusters) > 1:
            cluster = forest.add((name, ""), CLUSTER)
            forest.level[cluster] = 0
            forest.tops.append(cluster)
            order.append(cluster)
        for index in INDEXES:  # the first question builds an index: one at a time
            data.index(index)
            yield
        order += yield from _Plot(forest, data, cluster).grow()
        yield
    forest.add_up(order)
    return forest


def at_once(steps: Generator[None, None, Forest]) -> Forest:
    """Run a planting to its end."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value


class _Plot:
    """One cluster's part of a forest, while it grows."""

    def __init__(self, forest: Forest, data: ClusterData, cluster: int) -> None:
        self.forest = forest
        self.graph = Graph(data)
        self.data = data
        self.cluster = cluster
        self.first = len(forest)
        self.number: dict[str, int] = {}
        self.rows: list[Row | None] = []
        """By number, from `first` on; None for what is not held."""
        self.wanted: list[list[int]] = []
        """By number: what it can stand under."""
        self.urgent: dict[int, set[int]] = {}
        """What of that is not met now."""

    def grow(self) -> Generator[None, None, list[int]]:
        """Nodes, links, order, places; returns the nodes with parents before children."""
        yield from self._take_in()
        yield from self._link()
        order = yield from self._in_order()
        yield from self._place(order)
        return order

    # Nodes

    def _take_in(self) -> Grown:
        forest, name = self.forest, self.data.name
        kinds = [kind for kind in (*ORDER, *OWNED) if kind in forest.drawn]
        count = 0
        for kind in kinds:
            table = self.data.tables.get(kind)
            rows = table.rows if table is not None else {}
            for identity in sorted(rows):
                count += 1
                if not count % STRIDE:
                    yield
                row = rows.get(identity)
                if row is None or (forest.view is View.SOURCES and not self._flows(row.record)):
                    continue
                self.number[identity] = forest.add((name, identity), int(row.status))
                self.rows.append(row)
        self.wanted = [[] for _ in self.rows]

    def _flows(self, record: Record) -> bool:
        """Whether content comes from it or goes to it."""
        return record.kind in SOURCES or bool(record.source) or any("Provider/" in term for term in record.inputs)

    def _absent(self, identity: str) -> int:
        """A node for something that is not held: it is missing, or nobody looks."""
        row = self.data.row(identity)
        if row is not None:  # held, but of a kind that is drawn only where something waits for it
            status = int(row.status)
        else:
            status = MISSING if self.graph.standing(identity) is Standing.MISSING else UNSEEN
        number = self.number[identity] = self.forest.add((self.data.name, identity), status)
        self.rows.append(row)
        self.wanted.append([])
        return number

    # Links

    def _link(self) -> Grown:
        link: Callable[[int, Record], None] = {
            View.DEPENDENCIES: self._by_need,
            View.OWNERSHIP: self._by_owner,
            View.SOURCES: self._by_source,
        }[self.forest.view]
        for at in range(len(self.rows)):  # those that links add have none themselves
            row = self.rows[at]
            if row is not None:
                link(at, row.record)
            if not at % STRIDE:
                yield

    def _by_need(self, at: int, record: Record) -> None:
        number, status, wanted = self.number, self.forest.status, self.wanted[at]
        for need in record.needs:
            target = number.get(need.target)
            if target is None:
                target = self._absent(need.target)
            if target in wanted:
                continue
            wanted.append(target)
            state = status[target]
            met = state == Status.READY or state == UNSEEN or (need.meaning == "exists" and state != MISSING)
            waiting = need.meaning != "expression" or self.forest.status[at + self.first] == Status.BLOCKED
            if not met and waiting:
                self.urgent.setdefault(at, set()).add(target)
        source = number.get(record.source) if record.source else None
        if source is not None:
            self.forest.deciding.add(source)
            if status[source] != Status.READY and source not in wanted:
                wanted.append(source)
                self.urgent.setdefault(at, set()).add(source)
        if len(wanted) > 1:
            self.forest.deciding.update(wanted)
        if all(status[target] == UNSEEN for target in wanted):
            self._under_owner(at, record)

    def _under_owner(self, at: int, record: Record) -> bool:
        owner = self._owner(record)
        if owner is None or owner in self.wanted[at]:
            return False
        self.wanted[at].append(owner)
        return True

    def _owner(self, record: Record) -> int | None:
        """Who applied it. A FluxInstance is the top of its cluster, though what it syncs applies it in turn."""
        if record.kind == "FluxInstance":
            return None
        if record.kind == "FluxReport":
            return self.number.get(f"FluxInstance/{record.namespace}/{record.name}")
        owner = self.number.get(record.owner) if record.owner else None
        if owner is None and record.kind == "HelmChart":
            users = self.data.index("source").get(record.id)
            owner = next((self.number[user] for user in sorted(users) if user in self.number), None)
        return owner if owner != self.number.get(record.id) else None

    def _by_owner(self, at: int, record: Record) -> None:
        self._under_owner(at, record)
        if record.kind == "FluxInstance":
            return
        for user in sorted(self.data.index("produced").get(record.id)):
            number = self.number.get(user)
            if number is not None and user != record.id and number not in self.wanted[at]:
                self.wanted[at].append(number)

    def _by_source(self, at: int, record: Record) -> None:
        wanted = self.wanted[at]
        for edge in self.graph.dependencies(record):
            if edge.kind == "source" or edge.kind == "provides" or record.kind == "ArtifactGenerator":
                target = self.number.get(edge.target)
                target = target if target is not None else self._absent(edge.target)
                if target not in wanted:
                    wanted.append(target)
                if self.forest.status[target] == MISSING:
                    self.urgent.setdefault(at, set()).add(target)
        if record.kind == "ExternalArtifact" and record.owner in self.number:
            wanted.append(self.number[record.owner])

    # Order

    def _in_order(self) -> Generator[None, None, list[int]]:
        """Every node after all that it waits for, with its level; circles are cut open where they are met."""
        order: list[int] = []
        done: set[int] = set()
        cut: set[int] = set()
        while True:
            found = yield from self._reachable(done)
            order += found
            done.update(found)
            if len(done) == len(self.wanted):
                return order
            self._cut_open(done, cut)

    def _reachable(self, done: set[int]) -> Generator[None, None, list[int]]:
        """The nodes that wait for nothing but what is done, and those that then wait for nothing else, in order."""
        first, wanted, level, above = self.first, self.wanted, self.forest.level, self.forest.above
        waiting: dict[int, list[int]] = {}
        missing = [0] * len(wanted)
        found: list[int] = []
        for at, targets in enumerate(wanted):
            if not at % (4 * STRIDE):
                yield
            if at + first in done:
                continue
            for target in targets:
                if target not in done:
                    waiting.setdefault(target, []).append(at)
                    missing[at] += 1
            if not missing[at]:
                found.append(at + first)
        for turn, node in enumerate(found, 1):  # grows while it is walked
            best = max(wanted[node - first], key=level.__getitem__, default=TOP)
            if best != TOP:
                level[node], above[node] = level[best] + 1, best
            for user in waiting.get(node, ()):
                missing[user] -= 1
                if not missing[user]:
                    found.append(user + first)
            if not turn % (2 * STRIDE):
                yield
        return found

    def _cut_open(self, done: set[int], cut: set[int]) -> None:
        """In every circle of what is left, one node stops waiting for the others: those become back-references."""
        first = self.first
        links = {
            str(at + first): [str(target) for target in targets if target not in done]
            for at, targets in enumerate(self.wanted)
            if at + first not in done
        }
        for names in components(links):
            group = {int(name) for name in names}
            if len(group) == 1 and names[0] not in links[names[0]]:
                continue
            head = min(group, key=lambda node: (node in cut, not self._enters(node, group), self.forest.keys[node]))
            cut.add(head)
            at = head - first
            for target in [target for target in self.wanted[at] if target in group]:
                self.wanted[at].remove(target)
                self.forest.refer(head, target, cycle=True)
            row = self.rows[at]
            owner = self._owner(row.record) if row is not None else None
            if not self.wanted[at] and owner is not None and owner not in group and not self._below(owner, group, done):
                self.wanted[at].append(owner)

    def _enters(self, node: int, group: set[int]) -> bool:
        """Whether it has an owner outside of a circle: the place at which the circle is entered from above."""
        row = self.rows[node - self.first]
        owner = self._owner(row.record) if row is not None else None
        return owner is not None and owner not in group

    def _below(self, node: int, group: set[int], done: set[int]) -> bool:
        """Whether a node waits, however far away, for one of a circle."""
        seen: set[int] = set()
        stack = [node]
        while stack:
            node = stack.pop()
            if node in group:
                return True
            if node not in seen and node not in done:
                seen.add(node)
                stack.extend(self.wanted[node - self.first])
        return False

    # Places

    def _place(self, order: Sequence[int]) -> Grown:
        forest, first, wanted = self.forest, self.first, self.wanted
        parents = forest.parent
        for turn, node in enumerate(order, 1):
            targets = wanted[node - first]
            parents[node] = self.cluster if not targets else targets[0]
            if len(targets) > 1:
                parents[node] = self._primary(node, targets)
            if not turn % (4 * STRIDE):
                yield
        waiters: list[int] = []
        unseen = [node for node in range(first, len(forest)) if forest.status[node] == UNSEEN]
        seen = (node for node in range(first, len(forest)) if forest.status[node] != UNSEEN)
        for node in (*seen, *unseen):  # in the order of their names
            above = parents[node]
            if above == TOP:
                forest.tops.append(node)
            elif self._applies(above, node):
                forest.children.setdefault(above, []).append(node)
            else:
                waiters.append(node)
            if len(wanted[node - first]) > 1:
                for target in wanted[node - first]:
                    if target != above:
                        forest.refer(node, target)
            if not node % (4 * STRIDE):
                yield
        for node in waiters:
            forest.children.setdefault(parents[node], []).append(node)

    def _applies(self, above: int, node: int) -> bool:
        """Whether a node stands under its owner: what is applied stands before who waits for it to be applied."""
        row = self.rows[node - self.first]
        return above == self.cluster or (row is not None and row.record.owner == self.forest.keys[above][1])

    def _primary(self, node: int, targets: Sequence[int]) -> int:
        """What is not met now, else what is there, else the deepest."""
        level, status = self.forest.level, self.forest.status
        urgent = self.urgent.get(node - self.first, ())
        return max(targets, key=lambda target: (target in urgent, status[target] != UNSEEN, level[target]))


def along(view: View, pairs: Iterable[tuple[Ref, Ref | None, int]]) -> Forest:
    """A forest from (node, its parent or None, status) triples, each parent before its children."""
    forest = Forest(view)
    order: list[int] = []
    for key, above, status in pairs:
        node = forest.add(key, status)
        order.append(node)
        if above is None:
            forest.tops.append(node)
            continue
        parent = forest.numbers[above]
        forest.parent[node] = forest.above[node] = parent
        forest.level[node] = forest.level[parent] + 1
        forest.children.setdefault(parent, []).append(node)
    forest.clusters = frozenset(cluster for cluster, _ in forest.keys)
    forest.add_up(order)
    return forest
