"""Reading whole objects as they were fetched: plain dictionaries of which nothing is certain.

Every question has an answer of the type that was asked for: what is missing, or has another shape, is empty. Text comes
out neutralised (see `kinds.text`).
"""

import re
from collections.abc import Mapping
from typing import Any, cast

from fluxtui.kinds.flatten import epoch
from fluxtui.kinds.text import clean, line

Json = Mapping[str, Any]
"""An object as it was fetched."""

NOTHING: Json = {}


def at(value: object, *path: str) -> object:
    """What stands at a path of keys, None where there is nothing."""
    for key in path:
        if not isinstance(value, dict):
            return None
        value = cast("dict[str, object]", value).get(key)
    return value


def mapping(value: object, *path: str) -> Json:
    """The mapping at a path, empty without one."""
    found = at(value, *path)
    return cast("Json", found) if isinstance(found, dict) else NOTHING


def items(value: object, *path: str) -> list[object]:
    """The list at a path, empty without one."""
    found = at(value, *path)
    return cast("list[object]", found) if isinstance(found, list) else []


def mappings(value: object, *path: str) -> list[Json]:
    """The mappings within the list at a path; what is none is left out."""
    return [cast("Json", item) for item in items(value, *path) if isinstance(item, dict)]


def text(value: object, *path: str) -> str:
    """One line of text at a path: texts as they are, numbers and booleans as YAML has them, anything else empty."""
    return line(_scalar(at(value, *path)))


def prose(value: object, *path: str) -> str:
    """Text at a path with its line breaks: messages."""
    return clean(_scalar(at(value, *path)))


def number(value: object, *path: str) -> int:
    """The whole number at a path, 0 without one."""
    found = at(value, *path)
    return int(found) if isinstance(found, int | float) and abs(found) < 2**62 else 0


def flag(value: object, *path: str) -> bool:
    """Whether true stands at a path."""
    return at(value, *path) is True


def moment(value: object, *path: str) -> int:
    """The time at a path in epoch seconds, 0 without one that can be read."""
    found = at(value, *path)
    return epoch(found) if isinstance(found, str) else 0


def texts(value: object, *path: str) -> dict[str, str]:
    """The scalars of the mapping at a path by key, as lines."""
    return {line(str(key)): text(held) for key, held in mapping(value, *path).items()}


UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"(\d{1,12}(?:\.\d{1,12})?)(ns|us|µs|ms|s|m|h)", re.ASCII)


def seconds(duration: str) -> float:
    """A Go duration (``1h30m``, ``165.2ms``) in seconds, fractions included; 0 if it is none."""
    parts: list[tuple[str, str]] = _PART.findall(duration[:64])
    if "".join(value + unit for value, unit in parts) != duration:
        return 0.0
    return sum(float(value) * UNITS[unit] for value, unit in parts)


def _scalar(found: object) -> str:
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, str):
        return found
    return str(found) if isinstance(found, int | float) else ""
