"""Where commands, links and keys lead: commands carried out, places gone to and come back to."""

from collections.abc import Callable, Sequence
from functools import partial

from textual.app import App

from fluxtui.insight.place import Place
from fluxtui.screens.base import FleetScreen
from fluxtui.screens.commands import (
    Bookmark,
    Command,
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
from fluxtui.screens.travel import gone, travel
from fluxtui.store.changes import Batch


class Steering:
    """Steers one application through its modes and pages. `choose_theme` uses a theme, or returns what is wrong."""

    def __init__(self, app: App[None], desk: Desk, choose_theme: Callable[[str], str]) -> None:
        self._app = app
        self._desk = desk
        self._choose_theme = choose_theme

    # What is seen

    @property
    def seen(self) -> FleetScreen | None:
        """The screen on top, if it is one over the fleet."""
        stack = self._app.screen_stack  # empty once the program takes its screens down
        screen = stack[-1] if stack else None
        return screen if isinstance(screen, FleetScreen) and screen.is_mounted else None

    def follow(self, batch: Batch) -> None:
        """Tell the screen that is seen what changed."""
        if (seen := self.seen) is not None:
            seen.follow(batch)

    def tick(self) -> None:
        """Ages are others on the screen that is seen."""
        if (seen := self.seen) is not None:
            seen.tick()

    def catch_up(self) -> None:
        """Bring the screen that is seen up to date."""
        if (seen := self.seen) is not None:
            seen.catch_up()

    def _leaving(self) -> None:
        if (seen := self.seen) is not None:
            seen.leaving()

    def _arrived(self) -> None:
        if (seen := self.seen) is not None:
            seen.arrived()

    # Commands

    async def execute(self, text: str) -> None:
        """Carry a `:` command out, or say on the command line what is wrong with it."""
        try:
            command = parse(text)
        except UnknownWordError as error:
            if wrong := refusal(self._desk, text):
                self._refuse(text, wrong)
                return
            command = error.go
        except CommandError as error:
            self._refuse(text, str(error))
            return
        await self._obey(text, command)
        self._arrived()

    async def _obey(self, text: str, command: Command) -> None:
        match command:
            case Go():
                await self.go(command)
            case Contexts():
                await self._change_contexts(command.patterns)
            case Narrow():
                self._narrow(text, command.namespace)
            case ShowView():
                if wrong := refusal(self._desk, text):
                    self._refuse(text, wrong)
                else:
                    await self.go(Go("kinds", view=command.name))
            case Theme(name):
                if not name:
                    await self._app.run_action("next_theme")
                elif wrong := self._choose_theme(name):
                    self._refuse(text, wrong)
            case Open():
                await self._open(text, command.link)
            case Bookmark():
                self._keep(command.name)
            case Do():
                await self._app.run_action(command.action)

    def _refuse(self, text: str, told: str) -> None:
        """Say on the command line what is wrong with a command."""
        if (seen := self.seen) is not None:
            seen.show_refusal(text, told)
        else:
            self._app.notify(told, title=f":{text}", severity="error", markup=False)

    def _narrow(self, text: str, namespace: str) -> None:
        if wrong := doubt(self._desk, namespace):
            self._app.notify(wrong, title=f":{text}", severity="warning", markup=False)
        self._desk.namespace = namespace
        self.catch_up()

    async def _open(self, text: str, link: str) -> None:
        from fluxtui.insight.link import LinkError, parse_link
        from fluxtui.screens.resource import PAGES

        names = [context.name for context in self._desk.contexts]
        try:
            place = parse_link(link, names, [page.tab.id for page in PAGES])
        except LinkError as error:
            self._refuse(text, str(error))
            return
        if place.cluster not in self._desk.fleet.clusters:
            self._refuse(text, f"{place.cluster} is not watched: `:ctx +{place.cluster}` watches it too")
        else:
            await self.travel(place)

    def _keep(self, name: str) -> None:
        from fluxtui.screens.bookmarks import keep

        if (seen := self.seen) is not None:
            keep(seen, self._desk, seen.place(), name)

    async def _change_contexts(self, patterns: Sequence[str]) -> None:
        from fluxtui.screens.contexts import ContextsScreen
        from fluxtui.screens.watching import change

        if not patterns:
            await self._app.push_screen(ContextsScreen(self._desk))
            return

        async def carry_out() -> None:
            told, well = await change(self._desk, patterns)
            self._app.notify(told, title=":ctx", severity="information" if well else "error", markup=False)
            self.catch_up()

        self._app.run_worker(carry_out(), name="contexts")

    # Screens

    async def go(self, command: Go) -> None:
        """Show a mode, and in it what the command asks for."""
        self._leaving()
        self._desk.under_way = True
        while len(self._app.screen_stack) > 1:
            self._app.pop_screen()
        await self._app.switch_mode(command.screen)
        if isinstance(self._app.screen, FleetScreen):
            self._app.screen.obey(command)  # at once: what is typed next is for what it shows
        self._desk.under_way = False
        self._arrived()

    def open_page(self, cluster: str, identity: str, page: str) -> None:
        """Open an object's page over the list it was chosen in."""
        from fluxtui.screens.resource import ResourceScreen

        self._leaving()
        self._app.push_screen(ResourceScreen(self._desk, cluster, identity, page))

    def leave(self) -> None:
        """Close the page on top, or end."""
        if len(self._app.screen_stack) > 1:
            self._leaving()
            self._app.pop_screen()
        else:
            self._app.exit()

    # Places

    async def travel(self, place: Place) -> None:
        """Go to a place."""
        self._leaving()
        await travel(self._app, self._desk, place)

    async def step(self, step: int) -> None:
        """Back to the place before (-1), or forth again."""
        self._leaving()
        found, skipped = self._desk.trail.step(step, partial(gone, self._desk))
        await self._arrive(found, skipped, "there is no place before" if step < 0 else "there is no place after")

    async def turn_round(self) -> None:
        """To the place that was looked at before this one, and back."""
        self._leaving()
        found, skipped = self._desk.trail.last(partial(gone, self._desk))
        await self._arrive(found, skipped, "there is no other place yet")

    async def _arrive(self, found: Place | None, skipped: Sequence[str], nowhere: str) -> None:
        if skipped:
            self._app.notify("; ".join(skipped[:3]), title="passed over", markup=False, timeout=4)
        elif found is None:
            self._app.notify(nowhere, markup=False, timeout=2)
        if found is not None:
            await travel(self._app, self._desk, found)
