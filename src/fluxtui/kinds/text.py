"""Text from clusters is untrusted: what could move a cursor or reorder a line is made visible and harmless.

Neutralised once, on decoding; every record is clean from then on. Only messages and runtime-info have line
breaks: whatever names something, or is one of several lines, is one line.
"""

from functools import lru_cache
from sys import intern

HARMLESS = bytes(range(0x20, 0x7F))
"""The ASCII characters that print as they are."""

WORDS_KEPT = 4096
"""Distinct words that `word` remembers: far more than the vocabulary and the revisions of a fleet in use."""


def clean(text: str | None) -> str:
    """The text with control, bidirectional and other invisible characters shown as ``\\xNN`` or ``\\uNNNN``.

    Line breaks and tabs stay line breaks and become spaces; printable text is returned as it is, at once.
    """
    if not text:
        return ""
    if text.isprintable():
        return text
    return "".join([_visible(char) for char in text])


def line(text: str | None) -> str:
    """`clean` for what must not have line breaks, which are shown too: names, ids, labels, revisions, URLs."""
    if not text:
        return ""
    if text.isprintable():
        return text
    return "".join([_visible(char) if char != "\n" else "\\x0a" for char in text]).replace("\n", " ")


def lines(texts: list[str]) -> str:
    """Several texts as the lines of one, each of them neutralised by `line`."""
    text = "\n".join(texts)
    if text.isascii() and len(text.encode().translate(None, HARMLESS)) == len(texts) - 1:
        return text  # nothing but the joining line breaks is special
    return "\n".join([line(part) for part in texts])


def shared(text: str | None) -> str:
    """`line`, and one copy in memory for the many objects that say the same."""
    return intern(line(text)) if text else ""


@lru_cache(WORDS_KEPT)
def word(text: str | None) -> str:
    """`shared` for what few distinct texts say over and over (reasons, revisions, outcomes): remembered, so fast."""
    return shared(text)


def _visible(char: str) -> str:
    if char.isprintable() or char == "\n":
        return char
    if char == "\t":
        return " "
    if char in "\u2028\u2029\x85":
        return "\n"
    code = ord(char)
    if code == 0xA0 or (0x2000 <= code <= 0x200A):  # spaces that print as spaces
        return " "
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
