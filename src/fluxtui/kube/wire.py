"""The seam over kubernetes_asyncio: one cluster's connections, and nothing that knows what is sent.

Requests go through kubernetes_asyncio's REST client. Its constructor is not used: it loads TLS authorities on
the loop (20 ms each), stops at 100 connections where every watch is one, and reads ``.netrc``. Statuses are
checked here, every failure leaves as a `KubeError`. A wire passes only the methods that it was made for.
"""

# ruff: noqa: N818 - named for what happened, which is what a reader of an except clause wants to know
from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import socket
from asyncio import sslproto
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

import fluxtui
from fluxtui.kube import answers
from fluxtui.kube.auth import Certificate, Credentials, Identity
from fluxtui.kube.contexts import Context, Endpoint
from fluxtui.kube.tls import proxy_for, tls_context

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

CONNECT_TIMEOUT = 15.0
"""Seconds for name, connection and handshake."""
TLS_BUFFER = 32 * 1024
"""Bytes."""
READ_TIMEOUT = 60.0
"""Seconds of silence within an answer."""
BODY_LIMIT = 256 * 1024 * 1024
"""Bytes of one answer that is read whole."""
REVIEWS = (
    "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
    "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
)
"""What a reader may POST: questions about its own rights. They change nothing."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request. ``verb`` and ``resource`` are RBAC's, for messages; ``silence`` is in seconds."""

    path: str
    verb: str
    resource: str
    method: str = "GET"
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: Any = None
    silence: float = READ_TIMEOUT


class NotPermitted(RuntimeError):
    """A wire was asked for what it was not made for: a programming error, stopped before it reaches the network."""


def load_plumbing() -> None:
    """Import what requests need. Takes half a second: call it in a thread, after the first paint."""
    # asyncio holds this much for every TLS connection, 256 KiB of its own accord, and every watch is a connection:
    # with 32 KiB (two TLS records) 440 quiet watches take 42 MB instead of 140
    sslproto.SSLProtocol.max_size = TLS_BUFFER
    importlib.import_module("kubernetes_asyncio.client.rest")
    importlib.import_module("fluxtui.kube.resolver")


class _Line(msgspec.Struct):
    """A session with the certificate that it presents, and how many requests are under way on it."""

    session: ClientSession
    rest: Any
    certificate: Certificate | None
    busy: int = 0
    retired: bool = False


