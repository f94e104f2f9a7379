"""What differs between two texts, line by line, as unified lines or side by side."""

from collections.abc import Iterator
from difflib import SequenceMatcher
from enum import StrEnum

import msgspec

CONTEXT = 3
"""Equal lines that are shown around what differs."""


class Change(StrEnum):
    """What a pair of lines is."""

    SAME = " "
    LEFT = "-"
    """Only in the left text."""
    RIGHT = "+"
    """Only in the right text."""
    BOTH = "~"
    """Another one in each."""
    GAP = "…"
    """Stands for equal lines that are left out; both sides hold how many."""


class Pair(msgspec.Struct, frozen=True):
    """One line of each text; None where a text has none."""

    change: Change
    left: str | None
    right: str | None


def pairs(left: str, right: str, context: int = CONTEXT) -> list[Pair]:
    """The lines of two texts beside each other; long equal stretches are one pair. Empty when they do not differ."""
    lefts, rights = left.splitlines(), right.splitlines()
    matcher = SequenceMatcher(None, lefts, rights, autojunk=False)
    found: list[Pair] = []
    codes = matcher.get_opcodes()
    if all(code[0] == "equal" for code in codes):
        return []
    for place, (tag, a, b, c, d) in enumerate(codes):
        if tag == "equal":
            found += _equal(lefts[a:b], context if place else 0, context if place < len(codes) - 1 else 0)
            continue
        for step in range(max(b - a, d - c)):
            one = lefts[a + step] if a + step < b else None
            other = rights[c + step] if c + step < d else None
            change = Change.LEFT if other is None else Change.RIGHT if one is None else Change.BOTH
            found.append(Pair(change, one, other))
    return found


def _equal(lines: list[str], before: int, after: int) -> Iterator[Pair]:
    """Equal lines: `before` of them after the change above, `after` before the one below, the others counted."""
    if len(lines) <= before + after + 1:
        yield from (Pair(Change.SAME, line, line) for line in lines)
        return
    yield from (Pair(Change.SAME, line, line) for line in lines[:before])
    count = str(len(lines) - before - after)
    yield Pair(Change.GAP, count, count)
    yield from (Pair(Change.SAME, line, line) for line in lines[len(lines) - after :])


def unified(found: list[Pair]) -> list[str]:
    """The pairs as lines that begin with what they are; what both have differently stands left first, in blocks."""
    lines: list[str] = []
    added: list[str] = []
    for pair in found:
        if pair.change in (Change.SAME, Change.GAP):
            lines += added
            added = []
            equal = f"… {pair.left} equal lines" if pair.change is Change.GAP else f"  {pair.left}"
            lines.append(equal)
            continue
        if pair.left is not None:
            lines.append(f"- {pair.left}")
        if pair.right is not None:
            added.append(f"+ {pair.right}")
    return lines + added


def beside(found: list[Pair], width: int) -> list[str]:
    """The pairs side by side in `width` characters, each line beginning with what it is; what is longer is cut."""
    room = max(8, (width - 5) // 2)
    lines: list[str] = []
    for pair in found:
        if pair.change is Change.GAP:
            lines.append(f"… {pair.left} equal lines")
            continue
        left, right = (_cut(text or "", room) for text in (pair.left, pair.right))
        lines.append(f"{pair.change} {left.ljust(room)} │ {right}".rstrip())
    return lines


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else text[: room - 1] + "…"
