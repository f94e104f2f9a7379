"""The feed of changes: coalesced between two drains, so that a burst costs a reader once.

A row that changes twice in a batch is one change from its first state to its last; one that comes and
goes within a batch is none.
"""

from collections.abc import Callable

import msgspec

from fluxtui.store.row import Row


class Change(msgspec.Struct, frozen=True, gc=False):
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
    """Collects changes until they are drained. Bounded by the number of objects, not of changes.

    Holds only how each changed row was at the last drain; how it is now is asked when drained.
    """

    def __init__(self, current: Callable[[str, str], Row | None]) -> None:
        self._current = current
        self._before: dict[str, dict[str, Row | None]] = {}
        self._states: set[tuple[str, str]] = set()

    def row(self, cluster: str, identity: str, before: Row | None) -> None:
        """Note a change of a row that was `before` until now."""
        changed = self._before.get(cluster)
        if changed is None:
            changed = self._before[cluster] = {}
        changed.setdefault(identity, before)

    def state(self, cluster: str, kind: str) -> None:
        """Note that the data state of a table changed."""
        self._states.add((cluster, kind))

    @property
    def pending(self) -> bool:
        """Whether a drain would bring anything."""
        return bool(self._before or self._states)

    def drain(self) -> Batch:
        """Take everything collected so far."""
        clusters, self._before = self._before, {}
        states, self._states = self._states, set()
        changes = [
            Change(cluster, identity, before, after)
            for cluster, changed in clusters.items()
            for identity, before in changed.items()
            if before is not (after := self._current(cluster, identity))
        ]
        return Batch(tuple(changes), frozenset(states))
