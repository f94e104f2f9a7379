"""The tab of managed objects: asked for when it is seen, told as it comes, left alone when it is not."""

from typing import Any

import pytest
from textual.pilot import Pilot

from fluxtui.kube.answers import Forbidden
from fluxtui.screens.resource import ResourceScreen

from .server import Server, deployment, pod
from .world import SMALL, WIDE, World, command, kustomization, loses, running, screen, sees, type_filter, until

APPS = "Kustomization/frontend/apps"
ENTRIES = [
    "frontend_site_apps_Deployment",
    "frontend_settings__ConfigMap",
    "frontend_gone__ConfigMap",
    "frontend_child_kustomize.toolkit.fluxcd.io_Kustomization",
    "frontend_site_networking.k8s.io_Ingress",
]


@pytest.fixture
def server() -> Server:
    held = Server()
    held.objects = {
        "deployments/frontend/site": deployment(),
        "configmaps/frontend/settings": {"metadata": {"name": "settings", "namespace": "frontend"}},
        "ingresses/frontend/site": Forbidden(403, "Forbidden", "no", "get", "ingresses.networking.k8s.io"),
        "pods/frontend/site-1": pod("site-1", 12, crashing=True),
        "pods/frontend/site-2": pod("site-2", 0, crashing=False),
    }
    return held


@pytest.fixture
def fleet(server: Server, monkeypatch: pytest.MonkeyPatch) -> World:
    world = World("", ["alpha"])
    apps = kustomization("frontend", "apps")
    apps["status"]["inventory"] = {"entries": [{"id": each, "v": "v1"} for each in ENTRIES]}
    world.put("alpha", apps, kustomization("frontend", "child", ready=False))
    return world


async def opened(pilot: Pilot[None], fleet: World, server: Server) -> None:
    """The tab of managed objects, on a cluster whose reader is the server of the test."""
    cluster: Any = fleet.fleet.clusters["alpha"]
    cluster.reader, cluster.offering = server, server
    await command(pilot, "ks name:apps")
    await sees(pilot, "filter name:apps", "frontend")
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, ResourceScreen))
    await sees(pilot, "i Overview", "status ")
    assert server.asked == []
    await pilot.press("m")


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_each_object_is_told_with_its_live_state(fleet: World, server: Server, size: tuple[int, int]) -> None:
    async with running(fleet, size) as pilot:
        await opened(pilot, fleet, server)
        told = await sees(pilot, "5 objects", "✖ 1 failed", "✖ 1 missing", "◐ 1 progressing", "2 pods, 12 restarts")
        assert "? 1 unknown · ● 1 there" in " ".join(told.split())
        rows = [line for line in told.splitlines() if " site" in line or "child" in line or "gone" in line]
        assert "✖ failed" in rows[0] and "child" in rows[0]  # watched: told as everywhere, and not asked for
        assert "✖ missing" in rows[1] and "gone" in rows[1]
        assert "1/2" in rows[2] and "12" in rows[2]
        assert "site-1" in rows[3] and "site-2" in rows[4]
        assert not [path for path in server.asked if "child" in path]


async def test_what_is_wrong_with_a_row_stands_whole_below_the_list(fleet: World, server: Server) -> None:
    async with running(fleet) as pilot:
        await opened(pilot, fleet, server)
        await sees(pilot, "Kustomization frontend/child  kustomize build failed")
        await pilot.press("j")
        await sees(pilot, "was deleted behind Flux's back: the next reconcile", "makes it again")
        await pilot.press("j", "j")
        await sees(pilot, "Pod frontend/site-1  app: CrashLoopBackOff")
        await pilot.press("j", "j")
        await sees(pilot, "cannot get ingresses.networking.k8s.io: no (403)")


