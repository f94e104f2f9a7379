"""A fleet under a scenario: clusters with their engines on one world; the past is played at once, the rest in time.

No I/O and no wall clock: `Simulation.step` is told what time it is.
"""

import heapq
import itertools
import random
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from fluxtui.simulator import metrics, registry
from fluxtui.simulator.controllers.engine import Clock, Engine
from fluxtui.simulator.controllers.installed import engine_for
from fluxtui.simulator.fleet import clusters, filler, founding, lived, reported, reports
from fluxtui.simulator.fleet.clusters import Cluster
from fluxtui.simulator.fleet.manifests import RUNTIME
from fluxtui.simulator.happenings import Stage, happen
from fluxtui.simulator.objects import Event, Objects
from fluxtui.simulator.resources import Resources
from fluxtui.simulator.scenario import Happening, Release, Scenario, Window, offset
from fluxtui.simulator.world import World

LIVELY = 8
"""More clusters than these are copies of the last one of them, at rest until somebody asks for something."""


class Member:
    """One simulated cluster: what it is, its storage, and the engine that makes it live."""

    def __init__(self, cluster: Cluster, world: World, time: float, seed: int) -> None:
        self.cluster = cluster
        self.clock = Clock(time)
        self.objects = Objects(self.clock, resources=_served(cluster), seed=seed)
        self.engine: Engine = engine_for(self.objects, world, self.clock, seed=seed)
        self.engine.reports = cluster.reports
        self.reachable = True

    @property
    def name(self) -> str:
        """The cluster's name."""
        return self.cluster.name

    def share(self, other: "Member", kinds: Iterable[str], namespaces: Iterable[str | None]) -> None:
        """Takes over objects of another cluster as they are: they are shared, not copied, and nobody is told."""
        within = list(namespaces)
        for kind in kinds:
            shelf = self.objects.shelf(kind)
            for namespace in within:
                for stored in other.objects.shelf(kind).within(namespace):
                    shelf.write(Event("ADDED", stored, None))
        self.objects.version = max(self.objects.version, other.objects.version)

    def resemble(self, other: "Member") -> None:
        """Takes over everything that another cluster holds, but for its name."""
        kinds = [resource.key for resource in other.objects.resources]
        self.share(other, [kind for kind in kinds if kind != "CustomResourceDefinition"], [None])
        self.clock.time = other.clock.time
        self.engine.rest_like(other.engine)
        runtime = ("ConfigMap", "flux-system", RUNTIME)
        self.engine.storage.merge(runtime, {"data": self.cluster.runtime})


def _served(cluster: Cluster) -> Resources:
    """The kinds that a cluster serves: those of the operator, of Kyverno, and metrics, where somebody installs them."""
    kinds = [kind for kind in registry.ALL if kind.group not in cluster.unserved]
    return Resources(kinds if cluster.automation else [*kinds, metrics.KIND])


