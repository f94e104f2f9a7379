"""The matrix of Health: a row for every control plane, as a table asks for it."""

from collections.abc import Hashable, Sequence

from fluxtui.insight.health import HealthReport
from fluxtui.insight.plane import Plane
from fluxtui.insight.sync import Sync
from fluxtui.insight.tallies import Count
from fluxtui.insight.versions import plain
from fluxtui.kinds.ages import age, ago
from fluxtui.kinds.columns import revision
from fluxtui.kinds.status import NO_DATA_GLYPH, Status
from fluxtui.screens.denying import policy_cell
from fluxtui.screens.desk import PHASES, STATUS_STYLES, Desk
from fluxtui.store.state import Phase
from fluxtui.widgets.bar import stacked
from fluxtui.widgets.table_columns import ESSENTIAL, TableColumn
from fluxtui.widgets.table_source import Cell, Span

BAR = 6
NODATA = "status-nodata"
DIFFERS = "≠"
"""Marks a number of ours from which the report's differs; the details say why."""
RESTARTS = "↺"

GROUPS: dict[str, tuple[str, ...]] = {
    "kustomizations": ("Kustomization",),
    "releases": ("HelmRelease",),
    "sets": ("ResourceSet", "ResourceSetInputProvider"),
    "sources": ("GitRepository", "OCIRepository", "HelmRepository", "HelmChart", "Bucket"),
}
"""The kinds that a column of bars counts."""

FILLS = (
    (Status.READY, "━"),
    (Status.PROGRESSING, "~"),
    (Status.SUSPENDED, "╎"),
    (Status.UNKNOWN, "?"),
    (Status.BLOCKED, "∙"),
    (Status.FAILED, "×"),
)
"""What bars are drawn with: a character for each status, so that colour is not all that tells them apart."""


def _column(
    name: str, title: str, width: int, priority: int, least: int = 0, most: int | None = None, flex: int = 0
) -> TableColumn:
    return TableColumn(name, title, width, least, most, flex, priority=priority, sortable=False)


COLUMNS = (
    _column("cluster", "CLUSTER", 14, ESSENTIAL, 11, 24, 1),
    _column("flux", "FLUX", 8, 90),
    _column("operator", "OPERATOR", 8, 60),
    _column("kubernetes", "K8S", 8, 65),
    _column("controllers", "CONTROL", 8, 92, 7),
    _column("restarts", "RESTARTS", 8, 52),
    _column("sync", "SYNC", 22, 85, 17, 34, 1),
    _column("objects", "OBJECTS", 13, 80, 11),
    _column("policy", "POLICY", 8, 59, 7),
    _column("kustomizations", "KUSTOMIZATIONS", 15, 58),
    _column("releases", "HELMRELEASES", 15, 56),
    _column("sources", "SOURCES", 15, 50),
    _column("sets", "SETS, INPUTS", 15, 30),
    _column("report", "REPORT", 13, 95, 13, 20, 1),
)


def look(plane: Plane) -> tuple[str, str]:
    """Glyph and style of a control plane; of one that does not answer, those of its data."""
    if not plane.current:
        return PHASES[plane.standing.phase]
    if not plane.source:
        return "–", "muted"
    return plane.status.glyph, STATUS_STYLES[plane.status]


def bar_of(counts: Sequence[int], width: int) -> list[Span]:
    """Objects by status as a bar, the ready ones first."""
    return stacked([(counts[status], STATUS_STYLES[status], fill) for status, fill in FILLS], width)


class PlaneRows:
    """A `TableSource` over the control planes of one report."""

    def __init__(self, desk: Desk, report: HealthReport | None, planes: Sequence[Plane]) -> None:
        self._desk = desk
        self._report = report
        self._planes = planes
        self._places = {plane.cluster: index for index, plane in enumerate(planes)}

    def __len__(self) -> int:
        return len(self._planes)

    def plane(self, key: Hashable | None) -> Plane | None:
        """The control plane of a key."""
        index = self._places.get(str(key))
        return self._planes[index] if index is not None else None

    def key(self, index: int) -> Hashable:
        """The cluster's name."""
        return self._planes[index].cluster

    def index_of(self, key: Hashable) -> int | None:
        """By a map."""
        return self._places.get(str(key))

    def version(self, index: int) -> Hashable:
        """What the cells show: all of it but the ages is in the cells themselves, which are few."""
        return tuple(str(cell) for cell in self.cells(index))

    def cells(self, index: int) -> Sequence[Cell]:
        """One cell for each column."""
        plane, now = self._planes[index], self._desk.now()
        glyph, style = look(plane)
        cells: list[Cell] = [
            [(f"{glyph} ", style), (plane.cluster, "strong")],
            self._version(plane, "Flux", plain(plane.flux)),
            self._version(plane, "operator", plain(plane.operator)),
            self._version(plane, "Kubernetes", plain(plane.kubernetes)),
            _controllers(plane),
            _restarts(plane),
            _sync(plane, plane.sync, now),
            _objects(plane),
            policy_cell(self._desk, plane.cluster),
            *(_group(plane, GROUPS[name]) for name in ("kustomizations", "releases", "sources", "sets")),
            report_age(plane, now),
        ]
        return cells if plane.current else [cells[0], *map(_faded, cells[1:-1]), cells[-1]]

    def _version(self, plane: Plane, what: str, text: str) -> Cell:
        """A version; odd ones out are marked, and so is one that the cluster itself calls outdated."""
        if not text:
            return ("–", "faint") if plane.current else (NO_DATA_GLYPH, NODATA)
        odd = self._report.odd(plane.cluster, what) if self._report is not None else None
        if odd is None:
            newer = what == "Flux" and plane.newest
            return [(text, ""), ("↑", "info")] if newer else text
        return [(text, "warning"), ("≠" if odd.older is None else "↓" if odd.older else "↑", "warning")]


