"""What insight looks like to other programs: one shape for JSON, YAML and whatever a screen copies or saves.

Version 1. Keys are camelCase; within a version keys are added, never renamed or removed. Times are RFC 3339 in UTC,
null where nobody told one. Statuses and phases are the words that the screens use. Every key is always there.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from msgspec import structs

from fluxtui.insight.acknowledge import OPEN, Mark
from fluxtui.insight.causes import Cause, Ref
from fluxtui.insight.evidence import Evidence, evidence
from fluxtui.insight.failures import Failure, of_row
from fluxtui.insight.standing import UNCOUNTED, Standing
from fluxtui.insight.triage import TriageReport, verdict
from fluxtui.kinds.record import split_id
from fluxtui.kinds.status import Status
from fluxtui.kinds.table import KINDS
from fluxtui.store.row import Row
from fluxtui.store.state import DataState, Phase
from fluxtui.store.store import Store

VERSION = 1


class Shape(msgspec.Struct, frozen=True, rename="camel"):
    """What all shapes have in common: camelCase keys."""


class ObjectRef(Shape, frozen=True):
    """Which object: ``namespace`` is empty for cluster-scoped kinds."""

    cluster: str
    kind: str
    namespace: str
    name: str


class GapShape(Shape, frozen=True):
    """A kind that cannot be seen in a cluster, or whose data is not current, and why."""

    kind: str
    state: str
    detail: str


class ClusterShape(Shape, frozen=True):
    """How far one cluster's data can be believed, and its objects by status."""

    name: str
    state: str
    since: str | None
    contact: str | None
    detail: str
    counts: dict[str, int]
    gaps: list[GapShape]


class TextShape(Shape, frozen=True):
    """A titled text, such as the message of a condition."""

    title: str
    text: str


class ChangeShape(Shape, frozen=True):
    """What changed before a failure, in words, and when; of ``lastGood``, the revision of then."""

    text: str
    time: str | None


class ElsewhereShape(Shape, frozen=True):
    """The same object in another cluster; ``status`` is null where that cluster does not have it or cannot tell."""

    cluster: str
    status: str | None
    revision: str
    state: str


class FailureShape(Shape, frozen=True):
    """What kind of failure a message tells (a key of `failure_rules.CLASSES`), the names in it, and where to look."""

    group: str = msgspec.field(name="class")
    words: str
    names: dict[str, str]
    look_at: str


class EvidenceShape(Shape, frozen=True):
    """Why a cause is believed to be one."""

    messages: list[TextShape]
    changed_before: list[ChangeShape]
    elsewhere: list[ElsewhereShape]
    not_the_cause: list[str]
    last_good: ChangeShape | None


class AcknowledgedShape(Shape, frozen=True):
    """Who knows of a problem, since and until when (null: until it changes), and why it is over (empty: it is not)."""

    by: str
    time: str | None
    until: str | None
    note: str
    over: str


class ProblemShape(Shape, frozen=True):
    """One root cause. ``key`` is its identity for as long as it lasts; ``what`` its kind (see `causes.Cause`)."""

    key: str
    what: str
    title: str
    status: str
    reason: str
    message: str
    since: str | None
    clusters: list[str]
    tenants: list[str]
    failing: int
    members: list[ObjectRef]
    blocked: list[ObjectRef]
    evidence: EvidenceShape
    failure: FailureShape | None
    attention: str = "open"
    """``new`` (not there at the last look), ``back`` (not any more what was acknowledged), open, acknowledged."""
    acknowledged: AcknowledgedShape | None = None


class TriageShape(Shape, frozen=True, kw_only=True):
    """A triage report. ``hidden`` counts problems that the filter or the namespace hides."""

    version: int = VERSION
    kind: str = "Triage"
    time: str
    healthy: bool
    complete: bool
    summary: str
    filter: str
    hidden: int
    failing: int
    explained: int
    settling: int
    first_failure: str | None
    counts: dict[str, int]
    problems: list[ProblemShape]
    clusters: list[ClusterShape]


