"""The root causes within one cluster: what is not green, is not explained by another, and does not settle by itself."""

from collections.abc import Generator

import msgspec

from fluxtui.insight.blast import NOT_COUNTED, TOLD_BY_OWNER, Blast
from fluxtui.insight.explain import (
    BLOCKED,
    FAILED,
    NOT_GREEN,
    PROGRESSING,
    SUSPENDED,
    Explanations,
    about_source,
)
from fluxtui.insight.graph import Edge, Graph, components
from fluxtui.insight.status import DELETING
from fluxtui.kinds.record import split_id
from fluxtui.kinds.status import Status
from fluxtui.store.row import Row
from fluxtui.store.store import ClusterData

STRIDE = 100
"""Objects between two yields: about two milliseconds of work."""


class Root(msgspec.Struct, frozen=True):
    """One root cause in one cluster.

    `what` is one of failure, missing, cycle, suspended, or a silent kind (see `silent`). `ids` has one object, more
    for a cycle. `behind` are the ids that wait behind it, nearest first. `since` in epoch seconds, 0 for not told.
    """

    cluster: str
    what: str
    ids: tuple[str, ...]
    status: Status
    reason: str
    message: str
    since: int
    behind: tuple[str, ...] = ()


class Findings(msgspec.Struct):
    """What was found in one cluster: the roots, which not-green objects they explain, and which only settle."""

    roots: list[Root] = msgspec.field(default_factory=list)
    explained: set[str] = msgspec.field(default_factory=set)
    settling: set[str] = msgspec.field(default_factory=set)


def not_green(data: ClusterData) -> list[Row]:
    """Every row that is not ready, without looking at those that are."""
    index = data.index("status")
    ids = (identity for status in NOT_GREEN for identity in sorted(index.get(status.word)))
    return [
        row for identity in ids if not identity.startswith(TOLD_BY_OWNER) and (row := data.row(identity)) is not None
    ]


def find(graph: Graph, now: float) -> Generator[None, None, Findings]:
    """The root causes of one cluster, by the rules of `explain`; yields every few milliseconds of work."""
    rows = {row.record.id: row for row in not_green(graph.data)}
    yield
    explanations = Explanations(graph, now)
    links: dict[str, list[str]] = {}
    explained: dict[str, list[str]] = {}
    lost: list[str] = []
    for count, (identity, row) in enumerate(rows.items(), 1):
        targets = links[identity] = explanations.of(row)
        for target in targets:
            explained.setdefault(target, []).append(identity)
        if row.status in (FAILED, BLOCKED) and any(map(explanations.missing_target, row.record.needs)):
            lost.append(identity)
        if not count % STRIDE:
            yield
    found = Findings()
    candidates = yield from _sinks(rows, links, explanations, found)
    candidates += _lost(lost, rows, candidates)
    blast = Blast(graph, explained, now)
    for count, (ids, what) in enumerate(candidates, 1):
        behind = [identity for identity in blast.behind(ids) if identity.partition("/")[0] not in NOT_COUNTED]
        if what != "suspended" or behind:
            found.roots.append(_root(graph, [rows[identity] for identity in ids], what, behind))
        if not count % (STRIDE // 4):
            yield
    return found


Candidate = tuple[tuple[str, ...], str]
"""The ids of a cause and what kind of cause it is."""


def _sinks(
    rows: dict[str, Row], links: dict[str, list[str]], explanations: Explanations, found: Findings
) -> Generator[None, None, list[Candidate]]:
    """The groups of objects that nothing else explains."""
    candidates: list[Candidate] = []
    resolved = found.explained
    groups = components(links)
    yield
    for count, group in enumerate(groups, 1):
        first = group[0]
        if len(group) > 1 or first in links[first]:
            candidates.append((tuple(sorted(group)), "cycle"))
            resolved.update(group)
        elif any(target in resolved for target in links[first]):
            resolved.add(first)
        elif rows[first].status is SUSPENDED:
            candidates.append(((first,), "suspended"))
            resolved.add(first)
        elif _follows(rows[first], links[first], found.settling) or explanations.settles(rows[first]):
            found.settling.add(first)
        else:
            candidates.append(((first,), "failure"))
            resolved.add(first)
        if not count % STRIDE:
            yield
    return candidates


def _lost(lost: list[str], rows: dict[str, Row], candidates: list[Candidate]) -> list[Candidate]:
    """Who asks for something that does not exist, whatever else explains its state: that stays broken."""
    told = {ids[0] for ids, what in candidates if what == "failure" and rows[ids[0]].status is BLOCKED}
    return [((identity,), "missing") for identity in lost if identity not in told]


def _follows(row: Row, targets: list[str], settling: set[str]) -> bool:
    """Whether a row that has not failed itself waits for something that settles."""
    return row.status is not FAILED and any(target in settling for target in targets)


def _root(graph: Graph, rows: list[Row], what: str, behind: list[str]) -> Root:
    row = min(rows, key=lambda each: (each.since or each.record.created, each.record.id))
    ids = tuple(each.record.id for each in rows)
    status, reason, message = row.status, row.reason, row.message
    since = row.since
    if what == "cycle":
        reason, message = "DependencyCycle", "each waits for the next: " + " → ".join([*map(named, ids), named(ids[0])])
    elif what in ("failure", "missing") and (lost := missing_edge(graph, row, what)) is not None:
        if what == "missing" and status is FAILED:
            since = 0  # it fails for something else since then; when it began to ask is not told
        what, reason = "missing", f"missing {named(lost.target)}"
    elif row.status is PROGRESSING:
        reason = "StillDeleting" if row.reason == DELETING else "StillInProgress"
    return Root(graph.data.name, what, ids, status, reason, message, since, tuple(behind))


def missing_edge(graph: Graph, row: Row, what: str = "failure") -> Edge | None:
    """The edge to something that does not exist and that this row waits for, None if there is none.

    With `what` = missing, any dependency that does not exist, also one that it does not come to wait for yet.
    """
    for edge in graph.missing(row.record):
        if (
            (edge.kind == "needs" and (row.status is BLOCKED or what == "missing"))
            or (edge.kind == "source" and (about_source(row) or row.record.kind == "HelmChart"))
            or (edge.kind == "provides" and "provider" in row.message)
        ):
            return edge
    return None


def named(identity: str) -> str:
    """An id for people: ``Kustomization monitoring/infra-configs``."""
    kind, namespace, name = split_id(identity)
    return f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"
