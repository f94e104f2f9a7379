"""The bottom line: the keys that work here and now."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from textual import events
from textual.message import Message

from fluxtui.widgets.glyphs import KEY_WORDS, is_ascii
from fluxtui.widgets.lines import clipped, span_width
from fluxtui.widgets.painted import Painted
from fluxtui.widgets.table_source import Span
from fluxtui.widgets.text import ELLIPSIS, plain, width_of


@dataclass(frozen=True, slots=True)
class KeyHint:
    """A key as people write it ("⏎", "t", "ctrl+p") and what it does in a word or two.

    When the line is too short, hints of the lowest priority leave first.
    """

    key: str
    label: str
    priority: int = 50
    action: str = ""
    """What `KeyHints.Pressed` carries when the hint is clicked; by default the key."""


class KeyHints(Painted):
    """One line of hints, and a note at its right end ("12 of 340", "3 marked")."""

    DEFAULT_CSS = """
    KeyHints {
        dock: bottom;
        background: $panel;
        color: $foreground;
    }
    """

    class Pressed(Message):
        """A hint was clicked."""

        def __init__(self, hints: "KeyHints", action: str) -> None:
            super().__init__()
            self.hints = hints
            self.action = action

        @property
        def control(self) -> "KeyHints":
            """The line."""
            return self.hints

    def __init__(
        self,
        hints: Sequence[KeyHint] = (),
        note: Sequence[Span] = (),
        *,
        id: str | None = None,  # noqa: A002 - what every widget calls it
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._hints = tuple(hints)
        self._note = tuple(note)
        self._spots: list[tuple[int, str]] = []

    def show(self, hints: Sequence[KeyHint] | None = None, note: Sequence[Span] | None = None) -> None:
        """Changes what is given."""
        before = (self._hints, self._note)
        self._hints = self._hints if hints is None else tuple(hints)
        self._note = self._note if note is None else tuple(note)
        if before != (self._hints, self._note):
            self.repaint()

    def spans_at(self, width: int, height: int) -> Sequence[Sequence[Span]]:
        """The one line."""
        note = clipped(self._note, max(0, width // 2))
        room = width - 1 - (span_width(note) + 2 if note else 0)
        hints = self._hints
        if is_ascii(self):
            hints = tuple(
                replace(hint, key=KEY_WORDS.get(hint.key, hint.key), action=hint.action or hint.key) for hint in hints
            )
        kept = fitting(hints, room)
        spans: list[Span] = [(" ", "")]
        self._spots = []
        for hint in kept:
            spans += [(plain(hint.key), "key"), (" ", ""), (plain(hint.label), "muted"), ("  ", "")]
            self._spots.append((span_width(spans), hint.action or hint.key))
        if len(kept) < len(self._hints):
            spans.append((ELLIPSIS, "faint"))
        elif kept:
            spans.pop()
        spans = clipped(spans, width) if not kept else spans
        if note:
            gap = width - span_width(spans) - span_width(note) - 1
            spans += [(" " * max(0, gap), ""), *note, (" ", "")]
        return [spans]

    def on_click(self, event: events.Click) -> None:
        """Names the hint under the mouse."""
        for end, action in self._spots:
            if event.x < end:
                self.post_message(self.Pressed(self, action))
                return


def fitting(hints: Sequence[KeyHint], room: int) -> list[KeyHint]:
    """The hints that fit into `room` cells, two apart, in their order; the lowest priorities leave first."""
    kept = list(hints)
    sizes = {id(hint): width_of(plain(hint.key)) + 1 + width_of(plain(hint.label)) + 2 for hint in kept}
    while kept:
        need = sum(sizes[id(hint)] for hint in kept) - 2
        if len(kept) < len(hints):
            need += 3  # the ellipsis that tells of those that left
        if need <= room:
            break
        kept.remove(min(reversed(kept), key=lambda hint: hint.priority))
    return kept
