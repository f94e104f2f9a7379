"""All objects of one kind: their versions as sent, their order, and the history that watches are served from."""

import bisect
from collections import deque

import msgspec

from fluxtui.simulator import refusals
from fluxtui.simulator.resources import Resource
from fluxtui.simulator.shapes import Json

_encode = msgspec.json.Encoder(order="sorted").encode


class Stored:
    """One version of one object, with its JSON, which is encoded once when it is first sent."""

    __slots__ = ("_body", "_item", "key", "obj", "resource", "version")

    def __init__(self, resource: Resource, key: str, obj: Json, version: int) -> None:
        self.resource = resource
        self.key = key
        self.obj = obj
        self.version = version
        self._body: bytes | None = None
        self._item: bytes | None = None

    @property
    def body(self) -> bytes:
        """The object as compact JSON, fields sorted as the server sorts those of custom resources."""
        if self._body is None:
            self._body = _encode(self.obj)
        return self._body

    @property
    def item(self) -> bytes:
        """The object as an item of a list of a built-in kind: apiVersion and kind are told by the list alone."""
        if self._item is None:
            self._item = _encode({key: value for key, value in self.obj.items() if key not in ("apiVersion", "kind")})
        return self._item


class Event:
    """One write: ADDED, MODIFIED or DELETED, the object after it (of a deletion: as it was last) and before it."""

    __slots__ = ("after", "before", "type")

    def __init__(self, type: str, after: Stored, before: Stored | None) -> None:  # noqa: A002 (the API's own name)
        self.type = type
        self.after = after
        self.before = before

    @property
    def version(self) -> int:
        """The resourceVersion of the write."""
        return self.after.version


class Shelf:
    """All objects of one kind in the order of their keys (``namespace/name``), and their recent history."""

    def __init__(self, resource: Resource, history: int, floor: int) -> None:
        self.resource = resource
        self.items: dict[str, Stored] = {}
        self.keys: list[str] = []
        self.events: deque[Event] = deque(maxlen=history)
        self.floor = floor
        """The oldest version that a watch can start from."""

    def write(self, event: Event) -> None:
        """Takes a write into the items and the history."""
        key = event.after.key
        if event.type == "DELETED":
            del self.items[key]
            del self.keys[bisect.bisect_left(self.keys, key)]
        else:
            if key not in self.items:
                bisect.insort(self.keys, key)
            self.items[key] = event.after
        if len(self.events) == self.events.maxlen:
            self.floor = self.events[0].version
        self.events.append(event)

    def within(self, namespace: str | None) -> list[Stored]:
        """What is there, in order; None for all namespaces."""
        if namespace is None:
            return [self.items[key] for key in self.keys]
        low, high = bisect.bisect_left(self.keys, f"{namespace}/"), bisect.bisect_left(self.keys, f"{namespace}0")
        return [self.items[key] for key in self.keys[low:high]]

    def holds(self, namespace: str) -> bool:
        """Whether there is anything in a namespace."""
        where = bisect.bisect_left(self.keys, f"{namespace}/")
        return where < len(self.keys) and self.keys[where].startswith(f"{namespace}/")

    def since(self, version: int) -> list[Event]:
        """The writes after a version, oldest first. Raises `refusals.Expired` when history does not reach back."""
        if version < self.floor:
            raise refusals.too_old(version, self.floor)
        newer: list[Event] = []
        for event in reversed(self.events):
            if event.version <= version:
                break
            newer.append(event)
        newer.reverse()
        return newer

    def at(self, version: int, namespace: str | None) -> list[Stored]:
        """What was there at a version. Raises `refusals.Expired` when history does not reach back."""
        newer = self.since(version)
        if not newer:
            return self.within(namespace)
        past: dict[str, Stored | None] = {key: self.items[key] for key in self.keys}
        for event in reversed(newer):
            past[event.after.key] = event.before
        prefix = "" if namespace is None else f"{namespace}/"
        return [stored for key, stored in sorted(past.items()) if stored is not None and key.startswith(prefix)]
