"""What of the cluster itself belongs to delivery: namespaces, Flux' Deployments and pods, runtime-info, Events."""

# ruff: noqa: N815
from msgspec import Struct, field

from fluxtui.kinds.columns import Column
from fluxtui.kinds.decode import Decoder
from fluxtui.kinds.flatten import conditions, epoch, identity
from fluxtui.kinds.kind import Kind
from fluxtui.kinds.record import Record
from fluxtui.kinds.text import clean, lines, shared, word
from fluxtui.kinds.wire import Condition, Int, Metadata, Reference, Resource, Text, Time


class DeploymentRecord(Record, frozen=True, gc=False, kw_only=True):
    """A controller's Deployment: replicas wanted and available, and its images."""

    replicas: int = 1
    available: int = 0
    images: tuple[str, ...] = ()


class PodRecord(Record, frozen=True, gc=False, kw_only=True):
    """A controller's pod: `controller` is the Deployment it belongs to, by its labels.

    `restarts` are those of all its containers; `last_end` is why the last one ended (``OOMKilled``), `ended` when.
    """

    controller: str = ""
    phase: str = ""
    restarts: int = 0
    ended: int = 0
    last_end: str = ""


class RuntimeInfoRecord(Record, frozen=True, gc=False, kw_only=True):
    """The ConfigMap that tells a cluster who it is: ``key=value`` lines (CLUSTER_NAME, ENVIRONMENT…)."""

    data: str = ""


class EventRecord(Record, frozen=True, gc=False, kw_only=True):
    """A Kubernetes Event about a Flux object. `type` is Normal or Warning; `reason` and `message` are the record's."""

    regarding: str = ""
    type: str = ""
    count: int = 1
    first: int = 0
    last: int = 0
    component: str = ""


class _Named(Struct, gc=False):
    metadata: Metadata = field(default_factory=Metadata)


def _flatten_namespace(resource: _Named) -> Record:
    return Record(**identity("Namespace", resource.metadata))


class _ConfigMap(Struct, gc=False):
    metadata: Metadata = field(default_factory=Metadata)
    data: dict[str, str] | None = None


RUNTIME_INFO_LIMIT = 64
"""Keys of a runtime-info ConfigMap that are kept."""

RUNTIME_INFO_LENGTH = 256
"""Characters of each value that are kept."""


def _flatten_config_map(resource: _ConfigMap) -> Record:
    pairs = sorted((resource.data or {}).items())[:RUNTIME_INFO_LIMIT]
    data = lines([f"{key}={value[:RUNTIME_INFO_LENGTH]}" for key, value in pairs])
    return RuntimeInfoRecord(**identity("ConfigMap", resource.metadata), data=data)


class _Container(Struct, gc=False):
    image: Text = None


class _PodSpec(Struct, gc=False):
    containers: list[_Container] | None = None


class _Template(Struct, gc=False):
    spec: _PodSpec | None = None


class _DeploymentSpec(Struct, gc=False):
    replicas: Int = None
    template: _Template | None = None


class _DeploymentStatus(Struct, gc=False):
    observedGeneration: Int = None
    availableReplicas: Int = None
    conditions: list[Condition] | None = None


Deployment = Resource[_DeploymentSpec, _DeploymentStatus]


def controller(resource: Deployment) -> Record:
    """The record of a Deployment: ready by kstatus' rule (all wanted replicas available), else the failing condition's
    words. Available with less than all replicas is neither ready nor failed: a rollout or a restart is under way.
    """
    told = identity("Deployment", resource.metadata)
    spec, status = resource.spec or _DeploymentSpec(), resource.status or _DeploymentStatus()
    conditions(told, status.conditions, status.observedGeneration)
    wanted = 1 if spec.replicas is None else spec.replicas
    available = status.availableReplicas or 0
    current = {condition.type: condition for condition in status.conditions or ()}
    stuck = current.get("Progressing")
    deciding = stuck if stuck is not None and stuck.status == "False" else current.get("Available")
    if deciding is None:
        told |= {"ready": "Unknown", "message": "no status yet"}
    else:
        told |= {
            "ready": word(deciding.status) or "Unknown",
            "reason": word(deciding.reason),
            "message": clean(deciding.message),
            "ready_since": epoch(deciding.lastTransitionTime),
        }
        if deciding.status == "True" and available < wanted:
            message = f"{available} of {wanted} replicas are available"
            told |= {"ready": "Unknown", "reason": "Progressing", "message": message}
    pods = spec.template.spec if spec.template is not None else None
    images = tuple(shared(c.image) for c in (pods.containers if pods is not None else None) or () if c.image)
    return DeploymentRecord(**told, replicas=wanted, available=available, images=images)


class _Ended(Struct, gc=False):
    reason: Text = None
    exitCode: Int = None
    finishedAt: Time = None


class _Waiting(Struct, gc=False):
    reason: Text = None
    message: Text = None


class _ContainerState(Struct, gc=False):
    waiting: _Waiting | None = None
    terminated: _Ended | None = None


class _ContainerStatus(Struct, gc=False):
    ready: bool | None = None
    restartCount: Int = None
    state: _ContainerState | None = None
    lastState: _ContainerState | None = None


class _PodStatus(Struct, gc=False):
    phase: Text = None
    conditions: list[Condition] | None = None
    containerStatuses: list[_ContainerStatus] | None = None


Pod = Resource[_PodSpec, _PodStatus]


