"""Lists of any kind on both servers: the columns that the server prints, health by kstatus, and who delivers it.

The whole program runs over HTTP, and what stands on its screen is compared with the Table that the server gives.
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from fluxtui.app import FluxtuiApp, Start
from fluxtui.kube import contexts

from ..screens.world import command, lines, sees, until
from .conftest import Server

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
SIZE = (200, 30)
POD = {"containers": [{"name": "main", "image": "registry.example/web:1"}]}
NAMED = frozenset({"Name", "Namespace", "Age", "NAME", "NAMESPACE", "AGE"})
"""Columns that every list of ours has anyway."""


@asynccontextmanager
async def program(server: Server, folder: Path) -> AsyncIterator[Pilot[None]]:
    """The program, watching the server as its administrator."""
    known = contexts.load(str(server.kubeconfig(folder / "kubeconfig"))).contexts
    chosen = tuple(context for context in known if context.name == f"{server.name}-admin")
    app = FluxtuiApp(Start(lambda: contexts.Chosen(known, chosen), time.time))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await until(pilot, lambda: app.desk.fleet.clusters, "the cluster")
        yield pilot


async def printed(server: Server, path: str, name: str) -> dict[str, str]:
    """What the server prints of an object: heading → cell, of the columns that are not for ``-o wide`` alone."""
    answer = (await server.get(path, headers={"Accept": TABLE})).json
    heads = [(at, told["name"]) for at, told in enumerate(answer["columnDefinitions"]) if not told["priority"]]
    row = next(row for row in answer["rows"] if row["object"]["metadata"]["name"] == name)
    return {head: _cell(row["cells"][at]) for at, head in heads if head not in NAMED}


def _cell(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def row(pilot: Pilot[None], name: str) -> str:
    """The line of an object, empty without one."""
    return next((line for shown in lines(pilot)[2:] if f" {name} " in (line := shown.partition("│")[0])), "")


async def shows(pilot: Pilot[None], name: str, *texts: str) -> str:
    """Wait until the line of an object has all these texts; returns it."""
    await until(pilot, lambda: all(text in row(pilot, name) for text in texts), f"{texts} in the line of {name}")
    return row(pilot, name)


async def shop(server: Server) -> str:
    """A namespace with a Deployment that a Kustomization delivers, and a pod of it; its name."""
    namespace = await server.namespace()
    entry = {"id": f"{namespace}_web_apps_Deployment", "v": "v1"}
    await server.create(server.kustomization(namespace, "storefront"), status={"inventory": {"entries": [entry]}})
    labels = {"app": "web"}
    spec = {
        "replicas": 1,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": POD},
    }
    meta = {"name": "web", "namespace": namespace}
    await server.create({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec})
    maker = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-5b8f", "uid": "0", "controller": True}
    labels = {"app": "web", "pod-template-hash": "5b8f"}
    meta = {"name": "web-5b8f-x", "namespace": namespace, "labels": labels, "ownerReferences": [maker]}
    await server.create({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": POD})
    return namespace


async def roll_out(server: Server, namespace: str) -> None:
    """What the Deployment's controller writes in the end."""
    conditions = [
        {"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable"},
        {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"},
    ]
    counts = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), 1)
    status = {"observedGeneration": 1, "conditions": conditions, **counts}
    await server.patch_status("Deployment", namespace, "web", status)


async def test_native_kinds_as_the_server_prints_them(server: Server, tmp_path: Path) -> None:
    namespace = await shop(server)
    async with program(server, tmp_path) as pilot:
        await command(pilot, f"pods ns:{namespace}")
        told = await shows(pilot, "web-5b8f-x", "progressing", "ks storefront")  # by what made it
        expected = await printed(server, server.path("Pod", namespace), "web-5b8f-x")
        assert {"Ready", "Status", "Restarts"} <= set(expected)
        head = next(line for line in lines(pilot) if "DELIVERED BY" in line)
        assert [name for name in expected if name.upper() not in head] == []
        assert [cell for cell in expected.values() if cell not in told] == []
        await command(pilot, f"deploy ns:{namespace}")
        await shows(pilot, "web", "progressing", "0/1", "ks storefront")
        await roll_out(server, namespace)
        told = await shows(pilot, "web", "ready", "1/1")  # the watch brings it
        expected = await printed(server, server.path("Deployment", namespace), "web")
        assert [cell for cell in expected.values() if cell not in told] == []


