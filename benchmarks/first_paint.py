"""Start → first paint, against a trivial Textual program: the difference is ours."""

import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.calm import calm
from benchmarks.figures import Figure, Plan
from benchmarks.kubeconfig import written
from benchmarks.terminal import FLUXTUI, Terminal

TRIVIAL = (sys.executable, str(Path(__file__).with_name("trivial.py")))


def measure(plan: Plan) -> Iterator[Figure]:
    """Both in turn, so that a busy moment hits both; the ratio is of medians."""
    with tempfile.TemporaryDirectory() as folder:
        ours = (*FLUXTUI, "--kubeconfig", str(written(Path(folder, "kubeconfig"), contexts=4)))
        start(TRIVIAL)
        start(ours)
        pairs = [(start(TRIVIAL), start(ours)) for _ in range(plan.runs(15, 5))]
    trivial, fluxtui = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    yield Figure("start → first paint, trivial Textual app", "s", [wall for wall, _ in trivial])
    yield Figure("start → first paint", "s", [wall for wall, _ in fluxtui])
    walls, works = (
        statistics.median(run[which] for run in fluxtui) / statistics.median(run[which] for run in trivial)
        for which in (0, 1)
    )
    yield Figure("first paint, ratio to the trivial app", "×", [walls], 1.3, note=f"by CPU time {works:.2f}")


def start(command: tuple[str, ...]) -> tuple[float, float]:
    """Seconds until a word is on the screen, and CPU milliseconds that it took."""
    calm()
    with Terminal(command) as terminal:
        return terminal.wait("Triage")[0], terminal.worked()
