"""The ledger of what is at rest: everything suspended, disabled by annotation, or left alone by its applier.

For each: who and why, as far as annotations say; since when, as far as anything says; what it hides (everything that
gets nothing new until it is resumed); and what waits for it (a revision that its source has by now).

Nothing records when an object was suspended: it was after its last run. What we watched ourselves is exact, and so are
managedFields, which are read of whole objects alone (`writers`). Only kinds that are watched are in the ledger.
"""

from collections.abc import Generator, Iterable, Mapping

import msgspec

from fluxtui.insight.blast import NOT_COUNTED, Blast
from fluxtui.insight.causes import Ref
from fluxtui.insight.fields import Json, mapping, mappings, text
from fluxtui.insight.graph import Graph
from fluxtui.insight.roots import named
from fluxtui.insight.silent import same_revision
from fluxtui.insight.standing import Standing, standing
from fluxtui.kinds.columns import revision
from fluxtui.kinds.flatten import DISABLED_BY_ANNOTATION, epoch
from fluxtui.kinds.status import Status
from fluxtui.store.row import Row
from fluxtui.store.store import ClusterData, Store

STRIDE = 1000
"""Rows between two yields."""
SWITCHES = ("fluxcd.controlplane.io/reconcile", "source.extensions.fluxcd.io/reconcile")
"""The annotations that disable operator kinds and generators."""


class Pending(msgspec.Struct, frozen=True):
    """What a suspended object would get when it is resumed, in words, and since when that has been waiting."""

    words: str
    since: int = 0


class Entry(msgspec.Struct, frozen=True):
    """One object at rest.

    `how`: *suspended* (spec.suspend), *disabled* (by annotation) or *left alone* (by its applier, `switch` says by
    which annotation). `who` and `why` are empty where nothing records them. It is at rest since `since` (epoch s, 0 for
    not told): exactly, if `watched`, else not before, which was its last run. `hides` are the ids behind it, nearest
    first.
    """

    row: Row
    how: str
    switch: str
    who: str
    why: str
    since: int
    watched: bool
    hides: tuple[str, ...] = ()
    pending: Pending | None = None

    @property
    def key(self) -> Ref:
        """(cluster, id)"""
        return self.row.key


class LedgerReport(msgspec.Struct, frozen=True):
    """Everything at rest in the fleet at `now`: what hides the most first, then the longest."""

    now: float
    entries: tuple[Entry, ...]
    clusters: tuple[Standing, ...]

    @property
    def hidden(self) -> int:
        """How many objects get nothing new because of them, each counted once."""
        return len({(entry.row.cluster, identity) for entry in self.entries for identity in entry.hides})

    @property
    def pending(self) -> int:
        """How many of them have something waiting."""
        return sum(entry.pending is not None for entry in self.entries)


def report(store: Store, now: float, watched: Mapping[Ref, int] | None = None) -> Generator[None, None, LedgerReport]:
    """The ledger; yields every few milliseconds of work. `watched` are the moments of suspends that we saw happen."""
    seen = watched or {}
    entries: list[Entry] = []
    clusters: list[Standing] = []
    for data in store.clusters():
        data.index("status")
        yield
        graph = Graph(data)
        blast = Blast(graph, {}, now)
        for row in (yield from _at_rest(data)):
            entries.append(_entry(graph, blast, row, seen.get(row.key, 0)))
            yield
        clusters.append(standing(data))
    entries.sort(key=lambda entry: (-len(entry.hides), entry.since or float("inf"), *entry.key))
    return LedgerReport(now, tuple(entries), tuple(clusters))


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


def _entry(graph: Graph, blast: Blast, row: Row, watched: int) -> Entry:
    record = row.record
    who = record.suspended_by
    if record.suspended_why:
        who = who.removesuffix(record.suspended_why).removesuffix(": ")
    how, switch = "suspended", "spec.suspend"
    if row.status is not Status.SUSPENDED:
        return Entry(row, "left alone", record.left_alone, "", "", watched, bool(watched))
    if record.kind in DISABLED_BY_ANNOTATION or record.kind == "ArtifactGenerator":
        how, switch = "disabled", f"{SWITCHES[record.kind == 'ArtifactGenerator']}: disabled"
    hides = tuple(i for i in blast.behind((record.id,)) if i.partition("/")[0] not in NOT_COUNTED)
    since = watched or row.since
    return Entry(row, how, switch, who, record.suspended_why, since, bool(watched), hides, _pending(graph, row))


def _pending(graph: Graph, row: Row) -> Pending | None:
    """What its source has by now, if that is something else."""
    record = row.record
    source = graph.row(record.source) if record.source and record.revision else None
    if source is None or not source.record.revision or same_revision(record, source.record.revision):
        return None
    words = f"{revision(source.record.revision)} of {named(record.source)}, it has {revision(record.revision)}"
    return Pending(words, source.record.updated)


class Writer(msgspec.Struct, frozen=True):
    """Who wrote the field by which an object is at rest, by its managedFields: field manager, when, which field."""

    manager: str
    at: int
    field: str


def writers(value: Json) -> tuple[Writer, ...]:
    """The writers of what suspends an object, of the object as it was fetched; the latest first.

    A manager may have written other fields at that time: managedFields have one time for each manager.
    """
    found: list[Writer] = []
    for entry in mappings(value, "metadata", "managedFields"):
        fields = mapping(entry, "fieldsV1")
        annotations = mapping(fields, "f:metadata", "f:annotations")
        held = ["spec.suspend"] if "f:suspend" in mapping(fields, "f:spec") else []
        held += list(_switches(annotations))
        found += [Writer(text(entry, "manager"), epoch(text(entry, "time")), field) for field in held[:1]]
    return tuple(sorted(found, key=lambda writer: -writer.at))


def _switches(annotations: Json) -> Iterable[str]:
    return (key for key in SWITCHES if f"f:{key}" in annotations)
