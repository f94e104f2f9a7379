"""The deployment controller's and the replica set controller's part: which replica sets and pods a Deployment has.

Another template means another replica set; the one before stays, scaled to nothing, as rollbacks need it. The rollout
is not simulated step by step: pods of the old template go when those of the new one are made.
"""

import msgspec

from fluxtui.simulator.controllers import pods
from fluxtui.simulator.controllers.conditions import Object
from fluxtui.simulator.controllers.engine import Engine, Key
from fluxtui.simulator.controllers.times import moment
from fluxtui.simulator.shapes import map_at
from fluxtui.simulator.world import digest

HASH = "pod-template-hash"
KEPT = 2
"""Replica sets of earlier templates that are kept."""


def keep(engine: Engine, event: str, obj: Object) -> list[Key]:
    """A trigger of the engine: makes, replaces and removes what a Deployment that changed is to have.

    A pod that somebody deleted is made anew, and its Deployment looked at.
    """
    if obj["kind"] == "Pod" and event == "DELETED":
        return _bereaved(engine, obj)
    if obj["kind"] != "Deployment":
        return []
    if event == "DELETED":
        _remove(engine, obj)
    else:
        _sync(engine, obj, map_at(obj, "status").get("readyReplicas", 0))
    return []


def ready(engine: Engine, deployment: Object) -> int:
    """How many pods of the current template are ready."""
    name = name_for(deployment)
    return sum(pods.ready(pod) for pod in _of(engine, deployment) if pods.owner_of(pod) == name)


def _bereaved(engine: Engine, pod: Object) -> list[Key]:
    namespace, owner = pod["metadata"].get("namespace", ""), pods.owner_of(pod)
    current = engine.storage.get("ReplicaSet", namespace, owner) if owner else None
    deployment = engine.storage.get("Deployment", namespace, pods.owner_of(current)) if current is not None else None
    if deployment is None or name_for(deployment) != owner:
        return []
    _sync(engine, deployment, ready(engine, deployment))
    return [("Deployment", namespace, deployment["metadata"]["name"])]


def _sync(engine: Engine, deployment: Object, well: int) -> None:
    """Makes and removes replica sets and pods; ``well`` of them are to be ready."""
    namespace, name = deployment["metadata"]["namespace"], name_for(deployment)
    wanted: int = 1 if (asked := deployment["spec"].get("replicas")) is None else asked
    current = engine.storage.get("ReplicaSet", namespace, name)
    if current is None:
        engine.storage.create(_set(deployment, name, wanted), "kube-controller-manager")
        told = f"Scaled up replica set {name} from 0 to {wanted}"
        engine.recorder.record(deployment, "Normal", "ScalingReplicaSet", told, {})
        current = engine.storage.get("ReplicaSet", namespace, name)
    if current is None:
        return  # a cluster that does not serve replica sets
    _retire(engine, deployment, name)
    if current["spec"]["replicas"] != wanted:
        engine.storage.merge(("ReplicaSet", namespace, name), {"spec": {"replicas": wanted}}, "kube-controller-manager")
    present: list[Object] = []
    for pod in _of(engine, deployment):
        if pods.owner_of(pod) == name and len(present) < wanted:
            present.append(pod)
        else:
            engine.storage.delete(("Pod", namespace, pod["metadata"]["name"]))
    for number in range(len(present), wanted):
        engine.storage.create(pods.pod_of(deployment, current, number, engine.now), "kubelet")
    _report(engine, deployment, current, wanted, well)


def _report(engine: Engine, deployment: Object, current: Object, wanted: int, well: int) -> None:
    """Brings the pods, and what the replica set counts, to where they are to be."""
    namespace = deployment["metadata"]["namespace"]
    bad = broken(engine, deployment)
    up = 0
    for number, pod in enumerate(sorted(_of(engine, deployment), key=pods.ready, reverse=True)):
        fresh: Object | None = None
        if bad:
            fresh = pods.crashing(pod, engine.now)
            _tell_of_crashes(engine, pod, fresh)
        elif number < well and not pods.ready(pod):
            fresh = pods.running(pod, engine.now)
            image = pod["spec"]["containers"][0]["image"]
            engine.recorder.record(pod, "Normal", "Pulled", f'Successfully pulled image "{image}"', {})
            told = f"Started container {pod['spec']['containers'][0]['name']}"
            engine.recorder.record(pod, "Normal", "Started", told, {})
        up += not bad and number < well
        if fresh is not None and fresh != pod["status"]:
            engine.storage.set_status(("Pod", namespace, pod["metadata"]["name"]), fresh)
    counted: Object = {"observedGeneration": current["metadata"].get("generation", 1), "replicas": wanted}
    counted |= {"fullyLabeledReplicas": wanted} if wanted else {}
    counted |= {"readyReplicas": up, "availableReplicas": up} if up else {}
    if counted != current.get("status"):
        engine.storage.set_status(("ReplicaSet", namespace, current["metadata"]["name"]), counted)


