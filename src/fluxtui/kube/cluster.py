"""One cluster: its connections, what it serves, one reflector per kind, and a summary of how it is doing."""

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from fluxtui.kinds.kind import Kind
from fluxtui.kinds.record import split_id
from fluxtui.kinds.served import ServedKind
from fluxtui.kinds.text import line
from fluxtui.kube import objects
from fluxtui.kube.answers import KubeError, LoginNeeded, Refused, Unauthorized, Unreachable
from fluxtui.kube.auth import Credentials, Impersonation
from fluxtui.kube.backoff import Backoff
from fluxtui.kube.contexts import Context
from fluxtui.kube.discovery import Catalogue, discover
from fluxtui.kube.gate import Gate
from fluxtui.kube.pace import Pace
from fluxtui.kube.reflector import Reflector
from fluxtui.kube.served import Offer, Offering, Served, unserved
from fluxtui.kube.site import Site, Timing, rest
from fluxtui.kube.transport import Reader, Resource
from fluxtui.kube.wire import Wire
from fluxtui.store.state import DataState, Phase
from fluxtui.store.store import ClusterData

log = logging.getLogger(__name__)


class Health(msgspec.Struct, frozen=True):
    """How a cluster is doing as a whole: the phase of its data, why, since when (epoch s) and the server's version."""

    phase: Phase = Phase.LOADING
    detail: str = ""
    since: float = 0.0
    contact: float = 0.0
    """When the server last said anything, epoch s; 0: never."""
    version: str = ""
    """As the server tells (``v1.36.0``), empty until it did."""


class _Version(msgspec.Struct):
    git: str = msgspec.field(name="gitVersion", default="")


class Surroundings(msgspec.Struct, frozen=True):
    """What all clusters of a fleet share. ``now`` is the wall clock in epoch seconds; ``pulse`` says: new data."""

    kinds: Mapping[str, Kind]
    now: Callable[[], float]
    rng: random.Random
    timing: Timing
    pace: Pace
    pulse: Callable[[], None]
    crowded: Callable[[], bool]
    impersonation: Impersonation


