"""Reads the objects of parameters that admission policies name: each by itself, bounded, and what is refused is told.

They are no kind of delivery and are not watched: a ConfigMap of an allow-list changes when somebody releases it.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping

from fluxtui.insight.fields import mapping
from fluxtui.insight.policy.guardrails import Parameter, Place
from fluxtui.kinds.decode import Garbled
from fluxtui.kube.answers import Forbidden, KubeError, NotFound
from fluxtui.kube.cluster import Cluster
from fluxtui.kube.transport import Resource

CONFIG_MAPS = Resource("", "v1", "configmaps", True)
AT_ONCE = 8
"""Requests under way, over all clusters."""
MOST = 16
"""Objects that are read of one cluster."""
LENGTH = 65_536
"""Characters of one value that are kept."""


async def read(
    clusters: Mapping[str, Cluster], wanted: Iterable[Place], told: Callable[[Place, Parameter], None]
) -> None:
    """Read ConfigMaps; `told` is given each as it comes. Raises nothing: an answer that is none is told as trouble."""
    turn = asyncio.Semaphore(AT_ONCE)
    counts: dict[str, int] = {}
    due: list[Place] = []
    for place in wanted:
        counts[place[0]] = counts.get(place[0], 0) + 1
        if place[0] not in clusters:
            continue
        if counts[place[0]] > MOST:
            told(place, Parameter(trouble="failed", detail=f"more than {MOST} objects of parameters"))
        else:
            due.append(place)

    async def one(place: Place) -> None:
        async with turn:
            told(place, await _read(clusters[place[0]], place))

    await asyncio.gather(*(one(place) for place in due))


async def _read(cluster: Cluster, place: Place) -> Parameter:
    _, namespace, name = place
    try:
        obj = await cluster.fetch_from(CONFIG_MAPS, namespace, name)
    except NotFound as error:
        return Parameter(trouble="missing", detail=str(error))
    except Forbidden as error:
        return Parameter(trouble="forbidden", detail=str(error))
    except (KubeError, Garbled) as error:
        return Parameter(trouble="failed", detail=str(error))
    data = mapping(obj, "data")
    # as it is, not neutralised: how a list is split depends on every character of it
    return Parameter({key: value[:LENGTH] for key, value in data.items() if isinstance(value, str)})
