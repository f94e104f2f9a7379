"""What several Flux objects of one cluster manage, asked for in rounds: what is fetched once, what each time, and how
much at a time.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence

from fluxtui.insight.application import NOT_WANTED, Held
from fluxtui.insight.usage import Usage
from fluxtui.kinds.decode import Garbled
from fluxtui.kube.answers import KubeError
from fluxtui.kube.cluster import Cluster
from fluxtui.kube.holdings import LIMIT, Holdings
from fluxtui.store.state import Phase
from fluxtui.store.store import Store

AT_ONCE = 4
"""Requests under way to the cluster."""
OWNERS = 40
"""Flux objects whose objects are asked for without anybody unfolding them."""
WHOLE = 6
"""Every so many rounds everything is asked for, in the others workloads and what is not well."""
SILENT = frozenset({Phase.UNREACHABLE, Phase.LOGIN})
"""States of a cluster in which it is not asked."""


class Estate:
    """Of one cluster; `told` says that there is something new to show."""

    def __init__(self, cluster: Cluster, store: Store, now: Callable[[], float], told: Callable[[], None]) -> None:
        self.cluster = cluster
        self._store = store
        self._now = now
        self._told = told
        self._held: dict[str, Holdings] = {}
        self._versions: dict[str, str] = {}
        self._troubles: dict[str, str] = {}
        self._wanted: frozenset[str] = frozenset()
        self._rounds = 0
        self._turn = asyncio.Semaphore(AT_ONCE)
        self.looked = 0.0
        """When the last round was done, epoch s; 0: none yet."""

    def want(self, owners: Sequence[str], unfolded: Iterable[str]) -> bool:
        """Which Flux objects are asked for, by id: the first of these, those that are not ready, and those that
        somebody unfolded. Returns whether that is more than before.
        """
        rows = {name: self._store.row(self.cluster.name, name) for name in owners}
        order = sorted(owners, key=lambda name: (row := rows[name]) is not None and row.status.word == "ready")
        wanted = {*order[:OWNERS], *(name for name in unfolded if name in rows)}
        more = bool(wanted - self._wanted)
        self._wanted = frozenset(name for name in owners if name in wanted)
        for gone in self._held.keys() - self._wanted:
            del self._held[gone]
            self._versions.pop(gone, None)
            self._troubles.pop(gone, None)
        return more

    async def round(self) -> None:
        """Ask about all that are wanted."""
        health = self.cluster.health
        if health.phase in SILENT:
            self._troubles = dict.fromkeys(self._wanted, f"{self.cluster.name} is {health.phase}: {health.detail}")
            self._told()
            return
        whole = not self._rounds % WHOLE
        self._rounds += 1
        await asyncio.gather(*(self._look(name, whole=whole) for name in self._wanted))
        self.looked = self._now()
        self._told()

    async def _look(self, name: str, *, whole: bool) -> None:
        row = self._store.row(self.cluster.name, name)
        version = row.record.version if row is not None else ""
        held = self._held.setdefault(name, Holdings(self._store, self.cluster.name, self._told))
        if not held.value or self._versions.get(name) != version:
            try:
                async with self._turn:
                    held.read(await self.cluster.fetch(name))
            except (KubeError, Garbled, RecursionError) as error:
                self._troubles[name] = str(error) or "the object is too deep to be read"
                self._told()
                return
            self._versions[name] = version
        self._troubles.pop(name, None)
        await held.look(self.cluster, self._now, turn=self._turn, whole=whole, measured=True)

    # What is known

    def held(self, name: str) -> Held:
        """What is known of what a Flux object manages."""
        if name not in self._wanted:
            return NOT_WANTED
        known, trouble = self._held.get(name), self._troubles.get(name, "")
        if known is None:
            return Held(trouble=trouble)
        return Held(
            tuple(known.every()),
            told=known.inventory.told,
            trouble=trouble,
            left_out=max(0, len(known.inventory.entries) - LIMIT),
        )

    def usages(self) -> Mapping[str, Usage]:
        """What pods use, by their ids."""
        return {name: used for held in self._held.values() for name, used in held.usages.items()}

    @property
    def unmeasured(self) -> str:
        """Why it is not known what pods use; empty where it is, or where nothing was asked yet."""
        return next((held.unmeasured for held in self._held.values() if held.unmeasured), "")
