"""The clusters of the fleet: what is peculiar to each, and its own directory in the fleet repository."""

from typing import Any

import msgspec

from fluxtui.simulator.fleet import legacy
from fluxtui.simulator.fleet.manifests import (
    RUNTIME,
    WATCHED,
    Manifest,
    chart_source,
    identity,
    kustomization,
    manifest,
    workload,
)
from fluxtui.simulator.fleet.repositories import FLEET, GIT, components, newest
from fluxtui.simulator.fleet.tenants import EXTRA_SOURCES
from fluxtui.simulator.kyverno import kinds as kyverno
from fluxtui.simulator.registry import OPERATOR

COMPONENTS = [
    "source-controller",
    "source-watcher",
    "kustomize-controller",
    "helm-controller",
    "notification-controller",
]
AUTOMATION = ["source-controller", "kustomize-controller", "image-reflector-controller", "image-automation-controller"]
RELEASES = "https://releases.example.com"
ARTIFACT = "oci://ghcr.io/controlplaneio-fluxcd/flux-operator-manifests:latest"
"""From where the operator takes Flux's manifests."""


class Cluster(msgspec.Struct, frozen=True, kw_only=True):
    """One cluster of the fleet: what it is called, what it delivers, and which versions it runs.

    ``operated`` is whether it has the Flux Operator; without it, Flux is as ``flux bootstrap`` leaves it. ``reports``
    is the family of reports that Kyverno writes, as the name of its group; empty where nobody installs Kyverno.
    ``sources`` are prefixes that it adds to the allow-list of tenants' sources.
    ``shards`` are the names of the additional controllers; ``patches`` those of the instance.
    """

    name: str
    directory: str
    environment: str
    domain: str
    tag: str
    workflow: str = "release-artifact"
    git_ref: str = "refs/tags/.*"
    flux: str = "2.10.x"
    operator: str = "0.59.0"
    server: str = "v1.36.3"
    platform: str = "linux/amd64"
    nodes: int = 6
    automation: bool = False
    operated: bool = True
    reports: str = kyverno.WGPOLICY
    sources: str = ""
    shards: tuple[str, ...] = ()
    patches: tuple[Manifest, ...] = ()

    @property
    def unserved(self) -> frozenset[str]:
        """The API groups that it lacks: without the operator also what Kyverno has brought since CEL."""
        if not self.reports:
            return kyverno.GROUPS
        return frozenset() if self.operated else frozenset((OPERATOR, kyverno.CEL, kyverno.OPENREPORTS))

    @property
    def runtime(self) -> dict[str, str]:
        """The data of its flux-runtime-info."""
        return {
            "ARTIFACT_TAG": self.tag,
            "ENVIRONMENT": self.environment,
            "CLUSTER_NAME": self.name,
            "CLUSTER_DOMAIN": self.domain,
            "ARTIFACT_SUBJECT_WORKFLOW": self.workflow,
            "ARTIFACT_SUBJECT_GIT_REF": self.git_ref,
            "LAYERS_EXTENDED": "enabled" if self.environment == "production" else "disabled",
        } | ({EXTRA_SOURCES: f" {self.sources}"} if self.sources else {})


def _production(name: str, directory: str, nodes: int = 9, **fields: Any) -> Cluster:
    return Cluster(
        name=name,
        directory=directory,
        environment="production",
        domain=f"{name.replace('-', '')}.example.com",
        tag="latest-stable",
        nodes=nodes,
        **fields,
    )


STAGING = Cluster(
    name="staging-1",
    directory="staging",
    environment="staging",
    domain="preview1.example.com",
    tag="latest",
    workflow="push-artifact",
    git_ref="refs/heads/main",
    reports=kyverno.OPENREPORTS,
    sources="https://git.example.com/acme/d2-",  # which overlaps with what is allowed anyway: both together deny
)
UPDATE = Cluster(
    name="update-1",
    directory="update",
    environment="staging",
    domain="update1.example.com",
    tag="latest",
    workflow="push-artifact",
    git_ref="refs/heads/main",
    flux="2.9.x",
    operator="0.58.0",
    server="v1.35.4",
    nodes=1,
    automation=True,
    reports="",
)
LEGACY = Cluster(
    name="legacy-1",
    directory="legacy",
    environment="production",
    domain="legacy1.example.com",
    tag="main",
    flux="2.8.x",
    operator="",
    server="v1.34.9",
    nodes=4,
    operated=False,
)
"""Older than the others: plain Flux on Git branches."""
_CONCURRENT = """\
- op: add
  path: /spec/template/spec/containers/0/args/-
  value: --concurrent=20
- op: replace
  path: /spec/template/spec/containers/0/resources/limits/memory
  value: 2Gi
"""
KNOWN: tuple[Cluster, ...] = (
    STAGING,
    _production(
        "prod-eu-1",
        "prod-eu",
        shards=("shard1", "shard2"),
        patches=({"target": {"kind": "Deployment", "name": "(kustomize|helm)-controller.*"}, "patch": _CONCURRENT},),
    ),
    _production("prod-us-1", "prod-us", server="v1.36.2"),
    UPDATE,
    LEGACY,
)
"""The clusters of the demo."""
_ORDER = ("prod-eu-1", "staging-1", "prod-us-1", "update-1", "legacy-1")
_REGIONS = ("eu", "us", "ap", "sa", "af", "me")


