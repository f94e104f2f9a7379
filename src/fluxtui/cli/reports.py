"""How a triage report reads: as text for a terminal, and as Markdown for an issue or a chat."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from fluxtui.cli import coverage, markdown
from fluxtui.cli.tables import Cell, Column, Paint, table
from fluxtui.insight.acknowledge import OPEN, Attention, Mark
from fluxtui.insight.causes import Cause
from fluxtui.insight.evidence import Changed, Elsewhere, Evidence, evidence
from fluxtui.insight.failures import Failure
from fluxtui.insight.standing import Standing
from fluxtui.insight.triage import TriageReport, verdict
from fluxtui.kinds.ages import ago, exact
from fluxtui.kinds.columns import revision
from fluxtui.kinds.status import Status
from fluxtui.store.store import Store
from fluxtui.widgets.text import cut, plain

CAUSES = (
    Column("STATUS"),
    Column("ROOT CAUSE", least=24),
    Column("CLUSTER", least=10),
    Column("BLOCKS", right=True),
    Column("SINCE", right=True),
    Column("REASON", least=12),
    Column("TENANTS", least=8),
)
CLUSTERS = (
    Column("CLUSTER", least=12),
    Column("STATE"),
    Column("OBJECTS", right=True),
    *(Column(status.word.upper(), right=True) for status in Status),
)
BLOCKED = 12
"""Objects that wait behind a cause and are named in Markdown; the others are counted."""


class Told(msgspec.Struct, frozen=True):
    """What is told: a report, those of its problems that pass, and the filter that hides the others."""

    store: Store
    report: TriageReport
    problems: Sequence[Cause]
    filter: str = ""
    marks: Mapping[str, Mark] = {}
    """How each problem stands, by its key."""

    @property
    def headline(self) -> str:
        """The verdict, and how much of it is hidden."""
        hidden = len(self.report.problems) - len(self.problems)
        more = f" · {hidden} hidden by {self.filter!r}" if hidden else ""
        return f"{verdict(self.report)}{_attention(self)}{more}"

    def word(self, cause: Cause) -> str:
        """``new``, ``back``, ``ack`` for acknowledged, or nothing."""
        mark = self.marks.get(cause.key, OPEN)
        return {Attention.OPEN: "", Attention.ACKNOWLEDGED: "ack"}.get(mark.attention, mark.attention.value)

    @property
    def marked(self) -> bool:
        """Whether there is a word for any of its problems."""
        return any(map(self.word, self.problems))


def _attention(told: Told) -> str:
    numbers = Counter(mark.attention for mark in told.marks.values())
    new, known = numbers[Attention.NEW] + numbers[Attention.BACK], numbers[Attention.ACKNOWLEDGED]
    return (f" · {new} new" if new else "") + (f" · {known} acknowledged" if known else "")


# --- text


def text(told: Told, width: int | None, paint: Paint, *, wide: bool) -> str:
    """The report for a terminal; ``wide`` adds the evidence."""
    now = told.report.now
    lines = [paint(f"{_glyph(told)} {told.headline}", "strong"), ""]
    if told.problems:
        columns = (Column(""), *CAUSES) if told.marked else CAUSES
        cells = [
            [*([(told.word(cause), "strong")] if told.marked else []), *_cause(cause, now)] for cause in told.problems
        ]
        rows = table(columns, cells, width, paint)
        lines.append(rows[0])
        for cause, row in zip(told.problems, rows[1:], strict=True):
            lines.append(row)
            lines += _below(told, cause, width, paint, wide=wide)
        lines.append("")
    lines += table(CLUSTERS, [_cluster(cluster, now) for cluster in told.report.clusters], width, paint)
    return "\n".join(lines)


def _glyph(told: Told) -> str:
    if told.problems:
        return min(cause.status for cause in told.problems).glyph
    return Status.READY.glyph if told.report.healthy and told.report.complete else Status.UNKNOWN.glyph


def _cause(cause: Cause, now: float) -> list[Cell]:
    more = len(cause.members) - 1
    return [
        (f"{cause.status.glyph} {cause.status.word}", cause.status.word),
        (cause.title + (f" +{more}" if more and not cause.outside else ""), "strong"),
        _few(cause.clusters),
        str(cause.stops) if cause.stops else "-",
        ago(cause.since, now),
        cause.reason,
        (_few(cause.tenants), "muted"),
    ]


def _below(told: Told, cause: Cause, width: int | None, paint: Paint, *, wide: bool) -> list[str]:
    """The lines under a cause: its message, and with ``wide`` all evidence."""
    if not wide:
        words = plain(" ".join(cause.message.split()))
        return [paint("  " + (cut(words, width - 2) if width else words), "muted")] if words else []
    found = evidence(told.store, cause)
    lines = [*_acknowledged(told, cause), *_evidence_lines(cause, found, told.report.now)]
    return [paint(f"  {line}", "muted") for line in lines]


def _acknowledged(told: Told, cause: Cause) -> list[str]:
    """Who knows of it, and why that counts no more."""
    mark = told.marks.get(cause.key, OPEN)
    held = mark.acknowledged
    if held is None:
        return []
    words = f"acknowledged by {held.by or 'somebody'} at {exact(held.at)}" + (f": {held.note}" if held.note else "")
    until = f", until {exact(held.until)}" if held.until else ", until it changes"
    return [plain(f"{words}{f' ({mark.why})' if mark.why else until}")]


def _evidence_lines(cause: Cause, found: Evidence, now: float) -> list[str]:
    lines = [
        f"{f'{title}: ' if number else ''}{plain(' '.join(message.split()))}"
        for number, (title, message) in enumerate(found.messages)
        if message
    ]
    if found.failure is not None:
        lines.append(plain(f"class: {_class(found.failure)}; look at {found.failure.look}"))
    lines += [f"changed before: {_changed(changed, now)}" for changed in found.changed]
    if found.last_good is not None:
        lines.append(f"last good: {_last_good(found.last_good, now)}")
    if cause.blocked:
        names = [f"{identity} ({cluster})" for cluster, identity in cause.blocked]
        lines.append(f"waiting behind it: {_few(names, BLOCKED)}")
    lines += [f"elsewhere: {_elsewhere(other)}" for other in found.elsewhere]
    lines += [f"not the cause: {clear}" for clear in found.not_the_cause]
    return lines


def _class(failure: Failure) -> str:
    """``admission · Kyverno policy require-team rule team-label denied …``."""
    return f"{failure.group} · {failure.words}"


def _changed(changed: Changed, now: float) -> str:
    return f"{changed.text} ({ago(changed.at, now)} ago)" if changed.at else changed.text


def _last_good(good: Changed, now: float) -> str:
    return f"{ago(good.at, now)} ago, at {good.text}" if good.text else f"{ago(good.at, now)} ago"


def _elsewhere(other: Elsewhere) -> str:
    if other.row is None:
        return f"{other.cluster}: {other.state.phase}"
    stale = "" if other.state.trusted else f", {other.state.phase}"
    return f"{other.cluster}: {other.row.status.word} at {revision(other.row.record.revision) or '-'}{stale}"


def _cluster(cluster: Standing, now: float) -> list[Cell]:
    state = str(cluster.phase)
    if not cluster.fresh and cluster.since:
        state += f" {ago(int(cluster.since), now)}".replace(" 0s", "")
    style = Status.READY.word if cluster.fresh and not cluster.gaps else Status.BLOCKED.word
    seen: list[Cell] = [(str(number) if number else "-", "") for number in (cluster.total, *cluster.counts)]
    return [cluster.name, (f"{state} (partly)" if cluster.fresh and cluster.gaps else state, style), *seen]


def _few(words: Sequence[str], most: int = 2) -> str:
    return ", ".join(words[:most]) + (f" +{len(words) - most}" if len(words) > most else "")


# --- Markdown


def markdown_text(told: Told) -> str:
    """The report for people who were not there: the verdict, each cause with its evidence, and what was not seen."""
    now = told.report.now
    parts = [f"**Flux fleet** at {exact(now)}: {_headline(told)}"]
    if told.problems:
        titles = ("", "root cause", "clusters", "blocks", "since", "reason", "tenants")
        parts.append(markdown.table(titles, [_markdown_row(cause, now) for cause in told.problems]))
        parts += [_markdown_cause(told, cause) for cause in told.problems]
    unseen = coverage.missing(told.report.clusters, now)
    if unseen:
        parts.append("**Not seen:**\n\n" + "\n".join(f"- {markdown.code(line)}" for line in unseen))
    return "\n\n".join(parts)


def _headline(told: Told) -> str:
    hidden = len(told.report.problems) - len(told.problems)
    return (
        verdict(told.report)
        + _attention(told)
        + (f" · {hidden} hidden by {markdown.code(told.filter)}" if hidden else "")
    )


def _markdown_row(cause: Cause, now: float) -> list[str]:
    return [
        cause.status.glyph,
        markdown.code(cause.title),
        ", ".join(map(markdown.code, cause.clusters)),
        str(cause.stops),
        ago(cause.since, now),
        markdown.code(cause.reason),
        ", ".join(map(markdown.code, cause.tenants)),
    ]


def _markdown_cause(told: Told, cause: Cause) -> str:
    now = told.report.now
    found = evidence(told.store, cause)
    since = f", since {exact(cause.since)}" if cause.since else ""
    code = markdown.code
    parts = [f"#### {cause.status.glyph} {code(cause.title)}", f"{cause.status.word}: {code(cause.reason)}{since}"]
    (_, message), *more = found.messages
    parts += [markdown.fence(message)] if message else []
    facts = [code(line) for line in _acknowledged(told, cause)]
    facts += [f"{code(title)}: {code(text)}" for title, text in more if text]
    if found.failure is not None:
        facts.append(f"class: {code(_class(found.failure))}; look at {code(found.failure.look)}")
    facts += [f"changed before: {code(_changed(changed, now))}" for changed in found.changed]
    if found.last_good is not None:
        facts.append(f"last good: {code(_last_good(found.last_good, now))}")
    if cause.blocked:
        named = ", ".join(code(f"{identity} ({cluster})") for cluster, identity in cause.blocked[:BLOCKED])
        others = f" and {len(cause.blocked) - BLOCKED} more" if len(cause.blocked) > BLOCKED else ""
        count = len(cause.blocked)
        facts.append(f"{count} {'object waits' if count == 1 else 'objects wait'} behind it: {named}{others}")
    facts += [f"elsewhere: {code(_elsewhere(other))}" for other in found.elsewhere]
    facts += [f"not the cause: {code(clear)}" for clear in found.not_the_cause]
    return "\n\n".join([*parts, "\n".join(f"- {fact}" for fact in facts)] if facts else parts)


__all__ = ["Told", "markdown_text", "text"]
