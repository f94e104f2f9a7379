"""May a policy be enforced: what would be denied, of whom, when, and how sure that is."""

import pytest

from fluxtui.insight.delivered import Proof
from fluxtui.insight.policy.model import Action
from fluxtui.insight.policy.readiness import candidates, readiness
from fluxtui.insight.policy.readiness_model import Confidence, When, moments, verdict
from fluxtui.kinds.policy.match import Match
from fluxtui.kinds.policy.table import POLICY_KINDS
from fluxtui.store.state import DataState, Phase

from .violations import (
    CLUSTER,
    NOW,
    cel_exception,
    cel_policy,
    changed,
    coverage,
    legacy_exception,
    legacy_policy,
    owner,
    picture,
    read,
    store_with,
    subject,
    violation,
)

LIMITS = "ValidatingPolicy//require-limits"
LABELS = "ClusterPolicy//require-labels"
DAY = 86_400


@pytest.fixture
def delivery(fleet):
    """The Kustomization that delivers, and is green, of each cluster that a test speaks of."""
    for cluster in (CLUSTER, "staging-1"):
        fleet.put(cluster, "Kustomization", "backend/apps")
        fleet.put(cluster, "HelmRelease", "backend/redis")
        fleet.put(cluster, "Kustomization", "frontend/apps")
        for name, labels in (("backend", "env=prod"), ("frontend", "env=dev"), ("kube-system", "")):
            fleet.store.table(cluster, "Namespace").upsert(fleet.record("Namespace", f"/{name}", labels=labels))
    return fleet


def judged(fleet, found, chosen=(LIMITS,), store=None, made_by=None):
    steps = readiness(found, fleet.store, store or store_with(), chosen, made_by)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value


def cel(ref="backend/redis", kind="Deployment", **more):
    return violation(ref, kind, policy=LIMITS, rule="", **more)


def evaluated(*violations, policies, at=CLUSTER, **more):
    records = [each[1] if isinstance(each, tuple) else each for each in policies]
    told = {(at, record.id, ""): 9 for record in records}
    return picture(*violations, policies=policies, checked=told, **more)


# --- when


@pytest.mark.parametrize(
    ("by", "kind", "when"),
    [
        (owner(), "Deployment", When.NEXT),
        (owner("ResourceSet/flux-system/apps"), "Deployment", When.NEXT),
        (owner("HelmRelease/backend/redis"), "Deployment", When.UPGRADE),
        (owner("", proof=Proof.NOTHING), "Deployment", When.CHANGE),
        (owner(proof=Proof.MAKER), "Pod", When.ANEW),
        (owner(proof=Proof.MAKER), "Job", When.ANEW),
        (owner(), "Pod", When.NEXT),
    ],
)
def test_when_what_is_there_is_denied(delivery, by, kind, when):
    found = judged(delivery, evaluated(cel(kind=kind, by=by), policies=[cel_policy()]))
    assert [each.when for each in found.denied] == [when]


def test_what_violated_before_may_be_updated_by_legacy_rules_unless_they_say_otherwise(delivery):
    each = violation(rule="autogen-check-for-team")
    spared = judged(delivery, evaluated(each, policies=[legacy_policy()]), [LABELS])
    assert [found.when for found in spared.denied] == [When.ANEW]
    assert spared.turning == ()
    assert verdict(spared).startswith("would deny 1 object of 1 tenant; nothing fails at its next reconcile")
    strict = legacy_policy("require-labels", {"allowExistingViolations": False})
    told = judged(delivery, evaluated(each, policies=[strict]), [LABELS])
    assert [found.when for found in told.denied] == [When.NEXT]
    assert [(turning.id, turning.objects, turning.green) for turning in told.turning] == [
        ("Kustomization/backend/apps", 1, True)
    ]


@pytest.mark.parametrize("kind", ["cel", "assert", "manifests"])
def test_rules_that_do_not_look_at_what_was_there_spare_nothing(kind):
    (rule,) = legacy_policy("require-labels", {kind: {"expressions": []}}).rules
    assert not rule.spares


def test_a_policy_that_is_asked_for_creation_alone_denies_what_is_made_anew(delivery):
    found = judged(delivery, evaluated(cel(), policies=[cel_policy(operations=["CREATE"])]))
    assert [each.when for each in found.denied] == [When.ANEW]
    never = judged(delivery, evaluated(cel(), policies=[cel_policy(operations=["DELETE"])]))
    assert (never.denied, never.stays) == ((), 1)


