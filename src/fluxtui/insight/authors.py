"""Who wrote what of an object, and when at the latest: what ``metadata.managedFields`` of the whole object prove.

The API server keeps one entry for each field manager: the fields that it owns, and one time for all of them, that of
its last write. So a field was written at that time only if it is the only one of its manager; of several it is known
that none was written later (Kubernetes: Server-Side Apply, "Field management"). Whose field is written by somebody else
loses it without a trace, and what is taken out has no owner.
"""

from collections.abc import Iterator, Mapping

import msgspec

from fluxtui.insight.causes import Ref
from fluxtui.insight.fields import Json, mapping, mappings, moment, text
from fluxtui.kinds.ages import ago, exact
from fluxtui.kinds.text import line

MOST = 30
"""Fields of one manager that are named."""
ENTRIES = 60
"""Entries that are read."""
DEEP = 12
"""Levels that are gone down at most: what is deeper counts as one field."""

APPLIERS = frozenset({"kustomize-controller", "helm-controller", "flux-operator"})
"""Field managers of what comes out of Git."""
OF_SUSPENDING = frozenset(
    {
        "fluxcd.controlplane.io/suspendedBy",
        "metadata.weave.works/suspended-by",
        "metadata.weave.works/suspended-comment",
    }
)
"""Annotations that are written together with what suspends an object: no changes of their own."""


class Edit(msgspec.Struct, frozen=True):
    """What one field manager owns of an object, and when it wrote last (epoch s, 0: not told).

    `fields` are paths, ``spec.suspend``, without the status, the first `MOST` of `count`; `annotations` are the keys of
    those that it owns. `applied` tells server-side apply from a write.
    """

    manager: str
    at: int
    fields: tuple[str, ...] = ()
    annotations: tuple[str, ...] = ()
    applied: bool = False
    count: int = 0

    @property
    def by_git(self) -> bool:
        """Whether it is a controller that applies what is in Git."""
        return self.manager in APPLIERS

    @property
    def exact(self) -> bool:
        """Whether its time is that of its field: it owns no other."""
        own = set(self.annotations) - OF_SUSPENDING
        return self.count + len(own) == 1

    @property
    def words(self) -> str:
        """The fields in words: ``spec.suspend``; ``spec.interval, spec.path and 4 more``."""
        if self.by_git and self.count > FEW:
            return f"{self.count} fields"
        shown = ", ".join(self.fields[:FEW])
        return f"{shown} and {self.count - FEW} more" if self.count > FEW else shown


FEW = 3
"""Fields that are named in a line."""
Edits = Mapping[Ref, tuple[Edit, ...]]
"""The edits of objects whose managedFields were read."""


def edits(value: Json) -> tuple[Edit, ...]:
    """The edits of an object as it was fetched, the latest first; who writes its status alone made none."""
    found: list[Edit] = []
    for entry in mappings(value, "metadata", "managedFields")[:ENTRIES]:
        if text(entry, "subresource"):
            continue
        owned = mapping(entry, "fieldsV1")
        paths = [path for top, held in owned.items() if top not in APART for path in _paths(top, held)]
        noted = [line(key.removeprefix("f:")) for key in mapping(owned, "f:metadata", "f:annotations") if key != "."]
        if paths or noted:
            manager, applied = text(entry, "manager"), text(entry, "operation") == "Apply"
            when = moment(entry, "time")
            shown = tuple(sorted(paths)[:MOST])
            found.append(Edit(manager, when, shown, tuple(sorted(noted)[:MOST]), applied, len(paths)))
    return tuple(sorted(found, key=lambda edit: -edit.at))


APART = frozenset({"f:metadata", "f:status", "."})
"""What is no specification."""


def _paths(key: str, held: object, path: str = "", depth: int = 0) -> Iterator[str]:
    """The leaves under a key of FieldsV1: ``f:name``, ``k:{"name":"web"}`` of a list's item, ``v:"x"`` of a set's."""
    mine = f"{path}{_step(key, path)}"
    below = [each for each in mapping({"held": held}, "held").items() if each[0] != "."]
    if not below or depth >= DEEP:
        yield mine
        return
    for inner, deeper in below:
        yield from _paths(inner, deeper, mine, depth + 1)


def _step(key: str, path: str) -> str:
    if key.startswith("f:"):
        return line(f".{key[2:]}" if path else key[2:])
    if not key.startswith("k:"):
        return line(f"[{key.partition(':')[2]}]")
    try:
        held = msgspec.json.decode(key[2:], type=dict[str, str | int | bool])
    except msgspec.DecodeError:
        return line(f"[{key[2:]}]")
    return line(f"[{','.join(str(each) for each in held.values())}]")


def ownership(value: Json, now: float) -> list[str]:
    """Lines that say which manager owns which fields of an object, and when it wrote last, the latest first: all of it
    but labels, finalizers and the single fields of a status.
    """
    lines: list[str] = []
    entries = mappings(value, "metadata", "managedFields")[:ENTRIES]
    for entry in sorted(entries, key=lambda entry: -moment(entry, "time")):
        when = moment(entry, "time")
        how = "applied" if text(entry, "operation") == "Apply" else "wrote"
        part = f" the {text(entry, 'subresource')}" if text(entry, "subresource") else ""
        told = f"{how}{part} {ago(when, now)} ago, {exact(when)}" if when else f"{how}{part}, when is not told"
        lines.append(f"{text(entry, 'manager') or 'somebody'}  {told}")
        owned = mapping(entry, "fieldsV1")
        paths = [path for top, held in owned.items() if top not in APART for path in _paths(top, held)]
        noted = [line(key.removeprefix("f:")) for key in mapping(owned, "f:metadata", "f:annotations") if key != "."]
        lines += [f"  {path}" for path in sorted(paths)]
        lines += [f"  annotation {key}" for key in sorted(noted)]
    return lines


def telling(edit: Edit, created: int) -> bool:
    """Whether an edit tells of a change of the specification after the object was created."""
    return edit.count > 0 and edit.at > created + SETTLE


SETTLE = 5
"""Seconds after an object's creation in which whoever made it may write it again."""
