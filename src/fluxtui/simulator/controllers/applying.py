"""Applying manifests and pruning what is no longer among them, as the appliers' server-side apply does.

Manifests of kinds that the cluster does not serve stay in inventories: a fleet has more than is simulated.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from fluxtui.simulator.controllers.conditions import Object, kstatus
from fluxtui.simulator.controllers.engine import Engine, Key
from fluxtui.simulator.kyverno import admission, kinds
from fluxtui.simulator.shapes import as_map

CLUSTER_SCOPED = {
    "Namespace", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "ClusterIssuer", "IngressClass",
    "PriorityClass", "StorageClass", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration",
    "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "APIService", "ClusterSecretStore",
    *(kind.kind for kind in kinds.KINDS if not kind.namespaced),
}  # fmt: skip
PRUNE_DISABLED = "fluxcd.controlplane.io/prune"

ORDER = {"CustomResourceDefinition": 0, "Namespace": 1, "ConfigMap": 3, "Secret": 3, "ServiceAccount": 2}


class Applied(msgspec.Struct):
    """What an apply did: the inventory, and a line per object that it changed (``Kind/ns/name created``)."""

    entries: list[dict[str, str]]
    lines: list[str]


def key_of(manifest: Object) -> Key:
    """Kind, namespace (empty for cluster-scoped kinds) and name."""
    metadata = manifest["metadata"]
    namespace = "" if manifest["kind"] in CLUSTER_SCOPED else metadata.get("namespace", "")
    group = manifest["apiVersion"].rpartition("/")[0]
    return kinds.key_of(manifest["kind"], group), namespace, metadata["name"]


def entry(manifest: Object) -> dict[str, str]:
    """The inventory entry of an object: ``ns_name_group_Kind`` and the version; ``:`` in names is ``__``."""
    group, _, version = manifest["apiVersion"].rpartition("/")
    _, namespace, name = key_of(manifest)
    return {"id": f"{namespace}_{name.replace(':', '__')}_{group}_{manifest['kind']}", "v": version}


def parse_entry(identity: str) -> Key:
    """The (kind, namespace, name) of an inventory id: the first ``_`` ends the namespace, the last two are known."""
    namespace, _, rest = identity.partition("_")
    rest, _, kind = rest.rpartition("_")
    name, _, group = rest.rpartition("_")
    return kinds.key_of(kind, group), namespace, name.replace("__", ":")


def subject(key: Key) -> str:
    """How events and health checks name an object: ``Kind/namespace/name``."""
    return "/".join(part for part in (key[0].partition(".")[0], *key[1:]) if part)


def ordered(manifests: Iterable[Object]) -> list[Object]:
    """In the order in which the appliers apply: definitions and namespaces first, then by kind and name."""
    return sorted(manifests, key=lambda m: (ORDER.get(m["kind"], 5), m["kind"], *key_of(m)[1:]))


def apply(engine: Engine, manifests: Iterable[Object], labels: dict[str, str], manager: str) -> Applied:
    """Creates what is missing and corrects what differs; fields that the manifests do not name are left alone.

    Nothing is written unless everything may be. Raises `kyverno.admission.DeniedError`.
    """
    applied = Applied([], [])
    wanted_all = ordered(manifests)
    for manifest in wanted_all:
        if engine.storage.serves(key_of(manifest)[0]):
            admission.admit(engine, key_of(manifest), _labelled(manifest, labels))
    for manifest in wanted_all:
        applied.entries.append(entry(manifest))
        key = key_of(manifest)
        if not engine.storage.serves(key[0]):
            continue
        wanted = _labelled(manifest, labels)
        present = engine.storage.get(*key)
        if present is None:
            engine.storage.create(wanted, manager)
            applied.lines.append(f"{subject(key)} created")
            admission.report(engine, key)
        elif not _within(_comparable(wanted), present):
            engine.storage.merge(key, _comparable(wanted), manager)
            applied.lines.append(f"{subject(key)} configured")
            admission.report(engine, key)
    return applied


def prune(engine: Engine, before: list[dict[str, str]], after: list[dict[str, str]]) -> list[str]:
    """Deletes what an earlier inventory names and the new one does not; a line per deleted object."""
    kept = {item["id"] for item in after}
    lines: list[str] = []
    for item in before:
        if item["id"] in kept:
            continue
        key = parse_entry(item["id"])
        present = engine.storage.get(*key)
        if present is None or (present["metadata"].get("annotations") or {}).get(PRUNE_DISABLED) == "disabled":
            continue
        engine.storage.delete(key)
        lines.append(f"{subject(key)} deleted")
    return lines


def unhealthy(engine: Engine, entries: list[dict[str, str]]) -> dict[str, str]:
    """The objects of an inventory that are not Current, by subject: what a health check waits for."""
    found: dict[str, str] = {}
    for item in entries:
        key = parse_entry(item["id"])
        if not engine.storage.serves(key[0]):
            continue
        state = kstatus(engine.storage.get(*key))
        if state != "Current":
            found[subject(key)] = state
    return found


def complaint(found: dict[str, str]) -> str:
    """How the appliers list what they waited for: ``[Kind/ns/name status: 'InProgress', …]``."""
    return "[" + ", ".join(f"{name} status: '{state}'" for name, state in found.items()) + "]"


def _labelled(manifest: Object, labels: dict[str, str]) -> Object:
    metadata = manifest["metadata"]
    if manifest["kind"] in CLUSTER_SCOPED:
        metadata = {key: value for key, value in metadata.items() if key != "namespace"}
    return manifest | {"metadata": metadata | {"labels": (metadata.get("labels") or {}) | labels}}


def _comparable(manifest: Object) -> Object:
    metadata = {key: manifest["metadata"][key] for key in ("labels", "annotations") if key in manifest["metadata"]}
    rest = {key: value for key, value in manifest.items() if key not in {"apiVersion", "kind", "metadata", "status"}}
    return rest | {"metadata": metadata}


def _within(part: Any, whole: Any) -> bool:
    """Whether everything that ``part`` says, ``whole`` says too."""
    parts, wholes = as_map(part), as_map(whole)
    if parts is not None and wholes is not None:
        return all(key in wholes and _within(value, wholes[key]) for key, value in parts.items())
    return part == whole
