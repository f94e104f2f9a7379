"""``fluxtui demo``: the program on a simulated fleet, which runs in a process of its own and is met over HTTP."""

from __future__ import annotations

import contextlib
import select
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import click

from fluxtui.cli import options, outcome
from fluxtui.cli.outcome import Failure
from fluxtui.cli.program import LazyGroup

if TYPE_CHECKING:
    from collections.abc import Sequence

SCENARIOS = ("calm", "incident", "storm", "enforce", "engine-down")
PATIENCE = 180.0
"""Seconds that a fleet has to come up: hundreds of clusters take their time."""
GRACE = 5.0
"""Seconds that it has to end before it is killed."""


class Fleet:
    """The simulator as a child process. It ends when its standard input does: it cannot outlive us.

    ``speed`` is how many seconds of the fleet pass in one of ours. Nothing is left once `end` was called, whether
    `start` came to its end, was interrupted, or was never called.
    """

    def __init__(self, arguments: Sequence[str], speed: float = 1.0) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="fluxtui-demo-"))  # for our eyes only
        self._path = self._folder / "kubeconfig"
        self._speed = speed
        self._began = 0.0
        self._errors = (self._folder / "errors").open("w+b")
        self._waiting = threading.Lock()
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process; `kubeconfig` waits for it."""
        self._process = subprocess.Popen(  # noqa: S603 - our own module, no shell
            [sys.executable, "-m", "fluxtui.simulator", "--kubeconfig", str(self._path), *self._arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            start_new_session=True,  # ctrl-C is for us: we end it when we are done
        )

    def kubeconfig(self) -> str:
        """The path of the fleet's kubeconfig, once it serves. Blocks; raises `NoContext` with the child's words."""
        from fluxtui.kube.contexts import NoContext

        with self._waiting:
            if not self._began:
                told = self._first_line(time.monotonic() + PATIENCE)
                if not told.startswith(b"ready "):
                    raise NoContext(f"the simulated fleet did not start: {self._why(told)}")
                self._began = time.time()
        return str(self._path)

    def now(self) -> float:
        """The fleet's time, epoch seconds."""
        began = self._began
        return began + (time.time() - began) * self._speed if began else time.time()

    def wait(self) -> int:
        """Until it ends by itself; returns its exit code."""
        return self._child.wait()

    @property
    def _child(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("the simulated fleet was not started")
        return self._process

    def why(self) -> str:
        """Its last words."""
        self._errors.seek(0)
        lines = self._errors.read()[-4000:].decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else f"it ended with {self._child.poll()}"

    def end(self) -> None:
        """End the process and remove its files."""
        process = self._process
        if process is not None:
            self._stop(process)
        self._errors.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _stop(self, process: subprocess.Popen[bytes]) -> None:
        if not self._began:
            process.kill()  # it is busy with its past, and has nothing to lose
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        with self._waiting:  # whoever reads its output has seen the end of it by now
            if process.stdout is not None:
                process.stdout.close()

    def _first_line(self, deadline: float) -> bytes:
        told = self._child.stdout
        assert told is not None  # noqa: S101 - it was made with a pipe
        while time.monotonic() < deadline:
            if select.select([told], [], [], 0.2)[0]:
                return told.readline()
        return b""

    def _why(self, told: bytes) -> str:
        if told:
            return f"it said {told[:200].decode('utf-8', 'replace').strip()!r}"
        try:
            self._child.wait(0.5)
        except subprocess.TimeoutExpired:
            return f"nothing came within {PATIENCE:.0f} s"
        return self.why()


class DemoGroup(LazyGroup):
    """The commands that work on the demo."""

    modules: ClassVar[dict[str, str]] = {
        "open": "fluxtui.cli.open",
        "triage": "fluxtui.cli.triage",
        "health": "fluxtui.cli.health",
        "get": "fluxtui.cli.get",
        "tree": "fluxtui.cli.tree",
        "changes": "fluxtui.cli.changes",
        "suspended": "fluxtui.cli.suspended",
        "policy": "fluxtui.cli.policy",
        "orphans": "fluxtui.cli.orphans",
        "oncall": "fluxtui.cli.oncall",
        "handover": "fluxtui.cli.handover",
        "info": "fluxtui.cli.info",
    }


@click.group(
    "demo",
    short_help="The program on a simulated fleet.",
    cls=DemoGroup,
    invoke_without_command=True,
    context_settings=options.CONTEXT_SETTINGS,
    subcommand_metavar="[COMMAND] [ARGS]...",
)
@click.option(
    "--scenario", metavar="NAME", default="incident", show_default=True, help=f"{', '.join(SCENARIOS)} or a YAML file."
)
@click.option("--clusters", type=click.IntRange(1, 1000), help="How many clusters. [default: 4]")
@click.option("--objects", type=click.IntRange(0, 1_000_000), help="How many Kustomizations to add, over all clusters.")
@click.option("--churn", type=click.FloatRange(0, 10_000), help="How many of them change per second.")
@click.option("--speed", type=click.FloatRange(0.1, 100), default=1.0, help="How much faster than life.")
@click.option("--serve", is_flag=True, help="Open no screen: print a kubeconfig and serve until ctrl-C.")
@options.connecting
@options.on_screen
@click.pass_context
def command(
    context: click.Context,
    scenario: str,
    clusters: int | None,
    objects: int | None,
    churn: float | None,
    speed: float,
    serve: bool,
) -> int:
    """Open the program on a simulated fleet of four clusters, over the same path as on real ones.

    Every command works on it too: fluxtui demo triage -o markdown
    """
    told = options.settings(context)
    if told.kubeconfig:
        raise click.UsageError("--kubeconfig: the demo has its own; leave out 'demo' to use yours.", context)
    if serve and context.invoked_subcommand:
        raise click.UsageError(
            f"--serve prints a kubeconfig; '{context.invoked_subcommand}' cannot run with it.", context
        )
    if scenario not in SCENARIOS and not Path(scenario).is_file():
        raise click.UsageError(f"--scenario {scenario!r} is neither {', '.join(SCENARIOS)} nor a file.", context)
    given = {"--scenario": scenario, "--clusters": clusters, "--objects": objects, "--churn": churn, "--speed": speed}
    fleet = Fleet([part for name, value in given.items() if value is not None for part in (name, str(value))], speed)
    context.call_on_close(fleet.end)
    fleet.start()
    told.demo = fleet
    if context.invoked_subcommand is not None:
        return outcome.HEALTHY  # the command goes on from here
    from fluxtui.cli.logs import start_logging

    start_logging(told.log_file)
    if serve:
        return _serve(fleet)
    from fluxtui.cli.tui import open_screen

    return open_screen(told, at_end=fleet.end)


def _serve(fleet: Fleet) -> int:
    """Print the kubeconfig, the path alone on standard output, and wait for ctrl-C or SIGTERM."""
    import signal

    from fluxtui.kube.contexts import NoContext

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        path = fleet.kubeconfig()
        click.echo(path)
        click.echo(f"Serving until ctrl-C. In another terminal: fluxtui --kubeconfig {path} --context '*'", err=True)
        fleet.wait()
    except NoContext as error:
        raise Failure(str(error)) from error
    except KeyboardInterrupt:
        return outcome.HEALTHY
    raise Failure(f"the simulated fleet ended: {fleet.why()}")