def _faded(cell: Cell) -> Cell:
    """What a cluster said before it fell silent: readable, and not to be taken for now."""
    spans = [(cell, "")] if isinstance(cell, str) else [cell] if isinstance(cell, tuple) else cell
    return [(text, NODATA) for text, _ in spans]


def _controllers(plane: Plane) -> Cell:
    total = len(plane.controllers)
    if not total:
        return ("–", "faint") if plane.current and plane.source else (NO_DATA_GLYPH, NODATA)
    worst = min(each.status for each in plane.controllers)
    style = STATUS_STYLES[worst]
    return [(f"{worst.glyph} ", style), (f"{plane.ready}/{total}", style if worst is not Status.READY else "")]


def _restarts(plane: Plane) -> Cell:
    if plane.restarts < 0:
        return ("?", "faint") if plane.controllers else ""
    return [(f"{RESTARTS} {plane.restarts}", "warning")] if plane.restarts else ("0", "muted")


def _sync(plane: Plane, sync: Sync | None, now: float) -> Cell:
    if sync is None:
        return ("– none", "faint") if plane.current and plane.source else (NO_DATA_GLYPH, NODATA)
    style = STATUS_STYLES[sync.status]
    old: list[Span] = [(f"{ago(sync.at, now)} ", "muted")] if sync.at else []
    return [(f"{sync.status.glyph} ", style), *old, (short_revision(sync.revision) or sync.status.word, "")]


def short_revision(text: str) -> str:
    """A revision with six of the digest's digits: the column is narrow."""
    name, separator, digest = revision(text).rpartition("@")
    return f"{name}{separator}{digest[:6]}" if separator else digest


def _objects(plane: Plane) -> Cell:
    if not plane.total:
        return ("– none", "faint") if plane.current and plane.source else (NO_DATA_GLYPH, NODATA)
    spans: list[Span] = [("" if plane.current else "was ", ""), (str(plane.total), "")]
    wrong = _wrong([plane.number(status) for status in Status])
    return [*spans, *wrong, *_differs(bool(plane.apart))] if plane.current else [*spans, *wrong[:1]]


def _wrong(counts: Sequence[int]) -> list[Span]:
    """The two worst statuses that there are."""
    worst = [status for status in (Status.FAILED, Status.BLOCKED, Status.UNKNOWN, Status.SUSPENDED) if counts[status]]
    return [(f" {status.glyph}{counts[status]}", STATUS_STYLES[status]) for status in worst[:2]]


def _differs(differs: bool) -> list[Span]:
    return [(f" {DIFFERS}", "warning")] if differs else []


def _group(plane: Plane, kinds: Sequence[str]) -> Cell:
    counts = [count for count in plane.counts if count.kind in kinds]
    numbers = [sum(each) for each in zip(*(count.counts for count in counts), strict=True)] if counts else []
    if any(count.state.phase is Phase.FORBIDDEN for count in counts):
        return (f"{NO_DATA_GLYPH} forbidden", "status-blocked")
    if not sum(numbers):
        return ("– none", "faint") if plane.current and plane.source else (NO_DATA_GLYPH, NODATA)
    apart = any(count.why for count in counts)
    if not plane.current:
        return f"was {sum(numbers)}"
    return [*bar_of(numbers, BAR), (f" {sum(numbers)}", ""), *_wrong(numbers)[:1], *_differs(apart)]


def report_age(plane: Plane, now: float) -> Cell:
    """How old the report is, and what is wrong with it; who made the row where there is none."""
    glyph, style = PHASES[plane.standing.phase]
    if plane.standing.phase is Phase.MISSING:
        return ("– no Flux", "muted")
    if not plane.current:
        return [(f"{glyph} {plane.standing.phase}", style)]
    if not plane.report:
        return _without_report(plane)
    old = age(now - plane.freshness.at) if plane.freshness.at else "never"
    told = {finding.what for finding in plane.findings}
    if "report off" in told:
        return [(f"{Status.SUSPENDED.glyph} {old} off", STATUS_STYLES[Status.SUSPENDED])]
    if plane.freshness.stale:
        return [(f"{Status.UNKNOWN.glyph} {old} stale", "warning")]
    if "partial report" in told:
        return [(f"◐ {old} partial", "warning")]
    if told & {"report failed", "report unknown", "never ran", "clock"}:
        return [(f"{Status.UNKNOWN.glyph} {old}", "warning")]
    return [(f"{Status.READY.glyph} ", STATUS_STYLES[Status.READY]), (old, "")]


def _without_report(plane: Plane) -> Cell:
    told = {finding.what for finding in plane.findings}
    if "hidden report" in told:
        return [(f"{NO_DATA_GLYPH} forbidden", "status-blocked")]
    if "no report" in told:
        return [(f"{Status.UNKNOWN.glyph} no report", "warning")]
    return [("◇ computed", "muted")] if plane.source else [("–", "faint")]


def kind_line(count: Count) -> list[Span]:
    """A kind in words: ``64: 31 failed, 2 blocked``."""
    parts = [f"{count.counts[status]} {status.word}" for status in Status if count.counts[status]]
    return [(f"{count.total}", "strong"), (f": {', '.join(parts)}" if parts else "", "")]
