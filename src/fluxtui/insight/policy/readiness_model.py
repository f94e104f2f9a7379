"""What enforcing policies would do: the vocabulary, and the answer in one sentence. How it is found: `readiness`."""

from collections import Counter
from collections.abc import Mapping
from enum import IntEnum

import msgspec

from fluxtui.insight.policy.engine_held import count
from fluxtui.insight.policy.model import Owner, Violation, subject_key
from fluxtui.insight.policy.naming import policy_name
from fluxtui.kinds.policy.reports import Subject
from fluxtui.kinds.record import split_id


class When(IntEnum):
    """When something is denied that is there already, the soonest first."""

    NEXT = 0
    UPGRADE = 1
    CHANGE = 2
    ANEW = 3

    @property
    def words(self) -> str:
        """``denied …``."""
        return (
            "at the next reconcile of what delivers it",
            "at the next upgrade of its Helm release",
            "when somebody changes it",
            "when it is made anew",
        )[self]


class Confidence(IntEnum):
    """How far an answer can be believed."""

    LOW = 0
    MEDIUM = 1
    HIGH = 2

    @property
    def word(self) -> str:
        """In lower case."""
        return self.name.lower()


class Doubt(msgspec.Struct, frozen=True):
    """Why an answer may be wrong: the most confidence that is left; `cluster` is empty for all of them."""

    level: Confidence
    told: str
    cluster: str = ""


class Candidate(msgspec.Struct, frozen=True):
    """A policy that somewhere only watches; `fails` are the results there that would be denials."""

    id: str
    kind: str
    title: str
    severity: str
    clusters: tuple[str, ...]
    """Where it watches."""
    denies: tuple[str, ...]
    """Where it denies everywhere already."""
    warns: bool
    fails: int
    tenants: int

    @property
    def name(self) -> str:
        """As people call it."""
        return policy_name(self.id)


class Denied(msgspec.Struct, frozen=True):
    """An object that would be denied. `makes` counts what it made that violates too; `errors` says that rules could
    not be judged for it, and none fails.
    """

    cluster: str
    subject: Subject
    owner: Owner
    when: When
    violations: tuple[Violation, ...]
    makes: int = 0
    recent: bool = False
    """Whether what delivers it changed, or it began to violate, in the last days."""

    @property
    def errors(self) -> bool:
        """Whether all that is known is that rules could not be judged."""
        return all(each.finding.result == "error" for each in self.violations)

    @property
    def key(self) -> str:
        """What identifies it."""
        return f"{self.cluster}|{subject_key(self.subject)}"


class Turning(msgspec.Struct, frozen=True):
    """A Flux object that fails at its next reconcile, for so many objects; `green` if it is ready now."""

    cluster: str
    id: str
    tenant: str
    objects: int
    green: bool
    suspended: bool = False


class Readiness(msgspec.Struct, frozen=True):
    """What enforcing the chosen policies would do, at `now` (epoch s)."""

    now: float
    chosen: tuple[str, ...] = ()
    denied: tuple[Denied, ...] = ()
    """What is denied soonest first."""
    turning: tuple[Turning, ...] = ()
    stays: int = 0
    """Results that overrides, or a policy that is not asked on admission, leave as they are."""
    already: int = 0
    """Results where it denies already."""
    excepted: int = 0
    excluded: tuple[str, ...] = ()
    """What the policies do not look at, in words."""
    doubts: tuple[Doubt, ...] = ()
    """The gravest first."""

    @property
    def confidence(self) -> Confidence:
        """That of the gravest doubt."""
        return min((each.level for each in self.doubts), default=Confidence.HIGH)

    @property
    def tenants(self) -> tuple[str, ...]:
        """Whose objects would be denied; the empty name for those of nobody."""
        return tuple(sorted({each.owner.tenant for each in self.denied}, key=lambda name: (not name, name)))

    @property
    def clusters(self) -> tuple[str, ...]:
        """Where objects would be denied."""
        return tuple(dict.fromkeys(sorted(each.cluster for each in self.denied)))

    @property
    def reddening(self) -> tuple[Turning, ...]:
        """Those that are green, and reconcile."""
        return tuple(each for each in self.turning if each.green)

    def of(self, tenant: str) -> tuple[Denied, ...]:
        """What a tenant would be denied."""
        return tuple(each for each in self.denied if each.owner.tenant == tenant)


# --- words


def verdict(found: Readiness) -> str:
    """The answer in one sentence."""
    sure = f"{found.confidence.word} confidence"
    if not found.chosen:
        return "no policy is chosen"
    if not found.denied:
        return f"{'may be enforced: ' if found.confidence is Confidence.HIGH else ''}nothing would be denied ({sure})"
    whose = [name for name in found.tenants if name]
    of = f" of {count(len(whose), 'tenant')}" if whose else ""
    parts = [f"would deny {count(len(found.denied), 'object')}{of}"]
    kinds = Counter(split_id(each.id)[0] for each in found.reddening)
    if kinds:
        told = " and ".join(count(number, kind) for kind, number in kinds.most_common())
        one = kinds.total() == 1
        parts.append(f"{told} {'turns' if one else 'turn'} red at {'its' if one else 'their'} next reconcile")
    elif not any(each.when is When.NEXT for each in found.denied):
        parts.append("nothing fails at its next reconcile")
    return f"{'; '.join(parts)} ({sure})"


def moments(found: Readiness) -> Mapping[When, int]:
    """How many objects are denied when."""
    counts = Counter(each.when for each in found.denied)
    return {when: counts[when] for when in When}
