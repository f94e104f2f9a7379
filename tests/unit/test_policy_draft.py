"""Drafts of exceptions: valid by the real CRDs, as narrow as they can be, and heeded by our own judgement."""

import os
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from fluxtui.insight.policy.controls import EXCEPTABLE, OF_CONTAINERS
from fluxtui.insight.policy.draft import NoDraft, Why, draft, refusal
from fluxtui.insight.policy.exceptions import weigh
from fluxtui.kinds.text import line

from .violations import NOW, changed, read, subject, violation

CRDS = Path("~/.cache/fluxtui-lab/crds").expanduser()
DAY = 86_400


def schema(group, version):
    file = CRDS / f"policyexceptions.{group}.yaml"
    if not file.exists():
        if os.environ.get("FLUXTUI_REQUIRE_REAL") == "1":
            pytest.fail(f"{file} is not there")
        pytest.skip(f"{file} is not there")
    told = yaml.safe_load(file.read_text())
    return next(each for each in told["spec"]["versions"] if each["name"] == version)["schema"]["openAPIV3Schema"]


def breaches(value, told, path="$"):
    """What of a value its schema does not allow: the part of OpenAPI that CRDs use."""
    types = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}
    wanted = told.get("type")
    if wanted and not isinstance(value, types[wanted]):
        return [f"{path} is {type(value).__name__}, not {wanted}"]
    found = []
    if "enum" in told and value not in told["enum"]:
        found.append(f"{path} is {value!r}, none of {told['enum']}")
    if isinstance(value, dict) and path != "$.metadata":
        properties, more = told.get("properties", {}), told.get("additionalProperties")
        found += [f"{path}.{key} is missing" for key in told.get("required", ()) if key not in value]
        for key, each in value.items():
            part = properties.get(key, more)
            if isinstance(part, dict):
                found += breaches(each, part, f"{path}.{key}")
            elif part is None and not told.get("x-kubernetes-preserve-unknown-fields"):
                found.append(f"{path}.{key} is not known")
    for at, each in enumerate(value if isinstance(value, list) else ()):
        found += breaches(each, told["items"], f"{path}[{at}]")
    return found


def made(found, **more):
    """A draft as an object; it is valid, and excepts what it was drafted for."""
    told = draft(found, NOW, **more)
    body = yaml.safe_load(told.text)
    group, _, version = body["apiVersion"].partition("/")
    assert breaches(body, schema(group, version)) == []
    assert (body["kind"], body["metadata"]["name"], body["metadata"]["namespace"]) == (
        "PolicyException",
        told.name,
        told.namespace,
    )
    body["metadata"]["creationTimestamp"] = "2027-01-15T08:00:00Z"
    record = read("PolicyException" if group == "kyverno.io" else "PolicyException.policies.kyverno.io", body)
    weighed = weigh(found, record, NOW)
    assert weighed is not None
    assert weighed.failing == ()
    return told.text, body


def test_the_schema_check_sees_what_is_wrong():
    told = schema("kyverno.io", "v2")
    assert breaches({"spec": {"exceptions": [{"policyName": 1}], "match": {}, "other": 1}}, told) == [
        "$.spec.exceptions[0].ruleNames is missing",
        "$.spec.exceptions[0].policyName is int, not string",
        "$.spec.other is not known",
    ]


def test_a_legacy_exception_for_one_object():
    found = violation("backend/flux-runtime-info", "ConfigMap", rule="configmap-team")
    text, body = made(found)
    assert body["spec"] == {
        "exceptions": [{"policyName": "require-labels", "ruleNames": ["configmap-team"]}],
        "match": {
            "any": [{"resources": {"kinds": ["ConfigMap"], "namespaces": ["backend"], "names": ["flux-runtime-info"]}}]
        },
    }
    assert body["metadata"]["labels"] == {"cleanup.kyverno.io/ttl": "2027-02-14"}
    assert body["metadata"]["annotations"] == {
        "reason": "FILL IN: why this is needed",
        "expires": "2027-02-14T08:00:00Z",
    }
    assert "# kyverno.io/v2 has no field for an end: on 2027-02-14" in text
    assert "label 'team' is required" in text.splitlines()[1]


def test_what_a_controller_makes_is_excepted_with_it():
    _, body = made(violation(rule="autogen-check-for-team"))
    assert body["spec"]["exceptions"][0]["ruleNames"] == ["check-for-team", "autogen-check-for-team"]
    told = [each["resources"] for each in body["spec"]["match"]["any"]]
    assert [(each["kinds"], each["names"]) for each in told] == [
        (["apps/*/Deployment"], ["redis"]),
        (["apps/*/ReplicaSet"], ["redis-*"]),
        (["Pod"], ["redis-*"]),
    ]
    assert all(each["namespaces"] == ["backend"] for each in told)


def test_for_a_pod_the_exception_is_that_of_its_controller():
    chain = (subject("backend/redis-abc", "ReplicaSet"), subject("backend/redis"))
    found = violation("backend/redis-abc-x1", "Pod")
    text, body = made(found, made_by=chain)
    assert body["metadata"]["name"] == "require-labels-deployment-redis"
    assert "# What Deployment redis makes is judged, too" in text
    _, alone = made(found)
    assert [each["resources"]["names"] for each in alone["spec"]["match"]["any"]] == [["redis-abc-x1"]]


def test_a_cron_job_has_three_forms_of_a_rule():
    _, body = made(violation("backend/nightly", "CronJob", rule="autogen-cronjob-check-for-team"))
    assert body["spec"]["exceptions"][0]["ruleNames"] == [
        "check-for-team",
        "autogen-cronjob-check-for-team",
        "autogen-check-for-team",
    ]


