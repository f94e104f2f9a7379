"""Flux Operator: ResourceSetInputProviders, and when they may look for something new.

Outside their windows they skip: the exported inputs stay, a request counts as handled all the same, and one that was
created outside a window is Ready with nothing exported. forceAt ignores the schedule.
"""

import zlib
from typing import Any

from fluxtui.simulator.controllers import schedule
from fluxtui.simulator.controllers.conditions import find, is_true
from fluxtui.simulator.controllers.engine import MOMENT, REQUESTED, SWITCH, Run, Steps
from fluxtui.simulator.controllers.schedule import Schedule, ScheduleError
from fluxtui.simulator.controllers.sources import force_requested
from fluxtui.simulator.controllers.times import duration, rounded, seconds, stamp
from fluxtui.simulator.shapes import map_at
from fluxtui.simulator.world import PullError, digest, matches

EVERY = "fluxcd.controlplane.io/reconcileEvery"
TIMEOUT = "fluxcd.controlplane.io/reconcileTimeout"


def reconcile(run: Run) -> Steps:
    """One run of an input provider."""
    if run.annotation(SWITCH) == "disabled":
        run.event("Warning", "ReconciliationDisabled", "Reconciliation is disabled")
        return None
    if find(run.status, "Ready") is None:
        run.put("Reconciling", "True", "Progressing", "Reconciliation in progress")
        run.put("Ready", "Unknown", "Progressing", "Reconciliation in progress")
        run.passing()
    yield MOMENT
    timeout = seconds(run.annotation(TIMEOUT) or "2m")
    try:
        schedules = schedule.parse(run.spec.get("schedule") or [], timeout)
    except ScheduleError as bad:
        return _misconfigured(run, str(bad))
    if not schedule.is_open(schedules, run.now, timeout) and not force_requested(run, "lastHandledForceAt"):
        return _skip(run, schedules)
    if run.spec["type"] != "Static" and is_true(run.status, "Ready"):
        run.put("Reconciling", "True", "Progressing", "Reconciliation in progress")
        run.put("Ready", "Unknown", "Progressing", "Reconciliation in progress")
        run.passing()
        yield MOMENT * 2
    try:
        exported = _fetch(run)
    except PullError as away:
        return _failed(run, str(away))
    return _export(run, exported, schedules, timeout)


def _fetch(run: Run) -> list[dict[str, Any]]:
    kind, world = run.spec["type"], run.engine.world
    if kind == "Static":
        values = map_at(run.spec, "defaultValues")
        return [{"id": _identity(f"{run.namespace}/{run.name}"), **values}]
    url = run.spec["url"]
    if kind == "ExternalService":
        return [{"id": _identity(repr(values)), **values} for values in world.service(url)]
    chosen = map_at(run.spec, "filter")
    limit: int = chosen.get("limit", 100)
    wanted: str = chosen.get("semver", "*")
    tags = [tag for tag in reversed(world.tags(url)) if matches(tag, wanted)][:limit]
    found = [(tag, world.peek(url, tag)) for tag in tags]
    return [{"digest": made.digest, "id": _identity(tag), "tag": tag} for tag, made in found if made is not None]


def _identity(text: str) -> str:
    return str(zlib.adler32(text.encode()))


def _skip(run: Run, schedules: list[Schedule]) -> float | None:
    found = schedule.upcoming(schedules, run.now)
    if found is None:
        return None
    when, entry = found
    said = f"Reconciliation skipped, next scheduled at {stamp(when)}"
    if not is_true(run.status, "Ready"):
        run.drop("Reconciling", "Stalled")
        run.put("Ready", "True", "SkippedDueToSchedule", said)
        run.passing()
    run.status["nextSchedule"] = _next(when, entry)
    run.handled()
    run.write()
    run.event("Normal", "SkippedDueToSchedule", said)
    return max(1.0, when - run.now)


def _next(when: float, entry: Schedule) -> dict[str, str]:
    window = duration(entry.window)
    long = f"{window.partition('h')[0]}h0m0s" if window.endswith("h0m0s") else window
    return {"cron": entry.text, "timeZone": entry.zone, "when": stamp(when), "window": long}


def _export(run: Run, exported: list[dict[str, Any]], schedules: list[Schedule], timeout: float) -> float:
    took = rounded(run.took()) if run.spec["type"] != "Static" else "0s"
    revision = digest(repr(exported))
    said = f"Reconciliation finished in {took}"
    run.drop("Reconciling", "Stalled")
    same = run.status.get("lastExportedRevision") == revision and is_true(run.status, "Ready")
    if not (same and run.spec["type"] == "Static"):
        run.put("Ready", "True", "ReconciliationSucceeded", said)
    run.passing()
    run.status["exportedInputs"] = exported
    run.status["lastExportedRevision"] = revision
    if force_requested(run, "lastHandledForceAt"):
        run.status["lastHandledForceAt"] = run.annotation(REQUESTED)
    run.handled()
    again = seconds(run.annotation(EVERY) or "10m")
    found = schedule.upcoming(schedules, run.now)
    run.status.pop("nextSchedule", None)
    if found is not None:
        due = run.now + again
        if not schedule.continues(schedules, due, timeout) or found[0] < due:
            run.status["nextSchedule"] = _next(*found)
            again = max(1.0, found[0] - run.now)
    run.write()
    run.event("Normal", "ReconciliationSucceeded", f"{said}, revision {revision}")
    return again


def _failed(run: Run, said: str) -> float:
    message = f"failed to call OCI provider: {said}"
    run.drop("Reconciling")
    run.put("Reconciling", "True", "ProgressingWithRetry", "Reconciliation in progress")
    run.put("Ready", "False", "ReconciliationFailed", message)
    run.handled()
    run.write()
    run.event("Warning", "ReconciliationFailed", message)
    return 15.0


def _misconfigured(run: Run, detail: str) -> None:
    said = f"Reconciliation failed terminally due to configuration error: {detail}"
    run.drop("Reconciling")
    run.put("Stalled", "True", "InvalidSchedule", said)
    run.put("Ready", "False", "InvalidSchedule", said)
    run.handled()
    run.write()
    run.event("Warning", "InvalidSchedule", said)
