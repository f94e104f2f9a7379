"""The writer: the one way to change a cluster, and a class that a read-only process never makes.

It has connections of its own: the reader's pass neither PATCH nor DELETE (`wire`). `open_writer` is its only maker.
"""

# ruff: noqa: N818 - named for what happened, which is what a reader of an except clause wants to know
from fnmatch import fnmatchcase
from typing import Protocol

import msgspec

from fluxtui.kube.contexts import Context
from fluxtui.kube.transport import Resource
from fluxtui.kube.wire import Call, Wire, read

FIELD_MANAGER = "fluxtui"
MERGE = "application/merge-patch+json"
APPLY = "application/apply-patch+yaml"
PODS = Resource("", "v1", "pods")
_MAKER = object()


class ReadOnly(Exception):
    """Writing is not permitted; the text says by what."""


class Permission(msgspec.Struct, frozen=True):
    """What the command line, the environment and the configuration allow; made once, when the program starts."""

    read_only: bool = True
    contexts: tuple[str, ...] = ()
    """Names or globs of the contexts that the configuration makes read-only."""

    def refusal(self, context: str) -> str:
        """Why this context must not be written to; empty when it may."""
        if self.read_only:
            return "the program was started read-only"
        held = any(context == pattern or fnmatchcase(context, pattern) for pattern in self.contexts)
        return f"the configuration makes context {context!r} read-only" if held else ""


class Writer:
    """Patches objects of one cluster, and deletes pods. Made by `open_writer` alone."""

    def __init__(self, wire: Wire, maker: object) -> None:
        if maker is not _MAKER:
            raise ReadOnly("a writer is made by open_writer alone")
        self._wire = wire

    async def close(self) -> None:
        """Close its connections."""
        await self._wire.close()

    async def merge(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        patch: dict[str, object],
        *,
        sub: str = "",
        dry_run: bool = False,
    ) -> bytes:
        """A JSON merge patch; the object as it is afterwards. Raises `KubeError`."""
        return await self._patch(resource, namespace, name, patch, MERGE, sub, dry_run, ())

    async def apply(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        intent: dict[str, object],
        *,
        force: bool = False,
        dry_run: bool = False,
    ) -> bytes:
        """Server-side apply of the fields that we want to own. Raises `KubeError`; 409 names who else owns them."""
        return await self._patch(
            resource, namespace, name, intent, APPLY, "", dry_run, (("force", str(force).lower()),)
        )

    async def delete_pod(self, namespace: str, name: str, options: dict[str, object]) -> bytes:
        """Delete one pod, the only kind that can be: its owner makes another. ``options`` are DeleteOptions.

        Raises `KubeError`; 409 when a precondition (the uid) does not hold.
        """
        call = Call(
            path=PODS.path(namespace, name),
            verb="delete",
            resource=f"{PODS.title} {name!r}",
            method="DELETE",
            headers=(("Accept", "application/json"), ("Content-Type", "application/json")),
            body=options,
        )
        async with self._wire.request(call) as answer:
            return await read(answer, call)

    async def _patch(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        body: dict[str, object],
        content_type: str,
        sub: str,
        dry_run: bool,
        more: tuple[tuple[str, str], ...],
    ) -> bytes:
        query = (("fieldManager", FIELD_MANAGER), ("fieldValidation", "Strict"), *more)
        call = Call(
            path=resource.path(namespace, name, sub),
            verb="patch",
            resource=f"{resource.title} {name!r}",
            method="PATCH",
            query=(*query, ("dryRun", "All")) if dry_run else query,
            headers=(("Accept", "application/json"), ("Content-Type", content_type)),
            body=body,
        )
        async with self._wire.request(call) as answer:
            return await read(answer, call)


class Writable(Protocol):
    """What `open_writer` needs of a cluster."""

    @property
    def context(self) -> Context:
        """Its context."""
        ...

    def wire(self, methods: frozenset[str]) -> Wire:
        """New connections with the cluster's credentials, for these methods."""
        ...


def open_writer(cluster: Writable, permission: Permission) -> Writer:
    """The writer of a cluster. Raises `ReadOnly` when the process or the configuration forbids writing."""
    reason = permission.refusal(cluster.context.name)
    if reason:
        raise ReadOnly(reason)
    return Writer(cluster.wire(frozenset({"PATCH", "DELETE"})), _MAKER)
