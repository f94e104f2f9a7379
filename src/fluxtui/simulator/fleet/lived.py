"""Making a cluster that was just built look lived-in: what ran at every interval since then is counted, not played."""

from typing import Any

from fluxtui.simulator.controllers.conditions import find
from fluxtui.simulator.controllers.engine import Engine, Key
from fluxtui.simulator.controllers.provider import EVERY
from fluxtui.simulator.controllers.times import moment, seconds, stamp
from fluxtui.simulator.shapes import dig

KINDS = ("Kustomization", "ResourceSet", "FluxInstance", "OCIRepository", "HelmRelease", "GitRepository", "HelmChart")


def live_on(engine: Engine) -> None:
    """Counts the runs since everything that is ready was last really played, and spreads the next ones."""
    for provider in engine.storage.list("ResourceSetInputProvider"):
        key = ("ResourceSetInputProvider", provider["metadata"]["namespace"], provider["metadata"]["name"])
        engine.postpone(key, engine.now + engine.random.uniform(0.1, 60.0))
    for kind in KINDS:
        for obj in list(engine.storage.list(kind)):
            metadata = obj["metadata"]
            key: Key = (kind, metadata["namespace"], metadata["name"])
            if not (obj.get("spec") or {}).get("suspend"):
                confirm(engine, key)


def confirm(engine: Engine, key: Key) -> None:
    """Counts the runs of one object since it was last really played, if it is ready and at rest."""
    obj = engine.storage.get(*key)
    if obj is None or not engine.idle(key):
        return
    interval = _interval(obj)
    last = engine.now - engine.random.uniform(0.02, 0.98) * interval
    ready = find(obj.get("status") or {}, "Ready")
    if ready is None or ready["status"] != "True":
        return
    if obj["status"].get("history") and key[0] != "HelmRelease":
        _count(engine, key, obj["status"], last, interval)
    engine.postpone(key, max(last + interval, engine.now + 0.2))


def _interval(obj: dict[str, Any]) -> float:
    return seconds(dig(obj, "spec", "interval") or dig(obj, "metadata", "annotations", EVERY) or "1h")


def _count(engine: Engine, key: Key, status: dict[str, Any], last: float, interval: float) -> None:
    if status["history"][0]["lastReconciledStatus"] != "ReconciliationSucceeded":
        return
    until, entries = last, list[dict[str, Any]]()
    for entry in status["history"]:
        first = moment(entry["firstReconciled"])
        entries.append(_repeated(entry, first, max(first, until), interval, engine.random.uniform(80, 420)))
        until = first - engine.random.uniform(0.02, 0.98) * interval
    fresh = status | {"history": entries}
    if key[0] == "Kustomization":
        fresh["conditions"] = [
            condition | ({"lastTransitionTime": stamp(last)} if condition["type"] in {"Ready", "Healthy"} else {})
            for condition in status["conditions"]
        ]
    engine.storage.set_status(key, fresh)


def _repeated(entry: dict[str, Any], first: float, last: float, interval: float, took: float) -> dict[str, Any]:
    """A history entry that was confirmed at every interval since its first run."""
    runs = 1 + int((last - first) / interval)
    if entry["lastReconciledStatus"] != "ReconciliationSucceeded" or runs <= entry["totalReconciliations"]:
        return entry
    counted = {"lastReconciled": stamp(last), "totalReconciliations": runs, "lastReconciledDuration": f"{took:.6f}ms"}
    return entry | counted
