"""Label and field selectors, as lists and watches take them."""

import re
from collections.abc import Callable

from fluxtui.simulator import refusals
from fluxtui.simulator.resources import Resource
from fluxtui.simulator.shapes import Json, dig

Match = Callable[[Json], bool]

_REQUIREMENT = re.compile(
    r"""\s*(?:
      (?P<absent>!)\s*(?P<absent_key>[\w./-]+)
    | (?P<key>[\w./-]+)\s*(?:
        (?P<set>\bin\b|\bnotin\b)\s*\((?P<values>[^)]*)\)
      | (?P<op>==|=|!=|>|<)\s*(?P<value>[\w./-]*)
      )?
    )\s*(?:,|$)""",
    re.VERBOSE,
)
_FIELD = re.compile(r"\s*([\w.]+)\s*(==|=|!=)\s*([^,]*?)\s*(?:,|$)")

_FIELDS: dict[str, tuple[str, ...]] = {
    "Event": (
        "involvedObject.kind",
        "involvedObject.namespace",
        "involvedObject.name",
        "involvedObject.uid",
        "involvedObject.apiVersion",
        "involvedObject.resourceVersion",
        "involvedObject.fieldPath",
        "reason",
        "reportingComponent",
        "source",
        "type",
    ),
    "Pod": ("spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "status.phase"),
    "Secret": ("type",),
    "Namespace": ("status.phase", "name"),
    "ReplicaSet": ("status.replicas",),
}
"""The fields that each kind can be selected by, beside its name and namespace."""


def labels(text: str) -> Match | None:
    """A label selector: ``a=b,c!=d,e in (f,g),!h``; None selects everything.

    Raises `refusals.Refusal` (400) when it cannot be read.
    """
    tests: list[Callable[[dict[str, str]], bool]] = []
    position = 0
    while position < len(text):
        found = _REQUIREMENT.match(text, position)
        if found is None:
            raise refusals.bad_request(_unreadable(text[position:]))
        tests.append(_label_test(found))
        position = found.end()
    if not tests:
        return None

    def match(obj: Json) -> bool:
        present: dict[str, str] = obj["metadata"].get("labels") or {}
        return all(test(present) for test in tests)

    return match


def _unreadable(text: str) -> str:
    words = re.findall(r"[\w./-]+|\S", text)
    if len(words) > 1 and re.match(r"[\w./-]", words[0]):
        return f"unable to parse requirement: found '{words[1]}', expected: in, notin, =, ==, !=, gt, lt"
    return (
        f"unable to parse requirement: found '{words[0] if words else ''}', expected: !, identifier, or 'end of string'"
    )


def _label_test(found: re.Match[str]) -> Callable[[dict[str, str]], bool]:
    if found["absent"]:
        absent = found["absent_key"]
        return lambda present: absent not in present
    key = found["key"]
    if found["set"]:
        values = {value.strip() for value in found["values"].split(",")}
        if found["set"] == "in":
            return lambda present: key in present and present[key] in values
        return lambda present: present.get(key) not in values
    value = found["value"]
    match found["op"]:
        case None:
            return lambda present: key in present
        case "!=":
            return lambda present: present.get(key) != value
        case ">":
            return lambda present: _number(present.get(key)) > _number(value)
        case "<":
            return lambda present: _number(present.get(key)) < _number(value)
        case _:
            return lambda present: present.get(key) == value


def _number(text: str | None) -> float:
    return float(text) if text and re.fullmatch(r"-?\d+", text) else float("nan")


def fields(text: str, resource: Resource) -> Match | None:
    """A field selector: ``metadata.name=x,type!=Normal``; None selects everything.

    Raises `refusals.Refusal` (400) for what the kind cannot be selected by.
    """
    known = ("metadata.name", "metadata.namespace", *_FIELDS.get(resource.kind, ()))
    tests: list[tuple[str, bool, str]] = []
    position = 0
    while position < len(text):
        found = _FIELD.match(text, position)
        if found is None:
            raise refusals.bad_request(
                f"invalid selector: '{text}'; can't understand '{text[position:].split(',')[0]}'"
            )
        if found[1] not in known:
            raise refusals.bad_request(f"field label not supported: {found[1]}")
        tests.append((found[1], found[2] != "!=", found[3]))
        position = found.end()
    if not tests:
        return None
    return lambda obj: all((_field(obj, path) == value) is wanted for path, wanted, value in tests)


def _field(obj: Json, path: str) -> str:
    if path == "source":
        return str(dig(obj, "source", "component") or obj.get("reportingComponent") or "")
    if path == "name":
        path = "metadata.name"
    value = dig(obj, *path.split("."))
    return "" if value is None else str(value)


def both(first: Match | None, second: Match | None) -> Match | None:
    """What matches both; None when neither restricts anything."""
    if first is None or second is None:
        return first or second
    return lambda obj: first(obj) and second(obj)
