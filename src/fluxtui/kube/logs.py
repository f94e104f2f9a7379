"""Logs of containers, followed: connected again from the last line that was seen, told apart from what is repeated.

A log ends when its container does, when a proxy has had enough, and when the cluster is gone; only the first is meant.
So whoever follows asks again, from the time of the last line on (kubelets know whole seconds: what comes twice is left
out by its time and number).
"""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import NamedTuple

from fluxtui.kube import answers
from fluxtui.kube.answers import KubeError, Refused
from fluxtui.kube.backoff import Backoff
from fluxtui.kube.lines import LineCutter, LineTooLong
from fluxtui.kube.transport import Reader

FORBIDDEN = 60.0
"""Seconds until we ask again whether we may."""
STEADY = 5.0
"""A stream that lived longer than this was well: the next one is tried at once."""
SLICE = 16 * 1024
"""Bytes that are handed over before others have their turn."""


class Origin(NamedTuple):
    """A container of a pod."""

    namespace: str
    pod: str
    container: str


class Going(StrEnum):
    """How it goes with one log."""

    CONNECTING = "connecting"
    LIVE = "live"
    ENDED = "ended"
    """It was read to its end, and is not followed."""
    WAITING = "waiting"
    """The container does not run, or not yet; asked again."""
    LOST = "lost"
    """The connection broke; asked again."""
    FORBIDDEN = "forbidden"
    GONE = "gone"
    """There is no such pod any more."""


class Following:
    """One log being read. `going` and `why` tell how it goes."""

    def __init__(
        self, reader: Reader, origin: Origin, *, tail: int, follow: bool = True, previous: bool = False
    ) -> None:
        """`tail` lines of what was written before; with `previous` those of the container's life before this one."""
        self.origin = origin
        self.going = Going.CONNECTING
        self.why = ""
        self.refusal: KubeError | None = None
        self._reader = reader
        self._tail = tail
        self._follow = follow and not previous
        self._previous = previous
        self._last = b""
        """The time of the last line, as it was written."""
        self._same = 0
        """How many lines of that time there were."""
        self._backoff = Backoff(random.Random(), base=1.0, cap=15.0)  # noqa: S311 - when to try again

    async def run(self, take: Callable[[Origin, Sequence[bytes]], None], changed: Callable[[], None]) -> None:
        """Hand over lines, as they come, until there is nothing to follow; `changed` when it goes otherwise."""
        while self.going not in (Going.ENDED, Going.GONE):
            began = time.monotonic()
            wait = await self._once(take, changed)
            if time.monotonic() - began > STEADY:
                self._backoff.reset()
            changed()
            if self.going not in (Going.ENDED, Going.GONE):
                await asyncio.sleep(wait or self._backoff.delay(0.3))

    async def _once(self, take: Callable[[Origin, Sequence[bytes]], None], changed: Callable[[], None]) -> float:
        """One connection; the seconds to wait before the next one, 0 for a backoff."""
        try:
            await self._read(take, changed)
        except answers.NotFound as error:
            self._is(Going.GONE, "the pod is gone", error)
        except answers.Forbidden as error:
            self._is(Going.FORBIDDEN, str(error), error)
            return FORBIDDEN
        except Refused as error:
            if self._previous:
                self._is(Going.ENDED, error.message, error)
            else:
                self._is(Going.WAITING if error.status == 400 else Going.LOST, error.message or str(error), error)
            return error.retry_after
        except KubeError as error:
            self._is(Going.LOST, str(error), error)
        except LineTooLong as error:
            self._is(Going.ENDED, str(error), None)
        else:
            if self._follow:
                self._is(Going.WAITING, "the container has ended", None)
            else:
                self._is(Going.ENDED, "", None)
        return 0.0

    def _is(self, going: Going, why: str, refusal: KubeError | None) -> None:
        self.going, self.why, self.refusal = going, why, refusal

    async def _read(self, take: Callable[[Origin, Sequence[bytes]], None], changed: Callable[[], None]) -> None:
        namespace, pod, container = self.origin
        again = bool(self._last)
        since = self._last.decode("ascii", "replace") if again else ""
        cutter = LineCutter(size=SLICE)
        skip = self._same
        async with self._reader.logs(
            namespace,
            pod,
            container=container,
            follow=self._follow,
            tail=0 if again else self._tail,
            since_time=since,
            previous=self._previous,
        ) as chunks:
            self._is(Going.LIVE if self._follow else Going.CONNECTING, "", None)
            changed()
            async for chunk in chunks:
                for part in cutter.feed(chunk):
                    lines = part.splitlines()
                    if again:
                        lines, skip = self._fresh(lines, since.encode(), skip)
                        again = not lines
                    if lines:
                        self._note(lines)
                        take(self.origin, lines)
                    await asyncio.sleep(0)
            if cutter.rest:  # it ended in the middle of a line
                take(self.origin, [cutter.rest])

    @staticmethod
    def _fresh(lines: list[bytes], since: bytes, skip: int) -> tuple[list[bytes], int]:
        """The lines that were not seen yet, and how many of the last time are still to be left out."""
        for at, line in enumerate(lines):
            stamp = line.partition(b" ")[0]
            if stamp > since:
                return lines[at:], 0
            if stamp == since:
                if not skip:
                    return lines[at:], 0
                skip -= 1
        return [], skip

    def _note(self, lines: Sequence[bytes]) -> None:
        stamp = lines[-1].partition(b" ")[0]
        same = 0
        for line in reversed(lines):
            if not line.startswith(stamp):
                break
            same += 1
        self._same = same + (self._same if stamp == self._last and same == len(lines) else 0)
        self._last = stamp if stamp[:1].isdigit() else self._last
