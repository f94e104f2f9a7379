"""Logs on the page of an object: the controller's lines about it, and its pods' lines, as they come."""

import json
from typing import Any

import pytest
from textual.pilot import Pilot

from fluxtui.kube.answers import Refused
from fluxtui.screens.resource import ResourceScreen
from fluxtui.widgets.log_view import LogView

from .reader import Log, StillReader, forbidden, reading
from .world import (
    SMALL,
    WIDE,
    World,
    command,
    kustomization,
    loses,
    notified,
    running,
    screen,
    sees,
    type_filter,
    until,
)

APPS = "Kustomization/frontend/apps"
CONTROLLER = "kustomize-controller-65f6d8b8c9-x2x4z"
WEB, API = "web-65f6d8b8c9-aaaaa", "api-65f6d8b8c9-bbbbb"


def pod(name: str, namespace: str = "frontend", *, containers: tuple[str, ...] = ("app",), **labels: str) -> Any:
    meta = {"uid": name, "name": name, "namespace": namespace, "labels": labels}
    return {"metadata": meta, "spec": {"containers": [{"name": each} for each in containers]}, "status": {}}


def said(message: str, name: str = "apps", level: str = "info") -> str:
    told = {"level": level, "msg": message, "controllerKind": "Kustomization", "name": name, "namespace": "frontend"}
    return json.dumps(told)


def at(second: float) -> str:
    return f"2026-03-21T02:46:{second:012.9f}Z"


@pytest.fixture
def fleet() -> World:
    world = World("", ["alpha"])
    apps = kustomization("frontend", "apps", ready=False)
    entries = [{"id": "frontend_web_apps_Deployment", "v": "v1"}, {"id": "frontend_api_apps_Deployment", "v": "v1"}]
    world.put("alpha", apps | {"status": apps["status"] | {"inventory": {"entries": entries}}})
    return world


async def prepared(pilot: Pilot[None], fleet: World) -> StillReader:
    """The list, and what the cluster holds: the controller's pod, and one pod of each workload."""
    await command(pilot, "ks name:apps")
    await sees(pilot, "filter name:apps", "frontend")
    reader = reading(fleet, "alpha")
    labels = {"app": "kustomize-controller", "app.kubernetes.io/part-of": "flux"}
    control = pod(CONTROLLER, "flux-system", containers=("manager",), **labels)
    reader.objects["", "pods"] = [control, pod(WEB), pod(API)]
    lines = [(at(1), said("starting")), (at(2), said("of another", "other")), (at(3), said("it broke", level="error"))]
    reader.logs_of[CONTROLLER, "manager", False] = Log(lines)
    reader.logs_of[WEB, "app", False] = Log([(at(1), "web one"), (at(3), "ERROR web three")])
    reader.logs_of[API, "app", False] = Log([(at(2), "api two"), (at(4), "api four")])
    return reader


async def opened(pilot: Pilot[None], *keys: str) -> LogView:
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, ResourceScreen))
    await pilot.press("l", *keys)
    await until(pilot, lambda: pilot.app.screen.query(LogView))
    return pilot.app.screen.query_one(LogView)


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_the_controllers_lines_about_it(fleet: World, size: tuple[int, int]) -> None:
    async with running(fleet, size) as pilot:
        reader = await prepared(pilot, fleet)
        await opened(pilot)
        told = await sees(
            pilot, "kustomize-controller about it  2 lines  1 errors", "starting", "✖ it broke", "following"
        )
        assert "of another" not in told
        assert "02:46:03.000" in told
        reader.logs_of[CONTROLLER, "manager", False].say(at(5), said("it goes on"))
        await sees(pilot, "it goes on", "3 lines")
        await pilot.press("A")
        await sees(pilot, "of another", "4 lines")


async def test_its_pods_lines_in_the_order_of_their_time(fleet: World) -> None:
    async with running(fleet) as pilot:
        reader = await prepared(pilot, fleet)
        await opened(pilot, "s")
        told = await sees(pilot, "pods of 2 workloads  4 lines", "2 containers", "web-aaaaa", "api-bbbbb", "api four")
        places = [told.index(text) for text in ("web one", "api two", "web three", "api four")]
        assert places == sorted(places)
        fresh = pod("web-65f6d8b8c9-ccccc")
        reader.logs_of["web-65f6d8b8c9-ccccc", "app", False] = Log([(at(6), "web anew")])
        reader.tell("ADDED", fresh)
        await sees(pilot, "web anew", "3 containers")


async def test_reading_stops_when_another_tab_is_seen_and_goes_on_where_it_was(fleet: World) -> None:
    async with running(fleet) as pilot:
        reader = await prepared(pilot, fleet)
        await opened(pilot, "s")
        await sees(pilot, "api four")
        await pilot.press("i")
        await until(pilot, lambda: reader.streams == 0)
        reader.logs_of[API, "app", False].lines.append((at(7), "api meanwhile"))
        await pilot.press("l")
        told = await sees(pilot, "api meanwhile", "5 lines")
        assert told.count("api four") == 1
        again = [asked[2] for asked in reader.asked if asked[0] == "logs" and asked[2]["since_time"]]
        assert {options["since_time"] for options in again} == {at(3), at(4)}
        await pilot.press("escape")
        await until(pilot, lambda: reader.streams == 0)


