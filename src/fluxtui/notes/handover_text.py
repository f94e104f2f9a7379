"""A handover as people write one: what is wrong, in order of what it stops, with the evidence; then the rest.

Times are UTC. Everything that came from a cluster stands in code spans and fences: nothing in it is Markdown.
"""

from collections.abc import Iterable, Sequence
from typing import Any, cast

import msgspec

from fluxtui.insight.acknowledge import Acknowledgement
from fluxtui.insight.export import moment
from fluxtui.insight.handover import Finding, Handover, Moment, Revisions, Seen, Visit
from fluxtui.insight.roots import named
from fluxtui.kinds.ages import age, exact
from fluxtui.kinds.columns import revision
from fluxtui.kinds.record import split_id
from fluxtui.kinds.status import Status
from fluxtui.store.state import Phase
from fluxtui.widgets.markdown import code, fence, table
from fluxtui.widgets.text import plain

RESTING = frozenset({Status.READY.word, Status.SUSPENDED.word})
"""Statuses that are no failure."""
HAS_BEEN = {
    Status.FAILED.word: "has been failing",
    Status.BLOCKED.word: "has been blocked",
    Status.PROGRESSING.word: "has been progressing",
    Status.UNKNOWN.word: "has been in an unknown state",
}
SEEN = frozenset({str(Phase.FRESH), str(Phase.MISSING)})
"""Phases of a cluster of which everything is known that there is."""
MOST_LOOKED_AT = 40
"""Pages that are named; the others are counted."""


class Document(msgspec.Struct, frozen=True):
    """What is told: the handover, at a moment (epoch seconds), with the acknowledgements that count."""

    handover: Handover
    now: float
    acknowledged: Sequence[Acknowledgement] = ()


def markdown(told: Document) -> str:
    """The whole document."""
    parts = [*_head(told), *_summary(told)]
    if told.handover.findings:
        parts += [
            "## Findings",
            *(part for at, each in enumerate(told.handover.findings, 1) for part in _finding(at, each, told.now)),
        ]
    parts += [*_questions(told), *_timeline(told), *_acknowledged(told), *_unseen(told), *_looked_at(told)]
    return "\n\n".join(parts) + "\n"


# --- words


def clock(moment: float, beside: float) -> str:
    """A moment in UTC: the time alone on the day of another moment, with the date else."""
    if not moment:
        return ""
    text = exact(moment)
    return text[11:19] if text[:10] == exact(beside)[:10] else text[:19]


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _listed(words: Iterable[str], most: int = 6) -> str:
    every = list(words)
    more = f" and {len(every) - most} more" if len(every) > most else ""
    shown = every[:most]
    if more or len(shown) < 2:
        return ", ".join(shown) + more
    return f"{', '.join(shown[:-1])} and {shown[-1]}"


# --- the parts


def _head(told: Document) -> list[str]:
    held, findings = told.handover, told.handover.findings
    broken = [finding for finding in findings if finding.status not in RESTING]
    what = f"{_count(len(broken), 'problem')} open" if broken else f"{_count(len(findings), 'finding')}"
    by = f" by {code(held.who)}" if held.who else ""
    since = f", begun at {clock(held.begun, told.now)}" if held.begun else ""
    lines = [f"# Handover {exact(told.now)[:16]} UTC: {what}", f"Written{by}{since}. All times are UTC."]
    seen = held.picture
    if seen.at:
        when = "now" if told.now - seen.at < 60 else f"at {clock(seen.at, told.now)}"
        lines.append(f"**The fleet {when}:** {seen.verdict}.")
    return lines


def _summary(told: Document) -> list[str]:
    lines = [f"{at}. {_sentence(each, told.now)}" for at, each in enumerate(told.handover.findings, 1)]
    if not lines:
        lines = ["Nothing was noted."]
    unseen = [seen for seen in told.handover.picture.clusters if not seen.whole]
    if unseen:
        lines += ["", f"This does not speak for {_listed(code(seen.cluster) for seen in unseen)}: see *Not reachable*."]
    return ["## Summary", "\n".join(lines)]


