"""What the ledger looks like to other programs: the same rules as `export` (version 1, camelCase, keys only added)."""

from collections.abc import Sequence
from typing import Any

import msgspec

from fluxtui.insight.export import (
    VERSION,
    ClusterShape,
    ObjectRef,
    Shape,
    cluster_shape,
    covers,
    moment,
)
from fluxtui.insight.ledger import Entry, LedgerReport, verdict
from fluxtui.kinds.record import split_id


class WriterShape(Shape, frozen=True):
    """Who wrote the switch, by managedFields; ``manager`` is the field manager. It wrote it then, or else, where it is
    not ``exact``, then or earlier.
    """

    manager: str
    time: str | None
    exact: bool


class PendingShape(Shape, frozen=True):
    """What waits for it."""

    text: str
    since: str | None


class EntryShape(Shape, frozen=True):
    """One object at rest. ``known`` is how ``since`` is: seen, told or inferred; ``bound`` what its age then is: that
    at most (≤) or that at least (≥).
    """

    cluster: str
    kind: str
    namespace: str
    name: str
    how: str
    switch: str
    who: str
    why: str
    written_by: WriterShape | None
    since: str | None
    known: str
    hides: list[ObjectRef]
    pending: PendingShape | None
    bound: str


class LedgerShape(Shape, frozen=True, kw_only=True):
    """The ledger: ``shown`` of ``total`` entries passed the filter."""

    version: int = VERSION
    kind: str = "Suspended"
    time: str
    complete: bool
    summary: str
    filter: str
    shown: int
    total: int
    items: list[EntryShape]
    clusters: list[ClusterShape]


def ledger_shape(report: LedgerReport, shown: Sequence[Entry], filter_text: str = "") -> LedgerShape:
    """A ledger with those of its entries that are shown."""
    return LedgerShape(
        time=moment(report.now) or "",
        complete=all(map(covers, report.clusters)),
        summary=verdict(report),
        filter=filter_text,
        shown=len(shown),
        total=len(report.entries),
        items=[entry_shape(entry) for entry in shown],
        clusters=[cluster_shape(standing) for standing in report.clusters],
    )


def entry_shape(entry: Entry) -> EntryShape:
    """One entry."""
    record, writer, pending = entry.row.record, entry.writer, entry.pending
    return EntryShape(
        cluster=entry.row.cluster,
        kind=record.kind,
        namespace=record.namespace,
        name=record.name,
        how=entry.how,
        switch=entry.switch,
        who=entry.who,
        why=entry.why,
        written_by=WriterShape(writer.manager, moment(writer.at), writer.exact) if writer is not None else None,
        since=moment(entry.since),
        known=entry.known.value,
        hides=[ObjectRef(entry.row.cluster, *split_id(identity)) for identity in entry.hides],
        pending=PendingShape(pending.words, moment(pending.since)) if pending is not None else None,
        bound=entry.bound,
    )


def timeless(shape: LedgerShape) -> Any:
    """The shape without the times that pass although nothing changes."""
    clusters = [msgspec.structs.replace(each, contact=None) for each in shape.clusters]
    return msgspec.structs.replace(shape, time="", clusters=clusters)
