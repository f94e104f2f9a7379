"""Bookmarks: the places that somebody keeps, with how what they are of stands now."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import BindingType

from fluxtui import keymap
from fluxtui.insight.link import link_to
from fluxtui.insight.place import Place
from fluxtui.kinds.ages import ago, exact
from fluxtui.kinds.record import Record, split_id
from fluxtui.kinds.status import NO_DATA_GLYPH, Status
from fluxtui.notes.bookmarks import Bookmark, BookmarkError
from fluxtui.screens.base import FleetScreen
from fluxtui.screens.desk import STATUS_STYLES, Desk
from fluxtui.screens.details import object_facts
from fluxtui.screens.roster import Accept, RosterScreen
from fluxtui.screens.telling import NoticeText
from fluxtui.screens.travel import PlaceAsked, gone
from fluxtui.store.changes import Batch
from fluxtui.store.row import Row
from fluxtui.widgets.commandline import CommandLine, no_suggestions
from fluxtui.widgets.factsheet import Fact
from fluxtui.widgets.keyhints import KeyHint
from fluxtui.widgets.table_columns import ESSENTIAL, TableColumn
from fluxtui.widgets.table_source import Cell, Span
from fluxtui.widgets.virtual_table import VirtualTable


def keep(screen: FleetScreen, desk: Desk, place: Place, name: str = "") -> None:
    """Bookmark a place, and say so; or why not."""
    known = desk.bookmarks.at(place)
    if known is not None and not name:
        screen.notify(f"it is bookmarked as {known.name!r}: `:bookmarks`", markup=False, timeout=3)
        return
    try:
        made = desk.bookmarks.add(place, name)
    except BookmarkError as error:
        screen.notify(str(error), title="bookmark", severity="warning", markup=False)
        return
    screen.notify(f"{made.name}   `:bookmarks` lists them", title="bookmarked", markup=False, timeout=3)
    if desk.bookmarks.trouble:
        screen.notify(desk.bookmarks.trouble, title="bookmarks", severity="warning", markup=False)


@dataclass(frozen=True)
class Kept:
    """The bookmarks as they are now."""

    every: tuple[Bookmark, ...]


class BookmarksScreen(RosterScreen[Kept, Bookmark]):
    """One line for each bookmark; enter goes there."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.ROSTER, *keymap.BOOKMARKS]
    tab = "bookmarks"
    columns = (
        TableColumn("status", "NOW", 13, priority=90, sortable=False),
        TableColumn("name", "BOOKMARK", 44, 40, 80, flex=3, priority=ESSENTIAL, sortable=False, cut="middle"),
        TableColumn("place", "LEADS TO", 30, 16, 80, flex=2, priority=40, sortable=False, cut="middle"),
        TableColumn("made", "MADE", 5, align="right", priority=50, sortable=False),
    )

    def steps(self) -> Generator[None, None, Kept]:
        """The file, if it is another than the one that was read."""
        yield
        return Kept(self.desk.bookmarks.every())

    def follow(self, batch: Batch) -> None:
        """How what they are of stands."""
        self.table.refresh_all()
        self.show_details()

    def lines_of(self, report: Kept) -> Sequence[Bookmark]:
        """In the order in which they were made."""
        return report.every

    def key_of(self, line: Bookmark) -> str:
        """Names are unique."""
        return line.name

    def _row(self, line: Bookmark) -> Row | None:
        return self.desk.store.row(*line.place.ref) if line.place.ref is not None else None

    def cells_of(self, line: Bookmark) -> Sequence[Cell]:
        """How the object stands, the name, where it leads, when it was made."""
        row, place = self._row(line), line.place
        status: Cell = ("–", "muted")
        if row is not None:
            status = (f"{row.status.glyph} {row.status.word}", STATUS_STYLES[row.status])
        elif place.ref is not None:
            status = (f"{NO_DATA_GLYPH} gone", "warning") if gone(self.desk, place) else (f"{NO_DATA_GLYPH} ?", "muted")
        leads = "" if place.title == line.name else place.title
        return [status, (line.name, "strong"), (leads, "muted"), (ago(int(line.made), self.desk.now()), "muted")]

    def passes(self, line: Bookmark, accept: Accept) -> bool:
        """The object, or the words of the name; a scope hides no bookmark: it is where one comes from."""
        if accept == self.desk.in_scope:
            return True
        row = self._row(line)
        if row is not None and accept(row):
            return True
        kind, namespace, _ = split_id(line.place.object)
        record = Record(kind=kind or line.place.kind, id=f"Bookmark//{line.name}", namespace=namespace, name=line.name)
        return accept(Row(line.place.cluster, record, Status.UNKNOWN, "", "", 0))

    def verdict(self, report: Kept, shown: Sequence[Bookmark]) -> list[Span]:
        """How many, and how many of them fail."""
        rows = [row for line in report.every if (row := self._row(line)) is not None]
        failed = sum(row.status in (Status.FAILED, Status.BLOCKED) for row in rows)
        word = "bookmark" if len(report.every) == 1 else "bookmarks"
        spans: list[Span] = [(f" {len(report.every)} {word}", "strong")]
        return [*spans, (f" · {failed} failed or blocked now", "status-failed")] if failed else spans

    def above(self) -> list[Span]:
        """What is wrong with the file."""
        return [(f" {self.desk.bookmarks.trouble}", "warning")] if self.desk.bookmarks.trouble else []

    def title_of(self, line: Bookmark) -> list[Span]:
        """The name."""
        return [(line.name, "title")]

    def facts_of(self, line: Bookmark) -> list[Fact]:
        """Where it leads, and what is known of the object."""
        place, row = line.place, self._row(line)
        facts = [Fact("leads to", [(place.title, "")], 2)]
        if place.ref is not None:
            facts.append(Fact("link", [(f"fluxtui open {link_to(*place.ref, place.tab)}", "muted")], 2))
            if why := gone(self.desk, place):
                facts.append(Fact("now", [(why, "warning")], 2))
        facts.append(Fact("made", [(exact(int(line.made)), "muted")], 1))
        return [*facts, *(object_facts(self.desk, row) if row is not None else ())]

    def object_of(self, line: Bookmark) -> tuple[str, str] | None:
        """The object of a page."""
        return line.place.ref

    def nothing(self, report: Kept | None) -> NoticeText:
        """How to make one."""
        told = ["`B` keeps the place that you look at: a page, or a list with its filter and its clusters."]
        return "empty", "no bookmarks", [*told, *filter(None, [self.desk.bookmarks.trouble])], [("1", "triage")]

    def hints(self) -> Sequence[KeyHint]:
        """Its own keys first."""
        if not len(self.rows):
            return super().hints()
        others = (hint for hint in super().hints() if hint.key != "⏎")
        return KeyHint("⏎", "go there", 95, "enter"), KeyHint("d", "delete", 85), KeyHint("r", "rename", 84), *others

    def on_virtual_table_selected(self, event: VirtualTable.Selected) -> None:
        """Go there, unless it is gone."""
        line = self.line()
        if line is None:
            return
        if why := gone(self.desk, line.place):
            self.notify(why, title=line.name, severity="warning", markup=False)
        else:
            self.post_message(PlaceAsked(line.place))

    def action_delete(self) -> None:
        """One bookmark less; the last word tells how it is made again."""
        line = self.line()
        if line is not None:
            self.desk.bookmarks.remove(line.name)
            self.notify(line.name, title="deleted", markup=False, timeout=3)
            self._again()

    def action_rename(self) -> None:
        """Write another name on the command line."""
        line = self.line()
        if line is None:
            return

        def judge(text: str) -> str:
            try:
                self.desk.bookmarks.rename(line.name, text)
            except BookmarkError as error:
                return str(error)
            self._again()
            return ""

        self.query_one("#line", CommandLine).open("name", line.name, no_suggestions, judge)

    def _again(self) -> None:
        if self.desk.bookmarks.trouble:
            self.notify(self.desk.bookmarks.trouble, title="bookmarks", severity="warning", markup=False)
        self.show_report(Kept(self.desk.bookmarks.every()))
