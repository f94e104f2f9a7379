"""The lines of an application, as its table asks for them."""

from collections.abc import Hashable, Sequence

from fluxtui.insight.application import Application, Line
from fluxtui.insight.forest import CLUSTER, MISSING, UNSEEN
from fluxtui.insight.outline import Outline
from fluxtui.insight.usage import HIGH, NEAR, cpu_words, memory_words
from fluxtui.kinds.ages import ago
from fluxtui.kinds.status import NO_DATA_GLYPH, Status
from fluxtui.kinds.table import KINDS
from fluxtui.screens.desk import STATUS_STYLES, Desk
from fluxtui.screens.outline_rows import OutlineRows, folded_spans
from fluxtui.widgets.table_columns import ESSENTIAL, TableColumn
from fluxtui.widgets.table_source import Cell, Span

NARROW = 124
"""Cells of a terminal up to which kinds are abbreviated and reasons stand below the list alone."""

COLUMNS = (
    TableColumn("tree", "WHAT IT DEPLOYS", 48, 36, flex=4, priority=ESSENTIAL, sortable=False),
    TableColumn("ready", "READY", 5, align="right", priority=90, sortable=False),
    TableColumn("restarts", "RST", 4, align="right", priority=80, sortable=False),
    TableColumn("cpu", "CPU", 9, align="right", priority=70, sortable=False),
    TableColumn("memory", "MEMORY", 10, align="right", priority=75, sortable=False),
    TableColumn("age", "SINCE", 5, align="right", priority=60, sortable=False),
    TableColumn("why", "WHY", 20, 16, 80, flex=4, priority=30, sortable=False),
)


def columns(*, narrow: bool, measured: bool) -> list[TableColumn]:
    """Reasons where there is room for them, usage where somebody measures it."""
    silent = {*(("why",) if narrow else ()), *(() if measured else ("cpu", "memory"))}
    return [column for column in COLUMNS if column.id not in silent]


class ApplicationRows(OutlineRows):
    """A `TableSource` over the outline of an application."""

    def __init__(self, desk: Desk, outline: Outline) -> None:
        super().__init__(desk, outline)
        self.app = Application()
        self.narrow = True
        self.clusters = False
        """Whether the objects at the top name their cluster."""
        self.shown: frozenset[str] = frozenset(column.id for column in COLUMNS)

    def version(self, index: int) -> Hashable:
        """Everything that the cells are made of."""
        outline, line = self.outline, self.outline.line(index)
        node = outline.node(index)
        shown, now = self.app.of(node), self.desk.now()
        hidden = outline.hidden(node) if line >= 0 else 0
        status = outline.forest.status[node]
        return outline.guides(index), status, hidden, shown, ago(shown.since, now), self._old(shown), self.narrow

    def cells(self, index: int) -> Sequence[Cell]:
        """One cell for each column that is shown."""
        outline, line = self.outline, self.outline.line(index)
        node = outline.node(index)
        shown = self.app.of(node)
        guides: Span = (outline.guides(index), "border")
        if line < 0:
            place = outline.index_of(outline.forest.keys[node])
            where = "folded" if place is None else "above" if place < index else "below"
            tree = [guides, ("from ", "faint"), *self._name(node, shown), (f"  shown {where}", "faint")]
            return self._kept([tree, *[""] * (len(COLUMNS) - 1)])
        tree = [guides, *self._name(node, shown), *self._word(node, shown), *self._folded(node)]
        status = outline.forest.status[node]
        why: Cell = (shown.why, "" if status not in (Status.READY, CLUSTER) else "muted")
        return self._kept(
            [
                tree,
                (shown.replicas, "warning" if shown.short else ""),
                (f"{shown.restarts:,}" if shown.pods or shown.restarts else "", "warning" if shown.restarts else ""),
                self._cpu(shown),
                self._memory(shown),
                (ago(shown.since, self.desk.now()), "muted"),
                why,
            ]
        )

    def _kept(self, cells: list[Cell]) -> list[Cell]:
        return [cell for column, cell in zip(COLUMNS, cells, strict=True) if column.id in self.shown]

    # Words

    def look(self, node: int) -> tuple[str, str]:
        """Glyph and style of a node; what is not current is grey, whatever it was."""
        status, line = self.outline.forest.status[node], self.app.of(node)
        if status == CLUSTER:
            return "▪", "muted"
        if status == UNSEEN:
            return (NO_DATA_GLYPH if line.why else "·"), "status-nodata"
        known = Status.FAILED if status == MISSING else Status(status)
        return known.glyph, "status-nodata" if self._old(line) else STATUS_STYLES[known]

    def _name(self, node: int, line: Line) -> list[Span]:
        glyph, style = self.look(node)
        status = self.outline.forest.status[node]
        kind = KINDS[line.kind].short[0] if self.narrow and line.flux and line.kind in KINDS else line.kind
        above = self.outline.forest.parent[node]
        home = self.app.of(above).namespace if above >= 0 else ""
        name = line.name if line.namespace in ("", home) else f"{line.namespace}/{line.name}"
        healthy = status in (Status.READY, UNSEEN, CLUSTER) and not self.outline.forest.troubled(node)
        style_of_name = "muted" if not self.outline.accepted(node) else "" if healthy else "strong"
        spans: list[Span] = [(f"{glyph} ", style), ("from ", "faint") if line.source else ("", "")]
        spans += [(f"{kind} ", "muted") if kind else ("", ""), (name, style_of_name)]
        return [*spans, (f"  {line.cluster}", "accent")] if above < 0 and self.clusters else spans

    def _word(self, node: int, line: Line) -> list[Span]:
        """The state, where it is not what the colour of a glyph says by itself."""
        status = self.outline.forest.status[node]
        old = self._old(line)
        if old:
            return [(f"  {old} old", "status-nodata")]
        if status in (Status.READY, CLUSTER) or not line.word:
            return [("  done", "muted")] if line.word == "done" else []
        style = STATUS_STYLES[Status.FAILED if status == MISSING else status] if status != UNSEEN else "status-nodata"
        return [(f"  {line.word}", style)]

    def _folded(self, node: int) -> list[Span]:
        """``▸ 12 ready ✖ 1``: what is folded away under a node."""
        counts = self.folded_away(node)
        if not counts:
            return []
        spans = folded_spans(counts, words=True)
        if counts[MISSING]:
            spans.append((f" {Status.FAILED.glyph} {counts[MISSING]} missing", "status-failed"))
        if counts[UNSEEN]:
            spans.append((f" {NO_DATA_GLYPH} {counts[UNSEEN]}", "status-nodata"))
        return spans

    def _cpu(self, line: Line) -> Cell:
        """``120m 24%``: what is used, and how near the nearest container is to its limit."""
        used = line.share
        if not used.pods:
            return ""
        part = f" {used.cpu_share:.0%}" if used.cpu_limit else ""
        return [(cpu_words(used.cpu), ""), (part, "warning" if used.cpu_share >= HIGH else "muted")]

    def _memory(self, line: Line) -> Cell:
        """``118Mi 92%``."""
        used = line.share
        if not used.pods:
            return ""
        style = "error" if used.memory_share >= NEAR else "warning" if used.memory_share >= HIGH else "muted"
        return [(memory_words(used.memory), ""), (f" {used.memory_share:.0%}" if used.memory_limit else "", style)]

    def _old(self, line: Line) -> str:
        """How old the data of a Flux object is, empty where it is current."""
        if not line.flux or line.kind not in KINDS:
            return ""
        return self.data_age(line.cluster, line.kind)
