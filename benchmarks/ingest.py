"""How fast and how small: from watch lines and list pages to rows of the store.

    python benchmarks/ingest.py [--json] [--rounds N]

The objects are Kustomizations of 3.2 KB with an inventory of 12, as a kube-apiserver sends them. Machines differ and
are busy, so what counts is the ratio to the pure msgspec decode of the same bytes into the same structs: it is the
floor of everything that decodes. Medians and bests of the rounds are told.
"""

import argparse
import gc
import json
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

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
NOW = datetime(2026, 11, 21, 3, 30, tzinfo=UTC)
REVISION = "latest@sha256:" + "ab" * 32


def kustomization(number: int, version: int) -> dict[str, Any]:
    """A Kustomization as kustomize-controller leaves it; every fortieth fails. Times spread as in a real fleet."""
    namespace, name = f"team-{number % 100:03d}", f"app-{number:05d}"
    failing = number % 40 == 0
    reconciled = ago(number * 7 % 600)
    created, first = ago(86_400 + number * 37 % 2_600_000), ago(3_600 + number * 11 % 7_200)
    ready = {
        "lastTransitionTime": ago(number * 13 % 7_200),
        "message": "health check failed after 30s: timeout waiting" if failing else f"Applied revision: {REVISION}",
        "observedGeneration": 3,
        "reason": "HealthCheckFailed" if failing else "ReconciliationSucceeded",
        "status": "False" if failing else "True",
        "type": "Ready",
    }
    healthy = {
        "lastTransitionTime": reconciled,
        "message": f"Health check passed in {13 + number % 50}.041162ms",
        "observedGeneration": 3,
        "reason": "Failed" if failing else "Succeeded",
        "status": "False" if failing else "True",
        "type": "Healthy",
    }
    run = {
        "digest": "sha256:" + "44" * 32,
        "firstReconciled": first,
        "lastReconciled": reconciled,
        "lastReconciledDuration": "141.289207ms",
        "lastReconciledStatus": ready["reason"],
        "metadata": {"revision": REVISION},
        "totalReconciliations": 10,
    }
    return {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {
            "annotations": {"reconcile.fluxcd.io/requestedAt": "2026-11-21T03:17:59.000000000Z"},
            "creationTimestamp": created,
            "finalizers": ["finalizers.fluxcd.io"],
            "generation": 3,
            "labels": {
                "resourceset.fluxcd.controlplane.io/name": "apps",
                "resourceset.fluxcd.controlplane.io/namespace": "flux-system",
            },
            "managedFields": MANAGED,
            "name": name,
            "namespace": namespace,
            "resourceVersion": str(version),
            "uid": f"8f277614-c18c-48d2-96da-{number:012d}",
        },
        "spec": {
            "dependsOn": [{"name": f"app-{max(0, number - 100):05d}"}],
            "interval": "10m0s",
            "path": f"./{name}",
            "prune": True,
            "sourceRef": {"kind": "OCIRepository", "name": "apps"},
            "timeout": "5m0s",
            "wait": True,
        },
        "status": {
            "conditions": [ready, healthy],
            "history": [run],
            "inventory": {"entries": [{"id": f"{namespace}_{name}-{k}_apps_Deployment", "v": "v1"} for k in range(12)]},
            "lastAppliedRevision": REVISION,
            "lastAttemptedRevision": REVISION,
            "observedGeneration": 3,
        },
    }


