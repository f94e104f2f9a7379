"""What all Flux kinds share on the way from the wire to a record.

Rules: status and history fields as the toolkit controllers and the Flux Operator 0.58 write them (facts: flux §3,
§5); the outcome comes from the history, because Ready restarts with every retry (recordings, lesson 11).

A record's fields are collected in one dict, `Told`: each function here writes those that it knows of. This runs
once per watch event; benchmarks/ingest.py tells what it costs.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from sys import intern
from typing import Any

from fluxtui.kinds.record import Need
from fluxtui.kinds.text import clean, line, lines, shared, word
from fluxtui.kinds.wire import Annotations, Condition, Inventory, Metadata, Reference, Snapshot, Spec, Status

Told = dict[str, Any]
"""The fields of a record to be, by name."""

PRODUCED_KINDS = frozenset(
    (
        *("GitRepository", "OCIRepository", "Bucket", "HelmRepository", "HelmChart", "ExternalArtifact"),
        *("ArtifactGenerator", "Kustomization", "HelmRelease", "Receiver", "Alert", "Provider"),
        *("ImageRepository", "ImagePolicy", "ImageUpdateAutomation"),
        *("FluxInstance", "FluxReport", "ResourceSet", "ResourceSetInputProvider"),
    )
)
"""The kinds of inventory entries that are objects in the graph themselves, if they are of a Flux group."""

FLUX_DOMAINS = ("toolkit.fluxcd.io", "source.extensions.fluxcd.io", "fluxcd.controlplane.io")
"""How the groups of Flux kinds end: a Provider or Bucket of Crossplane is none of them."""

OWNER_LABELS = tuple(
    (kind, f"{prefix}/name", f"{prefix}/namespace")
    for kind, prefix in (
        ("Kustomization", "kustomize.toolkit.fluxcd.io"),
        ("HelmRelease", "helm.toolkit.fluxcd.io"),
        ("ResourceSet", "resourceset.fluxcd.controlplane.io"),
        ("FluxInstance", "fluxcd.controlplane.io"),
    )
)
"""Who applied an object: the labels that each applier leaves (facts: flux §3)."""

DISABLED_BY_ANNOTATION = frozenset({"FluxInstance", "FluxReport", "ResourceSet", "ResourceSetInputProvider"})
FAILED_OUTCOMES = ("Failed", "failed", "NotReady", "Error", "Canceled")


LABELS_KEPT = 2048
"""Sets of labels that are remembered: whatever one object applied has the same, and so has its next event."""

TIMES_KEPT = 4096
"""Times that `epoch` remembers: a fleet that reconciles every ten minutes tells the same 600 seconds over and over."""

SOURCE_FAILURES = {
    "FetchFailed": "True",
    "StorageOperationFailed": "True",
    "BuildFailed": "True",
    "SourceVerified": "False",
}
"""Conditions of sources, and the status in which they tell of a failure until the next success (recordings: 11)."""


@lru_cache(TIMES_KEPT)
def epoch(time: str | None) -> int:
    """Whole seconds since the epoch of an RFC 3339 time, 0 for none, for odd ones and for those before 1970."""
    if not time:
        return 0
    try:
        read = datetime.fromisoformat(time)
        return max(0, int((read if read.tzinfo is not None else read.replace(tzinfo=UTC)).timestamp()))
    except (ValueError, OverflowError):
        return 0


_DURATION = re.compile(r"(\d{1,12}(?:\.\d*)?|\.\d+)(h|ms|m|s|us|µs|ns)", re.ASCII)
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}


@lru_cache(256)
def seconds(duration: str | None) -> int:
    """A Go duration (``1h30m``, ``45s``, ``1.5m``) in whole seconds, 0 if it is none."""
    parts = _DURATION.findall(duration or "")
    if "".join(number + unit for number, unit in parts) != duration:
        return 0
    return int(sum(float(number) * _UNITS[unit] for number, unit in parts))


def every(meta: Metadata, default: int) -> int:
    """The interval of an operator kind: an annotation, else the operator's default (facts: flux §1)."""
    told = meta.annotations.reconcile_every if meta.annotations is not None else None
    return seconds(told) or default


def reference(ref: Reference | None, kind: str, namespace: str) -> str:
    """The id that a reference names, with the kind and namespace that apply when it does not say."""
    if ref is None or not ref.name:
        return ""
    return shared(f"{ref.kind or kind}/{ref.namespace or namespace}/{ref.name}")


def references(refs: Iterable[Reference] | None, kind: str, namespace: str) -> tuple[str, ...]:
    """The ids of several references."""
    return tuple([identified for ref in refs or () if (identified := reference(ref, kind, namespace))])


