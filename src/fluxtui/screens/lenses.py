"""Green, but: everything that is ready and still old, stale or behind something suspended, by lens."""

from collections.abc import Generator, Sequence
from typing import ClassVar

from textual.binding import BindingType

from fluxtui import keymap
from fluxtui.insight.lenses import LENSES, Green, LensReport, report
from fluxtui.kinds.ages import ago
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


class LensesScreen(RosterScreen[LensReport, Green]):
    """One line for each object that is green, but."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.ROSTER]
    tab = "lenses"
    columns = (
        TableColumn("lens", "BUT", 11, priority=90, sortable=False),
        TableColumn("object", "OBJECT", 38, 38, 60, flex=2, priority=ESSENTIAL, sortable=False, cut="middle"),
        TableColumn("cluster", "CLUSTER", 12, 9, 24, flex=1, priority=80, sortable=False),
        TableColumn("since", "SINCE", 5, align="right", priority=85, sortable=False),
        TableColumn("why", "WHY", 40, 24, 100, flex=3, priority=20, sortable=False),
    )

    def steps(self) -> Generator[None, None, LensReport]:
        """See `insight.lenses`."""
        return report(self.desk.store, self.desk.now())

    def lines_of(self, report: LensReport) -> Sequence[Green]:
        """By lens, the oldest first."""
        return report.found

    def key_of(self, line: Green) -> str:
        """The object."""
        return " ".join(line.row.key)

    def cells_of(self, line: Green) -> Sequence[Cell]:
        """The first lens, the object, and why."""
        record, first = line.row.record, line.lenses[0]
        more = f" +{len(line.lenses) - 1}" if len(line.lenses) > 1 else ""
        kind, namespace, name = split_id(record.id)
        return [
            [("? ", "warning"), (first.name, "warning"), (more, "muted")],
            [(f"{kind} ", "muted"), (f"{namespace}/" if namespace else "", ""), (name, "strong")],
            line.row.cluster,
            (ago(first.since, self.desk.now()), "muted"),
            first.words,
        ]

    def passes(self, line: Green, accept: Accept) -> bool:
        """The object itself."""
        return accept(line.row)

    def verdict(self, report: LensReport, shown: Sequence[Green]) -> list[Span]:
        """How many, by lens."""
        if not report.found:
            whole = report.ready and not gap_lines(report.clusters)
            status = Status.READY if whole else Status.UNKNOWN
            told = [(f" {status.glyph} ", STATUS_STYLES[status]), (f"{report.ready} ready objects", "strong")]
            return [*told, *standing_spans(report.clusters, self.desk.now())]
        counts = [f"{count} {name}" for name in LENSES if (count := report.count(name))]
        words = f"{len(report.found)} of {report.ready} ready objects are green, but: {', '.join(counts)}"
        return [(" ? ", "warning"), (words, "strong"), *standing_spans(report.clusters, self.desk.now())]

    def title_of(self, line: Green) -> list[Span]:
        """Who, where."""
        return [(named(line.row.record.id), "title"), (f" · {line.row.cluster}", "muted")]

    def facts_of(self, line: Green) -> list[Fact]:
        """What each lens shows, then what is known of the object."""
        row = self.desk.store.row(*line.row.key) or line.row
        facts = [Fact(lens.name, [(LENSES[lens.name], "strong"), (f": {lens.words}", "")], 3) for lens in line.lenses]
        return [*facts, *object_facts(self.desk, row)]

    def object_of(self, line: Green) -> tuple[str, str]:
        """The object that is green."""
        return line.row.key

    def nothing(self, report: LensReport | None) -> NoticeText:
        """Nothing is green, but; or nothing is known yet."""
        if report is not None and (unread := unreadable(report.clusters)):
            return unread
        about = "What is green and should not be believed appears here."
        if report is None or not any(cluster.fresh for cluster in report.clusters):
            return "loading", "nothing is known yet", [about], []
        gaps = gap_lines(report.clusters)
        if not report.ready:
            return "empty", "no object is ready", ["So none can be green, but.", *gaps], [("1", "triage")]
        known = f"All {report.ready} ready objects are on what their sources have, by runs and reports of now."
        if gaps:
            return "empty", "green is green where we can see", [known, *gaps], [(":ctx", "how each answers")]
        return "good", "green is green", [known], [("1", "triage")]
