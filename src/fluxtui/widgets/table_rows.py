"""Paints the rows of a table, and keeps what was painted."""

from collections.abc import Hashable, Sequence

from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.strip import Strip

from fluxtui.widgets.lines import clipped, merged, span_width, window
from fluxtui.widgets.palette import Palette
from fluxtui.widgets.table_columns import Layout, TableColumn
from fluxtui.widgets.table_source import Cell, Span, TableSource
from fluxtui.widgets.text import fit

GUTTER = 2
"""Cells left of the columns: the cursor's bar and the mark."""
CURSOR_BAR = "▌"
MARK = "◆"
KEPT_STRIPS = 1024

Face = tuple[Hashable, Hashable, int, int]
"""All that the line of a row depends on, other than what the whole table does: key, version, state, offset."""
UNDIMMED = Style(dim=False)
"""Dim text that is reversed has a ground of its own: the cursor would be a patchwork."""
PLAIN, CURSOR, CURSOR_BLURRED, MARKED = 0, 1, 2, 4
"""The state of a row, as bits."""


class RowPainter:
    """Finished lines by their `Face`; everything else they depend on is set by `prepare`."""

    def __init__(self) -> None:
        self._strips: LRUCache[Hashable, Strip] = LRUCache(KEPT_STRIPS)
        self._styles: dict[tuple[int, str], Style] = {}
        self._palette = Palette({})
        self._base = Style.null()
        self._columns: Sequence[TableColumn] = ()
        self._layout = Layout((), 0, 0)
        self._width = 0

    def prepare(
        self, palette: Palette, base: Style, columns: Sequence[TableColumn], layout: Layout, width: int
    ) -> None:
        """Sets what all rows have in common; forgets the painted rows if it is not as before."""
        if (
            palette is self._palette
            and layout is self._layout
            and columns is self._columns
            and width == self._width
            and base == self._base
        ):
            return
        self.clear()
        self._palette, self._base, self._columns, self._layout, self._width = palette, base, columns, layout, width

    def clear(self) -> None:
        """Forgets every painted row."""
        self._strips.clear()
        self._styles.clear()

    def row(self, source: TableSource, index: int, face: Face) -> Strip:
        """The finished line of a row, `width` cells wide."""
        strip = self._strips.get(face)
        if strip is None:
            _, _, state, scroll_x = face
            strip = self._strips[face] = self._paint(self._spans(source.cells(index)), state, scroll_x)
        return strip

    def header(self, sort: tuple[str, bool] | None, scroll_x: int) -> Strip:
        """The titles; `sort` is the sorted column's id and whether it is descending."""
        kept = ("", sort, scroll_x)
        strip = self._strips.get(kept)
        if strip is None:
            strip = self._strips[kept] = self._paint(self._titles(sort), PLAIN, scroll_x)
        return strip

    def blank(self, text: str = "") -> Strip:
        """A line without a row."""
        return self._paint([(text, "muted")] if text else [], PLAIN, 0)

    def _titles(self, sort: tuple[str, bool] | None) -> list[Span]:
        spans: list[Span] = []
        x = 0
        for index, left, width in self._layout.places:
            column = self._columns[index]
            spans.append((" " * (left - x), "header"))
            x = left + width
            if sort and sort[0] == column.id:
                arrow = "▼" if sort[1] else "▲"
                title = fit(fit(column.title, min(len(column.title), width - 1)) + arrow, width, column.align)
                spans.append((title, "header-sorted"))
            else:
                spans.append((fit(column.title, width, column.align), "header"))
        return spans

    def _spans(self, cells: Sequence[Cell]) -> list[Span]:
        spans: list[Span] = []
        x = 0
        for index, left, width in self._layout.places:
            column = self._columns[index]
            cell = cells[index]
            if left > x:
                spans.append((" " * (left - x), ""))
            x = left + width
            if isinstance(cell, str | tuple):
                text, style = (cell, "") if isinstance(cell, str) else cell
                if len(text) > width:
                    text = column.shorter.get(text, text)
                spans.append((fit(text, width, column.align, column.cut), style))
            else:
                pieces = clipped(cell, width)
                padding = (" " * (width - span_width(pieces)), "")
                spans.extend((padding, *pieces) if column.align == "right" else (*pieces, padding))
        return spans

    def _paint(self, spans: list[Span], state: int, scroll_x: int) -> Strip:
        style = self._style
        body = Strip([Segment(text, style(state, name)) for text, name in merged(spans, self._palette)])
        ground = style(state, "")
        room = max(0, self._width - GUTTER)
        body = window(body, scroll_x, room, ground, style(state, "muted"))
        return Strip([*self._gutter(state), *body], GUTTER + room)

    def _gutter(self, state: int) -> list[Segment]:
        style = self._style
        bar = CURSOR_BAR if state & (CURSOR | CURSOR_BLURRED) else " "
        mark = MARK if state & MARKED else " "
        if bar == mark == " ":
            return [Segment("  ", style(state, ""))]
        bar_style = "muted" if state & CURSOR_BLURRED else "cursor-bar"
        return [Segment(bar, style(state, bar_style)), Segment(mark, style(state, "mark"))]

    def _style(self, state: int, name: str) -> Style:
        style = self._styles.get((state, name))
        if style is None:
            palette = self._palette
            style = self._base
            if state & MARKED:
                style += palette.style("marked")
            if name:
                style += palette.style(name)
            if state & CURSOR:
                cursor = palette.style("cursor")
                style += cursor + UNDIMMED if cursor.reverse else cursor
            elif state & CURSOR_BLURRED:
                style += palette.style("cursor-blurred")
            self._styles[state, name] = style
        return style
