"""What Kyverno 1.19 and Flux wrote in a real cluster, read whole: counted right, joined to who delivers it, grouped.

What is expected is worked out from the raw objects here, by other means than the program's.
"""

import gzip
import json
import os
from collections import Counter
from pathlib import Path

import pytest

from fluxtui.insight.delivered import Proof
from fluxtui.insight.policy.exceptions import held, weigh
from fluxtui.insight.policy.floods import floods, said
from fluxtui.insight.policy.model import Action
from fluxtui.insight.policy.narrowing import compile as compile_filter
from fluxtui.insight.policy.narrowing import sift
from fluxtui.kinds.policy.table import POLICY_KINDS
from fluxtui.kinds.table import KINDS

FILE = Path(__file__).parents[4] / "shared" / "recordings" / "objects.json.gz"
REPORTS = "/apis/wgpolicyk8s.io/v1alpha2/policyreports"
HOLDERS = (
    "/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations",
    "/apis/fluxcd.controlplane.io/v1/resourcesets",
    "/apis/fluxcd.controlplane.io/v1/fluxinstances",
)
"""Whose inventories are recorded."""


@pytest.fixture(scope="module")
def answers():
    if not FILE.exists():
        if os.environ.get("FLUXTUI_REQUIRE_REAL") == "1":
            pytest.fail(f"{FILE} is not there")
        pytest.skip(f"{FILE} is not there")
    return json.loads(gzip.decompress(FILE.read_bytes()))


@pytest.fixture
def recorded(world, answers):
    """The cluster, in both stores."""
    world.cluster()
    for path, answer in answers.items():
        parts = path.strip("/").split("/")
        group, plural = (parts[1] if parts[0] == "apis" else ""), parts[-1]
        for kinds, store in ((KINDS, world.delivery), (POLICY_KINDS, world.policy)):
            kind = next((each for each in kinds.values() if (each.group, each.plural) == (group, plural)), None)
            if kind is None or "rows" in answer or plural == "pods":
                continue
            page = kind.decoder.page(json.dumps(answer).encode())
            assert page.refused == 0
            for record in page.records:
                assert record.flaw == "", record.id
                store.table("prod", kind.name).upsert(record)
    return world


def drained(steps):
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def results(answers):
    for report in answers[REPORTS]["items"]:
        for each in report["results"]:
            yield report["scope"], each


def test_every_result_is_counted(recorded, answers):
    picture = recorded.picture()
    expected = Counter(each["result"] for _, each in results(answers))
    found = Counter(each.finding.result for each in picture.violations)
    assert found == {key: count for key, count in expected.items() if key != "pass"}
    assert picture.passes == expected["pass"]
    assert sum(picture.checked.values()) == sum(expected.values())
    (coverage,) = picture.coverage
    assert (coverage.count, coverage.unread, coverage.served) == (23, 0, True)
    assert coverage.newest == max(each["timestamp"]["seconds"] for _, each in results(answers))


def test_the_table_of_the_server_says_the_same(recorded, answers):
    table = answers[f"{REPORTS}?includeObject=None (as Table)"]
    names = [column["name"].lower() for column in table["columnDefinitions"]]
    cells = [dict(zip(names, row["cells"], strict=True)) for row in table["rows"]]
    picture = recorded.picture()
    assert sum(row["fail"] for row in cells) == sum(each.finding.result == "fail" for each in picture.violations)
    assert sum(row["pass"] for row in cells) == picture.passes
    assert len(cells) == picture.coverage[0].count


def test_rules_are_told_as_people_wrote_them_and_act_as_their_policies_say(recorded, answers):
    written = {
        ("ClusterPolicy//" + policy["metadata"]["name"], rule["name"]): rule["validate"]["failureAction"]
        for policy in answers["/apis/kyverno.io/v1/clusterpolicies"]["items"]
        for rule in policy["spec"]["rules"]
    }
    picture = recorded.picture()
    for each in picture.violations:
        if each.policy == "ValidatingPolicy//require-limits":
            assert (each.rule, each.action) == ("", Action.AUDIT)
        else:
            wanted = {"Enforce": Action.DENY, "Audit": Action.AUDIT}[written[each.policy, each.rule]]
            assert each.action is wanted
            assert each.autogen is (each.subject.kind == "Deployment")
    assert {each.policy for each in picture.violations} == {identity for _, identity in picture.policies}
    fails = Counter((each.policy.partition("//")[2], each.rule) for each in picture.violations)
    assert fails == {
        ("require-labels", "configmap-team"): 15,
        ("require-labels", "check-for-team"): 6,
        ("pod-security", "baseline"): 4,
        ("disallow-latest-tag", "validate-image-tag"): 2,
        ("require-limits", ""): 2,
    }


