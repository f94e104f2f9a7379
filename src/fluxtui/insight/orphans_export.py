"""What orphans look like to other programs: the same rules as `export` (version 1, camelCase, keys only added)."""

from collections.abc import Sequence
from typing import Any

import msgspec

from fluxtui.insight.export import VERSION, Shape, moment
from fluxtui.insight.orphans import Orphan, OrphanReport, verdict
from fluxtui.kinds.record import Record
from fluxtui.kinds.status import Status
from fluxtui.store.row import Row


class OrphanShape(Shape, frozen=True):
    """One object that Flux does not manage. ``confidence`` is high, medium or low; ``managers`` write it, last first;
    ``objects`` is how many more it made itself.
    """

    cluster: str
    group: str
    kind: str
    namespace: str
    name: str
    origin: str
    confidence: str
    who: str
    when: str | None
    created: str | None
    why: str
    prune_disabled: bool
    managers: list[str]
    objects: int


class NamespaceShape(Shape, frozen=True):
    """What was looked at in one cluster. ``helmReleases`` are those that Helm keeps there, with their Secrets."""

    cluster: str
    kinds: int
    objects: int
    managed: int
    made_by_others: int
    orphans: int
    helm_releases: dict[str, int]


class OrphansShape(Shape, frozen=True, kw_only=True):
    """Orphans of one namespace: ``shown`` of ``total`` passed the filter."""

    version: int = VERSION
    kind: str = "Orphans"
    time: str
    complete: bool
    summary: str
    namespace: str
    filter: str
    shown: int
    total: int
    items: list[OrphanShape]
    clusters: list[NamespaceShape]
    unseen: list[str]


def orphans_shape(
    reports: Sequence[OrphanReport],
    shown: Sequence[Orphan],
    now: float,
    namespace: str,
    filter_text: str,
    unseen: Sequence[str],
    *,
    complete: bool,
) -> OrphansShape:
    """What was found, with those of its orphans that are shown."""
    return OrphansShape(
        time=moment(now) or "",
        complete=complete,
        summary=verdict(reports),
        namespace=namespace,
        filter=filter_text,
        shown=len(shown),
        total=sum(len(report.orphans) for report in reports),
        items=[_orphan(each) for each in shown],
        clusters=[_namespace(report) for report in reports],
        unseen=list(unseen),
    )


def _orphan(each: Orphan) -> OrphanShape:
    found = each.found
    return OrphanShape(
        cluster=each.cluster,
        group=found.group,
        kind=found.kind,
        namespace=found.namespace,
        name=found.name,
        origin=each.origin.value,
        confidence=each.sureness.word,
        who=each.who,
        when=moment(each.when),
        created=moment(found.created),
        why=each.why,
        prune_disabled=each.kept,
        managers=[manager for manager, _ in found.managers],
        objects=each.with_it,
    )


def _namespace(report: OrphanReport) -> NamespaceShape:
    return NamespaceShape(
        cluster=report.cluster,
        kinds=report.kinds,
        objects=report.looked,
        managed=report.managed,
        made_by_others=report.followers,
        orphans=len(report.orphans),
        helm_releases=dict(report.storage),
    )


def row_of(each: Orphan) -> Row:
    """An orphan as filters judge it: its status is not known, its reason is where it comes from."""
    found = each.found
    record = Record(
        kind=found.kind,
        id=found.identity,
        namespace=found.namespace,
        name=found.name,
        created=found.created,
        labels="\n".join(f"{key}={value}" for key, value in found.labels.items()),
    )
    return Row(each.cluster, record, Status.UNKNOWN, each.origin.value, f"{each.who}: {each.why}", each.when)


def timeless(shape: OrphansShape) -> Any:
    """The shape without the time of the answer."""
    return msgspec.structs.replace(shape, time="")
