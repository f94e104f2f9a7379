"""Takes what the tree draws out of the program: Mermaid, Graphviz or JSON, to the clipboard or into a file."""

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from fluxtui.insight.diagram import Diagram, dot, mermaid
from fluxtui.screens.ending import Ending
from fluxtui.widgets.factsheet import Fact, FactSheet


def _json(drawn: Diagram) -> str:
    return msgspec.json.format(msgspec.json.encode(drawn), indent=2).decode() + "\n"


FORMATS: dict[str, tuple[str, str, Callable[[Diagram], str]]] = {
    "m": ("Mermaid", "mmd", mermaid),
    "d": ("Graphviz DOT", "dot", dot),
    "j": ("JSON", "json", _json),
}
"""By key: the format's name, the ending of its files, and what writes it."""


class ExportScreen(Ending, ModalScreen[None]):
    """A sheet of formats; lower-case letters copy, capitals write a file into the working directory."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key, f"copy('{key}')", f"Copy {FORMATS[key][0]}", show=False) for key in FORMATS),
        *(Binding(key.upper(), f"write('{key}')", f"Write {FORMATS[key][0]}", show=False) for key in FORMATS),
        Binding("escape,q,e", "dismiss", "Close", show=False),
    ]

    def __init__(self, drawn: Diagram, stem: str) -> None:
        """`drawn` is what is exported, `stem` the name of a file without its ending."""
        super().__init__()
        self._drawn = drawn
        self._stem = stem

    def compose(self) -> ComposeResult:
        """The formats and their keys."""
        count, edges = len(self._drawn.nodes), len(self._drawn.edges)
        facts = [
            Fact(
                "", [("Export what is drawn", "accent"), (f"   {count} objects, {edges} edges · esc closes", "muted")]
            ),
            Fact("", []),
        ]
        for key, (name, ending, _) in FORMATS.items():
            facts.append(
                Fact(
                    f"{key}  {key.upper()}",
                    [(f"{name}: copy, or write ", ""), (f"{self._stem}.{ending}", "muted")],
                    1,
                    "key",
                )
            )
        sheet = FactSheet(facts, id="formats")
        sheet.styles.height = len(facts) + 2
        yield sheet

    def action_copy(self, key: str) -> None:
        """To the clipboard, by OSC 52: works over SSH."""
        name, _, write = FORMATS[key]
        text = write(self._drawn)
        self.app.copy_to_clipboard(text)
        self.dismiss()
        self.notify(f"{name}, {len(text.splitlines())} lines", title="copied", markup=False, timeout=3)

    def action_write(self, key: str) -> None:
        """Into a file that did not exist."""
        name, ending, write = FORMATS[key]
        path = Path(f"{self._stem}.{ending}")
        self.dismiss()
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(write(self._drawn))
        except OSError as error:
            told = f"{path}: {error.strerror or error}"
            self.notify(told, title="not written", severity="error", markup=False)
            return
        self.notify(str(path.absolute()), title=f"{name} written", markup=False)
