"""Looking at JSON without knowing its shape: maps and lists or nothing."""

from typing import Any, cast

Json = dict[str, Any]
"""A JSON object."""


def as_map(value: Any) -> Json | None:
    """The value if it is a JSON object."""
    return cast("Json", value) if isinstance(value, dict) else None


def as_list(value: Any) -> list[Any] | None:
    """The value if it is a JSON list."""
    return cast("list[Any]", value) if isinstance(value, list) else None


def dig(value: Any, *path: str) -> Any:
    """What is found below a value at a path of keys, None where there is nothing."""
    for key in path:
        value = (as_map(value) or {}).get(key)
    return value


def map_at(value: Any, *path: str) -> Json:
    """The JSON object at a path, an empty one where there is none."""
    return as_map(dig(value, *path)) or {}


def maps_at(value: Any, *path: str) -> list[Json]:
    """The JSON objects of the list at a path."""
    return [part for part in map(as_map, as_list(dig(value, *path)) or ()) if part is not None]
