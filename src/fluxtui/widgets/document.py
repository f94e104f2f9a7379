"""A viewer for long text: YAML, messages, logs. It colours and paints only the lines on screen."""

from collections.abc import Callable, Sequence
from typing import ClassVar, Literal

from textual import events
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from fluxtui.widgets.document_text import DocumentText, Match, Wrapping, restyled, sliced
from fluxtui.widgets.line_view import LineView, moves, sideways
from fluxtui.widgets.lines import strip_of, window
from fluxtui.widgets.palette import palette_of
from fluxtui.widgets.table_source import Span
from fluxtui.widgets.text import plain
from fluxtui.widgets.yaml_tokens import yaml_spans

Highlight = Callable[[str], Sequence[Span]]
"""Colours one line: spans whose texts join to it. Called for lines on screen only."""
SIDEWAYS = 8
"""Cells that one key scrolls to the side."""
MARGIN = 2
"""Lines kept in sight around a match."""


def unstyled(line: str) -> Sequence[Span]:
    """No colours."""
    return ((line, ""),)


class DocumentView(LineView):
    """Read-only text with a line cursor, search, wrapping, and copying by lines."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *moves("document"),
        *sideways("document"),
        Binding("n", "match(1)", "Next match", show=False, id="document.next-match"),
        Binding("N", "match(-1)", "Previous match", show=False, id="document.previous-match"),
        Binding("w", "wrap", "Wrap", show=False, id="document.wrap"),
        Binding("v", "select", "Select lines", show=False, id="document.select"),
        Binding("y", "copy", "Copy", show=False, id="document.copy"),
    ]

    wrap: reactive[bool] = reactive(False, init=False)
    """Break long lines instead of scrolling sideways."""
    numbers: reactive[bool] = reactive(True, init=False)
    """Show the numbers of lines."""

    class Searched(Message):
        """The matches, or the one the cursor is at, are others."""

        def __init__(self, view: "DocumentView", position: int, count: int) -> None:
            super().__init__()
            self.view = view
            self.position = position
            """From 1; 0 when there is no match."""
            self.count = count

        @property
        def control(self) -> "DocumentView":
            """The view."""
            return self.view

    class Copied(Message):
        """Text went to the clipboard."""

        def __init__(self, view: "DocumentView", text: str, lines: int) -> None:
            super().__init__()
            self.view = view
            self.text = text
            self.lines = lines

        @property
        def control(self) -> "DocumentView":
            """The view."""
            return self.view

    def __init__(
        self,
        text: str = "",
        syntax: Literal["yaml", "text"] | Highlight = "text",
        *,
        id: str | None = None,  # noqa: A002 - what every widget calls it
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._strips: LRUCache[object, Strip] = LRUCache(512)
        self._inputs: tuple[object, ...] = ()
        self._wrapping: Wrapping | None = None
        self._line = 0
        self._anchor: int | None = None
        self._matches: list[Match] = []
        self._matches_of: dict[int, list[Match]] = {}
        self._match = -1
        self._sought: tuple[str, bool] = ("", False)
        self._take(text, syntax)

    # What it shows

    def show(self, text: str, syntax: Literal["yaml", "text"] | Highlight = "text", *, keep: bool = False) -> None:
        """Shows another text from its top; with `keep`, a newer version of the same at the same place."""
        line, offset, sought = self._line, self.scroll_offset, self._sought
        self._take(text, syntax)
        self._place_lines()
        if keep:
            self._line = min(line, max(0, len(self.document) - 1))
            self.scroll_to(offset.x, offset.y, animate=False, force=True)
            if sought[0]:
                self._find(*sought)
                at_or_after = (i for i, match in enumerate(self._matches) if match.line >= self._line)
                self._match = next(at_or_after, len(self._matches) - 1)
                self.post_message(self.Searched(self, self._match + 1, len(self._matches)))
        else:
            self.scroll_to(0, 0, animate=False, force=True)

    @property
    def line(self) -> int:
        """The line the cursor is on, from 0."""
        return self._line

    @property
    def selected_lines(self) -> range:
        """The lines selected; the cursor's line if nothing is."""
        anchor = self._line if self._anchor is None else self._anchor
        return range(min(anchor, self._line), max(anchor, self._line) + 1)

    @property
    def matches(self) -> Sequence[Match]:
        """What the search found."""
        return self._matches

    def search(self, pattern: str, *, regex: bool = False) -> int:
        """Marks every match and goes to the first one from the cursor on; returns how many there are.

        Raises re.error if `regex` is set and the pattern is none.
        """
        self._find(pattern, regex)
        if self._matches:
            after = (i for i, match in enumerate(self._matches) if match.line >= self._line)
            self._go_to_match(next(after, 0))
        else:
            self.refresh()
            self.post_message(self.Searched(self, 0, 0))
        return len(self._matches)

    def _find(self, pattern: str, regex: bool) -> None:
        self._sought = pattern, regex
        self._matches = self.document.find(pattern, regex=regex)
        self._matches_of = {}
        for match in self._matches:
            self._matches_of.setdefault(match.line, []).append(match)
        self._match = -1
        self._strips.clear()

    def go_to(self, line: int) -> None:
        """Puts the cursor on a line (clamped) and brings it into sight."""
        if not len(self.document):
            return
        self._line = min(max(line, 0), len(self.document) - 1)
        self.refresh()
        self._scroll_into_view(0)

    def _take(self, text: str, syntax: Literal["yaml", "text"] | Highlight) -> None:
        self.document = DocumentText(text)
        """The lines shown."""
        self._highlight: Highlight = yaml_spans if syntax == "yaml" else unstyled if syntax == "text" else syntax
        self._line, self._anchor, self._match = 0, None, -1
        self._matches, self._matches_of, self._sought = [], {}, ("", False)
        self._widest = self.document.widest()
        self._wrapping = None
        self._strips.clear()

    # Painting

    def render_line(self, y: int) -> Strip:
        """One row of the screen."""
        palette, base, width = palette_of(self), self.ground, self.scrollable_content_region.width
        inputs = (palette, base, width, self._match, self.wrap, self.numbers)
        if inputs != self._inputs:
            self._strips.clear()
            self._inputs = inputs
        scroll_x, scroll_y = self.scroll_offset
        row = scroll_y + y
        if row >= self._rows:
            return Strip.blank(width, base)
        line, part = (row, 0) if self._wrapping is None else self._wrapping.place(row)
        selected = self._anchor is not None and line in self.selected_lines
        key = (row, scroll_x, line == self._line, selected)
        strip = self._strips.get(key)
        if strip is None:
            ground = "selection" if selected else "cursor-blurred" if line == self._line else ""
            gutter = strip_of(self._gutter_spans(line, part, ground), palette, base, self._gutter)
            body_base = base + palette.style(ground)
            body = strip_of(self._body_spans(line, part), palette, body_base)
            edge = body_base + palette.style("muted")
            body = window(body, scroll_x, width - self._gutter, body_base, edge)
            strip = self._strips[key] = Strip([*gutter, *body], width)
        return strip

    def notify_style_update(self) -> None:
        """Colours may be others."""
        super().notify_style_update()
        self._strips.clear()

    def _gutter_spans(self, line: int, part: int, ground: str) -> list[Span]:
        bar = "▌" if line == self._line else " "
        number = str(line + 1) if part == 0 and self.numbers else ""
        style = "muted" if line == self._line else "faint"
        spans: list[Span] = [(bar, f"cursor-bar {ground}")]
        if self.numbers:
            spans.append((number.rjust(self._gutter - 2), f"{style} {ground}"))
        return [*spans, (" ", ground)]

    def _body_spans(self, line: int, part: int) -> Sequence[Span]:
        text = self.document.shown(line)
        current = self._matches[self._match] if self._match >= 0 else None
        marks = [
            (match.start, match.end, "match-current" if match == current else "match")
            for match in self._matches_of.get(line, ())
        ]
        spans: Sequence[Span] = restyled(self._highlight(text), marks)
        if self._wrapping is not None:
            spans = sliced(spans, *self._wrapping.breaks(line)[part])
        return [(plain(piece), style) for piece, style in spans]

    @property
    def _gutter(self) -> int:
        """Cells left of the text: the cursor's bar, the number, a space."""
        return 2 + (max(3, len(str(len(self.document)))) if self.numbers else 0)

    @property
    def _rows(self) -> int:
        return len(self.document) if self._wrapping is None else len(self._wrapping)

    @property
    def _page(self) -> int:
        return max(1, self.scrollable_content_region.height)

    def _place_lines(self) -> None:
        """Wraps anew and tells the scrollbars."""
        room = self.scrollable_content_region.width - self._gutter
        self._wrapping = Wrapping(self.document, room) if self.wrap and len(self.document) else None
        width = self._widest + self._gutter if self._widest > room and not self.wrap else 0
        self._strips.clear()
        self.virtual_size = Size(width, self._rows)
        self.refresh()

    def _scroll_into_view(self, margin: int) -> None:
        row = self._line if self._wrapping is None else self._wrapping.row_of(self._line)
        top, page = self.scroll_offset.y, self._page
        margin = min(margin, page // 2)
        if row < top + margin:
            self.scroll_to(y=row - margin, animate=False, force=True)
        elif row >= top + page - margin:
            self.scroll_to(y=row - page + 1 + margin, animate=False, force=True)

    def _go_to_match(self, number: int) -> None:
        self._match = number
        match = self._matches[number]
        self._line = match.line
        self._scroll_into_view(MARGIN)
        if self._wrapping is None:
            left, room = self.scroll_offset.x, self.scrollable_content_region.width - self._gutter
            if not left <= match.start <= match.end <= left + room:
                self.scroll_to(x=max(0, match.end - room // 2) if match.end > room else 0, animate=False, force=True)
        self.refresh()
        self.post_message(self.Searched(self, number + 1, len(self._matches)))

    # What the terminal tells

    def on_mount(self) -> None:
        """Takes part in changes of the theme."""
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self._place_lines())

    def on_resize(self, event: events.Resize) -> None:
        """Another width breaks lines elsewhere."""
        self._place_lines()

    def watch_wrap(self) -> None:
        """Breaks the lines, or joins them; the cursor's line stays in sight."""
        self._place_lines()
        self.scroll_to(x=0, animate=False, force=True)
        self._scroll_into_view(0)

    def watch_numbers(self) -> None:
        """The text has more room, or less."""
        self._place_lines()

    def on_click(self, event: events.Click) -> None:
        """A click puts the cursor there."""
        row = self.scroll_offset.y + event.y
        if row < self._rows:
            self.go_to(row if self._wrapping is None else self._wrapping.place(row)[0])

    def action_cursor(self, step: int) -> None:
        """Moves by lines."""
        before = self._line
        if not len(self.document):
            return
        self._line = min(max(before + step, 0), len(self.document) - 1)
        if self._wrapping is not None or self._anchor is not None:
            self.refresh()
        else:
            top, width = self.scroll_offset.y, self.size.width
            self.refresh(*(Region(0, row - top, width, 1) for row in (before, self._line)))
        self._scroll_into_view(0)

    def action_page(self, step: int) -> None:
        """Moves by screens; the view moves along."""
        page = self._page
        row = self._line if self._wrapping is None else self._wrapping.row_of(self._line)
        self.scroll_to(y=self.scroll_offset.y + step * page, animate=False, force=True)
        row = min(max(row + step * page, 0), max(0, self._rows - 1))
        self.go_to(row if self._wrapping is None else self._wrapping.place(row)[0])

    def action_first(self) -> None:
        """To the first line."""
        self.go_to(0)

    def action_last(self) -> None:
        """To the last line."""
        self.go_to(len(self.document) - 1)

    def action_sideways(self, step: int) -> None:
        """Scrolls sideways."""
        self.scroll_to(x=self.scroll_offset.x + step * SIDEWAYS, animate=False, force=True)

    def action_match(self, step: int) -> None:
        """To the next match, around the end."""
        if self._matches:
            self._go_to_match((self._match + step) % len(self._matches))

    def action_wrap(self) -> None:
        """Wraps, or stops wrapping."""
        self.wrap = not self.wrap

    def action_select(self) -> None:
        """Starts selecting lines at the cursor, or stops."""
        self._anchor = self._line if self._anchor is None else None
        self.refresh()

    def action_copy(self) -> None:
        """Copies the selected lines, or the cursor's."""
        if not len(self.document):
            return
        chosen = self.selected_lines
        text = "\n".join(self.document.lines[chosen.start : chosen.stop])
        self.app.copy_to_clipboard(text)
        self._anchor = None
        self.refresh()
        self.post_message(self.Copied(self, text, len(chosen)))
