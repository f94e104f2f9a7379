"""The filter of violations: the language of every other filter (`insight.filter`), with the fields of policy.

::

    redis backend         words: each must match the object, the policy, the rule, the owner, the tenant or the cluster
    result:fail,error     fail, warn, error, skip; skips are hidden unless a term names results
    severity:critical     as reported; ``none`` where the report tells none
    action:deny           the effective action: deny, warn, audit, none, unknown
    policy: rule: source: category: message:
    ns: kind: name: cluster: tenant: owner:   ``owner:none`` is not delivered by Flux,
                          ``owner:unknown`` what cannot be told of
    seen:<2h              first seen by us less than two hours ago
    !policy:pod-security  not

Every term must hold. What cannot be understood is told with its position and is not applied; nothing raises.
"""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence

import msgspec

from fluxtui.insight.filter import (
    ALIASES,
    Completion,
    Test,
    all_of,
    any_of,
    duration,
    glob,
    letters_in_order,
    negated,
    text_test,
)
from fluxtui.insight.filter import complete as complete_field
from fluxtui.insight.policy.model import Action, Owner, Violation
from fluxtui.insight.policy.naming import policy_name
from fluxtui.insight.terms import Problem, Term, Value, split
from fluxtui.kinds.policy.policies import PolicyRecord
from fluxtui.kinds.policy.reports import RESULTS, SEVERITIES, Check, Finding, Subject
from fluxtui.kinds.record import split_id
from fluxtui.kinds.table import by_name

Predicate = Test[Violation]

NONE, UNKNOWN = "none", "unknown"
RESULTS_TOLD = tuple(result for result in RESULTS if result != "pass")
"""Results that can be asked for: passes are counted, not listed."""
SEVERITIES_TOLD = tuple(severity or NONE for severity in SEVERITIES)

TEXTS: dict[str, Callable[[Violation], str]] = {
    "source": lambda each: each.finding.check.source,
    "policy": lambda each: policy_name(each.policy),
    "rule": lambda each: each.rule,
    "category": lambda each: each.finding.check.category,
    "message": lambda each: each.finding.message,
    "ns": lambda each: each.subject.namespace,
    "name": lambda each: each.subject.name,
    "cluster": lambda each: each.cluster,
    "tenant": lambda each: each.owner.tenant,
}
"""Fields that are texts."""
CHOICES: dict[str, tuple[tuple[str, ...], Callable[[Violation], str]]] = {
    "result": (RESULTS_TOLD, lambda each: each.finding.result),
    "severity": (SEVERITIES_TOLD, lambda each: each.severity or NONE),
    "action": (tuple(action.value for action in Action), lambda each: each.action.value),
}
"""Fields with few values, which may be abbreviated."""
FIELDS = (
    *("policy", "rule", "result", "severity", "action", "owner", "tenant", "ns", "kind", "name", "cluster", "source"),
    *("category", "seen", "message"),
)
"""The likeliest first, as they are offered."""
OF_RULES = frozenset({"", "policy", "rule", "severity", "action", "category", "cluster"})
"""Fields that can be answered of a rule that nobody violates."""
MINE = {"age": "seen", "since": "seen"}
STEP = 400
"""Violations that are looked at between two slices."""


class Narrowing(msgspec.Struct, frozen=True):
    """A compiled filter of violations: call it with one. `problems` are what was not understood.

    `results` tells whether it names results, so that skips are not hidden besides; `rules` whether it can be asked of
    rules that nobody violates.
    """

    text: str
    matches: Predicate
    problems: tuple[Problem, ...] = ()
    empty: bool = False
    results: bool = False
    rules: bool = True

    def __call__(self, violation: Violation) -> bool:
        """Whether a violation passes."""
        return self.matches(violation)

    def keeps(self, cluster: str, policy: str, rule: str, record: PolicyRecord, action: Action) -> bool:
        """Whether a rule passes that nobody violates: of a policy by its id, with the action that it has."""
        if self.empty:
            return True
        if not self.rules:
            return False
        check = Check("", policy_name(policy), rule, record.category, record.severity)
        told = Violation(cluster, NOTHING, Finding(check, "fail"), policy, rule, False, action, Owner(cluster), "", 0)
        return self.matches(told)


NOTHING = Subject("", "", "", "")


class Hidden(msgspec.Struct, frozen=True):
    """What is not shown: `skipped` because nothing asks for skips, `others` by the filter; `sources` are those of which
    nothing is shown at all.
    """

    skipped: int = 0
    others: int = 0
    sources: tuple[str, ...] = ()

    @property
    def results(self) -> int:
        """All of them."""
        return self.skipped + self.others


def compile(text: str, now: float) -> Narrowing:  # noqa: A001
    """Compile a filter. `now` (epoch seconds) is what ages are measured from. Never raises."""
    terms, problems = split(text)
    tests: list[Predicate] = []
    fields: set[str] = set()
    for term in terms:
        field = MINE.get(term.field, ALIASES.get(term.field, term.field))
        test = _test(field, term, now, problems)
        if test is not None:
            fields.add(field)
            tests.append(negated(test) if term.negated else test)
    return Narrowing(text, all_of(tests), tuple(problems), not tests, "result" in fields, fields <= OF_RULES)


def sift(
    violations: Iterable[Violation], accepts: Narrowing, *, skips: bool = False
) -> Generator[None, None, tuple[list[Violation], Hidden]]:
    """What passes, in slices, and an account of exactly what does not. Skips pass if the filter names results, or
    with `skips`.
    """
    shown: list[Violation] = []
    told, seen = set[str](), set[str]()
    skipped = others = 0
    wanted = skips or accepts.results
    for number, each in enumerate(violations):
        source = each.finding.check.source
        told.add(source)
        if each.finding.result == "skip" and not wanted:
            skipped += 1
        elif accepts.empty or accepts.matches(each):
            shown.append(each)
            seen.add(source)
        else:
            others += 1
        if not number % STEP:
            yield
    return shown, Hidden(skipped, others, tuple(sorted(told - seen)))