async def test_following_ends_when_one_looks_back(fleet: World) -> None:
    async with running(fleet) as pilot:
        reader = await prepared(pilot, fleet)
        reader.logs_of[WEB, "app", False] = Log([(at(number / 10), f"line {number}") for number in range(300)])
        view = await opened(pilot, "s")
        await sees(pilot, "line 299", "following")
        await pilot.press("g")
        await sees(pilot, "line 0 ", "live, not following", "f follow")
        reader.logs_of[WEB, "app", False].say(at(40), "news")
        await sees(pilot, "303 lines")
        assert "news" not in screen(pilot)
        assert view.position == 0
        await pilot.press("f")
        await sees(pilot, "news", "f stop following")


async def test_looking_for_words_levels_and_one_container(fleet: World) -> None:
    async with running(fleet) as pilot:
        await prepared(pilot, fleet)
        await opened(pilot, "s")
        await sees(pilot, "api four")
        await type_filter(pilot, "web")
        await pilot.press("enter")
        await loses(pilot, "api four")
        await sees(pilot, "the filter hides 2", "web three")
        await pilot.press("slash", *["backspace"] * 3, "enter")
        await sees(pilot, "api four")
        await pilot.press("L", "L")
        await loses(pilot, "web one")
        await sees(pilot, "✖ ERROR web three")
        await pilot.press("L")
        await sees(pilot, "web one")
        await pilot.press("G", "o")
        await sees(pilot, "api-bbbbb alone")
        await loses(pilot, "web one")


async def test_the_next_error_wrapping_times_and_copying(fleet: World) -> None:
    async with running(fleet) as pilot:
        reader = await prepared(pilot, fleet)
        reader.logs_of[WEB, "app", False] = Log([(at(1), "ERROR " + "word " * 40 + "end"), (at(2), "after")])
        view = await opened(pilot, "s")
        await sees(pilot, "after")
        assert " end" not in screen(pilot)
        await pilot.press("w")
        await sees(pilot, "word end")
        await pilot.press("T")
        await loses(pilot, "02:46:01")
        await pilot.press("n")
        assert view.current is not None
        assert view.current.text.startswith("ERROR")
        await pilot.press("Y")
        assert pilot.app.clipboard == view.current.text
        await notified(pilot, "the line")


async def test_the_life_before(fleet: World) -> None:
    async with running(fleet) as pilot:
        reader = await prepared(pilot, fleet)
        reader.logs_of[WEB, "app", True] = Log([(at(0), "panic: before")])
        missing = f'previous terminated container "app" in pod "{API}" not found'
        reader.logs_of[API, "app", True] = Log(refusal=Refused(400, "BadRequest", missing, "get", "pods/log"))
        await opened(pilot, "s")
        await sees(pilot, "api four")
        await pilot.press("p")
        await sees(pilot, "panic: before", "the life before")
        await loses(pilot, "api four")


async def test_who_may_not_read_logs_is_told_the_verb(fleet: World) -> None:
    async with running(fleet) as pilot:
        reader = await prepared(pilot, fleet)
        reader.refusals["get", "pods/log"] = forbidden("get", "pods/log", "flux-system")
        await opened(pilot)
        await sees(
            pilot, "logs may not be read", "jane may not get pods/log", "the verb get on pods/log in the namespace"
        )


async def test_who_may_not_list_pods_is_told_too(fleet: World) -> None:
    async with running(fleet) as pilot:
        reader = await prepared(pilot, fleet)
        reader.refusals["list", "pods"] = forbidden("list", "pods")
        await opened(pilot, "s")
        await sees(pilot, "its pods cannot be listed", "Ask for the verb list on pods")


async def test_nobody_and_nothing_are_told_apart(fleet: World) -> None:
    async with running(fleet) as pilot:
        reader = await prepared(pilot, fleet)
        reader.objects["", "pods"] = reader.objects["", "pods"][:1]
        reader.logs_of[CONTROLLER, "manager", False].lines = [(at(2), said("of another", "other"))]
        await opened(pilot)
        await sees(pilot, "kustomize-controller says nothing about it", "Among the last 1 lines", "`A` shows all")
        await pilot.press("s")
        await sees(pilot, "there is nobody who could say anything", "None of what it manages has a pod now")


async def test_escapes_and_markup_are_shown_and_never_obeyed(fleet: World) -> None:
    async with running(fleet) as pilot:
        reader = await prepared(pilot, fleet)
        reader.logs_of[WEB, "app", False] = Log(
            [(at(9), "[red]x[/red] \x1b[31mcolour\x1b[0m \x1b]0;title\x07 \u202eback")]
        )
        await opened(pilot, "s")
        await sees(pilot, "[red]x[/red] colour ␛]0;title␇ �back")
