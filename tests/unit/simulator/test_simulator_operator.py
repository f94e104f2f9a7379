"""The Flux Operator: sets and their inputs, windows, the hazard of an empty set, the instance and its report."""

import pytest

TEMPLATE = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "<< inputs.tenant >>", "namespace": "apps"},
    "data": {"tag": "<< inputs.tag >>"},
}
UNKNOWN = "Reconciling=True/Progressing Ready=Unknown/Progressing"
BLOCKED = "Reconciling=True/ProgressingWithRetry Ready=False/DependencyNotReady"
WAITED = ["", UNKNOWN, BLOCKED, UNKNOWN, "Ready=True/ReconciliationSucceeded"]
SKIPPED = ["", UNKNOWN, "Ready=True/SkippedDueToSchedule"]
OPEN_AT_EIGHT = {"cron": "0 8 * * 1-5", "timeZone": "Europe/London", "window": "8h"}
"""The lab's clock starts at 05:46:40 UTC on a Saturday: closed until Monday."""


def provider(lab, name="tags", **spec):
    lab.make(
        "ResourceSetInputProvider",
        name,
        spec={"type": "Static", "defaultValues": {"tenant": "frontend", "tag": "v1"}} | spec,
    )


def resource_set(lab, name="set", annotations=None, **spec):
    lab.make("ResourceSet", name, annotations=annotations, spec={"resources": [TEMPLATE]} | spec)


def test_inputs_make_objects_and_the_history_counts_them(lab):
    resource_set(lab, inputs=[{"tenant": "frontend", "tag": "v1"}, {"tenant": "backend", "tag": "v2"}])
    lab.run(2)
    assert lab.get("ConfigMap", "backend")["data"] == {"tag": "v2"}
    assert lab.get("ConfigMap", "backend")["metadata"]["labels"]["resourceset.fluxcd.controlplane.io/name"] == "set"
    status = lab.get("ResourceSet", "set")["status"]
    assert status["history"][0]["metadata"] == {"inputs": "2", "resources": "2"}
    assert [entry["id"] for entry in status["inventory"]["entries"]] == [
        "apps_backend__ConfigMap",
        "apps_frontend__ConfigMap",
    ]
    assert "observedGeneration" not in status


def test_a_missing_key_stalls_it(lab):
    resource_set(lab, inputs=[{"tenant": "frontend"}])
    lab.run(2)
    state, message = lab.ready("ResourceSet", "set")
    assert state == "False/BuildFailed"
    assert message.endswith('map has no entry for key "tag"')
    assert lab.steps("ResourceSet/apps/set")[-1] == "Stalled=True/BuildFailed Ready=False/BuildFailed"


