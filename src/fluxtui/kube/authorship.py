"""Who wrote what of objects: managedFields, read of whole objects, a few at a time, and remembered.

Lists carry no managedFields (they would double the memory of a fleet), so each object is fetched once for each version.
What cannot be read stays untold, and `troubles` has why: whoever asks says then what it infers.
"""

import asyncio
from collections.abc import Iterable

from fluxtui.insight.authors import Edit, edits
from fluxtui.insight.causes import Ref
from fluxtui.kinds.decode import Garbled
from fluxtui.kube.answers import KubeError
from fluxtui.kube.fleet import Fleet
from fluxtui.store.row import Row

MOST = 200
"""Objects that are fetched at a time at most: the first of those that are asked for."""
AT_ONCE = 4
"""Requests at the same time."""
KEPT = 2000
"""Objects that are remembered."""


class Authorship:
    """What is known: `written` by object, and in `troubles` why it is not."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._versions: dict[Ref, str] = {}
        self.written: dict[Ref, tuple[Edit, ...]] = {}
        self.troubles: dict[Ref, str] = {}

    def known(self, ref: Ref) -> bool:
        """Whether the object was asked for, whatever came of it."""
        return ref in self._versions

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
        trouble = ""
        found: tuple[Edit, ...] = ()
        async with gate:
            cluster = self._fleet.clusters.get(row.cluster)
            try:
                found = edits(await cluster.fetch(row.record.id)) if cluster is not None else ()
            except (KubeError, Garbled) as error:
                trouble = str(error)
        if row.key not in self._versions and len(self._versions) >= KEPT:
            self._forget(next(iter(self._versions)))
        self._versions[row.key] = row.record.version
        self.written[row.key] = found
        self.troubles.pop(row.key, None)
        if trouble:
            self.troubles[row.key] = trouble

    def _forget(self, ref: Ref) -> None:
        for known in (self._versions, self.written, self.troubles):
            known.pop(ref, None)
