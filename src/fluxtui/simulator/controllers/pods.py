"""The pods of the Flux controllers: one for each Deployment, another one for another image, and how often they died.

There is no kubelet: a pod runs from the moment at which it is made, and restarts only when a scenario says so.
"""

from typing import Any

from fluxtui.simulator.controllers.conditions import Object
from fluxtui.simulator.controllers.engine import Engine
from fluxtui.simulator.controllers.releases import NAMESPACE
from fluxtui.simulator.controllers.times import stamp
from fluxtui.simulator.shapes import dig, map_at
from fluxtui.simulator.world import digest

EXITS = {"OOMKilled": 137, "Error": 1, "Completed": 0}
"""The exit codes that go with the reasons for which containers end."""


def pod_of(deployment: Object, now: float) -> Object:
    """The one pod of a controller's Deployment, started at ``now`` (epoch seconds)."""
    metadata, template = deployment["metadata"], deployment["spec"]["template"]
    suffix = digest(f"{metadata['name']} {template['spec']['containers'][0]['image']}").partition(":")[2]
    name = f"{metadata['name']}-{suffix[:10]}-{suffix[10:15]}"
    began = stamp(now)
    about = {"name": name, "namespace": metadata["namespace"], "labels": map_at(template, "metadata", "labels")}
    status = {
        "phase": "Running",
        "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": began}],
        "containerStatuses": [_container(item, began) for item in template["spec"]["containers"]],
        "startTime": began,
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": about, "spec": template["spec"], "status": status}


def _container(container: Object, began: str) -> Object:
    return {
        "name": container["name"],
        "image": container["image"],
        "ready": True,
        "restartCount": 0,
        "started": True,
        "state": {"running": {"startedAt": began}},
        "lastState": {},
    }


def keep(engine: Engine, event: str, obj: Object) -> list[Any]:
    """The replica set's part: a trigger of the engine that makes and replaces pods, and asks for no run."""
    if obj["kind"] != "Deployment" or obj["metadata"].get("namespace") != NAMESPACE:
        return []
    wanted = None if event == "DELETED" else pod_of(obj, engine.now)
    name = dig(wanted, "metadata", "name")
    for pod in of(engine, obj["metadata"]["name"]):
        if pod["metadata"]["name"] != name:
            engine.storage.delete(("Pod", NAMESPACE, pod["metadata"]["name"]))
    if wanted is not None and engine.storage.get("Pod", NAMESPACE, name) is None:
        engine.storage.create(wanted, "kubelet")
    return []


def of(engine: Engine, deployment: str) -> list[Object]:
    """The pods of a controller's Deployment."""
    pods = engine.storage.list("Pod", NAMESPACE)
    return [pod for pod in pods if dig(pod, "metadata", "labels", "app") == deployment]


def restart(engine: Engine, deployment: str, times: int, reason: str) -> None:
    """The containers of a controller end so many times for a reason (a key of `EXITS`) and are started again."""
    for pod in of(engine, deployment):
        status, now = map_at(pod, "status"), stamp(engine.now)
        fresh = [_restarted(item, times, reason, now) for item in status["containerStatuses"]]
        key = ("Pod", NAMESPACE, pod["metadata"]["name"])
        engine.storage.set_status(key, status | {"containerStatuses": fresh})


def _restarted(container: Object, times: int, reason: str, now: str) -> Object:
    ended = {"exitCode": EXITS[reason], "reason": reason, "startedAt": container["state"]["running"]["startedAt"]}
    return container | {
        "restartCount": container["restartCount"] + times,
        "lastState": {"terminated": ended | {"finishedAt": now}},
        "state": {"running": {"startedAt": now}},
    }
