"""YAML: the whole object, to read, to search, to copy from, and to compare with what it should be."""

import asyncio
from bisect import bisect_right
from collections.abc import Sequence
from textwrap import wrap
from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType

from fluxtui import keymap
from fluxtui.insight.authors import ownership
from fluxtui.insight.differing import Pair, beside, pairs, unified
from fluxtui.insight.fields import NOTHING, Json, at
from fluxtui.insight.yaml_text import as_yaml, comparable, last_applied, path_at
from fluxtui.kinds.decode import Garbled
from fluxtui.kube.answers import KubeError
from fluxtui.screens.page.tab import PageTab, Subject
from fluxtui.widgets.document import DocumentView
from fluxtui.widgets.document_text import MOST_MATCHES
from fluxtui.widgets.flowline import FlowLine
from fluxtui.widgets.keyhints import KeyHint
from fluxtui.widgets.table_source import Span
from fluxtui.widgets.yaml_folds import Chain, chain, extent, folded, outermost, parent

APPLIED = "what was applied last"
"""The comparison with the annotation of ``kubectl apply``."""
OWNED = "who owns what"
"""What stands for it of objects that were applied on the server's side."""
STYLES = {"-": "error", "+": "success", "~": "warning", "…": "muted"}
NARROWEST, MARGIN = 40, 10
"""Cells of a line that says why there is no text: at least, and what stands beside it."""
TOO_DEEP = "it is nested too deeply to be shown"


