"""Kyverno in a simulated cluster: what it reports of objects, whom it excepts, and what it denies, in its own words."""

import gzip
import json

import pytest

from fluxtui.simulator.controllers.times import stamp
from fluxtui.simulator.fleet.manifests import workload
from fluxtui.simulator.fleet.policies import facts, policies
from fluxtui.simulator.kyverno import expressions, kinds, scanning
from fluxtui.simulator.kyverno.checks import CHECKS
from fluxtui.simulator.kyverno.installation import ADMISSION, MUTATING, REPORTS, VALIDATING
from fluxtui.simulator.kyverno.rules import action, rules_for

from .conftest import RECORDINGS, START

CEL_EXCEPTION = kinds.key_of("PolicyException", kinds.CEL)


def kyverno(lab, *names, environment="production", actions=None):
    """Installs Kyverno with some policies of an environment, and what it excepts."""
    for name in (ADMISSION, REPORTS):
        made = lab.deployment(name, "kyverno:v1")
        made["metadata"]["namespace"] = "kyverno"
        lab.engine.storage.create(made)
    for each in policies(environment, START, actions):
        if each["metadata"]["name"] in names:
            lab.engine.storage.create(each)
    lab.run(10)


def deploy(lab, name, namespace="apps", flaws=()):
    made = workload(name, "1.0.0", flaws)
    made["metadata"]["namespace"] = namespace
    lab.engine.storage.create(made)
    return lab.get("Deployment", name, namespace)


def report(lab, obj, kind="PolicyReport"):
    return lab.objects.get(kind, obj["metadata"].get("namespace", ""), obj["metadata"]["uid"])


def results(found):
    return {(each["policy"], each.get("rule", "")): each["result"] for each in found["results"]}


@pytest.fixture(scope="module")
def real():
    """The real reports, policies and Events, by path."""
    path = RECORDINGS / "objects.json.gz"
    if not path.exists():
        pytest.skip(f"the recording of a real Kyverno is not here: {path}")
    with gzip.open(path) as file:
        return {key: value.get("items", []) for key, value in json.load(file).items()}


# -- reports ---------------------------------------------------------------------------------------------------


def test_a_report_has_the_recorded_fields_and_words(lab, real):
    kyverno(lab, "require-labels", "disallow-latest-tag", "require-limits")
    redis = deploy(lab, "redis", flaws=("team", "latest", "limits"))
    lab.run(61)
    ours = report(lab, redis)
    theirs = next(
        item
        for item in real["/apis/wgpolicyk8s.io/v1alpha2/policyreports"]
        if item["scope"]["kind"] == "Deployment" and item["scope"]["name"] == "redis"
    )
    assert set(ours) == set(theirs)
    assert ours["metadata"]["name"] == ours["scope"]["uid"] == redis["metadata"]["uid"]
    assert ours["metadata"]["labels"] == theirs["metadata"]["labels"]
    assert set(ours["metadata"]["ownerReferences"][0]) == set(theirs["metadata"]["ownerReferences"][0])
    told = {(each["policy"], each.get("rule")): each for each in ours["results"]}
    apart = {"timestamp", "severity", "category"}
    for each in theirs["results"]:
        if each["policy"] == "pod-security":
            continue
        mine = told[each["policy"], each.get("rule")]
        assert {k: v for k, v in mine.items() if k not in apart} == {k: v for k, v in each.items() if k not in apart}


def test_pod_security_tells_every_control_as_recorded(lab, real):
    kyverno(lab, "pod-security")
    policy = lab.objects.get("ClusterPolicy", "", "pod-security")
    validate = policy["spec"]["rules"][0]["validate"]
    open_ = validate | {"podSecurity": {"level": "restricted", "version": "latest"}}
    rules = [policy["spec"]["rules"][0] | {"validate": open_}]
    lab.engine.storage.merge(("ClusterPolicy", "", "pod-security"), {"spec": {"rules": rules}}, "kubectl")
    web = deploy(lab, "redis", flaws=("root", "latest"))
    lab.run(61)
    (mine,) = report(lab, web)["results"]
    theirs = next(
        each
        for item in real["/apis/wgpolicyk8s.io/v1alpha2/policyreports"]
        for each in item["results"]
        if item["scope"]["kind"] == "Deployment" and each["policy"] == "pod-security" and each["result"] == "fail"
    )
    assert mine["message"] == theirs["message"]
    image = "registry.example.com/redis:latest"
    assert mine["properties"] == theirs["properties"] | {
        "controlsJSON": theirs["properties"]["controlsJSON"].replace("docker.io/redis:latest", image)
    }


