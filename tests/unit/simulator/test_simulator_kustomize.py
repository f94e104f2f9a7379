"""Kustomizations: the blinking of healthy ones, the rhythm of failing ones, and who waits for whom in which words."""

import pytest

RUNNING = "Reconciling=True/Progressing Ready=Unknown/Progressing"
RETRYING = "Reconciling=True/ProgressingWithRetry Ready=False/HealthCheckFailed Healthy=False/HealthCheckFailed"
DONE = "Ready=True/ReconciliationSucceeded Healthy=True/Succeeded"
BLINK = [
    f"{RUNNING} Healthy=True/Succeeded",
    f"{RUNNING} Healthy=Unknown/Progressing",
    f"{RUNNING} Healthy=True/Succeeded",
    DONE,
]
FLAP = [
    f"{RUNNING} Healthy=True/Succeeded",
    f"{RUNNING} Healthy=Unknown/Progressing",
    RETRYING,
    f"{RUNNING} Healthy=False/HealthCheckFailed",
    f"{RUNNING} Healthy=Unknown/Progressing",
]
APP = "Kustomization/apps/app"


@pytest.fixture
def app(lab):
    """A healthy Kustomization that waits."""
    lab.push("app", manifests=[lab.config("settings")])
    lab.source("app")
    lab.kustomization("app", wait=True)
    lab.run(5)
    assert lab.ready("Kustomization", "app")[0] == "True/ReconciliationSucceeded"
    return lab


def break_it(lab):
    lab.engine.broken["apps", "webhook"] = "v2"
    lab.push("app", manifests=[lab.config("settings"), lab.deployment("webhook", "webhook:v2")], marker="bad")
    lab.ask("OCIRepository", "app", "t1")


def test_a_healthy_one_blinks_at_every_interval(app):
    app.run(70)
    assert app.steps(APP, since=5) == BLINK


def test_the_blink_is_as_recorded(recorded):
    assert recorded("Kustomization", "frontend", "apps", 160, 175) == BLINK


def test_a_failing_one_is_unknown_while_its_checks_wait_and_false_until_the_retry(app):
    break_it(app)
    app.run(64)
    assert app.steps(APP, since=5.1) == FLAP
    changes = [(time, text) for time, text in app.said[APP] if time > 5.1]
    failed = next(time for time, text in changes if text == RETRYING)
    began = changes[0][0]
    again = next(time for time, text in changes if time > failed and text.startswith(RUNNING))
    assert failed - began == pytest.approx(30, abs=1)
    assert again - failed == pytest.approx(20, abs=1)


def test_the_flapping_is_as_recorded(recorded):
    assert recorded("Kustomization", "cert-manager", "infra-controllers", 331, 384) == FLAP


def test_the_failure_and_its_history_say_what_when_and_how_often(app):
    good = app.get("Kustomization", "app")["status"]["lastAppliedRevision"]
    break_it(app)
    app.run(90)
    status = app.get("Kustomization", "app")["status"]
    state, message = app.ready("Kustomization", "app")
    assert state == "False/HealthCheckFailed"
    assert message.startswith("health check failed after 30.")
    assert message.endswith("timeout waiting for: [Deployment/apps/webhook status: 'InProgress']")
    newest, before = status["history"]
    assert (newest["lastReconciledStatus"], newest["totalReconciliations"]) == ("HealthCheckFailed", 2)
    assert newest["firstReconciled"] < newest["lastReconciled"]
    assert newest["metadata"] == {"revision": status["lastAttemptedRevision"], "originRevision": "main@sha1:bad"}
    assert (before["lastReconciledStatus"], before["metadata"]["revision"]) == ("ReconciliationSucceeded", good)
    assert status["lastAppliedRevision"] == good != status["lastAttemptedRevision"]


def test_a_mended_workload_heals_it(app):
    break_it(app)
    app.run(40)
    app.engine.broken.clear()
    app.engine.enqueue(("Deployment", "apps", "webhook"))
    app.run(60)
    assert app.ready("Kustomization", "app")[0] == "True/ReconciliationSucceeded"
    assert app.get("Kustomization", "app")["status"]["history"][0]["lastReconciledStatus"] == "ReconciliationSucceeded"


def test_what_has_stalled_fails_the_check_at_once(lab):
    release = {"interval": "1m", "chartRef": {"kind": "OCIRepository", "name": "chart"}, "timeout": "10s"}
    manifest = {"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease"}
    manifest |= {"metadata": {"name": "web", "namespace": "apps"}, "spec": release}
    lab.push("chart", tag="v1.0.0", chart="web", version="1.0.0", workloads=[lab.deployment("web", "web:v1")])
    lab.source("chart", tag="v1.0.0")
    lab.push("app", manifests=[manifest])
    lab.source("app")
    lab.engine.broken["apps", "web"] = ""
    lab.kustomization("app", wait=True, timeout="5m")
    lab.run(30)
    assert lab.ready("Kustomization", "app")[1].endswith(
        "failed early due to stalled resources: [HelmRelease/apps/web status: 'Failed']"
    )


