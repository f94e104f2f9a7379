"""A row: a record with what is concluded of it."""

from collections.abc import Callable

import msgspec

from fluxtui.kinds.record import Record
from fluxtui.kinds.status import Status


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """What is concluded of an object: `since` is the first failure or the start of this status, in epoch seconds."""

    status: Status
    reason: str = ""
    message: str = ""
    since: int = 0


class Row(msgspec.Struct, frozen=True, gc=False):
    """One object of one cluster as every screen sees it. Immutable: a change makes a new row."""

    cluster: str
    record: Record
    status: Status
    reason: str
    message: str
    since: int

    @property
    def key(self) -> tuple[str, str]:
        """(cluster, id): the identity in the whole fleet."""
        return self.cluster, self.record.id


Assess = Callable[[Record, Row | None], Verdict]
"""Concludes the status of a record, given the row that it replaces (None at first sight)."""
