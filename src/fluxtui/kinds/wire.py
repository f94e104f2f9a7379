"""The parts of API objects that records are made of, as the wire has them.

Field names are the API's; every field is optional, and null counts as absent: fleets run several versions at
once. What no record needs (managedFields, values, templates) is skipped by the parser and never allocated.
"""

# ruff: noqa: N815
from typing import Annotated, Generic, TypeVar

from msgspec import Meta, Struct, field

Text = str | None
Time = str | None
"""RFC 3339; `flatten.epoch` reads it. Most times are never asked for, and an odd one is no reason to refuse."""
Int = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | None


class OwnerReference(Struct, gc=False):
    kind: Text = None
    name: Text = None
    apiVersion: Text = None


class Annotations(Struct, gc=False):
    """The annotations that mean something to us; the others are not read."""

    reconcile: Text = field(name="fluxcd.controlplane.io/reconcile", default=None)
    reconcile_every: Text = field(name="fluxcd.controlplane.io/reconcileEvery", default=None)
    reconcile_generator: Text = field(name="source.extensions.fluxcd.io/reconcile", default=None)
    suspended_by: Text = field(name="fluxcd.controlplane.io/suspendedBy", default=None)
    suspended_by_weave: Text = field(name="metadata.weave.works/suspended-by", default=None)
    suspend_comment: Text = field(name="metadata.weave.works/suspended-comment", default=None)
    kustomize_reconcile: Text = field(name="kustomize.toolkit.fluxcd.io/reconcile", default=None)
    kustomize_ssa: Text = field(name="kustomize.toolkit.fluxcd.io/ssa", default=None)
    helm_drift: Text = field(name="helm.toolkit.fluxcd.io/driftDetection", default=None)
    initial_events_end: Text = field(name="k8s.io/initial-events-end", default=None)
    policy_title: Text = field(name="policies.kyverno.io/title", default=None)
    policy_description: Text = field(name="policies.kyverno.io/description", default=None)
    policy_category: Text = field(name="policies.kyverno.io/category", default=None)
    policy_severity: Text = field(name="policies.kyverno.io/severity", default=None)
    policy_subject: Text = field(name="policies.kyverno.io/subject", default=None)
    policy_scored: Text = field(name="policies.kyverno.io/scored", default=None)
    policy_autogen: Text = field(name="pod-policies.kyverno.io/autogen-controllers", default=None)
    admission_role: Text = field(name="policy.fluxcd.controlplane.io/role", default=None)


class Metadata(Struct, gc=False):
    name: Text = None
    namespace: Text = None
    uid: Text = None
    resourceVersion: Text = None
    generation: Int = None
    creationTimestamp: Time = None
    deletionTimestamp: Time = None
    labels: dict[str, str] | None = None
    annotations: Annotations | None = None
    ownerReferences: list[OwnerReference] | None = None


class Condition(Struct, gc=False):
    type: Text = None
    status: Text = None
    reason: Text = None
    message: Text = None
    lastTransitionTime: Time = None
    observedGeneration: Int = None


class Reference(Struct, gc=False):
    """Any reference to another object: sourceRef, chartRef, valuesFrom, dependsOn, providerRef…"""

    apiVersion: Text = None
    kind: Text = None
    name: Text = None
    namespace: Text = None
    ready: bool | None = None
    readyExpr: Text = None


class Snapshot(Struct, gc=False):
    """One entry of status.history: of an applied set (lastReconciled…) or of a Helm release (chartVersion…)."""

    digest: Text = None
    firstReconciled: Time = None
    lastReconciled: Time = None
    lastReconciledStatus: Text = None
    totalReconciliations: Int = None
    metadata: dict[str, str] | None = None
    action: Text = None
    status: Text = None
    chartName: Text = None
    chartVersion: Text = None
    firstDeployed: Time = None
    lastDeployed: Time = None


class InventoryEntry(Struct, gc=False):
    id: Text = None


class Inventory(Struct, gc=False):
    entries: list[InventoryEntry] | None = None


class Artifact(Struct, gc=False):
    revision: Text = None
    digest: Text = None
    lastUpdateTime: Time = None
    metadata: dict[str, str] | None = None


class Spec(Struct, gc=False):
    """What the specs of the Flux kinds have in common, or in which they do not contradict each other."""

    suspend: bool | None = None
    interval: Text = None
    url: Text = None
    path: Text = None
    sourceRef: Reference | None = None
    dependsOn: list[Reference] | None = None


class Status(Struct, gc=False):
    """What the statuses of the Flux kinds have in common, or in which they do not contradict each other."""

    conditions: list[Condition] | None = None
    observedGeneration: Int = None
    history: list[Snapshot] | None = None
    inventory: Inventory | None = None
    artifact: Artifact | None = None
    lastAppliedRevision: Text = None
    lastAttemptedRevision: Text = None
    lastAppliedOriginRevision: Text = None
    lastHandledReconcileAt: Text = None


S = TypeVar("S")
T = TypeVar("T")


class Resource(Struct, Generic[S, T], gc=False):
    """An object with the spec and status of its kind."""

    metadata: Metadata = field(default_factory=Metadata)
    spec: S | None = None
    status: T | None = None
