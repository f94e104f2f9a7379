"""How long something has been, as people say it at a glance."""

from datetime import UTC, datetime

MINUTE, HOUR, DAY, YEAR = 60, 3600, 86400, 365 * 86400


def age(seconds: float) -> str:
    """``45s``, ``14m``, ``3h``, ``2d``, ``4y``: never more than four characters for what is younger than 27 years."""
    whole = max(0, int(seconds))
    if whole < 2 * MINUTE:
        return f"{whole}s"
    if whole < 2 * HOUR:
        return f"{whole // MINUTE}m"
    if whole < 2 * DAY:
        return f"{whole // HOUR}h"
    if whole < 2 * YEAR:
        return f"{whole // DAY}d"
    return f"{whole // YEAR}y"


def ago(since: float, now: float) -> str:
    """The age of a moment in epoch seconds, empty for 0 (not told)."""
    return age(now - since) if since else ""


def exact(moment: float) -> str:
    """A moment in UTC to the second, ``2026-11-21 02:46:10 UTC``; empty for 0."""
    try:
        return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if moment else ""
    except (OverflowError, ValueError, OSError):
        return "a time out of range"
