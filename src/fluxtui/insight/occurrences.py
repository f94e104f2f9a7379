"""Events of an object as they are told: both shapes that the API has, repeats together, the newest first.

An Event says what a controller saw happen. The API server forgets it after an hour (``--event-ttl``, its default), so
that no Events means that nothing was recorded lately, not that nothing happened.
"""

import re
from collections.abc import Iterable

import msgspec

from fluxtui.insight.fields import Json, mapping, mappings, moment, number, prose, text

LIFETIME = 3600
"""Seconds that an API server keeps Events unless it is told otherwise (kube-apiserver ``--event-ttl``)."""
_VOLATILE = re.compile(r"\b(?:\d+(?:\.\d+)?(?:h|ms|µs|us|ns|m|s))+(?![\w-])|\b[0-9a-f]{40,64}\b")
"""What differs between two tellings of one thing: durations and digests."""


class Occurrence(msgspec.Struct, frozen=True):
    """One kind of thing that happened to one object, with all its repeats; times are epoch seconds, 0: not told.

    `about` is the id of the object (``Kind/namespace/name``), `message` what was said the last time.
    """

    warning: bool
    reason: str
    message: str
    about: str
    component: str = ""
    count: int = 1
    first: int = 0
    last: int = 0
    variants: int = 1
    """How many different messages stand behind this one."""


def occurrence(event: Json) -> Occurrence:
    """One Event of ``v1`` or of ``events.k8s.io/v1``."""
    about = mapping(event, "involvedObject") or mapping(event, "regarding")
    series = mapping(event, "series")
    made = moment(event, "metadata", "creationTimestamp")
    single = moment(event, "eventTime") or made
    first = moment(event, "firstTimestamp") or moment(event, "deprecatedFirstTimestamp") or single
    last = moment(event, "lastTimestamp") or moment(event, "deprecatedLastTimestamp")
    source = text(event, "source", "component") or text(event, "deprecatedSource", "component")
    reporting = text(event, "reportingComponent") or text(event, "reportingController")
    count = number(event, "count") or number(event, "deprecatedCount")
    return Occurrence(
        text(event, "type") == "Warning",
        text(event, "reason"),
        (prose(event, "message") or prose(event, "note")).strip(),
        "/".join(text(about, key) for key in ("kind", "namespace", "name")),
        reporting or source,
        max(1, count, number(series, "count")),
        first,
        max(first, last, moment(series, "lastObservedTime")),
    )


def grouped(events: Iterable[Json]) -> list[Occurrence]:
    """All of them, those that differ in durations and digests alone as one; the newest first."""
    found: dict[tuple[object, ...], Occurrence] = {}
    for event in events:
        one = occurrence(event)
        key = (one.warning, one.reason, one.about, _VOLATILE.sub("…", one.message))
        other = found.get(key)
        found[key] = one if other is None else _together(one, other)
    return sorted(found.values(), key=lambda each: (-each.last, each.about, each.reason))


def _together(one: Occurrence, other: Occurrence) -> Occurrence:
    newer, older = (one, other) if one.last >= other.last else (other, one)
    return msgspec.structs.replace(
        newer,
        count=newer.count + older.count,
        first=min(moment for moment in (newer.first, older.first) if moment) if newer.first or older.first else 0,
        variants=newer.variants + older.variants,
    )


def inventory_of(value: Json) -> set[str]:
    """The ids (``Kind/namespace/name``) of what an object manages, from its inventory (``ns_name_group_Kind``)."""
    found: set[str] = set()
    for entry in mappings(value, "status", "inventory", "entries"):
        namespace, _, rest = text(entry, "id").partition("_")
        rest, _, kind = rest.rpartition("_")
        name = rest.rpartition("_")[0].replace("__", ":")
        if kind and name:
            found.add(f"{kind}/{namespace}/{name}")
    return found


def belongs(about: str, managed: set[str]) -> bool:
    """Whether an Event's object is one of those managed, or a replica set or pod that one of them made."""
    if about in managed:
        return True
    kind, _, rest = about.partition("/")
    if kind not in {"Pod", "ReplicaSet", "Job"}:
        return False
    namespace, _, name = rest.partition("/")
    parents = _stems(name)
    return any(f"{owner}/{namespace}/{stem}" in managed for owner in OWNERS for stem in parents)


OWNERS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "ReplicaSet")
"""What makes pods."""


def _stems(name: str) -> list[str]:
    """A pod's name without its last one or two parts: ``web-7d4b9-x2x4z`` is of ``web-7d4b9`` or ``web``."""
    once = name.rpartition("-")[0]
    return [stem for stem in (once, once.rpartition("-")[0]) if stem]
