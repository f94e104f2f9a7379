"""The ledger of what is at rest: everything suspended, disabled by annotation, or left alone by its applier.

For each: who and why, as far as annotations say; since when, as far as anything says; what it hides (everything that
gets nothing new until it is resumed); and what waits for it (a revision that its source has by now).

No field of its own records when an object was suspended: it was after its last run. What we watched ourselves is
exact. managedFields tell who wrote the field, and when at the latest (`insight.authors`); they are read of whole
objects alone, by whoever asks for a report. Only kinds that are watched are in the ledger.
"""

from collections.abc import Generator, Iterable, Mapping

import msgspec

from fluxtui.insight.authors import APPLIERS, Edit, Edits
from fluxtui.insight.blast import NOT_COUNTED, Blast
from fluxtui.insight.causes import Ref
from fluxtui.insight.graph import Graph
from fluxtui.insight.known import Known
from fluxtui.insight.roots import named
from fluxtui.insight.silent import same_revision
from fluxtui.insight.standing import Standing, standing
from fluxtui.kinds.columns import revision
from fluxtui.kinds.flatten import DISABLED_BY_ANNOTATION
from fluxtui.kinds.status import Status
from fluxtui.store.row import Row
from fluxtui.store.store import ClusterData, Store

STRIDE = 1000
"""Rows between two yields."""
SUSPEND = "spec.suspend"
SWITCHES = ("fluxcd.controlplane.io/reconcile", "source.extensions.fluxcd.io/reconcile")
"""The annotations that disable operator kinds and generators."""
ALONE = (
    "kustomize.toolkit.fluxcd.io/reconcile",
    "kustomize.toolkit.fluxcd.io/ssa",
    "helm.toolkit.fluxcd.io/driftDetection",
)
"""The annotations that keep an applier away from what it would apply."""


class Pending(msgspec.Struct, frozen=True):
    """What a suspended object would get when it is resumed, in words, and since when that has been waiting."""

    words: str
    since: int = 0


class Writer(msgspec.Struct, frozen=True):
    """Who wrote the field by which an object is at rest, by its managedFields: field manager, when, which field.

    `exact` tells whether it was at that time, rather than then or earlier: the manager owns nothing else.
    """

    manager: str
    at: int
    field: str
    exact: bool = True


class Entry(msgspec.Struct, frozen=True):
    """One object at rest.

    `how`: *suspended* (spec.suspend), *disabled* (by annotation) or *left alone* (by its applier); `switch` is the
    field or the annotation with its value. `who` and `why` are empty where nothing records them; `writer` is who wrote
    the switch, where managedFields were read. It is at rest since `since` (epoch s, 0 for not told): *inferred* means
    not before then, which was its last run, or with `written` not after then, which was its writer's last write.
    `hides` are the ids behind it, nearest first.
    """

    row: Row
    how: str
    switch: str
    who: str
    why: str
    since: int
    known: Known
    writer: Writer | None = None
    hides: tuple[str, ...] = ()
    pending: Pending | None = None
    written: bool = False

    @property
    def key(self) -> Ref:
        """(cluster, id)"""
        return self.row.key

    @property
    def by(self) -> str:
        """Who, in words: who says so, else the field manager, else nothing."""
        if self.who or self.writer is None:
            return self.who
        return f"Git ({self.writer.manager})" if self.writer.manager in APPLIERS else self.writer.manager

    @property
    def bound(self) -> str:
        """``≤`` where its age is that at most, ``≥`` where it is that at least, nothing where it is that."""
        if self.known is not Known.INFERRED or not self.since:
            return ""
        return "≥" if self.written else "≤"


class LedgerReport(msgspec.Struct, frozen=True):
    """Everything at rest in the fleet at `now`: what hides the most first, then the longest."""

    now: float
    entries: tuple[Entry, ...]
    clusters: tuple[Standing, ...]
    looked: int = 0
    """Objects that were looked at."""

    @property
    def hidden(self) -> int:
        """How many objects get nothing new because of them, each counted once."""
        return len({(entry.row.cluster, identity) for entry in self.entries for identity in entry.hides})

    @property
    def pending(self) -> int:
        """How many of them have something waiting."""
        return sum(entry.pending is not None for entry in self.entries)

    @property
    def unexplained(self) -> int:
        """How many are suspended or disabled without a reason on record."""
        return sum(not entry.why and entry.how != "left alone" for entry in self.entries)


def report(
    store: Store, now: float, watched: Mapping[Ref, int] | None = None, written: Edits | None = None
) -> Generator[None, None, LedgerReport]:
    """The ledger; yields every few milliseconds of work. `watched` are the moments of suspends that we saw happen."""
    seen, authors = watched or {}, written or {}
    entries: list[Entry] = []
    clusters: list[Standing] = []
    looked = 0
    for data in store.clusters():
        data.index("status")
        yield
        graph = Graph(data)
        yield
        blast = Blast(graph, {}, now)
        for row in (yield from _at_rest(data)):
            entries.append(_entry(graph, blast, row, seen.get(row.key, 0), authors.get(row.key, ())))
            yield
        clusters.append(standing(data))
        looked += sum(len(table.rows) for table in data.tables.values())
    entries.sort(key=lambda entry: (-len(entry.hides), entry.since or float("inf"), *entry.key))
    return LedgerReport(now, tuple(entries), tuple(clusters), looked)


