"""Flux Operator: the FluxInstance: which Flux is installed, and from where the cluster is delivered."""

from typing import Any

from fluxtui.simulator.controllers.applying import apply, entry, prune
from fluxtui.simulator.controllers.conditions import Object, find, is_true, remember
from fluxtui.simulator.controllers.engine import MOMENT, SWITCH, Engine, Run, Steps
from fluxtui.simulator.controllers.provider import EVERY
from fluxtui.simulator.controllers.times import duration, rounded, seconds
from fluxtui.simulator.shapes import dig, maps_at
from fluxtui.simulator.world import digest

RELEASES: dict[str, dict[str, str]] = {
    "v2.10.1": {
        "source-controller": "v1.10.1",
        "source-watcher": "v2.2.0",
        "kustomize-controller": "v1.10.0",
        "helm-controller": "v1.7.1",
        "notification-controller": "v1.10.0",
        "image-reflector-controller": "v1.3.0",
        "image-automation-controller": "v1.3.1",
    },
    "v2.9.4": {
        "source-controller": "v1.9.4",
        "source-watcher": "v2.1.2",
        "kustomize-controller": "v1.9.4",
        "helm-controller": "v1.6.3",
        "notification-controller": "v1.9.3",
        "image-reflector-controller": "v1.2.2",
        "image-automation-controller": "v1.2.3",
    },
}
"""The components of the Flux releases that an instance can ask for, by version."""
CRDS: dict[str, tuple[str, ...]] = {
    "source-controller": ("gitrepositories", "helmcharts", "helmrepositories", "ocirepositories", "buckets"),
    "kustomize-controller": ("kustomizations",),
    "helm-controller": ("helmreleases",),
    "notification-controller": ("alerts", "providers", "receivers"),
    "image-reflector-controller": ("imagerepositories", "imagepolicies"),
    "image-automation-controller": ("imageupdateautomations",),
    "source-watcher": ("artifactgenerators",),
}
_GROUPS = {
    "source-controller": "source.toolkit.fluxcd.io",
    "kustomize-controller": "kustomize.toolkit.fluxcd.io",
    "helm-controller": "helm.toolkit.fluxcd.io",
    "notification-controller": "notification.toolkit.fluxcd.io",
    "image-reflector-controller": "image.toolkit.fluxcd.io",
    "image-automation-controller": "image.toolkit.fluxcd.io",
    "source-watcher": "source.extensions.fluxcd.io",
}


def reconcile(run: Run) -> Steps:
    """One run of the FluxInstance."""
    if run.annotation(SWITCH) == "disabled":
        run.event("Warning", "ReconciliationDisabled", "Reconciliation is disabled")
        return None
    if not is_true(run.status, "Ready") or dig(find(run.status, "Ready"), "observedGeneration") != run.generation:
        run.put("Reconciling", "True", "Progressing", "Reconciliation in progress")
        run.put("Ready", "Unknown", "Progressing", "Reconciliation in progress")
        run.passing()
    yield MOMENT * 3
    version = release(run.spec["distribution"]["version"])
    components: list[str] = run.spec["components"]
    revision = f"{version}@{digest(f'{version} {sorted(components)}')}"
    known: str = run.status.get("lastAppliedRevision", "")
    run.status["lastAttemptedRevision"] = revision
    if revision != known:
        doing = f"Installing revision {revision}" if not known else f"Upgrading to revision {revision}"
        run.event("Normal", "Progressing", doing)
    manifests = deployments(version, components, run.spec["distribution"]["registry"]) + sync(run.spec)
    applied = apply(run.engine, manifests, _labels(run), "flux-operator")
    entries = [*_definitions(components), *applied.entries]
    lines = applied.lines + prune(run.engine, maps_at(run.status, "inventory", "entries"), entries)
    run.status["inventory"] = {"entries": entries}
    run.status["components"] = [_component(run.spec, version, name) for name in components]
    run.status["lastAppliedRevision"] = revision
    if lines and revision != known:
        verb = "updated" if known else "installed"
        said = f"Flux {version} {verb}\n" + "\n".join(lines)
        run.event("Normal", "ReconciliationSucceeded", said, {"fluxcd.controlplane.io/revision": revision})
    if revision != known or not is_true(run.status, "Ready"):
        yield 12.0
        run.drop("Reconciling")
        run.put("Ready", "True", "ReconciliationSucceeded", f"Reconciliation finished in {rounded(run.took())}")
    outcome, metadata = "ReconciliationSucceeded", {"flux": version}
    remember(run.status, run.now, duration(run.took()), revision.partition("@")[2], outcome, metadata)
    run.handled()
    run.write()
    run.event("Normal", "ReconciliationSucceeded", f"Reconciliation finished in {rounded(run.took())}")
    return run.jittered(seconds(run.annotation(EVERY) or "1h"))


