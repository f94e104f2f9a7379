"""The application: screens, themes and commands put together. Everything else is elsewhere."""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import App
from textual.binding import ActiveBinding, BindingType
from textual.filter import LineFilter

from fluxtui import keymap, themes
from fluxtui.config import Config, folder
from fluxtui.insight.place import PAGE, Place
from fluxtui.insight.status import assess
from fluxtui.kinds.table import KINDS
from fluxtui.kube.auth import Impersonation
from fluxtui.kube.contexts import Chosen, NoContext
from fluxtui.kube.fleet import Fleet
from fluxtui.kube.writer import Permission
from fluxtui.screens.base import CommandGiven, FleetScreen, Located, Opened, Preceded
from fluxtui.screens.commands import (
    Bookmark,
    CommandError,
    Contexts,
    Do,
    Go,
    Narrow,
    Open,
    ShowView,
    Theme,
    UnknownWordError,
    parse,
)
from fluxtui.screens.desk import Desk
from fluxtui.screens.refusing import doubt, refusal
from fluxtui.screens.travel import PlaceAsked, gone, travel
from fluxtui.screens.triage import TriageScreen
from fluxtui.store.changes import Batch
from fluxtui.store.store import Store
from fluxtui.widgets.glyphs import ASCII, asked_for, wants_ascii

if TYPE_CHECKING:
    from textual.timer import Timer

    from fluxtui.screens.cycling import Kiosk

LEAVING = frozenset({"ctrl+c", "ctrl+q"})
"""Keys that leave a kiosk as they leave everything."""
TICK = 5.0
"""Seconds between two looks at ages."""

FindContexts = Callable[[], Chosen]
"""All contexts of the kubeconfig and those to watch; raises `NoContext`. Runs in a thread, after the first paint."""


@dataclass(frozen=True)
class Start:
    """What the command line asked for."""

    find_contexts: FindContexts
    now: Callable[[], float]
    config: Config = field(default_factory=Config)
    impersonation: Impersonation | None = None
    read_only: bool = False
    demo: bool = False
    command: str = ""
    theme: str = ""
    namespace: str = ""
    place: Place | None = None
    """Where to begin, instead of the first screen."""
    state: Path | None = None
    """The folder of what is kept from one session to the next."""
    on_call: bool = False
    """Whether this is `fluxtui oncall`."""
    kiosk: bool = False
    """Whether it begins as a kiosk."""
    every: float = 20.0
    """Seconds that a kiosk shows each page."""
    bell: bool = True
    """Whether a kiosk rings."""


