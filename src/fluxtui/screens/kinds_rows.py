"""The rows of a list of any kind: health, identity, what the server prints, and who delivers it."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fluxtui.insight.delivered import Delivery, Proof, delivered_by
from fluxtui.kinds.ages import age, ago
from fluxtui.kinds.printed import Head, PrintedRecord, natural
from fluxtui.kinds.record import split_id
from fluxtui.kinds.served import bare
from fluxtui.kinds.status import NO_DATA_GLYPH, Status
from fluxtui.kinds.table import KINDS
from fluxtui.screens.desk import STATUS_STYLES
from fluxtui.screens.rows import ORDERS
from fluxtui.store.listing import Listing
from fluxtui.store.row import Row
from fluxtui.store.state import DataState, Phase
from fluxtui.store.store import Store
from fluxtui.widgets.table_columns import ESSENTIAL, TableColumn
from fluxtui.widgets.table_source import Cell, Span

SAMPLE = 300
"""Rows that are looked at for how wide a column should be."""
PRINTED = "printed:"
"""What the ids of the server's columns begin with."""
KIND_ORDER: dict[str, Callable[[Row], Any]] = {
    **ORDERS,
    "kind": lambda row: (bare(row.record.kind), row.record.namespace, row.record.name),
    "age": lambda row: -row.record.created,
    "reason": lambda row: (not row.reason, row.reason),
}


@dataclass
class TwoStores:
    """Rows of the kinds that are watched anyway, and of those that are listed beside them."""

    main: Store
    beside: Store
    keys: frozenset[str] = field(default_factory=lambda: frozenset[str]())
    """The kinds of the list that are in ``beside``."""

    def row(self, cluster: str, identity: str) -> Row | None:
        """The row of an object, where its kind is held."""
        store = self.beside if identity.partition("/")[0] in self.keys else self.main
        return store.row(cluster, identity)

    def state(self, cluster: str, kind: str) -> DataState:
        """How far the rows of a kind can be believed."""
        return (self.beside if kind in self.keys else self.main).state(cluster, kind)

    def rows(self, kinds: Iterable[str]) -> Iterable[Row]:
        """All rows of some kinds."""
        for kind in kinds:
            for table in (self.beside if kind in self.keys else self.main).tables(kind):
                yield from table.rows.values()

    def delivery(self, row: Row) -> Delivery:
        """Who delivers an object."""
        return delivered_by(self.main.find(row.cluster), row.record)


def order(stores: TwoStores, column_id: str) -> Callable[[Row], Any]:
    """What to sort by for a column."""
    if column_id == "delivered":
        return lambda row: (not (owner := stores.delivery(row).owner), owner)
    if column_id.startswith(PRINTED):
        name = column_id.removeprefix(PRINTED)
        return lambda row: natural(row.record.cell(name)) if isinstance(row.record, PrintedRecord) else ()
    return KIND_ORDER.get(column_id, KIND_ORDER["status"])


def heads_of(rows: Iterable[Row]) -> tuple[dict[str, Head], dict[str, int]]:
    """The columns that the server prints for these rows, by name, and the widest cell of each."""
    heads: dict[str, Head] = {}
    widths: dict[str, int] = {}
    for row in rows:
        record = row.record
        if isinstance(record, PrintedRecord):
            for head, cell in zip(record.heads, record.cells, strict=False):
                heads.setdefault(head.name, head)
                widths[head.name] = max(widths.get(head.name, 0), len(cell))
    return heads, widths


def columns_of(
    heads: Mapping[str, Head],
    widths: Mapping[str, int],
    *,
    clusters: bool,
    namespaced: bool,
    kinds: bool,
    narrow: bool = False,
    chosen: Sequence[str] = (),
) -> list[TableColumn]:
    """The columns of a list: those of one kind as the server prints it, or what several kinds have in common. `chosen`
    names those that a view wants, in its order. Where it is `narrow`, health is a glyph alone.
    """
    every = {
        "status": TableColumn("status", "" if narrow else "HEALTH", 2 if narrow else 13, priority=95),
        "cluster": TableColumn("cluster", "CLUSTER", 10, 9, 20, flex=1, priority=80, cut="middle"),
        "kind": TableColumn("kind", "KIND", 13, 11, 28, flex=1, priority=92),
        "namespace": TableColumn("namespace", "NAMESPACE", 12, 9, 28, flex=1, priority=85),
        "name": TableColumn("name", "NAME", 26, 22, 60, flex=3, priority=ESSENTIAL, cut="middle"),
        **{
            f"{PRINTED}{name}": _printed(head, widths.get(name, 0), place)
            for place, (name, head) in enumerate(heads.items())
        },
        "age": TableColumn("age", "AGE", 5, align="right", priority=88),
        "delivered": TableColumn("delivered", "DELIVERED BY", 20, 14, 40, flex=1, priority=72, cut="middle"),
        "reason": TableColumn("reason", "REASON", 18, 14, 60, flex=2, priority=45),
    }
    hidden = {
        *(() if clusters else ("cluster",)),
        *(() if kinds else ("kind",)),
        *(() if namespaced else ("namespace",)),
        *([name for name in every if name.startswith(PRINTED)] if kinds and not chosen else ()),
    }
    if chosen:
        asked = [name for wanted in chosen if (name := column_id(wanted, heads)) in every]
        return [every[name] for name in dict.fromkeys(("status", *asked) if "status" not in asked else asked)]
    return [column for name, column in every.items() if name not in hidden]


