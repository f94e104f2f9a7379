"""The plan of an action: for each object the requests in their order, what is waited for, or why nothing is done.

Pure: what is known of the fleet comes through a `Sight`, the time as an argument. What a plan shows is what is sent.
"""

import json
from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Protocol

import msgspec

from fluxtui.actions import patches
from fluxtui.actions.target import Target, Targets, targets
from fluxtui.actions.verbs import EXTERNAL, GENERATOR, REQUESTS, SILENT, SOURCED, Verb, resource_of, unsupported
from fluxtui.kinds.ages import age, exact
from fluxtui.kinds.record import split_id
from fluxtui.kube.transport import Resource
from fluxtui.store.row import Row
from fluxtui.store.state import DataState


class Wait(StrEnum):
    """What tells that a request has had its effect; the value is for people."""

    NOTHING = "nothing: it tells no answer"
    HANDLED = "its controller to handle it and to conclude Ready"
    SUSPENDED = "the cluster to tell it as suspended"
    RESUMED = "the cluster to tell it as not suspended"
    ROLLED_OUT = "all replicas to be new and available"
    GONE = "the pod to be gone"


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One request to one API server."""

    cluster: str
    identity: str
    resource: Resource
    wait: Wait
    body: dict[str, Any]
    """The merge patch; of a deletion, its options."""
    token: str = ""
    """What the controller must say that it has handled."""
    method: str = "PATCH"
    watched: bool = True
    """Whether the store is told of the object; else it is fetched to see what becomes of it."""

    @property
    def path(self) -> str:
        """The URL path."""
        _, namespace, name = split_id(self.identity)
        return self.resource.path(namespace, name)

    @property
    def text(self) -> str:
        """The body, byte for byte as it is sent."""
        return json.dumps(self.body)

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes two steps the same: several objects may share a source."""
        return self.cluster, self.identity, self.text


class Item(msgspec.Struct, frozen=True):
    """What is done to one object: its sources first, itself last. With a refusal there are no steps."""

    cluster: str
    identity: str
    steps: tuple[Step, ...] = ()
    refusal: str = ""
    notes: tuple[str, ...] = ()
    """What one should know before: who else writes it, windows, old data."""


