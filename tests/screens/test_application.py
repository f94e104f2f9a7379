"""The screen of an application: what deploys with an object, live, from any list; what cannot be asked is told."""

from typing import Any

import pytest
from textual.pilot import Pilot

from fluxtui.kube.answers import Forbidden
from fluxtui.kube.served import Offer
from fluxtui.screens.application import ApplicationScreen
from fluxtui.screens.resource import ResourceScreen
from fluxtui.store.state import Phase

from .server import METRICS, OFFER, Server, deployment, pod
from .world import (
    SMALL,
    WIDE,
    World,
    command,
    kustomization,
    loses,
    notified,
    running,
    sees,
    type_filter,
    until,
)

APPS = "Kustomization/frontend/apps"
ENTRIES = [
    "frontend_site_apps_Deployment",
    "frontend_settings__ConfigMap",
    "frontend_more__ConfigMap",
    "frontend_child_kustomize.toolkit.fluxcd.io_Kustomization",
]


@pytest.fixture
def server() -> Server:
    held = Server()
    held.objects = {
        "deployments/frontend/site": deployment(),
        "configmaps/frontend/settings": {"metadata": {"name": "settings", "namespace": "frontend"}},
        "configmaps/frontend/more": {"metadata": {"name": "more", "namespace": "frontend"}},
        "pods/frontend/site-1": pod("site-1", 12, crashing=True),
        "pods/frontend/site-2": pod("site-2", 0, crashing=False),
    }
    return held


def with_inventory(entries: list[str], **more: Any) -> dict[str, Any]:
    apps = kustomization("frontend", "apps", **more)
    apps["status"]["inventory"] = {"entries": [{"id": each, "v": "v1"} for each in entries]}
    return apps


@pytest.fixture
def fleet() -> World:
    world = World("", ["alpha"])
    world.put("alpha", with_inventory(ENTRIES), kustomization("frontend", "child"))
    return world


async def opened(pilot: Pilot[None], fleet: World, server: Server) -> None:
    """The application under the cursor of a list, on a cluster whose reader is the server of the test."""
    cluster: Any = fleet.fleet.clusters["alpha"]
    cluster.reader, cluster.offering = server, server
    await command(pilot, "ks name:apps")
    await sees(pilot, "filter name:apps", "frontend")
    await pilot.press("T")
    await until(pilot, lambda: isinstance(pilot.app.screen, ApplicationScreen))


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_the_answer_stands_first_and_what_is_not_well_is_unfolded(
    fleet: World, server: Server, size: tuple[int, int]
) -> None:
    async with running(fleet, size) as pilot:
        await opened(pilot, fleet, server)
        told = await sees(pilot, "alpha frontend/apps: 4 of 5 healthy", "site-1", "CrashLoopBackOff")
        rows = told.splitlines()
        assert "Deployment/frontend/site is not ready" in " ".join(told.split())
        (workload,) = [row for row in rows if " Deployment site " in row]
        assert "1/2" in workload and "12" in workload and "progressing" in workload
        assert "settings" not in told  # what is healthy is counted
        assert "▸ 3 ready" in told
        assert "no metrics-server here" in " ".join(told.split())


async def test_what_is_healthy_shows_one_level_with_the_other_kinds_counted(fleet: World, server: Server) -> None:
    server.objects |= {
        "deployments/frontend/site": deployment(ready=2),
        "pods/frontend/site-1": pod("site-1", 0, crashing=False),
    }
    async with running(fleet) as pilot:
        await opened(pilot, fleet, server)
        told = await sees(pilot, "all 5 healthy", "ConfigMap × 2", "Deployment site", "▸ 2 ready")
        assert "site-1" not in told and "settings" not in told
        await pilot.press("G", "space")
        await sees(pilot, "settings", "more")


async def test_usage_stands_beside_each_and_what_is_close_to_its_limit_in_the_sentence(
    fleet: World, server: Server
) -> None:
    server.offer = Offer([*OFFER.all, METRICS])
    used = {"name": "app", "usage": {"cpu": "120m", "memory": "122Mi"}}
    server.objects["metrics/frontend/site-2"] = {"metadata": {"name": "site-2"}, "containers": [used]}
    async with running(fleet, WIDE) as pilot:
        await opened(pilot, fleet, server)
        told = await sees(pilot, "memory 95 % of limit in", "122Mi 95%", "120m cpu, 122Mi in 1 pod")
        assert "no metrics-server" not in told
        (row,) = [line for line in told.splitlines() if "└ ● Pod site-2" in line or "├ ● Pod site-2" in line]
        assert "122Mi 95%" in row


async def test_what_may_not_be_asked_is_told_in_its_branch(fleet: World, server: Server) -> None:
    server.objects["pods"] = Forbidden(403, "Forbidden", "no", "list", "pods")
    async with running(fleet, WIDE) as pilot:
        await opened(pilot, fleet, server)
        await sees(pilot, "its pods are not known: cannot list pods: no (403)", "4 of 5 healthy")


async def test_an_owner_that_cannot_be_read_says_why(fleet: World, server: Server) -> None:
    fleet.refusals[APPS] = Forbidden(403, "Forbidden", "no", "get", "kustomizations")
    async with running(fleet, WIDE) as pilot:
        await opened(pilot, fleet, server)
        await sees(pilot, "what it manages", "cannot get kustomizations: no (403)")


async def test_statuses_and_what_is_applied_follow_the_store(fleet: World, server: Server) -> None:
    async with running(fleet, WIDE) as pilot:
        await opened(pilot, fleet, server)
        await sees(pilot, "4 of 5 healthy")
        fleet.put("alpha", kustomization("frontend", "child", ready=False))
        fleet.tell()
        await sees(pilot, "3 of 5 healthy", "Kustomization child  failed")
        fleet.put("alpha", with_inventory([*ENTRIES, "frontend_third__ConfigMap"]))
        fleet.tell()
        await sees(pilot, "of 6 healthy", "third  missing")


