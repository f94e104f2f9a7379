"""What stands in place of a list that cannot be shown: a designed answer instead of blank space."""

from collections.abc import Sequence
from typing import Literal

from fluxtui.widgets.flowline import flow
from fluxtui.widgets.lines import clipped, span_width
from fluxtui.widgets.painted import Painted
from fluxtui.widgets.table_source import Span

Tone = Literal["good", "empty", "loading", "error", "forbidden", "nodata"]

TONES: dict[Tone, tuple[str, str]] = {
    "good": ("●", "success"),
    "empty": ("○", "muted"),
    "loading": ("◐", "info"),
    "error": ("✖", "error"),
    "forbidden": ("⊘", "warning"),
    "nodata": ("⊘", "status-nodata"),
}
"""By tone: the glyph and its style."""

MEASURE = 68
"""The widest a line of explanation gets: longer ones are hard to read."""


class Notice(Painted):
    """A glyph and a headline, why it is so, and what to do next, in the middle of the room there is.

    When the room is short, the explanation gives way first, then what to do.
    """

    DEFAULT_CSS = """
    Notice {
        height: 1fr;
        background: $background;
        color: $foreground;
    }
    """

    def __init__(
        self,
        tone: Tone = "empty",
        headline: str = "",
        lines: Sequence[str] = (),
        hints: Sequence[tuple[str, str]] = (),
        *,
        id: str | None = None,  # noqa: A002 - what every widget calls it
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._tone: Tone = tone
        self._headline = headline
        self._lines = lines
        self._hints = hints

    def show(self, tone: Tone, headline: str, lines: Sequence[str] = (), hints: Sequence[tuple[str, str]] = ()) -> None:
        """Says something else. `hints` are (key, what it does); an empty key makes it a sentence."""
        self._tone, self._headline, self._lines, self._hints = tone, headline, lines, hints
        self.repaint()

    def spans_at(self, width: int, height: int) -> Sequence[Sequence[Span]]:
        """The block, centred."""
        room = max(1, min(MEASURE, width - 4))
        glyph, style = TONES[self._tone]
        block = [clipped([(f"{glyph} ", style), (self._headline, "strong")], room)]
        after = self._hint_lines(room)
        spare = height - len(block) - (len(after) + 1 if after else 0) - 1
        explained: list[list[Span]] = []
        for text in self._lines:
            explained += flow([(text, "muted")], room, max(1, spare - len(explained)))
        if explained and spare > 0:
            block += [[], *explained[:spare]]
        if after and height > len(block) + 1:
            block += [[], *after]
        left = max(0, (width - max(span_width(line) for line in block)) // 2)
        above = max(0, (height - len(block)) * 2 // 5)
        margin: Span = (" " * left, "")
        return [*([[]] * above), *([margin, *line] for line in block)][:height]

    def _hint_lines(self, room: int) -> list[list[Span]]:
        keys = max((span_width([(key, "")]) for key, _ in self._hints), default=0)
        lines: list[list[Span]] = []
        for key, label in self._hints:
            pad = " " * (keys - span_width([(key, "")]) + 2) if keys else ""
            lines.append(clipped([(key, "key"), (pad, ""), (label, "")], room))
        return lines
