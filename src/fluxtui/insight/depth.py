"""How deep each object of a cluster stands in the order of delivery: the longest path of dependsOn below it.

What an applier waits for, all that it applies waits for too: an object stands at least as deep as its owner. Objects
that wait for each other in a circle stand at one depth. Everything here is a walk over all nodes without recursion.
"""

from collections.abc import Iterator

from fluxtui.insight.blast import NOT_COUNTED
from fluxtui.insight.graph import Edge, Graph, components
from fluxtui.kinds.record import Need


class Depths:
    """The nodes of a cluster, what they wait for, and their depths.

    `needs` has every node: id → the dependsOn entries whose target exists; `owner` its applier where that is a node
    too. `groups` are circles and single nodes, each after all that it waits for. `level` counts from 0; a dependency
    on something that does not exist is a step too, and so is a circle. `below` is the edge over which the longest path
    goes down; its source may be another one of the same circle.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.needs: dict[str, list[Need]] = {}
        self.owner: dict[str, str] = {}
        self.level: dict[str, int] = {}
        self.below: dict[str, Edge] = {}
        self._read()
        links = {
            identity: [*(need.target for need in needs), *([self.owner[identity]] if identity in self.owner else [])]
            for identity, needs in self.needs.items()
        }
        self.groups = components(links)
        for group in self.groups:
            self._place(group)

    def _read(self) -> None:
        rows = {
            identity: row.record
            for kind, table in self.graph.data.tables.items()
            if kind not in NOT_COUNTED
            for identity, row in table.rows.items()
        }
        for identity, record in rows.items():
            self.needs[identity] = [need for need in record.needs if need.target in rows]
            if record.owner in rows and record.owner != identity:
                self.owner[identity] = record.owner
            self.level[identity] = 1 if len(self.needs[identity]) < len(record.needs) else 0

    def _place(self, group: list[str]) -> None:
        """The level of a circle or a single node, from what is placed already."""
        inside = set(group)
        deepest = max(self.level[identity] for identity in group)
        down: tuple[str, str] | None = None
        for identity in sorted(group) if len(group) > 1 else group:
            for target, step in self._steps(identity):
                if target in inside:
                    deepest = max(deepest, step)
                    continue
                level = self.level[target] + step
                if level > deepest or (down is None and level == deepest):
                    deepest, down = level, (identity, target)
        edge = self._edge(*down) if down is not None else None
        for identity in group:
            self.level[identity] = deepest
            if edge is not None:
                self.below[identity] = edge

    def _steps(self, identity: str) -> Iterator[tuple[str, int]]:
        """What a node stands on, and how much deeper each puts it: an owner is no step."""
        for need in self.needs[identity]:
            yield need.target, 1
        if identity in self.owner:
            yield self.owner[identity], 0

    def _edge(self, source: str, target: str) -> Edge:
        for need in self.needs[source]:
            if need.target == target:
                return Edge("needs", source, target, need.meaning, need.expression)
        return Edge("owns", source, target, "applies")
