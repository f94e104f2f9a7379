"""The conditions of an object in the order in which they came to be, and whether each says something good.

Works on any object that follows the conventions of Kubernetes, not only on those of Flux. A transition time is when
the *status* last changed: a condition that fails again and again keeps its time only while nothing changes.
"""

from enum import StrEnum

import msgspec

from fluxtui.insight.fields import Json, mappings, moment, prose, text


class Tone(StrEnum):
    """What a condition says of its object."""

    GOOD = "good"
    BAD = "bad"
    WAITING = "waiting"
    NEUTRAL = "neutral"


AGAINST = frozenset(
    {
        "Stalled",
        "FetchFailed",
        "BuildFailed",
        "StorageOperationFailed",
        "Drifted",
        "ArtifactOutdated",
        "Failed",
        "FailureTarget",
        "ReplicaFailure",
        "Terminating",
        "Degraded",
        "MemoryPressure",
        "DiskPressure",
        "PIDPressure",
        "NetworkUnavailable",
        "NonStructuralSchema",
        "Remediated",
    }
)
"""Conditions that say something bad when they are true."""
PASSING = frozenset({"Reconciling", "Progressing", "Suspended"})
"""Conditions that are neither good nor bad when they are true."""


class ConditionAt(msgspec.Struct, frozen=True):
    """One condition. `at` is its lastTransitionTime in epoch seconds; `observed` the generation it speaks of, -1 if it
    does not say."""

    type: str
    status: str
    reason: str
    message: str
    at: int
    tone: Tone
    observed: int = -1


def timeline(value: Json) -> tuple[ConditionAt, ...]:
    """The conditions of an object, the latest first; those without a time come last."""
    found = [_condition(held) for held in mappings(value, "status", "conditions")]
    return tuple(sorted((each for each in found if each.type), key=lambda each: (-each.at, each.type != "Ready")))


def _condition(held: Json) -> ConditionAt:
    kind, status = text(held, "type"), text(held, "status")
    observed = held.get("observedGeneration")
    return ConditionAt(
        kind,
        status,
        text(held, "reason"),
        prose(held, "message"),
        moment(held, "lastTransitionTime"),
        tone(kind, status, text(held, "reason")),
        observed if isinstance(observed, int) else -1,
    )


def tone(kind: str, status: str, reason: str = "") -> Tone:
    """What a condition of this type and status says of its object."""
    if status == "Unknown" or reason == "DependencyNotReady":
        return Tone.WAITING
    if kind in PASSING:
        return Tone.WAITING if status == "True" and kind != "Suspended" else Tone.NEUTRAL
    if kind in AGAINST:
        return Tone.BAD if status == "True" else Tone.NEUTRAL
    return Tone.GOOD if status == "True" else Tone.BAD
