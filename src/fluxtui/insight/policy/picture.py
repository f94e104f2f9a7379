"""The picture of policy in the fleet: every result that is not a pass, joined to its policy, owner and age.

Made in slices, so that the loop it runs on answers keys meanwhile: a fleet has hundreds of thousands of results. What
thousands of them share is worked out once: the policy of a check, the action of a rule in a namespace, an owner.
"""

from collections.abc import Generator, Iterable, Sequence
from operator import itemgetter

from fluxtui.insight.policy.actions import effective, place
from fluxtui.insight.policy.model import Action, Coverage, Known, Picture, Violation, key_of, subject_key
from fluxtui.insight.policy.naming import Named, named
from fluxtui.insight.policy.owners import Owners, is_hub
from fluxtui.kinds.policy.policies import BindingRecord, PolicyRecord
from fluxtui.kinds.policy.reports import REPORTS, RESULTS, Finding, ReportRecord, Subject
from fluxtui.kinds.policy.table import POLICIES
from fluxtui.kinds.record import object_id
from fluxtui.kinds.table import KINDS
from fluxtui.store.state import Phase
from fluxtui.store.store import ClusterData, Store

SLICE = 2000
"""What is done between two yields, in results read; one that is told counts as `TOLD`."""
TOLD = 6
CROWD = 1 << 40
"""More than there can be reports: marks objects that results name themselves."""
NONE = (0, 0, 0, 0, 0)
WORST = {result: place for place, result in enumerate(RESULTS)}
ORDER = tuple(sorted(REPORTS))
POLICY_ORDER = tuple(sorted(POLICIES))


def picture(delivery: Store, policy: Store, now: float, known: Known) -> Generator[None, None, Picture]:
    """Draw the picture at `now` (epoch s): the value that the generator returns. Each step takes about 2 ms."""
    violations: list[Violation] = []
    checked: dict[tuple[str, str, str], int] = {}
    policies: dict[tuple[str, str], PolicyRecord] = {}
    bindings: dict[tuple[str, str], tuple[BindingRecord, ...]] = {}
    coverage: list[Coverage] = []
    hubs: list[ClusterData] = []
    passes = 0
    for held in delivery.clusters():
        hubs += [held] if is_hub(held) else []
        yield
    for cluster in dict.fromkeys(data.name for data in (*delivery.clusters(), *policy.clusters())):
        data = policy.find(cluster)
        drawn = _Drawing(delivery, cluster, data, known, hubs)
        if data is not None:
            yield from drawn.draw(data)
        violations += drawn.violations
        passes += drawn.passes
        for rule in drawn.rules.values():
            key = (cluster, rule.named.policy, rule.named.rule)
            checked[key] = checked.get(key, 0) + rule.objects
        policies.update(((cluster, identity), record) for identity, record in drawn.policies.items())
        bindings.update(((cluster, identity), tuple(bound)) for identity, bound in drawn.bindings.items())
        coverage.append(_coverage(policy, drawn, cluster, known))
        yield
    return Picture(now, tuple(violations), passes, checked, policies, tuple(coverage), bindings)


class _Rule:
    """A rule of one cluster, as one source reports it. `objects` counts what was evaluated."""

    __slots__ = ("actions", "key", "named", "objects")

    def __init__(self, named_: Named, key: str) -> None:
        self.named = named_
        self.key = key
        self.actions: dict[str, Action] = {}
        self.objects = 0


_Read = tuple[_Rule, Finding, bool, bool]
"""A finding: its rule, itself, whether it is a pass, whether its rule was made for pod controllers."""


_Told = tuple[ReportRecord, Subject | None, list[_Read]]
"""A report, what it is about, and what it says."""
_Kept = dict[tuple[str, str], tuple[_Read, ReportRecord, Subject]]
"""By rule and object: what is told of it, by which report."""