def test_a_dependent_waits_in_the_controllers_words_and_goes_on_when_it_may(app):
    app.kustomization("after", dependsOn=[{"name": "app"}, {"name": "nowhere"}])
    app.run(1)
    assert app.ready("Kustomization", "after") == ("False/DependencyNotReady", "dependency 'apps/nowhere' not found")
    app.patch("Kustomization", "after", {"spec": {"dependsOn": [{"name": "app"}]}})
    app.run(1)
    break_it(app)
    app.run(0.3)
    assert app.ready("Kustomization", "after")[1] == "dependency 'apps/app' revision is not up to date"
    app.run(34)
    assert app.ready("Kustomization", "after")[1] == "dependency 'apps/app' is not ready"
    app.engine.broken.clear()
    app.run(120)
    assert app.ready("Kustomization", "after")[0] == "True/ReconciliationSucceeded"


def test_a_ready_expression_replaces_the_built_in_check(app):
    break_it(app)
    app.run(2)
    app.kustomization("later", dependsOn=[{"name": "app", "readyExpr": "dep.status.observedGeneration >= 0"}])
    app.kustomization("typo", dependsOn=[{"name": "app", "readyExpr": "dep.status.foo =="}])
    app.run(3)
    assert app.ready("Kustomization", "later")[0] == "True/ReconciliationSucceeded"
    state, message = app.ready("Kustomization", "typo")
    assert state == "False/InvalidCELExpression"
    assert "failed to parse the CEL expression 'dep.status.foo =='" in message
    assert app.steps("Kustomization/apps/typo")[-1].startswith("Stalled=True/InvalidCELExpression")


def test_without_an_artifact_or_a_source_there_is_nothing_to_apply(lab):
    lab.kustomization("lost", source="nowhere")
    lab.source("empty", repository="missing")
    lab.kustomization("app", source="empty")
    lab.run(2)
    said = 'OCIRepository.source.toolkit.fluxcd.io "nowhere" not found'
    assert lab.ready("Kustomization", "lost") == ("False/ArtifactFailed", said)
    assert lab.ready("Kustomization", "app") == (
        "False/ArtifactFailed",
        "Source artifact not found, retrying in 30s",
    )
    assert lab.get("Kustomization", "app")["status"]["observedGeneration"] == -1


def test_suspended_it_stays_as_it_is_and_green(app):
    app.patch("Kustomization", "app", {"spec": {"suspend": True}})
    before = app.get("Kustomization", "app")
    app.push("app", manifests=[app.config("settings"), app.config("more")], marker="next")
    app.run(300)
    assert app.get("Kustomization", "app") == before
    assert app.ready("Kustomization", "app")[0] == "True/ReconciliationSucceeded"
    app.patch("Kustomization", "app", {"spec": {"suspend": None}})
    app.run(1)
    assert app.get("ConfigMap", "more") is not None


def test_a_request_runs_and_is_noted(app):
    runs = app.get("Kustomization", "app")["status"]["history"][0]["totalReconciliations"]
    app.ask("Kustomization", "app", "2026-11-21T06:00:00Z")
    app.run(1)
    status = app.get("Kustomization", "app")["status"]
    assert status["lastHandledReconcileAt"] == "2026-11-21T06:00:00Z"
    assert status["history"][0]["totalReconciliations"] == runs + 1


def test_drift_is_corrected_and_what_is_no_longer_wanted_pruned(app):
    app.patch("ConfigMap", "settings", {"data": {"mode": "edited"}})
    app.push("app", manifests=[app.config("other", mode="safe")], marker="next")
    app.ask("OCIRepository", "app", "t1")
    app.run(3)
    assert app.get("ConfigMap", "settings") is None
    app.patch("ConfigMap", "other", {"data": {"mode": "edited"}})
    app.ask("Kustomization", "app", "t2")
    app.run(1)
    assert app.get("ConfigMap", "other")["data"] == {"mode": "safe"}
    lines = [event["message"] for event in app.events("Progressing", "app")]
    assert "ConfigMap/apps/other created\nConfigMap/apps/settings deleted" in lines
    assert "ConfigMap/apps/other configured" in lines


def test_deleted_it_takes_along_what_it_made(app):
    app.objects.delete("Kustomization", "apps", "app")
    app.run(1)
    assert app.get("Kustomization", "app") is None
    assert app.get("ConfigMap", "settings") is None


def test_its_status_has_the_recorded_fields(app, recorded):
    real = next(
        row["event"]["object"]["status"]
        for row in reversed(recorded.rows)
        if row["event"]["object"].get("kind") == "Kustomization"
        and (row["event"]["object"].get("status") or {}).get("lastAppliedRevision")
    )
    ours = app.get("Kustomization", "app")["status"]
    assert set(ours) == set(real) - {"lastHandledReconcileAt"}
    assert set(ours["history"][0]) == set(real["history"][0])
    assert set(ours["conditions"][0]) == set(real["conditions"][0])
