"""What would stop if something failed or were suspended. Nothing is sent: the rules are those of `blast`, asked of a
graph in which some objects have another status.

An object that is assumed to be as it is changes nothing, so the answer is what Triage says of it now. One that is
assumed to fail blocks whoever asks it to be ready, and what is blocked applies nothing new; whoever applied it and
waits for its health (spec.wait) fails with it. One that is suspended stays as ready as it was: nothing new comes
through it, but nobody is blocked.
"""

from collections import deque
from collections.abc import Iterator, Mapping

import msgspec

from fluxtui.insight.blast import NOT_COUNTED, Blast, Tenants
from fluxtui.insight.explain import BLOCKED, FAILED, SUSPENDED
from fluxtui.insight.graph import Edge, Graph
from fluxtui.insight.roots import named
from fluxtui.insight.status import BLOCKED_REASON
from fluxtui.insight.waiting import explained_by
from fluxtui.kinds.status import Status
from fluxtui.store.row import Row

ASSUMABLE = frozenset({FAILED, SUSPENDED})
"""What can be assumed of an object."""

WELL = frozenset({Status.READY, Status.PROGRESSING, Status.UNKNOWN})
"""What can still turn to something worse."""

UNHEALTHY = "HealthCheckFailed"
"""The reason of an applier that fails with what it applied."""

ASSUMED = "Assumed"
"""The reason of what is assumed to fail or to be suspended."""


class Stop(msgspec.Struct, frozen=True):
    """An object that would get nothing new: directly behind `behind`, over `edge`; one that counts, while the edge may
    lead to a ConfigMap between them.

    The edge points as in the graph: from who looks to what it looks at. `now` is its status as it is.
    """

    id: str
    behind: str
    edge: Edge
    now: Status


