"""History: what the object itself remembers, as bars over time, the newest first; and who wrote it."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual.app import ComposeResult

from fluxtui.insight.past import Axis, Outcome, Past, Stretch, axis, drawn, past
from fluxtui.kinds.ages import age, ago, exact
from fluxtui.screens.page.tab import PageTab
from fluxtui.widgets.keyhints import KeyHint
from fluxtui.widgets.notice import Notice
from fluxtui.widgets.sheet import Line, Sheet, heading
from fluxtui.widgets.table_source import Span

OUTCOMES = {
    Outcome.GOOD: ("●", "status-ready"),
    Outcome.BAD: ("✖", "status-failed"),
    Outcome.REMEDY: ("↺", "warning"),
    Outcome.GOING: ("◐", "status-progressing"),
    Outcome.NEUTRAL: ("·", "muted"),
}
"""Glyph and style of how something went."""
NARROW, SHARE, WIDEST = 22, 0.38, 84
"""Cells of the bars: at least, as a share of the sheet, at most."""
LABELS = 10
"""Cells that the ages left of the bars take."""


class HistoryTab(PageTab):
    """A sheet with one lane for each run, release, artifact or push."""

    name_of_tab: ClassVar[str] = "history"

    def compose(self) -> ComposeResult:
        """The sheet, or a word where there is nothing to tell."""
        yield Sheet(id="history")
        yield Notice()

    def on_mount(self) -> None:
        """Nothing is said yet."""
        self.query_one(Notice).display = False

    def on_resize(self) -> None:
        """The bars have other room."""
        self.update()

    @property
    def rest(self) -> Sheet:
        """The sheet."""
        return self.query_one(Sheet)

    def update(self) -> None:
        """What the object remembers now."""
        told = self.why_not()
        if told is not None:
            tone, headline, lines = told
            self.say(content=self.rest, tone=tone, headline=headline, lines=lines)
            return
        remembered = past(self.subject.value)
        if not remembered.stretches and not remembered.edits:
            nothing = "Its controller keeps no history in its status, and nobody is recorded as its author."
            self.say(content=self.rest, tone="empty", headline="it remembers nothing", lines=[nothing])
            return
        self.rest.show(history_lines(remembered, self.subject.now, self.size.width))
        self.say(content=self.rest)

    def search(self, text: str) -> str:
        """To the next line that holds the text."""
        return "" if not text or self.rest.search(text) else f"{text!r} is not in the history"

    def hints(self) -> Sequence[KeyHint]:
        """What can be done with the sheet."""
        return (KeyHint("/", "search", 30),)


def history_lines(remembered: Past, now: float, width: int) -> list[Line]:
    """The lanes on their axis, then who wrote the object."""
    lines: list[Line] = []
    if remembered.stretches:
        cells = min(max(NARROW, int(width * SHARE)), WIDEST)
        on = axis(remembered.stretches, now, cells)
        lines += [*_summary(remembered, now), *_axis(on)]
        for each in remembered.stretches:
            lines += _lane(each, on, now)
    else:
        kept = "its controller keeps no history in its status"
        lines.append(Line("", [(kept, "muted")]))
    if remembered.edits:
        note = "  of each author the last time that is on record"
        lines += heading("Who wrote it", (note, "muted"))
        lines += [_edit(each, now) for each in remembered.edits]
    return lines


def _summary(remembered: Past, now: float) -> Iterator[Line]:
    bad = [each for each in remembered.stretches if each.outcome is Outcome.BAD]
    runs = sum(each.count for each in remembered.stretches)
    failed = sum(each.count for each in bad)
    newest = remembered.stretches[0]
    glyph, style = OUTCOMES[newest.outcome]
    spans: list[Span] = [(f"{glyph} {newest.title}", style)]
    if newest.outcome is Outcome.BAD and newest.start:
        spans.append((f" since {ago(newest.start, now)}", "strong"))
        good = next((each for each in remembered.stretches if each.outcome is Outcome.GOOD), None)
        if good is not None:
            spans.append((f" · last good {ago(good.end, now)} ago {good.what}", ""))
    if runs > 1:
        spans.append(
            (f" · {runs:,} in all, {failed:,} failed" if failed else f" · {runs:,} in all, none failed", "muted")
        )
    yield Line("", spans, hang=2)
    if remembered.told:
        yield Line("", [(f"{remembered.told}; the time scale is denser for what is older", "faint")])


def _axis(on: Axis) -> Iterator[Line]:
    row = [" "] * on.width
    for at, label in on.ticks():
        row[at : at + len(label)] = label
    text = "".join(row)[: on.width - 4].rstrip().ljust(on.width - 3) + "now"
    yield Line("".ljust(LABELS), [(text, "muted")])


def _lane(each: Stretch, on: Axis, now: float) -> Iterator[Line]:
    glyph, style = OUTCOMES[each.outcome]
    before, bar, after = drawn(each, on)
    label = f"{ago(each.end, now)} ago" if each.end else "not dated"
    times = f"  ×{each.count:,}" if each.count > 1 else ""
    spans: list[Span] = [
        (before, ""),
        (bar, style),
        (after, ""),
        ("  ", ""),
        (f"{glyph} ", style),
        (each.title, "strong"),
    ]
    yield Line(label.rjust(LABELS), [*spans, (times, style)], hang=on.width + 4)
    took = f"took {_duration(each.took)}" if each.took else ""
    lasted = f"over {age(each.end - each.start)}" if each.end - each.start >= 1 else ""
    words = " · ".join(filter(None, (took, lasted, *each.details)))
    told: list[Span] = [(each.what, ""), (" · " if each.what and words else "", "muted"), (words, "muted")]
    if each.what or words:
        yield Line(" ", told, hang=2)


def _duration(seconds: float) -> str:
    """``140ms``, ``5.2s``, ``5m``."""
    if seconds < 1:
        return f"{seconds * 1000:.0f}ms"
    return f"{seconds:.1f}s" if seconds < 60 else age(seconds)


def _edit(each: Stretch, now: float) -> Line:
    spans: list[Span] = [
        (each.title, "strong"),
        (f"  {each.what}" if each.what else "", ""),
        (f"  {exact(each.end)}", "faint"),
    ]
    return Line(f"{ago(each.end, now)} ago".rjust(LABELS), spans, hang=2)
