"""The tree of 10,000 objects, 13 levels deep: planted, counted, opened, moved in, and followed."""

import random
import sys
import time
from collections.abc import Callable, Generator, Iterator
from typing import TypeVar

import msgspec

from benchmarks.calm import calm
from benchmarks.figures import Figure, Plan
from benchmarks.terminal import Terminal
from benchmarks.thousands import press_all
from fluxtui.insight.forest import View
from fluxtui.insight.outline import Outline
from fluxtui.insight.planting import at_once, plant
from fluxtui.insight.status import assess
from fluxtui.insight.waiting import waiting
from fluxtui.kinds.table import KINDS
from fluxtui.store.state import DataState, Phase
from fluxtui.store.store import Store

COUNT, LEVELS = 10_000, 13
WIDTH = -(-COUNT // LEVELS)
"""Objects of a level."""
CLUSTER = "prod-eu-1"
KIND = KINDS["Kustomization"]
WORST = "team-05/app-03850"
"""The object that fails: what stands above it on the way down is blocked."""
T = TypeVar("T")


def measure(plan: Plan) -> Iterator[Figure]:
    """The structure alone, then the program in a terminal."""
    yield from structure(plan)
    calm()
    with Terminal((sys.executable, "-m", "benchmarks.tree")) as terminal:
        terminal.wait("Kustomizations")
        terminal.settle(2)
        opening = list[float]()
        for _ in range(plan.runs(9, 3)):
            opening.append(terminal.press("2", lambda text: "levels" in text))
            terminal.settle(1.5)
            terminal.press("4", lambda text: "Kustomizations" in text)
            terminal.settle(0.5)
        yield Figure(f"open the tree of {COUNT:,}, {LEVELS} levels → screen", "ms", opening, 150.0)
        terminal.press("2", lambda text: "levels" in text)
        terminal.settle(1.5)
        press_all(terminal, ("pagedown",) * 3, words=3)
        pressed = press_all(terminal, (("down",) * 15 + ("up",) * 10) * plan.runs(4, 1), words=3)
        yield from pressed.figures(f"move in a tree of {COUNT:,}", "", 33.0)


def structure(plan: Plan) -> Iterator[Figure]:
    """Planting, counting, one change, and the same in the worst slice between which keys are heard."""
    store = filled()
    runs = plan.runs(9, 3)
    planted, counted = (list[tuple[float, float]]() for _ in range(2))
    for _ in range(runs):
        calm()
        planted.append(timed(plant(store, (CLUSTER,), View.DEPENDENCIES)))
        counted.append(timed(waiting(store, (CLUSTER,), time.time())))
    what = f"{COUNT:,} objects, {LEVELS} levels"
    yield Figure(f"plant the tree, {what}", "ms", [whole for whole, _ in planted], 120.0)
    yield Figure("longest slice of it", "ms", [worst for _, worst in planted], 16.0)
    yield Figure(f"count who waits behind each, {what}", "ms", [whole for whole, _ in counted])
    yield Figure("longest slice of it", "ms", [worst for _, worst in counted], 16.0)
    outline = Outline(at_once(plant(store, (CLUSTER,), View.DEPENDENCIES)))
    yield Figure(f"one change followed, {what}", "ms", [changed(store, outline) for _ in range(10 * runs)], 1.0)
    yield Figure(f"unfold all, {what}", "ms", [taken(outline.open_below) for _ in range(runs)])
    outline.open_below()
    middle = outline.node(len(outline) // 2)
    folding = [taken(lambda: outline.toggle(middle)) for _ in range(10 * runs)]
    yield Figure(f"fold or unfold in the middle of them, {what}", "ms", folding, 16.0)


def changed(store: Store, outline: Outline) -> float:
    """Milliseconds that one change of a message takes; what is to be painted is told with them."""
    number = random.randrange(COUNT)
    store.table(CLUSTER, KIND.name).upsert(record(number, random.randrange(10**9)))
    batch = store.drain()
    return taken(lambda: outline.follow(outline.forest.follow(batch.changes)))


def taken(run: Callable[[], object]) -> float:
    """Milliseconds."""
    started = time.perf_counter()
    run()
    return (time.perf_counter() - started) * 1000


def timed(steps: Generator[None, None, T]) -> tuple[float, float]:
    """Milliseconds of a sliced computation, and of its longest slice."""
    started = before = time.perf_counter()
    worst = 0.0
    running = True
    while running:
        running = next(steps, steps) is None
        now = time.perf_counter()
        worst, before = max(worst, now - before), now
    return (before - started) * 1000, worst * 1000


def place(number: int) -> tuple[str, str]:
    """Namespace and name."""
    return f"team-{number % 40:02d}", f"app-{number:05d}"


def record(number: int, version: int):
    """A Kustomization that needs one of the level below, some of them two; by way of JSON as from a server."""
    namespace, name = place(number)
    needs = [number - WIDTH] if number >= WIDTH else []
    needs += [number - WIDTH - 1] if number > WIDTH and not number % 3 else []
    ready = f"{namespace}/{name}" != WORST
    condition = {
        "type": "Ready",
        "status": "True" if ready else "False",
        "reason": "ReconciliationSucceeded" if ready else "BuildFailed",
        "message": f"Applied revision: {version}" if ready else "kustomize build failed",
        "lastTransitionTime": "2026-11-21T02:00:00Z",
        "observedGeneration": 1,
    }
    depends = [dict(zip(("namespace", "name"), place(other), strict=True)) for other in needs]
    whole = {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": name, "namespace": namespace, "generation": 1, "resourceVersion": str(version)},
        "spec": {"dependsOn": depends, "path": "./", "interval": "10m"},
        "status": {"conditions": [condition], "observedGeneration": 1},
    }
    made = KIND.decode_object(msgspec.json.encode(whole))
    assert made is not None
    return made


def filled() -> Store:
    """The store with all of them, current."""
    store = Store(assess)
    for kind in KINDS:
        store.table(CLUSTER, kind).set_state(DataState(Phase.FRESH, time.time(), time.time()))
    for number in range(COUNT):
        store.table(CLUSTER, KIND.name).upsert(record(number, 1))
    store.drain()
    return store


def main() -> None:
    """The program with all of them in its store, and no connection behind it."""
    from fluxtui.app import FluxtuiApp, Start
    from fluxtui.kube.contexts import Chosen, Context, Endpoint

    context = Context(name=CLUSTER, endpoint=Endpoint(server="https://127.0.0.1:1"))
    app = FluxtuiApp(Start(lambda: Chosen((), ()), time.time, command="ks"))
    store = filled()
    app.desk.store._clusters.update(store._clusters)
    app.desk.fleet.add(context)
    app.run()


if __name__ == "__main__":
    main()
