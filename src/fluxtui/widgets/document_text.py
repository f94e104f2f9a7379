"""The lines of a document: cut, searched and wrapped, without a terminal."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from rich.cells import cell_len

from fluxtui.widgets.text import width_of

LONGEST = 20_000
"""Characters of a line that are shown; the number of those left out is told at its end."""
MOST_MATCHES = 10_000
"""Matches of a search that are found."""
TAB = 4

_VARIATION = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")


class Match(NamedTuple):
    """A place found: the line's number from 0, and its first and one past its last character."""

    line: int
    start: int
    end: int


class DocumentText:
    """A text by lines. Tabs are expanded, line ends are all alike, a last empty line is dropped."""

    def __init__(self, text: str = "") -> None:
        if "\r" in text:
            text = text.replace("\r\n", "\n")
        if "\t" in text:
            text = text.expandtabs(TAB)
        if not text.isascii():
            text = _VARIATION.sub("", text)  # one character must stay one: matches are counted in them
        self.lines: list[str] = text.removesuffix("\n").split("\n") if text else []

    def __len__(self) -> int:
        return len(self.lines)

    def shown(self, number: int) -> str:
        """A line as far as it is shown, with a word about the rest."""
        line = self.lines[number]
        return line if len(line) <= LONGEST else f"{line[:LONGEST]} … {len(line) - LONGEST:,} more characters"

    def widest(self) -> int:
        """Cells of the widest line shown."""
        longest = max((min(len(line), LONGEST + 40) * (1 if line.isascii() else 2) for line in self.lines), default=0)
        if longest <= 400 and not all(line.isascii() for line in self.lines):
            return max(map(width_of, self.lines))
        return longest

    def find(self, pattern: str, *, regex: bool = False) -> list[Match]:
        """Every match, up to `MOST_MATCHES`; capital letters count only if the pattern has some.

        Raises re.error if `regex` is set and the pattern is none.
        """
        if not pattern:
            return []
        flags = 0 if any(char.isupper() for char in pattern) else re.IGNORECASE
        search = re.compile(pattern if regex else re.escape(pattern), flags).finditer
        matches: list[Match] = []
        for number, line in enumerate(self.lines):
            matches.extend(Match(number, found.start(), found.end()) for found in search(line, 0, LONGEST) if found[0])
            if len(matches) >= MOST_MATCHES:
                return matches[:MOST_MATCHES]
        return matches


class Wrapping:
    """Where the lines of a document start when each may take several rows of `width` cells."""

    def __init__(self, document: DocumentText, width: int) -> None:
        self.width = max(width, 1)
        self._document = document
        self._starts = list(accumulate((self._rows(n) for n in range(len(document))), initial=0))

    def __len__(self) -> int:
        """Rows of the whole document."""
        return self._starts[-1]

    def _rows(self, number: int) -> int:
        line = self._document.lines[number]
        if len(line) <= self.width and line.isascii():
            return 1
        return max(1, len(self.breaks(number)))

    def breaks(self, number: int) -> list[tuple[int, int]]:
        """The first and one past the last character of each row of a line."""
        line = self._document.shown(number)
        width = self.width
        if line.isascii():
            return [(at, min(at + width, len(line))) for at in range(0, len(line), width)] or [(0, 0)]
        rows: list[tuple[int, int]] = []
        start = taken = 0
        for at, char in enumerate(line):
            size = cell_len(char)
            if taken + size > width and at > start:
                rows.append((start, at))
                start, taken = at, 0
            taken += size
        return [*rows, (start, len(line))]

    def place(self, row: int) -> tuple[int, int]:
        """The line that a row belongs to, and which of its rows it is."""
        line = bisect_right(self._starts, row) - 1
        return line, row - self._starts[line]

    def row_of(self, line: int) -> int:
        """The first row of a line."""
        return self._starts[line]


def restyled(spans: Sequence[tuple[str, str]], marks: Sequence[tuple[int, int, str]]) -> list[tuple[str, str]]:
    """The spans with the styles of `marks` (first, one past the last character, style) laid over.

    Marks are in order and do not overlap.
    """
    if not marks:
        return list(spans)
    result: list[tuple[str, str]] = []
    waiting = iter([*marks, (1 << 62, 1 << 62, "")])
    first, last, style = next(waiting)
    at = 0
    for text, own in spans:
        end = at + len(text)
        while at < end:
            while last <= at:
                first, last, style = next(waiting)
            inside = first <= at
            until = min(end, last if inside else first)
            result.append((text[at - end : until - end or None], f"{own} {style}".strip() if inside else own))
            at = until
    return result


def sliced(spans: Sequence[tuple[str, str]], first: int, last: int) -> list[tuple[str, str]]:
    """The characters from `first` to before `last` of the text that the spans join to."""
    result: list[tuple[str, str]] = []
    at = 0
    for text, style in spans:
        end = at + len(text)
        if end > first and at < last:
            result.append((text[max(0, first - at) : last - at], style))
        at = end
    return result
