"""What the screen of changes says: its sentences, its axis of time, and the details of a change."""

from collections import Counter
from collections.abc import Sequence

from fluxtui.insight.authors import Edit
from fluxtui.insight.changes import AXIS, ChangesReport
from fluxtui.insight.grouping import Group
from fluxtui.insight.known import Known
from fluxtui.insight.occurrence import WHATS, Occurrence
from fluxtui.kinds.ages import ago, exact
from fluxtui.kinds.columns import revision
from fluxtui.kinds.status import Status
from fluxtui.screens.desk import STATUS_STYLES
from fluxtui.screens.details import named
from fluxtui.widgets.factsheet import Fact
from fluxtui.widgets.lines import span_width
from fluxtui.widgets.sparkline import sparkline
from fluxtui.widgets.table_source import Span

STYLES = {
    "failed": STATUS_STYLES[Status.FAILED],
    "blocked": STATUS_STYLES[Status.BLOCKED],
    "ready": STATUS_STYLES[Status.READY],
    "suspended": STATUS_STYLES[Status.SUSPENDED],
    "resumed": STATUS_STYLES[Status.SUSPENDED],
    "restarted": "warning",
    "drift": "warning",
    "deleted": "warning",
}
MARKS: dict[str, Span] = {"upstream": ("▲ ", "accent"), "itself": ("◆ ", "strong"), "none": ("  ", "")}
"""What stands before an object while a failure is asked about."""
AUTHORS = 4
"""Field managers that are told of an object."""
NAMED = 40
"""Members of a group that are named."""


def change_style(what: str) -> str:
    """The style of a kind of change."""
    return STYLES.get(what, "info")


def axis_spans(report: ChangesReport, at: float, width: int, now: float) -> list[Span]:
    """Changes over the span as bars, from when to when; the part that `at` falls into is marked."""
    length = max(report.end - report.start, 1)
    marked = min(AXIS - 1, int((at - report.start) / length * AXIS)) if report.start <= at <= report.end else None
    first = f" {ago(report.start, now)} ago "
    last = " now" if report.end >= now else f" {ago(report.end, now)} ago"
    peak = f" · at most {max(report.axis)} in {_part(length / AXIS)}"
    bars = sparkline(report.axis, min(AXIS, width - len(first) - len(last) - 1), marked=marked)
    spans: list[Span] = [(first, "muted"), *bars, (last, "muted")]
    return [*spans, (peak, "muted")] if span_width(spans) + len(peak) < width else spans


def _part(seconds: float) -> str:
    return f"{int(seconds)}s" if seconds < 120 else f"{int(seconds / 60)}m"


def change_facts(each: Occurrence, now: float) -> list[Fact]:
    """One change: what, when, and what proves it."""
    words = f": {each.words}" if each.words else ""
    facts = [Fact(each.what, [(WHATS[each.what], ""), (words, "strong")], 3), _when(each, now)]
    if each.by:
        facts.append(Fact("by", [*by_spans(each)[:1], (", by managedFields", "muted")], 1))
    if each.delivered:
        place = f" from {each.place}" if each.place else ""
        facts.append(Fact("brought", [(revision(each.delivered), ""), (place, "muted")], 2))
    return facts


def by_spans(each: Occurrence | None) -> list[Span]:
    """Who wrote it, which is always inferred, and looks it."""
    return [(f" {Known.INFERRED.glyph} by {each.by}", Known.INFERRED.style)] if each is not None and each.by else []


def author_facts(edits: Sequence[Edit] | None, trouble: str, now: float) -> list[Fact]:
    """Who wrote what of the object when, the latest first. None for what has not been read, `trouble` is why not."""
    if trouble:
        return [Fact("written by", [("not told: managedFields cannot be read: ", "warning"), (trouble, "")], 3)]
    if edits is None:
        return [Fact("written by", [("managedFields are being read", "muted")], 1)]
    if not edits:
        return [Fact("written by", [("not told: it has no managedFields", "muted")], 1)]
    return [
        Fact("written by" if not place else "", _edit_spans(edit, now), 2) for place, edit in enumerate(edits[:AUTHORS])
    ]


def _edit_spans(edit: Edit, now: float) -> list[Span]:
    known = Known.TOLD if edit.exact else Known.INFERRED
    noted = ", ".join(key.rpartition("/")[2] for key in edit.annotations[:2])
    what = ", ".join(filter(None, (edit.words, f"annotations {noted}" if noted else "")))
    how = "last wrote" if not edit.exact else "wrote it"
    when = f", {how} {ago(edit.at, now)} ago, {exact(edit.at)}" if edit.at else ", when is not told"
    return [(f"{known.glyph} ", known.style), (f"{edit.manager or 'somebody'} ", "strong"), (what, ""), (when, "muted")]


def _when(each: Occurrence, now: float) -> Fact:
    mark: Span = (f"{each.known.glyph} {each.known.value}", each.known.style)
    by = {Known.SEEN: " as it happened", Known.TOLD: f" by {each.field}", Known.INFERRED: f" from {each.field}"}
    return Fact("when", [(f"{ago(each.at, now)} ago, {exact(each.at)}  ", ""), mark, (by[each.known], "muted")], 2)


def group_facts(group: Group, now: float) -> list[Fact]:
    """A group: what, over which time, how it is known, and its members."""
    head = group.head
    lasted = f", over {ago(group.at, group.until)}" if group.until > group.at else ""
    facts = [Fact(group.what, [(WHATS[group.what], ""), (f": {group.words}" if group.words else "", "strong")], 2)]
    facts.append(Fact("when", [(f"{ago(group.at, now)} ago, {exact(group.at)}{lasted}", "")], 1))
    if group.push:
        facts.append(Fact("push", [(revision(group.push), "strong"), (f" from {head.place}", "muted")], 2))
    counts = Counter(each.known for each in group.members)
    told: list[Span] = [
        (f"{known.glyph} {counts[known]} {known.value}  ", known.style) for known in Known if counts[known]
    ]
    if group.inferred:
        told.append(
            (f"{Known.INFERRED.glyph} {group.inferred} belong to it by their applier, not by revision", "warning")
        )
    facts.append(Fact("known", told, 2))
    start = group.at
    for each in group.members[:NAMED]:
        later = f"+{ago(start, each.at)}" if each.at > start else ""
        spans: list[Span] = [(f"{each.known.glyph} {each.what} ", change_style(each.what)), (named(each.id), "")]
        facts.append(Fact(later, [*spans, (f" · {each.cluster}  {each.words}", "muted"), *by_spans(each)], 1))
    if len(group.members) > NAMED:
        facts.append(Fact("", [(f"and {len(group.members) - NAMED} more", "muted")], 1))
    return facts