def test_controls_of_containers_are_excepted_for_images():
    found = violation(
        policy="ClusterPolicy//pod-security",
        rule="autogen-baseline",
        controls="allowPrivilegeEscalation,runAsNonRoot,seccompProfile_restricted",
    )
    text, body = made(found)
    assert body["spec"]["podSecurity"] == [
        {"controlName": "Privilege Escalation", "images": ["*"]},
        {"controlName": "Running as Non-root"},
        {"controlName": "Seccomp"},
    ]
    assert '# images: "*" is for every container' in text
    told = draft(found, NOW, images={"Privilege Escalation": ["docker.io/redis:latest"]}).text
    assert yaml.safe_load(told)["spec"]["podSecurity"][0]["images"] == ["docker.io/redis:latest"]
    assert "every container" not in told


def test_a_control_that_exceptions_have_no_name_for_makes_it_one_of_the_whole_rule():
    found = violation(
        policy="ClusterPolicy//pod-security", rule="baseline", controls="hostProbesAndHostLifecycle,privileged"
    )
    text, body = made(found)
    assert "podSecurity" not in body["spec"]
    assert "# The whole rule is excepted: exceptions have no name for Host Probes / Lifecycle Hooks." in text


def test_the_names_of_controls_are_those_of_the_crd():
    told = schema("kyverno.io", "v2")["properties"]["spec"]["properties"]["podSecurity"]["items"]["properties"]
    assert set(told["controlName"]["enum"]) == EXCEPTABLE
    assert OF_CONTAINERS < EXCEPTABLE


def test_a_cel_exception_pins_the_object_and_ends():
    found = violation("backend/settings", "ConfigMap", policy="ValidatingPolicy//require-limits", rule="")
    why = Why("a vendor's image", "OPS-7", "anna", NOW + 7 * DAY)
    _, body = made(found, why=why)
    assert body["apiVersion"] == "policies.kyverno.io/v1"
    assert body["spec"] == {
        "policyRefs": [{"kind": "ValidatingPolicy", "name": "require-limits"}],
        "matchConditions": [
            {"name": "namespace", "expression": 'object.metadata.namespace == "backend"'},
            {"name": "object", "expression": 'object.kind == "ConfigMap" && object.metadata.name == "settings"'},
        ],
        "expiresAt": "2027-01-22T08:00:00Z",
        "reportResult": "skip",
        "properties": {"reason": "a vendor's image", "ticket": "OPS-7", "approved-by": "anna"},
    }
    _, body = made(violation(policy="NamespacedValidatingPolicy/backend/limits", rule=""), version="v1beta1")
    assert body["apiVersion"] == "policies.kyverno.io/v1beta1"
    assert body["spec"]["matchConditions"][1]["expression"] == (
        '(object.kind == "Deployment" && object.metadata.name == "redis") || '
        '(object.kind in ["ReplicaSet", "Pod"] && object.metadata.name.startsWith("redis-"))'
    )


def test_an_object_in_no_namespace_says_that_one_must_be_chosen():
    text, body = made(violation("big", "PersistentVolume", rule="check"))
    assert body["metadata"]["namespace"] == "kyverno"
    assert "namespaces" not in body["spec"]["match"]["any"][0]["resources"]
    assert "# The object is in no namespace: choose one" in text
    _, body = made(violation("shop", "Namespace", rule="check"))
    assert body["metadata"]["namespace"] == "shop"


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (violation(result="skip"), "it is excepted, or skipped, already"),
        (violation(policy="CVE-2026-1", rule=""), "exceptions are Kyverno's: this was found by trivy"),
        (
            violation(policy="ValidatingAdmissionPolicy//allow-sources", rule="", source="ValidatingAdmissionPolicy"),
            "there are no exceptions from a ValidatingAdmissionPolicy",
        ),
    ],
)
def test_where_there_is_no_exception_it_says_why(found, why):
    assert refusal(found).startswith(why)
    with pytest.raises(NoDraft, match=why.split(":")[0]):
        draft(found, NOW)


NAMES = st.text(min_size=1, max_size=80).map(line).filter(lambda text: text.strip() and "/" not in text)
TRAPS = st.sampled_from(
    ["yes", "1e3", "null", "~", "0x1f", "- a", "a: b", "#x", '"', "'", "%", "@a", "\\", "é", "<<", "*"]
)


@given(
    name=NAMES | TRAPS, namespace=NAMES | TRAPS, policy=NAMES | TRAPS, reason=st.text(max_size=200), cel=st.booleans()
)
def test_whatever_the_names_the_yaml_says_them(name, namespace, policy, reason, cel):
    of = "ValidatingPolicy" if cel else "ClusterPolicy"
    found = violation("x/y", rule="" if cel else name, policy=f"{of}//{policy}", message=reason)
    found = changed(found, subject=changed(found.subject, name=name, namespace=namespace))
    told = draft(found, NOW, Why(line(reason) or "x"))
    body = yaml.safe_load(told.text)
    if cel:
        assert body["spec"]["policyRefs"][0]["name"] == policy
        assert body["spec"]["properties"]["reason"] == (line(reason) or "x")
    else:
        where = body["spec"]["match"]["any"][0]["resources"]
        assert (where["names"], where["namespaces"]) == ([name], [namespace])
        assert body["spec"]["exceptions"][0]["policyName"] == policy
    assert all(text[0] in "abcdefghijklmnopqrstuvwxyz0123456789" for text in (told.name, told.name[::-1]))
    assert len(told.name) <= 63
    assert "/" not in told.file
