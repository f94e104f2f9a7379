"""What a Flux object manages, and how each of these objects is, by the rules of kstatus.

`inventory` reads what the object says that it applied (facts: flux §3), `asks` how to find that on the server with few
requests, `judged` what the answer about one object means. Fetching is the fleet's.
"""

from collections.abc import Iterable

import msgspec

from fluxtui.insight.fields import NOTHING, Json, at, mapping, mappings, moment, text
from fluxtui.insight.kstatus import CURRENT, Kstatus, State, kstatus
from fluxtui.insight.workloads import CRON, WORKLOADS, Pod, Replicas, cron_words, replicas, running_jobs
from fluxtui.kinds.status import Status
from fluxtui.kinds.table import identify
from fluxtui.store.row import Row

OWNER_LABELS = {
    "Kustomization": "kustomize.toolkit.fluxcd.io",
    "HelmRelease": "helm.toolkit.fluxcd.io",
    "ResourceSet": "resourceset.fluxcd.controlplane.io",
}
"""By kind, the domain of the labels ``…/name`` and ``…/namespace`` that its controller puts on what it applies."""
MANAGING = frozenset({*OWNER_LABELS, "FluxInstance", "ArtifactGenerator"})
"""The kinds that apply objects."""
PLAIN = frozenset(
    {
        ("", "ConfigMap"),
        ("", "Secret"),
        ("", "ServiceAccount"),
        ("", "LimitRange"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
        ("networking.k8s.io", "NetworkPolicy"),
        ("rbac.authorization.k8s.io", "ClusterRole"),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
        ("rbac.authorization.k8s.io", "Role"),
        ("rbac.authorization.k8s.io", "RoleBinding"),
        ("scheduling.k8s.io", "PriorityClass"),
        ("storage.k8s.io", "StorageClass"),
    }
)
"""Kinds that have no status to judge, or are too large for it (definitions): their metadata is enough."""
SWEPT = (
    ("apps", "Deployment", "v1"),
    ("apps", "StatefulSet", "v1"),
    ("apps", "DaemonSet", "v1"),
    ("batch", "Job", "v1"),
    ("batch", "CronJob", "v1"),
    ("", "Service", "v1"),
    ("networking.k8s.io", "Ingress", "v1"),
    ("", "PersistentVolumeClaim", "v1"),
    ("autoscaling", "HorizontalPodAutoscaler", "v2"),
    ("", "ConfigMap", "v1"),
    ("", "Secret", "v1"),
    ("", "ServiceAccount", "v1"),
)
"""The kinds that are looked through by label where a release has no inventory."""
FEW = 3
"""Up to so many objects of a kind are asked for one by one."""
MOST = 1000
"""Entries of one kind that are looked at; what is beyond is named without a state."""
SPREAD = 3
"""Namespaces from which on one list of all of them is tried first."""


class Entry(msgspec.Struct, frozen=True):
    """One object that an inventory names. `version` may be empty."""

    group: str
    kind: str
    namespace: str
    name: str
    version: str = ""

    @property
    def identity(self) -> str:
        """Its id."""
        return identify(self.group, self.kind, self.namespace, self.name)


class Inventory(msgspec.Struct, frozen=True):
    """What an object manages. `told` says where that comes from, where not from its own inventory; `swept` that it must
    be looked for by label; `elsewhere` that it is in another cluster and cannot be asked about here.
    """

    entries: tuple[Entry, ...] = ()
    told: str = ""
    swept: bool = False
    elsewhere: bool = False


def entry(identity: str, version: str = "") -> Entry:
    """An entry from ``<namespace>_<name>_<group>_<Kind>``; ``__`` in a name stands for ``:`` (facts: flux §3)."""
    rest, _, kind = identity.rpartition("_")
    rest, _, group = rest.rpartition("_")
    namespace, _, name = rest.partition("_")
    return Entry(group, kind, namespace, name.replace("__", ":"), version)


def inventory(value: Json) -> Inventory:
    """What an object manages; empty without an inventory."""
    kind = text(value, "kind")
    elsewhere = bool(mapping(value, "spec", "kubeConfig"))
    told = "another cluster holds these: only their names are known here" if elsewhere else ""
    if kind == "ArtifactGenerator":
        home = text(value, "metadata", "namespace")
        group = "source.toolkit.fluxcd.io"
        return Inventory(
            tuple(
                Entry(group, "ExternalArtifact", text(held, "namespace") or home, text(held, "name"))
                for held in mappings(value, "status", "inventory")
                if text(held, "name")
            )
        )
    listed = at(value, "status", "inventory", "entries")
    if listed is None and kind == "HelmRelease" and not elsewhere:
        newest = next(iter(mappings(value, "status", "history")), None)
        if newest is None:
            return Inventory(told="nothing has been released yet")
        secret = f"sh.helm.release.v1.{text(newest, 'name')}.v{text(newest, 'version')}"
        words = (
            f"this release keeps no inventory (Flux before 2.8): found by its labels; Helm's own list is in {secret}"
        )
        return Inventory(told=words, swept=True)
    found = [entry(text(held, "id"), text(held, "v")) for held in mappings(value, "status", "inventory", "entries")]
    return Inventory(tuple(each for each in found if each.kind and each.name), told, elsewhere=elsewhere)


class Ask(msgspec.Struct, frozen=True):
    """One question to the server: objects of one kind, of one namespace (empty: all, or the kind has none).

    With `names` those are asked for one by one; else a list by `labels`, which may be empty. `slim`: metadata is
    enough. `split` are the namespaces to ask instead, where a list of all of them is not allowed.
    """

    group: str
    kind: str
    version: str
    namespace: str
    names: tuple[str, ...] = ()
    labels: str = ""
    slim: bool = False
    split: tuple[str, ...] = ()


def owner_labels(value: Json) -> str:
    """The label selector of what an object applied, empty for kinds that do not say so by labels."""
    domain = OWNER_LABELS.get(text(value, "kind"))
    if domain is None:
        return ""
    name, namespace = text(value, "metadata", "name"), text(value, "metadata", "namespace")
    if len(name) > 63 or len(namespace) > 63:  # longer than a label's value may be
        return ""
    return f"{domain}/name={name},{domain}/namespace={namespace}"


def asks(value: Json, entries: Iterable[Entry], *, swept: bool = False) -> list[Ask]:
    """How to find these objects: one by one where they are few, else by lists that the applier's labels narrow."""
    labels = owner_labels(value)
    if swept:
        return [
            Ask(group, kind, version, _place(value), labels=labels, slim=(group, kind) in PLAIN)
            for group, kind, version in SWEPT
        ]
    kinds: dict[tuple[str, str], list[Entry]] = {}
    for each in entries:
        kinds.setdefault((each.group, each.kind), []).append(each)
    found: list[Ask] = []
    for (group, kind), held in kinds.items():
        slim, version = (group, kind) in PLAIN, held[0].version
        places: dict[str, list[str]] = {}
        for each in held[:MOST]:
            places.setdefault(each.namespace, []).append(each.name)
        if len(held) > FEW and len(places) > SPREAD and labels:
            found.append(Ask(group, kind, version, "", labels=labels, slim=slim, split=tuple(sorted(places))))
            continue
        for namespace, names in sorted(places.items()):
            if len(names) <= FEW:
                found.append(Ask(group, kind, version, namespace, tuple(names), slim=slim))
            else:
                found.append(Ask(group, kind, version, namespace, labels=labels, slim=slim))
    return found


def _place(value: Json) -> str:
    """The namespace that a release goes to."""
    return text(value, "spec", "targetNamespace") or text(value, "metadata", "namespace")


STATUS_OF = {
    State.CURRENT: Status.READY,
    State.IN_PROGRESS: Status.PROGRESSING,
    State.FAILED: Status.FAILED,
    State.TERMINATING: Status.PROGRESSING,
    State.NOT_FOUND: Status.FAILED,
    State.UNKNOWN: Status.UNKNOWN,
}
STATE_OF = {Status.READY: State.CURRENT, Status.FAILED: State.FAILED, Status.UNKNOWN: State.UNKNOWN}
WORDS = {
    State.IN_PROGRESS: "progressing",
    State.FAILED: "failed",
    State.TERMINATING: "deleting",
    State.NOT_FOUND: "missing",
    State.UNKNOWN: "unknown",
}


class Managed(msgspec.Struct, frozen=True):
    """One managed object as it is: its state and, where that is not current, why; replicas of a workload; since when it
    is there (epoch s, 0: not known). `whole` is false where its metadata alone was asked for; `selector` is that of a
    workload's pods.
    """

    entry: Entry
    state: Kstatus
    replicas: Replicas | None = None
    created: int = 0
    whole: bool = True
    selector: Json = NOTHING
    concluded: Status | None = None
    """Of an object that is watched: what is concluded of it."""

    @property
    def status(self) -> Status:
        """The state in the words of all screens."""
        return self.concluded if self.concluded is not None else STATUS_OF[self.state.state]

    @property
    def word(self) -> str:
        """The state in a word."""
        if self.concluded is not None:
            return self.concluded.word
        return WORDS.get(self.state.state) or ("ready" if self.whole else "there")


class Holding(msgspec.Struct, frozen=True):
    """A managed object with its pods; `trouble` is why these are not known."""

    managed: Managed
    pods: tuple[Pod, ...] = ()
    trouble: str = ""


def of_row(entry: Entry, row: Row) -> Managed:
    """An object that is watched: nobody needs to ask."""
    state = STATE_OF.get(row.status, State.IN_PROGRESS)
    words = "" if row.status is Status.READY else row.message or row.reason
    return Managed(entry, Kstatus(state, words), created=row.record.created, concluded=row.status)


def judged(value: Json, owner: Json, entry: Entry, *, slim: bool = False) -> Managed:
    """What an answer about an object means. `owner` is the object whose inventory names it."""
    state = kstatus({**value, "apiVersion": f"{entry.group}/v1" if entry.group else "v1", "kind": entry.kind})
    other = _other_owner(value, owner)
    if other and state.state is State.CURRENT:
        state = Kstatus(State.CURRENT, f"by its labels it belongs to {other} now")
    counted = None if slim else replicas(entry.group, entry.kind, value)
    selector = mapping(value, "spec", "selector") if counted is not None else NOTHING
    if (entry.group, entry.kind) == CRON and not slim:
        selector = running_jobs(value)
        state = Kstatus(State.CURRENT, cron_words(value)) if state == CURRENT else state
    return Managed(entry, state, counted, moment(value, "metadata", "creationTimestamp"), not slim, selector)


def _other_owner(value: Json, owner: Json) -> str:
    domain = OWNER_LABELS.get(text(owner, "kind"))
    labels = mapping(value, "metadata", "labels")
    name, namespace = text(labels, f"{domain}/name"), text(labels, f"{domain}/namespace")
    ours = (text(owner, "metadata", "name"), text(owner, "metadata", "namespace"))
    return f"{text(owner, 'kind')} {namespace}/{name}" if domain and name and (name, namespace) != ours else ""


def missing(owner: Json, entry: Entry) -> Managed:
    """An object that the inventory names and that is not there: what that means, and what will happen."""
    spec = mapping(owner, "spec")
    if text(owner, "metadata", "deletionTimestamp"):
        words = "is gone: its applier is being deleted"
    elif at(spec, "suspend") is True:
        words = "does not exist, and its applier is suspended: nobody makes it again"
    elif text(owner, "kind") == "HelmRelease" and text(spec, "driftDetection", "mode") != "enabled":
        words = "was deleted behind Helm's back; without drift correction it stays so until the next upgrade"
    elif text(owner, "kind") == "FluxInstance":
        words = "does not exist: the operator makes it again with its next run"
    else:
        words = "was deleted behind Flux's back: the next reconcile makes it again"
    return Managed(entry, Kstatus(State.NOT_FOUND, words))


def unasked(entry: Entry, why: str) -> Managed:
    """An object that could not be asked about."""
    return Managed(entry, Kstatus(State.UNKNOWN, why), whole=False)


CONCERN = (
    State.FAILED,
    State.NOT_FOUND,
    State.TERMINATING,
    State.IN_PROGRESS,
    State.UNKNOWN,
    State.CURRENT,
)
"""States in the order of concern."""


def concern(found: Managed, pods: Iterable[Pod] = ()) -> tuple[int, int, str, str, str]:
    """Sorts what is managed: what needs eyes first, then workloads, then by kind and name."""
    restless = found.state.state is State.CURRENT and any(restless_pod(each) for each in pods)
    place = CONCERN.index(found.state.state) - restless
    entry = found.entry
    return place, (entry.group, entry.kind) not in WORKLOADS, entry.kind, entry.namespace, entry.name


def restless_pod(found: Pod) -> bool:
    """Whether a pod is worth a look, though its workload may be well."""
    return found.state.state is not State.CURRENT or found.restarts > 0


def tally(found: Iterable[Managed]) -> list[tuple[str, Status, int]]:
    """How many are how: (word, status, count), those of concern first."""
    counts: dict[tuple[int, str, Status], int] = {}
    for each in found:
        key = CONCERN.index(each.state.state), each.word, each.status
        counts[key] = counts.get(key, 0) + 1
    return [(word, status, counts[place, word, status]) for place, word, status in sorted(counts)]
