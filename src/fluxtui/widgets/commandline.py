"""The line for `:` commands and `/` filters, with completions above it and a history."""

from collections.abc import Callable, Sequence
from typing import ClassVar, Literal

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from fluxtui.widgets.flowline import flow
from fluxtui.widgets.lines import clipped, span_width
from fluxtui.widgets.painted import Painted
from fluxtui.widgets.table_source import Span
from fluxtui.widgets.text import plain, width_of

Mode = Literal[":", "/", "name"]
"""What a line is for: a command, a filter, or the name of something."""
Suggestion = str | tuple[str, str]
"""A whole line to complete to, alone or with what it does."""
History = dict[Mode, list[str]]
"""The lines submitted by mode, the latest last; several command lines may share one."""
Suggest = Callable[[str], Sequence[Suggestion]]

Judge = Callable[[str], str]
"""Takes a line that was submitted; returns what is wrong with it, and then the line stays open."""

MOST_SHOWN = 8
"""Completions shown at a time."""
MOST_REMEMBERED = 100
"""Lines of history kept for each mode."""


def no_suggestions(text: str) -> Sequence[Suggestion]:
    """Completes nothing."""
    return ()


def takes_all(text: str) -> str:
    """Finds nothing wrong."""
    return ""


class CommandLine(Widget):
    """Hidden until `open`; hides again when its line was submitted or cancelled, and gives the focus back."""

    DEFAULT_CSS = """
    CommandLine {
        dock: bottom;
        height: 1;
        layout: horizontal;
        display: none;
        background: $surface;
        color: $foreground;
    }
    CommandLine > Entry, CommandLine > Entry:focus {
        width: 1fr;
        height: 1;
        border: none;
        padding: 0;
        background: $surface;
        background-tint: $surface 0%;
        color: $foreground;
    }
    CommandLine > .prompt { width: auto; background: $surface; }
    CommandLine > .note { width: auto; max-width: 60%; background: $surface; }
    CommandLine > Completions {
        overlay: screen;
        position: absolute;
        constrain: inside inside;
        display: none;
        background: $panel;
        color: $foreground;
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", show=False, id="line.cancel"),
        Binding("tab", "complete(1)", "Complete", show=False, id="line.complete"),
        Binding("shift+tab", "complete(-1)", "Complete back", show=False, id="line.complete-back"),
        Binding("up", "recall(-1)", "Earlier", show=False, id="line.earlier"),
        Binding("down", "recall(1)", "Later", show=False, id="line.later"),
    ]

    class _Event(Message):
        """Something happened to the line."""

        def __init__(self, line: "CommandLine", mode: Mode, text: str) -> None:
            super().__init__()
            self.line = line
            self.mode: Mode = mode
            self.text = text

        @property
        def control(self) -> "CommandLine":
            """The command line."""
            return self.line

    class Submitted(_Event):
        """Enter was pressed; the line is closed."""

    class Changed(_Event):
        """The text is another one, while the line is open."""

    class Cancelled(_Event):
        """Escape was pressed, or backspace in an empty line; the line is closed."""

    def __init__(
        self,
        *,
        history: History | None = None,
        id: str | None = None,  # noqa: A002 - what every widget calls it
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.mode: Mode = ":"
        """What the text is for."""
        self._suggest: Suggest = no_suggestions
        self._judge: Judge = takes_all
        self._history: History = {} if history is None else history
        for mode in (":", "/", "name"):
            self._history.setdefault(mode, [])
        self._recalled: int | None = None
        self._draft = ""
        self._set_by_us: str | None = None
        self._focus_before: Widget | None = None
        self._prompt = _Words("prompt")
        self._entry = Entry()
        self._note = _Words("note")
        self._completions = Completions()

    def compose(self) -> ComposeResult:
        """Prompt, entry, note, and the completions that float above."""
        yield self._prompt
        yield self._entry
        yield self._note
        yield self._completions

    @property
    def text(self) -> str:
        """What is written in it."""
        return self._entry.value

    @property
    def is_open(self) -> bool:
        """Whether it is shown."""
        return self.display

    @property
    def completions(self) -> Sequence[str]:
        """The lines that it offers now."""
        return [line for line, _ in self._completions.candidates]

    def open(self, mode: Mode, text: str = "", suggest: Suggest = no_suggestions, judge: Judge = takes_all) -> None:
        """Shows the line with a text, the caret at its end, and takes the focus.

        `suggest(text)` gives the completions of a text, the best first; it runs at every key, so it
        must answer at once. `judge(text)` is asked when the line is submitted, before it closes.
        """
        if not self.is_open:
            self._focus_before = self.screen.focused
        self.mode = mode
        self._suggest, self._judge = suggest, judge
        self._recalled = None
        self._prompt.show([(f" {mode} ", "key")])
        self.note()
        self.display = True
        self._write(text)
        self._offer(text)
        # at once, not when the queue comes to it: keys typed in a burst after `:` belong to the line
        self.screen.set_focus(self._entry, scroll_visible=False)

    def close(self) -> None:
        """Hides the line and gives the focus back."""
        self.display = False
        self._completions.offer(())
        before, self._focus_before = self._focus_before, None
        if before is not None and before.is_attached and before.focusable:
            self.screen.set_focus(before, scroll_visible=False)
        else:
            self.screen.set_focus(None)

    def note(self, text: str = "", style: str = "muted") -> None:
        """Says something at the right end: what the filter leaves, what is wrong with the text."""
        self._note.show([(f" {text} ", style)] if text else [])

    def point_out(self, text: str) -> None:
        """Says what is wrong with the text while it is typed: ``at 5: …`` below its fifth character, where completions
        leave the room; else at the right end.
        """
        column, colon, told = text.removeprefix("at ").partition(": ")
        if text.startswith("at ") and colon and column.isdigit() and not self._completions.candidates:
            self.note()
            self._completions.point_out(told, span_width(self._prompt.spans) + int(column) - 1)
            return
        if self._completions.complaint:
            self._offer(self.text)
        self.note(text, "warning")

    def complain(self, text: str) -> None:
        """Says what is wrong with the line, where its completions stand, until the next key."""
        self._completions.complain(text)

    def hear(self) -> None:
        """A key comes: a complaint gives its place back to the completions."""
        if self._completions.complaint:
            self._offer(self.text)

    def remember(self, mode: Mode, text: str) -> None:
        """Adds a line to the history, as the latest."""
        lines = self._history[mode]
        if text in lines:
            lines.remove(text)
        lines.append(text)
        del lines[:-MOST_REMEMBERED]

    def history(self, mode: Mode) -> Sequence[str]:
        """The lines submitted, the latest last."""
        return tuple(self._history[mode])

    def action_cancel(self) -> None:
        """Closes without a result."""
        mode, text = self.mode, self.text
        self.close()
        self.post_message(self.Cancelled(self, mode, text))

    def action_complete(self, step: int) -> None:
        """Writes the next completion, or the one before."""
        chosen = self._completions.choose(step)
        if chosen is not None:
            self._write(chosen)
            self.post_message(self.Changed(self, self.mode, chosen))

    def action_recall(self, step: int) -> None:
        """Writes an earlier line, or a later one; after the latest comes what was being written."""
        lines = self._history[self.mode]
        at = len(lines) if self._recalled is None else self._recalled
        if self._recalled is None:
            self._draft = self.text
        at = min(max(at + step, 0), len(lines))
        self._recalled = None if at == len(lines) else at
        text = self._draft if self._recalled is None else lines[at]
        if text != self.text:
            self._write(text)
            self._offer(text)
            self.post_message(self.Changed(self, self.mode, text))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Keys changed the text."""
        event.stop()
        written, self._set_by_us = self._set_by_us, None
        if not self.is_open or event.value == written:
            return
        self._recalled = None
        if not self._completions.complaint:  # else it comes late: enter was pressed after it
            self._offer(event.value)
        self.post_message(self.Changed(self, self.mode, event.value))

    def submit(self) -> None:
        """Enter: closes with the text as the result, unless something is wrong with it."""
        mode, text = self.mode, self.text
        wrong = self._judge(text)
        if wrong:
            self.complain(wrong)
            return
        if text:
            self.remember(mode, text)
        self.close()
        self.post_message(self.Submitted(self, mode, text))

    def _write(self, text: str) -> None:
        if text != self._entry.value:
            self._set_by_us = text
            self._entry.value = text
        self._entry.cursor_position = len(text)

    def _offer(self, text: str) -> None:
        offered = [(line, "") if isinstance(line, str) else line for line in self._suggest(text)]
        self._completions.offer([pair for pair in offered if pair[0] != text])


