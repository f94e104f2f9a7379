"""Overview: what is so, since when, where it comes from, and what matters for an object of this kind."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual.app import ComposeResult

from fluxtui.insight.about import about
from fluxtui.insight.about.told import Told, Weight
from fluxtui.insight.blast import Tenants
from fluxtui.insight.conditions import ConditionAt, Tone, timeline
from fluxtui.insight.delivered import delivered_by
from fluxtui.insight.failures import of_row
from fluxtui.insight.graph import Graph
from fluxtui.insight.in_git import InGit, content, manifest
from fluxtui.insight.next_run import next_run, requested
from fluxtui.insight.wiring import TELLING, known, wires
from fluxtui.kinds.ages import age, ago, exact
from fluxtui.kinds.columns import revision
from fluxtui.kinds.printed import PrintedRecord
from fluxtui.kinds.record import Record
from fluxtui.kinds.served import bare
from fluxtui.kinds.status import NO_DATA_GLYPH, Status
from fluxtui.screens.denying import policy_lines
from fluxtui.screens.desk import STATUS_STYLES
from fluxtui.screens.details import class_spans, named, status_spans
from fluxtui.screens.installation import installation_facts
from fluxtui.screens.kinds_facts import PROOFS, inventory_words
from fluxtui.screens.page.tab import PageTab, Subject
from fluxtui.store.row import Row
from fluxtui.widgets.keyhints import KeyHint
from fluxtui.widgets.notice import Notice
from fluxtui.widgets.sheet import Line, Sheet, heading
from fluxtui.widgets.table_source import Span

TONES = {
    Tone.GOOD: ("●", "status-ready"),
    Tone.BAD: ("✖", "status-failed"),
    Tone.WAITING: ("◐", "status-progressing"),
    Tone.NEUTRAL: ("·", "muted"),
}
"""Glyph and style of what a condition says."""
USERS = 6
"""Objects that use this one that are named here; the tab Why has all."""
WEIGHTS = {
    Weight.PLAIN: "",
    Weight.QUIET: "muted",
    Weight.GOOD: "success",
    Weight.WARNING: "warning",
    Weight.BAD: "error",
}


class OverviewTab(PageTab):
    """A sheet of facts; enter on a name opens that object."""

    name_of_tab: ClassVar[str] = "overview"

    def compose(self) -> ComposeResult:
        """The sheet, or a word where there is nothing to tell."""
        yield Sheet(id="overview")
        yield Notice()

    @property
    def rest(self) -> Sheet:
        """The sheet."""
        return self.query_one(Sheet)

    def update(self) -> None:
        """Everything anew: only what differs is painted."""
        subject = self.subject
        row = subject.row
        if row is None and not subject.value:
            tone, headline, told = self.why_not() or ("empty", "", ())
            self.say(content=self.rest, tone=tone, headline=headline, lines=told)
            return
        self.rest.show(overview_lines(subject, row))
        self.say(content=self.rest)

    def search(self, text: str) -> str:
        """To the next line that holds the text."""
        return "" if not text or self.rest.search(text) else f"{text!r} is not in the overview"

    def hints(self) -> Sequence[KeyHint]:
        """What enter does."""
        return (KeyHint("⏎", "open the name", 50, "enter"), KeyHint("/", "search", 30))


def overview_lines(subject: Subject, row: Row | None) -> list[Line]:
    """The sheet: what is so, how it came to be, what matters for the kind, where it stands."""
    lines: list[Line] = []
    if row is not None:
        lines += [*_header(subject, row)]
    if subject.trouble:
        known = "the object cannot be read: " if not subject.value else "shown as it was before: "
        lines.append(Line("object", [(known, "warning"), (" ".join(subject.trouble.split()), "")]))
    elif not subject.value:
        lines.append(Line("object", [("on its way", "muted")]))
    particular = [_told(subject, each) for each in about(subject.value)]
    if row is not None:
        installed = [Line(fact.label, fact.spans) for fact in installation_facts(row.record, subject.now)]
        particular = [*installed, *particular]
    if conditions := timeline(subject.value):
        lines += [*heading("Conditions", ("  the latest first", "muted")), *_conditions(conditions, subject.now)]
    if particular:
        lines += [*heading(bare(subject.kind)), *particular]
    if row is not None:
        lines += [*heading("Where it stands"), *_relations(subject, row.record)]
    return lines


def _header(subject: Subject, row: Row) -> Iterator[Line]:
    record, now = row.record, subject.now
    yield Line("status", status_spans(row, now))
    if row.message:
        style = "" if row.status is not Status.READY else "muted"
        yield Line("message", [(" ".join(row.message.split()), style)])
    failure = of_row(row)
    if failure is not None:
        yield Line("class", class_spans(failure))
        yield Line("look at", [(failure.look, "")])
    yield from policy_lines(subject.desk, row)
    if record.suspended:
        yield Line("suspended", [(record.suspended_by or "by whom is not recorded", "status-suspended")])
    yield from _outcome(record, now)
    yield from _revisions(record, now)
    after = next_run(record, subject.value, now)
    if after is not None:
        yield Line("next run", _next(after.at, after.words, now, late=after.late))
    asked, handled = requested(subject.value)
    if asked:
        told = "handled" if handled else "not handled yet"
        yield Line("requested", [(asked, ""), (f"  {told}", "muted" if handled else "warning")])
    if record.flaw:
        yield Line("unreadable", [(record.flaw, "warning")])
    yield from _belief(subject, row)


def _next(at: int, words: str, now: float, *, late: bool) -> list[Span]:
    if not at:
        return [(words, "")]
    if late:
        return [(f"overdue since {age(now - at)}", "warning"), (f"  {exact(at)}, {words}", "muted")]
    told = f"in {age(at - now)}" if at > now else "any moment"
    return [(told, "strong"), (f"  {exact(at)}, {words}", "muted")]


def _outcome(record: Record, now: float) -> Iterator[Line]:
    if record.outcome:
        tries = f", {record.tries:,} times" if record.tries > 1 else ""
        since = f" since {ago(record.outcome_since, now)}" if record.outcome_since else ""
        yield Line("last outcome", [(record.outcome, ""), (f"{since}{tries}", "muted")])


def _revisions(record: Record, now: float) -> Iterator[Line]:
    if record.revision:
        when = f"  since {ago(record.updated, now)}" if record.updated else ""
        yield Line("revision", [(revision(record.revision), ""), (when, "muted")])
    if record.attempted and record.attempted != record.revision:
        yield Line("attempted", [(revision(record.attempted), "warning")])
    if record.good_revision and record.good_revision != record.revision:
        when = f"  {ago(record.good_at, now)} ago"
        yield Line("last good", [(revision(record.good_revision), ""), (when, "muted")])
    if record.origin:
        yield Line("commit", [(revision(record.origin), "")])


def _belief(subject: Subject, row: Row) -> Iterator[Line]:
    if isinstance(row.record, PrintedRecord):  # not watched: it is as it was fetched
        return
    state = subject.desk.store.table(row.cluster, row.record.kind).state
    if not state.trusted:
        last = ago(state.contact, subject.now)
        told = f"{state.phase}, last word {f'{last} ago' if last else 'never'}: {state.detail}"
        yield Line("data", [(f"{NO_DATA_GLYPH} {told}", "status-nodata")])


def _conditions(conditions: Sequence[ConditionAt], now: float) -> Iterator[Line]:
    for each in conditions:
        glyph, style = TONES[each.tone]
        when = ago(each.at, now)
        spans: list[Span] = [
            (f"{glyph} ", style),
            (f"{each.type}={each.status} ", "strong"),
            (each.reason, style if each.tone is Tone.BAD else ""),
        ]
        if each.message:
            spans.append((f"  {' '.join(each.message.split())}", "muted"))
        yield Line(f"{when:>4} ago" if when else "not dated", spans, hang=2)


def _told(subject: Subject, each: Told) -> Line:
    style = WEIGHTS[each.weight]
    if not each.target:
        return Line(each.label, [(each.words, style)])
    return Line(each.label, linked(subject, each.target, each.words), key=each.target)


def _in_git(subject: Subject, record: Record) -> Iterator[Line]:
    """Where one edits it, for editing goes through Git: what it applies, and the object itself."""
    data = subject.data
    if data is None:
        return
    applied = content(data, record)
    if applied is not None:
        yield Line("edit content", git_spans(applied))
    owner = delivered_by(data, record).owner if isinstance(record, PrintedRecord) else ""
    itself = manifest(data, record, owner)
    if itself is not None:
        yield Line("edit it" if applied is None else "edit itself", git_spans(itself))


def git_spans(place: InGit) -> list[Span]:
    """``git https://… path ./apps at main@sha1:…``; what is not known is said."""
    if place.lost:
        return [("not known: ", "muted"), (place.lost, "warning")]
    if place.repository:
        spans: list[Span] = [("git ", "muted"), (place.repository, "strong")]
    else:
        spans = [("the repository is not told; from ", "muted"), (place.artifact, "")]
    inside = " in the artifact" if place.built or not place.repository else ""
    spans += [("  path ", "muted"), (place.path, ""), (inside, "muted")]
    if place.revision:
        spans += [("  at ", "muted"), (place.short, "")]
    if len(place.through) > 1:
        spans.append((f"  through {', '.join(map(named, place.through))}", "muted"))
    return spans


