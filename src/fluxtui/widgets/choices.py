"""A list of choices below a text field: one line each, without a focus of its own.

Whoever owns the field moves the choice; what is chosen is an identity, so it stays where it is while more choices come.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from textual import events
from textual.message import Message

from fluxtui.widgets.lines import clipped, span_width
from fluxtui.widgets.painted import Painted
from fluxtui.widgets.table_source import Span
from fluxtui.widgets.text import fit

GAP = 2
"""Cells between the columns."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One line: what sort of thing it is, what it is called, what is told of it."""

    key: Hashable
    sort: str
    title: Sequence[Span]
    about: Sequence[Span] = ()


class Choices(Painted):
    """Shows the choices around the one that is chosen; at first that is the best."""

    class Picked(Message):
        """A line was clicked."""

        def __init__(self, choices: "Choices", key: Hashable) -> None:
            super().__init__()
            self.choices = choices
            self.key = key

        @property
        def control(self) -> "Choices":
            """The list."""
            return self.choices

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - what every widget calls it
        super().__init__(id=id)
        self._choices: Sequence[Choice] = ()
        self._at = 0
        self._moved = False
        self._sorts = 0

    def __len__(self) -> int:
        return len(self._choices)

    @property
    def chosen(self) -> Choice | None:
        """The one under the bar."""
        return self._choices[self._at] if self._choices else None

    def show(self, choices: Sequence[Choice], *, anew: bool = False) -> None:
        """Other choices. The bar stays with the one that it was moved to; `anew`, or unmoved, it is on the best."""
        before = self.chosen.key if self.chosen is not None and self._moved and not anew else None
        found = (number for number, choice in enumerate(choices) if before is not None and choice.key == before)
        self._choices, self._at = choices, next(found, 0)
        self._moved = self._moved and not anew and self._at > 0
        self._sorts = max((len(choice.sort) for choice in choices), default=0)
        self.repaint()

    def move(self, step: int) -> None:
        """The bar moves by so many lines, and not beyond the ends."""
        if self._choices:
            self._moved = True
            self._at = min(max(self._at + step, 0), len(self._choices) - 1)
            self.repaint()

    @property
    def page(self) -> int:
        """Lines that are seen."""
        return max(1, self.size.height)

    def _first(self, height: int) -> int:
        return min(max(0, self._at - height + 1), max(0, len(self._choices) - height))

    def spans_at(self, width: int, height: int) -> Sequence[Sequence[Span]]:
        """The lines around the chosen one."""
        first = self._first(height)
        seen = self._choices[first : first + height]
        titles = min(max((span_width(choice.title) for choice in seen), default=0), max(20, width * 3 // 5))
        return [self._line(choice, number == self._at, titles, width) for number, choice in enumerate(seen, first)]

    def _line(self, choice: Choice, chosen: bool, titles: int, width: int) -> Sequence[Span]:
        ground = "cursor" if chosen else ""
        spans: list[Span] = [("▌" if chosen else " ", f"cursor-bar {ground}")]
        spans.append((f"{fit(choice.sort, self._sorts)}{' ' * GAP}", f"muted {ground}"))
        title = clipped([(text, f"{style} {ground}") for text, style in choice.title], titles)
        spans += [*title, (" " * (titles - span_width(title) + GAP), ground)]
        spans = clipped([*spans, *((text, f"{style} {ground}") for text, style in choice.about)], width)
        return [*spans, (" " * (width - span_width(spans)), ground)]

    def on_click(self, event: events.Click) -> None:
        """Names the line under the mouse."""
        number = self._first(self.size.height) + event.y
        if number < len(self._choices):
            self.post_message(self.Picked(self, self._choices[number].key))
