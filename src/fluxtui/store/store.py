"""All tables of all clusters, with the indexes of each cluster and one feed of changes."""

from __future__ import annotations

from collections.abc import Iterator

from fluxtui.store.changes import Batch, Feed
from fluxtui.store.index import EXTRACTS, Index
from fluxtui.store.row import Assess, Row
from fluxtui.store.state import DataState
from fluxtui.store.table import Table


class ClusterData:
    """The tables and reverse indexes of one cluster. Relations never cross clusters."""

    def __init__(self, name: str, assess: Assess, feed: Feed) -> None:
        self.name = name
        self.tables: dict[str, Table] = {}
        self._assess = assess
        self._feed = feed
        self._indexes = {name: Index(extract) for name, extract in EXTRACTS.items()}
        self._maintained: tuple[Index, ...] = ()

    def table(self, kind: str) -> Table:
        """The table of a kind, made when first asked for."""
        table = self.tables.get(kind)
        if table is None:
            table = Table(self.name, kind, self._assess, self._noted, lambda: self._feed.state(self.name, kind))
            self.tables[kind] = table
        return table

    def row(self, identity: str) -> Row | None:
        """The row of an id (``Kind/namespace/name``), None if it is not held."""
        table = self.tables.get(identity.partition("/")[0])
        return table.rows.get(identity) if table is not None else None

    def rows(self) -> Iterator[Row]:
        """Every row of every kind. For building, not for key presses."""
        for table in self.tables.values():
            yield from table.rows.values()

    def index(self, name: str) -> Index:
        """A reverse index by name: namespace, status, owner, source, needs, inputs, produced, inventory."""
        index = self._indexes[name]
        if not index.built:
            index.build(self.rows())
            self._maintained = (*self._maintained, index)
        return index

    def _noted(self, identity: str, before: Row | None, after: Row | None) -> None:
        self._feed.row(self.name, identity, before)
        for index in self._maintained:
            index.change(before, after)


class Store:
    """The fleet's data. One writer (the reflectors, on one loop), many readers, no locks."""

    def __init__(self, assess: Assess) -> None:
        self._assess = assess
        self._feed = Feed(self.row)
        self._clusters: dict[str, ClusterData] = {}

    def cluster(self, name: str) -> ClusterData:
        """One cluster's data, made when first asked for."""
        data = self._clusters.get(name)
        if data is None:
            data = self._clusters[name] = ClusterData(name, self._assess, self._feed)
        return data

    def find(self, name: str) -> ClusterData | None:
        """One cluster's data if it is held. For whoever looks back at what was known: asking for a cluster that has
        left must not bring it back, empty and loading for ever.
        """
        return self._clusters.get(name)

    def clusters(self) -> list[ClusterData]:
        """Every cluster, in the order in which they joined."""
        return list(self._clusters.values())

    def table(self, cluster: str, kind: str) -> Table:
        """The table of a kind in a cluster, made when first asked for."""
        return self.cluster(cluster).table(kind)

    def tables(self, kind: str | None = None) -> list[Table]:
        """The tables of one kind over all clusters, or all tables."""
        every = (table for data in self._clusters.values() for table in data.tables.values())
        return [table for table in every if kind is None or table.kind == kind]

    def row(self, cluster: str, identity: str) -> Row | None:
        """The row of an object, None if it is not held."""
        data = self._clusters.get(cluster)
        return data.row(identity) if data is not None else None

    def state(self, cluster: str, kind: str) -> DataState:
        """How far the data of a kind can be believed; that of a new table where there is none. Makes nothing."""
        data = self._clusters.get(cluster)
        table = data.tables.get(kind) if data is not None else None
        return table.state if table is not None else DataState()

    def drop(self, cluster: str) -> None:
        """A cluster leaves: its rows go, as changes."""
        data = self._clusters.pop(cluster, None)
        if data is None:
            return
        for table in data.tables.values():
            for identity in list(table.rows):
                table.remove(identity)
            self._feed.state(cluster, table.kind)

    @property
    def pending(self) -> bool:
        """Whether `drain` would bring anything."""
        return self._feed.pending

    def drain(self) -> Batch:
        """Everything that changed since the last drain; called at most ten times a second (design §4.5)."""
        return self._feed.drain()
