"""A whole session asks and never writes: what the servers of the simulated fleet were sent is read line by line."""

import gc
import importlib
import pkgutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from textual.binding import ActiveBinding
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from fluxtui import keymap, screens
from fluxtui.app import FluxtuiApp, Start
from fluxtui.insight.place import PAGE, VIOLATION
from fluxtui.kinds.record import split_id
from fluxtui.kube import contexts
from fluxtui.kube.writer import Writer
from fluxtui.screens.base import Opened
from fluxtui.screens.contexts import ContextsScreen
from fluxtui.screens.resource import PAGES, ResourceScreen
from fluxtui.screens.violation import ViolationScreen
from fluxtui.simulator import demo
from fluxtui.simulator import kubeconfig as simulated
from fluxtui.widgets.log_view import LogView

from .world import WIDE, burst, command, lines, sees, type_filter, until

KEYS = "abcdefghijklmnoprstuvwxyzABCDEFGHIJKLMNOPRSTUVWXYZ023456789<>+-=_.,;'"
"""Every key of a keyboard, but those that leave or open a line."""
REVIEWS = ("/selfsubjectaccessreviews", "/selfsubjectrulesreviews")


@pytest.fixture
async def fleet(tmp_path: Path) -> AsyncIterator[tuple[demo.Demo, Path]]:
    """The incident, served over HTTP."""
    built = demo.build("incident", opening=time.time())
    async with demo.serving(built, tmp_path / "kubeconfig"):
        yield built, tmp_path / "kubeconfig"


@pytest.mark.parametrize("read_only", [True, False])
async def test_a_session_through_everything_sends_questions_only(
    fleet: tuple[demo.Demo, Path], read_only: bool
) -> None:
    built, kubeconfig = fleet
    known = contexts.load(str(kubeconfig)).contexts
    app = FluxtuiApp(Start(lambda: contexts.Chosen(known, known), time.time, read_only=read_only))
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await sees(pilot, "HelmRelease cert-manager/cert-manager", "waits behind")
        assert ("READ-ONLY" in lines(pilot)[0]) == read_only
        await pilot.press("enter")
        await sees(pilot, "HelmRelease cert-manager/cert-manager", "Conditions")
        await pilot.press("escape")
        for word, title in {
            "ks": "Kustomizations",
            "hr": "HelmReleases",
            "rset": "ResourceSets",
            "ev": "Events",
        }.items():
            await command(pilot, word)
            await sees(pilot, f" {title} ")
            await burst(pilot, *KEYS, "ctrl+d", "ctrl+s", "ctrl+r", "ctrl+e", "delete", "space")
            await burst(pilot, *["escape"] * 4, "4")  # dialogs and pages that the keys have opened
            await until(pilot, lambda: len(app.screen_stack) == 1)
        await command(pilot, "ks")
        await sees(pilot, " Kustomizations ")
        await type_filter(pilot, "status:failed,blocked")
        await pilot.press("enter")
        await sees(pilot, "filter status:failed,blocked")
        await pilot.press("enter")
        await sees(pilot, "Conditions", "Where it stands")
        await pilot.press("y")
        await sees(pilot, "apiVersion: kustomize.toolkit.fluxcd.io")
        await pilot.press("escape")
        await command(pilot, "ctx")
        await sees(pilot, "5 of 5 watched")
        await pilot.press("r", "space")
        await sees(pilot, "4 of 5 watched")
        await command(pilot, "retry")
        if read_only:
            assert not [held for held in gc.get_objects() if type(held) is Writer]
    sent = [line for server in built.servers.values() for line in server.faults.requests]
    assert len(sent) > 60
    assert [line for line in sent if not line.startswith("GET ") and not line.split("?")[0].endswith(REVIEWS)] == []


# --- every key of every screen

EXCUSED = {
    "app.quit-now": "ends the program",
    "app.suspend": "stops the process for its shell",
    "screen.act": "a read-only process has no actions: its key tells commands instead",
}
"""Ids of bindings that are not pressed, and why."""
ABSENT = {"ActScreen": "begins actions", "VerbsScreen": "offers actions"}
"""Screens that a read-only process never opens, and why."""
SETTLING = 60
"""Looks at whether one stands where one stood before, a twentieth of a second apart."""
ONCE = ("app", "line", "list", "sheet", "document", "log")
"""Groups of bindings that do the same wherever they are active."""
EACH = ("screen", "resource")
"""Groups that do the same on every tab of a page."""

