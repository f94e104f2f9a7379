"""What one round asks of the simulator and of a real API server: some once, workloads each time, usage where it is."""

import time

import pytest

from fluxtui.insight.application import NOT_WANTED
from fluxtui.kinds.table import KINDS
from fluxtui.kube.estate import Estate
from fluxtui.simulator import metrics
from fluxtui.store.state import DataState, Phase

from .conftest import Server
from .test_managed import OWNED, Watcher, config_map, deployment, watching


async def kept(server: Server, namespace: str, watcher: Watcher) -> str:
    """A Kustomization with a Deployment, its pod and a ConfigMap, as the store would hold it; its id."""
    labels = {**OWNED, "kustomize.toolkit.fluxcd.io/namespace": namespace}
    workload = deployment(namespace, "site")
    workload["metadata"]["labels"] = labels
    await server.create(workload)
    await server.create(config_map(namespace, "settings", labels))
    limits = {"resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}}}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "site-1", "namespace": namespace, "labels": {"app": "site"}},
        "spec": {"containers": [{"name": "app", "image": "app:1", **limits}]},
    }
    began = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 120))
    running = {"name": "app", "image": "app:1", "imageID": "x", "ready": True, "restartCount": 3}
    running["state"] = {"running": {"startedAt": began}}
    await server.create(pod, status={"phase": "Running", "containerStatuses": [running]})
    entries = [
        {"id": f"{namespace}_site_apps_Deployment", "v": "v1"},
        {"id": f"{namespace}_settings__ConfigMap", "v": "v1"},
    ]
    owner = await server.create(server.kustomization(namespace, "apps"), status={"inventory": {"entries": entries}})
    table = watcher.store.table("x", "Kustomization")
    table.set_state(DataState(Phase.FRESH, 1, 1))
    body = await server.get(server.path("Kustomization", namespace, "apps"))
    record = KINDS["Kustomization"].decode_object(body.body)
    assert record is not None and owner["metadata"]["name"] == "apps"
    table.upsert(record)
    return record.id


@pytest.fixture
async def estate(server: Server):
    watcher = watching(server, server.admin_token)
    yield watcher, Estate(watcher.cluster, watcher.store, time.time, lambda: None)
    await watcher.cluster.reader.close()


async def test_workloads_are_asked_for_in_each_round_and_the_rest_seldom(server: Server, estate) -> None:
    watcher, looked = estate
    namespace = await server.namespace()
    owner = await kept(server, namespace, watcher)
    assert looked.want([owner], ())
    await looked.round()
    found = {each.managed.entry.name: each for each in looked.held(owner).holdings}
    assert found["settings"].managed.word == "there"
    assert [(pod.name, pod.restarts) for pod in found["site"].pods] == [("site-1", 3)]
    assert found["site"].pods[0].budgets[0].memory_limit == 128 << 20
    assert any(path.endswith("/kustomizations/apps") for path in watcher.asked)
    watcher.calls.clear()
    await looked.round()
    words = [path.rpartition("/")[2].partition("?")[0] for path in watcher.asked]
    assert "apps" not in words and "settings" not in words and "site" in words and "pods" in words
    assert looked.held("Kustomization/other/x") is NOT_WANTED


async def test_without_metrics_that_is_said_and_nothing_else_is_missing(server: Server, estate) -> None:
    watcher, looked = estate
    if server.real:
        pytest.skip("a real API server has no kubelets either")
    owner = await kept(server, await server.namespace(), watcher)
    looked.want([owner], ())
    await looked.round()
    assert looked.unmeasured == "no metrics-server here"
    assert looked.usages() == {}


async def test_usage_comes_from_metrics_server(simulator, cluster) -> None:
    objects = cluster.objects
    objects.resources.install(metrics.KIND)
    about = {"name": "metrics-server", "namespace": "kube-system"}
    held = objects.create({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": about, "spec": {}})
    objects.update(held | {"status": {"readyReplicas": 1}}, subresource="status")
    watcher = watching(simulator, simulator.admin_token)
    namespace = await simulator.namespace()
    looked = Estate(watcher.cluster, watcher.store, time.time, lambda: None)
    owner = await kept(simulator, namespace, watcher)
    looked.want([owner], ())
    await looked.round()
    assert looked.unmeasured == ""
    used = looked.usages()[f"Pod/{namespace}/site-1"].containers["app"]
    assert 0 < used[0] < 1 and 0 < used[1] < 128 << 20
    await watcher.cluster.reader.close()


async def test_what_may_not_be_read_is_told_in_its_branch(server: Server) -> None:
    watcher = watching(server, server.viewer_token)
    namespace = await server.namespace()
    owner = await kept(server, namespace, watcher)
    looked = Estate(watcher.cluster, watcher.store, time.time, lambda: None)
    looked.want([owner], ())
    await looked.round()
    assert "may not get kustomizations" in looked.held(owner).trouble
    await server.grant(["get"], ["kustomizations"], namespace=namespace, groups=["kustomize.toolkit.fluxcd.io"])
    await looked.round()
    held = looked.held(owner)
    assert held.trouble == ""
    assert all("may not" in each.managed.state.message for each in held.holdings)
    await watcher.cluster.reader.close()
