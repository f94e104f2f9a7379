"""What Kyverno itself runs on: its controllers, its webhooks, the work that waits, and what it says in Events."""

# ruff: noqa: N815
import re

from msgspec import Struct, field

from fluxtui.kinds import cluster
from fluxtui.kinds.columns import Column
from fluxtui.kinds.decode import Decoder
from fluxtui.kinds.flatten import conditions, epoch, identity
from fluxtui.kinds.kind import Kind
from fluxtui.kinds.policy.match import LabelSelector, selector_text
from fluxtui.kinds.policy.policies import LEGACY
from fluxtui.kinds.record import Record
from fluxtui.kinds.text import clean, line, shared, word
from fluxtui.kinds.wire import Condition, Int, Metadata, Reference, Resource, Text, Time

COMPONENT = "app.kubernetes.io/component"
CONTROLLERS = ("admission-controller", "background-controller", "cleanup-controller", "reports-controller")
"""The `COMPONENT` of each of Kyverno's own Deployments (its Helm chart: the names are those of the release)."""
HOOKS = "webhook.kyverno.io/managed-by=kyverno"
"""The label that Kyverno gives the webhook configurations that it writes."""
BACKLOGS = ("EphemeralReport", "ClusterEphemeralReport")
"""Kinds that are counted and never read: there may be hundreds of thousands (kyverno#10761)."""


class Hook(Struct, frozen=True, gc=False):
    """One webhook. `timeout` in seconds; `namespaces` is the selector of the namespaces that it is called for."""

    name: str
    failure_policy: str = ""
    timeout: int = 10
    service: str = ""
    namespaces: str = ""
    rules: int = 0
    """How many rules it is called by; 0: it is never called."""


class HookRecord(Record, frozen=True, gc=False, kw_only=True):
    """A validating or mutating webhook configuration."""

    hooks: tuple[Hook, ...] = ()


class UpdateRequestRecord(Record, frozen=True, gc=False, kw_only=True):
    """Work of the background controller: what to generate or mutate. `state` is Pending, Failed, Completed or Skip."""

    policy: str = ""
    does: str = ""
    state: str = ""
    retries: int = 0
    about: str = ""
    """The trigger (``Namespace backend``)."""


class CleanupRecord(Record, frozen=True, gc=False, kw_only=True):
    """A CleanupPolicy: a cron `schedule`, and when it last ran (`updated`, epoch s)."""

    schedule: str = ""


class PolicyEventRecord(Record, frozen=True, gc=False, kw_only=True):
    """A violation as Kyverno tells it in Events: of a policy, by a resource."""

    policy_kind: str = ""
    policy: str = ""
    """``namespace/name`` of a namespaced policy."""
    rule: str = ""
    """Empty where the message does not name it."""
    about: str = ""
    """The resource: ``Kind/namespace/name``."""
    blocked: bool = False
    """Whether a request was refused; a scan found it otherwise."""
    last: int = 0
    count: int = 1


class _Service(Struct, gc=False):
    namespace: Text = None
    name: Text = None
    path: Text = None


class _ClientConfig(Struct, gc=False):
    service: _Service | None = None
    url: Text = None


class _Hook(Struct, gc=False):
    name: Text = None
    failurePolicy: Text = None
    timeoutSeconds: Int = None
    clientConfig: _ClientConfig | None = None
    namespaceSelector: LabelSelector | None = None
    rules: list[object] | None = None


class HookConfiguration(Struct, gc=False):
    metadata: Metadata = field(default_factory=Metadata)
    webhooks: list[_Hook] | None = None


def _hook(told: _Hook) -> Hook:
    config = told.clientConfig or _ClientConfig()
    service = config.service
    return Hook(
        line(told.name),
        word(told.failurePolicy or "Fail"),
        told.timeoutSeconds or 10,
        line(f"{service.namespace or ''}/{service.name or ''}" if service is not None else config.url),
        selector_text(told.namespaceSelector),
        len(told.rules or ()),
    )


def _hooks(kind: str, told: HookConfiguration) -> Record:
    return HookRecord(**identity(kind, told.metadata), hooks=tuple([_hook(each) for each in told.webhooks or ()]))


class _Trigger(Struct, gc=False):
    kind: Text = None
    namespace: Text = None
    name: Text = None


class _RequestSpec(Struct, gc=False):
    policy: Text = None
    requestType: Text = None
    resource: _Trigger | None = None


class _RequestStatus(Struct, gc=False):
    state: Text = None
    message: Text = None
    retryCount: Int = None


UpdateRequest = Resource[_RequestSpec, _RequestStatus]


def _request(told: UpdateRequest) -> Record:
    spec, status = told.spec or _RequestSpec(), told.status or _RequestStatus()
    trigger = spec.resource or _Trigger()
    where = f"{trigger.namespace}/{trigger.name}" if trigger.namespace else trigger.name or ""
    return UpdateRequestRecord(
        **identity("UpdateRequest", told.metadata),
        policy=line(spec.policy),
        does=word(spec.requestType),
        state=word(status.state),
        message=clean(status.message),
        retries=status.retryCount or 0,
        about=line(f"{trigger.kind or ''} {where}".strip()),
    )