async def test_enter_opens_the_page_of_a_watched_object_and_of_any_other(fleet: World, server: Server) -> None:
    async with running(fleet, WIDE) as pilot:
        await opened(pilot, fleet, server)
        await sees(pilot, "1 missing")
        await pilot.press("enter")
        await sees(pilot, "Kustomization frontend/child  alpha")
        await pilot.press("escape")
        await sees(pilot, "1 missing")
        await pilot.press("G", "enter")
        await until(pilot, lambda: fleet.fetched[-1] == ("alpha", "ConfigMap/frontend/settings"))


async def test_the_search_narrows_the_list_and_counts_what_it_hides(fleet: World, server: Server) -> None:
    async with running(fleet, WIDE) as pilot:
        await opened(pilot, fleet, server)
        await sees(pilot, "1 missing")
        await type_filter(pilot, "configmap")
        told = await sees(pilot, "3 hidden by the search")
        assert "child" not in told.split("3 hidden")[1]
        await type_filter(pilot, " nothing")
        await sees(pilot, "nothing managed is like")


async def test_all_pods_are_shown_on_demand(fleet: World, server: Server) -> None:
    server.objects["deployments/frontend/site"] = deployment(ready=2)
    server.objects["pods/frontend/site-1"] = pod("site-1", 0, crashing=False)
    async with running(fleet, WIDE) as pilot:
        await opened(pilot, fleet, server)
        told = await sees(pilot, "2/2", "2 pods, 0 restarts")
        assert "site-1" not in told
        await pilot.press("p")
        await sees(pilot, "site-1", "site-2")


async def test_it_is_asked_again_when_the_inventory_changes_and_on_demand(fleet: World, server: Server) -> None:
    async with running(fleet, WIDE) as pilot:
        await opened(pilot, fleet, server)
        await sees(pilot, "1 missing")
        server.objects["configmaps/frontend/gone"] = {"metadata": {"name": "gone", "namespace": "frontend"}}
        await pilot.press("r")
        await loses(pilot, "missing")
        entries = [{"id": "frontend_other__ConfigMap", "v": "v1"}]
        fleet.edit("alpha", APPS, lambda obj: obj["status"].update(inventory={"entries": entries}))
        fleet.tell()
        await sees(pilot, "1 object", "other", "✖ 1 missing")


async def test_what_is_under_way_is_given_up_when_the_tab_is_left(fleet: World, server: Server) -> None:
    server.held.clear()
    async with running(fleet, WIDE) as pilot:
        await opened(pilot, fleet, server)
        await sees(pilot, "asked for")
        await until(pilot, lambda: server.asked)
        await pilot.press("i")
        await until(pilot, lambda: server.given_up > 0, "the questions to be given up")
        asked = len(server.asked)
        fleet.pass_time(3600)
        await pilot.pause()
        assert len(server.asked) == asked


async def test_an_object_that_applied_nothing_says_so(fleet: World, server: Server) -> None:
    fleet.edit("alpha", APPS, lambda obj: obj["status"].pop("inventory"))
    async with running(fleet) as pilot:
        await opened(pilot, fleet, server)
        await sees(pilot, "it manages no objects")


async def test_objects_of_another_cluster_are_named_and_not_asked_for(fleet: World, server: Server) -> None:
    fleet.edit("alpha", APPS, lambda obj: obj["spec"].update(kubeConfig={"secretRef": {"name": "other"}}))
    async with running(fleet, WIDE) as pilot:
        await opened(pilot, fleet, server)
        await sees(pilot, "another cluster holds these")
        assert server.asked == []
        assert "settings" in screen(pilot)


async def test_a_kind_that_applies_nothing_has_no_such_tab(fleet: World, server: Server) -> None:
    source = kustomization("frontend", "src") | {"kind": "OCIRepository"}
    source["apiVersion"] = "source.toolkit.fluxcd.io/v1"
    fleet.put("alpha", source)
    async with running(fleet, WIDE) as pilot:
        await command(pilot, "ocirepo")
        await sees(pilot, "src")
        await pilot.press("enter")
        told = await sees(pilot, "i Overview")
        assert "Managed objects" not in told
