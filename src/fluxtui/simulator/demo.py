"""The demo: a fleet under a scenario, served over HTTP in this process, found through a kubeconfig.

`python -m fluxtui.simulator` is the child process that ``fluxtui demo`` starts.
"""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from fluxtui.simulator import kubeconfig, personas
from fluxtui.simulator.cluster import SimulatedCluster
from fluxtui.simulator.controllers.engine import Engine
from fluxtui.simulator.controllers.logs import lines
from fluxtui.simulator.fleet import clusters
from fluxtui.simulator.logs import LogSource
from fluxtui.simulator.scenario import Churn, Scenario, load
from fluxtui.simulator.simulation import Simulation

SOONEST, LATEST = 0.02, 0.2
"""Seconds between two steps, at least and at most."""
RETRY = 1.0


class Demo:
    """A running fleet: its simulation, its servers, and the clock that drives both.

    ``speed`` is how many seconds of the fleet pass in one of ours.
    """

    def __init__(self, simulation: Simulation, speed: float = 1.0) -> None:
        self.simulation = simulation
        self.speed = speed
        self.servers = {
            name: SimulatedCluster(name, member.objects, log_source=_logs(member.engine), release=member.cluster.server)
            for name, member in simulation.members.items()
        }
        for server in self.servers.values():
            personas.introduce(server.access)
        self._wanted: dict[str, bool] = {name: member.reachable for name, member in simulation.members.items()}
        self._began = 0.0

    def reach(self, name: str, reachable: bool) -> None:
        """Lets a server go away or come back with the next step."""
        self._wanted[name] = reachable

    async def start(self) -> None:
        """Starts every server once, so that each has its port, then stops those that cannot be reached."""
        for server in self.servers.values():
            await server.start()
        self._began = time.monotonic()
        await self._connect()

    async def run(self) -> None:
        """Lives until it is cancelled."""
        while True:
            now = self.now()
            self.simulation.step(now)
            await self._connect()
            due = self.simulation.due()
            wait = LATEST if due is None else (due - self.now()) / self.speed
            if self.simulation.stage.rate:
                wait = min(wait, 0.1)
            await asyncio.sleep(min(max(wait, SOONEST), LATEST))

    def now(self) -> float:
        """The fleet's time, epoch seconds."""
        return self.simulation.opening + (time.monotonic() - self._began) * self.speed

    async def stop(self) -> None:
        """Stops every server."""
        for server in self.servers.values():
            await server.stop(abruptly=True)

    async def _connect(self) -> None:
        for name, wanted in self._wanted.items():
            server = self.servers[name]
            if wanted and not server.running:
                try:
                    await server.start()
                except OSError:  # somebody else has the port for the moment: the next step tries again
                    continue
            elif server.running and not wanted:
                await server.stop(abruptly=True)


def build(
    scenario: Scenario | str,
    *,
    clusters_wanted: int | None = None,
    objects: int | None = None,
    churn: float | None = None,
    reports: int = 0,
    seed: int = 7,
    speed: float = 1.0,
    opening: float | None = None,
) -> Demo:
    """A demo with its past played, not yet serving. Raises `scenario.ScenarioError`.

    ``objects`` adds that many static Kustomizations over all clusters; ``churn`` changes so many of them per second.
    ``reports`` adds that many policy reports to the first cluster.
    """
    told = load(scenario) if isinstance(scenario, str) else scenario
    if churn:
        told = _with_churn(told, churn)
    count = len(clusters.KNOWN) if clusters_wanted is None else clusters_wanted
    simulation = Simulation(told, time.time() if opening is None else opening, clusters_wanted=count, seed=seed)
    simulation.play()
    objects = told.objects if objects is None else objects
    if objects:
        simulation.fill(objects)
    if reports:
        simulation.report(reports)
    demo = Demo(simulation, speed)
    simulation.connection = demo.reach
    return demo


def _logs(engine: Engine) -> LogSource:
    return lambda namespace, pod, container, previous: lines(engine, namespace, pod, container, previous=previous)


@asynccontextmanager
async def serving(demo: Demo, path: Path) -> AsyncGenerator[Demo]:
    """Serves a demo and writes its kubeconfig to ``path``, for as long as the context lasts."""
    await demo.start()
    kubeconfig.write(path, demo.servers.values())
    life = asyncio.create_task(demo.run())
    try:
        yield demo
    finally:
        life.cancel()
        await asyncio.gather(life, return_exceptions=True)
        await demo.stop()


async def serve(
    scenario: Scenario | str,
    clusters_wanted: int | None,
    objects: int | None,
    kubeconfig_path: Path,
    seed: int = 7,
    speed: float = 1.0,
    *,
    churn: float | None = None,
    reports: int = 0,
    ready: "asyncio.Future[Path] | None" = None,
) -> None:
    """Runs all clusters in this process until it is cancelled; ``ready`` learns of the kubeconfig once all serve."""
    demo = build(
        scenario,
        clusters_wanted=clusters_wanted,
        objects=objects,
        churn=churn,
        reports=reports,
        seed=seed,
        speed=speed,
    )
    async with serving(demo, kubeconfig_path):
        if ready is not None and not ready.done():
            ready.set_result(kubeconfig_path)
        await asyncio.Event().wait()


def _with_churn(scenario: Scenario, rate: float) -> Scenario:
    import msgspec

    return msgspec.structs.replace(scenario, timeline=(*scenario.timeline, Churn(rate=rate)))
