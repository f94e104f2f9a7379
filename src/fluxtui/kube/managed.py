"""Looks at what one object manages: few requests, few at a time, and an answer for every object, good or bad.

What it asks, and what the answers mean, is decided by `insight.managed`.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence

from fluxtui.insight.fields import Json, mapping, mappings, text
from fluxtui.insight.kstatus import Kstatus, State
from fluxtui.insight.managed import Ask, Entry, Inventory, Managed, asks, judged, missing, unasked
from fluxtui.insight.usage import Usage, usage
from fluxtui.insight.workloads import Pod, pod, selected, selector_text
from fluxtui.kinds.decode import Garbled
from fluxtui.kube import objects
from fluxtui.kube.answers import Forbidden, KubeError, NotFound
from fluxtui.kube.cluster import Cluster
from fluxtui.kube.served import Offer
from fluxtui.kube.transport import Resource, Scope

AT_ONCE = 4
"""Requests under way at a time."""
PAGES = 10
"""Pages of a list that are read at most."""
PAGE, SLIM_PAGE = 100, 500
"""Objects on a page: whole ones take the longer to decode, and keys wait for that."""
LOOKED_UP = 25
"""Objects of one question that are asked for one by one after a list did not have them."""
SEPARATE = 4
"""Workloads of a namespace up to which the pods of each are listed; beyond it, those of the namespace."""

PODS = Resource("", "v1", "pods")
METRICS = ("metrics.k8s.io", "PodMetrics")
Told = Callable[[Sequence[Managed]], None]


class Look:
    """One look at what an object manages; `told` is given what is known as soon as it is. `turn` is shared by looks
    that are not to ask more than so many questions at a time all together.
    """

    def __init__(self, cluster: Cluster, owner: Json, told: Told, turn: asyncio.Semaphore | None = None) -> None:
        self._cluster = cluster
        self._owner = owner
        self._told = told
        self._turn = turn if turn is not None else asyncio.Semaphore(AT_ONCE)

    async def at(self, held: Inventory, entries: Sequence[Entry]) -> None:
        """Asks about these entries (of an inventory that is swept: about all that carries the owner's labels)."""
        questions = asks(self._owner, entries, swept=held.swept)
        try:
            offer = await self._cluster.offering.now()
        except KubeError as error:
            self._told([unasked(each, str(error)) for each in entries])
            return
        known = {(each.group, each.kind, each.namespace, each.name): each for each in entries}
        beyond = [each for each in entries if not any(_covers(ask, each) for ask in questions)]
        if beyond:
            self._told([unasked(each, "there are too many of its kind to ask about all") for each in beyond])
        await asyncio.gather(*(self._ask(offer, ask, known, swept=held.swept) for ask in questions))

    async def _ask(self, offer: Offer, ask: Ask, known: dict[tuple[str, str, str, str], Entry], *, swept: bool) -> None:
        served = offer.of(ask.group, ask.kind)
        wanted = [each for each in known.values() if _covers(ask, each)]
        if served is None:
            words = "does not exist: the server does not serve its kind, whose definition is gone"
            self._told([Managed(each, Kstatus(State.NOT_FOUND, words)) for each in wanted])
            return
        resource = served.resource
        if ask.names:
            await self._one_by_one(resource, ask, wanted)
            return
        try:
            found = await self._list(resource, ask)
        except Forbidden as error:
            if ask.split:  # not all of them at once, but perhaps those of each namespace
                each = [Ask(ask.group, ask.kind, ask.version, space, (), ask.labels, ask.slim) for space in ask.split]
                await asyncio.gather(*(self._ask(offer, one, known, swept=swept) for one in each))
            else:
                self._told([unasked(each, str(error)) for each in wanted])
            return
        except (KubeError, Garbled) as error:
            self._told([unasked(each, str(error)) for each in wanted])
            return
        await self._sort_out(resource, ask, wanted, found, swept=swept)

    async def _sort_out(
        self, resource: Resource, ask: Ask, wanted: Sequence[Entry], found: Iterable[Json], *, swept: bool
    ) -> None:
        """Which of the wanted objects a list has; what it has not is asked for by name, to be sure."""
        listed = {(text(one, "metadata", "namespace"), text(one, "metadata", "name")): one for one in found}
        if swept:
            wanted = [Entry(ask.group, ask.kind, namespace, name) for namespace, name in listed]
        there = [each for each in wanted if (each.namespace, each.name) in listed]
        self._told([judged(listed[each.namespace, each.name], self._owner, each, slim=ask.slim) for each in there])
        absent = [each for each in wanted if (each.namespace, each.name) not in listed]
        if len(absent) > LOOKED_UP:
            words = "is not in the list of what carries its applier's labels"
            self._told([unasked(each, words) for each in absent[LOOKED_UP:]])
        await self._one_by_one(resource, ask, absent[:LOOKED_UP])

    async def _one_by_one(self, resource: Resource, ask: Ask, wanted: Sequence[Entry]) -> None:
        async def one(each: Entry) -> None:
            try:
                async with self._turn:
                    body = await self._cluster.reader.get(resource, each.namespace, each.name, slim=ask.slim)
                found = judged(objects.decode(body), self._owner, each, slim=ask.slim)
            except NotFound:
                found = missing(self._owner, each)
            except (KubeError, Garbled) as error:
                found = unasked(each, str(error))
            self._told([found])

        await asyncio.gather(*(one(each) for each in wanted))

    async def _list(self, resource: Resource, ask: Ask) -> list[Json]:
        scope, token, found = Scope(ask.namespace, ask.labels), "", list[Json]()
        limit = SLIM_PAGE if ask.slim else PAGE
        async with self._turn:
            for _ in range(PAGES):
                body = await self._cluster.reader.list_page(resource, scope, token=token, limit=limit, slim=ask.slim)
                page = objects.decode(body)
                found += mappings(page, "items")
                token = text(mapping(page, "metadata"), "continue")
                if not token:
                    break
        return found

    # Pods

    async def pods(self, workloads: Sequence[Managed], told: Callable[[dict[str, list[Pod] | str]], None]) -> None:
        """The pods of workloads, by the id of the workload; or why they cannot be listed."""

        async def some(namespace: str, labels: str, mine: Sequence[Managed]) -> None:
            try:
                found = [pod(one) for one in await self._list(PODS, Ask("", "Pod", "v1", namespace, labels=labels))]
            except (KubeError, Garbled) as error:
                told(dict.fromkeys((each.entry.identity for each in mine), f"its pods are not known: {error}"))
                return
            told(
                {
                    each.entry.identity: [found_one for found_one in found if selected(each.selector, found_one.labels)]
                    for each in mine
                }
            )

        await asyncio.gather(*(some(*each) for each in _questions(workloads)))

    async def usage(self, workloads: Sequence[Managed], told: Callable[[dict[str, Usage]], None]) -> str:
        """What the pods of workloads use, by the id of the pod. Returns why that is not known, empty if it is."""
        try:
            served = (await self._cluster.offering.now()).of(*METRICS)
        except KubeError as error:
            return f"usage is not known: {error}"
        if served is None:
            return "no metrics-server here"
        resource, troubles = served.resource, list[str]()

        async def some(namespace: str, labels: str, mine: Sequence[Managed]) -> None:
            del mine
            try:
                found = await self._list(resource, Ask(*METRICS, "v1beta1", namespace, labels=labels))
            except (KubeError, Garbled) as error:
                troubles.append(f"usage is not known: {error}")
                return
            told({f"Pod/{namespace}/{text(one, 'metadata', 'name')}": usage(one) for one in found})

        await asyncio.gather(*(some(*each) for each in _questions(workloads)))
        return troubles[0] if troubles else ""


def _questions(workloads: Sequence[Managed]) -> list[tuple[str, str, Sequence[Managed]]]:
    """How to list the pods of workloads: (namespace, labels, those that the answer is for). Where they are few, each
    by its selector, else all of their namespace; of those that have none, nothing is asked.
    """
    spaces: dict[str, list[Managed]] = {}
    for each in workloads:
        if each.selector and (each.replicas is None or each.replicas.wanted or each.replicas.ready):
            spaces.setdefault(each.entry.namespace, []).append(each)
    found: list[tuple[str, str, Sequence[Managed]]] = []
    for namespace, held in spaces.items():
        if len(held) > SEPARATE:
            found.append((namespace, "", held))
        else:
            found += [(namespace, selector_text(each.selector), [each]) for each in held]
    return found


def _covers(ask: Ask, entry: Entry) -> bool:
    """Whether the answer to a question tells about an entry."""
    if (ask.group, ask.kind) != (entry.group, entry.kind):
        return False
    if ask.names:
        return entry.namespace == ask.namespace and entry.name in ask.names
    return entry.namespace in ask.split if ask.split else entry.namespace == ask.namespace
