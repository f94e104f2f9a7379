"""All clusters: each on its own, their changes told together ten times a second at most.

A cluster that is slow, broken or gone has its own tasks, connections and waits; nothing here waits for one.
"""

import asyncio
import gc
import logging
import random
import time
from collections.abc import Callable, Iterable, Mapping

from fluxtui.kinds.kind import Kind
from fluxtui.kinds.table import KINDS
from fluxtui.kube.auth import Impersonation
from fluxtui.kube.cluster import Cluster, Surroundings
from fluxtui.kube.contexts import Context
from fluxtui.kube.pace import Pace
from fluxtui.kube.pump import Pump
from fluxtui.kube.site import Timing
from fluxtui.kube.wire import load_plumbing
from fluxtui.store.changes import Batch
from fluxtui.store.store import Store

log = logging.getLogger(__name__)

FREEZE_AFTER = 15.0
"""Seconds after which what has come counts as what stays, again and again until every cluster has answered."""
CROWD = 100
"""Clusters beyond which watches are spared: kinds without objects, and those of a late rank, are asked for now and
then. A quiet watch takes 20 kB, and half of a cluster's watches carry nothing."""
FILES = 65_536
"""Open files that are asked of the system: every watch is a connection."""

Subscriber = Callable[[Batch], None]


class Fleet:
    """The clusters at work, writing into ``store``. Everything happens on the loop that `start` is called on."""

    def __init__(
        self,
        store: Store,
        contexts: Iterable[Context] = (),
        *,
        impersonation: Impersonation | None = None,
        kinds: Mapping[str, Kind] = KINDS,
        now: Callable[[], float] = time.time,
        rng: random.Random | None = None,
        timing: Timing | None = None,
    ) -> None:
        self.store = store
        self.clusters: dict[str, Cluster] = {}
        """By context name, in the order in which they joined."""
        self._pump = Pump(store, self._tell)
        self._around = Surroundings(
            kinds=kinds,
            now=now,
            rng=rng or random.Random(),  # noqa: S311 - jitter, no secret
            timing=timing or Timing(),
            pace=Pace(),
            pulse=self._pump.touch,
            crowded=lambda: len(self.clusters) > CROWD,
            impersonation=impersonation or Impersonation(),
        )
        self._subscribers: list[Subscriber] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._plumbed = False
        for context in contexts:
            self._join(context)

    async def start(self) -> None:
        """Connect to every cluster. Returns when the connections are under way, not when there is data."""
        self._tasks = [asyncio.create_task(self._pump.run(), name="pump")]
        gc.disable()  # a thousand modules that stay: the collector would walk through them again and again
        try:
            await asyncio.to_thread(load_plumbing)
        finally:
            gc.freeze()  # nor need it during the first lists
            gc.enable()
        raise_file_limit()
        self._plumbed = True
        for cluster in self.clusters.values():
            cluster.start()
        self._tasks.append(asyncio.create_task(self._freeze(), name="freeze"))

    async def stop(self) -> None:
        """End everything; no task, connection or process is left."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(
            *self._tasks, *(cluster.stop() for cluster in self.clusters.values()), return_exceptions=True
        )
        self._tasks = []

    def add(self, context: Context) -> Cluster:
        """A cluster joins while running; one of the same name is left as it is."""
        known = self.clusters.get(context.name)
        if known is not None:
            return known
        cluster = self._join(context)
        if self._plumbed:
            cluster.start()
        return cluster

    async def remove(self, name: str) -> None:
        """A cluster leaves while running: its rows go. Unknown names are ignored."""
        cluster = self.clusters.pop(name, None)
        if cluster is None:
            return
        await cluster.stop()
        self.store.drop(name)
        self._pump.touch()

    def retry(self, name: str | None = None) -> None:
        """Try now what waits for its next try, in one cluster or in all."""
        for cluster in self.clusters.values():
            if name is None or cluster.name == name:
                cluster.retry()

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Be told of changes, on the loop, ten times a second at most. Call what is returned to end it."""
        self._subscribers.append(subscriber)

        def unsubscribe() -> None:
            if subscriber in self._subscribers:
                self._subscribers.remove(subscriber)

        return unsubscribe

    async def settled(self) -> None:
        """Wait until every cluster has loaded, or failed to load, every kind for the first time."""
        await asyncio.gather(*(cluster.settled() for cluster in self.clusters.values()))

    def _join(self, context: Context) -> Cluster:
        cluster = Cluster(context, self.store.cluster(context.name), self._around)
        self.clusters[context.name] = cluster
        return cluster

    def _tell(self, batch: Batch) -> None:
        for subscriber in tuple(self._subscribers):
            try:
                subscriber(batch)
            except Exception:  # a defect of one reader must not stop the others
                log.exception("a subscriber failed")

    async def _freeze(self) -> None:
        """What the first sync brought stays: the collector need not walk through it every time."""
        settled = False
        while not settled:
            try:
                async with asyncio.timeout(FREEZE_AFTER):
                    await self.settled()
                settled = True
            except TimeoutError:  # hundreds of clusters take longer; the first of them are done
                pass
            gc.freeze()
            await asyncio.to_thread(return_memory)


def return_memory() -> None:
    """Give back to the system what lists took while they were decoded; the C library would keep it. Takes ~20 ms."""
    import ctypes

    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc alone has it
    if trim is not None:
        trim(0)


def raise_file_limit() -> None:
    """Ask for as many open files as the system grants us; 500 clusters hold 10,000 connections."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (ValueError, OSError) as error:
            log.warning("the limit of open files stays at %s: %s", soft, error)
