"""The tree screen: what it opens with, its keys, and that it says what Triage says."""

import re

import pytest
from tests.screens.world import (
    SMALL,
    WIDE,
    Counter,
    World,
    command,
    kustomization,
    lines,
    loses,
    notified,
    running,
    screen,
    sees,
    type_filter,
    until,
)
from textual.pilot import Pilot

from fluxtui.screens.resource import ResourceScreen
from fluxtui.screens.tree import TreeScreen
from fluxtui.screens.triage import TriageScreen
from fluxtui.store.state import Phase

CERT_MANAGER = ("prod-eu-1", "HelmRelease/cert-manager/cert-manager")


@pytest.fixture
def incident() -> World:
    return World()


async def opened(pilot: Pilot[None]) -> TreeScreen:
    """The tree, with Triage's causes marked and everybody counted."""
    await sees(pilot, "root causes")
    await pilot.press("2")
    await sees(pilot, "◀ root cause", "levels")
    assert isinstance(pilot.app.screen, TreeScreen)
    tree = pilot.app.screen
    await until(pilot, lambda: tree._rows.waiting and tree._placed, "the numbers")
    return tree


def under_cursor(pilot: Pilot[None]) -> str:
    return next((line for line in lines(pilot) if line.startswith("▌")), "")


async def test_it_opens_on_the_root_cause_with_the_way_to_it_and_no_healthy_branch(incident: World) -> None:
    async with running(incident, SMALL) as pilot:
        tree = await opened(pilot)
        await until(pilot, lambda: "cert-manager/infra-controllers" in screen(pilot), "the way to the cause")
        assert tree.chosen() == CERT_MANAGER
        assert "✖ hr cert-manager/cert-manager  ◀ root cause" in under_cursor(pilot)
        told = screen(pilot)
        assert "path" in told and "unfolded" in told and re.search(r"\d+ healthy\s+folded", told)
        outline = tree._outline
        for index in range(len(outline)):
            node = outline.node(index)
            assert outline.forest.troubled(node) or outline.line(index) < 0 or outline.forest.parent[node] < 0
        assert "UpgradeFailed  Helm upgrade failed" in told, "the evidence is on the same screen"


async def test_who_waits_is_who_waits_in_triage(incident: World) -> None:
    async with running(incident, WIDE) as pilot:
        tree = await opened(pilot)
        report = pilot.app.desk.report
        causes = {cause.members[0]: cause for cause in report.problems if len(cause.members) == 1}
        assert CERT_MANAGER in causes
        for member, cause in causes.items():
            if member in tree._forest.numbers:
                assert tree._rows.waiting.get(member, 0) == len(cause.blocked)
        await pilot.press("r")
        told = await sees(pilot, "blast radius of HelmRelease cert-manager/cert-manager")
        assert f"{len(causes[CERT_MANAGER].blocked)} objects" in told
        assert set(tree._forest.keys) == {CERT_MANAGER, *causes[CERT_MANAGER].blocked}
        assert ", ".join(causes[CERT_MANAGER].tenants) in told


async def test_escape_returns_from_the_blast_radius_to_the_line_it_was_asked_from(incident: World) -> None:
    async with running(incident, SMALL) as pilot:
        tree = await opened(pilot)
        await pilot.press("down", "down")
        held = tree.chosen()
        await pilot.press("r")
        await sees(pilot, "blast radius of", "back to the tree")
        await pilot.press("escape")
        await sees(pilot, "dependencies ·")
        assert tree.chosen() == held
        await pilot.press("r", "r")
        await sees(pilot, "dependencies ·")


async def test_n_goes_from_cause_to_cause_and_round(incident: World) -> None:
    async with running(incident, SMALL) as pilot:
        tree = await opened(pilot)
        causes = {tree._forest.keys[node] for node in tree._forest.causes}
        seen = [tree.chosen()]
        for _ in range(len(causes)):
            await pilot.press("n")
            assert "◀ root cause" in under_cursor(pilot)
            seen.append(tree.chosen())
        assert set(seen) == causes and seen[0] == seen[-1]
        await pilot.press("N")
        assert tree.chosen() == seen[-2]


