"""The Events of an object on its page: live, repeats together, and honest about what cannot be seen."""

from typing import Any

import pytest
from textual.pilot import Pilot

from fluxtui.kube.answers import Unreachable
from fluxtui.screens.resource import ResourceScreen

from .reader import StillReader, forbidden, reading
from .world import SMALL, WIDE, World, command, kustomization, loses, notified, running, sees, until

APPS = "Kustomization/frontend/apps"


def event(
    uid: str, message: str, *, about: str = APPS, warning: bool = False, at: str = "02:47:00", **more: Any
) -> Any:
    kind, namespace, name = about.split("/")
    return {
        "metadata": {"uid": uid, "name": uid, "namespace": namespace, "creationTimestamp": f"2026-03-21T{at}Z"},
        "involvedObject": {"kind": kind, "namespace": namespace, "name": name},
        "type": "Warning" if warning else "Normal",
        "reason": "BuildFailed" if warning else "Progressing",
        "message": message,
        "count": 1,
        "firstTimestamp": f"2026-03-21T{at}Z",
        "lastTimestamp": f"2026-03-21T{at}Z",
        "source": {"component": "kustomize-controller"},
        **more,
    }


@pytest.fixture
def fleet() -> World:
    world = World("", ["alpha"])
    apps = kustomization("frontend", "apps", ready=False)
    entries = [{"id": "frontend_web_apps_Deployment", "v": "v1"}]
    world.put("alpha", apps | {"status": apps["status"] | {"inventory": {"entries": entries}}})
    return world


async def opened(pilot: Pilot[None], fleet: World, *events: Any) -> StillReader:
    """The page of the object, its Events seen."""
    await command(pilot, "ks name:apps")
    await sees(pilot, "filter name:apps", "frontend")
    reader = reading(fleet, "alpha")
    reader.objects["", "events"] = list(events)
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, ResourceScreen))
    await pilot.press("e")
    return reader


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_the_newest_come_first_and_repeats_are_one(fleet: World, size: tuple[int, int]) -> None:
    async with running(fleet, size) as pilot:
        await opened(
            pilot,
            fleet,
            event("1", "finished in 78ms", at="02:40:00"),
            event("2", "finished in 120ms", at="02:46:00"),
            event("3", "no such file", warning=True, count=12, firstTimestamp="2026-03-21T02:17:00Z"),
            event("4", "of another", about="Kustomization/frontend/other"),
        )
        told = await sees(pilot, "14 events  12 warnings  back to 31m ago  live", "BuildFailed ×12 in 30m")
        assert told.index("no such file") < told.index("finished in 120ms")
        assert "78ms" not in told
        assert "Progressing ×2 in 6m" in told
        assert "of another" not in told


async def test_they_come_and_go_while_one_looks(fleet: World) -> None:
    async with running(fleet) as pilot:
        reader = await opened(pilot, fleet, event("1", "the first"))
        await sees(pilot, "1 event ", "the first")
        reader.tell("ADDED", event("2", "the second", warning=True))
        await sees(pilot, "2 events  1 warning", "the second")
        reader.tell("DELETED", event("1", "the first"))
        await loses(pilot, "the first")
        await pilot.press("i")
        await until(pilot, lambda: reader.streams == 0)  # another tab is seen
        await pilot.press("e")
        await until(pilot, lambda: reader.streams == 1)
        await pilot.press("escape")
        await until(pilot, lambda: reader.streams == 0)


async def test_warnings_alone(fleet: World) -> None:
    async with running(fleet) as pilot:
        await opened(pilot, fleet, event("1", "all is well"), event("2", "no such file", warning=True))
        await sees(pilot, "all is well", "no such file")
        await pilot.press("f")
        await loses(pilot, "all is well")
        await sees(pilot, "no such file", "f all events")


async def test_none_is_not_nothing(fleet: World) -> None:
    async with running(fleet) as pilot:
        await opened(pilot, fleet)
        await sees(pilot, "no events are kept of it", "keeps Events for an hour", "--event-ttl")


async def test_who_may_not_is_told_what_to_ask_for(fleet: World) -> None:
    async with running(fleet) as pilot:
        await command(pilot, "ks name:apps")
        await sees(pilot, "filter name:apps", "frontend")
        reader = reading(fleet, "alpha")
        reader.refusals["list", "events"] = forbidden("list", "events")
        await pilot.press("enter", "e")
        await sees(pilot, "events may not be read", "jane may not list events", "Ask for get, list and watch on events")
        assert [asked[1] for asked in reader.asked] == ["events", "events.events.k8s.io"]


async def test_the_newer_api_is_asked_where_the_older_is_forbidden(fleet: World) -> None:
    async with running(fleet) as pilot:
        await command(pilot, "ks name:apps")
        await sees(pilot, "filter name:apps", "frontend")
        reader = reading(fleet, "alpha")
        reader.refusals["list", "events"] = forbidden("list", "events")
        told = event("1", "")
        told |= {"regarding": told.pop("involvedObject"), "note": "told anew"}
        reader.objects["events.k8s.io", "events"] = [told]
        real = reader._check
        reader._check = lambda verb, resource: None if resource.group else real(verb, resource)
        await pilot.press("enter", "e")
        await sees(pilot, "told anew", "1 event")


async def test_a_connection_that_breaks_is_told_beside_what_was_known(fleet: World) -> None:
    async with running(fleet, WIDE) as pilot:
        await command(pilot, "ks name:apps")
        await sees(pilot, "filter name:apps", "frontend")
        reader = reading(fleet, "alpha")
        reader.objects["", "events"] = [event("1", "the first")]
        reader.refusals["watch", "events"] = Unreachable("https://alpha", "no answer in time")
        await pilot.press("enter", "e")
        await sees(pilot, "the first", "not live: https://alpha: no answer in time")


async def test_events_of_what_it_manages_on_demand(fleet: World) -> None:
    async with running(fleet) as pilot:
        await opened(
            pilot,
            fleet,
            event("1", "its own"),
            event("2", "back-off restarting", about="Pod/frontend/web-7d4b9-x2x4z", warning=True),
            event("3", "another's", about="Pod/frontend/api-7d4b9-x2x4z"),
        )
        await sees(pilot, "its own")
        await pilot.press("M")
        told = await sees(pilot, "back-off restarting", "Pod frontend/web-7d4b9-x2x4z", "of what it manages")
        assert "another's" not in told
        await pilot.press("M")
        await loses(pilot, "back-off restarting")


async def test_a_message_is_copied_whole(fleet: World) -> None:
    async with running(fleet) as pilot:
        await opened(pilot, fleet, event("1", "a message\nof two lines"))
        await sees(pilot, "a message of two lines")
        await pilot.press("p")
        await until(pilot, lambda: pilot.app.clipboard == "a message\nof two lines")
        await notified(pilot, "Progressing")


async def test_markup_and_escapes_are_shown_and_never_obeyed(fleet: World) -> None:
    async with running(fleet) as pilot:
        await opened(pilot, fleet, event("1", "[bold]x[/bold] \x1b[2J"))
        await sees(pilot, "[bold]x[/bold] \\x1b[2J")
