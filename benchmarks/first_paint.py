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
    yield Figure("start → first paint, trivial Textual app", "s", trivial)
    yield Figure("start → first paint", "s", fluxtui)
    ratio = statistics.median(fluxtui) / statistics.median(trivial)
    yield Figure("first paint, ratio to the trivial app", "×", [ratio], 1.3)


def start(command: tuple[str, ...]) -> float:
    """Seconds until a word is on the screen."""
    calm()
    with Terminal(command) as terminal:
        return terminal.wait("Triage")[0]
