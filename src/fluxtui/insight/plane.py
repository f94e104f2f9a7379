"""The control plane of one cluster: what its FluxReport tells, read with its traps, beside what we count and see.

A cluster without the Flux Operator gets the same, computed by us. Everything worth saying is a `Finding`.
"""

from collections import Counter
from collections.abc import Iterator

import msgspec

from fluxtui.insight.controllers import Controller, controllers, visible
from fluxtui.insight.finding import Finding, Weight, bad, doubt, note, unseen
from fluxtui.insight.report import Freshness, Reading, read
from fluxtui.insight.standing import Standing, standing
from fluxtui.insight.sync import Sync, sync
from fluxtui.insight.tallies import Count, counts
from fluxtui.insight.versions import plain
from fluxtui.kinds.ages import age
from fluxtui.kinds.instance import InstanceRecord
from fluxtui.kinds.report import ReportRecord
from fluxtui.kinds.status import Status
from fluxtui.store.row import Row
from fluxtui.store.state import Phase
from fluxtui.store.store import ClusterData

OUTDATED = "OutdatedVersion"
"""The reason of the Event by which the operator says that a newer Flux is to be had."""
LATEST = "latest stable version is "


class Plane(msgspec.Struct, frozen=True, kw_only=True):
    """The control plane of one cluster.

    `source` says where the row comes from: ``report``, ``computed`` (by us), or empty when nothing is known. Versions
    are as they were told, empty where nobody did. `newest` is a newer Flux that the cluster itself told of.
    """

    cluster: str
    standing: Standing
    source: str = ""
    flux: str = ""
    operator: str = ""
    kubernetes: str = ""
    platform: str = ""
    nodes: int = 0
    entitlement: str = ""
    managed_by: str = ""
    newest: str = ""
    wanted: str = ""
    instance: str = ""
    """Id of the FluxInstance, empty without one."""
    report: str = ""
    """Id of the FluxReport, empty without one."""
    freshness: Freshness = Freshness()
    controllers: tuple[Controller, ...] = ()
    sync: Sync | None = None
    counts: tuple[Count, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def current(self) -> bool:
        """Whether what is told is of now."""
        return self.standing.phase in (Phase.FRESH, Phase.MISSING)

    @property
    def weight(self) -> Weight:
        """Its worst finding."""
        return min((finding.weight for finding in self.findings), default=Weight.NOTE)

    @property
    def status(self) -> Status:
        """How it is: that of its worst finding, ready without one."""
        worst = min(self.findings, key=lambda finding: (finding.weight, finding.status), default=None)
        return worst.status if worst is not None and worst.weight is not Weight.NOTE else Status.READY

    @property
    def ready(self) -> int:
        """Controllers that are ready."""
        return sum(each.status is Status.READY for each in self.controllers)

    @property
    def restarts(self) -> int:
        """Restarts of all controllers, -1 where no pod can be seen."""
        known = [each.restarts for each in self.controllers if each.restarts >= 0]
        return sum(known) if known else -1

    def number(self, status: Status) -> int:
        """Objects in a status, by our count."""
        return sum(count.counts[status] for count in self.counts)

    @property
    def total(self) -> int:
        """All objects, by our count."""
        return sum(count.total for count in self.counts)

    @property
    def apart(self) -> tuple[Count, ...]:
        """The kinds of which report and we count differently."""
        return tuple(count for count in self.counts if count.why)


def plane(data: ClusterData, now: float, server: str = "") -> Plane:
    """The control plane of one cluster; `server` is the version that its API server told."""
    where = standing(data)
    reading = read(data, now)
    report, row = reading.record, _instance_row(data)
    instance = row.record if row is not None and isinstance(row.record, InstanceRecord) else None
    running = controllers(data, report, instance, now)
    delivery = sync(data, report, instance)
    counted = counts(data, report, now)
    known = bool(running) or any(count.total for count in counted)
    newest, outdated = _outdated(data)
    findings = [
        *_standing(where, now),
        *reading.findings,
        *_instance(row, instance, report),
        *_controllers(data, where, running),
        *_sync(data, delivery, report),
        *outdated,
        *_apart(counted, reading),
    ]
    return Plane(
        cluster=data.name,
        standing=where,
        source="report" if report is not None else "computed" if known else "",
        flux=_flux(report, instance, running),
        operator=report.operator_version if report is not None else "",
        kubernetes=(report.server_version if report is not None and not reading.freshness.stale else "") or server,
        platform=report.platform if report is not None else "",
        nodes=report.nodes if report is not None else 0,
        entitlement=report.entitlement if report is not None else "",
        managed_by=report.managed_by if report is not None else "",
        newest=newest,
        wanted=instance.wanted if instance is not None else "",
        instance=instance.id if instance is not None else "",
        report=report.id if report is not None else "",
        freshness=reading.freshness,
        controllers=running,
        sync=delivery,
        counts=counted,
        findings=tuple(sorted(findings, key=lambda finding: finding.weight)),
    )


def _instance_row(data: ClusterData) -> Row | None:
    return next(iter(data.table("FluxInstance").rows.values()), None)


def _flux(report: ReportRecord | None, instance: InstanceRecord | None, running: tuple[Controller, ...]) -> str:
    """The Flux version: of the report, else what the instance applied, else what most controllers are labelled with."""
    if report is not None and report.flux_version:
        return report.flux_version
    if instance is not None and instance.revision:
        return instance.revision.partition("@")[0]
    labels = Counter(each.release for each in running if each.release)
    return labels.most_common(1)[0][0] if labels else ""


# --- what is to be said


def _standing(where: Standing, now: float) -> Iterator[Finding]:
    """The state of the data, when it is not current."""
    old = age(now - where.contact) if where.contact else ""
    since = f"; what follows is {old} old" if old else "; it never answered"
    why = f": {where.detail}" if where.detail else ""
    match where.phase:
        case Phase.FRESH:
            return
        case Phase.MISSING:
            yield note("no Flux", "Flux is not installed here: the API serves none of its kinds")
        case Phase.LOADING:
            yield unseen("loading", "still loading: this is what is known so far")
        case Phase.LOGIN:
            yield unseen("login", f"a login is needed{why}{since}")
        case Phase.FORBIDDEN:
            yield unseen("forbidden", f"you may not see what Flux does here{why}")
        case Phase.STALE:
            yield unseen("stale data", f"the connection is lost{why}{since}")
        case Phase.UNREACHABLE:
            yield unseen("unreachable", f"unreachable for {age(now - where.since)}{why}{since}")


def _instance(row: Row | None, instance: InstanceRecord | None, report: ReportRecord | None) -> Iterator[Finding]:
    if row is None or instance is None:
        if report is not None and report.managed_by:
            yield note("no instance", f"there is no FluxInstance: Flux is managed by {report.managed_by}")
        return
    words = row.message.partition("\n")[0]
    if row.status is Status.FAILED:
        yield bad("instance", f"FluxInstance {instance.name} failed: {row.reason}: {words}")
    elif row.status is Status.SUSPENDED:
        text = f"FluxInstance {instance.name} is disabled by annotation: nobody upgrades or repairs Flux"
        yield doubt("instance off", text, Status.SUSPENDED)
    elif row.status is not Status.READY:
        yield doubt("instance", f"FluxInstance {instance.name} is {row.status.word}: {words or row.reason}", row.status)
    if instance.attempted and instance.attempted != instance.revision:
        change = f"{plain(instance.revision) or 'nothing'} to {plain(instance.attempted)}"
        yield note("upgrade", f"the FluxInstance (wants {instance.wanted}) goes from {change}")
    applied = plain(instance.revision)
    if report is not None and report.flux_version and applied and plain(report.flux_version) != applied:
        told = f"the report says Flux {plain(report.flux_version)} (the label of its CRDs)"
        text = f"{told}, the FluxInstance has applied {applied}"
        yield doubt("version", text)


def _controllers(data: ClusterData, where: Standing, running: tuple[Controller, ...]) -> Iterator[Finding]:
    down = [each for each in running if each.status is not Status.READY]
    for each in down:
        replicas = f" {each.available}/{each.wanted}" if each.wanted > 0 else ""
        words = each.message or next(iter(each.remarks), "")
        text = f"{each.name}{replicas} {each.status.word}{f': {words}' if words else ''}"
        yield bad("controller", text) if each.status is Status.FAILED else doubt("controller", text, each.status)
    for each in running:
        for remark in each.remarks if each not in down else each.remarks[0 if each.message else 1 :]:
            yield (note if remark.startswith("its last container") else doubt)("component", f"{each.name}: {remark}")
    if not visible(data):
        state = data.table("Deployment").state
        if where.phase is Phase.FRESH and state.phase is Phase.FORBIDDEN:
            text = "you may not list Deployments: controllers are as the report says, restarts are not known"
            yield unseen("controllers", text)
    elif not running and where.phase is Phase.FRESH:
        yield bad("no controllers", "no controller runs: no Deployment is labelled app.kubernetes.io/part-of=flux")


def _sync(data: ClusterData, delivery: Sync | None, report: ReportRecord | None) -> Iterator[Finding]:
    if delivery is None:
        if "reconcilers" in report.parts if report is not None else data.table("Kustomization").state.knows():
            yield note("no sync", "no sync: nothing of Flux' own delivers this cluster from Git or a registry")
        return
    name = delivery.id.partition("/")[2]
    words = "; ".join(delivery.remarks)
    tail = f": {words}" if words else ""
    match delivery.status:
        case Status.FAILED | Status.BLOCKED:
            yield bad("sync", f"the sync {name} {'failed' if delivery.status is Status.FAILED else 'is blocked'}{tail}")
        case Status.SUSPENDED:
            yield doubt(
                "sync suspended", f"the sync {name} is suspended{tail}: nothing new is delivered", Status.SUSPENDED
            )
        case Status.UNKNOWN:
            yield doubt("sync", f"of the sync {name} nothing is known{tail}")
        case _:
            if words:
                yield note("sync", f"the sync {name} is {delivery.status.word}{tail}")


def _outdated(data: ClusterData) -> tuple[str, list[Finding]]:
    """A newer version, where the operator told of one: by an Event of the instance."""
    last = None
    for row in data.table("Event").rows.values():
        if row.reason == OUTDATED and row.record.ready == "" and (last is None or row.since > last.since):
            last = row
    if last is None:
        return "", []
    newest = last.message.partition(LATEST)[2].split(" ")[0].rstrip(".")
    return newest, [note("newer version", f"the cluster says: {last.message}")]


def _apart(counted: tuple[Count, ...], reading: Reading) -> Iterator[Finding]:
    for count in counted:
        if count.told is None or not count.why:
            continue
        told = count.told
        ours = f"{count.failing} failing of {count.total}"
        theirs = f"{told.failing} of {told.running + told.suspended}"
        suspended = count.counts[Status.SUSPENDED], told.suspended
        if suspended[0] != suspended[1]:
            ours, theirs = f"{ours}, {suspended[0]} suspended", f"{theirs}, {suspended[1]} suspended"
        text = f"{count.kind}: we count {ours}, the report {theirs}: {'; '.join(count.why)}"
        make = doubt if "why is not known" in count.why and not reading.freshness.stale else note
        yield make("counts", text)
