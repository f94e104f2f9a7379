"""Aligned columns for terminals, cut to their width; whole where the output is no terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from fluxtui.widgets.text import cut, plain, width_of

GAP = "  "
Paint = Callable[[str, str], str]
Cell = str | tuple[str, str]
"""A text, or a text and its style."""


class Column(msgspec.Struct, frozen=True):
    """A column. One with a ``least`` width may be cut down to it, the longest texts first."""

    title: str
    least: int = 0
    right: bool = False


def table(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], width: int | None, paint: Paint) -> list[str]:
    """The lines of a table, its titles first. ``width`` None: as wide as its texts."""
    cells = [[_plain(cell) for cell in row] for row in rows]
    widths = [
        max([width_of(column.title), *(width_of(row[at][0]) for row in cells)]) for at, column in enumerate(columns)
    ]
    if width is not None:
        _shrink(widths, columns, width - len(GAP) * (len(columns) - 1))
    titles = [(column.title, "muted") for column in columns]
    return [_line(columns, widths, row, paint) for row in (titles, *cells)]


def _plain(cell: Cell) -> tuple[str, str]:
    text, style = (cell, "") if isinstance(cell, str) else cell
    return plain(text), style


def _shrink(widths: list[int], columns: Sequence[Column], room: int) -> None:
    """Take what is too much from the widest columns that may be cut, cell by cell, so that they end alike."""
    while sum(widths) > room:
        cuttable = [at for at, column in enumerate(columns) if column.least and widths[at] > column.least]
        if not cuttable:
            return  # the terminal wraps what is left: nothing is lost
        widest = max(cuttable, key=lambda at: widths[at])
        widths[widest] -= 1


def _line(columns: Sequence[Column], widths: Sequence[int], row: Sequence[tuple[str, str]], paint: Paint) -> str:
    parts: list[str] = []
    for column, width, (text, style) in zip(columns, widths, row, strict=True):
        shown = cut(text, width)
        padding = " " * (width - width_of(shown))
        painted = paint(shown, style)
        parts.append(padding + painted if column.right else painted + padding)
    return GAP.join(parts).rstrip()