def test_violations_are_joined_to_the_inventories_that_list_their_objects(recorded, answers):
    listed = {}
    for path in HOLDERS:
        for holder in answers[path]["items"]:
            meta = holder["metadata"]
            kind = answers[path]["kind"].removesuffix("List")
            for entry in (holder["status"].get("inventory") or {}).get("entries") or ():
                listed[entry["id"]] = f"{kind}/{meta['namespace']}/{meta['name']}"
    delivered = 0
    for each in recorded.picture().violations:
        of = each.subject
        wanted = listed.get(f"{of.namespace}_{of.name}_{of.group}_{of.kind}", "")
        assert each.owner.id == wanted, of
        assert each.owner.proof is (Proof.INVENTORY if wanted else Proof.NOTHING)
        delivered += bool(wanted)
    assert delivered == 11


def test_owners_know_their_source_revision_tenant_and_resource_set(recorded):
    found = {each.owner.id: each.owner for each in recorded.picture().violations}
    frontend = found["Kustomization/frontend/apps"]
    assert (frontend.tenant, frontend.labelled) == ("frontend", True)
    assert frontend.origin == "ResourceSet/flux-system/apps"
    assert frontend.source == "OCIRepository/frontend/apps"
    assert frontend.revision
    assert frontend.updated
    infra = found["Kustomization/monitoring/infra-controllers"]
    assert (infra.tenant, infra.labelled, infra.origin) == ("monitoring", False, "ResourceSet/flux-system/infra")
    assert found["FluxInstance/flux-system/flux"].tenant == "flux-system"


def test_the_exception_is_for_the_pod_and_the_deployment_that_it_names(recorded):
    by_object = {}
    for each in recorded.picture().violations:
        if each.rule == "check-for-team":
            told = [weigh(each, exception, recorded.now) for exception in held(recorded.policy, "prod")]
            by_object[each.subject.namespace, each.subject.kind, each.subject.name] = [
                (weighed.record.name, weighed.fits) for weighed in told if weighed is not None
            ]
    assert by_object["backend", "Deployment", "redis"] == [("backend-exception", True)]
    assert by_object["flux-system", "Deployment", "helm-controller"] == [("backend-exception", False)]


def test_the_flood_of_events_is_told_once_each(recorded, answers):
    raw = [each for each in answers["/api/v1/events"]["items"] if each["reason"] == "PolicyViolation"]
    on_policies = [each for each in raw if each["involvedObject"]["kind"].endswith("Policy")]
    told = drained(said(recorded.policy))
    assert sum(each.events for each in told) == len(on_policies) == 133, "those on the objects say it a second time"
    assert not any(each.blocked for each in told)
    violations = {(each.policy, each.rule, each.subject.name) for each in recorded.picture().violations}
    still = [each for each in told if (each.policy, each.rule, each.about.rpartition("/")[2]) in violations]
    assert len(still) == 29, "every violation of the reports, and what was repaired or is gone besides"
    (flood,) = floods(told)
    assert flood.things == len(told) < 40
    assert flood.policies[0][0] == "ClusterPolicy//require-labels"
    assert flood.hourly > 500


def test_the_filter_finds_its_way_through(recorded):
    picture = recorded.picture()

    def count(text):
        shown, hidden = drained(sift(picture.violations, compile_filter(text, recorded.now)))
        assert len(shown) + hidden.results == len(picture.violations)
        return len(shown)

    assert count("") == 29
    assert count("action:deny") == 2
    assert count("tenant:backend,frontend !kind:cm,ConfigMap") == 10
    assert count("owner:none") == 18
    assert count("policy:require-labels rule:configmap-team") == 15
    assert count("source:KyvernoValidatingPolicy") == 2
