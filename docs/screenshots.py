"""Takes the pictures of README and docs: the program itself, on the simulated fleet, drawn to SVG.

``make screenshots`` runs it; ``python docs/screenshots.py NAME…`` takes some of them again. With ``--png`` and
librsvg's ``rsvg-convert`` it also writes a PNG beside each, to look at.
"""

import argparse
import asyncio
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from fluxtui.app import FluxtuiApp, Start
from fluxtui.kube import contexts
from fluxtui.kube.contexts import Chosen

IMAGES = Path(__file__).with_name("images")
PATIENCE = 20.0


@dataclass(frozen=True)
class Picture:
    """One picture: what to type at start, the keys to press then, and how large."""

    name: str
    command: str = ""
    keys: tuple[str, ...] = ()
    size: tuple[int, int] = (120, 32)
    theme: str = "fluxtui-dark"


PICTURES = (
    Picture("triage"),
    Picture("triage-80x24", size=(80, 24)),
    Picture("triage-light", theme="fluxtui-light"),
    Picture("triage-colorblind", theme="fluxtui-colorblind"),
    Picture("triage-mono", theme="fluxtui-mono"),
    Picture("tree", "tree", size=(160, 48)),
    Picture("tree-80x24", "tree", size=(80, 24)),
    Picture("tree-blast", "tree", ("r",), (120, 32)),
    Picture("health", "health", ("down", "down"), (160, 40)),
    Picture("health-80x24", "health", size=(80, 24)),
    Picture("plane", "health", ("down", "down", "enter"), (160, 40)),
    Picture("changes", "changes", size=(160, 40)),
    Picture("changes-80x24", "changes", size=(80, 24)),
    Picture("suspended", "suspended", size=(120, 32)),
    Picture("policy", "policy", ("down", "right", "down"), (160, 40)),
    Picture("policy-80x24", "policy", size=(80, 24)),
    Picture("policy-matrix", "policy matrix", size=(120, 32)),
    Picture("policy-owner", "policy by owner", ("right",), (120, 32)),
    Picture(
        "violation", "policy rule:check-for-team ns:backend", ("right", "down", "enter", "o", *["down"] * 8), (120, 36)
    ),
    Picture("violation-overview", "policy rule:check-for-team ns:backend", ("right", "down", "enter"), (120, 44)),
    Picture("resources", "hr", ("down",), (160, 32)),
    Picture("resources-80x24", "ks", size=(80, 24)),
    Picture("filter", "ks", ("slash", *"status:blocked ns:platform"), (120, 24)),
    Picture("resource", "hr", ("enter",), (160, 40)),
    Picture("handover", keys=("H", "enter", "down", "H", "enter", "colon", *"handover", "enter"), size=(120, 32)),
    Picture("contexts", "ctx", size=(100, 14)),
    Picture("keys", "ks", ("question_mark",), (100, 34)),
)


def main() -> None:
    """Take the pictures that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="which pictures (default: all)")
    parser.add_argument("--png", action="store_true", help="also as PNG, to look at")
    options = parser.parse_args()
    wanted = [picture for picture in PICTURES if not options.names or picture.name in options.names]
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        kubeconfig = Path(folder) / "kubeconfig"
        command = [sys.executable, "-m", "fluxtui.simulator", "--scenario", "incident", "--kubeconfig", str(kubeconfig)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as simulator:
            assert simulator.stdout is not None
            simulator.stdout.readline()
            try:
                for picture in wanted:
                    asyncio.run(take(picture, kubeconfig, png=options.png))
            finally:
                simulator.terminate()


async def take(picture: Picture, kubeconfig: Path, *, png: bool) -> None:
    """Run the program until its data is there, press the keys, and draw it."""

    def find() -> Chosen:
        found = contexts.load(str(kubeconfig))
        return Chosen(found.contexts, found.contexts)

    app = FluxtuiApp(Start(find, time.time, demo=True, read_only=True, command=picture.command, theme=picture.theme))
    async with app.run_test(size=picture.size) as pilot:
        until = time.monotonic() + PATIENCE
        while not (app.desk.fleet.clusters and _told(app)) and time.monotonic() < until:
            await pilot.pause(0.1)
        while picture.name.startswith(("policy", "violation")) and not _judged(app) and time.monotonic() < until:
            await pilot.pause(0.1)
        await pilot.pause(0.6)
        for key in picture.keys:
            await pilot.press(key)
        await pilot.pause(0.6)
        place = IMAGES / f"{picture.name}.svg"
        drawn = app.export_screenshot(title="fluxtui").replace("<text ", '<text xml:space="preserve" ')
        place.write_text(drawn, "utf-8")
    if png and (convert := shutil.which("rsvg-convert")):
        subprocess.run([convert, str(place), "-o", str(place.with_suffix(".png"))], check=True)
    print(place)


def _judged(app: FluxtuiApp) -> bool:
    """Whether every cluster's reports are known, or known to be out of reach."""
    shown = app.desk.guard.picture
    return shown is not None and bool(shown.violations) and all(each.settled for each in shown.coverage)


def _told(app: FluxtuiApp) -> bool:
    return all(cluster.health.phase != "loading" for cluster in app.desk.fleet.clusters.values())


if __name__ == "__main__":
    main()
