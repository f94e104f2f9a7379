"""Resources: every object of a kind, of all clusters, sorted, filtered, marked; details beside where there is room."""

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

import msgspec
from textual.binding import BindingType

from fluxtui import keymap
from fluxtui.insight.narrowing import narrows
from fluxtui.insight.place import Place
from fluxtui.insight.tenants import changed_hands
from fluxtui.kinds.kind import Kind
from fluxtui.kinds.status import Status
from fluxtui.kinds.table import KINDS
from fluxtui.screens.commands import Go
from fluxtui.screens.desk import Desk
from fluxtui.screens.details import named, object_facts
from fluxtui.screens.lists import ListScreen, count_spans
from fluxtui.screens.rows import ObjectRows, order, table_columns
from fluxtui.screens.slices import sliced
from fluxtui.store.changes import Batch
from fluxtui.store.listing import Accept, Listing, everything
from fluxtui.store.row import Row
from fluxtui.store.state import DataState
from fluxtui.widgets.factsheet import Fact
from fluxtui.widgets.table_source import Span

AT_ONCE = 4096
"""Rows that are gone through before the next key is heard."""
FAULTS = "status:failed,blocked,unknown,suspended"


class ResourcesScreen(ListScreen):
    """One list at a time; `:` and a kind changes which."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.RESOURCES]
    tab = "resources"

    faults = FAULTS

    def __init__(self, desk: Desk) -> None:
        self._kind: Kind = KINDS["Kustomization"]
        super().__init__(desk, ("status", False))
        self._filter = ""
        """What the list is filtered by now."""
        self._wanted = ""
        """What it is filtered by as soon as all rows were gone through."""

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
                self.table.reset_cursor()
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

    def new_listing(self) -> Listing:
        """Of one kind."""
        name = self._kind.name
        within = self.desk.in_scope if self._kind.namespaced else self.desk.in_clusters
        return Listing(
            self.desk.store, lambda row: row.record.kind == name and within(row), order(self._kind, self._sort[0])
        )

    def catch_up(self) -> None:
        """List anew: kind, scope or filter are others, or the screen was not seen."""
        self.workers.cancel_group(self, "filter")
        self._listing = self.new_listing()
        wrong = self._fill(self.desk.filters.get(self.tab, ""))
        if wrong:  # a filter that came with a command: it must not make the list look empty
            self.desk.filters[self.tab] = ""
            self._fill("")
            self.notify(wrong, title="filter", severity="warning", markup=False)
        table = self.table
        columns = table_columns(self._kind, clusters=len(self.desk.clusters()) != 1)
        table.set_source(ObjectRows(self.desk, self._listing, self._kind, columns), columns)
        table.sort = self._sort
        self.rest_on(table)
        self.show_all()

    def filter_rows(self) -> Iterable[Row]:
        """Those of the kind."""
        within = self.desk.in_clusters
        tables = self.desk.store.tables(self._kind.name)
        return (row for table in tables for row in list(table.rows.values()) if within(row))

    def _fill(self, filter_text: str) -> str:
        """Rebuild the listing under a filter; returns what is wrong with the filter, and then changes nothing."""
        accept, wrong = self._accepted(filter_text)
        if not wrong:
            self._wanted = filter_text
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

    def _refill(self, text: str, accept: Accept, *, anew: bool = False) -> None:
        """Bring the list to another filter, or another order; `anew` if what it hides may be another too."""
        steps = self._filling(text, accept, narrower=not anew and narrows(self._filter, text))
        self._wanted = text
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
        table = self.table
        table.sort = self._sort
        table.refresh_all()
        self.show_all(filter_text=text)

    # What happens

    def follow(self, batch: Batch) -> None:
        """Rows that changed in place are painted again; the list itself only if rows came, went or moved."""
        if changed_hands(self._wanted, batch):
            self._refill(self._wanted, self._accepted(self._wanted)[0], anew=True)
        moved, repaint = self._listing.apply(batch.changes)
        table = self.table
        states = any(kind == self._kind.name for _, kind in batch.states)
        if moved:
            table.refresh_all()
        elif repaint:
            table.refresh_rows(repaint)
        if states and not moved:
            table.refresh_all()
        if moved or states or repaint:
            self.show_all()

    def tick(self) -> None:
        """Ages and the age of stale data."""
        self.table.refresh_all()
        self.show_all()

    # What it says

    @property
    def listed_title(self) -> str:
        """The kind's name."""
        return self._kind.title

    def facts(self, cluster: str, identity: str) -> Sequence[Fact]:
        """What is known of the object."""
        row = self.desk.store.row(cluster, identity)
        if row is None:
            return ()
        title = Fact("", [(named(row.record.id), "title"), (f"  {row.cluster}", "muted")], 2)
        return (title, Fact("", []), *object_facts(self.desk, row))

    def states(self) -> list[tuple[str, DataState]]:
        """Of its table in each cluster."""
        name = self._kind.name
        return [(cluster, self.desk.store.table(cluster, name).state) for cluster in self.desk.clusters()]

    def heading(self, filter_text: str) -> list[Span]:
        """``Kustomizations 3 of 120 · filter … · ✖ 2``."""
        spans: list[Span] = [(f" {self._kind.title} ", "title"), (self.counted(), "strong"), *self.lost()]
        statuses = [self._statuses(cluster) for cluster in self.desk.clusters()]
        counts = count_spans([sum(each) for each in zip(*statuses, strict=True)]) if statuses else []
        return [*spans, *self._limits(), *self.narrowed(filter_text), *counts]

    def _limits(self) -> list[Span]:
        """Where a list that is fresh is not all that there is."""
        told = dict.fromkeys(state.detail for _, state in self.states() if state.only)
        return [(f" · {words}", "status-blocked") for words in told]

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

    def resort(self) -> None:
        """As another filter: in slices where there are very many rows."""
        text = self.desk.filters.get(self.tab, "")
        self._refill(text, self._accepted(text)[0])
