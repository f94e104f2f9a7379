"""From delivery to policy: which policy denied what a Flux object applies, and what of it violates policies anyway.

Joined once for each picture, so that a line that is painted costs a look-up. A denial is read from the controller's own
message (`insight.failures`): requests that were blocked never reach reports (facts: kyverno-oci §A), and Events tell of
them for a while.
"""

from collections import Counter
from collections.abc import Generator, Mapping, Sequence

import msgspec

from fluxtui.insight.failures import Failure, of_row
from fluxtui.insight.policy.engine import Engine, EngineReport, engines
from fluxtui.insight.policy.engine_held import Grade
from fluxtui.insight.policy.model import Owner, Picture
from fluxtui.insight.policy.naming import named
from fluxtui.kinds.policy.engine import PolicyEventRecord
from fluxtui.kinds.policy.policies import PolicyRecord
from fluxtui.kinds.policy.reports import Check
from fluxtui.store.row import Row
from fluxtui.store.store import Store

STRIDE = 3000
"""Violations between two yields."""
EVENTS_KEPT = 500
"""Blocked requests of a cluster that are remembered, the latest."""
EARLIER = 120
"""Seconds before a failure in which a denial may have caused it."""
UNREACHED = "cannot be reached"
"""How `insight.rules.refused` says that a webhook did not answer."""
BY_HOOK = {
    "vpol": ("ValidatingPolicy", "NamespacedValidatingPolicy"),
    "nvpol": ("NamespacedValidatingPolicy",),
    "ivpol": ("ImageValidatingPolicy", "NamespacedImageValidatingPolicy"),
    "nivpol": ("NamespacedImageValidatingPolicy",),
    "mpol": ("MutatingPolicy", "NamespacedMutatingPolicy"),
    "gpol": ("GeneratingPolicy", "NamespacedGeneratingPolicy"),
}
"""The kinds of policies that Kyverno's webhooks are called for, by how the webhook's name begins."""
LEGACY_KINDS = ("ClusterPolicy", "Policy")

Ref = tuple[str, str]


class Tally(msgspec.Struct):
    """Fails and warnings of something; `fails_of` are the fails by policy (id, or name as it is reported)."""

    fails: int = 0
    warns: int = 0
    fails_of: Counter[str] = msgspec.field(default_factory=Counter[str])


class Spread(msgspec.Struct):
    """How far a policy is violated: fails by cluster."""

    fails: Counter[str] = msgspec.field(default_factory=Counter[str])


NO_TALLY = Tally()


class Joined(msgspec.Struct):
    """What policy says about delivery, by what is looked at."""

    engines: EngineReport
    objects: Mapping[Ref, Tally] = {}
    """By (cluster, id) of the Flux object that delivers what is violated."""
    clusters: Mapping[str, Tally] = {}
    policies: Mapping[str, Spread] = {}
    """By the policy's id, over all clusters."""
    called: Mapping[tuple[str, str], tuple[str, ...]] = {}
    """The ids of policies by (cluster, name)."""
    held: Mapping[Ref, PolicyRecord] = {}
    blocked: Mapping[str, tuple[PolicyEventRecord, ...]] = {}
    """Requests that were refused, by cluster, the latest first."""
    deaf: frozenset[str] = frozenset()
    """The clusters whose Events are not known."""

    def of(self, cluster: str, identity: str) -> Tally:
        """What is violated by what a Flux object delivers."""
        return self.objects.get((cluster, identity), NO_TALLY)


class Denial(msgspec.Struct, frozen=True):
    """A policy that refused what a Flux object applies.

    `policy` is its id where it is held, `name` what the message calls it; `object` is what was refused
    (``Deployment/shop/web``, empty if it is not told). `fails` are the fails of the policy in reports, by cluster;
    `blocked` the Events about the object.
    """

    policy: str
    name: str
    rule: str
    object: str
    record: PolicyRecord | None = None
    fails: Mapping[str, int] = {}
    blocked: tuple[PolicyEventRecord, ...] = ()


class Unanswered(msgspec.Struct, frozen=True):
    """A webhook of Kyverno's that did not answer, and the engine behind it, where it is known."""

    webhook: str
    engine: Engine | None


def joined(policy: Store, picture: Picture, now: float) -> Generator[None, None, Joined]:
    """Everything that other screens ask of a picture; yields every few milliseconds of work."""
    told = yield from engines(policy, picture, now)
    objects: dict[Ref, Tally] = {}
    clusters: dict[str, Tally] = {}
    policies: dict[str, Spread] = {}
    for (_, cluster, policy_id, result), (owner, count) in (yield from _counted(picture)).items():
        tallies = [clusters.setdefault(cluster, Tally())]
        if owner.id:
            tallies.append(objects.setdefault((owner.cluster, owner.id), Tally()))
        for tally in tallies:
            if result == "fail":
                tally.fails += count
                tally.fails_of[policy_id] += count
            else:
                tally.warns += count
        if result == "fail":
            policies.setdefault(policy_id, Spread()).fails[cluster] += count
    yield
    called: dict[tuple[str, str], tuple[str, ...]] = {}
    for (cluster, identity), record in picture.policies.items():
        called[cluster, record.name] = (*called.get((cluster, record.name), ()), identity)
    yield
    blocked, deaf = _blocked(policy)
    return Joined(told, objects, clusters, policies, called, picture.policies, blocked, deaf)


