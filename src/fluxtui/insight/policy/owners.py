"""Who delivers what a report is about: a tenant, a Kustomization or HelmRelease, its source and revision.

An inventory that lists the object is proof, one that lists what made it nearly so (`insight.delivered`); reports do not
carry an object's labels. Tenants are told by the labels of namespaces (`insight.blast.Tenants`).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from fluxtui.insight.blast import Tenants
from fluxtui.insight.delivered import APPLIERS, NOBODY, Delivery, Proof, delivered_by, rank
from fluxtui.insight.policy.model import Owner
from fluxtui.insight.printing import inventory_id
from fluxtui.kinds.flatten import FLUX_DOMAINS
from fluxtui.kinds.policy.reports import Subject
from fluxtui.kinds.record import Record, object_id, split_id
from fluxtui.kinds.table import KINDS
from fluxtui.store.state import Phase
from fluxtui.store.store import ClusterData, Store

MadeBy = Callable[[str, Subject], tuple[Subject, ...]]
"""`Known.made_by`."""
FLUX_SUFFIXES = tuple(FLUX_DOMAINS)
STEPS = 8
"""How far up an owner's own owners are followed to the ResourceSet that generated it."""


def entry_of(subject: Subject) -> str:
    """How inventories name an object."""
    return inventory_id(subject.namespace, subject.name, subject.group, subject.kind)


def is_flux(subject: Subject) -> bool:
    """Whether it is a Flux object that applies others."""
    return subject.kind in APPLIERS and subject.group.endswith(FLUX_SUFFIXES)


def chain(subject: Subject, makers: Iterable[Subject]) -> tuple[str, ...]:
    """The way from an object to what nobody made, in words: ``Pod redis-0``, ``StatefulSet redis``."""
    return tuple(f"{each.kind} {each.name}" for each in (subject, *makers))


def is_hub(data: ClusterData) -> bool:
    """Whether something in a cluster applies to other clusters by a kubeconfig."""
    tables = (data.tables.get(kind) for kind in ("Kustomization", "HelmRelease"))
    return any(row.record.elsewhere for table in tables if table is not None for row in table.rows.values())


