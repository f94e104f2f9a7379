"""The organisation's repositories as artifacts: fleet, infrastructure, applications, platform and charts."""

from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from typing import Any

from fluxtui.simulator.fleet import policies, tenants
from fluxtui.simulator.fleet.manifests import (
    Manifest,
    chart_source,
    config,
    kustomization,
    manifest,
    release,
    workload,
)
from fluxtui.simulator.world import Artifact, World, commit, digest

FLEET = "oci://ghcr.io/acme/d2-fleet"
INFRA = "oci://ghcr.io/acme/d2-infra"
APPS = "oci://ghcr.io/acme/d2-apps"
PLATFORM = "oci://ghcr.io/acme"
"""The platform team's registry path: the umbrella is ``platform`` in it."""
GIT = "https://git.example.com/acme"
ENVIRONMENTS = ("staging", "production")
FIRST = "founding"
"""The marker of what is in the registries when a fleet begins."""


@lru_cache(maxsize=1)
def components() -> dict[str, Any]:
    """The facts of ``components.yaml``."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = resources.files("fluxtui.simulator.fleet").joinpath("components.yaml").read_text()
    return yaml.load(text, loader)  # noqa: S506 - a safe loader


def newest(chart: str) -> str:
    """The newest version of a chart."""
    return str(components()["charts"][chart]["versions"][-1])


def publish_charts(world: World, at: float) -> None:
    """Pushes every version of every chart, a day apart, the newest at ``at``."""
    registry = components()["registry"]
    for name, facts in components()["charts"].items():
        versions = [str(version) for version in facts["versions"]]
        for age, version in enumerate(reversed(versions)):
            world.push(f"oci://{registry}/{name}", f"v{version}", chart(name, version, at - 86400 * age))


def chart(name: str, version: str, created: float) -> Artifact:
    """One version of a chart."""
    made = [
        _kyverno(each, version) if name == "kyverno" else workload(each, version, flaws)
        for each, flaws in _flawed(components()["charts"][name]["workloads"])
    ]
    return Artifact(
        digest=digest(f"chart {name} {version}"),
        created=created,
        size=40_000 + len(name) * 1_731,
        chart=name,
        version=version,
        app_version=f"v{version}",
        workloads=tuple(made),
    )


def _flawed(listed: list[str | dict[str, dict[str, list[str]]]]) -> list[tuple[str, list[str]]]:
    """Workloads as the facts list them, each with its flaws: ``name`` or ``name: {flaws: [...]}``."""
    kept = [{item: dict[str, list[str]]()} if isinstance(item, str) else item for item in listed]
    return [(name, about.get("flaws", [])) for each in kept for name, about in each.items()]


def _kyverno(name: str, version: str) -> Manifest:
    """One of Kyverno's controllers, labelled as its chart does."""
    made = workload(name, version)
    component = name.removeprefix("kyverno-")
    labels = {"app.kubernetes.io/part-of": "kyverno", "app.kubernetes.io/component": component}
    return made | {"metadata": made["metadata"] | {"labels": made["metadata"]["labels"] | labels}}


def infra(
    name: str,
    marker: str,
    created: float,
    versions: dict[str, str] | None = None,
    actions: dict[str, str] | None = None,
) -> Artifact:
    """An infrastructure component; ``marker`` tells revisions apart, ``versions`` overrides those of its charts.

    ``actions`` overrides what the violation of a policy leads to, by its name, where the component is Kyverno.
    """
    facts = components()["infra"].get(name) or components()["layers"][name]
    registry = components()["registry"]
    controllers: list[Manifest] = []
    releases: dict[str, list[str]] = facts.get("releases") or {key: [] for key in facts["charts"]}
    for item, needs in releases.items():
        version = (versions or {}).get(item, newest(item))
        controllers += [chart_source(registry, item, version), release(item, needs, **RELEASE_FIELDS.get(item, {}))]
    configs = [config(text) for text in facts["configs"]]
    contents: dict[str, list[Manifest]] = {}
    for environment in ENVIRONMENTS:
        contents[f"controllers/{environment}"] = controllers
        held = policies.policies(environment, created, actions) if name == "kyverno" else []
        contents[f"configs/{environment}"] = [*configs, *held]
    told = f"d2-infra {name} {marker} {versions}" + (f" {actions}" if actions else "")
    return _artifact(told, "d2-infra", created, contents)


