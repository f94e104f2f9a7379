"""Pages and dialogs that are closed before they have come: nothing writes on what is being taken down."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.pilot import Pilot

from fluxtui import keymap
from fluxtui.kinds.record import split_id
from fluxtui.kube.transport import Resource
from fluxtui.screens.base import Opened
from fluxtui.screens.resource import PAGES

from .reader import StillReader
from .world import SMALL, StillCluster, World, burst, command, running, sees, until

CLUSTER = "prod-eu-1"
TURNS = (0, 1, 2, 4, 7, 14)
"""Turns of the loop after which an answer comes: with one of these it comes while the page is taken down."""
LEAVING = ("app.quit", "app.quit-now", "app.suspend", "app.theme")
"""What ends the program, stops it, or (a change of styles) opens nothing and takes long."""


class SlowReader(StillReader):
    """Answers after so many turns of the loop."""

    turns = 0

    async def list_page(self, *args: Any, **named: Any) -> bytes:
        await turn(self.turns)
        return await super().list_page(*args, **named)

    @asynccontextmanager
    async def watch(self, *args: Any, **named: Any) -> AsyncGenerator[AsyncIterator[bytes], None]:
        await turn(self.turns)
        async with super().watch(*args, **named) as chunks:
            yield chunks

    async def get(self, resource: Resource, namespace: str, name: str, *, slim: bool = False) -> bytes:
        await turn(self.turns)
        return b"{}"

    async def may(self, verb: str, resource: Resource, **named: Any) -> Any:
        await turn(self.turns)
        return await super().may(verb, resource, **named)


async def turn(turns: int) -> None:
    for _ in range(turns):
        await asyncio.sleep(0)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> SlowReader:
    """The reader of the cluster, which says how slow the objects come too."""
    reader = SlowReader()
    fetch = StillCluster.fetch

    async def fetch_later(cluster: StillCluster, identity: str) -> dict[str, Any]:
        await turn(reader.turns)
        return await fetch(cluster, identity)

    monkeypatch.setattr(StillCluster, "fetch", fetch_later)
    return reader


@asynccontextmanager
async def hasty(slow: SlowReader) -> AsyncIterator[tuple[Pilot[None], World]]:
    world = World("incident", [CLUSTER])
    async with running(world, SMALL) as pilot:
        world.fleet.clusters[CLUSTER].reader = slow  # type: ignore[assignment]
        await sees(pilot, "cert-manager/cert-manager")
        yield pilot, world


async def nothing_left(pilot: Pilot[None]) -> None:
    """Nothing has failed, and the list listens again, once what the last key of the list may have opened is closed."""
    while len(pilot.app.screen_stack) > 1:
        await pilot.press("escape")
    assert pilot.app.is_running and pilot.app._exception is None


@pytest.mark.parametrize("kind", ["Kustomization", "ResourceSet"])
async def test_a_tab_that_is_left_at_once(slow: SlowReader, kind: str) -> None:
    async with hasty(slow) as (pilot, world):
        identity = next(each for each in sorted(world.objects[CLUSTER]) if split_id(each)[0] == kind)
        keys = [page.tab.key for page in PAGES if not page.kinds or kind in page.kinds]
        for slow.turns in TURNS:
            for key in keys:
                pilot.app.post_message(Opened(CLUSTER, identity))
                await burst(pilot, key, "escape", key, "escape")
                await nothing_left(pilot)
        await sees(pilot, "root causes")


async def test_a_tab_that_is_turned_over_and_left_while_it_looks(slow: SlowReader) -> None:
    async with hasty(slow) as (pilot, _):
        for slow.turns in TURNS:
            pilot.app.post_message(Opened(CLUSTER, "Kustomization/frontend/apps", "logs"))
            await burst(
                pilot, "s", "A", "e", "M", "m", "r", "y", "d", "b", "x", "h", "u", "l", "L", "escape", "s", "escape"
            )
            await nothing_left(pilot)


async def test_dialogs_that_are_closed_at_once(slow: SlowReader) -> None:
    async with hasty(slow) as (pilot, _):
        keys = [
            binding.key.split(",")[0]
            for binding in (*keymap.APP, *keymap.SCREEN)
            if binding.id not in LEAVING and binding.id != "screen.back"
        ]
        hands = [[key] for key in keys]
        hands += [["ctrl+p", *"cert"], ["R", "s"], ["R", "r"], ["R", "w"], ["R", "c"], ["Y", "down"], ["colon", "k"]]
        for slow.turns in TURNS[::2]:
            await command(pilot, "hr")
            await until(pilot, lambda: pilot.app.screen.id != "" and pilot.app.screen.tab == "resources")  # type: ignore[attr-defined]
            for hand in hands:
                await burst(pilot, *hand, "escape", "escape")
                await nothing_left(pilot)
                await burst(pilot, "4")