def test_a_pod_counts_with_the_controller_that_makes_it(delivery):
    makers = {"redis-abc-1": ("redis-abc", "redis"), "redis-abc": ("redis",)}
    kinds = {"redis": "Deployment", "redis-abc": "ReplicaSet"}

    def made_by(cluster, of):
        return tuple(subject(f"backend/{name}", kinds[name]) for name in makers.get(of.name, ()))

    pods = [violation("backend/redis-abc-1", "Pod", by=owner(proof=Proof.MAKER))]
    sets = [violation("backend/redis-abc", "ReplicaSet", rule="autogen-check-for-team", by=owner(proof=Proof.MAKER))]
    both = [*pods, *sets, violation(rule="autogen-check-for-team")]
    found = judged(delivery, evaluated(*both, policies=[legacy_policy()]), [LABELS], made_by=made_by)
    assert [(each.subject.kind, each.subject.name, each.makes) for each in found.denied] == [("Deployment", "redis", 2)]
    alone = judged(delivery, evaluated(*pods, policies=[legacy_policy()]), [LABELS], made_by=made_by)
    assert [(each.subject.kind, each.when, each.makes) for each in alone.denied] == [("Pod", When.ANEW, 0)]


# --- what is not denied


def test_what_is_denied_already_excepted_or_of_another_policy_is_not_counted(delivery):
    found = [
        cel("backend/a", action=Action.DENY),
        cel("backend/b", result="skip", exceptions="let"),
        cel("backend/c", result="skip"),
        violation("backend/d"),
    ]
    told = judged(delivery, evaluated(*found, policies=[cel_policy(), legacy_policy()]))
    assert (told.denied, told.already, told.excepted, told.stays) == ((), 1, 1, 0)
    assert verdict(told) == "may be enforced: nothing would be denied (high confidence)"
    assert told.doubts == ()


def test_an_exception_that_the_report_does_not_know_yet_counts(delivery):
    new = changed(cel_exception(), created=NOW - 10)
    pinned = cel_exception("backend/maybe", matchConditions=[{"name": "x", "expression": "true"}])
    both = evaluated(cel(checked=NOW - 60), policies=[cel_policy()])
    assert judged(delivery, both, store=store_with(new)).excepted == 1
    told = judged(delivery, both, store=store_with(pinned))
    assert (told.excepted, len(told.denied)) == (0, 1)
    assert [each.told for each in told.doubts] == [
        "1 result counted that exceptions may except, by what cannot be judged here"
    ]
    assert judged(delivery, both, store=store_with(legacy_exception())).excepted == 0


def test_overrides_that_stay_audit_and_policies_that_are_not_asked_deny_nothing(delivery):
    spec = {
        "validationFailureActionOverrides": [
            {"action": "Audit", "namespaceSelector": {"matchLabels": {"env": "dev"}}},
            {"action": "Audit", "namespaces": ["kube-*"]},
        ]
    }
    strict = {"allowExistingViolations": False}
    found = [violation("backend/a"), violation("frontend/b"), violation("kube-system/c"), violation("gone/d")]
    told = judged(delivery, evaluated(*found, policies=[legacy_policy("require-labels", strict, **spec)]), [LABELS])
    assert sorted(each.subject.namespace for each in told.denied) == ["backend", "gone"]
    assert told.stays == 2
    assert "1 result counted whose action after it cannot be told from here" in [each.told for each in told.doubts]
    assert told.excluded == (
        "require-labels stays Audit in namespaces with env=dev",
        "require-labels stays Audit in namespace kube-*",
    )
    off = judged(delivery, evaluated(*found, policies=[legacy_policy(admission=False)]), [LABELS])
    assert (off.denied, off.stays) == ((), 4)
    assert off.excluded == ("require-labels is not asked on admission: enforcing it denies nothing",)


def test_a_rule_that_says_audit_itself_is_enforced_too(delivery):
    policy = legacy_policy("require-labels", {"failureAction": "Audit", "allowExistingViolations": False})
    told = judged(delivery, evaluated(violation(), policies=[policy]), [LABELS])
    assert len(told.denied) == 1