class ObjectShape(Shape, frozen=True):
    """One object. ``dataState`` tells how far this can be believed; ``columns`` are those that its kind adds."""

    cluster: str
    kind: str
    namespace: str
    name: str
    status: str
    reason: str
    message: str
    since: str | None
    created: str | None
    data_state: str
    data_contact: str | None
    suspended: bool
    suspended_by: str
    revision: str
    attempted: str
    origin: str
    updated: str | None
    source: str
    url: str
    path: str
    owner: str
    interval: int
    inventory: int | None
    labels: dict[str, str]
    columns: dict[str, str]
    failure: FailureShape | None


class ListShape(Shape, frozen=True, kw_only=True):
    """A list of objects: ``shown`` of ``total`` passed the filter."""

    version: int = VERSION
    kind: str = "ObjectList"
    time: str
    complete: bool
    filter: str
    shown: int
    total: int
    items: list[ObjectShape]
    clusters: list[ClusterShape]


ShapeT = TypeVar("ShapeT", TriageShape, ListShape)


def moment(seconds: float) -> str | None:
    """A moment in epoch seconds as RFC 3339 in UTC, to the second; None for 0 and for what is no moment."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if seconds else None
    except (OverflowError, ValueError, OSError):
        return None


def counts(numbers: Sequence[int]) -> dict[str, int]:
    """Numbers by `Status` under the words of the statuses."""
    return {status.word: numbers[status] for status in Status}


def covers(standing: Standing) -> bool:
    """Whether a cluster's data is all there is: current, nothing forbidden. What is not installed is not missing."""
    return standing.phase in (Phase.FRESH, Phase.MISSING) and not standing.gaps


def wrong(row: Row) -> bool:
    """Whether an object is not as it should be: failed, blocked, or nothing is known of it."""
    return row.status in (Status.FAILED, Status.BLOCKED, Status.UNKNOWN)


def unhealthy(store: Store) -> Iterator[Row]:
    """The objects that are not as they should be, of the kinds that have a health."""
    for data in store.clusters():
        for status in (Status.FAILED, Status.BLOCKED, Status.UNKNOWN):
            for identity in data.index("status").get(status.word):
                row = data.row(identity)
                if row is not None and row.record.kind not in UNCOUNTED:
                    yield row


def timeless(shape: ShapeT) -> ShapeT:
    """The shape without the times that pass although nothing changes; equal shapes then say the same."""
    changes: dict[str, Any] = {"time": "", "clusters": [structs.replace(each, contact=None) for each in shape.clusters]}
    if isinstance(shape, ListShape):
        changes["items"] = [structs.replace(item, data_contact=None) for item in shape.items]
    return structs.replace(shape, **changes)


def triage_shape(
    store: Store,
    report: TriageReport,
    problems: Iterable[Cause] | None = None,
    filter_text: str = "",
    marks: Mapping[str, Mark] | None = None,
) -> TriageShape:
    """A report with these of its problems (by default with all of them), each with its evidence."""
    shown = report.problems if problems is None else tuple(problems)
    return TriageShape(
        time=moment(report.now) or "",
        healthy=report.healthy,
        complete=report.complete,
        summary=verdict(report),
        filter=filter_text,
        hidden=len(report.problems) - len(shown),
        failing=report.failing,
        explained=report.explained,
        settling=report.settling,
        first_failure=moment(report.first_failure),
        counts=counts(report.counts),
        problems=[problem_shape(cause, evidence(store, cause), (marks or {}).get(cause.key, OPEN)) for cause in shown],
        clusters=[cluster_shape(standing) for standing in report.clusters],
    )


