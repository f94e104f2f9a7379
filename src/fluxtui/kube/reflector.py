"""One kind of one cluster, kept the same in our memory as on the server.

The list is streamed where the server can (WatchList), else read in pages; it replaces the table at once when it
is complete. Then changes are watched, with bookmarks, from version to version. In a fleet of very many clusters a
kind without objects, or of a late rank, is asked for now and then instead: every watch is a connection.
Whatever goes wrong ends as the state of the table, in words, and as a wait before the next try:

=====================  ==========================================================================
410, ERROR 410         list again, not from the same version
400, 422, ERROR 500    the server does not stream lists: pages, for the whole cluster
cut short              a streamed list that the server ends half-way changes too fast to be streamed: pages
401                    credentials are renewed once by the wire, then: login needed
403                    to watch: poll. To list: the context's own namespace, else forbidden, asked again slowly
404                    the kind is not served: the rows go, `run` ends, discovery looks for it
429, 5xx               wait as long as asked, then try again
dropped, silent        once more at once; if that fails too the rows are stale, and the gate shuts
garbage                watch again from the last good version
=====================  ==========================================================================
"""

import asyncio
from collections.abc import AsyncIterator

import msgspec

from fluxtui.kinds.decode import Event, Garbled, WatchError
from fluxtui.kinds.kind import Kind
from fluxtui.kube import answers
from fluxtui.kube.answers import KubeError, Refused, Unreachable
from fluxtui.kube.backoff import Backoff
from fluxtui.kube.lines import LineCutter, LineTooLong
from fluxtui.kube.site import Site, rest
from fluxtui.kube.transport import Resource, Scope
from fluxtui.store.state import DataState, Phase
from fluxtui.store.table import Load, Table

NOT_STREAMED = frozenset({400, 422})
"""Statuses of servers that do not stream lists. Those that find out later send an ERROR event with code 500."""
ASK_AGAIN = 4
"""Where watching is not allowed it is tried again with every n-th poll."""
EXPLAINS = 3
"""Kinds from this rank on tell more about the others: namespaces, controllers, variables, Events."""
PATIENCE = 2
"""Failures in a row after which rows are no longer called fresh; one is a hiccup."""


