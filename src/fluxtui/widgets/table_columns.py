"""Which columns of a table fit a width, where and how wide. Pure: depends on nothing but the numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from fluxtui.widgets.text import Where

ESSENTIAL = 100
"""The priority of columns that never leave; when even these do not fit, the table scrolls sideways."""


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column: what it is called, and how much room it wants.

    Widths are in cells without the gap. `width` is what it takes when there is room for all; it may
    shrink to `min` (its width if not given) and, with a `flex` weight, grows up to `max` (None: no limit).
    When the columns do not fit at their smallest, those with the lowest `priority` leave first.
    """

    id: str
    title: str
    width: int = 12
    min: int = 0
    max: int | None = None
    flex: int = 0
    align: Literal["left", "right"] = "left"
    priority: int = 50
    cut: Where = "end"
    """Where a value that is too long loses its middle part, its start or its end."""
    sortable: bool = True
    shorter: Mapping[str, str] = field(default_factory=dict[str, str], hash=False)
    """Values that are told in other words where they would be cut."""

    @property
    def smallest(self) -> int:
        """The fewest cells it can do with."""
        return self.min or self.width

    @property
    def largest(self) -> int:
        """The most cells that it can use."""
        if not self.flex:
            return self.width
        return 10_000 if self.max is None else max(self.max, self.width)


class Place(NamedTuple):
    """Where a column stands: its position in the list given, its first cell and its width."""

    column: int
    x: int
    width: int


class Layout(NamedTuple):
    """The columns shown, left to right, the width of all, and how many had to leave."""

    places: tuple[Place, ...]
    width: int
    hidden: int

    def column_at(self, x: int) -> int | None:
        """The index of the column at a cell, the gap after it included."""
        found = None
        for place in self.places:
            if place.x > x:
                break
            found = place.column
        return found


def lay_out(columns: Sequence[TableColumn], available: int, *, everything: bool = False) -> Layout:
    """Places the columns in `available` cells.

    `everything` keeps all columns at their full width, whatever the room: for tables scrolled sideways.
    """
    shown = list(range(len(columns)))
    gap = 2
    if not everything:
        gap = 2 if _need(columns, shown, 2) <= available else 1
        while _need(columns, shown, gap) > available:
            leaving = min(reversed(shown), key=lambda i: columns[i].priority)
            if columns[leaving].priority >= ESSENTIAL:
                break
            shown.remove(leaving)
    room = available - gap * max(0, len(shown) - 1)
    widths = {i: columns[i].width for i in shown}
    if everything:
        widths = {i: _full(columns[i]) for i in shown}
    else:
        _shrink(columns, widths, sum(widths.values()) - room)
    _grow(columns, widths, room - sum(widths.values()))
    places: list[Place] = []
    x = 0
    for i in shown:
        places.append(Place(i, x, widths[i]))
        x += widths[i] + gap
    return Layout(tuple(places), max(0, x - gap), len(columns) - len(shown))


def _need(columns: Sequence[TableColumn], shown: Sequence[int], gap: int) -> int:
    return sum(columns[i].smallest for i in shown) + gap * max(0, len(shown) - 1)


def _full(column: TableColumn) -> int:
    return max(column.width, column.max or 0)


def _shrink(columns: Sequence[TableColumn], widths: dict[int, int], excess: int) -> None:
    """Takes `excess` cells, each time from the column that is furthest above its smallest width."""
    while excess > 0:
        widest = max(widths, key=lambda i: widths[i] - columns[i].smallest, default=None)
        if widest is None or widths[widest] <= columns[widest].smallest:
            return
        widths[widest] -= 1
        excess -= 1


def _grow(columns: Sequence[TableColumn], widths: dict[int, int], surplus: int) -> None:
    """Shares `surplus` cells by flex weight; what a full column leaves goes to the others."""
    while surplus > 0:
        growing = [i for i in widths if widths[i] < columns[i].largest]
        weight = sum(columns[i].flex for i in growing)
        if not weight:
            return
        shared = surplus
        for i in growing:
            share = min(columns[i].largest - widths[i], max(1, shared * columns[i].flex // weight), surplus)
            widths[i] += share
            surplus -= share
