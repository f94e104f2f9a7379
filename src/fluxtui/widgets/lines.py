"""From named spans to finished lines: the one way in which widgets here paint text."""

from collections.abc import Iterable, Sequence

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from fluxtui.widgets.palette import Palette
from fluxtui.widgets.table_source import Span
from fluxtui.widgets.text import ELLIPSIS, cut, plain, width_of


def merged(spans: Iterable[Span], palette: Palette) -> list[Span]:
    """Neighbours of one style joined; spaces take the style before them, unless theirs would be seen.

    Fewer segments are what makes a frame cheap.
    """
    joined: list[Span] = []
    for text, style in spans:
        if not text:
            continue
        if joined:
            before, before_style = joined[-1]
            if style == before_style or (
                text.isspace() and not palette.shows_on_blank(style) and not palette.shows_on_blank(before_style)
            ):
                joined[-1] = (before + text, before_style)
                continue
        joined.append((text, style))
    return joined


def clipped(spans: Sequence[Span], width: int) -> list[Span]:
    """The spans, made plain, in at most `width` cells; an ellipsis where they were cut."""
    kept: list[Span] = []
    room = width
    for position, (text, style) in enumerate(spans):
        text = plain(text)
        size = width_of(text)
        more = size > room or (size == room and any(later for later, _ in spans[position + 1 :]))
        if more:
            if size <= room:
                text = text + " "
            kept.append((cut(text, room), style))
            break
        kept.append((text, style))
        room -= size
    return [span for span in kept if span[0]]


def span_width(spans: Iterable[Span]) -> int:
    """Cells that the spans take once they are plain."""
    return sum(width_of(plain(text)) for text, _ in spans)


def strip_of(spans: Iterable[Span], palette: Palette, base: Style, width: int | None = None) -> Strip:
    """A line of exactly `width` cells, cut without an ellipsis; as long as the spans, which must be plain, without."""
    segments = [Segment(text, base + palette.style(style) if style else base) for text, style in merged(spans, palette)]
    return Strip(segments) if width is None else Strip(segments).adjust_cell_length(width, base)


def window(strip: Strip, x: int, width: int, ground: Style, edge: Style) -> Strip:
    """What a window of `width` cells shows of a line from cell `x` on; an ellipsis where it goes on outside."""
    if width <= 0:
        return Strip([])
    left = x > 0 and strip.cell_length > 0
    right = strip.cell_length > x + width
    if not left and not right:
        return strip.adjust_cell_length(width, ground)
    inner = strip.crop_extend(x + left, x + width - right, ground)
    dots = Segment(ELLIPSIS, edge)
    return Strip([*([dots] if left else ()), *inner, *([dots] if right else ())], width)
