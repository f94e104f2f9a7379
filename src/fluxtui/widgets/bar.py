"""Proportions as bars, in spans that fit a table's cell."""

from collections.abc import Sequence

from fluxtui.widgets.table_source import Span

FULL = "█"
PARTS = " ▏▎▍▌▋▊▉"
"""A cell filled by eighths, from none to seven."""
REST = "░"


def bar(value: float, total: float, width: int, *, style: str = "info", rest: str = "faint") -> list[Span]:
    """`value` of `total` as a bar of exactly `width` cells, to an eighth of a cell.

    What is not nothing shows at least an eighth; what is not all leaves at least one.
    """
    if width <= 0:
        return []
    eighths = width * 8
    filled = 0
    if total > 0 and value > 0:
        filled = min(eighths, max(1, int(value / total * eighths + 0.5)))
        if value < total:
            filled = min(filled, eighths - 1)
    full, part = divmod(filled, 8)
    drawn = FULL * full + (PARTS[part] if part else "")
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
