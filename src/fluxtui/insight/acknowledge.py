"""Acknowledged problems: which of the causes of a report somebody knows of already, and which stand out.

An acknowledgement is for a problem as it was: the same objects failing for the same reason in the same clusters. When
the reason is another one, when another cluster is concerned, when it failed anew after it was acknowledged, or when
the time is over, the problem stands out again, and says why.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec

from fluxtui.insight.causes import Cause, Ref
from fluxtui.kinds.ages import ago

SLACK = 60
"""Seconds by which the clocks of a cluster and of ours may differ before a failure counts as a later one."""


class Attention(StrEnum):
    """How much a problem wants to be looked at."""

    NEW = "new"
    """It was not there when somebody last looked."""
    BACK = "back"
    """It was acknowledged, and is not any more what was acknowledged."""
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"


class Acknowledgement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What somebody knows of. `key`, `what`, `reason`, `members` and `clusters` are those of the `Cause` of then.

    `at` and `until` are epoch seconds; until 0 means: until it changes.
    """

    key: str
    what: str
    title: str
    reason: str
    members: tuple[Ref, ...]
    clusters: tuple[str, ...]
    at: float
    until: float = 0.0
    note: str = ""
    by: str = ""


class Mark(msgspec.Struct, frozen=True):
    """How a problem stands; `why` says why it stands out again, `acknowledged` is the acknowledgement that counts or
    counted.
    """

    attention: Attention
    why: str = ""
    acknowledged: Acknowledgement | None = None

    @property
    def calls(self) -> bool:
        """Whether it is not acknowledged."""
        return self.attention is not Attention.ACKNOWLEDGED


OPEN = Mark(Attention.OPEN)

MOST_MEMBERS = 200
"""Objects of a problem that are remembered: enough to know it again."""


def acknowledge(cause: Cause, now: float, *, until: float = 0.0, note: str = "", by: str = "") -> Acknowledgement:
    """The acknowledgement of a problem as it is now."""
    return Acknowledgement(
        key=cause.key,
        what=cause.what,
        title=cause.title,
        reason=cause.reason,
        members=cause.members[:MOST_MEMBERS],
        clusters=concerned(cause),
        at=now,
        until=until,
        note=note,
        by=by,
    )


def concerned(cause: Cause) -> tuple[str, ...]:
    """The clusters of a problem and of what waits behind it."""
    return tuple(sorted({cluster for cluster, _ in (*cause.members, *cause.blocked)}))


class Judge:
    """Tells how problems stand, by what was acknowledged and what was seen (key → epoch seconds of the last look; None
    where nobody ever looked: then nothing is new).
    """

    def __init__(self, known: Iterable[Acknowledgement], seen: Mapping[str, float] | None) -> None:
        self._seen = seen
        self._by_key: dict[str, Acknowledgement] = {}
        self._by_member: dict[Ref, Acknowledgement] = {}
        for each in sorted(known, key=lambda held: held.at):
            self._by_key[each.key] = each
            self._by_member.update(dict.fromkeys(each.members, each))

    def mark(self, cause: Cause, now: float) -> Mark:
        """How one problem stands at `now`, epoch seconds."""
        held = self._by_key.get(cause.key) or self._by_member.get(cause.members[0])
        if held is None:
            return Mark(Attention.NEW) if self._new(cause) else OPEN
        why = changed(held, cause, now)
        return Mark(Attention.BACK if why else Attention.ACKNOWLEDGED, why, held)

    def marks(self, causes: Iterable[Cause], now: float) -> dict[str, Mark]:
        """By the key of the cause."""
        return {cause.key: self.mark(cause, now) for cause in causes}

    def _new(self, cause: Cause) -> bool:
        if self._seen is None:
            return False
        looked = self._seen.get(cause.key)
        return looked is None or cause.since > looked + SLACK


def changed(held: Acknowledgement, cause: Cause, now: float) -> str:
    """Why an acknowledgement does not count any more, in words; empty while it does."""
    if (held.what, held.reason) != (cause.what, cause.reason):
        return f"was {held.reason or held.what} when it was acknowledged"
    others = [cluster for cluster in concerned(cause) if cluster not in held.clusters]
    if others:
        return f"now in {others[0]} too" if len(others) == 1 else f"now in {len(others)} more clusters"
    if cause.since > held.at + SLACK:
        return f"was well meanwhile, and failed again {ago(cause.since, now)} ago"
    if held.until and now >= held.until:
        return f"the acknowledgement ran out {ago(held.until, now)} ago"
    return ""
