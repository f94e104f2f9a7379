"""Whether any object has become what it was asked to be, by the rules of kstatus, as Flux's health checks apply them.

The rules are those of cli-utils' ``kstatus``: deletion first, then the generation observed, then the conditions
Reconciling and Stalled; the workloads that predate these conventions have rules of their own; all others are judged by
Ready, and are Current once they exist if they have no such condition. One rule is Flux's: a Job is in progress until it
is complete (kstatus calls it Current as soon as it has started).
"""

from collections.abc import Callable
from enum import StrEnum

import msgspec

from fluxtui.insight.fields import Json, at, mapping, mappings, number, prose, text


class State(StrEnum):
    """What kstatus says of an object."""

    CURRENT = "Current"
    IN_PROGRESS = "InProgress"
    FAILED = "Failed"
    TERMINATING = "Terminating"
    NOT_FOUND = "NotFound"
    UNKNOWN = "Unknown"
    """It could not be asked."""


class Kstatus(msgspec.Struct, frozen=True):
    """The state and, where it is not Current, why, in words."""

    state: State
    message: str = ""


CURRENT = Kstatus(State.CURRENT)


def kstatus(value: Json) -> Kstatus:
    """The state of an object as it was fetched. Any shape is answered."""
    if text(value, "metadata", "deletionTimestamp"):
        waiting = at(value, "metadata", "finalizers")
        names = ", ".join(str(name) for name in waiting) if isinstance(waiting, list) else ""  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        return Kstatus(State.TERMINATING, f"waits for its finalizers: {names}" if names else "is being deleted")
    lag = _lag(value)
    if lag is not None:
        return lag
    for held in mappings(value, "status", "conditions"):
        if held.get("status") == "True":
            if held.get("type") == "Reconciling":
                return Kstatus(State.IN_PROGRESS, prose(held, "message"))
            if held.get("type") == "Stalled":
                return Kstatus(State.FAILED, prose(held, "message"))
    rule = RULES.get((text(value, "apiVersion").rpartition("/")[0], text(value, "kind")))
    return rule(value) if rule is not None else _by_ready(value)


def _lag(value: Json) -> Kstatus | None:
    observed, wanted = at(value, "status", "observedGeneration"), at(value, "metadata", "generation")
    if isinstance(observed, int) and isinstance(wanted, int) and observed != wanted:
        return Kstatus(State.IN_PROGRESS, f"generation {wanted} has not been observed yet (last: {observed})")
    return None


def _condition(value: Json, kind: str) -> Json | None:
    return next((held for held in mappings(value, "status", "conditions") if held.get("type") == kind), None)


def _by_ready(value: Json) -> Kstatus:
    ready = _condition(value, "Ready")
    if ready is None or ready.get("status") == "True":
        return CURRENT
    return Kstatus(State.IN_PROGRESS, prose(ready, "message") or text(ready, "reason"))


def _always(value: Json) -> Kstatus:
    del value
    return CURRENT


def _first(*checks: tuple[bool, str]) -> Kstatus:
    """In progress for the first reason that holds."""
    return next((Kstatus(State.IN_PROGRESS, words) for holds, words in checks if holds), CURRENT)


def _wanted(value: Json) -> int:
    return number(value, "spec", "replicas") if at(value, "spec", "replicas") is not None else 1


def _deployment(value: Json) -> Kstatus:
    status, wanted = mapping(value, "status"), _wanted(value)
    progressing, available = _condition(value, "Progressing"), _condition(value, "Available")
    if progressing is not None and progressing.get("reason") == "ProgressDeadlineExceeded":
        return Kstatus(State.FAILED, prose(progressing, "message") or "progress deadline exceeded")
    there, updated = number(status, "replicas"), number(status, "updatedReplicas")
    ready, usable = number(status, "readyReplicas"), number(status, "availableReplicas")
    unavailable = available is None or available.get("status") != "True"
    return _first(
        (wanted > there, f"{there} of {wanted} replicas made"),
        (wanted > updated, f"{updated} of {wanted} replicas updated"),
        (there > wanted, f"{there - wanted} old replicas still run"),
        (updated > usable, f"{usable} of {updated} replicas available"),
        (wanted > ready, f"{ready} of {wanted} replicas ready"),
        (unavailable, prose(available, "message") or "not available"),
    )


def _stateful_set(value: Json) -> Kstatus:
    if text(value, "spec", "updateStrategy", "type") == "OnDelete":
        return CURRENT
    status, wanted = mapping(value, "status"), _wanted(value)
    there, ready = number(status, "replicas"), number(status, "readyReplicas")
    updated = number(status, "updatedReplicas")
    partition = number(value, "spec", "updateStrategy", "rollingUpdate", "partition")
    rolling = text(status, "currentRevision") != text(status, "updateRevision")
    checks = [
        (wanted > there, f"{there} of {wanted} replicas made"),
        (wanted > ready, f"{ready} of {wanted} replicas ready"),
        (there > wanted, f"{there - wanted} replicas too many"),
    ]
    if partition:
        checks.append((updated < wanted - partition, f"{updated} of {wanted - partition} replicas updated"))
    else:
        current = number(status, "currentReplicas")
        checks.append((current < wanted, f"{current} of {wanted} replicas current"))
        checks.append((rolling, f"{updated} of {wanted} replicas have the new revision"))
    return _first(*checks)


