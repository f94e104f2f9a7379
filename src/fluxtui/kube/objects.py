"""Whole objects as they are shown and exported: decoded on demand, without the values of Secrets.

Values are taken out here, in the decoder: what nobody holds, nobody can show, log or copy by accident.
"""

from typing import Any, cast

import msgspec

from fluxtui.kinds.decode import Garbled
from fluxtui.kube.contexts import decode_data

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
HIDDEN = "hidden"


def decode(body: bytes) -> dict[str, Any]:
    """One object as plain dictionaries and lists. Raises `Garbled` when it is not a JSON object."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Garbled(b"", f"not an object: {error}") from None  # the bytes may be a Secret: not shown
    if not isinstance(found, dict):
        raise Garbled(b"", "not an object")
    return _without_values(cast("dict[str, Any]", found))


def _without_values(found: dict[str, Any]) -> dict[str, Any]:
    """Hide the values of a Secret, also within a list of any kind of object."""
    if isinstance(found.get("items"), list):
        items = cast("list[Any]", found["items"])
        found["items"] = [
            _without_values(cast("dict[str, Any]", item)) if isinstance(item, dict) else item for item in items
        ]
    if found.get("kind") not in {"Secret", "SecretList"} and not _like_a_secret(found):
        return found
    for field in ("data", "stringData"):
        held = found.get(field)
        if isinstance(held, dict):
            found[field] = {key: _hidden(value) for key, value in cast("dict[str, Any]", held).items()}
        elif held is not None:
            found[field] = HIDDEN
    metadata = found.get("metadata")
    annotations = cast("dict[str, Any]", metadata).get("annotations") if isinstance(metadata, dict) else None
    if isinstance(annotations, dict) and LAST_APPLIED in annotations:  # holds the values once more
        annotations[LAST_APPLIED] = HIDDEN
    return found


def _like_a_secret(found: dict[str, Any]) -> bool:
    """Items of a list carry no kind: a type beside data is what Secrets have and ConfigMaps have not."""
    return "kind" not in found and "type" in found and ("data" in found or "stringData" in found)


def _hidden(value: object) -> str:
    if not isinstance(value, str):
        return HIDDEN
    return f"{HIDDEN}, {len(decode_data(value)) or len(value)} bytes"