Stand = Callable[[], Awaitable[None]]


@dataclass
class Session:
    """Somebody who presses every key that is active, on every screen that a key leads to."""

    pilot: Pilot[None]
    pressed: set[str] = field(default_factory=set[str])
    """Ids of the bindings whose key was pressed while they were active."""
    tried: set[tuple[str, str, str]] = field(default_factory=set[tuple[str, str, str]])
    screens: set[str] = field(default_factory=set[str])
    modes: set[str] = field(default_factory=set[str])

    @property
    def app(self) -> FluxtuiApp:
        assert isinstance(self.pilot.app, FluxtuiApp)
        return self.pilot.app

    @property
    def at(self) -> tuple[object, ...]:
        """Where one stands, as far as keys are concerned."""
        app = self.app
        return app.current_mode, tuple(map(type, app.screen_stack)), self.page, type(app.focused)

    @property
    def page(self) -> str:
        """The tab of the page that is seen, empty elsewhere."""
        seen = self.app.screen
        tab = seen.seen if isinstance(seen, ResourceScreen) else None
        return f"{seen.subject.kind} {tab.name_of_tab}" if tab is not None else ""

    @property
    def active(self) -> dict[str, ActiveBinding]:
        """What keys do here. A field that has nothing to scroll passes its keys for that on to what it is in."""
        return {key: _passed_on(key, held) for key, held in self.app.screen.active_bindings.items()}

    async def press(self, *keys: str) -> None:
        await burst(self.pilot, *keys)

    async def explore(self, stand: Stand) -> None:
        """Press every key that is active here, and those of the screens that open for the first time."""
        await stand()
        here, screen = self.at, type(self.app.screen).__name__
        self.screens.add(screen)
        self.modes.add(self.app.current_mode)
        for key, held in sorted(self.active.items()):
            group = (held.binding.id or "").partition(".")[0]
            scope = group if group in ONCE else screen if group in EACH else f"{screen} {self.page}"
            scope += screen if key == "enter" else ""  # it opens something else on each screen
            if (scope, key, held.binding.action) in self.tried or not self._may(held):
                continue
            if self.at != here:
                await self.back(here, stand)
            active = self.active.get(key)
            if active is None or not active.enabled or active.binding.action != held.binding.action:
                continue  # the keys before have changed what works here
            self.tried.add((scope, key, held.binding.action))
            self.pressed.add(held.binding.id or "")
            await self.press(key)
            if type(self.app.screen).__name__ not in self.screens:
                await self.explore(partial(self._by_key, stand, key))

    async def back(self, here: tuple[object, ...], stand: Stand) -> None:
        """To where one stood: what lies on top of it is closed; else one goes there again."""
        for _ in range(2):
            if len(self.app.screen_stack) > 1 or isinstance(self.app.focused, Input):
                await self.press("escape")
            if self.at == here:
                return
        await stand()
        for _ in range(SETTLING):  # what has to be fetched anew takes the keys when it is there
            if self.at == here:
                return
            await self.pilot.pause(0.05)

    def _may(self, held: ActiveBinding) -> bool:
        if not held.binding.id and held.binding.key != "enter" and not _ours(held):
            return False
        if held.binding.id == "app.quit":  # on top of a list it closes a page
            return len(self.app.screen_stack) > 1
        return held.enabled and held.binding.id not in EXCUSED and held.binding.action not in ("quit", "app.quit")

    async def _by_key(self, stand: Stand, key: str) -> None:
        await stand()
        await self.press(key)

    # Places

    async def mode(self, name: str) -> None:
        """A screen with nothing on top of it, and no line open."""
        self.app.call_later(self.app.action_go, name)
        await until(self.pilot, lambda: self.app.current_mode == name and len(self.app.screen_stack) == 1)
        await self.pilot.pause()
        if isinstance(self.app.focused, Input):
            await self.press("escape")

    async def line(self) -> None:
        """The command line."""
        await self.mode("triage")
        await self.press("colon", "k")

    async def contexts(self) -> None:
        """The list of contexts."""
        await self.mode("triage")
        await command(self.pilot, "ctx")
        await until(self.pilot, lambda: isinstance(self.app.screen, ContextsScreen))

    async def tab(self, identity: str, name: str) -> None:
        """A tab of the page of an object of prod-eu-1."""
        await self.mode("triage")
        self.app.post_message(Opened("prod-eu-1", identity, name))
        await until(self.pilot, lambda: self.page == f"{split_id(identity)[0]} {name}")
        if name == "logs":  # the view takes the keys with the first lines
            await until(self.pilot, lambda: isinstance(self.app.focused, LogView))
        await self.pilot.pause()

    async def violation(self, name: str) -> None:
        """A tab of the page of a violation."""
        await self.mode("policy")
        guard = self.app.desk.guard
        await until(self.pilot, lambda: guard.picture is not None and guard.picture.violations)
        assert guard.picture is not None
        fails = (each for each in guard.picture.violations if each.finding.result == "fail")
        await self.app.push_screen(ViolationScreen(self.app.desk, next(fails).key, name))
        await until(self.pilot, lambda: isinstance(self.app.screen, ViolationScreen))
        await self.pilot.pause()


