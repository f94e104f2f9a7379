"""Contexts: every cluster that the kubeconfig offers, whether it is watched, and how it answers."""

from collections.abc import Hashable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from fluxtui import keymap
from fluxtui.insight.standing import standing
from fluxtui.kinds.ages import age
from fluxtui.screens.base import CommandGiven, FleetScreen
from fluxtui.screens.desk import PHASES, Desk
from fluxtui.store.changes import Batch
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


class ContextRows:
    """A `TableSource` over the contexts of the kubeconfig."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._names = [context.name for context in desk.contexts]
        self._names += [name for name in desk.fleet.clusters if name not in set(self._names)]
        self._places = {name: index for index, name in enumerate(self._names)}

    def __len__(self) -> int:
        return len(self._names)

    def key(self, index: int) -> Hashable:
        """The context's name."""
        return self._names[index]

    def index_of(self, key: Hashable) -> int | None:
        """By a map."""
        return self._places.get(str(key))

    def version(self, index: int) -> Hashable:
        """The cells themselves: they are few."""
        return tuple(str(cell) for cell in self.cells(index))

    def cells(self, index: int) -> Sequence[Cell]:
        """State, name, version, counts, and why it is so."""
        name = self._names[index]
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


class ContextsScreen(FleetScreen):
    """Pushed on top by `:ctx`; space watches or leaves a cluster, enter narrows the view to it."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.CONTEXTS]
    tab = "contexts"

    def compose_body(self) -> ComposeResult:
        """A headline, the list, or why there is none, and the selected context whole: columns may cut it."""
        yield FlowLine(lines=2, indent=1, id="title")
        yield ContextTable(COLUMNS, id="table")
        yield Notice(id="notice")
        yield FlowLine(lines=4, indent=1, id="why")

    def catch_up(self) -> None:
        """The contexts as they are now."""
        table = self.query_one("#table", VirtualTable)
        rows = ContextRows(self.desk)
        table.set_source(rows)
        table.display = bool(len(rows))
        notice = self.query_one("#notice", Notice)
        notice.display = not table.display
        notice.show(
            "nodata",
            "no contexts",
            [self.desk.trouble or "No kubeconfig was found."],
            [("", "Set KUBECONFIG, or start with --kubeconfig FILE.")],
        )
        watched = len(self.desk.fleet.clusters)
        told = f" {watched} of {len(rows)} watched · {self.desk.scope_words()}"
        warned: list[Span] = [(f" · {warning}", "warning") for warning in self.desk.warnings]
        self.query_one("#title", FlowLine).show([(" Contexts", "title"), (told, "muted"), *warned])
        self.rest_on(table)
        self._show_why()

    def on_virtual_table_highlighted(self, event: VirtualTable.Highlighted) -> None:
        """Another context: its name and reason whole."""
        self._show_why()

    def _show_why(self) -> None:
        name = self._under_cursor()
        why = ContextRows(self.desk).why(name) if name else ""
        self.query_one("#why", FlowLine).show([(f" {name} ", "strong"), (f"  {why}", "")] if name else [])

    def follow(self, batch: Batch) -> None:
        """States or counts changed."""
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
            KeyHint("esc", "back", 70, "escape"),
            KeyHint("?", "keys", 50),
        )
