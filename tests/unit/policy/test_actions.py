"""The effective action of a rule, in every way in which it can be told: a table of cases."""

import pytest

from fluxtui.insight.policy.actions import effective, place, possible
from fluxtui.insight.policy.model import Action
from fluxtui.kinds.policy.reports import Subject

DENY, WARN, AUDIT, NONE, UNKNOWN = Action
VALIDATE = {"name": "check", "validate": {"message": "no"}}


def rule(**validate):
    return VALIDATE | {"validate": validate}


def over(action, *namespaces, **labels):
    selector = {"namespaceSelector": {"matchLabels": labels}} if labels else {}
    return {"action": action} | ({"namespaces": list(namespaces)} if namespaces else {}) | selector


LEGACY = [
    ("nothing is said", {"rules": [VALIDATE]}, "backend", AUDIT),
    ("the policy", {"rules": [VALIDATE], "validationFailureAction": "Enforce"}, "backend", DENY),
    ("old spelling", {"rules": [VALIDATE], "validationFailureAction": "enforce"}, "backend", DENY),
    (
        "the rule before the policy",
        {"rules": [rule(failureAction="Audit")], "validationFailureAction": "Enforce"},
        "backend",
        AUDIT,
    ),
    (
        "overrides of the rule before the rule",
        {"rules": [rule(failureAction="Audit", failureActionOverrides=[over("Enforce", "back*")])]},
        "backend",
        DENY,
    ),
    (
        "overrides of the rule that are for others",
        {"rules": [rule(failureAction="Audit", failureActionOverrides=[over("Enforce", "front*")])]},
        "backend",
        AUDIT,
    ),
    (
        "the rule before overrides of the policy",
        {"rules": [rule(failureAction="Audit")], "validationFailureActionOverrides": [over("Enforce", "*")]},
        "backend",
        AUDIT,
    ),
    (
        "overrides of the policy before the policy",
        {"rules": [VALIDATE], "validationFailureActionOverrides": [over("Enforce", "b?ckend")]},
        "backend",
        DENY,
    ),
    (
        "the first override that holds",
        {
            "rules": [VALIDATE],
            "validationFailureActionOverrides": [over("Audit", "back*"), over("Enforce", "backend")],
            "validationFailureAction": "Enforce",
        },
        "backend",
        AUDIT,
    ),
    (
        "by the labels of the namespace",
        {"rules": [VALIDATE], "validationFailureActionOverrides": [over("Enforce", env="prod")]},
        "backend",
        DENY,
    ),
    (
        "by labels that it does not have",
        {"rules": [VALIDATE], "validationFailureActionOverrides": [over("Enforce", env="dev")]},
        "backend",
        AUDIT,
    ),
    (
        "by labels that nobody knows",
        {"rules": [VALIDATE], "validationFailureActionOverrides": [over("Enforce", env="prod")]},
        "dark",
        UNKNOWN,
    ),
    (
        "labels need not be known where an earlier override holds",
        {"rules": [VALIDATE], "validationFailureActionOverrides": [over("Enforce", "dark"), over("Audit", env="x")]},
        "dark",
        DENY,
    ),
    (
        "names and labels together",
        {"rules": [VALIDATE], "validationFailureActionOverrides": [over("Enforce", "backend", env="dev")]},
        "backend",
        AUDIT,
    ),
    (
        "a selector that asks nothing selects everything",
        {"rules": [VALIDATE], "validationFailureActionOverrides": [{"action": "Enforce", "namespaceSelector": {}}]},
        "backend",
        DENY,
    ),
    (
        "neither names nor a selector select nothing",
        {"rules": [VALIDATE], "validationFailureActionOverrides": [{"action": "Enforce"}]},
        "backend",
        AUDIT,
    ),
    (
        "an action that is none is passed over",
        {"rules": [VALIDATE], "validationFailureActionOverrides": [over("Explode", "*"), over("Enforce", "*")]},
        "backend",
        DENY,
    ),
    ("audit that warns", {"rules": [VALIDATE], "emitWarning": True}, "backend", WARN),
    ("deny that warns", {"rules": [rule(failureAction="Enforce")], "emitWarning": True}, "backend", DENY),
    ("not asked, but scanned", {"rules": [rule(failureAction="Enforce")], "admission": False}, "backend", AUDIT),
    (
        "neither asked nor scanned",
        {"rules": [rule(failureAction="Enforce")], "admission": False, "background": False},
        "backend",
        NONE,
    ),
    ("it mutates", {"rules": [{"name": "check", "mutate": {}}]}, "backend", NONE),
    ("it generates", {"rules": [{"name": "check", "generate": {}}]}, "backend", NONE),
    ("images", {"rules": [{"name": "check", "verifyImages": [{}]}]}, "backend", AUDIT),
    (
        "one of several images that enforces",
        {"rules": [{"name": "check", "verifyImages": [{"failureAction": "Audit"}, {"failureAction": "Enforce"}]}]},
        "backend",
        DENY,
    ),
    ("a rule that is not there any more", {"rules": [VALIDATE | {"name": "other"}]}, "backend", UNKNOWN),
    (
        "a cluster-scoped object",
        {"rules": [VALIDATE], "validationFailureActionOverrides": [over("Enforce", "*")]},
        "",
        DENY,
    ),
]