def finalize(engine: Engine, obj: Object) -> None:
    """Uninstalls Flux."""
    prune(engine, maps_at(obj, "status", "inventory", "entries"), [])


def release(wanted: str) -> str:
    """The newest release that a version range (``2.x``, ``2.9.x``, ``2.10.1``) allows."""
    parts = [part for part in wanted.lstrip("v").split(".") if part not in {"x", "*"}]
    fitting = [known for known in RELEASES if known[1:].split(".")[: len(parts)] == parts]
    return fitting[0] if fitting else next(iter(RELEASES))


def deployments(version: str, components: list[str], registry: str) -> list[Object]:
    """The Deployments of the controllers, as the operator writes them."""
    return [_deployment(version, name, registry) for name in components]


def sync(spec: Object) -> list[Object]:
    """The source and the Kustomization that deliver the cluster, named after the namespace unless told otherwise."""
    wanted: Object = spec.get("sync") or {}
    if not wanted:
        return []
    name = wanted.get("name", "flux-system")
    source: Object = {"interval": wanted.get("interval", "1m"), "url": wanted["url"], "ref": {"tag": wanted["ref"]}}
    if "pullSecret" in wanted:
        source["secretRef"] = {"name": wanted["pullSecret"]}
    source |= {"verify": spec["kustomize"]["verify"]} if "verify" in (spec.get("kustomize") or {}) else {}
    kustomization = {
        "interval": "10m",
        "path": wanted["path"],
        "prune": True,
        "retryInterval": "5m",
        "sourceRef": {"kind": wanted["kind"], "name": name},
        "timeout": "5m",
    }
    metadata = {"name": name, "namespace": "flux-system"}
    return [
        {"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": wanted["kind"], "metadata": metadata, "spec": source},
        {
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
            "kind": "Kustomization",
            "metadata": metadata,
            "spec": kustomization,
        },
    ]


def _deployment(version: str, name: str, registry: str) -> Object:
    labels = {
        "app.kubernetes.io/component": name,
        "app.kubernetes.io/instance": "flux-system",
        "app.kubernetes.io/part-of": "flux",
        "app.kubernetes.io/version": version,
        "control-plane": "controller",
    }
    tag = RELEASES[version][name]
    container: dict[str, Any] = {
        "name": "manager",
        "image": f"{registry}/{name}:{tag}@{digest(name + tag)}",
        "args": ["--watch-all-namespaces=true", "--log-level=info", "--log-encoding=json", "--enable-leader-election"],
        "resources": {"limits": {"cpu": "2", "memory": "1Gi"}, "requests": {"cpu": "100m", "memory": "64Mi"}},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "flux-system", "labels": labels},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name, "app.kubernetes.io/part-of": "flux"}},
                "spec": {"containers": [container], "serviceAccountName": name},
            },
        },
    }


def _component(spec: Object, version: str, name: str) -> dict[str, str]:
    tag = RELEASES[version][name]
    repository = f"{spec['distribution']['registry']}/{name}"
    return {"digest": digest(name + tag), "name": name, "repository": repository, "tag": tag}


def _definitions(components: list[str]) -> list[dict[str, str]]:
    names = [f"{plural}.{_GROUPS[name]}" for name in components for plural in CRDS.get(name, ())]
    kind = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}
    entries = [entry(kind | {"metadata": {"name": name}}) for name in sorted(names)]
    entries.append(entry({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "flux-system"}}))
    accounts = {"apiVersion": "v1", "kind": "ServiceAccount"}
    entries += [entry(accounts | {"metadata": {"name": n, "namespace": "flux-system"}}) for n in sorted(components)]
    return entries


def _labels(run: Run) -> dict[str, str]:
    return {
        "app.kubernetes.io/managed-by": "flux-operator",
        "fluxcd.controlplane.io/name": run.name,
        "fluxcd.controlplane.io/namespace": run.namespace,
    }