def _wiring(subject: Subject, record: Record) -> Iterator[Line]:
    """Who uses it, who is told of its events, and who may wake it."""
    data = subject.data
    if data is None:
        return
    users = list(dict.fromkeys(edge.source for edge in Graph(data).dependents(record.id) if edge.kind != "needs"))
    for identity in users[:USERS]:
        yield Line("used by", linked(subject, identity), key=identity)
    if len(users) > USERS:
        yield Line("used by", [(f"and {len(users) - USERS:,} more", "muted")])
    alerts = wires(data, record, "Alert")
    for each in alerts:
        told = [
            *linked(subject, each.row.record.id),
            ("  errors only" if each.errors_only else "  everything", "muted"),
        ]
        if each.provider:
            told += [("  through ", "muted"), *linked(subject, each.provider)]
        if each.silent:
            told.append(("  suspended: tells nobody", "warning"))
        yield Line("told by", told, key=each.row.record.id)
    if not alerts and record.kind in TELLING and known(data):
        yield Line("told by", [("nobody: no Alert means it", "muted")])
    for each in wires(data, record, "Receiver"):
        silent = "  suspended" if each.silent else ""
        yield Line("woken by", [*linked(subject, each.row.record.id), (silent, "warning")], key=each.row.record.id)


def linked(subject: Subject, identity: str, words: str = "") -> list[Span]:
    """The name of an object, with its status where that is known."""
    row = subject.desk.store.row(subject.cluster, identity)
    name: Span = (words or named(identity), "link" if row is not None else "")
    return [(f"{row.status.glyph} ", STATUS_STYLES[row.status]), name] if row is not None else [name]


