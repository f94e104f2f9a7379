"""What screens share that show one report as a list, with everything about the line under the cursor below it.

A screen of this kind says what it reports, how a line looks and what is told of it; narrowing, room, keys and the
states without lines are alike for all of them.
"""

from abc import abstractmethod
from collections.abc import Callable, Generator, Hashable, Sequence
from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult

from fluxtui.screens.base import COMMON_HINTS, FleetScreen, Opened
from fluxtui.screens.desk import Desk
from fluxtui.screens.reporting import Reporting
from fluxtui.screens.telling import NoticeText
from fluxtui.store.changes import Batch
from fluxtui.store.row import Row
from fluxtui.widgets.factsheet import Fact, FactSheet
from fluxtui.widgets.flowline import FlowLine
from fluxtui.widgets.keyhints import KeyHint
from fluxtui.widgets.lines import span_width
from fluxtui.widgets.notice import Notice
from fluxtui.widgets.table_columns import TableColumn
from fluxtui.widgets.table_source import Cell, Span
from fluxtui.widgets.virtual_table import VirtualTable

R = TypeVar("R")
"""The report."""
L = TypeVar("L")
"""One line of it."""

Accept = Callable[[Row], bool]


class RosterRows(Generic[L]):
    """A `TableSource` over the lines of one report."""

    def __init__(self, lines: Sequence[L], key: Callable[[L], str], cells: Callable[[L], Sequence[Cell]]) -> None:
        self._lines = lines
        self._keys = [key(line) for line in lines]
        self._places = {name: index for index, name in enumerate(self._keys)}
        self._cells = cells

    def __len__(self) -> int:
        return len(self._lines)

    def line(self, key: Hashable | None) -> L | None:
        """The line of a key."""
        index = self._places.get(str(key))
        return self._lines[index] if index is not None else None

    def key(self, index: int) -> Hashable:
        """The identity of the line for as long as it lasts."""
        return self._keys[index]

    def index_of(self, key: Hashable) -> int | None:
        """By a map."""
        return self._places.get(str(key))

    def version(self, index: int) -> Hashable:
        """What the cells show: they are made for the lines that are seen alone."""
        return str(self._cells(self._lines[index]))

    def cells(self, index: int) -> Sequence[Cell]:
        """One cell for each column."""
        return self._cells(self._lines[index])


