"""The list of root causes, as a table asks for it."""

from collections.abc import Hashable, Mapping, Sequence

from fluxtui.insight.acknowledge import Mark
from fluxtui.insight.causes import Cause
from fluxtui.kinds.ages import ago
from fluxtui.kinds.status import Status
from fluxtui.screens.acknowledging import mark_span
from fluxtui.screens.desk import STATUS_STYLES, Desk
from fluxtui.screens.reasons import SHORT_REASONS
from fluxtui.widgets.bar import bar
from fluxtui.widgets.table_columns import ESSENTIAL, TableColumn
from fluxtui.widgets.table_source import Cell, Span

BAR = 8

MARK = TableColumn("mark", "", 4, priority=88, sortable=False)
"""Says which problems are new, back or acknowledged; there as long as one is."""
COLUMNS = (
    TableColumn("blocks", "BLOCKS", 6, align="right", priority=90, sortable=False),
    TableColumn("bar", "", BAR, priority=30, sortable=False),
    TableColumn("cause", "ROOT CAUSE", 44, 38, 64, flex=3, priority=ESSENTIAL, sortable=False),
    TableColumn("cluster", "CLUSTER", 12, 9, 24, flex=1, priority=80, sortable=False),
    TableColumn("since", "SINCE", 5, align="right", priority=85, sortable=False),
    TableColumn("reason", "REASON", 18, 12, 32, flex=2, priority=70, sortable=False, shorter=SHORT_REASONS),
    TableColumn("tenants", "TENANTS", 14, 8, 40, flex=1, priority=40, sortable=False),
)


def look(cause: Cause) -> tuple[str, str]:
    """Glyph and style of a cause: of its status, except where the object says green and is not to be believed."""
    if cause.status is not Status.READY:
        return cause.status.glyph, STATUS_STYLES[cause.status]
    shown = Status.FAILED if cause.what == "emptied" else Status.UNKNOWN
    return shown.glyph, STATUS_STYLES[shown] if shown is Status.FAILED else "warning"


class ProblemRows:
    """A `TableSource` over the causes of one report."""

    def __init__(self, desk: Desk, causes: Sequence[Cause], marks: Mapping[str, Mark] | None = None) -> None:
        self._desk = desk
        self.causes = causes
        self._marks = marks or {}
        self._marked = any(mark_span(self.mark(cause))[0] for cause in causes)
        self._places = {cause.key: index for index, cause in enumerate(causes)}
        self._most = max((cause.stops for cause in causes), default=0)

    def __len__(self) -> int:
        return len(self.causes)

    @property
    def columns(self) -> Sequence[TableColumn]:
        """The columns that have something to say."""
        return (COLUMNS[0], COLUMNS[1], MARK, *COLUMNS[2:]) if self._marked else COLUMNS

    def mark(self, cause: Cause) -> Mark | None:
        """How a problem stands."""
        return self._marks.get(cause.key)

    def cause(self, key: Hashable | None) -> Cause | None:
        """The cause of a key."""
        index = self._places.get(str(key))
        return self.causes[index] if index is not None else None

    def key(self, index: int) -> Hashable:
        """The identity of the cause for as long as it lasts."""
        return self.causes[index].key

    def index_of(self, key: Hashable) -> int | None:
        """By a map."""
        return self._places.get(str(key))

    def version(self, index: int) -> Hashable:
        """Everything that the cells show."""
        cause = self.causes[index]
        shown = (cause.title, cause.reason, cause.status, cause.stops, cause.clusters, cause.tenants)
        return shown, self._most, ago(cause.since, self._desk.now()), mark_span(self.mark(cause))

    def cells(self, index: int) -> Sequence[Cell]:
        """One cell for each column."""
        cause = self.causes[index]
        stops = cause.stops
        mark = self.mark(cause)
        known = mark is not None and not mark.calls
        style = "muted" if known else look(cause)[1]
        cells: list[Cell] = [
            (str(stops), "strong") if stops else ("·", "faint"),
            bar(stops, self._most, BAR, style=style) if stops else "",
            self._title(cause, style),
            _few(cause.clusters),
            (ago(cause.since, self._desk.now()), "muted"),
            (self._reason(cause), style),
            (_few(cause.tenants, 3), "muted"),
        ]
        return [*cells[:2], [mark_span(mark)], *cells[2:]] if self._marked else cells

    def _reason(self, cause: Cause) -> str:
        """The reason; of what somebody suspended, who did it."""
        if cause.status is not Status.SUSPENDED:
            return cause.reason
        row = self._desk.store.row(*cause.members[0])
        by = row.record.suspended_by if row is not None else ""
        return f"by {by}" if by else cause.reason.lower()

    def _title(self, cause: Cause, style: str) -> list[Span]:
        kind, _, name = cause.title.partition(" ")
        more = len(cause.members) - 1
        spans: list[Span] = [(f"{look(cause)[0]} ", style), (f"{kind} ", "muted"), (name, "strong")]
        return [*spans, (f" +{more}", "muted")] if more and not cause.outside else spans


def _few(words: Sequence[str], most: int = 2) -> str:
    if len(words) <= most:
        return ", ".join(words)
    return f"{', '.join(words[:most])} +{len(words) - most}"
