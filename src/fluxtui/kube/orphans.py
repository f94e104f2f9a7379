"""Looks at everything in a namespace by its metadata: each kind that the server lists there, a few at a time, bounded,
and what could not be looked at by its name. What it means is decided by `insight.orphans`.
"""

import asyncio
from collections.abc import Callable

import msgspec

from fluxtui.insight.fields import mapping, mappings, number, text
from fluxtui.insight.orphans import SKIPPED, Found, OrphanReport, found, judge
from fluxtui.kinds.decode import Garbled
from fluxtui.kinds.served import MIRRORS
from fluxtui.kube import objects
from fluxtui.kube.answers import Forbidden, KubeError, NotFound
from fluxtui.kube.cluster import Cluster
from fluxtui.kube.served import Served
from fluxtui.kube.transport import Scope
from fluxtui.store.store import ClusterData

AT_ONCE = 4
"""Requests under way."""
PAGE = 500
PAGES = 10
"""Pages of one kind that are read at most."""


class Searched(msgspec.Struct):
    """What has been looked at so far in one namespace of one cluster.

    `forbidden` and `failed` name kinds as RBAC does (``deployments.apps``), `failed` with the reason; `cut` are those
    with more objects than are read, with how many were left out as far as the server says.
    """

    cluster: str
    namespace: str
    wanted: int = 0
    """Kinds to look at; 0 until the server has told what it serves."""
    done: int = 0
    objects: list[Found] = msgspec.field(default_factory=list[Found])
    listed: set[tuple[str, str]] = msgspec.field(default_factory=set[tuple[str, str]])
    """(group, kind) of what was listed to its end."""
    forbidden: list[str] = msgspec.field(default_factory=list[str])
    failed: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    cut: dict[str, int] = msgspec.field(default_factory=dict[str, int])
    trouble: str = ""
    """Why nothing could be looked at."""
    at: float = 0.0
    """When it was complete, epoch s; 0: it is under way."""

    @property
    def whole(self) -> bool:
        """Whether everything was looked at."""
        return bool(self.at) and not (self.forbidden or self.failed or self.cut or self.trouble)

    def report(self, data: ClusterData) -> OrphanReport:
        """What it means by now. While kinds are missing, what made an object is never held to be gone."""

        def complete(group: str, kind: str) -> bool:
            return bool(self.at) and (group, kind) in self.listed

        return judge(data, self.namespace, self.objects, self.done, complete)


async def search(
    cluster: Cluster, namespace: str, now: Callable[[], float], told: Callable[[Searched], None]
) -> Searched:
    """Look at a namespace; `told` is given the same object whenever there is more in it. Raises nothing."""
    looked = Searched(cluster.name, namespace)
    try:
        offer = await cluster.offering.now()
    except KubeError as error:
        looked.trouble, looked.at = str(error), now()
        told(looked)
        return looked
    kinds = [each for each in offer.all if _wanted(each)]
    looked.wanted = len(kinds)
    told(looked)
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(served: Served) -> None:
        async with turn:
            await _list(cluster, served, namespace, looked)
        looked.done += 1
        told(looked)

    await asyncio.gather(*(one(each) for each in kinds))
    looked.at = now()
    told(looked)
    return looked


def _wanted(served: Served) -> bool:
    resource = served.resource
    if not resource.namespaced or "list" not in served.verbs or resource.group in MIRRORS:
        return False
    return (resource.group, served.kind) not in SKIPPED


async def _list(cluster: Cluster, served: Served, namespace: str, looked: Searched) -> None:
    """One kind, page by page."""
    resource, token, left = served.resource, "", 0
    try:
        for _ in range(PAGES):
            scope = Scope(namespace)
            body = await cluster.reader.list_page(resource, scope, token=token, limit=PAGE, slim=True)
            page = objects.decode(body)
            for value in mappings(page, "items"):
                each = found(value, resource.group, served.kind)
                if each is not None:
                    looked.objects.append(each)
            meta = mapping(page, "metadata")
            token = text(meta, "continue")
            if not token:
                looked.listed.add((resource.group, served.kind))
                return
            left = number(meta, "remainingItemCount")
        looked.cut[resource.title] = left or 1
    except Forbidden:
        looked.forbidden.append(resource.title)
    except NotFound:
        return  # its definition went, or the server lists it in no namespace
    except (KubeError, Garbled) as error:
        looked.failed[resource.title] = str(error)
