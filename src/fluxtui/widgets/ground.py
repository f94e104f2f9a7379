"""The style under everything that a widget paints: blended through all its parents, so asked for once per frame."""

from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class Grounded(Widget):
    """Gives `ground` to widgets that paint line by line. Stands last among the bases."""

    _ground: Style | None = None

    @property
    def ground(self) -> Style:
        """What `Widget.rich_style` is; within a frame it is looked up once, not once per line."""
        return self._ground if self._ground is not None else self.rich_style

    @property
    def in_frame(self) -> bool:
        """Whether lines are being asked for by `render_lines`, not one by one."""
        return self._ground is not None

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of a region, in one frame."""
        self._ground = self.rich_style
        try:
            return super().render_lines(crop)
        finally:
            self._ground = None