async def test_a_custom_resource_by_the_columns_of_its_definition(server: Server, tmp_path: Path) -> None:
    namespace = await server.namespace()
    name = f"owned-{namespace}"
    rule = {
        "name": "owner",
        "match": {"any": [{"resources": {"kinds": ["Pod"]}}]},
        "validate": {"message": "whose is it?", "pattern": {"metadata": {"labels": {"owner": "?*"}}}},
    }
    labels = {"kustomize.toolkit.fluxcd.io/name": "base", "kustomize.toolkit.fluxcd.io/namespace": namespace}
    policy = {
        "apiVersion": "kyverno.io/v1",
        "kind": "ClusterPolicy",
        "metadata": {"name": name, "labels": labels},
        "spec": {"admission": True, "background": False, "rules": [rule]},
    }
    ready = {
        "type": "Ready",
        "status": "False",
        "reason": "Failed",
        "message": "its webhook cannot be reached",
        "lastTransitionTime": "2026-11-21T02:46:10Z",
    }
    await server.create(policy)
    async with program(server, tmp_path) as pilot:
        await command(pilot, f"clusterpolicies {name}")
        await shows(pilot, name, "? ks ", "/base")  # its labels alone say so
        await server.patch_status("ClusterPolicy", "", name, {"conditions": [ready]})
        told = await shows(pilot, name, "progressing", "False")
        expected = await printed(server, server.path("ClusterPolicy"), name)
        assert {head.upper() for head in expected} >= {"ADMISSION", "BACKGROUND", "READY"}
        assert [cell for cell in expected.values() if cell[:4] not in told] == []  # a long one is cut
        head = next(line for line in lines(pilot) if "DELIVERED BY" in line)
        assert [name for name in expected if name.upper() not in head] == []


async def test_several_kinds_in_one_list(server: Server, tmp_path: Path) -> None:
    namespace = await shop(server)
    await roll_out(server, namespace)
    async with program(server, tmp_path) as pilot:
        await command(pilot, f"ks,hr,deploy ns:{namespace}")
        await shows(pilot, "storefront", "Kustomization", "unknown")
        await shows(pilot, "web", "Deployment", "ready", "ks storefront")
        told = await sees(pilot, "Kustomizations, HelmReleases, Deployments 2 ", "KIND")
        assert "UP-TO-DATE" not in told  # what only one of the kinds has is no column of all
        release = {"interval": "10m", "chartRef": {"kind": "OCIRepository", "name": "src"}}
        meta = {"name": "cache", "namespace": namespace}
        await server.create(
            {"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "metadata": meta, "spec": release}
        )
        await shows(pilot, "cache", "HelmRelease")


@pytest.mark.parametrize("namespace", ["", "team"])
async def test_who_may_not_list_a_kind_is_told(server: Server, tmp_path: Path, namespace: str) -> None:
    """In a namespace that one is allowed, what is there is listed, and the list says that it is no more than that."""
    home = await server.namespace(namespace or "t")
    meta = {"name": "lone", "namespace": home}
    await server.create({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": POD})
    if namespace:
        await server.grant(["get", "list", "watch"], ["pods"], groups=[""], namespace=home)
    path = server.kubeconfig(tmp_path / "kubeconfig")
    known = contexts.load(str(path)).contexts
    chosen = tuple(context for context in known if context.name == f"{server.name}-viewer")
    app = FluxtuiApp(Start(lambda: contexts.Chosen(known, chosen), time.time, namespace=home if namespace else ""))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await command(pilot, "pods")
        if namespace:
            await sees(pilot, "Pods 1", f"only namespace {home}")
            assert row(pilot, "lone")
        else:
            await sees(pilot, "you may not see Pods here", "viewer may not list pods at the cluster scope")
