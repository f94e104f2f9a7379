"""Very many objects, counted before they are read: how many there are, and what a server prints of reports in a line.

A count costs one object (``limit=1`` and what the server says remains). Reports are asked for as a Table without
objects, a sixtieth of their size (facts: kyverno-oci §A, *Scale*). Servers that ignore limits or do not print are read
as they answer.
"""

from typing import Any, TypeVar

import msgspec

from fluxtui.kinds.decode import MISFITS
from fluxtui.kinds.policy.reports import RESULTS, Counts
from fluxtui.kube.answers import GarbledAnswer
from fluxtui.kube.transport import Reader, Resource, Scope

T = TypeVar("T")
LINES = 5_000
"""Rows per page: a hundred bytes each."""


class Glimpse(msgspec.Struct, frozen=True):
    """How many reports there are, and what their results amount to."""

    reports: int = 0
    counts: Counts = (0, 0, 0, 0, 0)


class _ListMeta(msgspec.Struct):
    next: str | None = msgspec.field(name="continue", default=None)
    remaining: int | None = msgspec.field(name="remainingItemCount", default=None)


class _Nothing(msgspec.Struct):
    pass


class _Counted(msgspec.Struct):
    items: list[_Nothing] | None = None
    metadata: _ListMeta = msgspec.field(default_factory=_ListMeta)


class _Report(msgspec.Struct):
    """A whole report, of a server that does not print."""

    summary: dict[str, Any] | None = None


class _Row(msgspec.Struct):
    cells: list[Any] | None = None


class _Column(msgspec.Struct):
    name: str = ""


class _Table(msgspec.Struct):
    metadata: _ListMeta = msgspec.field(default_factory=_ListMeta)
    columns: list[_Column] | None = msgspec.field(name="columnDefinitions", default=None)
    rows: list[_Row] | None = None
    items: list[_Report] | None = None


async def count(reader: Reader, resource: Resource) -> int:
    """How many objects there are, for the price of one. Raises `KubeError`."""
    body = await reader.list_page(resource, Scope(), limit=1, slim=True)
    told = _decoded(body, _Counted, resource)
    return len(told.items or ()) + (told.metadata.remaining or 0)


async def glimpse(reader: Reader, resource: Resource) -> Glimpse:
    """What all reports of a kind amount to. Raises `KubeError`."""
    reports, totals, token = 0, [0] * len(RESULTS), ""
    places: list[int] = []
    while True:
        body = await reader.table(resource, Scope(), token=token, limit=LINES, include="None")
        told = _decoded(body, _Table, resource)
        if told.columns:
            known = {column.name.lower(): at for at, column in enumerate(told.columns)}
            places = [known.get(name, -1) for name in RESULTS]
        for row in told.rows or ():
            cells = row.cells or []
            for at, place in enumerate(places):
                totals[at] += _number(cells[place]) if 0 <= place < len(cells) else 0
        for report in told.items or ():
            for at, name in enumerate(RESULTS):
                totals[at] += _number((report.summary or {}).get(name))
        reports += len(told.rows or told.items or ())
        token = told.metadata.next or ""
        if not token:
            fail, warn, error, skip, passed = totals
            return Glimpse(reports, (fail, warn, error, skip, passed))


def _number(cell: object) -> int:
    return max(0, cell) if isinstance(cell, int) else 0


def _decoded(body: bytes, shape: type[T], resource: Resource) -> T:
    try:
        return msgspec.json.decode(body, type=shape)
    except MISFITS as error:
        raise GarbledAnswer("list", resource.title, f"neither a table nor a list ({error})") from None
