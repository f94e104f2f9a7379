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

from fluxtui.store.state import Phase
from fluxtui.widgets.virtual_table import VirtualTable

from .world import SMALL, WIDE, World, command, kustomization, lines, sees, until

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

PICTURES: dict[str, Picture] = {
    "triage-80x24": Picture(CAUSE),
    "triage-160x48": Picture(CAUSE, WIDE),
    "changes-80x24": Picture(("in the last 30m", "cert-manager/infra"), act=commanded("changes")),
    "changes-160x48": Picture(("in the last 30m", "cert-manager/infra"), WIDE, act=commanded("changes")),
    "changes-before": Picture(("upstream, the likeliest", "▌   16m", "reached 4 objects"), act=keys("W")),
    "suspended-80x24": Picture(("3 objects at rest", "managedFields"), act=commanded("suspended")),
    "suspended-160x48": Picture(("3 objects at rest", "managedFields"), WIDE, act=commanded("suspended")),
    "triage-light": Picture(CAUSE, start={"theme": "fluxtui-light"}),
    "triage-colorblind": Picture(CAUSE, start={"theme": "fluxtui-colorblind"}),
    "triage-mono": Picture(CAUSE, start={"theme": "fluxtui-mono"}),
    "triage-ascii": Picture(CAUSE, environment={"FLUXTUI_ASCII": "1"}),
    "triage-well": Picture(READY, world=well),
    "triage-unreachable": Picture(("no cluster can be read",), world=unreachable),
    "tree-80x24": Picture(TREE, act=commanded("tree")),
    "tree-160x48": Picture(TREE, WIDE, commanded("tree")),
    "tree-mono": Picture(TREE, act=commanded("tree"), start={"theme": "fluxtui-mono"}),
    "tree-ownership": Picture(("WHO APPLIES WHAT", "UpgradeFailed"), act=in_tree("v")),
    "tree-blast": Picture(("WHAT WAITS BEHIND IT",), WIDE, in_tree("r")),
    "health-80x24": Picture(("5 clusters", "odd ones:", "report off"), act=commanded("health")),
    "health-160x48": Picture(("5 clusters", "odd ones:", "report off"), WIDE, commanded("health")),
    "resources-80x24": Picture((" Kustomizations ", "✖ failed"), act=commanded("ks")),
    "resources-160x48": Picture((" Kustomizations ", "Ready=False"), WIDE, commanded("ks")),
    "resources-stale": Picture((" Kustomizations ", "prod-eu-1 stale"), WIDE, commanded("ks"), stale),
    "resources-filtered": Picture(("filter status:blocked",), act=commanded("ks status:blocked")),
    "resources-forbidden": Picture(("you may not see HelmReleases",), act=commanded("hr"), world=forbidden),
    "resources-empty": Picture(("no HelmReleases",), act=commanded("hr"), world=well),
    "page-80x24": Picture(("Conditions",), act=page(RELEASE)),
    "page-light": Picture(("Conditions",), act=page(RELEASE), start={"theme": "fluxtui-light"}),
    "page-160x48": Picture(("Conditions",), WIDE, page(RELEASE)),
    "contexts-80x24": Picture(("5 of 5 watched",), act=commanded("ctx")),
    "keys-80x24": Picture(("Keys that work here",), act=keys("question_mark")),
    "commands-80x24": Picture(("kustomizations",), act=keys("colon", "k")),
}


@pytest.mark.parametrize("name", PICTURES)
def test_picture(name: str, snap: Callable[..., bool], monkeypatch: pytest.MonkeyPatch) -> None:
    picture = PICTURES[name]
    for variable, value in picture.environment.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setattr(Input, "cursor_blink", False)
    world = picture.world()
    app = world.app(**picture.start)

    async def ready(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: world.fleet.started)
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