RELEASE_FIELDS: dict[str, Manifest] = {
    "cert-manager": {
        "timeout": "3m",
        "values": {"crds": {"enabled": True, "keep": False}},
        "valuesFrom": [{"kind": "ConfigMap", "name": "gateway-values", "optional": True}],
    },
    "kube-prometheus-stack": {"driftDetection": {"mode": "enabled"}, "install": {"crds": "Create", "timeout": "9m"}},
    "podinfo": {"driftDetection": {"mode": "enabled"}, "timeout": "2m"},
    "storefront": {
        "timeout": "90s",
        "upgrade": {"remediation": {"retries": 1, "remediateLastFailure": True}},
    },
    "orders": {"timeout": "2m", "upgrade": {"strategy": {"name": "RetryOnFailure", "retryInterval": "2m"}}},
}
"""What some releases say beyond the usual."""


def apps(
    name: str,
    marker: str,
    created: float,
    versions: dict[str, str] | None = None,
    unsigned: str = "",
    added: Sequence[Manifest] = (),
) -> Artifact:
    """A tenant's applications; ``added`` is what its Kustomization delivers without a chart."""
    registry = components()["registry"]
    made: list[Manifest] = []
    staging: list[Manifest] = []
    for item, needs in components()["apps"][name]["releases"].items():
        version = (versions or {}).get(item, newest(item))
        made += [chart_source(registry, item, version), release(item, needs, **RELEASE_FIELDS.get(item, {}))]
        there = [need for need in needs if not need.startswith("service-mesh/")]
        staging += [chart_source(registry, item, version), release(item, there, **RELEASE_FIELDS.get(item, {}))]
    contents = {"production": [*made, *added], "staging": [*staging, *added]}
    return _artifact(f"d2-apps {name} {marker} {versions}", "d2-apps", created, contents, unsigned)


def platform(marker: str, created: float) -> Artifact:
    """The umbrella and what it makes: Kustomizations that share its source and wait for it.

    But for the first revision it also gives cert-manager the values that it needs behind the new gateways.
    """
    contents: dict[str, list[Manifest]] = {"umbrella": []}
    if marker != FIRST:
        values = {"values.yaml": "config:\n  gatewayAPI:\n    enabled: true\n"}
        contents["umbrella"].append(manifest("ConfigMap", "cert-manager", "gateway-values", data=values))
    for name, flaws in _flawed(components()["umbrella"]):
        path = f"./services/{name}"
        child = kustomization("platform", name, "platform", path, ["platform/umbrella"], interval="10m", timeout="3m")
        contents["umbrella"].append(child)
        contents[f"services/{name}"] = [
            manifest("ConfigMap", "", f"{name}-settings", data={"revision": marker}, labels={"team": "platform"}),
            workload(name, "1.4.2", flaws),
        ]
    return _artifact(f"platform {marker}", "platform", created, contents)


def fleet(marker: str, created: float, clusters: dict[str, list[Manifest]]) -> Artifact:
    """The fleet repository: each cluster's own directory and the tenants that all share."""
    contents = {"tenants": tenants.shared(components())}
    contents |= {f"clusters/{name}": made for name, made in clusters.items()}
    return _artifact(f"d2-fleet {marker}", "d2-fleet", created, contents)


def update_policies(group: str, marker: str, created: float) -> Artifact:
    """The Git repository whose update policies the automation cluster applies."""
    made: list[Manifest] = []
    registry = components()["registry"]
    for name, image in components()["images"][group].items():
        spec = {"image": f"{registry}/{image}", "interval": "10m", "provider": "generic"}
        choice = {"imageRepositoryRef": {"name": name}, "policy": {"semver": {"range": ">=1.0.0"}}}
        made += [manifest("ImageRepository", "", name, spec=spec), manifest("ImagePolicy", "", name, spec=choice)]
    head = commit(f"{group} {marker}")
    source = f"{GIT}/d2-{group}"
    return Artifact(
        digest=f"sha1:{head}", source=source, created=created, size=61_000, contents={"update-policies": made}
    )


def _artifact(
    text: str, repository: str, created: float, contents: dict[str, list[Manifest]], unsigned: str = ""
) -> Artifact:
    return Artifact(
        digest=digest(text),
        origin=f"main@sha1:{commit(text)}",
        source=f"https://github.com/acme/{repository}",
        created=created,
        size=1_200 + 310 * sum(len(made) for made in contents.values()),
        contents=contents,
        unsigned=unsigned,
    )
