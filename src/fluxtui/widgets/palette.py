"""Names of styles, resolved to colours by the theme that is on.

Widgets, sources and screens say "status-failed", "muted", "strong"; what that looks like is the
theme's business. Each name has variables that are tried in order, the last ones being Textual's own,
so that every theme gives a readable result. A theme's `<name>-style` replaces the text style.
Several names separated by spaces are laid over one another.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from rich.style import Style
from textual.color import Color, ColorParseError
from textual.widget import Widget


class Ink(NamedTuple):
    """Where a style's parts come from."""

    color: tuple[str, ...] = ()
    background: tuple[str, ...] = ()
    text: str = ""


INKS: dict[str, Ink] = {
    "status-ready": Ink(("status-ready", "success")),
    "status-progressing": Ink(("status-progressing", "primary")),
    "status-blocked": Ink(("status-blocked", "warning")),
    "status-failed": Ink(("status-failed", "error")),
    "status-suspended": Ink(("status-suspended", "secondary")),
    "status-unknown": Ink(("status-unknown", "foreground")),
    "status-nodata": Ink(("status-nodata", "foreground-muted")),
    "success": Ink(("status-ready", "success")),
    "warning": Ink(("status-blocked", "warning")),
    "error": Ink(("status-failed", "error")),
    "info": Ink(("status-progressing", "primary")),
    "muted": Ink(("muted", "foreground-muted")),
    "faint": Ink(("faint", "foreground-disabled")),
    "strong": Ink(("strong", "foreground"), text="bold"),
    "bold": Ink(text="bold"),
    "title": Ink(("strong", "foreground"), text="bold"),
    "accent": Ink(("accent",)),
    "link": Ink(("link", "text-accent"), text="underline"),
    "key": Ink(("key", "footer-key-foreground"), text="bold"),
    "border": Ink(("border",)),
    "header": Ink(("muted", "foreground-muted"), text="bold"),
    "header-sorted": Ink(("accent",), text="bold"),
    "cursor": Ink((), ("cursor-background", "block-cursor-blurred-background")),
    "cursor-blurred": Ink((), ("cursor-blurred-background", "boost")),
    "cursor-bar": Ink(("cursor-bar", "accent"), text="bold"),
    "mark": Ink(("mark", "accent"), text="bold"),
    "marked": Ink((), ("marked-background",)),
    "peak": Ink(("status-failed", "error")),
    "match": Ink(("match-color", "background"), ("match-background", "warning")),
    "match-current": Ink(("match-current-color", "background"), ("match-current-background", "accent"), "bold"),
    "selection": Ink((), ("selection-background", "block-cursor-blurred-background")),
    "tab": Ink(("muted", "foreground-muted")),
    "tab-key": Ink(("faint", "foreground-disabled")),
    "tab-active": Ink(("tab-active-color", "foreground"), ("tab-active-background", "primary-muted"), "bold"),
    "badge": Ink(("badge-color", "foreground"), ("badge-background", "panel"), "bold"),
    "badge-warning": Ink(("badge-warning-color", "background"), ("status-blocked", "warning"), "bold"),
    "badge-error": Ink(("badge-error-color", "background"), ("status-failed", "error"), "bold"),
    "syntax-key": Ink(("syntax-key", "text-primary")),
    "syntax-string": Ink(("syntax-string", "text-success")),
    "syntax-number": Ink(("syntax-number", "text-warning")),
    "syntax-constant": Ink(("syntax-constant", "text-accent")),
    "syntax-comment": Ink(("muted", "foreground-muted"), text="italic"),
    "syntax-punctuation": Ink(("muted", "foreground-muted")),
}
"""Every style name that widgets understand. An unknown name draws in the base style."""

_TEXT_STYLES = frozenset({"bold", "dim", "italic", "underline", "reverse", "strike"})
_PERCENT = re.compile(r"^(.*?)\s+(\d+)%$")


class Palette:
    """The style names under one set of theme variables (colours as Textual writes them)."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.variables = variables
        self._ground = parse_color(variables.get("background", "")) or Color(0, 0, 0)
        self._styles: dict[str, Style] = {}

    def style(self, name: str) -> Style:
        """The style to lay over a base. Without the parts that the theme leaves open."""
        style = self._styles.get(name)
        if style is None:
            parts = [self._resolve(word) for word in name.split()]
            style = self._styles[name] = Style.combine(parts) if parts else Style.null()
        return style

    def shows_on_blank(self, name: str) -> bool:
        """Whether a space in this style looks unlike a space in another."""
        style = self.style(name)
        return bool(style.bgcolor or style.underline or style.reverse or style.strike)

    def _resolve(self, name: str) -> Style:
        ink = INKS.get(name)
        if ink is None:
            return Style.null()
        words = self.variables.get(f"{name}-style", ink.text).split()
        color = self._color(ink.color)
        background = self._color(ink.background)
        text = Style.parse(" ".join(word for word in words if word in _TEXT_STYLES))
        return text + Style(
            color=color.rich_color if color else None, bgcolor=background.rich_color if background else None
        )

    def _color(self, names: tuple[str, ...]) -> Color | None:
        for name in names:
            value = self.variables.get(name)
            color = parse_color(value) if value else None
            if color is not None:
                return color if color.a == 1 or color.ansi is not None else self._ground + color
        return None


def parse_color(value: str) -> Color | None:
    """A theme's colour such as "#4078f2", "red 50%" or "ansi_default"; None if it is not one ("auto 60%", "none")."""
    percent = _PERCENT.match(value)
    try:
        if percent is None:
            return Color.parse(value)
        return Color.parse(percent[1]).multiply_alpha(int(percent[2]) / 100)
    except ColorParseError:
        return None


_KEPT = 4
_known: dict[int, Palette] = {}


def palette_of(widget: Widget) -> Palette:
    """The palette of the widget's app. The same object until the theme changes, so `is` tells a change."""
    variables = widget.app.theme_variables
    palette = _known.get(id(variables))
    if palette is None:  # a palette holds its variables, so their id is not given away while it is known
        if len(_known) >= _KEPT:
            _known.clear()
        palette = _known[id(variables)] = Palette(variables)
    return palette
