"""``fluxtui policy`` against API servers, as users run it."""

import csv
import io
import json
import time

import pytest
import yaml

from .test_cli import READY, condition, fluxtui

RULE = {
    "apiGroups": ["apps"],
    "apiVersions": ["v1"],
    "resources": ["deployments"],
    "operations": ["CREATE", "UPDATE"],
}


@pytest.fixture
def kubeconfig(server, tmp_path) -> str:
    return str(server.kubeconfig(tmp_path / "kubeconfig"))


def policy(name):
    return {
        "apiVersion": "policies.kyverno.io/v1beta1",
        "kind": "ValidatingPolicy",
        "metadata": {"name": name},
        "spec": {
            "matchConstraints": {"resourceRules": [RULE]},
            "validationActions": ["Audit"],
            "validations": [{"expression": "true", "message": "limits are required"}],
        },
    }


def report(namespace, name, of, result):
    return {
        "apiVersion": "wgpolicyk8s.io/v1alpha2",
        "kind": "PolicyReport",
        "metadata": {"name": f"report-{name}", "namespace": namespace},
        "scope": {"apiVersion": "apps/v1", "kind": "Deployment", "namespace": namespace, "name": name},
        "results": [
            {
                "source": "KyvernoValidatingPolicy",
                "policy": of,
                "result": result,
                "severity": "high",
                "message": "=limits are required",
                "timestamp": {"seconds": int(time.time()), "nanos": 0},
            }
        ],
    }


async def peopled(server):
    """A namespace whose Kustomization delivers one Deployment of three; a policy that two of them violate."""
    namespace = await server.namespace()
    name = f"limits-{namespace}"
    entries = {"entries": [{"id": f"{namespace}_web_apps_Deployment", "v": "v1"}]}
    await server.create(server.kustomization(namespace, "apps"), status={**condition(READY), "inventory": entries})
    await server.create(policy(name))
    for deployment, result in (("web", "fail"), ("cart", "fail"), ("fine", "pass")):
        await server.create(report(namespace, deployment, name, result))
    return namespace, name


async def test_violations_are_told_with_who_delivers_them_in_every_form(server, kubeconfig, tmp_path):
    namespace, name = await peopled(server)
    mine = ("policy", "--kubeconfig", kubeconfig, "-n", namespace)
    code, out, errors = await fluxtui(tmp_path, *mine)
    assert code == 1, errors
    assert "2 fails in 2 objects, 1 delivered by 1 owner · by action: 1 audit" in out
    (row,) = [line for line in out.splitlines() if line.startswith(name)]
    assert row.split()[:4] == [name, "-", "audit", "high"]
    assert "left out:" in errors and "passed" in errors
    code, out, _ = await fluxtui(tmp_path, *mine, "--by", "owner")
    assert f"Kustomization {namespace}/apps" in out and "not delivered by Flux" in out
    code, out, _ = await fluxtui(tmp_path, *mine, "-o", "json", "owner:none")
    told = json.loads(out)
    assert (code, told["kind"], told["shown"]) == (1, "Violations", 1)
    assert told["items"][0]["object"]["name"] == "cart"
    assert told["leftOut"]["filtered"] >= 1
    code, out, _ = await fluxtui(tmp_path, *mine, "-o", "yaml", "--policy", name)
    assert yaml.safe_load(out)["shown"] == 2
    code, out, _ = await fluxtui(tmp_path, *mine, "-o", "csv")
    assert [row["message"] for row in csv.DictReader(io.StringIO(out))] == ["'=limits are required"] * 2
    code, out, _ = await fluxtui(tmp_path, *mine, "-o", "sarif")
    run = json.loads(out)["runs"][0]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [f"ValidatingPolicy/{name}"]
    assert len(run["results"]) == 2
    code, out, _ = await fluxtui(tmp_path, *mine, "-o", "markdown")
    assert f"#### `{name}`: 2" in out
    assert "| not known |" in out, "no session saw them before: that is no age"
    code, out, errors = await fluxtui(tmp_path, *mine, "severity:low")
    assert out.startswith("? nothing that is shown violates a policy") and "by the filter" in errors


