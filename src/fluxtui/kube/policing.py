"""The policy of every cluster of a fleet: reports, policies, exceptions and the engine, in a store of their own.

A cluster is asked when its delivery has been listed: what on-call looks at first comes first. Very many reports are
counted before they are read, so that the first figures do not wait for the last page; those that wait to become
reports, of which there may be hundreds of thousands, are counted and never read.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable

import msgspec

from fluxtui.insight.policy.standing import assess
from fluxtui.kinds.policy.engine import BACKLOGS
from fluxtui.kinds.policy.reports import REPORTS, Counts
from fluxtui.kinds.policy.table import POLICY_KINDS
from fluxtui.kube.answers import KubeError
from fluxtui.kube.cluster import Cluster
from fluxtui.kube.fleet import Fleet
from fluxtui.kube.glimpse import Glimpse, count, glimpse
from fluxtui.kube.pump import Pump
from fluxtui.kube.reflection import Reflection
from fluxtui.kube.transport import Resource
from fluxtui.store.state import Phase
from fluxtui.store.store import Store

log = logging.getLogger(__name__)

PERIOD = 0.5
"""Seconds between two batches at least: nobody looks at a report change."""
COUNTING = 60.0
"""Seconds between two counts of what waits."""
MANY = 2_000
"""Reports of a kind from which on they are counted before they are read."""
BACKLOG = tuple(
    Resource("reports.kyverno.io", "v1", f"{kind.lower()}s", not kind.startswith("Cluster")) for kind in BACKLOGS
)


class Followed(msgspec.Struct):
    """One cluster at work."""

    cluster: Cluster
    reflection: Reflection
    tasks: tuple[asyncio.Task[None], ...] = ()
    settled: bool = False


class Policing:
    """Follows the clusters of ``fleet`` from `sync` on, until `stop`; `changed` is called after changes."""

    def __init__(self, fleet: Fleet, changed: Callable[[], None]) -> None:
        self.store = Store(assess)
        self.backlogs: dict[str, int] = {}
        """Ephemeral reports, by cluster; those that do not say are missing."""
        self._fleet = fleet
        self._changed = changed
        self._pump = Pump(self.store, lambda _: changed(), PERIOD)
        self._telling: asyncio.Task[None] | None = None
        self._followed: dict[str, Followed] = {}
        self._glimpses: dict[str, Glimpse] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._ended = False

    def sync(self) -> None:
        """Follow the clusters that have joined, and none that have left. Cheap when nothing changed."""
        if self._ended or self._followed.keys() == self._fleet.clusters.keys():
            return
        if self._telling is None:
            self._telling = asyncio.create_task(self._pump.run(), name="policy")
        for name in self._followed.keys() - self._fleet.clusters.keys():
            self._leave(self._followed.pop(name))
        for name, cluster in self._fleet.clusters.items():
            if name not in self._followed:
                self._followed[name] = self._join(cluster)

    async def stop(self) -> None:
        """End every task, and begin none any more."""
        self._ended = True
        if self._telling is not None:
            self._telling.cancel()
        followed, self._followed = tuple(self._followed.values()), {}
        await asyncio.gather(*(self._end(each) for each in followed), *self._leaving, return_exceptions=True)
        self._telling = None

    async def settled(self) -> None:
        """Wait until every cluster that is followed has listed everything once, or has failed to."""
        for each in tuple(self._followed.values()):
            await each.cluster.settled()
            await each.reflection.settled()

    @property
    def done(self) -> frozenset[str]:
        """The clusters of which everything has been listed once, or has failed to."""
        return frozenset(name for name, each in self._followed.items() if each.settled)

    @property
    def counted(self) -> dict[str, tuple[int, Counts]]:
        """How many reports there are where they were counted before they were read, and what they amount to."""
        return {name: (found.reports, found.counts) for name, found in self._glimpses.items()}

    def resource(self, cluster: str, kind: str) -> Resource | None:
        """Where a kind of policy lives on the server of a cluster; None where it is not served, or not known to be."""
        followed = self._followed.get(cluster)
        return followed.reflection.resource(kind) if followed is not None else None

    def _join(self, cluster: Cluster) -> Followed:
        data = self.store.cluster(cluster.name)
        followed = Followed(cluster, cluster.reflection(POLICY_KINDS, data, self._pump.touch))
        followed.tasks = (
            asyncio.create_task(self._follow(followed), name=f"{cluster.name} policy"),
            asyncio.create_task(self._count(followed), name=f"{cluster.name} backlog"),
        )
        return followed

    def _leave(self, followed: Followed) -> None:
        name = followed.cluster.name
        self.backlogs.pop(name, None)
        self._glimpses.pop(name, None)
        task = asyncio.create_task(self._end(followed), name=f"{name} leaves")
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def _end(self, followed: Followed) -> None:
        for task in followed.tasks:
            task.cancel()
        await asyncio.gather(*followed.tasks, return_exceptions=True)
        await followed.reflection.stop()
        if followed.cluster.name not in self._followed:
            self.store.drop(followed.cluster.name)
            self._pump.touch()

    async def _follow(self, followed: Followed) -> None:
        """Delivery first; then everything of policy, and once that is there, say so."""
        problem = followed.cluster.context.problem
        await followed.cluster.settled()
        if problem:
            followed.reflection.unknown(Phase.UNREACHABLE, problem)
            followed.settled = True
            self._changed()
            return
        await self._glimpse(followed.cluster)
        running = asyncio.create_task(followed.reflection.run(), name=f"{followed.cluster.name} policy kinds")
        try:
            await followed.reflection.settled()
            followed.settled = True
            self._changed()
            await running
        except Exception:
            log.exception("%s: policy cannot be followed", followed.cluster.name)
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running

    async def _glimpse(self, cluster: Cluster) -> None:
        """What very many reports amount to. Where that goes wrong, their list says what it is."""
        for kind in (POLICY_KINDS[name] for name in sorted(REPORTS)):
            resource = Resource(kind.group, kind.versions[0], kind.plural, kind.namespaced)
            with contextlib.suppress(KubeError):
                if await count(cluster.reader, resource) > MANY:
                    found = await glimpse(cluster.reader, resource)
                    before = self._glimpses.get(cluster.name, Glimpse())
                    fail, warn, error, skip, passed = map(sum, zip(before.counts, found.counts, strict=True))
                    counts = fail, warn, error, skip, passed
                    self._glimpses[cluster.name] = Glimpse(before.reports + found.reports, counts)
                    self._changed()

    async def _count(self, followed: Followed) -> None:
        """Now and again, how much waits to become a report."""
        await followed.reflection.met()
        while True:
            if followed.reflection.resource("ClusterPolicy") is not None:
                await self._count_backlog(followed)
            await asyncio.sleep(COUNTING)

    async def _count_backlog(self, followed: Followed) -> None:
        name, found = followed.cluster.name, list[int]()
        for resource in BACKLOG:
            with contextlib.suppress(KubeError):
                found.append(await count(followed.cluster.reader, resource))
        if found and self.backlogs.get(name) != sum(found):
            self.backlogs[name] = sum(found)
            self._changed()
        elif not found:
            self.backlogs.pop(name, None)
