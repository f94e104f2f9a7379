"""Violations, and what enforcing would deny, as Markdown: what a platform team hands to those whose objects they are.

No HTML, and nothing from a cluster is ever markup: names and messages are code.
"""

from collections.abc import Iterable, Sequence

from fluxtui.insight.policy.export import left_out, words_left_out
from fluxtui.insight.policy.model import NO_OWNER, UNKNOWN_OWNER, Owner, Picture, Violation
from fluxtui.insight.policy.naming import policy_name
from fluxtui.insight.policy.narrowing import Hidden
from fluxtui.insight.policy.readiness_model import Denied, Readiness, Turning, When, moments, verdict
from fluxtui.insight.roots import named
from fluxtui.kinds.ages import ago, exact
from fluxtui.kinds.policy.reports import Subject
from fluxtui.kinds.status import Status
from fluxtui.widgets.markdown import code, table


def violations_text(
    picture: Picture, shown: Sequence[Violation], hidden: Hidden, summary: str, unseen: Sequence[str] = ()
) -> str:
    """Violations by policy, each with a table of its objects."""
    parts = [f"**Policy** at {exact(picture.now)}: {summary}"]
    by_rule: dict[tuple[str, str], list[Violation]] = {}
    for each in shown:
        by_rule.setdefault((each.policy, each.rule), []).append(each)
    for (policy, rule), held in by_rule.items():
        title = code(policy_name(policy)) + (f" rule {code(rule)}" if rule else "")
        rows = [_row(each, picture.now) for each in held]
        parts += [f"#### {title}: {len(held)}", table(TITLES, rows)]
    told = words_left_out(left_out(picture, hidden))
    if told:
        parts.append(f"*{told}*")
    if unseen:
        parts.append("**Not seen:**\n\n" + "\n".join(f"- {code(line)}" for line in unseen))
    return "\n\n".join(parts)


TITLES = ("result", "action", "object", "cluster", "tenant", "delivered by", "first seen", "message")


def _row(each: Violation, now: float) -> list[str]:
    bound = "" if each.certain else "at least "
    seen = f"{bound}{ago(each.first_seen, now)} ago" if each.first_seen else "not known"
    return [
        each.finding.result,
        each.action.value,
        code(_object(each.subject)),
        code(each.cluster),
        code(each.owner.tenant) or "none",
        code(named(each.owner.id)) if each.owner.id else _nobody(each.owner),
        seen,
        code(_line(each.finding.message)),
    ]


def readiness_text(found: Readiness) -> str:
    """A checklist by tenant: one box for each object, under who delivers it."""
    policies = ", ".join(code(policy_name(each)) for each in found.chosen) or "nothing"
    parts = [f"# Enforcing {policies}", f"**{_sentence(verdict(found))}** As of {exact(found.now)}."]
    parts += list(_summary(found))
    for tenant in found.tenants:
        parts += list(_tenant(found, tenant))
    return "\n\n".join(parts) + "\n"


def _summary(found: Readiness) -> Iterable[str]:
    counts = [f"- {number:,} denied {when.words}" for when, number in moments(found).items() if number]
    counts += [f"- {_turning(each)}" for each in found.turning]
    besides = (
        (found.already, "denied already"),
        (found.excepted, "excepted"),
        (found.stays, "not denied: overrides say so, or admission is not asked"),
    )
    counts += [
        f"- {number:,} {'result is' if number == 1 else 'results are'} {words}" for number, words in besides if number
    ]
    if counts:
        yield "\n".join(counts)
    if found.doubts:
        told = [f"- {f'{code(each.cluster)}: ' if each.cluster else ''}{code(each.told)}" for each in found.doubts]
        yield f"Why the confidence is {found.confidence.word}:\n\n" + "\n".join(told)
    if found.excluded:
        yield "What is not reached:\n\n" + "\n".join(f"- {code(each)}" for each in found.excluded)


def _turning(each: Turning) -> str:
    state = (
        "turns red" if each.green else "is suspended, and fails when it is resumed" if each.suspended else "fails on"
    )
    objects = "1 object" if each.objects == 1 else f"{each.objects:,} objects"
    return f"{Status.FAILED.glyph} {code(named(each.id))} in {code(each.cluster)} {state}: {objects}"


def _tenant(found: Readiness, tenant: str) -> Iterable[str]:
    held = found.of(tenant)
    title = f"Tenant {code(tenant)}" if tenant else "Of no tenant"
    next_ = sum(each.when is When.NEXT for each in held)
    soon = f", {next_:,} at the next reconcile" if next_ else ""
    yield f"## {title}: {len(held):,} object{'s' if len(held) != 1 else ''}{soon}"
    by_owner: dict[Owner, list[Denied]] = {}
    for each in held:
        by_owner.setdefault(each.owner, []).append(each)
    for owner, objects in by_owner.items():
        yield f"{_owner(owner)}:\n\n" + "\n".join(_box(each) for each in objects)


def _nobody(owner: Owner) -> str:
    return f"{UNKNOWN_OWNER}: {code(owner.doubt)}" if owner.doubt else NO_OWNER


def _owner(owner: Owner) -> str:
    if not owner.id:
        return f"In {code(owner.cluster)}, {_nobody(owner)}"
    words = f"Delivered by {code(named(owner.id))} in {code(owner.cluster)}"
    if owner.origin:
        words += f", made by {code(named(owner.origin))}"
    if owner.source:
        words += f", from {code(named(owner.source))}"
    return f"{words} at {code(owner.revision)}" if owner.revision else words


def _box(each: Denied) -> str:
    notes = [f"denied {each.when.words}"]
    notes += [f"with {each.makes:,} more that it made"] if each.makes else []
    notes += ["changed in the last days"] if each.recent else []
    lines = [f"- [ ] {code(_object(each.subject))}: {', '.join(notes)}"]
    for reason in each.violations:
        rule = f" rule {code(reason.rule)}" if reason.rule else ""
        message = code(_line(reason.finding.message))
        lines.append(f"  - {code(policy_name(reason.policy))}{rule}{f': {message}' if message else ''}")
    return "\n".join(lines)


def _object(subject: Subject) -> str:
    where = f"{subject.namespace}/{subject.name}" if subject.namespace else subject.name
    return f"{subject.kind} {where}"


def _line(text: str) -> str:
    return " ".join(text.split())


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
