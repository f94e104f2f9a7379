"""How the screens look: few pictures, telling ones. A change of looks is looked at, then accepted with one command::

    .venv/bin/pytest tests/screens/test_snapshots.py --snapshot-update

Read the pictures before you commit them: ``rsvg-convert snapshots/triage-80x24.svg -o /tmp/triage.png``. A test that
fails writes ``snapshot_report.html`` with both sides. The pictures are the same on every machine: the world's time
stands still, the simulated fleet has a seed, textual and rich are pinned, and nothing of the environment is seen
(``tests/conftest.py``). They are compared where the pinned versions are installed, and skipped elsewhere.
"""

import importlib.metadata
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from fluxtui.actions.rights import Rights
from fluxtui.app import FluxtuiApp
from fluxtui.kinds.table import KINDS
from fluxtui.kube.transport import Resource
from fluxtui.store.state import Phase
from fluxtui.widgets.virtual_table import VirtualTable

from .policing import Policed
from .test_engine import world_of_two
from .test_guardrails import ALLOWED, guarded, source
from .test_page_events import event
from .test_page_events import opened as opened_events
from .test_page_logs import opened as opened_logs
from .test_page_logs import prepared as prepared_logs
from .test_page_objects import ENTRIES, Server, deployment, pod
from .test_page_objects import opened as opened_objects
from .world import SMALL, WIDE, StillCluster, World, command, kustomization, lines, loses, sees, until

Act = Callable[[Pilot[None]], Awaitable[object]]


def _pins() -> dict[str, str]:
    pinned = (line.split("==") for line in (Path(__file__).parents[2] / "constraints.txt").read_text().splitlines())
    return {pair[0].strip().lower(): pair[1].strip() for pair in pinned if len(pair) == 2}


def _other_versions() -> str:
    pins = _pins()
    return ", ".join(
        f"{name} {found} instead of {pins[name]}"
        for name in ("textual", "rich")
        if (found := importlib.metadata.version(name)) != pins[name]
    )


pytestmark = pytest.mark.skipif(bool(_other_versions()), reason=f"pictures are of other versions: {_other_versions()}")


@dataclass(frozen=True)
class Picture:
    """What a picture is of: a world, a size, and what is done before it is taken, until ``shows`` is on screen."""

    shows: tuple[str, ...]
    size: tuple[int, int] = SMALL
    act: Act | None = None
    world: Callable[[], World] = World
    start: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)


def engine_down() -> World:
    """Two engines, one of which answers nothing and reports nothing."""
    return world_of_two(admission=0, reports=0)


def overlapping() -> World:
    """Two prefixes of which one begins like the other, a source of nobody, and a Bucket."""
    world = guarded(f"{ALLOWED} oci://ghcr.io/acme/d2-apps/")
    world.put("prod-eu-1", source("stranger", "https://elsewhere.example.com/x"))
    world.put("prod-eu-1", source("bucket", "", kind="Bucket", endpoint="s3.example.com", bucketName="b"))
    return world


def page(word: str) -> Act:
    """List what a command tells, then open the first of it."""

    async def act(pilot: Pilot[None]) -> None:
        await command(pilot, word)
        await sees(pilot, "▌ ✖ failed")
        await pilot.press("enter")

    return act


def keys(*pressed: str) -> Act:
    """Press keys once the first report is there."""

    async def act(pilot: Pilot[None]) -> None:
        await sees(pilot, *CAUSE)
        await pilot.press(*pressed)

    return act


def in_tree(*pressed: str) -> Act:
    """Open the tree, and press keys once it is drawn."""

    async def act(pilot: Pilot[None]) -> None:
        await command(pilot, "tree")
        await sees(pilot, *TREE)
        await pilot.press(*pressed)

    return act


def on_tab(key: str, *shows: str) -> Act:
    """Open the page of the root cause, and turn to a tab."""

    async def act(pilot: Pilot[None]) -> None:
        await sees(pilot, *CAUSE)
        await pilot.press("enter")
        await sees(pilot, "i Overview", "Conditions")
        await pilot.press(key)
        await sees(pilot, *shows)

    return act


async def acting(pilot: Pilot[None]) -> None:
    """The plan of a reconcile with its source."""
    await sees(pilot, *CAUSE)
    await pilot.press("R")
    await sees(pilot, "Act on HelmRelease cert-manager/cert-manager")
    await pilot.press("w")


