"""What all screens share: tabs above, keys below, the command line, and how they hear of changes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from fluxtui import keymap
from fluxtui.actions.target import Target, targets
from fluxtui.actions.verbs import plainly
from fluxtui.insight.place import Place
from fluxtui.kinds.served import ServedKind
from fluxtui.screens.commands import Go, suggest
from fluxtui.screens.denying import policy_hints
from fluxtui.screens.desk import Desk
from fluxtui.screens.ending import Ending
from fluxtui.screens.finding import look_around, served
from fluxtui.screens.refusing import refusal
from fluxtui.screens.slices import sliced
from fluxtui.screens.travel import put_cursor
from fluxtui.store.changes import Batch
from fluxtui.store.row import Row
from fluxtui.widgets.commandline import CommandLine
from fluxtui.widgets.keyhints import KeyHint, KeyHints
from fluxtui.widgets.table_source import Span
from fluxtui.widgets.tabstrip import Tab, TabStrip
from fluxtui.widgets.virtual_table import VirtualTable

TABS: tuple[Tab, ...] = (
    Tab("triage", "1", "Triage"),
    Tab("tree", "2", "Tree"),
    Tab("health", "3", "Health"),
    Tab("resources", "4", "Resources"),
    Tab("policy", "5", "Policy"),
    Tab("changes", "9", "Changes"),
)

COMMON_HINTS = (KeyHint("/", "filter", 40), KeyHint(":", "command", 60), KeyHint("?", "keys", 70))


class CommandGiven(Message):
    """The user gave a `:` command, to be carried out by the application."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class Opened(Message):
    """The user opens an object: (cluster, id), at a tab of its page (its id, empty for the first)."""

    def __init__(self, cluster: str, identity: str, page: str = "") -> None:
        super().__init__()
        self.cluster = cluster
        self.identity = identity
        self.page = page


class Located(Message):
    """The user wants to see an object in the tree: (cluster, id)."""

    def __init__(self, cluster: str, identity: str) -> None:
        super().__init__()
        self.cluster = cluster
        self.identity = identity


class Preceded(Message):
    """The user wants to see what changed before an object became what it is: (cluster, id)."""

    def __init__(self, cluster: str, identity: str) -> None:
        super().__init__()
        self.cluster = cluster
        self.identity = identity


class Governed(Message):
    """The user wants to see what policy has to do with an object: the command that leads there."""

    def __init__(self, command: Go) -> None:
        super().__init__()
        self.command = command


