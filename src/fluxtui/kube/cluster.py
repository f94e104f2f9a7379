"""One cluster: its connections, what it serves, one reflector per kind, and a summary of how it is doing."""

import asyncio
import contextlib
import random
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from fluxtui.kinds.kind import Kind
from fluxtui.kinds.record import split_id
from fluxtui.kinds.served import ServedKind
from fluxtui.kinds.text import line
from fluxtui.kube import objects
from fluxtui.kube.auth import Credentials, Impersonation
from fluxtui.kube.backoff import Backoff
from fluxtui.kube.contexts import Context
from fluxtui.kube.gate import Gate
from fluxtui.kube.pace import Pace
from fluxtui.kube.reflection import Reflection, phase_of
from fluxtui.kube.served import Offer, Offering, Served, unserved
from fluxtui.kube.site import Site, Timing
from fluxtui.kube.transport import Reader, Resource
from fluxtui.kube.wire import Wire
from fluxtui.store.state import DataState, Phase
from fluxtui.store.store import ClusterData

SELDOM = 5
"""How much less often the kinds beside those of delivery are asked for, in a fleet of very many clusters."""


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
        self._reflection = Reflection(surroundings.kinds, data, self._site, greet=self._greet)
        self._main: asyncio.Task[None] | None = None
        self._version = ""
        self.served: tuple[ServedKind, ...] | None = None
        """Everything that the server serves; None until somebody wanted to know (`look_around`)."""
        self._offer: Offer | None = None
        self._looking = asyncio.Lock()

    def wire(self, methods: frozenset[str]) -> Wire:
        """New connections with this cluster's credentials, for these methods alone."""
        return Wire(self.context, self._credentials, self._around.now, methods)

    # --- life

    def start(self) -> None:
        """Begin to connect, on the running loop."""
        self._main = asyncio.create_task(self._run(), name=f"cluster {self.name}")

    async def stop(self) -> None:
        """End every task and close every connection; the rows stay until the store drops them."""
        if self._main is not None:
            self._main.cancel()
            await asyncio.gather(self._main, return_exceptions=True)
        await self._reflection.stop()
        await self._gate.close()
        await self.reader.close()

    async def settled(self) -> None:
        """Wait until every kind has been loaded, or has failed, for the first time."""
        await self._reflection.settled()

    def log_in(self) -> None:
        """Log in at the terminal, then try again. Blocking: the screen must be suspended. Raises `LoginNeeded`."""
        self._credentials.log_in()
        self.retry()

    def retry(self) -> None:
        """Try everything that waits, now: after a login, or because someone asked."""
        self._gate.retry()
        self._reflection.retry()

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
            phase = phase_of(trouble)
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
        return self._reflection.resource(kind)

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

    def reflection(self, kinds: Mapping[str, Kind], data: ClusterData, pulse: Callable[[], None]) -> Reflection:
        """More kinds of this cluster, kept in step in ``data`` once it is run: through our connections and our gate.

        Where watches are spared they are asked for less often than those that triage looks at.
        """
        site = self.site(self.reader, "", pulse)
        site.timing = msgspec.structs.replace(site.timing, sparing=SELDOM * site.timing.sparing)
        return Reflection(kinds, data, site)

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
            self._reflection.unknown(Phase.UNREACHABLE, self.context.problem)
            return
        await self._reflection.run()

    async def _greet(self) -> None:
        if not self._version:
            await self._probe()

    async def _probe(self) -> None:
        document = await self.reader.document("/version")
        with contextlib.suppress(msgspec.DecodeError):
            self._version = msgspec.json.decode(document.body, type=_Version).git[:40]

    def _gate_changed(self) -> None:
        trouble = self._gate.trouble
        if trouble is not None and not self._reflection.known:
            self._reflection.everywhere(phase_of(trouble), str(trouble))
        self._around.pulse()


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
