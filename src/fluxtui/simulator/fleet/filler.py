"""Thousands of Kustomizations with realistic statuses, made in bulk: for scale, not for stories.

They are static: nothing reconciles them unless somebody asks. One in forty fails; most need another one; each has an
inventory of twelve and about four kilobytes.
"""

from typing import Any

from fluxtui.simulator.controllers.conditions import put, remember
from fluxtui.simulator.controllers.engine import Engine
from fluxtui.simulator.controllers.times import stamp
from fluxtui.simulator.fleet.manifests import manifest
from fluxtui.simulator.world import digest

NAMESPACES = 100
FAILING_EVERY = 40
INVENTORY = 12
APP = "apps"
FAILURE = "health check failed after 30.012s: timeout waiting for: [Deployment/{}/{}-0 status: 'InProgress']"
_REVISION = f"latest@{digest('filler')}"
_BROKEN = f"latest@{digest('filler broken')}"
_FIELDS: dict[str, Any] = {"f:spec": {"f:interval": {}, "f:path": {}, "f:prune": {}, "f:sourceRef": {}}}


def fill(engine: Engine, count: int, first: int = 0) -> list[str]:
    """Creates ``count`` Kustomizations with numbers from ``first``, and what they need; returns their namespaces."""
    storage = engine.storage
    names = [f"team-{number:03d}" for number in range(min(NAMESPACES, first + count))]
    engine.static.update(names)
    for name in names:
        if storage.get("Namespace", "", name) is None:
            storage.create(namespace(name))
            storage.create(_source(name, engine.now))
    when = {"now": stamp(engine.now), "created": stamp(engine.now - 14 * 86400), "recent": stamp(engine.now - 240)}
    for number in range(first, first + count):
        storage.create(_kustomization(number, names[number % len(names)], len(names), when))
    return names


def namespace(name: str) -> dict[str, Any]:
    """The namespace of a team."""
    return manifest("Namespace", "", name, labels={"toolkit.fluxcd.io/role": "tenant"})


def touched(obj: dict[str, Any], now: float) -> dict[str, Any]:
    """A status that counts one more run with the same outcome; one that fails recovers."""
    status: dict[str, Any] = dict(obj.get("status") or {})
    ready = next((c for c in status.get("conditions") or () if c["type"] == "Ready"), None)
    if ready is None or ready["status"] != "True":
        return flipped(obj, now)
    revision = status.get("lastAttemptedRevision", _REVISION)
    remember(status, now, "298.771ms", digest(revision), ready["reason"], {"revision": revision})
    put(status, now, obj["metadata"].get("generation", 1), "Ready", "True", ready["reason"], ready["message"])
    return status


def flipped(obj: dict[str, Any], now: float) -> dict[str, Any]:
    """A status that fails where it was ready, and the reverse."""
    status: dict[str, Any] = dict(obj.get("status") or {})
    metadata = obj["metadata"]
    ready = next((c for c in status.get("conditions") or () if c["type"] == "Ready"), None)
    generation = metadata.get("generation", 1)
    revision = status.get("lastAttemptedRevision", _REVISION)
    if ready is None or ready["status"] == "True":
        said = FAILURE.format(metadata["namespace"], metadata["name"])
        put(status, now, generation, "Ready", "False", "HealthCheckFailed", said)
    else:
        put(status, now, generation, "Ready", "True", "ReconciliationSucceeded", f"Applied revision: {revision}")
    outcome = next(c["reason"] for c in status["conditions"] if c["type"] == "Ready")
    remember(status, now, "311.402ms", digest(revision), outcome, {"revision": revision})
    return status


def _source(namespace: str, now: float) -> dict[str, Any]:
    url = f"oci://ghcr.io/acme/{namespace}"
    spec = {"interval": "10m", "provider": "generic", "url": url, "ref": {"tag": "latest"}}
    status: dict[str, Any] = {"observedGeneration": 1}
    said = f"stored artifact for digest '{_REVISION}'"
    put(status, now - 86400, 1, "Ready", "True", "Succeeded", said)
    put(status, now - 86400, 1, "ArtifactInStorage", "True", "Succeeded", said)
    artifact = {"digest": digest(namespace), "lastUpdateTime": stamp(now - 86400), "revision": _REVISION, "size": 2_310}
    path = f"ocirepository/{namespace}/{APP}/{_REVISION.rpartition(':')[2]}.tar.gz"
    status["artifact"] = artifact | {"path": path}
    return manifest("OCIRepository", namespace, APP, spec=spec) | {"status": status}


def _kustomization(number: int, namespace: str, spread: int, when: dict[str, str]) -> dict[str, Any]:
    name = f"app-{number:05d}"
    failing = number % FAILING_EVERY == 0
    spec: dict[str, Any] = {
        "interval": "10m",
        "path": f"./{name}",
        "prune": True,
        "sourceRef": {"kind": "OCIRepository", "name": APP},
        "timeout": "5m",
        "wait": True,
    }
    if number >= spread and number % 5:
        spec["dependsOn"] = [{"name": f"app-{number - spread:05d}"}]
    version = "kustomize.toolkit.fluxcd.io/v1"
    field: dict[str, Any] = {"apiVersion": version, "fieldsType": "FieldsV1", "fieldsV1": _FIELDS}
    metadata: dict[str, Any] = {
        "name": name,
        "namespace": namespace,
        "labels": {"app.kubernetes.io/part-of": "workshop", "team": namespace},
        "creationTimestamp": when["created"],
        "finalizers": ["finalizers.fluxcd.io"],
        "managedFields": [field | {"manager": "flux-operator", "operation": "Apply", "time": when["created"]}],
    }
    return {
        "apiVersion": version,
        "kind": "Kustomization",
        "metadata": metadata,
        "spec": spec,
        "status": _status(namespace, name, when, failing=failing),
    }


def _status(namespace: str, name: str, when: dict[str, str], *, failing: bool) -> dict[str, Any]:
    revision = _BROKEN if failing else _REVISION
    reason = "HealthCheckFailed" if failing else "ReconciliationSucceeded"
    said = FAILURE.format(namespace, name) if failing else f"Applied revision: {revision}"
    ready = {"type": "Ready", "status": "False" if failing else "True", "reason": reason, "message": said}
    history = {
        "digest": digest(revision),
        "firstReconciled": when["recent"] if failing else when["created"],
        "lastReconciled": when["recent"],
        "lastReconciledDuration": "412.118ms",
        "lastReconciledStatus": reason,
        "metadata": {"originRevision": "main@sha1:" + "4f2c9a1b" * 5, "revision": revision},
        "totalReconciliations": 12 if failing else 2016,
    }
    kinds = ("apps_Deployment", "_Service", "_ConfigMap")
    entries = [{"id": f"{namespace}_{name}-{i}_{kinds[i % 3]}", "v": "v1"} for i in range(INVENTORY)]
    return {
        "observedGeneration": 1,
        "conditions": [ready | {"lastTransitionTime": when["recent"], "observedGeneration": 1}],
        "history": [history],
        "inventory": {"entries": entries},
        "lastAppliedOriginRevision": "main@sha1:" + "4f2c9a1b" * 5,
        "lastAppliedRevision": _REVISION,
        "lastAttemptedRevision": revision,
    }