async def reading_events(pilot: Pilot[None]) -> None:
    """The Events of an object: repeats together, a warning among them."""
    await opened_events(
        pilot,
        FLEETS[-1],
        event("1", "Reconciliation finished in 78ms, next run in 10m0s", at="02:40:00"),
        event("2", "Reconciliation finished in 120ms, next run in 10m0s", at="02:46:00"),
        event(
            "3", "kustomize build failed: no such file", warning=True, count=12, firstTimestamp="2026-03-21T02:17:00Z"
        ),
    )


async def reading_logs(pilot: Pilot[None]) -> None:
    """The controller's lines about an object."""
    await prepared_logs(pilot, FLEETS[-1])
    await opened_logs(pilot)


async def noted(pilot: Pilot[None]) -> None:
    """A handover with a finding."""
    await sees(pilot, *CAUSE)
    await pilot.press("H")
    await sees(pilot, "Hand over: ")
    await pilot.press(*"webhook", "enter")
    await loses(pilot, "Hand over: ")
    pilot.app.clear_notifications()
    await command(pilot, "handover")


async def bookmarked(pilot: Pilot[None]) -> None:
    """Two bookmarks: a page, and a list."""
    await sees(pilot, *CAUSE)
    await pilot.press("enter")
    await sees(pilot, "i Overview")
    await pilot.press("B")
    await command(pilot, "ks status:blocked")
    await sees(pilot, "filter status:blocked")
    await pilot.press("B")
    pilot.app.clear_notifications()
    await command(pilot, "bookmarks")


FLEETS: list[World] = []
"""The world of the picture that is taken: its cluster answers what a page asks."""


def delivering() -> World:
    """One object that fails and delivers what the tests of these tabs deliver."""
    world = World("", ["alpha"])
    apps = kustomization("frontend", "apps", ready=False)
    apps["status"]["inventory"] = {"entries": [{"id": each, "v": "v1"} for each in ENTRIES]}
    world.put("alpha", apps, kustomization("frontend", "child", ready=False))
    FLEETS[:] = [world]
    return world


async def reading_objects(pilot: Pilot[None]) -> None:
    """What an object manages: failed, missing, forbidden, progressing with its pods, and there."""
    server = Server()
    server.objects = {
        "deployments/frontend/site": deployment(),
        "configmaps/frontend/settings": {"metadata": {"name": "settings", "namespace": "frontend"}},
        "pods/frontend/site-1": pod("site-1", 12, crashing=True),
        "pods/frontend/site-2": pod("site-2", 0, crashing=False),
    }
    await opened_objects(pilot, FLEETS[-1], server)


def commanded(word: str) -> Act:
    """Give a command."""
    return lambda pilot: command(pilot, word)


def unreachable() -> World:
    world = World("incident")
    for name in world.objects:
        world.phase(name, Phase.UNREACHABLE, f"https://{name}.example:6443: connection refused", since=125, contact=0)
    return world


def forbidden() -> World:
    world = World("incident")
    for name in world.objects:
        told = "viewer may not list helmreleases.helm.toolkit.fluxcd.io at the cluster scope"
        world.phase(name, Phase.FORBIDDEN, told, kinds=["HelmRelease"])
    return world


def well() -> World:
    world = World("", ["staging-1", "prod-eu-1"])
    for name in world.objects:
        world.put(name, *(kustomization("apps", f"app-{number}") for number in range(20)))
    return world


def stale() -> World:
    world = World("incident")
    world.phase("prod-eu-1", Phase.STALE, "the connection was lost", since=240, contact=240)
    return world


CAUSE = ("HelmRelease cert-manager/cert-manager", "waits behind")
RELEASE = "hr name:cert-manager cluster:prod-eu-1"
TREE = ("cert-manager/cert-manager  ◀ root cause", "UpgradeFailed")
READY = ("nothing is wrong",)

POLICED = ("21 fails", "require-labels", "whoever is paged")


def in_policy(*pressed: str) -> Act:
    """Open the list of violations, and press keys once it is there."""

    async def act(pilot: Pilot[None]) -> None:
        await command(pilot, "policy")
        await sees(pilot, *POLICED)
        for key in pressed:
            await pilot.press(key)

    return act


