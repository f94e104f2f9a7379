"""Objects as YAML for people: fields in the order in which they are read, what is noise left out, and where one is.

PyYAML is imported when the first object is shown.
"""

from collections.abc import Iterator
from typing import Any, cast

from fluxtui.insight.fields import Json, at, mapping

FIRST = ("apiVersion", "kind", "metadata")
VOLATILE = frozenset({"uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink"})
"""Metadata that tells two copies of one object apart, and nothing else."""
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def as_yaml(value: Json, *, managed: bool = False, status: bool = True) -> str:
    """An object as YAML. `managed` shows managedFields; without `status` one line stands for it.

    Raises RecursionError for one that is nested too deeply.
    """
    shown = _ordered(value, managed=managed)
    folded = None if status else shown.pop("status", None)
    text = _dumped(shown) if shown else ""
    if folded is not None:
        lines = _dumped({"status": folded}).count("\n")
        text += f"status: … # folded, {lines} lines\n"
    return text


def comparable(value: Json, *, status: bool = False) -> str:
    """An object as YAML without what differs between any two copies of it; its status only if it is asked for."""
    kept = {key: held for key, held in value.items() if status or key != "status"}
    metadata = {key: held for key, held in mapping(value, "metadata").items() if key not in VOLATILE}
    annotations = {key: held for key, held in mapping(metadata, "annotations").items() if key != LAST_APPLIED}
    metadata.pop("annotations", None)
    if annotations:
        metadata["annotations"] = annotations
    return as_yaml({**kept, "metadata": metadata})


def last_applied(value: Json) -> Json | None:
    """What ``kubectl apply`` sent last, as the object remembers it; None if it was not applied that way."""
    import msgspec

    text = at(mapping(value, "metadata", "annotations"), LAST_APPLIED)
    if not isinstance(text, str):
        return None
    try:
        found = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return None
    return cast("Json", found) if isinstance(found, dict) else None


def path_at(text: str, line: int) -> str:
    """The path of what stands on a line (from 0) of YAML text: ``.spec.dependsOn[0].name``; empty where nothing is.

    Keys that are no plain words are quoted, as jq and kubectl's JSONPath read them.
    """
    import yaml

    found = ""
    library: Any = yaml
    for path, node in _nodes("", library.compose(text, Loader=yaml.CSafeLoader)):
        start, end = node.start_mark, node.end_mark
        if start.line <= line and (line < end.line or (line == start.line == end.line)):
            found = path
    return found


def _nodes(path: str, node: Any) -> Iterator[tuple[str, Any]]:
    """Every node with its path, outer ones first; a value of a mapping begins where its key does."""
    kind = getattr(node, "id", "")
    if kind == "mapping":
        for key, value in node.value:
            inner = f"{path}{_step(str(key.value))}"
            yield inner, _Span(key.start_mark, value.end_mark)
            yield from _nodes(inner, value)
    elif kind == "sequence":
        for number, value in enumerate(node.value):
            inner = f"{path}[{number}]"
            yield inner, value
            yield from _nodes(inner, value)


class _Span:
    """From where to where a key and its value reach."""

    def __init__(self, start_mark: Any, end_mark: Any) -> None:
        self.start_mark = start_mark
        self.end_mark = end_mark


def _step(key: str) -> str:
    plain = key.isascii() and key.replace("_", "a").isalnum() and not key[:1].isdigit()
    return f".{key}" if plain else f'["{key}"]'


def _ordered(value: Json, *, managed: bool) -> dict[str, Any]:
    metadata = {key: held for key, held in mapping(value, "metadata").items() if managed or key != "managedFields"}
    ordered = {key: value[key] for key in FIRST[:2] if key in value}
    ordered |= {"metadata": metadata} if metadata else {}
    return ordered | {key: held for key, held in value.items() if key not in FIRST and key != "managedFields"}


def _dumped(value: dict[str, Any]) -> str:
    import yaml

    return yaml.dump(value, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=4096)
