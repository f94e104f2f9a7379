"""Any kind: every native kind and custom resource that a server lists, also several in one list, of all clusters.

Nothing of it is held before somebody looks, nor for long after: see `kube.beside`.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.timer import Timer

from fluxtui import keymap
from fluxtui.config import View
from fluxtui.kinds.ages import ago
from fluxtui.kinds.status import Status
from fluxtui.kube.answers import Forbidden, KubeError, LoginNeeded, Unauthorized
from fluxtui.kube.beside import Beside
from fluxtui.kube.cluster import Cluster
from fluxtui.screens.base import COMMON_HINTS, FleetScreen, Opened
from fluxtui.screens.commands import Go
from fluxtui.screens.desk import PHASES, STATUS_STYLES, Desk, joined
from fluxtui.screens.finding import Listed, meant, wrong_kinds
from fluxtui.screens.kinds_facts import row_facts
from fluxtui.screens.kinds_rows import SAMPLE, KindRows, TwoStores, column_id, columns_of, fields_of, heads_of, order
from fluxtui.screens.lost import Lost, lost_spans
from fluxtui.screens.resources import FAULTS, WIDE
from fluxtui.screens.telling import NoticeText
from fluxtui.store.changes import Batch
from fluxtui.store.listing import Accept, Listing, everything
from fluxtui.store.row import Row
from fluxtui.store.state import DataState, Phase
from fluxtui.widgets.factsheet import FactSheet
from fluxtui.widgets.flowline import FlowLine
from fluxtui.widgets.keyhints import KeyHint
from fluxtui.widgets.notice import Notice, Tone
from fluxtui.widgets.table_source import Span
from fluxtui.widgets.virtual_table import VirtualTable

NARROW = 100
"""Columns of a terminal below which health is a glyph without its word."""
GRACE = 60.0
"""Seconds that lists are kept after the screen was left: a look at a page, or elsewhere, and back."""


class KindsScreen(FleetScreen):
    """One list at a time; `show` changes what it is of."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.KINDS]
    tab = "kinds"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._words: tuple[str, ...] = ()
        self._listed: tuple[Listed, ...] = ()
        self._name = ""
        self._chosen_columns: tuple[str, ...] = ()
        self._sort = ("status", False)
        self._beside = Beside(self._told)
        self._stores = TwoStores(desk.store, self._beside.store)
        self._listing = self._new_listing()
        self._lost: dict[str, DataState] = {}
        """Clusters that could not tell what they serve."""
        self._asked: set[str] = set()
        self._heads: tuple[str, ...] = ()
        self._wide = -1
        self._waits = False
        """Whether the filter speaks of columns that no server has told of yet: it is judged with the first rows."""
        self._leaving: Timer | None = None

    def compose_body(self) -> ComposeResult:
        """A line that says what is listed, the list, the details beside it, and what stands there without rows."""
        yield FlowLine(id="title")
        with Horizontal(id="listing"):
            yield VirtualTable(id="table")
            yield FactSheet(id="details")
        yield Notice(id="notice")

    # What is listed

    def obey(self, command: Go) -> None:
        """Kinds by their names, or what the configuration names."""
        if command.view:
            self._show_view(command.view, self.desk.views[command.view])
        elif command.kind:
            self._list(command.kind, command.filter)

    def _list(
        self,
        words: str,
        filter_text: str | None = None,
        *,
        name: str = "",
        sort: tuple[str, bool] = ("status", False),
        columns: Sequence[str] = (),
    ) -> None:
        """List these kinds (names between commas) from the top. `name` is that of a view, `columns` those it wants."""
        self._words = tuple(dict.fromkeys(word.strip().lower() for word in words.split(",") if word.strip()))
        self._name, self._sort, self._chosen_columns = name, sort, tuple(columns)
        self.desk.filters[self.tab] = filter_text or ""
        self._resolve()
        if self.is_mounted:
            self.catch_up()
            self.query_one("#table", VirtualTable).reset_cursor()
            self._open()

    def _show_view(self, name: str, view: View) -> None:
        """List what the configuration names."""
        column = column_id(view.sort.removeprefix("-"), ()) if view.sort else "status"
        sort = (column, view.sort.startswith("-"))
        self._list(",".join(view.kinds), view.filter, name=name, sort=sort, columns=view.columns)

    def _resolve(self) -> None:
        """What the words mean, as far as the clusters have told."""
        found: dict[str, Listed] = {}
        for word in self._words:
            for listed in meant(self.desk, word):
                found.setdefault(listed.key, listed)
        self._listed = tuple(found.values())
        self._stores.keys = frozenset(listed.key for listed in self._listed if listed.served is not None)

    @work(exclusive=True, group="open")
    async def _open(self) -> None:
        """Ask the clusters what they serve, and list it; each on its own."""
        wanted = {
            (name, listed.key) for name in self.desk.clusters() for listed in self._listed if listed.served is not None
        }
        self._asked = set(self.desk.clusters())
        await self._beside.drop(self._beside.open_lists - wanted)
        for name in self.desk.clusters():
            self._ask(self.desk.fleet.clusters[name])

    @work(group="ask")
    async def _ask(self, cluster: Cluster) -> None:
        try:
            await cluster.look_around()
        except KubeError as error:
            phase = Phase.LOGIN if isinstance(error, LoginNeeded | Unauthorized) else Phase.UNREACHABLE
            phase = Phase.FORBIDDEN if isinstance(error, Forbidden) else phase
            self._lost[cluster.name] = DataState(phase, self.desk.now(), 0.0, str(error))
        else:
            self._lost.pop(cluster.name, None)
        before = self._listed
        self._resolve()
        for name in self.desk.clusters():
            self._follow_all(self.desk.fleet.clusters[name])
        if self._listed != before:
            self.catch_up()
        self._show()

    def _follow_all(self, cluster: Cluster) -> None:
        """List what the cluster serves of what is wanted; say of the rest that it does not."""
        if cluster.served is None:
            return
        here = {kind.key: kind for kind in cluster.served}
        for listed in self._listed:
            if listed.served is None:
                continue
            kind = here.get(listed.key)
            if kind is not None:
                self._beside.follow(cluster, kind, self.desk.namespace)
            else:
                told = "the server does not serve this kind"
                self._beside.absent(cluster.name, listed.key, Phase.MISSING, told, self.desk.now())

    def _new_listing(self) -> Listing:
        keys = {listed.key for listed in self._listed}
        plain = {listed.key for listed in self._listed if not listed.namespaced}

        def member(row: Row) -> bool:
            kind = row.record.kind
            return kind in keys and (self.desk.in_clusters(row) if kind in plain else self.desk.in_scope(row))

        return Listing(self._stores, member, order(self._stores, self._sort[0]))

    def catch_up(self) -> None:
        """List anew: kinds, scope or filter are others, or the screen was not seen."""
        self._listing = self._new_listing()
        wrong = self._fill(self.desk.filters.get(self.tab, ""))
        if wrong:
            self._fill("")
        self._waits = bool(wrong) and not len(self._listing)
        if wrong and not self._waits:
            self.desk.filters[self.tab] = ""
            self.notify(wrong, title="filter", severity="warning", markup=False)
        self._set_columns()
        self.rest_on(self.query_one("#table", VirtualTable))
        self._show()
        if self._words and set(self.desk.clusters()) != self._asked:
            self._open()

    def _set_columns(self) -> None:
        """The columns for what is listed now, as wide as its cells want."""
        sample = [row for at in range(min(SAMPLE, len(self._listing))) if (row := self._listing.row(at)) is not None]
        heads, widths = heads_of(sample)
        self._heads, self._wide = tuple(heads), len(self._listing)
        table = self.query_one("#table", VirtualTable)
        if not table.wide and not self._chosen_columns:
            heads = {name: head for name, head in heads.items() if not head.wide}
        columns = columns_of(
            heads,
            widths,
            clusters=len(self.desk.clusters()) != 1,
            namespaced=any(listed.namespaced for listed in self._listed) or not self._listed,
            kinds=len(self._listed) > 1,
            narrow=self.size.width < NARROW,
            chosen=self._chosen_columns,
        )
        table.set_source(KindRows(self._stores, self.desk.now, self._listing, columns), columns)
        table.sort = self._sort

    def _fill(self, filter_text: str) -> str:
        """Rebuild the listing under a filter; returns what is wrong with the filter, and then changes nothing."""
        accept: Accept = everything
        if filter_text.strip():
            from fluxtui.insight.filter import compile as compile_filter

            names = {listed.key: _names(listed) for listed in self._listed}
            fields = fields_of(self._stores, self._heads, names)
            accept = compile_filter(filter_text, self.desk.now(), store=self.desk.store, columns=fields)
            if accept.problems:
                return str(accept.problems[0])
        rows = self._stores.rows(listed.key for listed in self._listed)
        by = order(self._stores, self._sort[0])
        self._listing.rebuild(rows, accept=accept, order=by, descending=self._sort[1])
        return ""

    def filter_changed(self, text: str, *, final: bool) -> str:
        """Filter while it is typed; a filter that is not finished leaves the list as it was."""
        del final
        wrong = self._fill(text)
        if not wrong:
            self.query_one("#table", VirtualTable).refresh_all()
            self._show(filter_text=text)
        return wrong

    # What happens

    def on_screen_resume(self) -> None:
        """Seen again: what was dropped is listed anew."""
        if self._leaving is not None:
            self._leaving.stop()
            self._leaving = None
        super().on_screen_resume()
        self._open()

    def on_screen_suspend(self) -> None:
        """Left: the lists are dropped, unless one comes back soon."""
        self._leaving = self.set_timer(GRACE, self._drop)

    @work(exclusive=True, group="open")
    async def _drop(self) -> None:
        await self._beside.drop(self._beside.open_lists)

    async def on_unmount(self) -> None:
        """Nothing of ours goes on."""
        await self._beside.close()

    def _told(self, batch: Batch) -> None:
        """The lists beside have changed."""
        if self.is_current:
            self._apply(batch, self._stores.keys)

    def follow(self, batch: Batch) -> None:
        """What is watched has changed."""
        self._apply(batch, {listed.key for listed in self._listed} - self._stores.keys)

    def _apply(self, batch: Batch, keys: AbstractSet[str]) -> None:
        """Rows that changed in place are painted again; the list itself only if rows came, went or moved. `keys` are
        the kinds that this feed is believed for: one that is listed beside may be watched in part.
        """
        changes = [change for change in batch.changes if change.id.partition("/")[0] in keys]
        moved, repaint = self._listing.apply(changes)
        states = any(kind in keys for _, kind in batch.states)
        table = self.query_one("#table", VirtualTable)
        if (moved or states) and self._columns_outgrown():
            self._set_columns()
            if self._waits:
                self.catch_up()
                return
        elif moved or states:
            table.refresh_all()
        elif repaint:
            table.refresh_rows(repaint)
        if moved or states or repaint:
            self._show()

    def _columns_outgrown(self) -> bool:
        """Whether there are columns that we have not seen, or so many more rows that widths should be judged anew."""
        size = len(self._listing)
        return bool(size) and (self._wide <= 0 or (self._wide < SAMPLE and size >= 2 * self._wide))

    def tick(self) -> None:
        """Ages; and clusters that could not be asked are asked again."""
        self.query_one("#table", VirtualTable).refresh_all()
        for name in list(self._lost):
            cluster = self.desk.fleet.clusters.get(name)
            if cluster is not None and cluster.health.phase is Phase.FRESH:
                self._ask(cluster)
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
        """The details need room, and so do words."""
        self.query_one("#details", FactSheet).display = self.size.width >= WIDE
        self._set_columns()
        self._show_details()

    # What it says

    def chosen(self) -> tuple[str, str] | None:
        """The row under the cursor."""
        key = self.query_one("#table", VirtualTable).cursor_key
        return key if isinstance(key, tuple) else None  # pyright: ignore[reportUnknownVariableType]

    def marked(self) -> Sequence[tuple[str, str]]:
        """The marked rows, in the order of the list."""
        marks = self.query_one("#table", VirtualTable).marks
        return [key for index in range(len(self._listing)) if (key := self._listing.key(index)) in marks]

    @property
    def _title_of_kinds(self) -> str:
        return joined((listed.title for listed in self._listed), 4) if self._listed else ", ".join(self._words)

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
        row = self._stores.row(*chosen) if chosen is not None else None
        if row is not None:
            details.show(row_facts(self.desk, self._stores, row))

    def _states(self) -> list[tuple[str, DataState]]:
        """The state of every kind in every cluster."""
        found: list[tuple[str, DataState]] = []
        for cluster in self.desk.clusters():
            for listed in self._listed:
                state = self._stores.state(cluster, listed.key)
                lost = self._lost.get(cluster) if listed.served is not None else None
                found.append((cluster, lost if lost is not None and state.phase is Phase.LOADING else state))
            if not self._listed:
                found.append((cluster, self._lost.get(cluster, DataState(since=self.desk.now()))))
        return found

    def _title(self, filter_text: str) -> list[Span]:
        if not self._words:
            return [(" Any kind", "title")]
        shown, total = len(self._listing), self._listing.total
        count = f"{shown} of {total}" if shown != total else str(total)
        name: list[Span] = [(f" {self._name}: ", "accent")] if self._name else [(" ", "")]
        spans: list[Span] = [*name, (f"{self._title_of_kinds} ", "title"), (count, "strong")]
        left_out = sum(self._beside.left_out(listed.key) for listed in self._listed)
        unknown = [word for word in self._words if not meant(self.desk, word)]
        if unknown and self._listed:
            words = "is no kind here" if len(unknown) == 1 else "are no kinds here"
            spans.append((f" · {joined(unknown)} {words}", "warning"))
        if left_out:
            spans.append((f" · {left_out} more are not listed", "warning"))
        now = self.desk.now()
        lost = {
            (cluster, state.phase): Lost(cluster, state.phase, ago(state.contact or state.since, now))
            for cluster, state in self._states()
            if state.phase not in (Phase.FRESH, Phase.MISSING)
        }
        spans += lost_spans(lost.values())
        told: list[Span] = [(f" · {self.desk.scope_words()}", "muted")]
        if filter_text.strip():
            told += [(" · filter ", "muted"), (filter_text, "accent"), (f" hides {total - shown}", "muted")]
        return [*spans, *told, *self._limits(), *self._counts()]

    def _limits(self) -> list[Span]:
        """What a list that is fresh still does not show."""
        details = {state.detail for _, state in self._states() if state.phase is Phase.FRESH and state.detail}
        return [(f" · {joined(sorted(details), 1)}", "warning")] if details else []

    def _counts(self) -> list[Span]:
        """How many are not ready, by status, without walking the list."""
        if self.desk.namespace:
            return []
        totals = [0] * len(Status)
        for listed in self._listed:
            store = self._stores.beside if listed.served is not None else self._stores.main
            for cluster in self.desk.clusters():
                data = store.find(cluster)
                table = data.tables.get(listed.key) if data is not None else None
                totals = [a + b for a, b in zip(totals, table.counts, strict=True)] if table is not None else totals
        spans = [
            (f"{status.glyph} {totals[status]} ", STATUS_STYLES[status])
            for status in Status
            if status is not Status.READY and totals[status]
        ]
        return [(" · ", "muted"), *spans] if spans else []

    def _reason(self, filter_text: str) -> NoticeText:
        """Why there are no rows: tone, headline, explanation, what to do next."""
        title, states = self._title_of_kinds, self._states()
        if self._listing.total:
            told = [f"The filter {filter_text!r} hides all {self._listing.total}."]
            return "empty", f"no {title} match", told, [("esc", "clear the filter"), ("/", "change it")]
        if not self._words:
            told = ["Type `:` and the name of a kind, or several: `:pods`, `:ks,hr,deploy`."]
            return "empty", "nothing is listed", told, [(":", "a kind")]
        if not states and not self.desk.contexts and not self.desk.trouble:
            return "loading", "looking for clusters", [], [(":ctx", "clusters")]
        if not states:
            return "nodata", "no clusters", [self.desk.trouble or "No cluster is watched."], [(":ctx", "clusters")]
        wrong = wrong_kinds(self.desk, ",".join(self._words))
        if wrong and not self._listed:
            return "empty", f"no kind is called {', '.join(self._words)}", [wrong], [(":", "another kind")]
        return self._without_rows(title, states)

    def _without_rows(self, title: str, states: list[tuple[str, DataState]]) -> NoticeText:
        phases = {state.phase for _, state in states}
        if Phase.LOADING in phases:
            return "loading", f"loading {title}", [], [(":", "another kind")]
        lines = list(dict.fromkeys(f"{cluster}: {state.detail or state.phase}" for cluster, state in states))[:8]
        if Phase.FRESH in phases:
            others = dict.fromkeys(f"{name}: {state.phase}" for name, state in states if state.phase is not Phase.FRESH)
            told = [f"None exist in {self.desk.scope_words()}."]
            told += [f"But not everything is known: {joined(others)}."] if others else []
            return "empty", f"no {title}", told, [("0", "all clusters and namespaces"), (":", "another kind")]
        worst = next(phase for phase in PHASES if phase in phases)
        tones: dict[Phase, Tone] = {Phase.FORBIDDEN: "forbidden", Phase.MISSING: "empty"}
        headline = {
            Phase.FORBIDDEN: f"you may not see {title} here",
            Phase.MISSING: f"{title} are not installed",
            Phase.LOGIN: "a login is needed",
        }.get(worst, f"no data on {title}")
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
            KeyHint("N A S", "sort", 30, "S"),
            KeyHint("f", "faults only", 38),
            KeyHint("c", "copy name" if not marks else f"copy {marks} names", 20),
            KeyHint("0", "all", 15),
        )

    def note(self) -> Sequence[Span]:
        """How many are marked."""
        marks = len(self.query_one("#table", VirtualTable).marks)
        return [(f"{marks} marked", "accent")] if marks else []

    # Keys

    def action_sort(self, column_id: str) -> None:
        """Sort by a column; a second time turns the order."""
        self._sort = (column_id, not self._sort[1] if self._sort[0] == column_id else False)
        self._fill(self.desk.filters.get(self.tab, ""))
        table = self.query_one("#table", VirtualTable)
        table.sort = self._sort
        table.refresh_all()

    def action_sort_next(self, step: int) -> None:
        """Sort by the column beside the one that it is sorted by."""
        ids = [column.id for column in self.query_one("#table", VirtualTable).columns]
        at = ids.index(self._sort[0]) if self._sort[0] in ids else 0
        self._sort = (ids[(at + step) % len(ids)], True)
        self.action_sort(self._sort[0])

    def action_faults(self) -> None:
        """Only what is not well, or everything again; what else is in the filter stays there."""
        terms = self.desk.filters.get(self.tab, "").split(" ")
        faults = FAULTS + ",progressing"
        kept = [term for term in terms if term != faults]
        self._filtered(" ".join(kept if len(kept) < len(terms) else [*filter(None, kept), faults]), final=True)

    def action_wide(self) -> None:
        """Every column at its full width, scrolling sideways; or what fits."""
        table = self.query_one("#table", VirtualTable)
        table.wide = not table.wide
        self._set_columns()


def _names(listed: Listed) -> str:
    return " ".join((listed.key, listed.title, *(listed.served.names if listed.served is not None else ())))
