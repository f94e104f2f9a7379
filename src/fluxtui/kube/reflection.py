"""The kinds of one table as one server serves them: which there are, and one reflector for each, as long as it runs.

Kinds come and go with their CRDs: what is missing is looked for again, less and less often, and what has gone ends with
its rows.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping

from fluxtui.kinds.kind import Kind
from fluxtui.kube.answers import KubeError, LoginNeeded, Refused, Unauthorized, Unreachable
from fluxtui.kube.backoff import Backoff
from fluxtui.kube.discovery import Catalogue, discover
from fluxtui.kube.reflector import Reflector
from fluxtui.kube.site import Site, rest
from fluxtui.kube.transport import Resource
from fluxtui.store.state import DataState, Phase
from fluxtui.store.store import ClusterData

log = logging.getLogger(__name__)


async def _nothing() -> None:
    """Most have nothing to ask beside."""


class Reflection:
    """Keeps ``data`` in step with the server behind ``site`` for all of ``kinds``. `run` it as a task; then `stop`."""

    def __init__(
        self,
        kinds: Mapping[str, Kind],
        data: ClusterData,
        site: Site,
        *,
        greet: Callable[[], Awaitable[None]] = _nothing,
    ) -> None:
        """`greet` is awaited whenever the server has told what it serves; a `KubeError` of it counts as one of that."""
        self._kinds = kinds
        self._data = data
        self._site = site
        self._greet = greet
        self._catalogue: Catalogue | None = None
        self._reflectors: dict[str, Reflector] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._absent: dict[str, Backoff] = {}
        """Kinds that answered 404, with the wait until they are tried again."""
        self._look = asyncio.Event()
        self._known = asyncio.Event()
        """Set when we know what the server serves, or that we do not."""

    @property
    def known(self) -> bool:
        """Whether the server has ever told what it serves."""
        return self._catalogue is not None

    def resource(self, kind: str) -> Resource | None:
        """Where a kind lives on this server; None when it is not served, or not yet known."""
        return self._catalogue.resources.get(kind) if self._catalogue is not None else None

    async def met(self) -> None:
        """Wait until the server has told what it serves, or could not be asked."""
        await self._known.wait()

    async def settled(self) -> None:
        """Wait until every kind has been loaded, or has failed, for the first time."""
        await self.met()
        await asyncio.gather(*(reflector.settled.wait() for reflector in self._reflectors.values()))

    def retry(self) -> None:
        """Try everything that waits, now."""
        self._look.set()
        for reflector in self._reflectors.values():
            reflector.retry()

    def unknown(self, phase: Phase, detail: str) -> None:
        """Nothing can be known of this server: that is the state of every kind, until it can be asked."""
        self.everywhere(phase, detail)
        self._known.set()

    def everywhere(self, phase: Phase, detail: str) -> None:
        """The same state for every kind."""
        for name in self._kinds:
            self._state(name, phase, detail)

    async def stop(self) -> None:
        """End every task; the rows stay."""
        running = tuple(self._tasks.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def run(self) -> None:
        """Look what is served and reflect it, until cancelled."""
        self.everywhere(Phase.LOADING, "")
        timing, rng = self._site.timing, self._site.rng
        looking = Backoff(rng, timing.discover, timing.discover_cap)
        failing = Backoff(rng, timing.base, timing.cap)
        while True:
            if (trouble := self._site.gate.trouble) is not None and not self.known:
                self.unknown(phase_of(trouble), str(trouble))
            await self._site.gate.passed()
            found = await self._discover()
            if isinstance(found, KubeError):
                if self._site.gate.trouble is None:  # else the gate is what we wait for
                    await rest(failing.delay(found.retry_after if isinstance(found, Refused) else 0.0), self._look)
                continue
            failing.reset()
            if self._appeared(found):
                looking.reset()
            await self._reflect(found)
            self._known.set()
            await rest(looking.delay() if found.missing(self._kinds.values()) else None, self._look)

    async def _discover(self) -> Catalogue | KubeError:
        try:
            found = await discover(self._site.reader, self._kinds.values(), self._catalogue)
            await self._greet()
        except KubeError as error:
            if self._catalogue is None:
                self.unknown(phase_of(error), str(error))
            if isinstance(error, Unreachable | Unauthorized | LoginNeeded):
                self._site.gate.shut(error)
            return error
        return found

    def _appeared(self, found: Catalogue) -> bool:
        return any(self.resource(name) != resource for name, resource in found.resources.items())

    async def _reflect(self, found: Catalogue) -> None:
        """Start what has come, end what has gone; kinds of a lower rank are loaded first."""
        self._catalogue = found
        kinds = self._kinds.values()
        for name in found.missing(kinds):
            await self._end(name)
            self._state(name, Phase.MISSING, "the server does not serve this kind")
        waiting = sorted((kind for kind in kinds if self._to_start(kind)), key=lambda kind: kind.rank)
        for rank in dict.fromkeys(kind.rank for kind in waiting):
            started = [self._launch(kind, found.resources[kind.name]) for kind in waiting if kind.rank == rank]
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._site.timing.stagger):
                    await asyncio.gather(*(reflector.settled.wait() for reflector in started))

    def _to_start(self, kind: Kind) -> bool:
        task = self._tasks.get(kind.name)
        return self.resource(kind.name) is not None and (task is None or task.done())

    def _launch(self, kind: Kind, resource: Resource) -> Reflector:
        if self._data.table(kind.name).state.phase is not Phase.MISSING:  # until the first list says otherwise
            self._state(kind.name, Phase.LOADING, "")
        reflector = Reflector(self._site, kind, resource, self._data.table(kind.name))
        self._reflectors[kind.name] = reflector
        task = asyncio.create_task(self._supervise(kind, reflector), name=f"{self._data.name} {kind.plural}")
        self._tasks[kind.name] = task
        return reflector

    async def _supervise(self, kind: Kind, reflector: Reflector) -> None:
        """Run a reflector; a defect of ours in it must not stop the data of this kind for good, nor pass in silence."""
        backoff = Backoff(self._site.rng, 1.0, 60.0)
        while True:
            try:
                await reflector.run()
            except Exception as error:
                log.exception("%s: reflecting %s failed", self._data.name, kind.plural)
                self._state(kind.name, Phase.STALE, f"internal error: {type(error).__name__}: {error}")
                reflector.distrust()
                await asyncio.sleep(backoff.delay())
            else:  # the server does not serve it, whatever discovery says: look again, later each time
                cap = self._site.timing.discover_cap
                absent = self._absent.setdefault(kind.name, Backoff(self._site.rng, 1.0, cap))
                if reflector.synced:
                    absent.reset()
                await asyncio.sleep(absent.delay())
                self._look.set()
                return

    async def _end(self, name: str) -> None:
        task = self._tasks.pop(name, None)
        self._reflectors.pop(name, None)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self._data.table(name).replace(())

    def _state(self, name: str, phase: Phase, detail: str) -> None:
        table, now = self._data.table(name), self._site.now()
        before = table.state
        since = before.since if before.phase is phase and before.since else now
        table.set_state(DataState(phase, since, before.contact, detail))
        self._site.pulse()


def phase_of(error: KubeError) -> Phase:
    """What the data of a server is when it could not even be asked what it serves."""
    return Phase.LOGIN if isinstance(error, Unauthorized | LoginNeeded) else Phase.UNREACHABLE
