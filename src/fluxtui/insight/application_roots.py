"""Which Flux objects an application is made of: by an object of it, or by what people type after ``:app``."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from fluxtui.insight.forest import Ref
from fluxtui.insight.managed import MANAGING
from fluxtui.insight.printing import inventory_id
from fluxtui.kinds.record import object_id, split_id
from fluxtui.kinds.table import KINDS, by_name
from fluxtui.store.store import Store

FORM = "an application is named by namespace/name, kind/namespace/name or cluster/kind/namespace/name"


class AppError(ValueError):
    """Nothing is called so; the text says what is close."""


def roots_of(store: Store, refs: Iterable[Ref]) -> list[Ref]:
    """The Flux objects by which these objects are deployed: themselves where they apply others, else what takes from
    them (of a source), else who applies them. What stands under another one of the same list is left to that.
    """
    found = dict.fromkeys(root for ref in refs for root in _roots(store, ref))
    below = {each for root in found for each in _applied(store, root) if each != root}
    return [root for root in found if root not in below] or list(found)


def _roots(store: Store, ref: Ref) -> list[Ref]:
    cluster, identity = ref
    kind, namespace, name = split_id(identity)
    data = store.find(cluster)
    if kind in MANAGING or data is None:
        return [ref] if kind in MANAGING else []
    takers = sorted(data.index("source").get(identity))
    users = [each for taker in takers for each in (taker, *sorted(data.index("source").get(taker)))]
    if users:
        return [(cluster, each) for each in users if split_id(each)[0] in MANAGING]
    bare, _, group = kind.partition(".")
    group = KINDS[bare].group if not group and bare in KINDS else group
    appliers = data.index("inventory").get(inventory_id(namespace, name, group, bare))
    row = data.row(identity)
    owner = [row.record.owner] if row is not None and split_id(row.record.owner)[0] in MANAGING else []
    # what applies little says more of an object than the instance or the set at the top
    return [(cluster, each) for each in (sorted(appliers, key=lambda each: _size(store, (cluster, each))) or owner)[:1]]


def _size(store: Store, ref: Ref) -> int:
    row = store.row(*ref)
    return row.record.inventory_size if row is not None else 0


def _applied(store: Store, root: Ref) -> Sequence[Ref]:
    row = store.row(*root)
    return [(root[0], each) for each in row.record.produced] if row is not None else ()


def named(store: Store, clusters: Sequence[str], text: str) -> list[Ref]:
    """The Flux objects that a text names, in each of these clusters where they are: ``frontend/apps``,
    ``hr/frontend/web``, ``prod-eu-1/ks/frontend/apps``, or the beginning of these without a namespace: ``apps``.

    Several texts between spaces are several objects. Raises `AppError`.
    """
    found: list[Ref] = []
    for word in text.split():
        found += _named(store, clusters, word)
    return list(dict.fromkeys(found))


def _named(store: Store, clusters: Sequence[str], word: str) -> list[Ref]:
    fitting = [name for name in clusters if word.startswith(f"{name}/")]
    if fitting:
        cluster = max(fitting, key=len)
        clusters, word = [cluster], word[len(cluster) + 1 :]
    parts = word.strip("/").split("/")
    kind = by_name(parts[0]) if len(parts) > 1 else None
    if kind is not None and (len(parts) == 3 or (len(parts) == 2 and not kind.namespaced)):
        identity = object_id(kind.name, parts[1] if len(parts) == 3 else "", parts[-1])
        refs = [(cluster, identity) for cluster in clusters if store.row(cluster, identity) is not None]
        if found := roots_of(store, refs):
            return found
    elif len(parts) <= 2:
        rows = [
            row
            for table in store.tables()
            if table.kind in MANAGING and table.cluster in clusters
            for row in table.rows.values()
            if row.record.name == parts[-1] and (len(parts) == 1 or row.record.namespace == parts[0])
        ]
        if rows:
            return roots_of(store, [row.key for row in rows])
    raise AppError(_wrong(store, clusters, word))


def _wrong(store: Store, clusters: Sequence[str], word: str) -> str:
    known = {
        f"{row.record.namespace}/{row.record.name}"
        for table in store.tables()
        if table.kind in MANAGING and table.cluster in clusters
        for row in table.rows.values()
    }
    close = get_close_matches(word, sorted(known), 3, 0.5)
    told = f"no Flux object that applies others is called {word!r}"
    return f"{told}: did you mean {' or '.join(close)}?" if close else f"{told}: {FORM}"
