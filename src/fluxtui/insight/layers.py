"""The layers of a platform: what is delivered first, what on top of it, and where a wave of reconciles has come to.

Layers come from the depth of the dependency graph (`depth`), nothing else: neighbouring levels that hold the same sort
of thing are one band. Its name comes from what it holds, when most of it says the same; else it is its number.
"""

import re
from collections import Counter
from collections.abc import Iterable

import msgspec

from fluxtui.insight.depth import Depths
from fluxtui.insight.graph import Graph
from fluxtui.kinds.record import Record
from fluxtui.kinds.status import Status

DELIVERERS = frozenset({"FluxInstance", "ResourceSet", "Kustomization", "HelmRelease"})
"""The kinds that stand in bands: what applies something. Sources and notifications belong to no layer."""

BANDS: dict[str, tuple[str, ...]] = {
    "namespaces": ("namespaces", "namespace"),
    "CRDs": ("crds", "crd", "customresourcedefinitions"),
    "controllers": ("controllers", "controller", "operators", "operator"),
    "identities": ("identities", "identity", "iam", "rbac", "accounts", "serviceaccounts"),
    "configs": ("configs", "config", "configuration", "configurations"),
    "policies": ("policies", "policy"),
    "security": ("security",),
    "infrastructure": ("infrastructure", "infra", "platform"),
    "observability": ("observability", "monitoring", "logging", "metrics", "tracing"),
    "apps": ("apps", "app", "applications", "application", "workloads", "tenants"),
}
"""Words in names and paths by the band that they tell, as the seed platforms use them."""

_BY_WORD = {word: band for band, words in BANDS.items() for word in words}
_WORDS = re.compile(r"[a-z0-9]+")


class Band(msgspec.Struct, frozen=True):
    """One layer: neighbouring levels of the graph.

    `first` and `last` are its levels, from 0. `ids` are its members by level and name; `counts` is indexed by
    `Status`; `moving` are those whose reconcile is in progress.
    """

    name: str
    first: int
    last: int
    ids: tuple[str, ...]
    counts: tuple[int, ...]
    moving: tuple[str, ...] = ()

    @property
    def done(self) -> bool:
        """Whether all of it is ready."""
        return self.counts[Status.READY] == len(self.ids)


class Layers(msgspec.Struct, frozen=True):
    """The bands of one cluster, what is delivered first first. `place` has the index of each object's band.

    `current` is the lowest band in which something is in progress, None when nothing is: where the wave is.
    `stuck` is the lowest band in which something failed while others are blocked at its height or above: where the
    wave ended.
    """

    bands: tuple[Band, ...]
    place: dict[str, int]
    current: int | None = None
    stuck: int | None = None

    def of(self, identity: str) -> Band | None:
        """The band of an object, None for what stands in none."""
        index = self.place.get(identity)
        return self.bands[index] if index is not None else None


def layers(graph: Graph, depths: Depths | None = None) -> Layers:
    """The layers of one cluster; `depths` spares computing them when they are at hand."""
    depths = depths or Depths(graph)
    needed = {need.target for needs in depths.needs.values() for need in needs}
    levels: dict[int, list[str]] = {}
    for identity, level in depths.level.items():
        if identity.partition("/")[0] in DELIVERERS:
            levels.setdefault(level, []).append(identity)
    merged: list[tuple[str, int, int, list[str]]] = []
    for level, members in sorted(levels.items()):
        ordered = [identity for identity in members if depths.needs[identity] or identity in needed]
        name = _name(graph, ordered or members)
        if name and merged and merged[-1][0] == name:
            merged[-1] = (name, merged[-1][1], level, merged[-1][3] + sorted(members))
        else:
            merged.append((name or f"level {level}", level, level, sorted(members)))
    bands = tuple(_band(graph, *each) for each in merged)
    place = {identity: index for index, band in enumerate(bands) for identity in band.ids}
    return Layers(bands, place, _first(bands, (Status.PROGRESSING,)), _stuck(bands))


def sort_of(record: Record) -> str:
    """The band that an object tells of by its name, else its path, else its namespace; empty if none does.

    The last word counts: ``infra-configs`` are configs.
    """
    for text in (record.name, record.path, record.namespace):
        told = [_BY_WORD[word] for word in _WORDS.findall(text.lower()) if word in _BY_WORD]
        if told:
            return told[-1]
    return ""


def _name(graph: Graph, members: Iterable[str]) -> str:
    """What more than half of the members tell, empty if they do not agree. Releases are asked only where they are
    alone: their names are those of charts.
    """
    rows = [row for identity in members if (row := graph.row(identity)) is not None]
    rows = [row for row in rows if row.record.kind != "HelmRelease"] or rows
    votes = Counter(sort_of(row.record) for row in rows)
    votes.pop("", None)
    if not votes:
        return ""
    name, number = votes.most_common(1)[0]
    return name if 2 * number > len(rows) else ""


def _band(graph: Graph, name: str, first: int, last: int, ids: list[str]) -> Band:
    counts = [0] * len(Status)
    moving: list[str] = []
    for identity in ids:
        row = graph.row(identity)
        if row is not None:
            counts[row.status] += 1
            if row.status is Status.PROGRESSING:
                moving.append(identity)
    return Band(name, first, last, tuple(ids), tuple(counts), tuple(moving))


def _first(bands: tuple[Band, ...], statuses: tuple[Status, ...]) -> int | None:
    return next((at for at, band in enumerate(bands) if any(band.counts[status] for status in statuses)), None)


def _stuck(bands: tuple[Band, ...]) -> int | None:
    failed = _first(bands, (Status.FAILED,))
    if failed is None or not any(band.counts[Status.BLOCKED] for band in bands[failed:]):
        return None
    return failed
