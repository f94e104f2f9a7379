"""metrics.k8s.io of the simulator: what metrics-server tells of running pods, and how it is when there is none."""

import time

import pytest

from fluxtui.simulator import metrics
from fluxtui.simulator.objects import Objects
from fluxtui.simulator.registry import ALL
from fluxtui.simulator.resources import Resources

PATH = "/apis/metrics.k8s.io/v1beta1"


@pytest.fixture
def metered(cluster):
    """The simulated cluster with a metrics-server that is ready, and a pod that runs."""
    objects = cluster.objects
    objects.resources.install(metrics.KIND)
    about = {"name": "metrics-server", "namespace": "kube-system"}
    kept = objects.create({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": about, "spec": {}})
    objects.update(kept | {"status": {"readyReplicas": 1}}, subresource="status")
    put(objects, "web", began=time.time() - 120)
    return cluster


def put(objects, name, began):
    started = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(began))
    resources = {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}}
    spec = {"containers": [{"name": "app", "image": "app:v1", "resources": resources}]}
    about = {"name": name, "namespace": "default", "labels": {"app": name}}
    pod = objects.create({"apiVersion": "v1", "kind": "Pod", "metadata": about, "spec": spec})
    state = {"running": {"startedAt": started}} if began else {"waiting": {"reason": "ContainerCreating"}}
    objects.update(pod | {"status": {"containerStatuses": [{"name": "app", "state": state}]}}, subresource="status")


async def test_running_pods_are_measured(simulator, metered):
    put(metered.objects, "late", began=time.time())
    put(metered.objects, "waiting", began=0)
    answer = await simulator.get(f"{PATH}/namespaces/default/pods")
    (found,) = answer.json["items"]
    assert found["metadata"]["name"] == "web"
    usage = found["containers"][0]["usage"]
    assert 0 < metrics.cores(usage["cpu"]) < 0.5
    assert 0 < metrics.size(usage["memory"]) < 128 << 20
    assert (await simulator.get(f"{PATH}/pods?labelSelector=app=web")).json["items"][0]["window"] == "15s"
    assert (await simulator.get(f"{PATH}/namespaces/default/pods/web")).json["kind"] == "PodMetrics"
    missing = await simulator.get(f"{PATH}/namespaces/default/pods/late")
    assert (missing.status, missing.json["message"]) == (404, 'pods.metrics.k8s.io "default/late" not found')


async def test_it_is_discovered_read_only_and_asks_for_rights(simulator, metered):
    listed = (await simulator.get(PATH)).json["resources"]
    assert [(each["name"], each["kind"], each["verbs"]) for each in listed] == [("pods", "PodMetrics", ["get", "list"])]
    assert (await simulator.get(f"{PATH}/pods?watch=true")).status == 405
    refused = await simulator.get(f"{PATH}/pods", token=simulator.viewer_token)
    assert refused.json["message"].endswith('resource "pods" in API group "metrics.k8s.io" at the cluster scope')


async def test_metrics_are_unavailable_while_the_server_is_not_ready(simulator, metered):
    metered.objects.patch("Deployment", "kube-system", "metrics-server", {"status": None}, subresource="status")
    answer = await simulator.get(f"{PATH}/pods")
    assert (answer.status, answer.json["reason"]) == (503, "ServiceUnavailable")


async def test_a_cluster_without_metrics_server_serves_none(simulator):
    assert (await simulator.get(f"{PATH}/pods")).status == 404
    assert metrics.KIND not in Resources(ALL)
    assert Objects(time.time).list("PodMetrics") == []
