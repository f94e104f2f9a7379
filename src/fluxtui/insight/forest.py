"""A drawn tree over the graphs of several clusters: every object once, under the one that it waits for first.

The structure and its counts; who becomes whose parent is decided in `planting`. Nodes are numbers (parallel lists, no
object per node): 10,000 of them are built in a tenth of a second, and a change of status costs the depth of its node.
Nothing here looks at what is visible: that is `outline`.
"""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

import msgspec

from fluxtui.kinds.status import Status
from fluxtui.store.changes import Change
from fluxtui.store.row import Row

Ref = tuple[str, str]
"""(cluster, id): an object in the fleet; (cluster, "") is the line of the cluster itself."""

TOP = -1
"""The parent of what stands at the top."""


class View(StrEnum):
    """What a line's place under another one means."""

    DEPENDENCIES = "dependencies"
    """It waits for the one above (dependsOn, or a source that is not ready), else it is applied by it."""
    OWNERSHIP = "ownership"
    """It is applied by the one above."""
    SOURCES = "sources"
    """Its content comes from the one above."""
    BLAST = "blast radius"
    """It gets nothing new until the one above is repaired."""


MISSING, UNSEEN, CLUSTER = len(Status), len(Status) + 1, len(Status) + 2
"""What a node can be beside its `Status`: it does not exist, its kind is not watched, it is a cluster's own line."""

BITS = 24
"""Bits per count: all counts of a subtree are one number, so that adding subtrees up is one addition."""
ROOTS = CLUSTER
"""The count of root causes stands where clusters, which are not counted, would."""
_FIELD = (1 << BITS) - 1
_QUIET = (_FIELD << (BITS * Status.READY)) | (_FIELD << (BITS * UNSEEN))
TROUBLE = ((1 << (BITS * (ROOTS + 1))) - 1) & ~_QUIET
"""The counts that make a branch worth looking at: everything that is not green, and root causes."""


class Reference(msgspec.Struct, frozen=True, gc=False):
    """`node` also waits for `under`, beneath which it is not drawn; `cycle`: because it is drawn above."""

    node: int
    under: int
    cycle: bool = False


class Followed(msgspec.Struct):
    """What a batch of changes did: nodes whose line says something else (those above by their counts), whether a
    branch turned from healthy to troubled or back, and whether the tree itself is out of date."""

    touched: set[int] = msgspec.field(default_factory=set[int])
    flipped: bool = False
    outdated: bool = False


