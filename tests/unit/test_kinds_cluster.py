"""What of the cluster itself is read: namespaces, controllers' Deployments, runtime-info and Events about Flux."""

import json

import pytest

from fluxtui.kinds.table import KINDS

AT = 1_790_000_000
TIME = "2026-09-21T14:13:20Z"


def decode(kind, meta=None, **fields):
    metadata = {"name": "shop", "namespace": "web", "uid": "u", "resourceVersion": "7"} | (meta or {})
    return KINDS[kind].decode_object(json.dumps({"kind": kind, "metadata": metadata} | fields).encode())


def test_a_namespace_has_no_namespace():
    record = decode("Namespace", {"namespace": None, "labels": {"toolkit.fluxcd.io/role": "tenant"}}, spec={})
    assert (record.id, record.label("toolkit.fluxcd.io/role")) == ("Namespace//shop", "tenant")


def test_runtime_info_is_kept_as_sorted_lines_of_bounded_length():
    record = decode("ConfigMap", data={"ENVIRONMENT": "production", "CLUSTER_NAME": "prod-1", "LONG": "x" * 9999})
    assert record.data.split("\n")[:2] == ["CLUSTER_NAME=prod-1", "ENVIRONMENT=production"]
    assert len(record.data) < 400
    assert decode("ConfigMap", data={"A": "1\nB=2"}).data == "A=1\\x0aB=2", "a value cannot forge a line"
    assert decode("ConfigMap").data == ""


def deployment(available, wanted=1, **conditions):
    listed = [
        {"type": kind, "status": status, "reason": f"{kind}Reason", "message": f"{kind}!", "lastTransitionTime": TIME}
        for kind, status in conditions.items()
    ]
    containers = [{"name": "manager", "image": "ghcr.io/fluxcd/source-controller:v1.9.4@sha256:aa"}, {"name": "none"}]
    return decode(
        "Deployment",
        {"generation": 3},
        spec={"replicas": wanted, "template": {"spec": {"containers": containers}}},
        status={"observedGeneration": 3, "availableReplicas": available, "conditions": listed},
    )


@pytest.mark.parametrize(
    ("record", "ready", "reason", "message"),
    [
        (deployment(1, Available="True", Progressing="True"), "True", "AvailableReason", "Available!"),
        (deployment(0, 0, Available="True"), "True", "AvailableReason", "Available!"),
        (deployment(0, Available="False", Progressing="True"), "False", "AvailableReason", "Available!"),
        (deployment(1, 2, Available="True", Progressing="False"), "False", "ProgressingReason", "Progressing!"),
        (deployment(1, 2, Available="True"), "Unknown", "Progressing", "1 of 2 replicas are available"),
        (deployment(0), "Unknown", "", "no status yet"),
    ],
)
def test_a_deployment_is_ready_when_all_wanted_replicas_are_available(record, ready, reason, message):
    assert (record.ready, record.reason, record.message) == (ready, reason, message)


def test_a_deployment_tells_replicas_and_images():
    record = deployment(1, 2, Available="True")
    assert (record.replicas, record.available, record.observed, record.ready_since) == (2, 1, 3, AT)
    assert record.images == ("ghcr.io/fluxcd/source-controller:v1.9.4@sha256:aa",)
    bare = decode("Deployment", spec={}, status={})
    assert (bare.replicas, bare.available, bare.ready) == (1, 0, "Unknown")


def event(api="kustomize.toolkit.fluxcd.io/v1", **fields):
    about = {"apiVersion": api, "kind": "Kustomization", "name": "apps", "namespace": "web", "uid": "o"}
    return decode("Event", {"name": "apps.17", "creationTimestamp": TIME}, **({"involvedObject": about} | fields))


def test_an_event_tells_what_it_is_about_how_often_and_when():
    record = event(
        type="Warning",
        reason="HealthCheckFailed",
        message="timeout\nwaiting",
        count=9,
        firstTimestamp=TIME,
        lastTimestamp="2026-09-21T14:15:20Z",
        source={"component": "kustomize-controller"},
    )
    assert (record.regarding, record.type, record.reason) == ("Kustomization/web/apps", "Warning", "HealthCheckFailed")
    assert (record.message, record.count, record.first, record.last) == ("timeout\nwaiting", 9, AT, AT + 120)
    assert record.component == "kustomize-controller"


def test_an_event_of_the_newer_api_has_one_time_and_its_own_component():
    micro = event(eventTime="2026-09-21T14:13:21.123456Z", firstTimestamp=None, reportingComponent="flux-operator")
    assert (micro.first, micro.last, micro.count, micro.component) == (AT + 1, AT + 1, 1, "flux-operator")
    assert event().first == AT, "without any time of its own: when it was made"


@pytest.mark.parametrize("api", ["source.extensions.fluxcd.io/v1beta1", "fluxcd.controlplane.io/v1"])
def test_events_about_flux_objects_are_kept(api):
    assert event(api) is not None


@pytest.mark.parametrize("api", ["v1", "apps/v1", "wgpolicyk8s.io/v1alpha2", "", None])
def test_events_about_anything_else_are_not(api):
    assert event(api) is None


def test_what_is_not_kept_is_not_counted_as_refused():
    items = [
        {"metadata": {"name": "a"}, "involvedObject": {"apiVersion": "apps/v1", "kind": "Deployment"}},
        {
            "metadata": {"name": "b"},
            "involvedObject": {"apiVersion": "fluxcd.controlplane.io/v1", "kind": "FluxReport"},
        },
        {"metadata": {}, "involvedObject": {"apiVersion": "fluxcd.controlplane.io/v1"}},
    ]
    page = KINDS["Event"].decode_page(json.dumps({"metadata": {"resourceVersion": "9"}, "items": items}).encode())
    assert ([record.name for record in page.records], page.refused, page.version) == (["b"], 1, "9")
