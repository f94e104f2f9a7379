"""Waits for a moment at which the machine has cores to spare: somebody else's work is not to be measured along."""

import time
from pathlib import Path

LOOK = 0.25
"""Seconds of one look."""
PATIENCE = 5.0
"""Seconds after which it is measured all the same."""
BUDGET = 60.0
"""Seconds of waiting in one run of everything."""

_spent = 0.0


def calm(most: float = 0.2) -> bool:
    """Wait until less than this share of all cores is in use; False if that moment did not come."""
    global _spent
    deadline = time.monotonic() + min(PATIENCE, BUDGET - _spent)
    while time.monotonic() < deadline:
        before = _times()
        time.sleep(LOOK)
        busy, every = (after - start for after, start in zip(_times(), before, strict=True))
        if busy <= most * every:
            return True
        _spent += LOOK
    return False


def _times() -> tuple[int, int]:
    """Ticks of all cores that were in use, and all ticks."""
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    every = sum(fields)
    return every - fields[3] - fields[4], every