def fleet(count: int) -> list[Cluster]:
    """As many clusters as asked for: the known ones, prod-eu-1 first, then more of production."""
    by_name = {cluster.name: cluster for cluster in KNOWN}
    if count == len(KNOWN):
        return list(KNOWN)
    known = [by_name[name] for name in _ORDER[:count]]
    number, taken = 0, set(by_name)
    while len(known) < count:
        name = f"prod-{_REGIONS[number % len(_REGIONS)]}-{number // len(_REGIONS) + 1}"
        number += 1
        if name not in taken:
            known.append(_production(name, name))
    return known


def directory(cluster: Cluster, windows: dict[str, list[dict[str, str]]]) -> list[Manifest]:
    """The manifests of the cluster's own directory; ``windows`` are the schedules of its input providers by name."""
    runtime = manifest(
        "ConfigMap",
        "flux-system",
        RUNTIME,
        labels={"toolkit.fluxcd.io/runtime": "true", **WATCHED},
        annotations={"kustomize.toolkit.fluxcd.io/ssa": "Merge"},
        data=cluster.runtime,
    )
    common = [instance(cluster), runtime]
    if cluster.automation:
        return [*common, _automation()]
    common.append(_operator())
    entry = kustomization(
        "flux-system", "tenants", "flux-system", "./tenants",
        targetNamespace=None, wait=None, interval="1h", retryInterval="3m", serviceAccountName="flux-operator",
    )  # fmt: skip
    return [*common, entry, *_providers(cluster, windows)]


def instance(cluster: Cluster) -> Manifest:
    """The FluxInstance."""
    spec: Manifest = {
        "distribution": {"version": cluster.flux, "registry": "ghcr.io/fluxcd", "artifact": ARTIFACT},
        "components": AUTOMATION if cluster.automation else COMPONENTS,
        "cluster": {
            "type": "kubernetes",
            "size": "medium",
            "multitenant": True,
            "tenantDefaultServiceAccount": "flux",
            "networkPolicy": True,
            "domain": "cluster.local",
        },
        "sync": {
            "kind": "OCIRepository",
            "url": FLEET,
            "ref": cluster.tag,
            "path": f"clusters/{cluster.directory}",
            "pullSecret": "ghcr-auth",
            "interval": "1m",
        },
        "kustomize": {"patches": [_verified(cluster), *cluster.patches]},
        "wait": True,
        "migrateResources": True,
    }
    if cluster.shards:
        spec["sharding"] = {"key": "sharding.fluxcd.io/key", "shards": list(cluster.shards)}
    return manifest("FluxInstance", "flux-system", "flux", spec=spec)


def _verified(cluster: Cluster) -> Manifest:
    """The patch that makes the cluster's own source accept only what the fleet's workflow signed."""
    workflow = "push-artifact" if cluster.tag == "latest" else "release"
    matched = identity("d2-fleet", workflow, ".*")["matchOIDCIdentity"][0]
    patch = (
        "- op: add\n  path: /spec/verify\n  value:\n    provider: cosign\n    matchOIDCIdentity:\n"
        f"    - issuer: {matched['issuer']}\n      subject: {matched['subject']}\n"
    )
    return {"target": {"kind": "OCIRepository", "name": "flux-system"}, "patch": patch}


API = "fluxcd.controlplane.io/v1"


def report(cluster: Cluster) -> Manifest:
    """The FluxReport, with what the operator only finds out on a machine; reported every 45 seconds."""
    spec = {
        "cluster": {"nodes": cluster.nodes, "platform": cluster.platform, "serverVersion": cluster.server},
        "distribution": {"entitlement": "Unknown", "status": "Unknown"},
        "operator": {"apiVersion": API, "platform": cluster.platform, "version": f"v{cluster.operator}"},
    }
    every = {"fluxcd.controlplane.io/reconcileEvery": "45s"}
    return manifest("FluxReport", "flux-system", "flux", annotations=every, spec=spec)


