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
from fluxtui.insight.place import PAGE, VIOLATION, Place
from fluxtui.insight.status import assess
from fluxtui.kinds.text import clean
from fluxtui.kube.auth import Impersonation
from fluxtui.kube.contexts import Chosen, NoContext
from fluxtui.kube.fleet import Fleet
from fluxtui.kube.writer import Permission
from fluxtui.screens.base import CommandGiven, Deployed, FleetScreen, Governed, Located, Opened, Preceded
from fluxtui.screens.commands import Go
from fluxtui.screens.desk import Desk
from fluxtui.screens.modes import MODES, screen_of
from fluxtui.screens.steering import Steering
from fluxtui.screens.travel import PlaceAsked
from fluxtui.store.changes import Batch
from fluxtui.store.store import Store
from fluxtui.widgets.glyphs import ASCII, asked_for, wants_ascii

if TYPE_CHECKING:
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
        self._steering = Steering(self, self.desk, self._choose_theme)
        self.desk.badge_listeners.append(self._badge_changed)
        for mode in MODES:
            self.add_mode(mode, partial(screen_of, mode, self.desk))
        self.desk.places = frozenset({*MODES, PAGE, VIOLATION})
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
            await self._steering.execute(self._start.command)
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
        self._steering.catch_up()
        if again:
            return
        if self._start.place is not None:
            await self._steering.travel(self._start.place)
        await self.desk.fleet.start()
        await self.desk.guard.run()

    async def on_unmount(self) -> None:
        """Leave nothing running."""
        await self.desk.guard.stop()
        await self.desk.fleet.stop()

    def _follow(self, batch: Batch) -> None:
        self.desk.watched.follow(batch, self.desk.now())
        self.desk.follow(batch)
        self.desk.guard.follow(batch)
        self._steering.follow(batch)

    def _badge_changed(self) -> None:
        for screen in self.screen_stack:  # under a dialog, too
            if isinstance(screen, FleetScreen):
                screen.show_badges()

    def _tick(self) -> None:
        self._steering.tick()
        if self._kiosk is not None:
            self._kiosk.tick()

    # What screens ask for

    async def on_command_given(self, event: CommandGiven) -> None:
        """A `:` command. The keys that follow wait in the queue until the screen that it leads to can take them."""
        await self._steering.execute(event.text)

    def on_opened(self, event: Opened) -> None:
        """Open an object's page over the list it was chosen in."""
        self._steering.open_page(event.cluster, event.identity, event.page)

    async def on_located(self, event: Located) -> None:
        """Show an object in the tree, its ancestors unfolded."""
        await self._steering.go(Go("tree", ref=(event.cluster, event.identity)))

    async def on_preceded(self, event: Preceded) -> None:
        """Show what changed before an object became what it is."""
        await self._steering.go(Go("changes", ref=(event.cluster, event.identity)))

    async def on_governed(self, event: Governed) -> None:
        """Show what policy has to do with an object."""
        await self._steering.go(event.command)

    async def on_deployed(self, event: Deployed) -> None:
        """Show everything that Flux objects deploy."""
        await self._steering.go(Go("app", refs=event.refs))

    async def on_place_asked(self, event: PlaceAsked) -> None:
        """Go to a place, by a bookmark."""
        await self._steering.travel(event.place)

    async def action_step(self, step: int) -> None:
        """Back to the place before, or forth again."""
        await self._steering.step(step)

    async def action_last_place(self) -> None:
        """To the place that was looked at before this one, and back."""
        await self._steering.turn_round()

    async def action_go(self, screen: str) -> None:
        """Show a tab."""
        await self._steering.go(Go(screen))

    def action_leave(self) -> None:
        """Close the page on top, or quit."""
        self._steering.leave()

    # Themes

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

    def action_next_theme(self) -> None:
        """The next of our themes."""
        at = themes.BUILTIN.index(self.theme) if self.theme in themes.BUILTIN else -1
        self.theme = themes.BUILTIN[(at + 1) % len(themes.BUILTIN)]

    # Actions

    def action_command_palette(self) -> None:
        """Everything that can be done or gone to from here."""
        from fluxtui.screens.reach import open_palette

        if (seen := self._steering.seen) is not None:
            open_palette(seen, self.desk)

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
            await self._steering.go(Go("journal"))

    def copy_to_clipboard(self, text: str) -> None:
        """To the clipboard of whoever sits at the terminal; where there is none for it, into a file, and say so."""
        from fluxtui.screens.clipboard import copy

        self._clipboard = clean(text)
        if self._driver is not None:
            copied = copy(self, self._clipboard, self._driver.write, self.desk.state)
            self.run_worker(copied, name="clipboard")

    def action_retry(self) -> None:
        """Connect again, now."""
        self.desk.fleet.retry()
        self.notify("connecting again", markup=False, timeout=2)

    # The kiosk

    async def action_kiosk(self) -> None:
        """Turn the pages on a wall screen until somebody presses a key."""
        from fluxtui.screens.cycling import Kiosk, Manner

        self._end_kiosk()
        manner = Manner(self._start.every, self._start.bell)
        kiosk = Kiosk(self.desk, manner, self._turn, self.bell, self._connect_again, self.set_interval)
        await kiosk.show()
        self._kiosk = kiosk

    async def _turn(self, mode: str) -> None:
        await self._steering.go(Go(mode))

    def _connect_again(self) -> None:
        self.run_worker(self._connect(again=True), name="connect again", exit_on_error=True)

    def _end_kiosk(self) -> None:
        """Stop turning pages, if they are turned."""
        if self._kiosk is not None:
            self._kiosk.end()
        self._kiosk = None

    async def on_event(self, event: events.Event) -> None:
        """Any key ends the kiosk, and does nothing else: whoever pressed it wants to look."""
        if (
            self._kiosk is not None
            and isinstance(event, events.Key)
            and event.key not in LEAVING
            and not event.is_forwarded
        ):
            on_wall = self.screen.id == "wall"
            self._end_kiosk()
            if on_wall:
                await self._steering.go(Go("triage"))
            self.notify(":kiosk begins again", title="the kiosk is over", markup=False, timeout=4)
            return
        await super().on_event(event)

    def notify(self, message: str, **more: Any) -> None:
        """Nothing pops up on a wall."""
        if self._kiosk is None:
            super().notify(message, **more)