async def test_readiness_tells_what_turns_red_and_ends_with_1(server, kubeconfig, tmp_path):
    namespace, name = await peopled(server)
    mine = ("policy", "--kubeconfig", kubeconfig, "--readiness", name)
    code, out, errors = await fluxtui(tmp_path, *mine)
    assert code == 1, errors
    assert f"{name}: would deny 2 objects" in out
    assert "1 Kustomization turns red at its next reconcile" in out
    code, out, _ = await fluxtui(tmp_path, *mine, "-o", "json")
    told = json.loads(out)
    assert {(each["object"]["name"], each["when"]) for each in told["denied"]} == {("web", "next"), ("cart", "change")}
    assert [each["object"] for each in told["turning"]] == [f"Kustomization/{namespace}/apps"]
    code, out, _ = await fluxtui(tmp_path, *mine, "-o", "markdown")
    assert f"- [ ] `Deployment {namespace}/web`: denied at the next reconcile" in out
    code, out, errors = await fluxtui(tmp_path, *mine, "-n", "elsewhere")
    assert "nothing would be denied" in out and "namespace elsewhere alone was asked about: " in errors
    code, out, _ = await fluxtui(tmp_path, *mine, "-n", "elsewhere", "-o", "markdown")
    assert "namespace elsewhere alone was asked about" in out
    code, _, errors = await fluxtui(tmp_path, "policy", "--kubeconfig", kubeconfig, "--readiness", f"{name}x")
    assert (code, f"did you mean {name}" in errors) == (2, True)


async def test_exceptions_that_name_nothing_end_with_1(server, kubeconfig, tmp_path):
    namespace, name = await peopled(server)
    path = f"/apis/kyverno.io/v2/namespaces/{namespace}/policyexceptions"
    spec = {
        "exceptions": [{"policyName": "no-such-policy", "ruleNames": ["*"]}],
        "match": {"any": [{"resources": {"kinds": ["Pod"]}}]},
    }
    body = {
        "apiVersion": "kyverno.io/v2",
        "kind": "PolicyException",
        "metadata": {"name": "typo", "namespace": namespace},
        "spec": spec,
    }
    assert (await server.ask("POST", path, json=body)).status == 201
    server.created.append(f"{path}/typo")
    code, out, errors = await fluxtui(tmp_path, "policy", "--kubeconfig", kubeconfig, "--exceptions")
    assert code == 1, errors
    (row,) = [line for line in out.splitlines() if line.startswith(f"{namespace}/typo")]
    assert "no policy" in row and "there is no policy no-such-policy" in row
    code, out, _ = await fluxtui(tmp_path, "policy", "--kubeconfig", kubeconfig, "--exceptions", "-o", "json")
    (item,) = [each for each in json.loads(out)["items"] if each["namespace"] == namespace]
    assert (item["name"], item["idle"], item["policies"], item["until"]) == (
        "typo",
        "no policy",
        ["no-such-policy"],
        None,
    )
    assert name not in out


async def test_the_engine_and_the_guardrails_answer_without_kyverno(server, kubeconfig, tmp_path):
    code, out, errors = await fluxtui(tmp_path, "policy", "--kubeconfig", kubeconfig, "--engine", "-o", "json")
    assert json.loads(out)["kind"] == "PolicyEngines", errors
    code, out, errors = await fluxtui(tmp_path, "policy", "--kubeconfig", kubeconfig, "--guardrails", "-o", "json")
    assert (json.loads(out)["kind"], code in (0, 1)) == ("Guardrails", True), errors
    code, out, _ = await fluxtui(tmp_path, "policy", "--kubeconfig", kubeconfig, "--guardrails")
    assert "no cluster restricts where sources come from" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--engine", "--readiness"), "--readiness and --engine are different questions"),
        (("--readiness", "-o", "csv"), "-o csv is for violations"),
        (("--engine", "word"), "--engine takes no words"),
        (("--exceptions", "--policy", "word"), "--exceptions takes no --policy"),
        (("nothing:x",), "there is no field 'nothing'"),
        (("--policy", "no-such-policy"), "No cluster has the policy 'no-such-policy'"),
    ],
)
async def test_what_is_asked_wrongly_is_told(server, kubeconfig, tmp_path, arguments, said):
    code, _, errors = await fluxtui(tmp_path, "policy", "--kubeconfig", kubeconfig, *arguments)
    assert (code, said in errors) == (2, True), errors