class Stops(msgspec.Struct, frozen=True):
    """What would stop in one cluster, nearest first and then by id.

    `going_on` are edges of those that look at what stops and ask only for its existence, or by an expression.
    `tenants` are tenants by label, or the namespaces concerned where no tenant is.
    """

    cluster: str
    assumed: dict[str, Status]
    stops: tuple[Stop, ...]
    going_on: tuple[Edge, ...]
    tenants: tuple[str, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids that would stop, nearest first."""
        return tuple(stop.id for stop in self.stops)

    @property
    def fresh(self) -> tuple[Stop, ...]:
        """Those of them that are well now."""
        return tuple(stop for stop in self.stops if stop.now in (Status.READY, Status.PROGRESSING))


class Assumed(Graph):
    """A cluster's graph in which some objects have another status than they have."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph.data)
        self._actual = graph
        self._instead: dict[str, Row] = {}
        self.failing: dict[str, list[str]] = {}
        """What each object would fail with it: appliers that wait for its health."""

    def row(self, identity: str) -> Row | None:
        """The row as it is assumed, else as it is."""
        return self._instead.get(identity) or self._actual.row(identity)

    def assume(self, identity: str, status: Status, reason: str, message: str) -> None:
        """Give an object another status; one that has it already, or does not exist, stays what it is."""
        row = self._actual.row(identity)
        if row is not None and row.status is not status:
            self._instead[identity] = msgspec.structs.replace(row, status=status, reason=reason, message=message)

    def differs(self, identity: str) -> bool:
        """Whether an object is assumed to be other than it is."""
        return identity in self._instead


def explained_now(graph: Graph, now: float) -> dict[str, list[str]]:
    """What each object explains as things are: id → the ids whose state it explains."""
    steps = explained_by(graph, now)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value


def assumed(graph: Graph, assumptions: Mapping[str, Status]) -> Assumed:
    """The cluster as it would be: by id, FAILED or SUSPENDED each, and who is blocked or fails by that. Raises
    ValueError for another status.
    """
    wrong = [status for status in assumptions.values() if status not in ASSUMABLE]
    if wrong:
        raise ValueError(f"{wrong[0].word} cannot be assumed: only failed and suspended can")
    world = Assumed(graph)
    for identity, status in assumptions.items():
        world.assume(identity, status, ASSUMED, f"assumed to be {status.word}")
    _block(world, assumptions)
    return world


def stops(
    graph: Graph, assumptions: Mapping[str, Status], now: float, explained: dict[str, list[str]] | None = None
) -> Stops:
    """What would stop under these assumptions, by id, FAILED or SUSPENDED each; `explained` spares computing
    `explained_now` again. Raises ValueError for another status.
    """
    world = assumed(graph, assumptions)
    known = explained_now(graph, now) if explained is None else explained
    both = {**known, **{identity: [*known.get(identity, ()), *more] for identity, more in world.failing.items()}}
    blast = Blast(world, both, now)
    paths = blast.paths(assumptions)
    edges = _edges(world, paths)
    stopped = tuple(
        Stop(identity, _counted(paths, identity, assumptions), edges[identity], row.status)
        for identity in _nearest_first(paths)
        if identity.partition("/")[0] not in NOT_COUNTED and (row := graph.row(identity)) is not None
    )
    tenants, others = Tenants(graph.data).names([*assumptions, *(stop.id for stop in stopped)])
    return Stops(
        cluster=graph.data.name,
        assumed=dict(assumptions),
        stops=stopped,
        going_on=tuple(sorted(_going_on(world, {*assumptions, *paths}), key=lambda edge: (edge.source, edge.target))),
        tenants=tuple(sorted(tenants or others)),
    )


def _block(world: Assumed, assumptions: Mapping[str, Status]) -> None:
    """Whoever asks for *ready* of what newly fails is blocked, whoever waits for its health fails, and so on."""
    queue = deque(identity for identity, status in assumptions.items() if status is FAILED and world.differs(identity))
    while queue:
        identity = queue.popleft()
        for edge in world.dependents(identity):
            row = world.row(edge.source)
            if edge.kind == "needs" and edge.meaning == "ready" and row is not None and row.status in WELL:
                world.assume(edge.source, BLOCKED, BLOCKED_REASON, f"it would wait for {named(identity)}")
                queue.append(edge.source)
        row = world.row(identity)
        parent = world.row(row.record.owner) if row is not None else None
        if parent is not None and parent.record.waits and parent.status in WELL:
            world.assume(parent.record.id, FAILED, UNHEALTHY, f"{named(identity)} would not be ready")
            world.failing.setdefault(identity, []).append(parent.record.id)
            queue.append(parent.record.id)


def _nearest_first(paths: dict[str, str]) -> list[str]:
    """By distance, those at the same distance by id. Nearer ones come before further ones in `paths`."""
    distance: dict[str, int] = {}
    for identity, nearer in paths.items():
        distance[identity] = distance.get(nearer, 0) + 1
    return sorted(paths, key=lambda identity: (distance[identity], identity))


def _counted(paths: dict[str, str], identity: str, assumptions: Mapping[str, Status]) -> str:
    """What an object is directly behind, among those that count."""
    nearer = paths[identity]
    while nearer not in assumptions and nearer.partition("/")[0] in NOT_COUNTED:
        nearer = paths[nearer]
    return nearer


def _edges(world: Graph, paths: dict[str, str]) -> dict[str, Edge]:
    """The edge over which each object waits behind the one that is nearer."""
    behind: dict[str, list[str]] = {}
    for identity, nearer in paths.items():
        behind.setdefault(nearer, []).append(identity)
    found: dict[str, Edge] = {}
    for nearer, further in behind.items():
        over = {edge.source: edge for edge in sorted(world.dependents(nearer), key=_strength)}
        row = world.row(nearer)
        applied = {edge.target: edge for edge in world.children(row.record)} if row is not None else {}
        for identity in further:
            found[identity] = over.get(identity) or applied.get(identity) or _upward(world, identity, nearer)
    return found


def _strength(edge: Edge) -> int:
    """The edge that says most comes last: the one that asks for ready."""
    return 2 if edge.meaning == "ready" else 1 if edge.kind == "needs" else 0


def _upward(world: Graph, identity: str, nearer: str) -> Edge:
    """A parent behind its child, or what a controller reconciles behind its Deployment."""
    if nearer.partition("/")[0] == "Deployment":
        return Edge("controls", identity, nearer, "reconciles")
    return Edge("owns", identity, nearer, "applies")


def _going_on(world: Graph, stopped: set[str]) -> Iterator[Edge]:
    """The edges into what stops of those that do not: each asks for less than ready."""
    for identity in stopped:
        for edge in world.dependents(identity):
            if edge.source not in stopped and edge.source.partition("/")[0] not in NOT_COUNTED:
                yield edge
