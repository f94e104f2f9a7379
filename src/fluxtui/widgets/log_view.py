"""A viewer for logs that grow while one reads: it paints the lines on screen, follows the end, and keeps its place.

The lines are a `LogBuffer`'s; what one says is spelled out (`Speller`) when it is painted. Scrolling goes by lines,
also when they wrap: how tall those out of sight are is never computed.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from fluxtui.widgets.document_text import restyled, sliced
from fluxtui.widgets.line_view import LineView, moves, sideways
from fluxtui.widgets.lines import span_width, strip_of
from fluxtui.widgets.log_buffer import WORST, LogBuffer, LogLine
from fluxtui.widgets.palette import palette_of
from fluxtui.widgets.table_source import Span
from fluxtui.widgets.text import fit, plain, width_of

Speller = Callable[[LogLine], Sequence[Span]]
"""What a line says, in spans: called for lines on screen only."""
SIDEWAYS = 16
"""Cells that one key scrolls to the side."""
TALLEST = 40
"""Rows that one line takes at most when lines wrap."""
MARKS = {WORST: ("✖ ", "error"), WORST - 1: ("▲ ", "warning"), 1: ("· ", "faint")}
"""Glyph and style by level; other lines have none."""
INKS = ("accent", "success", "info", "warning", "title", "link", "syntax-key", "syntax-number")
"""The styles that origins take in turn."""
NAMES = 24
"""Cells that the name of an origin takes at most."""


class LogView(LineView):
    """A log with a cursor. While it follows, the cursor is on the last line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *moves("log", last="Last, and follow"),
        *sideways("log"),
        Binding("n", "error(1)", "Next error", show=False, id="log.next-error"),
        Binding("N", "error(-1)", "Previous error", show=False, id="log.previous-error"),
        Binding("f", "follow", "Follow the end", show=False, id="log.follow"),
        Binding("w", "wrap", "Wrap", show=False, id="log.wrap"),
        Binding("T", "times", "Times", show=False, id="log.times"),
        Binding("Y", "copy", "Copy the line", show=False, id="log.copy"),
    ]

    wrap: reactive[bool] = reactive(False, init=False)
    """Break long lines instead of scrolling sideways."""
    times: reactive[bool] = reactive(True, init=False)
    """Show when each line was written, to the millisecond, in UTC."""
    following: reactive[bool] = reactive(True, init=False)
    """Stay at the end."""

    class Moved(Message):
        """The cursor is elsewhere, or follows the end, or no longer."""

        def __init__(self, view: "LogView") -> None:
            super().__init__()
            self.view = view

    class Copied(Message):
        """A line went to the clipboard."""

    def __init__(self, buffer: LogBuffer, spell: Speller, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.buffer = buffer
        self.names: Sequence[str] = ()
        """What origins are called, by their number; one alone is not shown."""
        self.needle = ""
        """What is marked wherever it stands."""
        self._spell = spell
        self._cursor = 0
        """The number of the line under the cursor."""
        self._strips: LRUCache[object, list[Strip]] = LRUCache(600)
        self._inputs: tuple[object, ...] = ()
        self._rows: list[tuple[int, int]] = []
        """What stands on each row of the screen: position and row within the line."""

    # What happened to the lines

    def grown(self) -> None:
        """Lines came or went at either end."""
        if self.following:
            self._cursor = self.buffer.number(len(self.buffer) - 1) if len(self.buffer) else 0
        self._place()
        if self.following:
            self._into_view()

    def changed(self) -> None:
        """Other lines are wanted, or origins are called otherwise: everything is painted anew."""
        self._strips.clear()
        self.grown()
        self._into_view()

    @property
    def position(self) -> int:
        """Where the cursor is among the lines that are shown."""
        return self.buffer.position(self._cursor)

    @property
    def current(self) -> LogLine | None:
        """The line under the cursor."""
        return self.buffer.line(self.position) if len(self.buffer) else None

    def _place(self) -> None:
        """Tells the scrollbar how much there is. Wrapped lines are taller than one row: the last may stand on top."""
        count = len(self.buffer)
        height = count + (max(0, self._page - 1) if self.wrap and count else 0)
        if self.virtual_size.height != height or self.virtual_size.width:
            self.set_reactive(LogView.virtual_size, Size(0, height))  # pyright: ignore[reportArgumentType]
            self._scroll_update(self.virtual_size)
        self.refresh()

    # Painting

    @property
    def _page(self) -> int:
        return max(1, self.scrollable_content_region.height)

    def render_lines(self, crop: object) -> list[Strip]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The rows of a region; which line stands where is worked out once."""
        self._lay_rows()
        return super().render_lines(crop)  # pyright: ignore[reportArgumentType]

    def _lay_rows(self) -> None:
        palette, base, width = palette_of(self), self.ground, self.scrollable_content_region.width
        inputs = (palette, base, width, self.wrap, self.times, self.needle, tuple(self.names))
        if inputs != self._inputs:
            self._strips.clear()
            self._inputs = inputs
        self._rows = []
        position, count = self.scroll_offset.y, len(self.buffer)
        while len(self._rows) < self._page and position < count:
            tall = self._height(position)
            self._rows += [(position, row) for row in range(tall)]
            position += 1

    def render_line(self, y: int) -> Strip:
        """One row of the screen."""
        width = self.scrollable_content_region.width
        if y >= len(self._rows):
            return Strip.blank(width, self.ground)
        position, row = self._rows[y]
        return self._painted(position)[row]

    def _height(self, position: int) -> int:
        return len(self._painted(position)) if self.wrap else 1

    def _painted(self, position: int) -> list[Strip]:
        number = self.buffer.number(position)
        chosen = number == self._cursor
        line = self.buffer.line(position)
        key = (number, id(line), chosen, 0 if self.wrap else self._aside)
        strips = self._strips.get(key)
        if strips is None:
            strips = self._strips[key] = self._paint(line, chosen=chosen)
        return strips

    _aside = 0
    """Cells that the text is scrolled to the side."""

    def _paint(self, line: LogLine, *, chosen: bool) -> list[Strip]:
        palette, width = palette_of(self), self.scrollable_content_region.width
        base = self.ground + palette.style("cursor-blurred" if chosen else "")
        head = [(text, style) for text, style in self._head(line, chosen=chosen) if text]
        room = max(10, width - span_width(head))
        body = self._body(line)
        if not self.wrap:  # one strip, made once: strips are what costs
            first, last = self._aside, sum(len(text) for text, _ in body)
            before: list[Span] = [("…", "muted")] if first and last else []
            after: list[Span] = [("…", "muted")] if last > first + room else []
            seen = sliced(body, first + len(before), min(last, first + room - len(after)))
            return [strip_of([*head, *before, *seen, *after], palette, base, width)]
        gutter = strip_of(head, palette, base)
        margin = strip_of([("▌" if chosen else " ", "cursor-bar")], palette, base, gutter.cell_length)
        strips: list[Strip] = []
        for first, last in _breaks("".join(text for text, _ in body), room)[:TALLEST]:
            piece = strip_of(sliced(body, first, last), palette, base, room)
            strips.append(Strip([*(margin if strips else gutter), *piece], width))
        return strips

    def _head(self, line: LogLine, *, chosen: bool) -> list[Span]:
        spans: list[Span] = [("▌" if chosen else " ", "cursor-bar")]
        if self.times:
            spans.append((f"{_clock(line.when)} ", "muted"))
        if len(self.names) > 1:
            most = max(8, min(NAMES, self.scrollable_content_region.width // 5))
            size = min(most, max(width_of(name) for name in self.names))
            name = self.names[line.origin] if line.origin < len(self.names) else ""
            spans.append((fit(name, size, where="start") + " ", INKS[line.origin % len(INKS)]))
        return [*spans, MARKS.get(line.level, ("  ", ""))]

    def _body(self, line: LogLine) -> list[Span]:
        spans = [(plain(text), style) for text, style in self._spell(line)]
        if not self.needle:
            return spans
        whole = "".join(text for text, _ in spans)
        folded = whole.casefold() if self.needle == self.needle.casefold() else whole
        marks: list[tuple[int, int, str]] = []
        at = folded.find(self.needle)
        while at >= 0 and len(marks) < 50 and len(folded) == len(whole):
            marks.append((at, at + len(self.needle), "match"))
            at = folded.find(self.needle, at + len(self.needle))
        return restyled(spans, marks)

    def notify_style_update(self) -> None:
        """Colours may be others."""
        super().notify_style_update()
        self._strips.clear()

    # Moving

    def _move_to(self, position: int) -> None:
        count = len(self.buffer)
        if not count:
            return
        before, top = self.position, self.scroll_offset.y
        position = min(max(0, position), count - 1)
        self._cursor = self.buffer.number(position)
        self.following = self.following and position == count - 1
        self._into_view()
        if self.wrap:
            self.refresh()
        elif top == self.scroll_offset.y:  # else the view is painted anew all the same
            self.refresh(*(Region(0, row - top, self.size.width, 1) for row in (before, position)))
        self.post_message(self.Moved(self))

    def _into_view(self) -> None:
        """Brings the whole of the cursor's line into sight."""
        position, top, page = self.position, self.scroll_offset.y, self._page
        if position < top:
            self.scroll_to(y=position, animate=False, force=True)
            return
        room, first = page - self._height(position) if len(self.buffer) else 0, position
        while first > top and room >= 0:  # the lines above it that still fit
            room -= self._height(first - 1)
            first -= room >= 0
        if first > top:
            self.scroll_to(y=first, animate=False, force=True)

    def on_mount(self) -> None:
        """Takes part in changes of the theme."""
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self.changed())

    def on_resize(self, event: events.Resize) -> None:
        """Another width breaks lines elsewhere; the cursor's line stays in sight."""
        self._place()
        self._into_view()
        self.call_after_refresh(self._into_view)  # how far it can be scrolled is known only then

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Who looks back does not want to be taken to the end by the next line."""
        self.following = False

    def on_click(self, event: events.Click) -> None:
        """A click puts the cursor there."""
        if event.y < len(self._rows):
            self._move_to(self._rows[event.y][0])

    def action_cursor(self, step: int) -> None:
        """To the next line."""
        self._move_to(self.position + step)

    def action_page(self, step: int) -> None:
        """By screens."""
        self._move_to(self.position + step * self._page)

    def action_first(self) -> None:
        """To the oldest line."""
        self._move_to(0)

    def action_last(self) -> None:
        """To the end, and stay there."""
        self._move_to(len(self.buffer) - 1)
        self.following = True
        self.post_message(self.Moved(self))

    def action_sideways(self, step: int) -> None:
        """Scrolls sideways."""
        self._aside = max(0, self._aside + step * SIDEWAYS) if not self.wrap else 0
        self.refresh()

    def action_error(self, step: int) -> None:
        """To the next error, around the end."""
        found = self.buffer.next_error(self.position, step) if len(self.buffer) else None
        if found is not None:
            self._move_to(found)
        else:
            self.notify("no error among the lines that are shown", markup=False, timeout=2)

    def action_follow(self) -> None:
        """Follow the end, or stay here."""
        if self.following:
            self.following = False
            self.post_message(self.Moved(self))
        else:
            self.action_last()

    def action_wrap(self) -> None:
        """Wrap, or stop wrapping."""
        self.wrap = not self.wrap

    def watch_wrap(self) -> None:
        """The cursor's line stays in sight."""
        self._aside = 0
        self._place()
        self._into_view()

    def action_times(self) -> None:
        """Show the times, or not."""
        self.times = not self.times

    def watch_times(self) -> None:
        """There is more room, or less."""
        self._place()

    def action_copy(self) -> None:
        """Copy the line under the cursor, as it was written."""
        if self.current is not None:
            self.app.copy_to_clipboard(self.current.text)
            self.post_message(self.Copied())


def _clock(when: float) -> str:
    """The time of day to the millisecond, in UTC."""
    if not when:
        return " " * 12
    try:
        return datetime.fromtimestamp(when, UTC).strftime("%H:%M:%S.%f")[:12]
    except (OverflowError, ValueError, OSError):
        return "??:??:??.???"


def _breaks(text: str, width: int) -> list[tuple[int, int]]:
    """The first and one past the last character of each row."""
    if text.isascii():
        return [(at, min(at + width, len(text))) for at in range(0, len(text), width)] or [(0, 0)]
    rows: list[tuple[int, int]] = []
    start = taken = 0
    for at, char in enumerate(text):
        size = width_of(char)
        if taken + size > width and at > start:
            rows.append((start, at))
            start, taken = at, 0
        taken += size
    return [*rows, (start, len(text))]
