"""Contexts: every cluster that the kubeconfig offers, whether it is watched, and how it answers."""

from collections.abc import Hashable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from fluxtui import keymap
from fluxtui.insight.standing import standing
from fluxtui.kinds.ages import age
from fluxtui.kinds.record import Record
from fluxtui.kinds.status import Status
from fluxtui.screens.base import CommandGiven, FleetScreen
from fluxtui.screens.desk import PHASES, Desk
from fluxtui.screens.telling import NoticeText
from fluxtui.store.changes import Batch
from fluxtui.store.listing import Accept, everything
from fluxtui.store.row import Row
from fluxtui.store.state import Phase
from fluxtui.widgets.flowline import FlowLine
from fluxtui.widgets.keyhints import KeyHint
from fluxtui.widgets.notice import Notice
from fluxtui.widgets.table_columns import ESSENTIAL, TableColumn
from fluxtui.widgets.table_source import Cell, Span
from fluxtui.widgets.virtual_table import VirtualTable

COLUMNS = (
    TableColumn("state", "STATE", 14, 12, priority=90),
    TableColumn("name", "CONTEXT", 20, 12, 40, flex=1, priority=ESSENTIAL, cut="middle"),
    TableColumn("version", "KUBERNETES", 11, priority=40),
    TableColumn("objects", "OBJECTS", 7, align="right", priority=50),
    TableColumn("failing", "FAILING", 7, align="right", priority=60),
    TableColumn("detail", "WHY", 40, 30, 200, flex=4, priority=80),
)


STATUSES = {Phase.FRESH: Status.READY, Phase.LOADING: Status.PROGRESSING, Phase.UNREACHABLE: Status.FAILED}
"""The status of a watched context for the filter, by the phase of its data; that of the other phases is blocked."""


class ContextRows:
    """A `TableSource` over the contexts of the kubeconfig that pass a filter: those in trouble first, each part in the
    order of the kubeconfig. `hidden` is how many do not pass.
    """

    def __init__(self, desk: Desk, accept: Accept = everything) -> None:
        self._desk = desk
        names = [context.name for context in desk.contexts]
        names += [name for name in desk.fleet.clusters if name not in set(names)]
        passing = [name for name in names if accept(self._row(name))]
        self.hidden = len(names) - len(passing)
        self.names = tuple(sorted(passing, key=lambda name: not self._in_trouble(name)))
        self._places = {name: index for index, name in enumerate(self.names)}

    def _in_trouble(self, name: str) -> bool:
        cluster = self._desk.fleet.clusters.get(name)
        return cluster is not None and cluster.health.phase not in (Phase.FRESH, Phase.LOADING)

    def _row(self, name: str) -> Row:
        """A context as the filter language sees it: its state is the reason, why it is so the message."""
        record = Record(kind="Context", id=f"Context//{name}", namespace="", name=name, version="")
        cluster = self._desk.fleet.clusters.get(name)
        if cluster is None:
            return Row(name, record, Status.SUSPENDED, "not watched", self.why(name), 0)
        phase = cluster.health.phase
        return Row(name, record, STATUSES.get(phase, Status.BLOCKED), str(phase), self.why(name), 0)

    def __len__(self) -> int:
        return len(self.names)

    def key(self, index: int) -> Hashable:
        """The context's name."""
        return self.names[index]

    def index_of(self, key: Hashable) -> int | None:
        """By a map."""
        return self._places.get(str(key))

    def version(self, index: int) -> Hashable:
        """The cells themselves: they are few."""
        return tuple(str(cell) for cell in self.cells(index))

    def cells(self, index: int) -> Sequence[Cell]:
        """State, name, version, counts, and why it is so."""
        name = self.names[index]
        cluster = self._desk.fleet.clusters.get(name)
        if cluster is None:
            return [("○ not watched", "muted"), name, "", "", "", (self.why(name), "muted")]
        health = cluster.health
        glyph, style = PHASES[health.phase]
        counted = standing(self._desk.store.cluster(name))  # as in triage: one cluster has one number of objects
        known = counted.total > 0 or health.phase is Phase.FRESH  # of what never answered there is no number, nor 0
        return [
            [(f"{glyph} {health.phase}", style)],
            (name, "strong"),
            health.version,
            str(counted.total) if known else ("?", "muted"),
            (str(counted.failing), "status-failed") if counted.failing else "0" if known else ("?", "muted"),
            [("read-only · " if self._desk.permission.refusal(name) else "", "warning"), (self.why(name), "muted")],
        ]

    def why(self, name: str) -> str:
        """Why a context is in its state, and how old the last word from it is; else the address of its server."""
        cluster = self._desk.fleet.clusters.get(name)
        if cluster is None:
            context = next((context for context in self._desk.contexts if context.name == name), None)
            return context.problem or context.server if context is not None else ""
        health = cluster.health
        lost = health.contact and health.phase is not Phase.FRESH
        old = f" · last word {age(self._desk.now() - health.contact)} ago" if lost else ""
        return f"{health.detail or cluster.context.server}{old}"


