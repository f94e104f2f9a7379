"""The kubeconfig of simulated clusters: how the program finds them, as it finds real ones."""

import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from fluxtui.simulator.cluster import SimulatedCluster


def content(
    clusters: Iterable[SimulatedCluster], users: Mapping[str, Mapping[str, str]] | None = None
) -> dict[str, Any]:
    """One context per cluster, named after it, with its administrator; the first one is current.

    ``users`` adds contexts: cluster name → (context name → token), e.g. ``{"prod": {"prod-viewer": "…"}}``.
    """
    told: dict[str, Any] = {"apiVersion": "v1", "kind": "Config", "preferences": {}}
    lists: dict[str, list[Any]] = {"clusters": [], "users": [], "contexts": []}
    for cluster in clusters:
        lists["clusters"].append({"name": cluster.name, "cluster": {"server": cluster.url}})
        for context, token in {cluster.name: cluster.token(), **(users or {}).get(cluster.name, {})}.items():
            lists["users"].append({"name": context, "user": {"token": token}})
            lists["contexts"].append({"name": context, "context": {"cluster": cluster.name, "user": context}})
    current = lists["contexts"][0]["name"] if lists["contexts"] else ""
    return told | lists | {"current-context": current}


def write(
    path: Path, clusters: Iterable[SimulatedCluster], users: Mapping[str, Mapping[str, str]] | None = None
) -> Path:
    """Writes a kubeconfig for its owner's eyes only, at once whole, and returns its path."""
    text = yaml.safe_dump(content(clusters, users), sort_keys=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # created 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path
