"""The controllers' view of a cluster's storage: whole statuses in, changes out, and deletion that never complains."""

from collections.abc import Callable

from fluxtui.simulator import refusals
from fluxtui.simulator.controllers.conditions import Object
from fluxtui.simulator.controllers.engine import GoneError, Key
from fluxtui.simulator.kyverno import installation
from fluxtui.simulator.objects import Objects

MANAGERS: dict[str, str] = {
    "Kustomization": "gotk-kustomize-controller",
    "HelmRelease": "gotk-helm-controller",
    "OCIRepository": "gotk-source-controller",
    "GitRepository": "gotk-source-controller",
    "HelmRepository": "gotk-source-controller",
    "HelmChart": "gotk-source-controller",
    "ImageRepository": "gotk-image-reflector-controller",
    "ImagePolicy": "gotk-image-reflector-controller",
    "ImageUpdateAutomation": "gotk-image-automation-controller",
    "Deployment": "kube-controller-manager",
    "ReplicaSet": "kube-controller-manager",
    "Pod": "kubelet",
    **dict.fromkeys(installation.POLICIES, "kyverno"),
    "CleanupPolicy": "cleanup-controller",
    "UpdateRequest": "background-controller",
}
"""Who writes the status of a kind, as its managedFields say; the Flux Operator writes the others."""
OPERATOR = "flux-operator"

_TOOLKIT = ("Kustomization", "HelmRelease", "OCIRepository", "GitRepository", "HelmChart")
_OPERATED = ("FluxInstance", "ResourceSet", "ResourceSetInputProvider")
_FINALIZERS: dict[str, str] = {
    **dict.fromkeys(_TOOLKIT, "finalizers.fluxcd.io"),
    **dict.fromkeys(_OPERATED, "fluxcd.controlplane.io/finalizer"),
}
_UNOBSERVED = {*_TOOLKIT, "ImageRepository"}


class ClusterStorage:
    """Implements what `engine.Storage` asks for on the storage of a simulated cluster."""

    def __init__(self, objects: Objects) -> None:
        self.objects = objects

    def get(self, kind: str, namespace: str, name: str) -> Object | None:
        """The object as stored (read-only), or None."""
        return self.objects.get(kind, namespace, name)

    def list(self, kind: str, namespace: str = "") -> "list[Object]":
        """All objects of a kind, or those in one namespace (read-only)."""
        return self.objects.list(kind, namespace or None)

    def create(self, obj: Object, manager: str = "") -> None:
        """Creates an object with what its controller adds first: the finalizer, and a status that observed nothing."""
        kind = obj["kind"]
        if kind in _FINALIZERS:
            obj = obj | {"metadata": {"finalizers": [_FINALIZERS[kind]]} | obj["metadata"]}
        if kind in _UNOBSERVED:
            obj = {"status": {"observedGeneration": -1}} | obj
        self.objects.create(obj, manager=manager or MANAGERS.get(kind, OPERATOR))

    def merge(self, key: Key, patch: Object, manager: str = "") -> None:
        """Applies a merge patch to everything but the status. Raises GoneError."""
        try:
            self.objects.patch(*key, patch, manager=manager or MANAGERS.get(key[0], OPERATOR))
        except refusals.NotFound:
            raise GoneError from None

    def set_status(self, key: Key, status: Object) -> None:
        """Replaces the status; one that is the same writes nothing. Raises GoneError."""
        obj = self.objects.get(*key)
        if obj is None:
            raise GoneError
        manager = MANAGERS.get(key[0], OPERATOR)
        self.objects.update(obj | {"status": status}, subresource="status", manager=manager)

    def delete(self, key: Key) -> None:
        """Deletes it; one that is not there is no error."""
        if self.objects.get(*key) is not None:
            self.objects.delete(*key)

    def release(self, key: Key) -> None:
        """Takes the finalizers off: an object that is being deleted goes."""
        if self.objects.get(*key) is not None:
            self.merge(key, {"metadata": {"finalizers": None}})

    def serves(self, kind: str) -> bool:
        """Whether the cluster has this kind."""
        return kind in self.objects.resources

    def subscribe(self, listener: Callable[[str, Object], None]) -> None:
        """Calls the listener with ADDED, MODIFIED or DELETED and the object, after every change."""
        self.objects.subscribe(listener)
