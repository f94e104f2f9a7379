"""The policies themselves, whatever violates them: the rules that nobody breaks, how many judge, what they refused, and
the exceptions from them.
"""

from collections.abc import Generator, Iterable

from fluxtui.insight.policy.actions import JUDGES, possible
from fluxtui.insight.policy.board import STEP, TOLD, Group, rule_key
from fluxtui.insight.policy.model import Action, Picture, Violation
from fluxtui.insight.policy.naming import KYVERNO
from fluxtui.insight.policy.narrowing import Narrowing
from fluxtui.kinds.policy.engine import PolicyEventRecord
from fluxtui.kinds.policy.exceptions import EXCEPTIONS, Excepted, ExceptionRecord
from fluxtui.kinds.policy.policies import LEGACY
from fluxtui.store.store import Store

Excepting = dict[str, list[ExceptionRecord]]
"""Exceptions by the id of the policy that they are from."""


def clean(
    picture: Picture,
    violated: Iterable[Violation],
    clusters: frozenset[str],
    accepts: Narrowing,
    *,
    skips: bool = False,
) -> Generator[None, None, list[Group]]:
    """The rules that are held in these clusters (empty: all) and that nobody there violates: what may be enforced most
    easily. Rules that neither deny nor report are none: they mutate or generate. What was skipped is no violation, but
    where `skips` are listed, its rule is.
    """
    known: set[tuple[str, str]] = set()
    for number, each in enumerate(violated):
        if (not clusters or each.cluster in clusters) and (skips or each.finding.result != "skip"):
            known.add((each.policy, each.rule))
        if not number % (STEP * 10):
            yield
    found: dict[str, Group] = {}
    for (cluster, policy), record in picture.policies.items():
        if (clusters and cluster not in clusters) or KYVERNO in record.labels.split("\n"):
            continue  # what Kyverno generated for the API server is told by its parent
        judging = [rule.name for rule in record.rules if rule.does in JUDGES]
        for rule in dict.fromkeys(judging):
            key = rule_key(policy, rule)
            if (policy, rule) in known or key in found:
                continue
            actions = possible(record, rule, picture.bindings.get((cluster, policy), ()))
            if accepts.keeps(cluster, policy, rule, record, actions[0] if actions else Action.UNKNOWN):
                found[key] = Group(key, policy=policy, rule=rule, severity=record.severity, actions=actions)
    return list(found.values())


def told(store: Store, clusters: Iterable[str]) -> Generator[None, None, tuple[dict[str, int], Excepting]]:
    """By the id of the policy: requests that were refused (Events of the last hour or so: servers forget them), and
    exceptions from it.
    """
    blocked: dict[str, int] = {}
    excepted: Excepting = {}
    for cluster in clusters:
        data = store.find(cluster)
        if data is None:
            continue
        for number, row in enumerate(data.table("Event").rows.values()):
            record = row.record
            if isinstance(record, PolicyEventRecord) and record.blocked:
                key = policy_id(record.policy_kind, record.policy)
                blocked[key] = blocked.get(key, 0) + record.count
            if not number % STEP:
                yield
        for kind in EXCEPTIONS:
            for row in data.table(kind).rows.values():
                record = row.record
                if isinstance(record, ExceptionRecord):
                    for key in {_excepted(record, each) for each in record.policies}:
                        excepted.setdefault(key, []).append(record)
        yield
    return blocked, excepted


def policy_id(kind: str, policy: str) -> str:
    """The id of a policy by its kind and its name, ``namespace/name`` of one in a namespace."""
    namespace, _, name = policy.rpartition("/")
    return f"{kind}/{namespace}/{name}"


def _excepted(record: ExceptionRecord, each: Excepted) -> str:
    if each.kind:
        return policy_id(each.kind, each.policy)
    legacy = "Policy" if "/" in each.policy else "ClusterPolicy"
    return policy_id(legacy if record.group == LEGACY else "ValidatingPolicy", each.policy)


def standing_policies(picture: Picture, clusters: frozenset[str]) -> dict[Action, int]:
    """How many policies judge requests or objects in these clusters (empty: all), by what they do at most."""
    strongest: dict[str, Action] = {}
    for (cluster, policy), record in picture.policies.items():
        if (clusters and cluster not in clusters) or KYVERNO in record.labels.split("\n"):
            continue
        found = possible(record, "", picture.bindings.get((cluster, policy), ()))
        if found and found[0] is not Action.NONE:
            before = strongest.get(policy, found[0])
            strongest[policy] = min(before, found[0], key=TOLD.index)
    counts: dict[Action, int] = {}
    for action in strongest.values():
        counts[action] = counts.get(action, 0) + 1
    return counts
