"""100,000 objects to search: each key of the palette and of a filter, until its letter and its answer are seen."""

import gc
import random
import sys
import time
from collections.abc import Iterator, Sequence

import msgspec

from benchmarks.calm import calm
from benchmarks.figures import Figure, Plan
from benchmarks.samples import stored
from benchmarks.terminal import Terminal
from fluxtui.insight.names import Names, Search
from fluxtui.insight.status import assess
from fluxtui.kinds.table import KINDS
from fluxtui.store.state import DataState, Phase
from fluxtui.store.store import Store

COUNT = 100_000
KIND = KINDS["Kustomization"]
CLUSTERS = ("prod-eu-1", "prod-us-1", "staging-1", "update-1")
TYPED = ("app-09917", "team prod app", "ks 0417", "zzqx", "a09", "prod-eu-1 77", "failed", "e")
"""What is typed, letter by letter: much is found, little, nothing, letters in order, several words."""
WANTED = 50.0
"""Milliseconds for a key."""


def measure(plan: Plan) -> Iterator[Figure]:
    """The search alone, then the program in a terminal."""
    yield from structure(plan)
    calm()
    with Terminal((sys.executable, "-m", "benchmarks.palette")) as terminal:
        terminal.wait("Kustomizations")
        terminal.settle(2)
        terminal.press("\x10", lambda text: "objects" in text)
        terminal.settle(1.5)
        echoed = list[float]()
        for words in (TYPED * plan.runs(3, 1))[: plan.runs(24, 4)]:
            echoed += [_typed(terminal, letter) for letter in words]
            for _ in words:
                terminal.press("\x7f", bool)
                terminal.settle(0.03)
        yield from _figures(f"letter in the palette, {COUNT:,} objects → on screen", echoed)
        answered = list[float]()
        for number in random.Random(1).sample(range(10_000, 99_999), plan.runs(8, 3)):
            answered += _answers(terminal, f"app-{number}")
        yield from _figures(f"letter in the palette, {COUNT:,} objects → another best fit on screen", answered)
        terminal.press("\x1b", bool)
        terminal.settle(0.5)
        yield from _filtering(plan, terminal)


def _typed(terminal: Terminal, letter: str) -> float:
    took = terminal.press(letter, bool)
    terminal.settle(0.08)
    return took


def _answers(terminal: Terminal, name: str) -> list[float]:
    """Milliseconds until the list has an object with the letters so far: names stand after a slash there alone."""
    took = list[float]()
    for at, letter in enumerate(name, 1):
        if at <= len("app-"):
            _typed(terminal, letter)
        else:
            took.append(terminal.press(letter, lambda text, wanted=f"/{name[:at]}": wanted in text))
            terminal.settle(0.1)
    for _ in name:
        terminal.press("\x7f", bool)
        terminal.settle(0.03)
    return took


def _filtering(plan: Plan, terminal: Terminal) -> Iterator[Figure]:
    """The same for the filter of a list: a letter is seen at once, rows when all have been gone through."""
    terminal.press("/", lambda text: "/" in text)
    keys, narrowed = list[float](), list[float]()
    for _ in range(plan.runs(6, 2)):
        for letter in "app-0":
            keys.append(terminal.press(letter, bool))
            terminal.settle(0.4)
        for letter in "991":
            narrowed.append(terminal.press(letter, lambda text: "hides" in text))
            terminal.settle(0.3)
        for _ in "app-0991":
            keys.append(terminal.press("\x7f", bool))
            terminal.settle(0.3)
    yield from _figures(f"letter of a filter over {COUNT:,} rows → on screen", keys)
    yield Figure(f"letter of a filter over {COUNT:,} rows → narrowed rows on screen", "ms", narrowed)


def _figures(what: str, values: Sequence[float]) -> Iterator[Figure]:
    yield Figure(f"{what}, p50", "ms", values)
    yield Figure(f"{what}, p95", "ms", values, WANTED, quantile=0.95)


def structure(plan: Plan) -> Iterator[Figure]:
    """Growing the index, and the search of each text that typing leads to; between slices keys are heard."""
    store = filled()
    grown = list[float]()
    names = Names(store)
    for _ in range(plan.runs(5, 3)):
        calm()
        names = Names(store)
        started = time.perf_counter()
        for _ in names.grow():
            pass
        grown.append((time.perf_counter() - started) * 1000)
    yield Figure(f"grow the index of {COUNT:,} names", "ms", grown)
    whole, worst = list[float](), list[float]()
    for words in TYPED * plan.runs(5, 1):
        for at in range(1, len(words) + 1):
            search = Search(names, store, words[:at])
            started = before = time.process_time()
            longest = 0.0
            for _ in search.steps():
                now = time.process_time()
                longest, before = max(longest, now - before), now
            whole.append((time.process_time() - started) * 1000)
            worst.append(longest * 1000)
    yield from _figures(f"search {COUNT:,} names to the end, at each letter, time of a core", whole)
    yield Figure("longest slice of it, p95", "ms", worst, 16.0, quantile=0.95)


def filled() -> Store:
    """The store with all of them, in four clusters."""
    store = Store(assess)
    for number in range(COUNT):
        made = KIND.decode_object(msgspec.json.encode(stored(number, 1)))
        assert made is not None
        store.table(CLUSTERS[number % len(CLUSTERS)], KIND.name).upsert(made)
    for cluster in CLUSTERS:
        store.table(cluster, KIND.name).set_state(DataState(Phase.FRESH, time.time(), time.time()))
    store.drain()
    return store


def main() -> None:
    """The program with all objects in its store, and no cluster behind it."""
    from fluxtui.app import FluxtuiApp, Start
    from fluxtui.kube.contexts import Chosen

    app = FluxtuiApp(Start(lambda: Chosen((), ()), time.time, command="ks"))
    store = filled()
    app.desk.store._clusters.update(store._clusters)
    gc.freeze()  # as the fleet does when its lists are complete
    app.run()


if __name__ == "__main__":
    main()