def _tell_of_crashes(engine: Engine, pod: Object, status: Object) -> None:
    """The kubelet's word on a container that it does not start again yet; the same again counts up."""
    for item in status["containerStatuses"]:
        if item["state"].get("waiting"):
            about = pod["metadata"]
            said = f"Back-off restarting failed container {item['name']} in pod {about['name']}_{about['namespace']}"
            engine.recorder.record(pod, "Warning", "BackOff", f"{said}({about['uid']})", {})


def broken(engine: Engine, deployment: Object) -> bool:
    """Whether a scenario says that the image of a Deployment is bad."""
    about = deployment["metadata"]
    image = engine.broken.get((about["namespace"], about["name"]))
    containers: list[Object] = deployment["spec"]["template"]["spec"]["containers"]
    return image is not None and any(image in container["image"] for container in containers)


def _retire(engine: Engine, deployment: Object, current: str) -> None:
    """Scales the replica sets of earlier templates to nothing, and removes the oldest of them."""
    old = [item for item in _sets(engine, deployment) if item["metadata"]["name"] != current]
    old.sort(key=lambda item: moment(item["metadata"]["creationTimestamp"]), reverse=True)
    for number, item in enumerate(old):
        key = ("ReplicaSet", item["metadata"]["namespace"], item["metadata"]["name"])
        if number >= KEPT:
            engine.storage.delete(key)
        elif item["spec"]["replicas"]:
            engine.storage.merge(key, {"spec": {"replicas": 0}}, "kube-controller-manager")
            generation = item["metadata"].get("generation", 1) + 1
            engine.storage.set_status(key, {"observedGeneration": generation, "replicas": 0})


def _remove(engine: Engine, deployment: Object) -> None:
    """What garbage collection does when a Deployment is gone."""
    namespace = deployment["metadata"]["namespace"]
    for pod in _of(engine, deployment):
        engine.storage.delete(("Pod", namespace, pod["metadata"]["name"]))
    for item in _sets(engine, deployment):
        engine.storage.delete(("ReplicaSet", namespace, item["metadata"]["name"]))


def _of(engine: Engine, deployment: Object) -> list[Object]:
    return pods.of(engine, deployment["metadata"]["name"], deployment["metadata"]["namespace"])


def _sets(engine: Engine, deployment: Object) -> list[Object]:
    about = deployment["metadata"]
    found = engine.storage.list("ReplicaSet", about["namespace"])
    return [item for item in found if pods.owner_of(item) == about["name"]]


def name_for(deployment: Object) -> str:
    """The name of the replica set of a Deployment's current template."""
    return f"{deployment['metadata']['name']}-{_hash(deployment)}"


def _hash(deployment: Object) -> str:
    template = msgspec.json.encode(deployment["spec"]["template"], order="sorted")
    return digest(template.decode()).partition(":")[2][:10]


def _set(deployment: Object, name: str, wanted: int) -> Object:
    about, spec = deployment["metadata"], deployment["spec"]
    labels = map_at(spec, "template", "metadata", "labels") | {HASH: _hash(deployment)}
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": about["name"], "uid": about["uid"]}
    metadata = {
        "name": name,
        "namespace": about["namespace"],
        "labels": labels,
        "ownerReferences": [reference | {"controller": True, "blockOwnerDeletion": True}],
    }
    selector = {"matchLabels": map_at(spec, "selector", "matchLabels") | {HASH: labels[HASH]}}
    template = spec["template"] | {"metadata": map_at(spec, "template", "metadata") | {"labels": labels}}
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": metadata,
        "spec": {"replicas": wanted, "selector": selector, "template": template},
    }
