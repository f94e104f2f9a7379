"""What the lists of objects share: a line that says what is listed, the list, details beside it where there is room,
what stands there without rows, and the keys of a list.
"""

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal

from fluxtui.kinds.ages import ago
from fluxtui.kinds.status import Status
from fluxtui.screens.base import COMMON_HINTS, FleetScreen, Opened
from fluxtui.screens.desk import PHASES, STATUS_STYLES, Desk, joined
from fluxtui.screens.lost import Lost, lost_spans
from fluxtui.screens.telling import NoticeText
from fluxtui.store.listing import Listing
from fluxtui.store.state import DataState, Phase
from fluxtui.widgets.factsheet import Fact, FactSheet
from fluxtui.widgets.flowline import FlowLine
from fluxtui.widgets.keyhints import KeyHint
from fluxtui.widgets.notice import Notice, Tone
from fluxtui.widgets.table_source import Span
from fluxtui.widgets.virtual_table import VirtualTable

WIDE = 132
"""Columns of a terminal from which on the details stand beside the list."""


class ListScreen(FleetScreen):
    """One list at a time, over a `Listing` of the store's rows."""

    faults: ClassVar[str]
    """The filter term for what is not well."""

    def __init__(self, desk: Desk, sort: tuple[str, bool]) -> None:
        super().__init__(desk)
        self._sort = sort
        """The column that it is sorted by, and whether downwards."""
        self._listing = self.new_listing()

    # What a list says

    @abstractmethod
    def new_listing(self) -> Listing:
        """An empty listing of what belongs here."""

    @property
    @abstractmethod
    def listed_title(self) -> str:
        """What is listed, in the plural."""

    @abstractmethod
    def heading(self, filter_text: str) -> list[Span]:
        """What is listed, how many, where not all of it is known."""

    @abstractmethod
    def states(self) -> list[tuple[str, DataState]]:
        """The state of all that is listed, by the cluster's name."""

    @abstractmethod
    def facts(self, cluster: str, identity: str) -> Sequence[Fact]:
        """The details of a row; none where it is gone."""

    @abstractmethod
    def resort(self) -> None:
        """Bring the list into the order of another column."""

    # What all do

    def compose_body(self) -> ComposeResult:
        """A line that says what is listed, the list, the details beside it, and what stands there without rows."""
        yield FlowLine(id="title")
        with Horizontal(id="listing"):
            yield VirtualTable(id="table")
            yield FactSheet(id="details")
        yield Notice(id="notice")

    @property
    def table(self) -> VirtualTable:
        """The list."""
        return self.query_one("#table", VirtualTable)

    def show_all(self, filter_text: str | None = None) -> None:
        """Bring all that is said up to date; `filter_text` is one that is still being typed."""
        text = self.desk.filters.get(self.tab, "") if filter_text is None else filter_text
        self.query_one("#title", FlowLine).show(self.heading(text))
        empty = not len(self._listing)
        notice = self.query_one("#notice", Notice)
        self.query_one("#listing").display = not empty
        if notice.display != empty:
            notice.display = empty
            self.show_hints()
        if empty:
            notice.show(*self.reason(text))
        else:
            self.show_details()

    def show_details(self) -> None:
        """The details of the row under the cursor, where there is room for them."""
        details = self.query_one("#details", FactSheet)
        chosen = self.chosen() if details.display else None
        if chosen is not None and (facts := self.facts(*chosen)):
            details.show(facts)

    def reason(self, filter_text: str) -> NoticeText:
        """Why there are no rows: tone, headline, explanation, what to do next."""
        if self._listing.total:
            told = [f"The filter {filter_text!r} hides all {self._listing.total}."]
            return "empty", f"no {self.listed_title} match", told, [("esc", "clear the filter"), ("/", "change it")]
        states = self.states()
        if not states and not self.desk.contexts and not self.desk.trouble:
            return "loading", "looking for clusters", [], [(":ctx", "choose clusters")]
        if not states:
            why = self.desk.trouble or "No cluster is watched."
            return "nodata", "no clusters", [why], [(":ctx", "choose clusters")]
        return without_rows(self.listed_title, states, self.desk.scope_words())

    def lost(self) -> list[Span]:
        """Where the count is not that of now, and since when."""
        now = self.desk.now()
        found = {
            (cluster, state.phase): Lost(cluster, state.phase, ago(state.contact or state.since, now))
            for cluster, state in self.states()
            if state.phase not in (Phase.FRESH, Phase.MISSING)
        }
        return lost_spans(found.values())

    def narrowed(self, filter_text: str) -> list[Span]:
        """What the view is narrowed to, and what the filter hides."""
        scope: list[Span] = [(f" · {self.desk.scope_words()}", "muted")]
        if not filter_text.strip():
            return scope
        hides = f" hides {self._listing.total - len(self._listing)}"
        told: list[Span] = [(" · filter ", "muted"), (filter_text, "accent"), (hides, "muted")]
        # that it is everything can be cut
        return scope + told if self.desk.scope or self.desk.namespace else told + scope

    def counted(self) -> str:
        """``12``, or ``3 of 12`` where a filter hides some."""
        shown, total = len(self._listing), self._listing.total
        return f"{shown} of {total}" if shown != total else str(total)

    def chosen(self) -> tuple[str, str] | None:
        """The row under the cursor."""
        key = self.table.cursor_key
        return key if isinstance(key, tuple) else None  # pyright: ignore[reportUnknownVariableType]

    def marked(self) -> Sequence[tuple[str, str]]:
        """The marked rows, in the order of the list."""
        marks = self.table.marks
        return [key for index in range(len(self._listing)) if (key := self._listing.key(index)) in marks]

    def on_virtual_table_highlighted(self, event: VirtualTable.Highlighted) -> None:
        """Another row is under the cursor: its details."""
        self.show_details()

    def on_virtual_table_selected(self, event: VirtualTable.Selected) -> None:
        """A row was opened."""
        chosen = self.chosen()
        if chosen is not None:
            self.post_message(Opened(*chosen))

    def on_virtual_table_sort_requested(self, event: VirtualTable.SortRequested) -> None:
        """A column's title was clicked."""
        self.action_sort(event.column_id)

    def on_virtual_table_marked(self, event: VirtualTable.Marked) -> None:
        """Marks are counted in the last line."""
        self.show_hints()

    def on_resize(self) -> None:
        """The details need room."""
        self.query_one("#details", FactSheet).display = self.size.width >= WIDE
        self.show_details()

    def hints(self) -> Sequence[KeyHint]:
        """Keys of a list."""
        if not len(self._listing):
            return (*COMMON_HINTS, KeyHint("0", "all", 15))
        marks = len(self.table.marks)
        return (
            KeyHint("⏎", "open", 90, "enter"),
            *COMMON_HINTS,
            KeyHint("space", "mark", 35),
            KeyHint("ctrl+a", "mark all" if marks < len(self._listing) else "mark none", 25),
            KeyHint("N A S", "sort", 30, "S"),
            KeyHint("f", "faults only", 38),
            KeyHint("c", "copy name" if not marks else f"copy {marks} names", 20),
            KeyHint("0", "all", 15),
        )

    def note(self) -> Sequence[Span]:
        """How many are marked."""
        marks = len(self.table.marks)
        return [(f"{marks} marked", "accent")] if marks else []

    # Keys

    def action_sort(self, column_id: str) -> None:
        """Sort by a column; a second time turns the order."""
        self._sort = (column_id, not self._sort[1] if self._sort[0] == column_id else False)
        self.resort()

    def action_sort_next(self, step: int) -> None:
        """Sort by the column beside the one that it is sorted by."""
        ids = [column.id for column in self.table.columns]
        at = ids.index(self._sort[0]) if self._sort[0] in ids else 0
        self._sort = (ids[(at + step) % len(ids)], False)
        self.resort()

    def action_faults(self) -> None:
        """Only what is not well, or everything again; what else is in the filter stays there."""
        terms = self.desk.filters.get(self.tab, "").split(" ")
        kept = [term for term in terms if term != self.faults]
        self._filtered(" ".join(kept if len(kept) < len(terms) else [*filter(None, kept), self.faults]), final=True)

    def action_wide(self) -> None:
        """Every column at its full width, scrolling sideways; or what fits."""
        self.table.wide = not self.table.wide


