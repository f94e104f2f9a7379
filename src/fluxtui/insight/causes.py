"""Root causes of the whole fleet: the same cause in several places is told once, the worst first.

The same cause is: a host that does not answer several sources; a webhook of a cluster that does not answer, whatever it
is that cannot be applied then; the same object failing for the same reason in several
clusters; the same content (artifact and path, chart digest, source URL) failing with the same words under several
names. A cause's key comes from the member that failed first, so that the list stays the same while members come and go.
"""

from collections.abc import Callable, Iterable

import msgspec

from fluxtui.insight.blast import Tenants
from fluxtui.insight.failures import classify
from fluxtui.insight.hosts import SOURCES, unreachable
from fluxtui.insight.roots import Root, named
from fluxtui.insight.status import without_durations
from fluxtui.kinds.status import Status
from fluxtui.store.row import Row
from fluxtui.store.store import Store

Ref = tuple[str, str]
"""(cluster, id): an object in the fleet."""

CALLING = "failed calling webhook"
"""What an API server says when a webhook does not answer."""

CERTAIN, PAUSED, DOUBTFUL = range(3)
"""Tiers of the order: what is broken, what somebody suspended, what is green and should not be believed."""

OUTSIDE = frozenset({"host", "webhook"})
"""Kinds of causes of which the members are victims alone."""

TIERS = {"suspended": PAUSED, "stale report": DOUBTFUL, "old artifact": DOUBTFUL, "no inputs": DOUBTFUL}


class Cause(msgspec.Struct, frozen=True):
    """One root cause of the fleet.

    `what` is its kind: failure, missing, cycle, host, webhook, suspended, emptied, stale report, old artifact, no
    inputs. `key` is its identity as long as it lasts. `members` are the objects that it consists of, the first failed
    first; `blocked` those that wait behind them, nearest first; `failing` counts those among all of these that are not
    green. `tenants` are tenants by label, or the namespaces concerned where no tenant is. `since` is epoch seconds.
    """

    what: str
    key: str
    title: str
    status: Status
    reason: str
    message: str
    since: int
    members: tuple[Ref, ...]
    blocked: tuple[Ref, ...] = ()
    failing: int = 0
    tenants: tuple[str, ...] = ()
    clusters: tuple[str, ...] = ()

    @property
    def outside(self) -> bool:
        """Whether it lies in what its members need, and in none of them: a host, a webhook."""
        return self.what in OUTSIDE

    @property
    def stops(self) -> int:
        """How many objects it stops: those that wait behind it, and its members where these are its victims."""
        return len(self.blocked) + (len(self.members) if self.outside else 0)

    @property
    def impact(self) -> int:
        """How many objects it concerns, itself included."""
        return len(self.members) + len(self.blocked)


def concerns(store: Store, cause: Cause, accept: Callable[[Row], bool]) -> bool:
    """Whether a cause has to do with what passes a filter: one of its objects passes, or one that waits behind it."""
    rows = (store.row(*ref) for ref in (*cause.members, *cause.blocked))
    return any(row is not None and accept(row) for row in rows)