class Forest:
    """Trees of numbered nodes. Filled by `planting`, then only statuses and marks change."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.keys: list[Ref] = []
        self.numbers: dict[Ref, int] = {}
        self.status: list[int] = []
        self.parent: list[int] = []
        self.children: dict[int, list[int]] = {}
        self.tops: list[int] = []
        self.level: list[int] = []
        """1 for what waits for nobody, else one more than the highest of what it waits for."""
        self.above: list[int] = []
        """What it waits for with the highest level: the way up the longest chain."""
        self.counts: list[int] = []
        """Of the subtree, the node itself included; read with `count`."""
        self.references: list[Reference] = []
        self.referred: dict[int, list[int]] = {}
        """References by the node under which they stand."""
        self.referring: dict[int, list[int]] = {}
        """References by the node that they name."""
        self.deciding: set[int] = set()
        """Nodes on whose readiness it depends under whom others stand."""
        self.drawn: frozenset[str] = frozenset()
        """The kinds of which every object is in the tree."""
        self.causes: dict[int, int] = {}
        """Root causes: how many wait behind each."""

    def __len__(self) -> int:
        return len(self.keys)

    # Asking

    def count(self, node: int, status: int) -> int:
        """How many nodes of a subtree have a status, the node itself included."""
        return (self.counts[node] >> (BITS * status)) & _FIELD

    def total(self, status: int) -> int:
        """How many nodes of the whole forest have a status."""
        return sum(self.count(top, status) for top in self.tops)

    @property
    def objects(self) -> int:
        """How many objects are drawn; what is missing or not watched is none, and neither is a cluster."""
        return sum(self.total(status) for status in Status)

    @property
    def levels(self) -> int:
        """The length of the longest chain."""
        return max(self.level, default=0)

    def troubled(self, node: int) -> bool:
        """Whether anything in a subtree is not green or is a root cause."""
        return self.counts[node] & TROUBLE != 0

    def size(self, node: int) -> int:
        """How many nodes a subtree has, the node itself included."""
        return sum(self.count(node, status) for status in range(CLUSTER))

    def ancestors(self, node: int) -> Iterator[int]:
        """From the parent up to the top."""
        parent = self.parent[node]
        while parent != TOP:
            yield parent
            parent = self.parent[parent]

    def subtree(self, node: int) -> Iterator[int]:
        """The node and everything beneath it, parents first."""
        stack = [node]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(self.children.get(node, ())))

    def longest_chain(self) -> list[int]:
        """The nodes of the longest chain, the top first; of several the first by name."""
        if not self.keys:
            return []
        end = self.level.index(self.levels)
        chain = [end]
        while (above := self.above[chain[-1]]) != TOP:
            chain.append(above)
        return chain[::-1]

    def circle(self, reference: int) -> list[int]:
        """The nodes through which the target of a back-reference waits for itself, itself first."""
        target, node = self.references[reference].node, self.references[reference].under
        through: list[int] = []
        while node not in (target, TOP):
            through.append(node)
            node = self.parent[node]
        return [target, *through[::-1]]

    # Growing (planting alone)

    def add(self, key: Ref, status: int) -> int:
        """Another node, without a place yet; returns its number."""
        number = len(self.keys)
        self.keys.append(key)
        self.numbers[key] = number
        self.status.append(status)
        self.parent.append(TOP)
        self.level.append(1)
        self.above.append(TOP)
        self.counts.append(0 if status == CLUSTER else 1 << (BITS * status))
        return number

    def refer(self, node: int, under: int, *, cycle: bool = False) -> None:
        """A line for a node beneath another one than its parent."""
        number = len(self.references)
        self.references.append(Reference(node, under, cycle))
        self.referred.setdefault(under, []).append(number)
        self.referring.setdefault(node, []).append(number)

    def add_up(self, order: Sequence[int]) -> None:
        """Counts of subtrees, once all nodes have their places; `order` has parents before children."""
        counts, parent = self.counts, self.parent
        for node in reversed(order):
            above = parent[node]
            if above != TOP:
                counts[above] += counts[node]

    # Following

    def follow(self, changes: Iterable[Change]) -> Followed:
        """Take over new statuses; the counts of those above follow, in the time that their number takes."""
        done = Followed()
        for change in changes:
            node = self.numbers.get((change.cluster, change.id))
            before, after = change.before, change.after
            if node is None or after is None or before is None:
                kind = change.id.partition("/")[0]
                inside = kind in self.drawn and (node is not None or self._watches(change.cluster))
                done.outdated |= inside or node is not None
                continue
            done.touched.add(node)
            if self.status[node] != after.status:
                self._turn(node, after.status, done)
            if _relations(before) != _relations(after):
                done.outdated = True
        return done

    def refresh(self, row: Row, done: Followed) -> None:
        """One row as it is now, where a batch was missed."""
        node = self.numbers.get(row.key)
        if node is not None and self.status[node] != row.status:
            done.touched.add(node)
            self._turn(node, row.status, done)

    def _watches(self, cluster: str) -> bool:
        return not self.clusters or cluster in self.clusters

    clusters: frozenset[str] = frozenset()
    """The clusters that it was planted from; empty: all."""

    def _turn(self, node: int, status: int, done: Followed) -> None:
        before, self.status[node] = self.status[node], status
        done.touched.add(node)
        if node in self.deciding and (before == Status.READY) != (status == Status.READY):
            done.outdated = True
        self._shift(node, (1 << (BITS * status)) - (1 << (BITS * before)), done)

    def _shift(self, node: int, difference: int, done: Followed) -> None:
        counts, parent = self.counts, self.parent
        while node != TOP:
            old = counts[node]
            new = counts[node] = old + difference
            if (old & TROUBLE == 0) != (new & TROUBLE == 0):
                done.flipped = True
            done.touched.add(node)
            node = parent[node]

    def mark(self, causes: dict[Ref, int]) -> Followed:
        """Other root causes, with how many wait behind each (the numbers of triage)."""
        done = Followed()
        wanted = {node: waiting for key, waiting in causes.items() if (node := self.numbers.get(key)) is not None}
        for node in self.causes.keys() - wanted.keys():
            self._shift(node, -(1 << (BITS * ROOTS)), done)
        for node in wanted.keys() - self.causes.keys():
            self._shift(node, 1 << (BITS * ROOTS), done)
        done.touched |= {node for node, waiting in wanted.items() if self.causes.get(node) != waiting}
        self.causes = wanted
        return done


def _relations(row: Row) -> tuple[object, ...]:
    record = row.record
    return record.needs, record.source, record.owner, record.inputs, record.produced
