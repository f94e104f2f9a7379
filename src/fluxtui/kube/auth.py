"""Who we are to one API server: the headers of a request, the client certificate, and how both are renewed.

Tokens, token files (read again when they change), exec plugins (`exec_plugin`), basic authentication, client
certificates and impersonation. Nothing here sends a request.
"""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from fluxtui.kube import exec_plugin
from fluxtui.kube.answers import LoginNeeded
from fluxtui.kube.contexts import Context, decode_data
from fluxtui.kube.exec_plugin import ExecCredential

EARLY = 30.0
"""Seconds before its expiry at which a credential is renewed."""
TOKEN_LIMIT = 1024 * 1024

RunPlugin = Callable[[Context], Awaitable[ExecCredential]]


class Impersonation(msgspec.Struct, frozen=True):
    """Whom to act as (``--as``, ``--as-group``); empty: ourselves."""

    user: str = ""
    groups: tuple[str, ...] = ()


class Certificate(msgspec.Struct, frozen=True):
    """A client certificate and its key, as PEM bytes."""

    chain: bytes = msgspec.field(default=b"")
    key: bytes = msgspec.field(default=b"")


class Identity(msgspec.Struct, frozen=True):
    """What one request carries: headers (a name may repeat) and a client certificate."""

    headers: tuple[tuple[str, str], ...] = ()
    certificate: Certificate | None = None


async def _run_plugin(context: Context) -> ExecCredential:
    assert context.identity.exec is not None  # noqa: S101 - the caller asks only for users with a plugin
    return await exec_plugin.run(context.identity.exec, context)


class Credentials:
    """The credentials of one context. ``now`` is the wall clock in epoch seconds."""

    def __init__(
        self,
        context: Context,
        now: Callable[[], float],
        impersonation: Impersonation | None = None,
        run_plugin: RunPlugin = _run_plugin,
    ) -> None:
        self._context = context
        self._user = context.identity
        self._now = now
        self._impersonation = _impersonation_headers(context, impersonation or Impersonation())
        self._run_plugin = run_plugin
        self._granted: ExecCredential | None = None
        self._running = asyncio.Lock()
        self._files: dict[str, tuple[tuple[int, int], bytes]] = {}

    async def identity(self) -> Identity:
        """What the next request carries. Raises `LoginNeeded` when there is no way to get it without a person."""
        granted = await self._granted_now() if self._user.exec else ExecCredential()
        headers = (*self._authorization(granted), *self._impersonation)
        return Identity(headers, self._certificate(granted))

    async def renew(self, refused: Identity) -> bool:
        """The server refused this identity: get a new one. False when trying again would be the same.

        Many requests are refused at once: whoever comes first renews for all.
        """
        if self._user.exec is not None:
            async with self._running:
                granted = self._granted
                if granted is not None and self._given(granted) == refused:
                    self._granted = None
        return await self.identity() != refused

    def log_in(self) -> None:
        """Get credentials from a person, at the terminal. Blocking: the screen must be suspended.

        Raises `LoginNeeded` when that fails, and for users without an exec plugin, who have nothing to log in with.
        """
        if self._user.exec is None:
            raise LoginNeeded(f"user {self._context.user!r} has no exec plugin: renew its credentials, then retry")
        self._granted = exec_plugin.log_in(self._user.exec, self._context)

    def _given(self, granted: ExecCredential) -> Identity:
        return Identity((*self._authorization(granted), *self._impersonation), self._certificate(granted))

    async def _granted_now(self) -> ExecCredential:
        async with self._running:  # one plugin at a time: twenty reflectors start together
            if self._granted is None or self._granted.expires - EARLY <= self._now():
                self._granted = await self._run_plugin(self._context)
            return self._granted

    def _authorization(self, granted: ExecCredential) -> tuple[tuple[str, str], ...]:
        user = self._user
        if granted.token:
            return (("Authorization", f"Bearer {granted.token}"),)
        token = self._file(user.token_file).decode("utf-8", "replace").strip() if user.token_file else user.token
        if token:  # kubectl: a token file takes precedence over a token
            return (("Authorization", f"Bearer {token}"),)
        if user.username:
            pair = base64.b64encode(f"{user.username}:{user.password}".encode()).decode()
            return (("Authorization", f"Basic {pair}"),)
        return ()

    def _certificate(self, granted: ExecCredential) -> Certificate | None:
        if granted.client_certificate_data:  # the protocol has PEM text here, not base64
            return Certificate(granted.client_certificate_data.encode(), granted.client_key_data.encode())
        user = self._user
        chain = decode_data(user.client_certificate_data) or self._file(user.client_certificate)
        key = decode_data(user.client_key_data) or self._file(user.client_key)
        return Certificate(chain, key) if chain and key else None

    def _file(self, name: str) -> bytes:
        """The contents of a small file, read again when its time or size changed."""
        if not name:
            return b""
        path = Path(name)
        try:
            facts = path.stat()
            stamp = (facts.st_mtime_ns, facts.st_size)
            known = self._files.get(name)
            if known is None or known[0] != stamp:
                if facts.st_size > TOKEN_LIMIT:
                    raise LoginNeeded(f"{path} is too large for a credential")
                known = self._files[name] = (stamp, path.read_bytes())
            return known[1]
        except OSError as error:
            raise LoginNeeded(f"{path}: {error.strerror or error}") from None


def _impersonation_headers(context: Context, asked: Impersonation) -> tuple[tuple[str, str], ...]:
    """Who is named by flags is nobody of the user stanza: its ``as-groups`` and extras do not follow."""
    user = context.identity
    name, groups = asked.user or user.as_user, asked.groups
    headers: list[tuple[str, str]] = []
    if name:
        headers.append(("Impersonate-User", name))
    if not asked.user:
        groups = groups or tuple(user.as_groups)
        if user.as_uid:
            headers.append(("Impersonate-Uid", user.as_uid))
        for key, values in user.as_user_extra.items():
            headers += [(f"Impersonate-Extra-{key}", value) for value in values]
    headers += [("Impersonate-Group", group) for group in groups]
    return tuple(headers)
