"""Engine: is the policy engine of each cluster asked, does it answer, and can its reports be believed?"""

from collections.abc import Generator, Sequence
from typing import ClassVar

from textual.binding import BindingType

from fluxtui import keymap
from fluxtui.insight.policy.engine import Engine, EngineReport, engines, verdict
from fluxtui.insight.policy.engine_held import Finding, Grade, count
from fluxtui.insight.policy.idle import Idle, idle
from fluxtui.kinds.ages import ago
from fluxtui.kinds.policy.table import page_id
from fluxtui.kinds.record import Record
from fluxtui.kinds.status import NO_DATA_GLYPH, Status
from fluxtui.screens.commands import Go
from fluxtui.screens.desk import Desk
from fluxtui.screens.grades import GRADES
from fluxtui.screens.roster import Accept, RosterScreen
from fluxtui.screens.telling import NoticeText
from fluxtui.store.row import Row
from fluxtui.widgets.factsheet import Fact
from fluxtui.widgets.table_columns import ESSENTIAL, TableColumn
from fluxtui.widgets.table_source import Cell, Span

NAMED = 5
"""Exceptions that are told of one by one."""
STATUSES = {
    Grade.DOWN: Status.FAILED,
    Grade.DEGRADED: Status.PROGRESSING,
    Grade.UNKNOWN: Status.UNKNOWN,
    Grade.OK: Status.READY,
    Grade.ABSENT: Status.UNKNOWN,
}
"""What ``status:`` of a filter finds."""


def _part(name: str, title: str, width: int, priority: int) -> TableColumn:
    return TableColumn(name, title, width, priority=priority, sortable=False)


class EngineScreen(RosterScreen[EngineReport, Engine]):
    """One line for each cluster, the worst first."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.ROSTER]
    tab = "engine"
    parts = ("admission", "webhooks", "policies", "scan", "reports", "background", "cleanup")
    columns = (
        TableColumn("cluster", "CLUSTER", 12, 10, 24, flex=1, priority=ESSENTIAL, sortable=False),
        TableColumn("engine", "ENGINE", 15, priority=98, sortable=False),
        _part("admission", "ADMISSION", 9, 90),
        _part("webhooks", "WEBHOOKS", 10, 85),
        _part("policies", "POLICIES", 8, 65),
        _part("scan", "SCAN", 6, 70),
        _part("reports", "REPORTS", 11, 80),
        _part("background", "BACKGROUND", 10, 60),
        _part("cleanup", "CLEANUP", 7, 55),
        TableColumn("version", "VERSION", 9, priority=50, sortable=False),
        TableColumn("words", "VERDICT", 24, 16, 100, flex=4, priority=40, sortable=False),
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._meant = ""
        """The cluster that a command asked for, until its line is there."""
        self._idle: dict[str, list[Idle]] = {}
        """The exceptions that do nothing, by cluster."""

    def on_mount(self) -> None:
        """What is told of policy makes it due, too."""
        super().on_mount()
        self.desk.guard.listeners.append(lambda picture: self._reporting.wake())

    def obey(self, command: Go) -> None:
        """The cursor goes to the cluster that is meant."""
        if command.ref is not None:
            self._meant = command.ref[0]
            self._stand()

    def show_report(self, report: EngineReport) -> None:
        """A command may have asked for a line that was not there yet."""
        super().show_report(report)
        self._stand()

    def _stand(self) -> None:
        if self._meant and self.is_mounted and self.table.move_to(self._meant):
            self._meant = ""

    def steps(self) -> Generator[None, None, EngineReport]:
        """See `insight.policy.engine`; exceptions that do nothing are told beside, and are no trouble of an engine."""
        guard = self.desk.guard
        report = yield from engines(guard.store, guard.picture, self.desk.now())
        by_cluster: dict[str, list[Idle]] = {}
        if guard.picture is not None:
            for each in (yield from idle(guard.store, guard.picture)):
                by_cluster.setdefault(each.cluster, []).append(each)
        self._idle = by_cluster
        return report

    def lines_of(self, report: EngineReport) -> Sequence[Engine]:
        """The worst first, else in the clusters' order."""
        return sorted(report.engines, key=lambda engine: engine.grade)

    def key_of(self, line: Engine) -> str:
        """The cluster."""
        return line.cluster

    def cells_of(self, line: Engine) -> Sequence[Cell]:
        """The verdict, then part by part."""
        glyph, style = GRADES[line.grade]
        parts = [_cell(line, name) for name in self.parts]
        words = line.words.partition(": ")[2] or (", ".join(line.others) if not line.installed else line.words)
        return [
            (line.cluster, "strong"),
            [(f"{glyph} ", style), (line.grade.word, style)],
            *parts,
            line.version or ("–", "faint"),
            (words, "" if line.trouble else "muted"),
        ]

    def passes(self, line: Engine, accept: Accept) -> bool:
        """By its cluster and the words that are told of it."""
        if accept == self.desk.in_scope:
            accept = self.desk.in_clusters
        words = " ".join([line.words, *(f"{each.words} {each.means}" for each in line.findings), *line.others])
        record = Record(kind="Engine", id=f"Engine//{line.cluster}", name=f"{line.cluster} {words}", message=words)
        return accept(Row(line.cluster, record, STATUSES[line.grade], line.grade.word, words, 0))

    def verdict(self, report: EngineReport, shown: Sequence[Engine]) -> list[Span]:
        """How many are how, and what is worst."""
        worst = min((each.grade for each in report.engines), default=Grade.UNKNOWN)
        glyph, style = GRADES[worst]
        spans: list[Span] = [(f" {glyph} ", style), (verdict(report) or "no cluster is watched", "strong")]
        first = next((each for each in self.lines_of(report) if each.trouble), None)
        if first is not None and len(report.engines) > 1:
            spans.append((f" · {first.cluster}: {first.trouble[0].words}", style))
        return spans

    def title_of(self, line: Engine) -> list[Span]:
        """Which cluster."""
        return [(f"Kyverno of {line.cluster}", "title"), (f" · {line.version}" if line.version else "", "muted")]

    def facts_of(self, line: Engine) -> list[Fact]:
        """What was found, the worst first, with what it means."""
        glyph, style = GRADES[line.grade]
        facts = [] if line.trouble else [Fact("", [(f"{glyph} ", style), (line.words, "strong")], 3)]
        facts += [Fact(each.part, _told(each), 4) for each in line.findings]
        facts += _idle_facts(self._idle.get(line.cluster, ()))
        if line.others:
            facts.append(Fact("other engines", [(", ".join(line.others), "")], 2))
        if line.installed and line.parts:
            kept = [f"{part.name} {part.short}" for part in line.parts if part.short]
            facts.append(Fact("parts", [(" · ".join(kept), "muted")], 3))
        if line.contact:
            facts.append(Fact("heard", [(f"{ago(line.contact, self.desk.now()) or '0s'} ago", "muted")], 1))
        return facts

    def object_of(self, line: Engine) -> tuple[str, str] | None:
        """What the worst finding is about, else the admission controller."""
        about = next((each.about[0] for each in line.findings if each.about), "")
        if not about:
            table = self.desk.guard.store.table(line.cluster, "Deployment")
            about = min((known for known in table.rows if "admission" in known), default=min(table.rows, default=""))
        return (line.cluster, page_id(about)) if about else None

    def nothing(self, report: EngineReport | None) -> NoticeText:
        """Nothing is known yet."""
        return "loading", "nothing is known of policy yet", ["Controllers, webhooks and reports are being listed."], []


