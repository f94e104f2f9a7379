"""``as=Table``: what ``kubectl get`` prints, computed by the server.

Cells of custom resources come from the JSONPaths of their columns; those of built-in kinds are computed here.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from fluxtui.simulator import refusals
from fluxtui.simulator.resources import Column, Resource
from fluxtui.simulator.shapes import Json, as_list, dig, map_at, maps_at

NAME = Column("Name", format="name")
_NAME_TEXT = (
    "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a "
    "client to request the generation of an appropriate name automatically. Name is primarily intended for creation "
    "idempotence and configuration definition. Cannot be updated. More info: "
    "https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names"
)
_STEP = re.compile(r"\.([\w-]+)|\[\?\(@\.([\w-]+)\s*==\s*\"([^\"]*)\"\)\]|\[(\d+)\]|\.?\['([^']+)'\]")
_INCLUDE = ("", "Metadata", "Object", "None")


def table(
    resource: Resource, objects: list[Json], metadata: Json, include: str, now: float, *, headed: bool = True
) -> Json:
    """A ``Table`` of objects of one kind; without its head it has no column definitions (later events of a watch).

    ``include`` is what each row carries of its object: Metadata (the default), Object or None.
    """
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": definitions(resource) if headed else None,
        "rows": [{"cells": cells(resource, obj, now), "object": _included(obj, include)} for obj in objects],
    }


def check_include(include: str) -> None:
    """Raises `refusals.Refusal` (400) for what ``includeObject`` may not be."""
    if include not in _INCLUDE:
        why = f"includeObject: Invalid value: \"{include}\": must be 'Metadata', 'Object', 'None', or empty"
        raise refusals.bad_request(f"Unable to convert to Table as requested: {why}")


def definitions(resource: Resource) -> list[Json]:
    """The columns, the name first; Events begin with their time."""
    columns = resource.columns if resource.kind == "Event" else (NAME, *resource.columns)
    return [
        {
            "name": column.name,
            "type": column.type,
            "format": column.format,
            "description": _described(column),
            "priority": column.priority,
        }
        for column in columns
    ]


def _described(column: Column) -> str:
    if column.path:
        return f"Custom resource definition column (in JSONPath format): {column.path}"
    return _NAME_TEXT if column.format == "name" else column.name


def metadata_of(obj: Json) -> Json:
    """The ``PartialObjectMetadata`` of an object."""
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": obj["metadata"]}


def _included(obj: Json, include: str) -> Json | None:
    if include == "None":
        return None
    return obj if include == "Object" else metadata_of(obj)


def cells(resource: Resource, obj: Json, now: float) -> list[Any]:
    """The cells of one row."""
    computed = _CELLS.get(resource.kind)
    if computed is not None:
        return computed(obj, now)
    return [obj["metadata"]["name"], *(_cell(column, obj, now) for column in resource.columns)]


def _cell(column: Column, obj: Json, now: float) -> Any:
    value = find(obj, column.path)
    if value is None:
        return None
    if column.type == "date":
        return age(value, now)
    return value if column.type in ("integer", "number", "boolean") else str(value)


def find(value: Any, path: str) -> Any:
    """The first value at a JSONPath of the kind that printer columns use: ``.a.b[?(@.type=="x")].c``."""
    for step in _STEP.finditer(path):
        key, field, wanted, index, quoted = step.groups()
        if key or quoted:
            value = dig(value, key or quoted.replace("\\.", "."))
        elif field:
            value = next((item for item in as_list(value) or () if dig(item, field) == wanted), None)
        else:
            items = as_list(value) or []
            value = items[int(index)] if int(index) < len(items) else None
    return value


def age(timestamp: Any, now: float) -> str:
    """How long ago a time of the API was, as kubectl writes durations: 45s, 3m58s, 14m, 3h5m, 2d."""
    try:
        then = datetime.fromisoformat(str(timestamp)).timestamp()
    except ValueError:
        return "<invalid>"
    seconds = int(now - then)
    if seconds < 0:
        return "<invalid>" if seconds < -1 else "0s"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if seconds < 120:
        return f"{seconds}s"
    if minutes < 10:
        return _pair(minutes, "m", seconds % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return _pair(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return _pair(days, "d", hours % 24, "h")
    if days < 730:
        return f"{days}d"
    return _pair(days // 365, "y", days % 365, "d") if days < 8 * 365 else f"{days // 365}y"


def _pair(large: int, unit: str, small: int, subunit: str) -> str:
    return f"{large}{unit}{small}{subunit}" if small else f"{large}{unit}"


# -- built-in kinds --------------------------------------------------------------------------------------------


def _aged(obj: Json, now: float) -> str:
    return age(obj["metadata"].get("creationTimestamp"), now)


def _count(obj: Json, *fields: str) -> int:
    return sum(len(obj.get(field) or ()) for field in fields)


def _containers(obj: Json) -> list[Any]:
    template = maps_at(obj, "spec", "template", "spec", "containers")
    wanted = map_at(obj, "spec", "selector", "matchLabels")
    selector = ",".join(f"{key}={value}" for key, value in sorted(wanted.items()))
    names = ",".join(str(container.get("name", "")) for container in template)
    return [names, ",".join(str(container.get("image", "")) for container in template), selector]


def _deployment(obj: Json, now: float) -> list[Any]:
    status = map_at(obj, "status")
    wanted = dig(obj, "spec", "replicas")
    ready = f"{status.get('readyReplicas', 0)}/{1 if wanted is None else wanted}"
    told = [ready, str(status.get("updatedReplicas", 0)), str(status.get("availableReplicas", 0))]
    return [obj["metadata"]["name"], *told, _aged(obj, now), *_containers(obj)]


def _replicaset(obj: Json, now: float) -> list[Any]:
    status = map_at(obj, "status")
    told = [dig(obj, "spec", "replicas") or 0, status.get("replicas", 0), status.get("readyReplicas", 0)]
    return [obj["metadata"]["name"], *told, _aged(obj, now), *_containers(obj)]


def _pod(obj: Json, now: float) -> list[Any]:
    statuses = maps_at(obj, "status", "containerStatuses")
    total = len(maps_at(obj, "spec", "containers"))
    phase: Any = dig(obj, "status", "reason") or dig(obj, "status", "phase") or ""
    for status in statuses:
        phase = dig(status, "state", "waiting", "reason") or dig(status, "state", "terminated", "reason") or phase
    if "deletionTimestamp" in obj["metadata"]:
        phase = "Terminating"
    ready = f"{sum(bool(status.get('ready')) for status in statuses)}/{total}"
    restarts = str(sum(int(status.get("restartCount", 0)) for status in statuses))
    address, node = dig(obj, "status", "podIP") or "<none>", dig(obj, "spec", "nodeName") or "<none>"
    return [obj["metadata"]["name"], ready, phase, restarts, _aged(obj, now), address, node, "<none>", "<none>"]


def _event(obj: Json, now: float) -> list[Any]:
    last = obj.get("lastTimestamp") or obj.get("eventTime")
    first = obj.get("firstTimestamp") or last
    seen = [age(time, now) if time else "<unknown>" for time in (last, first)]
    involved = map_at(obj, "involvedObject")
    about = f"{str(involved.get('kind', '')).lower()}/{involved.get('name', '')}"
    source = str(dig(obj, "source", "component") or obj.get("reportingComponent") or "")
    told = [seen[0], obj.get("type", ""), obj.get("reason", ""), about, involved.get("fieldPath", ""), source]
    return [*told, str(obj.get("message", "")).strip(), seen[1], str(obj.get("count", 1)), obj["metadata"]["name"]]


def _binding(obj: Json, now: float) -> list[Any]:
    role = f"{dig(obj, 'roleRef', 'kind')}/{dig(obj, 'roleRef', 'name')}"
    subjects = maps_at(obj, "subjects")
    named = {
        kind: ", ".join(
            f"{subject.get('namespace')}/{subject['name']}" if kind == "ServiceAccount" else subject["name"]
            for subject in subjects
            if subject.get("kind") == kind
        )
        for kind in ("User", "Group", "ServiceAccount")
    }
    return [obj["metadata"]["name"], role, _aged(obj, now), *named.values()]


def _admission_policy(obj: Json, now: float) -> list[Any]:
    kind = map_at(obj, "spec", "paramKind")
    named = f"{kind['apiVersion']}/{kind['kind']}" if kind else "<unset>"
    return [obj["metadata"]["name"], len(maps_at(obj, "spec", "validations")), named, _aged(obj, now)]


def _admission_binding(obj: Json, now: float) -> list[Any]:
    reference = map_at(obj, "spec", "paramRef")
    named = "/".join(filter(None, (reference.get("namespace"), reference.get("name") or "*"))) if reference else ""
    return [obj["metadata"]["name"], dig(obj, "spec", "policyName"), named or "<unset>", _aged(obj, now)]


def _webhooks(obj: Json, now: float) -> list[Any]:
    return [obj["metadata"]["name"], len(maps_at(obj, "webhooks")), _aged(obj, now)]


def _created(obj: Json, _now: float) -> list[Any]:
    return [obj["metadata"]["name"], obj["metadata"].get("creationTimestamp")]


_CELLS: dict[str, Callable[[Json, float], list[Any]]] = {
    "ConfigMap": lambda obj, now: [obj["metadata"]["name"], _count(obj, "data", "binaryData"), _aged(obj, now)],
    "Secret": lambda obj, now: [obj["metadata"]["name"], obj.get("type", ""), _count(obj, "data"), _aged(obj, now)],
    "Namespace": lambda obj, now: [obj["metadata"]["name"], dig(obj, "status", "phase") or "", _aged(obj, now)],
    "ServiceAccount": lambda obj, now: [obj["metadata"]["name"], _aged(obj, now)],
    "Deployment": _deployment,
    "ReplicaSet": _replicaset,
    "Pod": _pod,
    "Event": _event,
    "ClusterRole": _created,
    "Role": _created,
    "CustomResourceDefinition": _created,
    "ClusterRoleBinding": _binding,
    "RoleBinding": _binding,
    "ValidatingAdmissionPolicy": _admission_policy,
    "ValidatingAdmissionPolicyBinding": _admission_binding,
    "ValidatingWebhookConfiguration": _webhooks,
    "MutatingWebhookConfiguration": _webhooks,
}