def test_events_of_a_scan_have_the_recorded_fields(lab, real):
    kyverno(lab, "require-labels", "require-limits")
    deploy(lab, "redis", flaws=("team", "limits"))
    lab.run(61)
    told = [event for event in real["/api/v1/events"] if event["reason"] == "PolicyViolation"]
    for kind in ("ClusterPolicy", "Deployment", "ValidatingPolicy"):
        theirs = next(event for event in told if event["involvedObject"]["kind"] == kind)
        ours = next(e for e in lab.events("PolicyViolation") if e["involvedObject"]["kind"] == kind)
        assert set(ours) == set(theirs) | {"apiVersion", "kind"}
        assert (ours["action"], ours["reportingComponent"]) == (theirs["action"], theirs["reportingComponent"])
        assert ours["involvedObject"]["apiVersion"] == theirs["involvedObject"]["apiVersion"]
    on_resource = {event["message"] for event in told if event["involvedObject"]["kind"] == "Deployment"}
    said = {event["message"] for event in lab.events("PolicyViolation", "redis")}
    assert said & on_resource == {
        "policy require-labels/autogen-check-for-team fail: validation error: label 'team' is required. rule "
        "autogen-check-for-team failed at path /spec/template/metadata/labels/team/",
        "policy require-limits/ fail: limits are required",
    }


def test_a_report_changes_with_the_object_the_policy_and_the_exception_and_goes_with_the_object(lab):
    kyverno(lab, "require-labels")
    web = deploy(lab, "web", flaws=("team",))
    lab.run(61)
    assert report(lab, web)["summary"] == {"error": 0, "fail": 1, "pass": 0, "skip": 0, "warn": 0}
    excepted = {"policyName": "require-labels", "ruleNames": ["autogen-check-*"]}
    match = {"any": [{"resources": {"kinds": ["Deployment"], "names": ["we*"]}}]}
    lab.make("PolicyException", "web", spec={"exceptions": [excepted], "match": match})
    lab.run(61)
    (skipped,) = report(lab, web)["results"]
    assert (skipped["result"], skipped["properties"]["exceptions"]) == ("skip", "web")
    lab.objects.delete("PolicyException", "apps", "web")
    lab.patch("Deployment", "web", {"spec": {"template": {"metadata": {"labels": {"team": "web"}}}}})
    lab.run(61)
    assert report(lab, web)["summary"]["pass"] == 1
    lab.objects.delete("ClusterPolicy", "", "require-labels")
    lab.run(61)
    assert report(lab, web) is None
    kyverno_policies = [each for each in policies("production", START) if each["metadata"]["name"] == "require-labels"]
    lab.engine.storage.create(kyverno_policies[0])
    lab.run(61)
    assert report(lab, web) is not None
    lab.objects.delete("Deployment", "apps", "web")
    assert report(lab, web) is None


def test_a_result_keeps_its_time_until_something_changes(lab):
    kyverno(lab, "require-labels")
    web = deploy(lab, "web", flaws=("team",))
    lab.run(61)
    before = report(lab, web)
    lab.run(600)
    assert report(lab, web) == before
    lab.run(3600)
    assert report(lab, web)["results"][0]["timestamp"]["seconds"] >= before["results"][0]["timestamp"]["seconds"] + 600


