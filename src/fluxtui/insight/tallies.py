"""Two counts of one cluster's objects: ours, by the last concluded outcome, and the report's; and why they differ.

The report counts Ready=False that is not DependencyNotReady and not suspended (facts: flux §1). A failing object is
Unknown for most of the time that it is retried (recordings, lesson 1), so the report's count flaps and ours does not.
"""

import msgspec

from fluxtui.insight.status import BLOCKED_REASON
from fluxtui.kinds.ages import age
from fluxtui.kinds.report import ReportRecord, Tally
from fluxtui.kinds.status import Status
from fluxtui.kinds.table import KINDS
from fluxtui.store.row import Row
from fluxtui.store.state import DataState, Phase
from fluxtui.store.store import ClusterData
from fluxtui.store.table import Table

NO_COUNTS = (0,) * len(Status)


class Count(msgspec.Struct, frozen=True):
    """One kind of one cluster: our `counts` by `Status`, what the report `told` (None: nothing), and `why` they differ.

    `notes` explain numbers that agree and may be misread all the same. `state` says how far ours can be believed.
    """

    kind: str
    counts: tuple[int, ...] = NO_COUNTS
    told: Tally | None = None
    state: DataState = DataState()
    why: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """All objects that we know of."""
        return sum(self.counts)

    @property
    def failing(self) -> int:
        """Those of which the last outcome is a failure."""
        return self.counts[Status.FAILED]

    @property
    def difference(self) -> int:
        """Ours less the report's: failing objects if these differ, else suspended ones, else all."""
        if self.told is None:
            return 0
        apart = self.counts[Status.FAILED] - self.told.failing, self.counts[Status.SUSPENDED] - self.told.suspended
        return apart[0] or apart[1] or self.total - self.told.running - self.told.suspended

    @property
    def agrees(self) -> bool:
        """Whether both say the same, or only one says anything."""
        return not self.why


def counts(data: ClusterData, report: ReportRecord | None, now: float) -> tuple[Count, ...]:
    """Every kind that Flux reconciles and of which there is something, in the order of the table of kinds."""
    told = {tally.kind: tally for tally in report.tallies} if report is not None else {}
    at = report.told_at if report is not None else 0
    found: list[Count] = []
    for name, kind in KINDS.items():
        if not kind.flux or name == "FluxReport":
            continue
        table, tally = data.table(name), told.pop(name, None)
        if table.rows or tally is not None or table.state.phase not in (Phase.FRESH, Phase.MISSING):
            found.append(_count(table, tally, at, now))
    others = [Count(tally.kind, told=tally, state=DataState(Phase.MISSING)) for tally in told.values()]
    return tuple(found + others)


def _count(table: Table, tally: Tally | None, at: int, now: float) -> Count:
    ours = tuple(table.counts)
    why = _difference(table, tally, at, now) if tally is not None else ()
    return Count(table.kind, ours, tally, table.state, why, _notes(table, tally) if not why else ())


def _difference(table: Table, tally: Tally, at: int, now: float) -> tuple[str, ...]:
    """Why the numbers differ, the likely causes in words; nothing when they do not."""
    total, told = len(table.rows), tally.running + tally.suspended
    same = (table.counts[Status.FAILED], table.counts[Status.SUSPENDED], total)
    if same == (tally.failing, tally.suspended, told):
        return ()
    if words := _not_current(table.state, now):
        return (words,)
    found = [*_rules(table, tally), *_moved(table, tally, at, now)]
    return tuple(found) or ("why is not known",)


def _not_current(state: DataState, now: float) -> str:
    match state.phase:
        case Phase.FRESH:
            return f"we see {state.detail}" if state.only else ""
        case Phase.LOADING:
            return "our list is still loading"
        case Phase.FORBIDDEN:
            return "you may not list them, so we count none"
        case Phase.MISSING:
            return "the API does not serve them to us (any more)"
        case _:
            return f"our list is {state.phase}, its last word is {age(now - (state.contact or state.since))} old"


def failing_by_report(row: Row) -> bool:
    """Whether a report that is written now would count the object as failing."""
    record = row.record
    return record.ready == "False" and record.reason != BLOCKED_REASON and row.status is not Status.SUSPENDED


def _rules(table: Table, tally: Tally) -> list[str]:
    """What the two rules of counting make different, whenever the report was written."""
    if table.counts[Status.FAILED] == tally.failing:
        return []
    rows = table.rows.values()
    retried = sum(row.status is Status.FAILED and not failing_by_report(row) for row in rows)
    passing = sum(row.status is not Status.FAILED and failing_by_report(row) for row in rows)
    found: list[str] = []
    if retried:
        verb = "fails and is" if retried == 1 else "fail and are"
        found.append(f"{retried} {verb} being retried: Ready is Unknown meanwhile, which the report does not count")
    if passing:
        verb = "is" if passing == 1 else "are"
        found.append(f"{passing} {verb} Ready=False in passing, which concludes nothing and the report counts")
    return found


def _moved(table: Table, tally: Tally, at: int, now: float) -> list[str]:
    """What changed after the report was written."""
    old = f"the report is {age(now - at)} old" if at else "the report was never finished"
    rows = table.rows.values()
    found: list[str] = []
    total, told = len(table.rows), tally.running + tally.suspended
    if total != told:
        came = sum(row.record.created >= at for row in rows)
        gone = told - (total - came)
        words = [f"{came} came" if came else "", f"{gone} went" if gone > 0 else ""]
        changed = " and ".join(filter(None, words))
        missed = f"the report misses {total - told}" if total > told else f"the report has {told - total} that went"
        found.append(f"{changed} since ({old})" if changed else f"{missed} ({old})")
    if sum(map(failing_by_report, rows)) != tally.failing:
        turned = sum(_turned(row, at) for row in rows)
        verb = "has" if turned == 1 else "have"
        found.append(
            f"{turned} {verb} turned since ({old})" if turned else f"some were repaired since, or went ({old})"
        )
    if table.counts[Status.SUSPENDED] != tally.suspended and total == told:
        found.append(f"something was suspended or resumed since ({old})")
    return found


def _turned(row: Row, at: int) -> bool:
    """Whether the report, at its time, may have counted the object differently from now."""
    if failing_by_report(row) or row.status is Status.FAILED:
        return row.record.ready_since >= at
    return row.since >= at


def _notes(table: Table, tally: Tally | None) -> tuple[str, ...]:
    found: list[str] = []
    blocked = table.counts[Status.BLOCKED]
    if blocked and tally is not None:
        verb = "waits" if blocked == 1 else "wait"
        found.append(f"{blocked} {verb} for a dependency: the report counts that as running, not as failing")
    unknown = table.counts[Status.UNKNOWN]
    if unknown and tally is not None:
        verb = "has" if unknown == 1 else "have"
        found.append(f"{unknown} {verb} no outcome yet: the report counts that as running, we as unknown")
    hidden = (
        sum(row.status is Status.SUSPENDED and row.record.ready == "False" for row in table.rows.values())
        if (table.counts[Status.SUSPENDED])
        else 0
    )
    if hidden:
        verb = "was" if hidden == 1 else "were"
        found.append(f"{hidden} of the suspended {verb} failing before: neither counts that")
    return tuple(found)
