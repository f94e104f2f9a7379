"""From response bytes to records: typed decoders per kind, tolerant of objects that do not have their shape.

The fast way decodes a page or a chunk of watch lines in one call. Only when that fails is the culprit looked
for: the fields that do not fit are left out one by one, and the record tells so in `flaw`. Bytes that are not
JSON are the connection's fault, not the object's, and raise `Garbled`.
"""

# ruff: noqa: N815
import re
from collections.abc import Callable
from typing import Any, Generic, TypeVar, cast

import msgspec
from msgspec import Raw, Struct

from fluxtui.kinds.record import Record
from fluxtui.kinds.text import clean
from fluxtui.kinds.wire import Metadata

W = TypeVar("W")

FLAWS_LIMIT = 32
"""How many wrong fields an object may have and still be read."""


class Garbled(Exception):  # noqa: N818 - what the bytes are
    """The bytes are not what a Kubernetes API server sends; the text tells what and shows the beginning."""


class WatchError(Struct, frozen=True):
    """The Status of an ERROR event: its code, reason and message, and the seconds to wait if it says so."""

    code: int = 0
    reason: str = ""
    message: str = ""
    retry_after: float = 0.0


class Event(Struct, frozen=True):
    """One watch event. `record` is None for bookmarks, errors and objects that their kind does not keep."""

    type: str
    record: Record | None = None
    version: str = ""
    initial_end: bool = False
    error: WatchError | None = None


class Page(Struct, frozen=True):
    """One page of a list: records, the list's resourceVersion, the continue token and what could not be read."""

    records: list[Record]
    version: str = ""
    next: str = ""
    remaining: int = 0
    refused: int = 0


class _ListMeta(Struct):
    resourceVersion: str | None = None
    # `continue` is a keyword of the language
    next: str | None = msgspec.field(name="continue", default=None)
    remainingItemCount: int | None = None


class _List(Struct, Generic[W]):
    metadata: _ListMeta = msgspec.field(default_factory=_ListMeta)
    items: list[W] | None = None


class _Line(Struct, Generic[W]):
    object: W
    type: str = ""


class _Details(Struct):
    retryAfterSeconds: float | None = None


class _Failure(Struct):
    code: int | None = None
    reason: str | None = None
    message: str | None = None
    details: _Details | None = None


class Decoder(Generic[W]):
    """Decodes one kind: `wire` is the struct of its objects, `flatten` makes the record (None: not kept)."""

    def __init__(self, wire: type[W], flatten: Callable[[W], Record | None]) -> None:
        self._wire = wire
        self._flatten = flatten
        self._object = msgspec.json.Decoder(wire)
        self._list = msgspec.json.Decoder(_List[wire])
        self._lines = msgspec.json.Decoder(_Line[wire])

    def one(self, data: bytes | Raw) -> Record | None:
        """One object. Raises `Garbled` if it is not a JSON object."""
        try:
            return self._flatten(self._object.decode(data))
        except (msgspec.DecodeError, ValueError, OverflowError, RecursionError):
            return self._salvage(_untyped(data))

    def page(self, data: bytes) -> Page:
        """One page of a LIST. Raises `Garbled` if it is no list at all."""
        try:
            listed = self._list.decode(data)
            flat = [self._flatten(item) for item in listed.items or ()]
            meta = listed.metadata
        except (msgspec.DecodeError, ValueError, OverflowError, RecursionError):
            raw = _raw_list(data)
            flat = [self.one(item) for item in raw.items or ()]
            meta = raw.metadata
        records = [record for record in flat if record is not None]
        return Page(
            records, meta.resourceVersion or "", meta.next or "", meta.remainingItemCount or 0, len(flat) - len(records)
        )

    def events(self, lines: bytes) -> list[Event]:
        """Whole watch lines. Raises `Garbled` if any is not JSON: watch again from the last version then."""
        try:
            return [self._event(line) for line in self._lines.decode_lines(lines)]
        except (msgspec.DecodeError, ValueError, OverflowError, RecursionError):
            return [self._careful_event(line) for line in lines.split(b"\n") if line.strip()]

    def _event(self, line: _Line[W]) -> Event:
        kind = line.type
        if kind in {"ADDED", "MODIFIED", "DELETED"}:
            record = self._flatten(line.object)
            return Event(kind, record, record.version if record is not None else "")
        meta = cast("Metadata", getattr(line.object, "metadata", None) or Metadata())
        if kind == "BOOKMARK":
            end = meta.annotations is not None and meta.annotations.initial_events_end == "true"
            return Event(kind, None, meta.resourceVersion or "", end)
        raise ValueError(kind)  # ERROR and the unknown: `_careful_event` reads them

    def _careful_event(self, line: bytes) -> Event:
        raw = _raw_line(line)
        if raw.type in {"ADDED", "MODIFIED", "DELETED"}:
            record = self.one(raw.object)
            return Event(raw.type, record, record.version if record is not None else "")
        if raw.type == "BOOKMARK":
            return self._event(_Line(cast("W", _salvaged(self._wire, _untyped(raw.object))[0]), raw.type))
        if raw.type == "ERROR":
            return Event("ERROR", error=_failure(raw.object))
        raise Garbled(f"unknown watch event {clean(raw.type)[:40]!r}")

    def _salvage(self, value: object) -> Record | None:
        wire, flaw = _salvaged(self._wire, value)
        record = self._flatten(wire) if wire is not None else None
        return msgspec.structs.replace(record, flaw=clean(flaw)) if record is not None else None


