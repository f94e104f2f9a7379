"""The tabs History and Values of the page: at both sizes, with what they need, and without it."""

from typing import Any

import pytest
from textual.pilot import Pilot

from fluxtui.kube import references
from fluxtui.kube.answers import Forbidden
from fluxtui.screens.resource import ResourceScreen

from .world import SMALL, WIDE, World, command, kustomization, running, screen, sees, type_filter, until

APPS = "Kustomization/frontend/apps"


def run(status: str, first: str, last: str, count: int) -> dict[str, Any]:
    return {
        "digest": "sha256:" + "a" * 64,
        "firstReconciled": f"2026-03-{first}Z",
        "lastReconciled": f"2026-03-{last}Z",
        "lastReconciledDuration": "15.5s",
        "lastReconciledStatus": status,
        "totalReconciliations": count,
        "metadata": {"revision": "v1.8.2@sha256:" + "b" * 64},
    }


@pytest.fixture
def fleet() -> World:
    """One object with a history, variables and one that nobody defines."""
    world = World("", ["alpha"])
    apps = kustomization(
        "frontend",
        "apps",
        ready=False,
        path="./${REGION}",
        postBuild={
            "substitute": {"TIER": "web"},
            "substituteFrom": [
                {"kind": "ConfigMap", "name": "flux-runtime-info"},
                {"kind": "ConfigMap", "name": "extra", "optional": True},
            ],
        },
    )
    apps["status"]["history"] = [
        run("HealthCheckFailed", "21T02:30:00", "21T02:47:00", 7),
        run("ReconciliationSucceeded", "01T00:00:00", "21T02:20:00", 400),
    ]
    runtime = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "flux-runtime-info", "namespace": "frontend"},
        "data": {"CLUSTER_NAME": "prod-eu-1", "TIER": "any"},
    }
    runtime["metadata"]["labels"] = {"toolkit.fluxcd.io/runtime": "true"}
    world.put("alpha", apps, runtime)
    return world


async def opened(pilot: Pilot[None], what: str = "ks name:apps", *keys: str) -> None:
    await command(pilot, what)
    await sees(pilot, f"filter {what.partition(' ')[2]}", "apps")
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, ResourceScreen))
    await sees(pilot, "h History", "Conditions")
    await pilot.press(*keys)


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_history_is_bars_over_time_the_newest_first(fleet: World, size: tuple[int, int]) -> None:
    async with running(fleet, size) as pilot:
        await opened(pilot, "ks name:apps", "h")
        told = await sees(pilot, "HealthCheckFailed since 18m", "last good 28m ago", "×7", "×400", "now")
        rows = told.splitlines()
        bad = next(row for row in rows if "✖ HealthCheckFailed" in row and "┣" in row)
        good = next(row for row in rows if "● ReconciliationSucceeded" in row and "┣" in row)
        assert rows.index(bad) < rows.index(good)
        assert bad.index("┣") > good.index("┣")  # what began later begins further right
        assert "took 15.5s" in told and "v1.8.2@" in told