def _at_rest(data: ClusterData) -> Generator[None, None, list[Row]]:
    ids = sorted(data.index("status").get(Status.SUSPENDED.word))
    found = [row for identity in ids if (row := data.row(identity)) is not None]
    count = 0
    for table in list(data.tables.values()):
        for row in list(table.rows.values()):
            count += 1
            if not count % STRIDE:
                yield
            if row.record.left_alone and row.status is not Status.SUSPENDED and not _own_component(row):
                found.append(row)
    return found


def _own_component(row: Row) -> bool:
    """Flux' own Deployments: the operator tells every Kustomization to leave them to it (recordings)."""
    return row.record.kind == "Deployment" and row.record.owner.startswith("FluxInstance/")


def switch(row: Row) -> tuple[str, str]:
    """(how an object rests, by what): ``suspended``, ``spec.suspend``; annotations with their value."""
    record = row.record
    if row.status is not Status.SUSPENDED:
        return "left alone", record.left_alone
    if record.kind == "ArtifactGenerator":
        return "disabled", f"{SWITCHES[1]}: disabled"
    if record.kind in DISABLED_BY_ANNOTATION:
        return "disabled", f"{SWITCHES[0]}: disabled"
    return "suspended", SUSPEND


def _entry(graph: Graph, blast: Blast, row: Row, watched: int, authors: tuple[Edit, ...]) -> Entry:
    record = row.record
    how, by = switch(row)
    writer = writer_of(row, authors)
    since, known = _since(row, watched, writer)
    written = writer is not None and known is Known.INFERRED and since == writer.at
    if how == "left alone":
        return Entry(row, how, by, "", "", since, known, writer, written=written)
    who = record.suspended_by
    if record.suspended_why:
        who = who.removesuffix(record.suspended_why).removesuffix(": ")
    hides, pending = _hidden(blast, record.id), _pending(graph, row)
    return Entry(row, how, by, who, record.suspended_why, since, known, writer, hides, pending, written)


def _hidden(blast: Blast, root: str) -> tuple[str, ...]:
    """What is behind an object: nearest first, then by name."""
    distance = {root: 0}
    for identity, nearer in blast.paths((root,)).items():
        distance[identity] = distance[nearer] + 1
    found = [identity for identity in distance if identity.partition("/")[0] not in NOT_COUNTED and identity != root]
    return tuple(sorted(found, key=lambda identity: (distance[identity], identity)))


def _since(row: Row, watched: int, writer: Writer | None) -> tuple[int, Known]:
    """When it came to rest. A manager that wrote before the last run cannot have suspended it then."""
    rested = row.since if row.status is Status.SUSPENDED else 0
    if watched:
        return watched, Known.SEEN
    if writer is not None and writer.at and writer.at >= rested:
        return writer.at, Known.TOLD if writer.exact else Known.INFERRED
    return rested, Known.INFERRED


def _pending(graph: Graph, row: Row) -> Pending | None:
    """What waits for it: what its source has by now, if that is something else, or a spec that was never reconciled."""
    record = row.record
    source = graph.row(record.source) if record.source and record.revision else None
    if source is not None and source.record.revision and not same_revision(record, source.record.revision):
        words = f"{revision(source.record.revision)} of {named(record.source)}, it has {revision(record.revision)}"
        return Pending(words, source.record.updated)
    if record.kind not in DISABLED_BY_ANNOTATION and 0 <= record.observed < record.generation - 1:
        # spec.suspend itself is one generation (recordings, lesson 7)
        return Pending(f"its spec has changed: generation {record.generation}, it reconciled {record.observed}")
    return None


def verdict(report: LedgerReport) -> str:
    """``5 objects at rest hide 9 · 1 has something waiting · 2 without a reason on record``."""
    count = len(report.entries)
    if not count:
        return f"none of {report.looked} objects is at rest"
    hide = f" {'hides' if count == 1 else 'hide'} {report.hidden} more" if report.hidden else ""
    parts = [f"{count} {'object' if count == 1 else 'objects'} at rest{hide}"]
    if report.pending:
        parts.append(f"{report.pending} {'has' if report.pending == 1 else 'have'} something waiting")
    if report.unexplained:
        parts.append(f"{report.unexplained} without a reason on record")
    return " · ".join(parts)


def writer_of(row: Row, authors: Iterable[Edit]) -> Writer | None:
    """Who wrote what an object rests by, as far as its managedFields were read."""
    field = switch(row)[1].partition(": ")[0]
    return next((each for each in writers(authors) if each.field == field), None)


def writers(authors: Iterable[Edit]) -> tuple[Writer, ...]:
    """The writers of whatever puts objects at rest, the latest first."""
    found: list[Writer] = []
    for edit in authors:
        held = [SUSPEND] if SUSPEND in edit.fields else []
        held += [key for key in (*SWITCHES, *ALONE) if key in edit.annotations]
        found += [Writer(edit.manager, edit.at, field, edit.exact) for field in held]
    return tuple(sorted(found, key=lambda writer: -writer.at))
