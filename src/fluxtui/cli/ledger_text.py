"""How the ledger reads: as text for a terminal, and as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from fluxtui.cli import coverage, markdown
from fluxtui.cli.tables import Cell, Column, Paint, table
from fluxtui.insight.known import Known
from fluxtui.insight.ledger import Entry, LedgerReport, verdict
from fluxtui.insight.roots import named
from fluxtui.kinds.ages import ago, exact
from fluxtui.kinds.status import Status

COLUMNS = (
    Column("HIDES", right=True),
    Column("OBJECT", least=24),
    Column("CLUSTER", least=10),
    Column("HOW"),
    Column("SINCE", right=True),
    Column("WHO", least=8),
    Column("WHY", least=12),
    Column("WAITING", least=10),
)
NAMED = 12
"""Hidden objects that are named with ``-o wide``."""


def text(report: LedgerReport, shown: Sequence[Entry], width: int | None, paint: Paint, *, wide: bool) -> str:
    """The ledger for a terminal; ``wide`` names what each hides, and by which switch it rests."""
    glyph = Status.SUSPENDED.glyph if report.entries else Status.READY.glyph
    lines = [paint(f"{glyph} {headline(report, shown)}", "strong")]
    if shown:
        rows = table(COLUMNS, [_cells(entry, report.now) for entry in shown], width, paint)
        lines += ["", rows[0]]
        for entry, row in zip(shown, rows[1:], strict=True):
            lines.append(row)
            lines += [paint(f"  {line}", "muted") for line in _below(entry)] if wide else []
    return "\n".join(lines)


def headline(report: LedgerReport, shown: Sequence[Entry]) -> str:
    """The verdict, and how many are hidden."""
    hidden = len(report.entries) - len(shown)
    return verdict(report) + (f" · {hidden} hidden by the filter" if hidden else "")


def since(entry: Entry, now: float) -> str:
    """``2d``; ``≈ ≤2d`` where it is only known that it was not before, ``≈ ≥2d`` that it was not after."""
    age = ago(entry.since, now)
    return f"{Known.INFERRED.glyph} {entry.bound}{age}" if age and entry.bound else age or "?"


def _cells(entry: Entry, now: float) -> list[Cell]:
    style = Status.SUSPENDED.word if entry.how != "left alone" else "muted"
    return [
        str(len(entry.hides)) if entry.hides else "-",
        (named(entry.row.record.id), "strong"),
        entry.row.cluster,
        (entry.how, style),
        since(entry, now),
        entry.by or "-",
        entry.why or (entry.switch if entry.how == "left alone" else "-"),
        entry.pending.words if entry.pending is not None else "-",
    ]


def _below(entry: Entry) -> list[str]:
    lines = [f"by {entry.switch}; {entry.known.value}{f': {exact(entry.since)}' if entry.since else ''}"]
    if entry.writer is not None:
        lines.append(
            f"written by the field manager {entry.writer.manager}, {exact(entry.writer.at) or 'time not told'}"
        )
    if entry.hides:
        names = ", ".join(named(identity) for identity in entry.hides[:NAMED])
        lines.append(f"hides {names}" + (f" +{len(entry.hides) - NAMED}" if len(entry.hides) > NAMED else ""))
    return lines


def markdown_text(report: LedgerReport, shown: Sequence[Entry]) -> str:
    """The ledger for people who were not there."""
    code = markdown.code
    parts = [f"**At rest in the fleet** at {exact(report.now)}: {headline(report, shown)}"]
    titles = ("hides", "object", "cluster", "how", "since", "who", "why", "waiting for it")
    rows = [
        [
            str(len(entry.hides)),
            code(named(entry.row.record.id)),
            code(entry.row.cluster),
            entry.how,
            since(entry, report.now),
            code(entry.by) if entry.by else "not told",
            code(entry.why) if entry.why else "no reason on record",
            code(entry.pending.words) if entry.pending is not None else "",
        ]
        for entry in shown
    ]
    if rows:
        parts.append(markdown.table(titles, rows))
    unseen = coverage.missing(report.clusters, report.now)
    if unseen:
        parts.append("**Not seen:**\n\n" + "\n".join(f"- {code(line)}" for line in unseen))
    return "\n\n".join(parts)
