"""The clock-driven heart: which object is reconciled when, one run per object at a time.

A controller is a generator function: it takes a `Run`, writes statuses, yields the seconds that something takes, and
returns the seconds until the next run (None: only when something happens). The engine keeps one heap of what is due.
Nothing here knows the wall clock: `tick` does what is due at `Clock.time`, `advance` moves that time itself.
"""

import heapq
import random
from collections.abc import Callable, Generator, Iterable
from typing import Protocol

from fluxtui.simulator.controllers import conditions
from fluxtui.simulator.controllers.conditions import Object
from fluxtui.simulator.controllers.recorder import Recorder
from fluxtui.simulator.kyverno.kinds import WGPOLICY
from fluxtui.simulator.shapes import map_at
from fluxtui.simulator.world import World

Key = tuple[str, str, str]
"""Kind, namespace, name."""
Steps = Generator[float, None, float | None]

REQUESTED = "reconcile.fluxcd.io/requestedAt"
FORCED = "reconcile.fluxcd.io/forceAt"
RESET = "reconcile.fluxcd.io/resetAt"
SWITCH = "fluxcd.controlplane.io/reconcile"
_ASKING = (REQUESTED, FORCED, RESET, SWITCH, "fluxcd.controlplane.io/reconcileEvery")
MOMENT = 0.01
"""Seconds between two writes of one run."""
LONG = 1.0
"""Seconds of waiting during which others see the status in passing."""


class Clock:
    """The time of one cluster, epoch seconds. Whoever drives the cluster moves it; it never moves by itself."""

    def __init__(self, time: float) -> None:
        self.time = time

    def __call__(self) -> float:
        """The current time."""
        return self.time


class GoneError(Exception):
    """The object that is being reconciled was deleted meanwhile."""


class Storage(Protocol):
    """What the engine asks of a cluster's storage (`storage.ClusterStorage` has it)."""

    def get(self, kind: str, namespace: str, name: str) -> Object | None:
        """The object, or None."""
        ...

    def list(self, kind: str, namespace: str = "") -> Iterable[Object]:
        """All objects of a kind, or those in one namespace."""
        ...

    def create(self, obj: Object, manager: str = "") -> None:
        """Creates it; a namespace that is missing is no error. ``manager`` is who owns the fields."""
        ...

    def merge(self, key: Key, patch: Object, manager: str = "") -> None:
        """Applies a merge patch to everything but the status. Raises GoneError."""
        ...

    def set_status(self, key: Key, status: Object) -> None:
        """Replaces the status. Raises GoneError."""
        ...

    def delete(self, key: Key) -> None:
        """Deletes it; one that is not there is no error."""
        ...

    def release(self, key: Key) -> None:
        """Takes the finalizers off: an object that is being deleted goes."""
        ...

    def serves(self, kind: str) -> bool:
        """Whether the cluster has this kind."""
        ...

    def subscribe(self, listener: Callable[[str, Object], None]) -> None:
        """Calls the listener with ADDED, MODIFIED or DELETED and the object, after every change."""
        ...


Reconcile = Callable[["Run"], Steps]
Finalize = Callable[["Engine", Object], None]
Trigger = Callable[["Engine", str, Object], Iterable[Key]]