def test_a_dependency_is_told_with_its_full_name(lab):
    need = {"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "name": "app", "namespace": "apps"}
    resource_set(lab, inputs=[{"tenant": "t", "tag": "v"}], dependsOn=[need | {"ready": True}])
    lab.run(1)
    full = "kustomize.toolkit.fluxcd.io/v1/Kustomization/apps/app"
    said = f'dependency {full} not found: kustomizations.kustomize.toolkit.fluxcd.io "app" not found'
    assert lab.ready("ResourceSet", "set") == ("False/DependencyNotReady", f"Retrying dependency check: {said}")
    lab.source("app")
    lab.kustomization("app")
    lab.run(6)
    assert lab.ready("ResourceSet", "set")[1] == f"Retrying dependency check: dependency {full} not ready"
    lab.push("app", manifests=[lab.config("settings")])
    lab.run(60)
    assert lab.steps("ResourceSet/apps/set") == WAITED


def test_the_wait_is_as_recorded(recorded):
    assert recorded("ResourceSet", "flux-system", "infra", 20, 112) == WAITED


def test_one_that_waits_is_unknown_until_its_timeout(lab):
    child = {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": "app", "namespace": "apps"},
        "spec": {"interval": "1m", "sourceRef": {"kind": "OCIRepository", "name": "nowhere"}, "path": "./"},
    }
    resource_set(lab, resources=[child], wait=True)
    lab.run(290)
    assert lab.ready("ResourceSet", "set")[0] == "Unknown/Progressing"
    lab.run(13)
    failures = [event["message"] for event in lab.events("ReconciliationFailed", "set")]
    assert failures == ["reconciliation failed: timeout waiting for: [Kustomization/apps/app status: 'InProgress']"]
    assert "Reconciling=True/ProgressingWithRetry Ready=False/ReconciliationFailed" in lab.steps("ResourceSet/apps/set")


def test_a_provider_feeds_a_set_and_a_change_reaches_it_at_once(lab):
    provider(lab)
    resource_set(lab, inputsFrom=[{"kind": "ResourceSetInputProvider", "name": "tags"}])
    lab.run(3)
    assert lab.get("ConfigMap", "frontend")["data"] == {"tag": "v1"}
    lab.patch("ResourceSetInputProvider", "tags", {"spec": {"defaultValues": {"tag": "v2"}}})
    lab.run(1)
    assert lab.get("ConfigMap", "frontend")["data"] == {"tag": "v2"}


def test_the_hazard_a_recreated_provider_outside_its_window_deletes_everything_and_all_is_green(lab):
    provider(lab)
    resource_set(lab, inputsFrom=[{"kind": "ResourceSetInputProvider", "name": "tags"}])
    lab.run(3)
    lab.objects.delete("ResourceSetInputProvider", "apps", "tags")
    lab.run(3)
    assert lab.ready("ResourceSet", "set")[0] == "False/BuildFailed"
    assert "failed to get provider" in lab.ready("ResourceSet", "set")[1]
    assert lab.get("ConfigMap", "frontend") is not None
    provider(lab, schedule=[OPEN_AT_EIGHT])
    lab.ask("ResourceSet", "set", "t1")
    lab.run(3)
    assert lab.get("ConfigMap", "frontend") is None
    assert lab.ready("ResourceSet", "set")[0] == "True/ReconciliationSucceeded"
    status = lab.get("ResourceSet", "set")["status"]
    assert status["inventory"] == {"entries": []}
    assert status["history"][0]["metadata"]["inputs"] == "0"
    assert "ConfigMap/apps/frontend deleted" in [event["message"] for event in lab.events("ApplySucceeded", "set")]


def test_a_provider_created_outside_its_window_is_ready_without_inputs(lab):
    provider(lab, schedule=[OPEN_AT_EIGHT])
    lab.run(2)
    status = lab.get("ResourceSetInputProvider", "tags")["status"]
    said = "Reconciliation skipped, next scheduled at 2026-11-23T08:00:00Z"
    assert lab.ready("ResourceSetInputProvider", "tags") == ("True/SkippedDueToSchedule", said)
    assert "exportedInputs" not in status
    assert status["nextSchedule"] == OPEN_AT_EIGHT | {"window": "8h0m0s", "when": "2026-11-23T08:00:00Z"}
    assert lab.events("SkippedDueToSchedule")[0]["type"] == "Normal"
    assert lab.steps("ResourceSetInputProvider/apps/tags") == SKIPPED


def test_the_skip_is_as_recorded(recorded):
    assert recorded("ResourceSetInputProvider", "flux-system", "apps-production", 20, 60) == SKIPPED


def test_a_request_outside_the_window_counts_as_handled_and_force_ignores_the_window(lab):
    provider(lab, schedule=[OPEN_AT_EIGHT])
    lab.run(2)
    lab.ask("ResourceSetInputProvider", "tags", "t1")
    lab.run(1)
    status = lab.get("ResourceSetInputProvider", "tags")["status"]
    assert status["lastHandledReconcileAt"] == "t1"
    assert "exportedInputs" not in status
    lab.ask("ResourceSetInputProvider", "tags", "t2", **{"reconcile.fluxcd.io/forceAt": "t2"})
    lab.run(1)
    status = lab.get("ResourceSetInputProvider", "tags")["status"]
    assert status["exportedInputs"][0]["tag"] == "v1"
    assert (status["lastHandledForceAt"], status["lastHandledReconcileAt"]) == ("t2", "t2")
    assert status["nextSchedule"]["when"] == "2026-11-23T08:00:00Z"


def test_when_the_window_opens_it_looks_by_itself(lab):
    provider(lab, schedule=[{"cron": "0 6 * * *", "window": "1h"}])
    lab.run(60)
    assert "exportedInputs" not in lab.get("ResourceSetInputProvider", "tags")["status"]
    lab.run(800)
    status = lab.get("ResourceSetInputProvider", "tags")["status"]
    assert status["exportedInputs"][0]["tag"] == "v1"
    assert "nextSchedule" not in status, "inside a window that the next run is in too"
    lab.run(3600)
    assert lab.get("ResourceSetInputProvider", "tags")["status"]["nextSchedule"]["when"] == "2026-11-22T06:00:00Z"


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        (
            {"cron": "0 8 * * 7"},
            "failed to parse cron spec '0 8 * * 7' with timezone 'UTC': end of range (7) above maximum (6): 7",
        ),
        (
            {"cron": "0 8 * * *", "window": "3m"},
            "a non-zero window (3m0s) must always be at least twice the timeout (2m0s)",
        ),
    ],
)
def test_a_schedule_that_is_refused_stalls_the_provider(lab, schedule, words):
    provider(lab, schedule=[schedule])
    lab.run(1)
    said = f"Reconciliation failed terminally due to configuration error: failed to validate schedule[0]: {words}"
    assert lab.ready("ResourceSetInputProvider", "tags") == ("False/InvalidSchedule", said)
    assert lab.steps("ResourceSetInputProvider/apps/tags")[-1].startswith("Stalled=True/InvalidSchedule")


