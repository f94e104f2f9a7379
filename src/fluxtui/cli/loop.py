"""The one way in which commands start an event loop."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """`asyncio.run`, for which ctrl-C waits until the loop is whole.

    Raises KeyboardInterrupt as `asyncio.run` does. An interrupt in between would leave half a loop, whose
    end Python tells on standard error.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return asyncio.run(_unblocked(main))
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


async def _unblocked(main: Coroutine[Any, Any, Result]) -> Result:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    return await main
