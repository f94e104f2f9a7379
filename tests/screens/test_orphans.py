"""The screen of orphans: a namespace is chosen, looked through once, and what was not seen is named."""

from typing import Any

import pytest
from textual.pilot import Pilot

from fluxtui.kube.answers import Forbidden
from fluxtui.kube.served import Offer, Served
from fluxtui.kube.transport import Resource
from fluxtui.screens.orphans import OrphansScreen
from fluxtui.screens.resource import ResourceScreen

from .server import Server
from .world import SMALL, WIDE, World, command, kustomization, loses, running, sees, type_filter, until

LISTED = ("get", "list")
OFFER = Offer(
    [
        Served("ConfigMap", Resource("", "v1", "configmaps"), verbs=LISTED),
        Served("Secret", Resource("", "v1", "secrets"), verbs=LISTED),
        Served("Event", Resource("", "v1", "events"), verbs=LISTED),
        Served("Node", Resource("", "v1", "nodes", namespaced=False), verbs=LISTED),
        Served("Binding", Resource("", "v1", "bindings"), verbs=("create",)),
    ]
)


def config(name: str, manager: str, owner: str = "") -> dict[str, Any]:
    domain = "kustomize.toolkit.fluxcd.io"
    return {
        "metadata": {
            "name": name,
            "namespace": "frontend",
            "uid": name,
            "creationTimestamp": "2026-03-19T02:48:00Z",
            "labels": {f"{domain}/name": owner, f"{domain}/namespace": "frontend"} if owner else {},
            "managedFields": [{"manager": manager, "time": "2026-03-20T02:48:00Z"}],
        }
    }


@pytest.fixture
def server() -> Server:
    held = Server()
    held.offer = OFFER
    held.objects = {
        "configmaps/frontend/settings": config("settings", "kustomize-controller", "apps"),
        "configmaps/frontend/banner": config("banner", "kustomize-controller", "apps"),
        "configmaps/frontend/hotfix": config("hotfix", "kubectl-edit"),
        "secrets/frontend/sh": config("sh.helm.release.v1.redis.v1", "helm"),
    }
    return held


@pytest.fixture
def fleet() -> World:
    world = World("", ["alpha"])
    apps = kustomization("frontend", "apps")
    apps["status"]["inventory"] = {"entries": [{"id": "frontend_settings__ConfigMap", "v": "v1"}]}
    spaces = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in ("frontend", "empty")]
    world.put("alpha", apps, *spaces)
    return world


async def looked(pilot: Pilot[None], fleet: World, server: Server, words: str) -> None:
    """The screen, on a cluster whose reader is the server of the test."""
    cluster: Any = fleet.fleet.clusters["alpha"]
    cluster.reader, cluster.offering = server, server
    await command(pilot, words)
    await until(pilot, lambda: isinstance(pilot.app.screen, OrphansScreen))


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_what_flux_does_not_manage_stands_with_who_made_it_and_how_sure_that_is(
    fleet: World, server: Server, size: tuple[int, int]
) -> None:
    async with running(fleet, size) as pilot:
        await looked(pilot, fleet, server, "orphans frontend")
        told = await sees(pilot, "2 orphans in frontend: 1 left behind, 1 by hand", "looked 0s ago")
        rows = told.splitlines()
        (banner,) = [row for row in rows if "ConfigMap banner" in row and "high" in row]
        (hotfix,) = [row for row in rows if "ConfigMap hotfix" in row and "medium" in row]
        assert "left behind" in banner and "kustomize-contr" in banner
        assert "by hand" in hotfix and "kubectl-edit" in hotfix
        assert "settings" not in told
        assert "1 Secret in which Helm keeps releases (redis)" in told
        flat = " ".join(told.split())
        assert "Kustomization frontend/apps does not list it any more" in flat
        assert not [asked for asked in server.asked if asked.startswith(("events", "nodes", "bindings"))]


async def test_without_a_namespace_one_is_chosen_and_escape_leads_back_to_the_choice(
    fleet: World, server: Server
) -> None:
    async with running(fleet) as pilot:
        await looked(pilot, fleet, server, "orphans")
        await sees(pilot, "2 namespaces: choose one", "Namespace empty", "Namespace frontend", "1 Flux object")
        assert server.asked == []  # nothing is read before somebody says of what
        await pilot.press("j", "enter")
        await sees(pilot, "2 orphans in frontend")
        await pilot.press("escape")
        await sees(pilot, "2 namespaces: choose one")
        await pilot.press("g", "enter")
        await sees(pilot, "no orphans in empty")


async def test_kinds_that_may_not_be_listed_are_named_and_nothing_passes_for_clean(
    fleet: World, server: Server
) -> None:
    server.objects["secrets"] = Forbidden(403, "Forbidden", "no", "list", "secrets")
    async with running(fleet, WIDE) as pilot:
        await looked(pilot, fleet, server, "orphans frontend")
        await sees(pilot, "2 orphans in frontend", "1 kind may not be listed: secrets")
        await command(pilot, "orphans empty")
        await sees(pilot, "no orphans among what could be seen")


async def test_what_flux_takes_up_again_is_no_orphan_any_more(fleet: World, server: Server) -> None:
    async with running(fleet, WIDE) as pilot:
        await looked(pilot, fleet, server, "orphans frontend")
        await sees(pilot, "ConfigMap hotfix")
        entries = [{"id": f"frontend_{name}__ConfigMap", "v": "v1"} for name in ("settings", "hotfix")]
        fleet.edit(
            "alpha", "Kustomization/frontend/apps", lambda obj: obj["status"].update(inventory={"entries": entries})
        )
        fleet.tell()
        await sees(pilot, "1 orphan in frontend")
        await loses(pilot, "ConfigMap hotfix")


async def test_enter_opens_the_object_and_r_looks_again(fleet: World, server: Server) -> None:
    async with running(fleet, WIDE) as pilot:
        await looked(pilot, fleet, server, "orphans frontend")
        await sees(pilot, "2 orphans in frontend")
        del server.objects["configmaps/frontend/hotfix"]
        await pilot.press("r")
        await sees(pilot, "1 orphan in frontend")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ResourceScreen))
        await until(pilot, lambda: ("alpha", "ConfigMap/frontend/banner") in fleet.fetched)


async def test_a_filter_narrows_it_and_an_unknown_namespace_is_refused(fleet: World, server: Server) -> None:
    async with running(fleet, WIDE) as pilot:
        await looked(pilot, fleet, server, "orphans frontend")
        await sees(pilot, "2 orphans in frontend")
        await type_filter(pilot, "name:hotfix")
        await pilot.press("enter")
        await loses(pilot, "ConfigMap banner")
        await command(pilot, "orphans frontent")
        await sees(pilot, "there is no namespace 'frontent'")
