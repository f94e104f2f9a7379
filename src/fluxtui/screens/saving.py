"""Takes a text out of the program: copied, or written into a file that is asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
from fluxtui.widgets.keyhints import KeyHint, KeyHints


@dataclass(frozen=True)
class Form:
    """A form of what is taken out: its key (a lower-case letter), its name, a file for it, and what writes it."""

    key: str
    name: str
    file: str
    make: Callable[[], str]


class SaveScreen(Ending, ModalScreen[None]):
    """A sheet of forms; lower-case letters copy, capitals ask for a file. One that exists is replaced only when asked
    twice.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss", "Close", show=False)]

    AUTO_FOCUS = ""  # the keys are for the forms until a file is asked for

    def __init__(self, title: str, forms: Sequence[Form], note: str = "") -> None:
        """`title` says what is taken out, `note` what to know of it."""
        super().__init__()
        self.heading, self.note = title, note
        self.forms = {form.key: form for form in forms}
        self._form = forms[0]
        self._confirmed = ""
        for form in forms:
            self._bindings.bind(form.key, f"copy('{form.key}')", f"Copy {form.name}", show=False)
            self._bindings.bind(form.key.upper(), f"write('{form.key}')", f"Write {form.name}", show=False)

    def compose(self) -> ComposeResult:
        """The forms and their keys; then the path."""
        facts = [
            Fact(f"{key}  {key.upper()}", [(f"{form.name}: copy, or write ", ""), (form.file, "muted")], 1, "key")
            for key, form in self.forms.items()
        ]
        with Vertical(id="export", classes="dialog"):
            yield FlowLine([(self.heading, "title"), (f"   {self.note}", "muted")], lines=2, id="dialog-title")
            sheet = FactSheet(facts, id="formats")
            sheet.styles.height = len(facts) + 1
            yield sheet
            yield FlowLine(lines=3, id="question")
            yield Input(id="told")
            yield KeyHints([KeyHint("esc", "close", action="escape")])

    def on_mount(self) -> None:
        """No file is asked for yet."""
        self._asking(False)

    def _asking(self, asking: bool) -> None:
        for name in ("#question", "#told"):
            self.query_one(name).display = asking

    def action_copy(self, key: str) -> None:
        """To the clipboard, by OSC 52: works over SSH."""
        form = self.forms[key]
        text = form.make()
        self.app.copy_to_clipboard(text)
        self.dismiss()
        self.notify(f"{form.name}, {len(text.splitlines())} lines", title="copied", markup=False, timeout=3)

    def action_write(self, key: str) -> None:
        """Ask where."""
        self._form = self.forms[key]
        entry = self.query_one("#told", Input)
        entry.value = self._form.file
        self.query_one("#question", FlowLine).show([("into which file? ", "accent"), (f"in {Path.cwd()}", "muted")])
        self._asking(True)
        entry.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Write it there."""
        event.stop()
        path = Path(event.value.strip())
        question = self.query_one("#question", FlowLine)
        if not event.value.strip():
            return
        try:
            path = path.expanduser()
            write_new(path, self._form.make(), replace=self._confirmed == str(path))
        except FileExistsError:
            self._confirmed = str(path)
            question.show([(f"{path} exists. ", "warning"), ("⏎ again replaces it; or give another name", "")])
            return
        except (OSError, ValueError, RuntimeError) as error:  # no such path; no path at all; ~nobody
            why = str((error.strerror if isinstance(error, OSError) else "") or error).rstrip(".")
            question.show([(f"{path}: {why}. ", "error"), ("Give another name", "")])
            return
        self.dismiss()
        self.notify(str(path.absolute()), title=f"{self._form.name} written", markup=False)
