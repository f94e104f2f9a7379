"""Kustomizations as controllers leave them: 3.2 KB each with an inventory of 12, one in forty fails."""

from datetime import UTC, datetime, timedelta
from typing import Any

NOW = datetime(2026, 11, 21, 3, 30, tzinfo=UTC)
REVISION = "latest@sha256:" + "ab" * 32
NAMESPACES = 100
API = "kustomize.toolkit.fluxcd.io/v1"
Json = dict[str, Any]


def place(number: int) -> tuple[str, str]:
    """Namespace and name of the Kustomization with a number."""
    return f"team-{number % NAMESPACES:03d}", f"app-{number:05d}"


def created(number: int) -> Json:
    """As its author writes it; most need the one that is a hundred before it."""
    namespace, name = place(number)
    spec: Json = {
        "interval": "10m0s",
        "path": f"./{name}",
        "prune": True,
        "sourceRef": {"kind": "OCIRepository", "name": "apps"},
        "timeout": "5m0s",
        "wait": True,
    }
    if number >= NAMESPACES and number % 5:
        spec["dependsOn"] = [{"name": f"app-{number - NAMESPACES:05d}"}]
    labels = {
        "resourceset.fluxcd.controlplane.io/name": "apps",
        "resourceset.fluxcd.controlplane.io/namespace": "flux-system",
    }
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    return {"apiVersion": API, "kind": "Kustomization", "metadata": metadata, "spec": spec}


def status(number: int, *, failing: bool | None = None) -> Json:
    """As kustomize-controller reports it; times spread as in a real fleet."""
    namespace, name = place(number)
    failing = number % 40 == 0 if failing is None else failing
    reconciled = ago(number * 7 % 600)
    ready = {
        "lastTransitionTime": ago(number * 13 % 7_200),
        "message": "health check failed after 30s: timeout waiting" if failing else f"Applied revision: {REVISION}",
        "observedGeneration": 3,
        "reason": "HealthCheckFailed" if failing else "ReconciliationSucceeded",
        "status": "False" if failing else "True",
        "type": "Ready",
    }
    healthy = {
        "lastTransitionTime": reconciled,
        "message": f"Health check passed in {13 + number % 50}.041162ms",
        "observedGeneration": 3,
        "reason": "Failed" if failing else "Succeeded",
        "status": "False" if failing else "True",
        "type": "Healthy",
    }
    run = {
        "digest": "sha256:" + "44" * 32,
        "firstReconciled": ago(3_600 + number * 11 % 7_200),
        "lastReconciled": reconciled,
        "lastReconciledDuration": "141.289207ms",
        "lastReconciledStatus": ready["reason"],
        "metadata": {"revision": REVISION},
        "totalReconciliations": 10,
    }
    return {
        "conditions": [ready, healthy],
        "history": [run],
        "inventory": {"entries": [{"id": f"{namespace}_{name}-{k}_apps_Deployment", "v": "v1"} for k in range(12)]},
        "lastAppliedRevision": REVISION,
        "lastAttemptedRevision": REVISION,
        "observedGeneration": 3,
    }


def stored(number: int, version: int) -> Json:
    """The whole object as an API server holds it."""
    whole = created(number)
    whole["metadata"] |= {
        "annotations": {"reconcile.fluxcd.io/requestedAt": "2026-11-21T03:17:59.000000000Z"},
        "creationTimestamp": ago(86_400 + number * 37 % 2_600_000),
        "finalizers": ["finalizers.fluxcd.io"],
        "generation": 3,
        "managedFields": MANAGED,
        "resourceVersion": str(version),
        "uid": f"8f277614-c18c-48d2-96da-{number:012d}",
    }
    return whole | {"status": status(number)}


def ago(seconds: int) -> str:
    """A moment before `NOW` as the API writes it."""
    return (NOW - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _managed(manager: str, fields: Json) -> Json:
    return {
        "apiVersion": API,
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
        "manager": manager,
        "operation": "Update",
        "time": "2026-11-21T03:14:42Z",
    }


MANAGED = [
    _managed(
        "flux-operator",
        {
            "f:metadata": {"f:labels": {"f:resourceset.fluxcd.controlplane.io/name": {}}},
            "f:spec": {"f:interval": {}, "f:path": {}, "f:prune": {}, "f:sourceRef": {"f:kind": {}, "f:name": {}}},
        },
    ),
    _managed(
        "kustomize-controller",
        {"f:status": {"f:conditions": {}, "f:inventory": {"f:entries": {}}, "f:lastAppliedRevision": {}}},
    ),
]
