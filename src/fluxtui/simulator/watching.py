"""WATCH: what changes, as lines of JSON, from a version on.

Every write is told to the watches of its kind alone; each watch queues what concerns it and sends all of it in one
chunk when its turn comes. A watch that falls too far behind is ended, as on a real server.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from random import Random

import msgspec
from aiohttp import web

from fluxtui.simulator import answers, refusals, selectors, tables
from fluxtui.simulator.calls import Call
from fluxtui.simulator.faults import Faults
from fluxtui.simulator.objects import Objects
from fluxtui.simulator.reading import options_refused, parse_version
from fluxtui.simulator.resources import Change, Resource
from fluxtui.simulator.shapes import Json
from fluxtui.simulator.shelf import Event, Stored

BACKLOG = 20_000
"""Events that a watch may lag behind before it is ended."""
INITIAL_END = {"k8s.io/initial-events-end": "true"}
_CHUNK_EVENTS = 200
_NO_PROGRESS = "RequestWatchProgress is disabled"
_encode = msgspec.json.encode


class Watch:
    """One open watch: turns the writes of its kind into lines, and sends them."""

    def __init__(self, call: Call, objects: Objects, faults: Faults, match: selectors.Match | None) -> None:
        self.kind = call.resource.kind
        self.key = call.resource.key
        self._call = call
        self._objects = objects
        self._faults = faults
        self._match = match
        self._queue: deque[bytes | tuple[str, Stored]] = deque()
        self._room = BACKLOG
        self._wake = asyncio.Event()
        self._headed = False
        self._over = False
        self._missed = False
        self.since = 0
        """Writes up to this version are not told."""

    # -- lines -----------------------------------------------------------------------------------------------

    def offer(self, event: Event) -> None:
        """Queues a write, as this watch sees it: an object that leaves or enters the selection is deleted or added."""
        if self._over or event.version <= self.since or not self._concerns(event.after):
            return
        kind = event.type
        if self._match is not None:
            now = event.type != "DELETED" and self._match(event.after.obj)
            before = event.before is not None and self._match(event.before.obj)
            if not now and not before:
                return
            kind = "DELETED" if not now else "MODIFIED" if before else "ADDED"
            if event.type != "DELETED" and not now and event.before is not None:
                self.push((kind, _as_it_was(event.before, event.after)))
                return
        self.push((kind, event.after))

    def _concerns(self, stored: Stored) -> bool:
        namespace = self._call.namespace
        return namespace is None or stored.obj["metadata"].get("namespace") == namespace

    def begin(self, present: list[Stored]) -> None:
        """Queues what is there already, as ADDED."""
        self._queue.extend(("ADDED", stored) for stored in present if self._match is None or self._match(stored.obj))
        self._room = BACKLOG + len(self._queue)

    def _line(self, kind: str, stored: Stored) -> bytes:
        return b'{"type":"%s","object":%s}\n' % (kind.encode(), self._content(stored))

    def _content(self, stored: Stored) -> bytes:
        form = self._call.form
        if not form.as_:
            return answers.served(self._call, stored)
        if form.as_ == "Metadata":
            return _encode(tables.metadata_of(stored.obj))
        include = self._call.query.get("includeObject", "")
        version = {"resourceVersion": stored.obj["metadata"]["resourceVersion"]}
        headed, self._headed = not self._headed, True
        return _encode(
            tables.table(self._call.resource, [stored.obj], version, include, self._objects.now(), headed=headed)
        )

    def bookmark(self, *, initial_end: bool = False) -> bytes:
        """A line that tells the version alone."""
        metadata: Json = {"annotations": INITIAL_END} if initial_end else {}
        metadata["resourceVersion"] = str(self._objects.version)
        content = {"apiVersion": self._call.api_version, "kind": self.kind, "metadata": metadata}
        return _encode({"type": "BOOKMARK", "object": content}) + b"\n"

    def error(self, refusal: refusals.Refusal) -> bytes:
        """A line that tells a refusal, after which the watch ends."""
        return _encode({"type": "ERROR", "object": refusal.status()}) + b"\n"

    # -- sending ---------------------------------------------------------------------------------------------

    def push(self, line: bytes | tuple[str, Stored]) -> None:
        """Queues a line; a watch with too many of them ends."""
        if self._faults.silent_watch or self._missed:
            self._missed = True
            return
        self._queue.append(line)
        if len(self._queue) > self._room:
            self.end()
        self._wake.set()

    def inject(self, data: bytes) -> None:
        """Sends bytes that are no event (a fault)."""
        self._queue.append(data)
        self._wake.set()

    def wake(self) -> None:
        """Looks again at what it should do."""
        self._wake.set()

    def end(self) -> None:
        """Ends the answer after what is queued, as at its timeout."""
        self._over = True
        self._wake.set()

    def cut(self) -> None:
        """Drops the connection without a word (a fault)."""
        self._over = True
        self._queue.clear()
        if self._call.request.transport is not None:
            self._call.request.transport.abort()
        self._wake.set()

    async def flush(self, response: web.StreamResponse) -> None:
        """Sends all that is queued."""
        while self._queue:
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), _CHUNK_EVENTS))]
            await response.write(b"".join([line if isinstance(line, bytes) else self._line(*line) for line in batch]))
            if self._queue:
                await asyncio.sleep(0)

    async def run(self, response: web.StreamResponse, seconds: float, bookmarks: Callable[[], float] | None) -> None:
        """Sends until the time is over; ``bookmarks`` gives the seconds to the next one."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        due = loop.time() + bookmarks() if bookmarks else deadline
        while not self._over:
            if self._missed and not self._faults.silent_watch:
                return
            try:
                async with asyncio.timeout_at(min(deadline, due)):
                    await self._wake.wait()
            except TimeoutError:
                if loop.time() >= deadline:
                    return
                self.push(self.bookmark())
                due = loop.time() + (bookmarks() if bookmarks else seconds)
            self._wake.clear()
            await self.flush(response)
        await self.flush(response)


