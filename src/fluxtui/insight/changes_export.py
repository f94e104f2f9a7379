"""What changes look like to other programs: the same rules as `export` (version 1, camelCase, keys are only added)."""

from collections.abc import Sequence
from typing import Any

import msgspec

from fluxtui.insight.changes import ChangesReport
from fluxtui.insight.export import VERSION, ClusterShape, ObjectRef, Shape, cluster_shape, covers, moment
from fluxtui.insight.grouping import Group
from fluxtui.insight.occurrence import Occurrence
from fluxtui.kinds.record import split_id


class OccurrenceShape(Shape, frozen=True):
    """One change of one object. ``known`` is seen, told or inferred, ``by`` which field or Event tells it;
    ``writer`` is the field manager that wrote it by managedFields, which is inferred.
    """

    time: str | None
    object: ObjectRef
    what: str
    text: str
    known: str
    by: str
    revision: str
    source: str
    upstream: int | None
    writer: str


class GroupShape(Shape, frozen=True):
    """Changes that are one event; ``revision`` is what a push brought. ``inferred`` of them are in it by their applier.

    ``upstream`` is how far upstream of the asked object it is, 0 for that object itself, null for neither.
    """

    what: str
    title: str
    text: str
    time: str | None
    until: str | None
    known: str
    revision: str
    clusters: list[str]
    inferred: int
    upstream: int | None
    changes: list[OccurrenceShape]


class ChangesShape(Shape, frozen=True, kw_only=True):
    """What changed from ``start`` to ``end``, newest first; ``hidden`` groups did not pass the filter."""

    version: int = VERSION
    kind: str = "Changes"
    time: str
    start: str | None
    end: str | None
    complete: bool
    summary: str
    filter: str
    before: ObjectRef | None
    hidden: int
    total: int
    left_out: int
    groups: list[GroupShape]
    clusters: list[ClusterShape]


def changes_shape(report: ChangesReport, shown: Sequence[Group], summary: str, filter_text: str = "") -> ChangesShape:
    """A report with those of its groups that are shown."""
    return ChangesShape(
        time=moment(report.now) or "",
        start=moment(report.start),
        end=moment(report.end),
        complete=all(map(covers, report.clusters)),
        summary=summary,
        filter=filter_text,
        before=ObjectRef(report.about[0], *split_id(report.about[1])) if report.about is not None else None,
        hidden=len(report.groups) - len(shown),
        total=report.total,
        left_out=report.left_out,
        groups=[_group(report, group) for group in shown],
        clusters=[cluster_shape(standing) for standing in report.clusters],
    )


def _group(report: ChangesReport, group: Group) -> GroupShape:
    return GroupShape(
        what=group.what,
        title=group.title,
        text=group.words,
        time=moment(group.at),
        until=moment(group.until),
        known=group.known.value,
        revision=group.push,
        clusters=list(group.clusters),
        inferred=group.inferred,
        upstream=report.distance(group),
        changes=[_occurrence(report, each) for each in group.members],
    )


def _occurrence(report: ChangesReport, each: Occurrence) -> OccurrenceShape:
    return OccurrenceShape(
        time=moment(each.at),
        object=ObjectRef(each.cluster, *split_id(each.id)),
        what=each.what,
        text=each.words,
        known=each.known.value,
        by=each.field,
        revision=each.delivered,
        source=each.place,
        upstream=report.upstream.get(each.ref),
        writer=each.by,
    )


def timeless(shape: ChangesShape) -> Any:
    """The shape without what passes although nothing changes."""
    clusters = [msgspec.structs.replace(each, contact=None) for each in shape.clusters]
    return msgspec.structs.replace(shape, time="", start=None, end=None, summary="", clusters=clusters)
