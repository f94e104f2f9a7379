"""Replica sets and pods of every Deployment, as a cluster has them."""

import pytest

from fluxtui.simulator.controllers import pods
from fluxtui.simulator.metrics import cores, size


def state(pod):
    (container,) = pod["status"]["containerStatuses"]
    return next(iter(container["state"])), container["restartCount"]


def made(lab, **spec):
    deployment = lab.deployment("web")
    deployment["spec"] |= spec
    lab.engine.storage.create(deployment)


def test_pods_come_up_with_their_deployment(lab):
    made(lab, replicas=2)
    lab.run(0.5)
    assert [state(pod) for pod in lab.objects.list("Pod")] == [("waiting", 0)] * 2
    lab.run(10)
    assert [state(pod) for pod in lab.objects.list("Pod")] == [("running", 0)] * 2
    assert all(pods.ready(pod) for pod in lab.objects.list("Pod"))
    (owner,) = lab.objects.list("ReplicaSet")
    assert owner["status"]["readyReplicas"] == 2
    assert pods.owner_of(owner) == "web"
    assert {pods.owner_of(pod) for pod in lab.objects.list("Pod")} == {owner["metadata"]["name"]}
    assert lab.get("Deployment", "web")["status"]["conditions"][1]["message"].split('"')[1] == owner["metadata"]["name"]


def test_another_template_makes_another_replica_set_and_keeps_the_one_before(lab):
    made(lab)
    lab.run(10)
    (before,) = lab.objects.list("ReplicaSet")
    restarted = {"kubectl.kubernetes.io/restartedAt": "2026-11-21T03:00:00Z"}
    lab.patch("Deployment", "web", {"spec": {"template": {"metadata": {"annotations": restarted}}}})
    lab.run(10)
    (pod,) = lab.objects.list("Pod")
    assert pods.owner_of(pod) != before["metadata"]["name"]
    assert pod["metadata"]["annotations"] == restarted
    assert pods.ready(pod)
    wanted = {item["metadata"]["name"]: item["spec"]["replicas"] for item in lab.objects.list("ReplicaSet")}
    assert wanted == {before["metadata"]["name"]: 0, pods.owner_of(pod): 1}


def test_a_deleted_pod_is_made_anew(lab):
    made(lab, replicas=2)
    lab.run(10)
    first, second = lab.objects.list("Pod")
    lab.objects.delete("Pod", "apps", first["metadata"]["name"])
    after = {pod["metadata"]["name"]: pods.ready(pod) for pod in lab.objects.list("Pod")}
    assert len(after) == 2
    assert first["metadata"]["name"] not in after
    assert after[second["metadata"]["name"]]
    assert sorted(after.values()) == [False, True]
    lab.run(10)
    assert all(pods.ready(pod) for pod in lab.objects.list("Pod"))
    assert lab.get("Deployment", "web")["status"]["readyReplicas"] == 2


def test_scaling_and_deleting_take_pods_along(lab):
    made(lab, replicas=3)
    lab.run(10)
    lab.patch("Deployment", "web", {"spec": {"replicas": 1}})
    lab.run(10)
    assert len(lab.objects.list("Pod")) == 1
    lab.objects.delete("Deployment", "apps", "web")
    assert (lab.objects.list("Pod"), lab.objects.list("ReplicaSet")) == ([], [])


def test_a_bad_image_crashes_later_and_later_until_it_is_mended(lab):
    lab.engine.broken["apps", "web"] = "v1"
    made(lab)
    lab.run(3)
    assert state(*lab.objects.list("Pod")) == ("running", 0)
    lab.run(300)
    (pod,) = lab.objects.list("Pod")
    how, restarts = state(pod)
    assert how == "waiting"
    assert 4 <= restarts <= 6
    (container,) = pod["status"]["containerStatuses"]
    assert container["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    assert container["lastState"]["terminated"]["exitCode"] == 1
    assert not pods.ready(pod)
    lab.engine.broken.clear()
    lab.run(30)
    (pod,) = lab.objects.list("Pod")
    assert state(pod) == ("running", restarts)
    assert pods.ready(pod)


@pytest.mark.parametrize(("lived", "count", "ended"), [(3, 0, 0), (4, 1, 4), (17.9, 1, 4), (18, 2, 18), (42, 3, 42)])
def test_the_kubelet_doubles_its_patience(lived, count, ended):
    assert pods.crashes(lived) == (count, ended)


def test_a_killed_container_remembers_why(lab):
    made(lab)
    lab.run(10)
    pods.restart(lab.engine, "web", "apps", 2, "OOMKilled")
    (pod,) = lab.objects.list("Pod")
    assert state(pod) == ("running", 2)
    (container,) = pod["status"]["containerStatuses"]
    assert container["lastState"]["terminated"]["exitCode"] == 137
    assert container["containerID"] != container["lastState"]["terminated"]["containerID"]


@pytest.mark.parametrize(("text", "found"), [("100m", 0.1), ("1", 1.0), ("250000n", 0.00025), ("", 0)])
def test_quantities_of_cpu(text, found):
    assert cores(text) == pytest.approx(found)


@pytest.mark.parametrize(("text", "found"), [("64Mi", 64 << 20), ("1Gi", 1 << 30), ("2048", 2048), ("", 0)])
def test_quantities_of_memory(text, found):
    assert size(text) == found