CEL = [
    ("nothing is said", {}, DENY),
    ("no actions", {"validationActions": []}, DENY),
    ("audit", {"validationActions": ["Audit"]}, AUDIT),
    ("the strongest", {"validationActions": ["Audit", "Warn"]}, WARN),
    ("the very strongest", {"validationActions": ["Audit", "Deny"]}, DENY),
    ("what the future brings", {"validationActions": ["Explode"]}, NONE),
    ("not asked, but scanned", {"validationActions": ["Deny"], "evaluation": {"admission": {"enabled": False}}}, AUDIT),
    (
        "neither",
        {"evaluation": {"admission": {"enabled": False}, "background": {"enabled": False}}},
        NONE,
    ),
]


def labels(namespace):
    return {"backend": "env=prod\ntier=web", "": ""}.get(namespace)


@pytest.mark.parametrize(("said", "spec", "namespace", "expected"), LEGACY, ids=[case[0] for case in LEGACY])
def test_a_rule_of_a_legacy_policy(world, said, spec, namespace, expected):
    for kind, ref in (("ClusterPolicy", "p"), ("Policy", "backend/p")):
        assert effective(world.put(kind, ref, spec=spec), "check", namespace, labels) is expected


@pytest.mark.parametrize(("said", "spec", "expected"), CEL, ids=[case[0] for case in CEL])
@pytest.mark.parametrize("kind", ["ValidatingPolicy", "NamespacedValidatingPolicy", "ImageValidatingPolicy"])
def test_a_cel_policy(world, kind, said, spec, expected):
    policy = world.put(kind, "backend/p" if kind.startswith("Namespaced") else "p", spec=spec)
    assert effective(policy, "", "backend", labels) is expected
    assert effective(policy, "whatever", "dark", labels) is expected


@pytest.mark.parametrize("kind", ["MutatingPolicy", "GeneratingPolicy", "DeletingPolicy"])
def test_what_changes_objects_refuses_none(world, kind):
    assert effective(world.put(kind, "p", spec={}), "", "backend", labels) is NONE


def binding(world, name, actions, **labels):
    where = {"matchResources": {"namespaceSelector": {"matchLabels": labels}}} if labels else {}
    spec = {"policyName": "p", "validationActions": actions} | where
    return world.put("ValidatingAdmissionPolicyBinding", name, spec=spec)


def test_an_admission_policy_does_what_its_bindings_say_together(world):
    policy = world.put("ValidatingAdmissionPolicy", "p", spec={})
    everywhere = binding(world, "a", ["Audit"])
    in_prod = binding(world, "b", ["Deny", "Audit"], env="prod")
    assert effective(policy, "", "backend", labels) is NONE, "it is not bound"
    assert effective(policy, "", "backend", labels, [everywhere]) is AUDIT
    assert effective(policy, "", "backend", labels, [everywhere, in_prod]) is DENY
    assert effective(policy, "", "dark", labels, [everywhere, in_prod]) is UNKNOWN
    assert effective(policy, "", "dark", labels, [binding(world, "c", ["Deny"]), in_prod]) is DENY, "whatever it says"
    assert effective(policy, "", "", labels, [in_prod]) is DENY, "what is in no namespace is not selected by namespaces"
    elsewhere = binding(world, "d", ["Deny"], env="dev")
    assert effective(policy, "", "backend", labels, [everywhere, elsewhere]) is AUDIT


def test_the_api_server_takes_a_namespace_to_be_in_itself_and_kyverno_does_not(world):
    backend = Subject("", "Namespace", "", "backend")
    assert place(world.put("ValidatingAdmissionPolicy", "p", spec={}), backend) == "backend"
    assert place(world.put("ClusterPolicy", "p", spec={}), backend) == ""


def test_every_action_that_a_policy_may_take_the_strongest_first(world):
    spec = {"rules": [VALIDATE, VALIDATE | {"name": "b", "mutate": {}}]}
    told = world.put("ClusterPolicy", "p", spec=spec | {"validationFailureActionOverrides": [over("Enforce", "x")]})
    assert possible(told, "check") == (DENY, AUDIT)
    assert possible(told, "") == (DENY, AUDIT, NONE)
    assert possible(told, "gone") == (UNKNOWN,)
    vap = world.put("ValidatingAdmissionPolicy", "p", spec={})
    assert possible(vap, "") == (NONE,)
    assert possible(vap, "", [binding(world, "a", ["Audit"]), binding(world, "b", ["Deny"], env="x")]) == (DENY, AUDIT)
