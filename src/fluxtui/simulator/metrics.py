"""metrics.k8s.io, as metrics-server answers it: what the containers of running pods use. Computed when it is asked.

It is an aggregated API: it is there once its Deployment is ready, cannot be watched, and knows nothing of pods that do
not run. What a container uses follows from its requests and limits, its name and the time.
"""

import math

from aiohttp import web

from fluxtui.simulator import answers, refusals, selectors
from fluxtui.simulator.calls import Call
from fluxtui.simulator.controllers.times import moment, stamp
from fluxtui.simulator.objects import Objects
from fluxtui.simulator.registry import METRICS
from fluxtui.simulator.resources import CREATED, Column, Resource
from fluxtui.simulator.shapes import Json, dig, map_at, maps_at
from fluxtui.simulator.shelf import Stored
from fluxtui.simulator.world import digest

DEPLOYMENT = "metrics-server"
RESOLUTION = 15
"""Seconds between two looks at the kubelets."""
KIND = Resource(
    group=METRICS,
    versions=("v1beta1",),
    plural="pods",
    singular="pod",
    kind="PodMetrics",
    columns=(Column("Name"), Column("cpu"), Column("memory"), Column("window", CREATED)),
    subresources=(),
    custom=False,
    generations=False,
    read_only=True,
)
UNITS = {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "": 1}
CPU, MEMORY = 0.1, 96 << 20
"""Cores and bytes by which a container without requests is judged."""


async def answer(call: Call, objects: Objects) -> web.StreamResponse:
    """The metrics of one pod, or of all that run. Raises `refusals.Refusal`: 503 while metrics-server is not ready."""
    if not _up(objects):
        raise refusals.Refusal(
            503,
            "ServiceUnavailable",
            "the server is currently unable to handle the request (get pods.metrics.k8s.io)",
            details={"group": METRICS, "kind": "pods"},
        )
    target, now = call.target, objects.now()
    if target.name:
        pod = objects.get("Pod", target.namespace, target.name)
        found = _measured(pod, now) if pod is not None else None
        if found is None:
            raise refusals.not_found(KIND.plural, METRICS, f"{target.namespace}/{target.name}")
        return await answers.object_answer(call, found, now)
    match = selectors.labels(call.query.get("labelSelector", ""))
    measured = (_measured(pod, now) for pod in objects.list("Pod", call.namespace) if match is None or match(pod))
    items = [Stored(KIND, "", each, 0) for each in measured if each is not None]
    return await answers.list_answer(call, items, {}, now)


def _up(objects: Objects) -> bool:
    return any(
        map_at(item, "status").get("readyReplicas")
        for item in objects.list("Deployment")
        if item["metadata"]["name"] == DEPLOYMENT
    )


def _measured(pod: Json, now: float) -> Json | None:
    """What a pod uses; None of one that does not run, or has not been looked at since it started."""
    looked = now - now % RESOLUTION
    containers: list[Json] = []
    statuses = {item["name"]: item for item in maps_at(pod, "status", "containerStatuses")}
    for item in maps_at(pod, "spec", "containers"):
        began = dig(statuses.get(item["name"]), "state", "running", "startedAt")
        if not began or moment(began) + RESOLUTION > looked:
            return None
        containers.append({"name": item["name"], "usage": _usage(pod, item, looked, looked - moment(began))})
    about = pod["metadata"]
    metadata = {"name": about["name"], "namespace": about.get("namespace", ""), "creationTimestamp": stamp(now)}
    if about.get("labels"):
        metadata["labels"] = about["labels"]
    told: Json = {"apiVersion": KIND.api_version, "kind": KIND.kind, "metadata": metadata, "containers": containers}
    return told | {"timestamp": stamp(looked), "window": f"{RESOLUTION}s"} if containers else None


def _usage(pod: Json, container: Json, at: float, lived: float) -> Json:
    """About what it asked for, in waves; one that was killed for its memory is on its way there again."""
    wanted, most = map_at(container, "resources", "requests"), map_at(container, "resources", "limits")
    share = int(digest(f"{pod['metadata']['name']}/{container['name']}")[7:15], 16) / 0xFFFFFFFF
    wave = math.sin(at / 240 + 6.3 * share) + 0.4 * math.sin(at / 37 + 11 * share)
    cpu = cores(wanted.get("cpu", "")) or CPU
    cpu *= 0.25 + 0.5 * share + 0.15 * (wave + 1.4)
    memory = size(wanted.get("memory", "")) or MEMORY
    limit = size(most.get("memory", "")) or 4 * memory
    used = memory * (0.7 + 0.6 * share) + 0.02 * memory * wave
    if _was_killed(pod, container["name"]):
        used = limit * min(0.97, 0.62 + lived / 7200)
    used = min(used, 0.97 * limit)
    return {"cpu": f"{int(cpu * 1e9)}n", "memory": f"{int(used) >> 10}Ki"}


def _was_killed(pod: Json, name: str) -> bool:
    return any(
        dig(item, "lastState", "terminated", "reason") == "OOMKilled"
        for item in maps_at(pod, "status", "containerStatuses")
        if item["name"] == name
    )


def cores(quantity: str) -> float:
    """``100m``, ``1`` or ``250000n`` in cores; 0 for nothing."""
    factor = {"m": 1e-3, "u": 1e-6, "n": 1e-9}.get(quantity[-1:], 1.0)
    return float(quantity.rstrip("mun") or 0) * factor


def size(quantity: str) -> int:
    """``64Mi`` or ``1Gi`` in bytes; 0 for nothing."""
    unit = quantity[-2:] if quantity[-2:] in UNITS else ""
    return int(float(quantity.removesuffix(unit) or 0) * UNITS[unit])