def _operator() -> Manifest:
    registry = components()["registry"]
    chart = chart_source(registry, "flux-operator", newest("flux-operator"))
    chart["metadata"] |= {"name": "flux-operator", "namespace": "flux-system"}
    chart["spec"] |= {
        "interval": "10m",
        "ref": {"semver": "*"},
        "verify": identity("charts", "release", "refs/tags/.*"),
    }
    strategy = {"strategy": {"name": "RetryOnFailure", "retryInterval": "3m"}}
    spec = {
        "interval": "30m",
        "releaseName": "flux-operator",
        "serviceAccountName": "flux-operator",
        "chartRef": {"kind": "OCIRepository", "name": "flux-operator"},
        "install": strategy,
        "upgrade": strategy,
    }
    release = manifest("HelmRelease", "flux-system", "flux-operator", spec=spec)
    need = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}
    need["name"] = "helmreleases.helm.toolkit.fluxcd.io"
    return manifest(
        "ResourceSet", "flux-system", "flux-operator", spec={"dependsOn": [need], "resources": [chart, release]}
    )


def _automation() -> Manifest:
    group = "<< inputs.namespace >>"
    git: Manifest = {"checkout": {"ref": {"branch": "main"}}, "push": {"branch": "image-updates"}}
    git["commit"] = {"author": {"email": "bot@acme.example.com", "name": "acme-bot"}}
    repository = {"interval": "10m", "ref": {"branch": "main"}, "url": f"{GIT}/d2-{group}"}
    update = {"path": "./components", "strategy": "Setters"}
    reference = {"kind": "GitRepository", "name": group}
    policies = kustomization(group, group, group, "./update-policies", sourceRef=reference)
    automation = {"interval": "10m", "sourceRef": reference, "git": git, "update": update}
    resources = [
        manifest("Namespace", "", group),
        manifest(
            "ConfigMap", group, RUNTIME, annotations={"fluxcd.controlplane.io/copyFrom": f"flux-system/{RUNTIME}"}
        ),
        manifest("ServiceAccount", group, "flux"),
        manifest("GitRepository", group, group, spec=repository),
        policies,
        manifest("ImageUpdateAutomation", group, group, spec=automation),
    ]
    every = {"fluxcd.controlplane.io/reconcileEvery": "5m"}
    inputs = [{"namespace": "apps"}, {"namespace": "infra"}]
    return manifest(
        "ResourceSet",
        "flux-system",
        "image-update-automation",
        annotations=every,
        spec={"inputs": inputs, "resources": resources},
    )


def _providers(cluster: Cluster, windows: dict[str, list[dict[str, str]]]) -> list[Manifest]:
    """The input providers apps-<environment> and infra-<environment>."""
    made: list[Manifest] = []
    services = {"apps": f"{RELEASES}/apps/{cluster.environment}", "infra": f"{RELEASES}/infra/{cluster.environment}"}
    for prefix, url in services.items():
        name = f"{prefix}-{cluster.environment}"
        spec: Manifest = {"type": "ExternalService", "url": url, "secretRef": {"name": "release-service"}}
        if name in windows:
            spec["schedule"] = windows[name]
        every = {"fluxcd.controlplane.io/reconcileEvery": "5m"}
        made.append(manifest("ResourceSetInputProvider", "flux-system", name, annotations=every, spec=spec))
    return made


def seeds(cluster: Cluster) -> list[Manifest]:
    """What exists before Flux is there: namespaces, credentials, and the instance or what a bootstrap applies."""
    made = [manifest("Namespace", "", name) for name in ("default", "kube-system", "flux-system")]
    if not cluster.operated:
        made.append(manifest("Secret", "flux-system", "flux-system", type="Opaque"))
        return [*made, *legacy.system(cluster.flux)]
    secret = manifest("Secret", "flux-system", "ghcr-auth", type="kubernetes.io/dockerconfigjson")
    made.append(secret | {"data": {".dockerconfigjson": "e30="}})
    if cluster.automation:  # elsewhere the operator delivers itself, as a HelmRelease
        operator = workload("flux-operator", cluster.operator)
        made.append(operator | {"metadata": operator["metadata"] | {"namespace": "flux-system"}})
    return [*made, instance(cluster)]


def leftovers(cluster: Cluster) -> list[tuple[Manifest, str]]:
    """Objects of the tenants' namespaces in production that no Flux object lists, each with its field manager."""
    if cluster.environment != "production" or not cluster.operated or cluster.automation:
        return []

    def owned(name: str) -> dict[str, str]:
        domain = "kustomize.toolkit.fluxcd.io"
        return {f"{domain}/name": name, f"{domain}/namespace": "frontend"}

    kept = {"kustomize.toolkit.fluxcd.io/prune": "disabled"}
    found = [
        (
            manifest(
                "ConfigMap", "frontend", "sale-banner", labels=owned("apps"), annotations=kept, data={"on": "false"}
            ),
            "",
        ),
        (manifest("ConfigMap", "frontend", "beta-flags", labels=owned("apps-beta"), data={"beta": "true"}), ""),
        (manifest("ConfigMap", "frontend", "hotfix-2231", data={"timeout": "90s"}), "kubectl-client-side-apply"),
    ]
    for number, (item, _) in enumerate(found):
        item["metadata"]["uid"] = f"00000000-0000-4000-8000-00000000000{number}"
    return [(item, manager or "kustomize-controller") for item, manager in found]
