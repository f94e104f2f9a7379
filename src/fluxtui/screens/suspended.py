"""Suspended: everything at rest in the fleet: who, since when, why, what it hides, and what waits for it."""

from collections.abc import Generator, Sequence
from typing import ClassVar

from textual import work
from textual.binding import BindingType

from fluxtui import keymap
from fluxtui.insight.known import Known
from fluxtui.insight.ledger import Entry, LedgerReport, report, verdict
from fluxtui.kinds.ages import ago, exact
from fluxtui.kinds.record import split_id
from fluxtui.kinds.status import Status
from fluxtui.screens.desk import STATUS_STYLES
from fluxtui.screens.details import named, object_facts
from fluxtui.screens.lost import standing_spans
from fluxtui.screens.roster import Accept, RosterScreen
from fluxtui.screens.telling import NoticeText, gap_lines, unreadable
from fluxtui.widgets.factsheet import Fact
from fluxtui.widgets.table_columns import ESSENTIAL, TableColumn
from fluxtui.widgets.table_source import Cell, Span

SUSPENDED = STATUS_STYLES[Status.SUSPENDED]
ALONE_GLYPH = "◇"
NAMED = 12
"""Hidden objects that are named."""


class SuspendedScreen(RosterScreen[LedgerReport, Entry]):
    """One line for each object at rest, what hides the most first."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.ROSTER]
    tab = "suspended"
    columns = (
        TableColumn("hides", "HIDES", 5, align="right", priority=90, sortable=False),
        TableColumn("object", "OBJECT", 36, 32, 60, flex=2, priority=ESSENTIAL, sortable=False, cut="middle"),
        TableColumn("cluster", "CLUSTER", 10, 9, 24, flex=1, priority=80, sortable=False),
        TableColumn("since", "SINCE", 7, align="right", priority=85, sortable=False),
        TableColumn("who", "WHO", 10, 10, 26, flex=1, priority=75, sortable=False),
        TableColumn("why", "WHY", 26, 16, 80, flex=3, priority=60, sortable=False),
    )

    def steps(self) -> Generator[None, None, LedgerReport]:
        """See `insight.ledger`."""
        return report(self.desk.store, self.desk.now(), self.desk.watched.suspends, self.desk.authors.written)

    def show_report(self, report: LedgerReport) -> None:
        """The list at once; who wrote what is read meanwhile."""
        super().show_report(report)
        if self.in_sight:
            self._read_authors(report)

    @work(exclusive=True, group="authors")
    async def _read_authors(self, report: LedgerReport) -> None:
        if await self.desk.authors.read(entry.row for entry in report.entries):
            self._reporting.wake()

    def on_screen_suspend(self) -> None:
        """Left: nothing is read any more."""
        self.workers.cancel_group(self, "authors")

    def lines_of(self, report: LedgerReport) -> Sequence[Entry]:
        """What hides the most first."""
        return report.entries

    def key_of(self, line: Entry) -> str:
        """The object."""
        return " ".join(line.key)

    def cells_of(self, line: Entry) -> Sequence[Cell]:
        """How much it hides, who, why; an inferred time is an upper bound and looks like one."""
        kind, namespace, name = split_id(line.row.record.id)
        rests = line.how == "left alone"
        glyph = (ALONE_GLYPH, "muted") if rests else (Status.SUSPENDED.glyph, SUSPENDED)
        why: Cell = line.switch if rests else line.why or ("no reason on record", "muted")
        return [
            (str(len(line.hides)), "strong") if line.hides else ("·", "faint"),
            [
                (f"{glyph[0]} ", glyph[1]),
                (f"{kind} ", "muted"),
                (f"{namespace}/" if namespace else "", ""),
                (name, "strong"),
            ],
            line.row.cluster,
            since_cell(line, self.desk.now()),
            line.by or ("not told", "muted"),
            why,
        ]

    def passes(self, line: Entry, accept: Accept) -> bool:
        """The object itself."""
        return accept(line.row)

    def verdict(self, report: LedgerReport, shown: Sequence[Entry]) -> list[Span]:
        """How many, what they hide, what is waiting."""
        if not report.entries:
            status = Status.UNKNOWN if gap_lines(report.clusters) else Status.READY
            spans: list[Span] = [(f" {status.glyph} ", STATUS_STYLES[status]), (verdict(report), "strong")]
        else:
            first, _, rest = verdict(report).partition(" · ")
            spans = [(f" {Status.SUSPENDED.glyph} ", SUSPENDED), (first, "strong"), (f" · {rest}" if rest else "", "")]
        return [*spans, *standing_spans(report.clusters, self.desk.now())]

    def title_of(self, line: Entry) -> list[Span]:
        """Who, where."""
        return [(named(line.row.record.id), "title"), (f" · {line.row.cluster}", "muted")]

    def facts_of(self, line: Entry) -> list[Fact]:
        """The ledger's own facts, then what is known of the object."""
        row = self.desk.store.row(*line.key) or line.row
        trouble = self.desk.authors.troubles.get(line.key, "")
        return [*ledger_facts(line, self.desk.now(), trouble), *object_facts(self.desk, row)]

    def object_of(self, line: Entry) -> tuple[str, str]:
        """The object at rest."""
        return line.key

    def nothing(self, report: LedgerReport | None) -> NoticeText:
        """Nothing is at rest; or nothing is known yet."""
        if report is not None and (unread := unreadable(report.clusters)):
            return unread
        if report is None or not report.looked:
            return "loading", "nothing is known yet", ["What is suspended, disabled or left alone appears here."], []
        gaps = gap_lines(report.clusters)
        known = f"None of the {report.looked} objects that are known is suspended, disabled or left alone."
        if gaps:
            return "empty", "nothing is at rest where we can see", [known, *gaps], [(":ctx", "how each answers")]
        return "good", "nothing is at rest", [known], [("1", "triage")]