def _sentence(finding: Finding, now: float) -> str:
    where = _listed(map(code, finding.clusters), 4)
    text = f"**{code(finding.title)}** in {where} {_state(finding, now)}"
    if finding.waiting and not finding.supposed:
        verb = "waits" if finding.waiting == 1 else "wait"
        text += f" {_count(finding.waiting, 'object')} {verb} behind it{_whose(finding)}."
    if finding.behind:
        text += f" It waits behind {_listed(map(code, finding.behind))}."
    if finding.changed:
        text += f" Before it, {code(finding.changed[0].text)}{_at(finding.changed[0], now)}."
    return text + (f" *{_inline(finding.note)}*" if finding.note else "")


def _state(finding: Finding, now: float) -> str:
    """``has been failing since 02:34:01 (13m): `UpgradeFailed`.``"""
    since = f" since {clock(finding.since, now)} ({age(now - finding.since)})" if finding.since else ""
    if finding.status == Status.SUSPENDED.word:
        return f"has been suspended{since}{_by(finding)}."
    reason = f": {code(finding.reason)}" if finding.reason and finding.status != Status.READY.word else ""
    return f"{HAS_BEEN.get(finding.status, f'is {finding.status}')}{since}{reason}."


def _by(finding: Finding) -> str:
    who, _, why = finding.suspended_by.partition(": ")
    if not who:
        return "; by whom is not recorded"
    return f" by {code(who)}" + (f", who says {code(why)}" if why else "")


def _whose(finding: Finding) -> str:
    if not finding.tenants:
        return ""
    return f" ({'tenant' if len(finding.tenants) == 1 else 'tenants'} {_listed(map(code, finding.tenants), 4)})"


def _at(moment: Moment, now: float) -> str:
    return f" at {clock(moment.at, now)}" if moment.at else ""


def _inline(text: str) -> str:
    """A note of ours in a sentence: the words as they are, without what Markdown or a chat would act on."""
    kept = "".join(char if char not in "\\`*_[]<>#|@!" else f"\\{char}" for char in plain(text))
    return " ".join(kept.split())


def _finding(at: int, finding: Finding, now: float) -> list[str]:
    parts = [f"### {at}. {code(finding.title)} in {_listed(map(code, finding.clusters), 4)}"]
    if finding.note:
        parts.append(f"> {_inline(finding.note)}")
    state = _state(finding, now)
    tries = f" {finding.tries} tries so far." if finding.tries > 1 else ""
    noted = f" Noted at {clock(finding.at, now)}."
    data = f" The data of its cluster was not current: {code(finding.data)}." if finding.data else ""
    parts.append(f"{state[0].upper()}{state[1:]}{tries}{data}{noted}")
    if finding.message and finding.status != Status.SUSPENDED.word:
        parts.append(fence(finding.message))
    facts = list(_facts(finding))
    if facts:
        parts.append("\n".join(f"- **{label}:** {text}" for label, text in facts))
    if finding.commands:
        parts.append("Suggested, for whoever may (check that it is still so):")
        parts.append(fence("\n".join(finding.commands)).replace("```text", "```sh", 1))
    return parts


def _facts(finding: Finding) -> Iterable[tuple[str, str]]:
    if finding.kind_of_failure:
        yield "Kind of failure", code(finding.kind_of_failure)
    if finding.behind:
        yield "Waits behind", _listed(map(code, finding.behind))
    if finding.waiting:
        verb = "would stop" if finding.supposed else "waits" if finding.waiting == 1 else "wait"
        names = [_place(identity) for _, identity in finding.nearest]
        more = finding.waiting - len(names)
        rest = f" and {more} more" if more > 0 else ""
        yield (
            "Blast radius",
            f"{_count(finding.waiting, 'object')} {verb}{_whose(finding)}: {', '.join(map(code, names))}{rest}",
        )
    if len(finding.members) > 1:
        yield (
            "The same in",
            _listed(f"{code(named(identity))} ({code(cluster)})" for cluster, identity in finding.members[1:]),
        )
    if finding.changed:
        yield "Changed before", "; ".join(f"{code(each.text)}{_at(each, finding.at)}" for each in finding.changed)
    if finding.elsewhere:
        yield "Elsewhere", "; ".join(map(code, finding.elsewhere))
    if finding.cleared:
        yield "Not the cause", "; ".join(map(code, finding.cleared))
    if finding.conditions:
        yield "Conditions", "; ".join(map(code, finding.conditions))
    yield from _revisions(finding.revisions, finding.at)
    if finding.look_at:
        yield "Look at", _inline(finding.look_at)


