"""May a policy be enforced, and who breaks if it is? What would be denied, by whom it is delivered, and when.

What Flux applies is asked about at every reconcile, changed or not: its server-side apply is a dry run first, which
admission sees. Legacy rules let an update through whose object violated before (allowExistingViolations); CEL policies
do not. Helm releases are only written when they are upgraded. Pods are not applied by anybody: the controller that
makes them counts, and without a violation of its own, it fails when it makes them anew (facts: kyverno-oci §A).
"""

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Sequence

from msgspec import structs

from fluxtui.insight.delivered import Proof
from fluxtui.insight.policy.actions import JUDGES, effective, place, possible
from fluxtui.insight.policy.exceptions import LEGACY_KINDS, held, weigh
from fluxtui.insight.policy.model import Action, Picture, Violation, subject_key
from fluxtui.insight.policy.naming import KYVERNO, policy_name
from fluxtui.insight.policy.readiness_doubts import Unknown, doubts, excluded
from fluxtui.insight.policy.readiness_model import Candidate, Denied, Readiness, Turning, When
from fluxtui.kinds.policy.exceptions import ExceptionRecord
from fluxtui.kinds.policy.policies import ADMISSION, LEGACY, BindingRecord, PolicyRecord, PolicyRule
from fluxtui.kinds.policy.reports import Subject
from fluxtui.kinds.record import split_id
from fluxtui.kinds.status import Status
from fluxtui.store.store import Store

RECENT = 7 * 86_400
"""Seconds in which a change counts as recent."""
STRIDE = 100
"""Violations between two yields."""
COUNTED = frozenset({"fail", "warn", "error"})
"""Results that enforcing turns into denials: a fail that is not scored is told as warn, and denied all the same."""
WATCHING = frozenset({Action.AUDIT, Action.WARN})
MADE = frozenset({"Pod", "ReplicaSet"})
"""Kinds that controllers make."""

MadeBy = Callable[[str, Subject], tuple[Subject, ...]]
"""`model.Known.made_by`."""


# --- policies


def in_namespace(picture: Picture, namespace: str) -> Picture:
    """The violations of one namespace alone; all where the name is empty."""
    if not namespace:
        return picture
    return structs.replace(
        picture, violations=tuple([each for each in picture.violations if each.subject.namespace == namespace])
    )


def candidates(picture: Picture, policy: Store) -> tuple[Candidate, ...]:
    """The policies that only watch somewhere, those with the most fails first."""
    where: dict[str, dict[str, bool]] = {}
    warns: set[str] = set()
    for (cluster, identity), record in picture.policies.items():
        if not _enforceable(record):
            continue
        actions = possible(record, "", bindings(policy, cluster, record))
        if actions and set(actions) - {Action.NONE, Action.UNKNOWN}:
            where.setdefault(identity, {})[cluster] = bool(WATCHING & set(actions))
            warns |= {identity} if Action.WARN in actions else set()
    fails: Counter[str] = Counter()
    tenants: dict[str, set[str]] = {}
    for each in picture.violations:
        if each.finding.result in COUNTED and each.action is not Action.DENY:
            fails[each.policy] += 1
            tenants.setdefault(each.policy, set()).add(each.owner.tenant)
    records = {identity: record for (_, identity), record in picture.policies.items()}
    found = [
        Candidate(
            identity,
            split_id(identity)[0],
            records[identity].title,
            records[identity].severity,
            tuple(name for name, watches in clusters.items() if watches),
            tuple(name for name, watches in clusters.items() if not watches),
            identity in warns,
            fails[identity],
            len(tenants.get(identity, ())),
        )
        for identity, clusters in where.items()
        if any(clusters.values())
    ]
    return tuple(sorted(found, key=lambda each: (-each.fails, each.id)))


def resolve(names: Iterable[str], picture: Picture) -> tuple[list[str], list[str]]:
    """The ids of policies by their ids or names, and what none is called. One name may be that of several kinds."""
    known = dict.fromkeys(identity for _, identity in sorted(picture.policies))
    found: dict[str, None] = {}
    lost: list[str] = []
    for name in names:
        meant = [identity for identity in known if name in (identity, policy_name(identity))]
        found.update(dict.fromkeys(meant))
        lost += [] if meant else [name]
    return list(found), lost


def _enforceable(record: PolicyRecord) -> bool:
    """Whether it can deny at all: it judges, and is asked; what Kyverno generated goes with its parent."""
    if record.group == ADMISSION and KYVERNO in record.labels.split("\n"):
        return False
    return record.admission and any(rule.does in JUDGES for rule in record.rules)


