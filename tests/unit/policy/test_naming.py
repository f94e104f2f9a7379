"""From what a report names to the policy and the rule that people wrote."""

import pytest

from fluxtui.insight.policy.naming import is_id, named, policy_name
from fluxtui.kinds.policy.reports import Check

LONG = "a-rule-whose-name-is-about-as-long-as-a-name-of-a-rule-can-be"

CASES = [
    # source, policy, rule → id, rule, autogen
    ("kyverno", "labels", "check", "ClusterPolicy//labels", "check", False),
    ("kyverno", "labels", "autogen-check", "ClusterPolicy//labels", "check", True),
    ("kyverno", "labels", "autogen-cronjob-check", "ClusterPolicy//labels", "check", True),
    ("kyverno", "labels", "autogen-mine", "ClusterPolicy//labels", "autogen-mine", False),
    ("kyverno", "labels", f"autogen-{LONG}"[:63], "ClusterPolicy//labels", LONG, True),
    ("kyverno", "labels", f"autogen-cronjob-{LONG}"[:63], "ClusterPolicy//labels", LONG, True),
    ("kyverno", "labels", "autogen-cronjob-jobs", "ClusterPolicy//labels", "cronjob-jobs", True),
    ("kyverno", "gone", "autogen-cronjob-x", "ClusterPolicy//gone", "x", True),
    ("kyverno", "gone", "autogen-x", "ClusterPolicy//gone", "x", True),
    ("kyverno", "backend/own", "check", "Policy/backend/own", "check", False),
    ("kyverno", "labels", "", "ClusterPolicy//labels", "", False),
    ("KyvernoValidatingPolicy", "limits", "", "ValidatingPolicy//limits", "", False),
    ("KyvernoValidatingPolicy", "limits", "exception", "ValidatingPolicy//limits", "", False),
    ("KyvernoValidatingPolicy", "limits", "autogen-defaults", "ValidatingPolicy//limits", "", True),
    ("KyvernoValidatingPolicy", "backend/limits", "", "NamespacedValidatingPolicy/backend/limits", "", False),
    ("KyvernoImageValidatingPolicy", "signed", "", "ImageValidatingPolicy//signed", "", False),
    ("KyvernoMutatingPolicy", "ns/m", "", "NamespacedMutatingPolicy/ns/m", "", False),
    ("KyvernoGeneratingPolicy", "g", "", "GeneratingPolicy//g", "", False),
    ("ValidatingAdmissionPolicy", "allowlist", "", "ValidatingAdmissionPolicy//allowlist", "", False),
    ("ValidatingAdmissionPolicy", "cpol-labels", "", "ClusterPolicy//labels", "", False),
    ("ValidatingAdmissionPolicy", "vpol-limits", "", "ValidatingPolicy//limits", "", False),
    ("MutatingAdmissionPolicy", "mpol-defaults", "", "MutatingPolicy//defaults", "", False),
    ("ValidatingAdmissionPolicy", "cpol-mine", "", "ValidatingAdmissionPolicy//cpol-mine", "", False),
    ("ValidatingAdmissionPolicy", "cpol-left", "", "ClusterPolicy//left", "", False),
    ("Trivy Vulnerability", "CVE-2026-1", "openssl", "CVE-2026-1", "openssl", False),
    ("falco", "", "", "falco", "", False),
    ("", "", "", "unnamed", "", False),
    ("kyverno", "", "check", "kyverno", "check", False),
]


@pytest.fixture
def held(world):
    rules = [{"name": name, "validate": {}} for name in ("check", "autogen-mine", LONG, "cronjob-jobs")]
    world.put("ClusterPolicy", "labels", spec={"rules": rules})
    world.put("ValidatingPolicy", "limits", spec={})
    world.put("ValidatingAdmissionPolicy", "cpol-mine", spec={})
    world.put("ValidatingAdmissionPolicy", "cpol-left", labels={"app.kubernetes.io/managed-by": "kyverno"}, spec={})

    def of(identity):
        row = world.policy.row("prod", identity)
        return row.record if row is not None else None

    return of


@pytest.mark.parametrize(("source", "policy", "rule", "told", "own", "autogen"), CASES)
def test_a_check_names_what_people_wrote(held, source, policy, rule, told, own, autogen):
    found = named(Check(source, policy, rule), held)
    assert (found.policy, found.rule, found.autogen) == (told, own, autogen)


def test_the_policy_comes_along_where_it_is_held(held):
    assert named(Check("kyverno", "labels", "check"), held).held.name == "labels"
    assert named(Check("ValidatingAdmissionPolicy", "cpol-labels"), held).held.kind == "ClusterPolicy"
    assert named(Check("kyverno", "gone", "check"), held).held is None


def test_ids_and_names():
    assert policy_name("ClusterPolicy//labels") == "labels"
    assert policy_name("Policy/backend/own") == "backend/own"
    assert policy_name("CVE-2026-1") == "CVE-2026-1"
    assert not is_id("a/b/c")
