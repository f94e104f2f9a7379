"""The logs view with 100,000 lines: filled, scrolled, narrowed, and followed while more come."""

import re
import sys
import time
from collections.abc import Callable, Iterator

from benchmarks.calm import calm
from benchmarks.figures import Figure, Plan
from benchmarks.terminal import Terminal
from benchmarks.thousands import Presses
from fluxtui.insight import log_filter
from fluxtui.insight.log_lines import level_of, split_stamp, tidy, told
from fluxtui.widgets.log_buffer import MOST, LogBuffer, LogLine

PODS = 6
BATCH = 200
"""Lines of one of ten batches a second."""


def measure(plan: Plan) -> Iterator[Figure]:
    """The buffer alone, then the view in a terminal."""
    yield from structure(plan)
    calm()
    with Terminal((sys.executable, "-m", "benchmarks.logs")) as terminal:
        terminal.wait(f"{MOST:,} lines")
        terminal.settle(2)
        delays, waits = list[float](), list[float]()
        shown = CursorMoved()
        for key in ("pageup",) * 3 + (("up",) * 15 + ("pageup",) * 10 + ("down",) * 10) * plan.runs(4, 1):
            terminal.settle(0.1)
            before = terminal.waited()
            delays.append(terminal.press(key, shown))
            waits.append(terminal.waited() - before)
        yield from Presses(delays[3:], waits[3:]).figures(f"move in {MOST:,} lines of logs", "", 16.0)


class CursorMoved:
    """Whether the cursor stands on another line than before, by the line's time."""

    def __init__(self) -> None:
        self._bar = re.compile(r"▌(\d\d:\d\d:\d\d\.\d{3})")
        self._under = ""

    def __call__(self, text: str) -> bool:
        found = self._bar.findall(text)
        if not found or found[-1] == self._under:
            return False
        self._under = found[-1]
        return True


def structure(plan: Plan) -> Iterator[Figure]:
    """Reading, keeping and narrowing lines, without a terminal."""
    runs = plan.runs(9, 3)
    raw = [line_of(number) for number in range(MOST)]
    yield Figure(f"read {MOST:,} lines: time, level", "ms", [taken(lambda: read(raw)) for _ in range(runs)])
    lines = read(raw)
    buffer = LogBuffer()
    yield Figure(f"keep {MOST:,} lines", "ms", [taken(lambda: buffer.extend(lines))])
    more = [taken(lambda at=at: buffer.extend(lines[at : at + BATCH])) for at in range(0, 20 * BATCH, BATCH)]
    yield Figure(f"keep {BATCH} more, the oldest dropped", "ms", more, 16.0)
    wanted = log_filter.parse("slow !cache")
    whole, worst = list[float](), list[float]()
    for _ in range(runs):
        slices = narrowed(buffer, lambda line: wanted.passes(line.text, line.level, ""))
        whole.append(sum(slices))
        worst.append(max(slices))
    yield Figure(f"filter {MOST:,} lines", "ms", whole)
    yield Figure("longest slice of it", "ms", worst, 16.0)


def narrowed(buffer: LogBuffer, wanted: Callable[[LogLine], bool]) -> list[float]:
    """Milliseconds of each step of narrowing."""
    steps = buffer.narrow(wanted)
    found = list[float]()
    running = True
    while running:
        began = time.perf_counter()
        running = next(steps, steps) is None
        found.append((time.perf_counter() - began) * 1000)
    return found


def taken(run: Callable[[], object]) -> float:
    """Milliseconds."""
    started = time.perf_counter()
    run()
    return (time.perf_counter() - started) * 1000


def line_of(number: int) -> str:
    """A line as a kubelet sends it: some are errors, some warnings, most neither."""
    level = "error" if number % 500 == 0 else "warn" if number % 70 == 0 else "info"
    message = ("request completed", "cache refreshed", "slow query", "worker finished its batch")[number % 4]
    minute, second = divmod(number // 40, 60)
    stamp = f"2026-11-21T{minute // 60 % 24:02d}:{minute % 60:02d}:{second:02d}.{number % 40 * 25:03d}000000Z"
    return (
        f'{stamp} {{"level":"{level}","msg":"{message}","path":"/api/v1/orders/{number}","duration_ms":{number % 240}}}'
    )


def read(raw: list[str]) -> list[LogLine]:
    """The lines as the page takes them."""
    found: list[LogLine] = []
    for number, line in enumerate(raw):
        when, text = split_stamp(line)
        found.append(LogLine(when, number % PODS, level_of(text), tidy(text)))
    return found


def main() -> None:
    """The view alone, full, in an application of its own."""
    from textual.app import App, ComposeResult

    from fluxtui import themes
    from fluxtui.widgets.flowline import FlowLine
    from fluxtui.widgets.log_view import LogView

    buffer = LogBuffer()
    buffer.extend(read([line_of(number) for number in range(MOST)]))

    class Logs(App[None]):
        """A line above the lines, as on the page."""

        def compose(self) -> ComposeResult:
            yield FlowLine(id="state")
            yield LogView(buffer, lambda line: [(text, "") for text, _ in told(line.text)], id="log")

        def get_theme_variable_defaults(self) -> dict[str, str]:
            return themes.variable_defaults(dark=True)

        def on_mount(self) -> None:
            self.query_one(FlowLine).show([(f"{buffer.total:,} lines", "strong")])
            view = self.query_one(LogView)
            view.names = [f"web-{number:05d}" for number in range(PODS)]
            view.grown()
            view.focus()

    Logs().run()


if __name__ == "__main__":
    main()
