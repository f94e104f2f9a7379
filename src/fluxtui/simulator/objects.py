"""One cluster's storage: objects, their versions, and the history that watches are served from. No I/O.

The rules are etcd's and the API server's: one counter of versions for all kinds, optimistic concurrency, generations
that count changes of the specification, a status that is written on its own, finalizers, and a history of limited
length. The clock is passed in. Objects are stored as dicts that nobody changes after a write: what `get`, `list` and
listeners hand out is read-only, and writes share what they leave alone.
"""

import uuid
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import Any

import msgspec

from fluxtui.simulator import fields, patches, refusals, registry
from fluxtui.simulator.resources import Change, Resource, Resources, from_crd, to_crd
from fluxtui.simulator.shapes import Json
from fluxtui.simulator.shelf import Event, Shelf, Stored

Listener = Callable[[str, Json], None]
FIRST_VERSION = 1000
"""Versions start here: what is older has been compacted, as on any cluster that has lived."""

_IDENTITY = ("name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds")
_decode = msgspec.json.Decoder().decode


class Objects:
    """The storage of one cluster.

    ``now`` tells the time in epoch seconds; ``history`` is how many writes per kind a watch can go back; ``seed``
    makes uids repeatable. Kinds are those of `registry.ALL` unless ``resources`` says otherwise.
    """

    def __init__(
        self,
        now: Callable[[], float],
        history: int = 5000,
        *,
        resources: Resources | None = None,
        seed: int | None = None,
    ) -> None:
        self.now = now
        self.history = history
        self.version = FIRST_VERSION
        """The resourceVersion of the latest write, of any kind."""
        self.resources = Resources(registry.ALL) if resources is None else resources
        self._random = Random(seed)  # noqa: S311 (identities, not secrets)
        self._shelves: dict[str, Shelf] = {}
        self._listeners: list[Callable[[Event], None]] = []
        self._untold: deque[Event] = deque()
        self._telling = False
        for resource in self.resources:
            self._open(resource)
        for resource in self.resources:
            self._define(resource)
        self.resources.subscribe(self._resources_changed)

    # -- reading ---------------------------------------------------------------------------------------------

    def shelf(self, kind: str) -> Shelf:
        """The storage of one kind. Raises `refusals.NotFound` when the cluster does not serve it."""
        try:
            return self._shelves[kind]
        except KeyError:
            raise refusals.NotFound(404, "NotFound", f"the server could not find the kind {kind}") from None

    def get(self, kind: str, namespace: str, name: str) -> Json | None:
        """The object as stored (read-only), None when it, or its kind, is not there."""
        shelf = self._shelves.get(kind)
        stored = shelf and shelf.items.get(_key(shelf.resource, namespace, name))
        return stored.obj if stored else None

    def list(self, kind: str, namespace: str | None = None) -> "list[Json]":
        """All objects of a kind (read-only), by namespace and name; empty when the kind is not served."""
        shelf = self._shelves.get(kind)
        return [stored.obj for stored in shelf.within(namespace)] if shelf else []

    def events_since(self, kind: str, version: int) -> "list[Event]":
        """The writes of a kind after a version, oldest first. Raises `refusals.Expired` when they are forgotten."""
        return self.shelf(kind).since(version)

    def timestamp(self) -> str:
        """Now, as the API writes times: whole seconds, UTC."""
        return datetime.fromtimestamp(self.now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    # -- writing ---------------------------------------------------------------------------------------------

    def create(self, obj: Json, *, manager: str = "", dry_run: bool = False) -> Json:
        """Stores a new object and returns it as stored.

        What the server assigns (uid, creationTimestamp, generation, managedFields) is kept when given, so that a
        scenario can seed the past. Raises `refusals.AlreadyExists`.
        """
        obj = _copy(obj)
        resource = self._resource_of(obj)
        meta: Json = obj.setdefault("metadata", {})
        if not meta.get("name"):
            meta["name"] = f"{meta['generateName']}{self._suffix()}"
        if not resource.namespaced:
            meta.pop("namespace", None)
        shelf = self.shelf(resource.key)
        key = _key(resource, meta.get("namespace", ""), meta["name"])
        if key in shelf.items:
            raise refusals.already_exists(resource.plural, resource.group, meta["name"])
        obj["apiVersion"] = resource.api_version
        meta.setdefault("uid", str(uuid.UUID(int=self._random.getrandbits(128), version=4)))
        meta.setdefault("creationTimestamp", self.timestamp())
        if resource.generations:
            meta.setdefault("generation", 1)
        if "managedFields" not in meta:
            author = fields.Author(manager or "simulator", "Update", resource.api_version)
            owned = fields.fields_of(_with(obj, "status", None) if "status" in resource.subresources else obj)
            meta["managedFields"] = [author.entry(owned, self.timestamp())]
        return self._commit("ADDED", resource, key, obj, None, dry_run=dry_run)

    def update(self, obj: Json, *, subresource: str = "", manager: str = "", dry_run: bool = False) -> Json:
        """Replaces an object, or its status alone (``subresource="status"``), and returns it as stored.

        Raises `refusals.NotFound`, and `refusals.Conflict` when the object carries a stale resourceVersion.
        """
        obj = _copy(obj)
        resource = self._resource_of(obj)
        meta: Json = obj.get("metadata") or {}
        before = self._stored(resource, meta.get("namespace", ""), meta.get("name", ""))
        return self._replace(before, obj, subresource, manager, dry_run=dry_run)

    def patch(
        self,
        kind: str,
        namespace: str,
        name: str,
        merge: Json,
        *,
        subresource: str = "",
        manager: str = "",
        dry_run: bool = False,
    ) -> Json:
        """Applies a JSON merge patch and returns the object as stored; a patch that changes nothing writes nothing.

        With ``subresource="status"`` only the status changes; without it the status is left alone, where the kind
        has that subresource. Raises `refusals.NotFound` and `refusals.Conflict` (stale resourceVersion in the patch).
        """
        before = self._stored(self.shelf(kind).resource, namespace, name)
        return self._replace(before, patches.merge(before.obj, _copy(merge)), subresource, manager, dry_run=dry_run)

    def apply(
        self,
        obj: Json,
        *,
        manager: str,
        force: bool = False,
        subresource: str = "",
        complete: Callable[[Json], Json] = dict,
        dry_run: bool = False,
    ) -> tuple[Json, bool]:
        """Server-side apply: (the object as stored, whether it was created).

        ``complete`` adds the defaults of a new object, which nobody owns.
        Raises `refusals.Conflict` with one cause per field that another manager owns with another value, unless
        ``force`` takes them over.
        """
        obj = _copy(obj)
        resource = self._resource_of(obj)
        author = fields.Author(manager, "Apply", resource.api_version, subresource)
        meta: Json = obj["metadata"]
        key = _key(resource, meta.get("namespace", ""), meta["name"])
        stored = self.shelf(resource.key).items.get(key)
        owned = fields.fields_of(obj, maps=False)
        if stored is None:
            obj["metadata"] = meta | {"managedFields": [author.entry(owned, self.timestamp())]}
            return self.create(complete(obj), dry_run=dry_run), True
        live = stored.obj
        after, entries = patches.apply(live, obj, owned, author, self.timestamp(), force=force)
        after = self._guard(stored, after, subresource)
        if _same(after, live) and not patches.owns_anew(live["metadata"].get("managedFields", []), entries):
            return live, False
        after["metadata"] = after["metadata"] | {"managedFields": entries}
        return self._finish(stored, after, dry_run=dry_run), False

    def delete(
        self, kind: str, namespace: str, name: str, *, uid: str = "", version: str = "", dry_run: bool = False
    ) -> Json:
        """Removes an object, or marks it with a deletionTimestamp while it has finalizers; returns its last state.

        A namespace takes its contents along, and is Terminating until the last of them is gone. Raises
        `refusals.NotFound`, and `refusals.Conflict` when ``uid`` or ``version`` are given and differ.
        """
        stored = self._stored(self.shelf(kind).resource, namespace, name)
        self._check(stored, uid, version)
        if kind == "Namespace":
            return self._delete_namespace(stored, dry_run=dry_run)
        if not stored.obj["metadata"].get("finalizers"):
            return self._remove(stored, stored.obj, dry_run=dry_run)
        if "deletionTimestamp" in stored.obj["metadata"]:
            return stored.obj
        return self._commit("MODIFIED", stored.resource, stored.key, self._marked(stored), stored, dry_run=dry_run)

    def expire(self) -> None:
        """Forgets all history: every watch and continue token from before this moment is answered 410."""
        self.version += 1
        for shelf in self._shelves.values():
            shelf.events.clear()
            shelf.floor = self.version

    # -- listening -------------------------------------------------------------------------------------------

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Calls ``listener(type, object)`` after every write, in the order of the writes, before the write returns.

        A listener may write: what it writes is told after the current event has been told to everybody. Returns the
        function that ends the subscription.
        """
        return self.observe(lambda event: listener(event.type, event.after.obj))

    def observe(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        """As `subscribe`, with the whole event."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    # -- inside ----------------------------------------------------------------------------------------------

    def _resource_of(self, obj: Json) -> Resource:
        kind, group = str(obj.get("kind", "")), str(obj.get("apiVersion", "")).rpartition("/")[0]
        return self.resources.of(kind, group) or self.shelf(kind).resource

    def _stored(self, resource: Resource, namespace: str, name: str) -> Stored:
        stored = self.shelf(resource.key).items.get(_key(resource, namespace, name))
        if stored is None:
            raise refusals.not_found(resource.plural, resource.group, name)
        return stored

    def _check(self, stored: Stored, uid: str, version: str) -> None:
        meta, resource = stored.obj["metadata"], stored.resource
        if uid and uid != meta["uid"]:
            raise refusals.wrong_uid(resource.plural, resource.group, meta["name"], uid, meta["uid"])
        if version and version not in ("0", meta["resourceVersion"]):
            raise refusals.modified(resource.plural, resource.group, meta["name"])

    def _guard(self, stored: Stored, after: Json, subresource: str) -> Json:
        """The object that a write may lead to: identity stays, status and the rest are written apart."""
        live: Json = stored.obj
        meta: Json = after.get("metadata") or {}
        self._check(stored, meta.get("uid", ""), meta.get("resourceVersion", ""))
        if subresource == "status":
            return _with(live, "status", after.get("status"))
        guarded = dict(after)
        if "status" in stored.resource.subresources:
            guarded = _with(guarded, "status", live.get("status"))
        guarded["apiVersion"], guarded["kind"] = live["apiVersion"], live["kind"]
        meta = {key: value for key, value in meta.items() if key not in _IDENTITY}
        meta |= {key: live["metadata"][key] for key in _IDENTITY if key in live["metadata"]}
        meta["resourceVersion"] = live["metadata"]["resourceVersion"]
        if "generation" in live["metadata"]:
            meta["generation"] = live["metadata"]["generation"]
        guarded["metadata"] = meta
        return guarded

    def _replace(self, before: Stored, after: Json, subresource: str, manager: str, *, dry_run: bool) -> Json:
        after = self._guard(before, after, subresource)
        if _same(after, before.obj):
            return before.obj
        written, removed = fields.difference(before.obj, after)
        author = fields.Author(manager or "simulator", "Update", before.resource.api_version, subresource)
        known = before.obj["metadata"].get("managedFields", [])
        entries = fields.record(known, author, written, removed, self.timestamp())
        after["metadata"] = after["metadata"] | {"managedFields": entries}
        return self._finish(before, after, dry_run=dry_run)

    def _finish(self, before: Stored, after: Json, *, dry_run: bool) -> Json:
        meta: Json = after["metadata"]
        if "deletionTimestamp" in meta and not meta.get("finalizers") and before.resource.kind != "Namespace":
            after["metadata"] = {key: value for key, value in meta.items() if key != "finalizers"}
            return self._remove(before, after, dry_run=dry_run)
        if before.resource.generations and _specified(after, before.resource) != _specified(
            before.obj, before.resource
        ):
            after["metadata"] = meta | {"generation": meta.get("generation", 0) + 1}
        return self._commit("MODIFIED", before.resource, before.key, after, before, dry_run=dry_run)

    def _marked(self, stored: Stored) -> Json:
        meta = stored.obj["metadata"] | {"deletionTimestamp": self.timestamp(), "deletionGracePeriodSeconds": 0}
        if stored.resource.generations:
            meta["generation"] = meta.get("generation", 0) + 1
        return stored.obj | {"metadata": meta}

    def _remove(self, stored: Stored, last: Json, *, dry_run: bool) -> Json:
        """Deletes; the event has a version of its own, the caller gets the state before it, as from the server."""
        self._commit("DELETED", stored.resource, stored.key, last, stored, dry_run=dry_run)
        return last

    def _delete_namespace(self, stored: Stored, *, dry_run: bool) -> Json:
        if dry_run or "deletionTimestamp" in stored.obj["metadata"]:
            return stored.obj
        status: Json = {**stored.obj.get("status", {}), "phase": "Terminating"}
        marked: Json = self._marked(stored) | {"status": status}
        marked = self._commit("MODIFIED", stored.resource, stored.key, marked, stored, dry_run=False)
        name: str = marked["metadata"]["name"]
        shelves = [shelf for shelf in self._shelves.values() if shelf.resource.namespaced]
        for content in [stored for shelf in shelves for stored in shelf.within(name)]:
            self.delete(content.resource.key, name, content.obj["metadata"]["name"])
        self._settle_namespace(name)
        return marked

    def _settle_namespace(self, name: str) -> None:
        stored = self._shelves["Namespace"].items.get(name) if "Namespace" in self._shelves else None
        if not stored or "deletionTimestamp" not in stored.obj["metadata"]:
            return
        if not any(shelf.resource.namespaced and shelf.holds(name) for shelf in self._shelves.values()):
            self._remove(stored, stored.obj, dry_run=False)

    def _commit(
        self,
        type: str,  # noqa: A002
        resource: Resource,
        key: str,
        obj: Json,
        before: Stored | None,
        *,
        dry_run: bool,
    ) -> Json:
        if dry_run:
            return obj
        self.version += 1
        obj = obj | {"metadata": obj["metadata"] | {"resourceVersion": str(self.version)}}
        event = Event(type, Stored(resource, key, obj, self.version), before)
        self._shelves[resource.key].write(event)
        self._untold.append(event)
        self._tell()
        self._follow(event)
        return obj

    def _tell(self) -> None:
        """Tells what is untold, in order, also when a listener writes meanwhile or fails."""
        if self._telling:
            return
        self._telling = True
        failures: list[Exception] = []
        try:
            while self._untold:
                event = self._untold.popleft()
                for listener in list(self._listeners):
                    try:
                        listener(event)
                    except Exception as failure:  # the others must hear of the write all the same
                        failures.append(failure)
        finally:
            self._telling = False
        if failures:
            raise failures[0]

    def _follow(self, event: Event) -> None:
        """What the server itself does after a write: CRDs start and stop kinds, namespaces go when empty."""
        resource, obj = event.after.resource, event.after.obj
        if resource.kind == "CustomResourceDefinition":
            if event.type == "DELETED":
                gone = self.resources.of(obj["spec"]["names"]["kind"], obj["spec"]["group"])
                self.resources.remove(gone.key if gone is not None else "")
            else:
                self.resources.install(from_crd(obj))
        elif event.type == "DELETED" and resource.namespaced:
            self._settle_namespace(obj["metadata"].get("namespace", ""))

    def _resources_changed(self, change: Change, resource: Resource) -> None:
        if change == "installed":
            self._open(resource)
            self._define(resource)
            return
        for stored in self._shelves[resource.key].within(None):
            self._remove(stored, stored.obj, dry_run=False)
        del self._shelves[resource.key]
        if resource.custom and self.get("CustomResourceDefinition", "", resource.crd_name):
            self.delete("CustomResourceDefinition", "", resource.crd_name)

    def _open(self, resource: Resource) -> None:
        shelf = self._shelves.get(resource.key)
        if shelf is None:
            self._shelves[resource.key] = Shelf(resource, self.history, self.version)
        else:
            shelf.resource = resource

    def _define(self, resource: Resource) -> None:
        """Keeps a CustomResourceDefinition object for each custom kind, where the cluster serves those."""
        if not resource.custom or "CustomResourceDefinition" not in self._shelves:
            return
        if self.get("CustomResourceDefinition", "", resource.crd_name):
            return
        crd = to_crd(resource)
        established = {"type": "Established", "status": "True", "reason": "InitialNamesAccepted"}
        established |= {"message": "the initial names have been accepted", "lastTransitionTime": self.timestamp()}
        crd["status"] = {"acceptedNames": crd["spec"]["names"], "conditions": [established]}
        self.create(crd, manager="kube-apiserver")

    def _suffix(self) -> str:
        return "".join(self._random.choices("bcdfghjklmnpqrstvwxz2456789", k=5))


def _copy(obj: Json) -> Json:
    """A copy that shares nothing with what the caller may change; refuses what JSON cannot say."""
    return _decode(msgspec.json.encode(obj))


def _key(resource: Resource, namespace: str, name: str) -> str:
    return f"{namespace}/{name}" if resource.namespaced else name


def _with(obj: Json, field: str, value: Any) -> Json:
    if value is None:
        return {key: part for key, part in obj.items() if key != field}
    return obj | {field: value}


def _specified(obj: Json, resource: Resource) -> Json:
    """What generation counts the changes of: all but metadata, and status where that is written on its own."""
    apart = ("metadata", "status") if "status" in resource.subresources else ("metadata",)
    return {key: value for key, value in obj.items() if key not in apart}


def _same(after: Json, before: Json) -> bool:
    """Whether a write changes nothing but what the server writes itself."""
    if {k: v for k, v in after.items() if k != "metadata"} != {k: v for k, v in before.items() if k != "metadata"}:
        return False
    ours = {key: value for key, value in after["metadata"].items() if key != "managedFields"}
    return ours == {key: value for key, value in before["metadata"].items() if key != "managedFields"}
