"""The dialog that acknowledges problems: for how long, and a word for whoever is on call next."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from fluxtui.insight.acknowledge import Acknowledgement, Attention, Mark
from fluxtui.insight.causes import Cause
from fluxtui.kinds.ages import age, ago, exact
from fluxtui.screens.desk import Desk
from fluxtui.screens.ending import Ending
from fluxtui.widgets.factsheet import Fact
from fluxtui.widgets.flowline import FlowLine
from fluxtui.widgets.keyhints import KeyHint, KeyHints
from fluxtui.widgets.table_source import Span

HOUR = 3600
TERMS: tuple[tuple[str, float], ...] = (
    ("1h", HOUR),
    ("4h", 4 * HOUR),
    ("8h", 8 * HOUR),
    ("24h", 24 * HOUR),
    ("3d", 72 * HOUR),
    ("until it changes", 0),
)
USUAL = 2
"""The term that is chosen at first: a shift."""
NOTE_LIMIT = 200
"""Characters of a note."""


class AcknowledgeScreen(Ending, ModalScreen[bool]):
    """Asks for a term and a note; dismissed with whether something was acknowledged."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(False)", "Not now", show=False),
        Binding("down,tab", "term(1)", "Longer", show=False, priority=True),
        Binding("up,shift+tab", "term(-1)", "Shorter", show=False, priority=True),
    ]

    def __init__(self, desk: Desk, causes: Sequence[Cause]) -> None:
        super().__init__()
        self._desk = desk
        self._causes = tuple(causes)
        self._term = USUAL

    def compose(self) -> ComposeResult:
        """What it is about, the terms, the note."""
        first = self._causes[0]
        told = f"{first.title} · {first.reason}" if len(self._causes) == 1 else f"{len(self._causes)} problems"
        with Vertical(id="acknowledge", classes="dialog"):
            yield FlowLine([("Acknowledge: ", "muted"), (told, "title")], lines=2, id="dialog-title")
            yield FlowLine(id="terms")
            yield FlowLine(lines=2, id="meaning")
            yield FlowLine(
                [("note ", "muted"), ("for whoever looks next: who works on it, which ticket", "faint")], id="question"
            )
            yield Input(id="told", max_length=NOTE_LIMIT)
            yield KeyHints(
                [
                    KeyHint("⏎", "acknowledge", 90, "enter"),
                    KeyHint("↑↓", "for how long", 80, "down"),
                    KeyHint("esc", "not now", 70, "escape"),
                ]
            )

    def on_mount(self) -> None:
        """The note has the keys."""
        self._show_terms()
        self.query_one("#told", Input).focus()

    def action_term(self, step: int) -> None:
        """Another term."""
        self._term = (self._term + step) % len(TERMS)
        self._show_terms()

    def _show_terms(self) -> None:
        spans: list[Span] = []
        for at, (name, _) in enumerate(TERMS):
            spans += [(f" {name} ", "tab-active" if at == self._term else "muted"), (" ", "")]
        self.query_one("#terms", FlowLine).show(spans)
        until = self._until()
        when = f"until {exact(until)}" if until else "for good"
        changes = "or sooner: when its reason changes, it reaches another cluster, or it fails again after it was well"
        self.query_one("#meaning", FlowLine).show([(f"{when}, ", ""), (changes, "muted")])

    def _until(self) -> float:
        seconds = TERMS[self._term][1]
        return self._desk.now() + seconds if seconds else 0.0

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Acknowledge."""
        event.stop()
        notebook = self._desk.notebook
        notebook.acknowledge(self._causes, self._until(), " ".join(event.value.split()))
        self.dismiss(True)


def mark_span(mark: Mark | None) -> Span:
    """The word in front of a problem, empty for one that is merely open."""
    match mark.attention if mark is not None else Attention.OPEN:
        case Attention.NEW:
            return "new", "accent"
        case Attention.BACK:
            return "back", "warning"
        case Attention.ACKNOWLEDGED:
            return "ack", "muted"
        case _:
            return "", ""


def mark_facts(mark: Mark | None, now: float) -> list[Fact]:
    """What the evidence of a problem says of its acknowledgement."""
    if mark is None:
        return []
    held = mark.acknowledged
    if held is None:
        new: list[Span] = [("since you last looked", "accent")]
        return [Fact("new", new, 1)] if mark.attention is Attention.NEW else []
    if mark.calls:
        return [Fact("back", [(mark.why, "warning"), (f" · {told(held, now)}", "muted")], 2)]
    return [Fact("acknowledged", [(told(held, now), "")], 2)]


def told(held: Acknowledgement, now: float) -> str:
    """``by anna 2h ago, for 6h more: waiting for the vendor``."""
    by = f"by {held.by} " if held.by else ""
    if not held.until:
        term = ", until it changes"
    elif held.until > now:
        term = f", for {age(held.until - now)} more"
    else:
        term = f", until {exact(held.until)}"
    note = f": {held.note}" if held.note else ""
    return f"{by}{ago(held.at, now) or '0s'} ago{term}{note}"
