"""Whose logs a page can show: the pods of a workload or of what a Flux object manages, and the controller's own.

Only how they are found is here; that they are read, and how it goes, is `logs`' business.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from fluxtui.insight.fields import Json, mapping, mappings, number, text
from fluxtui.insight.occurrences import OWNERS, belongs, inventory_of
from fluxtui.kinds.record import split_id
from fluxtui.kinds.table import KINDS
from fluxtui.kube.answers import KubeError
from fluxtui.kube.glance import Glance, Place, once
from fluxtui.kube.logs import Origin
from fluxtui.kube.transport import Reader, Resource, Scope
from fluxtui.screens.page.events import namespaces_of
from fluxtui.screens.page.tab import Subject

PODS = Resource("", "v1", "pods")
CONTROLLERS = {
    "source.toolkit.fluxcd.io": "source-controller",
    "kustomize.toolkit.fluxcd.io": "kustomize-controller",
    "helm.toolkit.fluxcd.io": "helm-controller",
    "notification.toolkit.fluxcd.io": "notification-controller",
    "source.extensions.fluxcd.io": "source-watcher",
    "fluxcd.controlplane.io": "flux-operator",
}
"""The controller of each group of kinds; the image kinds have two."""
IMAGES = {"ImageUpdateAutomation": "image-automation-controller"}
OPERATOR = "flux-operator"
SHARD = "sharding.fluxcd.io/key"
SELECTED = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job")
"""Kinds that select their pods by labels."""
HELM = "helm.toolkit.fluxcd.io"


@dataclass
class Pods:
    """Pods that are looked for: `title` says whose, `nothing` what it means that there are none."""

    title: str
    nothing: str
    glances: list[Glance] = field(default_factory=list[Glance])
    keep: Callable[[Sequence[Json]], Sequence[Json]] = lambda pods: pods
    """Chooses among those that were found."""

    @property
    def found(self) -> list[Json]:
        """The pods, by name."""
        pods = [pod for glance in self.glances for pod in glance.items.values()]
        return sorted(self.keep(pods), key=lambda pod: text(pod, "metadata", "name"))


def controller_of(kind: str) -> str:
    """The name of the controller that reconciles a kind of Flux, empty for others."""
    known = KINDS.get(kind)
    if known is None or not known.flux:
        return ""
    if known.group.startswith("image."):
        return IMAGES.get(kind, "image-reflector-controller")
    return CONTROLLERS.get(known.group, "")


def controller_pods(subject: Subject, reader: Reader) -> Pods:
    """The pods of the controller that reconciles the object: of its shard, where the object has one."""
    name = controller_of(subject.kind)
    namespace = _home(subject, name)
    shard = text(subject.value, "metadata", "labels", SHARD)
    labels = f"app.kubernetes.io/name={OPERATOR}" if name == OPERATOR else "app.kubernetes.io/part-of=flux"
    scopes = [namespace] if namespace else ["", "flux-system"]
    places = [Place(PODS, Scope(scope, labels=labels)) for scope in scopes]
    nothing = f"No pod of {name} is there{f' in {namespace}' if namespace else ''}."
    return Pods(name, nothing, [Glance(reader, places)], lambda pods: list(_of_controller(pods, name, shard)))


def _home(subject: Subject, controller: str) -> str:
    """The namespace of a controller's Deployment, as far as it is watched."""
    data = subject.data
    rows = data.table("Deployment").rows.values() if data is not None else ()
    return next((row.record.namespace for row in rows if row.record.name == controller), "")


def _of_controller(pods: Sequence[Json], name: str, shard: str) -> Iterator[Json]:
    """Those of the controller; with a shard those of that one, else those of none, else all of its pods."""
    own = {text(pod, "metadata", "uid"): _app(pod) for pod in pods}
    mine = [pod for pod in pods if name == OPERATOR or own[text(pod, "metadata", "uid")] == name]
    shards = [pod for pod in pods if own[text(pod, "metadata", "uid")].startswith(f"{name}-")]
    fitting = [pod for pod in shards if own[text(pod, "metadata", "uid")] == f"{name}-{shard}"]
    yield from (fitting or [*mine, *shards]) if shard else mine or shards


