"""What violations look like to other programs: JSON and YAML by the rules of `insight.export` (version 1, camelCase,
keys only added), and CSV. What is left out is counted, always.
"""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Any

import msgspec

from fluxtui.insight.export import VERSION, Shape, moment
from fluxtui.insight.policy.controls import control_names
from fluxtui.insight.policy.model import Coverage, Owner, Picture, Violation
from fluxtui.insight.policy.narrowing import Hidden
from fluxtui.kinds.policy.reports import RESULTS, Subject


class SubjectShape(Shape, frozen=True):
    """The object that violates; ``group`` is empty for the core group."""

    group: str
    kind: str
    namespace: str
    name: str


class OwnerShape(Shape, frozen=True):
    """Who delivers it: ``object`` is the Flux object's id, empty for nobody; ``proof`` is inventory, maker, label or
    nothing; ``doubt`` is why that cannot be told. ``cluster`` is where the Flux object is.
    """

    cluster: str
    object: str
    proof: str
    tenant: str
    labelled: bool
    origin: str
    source: str
    revision: str
    updated: str | None
    doubt: str


class ViolationShape(Shape, frozen=True):
    """One result that is no pass. ``firstSeen`` is when we saw it first: when it began where ``certain``, else it may
    be older. ``checked`` is the last evaluation. ``key`` is its identity across restarts.
    """

    key: str
    cluster: str
    policy: str
    rule: str
    autogen: bool
    result: str
    severity: str
    category: str
    action: str
    message: str
    object: SubjectShape
    owner: OwnerShape
    first_seen: str | None
    certain: bool
    checked: str | None
    reported_by: str
    report: str
    controls: list[str]
    exceptions: list[str]


class ReportsShape(Shape, frozen=True):
    """How far the reports of a cluster can be believed: by kind, the state of its data. ``unread`` reports are only
    counted so far; ``cut`` counts results of long reports that are not read; ``backlog`` are reports that wait to be
    written, null where nobody knows.
    """

    cluster: str
    reports: dict[str, str]
    count: int
    unread: int
    newest: str | None
    backlog: int | None
    settled: bool
    cut: int


class ViolationsShape(Shape, frozen=True, kw_only=True):
    """Violations: ``shown`` of ``total`` are told; ``leftOut`` counts the others by what left them out."""

    version: int = VERSION
    kind: str = "Violations"
    time: str
    complete: bool
    summary: str
    filter: str
    shown: int
    total: int
    left_out: dict[str, int]
    items: list[ViolationShape]
    clusters: list[ReportsShape]


def violations_shape(
    picture: Picture, shown: Sequence[Violation], hidden: Hidden, filter_text: str, summary: str
) -> ViolationsShape:
    """Some violations of a picture, and how many there are besides."""
    return ViolationsShape(
        time=moment(picture.now) or "",
        complete=picture.complete,
        summary=summary,
        filter=filter_text,
        shown=len(shown),
        total=len(picture.violations),
        left_out=left_out(picture, hidden),
        items=[violation_shape(each) for each in shown],
        clusters=[reports_shape(each) for each in picture.coverage],
    )


def left_out(picture: Picture, hidden: Hidden) -> dict[str, int]:
    """What is not told, by why: passes are never in it."""
    return {"skipped": hidden.skipped, "filtered": hidden.others, "passed": picture.passes}


def violation_shape(each: Violation) -> ViolationShape:
    """One violation."""
    check = each.finding.check
    return ViolationShape(
        key=each.key,
        cluster=each.cluster,
        policy=each.policy,
        rule=each.rule,
        autogen=each.autogen,
        result=each.finding.result,
        severity=each.severity,
        category=check.category,
        action=each.action.value,
        message=each.finding.message,
        object=subject_shape(each.subject),
        owner=owner_shape(each.owner),
        first_seen=moment(each.first_seen),
        certain=each.certain,
        checked=moment(each.checked),
        reported_by=check.source,
        report=each.report,
        controls=list(control_names(each.finding.controls)),
        exceptions=[name.strip() for name in each.finding.exceptions.split(",") if name.strip()],
    )


def subject_shape(subject: Subject) -> SubjectShape:
    """One object."""
    return SubjectShape(subject.group, subject.kind, subject.namespace, subject.name)


def owner_shape(owner: Owner) -> OwnerShape:
    """Who delivers an object."""
    return OwnerShape(
        owner.cluster,
        owner.id,
        owner.proof.name.lower(),
        owner.tenant,
        owner.labelled,
        owner.origin,
        owner.source,
        owner.revision,
        moment(owner.updated),
        owner.doubt,
    )


def reports_shape(coverage: Coverage) -> ReportsShape:
    """How far a cluster's reports can be believed."""
    return ReportsShape(
        coverage.cluster,
        {kind: str(state.phase) for kind, state in coverage.reports.items()},
        coverage.count,
        coverage.unread,
        moment(coverage.newest),
        coverage.backlog if coverage.backlog >= 0 else None,
        coverage.settled,
        coverage.cut,
    )


def timeless(shape: ViolationsShape) -> Any:
    """The shape without the times that pass although nothing changes: scans evaluate again and again."""
    return msgspec.structs.replace(
        shape,
        time="",
        items=[msgspec.structs.replace(each, checked=None) for each in shape.items],
        clusters=[msgspec.structs.replace(each, newest=None, backlog=None) for each in shape.clusters],
    )


# --- CSV

TITLES = (
    "cluster",
    "tenant",
    "result",
    "action",
    "severity",
    "policy",
    "rule",
    "kind",
    "namespace",
    "name",
    "owner",
    "source",
    "revision",
    "firstSeen",
    "certain",
    "checked",
    "message",
    "key",
)
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What spreadsheets take for the beginning of a formula (OWASP, *CSV Injection*)."""


def csv_text(shown: Iterable[Violation]) -> str:
    """A table with titles, lines ended as RFC 4180 has it. What a spreadsheet would run begins with an apostrophe."""
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(TITLES)
    for each in shown:
        of, owner, check = each.subject, each.owner, each.finding.check
        writer.writerow(
            [
                safe(cell)
                for cell in (
                    each.cluster,
                    owner.tenant,
                    each.finding.result,
                    each.action.value,
                    check.severity,
                    each.policy,
                    each.rule,
                    of.kind,
                    of.namespace,
                    of.name,
                    owner.id,
                    owner.source,
                    owner.revision,
                    moment(each.first_seen) or "",
                    "yes" if each.certain else "no",
                    moment(each.checked) or "",
                    each.finding.message,
                    each.key,
                )
            ]
        )
    return out.getvalue()


def safe(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def words_left_out(told: dict[str, int]) -> str:
    """``left out: 3 skipped, 12 by the filter, 240 passed``; empty if nothing is."""
    names = {"skipped": "skipped", "filtered": "by the filter", "passed": "passed"}
    parts = [f"{number:,} {names[key]}" for key, number in told.items() if number]
    return f"left out: {', '.join(parts)}" if parts else ""


WORST = {result: place for place, result in enumerate(RESULTS)}


def order(each: Violation) -> tuple[Any, ...]:
    """The order in which violations are told: the worst results first, then by policy, tenant and object."""
    of = each.subject
    return WORST[each.finding.result], each.policy, each.rule, each.owner.tenant, each.cluster, of.namespace, of.name
