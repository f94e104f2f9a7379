"""What a pod's container has logged: Flux's controllers from their journal, everything else from `chatter`."""

import json
from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, datetime

from fluxtui.simulator.controllers import chatter
from fluxtui.simulator.controllers.conditions import Object
from fluxtui.simulator.controllers.engine import Engine
from fluxtui.simulator.controllers.journal import Said
from fluxtui.simulator.controllers.times import moment
from fluxtui.simulator.logs import Computed, LogLine
from fluxtui.simulator.shapes import Json, dig, map_at, maps_at

CONTROLLERS = ("app", "app.kubernetes.io/name")
"""The labels that name a controller: Flux's own, and the operator's."""
PANIC = (
    "panic: runtime error: invalid memory address or nil pointer dereference",
    "[signal SIGSEGV: segmentation violation code=0x1 addr=0x18 pc=0x1c9be3f]",
    "goroutine 1291 [running]:",
    "sigs.k8s.io/controller-runtime/pkg/internal/controller.(*Controller).Reconcile.func1()",
)


def lines(
    engine: Engine, namespace: str, pod: str, container: str = "", *, previous: bool = False
) -> Sequence[LogLine]:
    """The log so far of a container's current life, or the one before: (epoch seconds, line), oldest first."""
    found = engine.storage.get("Pod", namespace, pod)
    if found is None:
        return []
    every = maps_at(found, "status", "containerStatuses")
    status = next((item for item in every if item["name"] == container or not container), None)
    if status is None:
        return []
    life = _life(status, previous=previous)
    if life is None:
        return []
    began, ended = life
    name = _controller(found)
    if name:
        return _controllers(engine, name, began, ended, crashed=_crashed(status) if ended else "")
    if ended and maps_at(found, "status", "containerStatuses")[0]["state"].get("waiting"):
        return chatter.failing(status["name"], status["image"], began, ended)
    return chatter.Chatter(pod, status["name"], began, ended or engine.now)


def _life(status: Json, *, previous: bool) -> tuple[float, float] | None:
    """From when to when (0: it lives) the instance ran whose log is asked for; None if there was none.

    As the kubelet does, a container that waits to be started again shows the life before.
    """
    running, last = dig(status, "state", "running", "startedAt"), map_at(status, "lastState", "terminated")
    if running and not previous:
        return moment(running), 0.0
    if not last:
        return None
    return moment(last["startedAt"]), moment(last["finishedAt"])


def _crashed(status: Json) -> str:
    return str(dig(status, "lastState", "terminated", "reason") or "")


def _controller(pod: Object) -> str:
    """The controller that a pod is of, empty for workloads."""
    labels = map_at(pod, "metadata", "labels")
    if labels.get("app.kubernetes.io/part-of") == "flux":
        return str(labels.get("app", ""))
    return "flux-operator" if labels.get("app.kubernetes.io/name") == "flux-operator" else ""


class Written(Computed):
    """Lines of a controller's journal, spelled out when they are looked at: `first` to before `last` of them."""

    def __init__(self, before: list[Said], every: list[Said], first: int, last: int, after: list[LogLine]) -> None:
        self._before, self._every, self._after = before, every, after
        self._first = first - len(before)
        self._end = last - self._first
        super().__init__(self._end + len(after))

    def line(self, number: int) -> LogLine:
        """Spelled out."""
        if number >= self._end:
            return self._after[number - self._end]
        said = self._before[number] if number < len(self._before) else self._every[self._first + number]
        return said.when, _spelled(said)


def _controllers(engine: Engine, name: str, began: float, ended: float, *, crashed: str) -> Sequence[LogLine]:
    said = [Said(began, "info", "starting manager", {"logger": "setup"})]
    said += [Said(began + 0.1, "info", "Starting workers", {"worker count": 5})]
    every = engine.recorder.journal.of(name)
    first = bisect_left(every, began + 0.2, key=lambda line: line.when)
    last = bisect_left(every, ended, key=lambda line: line.when) if ended else len(every)
    after = [(ended, line) for line in PANIC] if crashed == "Error" else []
    return Written(said, every, first, max(first, last), after)


def _spelled(line: Said) -> str:
    time = datetime.fromtimestamp(line.when, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"level": line.level, "ts": time, "msg": line.message, **line.fields}, separators=(",", ":"))
