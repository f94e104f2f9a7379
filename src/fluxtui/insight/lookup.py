"""Finds the object that people mean by ``kind/namespace/name``, ``kind/name`` or either after ``cluster/``.

Clusters may have slashes in their names, kinds go by any of their names. Something that is asked for by others and
does not exist is found too: it is a place in the tree.
"""

from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches

from fluxtui.insight.causes import Ref
from fluxtui.kinds.record import object_id, split_id
from fluxtui.kinds.table import KINDS, by_name, names
from fluxtui.store.store import ClusterData, Store

FORMS = "write kind/namespace/name or kind/name, with cluster/ before it for one cluster alone"
MOST = 3
"""Names that are offered instead of one that does not exist, or that stand for more."""
ENOUGH = 20_000
"""Names that are compared at most to offer one."""


class NotFound(LookupError):  # noqa: N818 - it is an answer
    """No object, or more than one, goes by that name; the text says what would be right."""


def lookup(store: Store, text: str, namespace: str = "") -> list[Ref]:
    """The object in each cluster that has it; `namespace` is where to look when the text does not say.

    Raises `NotFound`.
    """
    clusters, rest = _clusters(store, text)
    kind, *parts = rest.split("/")
    if not kind or len(parts) not in (1, 2) or not parts[-1]:
        raise NotFound(f"{text!r} names no object: {FORMS}")
    known = by_name(kind)
    kind = known.name if known is not None else kind
    if len(parts) == 2:
        found = _exactly(clusters, object_id(kind, *parts))
    else:
        found = _by_name(clusters, kind, parts[0], namespace)
    if found:
        return found
    if known is None:
        raise NotFound(_no_kind(kind, [data.name for data in store.clusters()]))
    raise NotFound(_not_there(clusters, rest, kind, "/".join(filter(None, parts))))


def _clusters(store: Store, text: str) -> tuple[list[ClusterData], str]:
    """The clusters to look in, and the text without the cluster's name; the longest name that fits counts."""
    every = store.clusters()
    named = [data for data in every if text.startswith(f"{data.name}/")]
    if not named:
        return every, text
    data = max(named, key=lambda each: len(each.name))
    return [data], text.removeprefix(f"{data.name}/")


def _exactly(clusters: Iterable[ClusterData], identity: str) -> list[Ref]:
    return [
        (data.name, identity)
        for data in clusters
        if data.row(identity) is not None or data.index("needs").get(identity) or data.index("source").get(identity)
    ]


def _by_name(clusters: Iterable[ClusterData], kind: str, name: str, namespace: str) -> list[Ref]:
    found = [
        (data.name, identity)
        for data in clusters
        if (table := data.tables.get(kind)) is not None
        for identity, row in table.rows.items()
        if row.record.name == name and (not namespace or row.record.namespace in ("", namespace))
    ]
    several = sorted({identity for _, identity in found})
    if len(several) > 1:
        raise NotFound(f"there are several: {_few(several)}")
    return found


def _no_kind(kind: str, clusters: Iterable[str]) -> str:
    close = get_close_matches(kind.lower(), [*names(), *clusters], MOST, 0.6)
    return f"{kind!r} is neither a cluster nor a kind that is watched" + (
        f": did you mean {' or '.join(close)}?" if close else f"; {FORMS}"
    )


def _not_there(clusters: list[ClusterData], text: str, kind: str, wanted: str) -> str:
    """Where it is not, and what goes by a similar name there."""
    held = {
        "/".join(filter(None, split_id(identity)[1:])): identity
        for data in clusters
        if (table := data.tables.get(kind)) is not None
        for identity in table.rows
    }
    close = _close(wanted, list(held)[:ENOUGH])
    where = clusters[0].name if len(clusters) == 1 else f"{len(clusters)} clusters"
    if not held:
        return f"there is no {text} in {where}, and no {KINDS[kind].title} at all"
    offered = f": did you mean {_few([held[name] for name in close])}?" if close else ""
    return f"there is no {text} in {where}{offered}"


def _close(wanted: str, held: list[str]) -> list[str]:
    """Names like the wanted one: first by the name itself, the more alike its namespace the better, then as a whole."""
    space, _, name = wanted.rpartition("/")
    last = [each.rpartition("/")[2] for each in held]
    alike = set(get_close_matches(name, sorted(set(last)), MOST, 0.6))
    near = [each for each, own in zip(held, last, strict=True) if own in alike]
    if not near:
        return get_close_matches(wanted, held, MOST, 0.7)
    return sorted(near, key=lambda each: (-SequenceMatcher(None, f"{space}/{name}", each).ratio(), each))[:MOST]


def _few(identities: list[str]) -> str:
    more = f" and {len(identities) - MOST} more" if len(identities) > MOST else ""
    shown = (f"{kind}/{rest}" for kind, rest in (_short(identity) for identity in identities[:MOST]))
    return ", ".join(shown) + more


def _short(identity: str) -> tuple[str, str]:
    """``ks`` and ``frontend/apps``: as it may be typed."""
    kind, namespace, name = split_id(identity)
    known = KINDS.get(kind)
    return (known.short[0] if known is not None and known.short else kind), f"{namespace}/{name}"
