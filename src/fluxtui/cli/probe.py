"""How one context answers: reachable, how fast, which version, what it does not serve and what we may not list."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

import msgspec

from fluxtui.kinds.table import KINDS
from fluxtui.kinds.text import line
from fluxtui.kube.answers import KubeError
from fluxtui.kube.auth import Credentials, Impersonation
from fluxtui.kube.contexts import Context
from fluxtui.kube.discovery import discover
from fluxtui.kube.transport import Reader, Resource
from fluxtui.kube.wire import Wire, load_plumbing

AT_ONCE = 16
"""Contexts that are asked at the same time: each may have to run an exec plugin."""


class Answered(msgspec.Struct, frozen=True, rename="camel"):
    """One context. ``latency`` is in milliseconds, of one small request on a connection that is open."""

    context: str
    server: str
    watched: bool
    """Whether a start without further options would watch it."""
    reachable: bool
    problem: str = ""
    version: str = ""
    latency: int | None = None
    missing: list[str] = []
    """Kinds that the server does not serve."""
    forbidden: list[str] = []
    """Kinds that we may not list in all namespaces."""


class _Version(msgspec.Struct):
    git: str = msgspec.field(name="gitVersion", default="")


async def probe(
    contexts: Iterable[Context], watched: frozenset[str], impersonation: Impersonation, seconds: float
) -> list[Answered]:
    """Ask every context, some at the same time, each for so many seconds at most; in the order given."""
    await asyncio.to_thread(load_plumbing)
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(context: Context) -> Answered:
        plain = Answered(context.name, context.server, context.name in watched, reachable=False)
        if context.problem:
            return msgspec.structs.replace(plain, problem=context.problem)
        async with gate:
            return await _within(context, plain, impersonation, seconds)

    return list(await asyncio.gather(*map(one, contexts)))


async def _within(context: Context, plain: Answered, impersonation: Impersonation, seconds: float) -> Answered:
    credentials = Credentials(context, time.time, impersonation)
    reader = Reader(Wire(context, credentials, time.time, frozenset({"GET"})))
    try:
        async with asyncio.timeout(seconds):
            return await _ask(reader, plain)
    except TimeoutError:
        return msgspec.structs.replace(plain, problem=f"no answer within {seconds:.0f} s")
    except KubeError as error:
        return msgspec.structs.replace(plain, problem=str(error))
    finally:
        await reader.close()


async def _ask(reader: Reader, plain: Answered) -> Answered:
    await reader.document("/version")  # names, connection and credentials
    began = time.perf_counter()
    document = await reader.document("/version")
    latency = round((time.perf_counter() - began) * 1000)
    try:
        version = line(msgspec.json.decode(document.body, type=_Version).git[:40])
    except msgspec.DecodeError:
        version = ""
    found = await discover(reader, KINDS.values())
    allowed = await asyncio.gather(*(_may_list(reader, resource) for resource in found.resources.values()))
    return msgspec.structs.replace(
        plain,
        reachable=True,
        version=version,
        latency=latency,
        missing=found.missing(KINDS.values()),
        forbidden=[name for name, may in zip(found.resources, allowed, strict=True) if not may],
    )


async def _may_list(reader: Reader, resource: Resource) -> bool:
    return (await reader.may("list", resource)).allowed
