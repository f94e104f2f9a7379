"""The page of one object: a headline, and tabs for every question that one has of it.

The whole object is fetched when the page opens and whenever it has changed, and dropped when the page closes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container

from fluxtui import keymap
from fluxtui.actions.target import Target
from fluxtui.insight.blast import Tenants
from fluxtui.insight.delivered import delivered_by
from fluxtui.insight.fields import text
from fluxtui.insight.managed import MANAGING
from fluxtui.insight.place import PAGE, Place
from fluxtui.kinds.columns import revision
from fluxtui.kinds.decode import Garbled
from fluxtui.kinds.printed import PrintedRecord
from fluxtui.kinds.record import split_id
from fluxtui.kinds.served import whole
from fluxtui.kinds.table import KINDS
from fluxtui.kube.answers import KubeError
from fluxtui.screens.base import CommandGiven, FleetScreen, Opened
from fluxtui.screens.desk import Desk
from fluxtui.screens.details import named, status_spans
from fluxtui.screens.page.events import EventsTab
from fluxtui.screens.page.history import HistoryTab
from fluxtui.screens.page.logs import LogsTab
from fluxtui.screens.page.objects import ObjectsTab
from fluxtui.screens.page.overview import OverviewTab
from fluxtui.screens.page.tab import PageTab, Subject
from fluxtui.screens.page.values import ValuesTab
from fluxtui.screens.page.why import WhyTab
from fluxtui.screens.page.yaml import TOO_DEEP, YamlTab
from fluxtui.store.changes import Batch
from fluxtui.widgets.flowline import FlowLine
from fluxtui.widgets.keyhints import KeyHint
from fluxtui.widgets.sheet import Sheet
from fluxtui.widgets.table_source import Span
from fluxtui.widgets.tabstrip import Tab, TabStrip


@dataclass(frozen=True)
class PageOf:
    """One tab of the page: its strip entry, what makes it, and the kinds that have it (empty: all)."""

    tab: Tab
    make: Callable[[Subject], PageTab]
    kinds: frozenset[str] = frozenset()


PAGES: tuple[PageOf, ...] = (
    PageOf(Tab("overview", "i", "Overview"), OverviewTab),
    PageOf(Tab("why", "x", "Why", "Why"), WhyTab, frozenset(KINDS)),
    PageOf(Tab("objects", "m", "Managed objects", "Objects"), ObjectsTab, MANAGING),
    PageOf(Tab("history", "h", "History", "History"), HistoryTab),
    PageOf(Tab("events", "e", "Events", "Events"), EventsTab),
    PageOf(Tab("logs", "l", "Logs", "Logs"), LogsTab),
    PageOf(Tab("values", "u", "Values", "Values"), ValuesTab, frozenset({"HelmRelease"})),
    PageOf(Tab("values", "u", "Variables", "Vars"), ValuesTab, frozenset({"Kustomization"})),
    PageOf(Tab("values", "u", "Inputs", "Inputs"), ValuesTab, frozenset({"ResourceSet", "ResourceSetInputProvider"})),
    PageOf(Tab("yaml", "y", "YAML", "YAML"), YamlTab),
)
"""The tabs in their order; the keys are bound in `keymap.RESOURCE`."""


class PageStrip(TabStrip):
    """The tabs of the page, below its headline."""

    DEFAULT_CSS = """
    PageStrip { dock: none; }
    """


class ResourceScreen(FleetScreen):
    """Pushed on top of the screen that it was opened from; esc goes back there. `page` is the tab to begin with."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.RESOURCE]
    tab = "resource"

    def __init__(self, desk: Desk, cluster: str, identity: str, page: str = "") -> None:
        super().__init__(desk)
        self.subject = Subject(desk, cluster, identity)
        kind = self.subject.kind
        self._pages = {page.tab.id: page for page in PAGES if not page.kinds or kind in page.kinds}
        self._page = page if page in self._pages else next(iter(self._pages))
        self._version = ""
        self._asked = False

    def compose_body(self) -> ComposeResult:
        """A headline, the tabs, and the one that is seen."""
        yield FlowLine(id="title")
        yield FlowLine(id="about")
        yield PageStrip([page.tab for page in self._pages.values()], self._page, id="pages")
        yield Container(id="page")

    def on_mount(self) -> None:
        """The first tab is made, the others when they are asked for. The handover remembers that somebody looked."""
        super().on_mount()
        self.desk.governed.append(self._governed)
        self.desk.notebook.handover.visit((self.subject.cluster, self.subject.identity))
        self.show_page(self._page)

    def on_unmount(self) -> None:
        """Nobody is told any more; a page may be closed before it was ever there."""
        if self._governed in self.desk.governed:
            self.desk.governed.remove(self._governed)

    def _governed(self) -> None:
        """What policy says of the object may be another."""
        if self.is_mounted and self.in_sight and self.seen is not None:
            self.seen.update()

    # Tabs

    @property
    def seen(self) -> PageTab | None:
        """The tab that is seen, None until it has its parts: of a page that is closed at once it never gets any."""
        made = (tab for tab in self.query(PageTab) if tab.is_mounted and tab.children)
        return next((tab for tab in made if tab.name_of_tab == self._page), None)

    @work(exclusive=True, group="turn")
    async def show_page(self, name: str) -> None:
        """Turn to a tab, by its id; one that objects of this kind do not have is told."""
        if name not in self._pages:
            self.notify(f"a {self.subject.kind} has no such tab", severity="warning", markup=False)
            return
        before = self.seen
        if before is not None and before.name_of_tab != name:
            before.leave()
            before.display = False
        self._page = name
        self.query_one("#pages", TabStrip).show(active=name)
        self.arrived()
        if self.seen is None:
            await self.query_one("#page", Container).mount(self._pages[name].make(self.subject))
        tab = self.seen
        if tab is not None:
            tab.display = True
            tab.enter()
            if tab.rest is not None:
                self.rest_on(tab.rest)
        self.show_hints()

    def action_page(self, name: str) -> None:
        """Turn to a tab."""
        self.show_page(name)

    def action_turn(self, step: int) -> None:
        """Turn to the next tab, or the one before."""
        names = list(self._pages)
        self.show_page(names[(names.index(self._page) + step) % len(names)])

    def action_yaml(self) -> None:
        """Turn to the YAML."""
        self.show_page("yaml")

    def on_tab_strip_activated(self, event: TabStrip.Activated) -> None:
        """A tab was clicked: one of the page, or one of the program."""
        if event.strip.id == "pages":
            self.show_page(event.tab_id)
        else:
            self.post_message(CommandGiven(event.tab_id))

    def on_page_tab_changed(self) -> None:
        """A tab has something else to say in the last line, or shows something else, which then has the keys."""
        tab = self.seen
        if tab is not None and tab.rest not in (None, self.focused) and self.focused in (None, tab):
            self.rest_on(tab.rest or tab)
        self.show_hints()

    def on_sheet_selected(self, event: Sheet.Selected) -> None:
        """The name of an object was opened: by its id here, or as (cluster, id)."""
        match event.key:
            case str(identity):
                self.post_message(Opened(self.subject.cluster, identity))
            case (str(cluster), str(identity)):
                self.post_message(Opened(cluster, identity))
            case _:
                pass

    # What it shows

    def catch_up(self) -> None:
        """The object as it is now."""
        self._show_title()
        row = self.subject.row
        version = row.record.version if row is not None else ""
        if version != self._version or not self._asked:
            self._version, self._asked = version or self._version, True
            self._fetch()
        if self.seen is not None:
            self.seen.update()

    def _show_title(self) -> None:
        row = self.subject.row
        title: list[Span] = [(f" {named(self.subject.identity)}", "title"), (f"  {self.subject.cluster}  ", "muted")]
        if row is not None:
            title += status_spans(row, self.desk.now())
        elif not self.subject.value or self._version:
            title.append((self.subject.absence, "warning"))
        for line in self.query("#title").results(FlowLine):  # none while the page is being taken down
            line.show(title)
        where = where_spans(self.subject)
        for line in self.query("#about").results(FlowLine):
            line.show(where)
            line.display = bool(where)

    def follow(self, batch: Batch) -> None:
        """Something in its cluster changed."""
        if any(change.cluster == self.subject.cluster for change in batch.changes):
            self.catch_up()

    def tick(self) -> None:
        """Ages; and what nobody watches is fetched again."""
        self.catch_up()
        watched = self.desk.store.row(self.subject.cluster, self.subject.identity) is not None
        if not watched and not whole(self.subject.kind):
            self._fetch()

    @work(exclusive=True, group="fetch", exit_on_error=False)
    async def _fetch(self) -> None:
        subject = self.subject
        cluster = subject.watched
        if cluster is None:
            return
        before = subject.trouble
        try:
            subject.value, subject.trouble = await cluster.fetch(subject.identity), ""
        except (KubeError, Garbled, RecursionError) as error:
            subject.trouble = TOO_DEEP if isinstance(error, RecursionError) else str(error)
            if subject.value and subject.row is not None and subject.trouble != before:
                told = f"what is shown of the object is of before: {subject.trouble}"
                self.notify(told, severity="warning", markup=False)
        if not self.is_mounted:
            return
        self._show_title()
        if self.seen is not None:
            self.seen.update()
        self.show_hints()

    # Keys

    def place(self) -> Place:
        """The page, and its tab."""
        return Place(screen=PAGE, cluster=self.subject.cluster, object=self.subject.identity, tab=self._page)

    def chosen(self) -> tuple[str, str] | None:
        """The object of the page."""
        return self.subject.cluster, self.subject.identity

    def target(self, ref: tuple[str, str]) -> Target:
        """The object that is seen, not another one of its name that came later."""
        return super().target(ref)._replace(uid=text(self.subject.value, "metadata", "uid"))

    def filter_changed(self, text: str, *, final: bool) -> str:
        """On a page, `/` searches what the tab shows."""
        del final
        return self.seen.search(text) if self.seen is not None else ""

    def hints(self) -> Sequence[KeyHint]:
        """Keys of the tab, then those of every page."""
        tab = self.seen.hints() if self.seen is not None else ()
        return (
            KeyHint("esc", "back", 90, "escape"),
            KeyHint("tab", "next tab", 80),
            *tab,
            KeyHint("c", "copy name", 18),
            KeyHint(":", "command", 30),
            KeyHint("?", "keys", 70),
        )

    def note(self) -> Sequence[Span]:
        """The tab's word."""
        return self.seen.note() if self.seen is not None else ()


def where_spans(subject: Subject) -> list[Span]:
    """Where an object comes from, in a line: its revision, source, owner and tenant, as far as there are any; its own
    namespace is not told again.
    """
    row = subject.row
    if row is None:
        return []
    record, data = row.record, subject.data
    owner = delivered_by(data, record).owner if isinstance(record, PrintedRecord) else record.owner
    tenant = Tenants(data).of(record.namespace)[0] if data is not None and record.namespace else ""
    here = record.namespace
    told = (("at", revision(record.revision)), ("from", _brief(record.source, here)), ("by", _brief(owner, here)))
    spans: list[Span] = []
    for word, what in (*told, ("tenant", tenant if tenant != here else "")):
        if what:
            spans += [(f" · {word} " if spans else f" {word} ", "muted"), (what, "")]
    return spans


def _brief(identity: str, here: str) -> str:
    """``oci cert-manager/infra``: the kind by its short name; the namespace unless it is `here`."""
    if not identity:
        return ""
    kind, namespace, name = split_id(identity)
    word = KINDS[kind].short[0] if kind in KINDS and KINDS[kind].short else kind
    return f"{word} {namespace}/{name}" if namespace not in ("", here) else f"{word} {name}"