def test_what_is_left_out_is_told_with_the_clusters_that_it_is_true_of(delivery):
    exclude = {"any": [{"resources": {"namespaces": ["kube-system", "flux-*"], "kinds": ["Pod"]}}]}
    match = {"any": [{"resources": {"kinds": ["Pod"], "namespaces": ["prod-*"]}}]}
    one = legacy_policy("require-labels", {"exclude": exclude})
    two = legacy_policy("require-labels", {"match": match})
    hooks = read(
        "ValidatingWebhookConfiguration",
        {
            "metadata": {"name": "kyverno-resource-validating-webhook-cfg"},
            "webhooks": [
                {
                    "name": "validate.kyverno.svc-fail",
                    "rules": [{}],
                    "namespaceSelector": {
                        "matchExpressions": [
                            {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["kyverno"]}
                        ]
                    },
                }
            ],
        },
    )
    found = picture(policies=[(CLUSTER, one), ("staging-1", two)], clusters=(CLUSTER, "staging-1"))
    told = judged(delivery, found, [LABELS], store=store_with(hooks))
    assert told.excluded == (
        f"require-labels, rule check-for-team, leaves out kind Pod, namespaces kube-system, flux-* ({CLUSTER})",
        "require-labels, rule check-for-team, looks at namespace prod-* alone (staging-1)",
        f"its webhooks are asked for namespaces with kubernetes.io/metadata.name notin (kyverno) alone ({CLUSTER})",
    )


# --- the answer


def test_the_verdict_counts_objects_tenants_and_what_turns_red(delivery):
    delivery.put(CLUSTER, "Kustomization", "frontend/apps", delivery.failed("BuildFailed"))
    delivery.put(CLUSTER, "Kustomization", "infra/apps", suspended=True)
    found = [
        cel("backend/a"),
        cel("backend/b"),
        cel("backend/c", by=owner("HelmRelease/backend/redis")),
        cel("frontend/d", by=owner("Kustomization/frontend/apps", tenant="frontend")),
        cel("infra/e", by=owner("Kustomization/infra/apps", tenant="infra")),
        cel("other/f", by=owner("", tenant="", proof=Proof.NOTHING)),
    ]
    told = judged(delivery, evaluated(*found, policies=[cel_policy()]))
    assert verdict(told) == (
        "would deny 6 objects of 3 tenants; 1 Kustomization turns red at its next reconcile (high confidence)"
    )
    assert [(each.id, each.objects, each.green, each.suspended) for each in told.turning] == [
        ("Kustomization/backend/apps", 2, True, False),
        ("Kustomization/frontend/apps", 1, False, False),
        ("Kustomization/infra/apps", 1, False, True),
    ]
    assert dict(moments(told)) == {When.NEXT: 4, When.UPGRADE: 1, When.CHANGE: 1, When.ANEW: 0}
    assert told.tenants == ("backend", "frontend", "infra", "")
    assert [each.subject.name for each in told.of("backend")] == ["a", "b", "c"]


def test_one_object_that_breaks_several_rules_is_denied_once_and_soonest(delivery):
    both = [cel(), violation(rule="autogen-check-for-team"), violation(rule="autogen-other")]
    policies = [cel_policy(), legacy_policy("require-labels", {}, {"name": "other"})]
    told = judged(delivery, evaluated(*both, policies=policies), [LIMITS, LABELS])
    assert [(each.when, len(each.violations)) for each in told.denied] == [(When.NEXT, 3)]


def test_what_changed_lately_is_marked(delivery):
    found = [
        cel("backend/a", by=owner(updated=NOW - DAY)),
        cel("backend/b", by=owner(updated=NOW - 30 * DAY)),
        cel("backend/c", first_seen=NOW - DAY, certain=True),
        cel("backend/d", first_seen=NOW - DAY),
    ]
    told = judged(delivery, evaluated(*found, policies=[cel_policy()]))
    assert {each.subject.name: each.recent for each in told.denied} == {"a": True, "b": False, "c": True, "d": False}


def test_the_same_policy_in_two_clusters(delivery):
    found = [cel("backend/a"), cel("backend/a", cluster="staging-1")]
    checked = {(name, LIMITS, ""): 3 for name in (CLUSTER, "staging-1")}
    told = judged(delivery, picture(*found, policies=[cel_policy()], clusters=(CLUSTER, "staging-1"), checked=checked))
    assert told.clusters == (CLUSTER, "staging-1")
    assert len(told.reddening) == 2
    assert verdict(told).startswith("would deny 2 objects of 1 tenant; 2 Kustomizations turn red at their next")


