"""Who wrote the field by which an object is at rest: read of whole objects, a few at a time, and remembered.

Lists carry no managedFields (they would double the memory of a fleet), so each object is fetched once for each version.
What cannot be read stays untold: the ledger says then what it infers.
"""

import asyncio
from collections.abc import Iterable

from fluxtui.insight.causes import Ref
from fluxtui.insight.ledger import Writer, writers
from fluxtui.kinds.decode import Garbled
from fluxtui.kube.answers import KubeError
from fluxtui.kube.fleet import Fleet
from fluxtui.store.row import Row

MOST = 200
"""Objects that are fetched for one report at most: the first of the ledger."""
AT_ONCE = 4
"""Requests at the same time."""
KEPT = 2000
"""Objects that are remembered."""


class Authorship:
    """The writers that are known. `written` is what a ledger asks for."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._versions: dict[Ref, str] = {}
        self.written: dict[Ref, tuple[Writer, ...]] = {}

    def unread(self, rows: Iterable[Row]) -> list[Row]:
        """Those of the rows that are to be fetched, at most `MOST`."""
        return [row for row in rows if self._versions.get(row.key) != row.record.version][:MOST]

    async def read(self, rows: Iterable[Row]) -> bool:
        """Fetch what is not known yet; whether anything was learned."""
        waiting = self.unread(rows)
        if not waiting:
            return False
        gate = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as group:
            for row in waiting:
                group.create_task(self._read(row, gate))
        return True

    async def _read(self, row: Row, gate: asyncio.Semaphore) -> None:
        async with gate:
            cluster = self._fleet.clusters.get(row.cluster)
            try:
                found = writers(await cluster.fetch(row.record.id)) if cluster is not None else ()
            except (KubeError, Garbled):
                found = ()
        if row.key not in self._versions and len(self._versions) >= KEPT:
            oldest = next(iter(self._versions))
            del self._versions[oldest]
            self.written.pop(oldest, None)
        self._versions[row.key] = row.record.version
        self.written[row.key] = found
