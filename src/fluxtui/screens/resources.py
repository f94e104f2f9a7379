"""Resources: every object of a kind, of all clusters, sorted, filtered, marked; details beside where there is room."""

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

import msgspec
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal

from fluxtui import keymap
from fluxtui.insight.narrowing import narrows
from fluxtui.insight.place import Place
from fluxtui.kinds.ages import ago
from fluxtui.kinds.kind import Kind
from fluxtui.kinds.status import Status
from fluxtui.kinds.table import KINDS
from fluxtui.screens.base import COMMON_HINTS, FleetScreen, Opened
from fluxtui.screens.commands import Go
from fluxtui.screens.desk import PHASES, STATUS_STYLES, Desk, joined
from fluxtui.screens.details import named, object_facts
from fluxtui.screens.lost import Lost, lost_spans
from fluxtui.screens.rows import ObjectRows, order, table_columns
from fluxtui.screens.slices import sliced
from fluxtui.screens.telling import NoticeText
from fluxtui.store.changes import Batch
from fluxtui.store.listing import Accept, Listing, everything
from fluxtui.store.row import Row
from fluxtui.store.state import DataState, Phase
from fluxtui.widgets.factsheet import Fact, FactSheet
from fluxtui.widgets.flowline import FlowLine
from fluxtui.widgets.keyhints import KeyHint
from fluxtui.widgets.notice import Notice, Tone
from fluxtui.widgets.table_source import Span
from fluxtui.widgets.virtual_table import VirtualTable

WIDE = 132
"""Columns of a terminal from which on the details stand beside the list."""
AT_ONCE = 4096
"""Rows that are gone through before the next key is heard."""
FAULTS = "status:failed,blocked,unknown,suspended"


