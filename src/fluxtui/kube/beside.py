"""Lists beside the ones that are always watched: any kind, for as long as somebody looks at it.

They have a store of their own: what is listed for a minute must not take part in triage, nor keep the memory that it
took. The same reflectors fill it, from what the server prints (`insight.printing`).
"""

import asyncio
import logging
from collections.abc import Callable, Iterable

from fluxtui.insight.printing import TableDecoder, assess, whole_object
from fluxtui.kinds.kind import Kind
from fluxtui.kinds.served import ServedKind
from fluxtui.kube.cluster import Cluster, resource_of
from fluxtui.kube.pump import Pump
from fluxtui.kube.reflector import Reflector
from fluxtui.store.changes import Batch
from fluxtui.store.state import DataState, Phase
from fluxtui.store.store import Store

log = logging.getLogger(__name__)


class Beside:
    """Lists of any kind, in ``store``, by cluster. One screen uses one of these, and closes it when it is left."""

    def __init__(self, tell: Callable[[Batch], None]) -> None:
        self.store = Store(assess)
        self._decoders: dict[tuple[str, str], TableDecoder] = {}
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._pump = Pump(self.store, tell)
        self._telling: asyncio.Task[None] | None = None

    @property
    def open_lists(self) -> frozenset[tuple[str, str]]:
        """The (cluster, kind) pairs that are followed."""
        return frozenset(self._tasks)

    def follow(self, cluster: Cluster, served: ServedKind, namespace: str = "") -> None:
        """List a kind of a cluster and follow its changes; nothing happens where that is done already.

        ``namespace`` is where to look when all namespaces are not allowed.
        """
        key = (cluster.name, served.key)
        if key in self._tasks:
            return
        decoder = self._decoders[key] = TableDecoder(served)
        kind = Kind(
            name=served.key,
            group=served.group,
            versions=(served.version,),
            plural=served.plural,
            namespaced=served.namespaced,
            decoder=decoder,
        )
        reader = cluster.reader.printed(whole_object(served), decoder.begin)
        table = self.store.table(*key)
        site = cluster.site(reader, namespace, self._pump.touch)
        reflector = Reflector(site, kind, resource_of(served), table, watches=served.watchable)
        self._tasks[key] = asyncio.create_task(self._run(reflector, key), name=f"{cluster.name} {served.full}")
        self._start()

    def absent(self, cluster: str, kind: str, phase: Phase, detail: str, now: float) -> None:
        """A cluster does not serve a kind, or cannot be asked: that is the state of its list."""
        self.store.table(cluster, kind).set_state(DataState(phase, now, 0.0, detail))
        self._pump.touch()
        self._start()

    def left_out(self, kind: str) -> int:
        """How many objects the lists of a kind do not hold, because there are too many."""
        return sum(decoder.left_out for (_, held), decoder in self._decoders.items() if held == kind)

    async def drop(self, keys: Iterable[tuple[str, str]]) -> None:
        """End some lists; their rows go."""
        gone = [key for key in keys if key in self._tasks]
        tasks = [self._tasks.pop(key) for key in gone]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for key in gone:
            self._decoders.pop(key, None)
            self.store.table(*key).replace(())

    async def close(self) -> None:
        """End all of them, and hold nothing."""
        tasks = [*self._tasks.values(), *([self._telling] if self._telling is not None else [])]
        self._tasks, self._telling = {}, None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._decoders.clear()
        for data in self.store.clusters():
            self.store.drop(data.name)
        self.store.drain()

    async def _run(self, reflector: Reflector, key: tuple[str, str]) -> None:
        try:
            await reflector.run()
        except Exception as error:  # a defect of ours must not pass for an empty list
            log.exception("%s: listing %s failed", *key)
            detail = f"internal error: {type(error).__name__}: {error}"
            self.store.table(*key).set_state(DataState(Phase.STALE, 0.0, 0.0, detail))
            self._pump.touch()

    def _start(self) -> None:
        if self._telling is None:
            self._telling = asyncio.create_task(self._pump.run(), name="beside")