class Engine:
    """The controllers of one cluster.

    ``quiet`` leaves out statuses in passing and is for playing a past that nobody watches.
    """

    def __init__(self, storage: Storage, world: World, clock: Clock, *, seed: int = 0) -> None:
        self.storage = storage
        self.world = world
        self.clock = clock
        self.random = random.Random(seed)  # noqa: S311 - a simulation must be repeatable
        self.recorder = Recorder(storage, clock)
        self.broken: dict[tuple[str, str], str] = {}
        """Deployments, by (namespace, name), that never become ready while their image contains the text."""
        self.failing: dict[Key, tuple[str, str]] = {}
        """Objects whose next runs fail: the reason and the message of the failure."""
        self.static: set[str] = set()
        """Namespaces whose objects are only reconciled when somebody asks."""
        self.memory: dict[Key, Object] = {}
        """What a controller remembers of an object between runs, beyond its status."""
        self.reports = WGPOLICY
        """The family of reports that Kyverno writes, as the name of its group; empty where it writes none."""
        self.quiet = False
        self.asleep = False
        """Whether background work (reports, scans) is left out."""
        self.reconcilers: dict[str, Reconcile] = {}
        self.finalizers: dict[str, Finalize] = {}
        self.triggers: list[Trigger] = []
        self._heap: list[tuple[float, int, Key]] = []
        self._due: dict[Key, float] = {}
        self._running: dict[Key, tuple[Run, Steps]] = {}
        self._dirty: set[Key] = set()
        self._asked: dict[Key, tuple[object, ...]] = {}
        self._sequence = 0
        storage.subscribe(self._changed)

    @property
    def now(self) -> float:
        """The cluster's time, epoch seconds."""
        return self.clock.time

    def use(
        self,
        reconcilers: dict[str, Reconcile],
        triggers: Iterable[Trigger] = (),
        finalizers: dict[str, Finalize] | None = None,
    ) -> None:
        """Adds controllers by the kinds that they reconcile, what else makes them run, and what a deletion does."""
        self.reconcilers |= reconcilers
        self.finalizers |= finalizers or {}
        self.triggers += triggers

    def enqueue(self, key: Key, after: float = 0.0) -> None:
        """Runs an object's controller ``after`` seconds from now, or earlier if it is already due earlier."""
        if key in self._running:
            self._dirty.add(key)
            return
        due = self.now + after
        if self._due.get(key, due + 1) > due:
            self._push(key, due)

    def due(self) -> float | None:
        """When the next step is due; None when nothing is planned."""
        while self._heap and self._due.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def tick(self) -> int:
        """Does everything that is due by now; the number of steps done."""
        done = 0
        while (due := self.due()) is not None and due <= self.now:
            _, _, key = heapq.heappop(self._heap)
            del self._due[key]
            self._step(key)
            done += 1
        return done

    def advance(self, until: float) -> None:
        """Plays the time up to ``until``: each step happens when it is due."""
        while (due := self.due()) is not None and due <= until:
            self.clock.time = max(due, self.now)
            self.tick()
        self.clock.time = max(until, self.now)

    def settle(self, limit: float = 3600.0, pause: float = 35.0) -> None:
        """Plays time until nothing was due for ``pause`` seconds: what was started has concluded. At most ``limit``."""
        end = self.now + limit
        while (due := self.due()) is not None and due <= min(end, self.now + pause):
            self.clock.time = max(due, self.now)
            self.tick()

    def leap(self, until: float) -> None:
        """Jumps to a later time as if every interval in between had passed well: nothing runs, all is due later."""
        for key in list(self._due):
            self._push(key, self._due[key] + until - self.now)
        self.clock.time = until

    def postpone(self, key: Key, due: float) -> None:
        """Plans an object's next run anew, whatever was planned before."""
        if key not in self._running:
            self._push(key, due)

    def rest(self, namespaces: Iterable[str]) -> None:
        """Leaves the objects of these namespaces alone, those that are there already too, until somebody asks."""
        self.static.update(namespaces)
        for kind in ("Kustomization", "OCIRepository"):
            for obj in self.storage.list(kind):
                metadata = obj["metadata"]
                self._asked.setdefault((kind, metadata["namespace"], metadata["name"]), _asked(obj))

    def rest_like(self, other: "Engine") -> None:
        """Knows the objects of another engine's cluster, and leaves all alone that nobody asks for, but the report."""
        self._asked = dict(other._asked)
        self.static = {item["metadata"]["name"] for item in self.storage.list("Namespace")}
        self.memory = {key: dict(known) for key, known in other.memory.items()}
        for key in self._asked:
            if key[0] == "FluxReport":
                self.enqueue(key, self.random.uniform(0.0, 45.0))

    def idle(self, key: Key) -> bool:
        """Whether no run of this object is under way."""
        return key not in self._running

    def _push(self, key: Key, due: float) -> None:
        self._sequence += 1
        self._due[key] = due
        heapq.heappush(self._heap, (due, self._sequence, key))

    def _step(self, key: Key) -> None:
        if key not in self._running:
            obj = self.storage.get(*key)
            reconcile = self.reconcilers.get(key[0])
            if obj is None or reconcile is None:
                return
            if "deletionTimestamp" in obj["metadata"]:
                self._finalize(key, obj)
                return
            run = Run(self, key, obj)
            self._running[key] = run, reconcile(run)
        run, steps = self._running[key]
        try:
            wait = next(steps)
            if run.unwritten and wait >= LONG:
                run.write()
        except StopIteration as end:
            self._finish(key, end.value)
        except GoneError:
            self._running.pop(key, None)
        else:
            self._push(key, self.now + wait)

    def _finalize(self, key: Key, obj: Object) -> None:
        """What an object's controller does before it lets go of it."""
        finalize = self.finalizers.get(key[0])
        if finalize is not None:
            finalize(self, obj)
        self.storage.release(key)

    def _finish(self, key: Key, again: float | None) -> None:
        self._running.pop(key, None)
        if key in self._dirty:
            self._dirty.discard(key)
            self._push(key, self.now + MOMENT)
        elif again is not None:
            self._push(key, self.now + again)

    def _changed(self, event: str, obj: Object) -> None:
        metadata = obj["metadata"]
        key = (obj["kind"], metadata.get("namespace", ""), metadata["name"])
        if event == "DELETED":
            self._forget(key)
        elif key[0] in self.reconcilers:
            asked = _asked(obj)
            if self._asked.get(key) != asked:
                fresh = key not in self._asked
                self._asked[key] = asked
                if not (fresh and key[1] in self.static):
                    self.enqueue(key)
        for trigger in self.triggers:
            for other in trigger(self, event, obj):
                self.enqueue(other)

    def _forget(self, key: Key) -> None:
        for known in (self._asked, self._due, self._running, self.memory):
            known.pop(key, None)
        self._dirty.discard(key)


