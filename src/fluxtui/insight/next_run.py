"""When an object is reconciled next, as far as its own status tells.

Kustomizations, ResourceSets and FluxInstances write when they last ran; a HelmRelease and a source do not, so for them
only the interval is known. Controllers add up to 5 % to an interval, so that objects do not run in step.
"""

import msgspec

from fluxtui.insight.fields import Json, at, flag, mapping, mappings, moment, seconds, text
from fluxtui.insight.status import BLOCKED_REASON
from fluxtui.kinds.ages import age, exact
from fluxtui.kinds.operator import ProviderRecord
from fluxtui.kinds.record import Record

RECORDING = frozenset({"Kustomization", "ResourceSet", "FluxInstance"})
"""Kinds whose history tells when they last ran."""
UNRECONCILED = frozenset({"Alert", "Provider", "ExternalArtifact", "Event", "Namespace", "ConfigMap"})
"""Kinds that no controller looks at by an interval."""


class NextRun(msgspec.Struct, frozen=True):
    """When (epoch seconds, 0 for not told) and in words why then. `late` tells that it should have been already."""

    at: int
    words: str
    late: bool = False


def next_run(record: Record, value: Json, now: float) -> NextRun | None:
    """The next run; None for kinds that have none."""
    if record.kind in UNRECONCILED:
        return None
    if record.suspended:
        return NextRun(0, "none: it is suspended")
    if record.condition("Stalled")[0] == "True":
        return NextRun(0, "none by itself: it is stalled until its specification or its source changes")
    if isinstance(record, ProviderRecord) and record.schedules:
        return _scheduled(record, now)
    if not record.interval:
        return None
    every = f"every {age(record.interval)}"
    retry = int(seconds(text(value, "spec", "retryInterval")))
    if record.ready == "False" and record.reason == BLOCKED_REASON:
        return NextRun(0, "as soon as its dependencies are ready; it asks again every few seconds")
    waiting = retry if retry and record.ready == "False" else record.interval
    if waiting != record.interval:
        every = f"every {age(waiting)} while it fails, else {every}"
    last = _last(record, value)
    if not last:
        return NextRun(0, f"{every}; when it last looked is not told")
    due = last + waiting
    slack = max(60, waiting // 10)
    return NextRun(due, every, late=now > due + slack)


def _last(record: Record, value: Json) -> int:
    if record.kind not in RECORDING:
        return 0
    entries = mappings(value, "status", "history")
    return max((moment(entry, "lastReconciled") for entry in entries), default=record.outcome_at)


def _scheduled(record: ProviderRecord, now: float) -> NextRun:
    told = f"by its schedule ({len(record.schedules)} of them)" if len(record.schedules) > 1 else "by its schedule"
    if not record.next_at:
        return NextRun(0, f"every {age(record.interval)}: a window of its schedule is open, as it tells")
    if record.next_at < now:
        return NextRun(0, f"{told}; the window it named was {exact(record.next_at)}, it has named none since")
    return NextRun(record.next_at, told)


def requested(value: Json) -> tuple[str, bool]:
    """The reconcile request that an object carries (its annotation), and whether its controller has handled it."""
    asked = text(mapping(value, "metadata", "annotations"), "reconcile.fluxcd.io/requestedAt")
    return asked, bool(asked) and asked == text(value, "status", "lastHandledReconcileAt")


def disabled(value: Json) -> bool:
    """Whether an annotation turns the reconciliation off."""
    annotations = mapping(value, "metadata", "annotations")
    keys = ("fluxcd.controlplane.io/reconcile", "source.extensions.fluxcd.io/reconcile")
    return flag(value, "spec", "suspend") or any(at(annotations, key) == "disabled" for key in keys)