def _app(pod: Json) -> str:
    return text(pod, "metadata", "labels", "app") or text(pod, "metadata", "labels", "app.kubernetes.io/component")


async def workload_pods(subject: Subject, reader: Reader) -> Pods:
    """The pods that the object is, has, or manages. Raises `KubeError` where its workloads cannot be found out."""
    kind, namespace, name = split_id(subject.identity)
    if kind == "Pod":
        place = Place(PODS, Scope(namespace, fields=f"metadata.name={name}"))
        return Pods("the pod", "The pod is gone.", [Glance(reader, [place])])
    selector = selector_of(subject.value) if kind in SELECTED else ""
    if selector:
        place = Place(PODS, Scope(namespace, labels=selector))
        return Pods("its pods", f"No pod has the labels {selector}.", [Glance(reader, [place])])
    managed = await _workloads(subject, reader)
    glances = [
        Glance(reader, [Place(PODS, Scope(each))], keep=lambda pod: belongs(_identity(pod), managed))
        for each in namespaces_of(managed)
    ]
    if managed:
        return Pods(f"pods of {len(managed)} workloads", "None of what it manages has a pod now.", glances)
    return Pods("pods", "Nothing that it manages makes pods." if kind != "Pod" else "", glances)


async def _workloads(subject: Subject, reader: Reader) -> set[str]:
    """The ids of the workloads (and pods) that an object is or manages."""
    if subject.kind in OWNERS:
        return {subject.identity}
    managed = {each for each in inventory_of(subject.value) if split_id(each)[0] in (*OWNERS, "Pod")}
    if subject.kind == "HelmRelease" and not managed:
        managed = await _released(subject, reader)
    return managed


async def _released(subject: Subject, reader: Reader) -> set[str]:
    """The workloads of a HelmRelease without an inventory, by the labels that helm-controller gives its objects."""
    _, namespace, name = split_id(subject.identity)
    target = text(subject.value, "spec", "targetNamespace") or namespace
    scope = Scope(target, labels=f"{HELM}/name={name},{HELM}/namespace={namespace}")
    found: set[str] = set()
    failure: KubeError | None = None
    for kind, plural in (("Deployment", "deployments"), ("StatefulSet", "statefulsets"), ("DaemonSet", "daemonsets")):
        try:
            items = await once(reader, Place(Resource("apps", "v1", plural), scope))
        except KubeError as error:
            failure = error
            continue
        found |= {f"{kind}/{target}/{text(item, 'metadata', 'name')}" for item in items}
    if failure is not None and not found:
        raise failure
    return found


def selector_of(value: Json) -> str:
    """The label selector of a workload as a query has it, empty without one."""
    terms = [f"{key}={held}" for key, held in mapping(value, "spec", "selector", "matchLabels").items()]
    for each in mappings(value, "spec", "selector", "matchExpressions"):
        key, values = text(each, "key"), ",".join(str(held) for held in each.get("values") or ())
        words = {"In": f"{key} in ({values})", "NotIn": f"{key} notin ({values})", "DoesNotExist": f"!{key}"}
        terms.append(words.get(text(each, "operator"), key))
    return ",".join(terms)


def origins_of(pod: Json) -> list[tuple[Origin, bool]]:
    """The containers of a pod that have something to say, and whether there may be more to come."""
    namespace, name = text(pod, "metadata", "namespace"), text(pod, "metadata", "name")
    over = text(pod, "status", "phase") in {"Succeeded", "Failed"}
    done = {
        text(each, "name")
        for each in mappings(pod, "status", "initContainerStatuses")
        if mapping(each, "state", "terminated") and not number(each, "state", "terminated", "exitCode")
    }
    early = [text(each, "name") for each in mappings(pod, "spec", "initContainers") if text(each, "name") not in done]
    early = early if mappings(pod, "status", "initContainerStatuses") else []
    names = [*early, *(text(each, "name") for each in mappings(pod, "spec", "containers"))]
    return [(Origin(namespace, name, container), not over) for container in names]


def _identity(pod: Json) -> str:
    return f"Pod/{text(pod, 'metadata', 'namespace')}/{text(pod, 'metadata', 'name')}"
