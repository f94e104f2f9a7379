"""What the name of a kind means in the fleet, as far as the clusters have told what they serve."""

import asyncio
from dataclasses import dataclass

from fluxtui.kinds.served import ServedKind, close, matches, merged, whole
from fluxtui.kinds.table import KINDS, by_name
from fluxtui.kube.answers import KubeError
from fluxtui.kube.cluster import Cluster
from fluxtui.screens.desk import Desk, joined


@dataclass(frozen=True)
class Listed:
    """One kind of a list. `served` is None for kinds that are watched anyway: their rows are in the store."""

    key: str
    title: str
    namespaced: bool = True
    served: ServedKind | None = None


def served(desk: Desk) -> dict[str, ServedKind]:
    """Every kind that some cluster has told of, by key."""
    return merged(cluster.served or () for cluster in desk.fleet.clusters.values())


def silent(desk: Desk) -> list[str]:
    """The clusters in scope that have not told what they serve."""
    return [name for name in desk.clusters() if desk.fleet.clusters[name].served is None]


def meant(desk: Desk, word: str) -> list[Listed]:
    """The kinds that a word means: none (yet), one, or several groups'. A watched kind wins over others of its name."""
    known = by_name(word)
    if known is not None and (whole(known.name) or known.name == "Event"):
        return [Listed(known.name, known.title, known.namespaced)]
    found = matches(word, served(desk).values())
    if known is not None:
        found = [kind for kind in found if kind.key == known.name] or [
            ServedKind(known.group, known.versions[0], known.plural, known.name, namespaced=known.namespaced)
        ]
    return [
        Listed(kind.key, kind.title, kind.namespaced, None if kind.key in KINDS and whole(kind.key) else kind)
        for kind in found
    ]


def wrong_kinds(desk: Desk, words: str) -> str:
    """What is wrong with the names of kinds between commas; empty if nothing is, or if nobody has told yet."""
    for word in filter(None, words.split(",")):
        found = meant(desk, word)
        if len(found) > 1:
            names = [kind.served.full for kind in found if kind.served is not None]
            return (
                f"{word!r} is served by {len(found)} groups: {joined(names)}; `:{','.join(names[:3])}` lists them all"
            )
        every = served(desk)
        if not found and every:
            unknown = silent(desk)
            near = close(word, list(every.values()))
            told = f"{word!r} is neither a command nor a kind that a cluster serves"
            told += f" (not told by {joined(unknown)})" if unknown else ""
            return f"{told}: try {', '.join(near) or '? for the keys'}"
    return ""


async def look_around(desk: Desk) -> None:
    """Ask every cluster in scope what it serves; those that cannot be asked tell nothing."""
    await asyncio.gather(*(_look(desk.fleet.clusters[name]) for name in desk.clusters()))


async def _look(cluster: Cluster) -> None:
    try:
        await cluster.look_around()
    except KubeError:
        return  # its own state tells why; the others have told
