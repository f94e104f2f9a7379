"""Long work beside a loop that draws and listens to keys: in slices of a few milliseconds."""

import asyncio
import time
from collections.abc import Callable, Iterable

SLICE = 0.004
"""Seconds of work before the loop gets its turn."""


def nothing() -> None:
    """Nothing is shown between slices."""


async def sliced(steps: Iterable[None], between: Callable[[], object] = nothing) -> None:
    """Work step by step; `between` slices something may be shown, and keys are heard."""
    turn = time.perf_counter() + SLICE
    for _ in steps:
        if time.perf_counter() >= turn:
            between()
            await asyncio.sleep(0)
            turn = time.perf_counter() + SLICE
