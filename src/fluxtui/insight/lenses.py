"""Green, but: what is ready and still not what one would think. Three lenses on objects whose status is ready:

- *old*: ready on a revision that its source has left for longer than an interval (`silent.lags`);
- *stale*: the report is older than twice its interval, its controller has not run it for longer than that, or its
  cluster does not tell any more: the green is history;
- *suspended*: something that it gets its content, its inputs or its go-ahead from is suspended: nothing new arrives.

The object's own record and what it points at decide, at most `REACH` objects far: a lens is asked for one object at a
time, by a filter for each row.
"""

from collections import deque
from collections.abc import Generator, Iterator

import msgspec

from fluxtui.insight.graph import Graph
from fluxtui.insight.roots import named
from fluxtui.insight.silent import LEAST_INTERVAL, REPORT_INTERVAL, lags
from fluxtui.insight.standing import Standing, standing
from fluxtui.insight.status import good_outcome
from fluxtui.kinds.columns import revision
from fluxtui.kinds.status import Status
from fluxtui.store.row import Row
from fluxtui.store.state import Phase
from fluxtui.store.store import ClusterData, Store

LENSES: dict[str, str] = {
    "old": "ready on a revision that its source has left",
    "stale": "ready by a report, a run or data that is out of date",
    "suspended": "ready behind something that is suspended",
}
"""What each lens shows."""

REACH = 64
"""Objects that are looked at, at most, on the way to something suspended."""
GRACE = 300
"""Seconds beyond two intervals after which a run is overdue: runs take their time, and queues are long."""
STRIDE = 100
"""Rows between two yields."""


class Lens(msgspec.Struct, frozen=True):
    """What is seen through a lens (`name`: a key of `LENSES`): in words, because of which object (its id, may be the
    object itself), since when (epoch seconds, 0 for not told)."""

    name: str
    words: str
    target: str
    since: int = 0


class Green(msgspec.Struct, frozen=True):
    """An object that is green, but: with everything that is seen of it."""

    row: Row
    lenses: tuple[Lens, ...]


class LensReport(msgspec.Struct, frozen=True):
    """What is green, but, in the whole fleet at `now`, by lens; `ready` objects were looked at."""

    now: float
    found: tuple[Green, ...]
    ready: int
    clusters: tuple[Standing, ...]

    def count(self, name: str) -> int:
        """How many objects are seen through a lens."""
        return sum(any(lens.name == name for lens in green.lenses) for green in self.found)


def lenses(data: ClusterData, row: Row, now: float) -> tuple[Lens, ...]:
    """What is seen of one object; nothing of one that is not ready."""
    if row.status is not Status.READY:
        return ()
    found = (_old(data, row, now), _stale(data, row, now), _suspended(data, row))
    return tuple(lens for lens in found if lens is not None)


def report(store: Store, now: float) -> Generator[None, None, LensReport]:
    """Everything that is green, but; yields every few milliseconds of work.

    Of a cluster that does not answer all green is stale: that is one thing, which its standing tells, and not told of
    every object again.
    """
    found: list[Green] = []
    ready = count = 0
    clusters: list[Standing] = []
    for data in store.clusters():
        for row in _ready(data):
            count += 1
            if not count % STRIDE:
                yield
            ready += 1
            seen = tuple(lens for lens in lenses(data, row, now) if lens.words != DATA)
            if seen:
                found.append(Green(row, seen))
        clusters.append(standing(data))
        yield
    found.sort(key=lambda green: _place(green))
    return LensReport(now, tuple(found), ready, tuple(clusters))


def _place(green: Green) -> tuple[int, float, str, str]:
    first = green.lenses[0]
    return list(LENSES).index(first.name), first.since or float("inf"), green.row.cluster, green.row.record.id


def _ready(data: ClusterData) -> Iterator[Row]:
    for kind, table in list(data.tables.items()):
        if kind not in SKIPPED:
            yield from (row for row in list(table.rows.values()) if row.status is Status.READY)


SKIPPED = frozenset({"Namespace", "ConfigMap", "Secret", "Event", "Pod"})
"""Kinds whose green says nothing."""


def _old(data: ClusterData, row: Row, now: float) -> Lens | None:
    record = row.record
    if record.kind not in ("Kustomization", "HelmRelease") or not lags(data, record, now):
        return None
    source = data.row(record.source)
    if source is None:
        return None
    words = f"{revision(record.revision)}, while {named(record.source)} has {revision(source.record.revision)}"
    return Lens("old", words, record.source, source.record.updated)


DATA = "its cluster does not tell any more"
"""The words of a lens on data that is not current."""


def _stale(data: ClusterData, row: Row, now: float) -> Lens | None:
    record = row.record
    table = data.tables.get(record.kind)
    if table is not None and table.state.phase in (Phase.STALE, Phase.UNREACHABLE, Phase.LOGIN):
        return Lens("stale", DATA, record.id, int(table.state.contact))
    if record.kind == "FluxReport":
        told = max(record.updated, record.ready_since)
        if told and now - told > max(2 * (record.interval or REPORT_INTERVAL), LEAST_INTERVAL):
            return Lens("stale", "the report is older than twice its interval", record.id, told)
        return None
    runs = record.kind in ("Kustomization", "ResourceSet") and record.interval and record.outcome_at
    if runs and good_outcome(record.outcome) and now - record.outcome_at > 2 * record.interval + GRACE:
        return Lens("stale", "no run of it has ended for two intervals", record.id, record.outcome_at)
    return None


def _suspended(data: ClusterData, row: Row) -> Lens | None:
    """The nearest suspended object that it gets something from: source, applier, dependency, input provider."""
    graph = Graph(data)
    queue = deque(_behind(graph, row))
    seen = {row.record.id, *queue}
    looked = 0
    while queue and looked < REACH:
        looked += 1
        target = graph.row(queue.popleft())
        if target is None:
            continue
        if target.status is Status.SUSPENDED:
            by = f", suspended by {target.record.suspended_by}" if target.record.suspended_by else ", suspended"
            return Lens("suspended", f"{named(target.record.id)}{by}", target.record.id, target.since)
        for further in _behind(graph, target):
            if further not in seen:
                seen.add(further)
                queue.append(further)
    return None


def _behind(graph: Graph, row: Row) -> Iterator[str]:
    record = row.record
    if record.source:
        yield record.source
    if record.owner:
        yield record.owner
    for need in record.needs:
        if need.meaning == "ready":
            yield need.target
    if record.kind == "ResourceSet":
        yield from (edge.target for edge in graph.dependencies(record) if edge.kind == "provides")
