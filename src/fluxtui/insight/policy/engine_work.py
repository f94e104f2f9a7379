"""What the engine does besides admission: scans, reports, work in the background, clean-ups by schedule.

Sources: Kyverno 1.19 (facts: kyverno-oci §A, *Report pipeline*). Times are epoch seconds, cron schedules are in UTC.
"""

from collections import defaultdict
from collections.abc import Sequence

from fluxtui.insight.policy.engine_held import Grade, Held, Told, count, names, optional_controller
from fluxtui.kinds.ages import age
from fluxtui.kinds.policy.engine import CleanupRecord, UpdateRequestRecord
from fluxtui.kinds.policy.policies import PolicyRecord
from fluxtui.store.state import Phase

BACKLOG = 1_000
"""Ephemeral reports that a healthy reports controller never leaves."""
BREAKER = 10_000
"""Ephemeral reports at which Kyverno stops to write them (its reports' circuit breaker)."""
PENDING = 300
"""Seconds after which an UpdateRequest should have been worked on."""
SCAN = 3600
"""Seconds between two background scans, by default (backgroundScanInterval)."""
LATE = 600
"""Seconds that a cleanup may be late."""
EXCLUDED = "reports.kyverno.io/disabled"
"""The label of policies whose results are not reported."""


def background(held: Held) -> Told:
    """The controller that generates and mutates what exists, and the work that waits for it."""
    requests = [each for each in held.records("UpdateRequest") if isinstance(each, UpdateRequestRecord)]
    generating = [each for each in held.policies if any(rule.does == "generate" for rule in each.rules)]
    waits = count(len(generating), "policy", "generates", "generate") if generating else ""
    if requests:
        waits = count(len(requests), "UpdateRequest", "waits", "wait")
    means = "what policies generate, or change of what exists, is not brought up to date"
    told = optional_controller(held, "background", "background-controller", waits, means)
    stuck: dict[str, list[UpdateRequestRecord]] = defaultdict(list)
    for each in requests:
        if each.state == "Failed" or (each.state in ("", "Pending") and held.now - each.created > PENDING):
            stuck[each.policy or "?"].append(each)
    for policy, found in sorted(stuck.items(), key=lambda pair: -len(pair[1])):
        _stuck(held, told, policy, found)
    if stuck:
        told.short += f" ✖{sum(len(found) for found in stuck.values())}"
    if held.state("UpdateRequest").phase is Phase.FORBIDDEN:
        told.add("background", Grade.OK, "UpdateRequests may not be listed: stuck ones would not be seen")
    return told


def _stuck(held: Held, told: Told, policy: str, found: list[UpdateRequestRecord]) -> None:
    failed = [each for each in found if each.state == "Failed"]
    waiting = [each for each in found if each.state != "Failed"]
    parts = [f"{len(failed)} failed"] if failed else []
    if waiting:
        oldest = min(each.created for each in waiting)
        parts.append(f"{len(waiting)} pending for {age(held.now - oldest)}")
    does = next((each.does for each in found if each.does), "")
    words = f"UpdateRequests of policy {policy}{f' ({does})' if does else ''}: {', '.join(parts)}"
    message = next((each.message for each in failed if each.message), "")
    about = next((each.about for each in found if each.about), "")
    means = " · ".join(filter(None, (f"for {about}" if about else "", " ".join(message.split()))))
    told.add("background", Grade.DEGRADED, words, means, [each.id for each in found])


def cleanup(held: Held) -> Told:
    """The controller that deletes by schedule, and what it should have run by now."""
    records = [*held.records("CleanupPolicy"), *held.records("ClusterCleanupPolicy")]
    scheduled = [(each, each.schedule) for each in records if isinstance(each, CleanupRecord)]
    scheduled += [(each, each.schedule) for each in held.policies if each.schedule]
    waits = count(len(scheduled), "cleanup policy", "waits", "wait") if scheduled else ""
    told = optional_controller(
        held, "cleanup", "cleanup-controller", waits, "nothing is deleted by schedule, nor by its cleanup label"
    )
    for record, schedule in scheduled:
        due = overdue(schedule, record.updated, record.created, held.now)
        if due < 0:
            words = f"{record.kind} {names([record])} has a schedule that cannot be read: {schedule}"
            told.add("cleanup", Grade.DEGRADED, words, "it never runs", [record.id])
        elif due:
            last = f"last ran {age(held.now - record.updated)} ago" if record.updated else "never ran"
            words = f"{record.kind} {names([record])} should have run {age(held.now - due)} ago, {last}"
            told.add("cleanup", Grade.DEGRADED, words, f"schedule {schedule}", [record.id])
    return told


def overdue(schedule: str, last: int, created: int, now: float) -> int:
    """When a cron schedule (UTC) should have run after its last run or its creation: epoch s, 0 if it is not overdue,
    -1 if the schedule cannot be read.
    """
    from datetime import UTC, datetime

    from croniter import croniter

    start = last or created
    if not schedule or not start:
        return 0
    try:
        due = croniter(schedule, datetime.fromtimestamp(start, UTC)).get_next(datetime)
    except (ValueError, KeyError):  # CroniterError is a ValueError
        return -1
    moment = int(due.timestamp())
    return moment if moment + LATE < now else 0


