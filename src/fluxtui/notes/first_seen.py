"""When each violation was seen first: no report knows since when something fails (facts: kyverno-oci §A).

What was not there while a cluster was watched, and then is, began at that moment: that is certain. What was there when
the watching began is as old as that at least. It is kept from one session to the next, by a digest of each key; what
belongs to clusters that a session does not watch stays as it is.
"""

import asyncio
from collections.abc import Callable, Iterable
from hashlib import blake2b
from pathlib import Path

import msgspec

from fluxtui.notes.kept import VERSION, Kept

NAME = "violations.json"
MOST = 100_000
"""Violations that are remembered; what is beyond has no age."""
EVERY = 60.0
"""Seconds between two times of writing at least."""


OF_CLUSTER, OF_KEY = 2, 6
"""Bytes of a digest that are of the cluster, and of the key."""


class Ages(msgspec.Struct):
    """By digest: epoch seconds times two, plus one where it is certain."""

    version: int = VERSION
    seen: dict[str, int] = {}


class FirstSeen:
    """Remembers; `of` may be asked for every violation of every picture."""

    def __init__(self, folder: Path | None, now: Callable[[], float]) -> None:
        self._kept = Kept(folder / NAME if folder is not None else None, Ages, now)
        self._now = now
        self._seen: dict[int, int] = {}
        self._asked: set[int] = set()
        self._watched: frozenset[str] = frozenset()
        self._others = 0
        """How many of them are known to be of other clusters: no reason to look for what is gone."""
        self._changed = False
        self._written = 0.0

    @property
    def trouble(self) -> str:
        """What is wrong with the file, empty while nothing is."""
        return self._kept.trouble

    async def load(self) -> None:
        """Read what earlier sessions saw."""
        await asyncio.to_thread(self._kept.refresh)
        self._seen = {int(key, 16): value for key, value in self._kept.value.seen.items() if _hex(key)}

    def of(self, key: str) -> tuple[int, bool]:
        """When the violation of a `Violation.key` was seen first, in epoch seconds, and whether it began then.

        What is asked for the first time is seen now.
        """
        cluster = key.partition("|")[0]
        digest = _digest(cluster, OF_CLUSTER) << 8 * OF_KEY | _digest(key, OF_KEY)
        self._asked.add(digest)
        known = self._seen.get(digest)
        if known is None:
            known = int(self._now()) * 2 + (cluster in self._watched)
            if len(self._seen) < MOST:
                self._seen[digest] = known
                self._changed = True
        return known >> 1, bool(known & 1)

    def conclude(self, watched: Iterable[str], *, whole: bool) -> None:
        """A picture is complete: from now on, what is new in the `watched` clusters has just begun. With `whole`, what
        was not asked for is gone from those; of other clusters it is forgotten only to make room.
        """
        before, self._watched = self._watched, frozenset(watched)
        self._others = self._others if before == self._watched else 0
        if whole and len(self._asked) + self._others < len(self._seen):
            mine = {_digest(cluster, OF_CLUSTER) for cluster in self._watched}
            full = len(self._seen) >= MOST
            kept = {
                digest: known
                for digest, known in self._seen.items()
                if digest in self._asked or not (full or digest >> 8 * OF_KEY in mine)
            }
            self._changed = self._changed or len(kept) < len(self._seen)
            self._seen = kept
            self._others = len(kept) - len(self._asked & kept.keys())
        self._asked = set()

    async def keep(self, *, now: bool = False) -> None:
        """Write what changed, now and again. What goes wrong is in `trouble`."""
        if not self._changed or (not now and self._now() - self._written < EVERY):
            return
        self._changed, self._written = False, self._now()
        seen = {f"{digest:016x}": known for digest, known in self._seen.items()}
        await asyncio.to_thread(self._kept.update, lambda _: Ages(VERSION, seen))


def _digest(text: str, size: int) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=size).digest())


def _hex(text: str) -> bool:
    return len(text) == 16 and all(char in "0123456789abcdef" for char in text)
