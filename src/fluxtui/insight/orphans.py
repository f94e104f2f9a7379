"""What Flux left behind in a namespace, or never managed: who made it, when, why it is here, and how sure that is.

Judged by metadata alone (labels, annotations, ownerReferences, managedFields), the inventories that the store holds,
and which Flux objects exist. An inventory that lists an object is proof that it is managed. Labels of Flux are a claim,
as strong as the field managers that back it. managedFields tell who writes an object and when last, not who made it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import IntEnum, StrEnum

import msgspec

from fluxtui.insight.fields import Json, mapping, mappings, moment, text, texts
from fluxtui.insight.printing import inventory_id
from fluxtui.kinds.flatten import OWNER_LABELS
from fluxtui.kinds.record import split_id
from fluxtui.kinds.status import Status
from fluxtui.kinds.table import identify
from fluxtui.store.store import ClusterData

SKIPPED = frozenset(
    {
        ("", "Event"),
        ("", "Endpoints"),
        ("discovery.k8s.io", "EndpointSlice"),
        ("coordination.k8s.io", "Lease"),
        ("apps", "ControllerRevision"),
    }
)
"""Kinds that controllers make and remove by themselves."""
SYSTEM_CONFIGS = frozenset({"kube-root-ca.crt", "openshift-service-ca.crt"})
"""ConfigMaps that every namespace is given."""
TOKEN = "kubernetes.io/service-account.name"  # noqa: S105 - the annotation of a token's Secret, not a secret
HELM_STORAGE = "sh.helm.release.v1."
"""How the Secrets begin in which Helm keeps its releases."""
HELM_RELEASE, HELM_HOOK = "meta.helm.sh/release-name", "helm.sh/hook"
PRUNE = ("kustomize.toolkit.fluxcd.io/prune", "fluxcd.controlplane.io/prune")
"""The annotations that keep an object when its applier does not list it any more."""
WRITERS = {"Kustomization": "kustomize-controller", "HelmRelease": "helm-controller", "ResourceSet": "flux-operator"}
"""The field manager of each applier."""
PEOPLE = ("kubectl", "k9s", "k8slens", "node-fetch", "openlens", "headlamp", "dashboard", "oc", "octant", "flux")
"""How the field managers begin that people use: kubectl (``-create``, ``-edit``, ``-client-side-apply``), terminals
and desktops. ``flux`` is the CLI; its controllers are called otherwise."""
BACKGROUND = frozenset(
    {"kube-controller-manager", "kube-scheduler", "kubelet", "kube-apiserver", "cloud-controller-manager"}
)
"""Those that write to what others made: they tell little of where it comes from."""


class Sureness(IntEnum):
    """How sure a judgement is."""

    HIGH = 0
    """A field of Flux says it, and what it names is known to be so."""
    MEDIUM = 1
    """The field managers say it."""
    LOW = 2
    """Nothing says where it comes from, or what says it cannot be checked."""

    @property
    def word(self) -> str:
        """high, medium, low"""
        return self.name.lower()


class Origin(StrEnum):
    """Where an object comes from."""

    LEFT = "left behind"
    HAND = "by hand"
    HELM = "by Helm"
    CONTROLLER = "by a controller"
    PROGRAM = "by a program"
    UNKNOWN = "unknown"


ORIGINS = tuple(Origin)


class Found(msgspec.Struct, frozen=True):
    """One object, by its metadata. `made_by` are its ownerReferences as (uid, group, kind, name)."""

    group: str
    kind: str
    namespace: str
    name: str
    uid: str = ""
    created: int = 0
    labels: Mapping[str, str] = {}
    annotations: Mapping[str, str] = {}
    made_by: tuple[tuple[str, str, str, str], ...] = ()
    managers: tuple[tuple[str, int], ...] = ()
    """Who writes it, with the last time (epoch s), the last one first; who writes its status alone is left out."""

    @property
    def identity(self) -> str:
        """Its id."""
        return identify(self.group, self.kind, self.namespace, self.name)


class Orphan(msgspec.Struct, frozen=True):
    """One object that Flux does not manage. `who` made or wrote it last, at `when` (epoch s, 0: not told); `with_it` is
    how many objects it made itself.
    """

    cluster: str
    found: Found
    origin: Origin
    sureness: Sureness
    who: str
    when: int
    why: str
    with_it: int = 0
    kept: bool = False
    """Whether an annotation keeps it from being pruned."""

    @property
    def ref(self) -> tuple[str, str]:
        """(cluster, id)"""
        return self.cluster, self.found.identity


class OrphanReport(msgspec.Struct, frozen=True):
    """What was found in one namespace of one cluster, and what was not looked at."""

    cluster: str
    namespace: str
    orphans: tuple[Orphan, ...] = ()
    looked: int = 0
    """Objects."""
    kinds: int = 0
    """Kinds."""
    managed: int = 0
    followers: int = 0
    """Objects that others made."""
    system: int = 0
    """Objects that every namespace has."""
    storage: Mapping[str, int] = {}
    """Secrets in which Helm keeps its releases, by release."""

    def of(self, origin: Origin) -> int:
        """How many come from there."""
        return sum(each.origin is origin for each in self.orphans)


def found(value: Json, group: str, kind: str) -> Found | None:
    """An object by what a list of metadata says of it; None for one without a name."""
    meta = mapping(value, "metadata")
    name = text(meta, "name")
    if not name:
        return None
    entries = [held for held in mappings(meta, "managedFields") if not text(held, "subresource")]
    managers = sorted(((text(held, "manager"), moment(held, "time")) for held in entries), key=lambda each: -each[1])
    return Found(
        group,
        kind,
        text(meta, "namespace"),
        name,
        text(meta, "uid"),
        moment(meta, "creationTimestamp"),
        texts(meta, "labels"),
        {key: value for key, value in texts(meta, "annotations").items() if key.startswith(_TELLING)},
        tuple(
            (text(held, "uid"), _group(text(held, "apiVersion")), text(held, "kind"), text(held, "name"))
            for held in mappings(meta, "ownerReferences")
        ),
        tuple((manager, at) for manager, at in managers if manager),
    )


_TELLING = (*PRUNE, TOKEN, HELM_RELEASE, HELM_HOOK)
"""The annotations that are read: one may hold a manifest."""


def _group(version: str) -> str:
    return version.rpartition("/")[0]


def judge(
    data: ClusterData, namespace: str, objects: Sequence[Found], kinds: int, complete: Callable[[str, str], bool]
) -> OrphanReport:
    """What of these objects Flux does not manage. `complete` says of a (group, kind) whether all of it was listed."""
    return _Judging(data, objects, complete).report(namespace, kinds)


class _Judging:
    def __init__(self, data: ClusterData, objects: Sequence[Found], complete: Callable[[str, str], bool]) -> None:
        self._data = data
        self._objects = objects
        self._complete = complete
        self._inventory = data.index("inventory")
        self._taken = data.index("source")
        self._uids = {each.uid: each for each in objects if each.uid}
        self._releases = {name for each in objects if (name := _stored(each))}

    def report(self, namespace: str, kinds: int) -> OrphanReport:
        storage: dict[str, int] = {}
        system = managed = followers = 0
        alone: list[Found] = []
        made: dict[str, int] = {}
        for each in self._objects:
            release = _stored(each)
            if release:
                storage[release] = storage.get(release, 0) + 1
            elif _system(each):
                system += 1
            elif each.made_by and not self._bereaved(each):
                followers += 1
                first = self._first(each)
                made[first] = made.get(first, 0) + 1
            elif self._managed(each):
                managed += 1
            else:
                alone.append(each)
        orphans = [self._orphan(each, made.get(each.uid, 0)) for each in alone]
        orphans.sort(key=order)
        looked = len(self._objects)
        return OrphanReport(
            self._data.name, namespace, tuple(orphans), looked, kinds, managed, followers, system, storage
        )

    def _bereaved(self, each: Found) -> bool:
        """Whether all that made it is gone for certain: the garbage collector has not come by yet, or cannot."""
        return all(uid not in self._uids and self._complete(group, kind) for uid, group, kind, _ in each.made_by)

    def _first(self, each: Found) -> str:
        """The uid of what everything that led to an object began with."""
        uid = each.made_by[0][0]
        for _ in range(8):  # a circle is no chain
            above = self._uids.get(uid)
            if above is None or not above.made_by:
                break
            uid = above.made_by[0][0]
        return uid

    def _managed(self, each: Found) -> bool:
        if self._inventory.get(inventory_id(each.namespace, each.name, each.group, each.kind)):
            return True
        if self._taken.get(each.identity) and each.kind == "HelmChart":
            return True  # made by the source-controller's client for a release, which lists it nowhere
        for owner in self._claims(each):
            row = self._data.row(owner)
            if row is not None and row.record.kind == "HelmRelease" and row.record.inventory_size < 0:
                return True  # releases of Flux before 2.8 keep no inventory: their labels are all there is
            if owner == each.identity:
                return True
        return False

    def _claims(self, each: Found) -> list[str]:
        """The Flux objects that its labels name."""
        return [
            f"{kind}/{each.labels.get(namespace) or each.namespace}/{each.labels[name]}"
            for kind, name, namespace in OWNER_LABELS
            if each.labels.get(name)
        ]

    # Who, when, why

    def _orphan(self, each: Found, with_it: int) -> Orphan:
        origin, sureness, who, why = self._verdict(each)
        when = next((at for manager, at in each.managers if manager == who and at), each.created)
        kept = any(each.annotations.get(key, "").lower() == "disabled" for key in PRUNE)
        return Orphan(self._data.name, each, origin, sureness, who, when, why, with_it, kept)

    def _verdict(self, each: Found) -> tuple[Origin, Sureness, str, str]:
        for owner in self._claims(each):
            return self._left(each, owner)
        if each.made_by:
            _, _, kind, name = each.made_by[0]
            return Origin.LEFT, Sureness.HIGH, _writer(each), f"{kind} {name}, which made it, is gone"
        release = each.annotations.get(HELM_RELEASE, "")
        if release and release in self._releases:
            return Origin.HELM, Sureness.HIGH, "helm", f"Helm release {release}, which no Flux object applies"
        if release:
            return Origin.LEFT, Sureness.HIGH, "helm", f"Helm release {release} is gone, the object stayed"
        if HELM_HOOK in each.annotations:
            return Origin.HELM, Sureness.MEDIUM, "helm", "a hook of a Helm release: Helm forgets those"
        return _by_managers(each)

    def _left(self, each: Found, owner: str) -> tuple[Origin, Sureness, str, str]:
        kind, namespace, name = split_id(owner)
        named, writer = f"{kind} {namespace}/{name}", WRITERS.get(kind, "flux-operator")
        kept = next((key for key in PRUNE if each.annotations.get(key, "").lower() == "disabled"), "")
        stays = f"kept by {kept}: disabled" if kept else "pruning was off, or it was orphaned"
        if each.managers and all(manager != writer for manager, _ in each.managers):
            who = each.managers[0][0]
            return (
                Origin.HAND if _person(who) else Origin.PROGRAM,
                Sureness.MEDIUM,
                who,
                (f"its labels name {named}, but {writer} never wrote it: they were copied"),
            )
        row, state = self._data.row(owner), self._data.table(kind).state
        if row is None and not state.trusted:
            return (
                Origin.UNKNOWN,
                Sureness.LOW,
                writer,
                f"its labels name {named}, which cannot be seen ({state.phase})",
            )
        if row is None:
            return Origin.LEFT, Sureness.HIGH, writer, f"{named} is gone; {stays}"
        if row.status is not Status.READY:
            words = f"{named} does not list it, but is {row.status.word} itself"
            return Origin.LEFT, Sureness.MEDIUM, writer, f"{words}; {stays}" if kept else words
        return Origin.LEFT, Sureness.HIGH, writer, f"{named} does not list it any more; {stays}"


def _by_managers(each: Found) -> tuple[Origin, Sureness, str, str]:
    """By who writes it: a person's tool before all else, then whoever is no part of Kubernetes itself."""
    told = [manager for manager, _ in each.managers if manager not in BACKGROUND]
    person = next((manager for manager in told if _person(manager)), "")
    if person:
        return Origin.HAND, Sureness.MEDIUM, person, f"written with {person}"
    helm = next((manager for manager in told if manager.lower().startswith("helm") and "controller" not in manager), "")
    if helm:
        return Origin.HELM, Sureness.MEDIUM, helm, "written by Helm, without a release that names it"
    if told:
        who = told[-1]
        controller = any(word in who.lower() for word in ("controller", "operator", "manager", "webhook"))
        return Origin.CONTROLLER if controller else Origin.PROGRAM, Sureness.MEDIUM, who, f"written by {who}"
    if each.managers:
        return Origin.CONTROLLER, Sureness.LOW, each.managers[0][0], "only Kubernetes itself writes it"
    return Origin.UNKNOWN, Sureness.LOW, "", "it has neither labels of Flux nor managedFields"