def identity(kind: str, meta: Metadata) -> Told:
    """The fields of a record that come from the metadata."""
    namespace, name = shared(meta.namespace), line(meta.name)
    own = f"{kind}/{namespace}/{name}"
    told: Told = {
        "kind": kind,
        "id": own,
        "namespace": namespace,
        "name": name,
        "uid": line(meta.uid),
        "version": line(meta.resourceVersion),
        "generation": meta.generation or 0,
        "created": epoch(meta.creationTimestamp),
    }
    appliers: tuple[str, ...] = ()
    if meta.labels:
        told["labels"], appliers = _labelled(tuple(meta.labels.items()), namespace)
    if appliers or meta.ownerReferences:
        told["owner"] = _owner(own, appliers, meta)
    if meta.deletionTimestamp:
        told["deleting"] = epoch(meta.deletionTimestamp)
    if meta.annotations is not None:
        told["suspended"] = _disabled(kind, meta.annotations)
        told["suspended_by"] = _suspended_by(meta.annotations)
        if meta.annotations.suspend_comment:
            told["suspended_why"] = line(meta.annotations.suspend_comment)
        if alone := _left_alone(kind, meta.annotations):
            told["left_alone"] = alone
    return told


def _disabled(kind: str, annotations: Annotations) -> bool:
    if kind in DISABLED_BY_ANNOTATION:
        return (annotations.reconcile or "").lower() == "disabled"
    return kind == "ArtifactGenerator" and (annotations.reconcile_generator or "").lower() == "disabled"


def _left_alone(kind: str, annotations: Annotations) -> str:
    """The annotation by which an applier leaves out an object that it would apply (facts: flux §1, kustomize API)."""
    if (annotations.kustomize_reconcile or "").lower() == "disabled":
        return "kustomize.toolkit.fluxcd.io/reconcile: disabled"
    if (annotations.kustomize_ssa or "").lower() == "ignore":
        return "kustomize.toolkit.fluxcd.io/ssa: Ignore"
    if kind not in DISABLED_BY_ANNOTATION and (annotations.reconcile or "").lower() == "disabled":
        return "fluxcd.controlplane.io/reconcile: disabled"
    if (annotations.helm_drift or "").lower() == "disabled":
        return "helm.toolkit.fluxcd.io/driftDetection: disabled"
    return ""


def _suspended_by(annotations: Annotations) -> str:
    by = annotations.suspended_by or annotations.suspended_by_weave
    return line(": ".join(part for part in (by, annotations.suspend_comment) if part))


@lru_cache(LABELS_KEPT)
def _labelled(pairs: tuple[tuple[str, str], ...], namespace: str) -> tuple[str, tuple[str, ...]]:
    """The labels as lines, and the ids of the appliers that they name."""
    labels = dict(pairs)
    appliers = [
        shared(f"{kind}/{labels.get(namespace_label) or namespace}/{labels[name_label]}")
        for kind, name_label, namespace_label in OWNER_LABELS
        if labels.get(name_label)
    ]
    return intern(lines([f"{key}={value}" for key, value in pairs])), tuple(appliers)


def _owner(own: str, appliers: tuple[str, ...], meta: Metadata) -> str:
    """The applier that the labels name, else the first owner reference.

    `own` is the object's id: the Kustomization that bootstraps Flux applies itself and carries its own name.
    """
    for applier in appliers:
        if applier != own:
            return applier
    for ref in meta.ownerReferences or ():
        if ref.kind and ref.name:
            return shared(f"{ref.kind}/{meta.namespace or ''}/{ref.name}")
    return ""


def conditions(told: Told, found: list[Condition] | None, observed: int | None) -> None:
    """The Ready condition spelled out, the others as ``Type=Status/Reason``."""
    others: list[str] = []
    for condition in found or ():
        if condition.type != "Ready":
            if condition.type:
                others.append(word(f"{condition.type}={condition.status or ''}/{condition.reason or ''}"))
                if SOURCE_FAILURES.get(condition.type) == condition.status and condition.lastTransitionTime:
                    began = epoch(condition.lastTransitionTime)
                    told["failing_since"] = min(told.get("failing_since", began), began)
            continue
        told["ready"] = word(condition.status)
        told["reason"] = word(condition.reason)
        told["message"] = clean(condition.message)
        told["ready_since"] = epoch(condition.lastTransitionTime)
        if condition.observedGeneration is not None:
            observed = condition.observedGeneration
    if others:
        told["conditions"] = tuple(others)
    if observed is not None:
        told["observed"] = observed


