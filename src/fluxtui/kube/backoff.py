"""How long to wait before the next try: full jitter, so that a fleet of clients does not return as one.

The delay is uniform between nothing and a ceiling that doubles with each failure (AWS Architecture Blog,
*Exponential Backoff and Jitter*). Pure: randomness comes in, time is nobody's business here.
"""

import random


class Backoff:
    """Counts failures in a row and draws delays; ``base`` and ``cap``: first and highest ceiling, in seconds."""

    def __init__(self, rng: random.Random, base: float = 0.5, cap: float = 30.0) -> None:
        self._rng = rng
        self._base = base
        self._cap = cap
        self.failures = 0
        """Failures since the last success."""

    def ceiling(self) -> float:
        """The longest that the next delay can be, in seconds."""
        # 2**32 times any base is beyond any cap, and larger powers would overflow a float some day
        return min(self._cap, self._base * 2.0 ** min(self.failures, 32))

    def delay(self, at_least: float = 0.0) -> float:
        """Count one failure and draw its delay: jitter, on top of what the server asked for (Retry-After)."""
        ceiling = self.ceiling()
        self.failures += 1
        return at_least + self._rng.uniform(0.0, ceiling)

    def reset(self) -> None:
        """It worked."""
        self.failures = 0
