"""What health looks like to other programs: the same rules as `export` (version 1, camelCase, keys are only added)."""

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import structs

from fluxtui.insight.controllers import Controller
from fluxtui.insight.export import VERSION, Shape, counts, moment
from fluxtui.insight.health import HealthReport, verdict
from fluxtui.insight.plane import Plane
from fluxtui.insight.sync import Sync
from fluxtui.insight.tallies import Count


class FindingShape(Shape, frozen=True):
    """One statement: ``weight`` is bad, doubt, unseen or note; ``what`` names its sort."""

    what: str
    weight: str
    text: str


class ControllerShape(Shape, frozen=True):
    """A controller; ``available`` and ``restarts`` are null where nobody tells."""

    name: str
    status: str
    available: int | None
    wanted: int | None
    image: str
    tag: str
    digest: str
    restarts: int | None
    reported: str
    remarks: list[str]


class SyncShape(Shape, frozen=True):
    """What delivers the cluster; ``status`` is ours where ``seen``, else what the report's words mean."""

    object: str
    status: str
    revision: str
    time: str | None
    source: str
    path: str
    seen: bool
    reported: str
    remarks: list[str]


class ReportedShape(Shape, frozen=True):
    """What the report counts of a kind: ``running`` includes failing."""

    running: int
    failing: int
    suspended: int
    api_version: str
    total_size: str


class CountShape(Shape, frozen=True):
    """One kind: our count by status, the report's (null without one), and why they differ (empty: they agree)."""

    kind: str
    state: str
    total: int
    counts: dict[str, int]
    reported: ReportedShape | None
    why: list[str]


class ReportShape(Shape, frozen=True):
    """The FluxReport: when it was written and its interval in seconds; ``stale`` is older than twice that."""

    object: str
    written: str | None
    interval: int
    stale: bool


class PlaneShape(Shape, frozen=True, kw_only=True):
    """A control plane. ``source`` is report, computed (by us) or empty; null where there is no report or sync."""

    cluster: str
    state: str
    state_since: str | None
    detail: str
    status: str
    weight: str
    source: str
    flux: str
    wanted: str
    newest: str
    operator: str
    kubernetes: str
    platform: str
    nodes: int | None
    entitlement: str
    managed_by: str
    instance: str
    report: ReportShape | None
    controllers: list[ControllerShape]
    sync: SyncShape | None
    counts: list[CountShape]
    findings: list[FindingShape]


class OddShape(Shape, frozen=True):
    """A cluster that is not like most; ``older`` is null where that cannot be said."""

    cluster: str
    value: str
    older: bool | None


class SkewShape(Shape, frozen=True):
    """What clusters do not have alike: ``majority`` is the value of ``alike`` clusters."""

    what: str
    majority: str
    alike: int
    odd: list[OddShape]


class HealthShape(Shape, frozen=True, kw_only=True):
    """The health of a fleet. ``hidden`` counts the clusters that the filter hides."""

    version: int = VERSION
    kind: str = "Health"
    time: str
    healthy: bool
    complete: bool
    summary: str
    filter: str
    hidden: int
    clusters: list[PlaneShape]
    skews: list[SkewShape]


def health_shape(report: HealthReport, planes: Iterable[Plane] | None = None, filter_text: str = "") -> HealthShape:
    """A report with these of its control planes, by default with all of them."""
    shown = report.planes if planes is None else tuple(planes)
    part = structs.replace(report, planes=shown)
    return HealthShape(
        time=moment(report.now) or "",
        healthy=part.healthy,
        complete=part.complete,
        summary=verdict(report),
        filter=filter_text,
        hidden=len(report.planes) - len(shown),
        clusters=[_plane(each) for each in shown],
        skews=[
            SkewShape(
                each.what, each.majority, each.alike, [OddShape(odd.cluster, odd.value, odd.older) for odd in each.odd]
            )
            for each in report.skews
        ],
    )


def timeless(shape: HealthShape) -> Any:
    """The shape without the times that pass although nothing changes; equal results then say the same."""
    tree = msgspec.to_builtins(shape)
    for key in ("time", "summary"):
        tree.pop(key)
    for plane in tree["clusters"]:
        plane["report"] = {**plane["report"], "written": None} if plane["report"] else None
        plane["findings"] = [(each["what"], each["weight"]) for each in plane["findings"]]
        plane["counts"] = [{**each, "why": bool(each["why"])} for each in plane["counts"]]
        plane["sync"] = {**plane["sync"], "time": None} if plane["sync"] else None
        for each in plane["controllers"]:
            each["remarks"] = len(each["remarks"])
    return tree


def _plane(plane: Plane) -> PlaneShape:
    fresh = plane.freshness
    return PlaneShape(
        cluster=plane.cluster,
        state=str(plane.standing.phase),
        state_since=moment(plane.standing.since),
        detail=plane.standing.detail,
        status=plane.status.word,
        weight=plane.weight.name.lower(),
        source=plane.source,
        flux=plane.flux,
        wanted=plane.wanted,
        newest=plane.newest,
        operator=plane.operator,
        kubernetes=plane.kubernetes,
        platform=plane.platform,
        nodes=plane.nodes or None,
        entitlement=plane.entitlement,
        managed_by=plane.managed_by,
        instance=plane.instance,
        report=ReportShape(plane.report, moment(fresh.at), fresh.interval, fresh.stale) if plane.report else None,
        controllers=[_controller(each) for each in plane.controllers],
        sync=_sync(plane.sync),
        counts=[_count(each) for each in plane.counts],
        findings=[FindingShape(each.what, each.weight.name.lower(), each.text) for each in plane.findings],
    )


def _controller(each: Controller) -> ControllerShape:
    return ControllerShape(
        each.name,
        each.status.word,
        each.available if each.available >= 0 else None,
        each.wanted if each.wanted >= 0 else None,
        each.repository,
        each.tag,
        each.digest,
        each.restarts if each.restarts >= 0 else None,
        each.told,
        list(filter(None, (each.message, *each.remarks))),
    )


def _sync(sync: Sync | None) -> SyncShape | None:
    if sync is None:
        return None
    return SyncShape(
        sync.id,
        sync.status.word,
        sync.revision,
        moment(sync.at),
        sync.source,
        sync.path,
        sync.held,
        sync.told,
        list(sync.remarks),
    )


def _count(count: Count) -> CountShape:
    told = count.told
    reported = ReportedShape(told.running, told.failing, told.suspended, told.api, told.size) if told else None
    return CountShape(
        count.kind, str(count.state.phase), count.total, counts(count.counts), reported, [*count.why, *count.notes]
    )
