"""The cluster without the Flux Operator: plain Flux as ``flux bootstrap`` makes it, delivered from Git branches.

What it holds is in ``legacy.yaml``: the long chain of a grown platform, from namespaces to applications.
"""

from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Any

from fluxtui.simulator.controllers.releases import definitions, deployment, newest
from fluxtui.simulator.fleet import policies
from fluxtui.simulator.fleet.manifests import API_VERSIONS, Manifest, config, manifest
from fluxtui.simulator.fleet.repositories import GIT
from fluxtui.simulator.resources import Resource, to_crd
from fluxtui.simulator.world import Artifact, World, commit

COMPONENTS = ["source-controller", "kustomize-controller", "helm-controller", "notification-controller"]
"""The controllers that ``flux bootstrap`` installs unless told otherwise."""
REGISTRY = "ghcr.io/fluxcd"
BRANCH = "main"
DIRECTORY = "clusters/legacy"
CHARTS = "charts"
"""The HelmRepository that all releases take their charts from."""
HASTE = ("--requeue-dependency=5s",)
"""A customisation that people make at bootstrap: what waits looks again sooner."""
OWN = ("security", "observability", "shop", "billing", "warehouse")
"""The namespaces that hold Kustomizations or sources themselves: they must be there before the chain begins."""
TENANTS = ("shop", "billing", "warehouse")
_PLURALS = {
    "Certificate": "certificates",
    "ClusterIssuer": "clusterissuers",
    "ClusterSecretStore": "clustersecretstores",
    "ServiceMonitor": "servicemonitors",
}


@lru_cache(maxsize=1)
def facts() -> dict[str, Any]:
    """The facts of ``legacy.yaml``."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = resources.files("fluxtui.simulator.fleet").joinpath("legacy.yaml").read_text()
    return yaml.load(text, loader)  # noqa: S506 - a safe loader


def system(wanted: str) -> list[Manifest]:
    """What a bootstrap applies before Flux can do so itself: the controllers, the source and the Kustomization.

    ``wanted`` is the range of Flux versions.
    """
    version = newest(wanted)
    waiting = {"kustomize-controller", "helm-controller"}
    made = [
        deployment(version, name, REGISTRY, pinned=False, args=HASTE if name in waiting else ()) for name in COMPONENTS
    ]
    root = {
        "interval": "10m0s",
        "path": f"./{DIRECTORY}",
        "prune": True,
        "sourceRef": {"kind": "GitRepository", "name": "flux-system"},
    }
    return [
        *made,
        _repository("flux-system/flux-system"),
        manifest("Kustomization", "flux-system", "flux-system", spec=root),
    ]


def publish(
    world: World,
    marker: str,
    at: float,
    names: tuple[str, ...] = (),
    *,
    flux: str,
    added: Mapping[str, list[Manifest]] | None = None,
) -> list[str]:
    """Pushes the Git repositories (all, or those with these names) with a new commit; returns their URLs.

    ``marker`` tells commits apart, ``at`` is when they were made (epoch seconds), ``flux`` the range of versions that
    the cluster asks for; ``added`` is what the commit adds, by Kustomization (``namespace/name``).
    """
    more = added or {}
    urls: list[str] = []
    for source, name in facts()["repositories"].items():
        if names and name not in names:
            continue
        contents = {path_of(key): _contents(about, at) + _placed(key, more) for key, about in _using(source).items()}
        if source == "flux-system/flux-system":
            contents[DIRECTORY] = _root(flux)
        head = commit(f"{name} {marker}")
        made = Artifact(digest=f"sha1:{head}", source=f"{GIT}/{name}", created=at, size=48_000, contents=contents)
        world.push(f"{GIT}/{name}", BRANCH, made)
        urls.append(f"{GIT}/{name}")
    return urls


def _placed(key: str, added: Mapping[str, list[Manifest]]) -> list[Manifest]:
    """What a commit adds to a Kustomization, in its own namespace."""
    namespace = {"namespace": key.partition("/")[0]}
    return [item | {"metadata": namespace | item["metadata"]} for item in added.get(key, ())]


def path_of(key: str) -> str:
    """The path of a Kustomization (``namespace/name``) in its repository."""
    namespace, _, name = key.partition("/")
    return f"infrastructure/{name}" if namespace == "flux-system" else f"{namespace}/{name}"


def _using(source: str) -> dict[str, dict[str, Any]]:
    """The Kustomizations on a source, by ``namespace/name``."""
    every: dict[str, dict[str, Any]] = facts()["kustomizations"]
    return {key: about for key, about in every.items() if about.get("source", "flux-system/flux-system") == source}


def _root(flux: str) -> list[Manifest]:
    """What the cluster's directory holds: Flux itself, the sources, and every Kustomization."""
    labels = {
        "app.kubernetes.io/instance": "flux-system",
        "app.kubernetes.io/part-of": "flux",
        "app.kubernetes.io/version": newest(flux),
    }
    made = [manifest("CustomResourceDefinition", "", name, labels=labels) for name in definitions(COMPONENTS)]
    made.append(manifest("Namespace", "", "flux-system", labels=labels))
    made += [manifest("Namespace", "", name, labels=_owned(name)) for name in OWN]
    made += system(flux)
    made += [_repository(source) for source in facts()["repositories"] if source != "flux-system/flux-system"]
    charts = {"interval": "1h", "type": "oci", "url": "oci://registry.example.com/charts"}
    made.append(manifest("HelmRepository", "flux-system", CHARTS, spec=charts))
    return made + [_kustomization(key, about) for key, about in facts()["kustomizations"].items()]


