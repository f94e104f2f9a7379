"""What the screens know of policy: one picture for all of them, kept up to date beside a loop that listens to keys."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING

from fluxtui.insight.policy.denials import Joined, joined
from fluxtui.insight.policy.model import Known, Picture
from fluxtui.insight.policy.picture import picture
from fluxtui.insight.policy.trend import Trend
from fluxtui.kube.makers import Makers
from fluxtui.kube.policing import Policing
from fluxtui.notes.first_seen import EVERY, FirstSeen
from fluxtui.screens.reporting import Reporting

if TYPE_CHECKING:
    from fluxtui.kinds.policy.reports import Subject
    from fluxtui.kube.fleet import Fleet
    from fluxtui.kube.transport import Resource
    from fluxtui.store.changes import Batch
    from fluxtui.store.store import Store

REST = 1.0
"""Seconds between two pictures at least."""


class Guard:
    """Follows the policy of the fleet's clusters from `run` on.

    `picture` is None until something is known; `listeners` are called with each new one, on the loop.
    """

    def __init__(self, fleet: Fleet, delivery: Store, now: Callable[[], float], state: Path | None) -> None:
        self.policing = Policing(fleet, self.wake)
        self.picture: Picture | None = None
        self.joined: Joined | None = None
        """What the picture says about delivery."""
        self.listeners: list[Callable[[Picture], None]] = []
        self.trend = Trend()
        """Fails since we watch."""
        self._delivery = delivery
        self._now = now
        self._first_seen = FirstSeen(state, now)
        self._makers = Makers(fleet)
        self._unknown = asyncio.Event()
        """Set when there is something whose maker is not known."""
        self._reporting = Reporting(self._steps, now, self._show, rest=REST)

    @property
    def store(self) -> Store:
        """Reports, policies, exceptions, the engine."""
        return self.policing.store

    @property
    def trouble(self) -> str:
        """Why ages will not be known in the next session, empty while they will."""
        return self._first_seen.trouble

    def made_by(self, cluster: str, subject: Subject) -> tuple[Subject, ...]:
        """What made an object, step by step; empty where that is not known (yet)."""
        return self._makers.made_by(cluster, subject)

    def wake(self) -> None:
        """Something changed; cheap to call."""
        self._reporting.wake()

    def follow(self, batch: Batch) -> None:
        """Delivery changed: who delivers what may be another."""
        self.policing.sync()
        for change in batch.changes:
            before = change.before.record if change.before is not None else None
            after = change.after.record if change.after is not None else None
            if before is None or after is None or before.inventory is not after.inventory or after.kind == "Namespace":
                return self.wake()
        return None

    def resource(self, cluster: str, kind: str) -> Resource | None:
        """Where a kind of policy lives on a cluster's server; None where it is not served, or not known to be."""
        return self.policing.resource(cluster, kind)

    async def run(self) -> None:
        """Follow for as long as the task lives."""
        await self._first_seen.load()
        self.policing.sync()
        self.wake()
        await asyncio.gather(self._reporting.run(), self._walk(), self._keep())

    async def stop(self) -> None:
        """End everything, and keep what was seen."""
        await self.policing.stop()
        await self._first_seen.keep(now=True)

    async def _walk(self) -> None:
        """Find out what made the objects of which a picture did not know it."""
        while True:
            await self._unknown.wait()
            self._unknown.clear()
            while self._makers.wanted:
                if await self._makers.learn():
                    self.wake()

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            await self._first_seen.keep()

    def _steps(self) -> Generator[None, None, tuple[Picture, Joined]]:
        known = Known(
            first_seen=self._first_seen.of,
            made_by=self._makers.made_by,
            unwalked=self._makers.unwalked,
            backlogs=dict(self.policing.backlogs),
            counted=self.policing.counted,
            settled=self.policing.done,
        )
        found = yield from picture(self._delivery, self.store, self._now(), known)
        told = yield from joined(self.store, found, self._now())
        return found, told

    def _show(self, drawn: tuple[Picture, Joined]) -> None:
        self.picture, self.joined = found, _ = drawn
        self._first_seen.conclude(self.policing.done, whole=found.complete)
        self.trend.note(found)
        if self._makers.wanted:
            self._unknown.set()
        for listener in tuple(self.listeners):
            listener(found)
