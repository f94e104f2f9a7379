"""Conditions, history and kstatus: the vocabulary that all Flux controllers share.

Rules, as recorded from the real ones: Stalled or Reconciling come first, then Ready, then the others by name; a
condition's lastTransitionTime moves when its status, reason or message does; observedGeneration alone does not move it.
"""

from typing import Any

from fluxtui.simulator.controllers.times import stamp

Object = dict[str, Any]
"""An API object, or a part of one, as parsed JSON. What storage returns is shared: it is replaced, never edited."""

_FIRST = {"Stalled": 0, "Reconciling": 1, "Ready": 2}
HISTORY = 5


def find(status: Object, kind: str) -> Object | None:
    """The condition of that type, or None."""
    for condition in status.get("conditions") or ():
        if condition["type"] == kind:
            return condition
    return None


def put(status: Object, now: float, generation: int, kind: str, value: str, reason: str, message: str) -> None:
    """Sets a condition, keeping its transition time when nothing of what it says has changed."""
    said = {"message": message, "reason": reason, "status": value}
    old = find(status, kind)
    same = old is not None and all(old[key] == text for key, text in said.items())
    since = old["lastTransitionTime"] if old is not None and same else stamp(now)
    fresh = {"lastTransitionTime": since, "observedGeneration": generation, **said, "type": kind}
    others = [condition for condition in status.get("conditions") or () if condition["type"] != kind]
    status["conditions"] = sorted([*others, fresh], key=_order)


def drop(status: Object, *kinds: str) -> None:
    """Removes conditions, as the controllers do with Reconciling, Stalled and what belongs to an earlier attempt."""
    if "conditions" in status:
        status["conditions"] = [condition for condition in status["conditions"] if condition["type"] not in kinds]


def _order(condition: Object) -> tuple[int, str]:
    kind = condition["type"]
    return _FIRST.get(kind, 3), kind


def is_true(status: Object, kind: str) -> bool:
    """Whether the condition is there and True."""
    condition = find(status, kind)
    return condition is not None and condition["status"] == "True"


def remember(
    status: Object,
    now: float,
    took: str,
    digest: str,
    outcome: str,
    metadata: dict[str, str],
) -> None:
    """Counts a concluded run in status.history: newest first, one entry per digest and outcome, five at most."""
    entries: list[Object] = list(status.get("history") or ())
    same = next((e for e in entries if e["digest"] == digest and e["lastReconciledStatus"] == outcome), None)
    if same is not None:
        entries.remove(same)
    entry: Object = {
        "digest": digest,
        "firstReconciled": same["firstReconciled"] if same else stamp(now),
        "lastReconciled": stamp(now),
        "lastReconciledDuration": took,
        "lastReconciledStatus": outcome,
        "metadata": metadata,
        "totalReconciliations": (same["totalReconciliations"] if same else 0) + 1,
    }
    status["history"] = [entry, *entries][:HISTORY]


def kstatus(obj: Object | None) -> str:
    """How the health checks of kustomize-controller and helm-controller read an object: Current, InProgress, Failed…

    Kinds without a status count as Current once they exist.
    """
    if obj is None:
        return "NotFound"
    if obj["metadata"].get("deletionTimestamp"):
        return "Terminating"
    status: Object = obj.get("status") or {}
    if obj["kind"] == "Deployment":
        return _deployment(obj, status)
    if obj["kind"] in {"Namespace", "ConfigMap", "Secret", "Pod"} or "spec" not in obj:
        return "Current"
    return _by_conditions(obj, status)


def _deployment(obj: Object, status: Object) -> str:
    wanted = obj["spec"].get("replicas", 1)
    if status.get("observedGeneration", 0) < obj["metadata"].get("generation", 1):
        return "InProgress"
    current = min(status.get("updatedReplicas", 0), status.get("availableReplicas", 0))
    return "Current" if current >= wanted else "InProgress"


def _by_conditions(obj: Object, status: Object) -> str:
    if is_true(status, "Stalled"):
        return "Failed"
    observed = status.get("observedGeneration")
    if observed is not None and observed != obj["metadata"].get("generation"):
        return "InProgress"
    ready = find(status, "Ready")
    if ready is None:
        if obj["kind"] == "HelmRepository" and obj["spec"].get("type") == "oci":
            return "Current"
        return "InProgress" if obj["apiVersion"].partition("/")[0].endswith("fluxcd.io") else "Current"
    if ready["status"] == "True" and not is_true(status, "Reconciling"):
        return "Current"
    return "InProgress"