class Cluster:
    """One context at work. `start` and `stop` once each; a context with a problem never connects."""

    def __init__(self, context: Context, data: ClusterData, surroundings: Surroundings) -> None:
        self.context = context
        self.name = context.name
        self._data = data
        self._around = surroundings
        self._credentials = Credentials(context, surroundings.now, surroundings.impersonation)
        self.reader = Reader(self.wire(frozenset({"GET"})))
        self.offering = Offering(self.reader)
        """What the server serves beyond the kinds that are watched, asked for when needed."""
        timing = surroundings.timing
        self._gate = Gate(self._probe, Backoff(surroundings.rng, timing.base, timing.cap), self._gate_changed)
        self._site = Site(
            self.reader,
            self._gate,
            surroundings.pace,
            namespace=context.namespace,
            now=surroundings.now,
            rng=surroundings.rng,
            timing=timing,
            pulse=surroundings.pulse,
            crowded=surroundings.crowded,
        )
        self._catalogue: Catalogue | None = None
        self._reflectors: dict[str, Reflector] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._main: asyncio.Task[None] | None = None
        self._absent: dict[str, Backoff] = {}
        """Kinds that answered 404, with the wait until they are tried again."""
        self._look = asyncio.Event()
        self._version = ""
        self.served: tuple[ServedKind, ...] | None = None
        """Everything that the server serves; None until somebody wanted to know (`look_around`)."""
        self._offer: Offer | None = None
        self._looking = asyncio.Lock()
        self._known = asyncio.Event()
        """Set when we know what the server serves, or that we do not."""

    def wire(self, methods: frozenset[str]) -> Wire:
        """New connections with this cluster's credentials, for these methods alone."""
        return Wire(self.context, self._credentials, self._around.now, methods)

    # --- life

    def start(self) -> None:
        """Begin to connect, on the running loop."""
        self._main = asyncio.create_task(self._run(), name=f"cluster {self.name}")

    async def stop(self) -> None:
        """End every task and close every connection; the rows stay until the store drops them."""
        running = [task for task in (self._main, *self._tasks.values()) if task is not None]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self._gate.close()
        await self.reader.close()

    async def settled(self) -> None:
        """Wait until every kind has been loaded, or has failed, for the first time."""
        await self._known.wait()
        await asyncio.gather(*(reflector.settled.wait() for reflector in self._reflectors.values()))

    def log_in(self) -> None:
        """Log in at the terminal, then try again. Blocking: the screen must be suspended. Raises `LoginNeeded`."""
        self._credentials.log_in()
        self.retry()

    def retry(self) -> None:
        """Try everything that waits, now: after a login, or because someone asked."""
        self._gate.retry()
        self._look.set()
        for reflector in self._reflectors.values():
            reflector.retry()

    # --- what it is asked

    @property
    def health(self) -> Health:
        """The summary for the strip of clusters."""
        states = [table.state for table in self._data.tables.values()]
        contact = max((state.contact for state in states), default=0.0)
        phase, detail = self._summary(states)
        since = min((state.since for state in states if state.phase is phase), default=0.0)
        return Health(phase, detail, since, contact, self._version)

    def _summary(self, states: list[DataState]) -> tuple[Phase, str]:
        if self.context.problem:
            return Phase.UNREACHABLE, self.context.problem
        phases = {state.phase for state in states}
        trouble = self._gate.trouble
        if trouble is not None:
            phase = _phase(trouble)
            known = any(table.rows for table in self._data.tables.values())
            return (Phase.STALE if known and phase is Phase.UNREACHABLE else phase), str(trouble)
        for phase in (Phase.LOADING, Phase.STALE, Phase.UNREACHABLE, Phase.LOGIN):
            if phase in phases or not phases:
                return phase, next((state.detail for state in states if state.phase is phase), "")
        flux = [self._data.table(kind.name).state.phase for kind in self._around.kinds.values() if kind.flux]
        if flux and set(flux) == {Phase.MISSING}:
            return Phase.MISSING, "Flux is not installed"
        hidden = [state for state in states if state.phase is Phase.FORBIDDEN]
        if Phase.FRESH not in phases and hidden:
            return Phase.FORBIDDEN, hidden[0].detail
        return Phase.FRESH, f"{len(hidden)} kinds are not allowed" if hidden else ""

    @property
    def acts_as(self) -> str:
        """Who we are to this cluster: whom we impersonate, else the kubeconfig's name of the user."""
        return self._around.impersonation.user or self.context.user

    def resource(self, kind: str) -> Resource | None:
        """Where a kind lives on this server; None when it is not served, or not yet known."""
        return self._catalogue.resources.get(kind) if self._catalogue is not None else None

    async def look_around(self) -> tuple[ServedKind, ...]:
        """Everything that the server serves, asked once and again after a while. Raises `KubeError`; what was known
        stays known then.
        """
        async with self._looking:
            offer = await self.offering.now()
            if offer is not self._offer or self.served is None:
                self._offer, self.served = offer, tuple(_kind_of(each) for each in offer.all if "list" in each.verbs)
            return self.served

    def site(self, reader: Reader, namespace: str, pulse: Callable[[], None]) -> Site:
        """What a reflector beside ours needs: our gate and pace, its own reader, which does not stream its lists.

        ``namespace`` is where it looks when all namespaces are not allowed (empty: the context's own).
        """
        beside = Site(
            reader,
            self._gate,
            self._around.pace,
            namespace=namespace or self.context.namespace,
            now=self._around.now,
            rng=self._around.rng,
            timing=self._around.timing,
            pulse=pulse,
            crowded=self._around.crowded,
        )
        beside.streams = False
        return beside

    async def fetch(self, identity: str) -> dict[str, Any]:
        """The whole object behind an id, the values of Secrets hidden. Raises `KubeError`, `Garbled`."""
        kind, namespace, name = split_id(identity)
        return await self.fetch_from(await self.where(kind), namespace, name)

    async def where(self, title: str) -> Resource:
        """Where any kind lives, watched or not, by its name in ids: ``Service``, ``Ingress.networking.k8s.io``.

        Raises `KubeError`; `NotFound` when it is not served.
        """
        resource = self.resource(title)
        if resource is None:
            found = (await self.offering.now()).titled(title)
            resource = found.resource if found is not None else None
        if resource is None:
            raise unserved(title, self.name)
        return resource

    async def fetch_from(self, resource: Resource, namespace: str, name: str) -> dict[str, Any]:
        """The whole object of any kind, also of those that are not watched. Raises `KubeError`, `Garbled`."""
        return objects.decode(await self.reader.get(resource, namespace, name))

    # --- how it works

    async def _run(self) -> None:
        if self.context.problem:
            self._everywhere(Phase.UNREACHABLE, self.context.problem)
            self._known.set()
            return
        self._everywhere(Phase.LOADING, "")
        timing = self._around.timing
        looking = Backoff(self._around.rng, timing.discover, timing.discover_cap)
        failing = Backoff(self._around.rng, timing.base, timing.cap)
        while True:
            await self._gate.passed()
            found = await self._discover()
            if isinstance(found, KubeError):
                if self._gate.trouble is None:  # else the gate is what we wait for
                    await rest(failing.delay(found.retry_after if isinstance(found, Refused) else 0.0), self._look)
                continue
            failing.reset()
            if self._appeared(found):
                looking.reset()
            await self._reflect(found)
            self._known.set()
            await rest(looking.delay() if found.missing(self._around.kinds.values()) else None, self._look)

    async def _discover(self) -> Catalogue | KubeError:
        try:
            found = await discover(self.reader, self._around.kinds.values(), self._catalogue)
            if not self._version:
                await self._probe()
        except KubeError as error:
            if self._catalogue is None:
                self._unknown(error)
            if isinstance(error, Unreachable | Unauthorized | LoginNeeded):
                self._gate.shut(error)
            return error
        return found

    async def _probe(self) -> None:
        document = await self.reader.document("/version")
        with contextlib.suppress(msgspec.DecodeError):
            self._version = msgspec.json.decode(document.body, type=_Version).git[:40]

    def _unknown(self, error: KubeError) -> None:
        """Nothing is known of this server: that is the state of every kind, until it can be asked."""
        self._everywhere(_phase(error), str(error))
        self._known.set()

    def _gate_changed(self) -> None:
        trouble = self._gate.trouble
        if trouble is not None and self._catalogue is None:
            self._everywhere(_phase(trouble), str(trouble))
        self._around.pulse()

    def _appeared(self, found: Catalogue) -> bool:
        return any(self.resource(name) != resource for name, resource in found.resources.items())

    async def _reflect(self, found: Catalogue) -> None:
        """Start what has come, end what has gone; kinds of a lower rank are loaded first."""
        self._catalogue = found
        kinds = self._around.kinds.values()
        for name in found.missing(kinds):
            await self._end(name)
            self._state(name, Phase.MISSING, "the server does not serve this kind")
        waiting = sorted((kind for kind in kinds if self._to_start(kind)), key=lambda kind: kind.rank)
        for rank in dict.fromkeys(kind.rank for kind in waiting):
            started = [self._launch(kind, found.resources[kind.name]) for kind in waiting if kind.rank == rank]
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._around.timing.stagger):
                    await asyncio.gather(*(reflector.settled.wait() for reflector in started))

    def _to_start(self, kind: Kind) -> bool:
        task = self._tasks.get(kind.name)
        return self.resource(kind.name) is not None and (task is None or task.done())

    def _launch(self, kind: Kind, resource: Resource) -> Reflector:
        if self._data.table(kind.name).state.phase is not Phase.MISSING:  # until the first list says otherwise
            self._state(kind.name, Phase.LOADING, "")
        reflector = Reflector(self._site, kind, resource, self._data.table(kind.name))
        self._reflectors[kind.name] = reflector
        task = asyncio.create_task(self._supervise(kind, reflector), name=f"{self.name} {kind.plural}")
        self._tasks[kind.name] = task
        return reflector

    async def _supervise(self, kind: Kind, reflector: Reflector) -> None:
        """Run a reflector; a defect of ours in it must not stop the data of this kind for good, nor pass in silence."""
        backoff = Backoff(self._around.rng, 1.0, 60.0)
        while True:
            try:
                await reflector.run()
            except Exception as error:
                log.exception("%s: reflecting %s failed", self.name, kind.plural)
                self._state(kind.name, Phase.STALE, f"internal error: {type(error).__name__}: {error}")
                reflector.distrust()
                await asyncio.sleep(backoff.delay())
            else:  # the server does not serve it, whatever discovery says: look again, later each time
                absent = self._absent.setdefault(
                    kind.name, Backoff(self._around.rng, 1.0, self._around.timing.discover_cap)
                )
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

    def _everywhere(self, phase: Phase, detail: str) -> None:
        for name in self._around.kinds:
            self._state(name, phase, detail)

    def _state(self, name: str, phase: Phase, detail: str) -> None:
        table = self._data.table(name)
        before = table.state
        since = before.since if before.phase is phase and before.since else self._around.now()
        table.set_state(DataState(phase, since, before.contact, detail))
        self._around.pulse()


def _phase(error: KubeError) -> Phase:
    return Phase.LOGIN if isinstance(error, Unauthorized | LoginNeeded) else Phase.UNREACHABLE


def resource_of(served: ServedKind) -> Resource:
    """Where a kind that discovery found lives."""
    return Resource(served.group, served.version, served.plural, served.namespaced)


def _kind_of(served: Served) -> ServedKind:
    where = served.resource
    return ServedKind(
        line(where.group),
        line(where.version),
        line(where.plural),
        served.kind,
        served.singular,
        served.short,
        where.namespaced,
        "watch" in served.verbs,
    )
