"""Which exceptions apply to a violation, which nearly do and why not.

As the engine decides it. kyverno.io exceptions name a policy (``namespace/name`` of a namespaced one), its rules with
wildcards, and match objects; the rules that Kyverno makes for controllers of pods (``autogen-…``) must be named too
(api/kyverno/v2 Exception.Contains, pkg/engine/utils MatchesException). Those of policies.kyverno.io name a policy and
its kind, and say the rest in CEL, which nobody here can judge: what the engine last concluded tells, where the
exception is older than that.
"""

from collections.abc import Iterable
from enum import StrEnum
from itertools import product

import msgspec

from fluxtui.insight.policy.controls import control_names
from fluxtui.insight.policy.model import Violation
from fluxtui.insight.policy.wildcards import fits, fits_kind
from fluxtui.kinds.ages import ago
from fluxtui.kinds.policy.exceptions import EXCEPTIONS, Excepted, ExceptionRecord
from fluxtui.kinds.policy.match import Match, Matches
from fluxtui.kinds.policy.policies import CEL, LEGACY
from fluxtui.kinds.policy.reports import Subject
from fluxtui.kinds.policy.table import POLICIES
from fluxtui.kinds.record import split_id
from fluxtui.store.store import Store

LEGACY_KINDS = frozenset({"ClusterPolicy", "Policy"})
AUTOGEN = "autogen-"
FAILING = ("fail", "warn", "error")
"""Results that no exception has changed."""


class Fit(StrEnum):
    """Whether one part of an exception holds for a violation."""

    HOLDS = "holds"
    FAILS = "fails"
    UNKNOWN = "cannot be judged"


class Part(msgspec.Struct, frozen=True):
    """One part of an exception: `what` is policy, rule, match, kind, namespace, name, labels, operations, condition,
    images, values, controls or expiry; `told` says in words how it fits.
    """

    what: str
    fit: Fit
    told: str = ""


class Weighed(msgspec.Struct, frozen=True):
    """An exception that is for the policy of a violation, and how its parts fit that."""

    record: ExceptionRecord
    parts: tuple[Part, ...]
    named: bool = False
    """Whether the report itself names it."""
    older: bool = False
    """Whether it was there, as it is now, at the report's last evaluation: the engine has judged what we cannot."""
    refuted: bool = False
    """Whether that evaluation fails all the same."""

    @property
    def failing(self) -> tuple[Part, ...]:
        """The parts that do not fit."""
        return tuple([part for part in self.parts if part.fit is Fit.FAILS])

    @property
    def unknown(self) -> tuple[Part, ...]:
        """The parts that cannot be judged."""
        return tuple([part for part in self.parts if part.fit is Fit.UNKNOWN])

    @property
    def fits(self) -> bool:
        """Whether every part fits."""
        return not (self.failing or self.unknown)

    @property
    def applies(self) -> bool:
        """Whether it excepts the object: the report says so, or every part fits and no report says otherwise."""
        return self.named or (self.fits and not self.refuted)

    @property
    def undecided(self) -> bool:
        """Whether it may apply: what is left cannot be judged, and the engine has not looked since it is there."""
        return not self.named and not self.failing and bool(self.unknown) and not self.refuted

    @property
    def nearly(self) -> bool:
        """Whether exactly one thing keeps it from applying: a part, or an engine that does not heed it."""
        return not self.named and (len(self.failing) == 1 or (not self.failing and self.refuted))


class Standing(msgspec.Struct, frozen=True):
    """What the exceptions that are held say to one violation, each list with the newest first."""

    applying: tuple[Weighed, ...] = ()
    undecided: tuple[Weighed, ...] = ()
    nearly: tuple[Weighed, ...] = ()
    lost: tuple[str, ...] = ()
    """Names in the report that no exception of that name is held for."""


def held(policy: Store, cluster: str) -> tuple[ExceptionRecord, ...]:
    """The exceptions of a cluster, of both styles."""
    data = policy.find(cluster)
    if data is None:
        return ()
    rows = [row for kind in sorted(EXCEPTIONS) if kind in data.tables for row in data.tables[kind].rows.values()]
    return tuple([row.record for row in rows if isinstance(row.record, ExceptionRecord)])


