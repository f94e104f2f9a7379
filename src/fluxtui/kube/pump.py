"""Tells what changed in a store: at once after a quiet time, then once per period at most. Idle costs nothing."""

import asyncio
import logging
from collections.abc import Callable

from fluxtui.store.changes import Batch
from fluxtui.store.store import Store

log = logging.getLogger(__name__)

PERIOD = 0.1
"""Seconds between two batches at least (design §4.5)."""


class Pump:
    """Drains ``store`` whenever it was touched since the last time, and hands what changed to `tell`."""

    def __init__(self, store: Store, tell: Callable[[Batch], None], period: float = PERIOD) -> None:
        self._store = store
        self._tell = tell
        self._period = period
        self._touched = asyncio.Event()

    def touch(self) -> None:
        """There is new data; cheap to call."""
        self._touched.set()

    async def run(self) -> None:
        """Tell for as long as the task lives; a defect of a reader must not stop what follows."""
        while True:
            await self._touched.wait()
            self._touched.clear()
            batch = self._store.drain()
            if batch:
                try:
                    self._tell(batch)
                except Exception:
                    log.exception("a reader of changes failed")
            await asyncio.sleep(self._period)
