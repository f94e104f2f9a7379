"""Takes a handover out of the program: read as Markdown, copied, or written into a file."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import ClassVar

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from fluxtui.notes.handover_text import Document, markdown, shape
from fluxtui.screens.ending import Ending
from fluxtui.screens.exports import FormatsScreen
from fluxtui.widgets.document import DocumentView
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


class HandoverExportScreen(FormatsScreen):
    """The formats of a handover."""

    def __init__(self, told: Document) -> None:
        stamp = datetime.fromtimestamp(told.now, UTC).strftime("%Y%m%d-%H%M")
        formats = {key: (name, ending, partial(write, told)) for key, (name, ending, write) in FORMATS.items()}
        super().__init__("the handover", formats, f"handover-{stamp}")
