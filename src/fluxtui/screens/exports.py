"""Takes something out of the program in one of several formats: to the clipboard, or into a file."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from fluxtui.notes.kept import write_new
from fluxtui.screens.ending import Ending
from fluxtui.widgets.factsheet import Fact, FactSheet
from fluxtui.widgets.flowline import FlowLine

Formats = Mapping[str, tuple[str, str, Callable[[], str]]]
"""By key: the format's name, the ending of its files, and what writes it."""


class FormatsScreen(Ending, ModalScreen[None]):
    """A sheet of formats; lower-case letters copy, capitals ask for a file to write. A file is replaced only when asked
    twice.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,e", "dismiss", "Close", show=False)]

    AUTO_FOCUS = ""  # the keys are for the formats until a file is asked for

    def __init__(self, title: str, formats: Formats, stem: str) -> None:
        """`title` is what is exported (``the handover``), `stem` the name of a file without its ending."""
        super().__init__()
        self._title = title
        self._formats = formats
        self._stem = stem
        self._format = next(iter(formats))
        self._confirmed = ""

    def compose(self) -> ComposeResult:
        """The formats and their keys; then the path."""
        facts = [
            Fact(f"{key}  {key.upper()}", [(f"{name}: copy, or write a file", "")], 1, "key")
            for key, (name, _, _) in self._formats.items()
        ]
        with Vertical(id="export", classes="dialog"):
            yield FlowLine([(f"Export {self._title}", "title"), ("   esc closes", "muted")], id="dialog-title")
            sheet = FactSheet(facts, id="formats")
            sheet.styles.height = len(facts) + 1
            yield sheet
            yield FlowLine(lines=3, id="question")
            yield Input(id="told")

    def on_mount(self) -> None:
        """No file is asked for yet."""
        for key, (name, _, _) in self._formats.items():
            self._bindings.bind(key, f"copy('{key}')", f"Copy {name}", show=False)
            self._bindings.bind(key.upper(), f"write('{key}')", f"Write {name}", show=False)
        self._asking(False)

    def _asking(self, asking: bool) -> None:
        for name in ("#question", "#told"):
            self.query_one(name).display = asking

    def action_copy(self, key: str) -> None:
        """To the clipboard, by OSC 52: works over SSH."""
        name, _, write = self._formats[key]
        text = write()
        self.app.copy_to_clipboard(text)
        self.dismiss()
        self.notify(f"{name}, {len(text.splitlines())} lines", title="copied", markup=False, timeout=3)

    def action_write(self, key: str) -> None:
        """Ask where."""
        self._format = key
        entry = self.query_one("#told", Input)
        entry.value = f"{self._stem}.{self._formats[key][1]}"
        self.query_one("#question", FlowLine).show([("into which file? ", "accent"), (f"in {Path.cwd()}", "muted")])
        self._asking(True)
        entry.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Write it there."""
        event.stop()
        path = Path(event.value.strip())
        name, _, write = self._formats[self._format]
        question = self.query_one("#question", FlowLine)
        if not event.value.strip():
            return
        try:
            path = path.expanduser()
            write_new(path, write(), replace=self._confirmed == str(path))
        except FileExistsError:
            self._confirmed = str(path)
            question.show([(f"{path} exists. ", "warning"), ("⏎ again replaces it; or give another name", "")])
            return
        except (OSError, ValueError, RuntimeError) as error:  # no such path; no path at all; ~nobody
            why = str((error.strerror if isinstance(error, OSError) else "") or error).rstrip(".")
            question.show([(f"{path}: {why}. ", "error"), ("Give another name", "")])
            return
        self.dismiss()
        self.notify(str(path.absolute()), title=f"{name} written", markup=False)
