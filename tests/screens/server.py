"""An API server for screens that ask for what is not watched: objects by path, refusals, and what was asked."""

import asyncio
import json
from typing import Any

from fluxtui.kube.answers import KubeError, NotFound
from fluxtui.kube.served import Offer, Served
from fluxtui.kube.transport import Resource, Scope

OFFER = Offer(
    [
        Served("ConfigMap", Resource("", "v1", "configmaps")),
        Served("Deployment", Resource("apps", "v1", "deployments")),
        Served("Ingress", Resource("networking.k8s.io", "v1", "ingresses")),
    ]
)


METRICS = Served("PodMetrics", Resource("metrics.k8s.io", "v1beta1", "pods"))


class Server:
    """What the API server of alpha has beside what is watched; an exception is its answer.

    Objects are by ``plural/namespace/name``; the usage of pods is under ``metrics``.
    """

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any] | KubeError] = {}
        self.asked: list[str] = []
        self.held = asyncio.Event()
        """Answers wait for it."""
        self.held.set()
        self.given_up = 0
        self.offer = OFFER

    async def now(self) -> Offer:
        return self.offer

    async def get(self, resource: Resource, namespace: str, name: str, *, slim: bool = False) -> bytes:
        path = f"{_plural(resource)}/{namespace}/{name}"
        self.asked.append(path)
        try:
            await self.held.wait()
        except asyncio.CancelledError:
            self.given_up += 1
            raise
        found = self.objects.get(path, NotFound(404, "NotFound", "not found", "get", path))
        if isinstance(found, KubeError):
            raise found
        return json.dumps(found).encode()

    async def list_page(
        self, resource: Resource, scope: Scope, *, token: str = "", limit: int = 0, slim: bool = False
    ) -> bytes:
        plural = _plural(resource)
        self.asked.append(f"{plural} {scope.namespace} {scope.labels}")
        refused = self.objects.get(plural)
        if isinstance(refused, KubeError):
            raise refused
        prefix = f"{plural}/{scope.namespace}/"
        found = [held for path, held in self.objects.items() if path.startswith(prefix)]
        return json.dumps({"items": found}).encode()


def _plural(resource: Resource) -> str:
    return "metrics" if resource.group == METRICS.group else resource.plural


def deployment(ready: int = 1) -> dict[str, Any]:
    return {
        "metadata": {"name": "site", "namespace": "frontend", "creationTimestamp": "2026-03-19T02:48:00Z"},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "site"}}},
        "status": {
            "replicas": 2,
            "updatedReplicas": 2,
            "readyReplicas": ready,
            "availableReplicas": ready,
            "conditions": [{"type": "Available", "status": "True"}],
        },
    }


def pod(name: str, restarts: int, *, crashing: bool) -> dict[str, Any]:
    state = {"waiting": {"reason": "CrashLoopBackOff"}} if crashing else {"running": {}}
    held = {"name": "app", "restartCount": restarts, "ready": not crashing, "state": state}
    ready = {"type": "Ready", "status": "False" if crashing else "True"}
    return {
        "metadata": {"name": name, "namespace": "frontend", "labels": {"app": "site"}},
        "spec": {"containers": [{"name": "app", "resources": {"limits": {"memory": "128Mi"}}}]},
        "status": {"phase": "Running", "containerStatuses": [held], "conditions": [ready]},
    }
