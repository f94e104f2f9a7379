"""Why one object is as it is, and what that does to others: the chain up to its roots, the way it is delivered, what it
waits for, and what waits behind it.

Nothing new is decided here: explanations are those of `explain`, edges those of `edges`, the radius is that of `blast`
(of `whatif` for what is well), evidence that of `evidence`: the page says what Triage says.
"""

from collections.abc import Generator, Iterator

import msgspec

from fluxtui.insight.blast import NOT_COUNTED, Blast, Tenants
from fluxtui.insight.causes import Cause
from fluxtui.insight.edges import EdgeState, EdgeStates
from fluxtui.insight.evidence import Evidence, evidence
from fluxtui.insight.explain import FAILED, NOT_GREEN, Explanations
from fluxtui.insight.graph import Edge, Graph, Standing
from fluxtui.insight.roots import missing_edge, named
from fluxtui.insight.waiting import explained_by
from fluxtui.insight.whatif import stops
from fluxtui.kinds.record import split_id
from fluxtui.kinds.status import Status
from fluxtui.store.row import Row
from fluxtui.store.store import Store

LONGEST = 40
"""Steps of a chain that are told; a failure behind more than that has been told enough."""
MOST = 200
"""Objects of a blast radius that are told one by one."""
HIGHEST = 20
"""Owners that are climbed."""


class Step(msgspec.Struct, frozen=True):
    """One object of a chain, `depth` steps from the one that is asked about. `link` says in words what makes the one
    before it look at this one; `row` is None for what does not exist or is not watched (`standing` tells which)."""

    id: str
    depth: int
    link: str
    row: Row | None
    root: bool = False
    standing: Standing = Standing.PRESENT


class Judged(msgspec.Struct, frozen=True):
    """Something that the object looks at, and whether it gives what is asked."""

    edge: Edge
    state: EdgeState


class Behind(msgspec.Struct, frozen=True):
    """What waits behind the object: directly behind `nearer`, `distance` steps away."""

    id: str
    nearer: str
    distance: int
    row: Row


class Why(msgspec.Struct, frozen=True):
    """The answer for one object at one moment.

    `chain` is empty for an object that is ready. `delivered` leads from the object up to what nobody applies, sources
    beside. `behind` is what waits (`supposed` False) or what would stop if it failed (True), nearest first, `count` how
    many these are in all, `tenants` whose.
    """

    row: Row | None
    chain: tuple[Step, ...]
    proof: Evidence | None
    delivered: tuple[Step, ...]
    edges: tuple[Judged, ...]
    behind: tuple[Behind, ...]
    count: int
    supposed: bool
    tenants: tuple[str, ...]
    hidden: tuple[str, ...] = ()
    """Kinds that it looks at, applies or is applied by, and that may not be seen."""

    @property
    def roots(self) -> tuple[str, ...]:
        """The ids at the ends of the chain."""
        return tuple(dict.fromkeys(step.id for step in self.chain if step.root))


def why(store: Store, cluster: str, identity: str, now: float) -> Generator[None, None, Why]:
    """The answer, in slices of a few milliseconds of work."""
    data = store.find(cluster)
    if data is None:
        return Why(None, (), None, (), (), (), 0, supposed=False, tenants=())
    graph = Graph(data)
    row = graph.row(identity)
    chain = tuple(_chain(Explanations(graph, now), row)) if row is not None and row.status in NOT_GREEN else ()
    yield
    proof = _proof(store, cluster, chain)
    judge = EdgeStates(graph, now)
    edges = [Judged(edge, judge.of(edge)) for edge in (graph.dependencies(row.record) if row is not None else ())]
    edges.sort(key=lambda each: each.state.met is not False)
    yield
    explained = yield from explained_by(graph, now)
    supposed = row is not None and row.status is Status.READY
    behind = _supposed(graph, identity, now, explained) if supposed else _waiting(graph, identity, now, explained)
    tenants, others = Tenants(data).names([each.id for each in behind])
    return Why(
        row=row,
        chain=chain,
        proof=proof,
        delivered=tuple(_delivered(graph, row)) if row is not None else (),
        edges=tuple(edges),
        behind=tuple(behind[:MOST]),
        count=len(behind),
        supposed=supposed,
        tenants=tuple(sorted(tenants or others)),
        hidden=tuple(_hidden(graph, row)) if row is not None else (),
    )


