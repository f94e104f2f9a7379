"""What is held of a policy engine in one cluster, and what is told of each of its parts.

Kyverno's chart lets every controller but that of admission be left out: one that is not there is missed only if
something waits for it.
"""

from collections.abc import Sequence
from enum import IntEnum

import msgspec

from fluxtui.insight.policy.model import Coverage, Picture
from fluxtui.kinds.cluster import DeploymentRecord
from fluxtui.kinds.policy.policies import CEL, LEGACY, PolicyRecord
from fluxtui.kinds.record import Record
from fluxtui.store.state import DataState, Phase
from fluxtui.store.store import ClusterData

NAMED = 4
"""Policies that a sentence names."""
GENERATED = ("cpol-", "pol-", "vpol-", "nvpol-", "mpol-")
"""How the admission policies are called that Kyverno makes for the API server (facts: kyverno-oci §A)."""


class Grade(IntEnum):
    """How an engine or a part of it fares, the worst first."""

    DOWN = 0
    DEGRADED = 1
    UNKNOWN = 2
    """It may not be seen, or is not known yet."""
    OK = 3
    ABSENT = 4
    """It is not there, and nothing asks for it."""

    @property
    def word(self) -> str:
        """For people."""
        return ("down", "degraded", "unknown", "ok", "not installed")[self]


class Finding(msgspec.Struct, frozen=True):
    """One thing to know of a part: what is so, and what it means. One that is OK is a note, no trouble."""

    part: str
    grade: Grade
    words: str
    means: str = ""
    about: tuple[str, ...] = ()
    """The ids of the objects in the policy store."""


class Told(msgspec.Struct):
    """What is told of a part. `least` is the grade of a part without findings."""

    short: str = ""
    least: Grade = Grade.OK
    findings: list[Finding] = msgspec.field(default_factory=list[Finding])

    def add(self, part: str, grade: Grade, words: str, means: str = "", about: Sequence[str] = ()) -> None:
        """One more finding."""
        self.findings.append(Finding(part, grade, words, means, tuple(about)))


def names(records: Sequence[Record]) -> str:
    """``a, b, c and 4 more``."""
    told = [f"{each.namespace}/{each.name}" if each.namespace else each.name for each in records]
    more = f" and {len(told) - NAMED} more" if len(told) > NAMED else ""
    return ", ".join(told[:NAMED]) + more


def count(number: int, word: str, one: str = "", more: str = "") -> str:
    """``1 policy``, ``2 policies``; with verbs ``1 prefix waits``, ``2 prefixes wait``."""
    ending = {"y": "ies", "x": "xes"}.get(word[-1])
    plural = f"{word[:-1]}{ending}" if ending else f"{word}s"
    told = f"1 {word} {one}" if number == 1 else f"{number:,} {plural} {more}"
    return told.rstrip()


class Held:
    """What is held of one cluster's engine, as the judges of its parts read it."""

    def __init__(self, data: ClusterData, coverage: Coverage | None, picture: Picture | None, now: float) -> None:
        self.data = data
        self.cluster = data.name
        self.coverage = coverage
        self.picture = picture
        self.now = now
        self.policies: list[PolicyRecord] = [
            record
            for kind, table in data.tables.items()
            if kind.endswith("Policy")
            for row in table.rows.values()
            if isinstance(record := row.record, PolicyRecord) and record.group in (LEGACY, CEL)
        ]

    def state(self, kind: str) -> DataState:
        """How far a kind can be believed; loading where it has no table."""
        table = self.data.tables.get(kind)
        return table.state if table is not None else DataState()

    def records(self, kind: str) -> list[Record]:
        """What is held of a kind."""
        table = self.data.tables.get(kind)
        return [row.record for row in table.rows.values()] if table is not None else []

    def knows(self, kind: str) -> bool:
        """Whether what is held of a kind is all that there is: absence means that it does not exist."""
        state = self.state(kind)
        return state.knows() or state.phase is Phase.MISSING

    def unseen(self, kind: str) -> str:
        """Why a kind is not known, in words."""
        state = self.state(kind)
        if state.only:
            return f"only namespace {state.only} may be seen"
        return {
            Phase.FORBIDDEN: "may not be listed",
            Phase.LOADING: "not listed yet",
            Phase.STALE: "the connection is lost",
        }.get(state.phase, str(state.phase))

    def generated(self, policy: PolicyRecord) -> bool:
        """Whether the API server judges what a policy says: Kyverno made an admission policy of it."""
        return any(
            self.data.row(f"ValidatingAdmissionPolicy//{prefix}{policy.name}") is not None for prefix in GENERATED
        )


def controllers(held: Held, component: str) -> list[DeploymentRecord]:
    """The Deployments of a component; an old Kyverno has one for everything."""
    every = [each for each in held.records("Deployment") if isinstance(each, DeploymentRecord)]
    own = [each for each in every if component in (each.label("app.kubernetes.io/component"), _suffix(each))]
    return own or [each for each in every if each.name == "kyverno"]


def _suffix(deployment: Record) -> str:
    return deployment.name.removeprefix("kyverno-")


def version(held: Held) -> str:
    """The tag of the admission controller's image."""
    images = [image for each in controllers(held, "admission-controller") for image in each.images]
    _, colon, tag = images[0].rpartition("/")[2].partition("@")[0].partition(":") if images else ("", "", "")
    return tag if colon else ""


def replicas(found: Sequence[DeploymentRecord]) -> tuple[int, int]:
    return sum(each.available for each in found), sum(each.replicas for each in found)


def optional_controller(held: Held, part: str, component: str, missed: str, means: str) -> Told:
    """A controller that may be left out; `missed` is who waits for it, empty for nobody."""
    found = controllers(held, component)
    ready, total = replicas(found)
    told = Told(f"{ready}/{total}" if found else "–")
    if not found:
        if not held.knows("Deployment"):
            told.short = "?"
            told.least = Grade.UNKNOWN
        elif missed:
            told.add(part, Grade.DEGRADED, f"there is no {component}, and {missed}", means)
        else:
            told.least = Grade.ABSENT
    elif not ready:
        words = f"the {component} is scaled to 0" if not total else f"0 of {total} replicas of the {component}"
        told.add(part, Grade.DEGRADED, f"{words}{' are available' if total else ''}", means, [found[0].id])
    elif ready < total:
        words = f"{ready} of {total} replicas of the {component} are available"
        told.add(part, Grade.DEGRADED, words, found[0].message, [found[0].id])
    return told
