"""The feed of changes: coalesced between two drains, so that a burst costs a reader once.

A row that changes twice in a batch is one change from its first state to its last; one that comes and
goes within a batch is none.
"""

import msgspec

from fluxtui.store.row import Row


class Change(msgspec.Struct, frozen=True):
    """One object's change: `before` is None for a new one, `after` is None for a removed one."""

    cluster: str
    id: str
    before: Row | None
    after: Row | None


class Batch(msgspec.Struct, frozen=True):
    """What changed since the last drain: rows, and the (cluster, kind) pairs whose data state changed."""

    changes: tuple[Change, ...] = ()
    states: frozenset[tuple[str, str]] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.changes or self.states)


class Feed:
    """Collects changes until they are drained. Bounded by the number of objects, not of changes."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], tuple[Row | None, Row | None]] = {}
        self._states: set[tuple[str, str]] = set()

    def row(self, cluster: str, identity: str, before: Row | None, after: Row | None) -> None:
        """Note one change of a row."""
        key = (cluster, identity)
        known = self._rows.get(key)
        self._rows[key] = (before if known is None else known[0], after)

    def state(self, cluster: str, kind: str) -> None:
        """Note that the data state of a table changed."""
        self._states.add((cluster, kind))

    @property
    def pending(self) -> bool:
        """Whether a drain would bring anything."""
        return bool(self._rows or self._states)

    def drain(self) -> Batch:
        """Take everything collected so far."""
        rows, self._rows = self._rows, {}
        states, self._states = self._states, set()
        changes = tuple(
            Change(cluster, identity, before, after)
            for (cluster, identity), (before, after) in rows.items()
            if before is not after
        )
        return Batch(changes, frozenset(states))
