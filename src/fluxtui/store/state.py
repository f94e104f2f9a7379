"""The state of data, which is not the status of objects: how far what we hold can be believed.

Seven states of a cluster's data are never folded into zero (facts: peers, *Sizes to plan for*).
"""

from enum import StrEnum

import msgspec


class Phase(StrEnum):
    """How the rows of one (cluster, kind) came to be what they are."""

    LOADING = "loading"
    FRESH = "fresh"
    STALE = "stale"
    """The connection is lost; the rows are those of the last word."""
    UNREACHABLE = "unreachable"
    """The server never answered, or has not for so long that its rows are history."""
    LOGIN = "login needed"
    FORBIDDEN = "forbidden"
    MISSING = "not installed"
    """The server does not serve this kind; it appears when its CRD is installed."""


class DataState(msgspec.Struct, frozen=True):
    """Phase, since when, when the server last spoke (seconds since the epoch, 0 = never) and why, in words.

    `only` is the one namespace that may be seen, empty where all may: the rows are those of it.
    """

    phase: Phase = Phase.LOADING
    since: float = 0.0
    contact: float = 0.0
    detail: str = ""
    only: str = ""

    @property
    def trusted(self) -> bool:
        """Whether the rows are current."""
        return self.phase is Phase.FRESH

    def knows(self, namespace: str = "") -> bool:
        """Whether the rows are all that there are in a namespace (by default in all of them), and current: absence then
        means "does not exist".
        """
        return self.trusted and self.only in ("", namespace)
