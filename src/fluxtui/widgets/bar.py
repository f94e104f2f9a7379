"""Proportions as bars, in spans that fit a table's cell."""

from collections.abc import Sequence

from fluxtui.widgets.table_source import Span

FULL = "━"
HALF = "╸"
REST = "─"
"""Lines, not blocks: bars of one column must not run together from row to row."""


def bar(value: float, total: float, width: int, *, style: str = "info", rest: str = "faint") -> list[Span]:
    """`value` of `total` as a bar of exactly `width` cells, to half a cell.

    What is not nothing shows at least half a cell; what is not all leaves as much.
    """
    if width <= 0:
        return []
    halves = width * 2
    filled = 0
    if total > 0 and value > 0:
        filled = min(halves, max(1, int(value / total * halves + 0.5)))
        if value < total:
            filled = min(filled, halves - 1)
    drawn = FULL * (filled // 2) + HALF * (filled % 2)
    spans = [(drawn, style), (REST * (width - len(drawn)), rest)]
    return [span for span in spans if span[0]]


def stacked(parts: Sequence[tuple[float, str, str]], width: int) -> list[Span]:
    """Several amounts side by side in exactly `width` cells, each (amount, style, fill character).

    Every amount above zero gets at least one cell while there are cells enough. Give each part its own
    character, so that colour is not all that tells them apart.
    """
    counted = [part for part in parts if part[0] > 0][: max(width, 0)]
    total = sum(amount for amount, _, _ in counted)
    if not counted:
        return [(REST * width, "faint")] if width > 0 else []
    cells = [max(1, int(amount / total * width)) for amount, _, _ in counted]
    while (excess := sum(cells) - width) != 0:
        # the largest part can best spare a cell, and shows an extra one the least
        largest = max(range(len(cells)), key=cells.__getitem__)
        cells[largest] -= 1 if excess > 0 else excess
    return [(fill * size, style) for size, (_, style, fill) in zip(cells, counted, strict=True)]
