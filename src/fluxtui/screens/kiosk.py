"""The quiet screen of a kiosk: the verdict in large, the worst problems, every cluster. Made to be read from afar."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Digits

from fluxtui.insight.causes import Cause
from fluxtui.insight.triage import TriageReport, verdict
from fluxtui.kinds.ages import exact
from fluxtui.kinds.status import Status
from fluxtui.screens.base import FleetScreen
from fluxtui.screens.desk import Desk
from fluxtui.screens.lost import standing_spans
from fluxtui.screens.problems import ProblemRows
from fluxtui.screens.telling import activity_spans, clusters_spans, nothing_to_show
from fluxtui.store.changes import Batch
from fluxtui.widgets.flowline import FlowLine
from fluxtui.widgets.keyhints import KeyHint
from fluxtui.widgets.notice import Notice
from fluxtui.widgets.table_source import Span
from fluxtui.widgets.virtual_table import VirtualTable


class KioskScreen(FleetScreen):
    """How many root causes, which, where; nothing that can be pressed."""

    tab = "kiosk"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.id = "wall"

    def compose_body(self) -> ComposeResult:
        """The number, the verdict, the list, the clusters."""
        with Horizontal(id="headline"):
            yield Digits("", id="number")
            with Vertical(id="words"):
                yield FlowLine(id="first")
                yield FlowLine(id="second")
                yield FlowLine(id="third")
        yield FlowLine(id="activity")
        yield VirtualTable(id="causes")
        yield Notice(id="notice")
        yield FlowLine(lines=4, id="clusters")

    def on_mount(self) -> None:
        """Told of every report."""
        super().on_mount()
        self.desk.listeners.append(self.show_report)

    def catch_up(self) -> None:
        """Seen again."""
        self.desk.reporting.wake()
        self._show()

    def follow(self, batch: Batch) -> None:
        """The report is due."""
        self.desk.reporting.wake()

    def tick(self) -> None:
        """Ages."""
        self.desk.reporting.passed()
        self._show()

    def on_resize(self) -> None:
        """Another size."""
        self._show()

    def show_report(self, report: TriageReport) -> None:
        """What is true now."""
        del report
        if self.in_sight:
            self._show()

    def _show(self) -> None:
        report, now = self.desk.report, self.desk.now()
        problems, known = self._ranked(report)
        number, style = _number(report, problems)
        digits = self.query_one("#number", Digits)
        digits.update(number)
        digits.set_classes(style)
        digits.display = bool(number)
        for name, spans in zip(("#first", "#second", "#third"), self._words(report, problems, known), strict=True):
            self.query_one(name, FlowLine).show(spans)
        activity = self.query_one("#activity", FlowLine)
        activity.display = report is not None and report.activity.total > 0
        if report is not None:
            activity.show(activity_spans(report, self.size.width))
        rows = ProblemRows(self.desk, problems, self.desk.notebook.marks(problems) if problems else {})
        table, notice = self.query_one("#causes", VirtualTable), self.query_one("#notice", Notice)
        table.set_source(rows, rows.columns)
        table.display, notice.display = bool(problems), not problems
        if not problems:
            notice.show(*nothing_to_show(self.desk, report, 0))
        self.query_one("#clusters", FlowLine).show(clusters_spans(self.desk, report, self.size.width * 3, now))

    def _ranked(self, report: TriageReport | None) -> tuple[Sequence[Cause], int]:
        """The problems that stand out, and how many are acknowledged."""
        if report is None:
            return (), 0
        marks = self.desk.notebook.marks(report.problems)
        calling = [cause for cause in report.problems if marks[cause.key].calls]
        return calling, len(report.problems) - len(calling)

    def _words(self, report: TriageReport | None, problems: Sequence[Cause], known: int) -> list[list[Span]]:
        clock: list[Span] = [(exact(self.desk.now())[11:16] + " UTC", "strong")]
        if report is None:
            return [[("connecting", "strong")], [], clock]
        first, *rest = verdict(report).split(" · ")
        if known:
            rest.append(f"{known} acknowledged")
        lost = standing_spans(report.clusters, self.desk.now())
        return [[(first, "strong")], [(" · ".join(rest), "")], [*clock, *lost]]

    def hints(self) -> Sequence[KeyHint]:
        """Nothing to press but to leave."""
        return (KeyHint("any key", "leave the kiosk", 90, "space"),)


def _number(report: TriageReport | None, problems: Sequence[Cause]) -> tuple[str, str]:
    """The number in large, and the class that colours it: zero is green only where everything is known."""
    if report is None or report.loading:
        return "", "unknown"
    if problems:
        failed = any(cause.status in (Status.FAILED, Status.BLOCKED) for cause in problems)
        return str(len(problems)), "failed" if failed else "suspended"
    return "0", "ready" if report.healthy and report.complete else "unknown"
