"""FluxInstance, FluxReport, ResourceSet and ResourceSetInputProvider, and the selectors between the last two."""

import json

import pytest

from fluxtui.kinds.record import Need
from fluxtui.kinds.report import Tally
from fluxtui.kinds.selector import selects
from fluxtui.kinds.table import KINDS

READY = {
    "type": "Ready",
    "status": "True",
    "reason": "ReconciliationSucceeded",
    "message": "Reconciliation finished in 2s",
    "lastTransitionTime": "2026-09-21T14:13:20Z",
    "observedGeneration": 2,
}
AT = 1_790_000_000


def decode(kind, spec=None, status=None, **meta):
    metadata = {"name": "apps", "namespace": "flux-system", "uid": "u", "resourceVersion": "7", "generation": 2} | meta
    data = {"apiVersion": "fluxcd.controlplane.io/v1", "kind": kind, "metadata": metadata}
    record = KINDS[kind].decode_object(json.dumps(data | {"spec": spec or {}, "status": status or {}}).encode())
    assert record.flaw == ""
    return record


def entry(status, inputs, last="2026-09-21T14:13:20Z"):
    return {
        "digest": f"sha256:{inputs}",
        "firstReconciled": last,
        "lastReconciled": last,
        "lastReconciledDuration": "1s",
        "lastReconciledStatus": status,
        "totalReconciliations": 3,
        "metadata": {"inputs": inputs, "resources": "8"},
    }


@pytest.mark.parametrize(
    ("kind", "interval"),
    [("FluxInstance", 3600), ("ResourceSet", 3600), ("ResourceSetInputProvider", 600), ("FluxReport", 300)],
)
def test_the_interval_is_an_annotation_or_the_default_of_the_operator(kind, interval):
    assert decode(kind).interval == interval
    assert decode(kind, annotations={"fluxcd.controlplane.io/reconcileEvery": "45s"}).interval == 45


@pytest.mark.parametrize("kind", ["FluxInstance", "FluxReport", "ResourceSet", "ResourceSetInputProvider"])
def test_disabled_by_annotation_is_suspended(kind):
    disabled = {"fluxcd.controlplane.io/reconcile": "Disabled", "fluxcd.controlplane.io/suspendedBy": "jane"}
    record = decode(kind, annotations=disabled)
    assert (record.suspended, record.suspended_by) == (True, "jane")
    assert not decode(kind, annotations={"fluxcd.controlplane.io/reconcile": "enabled"}).suspended


def test_what_a_resource_set_needs_is_any_kind_by_existence_readiness_or_expression():
    depends = [
        {"apiVersion": "v1", "kind": "ResourceSet", "name": "policies", "namespace": "infra", "ready": True},
        {"apiVersion": "v1", "kind": "Kustomization", "name": "db", "ready": False},
        {"apiVersion": "v1", "kind": "CustomResourceDefinition", "name": "issuers.cert-manager.io"},
        {"apiVersion": "v1", "kind": "HelmRelease", "name": "cache", "ready": True, "readyExpr": "status.x == 1"},
        {"apiVersion": "v1", "kind": "HelmRelease", "name": "queue", "readyExpr": "never evaluated"},
    ]
    assert decode("ResourceSet", {"dependsOn": depends}).needs == (
        Need("ResourceSet/infra/policies", "ready"),
        Need("Kustomization/flux-system/db", "exists"),
        Need("CustomResourceDefinition//issuers.cert-manager.io", "exists"),
        Need("HelmRelease/flux-system/cache", "expression", "status.x == 1"),
        Need("HelmRelease/flux-system/queue", "exists", "never evaluated"),
    )


@pytest.mark.parametrize(("wait", "waits"), [(True, True), (False, False), (None, False)])
def test_whether_it_is_ready_only_with_what_it_applied(wait, waits):
    assert decode("ResourceSet", {"wait": wait}).waits is waits
    assert decode("ResourceSet", {}).waits is False


def test_inputs_from_providers_by_name_and_by_selector():
    sources = [
        {"kind": "ResourceSetInputProvider", "name": "prod"},
        {"selector": {"matchLabels": {"tier": "web", "env": "prod"}}},
        {"selector": {"matchExpressions": [{"key": "env", "operator": "In", "values": ["a", "b"]}]}},
        {"selector": {}},
    ]
    record = decode("ResourceSet", {"inputsFrom": sources})
    assert record.from_providers
    assert record.inputs == (
        "ResourceSetInputProvider/flux-system/prod",
        "ResourceSetInputProvider/flux-system/?env=prod,tier=web",
        "ResourceSetInputProvider/flux-system/?env in a|b",
        "ResourceSetInputProvider/flux-system/?",
    )
    assert not decode("ResourceSet", {"inputs": [{"a": 1}]}).from_providers


