"""The cursor of a list that changes under it: it stays with its row, not with its number."""

from collections.abc import Hashable

from fluxtui.widgets.table_source import TableSource

NEIGHBOURS = 8
"""How many rows on each side are remembered, to land near the place when the cursor's row vanishes."""


class Cursor:
    """A row by identity, with its position as of the last `follow`.

    Until it is moved it stays on the first row, so that a list which fills while it is loading does
    not carry it away.
    """

    def __init__(self) -> None:
        self.key: Hashable | None = None
        """The row it stands on, None while there was no row yet. Kept while the list is empty."""
        self.index = -1
        """The row's position, -1 if there is none."""
        self.held = False
        """Whether it was moved on purpose, and so keeps to its row."""
        self.awaited: tuple[Hashable, ...] = ()
        """Rows to stand on as soon as one of them comes; none once it was moved."""
        self._near: list[Hashable] = []

    def move(self, source: TableSource, index: int) -> bool:
        """Goes to a position, clamped to the list. Returns whether the row is another one."""
        count = len(source)
        if not count:
            return False
        self.held, self.awaited = True, ()
        return self._settle(source, min(max(index, 0), count - 1))

    def follow(self, source: TableSource) -> bool:
        """Finds its row again after any change of the list; the nearest neighbour if it is gone.

        Returns whether the row is another one.
        """
        count = len(source)
        if not count:
            self.index = -1
            return False
        come = next((at for key in self.awaited if (at := source.index_of(key)) is not None), None)
        if come is not None:
            return self.move(source, come)
        if not self.held:
            return self._settle(source, 0)
        found = None if self.key is None else source.index_of(self.key)
        if found is None:
            found = self._nearest(source)
        return self._settle(source, min(max(found, 0), count - 1))

    def release(self) -> None:
        """Back to the first row at the next `follow`, as when nothing was ever chosen."""
        self.held, self.awaited = False, ()

    def _nearest(self, source: TableSource) -> int:
        for key in self._near:
            found = source.index_of(key)
            if found is not None:
                return found
        return self.index

    def _settle(self, source: TableSource, index: int) -> bool:
        """Stands on a position and remembers who is around: the next, the one before, the one after next…"""
        self.index = index
        key = source.key(index)
        count = len(source)
        near: list[Hashable] = []
        for distance in range(1, NEIGHBOURS + 1):
            if index + distance < count:
                near.append(source.key(index + distance))
            if index >= distance:
                near.append(source.key(index - distance))
        self._near = near
        changed = key != self.key
        self.key = key
        return changed
