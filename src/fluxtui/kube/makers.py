"""What made the objects that reports are about: from a pod up to what somebody applied, by metadata alone.

A report names a pod; an inventory lists its Deployment. What lies between is read from owner references: the pods of a
namespace page by page, then only those kinds that they come from. Nothing waits for it: `Makers.made_by` says what is
known by now and notes what is asked for, `Makers.learn` fetches that, a few requests at a time.
"""

import asyncio
import time
from collections.abc import Callable

import msgspec

from fluxtui.kinds.flatten import OWNER_LABELS
from fluxtui.kinds.policy.reports import Subject
from fluxtui.kinds.text import line, shared
from fluxtui.kube.answers import Forbidden, KubeError, NotFound
from fluxtui.kube.cluster import Cluster
from fluxtui.kube.fleet import Fleet
from fluxtui.kube.transport import Resource, Scope

AT_ONCE = 4
"""Requests under way, in all clusters together."""
PAGE = 500
PAGES = 20
"""Pages of one kind in one namespace that are read at most."""
ROUND = 60
"""Namespaces that are walked before it is told what they brought."""
KEPT = 3600.0
"""Seconds after which what is known is asked for again; it hardly ever changes, and counts meanwhile."""
PATIENCE = 120.0
"""Seconds after which an object that was not there, or a list that failed, is asked for again; twice as long after each
walk that brought nothing, up to `KEPT`: reports may outlive their pods for long.
"""
STEPS = 6
"""How far up a walk goes."""

RESOURCES: dict[tuple[str, str], Resource] = {
    ("", "Pod"): Resource("", "v1", "pods"),
    ("apps", "ReplicaSet"): Resource("apps", "v1", "replicasets"),
    ("batch", "Job"): Resource("batch", "v1", "jobs"),
    ("apps", "Deployment"): Resource("apps", "v1", "deployments"),
    ("apps", "StatefulSet"): Resource("apps", "v1", "statefulsets"),
    ("apps", "DaemonSet"): Resource("apps", "v1", "daemonsets"),
    ("batch", "CronJob"): Resource("batch", "v1", "cronjobs"),
}
"""The kinds that are walked from, by (group, kind)."""
MADE = frozenset({("", "Pod"), ("apps", "ReplicaSet"), ("batch", "Job")})
"""Kinds that people hardly ever write: of the others it is only asked when they are asked about themselves."""
CLAIMS = {
    "Kustomization": "kustomize.toolkit.fluxcd.io",
    "HelmRelease": "helm.toolkit.fluxcd.io",
    "ResourceSet": "fluxcd.controlplane.io",
    "FluxInstance": "fluxcd.controlplane.io",
}
"""The groups of what `OWNER_LABELS` name."""

Place = tuple[str, str]
"""(cluster, namespace)."""
GroupKind = tuple[str, str]


class _Owner(msgspec.Struct, gc=False):
    api_version: str = msgspec.field(name="apiVersion", default="")
    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool | None = None


class _Meta(msgspec.Struct, gc=False):
    name: str = ""
    labels: dict[str, str] | None = None
    owners: list[_Owner] | None = msgspec.field(name="ownerReferences", default=None)


class _Item(msgspec.Struct, gc=False):
    metadata: _Meta = msgspec.field(default_factory=_Meta)


class _ListMeta(msgspec.Struct):
    token: str | None = msgspec.field(name="continue", default=None)


class _List(msgspec.Struct):
    metadata: _ListMeta = msgspec.field(default_factory=_ListMeta)
    items: list[msgspec.Raw] | None = None


_list = msgspec.json.Decoder(_List)
_item = msgspec.json.Decoder(_Item)


class Made(msgspec.Struct, frozen=True, gc=False):
    """What made an object, and the Flux object that its labels claim; None for nothing."""

    by: Subject | None = None
    claim: Subject | None = None


class _Listed(msgspec.Struct):
    """The objects of one kind in one namespace, by name. `why` is what went wrong; what was known before it stays."""

    at: float
    made: dict[str, Made]
    why: str = ""
    idle: int = 0
    """Walks in a row that brought nothing new."""


