"""What the reflectors of one cluster share, and every number of seconds that they know."""

import asyncio
import contextlib
import random
from collections.abc import Callable

import msgspec

from fluxtui.kube.gate import Gate
from fluxtui.kube.pace import Pace
from fluxtui.kube.transport import Reader


class Timing(msgspec.Struct, frozen=True):
    """Seconds. Waits that are not a backoff are drawn between these values and half as much again."""

    base: float = 0.5
    """First ceiling of every backoff."""
    cap: float = 30.0
    """Highest ceiling of every backoff."""
    watch: tuple[int, int] = (240, 300)
    """How long a watch is asked to last; drawn, so that watches do not all end at once."""
    slack: float = 20.0
    """How much longer than that a watch may say nothing."""
    bookmarked: float = 150.0
    """How long a watch may say nothing once it has sent bookmarks, which come every minute or so."""
    listing: float = 20.0
    """How long a streamed list may say nothing before pages are asked for instead."""
    brief: float = 5.0
    """A watch that ends sooner than this counts as a failure: the next one waits."""
    poll: float = 15.0
    """Between two lists where watching is not allowed."""
    sparing: float = 120.0
    """Between two lists of a kind without objects, in a fleet of so many clusters that watches are spared."""
    forbidden: float = 60.0
    """Until we ask again whether we may: rights are granted now and then."""
    discover: float = 5.0
    """First ceiling of the wait before looking for kinds that are not served."""
    discover_cap: float = 60.0
    stagger: float = 0.5
    """How long kinds of a higher rank wait for those of a lower rank to be loaded."""


class Site:
    """One cluster, as its reflectors see it. ``now`` is the wall clock in epoch seconds; ``pulse`` says: new data."""

    def __init__(
        self,
        reader: Reader,
        gate: Gate,
        pace: Pace,
        *,
        namespace: str,
        now: Callable[[], float],
        rng: random.Random,
        timing: Timing,
        pulse: Callable[[], None],
        crowded: Callable[[], bool] = lambda: False,
    ) -> None:
        self.reader = reader
        self.gate = gate
        self.pace = pace
        self.namespace = namespace
        """The namespace that the context names: where to look when all of them are not allowed."""
        self.now = now
        self.rng = rng
        self.timing = timing
        self.pulse = pulse
        self.crowded = crowded
        """Whether the fleet has so many clusters that a watch without objects is a waste."""
        self.streams = True
        """Whether the server streams lists; found out once."""

    def about(self, seconds: float) -> float:
        """A wait of these seconds, or up to half as much more."""
        return seconds * self.rng.uniform(1.0, 1.5)


async def rest(seconds: float | None, wake: asyncio.Event) -> None:
    """Wait (None: for as long as it takes), but not longer than until ``wake`` is set, which is then cleared."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await wake.wait()
    wake.clear()