def _owned(namespace: str) -> dict[str, str]:
    """How namespaces of tenants are labelled since the days of the first multi-tenancy example."""
    return {"toolkit.fluxcd.io/tenant": namespace} if namespace in TENANTS else {}


def _repository(source: str) -> Manifest:
    namespace, _, name = source.partition("/")
    spec = {
        "interval": "1m0s",
        "ref": {"branch": BRANCH},
        "secretRef": {"name": "flux-system"},
        "url": f"{GIT}/{facts()['repositories'][source]}",
    }
    return manifest("GitRepository", namespace, name, spec=spec)


def _kustomization(key: str, about: dict[str, Any]) -> Manifest:
    namespace, _, name = key.partition("/")
    home, _, source = about.get("source", "flux-system/flux-system").partition("/")
    reference = {"kind": "GitRepository", "name": source} | ({"namespace": home} if home != namespace else {})
    spec: Manifest = {
        "interval": "10m",
        "retryInterval": "1m",
        "timeout": "5m",
        "prune": True,
        "wait": True,
        "sourceRef": reference,
        "path": f"./{path_of(key)}",
    }
    needs = [_need(need, namespace, about) for need in about.get("needs", ())]
    return manifest("Kustomization", namespace, name, spec=spec | ({"dependsOn": needs} if needs else {}))


def _need(need: str, namespace: str, about: dict[str, Any]) -> Manifest:
    home, _, name = need.partition("/")
    told = {"name": name} | ({"namespace": home} if home != namespace else {})
    return told | ({"readyExpr": about["needs_when"]} if "needs_when" in about else {})


def _contents(about: dict[str, Any], at: float) -> list[Manifest]:
    """What the path of a Kustomization holds in a commit of that time."""
    made = [manifest("Namespace", "", name) for name in about.get("namespaces", ())]
    made += [_definition(kind) for kind in about.get("crds", ())]
    made += [_release(key, told) for key, told in about.get("releases", {}).items()]
    made += [_config(text) for text in about.get("configs", ())]
    return made + (policies.policies("legacy", at) if about.get("policies") else [])


def _definition(kind: str) -> Manifest:
    group, _, version = API_VERSIONS[kind].partition("/")
    resource = Resource(
        group=group,
        versions=(version,),
        plural=_PLURALS[kind],
        singular=kind.lower(),
        kind=kind,
        namespaced=not kind.startswith("Cluster"),
    )
    return to_crd(resource)


def _config(text: str) -> Manifest:
    kind, namespace, name = text.split("/")
    made = config(f"{kind}/{name}")
    return made | {"metadata": made["metadata"] | ({"namespace": namespace} if namespace else {})}


def _release(key: str, about: dict[str, Any]) -> Manifest:
    namespace, _, name = key.partition("/")
    needs = [dict(zip(("namespace", "name"), need.split("/"), strict=True)) for need in about.get("needs", ())]
    source = {"kind": "HelmRepository", "name": CHARTS, "namespace": "flux-system"}
    spec: Manifest = {
        "interval": "30m",
        "releaseName": name,
        "chart": {"spec": {"chart": name, "version": str(about["version"]), "sourceRef": source, "interval": "1h"}},
        "install": {"remediation": {"retries": 3}},
        "values": {"replicaCount": 1},
    }
    return manifest("HelmRelease", namespace, name, spec=spec | ({"dependsOn": needs} if needs else {}))
