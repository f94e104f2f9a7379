"""The blast radius: what waits behind an object, transitively, in the order of distance.

"Waits behind" means: gets nothing new until this is repaired. Objects that are explained by it do; so do the users of
a source and the dependents that ask for *ready*, green as they may still be; and what an object applies that is
suspended, blocked, or cannot apply. What asks by expression or for existence alone is behind only while it is not
green, and so is a parent that waits for its children.
"""

from collections import deque
from collections.abc import Iterable, Iterator

from fluxtui.insight.explain import BLOCKED, FAILED, READY, SUSPENDED, waits
from fluxtui.insight.graph import Graph
from fluxtui.kinds.table import KINDS
from fluxtui.store.row import Row
from fluxtui.store.store import ClusterData

NOT_COUNTED = frozenset({"Namespace", "ConfigMap", "Secret", "Event", "FluxReport", "Deployment", "Pod"})
"""Kinds that wait for nobody."""

TOLD_BY_OWNER = "Pod/"
"""How the ids begin of what is never a cause by itself: a controller's Deployment tells of its pods."""

LONG_RUN = 30
"""Seconds after which a run that keeps an earlier green is taken to wait for something."""

CONTROLLERS: dict[str, tuple[str, ...]] = {
    "kustomize-controller": ("kustomize.toolkit.fluxcd.io",),
    "helm-controller": ("helm.toolkit.fluxcd.io",),
    "source-controller": ("source.toolkit.fluxcd.io",),
    "source-watcher": ("source.extensions.fluxcd.io",),
    "notification-controller": ("notification.toolkit.fluxcd.io",),
    "image-reflector-controller": ("image.toolkit.fluxcd.io",),
    "image-automation-controller": ("image.toolkit.fluxcd.io",),
    "flux-operator": ("fluxcd.controlplane.io",),
}
"""The API groups that each controller reconciles: all of their objects wait behind its Deployment."""


class Blast:
    """What waits behind what in one cluster, given the explanations in reverse (`explained`: id → ids it explains)."""

    def __init__(self, graph: Graph, explained: dict[str, list[str]], now: float) -> None:
        self._graph = graph
        self._explained = explained
        self._now = now

    def behind(self, roots: tuple[str, ...]) -> list[str]:
        """The ids that wait behind the roots, nearest first, without the roots."""
        return list(self.paths(roots))

    def paths(self, roots: Iterable[str]) -> dict[str, str]:
        """What waits behind the roots, nearest first, each with the one that it waits directly behind."""
        queue = deque(roots)
        seen = set(queue)
        found: dict[str, str] = {}
        while queue:
            nearer = queue.popleft()
            for identity in self.directly(nearer):
                if identity not in seen:
                    seen.add(identity)
                    found[identity] = nearer
                    queue.append(identity)
        return found

    def directly(self, identity: str) -> Iterator[str]:
        """The ids that wait directly behind an object; some of them more than once."""
        yield from self._explained.get(identity, ())
        row = self._graph.row(identity)
        for edge in self._graph.dependents(identity):
            if edge.kind != "needs" or edge.meaning == "ready":
                yield edge.source
        if row is None:
            return
        if row.record.kind == "Deployment":
            yield from self._reconciled_by(row)
        elif row.status in (SUSPENDED, BLOCKED) or (row.status is FAILED and not waits(row)):
            for edge in self._graph.children(row.record):
                if edge.target.partition("/")[0] not in NOT_COUNTED and edge.target != row.record.source:
                    yield edge.target
        parent = self._graph.row(row.record.owner) if row.record.owner and row.status is not READY else None
        if parent is not None and self._in_long_run(parent):
            yield parent.record.id

    def _in_long_run(self, parent: Row) -> bool:
        """A parent that is green by its last word and has been in its next run for long: it waits for its children."""
        record = parent.record
        return parent.status is READY and record.ready == "Unknown" and self._now - record.ready_since > LONG_RUN

    def _reconciled_by(self, row: Row) -> Iterator[str]:
        groups = CONTROLLERS.get(row.record.name, ())
        for kind in KINDS.values() if groups else ():
            if kind.group in groups and (table := self._graph.data.tables.get(kind.name)) is not None:
                yield from table.rows


TENANT_ROLE = ("toolkit.fluxcd.io/role", "tenant")
TENANT_LABEL = "toolkit.fluxcd.io/tenant"


class Tenants:
    """Whose an object is: by the labels of its namespace (facts: flux §4), else by the namespace itself."""

    def __init__(self, data: ClusterData) -> None:
        self._data = data
        self._known: dict[str, tuple[str, bool]] = {}

    def of(self, namespace: str) -> tuple[str, bool]:
        """The tenant's name, and whether a label makes it one (False: infrastructure, by its namespace's name)."""
        known = self._known.get(namespace)
        if known is None:
            known = self._known[namespace] = self._read(namespace)
        return known

    def _read(self, namespace: str) -> tuple[str, bool]:
        row = self._data.row(f"Namespace//{namespace}")
        if row is None:
            return namespace, False
        if (name := row.record.label(TENANT_LABEL)) != "":
            return name, True
        return namespace, row.record.label(TENANT_ROLE[0]) == TENANT_ROLE[1]

    def names(self, identities: list[str]) -> tuple[set[str], set[str]]:
        """(tenants by label, other namespaces) of several ids."""
        tenants: set[str] = set()
        others: set[str] = set()
        for namespace in {identity.split("/", 2)[1] for identity in identities}:
            if namespace:
                name, labelled = self.of(namespace)
                (tenants if labelled else others).add(name)
        return tenants, others
