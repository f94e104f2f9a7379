"""Everything that one server serves, watched or not: where the objects of any kind are found.

Two requests where the server aggregates discovery (Kubernetes 1.26 and later), else one per group and version. Asked
for when something of a kind that is not watched is to be seen, and remembered for a while: kinds come and go with their
CRDs.
"""

import asyncio
import time
from collections.abc import Iterable

import msgspec

from fluxtui.kinds.text import line
from fluxtui.kube.answers import GarbledAnswer, KubeError, LoginNeeded, NotFound, Unauthorized, Unreachable
from fluxtui.kube.discovery import AGGREGATED
from fluxtui.kube.transport import Reader, Resource

FRESH = 120.0
"""Seconds for which an answer is used again."""
AT_ONCE = 8
"""Groups that are asked at a time where discovery is not aggregated."""


class Served(msgspec.Struct, frozen=True):
    """One kind in the version that the server prefers, with the names that it goes by."""

    kind: str
    resource: Resource
    singular: str = ""
    short: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()

    @property
    def group(self) -> str:
        """The API group, empty for the core group."""
        return self.resource.group

    @property
    def title(self) -> str:
        """The kind as ids name it: ``Service``, ``Ingress.networking.k8s.io``."""
        return f"{self.kind}.{self.group}" if self.group else self.kind


class Offer:
    """All kinds of one server. Where two versions of a group serve a kind, the preferred one counts."""

    def __init__(self, served: Iterable[Served]) -> None:
        self._kinds: dict[tuple[str, str], Served] = {}
        for each in served:
            self._kinds.setdefault((each.group, each.kind), each)

    def __len__(self) -> int:
        return len(self._kinds)

    @property
    def all(self) -> list[Served]:
        """Every kind, the core group's first, then in the server's order."""
        return sorted(self._kinds.values(), key=lambda each: bool(each.group))

    def of(self, group: str, kind: str) -> Served | None:
        """A kind by its group and name."""
        return self._kinds.get((group, kind))

    def titled(self, title: str) -> Served | None:
        """A kind as ids name it: ``Service`` (of the core group), ``Ingress.networking.k8s.io``.

        A kind without its group is found too where only one group has it.
        """
        kind, _, group = title.partition(".")
        exact = self._kinds.get((group, kind))
        if exact is not None or group:
            return exact
        others = [each for (_, name), each in self._kinds.items() if name == kind]
        return others[0] if len(others) == 1 else None


class Offering:
    """Asks one server what it serves, and remembers the answer for a while; who asks meanwhile waits for the same."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._lock = asyncio.Lock()
        self._known: Offer | None = None
        self._until = 0.0

    async def now(self) -> Offer:
        """What is served. Raises `KubeError` when the server cannot be asked."""
        async with self._lock:
            if self._known is None or time.monotonic() > self._until:
                self._known = await offered(self._reader)
                self._until = time.monotonic() + FRESH
            return self._known


class _Name(msgspec.Struct):
    name: str = ""


class _Kind(msgspec.Struct):
    kind: str = ""


class _Entry(msgspec.Struct, rename="camel"):
    resource: str = ""
    response_kind: _Kind | None = None
    scope: str = "Namespaced"
    singular_resource: str = ""
    verbs: list[str] | None = None
    short_names: list[str] | None = None
    categories: list[str] | None = None


class _Version(msgspec.Struct):
    version: str = ""
    resources: list[_Entry] | None = None


class _Group(msgspec.Struct):
    metadata: _Name = msgspec.field(default_factory=_Name)
    versions: list[_Version] | None = None


class _Legacy(msgspec.Struct, rename="camel"):
    name: str = ""
    preferred_version: _Version | None = None
    versions: list[_Version] | None = None


class _Groups(msgspec.Struct):
    """Both forms of ``/apis``: ``items`` when aggregated, ``groups`` when not; ``versions`` is that of ``/api``."""

    items: list[_Group] | None = None
    groups: list[_Legacy] | None = None


class _Plain(msgspec.Struct, rename="camel"):
    name: str = ""
    singular_name: str = ""
    namespaced: bool = True
    kind: str = ""
    verbs: list[str] | None = None
    short_names: list[str] | None = None
    categories: list[str] | None = None


class _PlainList(msgspec.Struct):
    resources: list[_Plain] | None = None


async def offered(reader: Reader) -> Offer:
    """Everything that a server serves. Raises `KubeError` when it cannot be asked."""
    core, apis = await asyncio.gather(_root(reader, "/api"), _root(reader, "/apis"))
    found = [*(_aggregated(core) or await _listed(reader, [("", "v1")]))]
    if apis.groups is None:
        return Offer([*found, *_aggregated(apis)])
    wanted: list[tuple[str, str]] = []
    for group in apis.groups:
        versions = [each.version for each in group.versions or () if each.version]
        preferred = group.preferred_version.version if group.preferred_version is not None else ""
        wanted += [(group.name, version) for version in sorted(versions, key=lambda each: each != preferred)]
    return Offer([*found, *await _listed(reader, wanted)])


async def _root(reader: Reader, path: str) -> _Groups:
    return _decoded((await reader.document(path, accept=AGGREGATED)).body, path)


def _aggregated(found: _Groups) -> list[Served]:
    return [
        Served(
            line(entry.response_kind.kind),
            Resource(group.metadata.name, version.version, entry.resource, entry.scope == "Namespaced"),
            line(entry.singular_resource),
            _words(entry.short_names),
            _words(entry.categories),
            _words(entry.verbs),
        )
        for group in found.items or ()
        for version in group.versions or ()
        for entry in version.resources or ()
        if entry.response_kind is not None and entry.response_kind.kind
    ]


async def _listed(reader: Reader, wanted: list[tuple[str, str]]) -> list[Served]:
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(group: str, version: str) -> list[Served]:
        async with turn:
            return await _group_version(reader, group, version)

    answers = await asyncio.gather(*(one(group, version) for group, version in wanted))
    return [each for answer in answers for each in answer]


async def _group_version(reader: Reader, group: str, version: str) -> list[Served]:
    path = f"/apis/{group}/{version}" if group else f"/api/{version}"
    try:
        body = (await reader.document(path)).body
    except (Unreachable, Unauthorized, LoginNeeded):
        raise
    except KubeError:  # one broken group (an aggregated API that is down) does not hide the others
        return []
    try:
        listed = msgspec.json.decode(body, type=_PlainList).resources or ()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return []
    return [
        Served(
            line(entry.kind),
            Resource(group, version, entry.name, entry.namespaced),
            line(entry.singular_name),
            _words(entry.short_names),
            _words(entry.categories),
            _words(entry.verbs),
        )
        for entry in listed
        if entry.kind and "/" not in entry.name  # a subresource is no kind of its own
    ]


def _words(found: list[str] | None) -> tuple[str, ...]:
    return tuple(line(word) for word in found or ())


def _decoded(body: bytes, path: str) -> _Groups:
    try:
        return msgspec.json.decode(body, type=_Groups)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise GarbledAnswer("get", path, f"not a discovery document ({error})") from None


def unserved(title: str, cluster: str) -> NotFound:
    """The answer for an object of a kind that a server does not have."""
    return NotFound(404, "", f"{title} is not served by {cluster}", "get", title)
