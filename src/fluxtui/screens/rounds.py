"""Asking again and again while somebody looks, and never more than a fraction of the time."""

import asyncio
import time
from collections.abc import Awaitable, Callable

PACE = 10.0
"""Seconds between two rounds while somebody looks."""
SHARE = 8
"""A round that took one second is followed by so many seconds of rest at least."""


class Rounds:
    """Runs `ask` at once, then every `PACE` seconds, sooner when it is `due`; rests while `seen` says no.

    A round that was left out because nobody looked is told by `idle`: whoever comes back calls `due`.
    """

    def __init__(self, seen: Callable[[], bool], ask: Callable[[], Awaitable[None]]) -> None:
        self._seen = seen
        self._ask = ask
        self._due = asyncio.Event()
        self.idle = False

    def due(self) -> None:
        """Another round is wanted now."""
        self._due.set()

    def back(self) -> None:
        """Somebody looks: what was left out meanwhile is done now."""
        if self.idle and self._seen():
            self.idle = False
            self._due.set()

    async def run(self) -> None:
        """For as long as the task lives."""
        while True:
            started = time.monotonic()
            self._due.clear()
            self.idle = not self._seen()
            if not self.idle:
                await self._ask()
            rest = max(PACE, SHARE * (time.monotonic() - started))
            try:
                async with asyncio.timeout(rest):
                    await self._due.wait()
            except TimeoutError:
                continue
