"""One kubeconfig with 500 contexts: read, checked and resolved."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from benchmarks.figures import Figure, Plan
from fluxtui.kube import contexts

COUNT = 500


def measure(plan: Plan) -> Iterator[Figure]:
    """With an authority of 1.5 KB for each cluster; every third user runs a plugin, as the clouds have it."""
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder, "kubeconfig"), COUNT)
        took: list[float] = []
        for _ in range(plan.runs(7, 3)):
            started = time.perf_counter()
            found = contexts.load(str(path))
            took.append(time.perf_counter() - started)
            if len(found.contexts) != COUNT:
                raise RuntimeError(f"{len(found.contexts)} of {COUNT} contexts were found")
        yield Figure(f"kubeconfig with {COUNT} contexts, read", "s", took, 0.5)


def written(path: Path, contexts: int) -> Path:
    """Write a kubeconfig of so many contexts whose servers are not there."""
    names = [f"cluster-{number:03d}" for number in range(contexts)]
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": _cluster(number)} for number, name in enumerate(names)],
        "users": [{"name": name, "user": _user(number)} for number, name in enumerate(names)],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}} for name in names],
        "current-context": names[0],
    }
    path.write_text(yaml.safe_dump(content))
    return path


def _cluster(number: int) -> dict[str, Any]:
    return {"server": f"https://127.0.0.1:{1 + number % 9}", "certificate-authority-data": "QUFB" * 500}


def _user(number: int) -> dict[str, Any]:
    if number % 3:
        return {"token": f"token-{number}"}
    command = {"apiVersion": "client.authentication.k8s.io/v1", "command": "aws", "interactiveMode": "IfAvailable"}
    return {"exec": command | {"args": ["eks", "get-token", "--cluster-name", f"cluster-{number}"]}}
