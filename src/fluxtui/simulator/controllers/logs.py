"""What the controllers' pods log: one JSON line per event that the controller recorded, with the fields of Flux."""

import json

from fluxtui.simulator.controllers.conditions import Object
from fluxtui.simulator.controllers.engine import Engine
from fluxtui.simulator.controllers.releases import NAMESPACE
from fluxtui.simulator.controllers.times import moment, stamp
from fluxtui.simulator.shapes import dig
from fluxtui.simulator.world import digest


def lines(engine: Engine, namespace: str, pod: str) -> list[tuple[float, str]]:
    """The log of a pod so far: (epoch seconds, line), oldest first; other pods than Flux's log nothing."""
    found = engine.storage.get("Pod", namespace, pod)
    component = dig(found, "metadata", "labels", "app")
    if found is None or namespace != NAMESPACE or not component:
        return []
    began = moment(found["metadata"]["creationTimestamp"])
    said = [(began, _line("info", began, "Starting manager", {}))]
    events = (event for event in engine.storage.list("Event") if event.get("lastTimestamp"))
    said += [_told(event) for event in events if dig(event, "source", "component") == component]
    return sorted(said)


def _told(event: Object) -> tuple[float, str]:
    about, when = event["involvedObject"], moment(event["lastTimestamp"])
    fields = {"controllerKind": about["kind"], "name": about["name"], "namespace": about.get("namespace", "")}
    fields["reconcileID"] = digest(event["metadata"]["name"]).partition(":")[2][:32]
    if event["type"] == "Warning":
        fields["error"] = event["message"].partition("\n")[0]
        return when, _line("error", when, "Reconciler error", fields)
    return when, _line("info", when, event["message"].partition("\n")[0], fields)


def _line(level: str, when: float, message: str, fields: dict[str, str]) -> str:
    return json.dumps({"level": level, "ts": stamp(when), "msg": message, **fields})
