"""What records and Events tell of the past: changes with their times, from fields that carry one.

Which fields, and what they prove (facts: flux §2, §3; recordings, lessons 1, 7 and 11):

- an artifact's ``lastUpdateTime``, a release's ``lastDeployed``, an automation's ``lastPushTime``: told;
- ``status.history``: when the content of now was first reconciled; a FluxInstance's tells upgrades;
- transition times of conditions: of Ready while it is False, and of a source that turned ready again without a new
  artifact. Ready of what runs at every interval restarts with every run, and proves nothing while it is True;
- nothing tells when something was suspended: inferred, after its last run, unless managedFields were read;
- managedFields, where they were read: who wrote which fields of the specification, and when at the latest: inferred,
  but for the only field of its manager;
- Events: installs, upgrades, artifacts of the last hour, also of objects that are gone. A reconcile that changed
  nothing is no change.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from fluxtui.insight.authors import Edit, telling
from fluxtui.insight.blast import TOLD_BY_OWNER
from fluxtui.insight.known import Known
from fluxtui.insight.ledger import SUSPEND, switch, writer_of
from fluxtui.insight.occurrence import Occurrence
from fluxtui.insight.silent import same_revision
from fluxtui.insight.status import failed_outcome, good_outcome
from fluxtui.kinds.cluster import EventRecord, PodRecord
from fluxtui.kinds.columns import revision
from fluxtui.kinds.instance import InstanceRecord
from fluxtui.kinds.record import Record
from fluxtui.kinds.status import Status
from fluxtui.store.row import Row
from fluxtui.store.store import ClusterData

SOURCES = frozenset({"OCIRepository", "GitRepository", "Bucket", "HelmRepository", "HelmChart", "ExternalArtifact"})
QUIET = frozenset({"FluxReport", "ConfigMap", "Event"})
"""Kinds whose times tell of no change: reports are repeated."""
SETTLE = 300
"""Seconds after its creation (a source: after its artifact) in which turning ready is no news of its own."""

RELEASES = {
    "InstallSucceeded": "installed",
    "UpgradeSucceeded": "upgraded",
    "RollbackSucceeded": "rolled back",
    "UninstallSucceeded": "uninstalled",
}
APPLIES = frozenset({"Progressing", "ApplySucceeded"})
"""Reasons of Events that list what was applied, one object a line."""
REVISION_IN = re.compile(r"(?:revision|version) '([^'\n]{1,200})'(?: from '([^'\n]{1,300})')?", re.ASCII)


def told(data: ClusterData, row: Row, start: float, authors: Iterable[Edit] = ()) -> Iterator[Occurrence]:
    """What a row tells of the time since `start`."""
    record = row.record
    if record.kind == "Event":
        if isinstance(record, EventRecord) and record.last >= start:
            yield from _event(data, record, start)
        return
    for each in _row(data, row, tuple(authors)):
        if each.at >= start:
            yield each


def latest(row: Row) -> int:
    """The latest time of a row that may tell of a change: rows whose latest is too old need not be asked."""
    record = row.record
    if isinstance(record, PodRecord | EventRecord):
        return max(record.created, getattr(record, "ended", 0), getattr(record, "last", 0), row.since)
    return max(record.created, record.updated, record.outcome_since, record.ready_since, row.since)


def _row(data: ClusterData, row: Row, authors: Sequence[Edit]) -> Iterator[Occurrence]:
    record, cluster = row.record, row.cluster
    if record.created and record.kind not in QUIET:
        yield Occurrence(record.created, cluster, record.id, "created", "", Known.TOLD, "metadata.creationTimestamp")
    if record.kind in QUIET:
        return
    if isinstance(record, PodRecord):
        if record.ended and record.restarts:
            words = (
                f"{record.last_end or 'ended'}, {record.restarts} {'restart' if record.restarts == 1 else 'restarts'}"
            )
            field = "containerStatuses.lastState.terminated.finishedAt"
            yield Occurrence(record.ended, cluster, record.id, "restarted", words, Known.TOLD, field)
        return
    yield from _content(data, row)
    if isinstance(record, InstanceRecord):
        yield from _upgrades(cluster, record)
    yield from _standing(row, authors)
    yield from _edits(row, authors)


def _content(data: ClusterData, row: Row) -> Iterator[Occurrence]:
    """New content: what a source has, what an applier took."""
    record, cluster = row.record, row.cluster
    delivered, place = delivery(data, record)
    if record.kind in SOURCES:
        if record.updated and record.revision:
            words = f"became {revision(record.revision)}"
            field = "status.artifact.lastUpdateTime"
            yield Occurrence(record.updated, cluster, record.id, "revision", words, Known.TOLD, field, delivered, place)
    elif record.kind == "HelmRelease":
        if record.updated and record.revision:
            words = f"{_from(record)}{revision(record.revision)}"
            field = "status.history.lastDeployed"
            yield Occurrence(record.updated, cluster, record.id, "released", words, Known.TOLD, field, delivered, place)
    elif record.kind == "ImageUpdateAutomation":
        if record.updated and record.revision:
            words = f"pushed {revision(record.revision)[:7]}"
            yield Occurrence(record.updated, cluster, record.id, "image", words, Known.TOLD, "status.lastPushTime")
    elif record.outcome_since and good_outcome(record.outcome) and not isinstance(record, InstanceRecord):
        words = f"{_from(record)}{revision(record.revision)}" if delivered else "new content"
        field = "status.history.firstReconciled"
        yield Occurrence(
            record.outcome_since, cluster, record.id, "applied", words, Known.TOLD, field, delivered, place
        )


def _from(record: Record) -> str:
    before = revision(record.good_revision) if record.good_revision else ""
    return f"{before} → " if before and before != revision(record.revision) else ""


def delivery(data: ClusterData, record: Record) -> tuple[str, str]:
    """(whole revision, where it came from) of what an object has; of a release the revision of its source."""
    if record.kind in SOURCES:
        return record.revision, record.url or (f"{record.source} {record.path}" if record.source else record.id)
    if not record.source or not record.revision:
        return "", ""
    source = data.row(record.source)
    if source is None:
        return record.revision, record.source
    place = delivery(data, source.record)[1] if source.record.kind in SOURCES else record.source
    offered = source.record.revision
    return (offered if offered and same_revision(record, offered) else record.revision), place


def _upgrades(cluster: str, record: InstanceRecord) -> Iterator[Occurrence]:
    """The runs of an instance: with another version of Flux than the one before an upgrade, else new content."""
    field = "status.history.firstReconciled"
    for run, before in zip(record.runs, (*record.runs[1:], None), strict=True):
        if not run.first or failed_outcome(run.outcome):
            continue
        if before is None or before.flux == run.flux:
            words = f"Flux {run.flux}: {'first installed' if before is None else 'other content'}"
            yield Occurrence(run.first, cluster, record.id, "applied", words, Known.TOLD, field)
        else:
            yield Occurrence(
                run.first, cluster, record.id, "upgraded", f"Flux {before.flux} → {run.flux}", Known.TOLD, field
            )


def _edits(row: Row, authors: Iterable[Edit]) -> Iterator[Occurrence]:
    """What was written of the specification, by whom. What puts the object at rest is told by that (`_rest`)."""
    record, rests = row.record, row.status is Status.SUSPENDED
    for edit in authors:
        if not telling(edit, record.created) or (rests and edit.fields == (SUSPEND,)):
            continue
        what = "resumed" if edit.fields == (SUSPEND,) else "spec"
        known = _known(edit.exact)
        yield Occurrence(edit.at, row.cluster, record.id, what, edit.words, known, MANAGED, by=edit.manager)


MANAGED = "metadata.managedFields"


def _standing(row: Row, authors: Sequence[Edit]) -> Iterator[Occurrence]:
    """When its status of now began, as far as something tells that."""
    record, cluster, since = row.record, row.cluster, row.since
    if row.status is Status.SUSPENDED or record.left_alone:
        yield from _rest(row, authors)
    if not since or record.id.startswith(TOLD_BY_OWNER):
        return
    if row.status is Status.FAILED:
        sure = bool(record.outcome or record.failing_since) or record.kind == "Deployment"
        field = "status.history" if record.outcome else "status.conditions"
        yield Occurrence(since, cluster, record.id, "failed", row.reason, _known(sure), field)
    elif row.status is Status.BLOCKED:
        yield Occurrence(since, cluster, record.id, "blocked", row.reason, Known.TOLD, "Ready.lastTransitionTime")
    elif row.status is Status.READY and record.kind in (*SOURCES, "Deployment") and record.ready == "True":
        turned = record.ready_since
        if turned > max(record.created, record.updated) + SETTLE:
            yield Occurrence(
                turned, cluster, record.id, "ready", row.reason, Known.INFERRED, "Ready.lastTransitionTime"
            )


def _rest(row: Row, authors: Sequence[Edit]) -> Iterator[Occurrence]:
    """When it came to rest: by whoever wrote that, else after its last run."""
    record = row.record
    how, by = switch(row)
    why = f" by {record.suspended_by}" if record.suspended_by else ""
    words = f"{how}{why}" if how != "left alone" else by
    writer = writer_of(row, authors)
    if writer is not None and writer.at >= (row.since if row.status is Status.SUSPENDED else 0):
        known = _known(writer.exact)
        yield Occurrence(writer.at, row.cluster, record.id, "suspended", words, known, MANAGED, by=writer.manager)
    elif row.status is Status.SUSPENDED and row.since:
        words = f"{words}, some time after its last run"
        yield Occurrence(
            row.since, row.cluster, record.id, "suspended", words, Known.INFERRED, "the end of its last run"
        )


def _known(sure: bool) -> Known:
    return Known.TOLD if sure else Known.INFERRED


def _event(data: ClusterData, record: EventRecord, start: float) -> Iterator[Occurrence]:
    """What an Event tells: at its first time, and at its last one where it was repeated."""
    what, words, delivered, place = _reading(record)
    row = data.row(record.regarding) if what in ("failed", "suspended") else None
    if not what or (what == "failed" and _goes_on(row, record)):
        return
    if what == "suspended" and row is not None and row.record.suspended_by:
        words = f"{words} by {row.record.suspended_by}"
    for at in dict.fromkeys((record.first, record.last)) if what != "failed" else (record.first,):
        if at >= start:
            field = f"Event {record.reason}"
            yield Occurrence(at, data.name, record.regarding, what, words, Known.TOLD, field, delivered, place)


def _goes_on(row: Row | None, record: EventRecord) -> bool:
    """Whether an Event tells once more of a failure that began before, and that its object tells itself."""
    return row is not None and row.status is Status.FAILED and 0 < row.since <= record.first


def _reading(record: EventRecord) -> tuple[str, str, str, str]:
    """(what, words, revision, place) of an Event; nothing of one that tells of no change."""
    reason, first, _ = record.reason, *record.message.partition("\n")[::2]
    if reason in RELEASES:
        return "released", RELEASES[reason], "", ""
    if reason in ("NewArtifact", "ChartPullSucceeded"):
        found = REVISION_IN.search(record.message)
        words = f"became {revision(found[1])}" if found else first
        return "revision", words, found[1] if found else "", (found[2] or "") if found else ""
    if reason in ("DriftDetected", "DriftCorrected"):
        return "drift", first, "", ""
    if reason in APPLIES and first.endswith((" created", " configured", " deleted")):
        more = record.message.count("\n")
        return "applied", first + (f" and {more} more" if more else ""), "", ""
    if reason == "Progressing" and first.startswith("Installing "):
        return "upgraded", first, "", ""
    if reason == "ReconciliationDisabled":
        return "suspended", "disabled", "", ""
    if record.type == "Warning":
        return "failed", reason, "", ""
    return "", "", "", ""
