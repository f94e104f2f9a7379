"""Lines that say something about one thing, some of which lead elsewhere: a sheet that scrolls, with a cursor.

Each line wraps into as many rows as it needs. The cursor goes from line to line; one that has a key is opened by
enter. Made for hundreds of lines: all are laid out when the width or the text changes, the visible ones are painted.
"""

from bisect import bisect_right
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from fluxtui.widgets.flowline import flow
from fluxtui.widgets.line_view import LineView, moves
from fluxtui.widgets.lines import clipped, span_width, strip_of
from fluxtui.widgets.palette import palette_of
from fluxtui.widgets.table_source import Span
from fluxtui.widgets.text import plain, width_of

LABELS = 18
"""The widest that the column of labels gets."""
TALLEST = 60
"""Rows that one line takes at most."""


@dataclass(frozen=True, slots=True)
class Line:
    """A label and what it says; without a label it starts at the left. `key` is what enter opens, `hang` are the cells
    by which its further rows stand in."""

    label: str = ""
    spans: Sequence[Span] = ()
    key: Hashable | None = None
    label_style: str = "muted"
    hang: int = 0

    @property
    def words(self) -> str:
        """All that it says, for searching."""
        return f"{self.label} {''.join(text for text, _ in self.spans)}"


def heading(text: str, *after: Span) -> list[Line]:
    """An empty line, and one that names the section that follows."""
    return [Line(), Line("", [(text, "title"), *after])]


