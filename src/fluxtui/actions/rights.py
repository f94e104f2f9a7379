"""What we may do, asked beforehand: SelfSubjectAccessReviews, few of them, remembered for a minute.

One object is asked for by its name. Of many, a whole namespace or cluster is asked for first: who may patch all of
them need not be asked about each.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

import msgspec

from fluxtui.actions.plan import Step
from fluxtui.kinds.record import split_id
from fluxtui.kube.answers import KubeError
from fluxtui.kube.transport import Access, Resource

KEPT = 60.0
"""Seconds for which an answer counts."""
FEW = 3
"""Objects that are asked for one by one without asking for all of them first."""
AT_ONCE = 8
"""Questions under way to one cluster."""

Key = tuple[str, str, str, str, str]
"""(cluster, verb, resource, namespace, name)"""


class Asked(Protocol):
    """What answers: a `kube.transport.Reader`."""

    async def may(
        self, verb: str, resource: Resource, *, namespace: str = "", name: str = "", subresource: str = ""
    ) -> Access:
        """Whether we are allowed to."""
        ...


class Need(msgspec.Struct, frozen=True):
    """A right that a step needs."""

    cluster: str
    verb: str
    resource: Resource
    namespace: str
    name: str

    @property
    def words(self) -> str:
        """What is missing without it: ``patch kustomizations.kustomize.toolkit.fluxcd.io in apps``."""
        return f"{self.verb} {self.resource.title}{f' in {self.namespace}' if self.namespace else ''}"

    @property
    def brief(self) -> str:
        """The same without the API group: ``patch kustomizations in apps``."""
        return f"{self.verb} {self.resource.plural}{f' in {self.namespace}' if self.namespace else ''}"


def need(step: Step) -> Need:
    """The right that one request needs."""
    _, namespace, name = split_id(step.identity)
    verb = "delete" if step.method == "DELETE" else "patch"
    return Need(step.cluster, verb, step.resource, namespace if step.resource.namespaced else "", name)


class Rights:
    """The answers of all clusters. ``now`` is the wall clock in epoch seconds."""

    def __init__(self, readers: Callable[[str], Asked | None], now: Callable[[], float]) -> None:
        self._readers = readers
        self._now = now
        self._known: dict[Key, tuple[float, bool | None]] = {}
        self._room: Mapping[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(AT_ONCE))

    async def missing(self, needs: Iterable[Need]) -> dict[Need, str]:
        """Those that are not given, with the words for it. One that could not be asked for is not among them."""
        groups: dict[tuple[str, str, Resource], dict[str, list[Need]]] = defaultdict(lambda: defaultdict(list))
        for each in dict.fromkeys(needs):
            groups[each.cluster, each.verb, each.resource][each.namespace].append(each)
        found = await asyncio.gather(*(self._group(places) for places in groups.values()))
        return {each: f"needs {each.words}" for lacking in found for each in lacking}

    async def _group(self, places: Mapping[str, list[Need]]) -> list[Need]:
        """Of one verb and resource in one cluster, by namespace."""
        first = next(iter(places.values()))[0]
        if len(places) > FEW and await self._may(first, "", ""):
            return []
        found = await asyncio.gather(*(self._place(needs) for needs in places.values()))
        return [each for lacking in found for each in lacking]

    async def _place(self, needs: list[Need]) -> list[Need]:
        if len(needs) > FEW and await self._may(needs[0], needs[0].namespace, ""):
            return []
        answers = await asyncio.gather(*(self._may(each, each.namespace, each.name) for each in needs))
        return [each for each, allowed in zip(needs, answers, strict=True) if allowed is False]

    async def _may(self, asked: Need, namespace: str, name: str) -> bool | None:
        """Whether it is allowed; None when nobody could be asked."""
        key = (asked.cluster, asked.verb, asked.resource.title, namespace, name)
        at, known = self._known.get(key, (float("-inf"), None))
        if self._now() - at < KEPT:
            return known
        reader = self._readers(asked.cluster)
        if reader is None:
            return None
        async with self._room[asked.cluster]:
            try:
                allowed = (await reader.may(asked.verb, asked.resource, namespace=namespace, name=name)).allowed
            except KubeError:
                return None
        self._known[key] = self._now(), allowed
        return allowed