def bindings(policy: Store, cluster: str, record: PolicyRecord) -> tuple[BindingRecord, ...]:
    """The bindings of an admission policy; none for others."""
    data = policy.find(cluster)
    if record.group != ADMISSION or data is None:
        return ()
    rows = data.table("ValidatingAdmissionPolicyBinding").rows.values()
    found = (row.record for row in rows)
    return tuple(each for each in found if isinstance(each, BindingRecord) and each.policy == record.name)


def enforced(record: PolicyRecord) -> PolicyRecord:
    """The policy as it would be: rules and policy enforce; overrides stay as they are."""
    if record.group != LEGACY:
        return structs.replace(record, actions=("Deny",))
    rules = [structs.replace(rule, action="Enforce") if rule.action else rule for rule in record.rules]
    return structs.replace(record, action="Enforce", rules=tuple(rules))


# --- what would be denied


def readiness(
    picture: Picture, delivery: Store, policy: Store, chosen: Sequence[str], made_by: MadeBy | None = None
) -> Generator[None, None, Readiness]:
    """What enforcing the policies of these ids would do: the value that the generator returns."""
    judging = _Judging(picture, delivery, policy, frozenset(chosen), made_by or _unmade)
    for at, each in enumerate(picture.violations):
        judging.judge(each)
        if at % STRIDE == 0:
            yield
    denied = yield from judging.denied()
    found = Readiness(
        picture.now,
        tuple(chosen),
        denied,
        _turning(judging, delivery),
        judging.stays,
        judging.already,
        judging.excepted,
        tuple(excluded(picture, policy, chosen)),
    )
    yield
    unknown = Unknown(judging.unsure, judging.undecided, judging.errors, judging.claimed, judging.unowned)
    told = yield from doubts(found, picture, policy, unknown)
    return structs.replace(found, doubts=told)


def _unmade(cluster: str, subject: Subject) -> tuple[Subject, ...]:
    """Nobody knows what made it."""
    del cluster, subject
    return ()