class Wire:
    """The connections to one API server. ``now`` is the wall clock in epoch seconds."""

    def __init__(
        self,
        context: Context,
        credentials: Credentials,
        now: Callable[[], float],
        methods: frozenset[str] = frozenset({"GET"}),
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self.server = context.server
        self._endpoint = context.endpoint
        self._credentials = credentials
        self._now = now
        self._methods = methods
        self._proxy = proxy_for(context.endpoint, environ)
        self._line: _Line | None = None
        self._connecting = asyncio.Lock()
        self._closed = False
        self._farewells: list[asyncio.Future[None]] = []

    async def close(self) -> None:
        """Close every connection. Requests under way fail as unreachable."""
        self._closed = True
        line, self._line = self._line, None
        if line is not None:
            await line.session.close()
        await asyncio.gather(*self._farewells)

    @contextlib.asynccontextmanager
    async def request(self, call: Call) -> AsyncGenerator[ClientResponse, None]:
        """Send a request and give its answer, which is a 2xx or 304. Raises `KubeError`."""
        if call.method not in self._methods and not (call.method == "POST" and call.path in REVIEWS):
            raise NotPermitted(f"{call.method} {call.path}")
        import aiohttp

        try:
            async with contextlib.AsyncExitStack() as stack:
                answer = await self._answer(call, stack)
                if not (200 <= answer.status < 300 or answer.status == 304):
                    body = await read(answer, call, answers.BODY_LIMIT, cut=True)
                    raise answers.refusal(answer.status, body, call.verb, call.resource, answer.headers, self._now())
                if answer.content_type == "text/html":  # a login page, a proxy
                    raise answers.GarbledAnswer(call.verb, call.resource, "a web page answered")
                yield answer
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise answers.unreachable(self.server, error) from error

    async def _answer(self, call: Call, stack: contextlib.AsyncExitStack) -> ClientResponse:
        """The answer with our identity; when it is refused and there is a newer one, with that."""
        identity = await self._credentials.identity()
        answer = await self._send(call, identity, stack)
        if answer.status == 401 and await self._credentials.renew(identity):
            answer.close()
            answer = await self._send(call, await self._credentials.identity(), stack)
        return answer

    async def _send(self, call: Call, identity: Identity, stack: contextlib.AsyncExitStack) -> ClientResponse:
        import aiohttp
        from multidict import CIMultiDict

        line = stack.enter_context(self._lease(await self._session(identity.certificate)))
        headers = CIMultiDict([*identity.headers, ("User-Agent", f"fluxtui/{fluxtui.__version__}"), *call.headers])
        answer: ClientResponse = await line.rest.request(
            call.method,
            self.server + call.path,
            query_params=call.query,
            headers=headers,
            body=call.body,
            _preload_content=False,
            _request_timeout=aiohttp.ClientTimeout(total=None, connect=CONNECT_TIMEOUT, sock_read=call.silence),
        )
        stack.callback(answer.release)
        return answer

    @contextlib.contextmanager
    def _lease(self, line: _Line):
        line.busy += 1
        try:
            yield line
        finally:
            line.busy -= 1
            if line.retired and not line.busy:
                # its connector has only idle connections left, so this does not wait for anything
                self._farewells.append(asyncio.ensure_future(line.session.close()))

    async def _session(self, certificate: Certificate | None) -> _Line:
        """The session that presents this certificate; the one before a renewal ends with its last request."""
        async with self._connecting:
            line = self._line
            if line is not None and line.certificate == certificate:
                return line
            context = await asyncio.to_thread(tls_context, self._endpoint, certificate)
            if self._closed:
                raise answers.Unreachable(self.server, "the connection was closed by us")
            if line is not None:
                line.retired = True
            self._line = _line(self._endpoint, self._proxy, context, certificate)
            return self._line


def _line(endpoint: Endpoint, proxy: str, context: Any, certificate: Certificate | None) -> _Line:
    import aiohttp
    from kubernetes_asyncio.client.rest import RESTClientObject

    from fluxtui.kube.resolver import Resolver

    connector = aiohttp.TCPConnector(limit=0, ssl=context if context is not None else True, resolver=Resolver())
    session = aiohttp.ClientSession(
        connector=connector, trust_env=False, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=True
    )
    rest: Any = RESTClientObject.__new__(RESTClientObject)
    rest.pool_manager = session
    rest.server_hostname = endpoint.tls_server_name or None
    rest.proxy = proxy or None
    rest.proxy_headers = None
    return _Line(session, rest, certificate)


async def read(answer: ClientResponse, call: Call, limit: int = BODY_LIMIT, cut: bool = False) -> bytes:
    """The whole body. One beyond the limit is cut off, or raises `GarbledAnswer`."""
    parts, size = list[bytes](), 0
    async for chunk in answer.content.iter_any():
        parts.append(chunk)
        size += len(chunk)
        if size > limit:
            if cut:
                break
            raise answers.GarbledAnswer(call.verb, call.resource, f"an answer of more than {limit >> 20} MiB")
    return b"".join(parts)[:limit]


KEEPALIVE: Sequence[tuple[str, int]] = (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3))
"""Probes after 30 s of silence: a host that vanished is noticed within a minute, not after the kernel's two hours."""


def keep_alive(answer: ClientResponse) -> None:
    """Let the kernel find out when the other end of a quiet watch is gone."""
    transport = answer.connection.transport if answer.connection is not None else None
    channel = transport.get_extra_info("socket") if transport is not None else None
    if channel is None:
        return
    with contextlib.suppress(OSError):
        channel.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in KEEPALIVE:
            if hasattr(socket, name):
                channel.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