class Entry(Input):
    """The text field. Deleting from an empty line cancels it, as in vi."""

    def __init__(self) -> None:
        super().__init__(compact=True, select_on_focus=False)

    def on_key(self, event: events.Key) -> None:
        """Enter takes its turn among the letters: as a binding it would come after those that were typed later, when
        a slow connection delivers keys in a burst. What comes after it is meant for who has the focus then.
        """
        line = self.parent
        if isinstance(line, CommandLine) and line.is_open:
            line.hear()
        if not isinstance(line, CommandLine) or (line.is_open and event.key != "enter"):
            return
        event.stop()
        event.prevent_default()
        if line.is_open:
            line.submit()
        else:
            self.app.post_message(events.Key(event.key, event.character))

    def action_delete_left(self) -> None:
        """Deletes, or leaves when there is nothing to delete."""
        line = self.parent
        if not self.value and isinstance(line, CommandLine):
            line.action_cancel()
        else:
            super().action_delete_left()


class _Words(Painted):
    """A few spans, as wide as they are."""

    def __init__(self, kind: str) -> None:
        super().__init__(classes=kind)
        self._spans: Sequence[Span] = ()

    @property
    def spans(self) -> Sequence[Span]:
        return self._spans

    def show(self, spans: Sequence[Span]) -> None:
        changed = span_width(spans) != span_width(self._spans)
        self._spans = spans
        self.repaint()
        if changed:
            self.refresh(layout=True)

    def get_content_width(self, container: object, viewport: object) -> int:
        return span_width(self._spans)

    def spans_at(self, width: int, height: int) -> Sequence[Sequence[Span]]:
        return [clipped(self._spans, width)]


