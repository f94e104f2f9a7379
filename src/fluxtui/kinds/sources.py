"""The kinds of source.toolkit.fluxcd.io and source.extensions.fluxcd.io: where revisions come from."""

# ruff: noqa: N815
from msgspec import Struct

from fluxtui.kinds.columns import OBJECTS, REVISION, SOURCE, URL, Column
from fluxtui.kinds.decode import Decoder
from fluxtui.kinds.flatten import common, conditions, identity, inventory, reference, references
from fluxtui.kinds.kind import Kind
from fluxtui.kinds.record import Record
from fluxtui.kinds.text import line, shared
from fluxtui.kinds.wire import Condition, Int, Inventory, InventoryEntry, Reference, Resource, Spec, Status, Text

GROUP = "source.toolkit.fluxcd.io"
BUILT_FROM = "org.opencontainers.image.source"
"""The annotation by which ``flux push artifact --source`` names the repository."""


class Signer(Struct, frozen=True, gc=False):
    """An identity whose signature is accepted: two Go regexes, that are searched for in the certificate's own words."""

    issuer: str = ""
    subject: str = ""


class SourceRecord(Record, frozen=True, gc=False, kw_only=True):
    """A source: `wanted` is the tag, branch, semver or version that it follows; `verify` who must have signed;
    `built_from` the repository that its artifact was built from, as an OCI artifact's annotation tells.
    """

    wanted: str = ""
    verify: str = ""
    signers: tuple[Signer, ...] = ()
    """``verify.matchOIDCIdentity``"""
    keyed: bool = False
    """Whether it is verified with keys (``verify.secretRef``): `signers` mean nothing then."""
    built_from: str = ""


class _Ref(Struct, gc=False):
    branch: Text = None
    tag: Text = None
    semver: Text = None
    name: Text = None
    commit: Text = None
    digest: Text = None


class _Signer(Struct, gc=False):
    issuer: Text = None
    subject: Text = None


class _Verify(Struct, gc=False):
    provider: Text = None
    mode: Text = None
    secretRef: Reference | None = None
    matchOIDCIdentity: list[_Signer] | None = None


class _SourceSpec(Spec, gc=False):
    ref: _Ref | None = None
    verify: _Verify | None = None
    type: Text = None
    bucketName: Text = None
    endpoint: Text = None
    chart: Text = None
    version: Text = None


Source = Resource[_SourceSpec, Status]


def _wanted(spec: _SourceSpec) -> str:
    """What the controller follows: of several fields of `ref` the first of these wins (source API v1)."""
    ref = spec.ref
    if ref is not None:
        named = (
            (ref.digest, ""),
            (ref.commit, ""),
            (ref.name, ""),
            (ref.semver, "semver "),
            (ref.tag, ""),
            (ref.branch, ""),
        )
        return next((prefix + value for value, prefix in named if value), "")
    return spec.version or ""


def _signers(found: list[_Signer] | None) -> tuple[Signer, ...]:
    return tuple([Signer(shared(each.issuer), shared(each.subject)) for each in found or ()])


def _flattening(kind: str):
    def flatten(resource: Source) -> Record:
        told = common(kind, resource.metadata, resource.spec, resource.status)
        spec = resource.spec
        if spec is not None:
            told["wanted"] = shared(_wanted(spec))
            if spec.verify is not None:
                told["verify"] = shared(spec.verify.provider or spec.verify.mode)
                told["keyed"] = spec.verify.secretRef is not None
                told["signers"] = _signers(spec.verify.matchOIDCIdentity)
            if spec.endpoint or spec.bucketName:
                told["url"] = shared(f"{spec.endpoint or ''}/{spec.bucketName or ''}")
            if spec.chart:
                told["path"] = shared(spec.chart)
            if kind == "HelmChart" and spec.sourceRef is not None:
                told["source"] = reference(spec.sourceRef, "HelmRepository", told["namespace"])
        artifact = resource.status.artifact if resource.status is not None else None
        if artifact is not None and artifact.metadata:
            told["built_from"] = shared(artifact.metadata.get(BUILT_FROM))
        return SourceRecord(**told)

    return flatten


WANTED = Column("wanted", "FOLLOWS", lambda r: getattr(r, "wanted", ""), width=12)
VERIFY = Column("verify", "VERIFIES", lambda r: getattr(r, "verify", ""), width=8, wide=True)
CHART = Column("chart", "CHART", lambda r: r.path, width=16, weight=1)


def _source(
    name: str, plural: str, *short: str, versions: tuple[str, ...] = ("v1", "v1beta2", "v1beta1"), rank: int = 2
) -> Kind:
    columns = (CHART, WANTED, REVISION, SOURCE) if name == "HelmChart" else (WANTED, REVISION, VERIFY, URL)
    return Kind(
        name=name,
        group=GROUP,
        versions=versions,
        plural=plural,
        short=short,
        columns=columns,
        rank=rank,
        decoder=Decoder(Source, _flattening(name)),
    )


class _GeneratorSpec(Struct, gc=False):
    sources: list[Reference] | None = None


class _GeneratorStatus(Struct, gc=False):
    """Its inventory is a list of the ExternalArtifacts that it made, unlike that of all other kinds."""

    conditions: list[Condition] | None = None
    observedGeneration: Int = None
    inventory: list[Reference] | None = None
    lastHandledReconcileAt: Text = None


Generator = Resource[_GeneratorSpec, _GeneratorStatus]


def _flatten_generator(resource: Generator) -> Record:
    told = identity("ArtifactGenerator", resource.metadata)
    namespace, status = told["namespace"], resource.status
    if status is not None:
        conditions(told, status.conditions, status.observedGeneration)
        told["handled"] = line(status.lastHandledReconcileAt)
        made = [
            f"{ref.namespace or namespace}_{ref.name}_{GROUP}_ExternalArtifact"
            for ref in status.inventory or ()
            if ref.name
        ]
        if status.inventory is not None:
            inventory(told, Inventory([InventoryEntry(entry) for entry in made]))
    if resource.spec is not None:
        told["inputs"] = references(resource.spec.sources, "OCIRepository", namespace)
    return Record(**told)


KINDS = (
    _source("GitRepository", "gitrepositories", "gitrepo", "gr"),
    _source("OCIRepository", "ocirepositories", "oci", "ocirepo", rank=1),
    _source("Bucket", "buckets", "bk"),
    _source("HelmRepository", "helmrepositories", "helmrepo"),
    _source("HelmChart", "helmcharts", "hc"),
    _source("ExternalArtifact", "externalartifacts", "ea", versions=("v1",)),
    Kind(
        name="ArtifactGenerator",
        group="source.extensions.fluxcd.io",
        versions=("v1", "v1beta1"),
        plural="artifactgenerators",
        short=("ag",),
        columns=(OBJECTS,),
        rank=2,
        decoder=Decoder(Generator, _flatten_generator),
    ),
)
