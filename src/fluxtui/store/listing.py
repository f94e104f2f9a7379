"""A filtered, sorted view of rows that follows the store's batches without sorting again.

It holds identities and sort keys, never rows: a row is looked up where it lives. A change costs a binary search,
not a pass over the list (design §4.5).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Generator, Hashable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from itertools import zip_longest
from typing import Any, Protocol, cast

from fluxtui.store.changes import Change
from fluxtui.store.row import Row

Key = tuple[str, str]
"""(cluster, id)"""
Entry = tuple[Any, Key]
"""Where a row belongs in the order, and which one it is."""
Accept = Callable[[Row], bool]
Order = Callable[[Row], Any]

BULK = 512
"""From so many arrivals at once on, sorting the whole list (which is nearly sorted) beats inserting one by one."""
SLICE = 256
"""Rows between two moments at which keys are heard."""
RUN = 4096
"""Rows that are sorted at once."""

_ABSENT = object()


class Rows(Protocol):
    """Where rows are looked up: the store, or several of them."""

    def row(self, cluster: str, identity: str) -> Row | None:
        """The row of an object, None if it is not held."""
        ...


def everything(row: Row) -> bool:
    """Accepts every row."""
    del row
    return True


class Listing:
    """The rows that `member` lets in, those of them that `accept` shows, in the order of `order`.

    `member` says what the list is about (a kind, some clusters); `accept` is the user's filter: what it hides is
    counted (`total` against `len`).
    """

    def __init__(self, store: Rows, member: Accept, order: Order, *, accept: Accept = everything) -> None:
        self._store = store
        self._member = member
        self._accept: Accept = accept
        self._order: Order = order
        self._descending = False
        self._entries: list[Entry] = []
        self._places: dict[Key, Any] = {}
        self._hidden: set[Key] = set()
        self._meanwhile: list[Change] | None = None
        """What has changed since a rebuilding in slices began."""

    def rebuild(
        self,
        rows: Iterable[Row],
        *,
        accept: Accept | None = None,
        order: Order | None = None,
        descending: bool | None = None,
    ) -> None:
        """Start over from all candidate rows, with another filter or order if given."""
        for _ in self.rebuilding(rows, accept=accept, order=order, descending=descending):
            pass

    def rebuilding(
        self,
        rows: Iterable[Row],
        *,
        accept: Accept | None = None,
        order: Order | None = None,
        descending: bool | None = None,
        hidden: Iterable[Key] = (),
    ) -> Generator[None, None, None]:
        """The same in slices of a few hundred rows: the list is as it was until all have been seen.

        What changes meanwhile is followed. `hidden` are known not to pass and are not among the rows. One that is not
        run to its end has changed nothing.
        """
        passes: Accept = accept if accept is not None else self._accept
        by: Order = order if order is not None else self._order
        away = set(hidden)
        runs: list[list[Entry]] = [[]]
        meanwhile = self._meanwhile = list[Change]()
        for number, row in enumerate(rows):
            if self._member(row):
                if not passes(row):
                    away.add(row.key)
                else:
                    if len(runs[-1]) == RUN:
                        runs[-1].sort()
                        runs.append([])
                    runs[-1].append((by(row), row.key))
            if not number % SLICE:
                yield
        runs[-1].sort()
        while len(runs) > 1:
            pairs, runs = zip_longest(runs[::2], runs[1::2], fillvalue=list[Entry]()), []
            for left, right in pairs:
                runs.append((yield from _merging(left, right)))
        entries = runs.pop()
        places: dict[Key, Any] = {}
        for start in range(0, len(entries), RUN):
            yield
            places.update((key, place) for place, key in entries[start : start + RUN])
        yield
        before = self._entries
        self._accept, self._order = passes, by
        self._descending = self._descending if descending is None else descending
        self._entries, self._hidden, self._places = entries, away, places
        if self._meanwhile is meanwhile:
            self._meanwhile = None
        self.apply(meanwhile)
        while before:  # to forget very many takes its time too
            del before[-RUN:]
            yield

    def hidden(self) -> AbstractSet[Key]:
        """What the filter hides now."""
        return self._hidden

    def rows(self) -> Iterator[Row]:
        """The rows that are shown, in their order of now."""
        for _, key in list(self._entries):
            row = self._store.row(*key)
            if row is not None:
                yield row

    def apply(self, changes: Iterable[Change]) -> tuple[bool, list[Hashable]]:
        """Follow a batch. Returns whether rows came, went or moved, and the keys that changed in place."""
        changes = list(changes)
        if self._meanwhile is not None:
            self._meanwhile += changes
        moved = False
        repaint: list[Hashable] = []
        arrivals: list[Entry] = []
        for change in changes:
            row = change.after if change.after is not None else change.before
            if row is None or not self._member(row):
                continue
            key = (change.cluster, change.id)
            place = self._place(key, change.after)
            held = self._places.get(key, _ABSENT)
            if place is not _ABSENT and held is not _ABSENT and place == held:
                repaint.append(key)
                continue
            if held is not _ABSENT:
                self._take(key, held)
                moved = True
            if place is not _ABSENT:
                arrivals.append((place, key))
                self._places[key] = place
                moved = True
        self._insert(arrivals)
        return moved, repaint

    def _place(self, key: Key, row: Row | None) -> Any:
        """The sort key of a row that is shown, `_ABSENT` for one that is gone or hidden."""
        if row is None:
            self._hidden.discard(key)
            return _ABSENT
        if not self._accept(row):
            self._hidden.add(key)
            return _ABSENT
        self._hidden.discard(key)
        return self._order(row)

    def _take(self, key: Key, place: Any) -> None:
        del self._places[key]
        index = bisect_left(self._entries, (place, key))
        del self._entries[index]

    def _insert(self, arrivals: list[Entry]) -> None:
        if len(arrivals) >= BULK:
            self._entries.extend(arrivals)
            self._entries.sort()
            return
        for entry in arrivals:
            self._entries.insert(bisect_left(self._entries, entry), entry)

    # What a table asks

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def total(self) -> int:
        """How many rows there would be without the filter."""
        return len(self._entries) + len(self._hidden)

    def key(self, index: int) -> Key:
        """The identity of the row at a position."""
        return self._entries[self._position(index)][1]

    def row(self, index: int) -> Row | None:
        """The row at a position; None if it has just gone and the batch that tells so is still to come."""
        return self._store.row(*self.key(index))

    def index_of(self, key: Hashable) -> int | None:
        """The position of a row, by binary search; None if it is not shown."""
        known = cast("Key", key)
        place = self._places.get(known, _ABSENT)
        if place is _ABSENT:
            return None
        return self._position(bisect_left(self._entries, (place, known)))

    def _position(self, index: int) -> int:
        return len(self._entries) - 1 - index if self._descending else index


def _merging(left: list[Entry], right: list[Entry]) -> Generator[None, None, list[Entry]]:
    """Two sorted lists as one, in slices; what is narrowed is in order already."""
    if not right or left[-1] <= right[0]:
        yield
        return [*left, *right]
    merged: list[Entry] = []
    done = 0
    for start in range(0, len(left), RUN):
        piece = left[start : start + RUN]
        end = bisect_right(right, piece[-1], done)
        merged += sorted([*piece, *right[done:end]])  # merging what is sorted is quick
        done = end
        yield
    merged += right[done:]
    return merged
