"""What readiness looks like to other programs: as `insight.export` has it (version 1, camelCase, keys added alone)."""

from typing import Any

import msgspec

from fluxtui.insight.export import VERSION, Shape, moment
from fluxtui.insight.policy.export import OwnerShape, SubjectShape, owner_shape, subject_shape
from fluxtui.insight.policy.readiness_model import Denied, Readiness, verdict


class ReasonShape(Shape, frozen=True):
    """A rule that an object violates."""

    policy: str
    rule: str
    result: str
    severity: str
    message: str


class DeniedShape(Shape, frozen=True):
    """An object that would be denied; ``when`` is next (reconcile), upgrade, change or anew. ``makes`` counts what it
    made that violates too.
    """

    cluster: str
    object: SubjectShape
    owner: OwnerShape
    when: str
    recent: bool
    makes: int
    reasons: list[ReasonShape]


class TurningShape(Shape, frozen=True):
    """A Flux object that fails at its next reconcile, for so many objects; ``green`` if it is ready now."""

    cluster: str
    object: str
    tenant: str
    objects: int
    green: bool
    suspended: bool


class DoubtShape(Shape, frozen=True):
    """Why the answer may be wrong; ``leaves`` is the confidence that is left, ``cluster`` empty for all."""

    leaves: str
    cluster: str
    text: str


class ReadinessShape(Shape, frozen=True, kw_only=True):
    """What enforcing ``policies`` would deny. ``confidence`` is high, medium or low."""

    version: int = VERSION
    kind: str = "Readiness"
    time: str
    summary: str
    confidence: str
    policies: list[str]
    tenants: list[str]
    clusters: list[str]
    denied: list[DeniedShape]
    turning: list[TurningShape]
    stays: int
    already: int
    excepted: int
    excluded: list[str]
    doubts: list[DoubtShape]


def readiness_shape(found: Readiness) -> ReadinessShape:
    """The whole of it."""
    return ReadinessShape(
        time=moment(found.now) or "",
        summary=verdict(found),
        confidence=found.confidence.word,
        policies=list(found.chosen),
        tenants=[name for name in found.tenants if name],
        clusters=list(found.clusters),
        denied=[_denied(each) for each in found.denied],
        turning=[
            TurningShape(each.cluster, each.id, each.tenant, each.objects, each.green, each.suspended)
            for each in found.turning
        ],
        stays=found.stays,
        already=found.already,
        excepted=found.excepted,
        excluded=list(found.excluded),
        doubts=[DoubtShape(each.level.word, each.cluster, each.told) for each in found.doubts],
    )


def _denied(each: Denied) -> DeniedShape:
    return DeniedShape(
        cluster=each.cluster,
        object=subject_shape(each.subject),
        owner=owner_shape(each.owner),
        when=each.when.name.lower(),
        recent=each.recent,
        makes=each.makes,
        reasons=[
            ReasonShape(reason.policy, reason.rule, reason.finding.result, reason.severity, reason.finding.message)
            for reason in each.violations
        ],
    )


def timeless(shape: ReadinessShape) -> Any:
    """The shape without the time of the answer."""
    return msgspec.structs.replace(shape, time="")