def _relations(subject: Subject, record: Record) -> Iterator[Line]:
    yield Line("cluster", [(subject.cluster, "strong")])
    if record.namespace and subject.data is not None:
        tenant, labelled = Tenants(subject.data).of(record.namespace)
        told = "" if labelled else "  by its namespace: no label makes it a tenant's"
        yield Line("tenant", [(tenant, ""), (told, "muted")])
    if record.source:
        yield Line("source", linked(subject, record.source), key=record.source)
    if isinstance(record, PrintedRecord):
        found = delivered_by(subject.data, record)
        told = f"  {PROOFS[found.proof]}" if found.owner else "no Flux object that is known"
        name = linked(subject, found.owner) if found.owner else []
        yield Line("delivered by", [*name, (told, "muted")], key=found.owner or None)
        if record.made_by:
            yield Line("made by", [(inventory_words(record.made_by), "")])
    elif record.owner:
        yield Line("applied by", linked(subject, record.owner), key=record.owner)
    yield from _in_git(subject, record)
    for need in record.needs:
        meaning = {"exists": "  must exist", "ready": "  must be ready", "expression": f"  when {need.expression}"}
        yield Line("depends on", [*linked(subject, need.target), (meaning[need.meaning], "muted")], key=need.target)
    for target in record.inputs:
        yield Line("reads", linked(subject, target), key=target)
    yield from _wiring(subject, record)
    if record.inventory_size >= 0:
        yield Line("inventory", [(f"{record.inventory_size} objects", ""), ("  m shows them", "muted")])
    yield Line("created", [(f"{ago(record.created, subject.now)} ago", ""), (f"  {exact(record.created)}", "muted")])
