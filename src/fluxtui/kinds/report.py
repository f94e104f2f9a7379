"""The FluxReport: what the Flux Operator tells of an installation, now and then (facts: flux §1).

A report is decoded as far as it goes: an operator that failed to compute it leaves parts out, and older operators do
not know all of them. `ReportRecord.parts` says which are there.
"""

# ruff: noqa: N815
from msgspec import Struct

from fluxtui.kinds.columns import Column
from fluxtui.kinds.decode import Decoder
from fluxtui.kinds.flatten import common, every
from fluxtui.kinds.kind import Kind
from fluxtui.kinds.operator import GROUP
from fluxtui.kinds.record import Record
from fluxtui.kinds.text import clean, line, shared, word
from fluxtui.kinds.wire import Int, Resource, Status, Text

PARTS = ("distribution", "cluster", "components", "reconcilers", "sync")
"""The parts of a report in the order in which the operator computes them: it stops at the first that fails."""


class Tally(Struct, frozen=True, gc=False):
    """What a report counts of one kind: `running` includes failing (facts: flux §1); `size` as the report writes it."""

    kind: str
    running: int = 0
    failing: int = 0
    suspended: int = 0
    api: str = ""
    size: str = ""


class ComponentStatus(Struct, frozen=True, gc=False):
    """What a report says of one controller: `ready` is that of its Deployment, `status` kstatus' word and message."""

    name: str
    ready: bool = False
    status: str = ""
    image: str = ""


class ReportRecord(Record, frozen=True, gc=False, kw_only=True):
    """A FluxReport. `nodes` is 0 where it is not told; `api` is the version of the report object itself (``v1``)."""

    api: str = ""
    parts: tuple[str, ...] = ()
    """Those of `PARTS` that are there, and ``operator``."""
    flux_version: str = ""
    entitlement: str = ""
    installed: str = ""
    """Installed, Not Installed or Unknown."""
    managed_by: str = ""
    server_version: str = ""
    platform: str = ""
    nodes: int = 0
    operator_version: str = ""
    operator_platform: str = ""
    operator_api: str = ""
    components: tuple[ComponentStatus, ...] = ()
    tallies: tuple[Tally, ...] = ()
    sync_id: str = ""
    """As the report writes it: ``kustomization/flux-system``; empty without a sync."""
    sync_ready: bool = False
    """True for Ready=Unknown too (facts: flux §1)."""
    sync_status: str = ""
    sync_path: str = ""
    sync_source: str = ""

    @property
    def told_at(self) -> int:
        """When the operator last wrote it, in epoch seconds; 0 before it ever did."""
        return max(self.updated, self.ready_since)


class _Distribution(Struct, gc=False):
    version: Text = None
    entitlement: Text = None
    status: Text = None
    managedBy: Text = None


class _Cluster(Struct, gc=False):
    serverVersion: Text = None
    platform: Text = None
    nodes: Int = None


class _Operator(Struct, gc=False):
    version: Text = None
    platform: Text = None
    apiVersion: Text = None


class _Component(Struct, gc=False):
    name: Text = None
    ready: bool | None = None
    status: Text = None
    image: Text = None


class _Stats(Struct, gc=False):
    running: Int = None
    failing: Int = None
    suspended: Int = None
    totalSize: Text = None


class _Reconciler(Struct, gc=False):
    apiVersion: Text = None
    kind: Text = None
    stats: _Stats | None = None


class _ReportSync(Struct, gc=False):
    id: Text = None
    path: Text = None
    ready: bool | None = None
    status: Text = None
    source: Text = None


class _ReportSpec(Struct, gc=False):
    distribution: _Distribution | None = None
    cluster: _Cluster | None = None
    operator: _Operator | None = None
    components: list[_Component] | None = None
    reconcilers: list[_Reconciler] | None = None
    sync: _ReportSync | None = None


class FluxReport(Resource[_ReportSpec, Status], gc=False):
    """A report as the API has it."""

    apiVersion: Text = None


def _flatten_report(resource: FluxReport) -> Record:
    told = common("FluxReport", resource.metadata, None, resource.status)
    told["interval"] = every(resource.metadata, 300)
    told["updated"] = told.get("ready_since", 0)  # freshness is the transition of Ready (facts: flux §1)
    told["api"] = shared((resource.apiVersion or "").rpartition("/")[2])
    spec = resource.spec or _ReportSpec()
    told["parts"] = tuple(part for part in (*PARTS, "operator") if getattr(spec, part) is not None)
    if spec.distribution is not None:
        told["flux_version"] = told["revision"] = shared(spec.distribution.version)
        told["entitlement"] = shared(spec.distribution.entitlement)
        told["installed"] = shared(spec.distribution.status)
        told["managed_by"] = shared(spec.distribution.managedBy)
    if spec.cluster is not None:
        told["server_version"] = shared(spec.cluster.serverVersion)
        told["platform"] = shared(spec.cluster.platform)
        told["nodes"] = spec.cluster.nodes or 0
    if spec.operator is not None:
        told["operator_version"] = shared(spec.operator.version)
        told["operator_platform"] = shared(spec.operator.platform)
        told["operator_api"] = shared(spec.operator.apiVersion)
    told["components"] = tuple(
        ComponentStatus(shared(each.name), bool(each.ready), word(each.status), shared(each.image))
        for each in spec.components or ()
        if each.name
    )
    told["tallies"] = tuple(_tally(each, each.stats) for each in spec.reconcilers or () if each.stats is not None)
    if spec.sync is not None:
        told["sync_id"] = shared(spec.sync.id)
        told["sync_ready"] = bool(spec.sync.ready)
        told["sync_status"] = clean(spec.sync.status)
        told["sync_path"] = line(spec.sync.path)
        told["sync_source"] = shared(spec.sync.source)
    return ReportRecord(**told)


def _tally(each: _Reconciler, stats: _Stats) -> Tally:
    numbers = (stats.running or 0, stats.failing or 0, stats.suspended or 0)
    return Tally(shared(each.kind), *numbers, shared(each.apiVersion), shared(stats.totalSize))


def _total(number: str) -> Column:
    return Column(
        number,
        number.upper(),
        lambda r: str(sum(getattr(tally, number) for tally in r.tallies)),
        lambda r: sum(getattr(tally, number) for tally in r.tallies),
        right=True,
        width=7,
        main=True,
    )


KINDS = (
    Kind(
        name="FluxReport",
        group=GROUP,
        versions=("v1", "v1beta1"),
        plural="fluxreports",
        short=("fr",),
        columns=(
            Column("flux", "FLUX", lambda r: r.flux_version, width=9, main=True),
            Column("operator", "OPERATOR", lambda r: r.operator_version, width=9),
            _total("running"),
            _total("failing"),
        ),
        rank=1,
        decoder=Decoder(FluxReport, _flatten_report),
    ),
)
