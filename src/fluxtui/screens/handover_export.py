"""Takes a handover out of the program: read as Markdown, copied, or written into a file."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from fluxtui.notes.handover_text import Document, markdown, shape
from fluxtui.notes.kept import write_new
from fluxtui.screens.ending import Ending
from fluxtui.widgets.document import DocumentView
from fluxtui.widgets.factsheet import Fact, FactSheet
from fluxtui.widgets.flowline import FlowLine
from fluxtui.widgets.keyhints import KeyHint, KeyHints
from fluxtui.widgets.table_source import Span


def as_json(told: Document) -> str:
    """The document for programs."""
    return msgspec.json.format(msgspec.json.encode(shape(told)), indent=2).decode() + "\n"


FORMATS = {"m": ("Markdown", "md", markdown), "j": ("JSON", "json", as_json)}
"""By key: the format's name, the ending of its files, and what writes it."""


class PreviewScreen(Ending, ModalScreen[None]):
    """The document as it would be exported."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,p", "dismiss", "Close", show=False),
        Binding("e", "export", "Export", show=False),
    ]

    def __init__(self, told: Document) -> None:
        super().__init__()
        self._told = told

    def compose(self) -> ComposeResult:
        """The text, and the keys."""
        with Vertical(id="preview", classes="dialog"):
            document = DocumentView(markdown(self._told), painted, id="lines")
            document.wrap = True
            document.numbers = False
            yield document
            yield KeyHints(
                [
                    KeyHint("esc", "back", 90, "escape"),
                    KeyHint("e", "export", 80),
                    KeyHint("v y", "copy lines", 60, "v"),
                ]
            )

    def on_mount(self) -> None:
        """The text has the keys."""
        self.query_one("#lines", DocumentView).focus()

    def on_document_view_copied(self, event: DocumentView.Copied) -> None:
        """Say what was copied."""
        self.notify(f"{event.lines} lines", title="copied", markup=False, timeout=2)

    def action_export(self) -> None:
        """Copy it, or write it into a file."""
        self.app.switch_screen(HandoverExportScreen(self._told))


def painted(line: str) -> Sequence[Span]:
    """Headings and evidence apart from sentences."""
    if line.startswith("#"):
        return [(line, "title")]
    if line.startswith((">", "```")):
        return [(line, "accent" if line.startswith(">") else "faint")]
    return (
        [(part, "strong" if at % 2 else "") for at, part in enumerate(line.split("`"))] if "`" in line else [(line, "")]
    )


class HandoverExportScreen(Ending, ModalScreen[None]):
    """A sheet of formats; lower-case letters copy, capitals ask for a file to write. A file is replaced only when asked
    twice.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key, f"copy('{key}')", f"Copy {FORMATS[key][0]}", show=False) for key in FORMATS),
        *(Binding(key.upper(), f"write('{key}')", f"Write {FORMATS[key][0]}", show=False) for key in FORMATS),
        Binding("escape,q,e", "dismiss", "Close", show=False),
    ]

    AUTO_FOCUS = ""  # the keys are for the formats until a file is asked for

    def __init__(self, told: Document) -> None:
        super().__init__()
        self._told = told
        self._format = "m"
        self._confirmed = ""

    def compose(self) -> ComposeResult:
        """The formats and their keys; then the path."""
        facts = [
            Fact(f"{key}  {key.upper()}", [(f"{name}: copy, or write a file", "")], 1, "key")
            for key, (name, _, _) in FORMATS.items()
        ]
        with Vertical(id="export", classes="dialog"):
            yield FlowLine([("Export the handover", "title"), ("   esc closes", "muted")], id="dialog-title")
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

    def action_copy(self, key: str) -> None:
        """To the clipboard, by OSC 52: works over SSH."""
        name, _, write = FORMATS[key]
        text = write(self._told)
        self.app.copy_to_clipboard(text)
        self.dismiss()
        self.notify(f"{name}, {len(text.splitlines())} lines", title="copied", markup=False, timeout=3)

    def action_write(self, key: str) -> None:
        """Ask where."""
        self._format = key
        stamp = datetime.fromtimestamp(self._told.now, UTC).strftime("%Y%m%d-%H%M")
        entry = self.query_one("#told", Input)
        entry.value = f"handover-{stamp}.{FORMATS[key][1]}"
        self.query_one("#question", FlowLine).show([("into which file? ", "accent"), (f"in {Path.cwd()}", "muted")])
        self._asking(True)
        entry.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Write it there."""
        event.stop()
        path = Path(event.value.strip()).expanduser()
        name, _, write = FORMATS[self._format]
        question = self.query_one("#question", FlowLine)
        if not event.value.strip():
            return
        try:
            write_new(path, write(self._told), replace=self._confirmed == str(path))
        except FileExistsError:
            self._confirmed = str(path)
            question.show([(f"{path} exists. ", "warning"), ("⏎ again replaces it; or give another name", "")])
            return
        except OSError as error:
            question.show([(f"{path}: {error.strerror or error}. ", "error"), ("Give another name", "")])
            return
        self.dismiss()
        self.notify(str(path.absolute()), title=f"{name} written", markup=False)