def on_violation(*pressed: str) -> Act:
    """Open the page of a violation, and turn to a tab."""

    async def act(pilot: Pilot[None]) -> None:
        await command(pilot, "policy name:orders-worker rule:check-for-team cluster:prod-eu-1")
        await sees(pilot, "require-labels", "filter name:orders")
        await pilot.press("right", "j", "enter")
        await sees(pilot, "by Deployment backend/orders-worker", "i Overview")
        for number, key in enumerate(pressed):
            await pilot.press(key)
            if not number:
                await until(pilot, lambda: "on its way" not in "".join(lines(pilot)))
                await pilot.pause(0.1)

    return act


PICTURES: dict[str, Picture] = {
    "triage-80x24": Picture(CAUSE),
    "triage-160x48": Picture(CAUSE, WIDE),
    "changes-80x24": Picture(("in the last 30m", "cert-manager/infra", "known"), act=commanded("changes")),
    "changes-160x48": Picture(("in the last 30m", "cert-manager/infra", "known"), WIDE, act=commanded("changes")),
    "changes-before": Picture(("upstream, the likeliest", "▌   16m", "5 changes"), act=keys("W")),
    "suspended-80x24": Picture(("3 objects at rest", "managedFields"), act=commanded("suspended")),
    "suspended-160x48": Picture(("3 objects at rest", "managedFields"), WIDE, act=commanded("suspended")),
    "engine-80x24": Picture(("1 down, 1 ok",), SMALL, commanded("engine"), engine_down),
    "engine-160x48": Picture(("1 down, 1 ok",), WIDE, commanded("engine"), engine_down),
    "guardrails-80x24": Picture(("1 prefix overlaps", "5 sources"), SMALL, commanded("guardrails"), overlapping),
    "guardrails-160x48": Picture(("1 prefix overlaps", "1 source escapes"), WIDE, commanded("guardrails"), overlapping),
    "triage-light": Picture(CAUSE, start={"theme": "fluxtui-light"}),
    "triage-colorblind": Picture(CAUSE, start={"theme": "fluxtui-colorblind"}),
    "triage-mono": Picture(CAUSE, start={"theme": "fluxtui-mono"}),
    "triage-ascii": Picture(CAUSE, environment={"FLUXTUI_ASCII": "1"}),
    "triage-well": Picture(READY, world=well),
    "triage-unreachable": Picture(("no cluster can be read",), world=unreachable),
    "tree-80x24": Picture(TREE, act=commanded("tree")),
    "tree-160x48": Picture((*TREE, "layers"), WIDE, commanded("tree")),
    "tree-mono": Picture(TREE, act=commanded("tree"), start={"theme": "fluxtui-mono"}),
    "tree-ownership": Picture(("WHO APPLIES WHAT", "UpgradeFailed"), act=in_tree("v")),
    "tree-blast": Picture(("WHAT WAITS BEHIND IT", "layers"), WIDE, in_tree("r")),
    "policy-80x24": Picture(POLICED, act=commanded("policy"), world=Policed),
    "policy-160x48": Picture(
        ("Pod backend/redis-0", "next request"), WIDE, in_policy("j", "j", "asterisk", "j", "j"), Policed
    ),
    "policy-owner": Picture(("TENANT / OWNER", "not delivered by Flux"), act=in_policy("v", "right"), world=Policed),
    "policy-matrix": Picture(("staging", "m list"), act=in_policy("m"), world=Policed),
    "policy-light": Picture(POLICED, act=commanded("policy"), world=Policed, start={"theme": "fluxtui-light"}),
    "policy-mono": Picture(POLICED, act=in_policy("m"), world=Policed, start={"theme": "fluxtui-mono"}),
    "violation-80x24": Picture(("because", "medium"), act=on_violation()),
    "violation-160x48": Picture(("Refused requests",), WIDE, on_violation()),
    "violation-draft": Picture(("kind: PolicyException",), act=on_violation("x")),
    "health-80x24": Picture(("5 clusters", "odd ones:", "report off"), act=commanded("health")),
    "health-160x48": Picture(("5 clusters", "odd ones:", "report off"), WIDE, commanded("health")),
    "resources-80x24": Picture((" Kustomizations ", "✖ failed"), act=commanded("ks")),
    "resources-160x48": Picture((" Kustomizations ", "Ready=False"), WIDE, commanded("ks")),
    "resources-stale": Picture((" Kustomizations ", "prod-eu-1 stale"), WIDE, commanded("ks"), stale),
    "resources-filtered": Picture(("filter status:blocked",), act=commanded("ks status:blocked")),
    "resources-forbidden": Picture(("you may not see HelmReleases",), act=commanded("hr"), world=forbidden),
    "resources-empty": Picture(("no HelmReleases",), act=commanded("hr"), world=well),
    "page-why": Picture(("it is a root cause", "Blast radius"), act=on_tab("x")),
    "page-objects": Picture(("5 objects", "2 pods"), act=reading_objects, world=delivering),
    "page-history": Picture(("1.20.0",), act=on_tab("h")),
    "page-events": Picture(("BuildFailed",), act=reading_events, world=delivering),
    "page-logs": Picture(("it broke",), act=reading_logs, world=delivering),
    "page-yaml": Picture(("apiVersion",), act=on_tab("y", "apiVersion")),
    "kinds-pods": Picture((" Pods ",), act=commanded("pods ns:frontend")),
    "plan": Picture(("PATCH",), act=acting),
    "journal": Picture(("nothing was done yet",), act=commanded("journal")),
    "bookmarks": Picture(("2 bookmarks",), act=bookmarked),
    "handover": Picture(("1 finding", "webhook"), act=noted, environment={"USER": "carla", "LOGNAME": "carla"}),
    "kiosk": Picture(("5 root causes", "02:48 UTC"), start={"kiosk": True, "every": 600.0}),
    "page-80x24": Picture(("Conditions",), act=page(RELEASE)),
    "page-light": Picture(("Conditions",), act=page(RELEASE), start={"theme": "fluxtui-light"}),
    "page-160x48": Picture(("Conditions",), WIDE, page(RELEASE)),
    "contexts-80x24": Picture(("5 of 5 watched",), act=commanded("ctx")),
    "keys-80x24": Picture(("Keys that work here",), act=keys("question_mark")),
    "commands-80x24": Picture(("kustomizations",), act=keys("colon", "k")),
}