def count_spans(counts: Sequence[int]) -> list[Span]:
    """How many are not ready, by status: `` · ✖ 3 ◌ 2``."""
    faults = (Status.FAILED, Status.BLOCKED, Status.SUSPENDED, Status.UNKNOWN, Status.PROGRESSING)
    spans = [(f"{status.glyph} {counts[status]} ", STATUS_STYLES[status]) for status in faults if counts[status]]
    return [(" · ", "muted"), *spans] if spans else []


def without_rows(title: str, states: Sequence[tuple[str, DataState]], scope: str) -> NoticeText:
    """Why there is nothing of a kind, by the states of it."""
    phases = {state.phase for _, state in states}
    if Phase.FRESH in phases and Phase.LOADING not in phases:
        others = dict.fromkeys(
            f"{name}: {state.detail if state.only else state.phase}" for name, state in states if not state.knows()
        )
        told = (
            f"But not everything is known: {joined(others)}." if others else f"Nothing of this kind exists in {scope}."
        )
        return "empty", f"no {title}", [told], [("0", "all clusters and namespaces"), (":", "another kind")]
    worst = next(phase for phase in (Phase.LOADING, *PHASES) if phase in phases)
    tones: dict[Phase, Tone] = {Phase.LOADING: "loading", Phase.FORBIDDEN: "forbidden", Phase.MISSING: "empty"}
    headline = {
        Phase.LOADING: f"loading {title}",
        Phase.FORBIDDEN: f"you may not see {title} here",
        Phase.MISSING: f"{title} are not installed",
        Phase.LOGIN: "a login is needed",
    }.get(worst, f"no data on {title}")
    lines = list(dict.fromkeys(f"{cluster}: {state.detail or state.phase}" for cluster, state in states))[:8]
    todo = [(":ctx", "how each cluster answers"), (":", "another kind")]
    return tones.get(worst, "nodata"), headline, lines, todo
