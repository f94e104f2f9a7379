"""The lines of a `Forest` that are visible: what is folded, and how lines are indented.

Every node is closed, partial (its troubled branches are shown, the healthy ones are one count) or open. Without a word
of the user, branches with something to look at are partial and healthy ones closed. A key press costs the lines that it
adds or takes away; a change of status costs none, unless a branch turned healthy or ceased to be.
"""

from collections.abc import Collection, Hashable, Iterable, Iterator
from enum import IntEnum
from typing import cast

from fluxtui.insight.forest import BITS, CLUSTER, ROOTS, TOP, UNSEEN, Followed, Forest, Ref
from fluxtui.kinds.status import Status

LineKey = tuple[str, str] | tuple[str, str, str]
"""(cluster, id) of a node; (cluster, id, id of the parent) of a reference to it."""

INDENTS = 9
"""Levels that are indented at most: what is deeper stands further left, and says so."""


class Fold(IntEnum):
    """How much of what stands under a node is shown."""

    CLOSED = 0
    PARTIAL = 1
    OPEN = 2


class Outline:
    """The visible lines, by position and by key. A line is a number: a node's, or that of a reference, negative."""

    def __init__(self, forest: Forest) -> None:
        self.forest = forest
        self._folds: dict[Ref, Fold] = {}
        """What the user said; under a filter it is put aside in `_unfiltered`."""
        self._unfiltered: dict[Ref, Fold] = {}
        self._kept: set[Ref] = set()
        """Shown in a partial parent although healthy: the way to something that was asked for."""
        self._keepers: set[int] = set()
        """Their parents."""
        self._hits: list[int] | None = None
        """With a filter: how many nodes of each subtree pass it."""
        self._accepted: set[int] = set()
        self._lines: list[int] = []
        self._ends: dict[int, tuple[int, bool]] = {}
        """By expanded node: its last visible line, and whether that is the only one."""
        self._places: dict[int, int] | None = None
        self._guides: dict[int, str] = {}
        self.renew()

    # Lines

    def __len__(self) -> int:
        return len(self._lines)

    def line(self, index: int) -> int:
        """The line at a position: a node's number, or ``-1 - reference``."""
        return self._lines[index]

    def key(self, index: int) -> LineKey:
        """The identity of the line at a position."""
        return self.key_of(self._lines[index])

    def key_of(self, line: int) -> LineKey:
        """The identity of a line, visible or not."""
        forest = self.forest
        if line >= 0:
            return forest.keys[line]
        reference = forest.references[-1 - line]
        return (*forest.keys[reference.node], forest.keys[reference.under][1])

    def node(self, index: int) -> int:
        """The node that the line at a position is about."""
        line = self._lines[index]
        return line if line >= 0 else self.forest.references[-1 - line].node

    def index_of(self, key: Hashable) -> int | None:
        """The position of a line, None if it is not visible; by a map that lasts until lines come or go."""
        line = self._line_of(key)
        return None if line is None else self._position(line)

    def _position(self, line: int) -> int | None:
        if self._places is None:
            self._places = {line: index for index, line in enumerate(self._lines)}
        return self._places.get(line)

    def _line_of(self, key: Hashable) -> int | None:
        cluster, identity, *more = cast("LineKey", key)
        if not more:
            return self.forest.numbers.get((cluster, identity))
        under = self.forest.numbers.get((cluster, more[0]), TOP)
        for number in self.forest.referred.get(under, ()):
            if self.forest.keys[self.forest.references[number].node][1] == identity:
                return -1 - number
        return None

    # Folding

    def fold_of(self, node: int) -> Fold:
        """How much is shown under a node."""
        said = self._folds.get(self.forest.keys[node])
        if said is not None:
            return said
        return Fold.PARTIAL if self._of_interest(node) or node in self._keepers else Fold.CLOSED

    def _of_interest(self, node: int) -> bool:
        if self._hits is not None:
            return self._hits[node] > (node in self._accepted)
        return self.forest.troubled(node)

    def _lines_under(self, node: int) -> list[int]:
        """The lines directly under a node, as it is folded."""
        fold, forest = self.fold_of(node), self.forest
        if fold is Fold.CLOSED:
            return []
        children = forest.children.get(node, ())
        references = forest.referred.get(node, ())
        if fold is Fold.OPEN:
            return [*children, *(-1 - number for number in references)]
        hits = self._hits
        if hits is not None:
            return [child for child in children if hits[child]]
        shown: list[int] = [child for child in children if self._shown(child)]
        for number in references:
            reference = forest.references[number]
            if reference.cycle or forest.status[reference.node] not in (Status.READY, UNSEEN):
                shown.append(-1 - number)
        return shown

    def _shown(self, child: int) -> bool:
        return self.forest.troubled(child) or (bool(self._kept) and self.forest.keys[child] in self._kept)

    def foldable(self, node: int) -> bool:
        """Whether there is anything under a node."""
        return node in self.forest.children or node in self.forest.referred

    def hidden(self, node: int) -> int:
        """The counts (packed as in `Forest.counts`) of what is folded away directly under a node."""
        forest = self.forest
        fold = self.fold_of(node)
        if fold is Fold.OPEN or not self.foldable(node) or (fold is Fold.PARTIAL and self._hits is not None):
            return 0
        beneath = forest.counts[node] - (1 << (BITS * forest.status[node]) if forest.status[node] != CLUSTER else 0)
        if node in forest.causes:
            beneath -= 1 << (BITS * ROOTS)
        if fold is Fold.PARTIAL:
            beneath -= sum(forest.counts[line] for line in self._lines_under(node) if line >= 0)
        return beneath

    def toggle(self, node: int) -> bool:
        """Closed → partial, where that is something of its own → open → closed. Returns whether lines came or went."""
        fold = self.fold_of(node)
        if fold is Fold.OPEN or (fold is Fold.PARTIAL and not self.hidden(node)):
            return self.set_fold(node, Fold.CLOSED)
        return self.unfold(node)

    def unfold(self, node: int) -> bool:
        """Show more under a node: what is troubled first, then everything. Returns whether lines came."""
        fold = self.fold_of(node)
        if fold is Fold.OPEN or not self.foldable(node):
            return False
        if fold is Fold.CLOSED and self._of_interest(node):
            self._folds[self.forest.keys[node]] = Fold.PARTIAL
            if self._lines_under(node):
                return self._respread(node)
        return self.set_fold(node, Fold.OPEN)

    def fold(self, node: int) -> bool:
        """Show nothing under a node. Returns whether lines went."""
        return self.set_fold(node, Fold.CLOSED) if self._lines_under(node) else False

    def set_fold(self, node: int, fold: Fold) -> bool:
        """Fold a node in a certain way; returns whether its lines are others now."""
        if not self.foldable(node):
            return False
        self._folds[self.forest.keys[node]] = fold
        return self._respread(node)

    def open_below(self, node: int | None = None) -> None:
        """Open a node and everything under it; without a node, everything."""
        for top in self.forest.tops if node is None else (node,):
            for below in self.forest.subtree(top):
                if self.foldable(below):
                    self._folds[self.forest.keys[below]] = Fold.OPEN
        self.renew()

    def reset(self) -> None:
        """Back to the default: what is troubled unfolded, what is healthy folded."""
        self._folds.clear()
        self._kept.clear()
        self._keepers.clear()
        self.renew()

    def close_all(self) -> None:
        """Nothing but the tops."""
        self._folds = {self.forest.keys[node]: Fold.CLOSED for node in self.forest.children}
        self._kept.clear()
        self._keepers.clear()
        self.renew()

    def reveal(self, *keys: Ref) -> bool:
        """Unfold the ways to some nodes, and nothing else. Returns whether all of them are there."""
        nodes = [node for key in keys if (node := self.forest.numbers.get(key)) is not None]
        if sum(self._keep(node) for node in nodes):
            self.renew()
        return len(nodes) == len(keys)

    def _keep(self, node: int) -> bool:
        """Whether the way to a node had to be unfolded."""
        forest, changed = self.forest, False
        for above in forest.ancestors(node):
            if self.fold_of(above) is not Fold.OPEN and forest.keys[node] not in self._kept:
                self._kept.add(forest.keys[node])
                self._keepers.add(above)
                changed = True
            if self._folds.get(forest.keys[above]) is Fold.CLOSED:
                del self._folds[forest.keys[above]]
                changed = True
            node = above
        return changed

    # What is visible

    def plant(self, forest: Forest, accepted: Collection[int] | None = None) -> None:
        """Another forest with the same folding; `accepted` are the nodes that pass the filter, None without one."""
        self.forest = forest
        numbers = (forest.numbers.get(key) for key in self._kept)
        self._keepers = {forest.parent[node] for node in numbers if node is not None}
        self.filter(accepted)

    def filter(self, accepted: Collection[int] | None) -> None:
        """Show only these nodes and those above them; None: all."""
        self._accepted = set(accepted or ())
        if (accepted is None) != (self._hits is None):
            self._folds, self._unfiltered = (self._unfiltered, {}) if accepted is None else ({}, self._folds)
        self._hits = None
        if accepted is not None:
            hits = self._hits = [0] * len(self.forest)
            for node in self._accepted:
                hits[node] += 1
                for above in self.forest.ancestors(node):
                    hits[above] += 1
        self.renew()

    def accepted(self, node: int) -> bool:
        """Whether a node passes the filter itself, rather than being above one that does."""
        return self._hits is None or node in self._accepted

    @property
    def filtered(self) -> bool:
        """Whether a filter is on."""
        return self._hits is not None

    def renew(self) -> None:
        """All visible lines anew."""
        self._ends.clear()
        tops = self.forest.tops if self._hits is None else [top for top in self.forest.tops if self._hits[top]]
        self._lines = list(self._spread(tops))
        self._moved()

    def follow(self, followed: Followed) -> tuple[bool, set[LineKey]]:
        """What a batch did: whether lines came or went, and the keys of those that say something else.

        With a filter on it is judged anew by whoever set it.
        """
        moved = False
        if followed.flipped and self._hits is None:
            before = self._lines
            self.renew()
            moved = before != self._lines
        changed: set[LineKey] = set()
        for node in followed.touched:
            changed.add(self.forest.keys[node])
            changed.update(self.key_of(-1 - number) for number in self.forest.referring.get(node, ()))
        return moved, changed

    def _spread(self, lines: Iterable[int]) -> Iterator[int]:
        """These lines, each followed by what is visible under it."""
        stack = list(lines)[::-1]
        while stack:
            line = stack.pop()
            yield line
            if line < 0:
                continue
            under = self._lines_under(line)
            if under:
                self._ends[line] = (under[-1], len(under) == 1)
                stack.extend(reversed(under))

    def _respread(self, node: int) -> bool:
        """Only the lines under one node anew."""
        at = self._position(node)
        if at is None:
            return False
        end = at + 1
        while end < len(self._lines) and self._is_under(self._lines[end], node):
            end += 1
        before = self._lines[at + 1 : end]
        after = list(self._spread((node,)))[1:]
        self._lines[at + 1 : end] = after
        self._moved()
        return before != after

    def _is_under(self, line: int, node: int) -> bool:
        above = self._parent(line)
        while above not in (node, TOP):
            above = self.forest.parent[above]
        return above == node

    def _moved(self) -> None:
        self._places = None
        self._guides.clear()

    # How a line is drawn

    def guides(self, index: int) -> str:
        """What stands left of a line: ``│ ├ ``; a run of only children (``↳ ``) takes no more room than one."""
        line = self._lines[index]
        known = self._guides.get(line)
        if known is None:
            known = self._guides[line] = "".join(reversed(list(self._pieces(line))))
        return known

    def _pieces(self, line: int) -> Iterator[str]:
        """From the line's own mark outwards."""
        count, run = 0, False
        above = self._parent(line)
        while above != TOP:
            last, single = self._ends.get(above, (line, True))
            if count == INDENTS:
                yield "⋯ "
                return
            if not count:
                yield "├ " if last != line else "↳ " if single and self._only(above) else "└ "
            elif not (single and run):
                yield "│ " if last != line else "  "
            count += not (count and single and run)
            run = single
            line, above = above, self._parent(above)

    def _only(self, node: int) -> bool:
        """Whether a node's line is the only one under its parent."""
        above = self.forest.parent[node]
        return above != TOP and self._ends.get(above, (node, True))[1]

    def _parent(self, line: int) -> int:
        return self.forest.parent[line] if line >= 0 else self.forest.references[-1 - line].under
