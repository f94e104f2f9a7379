"""What delivers a cluster itself: the sync of its FluxInstance, a Kustomization and its source.

The report's `ready` there means *not False*, so Unknown counts as ready, and a suspended sync only has ``Suspended ``
before its message (facts: flux §1). Where the Kustomization can be seen, its own concluded status is what counts.
"""

import msgspec

from fluxtui.insight.roots import named
from fluxtui.kinds.instance import InstanceRecord
from fluxtui.kinds.record import object_id
from fluxtui.kinds.report import ReportRecord
from fluxtui.kinds.status import Status
from fluxtui.store.row import Row
from fluxtui.store.state import Phase
from fluxtui.store.store import ClusterData

SUSPENDED = "Suspended "
APPLIED = "Applied revision: "
NAMESPACE = "flux-system"


class Sync(msgspec.Struct, frozen=True):
    """A sync: the id of its Kustomization, its status, the revision applied and when (epoch s, 0 not told).

    `held` tells whether we see the Kustomization itself; `remarks` are what the report's word hides.
    """

    id: str
    status: Status
    revision: str = ""
    at: int = 0
    source: str = ""
    path: str = ""
    told: str = ""
    held: bool = False
    remarks: tuple[str, ...] = ()


def sync(data: ClusterData, report: ReportRecord | None, instance: InstanceRecord | None) -> Sync | None:
    """The sync of a cluster, None without one. What nobody reports is looked for under its usual name."""
    identity = _identity(report, instance)
    row = data.row(identity)
    if row is not None:
        return _held(data, row, report, instance)
    if report is None or not report.sync_id:
        wanted = instance is not None and bool(instance.url)
        return _lost(data, identity, instance) if wanted and instance is not None else None
    said = report.sync_status
    remarks: tuple[str, ...] = ()
    if said.startswith(SUSPENDED):
        status = Status.SUSPENDED
    elif not report.sync_ready:
        status = Status.FAILED
    elif said.startswith(APPLIED):
        status = Status.READY
    else:
        status = Status.UNKNOWN
        remarks = ("the report says ready, which is no more than not failing",)
    revision = said.removeprefix(SUSPENDED).partition("\n")[0]
    revision = revision.removeprefix(APPLIED) if revision.startswith(APPLIED) else ""
    return Sync(identity, status, revision, 0, report.sync_source, report.sync_path, said, remarks=remarks)


def _identity(report: ReportRecord | None, instance: InstanceRecord | None) -> str:
    namespace = next((each.namespace for each in (report, instance) if each is not None), NAMESPACE)
    name = report.sync_id.rpartition("/")[2] if report is not None else ""
    return object_id("Kustomization", namespace, name or (instance.sync_name if instance else "") or namespace)


def _lost(data: ClusterData, identity: str, instance: InstanceRecord) -> Sync:
    """An instance asks for a sync that we do not see."""
    certain = data.table("Kustomization").state.phase is Phase.FRESH
    why = "the FluxInstance asks for it, and it does not exist" if certain else "it cannot be seen"
    status = Status.FAILED if certain else Status.UNKNOWN
    return Sync(identity, status, source=instance.url, path=instance.path, remarks=(why,))


def _held(data: ClusterData, row: Row, report: ReportRecord | None, instance: InstanceRecord | None) -> Sync:
    record = row.record
    source = data.row(record.source)
    status, remarks = row.status, [] if row.status is Status.READY else [row.message.partition("\n")[0]]
    if source is not None and source.status is Status.FAILED and status in (Status.READY, Status.PROGRESSING):
        status = Status.FAILED
        remarks.append(
            f"its source {named(record.source)} fails ({source.reason}): ready on the last artifact, nothing new comes"
        )
    told = report.sync_status if report is not None else ""
    if report is not None and report.sync_id and report.sync_ready and status not in (Status.READY, Status.SUSPENDED):
        remarks.append("the report says ready: to it, Unknown is ready too")
    if report is not None and not report.sync_ready and report.sync_id and status is Status.READY:
        remarks.append(f"the report still says not ready: {told.partition(chr(10))[0]}")
    url = source.record.url if source is not None else (instance.url if instance is not None else "")
    url = url or (report.sync_source if report is not None else "")
    at = record.outcome_at or record.ready_since
    return Sync(record.id, status, record.revision, at, url, record.path, told, held=True, remarks=tuple(remarks))
