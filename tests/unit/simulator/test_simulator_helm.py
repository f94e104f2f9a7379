"""HelmReleases: a failure that is named success, retries that end, and what brings a stalled release back."""

import pytest

GOOD = "Drifted=False/NoDriftDetected Released=True/InstallSucceeded"
INSTALL = [
    "",
    "Reconciling=True/Progressing",
    "Reconciling=True/Progressing Ready=Unknown/Progressing",
    "Reconciling=True/Progressing Ready=True/InstallSucceeded Released=True/InstallSucceeded",
    f"Ready=True/InstallSucceeded {GOOD}",
    f"Reconciling=True/Progressing Ready=True/InstallSucceeded {GOOD}",
    f"Ready=True/InstallSucceeded {GOOD}",
]
BAD = "Drifted=False/NoDriftDetected Released=False/UpgradeFailed"
ROLLED = f"{BAD} Remediated=True/RollbackSucceeded"
UPGRADE = [
    f"Reconciling=True/Progressing Ready=True/InstallSucceeded {GOOD}",
    f"Reconciling=True/Progressing Ready=Unknown/Progressing {GOOD}",
    f"Reconciling=True/Progressing Ready=False/UpgradeFailed {BAD}",
    f"Reconciling=True/ProgressingWithRetry Ready=False/RollbackSucceeded {ROLLED}",
    f"Reconciling=True/Progressing Ready=False/RollbackSucceeded {ROLLED}",
    f"Reconciling=True/Progressing Ready=Unknown/Progressing {ROLLED}",
    f"Reconciling=True/Progressing Ready=False/UpgradeFailed {BAD}",
    f"Stalled=True/RetriesExceeded Ready=False/RollbackSucceeded {ROLLED}",
]
CACHE = "HelmRelease/apps/cache"


def chart(lab, version):
    workload = lab.deployment("cache", f"cache:v{version}")
    lab.push("chart", tag=f"v{version}", chart="cache", version=version, workloads=[workload])
    lab.source("chart", tag=f"v{version}") if not lab.get("OCIRepository", "chart") else lab.patch(
        "OCIRepository", "chart", {"spec": {"ref": {"tag": f"v{version}"}}}
    )


def release(lab, name="cache", **spec):
    usual = {"interval": "1m", "timeout": "20s", "chartRef": {"kind": "OCIRepository", "name": "chart"}}
    usual |= {"driftDetection": {"mode": "enabled"}}
    usual |= {"upgrade": {"remediation": {"retries": 1, "remediateLastFailure": True}}}
    lab.make("HelmRelease", name, spec=usual | spec)


@pytest.fixture
def cache(lab):
    chart(lab, "1.0.0")
    lab.run(1)
    release(lab)
    lab.run(20)
    return lab


def upgrade_badly(lab):
    lab.engine.broken["apps", "cache"] = "v1.1.0"
    chart(lab, "1.1.0")


def test_an_install_and_a_run_that_changes_nothing(cache):
    cache.run(60)
    assert cache.steps(CACHE) == INSTALL
    assert cache.ready("HelmRelease", "cache")[1].startswith(
        "Helm install succeeded for release apps/cache.v1 with chart cache@1.0.0+"
    )


def test_the_install_is_as_recorded(recorded):
    assert recorded("HelmRelease", "monitoring", "memcached", 190, 260) == INSTALL


def test_a_failed_upgrade_is_rolled_back_until_the_retries_are_used_up(cache):
    since = cache.clock.time - cache.start
    upgrade_badly(cache)
    cache.run(55)
    assert cache.steps(CACHE, since) == UPGRADE
    status = cache.get("HelmRelease", "cache")["status"]
    assert (status["failures"], status["upgradeFailures"]) == (2, 2)
    assert [item["status"] for item in status["history"][:2]] == ["deployed", "failed"]
    assert status["conditions"][0]["message"] == "Failed to upgrade after 2 attempt(s)"
    image = cache.get("Deployment", "cache")["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image == "cache:v1.0.0"


def test_the_failed_upgrade_is_as_recorded(recorded):
    assert recorded("HelmRelease", "monitoring", "memcached", 299, 360) == UPGRADE


def test_without_remediation_the_first_failure_stays(lab):
    chart(lab, "1.0.0")
    release(lab, upgrade={})
    lab.run(10)
    upgrade_badly(lab)
    lab.run(60)
    state, message = lab.ready("HelmRelease", "cache")
    assert state == "False/UpgradeFailed"
    assert message.endswith("timeout waiting for: [Deployment/apps/cache status: 'InProgress']")
    assert lab.steps(CACHE)[-1].startswith("Stalled=True/RetriesExceeded Ready=False/UpgradeFailed")


def test_another_chart_brings_a_stalled_release_back(cache):
    upgrade_badly(cache)
    cache.run(60)
    chart(cache, "1.2.0")
    cache.run(20)
    assert cache.ready("HelmRelease", "cache")[0] == "True/UpgradeSucceeded"
    assert "Stalled" not in cache.steps(CACHE)[-1]
    assert "upgradeFailures" not in cache.get("HelmRelease", "cache")["status"]


def test_a_reset_counts_the_failures_anew(cache):
    upgrade_badly(cache)
    cache.run(60)
    cache.engine.broken.clear()
    cache.ask("HelmRelease", "cache", "t1", **{"reconcile.fluxcd.io/resetAt": "t1"})
    cache.run(20)
    assert cache.ready("HelmRelease", "cache")[0] == "True/UpgradeSucceeded"
    assert cache.get("HelmRelease", "cache")["status"]["lastHandledReconcileAt"] == "t1"


def test_a_dependent_release_waits(cache):
    upgrade_badly(cache)
    cache.run(30)
    release(cache, "web", dependsOn=[{"name": "cache"}])
    cache.run(2)
    assert cache.ready("HelmRelease", "web") == ("False/DependencyNotReady", "dependency 'apps/cache' is not ready")
    assert "Reconciling=True/Progressing" in cache.steps("HelmRelease/apps/web")[-1]


def test_drift_is_corrected(cache):
    cache.patch("Deployment", "cache", {"spec": {"replicas": 5}})
    cache.run(70)
    assert cache.get("Deployment", "cache")["spec"]["replicas"] == 1
    assert "Deployment/apps/cache changed" in cache.events("DriftDetected")[0]["message"]


def test_deleted_it_says_uninstalled_and_takes_its_workloads_along(cache):
    cache.objects.delete("HelmRelease", "apps", "cache")
    cache.run(1)
    assert "Ready=False/UninstallSucceeded" in cache.said[CACHE][-1][1]
    assert cache.get("Deployment", "cache") is None


def test_its_status_has_the_recorded_fields(cache, recorded):
    upgrade_badly(cache)
    cache.run(60)
    real = next(
        row["event"]["object"]["status"]
        for row in reversed(recorded.rows)
        if row["event"]["object"].get("kind") == "HelmRelease"
        and (row["event"]["object"].get("status") or {}).get("failures")
    )
    ours = cache.get("HelmRelease", "cache")["status"]
    assert set(ours) == set(real)
    assert set(ours["history"][1]) == set(real["history"][1])
