"""Kustomization and HelmRelease: the kinds that apply what sources hold."""

# ruff: noqa: N815
from itertools import zip_longest

from msgspec import Struct

from fluxtui.kinds.columns import OBJECTS, PATH, REVISION, SOURCE, Column, revision
from fluxtui.kinds.decode import Decoder
from fluxtui.kinds.flatten import Told, common, epoch, history, reference, references
from fluxtui.kinds.kind import Kind
from fluxtui.kinds.record import Record
from fluxtui.kinds.text import line, shared, word
from fluxtui.kinds.wire import Int, Reference, Resource, Snapshot, Spec, Status, Text


class _KubeConfig(Struct, gc=False):
    secretRef: Reference | None = None
    configMapRef: Reference | None = None


class _PostBuild(Struct, gc=False):
    substituteFrom: list[Reference] | None = None


class _KustomizationSpec(Spec, gc=False):
    kubeConfig: _KubeConfig | None = None
    wait: bool | None = None
    postBuild: _PostBuild | None = None


Kustomization = Resource[_KustomizationSpec, Status]


def _elsewhere(config: _KubeConfig | None) -> str:
    """The name of what holds the kubeconfig."""
    ref = config and (config.secretRef or config.configMapRef)
    return line(ref.name) if ref else ""


def _flatten_kustomization(resource: Kustomization) -> Record:
    told = common("Kustomization", resource.metadata, resource.spec, resource.status)
    if resource.status is not None:
        history(told, resource.status.history)
    if resource.spec is not None:
        told["elsewhere"] = _elsewhere(resource.spec.kubeConfig)
        told["waits"] = bool(resource.spec.wait)
        if resource.spec.postBuild is not None:
            told["inputs"] = references(resource.spec.postBuild.substituteFrom, "ConfigMap", told["namespace"])
    return Record(**told)


class _ChartSpec(Struct, gc=False):
    chart: Text = None
    version: Text = None
    sourceRef: Reference | None = None


class _Chart(Struct, gc=False):
    spec: _ChartSpec | None = None


class _HelmReleaseSpec(Spec, gc=False):
    kubeConfig: _KubeConfig | None = None
    chart: _Chart | None = None
    chartRef: Reference | None = None
    valuesFrom: list[Reference] | None = None


class _HelmReleaseStatus(Status, gc=False):
    failures: Int = None


HelmRelease = Resource[_HelmReleaseSpec, _HelmReleaseStatus]


RELEASED = frozenset({"deployed", "superseded"})


def release_history(told: Told, entries: list[Snapshot] | None) -> None:
    """The outcome of a Helm release from its history, newest first.

    A rollback on top is the remedy of the failure below it, not a success (recordings, lesson 4): the outcome is
    that of the newest entry which is not a rollback, failing since the oldest of the failures in a row.
    """
    if not entries:
        return
    top = next((index for index, entry in enumerate(entries) if entry.action != "rollback"), 0)
    newest, older = entries[top], entries[top + 1 :]
    told["revision"] = word(entries[0].chartVersion)
    told["updated"] = epoch(entries[0].lastDeployed)
    told["outcome"] = word(newest.status)
    told["outcome_since"] = told["outcome_at"] = epoch(newest.lastDeployed)
    told["tries"] = 1
    if newest.status == "failed":
        _since_it_was_good(told, older)
    else:
        good = (entry for entry in older if entry.status in RELEASED and entry.chartVersion != newest.chartVersion)
        _good(told, next(good, None))


def _since_it_was_good(told: Told, older: list[Snapshot]) -> None:
    """Back through failures and the rollbacks between them. (The first release is named a rollback too, later on.)"""
    for entry, before in zip_longest(older, older[1:]):
        if entry.status == "failed":
            told["outcome_since"] = epoch(entry.lastDeployed)
            told["tries"] += 1
        elif entry.status in RELEASED and not (entry.action == "rollback" and before and before.status == "failed"):
            _good(told, entry)
            return


def _good(told: Told, entry: Snapshot | None) -> None:
    if entry is not None:
        told["good_at"] = epoch(entry.lastDeployed)
        told["good_revision"] = word(entry.chartVersion)


def _flatten_release(resource: HelmRelease) -> Record:
    told = common("HelmRelease", resource.metadata, resource.spec, resource.status)
    namespace = told["namespace"]
    spec, status = resource.spec, resource.status
    if status is not None:
        release_history(told, status.history)
        if status.failures and told.get("outcome") == "failed":
            told["tries"] = max(status.failures, told["tries"])
    if spec is not None:
        told["elsewhere"] = _elsewhere(spec.kubeConfig)
        told["inputs"] = references(spec.valuesFrom, "ConfigMap", namespace)
        chart = spec.chart.spec if spec.chart is not None else None
        if spec.chartRef is not None:
            told["source"] = reference(spec.chartRef, "OCIRepository", namespace)
        elif chart is not None:
            home = chart.sourceRef.namespace if chart.sourceRef is not None and chart.sourceRef.namespace else namespace
            told["source"] = shared(f"HelmChart/{home}/{namespace}-{told['name']}")
            told["path"] = line(chart.chart)
    return Record(**told)


CHART_VERSION = Column("revision", "CHART VERSION", lambda r: revision(r.revision), width=14, weight=1)

KINDS = (
    Kind(
        name="Kustomization",
        group="kustomize.toolkit.fluxcd.io",
        versions=("v1", "v1beta2", "v1beta1"),
        plural="kustomizations",
        short=("ks",),
        columns=(REVISION, OBJECTS, PATH, SOURCE),
        rank=0,
        decoder=Decoder(Kustomization, _flatten_kustomization),
    ),
    Kind(
        name="HelmRelease",
        group="helm.toolkit.fluxcd.io",
        versions=("v2", "v2beta2", "v2beta1"),
        plural="helmreleases",
        short=("hr",),
        columns=(CHART_VERSION, OBJECTS, SOURCE),
        rank=1,
        decoder=Decoder(HelmRelease, _flatten_release),
    ),
)