def _daemon_set(value: Json) -> Kstatus:
    status = mapping(value, "status")
    if at(status, "observedGeneration") is None:
        return Kstatus(State.IN_PROGRESS, "no controller has looked at it yet")
    wanted = number(status, "desiredNumberScheduled")
    there, updated = number(status, "currentNumberScheduled"), number(status, "updatedNumberScheduled")
    usable, ready = number(status, "numberAvailable"), number(status, "numberReady")
    return _first(
        (wanted > there, f"{there} of {wanted} nodes have it"),
        (wanted > updated, f"{updated} of {wanted} nodes updated"),
        (wanted > usable, f"available on {usable} of {wanted} nodes"),
        (wanted > ready, f"ready on {ready} of {wanted} nodes"),
    )


def _replica_set(value: Json) -> Kstatus:
    status, wanted = mapping(value, "status"), _wanted(value)
    failure = _condition(value, "ReplicaFailure")
    ready, usable = number(status, "readyReplicas"), number(status, "availableReplicas")
    return _first(
        (failure is not None and failure.get("status") == "True", prose(failure, "message")),
        (wanted > number(status, "fullyLabeledReplicas"), "not all replicas made"),
        (wanted > usable, f"{usable} of {wanted} replicas available"),
        (wanted > ready, f"{ready} of {wanted} replicas ready"),
        (number(status, "replicas") > wanted, "replicas too many"),
    )


def _job(value: Json) -> Kstatus:
    for held in mappings(value, "status", "conditions"):
        if held.get("status") == "True" and held.get("type") == "Failed":
            return Kstatus(State.FAILED, prose(held, "message") or text(held, "reason"))
        if held.get("status") == "True" and held.get("type") == "Complete":
            return CURRENT
    status = mapping(value, "status")
    if not text(status, "startTime"):
        return Kstatus(State.IN_PROGRESS, "not started")
    counts = (
        f"{number(status, 'active')} running, {number(status, 'succeeded')} done, {number(status, 'failed')} failed"
    )
    return Kstatus(State.IN_PROGRESS, counts)


def _claim(value: Json) -> Kstatus:
    phase = text(value, "status", "phase") or "no phase yet"
    return CURRENT if phase == "Bound" else Kstatus(State.IN_PROGRESS, f"not bound: {phase}")


def _definition(value: Json) -> Kstatus:
    names, established = _condition(value, "NamesAccepted"), _condition(value, "Established")
    if names is not None and names.get("status") == "False":
        return Kstatus(State.FAILED, prose(names, "message"))
    if established is not None and established.get("status") == "True":
        return CURRENT
    if established is not None and established.get("status") == "False" and established.get("reason") != "Installing":
        return Kstatus(State.FAILED, prose(established, "message"))
    return Kstatus(State.IN_PROGRESS, "is being established")


def _service(value: Json) -> Kstatus:
    unset = text(value, "spec", "type") == "LoadBalancer" and not text(value, "spec", "clusterIP")
    return _first((unset, "its address is not set yet"))


CRASHING = frozenset({"CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull", "CreateContainerConfigError"})
"""Reasons for which a container waits that do not pass by themselves; kstatus itself knows the first one alone."""


def _pod(value: Json) -> Kstatus:
    phase = text(value, "status", "phase")
    if phase == "Succeeded":
        return CURRENT
    if phase == "Failed":
        return Kstatus(State.FAILED, prose(value, "status", "message") or text(value, "status", "reason") or "failed")
    for held in (*mappings(value, "status", "initContainerStatuses"), *mappings(value, "status", "containerStatuses")):
        reason = text(held, "state", "waiting", "reason")
        if reason in CRASHING:
            return Kstatus(State.FAILED, f"{text(held, 'name')}: {reason}")
    scheduled = _condition(value, "PodScheduled")
    if scheduled is not None and scheduled.get("reason") == "Unschedulable":
        return Kstatus(State.FAILED, prose(scheduled, "message") or "cannot be scheduled")
    ready = _condition(value, "Ready")
    if phase == "Running" and ready is not None and ready.get("status") == "True":
        return CURRENT
    return Kstatus(State.IN_PROGRESS, prose(ready, "message") or phase or "not started")


def _canary(value: Json) -> Kstatus:
    """Flagger has conditions of its own (Promoted); its phase says how far it is."""
    phase = text(value, "status", "phase")
    told = prose(_condition(value, "Promoted"), "message")
    if phase == "Failed":
        return Kstatus(State.FAILED, told or "the canary failed and was rolled back")
    if phase in ("", "Initialized", "Succeeded"):
        return CURRENT if phase else Kstatus(State.IN_PROGRESS, "Flagger has not looked at it yet")
    return Kstatus(State.IN_PROGRESS, f"{phase}: {told}" if told else phase)


RULES: dict[tuple[str, str], Callable[[Json], Kstatus]] = {
    ("apps", "Deployment"): _deployment,
    ("apps", "StatefulSet"): _stateful_set,
    ("apps", "DaemonSet"): _daemon_set,
    ("apps", "ReplicaSet"): _replica_set,
    ("batch", "Job"): _job,
    ("batch", "CronJob"): _always,
    ("", "Pod"): _pod,
    ("", "PersistentVolumeClaim"): _claim,
    ("", "Service"): _service,
    ("", "ConfigMap"): _always,
    ("", "Secret"): _always,
    ("policy", "PodDisruptionBudget"): _always,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
    ("flagger.app", "Canary"): _canary,
}
"""By (group, kind)."""
