"""The rows of a list of objects, as a table asks for them: the columns that every kind has, then the kind's own."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any

from fluxtui.kinds.ages import age, ago
from fluxtui.kinds.columns import Column
from fluxtui.kinds.kind import Kind
from fluxtui.kinds.status import NO_DATA_GLYPH, Status
from fluxtui.screens.desk import STATUS_STYLES, Desk
from fluxtui.screens.reasons import SHORT_REASONS
from fluxtui.store.listing import Listing
from fluxtui.store.row import Row
from fluxtui.store.state import Phase
from fluxtui.widgets.table_columns import ESSENTIAL, TableColumn
from fluxtui.widgets.table_source import Cell

GONE: tuple[Cell, ...] = ("",)

ORDERS: dict[str, Callable[[Row], Any]] = {
    "status": lambda row: (int(row.status), row.record.namespace, row.record.name),
    "cluster": lambda row: (row.cluster, row.record.namespace, row.record.name),
    "namespace": lambda row: (row.record.namespace, row.record.name),
    "name": lambda row: row.record.name,
    "since": lambda row: -(row.since or row.record.created),
    "reason": lambda row: row.reason,
}
"""What the common columns sort by."""


def order(kind: Kind, column_id: str) -> Callable[[Row], Any]:
    """What to sort by for a column, common or the kind's own."""
    if column_id in ORDERS:
        return ORDERS[column_id]
    column = next((column for column in kind.columns if column.id == column_id), None)
    if column is None:
        return ORDERS["status"]
    return lambda row: column.value(row.record)


def table_columns(kind: Kind, *, clusters: bool) -> list[TableColumn]:
    """The columns of a kind's list; without the cluster's where there is but one."""
    common = [
        TableColumn("status", "STATUS", 13, priority=90),
        TableColumn("cluster", "CLUSTER", 12, 9, 20, flex=1, priority=80 if clusters else 0, cut="middle"),
        TableColumn("namespace", "NAMESPACE", 14, 10, 28, flex=1, priority=85),
        TableColumn("name", "NAME", 24, 17, 48, flex=3, priority=ESSENTIAL),
        TableColumn("since", "SINCE", 5, align="right", priority=88),
        TableColumn("reason", "REASON", 22, 18, 30, flex=1, priority=70, shorter=SHORT_REASONS),
    ]
    hidden = {*(() if clusters else ("cluster",)), *(() if kind.namespaced else ("namespace",))}
    common = [column for column in common if column.id in kind.common and column.id not in hidden]
    common.sort(key=lambda column: kind.common.index(column.id))
    return common + [_table_column(column) for column in kind.columns]


def _table_column(column: Column) -> TableColumn:
    return TableColumn(
        column.id,
        column.title,
        column.width,
        min(column.width, 14),
        column.width + 24 * column.weight if column.weight else column.width,
        flex=column.weight,
        align="right" if column.right else "left",
        priority=75 if column.main else 20 if column.wide else 50,
        cut="middle" if column.id in {"revision", "url", "path"} else "end",
    )


class ObjectRows:
    """A `TableSource` over a listing. Cells are made for the rows that are painted, and for no others."""

    def __init__(self, desk: Desk, listing: Listing, kind: Kind, columns: Sequence[TableColumn]) -> None:
        self._desk = desk
        self._listing = listing
        self._own = {column.id: column for column in kind.columns}
        self._ids = [column.id for column in columns]

    def __len__(self) -> int:
        return len(self._listing)

    def key(self, index: int) -> Hashable:
        """(cluster, id)"""
        return self._listing.key(index)

    def index_of(self, key: Hashable) -> int | None:
        """By binary search."""
        return self._listing.index_of(key)

    def version(self, index: int) -> Hashable:
        """The object's version, its status, its age as shown and how far its data can be believed."""
        row = self._listing.row(index)
        if row is None:
            return None
        now = self._desk.now()
        return row.record.version, row.status, row.reason, ago(_since(row), now), self._old(row, now)

    def cells(self, index: int) -> Sequence[Cell]:
        """One cell for each column."""
        row = self._listing.row(index)
        if row is None:
            return GONE * len(self._ids)
        return [self._cell(name, row) for name in self._ids]

    def _cell(self, name: str, row: Row) -> Cell:
        own = self._own.get(name)
        if own is not None:
            return own.text(row.record)
        match name:
            case "status":
                return self._status(row)
            case "cluster":
                return row.cluster, "muted"
            case "namespace":
                return row.record.namespace
            case "name":
                return row.record.name, "strong"
            case "since":
                return ago(_since(row), self._desk.now()), "muted"
            case _:
                return row.reason, "" if row.status is not Status.READY else "muted"

    def _status(self, row: Row) -> Cell:
        old = self._old(row, self._desk.now())
        if old:
            return [(f"{NO_DATA_GLYPH} ", "status-nodata"), (f"{row.status.word[:7]} {old}", "status-nodata")]
        style = STATUS_STYLES[row.status]
        return [
            (f"{row.status.glyph} ", style),
            (row.status.word, style if row.status is not Status.READY else "muted"),
        ]

    def _old(self, row: Row, now: float) -> str:
        """How old the data is where it is not current, empty where it is."""
        state = self._desk.store.table(row.cluster, row.record.kind).state
        if state.phase in (Phase.FRESH, Phase.LOADING):
            return ""
        return age(now - (state.contact or state.since))


def _since(row: Row) -> int:
    return row.since or row.record.created
