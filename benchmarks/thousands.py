"""One cluster of 10,000 Kustomizations: start, memory, CPU and keys, while it is quiet and while it changes.

The same for every server; `simulated` and `real` say which.
"""

import random
import re
import statistics
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.calm import calm
from benchmarks.figures import Figure, Plan, quantile
from benchmarks.terminal import FLUXTUI, CursorMoved, Terminal

OBJECTS = 10_000
RATE = 200
"""Objects that change per second in the busy half."""
ROUND = ("down",) * 9 + ("pagedown",) * 6 + ("up",) * 6 + ("pageup",) * 4
"""Keys of one round, from the middle of the list on: every one moves the cursor to another object."""
SHORT_ROUND = ("down",) * 7 + ("up",) * 6
"""For a list of causes, which may be short."""


@dataclass(frozen=True)
class Served:
    """A server with the fleet on it: how to reach it, and how many Kustomizations a full list counts."""

    name: str
    kubeconfig: str
    contexts: str
    count: int

    def command(self, *more: str) -> tuple[str, ...]:
        """The program on it."""
        return (*FLUXTUI, "--kubeconfig", self.kubeconfig, "--context", self.contexts, *more)

    @property
    def complete(self) -> str:
        """What the title of the complete list says."""
        return rf"Kustomizations {count_pattern(self.count)}\b"


def count_pattern(count: int) -> str:
    """A number with or without anything between its thousands."""
    return re.sub(r",", r"\\D?", f"{count:,}")


def measure(plan: Plan, served: Served, *, busy: bool) -> Iterator[Figure]:
    """All figures of one half: ``busy`` when 200 objects change every second."""
    when = f"{RATE} changes/s" if busy else "quiet"
    yield from starting(plan, served, when, wanted=2.0 if busy else 1.8)
    with Terminal(served.command("-c", "ks")) as terminal:
        terminal.wait(served.complete)
        terminal.settle(plan.runs(6, 3))
        share = terminal.idle(plan.runs(10, 4))
        yield Figure(
            f"CPU without a key, Resources, {when}", "% of a core", [share], None if busy else 2.0, served.name
        )
        press_all(terminal, ("pagedown",) * 4)
        pressed = press_all(terminal, ROUND * plan.runs(4, 1))
        yield from pressed.figures(f"Resources, {when}", served.name, 40.0 if busy else 33.0)
        yield Figure(f"resident memory, {when}", "MB", [terminal.memory()], 130.0, served.name)
        yield Figure(f"resident memory at most, {when}", "MB", [terminal.memory(peak=True)], None, served.name)
    with Terminal(served.command()) as terminal:
        terminal.wait(r"▌[^▌\n]{0,60}?app-\d{5}")
        terminal.settle(plan.runs(8, 4))
        share = terminal.idle(plan.runs(10, 4))
        yield Figure(f"CPU without a key, Triage, {when}", "% of a core", [share], None if busy else 2.0, served.name)
        press_all(terminal, ("down",) * 3)
        pressed = press_all(terminal, SHORT_ROUND * plan.runs(7, 2))
        yield from pressed.figures(f"Triage, {when}", served.name, 40.0 if busy else 33.0)


def starting(plan: Plan, served: Served, when: str, wanted: float) -> Iterator[Figure]:
    """Start → first rows and → complete count, each run a new process."""
    first, complete, waited = list[float](), list[float](), list[float]()
    for _ in range(plan.runs(7, 3)):
        calm(most=0.2 if when == "quiet" else 0.7)
        with Terminal(served.command("-c", "ks")) as terminal:
            rows, count = terminal.wait(r"app-\d{5}", served.complete)
            waited.append(terminal.waited())
            first.append(rows)
            complete.append(count)
    note = f"{statistics.median(waited):.0f} ms without a core"
    yield Figure(f"start → first rows, {when}", "s", first, 0.9, served.name)
    yield Figure(f"start → complete count, {when}", "s", complete, wanted, served.name, note=note)


@dataclass(frozen=True)
class Presses:
    """Milliseconds of each key, and for how many of them the program was ready to answer and got no core."""

    delays: list[float]
    waits: list[float]

    def figures(self, what: str, where: str, worst: float) -> Iterator[Figure]:
        """The median and the 95th percentile of the same keys."""
        note = f"{quantile(self.waits, 0.95):.0f} ms without a core"
        yield Figure(f"key → screen, {what}, p50", "ms", self.delays, 16.0, where)
        yield Figure(f"key → screen, {what}, p95", "ms", self.delays, worst, where, quantile=0.95, note=note)


def press_all(terminal: Terminal, keys: tuple[str, ...], words: int = 2) -> Presses:
    """Press keys and take the time of all but the first. Pauses are uneven: they hit every moment of its rhythm."""
    moved, pauses = CursorMoved(words), random.Random(1)
    terminal.press(keys[0], moved)
    delays, waits = list[float](), list[float]()
    for key in keys[1:]:
        terminal.settle(pauses.uniform(0.06, 0.2))
        before = terminal.waited()
        delays.append(terminal.press(key, moved))
        waits.append(terminal.waited() - before)
    return Presses(delays, waits)
