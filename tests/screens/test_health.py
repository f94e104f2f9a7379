"""Health: every control plane in one matrix, with what cannot be believed of it told before any key is pressed."""

from typing import Any

import pytest
from textual.pilot import Pilot

from fluxtui.screens.health import HealthScreen
from fluxtui.screens.plane import PlaneScreen
from fluxtui.screens.resource import ResourceScreen
from fluxtui.screens.resources import ResourcesScreen
from fluxtui.store.state import Phase
from fluxtui.widgets.virtual_table import VirtualTable

from .world import SMALL, WIDE, World, command, lines, loses, notified, running, screen, sees, type_filter, until

OPERATOR = ("FluxReport", "FluxInstance", "ResourceSet", "ResourceSetInputProvider")
REPORT = "FluxReport/flux-system/flux"


@pytest.fixture
def fleet() -> World:
    world = World("incident")
    if "legacy-1" in world.objects:
        world.phase("legacy-1", Phase.MISSING, "the server does not serve this kind", kinds=OPERATOR)
    return world


def row(pilot: Pilot[None], cluster: str) -> str:
    """The line of a cluster in the matrix."""
    return next(line for line in lines(pilot) if line[2:].lstrip(" ✖●?‖⊘◐–").startswith(f"{cluster} "))


def table(pilot: Pilot[None]) -> VirtualTable:
    return pilot.app.screen.query_one("#planes", VirtualTable)


async def select(pilot: Pilot[None], cluster: str) -> None:
    """Put the cursor on a cluster."""
    await until(pilot, lambda: table(pilot).source.index_of(cluster) is not None, f"a row of {cluster}")
    await pilot.press("home")
    for _ in range(len(table(pilot).source)):
        if table(pilot).cursor_key == cluster:
            return
        await pilot.press("down")
    assert table(pilot).cursor_key == cluster


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_a_reader_sees_every_control_plane_without_a_key(fleet: World, size: tuple[int, int]) -> None:
    async with running(fleet, size, command="health") as pilot:
        told = " ".join((await sees(pilot, "5 clusters", "CLUSTER", "odd ones: legacy-1")).split())
        assert "2 reports fresh, 1 stale, 1 computed by us, 1 not seen" in told
        assert "(odd ones: legacy-1, update-1)" in told
        assert "● 11/11" in row(pilot, "prod-eu-1") and "✖3 ◌37" in row(pilot, "prod-eu-1")
        assert "‖ 19m off" in row(pilot, "staging-1") and "≠" in row(pilot, "staging-1")
        assert "⊘ unreachable" in row(pilot, "prod-us-1")
        assert "2.9.4↓" in row(pilot, "update-1")
        assert "◇ computed" in row(pilot, "legacy-1")
        assert "disabled by annotation" in told, "the details of the worst are there already"


async def test_a_wide_terminal_has_bars_versions_and_the_controllers_beside(fleet: World) -> None:
    async with running(fleet, WIDE, command="health") as pilot:
        await select(pilot, "prod-eu-1")
        told = await sees(pilot, "KUSTOMIZATIONS", "HELMRELEASES", "OPERATOR", "RESTARTS", "helm-controller-shard1")
        assert "━╎∙∙∙× 37 ✖2" in row(pilot, "prod-eu-1")
        assert "0.58.0↓" in row(pilot, "update-1") and "1.35.4↓" in row(pilot, "update-1")
        assert "OOMKilled" in told and "3 restarts" in told
        assert "37 wait for a dependency (Kustomization 25, HelmRelease 11," in told


async def test_the_details_are_those_of_the_cluster_under_the_cursor(fleet: World) -> None:
    async with running(fleet, command="health") as pilot:
        await select(pilot, "legacy-1")
        told = await sees(pilot, "── legacy-1")
        assert "no FluxReport CRD" in told and "computed by us" in told
        await select(pilot, "update-1")
        await sees(pilot, "── update-1", "older), 2 clusters run 2.10.1")