def _test(field: str, term: Term, now: float, problems: list[Problem]) -> Predicate | None:
    """The predicate of a term, None if it means nothing."""
    if field and field not in FIELDS:
        known = ", ".join(FIELDS)
        problems.append(Problem(term.position, f"there is no field {term.field!r} (there are {known})"))
        return None
    if not term.values:
        problems.append(Problem(term.position, f"{term.field}: wants a value" if term.field else "wants a word"))
        return None
    if not field:
        return any_of([_word(value) for value in term.values])
    if field in CHOICES:
        return _choice(field, term, problems)
    if field == "seen":
        return any_of([test for value in term.values if (test := _seen(term, value, now, problems)) is not None])
    if field == "kind":
        return any_of([_kind(value) for value in term.values])
    if field == "owner":
        return any_of([_owner(value) for value in term.values])
    return any_of([text_test(TEXTS[field], value) for value in term.values])


def _word(value: Value) -> Predicate:
    wanted = value.text.lower()
    if value.exact:
        return lambda each: any(wanted == text.lower() for text in _told(each))
    if "*" in wanted:
        pieces = wanted.split("*")
        return lambda each: any(glob(text.lower(), pieces) for text in _told(each))
    in_order = letters_in_order(wanted)

    def test(each: Violation) -> bool:
        of, owner = each.subject, each.owner
        identity = f"{of.kind}/{of.namespace}/{of.name}".lower()
        if wanted in identity or in_order(identity):
            return True
        beside = f"{policy_name(each.policy)}\n{each.rule}\n{owner.id}\n{owner.tenant}\n{each.cluster}"
        return wanted in beside.lower()

    return test


def _told(each: Violation) -> Sequence[str]:
    """What words are looked for in."""
    of, owner = each.subject, each.owner
    return (
        of.name,
        of.namespace,
        of.kind,
        f"{of.kind}/{of.namespace}/{of.name}",
        policy_name(each.policy),
        each.rule,
        owner.id,
        owner.tenant,
        each.cluster,
    )


def _choice(field: str, term: Term, problems: list[Problem]) -> Predicate | None:
    choices, read = CHOICES[field]
    wanted: set[str] = set()
    for value in term.values:
        text = value.text.lower()
        found = [text] if text in choices else [each for each in choices if each.startswith(text.rstrip("*"))]
        if not found or (value.exact and text not in choices):
            problems.append(
                Problem(term.position, f"there is no {field} {value.text!r} (there are {', '.join(choices)})")
            )
            continue
        wanted.update(found)
    return (lambda each: read(each) in wanted) if wanted else None


def _seen(term: Term, value: Value, now: float, problems: list[Problem]) -> Predicate | None:
    """``<2h`` and ``2h``: first seen at most that long ago; ``>2h``: at least. What was not seen before is new."""
    text = value.text.lower().replace("=", "")
    age = duration(text.lstrip("<>"))
    if age is None:
        problems.append(Problem(term.position, f"{value.text!r} is no age (like <30m, >2h, 1d)"))
        return None
    edge = now - age
    if text.startswith(">"):
        return lambda each: 0 < each.first_seen <= edge
    return lambda each: not each.first_seen or each.first_seen >= edge


def _kind(value: Value) -> Predicate:
    known = by_name(value.text)
    if known is not None:
        name = known.name
        return lambda each: each.subject.kind == name
    return text_test(lambda each: each.subject.kind, value)


def _owner(value: Value) -> Predicate:
    """A part of the owner's id; exact: the id, ``namespace/name``, or the name."""
    if value.text.lower() == NONE:
        return lambda each: not each.owner.id and not each.owner.doubt
    if value.text.lower() == UNKNOWN:
        return lambda each: bool(each.owner.doubt)
    if not value.exact:
        return text_test(lambda each: each.owner.id, value)
    wanted = value.text.lower()

    def test(each: Violation) -> bool:
        identity = each.owner.id.lower()
        _, namespace, name = split_id(identity)
        return wanted in (identity, f"{namespace}/{name}", name)

    return test


# Completion

LEARNT = ("policy", "rule", "owner", "tenant", "ns", "kind", "name", "cluster", "source", "category")
MOST = 1000
"""Values that are remembered of each field."""


def values(violations: Iterable[Violation], known: dict[str, set[str]]) -> Iterable[None]:
    """Learn, in slices, what fields may be completed to, into sets by the name of their field."""
    sets = [known.setdefault(field, set()) for field in LEARNT]
    known["owner"].update((NONE, UNKNOWN))
    for number, each in enumerate(violations):
        check, of, owner = each.finding.check, each.subject, each.owner
        told = (policy_name(each.policy), each.rule, owner.id, owner.tenant, of.namespace, of.kind, of.name)
        for value, held in zip((*told, each.cluster, check.source, check.category), sets, strict=True):
            if value and len(held) < MOST:
                held.add(value)
        if not number % STEP:
            yield


def complete(text: str, cursor: int, known: Mapping[str, Iterable[str]]) -> Completion:
    """Candidates at the cursor; see `insight.filter.complete`. `known` has the `values`."""
    return complete_field(text, cursor, known, FIELDS, _values)


def _values(field: str, known: Mapping[str, Iterable[str]]) -> Iterable[str]:
    field = MINE.get(field, field)
    if field in CHOICES:
        return CHOICES[field][0]
    if field == "seen":
        return ("<10m", "<1h", "<1d", ">1h", ">1d", ">1w")
    return known.get(field, ())
