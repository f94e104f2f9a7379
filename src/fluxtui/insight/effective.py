"""What a HelmRelease's values and a Kustomization's variables come to, and where each of them came from.

Values (helm-controller): each of ``valuesFrom`` in its order, then ``spec.values``; mappings are merged, anything else
is replaced; with a ``targetPath`` the whole key is one value at that path. Variables (kustomize-controller): each of
``substituteFrom`` in its order, then ``substitute``; the later one wins.

Secrets come in without their values (`kube.references`), so nothing here can tell them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import msgspec

from fluxtui.insight.fields import NOTHING, Json, at, flag, items, mapping, mappings, prose, text
from fluxtui.kinds.record import object_id
from fluxtui.kinds.text import clean, line

HIDDEN = "hidden"
"""What stands for a value of a Secret."""
MOST = 2000
"""Leaves of one source of values that are read."""
LONGEST = 400
"""Characters of one value that are kept."""
TALLEST = 262_144
"""Characters of a text of values that is parsed."""
INLINE = "spec"
"""The origin of what the object itself says."""

Path = tuple[str, ...]
Held = Mapping[str, Json | str | None]
"""By id: the object, why it cannot be read, or None where it does not exist."""


class Layer(msgspec.Struct, frozen=True):
    """One source of values or variables. `trouble` is why it has none; `blocks` that nothing can be applied so."""

    title: str
    target: str = ""
    trouble: str = ""
    blocks: bool = False
    count: int = 0
    secret: bool = False


class Leaf(msgspec.Struct, frozen=True):
    """One value: its path, what it is, the title of the layer that it came from, and what it replaced."""

    path: str
    value: str
    origin: str
    secret: bool = False
    replaced: tuple[tuple[str, str], ...] = ()
    """(value, origin) of earlier layers, the latest first."""


class Effective(msgspec.Struct, frozen=True):
    """The layers in their order and what they come to. `cut` tells that there were too many to read."""

    layers: tuple[Layer, ...]
    leaves: tuple[Leaf, ...]
    cut: bool = False


class _Merge:
    """Leaves by path. A leaf takes the place of the mapping that stood there, and the other way round."""

    def __init__(self) -> None:
        self._leaves: dict[Path, Leaf] = {}
        self._inner: dict[Path, int] = {}
        """How many leaves there are below a path."""

    def put(self, path: Path, value: str, layer: Layer, *, empty: bool = False) -> None:
        """Sets one value; an empty mapping changes nothing where there is one already."""
        if empty and self._inner.get(path):
            return
        before = self._leaves.pop(path, None)
        gone = [before] if before is not None else []
        if self._inner.get(path):
            below = [other for other in self._leaves if other[: len(path)] == path]
            gone += [self._remove(other) for other in below]
        for depth in range(1, len(path)):
            if path[:depth] in self._leaves:
                gone.append(self._remove(path[:depth]))
        if before is None:
            self._count(path, 1)
        replaced: list[tuple[str, str]] = []
        for each in gone:
            replaced += [(each.value, each.origin), *each.replaced]
        secret = layer.secret
        self._leaves[path] = Leaf(dotted(path), value, layer.title, secret, tuple(replaced[:5]))

    def _remove(self, path: Path) -> Leaf:
        self._count(path, -1)
        return self._leaves.pop(path)

    def _count(self, path: Path, step: int) -> None:
        for depth in range(1, len(path)):
            self._inner[path[:depth]] = self._inner.get(path[:depth], 0) + step

    @property
    def leaves(self) -> tuple[Leaf, ...]:
        """All, by path."""
        return tuple(self._leaves[path] for path in sorted(self._leaves))


def dotted(path: Path) -> str:
    """``a.b``, with quotes around keys that have dots of their own."""
    return ".".join(f'"{key}"' if "." in key or not key else key for key in path)


def references(value: Json) -> list[str]:
    """The ids of the ConfigMaps and Secrets that an object reads its values or variables from."""
    found = [_identity(value, ref) for ref in _refs(value)]
    return list(dict.fromkeys(each for each in found if each))


def _refs(value: Json) -> list[Json]:
    if text(value, "kind") == "HelmRelease":
        return mappings(value, "spec", "valuesFrom")
    return mappings(value, "spec", "postBuild", "substituteFrom")


def _identity(value: Json, ref: Json) -> str:
    kind, name = text(ref, "kind"), text(ref, "name")
    return object_id(kind, text(value, "metadata", "namespace"), name) if kind in ("ConfigMap", "Secret") else ""


# Values of a HelmRelease


def values(release: Json, held: Held) -> Effective:
    """The values that a release is installed with, on top of the chart's own."""
    merge, layers, cut = _Merge(), list[Layer](), False
    for ref in mappings(release, "spec", "valuesFrom"):
        layer, content = _layer(release, ref, held, text(ref, "valuesKey") or "values.yaml")
        if content is None:
            layers.append(layer)
            continue
        target = text(ref, "targetPath")
        if target:
            shown = HIDDEN if layer.secret else _short(content if isinstance(content, str) else str(content))
            merge.put(_target(target), shown, layer)
            layers.append(msgspec.structs.replace(layer, count=1))
            continue
        parsed, wrong = _parsed(content)
        if wrong:
            layers.append(msgspec.structs.replace(layer, trouble=wrong, blocks=True))
            continue
        count = _merge_in(merge, parsed, layer)
        cut = cut or count > MOST
        layers.append(msgspec.structs.replace(layer, count=min(count, MOST)))
    own = mapping(release, "spec", "values")
    if own:
        layer = Layer(INLINE)
        count = _merge_in(merge, own, layer)
        cut = cut or count > MOST
        layers.append(msgspec.structs.replace(layer, count=min(count, MOST)))
    return Effective(tuple(layers), merge.leaves, cut)


