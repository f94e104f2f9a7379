"""How fast and how small: from watch lines and list pages to rows of the store.

Machines differ and are busy, so besides events per second there is the ratio to the pure msgspec decode of the same
bytes into the same structs: it is the floor of everything that decodes.
"""

import gc
import json
import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterator

import msgspec

from benchmarks.figures import Figure, Plan
from benchmarks.samples import stored
from fluxtui.insight.status import assess
from fluxtui.kinds.decode import _Line, _List
from fluxtui.kinds.delivery import Kustomization
from fluxtui.kinds.table import KINDS
from fluxtui.store.store import Store

KIND = KINDS["Kustomization"]
OBJECTS = 10_000
CHUNK = 16
"""Watch lines in one read: 64 KB of TCP hold about twenty."""
PAGE = 500


class Samples:
    """The same objects as watch chunks and as list pages."""

    def __init__(self, count: int) -> None:
        objects = [
            json.dumps(stored(number, 100_000 + number), separators=(",", ":")).encode() for number in range(count)
        ]
        lines = [b'{"type":"MODIFIED","object":' + data + b"}\n" for data in objects]
        self.chunks = [b"".join(lines[at : at + CHUNK]) for at in range(0, count, CHUNK)]
        head = b'{"kind":"KustomizationList","metadata":{"resourceVersion":"1"},"items":['
        self.pages = [head + b",".join(objects[at : at + PAGE]) + b"]}" for at in range(0, count, PAGE)]


def measure(plan: Plan) -> Iterator[Figure]:
    """Speeds, their floor, and the bytes that a row retains."""
    samples = Samples(OBJECTS)
    times = plan.runs(7, 3)
    pure_line = msgspec.json.Decoder(_Line[Kustomization])
    pure_list = msgspec.json.Decoder(_List[Kustomization])
    floors = {
        "watch": rounds(times, lambda: [pure_line.decode_lines(chunk) for chunk in samples.chunks]),
        "list": rounds(times, lambda: [pure_list.decode(page) for page in samples.pages]),
    }
    ours = {
        "watch": rounds(times, lambda: watched_into_store(samples)),
        "list": rounds(times, lambda: listed_into_store(samples)),
    }
    for name, took in ours.items():
        wanted = 50_000.0 if name == "watch" else None
        speeds = [OBJECTS / seconds for seconds in took]
        yield Figure(f"{name} → rows of the store", "objects/s", speeds, wanted, at_least=True)
        ratio = statistics.median(took) / statistics.median(floors[name])
        yield Figure(f"{name} → rows, ratio to the pure decode", "×", [ratio])
    yield Figure("retained by one Kustomization (record and row)", "bytes", [retained(samples)])


def watched_into_store(samples: Samples) -> Store:
    """Every event decoded, assessed and put into a table."""
    store = Store(assess)
    table = store.table("prod-eu-1", "Kustomization")
    for chunk in samples.chunks:
        for event in KIND.decode_events(chunk):
            if event.record is not None:
                table.upsert(event.record)
    return store


def listed_into_store(samples: Samples) -> Store:
    """Every page loaded and committed."""
    store = Store(assess)
    load = store.table("prod-eu-1", "Kustomization").load()
    for page in samples.pages:
        for record in KIND.decode_page(page).records:
            load.add(record)
    load.commit()
    return store


def rounds(count: int, run: Callable[[], object]) -> list[float]:
    """Seconds of each of several runs; the first, which warms the caches, is not counted."""
    run()
    took: list[float] = []
    for _ in range(count):
        gc.collect()
        start = time.perf_counter()
        run()
        took.append(time.perf_counter() - start)
    return took


def retained(samples: Samples) -> float:
    """Bytes that stay allocated for one object."""
    gc.collect()
    tracemalloc.start()
    store = listed_into_store(samples)
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return held / len(store.table("prod-eu-1", "Kustomization").rows)
