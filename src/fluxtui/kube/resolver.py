"""Names to addresses, each look-up in a daemon thread of its own.

asyncio's own resolver shares six threads (on two cores) with everything that runs off the loop: six contexts
with a dead DNS would keep all other clusters waiting, and keep the program from ending. Imports aiohttp: only
`wire` imports this module, when the first connection is made.
"""

import asyncio
import contextlib
import socket
import threading
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult


class Resolver(AbstractResolver):
    """aiohttp's resolver interface over ``getaddrinfo``."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a host. Raises `OSError` when there are none."""
        found = await _in_thread(host, port, family)
        return [
            ResolveResult(
                hostname=host,
                host=_numeric(address),
                port=port,
                family=kind,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, protocol, _, address in found
        ]

    async def close(self) -> None:
        """Nothing is held."""


def _numeric(address: tuple[Any, ...]) -> str:
    """An address as a literal; link-local IPv6 needs its zone."""
    if len(address) == 4 and address[3]:
        return socket.getnameinfo(address, socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)[0]
    return str(address[0])


async def _in_thread(host: str, port: int, family: int) -> list[Any]:
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[Any]] = loop.create_future()

    def settle(found: list[Any] | None, error: OSError | None) -> None:
        if answer.done():
            return
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(found or [])

    def look_up() -> None:
        found, failed = None, None
        try:
            found = socket.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
        except (OSError, UnicodeError) as error:
            failed = error if isinstance(error, OSError) else OSError(str(error))
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile: nobody wants to know
            loop.call_soon_threadsafe(settle, found, failed)

    threading.Thread(target=look_up, name=f"dns {host}", daemon=True).start()
    return await answer
