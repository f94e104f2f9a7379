"""Everything that changed in a span of time, fleet-wide: put together from what was watched and what is told, the same
change told twice counted once, and grouped: one push and all that took it are one line.

Groups, in the order in which they are tried:

- a *push*: the same revision from the same place, each member within `FOLLOWS` of the one before; and whatever an
  applier of the group changed within `SPREAD` of its run, by owner (a release that a Kustomization applied);
- the same thing at the same time: a cluster's objects to which the same happened, each soon after the one
  before (31 objects began to wait).

The computation is sliced. The same store gives the same report: ties are broken by cluster and id.
"""

from collections.abc import Callable, Generator, Iterable, Mapping

import msgspec

from fluxtui.insight.authors import Edits
from fluxtui.insight.causes import Ref
from fluxtui.insight.evidence import LATER
from fluxtui.insight.grouping import Group, grouped
from fluxtui.insight.known import SURENESS, Known
from fluxtui.insight.occurrence import Occurrence
from fluxtui.insight.standing import Standing, standing
from fluxtui.insight.told import QUIET, latest, told
from fluxtui.insight.upstream import upstream
from fluxtui.kinds.record import Record, split_id
from fluxtui.kinds.status import Status
from fluxtui.store.row import Row
from fluxtui.store.store import Store

STRIDE = 500
"""Rows between two yields."""
MOST = 20_000
"""Occurrences of one report at most; the oldest are left out, and counted."""
SAME = 120
"""Seconds within which the same change of an object is taken to be told twice."""
SYMPTOMS = frozenset({"failed", "blocked"})
"""Changes that follow from others."""
BEFORE = 1800
"""Seconds before a failure that are looked at."""
AXIS = 60
"""Parts of the axis of time."""


class Span(msgspec.Struct, frozen=True):
    """From `start` to `end`, epoch seconds, both included; no `end` means now. `words` say what it is."""

    start: float
    end: float = 0
    words: str = ""


def before(moment: float) -> Span:
    """What is looked at to find why something happened at a moment."""
    return Span(moment - BEFORE, moment + LATER, "before it")


class ChangesReport(msgspec.Struct, frozen=True):
    """What changed from `start` to `end`: groups, the newest first.

    `axis` counts occurrences in equal parts of the span, the oldest first. `upstream` are the objects behind which
    `about` stands, with their distance; `left_out` counts occurrences for which there was no room.
    """

    now: float
    start: float
    end: float
    groups: tuple[Group, ...]
    total: int
    axis: tuple[int, ...]
    clusters: tuple[Standing, ...]
    left_out: int = 0
    about: Ref | None = None
    upstream: Mapping[Ref, int] = {}
    distances: Mapping[str, int] = {}
    """`distance` by the key of the group."""

    def distance(self, group: Group) -> int | None:
        """How far upstream of `about` a group's nearest member is; 0 where only the object itself is in it, None where
        none of them has to do with it.
        """
        return self.distances.get(group.key)

    def suspects(self, at: float) -> list[Group]:
        """What changed upstream of `about` up to a moment, the likeliest first: what was brought or done to it before
        what only failed or waited, the latest before the earlier.
        """
        found = [group for group in self.groups if self.distance(group) and group.at <= at]
        return sorted(found, key=lambda group: group.what in SYMPTOMS)


def report(
    store: Store,
    now: float,
    span: Span,
    watched: Iterable[Occurrence] = (),
    written: Edits | None = None,
    about: Ref | None = None,
) -> Generator[None, None, ChangesReport]:
    """The changes of a span; yields every few milliseconds of work. `written` is what managedFields told (`to_ask`)."""
    end = min(span.end or now, now)
    found = [each for each in watched if span.start <= each.at <= end]
    authors = written or {}
    clusters: list[Standing] = []
    count = 0
    for data in store.clusters():
        for table in list(data.tables.values()):
            for row in list(table.rows.values()):
                count += 1
                if not count % STRIDE:
                    yield
                if latest(row) >= span.start or row.key in authors:
                    found += [each for each in told(data, row, span.start, authors.get(row.key, ())) if each.at <= end]
        clusters.append(standing(data))
    yield
    once = yield from _once(found)
    kept = once[:MOST]
    groups = yield from grouped(store, kept)
    yield
    behind = upstream(store, about) if about is not None else {}
    return ChangesReport(
        now=now,
        start=span.start,
        end=end,
        groups=tuple(groups),
        total=len(kept),
        axis=_axis(kept, span.start, end),
        clusters=tuple(clusters),
        left_out=len(once) - len(kept),
        about=about,
        upstream=behind,
        distances={group.key: far for group in groups if (far := _distance(group, behind)) is not None},
    )


