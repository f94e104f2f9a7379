"""How a tree reads on a terminal: one line for each object, cut to the width, what is healthy folded to a count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from fluxtui.cli.tables import Paint
from fluxtui.insight.edges import EdgeState, EdgeStates
from fluxtui.insight.forest import BITS, CLUSTER, MISSING, TOP, UNSEEN, View
from fluxtui.insight.graph import Edge, Graph, Standing
from fluxtui.insight.outline import Outline
from fluxtui.insight.roots import named
from fluxtui.insight.standing import standing
from fluxtui.kinds.ages import ago
from fluxtui.kinds.columns import revision
from fluxtui.kinds.status import NO_DATA_GLYPH, Status
from fluxtui.store.row import Row
from fluxtui.store.store import Store
from fluxtui.widgets.text import cut, plain, width_of

Span = tuple[str, str]
"""A text and its style."""

FIELD = (1 << BITS) - 1
CLUSTER_GLYPH = "◆"


class TreeText:
    """The lines of an outline at one moment."""

    def __init__(self, store: Store, outline: Outline, now: float) -> None:
        self._store = store
        self._outline = outline
        self._forest = outline.forest
        self._now = now
        self._judges: dict[str, EdgeStates] = {}

    def lines(self, width: int | None, paint: Paint) -> list[str]:
        """Every visible line."""
        return [fitted(self._spans(index), width, paint) for index in range(len(self._outline))]

    def _spans(self, index: int) -> Iterator[Span]:
        yield self._outline.guides(index), "muted"
        line = self._outline.line(index)
        if line < 0:
            yield from self._reference(index, -1 - line)
            return
        cluster, identity = self._forest.keys[line]
        if not identity:
            yield from self._cluster(line, cluster)
            return
        row = self._store.row(cluster, identity)
        yield from glyph_of(self._forest.status[line])
        yield f"{named(identity)}", "" if self._forest.status[line] == Status.READY else "strong"
        yield from self._said(line, row)
        yield from self._cause(line)
        yield from self._folded(line)

    def _cluster(self, node: int, cluster: str) -> Iterator[Span]:
        yield f"{CLUSTER_GLYPH} {cluster}", "strong"
        seen = standing(self._store.cluster(cluster))
        if not seen.fresh:
            yield f"  {NO_DATA_GLYPH} {seen.phase} {ago(seen.since, self._now)}".rstrip(), "muted"
        for status in Status:
            if count := self._forest.count(node, status):
                yield f"  {status.glyph} {count}", status.word

    def _reference(self, index: int, number: int) -> Iterator[Span]:
        """A line for what stands elsewhere."""
        reference = self._forest.references[number]
        key = self._forest.keys[reference.node]
        if reference.cycle:
            through = [named(self._forest.keys[node][1]) for node in self._forest.circle(number)[1:]]
            yield "⟲ ", Status.FAILED.word
            yield named(key[1]), "strong"
            yield f" waits for itself{' through ' if through else ''}{' → '.join(through)}", Status.FAILED.word
            return
        place = self._outline.index_of(key)
        where = "folded" if place is None else "shown above" if place < index else "shown below"
        yield "↗ ", "muted"
        yield from glyph_of(self._forest.status[reference.node])
        yield f"{named(key[1])} ({where})", "muted"

    def _said(self, node: int, row: Row | None) -> Iterator[Span]:
        """The edge to the line above, where that is not plain, and how the object is itself."""
        if row is None:
            yield ("  does not exist" if self._forest.status[node] == MISSING else "  not watched"), "muted"
            return
        if self._upwards(node):
            yield "  ─waits for its health→", Status.BLOCKED.word
        state = self._edge(node, row)
        if state is not None:
            yield f"  {state.mark}", "muted" if state.met is not False else Status.BLOCKED.word
            if state.met is False or state.expression or state.obstacle:
                yield f" {state.words}", "muted" if state.met is not False else Status.BLOCKED.word
        waiting = row.status is Status.BLOCKED and state is not None and state.met is False
        if row.status is not Status.READY and not waiting:
            by = f" by {row.record.suspended_by}" if row.record.suspended_by else ""
            reason = f"suspended{by}" if row.status is Status.SUSPENDED else row.reason or row.status.word
            yield f"  {reason} {ago(row.since, self._now)}".rstrip(), row.status.word
        elif self._forest.view is View.SOURCES and row.record.revision:
            yield f"  {revision(row.record.revision)}", "muted"

    def _edge(self, node: int, row: Row) -> EdgeState | None:
        above = self._forest.parent[node]
        if above == TOP or self._forest.view is View.OWNERSHIP or not self._forest.keys[above][1]:
            return None
        target = self._forest.keys[above][1]
        graph = Graph(self._store.cluster(row.cluster))
        edges = [edge for edge in graph.dependencies(row.record) if edge.target == target]
        if not edges:
            return None
        judge = self._judges.setdefault(row.cluster, EdgeStates(graph, self._now))
        return judge.of(min(edges, key=lambda edge: edge.kind != "needs"))

    def _upwards(self, node: int) -> bool:
        """Whether an object stands behind one that it applied: that happens in a blast radius alone."""
        above = self._forest.parent[node]
        if above == TOP or self._forest.view is not View.BLAST:
            return False
        row = self._store.row(*self._forest.keys[above])
        return row is not None and row.record.owner == self._forest.keys[node][1]

    def _cause(self, node: int) -> Iterator[Span]:
        waiting = self._forest.causes.get(node)
        if waiting is not None:
            yield f"  ◀ root cause{f' · {waiting} wait' if waiting else ''}", Status.FAILED.word

    def _folded(self, node: int) -> Iterator[Span]:
        hidden = self._outline.hidden(node)
        counts = [(hidden >> (BITS * status)) & FIELD for status in range(CLUSTER)]
        words = [*(status.word for status in Status), "missing", "not watched"]
        told = [f"{counts[at]} {words[at]}" for at in range(CLUSTER) if counts[at]]
        if told:
            yield f"  ▸ {', '.join(told)}", "muted"


def absent(graph: Graph, identity: str) -> int:
    """What a node is that has no row: missing for certain, or not watched."""
    return MISSING if graph.standing(identity) is Standing.MISSING else UNSEEN


def glyph_of(status: int) -> Iterator[Span]:
    """What a line begins with."""
    if status == MISSING:
        yield f"{Status.FAILED.glyph} ", Status.FAILED.word
    elif status == UNSEEN:
        yield f"{NO_DATA_GLYPH} ", "muted"
    else:
        yield f"{Status(status).glyph} ", Status(status).word


def fitted(spans: Iterable[Span], width: int | None, paint: Paint) -> str:
    """A painted line, cut to a width."""
    parts: list[str] = []
    room = width
    for text, style in spans:
        shown = plain(text)
        if room is not None:
            if room <= 0:
                break
            shown = cut(shown, room)
            room -= width_of(shown)
        parts.append(paint(shown, style))
    return "".join(parts).rstrip()


def edge_lines(graph: Graph, edges: Sequence[Edge], now: float, width: int | None, paint: Paint) -> list[str]:
    """What an object looks at: what each edge asks, whether it is given, why not, and the text of an expression."""
    judge = EdgeStates(graph, now)
    lines: list[str] = []
    for edge in edges:
        state, row = judge.of(edge), graph.row(edge.target)
        style = Status.BLOCKED.word if state.met is False else "muted"
        spans: list[Span] = [("  ", ""), *glyph_of(row.status if row is not None else absent(graph, edge.target))]
        spans += [(named(edge.target), ""), (f"  {state.mark} {state.words}", style)]
        lines.append(fitted(spans, width, paint))
        if state.expression:
            lines.append(fitted([(f"      {' '.join(state.expression.split())}", "muted")], width, paint))
    return lines
