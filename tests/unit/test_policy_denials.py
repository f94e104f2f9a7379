"""From a failed Flux object to the policy that denied it, to the engine that did not answer, and what is violated."""

import msgspec
import pytest
from tests.unit.policy_objects import (
    NOW,
    cluster_policy,
    controller,
    drained,
    hooks,
    meta,
    stored,
    well,
)

from fluxtui.insight.policy.denials import cleared, denial, joined, unanswered
from fluxtui.insight.policy.engine import Grade
from fluxtui.insight.policy.model import Known
from fluxtui.insight.policy.picture import picture
from fluxtui.insight.status import assess
from fluxtui.kinds.table import KINDS
from fluxtui.store.state import DataState, Phase
from fluxtui.store.store import Store

KNOWN = Known(lambda key: (0, False), lambda cluster, subject: ())

LEGACY = """Deployment/shop/web dry-run failed (Forbidden): \
admission webhook "validate.kyverno.svc-fail" denied the request:

resource Deployment/shop/web was blocked due to the following policies

require-labels:
  check: 'validation error: every workload names its team'
"""
CEL = (
    'Pod/shop/web dry-run failed (Forbidden): admission webhook "vpol.validate.kyverno.svc-fail" denied the request: '
    "Policy require-labels failed: the tag latest is not allowed"
)
ADMISSION = (
    'ConfigMap/shop/a dry-run failed (Invalid): configmaps "a" is forbidden: ValidatingAdmissionPolicy '
    "'{}' with binding 'b' denied request: not allowed"
)
SILENT = (
    "Secret/shop/s dry-run failed (InternalError): Internal error occurred: failed calling webhook "
    '"validate.kyverno.svc-fail": failed to call webhook: Post "https://kyverno-svc.kyverno.svc:443/validate/fail": '
    "context deadline exceeded"
)


def kustomization(message="", name="apps", ready=False, entries=()):
    condition = {
        "type": "Ready",
        "status": "True" if ready else "False",
        "reason": "ReconciliationSucceeded" if ready else "ReconciliationFailed",
        "message": message,
        "lastTransitionTime": "2026-03-21T02:43:00Z",
    }
    status = {"conditions": [condition], "inventory": {"entries": [{"id": each, "v": "v1"} for each in entries]}}
    return {"kind": "Kustomization", "metadata": meta(name, "shop"), "spec": {}, "status": status}


def delivered(*objs, cluster="prod"):
    store = Store(assess)
    for kind in KINDS.values():
        table = store.table(cluster, kind.name)
        page = {"items": [each for each in objs if each["kind"] == kind.name]}
        table.replace(kind.decode_page(msgspec.json.encode(page)).records)
        table.set_state(DataState(Phase.FRESH, NOW, NOW))
    return store


def cel_policy(name="require-labels", kind="ValidatingPolicy", namespace=""):
    return {"kind": kind, "metadata": meta(name, namespace), "spec": {"validationActions": ["Deny"]}}


def report(name, result="fail", policy="require-labels", source="kyverno"):
    finding = {"source": source, "policy": policy, "rule": "check", "result": result, "message": "no"}
    scope = {"apiVersion": "apps/v1", "kind": "Deployment", "namespace": "shop", "name": name}
    return {"kind": "PolicyReport", "metadata": meta(f"uid-{name}", "shop"), "scope": scope, "results": [finding]}


def blocked(thing="Deployment", name="web", policy="require-labels", last="2026-03-21T02:47:00Z", count=3):
    return {
        "kind": "Event",
        "metadata": meta(f"{policy}.{name}", "default"),
        "involvedObject": {"kind": "ClusterPolicy", "name": policy},
        "related": {"kind": thing, "namespace": "shop", "name": name},
        "reason": "PolicyViolation",
        "action": "Resource Blocked",
        "message": f"{thing} shop/{name}: [check] fail (blocked); no",
        "lastTimestamp": last,
        "firstTimestamp": last,
        "count": count,
    }


def told(*policies, objs=(), phases=None):
    """What is joined, and the row of the first Kustomization."""
    delivery, rules = delivered(*objs), stored(*policies, phases=phases)
    drawn = drained(picture(delivery, rules, NOW, KNOWN))
    row = delivery.row("prod", "Kustomization/shop/apps")
    return drained(joined(rules, drawn, NOW)), row


