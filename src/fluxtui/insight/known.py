"""How a moment is known: seen by ourselves, told by a field or an Event, or inferred. Three glyphs and three words, so
that nobody takes one for another.
"""

from enum import StrEnum


class Known(StrEnum):
    """How far a moment can be believed, the surest first."""

    SEEN = "seen"
    """We watched the object when it happened."""
    TOLD = "told"
    """A field of the object, or an Event about it, tells it with its time."""
    INFERRED = "inferred"
    """Concluded from other times: it happened about then, or after that."""

    @property
    def glyph(self) -> str:
        """One cell, different for each."""
        return GLYPHS[self]

    @property
    def style(self) -> str:
        """The style that it is painted in."""
        return STYLES[self]


GLYPHS = {Known.SEEN: "◉", Known.TOLD: "○", Known.INFERRED: "≈"}
STYLES = {Known.SEEN: "strong", Known.TOLD: "", Known.INFERRED: "warning"}
SURENESS = {known: place for place, known in enumerate(Known)}
"""Lower is surer."""
