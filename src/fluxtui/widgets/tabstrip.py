"""The top line: numbered tabs on the left, badges on the right."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.message import Message

from fluxtui.widgets.lines import clipped, span_width
from fluxtui.widgets.painted import Painted
from fluxtui.widgets.table_source import Span


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab: its identity, the key that opens it, its name, a shorter name, and a note such as a count."""

    id: str
    key: str
    label: str
    short: str = ""
    note: str = ""
    note_style: str = "warning"

    @property
    def brief(self) -> str:
        """The shorter name, by default the first three letters."""
        return self.short or self.label[:3]


NAMED = (("full", 1), ("full", 0), ("brief", 1), ("brief", 0))
BARE = (("keys", 0),)
"""How much of the names is shown, and the cells added on both sides of each: the fullest first."""


class TabStrip(Painted):
    """Tabs that shorten as the room gets narrow: all names, then short ones, then only their keys.

    Names go before the last badge does, the other badges go before names do; the active tab keeps its name.
    """

    DEFAULT_CSS = """
    TabStrip {
        dock: top;
        background: $panel;
        color: $foreground;
    }
    """

    class Activated(Message):
        """A tab was clicked."""

        def __init__(self, strip: "TabStrip", tab_id: str) -> None:
            super().__init__()
            self.strip = strip
            self.tab_id = tab_id

        @property
        def control(self) -> "TabStrip":
            """The strip."""
            return self.strip

    def __init__(
        self,
        tabs: Sequence[Tab] = (),
        active: str = "",
        badges: Sequence[Span] = (),
        *,
        id: str | None = None,  # noqa: A002 - what every widget calls it
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._tabs = tuple(tabs)
        self._active = active
        self._badges = tuple(badges)
        self._spots: list[tuple[int, str]] = []

    def show(
        self,
        *,
        tabs: Sequence[Tab] | None = None,
        active: str | None = None,
        badges: Sequence[Span] | None = None,
    ) -> None:
        """Changes what is given. Badges are (text, style), the most important one last."""
        before = (self._tabs, self._active, self._badges)
        self._tabs = self._tabs if tabs is None else tuple(tabs)
        self._active = self._active if active is None else active
        self._badges = self._badges if badges is None else tuple(badges)
        if before != (self._tabs, self._active, self._badges):
            self.repaint()

    def spans_at(self, width: int, height: int) -> Sequence[Sequence[Span]]:
        """The one line."""
        last = self._badges[-1:]
        for badges, forms in ((self._badges, NAMED), (last, NAMED), (self._badges, BARE), (last, BARE)):
            right = clipped(_badge_spans(badges), width)
            room = width - span_width(right) - 1
            left, self._spots = self._widest(room, forms)
            if span_width(left) <= room:
                break
        left = clipped(left, max(0, room))
        gap = width - span_width(left) - span_width(right)
        return [[*left, (" " * max(0, gap), ""), *right]]

    def _widest(self, room: int, forms: Sequence[tuple[str, int]]) -> tuple[list[Span], list[tuple[int, str]]]:
        """The first form that fits, else the last one; and where each tab ends."""
        spans: list[Span] = []
        spots: list[tuple[int, str]] = []
        for labels, space in forms:
            spans, spots = self._form(labels, space)
            if span_width(spans) <= room:
                break
        return spans, spots

    def _form(self, labels: str, space: int) -> tuple[list[Span], list[tuple[int, str]]]:
        """Tabs with full, brief or no names; `space` cells are added on both sides of each."""
        spans: list[Span] = []
        spots: list[tuple[int, str]] = []
        x = 0
        for tab in self._tabs:
            active = tab.id == self._active
            name = tab.label if active or labels == "full" else tab.brief if labels == "brief" else ""
            if active:
                pieces = [(f" {tab.key} {name} ", "tab-active")]
            else:
                pad = " " * space
                pieces = [(f"{pad}{tab.key}", "tab-key"), (f" {name}{pad}" if name else " ", "tab")]
            if tab.note:
                pieces.append((f"{tab.note} ", f"tab-active {tab.note_style}" if active else tab.note_style))
            if not space and name:
                pieces.append((" ", ""))
            spans += pieces
            x += span_width(pieces)
            spots.append((x, tab.id))
        return spans, spots

    def on_click(self, event: events.Click) -> None:
        """Names the tab under the mouse."""
        for end, tab_id in self._spots:
            if event.x < end:
                self.post_message(self.Activated(self, tab_id))
                return


def _badge_spans(badges: Sequence[Span]) -> list[Span]:
    return [span for text, style in badges for span in ((f" {text} ", style), (" ", ""))]