class Deployed(Message):
    """The user wants to see everything that Flux objects deploy: (cluster, id) of each."""

    def __init__(self, refs: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self.refs = tuple(refs)


class FleetScreen(Ending, Screen[None]):
    """A screen over the fleet. Only the one that is seen is told of changes; it catches up when it is seen again."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.SCREEN]
    tab: ClassVar[str] = ""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self._filter_before = ""
        self._selected = False

    def compose(self) -> ComposeResult:
        """Tabs, the screen's own body, and the two lines at the bottom."""
        yield TabStrip(TABS, active=self.tab, badges=self._badges(), id="tabs")
        yield from self.compose_body()
        yield KeyHints(id="hints")
        yield CommandLine(history=self.desk.history, id="line")

    # What a screen fills in

    def compose_body(self) -> ComposeResult:
        """The widgets between the tabs and the bottom lines."""
        yield from ()

    def follow(self, batch: Batch) -> None:
        """Something changed while the screen is seen."""

    def catch_up(self) -> None:
        """The screen is seen (again): show what is true now."""

    def tick(self) -> None:
        """Some seconds have passed: ages are others."""

    def hints(self) -> Sequence[KeyHint]:
        """The keys that work here and now, the most useful first."""
        return COMMON_HINTS

    def note(self) -> Sequence[Span]:
        """A word at the right end of the last line."""
        return ()

    def filter_changed(self, text: str, *, final: bool) -> str:
        """The filter line holds another text; returns what is wrong with it, or nothing."""
        del text, final
        return ""

    def chosen(self) -> tuple[str, str] | None:
        """The object under the cursor, as (cluster, id)."""
        return None

    def marked(self) -> Sequence[tuple[str, str]]:
        """The marked objects, as (cluster, id), in the order of the list."""
        return ()

    def place(self) -> Place:
        """Where one stands."""
        desk = self.desk
        scope, filtered = tuple(sorted(desk.scope)), desk.filters.get(self.tab, "")
        return Place(screen=self.tab, filter=filtered, scope=scope, namespace=desk.namespace, cursor=self.chosen())

    def obey(self, command: Go) -> None:
        """Show what the command that leads here asks for."""

    def stand_at(self, place: Place) -> None:
        """Show a place of this screen; scope and filter are those of the place already."""
        self.catch_up()
        put_cursor(self, place.cursor)

    # What all do

    @property
    def in_sight(self) -> bool:
        """Whether it is the screen on top and its widgets are there: a program that ends takes them away first."""
        return self.is_current and self.display

    def arrived(self) -> None:
        """Somebody looks at this place: one may come back to it."""
        known = self.tab in self.desk.places and not self.desk.under_way
        if known and self.is_mounted and self.app.screen is self:
            self.desk.trail.arrive(self.place())

    def leaving(self) -> None:
        """Somebody turns to another place: where the cursor stands is remembered."""
        if self.is_mounted:
            self.desk.trail.leave(self.place())

    def on_mount(self) -> None:
        """Everything is laid out: fill it."""
        self.catch_up()
        self.show_hints()

    def on_screen_resume(self) -> None:
        """Seen again: nothing was followed meanwhile."""
        self.query_one(TabStrip).show(badges=self._badges())
        self.catch_up()
        self.show_hints()
        self.call_after_refresh(self.arrived)

    def rest_on(self, widget: Widget) -> None:
        """Give the keys to a widget, unless somebody is typing into the command line."""
        if not self.query_one("#line", CommandLine).is_open:
            self.set_focus(widget, scroll_visible=False)  # at once: a line that is opened meanwhile must keep the focus

    def show_hints(self) -> None:
        """Bring the last line up to date."""
        hints = self.hints()
        chosen = self.chosen()
        self._selected = chosen is not None
        if chosen is not None:
            hints = (*hints, *policy_hints(self.desk, chosen))
            act = KeyHint("R", "commands" if self.desk.permission.read_only else "act", 39)
            hints = (*hints, act, KeyHint("W", "what changed before", 34))
            hints = (*hints, KeyHint("H", "hand over", 33 if not self.desk.permission.read_only else 38))
        if self.desk.badge is not None:
            hints = (*hints, KeyHint("ctrl+r", "actions", 75))
        self.query_one("#hints", KeyHints).show(hints, self.note())

    def on_virtual_table_highlighted(self, event: VirtualTable.Highlighted) -> None:
        """Something is selected, or nothing any more: the keys for what is selected come and go."""
        if self._selected != (self.chosen() is not None):
            self.show_hints()

    def show_badges(self) -> None:
        """Bring the badges up to date."""
        if self.is_mounted:
            self.query_one(TabStrip).show(badges=self._badges())
            self.show_hints()

    def _badges(self) -> list[Span]:
        badges: list[Span] = [("DEMO", "badge")] if self.desk.demo else []
        badges += [("ON-CALL", "badge")] if self.desk.on_call else []
        if self.desk.badge is not None:
            badges.append(self.desk.badge)
        return [*badges, ("READ-ONLY", "badge-warning")] if self.desk.permission.read_only else badges

    def on_tab_strip_activated(self, event: TabStrip.Activated) -> None:
        """A tab was clicked."""
        self.post_message(CommandGiven(event.tab_id))

    def on_key_hints_pressed(self, event: KeyHints.Pressed) -> None:
        """A hint was clicked: as if its key were pressed."""
        names = {"⏎": "enter", "/": "slash", ":": "colon", "?": "question_mark", "space": "space", "esc": "escape"}
        # by the application: a key that the screen itself sends does not get past the screen on its way up
        self.app.call_later(self.app.simulate_key, names.get(event.action, event.action))

    # The command line

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """`:` and `/` open the line before any list sees the keys that follow, and are letters within it. A read-only
        process has no actions: their key tells the commands instead.
        """
        del parameters
        if action in {"act", "how_to"}:
            return (action == "how_to") == self.desk.permission.read_only
        return not (action in {"command", "filter"} and isinstance(self.focused, Input))

    def action_command(self) -> None:
        """Open the `:` line."""
        self._open_command()

    def show_refusal(self, text: str, told: str) -> None:
        """Open the `:` line on a command that could not be carried out, and say why."""
        self._open_command(text)
        self.query_one("#line", CommandLine).complain(told)

    def _open_command(self, text: str = "") -> None:
        self._recall()
        contexts = [context.name for context in self.desk.contexts]
        namespaces, tenants = self.desk.namespaces(), self.desk.tenants()
        themes = sorted(self.app.available_themes)
        line = self.query_one("#line", CommandLine)
        kinds = list(served(self.desk).values())

        def offers(text: str) -> list[tuple[str, str]]:
            return suggest(text, contexts, namespaces, themes, kinds, sorted(self.desk.views), tenants)

        line.open(":", text, offers, self._give)
        self.run_worker(self._learn_kinds(kinds), group="kinds", exclusive=True)

    async def _learn_kinds(self, kinds: list[ServedKind]) -> None:
        """What clusters serve is asked for when somebody begins to type; what is known until then is offered."""
        await look_around(self.desk)
        kinds[:] = served(self.desk).values()

    def _give(self, text: str) -> str:
        """Have a command carried out; returns what is wrong with it. It goes to the application at once: keys that were
        typed after it come to the application after it, and find the screen that it leads to.
        """
        wrong = refusal(self.desk, text) if text.strip() else ""
        if text.strip() and not wrong:
            self.app.post_message(CommandGiven(text))
        return wrong

    def action_filter(self) -> None:
        """Open the `/` line, on the filter that is on."""
        self._filter_before = self.desk.filters.get(self.tab, "")
        self._recall()
        line = self.query_one("#line", CommandLine)
        values: dict[str, set[str]] = {}

        def suggest_values(text: str) -> list[str]:
            return self._filter_suggestions(text, values)

        line.open("/", self._filter_before, suggest_values, lambda text: self._filtered(text, final=True))
        self.run_worker(self._learn(values), name="values", group="values", exclusive=True)

    def filter_rows(self) -> Iterable[Row]:
        """The rows whose values a filter is completed to."""
        tables = self.desk.store.tables()
        return (row for table in tables for row in list(table.rows.values()) if self.desk.in_clusters(row))

    async def _learn(self, values: dict[str, set[str]]) -> None:
        """What the fields of the rows hold, while somebody types."""
        from fluxtui.insight.values import Values

        known = Values(self.desk.store)
        values.update(known.known)
        await sliced(known.learn(self.filter_rows()))

    def _filter_suggestions(self, text: str, values: Mapping[str, Iterable[str]]) -> list[str]:
        from fluxtui.insight.filter import complete

        found = complete(text, len(text), {"cluster": list(self.desk.fleet.clusters), **values})
        return [text[: found.start] + choice + text[found.end :] for choice in found.choices] if text else []

    def on_command_line_submitted(self, event: CommandLine.Submitted) -> None:
        """What was typed is there in the next session too."""
        if event.text and event.mode != "name":
            typed, mode, text = self.desk.typed, event.mode, event.text
            self.app.run_worker(lambda: typed.add(mode, text), name="typed", thread=True, exit_on_error=False)

    def _recall(self) -> None:
        """Bring back, once, what was typed in sessions before."""
        if not self.desk.recalled:
            self.desk.recalled = True
            for mode in (":", "/"):
                now = self.desk.history.setdefault(mode, [])
                now[:0] = [line for line in self.desk.typed.lines(mode) if line not in now]

    def on_command_line_changed(self, event: CommandLine.Changed) -> None:
        """Filters take effect while they are typed."""
        if event.mode == "/":
            event.line.point_out(self._filtered(event.text, final=False))

    def on_command_line_cancelled(self, event: CommandLine.Cancelled) -> None:
        """Escape: the filter of before."""
        if event.mode == "/":
            self._filtered(self._filter_before, final=True)

    def _filtered(self, text: str, *, final: bool) -> str:
        wrong = self.filter_changed(text, final=final)
        if not wrong:
            self.desk.filters[self.tab] = text
            if final:
                self.arrived()
        self.show_hints()
        return wrong

    def action_back(self) -> None:
        """Escape leaves the page on top; on a list it clears the filter."""
        if len(self.app.screen_stack) > 1:
            self.leaving()
            self.app.pop_screen()
        elif self.desk.filters.get(self.tab):
            self._filtered("", final=True)

    def action_all(self) -> None:
        """Back to all clusters and namespaces."""
        self.desk.scope, self.desk.namespace = frozenset(), ""
        self.catch_up()
        self.show_hints()
        self.arrived()

    def action_copy(self) -> None:
        """Copy the name of the object under the cursor, or those of all that are marked, one per line, by OSC 52: works
        over SSH.
        """
        chosen = self.chosen()
        objects = self.marked() or ([chosen] if chosen is not None else [])
        if not objects:
            return
        names = [identity.split("/", 1)[1].lstrip("/") for _, identity in objects]
        self.app.copy_to_clipboard("\n".join(names))
        told = names[0] if len(names) == 1 else f"{len(names)} names"
        self.notify(told, title="copied", markup=False, timeout=2)

    def action_copy_more(self) -> None:
        """Choose what to copy of what is selected: its link, a command, its message."""
        found = targets(self.targets())
        if not found:
            return
        from fluxtui.screens.copying import Copyable, CopyScreen, copyables

        def chosen(wanted: Copyable | None) -> None:
            if wanted is not None:
                self.app.copy_to_clipboard(wanted.text)
                self.notify(wanted.what, title="copied", markup=False, timeout=2)

        self.app.push_screen(CopyScreen(found, copyables(self.desk, found, self.place().tab)), chosen)

    def action_bookmark(self) -> None:
        """Keep the place under its title."""
        from fluxtui.screens.bookmarks import keep

        keep(self, self.desk, self.place())

    def action_yaml(self) -> None:
        """Open the YAML of the object under the cursor."""
        chosen = self.chosen()
        if chosen is not None:
            self.post_message(Opened(*chosen, "yaml"))

    def action_tree(self) -> None:
        """Show the object under the cursor in the tree."""
        chosen = self.chosen()
        if chosen is not None:
            self.post_message(Located(*chosen))

    def action_preceded(self) -> None:
        """Show what changed before the object under the cursor became what it is."""
        chosen = self.chosen()
        if chosen is not None:
            self.post_message(Preceded(*chosen))

    def action_policy(self) -> None:
        """Show the policy that denied what is under the cursor, the engine that did not answer, or what it violates."""
        from fluxtui.screens.denying import leads

        chosen = self.chosen()
        command = leads(self.desk, chosen) if chosen is not None else None
        if command is not None:
            self.post_message(Governed(command))
        elif chosen is not None:
            told = "no policy is known to concern it" if self.desk.joined else "nothing is known of policy yet"
            self.notify(told, title="policy", markup=False, timeout=3)

    def deployers(self, refs: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
        """The Flux objects that deploy these objects, or that these are."""
        from fluxtui.insight.application_roots import roots_of

        return roots_of(self.desk.store, refs)

    def action_deploys(self) -> None:
        """Show everything that is deployed by the marked objects, else by the one under the cursor, or with it."""
        refs = [(target[0], target[1]) for target in self.targets()]
        found = self.deployers(refs) if refs else ()
        if found:
            self.post_message(Deployed(found))
        elif refs:
            self.notify("no Flux object is known to deploy it", title="application", markup=False, timeout=3)

    # Actions

    def targets(self) -> Sequence[Target]:
        """What an action is for: the marked objects, else the one under the cursor."""
        chosen = self.chosen()
        return [self.target(ref) for ref in self.marked() or ([chosen] if chosen is not None else [])]

    def target(self, ref: tuple[str, str]) -> Target:
        """One object, by cluster and id; a screen that shows what is not watched says more of it."""
        return plainly(Target(*ref))

    def actions(self) -> Sequence[tuple[str, str, Callable[[], object]]]:
        """The palette's entries for what is selected: title, what it does, and how it begins. None when read-only."""
        targets = self.targets()
        if self.desk.permission.read_only or not targets:
            return ()
        from fluxtui.screens.acting import palette_entries

        return palette_entries(self, self.desk, targets)

    def action_act(self) -> None:
        """Open the menu of actions."""
        if self.targets():
            from fluxtui.screens.acting import open_menu

            open_menu(self, self.desk, self.targets())

    def action_hand_over(self) -> None:
        """Note what is selected for the handover, with its evidence of now."""
        if self.targets():
            from fluxtui.screens.handing import hand_over

            hand_over(self, self.desk, [(target[0], target[1]) for target in self.targets()])

    def action_how_to(self) -> None:
        """Tell the commands that somebody else may run."""
        if self.targets():
            from fluxtui.screens.howto import HowToScreen

            why = self.desk.permission.refusal(self.targets()[0][0])
            self.app.push_screen(HowToScreen(self.desk, self.targets(), f"Not done here: {why}."))