class Owners:
    """The owners of one cluster's objects, while a picture is made: each owner is one object. `hubs` are the clusters
    of which `is_hub` holds.
    """

    def __init__(
        self,
        delivery: Store,
        cluster: str,
        made_by: MadeBy,
        hubs: Sequence[ClusterData] = (),
        unwalked: Callable[[str, Subject], str] = lambda cluster, subject: "",
    ) -> None:
        self._cluster = cluster
        self._unwalked = unwalked
        self._blind = _blind(delivery, cluster)
        self._bare: frozenset[str] | None = None
        self._hubs = hubs
        self._called = re.compile(rf"(?:^|[-._]){re.escape(cluster)}(?:$|[-._])")
        self._delivery = delivery
        self._data = delivery.find(cluster)
        self._made_by = made_by
        self._tenants: dict[str, Tenants] = {}
        self._owners: dict[tuple[str, str, Proof, str, bool, str], Owner] = {}

    def of(self, subject: Subject) -> Owner:
        """The owner of an object; costs a few look-ups."""
        cluster, found = self._cluster, self._direct(subject)
        if found is NOBODY:
            found = self._by_maker(subject)
        if found is NOBODY:
            cluster, found = self._from_elsewhere(subject)
        doubt = self._doubt(subject) if found is NOBODY else ""
        return self._owner(cluster, found, *self.tenant(subject, cluster, found.owner), doubt)

    def _doubt(self, subject: Subject) -> str:
        """Why it cannot be told who delivers an object that no inventory lists; empty where nobody does."""
        if self._blind:
            return self._blind
        if self._bare is None:
            self._bare = _bare(self._data)
        if subject.namespace in self._bare:
            return "a HelmRelease there has no inventory"
        return self._unwalked(self._cluster, subject)

    def tenant(self, subject: Subject, cluster: str = "", owner: str = "") -> tuple[str, bool]:
        """Whose an object is, and whether a label says so."""
        if subject.kind == "Namespace" and not subject.group:
            return self._tenant(self._cluster, subject.name)
        if subject.namespace:
            return self._tenant(self._cluster, subject.namespace)
        tenant, labelled = self._tenant(cluster, split_id(owner)[1]) if owner else ("", False)
        return (tenant, True) if labelled else ("", False)

    def _tenant(self, cluster: str, namespace: str) -> tuple[str, bool]:
        known = self._tenants.get(cluster)
        if known is None:
            data = self._delivery.find(cluster)
            if data is None:
                return namespace, False
            known = self._tenants[cluster] = Tenants(data)
        return known.of(namespace)

    def _direct(self, subject: Subject) -> Delivery:
        if self._data is None:
            return NOBODY
        for owner in _here(self._data, entry_of(subject)):
            return Delivery(owner, Proof.INVENTORY)
        return NOBODY

    def _by_maker(self, subject: Subject) -> Delivery:
        """By the nearest maker that an inventory lists, else by the Flux object that the labels of one claim."""
        claim: Delivery | None = None
        at = subject
        for _ in range(STEPS):
            makers = self._made_by(self._cluster, at)
            for maker in makers:
                if is_flux(maker):
                    claim = claim or Delivery(object_id(maker.kind, maker.namespace, maker.name), Proof.LABEL)
                elif (found := self._direct(maker)) is not NOBODY:
                    return Delivery(found.owner, Proof.MAKER)
            further = [maker for maker in makers if not is_flux(maker)]
            if not further or further[-1] == at:
                break
            at = further[-1]  # what it comes from in turn, like the resource that an operator makes a StatefulSet of
        return claim or NOBODY

    def _from_elsewhere(self, subject: Subject) -> tuple[str, Delivery]:
        """What applies to other clusters by a kubeconfig, if it alone lists the object, and its kubeconfig is called
        like this cluster: a claim, as names are.
        """
        entry, found = entry_of(subject), list[tuple[str, str]]()
        for data in self._hubs:
            for owner in data.index("inventory").get(entry):
                row = data.row(owner)
                if row is not None and self._called.search(row.record.elsewhere):
                    found.append((data.name, owner))
        if len(found) != 1:
            return self._cluster, NOBODY
        return found[0][0], Delivery(found[0][1], Proof.LABEL)

    def _owner(self, cluster: str, found: Delivery, tenant: str, labelled: bool, doubt: str) -> Owner:
        key = (cluster, found.owner, found.proof, tenant, labelled, doubt)
        owner = self._owners.get(key)
        if owner is None:
            owner = self._owners[key] = self._told(cluster, found, tenant, labelled, doubt)
        return owner

    def _told(self, cluster: str, found: Delivery, tenant: str, labelled: bool, doubt: str) -> Owner:
        data = self._delivery.find(cluster)
        row = data.row(found.owner) if data is not None and found.owner else None
        if data is None or row is None:
            return Owner(cluster, found.owner, found.proof, tenant, labelled, doubt=doubt)
        record = row.record
        return Owner(
            cluster=cluster,
            id=found.owner,
            proof=found.proof,
            tenant=tenant,
            labelled=labelled,
            origin=_origin(data, record),
            source=record.source,
            revision=record.revision,
            updated=_updated(data, record),
        )


def _blind(delivery: Store, cluster: str) -> str:
    """Why the inventories of a cluster are not known; empty where they are, or are those of the last word."""
    for kind in ("Kustomization", "HelmRelease"):
        state = delivery.state(cluster, kind)
        if state.phase not in (Phase.FRESH, Phase.STALE, Phase.MISSING):
            return f"{KINDS[kind].plural} are {WORDS.get(state.phase, state.phase.value)}"
        if state.only:
            return f"{KINDS[kind].plural} may be seen in namespace {state.only} alone"
    return ""


WORDS = {Phase.LOADING: "still loading", Phase.FORBIDDEN: "forbidden to us", Phase.LOGIN: "not seen: login needed"}


def _bare(data: ClusterData | None) -> frozenset[str]:
    """The namespaces of releases without an inventory: helm-controller keeps one since Flux 2.8 (facts: flux §3)."""
    table = data.tables.get("HelmRelease") if data is not None else None
    rows = table.rows.values() if table is not None else ()
    return frozenset(row.record.namespace for row in rows if row.record.inventory_size < 0 and row.record.updated)


def _here(data: ClusterData, entry: str) -> Iterator[str]:
    """Who lists it and applies to its own cluster, the likeliest first."""
    for owner in sorted(data.index("inventory").get(entry), key=rank):
        row = data.row(owner)
        if row is None or not row.record.elsewhere:
            yield owner


def _origin(data: ClusterData, record: Record) -> str:
    """The ResourceSet that generated an owner, directly or through what it generated."""
    seen: set[str] = set()
    while record.id not in seen and len(seen) < STEPS:
        seen.add(record.id)
        above = delivered_by(data, record).owner
        if split_id(above)[0] == "ResourceSet":
            return above
        row = data.row(above) if above else None
        if row is None:
            break
        record = row.record
    return ""


def _updated(data: ClusterData, record: Record) -> int:
    """When what it delivers last changed: its release or set, else what its source holds."""
    if record.kind == "HelmRelease":
        return record.updated
    source = data.row(record.source) if record.source else None
    return record.outcome_since or (source.record.updated if source is not None else 0)