def _place(identity: str) -> str:
    _, namespace, name = split_id(identity)
    return f"{namespace}/{name}" if namespace else name


def _revisions(held: Revisions, at: float) -> Iterable[tuple[str, str]]:
    told = [
        ("runs", held.applied),
        ("tries", held.attempted),
        ("last good", held.good),
        ("its source offers", held.offered),
    ]
    words = [f"{word} {code(text)}" for word, text in told if text]
    if held.good_at and words:
        words.append(f"last good run {clock(held.good_at, at)}")
    if words:
        yield "Revisions", "; ".join(words)
    git = [code(text) for text in (held.url, held.path, held.commit) if text]
    if git:
        yield "Delivered from", " · ".join(git)


def _timeline(told: Document) -> list[str]:
    moments = timeline(told)
    if not moments:
        return []
    rows = [[clock(each.at, told.now), f"{code(each.of)}: {_inline(each.text)}", each.told_by] for each in moments]
    return ["## Timeline", table([f"UTC, {exact(told.now)[:10]}", "what", "told by"], rows)]


class Entry(msgspec.Struct, frozen=True):
    """A line of the timeline: when, of what, what happened, and who says so."""

    at: int
    of: str
    text: str
    told_by: str


def timeline(told: Document) -> list[Entry]:
    """Everything that has a time, the oldest first."""
    found = dict.fromkeys(entry for entry in _entries(told))
    return sorted(found, key=lambda entry: entry.at)


def _entries(told: Document) -> Iterable[Entry]:
    for finding in told.handover.findings:
        title = f"{finding.title} in {', '.join(finding.clusters[:2])}"
        held = finding.revisions
        if held.good_at:
            at = revision(held.good)
            yield Entry(int(held.good_at), title, f"last good run{f' at {at}' if at else ''}", "its history")
        for change in finding.changed:
            if change.at:
                yield Entry(int(change.at), title, change.text, "its source")
        if finding.since and finding.status == Status.SUSPENDED.word:
            by = f" by {finding.suspended_by}" if finding.suspended_by else ""
            yield Entry(int(finding.since), title, f"suspended{by}", "the object")
        elif finding.since:
            reason = f", {finding.reason}" if finding.reason else ""
            yield Entry(int(finding.since), title, f"{finding.status}{reason}", "its conditions and history")
        yield Entry(int(finding.at), title, "noted", "us")
    for seen in told.handover.picture.clusters:
        if seen.phase not in SEEN and seen.since:
            yield Entry(int(seen.since), seen.cluster, seen.phase, "our connection")
    for held in told.acknowledged:
        yield Entry(int(held.at), held.title, f"acknowledged{f' by {held.by}' if held.by else ''}", "us")
    for question in told.handover.questions:
        yield Entry(int(question.at), "question", question.text, "us")


def _questions(told: Document) -> list[str]:
    asked = [f"- {_inline(question.text)}" for question in told.handover.questions]
    asked += [f"- {text}" for text in open_questions(told.handover, told.now)]
    return ["## Open questions", "\n".join(asked)] if asked else []


def open_questions(held: Handover, now: float) -> Iterable[str]:
    """What the findings leave open, as Markdown."""
    for finding in held.findings:
        title = code(finding.title)
        if finding.status == Status.SUSPENDED.word:
            who = code(finding.suspended_by.partition(": ")[0]) or "whoever suspended it (not recorded)"
            waiting = f" {_count(finding.waiting, 'object')} get nothing new until then." if finding.waiting else ""
            yield f"May {title} be resumed? Ask {who}.{waiting}"
        elif finding.cause and finding.status == Status.FAILED.word and not finding.changed:
            yield f"What changed before {title} failed? Nothing that we can see in Flux."
        if finding.cause and finding.message and not finding.kind_of_failure and finding.status == Status.FAILED.word:
            yield f"What does the message of {title} mean? It is of no kind that is known."
    for seen in held.picture.clusters:
        if not seen.whole and seen.phase not in SEEN:
            since = f" since {clock(seen.since, now)}" if seen.since else ""
            yield f"Is {code(seen.cluster)} affected too? Nothing is known of it{since}: {seen.phase}."


