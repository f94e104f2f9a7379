"""A fleet under a scenario: clusters with their engines on one world, the past played at once, the rest as time goes by.

No I/O and no wall clock: `Simulation.step` is told what time it is.
"""

import heapq
import itertools
import random
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from fluxtui.simulator.controllers.engine import Clock, Engine
from fluxtui.simulator.controllers.installed import engine_for
from fluxtui.simulator.fleet import clusters, founding, lived
from fluxtui.simulator.fleet.clusters import Cluster
from fluxtui.simulator.happenings import Stage, happen
from fluxtui.simulator.objects import Objects
from fluxtui.simulator.scenario import Happening, Scenario, Window, offset
from fluxtui.simulator.world import World


class Member:
    """One simulated cluster: what it is, its storage, and the engine that makes it live."""

    def __init__(self, cluster: Cluster, world: World, time: float, seed: int) -> None:
        self.cluster = cluster
        self.clock = Clock(time)
        self.objects = Objects(self.clock, seed=seed)
        self.engine: Engine = engine_for(self.objects, world, self.clock, seed=seed)
        self.reachable = True

    @property
    def name(self) -> str:
        """The cluster's name."""
        return self.cluster.name


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
        clusters_wanted: int = len(clusters.FOUR),
        seed: int = 7,
        connection: Callable[[str, bool], None] | None = None,
    ) -> None:
        self.scenario = scenario
        self.opening = opening
        self.random = random.Random(seed)  # noqa: S311 - a simulation must be repeatable
        self.world = World()
        founded = opening - offset(scenario.founded)
        fleet = clusters.fleet(clusters_wanted)
        self.members = {
            cluster.name: Member(cluster, self.world, founded, seed * 1000 + number)
            for number, cluster in enumerate(fleet)
        }
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
        while self._plan and self._plan[0][0] <= lately:
            self._leap(max(self._plan[0][0], self.now))
            self._happenings(self.now)
            for member in self.members.values():
                member.engine.settle(limit=240)
        played = {name: member.clock.time for name, member in self.members.items()}
        self._leap(lately)
        for name, member in self.members.items():
            lived.live_on(member.engine, played[name])
            founding.awaken(member.engine, member.cluster, founded)
        while self._plan and self._plan[0][0] <= self.opening:
            self._advance(self._plan[0][0])
            self._happenings(self._plan[0][0])
        self._advance(self.opening)
        for member in self.members.values():
            member.engine.recorder.release()
            member.engine.quiet = False

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
