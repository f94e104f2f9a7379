"""Times and durations as Kubernetes and Go write them."""

import re
from datetime import UTC, datetime
from functools import lru_cache

UNITS: dict[str, float] = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|us|µs|ns|h|m|s)")


@lru_cache(maxsize=4096)
def _stamp(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def stamp(moment: float) -> str:
    """Epoch seconds as metav1.Time: whole seconds, ``2026-11-21T03:14:43Z``."""
    return _stamp(int(moment))


def fine_stamp(moment: float) -> str:
    """Epoch seconds as metav1.MicroTime: ``2026-11-21T03:25:31.831530Z``."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment(text: str) -> float:
    """Epoch seconds of an RFC 3339 time, 0 for an empty text. Raises ValueError for anything else."""
    return datetime.fromisoformat(text).timestamp() if text else 0.0


@lru_cache(maxsize=1024)
def seconds(text: str) -> float:
    """A Go duration (``1h30m``, ``45s``, ``0s``) in seconds. Raises ValueError when it is none."""
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{text!r} is not a duration such as 30s, 5m or 1h30m")
    return sum(float(number) * UNITS[unit] for number, unit in parts)


def duration(length: float) -> str:
    """Seconds as Go prints a time.Duration: ``1m5s``, ``30.019891589s``, ``185.691826ms``, ``0s``."""
    nanos = round(length * 1e9)
    if nanos == 0:
        return "0s"
    if nanos < 1_000_000_000:
        for unit, size in (("ms", 1_000_000), ("µs", 1_000)):
            if nanos >= size:
                return f"{_trim(nanos, size)}{unit}"
        return f"{nanos}ns"
    whole, rest = divmod(nanos, 60_000_000_000)
    hours, minutes = divmod(whole, 60)
    text = f"{_trim(rest, 1_000_000_000)}s"
    if hours:
        return f"{hours}h{minutes}m{text}"
    return f"{minutes}m{text}" if minutes else text


def rounded(length: float) -> str:
    """As the Flux Operator reports how long a run took: whole seconds, or milliseconds: ``1m5s``, ``78ms``."""
    return duration(float(round(length))) if length >= 1 else duration(round(length, 3))


def _trim(nanos: int, size: int) -> str:
    whole, part = divmod(nanos, size)
    if not part:
        return str(whole)
    return f"{whole}.{str(part).rjust(len(str(size)) - 1, '0').rstrip('0')}"
