"""How far a FluxReport can be believed.

Its Ready says only that it ran (facts: flux §1): a computation that fails leaves parts out and is Ready=True all the
same. Its condition is one generation behind after every change, which is normal; its age is what tells whether the
operator still writes it. No report, no CRD, a forbidden list: each is told in its own words.
"""

import msgspec

from fluxtui.insight.finding import Finding, bad, doubt, note, unseen
from fluxtui.insight.silent import LEAST_INTERVAL, REPORT_INTERVAL
from fluxtui.kinds.ages import age, exact
from fluxtui.kinds.report import PARTS, ReportRecord
from fluxtui.kinds.status import Status
from fluxtui.store.row import Row
from fluxtui.store.state import Phase
from fluxtui.store.store import ClusterData

CLOCKS = 60
"""Seconds by which a report may be ahead of our clock before that is told."""
FIRST = frozenset({"cluster", "operator"})
"""Parts that older operators do not know; the operator's is there even where the computation failed at once."""


class Freshness(msgspec.Struct, frozen=True):
    """When a report was written (`at`, epoch seconds, 0 never), its interval in seconds, and whether it is overdue."""

    at: int = 0
    interval: int = REPORT_INTERVAL
    stale: bool = False

    @property
    def due(self) -> int:
        """The age in seconds from which on it is stale."""
        return max(2 * self.interval, LEAST_INTERVAL)


class Reading(msgspec.Struct, frozen=True):
    """The report of a cluster as it is to be read: None where there is none, and what is to be said about it."""

    record: ReportRecord | None
    freshness: Freshness
    findings: tuple[Finding, ...]


def read(data: ClusterData, now: float) -> Reading:
    """The report of a cluster at `now`, epoch seconds."""
    rows = data.table("FluxReport").rows
    row = rows.get("FluxReport/flux-system/flux") or next(iter(rows.values()), None)
    if row is None or not isinstance(row.record, ReportRecord):
        return Reading(None, Freshness(), tuple(_absent(data)))
    record = row.record
    interval = record.interval or REPORT_INTERVAL
    fresh = Freshness(record.told_at, interval)
    stale = bool(record.told_at) and now - record.told_at > fresh.due
    fresh = Freshness(record.told_at, interval, stale)
    current = data.table("FluxReport").state.trusted
    found = [*(_age(row, record, fresh, now) if current else ()), *_condition(record), *_parts(record)]
    return Reading(record, fresh, tuple(found))


def _absent(data: ClusterData) -> list[Finding]:
    state = data.table("FluxReport").state
    match state.phase:
        case Phase.MISSING:
            return [
                note(
                    "no operator", "the Flux Operator is not installed (no FluxReport CRD): this row is computed by us"
                )
            ]
        case Phase.FORBIDDEN:
            why = f" ({state.detail})" if state.detail else ""
            return [unseen("hidden report", f"you may not list FluxReports{why}: this row is computed by us")]
        case Phase.FRESH:
            words = "its CRD is installed, but there is no FluxReport: the operator has not run yet, or never will"
            return [doubt("no report", f"{words}; this row is computed by us")]
        case _:
            return []  # the state of the cluster says it


def _age(row: Row, record: ReportRecord, fresh: Freshness, now: float) -> list[Finding]:
    if not fresh.at:
        return [doubt("never ran", "the operator made the report, and has not finished one yet: its parts are empty")]
    old = age(now - fresh.at)
    if record.suspended or row.status is Status.SUSPENDED:
        text = f"reporting is disabled by annotation: the report is {old} old and stays as it is"
        return [doubt("report off", text, Status.SUSPENDED)]
    if fresh.stale:
        text = (
            f"the report is {old} old, its interval is {_every(fresh.interval)}: stale since "
            f"{exact(fresh.at + fresh.due)}; the operator does not run, or cannot write it"
        )
        return [doubt("stale report", text)]
    if fresh.at > now + CLOCKS:
        return [doubt("clock", f"the report is from {age(fresh.at - now)} in the future: clocks differ")]
    return []


def _every(seconds: int) -> str:
    return f"{seconds // 60}m" if seconds % 60 == 0 else age(seconds) if seconds < 60 else f"{seconds}s"


def _condition(record: ReportRecord) -> list[Finding]:
    """What its own Ready and its generation say."""
    found: list[Finding] = []
    if record.ready == "False":
        found.append(doubt("report failed", f"the report itself failed: {record.reason}: {record.message}"))
    elif record.ready == "Unknown":
        text = f"the report's own Ready is Unknown ({record.reason or 'no reason'}): it has not run to its end"
        found.append(doubt("report unknown", text))
    lag = record.generation - record.observed if record.observed >= 0 else 0
    behind = f"its condition is of generation {record.observed} of {record.generation}"
    if lag == 1:
        found.append(note("generation lag", f"{behind}: normal, it is set before the counts"))
    elif lag > 1:
        found.append(doubt("generation lag", f"{behind}: {lag} writes behind, one is normal"))
    if record.flaw:
        found.append(doubt("unreadable", f"a field of the report could not be read: {record.flaw}"))
    if record.api and record.api != "v1":
        found.append(
            note("old API", f"the report is of API version {record.api}: what that version does not tell is empty")
        )
    return found


def _parts(record: ReportRecord) -> list[Finding]:
    """What is left out: a prefix of `PARTS` is there when a computation stopped; older operators lack some for good."""
    if record.installed in ("Not Installed", "Unknown") and record.told_at:
        words = (
            "Flux is not installed"
            if record.installed == "Not Installed"
            else "it could not tell whether Flux is there"
        )
        return [bad("not installed", f"the report says: {words}")]
    if not record.told_at:
        return []
    there = [
        part for part in PARTS[:-1] if part in record.parts
    ]  # a cluster without a sync has none: nothing is missing
    if "reconcilers" in there:
        missing = [part for part in sorted(FIRST) if part not in record.parts]
        if missing:
            words = " and ".join(missing)
            return [note("old operator", f"the report does not tell of {words}: an older operator wrote it")]
        return []
    missing = [part for part in PARTS[:-1] if part not in record.parts]
    text = (
        f"the report is partial: {_listed(missing)} {'is' if len(missing) == 1 else 'are'} missing, so its computation "
        "stopped; its Ready=True says only that it ran"
    )
    return [doubt("partial report", text)]


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
