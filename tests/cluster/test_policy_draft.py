"""Drafts of exceptions are taken by a real API server with Kyverno's CRDs, whatever they are for."""

import re

import pytest
import yaml

from fluxtui.insight.policy.draft import Why, draft

from ..unit.violations import NOW, subject, violation
from .conftest import Server

FOUND = {
    "legacy, of a controller": violation(rule="autogen-check-for-team"),
    "legacy, by hostile words": violation(rule='yes: "no" #', message="a: b\n# c"),
    "legacy, controls": violation(
        policy="ClusterPolicy//pod-security", rule="baseline", controls="allowPrivilegeEscalation,runAsNonRoot"
    ),
    "cel": violation(policy="ValidatingPolicy//require-limits", rule=""),
    "cel, namespaced": violation(policy="NamespacedValidatingPolicy/backend/limits", rule=""),
    "in no namespace": violation("shop", "Namespace", rule="check"),
}


@pytest.mark.parametrize("title", FOUND)
@pytest.mark.parametrize("server", ["real"], indirect=True)
async def test_a_real_server_takes_the_draft(server: Server, title: str) -> None:
    text = draft(FOUND[title], NOW, Why('it\'s "so"', expires=NOW), made_by=(subject("backend/redis"),)).text
    body = yaml.safe_load(text)
    namespace, group = await server.namespace(), body["apiVersion"]
    text, moved = re.subn(r"(?m)^  namespace: .*$", f"  namespace: {namespace}", text, count=1)
    assert moved == 1
    path = f"/apis/{group}/namespaces/{namespace}/policyexceptions?fieldValidation=Strict&dryRun=All"
    answer = await server.ask("POST", path, data=text.encode(), headers={"Content-Type": "application/yaml"})
    assert answer.status == 201, answer.text
    stored = answer.json
    assert stored["spec"] == body["spec"]