class ContextTable(VirtualTable):
    """The list; marks mean nothing here, so their key watches or leaves a cluster."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.CONTEXT_LIST]
    markable = False


class ContextsScreen(FleetScreen):
    """Pushed on top by `:ctx`; space watches or leaves a cluster, enter narrows the view to it."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.CONTEXTS]
    tab = "contexts"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._accept: Accept = everything
        self._names: tuple[str, ...] = ()

    def compose_body(self) -> ComposeResult:
        """A headline, the list, or why there is none, and the selected context whole: columns may cut it."""
        yield FlowLine(lines=2, indent=1, id="title")
        yield ContextTable(COLUMNS, id="table")
        yield Notice(id="notice")
        yield FlowLine(lines=4, indent=1, id="why")

    def catch_up(self) -> None:
        """The contexts as they are now."""
        self._list(self.desk.filters.get(self.tab, ""))
        self.rest_on(self.query_one("#table", VirtualTable))

    def _list(self, filter_text: str) -> str:
        """Show the contexts under a filter; returns what is wrong with the filter, and then changes nothing."""
        accept: Accept = everything
        if filter_text.strip():
            from fluxtui.insight.filter import compile as compile_filter

            accept = compile_filter(filter_text, self.desk.now(), store=self.desk.store)
            if accept.problems:
                return str(accept.problems[0])
        rows = ContextRows(self.desk, accept)
        table = self.query_one("#table", VirtualTable)
        self._accept, self._names = accept, rows.names
        table.set_source(rows)
        table.display = bool(len(rows))
        notice = self.query_one("#notice", Notice)
        notice.display = not table.display
        notice.show(*self._reason(filter_text, rows.hidden))
        self._show_title(filter_text, rows)
        self._show_why()
        return ""

    def _reason(self, filter_text: str, hidden: int) -> NoticeText:
        """Why there are no rows."""
        if hidden:
            told = f"The filter {filter_text!r} hides all {hidden}."
            return "empty", "no contexts match", [told], [("esc", "clear the filter"), ("/", "change it")]
        why = self.desk.trouble or "No kubeconfig was found."
        return "nodata", "no contexts", [why], [("", "Set KUBECONFIG, or start with --kubeconfig FILE.")]

    def _show_title(self, filter_text: str, rows: ContextRows) -> None:
        watched, total = len(self.desk.fleet.clusters), len(rows) + rows.hidden
        told = f" {watched} of {total} watched · {self.desk.scope_words()}"
        filtered: list[Span] = []
        if filter_text.strip():
            filtered = [(" · filter ", "muted"), (filter_text, "accent"), (f" hides {rows.hidden}", "muted")]
        warned: list[Span] = [(f" · {warning}", "warning") for warning in self.desk.warnings]
        self.query_one("#title", FlowLine).show([(" Contexts", "title"), (told, "muted"), *filtered, *warned])

    def filter_changed(self, text: str, *, final: bool) -> str:
        """Filter while it is typed."""
        return self._list(text)

    def action_back(self) -> None:
        """Escape clears the filter first."""
        if self.desk.filters.get(self.tab):
            self._filtered("", final=True)
        else:
            super().action_back()

    def on_virtual_table_highlighted(self, event: VirtualTable.Highlighted) -> None:
        """Another context: its name and reason whole."""
        self._show_why()

    def _show_why(self) -> None:
        name = self._under_cursor()
        why = ContextRows(self.desk).why(name) if name else ""
        self.query_one("#why", FlowLine).show([(f" {name} ", "strong"), (f"  {why}", "")] if name else [])

    def follow(self, batch: Batch) -> None:
        """States or counts changed; with the states, the order and what passes the filter."""
        if ContextRows(self.desk, self._accept).names != self._names:
            self.catch_up()
        self.tick()

    def tick(self) -> None:
        """Ages and counts."""
        self.query_one("#table", VirtualTable).refresh_all()
        self._show_why()

    def _under_cursor(self) -> str:
        key = self.query_one("#table", VirtualTable).cursor_key
        return str(key) if key is not None else ""

    def action_watch(self) -> None:
        """Watch the cluster, or stop watching it."""
        name = self._under_cursor()
        if name:
            self.post_message(CommandGiven(f"ctx {'-' if name in self.desk.fleet.clusters else '+'}{name}"))

    def action_retry(self) -> None:
        """Try to connect again, now."""
        self.desk.fleet.retry(self._under_cursor() or None)

    def on_virtual_table_selected(self, event: VirtualTable.Selected) -> None:
        """Narrow the view to the cluster."""
        self.app.pop_screen()
        self.post_message(CommandGiven(f"ctx {event.key}"))

    def hints(self) -> Sequence[KeyHint]:
        """Keys of this list."""
        return (
            KeyHint("⏎", "only this cluster", 80, "enter"),
            KeyHint("space", "watch / leave", 85),
            KeyHint("r", "connect again", 60),
            KeyHint("/", "filter", 55),
            KeyHint("esc", "clear the filter" if self.desk.filters.get(self.tab) else "back", 70, "escape"),
            KeyHint("?", "keys", 50),
        )
