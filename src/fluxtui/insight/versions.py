"""Versions compared: what is older, and which clusters of a fleet are odd ones out.

The majority is what most clusters have, the newer value when there are as many of each. Only what is known is
compared: a cluster that tells no version is no odd one out.
"""

import re
from collections.abc import Mapping

import msgspec

_NUMBERS = re.compile(r"v?(\d+(?:\.\d+)*)")


def numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version (``v1.36.3-gke.1`` → 1, 36, 3), empty for none."""
    found = _NUMBERS.match(version)
    return tuple(int(part[:9]) for part in found[1].split(".")) if found else ()


def plain(version: str) -> str:
    """A version as columns show it: without the ``v`` and without a digest (``v2.9.4@sha256:…`` → ``2.9.4``)."""
    bare = version.partition("@")[0]
    return bare[1:] if bare[:1] == "v" and bare[1:2].isdigit() else bare


def minor(version: str) -> str:
    """The minor version that Kubernetes is supported by (``v1.36.3`` → ``1.36``), empty for none."""
    parts = numbers(version)
    return f"{parts[0]}.{parts[1]}" if len(parts) > 1 and parts[0] else ""


class Odd(msgspec.Struct, frozen=True):
    """A cluster that has another value; `older` is None where that cannot be said (a digest)."""

    cluster: str
    value: str
    older: bool | None = None


class Skew(msgspec.Struct, frozen=True):
    """One thing that clusters have in different versions: what (``Flux``), the majority's value, how many have it."""

    what: str
    majority: str
    alike: int
    odd: tuple[Odd, ...]

    @property
    def values(self) -> int:
        """How many different values there are."""
        return 1 + len({each.value for each in self.odd})


def skew(what: str, values: Mapping[str, str]) -> Skew | None:
    """The odd ones out among values by cluster, None when all that is known is alike."""
    known = {cluster: value for cluster, value in values.items() if value}
    times: dict[str, int] = {}
    for value in known.values():
        times[value] = times.get(value, 0) + 1
    if len(times) < 2:
        return None
    majority = max(times, key=lambda value: (times[value], numbers(value), value))
    odd = [Odd(cluster, value, older(value, majority)) for cluster, value in known.items() if value != majority]
    return Skew(what, majority, times[majority], tuple(odd))


def older(value: str, than: str) -> bool | None:
    """Whether a version is older than another; None where their numbers do not tell."""
    one, other = numbers(value), numbers(than)
    return one < other if one and other and one != other else None
