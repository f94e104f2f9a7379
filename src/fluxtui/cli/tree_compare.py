"""The answer of ``fluxtui tree --compare``: what differs between two clusters' trees."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from fluxtui.cli.outcome import Failure
from fluxtui.cli.printing import Answer
from fluxtui.cli.tables import Cell, Column, Paint, table
from fluxtui.cli.tree_answers import answer, few, plural
from fluxtui.cli.tree_text import fitted
from fluxtui.insight.causes import Ref
from fluxtui.insight.compare import Comparison, Differing, What, compare
from fluxtui.insight.graph import Graph
from fluxtui.insight.roots import named
from fluxtui.insight.standing import standing
from fluxtui.insight.tree_export import comparison_shape
from fluxtui.kinds.status import Status
from fluxtui.store.store import Store

if TYPE_CHECKING:
    from fluxtui.cli.gather import Gathered

INDENTS = 6
"""Levels that are indented at most."""

STYLES = {
    What.MISSING_LEFT: Status.FAILED.word,
    What.MISSING_RIGHT: Status.FAILED.word,
    What.STATUS: Status.BLOCKED.word,
    What.SUSPENDED: Status.SUSPENDED.word,
    What.REVISION: Status.PROGRESSING.word,
}


def compared(gathered: Gathered, other: str, refs: Sequence[Ref]) -> Answer:
    """What differs between the one chosen cluster (or that of the object) and another; of an object, what it applies
    included. Raises `Failure` where it is not clear which clusters.
    """
    store = gathered.store
    left, right = _sides(store, other, refs)
    found = compare(Graph(store.cluster(left)), Graph(store.cluster(right)))
    shown = [each for each in found.differing if not refs or _beneath(store, each, (left, right), refs)]

    def lines(width: int | None, paint: Paint) -> list[str]:
        told = [fitted([(_headline(found, shown), "strong")], width, paint)]
        columns = (
            Column("OBJECT", least=24),
            Column("DIFFERS"),
            Column(left.upper(), least=12),
            Column(right.upper(), least=12),
        )
        return [*told, *(table(columns, list(_rows(shown)), width, paint) if shown else [])]

    clusters = [standing(store.cluster(name)) for name in (left, right)]
    return answer(
        gathered,
        comparison_shape(found, shown, gathered.now(), clusters),
        lines,
        problems=bool(shown),
        complete=not found.unknown,
    )


def _sides(store: Store, other: str, refs: Sequence[Ref]) -> tuple[str, str]:
    names = [data.name for data in store.clusters()]
    if other not in names:
        raise Failure(f"--compare {other}: there is no such cluster among {few(names)}")
    owners = list(dict.fromkeys(cluster for cluster, _ in refs if cluster != other))
    lefts = owners or [name for name in names if name != other]
    if len(lefts) != 1:
        which = f"several clusters ({few(lefts)})" if lefts else "it alone"
        raise Failure(f"--compare {other} with {which}: choose one other with --context")
    return lefts[0], other


def _beneath(store: Store, each: Differing, clusters: Iterable[str], refs: Sequence[Ref]) -> bool:
    """Whether an object is one of those that were named, or is applied by one, on either side."""
    wanted = {identity for _, identity in refs}
    for cluster in clusters:
        identity, seen = each.id, set[str]()
        while identity and identity not in seen:
            if identity in wanted:
                return True
            seen.add(identity)
            row = store.row(cluster, identity)
            identity = row.record.owner if row is not None else ""
    return False


def _headline(found: Comparison, shown: Sequence[Differing]) -> str:
    """``staging-1 and prod-eu-1: 12 objects differ, 30 are equal · 3 missing on the left, 9 revision``."""
    counts = {what: sum(one.what is what for each in shown for one in each.differences) for what in What}
    told = ", ".join(f"{number} {what}" for what, number in counts.items() if number)
    parts = [f"{found.left} and {found.right}: {plural(len(shown), 'object')} differ, {found.equal} are equal"]
    if told:
        parts.append(told)
    if found.unknown:
        parts.append(f"{found.unknown} cannot be compared: {few(found.blind)} not seen on one side")
    return " · ".join(parts)


def _rows(shown: Sequence[Differing]) -> Iterable[list[Cell]]:
    """A row for each difference; of what is missing with all that it applies, the first alone, and how many follow."""
    folded = _folded(shown)
    for each in shown:
        if folded.get(each.id) == 0:
            continue
        label = f"{'  ' * min(each.depth, INDENTS)}{named(each.id)}"
        more = folded.get(each.id, 1) - 1
        label += f" (and {more} beneath)" if more else ""
        for one in each.differences:
            yield [(label, "strong"), (str(one.what), STYLES.get(one.what, "")), one.left, one.right]
            label = ""


def _folded(shown: Sequence[Differing]) -> dict[str, int]:
    """How many a missing object stands for, itself included; 0 for those that another one stands for."""
    missing = {each.id: each.differences[0].what for each in shown if each.missing}
    top: dict[str, str] = {}
    for each in shown:  # whoever is above comes first
        if each.id in missing:
            above = each.above if missing.get(each.above) is missing[each.id] else ""
            top[each.id] = top.get(above, each.id) if above else each.id
    sizes = dict.fromkeys(top, 0)
    for each in top.values():
        sizes[each] += 1
    return sizes
