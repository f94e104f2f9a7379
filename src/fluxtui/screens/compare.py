"""Two clusters side by side, differences only: what is missing, at another revision, in another status."""

from collections.abc import Callable, Hashable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from fluxtui import keymap
from fluxtui.insight.compare import Comparison, Differing, compare
from fluxtui.insight.filter import compile as compile_filter
from fluxtui.insight.graph import Graph
from fluxtui.insight.standing import standing
from fluxtui.kinds.ages import ago
from fluxtui.kinds.record import split_id
from fluxtui.kinds.table import KINDS
from fluxtui.screens.base import COMMON_HINTS, FleetScreen, Opened
from fluxtui.screens.desk import STATUS_STYLES, Desk, joined
from fluxtui.screens.details import named
from fluxtui.screens.lost import Lost, lost_spans
from fluxtui.screens.telling import NoticeText
from fluxtui.screens.tree_words import plural
from fluxtui.store.changes import Batch
from fluxtui.store.row import Row
from fluxtui.store.state import Phase
from fluxtui.widgets.flowline import FlowLine
from fluxtui.widgets.keyhints import KeyHint
from fluxtui.widgets.notice import Notice
from fluxtui.widgets.table_columns import ESSENTIAL, TableColumn
from fluxtui.widgets.table_source import Cell, Span
from fluxtui.widgets.virtual_table import VirtualTable

INDENTS = 6
"""Levels that are indented at most."""


def columns(left: str, right: str) -> list[TableColumn]:
    """The object, what differs, and each side's words under its own name."""
    return [
        TableColumn("object", "OBJECT", 34, 22, 70, flex=2, priority=ESSENTIAL, sortable=False),
        TableColumn("what", "DIFFERS", 14, 10, 22, flex=1, priority=60, sortable=False),
        TableColumn("left", left, 18, 11, 44, flex=2, priority=90, cut="middle", sortable=False),
        TableColumn("right", right, 18, 11, 44, flex=2, priority=90, cut="middle", sortable=False),
    ]


class DifferenceRows:
    """A `TableSource` over the objects that differ; short kinds, for two clusters want room."""

    def __init__(self, differing: Sequence[Differing]) -> None:
        self._differing = differing
        self._places = {each.id: place for place, each in enumerate(differing)}

    def __len__(self) -> int:
        return len(self._differing)

    def key(self, index: int) -> Hashable:
        """The object's id."""
        return self._differing[index].id

    def index_of(self, key: Hashable) -> int | None:
        """By a map."""
        return self._places.get(str(key))

    def at(self, key: Hashable) -> Differing | None:
        """The object under an id."""
        place = self.index_of(key)
        return self._differing[place] if place is not None else None

    def version(self, index: int) -> Hashable:
        """What the cells are made of."""
        each = self._differing[index]
        return each.differences, each.depth, each.left and each.left.status, each.right and each.right.status

    def cells(self, index: int) -> Sequence[Cell]:
        """Object, what differs most, and how on each side."""
        each = self._differing[index]
        kind, namespace, name = split_id(each.id)
        short = KINDS[kind].short[0] if kind in KINDS else kind
        first, more = each.differences[0], len(each.differences) - 1
        what: list[Span] = [(str(first.what).replace(" on the left", "").replace(" on the right", ""), "accent")]
        return [
            [
                ("  " * min(each.depth, INDENTS), ""),
                (f"{short} ", "muted"),
                (f"{namespace}/{name}".strip("/"), "strong"),
            ],
            [*what, (f" +{more}", "muted")] if more else what,
            _side(each.left, first.left),
            _side(each.right, first.right),
        ]


def _side(row: Row | None, words: str) -> list[Span]:
    if row is None:
        return [("– missing", "status-failed")]
    return [(f"{row.status.glyph} ", STATUS_STYLES[row.status]), (words, "")]