# --- doubts

FORBIDDEN = DataState(Phase.FORBIDDEN, NOW, NOW, "no")
STALE = DataState(Phase.STALE, NOW - 600, NOW - 600, "gone")
GONE = DataState(Phase.MISSING, NOW, NOW)


@pytest.mark.parametrize(
    ("covered", "level", "told"),
    [
        ({"settled": False}, Confidence.LOW, "not everything is listed yet"),
        ({"unread": 1200}, Confidence.LOW, "1,200 reports are only counted so far"),
        ({"reports": {"PolicyReport": FORBIDDEN}}, Confidence.LOW, "PolicyReports may not be listed"),
        ({"reports": {"PolicyReport": GONE}}, Confidence.LOW, "no reports are served: nobody knows what violates"),
        ({"reports": {"PolicyReport": STALE}}, Confidence.MEDIUM, "PolicyReports are stale for 10m"),
        (
            {"reports": {"PolicyReport": changed(coverage().reports["PolicyReport"], only="shop")}},
            Confidence.LOW,
            "PolicyReports of namespace shop alone may be seen",
        ),
        ({"cut": 7}, Confidence.MEDIUM, "7 results of long reports are not read"),
        ({"policies": {"Policy": FORBIDDEN}}, Confidence.LOW, "policies may not be listed: Policy"),
    ],
)
def test_what_is_not_known_of_a_cluster_is_a_doubt(delivery, covered, level, told):
    found = judged(delivery, evaluated(policies=[cel_policy()], coverages=[coverage(**covered)]))
    assert (level, told, CLUSTER) in [(each.level, each.told, each.cluster) for each in found.doubts]
    assert found.confidence is level
    assert "may be enforced" not in verdict(found)


@pytest.mark.parametrize(
    ("policy", "level", "told"),
    [
        (cel_policy(evaluation={"background": {"enabled": False}}), Confidence.LOW, "is not scanned for in the"),
        (
            cel_policy(matchConditions=[{"name": "x", "expression": "request.userInfo.username != 'a'"}]),
            Confidence.MEDIUM,
            "has preconditions, which may hold",
        ),
        (changed(cel_policy(), ready="False", message="no such kind"), Confidence.MEDIUM, "is not ready: no such kind"),
    ],
)
def test_what_a_policy_itself_makes_doubtful(delivery, policy, level, told):
    found = judged(delivery, evaluated(policies=[policy]))
    assert [(each.level, told in each.told) for each in found.doubts] == [(level, True)]


def test_a_policy_that_nothing_was_evaluated_for_is_not_called_clean(delivery):
    found = judged(delivery, picture(policies=[cel_policy()]))
    assert [each.told for each in found.doubts] == [
        "no report names require-limits: nothing matches it, passes are not reported, or it is not evaluated"
    ]
    assert verdict(found) == "nothing would be denied (medium confidence)"


def test_a_rule_that_asks_who_is_asking_is_a_doubt(delivery):
    policy = legacy_policy()
    rule = changed(policy.rules[0], match=changed(policy.rules[0].match, filters=(Match(others=("subjects",)),)))
    found = judged(delivery, evaluated(policies=[changed(policy, rules=(rule,))]), [LABELS])
    assert [each.told for each in found.doubts] == [
        "require-labels asks who makes a request (subjects), which no report knows"
    ]


def test_errors_count_and_are_doubted_as_are_claims_by_labels(delivery):
    found = [cel("backend/a", result="error"), cel("backend/b", by=owner(proof=Proof.LABEL)), cel("backend/c")]
    told = judged(delivery, evaluated(*found, policies=[cel_policy()]))
    assert len(told.denied) == 3
    assert [each.told for each in told.doubts] == [
        "1 object counted for which rules end in an error: denied only where those fail",
        "who delivers 1 object is told by labels alone",
    ]


