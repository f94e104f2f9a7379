"""The longest chain of dependsOn, and the objects that the most wait for.

Who waits: what has a dependsOn entry, all that it applies, and whoever waits for these. That is the order of
delivery when everything works; what stops when something fails is `blast` and `whatif`. A circle is one step.
"""

from collections.abc import Iterable

import msgspec

from fluxtui.insight.depth import Depths
from fluxtui.insight.graph import Edge, Graph


class Chain(msgspec.Struct, frozen=True):
    """A chain within one cluster: `ids` from what all wait for to the last that waits.

    `edges` lead from each to the one before it; those of kind *owns* only pass the waiting on, those of
    kind *cycle* lead to another one of the same circle. `steps` is how many
    times something waits for something else, dependencies on what does not exist included.
    """

    cluster: str
    ids: tuple[str, ...] = ()
    edges: tuple[Edge, ...] = ()
    steps: int = 0


class Waited(msgspec.Struct, frozen=True):
    """An object, and how many wait for it, at whatever distance."""

    cluster: str
    id: str
    waiters: int


class Chains:
    """Chains and waiters of one cluster at one moment."""

    def __init__(self, graph: Graph, depths: Depths | None = None) -> None:
        self._depths = depths or Depths(graph)
        self._name = graph.data.name
        self._order = {
            identity: place
            for place, identity in enumerate(identity for group in self._depths.groups for identity in group)
        }
        self._behind: dict[str, int] | None = None

    def longest(self) -> Chain:
        """The longest chain; the first by name of several, empty where nothing waits for anything."""
        level = self._depths.level
        deepest = max(level.values(), default=0)
        if not deepest:
            return Chain(self._name)
        last = min(identity for identity, depth in level.items() if depth == deepest and self._waits(identity))
        ids, edges = [last], list[Edge]()
        while (edge := self._depths.below.get(ids[-1])) is not None:
            if edge.source != ids[-1]:  # another one of the circle leads on
                edges.append(Edge("cycle", ids[-1], edge.source, "cycle"))
                ids.append(edge.source)
            edges.append(edge)
            ids.append(edge.target)
        while edges and edges[-1].kind == "owns":  # whom nothing waits for
            edges.pop()
            ids.pop()
        return Chain(self._name, tuple(reversed(ids)), tuple(reversed(edges)), deepest)

    def _waits(self, identity: str) -> bool:
        """Whether it stands where it stands by a dependency of its own (rather than of its owner)."""
        row = self._depths.graph.row(identity)
        return row is not None and bool(row.record.needs)

    def most(self, number: int = 1) -> list[Waited]:
        """The objects that the most wait for, at most so many; ties by name."""
        found = [Waited(self._name, identity, bits.bit_count()) for identity, bits in self._waiting().items() if bits]
        return sorted(found, key=lambda each: (-each.waiters, each.id))[:number]

    def waiters(self, identity: str) -> list[str]:
        """The ids that wait for an object at whatever distance, itself not counted; nearest to delivery first."""
        bits = self._waiting().get(identity, 0)
        return [name for name, place in self._order.items() if bits >> place & 1]

    def _waiting(self) -> dict[str, int]:
        """For each object that is waited for: its waiters as a set of bits by `_order`.

        `inherits` has for each group the group itself and all that waits for what it waits for. Groups come before
        those that wait for them, so each is done when its turn comes from the end.
        """
        if self._behind is not None:
            return self._behind
        groups = self._depths.groups
        place = {identity: number for number, group in enumerate(groups) for identity in group}
        inherits = [sum(1 << self._order[identity] for identity in group) for group in groups]
        behind: dict[str, int] = {}
        for number in range(len(groups) - 1, -1, -1):
            for identity in groups[number]:
                owner = self._depths.owner.get(identity)
                for target in {need.target for need in self._depths.needs[identity]}:
                    behind[target] = behind.get(target, 0) | inherits[number]
                    inherits[place[target]] |= inherits[number]
                if owner is not None:
                    inherits[place[owner]] |= inherits[number]
        self._behind = {identity: bits & ~(1 << self._order[identity]) for identity, bits in behind.items()}
        return self._behind


def by_length(clusters: Iterable[Chains]) -> list[Chain]:
    """The longest chain of each cluster, the longest of the fleet first; of equal ones the first cluster's."""
    return sorted((each.longest() for each in clusters), key=lambda chain: -chain.steps)


def most_waited(clusters: Iterable[Chains], number: int = 1) -> list[Waited]:
    """The objects of the fleet that the most wait for, at most so many."""
    found = [each for chains in clusters for each in chains.most(number)]
    return sorted(found, key=lambda each: -each.waiters)[:number]
