"""The policy of the fleet without a screen: its reports, policies and engines, gathered once or followed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from fluxtui.insight.policy.model import Coverage, Known, Picture
from fluxtui.insight.policy.picture import picture
from fluxtui.kube.makers import Makers
from fluxtui.kube.policing import Policing
from fluxtui.notes.first_seen import FirstSeen
from fluxtui.store.state import Phase

if TYPE_CHECKING:
    from pathlib import Path

    from fluxtui.cli.gather import Gathered
    from fluxtui.insight.policy.guardrails import Parameter, Place

WALKS = 8
"""How often what made the objects of a picture is asked for, at most: each walk may bring up more."""


class Policed:
    """Delivery and policy of the chosen clusters."""

    def __init__(self, gathered: Gathered, state: Path, changed: Callable[[], None]) -> None:
        self.gathered = gathered
        self.policing = Policing(gathered.fleet, changed)
        self.makers = Makers(gathered.fleet)
        self._seen = FirstSeen(state, gathered.now)
        self._since = 0.0

    async def settle(self, seconds: float) -> None:
        """Wait until every cluster has told everything, or has failed to; at most so long."""
        self._since = self.gathered.now()
        await self._seen.load()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.gathered.fleet.settled()
                self.policing.sync()
                await self.policing.settled()
                for _ in range(WALKS):
                    await self.picture()
                    if not self.makers.wanted:
                        break
                    await self.makers.learn()

    async def picture(self) -> Picture:
        """The picture of now. What no session has seen before has no first time: this one does not watch."""
        self.policing.sync()
        known = Known(
            first_seen=self._first_seen,
            made_by=self.makers.made_by,
            unwalked=self.makers.unwalked,
            backlogs=dict(self.policing.backlogs),
            counted=self.policing.counted,
            settled=self.policing.done,
        )
        gathered = self.gathered
        return await gathered.computed(picture(gathered.store, self.policing.store, gathered.now(), known))

    def _first_seen(self, key: str) -> tuple[int, bool]:
        at, certain = self._seen.of(key)
        return (at, certain) if at < int(self._since) else (0, False)  # times are kept in whole seconds

    async def parameters(self, seconds: float) -> dict[Place, Parameter]:
        """What the allow-lists of guardrails hold; what is not read in time is missing."""
        from fluxtui.insight.policy.guardrails import wanted
        from fluxtui.kube.parameters import read

        found: dict[Place, Parameter] = {}
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await read(self.gathered.fleet.clusters, wanted(self.policing.store), found.__setitem__)
        return found


@asynccontextmanager
async def policed(gathered: Gathered, state: Path, changed: Callable[[], None]) -> AsyncGenerator[Policed]:
    """Follows policy for as long as the context lasts."""
    found = Policed(gathered, state, changed)
    try:
        yield found
    finally:
        await found.policing.stop()


def unseen(coverage: tuple[Coverage, ...]) -> list[str]:
    """One line for each reason why something of policy could not be seen."""
    lines: list[str] = []
    for each in coverage:
        states = {**each.policies, **each.reports}
        for phase in dict.fromkeys(state.phase for state in states.values()):
            if phase in (Phase.FRESH, Phase.MISSING):
                continue
            kinds = [kind for kind, state in states.items() if state.phase is phase]
            more = f" and {len(kinds) - 4} more kinds" if len(kinds) > 4 else ""
            words = "may not list" if phase is Phase.FORBIDDEN else f"{phase}:"
            lines.append(f"{each.cluster}: {words} {', '.join(kinds[:4])}{more}")
        only = sorted({state.only for state in states.values() if state.only})
        if only:
            lines.append(f"{each.cluster}: only the namespace {', '.join(only)} may be seen")
        if each.unread:
            lines.append(f"{each.cluster}: {each.unread:,} reports are only counted so far")
        if each.cut:
            lines.append(f"{each.cluster}: {each.cut:,} results of long reports are not read")
    return lines
