"""Reverse indexes over one cluster's rows: from what a record points at to the records that point there.

An index is built at its first question and maintained from then on; what is never asked costs nothing.
"""

from collections.abc import Callable, Iterable, Iterator

from fluxtui.store.row import Row

Extract = Callable[[Row], Iterable[str]]

NOTHING: frozenset[str] = frozenset()


class Index:
    """Maps a term (a namespace, a status word, the id of a target…) to the ids of the rows that carry it."""

    def __init__(self, extract: Extract) -> None:
        self._extract = extract
        self._ids: dict[str, str | set[str]] | None = None  # most terms have one id, and a set costs 216 bytes

    def build(self, rows: Iterable[Row]) -> None:
        """Start from all rows; later changes come through `change`."""
        self._ids = {}
        for row in rows:
            self.change(None, row)

    @property
    def built(self) -> bool:
        """Whether `build` has run: an index that is not asked is not maintained."""
        return self._ids is not None

    def change(self, before: Row | None, after: Row | None) -> None:
        """Follow one change of a row; cheap when the terms stay the same."""
        ids = self._ids
        if ids is None:
            return
        old = tuple(self._extract(before)) if before is not None else ()
        new = tuple(self._extract(after)) if after is not None else ()
        if old == new:
            return
        if before is not None:
            for term in old:
                members = ids.get(term)
                if isinstance(members, set):
                    members.discard(before.record.id)
                    if not members:
                        del ids[term]
                elif members == before.record.id:
                    del ids[term]
        if after is not None:
            for term in new:
                members = ids.setdefault(term, after.record.id)
                if isinstance(members, set):
                    members.add(after.record.id)
                elif members != after.record.id:
                    ids[term] = {members, after.record.id}

    def get(self, term: str) -> frozenset[str] | set[str]:
        """The ids that carry the term; empty, never None. Not to be changed by the caller."""
        members = (self._ids or {}).get(term, NOTHING)
        return frozenset((members,)) if isinstance(members, str) else members

    def terms(self) -> Iterator[str]:
        """Every term that some row carries."""
        return iter(self._ids or {})


EXTRACTS: dict[str, Extract] = {
    "namespace": lambda row: (row.record.namespace,),
    "status": lambda row: (row.status.word,),
    "owner": lambda row: (row.record.owner,) if row.record.owner else (),
    "source": lambda row: (row.record.source,) if row.record.source else (),
    "needs": lambda row: [need.target for need in row.record.needs],
    "inputs": lambda row: row.record.inputs,
    "produced": lambda row: row.record.produced,
    "inventory": lambda row: row.record.inventory.split("\n") if row.record.inventory else (),
}
"""The indexes of a cluster by name."""
