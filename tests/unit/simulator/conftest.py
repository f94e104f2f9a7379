"""One simulated cluster without a network, whose controllers are stepped by a fake clock."""

import gzip
import json
from itertools import pairwise
from pathlib import Path

import pytest

from fluxtui.simulator.controllers.conditions import find
from fluxtui.simulator.controllers.engine import Clock
from fluxtui.simulator.controllers.installed import engine_for
from fluxtui.simulator.objects import Objects
from fluxtui.simulator.world import Artifact, World, digest

START = 1_795_240_000.0
RECORDINGS = Path(__file__).resolve().parents[4] / "shared" / "recordings"
REGISTRY = "oci://registry.example.com"
VERSIONS = {
    "Kustomization": "kustomize.toolkit.fluxcd.io/v1",
    "HelmRelease": "helm.toolkit.fluxcd.io/v2",
    "OCIRepository": "source.toolkit.fluxcd.io/v1",
    "ResourceSet": "fluxcd.controlplane.io/v1",
    "ResourceSetInputProvider": "fluxcd.controlplane.io/v1",
    "FluxInstance": "fluxcd.controlplane.io/v1",
    "FluxReport": "fluxcd.controlplane.io/v1",
    "Deployment": "apps/v1",
    "ConfigMap": "v1",
    "ClusterPolicy": "kyverno.io/v1",
    "PolicyException": "kyverno.io/v2",
}


def told(conditions):
    """Conditions as one line: ``Type=Status/Reason`` in their order."""
    return " ".join(f"{c['type']}={c['status']}/{c.get('reason', '')}" for c in conditions)


def distinct(steps):
    """Without the repetitions of neighbours."""
    return steps[:1] + [after for before, after in pairwise(steps) if before != after]


class Lab:
    """A cluster, its world, and what its objects said over time."""

    start = START
    registry = REGISTRY
    told = staticmethod(told)
    distinct = staticmethod(distinct)

    def __init__(self):
        self.clock = Clock(START)
        self.world = World()
        self.objects = Objects(self.clock, seed=1)
        self.engine = engine_for(self.objects, self.world, self.clock, seed=1)
        self.said = {}
        self.objects.subscribe(self._hear)

    def _hear(self, event, obj):
        conditions = (obj.get("status") or {}).get("conditions") or []
        name = f"{obj['kind']}/{obj['metadata'].get('namespace', '')}/{obj['metadata']['name']}"
        self.said.setdefault(name, []).append((self.clock.time - START, told(conditions)))

    def push(self, name, tag="latest", manifests=(), chart="", version="", workloads=(), unsigned="", marker=""):
        made = Artifact(
            digest=digest(f"{name} {tag} {version} {marker} {len(manifests)}"),
            origin=f"main@sha1:{marker or 'aaaa1111'}",
            source="https://github.com/acme/d2-apps",
            created=START - 600,
            size=213,
            contents={"": list(manifests)},
            chart=chart,
            version=version,
            workloads=tuple(workloads),
            unsigned=unsigned,
        )
        self.world.push(f"{REGISTRY}/{name}", tag, made)
        return made

    def make(self, kind, name, namespace="apps", annotations=None, labels=None, **fields):
        metadata = {"name": name, "namespace": namespace}
        if annotations:
            metadata["annotations"] = annotations
        if labels:
            metadata["labels"] = labels
        self.engine.storage.create(
            {"apiVersion": VERSIONS[kind], "kind": kind, "metadata": metadata, **fields}, "kubectl"
        )

    def source(self, name, namespace="apps", tag="latest", **spec):
        url = f"{REGISTRY}/{spec.pop('repository', name)}"
        self.make("OCIRepository", name, namespace, spec={"interval": "1m", "url": url, "ref": {"tag": tag}} | spec)

    def kustomization(self, name, namespace="apps", source="app", **spec):
        reference = {"kind": "OCIRepository", "name": source}
        usual = {"interval": "1m", "retryInterval": "20s", "timeout": "30s", "prune": True, "path": "./"}
        self.make("Kustomization", name, namespace, spec=usual | {"sourceRef": reference} | spec)

    def deployment(self, name, image="app:v1"):
        template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "app", "image": image}]}}
        spec = {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": template}
        return {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name, "namespace": "apps"},
            "spec": spec,
        }

    def config(self, name, **data):
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "apps"}, "data": data}

    def run(self, seconds):
        self.engine.advance(self.clock.time + seconds)

    def get(self, kind, name, namespace="apps"):
        return self.objects.get(kind, namespace, name)

    def ready(self, kind, name, namespace="apps"):
        condition = find(self.get(kind, name, namespace).get("status") or {}, "Ready")
        return f"{condition['status']}/{condition['reason']}", condition["message"]

    def patch(self, kind, name, patch, namespace="apps"):
        self.engine.storage.merge((kind, namespace, name), patch, "kubectl")

    def ask(self, kind, name, token, namespace="apps", **more):
        annotations = {"reconcile.fluxcd.io/requestedAt": token} | more
        self.patch(kind, name, {"metadata": {"annotations": annotations}}, namespace)

    def steps(self, name, since=0.0, until=1e9):
        """The distinct conditions that an object went through, in order."""
        return distinct([text for time, text in self.said.get(name, []) if since <= time <= until])

    def events(self, reason, name=""):
        return [
            event
            for event in self.objects.list("Event")
            if event["reason"] == reason and name in {"", event["involvedObject"]["name"]}
        ]


@pytest.fixture
def lab():
    return Lab()


@pytest.fixture(scope="session")
def recorded():
    """Asks the recording of real controllers: (kind, namespace, name, from, to) → the distinct conditions."""
    path = RECORDINGS / "flux-15-minutes.jsonl.gz"
    if not path.exists():
        pytest.skip(f"the recording of real controllers is not here: {path}")
    with gzip.open(path) as file:
        rows = [json.loads(line) for line in file]

    def ask(kind, namespace, name, since, until):
        found = []
        for row in rows:
            obj = row["event"]["object"]
            metadata = obj.get("metadata", {})
            same = (obj.get("kind"), metadata.get("namespace"), metadata.get("name")) == (kind, namespace, name)
            if same and since <= row["t"] <= until:
                found.append((obj.get("status") or {}).get("conditions") or [])
        return distinct([told(conditions) for conditions in found])

    ask.rows = rows
    return ask
