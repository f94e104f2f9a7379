"""The page of one control plane: each kind that Flux reconciles there, our count beside the report's."""

from collections.abc import Hashable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal

from fluxtui import keymap
from fluxtui.insight.health import HealthReport, health
from fluxtui.insight.plane import Plane
from fluxtui.insight.tallies import Count
from fluxtui.kinds.kind import Kind
from fluxtui.kinds.status import NO_DATA_GLYPH, Status
from fluxtui.kinds.table import KINDS
from fluxtui.screens.base import COMMON_HINTS, CommandGiven, FleetScreen, Opened
from fluxtui.screens.desk import PHASES, STATUS_STYLES, Desk
from fluxtui.screens.health import CONTROLLERS, WIDE, title
from fluxtui.screens.plane_facts import controller_facts, plane_facts
from fluxtui.screens.planes import bar_of
from fluxtui.screens.reporting import Reporting
from fluxtui.screens.resources import FAULTS
from fluxtui.store.changes import Batch
from fluxtui.store.state import Phase
from fluxtui.widgets.factsheet import FactSheet
from fluxtui.widgets.flowline import FlowLine
from fluxtui.widgets.keyhints import KeyHint
from fluxtui.widgets.notice import Notice
from fluxtui.widgets.table_columns import ESSENTIAL, TableColumn
from fluxtui.widgets.table_source import Cell
from fluxtui.widgets.virtual_table import VirtualTable

BAR = 10


def _number(name: str, text: str, priority: int, width: int = 6) -> TableColumn:
    return TableColumn(name, text, width, align="right", priority=priority, sortable=False)


COLUMNS = (
    TableColumn("kind", "KIND", 26, 20, priority=ESSENTIAL, sortable=False),
    TableColumn("bar", "", BAR, priority=60, sortable=False),
    _number("total", "TOTAL", 95),
    *(
        _number(status.word, title, priority, len(title))
        for status, title, priority in (
            (Status.READY, "READY", 85),
            (Status.FAILED, "FAILED", 90),
            (Status.BLOCKED, "BLOCKED", 80),
            (Status.SUSPENDED, "SUSP", 78),
            (Status.PROGRESSING, "RUNS", 40),
            (Status.UNKNOWN, "UNKN", 76),
        )
    ),
    TableColumn("told", "REPORT R/F/S", 12, align="right", priority=92, sortable=False),
    _number("size", "SIZE", 30, 10),
    TableColumn("why", "WHY THEY DIFFER", 24, 12, None, flex=3, priority=50, sortable=False),
)
"""Our count by status, then the report's running/failing/suspended, where *running* includes failing."""
SHOWN = (Status.READY, Status.FAILED, Status.BLOCKED, Status.SUSPENDED, Status.PROGRESSING, Status.UNKNOWN)


class CountRows:
    """A `TableSource` over the kinds of one control plane, those that there are objects of first."""

    def __init__(self, counts: Sequence[Count]) -> None:
        self._counts = sorted(counts, key=lambda count: not (count.total or count.why))
        self._places = {count.kind: index for index, count in enumerate(self._counts)}

    def __len__(self) -> int:
        return len(self._counts)

    def count(self, key: Hashable | None) -> Count | None:
        """The count of a kind."""
        index = self._places.get(str(key))
        return self._counts[index] if index is not None else None

    def key(self, index: int) -> Hashable:
        """The kind's name."""
        return self._counts[index].kind

    def index_of(self, key: Hashable) -> int | None:
        """By a map."""
        return self._places.get(str(key))

    def version(self, index: int) -> Hashable:
        """Everything that the cells show."""
        count = self._counts[index]
        return count.counts, count.told, count.state.phase, count.why, count.notes

    def cells(self, index: int) -> Sequence[Cell]:
        """One cell for each column."""
        count = self._counts[index]
        kind = KINDS.get(count.kind)
        cells: list[Cell] = [(kind.title if kind is not None else count.kind, "strong" if count.total else "muted")]
        cells += _unseen(count) if count.state.phase in (Phase.FORBIDDEN, Phase.MISSING) else _ours(count)
        told = count.told
        if told is not None:
            words = f"{told.running}/{told.failing}/{told.suspended}"
            cells += [(words, "warning" if count.why else "muted"), (told.size, "muted")]
        else:
            cells += [("–", "faint"), ""]
        unseen = {Phase.FORBIDDEN: "you may not list them", Phase.MISSING: "the API does not serve them"}
        why = "; ".join(count.why or count.notes) or unseen.get(count.state.phase, "")
        return [*cells, (why, "warning" if count.why else "muted")]


def _ours(count: Count) -> list[Cell]:
    cells: list[Cell] = [bar_of(count.counts, BAR), str(count.total)]
    for status in SHOWN:
        number = count.counts[status]
        cells.append((str(number), STATUS_STYLES[status]) if number else ("·", "faint"))
    return cells


def _unseen(count: Count) -> list[Cell]:
    style = PHASES[count.state.phase][1]
    return ["", (NO_DATA_GLYPH, style), *("" for _ in SHOWN)]


