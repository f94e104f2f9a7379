"""Keeps a report (of triage, of health) up to date beside a loop that draws and listens to keys.

The report is computed in slices of a few milliseconds, and never more often than leaves most of the time to others.
"""

import asyncio
import time
from collections.abc import Callable, Generator
from typing import Generic, TypeVar

from fluxtui.screens.slices import in_slices

SHARE = 5
"""A computation of one second is followed by this many seconds of rest at least."""
REST = 0.2
"""The shortest rest, in seconds."""
AGAIN = 30.0
"""Seconds after which a report is due again though nothing changed: some things change by time alone."""


T = TypeVar("T")


class Reporting(Generic[T]):
    """Computes a report whenever `wake` was called since the last one, and hands it to `show`."""

    def __init__(
        self,
        steps: Callable[[], Generator[None, None, T]],
        now: Callable[[], float],
        show: Callable[[T], None],
        *,
        rest: float = REST,
    ) -> None:
        """`steps` computes a report of now, yielding every few milliseconds of work; `rest` in seconds is between two
        at least.
        """
        self._steps = steps
        self._now = now
        self._show = show
        self._rest = rest
        self._due = asyncio.Event()
        self._made = 0.0

    def wake(self) -> None:
        """Something changed; cheap to call."""
        self._due.set()

    def passed(self) -> None:
        """Time has passed and nothing else happened; wakes only for a report that has become old."""
        if self._now() - self._made >= AGAIN:
            self.wake()

    async def run(self) -> None:
        """Compute for as long as the task lives."""
        while True:
            await self._due.wait()
            self._due.clear()
            started, self._made = time.perf_counter(), self._now()
            report = await in_slices(self._steps())
            self._show(report)
            await asyncio.sleep(max(self._rest, SHARE * min(1.0, time.perf_counter() - started)))