def test_an_engine_that_is_down_lowers_the_confidence(delivery):
    store = store_with(cel_policy())
    down = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "kyverno-reports-controller",
            "namespace": "kyverno",
            "labels": {"app.kubernetes.io/component": "reports-controller", "app.kubernetes.io/part-of": "kyverno"},
        },
        "spec": {"replicas": 1},
        "status": {"replicas": 1, "availableReplicas": 0},
    }
    store.table(CLUSTER, "Deployment").upsert(read("Deployment", down))
    found = judged(delivery, evaluated(policies=[cel_policy()]), store=store)
    assert found.confidence is Confidence.LOW
    assert "0 of 1 replicas of the reports-controller are available" in [each.told for each in found.doubts]


def test_a_cluster_of_which_nothing_is_known_is_one_doubt(delivery):
    gone = DataState(Phase.UNREACHABLE, NOW, 0, "refused")
    lost = coverage("staging-1", reports={"PolicyReport": gone, "Report": gone}, policies={"ValidatingPolicy": gone})
    found = evaluated(policies=[(CLUSTER, cel_policy())], clusters=(CLUSTER,), coverages=[coverage(), lost])
    assert [(each.level, each.cluster, each.told) for each in judged(delivery, found).doubts] == [
        (
            Confidence.LOW,
            "staging-1",
            "unreachable: which policies it has, and what violates them, is not known",
        )
    ]


def test_clusters_without_the_policy_raise_no_doubts(delivery):
    lost = coverage("staging-1", reports={"PolicyReport": FORBIDDEN})
    found = evaluated(policies=[(CLUSTER, cel_policy())], clusters=(CLUSTER, "staging-1"), coverages=[coverage(), lost])
    assert judged(delivery, found).doubts == ()
    unknown = changed(lost, policies={"ValidatingPolicy": FORBIDDEN})
    found = changed(found, coverage=(coverage(), unknown))
    assert judged(delivery, found).confidence is Confidence.LOW


# --- what may be chosen


def test_policies_that_watch_somewhere_are_offered_with_their_fails():
    deny = cel_policy("denied", validationActions=["Deny"])
    warn = cel_policy("warned", validationActions=["Warn"])
    mutate = read(
        "MutatingPolicy",
        {"apiVersion": "policies.kyverno.io/v1", "metadata": {"name": "mutates"}, "spec": {"matchConstraints": {}}},
    )
    off = legacy_policy("off", admission=False)
    mixed = legacy_policy("mixed", {"failureAction": "Enforce"}, {"name": "other", "failureAction": "Audit"})
    found = [
        cel("a/a"),
        cel("b/b", by=owner(tenant="b")),
        cel("b/c", result="skip"),
        violation(policy="ClusterPolicy//mixed", rule="check-for-team", action=Action.DENY),
        violation(policy="ClusterPolicy//mixed", rule="other"),
    ]
    policies = [cel_policy(), deny, warn, mutate, off, mixed]
    told = candidates(
        picture(*found, policies=[*policies, ("staging-1", changed(cel_policy(), actions=("Deny",)))]), store_with()
    )
    assert [(each.id, each.fails, each.tenants, each.warns) for each in told] == [
        (LIMITS, 2, 2, False),
        ("ClusterPolicy//mixed", 1, 1, False),
        ("ValidatingPolicy//warned", 0, 0, True),
    ]
    assert (told[0].name, told[0].clusters, told[0].denies) == ("require-limits", (CLUSTER,), ("staging-1",))


def test_an_admission_policy_watches_where_its_binding_says_so(delivery):
    policy = read(
        "ValidatingAdmissionPolicy",
        {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "metadata": {"name": "sources"},
            "spec": {
                "matchConstraints": {
                    "resourceRules": [{"apiGroups": ["apps"], "resources": ["deployments"], "operations": ["*"]}]
                },
                "validations": [{"expression": "false"}],
            },
        },
    )
    bound = read(
        "ValidatingAdmissionPolicyBinding",
        {"metadata": {"name": "sources"}, "spec": {"policyName": "sources", "validationActions": ["Audit"]}},
    )
    store = store_with(bound)
    each = violation(policy=policy.id, rule="", source="ValidatingAdmissionPolicy")
    found = evaluated(each, policies=[policy])
    assert [each.id for each in candidates(found, store)] == ["ValidatingAdmissionPolicy//sources"]
    told = judged(delivery, found, [policy.id], store=store)
    assert [each.when for each in told.denied] == [When.NEXT]
    assert set(POLICY_KINDS) >= {policy.kind}
