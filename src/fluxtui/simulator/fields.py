"""Who wrote which field: ``metadata.managedFields`` in the server's own FieldsV1 form.

A set of fields is a nested dict: ``{"f:spec": {"f:interval": {}}}``; ``"."`` stands for the map itself, ``v:…`` for a
member of a set and ``k:…`` for a member of a keyed list. Lists are taken as a whole (as custom resources have them,
unless their schema says otherwise), except finalizers and owner references.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from fluxtui.simulator.shapes import as_list, as_map

Fields = dict[str, Any]

_SERVER = frozenset(
    (
        "name",
        "namespace",
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "managedFields",
        "selfLink",
    )
)
_ROOT = frozenset(("apiVersion", "kind"))
_MISSING: Any = object()


def members(path: tuple[str, ...], value: Any) -> dict[str, Any] | None:
    """The parts of a value that are owned one by one, by FieldsV1 key; None when it is owned as a whole."""
    parts = as_map(value)
    if parts is not None:
        skip = _ROOT if not path else _SERVER if path == ("f:metadata",) else ()
        return {f"f:{key}": part for key, part in parts.items() if key not in skip}
    if path == ("f:metadata", "f:finalizers"):
        return {f"v:{msgspec.json.encode(part).decode()}": None for part in as_list(value) or ()}
    if path == ("f:metadata", "f:ownerReferences"):
        owners = [as_map(part) or {} for part in as_list(value) or ()]
        return {f"k:{msgspec.json.encode({'uid': owner.get('uid')}).decode()}": owner for owner in owners}
    return None


def fields_of(value: Any, path: tuple[str, ...] = (), *, maps: bool = True) -> Fields:
    """Every field of a value; ``maps`` marks the maps themselves too (an Update owns them, an Apply does not)."""
    parts = members(path, value)
    if not parts:
        return {}
    own: Fields = {".": {}} if maps and path and path != ("f:metadata",) else {}
    for key, part in parts.items():
        own[key] = fields_of(part, (*path, key), maps=maps)
    if not own.get("f:metadata", True):
        del own["f:metadata"]
    return own


def difference(before: Any, after: Any, path: tuple[str, ...] = ()) -> tuple[Fields, Fields]:
    """What a write did: (fields set, fields removed)."""
    old, new = members(path, before), members(path, after)
    written: Fields = {}
    removed: Fields = {}
    if old is None or new is None:
        return written, removed
    for key, part in new.items():
        was = old.get(key, _MISSING)
        if was is _MISSING:
            written[key] = fields_of(part, (*path, key))
        elif was is not part and was != part:
            deeper, gone = difference(was, part, (*path, key))
            if deeper or not gone:
                written[key] = deeper
            if gone:
                removed[key] = gone
    for key, part in old.items():
        if key not in new:
            removed[key] = fields_of(part, (*path, key))
    return written, removed


def union(left: Fields, right: Fields) -> Fields:
    """Both sets together."""
    if not right:
        return left
    merged = dict(left)
    for key, deeper in right.items():
        merged[key] = union(merged[key], deeper) if key in merged else deeper
    return merged


def without(owned: Fields, lost: Fields) -> Fields:
    """The first set less the second; a field that is lost takes everything below it along."""
    kept: Fields = {}
    for key, deeper in owned.items():
        if key not in lost:
            kept[key] = deeper
        elif lost[key] and deeper:
            rest = without(deeper, lost[key])
            if rest and rest.keys() != {"."}:
                kept[key] = rest
    return kept


def common(left: Fields, right: Fields) -> Fields:
    """The fields that are in both sets, maps themselves left out."""
    shared: Fields = {}
    for key, deeper in left.items():
        if key in right and key != ".":
            both = common(deeper, right[key])
            if both or not deeper or not right[key]:
                shared[key] = both
    return shared


def paths(owned: Fields, prefix: str = "") -> Iterator[str]:
    """The set as paths, the way the server writes them into a conflict: ``.spec.interval``."""
    for key, deeper in sorted(owned.items()):
        if key == ".":
            continue
        text = f"{prefix}.{key[2:]}" if key[0] == "f" else f"{prefix}[{key[2:]}]"
        if deeper:
            yield from paths(deeper, text)
        else:
            yield text


class Author(msgspec.Struct, frozen=True):
    """Who writes: the key of a managedFields entry."""

    manager: str
    operation: str
    api_version: str
    subresource: str = ""

    def owns(self, entry: dict[str, Any]) -> bool:
        """Whether an entry is this author's."""
        return (
            entry.get("manager") == self.manager
            and entry.get("operation") == self.operation
            and entry.get("subresource", "") == self.subresource
        )

    def entry(self, owned: Fields, time: str) -> dict[str, Any]:
        """An entry of managedFields."""
        entry = {
            "manager": self.manager,
            "operation": self.operation,
            "apiVersion": self.api_version,
            "time": time,
            "fieldsType": "FieldsV1",
            "fieldsV1": owned,
        }
        return entry | {"subresource": self.subresource} if self.subresource else entry


def record(
    entries: list[dict[str, Any]], author: Author, written: Fields, removed: Fields, time: str
) -> list[dict[str, Any]]:
    """managedFields after an Update: the author owns what it wrote, nobody owns what is gone."""
    kept: list[dict[str, Any]] = []
    mine: Fields = {}
    for entry in entries:
        owned: Fields = entry.get("fieldsV1") or {}
        left = without(owned, removed) if removed else owned
        if author.owns(entry):
            mine = left
            if not written and left:
                kept.append(entry | {"fieldsV1": left, "time": time})
            continue
        left = without(left, written) if written else left
        if left:
            kept.append(entry if left is owned else entry | {"fieldsV1": left})
    if written:
        kept.append(author.entry(union(mine, written), time))
    return kept
