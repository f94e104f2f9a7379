"""What Kyverno tells in Events, each thing once: it repeats itself with every scan (recordings, lesson 10).

Events are the only place where requests tell that were refused (facts: kyverno-oci §A), and servers forget them after
an hour or so. What a scan found is in the reports, and its Events push the others out of sight: a flood.
"""

from collections.abc import Generator, Iterable, Sequence

import msgspec

from fluxtui.insight.policy.naming import SOURCES, named
from fluxtui.kinds.policy.engine import PolicyEventRecord
from fluxtui.kinds.policy.policies import PolicyRecord
from fluxtui.kinds.policy.reports import Check
from fluxtui.store.store import ClusterData, Store

STEP = 300
"""Events that are looked at between two slices."""
MANY = 100
"""Events of a cluster below which nobody speaks of a flood."""
REPEATED = 2.0
"""Events for each thing that they tell, from which on it is one."""
SOURCE_OF = {kind: source for source, kinds in SOURCES.items() for kind in kinds}


class Said(msgspec.Struct):
    """One thing that Events tell: a rule that an object violates, or a request that a rule refused.

    `policy` and `rule` are as in `Violation`, `about` is ``Kind/namespace/name``. `events` are those that say it,
    `times` how often by their own count. `first` and `last` are in epoch s, `message` is the latest.
    """

    cluster: str
    policy: str
    rule: str
    about: str
    blocked: bool
    events: int = 0
    times: int = 0
    first: int = 0
    last: int = 0
    message: str = ""


class Flood(msgspec.Struct, frozen=True):
    """The Events of a cluster about policies that are no refusal. `things` are what they tell, `policies` the Events of
    each policy, the most first; `first` and `last` are in epoch s.
    """

    cluster: str
    events: int
    things: int
    first: int
    last: int
    policies: tuple[tuple[str, int], ...] = ()

    @property
    def hourly(self) -> int:
        """Events in an hour, at the pace at which they came."""
        return round(self.events * 3600 / max(60, self.last - self.first))


def said(store: Store, clusters: Iterable[str] | None = None) -> Generator[None, None, list[Said]]:
    """What the Events of clusters (by default of all) in the store of policy tell: refusals first, the latest first."""
    wanted = None if clusters is None else frozenset(clusters)
    found: dict[tuple[str, str, str, str, bool], Said] = {}
    for data in store.clusters():
        if wanted is not None and data.name not in wanted:
            continue
        table = data.tables.get("Event")
        for number, row in enumerate(list(table.rows.values()) if table is not None else ()):
            if isinstance(row.record, PolicyEventRecord):
                _add(found, data, row.record)
            if not number % STEP:
                yield
    return sorted(found.values(), key=lambda each: (not each.blocked, -each.last, each.policy, each.rule, each.about))


def floods(told: Sequence[Said]) -> tuple[Flood, ...]:
    """The clusters that are flooded with Events of what their reports tell anyway, the worst first."""
    by_cluster: dict[str, list[Said]] = {}
    for each in told:
        if not each.blocked:
            by_cluster.setdefault(each.cluster, []).append(each)
    found = [_flood(cluster, things) for cluster, things in by_cluster.items()]
    worst = [each for each in found if each.events >= MANY and each.events >= REPEATED * each.things]
    return tuple(sorted(worst, key=lambda each: (-each.events, each.cluster)))


def _add(found: dict[tuple[str, str, str, str, bool], Said], data: ClusterData, record: PolicyEventRecord) -> None:
    def held(identity: str) -> PolicyRecord | None:
        row = data.row(identity)
        return row.record if row is not None and isinstance(row.record, PolicyRecord) else None

    check = Check(SOURCE_OF.get(record.policy_kind, ""), record.policy, record.rule)
    of = named(check, held)
    key = (data.name, of.policy, of.rule, record.about, record.blocked)
    each = found.get(key)
    if each is None:
        each = found[key] = Said(data.name, of.policy, of.rule, record.about, record.blocked)
    each.events += 1
    each.times += record.count
    began = record.created or record.last
    each.first = min(each.first, began) if each.first else began
    if record.last >= each.last:
        each.last, each.message = record.last, record.message


def _flood(cluster: str, things: list[Said]) -> Flood:
    policies: dict[str, int] = {}
    for each in things:
        policies[each.policy] = policies.get(each.policy, 0) + each.events
    return Flood(
        cluster,
        sum(each.events for each in things),
        len(things),
        min(each.first for each in things),
        max(each.last for each in things),
        tuple(sorted(policies.items(), key=lambda pair: (-pair[1], pair[0]))),
    )
