"""The kiosk: a wall screen that nobody touches. It turns the pages, rings, and connects for ever; any key ends it."""

from collections.abc import Awaitable, Callable

import msgspec
from textual.timer import Timer

from fluxtui.insight.triage import TriageReport
from fluxtui.screens.bell import Bell
from fluxtui.screens.desk import Desk
from fluxtui.store.changes import Batch

PAGES = ("kiosk", "health", "changes")
"""The modes that it shows in turn."""
AGAIN = 300.0
"""Seconds after which what is not connected is tried at once, besides its own tries."""


class Manner(msgspec.Struct, frozen=True):
    """How a kiosk behaves: seconds for each page, and whether it rings."""

    every: float = 20.0
    bell: bool = True


class Kiosk:
    """From the beginning to `end`. `turn` shows a mode, `ring` rings the bell, `connect` looks for clusters anew, and
    `repeat` calls again and again after so many seconds.
    """

    def __init__(
        self,
        desk: Desk,
        manner: Manner,
        turn: Callable[[str], Awaitable[None]],
        ring: Callable[[], None],
        connect: Callable[[], None],
        repeat: Callable[[float, Callable[[], Awaitable[None]]], Timer],
    ) -> None:
        self._desk = desk
        self._turn = turn
        self._connect = connect
        self._bell = Bell(ring if manner.bell else None, desk.now)
        self._at = 0
        self._tried = desk.now()
        self._unsubscribe = desk.fleet.subscribe(self._follow)
        desk.listeners.append(self.hear)
        if desk.report is not None:
            self.hear(desk.report)
        self._turning = repeat(manner.every, self._next)

    def end(self) -> None:
        """Turn no more pages, and listen no more."""
        self._turning.stop()
        self._unsubscribe()
        if self.hear in self._desk.listeners:
            self._desk.listeners.remove(self.hear)

    async def show(self) -> None:
        """Show the page whose turn it is."""
        await self._turn(PAGES[self._at])

    async def _next(self) -> None:
        self._at = (self._at + 1) % len(PAGES)
        await self.show()

    def hear(self, report: TriageReport) -> None:
        """A new report: ring for what is new in it."""
        if not report.loading and report.clusters:
            marks = self._desk.notebook.marks(report.problems)
            self._bell.hear(cause.key for cause in report.problems if marks[cause.key].calls)

    def tick(self) -> None:
        """Time has passed: what is lost is tried again, for ever."""
        self._bell.pass_time()
        self._desk.reporting.passed()
        now = self._desk.now()
        if now - self._tried < AGAIN:
            return
        self._tried = now
        if not self._desk.fleet.clusters:
            self._connect()
        elif self._desk.report is None or self._desk.report.fresh < len(self._desk.fleet.clusters):
            self._desk.fleet.retry()

    def _follow(self, batch: Batch) -> None:
        del batch
        self._desk.reporting.wake()
