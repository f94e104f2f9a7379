"""``python -m benchmarks [--quick] [--only NAME]... [--json FILE]``: measure, tell, and hold against the targets.

On the simulator always; on a real API server when KUBEBUILDER_ASSETS names a folder with etcd, kube-apiserver and
crds/.
"""

import argparse
import importlib
import json
import os
import platform
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, Plan, table

SUBJECTS = (
    "first_paint",
    "kubeconfig",
    "ingest",
    "rows",
    "palette",
    "logs",
    "tree",
    "policy",
    "simulated",
    "real",
    "policy_real",
    "fleets",
)
"""Modules, in the order in which they run."""


def main(arguments: list[str] | None = None) -> int:
    """Run the subjects; returns the exit code, which is 0 however slow it was."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer runs: two minutes instead of ten")
    parser.add_argument("--only", action="append", choices=SUBJECTS, metavar="NAME", help=", ".join(SUBJECTS))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure with all its runs")
    asked = parser.parse_args(arguments)
    if not Path("/proc/self/stat").exists():
        parser.error("memory and CPU are read from /proc: the benchmarks need Linux")
    plan = Plan(quick=asked.quick, assets=_assets())
    started, figures = time.perf_counter(), list[Figure]()
    for name in asked.only or SUBJECTS:
        print(f"# {name} ({time.perf_counter() - started:.0f} s)", file=sys.stderr, flush=True)
        for figure in importlib.import_module(f"benchmarks.{name}").measure(plan):
            print(f"  {figure.what}: {figure.value:.4g} {figure.unit} {figure.where}", file=sys.stderr, flush=True)
            figures.append(figure)
    about = machine() | {"seconds": round(time.perf_counter() - started)}
    if asked.json:
        asked.json.write_text(json.dumps({"machine": about, "figures": [f.as_dict() for f in figures]}, indent=2))
    print(" · ".join(f"{key} {value}" for key, value in about.items()))
    print(table(figures))
    return 0


def machine() -> dict[str, Any]:
    """What it was measured on, and how busy that was."""
    cpu = next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), "")
    return {
        "cpu": cpu.partition(":")[2].strip() or platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load": " ".join(f"{load:.1f}" for load in os.getloadavg()),
    }


def _assets() -> Path | None:
    named = os.environ.get("KUBEBUILDER_ASSETS", "")
    folder = Path(named).expanduser()
    return folder if named and (folder / "kube-apiserver").exists() else None


if __name__ == "__main__":
    sys.exit(main())
