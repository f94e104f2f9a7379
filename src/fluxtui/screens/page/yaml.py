"""YAML: the whole object, to read, to search, to copy from, and to compare with what it should be."""

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType

from fluxtui import keymap
from fluxtui.insight.differing import beside, pairs, unified
from fluxtui.insight.fields import NOTHING, Json
from fluxtui.insight.yaml_text import as_yaml, comparable, last_applied, path_at
from fluxtui.kinds.decode import Garbled
from fluxtui.kube.answers import KubeError
from fluxtui.screens.page.tab import PageTab, Subject
from fluxtui.widgets.document import DocumentView
from fluxtui.widgets.flowline import FlowLine
from fluxtui.widgets.keyhints import KeyHint
from fluxtui.widgets.table_source import Span

APPLIED = "what was applied last"
"""The comparison with the annotation of ``kubectl apply``."""
STYLES = {"-": "error", "+": "success", "~": "warning", "…": "muted"}
TOO_DEEP = "it is nested too deeply to be shown"


class YamlTab(PageTab):
    """The object as YAML, or how it differs from another one."""

    name_of_tab: ClassVar[str] = "yaml"
    BINDINGS: ClassVar[list[BindingType]] = [*keymap.PAGE_YAML]

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self._shown: tuple[object, ...] = ()
        self._managed = False
        self._status = True
        self._against = ""
        self._beside = False
        self._other: Json = NOTHING

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
        self._write()

    # The text

    @work(exclusive=True, group="write")
    async def _write(self) -> None:
        subject = self.subject
        asked = (id(subject.value), subject.trouble, self._managed, self._status, self._against, self._beside)
        if asked == self._shown:
            return
        same = bool(self._shown) and asked[2:] == self._shown[2:] and bool(subject.value)
        self._shown = asked
        if not subject.value:
            _, headline, lines = self.why_not() or ("empty", "", ())
            told = [headline, *(line for text in lines for line in text.splitlines())]
            self.rest.show("\n".join(f"# {line}" for line in told), "yaml")
        elif self._against:
            await self._compare()
        else:
            text = await asyncio.to_thread(self._text, subject.value)
            if not self.query(DocumentView):  # the page was closed meanwhile
                return
            self.rest.show(text, "yaml", keep=same)
        self.post_message(self.Changed())

    def _text(self, value: Json) -> str:
        try:
            return as_yaml(value, managed=self._managed, status=self._status)
        except RecursionError:
            return f"# {TOO_DEEP}"

    # Comparing

    def _choices(self) -> list[str]:
        """What it can be compared with: what was applied, then the clusters that have an object of the same name."""
        subject = self.subject
        applied = [APPLIED] if last_applied(subject.value) is not None else []
        clusters = [data.name for data in subject.desk.store.clusters() if data.name != subject.cluster]
        return [*applied, *(name for name in clusters if subject.desk.store.row(name, subject.identity) is not None)]

    async def _compare(self) -> None:
        """How the object differs from what it is compared with."""
        try:
            other = await self._fetched()
        except (KubeError, Garbled) as error:
            self.query_one("#against", FlowLine).show([("not compared: ", "warning"), (str(error), "")])
            self.rest.show("", "text")
            return
        left = comparable(other, status=self._status and self._against != APPLIED)
        right = comparable(self.subject.value, status=self._status and self._against != APPLIED)
        found = await asyncio.to_thread(pairs, left, right)
        width = self.rest.size.width - 8
        lines = beside(found, width) if self._beside else unified(found)
        told: list[Span] = [("− ", "error"), (self._against, "strong"), ("   + ", "success"), ("here", "strong")]
        told.append((f"   {self.subject.cluster}, without what differs between any two copies", "muted"))
        self.query_one("#against", FlowLine).show(told)
        self.rest.show("\n".join(lines) or "  they do not differ", _coloured)

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
        text = "\n".join(self.rest.document.lines) + "\n"
        path = await asyncio.to_thread(path_at, text.replace("status: … #", "status: {} #"), self.rest.line)
        self.app.copy_to_clipboard(path)
        self.notify(path or "nothing stands here", title="copied", markup=False, timeout=3)

    def on_document_view_copied(self, event: DocumentView.Copied) -> None:
        """Lines were copied."""
        told = "the line" if event.lines == 1 else f"{event.lines} lines"
        self.notify(told, title="copied", markup=False, timeout=2)

    def search(self, text: str) -> str:
        """Marks what matches."""
        found = self.rest.search(text)
        return "" if found or not text else f"{text!r} is not in the YAML"

    def hints(self) -> Sequence[KeyHint]:
        """What can be done with the text."""
        others = len(self._choices())
        compare = f"compare ({others})" if not self._against else "next to compare with"
        return (
            KeyHint("/", "search", 60),
            *((KeyHint("d", compare, 55),) if others or self._against else ()),
            *((KeyHint("b", "side by side", 54),) if self._against else ()),
            KeyHint("f", "unfold status" if not self._status else "fold status", 45),
            KeyHint("p", "copy path", 44),
            KeyHint("v y", "select, copy lines", 25, "v"),
            KeyHint("w", "wrap", 22),
            KeyHint("F", "managedFields", 20),
        )


def _coloured(line: str) -> Sequence[Span]:
    return ((line, STYLES.get(line[:1], "")),)