async def test_v_goes_through_the_views_and_keeps_the_object(incident: World) -> None:
    async with running(incident, WIDE) as pilot:
        tree = await opened(pilot)
        for view in ("ownership", "sources", "dependencies"):
            await pilot.press("v")
            await sees(pilot, f"{view} · all clusters", f"view: {view}")
            await until(pilot, lambda: tree.chosen() == CERT_MANAGER, "the same object")


async def test_folding_by_keys(incident: World) -> None:
    async with running(incident, SMALL) as pilot:
        tree = await opened(pilot)
        count = len(tree._outline)
        await pilot.press("space")
        await until(pilot, lambda: re.search(r"▸ ◌ \d+", under_cursor(pilot)), "what is folded")
        assert len(tree._outline) < count
        await pilot.press("right")
        assert len(tree._outline) == count
        await pilot.press("right")
        assert tree.chosen() != CERT_MANAGER, "into what is unfolded already"
        await pilot.press("left", "left")
        assert tree.chosen() == CERT_MANAGER
        await pilot.press("left", "left")
        assert tree.chosen() == ("prod-eu-1", "Kustomization/cert-manager/infra-controllers")
        await pilot.press("E")
        await sees(pilot, "everything unfolded")
        await pilot.press("C")
        await sees(pilot, "healthy")
        assert len(tree._outline) == count


async def test_a_reference_leads_to_where_the_object_is_drawn(incident: World) -> None:
    async with running(incident, WIDE) as pilot:
        tree = await opened(pilot)
        at = next(index for index in range(len(tree._outline)) if tree._outline.line(index) < 0)
        target = tree._forest.keys[tree._outline.node(at)]
        tree._table.move_cursor(at)
        await until(pilot, lambda: "↗" in under_cursor(pilot) and "shown" in under_cursor(pilot), "a reference")
        await pilot.press("enter")
        assert tree._table.cursor_key == target
        assert tree._table.cursor_index != at


async def test_enter_opens_the_page_and_escape_returns(incident: World) -> None:
    async with running(incident, SMALL) as pilot:
        tree = await opened(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ResourceScreen))
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is tree)
        assert tree.chosen() == CERT_MANAGER


@pytest.mark.parametrize("keys", [("t",), ("enter", "t")])
async def test_t_shows_an_object_of_another_screen_in_the_tree(incident: World, keys: tuple[str, ...]) -> None:
    async with running(incident, WIDE) as pilot:
        await sees(pilot, "root causes")
        await command(pilot, "hr ns:monitoring")
        await sees(pilot, "metrics-server")
        await pilot.press("down")
        wanted = pilot.app.screen.chosen()
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        await until(pilot, lambda: isinstance(pilot.app.screen, TreeScreen), "the tree")
        tree = pilot.app.screen
        await until(pilot, lambda: tree.chosen() == wanted, "the object")
        assert tree._outline.index_of(wanted) is not None
        siblings = [key for key in tree._outline._kept if key != wanted]
        assert all(
            tree._forest.numbers[key] in list(tree._forest.ancestors(tree._forest.numbers[wanted])) for key in siblings
        )


async def test_triage_s_cause_is_found_by_t(incident: World) -> None:
    async with running(incident, SMALL) as pilot:
        await sees(pilot, "cert-manager")
        assert isinstance(pilot.app.screen, TriageScreen)
        await pilot.press("down", "t")
        await until(pilot, lambda: isinstance(pilot.app.screen, TreeScreen) and pilot.app.screen.chosen(), "the tree")
        await until(pilot, lambda: "◀ root cause" in under_cursor(pilot), "the cause")


@pytest.mark.parametrize(
    "text",
    [
        "tree hr cert-manager/cert-manager",
        "tree HelmRelease/cert-manager/cert-manager",
        "tree cert-manager/cert-manager",
    ],
)
async def test_the_command_names_an_object(incident: World, text: str) -> None:
    async with running(incident, SMALL) as pilot:
        await sees(pilot, "root causes")
        await command(pilot, text)
        await until(
            pilot, lambda: isinstance(pilot.app.screen, TreeScreen) and pilot.app.screen.chosen() == CERT_MANAGER
        )


