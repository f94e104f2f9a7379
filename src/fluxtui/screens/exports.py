"""Takes something out of the program in one of several formats: to the clipboard, or into a file."""

from collections.abc import Callable, Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from fluxtui.screens.saving import Form, SaveScreen
from fluxtui.widgets.factsheet import Fact, FactSheet
from fluxtui.widgets.flowline import FlowLine

Formats = Mapping[str, tuple[str, str, Callable[[], str]]]
"""By key: the format's name, the ending of its files, and what writes it."""


class FormatsScreen(SaveScreen):
    """A sheet of formats of one thing; `e`, which opens it, closes it too."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,e", "dismiss", "Close", show=False)]

    def __init__(self, title: str, formats: Formats, stem: str) -> None:
        """`title` is what is exported (``the handover``), `stem` the name of a file without its ending."""
        forms = [Form(key, name, f"{stem}.{ending}", make) for key, (name, ending, make) in formats.items()]
        super().__init__(f"Export {title}", forms, "esc closes")

    def compose(self) -> ComposeResult:
        """The formats and their keys; then the path."""
        facts = [
            Fact(f"{key}  {key.upper()}", [(f"{form.name}: copy, or write a file", "")], 1, "key")
            for key, form in self.forms.items()
        ]
        with Vertical(id="export", classes="dialog"):
            yield FlowLine([(self.heading, "title"), (f"   {self.note}", "muted")], id="dialog-title")
            sheet = FactSheet(facts, id="formats")
            sheet.styles.height = len(facts) + 1
            yield sheet
            yield FlowLine(lines=3, id="question")
            yield Input(id="told")
