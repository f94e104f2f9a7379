"""Changes: everything that changed in the fleet, newest first, on an axis of time; what changed before a failure."""

import asyncio
from collections.abc import Generator, Sequence
from typing import ClassVar, NamedTuple

import msgspec
from textual import work
from textual.binding import BindingType

from fluxtui import keymap
from fluxtui.insight.activity import failing, first_failure
from fluxtui.insight.causes import Ref
from fluxtui.insight.changes import ChangesReport, before, gone, passes, report, to_ask
from fluxtui.insight.changes import Span as Time
from fluxtui.insight.changes_verdict import before_words, counted, verdict_words
from fluxtui.insight.evidence import LATER
from fluxtui.insight.grouping import Group
from fluxtui.insight.occurrence import Occurrence
from fluxtui.insight.place import Place
from fluxtui.insight.told import QUIET
from fluxtui.kinds.ages import age, ago, exact
from fluxtui.kinds.flatten import epoch
from fluxtui.kinds.record import split_id
from fluxtui.kinds.table import KINDS
from fluxtui.screens.changes_words import (
    MARKS,
    author_facts,
    axis_spans,
    by_spans,
    change_facts,
    change_style,
    group_facts,
)
from fluxtui.screens.commands import Go
from fluxtui.screens.desk import Desk
from fluxtui.screens.details import named, object_facts
from fluxtui.screens.lost import standing_spans
from fluxtui.screens.roster import Accept, RosterScreen
from fluxtui.screens.telling import NoticeText, gap_lines, unreadable
from fluxtui.widgets.factsheet import Fact
from fluxtui.widgets.keyhints import KeyHint
from fluxtui.widgets.table_columns import ESSENTIAL, TableColumn
from fluxtui.widgets.table_source import Cell, Span
from fluxtui.widgets.virtual_table import VirtualTable

WINDOWS = (600, 1800, 7200, 86400)
"""The windows that a key goes through, in seconds; then since the first failure, where there is one."""
LAST, SINCE, BEFORE = "last", "since", "before"
"""How a place says what is looked at."""
ROOMY = 110
"""Columns of a terminal from which on kinds stand with their names rather than their abbreviations."""


GLANCE = 0.15
"""Seconds that the cursor rests on a line before anything is asked because of it."""


class Line(NamedTuple):
    """A group, or with a member one of those that it was unfolded into."""

    group: Group
    member: Occurrence | None = None


