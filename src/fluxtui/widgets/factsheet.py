"""Labelled facts below one another: what a detail pane says about one thing."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.geometry import Size

from fluxtui.widgets.flowline import flow
from fluxtui.widgets.lines import clipped, span_width
from fluxtui.widgets.painted import Painted
from fluxtui.widgets.table_source import Span
from fluxtui.widgets.text import width_of

LABEL_LIMIT = 16
"""The widest a column of labels gets."""
SHORT = 3
"""Lines that a fact keeps when room is short, before facts at the end have to go."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and what it says, in at most `lines` lines. Without a label it takes the whole width."""

    label: str
    spans: Sequence[Span]
    lines: int = 2
    label_style: str = "muted"


class FactSheet(Painted):
    """Facts in their order, the labels in a column of their own; what has no room is counted in the last line, with the
    key (`more`) that shows it."""

    DEFAULT_CSS = """
    FactSheet {
        height: 1fr;
        background: $background;
        color: $foreground;
    }
    """

    def __init__(
        self,
        facts: Sequence[Fact] = (),
        *,
        more: str = "⏎",
        id: str | None = None,  # noqa: A002 - what every widget calls it
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._facts: tuple[Fact, ...] = tuple(facts)
        self._more = more

    def show(self, facts: Sequence[Fact]) -> None:
        """Says something else; nothing is painted if it is the same."""
        if tuple(facts) == self._facts:
            return
        self._facts = tuple(facts)
        self.repaint()
        if self.styles.is_auto_height:
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The lines that all facts take at a width."""
        return max(1, sum(len(self._lines_of(fact, width, fact.lines)) for fact in self._facts))

    def spans_at(self, width: int, height: int) -> Sequence[Sequence[Span]]:
        """The sheet: every fact whole if there is room, else long ones shortened, then the last left out."""
        whole = [self._lines_of(fact, width, fact.lines) for fact in self._facts]
        if sum(map(len, whole)) > height:
            whole = _squeezed(whole, height)
        lines = [line for fact in whole for line in fact]
        if len(lines) > height > 0:
            left = len(lines) - height + 1
            lines = [*lines[: height - 1], [(f"… {left} more lines: {self._more}", "muted")]]
        return lines

    def _lines_of(self, fact: Fact, width: int, most: int) -> list[list[Span]]:
        if not fact.label:
            return flow(fact.spans, width, most) or [[]]
        column = min(max((width_of(each.label) for each in self._facts), default=0), LABEL_LIMIT) + 2
        label = clipped([(fact.label, fact.label_style)], column - 1)
        room = max(8, width - column)
        body = flow(fact.spans, room, most) or [[]]
        first = [*label, (" " * (column - span_width(label)), "")]
        return [[*(first if number == 0 else [(" " * column, "")]), *line] for number, line in enumerate(body)]


def _squeezed(facts: list[list[list[Span]]], height: int) -> list[list[list[Span]]]:
    """Shortens long facts, an ellipsis at their ends, until all fit or none has more than `SHORT` lines."""
    facts = [list(fact) for fact in facts]
    while sum(map(len, facts)) > height:
        longest = max(facts, key=len)
        if len(longest) <= SHORT:
            break
        longest.pop()
        longest[-1] = [*longest[-1], ("…", "muted")]
    return facts
