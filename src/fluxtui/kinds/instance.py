"""The FluxInstance: which Flux is asked for, from where the cluster is delivered, and what was installed for it."""

# ruff: noqa: N815
from msgspec import Struct

from fluxtui.kinds.columns import OBJECTS, REVISION, Column
from fluxtui.kinds.decode import Decoder
from fluxtui.kinds.flatten import common, epoch, every, history
from fluxtui.kinds.kind import Kind
from fluxtui.kinds.operator import GROUP
from fluxtui.kinds.record import Record
from fluxtui.kinds.text import line, shared, word
from fluxtui.kinds.wire import Resource, Snapshot, Status, Text


class Image(Struct, frozen=True, gc=False):
    """An image that a FluxInstance has resolved for a component."""

    name: str
    repository: str = ""
    tag: str = ""
    digest: str = ""


class Run(Struct, frozen=True, gc=False):
    """One entry of an instance's history: Flux version, outcome, first and last time (epoch s), how often and long."""

    flux: str = ""
    outcome: str = ""
    first: int = 0
    last: int = 0
    times: int = 0
    took: str = ""
    digest: str = ""


class InstanceRecord(Record, frozen=True, gc=False, kw_only=True):
    """A FluxInstance: what is asked for (`wanted`: a version or a range) and what was installed for it (`images`).

    `url` and `path` are those of its sync. `patches` names the target of each patch.
    """

    wanted: str = ""
    registry: str = ""
    variant: str = ""
    artifact: str = ""
    asked: tuple[str, ...] = ()
    images: tuple[Image, ...] = ()
    sync_kind: str = ""
    sync_ref: str = ""
    sync_name: str = ""
    sync_interval: str = ""
    shard_key: str = ""
    shards: tuple[str, ...] = ()
    patches: tuple[str, ...] = ()
    cluster_type: str = ""
    cluster_size: str = ""
    domain: str = ""
    multitenant: bool = False
    network_policy: bool = True
    storage: str = ""
    runs: tuple[Run, ...] = ()


class _WantedDistribution(Struct, gc=False):
    version: Text = None
    registry: Text = None
    variant: Text = None
    artifact: Text = None


class _WantedCluster(Struct, gc=False):
    type: Text = None
    size: Text = None
    domain: Text = None
    multitenant: bool | None = None
    networkPolicy: bool | None = None


class _Sync(Struct, gc=False):
    kind: Text = None
    url: Text = None
    ref: Text = None
    path: Text = None
    name: Text = None
    interval: Text = None


class _Sharding(Struct, gc=False):
    key: Text = None
    shards: list[str] | None = None


class _Storage(Struct, gc=False):
    size: Text = None


class _Target(Struct, gc=False):
    kind: Text = None
    name: Text = None
    labelSelector: Text = None


class _Patch(Struct, gc=False):
    target: _Target | None = None


class _Kustomize(Struct, gc=False):
    patches: list[_Patch] | None = None


class _InstanceSpec(Struct, gc=False):
    distribution: _WantedDistribution | None = None
    components: list[str] | None = None
    cluster: _WantedCluster | None = None
    sync: _Sync | None = None
    sharding: _Sharding | None = None
    storage: _Storage | None = None
    kustomize: _Kustomize | None = None


class _Resolved(Struct, gc=False):
    name: Text = None
    repository: Text = None
    tag: Text = None
    digest: Text = None


class _InstanceSnapshot(Snapshot, gc=False):
    lastReconciledDuration: Text = None


class _InstanceStatus(Status, gc=False):
    history: list[_InstanceSnapshot] | None = None  # pyright: ignore[reportIncompatibleVariableOverride]
    components: list[_Resolved] | None = None


FluxInstance = Resource[_InstanceSpec, _InstanceStatus]


def _flatten_instance(resource: FluxInstance) -> Record:
    told = common("FluxInstance", resource.metadata, None, resource.status)
    told["interval"] = every(resource.metadata, 3600)
    spec, status = resource.spec or _InstanceSpec(), resource.status
    if status is not None:
        entries = status.history or []
        history(told, list(entries))
        told["runs"] = runs = tuple(map(_run, entries))
        told["good_revision"] = next(
            (f"{run.flux}@{run.digest}" for run in runs if run.digest and run.digest == told.get("good_revision")), ""
        )
        told["images"] = tuple(
            Image(shared(each.name), shared(each.repository), shared(each.tag), word(each.digest))
            for each in status.components or ()
            if each.name
        )
    distribution = spec.distribution or _WantedDistribution()
    told["wanted"] = shared(distribution.version)
    told["registry"] = shared(distribution.registry)
    told["variant"] = shared(distribution.variant)
    told["artifact"] = shared(distribution.artifact)
    told["asked"] = tuple(map(shared, spec.components or ()))
    told["patches"] = tuple(_patched(each.target) for each in (spec.kustomize or _Kustomize()).patches or ())
    cluster = spec.cluster or _WantedCluster()
    told["cluster_type"] = shared(cluster.type)
    told["cluster_size"] = shared(cluster.size)
    told["domain"] = shared(cluster.domain)
    told["multitenant"] = bool(cluster.multitenant)
    told["network_policy"] = cluster.networkPolicy is not False
    if spec.sync is not None:
        told["url"] = shared(spec.sync.url)
        told["path"] = line(spec.sync.path)
        told["sync_kind"] = shared(spec.sync.kind)
        told["sync_ref"] = shared(spec.sync.ref)
        told["sync_name"] = shared(spec.sync.name)
        told["sync_interval"] = shared(spec.sync.interval)
    if spec.sharding is not None:
        told["shard_key"] = shared(spec.sharding.key)
        told["shards"] = tuple(map(shared, spec.sharding.shards or ()))
    if spec.storage is not None:
        told["storage"] = shared(spec.storage.size)
    return InstanceRecord(**told)


def _run(entry: _InstanceSnapshot) -> Run:
    return Run(
        word((entry.metadata or {}).get("flux")),
        word(entry.lastReconciledStatus),
        epoch(entry.firstReconciled),
        epoch(entry.lastReconciled),
        entry.totalReconciliations or 0,
        line(entry.lastReconciledDuration),
        word(entry.digest),
    )


def _patched(target: _Target | None) -> str:
    """What a patch is for, in words: ``Deployment kustomize-controller``."""
    if target is None:
        return "what it names itself"
    who = target.name or (f"with {target.labelSelector}" if target.labelSelector else "every one")
    return line(f"{target.kind or 'any kind'} {who}")


KINDS = (
    Kind(
        name="FluxInstance",
        group=GROUP,
        versions=("v1", "v1beta1"),
        plural="fluxinstances",
        short=("fi", "fluxinst"),
        columns=(
            REVISION,
            Column("wanted", "WANTED", lambda r: r.wanted, width=8),
            OBJECTS,
            Column("sync", "SYNC", lambda r: r.url, width=20, weight=2),
        ),
        rank=1,
        decoder=Decoder(FluxInstance, _flatten_instance),
    ),
)
