"""Health: is every control plane well, and alike? A matrix of the clusters, and the details of the selected one."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal

from fluxtui import keymap
from fluxtui.insight.finding import Weight
from fluxtui.insight.health import HealthReport, health, verdict
from fluxtui.insight.narrow import narrowing
from fluxtui.insight.plane import Plane
from fluxtui.kinds.status import Status
from fluxtui.screens.base import COMMON_HINTS, FleetScreen, Opened
from fluxtui.screens.denying import cluster_facts
from fluxtui.screens.desk import PHASES, STATUS_STYLES, Desk
from fluxtui.screens.plane_facts import controller_facts, kind_facts, plane_facts
from fluxtui.screens.planes import COLUMNS, PlaneRows, look
from fluxtui.screens.reporting import Reporting
from fluxtui.screens.telling import NoticeText
from fluxtui.store.changes import Batch
from fluxtui.store.state import Phase
from fluxtui.widgets.factsheet import FactSheet
from fluxtui.widgets.flowline import FlowLine
from fluxtui.widgets.keyhints import KeyHint
from fluxtui.widgets.lines import span_width
from fluxtui.widgets.notice import Notice
from fluxtui.widgets.table_source import Span
from fluxtui.widgets.virtual_table import VirtualTable

WIDE = 132
"""Columns of a terminal from which on the controllers stand beside the rest."""
CONTROLLERS = 2
"""The part of the page that is the controllers."""
WORDS = {
    Weight.BAD: "not well",
    Weight.DOUBT: "in doubt",
    Weight.UNSEEN: "not all seen",
    Weight.NOTE: "control plane well",
}
"""What is said of a control plane by its worst finding."""
WRONG = (Status.FAILED, Status.BLOCKED, Status.UNKNOWN)


class HealthScreen(FleetScreen):
    """One row per control plane, the worst first; below it what the row cannot hold."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.HEALTH]
    tab = "health"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._reporting = Reporting(lambda: health(desk.store, desk.now(), desk.versions()), desk.now, self.show_report)
        self._report: HealthReport | None = None
        self._rows = PlaneRows(desk, None, ())
        self._part = 0
        """What is seen: 0 everything, 1 the details alone, 2 the controllers alone (where they have no room beside)."""

    def compose_body(self) -> ComposeResult:
        """Verdict, matrix, details, and what stands there without rows."""
        yield FlowLine(lines=3, indent=3, id="verdict")
        yield VirtualTable(COLUMNS, id="planes")
        yield FlowLine(id="evidence-title")
        with Horizontal(id="plane"):
            yield FactSheet(more="z", id="plane-facts")
            yield FactSheet(more="z", id="plane-controllers")
        yield Notice(id="notice")

    def on_mount(self) -> None:
        """The report is computed for as long as the screen lives."""
        super().on_mount()
        self.desk.governed.append(self._governed)
        self.run_worker(self._reporting.run(), name="health", exit_on_error=True)

    # What happens

    def _governed(self) -> None:
        """What policy says of the clusters may be another."""
        if self.is_mounted and self.in_sight:
            self.query_one("#planes", VirtualTable).refresh_all()
            self._show_plane()

    def catch_up(self) -> None:
        """Seen again."""
        if self._report is not None:
            self.show_report(self._report)
        else:
            self._show_words()
        self.rest_on(self.query_one("#planes"))
        self._reporting.wake()

    def follow(self, batch: Batch) -> None:
        """Something changed: the report is due."""
        self._reporting.wake()

    def tick(self) -> None:
        """A report turns stale by time alone."""
        self._reporting.wake()
        self.query_one("#planes", VirtualTable).refresh_all()

    def on_resize(self) -> None:
        """The room is shared anew."""
        self._share_room()
        self._show_words()
        self._show_plane()

    def show_report(self, report: HealthReport) -> None:
        """A new report: list its control planes."""
        self._report = report
        if not self.in_sight:
            return
        wrong = self._list(self.desk.filters.get(self.tab, ""))
        if wrong:
            self.desk.filters[self.tab] = ""
            self._list("")
        self._show_words()

    def _list(self, filter_text: str) -> str:
        """Show the planes that pass; returns what is wrong with the filter, and then changes nothing."""
        report = self._report
        planes = list(report.planes) if report is not None else []
        if filter_text.strip():
            passes, problem = narrowing(filter_text)
            if problem is not None:
                return str(problem)
            planes = list(filter(passes, planes))
        if self.desk.scope:
            planes = [plane for plane in planes if plane.cluster in self.desk.scope]
        self._rows = PlaneRows(self.desk, report, planes)
        self._part = self._part if planes else 0
        self.query_one("#planes", VirtualTable).set_source(self._rows)
        self._share_room()
        self._show_plane()
        return ""

    def _share_room(self) -> None:
        """Few clusters leave the room to the details; many take up to half of it."""
        table = self.query_one("#planes", VirtualTable)
        room = max(4, self.size.height - 7)
        table.styles.height = 2 if self._part else min(len(self._rows) + 1, max(4, room // 2))
        wide = self.size.width >= WIDE
        self.query_one("#plane").set_class(wide, "beside")
        self.query_one("#plane-controllers").display = wide or self._part == CONTROLLERS
        self.query_one("#plane-facts").display = wide or self._part != CONTROLLERS

    def on_virtual_table_highlighted(self, event: VirtualTable.Highlighted) -> None:
        """Another cluster: its details, and the keys that work there."""
        self._show_plane()
        self.show_hints()

    def on_virtual_table_selected(self, event: VirtualTable.Selected) -> None:
        """Open the cluster's page."""
        from fluxtui.screens.plane import PlaneScreen

        plane = self._plane()
        if plane is not None:
            self.app.push_screen(PlaneScreen(self.desk, plane.cluster))

    # What it says

    def _plane(self) -> Plane | None:
        return self._rows.plane(self.query_one("#planes", VirtualTable).cursor_key)

    def chosen(self) -> tuple[str, str] | None:
        """The report of the cluster under the cursor, else its FluxInstance."""
        plane = self._plane()
        identity = (plane.report or plane.instance) if plane is not None else ""
        return (plane.cluster, identity) if plane is not None and identity else None

    def _show_words(self) -> None:
        report = self._report
        hidden = len(report.planes) - len(self._rows) if report is not None else 0
        words = self.query_one("#verdict", FlowLine)
        words.show(verdict_spans(self.desk, report, hidden))
        words.display = not self._part
        empty = not len(self._rows)
        for name in ("#planes", "#evidence-title", "#plane"):
            self.query_one(name).display = not empty
        notice = self.query_one("#notice", Notice)
        notice.display = empty
        if empty:
            notice.show(*nothing_to_show(self.desk, hidden))
        self.show_hints()

    def _show_plane(self) -> None:
        plane = self._plane()
        if plane is None:
            return
        self.query_one("#evidence-title", FlowLine).show(title(plane, self.size.width))
        facts = [*plane_facts(plane, self.desk.now()), *cluster_facts(self.desk, plane.cluster)]
        beside = [*controller_facts(plane), *kind_facts(plane)]
        self.query_one("#plane-facts", FactSheet).show(facts if self.size.width >= WIDE else [*facts, *beside])
        self.query_one("#plane-controllers", FactSheet).show(beside)

    def filter_changed(self, text: str, *, final: bool) -> str:
        """Control planes of which a word, or the cluster's name, passes."""
        wrong = self._list(text)
        if not wrong:
            self._show_words()
        return wrong

    def hints(self) -> Sequence[KeyHint]:
        """Keys of this screen."""
        plane = self._plane()
        if plane is None:
            return (*COMMON_HINTS, KeyHint(":ctx", "clusters", 35, ":"))
        return (
            KeyHint("⏎", "kinds", 90, "enter"),
            *((KeyHint("i", "instance", 45),) if plane.instance else ()),
            *((KeyHint("y", "report", 42),) if plane.report else ()),
            KeyHint("z", self._next(), 38),
            *COMMON_HINTS,
            KeyHint(":ctx", "clusters", 35, ":"),
        )

    def _next(self) -> str:
        """What `z` shows next."""
        if not self._part:
            return "details alone"
        return "controllers" if self._part + 1 == CONTROLLERS and self.size.width < WIDE else "the rest"

    # Keys

    def action_zoom(self) -> None:
        """The details alone under their row, then the controllers where they have no room beside, then everything."""
        parts = CONTROLLERS if self.size.width >= WIDE else CONTROLLERS + 1
        self._part = (self._part + 1) % parts if len(self._rows) else 0
        self._share_room()
        self._show_words()
        self._show_plane()

    def action_instance(self) -> None:
        """The page of the FluxInstance."""
        plane = self._plane()
        if plane is not None and plane.instance:
            self.post_message(Opened(plane.cluster, plane.instance))
        elif plane is not None:
            self.notify(f"{plane.cluster} has no FluxInstance", severity="warning", markup=False)

    def action_copy(self) -> None:
        """Copy the cluster's name."""
        plane = self._plane()
        if plane is not None:
            self.app.copy_to_clipboard(plane.cluster)
            self.notify(plane.cluster, title="copied", markup=False, timeout=2)


def title(plane: Plane, width: int) -> list[Span]:
    """The line above the details: who, how, and how many objects."""
    glyph, style = look(plane)
    word = WORDS[plane.weight] if plane.current and plane.source else str(plane.standing.phase)
    source = {"report": "as its FluxReport and we see it", "computed": "computed by us"}.get(plane.source, "no data")
    wrong = [f"{count} {status.word}" for status in WRONG if (count := plane.number(status))]
    spans: list[Span] = [
        ("── ", "border"),
        (plane.cluster, "title"),
        (f" {glyph} {word}", style),
        (f" · {', '.join(wrong)}" if wrong else "", ""),
        (f" · {source} ", "muted"),
    ]
    return [*spans, ("─" * max(0, width - span_width(spans)), "border")]


def verdict_spans(desk: Desk, report: HealthReport | None, hidden: int) -> list[Span]:
    """The answer to the screen's question, before any key is pressed."""
    if report is None or not report.planes:
        if desk.trouble:
            return [(" ✖ ", "error"), (desk.trouble, "strong")]
        return [(" ◐ ", "info"), ("connecting" if desk.fleet.clusters else "looking for clusters", "strong")]
    glyph, style = _tone(report)
    first, _, rest = verdict(report).partition(" · ")
    told: list[Span] = [(f" · {hidden} hidden by filter or scope", "warning")] if hidden else []
    return [(f" {glyph} ", style), (first, "strong"), *told, (f" · {rest}", "")]


def _tone(report: HealthReport) -> tuple[str, str]:
    weight = min(plane.weight for plane in report.planes)
    if weight is Weight.BAD:
        return Status.FAILED.glyph, STATUS_STYLES[Status.FAILED]
    if any(plane.standing.phase is Phase.LOADING for plane in report.planes):
        return PHASES[Phase.LOADING]
    if weight is Weight.NOTE:
        return Status.READY.glyph, STATUS_STYLES[Status.READY]
    return Status.UNKNOWN.glyph, "warning"


def nothing_to_show(desk: Desk, hidden: int) -> NoticeText:
    """What stands in place of the matrix when it is empty."""
    if hidden:
        told = [f"The filter or the scope hides {hidden}."]
        return "empty", "no cluster matches", told, [("esc", "clear the filter"), ("0", "all clusters")]
    if desk.trouble and not desk.fleet.clusters:
        return "error", "no clusters to watch", [desk.trouble], [(":ctx", "choose contexts"), ("q", "quit")]
    if desk.contexts and not desk.fleet.clusters:
        count = len(desk.contexts)
        told = [f"The kubeconfig has {count} {'context' if count == 1 else 'contexts'}."]
        return "nodata", "no cluster is watched", told, [(":ctx", "choose contexts")]
    told = ["Every cluster gets its row as soon as it answers, with or without the Flux Operator."]
    return "loading", "connecting", told, [(":ctx", "how each answers")]
