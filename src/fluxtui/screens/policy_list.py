"""The list of the Policy screen: lines that unfold, or the matrix in their place; what a line is, what marks name."""

from collections.abc import Callable
from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message

from fluxtui import keymap
from fluxtui.insight.policy.board import By, Group
from fluxtui.screens.policy_board import Board
from fluxtui.screens.policy_fold import Path
from fluxtui.screens.policy_matrix import Matrix, fitting, matrix_columns
from fluxtui.screens.policy_objects import policies_of
from fluxtui.screens.policy_rows import ROOMY, SHAPE, Painter, PolicyLine, PolicyRows, columns
from fluxtui.widgets.table_source import NoRows
from fluxtui.widgets.virtual_table import VirtualTable


class PolicyList(VirtualTable):
    """The lines of a board: what marks rows elsewhere folds here, as in the tree."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.POLICY_LIST]

    class Refolded(Message):
        """Lines came or went, or other clusters are seen: the board is the same."""

    def __init__(self, now: Callable[[], float], *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._now = now
        self._board: Board | None = None
        self._rows: PolicyRows | None = None
        self._cells: Matrix | None = None
        self._opened: dict[By, set[Path]] = {by: set() for by in By}
        self._matrix = False
        self._first = 0
        self._wide = 0

    def show_board(self, board: Board, *, matrix: bool, width: int) -> None:
        """List a board in so many cells; the cursor stays on its line, or on the group that it was in."""
        self._board, self._matrix, self._wide = board, matrix, width
        roomy, opened = width >= ROOMY, self._opened[board.by]
        painter = Painter(board, self._now, opened, roomy=roomy)
        self._rows = PolicyRows(board.groups, SHAPE, opened, painter.cells, painter.version)
        if matrix:
            clusters = self.seen_clusters(board)
            self._cells = source = Matrix(painter, clusters)
            wanted = matrix_columns(clusters, width)
        else:
            source, wanted = self._rows, columns(board, roomy=roomy)
        self.set_source(source, wanted if wanted != self.columns else None)

    @property
    def wide_for(self) -> int:
        """The cells that the board was laid out for; 0 before the first."""
        return self._wide

    def seen_clusters(self, board: Board) -> tuple[str, ...]:
        """The clusters that the matrix has a column for."""
        fit = fitting(self._wide)
        self._first = max(0, min(self._first, len(board.clusters) - fit))
        return board.clusters[self._first : self._first + fit]

    # Lines

    def line(self) -> PolicyLine | None:
        """The line under the cursor."""
        index = self.cursor_index
        if isinstance(self.source, NoRows) or not 0 <= index < len(self.source):
            return None
        if self._matrix and self._cells is not None:
            group = self._cells.group(index)
            return PolicyLine((group.key,), group, None, 0, False)
        return self._rows.line(index) if self._rows is not None else None

    def marked_lines(self) -> list[PolicyLine]:
        """The marked lines, in the order of the list; the matrix has none."""
        rows = self._rows
        if self._matrix or rows is None or not self.marks:
            return []
        places = (rows.index_of(mark) for mark in self.marks)
        return [rows.line(at) for at in sorted(at for at in places if at is not None)]

    def marked_policies(self) -> list[str]:
        """The ids of the policies that are marked, else of the one under the cursor."""
        matrix = self._cells
        groups = [line.group for line in self.marked_lines()]
        if self._matrix and matrix is not None:
            groups = [matrix.group(at) for mark in self.marks if (at := matrix.index_of(mark)) is not None]
        line = self.line()
        if not groups and line is not None:
            return [line.leaf.policy] if line.leaf is not None else policies_of(line.group)
        return list(dict.fromkeys(policy for group in groups for policy in policies_of(group)))

    def is_open(self, line: PolicyLine) -> bool:
        """Whether what is within the group of a line is seen."""
        return self._rows is not None and self._rows.is_open(line.path)

    # From the list to the matrix and back

    def to_rule(self, line: PolicyLine | None) -> None:
        """The cursor of the matrix on the rule that it was on in the list."""
        if line is not None and self._cells is not None:
            group = line.group.within[0] if line.group.within else line.group
            if not self.move_to((group.key,)):
                self.move_to(line.path[:1])

    def to_group(self, group: Group) -> None:
        """The cursor of the list on the rule that it was on in the matrix: its policy is unfolded."""
        if self._rows is not None and not self.move_to((group.key,)):
            self._opened[By.POLICY].add((group.policy,))
            self._rows.lay_out()
            self._refolded()
            if not self.move_to((group.policy, group.key)):
                self.move_to((group.policy,))

    # Keys

    def action_fold(self) -> None:
        """Unfold the group under the cursor, or fold it; on a violation, the group that it is in."""
        line, rows = self.line(), self._rows
        if line is None or rows is None or self._matrix:
            return
        path = line.path[:-1] if line.leaf is not None else line.path
        if line.leaf is None and not line.group.objects:
            return
        rows.toggle(path)
        self._refolded()
        self.move_to(path)

    def action_left(self) -> None:
        """Fold; what is folded leads to the group above. In the matrix, the clusters before."""
        line, rows = self.line(), self._rows
        if self._matrix:
            self._shift(-1)
        elif line is not None and rows is not None:
            if line.leaf is None and rows.is_open(line.path):
                self.action_fold()
            elif len(line.path) > 1:
                self.move_to(line.path[:-1])

    def action_right(self) -> None:
        """Unfold; what is unfolded leads to its first line. In the matrix, the clusters after."""
        line, rows = self.line(), self._rows
        if self._matrix:
            self._shift(1)
        elif line is not None and rows is not None and line.leaf is None:
            if rows.is_open(line.path):
                self.move_cursor(self.cursor_index + 1)
            else:
                self.action_fold()

    def _shift(self, step: int) -> None:
        if self._board is not None:
            self._first += step * fitting(self._wide)
            self.show_board(self._board, matrix=True, width=self._wide)
            self.post_message(self.Refolded())

    def action_open_below(self) -> None:
        """Unfold everything within the group."""
        line = self.line()
        if line is not None and self._rows is not None and not self._matrix:
            self._rows.open_all(line.path)
            self._refolded()

    def action_open_all(self) -> None:
        """Unfold everything."""
        if self._rows is not None and not self._matrix:
            self._rows.open_all()
            self._refolded()

    def action_reset(self) -> None:
        """Fold everything."""
        line = self.line()
        if self._rows is not None and not self._matrix:
            self._rows.close_all()
            self._refolded()
            if line is not None:
                self.move_to(line.path[:1])

    def _refolded(self) -> None:
        self.refresh_all()
        self.post_message(self.Refolded())
