"""Sources, generators, notification and image kinds: which revision they hold, and what they follow."""

import json

import pytest

from fluxtui.kinds.table import KINDS


def decode(kind, spec=None, status=None, **meta):
    metadata = {"name": "shop", "namespace": "web", "uid": "u", "resourceVersion": "7", "generation": 1} | meta
    data = {"apiVersion": "x/v1", "kind": kind, "metadata": metadata, "spec": spec or {}, "status": status or {}}
    record = KINDS[kind].decode_object(json.dumps(data).encode())
    assert record.flaw == ""
    return record


ARTIFACT = {
    "revision": "v1@sha256:aa",
    "digest": "sha256:bb",
    "lastUpdateTime": "2026-09-21T14:13:20Z",
    "size": 812,
    "metadata": {"org.opencontainers.image.revision": "main@sha1:cc", "org.opencontainers.image.source": "x"},
}


@pytest.mark.parametrize("kind", ["OCIRepository", "GitRepository", "HelmRepository", "HelmChart", "ExternalArtifact"])
def test_the_artifact_tells_revision_origin_and_age(kind):
    record = decode(kind, status={"artifact": ARTIFACT})
    assert (record.revision, record.origin, record.updated) == ("v1@sha256:aa", "main@sha1:cc", 1_790_000_000)
    assert record.built_from == "x"


@pytest.mark.parametrize(
    ("kind", "ref", "wanted"),
    [
        ("OCIRepository", {"tag": "latest"}, "latest"),
        ("OCIRepository", {"tag": "latest", "semver": ">=1"}, "semver >=1"),
        ("OCIRepository", {"tag": "latest", "semver": ">=1", "digest": "sha256:aa"}, "sha256:aa"),
        ("GitRepository", {"branch": "main"}, "main"),
        ("GitRepository", {"branch": "main", "tag": "v1"}, "v1"),
        ("GitRepository", {"branch": "main", "tag": "v1", "semver": "1.x"}, "semver 1.x"),
        ("GitRepository", {"semver": "1.x", "name": "refs/pull/1/head"}, "refs/pull/1/head"),
        ("GitRepository", {"branch": "main", "name": "refs/x", "commit": "abc"}, "abc"),
        ("GitRepository", {}, ""),
    ],
)
def test_of_several_references_the_one_that_the_controller_follows(kind, ref, wanted):
    assert decode(kind, {"ref": ref}).wanted == wanted


def test_who_must_have_signed():
    assert decode("OCIRepository", {"verify": {"provider": "cosign"}}).verify == "cosign"
    assert decode("GitRepository", {"verify": {"mode": "HEAD", "secretRef": {"name": "k"}}}).verify == "HEAD"


def test_a_repository_tells_where_it_reads_and_whether_it_is_paused():
    record = decode("GitRepository", {"url": "https://git.example.com/shop", "interval": "1m0s", "suspend": True})
    assert (record.url, record.interval, record.suspended) == ("https://git.example.com/shop", 60, True)


def test_a_bucket_is_an_endpoint_and_a_name():
    assert decode("Bucket", {"endpoint": "minio:9000", "bucketName": "fleet"}).url == "minio:9000/fleet"


def test_a_chart_tells_its_version_and_repository():
    spec = {"chart": "cache", "version": "1.x", "sourceRef": {"kind": "HelmRepository", "name": "charts"}}
    record = decode("HelmChart", spec)
    assert (record.path, record.wanted, record.source) == ("cache", "1.x", "HelmRepository/web/charts")


def test_an_external_artifact_points_at_its_maker():
    made = decode("ExternalArtifact", {"sourceRef": {"kind": "ArtifactGenerator", "name": "parts"}})
    assert made.source == "ArtifactGenerator/web/parts"


def test_a_generator_reads_sources_and_holds_the_artifacts_that_it_made():
    record = decode(
        "ArtifactGenerator",
        {"sources": [{"alias": "a", "kind": "GitRepository", "name": "mono"}, {"kind": "Bucket", "name": "b"}]},
        {
            "conditions": [{"type": "Ready", "status": "True", "reason": "Succeeded"}],
            "inventory": [
                {"name": "front", "namespace": "web", "digest": "sha256:aa", "filename": "x.tar.gz"},
                {"name": "back", "namespace": "web", "digest": "sha256:bb", "filename": "y.tar.gz"},
            ],
        },
    )
    assert record.inputs == ("GitRepository/web/mono", "Bucket/web/b")
    assert record.produced == ("ExternalArtifact/web/front", "ExternalArtifact/web/back")
    assert (record.inventory_size, record.ready) == (2, "True")
    assert record.inventory.split("\n")[0] == "web_front_source.toolkit.fluxcd.io_ExternalArtifact"
    assert decode("ArtifactGenerator").inventory_size == -1
    assert decode("ArtifactGenerator", status={"inventory": []}).inventory_size == 0


def test_a_generator_is_suspended_by_its_own_annotation():
    assert decode("ArtifactGenerator", annotations={"source.extensions.fluxcd.io/reconcile": "disabled"}).suspended
    assert not decode("ArtifactGenerator", annotations={"fluxcd.controlplane.io/reconcile": "disabled"}).suspended


def test_alerts_point_at_their_provider_and_receivers_and_providers_tell_their_type():
    assert decode("Alert", {"providerRef": {"name": "chat"}, "eventSources": []}).inputs == ("Provider/web/chat",)
    assert decode("Receiver", {"type": "github"}, {"webhookPath": "/hook/secret"}).url == "github"


def test_the_address_of_a_provider_is_not_kept_for_it_may_hold_a_secret():
    record = decode("Provider", {"type": "slack", "address": "https://hooks.example.com/services/T0/B0/hunter2"})
    assert record.url == "slack"
    assert "hunter2" not in repr(record)


def test_the_image_kinds():
    scanned = decode(
        "ImageRepository",
        {"image": "ghcr.io/x/shop", "interval": "5m"},
        {"lastScanResult": {"tagCount": 3, "scanTime": "2026-09-21T14:13:20Z"}},
    )
    assert (scanned.url, scanned.updated, scanned.interval) == ("ghcr.io/x/shop", 1_790_000_000, 300)
    policy = decode(
        "ImagePolicy",
        {"imageRepositoryRef": {"name": "shop"}},
        {"latestRef": {"name": "ghcr.io/x/shop", "tag": "1.2.3", "digest": "sha256:aa"}},
    )
    assert (policy.source, policy.revision) == ("ImageRepository/web/shop", "ghcr.io/x/shop:1.2.3")
    assert decode("ImagePolicy", {}, {"latestImage": "ghcr.io/x/shop:1"}).revision == "ghcr.io/x/shop:1"
    pushed = decode(
        "ImageUpdateAutomation",
        {"sourceRef": {"kind": "GitRepository", "name": "fleet"}},
        {"lastPushCommit": "abc", "lastPushTime": "2026-09-21T14:13:21Z"},
    )
    assert (pushed.source, pushed.revision, pushed.updated) == ("GitRepository/web/fleet", "abc", 1_790_000_001)
