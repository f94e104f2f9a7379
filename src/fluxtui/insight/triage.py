"""Triage: what is wrong in the fleet, and what is behind it, in one report.

The computation is sliced: `triage` yields every few milliseconds of work, so that a loop that draws and listens to
keys can interleave; `triage_now` runs it at once. The same store gives the same report, whatever blinks.
"""

from collections.abc import Generator

import msgspec

from fluxtui.insight.activity import Activity, activity, first_failure
from fluxtui.insight.blast import TOLD_BY_OWNER
from fluxtui.insight.causes import Cause, Grouping, by_impact, in_order
from fluxtui.insight.graph import Graph
from fluxtui.insight.roots import Root
from fluxtui.insight.roots import find as find_roots
from fluxtui.insight.silent import find as find_silent
from fluxtui.insight.standing import Standing, standing
from fluxtui.kinds.status import Status
from fluxtui.store.state import Phase
from fluxtui.store.store import Store

INDEXES = ("status", "needs", "source", "inputs", "owner")
"""The indexes that triage asks."""

STRIDE = 25
"""Causes between two yields."""


class TriageReport(msgspec.Struct, frozen=True):
    """The state of the fleet at `now` (epoch seconds).

    `problems` are ordered by impact. `failing` counts objects that failed or are blocked, `explained` those of them
    that the problems account for, `settling` those that only have to try again. `first_failure` is when the oldest
    failure that lasts began. Counts are of what is known: `fresh` of `clusters` says how far that goes.
    """

    now: float
    problems: tuple[Cause, ...]
    failing: int
    explained: int
    settling: int
    clusters: tuple[Standing, ...]
    activity: Activity
    first_failure: int = 0

    @property
    def fresh(self) -> int:
        """How many clusters have current data."""
        return sum(cluster.fresh for cluster in self.clusters)

    @property
    def counts(self) -> tuple[int, ...]:
        """Objects of the fleet by `Status`."""
        return tuple(sum(cluster.counts[status] for cluster in self.clusters) for status in Status)

    @property
    def total(self) -> int:
        """All objects counted."""
        return sum(self.counts)

    @property
    def complete(self) -> bool:
        """Whether the report speaks of everything: every cluster fresh, and nothing forbidden."""
        return bool(self.clusters) and all(cluster.fresh and not cluster.gaps for cluster in self.clusters)

    @property
    def loading(self) -> bool:
        """Whether first lists are still on their way: what explains a failure may be among them."""
        return any(cluster.phase is Phase.LOADING for cluster in self.clusters)

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong as far as is known; Unknown is not healthy."""
        counts = self.counts
        return not self.problems and not self.failing and not counts[Status.UNKNOWN]

    def count(self, status: Status) -> int:
        """Objects in a status."""
        return self.counts[status]


def triage(store: Store, now: float) -> Generator[None, None, TriageReport]:
    """The report, in slices: a generator that yields between them and returns the report."""
    roots: list[Root] = []
    failing = explained = settling = 0
    for data in store.clusters():
        for name in INDEXES:  # the first question builds an index: one at a time
            data.index(name)
            yield
        graph = Graph(data)
        findings = yield from find_roots(graph, now)
        roots += findings.roots
        unhealthy = {
            identity
            for status in (Status.FAILED, Status.BLOCKED)
            for identity in data.index("status").get(status.word)
            if not identity.startswith(TOLD_BY_OWNER)
        }
        failing += len(unhealthy)
        explained += len(unhealthy & findings.explained)
        settling += len(unhealthy & findings.settling)
        roots += yield from find_silent(graph, now)
        yield
    problems = yield from _grouped(store, roots)
    changes = yield from activity(store, now)
    clusters: list[Standing] = []
    for count, data in enumerate(store.clusters(), 1):
        clusters.append(standing(data))
        if not count % STRIDE:
            yield
    return TriageReport(
        now=now,
        problems=tuple(by_impact(problems)),
        failing=failing,
        explained=explained,
        settling=settling,
        clusters=tuple(clusters),
        activity=changes,
        first_failure=first_failure(store),
    )


def triage_now(store: Store, now: float) -> TriageReport:
    """The report at once."""
    steps = triage(store, now)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value


def _grouped(store: Store, roots: list[Root]) -> Generator[None, None, list[Cause]]:
    grouping = Grouping(store)
    for count, root in enumerate(in_order(roots), 1):
        grouping.add(root)
        if not count % (STRIDE * 10):
            yield
    causes: list[Cause] = []
    for count, key in enumerate(grouping.keys(), 1):
        causes.append(grouping.cause(key))
        if not count % STRIDE:
            yield
    return causes


def verdict(report: TriageReport) -> str:
    """The sentence at the top: causes, how much they explain, and how far the data goes."""
    if not report.clusters:
        return "no clusters"
    parts = [_causes(report)]
    if report.settling:
        parts.append(f"{report.settling} about to retry")
    if unknown := report.count(Status.UNKNOWN):
        parts.append(f"{unknown} unknown")
    if suspended := report.count(Status.SUSPENDED):
        parts.append(f"{suspended} suspended")
    parts.append(f"{report.fresh} of {len(report.clusters)} clusters fresh")
    return " · ".join(parts)


def _causes(report: TriageReport) -> str:
    problems = len(report.problems)
    if not problems:
        known = f"{report.count(Status.READY)} of {report.total} objects ready" if report.total else "no objects known"
        return known if report.failing == 0 else f"{report.failing} failing objects, no cause known yet · {known}"
    causes = "1 root cause" if problems == 1 else f"{problems} root causes"
    if report.loading:
        causes += " so far"
    if not report.failing:
        return f"{causes}, no failing objects"
    verb = "explains" if problems == 1 else "explain"
    return f"{causes} {verb} {report.explained} of {report.failing} failing objects"
