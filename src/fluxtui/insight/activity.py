"""How much changed when, over the last hour, from the times that the records themselves tell.

A change is an object that was created, an artifact or release that was delivered, content that was first reconciled,
or an object whose status changed. A reconcile that changes nothing is none.
"""

from collections.abc import Generator

import msgspec

from fluxtui.insight.blast import NOT_COUNTED, TOLD_BY_OWNER
from fluxtui.kinds.status import Status
from fluxtui.store.row import Row
from fluxtui.store.store import Store

MINUTES = 60
STRIDE = 2000
"""Rows between two yields: about two milliseconds of work."""


class Activity(msgspec.Struct, frozen=True):
    """Changes per minute, the oldest first; `start` is the beginning of the first minute in epoch seconds."""

    start: int
    buckets: tuple[int, ...]

    @property
    def total(self) -> int:
        """All changes of the hour."""
        return sum(self.buckets)

    def before(self, when: float) -> int:
        """Changes in the minute that leads up to a moment, as whole minutes tell: that of the moment and the last."""
        index = int(when - self.start) // 60
        return sum(self.buckets[max(0, index - 1) : index + 1]) if 0 <= index < len(self.buckets) else 0


def activity(store: Store, now: float) -> Generator[None, None, Activity]:
    """The changes of the hour up to `now`; yields every few milliseconds of work."""
    end = int(now) // 60 * 60 + 60
    start = end - 60 * MINUTES
    buckets = [0] * MINUTES
    count = 0
    for table in store.tables():
        if table.kind in NOT_COUNTED:
            continue
        for row in list(table.rows.values()):
            count += 1
            if not count % STRIDE:
                yield
            record = row.record
            times = (record.created, record.updated, record.outcome_since, row.since)
            if max(times) < start:
                continue
            for minute in {(time - start) // 60 for time in times if start <= time < end}:
                buckets[minute] += 1
    return Activity(start, tuple(buckets))


def failing(store: Store) -> list[Row]:
    """The failures that last, the latest first, without those that another object tells."""
    found = [
        row
        for data in store.clusters()
        for identity in data.index("status").get(Status.FAILED.word)
        if not identity.startswith(TOLD_BY_OWNER) and (row := data.row(identity)) is not None
    ]
    return sorted(found, key=lambda row: (-row.since, row.key))


def first_failure(store: Store) -> int:
    """When the oldest failure that still lasts began, in epoch seconds; 0 for none."""
    return min((row.since for row in failing(store) if row.since), default=0)
