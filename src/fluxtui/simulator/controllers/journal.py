"""What the controllers log: a line or two for each event that they record, with the fields that the real ones log.

Kept per controller and not per pod, as it happens; `logs` tells which part of it each pod has seen.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

from fluxtui.simulator.controllers.conditions import Object
from fluxtui.simulator.shapes import map_at
from fluxtui.simulator.world import digest

if TYPE_CHECKING:
    from fluxtui.simulator.controllers.engine import Storage

MOST = 20_000
"""Lines that are kept of one controller; then the older half goes."""
SHARD = "sharding.fluxcd.io/key"


class Said(NamedTuple):
    """One line: when (epoch seconds), the level, the message, and the fields after it."""

    when: float
    level: str
    message: str
    fields: dict[str, Any]


class Journal:
    """The lines of all controllers of one cluster, by the name of their Deployment."""

    def __init__(self, storage: "Storage") -> None:
        self._storage = storage
        self._lines: dict[str, list[Said]] = {}

    def of(self, component: str) -> list[Said]:
        """What a controller has said so far, oldest first."""
        return self._lines.get(component, [])

    def event(self, now: float, component: str, obj: Object, kind: str, reason: str, message: str) -> None:
        """Logs what a controller logs along with an event about ``obj``; ``kind`` is Normal or Warning."""
        fields = _about(obj, now)
        lines = self._lines.setdefault(self._place(component, obj), [])
        if len(lines) >= MOST:
            del lines[: MOST // 2]
        first, _, rest = message.partition("\n")
        if kind == "Warning":
            lines.append(Said(now, "error", first, {"error": reason} | fields))
            lines.append(Said(now, "error", "Reconciler error", fields | {"error": message}))
            return
        changed = [line.rpartition(" ") for line in message.split("\n")]
        if reason == "Progressing" and all(what in {"created", "configured", "deleted"} for _, _, what in changed):
            output = {name: what for name, _, what in changed}
            lines.append(Said(now, "info", "server-side apply completed", fields | {"output": output}))
            return
        lines.append(Said(now, "info", first, fields | ({"details": rest} if rest else {})))

    def _place(self, component: str, obj: Object) -> str:
        """The Deployment that logs it: the shard's, for objects that have its label."""
        shard: str = map_at(obj, "metadata", "labels").get(SHARD, "")
        name = f"{component}-{shard}"
        return name if shard and self._storage.get("Deployment", "flux-system", name) is not None else component


def _about(obj: Object, now: float) -> dict[str, Any]:
    """The fields by which controller-runtime says what is being reconciled."""
    kind, metadata = obj["kind"], obj["metadata"]
    name, namespace = metadata["name"], metadata.get("namespace", "")
    identity = digest(f"{kind} {namespace} {name} {now}").partition(":")[2]
    steps = (identity[:8], identity[8:12], identity[12:16], identity[16:20], identity[20:32])
    return {
        "controller": kind.lower(),
        "controllerGroup": obj["apiVersion"].rpartition("/")[0],
        "controllerKind": kind,
        kind: {"name": name, "namespace": namespace},
        "namespace": namespace,
        "name": name,
        "reconcileID": "-".join(steps),
    }
