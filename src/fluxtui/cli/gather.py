"""The fleet without a screen: connect, wait until every cluster has answered or failed to, and follow what changes."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

import click

from fluxtui.cli import outcome
from fluxtui.cli.logs import log_states
from fluxtui.cli.outcome import Failure
from fluxtui.cli.settings import Settings
from fluxtui.insight.status import assess
from fluxtui.insight.triage import TriageReport, triage
from fluxtui.kinds.kind import Kind
from fluxtui.kinds.table import KINDS
from fluxtui.kube.contexts import Context, NoContext
from fluxtui.kube.fleet import Fleet
from fluxtui.store.store import Store

if TYPE_CHECKING:
    from fluxtui.cli.printing import Printer
    from fluxtui.config import Config

T = TypeVar("T")

SETTLE = 20
"""Seconds that clusters have to answer, unless told."""
PERIOD = 1.0
"""Seconds between two reports of a ``--watch`` at least."""
AGEING = 10.0
"""Seconds after which ages are told anew on a terminal."""


class Gathered:
    """The fleet's data, and the time."""

    def __init__(self, fleet: Fleet, now: Callable[[], float]) -> None:
        self.fleet = fleet
        self.store: Store = fleet.store
        self.now = now

    async def settle(self, seconds: float) -> None:
        """Wait until every cluster has answered for everything, or has failed to; at most so long."""
        try:
            async with asyncio.timeout(seconds):
                await self.fleet.settled()
        except TimeoutError:
            pass  # what is still loading says so itself

    async def triage(self) -> TriageReport:
        """A report of now."""
        return await self.computed(triage(self.store, self.now()))

    async def computed(self, steps: Generator[None, None, T]) -> T:
        """What a sliced computation returns. Connections get their turn while it is computed."""
        while True:
            try:
                next(steps)
            except StopIteration as done:
                return done.value
            await asyncio.sleep(0)


def watched(told: Settings, config: Config) -> tuple[Context, ...]:
    """The contexts to ask; files that cannot be read are told, and the others count. Raises `Failure`."""
    try:
        found = told.load()
        chosen = told.within(told.select(found, config))
        for warning in told.warnings(found, config):
            click.echo(f"Warning: {warning}", err=True)
        return chosen
    except NoContext as error:
        raise Failure(str(error)) from error


@asynccontextmanager
async def connected(told: Settings, kinds: Mapping[str, Kind] = KINDS) -> AsyncGenerator[Gathered]:
    """The chosen clusters, connected for as long as the context lasts. Raises `Failure`."""
    config = told.config()
    impersonation = told.impersonation()
    try:
        contexts = await asyncio.to_thread(watched, told, config)
    except asyncio.CancelledError:  # ctrl-C; the thread waits for the demo, and the loop would wait for the thread
        if told.demo is not None:
            told.demo.end()
        raise
    fleet = Fleet(Store(assess), contexts, impersonation=impersonation, kinds=kinds, now=told.now)
    log_rest = log_states(fleet)
    try:
        await fleet.start()
        yield Gathered(fleet, told.now)
    finally:
        log_rest()
        await fleet.stop()


Show = Callable[[bool], Awaitable[int | None]]
"""Print the state as it is, and return its exit code. Told whether to print although nothing but time has passed;
without that, None means that nothing has changed."""


async def answered(gathered: Gathered, printer: Printer, patience: float) -> int:
    """Wait for the clusters, so many seconds at most, then print: once, or whenever something changes until ctrl-C.

    Returns the exit code of what was printed last.
    """
    await gathered.settle(patience)
    if printer.watching:
        return await follow(gathered, printer.show, ageing=printer.ageing)
    return await printer.show() or outcome.HEALTHY


async def follow(gathered: Gathered, show: Show, *, ageing: bool, besides: asyncio.Event | None = None) -> int:
    """Show now and after every change until ctrl-C; returns the exit code of the last state. `besides` is set by what
    changes besides the fleet's delivery.
    """
    changed = besides or asyncio.Event()
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, lambda: (ended.set(), changed.set()))
    gathered.fleet.subscribe(lambda batch: changed.set())
    code = await show(True)
    while not ended.is_set():
        late = False
        try:
            async with asyncio.timeout(AGEING if ageing else None):
                await changed.wait()
        except TimeoutError:
            late = True
        if ended.is_set():
            break
        changed.clear()
        shown = await show(late)
        code = code if shown is None else shown
        try:
            async with asyncio.timeout(PERIOD):
                await ended.wait()
        except TimeoutError:
            continue
    return outcome.HEALTHY if code is None else code