class Makers:
    """The owner walk of a fleet's clusters. One loop, no locks."""

    def __init__(self, fleet: Fleet, clock: Callable[[], float] = time.monotonic) -> None:
        self._fleet = fleet
        self._clock = clock
        self._held: dict[tuple[str, str, GroupKind], _Listed] = {}
        self._wanted: dict[Place, set[GroupKind]] = {}
        self._walking: set[Place] = set()
        self._turn = asyncio.Semaphore(AT_ONCE)

    def made_by(self, cluster: str, subject: Subject) -> tuple[Subject, ...]:
        """What made an object, the nearest first, as far as is known now; at the end the Flux object that labels on
        the way claim. What is not known is noted for `learn`. Costs a few look-ups.
        """
        found: list[Subject] = []
        claim: Subject | None = None
        at = subject
        while len(found) < STEPS:
            made = self._made(cluster, at)
            if made is None:
                break
            claim = claim or made.claim
            if made.by is None or made.by == subject or made.by in found:
                break
            found.append(made.by)
            at = made.by
            if (at.group, at.kind) not in MADE:
                break
        return (*found, claim) if claim is not None else tuple(found)

    def unwalked(self, cluster: str, subject: Subject) -> str:
        """Why it is not known what made a pod, a ReplicaSet or a Job; empty where it is, and for all other kinds."""
        at = subject
        for _ in range(STEPS):
            kind = (at.group, at.kind)
            if kind not in MADE or not at.namespace:
                return ""
            listed = self._held.get((cluster, at.namespace, kind))
            made = listed.made.get(at.name) if listed is not None else None
            if listed is None:
                return "what made it is looked for"
            if made is None:
                return f"{RESOURCES[kind].title}: {listed.why}" if listed.why else f"the {at.kind} is gone"
            if made.by is None:
                return ""
            at = made.by
        return ""

    @property
    def wanted(self) -> int:
        """Namespaces that `learn` would walk."""
        return len(self._wanted.keys() - self._walking)

    def troubles(self, cluster: str) -> dict[str, list[str]]:
        """What could not be walked in a cluster: by reason, ``namespace: pods``."""
        found: dict[str, list[str]] = {}
        for (name, namespace, kind), listed in self._held.items():
            if name == cluster and listed.why:
                found.setdefault(listed.why, []).append(f"{namespace}: {RESOURCES[kind].title}")
        return found

    async def learn(self) -> bool:
        """Walk the namespaces that are wanted, `ROUND` at most; whether anything is known now that was not. Never two
        walks of a namespace at a time. Raises nothing.
        """
        self._forget()
        places = sorted(self._wanted.keys() - self._walking)[:ROUND]
        self._walking.update(places)
        try:
            news = await asyncio.gather(*(self._walk(place, self._wanted.pop(place)) for place in places))
        finally:
            self._walking.difference_update(places)
        return any(news)

    def _made(self, cluster: str, subject: Subject) -> Made | None:
        """What is known of one object; None, and noted, if nothing is."""
        kind = (subject.group, subject.kind)
        if kind not in RESOURCES or not subject.namespace:
            return None
        listed = self._held.get((cluster, subject.namespace, kind))
        made = listed.made.get(subject.name) if listed is not None else None
        patience = KEPT if made is not None or listed is None else min(KEPT, PATIENCE * 2**listed.idle)
        if listed is None or self._clock() - listed.at > patience:
            self._wanted.setdefault((cluster, subject.namespace), set()).add(kind)
        return made

    async def _walk(self, place: Place, kinds: set[GroupKind]) -> bool:
        """The kinds that are wanted, and the kinds in the middle of the way that their objects come from."""
        cluster = self._fleet.clusters.get(place[0])
        done: set[GroupKind] = set()
        news = False
        while cluster is not None and (kind := next(iter(sorted(kinds - done)), None)) is not None:
            done.add(kind)
            before = self._held.get((*place, kind))
            async with self._turn:
                listed = await self._list(cluster, place[1], kind)
            if listed.why and before is not None:
                listed.made = before.made
            if before is not None and before.made == listed.made:
                listed.idle = min(before.idle + 1, 8)
            else:
                news = True
            self._held[(*place, kind)] = listed
            for made in listed.made.values():
                above = (made.by.group, made.by.kind) if made.by is not None else None
                if above in MADE and (*place, above) not in self._held:
                    kinds.add(above)
        return news

    async def _list(self, cluster: Cluster, namespace: str, kind: GroupKind) -> _Listed:
        """One kind, page by page."""
        listed = _Listed(self._clock(), {})
        makers: dict[Subject, Subject] = {}
        token = ""
        try:
            for _ in range(PAGES):
                body = await cluster.reader.list_page(
                    RESOURCES[kind], Scope(namespace), token=token, limit=PAGE, slim=True
                )
                page = _list.decode(body)
                for raw in page.items or ():
                    _read(raw, namespace, listed.made, makers)
                token = page.metadata.token or ""
                if not token:
                    return listed
            listed.why = f"more than {PAGE * PAGES:,}"
        except Forbidden:
            listed.why = "forbidden"
        except NotFound:
            listed.why = "not served"
        except KubeError as error:
            listed.why = str(error)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            listed.why = "the answer is no list"
        return listed

    def _forget(self) -> None:
        """What belongs to clusters that have left."""
        gone = {key[0] for key in (*self._held, *self._wanted)} - self._fleet.clusters.keys()
        if gone:
            self._held = {key: listed for key, listed in self._held.items() if key[0] not in gone}
            self._wanted = {key: kinds for key, kinds in self._wanted.items() if key[0] not in gone}


def _read(raw: msgspec.Raw, namespace: str, into: dict[str, Made], makers: dict[Subject, Subject]) -> None:
    """One object; what is no object is left out. A maker is one object for all that it made."""
    try:
        meta = _item.decode(raw).metadata
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    if not meta.name:
        return
    owner = next((each for each in meta.owners or () if each.controller), None) or next(iter(meta.owners or ()), None)
    by = None
    if owner is not None and owner.kind and owner.name:
        group = owner.api_version.rpartition("/")[0]
        by = Subject(shared(group), shared(owner.kind), shared(namespace), line(owner.name), line(owner.uid))
        by = makers.setdefault(by, by)
    claim = _claim(meta.labels, namespace) if meta.labels else None
    into[line(meta.name)] = Made(by, makers.setdefault(claim, claim) if claim is not None else None)


def _claim(labels: dict[str, str], namespace: str) -> Subject | None:
    """The Flux object that labels say has applied an object."""
    for kind, name, home in OWNER_LABELS:
        if labels.get(name):
            return Subject(CLAIMS[kind], kind, shared(labels.get(home) or namespace), shared(labels[name]))
    return None


__all__ = ["Made", "Makers", "Place"]