def ago(seconds: int) -> str:
    """A moment before `NOW` as the API writes it."""
    return (NOW - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _managed(manager: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
        "manager": manager,
        "operation": "Update",
        "time": "2026-11-21T03:14:42Z",
    }


MANAGED = [
    _managed(
        "flux-operator",
        {
            "f:metadata": {"f:labels": {"f:resourceset.fluxcd.controlplane.io/name": {}}},
            "f:spec": {"f:interval": {}, "f:path": {}, "f:prune": {}, "f:sourceRef": {"f:kind": {}, "f:name": {}}},
        },
    ),
    _managed(
        "kustomize-controller",
        {"f:status": {"f:conditions": {}, "f:inventory": {"f:entries": {}}, "f:lastAppliedRevision": {}}},
    ),
]


class Samples:
    """The same objects as watch chunks and as list pages."""

    def __init__(self, count: int) -> None:
        objects = [dump(kustomization(number, 100_000 + number)) for number in range(count)]
        self.size = sum(map(len, objects)) / count
        lines = [b'{"type":"MODIFIED","object":' + data + b"}\n" for data in objects]
        self.chunks = [b"".join(lines[at : at + CHUNK]) for at in range(0, count, CHUNK)]
        self.pages = [
            b'{"kind":"KustomizationList","metadata":{"resourceVersion":"1"},"items":['
            + b",".join(objects[at : at + PAGE])
            + b"]}"
            for at in range(0, count, PAGE)
        ]


def dump(value: object) -> bytes:
    """JSON without spaces, as the API server writes it."""
    return json.dumps(value, separators=(",", ":")).encode()


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


def speed(samples: Samples, times: int) -> dict[str, dict[str, float]]:
    """Events and listed objects per second, with the ratio to the pure decode of the same bytes."""
    pure_line = msgspec.json.Decoder(_Line[Kustomization])
    pure_list = msgspec.json.Decoder(_List[Kustomization])

    def each(decode: Callable[[bytes], object], parts: list[bytes]) -> Callable[[], None]:
        def run() -> None:
            for part in parts:
                decode(part)

        return run

    def into_store() -> None:
        table = Store(assess).table("prod-eu-1", "Kustomization")
        for chunk in samples.chunks:
            for event in KIND.decode_events(chunk):
                if event.record is not None:
                    table.upsert(event.record)

    def listed_into_store() -> None:
        load = Store(assess).table("prod-eu-1", "Kustomization").load()
        for page in samples.pages:
            for record in KIND.decode_page(page).records:
                load.add(record)
        load.commit()

    runs: dict[str, tuple[str, Callable[[], object]]] = {
        "watch: pure msgspec": ("", each(pure_line.decode_lines, samples.chunks)),
        "watch: records": ("watch: pure msgspec", each(KIND.decode_events, samples.chunks)),
        "watch: rows in the store": ("watch: pure msgspec", into_store),
        "list: pure msgspec": ("", each(pure_list.decode, samples.pages)),
        "list: records": ("list: pure msgspec", each(KIND.decode_page, samples.pages)),
        "list: rows in the store": ("list: pure msgspec", listed_into_store),
    }
    told: dict[str, dict[str, float]] = {}
    for name, (floor, run) in runs.items():
        took = rounds(times, run)
        median, best = statistics.median(took), min(took)
        told[name] = {
            "per_second": OBJECTS / median,
            "best_per_second": OBJECTS / best,
            "microseconds": best / OBJECTS * 1e6,
            "ratio": best / OBJECTS * 1e6 / (told[floor]["microseconds"] if floor else best / OBJECTS * 1e6),
        }
    return told


def memory(samples: Samples) -> dict[str, float]:
    """Bytes that one record retains, and one row more, by what Python allocated; and the share of its inventory."""
    gc.collect()
    tracemalloc.start()
    records = [record for page in samples.pages for record in KIND.decode_page(page).records]
    held = tracemalloc.get_traced_memory()[0]
    table = Store(assess).table("prod-eu-1", "Kustomization")
    for record in records:
        table.upsert(record)
    with_rows = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    inventory = sum(sys.getsizeof(record.inventory) for record in records)
    return {
        "record": held / OBJECTS,
        "row": (with_rows - held) / OBJECTS,
        "inventory": inventory / OBJECTS,
    }


def fleet(samples: Samples, clusters: int = 10) -> dict[str, float]:
    """All samples in each of several clusters: seconds to fill, to build the indexes and to drain, and MB held."""
    gc.collect()
    tracemalloc.start()
    store = Store(assess)
    for number in range(clusters):
        load = store.table(f"cluster-{number}", "Kustomization").load()
        for page in samples.pages:
            for record in KIND.decode_page(page).records:
                load.add(record)
        load.commit()
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    start = time.perf_counter()
    batch = store.drain()
    drained = time.perf_counter()
    for data in store.clusters():
        for name in ("namespace", "status", "owner", "source", "needs", "inputs", "produced"):
            data.index(name)
    indexed = time.perf_counter()
    return {
        "rows": len(batch.changes),
        "megabytes": held / 1e6,
        "drain_ms": (drained - start) * 1e3,
        "indexes_ms": (indexed - drained) * 1e3,
    }


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="machine-readable")
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    samples = Samples(OBJECTS)
    told = {
        "object_bytes": samples.size,
        "speed": speed(samples, asked.rounds),
        "memory": memory(samples),
        "fleet": fleet(samples),
    }
    if asked.json:
        print(json.dumps(told, indent=2))
        return
    print(f"{OBJECTS:,} Kustomizations of {samples.size:.0f} bytes, {asked.rounds} rounds\n")
    print(f"{'':26}{'median/s':>10}{'best/s':>10}{'best µs':>9}{'ratio':>7}")
    for name, row in told["speed"].items():
        print(
            f"{name:26}{row['per_second']:10,.0f}{row['best_per_second']:10,.0f}"
            f"{row['microseconds']:9.2f}{row['ratio']:7.2f}"
        )
    held, rows = told["memory"], told["fleet"]
    print(f"\nbytes per record {held['record']:.0f} (inventory {held['inventory']:.0f}), per row {held['row']:.0f}")
    print(
        f"{rows['rows']:,} rows in 10 clusters: {rows['megabytes']:.0f} MB, "
        f"drain {rows['drain_ms']:.0f} ms, indexes {rows['indexes_ms']:.0f} ms"
    )


if __name__ == "__main__":
    main()
