"""How changes read: as text for a terminal, and as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from fluxtui.cli import coverage, markdown
from fluxtui.cli.tables import Cell, Column, Paint, table
from fluxtui.insight.changes import ChangesReport
from fluxtui.insight.grouping import Group
from fluxtui.insight.occurrence import Occurrence
from fluxtui.insight.roots import named
from fluxtui.kinds.ages import ago, exact
from fluxtui.kinds.status import Status

COLUMNS = (
    Column("AGO", right=True),
    Column("KNOWN"),
    Column("CHANGE"),
    Column("OBJECT", least=24),
    Column("CLUSTER", least=10),
    Column("WHAT", least=16),
)
STYLES = {status.word: status.word for status in Status}


def text(
    report: ChangesReport, shown: Sequence[Group], summary: str, width: int | None, paint: Paint, *, wide: bool
) -> str:
    """The changes for a terminal; ``wide`` lists the members of each group."""
    hidden = len(report.groups) - len(shown)
    lines = [paint(summary + (f" · {hidden} hidden by the filter" if hidden else ""), "strong")]
    rows: list[list[Cell]] = []
    for group in shown:
        rows.append(_cells(report, group))
        if wide and len(group.members) > 1:
            rows += [_member(report, each) for each in group.members]
    if rows:
        lines += ["", *table(COLUMNS, rows, width, paint)]
    return "\n".join(lines)


def what(group: Group) -> str:
    """The word for a group."""
    return "push" if group.push and len(group.members) > 1 else group.what


def _title(group: Group) -> str:
    more = group.objects - 1
    return f"{group.title} +{more}" if more and group.push else group.title


def _mark(distance: int | None) -> str:
    return "" if distance is None else "▲ " if distance else "◆ "


def _cells(report: ChangesReport, group: Group) -> list[Cell]:
    return [
        ago(group.at, report.now),
        f"{group.known.glyph} {group.known.value}",
        (what(group), STYLES.get(group.what, "")),
        (_mark(report.distance(group)) + _title(group), "strong"),
        _few(group.clusters),
        group.told,
    ]


def _member(report: ChangesReport, each: Occurrence) -> list[Cell]:
    return [
        (ago(each.at, report.now), "muted"),
        (f"{each.known.glyph} {each.known.value}", "muted"),
        (each.what, STYLES.get(each.what, "muted")),
        f"  {_mark(report.upstream.get(each.ref))}{named(each.id)}",
        each.cluster,
        (each.told, "muted"),
    ]


def _few(words: Sequence[str], most: int = 2) -> str:
    return ", ".join(words[:most]) + (f" +{len(words) - most}" if len(words) > most else "")


def markdown_text(report: ChangesReport, shown: Sequence[Group], summary: str) -> str:
    """The changes for people who were not there: a table, then the members of the groups."""
    code = markdown.code
    parts = [f"**Changes** from {exact(report.start)} to {exact(report.end)}: {code(summary)}"]
    titles = ("time", "known", "change", "object", "clusters", "what")
    rows = [
        [
            exact(group.at),
            f"{group.known.glyph} {group.known.value}",
            what(group),
            code(_mark(report.distance(group)) + _title(group)),
            ", ".join(map(code, group.clusters)),
            code(group.told) if group.told else "",
        ]
        for group in shown
    ]
    if rows:
        parts.append(markdown.table(titles, rows))
    for group in shown:
        if len(group.members) > 1:
            lines = [
                f"- {exact(each.at)} {each.known.glyph} {each.what} {code(named(each.id))} in {code(each.cluster)}"
                for each in group.members
            ]
            parts.append(f"#### {code(_title(group))}\n\n" + "\n".join(lines))
    unseen = coverage.missing(report.clusters, report.now)
    if unseen:
        parts.append("**Not seen:**\n\n" + "\n".join(f"- {code(line)}" for line in unseen))
    return "\n\n".join(parts)
