"""Many clusters on the simulator: first paint, complete count, memory and keys."""

import resource
import sys
from collections.abc import Iterator

from benchmarks.calm import calm
from benchmarks.figures import Figure, Plan
from benchmarks.simulated import serving
from benchmarks.terminal import Terminal
from benchmarks.thousands import ROUND, press_all

SIZES = ((100, 20_000, 60_000), (500, 5_000, 115_000))
"""Clusters, Kustomizations added over all of them, and about how many objects that makes with what each has anyway."""
CONNECTIONS = 30
"""Watches of one cluster, generously: the simulator holds as many ends as the program does."""


def measure(plan: Plan) -> Iterator[Figure]:
    """Each size in turn; a size for which the system grants no files is left out, and told."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        for clusters, added, objects in SIZES[: plan.runs(2, 1)]:
            if hard != resource.RLIM_INFINITY and hard < clusters * CONNECTIONS:
                print(f"  {clusters} clusters need more than {hard} open files: skipped", file=sys.stderr)
                continue
            yield from fleet(plan, clusters, added, f"{clusters} clusters, {objects:,} objects")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def fleet(plan: Plan, clusters: int, added: int, what: str) -> Iterator[Figure]:
    """One fleet, started and used."""
    with serving(clusters=clusters, objects=added) as served:
        paints = list[float]()
        for _ in range(plan.runs(5, 2)):
            calm(0.4)
            with Terminal(served.command()) as terminal:
                paints += terminal.wait("Triage")
        yield Figure(f"start → first paint, {what}", "s", paints, None, served.name)
        with Terminal(served.command("-c", "ks")) as terminal:
            rows, complete = terminal.wait(r"app-\d{5}", served.complete, seconds=240)
            yield Figure(f"start → first rows, {what}", "s", [rows], None, served.name)
            yield Figure(f"start → complete count, {what}", "s", [complete], None, served.name)
            terminal.settle(plan.runs(20, 10))
            yield Figure(f"CPU without a key, {what}", "% of a core", [terminal.idle(10)], None, served.name)
            press_all(terminal, ("pagedown",) * 3, words=3)
            pressed = press_all(terminal, ROUND * plan.runs(2, 1), words=3)
            yield from pressed.figures(what, served.name, 33.0)
            yield Figure(f"resident memory, {what}", "MB", [terminal.memory()], 400.0, served.name)
            yield Figure(f"resident memory at most, {what}", "MB", [terminal.memory(peak=True)], None, served.name)
