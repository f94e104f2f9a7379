"""How violations, and what enforcing would deny, read on a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from fluxtui.cli.tables import Cell, Column, Paint, table
from fluxtui.insight.policy.board import Group, reach
from fluxtui.insight.policy.model import Action, Picture, Violation
from fluxtui.insight.policy.naming import policy_name
from fluxtui.insight.policy.narrowing import Hidden
from fluxtui.insight.policy.readiness_model import Candidate, Confidence, Denied, Readiness, When, verdict
from fluxtui.insight.roots import named
from fluxtui.kinds.ages import ago
from fluxtui.kinds.policy.reports import SEVERITIES, Subject
from fluxtui.kinds.status import Status

LOOKS = {"fail": Status.FAILED.word, "error": Status.BLOCKED.word, "warn": Status.BLOCKED.word, "skip": "muted"}
RULES = (
    Column("POLICY", least=20),
    Column("RULE", least=12),
    Column("ACTION"),
    Column("SEVERITY"),
    *(Column(word, right=True) for word in ("FAIL", "WARN", "ERROR", "SKIP", "OBJECTS", "TENANTS")),
    Column("CLUSTERS", least=10),
)
OWNERS = (
    Column("TENANT", least=10),
    Column("DELIVERED BY", least=20),
    Column("CLUSTER", least=10),
    *(Column(word, right=True) for word in ("FAIL", "WARN", "ERROR", "SKIP", "OBJECTS", "RULES")),
    Column("SEVERITY"),
)
RESOURCES = (
    Column("OBJECT", least=24),
    Column("CLUSTER", least=10),
    Column("TENANT", least=8),
    *(Column(word, right=True) for word in ("FAIL", "WARN", "ERROR", "SKIP")),
    Column("SEVERITY"),
    Column("RULES", least=16),
)
RESULT_COLUMNS = ("fail", "warn", "error", "skip")


def headline(picture: Picture, shown: Sequence[Violation], together: Group, hidden: Hidden) -> str:
    """``47 fails, 12 warnings in 31 objects of 5 owners · by action: 3 audit, 4 deny``; `together` has the
    counts of all that is shown. Where nothing is, why.
    """
    counts = Counter(each.finding.result for each in shown)
    if not shown:
        if hidden.others:
            return "nothing that is shown violates a policy"
        if not any(each.served for each in picture.coverage) and picture.complete:
            return "no policy engine reports here"
        return "nothing violates a policy" if picture.complete else "no violation is known"
    names = {"fail": "fail", "warn": "warning", "error": "error", "skip": "skip"}
    told = [f"{counts[key]:,} {word}{'s' if counts[key] != 1 else ''}" for key, word in names.items() if counts[key]]
    actions = Counter(action for _, action in {(each.policy, each.action) for each in shown})
    acts = ", ".join(f"{actions[action]} {action.value}" for action in Action if actions[action])
    return f"{', '.join(told)} {reach(together)} · by action: {acts}"


def text(
    picture: Picture,
    shown: Sequence[Violation],
    hidden: Hidden,
    summary: str,
    by: str,
    width: int | None,
    paint: Paint,
    *,
    wide: bool,
) -> str:
    """Violations in groups under their `headline`; ``wide`` tells each of them."""
    sure = picture.complete and not hidden.others and any(each.served for each in picture.coverage)
    status = Status.READY if sure else Status.UNKNOWN
    if any(each.finding.result in ("fail", "error") for each in shown):
        status = Status.FAILED
    lines = [paint(f"{status.glyph} {summary}", "strong")]
    if not shown:
        return lines[0]
    groups = _groups(shown, by)
    columns = {"policy": RULES, "owner": OWNERS, "resource": RESOURCES}[by]
    make = {"policy": _by_rule, "owner": _by_owner, "resource": _by_resource}[by]
    told = table(columns, [make(held) for held in groups], width, paint)
    lines += ["", told[0]]
    for held, row in zip(groups, told[1:], strict=True):
        lines.append(row)
        lines += [paint(f"  {_violation(each, picture.now)}", LOOKS[each.finding.result]) for each in held if wide]
    return "\n".join(lines)


def _groups(shown: Iterable[Violation], by: str) -> list[list[Violation]]:
    """What belongs together, the most fails first."""
    found: dict[object, list[Violation]] = {}
    for each in shown:
        of, owner = each.subject, each.owner
        key = {
            "policy": (each.policy, each.rule),
            "owner": (owner.tenant, owner.cluster, owner.id),
            "resource": (each.cluster, of.group, of.kind, of.namespace, of.name),
        }[by]
        found.setdefault(key, []).append(each)
    return sorted(found.values(), key=lambda held: tuple(-number for number in _counts(held)))


def _counts(held: Iterable[Violation]) -> list[int]:
    counts = Counter(each.finding.result for each in held)
    return [counts[result] for result in RESULT_COLUMNS]


def _numbers(held: Iterable[Violation]) -> list[Cell]:
    return [
        (str(number), LOOKS[result]) if number else ("-", "muted")
        for result, number in zip(RESULT_COLUMNS, _counts(held), strict=True)
    ]


def _worst(held: Iterable[Violation]) -> str:
    return min((each.severity for each in held), key=SEVERITIES.index) or "-"


def _by_rule(held: Sequence[Violation]) -> list[Cell]:
    first = held[0]
    actions = [action.value for action in Action if any(each.action is action for each in held)]
    return [
        (policy_name(first.policy), "strong"),
        first.rule or "-",
        ", ".join(actions),
        _worst(held),
        *_numbers(held),
        str(len({(each.cluster, each.subject) for each in held})),
        str(len({each.owner.tenant for each in held if each.owner.tenant})),
        (", ".join(dict.fromkeys(each.cluster for each in held)), "muted"),
    ]


def _by_owner(held: Sequence[Violation]) -> list[Cell]:
    owner = held[0].owner
    return [
        owner.tenant or "-",
        (named(owner.id), "strong") if owner.id else (owner.nobody, "muted"),
        (owner.cluster, "muted"),
        *_numbers(held),
        str(len({each.subject for each in held})),
        str(len({(each.policy, each.rule) for each in held})),
        _worst(held),
    ]


def _by_resource(held: Sequence[Violation]) -> list[Cell]:
    first = held[0]
    rules = dict.fromkeys(policy_name(each.policy) for each in held)
    return [
        (_object(first.subject), "strong"),
        (first.cluster, "muted"),
        first.owner.tenant or "-",
        *_numbers(held),
        _worst(held),
        ", ".join(rules),
    ]


def _violation(each: Violation, now: float) -> str:
    """One violation in a line: result, object, who delivers it, since when we know it, and why."""
    seen = ago(each.first_seen, now)
    age = f", {'since' if each.certain else 'seen'} {seen}" if seen else ""
    by = named(each.owner.id) if each.owner.id else each.owner.nobody
    rule = f" {each.rule}" if each.rule else ""
    message = " ".join(each.finding.message.split())
    where = f"{_object(each.subject)} in {each.cluster}"
    return f"{each.finding.result} {where} by {by}{age}: {policy_name(each.policy)}{rule}: {message}"


def _object(subject: Subject) -> str:
    return (
        f"{subject.kind} {subject.namespace}/{subject.name}" if subject.namespace else f"{subject.kind} {subject.name}"
    )


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


# --- readiness

DENIED = (
    Column("TENANT", least=8),
    Column("OBJECT", least=24),
    Column("CLUSTER", least=10),
    Column("DELIVERED BY", least=16),
    Column("DENIED", least=10),
    Column("WHY", least=20),
)
CANDIDATES = (
    Column("POLICY", least=20),
    Column("KIND"),
    Column("SEVERITY"),
    Column("FAILS", right=True),
    Column("TENANTS", right=True),
    Column("WATCHES IN", least=10),
)
SOON = {When.NEXT: "next reconcile", When.UPGRADE: "next upgrade", When.CHANGE: "when changed", When.ANEW: "made anew"}
SOONEST = {When.NEXT: Status.FAILED.word, When.UPGRADE: Status.BLOCKED.word, When.CHANGE: "", When.ANEW: "muted"}


def readiness(found: Readiness, offered: Sequence[Candidate], width: int | None, paint: Paint, *, wide: bool) -> str:
    """The verdict, why it may be wrong, what would be denied; ``wide`` adds what may be chosen and is not reached."""
    status = Status.READY if found.confidence is Confidence.HIGH else Status.UNKNOWN
    status = Status.FAILED if found.denied else status
    names = ", ".join(_chosen(found.chosen)) or "no policy"
    lines = [paint(f"{status.glyph} {names}: {verdict(found)}", "strong")]
    for each in found.turning:
        state = "turns red" if each.green else "is suspended" if each.suspended else "fails on"
        lines.append(f"  {named(each.id)} in {each.cluster} {state}: {_count(each.objects, 'object')}")
    for each in found.doubts:
        where = f"{each.cluster}: " if each.cluster else ""
        lines.append(paint(f"  {each.level.word} confidence: {where}{each.told}", Status.BLOCKED.word))
    lines += [paint(f"  not reached: {each}", "muted") for each in found.excluded if wide]
    if found.denied:
        lines += ["", *table(DENIED, [_denied(each) for each in found.denied], width, paint)]
    if wide and offered:
        cells = [
            [(each.name, "strong"), each.kind, each.severity or "-", f"{each.fails:,}", f"{each.tenants:,}",
             (", ".join(each.clusters), "muted")]
            for each in offered
        ]  # fmt: skip
        lines += ["", *table(CANDIDATES, cells, width, paint)]
    return "\n".join(lines)


def _chosen(chosen: Sequence[str]) -> list[str]:
    """The names of policies; with their kinds where two have one name."""
    names = Counter(policy_name(each) for each in chosen)
    return [named(each) if names[policy_name(each)] > 1 else policy_name(each) for each in chosen]


def _denied(each: Denied) -> list[Cell]:
    reasons = [
        f"{policy_name(reason.policy)}: {' '.join(reason.finding.message.split())}" for reason in each.violations
    ]
    return [
        each.owner.tenant or "-",
        (_object(each.subject), "strong"),
        (each.cluster, "muted"),
        named(each.owner.id) if each.owner.id else (each.owner.nobody, "muted"),
        (SOON[each.when], SOONEST[each.when]),
        "; ".join(reasons),
    ]


__all__ = ["headline", "readiness", "text"]