class FluxtuiApp(App[None]):
    """One window on the fleet."""

    TITLE = "fluxtui"
    CSS_PATH = "app.tcss"
    DEFAULT_MODE = "triage"
    ENABLE_COMMAND_PALETTE = False  # ours is opened by our own key
    BINDINGS: ClassVar[list[BindingType]] = [*keymap.APP]

    def __init__(self, start: Start) -> None:
        super().__init__()
        self._ascii = wants_ascii(asked_for(os.environ))
        self._start = start
        store = Store(assess)
        fleet = Fleet(store, impersonation=start.impersonation, now=start.now)
        permission = Permission(start.read_only or start.config.read_only, start.config.read_only_contexts)
        self.desk = Desk(store, fleet, start.now, permission, demo=start.demo)
        self.desk.namespace = start.namespace
        self.desk.protected = start.config.protected_contexts
        self.desk.views = start.config.views
        self.desk.state = start.state
        self.desk.on_call = start.on_call
        self._kiosk: Kiosk | None = None
        self._turning: Timer | None = None
        self.desk.badge_listeners.append(self._badge_changed)
        self.add_mode("triage", lambda: TriageScreen(self.desk))
        self.add_mode("health", self._health)
        self.add_mode("tree", self._tree)
        self.add_mode("resources", self._resources)
        self.add_mode("lenses", self._lenses)
        self.add_mode("suspended", self._suspended)
        self.add_mode("changes", self._changes)
        self.add_mode("handover", self._handover)
        self.add_mode("kinds", self._kinds)
        self.add_mode("kiosk", self._wall)
        self.add_mode("journal", self._journal)
        self.add_mode("bookmarks", self._bookmarks)
        self.desk.places = frozenset({*self._modes, PAGE})
        for name in themes.BUILTIN:
            self.register_theme(themes.builtin(name))
        if self._wanted_theme in themes.BUILTIN:  # from the first paint on: a change of theme parses all styles anew
            self.set_reactive(App.theme, self._wanted_theme)
        self.set_keymap(start.config.keys)

    @property
    def _wanted_theme(self) -> str:
        """The theme to start with: as the command line says, else the configuration, else the terminal."""
        return self._start.theme or self._start.config.theme or themes.default_name(os.environ)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our style names, for themes that know nothing of them."""
        return themes.variable_defaults(dark=self.current_theme.dark)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Without colour, or without Unicode, where the terminal or the user wants it so."""
        filters = themes.line_filters(super().get_line_filters(), ansi=self.native_ansi_color)
        return [*filters, ASCII] if self._ascii else filters

    def _health(self) -> FleetScreen:
        from fluxtui.screens.health import HealthScreen

        return HealthScreen(self.desk)

    def _tree(self) -> FleetScreen:
        from fluxtui.screens.tree import TreeScreen

        return TreeScreen(self.desk)

    def _lenses(self) -> FleetScreen:
        from fluxtui.screens.lenses import LensesScreen

        return LensesScreen(self.desk)

    def _suspended(self) -> FleetScreen:
        from fluxtui.screens.suspended import SuspendedScreen

        return SuspendedScreen(self.desk)

    def _changes(self) -> FleetScreen:
        from fluxtui.screens.changes import ChangesScreen

        return ChangesScreen(self.desk)

    def _wall(self) -> FleetScreen:
        from fluxtui.screens.kiosk import KioskScreen

        return KioskScreen(self.desk)

    def _handover(self) -> FleetScreen:
        from fluxtui.screens.handover import HandoverScreen

        return HandoverScreen(self.desk)

    def _kinds(self) -> FleetScreen:
        from fluxtui.screens.kinds import KindsScreen

        return KindsScreen(self.desk)

    def _journal(self) -> FleetScreen:
        from fluxtui.screens.journal import JournalScreen

        return JournalScreen(self.desk)

    def _bookmarks(self) -> FleetScreen:
        from fluxtui.screens.bookmarks import BookmarksScreen

        return BookmarksScreen(self.desk)

    def _resources(self) -> FleetScreen:
        from fluxtui.screens.resources import ResourcesScreen

        return ResourcesScreen(self.desk)

    # Life

    def on_mount(self) -> None:
        """Paint first; then connect."""
        if wrong := self._choose_theme(self._wanted_theme):
            self.notify(wrong, title="theme", severity="error", markup=False)
        self.desk.fleet.subscribe(self._follow)
        self.set_interval(TICK, self._tick)
        self.call_after_refresh(self._begin)

    async def _begin(self) -> None:
        self.run_worker(self._connect(), name="connect", exit_on_error=True)
        if self._start.command:
            await self._execute(self._start.command)
        if self._start.kiosk:
            await self.action_kiosk()
        if unknown := sorted(set(self._start.config.keys) - keymap.all_ids()):
            told = f"no binding has the id {', '.join(unknown)}: ? shows the ids"
            self.notify(told, title="keys in the configuration", severity="warning", markup=False)

    async def _connect(self, *, again: bool = False) -> None:
        try:
            found = await asyncio.to_thread(self._start.find_contexts)
        except NoContext as error:
            self.desk.trouble = str(error)
            found = Chosen((), ())
        else:
            self.desk.trouble = ""
        self.desk.contexts, self.desk.warnings = found.every, found.warnings
        for context in found.watched:
            self.desk.fleet.add(context)
        self._catch_up()
        if again:
            return
        if self._start.place is not None:
            await self._travel(self._start.place)
        await self.desk.fleet.start()

    async def on_unmount(self) -> None:
        """Leave nothing running."""
        await self.desk.fleet.stop()

    def _seen(self) -> FleetScreen | None:
        return self.screen if isinstance(self.screen, FleetScreen) and self.screen.is_mounted else None

    def _follow(self, batch: Batch) -> None:
        self.desk.watched.follow(batch, self.desk.now())
        self.desk.follow(batch)
        seen = self._seen()
        if seen is not None:
            seen.follow(batch)

    def _badge_changed(self) -> None:
        for screen in self.screen_stack:  # under a dialog, too
            if isinstance(screen, FleetScreen):
                screen.show_badges()

    def _tick(self) -> None:
        seen = self._seen()
        if seen is not None:
            seen.tick()
        if self._kiosk is not None:
            self._kiosk.tick()

    def _catch_up(self) -> None:
        seen = self._seen()
        if seen is not None:
            seen.catch_up()

    # Commands

    async def on_command_given(self, event: CommandGiven) -> None:
        """A `:` command. The keys that follow wait in the queue until the screen that it leads to can take them."""
        await self._execute(event.text)

    def on_opened(self, event: Opened) -> None:
        """Open an object's page over the list it was chosen in."""
        from fluxtui.screens.resource import ResourceScreen

        self._leaving()
        self.push_screen(ResourceScreen(self.desk, event.cluster, event.identity, event.page))

    async def on_located(self, event: Located) -> None:
        """Show an object in the tree, its ancestors unfolded."""
        from fluxtui.screens.tree import TreeScreen

        await self._go(Go("tree"))
        if isinstance(self.screen, TreeScreen):
            self.screen.show_object((event.cluster, event.identity))

    async def on_preceded(self, event: Preceded) -> None:
        """Show what changed before an object became what it is."""
        from fluxtui.screens.changes import ChangesScreen

        await self._go(Go("changes"))
        if isinstance(self.screen, ChangesScreen):
            self.screen.show_before((event.cluster, event.identity))

    def _refuse(self, text: str, told: str) -> None:
        """Say on the command line what is wrong with a command."""
        seen = self._seen()
        if seen is not None:
            seen.show_refusal(text, told)
        else:
            self.notify(told, title=f":{text}", severity="error", markup=False)

    async def _execute(self, text: str) -> None:
        try:
            command = parse(text)
        except UnknownWordError as error:
            if wrong := refusal(self.desk, text):
                self._refuse(text, wrong)
                return
            command = error.go
        except CommandError as error:
            self._refuse(text, str(error))
            return
        match command:
            case Go():
                await self._go(command)
            case Contexts():
                await self._change_contexts(command.patterns)
            case Narrow():
                if wrong := doubt(self.desk, command.namespace):
                    self.notify(wrong, title=f":{text}", severity="warning", markup=False)
                self.desk.namespace = command.namespace
                self._catch_up()
            case ShowView(name):
                await self._show_view(text, name)
            case Theme(name) if not name:
                self.action_next_theme()
            case Theme(name):
                if wrong := self._choose_theme(name):
                    self._refuse(text, wrong)
            case Open() | Bookmark():
                await self._go_or_keep(text, command)
            case Do():
                await self.run_action(command.action)
        self._arrived()

    async def _go(self, command: Go) -> None:
        self._leaving()
        self.desk.under_way = True
        while len(self.screen_stack) > 1:
            self.pop_screen()
        await self.switch_mode(command.screen)
        if command.kind:
            self._list_kind(command)  # at once: what is typed next is for that list
        elif command.screen == "tree" and command.filter:
            self._grow(command.filter)
        elif command.screen == "changes" and command.seconds:
            self._look_back(command.seconds)
        self.desk.under_way = False
        self._arrived()

    async def _show_view(self, text: str, name: str) -> None:
        """A list that the configuration names."""
        from fluxtui.screens.kinds import KindsScreen

        if wrong := refusal(self.desk, text):
            self._refuse(text, wrong)
            return
        await self._go(Go("kinds"))
        if isinstance(self.screen, KindsScreen):
            self.screen.show_view(name, self.desk.views[name])

    def _grow(self, asked: str) -> None:
        from fluxtui.screens.tree import TreeScreen

        if isinstance(self.screen, TreeScreen):
            self.screen.show_text(asked)

    def _look_back(self, seconds: int) -> None:
        from fluxtui.screens.changes import ChangesScreen

        if isinstance(self.screen, ChangesScreen):
            self.screen.show_window(seconds)

    def _list_kind(self, command: Go) -> None:
        from fluxtui.screens.kinds import KindsScreen
        from fluxtui.screens.resources import ResourcesScreen

        if isinstance(self.screen, ResourcesScreen):
            self.screen.show_kind(KINDS[command.kind], command.filter)
        elif isinstance(self.screen, KindsScreen):
            self.screen.show(command.kind, command.filter)

    def _arrived(self) -> None:
        seen = self._seen()
        if seen is not None:
            seen.arrived()

    async def _go_or_keep(self, text: str, command: Open | Bookmark) -> None:
        if isinstance(command, Open):
            await self._open(text, command.link)
        else:
            self._keep(command.name)

    async def _open(self, text: str, link: str) -> None:
        from fluxtui.insight.link import LinkError, parse_link
        from fluxtui.screens.resource import PAGES

        names = [context.name for context in self.desk.contexts]
        try:
            place = parse_link(link, names, [page.tab.id for page in PAGES])
        except LinkError as error:
            self._refuse(text, str(error))
            return
        if place.cluster not in self.desk.fleet.clusters:
            self._refuse(text, f"{place.cluster} is not watched: `:ctx +{place.cluster}` watches it too")
        else:
            await self._travel(place)

    def _keep(self, name: str) -> None:
        from fluxtui.screens.bookmarks import keep

        seen = self._seen()
        if seen is not None:
            keep(seen, self.desk, seen.place(), name)

    # Places

    def _leaving(self) -> None:
        seen = self._seen()
        if seen is not None:
            seen.leaving()

    async def on_place_asked(self, event: PlaceAsked) -> None:
        """Go to a place, by a bookmark."""
        await self._travel(event.place)

    async def _travel(self, place: Place) -> None:
        self._leaving()
        await travel(self, self.desk, place)

    async def action_step(self, step: int) -> None:
        """Back to the place before, or forth again."""
        self._leaving()
        found, skipped = self.desk.trail.step(step, partial(gone, self.desk))
        await self._arrive(found, skipped, "there is no place before" if step < 0 else "there is no place after")

    async def action_last_place(self) -> None:
        """To the place that was looked at before this one, and back."""
        self._leaving()
        found, skipped = self.desk.trail.last(partial(gone, self.desk))
        await self._arrive(found, skipped, "there is no other place yet")

    async def _arrive(self, found: Place | None, skipped: Sequence[str], nowhere: str) -> None:
        if skipped:
            self.notify("; ".join(skipped[:3]), title="passed over", markup=False, timeout=4)
        elif found is None:
            self.notify(nowhere, markup=False, timeout=2)
        if found is not None:
            await travel(self, self.desk, found)

    async def _change_contexts(self, patterns: Sequence[str]) -> None:
        from fluxtui.screens.contexts import ContextsScreen
        from fluxtui.screens.watching import change

        if not patterns:
            await self.push_screen(ContextsScreen(self.desk))
            return

        async def carry_out() -> None:
            told, well = await change(self.desk, patterns)
            self.notify(told, title=":ctx", severity="information" if well else "error", markup=False)
            self._catch_up()

        self.run_worker(carry_out(), name="contexts")

    def _load_own_themes(self) -> None:
        """The themes in the configuration's folder; what is wrong with one is told, the others are used."""
        own, errors = themes.load_directory(folder("config") / "themes")
        for theme in own:
            self.register_theme(theme)
        for error in errors:
            self.notify(str(error), title="theme", severity="warning", markup=False)

    def _choose_theme(self, name: str) -> str:
        """Use a theme, by default the terminal's; returns what is wrong with the name."""
        known = name or themes.default_name(os.environ)
        if known not in self.available_themes:
            self._load_own_themes()
        if known not in self.available_themes:
            ours = ", ".join(themes.BUILTIN)
            return f"there is no theme {known!r}; ours are {ours}"
        self.theme = known
        return ""

    # Actions

    def action_command_palette(self) -> None:
        """Everything that can be done or gone to from here."""
        from fluxtui.screens.reach import open_palette

        seen = self._seen()
        if seen is not None:
            open_palette(seen, self.desk)

    async def action_go(self, screen: str) -> None:
        """Show a tab."""
        await self._go(Go(screen))

    def action_leave(self) -> None:
        """Close the page on top, or quit."""
        if len(self.screen_stack) > 1:
            self._leaving()
            self.pop_screen()
        else:
            self.exit()

    def action_keys(self) -> None:
        """The keys of this screen."""
        from fluxtui.screens.keys import KeysScreen

        self.push_screen(KeysScreen({**self.screen.active_bindings, **self._ours(self.screen.active_bindings)}))

    def _ours(self, active: Mapping[str, ActiveBinding]) -> dict[str, ActiveBinding]:
        """Our bindings of keys that Textual has a use for too, such as ctrl+c: ours are what happens without it."""
        held = {key: active[key] for key, _ in self._bindings if key in active and not active[key].binding.id}
        return {
            key: hidden._replace(node=self, binding=own)
            for key, hidden in held.items()
            for own in self._bindings.get_bindings_for_key(key)
            if own.id
        }

    async def action_actions(self) -> None:
        """The action that is under way, or the last one; without any, those on record."""
        from fluxtui.screens.acting import reopen

        if not reopen(self.screen, self.desk):
            await self._go(Go("journal"))

    def copy_to_clipboard(self, text: str) -> None:
        """To the clipboard of whoever sits at the terminal; where there is none for it, into a file, and say so."""
        from fluxtui.screens.clipboard import harmless, has_tmux

        text = harmless(text)
        self._clipboard = text
        if has_tmux(os.environ):
            self.run_worker(self._copy_by_tmux(text), name="clipboard")
        else:
            self._copy_by_terminal(text)

    async def _copy_by_tmux(self, text: str) -> None:
        from fluxtui.screens.clipboard import by_tmux

        if not await by_tmux(text):
            self._copy_by_terminal(text)

    def _copy_by_terminal(self, text: str) -> None:
        from fluxtui.screens.clipboard import into_file, sequence

        order = sequence(text, os.environ)
        if order and self._driver is not None:
            self._driver.write(order)
        elif not order:
            self.notify(
                into_file(text, self.desk.state), title="not in the clipboard", severity="warning", markup=False
            )

    def action_retry(self) -> None:
        """Connect again, now."""
        self.desk.fleet.retry()
        self.notify("connecting again", markup=False, timeout=2)

    # The kiosk

    async def action_kiosk(self) -> None:
        """Turn the pages on a wall screen until somebody presses a key."""
        from fluxtui.screens.cycling import Kiosk, Manner

        self.end_kiosk()
        manner = Manner(self._start.every, self._start.bell)
        kiosk = Kiosk(self.desk, manner, [*self._modes], self._turn, self.bell, self._connect_again)
        await self._go(Go("kiosk"))
        self._kiosk = kiosk
        self._turning = self.set_interval(manner.every, kiosk.next)

    async def _turn(self, mode: str) -> None:
        if self._kiosk is not None:
            await self._go(Go(mode))

    def _connect_again(self) -> None:
        self.run_worker(self._connect(again=True), name="connect again", exit_on_error=True)

    def end_kiosk(self) -> bool:
        """Stop turning pages; returns whether they were turned."""
        kiosk, self._kiosk = self._kiosk, None
        if self._turning is not None:
            self._turning.stop()
        if kiosk is not None:
            kiosk.end()
        return kiosk is not None

    async def on_event(self, event: events.Event) -> None:
        """Any key ends the kiosk, and does nothing else: whoever pressed it wants to look."""
        if (
            self._kiosk is not None
            and isinstance(event, events.Key)
            and event.key not in LEAVING
            and not event.is_forwarded
        ):
            on_wall = self.screen.id == "wall"
            self.end_kiosk()
            if on_wall:
                await self._go(Go("triage"))
            self.notify(":kiosk begins again", title="the kiosk is over", markup=False, timeout=4)
            return
        await super().on_event(event)

    def notify(self, message: str, **more: Any) -> None:
        """Nothing pops up on a wall."""
        if self._kiosk is None:
            super().notify(message, **more)

    def action_next_theme(self) -> None:
        """The next of our themes."""
        at = themes.BUILTIN.index(self.theme) if self.theme in themes.BUILTIN else -1
        self.theme = themes.BUILTIN[(at + 1) % len(themes.BUILTIN)]
