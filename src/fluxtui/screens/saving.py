"""Takes a text out of the program: copied, or written into a file that is asked for."""

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
from fluxtui.widgets.table_source import Span


class SaveScreen(Ending, ModalScreen[None]):
    """`c` copies, `w` asks for a file; one that exists is replaced only when asked twice."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "copy", "Copy", show=False),
        Binding("w", "write", "Write a file", show=False),
        Binding("escape,q,e", "dismiss", "Close", show=False),
    ]

    AUTO_FOCUS = ""  # the keys are for the choice until a file is asked for

    def __init__(self, what: str, form: str, text: str, file: str) -> None:
        """`what` it is in words, its `form` (YAML), and the name of a `file` for it."""
        super().__init__()
        self._what, self._form, self._text, self._file = what, form, text, file
        self._confirmed = ""

    def compose(self) -> ComposeResult:
        """The two ways and their keys; then the path."""
        facts = [
            Fact("c", [(f"copy the {self._form}", ""), (f"  {len(self._text.splitlines())} lines", "muted")], 1, "key"),
            Fact("w", [("write a file: ", ""), (self._file, "muted")], 1, "key"),
        ]
        with Vertical(id="export", classes="dialog"):
            told: Span = ("   esc closes; nothing is applied", "muted")
            yield FlowLine([(f"Save {self._what}", "title"), told], id="dialog-title")
            sheet = FactSheet(facts, id="formats")
            sheet.styles.height = len(facts) + 1
            yield sheet
            yield FlowLine(lines=3, id="question")
            yield Input(id="told")

    def on_mount(self) -> None:
        """No file is asked for yet."""
        self._asking(False)

    def _asking(self, asking: bool) -> None:
        for name in ("#question", "#told"):
            self.query_one(name).display = asking

    def action_copy(self) -> None:
        """To the clipboard, by OSC 52: works over SSH."""
        self.app.copy_to_clipboard(self._text)
        self.dismiss()
        told = f"{self._form}, {len(self._text.splitlines())} lines"
        self.notify(told, title="copied", markup=False, timeout=3)

    def action_write(self) -> None:
        """Ask where."""
        entry = self.query_one("#told", Input)
        entry.value = self._file
        self.query_one("#question", FlowLine).show([("into which file? ", "accent"), (f"in {Path.cwd()}", "muted")])
        self._asking(True)
        entry.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Write it there."""
        event.stop()
        path = Path(event.value.strip()).expanduser()
        question = self.query_one("#question", FlowLine)
        if not event.value.strip():
            return
        try:
            write_new(path, self._text, replace=self._confirmed == str(path))
        except FileExistsError:
            self._confirmed = str(path)
            question.show([(f"{path} exists. ", "warning"), ("⏎ again replaces it; or give another name", "")])
            return
        except OSError as error:
            question.show([(f"{path}: {error.strerror or error}. ", "error"), ("Give another name", "")])
            return
        self.dismiss()
        self.notify(str(path.absolute()), title=f"{self._form} written", markup=False)
