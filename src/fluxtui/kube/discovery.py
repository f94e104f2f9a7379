"""Which of our kinds a server serves, and in which version.

One request where the server aggregates discovery (Kubernetes 1.26 and later), else one per API group. The
core group is not asked for: its kinds are as old as Kubernetes. A user who may not discover is taken to see a
server that has everything; a kind that is not there then answers 404 when it is listed.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import TypeVar

import msgspec

from fluxtui.kinds.kind import Kind
from fluxtui.kube.answers import Forbidden, GarbledAnswer, KubeError, LoginNeeded, Unauthorized, Unreachable
from fluxtui.kube.transport import Reader, Resource

AGGREGATED = ",".join(
    [f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList" for version in ("v2", "v2beta1")]
    + ["application/json"]
)
T = TypeVar("T")


class Catalogue(msgspec.Struct, frozen=True):
    """Where each kind lives on one server, by kind name; what is not in it is not served."""

    resources: Mapping[str, Resource] = {}
    etag: str = ""

    def missing(self, kinds: Iterable[Kind]) -> list[str]:
        """The names of those kinds that the server does not serve."""
        return [kind.name for kind in kinds if kind.name not in self.resources]


class _Name(msgspec.Struct):
    name: str = ""


class _Resource(msgspec.Struct):
    resource: str = ""
    scope: str = "Namespaced"


class _Version(msgspec.Struct):
    version: str = ""
    resources: list[_Resource] | None = None


class _Group(msgspec.Struct):
    metadata: _Name = msgspec.field(default_factory=_Name)
    versions: list[_Version] | None = None


class _LegacyGroup(msgspec.Struct):
    name: str = ""
    versions: list[_Version] | None = None


class _Groups(msgspec.Struct):
    """Both forms: ``items`` when aggregated, ``groups`` when not."""

    items: list[_Group] | None = None
    groups: list[_LegacyGroup] | None = None


class _LegacyResource(msgspec.Struct):
    name: str = ""
    namespaced: bool = True


class _LegacyResources(msgspec.Struct):
    resources: list[_LegacyResource] | None = None


Served = dict[tuple[str, str, str], bool]
"""(group, version, plural) → namespaced."""


async def discover(reader: Reader, kinds: Iterable[Kind], before: Catalogue | None = None) -> Catalogue:
    """Ask what is served. Raises `KubeError` when the server cannot be asked; unchanged answers cost no body."""
    kinds = list(kinds)
    try:
        document = await reader.document("/apis", accept=AGGREGATED, etag=before.etag if before else "")
    except Forbidden:
        return Catalogue(
            {kind.name: Resource(kind.group, kind.versions[0], kind.plural, kind.namespaced) for kind in kinds}
        )
    if document.unchanged and before is not None:
        return before
    found = _decoded(document.body, _Groups, "/apis")
    served = _aggregated(found) if found.groups is None else await _legacy(reader, found.groups, kinds)
    return Catalogue(choose(kinds, served), document.etag)


def choose(kinds: Iterable[Kind], served: Served) -> dict[str, Resource]:
    """For each kind that is served, the first of the versions that we can read."""
    chosen: dict[str, Resource] = {}
    for kind in kinds:
        for version in kind.versions:
            namespaced = served.get((kind.group, version, kind.plural), kind.namespaced if not kind.group else None)
            if namespaced is not None:
                chosen[kind.name] = Resource(kind.group, version, kind.plural, namespaced)
                break
    return chosen


def _aggregated(found: _Groups) -> Served:
    return {
        (group.metadata.name, version.version, resource.resource): resource.scope == "Namespaced"
        for group in found.items or ()
        for version in group.versions or ()
        for resource in version.resources or ()
    }


async def _legacy(reader: Reader, groups: list[_LegacyGroup], kinds: list[Kind]) -> Served:
    wanted = {(kind.group, version) for kind in kinds for version in kind.versions if kind.group}
    there = [(group.name, version.version) for group in groups for version in group.versions or ()]
    pairs = [pair for pair in there if pair in wanted]
    answers = await asyncio.gather(*(_group_version(reader, *pair) for pair in pairs))
    return {key: namespaced for answer in answers for key, namespaced in answer.items()}


async def _group_version(reader: Reader, group: str, version: str) -> Served:
    path = f"/apis/{group}/{version}"
    try:
        body = (await reader.document(path)).body
    except (Unreachable, Unauthorized, LoginNeeded):
        raise
    except KubeError:  # one broken group (an aggregated API that is down) does not hide the others
        return {}
    listed = _decoded(body, _LegacyResources, path).resources or ()
    return {(group, version, resource.name): resource.namespaced for resource in listed}


def _decoded(body: bytes, shape: type[T], path: str) -> T:
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise GarbledAnswer("get", path, f"not a discovery document ({error})") from None
