"""One simulated cluster on the network: an API server bound to a port of this machine, that can die and come back."""

import asyncio
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from fluxtui.simulator import discovery, logs
from fluxtui.simulator.access import ADMIN, Access, User
from fluxtui.simulator.faults import Faults
from fluxtui.simulator.objects import Objects
from fluxtui.simulator.server import ApiServer

HOST = "127.0.0.1"
MAX_BODY = 3 * 1024 * 1024
"""Bytes of a request body, as on the real server."""


class SimulatedCluster:
    """A name, a storage and the server in front of it.

    ``tokens`` tells who comes with which bearer token; without any, ``NAME-admin`` is an administrator. ``port`` 0
    takes any free one, and keeps it over restarts. ``release`` is the Kubernetes version that it says to run. What is
    stored outlives the server.
    """

    def __init__(
        self,
        name: str,
        objects: Objects,
        *,
        port: int = 0,
        tokens: Mapping[str, User] | None = None,
        log_source: logs.LogSource = logs.no_logs,
        release: str = "",
    ) -> None:
        self.name = name
        self.objects = objects
        self.port = port
        self.faults = Faults()
        self.access = Access(objects, {f"{name}-admin": ADMIN} if tokens is None else tokens)
        self.api = ApiServer(objects, self.access, self.faults, log_source)
        if release:
            self.api.version = discovery.version(release)
        self._runner: web.ServerRunner | None = None

    @property
    def url(self) -> str:
        """The address of the server, without a slash at its end; meaningful once it has been started."""
        return f"http://{HOST}:{self.port}"

    @property
    def running(self) -> bool:
        """Whether the server listens."""
        return self._runner is not None

    def token(self, user: str = ADMIN.name) -> str:
        """A token of the user of that name. Raises KeyError when there is none."""
        for token, known in self.access.tokens.items():
            if known.name == user:
                return token
        raise KeyError(user)

    async def start(self) -> None:
        """Listens, on the same port as before if there was one. Raises OSError when that is taken."""
        if self._runner is not None:
            return
        server = web.Server(self.api.handle, request_factory=_request, handler_cancellation=True, access_log=None)
        runner = web.ServerRunner(server, shutdown_timeout=0.5)
        await runner.setup()
        site = web.TCPSite(runner, HOST, self.port, reuse_address=True)
        try:
            await site.start()
        except OSError:
            await runner.cleanup()
            raise
        addresses = runner.addresses
        self.port = int(addresses[0][1])
        self._runner = runner

    async def stop(self, *, abruptly: bool = False) -> None:
        """Stops listening and ends every connection; ``abruptly`` cuts watches instead of ending them."""
        runner, self._runner = self._runner, None
        if runner is None:
            return
        if abruptly:
            self.faults.drop_watches()
        else:
            self.api.watches.end_all()
            await asyncio.sleep(0)
        await runner.cleanup()

    async def restart(self) -> None:
        """Dies and comes back on the same port."""
        await self.stop(abruptly=True)
        await self.start()

    async def __aenter__(self) -> "SimulatedCluster":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop(abruptly=True)


def _request(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
    """A request whose body may be as long as the real server allows."""
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=MAX_BODY)
