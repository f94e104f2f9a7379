"""The commands that would do it, to hand over to somebody who may: nothing here writes to any cluster."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from fluxtui.actions.command import commands, exact_commands
from fluxtui.actions.plan import make
from fluxtui.actions.target import Target, Targets, targets
from fluxtui.actions.verbs import WORDS
from fluxtui.screens.acting import OpenSight, offers, told
from fluxtui.screens.desk import Desk
from fluxtui.screens.ending import Ending
from fluxtui.widgets.document import DocumentView
from fluxtui.widgets.flowline import FlowLine
from fluxtui.widgets.keyhints import KeyHint, KeyHints
from fluxtui.widgets.table_source import Span

REASON = "WHY"
"""Stands for the reason in the command that suspends."""


class HowToScreen(Ending, ModalScreen[None]):
    """A sheet of shell lines, one group for each thing that could be done to what is selected."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,R", "dismiss", "Close", show=False)]

    def __init__(self, desk: Desk, given: Targets, why: str = "") -> None:
        super().__init__()
        self._targets = targets(given)
        self._why = why
        self._text = script(desk, self._targets)

    def compose(self) -> ComposeResult:
        """Why it is not done here, and the lines."""
        with Vertical(id="howto", classes="dialog"):
            yield FlowLine([("To hand over: ", "muted"), (told(self._targets), "title")], lines=2, id="dialog-title")
            if self._why:
                yield FlowLine([(self._why, "warning")], lines=2, id="dialog-why")
            document = DocumentView(self._text, _painted, id="lines")
            document.wrap = True
            yield document
            yield KeyHints(
                [
                    KeyHint("y", "copy the line", 80),
                    KeyHint("v y", "select, copy lines", 60, "v"),
                    KeyHint("esc", "close", 90, "escape"),
                ]
            )

    def on_mount(self) -> None:
        """The lines have the keys."""
        self.query_one("#lines", DocumentView).focus()

    def on_document_view_copied(self, event: DocumentView.Copied) -> None:
        """Say what was copied."""
        told_of = "the line" if event.lines == 1 else f"{event.lines} lines"
        self.notify(told_of, title="copied", markup=False, timeout=2)


def script(desk: Desk, targets: Sequence[Target]) -> str:
    """Every command that there is for these objects, with what it does as a comment; why there is none as one too."""
    sight, now = OpenSight(desk), desk.now()
    lines: list[str] = []
    for offer in offers(sight, targets):
        word = WORDS[offer.verb]
        if not offer.able:
            lines += [f"# {word.title}: {offer.refusal}", ""]
            continue
        plan = make(sight, offer.verb, offer.able, now, who="${USER}", why=REASON)
        short, exact = commands(plan), exact_commands(plan)
        lines += [f"# {word.title}: {word.about}", *short]
        lines += ["# or, the same without flux:", *exact] if short != exact else []
        lines.append("")
    return "\n".join(lines or ["# nothing can be done to it: change it in Git"])


def _painted(line: str) -> Sequence[Span]:
    """Comments apart from commands."""
    return [(line, "syntax-comment" if line.startswith("#") else "")]
