"""What a kind is to a simulated cluster: what a CRD or a built-in type tells discovery, tables and storage.

The kinds themselves are in `registry`.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

import msgspec

Change = Literal["installed", "removed"]

CREATED = ".metadata.creationTimestamp"


class Column(msgspec.Struct, frozen=True):
    """One printer column of ``kubectl get``: its heading and the JSONPath of its cells.

    Built-in kinds have no path: `tables` computes their cells. A ``priority`` above 0 is shown by ``-o wide`` alone.
    """

    name: str
    path: str = ""
    type: str = "string"
    priority: int = 0
    format: str = ""


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """One kind, as discovery tells it.

    ``versions[0]`` is the storage version: objects are kept in it, whatever version they are written in.
    """

    group: str
    versions: tuple[str, ...]
    plural: str
    singular: str
    kind: str
    namespaced: bool = True
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    subresources: tuple[str, ...] = ("status",)
    custom: bool = True
    """Defined by a CustomResourceDefinition; built into the server otherwise."""
    generations: bool = True
    """Whether metadata.generation counts changes of the specification (ConfigMaps and the like have none)."""
    qualified: bool = False
    """Whether it is kept as ``Kind.group``, because another group has a kind of that name too."""
    read_only: bool = False
    """Whether it can only be got and listed, as what an aggregated API computes."""

    @property
    def key(self) -> str:
        """What tells it from all other kinds of a cluster: its name, with the group where another one has that name."""
        return f"{self.kind}.{self.group}" if self.qualified else self.kind

    @property
    def api_version(self) -> str:
        """``group/version`` of the storage version; ``v1`` in the core group."""
        return self.in_version(self.versions[0])

    @property
    def crd_name(self) -> str:
        """The name of the CustomResourceDefinition: ``plural.group``."""
        return f"{self.plural}.{self.group}"

    @property
    def verbs(self) -> tuple[str, ...]:
        """What can be done with it, in the order in which the real server lists the verbs."""
        if self.read_only:
            return ("get", "list")
        if self.custom:
            return ("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch")
        if self.kind == "Namespace":
            return ("create", "delete", "get", "list", "patch", "update", "watch")
        return ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")

    def in_version(self, version: str) -> str:
        """The apiVersion of objects served in ``version``."""
        return f"{self.group}/{version}" if self.group else version


def custom(
    kind: str,
    plural: str,
    group: str,
    versions: str,
    short: str,
    categories: tuple[str, ...],
    columns: tuple[Column, ...],
    *,
    namespaced: bool = True,
    status: bool = True,
    qualified: bool = False,
) -> Resource:
    """A custom kind; its `versions` and `short` names are separated by spaces."""
    return Resource(
        group=group,
        versions=tuple(versions.split()),
        plural=plural,
        singular=kind.lower(),
        kind=kind,
        namespaced=namespaced,
        short_names=tuple(short.split()),
        categories=categories,
        columns=columns,
        subresources=("status",) if status else (),
        qualified=qualified,
    )


def from_crd(crd: dict[str, Any]) -> Resource:
    """The resource that a CustomResourceDefinition object defines. Raises KeyError when its shape is wrong."""
    spec = crd["spec"]
    names = spec["names"]
    served = [version for version in spec["versions"] if version.get("served")]
    stored = next(version for version in spec["versions"] if version.get("storage"))
    order = [stored["name"], *(version["name"] for version in served if version is not stored)]
    shown: list[Any] = stored.get("additionalPrinterColumns") or [{"name": "Age", "jsonPath": CREATED, "type": "date"}]
    columns = tuple(
        Column(column["name"], column["jsonPath"], column["type"], column.get("priority", 0), column.get("format", ""))
        for column in shown
    )
    return Resource(
        group=spec["group"],
        versions=tuple(order),
        plural=names["plural"],
        singular=names.get("singular") or names["kind"].lower(),
        kind=names["kind"],
        namespaced=spec["scope"] == "Namespaced",
        short_names=tuple(names.get("shortNames") or ()),
        categories=tuple(names.get("categories") or ()),
        columns=columns,
        subresources=("status",) if "status" in (stored.get("subresources") or {}) else (),
    )


def to_crd(resource: Resource) -> dict[str, Any]:
    """The CustomResourceDefinition object of a custom resource: established, and without a schema."""
    names = {"kind": resource.kind, "listKind": f"{resource.kind}List", "plural": resource.plural}
    names["singular"] = resource.singular
    named: dict[str, Any] = dict(names)
    if resource.short_names:
        named["shortNames"] = list(resource.short_names)
    if resource.categories:
        named["categories"] = list(resource.categories)
    versions: list[dict[str, Any]] = [
        {
            "name": version,
            "served": True,
            "storage": version == resource.versions[0],
            "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
            "additionalPrinterColumns": [
                {"name": column.name, "jsonPath": column.path, "type": column.type, "priority": column.priority}
                for column in resource.columns
            ],
        }
        | ({"subresources": {"status": {}}} if "status" in resource.subresources else {})
        for version in resource.versions
    ]
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": resource.crd_name},
        "spec": {
            "group": resource.group,
            "names": named,
            "scope": "Namespaced" if resource.namespaced else "Cluster",
            "versions": versions,
        },
    }


class Resources:
    """The kinds that one cluster serves. They can come and go while it runs, as CRDs do.

    Kinds are told apart by `Resource.key`: of two groups that both have a ``PolicyException``, the second to come is
    kept with its group.
    """

    def __init__(self, resources: Iterable[Resource] = ()) -> None:
        self._kinds: dict[str, Resource] = {}
        self._paths: dict[tuple[str, str, str], Resource] = {}
        self._listeners: list[Callable[[Change, Resource], None]] = []
        for resource in resources:
            self.install(resource)

    def __iter__(self) -> Iterator[Resource]:
        return iter(list(self._kinds.values()))

    def __contains__(self, key: str) -> bool:
        return key in self._kinds

    def get(self, key: str) -> Resource | None:
        """By its key: ``Kustomization``."""
        return self._kinds.get(key)

    def of(self, kind: str, group: str) -> Resource | None:
        """By the name of the kind and its group, the core group being the empty string."""
        found = (self._kinds.get(key) for key in (f"{kind}.{group}", kind))
        return next((resource for resource in found if resource is not None and resource.group == group), None)

    def at(self, group: str, version: str, plural: str) -> Resource | None:
        """By the parts of its URL; the core group is the empty string."""
        return self._paths.get((group, version, plural))

    def install(self, resource: Resource) -> None:
        """Serves a kind. Installing it again replaces it (other versions, other columns)."""
        present = self.of(resource.kind, resource.group)
        taken = self._kinds.get(resource.kind)
        if present is not None:
            resource = msgspec.structs.replace(resource, qualified=present.qualified)
        elif taken is not None:
            resource = msgspec.structs.replace(resource, qualified=True)
        if present == resource:
            return
        if present is not None:
            self._forget(present)
        self._kinds[resource.key] = resource
        for version in resource.versions:
            self._paths[resource.group, version, resource.plural] = resource
        self._tell("installed", resource)

    def remove(self, key: str) -> None:
        """Stops serving a kind, as deleting its CRD does. Nothing happens when it was not there."""
        resource = self._kinds.pop(key, None)
        if resource is not None:
            self._forget(resource)
            self._tell("removed", resource)

    def subscribe(self, listener: Callable[[Change, Resource], None]) -> None:
        """Calls ``listener`` after every installation and removal."""
        self._listeners.append(listener)

    def _forget(self, resource: Resource) -> None:
        for version in resource.versions:
            self._paths.pop((resource.group, version, resource.plural), None)

    def _tell(self, change: Change, resource: Resource) -> None:
        for listener in self._listeners:
            listener(change, resource)
