"""The order in which reflectors work: one slice per turn of the loop, first come, first served.

Each slice is about a millisecond. Without an order, twenty reflectors that became ready together would all
work in the same turn of the loop, and a key press would wait for all of them.
"""

import asyncio
from types import TracebackType


class Pace:
    """``async with pace:`` around each slice of work; the loop turns once before the next one begins."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> None:
        await self._turn.acquire()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await asyncio.sleep(0)
        finally:
            self._turn.release()
