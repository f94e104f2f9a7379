"""The lines of a tree, as a table asks for them: guides, glyph, kind, name, edge, and what is folded away."""

from collections.abc import Hashable, Mapping, Sequence

from fluxtui.insight.edges import EdgeState, EdgeStates, Obstacle
from fluxtui.insight.forest import CLUSTER, MISSING, TOP, UNSEEN, Ref, View
from fluxtui.insight.graph import Edge, Graph
from fluxtui.insight.outline import Outline
from fluxtui.insight.standing import Standing, standing
from fluxtui.kinds.ages import age, ago
from fluxtui.kinds.record import split_id
from fluxtui.kinds.status import NO_DATA_GLYPH, Status
from fluxtui.kinds.table import KINDS
from fluxtui.screens.denying import badge
from fluxtui.screens.desk import PHASES, STATUS_STYLES, Desk
from fluxtui.screens.outline_rows import OutlineRows, folded_spans
from fluxtui.screens.reasons import SHORT_REASONS
from fluxtui.store.row import Row
from fluxtui.widgets.table_columns import ESSENTIAL, TableColumn
from fluxtui.widgets.table_source import Cell, Span

NARROW, SHORT = 96, 124
"""Cells of a tree up to which reasons stand below the list instead of in a column, and kinds are abbreviated."""

HEADINGS: dict[View, str] = {
    View.DEPENDENCIES: "WHO WAITS FOR WHOM",
    View.OWNERSHIP: "WHO APPLIES WHAT",
    View.SOURCES: "WHO TAKES FROM WHERE",
    View.BLAST: "WHAT WAITS BEHIND IT",
}


def columns(view: View, *, narrow: bool) -> list[TableColumn]:
    """The tree, why a line is not green, since when, and how many wait behind it."""
    found = [
        TableColumn("tree", HEADINGS[view], 60, 36, flex=5, priority=ESSENTIAL, sortable=False),
        TableColumn("why", "WHY", 18, 16, 44, flex=1, priority=70, sortable=False, shorter=SHORT_REASONS),
        TableColumn("since", "SINCE", 5, align="right", priority=80, sortable=False),
        TableColumn("wait", "WAIT", 5, align="right", priority=90, sortable=False),
    ]
    return [column for column in found if column.id != "why" or not narrow]


