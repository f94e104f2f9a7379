"""How health reads: as text for a terminal, and as Markdown for an issue or a chat."""

from __future__ import annotations

from collections.abc import Sequence

from fluxtui.cli import markdown
from fluxtui.cli.tables import Cell, Column, Paint, table
from fluxtui.insight.controllers import Controller
from fluxtui.insight.finding import Finding, Weight
from fluxtui.insight.health import HealthReport, verdict
from fluxtui.insight.plane import Plane
from fluxtui.insight.tallies import Count
from fluxtui.insight.versions import plain
from fluxtui.kinds.ages import age, ago, exact
from fluxtui.kinds.columns import revision
from fluxtui.kinds.status import NO_DATA_GLYPH, Status
from fluxtui.widgets.text import cut
from fluxtui.widgets.text import plain as harmless

COLUMNS = (
    Column("CLUSTER", least=14),
    Column("FLUX"),
    Column("OPERATOR"),
    Column("K8S"),
    Column("CONTROLLERS"),
    Column("RESTARTS", right=True),
    Column("SYNC", least=16),
    Column("OBJECTS", right=True),
    *(Column(status.word.upper(), right=True) for status in (Status.FAILED, Status.BLOCKED, Status.SUSPENDED)),
    Column("REPORT", least=8),
)
COUNTS = (
    Column("  KIND", least=16),
    *(Column(status.word.upper(), right=True) for status in Status),
    Column("REPORTED", right=True),
    Column("WHY THEY DIFFER", least=20),
)
GLYPHS = {Weight.BAD: Status.FAILED.glyph, Weight.DOUBT: Status.UNKNOWN.glyph, Weight.UNSEEN: NO_DATA_GLYPH}
STYLES = {Weight.BAD: Status.FAILED.word, Weight.DOUBT: Status.UNKNOWN.word, Weight.UNSEEN: Status.BLOCKED.word}


def text(report: HealthReport, planes: Sequence[Plane], width: int | None, paint: Paint, *, wide: bool) -> str:
    """The report for a terminal: findings below each row; ``wide`` adds controllers and the counts of every kind."""
    lines = [paint(f"{_glyph(report, planes)} {_headline(report, planes)}", "strong"), ""]
    if not planes:
        return lines[0]
    rows = table(COLUMNS, [_row(report, plane) for plane in planes], width, paint)
    lines.append(rows[0])
    for plane, row in zip(planes, rows[1:], strict=True):
        lines.append(row)
        findings = plane.findings if wide else [each for each in plane.findings if each.weight is not Weight.NOTE]
        lines += [_finding(each, width, paint, whole=wide) for each in findings or ()]
        if wide:
            lines += [paint(f"  {_controller(each)}", each.status.word) for each in plane.controllers]
            lines += table(COUNTS, [_count(count) for count in plane.counts if count.total or count.why], width, paint)
            lines.append("")
    return "\n".join(lines).rstrip("\n")


def _headline(report: HealthReport, planes: Sequence[Plane]) -> str:
    hidden = len(report.planes) - len(planes)
    return verdict(report) + (f" · {hidden} hidden by the filter" if hidden else "")


def _glyph(report: HealthReport, planes: Sequence[Plane]) -> str:
    weight = min((plane.weight for plane in planes), default=Weight.NOTE)
    return GLYPHS.get(weight, Status.READY.glyph if report.complete else Status.UNKNOWN.glyph)


def _row(report: HealthReport, plane: Plane) -> list[Cell]:
    glyph = GLYPHS.get(plane.weight, Status.READY.glyph if plane.source else "-")
    sync = plane.sync
    ready = f"{plane.ready}/{len(plane.controllers)}" if plane.controllers else "-"
    return [
        (f"{glyph} {plane.cluster}", STYLES.get(plane.weight, "strong")),
        _version(report, plane, "Flux", plain(plane.flux)),
        _version(report, plane, "operator", plain(plane.operator)),
        _version(report, plane, "Kubernetes", plain(plane.kubernetes)),
        (ready, "" if plane.ready == len(plane.controllers) else Status.FAILED.word),
        str(plane.restarts) if plane.restarts >= 0 else "-",
        (f"{sync.status.glyph} {revision(sync.revision) or sync.status.word}", sync.status.word) if sync else "-",
        str(plane.total) if plane.total else "-",
        *(
            (str(plane.number(status)) if plane.number(status) else "-", status.word if plane.number(status) else "")
            for status in (Status.FAILED, Status.BLOCKED, Status.SUSPENDED)
        ),
        _report(report, plane),
    ]


def _version(report: HealthReport, plane: Plane, what: str, version: str) -> Cell:
    odd = report.odd(plane.cluster, what)
    if odd is None:
        return version or "-"
    return f"{version} {'≠' if odd.older is None else '↓' if odd.older else '↑'}", Status.UNKNOWN.word


def _report(report: HealthReport, plane: Plane) -> str:
    if not plane.current:
        return str(plane.standing.phase)
    if not plane.report:
        return "computed" if plane.source else "-"
    old = age(report.now - plane.freshness.at) if plane.freshness.at else "never"
    return f"{old} stale" if plane.freshness.stale else old


def _finding(finding: Finding, width: int | None, paint: Paint, *, whole: bool) -> str:
    words = f"  {GLYPHS.get(finding.weight, '·')} {harmless(finding.text)}"
    return paint(words if whole or not width else cut(words, width), STYLES.get(finding.weight, "muted"))


def _controller(each: Controller) -> str:
    replicas = f"{each.available}/{each.wanted}" if each.wanted >= 0 else "told"
    restarts = f", {each.restarts} restarts" if each.restarts > 0 else ""
    return harmless(f"{each.status.glyph} {replicas} {each.name} {each.image}{restarts}")


def _count(count: Count) -> list[Cell]:
    told = count.told
    numbers = [(str(count.counts[s]), s.word) if count.counts[s] else ("-", "") for s in Status]
    reported = f"{told.running}/{told.failing}/{told.suspended}" if told else "-"
    return [f"  {count.kind}", *numbers, reported, ("; ".join(count.why or count.notes), "muted")]


# --- Markdown


def markdown_text(report: HealthReport, planes: Sequence[Plane]) -> str:
    """The report for people who were not there: the verdict, a row per cluster, and what was found in each."""
    code = markdown.code
    parts = [f"**Flux control planes** at {exact(report.now)}: {markdown.code(_headline(report, planes))}"]
    titles = ("", "cluster", "Flux", "operator", "Kubernetes", "controllers", "sync", "objects", "failed", "report")
    rows = [
        [
            GLYPHS.get(plane.weight, Status.READY.glyph),
            code(plane.cluster),
            code(plain(plane.flux)),
            code(plain(plane.operator)),
            code(plain(plane.kubernetes)),
            f"{plane.ready}/{len(plane.controllers)}",
            f"{plane.sync.status.glyph} {code(revision(plane.sync.revision))}" if plane.sync else "none",
            str(plane.total),
            str(plane.number(Status.FAILED)),
            _report(report, plane),
        ]
        for plane in planes
    ]
    parts.append(markdown.table(titles, rows))
    for plane in planes:
        if plane.findings:
            found = "\n".join(f"- {GLYPHS.get(each.weight, '·')} {code(each.text)}" for each in plane.findings)
            since = f", report written {ago(plane.freshness.at, report.now)} ago" if plane.freshness.at else ""
            parts.append(f"#### {code(plane.cluster)}{since}\n\n{found}")
    return "\n\n".join(parts)
