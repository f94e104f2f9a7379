"""What is imported when: a start pays for what it paints with, a layer for what it may know (design §3, §4.7)."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import fluxtui

SOURCE = Path(fluxtui.__file__).parent

STARTED = """
import json, sys, threading
from fluxtui.cli import program, settings, tui
from fluxtui.kube.contexts import NoContext

found = threading.Event()

def find(self, config, also):  # called when the first paint is done
    print(json.dumps(sorted(sys.modules)), flush=True)
    found.set()
    raise NoContext("enough")

settings.Settings.find = find
tui._check_terminal = lambda: None

async def leave(pilot):
    while not found.is_set():
        await pilot.pause(0.01)
    pilot.app.exit()

import fluxtui.app
run = fluxtui.app.FluxtuiApp.run_async
fluxtui.app.FluxtuiApp.run_async = lambda self: run(self, headless=True, size=(120, 40), auto_pilot=leave)
sys.exit(program.run(["--kubeconfig", "/nonexistent"]))
"""
TRIVIAL = """
import json, sys
from textual.app import App

async def leave(pilot):
    print(json.dumps(sorted(sys.modules)), flush=True)
    pilot.app.exit()

App().run(headless=True, auto_pilot=leave)
"""


def modules(program: str, home: Path) -> set[str]:
    """What `program` says that it has imported, without any configuration of the user's."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(home), "XDG_CONFIG_HOME": str(home)}
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment, timeout=60
    )
    return set(json.loads(told.stdout.splitlines()[0]))


def imported(*names: str) -> set[str]:
    program = f"import json, sys, {', '.join(names)}; print(json.dumps(sorted(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    return set(json.loads(told.stdout))


def packages(names: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in names} - set(sys.stdlib_module_names)


def test_until_the_first_paint_only_textual_msgspec_and_click_are_imported(tmp_path: Path) -> None:
    started = modules(STARTED, tmp_path)
    assert "fluxtui.screens.triage" in started, "the first screen was not there yet: this test looks too early"
    beyond = packages(started) - packages(modules(TRIVIAL, tmp_path))
    assert beyond <= {"fluxtui", "msgspec", "click"}
    assert not {name for name in started if name.startswith("fluxtui.cli.")} & {
        f"fluxtui.cli.{name}" for name in ("demo", "triage", "get", "info", "completion", "printing", "gather")
    }


def test_a_command_that_paints_nothing_does_not_import_textual() -> None:
    told = imported(
        *(
            f"fluxtui.cli.{name}"
            for name in ("demo", "triage", "get", "info", "completion", "printing", "reports", "lists")
        )
    )
    assert not packages(told) & {"textual", "aiohttp", "kubernetes_asyncio", "yaml"}


def test_the_version_and_the_help_import_next_to_nothing() -> None:
    told = imported("fluxtui.cli.program")
    assert not packages(told) & {"textual", "rich", "aiohttp", "yaml"}
    assert not {name for name in told if name.startswith(("fluxtui.kinds", "fluxtui.screens", "fluxtui.kube"))}


@pytest.mark.parametrize(
    ("layer", "foreign"),
    [
        ("kinds", {"textual", "rich", "click", "aiohttp", "kubernetes_asyncio", "yaml", "asyncio"}),
        ("store", {"textual", "rich", "click", "aiohttp", "kubernetes_asyncio", "yaml", "asyncio"}),
        ("insight", {"textual", "rich", "click", "aiohttp", "kubernetes_asyncio", "yaml", "asyncio"}),
        ("kube", {"textual", "rich", "click", "aiohttp", "kubernetes_asyncio", "yaml"}),
        ("widgets", {"aiohttp", "kubernetes_asyncio", "yaml", "click"}),
        ("screens", {"aiohttp", "kubernetes_asyncio", "yaml", "click"}),
    ],
)
def test_a_layer_imports_nothing_that_it_may_not_know(layer: str, foreign: set[str]) -> None:
    lazy = {"fluxtui.kube.resolver"}  # loaded with aiohttp, after the first paint
    names = [
        f"fluxtui.{layer}" if path.stem == "__init__" else f"fluxtui.{layer}.{path.stem}"
        for path in sorted((SOURCE / layer).glob("*.py"))
    ]
    told = imported(*(name for name in names if name not in lazy))
    assert not {name.partition(".")[0] for name in told} & foreign


def test_only_the_demo_starts_the_simulator_and_nothing_imports_it() -> None:
    outside = [path for path in SOURCE.rglob("*.py") if "simulator" not in path.relative_to(SOURCE).parts]
    assert len(outside) > 50
    naming = {str(path.relative_to(SOURCE)) for path in outside if "fluxtui.simulator" in path.read_text("utf-8")}
    assert naming == {"cli/demo.py"}
    importing = re.compile(r"^\s*(from|import) fluxtui\.simulator", re.MULTILINE)
    assert not importing.search((SOURCE / "cli" / "demo.py").read_text("utf-8"))