class _Drawing:
    """One cluster's part of the picture."""

    def __init__(
        self, delivery: Store, cluster: str, data: ClusterData | None, known: Known, hubs: list[ClusterData]
    ) -> None:
        self.violations: list[Violation] = []
        self.passes = 0
        self.rules: dict[str, _Rule] = {}
        self.policies = dict(_policies(data)) if data is not None else {}
        self.reports: list[ReportRecord] = []
        self.unread = self.cut = self.newest = 0
        self._done = 0
        """Work since the last yield."""
        self._cluster = cluster
        self._delivery = delivery.find(cluster)
        self._known = known
        self._owners = Owners(delivery, cluster, known.made_by, hubs, known.unwalked)
        self.bindings = _bindings(data) if data is not None else {}
        self._read: dict[int, _Read] = {}  # by the finding's address, which it keeps from being used again
        self._by_uid: dict[str, Subject] | None = None

    def draw(self, data: ClusterData) -> Generator[None, None, None]:
        """Read every report: those alone about their object at once, then what several tell of the same one."""
        yield from self._list(data)
        about, told = yield from self._sort()
        several: dict[str, list[_Told]] = {}
        for report, (subject, key) in zip(self.reports, about, strict=True):
            read = [self._read.get(id(each)) or self._learn(each) for each in report.findings]
            if subject is None or told.get(key, CROWD) > 1 or _repeats(read):
                several.setdefault(key if told.get(key, CROWD) < CROWD else "", []).append((report, subject, read))
                self._done += len(read)
            else:
                self._tell(report, subject, read)
            if self._done > SLICE:
                yield self._rest()
        crowd = several.pop("", [])
        for held in several.values():
            for report, subject, read in _once(held):
                self._tell(report, subject, read)
            if self._done > SLICE:
                yield self._rest()
        yield from self._unravel(crowd)

    def _sort(self) -> Generator[None, None, tuple[list[tuple[Subject | None, str]], dict[str, int]]]:
        """What each report is about, with its key, and how many reports are about each key: `CROWD` and more where
        results name the object themselves.
        """
        told: dict[str, int] = {}
        about: list[tuple[Subject | None, str]] = []
        for at, report in enumerate(self.reports):
            subject, key = self._about(report), ""
            scopes = (subject,) if subject is not None else ()
            named_there = [each for finding in report.findings for each in finding.subjects]
            for each in (*named_there, *scopes) if named_there else ():
                key_there = subject_key(each)
                told[key_there] = told.get(key_there, 0) + CROWD
            if subject is not None and not named_there:
                key = subject_key(subject)
                told[key] = told.get(key, 0) + 1
            about.append((subject, key))
            if at % (SLICE // 2) == 0:
                yield
        told[""] = CROWD
        return about, told

    def _unravel(self, crowd: list[_Told]) -> Generator[None, None, None]:
        """Reports that name objects in their results, and the others about these: each rule and object once."""
        kept: _Kept = {}
        for report, scope, read in crowd:
            _keep(kept, report, scope, read)
            self._done += TOLD * len(read)
            if self._done > SLICE:
                yield self._rest()
        for each, report, subject in kept.values():
            self._tell(report, subject, (each,))
            if self._done > SLICE:
                yield self._rest()

    def _rest(self) -> None:
        """A slice ends."""
        self._done = 0

    def _list(self, data: ClusterData) -> Generator[None, None, None]:
        """The reports of both families; one that is being deleted goes with its object."""
        for kind in ORDER:
            table = data.tables.get(kind)
            rows = list(table.rows.values()) if table is not None else []
            for at, row in enumerate(rows):
                report = row.record
                if not isinstance(report, ReportRecord) or report.deleting:
                    continue
                self.reports.append(report)
                self.unread += not report.whole
                self.cut += report.cut
                self.newest = max(self.newest, report.updated)
                if at % SLICE == 0:
                    yield

    def _about(self, report: ReportRecord) -> Subject | None:
        """What a report is about; None where its results say it. One that says neither is about the object whose uid it
        is called by, as Kyverno's are.
        """
        if report.scope is not None:
            return report.scope
        if any(each.subjects for each in report.findings):
            return None
        if self._by_uid is None:
            self._by_uid = _uids(self._delivery)
        held = self._by_uid.get(report.name)
        return held if held is not None else Subject("", "", report.namespace, report.name, report.name)

    def _learn(self, finding: Finding) -> _Read:
        check = finding.check
        found = named(check, self.policies.get)
        key = key_of(self._cluster, check, found.rule)
        rule = self.rules.get(key)
        if rule is None:
            rule = self.rules[key] = _Rule(found, key)
        read = self._read[id(finding)] = (rule, finding, finding.result == "pass", found.autogen)
        return read

    def _tell(self, report: ReportRecord, subject: Subject, read: Sequence[_Read]) -> None:
        owner, tail = None, ""
        before = len(self.violations)
        for rule, finding, passed, autogen in read:
            rule.objects += 1
            if passed:
                self.passes += 1
                continue
            if owner is None:
                owner, tail = self._owners.of(subject), subject_key(subject)
            seen, certain = self._known.first_seen(rule.key + tail)
            self.violations.append(
                Violation(
                    self._cluster,
                    subject,
                    finding,
                    rule.named.policy,
                    rule.named.rule,
                    autogen,
                    self._action(rule, subject),
                    owner,
                    report.id,
                    report.updated,
                    seen,
                    certain,
                )
            )
        self._done += 1 + len(read) + TOLD * (len(self.violations) - before)

    def _action(self, rule: _Rule, subject: Subject) -> Action:
        policy = rule.named.held
        if policy is None:
            return Action.UNKNOWN
        where = place(policy, subject)
        action = rule.actions.get(where)
        if action is None:
            bound = self.bindings.get(policy.id, ())
            action = rule.actions[where] = effective(policy, rule.named.rule, where, self._labels, bound)
        return action

    def _labels(self, namespace: str) -> str | None:
        row = self._delivery.row(f"Namespace//{namespace}") if self._delivery is not None else None
        return row.record.labels if row is not None else None


def _repeats(read: list[_Read]) -> bool:
    """Whether a report tells of one rule more than once."""
    return len(set(map(itemgetter(0), read))) != len(read)


def _once(held: list[_Told]) -> Iterable[tuple[ReportRecord, Subject, Sequence[_Read]]]:
    """What several reports tell of one object: each rule once."""
    rules = [each[0] for _, _, read in held for each in read]
    if len(set(rules)) == len(rules):
        for report, subject, read in held:  # they tell of different rules
            if subject is not None:
                yield report, subject, read
        return
    kept: _Kept = {}
    for report, scope, read in held:
        _keep(kept, report, scope, read)
    for each, report, subject in kept.values():
        yield report, subject, (each,)


def _keep(kept: _Kept, report: ReportRecord, scope: Subject | None, read: Sequence[_Read]) -> None:
    """Of each rule and object the newest result; of one moment the worst."""
    for each in read:
        for subject in each[1].subjects or ((scope,) if scope is not None else ()):
            key = (each[0].key, subject_key(subject))
            other = kept.get(key)
            if other is None or _outdoes(each[1], report, other[0][1], other[1]):
                kept[key] = (each, report, subject)


def _outdoes(finding: Finding, report: ReportRecord, other: Finding, held: ReportRecord) -> bool:
    if report is held or report.updated == held.updated:
        return WORST[finding.result] < WORST[other.result]
    return report.updated > held.updated


def _policies(data: ClusterData) -> Iterable[tuple[str, PolicyRecord]]:
    for kind in POLICY_ORDER:
        table = data.tables.get(kind)
        for identity, row in table.rows.items() if table is not None else ():
            if isinstance(row.record, PolicyRecord):
                yield identity, row.record


def _bindings(data: ClusterData) -> dict[str, list[BindingRecord]]:
    """The bindings of admission policies, by the id of the policy."""
    found: dict[str, list[BindingRecord]] = {}
    table = data.tables.get("ValidatingAdmissionPolicyBinding")
    for row in table.rows.values() if table is not None else ():
        if isinstance(row.record, BindingRecord):
            found.setdefault(object_id("ValidatingAdmissionPolicy", "", row.record.policy), []).append(row.record)
    return found


def _uids(data: ClusterData | None) -> dict[str, Subject]:
    """What is held of delivery, by uid."""
    found: dict[str, Subject] = {}
    for row in data.rows() if data is not None else ():
        record = row.record
        kind = KINDS.get(record.kind)
        if record.uid and kind is not None:
            found[record.uid] = Subject(kind.group, record.kind, record.namespace, record.name, record.uid)
    return found


def _coverage(policy: Store, drawn: _Drawing, cluster: str, known: Known) -> Coverage:
    states = {kind: policy.state(cluster, kind) for kind in ORDER}
    unread, counts = drawn.unread, NONE
    if cluster in known.counted and any(state.phase is Phase.LOADING for state in states.values()):
        total, counts = known.counted[cluster]
        unread += max(0, total - len(drawn.reports))
    return Coverage(
        cluster,
        reports=states,
        policies={kind: policy.state(cluster, kind) for kind in POLICY_ORDER},
        count=len(drawn.reports),
        unread=unread,
        counts=counts if unread else NONE,
        cut=drawn.cut,
        newest=drawn.newest,
        backlog=known.backlogs.get(cluster, -1),
        settled=cluster in known.settled,
    )
