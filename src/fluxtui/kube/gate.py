"""Whether one API server can be asked at all: found out once for the whole cluster.

When a server is gone, twenty-five reflectors would each try to reach it. They wait at the gate instead, while
one probe asks for the server's version with growing delays; it opens for all when the server answers.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from fluxtui.kube.answers import KubeError, LoginNeeded, Unauthorized
from fluxtui.kube.backoff import Backoff


class Gate:
    """Open until `shut`. ``probe`` raises `KubeError` as long as the server cannot be asked; ``changed`` is told."""

    def __init__(self, probe: Callable[[], Awaitable[None]], backoff: Backoff, changed: Callable[[], None]) -> None:
        self._probe = probe
        self._backoff = backoff
        self._changed = changed
        self._open = asyncio.Event()
        self._open.set()
        self._now = asyncio.Event()
        self._probing: asyncio.Task[None] | None = None
        self.trouble: KubeError | None = None
        """Why it is shut; None while it is open."""

    async def passed(self) -> None:
        """Wait until the server can be asked."""
        await self._open.wait()

    def shut(self, trouble: KubeError) -> None:
        """The server cannot be reached, or does not know us: begin to probe."""
        if self._open.is_set():
            self._open.clear()
            self._probing = asyncio.create_task(self._probe_until_open(), name="probe")
        self._note(trouble)

    def retry(self) -> None:
        """Probe now, whatever the delay."""
        self._now.set()

    async def close(self) -> None:
        """Stop probing."""
        if self._probing is not None:
            self._probing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._probing

    def _note(self, trouble: KubeError | None) -> None:
        changed = str(trouble) != str(self.trouble)
        self.trouble = trouble
        if changed:
            self._changed()

    async def _probe_until_open(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._backoff.delay()):
                    await self._now.wait()
            self._now.clear()
            try:
                await self._probe()
            except KubeError as error:
                # a refusal is an answer, and each reflector knows best what to do with its own
                if not isinstance(error, Unauthorized | LoginNeeded) and hasattr(error, "status"):
                    break
                self._note(error)
            else:
                break
        self._backoff.reset()
        self._open.set()
        self._note(None)
