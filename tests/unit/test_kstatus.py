"""kstatus: objects in every state that its rules know."""

from typing import Any

import pytest

from fluxtui.insight.kstatus import State, kstatus


def obj(kind: str, status: Any = None, spec: Any = None, version: str = "apps/v1", **meta: Any) -> dict[str, Any]:
    held: dict[str, Any] = {"apiVersion": version, "kind": kind, "metadata": {"name": "x", **meta}}
    return held | ({"spec": spec} if spec is not None else {}) | ({"status": status} if status is not None else {})


def cond(kind: str, status: str, reason: str = "", message: str = "") -> dict[str, str]:
    return {"type": kind, "status": status, "reason": reason, "message": message}


AVAILABLE = [cond("Available", "True"), cond("Progressing", "True", "NewReplicaSetAvailable")]
DONE = {"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2, "readyReplicas": 2}
SETTLED = {"replicas": 2, "readyReplicas": 2, "currentReplicas": 2, "updatedReplicas": 2}
SPREAD = {
    "observedGeneration": 1,
    "desiredNumberScheduled": 3,
    "currentNumberScheduled": 3,
    "updatedNumberScheduled": 3,
    "numberAvailable": 3,
    "numberReady": 3,
}
TWO = {"replicas": 2}
CASES: list[tuple[str, dict[str, Any], State, str]] = [
    ("being deleted", obj("X", deletionTimestamp="2026-01-01T00:00:00Z"), State.TERMINATING, "is being deleted"),
    (
        "held by a finalizer",
        obj("X", deletionTimestamp="2026-01-01T00:00:00Z", finalizers=["a/b"]),
        State.TERMINATING,
        "waits for its finalizers: a/b",
    ),
    ("not observed", obj("X", {"observedGeneration": 1}, generation=2), State.IN_PROGRESS, "generation 2 has not"),
    ("no conditions", obj("X", {}), State.CURRENT, ""),
    ("ready", obj("X", {"conditions": [cond("Ready", "True")]}), State.CURRENT, ""),
    ("not ready", obj("X", {"conditions": [cond("Ready", "False", message="no")]}), State.IN_PROGRESS, "no"),
    ("unknown", obj("X", {"conditions": [cond("Ready", "Unknown", "Waiting")]}), State.IN_PROGRESS, "Waiting"),
    ("stalled", obj("X", {"conditions": [cond("Stalled", "True", message="bad")]}), State.FAILED, "bad"),
    (
        "reconciling",
        obj("X", {"conditions": [cond("Reconciling", "True"), cond("Ready", "True")]}),
        State.IN_PROGRESS,
        "",
    ),
    ("rolled out", obj("Deployment", {**DONE, "conditions": AVAILABLE}, TWO, generation=2), State.CURRENT, ""),
    (
        "one not made",
        obj("Deployment", {**DONE, "replicas": 1, "conditions": AVAILABLE}, TWO),
        State.IN_PROGRESS,
        "1 of 2 replicas made",
    ),
    (
        "one not updated",
        obj("Deployment", {**DONE, "updatedReplicas": 1, "conditions": AVAILABLE}, TWO),
        State.IN_PROGRESS,
        "1 of 2 replicas updated",
    ),
    (
        "an old one runs",
        obj("Deployment", {**DONE, "replicas": 3, "conditions": AVAILABLE}, TWO),
        State.IN_PROGRESS,
        "1 old replicas still run",
    ),
    (
        "one not available",
        obj("Deployment", {**DONE, "availableReplicas": 1, "conditions": AVAILABLE}, TWO),
        State.IN_PROGRESS,
        "1 of 2 replicas available",
    ),
    (
        "too late",
        obj(
            "Deployment",
            {**DONE, "conditions": [cond("Progressing", "False", "ProgressDeadlineExceeded", "late")]},
            TWO,
        ),
        State.FAILED,
        "late",
    ),
    ("scaled to nothing", obj("Deployment", {"conditions": AVAILABLE}, {"replicas": 0}), State.CURRENT, ""),
    ("without a status", obj("Deployment", None, {}), State.IN_PROGRESS, "0 of 1 replicas made"),
    ("stateful", obj("StatefulSet", SETTLED, TWO), State.CURRENT, ""),
    (
        "a new revision rolls out",
        obj("StatefulSet", {**SETTLED, "currentRevision": "a", "updateRevision": "b", "updatedReplicas": 1}, TWO),
        State.IN_PROGRESS,
        "1 of 2 replicas have the new revision",
    ),
    (
        "only a part is to be updated",
        obj(
            "StatefulSet",
            {**SETTLED, "currentReplicas": 1, "updatedReplicas": 1},
            {**TWO, "updateStrategy": {"rollingUpdate": {"partition": 1}}},
        ),
        State.CURRENT,
        "",
    ),
    ("by hand", obj("StatefulSet", {}, {**TWO, "updateStrategy": {"type": "OnDelete"}}), State.CURRENT, ""),
    ("on every node", obj("DaemonSet", SPREAD), State.CURRENT, ""),
    ("not on one", obj("DaemonSet", {**SPREAD, "numberReady": 2}), State.IN_PROGRESS, "ready on 2 of 3 nodes"),
    ("never looked at", obj("DaemonSet", {}), State.IN_PROGRESS, "no controller has looked at it yet"),
    ("a complete job", obj("Job", {"conditions": [cond("Complete", "True")]}, version="batch/v1"), State.CURRENT, ""),
    (
        "a failed job",
        obj("Job", {"conditions": [cond("Failed", "True", "BackoffLimitExceeded")]}, version="batch/v1"),
        State.FAILED,
        "BackoffLimitExceeded",
    ),
    (
        "a running job",
        obj("Job", {"startTime": "2026-01-01T00:00:00Z", "active": 1}, version="batch/v1"),
        State.IN_PROGRESS,
        "1 running, 0 done, 0 failed",
    ),
    ("a cron job", obj("CronJob", {}, version="batch/v1"), State.CURRENT, ""),
    ("bound", obj("PersistentVolumeClaim", {"phase": "Bound"}, version="v1"), State.CURRENT, ""),
    (
        "pending",
        obj("PersistentVolumeClaim", {"phase": "Pending"}, version="v1"),
        State.IN_PROGRESS,
        "not bound: Pending",
    ),
    (
        "established",
        obj(
            "CustomResourceDefinition",
            {"conditions": [cond("Established", "True")]},
            version="apiextensions.k8s.io/v1",
        ),
        State.CURRENT,
        "",
    ),
    (
        "names taken",
        obj(
            "CustomResourceDefinition",
            {"conditions": [cond("NamesAccepted", "False", message="taken")]},
            version="apiextensions.k8s.io/v1",
        ),
        State.FAILED,
        "taken",
    ),
    ("no address", obj("Service", {}, {"type": "LoadBalancer"}, version="v1"), State.IN_PROGRESS, "its address"),
    (
        "running",
        obj("Pod", {"phase": "Running", "conditions": [cond("Ready", "True")]}, version="v1"),
        State.CURRENT,
        "",
    ),
    (
        "crashing",
        obj(
            "Pod",
            {
                "phase": "Running",
                "containerStatuses": [{"name": "app", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}],
            },
            version="v1",
        ),
        State.FAILED,
        "app: CrashLoopBackOff",
    ),
    (
        "no room",
        obj(
            "Pod",
            {"phase": "Pending", "conditions": [cond("PodScheduled", "False", "Unschedulable", "0/3 nodes")]},
            version="v1",
        ),
        State.FAILED,
        "0/3 nodes",
    ),
    ("done", obj("Pod", {"phase": "Succeeded"}, version="v1"), State.CURRENT, ""),
    ("a kind of the same name elsewhere", obj("Deployment", {}, version="other.example/v1"), State.CURRENT, ""),
]


@pytest.mark.parametrize(("value", "state", "words"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_state_and_why(value: dict[str, Any], state: State, words: str) -> None:
    found = kstatus(value)
    assert found.state is state
    assert found.message.startswith(words) and bool(found.message) >= bool(words)


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet", "Job", "Pod", "ReplicaSet", "X"])
@pytest.mark.parametrize("status", [None, [], "x", {"conditions": {"a": 1}}, {"replicas": "two", "conditions": [1]}])
def test_any_shape_is_answered(kind: str, status: Any) -> None:
    for version in ("apps/v1", "v1", "batch/v1"):
        assert isinstance(kstatus(obj(kind, status, version=version)).state, State)