class PlaneScreen(FleetScreen):
    """Pushed on top of Health; esc goes back there."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.PLANE]
    tab = "plane"

    def __init__(self, desk: Desk, cluster: str) -> None:
        super().__init__(desk)
        self._cluster = cluster
        self._reporting = Reporting(lambda: health(desk.store, desk.now(), desk.versions()), desk.now, self.show_report)
        self._report: HealthReport | None = None
        self._rows = CountRows(())
        self._part = 0
        """What is seen: 0 kinds and details, 1 the details alone, 2 the controllers alone."""

    def compose_body(self) -> ComposeResult:
        """Title, kinds, details."""
        yield FlowLine(id="title")
        yield VirtualTable(COLUMNS, id="counts")
        with Horizontal(id="plane"):
            yield FactSheet(more="z", id="plane-facts")
            yield FactSheet(more="z", id="plane-controllers")
        yield Notice(id="notice")

    def on_mount(self) -> None:
        """The report is computed for as long as the page is open."""
        super().on_mount()
        self.run_worker(self._reporting.run(), name="plane", exit_on_error=True)

    # What happens

    def catch_up(self) -> None:
        """Seen again."""
        self._show()
        self.rest_on(self.query_one("#counts"))
        self._reporting.wake()

    def follow(self, batch: Batch) -> None:
        """Something changed: the report is due."""
        self._reporting.wake()

    def tick(self) -> None:
        """Ages."""
        self._reporting.wake()

    def on_resize(self) -> None:
        """The room is shared anew."""
        self._show()

    def show_report(self, report: HealthReport) -> None:
        """A new report."""
        self._report = report
        if self.in_sight:
            self._show()

    def on_virtual_table_selected(self, event: VirtualTable.Selected) -> None:
        """List the objects of the kind in this cluster."""
        self._list("")

    # What it says

    def _plane(self) -> Plane | None:
        return self._report.plane(self._cluster) if self._report is not None else None

    def _kind(self) -> Kind | None:
        key = self.query_one("#counts", VirtualTable).cursor_key
        return KINDS.get(str(key)) if key is not None else None

    def chosen(self) -> tuple[str, str] | None:
        """The report, else the FluxInstance."""
        plane = self._plane()
        identity = (plane.report or plane.instance) if plane is not None else ""
        return (self._cluster, identity) if identity else None

    def _show(self) -> None:
        plane = self._plane()
        words = [(f" {self._cluster} ", "title")] if plane is None else title(plane, self.size.width)
        self.query_one("#title", FlowLine).show(words)
        self._rows = CountRows(plane.counts if plane is not None else ())
        table = self.query_one("#counts", VirtualTable)
        table.set_source(self._rows)
        empty = not len(self._rows)
        wide = self.size.width >= WIDE
        table.display = not empty and not self._part
        table.styles.height = min(len(self._rows) + 1, max(4, (self.size.height - 4) * 2 // 3))
        page = self.query_one("#plane")
        page.display = plane is not None
        page.set_class(wide, "beside")
        self.query_one("#plane-controllers").display = wide or self._part == CONTROLLERS
        self.query_one("#plane-facts").display = wide or self._part != CONTROLLERS
        notice = self.query_one("#notice", Notice)
        notice.display = plane is None
        if plane is None:
            gone = self._cluster not in self.desk.fleet.clusters
            told = ["It is not watched any more."] if gone else ["Its kinds appear here as soon as it answers."]
            notice.show("nodata" if gone else "loading", self._cluster, told, [("esc", "back")])
        else:
            facts, beside = plane_facts(plane, self.desk.now()), controller_facts(plane)
            self.query_one("#plane-facts", FactSheet).show(facts if wide else [*facts, *beside])
            self.query_one("#plane-controllers", FactSheet).show(beside)
        self.show_hints()

    def hints(self) -> Sequence[KeyHint]:
        """Keys of this page."""
        plane = self._plane()
        some = bool(len(self._rows)) and not self._part
        return (
            KeyHint("esc", "back", 90, "escape"),
            *((KeyHint("⏎", "objects", 85, "enter"), KeyHint("f", "faults only", 80)) if some else ()),
            *((KeyHint("i", "instance", 75),) if plane is not None and plane.instance else ()),
            *((KeyHint("y", "report", 72),) if plane is not None and plane.report else ()),
            KeyHint("z", "the rest" if self._part else "details alone", 40),
            *COMMON_HINTS[1:],
        )

    # Keys

    def _list(self, words: str) -> None:
        kind = self._kind()
        if kind is None:
            self.notify("this kind is not watched", severity="warning", markup=False)
            return
        self.post_message(CommandGiven(f'{kind.plural} cluster:"{self._cluster}" {words}'.strip()))

    def action_zoom(self) -> None:
        """The details alone, then the controllers where they have no room beside, then the kinds again."""
        self._part = (self._part + 1) % (CONTROLLERS if self.size.width >= WIDE else CONTROLLERS + 1)
        self._show()
        if not self._part:
            self.rest_on(self.query_one("#counts"))

    def action_faults(self) -> None:
        """The objects of the kind that are not well."""
        self._list(FAULTS)

    def action_instance(self) -> None:
        """The page of the FluxInstance."""
        plane = self._plane()
        if plane is not None and plane.instance:
            self.post_message(Opened(self._cluster, plane.instance))
        else:
            self.notify(f"{self._cluster} has no FluxInstance", severity="warning", markup=False)

    def action_copy(self) -> None:
        """Copy the cluster's name."""
        self.app.copy_to_clipboard(self._cluster)
        self.notify(self._cluster, title="copied", markup=False, timeout=2)
