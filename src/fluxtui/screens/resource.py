"""The page of one object: what is concluded of it, what its conditions say, and its YAML, fetched when it opens."""

from collections.abc import Sequence
from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal

from fluxtui import keymap
from fluxtui.kinds.decode import Garbled
from fluxtui.kube.answers import KubeError
from fluxtui.screens.base import FleetScreen
from fluxtui.screens.desk import Desk
from fluxtui.screens.details import named, object_facts, status_spans
from fluxtui.store.changes import Batch
from fluxtui.widgets.document import DocumentView
from fluxtui.widgets.factsheet import FactSheet
from fluxtui.widgets.flowline import FlowLine
from fluxtui.widgets.keyhints import KeyHint
from fluxtui.widgets.table_source import Span

WIDE = 132


class ResourceScreen(FleetScreen):
    """Pushed on top of the screen that it was opened from; esc goes back there."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.RESOURCE]
    tab = "resource"

    def __init__(self, desk: Desk, cluster: str, identity: str) -> None:
        super().__init__(desk)
        self._cluster = cluster
        self._identity = identity
        self._version = ""
        self._yaml_note = ""

    def compose_body(self) -> ComposeResult:
        """A headline, facts, and the YAML below or beside them."""
        yield FlowLine(id="title")
        with Horizontal(id="page"):
            yield FactSheet(id="facts")
            yield DocumentView("", "yaml", id="yaml")

    def on_mount(self) -> None:
        """The YAML has the keys: it is what scrolls."""
        super().on_mount()
        self.query_one("#yaml", DocumentView).focus()
        self._arrange()

    def on_resize(self) -> None:
        """Side by side where there is room."""
        self._arrange()

    def _arrange(self) -> None:
        self.query_one("#page").set_class(self.size.width < WIDE, "stacked")

    # What it shows

    def catch_up(self) -> None:
        """The object as it is now."""
        row = self.desk.store.row(self._cluster, self._identity)
        title: list[Span] = [(f" {named(self._identity)}", "title"), (f"  {self._cluster}  ", "muted")]
        if row is None:
            gone = "is not held: it was deleted, or this cluster has not told of it yet"
            self.query_one("#title", FlowLine).show([*title, (gone, "warning")])
            return
        self.query_one("#title", FlowLine).show([*title, *status_spans(row, self.desk.now())])
        self.query_one("#facts", FactSheet).show(object_facts(self.desk, row, long=True)[1:])
        if row.record.version != self._version:
            self._version = row.record.version
            self._fetch()

    def follow(self, batch: Batch) -> None:
        """It, or something that it refers to, changed."""
        if any(change.cluster == self._cluster for change in batch.changes):
            self.catch_up()

    def tick(self) -> None:
        """Ages."""
        self.catch_up()

    @work(exclusive=True, group="fetch", exit_on_error=False)
    async def _fetch(self) -> None:
        document = self.query_one("#yaml", DocumentView)
        cluster = self.desk.fleet.clusters.get(self._cluster)
        if cluster is None:
            document.show("# this cluster is not watched any more: :ctx", "yaml")
            return
        first = not self._yaml_note
        if first:
            document.show("# on its way", "yaml")
        try:
            self._yaml_note = await self._text(await cluster.fetch(self._identity))
        except (KubeError, Garbled, RecursionError) as error:
            told = "it is nested too deeply to be shown" if isinstance(error, RecursionError) else str(error)
            if first:
                document.show("\n".join(f"# {line}" for line in told.splitlines()), "yaml")
            else:
                self.notify(told, title="the YAML shown is of before", severity="warning", markup=False)
            return
        document.show(self._yaml_note, "yaml", keep=not first)

    async def _text(self, value: dict[str, Any]) -> str:
        import asyncio

        return await asyncio.to_thread(as_yaml, value)

    # Keys

    def on_document_view_copied(self, event: DocumentView.Copied) -> None:
        """Lines of the YAML were copied."""
        told = "the line" if event.lines == 1 else f"{event.lines} lines"
        self.notify(told, title="copied", markup=False, timeout=2)

    def chosen(self) -> tuple[str, str] | None:
        """The object of the page."""
        return self._cluster, self._identity

    def action_yaml(self) -> None:
        """The YAML alone, or with the facts again."""
        self._alone("yaml")

    def action_facts(self) -> None:
        """The facts alone, or with the YAML again."""
        self._alone("facts")

    def _alone(self, part: str) -> None:
        page = self.query_one("#page")
        was = page.has_class(f"{part}-alone")
        page.remove_class("yaml-alone", "facts-alone")
        page.set_class(not was, f"{part}-alone")

    def filter_changed(self, text: str, *, final: bool) -> str:
        """On a page, `/` searches the YAML."""
        found = self.query_one("#yaml", DocumentView).search(text)
        return "" if found or not text else f"{text!r} is not in the YAML"

    def hints(self) -> Sequence[KeyHint]:
        """Keys of a page."""
        return (
            KeyHint("esc", "back", 90, "escape"),
            KeyHint("/", "search", 60),
            KeyHint("n N", "next, previous", 50, "n"),
            KeyHint("z", "YAML alone", 45),
            KeyHint("⏎", "facts alone", 43, "enter"),
            KeyHint("w", "wrap", 40),
            KeyHint("v y", "select, copy lines", 25, "v"),
            KeyHint("c", "copy name", 35),
            KeyHint(":", "command", 30),
            KeyHint("?", "keys", 70),
        )


def as_yaml(value: dict[str, Any]) -> str:
    """An object as YAML, the fields in the order in which people read them; managedFields are left out."""
    import yaml

    meta = dict(value.get("metadata") or {})
    meta.pop("managedFields", None)
    first = {key: value[key] for key in ("apiVersion", "kind") if key in value}
    ordered = first | ({"metadata": meta} if meta else {})
    ordered |= {key: held for key, held in value.items() if key not in {*ordered, "managedFields"}}
    return yaml.dump(ordered, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=4096)
