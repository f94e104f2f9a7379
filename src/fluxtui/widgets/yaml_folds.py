"""Folding YAML by its lines: which lines belong to a node, and what is seen while some nodes are folded.

Judged by indentation alone, so that a text of any size is never parsed: as PyYAML writes it, the items of a list stand
as deep as their key, and whatever continues a scalar stands deeper.
"""

from collections.abc import Collection, Iterator, Sequence

Chain = tuple[str, ...]
"""The lines that lead to a node, the outermost first, without their indentation and values of keys: what stays the same
when the text is written anew."""
ITEM = "- "


def extent(lines: Sequence[str], number: int) -> int:
    """One past the last line of the node that begins on a line; the next line where nothing is below it."""
    depth, item = _depth(lines[number]), _is_item(lines[number])
    end = number + 1
    while end < len(lines):
        line = lines[end]
        if line.strip():
            below = _depth(line)
            if below < depth or (below == depth and (item or not _is_item(line))):
                break
        end += 1
    while end > number + 1 and not lines[end - 1].strip():  # an empty line at the end is nobody's
        end -= 1
    return end


def parent(lines: Sequence[str], number: int) -> int | None:
    """The line on which the node begins that a line is in; None at the outermost level."""
    depth, item = _depth(lines[number]), _is_item(lines[number])
    for above in range(number - 1, -1, -1):
        line = lines[above]
        if not line.strip():
            continue
        outer = _depth(line)
        if outer < depth or (outer == depth and item and not _is_item(line)):
            return above
    return None


def chain(lines: Sequence[str], number: int) -> Chain:
    """The chain of a line."""
    found: list[str] = []
    at: int | None = number
    while at is not None:
        found.append(_head(lines[at]))
        at = parent(lines, at)
    return tuple(reversed(found))


def folded(lines: Sequence[str], folds: Collection[Chain]) -> tuple[list[str], list[int]]:
    """What is seen while these nodes are folded: the lines, and the number of each in the whole text."""
    if not folds:
        return list(lines), list(range(len(lines)))
    seen: list[str] = []
    numbers: list[int] = []
    heads = {each[-1] for each in folds}
    number = 0
    while number < len(lines):
        line = lines[number]
        end = extent(lines, number) if _head(line) in heads and chain(lines, number) in folds else number + 1
        hidden = end - number - 1
        seen.append(f"{line} … # folded, {hidden} {'line' if hidden == 1 else 'lines'}" if hidden else line)
        numbers.append(number)
        number = end
    return seen, numbers


def outermost(lines: Sequence[str]) -> Iterator[Chain]:
    """The chains of the outermost nodes that have something below them."""
    for number, line in enumerate(lines):
        if line[:1] not in (" ", "-", "#", "") and extent(lines, number) > number + 1:
            yield chain(lines, number)


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _is_item(line: str) -> bool:
    text = line.lstrip(" ")
    return text.startswith(ITEM) or text == "-"


def _head(line: str) -> str:
    """A line without its indentation; of a key without its value."""
    text = line.strip()
    key, colon, _ = text.partition(": ")
    return f"{key}:" if colon and not text.startswith(ITEM) else text