class TreeRows(OutlineRows):
    """A `TableSource` over an outline. Edges are judged for the lines that are painted, and for no others."""

    def __init__(self, desk: Desk, outline: Outline) -> None:
        super().__init__(desk, outline)
        self.narrow = self.short = True
        """Whether there is no room for reasons, and none for the names of kinds."""
        self.waiting: Mapping[Ref, int] = {}
        """How many wait behind each object, once it is counted."""
        self.told: frozenset[Ref] = frozenset()
        """Objects that were asked for (the longest chain): drawn so that they are seen."""
        self.assumed: Mapping[Ref, Status] = {}
        self.stopped: frozenset[Ref] = frozenset()
        """What is assumed of objects, and which would stop then."""
        self._judges: dict[str, tuple[int, Graph, EdgeStates]] = {}

    def version(self, index: int) -> Hashable:
        """Everything that the cells are made of."""
        outline, line = self.outline, self.outline.line(index)
        node = outline.node(index)
        key = outline.forest.keys[node]
        row = self.desk.store.row(*key) if key[1] else None
        now = self.desk.now()
        shown: Hashable = (
            self._cluster_version(key[0]) if row is None else (row.reason, ago(row.since, now), self._old(row))
        )
        edge = self.edge_of(line)
        said = self.judge(key[0], edge) if edge is not None else None
        return (
            outline.guides(index),
            outline.forest.status[node],
            outline.hidden(node) if line >= 0 else 0,
            outline.forest.causes.get(node),
            self.waiting.get(key),
            key in self.told,
            self.assumed.get(key),
            key in self.stopped,
            badge(self.desk, *key),
            self.short,
            shown,
            said,
        )

    def _cluster_version(self, cluster: str) -> Hashable:
        data = self.desk.store.find(cluster)
        if data is None:
            return None
        health = standing(data)
        return health.phase, health.counts, age(self.desk.now() - health.since)

    def cells(self, index: int) -> Sequence[Cell]:
        """Tree, why, since, wait."""
        outline, line = self.outline, self.outline.line(index)
        node = outline.node(index)
        guides: Span = (outline.guides(index), "border")
        if line < 0:
            return self._columns([guides, *self._reference(line)])
        cluster, identity = key = outline.forest.keys[node]
        if outline.forest.status[node] == CLUSTER:
            return self._cluster(cluster, node)
        row = self.desk.store.row(cluster, identity)
        edge = self.edge_of(line)
        said = self.judge(cluster, edge) if edge is not None else None
        spans: list[Span] = [guides, *self._object(node, row), *self._cause(node), *self._assumption(key)]
        if (violates := badge(self.desk, cluster, identity)) is not None:
            spans.append(violates)
        spans += self._folded(node)  # before the edge: a number that is cut says something else
        if said is not None and edge is not None and edge.kind != "owns":
            spans.append((f"  {said.mark}", _edge_style(said)))
        since = ago(row.since, self.desk.now()) if row is not None and row.status is not Status.READY else ""
        waits = self.waiting.get(key, 0)
        causes = outline.forest.causes.get(node)
        waits = waits if causes is None else causes
        style = "strong" if outline.forest.status[node] != Status.READY else "muted"
        return self._columns(spans, self._why(node, row, said), (since, "muted"), (str(waits or ""), style))

    def _columns(self, tree: list[Span], why: Cell = "", since: Cell = "", wait: Cell = "") -> list[Cell]:
        return [tree, since, wait] if self.narrow else [tree, why, since, wait]

    # Edges

    def edge_of(self, line: int) -> Edge | None:
        """The edge between a line and the one above it; None at the top, for clusters and in a blast radius."""
        forest = self.outline.forest
        if line >= 0:
            node, above = line, forest.parent[line]
        else:
            reference = forest.references[-1 - line]
            node, above = reference.node, reference.under
        if above == TOP or forest.status[above] == CLUSTER or forest.view is View.OWNERSHIP:
            return None
        cluster, identity = forest.keys[node]
        row = self.desk.store.row(cluster, identity)
        if row is None:
            return None
        target = forest.keys[above][1]
        edges = [edge for edge in self._judge(cluster)[0].dependencies(row.record) if edge.target == target]
        return min(edges, key=lambda edge: edge.kind != "needs", default=None)

    def judge(self, cluster: str, edge: Edge) -> EdgeState:
        """The state of an edge now."""
        return self._judge(cluster)[1].of(edge)

    def forget(self) -> None:
        """Edges are others: what was found out about circles does not hold."""
        self._judges.clear()

    def _judge(self, cluster: str) -> tuple[Graph, EdgeStates]:
        """The graph of a cluster; circles in it are searched for once a second at most."""
        now = self.desk.now()
        known = self._judges.get(cluster)
        if known is None or known[0] != int(now):
            graph = Graph(self.desk.store.cluster(cluster))
            known = self._judges[cluster] = int(now), graph, EdgeStates(graph, now)
        return known[1], known[2]

    # Words

    def _object(self, node: int, row: Row | None) -> list[Span]:
        forest = self.outline.forest
        cluster, identity = forest.keys[node]
        glyph, style = self.look(node, row)
        kind, name = self.named(identity)
        healthy = forest.status[node] == Status.READY and not forest.troubled(node)
        strong = "" if healthy else "strong"
        if not self.outline.accepted(node):
            strong = "muted"
        elif (cluster, identity) in self.told:
            strong = "accent"
        return [(f"{glyph} ", style), (f"{kind} ", "muted"), (name, strong)]

    def look(self, node: int, row: Row | None) -> tuple[str, str]:
        """The glyph of a node, and its style; what is not current is grey, whatever it was."""
        status = self.outline.forest.status[node]
        if status == MISSING:
            return Status.FAILED.glyph, STATUS_STYLES[Status.FAILED]
        if status == UNSEEN:
            return NO_DATA_GLYPH, "status-nodata"
        if status == CLUSTER:
            return "◆", "accent"
        known = Status(status)
        return known.glyph, "status-nodata" if row is not None and self._old(row) else STATUS_STYLES[known]

    def named(self, identity: str) -> tuple[str, str]:
        """Kind (abbreviated where it is narrow) and name of an id."""
        kind, namespace, name = split_id(identity)
        if self.short and kind in KINDS:
            kind = KINDS[kind].short[0]
        return kind, f"{namespace}/{name}" if namespace else name

    def _old(self, row: Row) -> str:
        return self.data_age(row.cluster, row.record.kind)

    def _reference(self, line: int) -> list[Span]:
        forest = self.outline.forest
        reference = forest.references[-1 - line]
        identity = forest.keys[reference.node][1]
        kind, name = self.named(identity)
        row = self.desk.store.row(*forest.keys[reference.node])
        if reference.cycle:
            through = [self.named(forest.keys[node][1])[1] for node in forest.circle(-1 - line)[1:]]
            words = f" waits for itself{' through ' if through else ''}{' → '.join(through)}"
            return [("⟲ ", "error"), (f"{kind} ", "muted"), (name, "strong"), (words, "error")]
        glyph, style = self.look(reference.node, row)
        place = self.outline.index_of(forest.keys[reference.node])
        here = self.outline.index_of(self.outline.key_of(line))
        where = "folded" if place is None else "above" if here is not None and place < here else "below"
        return [("↗ ", "accent"), (f"{glyph} ", style), (f"{kind} {name}", "muted"), (f"  shown {where}", "faint")]

    def _folded(self, node: int) -> list[Span]:
        """``▸ 12 ready 3 blocked``: what is folded away under a node."""
        counts = self.folded_away(node)
        if not counts:
            return []
        spans = folded_spans(counts, words=not self.short)
        for status, word in ((MISSING, "missing"), (UNSEEN, "not watched")):
            if counts[status]:
                spans.append((f" {counts[status]} {word}", "muted"))
        return spans

    def _cause(self, node: int) -> list[Span]:
        waits = self.outline.forest.causes.get(node)
        if waits is None:
            return []
        style = STATUS_STYLES[Status.SUSPENDED] if self.outline.forest.status[node] == Status.SUSPENDED else "error"
        waiting = f" · {waits} wait" if waits and not (self.short and self.outline.hidden(node)) else ""
        return [(f"  ◀ root cause{waiting}", style)]  # where it is short, the column of numbers has to do

    def _assumption(self, key: Ref) -> list[Span]:
        if key in self.assumed:
            word = "failed" if self.assumed[key] is Status.FAILED else "suspended"
            return [(f"  ? what if {word}", "match")]
        return [("  ✗ would stop", "match")] if key in self.stopped else []

    def _why(self, node: int, row: Row | None, said: EdgeState | None) -> Cell:
        status = self.outline.forest.status[node]
        if status == MISSING:
            return "does not exist", "status-failed"
        if status == UNSEEN:
            return "not watched", "status-nodata"
        if row is None:
            return ""
        if old := self._old(row):
            return f"data is {old} old", "status-nodata"
        if said is not None and said.words and said.met is False:
            words = "waiting" if said.obstacle is Obstacle.WAITING and row.status is Status.BLOCKED else said.words
            return words, STATUS_STYLES[Status.BLOCKED]
        if row.status is Status.SUSPENDED and row.record.suspended_by:
            return f"suspended by {row.record.suspended_by}", STATUS_STYLES[Status.SUSPENDED]
        if row.status is not Status.READY:
            return row.reason, STATUS_STYLES[row.status]
        return (said.words, "muted") if said is not None and said.met is None else ""

    def _cluster(self, cluster: str, node: int) -> Sequence[Cell]:
        data = self.desk.store.find(cluster)
        health: Standing | None = standing(data) if data is not None else None
        spans: list[Span] = [("◆ ", "accent"), (cluster, "title")]
        if health is not None and not health.fresh:
            glyph, style = PHASES[health.phase]
            for_ = f" for {ago(health.since, self.desk.now())}" if health.since else ""
            spans += [(f"  {glyph} {health.phase}{for_}", style)]
        elif health is not None and health.hidden:
            spans.append((f"  {NO_DATA_GLYPH} {len(health.hidden)} kinds not visible", "status-nodata"))
        forest = self.outline.forest
        for status in Status:
            if count := forest.count(node, status):
                spans.append((f"  {status.glyph} {count}", STATUS_STYLES[status]))
        if self.outline.hidden(node) and not self.outline.fold_of(node):
            spans.append(("  ▸", "accent"))
        return self._columns(spans)


def _edge_style(said: EdgeState) -> str:
    if said.met is None:
        return "status-nodata"
    return "faint" if said.met else STATUS_STYLES[Status.BLOCKED]