def _salvaged(wire: type[W], value: object) -> tuple[W | None, str]:
    """The object without the fields that do not fit, and the first misfit in words."""
    flaw = ""
    for _ in range(FLAWS_LIMIT):
        try:
            return msgspec.convert(value, wire), flaw
        except msgspec.ValidationError as error:
            flaw = flaw or str(error)
            if not _prune(value, str(error)):
                break
        except (ValueError, OverflowError, RecursionError) as error:
            return None, str(error)
    return None, flaw


_PATH = re.compile(r"at `(?:key in )?\$([^`]*)`")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")


def _prune(value: object, complaint: str) -> bool:
    """Remove what a validation error points at from an untyped value; False if it cannot be found."""
    found = _PATH.search(complaint)
    if found is None:
        return False
    steps = [name or index for name, index in _STEP.findall(found[1])]
    return bool(steps) and _remove(value, steps)


def _remove(value: Any, steps: list[str]) -> bool:
    step, rest = steps[0], steps[1:]
    if isinstance(value, dict):
        held = cast("dict[str, Any]", value)
        if step == "...":  # a misfit somewhere below a dict of free keys: the dict goes
            held.clear()
            return True
        if step not in held:
            return False
        if not rest or rest[0] == "..." or not _remove(held[step], rest):
            del held[step]
        return True
    if isinstance(value, list):
        items = cast("list[Any]", value)
        if not step.isdigit() or int(step) >= len(items):
            return False
        if not rest or not _remove(items[int(step)], rest):
            del items[int(step)]
        return True
    return False


def _untyped(data: bytes | Raw) -> object:
    return _decoded(object, data)


def _raw_list(data: bytes) -> _List[Raw]:
    return _decoded(_List[Raw], data)


def _raw_line(data: bytes) -> _Line[Raw]:
    return _decoded(_Line[Raw], data)


def _decoded(shape: Callable[..., W] | type[W], data: bytes | Raw) -> W:
    try:
        return msgspec.json.decode(data, type=cast("type[W]", shape))
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        excerpt = clean(bytes(data)[:80].decode("utf-8", "replace"))
        raise Garbled(f"not what an API server sends ({error}): {excerpt!r}") from error


def _failure(data: Raw) -> WatchError:
    failure, _ = _salvaged(_Failure, _untyped(data))
    if failure is None:
        return WatchError(message="an error that cannot be read")
    retry = failure.details.retryAfterSeconds if failure.details else None
    return WatchError(failure.code or 0, clean(failure.reason), clean(failure.message), retry or 0.0)
