"""How far each cluster's data can be believed, and how many of its objects are in which status.

A total is never shown without its coverage: a cluster that does not answer has its last numbers and its phase.
"""

import msgspec

from fluxtui.insight.blast import NOT_COUNTED
from fluxtui.kinds.status import Status
from fluxtui.kinds.table import KINDS
from fluxtui.store.state import Phase
from fluxtui.store.store import ClusterData
from fluxtui.store.table import Table

UNCOUNTED = NOT_COUNTED - {"Deployment"}
"""Kinds that have no health of their own, or only that of a report."""

WORST_FIRST = (Phase.LOGIN, Phase.UNREACHABLE, Phase.STALE, Phase.LOADING)
"""A cluster is in the worst of these phases that any of its tables is in. Single kinds may be forbidden or not
installed: the cluster is so only if all of its Flux kinds are."""


class Gap(msgspec.Struct, frozen=True):
    """A kind of a cluster that is not fresh, or may not be seen, and why. A fresh one is seen in part: in one
    namespace alone.
    """

    kind: str
    phase: Phase
    detail: str

    @property
    def partial(self) -> bool:
        """Whether objects of it are seen, but not all."""
        return self.phase is Phase.FRESH

    @property
    def state(self) -> str:
        """The phase, in a word."""
        return "in part" if self.partial else str(self.phase)


class Standing(msgspec.Struct, frozen=True):
    """One cluster in the strip: phase and since when, the last contact, why, and its objects by status.

    `counts` is indexed by `Status`; namespaces, ConfigMaps, Events and reports are not counted. `gaps` tells of kinds
    that cannot be seen or are not fresh while the cluster is; a kind that is not installed is no gap.
    """

    name: str
    phase: Phase
    since: float
    contact: float
    detail: str
    counts: tuple[int, ...]
    gaps: tuple[Gap, ...] = ()

    @property
    def total(self) -> int:
        """The objects counted."""
        return sum(self.counts)

    @property
    def failing(self) -> int:
        """Objects that failed or are blocked."""
        return self.counts[Status.FAILED] + self.counts[Status.BLOCKED]

    @property
    def fresh(self) -> bool:
        """Whether its numbers are current."""
        return self.phase is Phase.FRESH

    @property
    def hidden(self) -> tuple[Gap, ...]:
        """The kinds of which nothing current is seen."""
        return tuple(gap for gap in self.gaps if not gap.partial)

    @property
    def limits(self) -> tuple[str, ...]:
        """Why kinds are seen in part: ``only namespace apps: all namespaces are not allowed``."""
        return tuple(dict.fromkeys(gap.detail for gap in self.gaps if gap.partial))


def standing(data: ClusterData) -> Standing:
    """The standing of one cluster."""
    tables = [table for kind, table in data.tables.items() if kind in KINDS]
    phase, told = _phase(tables)
    gaps = tuple(
        Gap(table.kind, table.state.phase, table.state.detail)
        for table in tables
        if table.state.only or table.state.phase not in (Phase.FRESH, Phase.MISSING, phase)
    )
    since = min((table.state.since for table in told), default=0.0)
    contact = max((table.state.contact for table in tables), default=0.0)
    detail = next((table.state.detail for table in told if table.state.detail), "")
    return Standing(data.name, phase, since, contact, detail, _counts(data), gaps)


def _phase(tables: list[Table]) -> tuple[Phase, list[Table]]:
    """The cluster's phase and the tables that make it so."""
    for phase in WORST_FIRST:
        if told := [table for table in tables if table.state.phase is phase]:
            return phase, told
    flux = [table for table in tables if KINDS[table.kind].flux]
    seen = {table.state.phase for table in flux}
    if flux and seen <= {Phase.FORBIDDEN, Phase.MISSING}:
        return (Phase.FORBIDDEN if Phase.FORBIDDEN in seen else Phase.MISSING), flux
    return (Phase.FRESH, tables) if tables else (Phase.LOADING, [])


def _counts(data: ClusterData) -> tuple[int, ...]:
    """Objects by status: those that are not ready from the index, the ready ones as what is left."""
    total = sum(len(table.rows) for kind, table in data.tables.items() if kind not in UNCOUNTED)
    index = data.index("status")
    counts = [
        sum(identity.partition("/")[0] not in UNCOUNTED for identity in index.get(status.word))
        for status in Status
        if status is not Status.READY
    ]
    return (*counts, total - sum(counts))
