"""The reader: everything that may be asked of an API server, and nothing that changes it.

Answers are bytes; what they mean is for `kinds` and `discovery`. Raises `answers.KubeError` throughout.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from typing import TypeVar
from urllib.parse import quote

import msgspec

from fluxtui.kube.answers import GarbledAnswer
from fluxtui.kube.wire import READ_TIMEOUT, Call, Wire, keep_alive, read

PAGE = 500
"""Objects per page of a list: 5 ms of decoding (facts: performance §3)."""
TABLE = "application/json;as=Table;g=meta.k8s.io;v=v1,application/json"
PRINTED = 200
"""Objects per page of a table with whole objects: pods come at 8 kB each, and a page must not delay a key."""
SLIM = "application/json;as=PartialObjectMetadata{};g=meta.k8s.io;v=v1,application/json"
"""Metadata alone: of one object, or with ``List`` of many."""
SLACK = 30.0
"""Seconds of silence that a watch is granted beyond the time at which the server ought to end it."""


class Resource(msgspec.Struct, frozen=True):
    """Where a kind lives in the API; ``group`` is empty for the core group."""

    group: str
    version: str
    plural: str
    namespaced: bool = True

    def path(self, namespace: str = "", name: str = "", sub: str = "") -> str:
        """The URL path of a collection, an object or a subresource. An empty namespace is all namespaces."""
        parts = ["apis", self.group, self.version] if self.group else ["api", self.version]
        if namespace and self.namespaced:
            parts += ["namespaces", namespace]
        parts += [part for part in (self.plural, name, sub) if part]
        return "/" + "/".join(quote(part, safe="") for part in parts)

    @property
    def title(self) -> str:
        """As RBAC messages name it: ``kustomizations.kustomize.toolkit.fluxcd.io``."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


class Scope(msgspec.Struct, frozen=True):
    """Which objects of a kind: namespace (empty: all) and selectors."""

    namespace: str = ""
    labels: str = ""
    fields: str = ""

    def query(self) -> tuple[tuple[str, str], ...]:
        """The selectors as query parameters."""
        pairs = (("labelSelector", self.labels), ("fieldSelector", self.fields))
        return tuple((key, value) for key, value in pairs if value)


class Document(msgspec.Struct, frozen=True):
    """A body with its ETag; ``unchanged`` when the server says that the ETag we sent is still good."""

    body: bytes = b""
    etag: str = ""
    unchanged: bool = False


class Access(msgspec.Struct, frozen=True):
    """Whether something is allowed, and why, if the server says."""

    allowed: bool = False
    reason: str = ""


class Rule(msgspec.Struct, frozen=True, rename="camel"):
    """One rule of what we may do in a namespace; ``*`` stands for all."""

    verbs: list[str] = []
    api_groups: list[str] = []
    resources: list[str] = []
    resource_names: list[str] = []


class Rules(msgspec.Struct, frozen=True, rename="camel"):
    """What we may do in a namespace. ``incomplete``: the server's authorizer cannot enumerate everything."""

    resource_rules: list[Rule] = []
    incomplete: bool = False


class _AccessReview(msgspec.Struct):
    status: Access = Access()


class _RulesReview(msgspec.Struct):
    status: Rules = Rules()


ReviewT = TypeVar("ReviewT", _AccessReview, _RulesReview)


