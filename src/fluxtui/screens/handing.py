"""Noting what was found: the key that adds it to the handover, with its evidence of that moment and a line of ours."""

import asyncio
from collections.abc import Generator, Sequence
from typing import ClassVar

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen, Screen
from textual.widgets import Input

from fluxtui.insight.causes import Cause, Ref
from fluxtui.insight.handover import Finding, Picture, capture_object, picture
from fluxtui.notes.handover import NOTE_LIMIT
from fluxtui.notes.suggesting import suggested
from fluxtui.screens.desk import Desk
from fluxtui.screens.ending import Ending
from fluxtui.widgets.flowline import FlowLine
from fluxtui.widgets.keyhints import KeyHint, KeyHints
from fluxtui.widgets.table_source import Span

MOST_AT_ONCE = 25
"""Marked objects that are noted at once: more is no handover."""


class LineScreen(Ending, ModalScreen[str | None]):
    """Asks for one line; dismissed with it, or with None when it is not wanted."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Not now", show=False)]

    def __init__(self, title: Sequence[Span], about: str, does: str, value: str = "", most: int = NOTE_LIMIT) -> None:
        super().__init__()
        self._title, self._about, self._does, self._value, self._most = title, about, does, value, most

    def compose(self) -> ComposeResult:
        """What it is for, and the line."""
        with Vertical(id="ask", classes="dialog"):
            yield FlowLine(self._title, lines=2, id="dialog-title")
            yield FlowLine([(self._about, "muted")], lines=3, id="question")
            yield Input(self._value, id="told", max_length=self._most)
            yield KeyHints([KeyHint("⏎", self._does, 90, "enter"), KeyHint("esc", "not now", 80, "escape")])

    def on_mount(self) -> None:
        """The line has the keys."""
        self.query_one("#told", Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """That is it."""
        event.stop()
        self.dismiss(" ".join(event.value.split()))


def hand_over(screen: Screen[None], desk: Desk, targets: Sequence[Ref]) -> None:
    """Capture the evidence for these objects now; then ask for a note, and add them to the handover."""
    if len(targets) > MOST_AT_ONCE:
        told = f"{len(targets)} are marked: at most {MOST_AT_ONCE} at once"
        screen.notify(told, title="handover", severity="warning", markup=False)
        return
    screen.run_worker(_note(screen, desk, tuple(targets)), name="hand over", exit_on_error=True)


async def _note(screen: Screen[None], desk: Desk, targets: Sequence[Ref]) -> None:
    found: list[Finding] = []
    for target in targets:
        finding = await _finished(capture_object(desk.store, target, _problems(desk), desk.now()))
        found.append(msgspec.structs.replace(finding, commands=tuple(suggested(desk.store, finding, desk.now()))))
    seen = picture(desk.report) if desk.report is not None else None

    def add(note: str | None) -> None:
        if note is not None:
            _add(screen, desk, found, note, seen)

    first = found[0]
    title = first.title if len(found) == 1 else f"{len(found)} findings"
    held = next((each for each in desk.notebook.handover.document.findings if each.key == first.key), None)
    about = "One line for whoever takes over: what you think, what you did. Evidence is captured as it is now."
    asked = LineScreen([("Hand over: ", "muted"), (title, "title")], about, "note it", held.note if held else "")
    screen.app.push_screen(asked, add)


def _add(screen: Screen[None], desk: Desk, found: Sequence[Finding], note: str, seen: Picture | None) -> None:
    book = desk.notebook.handover
    added = book.add([msgspec.structs.replace(each, note=note) for each in found], seen)
    if book.trouble:
        screen.notify(book.trouble, title="handover", severity="warning", markup=False, timeout=15)
    count = len(book.document.findings)
    told = f"{added} added" if added else "brought up to date"
    screen.notify(f"{told}, {count} in all · :handover", title="handover", markup=False, timeout=3)


def _problems(desk: Desk) -> Sequence[Cause]:
    return desk.report.problems if desk.report is not None else ()


async def _finished(steps: Generator[None, None, Finding]) -> Finding:
    """Computed in slices: keys get their turn."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value
        await asyncio.sleep(0)