def failed_outcome(status: str) -> bool:
    """Whether a lastReconciledStatus names a failure (ReconciliationFailed, HealthCheckFailed, BuildFailed…)."""
    return status.endswith(FAILED_OUTCOMES)


def history(told: Told, entries: list[Snapshot] | None) -> None:
    """The concluded outcome and the last good state before it, from the history of Kustomizations and ResourceSets.

    Entries are one per digest and status, the last reconciled first: the first failure is that of the oldest in a
    row of failures, but not before the last good run (a digest may fail, recover and fail again).
    """
    if not entries:
        return
    last = entries[0]
    outcome = word(last.lastReconciledStatus)
    since = epoch(last.firstReconciled)
    told["outcome"] = outcome
    told["outcome_at"] = epoch(last.lastReconciled)
    told["tries"] = last.totalReconciliations or 0
    failed = failed_outcome(outcome)
    for entry in entries:
        status = entry.lastReconciledStatus or ""
        if status and not failed_outcome(status):
            meta = entry.metadata or {}
            good = epoch(entry.lastReconciled)
            told["good_at"] = good
            told["good_revision"] = word(meta.get("revision") or entry.digest)
            told["good_origin"] = word(meta.get("originRevision"))
            since = max(since, good) if failed else since
            break
        if status:
            since = min(since, epoch(entry.firstReconciled)) or since
    told["outcome_since"] = since


def inventory(told: Told, held: Inventory | None) -> None:
    """The inventory as lines, its size, and the entries that are Flux objects (id syntax: facts, flux §3)."""
    if held is None or held.entries is None:
        return
    ids = [entry.id for entry in held.entries if entry.id]
    text = lines(ids)
    told["inventory"] = text
    told["inventory_size"] = len(ids)
    if "fluxcd" in text or "__Namespace" in text:
        told["produced"] = tuple([produced for entry in ids if (produced := produced_id(entry))])


def produced_id(entry: str) -> str:
    """The id of an inventory entry that is a Flux object or a Namespace, empty for all others.

    Entries are ``<namespace>_<name>_<group>_<kind>``; ``__`` in names stands for ``:``.
    """
    rest, _, kind = entry.rpartition("_")
    rest, _, group = rest.rpartition("_")
    if kind not in PRODUCED_KINDS if group.endswith(FLUX_DOMAINS) else group or kind != "Namespace":
        return ""
    namespace, _, name = rest.partition("_")
    return shared(f"{kind}/{namespace}/{name.replace('__', ':')}")


def needs(refs: list[Reference], kind: str, namespace: str) -> tuple[Need, ...]:
    """``dependsOn`` of Kustomizations and HelmReleases: the same kind, and always ready or by expression."""
    return tuple(
        [
            Need(
                shared(f"{kind}/{ref.namespace or namespace}/{ref.name}"),
                "expression" if ref.readyExpr else "ready",
                clean(ref.readyExpr),
            )
            for ref in refs
            if ref.name
        ]
    )


def common(kind: str, meta: Metadata, spec: Spec | None, status: Status | None) -> Told:
    """The fields that every Flux kind fills the same way, to be extended by the kind."""
    told = identity(kind, meta)
    namespace = told["namespace"]
    if spec is not None:
        if spec.suspend:
            told["suspended"] = True
        if spec.url:
            told["url"] = shared(spec.url)
        if spec.path:
            told["path"] = line(spec.path)
        if spec.interval:
            told["interval"] = seconds(spec.interval)
        if spec.sourceRef is not None:
            told["source"] = reference(spec.sourceRef, "GitRepository", namespace)
        if spec.dependsOn:
            told["needs"] = needs(spec.dependsOn, kind, namespace)
    if status is not None:
        conditions(told, status.conditions, status.observedGeneration)
        inventory(told, status.inventory)
        _revisions(told, status)
        if status.lastHandledReconcileAt:
            told["handled"] = line(status.lastHandledReconcileAt)
    return told


def _revisions(told: Told, status: Status) -> None:
    if status.lastAppliedRevision:
        told["revision"] = word(status.lastAppliedRevision)
    if status.lastAttemptedRevision:
        told["attempted"] = word(status.lastAttemptedRevision)
    if status.lastAppliedOriginRevision:
        told["origin"] = word(status.lastAppliedOriginRevision)
    artifact = status.artifact
    if artifact is not None:
        told["revision"] = word(artifact.revision)
        told["updated"] = epoch(artifact.lastUpdateTime)
        told["origin"] = word((artifact.metadata or {}).get("org.opencontainers.image.revision"))
