"""Where something is edited in Git: repository, path and revision, as far as sources and owners tell.

An object is edited where its applier takes it from: up the owners to the first Kustomization, whose source is a
repository, or an artifact that names the one that it was built from (annotation ``org.opencontainers.image.source``,
set by ``flux push artifact --source``). What ResourceSets and releases make is edited where these are.
"""

from collections.abc import Iterator

import msgspec

from fluxtui.insight.roots import named
from fluxtui.kinds.columns import revision
from fluxtui.kinds.record import Record
from fluxtui.kinds.sources import SourceRecord
from fluxtui.store.store import ClusterData

FARTHEST = 12
"""Owners and sources that are followed at most: owners may go round in a circle."""


class InGit(msgspec.Struct, frozen=True):
    """A place in Git. `repository` is empty where nothing tells it; then `artifact` is what is applied instead (a URL
    or the id of a source), or `lost` says in words where the way ended. `through` are the owners that lead there, the
    nearest first; with `built` the path is that within an artifact that was built from the repository.
    """

    repository: str = ""
    path: str = ""
    revision: str = ""
    artifact: str = ""
    through: tuple[str, ...] = ()
    built: bool = False
    lost: str = ""

    @property
    def text(self) -> str:
        """All of it in a line, to be copied; empty without a repository and an artifact."""
        where = self.repository or self.artifact
        path = f" path {self.path}" if self.path else ""
        return f"{where}{path}{f' at {self.revision}' if self.revision else ''}" if where else ""

    @property
    def short(self) -> str:
        """Its revision as people say it."""
        return revision(self.revision)


def content(data: ClusterData, record: Record) -> InGit | None:
    """Where what a Kustomization applies is edited; None for what applies nothing from a source by path."""
    if record.kind != "Kustomization" or not record.source:
        return None
    return _from(data, record.source, record.path or "./", ())


def manifest(data: ClusterData, record: Record, owner: str = "") -> InGit | None:
    """Where an object itself is edited; None for one that nobody of Flux is known to apply. `owner` is for those whose
    record does not tell it.
    """
    through: list[str] = []
    following = owner or record.owner
    if not following:
        return None
    while following and following not in through and len(through) < FARTHEST:
        through.append(following)
        row = data.row(following)
        if row is None:
            return InGit(through=tuple(through), lost=f"{named(following)} is not known")
        applier = row.record
        if applier.kind == "Kustomization" and applier.source:
            return _from(data, applier.source, applier.path or "./", tuple(through))
        following = applier.owner
    return InGit(through=tuple(through), lost=f"nobody of Flux is known to apply {named(through[-1])}")


def _from(data: ClusterData, source: str, path: str, through: tuple[str, ...]) -> InGit:
    """What a source was made of."""
    for record in _sources(data, source):
        at = record.origin or record.revision
        if record.kind == "GitRepository":
            return InGit(record.url, path, at, through=through)
        if isinstance(record, SourceRecord) and record.built_from:
            return InGit(record.built_from, path, at, record.url, through, built=True)
        if record.url:
            return InGit("", path, at, record.url, through)
    return InGit("", path, "", source, through)


def _sources(data: ClusterData, source: str) -> Iterator[Record]:
    """A source, and those that it was made from while there is but one."""
    for _ in range(FARTHEST):
        row = data.row(source)
        if row is None:
            return
        yield row.record
        made_of = (row.record.source,) if row.record.source else row.record.inputs
        if len(made_of) != 1:
            return
        source = made_of[0]