async def test_the_command_names_a_cluster_or_filters(incident: World) -> None:
    async with running(incident, WIDE) as pilot:
        await sees(pilot, "root causes")
        await command(pilot, "tree staging-1")
        await sees(pilot, "dependencies · staging-1 ·")
        assert "◆" not in screen(pilot), "a single cluster needs no line of its own"
        await pilot.press("0")
        await sees(pilot, "dependencies · all clusters", "◆ staging-1")
        await command(pilot, "tree status:failed")
        told = await sees(pilot, "filter status:failed hides")
        assert "backend/apps" in told


async def test_a_filter_leaves_what_passes_and_the_way_to_it(incident: World) -> None:
    async with running(incident, WIDE) as pilot:
        tree = await opened(pilot)
        await type_filter(pilot, "metrics-server kind:hr")
        await sees(pilot, "hides", "monitoring/metrics-server")
        await pilot.press("enter")
        passing = [node for node in range(len(tree._forest)) if tree._outline.accepted(node)]
        names = {tree._forest.keys[node][1] for node in passing}
        assert names and all(re.fullmatch(r"HelmRelease/.*metrics-server", name) for name in names)
        above = {node for one in passing for node in tree._forest.ancestors(one)}
        assert {tree._outline.node(index) for index in range(len(tree._outline))} == above | set(passing)
        await pilot.press("escape")
        await loses(pilot, "hides")


async def test_a_namespace_narrows_the_tree(incident: World) -> None:
    async with running(incident, WIDE) as pilot:
        tree = await opened(pilot)
        await command(pilot, "ns monitoring")
        await sees(pilot, "ns monitoring", "hides")
        accepted = {tree._forest.keys[node][1] for node in range(len(tree._forest)) if tree._outline.accepted(node)}
        assert accepted and all(identity.split("/")[1] == "monitoring" for identity in accepted)


async def test_longest_and_most_waited_for_are_told_until_escape(incident: World) -> None:
    async with running(incident, WIDE) as pilot:
        tree = await opened(pilot)
        await pilot.press("l")
        told = await sees(pilot, "longest chain ·")
        assert f"{tree._forest.levels} levels" in told
        assert all(tree._outline.index_of(tree._forest.keys[node]) is not None for node in tree._forest.longest_chain())
        await pilot.press("escape")
        await loses(pilot, "longest chain ·")
        await pilot.press("m")
        told = await sees(pilot, "most waited for")
        most = max(count for key, count in tree._rows.waiting.items() if key in tree._forest.numbers)
        assert f"{most} wait" in told and tree._rows.waiting[tree.chosen()] == most


async def test_what_if_counts_and_sends_nothing(incident: World) -> None:
    async with running(incident, WIDE) as pilot:
        tree = await opened(pilot)
        tree._go_to(("prod-eu-1", "Kustomization/monitoring/infra-controllers"))
        await pilot.press("w")
        told = await sees(pilot, "what if · Kustomization monitoring/infra-controllers failed", "nothing is sent")
        assert f"{len(tree._what_if.stopped)} object" in told and tree._what_if.stopped
        assert "✗ would stop" in told and "? what if failed" in told
        await pilot.press("w")
        await sees(pilot, "were suspended", "? what if suspended")
        await pilot.press("w")
        await loses(pilot, "nothing is sent")
        assert "✗ would stop" not in screen(pilot)


async def test_a_status_repaints_lines_and_plants_nothing(incident: World) -> None:
    async with running(incident, WIDE) as pilot:
        tree = await opened(pilot)
        planted = Counter().on(tree, "_planted")
        renewed = Counter().on(tree._outline, "renew")
        incident.edit("prod-eu-1", CERT_MANAGER[1], lambda obj: obj["status"]["conditions"][0].update(message="again"))
        incident.tell()
        await pilot.pause()
        assert not planted and not renewed
        await pilot.press("down", "up", "pagedown", "pageup")
        assert not planted and not renewed, "moving walks nothing"