def _acknowledged(told: Document) -> list[str]:
    if not told.acknowledged:
        return []
    rows = [
        [
            code(held.title),
            _listed(map(code, held.clusters), 3),
            code(held.reason),
            code(held.by),
            clock(held.at, told.now),
            clock(held.until, told.now) or "it changes",
            _inline(held.note),
        ]
        for held in told.acknowledged
    ]
    return ["## Acknowledged", table(["problem", "clusters", "reason", "by", "at", "until", "note"], rows)]


def _unseen(told: Document) -> list[str]:
    clusters = told.handover.picture.clusters
    if not clusters:
        return []
    lines = [line for seen in clusters if not seen.whole for line in _gaps(seen, told.now)]
    whole = [seen for seen in clusters if seen.whole]
    objects = sum(seen.objects for seen in whole)
    names = _listed((code(seen.cluster) for seen in whole), 12)
    covered = f"Seen whole: {len(whole)} of {_count(len(clusters), 'cluster')}" + (
        f" ({names}; {_count(objects, 'object')})" if whole else ""
    )
    return [
        "## Not reachable" if lines else "## Coverage",
        "\n".join([*lines, *([""] if lines else []), f"{covered}."]),
    ]


def _gaps(seen: Seen, now: float) -> Iterable[str]:
    if seen.phase not in SEEN:
        since = f" since {clock(seen.since, now)}" if seen.since else ""
        contact = f", last word at {clock(seen.contact, now)}" if seen.contact else ", no word of it in this session"
        why = f": {code(seen.detail)}" if seen.detail else ""
        yield f"- {code(seen.cluster)} is {seen.phase}{since}{contact}{why}"
    phases = dict.fromkeys((phase, why) for _, phase, why in seen.gaps)
    for phase, why in phases:
        kinds = [kind for kind, other, reason in seen.gaps if (other, reason) == (phase, why)]
        yield f"- {code(seen.cluster)}: {_listed(map(code, kinds))} {phase}{f': {code(why)}' if why else ''}"


def _looked_at(told: Document) -> list[str]:
    visits = sorted(told.handover.visits, key=lambda visit: visit.first)
    if not visits:
        return []
    shown = visits[-MOST_LOOKED_AT:]
    lines = [_visit(visit, told.now) for visit in shown]
    if len(visits) > len(shown):
        lines.insert(0, f"- {len(visits) - len(shown)} more before")
    return ["## Looked at", "\n".join(lines)]


def _visit(visit: Visit, now: float) -> str:
    times = f", {visit.times} times, last at {clock(visit.last, now)}" if visit.times > 1 else ""
    return f"- {clock(visit.first, now)} {code(named(visit.object))} in {code(visit.cluster)}{times}"


# --- for programs

TIMES = frozenset({"at", "begun", "written", "first", "last", "since", "contact", "until", "good_at"})
"""Fields that are moments."""


def shape(told: Document) -> dict[str, Any]:
    """The document for programs: camelCase keys, times as RFC 3339 in UTC, null where nobody told one."""
    held = told.handover
    tree = msgspec.to_builtins(held)
    tree |= {
        "kind": "Handover",
        "written": told.now,
        "timeline": msgspec.to_builtins(timeline(told)),
        "acknowledged": msgspec.to_builtins(list(told.acknowledged)),
        "openQuestions": list(open_questions(held, told.now)),
    }
    return _shaped(tree)


def _shaped(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {_camel(key): _shaped(each, key) for key, each in cast("dict[str, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_shaped(each) for each in cast("Sequence[Any]", value)]
    return moment(value) if name in TIMES and isinstance(value, int | float) else value


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
