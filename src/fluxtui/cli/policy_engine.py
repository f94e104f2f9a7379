"""How the policy engines of the fleet read, and what they look like to other programs."""

from __future__ import annotations

from fluxtui.cli import markdown
from fluxtui.cli.tables import Cell, Column, Paint, table
from fluxtui.insight.export import VERSION, Shape, moment
from fluxtui.insight.policy.engine import Engine, EngineReport, verdict
from fluxtui.insight.policy.engine_held import Grade
from fluxtui.kinds.ages import exact
from fluxtui.kinds.status import Status


class FindingShape(Shape, frozen=True):
    """One thing to know of a part; ``grade`` is down, degraded, unknown or ok (a note)."""

    part: str
    grade: str
    text: str
    means: str
    about: list[str]


class EngineShape(Shape, frozen=True):
    """The engine of one cluster; ``parts`` has the grade of each."""

    cluster: str
    grade: str
    summary: str
    version: str
    parts: dict[str, str]
    findings: list[FindingShape]
    others: list[str]


class EnginesShape(Shape, frozen=True, kw_only=True):
    """The engines of the fleet."""

    version: int = VERSION
    kind: str = "PolicyEngines"
    time: str
    summary: str
    engines: list[EngineShape]


def engines_shape(report: EngineReport) -> EnginesShape:
    """All of them, in the clusters' order."""
    return EnginesShape(
        time=moment(report.now) or "", summary=verdict(report), engines=[_shape(each) for each in report.engines]
    )


def _shape(engine: Engine) -> EngineShape:
    return EngineShape(
        engine.cluster,
        engine.grade.word,
        engine.words,
        engine.version,
        {part.name: part.grade.word for part in engine.parts},
        [
            FindingShape(each.part, each.grade.word, each.words, each.means, list(each.about))
            for each in engine.findings
        ],
        list(engine.others),
    )


COLUMNS = (
    Column("CLUSTER", least=12),
    Column("ENGINE"),
    *(Column(name.upper()) for name in ("admission", "webhooks", "policies", "scan", "reports")),
    Column("VERSION"),
)
STYLES = {
    Grade.DOWN: Status.FAILED,
    Grade.DEGRADED: Status.BLOCKED,
    Grade.UNKNOWN: Status.UNKNOWN,
    Grade.OK: Status.READY,
}


def text(report: EngineReport, width: int | None, paint: Paint, *, wide: bool) -> str:
    """One row for each cluster, its trouble below; ``wide`` adds notes."""
    worst = STYLES.get(min((each.grade for each in report.engines), default=Grade.ABSENT), Status.UNKNOWN)
    lines = [paint(f"{worst.glyph} {verdict(report) or 'no cluster is watched'}", "strong"), ""]
    rows = table(COLUMNS, [_cells(each) for each in report.engines], width, paint)
    lines.append(rows[0])
    for engine, row in zip(report.engines, rows[1:], strict=True):
        lines.append(row)
        for each in engine.findings if wide else engine.trouble:
            means = f": {each.means}" if each.means else ""
            style = STYLES[each.grade].word if each.grade is not Grade.OK else "muted"
            lines.append(paint(f"  {each.part}: {each.words}{means}", style))
    return "\n".join(lines)


def _cells(engine: Engine) -> list[Cell]:
    names = ("admission", "webhooks", "policies", "scan", "reports")
    parts = [engine.part(name).short or "-" for name in names]
    status = STYLES.get(engine.grade)
    return [(engine.cluster, "strong"), (engine.grade.word, status.word if status else "muted"), *parts, engine.version]


def markdown_text(report: EngineReport) -> str:
    """For people who were not there."""
    code = markdown.code
    parts = [f"**Policy engines** at {exact(report.now)}: {verdict(report)}"]
    titles = ("cluster", "engine", "version", "verdict")
    rows = [
        [code(each.cluster), each.grade.word, code(each.version) or "not told", code(each.words)]
        for each in report.engines
    ]
    parts.append(markdown.table(titles, rows))
    for engine in report.engines:
        if engine.trouble:
            told = [f"- {each.part}: {code(each.words)} {code(each.means)}".rstrip() for each in engine.trouble]
            parts.append(f"{code(engine.cluster)}:\n\n" + "\n".join(told))
    return "\n\n".join(parts)
