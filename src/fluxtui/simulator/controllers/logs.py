"""What the controllers' pods log: one JSON line per event that the controller recorded, with the fields of Flux."""

import json
from typing import Any

from fluxtui.simulator.controllers.conditions import Object
from fluxtui.simulator.controllers.engine import Engine
from fluxtui.simulator.controllers.times import moment, stamp
from fluxtui.simulator.shapes import dig, map_at
from fluxtui.simulator.world import digest

NAMESPACE = "flux-system"


def pod_of(deployment: Object) -> Object:
    """The one pod of a Flux controller's Deployment, running since the Deployment was created."""
    metadata, template = deployment["metadata"], deployment["spec"]["template"]
    suffix = digest(f"{metadata['name']} {template['spec']['containers'][0]['image']}").partition(":")[2]
    name = f"{metadata['name']}-{suffix[:10]}-{suffix[10:15]}"
    containers = [{"name": item["name"], "ready": True, "restartCount": 0} for item in template["spec"]["containers"]]
    status = {"phase": "Running", "containerStatuses": containers, "startTime": metadata["creationTimestamp"]}
    about = {"name": name, "namespace": metadata["namespace"], "labels": map_at(template, "metadata", "labels")}
    about["creationTimestamp"] = metadata["creationTimestamp"]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": about, "spec": template["spec"], "status": status}


def keep_pods(engine: Engine, event: str, obj: Object) -> list[Any]:
    """The replica set's part for the Flux controllers: one pod each, another one for another image."""
    if obj["kind"] != "Deployment" or obj["metadata"].get("namespace") != NAMESPACE:
        return []
    wanted = None if event == "DELETED" else pod_of(obj)
    name = dig(wanted, "metadata", "name")
    for pod in list(engine.storage.list("Pod", NAMESPACE)):
        same = dig(pod, "metadata", "labels", "app") == obj["metadata"]["name"]
        if same and pod["metadata"]["name"] != name:
            engine.storage.delete(("Pod", NAMESPACE, pod["metadata"]["name"]))
    if wanted is not None and engine.storage.get("Pod", NAMESPACE, name) is None:
        engine.storage.create(wanted, "kubelet")
    return []


def lines(engine: Engine, namespace: str, pod: str) -> list[tuple[float, str]]:
    """The log of a pod so far: (epoch seconds, line), oldest first; other pods than Flux's log nothing."""
    found = engine.storage.get("Pod", namespace, pod)
    component = dig(found, "metadata", "labels", "app")
    if found is None or namespace != NAMESPACE or not component:
        return []
    began = moment(found["metadata"]["creationTimestamp"])
    said = [(began, _line("info", began, "Starting manager", {}))]
    events = (event for event in engine.storage.list("Event") if event.get("lastTimestamp"))
    said += [_told(event) for event in events if dig(event, "source", "component") == component]
    return sorted(said)


def _told(event: Object) -> tuple[float, str]:
    about, when = event["involvedObject"], moment(event["lastTimestamp"])
    fields = {"controllerKind": about["kind"], "name": about["name"], "namespace": about.get("namespace", "")}
    fields["reconcileID"] = digest(event["metadata"]["name"]).partition(":")[2][:32]
    if event["type"] == "Warning":
        fields["error"] = event["message"].partition("\n")[0]
        return when, _line("error", when, "Reconciler error", fields)
    return when, _line("info", when, event["message"].partition("\n")[0], fields)


def _line(level: str, when: float, message: str, fields: dict[str, str]) -> str:
    return json.dumps({"level": level, "ts": stamp(when), "msg": message, **fields})
