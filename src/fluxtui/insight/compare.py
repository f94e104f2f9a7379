"""The same tree in two clusters: what is missing, at another revision, in another status, wired differently.

Objects are the same when their ids are. Content is the same when its digest is, or its commit; the names beside it
(tags, branches, versions) may still differ, which is told apart. What cannot be known of a side (a kind that is not
watched, or not up to date there) is never told as missing.
"""

from enum import StrEnum

import msgspec

from fluxtui.insight.depth import Depths
from fluxtui.insight.graph import PROVIDER, Graph, Standing
from fluxtui.insight.layers import DELIVERERS
from fluxtui.insight.roots import named
from fluxtui.kinds.columns import revision
from fluxtui.kinds.record import Need, Record, split_id
from fluxtui.kinds.status import Status
from fluxtui.kinds.table import KINDS
from fluxtui.store.row import Row
from fluxtui.store.state import Phase

COMPARED = DELIVERERS | {
    *("GitRepository", "OCIRepository", "Bucket", "HelmRepository", "HelmChart", "ExternalArtifact"),
    *("ArtifactGenerator", "ImageRepository", "ImagePolicy", "ImageUpdateAutomation"),
    *("Alert", "Provider", "Receiver", PROVIDER),
}
"""The kinds that a tree consists of."""


class What(StrEnum):
    """How one object differs between the left cluster and the right one; the order is that of their weight."""

    MISSING_LEFT = "missing on the left"
    MISSING_RIGHT = "missing on the right"
    STATUS = "status"
    SUSPENDED = "suspended"
    """It is suspended on one side alone."""
    REVISION = "revision"
    TAG = "tag"
    """The same content under another tag, branch or version."""
    SOURCE = "source"
    """It takes its content from another source. Paths are not compared: they name the environment."""
    NEEDS = "dependencies"


class Difference(msgspec.Struct, frozen=True):
    """One thing that differs: `left` and `right` are what each side has, in words."""

    what: What
    left: str
    right: str


class Differing(msgspec.Struct, frozen=True):
    """An object that differs, by weight of the differences; `left` and `right` are None where it is missing.

    `above` is its applier, empty if it has none; `depth` how many appliers are above it.
    """

    id: str
    above: str
    depth: int
    differences: tuple[Difference, ...]
    left: Row | None
    right: Row | None

    @property
    def missing(self) -> bool:
        """Whether one side does not have it at all."""
        return self.left is None or self.right is None


class Comparison(msgspec.Struct, frozen=True):
    """Two clusters. `differing` in the order of the tree: each object after its applier and its dependencies, what
    belongs together stays together. `equal` counts objects without a difference, `unknown` those that one side has
    and of which the other cannot tell; `blind` are the kinds concerned.
    """

    left: str
    right: str
    differing: tuple[Differing, ...]
    equal: int
    unknown: int = 0
    blind: tuple[str, ...] = ()

    def counts(self) -> dict[What, int]:
        """How many objects have each sort of difference, in the order of their weight; only what there is."""
        found = dict.fromkeys(What, 0)
        for each in self.differing:
            for difference in each.differences:
                found[difference.what] += 1
        return {what: number for what, number in found.items() if number}


def compare(left: Graph, right: Graph) -> Comparison:
    """What differs between two clusters' trees."""
    sides = (_Side(left), _Side(right))
    differing: list[Differing] = []
    equal = unknown = 0
    blind: set[str] = set()
    for identity in _in_order(*sides):
        here, there = left.row(identity), right.row(identity)
        absent = left if here is None else right if there is None else None
        if absent is not None and absent.standing(identity) is not Standing.MISSING and not _known(absent, identity):
            unknown += 1
            blind.add(identity.partition("/")[0])
            continue
        found = differences(here, there)
        if not found:
            equal += 1
            continue
        row = here or there
        above = row.record.owner if row is not None else ""
        depth = max(side.height(identity) for side in sides)
        differing.append(Differing(identity, above, depth, found, here, there))
    return Comparison(left.data.name, right.data.name, tuple(differing), equal, unknown, tuple(sorted(blind)))


def _known(graph: Graph, identity: str) -> bool:
    """Whether a kind is watched, current and not there at all: a kind that is not installed has no objects."""
    table = graph.data.tables.get(identity.partition("/")[0])
    return table is not None and table.state.phase is Phase.MISSING


def differences(left: Row | None, right: Row | None) -> tuple[Difference, ...]:
    """How an object differs between two clusters; empty if it does not."""
    if left is None or right is None:
        if left is None and right is None:
            return ()
        what = What.MISSING_LEFT if left is None else What.MISSING_RIGHT
        return (Difference(what, _presence(left), _presence(right)),)
    found: list[Difference] = []
    suspended = (left.status is Status.SUSPENDED, right.status is Status.SUSPENDED)
    if suspended[0] != suspended[1]:
        found.append(Difference(What.SUSPENDED, _suspension(left), _suspension(right)))
    elif left.status is not right.status:
        found.append(Difference(What.STATUS, _status(left), _status(right)))
    found += _content(left.record, right.record)
    if left.record.source != right.record.source:
        found.append(Difference(What.SOURCE, _named(left.record.source), _named(right.record.source)))
    ours, theirs = set(left.record.needs), set(right.record.needs)
    if ours != theirs:
        found.append(Difference(What.NEEDS, _needs(ours - theirs), _needs(theirs - ours)))
    order = list(What)
    return tuple(sorted(found, key=lambda each: order.index(each.what)))