class _CleanupSpec(Struct, gc=False):
    schedule: Text = None


class _CleanupStatus(Struct, gc=False):
    lastExecutionTime: Time = None
    conditions: list[Condition] | None = None


Cleanup = Resource[_CleanupSpec, _CleanupStatus]


def _cleanup(kind: str, told: Cleanup) -> Record:
    found = identity(kind, told.metadata)
    status = told.status or _CleanupStatus()
    conditions(found, status.conditions, None)
    schedule = line((told.spec or _CleanupSpec()).schedule)
    return CleanupRecord(**found, schedule=schedule, updated=epoch(status.lastExecutionTime))


class Event(Struct, gc=False):
    metadata: Metadata = field(default_factory=Metadata)
    involvedObject: Reference | None = None
    related: Reference | None = None
    reason: Text = None
    action: Text = None
    message: Text = None
    count: Int = None
    firstTimestamp: Time = None
    lastTimestamp: Time = None
    eventTime: Time = None
    reportingComponent: Text = None


BLOCKED = "Resource Blocked"
VIOLATION = "PolicyViolation"
_ON_POLICY = re.compile(r"^\S+ \S+: (?:\[(?P<rule>[^\]]*)\] )?(?P<result>\w+)(?: \(blocked\))?; ", re.ASCII)
"""``Deployment backend/redis: [autogen-check] fail (blocked); …``: what an Event on a policy says."""


def _flatten_event(told: Event) -> Record | None:
    """Events on policies about resources. Kyverno writes each a second time on the resource (recordings: 10): of the
    pair the one on the policy names both.
    """
    policy, about = told.involvedObject, told.related
    if policy is None or about is None or told.reason != VIOLATION:
        return None
    if not (policy.kind or "").endswith("Policy"):
        return None
    message = clean(told.message)
    found = _ON_POLICY.match(message)
    first = epoch(told.firstTimestamp or told.eventTime or told.metadata.creationTimestamp)
    namespaced = f"{policy.namespace}/{policy.name}" if policy.namespace else policy.name or ""
    return PolicyEventRecord(
        **identity("Event", told.metadata),
        reason=word(told.reason),
        message=message,
        policy_kind=shared(policy.kind),
        policy=shared(namespaced),
        rule=shared(found["rule"]) if found is not None else "",
        about=shared(f"{about.kind or ''}/{about.namespace or ''}/{about.name or ''}"),
        blocked=told.action == BLOCKED,
        last=max(first, epoch(told.lastTimestamp)),
        count=told.count or 1,
    )


def _hook_kind(name: str, plural: str) -> Kind:
    return Kind(
        name=name,
        group="admissionregistration.k8s.io",
        versions=("v1",),
        plural=plural,
        namespaced=False,
        labels=HOOKS,
        rank=3,
        decoder=Decoder(HookConfiguration, lambda told: _hooks(name, told)),
    )


def _cleanup_kind(name: str, plural: str, short: str, *, namespaced: bool) -> Kind:
    return Kind(
        name=name,
        group=LEGACY,
        versions=("v2", "v2beta1"),
        plural=plural,
        short=(short,),
        namespaced=namespaced,
        columns=(Column("schedule", "SCHEDULE", lambda r: r.schedule, width=14, main=True),),
        rank=6,
        decoder=Decoder(Cleanup, lambda told: _cleanup(name, told)),
    )


_DEPLOYMENT = next(kind for kind in cluster.KINDS if kind.name == "Deployment")


def _controller(told: cluster.Deployment) -> Record | None:
    """Others have an admission controller, too: Kyverno's chart names itself in its labels, whatever its release."""
    labels = told.metadata.labels or {}
    ours = any("kyverno" in labels.get(key, "") for key in ("app.kubernetes.io/part-of", "helm.sh/chart"))
    return cluster.controller(told) if ours else None


KINDS = (
    Kind(
        name="Deployment",
        group="apps",
        versions=("v1",),
        plural="deployments",
        labels=f"{COMPONENT} in ({', '.join(CONTROLLERS)})",
        columns=_DEPLOYMENT.columns,
        rank=2,
        decoder=Decoder(cluster.Deployment, _controller),
    ),
    _hook_kind("ValidatingWebhookConfiguration", "validatingwebhookconfigurations"),
    _hook_kind("MutatingWebhookConfiguration", "mutatingwebhookconfigurations"),
    Kind(
        name="UpdateRequest",
        group=LEGACY,
        versions=("v2", "v1beta1"),
        plural="updaterequests",
        short=("ur",),
        columns=(Column("state", "STATE", lambda r: r.state, width=10, main=True),),
        rank=6,
        decoder=Decoder(UpdateRequest, _request),
    ),
    _cleanup_kind("CleanupPolicy", "cleanuppolicies", "cleanpol", namespaced=True),
    _cleanup_kind("ClusterCleanupPolicy", "clustercleanuppolicies", "ccleanpol", namespaced=False),
    Kind(
        name="Event",
        group="",
        versions=("v1",),
        plural="events",
        fields=f"reason={VIOLATION}",
        rank=9,
        decoder=Decoder(Event, _flatten_event),
    ),
)
