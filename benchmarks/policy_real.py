"""20,000 reports on a real API server: when the first figures are on the screen, when all, and what it takes."""

import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp

from benchmarks.calm import calm
from benchmarks.figures import Figure, Plan
from benchmarks.fill import ADMIN
from benchmarks.policy import COUNT, FAILING, RULES, TEAMS, report
from benchmarks.real import kubeconfig, running
from benchmarks.terminal import FLUXTUI, Terminal
from benchmarks.thousands import press_all

REPORTS = "/apis/wgpolicyk8s.io/v1alpha2/namespaces/team-{:02d}/policyreports"
WRITERS = 48


def measure(plan: Plan) -> Iterator[Figure]:
    """From the start of the program; nothing without the binaries."""
    if plan.assets is None:
        print("  KUBEBUILDER_ASSETS names no folder with kube-apiserver: skipped", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory(prefix="fluxtui-bench-") as name, running(plan.assets, Path(name)) as url:
        asyncio.run(fill(url))
        path = str(kubeconfig(Path(name, "kubeconfig"), url))
        time.sleep(5)  # it is still busy with what it was given
        command = (*FLUXTUI, "--kubeconfig", path, "--context", "real", "-c", "policy")
        first, complete, grown = list[float](), list[float](), list[float]()
        for _ in range(plan.runs(5, 2)):
            calm()
            with Terminal(command) as terminal:
                figures, every = terminal.wait(r"[1-9]\d* fails", COMPLETE)
                first.append(figures)
                complete.append(every)
                terminal.settle(2)
                grown.append(terminal.memory())
        where = "kube-apiserver"
        yield Figure(f"start → first figures of {COUNT:,} reports", "s", first, 3.0, where)
        yield Figure("start → all of them counted and joined", "s", complete, None, where)
        yield Figure(f"resident memory with {COUNT:,} reports", "MB", grown, None, where)
        with Terminal(command) as terminal:
            terminal.wait(COMPLETE)
            terminal.settle(3)
            terminal.press("E", lambda text: "app-0" in text)
            press_all(terminal, ("pagedown",) * 3, words=3)
            pressed = press_all(terminal, (("down",) * 10 + ("up",) * 6) * plan.runs(4, 1), words=3)
            yield from pressed.figures(f"move in the Policy screen, {COUNT:,} reports", where, 33.0)


COMPLETE = rf"{COUNT * RULES // FAILING // 1000}.?000 fails"


async def fill(url: str) -> None:
    """Write them all; raises `aiohttp.ClientResponseError` at the first that is refused."""
    rng = random.Random(7)
    connector = aiohttp.TCPConnector(ssl=False, limit=WRITERS)
    async with aiohttp.ClientSession(url, headers=ADMIN, connector=connector, raise_for_status=True) as session:
        for team in range(TEAMS):
            namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"team-{team:02d}"}}
            await (await session.post("/api/v1/namespaces", json=namespace)).read()
        made = [report(number, rng) for number in range(COUNT)]
        for each in made:
            metadata = each["metadata"]
            assert isinstance(metadata, dict)
            for told in ("uid", "resourceVersion", "creationTimestamp"):
                del metadata[told]

        async def some(first: int) -> None:
            for number in range(first, COUNT, WRITERS):
                await (await session.post(REPORTS.format(number % TEAMS), json=made[number])).read()

        await asyncio.gather(*map(some, range(WRITERS)))
