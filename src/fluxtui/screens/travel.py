"""Going from place to place: why one cannot be gone to, and how one comes to stand there again."""

from textual.app import App
from textual.message import Message
from textual.screen import Screen

from fluxtui.insight.place import VIOLATION, Place, Ref
from fluxtui.kinds.record import split_id
from fluxtui.screens.desk import Desk
from fluxtui.screens.details import named
from fluxtui.widgets.virtual_table import VirtualTable


class PlaceAsked(Message):
    """The user wants to go to a place."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place


def gone(desk: Desk, place: Place) -> str:
    """Why a place cannot be gone to; empty while it can. What is not known is not gone."""
    if place.ref is None:
        return ""
    cluster, identity = place.ref
    if desk.fleet.clusters and cluster not in desk.fleet.clusters:
        return f"{named(identity)}: {cluster} is not watched any more"
    kind, namespace, _ = split_id(identity)
    if desk.store.row(cluster, identity) is None and desk.store.state(cluster, kind).knows(namespace):
        return f"{named(identity)} is gone from {cluster}"
    return ""


async def travel(app: App[None], desk: Desk, place: Place) -> None:
    """Stand at a place: its screen, kind, filter, scope, page and tab, and its cursor where that is still there."""
    if place.ref is not None:
        await _open_page(app, desk, place, place.ref)
        return
    if place.screen == VIOLATION:
        await _open_violation(app, desk, place)
        return
    from fluxtui.screens.base import FleetScreen

    watched = frozenset(place.scope) & frozenset(desk.fleet.clusters)
    if place.scope and not watched:
        app.notify(f"{', '.join(place.scope)}: not watched any more", title=place.title, markup=False)
    desk.scope, desk.namespace = watched, place.namespace
    desk.filters[place.screen] = place.filter
    desk.under_way = True
    while len(app.screen_stack) > 1:
        app.pop_screen()
    if place.screen in desk.places:
        await app.switch_mode(place.screen)
    if isinstance(app.screen, FleetScreen):
        app.screen.stand_at(place)
        desk.under_way = False
        app.screen.arrived()
    desk.under_way = False


async def _open_page(app: App[None], desk: Desk, place: Place, ref: Ref) -> None:
    """The page of an object: one that lies under others already, or a new one."""
    from fluxtui.screens.resource import ResourceScreen

    def is_it(screen: Screen[object]) -> bool:
        return isinstance(screen, ResourceScreen) and (screen.subject.cluster, screen.subject.identity) == ref

    if any(is_it(screen) for screen in app.screen_stack):
        while not is_it(app.screen):
            app.pop_screen()
    if isinstance(app.screen, ResourceScreen) and is_it(app.screen):
        if place.tab:
            app.screen.show_page(place.tab)
    else:
        await app.push_screen(ResourceScreen(desk, *ref, place.tab))


async def _open_violation(app: App[None], desk: Desk, place: Place) -> None:
    """The page of a violation: one that lies under others already, or a new one."""
    from fluxtui.screens.violation import ViolationScreen

    def is_it(screen: Screen[object]) -> bool:
        return isinstance(screen, ViolationScreen) and screen.key == place.asked

    if any(is_it(screen) for screen in app.screen_stack):
        while not is_it(app.screen):
            app.pop_screen()
    if isinstance(app.screen, ViolationScreen) and is_it(app.screen):
        if place.tab:
            app.screen.action_page(place.tab)
    else:
        await app.push_screen(ViolationScreen(desk, place.asked, place.tab))


def put_cursor(screen: Screen[None], ref: Ref | None) -> None:
    """The cursor of a list on the line of an object, once there is one: by the object, or by its two names."""
    if ref is not None:
        for table in screen.query(VirtualTable):
            table.await_row(ref, " ".join(ref))