class ResourcesScreen(FleetScreen):
    """One list at a time; `:` and a kind changes which."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.RESOURCES]
    tab = "resources"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._kind: Kind = KINDS["Kustomization"]
        self._sort = ("status", False)
        self._listing = self._new_listing()
        self._filter = ""
        """What the list is filtered by now."""

    def compose_body(self) -> ComposeResult:
        """A line that says what is listed, the list, the details beside it, and what stands there without rows."""
        yield FlowLine(id="title")
        with Horizontal(id="listing"):
            yield VirtualTable(id="table")
            yield FactSheet(id="details")
        yield Notice(id="notice")

    # What is listed

    def obey(self, command: Go) -> None:
        """The list of a kind."""
        if command.kind:
            self._show_kind(KINDS[command.kind], command.filter)

    def _show_kind(self, kind: Kind, filter_text: str | None = None) -> None:
        """List another kind from its top, with this filter (None: the one that is on)."""
        another, self._kind = kind is not self._kind, kind
        self._sort = (kind.order, False)
        if filter_text is not None:
            self.desk.filters[self.tab] = filter_text
        if self.is_mounted:
            self.catch_up()
            if another:
                self.query_one("#table", VirtualTable).reset_cursor()
            self.show_hints()

    def place(self) -> Place:
        """The kind too."""
        return msgspec.structs.replace(super().place(), kind=self._kind.name)

    def stand_at(self, place: Place) -> None:
        """The list of that kind, as it was sorted if it is the one that is seen."""
        kind = KINDS.get(place.kind, self._kind)
        if kind is not self._kind:
            self._show_kind(kind, place.filter)
        super().stand_at(place)

    def _new_listing(self) -> Listing:
        name = self._kind.name
        within = self.desk.in_scope if self._kind.namespaced else self.desk.in_clusters
        return Listing(
            self.desk.store, lambda row: row.record.kind == name and within(row), order(self._kind, self._sort[0])
        )

    def catch_up(self) -> None:
        """List anew: kind, scope or filter are others, or the screen was not seen."""
        self.workers.cancel_group(self, "filter")
        self._listing = self._new_listing()
        wrong = self._fill(self.desk.filters.get(self.tab, ""))
        if wrong:  # a filter that came with a command: it must not make the list look empty
            self.desk.filters[self.tab] = ""
            self._fill("")
            self.notify(wrong, title="filter", severity="warning", markup=False)
        table = self.query_one("#table", VirtualTable)
        columns = table_columns(self._kind, clusters=len(self.desk.clusters()) != 1)
        table.set_source(ObjectRows(self.desk, self._listing, self._kind, columns), columns)
        table.sort = self._sort
        self.rest_on(table)
        self._show()

    def filter_rows(self) -> Iterable[Row]:
        """Those of the kind."""
        within = self.desk.in_clusters
        tables = self.desk.store.tables(self._kind.name)
        return (row for table in tables for row in list(table.rows.values()) if within(row))

    def _fill(self, filter_text: str) -> str:
        """Rebuild the listing under a filter; returns what is wrong with the filter, and then changes nothing."""
        accept, wrong = self._accepted(filter_text)
        if not wrong:
            for _ in self._filling(filter_text, accept):
                pass
        return wrong

    def _accepted(self, filter_text: str) -> tuple[Accept, str]:
        """What a filter lets pass, and what is wrong with it."""
        if not filter_text.strip():
            return everything, ""
        from fluxtui.insight.filter import compile as compile_filter

        accept = compile_filter(filter_text, self.desk.now(), store=self.desk.store)
        return accept, str(accept.problems[0]) if accept.problems else ""

    def _filling(self, filter_text: str, accept: Accept, *, narrower: bool = False) -> Iterator[None]:
        """The same in slices; of a filter that only hides more, what is hidden is not looked at again."""
        rows = (row for table in self.desk.store.tables(self._kind.name) for row in list(table.rows.values()))
        by = order(self._kind, self._sort[0])
        listing = self._listing
        hidden = listing.hidden() if narrower else ()
        found = listing.rows() if narrower else rows
        yield from listing.rebuilding(found, accept=accept, order=by, descending=self._sort[1], hidden=hidden)
        self._filter = filter_text

    def filter_changed(self, text: str, *, final: bool) -> str:
        """Filter while it is typed; a filter that is not finished leaves the list as it was. Where there are very many
        rows, the list follows when they have been gone through, and keys do not wait for that.
        """
        accept, wrong = self._accepted(text)
        if not wrong:
            self._refill(text, accept)
        return wrong

    def _refill(self, text: str, accept: Accept) -> None:
        """Bring the list to another filter, or another order."""
        steps = self._filling(text, accept, narrower=narrows(self._filter, text))
        self.workers.cancel_group(self, "filter")
        if self._listing.total <= AT_ONCE:
            for _ in steps:
                pass
            self._refilled(text)
        else:
            self.run_worker(self._refilling(steps, text), name="filter", group="filter", exclusive=True)

    async def _refilling(self, steps: Iterator[None], text: str) -> None:
        await sliced(steps)
        self._refilled(text)

    def _refilled(self, text: str) -> None:
        table = self.query_one("#table", VirtualTable)
        table.sort = self._sort
        table.refresh_all()
        self._show(filter_text=text)

    # What happens

    def follow(self, batch: Batch) -> None:
        """Rows that changed in place are painted again; the list itself only if rows came, went or moved."""
        moved, repaint = self._listing.apply(batch.changes)
        table = self.query_one("#table", VirtualTable)
        states = any(kind == self._kind.name for _, kind in batch.states)
        if moved:
            table.refresh_all()
        elif repaint:
            table.refresh_rows(repaint)
        if states and not moved:
            table.refresh_all()
        if moved or states or repaint:
            self._show()

    def tick(self) -> None:
        """Ages and the age of stale data."""
        self.query_one("#table", VirtualTable).refresh_all()
        self._show()

    def on_virtual_table_highlighted(self, event: VirtualTable.Highlighted) -> None:
        """Another row is under the cursor: its details."""
        self._show_details()

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
        self._show_details()

    # What it says

    def chosen(self) -> tuple[str, str] | None:
        """The row under the cursor."""
        key = self.query_one("#table", VirtualTable).cursor_key
        return key if isinstance(key, tuple) else None  # pyright: ignore[reportUnknownVariableType]

    def _show(self, filter_text: str | None = None) -> None:
        text = self.desk.filters.get(self.tab, "") if filter_text is None else filter_text
        self.query_one("#title", FlowLine).show(self._title(text))
        empty = not len(self._listing)
        notice = self.query_one("#notice", Notice)
        self.query_one("#listing").display = not empty
        if notice.display != empty:
            notice.display = empty
            self.show_hints()
        if empty:
            notice.show(*self._reason(text))
        else:
            self._show_details()

    def _show_details(self) -> None:
        details = self.query_one("#details", FactSheet)
        chosen = self.chosen() if details.display else None
        row = self.desk.store.row(*chosen) if chosen is not None else None
        if row is not None:
            title = Fact("", [(named(row.record.id), "title"), (f"  {row.cluster}", "muted")], 2)
            details.show([title, Fact("", []), *object_facts(self.desk, row)])

    def _states(self) -> list[tuple[str, DataState]]:
        name = self._kind.name
        return [(cluster, self.desk.store.table(cluster, name).state) for cluster in self.desk.clusters()]

    def _title(self, filter_text: str) -> list[Span]:
        shown, total = len(self._listing), self._listing.total
        count = f"{shown} of {total}" if shown != total else str(total)
        spans: list[Span] = [(f" {self._kind.title} ", "title"), (count, "strong"), *self._lost()]
        scope: list[Span] = [(f" · {self.desk.scope_words()}", "muted")]
        if filter_text.strip():
            told: list[Span] = [(" · filter ", "muted"), (filter_text, "accent"), (f" hides {total - shown}", "muted")]
            narrowed = bool(self.desk.scope or self.desk.namespace)
            scope = scope + told if narrowed else told + scope  # that it is everything can be cut
        return [*spans, *scope, *self._counts()]

    def _lost(self) -> list[Span]:
        """Where the count is not that of now, and since when."""
        now = self.desk.now()
        return lost_spans(
            Lost(cluster, state.phase, ago(state.contact or state.since, now))
            for cluster, state in self._states()
            if state.phase not in (Phase.FRESH, Phase.MISSING)
        )

    def _counts(self) -> list[Span]:
        """How many are not ready, by status, without walking the list."""
        totals = [sum(counts) for counts in zip(*map(self._statuses, self.desk.clusters()), strict=True)]
        faults = (Status.FAILED, Status.BLOCKED, Status.SUSPENDED, Status.UNKNOWN, Status.PROGRESSING)
        spans = [
            (f"{status.glyph} {totals[status]} ", STATUS_STYLES[status])
            for status in faults
            if totals and totals[status]
        ]
        return [(" · ", "muted"), *spans] if spans else []

    def _statuses(self, cluster: str) -> Sequence[int]:
        """How many objects of the kind have each status in a cluster, in the namespace that the view is narrowed to."""
        table = self.desk.store.table(cluster, self._kind.name)
        if not (self.desk.namespace and self._kind.namespaced):
            return table.counts
        counts = [0] * len(Status)
        for identity in self.desk.store.cluster(cluster).index("namespace").get(self.desk.namespace):
            row = table.rows.get(identity)
            if row is not None:
                counts[row.status] += 1
        return counts

    def _reason(self, filter_text: str) -> NoticeText:
        """Why there are no rows: tone, headline, explanation, what to do next."""
        title, states = self._kind.title, self._states()
        if self._listing.total:
            return (
                "empty",
                f"no {title} match",
                [f"The filter {filter_text!r} hides all {self._listing.total}."],
                [("esc", "clear the filter"), ("/", "change it")],
            )
        if not states:
            why = self.desk.trouble or "No cluster is watched."
            return "nodata", "no clusters", [why], [(":ctx", "choose clusters")]
        phases = {state.phase for _, state in states}
        if Phase.FRESH in phases:
            others = [f"{cluster}: {state.phase}" for cluster, state in states if state.phase is not Phase.FRESH]
            told = (
                [f"But not everything is known: {joined(others)}."]
                if others
                else [f"Nothing of this kind exists in {self.desk.scope_words()}."]
            )
            return "empty", f"no {title}", told, [("0", "all clusters and namespaces"), (":", "another kind")]
        worst = next(phase for phase in (Phase.LOADING, *PHASES) if phase in phases)
        tones: dict[Phase, Tone] = {Phase.LOADING: "loading", Phase.FORBIDDEN: "forbidden", Phase.MISSING: "empty"}
        headline = {
            Phase.LOADING: f"loading {title}",
            Phase.FORBIDDEN: f"you may not see {title} here",
            Phase.MISSING: f"{title} are not installed",
            Phase.LOGIN: "a login is needed",
        }.get(worst, f"no data on {title}")
        lines = [f"{cluster}: {state.detail or state.phase}" for cluster, state in states][:6]
        return (
            tones.get(worst, "nodata"),
            headline,
            lines,
            [(":ctx", "how each cluster answers"), (":", "another kind")],
        )

    def hints(self) -> Sequence[KeyHint]:
        """Keys of a list."""
        if not len(self._listing):
            return (*COMMON_HINTS, KeyHint("0", "all", 15))
        marks = len(self.query_one("#table", VirtualTable).marks)
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

    def marked(self) -> Sequence[tuple[str, str]]:
        """The marked rows, in the order of the list."""
        marks = self.query_one("#table", VirtualTable).marks
        return [key for index in range(len(self._listing)) if (key := self._listing.key(index)) in marks]

    def note(self) -> Sequence[Span]:
        """How many are marked."""
        marks = len(self.query_one("#table", VirtualTable).marks)
        return [(f"{marks} marked", "accent")] if marks else []

    # Keys

    def action_sort(self, column_id: str) -> None:
        """Sort by a column; a second time turns the order."""
        self._sort = (column_id, not self._sort[1] if self._sort[0] == column_id else False)
        text = self.desk.filters.get(self.tab, "")
        self._refill(text, self._accepted(text)[0])

    def action_sort_next(self, step: int) -> None:
        """Sort by the column beside the one that it is sorted by."""
        ids = [column.id for column in self.query_one("#table", VirtualTable).columns]
        at = ids.index(self._sort[0]) if self._sort[0] in ids else 0
        self._sort = (ids[(at + step) % len(ids)], True)
        self.action_sort(self._sort[0])

    def action_faults(self) -> None:
        """Only what is not well, or everything again; what else is in the filter stays there."""
        terms = self.desk.filters.get(self.tab, "").split(" ")
        kept = [term for term in terms if term != FAULTS]
        self._filtered(" ".join(kept if len(kept) < len(terms) else [*filter(None, kept), FAULTS]), final=True)

    def action_wide(self) -> None:
        """Every column at its full width, scrolling sideways; or what fits."""
        table = self.query_one("#table", VirtualTable)
        table.wide = not table.wide
