"""Making a cluster that was just built look lived-in: what ran at every interval since then is counted, not played."""

from typing import Any

from fluxtui.simulator.controllers.conditions import find
from fluxtui.simulator.controllers.engine import Engine, Key
from fluxtui.simulator.controllers.provider import EVERY
from fluxtui.simulator.controllers.times import seconds, stamp
from fluxtui.simulator.shapes import dig

KINDS = ("Kustomization", "ResourceSet", "FluxInstance", "OCIRepository", "HelmRelease", "GitRepository")


def live_on(engine: Engine, since: float) -> None:
    """Counts the runs between ``since`` and now of everything that is ready, and spreads the next ones.

    ``since`` is the time up to which the cluster was really played.
    """
    for kind in KINDS:
        for obj in list(engine.storage.list(kind)):
            metadata = obj["metadata"]
            key: Key = (kind, metadata["namespace"], metadata["name"])
            if not engine.idle(key) or (obj.get("spec") or {}).get("suspend"):
                continue
            interval = _interval(obj)
            last = engine.now - engine.random.uniform(0.02, 0.98) * interval
            ready = find(obj.get("status") or {}, "Ready")
            if ready is None or ready["status"] != "True":
                continue
            if last > since and obj["status"].get("history") and kind != "HelmRelease":
                _count(engine, key, obj["status"], since, last, interval)
            engine.postpone(key, max(last + interval, engine.now + 0.2))


def _interval(obj: dict[str, Any]) -> float:
    return seconds(dig(obj, "spec", "interval") or dig(obj, "metadata", "annotations", EVERY) or "1h")


def _count(engine: Engine, key: Key, status: dict[str, Any], since: float, last: float, interval: float) -> None:
    entry = status["history"][0]
    runs = int((last - since) / interval)
    if entry["lastReconciledStatus"] != "ReconciliationSucceeded" or runs < 1:
        return
    took = f"{engine.random.uniform(80, 420):.6f}ms"
    newest = entry | {"lastReconciled": stamp(last), "totalReconciliations": entry["totalReconciliations"] + runs}
    fresh = status | {"history": [newest | {"lastReconciledDuration": took}, *status["history"][1:]]}
    if key[0] == "Kustomization":
        fresh["conditions"] = [
            condition | ({"lastTransitionTime": stamp(last)} if condition["type"] in {"Ready", "Healthy"} else {})
            for condition in status["conditions"]
        ]
    engine.storage.set_status(key, fresh)