def test_pods_without_a_controller_have_results_of_their_own_rules_and_others_none(lab):
    kyverno(lab, "require-labels", "disallow-latest-tag")
    deploy(lab, "web", flaws=("latest",))
    template = workload("redis", "1", ("latest", "team"))["spec"]["template"]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "redis-0", "namespace": "apps"}} | {
        "spec": template["spec"]
    }
    lab.engine.storage.create(pod)
    lab.run(61)
    (bare,) = [each for each in lab.objects.list("Pod", "apps") if not each["metadata"].get("ownerReferences")]
    assert results(report(lab, bare)) == {
        ("disallow-latest-tag", "require-image-tag"): "pass",
        ("disallow-latest-tag", "validate-image-tag"): "fail",
        ("require-labels", "check-for-team"): "fail",
    }
    kept = [each for each in lab.objects.list("Pod", "apps") if each["metadata"].get("ownerReferences")]
    assert kept and not any(report(lab, each) for each in kept)


def test_config_maps_and_namespaces_are_reported_too(lab):
    kyverno(lab, "require-labels")
    lab.engine.storage.create(lab.config("settings"))
    lab.engine.storage.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "apps"}})
    lab.run(61)
    held = lab.get("ConfigMap", "settings")
    assert results(report(lab, held)) == {("require-labels", "configmap-team"): "fail"}
    space = lab.objects.get("Namespace", "", "apps")
    told = lab.objects.get("ClusterPolicyReport", "", space["metadata"]["uid"])
    assert results(told) == {("require-labels", "namespace-role"): "fail"}
    assert told["scope"] == {"apiVersion": "v1", "kind": "Namespace", "name": "apps", "uid": space["metadata"]["uid"]}


def test_the_other_family_has_its_source_at_the_top(lab):
    lab.engine.reports = kinds.OPENREPORTS
    kyverno(lab, "require-labels")
    web = deploy(lab, "web", flaws=("team",))
    lab.run(61)
    told = report(lab, web, "Report")
    assert (told["apiVersion"], told["source"]) == ("openreports.io/v1alpha1", "kyverno")
    assert told["summary"]["fail"] == 1
    assert lab.objects.list("PolicyReport") == []
    lab.objects.delete("Deployment", "apps", "web")
    assert lab.objects.list("Report") == []


def test_what_is_not_scored_is_a_warning_and_a_namespaced_policy_is_named_with_its_namespace(lab):
    kyverno(lab, "require-probes", "limit-replicas")
    backend, frontend = deploy(lab, "redis", "backend"), deploy(lab, "podinfo", "frontend")
    lab.run(61)
    (warned,) = report(lab, backend)["results"]
    assert (warned["policy"], warned["rule"], warned["result"], warned["scored"]) == (
        "backend/require-probes",
        "autogen-readiness",
        "warn",
        False,
    )
    (passed,) = report(lab, frontend)["results"]
    assert (passed["policy"], passed["source"]) == ("frontend/limit-replicas", "KyvernoValidatingPolicy")
    assert "rule" not in passed


def test_images_are_signed_or_not_or_cannot_be_read_and_an_exception_may_count_as_a_pass(lab):
    kyverno(lab, "verify-images")
    unsigned, unread, signed = (deploy(lab, name) for name in ("memcached", "velero", "podinfo"))
    excepted = deploy(lab, "velero", "backup")
    spec = {
        "policyRefs": [{"name": "verify-images", "kind": "ImageValidatingPolicy"}],
        "matchConditions": [{"name": "n", "expression": "object.metadata.namespace == 'backup'"}],
        "reportResult": "pass",
    }
    metadata = {"name": "velero-image", "namespace": "backup"}
    made = {"apiVersion": "policies.kyverno.io/v1", "kind": "PolicyException", "metadata": metadata, "spec": spec}
    lab.engine.storage.create(made)
    lab.run(61)
    told = [report(lab, each)["results"][0] for each in (unsigned, unread, signed, excepted)]
    assert [(each["result"], each["rule"]) for each in told] == [
        ("fail", "verify-images"),
        ("error", "verify-images"),
        ("pass", "verify-images"),
        ("pass", "exception"),
    ]
    assert told[3]["message"] == "rule is passed due to policy exception: backup/velero-image"
    assert told[3]["properties"]["exceptions"] == "velero-image"


