"""What the verbs of a scenario do to the world and its clusters."""

import random
from collections.abc import Callable, Iterable, Mapping
from functools import singledispatch
from typing import Any

from fluxtui.simulator import scenario
from fluxtui.simulator.controllers import pods
from fluxtui.simulator.controllers.engine import FORCED, REQUESTED, SWITCH, Engine, GoneError, Key, Trigger
from fluxtui.simulator.controllers.times import stamp
from fluxtui.simulator.fleet import clusters, filler, founding, legacy, lived, repositories
from fluxtui.simulator.fleet.manifests import Manifest, workload
from fluxtui.simulator.kyverno import queues
from fluxtui.simulator.scenario import Happening
from fluxtui.simulator.world import World

OPERATED = {"FluxInstance", "ResourceSet", "ResourceSetInputProvider", "FluxReport"}
BURST = 2000
"""Changes at most in one step of a churn."""
NOTICED = (0.4, 3.0)
"""Seconds until a webhook has told a cluster of a push."""


class Stage:
    """Where a scenario happens: the world, the engines by cluster, and how connections are cut."""

    def __init__(self, world: World, engines: dict[str, Engine], connect: Callable[[str, bool], None]) -> None:
        self.world = world
        self.engines = engines
        self.connect = connect
        self.now = min((engine.now for engine in engines.values()), default=0.0)
        self.rate = 0.0
        self.flips = 1.0
        self._churned = self.now
        self._items: list[tuple[Engine, Key]] = []
        self._random = random.Random(3)  # noqa: S311 - a simulation must be repeatable

    def told(self, happening: Happening) -> list[tuple[str, Engine]]:
        """The clusters that a happening concerns, their clocks not behind it."""
        found = [(name, engine) for name, engine in self.engines.items() if happening.concerns(name)]
        for _, engine in found:
            engine.clock.time = max(engine.clock.time, self.now)
        return found

    def notice(self, url: str) -> None:
        """Every cluster's sources on a URL look soon, as a Receiver makes them."""
        for engine in self.engines.values():
            for kind in ("OCIRepository", "GitRepository"):
                for item in engine.storage.list(kind):
                    if item["spec"]["url"] == url:
                        metadata = item["metadata"]
                        engine.clock.time = max(engine.clock.time, self.now)
                        engine.enqueue((kind, metadata["namespace"], metadata["name"]), engine.random.uniform(*NOTICED))

    def churn(self, now: float) -> None:
        """Flips random Kustomizations for as long as a churn is on."""
        if not self.rate:
            self._churned = now
            return
        wanted = int((now - self._churned) * self.rate)
        if wanted <= 0:
            return
        self._churned = now
        for _ in range(min(wanted, BURST)):
            self._flip(*self._random.choice(self._churnable()))

    def _churnable(self) -> list[tuple[Engine, Key]]:
        """The filler Kustomizations of all clusters, else all Kustomizations; found out once."""
        if not self._items:
            every = [
                (engine, ("Kustomization", item["metadata"]["namespace"], item["metadata"]["name"]))
                for engine in self.engines.values()
                for item in engine.storage.list("Kustomization")
            ]
            self._items = [pair for pair in every if pair[1][1] in pair[0].static] or every
        return self._items

    def _flip(self, engine: Engine, key: Key) -> None:
        obj = engine.storage.get(*key)
        if obj is not None and engine.idle(key):
            change = filler.flipped if self._random.random() < self.flips else filler.touched
            engine.storage.set_status(key, change(obj, engine.now))


@singledispatch
def happen(what: Happening, stage: Stage, count: int) -> None:
    """Does what a happening says; ``count`` is how often it happened before. Raises TypeError for an unknown one."""
    raise TypeError(f"nothing is known of {type(what).__name__}")


@happen.register
def _(what: scenario.Push, stage: Stage, count: int) -> None:
    place, _, name = what.repository.partition("/")
    versions = what.alternate[count % len(what.alternate)] if what.alternate else what.versions
    marker = f"{stage.now:.0f} {count}"
    if place == "infra":
        url = f"{repositories.INFRA}/{name}"
        made = repositories.infra(name, marker, stage.now, versions, what.actions)
    elif place == "legacy":
        _commit(stage, name, marker, what.workloads)
        return
    elif place == "apps":
        url = f"{repositories.APPS}/{name}"
        added = _workloads(what.workloads.get(f"{name}/apps", {}))
        made = repositories.apps(name, marker, stage.now, versions, what.unsigned, added)
    else:
        url, made = f"{repositories.PLATFORM}/platform", repositories.platform(marker, stage.now)
    stage.world.push(url, what.tag, made)
    stage.notice(url)


def _workloads(flawed: Mapping[str, Iterable[str]]) -> list[Manifest]:
    return [workload(name, "0.1.0", flaws) for name, flaws in flawed.items()]


def _commit(stage: Stage, repository: str, marker: str, workloads: Mapping[str, Mapping[str, Iterable[str]]]) -> None:
    """A new commit on a Git repository of the cluster without the operator."""
    added = {key: _workloads(flawed) for key, flawed in workloads.items()}
    for url in legacy.publish(
        stage.world, marker, stage.now, (f"legacy-{repository}",), flux=clusters.LEGACY.flux, added=added
    ):
        stage.notice(url)


@happen.register
def _(what: scenario.Release, stage: Stage, count: int) -> None:
    stage.world.unreleased.discard(what.version)
    for _, engine in stage.told(what):
        for instance in engine.storage.list("FluxInstance"):
            key = ("FluxInstance", instance["metadata"]["namespace"], instance["metadata"]["name"])
            engine.enqueue(key, engine.random.uniform(*NOTICED))