def to_ask(store: Store, report: ChangesReport, roots: Iterable[Ref]) -> list[Row]:
    """The objects whose managedFields may tell what the report does not, at most `ASKED`, the most telling first: what
    is asked about and what is upstream of it, the nearest first; the roots of what fails; what came to rest or whose
    specification changed. An object that is of its first generation was never written again.
    """
    nearest = sorted(report.upstream, key=lambda ref: (report.upstream[ref], ref))
    found = [each for group in report.groups for each in group.members if each.what in ("suspended", "spec")]
    refs = dict.fromkeys((*nearest, *roots, *(each.ref for each in found)))
    rows = (row for ref in refs if (row := store.row(*ref)) is not None)
    return [row for row in rows if _written_again(row)][:ASKED]


def _written_again(row: Row) -> bool:
    record = row.record
    if record.kind in QUIET or record.kind == "Pod":
        return False
    return record.generation != 1 or row.status is Status.SUSPENDED or bool(record.left_alone)


ASKED = 40
"""Objects whose managedFields are read for one report."""


def _distance(group: Group, behind: Mapping[Ref, int]) -> int | None:
    found = {behind[each.ref] for each in group.members if each.ref in behind} if behind else set[int]()
    return min(found - {0}, default=0 if found else None)


def _order(occurrence: Occurrence) -> tuple[int, str, str, str]:
    return -occurrence.at, occurrence.cluster, occurrence.id, occurrence.what


def _once(found: list[Occurrence]) -> Generator[None, None, list[Occurrence]]:
    """Newest first, each change once: the surest who tells it, with whatever revision any of them tells."""
    found.sort(key=_place)
    yield
    kept: list[Occurrence] = []
    for count, each in enumerate(found, 1):
        if kept and _same(kept[-1], each):
            kept[-1] = _merged(kept[-1], each)
        else:
            kept.append(each)
        if not count % (STRIDE * 4):
            yield
    kept.sort(key=_order)
    yield
    return kept


def _place(each: Occurrence) -> tuple[str | int, ...]:
    """By object, then in order of time; nothing is left to chance."""
    sure = SURENESS[each.known]
    return each.cluster, each.id, each.what, each.at, sure, each.field, each.delivered, each.place, each.words


def _same(one: Occurrence, other: Occurrence) -> bool:
    """Whether two stand for one change. A failure that is told again with every try is one, until we see another."""
    if one.cluster != other.cluster or one.id != other.id or one.what != other.what:
        return False
    if other.at - one.at > SAME:
        return one.what == "failed" and one.words == other.words and other.known is not Known.SEEN
    return one.delivered == other.delivered or not (one.delivered and other.delivered)


def _merged(one: Occurrence, other: Occurrence) -> Occurrence:
    first, second = sorted((one, other), key=lambda each: (SURENESS[each.known], not each.delivered))
    if second.delivered and not first.delivered:
        first = msgspec.structs.replace(first, delivered=second.delivered, place=second.place)
    if second.by and not first.by:
        more = f": {second.words}" if first.what == "spec" and second.words not in first.words else ""
        first = msgspec.structs.replace(first, by=second.by, words=f"{first.words}{more}")
    return first


def _axis(found: list[Occurrence], start: float, end: float) -> tuple[int, ...]:
    parts = [0] * AXIS
    width = max(end - start, 1) / AXIS
    for each in found:
        parts[min(AXIS - 1, int((each.at - start) / width))] += 1
    return tuple(parts)


def passes(store: Store, group: Group, accept: Callable[[Row], bool]) -> bool:
    """Whether one of a group's objects passes a filter; those that are gone pass by their names."""
    return any(accept(store.row(*each.ref) or gone(each)) for each in group.members)


def gone(each: Occurrence) -> Row:
    """What a filter asks of an object that is not there any more: its names."""
    kind, namespace, name = split_id(each.id)
    record = Record(kind=kind, id=each.id, namespace=namespace, name=name)
    return Row(each.cluster, record, Status.UNKNOWN, "", each.words, each.at)
