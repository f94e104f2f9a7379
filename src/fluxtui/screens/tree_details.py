"""What the pane beside a tree says of the line under the cursor: its edges by meaning, met or not, both ways."""

from collections.abc import Iterable, Sequence

from fluxtui.insight.edges import EdgeStates
from fluxtui.insight.graph import Edge, Graph, Standing
from fluxtui.insight.layers import Layers
from fluxtui.insight.standing import standing
from fluxtui.kinds.ages import ago
from fluxtui.kinds.status import NO_DATA_GLYPH, Status
from fluxtui.screens.desk import PHASES, STATUS_STYLES, Desk, joined
from fluxtui.screens.details import named, status_spans
from fluxtui.store.state import Phase
from fluxtui.store.store import ClusterData
from fluxtui.widgets.bar import bar
from fluxtui.widgets.factsheet import Fact
from fluxtui.widgets.table_source import Span

MOST = 12
"""Edges of one direction that are told one by one."""
LOOKED_AT = 400
"""Edges of one direction that are judged at most: a source may have thousands of users."""


def node_facts(desk: Desk, cluster: str, identity: str) -> list[Fact]:
    """The sheet of an object: state, what it looks at, who looks at it, who applies it, what it applies."""
    data = desk.store.find(cluster)
    if data is None:
        return []
    graph, now = Graph(data), desk.now()
    row = graph.row(identity)
    facts = [Fact("", [(named(identity), "title"), (f"  {cluster}", "muted")], 2), Fact("", [])]
    if row is None:
        missing = graph.standing(identity) is Standing.MISSING
        told: Span = ("does not exist", "status-failed") if missing else ("is not watched here", "status-nodata")
        facts.append(Fact("status", [told], 2))
    else:
        facts.append(Fact("status", status_spans(row, now), 2))
        if row.message and row.status is not Status.READY:
            facts.append(Fact("message", [(" ".join(row.message.split()), "")], 5))
    judge = EdgeStates(graph, now)
    if row is not None:
        facts += _edges("waits for", graph, judge, list(graph.dependencies(row.record)), ahead=True)
        if row.record.owner:
            facts.append(Fact("applied by", _linked(graph, row.record.owner), 1))
    users = sorted(graph.dependents(identity), key=lambda edge: (edge.kind != "needs", edge.source))
    facts += _edges("waited for by", graph, judge, users, ahead=False)
    if row is not None:
        facts += _applied(graph, [edge.target for edge in graph.children(row.record)])
    return [*facts, *_unjudged(data)]


def cluster_facts(desk: Desk, cluster: str) -> list[Fact]:
    """The sheet of a cluster's own line: its counts, and how far they can be believed."""
    data = desk.store.find(cluster)
    if data is None:
        return []
    health, now = standing(data), desk.now()
    glyph, style = PHASES[health.phase]
    told = f" for {ago(health.since, now)}" if health.since and not health.fresh else ""
    facts = [Fact("", [(cluster, "title")]), Fact("", []), Fact("data", [(f"{glyph} {health.phase}{told}", style)])]
    if health.detail:
        facts.append(Fact("why", [(health.detail, "")], 4))
    facts += [
        Fact(status.word, [(f"{status.glyph} {health.counts[status]}", STATUS_STYLES[status])])
        for status in Status
        if health.counts[status]
    ]
    return [*facts, *_unjudged(data)]


def edge_line(desk: Desk, cluster: str, identity: str) -> list[Span]:
    """The same in a sentence, where there is no room for a pane: state, reason, the first edge that is not met."""
    data = desk.store.find(cluster)
    row = desk.store.row(cluster, identity)
    if data is None or row is None:
        return [*_absent(data, identity)]
    now = desk.now()
    spans: list[Span] = [(f"{cluster}  ", "strong"), *status_spans(row, now)]
    judge = EdgeStates(Graph(data), now)
    unmet = [edge for edge in Graph(data).dependencies(row.record) if judge.of(edge).met is False]
    if unmet:
        said = judge.of(unmet[0])
        spans += [("  " + said.mark + " ", STATUS_STYLES[Status.BLOCKED]), (named(unmet[0].target), "strong")]
        spans.append((f" {said.words}", ""))
        if len(unmet) > 1:
            spans.append((f" and {len(unmet) - 1} more", "muted"))
    elif row.message:
        spans.append((f"  {' '.join(row.message.split())}", "muted"))
    return spans


