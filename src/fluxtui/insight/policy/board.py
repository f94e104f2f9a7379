"""The violations of a fleet as groups within groups: what the Policy screen lists, each group with its counts.

One set of violations, grouped three ways: by policy and rule, by tenant and owner, by resource. A group that has but
one group within it is that group. All steps are generators: twenty thousand violations are grouped beside a loop that
listens to keys.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum

import msgspec

from fluxtui.insight.policy.model import NO_OWNER, UNKNOWN_OWNER, Action, Owner, Violation
from fluxtui.kinds.policy.reports import SEVERITIES, Subject

STEP = 200
"""Violations that are looked at between two slices."""
NOBODY, UNKNOWN = NO_OWNER, UNKNOWN_OWNER
"""What the groups are called of what nobody of Flux delivers, and of what nobody knows that of."""
RESULTS = ("fail", "warn", "error", "skip")
WORST = {severity: at for at, severity in enumerate(SEVERITIES)}
TOLD = tuple(Action)


class By(StrEnum):
    """What the violations are grouped by."""

    POLICY = "policy"
    OWNER = "owner"
    RESOURCE = "resource"


class Asked(msgspec.Struct, frozen=True):
    """What follows ``:policy``: a grouping (None: as it is), whether as a matrix, and a filter."""

    by: By | None = None
    matrix: bool = False
    filter: str = ""


def asked(text: str) -> Asked:
    """``by owner severity:high``, ``matrix``, ``ns:backend``: tenants are a word for owners."""
    words = text.split()
    if words[:1] == ["matrix"]:
        return Asked(By.POLICY, True, " ".join(words[1:]))
    if words[:1] == ["by"] and len(words) > 1:
        wanted = words[1].lower().replace("tenant", "owner")
        by = next((by for by in By if by.value.startswith(wanted)), None)
        if by is not None:
            return Asked(by, False, " ".join(words[2:]))
    return Asked(None, False, " ".join(words))


class Group(msgspec.Struct, eq=False, gc=False):
    """Violations that have something in common. Exactly one of `within` and `violations` is filled, except for a
    policy or rule that nobody violates, which has neither.

    `counts` are those of `RESULTS`. `clusters` has the counts by cluster; a cluster that is not in it has no violation
    here. `first_seen` is the earliest (epoch s, 0: just now), `certain` whether it is when it began; `newest` is the
    latest.
    """

    key: str
    policy: str = ""
    rule: str = ""
    owner: Owner | None = None
    subject: Subject | None = None
    cluster: str = ""
    """Of a resource."""
    within: "list[Group]" = []
    violations: list[Violation] = []
    counts: tuple[int, int, int, int] = (0, 0, 0, 0)
    clusters: Mapping[str, tuple[int, int, int, int]] = {}
    objects: int = 0
    delivered: int = 0
    """Those of the objects that Flux is known to deliver."""
    owners: int = 0
    """Flux objects that deliver them, each in its cluster: the same name in two clusters is two."""
    policies: int = 0
    """Rules that are violated, each as (policy, rule)."""
    actions: tuple[Action, ...] = ()
    """The effective actions of the violations, the strongest first."""
    severity: str = ""
    """The worst."""
    first_seen: int = 0
    certain: bool = False
    newest: int = 0
    sources: tuple[str, ...] = ()

    @property
    def fails(self) -> int:
        """Results that are a fail."""
        return self.counts[0]

    def every(self) -> Iterator[Violation]:
        """All violations, those of the groups within it too, in their order there."""
        yield from self.violations
        for group in self.within:
            yield from group.every()


Order = tuple[str, ...]


def order(violation: Violation) -> Order:
    """Where a violation stands among others, and which it is: cluster, namespace, object, rule."""
    of, finding = violation.subject, violation.finding
    check = finding.check
    return (
        violation.cluster, of.namespace, of.kind, of.name, violation.policy, violation.rule, check.source, check.rule,
        of.group, finding.result, finding.message,
    )  # fmt: skip


def ordered(violations: Iterable[Violation]) -> Generator[None, None, list[Violation]]:
    """The violations in their `order`, each once: bucket by bucket, so that no slice is long."""
    buckets: dict[tuple[str, str], list[tuple[Order, Violation]]] = {}
    for number, each in enumerate(violations):
        buckets.setdefault((each.cluster, each.subject.namespace), []).append((order(each), each))
        if not number % STEP:
            yield
    found: list[Violation] = []
    for bucket in (buckets[key] for key in sorted(buckets)):
        bucket.sort(key=_first)
        before: Order = ()
        for key, each in bucket:
            if key != before:
                found.append(each)
            before = key
        yield
    return found


def _first(pair: tuple[Order, Violation]) -> Order:
    return pair[0]


# Grouping

Key = Callable[[Violation], str]


def rule_key(policy: str, rule: str) -> str:
    """What identifies a rule in the fleet."""
    return f"{policy} / {rule}"


def _of_rule(violation: Violation) -> str:
    return rule_key(violation.policy, violation.rule)


def _of_tenant(violation: Violation) -> str:
    owner = violation.owner
    return owner.tenant if owner.id else UNKNOWN if owner.doubt else NOBODY


def _of_owner(violation: Violation) -> str:
    owner = violation.owner
    return owner.id or f"in {owner.tenant or violation.subject.namespace or 'no namespace'}"


def _of_object(violation: Violation) -> str:
    of = violation.subject
    return f"{violation.cluster} {of.group} {of.kind}/{of.namespace}/{of.name}"


LEVELS: dict[By, tuple[Key, ...]] = {
    By.POLICY: (lambda violation: violation.policy, _of_rule),
    By.OWNER: (_of_tenant, _of_owner),
    By.RESOURCE: (_of_object,),
}


def grouped(violations: Iterable[Violation], by: By) -> Generator[None, None, list[Group]]:
    """The groups, in no order, from violations in theirs."""
    outer, *inner = LEVELS[by]
    held: dict[str, dict[str, list[Violation]]] = {}
    for number, each in enumerate(violations):
        within = held.setdefault(outer(each), {})
        within.setdefault(inner[0](each) if inner else "", []).append(each)
        if not number % STEP:
            yield
    found: list[Group] = []
    for key, parts in held.items():
        groups: list[Group] = []
        for name, leaves in parts.items():
            groups.append((yield from _leafy(name or key, leaves, by)))
        found.append(groups[0] if len(groups) == 1 else (yield from _joined(key, groups, by)))
        found[-1].key = key
    return found


class _Tally:
    """Counts of some violations, while they are counted."""

    def __init__(self) -> None:
        self.counts = [0, 0, 0, 0]
        self.clusters: dict[str, list[int]] = {}
        self.objects: set[tuple[str, Subject]] = set()
        self.delivered = 0
        self.owners: set[tuple[str, str]] = set()
        self.policies: set[tuple[str, str]] = set()
        self.actions: set[Action] = set()
        self.sources: set[str] = set()
        self.worst = len(SEVERITIES) - 1
        self.first, self.certain, self.newest = 0, False, 0

    def add(self, each: Violation) -> None:
        at = RESULTS.index(each.finding.result)
        self.counts[at] += 1
        self.clusters.setdefault(each.cluster, [0, 0, 0, 0])[at] += 1
        of, owner = (each.cluster, each.subject), each.owner
        if of not in self.objects:
            self.objects.add(of)
            self.delivered += owner.delivered
        if owner.delivered:
            self.owners.add((owner.cluster, owner.id))
        self.policies.add((each.policy, each.rule))
        self.actions.add(each.action)
        self.sources.add(each.finding.check.source)
        self.worst = min(self.worst, WORST.get(each.severity, self.worst))
        if each.first_seen and (not self.first or each.first_seen < self.first):
            self.first, self.certain = each.first_seen, each.certain
        elif each.first_seen == self.first and self.first:
            self.certain = self.certain and each.certain  # as early, and maybe earlier
        self.newest = max(self.newest, each.first_seen)

    def into(self, group: Group) -> Group:
        one, two, three, four = self.counts
        group.counts = (one, two, three, four)
        group.clusters = {name: (a, b, c, d) for name, (a, b, c, d) in self.clusters.items()}
        group.objects, group.delivered = len(self.objects), self.delivered
        group.owners, group.policies = len(self.owners), len(self.policies)
        group.actions = tuple(action for action in TOLD if action in self.actions)
        group.sources = tuple(sorted(self.sources))
        group.severity = SEVERITIES[self.worst]
        group.first_seen, group.certain, group.newest = self.first, self.certain, self.newest
        return group


def _leafy(key: str, violations: list[Violation], by: By) -> Generator[None, None, Group]:
    group, first = Group(key, violations=violations), violations[0]
    if by is By.POLICY:
        group.policy, group.rule = first.policy, first.rule
    elif by is By.OWNER:
        group.owner = first.owner
    else:
        group.subject, group.cluster, group.owner = first.subject, first.cluster, first.owner
    if len(violations) == 1:
        yield
        return _single(group, first)
    tally = _Tally()
    for number, each in enumerate(violations):
        tally.add(each)
        if not number % STEP:
            yield
    return tally.into(group)


_ONE = {result: tuple(int(each == result) for each in RESULTS) for result in RESULTS}


def _single(group: Group, each: Violation) -> Group:
    """The counts of one violation: most resources have but one."""
    one, two, three, four = _ONE[each.finding.result]
    group.counts = one, two, three, four
    group.clusters = {each.cluster: group.counts}
    group.objects = group.policies = 1
    group.delivered = group.owners = int(each.owner.delivered)
    group.actions = (each.action,)
    group.severity = each.severity
    group.first_seen, group.certain, group.newest = each.first_seen, each.certain, each.first_seen
    group.sources = (each.finding.check.source,)
    return group


def _joined(key: str, groups: list[Group], by: By) -> Generator[None, None, Group]:
    """A group of groups: what was counted once in each is counted anew."""
    tally = _Tally()
    for group in groups:
        for number, each in enumerate(group.violations):
            tally.add(each)
            if not number % STEP:
                yield
    joined = Group(key, within=groups)
    if by is By.POLICY:
        joined.policy = groups[0].policy
    else:
        joined.owner = groups[0].owner
    return tally.into(joined)


def total(groups: Sequence[Group]) -> Generator[None, None, Group]:
    """The counts of all groups together."""
    tally = _Tally()
    number = 0
    for group in groups:
        for each in group.every():
            tally.add(each)
            number += 1
            if not number % STEP:
                yield
    return tally.into(Group(""))


def reach(group: Group) -> str:
    """``in 83 objects of 31 owners``: whom it concerns. Objects that nobody of Flux is known to deliver have no owner:
    ``in 83 objects, 69 delivered by 31 owners``.
    """
    objects = f"in {_plural(group.objects, 'object')}"
    if not group.delivered:
        return f"{objects} that nobody of Flux is known to deliver" if group.objects else objects
    some = " of" if group.delivered == group.objects else f", {group.delivered:,} delivered by"
    return f"{objects}{some} {_plural(group.owners, 'owner')}"


def _plural(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


# Sorting

SORTS: dict[str, Callable[[Group], tuple[object, ...]]] = {
    "fails": lambda group: (*(-count for count in group.counts[:3]), WORST.get(group.severity, 9), group.key),
    "severity": lambda group: (WORST.get(group.severity, 9), *(-count for count in group.counts[:3]), group.key),
    "name": lambda group: (group.key,),
    "objects": lambda group: (-group.objects, group.key),
    "owners": lambda group: (-group.owners, group.key),
    "policies": lambda group: (-group.policies, group.key),
    "action": lambda group: (min(map(TOLD.index, group.actions), default=9), -group.fails, group.key),
    "since": lambda group: (-group.newest, group.key),
    "warns": lambda group: (-group.counts[1], -group.fails, group.key),
    "errors": lambda group: (-group.counts[2], -group.fails, group.key),
}
"""What groups can be sorted by. ``fails`` is what matters: fails, then warnings, then errors, then the severity."""


def arranged(groups: list[Group], by: str, *, down: bool) -> list[Group]:
    """The groups in an order, those within them too; what is not delivered by Flux stands last while it is not told
    otherwise.
    """
    sort = SORTS.get(by, SORTS["fails"])
    for group in groups:
        group.within.sort(key=sort, reverse=down)
    return sorted(groups, key=sort, reverse=down)
