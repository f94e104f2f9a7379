"""From response bytes to records: typed decoders per kind, tolerant of objects that do not have their shape.

The fast way decodes a page or a chunk of watch lines in one call. Only when that fails is the culprit looked
for, by `salvage`, and the record tells in `flaw` what was left out. Bytes that are not JSON are the connection's
fault, not the object's, and raise `Garbled`.
"""

# ruff: noqa: N815
from collections.abc import Callable
from functools import cached_property
from typing import Any, Generic, Protocol, TypeVar, cast

import msgspec
from msgspec import Struct

from fluxtui.kinds.record import Record
from fluxtui.kinds.salvage import Garbled, fitting, untyped
from fluxtui.kinds.text import clean, line
from fluxtui.kinds.wire import Int, Metadata, Text

__all__ = ["Decoder", "Event", "Garbled", "Page", "WatchError"]


class Wire(Protocol):
    """What every object has on the wire."""

    metadata: Metadata


W = TypeVar("W", bound=Wire)

MISFITS = (msgspec.DecodeError, ValueError, OverflowError, RecursionError)
"""What decoding and flattening raise over bytes that are not as they should be."""


class WatchError(Struct, frozen=True):
    """The Status of an ERROR event: its code, reason and message, and the seconds to wait if it says so."""

    code: int = 0
    reason: str = ""
    message: str = ""
    retry_after: float = 0.0


class Event(Struct, frozen=True, gc=False):
    """One watch event. `record` is None for bookmarks, errors and objects that their kind does not keep.

    `version` is the resourceVersion to watch on from, empty if it cannot be read.
    """

    type: str
    record: Record | None = None
    version: str = ""
    initial_end: bool = False
    error: WatchError | None = None


class Page(Struct, frozen=True):
    """One page of a list: records, the list's resourceVersion, the continue token.

    `refused` counts the objects that have no readable name; what a kind does not keep (Events about others) is not
    in it.
    """

    records: list[Record]
    version: str = ""
    next: str = ""
    remaining: int = 0
    refused: int = 0


class _ListMeta(Struct):
    resourceVersion: Text = None
    # `continue` is a keyword of the language
    next: Text = msgspec.field(name="continue", default=None)
    remainingItemCount: Int = None


class _List(Struct, Generic[W]):
    items: list[W] | None
    metadata: _ListMeta = msgspec.field(default_factory=_ListMeta)


class _Line(Struct, Generic[W]):
    object: W
    type: str = ""


class _Details(Struct):
    retryAfterSeconds: float | None = None


class _Failure(Struct):
    code: Int = None
    reason: Text = None
    message: Text = None
    details: _Details | None = None


class Decoder(Generic[W]):
    """Decodes one kind: `wire` is the struct of its objects, `flatten` makes the record (None: not kept)."""

    def __init__(self, wire: type[W], flatten: Callable[[W], Record | None]) -> None:
        self._wire = wire
        self._flatten = flatten

    # made when first used: those of all kinds take several milliseconds, and the first paint needs none

    @cached_property
    def _object(self) -> msgspec.json.Decoder[W]:
        return msgspec.json.Decoder(self._wire)

    @cached_property
    def _list(self) -> msgspec.json.Decoder[_List[W]]:
        wire: Any = self._wire
        return msgspec.json.Decoder(_List[wire])

    @cached_property
    def _lines(self) -> msgspec.json.Decoder[_Line[W]]:
        wire: Any = self._wire
        return msgspec.json.Decoder(_Line[wire])

    def one(self, data: bytes) -> Record | None:
        """One object; None for one without a name. Raises `Garbled` if the bytes are not JSON."""
        try:
            wire = self._object.decode(data)
            return self._flatten(wire) if wire.metadata.name else None
        except MISFITS:
            return self._salvaged(untyped(data))[0]

    def page(self, data: bytes) -> Page:
        """One page of a LIST. Raises `Garbled` if it is no list at all: an empty one would delete what we hold."""
        try:
            listed = self._list.decode(data)
            items = listed.items or ()
            kept = [self._flatten(item) for item in items if item.metadata.name]
            return _page(kept, len(items) - len(kept), listed.metadata)
        except MISFITS:
            return self._careful_page(data)

    def events(self, lines: bytes) -> list[Event]:
        """Whole watch lines. Raises `Garbled` if any is not JSON: watch again from the last version then."""
        try:
            return [self._event(told) for told in self._lines.decode_lines(lines)]
        except MISFITS:
            return [self._careful_event(data) for data in lines.split(b"\n") if data.strip()]

    def _event(self, told: _Line[W]) -> Event:
        kind, wire = told.type, told.object
        if kind == "MODIFIED" or kind == "ADDED" or kind == "DELETED":
            record = self._flatten(wire) if wire.metadata.name else None
            return Event(kind, record, record.version if record is not None else _version(wire))
        if kind == "BOOKMARK":
            return _bookmark(wire)
        raise ValueError(kind)  # ERROR and the unknown: `_careful_event` reads them

    def _careful_page(self, data: bytes) -> Page:
        listed = untyped(data)
        items = cast("dict[str, object]", listed).get("items", ()) if isinstance(listed, dict) else ()
        if items == () or not (items is None or isinstance(items, list)):
            raise Garbled(data, "it is no list")
        flat = [self._salvaged(item) for item in cast("list[object]", items or [])]
        meta, _ = fitting(cast("dict[str, object]", listed).get("metadata"), _ListMeta)
        kept = [record for record, wire in flat if wire is not None]
        return _page(kept, len(flat) - len(kept), meta or _ListMeta())

    def _careful_event(self, data: bytes) -> Event:
        told = untyped(data)
        if not isinstance(told, dict):
            raise Garbled(data, "it is no watch event")
        event = cast("dict[str, object]", told)
        kind, value = event.get("type"), event.get("object")
        if kind in ("ADDED", "MODIFIED", "DELETED"):
            record, wire = self._salvaged(value)
            return Event(cast("str", kind), record, _version(wire))
        if kind == "BOOKMARK":
            return _bookmark(fitting(value, self._wire)[0])
        if kind == "ERROR":
            return Event("ERROR", error=_failure(value))
        raise Garbled(data, "it is no watch event of a known type")

    def _salvaged(self, value: object) -> tuple[Record | None, W | None]:
        """The record of an untyped object, and what could be read of it: None for one without a name."""
        wire, flaw = fitting(value, self._wire)
        if wire is None or not wire.metadata.name:
            return None, None
        try:
            record = self._flatten(wire)
        except MISFITS:  # no value that fits its type should do that: counted as refused, the others are read
            return None, None
        return (msgspec.structs.replace(record, flaw=line(flaw)) if record is not None and flaw else record), wire


def _page(kept: list[Record | None], refused: int, meta: _ListMeta) -> Page:
    records = [record for record in kept if record is not None]
    return Page(records, line(meta.resourceVersion), meta.next or "", meta.remainingItemCount or 0, refused)


def _version(wire: Wire | None) -> str:
    return line(wire.metadata.resourceVersion) if wire is not None else ""


def _bookmark(wire: Wire | None) -> Event:
    annotations = wire.metadata.annotations if wire is not None else None
    end = annotations is not None and annotations.initial_events_end == "true"
    return Event("BOOKMARK", None, _version(wire), end)


def _failure(value: object) -> WatchError:
    failure, _ = fitting(value, _Failure)
    if failure is None:
        return WatchError(message="an error that cannot be read")
    retry = failure.details.retryAfterSeconds if failure.details else None
    return WatchError(failure.code or 0, line(failure.reason), clean(failure.message), retry or 0.0)