def _absent(data: ClusterData | None, identity: str) -> Iterable[Span]:
    if data is None or not identity:
        return
    users = [edge.source for edge in Graph(data).dependents(identity)]
    missing = Graph(data).standing(identity) is Standing.MISSING
    yield ("does not exist", "status-failed") if missing else ("not watched", "status-nodata")
    yield f" · asked for by {joined([named(user) for user in users])}", ""


def _edges(label: str, graph: Graph, judge: EdgeStates, edges: Sequence[Edge], *, ahead: bool) -> list[Fact]:
    """Those that are not met first."""
    judged = [(judge.of(edge), edge) for edge in edges[:LOOKED_AT]]
    judged.sort(key=lambda pair: pair[0].met is not False)
    facts: list[Fact] = []
    for said, edge in judged[:MOST]:
        other = edge.target if ahead else edge.source
        style = STATUS_STYLES[Status.BLOCKED] if said.met is False else "muted"
        spans: list[Span] = [(f"{said.mark} ", style), *_linked(graph, other)]
        if ahead or said.met is False:
            spans.append((f"  {said.words}", style))
        if ahead and said.expression:
            spans.append((f"  {said.expression}", "accent"))
        facts.append(Fact(label if not facts else " ", spans, 3 if ahead else 1))
    more = len(edges) - len(facts)
    if more > 0:
        facts.append(Fact(" ", [(f"and {more} more", "muted")], 1))
    return facts


def _applied(graph: Graph, ids: Sequence[str]) -> list[Fact]:
    if not ids:
        return []
    rows = [row for identity in ids if (row := graph.row(identity)) is not None]
    counts = [sum(row.status is status for row in rows) for status in Status]
    spans: list[Span] = [(f"{len(rows)} ", "strong")]
    spans += [(f" {status.glyph} {counts[status]}", STATUS_STYLES[status]) for status in Status if counts[status]]
    return [Fact("applies", spans, 1)]


def _linked(graph: Graph, identity: str) -> list[Span]:
    row = graph.row(identity)
    if row is not None:
        return [(f"{row.status.glyph} ", STATUS_STYLES[row.status]), (named(identity), "")]
    missing = graph.standing(identity) is Standing.MISSING
    return [(f"{Status.FAILED.glyph} " if missing else f"{NO_DATA_GLYPH} ", "muted"), (named(identity), "")]


def _unjudged(data: ClusterData) -> list[Fact]:
    """The kinds of which nothing is known here: edges to them cannot be judged."""
    hidden = [table.kind for table in data.tables.values() if table.state.phase is Phase.FORBIDDEN]
    if not hidden:
        return []
    return [Fact("may not see", [(joined(hidden, 5), "warning"), (": edges to these cannot be judged", "muted")], 3)]


def band_facts(found: Layers, identity: str) -> list[Fact]:
    """The layers of a cluster, first delivered first: how much of each is ready, which one is in progress, and in
    which the object stands.
    """
    own = found.place.get(identity)
    facts = [Fact("", [("layers", "title")])] if found.bands else []
    for place, band in enumerate(found.bands):
        ready = band.counts[Status.READY]
        style = STATUS_STYLES[Status.READY] if band.done else "muted"
        worst = next((status for status in Status if band.counts[status]), Status.READY)
        spans: list[Span] = [
            ("▌" if place == own else " ", "accent"),
            (f"{worst.glyph} ", STATUS_STYLES[worst]),
            (f"{band.name:<15}"[:15], "strong" if place == own else ""),
            (f" {ready:>4}/{len(band.ids):<4}", style),
            *bar(ready, len(band.ids), 10, style=style),
        ]
        if band.moving:
            spans.append((f" ◐ {len(band.moving)} moving", STATUS_STYLES[Status.PROGRESSING]))
        elif place == found.stuck:
            spans.append((" stuck here", STATUS_STYLES[Status.FAILED]))
        facts.append(Fact("", spans, 1))
    return facts
