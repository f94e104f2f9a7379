"""What a table reads: rows that someone else owns, by position and by identity."""

from collections.abc import Hashable, Sequence
from typing import Protocol

Span = tuple[str, str]
"""Text and the name of its style ("" for the base style, see `palette.INKS`)."""

Cell = str | Span | list[Span]
"""What a column shows of a row: text, text in a style, or several pieces in a row."""


class TableSource(Protocol):
    """A list of rows. The table keeps no copy: it asks for what it paints, when it paints.

    `index_of` must not search: it is called for the cursor, for marks and for each changed row.
    """

    def __len__(self) -> int:
        """How many rows there are, filtered ones not counted."""
        ...

    def key(self, index: int) -> Hashable:
        """The identity of the row at a position: unique, and the same wherever the row moves. Never None."""
        ...

    def cells(self, index: int) -> Sequence[Cell]:
        """The cells of the row at a position, one for each of the table's columns, in their order."""
        ...

    def version(self, index: int) -> Hashable:
        """Differs whenever `cells` would: a painted row is kept for as long as this stays the same."""
        ...

    def index_of(self, key: Hashable) -> int | None:
        """The position of a row, None if it is not in the list."""
        ...


class NoRows:
    """A source without rows."""

    def __len__(self) -> int:
        return 0

    def key(self, index: int) -> Hashable:
        """Never asked for; raises IndexError."""
        raise IndexError(index)

    def cells(self, index: int) -> Sequence[Cell]:
        """Never asked for; raises IndexError."""
        raise IndexError(index)

    def version(self, index: int) -> Hashable:
        """Never asked for; raises IndexError."""
        raise IndexError(index)

    def index_of(self, key: Hashable) -> int | None:
        """Knows no key."""
        return None
