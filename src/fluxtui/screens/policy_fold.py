"""Groups that unfold into groups and then into violations, as the rows of a table: only what is unfolded is laid out.

Rows are found by their number and by their key without looking at the others: of what is unfolded by halving, of the
leaves of a group by halving too, for they stand in the order of their keys.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Generic, NamedTuple, TypeVar, cast

from fluxtui.widgets.table_source import Cell

N = TypeVar("N")
"""A group."""
L = TypeVar("L")
"""A leaf."""

Path = tuple[Hashable, ...]
"""The keys from the outermost group to a row: what identifies the row."""


class Shape(NamedTuple, Generic[N, L]):
    """How groups are read: their key, the groups and the leaves within them, the key of a leaf (leaves are in the order
    of it).
    """

    key: Callable[[N], str]
    within: Callable[[N], Sequence[N]]
    leaves: Callable[[N], Sequence[L]]
    order: Callable[[L], tuple[str, ...]]


class Line(NamedTuple, Generic[N, L]):
    """A row: a group, or a leaf of it. `above` is the path of the group above, `last` whether nothing of it follows."""

    path: Path
    group: N
    leaf: L | None
    depth: int
    last: bool


class _Block(Generic[N, L]):
    """What is seen of one unfolded group, or of all: its rows, and the unfolded groups among them."""

    def __init__(self, groups: Sequence[N], leaves: Sequence[L], owner: N | None) -> None:
        self.groups, self.leaves, self.owner = groups, leaves, owner
        self.places: dict[str, int] = {}
        self.open: list[int] = []
        """The numbers of the unfolded groups, in their order."""
        self.blocks: list[_Block[N, L]] = []
        self.starts: list[int] = []
        """The rows on which the unfolded groups stand."""
        self.length = len(groups) or len(leaves)

    def lay_out(self) -> None:
        """Count the rows."""
        self.starts, more = [], 0
        for at, block in zip(self.open, self.blocks, strict=True):
            self.starts.append(at + more)
            more += block.length
        self.length = (len(self.groups) or len(self.leaves)) + more

    def rows_before(self, which: int) -> int:
        """The rows within the unfolded groups before one of them."""
        if which < len(self.open):
            return self.starts[which] - self.open[which]
        return self.length - (len(self.groups) or len(self.leaves))


class Folded(Generic[N, L]):
    """A `TableSource`; `cells` and `version` tell what a line shows."""

    def __init__(
        self,
        groups: Sequence[N],
        shape: Shape[N, L],
        opened: set[Path],
        cells: Callable[[Line[N, L]], Sequence[Cell]],
        version: Callable[[Line[N, L]], Hashable],
    ) -> None:
        """`opened` are the paths that are unfolded: shared, so that folding outlasts other rows."""
        self.shape, self.opened = shape, opened
        self._cells, self._version = cells, version
        self._root: _Block[N, L] = _Block(groups, (), None)
        self.lay_out()

    def lay_out(self) -> None:
        """Something was folded or unfolded. Costs the groups that are unfolded."""
        children: dict[Path, list[Path]] = {}
        for path in self.opened:
            children.setdefault(path[:-1], []).append(path)
        self._fill(self._root, (), children)

    def _fill(self, block: _Block[N, L], path: Path, children: dict[Path, list[Path]]) -> None:
        block.open, block.blocks = [], []
        found = [(at, child) for child in children.get(path, ()) if (at := self._place(block, child[-1])) is not None]
        for at, child in sorted(found, key=lambda each: each[0]):
            group = block.groups[at]
            inner = _Block(self.shape.within(group), self.shape.leaves(group), group)
            self._fill(inner, child, children)
            block.open.append(at)
            block.blocks.append(inner)
        block.lay_out()

    def _place(self, block: _Block[N, L], key: Hashable) -> int | None:
        """Which of the groups has a key."""
        if not block.places:
            block.places = {self.shape.key(group): at for at, group in enumerate(block.groups)}
        return block.places.get(str(key))

    # Rows

    def __len__(self) -> int:
        return self._root.length

    def line(self, index: int) -> Line[N, L]:
        """The row of a number."""
        block, path = self._root, ()
        depth = 0
        while True:
            which = bisect_right(block.starts, index) - 1
            if which < 0:
                return self._row(block, path, index, depth)
            at, inner = block.open[which], block.blocks[which]
            within = index - block.starts[which] - 1
            if within < 0:
                return self._row(block, path, at, depth)
            if within >= inner.length:
                return self._row(block, path, at + 1 + within - inner.length, depth)
            path = (*path, self.shape.key(block.groups[at]))
            block, index, depth = inner, within, depth + 1

    def _row(self, block: _Block[N, L], path: Path, at: int, depth: int) -> Line[N, L]:
        if block.groups:
            group = block.groups[at]
            return Line((*path, self.shape.key(group)), group, None, depth, at + 1 == len(block.groups))
        leaf, owner = block.leaves[at], cast("N", block.owner)  # leaves are of a group
        return Line((*path, self.shape.order(leaf)), owner, leaf, depth, at + 1 == len(block.leaves))

    def key(self, index: int) -> Hashable:
        """The path of the row."""
        return self.line(index).path

    def index_of(self, key: Hashable) -> int | None:
        """By halving."""
        block, row = self._root, 0
        path = cast("Path", key) if isinstance(key, tuple) else ()
        for depth, part in enumerate(path):
            if not block.groups:
                return self._leaf(block, part, row) if depth + 1 == len(path) else None
            at = self._place(block, part)
            if at is None:
                return None
            which = bisect_left(block.open, at)
            row += at + block.rows_before(which)
            if depth + 1 == len(path):
                return row
            if which == len(block.open) or block.open[which] != at:
                return None
            block, row = block.blocks[which], row + 1
        return None

    def _leaf(self, block: _Block[N, L], order: Hashable, row: int) -> int | None:
        if not isinstance(order, tuple):
            return None
        wanted = cast("tuple[str, ...]", order)
        at = bisect_left(block.leaves, wanted, key=self.shape.order)
        found = at < len(block.leaves) and self.shape.order(block.leaves[at]) == wanted
        return row + at if found else None

    def cells(self, index: int) -> Sequence[Cell]:
        """One cell for each column."""
        return self._cells(self.line(index))

    def version(self, index: int) -> Hashable:
        """What the cells are made of."""
        return self._version(self.line(index))

    # Folding

    def is_open(self, path: Path) -> bool:
        """Whether what is within a group is seen."""
        return path in self.opened

    def toggle(self, path: Path) -> None:
        """Unfold a group, or fold it."""
        self.opened ^= {path}
        self.lay_out()

    def open_all(self, below: Path = ()) -> None:
        """Unfold every group within a group, or all; costs all groups."""
        self.opened |= set(self._paths(self._root.groups, (), below))
        self.lay_out()

    def close_all(self) -> None:
        """Fold everything."""
        self.opened.clear()
        self.lay_out()

    def _paths(self, groups: Sequence[N], path: Path, below: Path) -> Iterator[Path]:
        for group in groups:
            here = (*path, self.shape.key(group))
            if here[: len(below)] == below[: len(here)]:
                yield here
                yield from self._paths(self.shape.within(group), here, below)
