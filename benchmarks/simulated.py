"""The simulator as the demo starts it: a child process, met over HTTP."""

import contextlib
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import msgspec
import yaml

from benchmarks.figures import Figure, Plan
from benchmarks.thousands import OBJECTS, RATE, Served
from benchmarks.thousands import measure as measure_thousands
from fluxtui.cli.demo import Fleet

KUSTOMIZATIONS = "/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations?limit=1"


def measure(plan: Plan) -> Iterator[Figure]:
    """10,000 Kustomizations in one cluster, quiet and changing."""
    with serving(clusters=1, objects=OBJECTS) as served:
        yield from measure_thousands(plan, served, busy=False)
    with serving(clusters=1, objects=OBJECTS, churn=RATE) as served:
        yield from measure_thousands(plan, served, busy=True)


@contextlib.contextmanager
def serving(clusters: int, objects: int, churn: int = 0) -> Iterator[Served]:
    """A simulated fleet in which nothing goes on but ``churn``."""
    arguments = ["--scenario", "calm", "--clusters", str(clusters), "--objects", str(objects)]
    fleet = Fleet([*arguments, "--churn", str(churn)] if churn else arguments)
    try:
        fleet.start()
        path = fleet.kubeconfig()
        yield Served("simulator", path, "*", counted(path))
    finally:
        fleet.end()


class _Meta(msgspec.Struct):
    left: int = msgspec.field(name="remainingItemCount", default=0)


class _Listed(msgspec.Struct):
    metadata: _Meta
    items: list[msgspec.Raw]


def counted(kubeconfig: str) -> int:
    """How many Kustomizations the servers of a kubeconfig hold, by their own words."""
    told = yaml.load(Path(kubeconfig).read_text(), yaml.CSafeLoader)
    servers = {cluster["name"]: cluster["cluster"]["server"] for cluster in told["clusters"]}
    tokens = {user["name"]: user["user"]["token"] for user in told["users"]}
    total = 0
    for context in told["contexts"]:
        headers = {"Authorization": f"Bearer {tokens[context['context']['user']]}"}
        url = servers[context["context"]["cluster"]] + KUSTOMIZATIONS
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
            listed = msgspec.json.decode(answer.read(), type=_Listed)
        total += len(listed.items) + listed.metadata.left
    return total
