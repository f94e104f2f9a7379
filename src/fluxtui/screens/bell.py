"""Rings for root causes that were not there before: once for each, and not more than once a minute."""

from collections.abc import Callable, Iterable

QUIET = 60.0
"""Seconds between two rings at least."""
FORGOTTEN = 600.0
"""Seconds after which a cause that went away is a new one when it comes again: a connection that comes and goes does
not ring each time.
"""


class Bell:
    """Is told what stands out, and rings. `ring` may be None: then it is silent."""

    def __init__(self, ring: Callable[[], None] | None, now: Callable[[], float]) -> None:
        self._ring = ring
        self._now = now
        self._known: dict[str, float] | None = None
        self._due = False
        self._rang = float("-inf")

    def hear(self, keys: Iterable[str]) -> None:
        """These problems stand out now. The first time is what was there already: it does not ring."""
        now = self._now()
        keys = set(keys)
        known = {key: at for key, at in (self._known or {}).items() if now - at < FORGOTTEN}
        if self._known is not None and keys - known.keys():
            self._due = True
        self._known = known | dict.fromkeys(keys, now)
        self.pass_time()

    def pass_time(self) -> None:
        """Ring for what had to wait."""
        now = self._now()
        if self._due and now - self._rang >= QUIET:
            self._due, self._rang = False, now
            if self._ring is not None:
                self._ring()