def named_policy(violation: Violation) -> tuple[str, str, str]:
    """The (kind, namespace, name) of a violation's policy; the kind is empty where nobody knows it."""
    kind, namespace, name = split_id(violation.policy)
    if kind in POLICIES:
        return kind, namespace, name
    namespace, _, name = (violation.policy or violation.finding.check.policy).rpartition("/")
    return "", namespace, name


def standing(
    violation: Violation, exceptions: Iterable[ExceptionRecord], now: float, labels: str | None = None
) -> Standing:
    """Weigh all exceptions of the violation's cluster. `labels` are ``k=v`` lines of the object, None: not known."""
    names = told_names(violation)
    found = [each for record in exceptions if (each := weigh(violation, record, now, labels)) is not None]
    found.sort(key=lambda each: (-each.record.created, each.record.id))
    known = {each.record.name for each in found}
    return Standing(
        tuple([each for each in found if each.applies]),
        tuple([each for each in found if each.undecided]),
        tuple([each for each in found if each.nearly]),
        tuple([name for name in names if name not in known]),
    )


def told_names(violation: Violation) -> tuple[str, ...]:
    """The names of the exceptions that the report says were applied; it does not tell their namespaces."""
    return tuple([name.strip() for name in violation.finding.exceptions.split(",") if name.strip()])


def weigh(violation: Violation, record: ExceptionRecord, now: float, labels: str | None = None) -> Weighed | None:
    """How an exception fits a violation; None if it is for another policy altogether. Of several policies and filters
    in it, those that fit best.
    """
    entries = [parts for each in record.policies if (parts := _policy(violation, record, each)) is not None]
    if not entries:
        return None
    scopes = _scopes(record.match, violation.subject, labels) if record.group == LEGACY else [list[Part]()]
    chosen = min(
        ([*entry, *scope] for entry, scope in product(entries, scopes)),
        key=lambda parts: [sum(part.fit is fit for part in parts) for fit in (Fit.FAILS, Fit.UNKNOWN)],
    )
    parts = (*chosen, *_besides(violation, record, now))
    named = record.name in told_names(violation) and not any(part.fit is Fit.FAILS for part in parts)
    older = 0 < record.created < violation.checked and record.generation <= 1
    refuted = older and record.background and not named and violation.finding.result in FAILING
    return Weighed(record, parts, named, older, refuted)


def _policy(violation: Violation, record: ExceptionRecord, excepted: Excepted) -> list[Part] | None:
    """Whether it names the policy and the rule; None if it names another."""
    kind, namespace, name = named_policy(violation)
    if excepted.policy.rpartition("/")[2] != name:
        return None
    legacy = kind in LEGACY_KINDS or (not kind and violation.finding.check.source == "kyverno")
    if kind and legacy != (record.group == LEGACY):
        other = CEL if record.group == LEGACY else LEGACY
        return [Part("policy", Fit.FAILS, f"of {record.group}: a {kind} heeds exceptions of {other}")]
    if record.group == CEL:
        return [_reference(kind, excepted)]
    wanted = f"{namespace}/{name}" if namespace else name
    if excepted.policy != wanted:
        return [Part("policy", Fit.FAILS, f"names {excepted.policy}, the policy is {wanted}")]
    return [Part("policy", Fit.HOLDS, wanted), _rule(violation, excepted)]


def _reference(kind: str, excepted: Excepted) -> Part:
    if not kind:
        return Part("policy", Fit.UNKNOWN, f"for a {excepted.kind}: the kind of the policy is not known")
    if excepted.kind != kind:
        return Part("policy", Fit.FAILS, f"for a {excepted.kind or 'policy without a kind'}, the policy is a {kind}")
    return Part("policy", Fit.HOLDS, excepted.policy)


def _rule(violation: Violation, excepted: Excepted) -> Part:
    rule = violation.finding.check.rule
    named = ", ".join(excepted.rules) or "no rule"
    if not rule:
        return Part("rule", Fit.UNKNOWN, f"for {named}: the report names no rule")
    if any(fits(each, rule) for each in excepted.rules):
        return Part("rule", Fit.HOLDS, rule)
    if any(fits(each, violation.rule) for each in excepted.rules):
        return Part("rule", Fit.FAILS, f"for {named}, not for {rule}, which Kyverno makes for controllers of pods")
    return Part("rule", Fit.FAILS, f"for {named}, the rule is {rule}")


# --- objects