def _served(_: object, kind: str) -> Resource | None:
    known = KINDS.get(kind)
    return Resource(known.group, known.versions[0], known.plural, known.namespaced) if known is not None else None


async def _nothing_missing(_: object, needs: object) -> dict[object, str]:
    return {}


def _governed(app: FluxtuiApp) -> bool:
    """Whether all is known of policy, as far as the clusters tell."""
    found = app.desk.guard.picture
    return found is not None and all(each.settled for each in found.coverage)


@pytest.mark.parametrize("name", PICTURES)
def test_picture(name: str, snap: Callable[..., bool], monkeypatch: pytest.MonkeyPatch) -> None:
    picture = PICTURES[name]
    monkeypatch.setenv("XDG_STATE_HOME", "/nowhere/state")
    monkeypatch.setattr(StillCluster, "resource", _served)
    monkeypatch.setattr(Rights, "missing", _nothing_missing)
    for variable, value in picture.environment.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setattr(Input, "cursor_blink", False)
    monkeypatch.setattr("fluxtui.screens.guard.REST", 0.05)
    world = picture.world()
    app = world.app(**picture.start)

    async def ready(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: world.fleet.started)
        await until(pilot, lambda: _governed(app), "policy to be known")
        if picture.act is not None:
            await picture.act(pilot)
        await sees(pilot, *picture.shows)
        before: list[str] = []
        while before != (before := lines(pilot)):  # until nothing more comes of it
            await pilot.pause()
        for table in app.screen.query(VirtualTable):  # whose thumb may lag behind by less than one sees
            table.vertical_scrollbar.position = table.scroll_y

    assert snap(app, terminal_size=picture.size, run_before=ready)


def test_no_picture_is_left_over(pytestconfig: pytest.Config) -> None:
    if pytestconfig.getoption("update_snapshots"):
        pytest.skip("they are written when all tests are done")
    folder = Path(__file__).parents[2] / "snapshots"
    assert {path.stem for path in folder.glob("*.svg")} == set(PICTURES)
