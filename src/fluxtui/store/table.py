"""The rows of one kind in one cluster, and how they are replaced without a ghost and without a gap."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from fluxtui.kinds.record import Record
from fluxtui.kinds.status import Status
from fluxtui.store.row import Assess, Row
from fluxtui.store.state import DataState

Noted = Callable[[str, Row | None, Row | None], None]


class Difference(msgspec.Struct, frozen=True):
    """What a replacement changed, as counts."""

    added: int = 0
    changed: int = 0
    removed: int = 0


class Table:
    """Rows by id. Every write reports its change to the feed and the indexes through `noted`."""

    def __init__(self, cluster: str, kind: str, assess: Assess, noted: Noted, state_noted: Callable[[], None]) -> None:
        self.cluster = cluster
        self.kind = kind
        self.rows: dict[str, Row] = {}
        self.counts = [0] * len(Status)
        """How many rows have each status, by its number."""
        self.state = DataState()
        self._assess = assess
        self._noted = noted
        self._state_noted = state_noted

    def upsert(self, record: Record) -> bool:
        """Insert or replace one object; False when it is the version that we hold (a duplicate)."""
        before = past = self.rows.get(record.id)
        if before is not None:
            if before.record.uid != record.uid:  # recreated under the same name: its past is another object's
                past = None
            elif before.record.version == record.version and record.version:
                return False
        verdict = self._assess(record, past)
        row = Row(self.cluster, record, verdict.status, verdict.reason, verdict.message, verdict.since)
        self.rows[record.id] = row
        if before is not None:
            self.counts[before.status] -= 1
        self.counts[row.status] += 1
        self._noted(record.id, before, row)
        return True

    def remove(self, identity: str) -> bool:
        """Remove one object; False when there was none."""
        before = self.rows.pop(identity, None)
        if before is None:
            return False
        self.counts[before.status] -= 1
        self._noted(identity, before, None)
        return True

    def replace(self, records: Iterable[Record]) -> Difference:
        """Make the table hold exactly these objects, at once, and tell the difference."""
        added = changed = 0
        seen: set[str] = set()
        for record in records:
            seen.add(record.id)
            known = record.id in self.rows
            if self.upsert(record):
                added += not known
                changed += known
        gone = [identity for identity in self.rows if identity not in seen]
        for identity in gone:
            self.remove(identity)
        return Difference(added, changed, len(gone))

    def load(self) -> Load:
        """Begin a full (re)load; see `Load`."""
        return Load(self)

    def set_state(self, state: DataState) -> None:
        """Change how far the rows can be believed; readers are told only when phase or reason change."""
        before, self.state = self.state, state
        if (before.phase, before.detail) != (state.phase, state.detail):
            self._state_noted()


class Load:
    """One list from the server, page by page or as a stream.

    The first load of a table shows its rows as they come. A reload is staged and replaces the table when it is
    complete, so that nobody sees a half list. A load that is abandoned before `commit` takes nothing away.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._direct = not table.rows
        self._staged: dict[str, Record] = {}
        self._seen: set[str] = set()
        self._added = 0

    def add(self, record: Record) -> None:
        """One object of the list; the last of several with the same id counts."""
        if self._direct:
            self._seen.add(record.id)
            self._added += record.id not in self._table.rows
            self._table.upsert(record)
        else:
            self._staged[record.id] = record

    def remove(self, identity: str) -> None:
        """An object that was deleted while the list was streaming."""
        if self._direct:
            self._table.remove(identity)
        else:
            self._staged.pop(identity, None)

    def commit(self) -> Difference:
        """The list is complete: what it did not name is gone."""
        if not self._direct:
            return self._table.replace(self._staged.values())
        gone = [identity for identity in self._table.rows if identity not in self._seen]
        for identity in gone:
            self._table.remove(identity)
        return Difference(self._added, 0, len(gone))