def _flatten_pod(resource: Pod) -> Record:
    """Ready by its condition, else by its containers; the reason is why a container waits (CrashLoopBackOff)."""
    told = identity("Pod", resource.metadata)
    status = resource.status or _PodStatus()
    conditions(told, status.conditions, None)
    told["observed"] = -1
    containers = status.containerStatuses or []
    if "ready" not in told:
        well = bool(containers) and all(each.ready for each in containers)
        told["ready"] = "True" if well else "False" if status.phase == "Failed" else "Unknown"
    waiting = next((each.state.waiting for each in containers if each.state is not None and each.state.waiting), None)
    if waiting is not None and told["ready"] != "True":
        told |= {"reason": word(waiting.reason), "message": clean(waiting.message)}
    ends = [
        each.lastState.terminated for each in containers if each.lastState is not None and each.lastState.terminated
    ]
    last = max(ends, key=lambda end: epoch(end.finishedAt), default=None)
    if last is not None:
        told["ended"] = epoch(last.finishedAt)
        told["last_end"] = word(last.reason) or f"exit code {last.exitCode}"
    labels = resource.metadata.labels or {}
    told["controller"] = shared(labels.get("app") or labels.get("app.kubernetes.io/component"))
    told["phase"] = shared(status.phase)
    return PodRecord(**told, restarts=sum(each.restartCount or 0 for each in containers))


class _Component(Struct, gc=False):
    component: Text = None


class Event(Struct, gc=False):
    metadata: Metadata = field(default_factory=Metadata)
    involvedObject: Reference | None = None
    reason: Text = None
    message: Text = None
    type: Text = None
    count: Int = None
    firstTimestamp: Time = None
    lastTimestamp: Time = None
    eventTime: Time = None
    source: _Component | None = None
    reportingComponent: Text = None


FLUX_GROUPS = ("toolkit.fluxcd.io/", "extensions.fluxcd.io/", "controlplane.io/")


def _flatten_event(resource: Event) -> Record | None:
    """Events about Flux objects only: the flood of others (scheduling, policy reports) is dropped here."""
    about = resource.involvedObject
    if about is None or not about.apiVersion:
        return None
    if not any(group in about.apiVersion for group in FLUX_GROUPS):
        return None
    first = epoch(resource.firstTimestamp or resource.eventTime or resource.metadata.creationTimestamp)
    return EventRecord(
        **identity("Event", resource.metadata),
        reason=word(resource.reason),
        message=clean(resource.message),
        regarding=shared(f"{about.kind or ''}/{about.namespace or ''}/{about.name or ''}"),
        type=word(resource.type),
        count=resource.count or 1,
        first=first,
        last=max(first, epoch(resource.lastTimestamp)),
        component=shared(resource.reportingComponent or (resource.source.component if resource.source else None)),
    )


def _image_tag(image: str) -> str:
    return image.rpartition("/")[2].partition("@")[0]


KINDS = (
    Kind(
        name="Namespace",
        group="",
        versions=("v1",),
        plural="namespaces",
        short=("ns",),
        namespaced=False,
        rank=3,
        decoder=Decoder(_Named, _flatten_namespace),
    ),
    Kind(
        name="Deployment",
        group="apps",
        versions=("v1",),
        plural="deployments",
        short=("deploy", "dp"),
        labels="app.kubernetes.io/part-of=flux",
        columns=(
            Column(
                "available",
                "AVAILABLE",
                lambda r: f"{r.available}/{r.replicas}",
                lambda r: r.available - r.replicas,
                right=True,
                width=9,
                main=True,
            ),
            Column("images", "IMAGE", lambda r: " ".join(_image_tag(i) for i in r.images), width=20, weight=2),
        ),
        rank=3,
        decoder=Decoder(Deployment, controller),
    ),
    Kind(
        name="Pod",
        group="",
        versions=("v1",),
        plural="pods",
        short=("po",),
        labels="app.kubernetes.io/part-of=flux",
        columns=(
            Column(
                "restarts", "RESTARTS", lambda r: str(r.restarts), lambda r: r.restarts, right=True, width=8, main=True
            ),
            Column("ended", "LAST END", lambda r: r.last_end, width=12),
        ),
        rank=4,
        decoder=Decoder(Pod, _flatten_pod),
    ),
    Kind(
        name="ConfigMap",
        group="",
        versions=("v1",),
        plural="configmaps",
        short=("cm",),
        labels="toolkit.fluxcd.io/runtime",
        columns=(Column("data", "RUNTIME INFO", lambda r: r.data.replace("\n", "  "), width=30, weight=3, main=True),),
        rank=4,
        decoder=Decoder(_ConfigMap, _flatten_config_map),
    ),
    Kind(
        name="Event",
        group="",
        versions=("v1",),
        plural="events",
        short=("ev",),
        columns=(
            Column("type", "TYPE", lambda r: r.type, width=7, main=True),
            Column("count", "COUNT", lambda r: str(r.count), lambda r: r.count, right=True, width=5),
            Column("regarding", "OBJECT", lambda r: r.regarding.replace("/", " ", 1), width=30, weight=1, main=True),
            Column("message", "MESSAGE", lambda r: r.message.replace("\n", " "), width=30, weight=3),
        ),
        rank=9,
        common=("since", "cluster", "reason"),
        order="since",
        decoder=Decoder(Event, _flatten_event),
    ),
)