class Sheet(LineView):
    """A sheet of lines with a cursor. The cursor stays on its key, else on its place, when other lines are shown."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *moves("sheet"),
        Binding("n", "match(1)", "Next match", show=False, id="sheet.next-match"),
        Binding("N", "match(-1)", "Previous match", show=False, id="sheet.previous-match"),
        Binding("enter", "select", "Open", show=False, id="sheet.open"),
    ]

    class Selected(Message):
        """A line that has a key was opened."""

        def __init__(self, sheet: "Sheet", key: Hashable) -> None:
            super().__init__()
            self.sheet = sheet
            self.key = key

        @property
        def control(self) -> "Sheet":
            """The sheet."""
            return self.sheet

    def __init__(
        self,
        lines: Sequence[Line] = (),
        *,
        id: str | None = None,  # noqa: A002 - what every widget calls it
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: tuple[Line, ...] = tuple(lines)
        self._cursor = 0
        self._rows: list[tuple[int, list[Span]]] = []
        self._starts: list[int] = [0]
        self._laid_for = -1
        self._matches: list[int] = []

    # What it shows

    def show(self, lines: Sequence[Line]) -> None:
        """Says something else; nothing is painted if it is the same."""
        fresh = tuple(lines)
        if fresh == self._lines:
            return
        key = self.key
        self._lines = fresh
        found = next((at for at, line in enumerate(fresh) if key is not None and line.key == key), None)
        self._cursor = found if found is not None else min(self._cursor, max(0, len(fresh) - 1))
        self._matches = []
        self._lay_out()

    @property
    def key(self) -> Hashable | None:
        """The key of the line under the cursor."""
        return self._lines[self._cursor].key if self._cursor < len(self._lines) else None

    @property
    def position(self) -> int:
        """Which line the cursor is on, from 0."""
        return self._cursor

    @property
    def lines(self) -> tuple[Line, ...]:
        """The lines shown."""
        return self._lines

    def search(self, text: str) -> int:
        """Goes to the next line that holds a text, from the cursor on; capital letters count only if it has some.

        Returns how many lines hold it.
        """
        fold = not any(char.isupper() for char in text)
        self._matches = [
            at
            for at, line in enumerate(self._lines)
            if text and text in (line.words.casefold() if fold else line.words)
        ]
        if self._matches:
            self._move_to(next((at for at in self._matches if at >= self._cursor), self._matches[0]))
        return len(self._matches)

    # Painting

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width
        self._laid_for = width
        column = min(max((width_of(plain(line.label)) for line in self._lines), default=0), LABELS)
        column = min(column, width // 3)
        self._rows = []
        counts: list[int] = []
        for number, line in enumerate(self._lines):
            rows = _rows(line, max(1, width - 1), column + 2 if column else 0)
            self._rows += [(number, row) for row in rows]
            counts.append(len(rows))
        self._starts = list(accumulate(counts, initial=0))
        self.virtual_size = Size(0, len(self._rows))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One row of the screen."""
        width, base, palette = self.scrollable_content_region.width, self.ground, palette_of(self)
        at = self.scroll_offset.y + y
        if at >= len(self._rows):
            return Strip.blank(width, base)
        number, spans = self._rows[at]
        chosen = number == self._cursor
        ground = ("cursor" if self.has_focus else "cursor-blurred") if chosen else ""
        base = base + palette.style(ground)
        return strip_of([("▌" if chosen else " ", "cursor-bar"), *spans], palette, base, width)

    def on_resize(self, event: events.Resize) -> None:
        """Another width breaks lines elsewhere."""
        if self.scrollable_content_region.width != self._laid_for:
            self._lay_out()
        self._into_view()

    def on_mount(self) -> None:
        """Takes part in changes of the theme."""
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self.refresh())

    # Keys

    @property
    def _page(self) -> int:
        return max(1, self.scrollable_content_region.height)

    def _move_to(self, number: int) -> None:
        self._cursor = min(max(number, 0), max(0, len(self._lines) - 1))
        self.refresh()
        self._into_view()

    def _into_view(self) -> None:
        """Brings the first rows of the cursor's line into sight, and as many of the others as there is room for."""
        if self._cursor + 1 >= len(self._starts):
            return
        first, last = self._starts[self._cursor], self._starts[self._cursor + 1] - 1
        top, page = self.scroll_offset.y, self._page
        if first < top or last - first >= page:
            self.scroll_to(y=first, animate=False, force=True)
        elif last >= top + page:
            self.scroll_to(y=last - page + 1, animate=False, force=True)

    def action_cursor(self, step: int) -> None:
        """To the next line that says something; a line that is taller than the sheet is scrolled through first."""
        if not self._lines:
            return
        first, last = self._starts[self._cursor], self._starts[self._cursor + 1] - 1
        top, page = self.scroll_offset.y, self._page
        if last - first >= page and ((step > 0 and last >= top + page) or (step < 0 and first < top)):
            self.scroll_to(y=top + step, animate=False, force=True)
            return
        at = self._cursor + step
        while 0 <= at < len(self._lines) and not self._lines[at].spans and not self._lines[at].label:
            at += step
        if 0 <= at < len(self._lines):
            self._move_to(at)

    def action_page(self, step: int) -> None:
        """Moves by screens; the view moves along."""
        row = min(max(self._starts[self._cursor] + step * self._page, 0), max(0, len(self._rows) - 1))
        self.scroll_to(y=self.scroll_offset.y + step * self._page, animate=False, force=True)
        self._move_to(bisect_right(self._starts, row) - 1)

    def action_first(self) -> None:
        """To the first line."""
        self._move_to(0)

    def action_last(self) -> None:
        """To the last line."""
        self._move_to(len(self._lines) - 1)

    def action_match(self, step: int) -> None:
        """To the next match, around the end."""
        if not self._matches:
            return
        later = [at for at in self._matches if (at - self._cursor) * step > 0]
        around = self._matches if step > 0 else self._matches[::-1]
        self._move_to((later if step > 0 else later[::-1])[0] if later else around[0])

    def action_select(self) -> None:
        """Opens what the line leads to."""
        if self.key is not None:
            self.post_message(self.Selected(self, self.key))

    def on_click(self, event: events.Click) -> None:
        """A click puts the cursor there, a second one opens it."""
        at = self.scroll_offset.y + event.y
        if at < len(self._rows):
            self._move_to(self._rows[at][0])
            if event.chain == 2:
                self.action_select()


def _rows(line: Line, width: int, column: int) -> list[list[Span]]:
    """The rows of a line in so many cells, its label in a column of `column` cells."""
    spans = [(text, style if line.key is None else style or "link") for text, style in line.spans]
    if not line.label:
        return flow(spans, width, TALLEST, indent=line.hang) or [[]]
    label = clipped([(line.label, line.label_style)], column - 1)
    body = flow(spans, max(8, width - column), TALLEST, indent=line.hang) or [[]]
    first = [*label, (" " * (column - span_width(label)), "")]
    return [[*(first if number == 0 else [(" " * column, "")]), *row] for number, row in enumerate(body)]
