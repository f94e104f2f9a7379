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
