"""What waits behind some objects of any clusters, before something is done to them: the radius that Triage counts.

Of what is to be suspended, it is what would then get nothing new.
"""

from collections.abc import Generator, Iterable, Sequence

import msgspec

from fluxtui.insight.blast import NOT_COUNTED, Blast
from fluxtui.insight.explain import SUSPENDED
from fluxtui.insight.graph import Graph
from fluxtui.insight.waiting import explained_by
from fluxtui.insight.whatif import stops
from fluxtui.kinds.status import Status
from fluxtui.store.store import Store

Ref = tuple[str, str]
"""(cluster, id)"""


class Behind(msgspec.Struct, frozen=True):
    """Those that wait, nearest first within each cluster, and how they were at that moment."""

    refs: tuple[Ref, ...] = ()
    ready: int = 0
    """How many of them are ready."""


def behind(
    store: Store, roots: Sequence[Ref], now: float, *, suspending: bool = False
) -> Generator[None, None, Behind]:
    """What waits behind `roots`, without these; with `suspending`, what would wait. Yields between slices of work."""
    found: list[Ref] = []
    for name in dict.fromkeys(cluster for cluster, _ in roots):
        data = store.find(name)
        if data is None:
            continue
        graph = Graph(data)
        ids = [identity for cluster, identity in roots if cluster == name and graph.row(identity) is not None]
        explained = yield from explained_by(graph, now)
        if suspending:
            waiting = list(stops(graph, dict.fromkeys(ids, SUSPENDED), now, explained).ids)
        else:
            waiting = [
                each
                for each in Blast(graph, explained, now).paths(ids)
                if each.partition("/")[0] not in NOT_COUNTED and graph.row(each) is not None
            ]
        found += [(name, each) for each in waiting]
        yield
    return Behind(tuple(found), ready_of(store, found))


def ready_of(store: Store, refs: Iterable[Ref]) -> int:
    """How many of these objects are ready now. One that is gone waits no more, and is not among them."""
    return sum(1 for ref in refs if (row := store.row(*ref)) is not None and row.status is Status.READY)
