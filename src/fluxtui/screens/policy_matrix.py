"""The matrix of the Policy screen: a row for each rule, a column for each cluster, how many violate it there."""

from collections.abc import Hashable, Iterable, Sequence

from fluxtui.insight.policy.board import Group
from fluxtui.insight.policy.model import Action
from fluxtui.screens.policy_board import violations_in
from fluxtui.screens.policy_rows import Painter, abbreviated, policy_spans
from fluxtui.widgets.table_columns import ESSENTIAL, TableColumn
from fluxtui.widgets.table_source import Cell

CELLS = 6
"""The narrowest column of a cluster in the matrix."""


def fitting(width: int) -> int:
    """How many clusters have a column in so many cells."""
    return max(1, (width - 34) // (CELLS + 1))


def matrix_columns(clusters: Sequence[str], width: int) -> tuple[TableColumn, ...]:
    """The rule, and a column for each of some clusters: under its name where there is room for it."""
    cells = min(14, max(CELLS, (width - 42) // max(1, len(clusters)) - 2))
    short = abbreviated(clusters, cells) if cells < max(map(len, clusters), default=0) else {}
    every = [(f"cluster {name}", short.get(name, name)) for name in clusters]
    return (
        TableColumn("name", "POLICY / RULE", 30, 22, 70, flex=1, priority=ESSENTIAL, sortable=False),
        TableColumn("action", "ACTION", 8, 6, priority=50, sortable=False, shorter={Action.UNKNOWN.value: "?"}),
        *(TableColumn(*pair, cells, align="right", priority=ESSENTIAL, sortable=False) for pair in every),
    )


class Matrix:
    """A `TableSource`: one row for each rule, how many violate it in each cluster as numbers with bars."""

    def __init__(self, painter: Painter, clusters: Sequence[str]) -> None:
        self._painter = painter
        self._clusters = clusters
        self._groups = list(_rules_of(painter.board.groups))
        self._places = {group.key: at for at, group in enumerate(self._groups)}
        self._top = max((violations_in(group, name) for group in self._groups for name in group.clusters), default=0)

    def __len__(self) -> int:
        return len(self._groups)

    def group(self, index: int) -> Group:
        """The rule of a row."""
        return self._groups[index]

    def key(self, index: int) -> Hashable:
        """As the list has it."""
        return (self._groups[index].key,)

    def index_of(self, key: Hashable) -> int | None:
        """By a map; a line of the list by its outermost group."""
        return self._places.get(str(key[-1])) if isinstance(key, tuple) and key else None  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]

    def version(self, index: int) -> Hashable:
        """A group is another one in another board."""
        return id(self._groups[index])

    def cells(self, index: int) -> Sequence[Cell]:
        """Rule, action, clusters."""
        group, painter = self._groups[index], self._painter
        name: Cell = policy_spans(group.policy, group.rule, quiet=not group.objects)
        return [name, painter.actions(group), *(self._cell(group, cluster) for cluster in self._clusters)]

    def _cell(self, group: Group, cluster: str) -> Cell:
        count = violations_in(group, cluster)
        if not count:
            return self._painter.without(group, cluster)
        glyph, style = self._painter.heat(group, cluster, self._top)
        return [(f"{count:,} ", style), (glyph, style)]


def _rules_of(groups: Iterable[Group]) -> Iterable[Group]:
    for group in groups:
        yield from group.within or (group,)
