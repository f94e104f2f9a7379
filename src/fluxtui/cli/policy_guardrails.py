"""How the guardrails of tenants' sources read, and what they look like to other programs."""

from __future__ import annotations

from fluxtui.cli import markdown
from fluxtui.cli.tables import Cell, Column, Paint, table
from fluxtui.insight.export import VERSION, ObjectRef, Shape, moment
from fluxtui.insight.policy.guardrail_lines import Line, Sheet, verdict
from fluxtui.kinds.ages import exact
from fluxtui.kinds.record import split_id
from fluxtui.kinds.status import Status


class LineShape(Shape, frozen=True):
    """One statement: ``what`` names its sort, ``trouble`` whether something is wrong; ``text`` is a prefix, a policy or
    the id of an object, ``sources`` are those that it is about.
    """

    what: str
    trouble: bool
    text: str
    why: str
    clusters: list[str]
    policy: str
    sources: list[ObjectRef]


class GuardrailsShape(Shape, frozen=True, kw_only=True):
    """From where tenants may take sources, and who is refused or escapes."""

    version: int = VERSION
    kind: str = "Guardrails"
    time: str
    summary: str
    items: list[LineShape]


def guardrails_shape(found: Sheet) -> GuardrailsShape:
    """All lines in their order."""
    return GuardrailsShape(
        time=moment(found.report.now) or "", summary=verdict(found), items=[_shape(each) for each in found.lines]
    )


def _shape(line: Line) -> LineShape:
    sources = [ObjectRef(each.cluster, *split_id(each.record.id)) for each in line.judged]
    return LineShape(line.what, line.loud, line.text, line.why, list(line.clusters), line.policy, sources)


COLUMNS = (
    Column("WHAT"),
    Column("PREFIX, POLICY OR SOURCE", least=24),
    Column("SOURCES", right=True),
    Column("CLUSTERS", least=10),
    Column("WHY", least=16),
)


def text(found: Sheet, width: int | None, paint: Paint) -> str:
    """What is wrong first, then the lists themselves."""
    status = Status.UNKNOWN if any(guard.trouble for guard in found.report.guards) else Status.READY
    status = Status.FAILED if any(line.loud for line in found.lines) else status
    lines = [paint(f"{status.glyph} {verdict(found)}", "strong")]
    if found.lines:
        lines += ["", *table(COLUMNS, [_cells(line) for line in found.lines], width, paint)]
    return "\n".join(lines)


def _cells(line: Line) -> list[Cell]:
    return [
        (line.what, Status.FAILED.word if line.loud else ""),
        (line.text, "strong"),
        str(len(line.judged)) if line.judged else "-",
        (", ".join(line.clusters), "muted"),
        line.why,
    ]


def markdown_text(found: Sheet) -> str:
    """For people who were not there."""
    code = markdown.code
    rows = [
        [line.what, code(line.text), str(len(line.judged)), ", ".join(map(code, line.clusters)), code(line.why)]
        for line in found.lines
    ]
    parts = [f"**Guardrails** at {exact(found.report.now)}: {verdict(found)}"]
    if rows:
        parts.append(markdown.table(("what", "prefix, policy or source", "sources", "clusters", "why"), rows))
    return "\n\n".join(parts)
