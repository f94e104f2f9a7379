"""Text from clusters is untrusted: what could move a cursor or reorder a line is made visible and harmless.

Neutralised once, on decoding; every record is clean from then on.
"""

from sys import intern


def clean(text: str | None) -> str:
    """The text with control, bidirectional and other invisible characters shown as ``\\xNN`` or ``\\uNNNN``.

    Line breaks and tabs stay line breaks and become spaces; printable text is returned as it is, at once.
    """
    if not text:
        return ""
    if text.isprintable():
        return text
    return "".join(_visible(char) for char in text)


def shared(text: str | None) -> str:
    """`clean`, and one copy in memory for the many objects that say the same."""
    return intern(clean(text)) if text else ""


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