class RosterScreen(FleetScreen, Generic[R, L]):
    """One report as a list. The report is computed anew when something changed, while the screen is seen."""

    columns: ClassVar[tuple[TableColumn, ...]] = ()
    table_type: ClassVar[type[VirtualTable]] = VirtualTable
    """The list: a kind with keys of its own, where the screen has some."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._reporting: Reporting[R] = Reporting(self.steps, desk.now, self.show_report)
        self.report: R | None = None
        self.rows: RosterRows[L] = RosterRows((), self.key_of, self.cells_of)
        self._hidden = 0
        self._alone = False

    # What a screen says

    @abstractmethod
    def steps(self) -> Generator[None, None, R]:
        """Computes the report of now in slices."""

    @abstractmethod
    def lines_of(self, report: R) -> Sequence[L]:
        """The lines, in their order."""

    @abstractmethod
    def key_of(self, line: L) -> str:
        """What identifies a line."""

    @abstractmethod
    def cells_of(self, line: L) -> Sequence[Cell]:
        """What the columns show of a line."""

    @abstractmethod
    def passes(self, line: L, accept: Accept) -> bool:
        """Whether a line has to do with what passes a filter."""

    @abstractmethod
    def verdict(self, report: R, shown: Sequence[L]) -> list[Span]:
        """The answer to the screen's question."""

    @abstractmethod
    def title_of(self, line: L) -> list[Span]:
        """The words above the details."""

    @abstractmethod
    def facts_of(self, line: L) -> list[Fact]:
        """The details."""

    @abstractmethod
    def object_of(self, line: L) -> tuple[str, str] | None:
        """The object that a line opens, as (cluster, id)."""

    @abstractmethod
    def nothing(self, report: R | None) -> NoticeText:
        """What stands there when there is nothing to list, though nothing is hidden."""

    def above(self) -> list[Span]:
        """A line between the verdict and the list, empty for none."""
        return []

    # What all do

    def compose_body(self) -> ComposeResult:
        """Verdict, list, details, and what stands there without lines."""
        yield FlowLine(lines=2, indent=3, id="verdict")
        yield FlowLine(id="activity")
        yield self.table_type(self.columns, id="roster")
        yield FlowLine(id="evidence-title")
        yield FactSheet(more="z", id="evidence")
        yield Notice(id="notice")

    def on_mount(self) -> None:
        """The report is computed for as long as the screen lives."""
        super().on_mount()
        self.run_worker(self._reporting.run(), name=self.tab, exit_on_error=True)

    @property
    def table(self) -> VirtualTable:
        """The list."""
        return self.query_one("#roster", VirtualTable)

    def catch_up(self) -> None:
        """Seen again."""
        if self.report is not None:
            self.show_report(self.report)
        else:
            self.show_words()
        self.rest_on(self.table)
        self._reporting.wake()

    def follow(self, batch: Batch) -> None:
        """Something changed: the report is due."""
        self._reporting.wake()

    def tick(self) -> None:
        """Ages, and what only time changes."""
        self._reporting.passed()
        self.table.refresh_all()
        self.show_words()
        self.show_details()

    def on_resize(self) -> None:
        """The room is shared anew."""
        self._share_room()
        self.show_words()
        self.show_details()

    def show_report(self, report: R) -> None:
        """Put a report on the screen; the cursor stays on its line."""
        self.report = report
        if not self.in_sight:
            return
        if self.fill(self.desk.filters.get(self.tab, "")):
            self.desk.filters[self.tab] = ""
            self.fill("")
        self.show_words()

    def fill(self, filter_text: str) -> str:
        """Show the lines that pass; returns what is wrong with the filter, and then changes nothing."""
        every = list(self.lines_of(self.report)) if self.report is not None else []
        shown = every
        if filter_text.strip():
            from fluxtui.insight.filter import compile as compile_filter

            accept = compile_filter(filter_text, self.desk.now(), store=self.desk.store)
            if accept.problems:
                return str(accept.problems[0])
            shown = [line for line in shown if self.passes(line, accept)]
        if self.desk.scope or self.desk.namespace:
            shown = [line for line in shown if self.passes(line, self.desk.in_scope)]
        self._hidden = len(every) - len(shown)
        self.rows = RosterRows(shown, self.key_of, self.cells_of)
        self._alone = self._alone and bool(shown)
        self.table.set_source(self.rows)
        self._share_room()
        self.show_details()
        return ""

    def _share_room(self) -> None:
        """Few lines leave the room to the details; many take two thirds of it."""
        room = max(4, self.size.height - 6)
        self.table.styles.height = 2 if self._alone else min(len(self.rows) + 1, max(4, room * 2 // 3))

    def show_words(self) -> None:
        """The sentences, and what takes the place of an empty list."""
        words = self.query_one("#verdict", FlowLine)
        if self.report is None:
            words.show(
                [(" ◐ ", "info"), ("connecting" if self.desk.fleet.clusters else "looking for clusters", "strong")]
            )
        else:
            shown = [
                line for index in range(len(self.rows)) if (line := self.rows.line(self.rows.key(index))) is not None
            ]
            spans = self.verdict(self.report, shown)
            if self._hidden:
                spans.append((f" · {self._hidden} hidden by filter or scope", "warning"))
            words.show(spans)
        self.show_above()
        words.display = not self._alone
        empty = not len(self.rows)
        for name in ("#roster", "#evidence-title", "#evidence"):
            self.query_one(name).display = not empty
        notice = self.query_one("#notice", Notice)
        notice.display = empty
        if empty:
            notice.show(*self._without_lines())
        self.show_hints()

    def show_above(self) -> None:
        """The line between the verdict and the list."""
        line = self.query_one("#activity", FlowLine)
        over = self.above() if self.report is not None else []
        line.show(over)
        line.display = bool(over) and not self._alone

    def _without_lines(self) -> NoticeText:
        if self._hidden:
            told = [f"The filter or the scope hides {self._hidden}."]
            return "empty", "nothing matches", told, [("esc", "clear the filter"), ("0", "all clusters")]
        if self.desk.trouble and not self.desk.fleet.clusters:
            return "error", "no clusters to watch", [self.desk.trouble], [(":ctx", "choose contexts"), ("q", "quit")]
        if self.desk.contexts and not self.desk.fleet.clusters:
            return "nodata", "no cluster is watched", [], [(":ctx", "choose contexts")]
        return self.nothing(self.report)

    def show_details(self) -> None:
        """What is told of the line under the cursor."""
        line = self.line()
        if line is None:
            return
        spans: list[Span] = [("── ", "border"), *self.title_of(line), (" ", "")]
        spans.append(("─" * max(0, self.size.width - span_width(spans)), "border"))
        self.query_one("#evidence-title", FlowLine).show(spans)
        self.query_one("#evidence", FactSheet).show(self.facts_of(line))

    def line(self) -> L | None:
        """The line under the cursor."""
        return self.rows.line(self.table.cursor_key)

    def on_virtual_table_highlighted(self, event: VirtualTable.Highlighted) -> None:
        """Another line: its details."""
        self.show_details()
        self.show_above()
        self.show_hints()

    def on_virtual_table_selected(self, event: VirtualTable.Selected) -> None:
        """Enter on a line."""
        line = self.line()
        if line is not None:
            self.enter(line)

    def enter(self, line: L) -> None:
        """Open the object of the line."""
        chosen = self.object_of(line)
        if chosen is not None:
            self.post_message(Opened(*chosen))

    def chosen(self) -> tuple[str, str] | None:
        """The object of the line under the cursor."""
        line = self.line()
        return self.object_of(line) if line is not None else None

    def marked(self) -> Sequence[tuple[str, str]]:
        """The objects of the marked lines, in the order of the list."""
        marks = self.table.marks
        lines = [self.rows.line(key) for at in range(len(self.rows)) if marks and (key := self.rows.key(at)) in marks]
        return [found for line in lines if line is not None and (found := self.object_of(line)) is not None]

    def filter_changed(self, text: str, *, final: bool) -> str:
        """Narrow while it is typed."""
        wrong = self.fill(text)
        if not wrong:
            self.show_words()
        return wrong

    def hints(self) -> Sequence[KeyHint]:
        """Keys of a list."""
        if not len(self.rows):
            return COMMON_HINTS
        zoom = KeyHint("z", "the rest" if self._alone else "details alone", 38)
        return (KeyHint("⏎", "open", 90, "enter"), zoom, *COMMON_HINTS, KeyHint("c", "copy name", 30))

    def action_zoom(self) -> None:
        """The details alone under their line, or everything again."""
        self._alone = bool(len(self.rows)) and not self._alone
        self._share_room()
        self.show_words()
        self.show_details()
