"""The page of one violation: what is wrong, the object with the place pointed at, the rule itself, a draft exception.

The report, the policy and the object are fetched when the page opens, and dropped when it closes. A draft is text to
copy or to save: nothing is applied.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.widget import Widget

from fluxtui import keymap
from fluxtui.insight.fields import Json
from fluxtui.insight.place import VIOLATION, Place
from fluxtui.insight.policy.draft import Draft, NoDraft, draft
from fluxtui.insight.policy.model import Picture, Violation
from fluxtui.insight.policy.naming import is_id
from fluxtui.insight.policy.path import named as named_paths
from fluxtui.kinds.decode import Garbled
from fluxtui.kinds.record import split_id
from fluxtui.kube.answers import KubeError, NotFound
from fluxtui.kube.cluster import Cluster
from fluxtui.screens.base import COMMON_HINTS, CommandGiven, FleetScreen, Opened
from fluxtui.screens.desk import Desk
from fluxtui.screens.page.yaml import TOO_DEEP
from fluxtui.screens.policy_objects import identity_of, policy_identity
from fluxtui.screens.resource import PageStrip
from fluxtui.screens.violation_texts import Text, painted, pointed, rule_text
from fluxtui.screens.violation_words import (
    Fetched,
    Found,
    about_spans,
    images_of,
    message_of,
    overview,
    result_of,
    title_spans,
)
from fluxtui.store.changes import Batch
from fluxtui.widgets.document import DocumentView
from fluxtui.widgets.flowline import FlowLine
from fluxtui.widgets.keyhints import KeyHint
from fluxtui.widgets.notice import Notice
from fluxtui.widgets.sheet import Sheet
from fluxtui.widgets.table_source import Span
from fluxtui.widgets.tabstrip import Tab, TabStrip

PAGES = (
    Tab("overview", "i", "Overview"),
    Tab("object", "o", "Object", "Obj"),
    Tab("policy", "p", "Rule", "Rule"),
    Tab("draft", "x", "Exception", "Exc"),
)
"""The tabs in their order; the keys are bound in `keymap.VIOLATION`."""


AROUND = 6
"""Lines that are seen below the place that is pointed at."""


def find(picture: Picture | None, key: str) -> Violation | None:
    """The violation of a key; what does not change about it is compared first, for there may be very many."""
    if picture is None:
        return None
    cluster, _, rest = key.partition("|")
    name = rest.rpartition("|")[2]
    near = (each for each in picture.violations if each.subject.name == name and each.cluster == cluster)
    return next((each for each in near if each.key == key), None)


class ViolationScreen(FleetScreen):
    """Pushed on top of the list that it was opened from; esc goes back there. `page` is the tab to begin with."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.VIOLATION]
    tab = VIOLATION

    def __init__(self, desk: Desk, key: str, page: str = "") -> None:
        super().__init__(desk)
        self.key = key
        self.found = Found()
        self.violation: Violation | None = find(desk.guard.picture, key)
        self._page = page if page in {tab.id for tab in PAGES} else PAGES[0].id
        self._texts: dict[str, Text] = {}
        self._draft: Draft | None = None
        self._asked = False
        self._shown = ""
        """The tab whose text is shown."""
        self._matches = (0, 0)

    # Life

    def compose_body(self) -> ComposeResult:
        """A headline, the tabs, and the one that is seen."""
        yield FlowLine(id="title")
        yield FlowLine(id="about")
        yield PageStrip(PAGES, self._page, id="pages")
        with Container(id="page"):
            yield Sheet(id="overview")
            yield DocumentView("", "yaml", id="lines")
            yield Notice(id="notice")

    def on_mount(self) -> None:
        """Every picture may have it no more."""
        self.desk.guard.listeners.append(self._pictured)
        super().on_mount()
        self._document.wrap = self._page == "draft"

    def on_unmount(self) -> None:
        """Nobody is told any more."""
        self.desk.guard.listeners.remove(self._pictured)

    def _pictured(self, picture: Picture) -> None:
        fresh = find(picture, self.key)
        self.found.over = fresh is None
        changed = fresh is not None and self.violation is not None and fresh.checked != self.violation.checked
        self.violation = fresh or self.violation
        if self.in_sight:
            if changed or not self._asked:
                self._fetch()
            self.show_all()

    def catch_up(self) -> None:
        """What is true now; what is fetched is fetched once, and again when it was checked anew."""
        if self.violation is not None and not self._asked:
            self._fetch()
        self.show_all()
        self.rest_on(self.rest)

    def follow(self, batch: Batch) -> None:
        """Delivery changed: the picture follows by itself."""

    def tick(self) -> None:
        """Ages are others."""
        self.show_all()

    # What is fetched

    def _fetch(self) -> None:
        """Ask for the report, the object and the policy, each by itself."""
        violation = self.violation
        cluster = self.desk.fleet.clusters.get(violation.cluster) if violation is not None else None
        if violation is None or cluster is None:
            return
        self._asked = True
        found = self.found
        self._ask(partial(self._policy_kind, cluster, violation.report), found.report)
        self._ask(partial(cluster.fetch, identity_of(violation.subject)), found.object)
        if is_id(violation.policy):
            self._ask(partial(self._policy_kind, cluster, violation.policy), found.policy)

    async def _policy_kind(self, cluster: Cluster, identity: str) -> Json:
        """An object of a kind of policy, from where its cluster serves it."""
        kind, namespace, name = split_id(identity)
        resource = self.desk.guard.resource(cluster.name, kind) or await cluster.where(kind)
        return await cluster.fetch_from(resource, namespace, name)

    @work(group="fetch", exit_on_error=False)
    async def _ask(self, ask: Callable[[], Awaitable[Json]], into: Fetched) -> None:
        try:
            into.value, into.trouble, into.gone = await ask(), "", False
        except NotFound as error:
            into.value, into.trouble, into.gone = None, str(error), True
        except (KubeError, Garbled, RecursionError) as error:
            into.trouble = TOO_DEEP if isinstance(error, RecursionError) else str(error)
        violation = self.violation
        if violation is not None and self.found.report.value is not None:
            self.found.result = result_of(self.found.report.value, violation)
        if self.is_mounted:
            self._texts.clear()
            self.show_all()

    # What is shown

    @property
    def rest(self) -> Widget:
        """What has the keys."""
        return self.query_one("#overview" if self._page == "overview" else "#lines")

    @property
    def _document(self) -> DocumentView:
        return self.query_one("#lines", DocumentView)

    def show_all(self) -> None:
        """The headline, and the tab that is seen."""
        if not self.query("#title"):  # being taken down
            return
        violation = self.violation
        title, about = self.query_one("#title", FlowLine), self.query_one("#about", FlowLine)
        sheet, notice = self.query_one("#overview", Sheet), self.query_one("#notice", Notice)
        notice.display = violation is None
        sheet.display = violation is not None and self._page == "overview"
        self._document.display = violation is not None and self._page != "overview"
        if violation is None:
            title.show([(" Violation", "title")])
            about.show([(f" {self.key.replace('|', ' ')}", "muted")])
            loading = self.desk.guard.picture is None
            told = ["It may have been mended, or its report is not read yet."]
            notice.show("loading" if loading else "empty", "no such violation is known", told, [("esc", "back")])
        else:
            title.show(title_spans(violation, self.found))
            about.show(about_spans(violation))
            if self._page == "overview":
                sheet.show(overview(self.desk, violation, self.found))
            else:
                self._write(violation, self._page)
        self.show_hints()

    @work(exclusive=True, group="write")
    async def _write(self, violation: Violation, page: str) -> None:
        """The text of a tab: made beside the loop, once."""
        if page not in self._texts:
            made = await asyncio.to_thread(self._made, violation, page)
            if not self.query(DocumentView) or page != self._page:
                return
            kept = self._texts.get(page) is not None
            self._texts[page] = made
            self._document.show(made.text, painted, keep=kept)
            if not kept:
                self._point(made.line)
            self._shown = page
        elif page != self._shown:
            self._document.show(self._texts[page].text, painted)
            self._point(self._texts[page].line)
            self._shown = page
        self.show_hints()

    def _point(self, line: int) -> None:
        """The cursor on a line, with what stands around it in sight."""
        if line:
            self._document.go_to(line + AROUND)
            self._document.go_to(line)

    def _made(self, violation: Violation, page: str) -> Text:
        found = self.found
        if page == "object":
            return pointed(violation, found.object, named_paths(message_of(violation, found)))
        if page == "policy":
            return rule_text(violation, found.policy)
        try:
            makers = self.desk.guard.made_by(violation.cluster, violation.subject)
            self._draft = draft(violation, self.desk.now(), made_by=makers, images=images_of(found))
        except NoDraft as error:
            self._draft = None
            return Text(f"# There is no exception to draft: {error}")
        return Text(self._draft.text)

    # Keys

    def action_page(self, name: str) -> None:
        """Turn to a tab."""
        self._page = name
        self._matches = (0, 0)
        self._document.wrap = name == "draft"  # its comments are sentences
        self.query_one("#pages", TabStrip).show(active=name)
        self._shown = ""
        self.show_all()
        self.rest_on(self.rest)
        self.arrived()

    def action_turn(self, step: int) -> None:
        """Turn to the next tab, or the one before."""
        names = [tab.id for tab in PAGES]
        self.action_page(names[(names.index(self._page) + step) % len(names)])

    def on_tab_strip_activated(self, event: TabStrip.Activated) -> None:
        """A tab was clicked: one of the page, or one of the program."""
        if event.strip.id == "pages":
            self.action_page(event.tab_id)
        else:
            self.post_message(CommandGiven(event.tab_id))

    def on_sheet_selected(self, event: Sheet.Selected) -> None:
        """The name of an object, of the policy, or of another violation was opened."""
        match event.key:
            case ("violation", str(key)):
                self.leaving()
                self.app.push_screen(ViolationScreen(self.desk, key))
            case ("policy", str(policy)):
                picture = self.desk.guard.picture
                found = policy_identity(picture, policy) if picture is not None else None
                if found is not None:
                    here = self.violation.cluster if self.violation is not None else found[0]
                    self.post_message(Opened(here, found[1]))
            case (str(cluster), str(identity)):
                self.post_message(Opened(cluster, identity))
            case _:
                pass

    def action_export(self) -> None:
        """Copy the draft, or write it into a file."""
        if self._page != "draft" or self._draft is None:
            return
        from fluxtui.screens.saving import Form, SaveScreen

        text = self._draft.text
        forms = [Form("y", "YAML", self._draft.file, lambda: text)]
        self.app.push_screen(SaveScreen("Save the draft of an exception", forms, "nothing is applied"))

    def action_yaml(self) -> None:
        """The object, with the place pointed at."""
        self.action_page("object")

    def filter_changed(self, text: str, *, final: bool) -> str:
        """On a page, `/` searches what the tab shows."""
        del final
        view = self.rest
        found = view.search(text) if isinstance(view, Sheet | DocumentView) else 0
        return "" if found or not text else f"{text!r} is not here"

    def on_document_view_searched(self, event: DocumentView.Searched) -> None:
        """Another match."""
        self._matches = event.position, event.count
        self.show_hints()

    def on_document_view_copied(self, event: DocumentView.Copied) -> None:
        """Lines were copied."""
        told = "the line" if event.lines == 1 else f"{event.lines} lines"
        self.notify(told, title="copied", markup=False, timeout=2)

    def chosen(self) -> tuple[str, str] | None:
        """The object that breaks the rule."""
        violation = self.violation
        return (violation.cluster, identity_of(violation.subject)) if violation is not None else None

    def place(self) -> Place:
        """The violation, and its tab."""
        return Place(screen=VIOLATION, asked=self.key, tab=self._page)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A draft alone can be saved."""
        if action == "export" and self._page != "draft":
            return False
        return super().check_action(action, parameters)

    def hints(self) -> Sequence[KeyHint]:
        """Keys of the tab, then those of every page."""
        keys: dict[str, tuple[KeyHint, ...]] = {
            "overview": (KeyHint("⏎", "open the name", 66, "enter"),),
            "object": (KeyHint("n N", "next match", 50, "n"),) if self._matches[1] else (),
            "draft": (KeyHint("e", "copy, save", 88),) if self._draft is not None else (),
        }
        return (
            KeyHint("esc", "back", 90, "escape"),
            KeyHint("tab", "next tab", 80),
            *keys.get(self._page, ()),
            KeyHint("c", "copy name", 18),
            *COMMON_HINTS[1:],
            KeyHint("/", "search", 40),
        )

    def note(self) -> Sequence[Span]:
        """Which match of how many."""
        position, count = self._matches
        return [(f"{position} of {count}", "accent")] if count else []
