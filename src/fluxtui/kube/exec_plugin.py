"""Credentials from an exec plugin, run as our own subprocess: no shell, no terminal, a deadline, a hard kill.

The protocol is client.authentication.k8s.io (v1, v1beta1): the plugin finds what it needs in
``KUBERNETES_EXEC_INFO`` and prints an ExecCredential. It never gets our stdin: a plugin that reads it would
take keys from the terminal. Only `log_in` gives it the terminal, with the screen suspended.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from fluxtui.kinds.text import clean
from fluxtui.kube.answers import LoginNeeded
from fluxtui.kube.contexts import Context, ExecPlugin

TIMEOUT = 30.0
"""Seconds that a plugin may take."""
OUTPUT_LIMIT = 1024 * 1024
VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")


class ExecCredential(msgspec.Struct, frozen=True, rename="camel"):
    """What a plugin gave: a token, a client certificate or both, and until when (RFC 3339 in the protocol)."""

    token: str = ""
    client_certificate_data: str = ""
    client_key_data: str = ""
    expiration_timestamp: datetime | None = None

    @property
    def expires(self) -> float:
        """Epoch seconds; infinite when the plugin does not say."""
        return self.expiration_timestamp.timestamp() if self.expiration_timestamp else float("inf")


class _Answer(msgspec.Struct, rename="camel"):
    status: ExecCredential | None = None
    api_version: str = ""


async def run(
    plugin: ExecPlugin,
    context: Context,
    environ: Mapping[str, str] = os.environ,
    timeout: float = TIMEOUT,  # noqa: ASYNC109
) -> ExecCredential:
    """Run the plugin once. Raises `LoginNeeded` with the reason, the plugin's own last words and its install hint."""
    if plugin.interactive_mode == "Always":
        raise LoginNeeded(f"{plugin.command} asks for a person")
    _check(plugin)
    return _credential(
        plugin, await _output(plugin, _environment(plugin, context, environ, interactive=False), timeout)
    )


def log_in(plugin: ExecPlugin, context: Context, environ: Mapping[str, str] = os.environ) -> ExecCredential:
    """Run the plugin with the terminal, for as long as the person takes. Blocking: the screen must be suspended.

    Raises `LoginNeeded`.
    """
    _check(plugin)
    command = [plugin.command, *(plugin.args or ())]
    try:
        done = subprocess.run(  # noqa: S603 - the user's own kubeconfig names it, as with kubectl
            command, stdout=subprocess.PIPE, env=_environment(plugin, context, environ, interactive=True), check=False
        )
    except (OSError, ValueError) as error:
        raise _cannot_run(plugin, error) from None
    if done.returncode:
        raise LoginNeeded(_with_hint(plugin, f"{plugin.command} failed with exit code {done.returncode}"))
    return _credential(plugin, done.stdout[:OUTPUT_LIMIT])


def _check(plugin: ExecPlugin) -> None:
    if plugin.api_version not in VERSIONS:
        raise LoginNeeded(f"{plugin.command}: {plugin.api_version} is not supported (use {VERSIONS[0]})")


def _credential(plugin: ExecPlugin, output: bytes) -> ExecCredential:
    try:
        answer = msgspec.json.decode(output, type=_Answer)
    except msgspec.DecodeError as error:
        raise LoginNeeded(f"{plugin.command} did not print an ExecCredential: {error}") from None
    if answer.api_version != plugin.api_version:
        raise LoginNeeded(
            f"{plugin.command} answered in {clean(answer.api_version)[:80]!r}, not in {plugin.api_version}"
        )
    status = answer.status
    if status is None or not (status.token or status.client_certificate_data):
        raise LoginNeeded(f"{plugin.command} printed no token and no certificate")
    if bool(status.client_certificate_data) != bool(status.client_key_data):
        raise LoginNeeded(f"{plugin.command} printed a certificate without its key, or a key without its certificate")
    return status


async def _output(plugin: ExecPlugin, environment: dict[str, str], timeout: float) -> bytes:  # noqa: ASYNC109
    try:
        process = await asyncio.create_subprocess_exec(
            plugin.command,
            *(plugin.args or ()),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment,
            start_new_session=True,  # a group of its own, that can be killed with all its children
            limit=OUTPUT_LIMIT,
        )
    except (OSError, ValueError) as error:
        raise _cannot_run(plugin, error) from None
    try:
        async with asyncio.timeout(timeout):
            output, complaint = await asyncio.gather(_limited(process.stdout), _limited(process.stderr))
            code = await process.wait()
    except TimeoutError:
        raise LoginNeeded(_with_hint(plugin, f"{plugin.command} gave no credentials within {timeout:g} s")) from None
    finally:
        await _kill(process)
    if code:
        words = clean(complaint[-2000:].decode("utf-8", "replace").strip())[-400:]
        raise LoginNeeded(_with_hint(plugin, f"{plugin.command} failed with exit code {code}: {words or 'no message'}"))
    return output


async def _limited(stream: asyncio.StreamReader | None) -> bytes:
    """All that a stream says, up to the limit; the rest is read and dropped, so that the plugin can end."""
    data = bytearray()
    while stream is not None and (chunk := await stream.read(65_536)):
        data += chunk[: max(0, OUTPUT_LIMIT - len(data))]
    return bytes(data)


async def _kill(process: asyncio.subprocess.Process) -> None:
    """End the whole group, also grandchildren that outlive the plugin and hold its pipes."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await asyncio.shield(process.wait())


def _cannot_run(plugin: ExecPlugin, error: Exception) -> LoginNeeded:
    reason = getattr(error, "strerror", None) or str(error)
    return LoginNeeded(_with_hint(plugin, f"cannot run {plugin.command}: {reason}"))


def _environment(
    plugin: ExecPlugin, context: Context, environ: Mapping[str, str], *, interactive: bool
) -> dict[str, str]:
    spec: dict[str, Any] = {"interactive": interactive}
    if plugin.provide_cluster_info:
        endpoint = context.endpoint
        spec["cluster"] = {
            "server": endpoint.server,
            "tls-server-name": endpoint.tls_server_name,
            "insecure-skip-tls-verify": endpoint.insecure_skip_tls_verify,
            "certificate-authority-data": endpoint.certificate_authority_data,
            "proxy-url": endpoint.proxy_url,
        }
    info = {"apiVersion": plugin.api_version, "kind": "ExecCredential", "spec": spec}
    own = {variable.name: variable.value for variable in plugin.env or ()}
    return {**environ, **own, "KUBERNETES_EXEC_INFO": msgspec.json.encode(info).decode()}


def _with_hint(plugin: ExecPlugin, reason: str) -> str:
    hint = clean(plugin.install_hint.strip())[:400]
    return f"{reason}. {hint}" if hint else reason