class Simulation:
    """A fleet of clusters that a scenario happens to.

    ``opening`` is the moment, in epoch seconds, at which people start to look: offsets in the scenario are relative to
    it. The same scenario, opening and seed give the same fleet. ``connection`` is called with a cluster's name and
    whether it can be reached, whenever that changes.
    """

    def __init__(
        self,
        scenario: Scenario,
        opening: float,
        *,
        clusters_wanted: int = len(clusters.KNOWN),
        seed: int = 7,
        connection: Callable[[str, bool], None] | None = None,
    ) -> None:
        self.scenario = scenario
        self.opening = opening
        self.random = random.Random(seed)  # noqa: S311 - a simulation must be repeatable
        self.world = World()
        self.world.unreleased.update(told.version for told in scenario.timeline if isinstance(told, Release))
        founded = opening - offset(scenario.founded)
        fleet = clusters.fleet(clusters_wanted)
        self.members = {
            cluster.name: Member(cluster, self.world, founded, seed * 1000 + number)
            for number, cluster in enumerate(fleet[:LIVELY])
        }
        self._copies = fleet[LIVELY:]
        self.stage = Stage(self.world, {name: member.engine for name, member in self.members.items()}, self._connect)
        self.connection = connection
        self._plan: list[tuple[float, int, Happening, int]] = []
        self._order = itertools.count()
        for happening in scenario.timeline:
            self._schedule(happening, opening + happening.moment, 0)
        windows = {name: [entry(window, opening)] for name, window in scenario.windows.items()}
        founding.publish(self.world, fleet, windows, founded)

    @property
    def now(self) -> float:
        """The fleet's time."""
        return self.stage.now

    def play(self) -> None:
        """Plays everything up to the opening: the founding, what happened since, and the last minutes step by step."""
        founded = self.opening - offset(self.scenario.founded)
        lately = self.opening - offset(self.scenario.played)
        self._happenings(founded)
        for member in self.members.values():
            member.engine.quiet = member.engine.asleep = member.engine.recorder.holding = True
            founding.bootstrap(member.engine, member.cluster)
            founding.litter(member.engine, member.cluster)
        while self._plan and self._plan[0][0] <= lately:
            self._leap(max(self._plan[0][0], self.now))
            self._happenings(self.now)
            for member in self.members.values():
                member.engine.settle(limit=240)
        self._leap(lately)
        for member in self.members.values():
            lived.live_on(member.engine)
            reported.leave(member.engine, member.cluster)
            founding.awaken(member.engine, member.cluster, founded)
        while self._plan and self._plan[0][0] <= self.opening:
            self._advance(self._plan[0][0])
            self._happenings(self._plan[0][0])
        self._advance(self.opening)
        for member in self.members.values():
            member.engine.recorder.release()
            member.engine.quiet = False
        self._copy()

    def _copy(self) -> None:
        """Adds the clusters beyond the lively ones."""
        model = next(reversed(self.members.values()))
        for number, cluster in enumerate(self._copies, LIVELY):
            member = Member(cluster, self.world, self.opening, number)
            member.resemble(model)
            self.members[cluster.name] = member
            self.stage.engines[cluster.name] = member.engine

    def fill(self, count: int) -> None:
        """Adds ``count`` static Kustomizations over all clusters; each cluster has the same ones, but for the rest."""
        first, *others = self.members.values()
        share, rest = divmod(count, len(self.members))
        names = filler.fill(first.engine, share)
        for other in others:
            for name in names:
                if other.engine.storage.get("Namespace", "", name) is None:
                    other.engine.storage.create(filler.namespace(name))
            other.share(first, ("Kustomization", "OCIRepository"), names)
            other.engine.rest(names)
        filler.fill(first.engine, rest, share)

    def report(self, count: int) -> None:
        """Adds ``count`` static policy reports to the first cluster that has Kyverno."""
        member = next(member for member in self.members.values() if member.engine.reports)
        reports.fill(member.engine, member.objects, count)

    def step(self, now: float) -> None:
        """Does what is due by ``now``, which never goes back."""
        while self._plan and self._plan[0][0] <= now:
            self._happenings(self._plan[0][0])
        self.stage.now = now
        for member in self.members.values():
            member.clock.time = max(now, member.clock.time)
            member.engine.tick()
        self.stage.churn(now)

    def due(self) -> float | None:
        """When something is due next; None when nothing is planned."""
        found = [due for member in self.members.values() if (due := member.engine.due()) is not None]
        found += [self._plan[0][0]] if self._plan else []
        return min(found, default=None)

    def _leap(self, until: float) -> None:
        for member in self.members.values():
            if member.clock.time < until:
                member.engine.leap(until)
        self.stage.now = until

    def _advance(self, until: float) -> None:
        for member in self.members.values():
            member.engine.advance(until)
        self.stage.now = until

    def _happenings(self, until: float) -> None:
        while self._plan and self._plan[0][0] <= until:
            moment, _, happening, count = heapq.heappop(self._plan)
            self.stage.now = max(moment, self.stage.now)
            happen(happening, self.stage, count)
            if happening.every:
                again = moment + offset(happening.every)
                if not happening.until or again <= self.opening + offset(happening.until):
                    self._schedule(happening, again, count + 1)

    def _schedule(self, happening: Happening, moment: float, count: int) -> None:
        heapq.heappush(self._plan, (moment, next(self._order), happening, count))

    def _connect(self, name: str, reachable: bool) -> None:
        self.members[name].reachable = reachable
        if self.connection is not None:
            self.connection(name, reachable)


def entry(window: Window, opening: float) -> dict[str, str]:
    """The schedule of an input provider whose window opens when the scenario says, to the minute."""
    opens = datetime.fromtimestamp(opening + offset(window.opens), UTC).astimezone(ZoneInfo(window.time_zone))
    cron = f"{opens.minute} {opens.hour} * * {window.days}"
    return {"cron": cron, "timeZone": window.time_zone, "window": window.window}
