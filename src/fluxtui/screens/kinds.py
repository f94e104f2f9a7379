"""Any kind: every native kind and custom resource that a server lists, also several in one list, of all clusters.

Nothing of it is held before somebody looks, nor for long after: see `kube.beside`.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import ClassVar

import msgspec
from textual import work
from textual.binding import BindingType
from textual.timer import Timer

from fluxtui import keymap
from fluxtui.actions.target import Target
from fluxtui.config import View
from fluxtui.insight.place import Place
from fluxtui.insight.tenants import changed_hands
from fluxtui.kinds.status import Status
from fluxtui.kube.answers import Forbidden, KubeError, LoginNeeded, Unauthorized
from fluxtui.kube.beside import Beside
from fluxtui.kube.cluster import Cluster
from fluxtui.screens.commands import Go
from fluxtui.screens.desk import Desk, joined
from fluxtui.screens.finding import Listed, meant, wrong_kinds
from fluxtui.screens.kinds_facts import row_facts
from fluxtui.screens.kinds_rows import SAMPLE, KindRows, TwoStores, column_id, columns_of, fields_of, heads_of, order
from fluxtui.screens.lists import ListScreen, count_spans
from fluxtui.screens.resources import FAULTS
from fluxtui.screens.telling import NoticeText
from fluxtui.store.changes import Batch
from fluxtui.store.listing import Accept, Listing, everything
from fluxtui.store.row import Row
from fluxtui.store.state import DataState, Phase
from fluxtui.widgets.factsheet import Fact
from fluxtui.widgets.table_source import Span

NARROW = 100
"""Columns of a terminal below which health is a glyph without its word."""
GRACE = 60.0
"""Seconds that lists are kept after the screen was left: a look at a page, or elsewhere, and back."""


class KindsScreen(ListScreen):
    """What is listed is told by `:` and names, or by the name of a view."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.KINDS]
    tab = "kinds"

    faults = f"{FAULTS},progressing"

    def __init__(self, desk: Desk) -> None:
        self._words: tuple[str, ...] = ()
        self._listed: tuple[Listed, ...] = ()
        self._name = ""
        self._chosen_columns: tuple[str, ...] = ()
        self._beside = Beside(self._told)
        self._stores = TwoStores(desk.store, self._beside.store)
        super().__init__(desk, ("status", False))
        self._lost: dict[str, DataState] = {}
        """Clusters that could not tell what they serve."""
        self._asked: set[str] = set()
        self._heads: tuple[str, ...] = ()
        self._wide = -1
        self._waits = False
        """Whether the filter speaks of columns that no server has told of yet: it is judged with the first rows."""
        self._wanted = ""
        """What the list is filtered by."""
        self._leaving: Timer | None = None

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
            self.table.reset_cursor()
            self._open()

    def _show_view(self, name: str, view: View, filter_text: str | None = None) -> None:
        """List what the configuration names, under its filter or another one."""
        column = column_id(view.sort.removeprefix("-"), ()) if view.sort else "status"
        sort = (column, view.sort.startswith("-"))
        wanted = view.filter if filter_text is None else filter_text
        self._list(",".join(view.kinds), wanted, name=name, sort=sort, columns=view.columns)

    def place(self) -> Place:
        """The kinds too, and the view that they are of."""
        return msgspec.structs.replace(super().place(), kind=",".join(self._words), asked=self._name)

    def stand_at(self, place: Place) -> None:
        """The list of those kinds, as it was sorted if it is the one that is seen."""
        view = self.desk.views.get(place.asked)
        if (place.kind, place.asked) != (",".join(self._words), self._name):
            if view is not None:
                self._show_view(place.asked, view, place.filter)
            else:
                self._list(place.kind, place.filter)
        super().stand_at(place)

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
        self.show_all()

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

    def new_listing(self) -> Listing:
        """Of these kinds, watched or listed beside."""
        keys = {listed.key for listed in self._listed}
        plain = {listed.key for listed in self._listed if not listed.namespaced}

        def member(row: Row) -> bool:
            kind = row.record.kind
            return kind in keys and (self.desk.in_clusters(row) if kind in plain else self.desk.in_scope(row))

        return Listing(self._stores, member, order(self._stores, self._sort[0]))

    def catch_up(self) -> None:
        """List anew: kinds, scope or filter are others, or the screen was not seen."""
        self._listing = self.new_listing()
        wrong = self._fill(self.desk.filters.get(self.tab, ""))
        if wrong:
            self._fill("")
        self._waits = bool(wrong) and not len(self._listing)
        if wrong and not self._waits:
            self.desk.filters[self.tab] = ""
            self.notify(wrong, title="filter", severity="warning", markup=False)
        self._set_columns()
        self.rest_on(self.table)
        self.show_all()
        if self._words and set(self.desk.clusters()) != self._asked:
            self._open()

    def _set_columns(self) -> None:
        """The columns for what is listed now, as wide as its cells want."""
        sample = [row for at in range(min(SAMPLE, len(self._listing))) if (row := self._listing.row(at)) is not None]
        heads, widths = heads_of(sample)
        self._heads, self._wide = tuple(heads), len(self._listing)
        table = self.table
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
        self._wanted = filter_text
        rows = self._stores.rows(listed.key for listed in self._listed)
        by = order(self._stores, self._sort[0])
        self._listing.rebuild(rows, accept=accept, order=by, descending=self._sort[1])
        return ""

    def filter_changed(self, text: str, *, final: bool) -> str:
        """Filter while it is typed; a filter that is not finished leaves the list as it was."""
        del final
        wrong = self._fill(text)
        if not wrong:
            self.table.refresh_all()
            self.show_all(filter_text=text)
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
        if self.in_sight:
            self._apply(batch, self._stores.keys)

    def follow(self, batch: Batch) -> None:
        """What is watched has changed."""
        if changed_hands(self._wanted, batch):
            self._fill(self._wanted)
            self.table.refresh_all()
            self.show_all()
        self._apply(batch, {listed.key for listed in self._listed} - self._stores.keys)

    def _apply(self, batch: Batch, keys: AbstractSet[str]) -> None:
        """Rows that changed in place are painted again; the list itself only if rows came, went or moved. `keys` are
        the kinds that this feed is believed for: one that is listed beside may be watched in part.
        """
        changes = [change for change in batch.changes if change.id.partition("/")[0] in keys]
        moved, repaint = self._listing.apply(changes)
        states = any(kind in keys for _, kind in batch.states)
        table = self.table
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
            self.show_all()

    def _columns_outgrown(self) -> bool:
        """Whether there are columns that we have not seen, or so many more rows that widths should be judged anew."""
        size = len(self._listing)
        return bool(size) and (self._wide <= 0 or (self._wide < SAMPLE and size >= 2 * self._wide))

    def tick(self) -> None:
        """Ages; and clusters that could not be asked are asked again."""
        self.table.refresh_all()
        for name in list(self._lost):
            cluster = self.desk.fleet.clusters.get(name)
            if cluster is not None and cluster.health.phase is Phase.FRESH:
                self._ask(cluster)
        self.show_all()

    def on_resize(self) -> None:
        """Words need room too."""
        self._set_columns()
        super().on_resize()

    # What it says

    def target(self, ref: tuple[str, str]) -> Target:
        """The object that was seen, not another one of its name that came later."""
        row = self._stores.row(*ref)
        return super().target(ref)._replace(uid=row.record.uid if row is not None else "")

    @property
    def listed_title(self) -> str:
        """The names of the kinds."""
        return joined((listed.title for listed in self._listed), 4) if self._listed else ", ".join(self._words)

    def facts(self, cluster: str, identity: str) -> Sequence[Fact]:
        """What its row and the server's columns tell."""
        row = self._stores.row(cluster, identity)
        return row_facts(self.desk, self._stores, row) if row is not None else ()

    def states(self) -> list[tuple[str, DataState]]:
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

    def heading(self, filter_text: str) -> list[Span]:
        """What is listed, and what of it is not."""
        if not self._words:
            return [(" Any kind", "title")]
        name: list[Span] = [(f" {self._name}: ", "accent")] if self._name else [(" ", "")]
        spans: list[Span] = [*name, (f"{self.listed_title} ", "title"), (self.counted(), "strong")]
        left_out = sum(self._beside.left_out(listed.key) for listed in self._listed)
        unknown = [word for word in self._words if not meant(self.desk, word)]
        if unknown and self._listed:
            words = "is no kind here" if len(unknown) == 1 else "are no kinds here"
            spans.append((f" · {joined(unknown)} {words}", "warning"))
        if left_out:
            spans.append((f" · {left_out} more are not listed", "warning"))
        return [*spans, *self.lost(), *self.narrowed(filter_text), *self._limits(), *self._counts()]

    def _limits(self) -> list[Span]:
        """What a list that is fresh still does not show."""
        details = {state.detail for _, state in self.states() if state.phase is Phase.FRESH and state.detail}
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
        return count_spans(totals)

    def reason(self, filter_text: str) -> NoticeText:
        """What was asked for may be no kind at all."""
        if not self._words:
            told = ["Type `:` and the name of a kind, or several: `:pods`, `:ks,hr,deploy`."]
            return "empty", "nothing is listed", told, [(":", "a kind")]
        wrong = wrong_kinds(self.desk, ",".join(self._words)) if not self._listed and self.states() else ""
        if wrong:
            return "empty", f"no kind is called {', '.join(self._words)}", [wrong], [(":", "another kind")]
        return super().reason(filter_text)

    # Keys

    def deployers(self, refs: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
        """Of what is not watched: who delivers it, or what made it."""
        rows = ((ref, self._stores.row(*ref)) for ref in refs)
        owners = [
            (ref[0], owner) if row is not None and (owner := self._stores.delivery(row).owner) else ref
            for ref, row in rows
        ]
        return super().deployers(owners)

    def resort(self) -> None:
        """At once."""
        self._fill(self.desk.filters.get(self.tab, ""))
        self.table.sort = self._sort
        self.table.refresh_all()

    def action_wide(self) -> None:
        """Columns that only a wide list has, too."""
        super().action_wide()
        self._set_columns()


def _names(listed: Listed) -> str:
    return " ".join((listed.key, listed.title, *(listed.served.names if listed.served is not None else ())))