class YamlTab(PageTab):
    """The object as YAML, or how it differs from another one."""

    name_of_tab: ClassVar[str] = "yaml"
    BINDINGS: ClassVar[list[BindingType]] = [*keymap.PAGE_YAML]

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self._asked: tuple[Any, ...] = ()
        """What is to be shown, and how."""
        self._shown: tuple[Any, ...] = ()
        """The same of what is shown."""
        self._managed = False
        self._status = True
        self._against = ""
        self._beside = False
        self._lines: list[str] = []
        """The whole text, whatever is folded."""
        self._numbers: list[int] = []
        """Which of the lines is seen on each line."""
        self._folds: set[Chain] = set()
        self._found = (0, 0)
        """Which match of a search the cursor is at, and of how many."""

    def compose(self) -> ComposeResult:
        """What it is compared with, and the text."""
        yield FlowLine(id="against", lines=2)
        yield DocumentView("", "yaml", id="yaml")

    @property
    def rest(self) -> DocumentView:
        """The text."""
        return self.query_one(DocumentView)

    def update(self) -> None:
        """The text anew, if the object is another one or is to be shown otherwise."""
        self.query_one("#against").display = bool(self._against)
        subject = self.subject
        manner = (self._managed, self._status, self._against, self._beside)
        asked = (id(subject.value), subject.trouble, *manner, frozenset(self._folds))
        if asked != self._asked:  # else what is being written would be given up, and never written
            self._asked = asked
            self._write(asked)

    # The text

    @work(exclusive=True, group="write")
    async def _write(self, asked: tuple[Any, ...]) -> None:
        subject, before = self.subject, self._shown
        same = asked[2:6] == before[2:6] and bool(subject.value)
        if not subject.value:
            _, headline, lines = self.why_not() or ("empty", "", ())
            width = max(NARROWEST, self.app.size.width - MARGIN)
            told = [headline, *(line for text in lines for line in wrap(text, width))]
            self.rest.show("\n".join(f"# {line}" for line in told), "yaml")
        elif self._against:
            await self._compare()
        else:
            known = self._lines if asked[:6] == before[:6] else None
            lines, shown, numbers = await asyncio.to_thread(self._read, subject.value, known, asked[6])
            if not self.query(DocumentView):  # the page was closed meanwhile
                return
            stands = self._stands
            self._lines, self._numbers = lines, numbers
            self.rest.show("\n".join(shown), "yaml", keep=same)
            if same and asked[6] != before[6]:
                self.rest.go_to(bisect_right(numbers, stands) - 1)
        self._shown = asked
        self.post_message(self.Changed())

    def _read(
        self, value: Json, known: list[str] | None, folds: frozenset[Chain]
    ) -> tuple[list[str], list[str], list[int]]:
        """The lines of the whole text, those that are seen, and the number of each of these: beside the loop."""
        try:
            lines = known or as_yaml(value, managed=self._managed, status=self._status).rstrip("\n").split("\n")
        except RecursionError:
            lines = [f"# {TOO_DEEP}"]
        return lines, *folded(lines, folds)

    @property
    def _stands(self) -> int:
        """The line of the whole text that the cursor is on."""
        line = self.rest.line
        return self._numbers[line] if line < len(self._numbers) else 0

    # Folding

    def action_fold(self) -> None:
        """Fold what begins under the cursor, else what that is in; unfold what is folded there."""
        if self._against or not self._lines:
            self.notify("folding is of the YAML alone: d leaves the comparison", severity="warning", markup=False)
            return
        number: int | None = self._stands
        if chain(self._lines, number) not in self._folds and extent(self._lines, number) == number + 1:
            number = parent(self._lines, number)
        if number is not None:
            self._folds ^= {chain(self._lines, number)}
            self.update()

    def action_fold_all(self) -> None:
        """Fold the outermost nodes, or unfold whatever is folded."""
        self._folds = set() if self._folds else set(outermost(self._lines))
        self.update()

    # Comparing

    def _choices(self) -> list[str]:
        """What it can be compared with: what was applied, of server-side apply who owns what; then the clusters that
        have an object of the same name.
        """
        subject = self.subject
        applied = [APPLIED] if last_applied(subject.value) is not None else []
        if not applied and at(subject.value, "metadata", "managedFields"):
            applied = [OWNED]
        clusters = [data.name for data in subject.desk.store.clusters() if data.name != subject.cluster]
        return [*applied, *(name for name in clusters if subject.desk.store.row(name, subject.identity) is not None)]

    async def _compare(self) -> None:
        """How the object differs from what it is compared with."""
        if self._against == OWNED:
            self._own()
            return
        try:
            other = await self._fetched()
        except (KubeError, Garbled) as error:
            self.query_one("#against", FlowLine).show([("not compared: ", "warning"), (str(error), "")])
            self.rest.show("", "text")
            return
        found = await asyncio.to_thread(_compared, other, self.subject.value, self._status and self._against != APPLIED)
        if not self.query(DocumentView):  # the page was closed meanwhile
            return
        width = self.rest.size.width - 8
        lines = beside(found, width) if self._beside else unified(found)
        told: list[Span] = [("− ", "error"), (self._against, "strong"), ("   + ", "success"), ("here", "strong")]
        told.append((f"   {self.subject.cluster}, without what differs between any two copies", "muted"))
        self.query_one("#against", FlowLine).show(told)
        self.rest.show("\n".join(lines) or "  they do not differ", _coloured)

    def _own(self) -> None:
        """Nothing remembers what was applied on the server's side but who owns which field."""
        told: list[Span] = [("who owns which field", "strong")]
        told.append(("   by managedFields: kubectl apply left no copy of what it applied", "muted"))
        self.query_one("#against", FlowLine).show(told)
        self.rest.show("\n".join(ownership(self.subject.value, self.subject.now)), _owned)

    async def _fetched(self) -> Json:
        if self._against == APPLIED:
            return last_applied(self.subject.value) or NOTHING
        other = self.subject.desk.fleet.clusters.get(self._against)
        return await other.fetch(self.subject.identity) if other is not None else NOTHING

    def action_compare(self) -> None:
        """The next thing to compare with; after the last one the object alone again."""
        choices = ["", *self._choices()]
        if len(choices) == 1:
            told = "no other cluster that is watched has this object, and kubectl has not applied it"
            self.notify(told, title="nothing to compare with", severity="warning", markup=False)
        place = choices.index(self._against) if self._against in choices else 0
        self._against = choices[(place + 1) % len(choices)]
        self.query_one("#against", FlowLine).show([(f"compared with {self._against}…", "muted")])
        self.update()

    def action_side_by_side(self) -> None:
        """Side by side, or one below the other."""
        self._beside = not self._beside
        if not self._against:
            self.action_compare()
        else:
            self.update()

    # Keys

    def action_fold_status(self) -> None:
        """Fold the status into one line, or unfold it."""
        self._status = not self._status
        self.update()

    def action_managed_fields(self) -> None:
        """Show who manages which field, or hide it again."""
        self._managed = not self._managed
        self.update()

    async def action_copy_path(self) -> None:
        """Copy the path of what the cursor is on: ``.spec.path``."""
        if self._against or not self.subject.value:
            self.notify("a path is of the YAML alone: d leaves the comparison", severity="warning", markup=False)
            return
        text = "\n".join(self._lines) + "\n"
        path = await asyncio.to_thread(path_at, text.replace("status: … #", "status: {} #"), self._stands)
        self.app.copy_to_clipboard(path)
        self.notify(path or "nothing stands here", title="copied", markup=False, timeout=3)

    def on_document_view_copied(self, event: DocumentView.Copied) -> None:
        """Lines were copied."""
        told = "the line" if event.lines == 1 else f"{event.lines} lines"
        self.notify(told, title="copied", markup=False, timeout=2)

    def search(self, text: str) -> str:
        """Marks what matches; nothing stays folded that might."""
        if text and self._folds and not self._against:
            self._folds.clear()
            self._asked = self._shown = (*self._shown[:6], frozenset[Chain]())
            self._numbers = list(range(len(self._lines)))
            self.rest.show("\n".join(self._lines), "yaml", keep=True)
        found = self.rest.search(text)
        return "" if found or not text else f"{text!r} is not in the YAML"

    def on_document_view_searched(self, event: DocumentView.Searched) -> None:
        """Another match."""
        self._found = event.position, event.count
        self.post_message(self.Changed())

    def note(self) -> Sequence[Span]:
        """Which match of how many."""
        position, count = self._found
        return [(f"{position} of {count}{'+' if count == MOST_MATCHES else ''}", "accent")] if count else []

    def hints(self) -> Sequence[KeyHint]:
        """What can be done with the text."""
        choices = self._choices()
        others = len(choices)
        compare = f"compare ({others})" if not self._against else "next to compare with"
        if choices[:1] == [OWNED] and not self._against:
            compare = "owners, compare" if others > 1 else "owners"
        return (
            *((KeyHint("n N", "next match", 65, "n"),) if self._found[1] else ()),
            KeyHint("/", "search", 60),
            *((KeyHint("d", compare, 55),) if others or self._against else ()),
            *((KeyHint("b", "side by side", 54),) if self._against else ()),
            *((KeyHint("z", "fold here", 46),) if not self._against else ()),
            KeyHint("f", "unfold status" if not self._status else "fold status", 45),
            KeyHint("p", "copy path", 44),
            KeyHint("v y", "select, copy lines", 25, "v"),
            KeyHint("w", "wrap", 22),
            KeyHint("F", "managedFields", 20),
        )


def _compared(other: Json, value: Json, status: bool) -> list[Pair]:
    """What differs between two objects. Costs seconds for large ones: not for the loop."""
    return pairs(comparable(other, status=status), comparable(value, status=status))


def _owned(line: str) -> Sequence[Span]:
    """A manager, or a field that it owns."""
    if line.startswith(" "):
        return ((line, ""),)
    manager, gap, told = line.partition("  ")
    return ((manager, "strong"), (gap, ""), (told, "muted"))


def _coloured(line: str) -> Sequence[Span]:
    return ((line, STYLES.get(line[:1], "")),)
