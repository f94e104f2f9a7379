"""A reader for pages: lists, watches and logs of a world that stands still until a test says something."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec

from fluxtui.kube.answers import Forbidden
from fluxtui.kube.transport import Access, Resource, Scope

from .world import World

Json = dict[str, Any]
_encode = msgspec.json.Encoder().encode


@dataclass
class Log:
    """What one container says. `lines` are (RFC 3339 time, text); more come with `say`; `end` ends its life."""

    lines: list[tuple[str, str]] = field(default_factory=list)
    refusal: Exception | None = None
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    ended: bool = False

    def say(self, time: str, text: str) -> None:
        """One more line."""
        self.lines.append((time, text))
        self.arrived.set()

    def end(self) -> None:
        """The stream ends, as it does when the container does."""
        self.ended = True
        self.arrived.set()


class StillReader:
    """Answers what a page asks of its cluster. `refusals` are by (verb, plural); `asked` is what was asked."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], list[Json]] = {}
        """By (group, plural)."""
        self.logs_of: dict[tuple[str, str, bool], Log] = {}
        """By (pod, container, previous)."""
        self.refusals: dict[tuple[str, str], Exception] = {}
        self.asked: list[tuple[Any, ...]] = []
        self.streams = 0
        """Watches and logs that are open."""
        self._news: list[asyncio.Queue[Json]] = []

    def tell(self, kind: str, obj: Json) -> None:
        """An event of every watch that is open."""
        for queue in self._news:
            queue.put_nowait({"type": kind, "object": obj})

    async def list_page(
        self, resource: Resource, scope: Scope, *, token: str = "", limit: int = 500, slim: bool = False
    ) -> bytes:
        """A list, by namespace, name and labels alone."""
        self.asked.append(("list", resource.title, scope.namespace, scope.fields or scope.labels))
        self._check("list", resource)
        found = [item for item in self.objects.get((resource.group, resource.plural), []) if _selected(item, scope)]
        return _encode({"metadata": {"resourceVersion": "1"}, "items": found})

    @asynccontextmanager
    async def watch(
        self, resource: Resource, scope: Scope, *, version: str = "", initial: bool = False, seconds: int = 270
    ) -> AsyncGenerator[AsyncIterator[bytes], None]:
        """What `tell` tells."""
        self._check("watch", resource)
        queue: asyncio.Queue[Json] = asyncio.Queue()
        self._news.append(queue)
        self.streams += 1

        async def chunks() -> AsyncIterator[bytes]:
            while True:
                yield _encode(await queue.get()) + b"\n"

        try:
            yield chunks()
        finally:
            self._news.remove(queue)
            self.streams -= 1

    @asynccontextmanager
    async def logs(self, namespace: str, pod: str, **options: Any) -> AsyncGenerator[AsyncIterator[bytes], None]:
        """The log of a container that `logs_of` has."""
        self.asked.append(("logs", f"{namespace}/{pod}", options))
        self._check("get", Resource("", "v1", "pods/log"))
        log = self.logs_of[pod, options.get("container", ""), bool(options.get("previous"))]
        if log.refusal is not None:
            raise log.refusal
        self.streams += 1
        since, tail = options.get("since_time", ""), options.get("tail", 0)

        async def chunks() -> AsyncIterator[bytes]:
            told = [line for line in log.lines if line[0] >= since]
            at = len(log.lines)
            yield _text(told[-tail:] if tail else told)
            while options.get("follow") and not log.ended:
                await log.arrived.wait()
                log.arrived.clear()
                fresh, at = log.lines[at:], len(log.lines)
                if fresh:
                    yield _text(fresh)

        try:
            yield chunks()
        finally:
            self.streams -= 1

    async def may(self, verb: str, resource: Resource, **_: Any) -> Access:
        """Whether it is not refused."""
        return Access((verb, resource.plural) not in self.refusals)

    async def close(self) -> None:
        """Nothing is open."""

    def _check(self, verb: str, resource: Resource) -> None:
        for key in ((verb, resource.plural), (verb, resource.title)):
            if key in self.refusals:
                raise self.refusals[key]


def reading(world: World, cluster: str) -> StillReader:
    """Gives a running world's cluster such a reader, and returns it."""
    reader = StillReader()
    world.fleet.clusters[cluster].reader = reader  # pyright: ignore[reportAttributeAccessIssue]
    return reader


def forbidden(verb: str, resource: str, namespace: str = "frontend") -> Forbidden:
    """A 403 in the server's words."""
    what = f'User "jane" cannot {verb} resource "{resource}" in API group "" in the namespace "{namespace}"'
    return Forbidden(403, "Forbidden", f"{resource} is forbidden: {what}", verb, resource)


def _selected(item: Json, scope: Scope) -> bool:
    meta = item["metadata"]
    if scope.namespace and meta.get("namespace") != scope.namespace:
        return False
    for term in filter(None, scope.labels.split(",")):
        key, _, value = term.partition("=")
        if (meta.get("labels") or {}).get(key) != value:
            return False
    for term in filter(None, scope.fields.split(",")):
        path, _, value = term.partition("=")
        held: Any = item
        for key in path.split("."):
            held = (held or {}).get(key)
        if held != value:
            return False
    return True


def _text(lines: list[tuple[str, str]]) -> bytes:
    return "".join(f"{time} {text}\n" for time, text in lines).encode()
