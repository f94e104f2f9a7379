"""Clusters whose data is not current, in a few words: by name while they are few, else counted by phase."""

from collections.abc import Iterable
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
    """The clusters whose data is not current, as `lost_spans` tells them; those that still load are not lost."""
    lost = (each for each in clusters if not each.fresh and each.phase not in (Phase.LOADING, Phase.MISSING))
    return lost_spans(Lost(each.name, each.phase, ago(each.contact or each.since, now)) for each in lost)