def column_id(wanted: str, heads: Iterable[str]) -> str:
    """The id of a column by its name as people write it: ours, else a heading of the server's."""
    name = wanted.strip().lower()
    ours = {"health": "status", "ns": "namespace", "delivered by": "delivered", "owner": "delivered"}
    if name in {"status", "cluster", "kind", "namespace", "name", "age", "delivered", "reason", *ours}:
        found = next((head for head in heads if head.lower() == name), "")
        return f"{PRINTED}{found}" if found and name == "status" and wanted != "status" else ours.get(name, name)
    return PRINTED + next((head for head in heads if head.lower() == name), wanted)


def _printed(head: Head, widest: int, place: int) -> TableColumn:
    width = max(len(head.name), min(widest, 30), 3)
    title = head.name.upper()
    smallest = max(len(title), min(widest, 12), 3)
    priority = 15 if head.wide else max(50, 78 - place)
    flex = 1 if widest > 30 else 0
    align = "right" if head.numeric else "left"
    return TableColumn(
        f"{PRINTED}{head.name}", title, width, min(width, smallest), 80 if flex else None, flex, align, priority
    )


def fields_of(stores: TwoStores, heads: Iterable[str], names: Mapping[str, str]) -> dict[str, Callable[[Row], str]]:
    """The columns of a list as fields of the filter; `names` are the words for each kind."""

    def cell(name: str) -> Callable[[Row], str]:
        return lambda row: row.record.cell(name) if isinstance(row.record, PrintedRecord) else ""

    ours = {"status", "name", "ns", "namespace", "cluster", "age", "since", "label", "reason", "message"}
    printed = {
        field: cell(name) for name in heads if (field := name.lower().replace(" ", "-").replace("/", "-")) not in ours
    }
    return {
        **printed,
        "kind": lambda row: names.get(row.record.kind, bare(row.record.kind)),
        "delivered": lambda row: stores.delivery(row).owner,
        "owner": lambda row: stores.delivery(row).owner,
    }


def delivery_span(found: Delivery, namespace: str) -> Span:
    """``ks flux-system/apps``, the namespace only where it is another; a question mark where only labels say so."""
    if not found.owner:
        return "–", "muted"
    kind, home, name = split_id(found.owner)
    short = KINDS[kind].short[0] if kind in KINDS and KINDS[kind].short else kind
    place = f"{home}/{name}" if home and home != namespace else name
    sure = found.proof is not Proof.LABEL
    return f"{'' if sure else '? '}{short} {place}", "muted" if sure else "warning"


class KindRows:
    """A `TableSource` over a listing of any kinds."""

    def __init__(
        self, stores: TwoStores, now: Callable[[], float], listing: Listing, columns: Sequence[TableColumn]
    ) -> None:
        self._stores = stores
        self._now = now
        self._listing = listing
        self._ids = [column.id for column in columns]
        self._narrow = any(column.id == "status" and not column.title for column in columns)

    def __len__(self) -> int:
        return len(self._listing)

    def key(self, index: int) -> Hashable:
        """(cluster, id)"""
        return self._listing.key(index)

    def index_of(self, key: Hashable) -> int | None:
        """By binary search."""
        return self._listing.index_of(key)

    def version(self, index: int) -> Hashable:
        """Everything that the cells depend on."""
        row = self._listing.row(index)
        if row is None:
            return None
        delivered = self._stores.delivery(row) if "delivered" in self._ids else None
        return (
            row.record.version,
            row.status,
            row.reason,
            ago(row.record.created, self._now()),
            self._old(row),
            delivered,
        )

    def cells(self, index: int) -> Sequence[Cell]:
        """One cell for each column."""
        row = self._listing.row(index)
        if row is None:
            return [""] * len(self._ids)
        return [self._cell(name, row) for name in self._ids]

    def _cell(self, name: str, row: Row) -> Cell:
        record = row.record
        match name:
            case "status":
                return self._status(row)
            case "cluster":
                return row.cluster, "muted"
            case "kind":
                return bare(record.kind)
            case "namespace":
                return record.namespace
            case "name":
                return record.name, "strong"
            case "age":
                return ago(record.created, self._now()), "muted"
            case "delivered":
                return delivery_span(self._stores.delivery(row), record.namespace)
            case "reason":
                return row.reason, "" if row.status is not Status.READY else "muted"
            case _:
                return record.cell(name.removeprefix(PRINTED)) if isinstance(record, PrintedRecord) else ""

    def _status(self, row: Row) -> Cell:
        old = self._old(row)
        if old and self._narrow:
            return NO_DATA_GLYPH, "status-nodata"
        if old:
            return [(f"{NO_DATA_GLYPH} ", "status-nodata"), (f"{row.status.word[:7]} {old}", "status-nodata")]
        style = STATUS_STYLES[row.status]
        if self._narrow:
            return row.status.glyph, style
        quiet = row.status is Status.READY
        return [(f"{row.status.glyph} ", style), (row.status.word, "muted" if quiet else style)]

    def _old(self, row: Row) -> str:
        state = self._stores.state(row.cluster, row.record.kind)
        if state.phase in (Phase.FRESH, Phase.LOADING):
            return ""
        return age(self._now() - (state.contact or state.since))
