"""What an allow-list lets in, held against a real API server: our verdict on each URL is what it does with a source."""

import json

import pytest

from fluxtui.insight.policy.allowlist import recognise
from fluxtui.kinds.policy.table import POLICY_KINDS

from .conftest import Json, Server

GROUP = "admissionregistration.k8s.io/v1"
URLS = (
    "https://git.example.com/acme/apps",
    "https://git.example.com/acme/infra/x",
    "https://git.example.com/acme-of-somebody-else",
    "https://elsewhere.example.com/apps",
    "ssh://git@git.example.com/acme/apps",
)
LISTS = {
    "plain": "https://git.example.com/acme/ oci://ghcr.io/acme/",
    "overlap": "https://git.example.com/acme/ https://git.example.com/acme/infra/",
    "twice": "https://git.example.com/acme/ https://git.example.com/acme/",
    "empty": "https://git.example.com/acme/ ",
    "open": "https://git.example.com/acme",
    "lines": "https://git.example.com/acme/\nhttps://elsewhere.example.com/",
}


def policy(name: str, macro: str) -> Json:
    """The policy of the D2 architecture, over Git repositories of one namespace."""
    rule = {
        "apiGroups": ["source.toolkit.fluxcd.io"],
        "apiVersions": ["*"],
        "operations": ["CREATE", "UPDATE"],
        "resources": ["gitrepositories"],
    }
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": [rule]},
        "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
        "variables": [
            {"name": "url", "expression": "object.spec.url"},
            {"name": "sources", "expression": "params.data.sources.split(' ')"},
        ],
        "validations": [
            {"expression": f"variables.sources.{macro}(prefix, variables.url.startsWith(prefix))\n", "message": "no"}
        ],
    }
    return {"apiVersion": GROUP, "kind": "ValidatingAdmissionPolicy", "metadata": {"name": name}, "spec": spec}


def binding(name: str, namespace: str) -> Json:
    """The policy in one namespace, with the list that is there."""
    spec = {
        "policyName": name,
        "validationActions": ["Deny"],
        "paramRef": {"name": "list", "namespace": namespace, "parameterNotFoundAction": "Deny"},
        "matchResources": {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}},
    }
    return {"apiVersion": GROUP, "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": name}, "spec": spec}


@pytest.mark.parametrize("macro", ["exists_one", "exists"])
@pytest.mark.parametrize("named", LISTS)
async def test_each_url_is_judged_as_the_api_server_does(server: Server, named: str, macro: str) -> None:
    if not server.real:
        pytest.skip("the simulator knows no CEL")
    namespace = await server.namespace()
    made = policy(namespace, macro)
    data = {"sources": LISTS[named]}
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "list", "namespace": namespace}}
    await server.create(config | {"data": data})
    root = f"/apis/{GROUP}"
    record = POLICY_KINDS["ValidatingAdmissionPolicy"].decode_object(json.dumps(made).encode())
    rule = recognise(record)  # type: ignore[arg-type]
    assert rule is not None
    entries = rule.entries(data)
    assert entries is not None
    ours = {url: rule.allows(url, entries) for url in URLS}

    async def admitted(url: str) -> bool:
        source = {
            "apiVersion": "source.toolkit.fluxcd.io/v1",
            "kind": "GitRepository",
            "metadata": {"name": "s", "namespace": namespace},
            "spec": {"interval": "5m", "url": url},
        }
        answer = await server.ask("POST", f"{server.path('GitRepository', namespace)}?dryRun=All", json=source)
        assert answer.status in (201, 422), answer.text
        return answer.status == 201

    async def theirs() -> bool:
        return {url: await admitted(url) for url in URLS} == ours

    try:
        for plural, obj in (
            ("validatingadmissionpolicies", made),
            ("validatingadmissionpolicybindings", binding(namespace, namespace)),
        ):
            answer = await server.ask("POST", f"{root}/{plural}", json=obj)
            assert answer.status == 201, answer.text
        # nothing is refused before the policy is in effect: where we say that something is, agreement is proof
        await server.until(theirs, 20)
        assert not all(ours.values()) or named == "empty"
    finally:
        for plural in ("validatingadmissionpolicybindings", "validatingadmissionpolicies"):
            await server.ask("DELETE", f"{root}/{plural}/{namespace}")
