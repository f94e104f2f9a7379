"""Two clusters side by side, and the tree as a diagram for other programs."""

import json

import pytest
from tests.screens.world import SMALL, WIDE, World, notified, running, screen, sees, type_filter, until
from textual.pilot import Pilot

from fluxtui.insight.compare import compare
from fluxtui.insight.graph import Graph
from fluxtui.screens.compare import CompareScreen
from fluxtui.screens.exporting import ExportScreen
from fluxtui.screens.resource import ResourceScreen
from fluxtui.screens.tree import TreeScreen


async def in_tree(pilot: Pilot[None], key: str) -> None:
    """The tree, and a key on its worst root cause."""
    await sees(pilot, "root causes")
    await pilot.press("2")
    await sees(pilot, "◀ root cause")
    tree = pilot.app.screen
    await until(pilot, lambda: tree.chosen() == ("prod-eu-1", "HelmRelease/cert-manager/cert-manager"))
    await pilot.press(key)


async def test_only_what_differs_is_listed_with_both_sides() -> None:
    world = World()
    async with running(world, WIDE) as pilot:
        await in_tree(pilot, "x")
        told = await sees(pilot, "compare · prod-eu-1 ↔ staging-1")
        store = pilot.app.desk.store
        found = compare(Graph(store.cluster("prod-eu-1")), Graph(store.cluster("staging-1")))
        assert f"{len(found.differing)} differences, {found.equal} alike" in told
        assert len(pilot.app.screen._rows) == len(found.differing)
        line = next(line for line in told.splitlines() if "hr cert-manager/cert-manager" in line)
        assert "✖ failed" in line and "● ready" in line


async def test_x_goes_on_s_swaps_and_escape_returns() -> None:
    async with running(World(), SMALL) as pilot:
        await in_tree(pilot, "x")
        await sees(pilot, "prod-eu-1 ↔ staging-1")
        await pilot.press("s")
        await sees(pilot, "staging-1 ↔ prod-eu-1")
        await pilot.press("s", "x")
        await sees(pilot, "prod-eu-1 ↔ prod-us-1", "cannot be", "nothing can be compared")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, TreeScreen))


async def test_a_filter_and_the_page_of_a_difference() -> None:
    async with running(World(), WIDE) as pilot:
        await in_tree(pilot, "x")
        await sees(pilot, "prod-eu-1 ↔ staging-1")
        await type_filter(pilot, "kind:hr status:failed")
        await sees(pilot, "hidden by filter")
        await pilot.press("enter")
        assert [each.id for each in pilot.app.screen._rows._differing] == ["HelmRelease/cert-manager/cert-manager"]
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ResourceScreen))
        await sees(pilot, "cert-manager/cert-manager", "prod-eu-1")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, CompareScreen))
        await pilot.press("t")
        await until(pilot, lambda: isinstance(pilot.app.screen, TreeScreen))


async def test_a_change_is_seen_with_the_next_tick() -> None:
    world = World()
    async with running(world, WIDE) as pilot:
        await in_tree(pilot, "x")
        await sees(pilot, "prod-eu-1 ↔ staging-1")
        count = len(pilot.app.screen._comparison.differing)
        world.remove("staging-1", "Kustomization/kyverno/infra-configs")
        world.tell()
        pilot.app.screen.tick()
        await until(pilot, lambda: len(pilot.app.screen._comparison.differing) >= count)
        ids = {each.id for each in pilot.app.screen._comparison.differing if each.right is None}
        assert "Kustomization/kyverno/infra-configs" in ids


async def test_a_single_cluster_has_nothing_to_be_compared_with() -> None:
    async with running(World("incident", ["prod-eu-1"]), SMALL) as pilot:
        await in_tree(pilot, "x")
        await sees(pilot, "no other cluster", "there is only one cluster")


@pytest.mark.parametrize(("key", "start"), [("m", "flowchart TD"), ("d", "digraph tree {"), ("j", "{")])
async def test_what_is_drawn_is_copied(key: str, start: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(World(), WIDE) as pilot:
        copied: list[str] = []
        monkeypatch.setattr(pilot.app, "copy_to_clipboard", copied.append)
        await in_tree(pilot, "e")
        await until(pilot, lambda: isinstance(pilot.app.screen, ExportScreen))
        await pilot.press(key)
        await until(pilot, lambda: copied)
        assert copied[0].startswith(start) and "cert-manager" in copied[0]
        assert "metrics-server" not in copied[0], "what is folded is not drawn"


async def test_a_file_is_written_once(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with running(World(), WIDE) as pilot:
        await in_tree(pilot, "e")
        await pilot.press("J")
        await notified(pilot, "fluxtui-dependencies.json")
        written = json.loads((tmp_path / "fluxtui-dependencies.json").read_text())
        assert len(written["nodes"]) == sum(
            1 for index in range(len(pilot.app.screen._outline)) if pilot.app.screen._outline.key(index)[1]
        ) - sum(1 for index in range(len(pilot.app.screen._outline)) if pilot.app.screen._outline.line(index) < 0)
        await pilot.press("e", "J")
        await notified(pilot, "exists")
        assert "levels" in screen(pilot)
