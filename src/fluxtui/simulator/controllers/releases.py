"""Flux's releases: which controllers belong to each, and the Deployments and definitions that an installation has.

The same release comes from two installers: the operator pins images by digest, ``flux install`` does not.
"""

from typing import Any

from fluxtui.simulator.controllers.conditions import Object
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
    "v2.10.0": {
        "source-controller": "v1.10.0",
        "source-watcher": "v2.2.0",
        "kustomize-controller": "v1.10.0",
        "helm-controller": "v1.7.0",
        "notification-controller": "v1.10.0",
        "image-reflector-controller": "v1.3.0",
        "image-automation-controller": "v1.3.0",
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
    "v2.8.6": {
        "source-controller": "v1.8.5",
        "source-watcher": "v2.1.1",
        "kustomize-controller": "v1.8.5",
        "helm-controller": "v1.5.4",
        "notification-controller": "v1.8.4",
        "image-reflector-controller": "v1.1.1",
        "image-automation-controller": "v1.1.1",
    },
}
"""The controllers of the Flux releases that can be installed, by version, the newest first."""
CRDS: dict[str, tuple[str, ...]] = {
    "source-controller": (
        "buckets",
        "externalartifacts",
        "gitrepositories",
        "helmcharts",
        "helmrepositories",
        "ocirepositories",
    ),
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
SHARDED = ("source-controller", "kustomize-controller", "helm-controller")
"""The controllers that run once more for each shard."""
NAMESPACE = "flux-system"
_PROBE = {"periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3, "timeoutSeconds": 1}


def newest(wanted: str, unreleased: frozenset[str] = frozenset()) -> str:
    """The newest release that a version range (``2.x``, ``2.9.x``, ``2.10.1``) allows, of those that are out."""
    parts = [part for part in wanted.lstrip("v").split(".") if part not in {"x", "*"}]
    out = [known for known in RELEASES if known not in unreleased]
    fitting = [known for known in out if known[1:].split(".")[: len(parts)] == parts]
    return fitting[0] if fitting else out[0]


def image_digest(name: str, tag: str) -> str:
    """The digest of a controller's image, the same wherever it is named."""
    return digest(name + tag)


def definitions(components: list[str]) -> list[str]:
    """The names of the CustomResourceDefinitions that come with these controllers."""
    return sorted(f"{plural}.{_GROUPS[name]}" for name in components for plural in CRDS.get(name, ()))


def deployment(version: str, name: str, registry: str, *, pinned: bool, args: tuple[str, ...] = ()) -> Object:
    """The Deployment of a controller; ``pinned`` adds the digest to the image, ``args`` follow the usual arguments."""
    tag = RELEASES[version][name]
    labels = {
        "app.kubernetes.io/component": name,
        "app.kubernetes.io/instance": "flux-system",
        "app.kubernetes.io/part-of": "flux",
        "app.kubernetes.io/version": version,
        "control-plane": "controller",
    }
    usual = ["--watch-all-namespaces=true", "--log-level=info", "--log-encoding=json", "--enable-leader-election"]
    if name != "notification-controller":
        usual.insert(0, "--events-addr=http://notification-controller.flux-system.svc.cluster.local./")
    container: dict[str, Any] = {
        "name": "manager",
        "image": f"{registry}/{name}:{tag}" + (f"@{image_digest(name, tag)}" if pinned else ""),
        "args": [*usual, *args],
        "ports": [{"name": "http-prom", "containerPort": 8080}, {"name": "healthz", "containerPort": 9440}],
        "livenessProbe": _PROBE | {"httpGet": {"path": "/healthz", "port": "healthz"}},
        "resources": {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "100m", "memory": "64Mi"}},
    }
    pods = {"app": name, "app.kubernetes.io/component": name, "app.kubernetes.io/part-of": "flux"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": labels},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": pods},
                "spec": {"containers": [container], "serviceAccountName": name},
            },
        },
    }


def shards(made: list[Object], key: str, names: list[str]) -> list[Object]:
    """The controllers of an installation that is split: each that can be runs once more for each shard.

    The main ones leave alone what has the shard key (a label), a shard's controller looks at its own value only.
    """
    found: list[Object] = []
    for item in made:
        name = item["metadata"]["name"]
        if item["kind"] != "Deployment" or name not in SHARDED:
            found.append(item)
            continue
        found.append(_watching(item, name, f"!{key}", {}))
        found += [
            _watching(item, f"{name}-{shard}", f"{key}={shard}", {"sharding.fluxcd.io/role": "shard"})
            for shard in names
        ]
    return found


def _watching(item: Object, name: str, selector: str, annotations: dict[str, str]) -> Object:
    """The Deployment under a name of its own, looking only at what a label selector selects."""
    template = item["spec"]["template"]
    container = template["spec"]["containers"][0]
    container = container | {"args": [*container["args"], f"--watch-label-selector={selector}"]}
    metadata = template["metadata"] | {"labels": template["metadata"]["labels"] | {"app": name}}
    spec = template["spec"] | {"containers": [container]}
    about = item["metadata"] | {"name": name}
    if annotations:
        about = about | {"annotations": (about.get("annotations") or {}) | annotations}
    selected = {"selector": {"matchLabels": {"app": name}}, "template": {"metadata": metadata, "spec": spec}}
    return item | {"metadata": about, "spec": item["spec"] | selected}