def test_disabled_by_annotation_nothing_but_the_annotation_tells(lab):
    provider(lab)
    lab.run(2)
    before = lab.get("ResourceSetInputProvider", "tags")["status"]
    off = {"metadata": {"annotations": {"fluxcd.controlplane.io/reconcile": "disabled"}}}
    lab.patch("ResourceSetInputProvider", "tags", off | {"spec": {"defaultValues": {"tag": "v9"}}})
    lab.run(900)
    assert lab.get("ResourceSetInputProvider", "tags")["status"] == before
    assert lab.events("ReconciliationDisabled")[0]["type"] == "Warning"


def instance(lab, *components):
    distribution = {"version": "2.9.x", "registry": "ghcr.io/fluxcd"}
    lab.make("FluxInstance", "flux", "flux-system", spec={"distribution": distribution, "components": list(components)})
    lab.make(
        "FluxReport",
        "flux",
        "flux-system",
        annotations={"fluxcd.controlplane.io/reconcileEvery": "45s"},
        spec={"cluster": {"serverVersion": "v1.36.3"}},
    )


def stats(lab, kind):
    report = lab.get("FluxReport", "flux", "flux-system")["spec"]
    return next(item["stats"] for item in report["reconcilers"] if item["kind"] == kind)


def test_the_report_counts_what_fails_among_what_runs_and_lags_by_one_generation(lab):
    instance(lab, "source-controller", "kustomize-controller")
    lab.push("app", manifests=[lab.config("settings")])
    lab.source("app")
    lab.source("lost", repository="missing")
    lab.kustomization("app")
    lab.kustomization("bad", source="lost")
    lab.kustomization("later", dependsOn=[{"name": "bad"}])
    lab.kustomization("still", suspend=True)
    lab.run(91)
    assert stats(lab, "Kustomization") == {"failing": 1, "running": 3, "suspended": 1}
    assert stats(lab, "OCIRepository") == {"failing": 1, "running": 2, "suspended": 0, "totalSize": "213 B"}
    lab.kustomization("more")
    lab.run(46)
    report = lab.get("FluxReport", "flux", "flux-system")
    assert stats(lab, "Kustomization")["running"] == 4
    assert report["status"]["conditions"][0]["observedGeneration"] == report["metadata"]["generation"] - 1
    assert [c["ready"] for c in report["spec"]["components"]] == [True, True]
    assert "sync" not in report["spec"]


def test_a_component_that_is_taken_off_the_instance_goes(lab):
    instance(lab, "source-controller", "helm-controller")
    lab.run(20)
    assert lab.get("Deployment", "helm-controller", "flux-system")
    lab.patch("FluxInstance", "flux", {"spec": {"components": ["source-controller"]}}, "flux-system")
    lab.run(20)
    assert lab.get("Deployment", "helm-controller", "flux-system") is None
    status = lab.get("FluxInstance", "flux", "flux-system")["status"]
    assert [item["name"] for item in status["components"]] == ["source-controller"]
    assert len(status["history"]) == 2
    assert status["lastAppliedRevision"].startswith("v2.9.4@sha256:")


@pytest.mark.parametrize("kind", ["ResourceSet", "ResourceSetInputProvider", "FluxInstance", "FluxReport"])
def test_statuses_have_the_recorded_fields(lab, recorded, kind):
    instance(lab, "source-controller", "kustomize-controller")
    provider(lab, "flux", schedule=[OPEN_AT_EIGHT])
    resource_set(lab, "flux", inputs=[{"tenant": "frontend", "tag": "v1"}])
    lab.run(60)
    names = [
        set(row["event"]["object"]["status"])
        for row in recorded.rows
        if row["event"]["object"].get("kind") == kind and row["event"]["object"].get("status")
    ]
    namespace = "flux-system" if kind.startswith("Flux") else "apps"
    assert set(lab.get(kind, "flux", namespace)["status"]) in names