def _layer(owner: Json, ref: Json, held: Held, key: str) -> tuple[Layer, object]:
    """A reference as a layer, with what stands under its key; None with the reason in the layer."""
    identity, kind = _identity(owner, ref), text(ref, "kind")
    optional = flag(ref, "optional")
    target = f" at {text(ref, 'targetPath')}" if text(ref, "targetPath") else ""
    title = f"{kind} {text(ref, 'name')}" + (f" · {key}" if key else "") + target
    layer = Layer(title, identity, secret=kind == "Secret")
    found = held.get(identity, "")
    if isinstance(found, str):
        return msgspec.structs.replace(layer, trouble=found or "not asked for yet"), None
    missing = "" if found is not None else "does not exist"
    content = mapping(found, "data") if found is not None else NOTHING
    if not missing and key and key not in content:
        missing = f"has no key {key}"
    if missing:
        words = f"{missing}: optional, so nothing is taken from it" if optional else f"{missing}, and is not optional"
        return msgspec.structs.replace(layer, trouble=words, blocks=not optional), None
    return layer, content.get(key) if key else content


def _merge_in(merge: _Merge, content: Json, layer: Layer) -> int:
    count = 0
    for path, value, empty in islice(_flat(content, ()), MOST + 1):
        count += 1
        if count <= MOST:
            merge.put(path, HIDDEN if layer.secret else value, layer, empty=empty)
    return count


def _flat(content: Json, above: Path) -> Iterator[tuple[Path, str, bool]]:
    for key, held in content.items():
        path, inner = (*above, line(str(key))), mapping(held)
        if inner and len(path) < 40:
            yield from _flat(inner, path)
        else:
            yield path, _short(_said(held)), held == {}


def _said(held: object) -> str:
    if held is None:
        return "null"
    if isinstance(held, bool):
        return "true" if held else "false"
    if isinstance(held, str):
        return held or '""'
    return str(held)


def _short(value: str) -> str:
    said = " ".join(clean(value[: LONGEST + 1]).split("\n"))
    return said if len(value) <= LONGEST else f"{said[:LONGEST]}…"


