"""Why a cause is believed to be one: what the object says, what changed before, what waits, what happens elsewhere.

Computed for the one cause that is looked at. Every line is something that the data proves.
"""

import msgspec

from fluxtui.insight.causes import Cause, Ref
from fluxtui.insight.failures import Failure, of_row
from fluxtui.insight.graph import Graph, Standing
from fluxtui.insight.roots import named
from fluxtui.insight.silent import same_revision
from fluxtui.kinds.columns import revision
from fluxtui.kinds.record import Record
from fluxtui.kinds.status import Status
from fluxtui.store.row import Row
from fluxtui.store.state import DataState, Phase
from fluxtui.store.store import Store

LATER = 120
"""Seconds that a change may seem to come after the failure that it caused: clocks and conditions are whole seconds,
and content that is checked for health fails at the end of the check."""


class Changed(msgspec.Struct, frozen=True):
    """A change before a failure: what, in words, and when (epoch seconds, 0 for not told)."""

    text: str
    at: int = 0


class Elsewhere(msgspec.Struct, frozen=True):
    """The same object in another cluster; `row` is None where that cluster does not have it or cannot tell."""

    cluster: str
    row: Row | None
    state: DataState


class Evidence(msgspec.Struct, frozen=True):
    """The evidence for one cause, from its first member.

    `messages` are (title, whole text): Ready first, then the conditions that say more. `last_good` is the revision
    (may be untold) and the time of the last good run. `chain` are the objects that wait behind it, nearest first,
    `waiting` how many there are in all. `not_the_cause` are hints that data proves. `state` is how far the object's
    data can be believed.
    """

    ref: Ref
    row: Row | None
    state: DataState
    messages: tuple[tuple[str, str], ...]
    changed: tuple[Changed, ...]
    last_good: Changed | None
    chain: tuple[Ref, ...]
    waiting: int
    elsewhere: tuple[Elsewhere, ...]
    not_the_cause: tuple[str, ...]
    failure: Failure | None = None
    """What kind of failure its message tells, None for words that are not known."""


def evidence(store: Store, cause: Cause) -> Evidence:
    """The evidence for a cause."""
    ref = cause.members[0]
    row = store.row(*ref)
    kind = ref[1].partition("/")[0]
    state = store.state(ref[0], kind)
    changed = tuple(_changes(store, ref, row)) if row is not None else ()
    return Evidence(
        ref=ref,
        row=row,
        state=state,
        messages=_messages(cause, row),
        changed=changed,
        last_good=_last_good(row, changed) if row is not None else None,
        chain=cause.blocked,
        waiting=len(cause.blocked),
        elsewhere=tuple(_elsewhere(store, cause)),
        not_the_cause=tuple(_cleared(store, ref, row)) if row is not None else (),
        failure=of_row(row) if row is not None and (cause.what == "failure" or cause.outside) else None,
    )


def _messages(cause: Cause, row: Row | None) -> tuple[tuple[str, str], ...]:
    told = [(cause.reason, cause.message)]
    if row is not None:
        record = row.record
        if record.message and record.message not in cause.message:
            told.append((f"Ready={record.ready} {record.reason}", record.message))
        told += [
            ("condition", text.replace("=", " is ", 1).replace("/", ", ", 1)) for text in _telling(record.conditions)
        ]
    return tuple(told)


def _telling(conditions: tuple[str, ...]) -> list[str]:
    """The conditions that say something against the object."""
    bad = ("Stalled=True", "Healthy=False", "Released=False", "Remediated=True", "TestSuccess=False", "Drifted=True")
    more = ("SourceVerified=False", "FetchFailed=True", "BuildFailed=True", "StorageOperationFailed=True")
    return [text for text in conditions if text.startswith((*bad, *more, "Available=False", "Progressing=False"))]


def _changes(store: Store, ref: Ref, row: Row) -> list[Changed]:
    """What changed before it failed: its revision, the commit behind it, its source."""
    record = row.record
    found: list[Changed] = []
    now_at = record.attempted or record.revision
    if record.good_revision and now_at and record.good_revision != now_at:
        what = "chart" if record.kind == "HelmRelease" else "revision"
        found.append(
            Changed(f"{what} {revision(record.good_revision)} → {revision(now_at)}", _changed_at(store, ref, row))
        )
    source = store.row(ref[0], record.source) if record.source else None
    commit = (
        source.record.origin if source is not None and source.record.revision == record.attempted else record.origin
    )
    if record.good_origin and commit and record.good_origin != commit:
        found.append(Changed(f"commit {revision(record.good_origin)} → {revision(commit)}"))
    told = bool(found and found[0].at)  # a change of revision that has its time is the change of the source
    if source is not None and not told and 0 < source.record.updated <= (row.since or source.record.updated) + LATER:
        became = f"{named(source.record.id)} became {revision(source.record.revision)}"
        found.append(Changed(became, source.record.updated))
    return found


def _last_good(row: Row, changed: tuple[Changed, ...]) -> Changed | None:
    """The end of the last good run; of a source, which tells of no runs, its last artifact."""
    record = row.record
    if record.good_at and row.status is Status.FAILED:
        return Changed(revision(record.good_revision), record.good_at)
    if not changed and record.updated and row.status is not Status.READY:
        return Changed(revision(record.revision), record.updated)
    return None


def _changed_at(store: Store, ref: Ref, row: Row) -> int:
    """When the source began to offer what is being tried, 0 if it offers something else by now."""
    record = row.record
    source = store.row(ref[0], record.source) if record.source else None
    tried = msgspec.structs.replace(record, revision=record.attempted or record.revision)
    return source.record.updated if source is not None and same_revision(tried, source.record.revision) else 0


def _elsewhere(store: Store, cause: Cause) -> list[Elsewhere]:
    """The same kind, namespace and name in the clusters where it is not part of this cause."""
    concerned = {cluster for cluster, _ in cause.members}
    identity = cause.members[0][1]
    kind = identity.partition("/")[0]
    found: list[Elsewhere] = []
    for data in store.clusters():
        table = data.tables.get(kind)
        if data.name in concerned or table is None:
            continue
        row = table.rows.get(identity)
        if row is not None or table.state.phase not in (Phase.FRESH, Phase.MISSING):
            found.append(Elsewhere(data.name, row, table.state))
    return found


def _cleared(store: Store, ref: Ref, row: Row) -> list[str]:
    """What is not the cause, as far as fresh data proves it."""
    data = store.cluster(ref[0])
    record: Record = row.record
    cleared: list[str] = []
    source = data.row(record.source) if record.source else None
    if source is not None and source.status is Status.READY and _fresh(store, ref[0], source):
        cleared.append(f"source: {named(source.record.id)} is ready at {revision(source.record.revision)}")
    needs = [target for need in record.needs if (target := data.row(need.target)) is not None]
    if needs and len(needs) == len(record.needs) and all(need.status is Status.READY for need in needs):
        cleared.append(f"dependencies: all {len(needs)} ready")
    children = [data.row(edge.target) for edge in Graph(data).children(record)]
    held = [child for child in children if child is not None]
    unseen = any(Graph(data).standing(each) in (Standing.HIDDEN, Standing.UNSERVED) for each in record.produced)
    if held and not unseen and all(child.status is Status.READY for child in held):
        cleared.append(f"what it applied: {len(held)} Flux objects and namespaces, all ready")
    return cleared


def _fresh(store: Store, cluster: str, row: Row) -> bool:
    return store.state(cluster, row.record.kind).trusted
