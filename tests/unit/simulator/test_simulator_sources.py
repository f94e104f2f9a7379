"""Sources: new revisions, registries that go away, signatures that are refused, and what stays green meanwhile."""

import pytest

PULLED = "Ready=True/Succeeded ArtifactInStorage=True/Succeeded"
NEWS = [
    PULLED,
    f"Reconciling=True/Progressing {PULLED}",
    "Reconciling=True/Progressing Ready=Unknown/Progressing ArtifactInStorage=True/Succeeded "
    "ArtifactOutdated=True/NewRevision",
    PULLED,
]
AWAY = (
    "Reconciling=True/ProgressingWithRetry Ready=False/OCIArtifactPullFailed ArtifactInStorage=True/Succeeded "
    "FetchFailed=True/OCIArtifactPullFailed"
)
REFUSED = [
    "",
    "Reconciling=True/Progressing Ready=Unknown/Progressing",
    "Reconciling=True/Progressing Ready=Unknown/Progressing SourceVerified=False/VerificationError",
    "Reconciling=True/ProgressingWithRetry Ready=False/VerificationError SourceVerified=False/VerificationError",
]
VERIFY = {"provider": "cosign", "matchOIDCIdentity": [{"issuer": ".*", "subject": ".*"}]}


@pytest.fixture
def app(lab):
    lab.push("app", manifests=[lab.config("settings")])
    lab.source("app")
    lab.kustomization("app")
    lab.run(2)
    return lab


def test_a_new_revision_goes_through_unknown_and_is_delivered(app):
    app.push("app", manifests=[app.config("settings", a="b")], marker="bbbb2222")
    since = app.clock.time - app.start
    app.ask("OCIRepository", "app", "t1")
    app.run(2)
    assert app.steps("OCIRepository/apps/app", since) == NEWS
    artifact = app.get("OCIRepository", "app")["status"]["artifact"]
    assert artifact["metadata"]["org.opencontainers.image.revision"] == "main@sha1:bbbb2222"
    assert app.get("Kustomization", "app")["status"]["lastAppliedRevision"] == artifact["revision"]


def test_a_new_revision_is_as_recorded(recorded):
    assert recorded("OCIRepository", "frontend", "apps", 441, 443) == NEWS


def test_a_registry_away_fails_the_source_and_leaves_the_kustomization_green(app):
    app.world.down["registry.example.com"] = "refused"
    since = app.clock.time - app.start
    app.run(70)
    assert app.steps("OCIRepository/apps/app", since)[-1] == AWAY
    assert "connect: connection refused" in app.ready("OCIRepository", "app")[1]
    assert app.ready("Kustomization", "app")[0] == "True/ReconciliationSucceeded"
    assert app.events("OCIArtifactPullFailed", "app")[0]["count"] > 1
    del app.world.down["registry.example.com"]
    app.run(60)
    assert app.ready("OCIRepository", "app")[0] == "True/Succeeded"


def test_a_registry_away_is_as_recorded(recorded):
    assert recorded("OCIRepository", "frontend", "apps", 559, 660) == [AWAY, PULLED]


def test_a_refused_signature_leaves_no_artifact_at_first(lab):
    lab.push("app", unsigned="no signatures found")
    lab.source("app", verify=VERIFY)
    lab.kustomization("app")
    lab.run(0.5)
    assert lab.steps("OCIRepository/apps/app") == REFUSED
    assert lab.ready("OCIRepository", "app")[1] == (
        "failed to verify the signature using provider 'cosign keyless': no signatures found"
    )
    assert lab.ready("Kustomization", "app")[0] == "False/ArtifactFailed"


def test_a_refused_signature_is_as_recorded(recorded):
    assert recorded("OCIRepository", "backend", "apps", 109, 111) == REFUSED


def test_a_refused_new_revision_keeps_the_last_artifact_green(lab):
    good = lab.push("app", manifests=[lab.config("settings")])
    lab.source("app", verify=VERIFY)
    lab.kustomization("app")
    lab.run(2)
    assert "SourceVerified=True/Succeeded" in lab.steps("OCIRepository/apps/app")[-1]
    lab.push("app", manifests=[lab.config("evil")], unsigned="no matching signatures", marker="evil")
    lab.run(120)
    assert lab.ready("OCIRepository", "app")[0] == "False/VerificationError"
    assert lab.get("OCIRepository", "app")["status"]["artifact"]["revision"] == f"latest@{good.digest}"
    assert not any("Ready=False" in step for step in lab.steps("Kustomization/apps/app", since=2))
    assert lab.get("ConfigMap", "settings") and not lab.get("ConfigMap", "evil")


@pytest.mark.parametrize(
    ("ref", "reason", "words"),
    [
        ({"tag": "v9"}, "OCIArtifactPullFailed", "MANIFEST_UNKNOWN: manifest unknown; map[Tag:v9]"),
        ({"semver": ">=9.0.0"}, "ReadOperationFailed", "no match found for semver: >=9.0.0"),
    ],
)
def test_what_is_not_there_is_said_so(lab, ref, reason, words):
    lab.push("app")
    lab.source("app", ref=ref)
    lab.run(1)
    state, message = lab.ready("OCIRepository", "app")
    assert state == f"False/{reason}"
    assert message.endswith(words)


def test_its_status_has_the_recorded_fields(app, recorded):
    real = next(
        row["event"]["object"]["status"]
        for row in reversed(recorded.rows)
        if row["event"]["object"].get("kind") == "OCIRepository"
        and "artifact" in (row["event"]["object"].get("status") or {})
    )
    ours = app.get("OCIRepository", "app")["status"]
    assert set(ours) == set(real) - {"lastHandledReconcileAt"}
    assert set(ours["artifact"]) == set(real["artifact"])