async def test_an_object_that_remembers_nothing_tells_who_wrote_it(fleet: World) -> None:
    fleet.edit("alpha", APPS, lambda obj: obj["status"].pop("history"))
    async with running(fleet) as pilot:
        await opened(pilot, "ks name:apps", "h")
        await sees(pilot, "its controller keeps no history", "Who wrote it", "2d ago", "created")
        fleet.edit("alpha", APPS, lambda obj: obj["metadata"].pop("creationTimestamp"))
        fleet.tell()
        await sees(pilot, "it remembers nothing")


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_variables_are_told_with_their_origin_and_what_is_undefined_is_flagged(
    fleet: World, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(fleet, size) as pilot:
        answers: dict[str, Any] = {}
        cluster = fleet.fleet.clusters["alpha"]
        fetch = cluster.fetch

        async def some(identity: str) -> Any:
            if identity == "ConfigMap/frontend/extra":
                raise Forbidden(403, "Forbidden", "no", "get", "configmaps")
            answers[identity] = await fetch(identity)
            return answers[identity]

        monkeypatch.setattr(cluster, "fetch", some)
        await opened(pilot, "ks name:apps", "u")
        told = await sees(pilot, "CLUSTER_NAME = prod-eu-1", "TIER = web")
        flat = " ".join(told.split())
        assert "1 ● ConfigMap flux-runtime-info 2 values" in flat or "1 ? ConfigMap flux-runtime-info 2 values" in flat
        assert "cannot get configmaps: no (403)" in flat
        assert "TIER = web ← the object itself · instead of any of ConfigMap flux-runtime-info" in flat
        assert "${REGION} whoever applies this object did not put it in" in flat
        await type_filter(pilot, "cluster_name")
        await type_filter(pilot, "-nothing")
        await sees(pilot, "is not on this sheet")


async def test_a_kustomization_without_variables_says_so(fleet: World) -> None:
    fleet.edit("alpha", APPS, lambda obj: obj["spec"].update(postBuild=None, path="./"))
    async with running(fleet) as pilot:
        await opened(pilot, "ks name:apps", "u")
        await sees(pilot, "it has no variables")


def release() -> dict[str, Any]:
    held = kustomization("frontend", "apps", values={"replicas": 3}, valuesFrom=[{"kind": "Secret", "name": "keys"}])
    return held | {"kind": "HelmRelease", "apiVersion": "helm.toolkit.fluxcd.io/v2"}


async def test_values_of_a_release_come_with_their_origin_and_those_of_secrets_are_never_shown(
    fleet: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet.put("alpha", release())

    async def shape(cluster: Any, identity: str) -> Any:
        assert identity == "Secret/frontend/keys"
        return {"kind": "Secret", "data": {"values.yaml": {"auth": {"password": "hidden"}}}}

    monkeypatch.setattr(references, "shape", shape)
    async with running(fleet, WIDE) as pilot:
        await opened(pilot, "hr name:apps", "u")
        await sees(pilot, "auth.password = hidden  ← Secret keys", "replicas = 3  ← the object itself")
        assert "a Secret: what they are is not read" in screen(pilot)


async def test_the_inputs_of_a_resource_set_lead_to_what_is_made_of_them(fleet: World) -> None:
    sets = kustomization("flux-system", "apps", inputs=[{"tenant": "frontend"}, {"tenant": "gone"}])
    sets |= {"kind": "ResourceSet", "apiVersion": "fluxcd.controlplane.io/v1"}
    template = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "<< inputs.tenant >>"}}
    sets["spec"] |= {"resources": [template], "inputsFrom": [{"name": "apps-staging"}]}
    sets["status"]["inventory"] = {"entries": [{"id": "_frontend__Namespace", "v": "v1"}]}
    provider = kustomization("flux-system", "apps-staging")
    provider |= {"kind": "ResourceSetInputProvider", "apiVersion": "fluxcd.controlplane.io/v1"}
    provider["spec"] = {"type": "Static"}
    provider["status"]["exportedInputs"] = []
    fleet.put("alpha", sets, provider)
    async with running(fleet, WIDE) as pilot:
        await opened(pilot, "rset name:apps", "u")
        told = " ".join((await sees(pilot, "Input sets  2", "exports 0 input sets")).split())
        assert "apps-staging exports nothing: what came from it is deleted with the next run" in told
        assert "tenant=frontend ← its own inputs → " in told and "Namespace frontend" in told
        assert "Namespace gone not in its inventory" in told
        await type_filter(pilot, "exports 0")
        await pilot.press("enter", "enter")
        await sees(pilot, "ResourceSetInputProvider flux-system/apps-staging  alpha")
        await pilot.press("u")
        await sees(pilot, "Exports  0 input sets", "Read by", "ResourceSet flux-system/apps")