def _person(manager: str) -> bool:
    """Whether a field manager is a tool in somebody's hands."""
    name = manager.lower()
    return name.startswith(PEOPLE) and "controller" not in name and "operator" not in name


def _writer(each: Found) -> str:
    return each.managers[0][0] if each.managers else ""


def _stored(each: Found) -> str:
    """The Helm release that a Secret (or ConfigMap) keeps; empty for all else."""
    if each.kind not in ("Secret", "ConfigMap") or not each.name.startswith(HELM_STORAGE):
        return ""
    return each.name.removeprefix(HELM_STORAGE).rpartition(".v")[0]


def _system(each: Found) -> bool:
    """What every namespace has, and what is made for every account."""
    if each.kind == "ConfigMap" and each.name in SYSTEM_CONFIGS:
        return True
    return (each.kind == "ServiceAccount" and each.name == "default") or (
        each.kind == "Secret" and TOKEN in each.annotations
    )


def order(each: Orphan) -> tuple[int, int, str, str, str]:
    """What was left behind first, the surest of it first."""
    return ORIGINS.index(each.origin), each.sureness, each.found.kind, each.found.name, each.cluster


def verdict(reports: Iterable[OrphanReport]) -> str:
    """In a sentence: ``3 orphans in frontend: 1 left behind, 2 by hand; 24 of 31 objects are managed``."""
    every = list(reports)
    spaces = ", ".join(dict.fromkeys(report.namespace for report in every))
    count = sum(len(report.orphans) for report in every)
    counts = [(origin, sum(report.of(origin) for report in every)) for origin in Origin]
    told = ", ".join(f"{number:,} {origin}" for origin, number in counts if number)
    looked, managed = sum(report.looked for report in every), sum(report.managed for report in every)
    followers = sum(report.followers for report in every)
    rest = f"{looked:,} objects: {managed:,} managed, {followers:,} made by others of them"
    if not count:
        return f"no orphans in {spaces} · {rest}"
    return f"{count:,} {'orphan' if count == 1 else 'orphans'} in {spaces}: {told} · {rest}"
