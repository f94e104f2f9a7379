"""What is kept of admission policies, their bindings, and of who must have signed a source."""

import msgspec
import pytest

from fluxtui.kinds.policy.match import LabelSelector, Requirement, requirements
from fluxtui.kinds.policy.table import POLICY_KINDS
from fluxtui.kinds.table import KINDS

BINDING = {
    "metadata": {"name": "flux-tenant-sources"},
    "spec": {
        "policyName": "source.policy.fluxcd.controlplane.io",
        "validationActions": ["Deny"],
        "paramRef": {"name": "flux-allowlist", "namespace": "flux-system", "parameterNotFoundAction": "Deny"},
        "matchResources": {
            "namespaceSelector": {
                "matchLabels": {"env": "prod"},
                "matchExpressions": [{"key": "toolkit.fluxcd.io/role", "operator": "In", "values": ["tenant"]}],
            }
        },
    },
}


def decoded(kind, obj):
    return kind.decode_object(msgspec.json.encode(obj))


def test_a_binding_names_its_parameter_and_its_namespaces():
    record = decoded(POLICY_KINDS["ValidatingAdmissionPolicyBinding"], BINDING)
    assert record.parameter == ("flux-system", "flux-allowlist")
    assert record.without_parameters == "Deny"
    assert record.selects == (
        Requirement("env", "In", ("prod",)),
        Requirement("toolkit.fluxcd.io/role", "In", ("tenant",)),
    )


def test_a_binding_without_selector_is_bound_everywhere():
    record = decoded(POLICY_KINDS["ValidatingAdmissionPolicyBinding"], {"metadata": {"name": "x"}, "spec": {}})
    assert record.selects == ()
    assert record.parameter == ("", "")


@pytest.mark.parametrize(
    ("operator", "values", "labels", "holds"),
    [
        ("In", ["a", "b"], {"k": "b"}, True),
        ("In", ["a"], {"k": "c"}, False),
        ("In", ["a"], {}, False),
        ("NotIn", ["a"], {"k": "a"}, False),
        ("NotIn", ["a"], {}, True),
        ("Exists", None, {"k": ""}, True),
        ("Exists", None, {}, False),
        ("DoesNotExist", None, {}, True),
        ("DoesNotExist", None, {"k": "a"}, False),
    ],
)
def test_requirements_hold_as_the_api_server_says(operator, values, labels, holds):
    told = {"matchExpressions": [{"key": "k", "operator": operator, "values": values}]}
    (requirement,) = requirements(msgspec.convert(told, LabelSelector))
    assert requirement.holds(labels) is holds


def test_an_admission_policy_keeps_its_expressions():
    spec = {
        "variables": [{"name": "url", "expression": "object.spec.url"}],
        "validations": [{"expression": "variables.url.startsWith('https://')", "message": "no"}],
        "matchConditions": [{"name": "x", "expression": "request.userInfo.username != 'me'"}],
    }
    record = decoded(POLICY_KINDS["ValidatingAdmissionPolicy"], {"metadata": {"name": "p"}, "spec": spec})
    assert record.variables == (("url", "object.spec.url"),)
    assert [rule.expression for rule in record.rules] == ["variables.url.startsWith('https://')"]
    assert record.preconditions == ("request.userInfo.username != 'me'",)
    assert record.conditional


def test_a_policy_that_deletes_has_a_schedule_and_a_last_run():
    obj = {
        "metadata": {"name": "p"},
        "spec": {"schedule": "*/5 * * * *"},
        "status": {"lastExecutionTime": "2026-03-21T02:40:00Z"},
    }
    record = decoded(POLICY_KINDS["DeletingPolicy"], obj)
    assert (record.schedule, record.updated) == ("*/5 * * * *", 1_774_060_800)


def test_a_source_tells_whose_signature_it_accepts():
    spec = {
        "url": "oci://ghcr.io/org/app",
        "verify": {"provider": "cosign", "matchOIDCIdentity": [{"issuer": "^i$", "subject": "^s$"}, {"subject": "x"}]},
    }
    record = decoded(KINDS["OCIRepository"], {"metadata": {"name": "a", "namespace": "n"}, "spec": spec})
    assert [(each.issuer, each.subject) for each in record.signers] == [("^i$", "^s$"), ("", "x")]
    assert not record.keyed
    spec["verify"] = {"provider": "cosign", "secretRef": {"name": "keys"}}
    record = decoded(KINDS["OCIRepository"], {"metadata": {"name": "a", "namespace": "n"}, "spec": spec})
    assert record.keyed
    assert record.signers == ()
