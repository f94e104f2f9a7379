"""Kubernetes Events: what happened to whom, aggregated as client-go's recorder does, and bounded.

The same event again counts up; after ten different messages of one reason within ten minutes they become one
"(combined from similar events)". An hour (the API server's default) or 500 events later the oldest are gone.
"""

from collections import deque
from typing import TYPE_CHECKING

from fluxtui.simulator.controllers.conditions import Object
from fluxtui.simulator.controllers.journal import Journal
from fluxtui.simulator.controllers.times import fine_stamp, stamp

if TYPE_CHECKING:
    from fluxtui.simulator.controllers.engine import Clock, Storage

LIFETIME = 3600.0
LIMIT = 500
VIOLATIONS = 250
"""Events of Kyverno that are kept: its flood never displaces what others tell."""
VIOLATION = "PolicyViolation"
SIMILAR = 10
SIMILAR_WITHIN = 600.0

COMPONENTS: dict[str, str] = {
    "Kustomization": "kustomize-controller",
    "HelmRelease": "helm-controller",
    "OCIRepository": "source-controller",
    "GitRepository": "source-controller",
    "HelmRepository": "source-controller",
    "HelmChart": "source-controller",
    "Bucket": "source-controller",
    "ImageRepository": "image-reflector-controller",
    "ImagePolicy": "image-reflector-controller",
    "ImageUpdateAutomation": "image-automation-controller",
    "Deployment": "deployment-controller",
    "Pod": "kubelet",
}
OPERATOR = "flux-operator"

NOT_FLUX = ("Deployment", "Pod")
"""Kinds of whose controllers no log is kept."""

_Group = tuple[str, str, str, str, str]


