"""One set of violations as groups within groups: what each group says, and what nobody violates."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxtui.insight.delivered import Proof
from fluxtui.insight.policy.board import (
    NOBODY,
    UNKNOWN,
    By,
    arranged,
    grouped,
    ordered,
    reach,
    total,
)
from fluxtui.insight.policy.model import Action, Owner, Violation
from fluxtui.insight.policy.narrowing import compile as compile_filter
from fluxtui.insight.policy.policies import clean, standing_policies, told
from fluxtui.kinds.policy.reports import Check, Finding, Subject

NOW = 1_800_000_000
BACKEND = Owner("prod", "Kustomization/backend/apps", Proof.INVENTORY, "backend", labelled=True)
EU = Owner("eu", "Kustomization/backend/apps", Proof.INVENTORY, "backend", labelled=True)
FRONTEND = Owner("prod", "Kustomization/frontend/apps", Proof.INVENTORY, "frontend", labelled=True)
NONE = Owner("prod", tenant="infra")


def violation(name="redis", policy="ClusterPolicy//labels", rule="check", result="fail", **more):
    severity, source = more.pop("severity", "medium"), more.pop("source", "kyverno")
    check = Check(source, policy.rpartition("/")[2], rule, "", severity)
    fields = {
        "cluster": "prod",
        "subject": Subject("apps", "Deployment", "backend", name),
        "finding": Finding(check, result),
        "policy": policy,
        "rule": rule,
        "autogen": False,
        "action": Action.AUDIT,
        "owner": BACKEND,
        "report": f"PolicyReport/backend/{name}",
        "checked": NOW,
    }
    return Violation(**(fields | more))


def drained(steps):
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def groups(violations, by, sort="fails"):
    return arranged(drained(grouped(drained(ordered(violations)), by)), sort, down=False)


SOME = [
    violation("a", rule="check"),
    violation("b", rule="check", cluster="eu", action=Action.DENY, severity="high", first_seen=100, certain=True),
    violation("a", rule="team", result="warn", first_seen=50),
    violation("c", rule="team", owner=FRONTEND, first_seen=50, certain=True),
    violation("d", "ValidatingPolicy//limits", "", owner=NONE, source="KyvernoValidatingPolicy", severity=""),
    violation("d", policy="CVE-1", rule="openssl", owner=NONE, result="error", source="Trivy", severity="critical"),
]


def test_by_policy_its_rules_are_within_it_and_everything_is_counted_once():
    labels, limits, cve = groups(SOME, By.POLICY)
    assert (labels.policy, labels.rule, labels.counts) == ("ClusterPolicy//labels", "", (3, 1, 0, 0))
    assert [(each.rule, each.counts) for each in labels.within] == [("check", (2, 0, 0, 0)), ("team", (1, 1, 0, 0))]
    assert (labels.objects, labels.owners, labels.policies) == (3, 2, 2), "object a violates two rules"
    assert labels.actions == (Action.DENY, Action.AUDIT)
    assert labels.severity == "high"
    assert labels.clusters == {"prod": (2, 1, 0, 0), "eu": (1, 0, 0, 0)}
    assert (labels.first_seen, labels.certain) == (50, False), "as early, and maybe earlier"
    assert (limits.policy, limits.rule, limits.within) == ("ValidatingPolicy//limits", "", [])
    assert (cve.policy, cve.rule, cve.counts, cve.sources) == ("CVE-1", "openssl", (0, 0, 1, 0), ("Trivy",))


def test_by_owner_what_flux_does_not_deliver_is_a_group_of_its_own():
    found = {each.key: each for each in groups(SOME, By.OWNER)}
    assert set(found) == {"backend", "frontend", NOBODY}
    assert (found["backend"].fails, found["backend"].policies, found["backend"].owner) == (2, 2, BACKEND)
    assert found[NOBODY].counts == (1, 0, 1, 0)
    assert [each.subject.name for each in found[NOBODY].every()] == ["d", "d"]


def test_what_cannot_be_told_of_is_a_group_apart_from_what_nobody_delivers():
    dark = Owner("prod", tenant="infra", doubt="pods: forbidden")
    found = {each.key: each.fails for each in groups([*SOME, violation("p", owner=dark)], By.OWNER)}
    assert (found[UNKNOWN], found[NOBODY]) == (1, 1)


def test_by_resource_an_object_in_two_clusters_is_two():
    found = groups([*SOME, violation("a", cluster="eu")], By.RESOURCE, "name")
    assert Counter((each.cluster, each.subject.name) for each in found) == Counter(
        [("eu", "a"), ("eu", "b"), ("prod", "a"), ("prod", "c"), ("prod", "d")]
    )


def test_all_together_is_counted_anew():
    for by in By:
        every = drained(total(groups(SOME, by)))
        assert (every.counts, every.objects, every.owners, every.policies) == ((4, 1, 1, 0), 4, 2, 4)
        assert reach(every) == "in 4 objects, 3 delivered by 2 owners"


LOOSE = violation("z", owner=NONE)


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ([violation("a"), violation("b")], "in 2 objects of 1 owner"),
        ([violation("a"), violation("a", cluster="eu", owner=EU)], "in 2 objects of 2 owners"),
        ([violation("a", owner=NONE), LOOSE], "in 2 objects that nobody of Flux is known to deliver"),
        ([LOOSE], "in 1 object that nobody of Flux is known to deliver"),
        ([violation("a"), violation("a", rule="team"), LOOSE], "in 2 objects, 1 delivered by 1 owner"),
    ],
)
def test_an_owner_is_a_flux_object_in_one_cluster(found, told):
    assert reach(drained(total(groups(found, By.POLICY)))) == told


RULES = {"rules": [{"name": "check", "validate": {}}, {"name": "team", "validate": {}}, {"name": "set", "mutate": {}}]}


@pytest.fixture
def held(world):
    """A policy of three rules in two clusters."""
    for name in ("prod", "eu"):
        world.cluster(name)
        world.put("ClusterPolicy", "labels", cluster=name, spec=RULES)
    return world


def unbroken(world, *clusters, text="", **more):
    picture = world.picture()
    steps = clean(picture, picture.violations, frozenset(clusters), compile_filter(text, NOW), **more)
    return [(each.policy, each.rule) for each in drained(steps)]


def test_rules_that_nobody_violates_are_listed_and_what_changes_objects_is_none(held):
    assert unbroken(held) == [("ClusterPolicy//labels", "check"), ("ClusterPolicy//labels", "team")]
    held.report("v1 Pod backend/x", ("labels", "check", "fail"), cluster="eu")
    assert unbroken(held) == [("ClusterPolicy//labels", "team")]
    assert unbroken(held, "prod") == [("ClusterPolicy//labels", "check"), ("ClusterPolicy//labels", "team")]
    assert unbroken(held, text="rule:check") == [], "somebody violates it"
    assert unbroken(held, text="rule:team action:audit") == [("ClusterPolicy//labels", "team")]
    assert unbroken(held, text="ns:backend") == []


def test_an_admission_policy_that_nobody_violates_does_what_its_bindings_say(held):
    held.put("ValidatingAdmissionPolicy", "guard", spec={})
    picture = held.picture()
    assert Action.NONE not in standing_policies(picture, frozenset()), "what does nothing judges nothing"
    held.put("ValidatingAdmissionPolicyBinding", "b", spec={"policyName": "guard", "validationActions": ["Deny"]})
    picture = held.picture()
    (guard,) = [
        each
        for each in drained(clean(picture, (), frozenset(), compile_filter("", NOW)))
        if each.policy == "ValidatingAdmissionPolicy//guard"
    ]
    assert guard.actions == (Action.DENY,)
    assert standing_policies(picture, frozenset()) == {Action.AUDIT: 1, Action.DENY: 1}
    assert [each.name for each in picture.bindings["prod", "ValidatingAdmissionPolicy//guard"]] == ["b"]


def test_a_rule_that_is_always_skipped_is_violated_by_nobody(held):
    held.report("v1 Pod backend/x", ("labels", "check", "skip"))
    assert ("ClusterPolicy//labels", "check") in unbroken(held)
    assert ("ClusterPolicy//labels", "check") not in unbroken(held, skips=True), "it is listed with its skips"


def test_refusals_are_told_of_their_policy(held):
    for at, action in enumerate(["Resource Blocked", "Resource Blocked", "Resource Passed"]):
        held.write(
            "Event",
            {
                "metadata": {"name": f"e{at}", "namespace": "default", "resourceVersion": str(at)},
                "reason": "PolicyViolation",
                "action": action,
                "count": 3,
                "message": "Pod backend/x: [check] fail (blocked); no",
                "involvedObject": {"kind": "ClusterPolicy", "name": "labels"},
                "related": {"kind": "Pod", "namespace": "backend", "name": "x"},
            },
        )
    blocked, _ = drained(told(held.policy, ["prod", "eu"]))
    assert blocked == {"ClusterPolicy//labels": 6}


NAMES = st.sampled_from(["a", "b", "c"])
MANY = st.lists(
    st.builds(
        violation,
        NAMES,
        policy=st.sampled_from(["ClusterPolicy//labels", "Policy/backend/own", "CVE-1"]),
        rule=st.sampled_from(["", "check", "team"]),
        result=st.sampled_from(["fail", "warn", "error", "skip"]),
        cluster=st.sampled_from(["prod", "eu"]),
        owner=st.sampled_from([BACKEND, FRONTEND, NONE]),
        severity=st.sampled_from(["", "low", "critical"]),
        first_seen=st.integers(0, 5),
        certain=st.booleans(),
    ),
    max_size=40,
)


@given(MANY)
def test_every_grouping_is_of_the_same_violations(violations):
    once = drained(ordered(violations))
    counts = Counter(each.finding.result for each in once)
    for by in By:
        found = drained(grouped(once, by))
        assert sorted(map(id, (each for group in found for each in group.every()))) == sorted(map(id, once))
        every = drained(total(found))
        assert every.counts == tuple(counts[result] for result in ("fail", "warn", "error", "skip"))
        assert every.objects == len({(each.cluster, each.subject) for each in once})
        for group in found:
            assert bool(group.within) != bool(group.violations)
            assert group.counts == tuple(map(sum, zip(*group.clusters.values(), strict=True)))
