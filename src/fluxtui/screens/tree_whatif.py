"""What if: some objects are assumed to fail or to be suspended, and what would stop is shown. Nothing is sent."""

from collections.abc import Sequence

from fluxtui.insight.forest import Ref
from fluxtui.insight.graph import Graph
from fluxtui.insight.whatif import Stops, stops
from fluxtui.kinds.status import Status
from fluxtui.screens.desk import STATUS_STYLES, Desk, joined
from fluxtui.screens.details import named
from fluxtui.screens.tree_words import plural
from fluxtui.widgets.table_source import Span

TURNS: dict[Status | None, Status | None] = {
    None: Status.FAILED,
    Status.FAILED: Status.SUSPENDED,
    Status.SUSPENDED: None,
}
"""What is assumed of an object when its key is pressed again."""


class WhatIf:
    """The assumptions, and what would stop under them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.assumed: dict[Ref, Status] = {}
        self.stopped: frozenset[Ref] = frozenset()
        self._answers: list[Stops] = []

    @property
    def active(self) -> bool:
        """Whether anything is assumed."""
        return bool(self.assumed)

    def turn(self, key: Ref) -> None:
        """Assume something else of an object: failed, suspended, nothing."""
        status = TURNS[self.assumed.pop(key, None)]
        if status is not None:
            self.assumed[key] = status
        self.again()

    def clear(self) -> None:
        """Assume nothing."""
        self.assumed = {}
        self.again()

    def again(self) -> None:
        """Compute what would stop, on the data of now."""
        by_cluster: dict[str, dict[str, Status]] = {}
        for (cluster, identity), status in self.assumed.items():
            by_cluster.setdefault(cluster, {})[identity] = status
        held = (
            (data, ids) for cluster, ids in by_cluster.items() if (data := self._desk.store.find(cluster)) is not None
        )
        self._answers = [stops(Graph(data), ids, self._desk.now()) for data, ids in held]
        self.stopped = frozenset((each.cluster, identity) for each in self._answers for identity in each.ids)

    def title(self) -> Sequence[Span]:
        """``what if · HelmRelease x failed · 38 objects, 2 tenants, 1 cluster would stop · nothing is sent``."""
        spans: list[Span] = [(" what if", "title")]
        for (_, identity), status in list(self.assumed.items())[:3]:
            word = "failed" if status is Status.FAILED else "were suspended"
            spans += [(" · ", "muted"), (named(identity), "accent"), (f" {word}", STATUS_STYLES[status])]
        if len(self.assumed) > 3:
            spans.append((f" and {len(self.assumed) - 3} more", "muted"))
        tenants = sorted({name for each in self._answers for name in each.tenants})
        clusters = sum(bool(each.stops) for each in self._answers)
        fresh = sum(len(each.fresh) for each in self._answers)
        spans.append((f" · {plural(len(self.stopped), 'object')} would stop", "strong"))
        if self.stopped:
            spans.append((f", {fresh} of them well now · {joined(tenants, 4)} · {plural(clusters, 'cluster')}", ""))
        return [*spans, (" · nothing is sent", "muted")]
