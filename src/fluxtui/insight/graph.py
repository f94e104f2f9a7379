"""Who waits for whom in one cluster: a view over its records and reverse indexes, with no state of its own.

An edge points from the object that looks at another to the one that it looks at. Five kinds of edges (facts: flux
§3, §5):

- ``needs``: dependsOn, with the meanings *exists*, *ready* and *expression*;
- ``source``: sourceRef and chartRef: where its content comes from;
- ``provides``: a ResourceSet looks at its input providers, by name or by labels;
- ``reads``: valuesFrom, substituteFrom, providerRef;
- ``owns``: an applier looks at the objects that it applied (inventory, else the labels that it left).

Relations never cross clusters.
"""

from collections.abc import Iterator
from enum import StrEnum

import msgspec

from fluxtui.kinds.record import Record, split_id
from fluxtui.kinds.selector import selects
from fluxtui.kinds.table import KINDS
from fluxtui.store.row import Row
from fluxtui.store.state import Phase
from fluxtui.store.store import ClusterData

PROVIDER = "ResourceSetInputProvider"


class Standing(StrEnum):
    """What is known of the target of an edge."""

    PRESENT = "present"
    MISSING = "missing"
    """All objects of its kind are known, and it is not among them."""
    UNSEEN = "not watched"
    """Its kind is not watched, only in part, or not up to date: absence says nothing."""
    HIDDEN = "may not be seen"
    """We are not allowed to list its kind, or to list it in that namespace: absence says nothing."""
    UNSERVED = "not there: its kind is not installed"
    """The server does not serve its kind."""


ABSENCES = {Phase.FORBIDDEN: Standing.HIDDEN, Phase.MISSING: Standing.UNSERVED}
"""What it means for an object that its kind is in such a phase."""


class Edge(msgspec.Struct, frozen=True):
    """`source` looks at `target` (both ids); `meaning` says what for, `expression` is the CEL text if there is one."""

    kind: str
    source: str
    target: str
    meaning: str
    expression: str = ""


class Graph:
    """The edges of one cluster, computed when asked. Made for one computation; the store stays the only truth."""

    def __init__(self, data: ClusterData) -> None:
        self.data = data
        self._needs = data.index("needs")
        self._sources = data.index("source")
        self._inputs = data.index("inputs")
        self._owners = data.index("owner")
        self._selectors: list[str] | None = None

    def row(self, identity: str) -> Row | None:
        """The row of an id, None if it is not held."""
        return self.data.row(identity)

    def standing(self, identity: str) -> Standing:
        """Whether an id is there, is missing for certain, or cannot be judged."""
        if self.data.row(identity) is not None:
            return Standing.PRESENT
        name, namespace, _ = split_id(identity)
        kind = KINDS.get(name)
        table = self.data.tables.get(name)
        if kind is None or table is None:
            return Standing.UNSEEN
        if table.state.phase in ABSENCES:
            return ABSENCES[table.state.phase]
        if kind.labels or kind.fields or not table.state.trusted:
            return Standing.UNSEEN
        return Standing.MISSING if table.state.knows(namespace) else Standing.HIDDEN

    def dependencies(self, record: Record) -> Iterator[Edge]:
        """What an object looks at, other than what it owns; targets that are not there included."""
        for need in record.needs:
            yield Edge("needs", record.id, need.target, need.meaning, need.expression)
        if record.source:
            yield Edge("source", record.id, record.source, "artifact")
        for target in record.inputs:
            if "/?" in target:
                for provider in self.selected(target):
                    yield Edge("provides", record.id, provider, "inputs")
            elif target.startswith(PROVIDER):
                yield Edge("provides", record.id, target, "inputs")
            else:
                yield Edge("reads", record.id, target, "values")

    def dependents(self, identity: str) -> Iterator[Edge]:
        """What looks at an object, other than what owns it; also of an object that is not there."""
        for user in self._needs.get(identity):
            row = self.data.row(user)
            for need in row.record.needs if row is not None else ():
                if need.target == identity:
                    yield Edge("needs", user, identity, need.meaning, need.expression)
        for user in self._sources.get(identity):
            yield Edge("source", user, identity, "artifact")
        provider = identity.startswith(PROVIDER)
        for user in self._inputs.get(identity):
            yield Edge("provides" if provider else "reads", user, identity, "inputs" if provider else "values")
        if provider:
            for term in self._selecting(identity):
                for user in self._inputs.get(term):
                    yield Edge("provides", user, identity, "inputs")

    def children(self, record: Record) -> Iterator[Edge]:
        """What an object applied and is held: its inventory, else what carries its labels."""
        seen = set(record.produced)
        for child in record.produced:
            if child != record.id and self.data.row(child) is not None:
                yield Edge("owns", record.id, child, "applies")
        for child in self._owners.get(record.id):
            if child not in seen and child != record.id:
                yield Edge("owns", record.id, child, "applies")

    def selected(self, selector: str) -> list[str]:
        """The providers that a selector term ``ResourceSetInputProvider/ns/?…`` matches."""
        table = self.data.tables.get(PROVIDER)
        rows = table.rows.values() if table is not None else ()
        return [row.record.id for row in rows if selects(selector, row.record)]

    def missing(self, record: Record) -> list[Edge]:
        """The edges whose target does not exist, for certain."""
        return [edge for edge in self.dependencies(record) if self.standing(edge.target) is Standing.MISSING]

    def cycles(self) -> list[tuple[str, ...]]:
        """Objects that wait for each other in a circle of dependsOn, each circle sorted by id."""
        links = {
            row.record.id: [need.target for need in row.record.needs]
            for table in self.data.tables.values()
            for row in table.rows.values()
            if row.record.needs
        }
        return [tuple(sorted(group)) for group in components(links) if len(group) > 1 or group[0] in links[group[0]]]

    def _selecting(self, provider: str) -> list[str]:
        """The selector terms in use that match a provider."""
        if self._selectors is None:
            self._selectors = [term for term in self._inputs.terms() if "/?" in term]
        row = self.data.row(provider)
        return [term for term in self._selectors if selects(term, row.record)] if row is not None else []


def components(links: dict[str, list[str]]) -> list[list[str]]:
    """The strongly connected components of a graph, each before those that point at it (Tarjan, without recursion).

    Only the keys of `links` are nodes; links to anything else are ignored.
    """
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    found: list[list[str]] = []
    for root in links:
        if root in order:
            continue
        order[root] = low[root] = len(order)
        stack.append(root)
        on_stack.add(root)
        work = [(root, iter(links[root]))]
        while work:
            node, targets = work[-1]
            for target in targets:
                if target not in links:
                    continue
                if target not in order:
                    order[target] = low[target] = len(order)
                    stack.append(target)
                    on_stack.add(target)
                    work.append((target, iter(links[target])))
                    break
                if target in on_stack:
                    low[node] = min(low[node], order[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == order[node]:
                    found.append(_unwound(stack, on_stack, node))
    return found


def _unwound(stack: list[str], on_stack: set[str], last: str) -> list[str]:
    group: list[str] = []
    while True:
        node = stack.pop()
        on_stack.discard(node)
        group.append(node)
        if node == last:
            return group