def test_an_exception_that_has_expired_excepts_nobody(lab):
    kyverno(lab, "require-limits", "memcached-limits", "grafana-limits")
    cache = deploy(lab, "memcached", "backend", ("limits",))
    grafana = deploy(lab, "kube-prometheus-stack-grafana", "monitoring", ("limits",))
    lab.run(61)
    assert results(report(lab, cache)) == {("require-limits", ""): "fail"}
    assert results(report(lab, grafana)) == {("require-limits", "exception"): "skip"}
    until = stamp(lab.clock.time + 100)
    key = (CEL_EXCEPTION, "monitoring", "grafana-limits")
    lab.engine.storage.merge(key, {"spec": {"expiresAt": until}}, "kubectl")
    lab.run(61)
    assert results(report(lab, grafana)) == {("require-limits", "exception"): "skip"}
    lab.run(120)
    assert results(report(lab, grafana)) == {("require-limits", ""): "fail"}


def test_an_exception_may_name_some_controls_alone(lab):
    kyverno(lab, "pod-security")
    web = deploy(lab, "web", flaws=("root",))
    match = {"any": [{"resources": {"kinds": ["Deployment"]}}]}
    for name, controls in (
        ("one", ["Privilege Escalation"]),
        ("both", ["Privilege Escalation", "Running as Non-root"]),
    ):
        secured = [{"controlName": control, "images": ["*"]} for control in controls]
        rules = [{"policyName": "pod-security", "ruleNames": ["autogen-baseline"]}]
        lab.make("PolicyException", name, spec={"exceptions": rules, "match": match, "podSecurity": secured})
        lab.run(61)
        wanted = "skip" if name == "both" else "fail"
        assert results(report(lab, web)) == {("pod-security", "autogen-baseline"): wanted}


# -- policies --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("environment", ["staging", "production", "legacy"])
def test_every_rule_of_the_demo_is_modelled(environment):
    judged = policies(environment, START)
    names = {each["metadata"]["name"] for each in judged}
    about = {"labels": {"app": "web"}, "uid": "u"}
    found = set()
    for kind in scanning.SCANNED:
        for namespace in ("backend", "frontend"):
            space = {} if kind == "Namespace" else {"namespace": namespace}
            obj = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "web", **space, **about}}
            found |= {rule.check for rule in rules_for(judged_only(judged), obj)}
    assert found <= set(CHECKS)
    assert {name for name, _ in found} <= names


def judged_only(made):
    return [each for each in made if each["kind"] in scanning.JUDGES]


@pytest.mark.parametrize(
    ("environment", "name", "namespace", "wanted"),
    [
        ("production", "disallow-latest-tag", "frontend", "Enforce"),
        ("production", "disallow-latest-tag", "backend", "Audit"),
        ("staging", "disallow-latest-tag", "frontend", "Audit"),
        ("legacy", "disallow-latest-tag", "shop", "Enforce"),
        ("legacy", "disallow-latest-tag", "billing", "audit"),
        ("legacy", "require-labels", "shop", "Audit"),
        ("production", "require-limits", "frontend", "Audit"),
        ("production", "limit-replicas", "frontend", "Warn"),
    ],
)
def test_the_effective_action_is_of_the_rule_then_of_the_policy(environment, name, namespace, wanted):
    policy = next(
        each
        for each in policies(environment, START)
        if each["metadata"]["name"] == name and each["kind"] in scanning.JUDGES
    )
    assert action(policy, (policy["spec"].get("rules") or [{}])[-1], namespace) == wanted


def test_every_policy_tells_what_it_is_for():
    for entry in facts()["policies"]:
        made = entry["manifest"]
        if made["kind"] in scanning.JUDGES:
            told = made["metadata"]["annotations"]
            for key in ("title", "description", "severity", "category"):
                assert told[f"policies.kyverno.io/{key}"]


