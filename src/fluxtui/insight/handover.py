"""The handover: what somebody on call found, as it was when it was noted.

A finding keeps its evidence: minutes later the cluster may say something else, and hours later nobody can ask it. Pure:
what is captured comes from the store, and `now` is an argument.
"""

from collections.abc import Generator, Iterable

import msgspec

from fluxtui.insight.causes import Cause, Ref
from fluxtui.insight.evidence import Elsewhere, Evidence, evidence
from fluxtui.insight.failures import of_row
from fluxtui.insight.roots import named
from fluxtui.insight.standing import Standing
from fluxtui.insight.triage import TriageReport, verdict
from fluxtui.insight.why import why
from fluxtui.kinds.columns import revision
from fluxtui.kinds.status import Status
from fluxtui.store.row import Row
from fluxtui.store.state import Phase
from fluxtui.store.store import Store

VERSION = 1
NEAREST = 12
"""Objects of a blast radius that are named."""
MESSAGE_LIMIT = 8000
"""Characters of a message that are kept."""
MOST_MEMBERS = 50
"""Objects of a problem that are named."""


class Moment(msgspec.Struct, frozen=True):
    """Something that happened: when (epoch seconds), what, and which field says so."""

    at: float
    text: str
    told_by: str = ""


class Revisions(msgspec.Struct, frozen=True):
    """What the object is at, whole: applied, tried and last good; what its source offers; the commit; where it lies."""

    applied: str = ""
    attempted: str = ""
    good: str = ""
    good_at: int = 0
    source: str = ""
    """The id of the source."""
    offered: str = ""
    commit: str = ""
    url: str = ""
    path: str = ""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing worth handing over. `number` is its own within the handover; `at` when it was noted (epoch seconds).

    `cause` is whether it is a root cause; else `behind` names those that it waits behind. `waiting` objects wait behind
    it (or would stop, `supposed`), of which `nearest` are named. `data` says how old its data was, if it was not
    current.
    """

    number: int
    at: float
    cluster: str
    object: str
    title: str
    cause: bool
    key: str
    status: str
    reason: str = ""
    message: str = ""
    since: int = 0
    tries: int = 0
    suspended_by: str = ""
    note: str = ""
    clusters: tuple[str, ...] = ()
    members: tuple[Ref, ...] = ()
    tenants: tuple[str, ...] = ()
    waiting: int = 0
    supposed: bool = False
    nearest: tuple[Ref, ...] = ()
    behind: tuple[str, ...] = ()
    kind_of_failure: str = ""
    look_at: str = ""
    changed: tuple[Moment, ...] = ()
    elsewhere: tuple[str, ...] = ()
    cleared: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    revisions: Revisions = Revisions()
    commands: tuple[str, ...] = ()
    data: str = ""

    @property
    def impact(self) -> tuple[bool, int]:
        """What puts it above others: root causes that broke first, then by what waits behind."""
        return self.cause and self.status != Status.SUSPENDED.word, self.waiting + len(self.members)


class Question(msgspec.Struct, frozen=True):
    """Something that is not known yet."""

    at: float
    text: str


class Visit(msgspec.Struct, frozen=True):
    """A page that was opened: how often, and first and last when (epoch seconds)."""

    cluster: str
    object: str
    first: float
    last: float
    times: int = 1


class Seen(msgspec.Struct, frozen=True):
    """How far one cluster could be seen: its phase and since when, why, objects known and failing, kinds not seen."""

    cluster: str
    phase: str
    since: float
    contact: float
    detail: str
    objects: int
    failing: int
    gaps: tuple[tuple[str, str, str], ...] = ()
    """(kind, phase, why)"""

    @property
    def whole(self) -> bool:
        """Whether all of it was seen."""
        return self.phase in (Phase.FRESH, Phase.MISSING) and not self.gaps


class Picture(msgspec.Struct, frozen=True):
    """The fleet as Triage told it at a moment."""

    at: float = 0.0
    verdict: str = ""
    clusters: tuple[Seen, ...] = ()


class Handover(msgspec.Struct, frozen=True, kw_only=True):
    """The document. Findings stand in the order in which they are told."""

    version: int = VERSION
    begun: float = 0.0
    who: str = ""
    findings: tuple[Finding, ...] = ()
    questions: tuple[Question, ...] = ()
    visits: tuple[Visit, ...] = ()
    picture: Picture = Picture()

    def find(self, number: int) -> Finding | None:
        """The finding of a number."""
        return next((finding for finding in self.findings if finding.number == number), None)


# --- capturing


def picture(report: TriageReport) -> Picture:
    """The fleet as a report tells it."""
    return Picture(report.now, verdict(report), tuple(map(_seen, report.clusters)))


def _seen(standing: Standing) -> Seen:
    gaps = tuple((gap.kind, gap.state, gap.detail) for gap in standing.gaps)
    told = standing.detail, standing.total, standing.failing
    return Seen(standing.name, str(standing.phase), standing.since, standing.contact, *told, gaps)


def capture_cause(store: Store, cause: Cause, now: float) -> Finding:
    """A root cause with its evidence of now. Its number is 0 until it is added."""
    found = evidence(store, cause)
    return msgspec.structs.replace(
        _object(store, found, now),
        title=cause.title,
        cause=True,
        key=cause.key,
        status=cause.status.word if cause.status is not Status.READY else f"ready, but {cause.what}",
        reason=cause.reason,
        message=cause.message[:MESSAGE_LIMIT],
        since=cause.since,
        clusters=cause.clusters,
        members=cause.members[:MOST_MEMBERS],
        tenants=cause.tenants,
        waiting=len(cause.blocked),
        nearest=cause.blocked[:NEAREST],
    )


def capture_object(store: Store, ref: Ref, problems: Iterable[Cause], now: float) -> Generator[None, None, Finding]:
    """Any object: the root cause that it is part of, else itself with what it waits behind. Yields between slices."""
    for cause in problems:
        if ref in cause.members:
            return capture_cause(store, cause, now)
    cluster, identity = ref
    row = store.row(*ref)
    answer = yield from why(store, cluster, identity, now)
    alone = Cause(
        what="object",
        key=f"object {cluster} {identity}",
        title=named(identity),
        status=row.status if row is not None else Status.UNKNOWN,
        reason=row.reason if row is not None else "",
        message=row.message if row is not None else "it was not held any more when it was noted",
        since=row.since if row is not None else 0,
        members=(ref,),
    )
    finding = _object(store, evidence(store, alone), now)
    roots = tuple(root for root in answer.roots if root != identity)
    return msgspec.structs.replace(
        finding,
        key=alone.key,
        title=alone.title,
        status=alone.status.word,
        reason=alone.reason,
        message=alone.message[:MESSAGE_LIMIT],
        since=alone.since,
        clusters=(cluster,),
        members=(ref,),
        tenants=answer.tenants,
        waiting=answer.count,
        supposed=answer.supposed,
        nearest=tuple((cluster, each.id) for each in answer.behind[:NEAREST]),
        behind=tuple(named(root) for root in roots),
        kind_of_failure=finding.kind_of_failure or _class(row),
    )


def _class(row: Row | None) -> str:
    failure = of_row(row) if row is not None and row.status is Status.FAILED else None
    return f"{failure.group}: {failure.words}" if failure is not None else ""


def _object(store: Store, found: Evidence, now: float) -> Finding:
    """What the evidence says of the first object, whichever problem it is part of."""
    row, failure = found.row, found.failure
    cluster, identity = found.ref
    return Finding(
        number=0,
        at=now,
        cluster=cluster,
        object=identity,
        title="",
        cause=False,
        key="",
        status="",
        tries=row.record.tries if row is not None and row.status is Status.FAILED else 0,
        suspended_by=row.record.suspended_by if row is not None and row.record.suspended else "",
        kind_of_failure=f"{failure.group}: {failure.words}" if failure is not None else "",
        look_at=failure.look if failure is not None else "",
        changed=tuple(Moment(change.at, change.text) for change in found.changed),
        elsewhere=tuple(map(_elsewhere, found.elsewhere)),
        cleared=found.not_the_cause,
        conditions=tuple(text for title, text in found.messages[1:] if title == "condition"),
        revisions=_revisions(store, cluster, row) if row is not None else Revisions(),
        data="" if found.state.trusted else f"{found.state.phase}: {found.state.detail}".rstrip(": "),
    )


def _elsewhere(other: Elsewhere) -> str:
    if other.row is None:
        return f"{other.cluster}: {other.state.phase}"
    at = revision(other.row.record.revision)
    doubt = "" if other.state.trusted else f" ({other.state.phase})"
    return f"{other.cluster}: {other.row.status.word}{f' at {at}' if at else ''}{doubt}"


def _revisions(store: Store, cluster: str, row: Row) -> Revisions:
    record = row.record
    source = store.row(cluster, record.source) if record.source else None
    return Revisions(
        applied=record.revision,
        attempted=record.attempted if record.attempted != record.revision else "",
        good=record.good_revision if row.status is Status.FAILED else "",
        good_at=record.good_at if row.status is Status.FAILED else 0,
        source=record.source,
        offered=source.record.revision if source is not None else "",
        commit=(source.record.origin if source is not None else "") or record.origin,
        url=(source.record.url if source is not None else "") or record.url,
        path=record.path,
    )


# --- changing


def added(document: Handover, finding: Finding) -> Handover:
    """With one more finding, above the first that matters less. One that is there already is brought up to date: its
    number, its place and its note stay, unless there is a new note.
    """
    for place, held in enumerate(document.findings):
        if held.key == finding.key:
            note = finding.note or held.note
            renewed = msgspec.structs.replace(finding, number=held.number, note=note)
            findings = (*document.findings[:place], renewed, *document.findings[place + 1 :])
            return msgspec.structs.replace(document, findings=findings)
    number = max((held.number for held in document.findings), default=0) + 1
    numbered = msgspec.structs.replace(finding, number=number)
    place = next(
        (at for at, held in enumerate(document.findings) if held.impact < finding.impact), len(document.findings)
    )
    findings = (*document.findings[:place], numbered, *document.findings[place:])
    return msgspec.structs.replace(document, findings=findings)


def moved(document: Handover, number: int, step: int) -> Handover:
    """With a finding one place further up (-1) or down (1)."""
    findings = list(document.findings)
    at = next((place for place, held in enumerate(findings) if held.number == number), None)
    if at is None or not 0 <= at + step < len(findings):
        return document
    findings.insert(at + step, findings.pop(at))
    return msgspec.structs.replace(document, findings=tuple(findings))


def without(document: Handover, number: int) -> Handover:
    """Without a finding."""
    return msgspec.structs.replace(
        document, findings=tuple(held for held in document.findings if held.number != number)
    )


def noted(document: Handover, number: int, note: str) -> Handover:
    """With another note on a finding."""
    changed = (
        msgspec.structs.replace(held, note=note) if held.number == number else held for held in document.findings
    )
    return msgspec.structs.replace(document, findings=tuple(changed))


def visited(visits: Iterable[Visit], ref: Ref, now: float, most: int) -> tuple[Visit, ...]:
    """With one more visit of a page; the pages that were not seen for longest go first when there are too many."""
    found = {(visit.cluster, visit.object): visit for visit in visits}
    before = found.pop(ref, None)
    first, times = (before.first, before.times + 1) if before is not None else (now, 1)
    found[ref] = Visit(ref[0], ref[1], first, now, times)
    return tuple(found.values())[-most:]


def merged(one: Iterable[Visit], other: Iterable[Visit]) -> tuple[Visit, ...]:
    """The visits of both, of which those that are in both are the later ones of `other`."""
    found = {(visit.cluster, visit.object): visit for visit in one}
    for visit in other:
        found.pop((visit.cluster, visit.object), None)
        found[visit.cluster, visit.object] = visit
    return tuple(found.values())