class CompareScreen(FleetScreen):
    """Pushed on the tree by `x`; the same key goes on to the next cluster, `s` swaps the sides."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.COMPARE]
    tab = "compare"

    def __init__(self, desk: Desk, left: str) -> None:
        super().__init__(desk)
        self._left = left
        self._right = next((name for name in self._others() if self._fresh(name)), next(iter(self._others()), ""))
        self._comparison: Comparison | None = None
        self._rows = DifferenceRows(())
        self._stale = False

    def _others(self) -> list[str]:
        return [name for name in self.desk.fleet.clusters if name != self._left]

    def _fresh(self, name: str) -> bool:
        data = self.desk.store.find(name)
        return data is not None and standing(data).fresh

    def compose_body(self) -> ComposeResult:
        """How much differs, the objects that do, all differences of the selected one."""
        yield FlowLine(lines=2, indent=1, id="title")
        yield VirtualTable(id="table")
        yield Notice(id="notice")
        yield FlowLine(lines=5, indent=1, id="why")

    # What is compared

    def catch_up(self) -> None:
        """Compare what is known now."""
        self._stale = False
        left, right = self.desk.store.find(self._left), self.desk.store.find(self._right)
        self._comparison = compare(Graph(left), Graph(right)) if left is not None and right is not None else None
        self._fill(self.desk.filters.get(self.tab, ""))
        self.rest_on(self.query_one("#table"))

    def _fill(self, text: str) -> None:
        accept = compile_filter(text, self.desk.now(), store=self.desk.store)
        found = self._comparison.differing if self._comparison is not None else ()
        if text.strip() or self.desk.namespace:
            found = [each for each in found if any(self._passes(row, accept) for row in (each.left, each.right))]
        self._rows = DifferenceRows(found)
        self.query_one("#table", VirtualTable).set_source(self._rows, columns(self._left, self._right or "–"))
        self._show()

    def _passes(self, row: Row | None, accept: Callable[[Row], bool]) -> bool:
        if row is None:
            return False
        return (not self.desk.namespace or row.record.namespace == self.desk.namespace) and accept(row)

    def filter_changed(self, text: str, *, final: bool) -> str:
        """Objects that pass on either side."""
        if problems := compile_filter(text, self.desk.now()).problems:
            return str(problems[0])
        self._fill(text)
        return ""

    def follow(self, batch: Batch) -> None:
        """Compared again with the next tick, if it is about one of the two."""
        pair = {self._left, self._right}
        self._stale |= any(change.cluster in pair for change in batch.changes) or any(
            c in pair for c, _ in batch.states
        )

    def tick(self) -> None:
        """What changed meanwhile."""
        if self._stale:
            self.catch_up()

    def on_virtual_table_highlighted(self, event: VirtualTable.Highlighted) -> None:
        """Another object: all of its differences."""
        self._show_all()

    def on_virtual_table_selected(self, event: VirtualTable.Selected) -> None:
        """Open the page of the side that has it, the left one first."""
        chosen = self.chosen()
        if chosen is not None:
            self.post_message(Opened(*chosen))

    # What it says

    def chosen(self) -> tuple[str, str] | None:
        """The object under the cursor, on the left if it is there."""
        each = self._rows.at(self.query_one("#table", VirtualTable).cursor_key)
        if each is None:
            return None
        return (self._left if each.left is not None else self._right), each.id

    def _show(self) -> None:
        self.query_one("#title", FlowLine).show(self._title())
        empty = not len(self._rows)
        notice = self.query_one("#notice", Notice)
        self.query_one("#table").display = not empty
        notice.display = empty
        if empty:
            notice.show(*self._nothing())
        self._show_all()
        self.show_hints()

    def _title(self) -> list[Span]:
        spans: list[Span] = [(" compare", "title"), (f" · {self._left} ", "strong"), ("↔", "muted")]
        spans.append((f" {self._right or 'no other cluster'}", "strong"))
        found = self._comparison
        if found is not None:
            spans.append((f" · {plural(len(found.differing), 'difference')}, {found.equal} alike", ""))
            counts = found.counts()
            if counts:
                told = joined([f"{number} {what}" for what, number in counts.items()], 8)
                spans.append((f" · {told}", "muted"))
            if found.unknown:
                spans.append((f" · {found.unknown} cannot be compared: {joined(found.blind)}", "status-nodata"))
            hidden = len(found.differing) - len(self._rows)
            if hidden:
                spans.append((f" · {hidden} hidden by filter or namespace", "warning"))
        return [*spans, *self._lost()]

    def _lost(self) -> list[Span]:
        now = self.desk.now()
        found = [
            standing(data) for name in (self._left, self._right) if (data := self.desk.store.find(name)) is not None
        ]
        lost = [each for each in found if not each.fresh and each.phase is not Phase.MISSING]
        return lost_spans(Lost(each.name, each.phase, ago(each.contact or each.since, now)) for each in lost)

    def _nothing(self) -> NoticeText:
        if not self._right:
            return "nodata", "there is only one cluster", ["Nothing to compare it with."], [(":ctx", "watch another")]
        found = self._comparison
        if found is not None and found.differing:
            return "empty", "nothing matches", [f"{len(found.differing)} differences are hidden."], [("esc", "back")]
        if found is None or not found.equal:
            return "nodata", "nothing can be compared", ["One of the two has told nothing."], [("x", "another cluster")]
        return "good", "the same in both", [f"{found.equal} objects, alike."], [("x", "another cluster")]

    def _show_all(self) -> None:
        each = self._rows.at(self.query_one("#table", VirtualTable).cursor_key) if len(self._rows) else None
        spans: list[Span] = []
        if each is not None:
            spans.append((f" {named(each.id)}", "title"))
            for difference in each.differences:
                spans += [(f" · {difference.what} ", "accent"), (f"{difference.left} ↔ {difference.right}", "")]
        self.query_one("#why", FlowLine).show(spans)

    def hints(self) -> Sequence[KeyHint]:
        """Keys of this page."""
        return (
            KeyHint("esc", "back to the tree", 95, "escape"),
            *((KeyHint("⏎", "open", 90, "enter"), KeyHint("t", "in the tree", 55)) if len(self._rows) else ()),
            KeyHint("x", "next cluster", 80),
            KeyHint("s", "swap", 70),
            *COMMON_HINTS,
        )

    def action_next(self) -> None:
        """Compare with the next cluster."""
        others = self._others()
        if others:
            at = others.index(self._right) if self._right in others else -1
            self._right = others[(at + 1) % len(others)]
            self.catch_up()

    def action_swap(self) -> None:
        """The right one to the left."""
        if self._right:
            self._left, self._right = self._right, self._left
            self.catch_up()