class ChangesScreen(RosterScreen[ChangesReport, Line]):
    """One line for each group of changes; those of several objects unfold."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.ROSTER, *keymap.CHANGES]
    tab = "changes"
    columns = (
        TableColumn("when", "WHEN", 5, align="right", priority=90, sortable=False),
        TableColumn("change", "CHANGE", 11, priority=89, sortable=False),
        TableColumn("object", "OBJECT", 34, 28, 60, flex=2, priority=ESSENTIAL, sortable=False, cut="middle"),
        TableColumn("cluster", "CLUSTER", 10, 9, 24, flex=1, priority=80, sortable=False),
        TableColumn("known", "KNOWN", 8, priority=30, sortable=False),
        TableColumn("words", "WHAT", 16, 13, 80, flex=3, priority=70, sortable=False),
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._window = WINDOWS[1]
        self._since = 0
        """Since this moment rather than in a window; 0 for a window."""
        self._about: Ref | None = None
        self._failed_at = 0
        self._place = False
        """Whether the cursor is still to be put before the failure."""
        self._unfolded: set[str] = set()
        self._asked = self._question()
        self._telling: frozenset[Ref] = frozenset()
        """The objects whose managedFields the report uses: what is merely looked at does not change the list."""

    # The span of time

    def obey(self, command: Go) -> None:
        """What changed in the last so many seconds, or before an object became what it is."""
        if command.ref is not None:
            self._show_before(command.ref)
        elif command.seconds:
            self._show_window(command.seconds)

    def _show_window(self, seconds: int) -> None:
        """Look at the last so many seconds."""
        self._window, self._since, self._about = seconds, 0, None
        self._again()

    def _show_since(self, moment: int) -> None:
        """Look at everything since a moment."""
        self._since, self._about = moment, None
        self._again()

    def _show_before(self, ref: Ref) -> None:
        """Look at what changed before an object became what it is; what is upstream of it is marked."""
        row = self.desk.store.row(*ref)
        self._about, self._place = ref, True
        self._failed_at = (row.since or row.record.created) if row is not None else int(self.desk.now())
        self._again()

    def _again(self) -> None:
        self.report, self._telling = None, frozenset()
        if self.is_mounted:
            self.fill("")
            self.show_words()
        self._reporting.wake()

    def span(self) -> Time:
        """What is looked at."""
        now = self.desk.now()
        if self._about is not None:
            return before(self._failed_at)
        if self._since:
            return Time(self._since, 0, f"since {ago(self._since, now)} ago")
        return Time(now - self._window, 0, f"in the last {age(self._window)}")

    def place(self) -> Place:
        """The window too, or the object before whose failure one looks."""
        asked = f"{LAST} {age(self._window)}"
        if self._about is not None:
            asked = f"{BEFORE} {' '.join(self._about)}"
        elif self._since:
            asked = f"{SINCE} {exact(self._since)}"
        return msgspec.structs.replace(super().place(), asked=asked)

    def stand_at(self, place: Place) -> None:
        """What was looked at there."""
        if place.asked != self.place().asked:
            self._ask(place.asked)
        self._place = self._place and place.cursor is None
        super().stand_at(place)

    def _ask(self, asked: str) -> None:
        """Look at what the words of a place mean."""
        from fluxtui.insight.filter import duration

        word, _, rest = asked.partition(" ")
        cluster, _, identity = rest.rpartition(" ")
        moment = epoch(rest.removesuffix(" UTC"))
        if word == BEFORE and cluster:
            self._show_before((cluster, identity))
        elif word == SINCE and moment:
            self._show_since(moment)
        else:
            self._show_window(duration(rest) or WINDOWS[1])

    def action_window(self) -> None:
        """The next window; after the widest what changed since shortly before the first failure that lasts."""
        first = first_failure(self.desk.store)
        if self._about is not None or self._since:
            self._show_window(WINDOWS[0])
        elif self._window == WINDOWS[-1] and first:
            self._show_since(first - WINDOWS[0])
        else:
            wider = [window for window in WINDOWS if window > self._window]
            self._show_window(wider[0] if wider else WINDOWS[0])
        self.arrived()

    def action_back(self) -> None:
        """Escape: from what was before a failure to everything again."""
        if self._about is not None and not self.desk.filters.get(self.tab):
            self._show_window(self._window)
            self.arrived()
        else:
            super().action_back()

    def _question(self) -> tuple[int, int, Ref | None, int]:
        """What a report answers, other than the time that passes."""
        return self._window, self._since, self._about, self._failed_at

    # What the list shows

    def steps(self) -> Generator[None, None, ChangesReport]:
        """See `insight.changes`."""
        desk = self.desk
        self._asked = self._question()
        known = desk.authors.written
        written = {ref: known[ref] for ref in self._telling if ref in known}
        return report(desk.store, desk.now(), self.span(), desk.watched, written, self._about)

    def show_report(self, report: ChangesReport) -> None:
        """The list; the cursor goes before the failure that was asked about."""
        if self._asked != self._question():
            self._reporting.wake()
            return  # it answers what was asked before
        self._unfolded &= {group.key for group in report.groups}
        super().show_report(report)
        if self._place and self.in_sight:
            self._place = False
            self._go_before(report)
        if self.in_sight:
            self._read_authors(report)

    @work(exclusive=True, group="authors")
    async def _read_authors(self, report: ChangesReport) -> None:
        """Who wrote what may have caused it; the list has that with the next report."""
        triage = self.desk.report
        roots = [ref for cause in triage.problems for ref in cause.members] if triage is not None else []
        rows = to_ask(self.desk.store, report, roots or [row.key for row in failing(self.desk.store)])
        learned = await self.desk.authors.read(rows)
        telling = self._telling.union(row.key for row in rows)
        if learned or telling != self._telling:
            self._telling = telling
            self._reporting.wake()

    @work(exclusive=True, group="chosen")
    async def _read_chosen(self, ref: Ref) -> None:
        """Who wrote what of the object under the cursor, once the cursor rests there."""
        await asyncio.sleep(GLANCE)
        row = self.desk.store.row(*ref)
        if row is not None and await self.desk.authors.read([row]) and self.in_sight:
            self.show_details()

    def on_screen_suspend(self) -> None:
        """Left: nothing is read any more."""
        self.workers.cancel_group(self, "authors")
        self.workers.cancel_group(self, "chosen")

    def on_virtual_table_highlighted(self, event: VirtualTable.Highlighted) -> None:
        """Another line: its details, and who wrote what."""
        super().on_virtual_table_highlighted(event)
        line = self.line()
        if line is not None and (line.member is not None or len(line.group.members) == 1):
            self._read_chosen(self.object_of(line))

    def _go_before(self, report: ChangesReport) -> None:
        """What upstream of it changed last, else the last thing that changed before it at all."""
        earlier = [group for group in report.groups if group.at <= self._failed_at and report.distance(group) != 0]
        for group in (report.suspects(self._failed_at + LATER) or earlier)[:1]:
            self.table.move_to(group.key)

    def lines_of(self, report: ChangesReport) -> Sequence[Line]:
        """Groups, newest first, with the members of those that are unfolded."""
        lines: list[Line] = []
        for group in report.groups:
            lines.append(Line(group))
            if group.key in self._unfolded and len(group.members) > 1:
                lines += [Line(group, member) for member in group.members]
        return lines

    def key_of(self, line: Line) -> str:
        """The group, and the member of it."""
        member = line.member
        return (
            line.group.key if member is None else f"{line.group.key} > {' '.join(member.ref)} {member.what} {member.at}"
        )

    def cells_of(self, line: Line) -> Sequence[Cell]:
        """When, what, of whom, how that is known."""
        group, member = line
        now, first = self.desk.now(), member or group.head
        what = "push" if member is None and group.push and len(group.members) > 1 else first.what
        alone = member is not None or len(group.members) == 1
        known = first.known if alone else group.known
        return [
            (ago(first.at, now), "muted"),
            [(f"{known.glyph} ", known.style or "muted"), (what, change_style(first.what))],
            self._object(line),
            first.cluster if member is not None else _few(group.clusters),
            (known.value, known.style or "muted"),
            [(first.words if member is not None else group.words, ""), *by_spans(first if alone else None)],
        ]

    def _object(self, line: Line) -> list[Span]:
        group, member = line
        first = member or group.head
        spans: list[Span] = []
        if self.report is not None and self.report.about is not None:
            spans.append(self._mark(line))
        if member is not None:
            spans.append(("  ", ""))
        elif len(group.members) > 1:
            spans.append(("▾ " if group.key in self._unfolded else "▸ ", "accent"))
            if not group.push:
                return [*spans, (group.title, "strong")]
        kind, namespace, name = split_id(first.id)
        more = group.objects - 1 if member is None else 0
        if self.size.width < ROOMY and kind in KINDS and KINDS[kind].short:
            kind = KINDS[kind].short[0]
        spans += [(f"{kind} ", "muted"), (f"{namespace}/" if namespace else "", ""), (name, "strong")]
        return [*spans, (f" +{more}", "accent")] if more else spans

    def _mark(self, line: Line) -> Span:
        report = self.report
        if report is None:
            return "", ""
        far = report.upstream.get(line.member.ref) if line.member is not None else report.distance(line.group)
        return MARKS["none"] if far is None else MARKS["upstream"] if far else MARKS["itself"]

    def passes(self, line: Line, accept: Accept) -> bool:
        """A member passes by its object; a group when one of them does."""
        if line.member is None:
            return passes(self.desk.store, line.group, accept)
        return accept(self.desk.store.row(*line.member.ref) or gone(line.member))

    # What is told

    def verdict(self, report: ChangesReport, shown: Sequence[Line]) -> list[Span]:
        """How many changes, in how many groups, and what stands out."""
        words = verdict_words(report, self.span().words)
        if self._about is not None:
            words = before_words(self.desk.store, report, self._about, self._failed_at)
        first, _, rest = words.partition(" · ")
        spans: list[Span] = [(" ▸ ", "accent"), (first, "strong"), (f" · {rest}" if rest else "", "")]
        return [*spans, *standing_spans(report.clusters, self.desk.now())]

    def above(self) -> list[Span]:
        """The axis of time; the part of the line under the cursor is marked."""
        report, line = self.report, self.line()
        if report is None:
            return []
        at = (line.member or line.group.head).at if line is not None else 0
        return axis_spans(report, at, self.size.width, self.desk.now())

    def title_of(self, line: Line) -> list[Span]:
        """Which object; of a group which group."""
        group, member = line
        if member is None and len(group.members) > 1:
            return [(group.title, "title"), (f" · {counted(len(group.members), 'change')}", "muted")]
        first = member or group.head
        return [(named(first.id), "title"), (f" · {first.cluster}", "muted")]

    def facts_of(self, line: Line) -> list[Fact]:
        """What changed, how that is known; then what is known of the object."""
        group, member = line
        now = self.desk.now()
        if member is None and len(group.members) > 1:
            return group_facts(group, now)
        first = member or group.head
        row = self.desk.store.row(*first.ref)
        facts = change_facts(first, now)
        if row is None:
            return [*facts, Fact("object", [("it is not there any more, or not watched", "muted")], 1)]
        authors = self.desk.authors
        if row.record.kind not in QUIET:
            known = authors.written.get(first.ref) if authors.known(first.ref) else None
            facts += author_facts(known, authors.troubles.get(first.ref, ""), now)
        return [*facts, *object_facts(self.desk, row)]

    def object_of(self, line: Line) -> tuple[str, str]:
        """The object that changed; of a group the first."""
        return (line.member or line.group.head).ref

    def enter(self, line: Line) -> None:
        """Unfold a group, fold it again, or open the object."""
        if line.member is not None or len(line.group.members) == 1:
            super().enter(line)
            return
        self._unfolded ^= {line.group.key}
        self.fill(self.desk.filters.get(self.tab, ""))
        self.show_hints()

    def hints(self) -> Sequence[KeyHint]:
        """Keys of this list."""
        line = self.line()
        found = super().hints()
        if line is not None and line.member is None and len(line.group.members) > 1:
            word = "fold" if line.group.key in self._unfolded else "unfold"
            found = (KeyHint("⏎", word, 90, "enter"), *found[1:])
        back = (KeyHint("esc", "all changes", 85, "escape"),) if self._about is not None else ()
        return (*back, KeyHint("w", "window", 80), *found)

    def nothing(self, report: ChangesReport | None) -> NoticeText:
        """Nothing changed, or nothing is known yet."""
        if report is None:
            return "loading", "looking for what changed", ["Records, Events and what we saw ourselves."], []
        lost = gap_lines(report.clusters)
        if unread := unreadable(report.clusters):
            return unread
        if not report.clusters:
            return "loading", "connecting", ["Changes appear here as soon as the first cluster answers."], []
        return "empty", f"nothing changed {self.span().words}", lost, [("w", "a wider window"), ("1", "triage")]


def _few(words: Sequence[str], most: int = 2) -> str:
    if len(words) <= most:
        return ", ".join(words)
    return f"{words[0]} +{len(words) - 1}"
