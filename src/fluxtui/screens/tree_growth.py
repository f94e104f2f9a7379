"""Keeps a forest and the numbers of who waits up to date beside a loop that draws and listens to keys.

Planting is sliced, and at most twice a second; the numbers follow when there is time.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import TypeVar

from fluxtui.insight.forest import Forest, Ref, View
from fluxtui.insight.graph import Graph
from fluxtui.insight.layers import Layers, layers
from fluxtui.insight.planting import plant
from fluxtui.insight.waiting import radius, waiting
from fluxtui.screens.desk import Desk

SLICE = 0.008
"""Seconds of computing before the loop gets its turn."""
REST = 0.5
"""The shortest time between two plantings, in seconds."""
SHARE = 5
"""Counting for one second is followed by this many seconds without."""

T = TypeVar("T")


class TreeGrowth:
    """Plants whenever `outdated` was called and counts whenever `turned` was; hands both over when they are done."""

    def __init__(
        self,
        desk: Desk,
        planted: Callable[[Forest], None],
        counted: Callable[[Mapping[Ref, int]], None],
        layered: Callable[[str, Layers], None],
    ) -> None:
        self._desk = desk
        self._layered = layered
        self._planted = planted
        self._counted = counted
        self._due = asyncio.Event()
        self._plant_due = False
        self._hasty = False
        self._count_at = 0.0
        self._count_due = False
        self.view = View.DEPENDENCIES
        self.roots: Sequence[Ref] = ()
        """What the blast radius is shown of; empty: nothing."""
        self.cluster = ""
        """The cluster whose layers are wanted; empty: none."""

    def outdated(self, *, at_once: bool = False) -> None:
        """Another structure is wanted; `at_once` if somebody pressed a key for it."""
        self._plant_due = self._count_due = True
        self._hasty |= at_once
        self._due.set()

    def turned(self) -> None:
        """Statuses are others: so may be the numbers."""
        self._count_due = True
        self._due.set()

    async def run(self) -> None:
        """Plant and count for as long as the task lives."""
        while True:
            await self._due.wait()
            self._due.clear()
            if self._plant_due:
                self._plant_due = self._hasty = False
                self._planted(await sliced(self._steps()))
            if self._count_due and not self._plant_due and time.perf_counter() >= self._count_at:
                self._count_due = False
                await self._count()
            await self._rest()

    async def _count(self) -> None:
        started = time.perf_counter()
        self._counted(await sliced(waiting(self._desk.store, self._desk.clusters(), self._desk.now())))
        if self.cluster:
            await self._layer(self.cluster)
        ended = time.perf_counter()
        self._count_at = ended + SHARE * (ended - started)

    async def _layer(self, cluster: str) -> None:
        """The layers cannot be computed in slices: a thread leaves the loop its turns. It reads what the loop may
        change meanwhile; where that is noticed, the next time has to do.
        """
        data = self._desk.store.find(cluster)
        if data is None:
            return
        graph = Graph(data)  # asks for the indexes: they are built here, on the loop
        with contextlib.suppress(RuntimeError):
            self._layered(cluster, await asyncio.to_thread(layers, graph))

    async def _rest(self) -> None:
        """At least half a second, unless a key wants it sooner; what is due then is done then."""
        until = time.perf_counter() + REST
        while not self._hasty and (left := until - time.perf_counter()) > 0:
            try:
                await asyncio.wait_for(self._due.wait(), left)
            except TimeoutError:
                break
            self._due.clear()
        if self._plant_due or self._count_due:
            self._due.set()

    def _steps(self) -> Generator[None, None, Forest]:
        if self.roots:
            return radius(self._desk.store, self.roots, self._desk.now())
        return plant(self._desk.store, self._desk.clusters(), self.view)


async def sliced(steps: Generator[None, None, T]) -> T:
    """Run a computation that yields often, giving the loop its turn every few milliseconds."""
    turn = time.perf_counter() + SLICE
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value
        if time.perf_counter() >= turn:
            await asyncio.sleep(0)
            turn = time.perf_counter() + SLICE
