"""Text that is safe to draw, and fits.

Whatever a cluster sends may hold escape sequences, carriage returns, bidirectional overrides or
zero-width characters, which would move the cursor, hide text or pretend to be other text. Every
string of a widget goes through `plain` once; widths are counted in terminal cells.
"""

import re
import unicodedata
from typing import Literal

from rich.cells import cell_len, set_cell_size

ELLIPSIS = "…"
UNSEEN = "�"
"""Stands for each character that has no shape of its own or reorders its neighbours."""

Where = Literal["end", "start", "middle"]

MOST_MARKS = 3
"""Combining marks that one character may carry; real scripts need no more."""

# Printable in the eyes of `str.isprintable`, yet blank, of no width, or of a width terminals disagree on.
_SNEAKY = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]"
    f"|[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{{{MOST_MARKS + 1},}}"
)
_VARIATION = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")


class _Substitutes(dict[int, str]):
    """A `str.translate` table that works out the stand-in of a character when it is first met."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if char.isprintable():
            return char
        category = unicodedata.category(char)
        if category == "Zs":
            stand_in = " "
        elif category in ("Zl", "Zp"):
            stand_in = "↵"
        else:
            stand_in = chr(0x2400 + code) if code < 0x20 else UNSEEN
        self[code] = stand_in
        return stand_in


_substitutes = _Substitutes({0x09: " ", 0x0A: "↵", 0x7F: "␡"})


def plain(text: str) -> str:
    """The text with every control, bidirectional and zero-width character replaced by something visible.

    One character for one, except that variation selectors vanish and heaps of combining marks shrink.
    """
    if text.isprintable():
        if text.isascii() or _SNEAKY.search(text) is None:
            return text
    else:
        text = text.translate(_substitutes)
    return _SNEAKY.sub(_tame, text)


def _tame(found: re.Match[str]) -> str:
    sneaky = found[0]
    if _VARIATION.match(sneaky):
        return ""
    return sneaky[:MOST_MARKS] if len(sneaky) > 1 else UNSEEN


def width_of(text: str) -> int:
    """Terminal cells that the text takes."""
    return len(text) if text.isascii() else cell_len(text)


def fit(text: str, width: int, align: Literal["left", "right"] = "left", where: Where = "end") -> str:
    """`plain(text)` in exactly `width` cells: padded, or cut with an ellipsis at the end, start or middle."""
    if width <= 0:
        return ""
    text = plain(text)
    size = width_of(text)
    if size > width:
        text = cut(text, width, where)
        size = width_of(text)
    if size == width:
        return text
    padding = " " * (width - size)
    return padding + text if align == "right" else text + padding


def cut(text: str, width: int, where: Where = "end") -> str:
    """At most `width` cells of a text that is already plain, the loss marked by an ellipsis."""
    if width_of(text) <= width:
        return text
    if width <= 1:
        return ELLIPSIS if width == 1 else ""
    room = width - 1
    if where == "end":
        return _head(text, room).rstrip() + ELLIPSIS
    if where == "start":
        return ELLIPSIS + _tail(text, room).lstrip()
    return _head(text, room - room // 2) + ELLIPSIS + _tail(text, room // 2)


def _head(text: str, width: int) -> str:
    return text[:width] if text.isascii() else set_cell_size(text[: 2 * width + 8 * MOST_MARKS], width)


def _tail(text: str, width: int) -> str:
    if width <= 0:
        return ""
    if text.isascii():
        return text[-width:]
    start = len(text)
    taken = 0
    while start and taken + (size := cell_len(text[start - 1])) <= width:
        taken += size
        start -= 1
    return text[start:]