async def test_a_report_turns_stale_by_time_alone(fleet: World) -> None:
    async with running(fleet, command="health") as pilot:
        await sees(pilot, "2 reports fresh")
        assert "● 14s" in row(pilot, "update-1")
        fleet.pass_time(600)
        pilot.app.screen.tick()  # type: ignore[attr-defined]
        await sees(pilot, "0 reports fresh, 3 stale")
        assert "? 10m stale" in row(pilot, "update-1")
        await select(pilot, "update-1")
        await sees(pilot, "its interval is 45s: stale since")


async def test_each_state_of_the_data_has_its_own_row(fleet: World) -> None:
    async with running(fleet, WIDE, command="health") as pilot:
        await sees(pilot, "2 reports fresh")
        fleet.phase("update-1", Phase.FORBIDDEN, "jane may not", kinds=["FluxReport"])
        fleet.remove("staging-1", REPORT)
        fleet.phase("prod-eu-1", Phase.STALE, "connection reset", contact=240)
        fleet.tell()
        await until(pilot, lambda: "⊘ forbidden" in row(pilot, "update-1"))
        assert "? no report" in row(pilot, "staging-1")
        assert "⊘ stale" in row(pilot, "prod-eu-1") and "was 107" in row(pilot, "prod-eu-1")
        await select(pilot, "update-1")
        await sees(pilot, "you may not list FluxReports (jane may not)")
        await select(pilot, "staging-1")
        await sees(pilot, "its CRD is installed, but there is no FluxReport")
        await select(pilot, "prod-eu-1")
        await sees(pilot, "the connection is lost: connection reset; what follows is 4m")


async def test_a_partial_report_shows_as_one(fleet: World) -> None:
    def cut(obj: dict[str, Any]) -> None:
        obj["spec"] = {"distribution": obj["spec"]["distribution"], "operator": obj["spec"]["operator"]}

    async with running(fleet, command="health") as pilot:
        await sees(pilot, "2 reports fresh")
        fleet.edit("update-1", REPORT, cut)
        fleet.tell()
        await until(pilot, lambda: "partial" in row(pilot, "update-1"))
        await select(pilot, "update-1")
        await sees(pilot, "the report is partial: cluster, components and reconcilers")


async def test_enter_opens_the_kinds_and_enter_again_their_objects(fleet: World) -> None:
    async with running(fleet, WIDE, command="health") as pilot:
        await select(pilot, "prod-eu-1")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, PlaneScreen))
        told = await sees(pilot, "REPORT R/F/S", "Kustomizations", "36/2/1")
        assert told.index("ResourceSetInputProviders") < told.index("Buckets"), "what is empty stands last"
        await pilot.press("f")
        await until(pilot, lambda: isinstance(pilot.app.screen, ResourcesScreen))
        await sees(pilot, 'cluster:"prod-eu-1" status:failed', "28 of 88")
        await pilot.press("3")
        await until(pilot, lambda: isinstance(pilot.app.screen, HealthScreen))
        await select(pilot, "prod-eu-1")
        await pilot.press("enter")
        await sees(pilot, "REPORT R/F/S")
        await pilot.press("down", "enter")
        await sees(pilot, "HelmReleases", "22 of")
        assert isinstance(pilot.app.screen, ResourcesScreen)


async def test_escape_leads_back_to_the_matrix_and_the_same_row(fleet: World) -> None:
    async with running(fleet, command="health") as pilot:
        await select(pilot, "update-1")
        await pilot.press("enter")
        await sees(pilot, "── update-1", "KIND")
        await pilot.press("escape")
        await sees(pilot, "CLUSTER", "5 clusters")
        assert table(pilot).cursor_key == "update-1" and table(pilot).has_focus


async def test_i_opens_the_instance_with_all_that_it_asks_for(fleet: World) -> None:
    async with running(fleet, WIDE, command="health") as pilot:
        await select(pilot, "prod-eu-1")
        await pilot.press("i")
        await until(pilot, lambda: isinstance(pilot.app.screen, ResourceScreen))
        told = await sees(pilot, "FluxInstance flux-system/flux", "patches 2", "sharding", "components", "history")
        for words in ("Flux 2.10.x", "shard1, shard2", "OCIRepository at latest-stable", "Deployment (kustomize|helm)"):
            assert words in told


