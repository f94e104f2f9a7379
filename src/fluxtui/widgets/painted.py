"""The base of small widgets that paint whole lines from named spans."""

from collections.abc import Sequence

from rich.style import Style
from textual.strip import Strip

from fluxtui.widgets.ground import Grounded
from fluxtui.widgets.lines import strip_of
from fluxtui.widgets.palette import Palette, palette_of
from fluxtui.widgets.table_source import Span


class Painted(Grounded):
    """Asks `spans_at` for its lines once for each size and theme, and paints them.

    A subclass changes what it shows and calls `repaint`, which costs one frame of its own lines and no
    layout of the screen.
    """

    DEFAULT_CSS = """
    Painted {
        height: 1;
        width: 1fr;
    }
    """

    _painted: tuple[int, int, Palette, Style] | None = None
    _strips: Sequence[Strip] = ()

    def spans_at(self, width: int, height: int) -> Sequence[Sequence[Span]]:
        """The lines for a size in cells: plain text, not wider than `width`."""
        raise NotImplementedError

    def repaint(self) -> None:
        """What it shows is something else."""
        self._painted = None
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One finished line."""
        width, height = self.size
        base = self.ground
        palette = palette_of(self)
        inputs = (width, height, palette, base)
        if inputs != self._painted:
            self._strips = [strip_of(spans, palette, base, width) for spans in self.spans_at(width, height)]
            self._painted = inputs
        return self._strips[y] if y < len(self._strips) else Strip.blank(width, base)

    def notify_style_update(self) -> None:
        """Colours may be others."""
        super().notify_style_update()
        self._painted = None

    def on_mount(self) -> None:
        """Takes part in changes of the theme."""
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self.repaint())
