"""How lists of objects read: a table for each kind, on a terminal or in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from fluxtui.cli import coverage, markdown
from fluxtui.cli.tables import Cell, Column, Paint, table
from fluxtui.insight.standing import Standing
from fluxtui.kinds.ages import age, ago, exact
from fluxtui.kinds.kind import Kind
from fluxtui.kinds.status import Status
from fluxtui.store.row import Row
from fluxtui.store.state import DataState, Phase


class Listed(msgspec.Struct, frozen=True):
    """The objects that passed, by kind, with the states of their data; ``total`` counts those that were looked at."""

    kinds: tuple[Kind, ...]
    rows: tuple[tuple[Row, DataState], ...]
    total: int
    clusters: tuple[Standing, ...]
    now: float
    filter: str = ""

    def of(self, kind: Kind) -> list[tuple[Row, DataState]]:
        """The rows of a kind."""
        return [pair for pair in self.rows if pair[0].record.kind == kind.name]

    @property
    def summary(self) -> str:
        """How many passed, how they are, and how far the data goes."""
        what = self.kinds[0].title if len(self.kinds) == 1 else "objects"
        shown = f"{len(self.rows)} of {self.total}" if self.filter or len(self.rows) != self.total else str(self.total)
        told = {kind.name for kind in self.kinds if "status" in kind.common}
        numbers = [sum(row.status is status and row.record.kind in told for row, _ in self.rows) for status in Status]
        parts = [f"{numbers[status]} {status.word}" for status in Status if numbers[status]]
        current = sum(cluster.phase in (Phase.FRESH, Phase.MISSING) for cluster in self.clusters)
        return " · ".join([f"{shown} {what}", *parts, f"{current} of {len(self.clusters)} clusters current"])


def text(listed: Listed, width: int | None, paint: Paint, *, wide: bool) -> str:
    """A table for each kind that has objects; with several kinds, each under its name."""
    blocks: list[str] = []
    many = len(listed.kinds) > 1
    for kind in listed.kinds:
        rows = listed.of(kind)
        if rows:
            titles = [_column(title) for title in _titles(listed, kind, wide=wide)]
            lines = table(titles, [_cells(listed, kind, *pair, wide=wide) for pair in rows], width, paint)
            blocks.append("\n".join([*([paint(kind.title, "strong")] if many else []), *lines]))
    return "\n\n".join(blocks)


def markdown_text(listed: Listed) -> str:
    """A table for each kind that has objects, what was counted, and what was not seen."""
    parts = [f"**{_counted(listed)}** at {exact(listed.now)}"]
    for kind in listed.kinds:
        rows = listed.of(kind)
        if rows:
            cells = [_cells(listed, kind, *pair, wide=False) for pair in rows]
            if len(listed.kinds) > 1:
                parts.append(f"#### {kind.title}")
            titles = [title.lower() for title, _ in _titles(listed, kind, wide=False)]
            parts.append(markdown.table(titles, [[_markdown(cell) for cell in row] for row in cells]))
    unseen = coverage.missing(listed.clusters, listed.now)
    if unseen:
        parts.append("**Not seen:**\n\n" + "\n".join(f"- {markdown.code(line)}" for line in unseen))
    return "\n\n".join(parts)


def _counted(listed: Listed) -> str:
    return listed.summary + (f" ({markdown.code(listed.filter)})" if listed.filter else "")


def _markdown(cell: Cell) -> str:
    content, style = (cell, "") if isinstance(cell, str) else cell
    return content if style in {status.word for status in Status} else markdown.code(content)


def _titles(listed: Listed, kind: Kind, *, wide: bool) -> list[tuple[str, bool]]:
    """Titles, and whether the column is aligned to the right."""
    common = [name.upper() for name in _common(listed, kind)]
    own = [(column.title, column.right) for column in kind.columns if wide or not column.wide]
    return [*((title, title == "SINCE") for title in common), *own, *([("MESSAGE", False)] if wide else [])]


def _common(listed: Listed, kind: Kind) -> list[str]:
    """The common columns of a kind, as on the screen: an Event has no status, and would be told as ready."""
    hidden = {"" if len(listed.clusters) > 1 else "cluster", "" if kind.namespaced else "namespace"}
    return [name for name in kind.common if name not in hidden]


def _column(title: tuple[str, bool]) -> Column:
    least = {"STATUS": 0, "SINCE": 0, "NAME": 16, "NAMESPACE": 10, "CLUSTER": 8}
    return Column(title[0], least.get(title[0], 0 if title[1] else 10), title[1])


def _cells(listed: Listed, kind: Kind, row: Row, state: DataState, *, wide: bool) -> list[Cell]:
    common: dict[str, Cell] = {
        "status": _status(row, state, listed.now),
        "cluster": row.cluster,
        "namespace": row.record.namespace,
        "name": row.record.name,
        "since": ago(row.since or row.record.created, listed.now),
        "reason": row.reason,
    }
    cells = [common[name] for name in _common(listed, kind)]
    cells += [column.text(row.record) for column in kind.columns if wide or not column.wide]
    return [*cells, " ".join(row.message.split())] if wide else cells


def _status(row: Row, state: DataState, now: float) -> Cell:
    """The status, and how old it is where the data is not current."""
    words = f"{row.status.glyph} {row.status.word}"
    if state.phase not in (Phase.FRESH, Phase.LOADING):
        words += f" ({state.phase}, {age(now - (state.contact or state.since))} old)"
    return words, row.status.word


def in_order(rows: Iterable[Row], kinds: Sequence[Kind]) -> list[Row]:
    """The kinds as they were asked for; within each the worst status first, then by cluster, namespace and name.
    Kinds that are listed by time have the latest first.
    """
    places = {kind.name: place for place, kind in enumerate(kinds)}
    timed = {kind.name for kind in kinds if kind.order == "since"}
    return sorted(
        rows,
        key=lambda row: (
            places[row.record.kind],
            row.status,
            -(row.since or row.record.created) if row.record.kind in timed else 0,
            row.cluster,
            row.record.namespace,
            row.record.name,
        ),
    )