async def test_nothing_is_asked_while_nobody_looks_and_again_when_somebody_comes_back(
    fleet: World, server: Server
) -> None:
    async with running(fleet, WIDE) as pilot:
        await opened(pilot, fleet, server)
        await sees(pilot, "asked 0s ago")
        await pilot.press("1")
        await until(pilot, lambda: not isinstance(pilot.app.screen, ApplicationScreen))
        fleet.put("alpha", kustomization("frontend", "child", ready=False))
        fleet.tell()
        server.asked.clear()
        await pilot.pause()
        assert server.asked == []
        await pilot.press("minus")
        await sees(pilot, "Kustomization child  failed")


async def test_enter_opens_any_object_and_l_its_logs(fleet: World, server: Server) -> None:
    async with running(fleet, WIDE) as pilot:
        await opened(pilot, fleet, server)
        await sees(pilot, "CrashLoopBackOff")
        await pilot.press("n", "n")
        await until(pilot, lambda: at_pod(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ResourceScreen))
        await sees(pilot, "Pod frontend/site-1  alpha")
        await pilot.press("escape")
        await sees(pilot, "4 of 5 healthy")
        await pilot.press("l")
        await until(pilot, lambda: isinstance(pilot.app.screen, ResourceScreen))
        assert pilot.app.screen.place().tab == "logs"  # type: ignore[attr-defined]


def at_pod(pilot: Pilot[None]) -> bool:
    """Whether the cursor stands on a pod that crashes."""
    held = pilot.app.screen
    return isinstance(held, ApplicationScreen) and held.chosen() == ("alpha", "Pod/frontend/site-1")


async def test_escape_leads_back_to_the_list_it_was_asked_from(fleet: World, server: Server) -> None:
    async with running(fleet) as pilot:
        await opened(pilot, fleet, server)
        await sees(pilot, "4 of 5 healthy")
        await pilot.press("escape")
        await sees(pilot, "filter name:apps")


async def test_the_command_names_it_in_every_cluster_that_has_it(server: Server) -> None:
    fleet = World("", ["alpha", "beta"])
    for name in ("alpha", "beta"):
        fleet.put(name, with_inventory(ENTRIES[:1]))
    async with running(fleet, WIDE) as pilot:
        for each in fleet.fleet.clusters.values():
            cluster: Any = each
            cluster.reader, cluster.offering = server, server
        await command(pilot, "app frontend/apps")
        await sees(pilot, "alpha, beta frontend/apps: 2 of 4 healthy", "apps  alpha", "apps  beta")
        await command(pilot, "app beta/ks/frontend/apps")
        await sees(pilot, "beta frontend/apps: 1 of 2 healthy")
        await command(pilot, "app frontend/aps")
        await sees(pilot, "did you mean frontend/apps?")


async def test_a_cluster_that_cannot_tell_may_have_it_too(server: Server) -> None:
    fleet = World("", ["alpha", "beta"])
    fleet.put("alpha", with_inventory(ENTRIES[:1]))
    fleet.phase("beta", Phase.UNREACHABLE, "connection refused", contact=0)
    async with running(fleet, WIDE) as pilot:
        cluster: Any = fleet.fleet.clusters["alpha"]
        cluster.reader, cluster.offering = server, server
        await command(pilot, "app alpha/ks/frontend/apps")
        told = await sees(pilot, "alpha frontend/apps: 1 of 2 healthy", "asked 0s ago")
        assert "beta" not in told
        fleet.phase("beta", Phase.STALE, "connection lost")
        await command(pilot, "app frontend/apps")
        await sees(pilot, "alpha frontend/apps: 1 of 2 healthy", "beta stale")


async def test_marked_objects_make_one_application(fleet: World, server: Server) -> None:
    fleet.put("alpha", kustomization("backend", "apps"))
    async with running(fleet, WIDE) as pilot:
        cluster: Any = fleet.fleet.clusters["alpha"]
        cluster.reader, cluster.offering = server, server
        await command(pilot, "ks name:apps")
        await sees(pilot, "backend")
        await pilot.press("space", "j", "space", "T")
        await sees(pilot, "of 6 healthy", "● Kustomization backend/apps", "● Kustomization frontend/apps")


async def test_what_nobody_deploys_is_said_where_one_stands(fleet: World, server: Server) -> None:
    source = kustomization("frontend", "src") | {"kind": "OCIRepository"}
    source["apiVersion"] = "source.toolkit.fluxcd.io/v1"
    fleet.put("alpha", source)
    async with running(fleet) as pilot:
        await command(pilot, "ocirepo")
        await sees(pilot, "src")
        await pilot.press("T")
        await notified(pilot, "no Flux object is known to deploy it")


async def test_a_filter_narrows_the_tree(fleet: World, server: Server) -> None:
    async with running(fleet, WIDE) as pilot:
        await opened(pilot, fleet, server)
        await sees(pilot, "4 of 5 healthy")
        await type_filter(pilot, "name:settings")
        await pilot.press("enter")
        told = await sees(pilot, "settings", "filter name:settings")
        assert "site-1" not in told.replace("site-1:", "")
        await pilot.press("escape")
        await loses(pilot, "filter name:settings")


async def test_without_an_application_it_says_how_to_choose_one(fleet: World) -> None:
    async with running(fleet) as pilot:
        await command(pilot, "app")
        await sees(pilot, "no application is chosen", ":app namespace/name")