def _as_it_was(before: Stored, after: Stored) -> Stored:
    """An object that leaves a selection is told as it was in it, at the version at which it left."""
    metadata = before.obj["metadata"] | {"resourceVersion": str(after.version)}
    return Stored(after.resource, after.key, before.obj | {"metadata": metadata}, after.version)


class Watches:
    """All open watches of one server, by kind."""

    def __init__(self, objects: Objects, faults: Faults, *, bookmark_every: float = 60.0, seed: int = 0) -> None:
        self.bookmark_every = bookmark_every
        """Seconds between bookmarks, for watches that want them (a real server: about a minute)."""
        self._objects = objects
        self._faults = faults
        self._random = Random(seed)  # noqa: S311 (spreads timeouts)
        self._open: dict[str, set[Watch]] = {}
        objects.observe(self._written)
        objects.resources.subscribe(self._resources_changed)

    def _written(self, event: Event) -> None:
        for watch in self._open.get(event.after.resource.key, ()):
            watch.offer(event)

    def _resources_changed(self, change: Change, resource: Resource) -> None:
        if change == "removed":
            for watch in self._open.get(resource.key, ()):
                watch.end()

    def end_all(self) -> None:
        """Ends every watch in order, as a server that shuts down does."""
        for watches in self._open.values():
            for watch in watches:
                watch.end()

    async def serve(self, call: Call) -> web.StreamResponse:
        """The whole answer to a watch. Raises `refusals.Refusal` before it has begun."""
        match = selectors.both(
            selectors.labels(call.query.get("labelSelector", "")),
            selectors.fields(call.query.get("fieldSelector", ""), call.resource),
        )
        tables.check_include(call.query.get("includeObject", ""))
        seconds = float(call.number("timeoutSeconds")) or self._random.uniform(1800, 3600)
        _check_options(call, self._faults)
        wanted = parse_version(call.query.get("resourceVersion", ""), "", 500)
        watch = Watch(call, self._objects, self._faults, match)
        response = web.StreamResponse(headers=answers.HEADERS | {"Content-Type": call.form.content_type})
        response.enable_chunked_encoding()
        self._open.setdefault(watch.key, set()).add(watch)
        self._faults.opened(watch)
        try:
            await self._answer(call, watch, response, wanted, seconds)
        except (ConnectionResetError, BrokenPipeError):
            pass  # the client is gone, which is how most watches end
        finally:
            self._open[watch.key].discard(watch)
            self._faults.closed(watch)
        return response

    async def _answer(
        self, call: Call, watch: Watch, response: web.StreamResponse, wanted: int, seconds: float
    ) -> None:
        if self._faults.garbage_watch:
            watch.inject(self._faults.garbage_watch)
            watch.end()
        elif not self._begin(call, watch, wanted):
            watch.end()
        await response.prepare(call.request)
        await watch.flush(response)
        await watch.run(response, seconds, self._interval if call.flag("allowWatchBookmarks") else None)
        await response.write_eof()

    def _begin(self, call: Call, watch: Watch, wanted: int) -> bool:
        """Queues what comes before the first change, and says whether the watch goes on.

        Nothing here waits, so that no write can come between the past and what is told from now on.
        """
        streamed = call.flag("sendInitialEvents")
        if streamed and self._faults.no_watchlist == "error":
            watch.push(watch.error(refusals.Refusal(500, "", _NO_PROGRESS)))
            return False
        shelf = self._objects.shelf(watch.key)
        try:
            if wanted == 0 or streamed:
                if streamed or "sendInitialEvents" not in call.query:
                    watch.begin(shelf.within(call.namespace))
                if streamed and call.flag("allowWatchBookmarks"):
                    watch.push(watch.bookmark(initial_end=True))
            else:
                watch.since = wanted
                for event in shelf.since(wanted):
                    watch.offer(event)
        except refusals.Expired as expired:
            watch.push(watch.error(expired))
            return False
        return True

    def _interval(self) -> float:
        return self.bookmark_every * self._random.uniform(0.9, 1.1)


def _check_options(call: Call, faults: Faults) -> None:
    match = call.query.get("resourceVersionMatch", "")
    if "sendInitialEvents" not in call.query:
        if match:
            why = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
            raise options_refused("resourceVersionMatch", why)
        return
    if faults.no_watchlist == "refused":
        why = "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled"
        raise options_refused("sendInitialEvents", why)
    if match != "NotOlderThan":
        why = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        raise options_refused("resourceVersionMatch", why)
