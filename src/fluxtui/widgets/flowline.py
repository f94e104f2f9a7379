"""Sentences of styled spans that wrap into a few lines."""

import re
from collections.abc import Iterable, Sequence

from textual.geometry import Size

from fluxtui.widgets.lines import clipped, span_width
from fluxtui.widgets.painted import Painted
from fluxtui.widgets.table_source import Span
from fluxtui.widgets.text import plain, width_of

_ATOM = re.compile(r" +|[^ ]+")


def flow(spans: Iterable[Span], width: int, lines: int, *, indent: int = 0) -> list[list[Span]]:
    """The spans, made plain, as at most `lines` lines of at most `width` cells, broken between words.

    Lines after the first start with `indent` spaces. A word longer than a line is broken where it must
    be; what does not fit into the last line ends in an ellipsis.
    """
    if width <= 0 or lines <= 0:
        return []
    indent = indent if indent < width // 2 else 0
    done: list[list[Span]] = []
    rest = [(plain(text), style) for text, style in spans if text]
    margin: list[Span] = []
    while rest:
        room = width - span_width(margin)
        if len(done) == lines - 1:
            done.append(margin + clipped(rest, room))
            break
        line, rest = _break(rest, room)
        done.append(margin + line)
        margin = [(" " * indent, "")] if indent else []
    return done


def _break(spans: list[Span], width: int) -> tuple[list[Span], list[Span]]:
    """Splits off what fits into one line; the space at the break is dropped."""
    taken = 0  # cells up to here
    good: tuple[int, int] | None = None  # the last place to break: span, character
    for number, (text, _) in enumerate(spans):
        for atom in _ATOM.finditer(text):
            if atom[0][0] == " ":
                if taken:
                    good = (number, atom.start())
                taken += len(atom[0])
                continue
            size = width_of(atom[0])
            if taken + size > width:
                if good is None:
                    good = (number, atom.start() + _fitting(atom[0], width - taken))
                return _split(spans, *good)
            taken += size
    return spans if taken <= width else _without_end_spaces(spans), []


def _fitting(text: str, width: int) -> int:
    """How many characters fit into a width."""
    taken = 0
    for count, char in enumerate(text):
        taken += width_of(char)
        if taken > width:
            return count
    return len(text)


def _split(spans: list[Span], number: int, at: int) -> tuple[list[Span], list[Span]]:
    text, style = spans[number]
    if number == 0 and at == 0:
        at = 1  # a character wider than the line: better cut than endless
    head = [*spans[:number], (text[:at], style)]
    tail = [(text[at:].lstrip(" "), style), *spans[number + 1 :]]
    return _without_end_spaces(head), [span for span in tail if span[0]]


def _without_end_spaces(spans: list[Span]) -> list[Span]:
    kept = list(spans)
    while kept:
        text, style = kept.pop()
        if stripped := text.rstrip(" "):
            return [*kept, (stripped, style)]
    return kept


class FlowLine(Painted):
    """Spans that wrap into at most `lines` lines; as high as it needs, unless its style gives a height."""

    DEFAULT_CSS = """
    FlowLine {
        height: auto;
    }
    """

    def __init__(
        self,
        spans: Sequence[Span] | str = (),
        *,
        lines: int = 1,
        indent: int = 0,
        id: str | None = None,  # noqa: A002 - what every widget calls it
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._spans = list(_as_spans(spans))
        self._lines = lines
        self._indent = indent

    def show(self, spans: Sequence[Span] | str) -> None:
        """Shows other spans; lays the screen out anew only if that takes another number of lines."""
        shown = list(_as_spans(spans))
        width, height = self.size
        if shown != self._spans:
            before = self._height(width)
            self._spans = shown
            self.repaint()
            if not width or self._height(width) != before:  # laid out with the old ones
                self.refresh(layout=True)
        elif width and self.styles.height is not None and self.styles.height.is_auto and self._height(width) != height:
            self.refresh(layout=True)  # a layout that was under way took the lines of before

    def spans_at(self, width: int, height: int) -> Sequence[Sequence[Span]]:
        """The wrapped lines."""
        return flow(self._spans, width, min(self._lines, max(height, 1)), indent=self._indent)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The lines that it takes at a width."""
        return self._height(width)

    def _height(self, width: int) -> int:
        return max(1, len(flow(self._spans, width, self._lines, indent=self._indent)))


def _as_spans(spans: Sequence[Span] | str) -> Sequence[Span]:
    return [(spans, "")] if isinstance(spans, str) else spans