def policies(held: Held) -> Told:
    """What the engine itself says of its policies, and which of them it does not report on."""
    told = Told(str(len(held.policies)))
    broken = [each for each in held.policies if each.ready == "False"]
    for each in broken:
        words = f"{each.kind} {names([each])} is not ready"
        told.add("policies", Grade.DEGRADED, words, " ".join(each.message.split()), [each.id])
    if broken:
        told.short += f" ✖{len(broken)}"
    silent = [each for each in held.policies if f"\n{EXCLUDED}=" in f"\n{each.labels}"]
    if silent:
        words = f"{count(len(silent), 'policy', 'is', 'are')} left out of reports by label: {names(silent)}"
        told.add("policies", Grade.OK, words, EXCLUDED, [each.id for each in silent])
    hidden = [kind for kind in held.data.tables if kind.endswith("Policy") and _forbidden(held, kind)]
    if hidden:
        told.add("policies", Grade.UNKNOWN, f"may not be listed: {', '.join(hidden)}")
    if not held.policies:
        told.least = Grade.UNKNOWN if hidden else Grade.ABSENT
    return told


def _forbidden(held: Held, kind: str) -> bool:
    return held.state(kind).phase is Phase.FORBIDDEN


def scan(held: Held) -> Told:
    """Whether what exists is looked at again and again."""
    told = Told("–", Grade.ABSENT)
    validating = [each for each in held.policies if any(rule.does == "validate" for rule in each.rules)]
    scanned = [each for each in validating if each.background]
    once = [each for each in validating if not each.background]
    if once:
        words = f"{count(len(once), 'policy')} without background scan: {names(once)}"
        told.add("scan", Grade.OK, words, "reports tell of admitted requests alone", [each.id for each in once])
    coverage = held.coverage
    if not scanned or coverage is None or not coverage.settled:
        told.short, told.least = ("?", Grade.UNKNOWN) if scanned else (told.short, told.least)
        return told
    told.least = Grade.OK
    if not coverage.newest:
        told.short = "never" if not coverage.unread else "?"
        if not coverage.count and all(held.now - each.created > 2 * SCAN for each in scanned):
            words = f"there is no report, though {count(len(scanned), 'policy', 'asks', 'ask')} for background scans"
            told.add("scan", Grade.DEGRADED, words, "what is violated is not known")
        return told
    old = held.now - coverage.newest
    told.short = age(old)
    if old > 2 * SCAN:
        words = f"nothing was evaluated for {age(old)}"
        told.add("scan", Grade.DEGRADED, words, "scans are hourly unless backgroundScanInterval says otherwise")
    _never_seen(held, told, scanned)
    return told


def _never_seen(held: Held, told: Told, scanned: Sequence[PolicyRecord]) -> None:
    """Policies that no report names: nothing matches them, passes are not reported, or they are not evaluated."""
    picture, coverage = held.picture, held.coverage
    if picture is None or coverage is None or coverage.unread:
        return
    seen = {policy for cluster, policy, _ in picture.checked if cluster == held.cluster}
    seen |= {each.policy for each in picture.violations if each.cluster == held.cluster}
    unseen = [
        each
        for each in scanned
        if each.id not in seen
        and held.now - each.created > 2 * SCAN
        and each.ready != "False"
        and f"\n{EXCLUDED}=" not in f"\n{each.labels}"
    ]
    if unseen:
        words = f"no report names {count(len(unseen), 'policy')}: {names(unseen)}"
        means = "nothing matches them, or passes are not reported (allowedResults), or they are not evaluated"
        told.add("scan", Grade.OK, words, means, [each.id for each in unseen])


def reports(held: Held) -> Told:
    """The controller that writes reports, and what waits to become one."""
    coverage = held.coverage
    validating = [each for each in held.policies if any(rule.does == "validate" for rule in each.rules)]
    waits = f"nobody reports on {count(len(validating), 'policy')}" if validating else ""
    means = "reports stay as they are, whatever changes; new violations are not told"
    told = optional_controller(held, "reports", "reports-controller", waits, means)
    backlog = coverage.backlog if coverage is not None else -1
    if backlog >= BREAKER:
        words = f"{backlog:,} ephemeral reports wait: Kyverno stops at {BREAKER:,}, and results are lost"
        told.add("reports", Grade.DEGRADED, words, "the reports controller is stuck, or too slow")
    elif backlog > BACKLOG:
        words = f"{backlog:,} ephemeral reports wait to become reports"
        told.add("reports", Grade.DEGRADED, words, f"the reports controller lags; at {BREAKER:,} Kyverno stops")
    if backlog > 0:
        told.short += f" +{backlog:,}"
    _families(held, told)
    return told


def _families(held: Held, told: Told) -> None:
    """One family alone holds reports; the other being served and empty is how it should be, and worth knowing."""
    kept: dict[str, int] = {}
    for family, kinds in (
        ("wgpolicyk8s.io", ("PolicyReport", "ClusterPolicyReport")),
        ("openreports.io", ("Report", "ClusterReport")),
    ):
        if all(held.state(kind).phase is Phase.FRESH for kind in kinds):
            kept[family] = sum(len(held.records(kind)) for kind in kinds)
    if len(kept) == 2 and sum(map(bool, kept.values())) == 1:
        empty, full = sorted(kept, key=lambda family: kept[family])
        told.add("reports", Grade.OK, f"{empty} is served and empty: the reports are in {full}")