def _counted(picture: Picture) -> Generator[None, None, dict[tuple[int, str, str, str], tuple[Owner, int]]]:
    """Fails and warnings by owner (one object in memory for all that it delivers), cluster, policy and result."""
    found: dict[tuple[int, str, str, str], int] = {}
    owners: dict[int, Owner] = {}
    for at, each in enumerate(picture.violations, 1):
        if not at % STRIDE:
            yield
        result, owner = each.finding.result, each.owner
        if result != "fail" and result != "warn":
            continue
        key = (id(owner), each.cluster, each.policy, result)
        count = found.get(key)
        if count is None:
            owners[key[0]] = owner
        found[key] = (count or 0) + 1
    return {key: (owners[key[0]], count) for key, count in found.items()}


def _blocked(policy: Store) -> tuple[dict[str, tuple[PolicyEventRecord, ...]], frozenset[str]]:
    found: dict[str, tuple[PolicyEventRecord, ...]] = {}
    deaf: set[str] = set()
    for data in policy.clusters():
        table = data.tables.get("Event")
        if table is None or not table.state.trusted:
            deaf.add(data.name)
        records = [row.record for row in table.rows.values()] if table is not None else []
        events = [each for each in records if isinstance(each, PolicyEventRecord) and each.blocked]
        events.sort(key=lambda each: -each.last)
        if events:
            found[data.name] = tuple(events[:EVENTS_KEPT])
    return found, frozenset(deaf)


def denial(told: Joined, row: Row) -> Denial | None:
    """The policy that refused what an object applies, by its message; None where none did."""
    failure = of_row(row)
    if failure is None or failure.group != "admission" or not failure.name("policy"):
        return None
    name = failure.name("policy")
    identity = _identity(told, row.cluster, failure, name)
    thing = failure.name("object")
    events = [
        each
        for each in told.blocked.get(row.cluster, ())
        if each.about == thing and each.policy.rpartition("/")[2] == name
    ]
    return Denial(
        identity,
        name,
        failure.name("rule"),
        thing,
        told.held.get((row.cluster, identity)),
        dict(told.policies[identity].fails) if identity in told.policies else {},
        tuple(events),
    )


def _identity(told: Joined, cluster: str, failure: Failure, name: str) -> str:
    """The id of a policy by the name in a message; empty where no such policy is held."""
    if failure.name("binding") or failure.words.startswith("ValidatingAdmissionPolicy"):
        found = named(Check("ValidatingAdmissionPolicy", name), lambda known: told.held.get((cluster, known)))
        return found.policy if found.held is not None else ""
    ids = told.called.get((cluster, name), ())
    wanted = BY_HOOK.get(failure.name("webhook").partition(".")[0], LEGACY_KINDS)
    ranked = sorted(ids, key=lambda known: _rank(known, wanted))
    return next((known for known in ranked if not known.startswith("ValidatingAdmissionPolicy/")), "")


def _rank(identity: str, wanted: Sequence[str]) -> tuple[int, str]:
    kind = identity.partition("/")[0]
    return (wanted.index(kind) if kind in wanted else len(wanted)), identity


def unanswered(told: Joined, row: Row) -> Unanswered | None:
    """The webhook of Kyverno's that an object failed at because it does not answer; None for any other failure."""
    failure = of_row(row)
    if failure is None or failure.group != "admission" or UNREACHED not in failure.words:
        return None
    webhook = failure.name("webhook")
    if "kyverno" not in f"{webhook} {failure.name('host')}":
        return None
    return Unanswered(webhook, told.engines.of(row.cluster))


def cleared(told: Joined, row: Row) -> str:
    """That policy is not the cause of a failure, as far as data proves it: the engine of the cluster is seen, and no
    request of the object's namespace was blocked since it fails. Empty where that is not proved.
    """
    engine = told.engines.of(row.cluster)
    if engine is None or engine.grade in (Grade.UNKNOWN, Grade.ABSENT) or row.cluster in told.deaf:
        return ""
    failure = of_row(row)
    if failure is not None and failure.group == "admission":
        return ""
    since, namespace = row.since - EARLIER, row.record.namespace
    for each in told.blocked.get(row.cluster, ()):
        if each.last >= since and each.about.split("/")[1:2] == [namespace]:
            return ""
    fails = told.of(*row.key).fails
    more = f", {fails} {'fail' if fails == 1 else 'fails'} in reports" if fails else ""
    return f"policy: 0 denials{more}"