class Recorder:
    """Writes the Events of one cluster."""

    def __init__(self, storage: "Storage", clock: "Clock") -> None:
        self.journal = Journal(storage)
        """What the controllers log along with their events."""
        self._storage = storage
        self._clock = clock
        self._sequence = 0
        self._kept: deque[tuple[float, str, str]] = deque()
        self._flood: deque[tuple[float, str, str]] = deque()
        self._counts: dict[tuple[_Group, str], tuple[str, str, int]] = {}
        self._similar: dict[_Group, tuple[float, set[str]]] = {}
        self._held: dict[tuple[_Group, str], Object] = {}
        self.holding = False
        """Whether events are held back while nobody watches: `release` writes those that are still of interest."""

    def record(self, obj: Object, kind: str, reason: str, message: str, annotations: dict[str, str]) -> None:
        """Records an event of a Flux controller about ``obj``."""
        metadata = obj["metadata"]
        namespace = metadata.get("namespace", "")
        group = (obj["kind"], namespace, metadata["name"], kind, reason)
        component = COMPONENTS.get(obj["kind"], OPERATOR)
        if obj["kind"] not in NOT_FLUX:
            self.journal.event(self._clock(), component, obj, kind, reason, message)
        if self._combined(group, message):
            message, component = f"(combined from similar events): {message}", ""
        identity = (group, message if component else "")
        if self.holding and identity in self._held:
            held = self._held[identity]
            held |= {"count": held["count"] + 1, "lastTimestamp": stamp(self._clock()), "message": message}
            return
        known = self._counts.get(identity)
        if known is not None:
            self._again(group, message if component else "", known, message)
            return
        event = _event(obj, kind, reason, message, self._clock())
        event["source"] = {"component": COMPONENTS.get(obj["kind"], OPERATOR)}
        event["reportingComponent"] = component
        if annotations:
            event["metadata"]["annotations"] = annotations
        if self.holding:
            self._held[identity] = event
            return
        name = self._create(event, namespace or "default", metadata["name"])
        self._counts[group, message if component else ""] = (namespace or "default", name, 1)

    def violation(self, about: Object, message: str, related: Object | None, *, blocked: bool = False) -> None:
        """Records what Kyverno tells: its scan once on the resource, once on the policy; a refusal on the policy."""
        metadata = about["metadata"]
        namespace = metadata.get("namespace", "") or "default"
        event = _event(about, "Warning", VIOLATION, message, self._clock())
        event |= {"firstTimestamp": None, "lastTimestamp": None, "eventTime": fine_stamp(self._clock()), "source": {}}
        source, controller = ("kyverno-admission", "admission") if blocked else ("kyverno-scan", "reports")
        event |= {"action": "Resource Blocked" if blocked else "Resource Passed", "reportingComponent": source}
        event["reportingInstance"] = f"{source}-kyverno-{controller}-controller"
        del event["count"]
        if related is not None:
            event["related"] = _reference(related)
        if self.holding:
            self._held[(about["kind"], namespace, metadata["name"], "Warning", VIOLATION), message] = event
            return
        self._create(event, namespace, metadata["name"])

    def release(self) -> None:
        """Writes what was held back, unless it is over its time already; from now on events are written at once."""
        self.holding = False
        oldest = stamp(self._clock() - LIFETIME)
        held = sorted(self._held.items(), key=lambda item: _last(item[1]))
        self._held = {}
        flood = [item for item in held if item[1]["reason"] == VIOLATION][:-VIOLATIONS]
        dropped = {identity for identity, _ in flood}
        for identity, event in [item for item in held if item[0] not in dropped][-LIMIT - VIOLATIONS :]:
            if _last(event) < oldest:
                continue
            namespace = event["involvedObject"].get("namespace", "") or "default"
            about = event["involvedObject"]["name"]
            event["metadata"]["creationTimestamp"] = event["firstTimestamp"] or event["eventTime"][:19] + "Z"
            name = self._create(event, namespace, about)
            if event["firstTimestamp"]:
                self._counts[identity] = (namespace, name, event["count"])

    def expire(self) -> None:
        """Deletes what is over its time, or over the limit."""
        oldest = self._clock() - LIFETIME
        while self._flood and (self._flood[0][0] < oldest or len(self._flood) > VIOLATIONS):
            self._storage.delete(("Event", *self._flood.popleft()[1:]))
        while self._kept and (self._kept[0][0] < oldest or len(self._kept) > LIMIT):
            _, namespace, name = self._kept.popleft()
            self._storage.delete(("Event", namespace, name))
            self._counts = {group: known for group, known in self._counts.items() if known[:2] != (namespace, name)}

    def _combined(self, group: _Group, message: str) -> bool:
        now = self._clock()
        since, messages = self._similar.get(group, (now, set[str]()))
        if now - since > SIMILAR_WITHIN:
            since, messages = now, set[str]()
        messages.add(message)
        self._similar[group] = since, messages
        return len(messages) > SIMILAR

    def _again(self, group: _Group, text: str, known: tuple[str, str, int], message: str) -> None:
        namespace, name, count = known
        self._counts[group, text] = (namespace, name, count + 1)
        now = stamp(self._clock())
        patch = {"count": count + 1, "lastTimestamp": now, "message": message}
        self._storage.merge(("Event", namespace, name), patch)

    def _create(self, event: Object, namespace: str, about: str) -> str:
        self._sequence += 1
        name = f"{about}.{int(self._clock() * 1000):x}{self._sequence & 0xFFFFF:05x}"
        event["metadata"] |= {"name": name, "namespace": namespace}
        self._storage.create(event)
        (self._flood if event["reason"] == VIOLATION else self._kept).append((self._clock(), namespace, name))
        if len(self._kept) > LIMIT or len(self._flood) > VIOLATIONS:
            self.expire()
        return name


def _last(event: Object) -> str:
    return event["lastTimestamp"] or event["eventTime"]


def _reference(obj: Object) -> Object:
    metadata = obj["metadata"]
    reference = {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "name": metadata["name"]}
    if metadata.get("namespace"):
        reference["namespace"] = metadata["namespace"]
    if metadata.get("uid"):
        reference["uid"] = metadata["uid"]
    return reference


def _event(obj: Object, kind: str, reason: str, message: str, now: float) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {},
        "involvedObject": _reference(obj),
        "reason": reason,
        "message": message,
        "firstTimestamp": stamp(now),
        "lastTimestamp": stamp(now),
        "count": 1,
        "type": kind,
        "eventTime": None,
        "reportingInstance": "",
    }
