"""Very many objects, counted before they are read: how many there are, and what a server prints of reports in a line.

A count costs one object (``limit=1`` and what the server says remains). Reports are asked for as a Table with metadata,
a twelfth of their size (facts: kyverno-oci §A, *Scale*). Servers that ignore limits or do not print are read as they
answer.
"""

from typing import Any, TypeVar

import msgspec

from fluxtui.kinds.decode import MISFITS
from fluxtui.kinds.policy.reports import RESULTS, Counts
from fluxtui.kinds.text import shared
from fluxtui.kube.answers import GarbledAnswer
from fluxtui.kube.transport import Reader, Resource, Scope

T = TypeVar("T")
LINES = 2_000
"""Rows per page: half a kilobyte each."""


class Glimpse(msgspec.Struct, frozen=True):
    """How many reports there are, and their results in the order of `RESULTS`, by namespace (empty: of the cluster)."""

    reports: int = 0
    counts: dict[str, Counts] = {}

    @property
    def total(self) -> Counts:
        """The results of all namespaces."""
        columns = zip(NONE, *self.counts.values(), strict=True)
        fail, warn, error, skip, passed = (sum(column) for column in columns)
        return fail, warn, error, skip, passed


NONE: Counts = (0, 0, 0, 0, 0)


class _ListMeta(msgspec.Struct):
    next: str | None = msgspec.field(name="continue", default=None)
    remaining: int | None = msgspec.field(name="remainingItemCount", default=None)


class _Nothing(msgspec.Struct):
    pass


class _Counted(msgspec.Struct):
    items: list[_Nothing] | None = None
    metadata: _ListMeta = msgspec.field(default_factory=_ListMeta)


class _Meta(msgspec.Struct):
    namespace: str | None = None


class _Object(msgspec.Struct):
    """A row's object, or a whole report of a server that does not print."""

    metadata: _Meta | None = None
    summary: dict[str, Any] | None = None


class _Row(msgspec.Struct):
    cells: list[Any] | None = None
    object: _Object | None = None


class _Column(msgspec.Struct):
    name: str = ""


class _Table(msgspec.Struct):
    metadata: _ListMeta = msgspec.field(default_factory=_ListMeta)
    columns: list[_Column] | None = msgspec.field(name="columnDefinitions", default=None)
    rows: list[_Row] | None = None
    items: list[_Object] | None = None


async def count(reader: Reader, resource: Resource) -> int:
    """How many objects there are, for the price of one. Raises `KubeError`."""
    body = await reader.list_page(resource, Scope(), limit=1, slim=True)
    told = _decoded(body, _Counted, resource)
    return len(told.items or ()) + (told.metadata.remaining or 0)


async def glimpse(reader: Reader, resource: Resource) -> Glimpse:
    """What all reports of a kind amount to. Raises `KubeError`."""
    counts: dict[str, Counts] = {}
    reports, token, places = 0, "", {}
    while True:
        body = await reader.table(resource, Scope(), token=token, limit=LINES, include="Metadata")
        told = _decoded(body, _Table, resource)
        if told.columns:
            places = {column.name.lower(): at for at, column in enumerate(told.columns)}
        rows = told.rows if told.rows is not None else [_Row(None, item) for item in told.items or ()]
        for row in rows:
            _add(counts, row, places)
        reports += len(rows)
        token = told.metadata.next or ""
        if not token:
            return Glimpse(reports, counts)


def _add(counts: dict[str, Counts], row: _Row, places: dict[str, int]) -> None:
    held = row.object or _Object()
    namespace = shared(held.metadata.namespace if held.metadata is not None else "")
    cells, summary = row.cells or (), held.summary or {}
    fail, warn, error, skip, passed = counts.get(namespace, NONE)
    more = [
        _number(cells[places[name]] if places.get(name, len(cells)) < len(cells) else summary.get(name))
        for name in RESULTS
    ]
    counts[namespace] = (fail + more[0], warn + more[1], error + more[2], skip + more[3], passed + more[4])


def _number(cell: object) -> int:
    return max(0, cell) if isinstance(cell, int) else 0


def _decoded(body: bytes, shape: type[T], resource: Resource) -> T:
    try:
        return msgspec.json.decode(body, type=shape)
    except MISFITS as error:
        raise GarbledAnswer("list", resource.title, f"neither a table nor a list ({error})") from None
