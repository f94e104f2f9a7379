"""The keys of the screen that it was opened over: what works here, and nothing else."""

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen

from fluxtui.screens.ending import Ending
from fluxtui.widgets.factsheet import Fact, FactSheet
from fluxtui.widgets.table_source import Span

NAMES = {
    "colon": ":", "slash": "/", "question_mark": "?", "escape": "esc", "enter": "⏎", "pageup": "PgUp",
    "pagedown": "PgDn",
    "less_than_sign": "<", "greater_than_sign": ">", "left_square_bracket": "[", "right_square_bracket": "]",
    "minus": "-",
    "up": "↑", "down": "↓", "left": "←", "right": "→",
}  # fmt: skip

FILTERS: tuple[tuple[str, str], ...] = (
    ("cert man", "these letters in order, in any of its names"),
    ("ns: kind: cluster: name:", "of a field; * is a glob, a comma means or"),
    ("status:failed,blocked", "or ready, progressing, suspended, unknown"),
    ("reason: label:k=v tenant:", "more fields; also message: source: revision:"),
    ("age:<30m since:>2h", "younger than; in its status for longer than"),
    ("!x  “exact”", "not; exactly"),
)
EXAMPLES = max(len(example) for example, _ in FILTERS) + 2
"""Cells that the examples of filters take."""

GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("This screen", ()),
    ("Every screen", ("screen", "app")),
    ("Moving", ("list", "document")),
)


def _grouped(name: str) -> bool:
    return any(name.partition(".")[0] in prefixes for _, prefixes in GROUPS)


class KeysScreen(Ending, ModalScreen[None]):
    """A sheet of keys, made from the bindings that were active on the screen below."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark", "dismiss", "Close", show=False)]

    def __init__(self, active: Mapping[str, ActiveBinding]) -> None:
        super().__init__()
        self._facts = _facts(active)

    def compose(self) -> ComposeResult:
        """One sheet, as high as it needs."""
        with VerticalScroll(id="keys"):
            sheet = FactSheet(self._facts)
            sheet.styles.height = len(self._facts)
            yield sheet


def _facts(active: Mapping[str, ActiveBinding]) -> list[Fact]:
    facts = [
        Fact(
            "",
            [
                ("Keys that work here", "accent"),
                ("   esc closes · grey: the ids for the configuration", "muted"),
            ],
            1,
        )
    ]
    keys: dict[str, list[str]] = {}
    told: dict[str, str] = {}
    for key, held in active.items():
        name = held.binding.id
        if name:  # what has no id is Textual's own
            keys.setdefault(name, []).append(NAMES.get(key, key))
            told[name] = held.binding.description
    for heading, prefixes in GROUPS:
        names = [name for name in keys if name.partition(".")[0] in prefixes or (not prefixes and not _grouped(name))]
        if names:
            facts += [Fact("", [], 1), Fact("", [(heading, "title")], 1)]
        for name in names:
            spans: list[Span] = [(told[name], ""), (f"  {name}", "faint")]
            facts.append(Fact("  ".join(keys[name][:3]), spans, 1, "key"))
    facts += [Fact("", [], 1), Fact("", [("Filter language", "title")], 1)]
    facts += [Fact("", [(example.ljust(EXAMPLES), "key"), (about, "muted")], 1) for example, about in FILTERS]
    return facts