class Completions(Painted):
    """The list above the line. It has no focus: the line's keys move in it."""

    def __init__(self) -> None:
        super().__init__()
        self.candidates: Sequence[tuple[str, str]] = ()
        """(line, what it does), the best first."""
        self.complaint = ""
        """What is wrong with the line; stands in place of the candidates."""
        self._column = -1
        """Where in the line it is wrong; -1 where that is not told."""
        self._chosen = -1
        self._names = 0

    def offer(self, candidates: Sequence[tuple[str, str]]) -> None:
        """Shows other candidates, none of them chosen; hides when there are none."""
        self.candidates = candidates
        self.complaint, self._column = "", -1
        self._chosen = -1
        self.display = bool(candidates)
        if candidates:
            abouts = max(_told(about) for _, about in candidates)
            self._names = max(width_of(plain(line)) for line, _ in candidates)
            self._stand(self._names + abouts + 4, min(len(candidates), MOST_SHOWN))

    def complain(self, text: str) -> None:
        """Shows what is wrong, whole if it takes no more than three lines; the candidates leave."""
        self.offer(())
        self.complaint = text
        self.display = True
        self._stand(self._room(), len(self._complaint_lines(self._room())))

    def point_out(self, text: str, column: int) -> None:
        """Says what is wrong, and marks where in the line below it."""
        self.offer(())
        self.complaint, self._column = text, min(max(column - 1, 0), self._room() - 1)
        self.display = True
        self._stand(self._room(), len(self._complaint_lines(self._room())))

    def _room(self) -> int:
        return max(self.app.size.width - 2, 1)

    def _stand(self, width: int, height: int) -> None:
        """Above the line, of this size as far as the screen has it."""
        self.styles.width = min(width, self._room())
        self.styles.height = height
        self.styles.offset = (1, -height)
        self.repaint()

    def _complaint_lines(self, width: int) -> list[list[Span]]:
        told = flow([(" ✖ ", "error"), (self.complaint, "error")], width - 1, 3, indent=3)
        return [*told, [(" " * self._column, ""), ("▼", "error")]] if self._column >= 0 else told

    def choose(self, step: int) -> str | None:
        """Goes to the next candidate, around the end; returns its line."""
        if not self.candidates:
            return None
        start = -1 if self._chosen < 0 and step > 0 else max(self._chosen, 0)
        self._chosen = (start + step) % len(self.candidates)
        self.repaint()
        return self.candidates[self._chosen][0]

    def spans_at(self, width: int, height: int) -> Sequence[Sequence[Span]]:
        """The candidates around the chosen one, or the complaint."""
        if self.complaint:
            return self._complaint_lines(width)
        first = min(max(0, self._chosen - height + 1), max(0, len(self.candidates) - height))
        lines: list[list[Span]] = []
        for number, (line, about) in enumerate(self.candidates[first : first + height], first):
            chosen = number == self._chosen
            ground = "cursor" if chosen else ""
            text = plain(line)
            spans = [("▌" if chosen else " ", f"cursor-bar {ground}"), (f" {text}", f"strong {ground}")]
            if about:
                spans += [(" " * (self._names - width_of(text) + 2), ground), (about, f"muted {ground}")]
            spans = clipped(spans, width)
            lines.append([*spans, (" " * (width - span_width(spans)), ground)])
        return lines


def _told(about: str) -> int:
    return width_of(plain(about)) + 2 if about else 0
