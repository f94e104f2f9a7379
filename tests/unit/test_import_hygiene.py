"""What a start does not pay for: heavy packages are imported when they are first used (design §4.7)."""

import subprocess
import sys

import pytest

HEAVY = ("kubernetes_asyncio", "aiohttp", "yaml", "textual", "multidict")


@pytest.mark.parametrize("module", ["fluxtui.kube.fleet", "fluxtui.kube.contexts", "fluxtui.kube.writer"])
def test_importing_the_client_imports_no_network_and_no_yaml(module: str) -> None:
    program = f"import sys, {module}; print(' '.join(name for name in {HEAVY!r} if name in sys.modules))"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == ""


def test_nothing_of_the_client_becomes_the_default_of_the_process() -> None:
    program = (
        "from fluxtui.kube.wire import load_plumbing; load_plumbing();"
        "from kubernetes_asyncio.client import Configuration; print(Configuration._default)"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "None"
