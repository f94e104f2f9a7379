"""Clusters whose data is not current, in a few words: by name while they are few, else counted by phase."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from fluxtui.insight.standing import Standing
from fluxtui.kinds.ages import ago
from fluxtui.screens.desk import PHASES
from fluxtui.store.state import Phase
from fluxtui.widgets.table_source import Span

FEW = 2
"""How many clusters are named; a list of more would be cut before it is read."""


class Lost(NamedTuple):
    """A cluster, the phase of its data, and for how long it has been so (``2m``, ``for 2m`` in a sentence)."""

    name: str
    phase: Phase
    old: str


def lost_spans(clusters: Iterable[Lost]) -> list[Span]:
    """`` · ⊘ prod-us-1 unreachable 2m``, or `` · ⊘ 19 clusters unreachable · ⊘ 5 clusters login needed``."""
    lost = list(clusters)
    if len(lost) <= FEW:
        told = [(f"{name} {phase}{f' {old}' if old else ''}", phase) for name, phase, old in lost]
    else:
        counts = [(phase, sum(each.phase is phase for each in lost)) for phase in PHASES]
        told = [(f"{count} cluster{'' if count == 1 else 's'} {phase}", phase) for phase, count in counts if count]
    return [
        span for words, phase in told for span in ((" · ", "muted"), (f"{PHASES[phase][0]} {words}", PHASES[phase][1]))
    ]


def standing_spans(clusters: Iterable[Standing], now: float) -> list[Span]:
    """The clusters whose data is not current, as `lost_spans` tells them, and what may not be seen of the others; those
    that still load are not lost.
    """
    every = list(clusters)
    lost = (each for each in every if not each.fresh and each.phase not in (Phase.LOADING, Phase.MISSING))
    told = lost_spans(Lost(each.name, each.phase, ago(each.contact or each.since, now)) for each in lost)
    return told + hidden_spans(every)


def hidden_spans(clusters: Sequence[Standing]) -> list[Span]:
    """The kinds that may not be seen, by cluster while these are few; the namespace, where one alone is seen."""
    counts = {cluster.name: sum(gap.phase is Phase.FORBIDDEN for gap in cluster.gaps) for cluster in clusters}
    told = [f"{count} kind{'s'[: count > 1]} of {name} may not be seen" for name, count in counts.items() if count]
    if len(told) > FEW:
        told = [f"kinds of {len(told)} clusters may not be seen"]
    limits = dict.fromkeys(words.partition(":")[0] for cluster in clusters for words in cluster.limits)
    return [span for words in (*told, *limits) for span in ((" · ", "muted"), (words, "status-blocked"))]