async def test_another_structure_is_drawn_soon(incident: World) -> None:
    async with running(incident, WIDE) as pilot:
        tree = await opened(pilot)
        incident.put(
            "update-1", kustomization("flux-system", "brand-new", ready=False, dependsOn=[{"name": "nowhere"}])
        )
        incident.tell()
        await until(
            pilot, lambda: tree._outline.reveal(("update-1", "Kustomization/flux-system/brand-new")), "a new tree"
        )
        tree._go_to(("update-1", "Kustomization/flux-system/brand-new"))
        told = await sees(pilot, "flux-system/brand-new")
        assert "flux-system/nowhere" in told and "does not exist" in told


async def test_a_circle_is_shown_as_such(incident: World) -> None:
    async with running(incident, WIDE) as pilot:
        tree = await opened(pilot)
        one = kustomization("team", "one", ready=False, dependsOn=[{"name": "two"}])
        two = kustomization("team", "two", ready=False, dependsOn=[{"name": "one"}])
        incident.put("update-1", one, two)
        incident.tell()
        await until(pilot, lambda: tree._outline.reveal(("update-1", "Kustomization/team/two")), "a new tree")
        tree._go_to(("update-1", "Kustomization/team/two"))
        await sees(pilot, "team/two", "⟲ ks team/one waits for itself through team/two")


async def test_what_is_not_current_is_grey_and_says_how_old(incident: World) -> None:
    incident.phase("staging-1", Phase.STALE, "connection lost", since=300, contact=300)
    async with running(incident, WIDE) as pilot:
        tree = await opened(pilot)
        await sees(pilot, "staging-1 stale 5m")
        tree._table.move_to(("prod-us-1", ""))
        await sees(pilot, "◆ prod-us-1  ⊘ unreachable for 2m")
        tree._go_to(("staging-1", "OCIRepository/backend/apps"))
        await until(pilot, lambda: "data is 5m old" in under_cursor(pilot), "the age of the data")


async def test_kinds_that_may_not_be_seen_are_told_with_the_edges_that_cannot_be_judged(incident: World) -> None:
    incident.phase("prod-eu-1", Phase.FORBIDDEN, "forbidden", kinds=("OCIRepository",))
    async with running(incident, WIDE) as pilot:
        await opened(pilot)
        told = "edges to OCIRepository cannot be judged: forbidden"
        await until(pilot, lambda: told in " ".join(screen(pilot).split()), told)


@pytest.mark.parametrize(
    ("phase", "told"),
    [
        (Phase.LOADING, "the tree grows"),
        (Phase.UNREACHABLE, "no data to draw a tree of"),
        (Phase.FORBIDDEN, "you may not see Flux objects here"),
        (Phase.FRESH, "no Flux objects"),
    ],
)
async def test_an_empty_tree_says_why(phase: Phase, told: str) -> None:
    world = World("", ["lone"])
    world.phase("lone", phase, "because", contact=0)
    async with running(world, SMALL) as pilot:
        await pilot.press("2")
        await sees(pilot, told)


async def test_a_filter_that_hides_all_says_so(incident: World) -> None:
    async with running(incident, SMALL) as pilot:
        await opened(pilot)
        await type_filter(pilot, "name:nothing-like-this")
        await sees(pilot, "nothing matches", "hides all")


async def test_an_object_without_a_page_is_not_opened(incident: World) -> None:
    async with running(incident, WIDE) as pilot:
        tree = await opened(pilot)
        incident.put("update-1", kustomization("team", "lost", ready=False, dependsOn=[{"name": "nowhere"}]))
        incident.tell()
        missing = ("update-1", "Kustomization/team/nowhere")
        await until(pilot, lambda: tree._outline.reveal(missing), "a new tree")
        tree._go_to(missing)
        await sees(pilot, "team/nowhere")
        await pilot.press("enter")
        await notified(pilot, "not held")


async def test_a_wide_terminal_tells_the_edges_both_ways_and_the_layers(incident: World) -> None:
    async with running(incident, WIDE) as pilot:
        await opened(pilot)
        told = await sees(pilot, "waits for", "waited for by", "applied by", "layers", "─ready→", "─source→")
        assert "stuck here" in told
