"""Serves a demo fleet: ``python -m fluxtui.simulator --scenario incident --kubeconfig PATH``.

Prints ``ready PATH`` once all clusters answer, and ends when its standard input does, or on SIGTERM: it never outlives
the program that started it.
"""

import argparse
import asyncio
import contextlib
import os
import signal
import sys
import threading
from pathlib import Path


def main(arguments: list[str] | None = None) -> int:
    """Runs until told to stop; 2 when the scenario cannot be used."""
    options = _parser().parse_args(arguments)
    from fluxtui.simulator.scenario import ScenarioError, load

    try:
        load(options.scenario)
    except ScenarioError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_run(options))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m fluxtui.simulator", description="Serve a simulated fleet.")
    parser.add_argument("--scenario", default="incident", help="one of the built-in ones (incident), or a YAML file")
    parser.add_argument("--kubeconfig", type=Path, required=True, help="where to write the kubeconfig")
    parser.add_argument("--clusters", type=int, help="how many clusters (default: 4)")
    parser.add_argument("--objects", type=int, help="how many Kustomizations to add over all clusters")
    parser.add_argument("--reports", type=int, default=0, help="how many policy reports to add to the first cluster")
    parser.add_argument("--churn", type=float, help="how many of them change per second")
    parser.add_argument("--seed", type=int, default=7, help="the same seed, the same fleet")
    parser.add_argument("--speed", type=float, default=1.0, help="how much faster than life")
    return parser


async def _run(options: argparse.Namespace) -> None:
    from fluxtui.simulator.demo import serve

    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stopped.set)
    _watch_stdin(loop, stopped)
    ready: asyncio.Future[Path] = loop.create_future()
    work = asyncio.create_task(
        serve(
            options.scenario,
            options.clusters,
            options.objects,
            options.kubeconfig,
            options.seed,
            options.speed,
            churn=options.churn,
            reports=options.reports,
            ready=ready,
        )
    )
    ending = asyncio.create_task(stopped.wait())
    await asyncio.wait((ready, work, ending), return_when=asyncio.FIRST_COMPLETED)
    if ready.done():
        sys.stdout.write(f"ready {ready.result()}\n")
        sys.stdout.flush()
        await asyncio.wait((work, ending), return_when=asyncio.FIRST_COMPLETED)
    work.cancel()
    ending.cancel()
    results = await asyncio.gather(work, ending, return_exceptions=True)
    if isinstance(results[0], Exception):
        raise results[0]


def _watch_stdin(loop: asyncio.AbstractEventLoop, stopped: asyncio.Event) -> None:
    """Sets ``stopped`` when standard input ends: the parent is gone."""

    stdin = sys.stdin.fileno()

    def wait() -> None:
        while os.read(stdin, 4096):  # not through the buffer: its lock must not be held when the interpreter ends
            pass
        with contextlib.suppress(RuntimeError):  # the loop has ended by itself
            loop.call_soon_threadsafe(stopped.set)

    threading.Thread(target=wait, daemon=True, name="stdin").start()


if __name__ == "__main__":
    sys.exit(main())
