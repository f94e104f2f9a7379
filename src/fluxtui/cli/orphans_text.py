"""How orphans read: as text for a terminal, and as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fluxtui.cli import markdown
from fluxtui.cli.tables import Cell, Column, Paint, table
from fluxtui.insight.orphans import Origin, Orphan, OrphanReport, verdict
from fluxtui.insight.roots import named
from fluxtui.kinds.ages import ago, exact
from fluxtui.kinds.status import Status
from fluxtui.kube.orphans import Searched

COLUMNS = (
    Column("OBJECT", least=24),
    Column("CLUSTER", least=10),
    Column("WHAT"),
    Column("WHO", least=8),
    Column("WHEN", right=True),
    Column("SURE"),
    Column("WHY", least=20),
)


def text(
    reports: Sequence[OrphanReport],
    shown: Sequence[Orphan],
    now: float,
    width: int | None,
    paint: Paint,
    *,
    wide: bool,
) -> str:
    """Orphans for a terminal; ``wide`` tells all field managers, and what each has made."""
    glyph = Status.UNKNOWN.glyph if any(report.orphans for report in reports) else Status.READY.glyph
    lines = [paint(f"{glyph} {headline(reports, shown)}", "strong")]
    if shown:
        rows = table(COLUMNS, [_cells(each, now) for each in shown], width, paint)
        lines += ["", rows[0]]
        for each, row in zip(shown, rows[1:], strict=True):
            lines.append(row)
            lines += [paint(f"  {_below(each)}", "muted")] if wide else []
    return "\n".join(lines)


def headline(reports: Sequence[OrphanReport], shown: Sequence[Orphan]) -> str:
    """The verdict, and how many are hidden."""
    hidden = sum(len(report.orphans) for report in reports) - len(shown)
    return verdict(reports) + (f" · {hidden} hidden by the filter" if hidden else "")


def unseen(searched: Iterable[Searched]) -> list[str]:
    """One line for each cluster, and for each reason, why something was not looked at."""
    lines: list[str] = []
    for each in searched:
        if each.trouble:
            lines.append(f"{each.cluster}: {each.trouble}")
        elif not each.at:
            lines.append(f"{each.cluster}: {each.done} of {each.wanted or 'all'} kinds were looked at in time")
        if each.forbidden:
            lines.append(f"{each.cluster}: may not list {', '.join(sorted(each.forbidden))}")
        lines += [f"{each.cluster}: {title}: {why}" for title, why in sorted(each.failed.items())]
        lines += [f"{each.cluster}: {title}: {left:,} more than are read" for title, left in sorted(each.cut.items())]
    return lines


def _cells(each: Orphan, now: float) -> list[Cell]:
    style = Status.BLOCKED.word if each.origin in (Origin.LEFT, Origin.HAND) else ""
    return [
        (named(each.found.identity), "strong"),
        each.cluster,
        (each.origin.value, style),
        each.who or "-",
        ago(each.when, now) or "-",
        each.sureness.word,
        each.why,
    ]


def _below(each: Orphan) -> str:
    writers = ", ".join(f"{manager} {exact(at)}".strip() for manager, at in each.found.managers)
    told = f"made {exact(each.found.created) or 'at a time that is not told'}; written by {writers or 'nobody told'}"
    return f"{told}; {each.with_it} more made by it" if each.with_it else told


def markdown_text(reports: Sequence[OrphanReport], shown: Sequence[Orphan], now: float, missing: Sequence[str]) -> str:
    """Orphans for people who were not there."""
    code = markdown.code
    parts = [f"**Orphans** at {exact(now)}: {headline(reports, shown)}"]
    titles = ("object", "cluster", "what", "who", "when", "sure", "why")
    rows = [
        [
            code(named(each.found.identity)),
            code(each.cluster),
            each.origin.value,
            code(each.who) if each.who else "not told",
            exact(each.when) or "not told",
            each.sureness.word,
            code(each.why),
        ]
        for each in shown
    ]
    if rows:
        parts.append(markdown.table(titles, rows))
    if missing:
        parts.append("**Not seen:**\n\n" + "\n".join(f"- {code(line)}" for line in missing))
    return "\n\n".join(parts)
