"""Pods, as the kubelet would report them: how they come up, crash, are killed and started again.

There is no kubelet and no image: what a pod does follows from its Deployment. It is ready when that is, and crashes
again and again while a scenario says that its image is bad. Which pods there are is `replicas`' business.
"""

from fluxtui.simulator.controllers.conditions import Object
from fluxtui.simulator.controllers.engine import Engine
from fluxtui.simulator.controllers.times import moment, stamp
from fluxtui.simulator.shapes import dig, map_at, maps_at
from fluxtui.simulator.world import digest

EXITS = {"OOMKilled": 137, "Error": 1, "Completed": 0}
"""The exit codes that go with the reasons for which containers end."""
LASTED = 4.0
"""Seconds that a container with a bad image lives."""
BACKOFF, BACKOFF_CAP = 10.0, 300.0
"""Seconds that the kubelet waits after the first crash, doubled with each, and at most."""
NODES = 3


def pod_of(deployment: Object, owner: Object, number: int, now: float) -> Object:
    """A new pod of a replica set, on its node and not running yet. ``number`` tells its siblings apart."""
    template = deployment["spec"]["template"]
    about = owner["metadata"]
    suffix = digest(f"{about['name']} {number} {now}").partition(":")[2]
    reference = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": about["name"], "uid": about["uid"]}
    metadata = {
        "name": f"{about['name']}-{suffix[:5]}",
        "namespace": about["namespace"],
        "labels": about["labels"],
        "ownerReferences": [reference | {"controller": True, "blockOwnerDeletion": True}],
    }
    if annotations := map_at(template, "metadata", "annotations"):
        metadata["annotations"] = annotations
    spec = {"restartPolicy": "Always", "nodeName": f"node-{int(suffix[:4], 16) % NODES + 1}"} | template["spec"]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    return pod | {"status": starting(pod, now)}


def starting(pod: Object, now: float) -> Object:
    """The status of a pod whose containers are being made."""
    waiting = {"waiting": {"reason": "ContainerCreating"}}
    containers = [_container(pod, item, waiting) for item in pod["spec"]["containers"]]
    return _status("Pending", containers, now, now) | {"startTime": stamp(now)}


def running(pod: Object, now: float) -> Object:
    """The status of a pod that has come up, with what is remembered of earlier lives of its containers."""
    before = {item["name"]: item for item in maps_at(pod, "status", "containerStatuses")}
    containers: list[Object] = []
    for item in pod["spec"]["containers"]:
        old = before.get(item["name"], {})
        fresh = _container(pod, item, {"running": {"startedAt": stamp(now)}}, old.get("restartCount", 0))
        containers.append(fresh | {"lastState": old.get("lastState", {})})
    return _status("Running", containers, moment(dig(pod, "status", "startTime") or ""), now)


def crashing(pod: Object, now: float) -> Object:
    """The status of a pod whose containers end soon after each start, since it was made."""
    began = moment(pod["metadata"]["creationTimestamp"])
    count, ended = crashes(now - began)
    if not count:
        return running(pod, began) | {"conditions": _conditions(ready=False, began=began, now=began)}
    at = began + ended
    containers: list[Object] = []
    for item in pod["spec"]["containers"]:
        words = f"back-off {_wait(count):.0f}s restarting failed container={item['name']} pod={pod['metadata']['name']}"
        waiting = {"waiting": {"reason": "CrashLoopBackOff", "message": words}}
        fresh = _container(pod, item, waiting, count)
        containers.append(fresh | {"lastState": _ended(fresh, "Error", at - LASTED, at)})
    return _status("Running", containers, began, at)


def crashes(lived: float) -> tuple[int, float]:
    """How often a container with a bad image has crashed, and when the last time, so many seconds after the start."""
    count, ended, at = 0, 0.0, LASTED
    while at <= lived:
        count, ended = count + 1, at
        at += _wait(count) + LASTED
    return count, ended


def _wait(count: int) -> float:
    return min(BACKOFF * 2 ** min(count - 1, 10), BACKOFF_CAP)


def ready(pod: Object) -> bool:
    """Whether a pod's Ready condition is True."""
    return any(c["type"] == "Ready" and c["status"] == "True" for c in maps_at(pod, "status", "conditions"))


def of(engine: Engine, deployment: str, namespace: str) -> list[Object]:
    """The pods of a Deployment, whatever its templates were."""
    sets = {
        item["metadata"]["name"]
        for item in engine.storage.list("ReplicaSet", namespace)
        if owner_of(item) == deployment
    }
    return [pod for pod in engine.storage.list("Pod", namespace) if owner_of(pod) in sets]


def owner_of(obj: Object) -> str:
    """The name of the controller that owns an object, empty without one."""
    return next((each["name"] for each in maps_at(obj, "metadata", "ownerReferences") if each.get("controller")), "")


def restart(engine: Engine, deployment: str, namespace: str, times: int, reason: str) -> None:
    """The containers of a Deployment end so many times for a reason (a key of `EXITS`) and are started again."""
    for pod in of(engine, deployment, namespace):
        now = engine.now
        fresh = [_restarted(item, times, reason, now) for item in maps_at(pod, "status", "containerStatuses")]
        key = ("Pod", namespace, pod["metadata"]["name"])
        engine.storage.set_status(key, map_at(pod, "status") | {"containerStatuses": fresh})


def _restarted(container: Object, times: int, reason: str, now: float) -> Object:
    began = moment(dig(container, "state", "running", "startedAt") or stamp(now))
    count = container["restartCount"] + times
    fresh = container | {"restartCount": count, "containerID": _id(container["name"], str(began), str(count))}
    return fresh | {
        "lastState": _ended(container, reason, began, now),
        "state": {"running": {"startedAt": stamp(now)}},
    }


def _ended(container: Object, reason: str, began: float, ended: float) -> Object:
    told = {"exitCode": EXITS[reason], "reason": reason, "startedAt": stamp(began), "finishedAt": stamp(ended)}
    return {"terminated": told | {"containerID": container["containerID"]}}


def _container(pod: Object, item: Object, state: Object, restarts: int = 0) -> Object:
    up = "running" in state
    return {
        "name": item["name"],
        "image": item["image"],
        "imageID": f"{item['image'].partition('@')[0].rpartition(':')[0]}@{digest(item['image'])}",
        "containerID": _id(pod["metadata"]["name"], item["name"], str(restarts)),
        "ready": up,
        "started": up,
        "restartCount": restarts,
        "state": state,
        "lastState": {},
    }


def _id(*parts: str) -> str:
    return "containerd://" + digest(" ".join(parts)).partition(":")[2]


def _status(phase: str, containers: list[Object], began: float, now: float) -> Object:
    well = phase == "Running" and all(item["ready"] for item in containers)
    return {
        "phase": phase,
        "conditions": _conditions(ready=well, began=began, now=now),
        "containerStatuses": containers,
        "qosClass": "Burstable",
        "startTime": stamp(began),
    }


def _conditions(*, ready: bool, began: float, now: float) -> list[Object]:
    unready = {} if ready else {"reason": "ContainersNotReady", "message": "containers with unready status"}
    told = {"status": "True" if ready else "False", "lastTransitionTime": stamp(now)} | unready
    early = {"status": "True", "lastTransitionTime": stamp(began)}
    return [
        {"type": "Initialized"} | early,
        {"type": "Ready"} | told,
        {"type": "ContainersReady"} | told,
        {"type": "PodScheduled"} | early,
    ]