@happen.register
def _(what: scenario.Restart, stage: Stage, count: int) -> None:
    for _, engine in stage.told(what):
        namespace, name = _split(what.deployment)
        pods.restart(engine, name, namespace, what.times, what.reason)


@happen.register
def _(what: scenario.Chart, stage: Stage, count: int) -> None:
    version = what.version.replace("N", str(count))
    url = f"oci://{repositories.components()['registry']}/{what.name}"
    stage.world.push(url, f"v{version}", repositories.chart(what.name, version, stage.now))


@happen.register
def _(what: scenario.Approve, stage: Stage, count: int) -> None:
    founding.approve(stage.world, what.environment, what.versions)


@happen.register
def _(what: scenario.Host, stage: Stage, count: int) -> None:
    if what.state == "up":
        stage.world.down.pop(what.name, None)
    else:
        stage.world.down[what.name] = what.state


@happen.register
def _(what: scenario.Break, stage: Stage, count: int) -> None:
    for _, engine in stage.told(what):
        engine.broken[_split(what.deployment)] = what.image
        if what.lacks:
            engine.use({}, [_supplied(_key(what.lacks), _split(what.deployment))])
        engine.enqueue(("Deployment", *_split(what.deployment)))


def _supplied(wanted: Key, deployment: tuple[str, str]) -> Trigger:
    """A trigger that ends what is wrong with a Deployment when the object is there that it lacks."""

    def trigger(engine: Engine, event: str, obj: dict[str, Any]) -> list[Key]:
        about = obj["metadata"]
        if event == "DELETED" or (obj["kind"], about.get("namespace", ""), about["name"]) != wanted:
            return []
        return [("Deployment", *deployment)] if engine.broken.pop(deployment, None) is not None else []

    return trigger


@happen.register
def _(what: scenario.Mend, stage: Stage, count: int) -> None:
    for _, engine in stage.told(what):
        engine.broken.pop(_split(what.deployment), None)
        engine.enqueue(("Deployment", *_split(what.deployment)))


@happen.register
def _(what: scenario.Fail, stage: Stage, count: int) -> None:
    for _, engine in stage.told(what):
        engine.failing[_key(what.object)] = (what.reason, what.message)
        engine.enqueue(_key(what.object))


@happen.register
def _(what: scenario.Heal, stage: Stage, count: int) -> None:
    for _, engine in stage.told(what):
        engine.failing.pop(_key(what.object), None)
        engine.enqueue(_key(what.object))


@happen.register
def _(what: scenario.Suspend, stage: Stage, count: int) -> None:
    key = _key(what.object)
    for _, engine in stage.told(what):
        if engine.asleep:  # in a past that is not played: until now it was reconciled as usual
            lived.confirm(engine, key)
    who = {"fluxcd.controlplane.io/suspendedBy": what.by}
    if what.why:
        who["metadata.weave.works/suspended-comment"] = what.why
    if key[0] in OPERATED:
        _patch(stage, what, key, {"metadata": {"annotations": who | {SWITCH: "disabled"}}}, what.by)
    else:
        _patch(stage, what, key, {"metadata": {"annotations": who}, "spec": {"suspend": True}}, what.by)


@happen.register
def _(what: scenario.Resume, stage: Stage, count: int) -> None:
    key = _key(what.object)
    asked: dict[str, Any] = {REQUESTED: stamp(stage.now), "fluxcd.controlplane.io/suspendedBy": None}
    asked["metadata.weave.works/suspended-comment"] = None
    if key[0] in OPERATED:
        _patch(stage, what, key, {"metadata": {"annotations": asked | {SWITCH: "enabled"}}}, what.by)
    else:
        _patch(stage, what, key, {"metadata": {"annotations": asked}, "spec": {"suspend": None}}, what.by)


@happen.register
def _(what: scenario.Edit, stage: Stage, count: int) -> None:
    _patch(stage, what, _key(what.object), what.patch, what.by)


@happen.register
def _(what: scenario.Delete, stage: Stage, count: int) -> None:
    for _, engine in stage.told(what):
        engine.storage.delete(_key(what.object))


@happen.register
def _(what: scenario.Request, stage: Stage, count: int) -> None:
    asked = {REQUESTED: stamp(stage.now)} | ({FORCED: stamp(stage.now)} if what.force else {})
    _patch(stage, what, _key(what.object), {"metadata": {"annotations": asked}}, "flux")


@happen.register
def _(what: scenario.Disconnect, stage: Stage, count: int) -> None:
    for name, _ in stage.told(what):
        stage.connect(name, False)


@happen.register
def _(what: scenario.Connect, stage: Stage, count: int) -> None:
    for name, _ in stage.told(what):
        stage.connect(name, True)


@happen.register
def _(what: scenario.Backlog, stage: Stage, count: int) -> None:
    for _, engine in stage.told(what):
        queues.pile_up(engine, what.count)


@happen.register
def _(what: scenario.Churn, stage: Stage, count: int) -> None:
    stage.rate, stage.flips = what.rate, what.flips


def _patch(stage: Stage, what: Happening, key: Key, patch: dict[str, Any], by: str) -> None:
    for _, engine in stage.told(what):
        try:
            engine.storage.merge(key, patch, by)
        except GoneError:
            continue  # somebody was faster: the object is not there any more


def _split(name: str) -> tuple[str, str]:
    namespace, _, rest = name.partition("/")
    return namespace, rest


def _key(name: str) -> Key:
    kind, namespace, rest = name.split("/")
    return kind, namespace, rest