class Grouping:
    """Collects roots into causes. Roots that began first must come first: they give the keys."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._groups: dict[str, list[Root]] = {}
        self._aliases: dict[str, str] = {}

    def add(self, root: Root) -> None:
        """One root: to the group of the same cause, or as the first of its own."""
        names = self._names(root)
        key = next((self._aliases[name] for name in names if name in self._aliases), names[0])
        for name in names:
            self._aliases.setdefault(name, key)
        self._groups.setdefault(key, []).append(root)

    def keys(self) -> list[str]:
        """The keys of the causes so far."""
        return list(self._groups)

    def cause(self, key: str) -> Cause:
        """The cause of a key, with its members and all that waits behind them."""
        roots = self._groups[key]
        first = roots[0]
        members = list(dict.fromkeys((root.cluster, identity) for root in roots for identity in root.ids))
        own = set(members)
        blocked = [
            ref for ref in dict.fromkeys((root.cluster, i) for root in roots for i in root.behind) if ref not in own
        ]
        what, title, reason = first.what, named(first.ids[0]), first.reason
        outside, how = self._outside(first)
        if outside:
            what = outside.partition(" ")[0]
            title, reason = (outside, how) if len(members) > 1 else (title, f"{reason}: {how}")
        return Cause(
            what=what,
            key=key,
            title=title,
            status=first.status,
            reason=reason,
            message=first.message,
            since=min((root.since for root in roots if root.since), default=0),
            members=tuple(members),
            blocked=tuple(blocked),
            failing=sum(self._unhealthy(ref) for ref in (*members, *blocked)),
            tenants=self._tenants(members, blocked),
            clusters=tuple(sorted({cluster for cluster, _ in members})),
        )

    def _names(self, root: Root) -> list[str]:
        """Everything by which a root may be the same as another, the key first."""
        if root.what == "cycle":
            return [f"cycle {' '.join(root.ids)}"]
        outside, _ = self._outside(root)
        if outside:  # a host is the same from everywhere, and each cluster has webhooks of its own
            return [outside if outside.startswith("host ") else f"{outside} in {root.cluster}"]
        names = [f"{root.what} {root.ids[0]} {root.reason}"]
        content = self._content(root) if root.what == "failure" else ""
        return [*names, f"{content} {root.reason} {without_durations(root.message)}"] if content else names

    def _outside(self, root: Root) -> tuple[str, str]:
        """What a root needs that does not answer (``host …``, ``webhook …``), and how that fails; else both empty."""
        row = self._store.row(root.cluster, root.ids[0])
        if root.what != "failure" or row is None:
            return "", ""
        if row.record.kind in SOURCES:
            host, how = unreachable(root.message, row.record.url)
            return (f"host {host}", how) if host else ("", "")
        if CALLING not in root.message:
            return "", ""
        failure = classify(row.record.kind, root.reason, root.message)
        name = (failure.name("host").removesuffix(":443") or failure.name("webhook")) if failure is not None else ""
        return (f"webhook {name}", "cannot be reached") if name else ("", "")

    def _content(self, root: Root) -> str:
        """What fails there, whatever it is called: an artifact and its path, a chart's digest, a source's URL."""
        row = self._store.row(root.cluster, root.ids[0])
        if row is None:
            return ""
        record = row.record
        digest = record.attempted.partition(":")[2] or record.attempted.partition("+")[2]
        if record.kind == "Kustomization" and digest:
            return f"artifact {digest} {record.path}"
        if record.kind == "HelmRelease" and digest:
            return f"chart {digest}"
        return f"url {record.url}" if record.kind in SOURCES and record.url else ""

    def _unhealthy(self, ref: Ref) -> bool:
        row = self._store.row(*ref)
        return row is not None and row.status in (Status.FAILED, Status.BLOCKED)

    def _tenants(self, members: list[Ref], blocked: list[Ref]) -> tuple[str, ...]:
        by_cluster: dict[str, list[str]] = {}
        for cluster, identity in (*members, *blocked):
            by_cluster.setdefault(cluster, []).append(identity)
        tenants: set[str] = set()
        others: set[str] = set()
        for cluster, ids in by_cluster.items():
            data = self._store.find(cluster)
            if data is None:  # it left while the report was computed
                continue
            labelled, rest = Tenants(data).names(ids)
            tenants |= labelled
            others |= rest
        return tuple(sorted(tenants or others))


def in_order(roots: Iterable[Root]) -> list[Root]:
    """Roots by when they began (the untold last), then by name: the order in which they are grouped."""
    return sorted(roots, key=lambda root: (root.since or float("inf"), root.cluster, root.ids))


def by_impact(causes: Iterable[Cause]) -> list[Cause]:
    """The worst first: broken before suspended before doubtful, then by how many it stops, by its own size, by age."""

    def place(cause: Cause) -> tuple[int, int, int, float, str]:
        tier = TIERS.get(cause.what, CERTAIN)
        return tier, -cause.stops, -len(cause.members), cause.since or float("inf"), cause.key

    return sorted(causes, key=place)