def _presence(row: Row | None) -> str:
    return "missing" if row is None else _status(row)


def _status(row: Row) -> str:
    return f"{row.status.word} ({row.reason})" if row.reason and row.status is not Status.READY else row.status.word


def _suspension(row: Row) -> str:
    return row.message.partition(";")[0] if row.status is Status.SUSPENDED else _status(row)


def _named(identity: str) -> str:
    return named(identity) if identity else "none"


def _needs(needs: set[Need]) -> str:
    words = (f"{named(need.target)} ({need.expression or need.meaning})" for need in needs)
    return ", ".join(sorted(words)) or "none of its own"


# Content


class Content(msgspec.Struct, frozen=True):
    """A revision taken apart: its `name` (tag, branch or version) and its `digest`, either may be empty."""

    name: str
    digest: str


def content(text: str) -> Content:
    """A revision taken apart: ``latest@sha256:…``, ``main@sha1:…``, ``sha256:…``, ``1.2.3+0123abcd``, ``1.2.3``."""
    name, at, digest = text.rpartition("@")
    if at or ":" in digest:
        return Content(name, digest)
    if text[:1].isdigit() and "+" in text:
        version, _, build = text.partition("+")
        return Content(version, build)
    return Content(text, "")


def same_digest(left: str, right: str) -> bool:
    """Whether two digests are of the same content: a chart's build metadata has only the beginning of its digest."""
    left, right = left.rpartition(":")[2], right.rpartition(":")[2]
    shorter, longer = sorted((left, right), key=len)
    return left == right or (len(shorter) >= 12 and longer.startswith(shorter))


def _content(left: Record, right: Record) -> list[Difference]:
    if left.revision == right.revision:
        return []
    words = (revision(left.revision) or "nothing", revision(right.revision) or "nothing")
    ours, theirs = content(left.revision), content(right.revision)
    commits = (content(left.origin).digest, content(right.origin).digest)
    if ours.digest and theirs.digest:
        same = same_digest(ours.digest, theirs.digest)
    elif all(commits):
        same = same_digest(*commits)
    else:
        return [Difference(What.REVISION, *words)]
    if not same and all(commits) and same_digest(*commits):
        commit = commits[0].rpartition(":")[2][:7]
        return [Difference(What.REVISION, *(f"{word}, of the same commit {commit}" for word in words))]
    if not same:
        return [Difference(What.REVISION, *words)]
    return [Difference(What.TAG, *words)] if ours.name != theirs.name else []


# Order


class _Side:
    """One cluster's tree: what is compared, under whom it stands, how deep."""

    def __init__(self, graph: Graph) -> None:
        self.ids = [
            identity
            for kind in KINDS
            if kind in COMPARED and (table := graph.data.tables.get(kind)) is not None
            for identity in table.rows
        ]
        depths = Depths(graph)
        self.level = depths.level
        self.owner = depths.owner
        self._heights: dict[str, int] = {}

    def height(self, identity: str) -> int:
        """How many appliers stand above an object; those in a circle count once."""
        path: dict[str, None] = {}
        here: str | None = identity
        while here is not None and here not in self._heights and here not in path:
            path[here] = None
            here = self.owner.get(here)
        height = self._heights.get(here, -1) if here is not None else -1
        for each in reversed(path):
            height += 1
            self._heights[each] = height
        return self._heights[identity]


def _in_order(left: _Side, right: _Side) -> list[str]:
    """The ids of both sides: whoever stands above before what stands beneath, siblings by level, kind and name."""
    places = {kind: place for place, kind in enumerate(dict.fromkeys(("FluxInstance", "ResourceSet", *KINDS)))}
    ids = dict.fromkeys((*left.ids, *right.ids))
    children: dict[str, list[str]] = {}
    tops: list[str] = []
    for identity in ids:
        owner = left.owner.get(identity) or right.owner.get(identity, "")
        (children.setdefault(owner, []) if owner in ids else tops).append(identity)

    def place(identity: str) -> tuple[int, int, tuple[str, str, str]]:
        level = max(left.level.get(identity, 0), right.level.get(identity, 0))
        return level, places[identity.partition("/")[0]], split_id(identity)

    found: dict[str, None] = {}
    stack = sorted(tops, key=place, reverse=True)
    rest = sorted(ids, key=place, reverse=True)  # those of circles, which no top leads to
    while stack or rest:
        identity = stack.pop() if stack else rest.pop()
        if identity in found:
            continue
        found[identity] = None
        stack += sorted(children.get(identity, ()), key=place, reverse=True)
    return list(found)
