"""The picture of policy: what counts, what counts once, and what it is joined to."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.policy.conftest import World, result, scope_of

from fluxtui.insight.policy.model import Action, Known
from fluxtui.insight.policy.picture import picture
from fluxtui.kinds.policy.reports import REPORTS
from fluxtui.store.state import DataState, Phase

REDIS = "apps/v1 Deployment backend/redis"
POD = "v1 Pod backend/redis-0"


@pytest.fixture
def prod(world):
    world.cluster()
    world.tenant("backend")
    rules = [{"name": "check", "validate": {"failureAction": "Enforce"}}, {"name": "team", "validate": {}}]
    world.put("ClusterPolicy", "labels", spec={"rules": rules})
    world.put("ValidatingPolicy", "limits", spec={"validationActions": ["Audit"]})
    return world


def told(picture):
    return sorted(
        (each.subject.name, each.policy, each.rule, each.finding.result, each.action.value)
        for each in picture.violations
    )


def test_results_are_joined_to_policy_action_and_owner(prod):
    prod.report(
        REDIS,
        ("labels", "autogen-check", "fail"),
        ("labels", "autogen-team", "pass"),
        {"source": "KyvernoValidatingPolicy", "policy": "limits", "result": "fail", "severity": "low"},
        ("gone", "check", "skip"),
    )
    picture = prod.picture()
    assert told(picture) == [
        ("redis", "ClusterPolicy//gone", "check", "skip", "unknown"),
        ("redis", "ClusterPolicy//labels", "check", "fail", "deny"),
        ("redis", "ValidatingPolicy//limits", "", "fail", "audit"),
    ]
    assert picture.passes == 1
    assert picture.checked == {
        ("prod", "ClusterPolicy//gone", "check"): 1,
        ("prod", "ClusterPolicy//labels", "check"): 1,
        ("prod", "ClusterPolicy//labels", "team"): 1,
        ("prod", "ValidatingPolicy//limits", ""): 1,
    }
    assert {each.owner.tenant for each in picture.violations} == {"backend"}
    assert {each.autogen for each in picture.violations if each.policy == "ClusterPolicy//labels"} == {True}
    assert ("prod", "ClusterPolicy//labels") in picture.policies


@pytest.mark.parametrize("kind", sorted(REPORTS))
def test_both_families_namespaced_and_not(prod, kind):
    about = "v1 Namespace backend" if kind.startswith("Cluster") else REDIS
    prod.report(about, ("labels", "check", "fail"), kind=kind)
    (found,) = prod.picture().violations
    assert (found.subject.kind, found.report.partition("/")[0]) == (about.split()[1], kind)


def test_the_openreports_family_may_name_its_source_once(prod):
    prod.report(
        REDIS, {"source": None, "policy": "labels", "rule": "check", "result": "fail"}, kind="Report", source="kyverno"
    )
    assert told(prod.picture()) == [("redis", "ClusterPolicy//labels", "check", "fail", "deny")]


def test_another_producer_names_the_objects_in_its_results(prod):
    objects = [
        {"apiVersion": "apps/v1", "kind": "Deployment", "name": "a", "namespace": "backend"},
        {"apiVersion": "v1", "kind": "Pod", "name": "b"},
    ]
    prod.report(
        None,
        {"source": "Trivy", "policy": "CVE-1", "result": "fail", "resources": objects, "severity": "CRITICAL"},
        {"source": "Trivy", "policy": "CVE-2", "result": "pass", "resources": objects[:1]},
        metadata={"namespace": "backend"},
    )
    picture = prod.picture()
    assert sorted((each.subject.kind, each.subject.namespace, each.subject.name) for each in picture.violations) == [
        ("Deployment", "backend", "a"),
        ("Pod", "backend", "b"),
    ]
    assert {(each.policy, each.action, each.severity) for each in picture.violations} == {
        ("CVE-1", Action.UNKNOWN, "critical")
    }
    assert picture.checked == {("prod", "CVE-1", ""): 2, ("prod", "CVE-2", ""): 1}
    assert picture.passes == 1


def test_what_several_reports_of_a_source_say_counts_once_and_the_newest_says_it(prod):
    prod.report(REDIS, ("labels", "check", "fail"), ("labels", "team", "fail"), at=1000)
    prod.report(REDIS, ("labels", "check", "pass"), at=2000, kind="Report")
    picture = prod.picture()
    assert told(picture) == [("redis", "ClusterPolicy//labels", "team", "fail", "audit")]
    assert (picture.passes, sum(picture.checked.values())) == (1, 2)


def test_two_sources_are_two_opinions(prod):
    prod.report(REDIS, ("labels", "check", "fail"), at=1000)
    prod.report(REDIS, {"source": "kubewarden", "policy": "labels", "rule": "check", "result": "pass"}, at=2000)
    picture = prod.picture()
    assert len(picture.violations) == 1
    assert picture.passes == 1


def test_of_one_report_the_worst_counts_for_a_rule(prod):
    prod.report(REDIS, ("labels", "check", "pass"), ("labels", "autogen-check", "fail"), ("labels", "check", "skip"))
    picture = prod.picture()
    assert told(picture) == [("redis", "ClusterPolicy//labels", "check", "fail", "deny")]
    assert picture.checked == {("prod", "ClusterPolicy//labels", "check"): 1}


def test_the_same_name_in_another_group_namespace_or_cluster_is_another_object(prod):
    prod.cluster("eu")
    for about in (REDIS, "example.com/v1 Deployment backend/redis", "apps/v1 Deployment frontend/redis"):
        prod.report(about, ("labels", "check", "fail"))
    prod.report(REDIS, ("labels", "check", "fail"), cluster="eu")
    picture = prod.picture()
    assert len({each.key for each in picture.violations}) == 4
    assert Counter(each.action for each in picture.violations) == {Action.DENY: 3, Action.UNKNOWN: 1}


def test_a_report_that_is_being_deleted_goes_with_its_object(prod):
    prod.report(REDIS, ("labels", "check", "fail"), metadata={"deletionTimestamp": "2027-01-15T08:00:00Z"})
    picture = prod.picture()
    assert picture.violations == ()
    assert picture.coverage[0].count == 0


def test_a_fail_that_is_not_scored_is_a_warning(prod):
    prod.report(REDIS, {"policy": "labels", "rule": "check", "result": "fail", "scored": False})
    assert [each.finding.result for each in prod.picture().violations] == ["warn"]


def test_a_report_that_carries_a_uid_alone_is_about_that_object(prod):
    prod.write("Kustomization", {"metadata": {"namespace": "backend", "name": "apps", "uid": "u-1"}})
    prod.report(None, ("labels", "check", "fail"), name="u-1", metadata={"namespace": "backend"})
    prod.report(None, ("labels", "check", "fail"), name="u-2", metadata={"namespace": "backend"})
    found = {(each.subject.kind, each.subject.namespace, each.subject.name) for each in prod.picture().violations}
    assert found == {("Kustomization", "backend", "apps"), ("", "backend", "u-2")}


def test_an_owner_reference_says_it_where_there_is_no_scope(prod):
    owner = {"apiVersion": "v1", "kind": "Pod", "name": "redis-0", "uid": "u"}
    prod.report(None, ("labels", "check", "fail"), metadata={"namespace": "backend", "ownerReferences": [owner]})
    (found,) = prod.picture().violations
    assert (found.subject.kind, found.subject.name) == ("Pod", "redis-0")


def test_ages_are_what_we_saw_and_evaluations_what_the_report_says(prod):
    prod.report(POD, ("labels", "check", "fail"), at=1234)
    assert [(each.first_seen, each.certain, each.checked) for each in prod.picture().violations] == [(0, False, 1234)]
    prod.seen[prod.picture().violations[0].key] = (1000, True)
    assert [(each.first_seen, each.certain) for each in prod.picture().violations] == [(1000, True)]


def test_without_timestamps_nothing_is_said_of_evaluations(prod):
    prod.report(POD, {"policy": "labels", "rule": "check", "result": "fail", "timestamp": None})
    (found,) = prod.picture().violations
    assert found.checked == 0


def test_namespaces_act_by_their_own_labels_and_unknown_ones_are_unknown(prod):
    override = {"action": "Enforce", "namespaceSelector": {"matchLabels": {"toolkit.fluxcd.io/role": "tenant"}}}
    spec = {"rules": [{"name": "check", "validate": {"failureActionOverrides": [override]}}]}
    prod.put("ClusterPolicy", "o", spec=spec)
    prod.namespace("infra")
    for namespace in ("backend", "infra", "dark"):
        prod.report(f"v1 ConfigMap {namespace}/x", ("o", "check", "fail"))
    found = {each.subject.namespace: each.action for each in prod.picture().violations}
    assert found == {"backend": Action.DENY, "infra": Action.AUDIT, "dark": Action.UNKNOWN}


def test_bindings_decide_for_admission_policies(prod):
    prod.put("ValidatingAdmissionPolicy", "guard", spec={})
    where = {"namespaceSelector": {"matchLabels": {"toolkit.fluxcd.io/role": "tenant"}}}
    spec = {"policyName": "guard", "validationActions": ["Deny"], "matchResources": where}
    prod.put("ValidatingAdmissionPolicyBinding", "guard", spec=spec)
    prod.namespace("infra")
    told_ = {"source": "ValidatingAdmissionPolicy", "policy": "guard", "result": "fail"}
    for namespace in ("backend", "infra"):
        prod.report(f"v1 ConfigMap {namespace}/x", told_)
    prod.report("v1 Namespace backend", told_, kind="ClusterPolicyReport")
    found = {(each.subject.kind, each.subject.namespace): each.action for each in prod.picture().violations}
    assert found == {
        ("ConfigMap", "backend"): Action.DENY,
        ("ConfigMap", "infra"): Action.NONE,
        ("Namespace", ""): Action.DENY,
    }


def test_coverage_says_how_far_it_can_be_believed(prod):
    prod.delivery.cluster("dark")
    prod.report(REDIS, ("labels", "check", "fail"), at=1234)
    picture = prod.picture()
    known, dark = picture.coverage
    assert (known.cluster, known.count, known.newest, known.unread, known.settled) == ("prod", 1, 1234, 0, True)
    assert known.served
    assert (dark.cluster, dark.settled, dark.count) == ("dark", False, 0)
    assert not picture.complete
    prod.settled.add("dark")
    for kind in REPORTS:
        prod.policy.table("dark", kind).set_state(DataState(Phase.MISSING))
    assert prod.picture().complete
    prod.policy.table("prod", "PolicyReport").set_state(DataState(Phase.FORBIDDEN))
    assert not prod.picture().complete


def test_reports_that_are_counted_before_they_are_read(prod):
    prod.report(REDIS, ("labels", "check", "fail"))
    prod.counted["prod"] = (100, (7, 0, 0, 0, 93))
    assert prod.picture().coverage[0].unread == 0, "everything is read by now"
    prod.policy.table("prod", "PolicyReport").set_state(DataState(Phase.LOADING))
    (coverage,) = prod.picture().coverage
    assert (coverage.unread, coverage.counts) == (99, (7, 0, 0, 0, 93))


def test_results_beyond_the_bound_are_counted(prod):
    prod.report(REDIS, *({"source": "x", "policy": f"CVE-{at}", "result": "fail"} for at in range(1200)))
    picture = prod.picture()
    assert (len(picture.violations), picture.coverage[0].cut) == (1000, 200)


def test_it_is_drawn_in_slices_that_end_while_the_stores_change(prod):
    for at in range(600):
        prod.report(f"v1 ConfigMap backend/c{at}", *((f"p{rule}", "check", "fail") for rule in range(5)))
    known = Known(lambda key: (0, False), lambda cluster, subject: ())
    steps = picture(prod.delivery, prod.policy, prod.now, known)
    drawn, done = None, 0
    while drawn is None:
        try:
            next(steps)
            done += 1
            for identity in list(prod.policy.table("prod", "PolicyReport").rows)[: done > 1]:
                prod.policy.table("prod", "PolicyReport").remove(identity)
        except StopIteration as end:
            drawn = end.value
    assert len(drawn.violations) == 3000, "what it began with"
    assert done > 8


MALFORMED = [
    {"results": None},
    {"results": [], "scope": None},
    {"results": [None]},
    {"results": "many"},
    {"results": [{"policy": 7, "rule": ["x"], "result": "fail", "timestamp": "yesterday", "severity": {}}]},
    {"results": [{"policy": "p", "result": "exploded", "properties": {"controls": 1}, "timestamp": {"seconds": -5}}]},
    {"results": [{"policy": "[red]p[/]\x1b[31m", "rule": "a\nb", "result": "fail", "message": "\x07" * 5000}]},
    {"results": [{"policy": "p" * 100_000, "result": "fail", "timestamp": {"seconds": 1e30}}]},
    {"results": [{"policy": "p", "result": "fail", "resources": [{}, {"name": "x"}, None]}]},
    {"scope": {"name": 5}, "results": [{"policy": "a/b/c", "result": "fail", "source": "kyverno"}]},
    {"scope": {"kind": "Pod", "name": "x"}, "results": [{"result": "fail"}]},
]


@pytest.mark.parametrize("body", MALFORMED, ids=range(len(MALFORMED)))
def test_malformed_reports_break_nothing_and_carry_no_control_characters(prod, body):
    prod.write("PolicyReport", {"metadata": {"namespace": "backend", "name": "odd", "resourceVersion": "7"}} | body)
    prod.report(REDIS, ("labels", "check", "fail"))
    picture = prod.picture()
    assert ("redis", "ClusterPolicy//labels", "check", "fail", "deny") in told(picture)
    for each in picture.violations:
        for text in (each.policy, each.rule, each.subject.kind, each.subject.name, each.finding.message, each.key):
            assert text.replace("\n", "").isprintable()


OBJECTS = ("v1 Pod a/x", "v1 Pod b/x", "apps/v1 Deployment a/x", "v1 Namespace a")
RESULTS = ("fail", "warn", "error", "skip", "pass")
RESULT = st.tuples(st.sampled_from(["p", "q"]), st.sampled_from(["r", "autogen-r", "s"]), st.sampled_from(RESULTS))
REPORT = st.tuples(
    st.sampled_from(OBJECTS),
    st.sampled_from(["PolicyReport", "Report"]),
    st.integers(1, 4),
    st.lists(RESULT, max_size=5),
    st.booleans(),
)


@given(st.lists(REPORT, max_size=8))
def test_each_rule_and_object_counts_once_as_its_newest_report_says(reports):
    world = World()
    world.cluster()
    best: dict[tuple[str, str, str], tuple[int, int]] = {}
    for number, (about_, kind, at, results, beside) in enumerate(reports):
        scope = scope_of(about_)
        if beside:  # another producer's way to say the same
            told_ = [{**result(each, at), "resources": [scope]} for each in results]
            meta = {"name": f"n{number}", "namespace": "a", "resourceVersion": "1"}
            world.write(kind, {"metadata": meta, "results": told_})
        else:
            world.report(about_, *results, kind=kind, at=at, name=f"n{number}")
        newest: dict[tuple[str, str, str], int] = {}
        for policy, rule, outcome in results:
            key = (about_, policy, rule.removeprefix("autogen-"))
            newest[key] = min(newest.get(key, 9), RESULTS.index(outcome))
        for key, rank in newest.items():  # of two reports of one moment the worse counts
            best[key] = min(best.get(key, (0, 0)), (-at, rank))
    picture = world.picture()
    found = Counter(each.finding.result for each in picture.violations)
    expected = Counter(RESULTS[rank] for _, rank in best.values())
    assert (*(found[word] for word in RESULTS[:4]), picture.passes) == tuple(expected[word] for word in RESULTS)
    assert sum(picture.checked.values()) == len(best)
    assert len({each.key for each in picture.violations}) == len(picture.violations)
