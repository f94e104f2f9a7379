"""Where in an object a violation is: the paths that its message names, and the lines of its YAML that they point at.

Kyverno's patterns say ``rule X failed at path /spec/template/metadata/labels/team/``: steps between slashes, indexes as
numbers, slashes within keys as they are, and within ``foreach`` relative to the element. Pod security says
``field error list: [spec.containers[0].securityContext.…: Required value]``. Anything else that begins as a field of an
object does counts too. What is named need not be there: then the nearest parent is pointed at.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, cast

import msgspec

Step = str | int
"""A key or an index of a list; ``*`` stands for every element."""
Steps = tuple[Step, ...]

MOST = 12
"""Paths that are taken from one message, and places that one path points at."""
DEEPEST = 40
"""Steps of one path."""
BASES: tuple[Steps, ...] = ((), ("spec", "template"), ("spec", "jobTemplate", "spec", "template"))
"""Where a Pod is in objects that make Pods: rules for Pods may name its fields alone (autogen)."""

_SLASHED = re.compile(r"failed at path (?P<path>/\S*)")
_ROOTS = "spec|metadata|data|stringData|status|rules|webhooks|subjects|roleRef|kind|apiVersion"
_DOTTED = re.compile(
    rf"""(?<![\w./-])(?:request\.)?(?:object\.|oldObject\.)?(?P<path>(?:{_ROOTS})(?:\.[A-Za-z_][\w-]*|\[[^\]\s]{{0,120}}\])+)""",
    re.ASCII,
)
_PART = re.compile(r"""\.?(?P<key>[A-Za-z_][\w-]*)|\[(?P<inner>[^\]]*)\]""", re.ASCII)


class Named(msgspec.Struct, frozen=True):
    """A path as a message names it. `loose`: its steps were split at slashes, which keys may hold themselves."""

    text: str
    steps: Steps
    loose: bool = False

    @property
    def path(self) -> str:
        """As people write it, with a domain and the name after it as the one key that they most likely are."""
        return written(_joined(self.steps) if self.loose else self.steps)


class Pointer(msgspec.Struct, frozen=True):
    """A place in the YAML of an object: its line (from 0), the path of what is there, and what is missing below it.

    `sure` is False where the message names only the end of a path, which several places may have.
    """

    line: int
    path: str
    missing: str = ""
    sure: bool = True


def named(message: str) -> tuple[Named, ...]:
    """The paths that a message names, in its order, each once."""
    found: dict[Steps, Named] = {}
    for match in _SLASHED.finditer(message):
        told = match["path"].rstrip(".;,)")
        steps = tuple(_index(part) for part in told.split("/") if part)
        if steps:
            found.setdefault(steps, Named(told, steps[:DEEPEST], loose=True))
    for match in _DOTTED.finditer(message):
        told = match["path"].rstrip(".")
        steps = tuple(_steps(told))
        found.setdefault(steps, Named(told, steps[:DEEPEST]))
    return tuple(found.values())[:MOST]


def pointers(value: object, text: str, paths: Sequence[Named]) -> list[Pointer]:
    """Where the paths are in an object, given the YAML of it; from the top. Costs a parse of the text."""
    places: dict[Steps, Pointer] = {}
    lines = dict(_lines(text)) if paths else {}
    for path in paths:
        for at, missing, sure in _resolve(value, path):
            if at in lines and at not in places and len(places) < MOST:
                places[at] = Pointer(lines[at], written(at), written(missing), sure)
    return sorted(places.values(), key=lambda each: each.line)


def written(steps: Steps) -> str:
    """A path as people write it: ``spec.containers[0].image``, ``metadata.labels["app.kubernetes.io/name"]``."""
    text = ""
    for step in steps:
        if isinstance(step, int) or step == "*":
            text += f"[{step}]"
        elif step.isascii() and step.replace("_", "a").replace("-", "a").isalnum():
            text += f".{step}" if text else step
        else:
            text += f'["{step}"]'
    return text


# Reading messages


def _index(part: str) -> Step:
    return int(part) if part.isascii() and part.isdigit() and len(part) < 6 else part


def _steps(dotted: str) -> Iterator[Step]:
    for match in _PART.finditer(dotted):
        if match["key"]:
            yield match["key"]
        else:
            inner = match["inner"].strip("\"'")
            yield _index(inner) if inner else "*"


# Finding places


def _resolve(value: object, path: Named) -> Iterator[tuple[Steps, Steps, bool]]:
    """The places of a path: what is there, what is missing below it, and whether it is the only reading."""
    readings = [(base, _walk(_at(value, base), path.steps, loose=path.loose)) for base in BASES if _has(value, base)]
    best = max(readings, key=lambda reading: max((len(there) for there, _ in reading[1]), default=0), default=None)
    if best is None:
        return
    base, places = best
    if any(there for there, _ in places):
        for there, missing in places[:MOST]:
            yield (*base, *there), missing, True
        return
    ends = list(_ending(value, (), path.steps))
    for found in ends[:MOST]:
        yield found, (), len(ends) == 1


def _walk(value: object, steps: Steps, *, loose: bool) -> list[tuple[Steps, Steps]]:
    """How far steps lead from a value, and what is left of them; for every element where any is meant."""
    if not steps:
        return [((), ())]
    step = steps[0]
    if isinstance(value, dict):
        held = cast("dict[str, object]", value)
        for length in range(len(steps) if loose else 1, 0, -1):  # the longest key first: it may hold slashes
            key = "/".join(map(str, steps[:length]))
            if key in held:
                rest = _walk(held[key], steps[length:], loose=loose)
                return [((key, *there), missing) for there, missing in rest]
        return [((), _joined(steps) if loose else steps)]
    if isinstance(value, list):
        every = cast("list[object]", value)
        chosen = range(len(every)) if step == "*" else [step] if isinstance(step, int) and step < len(every) else []
        rest = [
            ((number, *there), missing)
            for number in chosen
            for there, missing in _walk(every[number], steps[1:], loose=loose)
        ]
        return rest or [((), steps)]
    return [((), steps)]


def _joined(steps: Steps) -> Steps:
    """Steps of which some were one key: a domain and what follows it (``app.kubernetes.io``, ``name``)."""
    joined: list[Step] = []
    for step in steps:
        before = joined[-1] if joined else ""
        if isinstance(before, str) and "." in before and "/" not in before and isinstance(step, str):
            joined[-1] = f"{before}/{step}"
        else:
            joined.append(step)
    return tuple(joined)


def _ending(value: object, here: Steps, steps: Steps) -> Iterator[Steps]:
    """The places whose path ends so: within ``foreach`` Kyverno names no more than the end."""
    if len(here) > DEEPEST:
        return
    if here[-len(steps) :] == steps:
        yield here
    if isinstance(value, dict):
        for key, held in cast("dict[str, object]", value).items():
            if here or key not in ("status", "metadata"):
                yield from _ending(held, (*here, key), steps)
    elif isinstance(value, list):
        for number, held in enumerate(cast("list[object]", value)):
            yield from _ending(held, (*here, number), steps)


def _at(value: object, steps: Steps) -> object:
    for step in steps:
        value = cast("dict[Step, object]", value).get(step) if isinstance(value, dict) else None
    return value


def _has(value: object, steps: Steps) -> bool:
    return not steps or _at(value, steps) is not None


# Finding lines


def _lines(text: str) -> Iterator[tuple[Steps, int]]:
    """Every place of YAML text, and the line that it begins on: a value of a mapping where its key does."""
    import yaml

    library: Any = yaml
    yield from _nodes((), library.compose(text, Loader=library.CSafeLoader))


def _nodes(here: Steps, node: Any) -> Iterator[tuple[Steps, int]]:
    kind = getattr(node, "id", "")
    if kind == "mapping":
        for key, value in node.value:
            inner = (*here, str(key.value))
            yield inner, key.start_mark.line
            yield from _nodes(inner, value)
    elif kind == "sequence":
        for number, value in enumerate(node.value):
            inner = (*here, number)
            yield inner, value.start_mark.line
            yield from _nodes(inner, value)
