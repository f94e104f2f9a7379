"""Triage, the first screen: what is wrong, and what is behind it."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen

from fluxtui import keymap
from fluxtui.insight.acknowledge import Attention, Mark
from fluxtui.insight.causes import Cause, concerns
from fluxtui.insight.evidence import evidence
from fluxtui.insight.place import Place
from fluxtui.insight.triage import TriageReport
from fluxtui.screens.acknowledging import mark_facts
from fluxtui.screens.base import COMMON_HINTS, FleetScreen, Opened
from fluxtui.screens.desk import Desk
from fluxtui.screens.problems import COLUMNS, ProblemRows
from fluxtui.screens.telling import (
    activity_spans,
    all_acknowledged,
    clusters_spans,
    evidence_facts,
    nothing_to_show,
    verdict_spans,
)
from fluxtui.store.changes import Batch
from fluxtui.widgets.factsheet import FactSheet
from fluxtui.widgets.flowline import FlowLine
from fluxtui.widgets.keyhints import KeyHint
from fluxtui.widgets.lines import span_width
from fluxtui.widgets.notice import Notice
from fluxtui.widgets.table_source import Span
from fluxtui.widgets.virtual_table import VirtualTable

ROOMY = 24
"""Lines of a terminal from which on the verdict keeps two."""


class TriageScreen(FleetScreen):
    """Root causes by impact, the evidence for the selected one, and the state of every cluster."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.TRIAGE]
    tab = "triage"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._report: TriageReport | None = None
        self._rows = ProblemRows(desk, ())
        self._alone = False
        self._marks: dict[str, Mark] = {}
        self._known_shown = False
        self._hidden = 0
        self._troubles: list[str] = []
        self._in_sight = False

    def compose_body(self) -> ComposeResult:
        """Verdict, activity, causes, evidence, clusters."""
        yield FlowLine(lines=2, indent=3, id="verdict")
        yield FlowLine(id="activity")
        yield VirtualTable(COLUMNS, id="causes")
        yield FlowLine(id="evidence-title")
        yield FactSheet(more="z", id="evidence")
        yield Notice(id="notice")
        yield FlowLine(id="clusters")

    def on_mount(self) -> None:
        """The report is computed for as long as the screen lives."""
        super().on_mount()
        self.desk.listeners.append(self.show_report)
        self.desk.governed.append(self._show_evidence_anew)
        self.run_worker(self.desk.reporting.run(), name="triage", exit_on_error=True)

    # What happens

    def catch_up(self) -> None:
        """Seen again."""
        self._in_sight = True
        if self._report is not None:
            self.show_report(self._report)
        else:
            self._show_words()
        self.rest_on(self.query_one("#causes"))
        self.desk.reporting.wake()

    def follow(self, batch: Batch) -> None:
        """The report is due; the words about clusters and connections at once."""
        self.desk.reporting.wake()

    def tick(self) -> None:
        """Ages; and from time to time what only time changes (a report that turns stale)."""
        self.desk.reporting.passed()
        self.query_one("#causes", VirtualTable).refresh_all()
        self._show_evidence()
        self._show_words()

    def on_screen_suspend(self) -> None:
        """Left for another screen: what was here has been seen. A dialog leaves it in sight."""
        if not isinstance(self.app.screen, ModalScreen) and self.app.screen.id != "wall":  # nobody looks at a kiosk
            self.looked()

    def on_unmount(self) -> None:
        """The program ends: what was in sight has been seen."""
        if self._in_sight:
            self.looked()

    def looked(self) -> None:
        """The problems of the last report have been before somebody's eyes."""
        if self._report is not None and self._report.clusters and not self._report.loading:
            self.desk.notebook.looked(self._report.problems)
        self._in_sight = False

    def on_resize(self) -> None:
        """The lists share the room anew, and sentences are as long as it lets them. Where there are lines to spare, the
        verdict has two whatever it says: nothing below moves when a cluster is lost.
        """
        self.query_one("#verdict").styles.min_height = 2 if self.size.height >= ROOMY else 1
        self._share_room()
        self._show_words()
        self._show_evidence()

    def show_report(self, report: TriageReport) -> None:
        """Put a report on the screen; the cursor stays on its cause."""
        self._report = report
        if not self.in_sight:
            return
        self._list(self.desk.filters.get(self.tab, ""))
        self._show_words()

    def _list(self, filter_text: str) -> str:
        """Show the causes under a filter; returns what is wrong with the filter, and then changes nothing."""
        problems: Sequence[Cause] = self._report.problems if self._report is not None else ()
        if filter_text.strip():
            from fluxtui.insight.filter import compile as compile_filter

            accept = compile_filter(filter_text, self.desk.now(), store=self.desk.store)
            if accept.problems:
                return str(accept.problems[0])
            problems = [cause for cause in problems if concerns(self.desk.store, cause, accept)]
        if self.desk.scope or self.desk.namespace:
            problems = [cause for cause in problems if concerns(self.desk.store, cause, self.desk.in_scope)]
        self._hidden = (len(self._report.problems) if self._report is not None else 0) - len(problems)
        self._rows = ProblemRows(self.desk, self._ranked(problems), self._marks)
        self._alone = self._alone and bool(len(self._rows))  # without causes there is nothing to look at alone
        self.query_one("#causes", VirtualTable).set_source(self._rows, self._rows.columns)
        self._share_room()
        self._show_evidence()
        return ""

    def _ranked(self, problems: Sequence[Cause]) -> Sequence[Cause]:
        """Those that stand out; below them those that are acknowledged, when they are asked for."""
        self._marks = self.desk.notebook.marks(problems)
        self._tell_troubles()
        known = [cause for cause in problems if not self._marks[cause.key].calls]
        open_ones = [cause for cause in problems if self._marks[cause.key].calls] if known else problems
        return [*open_ones, *known] if self._known_shown else open_ones

    def _count(self, *attention: Attention) -> int:
        return sum(mark.attention in attention for mark in self._marks.values())

    def _tell_troubles(self) -> None:
        """Say once what is wrong with the files of what was noted."""
        troubles = self.desk.notebook.troubles
        for trouble in troubles:
            if trouble not in self._troubles:
                self.notify(trouble, title="your notes", severity="warning", markup=False, timeout=15)
        self._troubles = troubles

    def _share_room(self) -> None:
        """Few causes leave the room to the evidence; many take up to half of it."""
        table = self.query_one("#causes", VirtualTable)
        room = max(4, self.size.height - 7)
        table.styles.height = 2 if self._alone else min(len(self._rows) + 1, max(4, room // 2))

    def _show_words(self) -> None:
        report, now = self._report, self.desk.now()
        hidden = self._hidden
        self.query_one("#verdict", FlowLine).show([*verdict_spans(self.desk, report, hidden, now), *self._attention()])
        activity = self.query_one("#activity", FlowLine)
        activity.display = report is not None and report.activity.total > 0 and not self._alone
        if report is not None:
            activity.show(activity_spans(report, self.size.width))
        self.query_one("#clusters", FlowLine).show(clusters_spans(self.desk, report, self.size.width, now))
        for name in ("#verdict", "#clusters"):
            self.query_one(name).display = not self._alone
        empty = not len(self._rows)
        for name in ("#causes", "#evidence-title", "#evidence"):
            self.query_one(name).display = not empty
        notice = self.query_one("#notice", Notice)
        notice.display = empty
        if empty:
            known = self._count(Attention.ACKNOWLEDGED)
            told = all_acknowledged(known) if known and not hidden else nothing_to_show(self.desk, report, hidden)
            notice.show(*told)
        self.show_hints()

    def _attention(self) -> list[Span]:
        """How many are new, and how many are acknowledged: these are part of every total."""
        new, known = self._count(Attention.NEW, Attention.BACK), self._count(Attention.ACKNOWLEDGED)
        spans: list[Span] = [(" · ", ""), (f"{new} new", "accent")] if new else []
        return [*spans, (" · ", ""), (f"{known} acknowledged", "muted")] if known else spans

    def on_virtual_table_highlighted(self, event: VirtualTable.Highlighted) -> None:
        """Another cause: its evidence."""
        self._show_evidence()

    def on_virtual_table_selected(self, event: VirtualTable.Selected) -> None:
        """Open the object that is the cause."""
        chosen = self.chosen()
        if chosen is not None:
            self.post_message(Opened(*chosen))

    def _show_evidence_anew(self) -> None:
        """What policy says of the cause may be another."""
        if self.is_mounted and self.in_sight:
            self._show_evidence()

    def _show_evidence(self) -> None:
        cause = self._cause()
        if cause is None:
            return
        self.query_one("#evidence-title", FlowLine).show(_title(cause, self.size.width))
        found = evidence(self.desk.store, cause)
        facts = evidence_facts(self.desk, cause, found, whole=self._alone)
        marked = mark_facts(self._marks.get(cause.key), self.desk.now())
        self.query_one("#evidence", FactSheet).show([*facts[:2], *marked, *facts[2:]])

    def action_zoom(self) -> None:
        """The evidence alone under its cause, or everything again; the arrows go through the causes in both."""
        self._alone = bool(len(self._rows)) and not self._alone
        self._share_room()
        self._show_words()
        self._show_evidence()
        self.show_hints()

    def action_acknowledge(self) -> None:
        """Acknowledge the marked problems, or the one under the cursor; take it back where that is done already."""
        marks = self.query_one("#causes", VirtualTable).marks
        here = self._cause()
        chosen = [cause for cause in self._rows.causes if cause.key in marks] or ([here] if here is not None else [])
        if not chosen:
            return
        if all(not self._marks[cause.key].calls for cause in chosen):
            held = [found for cause in chosen if (found := self._marks[cause.key].acknowledged) is not None]
            self.desk.notebook.take_back(held)
            self._acknowledged_changed(True)
            return
        from fluxtui.screens.acknowledging import AcknowledgeScreen

        asked = AcknowledgeScreen(self.desk, [cause for cause in chosen if self._marks[cause.key].calls])
        self.app.push_screen(asked, self._acknowledged_changed)

    def _acknowledged_changed(self, done: bool | None) -> None:
        if done and self._report is not None:
            self.query_one("#causes", VirtualTable).clear_marks()
            self.show_report(self._report)

    def action_acknowledged(self) -> None:
        """Show the acknowledged problems below the others, or hide them again."""
        self._known_shown = not self._known_shown
        if self._report is not None:
            self.show_report(self._report)

    # What it says

    def _cause(self) -> Cause | None:
        return self._rows.cause(self.query_one("#causes", VirtualTable).cursor_key)

    def chosen(self) -> tuple[str, str] | None:
        """The first object of the cause under the cursor."""
        cause = self._cause()
        return cause.members[0] if cause is not None else None

    def stand_at(self, place: Place) -> None:
        """The cursor on the cause that the object is of."""
        self.catch_up()
        cause = next((each for each in self._rows.causes if place.cursor in each.members), None)
        if cause is not None:
            self.query_one("#causes", VirtualTable).move_to(cause.key)

    def marked(self) -> Sequence[tuple[str, str]]:
        """The first objects of the marked causes."""
        marks = self.query_one("#causes", VirtualTable).marks
        return [cause.members[0] for cause in self._rows.causes if cause.key in marks]

    def filter_changed(self, text: str, *, final: bool) -> str:
        """Causes of which an object passes, or one that waits behind them."""
        wrong = self._list(text)
        if not wrong:
            self._show_words()
        return wrong

    def note(self) -> Sequence[Span]:
        """What is asked for and not watched: the verdict does not cover it."""
        return [(self.desk.warnings[0], "warning")] if self.desk.warnings else []

    def hints(self) -> Sequence[KeyHint]:
        """Keys of this screen."""
        zoom = KeyHint("z", "the rest" if self._alone else "evidence alone", 38)
        some = bool(len(self._rows))
        known = self._count(Attention.ACKNOWLEDGED)
        here = self._cause() if some else None
        back = here is not None and here.key in self._marks and not self._marks[here.key].calls
        shown = f"hide {known} acknowledged" if self._known_shown else f"{known} acknowledged"
        return (
            *((KeyHint("⏎", "open", 90, "enter"),) if some else ()),
            KeyHint("4", "resources", 36),
            *((zoom,) if some else ()),
            *((KeyHint("a", "take back" if back else "acknowledge", 37),) if some else ()),
            *((KeyHint("A", shown, 50),) if known else ()),
            *COMMON_HINTS,
            *((KeyHint("c", "copy name", 30),) if some else ()),
            KeyHint(":ctx", "clusters", 35, ":"),
        )


def _title(cause: Cause, width: int) -> list[Span]:
    clusters = ", ".join(cause.clusters[:3]) + (
        f" and {len(cause.clusters) - 3} more" if len(cause.clusters) > 3 else ""
    )
    spans: list[Span] = [("── ", "border"), (cause.title, "title"), (f" · {clusters} ", "muted")]
    return [*spans, ("─" * max(0, width - span_width(spans)), "border")]
