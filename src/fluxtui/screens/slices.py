"""Long work beside a loop that draws and listens to keys: in slices of a few milliseconds."""

import asyncio
import time
from collections.abc import Callable, Generator, Iterable
from typing import TypeVar

SLICE = 0.005
"""Seconds of work at a time."""
TURNS = 12
"""Turns of the loop between slices. A key goes through a dozen hands, each of which waits for the next turn, before its
letter is painted: with a slice in every turn that takes a dozen slices.
"""

T = TypeVar("T")


def nothing() -> None:
    """Nothing is shown between slices."""


async def in_slices(steps: Generator[None, None, T], between: Callable[[], object] = nothing) -> T:
    """What the steps compute; `between` slices something may be shown, and keys are heard."""
    turn = time.perf_counter() + SLICE
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value
        if time.perf_counter() >= turn:
            between()
            for _ in range(TURNS):
                await asyncio.sleep(0)
            turn = time.perf_counter() + SLICE


async def sliced(steps: Iterable[None], between: Callable[[], object] = nothing) -> None:
    """The same of steps that come to nothing."""
    await in_slices((step for step in steps), between)