def since_cell(entry: Entry, now: float) -> Cell:
    """``2d``; ``≈ ≤2d`` where it is only known that it was not before, ``≈ ≥2d`` that it was not after."""
    age = ago(entry.since, now)
    if not age:
        return "?", "muted"
    if entry.known is Known.INFERRED:
        return [(f"{Known.INFERRED.glyph} ", "warning"), (f"{entry.bound}{age}", "muted")]
    return age, "" if entry.known is Known.TOLD else "strong"


def ledger_facts(entry: Entry, now: float, trouble: str = "") -> list[Fact]:
    """How, since when, who, why, what waits, what it hides. `trouble` is why its managedFields are not known."""
    facts = [Fact(entry.how, [(entry.switch, SUSPENDED)], 1), Fact("since", _since(entry, now), 2)]
    who: list[Span] = [(entry.who or "not told by an annotation", "strong" if entry.who else "muted")]
    if entry.writer is not None:
        writer = entry.writer
        when = f"{'' if writer.exact else 'not after '}{exact(writer.at)}" if writer.at else "when is not told"
        who.append((f" · written by {writer.manager}, {when} (managedFields)", "muted"))
    elif trouble:
        who.append((f" · who wrote it cannot be read: {trouble}", "warning"))
    facts.append(Fact("who", who, 2))
    facts.append(Fact("why", [(entry.why or "no reason on record", "" if entry.why else "muted")], 3))
    if entry.pending is not None:
        since = f" · {ago(entry.pending.since, now)}" if entry.pending.since else ""
        facts.append(Fact("waiting for it", [(entry.pending.words, "warning"), (since, "muted")], 2))
    if entry.hides:
        names = ", ".join(identity.partition("/")[2] for identity in entry.hides[:NAMED])
        more = f" and {len(entry.hides) - NAMED} more" if len(entry.hides) > NAMED else ""
        facts.append(Fact("hides", [(f"{len(entry.hides)}: ", "strong"), (names, ""), (more, "muted")], 4))
    return facts


def _since(entry: Entry, now: float) -> list[Span]:
    known = entry.known
    if not entry.since:
        return [("not told: nothing of it has a time", "muted")]
    told = {
        Known.SEEN: "we saw it happen",
        Known.TOLD: "by its managedFields",
        Known.INFERRED: "at most: its last run ended then",
    }[known]
    if entry.written:
        told = "at least: its writer wrote last then, and owns other fields too"
    mark: Span = (f"{known.glyph} {known} ", known.style)
    return [mark, (f"{ago(entry.since, now)} ago, {exact(entry.since)}", ""), (f" · {told}", "muted")]
