"""A row of small bars: how a number went over time, in one line."""

from collections.abc import Sequence

from fluxtui.widgets.lines import clipped, span_width
from fluxtui.widgets.painted import Painted
from fluxtui.widgets.table_source import Span

LEVELS = "▁▂▃▄▅▆▇█"
NO_VALUE = "·"
"""Stands where nothing was measured: unknown is not zero."""


def resample(values: Sequence[float | None], width: int) -> list[float | None]:
    """At most `width` values; each stands for the highest of those it replaces, so that no peak is lost."""
    count = len(values)
    if count <= width:
        return list(values)
    buckets: list[float | None] = []
    for i in range(width):
        known = [value for value in values[i * count // width : (i + 1) * count // width] if value is not None]
        buckets.append(max(known) if known else None)
    return buckets


def sparkline(
    values: Sequence[float | None],
    width: int,
    *,
    marked: int | None = None,
    top: float | None = None,
    style: str = "info",
    marked_style: str = "peak",
) -> list[Span]:
    """Spans of at most `width` cells, the oldest value first.

    `marked` is the position in `values` to show in `marked_style`; `top` is the value of a full bar,
    by default the highest. Zero is the lowest bar, anything above zero a higher one.
    """
    if width <= 0 or not values:
        return []
    buckets = resample(values, width)
    known = [value for value in buckets if value is not None]
    full = top if top is not None else max(known, default=0)
    bars = "".join(_bar(value, full) for value in buckets)
    if marked is None or not 0 <= marked < len(values):
        return [(bars, style)]
    at = marked if len(values) <= width else ((marked + 1) * width - 1) // len(values)
    spans = [(bars[:at], style), (bars[at], marked_style), (bars[at + 1 :], style)]
    return [span for span in spans if span[0]]


def _bar(value: float | None, full: float) -> str:
    if value is None:
        return NO_VALUE
    if value <= 0 or full <= 0:
        return LEVELS[0]
    return LEVELS[min(len(LEVELS) - 1, 1 + int(value / full * (len(LEVELS) - 2) + 0.5))]


class Sparkline(Painted):
    """A sparkline as wide as there is room, with text after it."""

    def __init__(
        self,
        values: Sequence[float | None] = (),
        *,
        after: Sequence[Span] = (),
        marked: int | None = None,
        share: float = 0.4,
        id: str | None = None,  # noqa: A002 - what every widget calls it
        classes: str | None = None,
    ) -> None:
        """`share` is the part of the width that the bars may take when text stands after them."""
        super().__init__(id=id, classes=classes)
        self._values, self._after, self._marked, self._share = values, after, marked, share

    def show(self, values: Sequence[float | None], *, after: Sequence[Span] = (), marked: int | None = None) -> None:
        """Shows other values and another text."""
        self._values, self._after, self._marked = values, after, marked
        self.repaint()

    def spans_at(self, width: int, height: int) -> Sequence[Sequence[Span]]:
        """Bars, a gap, the text."""
        room = int(width * self._share) if self._after else width
        bars = sparkline(self._values, room, marked=self._marked)
        if not self._after:
            return [bars]
        return [[*bars, ("  ", ""), *clipped(self._after, width - span_width(bars) - 2)]]