class Reader:
    """Questions to one API server."""

    _watched_as: tuple[str, tuple[tuple[str, str], ...]] = ("application/json", ())
    """What a watch accepts, and what it asks for besides."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.server = wire.server
        """The server's URL."""

    async def close(self) -> None:
        """Close the connections; requests under way fail."""
        await self._wire.close()

    async def document(
        self, path: str, *, verb: str = "get", resource: str = "", accept: str = "application/json", etag: str = ""
    ) -> Document:
        """A document by path: discovery, the version. With an ``etag`` the body may come back unchanged."""
        headers = (("Accept", accept), *((("If-None-Match", etag),) if etag else ()))
        call = Call(path=path, verb=verb, resource=resource or path, headers=headers)
        async with self._wire.request(call) as answer:
            if answer.status == 304:
                return Document(etag=etag, unchanged=True)
            return Document(await read(answer, call), answer.headers.get("ETag", ""))

    async def get(self, resource: Resource, namespace: str, name: str, *, slim: bool = False) -> bytes:
        """One object as JSON, as the server has it, or its metadata alone. Show it only through `objects.decode`."""
        accept = SLIM.format("") if slim else "application/json"
        path, told = resource.path(namespace, name), f"{resource.title} {name!r}"
        return (await self.document(path, resource=told, accept=accept)).body

    async def list_page(
        self, resource: Resource, scope: Scope, *, token: str = "", limit: int = PAGE, slim: bool = False
    ) -> bytes:
        """One page of a list, from the beginning or from a continue token; `slim`: metadata alone."""
        query = (*scope.query(), ("limit", str(limit)), *((("continue", token),) if token else ()))
        return await self._list(resource, scope, query, SLIM.format("List") if slim else "application/json")

    async def table(
        self, resource: Resource, scope: Scope, *, token: str = "", limit: int = PAGE, include: str = ""
    ) -> bytes:
        """One page as the server would print it (``as=Table``): columns and cells of kinds that we do not know.

        ``include`` is what each row carries of its object: ``Metadata`` (the server's default), ``Object``, ``None``.
        """
        query = (*scope.query(), ("limit", str(limit)), *((("continue", token),) if token else ()))
        query += (("includeObject", include),) if include else ()
        return await self._list(resource, scope, query, TABLE)

    def printed(self, include: str, begin: Callable[[], None]) -> Reader:
        """A reader of the same connections whose lists and watches are printed; ``begin`` is told of each new list."""
        return _PrintedReader(self._wire, include, begin)

    async def _list(self, resource: Resource, scope: Scope, query: tuple[tuple[str, str], ...], accept: str) -> bytes:
        path = resource.path(scope.namespace)
        call = Call(path=path, verb="list", resource=resource.title, query=query, headers=(("Accept", accept),))
        async with self._wire.request(call) as answer:
            return await read(answer, call)

    @contextlib.asynccontextmanager
    async def watch(
        self,
        resource: Resource,
        scope: Scope,
        *,
        version: str = "",
        initial: bool = False,
        seconds: int = 270,
    ) -> AsyncGenerator[AsyncIterator[bytes], None]:
        """A watch as chunks of bytes (not of lines), which the server ends after ``seconds``.

        From ``version`` on, or with ``initial`` as a streamed list: all objects as ADDED events, then a bookmark
        with ``k8s.io/initial-events-end``, then changes.
        """
        query = [*scope.query(), ("watch", "true"), ("allowWatchBookmarks", "true"), ("timeoutSeconds", str(seconds))]
        if initial:
            query += [("sendInitialEvents", "true"), ("resourceVersionMatch", "NotOlderThan")]
        if version:
            query.append(("resourceVersion", version))
        call = Call(
            path=resource.path(scope.namespace),
            verb="watch",
            resource=resource.title,
            query=(*query, *self._watched_as[1]),
            headers=(("Accept", self._watched_as[0]),),
            silence=seconds + SLACK,
        )
        async with self._wire.request(call) as answer:
            keep_alive(answer)
            yield answer.content.iter_any()

    @contextlib.asynccontextmanager
    async def logs(
        self,
        namespace: str,
        pod: str,
        *,
        container: str = "",
        follow: bool = False,
        tail: int = 0,
        since: int = 0,
        since_time: str = "",
        previous: bool = False,
    ) -> AsyncGenerator[AsyncIterator[bytes], None]:
        """A container's log as chunks of bytes with RFC 3339 timestamps; ``since`` is in seconds, ``tail`` in lines.

        ``since_time`` is RFC 3339; the server knows at most one of the two.
        """
        query = [("timestamps", "true"), ("follow", str(follow).lower()), ("previous", str(previous).lower())]
        query += [("container", container)] if container else []
        query += [("tailLines", str(tail))] if tail else []
        query += [("sinceSeconds", str(since))] if since else []
        query += [("sinceTime", since_time)] if since_time else []
        call = Call(
            path=Resource("", "v1", "pods").path(namespace, pod, "log"),
            verb="get",
            resource=f"pods/log {pod!r}",
            query=tuple(query),
            silence=86_400.0 if follow else READ_TIMEOUT,  # a quiet container is no broken connection
        )
        async with self._wire.request(call) as answer:
            keep_alive(answer)
            yield answer.content.iter_any()

    async def may(
        self, verb: str, resource: Resource, *, namespace: str = "", name: str = "", subresource: str = ""
    ) -> Access:
        """Whether we are allowed to (SelfSubjectAccessReview). An empty namespace asks for all of them."""
        attributes = {
            "verb": verb,
            "group": resource.group,
            "resource": resource.plural,
            "namespace": namespace,
            "name": name,
            "subresource": subresource,
        }
        spec = {"resourceAttributes": {key: value for key, value in attributes.items() if value}}
        return (await self._review("SelfSubjectAccessReview", spec, _AccessReview)).status

    async def rules(self, namespace: str) -> Rules:
        """What we may do in a namespace (SelfSubjectRulesReview)."""
        return (await self._review("SelfSubjectRulesReview", {"namespace": namespace}, _RulesReview)).status

    async def _review(self, kind: str, spec: Mapping[str, object], shape: type[ReviewT]) -> ReviewT:
        body = {"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": spec}
        path = f"/apis/authorization.k8s.io/v1/{kind.lower()}s"
        call = Call(
            path=path, verb="create", resource=f"{kind.lower()}s.authorization.k8s.io", method="POST", body=body
        )
        async with self._wire.request(call) as answer:
            data = await read(answer, call)
        try:
            return msgspec.json.decode(data, type=shape)
        except msgspec.DecodeError as error:
            raise GarbledAnswer(call.verb, call.resource, f"not a review: {error}") from None


class _PrintedReader(Reader):
    """Lists and watches what the server prints instead of the objects."""

    def __init__(self, wire: Wire, include: str, begin: Callable[[], None]) -> None:
        super().__init__(wire)
        self._include = include
        self._begin = begin
        self._watched_as = (TABLE, (("includeObject", include),))

    async def list_page(
        self, resource: Resource, scope: Scope, *, token: str = "", limit: int = PRINTED, slim: bool = False
    ) -> bytes:
        """One page of a table, with as much of each object as was asked for at the beginning."""
        del slim
        if not token:
            self._begin()
        return await self.table(resource, scope, token=token, limit=limit, include=self._include)
