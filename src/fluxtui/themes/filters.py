"""NO_COLOR under a theme that has no colours of its own."""

from collections.abc import Sequence

from textual.filter import LineFilter, Monochrome, NoColor

_NO_COLOR = NoColor()  # one for all: lines remember what a filter made of them by its identity


def line_filters(filters: Sequence[LineFilter], *, ansi: bool) -> list[LineFilter]:
    """The app's line filters, right for a theme of terminal colours (`ansi`, see `App.native_ansi_color`).

    Textual chooses its NO_COLOR filter before it knows the theme, and the one that it chooses turns the
    terminal's own colours into black on black.
    """
    if not ansi:
        return list(filters)
    return [_NO_COLOR if isinstance(line_filter, Monochrome) else line_filter for line_filter in filters]