def _scopes(matches: Matches, subject: Subject, labels: str | None) -> list[list[Part]]:
    """How each filter fits the object; one list where all of them must."""
    found = [_filter(each, subject, labels) for each in matches.filters]
    if not found:
        return [[Part("match", Fit.FAILS, "matches no objects")]]
    return [[part for parts in found for part in parts]] if matches.every else found


def _filter(match: Match, subject: Subject, labels: str | None) -> list[Part]:
    where = subject.name if subject.kind == "Namespace" and not subject.group else subject.namespace
    parts = [
        _among("kind", match.kinds, any(fits_kind(each, subject) for each in match.kinds), subject.kind),
        _among("namespace", match.namespaces, any(fits(each, where) for each in match.namespaces), where or "none"),
        _among("name", match.names, any(fits(each, subject.name) for each in match.names), subject.name),
    ]
    if match.labels:
        parts.append(_labels(match.labels, labels))
    if match.operations:
        parts.append(Part("operations", Fit.UNKNOWN, f"for {', '.join(match.operations)} alone"))
    parts += [Part("condition", Fit.UNKNOWN, f"{Fit.UNKNOWN}: {other}") for other in match.others]
    return [part for part in parts if part is not None]


def _among(what: str, wanted: tuple[str, ...], found: bool, is_: str) -> Part | None:
    if not wanted:
        return None
    if found:
        return Part(what, Fit.HOLDS, is_)
    few = ", ".join(wanted[:4]) + (f" and {len(wanted) - 4} more" if len(wanted) > 4 else "")
    return Part(what, Fit.FAILS, f"for the {what} {few}, the object's is {is_}")


def _labels(wanted: str, labels: str | None) -> Part:
    told = wanted.replace("\n", ", ")
    if labels is None:
        return Part("labels", Fit.UNKNOWN, f"{Fit.UNKNOWN}: labels {told}")
    have = [line.partition("=")[::2] for line in labels.splitlines()]
    for line in wanted.splitlines():
        key, _, value = line.partition("=")
        if not any(fits(key, has) and fits(value, its) for has, its in have):
            return Part("labels", Fit.FAILS, f"for objects with {line}, which this is not")
    return Part("labels", Fit.HOLDS, told)


# --- what else it asks


def _besides(violation: Violation, record: ExceptionRecord, now: float) -> list[Part]:
    parts: list[Part] = []
    if record.expires and record.expires <= now:
        parts.append(Part("expiry", Fit.FAILS, f"expired {ago(record.expires, now)} ago"))
    parts += [Part("condition", Fit.UNKNOWN, f"{Fit.UNKNOWN}: {each}") for each in record.conditions_told]
    if record.images:
        parts.append(Part("images", Fit.UNKNOWN, f"{Fit.UNKNOWN}: for the images {', '.join(record.images)}"))
    if record.allowed_values:
        parts.append(Part("values", Fit.UNKNOWN, f"{Fit.UNKNOWN}: for the values {', '.join(record.allowed_values)}"))
    violated = control_names(violation.finding.controls)
    if record.controls and violated:
        missing = [each for each in violated if each not in record.controls]
        told = f"not for {', '.join(missing)}" if missing else ", ".join(record.controls)
        parts.append(Part("controls", Fit.FAILS if missing else Fit.HOLDS, told))
    return parts


def sentence(weighed: Weighed, violation: Violation) -> str:
    """How an exception stands to a violation, in a sentence."""
    if weighed.named:
        return "applies: the report says so"
    if weighed.failing:
        return f"does not apply: {'; '.join(part.told for part in weighed.failing)}"
    if weighed.unknown:
        told = "; ".join(part.told for part in weighed.unknown)
        return (
            f"was there at the last evaluation, and did not apply: {told}" if weighed.refuted else f"may apply: {told}"
        )
    if weighed.refuted:
        return "fits in every part, and yet the report fails: exceptions may be off, or not heeded from its namespace"
    if violation.finding.result not in FAILING:
        return "applies"
    if not weighed.record.background:
        return "applies to requests; it is not heeded in background scans, which the report tells"
    if 0 < weighed.record.created < violation.checked:
        return "fits in every part; it was changed since it was made, perhaps after the last evaluation"
    return "applies: it is newer than the last evaluation, which the report still tells"


__all__ = ["Fit", "Part", "Standing", "Weighed", "held", "named_policy", "sentence", "standing", "told_names", "weigh"]