async def test_a_cluster_without_an_instance_says_so(fleet: World) -> None:
    async with running(fleet, command="health") as pilot:
        await select(pilot, "legacy-1")
        await until(pilot, lambda: "instance" not in lines(pilot)[-1])
        await pilot.press("i")
        await notified(pilot, "legacy-1 has no FluxInstance")


async def test_z_gives_the_details_the_whole_screen(fleet: World) -> None:
    async with running(fleet, command="health") as pilot:
        await select(pilot, "prod-eu-1")
        assert "more lines: z" in screen(pilot)
        await pilot.press("z")
        await loses(pilot, "5 clusters")
        await pilot.press("z")
        told = await sees(pilot, "notification-controller", "source-watcher", "OCIRepository")
        assert "entitlement" not in told, "what had no room before has it now"
        await pilot.press("z")
        await sees(pilot, "5 clusters", "entitlement")


async def test_the_filter_hides_rows_and_counts_them(fleet: World) -> None:
    async with running(fleet, command="health") as pilot:
        await sees(pilot, "5 clusters")
        await type_filter(pilot, "cluster:prod*")
        told = await sees(pilot, "3 hidden by filter")
        assert "staging-1 " not in "".join(line for line in told.splitlines() if line.startswith("▌"))
        await pilot.press("enter", "escape")
        await loses(pilot, "hidden by filter")
        await type_filter(pilot, "nothing-like-this")
        await sees(pilot, "no cluster matches")


async def test_a_filter_that_is_not_known_here_says_what_is(fleet: World) -> None:
    async with running(fleet, WIDE, command="health") as pilot:
        await sees(pilot, "5 clusters")
        await type_filter(pilot, "ns:frontend")
        await sees(pilot, "only cluster:, status: and words")


async def test_the_scope_narrows_the_matrix(fleet: World) -> None:
    async with running(fleet, command="health") as pilot:
        await sees(pilot, "5 clusters")
        await command(pilot, "ctx update-1")
        await sees(pilot, "4 hidden by filter or scope")
        await pilot.press("0")
        await loses(pilot, "hidden by filter")


async def test_a_restart_of_a_controller_is_seen_at_once(fleet: World) -> None:
    def crash(obj: dict[str, Any]) -> None:
        (status,) = obj["status"]["containerStatuses"]
        status["restartCount"] = 7

    async with running(fleet, WIDE, command="health") as pilot:
        await sees(pilot, "RESTARTS")
        pod = next(
            known for known in fleet.objects["update-1"] if known.startswith("Pod/flux-system/source-controller")
        )
        fleet.edit("update-1", pod, crash)
        fleet.tell()
        await until(pilot, lambda: "↺ 7" in row(pilot, "update-1"))


async def test_nothing_is_told_before_a_cluster_answers() -> None:
    world = World("incident", ["update-1"])
    world.phase("update-1", Phase.LOADING, contact=0)
    async with running(world, command="health") as pilot:
        told = await sees(pilot, "1 cluster", "◐ loading")
        assert "still loading" in told and "reports fresh, 1 not seen" in told


async def test_without_contexts_the_reason_stands_in_place_of_the_matrix() -> None:
    world = World("", [])
    world.trouble = "no kubeconfig at /nowhere"
    async with running(world, command="health") as pilot:
        await sees(pilot, "no clusters to watch", "no kubeconfig at /nowhere")


async def test_text_of_a_report_is_never_markup(fleet: World) -> None:
    def taint(obj: dict[str, Any]) -> None:
        obj["spec"]["distribution"]["entitlement"] = "[red]Issued[/]\x1b[31m"

    async with running(fleet, WIDE, command="health") as pilot:
        await sees(pilot, "5 clusters")
        fleet.edit("update-1", REPORT, taint)
        fleet.tell()
        await select(pilot, "update-1")
        await sees(pilot, "[red]Issued[/]\\x1b[31m")
