"""What a cluster says it serves: the classic and the aggregated discovery documents."""

import re
from collections.abc import Iterable

from fluxtui.simulator.resources import Resource, Resources
from fluxtui.simulator.shapes import Json

DEFAULT_VERSION = "v1.36.0+simulated"
"""What a cluster says that it runs, unless it was told otherwise."""


def version(release: str = DEFAULT_VERSION, platform: str = "linux/amd64") -> Json:
    """The answer of ``/version`` of a server of that release: ``v1.36.3``."""
    major, minor = release.lstrip("v").split(".")[:2]
    return {
        "major": major,
        "minor": minor,
        "emulationMajor": major,
        "emulationMinor": minor,
        "minCompatibilityMajor": major,
        "minCompatibilityMinor": str(int(minor) - 1),
        "gitVersion": release,
        "gitCommit": "0000000000000000000000000000000000000000",
        "gitTreeState": "clean",
        "buildDate": "2026-04-22T00:00:00Z",
        "goVersion": "go1.26",
        "compiler": "gc",
        "platform": platform,
    }


AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
_REVIEWS = ("LocalSubjectAccessReview", "SelfSubjectAccessReview", "SelfSubjectRulesReview", "SubjectAccessReview")
_STAGE = {"": 2, "beta": 1, "alpha": 0}


def version_rank(version: str) -> tuple[int, int, int]:
    """Sorts versions as the server prefers them: v2 before v1 before v1beta2 before v1alpha1 (use with reverse)."""
    found = re.fullmatch(r"v(\d+)(?:(alpha|beta)(\d+))?", version)
    if found is None:
        return (-1, 0, 0)
    return (_STAGE[found[2] or ""], int(found[1]), int(found[3] or 0))


def groups(resources: Resources) -> dict[str, list[str]]:
    """Every group but the core's, with its versions in order of preference."""
    found: dict[str, set[str]] = {"authorization.k8s.io": {"v1"}}
    for resource in resources:
        if resource.group:
            found.setdefault(resource.group, set()).update(resource.versions)
    return {group: sorted(versions, key=version_rank, reverse=True) for group, versions in found.items()}


def core(address: str) -> Json:
    """``/api``; ``address`` is host:port as clients see it."""
    addresses = [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}]
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": addresses}


def group_list(resources: Resources) -> Json:
    """``/apis``."""
    listed = [_group(group, versions) for group, versions in groups(resources).items()]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": listed}


def group(resources: Resources, name: str) -> Json | None:
    """``/apis/GROUP``; None when nothing of it is served."""
    versions = groups(resources).get(name)
    return {"kind": "APIGroup", "apiVersion": "v1"} | _group(name, versions) if versions else None


def _group(name: str, versions: list[str]) -> Json:
    listed = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": listed, "preferredVersion": listed[0]}


def resource_list(resources: Resources, group: str, version: str) -> Json | None:
    """``/apis/GROUP/VERSION`` and ``/api/v1``; None when nothing of it is served."""
    listed: list[Json] = []
    if group == "authorization.k8s.io" and version == "v1":
        listed = [
            {
                "name": f"{kind.lower()}s",
                "singularName": kind.lower(),
                "namespaced": kind.startswith("Local"),
                "kind": kind,
                "verbs": ["create"],
            }
            for kind in _REVIEWS
        ]
    custom = False
    for resource in _served(resources, group, version):
        custom = resource.custom
        listed += [_plain(resource), *(_plain_sub(resource, name) for name in resource.subresources)]
    if not listed:
        return None
    head: Json = {"kind": "APIResourceList"} | ({"apiVersion": "v1"} if custom else {})
    return head | {"groupVersion": f"{group}/{version}" if group else version, "resources": listed}


def _served(resources: Resources, group: str, version: str) -> Iterable[Resource]:
    return (resource for resource in resources if resource.group == group and version in resource.versions)


def _plain(resource: Resource) -> Json:
    told: Json = {
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": list(resource.verbs),
    }
    if resource.short_names:
        told["shortNames"] = list(resource.short_names)
    if resource.categories:
        told["categories"] = list(resource.categories)
    return told


def subresource_verbs(name: str) -> list[str]:
    """What can be done with a subresource."""
    return {"log": ["get"], "finalize": ["update"]}.get(name, ["get", "patch", "update"])


def _plain_sub(resource: Resource, name: str) -> Json:
    return {
        "name": f"{resource.plural}/{name}",
        "singularName": "",
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": subresource_verbs(name),
    }


def aggregated(resources: Resources, *, core: bool) -> Json:
    """``/api`` (core) or ``/apis`` for clients that accept `AGGREGATED`: everything in one document."""
    wanted = {"": ["v1"]} if core else groups(resources)
    items: list[Json] = []
    for name, versions in wanted.items():
        listed = [
            {
                "version": version,
                "resources": [_rich(resource, version) for resource in _served(resources, name, version)],
                "freshness": "Current",
            }
            for version in versions
        ]
        items.append({"metadata": {"name": name} if name else {}, "versions": listed})
    return {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items}


def _rich(resource: Resource, version: str) -> Json:
    custom = resource.custom
    told_as = {"group": resource.group if custom else "", "version": version if custom else "", "kind": resource.kind}
    told: Json = {
        "resource": resource.plural,
        "responseKind": told_as,
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.singular,
        "verbs": list(resource.verbs),
    }
    if resource.short_names:
        told["shortNames"] = list(resource.short_names)
    if resource.categories:
        told["categories"] = list(resource.categories)
    if resource.subresources:
        told["subresources"] = [
            {"subresource": name, "responseKind": told_as, "verbs": subresource_verbs(name)}
            for name in resource.subresources
        ]
    return told