def test_policies_have_a_status_and_one_is_not_ready(lab):
    kyverno(lab, "require-labels", "disallow-host-path", "require-limits", "restrict-ingress-class", "finished-jobs")
    labels = lab.objects.get("ClusterPolicy", "", "require-labels")["status"]
    assert labels["conditions"][0]["status"] == "True"
    assert labels["rulecount"] == {"generate": 0, "mutate": 0, "validate": 3, "verifyimages": 0}
    assert labels["autogen"]["rules"] == [{"name": "autogen-check-for-team"}]
    ready = {
        each["metadata"]["name"]: each["status"]["conditionStatus"] for each in lab.objects.list("ValidatingPolicy")
    }
    assert {name: each["ready"] for name, each in ready.items()} == {
        "require-limits": True,
        "restrict-ingress-class": False,
    }
    assert "missing permissions" in ready["restrict-ingress-class"]["conditions"][1]["message"]
    assert lab.objects.get("CleanupPolicy", "backend", "finished-jobs")["status"]["lastExecutionTime"]


def test_an_admission_policy_is_generated_reported_and_goes_with_its_parent(lab):
    kyverno(lab, "disallow-host-path")
    web = deploy(lab, "web")
    lab.run(61)
    made = lab.objects.get("ValidatingAdmissionPolicy", "", "cpol-disallow-host-path")
    assert made["metadata"]["ownerReferences"][0]["name"] == "disallow-host-path"
    assert lab.objects.get("ValidatingAdmissionPolicyBinding", "", "cpol-disallow-host-path-binding")
    (told,) = report(lab, web)["results"]
    assert (told["policy"], told["rule"], told["source"]) == (
        "cpol-disallow-host-path",
        "cpol-disallow-host-path",
        "ValidatingAdmissionPolicy",
    )
    assert told["properties"]["binding"] == "cpol-disallow-host-path-binding"
    lab.objects.delete("ClusterPolicy", "", "disallow-host-path")
    assert lab.objects.list("ValidatingAdmissionPolicy") == []


def test_webhooks_follow_the_policies(lab):
    kyverno(lab, "require-labels", "disallow-latest-tag", "require-limits", "verify-images")
    held = lab.objects.get("ValidatingWebhookConfiguration", "", VALIDATING)
    assert held["metadata"]["labels"] == {"webhook.kyverno.io/managed-by": "kyverno"}
    told = {each["name"]: (each["failurePolicy"], each["timeoutSeconds"]) for each in held["webhooks"]}
    assert told == {
        "ivpol.validate.kyverno.svc-fail": ("Fail", 15),
        "validate.kyverno.svc-fail": ("Fail", 10),
        "validate.kyverno.svc-ignore": ("Ignore", 10),
        "vpol.validate.kyverno.svc-fail": ("Fail", 10),
    }
    assert held["webhooks"][1]["clientConfig"]["service"]["path"] == "/validate/fail"
    lab.objects.delete("ClusterPolicy", "", "require-labels")
    held = lab.objects.get("ValidatingWebhookConfiguration", "", VALIDATING)
    assert "validate.kyverno.svc-ignore" not in {each["name"] for each in held["webhooks"]}
    assert lab.objects.get("MutatingWebhookConfiguration", "", MUTATING)["webhooks"] == []


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ("object.metadata.name == 'redis'", True),
        ('object.metadata.name == "redis" && object.metadata.namespace == "apps"', True),
        ("object.metadata.name.startsWith('red') && object.kind == 'Deployment'", True),
        ("!(object.metadata.namespace == 'apps')", False),
        ("!object.metadata.name.startsWith('web')", True),
        ("object.metadata.namespace in ['shop', 'apps']", True),
        ("object.metadata.namespace in ['shop']", False),
        ("object.metadata.labels['team'] == 'data'", True),
        ("object.metadata.labels.team != 'data'", False),
        ("object.metadata.labels.owner == 'data'", False),
        ("object.spec.replicas > 3", False),
        ("object.metadata.name ==", False),
    ],
)
def test_conditions_as_people_write_them(expression, holds):
    metadata = {"name": "redis", "namespace": "apps", "labels": {"team": "data"}}
    assert expressions.holds(expression, {"kind": "Deployment", "metadata": metadata}) is holds
