"""What an object stands behind: whatever could have changed it by changing itself. Sources, dependencies, inputs, who
applies it, the controller that runs it, and of a parent what it applied and is not green.
"""

from collections import deque
from collections.abc import Iterator

from fluxtui.insight.blast import CONTROLLERS
from fluxtui.insight.causes import Ref
from fluxtui.insight.graph import Graph
from fluxtui.kinds.cluster import PodRecord
from fluxtui.kinds.status import Status
from fluxtui.kinds.table import KINDS
from fluxtui.store.row import Row
from fluxtui.store.store import Store

REACH = 500
"""Objects that are looked at, at most."""


def upstream(store: Store, ref: Ref) -> dict[Ref, int]:
    """The objects upstream of one, by (cluster, id), with how far away each is; itself with 0. Nothing for an unknown
    cluster.
    """
    data = store.find(ref[0])
    if data is None:
        return {}
    graph = Graph(data)
    found = {ref[1]: 0}
    queue = deque([ref[1]])
    while queue and len(found) < REACH:
        identity = queue.popleft()
        row = graph.row(identity)
        for target in _before(graph, row) if row is not None else ():
            if target not in found:
                found[target] = found[identity] + 1
                queue.append(target)
    return {(ref[0], identity): distance for identity, distance in found.items()}


def _before(graph: Graph, row: Row) -> Iterator[str]:
    record = row.record
    yield from (edge.target for edge in graph.dependencies(record))
    if record.owner:
        yield record.owner
    if row.status is not Status.READY:
        for edge in graph.children(record):
            child = graph.row(edge.target)
            if child is not None and child.status is not Status.READY:
                yield edge.target
    yield from _controllers(graph, row)


def _controllers(graph: Graph, row: Row) -> Iterator[str]:
    """The Deployment that reconciles its kind, of a Deployment its pods."""
    kind = KINDS.get(row.record.kind)
    names = {name for name, groups in CONTROLLERS.items() if kind is not None and kind.group in groups}
    if row.record.kind == "Deployment":
        pods = graph.data.tables.get("Pod")
        for pod in pods.rows.values() if pods is not None else ():
            if isinstance(pod.record, PodRecord) and pod.record.controller == row.record.name:
                yield pod.record.id
    if kind is not None and kind.flux and names:
        deployments = graph.data.tables.get("Deployment")
        for each in deployments.rows.values() if deployments is not None else ():
            if each.record.name in names:
                yield each.record.id
