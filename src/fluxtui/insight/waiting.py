"""How many objects wait behind each one, for all objects at once: what `Blast.behind` would count, without asking it
ten thousand times.

The waiters of an object are a set of bits, the union of those of whoever waits directly behind it. Whoever is done with
frees it again, so that memory follows the width of the graph rather than its size.
"""

from collections import Counter
from collections.abc import Generator, Iterable, Sequence

from fluxtui.insight.blast import NOT_COUNTED, Blast
from fluxtui.insight.explain import Explanations
from fluxtui.insight.forest import MISSING, Forest, Ref, View
from fluxtui.insight.graph import Graph, components
from fluxtui.insight.planting import along
from fluxtui.insight.roots import not_green
from fluxtui.store.store import ClusterData, Store

STRIDE = 100
"""Objects between two yields: about two milliseconds of work."""

Explained = dict[str, list[str]]


def waiting(store: Store, clusters: Iterable[str], now: float) -> Generator[None, None, dict[Ref, int]]:
    """The numbers, by (cluster, id), of all objects behind which anything waits. Yields between slices."""
    found: dict[Ref, int] = {}
    for name in clusters:
        data = store.find(name)
        if data is not None:
            counts = yield from _within(data, now)
            found.update(((name, identity), count) for identity, count in counts.items())
            yield
    return found


def radius(store: Store, roots: Sequence[Ref], now: float) -> Generator[None, None, Forest]:
    """What waits behind some objects, as a forest: each under the one that it waits directly behind, nearest first.

    Its objects other than the roots are those that Triage counts. Yields between slices.
    """
    triples: list[tuple[Ref, Ref | None, int]] = []
    for name in dict.fromkeys(cluster for cluster, _ in roots):
        data = store.find(name)
        if data is None:
            continue
        graph = Graph(data)
        explained = yield from explained_by(graph, now)
        ids = [identity for cluster, identity in roots if cluster == name and data.row(identity) is not None]
        paths = Blast(graph, explained, now).paths(ids)
        yield
        triples += [((name, identity), None, _status(data, identity)) for identity in ids]
        for identity in paths:
            if identity.partition("/")[0] not in NOT_COUNTED and data.row(identity) is not None:
                above = paths[identity]
                while above not in ids and (above.partition("/")[0] in NOT_COUNTED or data.row(above) is None):
                    above = paths[above]
                triples.append(((name, identity), (name, above), _status(data, identity)))
    return along(View.BLAST, triples)


def _status(data: ClusterData, identity: str) -> int:
    row = data.row(identity)
    return int(row.status) if row is not None else MISSING


def explained_by(graph: Graph, now: float) -> Generator[None, None, Explained]:
    """What the state of each object explains, by id: the explanations of `explain` in reverse, in slices."""
    explanations = Explanations(graph, now)
    found: Explained = {}
    for turn, row in enumerate(not_green(graph.data), 1):
        for target in explanations.of(row):
            found.setdefault(target, []).append(row.record.id)
        if not turn % STRIDE:
            yield
    return found


def _within(data: ClusterData, now: float) -> Generator[None, None, dict[str, int]]:
    graph = Graph(data)
    yield
    explained = yield from explained_by(graph, now)
    blast = Blast(graph, explained, now)
    behind: dict[str, list[str]] = {}
    rows = [row.record.id for row in data.rows() if row.record.kind != "Event"]
    for turn, identity in enumerate((*rows, *explained), 1):
        if identity not in behind:
            direct = [user for user in dict.fromkeys(blast.directly(identity)) if user != identity]
            if direct:
                behind[identity] = direct
        if not turn % STRIDE:
            yield
    return (yield from _counted(behind))


def _counted(behind: dict[str, list[str]]) -> Generator[None, None, dict[str, int]]:
    """The sizes of the sets, from who has nobody behind them to who has all. A circle is one set."""
    askers = Counter(user for users in behind.values() for user in users)
    bits: dict[str, int] = {}
    """Who waits behind an object, and itself, for as long as somebody asks."""
    found: dict[str, int] = {}
    groups = yield from _groups(behind)
    number = 0
    for turn, group in enumerate(groups, 1):
        reach = 0
        for identity in group:
            if identity.partition("/")[0] not in NOT_COUNTED:
                reach |= 1 << number
                number += 1
        for user in [user for identity in group for user in behind.get(identity, ())]:
            reach |= bits.get(user, 0)
            askers[user] -= 1
            if not askers[user]:
                bits.pop(user, None)
        size = reach.bit_count()
        for identity in group:
            bits[identity] = reach
            found[identity] = size - (identity.partition("/")[0] not in NOT_COUNTED)
        if not turn % STRIDE:
            yield
    return {identity: count for identity, count in found.items() if count}


def _groups(behind: dict[str, list[str]]) -> Generator[None, None, list[list[str]]]:
    """Single nodes and circles, each after all that wait behind it. Only what is left of the easy way is searched for
    circles, which cannot be done in slices.
    """
    left = {identity: len(users) for identity, users in behind.items()}
    before: dict[str, list[str]] = {}
    for identity, users in behind.items():
        for user in users:
            before.setdefault(user, []).append(identity)
    yield
    easy = [identity for identity in before if identity not in behind]  # nobody waits behind them
    for turn, identity in enumerate(easy, 1):  # grows while it is walked
        for nearer in before.get(identity, ()):
            left[nearer] -= 1
            if not left[nearer]:
                easy.append(nearer)
        if not turn % STRIDE:
            yield
    done = set(easy)
    rest = {
        identity: [user for user in behind[identity] if user not in done] for identity in behind if identity not in done
    }
    return [*([identity] for identity in easy), *components(rest)]
