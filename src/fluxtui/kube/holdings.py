"""What a Flux object manages, as it was when it was last asked for: kept between looks, for whoever shows it.

What is watched anyway is taken from the store and not asked for. A look brings answers in portions; `told` says that
there is something new to show.
"""

import asyncio
from collections.abc import Callable, Sequence

from fluxtui.insight.fields import NOTHING, Json
from fluxtui.insight.kstatus import State
from fluxtui.insight.managed import Entry, Holding, Inventory, Managed, inventory, of_row, unasked
from fluxtui.insight.usage import Usage
from fluxtui.insight.workloads import CRON, WORKLOADS, Pod
from fluxtui.kinds.table import KINDS
from fluxtui.kube.cluster import Cluster
from fluxtui.kube.managed import Look
from fluxtui.store.store import Store

LIMIT = 5000
"""Entries of an inventory that are shown."""


class Holdings:
    """Of one object: give it that with `read` whenever it is another one, and let it `look` from time to time."""

    def __init__(self, store: Store, cluster: str, told: Callable[[], None]) -> None:
        self._store = store
        self._cluster = cluster
        self._told = told
        self.value: Json = NOTHING
        """The object, as it was fetched."""
        self.inventory = Inventory()
        self.looked = 0.0
        """When the last look was done, epoch s; 0: never."""
        self.usages: dict[str, Usage] = {}
        """What pods use, by their ids."""
        self.unmeasured = ""
        """Why that is not known."""
        self._found: dict[str, Managed] = {}
        self._pods: dict[str, list[Pod] | str] = {}

    @property
    def empty(self) -> bool:
        """Whether there is nothing, for certain, or as far as the inventory tells."""
        held = self.inventory
        return not held.entries and not (held.swept and (self._found or not self.looked))

    def read(self, value: Json) -> bool:
        """Take over the object as it is now; returns whether that is another one than before."""
        if value is self.value:
            return False
        self.value = value
        fresh = inventory(value)
        if fresh != self.inventory:
            self.inventory = fresh
            kept = {each.identity for each in fresh.entries}
            self._found = {name: held for name, held in self._found.items() if name in kept or fresh.swept}
        return True

    async def look(
        self,
        cluster: Cluster,
        now: Callable[[], float],
        *,
        turn: asyncio.Semaphore | None = None,
        whole: bool = True,
        measured: bool = False,
    ) -> None:
        """Ask for what is managed, and for the pods of workloads; nothing where it is all in another cluster.

        `whole`: all of it; else workloads alone, and what was not well at the last look. `measured`: what the pods use
        is asked for too. `turn` bounds how much is asked at a time.
        """
        held = self.inventory
        if not self.value or held.elsewhere:
            return
        wanted = [each for each in held.entries[:LIMIT] if self.watched(each) is None]
        if not whole and not held.swept:
            wanted = [each for each in wanted if self._restless(each)]
        seen = set[str]()

        def found(answers: Sequence[Managed]) -> None:
            for each in answers:
                self._found[each.entry.identity] = each
                seen.add(each.entry.identity)
            self._told()

        look = Look(cluster, self.value, found, turn)
        await look.at(held, wanted)
        if held.swept:  # what is not there any more is in no list
            self._found = {name: each for name, each in self._found.items() if name in seen}
        workloads = [each for each in self._found.values() if each.selector]
        await look.pods(workloads, self._pods_found)
        if measured and workloads:
            self.usages = {name: used for name, used in self.usages.items() if name in self._pod_names()}
            self.unmeasured = await look.usage(workloads, self.usages.update)
        self.looked = now()
        self._told()

    def _restless(self, entry: Entry) -> bool:
        """Whether an object is asked for in every round: what changes by itself, and what is not as it should be."""
        known = self._found.get(entry.identity)
        worker = (entry.group, entry.kind) in WORKLOADS or (entry.group, entry.kind) == CRON
        return worker or known is None or known.state.state is not State.CURRENT

    def _pod_names(self) -> set[str]:
        return {pod.identity for pods in self._pods.values() if not isinstance(pods, str) for pod in pods}

    def _pods_found(self, answers: dict[str, list[Pod] | str]) -> None:
        self._pods.update(answers)
        self._told()

    def watched(self, entry: Entry) -> Managed | None:
        """The object as the store has it; None where it must be asked for."""
        kind = KINDS.get(entry.kind)
        if kind is None or kind.group != entry.group or kind.labels or kind.fields:
            return None
        row = self._store.row(self._cluster, entry.identity)
        trusted = self._store.state(self._cluster, entry.kind).trusted
        return of_row(entry, row) if row is not None and trusted else None

    def every(self) -> list[Holding]:
        """All that is managed, in the order of the inventory, whether it is known by now or not."""
        held = self.inventory
        entries = [each.entry for each in self._found.values()] if held.swept else held.entries[:LIMIT]
        found: list[Holding] = []
        for each in entries:
            known = self.watched(each) or self._found.get(each.identity)
            known = known or unasked(each, held.told if held.elsewhere else "")
            pods = self._pods.get(each.identity, [])
            if isinstance(pods, str):
                found.append(Holding(known, trouble=pods))
            else:
                found.append(Holding(known, tuple(pods)))
        return found
