"""What the views share that paint line by line and have a cursor: how they look, and the keys that move it."""

from textual.binding import Binding
from textual.scroll_view import ScrollView

from fluxtui.widgets.ground import Grounded


class LineView(ScrollView, Grounded, can_focus=True):  # pyright: ignore[reportIncompatibleMethodOverride] - Textual's own
    """A scrolling view of lines. Its bindings begin with `moves`, whose actions it has."""

    DEFAULT_CSS = """
    LineView {
        height: 1fr;
        scrollbar-size: 0 1;
        scrollbar-gutter: stable;
        background: $background;
        color: $foreground;
    }
    """


def moves(name: str, *, page_down: str = "pagedown,ctrl+f,space", last: str = "Last") -> list[Binding]:
    """The bindings that move a cursor, with ids under `name`: as in vi and less."""
    return [
        Binding("up,k", "cursor(-1)", "Up", show=False, id=f"{name}.up"),
        Binding("down,j", "cursor(1)", "Down", show=False, id=f"{name}.down"),
        Binding("pageup,ctrl+b", "page(-1)", "Page up", show=False, id=f"{name}.page-up"),
        Binding(page_down, "page(1)", "Page down", show=False, id=f"{name}.page-down"),
        Binding("home,g", "first", "First", show=False, id=f"{name}.first"),
        Binding("end,G", "last", last, show=False, id=f"{name}.last"),
    ]


def sideways(name: str) -> list[Binding]:
    """The bindings that scroll to the sides."""
    return [
        Binding("left", "sideways(-1)", "Left", show=False, id=f"{name}.left"),
        Binding("right", "sideways(1)", "Right", show=False, id=f"{name}.right"),
    ]
