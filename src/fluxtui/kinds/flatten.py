"""What all Flux kinds share on the way from the wire to a record.

Rules: status and history fields as the toolkit controllers and the Flux Operator 0.58 write them (facts: flux §3,
§5); the outcome comes from the history, because Ready restarts with every retry (recordings, lesson 11).
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from sys import intern
from typing import Any

from fluxtui.kinds.record import Need
from fluxtui.kinds.text import clean, shared
from fluxtui.kinds.wire import Condition, Inventory, Metadata, Reference, Snapshot, Spec, Status

PRODUCED_KINDS = frozenset(
    (
        *("GitRepository", "OCIRepository", "Bucket", "HelmRepository", "HelmChart", "ExternalArtifact"),
        *("ArtifactGenerator", "Kustomization", "HelmRelease", "Receiver", "Alert", "Provider"),
        *("ImageRepository", "ImagePolicy", "ImageUpdateAutomation"),
        *("FluxInstance", "FluxReport", "ResourceSet", "ResourceSetInputProvider", "Namespace"),
    )
)
"""The kinds of inventory entries that are objects in the graph themselves."""

OWNER_LABELS = (
    ("Kustomization", "kustomize.toolkit.fluxcd.io/"),
    ("HelmRelease", "helm.toolkit.fluxcd.io/"),
    ("ResourceSet", "resourceset.fluxcd.controlplane.io/"),
    ("FluxInstance", "fluxcd.controlplane.io/"),
)
"""Who applied an object: the labels that each applier leaves (facts: flux §3)."""

FAILED_OUTCOMES = ("Failed", "failed", "NotReady", "Error", "Canceled")

NO_SPEC = Spec()
NO_STATUS = Status()


def epoch(time: datetime | None) -> int:
    """Seconds since the epoch, 0 for none; a time without a zone is UTC, as the API means it."""
    if time is None:
        return 0
    if time.tzinfo is None:
        time = time.replace(tzinfo=UTC)
    return int(time.timestamp())


def seconds(duration: str | None) -> int:
    """A Go duration (``1h30m``, ``45s``, ``1.5m``) in whole seconds, 0 if it is none."""
    total, number = 0.0, ""
    text = duration or ""
    for index, char in enumerate(text):
        if char.isdigit() or char == ".":
            number += char
            continue
        unit = {"h": 3600.0, "m": 60.0, "s": 1.0}.get(char, 0.0)
        if char == "m" and text[index + 1 : index + 2] == "s":  # milliseconds
            unit = 0.001
        try:
            total += float(number) * unit if number else 0.0
        except ValueError:
            return 0
        number = ""
    return int(total)


def reference(ref: Reference | None, kind: str, namespace: str) -> str:
    """The id that a reference names, with the kind and namespace that apply when it does not say."""
    if ref is None or not ref.name:
        return ""
    return shared(f"{ref.kind or kind}/{ref.namespace or namespace}/{ref.name}")


def identity(kind: str, meta: Metadata) -> dict[str, Any]:
    """The fields of a record that come from the metadata; `name` is empty if the object cannot be kept."""
    namespace, name = shared(meta.namespace), clean(meta.name)
    annotations = meta.annotations
    by = ""
    if annotations is not None:
        by = clean(annotations.suspended_by or annotations.suspended_by_weave)
        if annotations.suspend_comment:
            by = f"{by}: {clean(annotations.suspend_comment)}" if by else clean(annotations.suspend_comment)
    labels = meta.labels
    return {
        "kind": kind,
        "id": f"{kind}/{namespace}/{name}",
        "namespace": namespace,
        "name": name,
        "uid": meta.uid or "",
        "version": meta.resourceVersion or "",
        "generation": meta.generation or 0,
        "created": epoch(meta.creationTimestamp),
        "deleting": epoch(meta.deletionTimestamp),
        "labels": intern("\n".join([clean(f"{key}={value}") for key, value in labels.items()])) if labels else "",
        "owner": owner(meta),
        "suspended": annotations is not None
        and _disabled(kind, annotations.reconcile, annotations.reconcile_generator),
        "suspended_by": by,
    }


def _disabled(kind: str, operator: str | None, generator: str | None) -> bool:
    if kind == "ArtifactGenerator":
        return (generator or "").lower() == "disabled"
    return (
        kind in {"FluxInstance", "FluxReport", "ResourceSet", "ResourceSetInputProvider"}
        and (operator or "").lower() == "disabled"
    )


def owner(meta: Metadata) -> str:
    """The id of the Flux object that applied this one: by its labels, else its first owner reference."""
    labels = meta.labels
    if labels:
        for kind, prefix in OWNER_LABELS:
            name = labels.get(prefix + "name")
            if name and not (name == meta.name and kind == "FluxInstance" and meta.ownerReferences):
                return shared(f"{kind}/{labels.get(prefix + 'namespace') or meta.namespace or ''}/{name}")
    for ref in meta.ownerReferences or ():
        if ref.kind and ref.name:
            return shared(f"{ref.kind}/{meta.namespace or ''}/{ref.name}")
    return ""


def conditions(found: list[Condition] | None, observed: int | None) -> dict[str, Any]:
    """The Ready condition spelled out, the others as ``Type=Status/Reason``."""
    ready: Condition | None = None
    others: list[str] = []
    for condition in found or ():
        if condition.type == "Ready":
            ready = condition
        elif condition.type:
            others.append(shared(f"{condition.type}={condition.status or ''}/{condition.reason or ''}"))
    if ready is None:
        return {"conditions": tuple(others), "observed": -1 if observed is None else observed}
    generation = ready.observedGeneration
    if generation is None:
        generation = -1 if observed is None else observed
    fine = ready.status == "True"
    return {
        "conditions": tuple(others),
        "ready": shared(ready.status),
        "reason": shared(ready.reason),
        "message": shared(ready.message) if fine else clean(ready.message),
        "ready_since": epoch(ready.lastTransitionTime),
        "observed": generation,
    }


def failed_outcome(status: str) -> bool:
    """Whether a lastReconciledStatus names a failure (ReconciliationFailed, HealthCheckFailed, BuildFailed…)."""
    return status.endswith(FAILED_OUTCOMES)


def history(entries: list[Snapshot] | None) -> dict[str, Any]:
    """The concluded outcome and the last good state before it, from the history of Kustomizations and ResourceSets."""
    if not entries:
        return {}
    last = entries[0]
    outcome = shared(last.lastReconciledStatus)
    told: dict[str, Any] = {
        "outcome": outcome,
        "outcome_since": epoch(last.firstReconciled),
        "outcome_at": epoch(last.lastReconciled),
        "tries": last.totalReconciliations or 0,
    }
    for entry in entries[1:] if failed_outcome(outcome) else entries:
        status = entry.lastReconciledStatus or ""
        if status and not failed_outcome(status):
            meta = entry.metadata or {}
            return told | {
                "good_at": epoch(entry.lastReconciled),
                "good_revision": shared(meta.get("revision") or entry.digest),
                "good_origin": shared(meta.get("originRevision")),
            }
        if status:  # an older digest that failed too: it has been failing since then
            told["outcome_since"] = min(told["outcome_since"], epoch(entry.firstReconciled)) or told["outcome_since"]
    return told


def inventory(held: Inventory | None) -> dict[str, Any]:
    """The inventory as lines, its size, and the entries that are Flux objects (id syntax: facts, flux §3)."""
    if held is None or held.entries is None:
        return {}
    ids = [entry.id for entry in held.entries if entry.id]
    produced = [inventory_id(text) for text in ids if text[text.rfind("_") + 1 :] in PRODUCED_KINDS]
    lines = "\n".join(ids)
    if not lines.replace("\n", "").isprintable():
        lines = "\n".join(clean(text).replace("\n", "") for text in ids)
    return {"inventory": lines, "inventory_size": len(ids), "produced": tuple(produced)}


def inventory_id(text: str) -> str:
    """The id of an inventory entry ``<namespace>_<name>_<group>_<kind>``; ``__`` in names stands for ``:``."""
    namespace, _, rest = text.partition("_")
    rest, _, kind = rest.rpartition("_")
    name, _, _group = rest.rpartition("_")
    return shared(f"{kind}/{namespace}/{name.replace('__', ':')}")


def needs(refs: list[Reference] | None, kind: str, namespace: str) -> tuple[Need, ...]:
    """``dependsOn`` of Kustomizations and HelmReleases: the same kind, and always ready or by expression."""
    found: list[Need] = []
    for ref in refs or ():
        target = reference(Reference(kind=kind, name=ref.name, namespace=ref.namespace), kind, namespace)
        if target:
            found.append(Need(target, "expression" if ref.readyExpr else "ready", clean(ref.readyExpr)))
    return tuple(found)


def references(refs: Iterable[Reference] | None, kind: str, namespace: str) -> tuple[str, ...]:
    """The ids of several references."""
    return tuple(identified for ref in refs or () if (identified := reference(ref, kind, namespace)))


def common(kind: str, meta: Metadata, spec: Spec | None, status: Status | None) -> dict[str, Any]:
    """The fields that every Flux kind fills the same way, to be extended by the kind."""
    spec, status = spec or NO_SPEC, status or NO_STATUS
    told = identity(kind, meta)
    told |= conditions(status.conditions, status.observedGeneration)
    told |= inventory(status.inventory)
    if spec.suspend:
        told["suspended"] = True
    if spec.url:
        told["url"] = shared(spec.url)
    if spec.path:
        told["path"] = clean(spec.path)
    told["interval"] = seconds(spec.interval)
    namespace = told["namespace"]
    if spec.sourceRef is not None:
        told["source"] = reference(spec.sourceRef, "GitRepository", namespace)
    if spec.dependsOn:
        told["needs"] = needs(spec.dependsOn, kind, namespace)
    if status.lastAppliedRevision:
        told["revision"] = shared(status.lastAppliedRevision)
    if status.lastAttemptedRevision:
        told["attempted"] = shared(status.lastAttemptedRevision)
    if status.lastAppliedOriginRevision:
        told["origin"] = shared(status.lastAppliedOriginRevision)
    artifact = status.artifact
    if artifact is not None:
        told["revision"] = shared(artifact.revision)
        told["updated"] = epoch(artifact.lastUpdateTime)
        told["origin"] = shared((artifact.metadata or {}).get("org.opencontainers.image.revision"))
    return told