class Plan(msgspec.Struct, frozen=True):
    """An action on some objects, in the order in which they were given."""

    verb: Verb
    items: tuple[Item, ...]
    token: str
    who: str = ""
    why: str = ""

    @property
    def todo(self) -> tuple[Item, ...]:
        """Those that are not refused."""
        return tuple(item for item in self.items if not item.refusal)

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every request, those that several objects share once."""
        return tuple({step.key: step for item in self.items for step in item.steps}.values())

    @property
    def clusters(self) -> tuple[str, ...]:
        """The clusters that are written to, in order."""
        return tuple(dict.fromkeys(item.cluster for item in self.todo))


class Sight(Protocol):
    """What a plan needs to see of the fleet."""

    def row(self, cluster: str, identity: str) -> Row | None:
        """An object as it is held."""
        ...

    def state(self, cluster: str, kind: str) -> DataState:
        """How far that can be believed."""
        ...

    def resource(self, cluster: str, kind: str) -> Resource | None:
        """Where a kind lives on a server; None when it is not served."""
        ...

    def refusal(self, cluster: str) -> str:
        """Why a cluster must not be written to; empty when it may."""
        ...


class Refusal(Exception):  # noqa: N818 - it is what happened
    """Nothing can be done to this object; the text says why."""


def make(sight: Sight, verb: Verb, given: Targets, now: float, *, who: str = "", why: str = "") -> Plan:
    """The plan of a verb for some objects at ``now`` (epoch seconds). Suspending records ``who`` and ``why``."""
    asked = patches.token(int(now)) if verb is Verb.RESTART else patches.token(now)  # kubectl's has no fractions

    def item(target: Target) -> Item:
        try:
            refusal = sight.refusal(target.cluster)
            if refusal:
                raise Refusal(refusal)
            steps = tuple(_steps(sight, verb, target, asked, who, why))
        except Refusal as refused:
            return Item(*target.ref, refusal=str(refused))
        return Item(*target.ref, steps, notes=tuple(_notes(sight, verb, *target.ref, now)))

    return Plan(verb, tuple(item(target) for target in targets(given)), asked, who, why)


def possible(sight: Sight, verb: Verb, target: Target) -> str:
    """Why a verb cannot be done to an object; empty when it can. For menus: nothing is planned."""
    try:
        for _ in _steps(sight, verb, target, "", "", ""):
            pass
    except Refusal as refused:
        return str(refused)
    return ""


def _steps(sight: Sight, verb: Verb, target: Target, asked: str, who: str, why: str) -> Iterable[Step]:
    cluster, identity, kind = target.cluster, target.identity, target.kind
    if refusal := unsupported(verb, target):
        raise Refusal(refusal)
    row, native = sight.row(cluster, identity), resource_of(kind)
    resource = sight.resource(cluster, kind) or native
    if resource is None:
        raise Refusal(f"{kind} is not served by {cluster}")
    if row is None and native is None:
        raise Refusal("is not held: it was deleted, or not told of yet")
    if row is not None:
        _check(verb, row)
    if verb is Verb.DELETE_POD:
        yield _deletion(target, resource, row)
        return
    if verb is Verb.WITH_SOURCE and row is not None:
        yield from _sources(sight, row, asked)
    yield Step(
        cluster=cluster,
        identity=identity,
        resource=resource,
        wait=_wait(verb, kind, row),
        body=patches.body(verb, kind, asked, who=who, why=why),
        token=asked,
        watched=row is not None,
    )


def _check(verb: Verb, row: Row) -> None:
    """Raises `Refusal` for what would not answer, or is so already."""
    record = row.record
    if record.deleting:
        raise Refusal("is being deleted")
    if verb in REQUESTS:
        if record.suspended:
            raise Refusal("is suspended: resume it first")
        if static(row):
            raise Refusal("is of type oci: no controller reconciles it")
    if verb is Verb.SUSPEND and record.suspended:
        raise Refusal(f"is suspended already{f', by {record.suspended_by}' if record.suspended_by else ''}")
    if verb is Verb.RESUME and not record.suspended:
        raise Refusal("is not suspended")


def static(row: Row) -> bool:
    """Whether it is a HelmRepository of type ``oci``, which has no status: charts are pulled without it."""
    return row.record.kind == "HelmRepository" and row.record.url.startswith("oci:")


def _wait(verb: Verb, kind: str, row: Row | None) -> Wait:
    if verb is Verb.SUSPEND:
        return Wait.SUSPENDED
    if verb is Verb.RESUME and (
        kind in SILENT or kind in (GENERATOR, "FluxReport") or (row is not None and static(row))
    ):
        return Wait.RESUMED
    if verb is Verb.RESTART:
        return Wait.ROLLED_OUT
    return Wait.NOTHING if kind == "FluxReport" else Wait.HANDLED


def _sources(sight: Sight, row: Row, asked: str) -> Iterable[Step]:
    """What is asked before an object, its source's own source first. A chart always asks its repository (facts)."""
    cluster, identity = row.cluster, row.record.source
    kind = split_id(identity)[0]
    if not identity:
        raise Refusal("names no source")
    if kind == EXTERNAL:
        raise Refusal(f"its source is an {EXTERNAL}, which nobody can be asked to reconcile")
    source, resource = sight.row(cluster, identity), sight.resource(cluster, kind)
    if source is None or resource is None:
        raise Refusal(f"its source {named(identity)} is not held")
    if source.record.suspended:
        raise Refusal(f"its source {named(identity)} is suspended: resume that first")
    if static(source):
        return
    if kind in SOURCED:
        yield from _sources(sight, source, asked)
    yield Step(
        cluster=cluster,
        identity=identity,
        resource=resource,
        wait=Wait.HANDLED,
        body=patches.body(Verb.RECONCILE, kind, asked),
        token=asked,
    )


def _deletion(target: Target, resource: Resource, row: Row | None) -> Step:
    """The pod that was seen and not another one of its name, where we know which it is."""
    uid = row.record.uid if row is not None else target.uid
    known: dict[str, Any] = {"preconditions": {"uid": uid}} if uid else {}
    return Step(
        cluster=target.cluster,
        identity=target.identity,
        resource=resource,
        wait=Wait.GONE,
        body={"apiVersion": "v1", "kind": "DeleteOptions", **known},
        method="DELETE",
        watched=row is not None,
    )


def _notes(sight: Sight, verb: Verb, cluster: str, identity: str, now: float) -> Iterable[str]:
    row = sight.row(cluster, identity)
    if row is None:
        return
    record = row.record
    if verb in (Verb.SUSPEND, Verb.RESUME) and record.owner:
        yield f"{named(record.owner)} applies it: if Git says whether it is suspended, that wins at its next run"
    opens = getattr(record, "next_at", 0)
    if verb in (Verb.RECONCILE, Verb.RESUME) and opens > now:
        yield f"outside its window until {exact(opens)}: it will say that it is done and fetch nothing; force does"
    state = sight.state(cluster, record.kind)
    if not state.trusted:
        when = f" for {age(now - state.since)}" if state.since else ""
        yield f"what is known of it is {state.phase}{when}: {state.detail}".rstrip(": ")


def named(identity: str) -> str:
    """``Kustomization apps/frontend``."""
    kind, namespace, name = split_id(identity)
    return f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"
