"""The ways to change an object: JSON merge patch (RFC 7396), JSON patch (RFC 6902) and server-side apply.

All of them are pure: they return new objects that share what they leave alone with the old ones.
"""

from typing import Any

from fluxtui.simulator import fields, refusals
from fluxtui.simulator.fields import Author, Fields
from fluxtui.simulator.shapes import Json, as_list, as_map


def merge(target: Any, patch: Any) -> Any:
    """RFC 7396: null removes, maps merge, everything else replaces."""
    changes = as_map(patch)
    if changes is None:
        return patch
    merged = dict(as_map(target) or {})
    for key, value in changes.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge(merged.get(key), value)
    return merged


# -- JSON patch ----------------------------------------------------------------------------------------------------


class PatchFailed(Exception):  # noqa: N818 (what happened, not an error of ours)
    """The patch does not fit the object: what the server answers 422 for."""


def json_patch(target: Any, operations: list[Any]) -> Any:
    """RFC 6902. Raises `PatchFailed` when a path is not there or a test fails."""
    for operation in map(as_map, operations):
        if operation is None or not isinstance(operation.get("path"), str):
            raise PatchFailed("Unexpected kind: unknown")
        target = _operate(target, operation)
    return target


def _operate(target: Any, operation: Json) -> Any:
    name = operation.get("op")
    path: list[str] = [part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]]
    if name == "test":
        if _find(target, path, operation["path"]) != operation.get("value"):
            raise PatchFailed(f"testing path {operation['path']} value failed")
        return target
    if name in ("move", "copy"):
        origin = [part.replace("~1", "/").replace("~0", "~") for part in str(operation.get("from", "")).split("/")[1:]]
        value = _find(target, origin, operation.get("from", ""))
        if name == "move":
            target = _edit(target, origin, "remove", None, operation.get("from", ""))
        return _edit(target, path, "add", value, operation["path"])
    if name not in ("add", "remove", "replace"):
        raise PatchFailed(f"Unexpected kind: {name}")
    return _edit(target, path, name, operation.get("value"), operation["path"])


def _find(target: Any, path: list[str], text: str) -> Any:
    for part in path:
        target = _child(target, part, text)
    return target


def _child(target: Any, part: str, text: str) -> Any:
    parts, items = as_map(target), as_list(target)
    if parts is not None and part in parts:
        return parts[part]
    if items is not None and part.isdigit() and int(part) < len(items):
        return items[int(part)]
    raise PatchFailed(f"doc is missing path: {text}: missing value")


def _edit(target: Any, path: list[str], operation: str, value: Any, text: str) -> Any:
    if not path:
        return value
    part, rest = path[0], path[1:]
    if rest:
        child = _edit(_child(target, part, text), rest, operation, value, text)
        return _put(target, part, child)
    if operation == "remove":
        _child(target, part, text)
        return _drop(target, part)
    items = as_list(target)
    if items is not None and operation == "add":
        where = len(items) if part == "-" else int(part) if part.isdigit() else -1
        if not 0 <= where <= len(items):
            raise PatchFailed(f'add operation does not apply: doc is missing path: "{text}": invalid index referenced')
        return [*items[:where], value, *items[where:]]
    if items is None and as_map(target) is None:
        raise PatchFailed(f'add operation does not apply: doc is missing path: "{text}": missing value')
    return _put(target, part, value)


def _put(target: Any, part: str, value: Any) -> Any:
    items = as_list(target)
    if items is not None:
        where = int(part) if part.isdigit() else len(items)
        return [*items[:where], value, *items[where + 1 :]]
    return {**target, part: value}


def _drop(target: Any, part: str) -> Any:
    if isinstance(target, list):
        return [*target[: int(part)], *target[int(part) + 1 :]]
    return {key: value for key, value in target.items() if key != part}


# -- server-side apply ---------------------------------------------------------------------------------------------


def apply(
    live: Json, wanted: Json, owned: Fields, author: Author, time: str, *, force: bool
) -> tuple[Json, list[dict[str, Any]]]:
    """Server-side apply of ``wanted``, whose fields are ``owned``: (the new object, its managedFields).

    What the author applied before and leaves out now is removed, unless somebody else owns it too. Raises
    `refusals.Conflict` when somebody else owns a field that would change, unless ``force``.
    """
    entries: list[dict[str, Any]] = live["metadata"].get("managedFields", [])
    mine: Json = next((entry for entry in entries if author.owns(entry)), Json())
    others = [entry for entry in entries if not author.owns(entry)]
    merged = merge(live, wanted)
    changed, _ = fields.difference(live, merged)
    contested = [(entry, fields.common(entry.get("fieldsV1") or {}, changed)) for entry in others]
    contested = [(entry, lost) for entry, lost in contested if lost]
    if contested and not force:
        raise _apply_conflict(contested)
    orphans = fields.without(mine.get("fieldsV1") or {}, owned)
    for entry in others:
        orphans = fields.without(orphans, entry.get("fieldsV1") or {})
    kept = fields.record(others, author, {}, orphans, time)
    for _, lost in contested:
        kept = [entry | {"fieldsV1": fields.without(entry["fieldsV1"], lost)} for entry in kept]
    kept = [entry for entry in kept if entry["fieldsV1"]]
    same = mine.get("fieldsV1") == owned and not changed and not orphans
    return _prune(merged, orphans), [mine if same else author.entry(owned, time), *kept]


def owns_anew(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> bool:
    """Whether an apply that changed no value changed who owns what."""
    return [entry["fieldsV1"] for entry in before] != [entry["fieldsV1"] for entry in after] and {
        repr(entry["fieldsV1"]) for entry in before
    } != {repr(entry["fieldsV1"]) for entry in after}


def _prune(value: Json, lost: Fields) -> Json:
    kept = dict(value)
    for key, deeper in lost.items():
        name = key[2:]
        if key[:2] != "f:" or name not in kept:
            continue
        parts, items = as_map(kept[name]), as_list(kept[name])
        if deeper and parts is not None:
            kept[name] = _prune(parts, deeper)
        elif deeper and items is not None:
            kept[name] = [part for part in items if f'v:"{part}"' not in deeper]
        else:
            del kept[name]
            continue
        if not kept[name]:
            del kept[name]
    return kept


def _named(entry: dict[str, Any]) -> str:
    name = f'"{entry["manager"]}"'
    if entry.get("subresource"):
        name += f' with subresource "{entry["subresource"]}"'
    return name if entry["operation"] == "Apply" else f"{name} using {entry['apiVersion']}"


def _apply_conflict(contested: list[tuple[dict[str, Any], Fields]]) -> refusals.Conflict:
    by_manager: dict[str, list[str]] = {}
    for entry, lost in sorted(contested, key=lambda pair: _named(pair[0])):
        by_manager.setdefault(_named(entry), []).extend(fields.paths(lost))
    causes = [
        {"reason": "FieldManagerConflict", "message": f"conflict with {manager}", "field": path}
        for manager, found in by_manager.items()
        for path in found
    ]
    if len(causes) == 1:
        text = f"1 conflict: {causes[0]['message']}: {causes[0]['field']}"
    else:
        listed = (
            f"conflicts with {manager}:" + "".join(f"\n- {path}" for path in found)
            for manager, found in by_manager.items()
        )
        text = f"{len(causes)} conflicts: " + "\n".join(listed)
    return refusals.Conflict(409, "Conflict", f"Apply failed with {text}", details={"causes": causes})