def problem_shape(cause: Cause, found: Evidence, mark: Mark = OPEN) -> ProblemShape:
    """A root cause with its evidence."""
    return ProblemShape(
        key=cause.key,
        what=cause.what,
        title=cause.title,
        status=cause.status.word,
        reason=cause.reason,
        message=cause.message,
        since=moment(cause.since),
        clusters=list(cause.clusters),
        tenants=list(cause.tenants),
        failing=cause.failing,
        members=[_ref(ref) for ref in cause.members],
        blocked=[_ref(ref) for ref in cause.blocked],
        evidence=EvidenceShape(
            messages=[TextShape(title, text) for title, text in found.messages],
            changed_before=[ChangeShape(changed.text, moment(changed.at)) for changed in found.changed],
            elsewhere=[
                ElsewhereShape(
                    other.cluster,
                    other.row.status.word if other.row is not None else None,
                    other.row.record.revision if other.row is not None else "",
                    str(other.state.phase),
                )
                for other in found.elsewhere
            ],
            not_the_cause=list(found.not_the_cause),
            last_good=ChangeShape(found.last_good.text, moment(found.last_good.at)) if found.last_good else None,
        ),
        failure=failure_shape(found.failure),
        attention=mark.attention.value,
        acknowledged=acknowledged_shape(mark),
    )


def acknowledged_shape(mark: Mark) -> AcknowledgedShape | None:
    """The acknowledgement of a problem; None where there was none."""
    held = mark.acknowledged
    if held is None:
        return None
    return AcknowledgedShape(held.by, moment(held.at), moment(held.until), held.note, mark.why)


def cluster_shape(standing: Standing) -> ClusterShape:
    """One cluster."""
    return ClusterShape(
        name=standing.name,
        state=str(standing.phase),
        since=moment(standing.since),
        contact=moment(standing.contact),
        detail=standing.detail,
        counts=counts(standing.counts),
        gaps=[GapShape(gap.kind, gap.state, gap.detail) for gap in standing.gaps],
    )


def list_shape(
    rows: Iterable[tuple[Row, DataState]],
    now: float,
    clusters: Iterable[Standing],
    *,
    total: int,
    filter_text: str = "",
) -> ListShape:
    """The rows that passed a filter, each with the state of its data, of ``total`` that were looked at."""
    told = list(clusters)
    items = [object_shape(row, state) for row, state in rows]
    return ListShape(
        time=moment(now) or "",
        complete=all(map(covers, told)),
        filter=filter_text,
        shown=len(items),
        total=total,
        items=items,
        clusters=[cluster_shape(standing) for standing in told],
    )


def object_shape(row: Row, state: DataState) -> ObjectShape:
    """One object, and how far its data can be believed."""
    record = row.record
    kind = KINDS.get(record.kind)
    pairs = (line.partition("=") for line in record.labels.split("\n") if line)
    return ObjectShape(
        cluster=row.cluster,
        kind=record.kind,
        namespace=record.namespace,
        name=record.name,
        status=row.status.word,
        reason=row.reason,
        message=row.message,
        since=moment(row.since),
        created=moment(record.created),
        data_state=str(state.phase),
        data_contact=moment(state.contact),
        suspended=record.suspended,
        suspended_by=record.suspended_by,
        revision=record.revision,
        attempted=record.attempted,
        origin=record.origin,
        updated=moment(record.updated),
        source=record.source,
        url=record.url,
        path=record.path,
        owner=record.owner,
        interval=record.interval,
        inventory=record.inventory_size if record.inventory_size >= 0 else None,
        labels={name: value for name, _, value in pairs},
        columns={column.id: column.text(record) for column in kind.columns} if kind is not None else {},
        failure=failure_shape(of_row(row)),
    )


def failure_shape(failure: Failure | None) -> FailureShape | None:
    """What kind of failure it is; None where the words are not known."""
    if failure is None:
        return None
    return FailureShape(failure.group, failure.words, dict(failure.names), failure.look)


def _ref(ref: Ref) -> ObjectRef:
    return ObjectRef(ref[0], *split_id(ref[1]))
