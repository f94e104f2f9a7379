"""On call without rights, and the screen on the wall."""

from typing import Any

import pytest
from textual.pilot import Pilot

from fluxtui.screens.bell import FORGOTTEN, QUIET, Bell
from fluxtui.store.state import Phase

from .world import SMALL, WIDE, World, command, kustomization, lines, loses, running, screen, sees, until

CERT_MANAGER = "HelmRelease cert-manager/cert-manager"


@pytest.fixture
def incident() -> World:
    return World("incident")


def rings(pilot: Pilot[None]) -> list[int]:
    """Counts what the program rings from now on."""
    heard: list[int] = []
    pilot.app.bell = lambda: heard.append(1)  # type: ignore[method-assign]
    return heard


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_the_wall_says_in_large_how_many_and_below_it_which(incident: World, size: tuple[int, int]) -> None:
    async with running(incident, size, read_only=True, on_call=True, kiosk=True) as pilot:
        told = await sees(pilot, "5 root causes", CERT_MANAGER, "02:48 UTC", "prod-us-1 ⊘")
        assert "╰─╮" in told  # the five, three lines high
        assert "1 Triage" not in told and "filter" not in told  # nothing to press


async def test_any_key_ends_it_and_does_nothing_else(incident: World) -> None:
    async with running(incident, WIDE, read_only=True, on_call=True, kiosk=True) as pilot:
        await sees(pilot, "02:48 UTC", CERT_MANAGER)
        await pilot.press("q")
        told = await sees(pilot, "1 Triage", "waits behind", "the kiosk is over")
        assert "ON-CALL" in told and "READ-ONLY" in told
        await command(pilot, "kiosk")
        await sees(pilot, "02:48 UTC")


async def test_it_turns_its_pages(incident: World) -> None:
    async with running(incident, WIDE, kiosk=True, every=600) as pilot:
        app: Any = pilot.app
        for mode in ("kiosk", "health", "changes", "kiosk"):
            await until(pilot, lambda mode=mode: app.current_mode == mode and app._kiosk is not None)
            await app._kiosk._next()
        pilot.app.notify("a toast")
        await pilot.pause()
        assert not list(pilot.app._notifications)  # nothing pops up


async def test_it_rings_once_for_a_new_root_cause_and_not_for_what_is_acknowledged(incident: World) -> None:
    async with running(incident, WIDE, kiosk=True, every=600) as pilot:
        heard = rings(pilot)
        app: Any = pilot.app
        await sees(pilot, "5 root causes", CERT_MANAGER)
        app._kiosk._bell._ring = pilot.app.bell
        assert not heard  # what was there already
        incident.put("update-1", kustomization("team", "late", ready=False))
        incident.tell()
        await sees(pilot, "Kustomization team/late")
        await until(pilot, lambda: len(heard) == 1)
        (late,) = [cause for cause in app.desk.report.problems if cause.title == "Kustomization team/late"]
        app.desk.notebook.acknowledge([late])
        app.desk.reporting.wake()
        await loses(pilot, "Kustomization team/late")
        await sees(pilot, "1 acknowledged")
        assert len(heard) == 1


def test_the_bell_is_limited_and_forgets_nothing_that_comes_and_goes() -> None:
    now, heard = [1000.0], []
    bell = Bell(lambda: heard.append(now[0]), lambda: now[0])
    bell.hear(["old"])
    assert heard == []
    bell.hear(["old", "a"])
    now[0] += 5
    bell.hear(["old", "a", "b"])  # too soon
    assert heard == [1000.0]
    now[0] += QUIET
    bell.pass_time()
    assert len(heard) == 2
    now[0] += QUIET
    bell.hear(["old"])
    bell.hear(["old", "a"])  # it was away for a moment
    assert len(heard) == 2
    now[0] += FORGOTTEN + 1
    bell.hear(["old"])
    now[0] += 1
    bell.hear(["old", "a"])
    assert len(heard) == 3
    silent = Bell(None, lambda: now[0])
    silent.hear([])
    silent.hear(["a"])


async def test_a_kiosk_tries_for_ever_to_connect(incident: World) -> None:
    incident.trouble = "the kubeconfig is not there"
    async with running(incident, SMALL, kiosk=True, every=600) as pilot:
        app: Any = pilot.app
        await sees(pilot, "the kubeconfig is not there")
        incident.trouble = ""
        incident.pass_time(301)
        app._kiosk.tick()
        await until(pilot, lambda: incident.fleet.clusters)
        incident.tell()
        await sees(pilot, CERT_MANAGER)
        incident.pass_time(301)
        app._kiosk.tick()
        assert None in incident.fleet.retried  # prod-us-1 is lost: asked again


async def test_zero_is_green_only_where_everything_is_known(incident: World) -> None:
    well = World("calm")
    async with running(well, WIDE, kiosk=True) as pilot:
        await sees(pilot, "nothing is wrong")
        await until(pilot, lambda: pilot.app.screen.query_one("#number").has_class("ready"))
        for name in ("prod-eu-1", "prod-us-1"):
            well.phase(name, Phase.UNREACHABLE, "connection refused", contact=0)
        well.tell()
        await sees(pilot, "unreachable")
        await until(pilot, lambda: pilot.app.screen.query_one("#number").has_class("unknown"))


async def test_on_call_has_its_badge_on_every_screen(incident: World) -> None:
    async with running(incident, WIDE, read_only=True, on_call=True) as pilot:
        for go, words in {"1": CERT_MANAGER, "2": "who waits", "3": "prod-eu-1", "4": "Kustomizations"}.items():
            del words
            await pilot.press(go)
            await until(pilot, lambda: "ON-CALL" in lines(pilot)[0] and "READ-ONLY" in lines(pilot)[0])
        await sees(pilot, " Kustomizations ", "▌")
        await pilot.press("R")
        await sees(pilot, "To hand over:")
        assert "Not done here" in screen(pilot)