def _asked(obj: Object) -> tuple[object, ...]:
    """What of an object makes its controller run when it changes: of a report not its generation, which it makes."""
    metadata, annotations = obj["metadata"], map_at(obj, "metadata", "annotations")
    deleted = "deletionTimestamp" in metadata
    generation = 0 if obj["kind"] == "FluxReport" else metadata.get("generation")
    return (generation, deleted, *[annotations.get(name) for name in _ASKING])


class Run:
    """One reconcile of one object: its specification as it was at the start, and the status being written."""

    def __init__(self, engine: Engine, key: Key, obj: Object) -> None:
        self.engine = engine
        self.key = key
        self.obj = obj
        self.began = engine.now
        self.status: Object = dict(obj.get("status") or {})
        self.unwritten = False
        """Whether the status holds something in passing that was left out."""

    @property
    def now(self) -> float:
        """The cluster's time."""
        return self.engine.now

    @property
    def spec(self) -> Object:
        """The specification."""
        return self.obj.get("spec") or {}

    @property
    def namespace(self) -> str:
        """The object's namespace."""
        return self.key[1]

    @property
    def name(self) -> str:
        """The object's name."""
        return self.key[2]

    @property
    def generation(self) -> int:
        """metadata.generation, as it was at the start."""
        return self.obj["metadata"].get("generation", 1)

    @property
    def memory(self) -> Object:
        """What is remembered between this object's runs."""
        return self.engine.memory.setdefault(self.key, {})

    def annotation(self, name: str) -> str:
        """An annotation's value, empty without it."""
        return map_at(self.obj, "metadata", "annotations").get(name, "")

    def put(self, kind: str, value: str, reason: str, message: str) -> None:
        """Sets a condition."""
        conditions.put(self.status, self.now, self.generation, kind, value, reason, message)

    def drop(self, *kinds: str) -> None:
        """Removes conditions."""
        conditions.drop(self.status, *kinds)

    def write(self) -> None:
        """Writes the status. Raises GoneError when the object was deleted."""
        self.unwritten = False
        self.engine.storage.set_status(self.key, dict(self.status))

    def passing(self) -> None:
        """Writes a status that is soon overwritten: left out while nobody watches, unless the run then waits long."""
        if self.engine.quiet:
            self.unwritten = True
        else:
            self.write()

    def handled(self) -> None:
        """Notes the reconcile request as handled: part of the last write of a run."""
        if asked := self.annotation(REQUESTED):
            self.status["lastHandledReconcileAt"] = asked

    def event(self, kind: str, reason: str, message: str, annotations: dict[str, str] | None = None) -> None:
        """Records a Kubernetes Event about the object; ``kind`` is Normal or Warning."""
        self.engine.recorder.record(self.obj, kind, reason, message, annotations or {})

    def took(self) -> float:
        """Seconds since the run began, with the jitter of a real machine."""
        return self.now - self.began + self.engine.random.uniform(0.0001, 0.0009)

    def jittered(self, interval: float) -> float:
        """An interval with the five percent of jitter that controllers add."""
        return interval * self.engine.random.uniform(0.95, 1.05)