@pytest.mark.parametrize(
    ("message", "policies", "found"),
    [
        (LEGACY, [cluster_policy()], "ClusterPolicy//require-labels"),
        (LEGACY, [cel_policy(), cluster_policy()], "ClusterPolicy//require-labels"),
        (LEGACY, [cel_policy(kind="Policy", namespace="shop")], "Policy/shop/require-labels"),
        (CEL, [cel_policy(), cluster_policy()], "ValidatingPolicy//require-labels"),
        (
            CEL,
            [cel_policy(kind="NamespacedValidatingPolicy", namespace="shop")],
            "NamespacedValidatingPolicy/shop/require-labels",
        ),
        (
            ADMISSION.format("strict"),
            [{"kind": "ValidatingAdmissionPolicy", "metadata": meta("strict"), "spec": {}}],
            "ValidatingAdmissionPolicy//strict",
        ),
        (
            ADMISSION.format("cpol-require-labels"),
            [
                cluster_policy(),
                {"kind": "ValidatingAdmissionPolicy", "metadata": meta("cpol-require-labels"), "spec": {}},
            ],
            "ClusterPolicy//require-labels",
        ),
        (LEGACY, [], ""),
        (ADMISSION.format("strict"), [], ""),
    ],
)
def test_the_policy_of_a_denial_is_found_by_what_the_message_tells(message, policies, found):
    joined_, row = told(*policies, objs=[kustomization(message)])
    denied = denial(joined_, row)
    assert denied.policy == found
    assert (denied.record is not None) == bool(found)


def test_a_denial_names_rule_and_object_and_what_else_is_known_of_it():
    objs = [kustomization(LEGACY)]
    joined_, row = told(cluster_policy(), report("a"), report("b"), report("c", "pass"), blocked(), objs=objs)
    denied = denial(joined_, row)
    assert (denied.rule, denied.object) == ("check", "Deployment/shop/web")
    assert denied.fails == {"prod": 2}
    assert [each.count for each in denied.blocked] == [3]


def test_events_of_other_objects_and_policies_are_not_those_of_a_denial():
    others = [blocked(name="other"), blocked(policy="another")]
    joined_, row = told(cluster_policy(), *others, objs=[kustomization(LEGACY)])
    assert denial(joined_, row).blocked == ()


@pytest.mark.parametrize("message", ["build failed", SILENT, "quota exceeded"])
def test_other_failures_are_no_denial(message):
    joined_, row = told(cluster_policy(), objs=[kustomization(message)])
    assert denial(joined_, row) is None


def test_what_is_well_was_not_denied_whatever_it_says():
    joined_, row = told(cluster_policy(), objs=[kustomization(LEGACY, ready=True)])
    assert denial(joined_, row) is None


def test_a_webhook_that_does_not_answer_leads_to_its_engine():
    objs = [each for each in well() if each["metadata"]["name"] != "kyverno-admission-controller"]
    joined_, row = told(*objs, controller("admission", 0), objs=[kustomization(SILENT)])
    found = unanswered(joined_, row)
    assert found.webhook == "validate.kyverno.svc-fail"
    assert found.engine.grade is Grade.DOWN


@pytest.mark.parametrize("message", [SILENT.replace("kyverno", "other"), LEGACY, "build failed"])
def test_webhooks_of_others_do_not_lead_to_the_engine(message):
    joined_, row = told(*well(), objs=[kustomization(message)])
    assert unanswered(joined_, row) is None


def test_what_a_flux_object_delivers_is_counted_by_policy():
    entries = ["shop_a_apps_Deployment", "shop_b_apps_Deployment"]
    objs = [kustomization("", ready=True, entries=entries)]
    reports = [report("a"), report("b"), report("c"), report("a2", "warn")]
    joined_, _ = told(cluster_policy(), *reports, objs=objs)
    tally = joined_.of("prod", "Kustomization/shop/apps")
    assert (tally.fails, tally.warns) == (2, 0)
    assert tally.fails_of == {"ClusterPolicy//require-labels": 2}
    assert (joined_.clusters["prod"].fails, joined_.clusters["prod"].warns) == (3, 1)
    assert joined_.of("prod", "Kustomization/shop/other").fails == 0


def test_policy_is_cleared_of_other_failures_where_it_is_seen():
    joined_, row = told(*well(), objs=[kustomization("build failed")])
    assert cleared(joined_, row) == "policy: 0 denials"


@pytest.mark.parametrize(
    ("objs", "phases", "message"),
    [
        (well(), {}, LEGACY),
        (well(), {"Event": Phase.FORBIDDEN}, "build failed"),
        ([], {}, "build failed"),
        ([*well(), blocked()], {}, "build failed"),
        (well(), {"Deployment": Phase.FORBIDDEN}, "build failed"),
    ],
    ids=["denied", "Events hidden", "no engine", "blocked meanwhile", "engine hidden"],
)
def test_policy_is_not_cleared_without_proof(objs, phases, message):
    held = [each for each in objs if phases.get(each["kind"]) is None]
    joined_, row = told(*held, objs=[kustomization(message)], phases=phases)
    assert cleared(joined_, row) == ""


def test_requests_that_were_blocked_long_before_are_no_cause():
    old = blocked(last="2026-03-21T01:00:00Z")
    joined_, row = told(*well(), old, objs=[kustomization("build failed")])
    assert cleared(joined_, row) == "policy: 0 denials"


def test_engines_come_along():
    joined_, _ = told(*well(), hooks("Fail"), objs=[kustomization()])
    assert joined_.engines.of("prod").grade is Grade.OK
    assert joined_.engines.of("elsewhere") is None
