"""What is in reach from a screen, as the palette lists it: actions on what is selected, keys, commands, contexts."""

from collections.abc import Iterator
from functools import partial

from textual.binding import ActiveBinding

from fluxtui.insight.names import Key
from fluxtui.screens.base import CommandGiven, FleetScreen, Opened
from fluxtui.screens.commands import palette
from fluxtui.screens.desk import Desk
from fluxtui.screens.keys import NAMES
from fluxtui.screens.palette import Entry, PaletteScreen
from fluxtui.screens.travel import PlaceAsked

QUIET = ("list", "document", "line", "app.palette", "app.quit-now", "screen.command", "screen.filter", "screen.back")
"""Ids of keys, or what they begin with, that mean nothing in a palette."""


def open_palette(screen: FleetScreen, desk: Desk) -> None:
    """Over this screen; what is chosen is done when it has closed."""

    def chosen(run: object) -> None:
        if callable(run):
            screen.app.call_later(run)

    def open_object(key: Key) -> None:
        screen.app.post_message(Opened(*key))

    screen.app.push_screen(PaletteScreen(desk, entries(screen, desk), desk.trail.objects(), open_object), chosen)


def entries(screen: FleetScreen, desk: Desk) -> Iterator[Entry]:
    """Everything but objects, in the order in which it stands there before anything is typed."""
    for title, about, run in screen.actions():
        yield Entry("action", title, about, run, first=True)
    give = screen.app.post_message
    for each in desk.bookmarks.every():
        yield Entry("bookmark", each.name, each.place.title, partial(give, PlaceAsked(each.place)), first=True)
    for sort, title, about, line in palette([context.name for context in desk.contexts]):
        yield Entry(sort, title, about, partial(give, CommandGiven(line)), beside=f"{about} {line}")
    seen: set[str] = set()
    for key, held in screen.active_bindings.items():
        name = held.binding.id or ""
        if name in seen or not name or not held.enabled or name.startswith(QUIET):
            continue
        seen.add(name)
        yield Entry("key", held.binding.description, NAMES.get(key, key), partial(press, screen, held), beside=name)


def press(screen: FleetScreen, held: ActiveBinding) -> None:
    """As if the key were pressed."""
    screen.app.call_later(screen.app.run_action, held.binding.action, held.node)
