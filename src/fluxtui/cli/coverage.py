"""What could not be seen, in words: a total is never told without how far it goes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fluxtui.insight.standing import Standing
from fluxtui.kinds.ages import ago
from fluxtui.kinds.table import KINDS
from fluxtui.store.state import Phase

MOST = 4
"""Kinds that are named; the others are counted."""


def missing(clusters: Iterable[Standing], now: float) -> list[str]:
    """One line for each cluster, and for each reason, why something could not be seen; none when all was seen."""
    lines: list[str] = []
    for cluster in clusters:
        if cluster.phase is Phase.FORBIDDEN:
            lines.append(f"{cluster.name}: may not list what Flux delivers: {cluster.detail}")
        elif cluster.phase is Phase.MISSING:
            lines.append(f"{cluster.name}: {cluster.detail or 'not installed'}")
        elif not cluster.fresh:
            lines.append(f"{cluster.name}: {_state(cluster, now)}")
        for phase in dict.fromkeys(gap.phase for gap in cluster.gaps):
            gaps = [gap for gap in cluster.gaps if gap.phase is phase]
            words = "may not list" if phase is Phase.FORBIDDEN else f"{gaps[0].state}:"
            why = f" ({gaps[0].detail})" if gaps[0].partial else ""
            lines.append(f"{cluster.name}: {words} {named([gap.kind for gap in gaps])}{why}")
    return lines


def _state(cluster: Standing, now: float) -> str:
    age = ago(int(cluster.since), now)
    told = f"{cluster.phase} for {age}" if age and age != "0s" else str(cluster.phase)
    return f"{told}: {cluster.detail}" if cluster.detail else told


def named(kinds: Sequence[str]) -> str:
    """Kinds by their titles, the first few of them: ``Kustomizations, HelmReleases and 4 more kinds``."""
    names = [KINDS[kind].title if kind in KINDS else kind for kind in kinds]
    more = f" and {len(names) - MOST} more kinds" if len(names) > MOST else ""
    return ", ".join(names[:MOST]) + more