class _Judging:
    """Violations as they are weighed."""

    def __init__(
        self, picture: Picture, delivery: Store, policy: Store, chosen: frozenset[str], made_by: MadeBy
    ) -> None:
        self.stays = self.already = self.excepted = self.undecided = self.unsure = 0
        self.errors = self.claimed = self.unowned = 0
        self.failing: Counter[tuple[str, str]] = Counter()
        """The objects for which Flux objects fail at their next reconcile."""
        self.tenants: dict[tuple[str, str], str] = {}
        self._now = picture.now
        self._picture = picture
        self._delivery = delivery
        self._policy = policy
        self._chosen = chosen
        self._made_by = made_by
        self._exceptions: dict[str, dict[str, list[ExceptionRecord]]] = {}
        self._after: dict[tuple[str, str, str, str], Action] = {}
        self._found: dict[str, list[tuple[When, Violation]]] = {}

    def judge(self, violation: Violation) -> None:
        """One result."""
        if violation.policy not in self._chosen:
            return
        if violation.finding.result not in COUNTED:
            self.excepted += bool(violation.finding.exceptions)
            return
        if violation.action is Action.DENY:
            self.already += 1
            return
        after = self._enforced(violation)
        if after not in (Action.DENY, Action.UNKNOWN):
            self.stays += 1
            return
        when = self._when(violation)
        if when is None:
            self.stays += 1
        elif self._excepts(violation):
            self.excepted += 1
        else:
            self.unsure += after is Action.UNKNOWN
            self._found.setdefault(_place(violation.cluster, violation.subject), []).append((when, violation))

    def denied(self) -> Generator[None, None, tuple[Denied, ...]]:
        """What is left, each object once; what a controller made is counted with it."""
        makes: Counter[str] = Counter()
        every: list[tuple[str, list[tuple[When, Violation]]]] = []
        for at, (place_, found) in enumerate(self._found.items()):
            first = found[0][1]
            maker = self._maker(first.cluster, first.subject, {each.policy for _, each in found})
            if maker:
                makes[maker] += 1
            else:
                every.append((place_, found))
            if at % STRIDE == 0:
                yield
        told: dict[tuple[When, str], list[Denied]] = {}
        for at, (place_, found) in enumerate(every):
            each = self._denied(found, makes[place_])
            self._count(each)
            told.setdefault((each.when, each.owner.tenant), []).append(each)
            if at % STRIDE == 0:
                yield
        ordered: list[Denied] = []
        for group in sorted(told):
            ordered += sorted(told[group], key=lambda each: each.key)
            yield
        return tuple(ordered)

    def _count(self, each: Denied) -> None:
        self.errors += each.errors
        self.claimed += each.owner.proof is Proof.LABEL
        self.unowned += bool(each.owner.doubt)
        if each.when is When.NEXT:
            key = (each.owner.cluster, each.owner.id)
            self.failing[key] += 1
            self.tenants.setdefault(key, each.owner.tenant)

    def _denied(self, found: list[tuple[When, Violation]], makes: int) -> Denied:
        first = found[0][1]
        began = max((each.first_seen for _, each in found if each.certain), default=0)
        return Denied(
            first.cluster,
            first.subject,
            first.owner,
            min(when for when, _ in found),
            tuple(each for _, each in found),
            makes,
            max(first.owner.updated, began) > self._now - RECENT,
        )

    def _maker(self, cluster: str, subject: Subject, policies: set[str]) -> str:
        """The outermost maker of an object that is denied for the same policies."""
        for maker in reversed(self._made_by(cluster, subject)):
            place_ = _place(cluster, maker)
            if policies <= {each.policy for _, each in self._found.get(place_, ())}:
                return place_
        return ""

    def _record(self, violation: Violation) -> PolicyRecord | None:
        return self._picture.policies.get((violation.cluster, violation.policy))

    def _enforced(self, violation: Violation) -> Action:
        record = self._record(violation)
        if record is None:
            return Action.UNKNOWN
        where = place(record, violation.subject)
        key = (violation.cluster, violation.policy, violation.rule, where)
        action = self._after.get(key)
        if action is None:
            bound = [
                structs.replace(each, actions=("Deny",)) for each in bindings(self._policy, violation.cluster, record)
            ]
            action = effective(
                enforced(record), violation.rule, where, lambda name: self._labels(violation.cluster, name), bound
            )
            self._after[key] = action
        return action

    def _labels(self, cluster: str, namespace: str) -> str | None:
        row = self._delivery.row(cluster, f"Namespace//{namespace}")
        return row.record.labels if row is not None else None

    def _when(self, violation: Violation) -> When | None:
        """When an object that is there is denied; None if the rule is asked about neither."""
        record, subject = self._record(violation), violation.subject
        rules = list(_rules(record, violation.rule)) if record is not None else []
        asked = {word.upper() for rule in rules for word in _operations(rule)}
        created = not asked or bool(asked & {"CREATE", "*"})
        updated = not asked or bool(asked & {"UPDATE", "*"})
        made = violation.owner.proof is Proof.MAKER or (
            subject.kind in MADE and bool(self._made_by(violation.cluster, subject))
        )
        spared = any(rule.spares for rule in rules)
        if made or spared or not updated:
            return When.ANEW if created else None
        kind = split_id(violation.owner.id)[0]
        if not kind:
            return When.CHANGE
        return When.UPGRADE if kind == "HelmRelease" else When.NEXT

    def _excepts(self, violation: Violation) -> bool:
        """Whether an exception applies that the report does not know yet."""
        known = self._exceptions.get(violation.cluster)
        if known is None:
            known = self._exceptions[violation.cluster] = {}
            for record in held(self._policy, violation.cluster):
                for name in {each.policy.rpartition("/")[2] for each in record.policies}:
                    known.setdefault(name, []).append(record)
        for record in known.get(violation.finding.check.policy.rpartition("/")[2], ()):
            weighed = weigh(violation, record, self._now)
            if weighed is None:
                continue
            if weighed.applies and record.created >= violation.checked:
                return True
            self.undecided += weighed.undecided
        return False


def _place(cluster: str, subject: Subject) -> str:
    return f"{cluster}|{subject_key(subject)}"


def _rules(record: PolicyRecord, rule: str) -> Iterable[PolicyRule]:
    """The rule of a violation; those of a CEL policy have no names and are judged together."""
    return (each for each in record.rules if record.kind not in LEGACY_KINDS or not rule or each.name == rule)


def _operations(rule: PolicyRule) -> Iterable[str]:
    """What a rule asks to be called for; nothing where one of its filters is for everything."""
    told = [each.operations for each in rule.match.filters]
    return [word for words in told for word in words] if all(told) else []


def _turning(judging: _Judging, delivery: Store) -> tuple[Turning, ...]:
    found: list[Turning] = []
    for (cluster, identity), number in judging.failing.items():
        row = delivery.row(cluster, identity)
        suspended = row is not None and row.status is Status.SUSPENDED
        green = row is not None and row.status is Status.READY
        found.append(Turning(cluster, identity, judging.tenants[cluster, identity], number, green, suspended))
    return tuple(sorted(found, key=lambda each: (not each.green, each.suspended, -each.objects, each.cluster, each.id)))
