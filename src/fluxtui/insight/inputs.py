"""The inputs of a ResourceSet: every set of them, where it comes from, and which objects are made from it.

Rules of the Flux Operator (facts: flux §1): own ``inputs``, then those that each provider of ``inputsFrom`` exports;
*Flatten* takes one after the other, *Permute* every one of a provider with every one of the others. Templates are only
read as far as ``<< inputs.name >>`` and a few functions go; what they do beyond that is told as unknown, not guessed.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice, product

import msgspec

from fluxtui.insight.fields import NOTHING, Json, at, items, mapping, mappings, text, texts
from fluxtui.insight.managed import Entry, inventory
from fluxtui.kinds.record import object_id
from fluxtui.kinds.table import identify
from fluxtui.kinds.text import line

MOST = 500
"""Input sets that are told."""
PROVIDER = "ResourceSetInputProvider"
OWN = "its own inputs"
RESERVED = frozenset({"id", "provider"})
"""Inputs that the operator adds."""


class InputSet(msgspec.Struct, frozen=True):
    """One set of inputs: its values by name, where it comes from (`target`: the provider's id), what is made of it.

    `planned` are objects that its templates name and the inventory does not: not made yet, or not any more.
    """

    values: tuple[tuple[str, str], ...]
    origin: str
    target: str = ""
    made: tuple[Entry, ...] = ()
    planned: tuple[str, ...] = ()


class Provided(msgspec.Struct, frozen=True):
    """A provider that a ResourceSet reads: how many sets it exports, or why that is not known."""

    identity: str
    count: int = 0
    trouble: str = ""


class Matrix(msgspec.Struct, frozen=True):
    """The input sets, the providers, and what cannot be put down to one set: `shared` objects, with the reason."""

    sets: tuple[InputSet, ...]
    providers: tuple[Provided, ...] = ()
    shared: tuple[Entry, ...] = ()
    why_shared: str = ""
    total: int = 0
    strategy: str = "Flatten"
    hazards: tuple[str, ...] = ()
    """What would delete, or has deleted, everything."""
    missing: tuple[str, ...] = ()
    """Inputs that templates ask for and a set does not have: the operator stalls over them (``missingkey=error``)."""


def matrix(value: Json, providers: Mapping[str, Json | str | None]) -> Matrix:
    """The matrix of a ResourceSet; `providers` are those that it reads, by id, or why they cannot be read."""
    groups, told = _groups(value, providers)
    strategy = text(value, "spec", "inputStrategy", "name") or "Flatten"
    total, bare = _combined(groups, strategy)
    entries = inventory(value).entries
    templates = _templates(value)
    sets, claimed = list[InputSet](), set[Entry]()
    known = {each.identity: each for each in entries}
    for origin, target, values in islice(bare, MOST):
        named = [found for found in (_named(template, values) for template in templates) if found]
        made = tuple(dict.fromkeys(known[each] for each in named if each in known))
        planned = tuple(dict.fromkeys(each for each in named if each not in known))
        claimed.update(made)
        sets.append(InputSet(_shown(values), origin, target, made, planned))
    shared = tuple(each for each in entries if each not in claimed)
    why = "their templates decide more than a name by the inputs" if shared and sets else ""
    missing = tuple(dict.fromkeys(_missing(value, [values for _, _, values in islice(bare, MOST)])))
    return Matrix(tuple(sets), told, shared, why, total, strategy, tuple(_hazards(value, told, total)), missing)


Values = Mapping[str, object]
Bare = tuple[str, str, Values]
"""(origin, provider's id, values)."""


def _groups(value: Json, providers: Mapping[str, Json | str | None]) -> tuple[list[list[Bare]], tuple[Provided, ...]]:
    own = [(OWN, "", held) for held in mappings(value, "spec", "inputs")]
    groups = [own] if own else []
    told: list[Provided] = []
    for identity, found in providers.items():
        if not isinstance(found, Mapping):
            why = "does not exist" if found is None else found or "not asked for yet"
            told.append(Provided(identity, trouble=why))
            continue
        exported = mappings(found, "status", "exportedInputs")
        told.append(Provided(identity, len(exported)))
        name = text(found, "metadata", "name")
        meta = {"kind": PROVIDER, "name": name, "namespace": text(found, "metadata", "namespace")}
        if exported:
            groups.append([(f"provider {name}", identity, {"provider": meta, **held}) for held in exported])
    return groups, tuple(told)


def _combined(groups: list[list[Bare]], strategy: str) -> tuple[int, list[Bare]]:
    """How many sets there are, and the first of them."""
    if strategy != "Permute" or len(groups) < 2:
        every = [each for group in groups for each in group]
        return len(every), every
    total = 1
    for group in groups:
        total *= len(group)
    found: list[Bare] = []
    for chosen in islice(product(*groups), MOST):
        merged: dict[str, object] = {}
        for origin, _, values in chosen:
            merged[_normalised(origin.removeprefix("provider "))] = values
        found.append((" × ".join(origin for origin, _, _ in chosen), chosen[-1][1], merged))
    return total, found


def _normalised(name: str) -> str:
    """As the operator names a provider within permuted inputs."""
    return re.sub(r"[^a-z0-9_]", "_", name.lower())


def _shown(values: Values) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    for name, held in values.items():
        if name in RESERVED:
            continue
        inner = {key: each for key, each in texts(mapping(held)).items() if key not in RESERVED}
        if inner:
            found += [(f"{line(name)}.{key}", each) for key, each in inner.items()]
        else:
            said = text(values, name)
            found.append((line(name), said or ("…" if held else '""')))
    return tuple(found)


# Templates

_EXPRESSION = re.compile(r"<<-?\s*(.+?)\s*-?>>", re.DOTALL)
_INPUT = re.compile(r"^\(?\s*inputs((?:\.[A-Za-z_][A-Za-z0-9_]*)+)\s*\)?$")
_ASKED = re.compile(r"\binputs\.([A-Za-z_][A-Za-z0-9_]*)")
_CONTROL = re.compile(r"^(range|if|with|else|end|define|block|template|\$|/\*)")
FUNCTIONS: dict[str, Callable[[str], str]] = {
    "lower": str.lower,
    "upper": str.upper,
    "quote": str,
    "trim": str.strip,
    "toString": str,
    "slugify": lambda said: re.sub(r"[^a-z0-9]+", "-", said.lower()).strip("-"),
}
"""Functions of templates that names are made with."""


class Template(msgspec.Struct, frozen=True):
    """What a template says of one object, still with its expressions."""

    api: str
    kind: str
    name: str
    namespace: str


def _templates(value: Json) -> list[Template]:
    """The templates of single objects; none from texts whose documents are made by control flow."""
    held = [*mappings(value, "spec", "resources")]
    steps = mappings(value, "spec", "steps")
    for step in steps:
        held += mappings(step, "resources")
    found = [
        Template(
            text(each, "apiVersion"),
            text(each, "kind"),
            text(each, "metadata", "name"),
            text(each, "metadata", "namespace"),
        )
        for each in held
    ]
    for holder in (mapping(value, "spec"), *steps):
        found += _documents(str(at(holder, "resourcesTemplate") or ""))
    return found


_FIELD = re.compile(r"^(apiVersion|kind):\s*(.+?)\s*$", re.MULTILINE)
_META = re.compile(r"^metadata:\s*(?:\{(?P<flow>[^\n]*)\}\s*$|\n(?P<block>(?:[ \t]+[^\n]*\n?)+))", re.MULTILINE)


def _documents(template: str) -> Iterator[Template]:
    """The objects of a text of templates, whose names are read without running it."""
    if any(_CONTROL.match(found) for found in _EXPRESSION.findall(template)):
        return
    for document in re.split(r"^---.*$", template[:262_144], flags=re.MULTILINE):
        fields = dict(_FIELD.findall(document))
        meta = _META.search(document)
        if "kind" not in fields or meta is None:
            continue
        body = meta["flow"] or meta["block"] or ""
        yield Template(
            line(_unquoted(fields.get("apiVersion", ""))),
            line(_unquoted(fields["kind"])),
            _meta_field(body, "name", flow=meta["flow"] is not None),
            _meta_field(body, "namespace", flow=meta["flow"] is not None),
        )


def _meta_field(body: str, name: str, *, flow: bool) -> str:
    pattern = rf"(?:^|,)\s*{name}:\s*([^,]+)" if flow else rf"^[ \t]+{name}:[ \t]*(.+?)[ \t]*$"
    found = re.search(pattern, body, re.MULTILINE)
    return line(_unquoted(found[1].strip())) if found is not None else ""


def _unquoted(said: str) -> str:
    return said[1:-1] if len(said) > 1 and said[0] == said[-1] and said[0] in "\"'" else said


def _named(template: Template, values: Values) -> str:
    """The id of the object that a template makes of a set; empty where that cannot be told."""
    parts = [_rendered(each, values) for each in (template.api, template.kind, template.name, template.namespace)]
    api, kind, name, namespace = parts
    if api is None or not kind or not name or namespace is None:
        return ""
    return identify(api.rpartition("/")[0], kind, namespace, name)


def _rendered(said: str, values: Values) -> str | None:
    """A text with its expressions filled in, None where one of them is more than we can read."""
    if "<<" not in said:
        return said
    known = True

    def fill(found: re.Match[str]) -> str:
        nonlocal known
        filled = _evaluated(found[1], values)
        known = known and filled is not None
        return filled or ""

    text_ = _EXPRESSION.sub(fill, said)
    return _unquoted(text_) if known else None


def _evaluated(expression: str, values: Values) -> str | None:
    first, *pipes = [part.strip() for part in expression.split("|")]
    named = _INPUT.match(first)
    if named is None:
        return None
    found: object = values
    for key in named[1].split(".")[1:]:
        found = at(dict(mapping(found)), key)
    said = text({"held": found}, "held")
    for pipe in pipes:
        function = FUNCTIONS.get(pipe)
        if function is None:
            return None
        said = function(said)
    return said


def _missing(value: Json, sets: Sequence[Values]) -> Iterator[str]:
    """Inputs that templates ask for by name outside of any condition, and that some set lacks."""
    asked: set[str] = set()
    for template in _texts(value):
        expressions = _EXPRESSION.findall(template)
        if any(_CONTROL.match(found) for found in expressions):
            continue
        for found in expressions:
            if "default" not in found:
                asked.update(_ASKED.findall(found))
    for name in sorted(asked - RESERVED):
        lacking = sum(name not in values for values in sets)
        if lacking:
            yield f"{name}: {lacking} of {len(sets)} sets lack it"


def _texts(value: Json) -> Iterator[str]:
    stack: list[object] = [at(value, "spec", "resources"), at(value, "spec", "resourcesTemplate")]
    stack += [at(step, key) for step in mappings(value, "spec", "steps") for key in ("resources", "resourcesTemplate")]
    for _ in range(20_000):
        if not stack:
            return
        held = stack.pop()
        if isinstance(held, str):
            if "<<" in held:
                yield held
        else:
            stack += [*mapping(held).values(), *items(held)]


# What is dangerous


def _hazards(value: Json, providers: Sequence[Provided], total: int) -> Iterator[str]:
    """The empty set is applied like any other: everything that was made is deleted, and the object is green."""
    if not mappings(value, "spec", "inputsFrom"):
        return
    last = next(iter(mappings(value, "status", "history")), NOTHING)
    if text(last, "metadata", "inputs") == "0" and not inventory(value).entries:
        before = [
            each for each in mappings(value, "status", "history")[1:] if text(each, "metadata", "resources") != "0"
        ]
        made = f": {text(before[0], 'metadata', 'resources')} objects of an earlier run are gone" if before else ""
        yield f"its last run had no inputs and applied nothing{made}"
    elif not total and all(not each.trouble for each in providers):
        yield "its providers export nothing: its next run deletes everything that it made"
    elif total:
        empty = [each.identity.rpartition("/")[2] for each in providers if not each.count and not each.trouble]
        if empty:
            yield f"{', '.join(empty)} exports nothing: what came from it is deleted with the next run"
        elif len(providers) == 1 and not mappings(value, "spec", "inputs"):
            yield "all inputs come from one provider: if it exports none, everything is deleted, and this stays green"


def named_providers(value: Json) -> list[str]:
    """The ids of the providers that a ResourceSet reads by name."""
    namespace = text(value, "metadata", "namespace")
    return [
        object_id(PROVIDER, namespace, text(ref, "name"))
        for ref in mappings(value, "spec", "inputsFrom")
        if text(ref, "name")
    ]