def _parsed(content: object) -> tuple[Json, str]:
    """A text of values as a mapping, or what is wrong with it."""
    if not isinstance(content, str):  # a Secret's, whose text nobody has
        return mapping(content), ""
    if content.startswith(HIDDEN):
        return NOTHING, "" if content == HIDDEN else content
    if len(content) > TALLEST:
        return NOTHING, "its text is too long to be read here"
    import yaml

    try:
        found = yaml.load(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe loader
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        return NOTHING, f"is no YAML: {' '.join(str(error).split())[:120]}"
    inner = mapping(found)
    return inner, "" if inner or found in (None, {}) else "holds no mapping of values"


def _target(path: str) -> Path:
    """A ``targetPath`` (Helm's ``--set`` syntax) as keys: ``a.b\\.c`` is a, b.c; list places stay with their key."""
    return tuple(line(part.replace("\\.", ".")) for part in re.split(r"(?<!\\)\.", path) if part) or (path,)


# Variables of a Kustomization


def variables(kustomization: Json, held: Held) -> Effective:
    """The variables that are put into what a Kustomization applies."""
    merge, layers = _Merge(), list[Layer]()
    for ref in mappings(kustomization, "spec", "postBuild", "substituteFrom"):
        layer, content = _layer(kustomization, ref, held, "")
        found = mapping(content)
        for name, value in islice(found.items(), MOST):
            merge.put((line(str(name)),), HIDDEN if layer.secret else _short(_said(value)), layer)
        layers.append(msgspec.structs.replace(layer, count=len(found)))
    own = mapping(kustomization, "spec", "postBuild", "substitute")
    if own:
        layer = Layer(INLINE, count=len(own))
        for name, value in islice(own.items(), MOST):
            merge.put((line(str(name)),), _short(_said(value)), layer)
        layers.append(layer)
    return Effective(tuple(layers), merge.leaves, any(layer.count > MOST for layer in layers))


_USE = re.compile(r"(\$?)\$\{([A-Za-z_][A-Za-z0-9_]*)((?::?[-=?+])?)[^}]*\}")
_STRICT = re.compile(r"variable not set[^\"\n]{0,60}\"([A-Za-z_][A-Za-z0-9_]*)\"")


class Use(msgspec.Struct, frozen=True):
    """A variable that is written somewhere: where (an object's id), at which field, whether it has a default."""

    name: str
    where: str
    field: str
    default: bool = False


def uses(value: Json, where: str) -> list[Use]:
    """The ``${VAR}`` that stand in an object's metadata and specification; ``$${VAR}`` is meant to stay as it is."""
    found: dict[tuple[str, str], Use] = {}
    roots = [(part, held) for part, held in value.items() if part not in ("status", "metadata")]
    roots += [(f"metadata.{part}", at(value, "metadata", part)) for part in ("labels", "annotations", "name")]
    for path, said in islice(_texts(roots), MOST):
        if path.endswith("last-applied-configuration") or "${" not in said:
            continue
        for escape, name, default in _USE.findall(said[:TALLEST]):
            if not escape:
                found.setdefault((name, path), Use(name, where, path, bool(default)))
    return list(found.values())


def _texts(roots: Sequence[tuple[str, object]]) -> Iterator[tuple[str, str]]:
    stack = list(roots)[::-1]
    while stack:
        path, held = stack.pop()
        if isinstance(held, str):
            yield path, held
        else:
            inner = [(f"{path}.{line(str(key))}", each) for key, each in mapping(held).items()]
            inner += [(f"{path}[{place}]", each) for place, each in enumerate(items(held))]
            stack += inner[::-1]


def refused(kustomization: Json) -> list[str]:
    """The variables that the controller itself says are not set (it is strict about them)."""
    told = [prose(held, "message") for held in mappings(kustomization, "status", "conditions")]
    return list(dict.fromkeys(name for message in told for name in _STRICT.findall(message)))
