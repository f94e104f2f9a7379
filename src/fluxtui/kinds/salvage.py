"""What can still be read of objects that do not have the shape of their kind.

Knows JSON and structs, nothing of Kubernetes. This is the slow way and runs for the odd object only; whatever
one object holds (wrong types, broken UTF-8, nesting that no parser follows), the others beside it are read.
"""

import re
from typing import Any, TypeVar, cast

import msgspec

from fluxtui.kinds.text import line

T = TypeVar("T")

FLAWS_LIMIT = 24
"""Wrong fields that are left out one by one; from there on whole parts go (``status.inventory``)."""

ROUNDS_LIMIT = 96
"""More than the parts of any object, so that an object is given up for its name alone."""

DEPTH_LIMIT = 64
"""What is nested deeper is cut: no field of ours is, and parsers give up at a thousand."""

DIGITS_LIMIT = 18
"""Numbers of more digits are no number of ours."""


class Garbled(Exception):  # noqa: N818 - what the bytes are
    """The bytes are not what a Kubernetes API server sends; the text tells what and shows the beginning."""

    def __init__(self, data: bytes, why: str) -> None:
        super().__init__(f"not what an API server sends ({why}): {line(data[:80].decode('utf-8', 'replace'))!r}")


def untyped(data: bytes) -> object:
    """The JSON value of the bytes; broken text becomes ``�``, huge numbers and what is nested too deep null.

    Raises `Garbled` if it is no JSON.
    """
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, ValueError, RecursionError):
        pass
    import json  # late: what is sound never gets here

    try:
        return json.loads(_cut(data).decode("utf-8", "replace"), parse_int=_number, parse_constant=lambda _: None)
    except (ValueError, RecursionError) as error:
        raise Garbled(data, str(error)) from error


def fitting(value: object, shape: type[T]) -> tuple[T | None, str]:
    """The value as that struct, without what does not fit, and the first misfit in words; the value is changed."""
    flaw = ""
    for tries in range(ROUNDS_LIMIT):
        try:
            return msgspec.convert(value, shape), flaw
        except msgspec.ValidationError as error:
            flaw = flaw or str(error)
            if not _prune(value, str(error), 2 if tries >= FLAWS_LIMIT else None):
                break
    return None, flaw


_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[{]|[\]}]', re.DOTALL)


def _cut(data: bytes) -> bytes:
    """The bytes with null for every value that is nested deeper than `DEPTH_LIMIT`; never recursive."""
    parts: list[bytes] = []
    depth = kept = cut = 0
    for token in _TOKEN.finditer(data):
        sign = token[0]
        if sign in b"[{":
            depth += 1
            if depth == DEPTH_LIMIT:
                cut = token.start()
        elif sign in b"]}":
            if depth == DEPTH_LIMIT:
                parts += (data[kept:cut], b"null")
                kept = token.end()
            depth -= 1
    return b"".join((*parts, data[kept:]))


def _number(digits: str) -> int | None:
    return int(digits) if len(digits) <= DIGITS_LIMIT else None


_PATH = re.compile(r"at `(?:key in )?\$([^`]*)`")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")


def _prune(value: object, complaint: str, depth: int | None) -> bool:
    """Remove what a validation error points at, or the part of that depth that holds it; False if it is not found."""
    found = _PATH.search(complaint)
    if found is None:
        return False
    steps = [name or index for name, index in _STEP.findall(found[1])][:depth]
    return bool(steps) and _remove(value, steps)


def _remove(value: Any, steps: list[str]) -> bool:
    step, rest = steps[0], steps[1:]
    if isinstance(value, dict):
        held = cast("dict[str, Any]", value)
        if step == "...":
            return _remove_strangers(held)
        if step not in held:
            return False
        if not rest or not _remove(held[step], rest):
            del held[step]
        return True
    if isinstance(value, list):
        items = cast("list[Any]", value)
        if not step.isdecimal() or int(step) >= len(items):
            return False
        if not rest or not _remove(items[int(step)], rest):
            del items[int(step)]
        return True
    return False


def _remove_strangers(held: dict[str, Any]) -> bool:
    """Of a dict with free keys, as labels, what is no text: the complaint does not name the key."""
    strangers = [key for key, value in held.items() if not isinstance(value, str)]
    for key in strangers:
        del held[key]
    return bool(strangers)
