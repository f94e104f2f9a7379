"""The keys that fold and unfold a tree, for every screen that shows an `Outline` in a table."""

from collections.abc import Callable
from typing import ClassVar

from textual.binding import BindingType

from fluxtui import keymap
from fluxtui.insight.forest import Ref
from fluxtui.insight.outline import Fold, Outline
from fluxtui.screens.base import FleetScreen
from fluxtui.widgets.virtual_table import VirtualTable


class TreeTable(VirtualTable):
    """The lines; marks mean nothing here, and there is nothing to the side: their keys fold."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.TREE_LIST]
    markable = False


class FoldingScreen(FleetScreen):
    """A screen says which outline it shows, and paints it again when lines came or went."""

    _outline: Outline

    def _repaint(self) -> None:
        """Lines came or went."""

    def _unfolded(self) -> None:
        """Somebody folded or unfolded a line."""

    def _go_to(self, key: Ref) -> None:
        """Unfold the way to a node and put the cursor on it."""
        self._unfolded()
        self._outline.reveal(key)
        self._repaint()
        self._table.move_to(key)

    @property
    def _table(self) -> VirtualTable:
        """The table of the tree."""
        return self.query_one("#table", VirtualTable)

    def action_fold(self) -> None:
        """Fold or unfold the node under the cursor; on a reference, go to where it is drawn."""
        self._fold_with(self._outline.toggle)

    def _fold_with(self, change: Callable[[int], bool]) -> bool:
        index = self._table.cursor_index
        if index < 0 or index >= len(self._outline):
            return False
        line = self._outline.line(index)
        if line < 0:
            self._go_to(self._outline.forest.keys[self._outline.node(index)])
            return True
        changed = change(line)
        if changed:
            self._unfolded()
            self._repaint()
        return changed

    def action_left(self) -> None:
        """Fold; what is folded or has nothing under it leads to the line above it."""
        index = self._table.cursor_index
        if index < 0:
            return
        outline, forest = self._outline, self._outline.forest
        line = outline.line(index)
        if line >= 0 and outline.fold_of(line) is not Fold.CLOSED and outline.fold(line):
            self._repaint()
            return
        above = forest.parent[line] if line >= 0 else forest.references[-1 - line].under
        if above >= 0:
            self._table.move_to(forest.keys[above])

    def action_right(self) -> None:
        """Unfold; what is unfolded leads to its first line."""
        if not self._fold_with(self._outline.unfold):
            outline, forest, index = self._outline, self._outline.forest, self._table.cursor_index
            line = outline.line(index)
            if line >= 0 and index + 1 < len(outline) and outline.fold_of(line) is not Fold.CLOSED:
                after = outline.line(index + 1)
                under = forest.parent[after] if after >= 0 else forest.references[-1 - after].under
                if under == line:
                    self._table.move_cursor(index + 1)

    def action_open_below(self) -> None:
        """Everything under the node."""
        index = self._table.cursor_index
        if index >= 0 and self._outline.line(index) >= 0:
            self._outline.open_below(self._outline.line(index))
            self._unfolded()
            self._repaint()

    def action_open_all(self) -> None:
        """Everything."""
        self._outline.open_below()
        self._unfolded()
        self._repaint()
