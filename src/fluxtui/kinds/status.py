"""The one vocabulary of status, for every kind and every screen.

The order is the order of concern: what needs eyes sorts first. Each status has a glyph, an ASCII
stand-in and a word, so that colour is never the only carrier (`themes` give the colours).
"""

from enum import IntEnum


class Status(IntEnum):
    """What is known of an object's last concluded outcome."""

    FAILED = 0
    """The last concluded outcome is a failure, also while it is being retried."""
    BLOCKED = 1
    """It waits for a dependency that is not ready."""
    SUSPENDED = 2
    """Nobody reconciles it: suspended, or disabled by annotation."""
    UNKNOWN = 3
    """Nothing concluded is known. Never counted as healthy."""
    PROGRESSING = 4
    """A first reconcile, or one of a new revision, is under way and nothing has failed yet."""
    READY = 5
    """The last concluded outcome is a success."""

    @property
    def word(self) -> str:
        """The status in lower case, as filters and tables spell it."""
        return WORDS[self]

    @property
    def glyph(self) -> str:
        """One cell wide."""
        return GLYPHS[self]

    @property
    def ascii_glyph(self) -> str:
        """The glyph of terminals without Unicode."""
        return ASCII_GLYPHS[self]


WORDS: tuple[str, ...] = ("failed", "blocked", "suspended", "unknown", "progressing", "ready")
GLYPHS: tuple[str, ...] = ("✖", "◌", "‖", "?", "◐", "●")
ASCII_GLYPHS: tuple[str, ...] = ("x", ".", "=", "?", "~", "+")
NO_DATA_GLYPH = "⊘"
NO_DATA_ASCII = "!"