def _told(finding: Finding) -> list[Span]:
    glyph, style = GRADES[finding.grade]
    note = finding.grade is Grade.OK
    spans: list[Span] = [("· " if note else f"{glyph} ", "muted" if note else style), (finding.words, "")]
    if finding.means:
        spans.append((f": {finding.means}", "muted"))
    return [*spans, (f" ({count(len(finding.about), 'object')})", "muted")] if len(finding.about) > 1 else spans


def _idle_facts(found: Sequence[Idle]) -> list[Fact]:
    """Exceptions that do nothing, the surest first, and how many more."""
    facts: list[Fact] = []
    for each in found[:NAMED]:
        name = f"{each.record.namespace}/{each.record.name}".lstrip("/")
        told: list[Span] = [("· ", "muted"), (name, ""), (f": {each.told}", "muted")]
        facts.append(Fact("exceptions", told, 2))
    if len(found) > NAMED:
        more = f"and {len(found) - NAMED:,} more to look at: fluxtui policy --exceptions"
        facts.append(Fact("exceptions", [(f"  {more}", "muted")], 1))
    return facts


def _cell(engine: Engine, name: str) -> Cell:
    """A part: its few characters, in the style of its grade."""
    part = engine.part(name)
    if not engine.installed or not engine.parts:
        return ("–", "faint") if not engine.installed else (NO_DATA_GLYPH, "status-nodata")
    if part.grade is Grade.OK:
        return part.short
    if part.grade is Grade.ABSENT:
        return (part.short or "–", "faint")
    glyph, style = GRADES[part.grade]
    return [(f"{glyph} ", style), (part.short.removeprefix("? ").strip("?") or part.grade.word, style)]