class Reflector:
    """Keeps ``table`` in step with the server. `run` it as a task; cancel the task to stop."""

    def __init__(self, site: Site, kind: Kind, resource: Resource, table: Table, *, watches: bool = True) -> None:
        self._site = site
        self._kind = kind
        self._resource = resource
        self._table = table
        self._backoff = Backoff(site.rng, site.timing.base, site.timing.cap)
        self._wake = asyncio.Event()
        self._version = ""
        """Where to watch from; empty: list first."""
        self._scope = Scope("", kind.labels, kind.fields)
        self._may_watch = watches
        self._watches = watches
        """Whether the kind can be watched at all: metrics cannot."""
        self._stream = True
        """Whether this kind's list is streamed, where the server can."""
        self._sparing = False
        """Whether there is little to watch, and connections are to be spared."""
        self._polls = 0
        self.synced = False
        """Whether the table has ever been complete."""
        self._contact = table.state.contact
        self.settled = asyncio.Event()
        """Set once the first list is complete or has failed."""

    def retry(self) -> None:
        """Try now, whatever the wait."""
        self._wake.set()

    def distrust(self) -> None:
        """Something went wrong that should not: list again before anything else."""
        self._version = ""

    async def run(self) -> None:
        """Reflect until cancelled. Returns only when the server does not serve the kind."""
        while True:
            await self._site.gate.passed()
            began = asyncio.get_running_loop().time()
            try:
                await self._reflect()
            except answers.NotFound as error:
                self._missing(error)
                return
            except KubeError as error:
                delay = self._failed(error)
            except Garbled as error:
                delay = self._failed(answers.GarbledAnswer("read", self._resource.title, str(error)))
            else:
                delay = self._ended(asyncio.get_running_loop().time() - began)
            await rest(delay, self._wake)

    def _ended(self, lasted: float) -> float:
        """A watch that ended as agreed, or a poll; the seconds until the next."""
        if not self._may_watch:
            self._version = ""
            self._polls += 1
            self._may_watch = self._watches and self._polls % ASK_AGAIN == 0
            self._backoff.reset()
            return self._site.about(self._site.timing.poll)
        if self._sparing:
            self._version = ""
            self._backoff.reset()
            return self._site.about(self._site.timing.sparing)
        if lasted < self._site.timing.brief:  # what ends at once is not to be asked again at once
            return self._backoff.delay()
        self._backoff.reset()
        return 0.0

    async def _reflect(self) -> None:
        """List if need be, then follow the changes for as long as one watch lasts."""
        streamed = self._site.streams and self._stream and not self._site.crowded()
        if not self._version and streamed and self._may_watch:
            try:
                return await self._watch(self._table.load())
            except _CutShortError:
                self._stream = False
            except answers.Forbidden:
                self._may_watch = False
            except Refused as error:
                if error.status not in NOT_STREAMED:
                    raise
                self._site.streams = False
        if not self._version:
            await self._list()
        if self._may_watch and not self._sparing:
            try:
                return await self._watch(None)
            except answers.Forbidden:
                self._may_watch = False
                self._loaded()
        return None

    # --- list in pages

    async def _list(self) -> None:
        """All pages into the table. A continue token that expired ends it with `Expired`: the list begins anew."""
        load, token = self._table.load(), ""
        while True:
            body = await self._site.reader.list_page(self._resource, self._scope, token=token, limit=self._kind.page)
            self._heard()
            async with self._site.pace:
                page = self._kind.decode_page(body)
                for record in page.records:
                    load.add(record)
                token = page.next
                self._site.pulse()
            if not token:
                break
        load.commit()
        self._version = page.version
        self._sparing = self._site.crowded() and (not self._table.rows or self._kind.rank >= EXPLAINS)
        self._loaded()

    # --- watch

    async def _watch(self, load: Load | None) -> None:
        """One watch until the server ends it; with ``load`` it begins as a streamed list."""
        seconds = self._site.rng.randint(*self._site.timing.watch)
        cutter = LineCutter()
        follow = _Follow(self, load)
        async with self._site.reader.watch(
            self._resource, self._scope, version=self._version, initial=load is not None, seconds=seconds
        ) as chunks:
            if load is None:
                self._loaded()
            while chunk := await self._next(chunks, follow, seconds + self._site.timing.slack):
                self._heard()
                await self._take(chunk, cutter, follow)
                del chunk  # else a quiet watch would hold its whole first list until the next word
        if follow.load is not None:
            raise _CutShortError
        if cutter.rest:
            raise Unreachable(self._site.reader.server, "the connection was closed in the middle of an event")

    async def _take(self, chunk: bytes, cutter: LineCutter, follow: "_Follow") -> None:
        try:
            for lines in cutter.feed(chunk):
                async with self._site.pace:
                    for event in self._kind.decode_events(lines):
                        follow.event(event)
                    self._site.pulse()
        except LineTooLong as error:
            raise answers.GarbledAnswer("watch", self._resource.title, str(error)) from None

    async def _next(self, chunks: AsyncIterator[bytes], follow: "_Follow", longest: float) -> bytes:
        """The next chunk, empty at the end. Raises `Unreachable` after more silence than a live connection has."""
        timing = self._site.timing
        limit = timing.listing if follow.load is not None else timing.bookmarked if follow.bookmarked else longest
        try:
            async with asyncio.timeout(limit):
                return await anext(chunks, b"")
        except TimeoutError:
            if follow.load is not None:
                self._site.streams = False
            raise Unreachable(self._site.reader.server, f"not a word for {limit:g} s") from None

    # --- what the server says, as steps of the reflector

    def event(self, event: Event, load: Load | None) -> None:
        """Apply one change to the table, or to the list that is being loaded. Raises the `KubeError` of an ERROR."""
        if event.error is not None:
            refused = _refusal(event.error, self._resource.title)
            if load is not None and refused.status == 500:
                refused.status = 400  # "RequestWatchProgress is disabled": as good as a 400 at once
            raise refused
        record = event.record
        if record is not None:
            target = load if load is not None else self._table
            if event.type == "DELETED":
                target.remove(record.id)
            elif load is not None:
                load.add(record)
            else:
                self._table.upsert(record)
        if event.version:
            if event.type == "BOOKMARK" and _older(event.version, self._version):
                # the server was restored from a backup: it does not know what we know
                raise answers.Expired(410, "Expired", "the server went back in time", "watch", self._resource.title)
            if load is None:
                self._version = event.version

    def complete(self, load: Load, version: str) -> None:
        """The streamed list has ended; from here on changes come."""
        load.commit()
        self._version = version
        self._loaded()

    def _heard(self) -> None:
        """The server said something. Nobody is woken for that."""
        self._contact = self._site.now()
        if self._table.state.phase is Phase.FRESH:
            self._table.set_state(msgspec.structs.replace(self._table.state, contact=self._contact))

    def _loaded(self) -> None:
        """The rows are those of the server, as far as we may see."""
        self.synced = True
        limits: list[str] = []
        if self._scope.namespace:
            limits.append(f"only namespace {self._scope.namespace}: all namespaces are not allowed")
        if not self._may_watch:
            limits.append("polled: watching is not allowed" if self._watches else "polled: cannot be watched")
        elif self._sparing:
            limits.append("asked every few minutes: the fleet is large")
        self._state(Phase.FRESH, "; ".join(limits))

    # --- failures

    def _failed(self, error: KubeError) -> float:
        """Turn a failure into a state; the seconds to wait before the next try."""
        if isinstance(error, Refused):  # a refusal is a word from the server, too
            self._contact = self._site.now()
        match error:
            case answers.Expired():
                self._version = ""
                return self._backoff.delay() if self._backoff.failures else self._first()
            case answers.Unauthorized() | answers.LoginNeeded():
                self._state(Phase.LOGIN, str(error))
                self._site.gate.shut(error)
                return self._backoff.delay()
            case answers.Forbidden():
                return self._forbidden(error)
            case Unreachable():
                return self._lost(error)
            case _:
                delay = self._backoff.delay(error.retry_after if isinstance(error, Refused) else 0.0)
                if self._backoff.failures >= PATIENCE or not self.synced:
                    if not isinstance(error, answers.TooManyRequests):
                        self._version = ""  # it may be what the server chokes on; and who was stale lists again
                    self._state(Phase.STALE if self.synced else Phase.UNREACHABLE, str(error))
                return delay

    def _first(self) -> float:
        self._backoff.failures = 1
        return 0.0

    def _lost(self, error: Unreachable) -> float:
        """A connection that broke is tried once more at once: servers restart, proxies cut long connections."""
        if self.synced and not self._backoff.failures:
            return self._first()
        self._state(Phase.STALE if self.synced else Phase.UNREACHABLE, error.reason)
        self._version = ""  # who was away for long lists again: the server may be another one
        self._site.gate.shut(error)
        return self._backoff.delay()

    def _forbidden(self, error: answers.Forbidden) -> float:
        own = self._site.namespace
        self._version, self._may_watch = "", self._watches
        if own and self._kind.namespaced and not self._scope.namespace:
            self._scope = Scope(own, self._kind.labels, self._kind.fields)
            return 0.0
        self._scope = Scope("", self._kind.labels, self._kind.fields)
        self._state(Phase.FORBIDDEN, str(error))
        return self._site.about(self._site.timing.forbidden)

    def _missing(self, error: KubeError) -> None:
        self._table.replace(())
        self._state(Phase.MISSING, str(error))

    def _state(self, phase: Phase, detail: str) -> None:
        before = self._table.state
        since = before.since if before.phase is phase and before.since else self._site.now()
        only = self._scope.namespace if phase is Phase.FRESH else ""
        self._table.set_state(DataState(phase, since, self._contact, detail, only))
        if phase is not Phase.LOADING:
            self.settled.set()
        self._site.pulse()


class _CutShortError(Exception):
    """The server ended a streamed list half-way.

    kube-apiserver does so (``cacher.go``: "Forcing watcher close") when a list has not been read before the changes
    that come meanwhile fill the watcher's buffer: 200 changes a second are enough for 10,000 objects. The same list
    in pages is not disturbed by changes.
    """


class _Follow:
    """Where one watch stands: in the middle of a streamed list (``load``), or after it."""

    def __init__(self, reflector: Reflector, load: Load | None) -> None:
        self._reflector = reflector
        self.load = load
        self.bookmarked = False

    def event(self, event: Event) -> None:
        self._reflector.event(event, self.load)
        if event.initial_end and self.load is not None:
            load, self.load = self.load, None
            self._reflector.complete(load, event.version)
        elif event.type == "BOOKMARK":
            self.bookmarked = True


def _refusal(error: WatchError, resource: str) -> Refused:
    made = answers.BY_STATUS.get(error.code, Refused)
    return made(error.code, error.reason, error.message, "watch", resource, error.retry_after)


def _older(version: str, than: str) -> bool:
    """Whether a resourceVersion is before another; False when they do not compare (KEP-5504: as integers)."""
    return version.isdigit() and than.isdigit() and int(version) < int(than)