def _passed_on(key: str, held: ActiveBinding) -> ActiveBinding:
    if isinstance(held.node, Input) and held.binding.action.startswith("scroll_"):
        for node in held.node.ancestors:
            for binding in node._bindings.key_to_bindings.get(key, ()):
                if binding.id:
                    return ActiveBinding(node, binding, True, "")
    return held


def _ours(held: ActiveBinding) -> bool:
    """Whether it is a binding of the program, not one that every widget of Textual has."""
    ours = [kind for kind in type(held.node).__mro__ if kind.__module__.startswith("fluxtui")]
    own = [each for kind in ours for each in kind.__dict__.get("BINDINGS", ())]
    return any(each.action == held.binding.action for each in own)


def _named(cluster: str, kind: str, app: FluxtuiApp) -> str:
    return min(app.desk.store.table(cluster, kind).rows)


def _every_screen() -> set[str]:
    """The classes of all screens and dialogs of the program."""
    for module in pkgutil.walk_packages(screens.__path__, f"{screens.__name__}."):
        importlib.import_module(module.name)
    found, open_ = set[str](), [Screen]
    while open_:
        kind = open_.pop()
        open_ += kind.__subclasses__()
        if kind.__module__.startswith(screens.__name__) and not kind.__subclasses__():  # others are what some share
            found.add(kind.__name__)
    return found


@pytest.fixture
async def still(tmp_path: Path) -> AsyncIterator[tuple[demo.Demo, Path]]:
    """Two clusters of the incident, served over HTTP, in which nothing moves."""
    built = demo.build("incident", opening=time.time(), clusters_wanted=2)
    await built.start()
    simulated.write(tmp_path / "kubeconfig", built.servers.values())
    yield built, tmp_path / "kubeconfig"
    await built.stop()


async def test_no_key_of_any_screen_sends_more_than_questions(
    still: tuple[demo.Demo, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Derived from the program: a binding, screen, dialog or tab that this does not reach makes it fail."""
    monkeypatch.chdir(tmp_path)  # what is exported goes there
    monkeypatch.delenv("TMUX", raising=False)
    built, kubeconfig = still
    known = contexts.load(str(kubeconfig)).contexts
    app = FluxtuiApp(Start(lambda: contexts.Chosen(known, known), time.time, read_only=True, state=tmp_path))
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        session = Session(pilot)
        await sees(pilot, "HelmRelease cert-manager/cert-manager", "waits behind")
        await session.press("B", "H")
        await sees(pilot, "note it")
        await session.press(*"seen", "enter")  # so that bookmarks and the handover have something in them
        await command(pilot, "pods")
        await until(pilot, lambda: app.screen.chosen() is not None)  # type: ignore[attr-defined]
        for mode in sorted(app.desk.places - {PAGE, VIOLATION}):
            await session.explore(partial(session.mode, mode))
        for page in PAGES:
            kind = min(page.kinds & {"HelmRelease", "Kustomization", "ResourceSet"}, default="Kustomization")
            await session.explore(partial(session.tab, _named("prod-eu-1", kind, app), page.tab.id))
        for tab in ("overview", "object", "draft"):
            await session.explore(partial(session.violation, tab))
        await session.explore(session.line)
        await session.explore(session.contexts)
        assert not [held for held in gc.get_objects() if type(held) is Writer]
    assert keymap.all_ids() - session.pressed == set(EXCUSED)
    assert session.modes == set(app.desk.places - {PAGE, VIOLATION})
    assert _every_screen() - session.screens == set(ABSENT)
    sent = [line for server in built.servers.values() for line in server.faults.requests]
    assert len(sent) > 60
    assert [line for line in sent if not line.startswith("GET ") and not line.split("?")[0].endswith(REVIEWS)] == []
