"""A list of 100,000 rows in the program itself, without a server: built, paged, filtered, sorted."""

import random
import re
import sys
import time
from collections.abc import Iterator
from functools import partial

import msgspec

from benchmarks.calm import calm
from benchmarks.figures import Figure, Plan
from benchmarks.samples import stored
from benchmarks.terminal import Terminal
from benchmarks.thousands import count_pattern, press_all
from fluxtui.insight.filter import compile as compile_filter
from fluxtui.insight.status import assess
from fluxtui.kinds.table import KINDS
from fluxtui.store.listing import Listing
from fluxtui.store.state import DataState, Phase
from fluxtui.store.store import Store

COUNT = 100_000
KIND = KINDS["Kustomization"]
CLUSTER = "prod-eu-1"
FILTER = "app-0999 status:ready"
SORTS = (("N", "NAME"), ("A", "SINCE"), ("S", "STATUS"))
"""Keys, and the title of the column that they sort by."""


def measure(plan: Plan) -> Iterator[Figure]:
    """The structure alone, then the program in a terminal."""
    yield from structure(plan)
    shown = f"Kustomizations {count_pattern(COUNT)}"
    calm()
    with Terminal((sys.executable, "-m", "benchmarks.rows")) as terminal:
        terminal.wait(shown)
        terminal.settle(2)
        press_all(terminal, ("pagedown",) * 3, words=3)
        pressed = press_all(terminal, (("pagedown",) * 15 + ("pageup",) * 10) * plan.runs(4, 1), words=3)
        yield from pressed.figures(f"page-down in {COUNT:,} rows", "", 33.0)
        sorting = [terminal.press(key, partial(_sorted_by, title)) for key, title in SORTS * plan.runs(3, 1)]
        yield Figure(f"sort key in {COUNT:,} rows → screen", "ms", sorting)
        terminal.press("/", lambda text: "/" in text)
        for letter in "app-":
            terminal.press(letter, bool)  # hides nothing yet
            terminal.settle(0.5)
        narrowing = list[float]()
        for letter in "0991":
            narrowing.append(terminal.press(letter, lambda text: "Kustomizations" in text))
            terminal.settle(0.5)
        yield Figure(f"letter of a filter over {COUNT:,} rows → screen", "ms", narrowing)


def _sorted_by(title: str, text: str) -> bool:
    return re.search(rf"{title[:3]}\S*[▲▼]", text) is not None


def structure(plan: Plan) -> Iterator[Figure]:
    """The view that a list is made of: building it, and following changes."""
    from fluxtui.screens.rows import order

    store = filled()
    listing = Listing(store, lambda row: True, order(KIND, "status"))
    table = store.table(CLUSTER, "Kustomization")
    names = {
        "build and sort by status": lambda: listing.rebuild(table.rows.values(), order=order(KIND, "status")),
        "filter": lambda: listing.rebuild(table.rows.values(), accept=compile_filter(FILTER, time.time())),
    }
    for name, run in names.items():
        took = list[float]()
        for _ in range(plan.runs(5, 3)):
            calm()
            started = time.perf_counter()
            run()
            took.append((time.perf_counter() - started) * 1000)
        yield Figure(f"{name}, {COUNT:,} rows", "ms", took)
    listing.rebuild(table.rows.values(), accept=lambda row: True)
    store.drain()
    chosen, took = random.Random(3), list[float]()
    for turn in range(plan.runs(50, 20)):
        for number in chosen.sample(range(COUNT), 20):
            table.upsert(record(number, 10**6 + turn, failing=chosen.random() < 0.5))
        batch = store.drain()
        started = time.perf_counter()
        listing.apply(batch.changes)
        took.append((time.perf_counter() - started) * 1000)
    yield Figure(f"a batch of 20 changes followed, {COUNT:,} rows", "ms", took)


def filled() -> Store:
    """The store with all rows."""
    store = Store(assess)
    table = store.table(CLUSTER, "Kustomization")
    for number in range(COUNT):
        table.upsert(record(number, 1))
    table.set_state(DataState(Phase.FRESH, time.time(), time.time()))
    store.drain()
    return store


def record(number: int, version: int, *, failing: bool | None = None):
    """One record, by way of JSON as from a server."""
    whole = stored(number, version)
    if failing is not None:
        from benchmarks.samples import status

        whole["status"] = status(number, failing=failing)
    made = KIND.decode_object(msgspec.json.encode(whole))
    assert made is not None
    return made


def main() -> None:
    """The program with all rows in its store, and no cluster behind it."""
    from fluxtui.app import FluxtuiApp, Start
    from fluxtui.kube.contexts import Chosen

    app = FluxtuiApp(Start(lambda: Chosen((), ()), time.time, command="ks"))
    store = filled()
    app.desk.store._clusters.update(store._clusters)
    app.run()


if __name__ == "__main__":
    main()