@pytest.mark.parametrize(
    ("selector", "met"),
    [
        ({}, True),
        ({"matchLabels": {"env": "prod"}}, True),
        ({"matchLabels": {"env": "prod", "tier": "web"}}, False),
        ({"matchLabels": {"env": "staging"}}, False),
        ({"matchExpressions": [{"key": "env", "operator": "In", "values": ["staging", "prod"]}]}, True),
        ({"matchExpressions": [{"key": "env", "operator": "In", "values": ["staging"]}]}, False),
        ({"matchExpressions": [{"key": "env", "operator": "NotIn", "values": ["prod"]}]}, False),
        ({"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["web"]}]}, True),
        ({"matchExpressions": [{"key": "env", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "tier", "operator": "Exists"}]}, False),
        ({"matchExpressions": [{"key": "env", "operator": "DoesNotExist"}]}, False),
        ({"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}, True),
        ({"matchLabels": {"env": "prod"}, "matchExpressions": [{"key": "tier", "operator": "Exists"}]}, False),
    ],
)
def test_selectors_mean_what_kubernetes_means_by_them(selector, met):
    asked = decode("ResourceSet", {"inputsFrom": [{"selector": selector}]}).inputs[0]
    provider = decode("ResourceSetInputProvider", labels={"env": "prod", "region": "eu"})
    assert selects(asked, provider) is met


def test_a_selector_stays_in_its_namespace_and_kind():
    asked = decode("ResourceSet", {"inputsFrom": [{"selector": {"matchLabels": {"env": "prod"}}}]}).inputs[0]
    assert not selects(asked, decode("ResourceSetInputProvider", namespace="other", labels={"env": "prod"}))
    assert not selects(asked, decode("ResourceSet", labels={"env": "prod"}))


def test_input_sets_of_the_last_run_and_of_an_earlier_one():
    runs = [entry("ReconciliationSucceeded", "0"), entry("ReconciliationSucceeded", "2")]
    record = decode("ResourceSet", status={"history": runs, "inventory": {"entries": []}, "conditions": [READY]})
    assert (record.input_sets, record.earlier_input_sets, record.inventory_size) == (0, 2, 0)
    assert (record.outcome, record.tries, record.good_at) == ("ReconciliationSucceeded", 3, AT)
    untold = decode("ResourceSet", status={"history": [entry("ReconciliationSucceeded", "many²")]})
    assert (untold.input_sets, untold.earlier_input_sets) == (-1, -1)
    assert decode("ResourceSet").input_sets == -1


def test_a_provider_tells_its_schedules_and_when_it_runs_next():
    record = decode(
        "ResourceSetInputProvider",
        {
            "type": "OCIArtifactTag",
            "url": "oci://registry.example.com/shop",
            "schedule": [
                {"cron": "0 8 * * 1-5", "timeZone": "Europe/London", "window": "8h"},
                {"cron": "@daily"},
            ],
        },
        {
            "conditions": [READY],
            "exportedInputs": [{"id": "1", "tag": "v1", "count": 3}, {"id": "2", "nested": {"a": [1]}}],
            "lastExportedRevision": "sha256:ee",
            "nextSchedule": {"cron": "0 8 * * 1-5", "when": "2026-09-21T14:14:20Z", "window": "8h0m0s"},
        },
    )
    assert (record.type, record.url) == ("OCIArtifactTag", "oci://registry.example.com/shop")
    assert record.schedules == ("0 8 * * 1-5|Europe/London|8h", "@daily|UTC|0s")
    assert (record.exported, record.revision, record.next_at) == (2, "sha256:ee", AT + 60)


def test_a_provider_that_has_exported_nothing():
    record = decode("ResourceSetInputProvider", {"type": "Static"}, {"conditions": [READY]})
    assert (record.exported, record.next_at, record.schedules) == (0, 0, ())


def test_a_report_counts_by_kind_and_is_as_fresh_as_its_ready_condition():
    record = decode(
        "FluxReport",
        {
            "distribution": {"status": "Installed", "version": "v2.9.1"},
            "operator": {"version": "v0.58.0", "platform": "linux/arm64"},
            "reconcilers": [
                {"kind": "Kustomization", "stats": {"running": 7, "failing": 2, "suspended": 1}},
                {"kind": "OCIRepository", "stats": {"running": 5, "failing": 0, "suspended": 0, "totalSize": "1 KiB"}},
                {"kind": "Untold"},
            ],
        },
        {"conditions": [READY]},
        name="flux",
    )
    assert (record.flux_version, record.operator_version, record.revision) == ("v2.9.1", "v0.58.0", "v2.9.1")
    assert record.tallies == (Tally("Kustomization", 7, 2, 1), Tally("OCIRepository", 5, 0, 0, "", "1 KiB"))
    assert (record.updated, record.ready) == (AT, "True")


def test_an_instance_tells_what_it_syncs():
    record = decode(
        "FluxInstance",
        {"sync": {"kind": "OCIRepository", "url": "oci://r.example.com/fleet", "path": "clusters/prod", "ref": "x"}},
        {
            "conditions": [READY],
            "history": [entry("ReconciliationSucceeded", "")],
            "lastAppliedRevision": "v2.9.1@sha256:aa",
            "inventory": {"entries": [{"id": "flux-system_source-controller_apps_Deployment", "v": "v1"}]},
        },
        name="flux",
    )
    assert (record.url, record.path) == ("oci://r.example.com/fleet", "clusters/prod")
    assert (record.revision, record.inventory_size, record.outcome) == (
        "v2.9.1@sha256:aa",
        1,
        "ReconciliationSucceeded",
    )
    assert (record.reason, record.observed, record.ready_since) == ("ReconciliationSucceeded", 2, AT)