def why_now(store: Store, cluster: str, identity: str, now: float) -> Why:
    """The answer at once."""
    steps = why(store, cluster, identity, now)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value


def _chain(explanations: Explanations, row: Row) -> Iterator[Step]:
    """The object, then what explains it, depth first; each object once."""
    graph = explanations.graph
    seen: set[str] = set()
    work: list[tuple[str, int, str]] = [(row.record.id, 0, "")]
    while work and len(seen) < LONGEST:
        identity, depth, link = work.pop()
        if identity in seen:
            continue
        seen.add(identity)
        held = graph.row(identity)
        if held is None:
            yield Step(identity, depth, link, None, root=True, standing=graph.standing(identity))
            continue
        further = [target for target in explanations.of(held) if target not in seen]
        lost = missing_edge(graph, held)
        missing = [lost.target] if lost is not None and lost.target not in seen else []
        yield Step(identity, depth, link, held, root=not further and not missing)
        ends = [(target, depth + 1, _link(graph, held, target)) for target in (*further, *missing)]
        work += reversed(ends)


def _link(graph: Graph, row: Row, target: str) -> str:
    """What makes a row look at another."""
    record = row.record
    if any(need.target == target for need in record.needs):
        return "depends on"
    if target == record.source or target in record.inputs:
        return "reads"
    if any(edge.target == target for edge in graph.children(record)):
        return "applied"
    return "waits for"


def _proof(store: Store, cluster: str, chain: tuple[Step, ...]) -> Evidence | None:
    """The evidence for the first root of the chain, as Triage shows it."""
    root = next((step for step in chain if step.root and step.row is not None), None)
    if root is None or root.row is None:
        return None
    row = root.row
    cause = Cause(
        "failure", root.id, named(root.id), row.status, row.reason, row.message, row.since, ((cluster, root.id),)
    )
    return evidence(store, cause)


def _delivered(graph: Graph, row: Row) -> Iterator[Step]:
    """The object and those that apply it, up to what nobody applies; the source of each beside it."""
    seen: set[str] = set()
    identity, depth = row.record.id, 0
    while identity and identity not in seen and depth < HIGHEST:
        seen.add(identity)
        held = graph.row(identity)
        yield Step(identity, depth, "applied by" if depth else "", held, standing=graph.standing(identity))
        if held is None:
            return
        if held.record.source:
            source = held.record.source
            yield Step(source, depth + 1, "from", graph.row(source), standing=graph.standing(source))
        identity, depth = held.record.owner, depth + 1


def _hidden(graph: Graph, row: Row) -> list[str]:
    record = row.record
    related = [edge.target for edge in graph.dependencies(record)]
    related += [*record.produced, *([record.owner] if record.owner else [])]
    return sorted({split_id(each)[0] for each in related if graph.standing(each) is Standing.HIDDEN})


def _waiting(graph: Graph, identity: str, now: float, explained: dict[str, list[str]]) -> list[Behind]:
    paths = Blast(graph, explained, now).paths([identity])
    return _measured(graph, identity, paths)


def _supposed(graph: Graph, identity: str, now: float, explained: dict[str, list[str]]) -> list[Behind]:
    found = stops(graph, {identity: FAILED}, now, explained)
    return _measured(graph, identity, {stop.id: stop.behind for stop in found.stops})


def _measured(graph: Graph, origin: str, paths: dict[str, str]) -> list[Behind]:
    distance = {origin: 0}
    found: list[Behind] = []
    for identity, nearer in paths.items():
        distance[identity] = distance.get(nearer, 0) + 1
        row = graph.row(identity)
        if row is not None and row.record.kind not in NOT_COUNTED:
            found.append(Behind(identity, nearer, distance[identity], row))
    return sorted(found, key=lambda each: (each.distance, each.row.status is Status.READY, each.id))
