"""Exceptions that except nothing: expired, overdue, for a policy or rule that does not exist, or never used.

An exception that nobody needs any more is a hole that stays open. That one is not used is only said where the reports
of its cluster are known whole; even then it may be there for an object that is still to come.
"""

from collections.abc import Generator, Mapping, Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from enum import IntEnum

import msgspec

from fluxtui.insight.policy.exceptions import AUTOGEN, LEGACY_KINDS, held, told_names, weigh
from fluxtui.insight.policy.model import Coverage, Picture, Violation
from fluxtui.insight.policy.wildcards import fits
from fluxtui.kinds.ages import ago
from fluxtui.kinds.policy.exceptions import Excepted, ExceptionRecord
from fluxtui.kinds.policy.policies import LEGACY, PolicyRecord
from fluxtui.kinds.record import split_id
from fluxtui.store.state import Phase
from fluxtui.store.store import Store

TTL = "cleanup.kyverno.io/ttl"
"""The label by which Kyverno's cleanup controller deletes an object: a date or a time."""

STRIDE = 200
"""Violations between two yields."""


class Idling(IntEnum):
    """Why an exception does nothing, the surest first."""

    EXPIRED = 0
    OVERDUE = 1
    """The label that should have had it deleted is past; it applies still."""
    NO_POLICY = 2
    NO_RULE = 3
    UNUSED = 4

    @property
    def word(self) -> str:
        """In words."""
        return self.name.lower().replace("_", " ")


class Idle(msgspec.Struct, frozen=True):
    """An exception of a cluster that does nothing, or should not any more; `told` says why."""

    cluster: str
    record: ExceptionRecord
    why: Idling
    told: str

    @property
    def key(self) -> tuple[str, str]:
        """(cluster, id)."""
        return self.cluster, self.record.id


def idle(policy: Store, picture: Picture) -> Generator[None, None, tuple[Idle, ...]]:
    """The idle exceptions of all clusters, the surest first: the value that the generator returns."""
    violations: dict[tuple[str, str], list[Violation]] = {}
    for number, each in enumerate(picture.violations):
        if not number % STRIDE:
            yield
        name = each.finding.check.policy.rpartition("/")[2]
        violations.setdefault((each.cluster, name), []).append(each)
    found: list[Idle] = []
    for coverage in picture.coverage:
        policies = {
            identity: record for (cluster, identity), record in picture.policies.items() if cluster == coverage.cluster
        }
        for record in held(policy, coverage.cluster):
            judged = yield from _judge(record, coverage, policies, violations, picture.now)
            if judged is not None:
                found.append(Idle(coverage.cluster, record, *judged))
    return tuple(sorted(found, key=lambda each: (each.why, each.cluster, each.record.id)))


def due(record: ExceptionRecord) -> int:
    """When a label has it deleted, epoch seconds; 0 without one, and for spans of time."""
    for line in record.labels.splitlines():
        key, _, value = line.partition("=")
        if key == TTL:
            for form in ("%Y-%m-%d", "%Y-%m-%dT%H%M%SZ"):
                try:
                    return int(datetime.strptime(value, form).replace(tzinfo=UTC).timestamp())
                except (ValueError, OverflowError):
                    continue
    return 0


def _judge(
    record: ExceptionRecord,
    coverage: Coverage,
    policies: Mapping[str, PolicyRecord],
    violations: Mapping[tuple[str, str], list[Violation]],
    now: float,
) -> Generator[None, None, tuple[Idling, str] | None]:
    if record.expires and record.expires <= now:
        return Idling.EXPIRED, f"expired {ago(record.expires, now)} ago"
    deadline = due(record)
    if deadline and deadline <= now:
        return Idling.OVERDUE, f"should have been deleted {ago(deadline, now)} ago by its label, and applies still"
    wrong = _unknown(record, coverage, policies)
    if wrong is not None:
        return wrong
    cluster = coverage.cluster
    near = [each for of in record.policies for each in violations.get((cluster, of.policy.rpartition("/")[2]), ())]
    if not _whole(coverage):
        return None
    for at, each in enumerate(near):
        if _used(record, each, now):
            return None
        if at % STRIDE == 0:
            yield
    return Idling.UNUSED, "no report names it, and nothing that fails would be excepted by it"


def _used(record: ExceptionRecord, violation: Violation, now: float) -> bool:
    if record.name in told_names(violation):
        return True
    weighed = weigh(violation, record, now)
    return weighed is not None and (weighed.applies or weighed.undecided)


def _whole(coverage: Coverage) -> bool:
    """Whether all reports are known: silence means something."""
    states = [state for state in coverage.reports.values() if state.phase is not Phase.MISSING]
    return (
        coverage.settled
        and not coverage.unread
        and bool(coverage.count)
        and all(state.trusted and not state.only for state in states)
    )


def _unknown(
    record: ExceptionRecord, coverage: Coverage, policies: Mapping[str, PolicyRecord]
) -> tuple[Idling, str] | None:
    """What it names and nobody has. Nothing is said of kinds of policies that cannot be listed."""
    if not record.policies:
        return Idling.NO_POLICY, "names no policy"
    judged = [_named(record, each, coverage, policies) for each in record.policies]
    wrong = [each for each in judged if each is not None]
    return min(wrong) if len(wrong) == len(judged) else None


def _named(
    record: ExceptionRecord, excepted: Excepted, coverage: Coverage, policies: Mapping[str, PolicyRecord]
) -> tuple[Idling, str] | None:
    """What is wrong with one policy that it names."""
    kinds = _kinds(record, excepted)
    if not all(kind in coverage.policies and coverage.policies[kind].phase in KNOWN for kind in kinds):
        return None
    there = {_name(identity): held for identity, held in policies.items() if split_id(identity)[0] in kinds}
    found = there.get(excepted.policy) if record.group == LEGACY else _by_name(there, excepted.policy)
    if found is None:
        close = get_close_matches(excepted.policy, sorted(there), 1, 0.6)
        hint = f"; there is {close[0]}" if close else ""
        what = "policy" if record.group == LEGACY else excepted.kind or "policy"
        return Idling.NO_POLICY, f"there is no {what} {excepted.policy}{hint}"
    rules = [rule.name for rule in found.rules if rule.name]
    if record.group != LEGACY or not rules or any(_of_rule(each, rules) for each in excepted.rules):
        return None
    named = ", ".join(excepted.rules) or "no rule"
    return Idling.NO_RULE, f"{excepted.policy} has no rule {named}; it has {', '.join(rules)}"


KNOWN = frozenset({Phase.FRESH, Phase.MISSING})


def _kinds(record: ExceptionRecord, excepted: Excepted) -> tuple[str, ...]:
    if record.group != LEGACY:
        return (excepted.kind,)
    return ("Policy",) if "/" in excepted.policy else tuple(sorted(LEGACY_KINDS - {"Policy"}))


def _name(identity: str) -> str:
    _, namespace, name = split_id(identity)
    return f"{namespace}/{name}" if namespace else name


def _by_name(there: Mapping[str, PolicyRecord], name: str) -> PolicyRecord | None:
    """References tell no namespace."""
    return next((held for known, held in sorted(there.items()) if known.rpartition("/")[2] == name), None)


def _of_rule(pattern: str, rules: Sequence[str]) -> bool:
    made = [f"{AUTOGEN}{form}{rule}" for rule in rules for form in ("", "cronjob-")]
    return any(fits(pattern, rule) for rule in (*rules, *made))
