"""Kustomizations and HelmReleases as their controllers write them, and what a record tells of them."""

import json

import pytest

from fluxtui.kinds.record import Need
from fluxtui.kinds.table import KINDS

HOUR = 3600
AT = 1_790_000_000  # 2026-09-21T14:13:20Z


def time(offset: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(AT + offset, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def decode(kind, spec=None, status=None, **meta):
    metadata = {"name": "shop", "namespace": "web", "uid": "u-1", "resourceVersion": "41", "generation": 4} | meta
    data = {"apiVersion": "x/v1", "kind": kind, "metadata": metadata, "spec": spec or {}, "status": status or {}}
    record = KINDS[kind].decode_object(json.dumps(data).encode())
    assert record.flaw == ""
    return record


def run(status, first, last, digest="sha256:aa", tries=1, **metadata):
    return {
        "digest": digest,
        "firstReconciled": time(first),
        "lastReconciled": time(last),
        "lastReconciledDuration": "1.5s",
        "lastReconciledStatus": status,
        "totalReconciliations": tries,
        "metadata": metadata,
    }


def test_identity_comes_from_the_metadata():
    record = decode(
        "Kustomization",
        creationTimestamp=time(0),
        deletionTimestamp=time(60),
        labels={"team": "shop", "tier": "1"},
        finalizers=["finalizers.fluxcd.io"],
        managedFields=[{"manager": "kustomize-controller"}],
    )
    assert (record.kind, record.id) == ("Kustomization", "Kustomization/web/shop")
    assert (record.namespace, record.name, record.uid, record.version) == ("web", "shop", "u-1", "41")
    assert (record.generation, record.created, record.deleting) == (4, AT, AT + 60)
    assert record.labels == "team=shop\ntier=1"
    assert record.label("tier") == "1"
    assert record.label("ti") == ""


def test_conditions_are_ready_and_the_others():
    record = decode(
        "Kustomization",
        status={
            "observedGeneration": 2,
            "conditions": [
                {"type": "Reconciling", "status": "True", "reason": "ProgressingWithRetry", "message": "again"},
                {
                    "type": "Ready",
                    "status": "False",
                    "reason": "HealthCheckFailed",
                    "message": "timeout waiting for: [Deployment/web/shop]\nsecond line",
                    "lastTransitionTime": time(30),
                    "observedGeneration": 3,
                },
                {"type": "Healthy", "status": "False", "reason": "HealthCheckFailed"},
            ],
        },
    )
    assert (record.ready, record.reason, record.ready_since) == ("False", "HealthCheckFailed", AT + 30)
    assert record.message == "timeout waiting for: [Deployment/web/shop]\nsecond line"
    assert record.observed == 3, "Ready's own generation comes before the status'"
    assert record.conditions == ("Reconciling=True/ProgressingWithRetry", "Healthy=False/HealthCheckFailed")
    assert record.condition("Healthy") == ("False", "HealthCheckFailed")
    assert record.condition("Stalled") == ("", "")


def test_observed_falls_back_to_the_status_and_says_minus_one_before_the_first_reconcile():
    assert decode("Kustomization", status={"observedGeneration": -1}).observed == -1
    assert decode("Kustomization").observed == -1
    ready = {"type": "Ready", "status": "True", "reason": "Succeeded"}
    assert decode("Kustomization", status={"observedGeneration": 2, "conditions": [ready]}).observed == 2


def test_what_is_delivered_from_where():
    record = decode(
        "Kustomization",
        spec={
            "interval": "10m30s",
            "path": "./deploy/prod",
            "sourceRef": {"kind": "OCIRepository", "name": "shop", "namespace": "sources"},
            "postBuild": {
                "substitute": {"a": "b"},
                "substituteFrom": [
                    {"kind": "ConfigMap", "name": "cluster-info", "optional": True},
                    {"kind": "Secret", "name": "keys"},
                ],
            },
        },
        status={
            "lastAppliedRevision": "v1@sha256:11",
            "lastAttemptedRevision": "v2@sha256:22",
            "lastAppliedOriginRevision": "main@sha1:33",
        },
    )
    assert (record.interval, record.path, record.source) == (630, "./deploy/prod", "OCIRepository/sources/shop")
    assert (record.revision, record.attempted, record.origin) == ("v1@sha256:11", "v2@sha256:22", "main@sha1:33")
    assert record.inputs == ("ConfigMap/web/cluster-info", "Secret/web/keys")


@pytest.mark.parametrize(("spec", "waits"), [({"wait": True}, True), ({"wait": False}, False), ({}, False)])
def test_whether_it_is_ready_only_with_what_it_applied(spec, waits):
    assert decode("Kustomization", spec=spec).waits is waits


def test_a_source_without_kind_and_namespace_is_a_git_repository_beside_it():
    assert decode("Kustomization", spec={"sourceRef": {"name": "shop"}}).source == "GitRepository/web/shop"


def test_depends_on_the_same_kind_ready_or_by_expression():
    depends = [
        {"name": "db"},
        {"name": "crds", "namespace": "infra", "readyExpr": "status.observedGeneration >= 0"},
        {},
    ]
    assert decode("Kustomization", spec={"dependsOn": depends}).needs == (
        Need("Kustomization/web/db", "ready"),
        Need("Kustomization/infra/crds", "expression", "status.observedGeneration >= 0"),
    )
    assert decode("HelmRelease", spec={"dependsOn": depends[:1]}).needs == (Need("HelmRelease/web/db"),)


def test_inventory_is_kept_as_text_and_flux_objects_in_it_by_id():
    ids = [
        "_shop__Namespace",
        "web_shop_apps_Deployment",
        "web_settings__ConfigMap",
        "_system__node-reader_rbac.authorization.k8s.io_ClusterRole",
        "web_db_kustomize.toolkit.fluxcd.io_Kustomization",
        "web_a__b_source.toolkit.fluxcd.io_OCIRepository",
        "web_preview_fluxcd.controlplane.io_ResourceSet",
        "web_parts_source.extensions.fluxcd.io_ArtifactGenerator",
        "_buckets.source.toolkit.fluxcd.io_apiextensions.k8s.io_CustomResourceDefinition",
        "web_s3_s3.aws.upbound.io_Bucket",
        "_aws_pkg.crossplane.io_Provider",
        "_odd_example.com_Namespace",
    ]
    record = decode("Kustomization", status={"inventory": {"entries": [{"id": i, "v": "v1"} for i in ids]}})
    assert record.inventory == "\n".join(ids)
    assert record.inventory_size == 12
    assert record.produced == (
        "Namespace//shop",
        "Kustomization/web/db",
        "OCIRepository/web/a:b",
        "ResourceSet/web/preview",
        "ArtifactGenerator/web/parts",
    ), "CRDs of Flux and the Buckets and Providers of others are no Flux objects"


def test_no_inventory_is_not_an_empty_one():
    assert decode("Kustomization").inventory_size == -1
    assert decode("Kustomization", status={"inventory": {"entries": []}}).inventory_size == 0
    assert decode("Kustomization", status={"inventory": {}}).inventory_size == -1


def test_the_owner_is_the_one_of_the_labels():
    def owned(labels, **more):
        return decode("Kustomization", labels=labels, **more).owner

    assert (
        owned({"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"})
        == "Kustomization/flux-system/apps"
    )
    assert owned({"helm.toolkit.fluxcd.io/name": "x", "helm.toolkit.fluxcd.io/namespace": "web"}) == "HelmRelease/web/x"
    rset = {
        "resourceset.fluxcd.controlplane.io/name": "apps",
        "resourceset.fluxcd.controlplane.io/namespace": "flux-system",
    }
    assert owned(rset) == "ResourceSet/flux-system/apps"
    flux = {"fluxcd.controlplane.io/name": "flux", "fluxcd.controlplane.io/namespace": "flux-system"}
    assert owned(flux) == "FluxInstance/flux-system/flux"
    assert owned({"kustomize.toolkit.fluxcd.io/name": "here"}) == "Kustomization/web/here"
    assert owned({"app": "shop"}) == ""
    reference = [{"apiVersion": "v1", "kind": "ResourceSet", "name": "by-reference", "uid": "u"}]
    assert owned(rset, ownerReferences=reference) == "ResourceSet/flux-system/apps"
    assert owned({}, ownerReferences=reference) == "ResourceSet/web/by-reference"


def test_a_kustomization_that_applies_itself_is_owned_by_the_next_in_line():
    own = {"kustomize.toolkit.fluxcd.io/name": "shop", "kustomize.toolkit.fluxcd.io/namespace": "web"}
    assert decode("Kustomization", labels=own).owner == ""
    flux = {"fluxcd.controlplane.io/name": "flux", "fluxcd.controlplane.io/namespace": "flux-system"}
    assert decode("Kustomization", labels=own | flux).owner == "FluxInstance/flux-system/flux"


def test_suspended_by_the_spec_and_by_whom():
    assert not decode("Kustomization", spec={"suspend": False}).suspended
    assert decode("HelmRelease", spec={"suspend": True}).suspended
    operator = {"fluxcd.controlplane.io/suspendedBy": "jane"}
    assert decode("Kustomization", spec={"suspend": True}, annotations=operator).suspended_by == "jane"
    weave = {
        "metadata.weave.works/suspended-by": "joe",
        "metadata.weave.works/suspended-comment": "till\nmonday",
    }
    assert decode("Kustomization", spec={"suspend": True}, annotations=weave).suspended_by == "joe: till\\x0amonday"
    comment = {"metadata.weave.works/suspended-comment": "why"}
    assert decode("Kustomization", spec={"suspend": True}, annotations=comment).suspended_by == "why"
    disabled = {"fluxcd.controlplane.io/reconcile": "disabled"}
    assert not decode("Kustomization", annotations=disabled).suspended, "the annotation is the operator's"


def test_history_of_a_failure_tells_first_failure_tries_and_the_last_good_state():
    record = decode(
        "Kustomization",
        status={
            "history": [
                run("HealthCheckFailed", 500, 900, "sha256:cc", 9, revision="v3@sha256:33"),
                run("ReconciliationFailed", 300, 480, "sha256:bb", 4, revision="v2@sha256:22"),
                run(
                    "ReconciliationSucceeded", 0, 280, "sha256:aa", 7, revision="v1@sha256:11", originRevision="main@1"
                ),
            ]
        },
    )
    assert (record.outcome, record.outcome_at, record.tries) == ("HealthCheckFailed", AT + 900, 9)
    assert record.outcome_since == AT + 300, "since the first of the failures in a row"
    assert (record.good_at, record.good_revision, record.good_origin) == (AT + 280, "v1@sha256:11", "main@1")


def test_a_digest_that_failed_recovered_and_fails_again_fails_since_it_was_last_good():
    record = decode(
        "Kustomization",
        status={"history": [run("HealthCheckFailed", 0, 900), run("ReconciliationSucceeded", 10, 700)]},
    )
    assert (record.outcome_since, record.good_at) == (AT + 700, AT + 700)


def test_history_of_a_success_is_its_own_last_good_state():
    record = decode(
        "Kustomization",
        status={"history": [run("ReconciliationSucceeded", 100, 900), run("ReconciliationFailed", 0, 90)]},
    )
    assert (record.outcome, record.outcome_since, record.good_at) == ("ReconciliationSucceeded", AT + 100, AT + 900)
    assert record.good_revision == "sha256:aa", "the digest stands for a revision that is not told"


def test_history_without_any_success():
    record = decode("Kustomization", status={"history": [run("BuildFailed", 50, 90), run("ArtifactFailed", 0, 40)]})
    assert (record.outcome_since, record.good_at, record.good_revision) == (AT, 0, "")
    assert decode("Kustomization").outcome == ""
    assert decode("Kustomization", status={"history": []}).outcome_since == 0


def release(status, version, deployed, action="upgrade"):
    return {
        "action": action,
        "chartName": "cache",
        "chartVersion": version,
        "digest": "sha256:dd",
        "firstDeployed": time(0),
        "lastDeployed": time(deployed),
        "name": "shop",
        "namespace": "web",
        "status": status,
        "version": 2,
    }


def test_a_rolled_back_release_is_a_failure_although_its_last_action_succeeded():
    record = decode(
        "HelmRelease",
        status={
            "failures": 3,
            "history": [
                release("deployed", "1.0.0", 300, "rollback"),
                release("failed", "1.1.0", 200),
                release("failed", "1.1.0", 100),
                release("superseded", "1.0.0", 0, "install"),
            ],
            "lastAttemptedRevision": "1.1.0",
        },
    )
    assert (record.outcome, record.outcome_at, record.outcome_since) == ("failed", AT + 200, AT + 100)
    assert record.tries == 3, "the controller counts the failures that history forgot"
    assert (record.revision, record.attempted, record.updated) == ("1.0.0", "1.1.0", AT + 300)
    assert (record.good_revision, record.good_at) == ("1.0.0", AT)


def test_rollbacks_between_failures_are_remedies_and_the_first_release_is_good_whatever_its_action_says():
    record = decode(
        "HelmRelease",
        status={
            "history": [
                release("deployed", "1.0.0", 400, "rollback"),
                release("failed", "1.1.0", 300),
                release("superseded", "1.0.0", 200, "rollback"),
                release("failed", "1.1.0", 100),
                release("superseded", "1.0.0", 0, "rollback"),
            ]
        },
    )
    assert (record.outcome_since, record.tries, record.good_at) == (AT + 100, 2, AT)


def test_a_first_release_that_fails_was_never_good():
    record = decode("HelmRelease", status={"history": [release("failed", "1.0.0", 100, "install")]})
    assert (record.outcome, record.outcome_since, record.good_at) == ("failed", AT + 100, 0)


def test_new_values_of_the_same_chart_that_fail_were_good_with_the_old_ones():
    record = decode(
        "HelmRelease", status={"history": [release("failed", "1.0.0", 100), release("superseded", "1.0.0", 50)]}
    )
    assert (record.outcome, record.good_at, record.good_revision) == ("failed", AT + 50, "1.0.0")


def test_a_release_that_went_well():
    record = decode(
        "HelmRelease",
        status={"failures": 2, "history": [release("deployed", "2.0.0", 50), release("superseded", "1.9.0", 0)]},
    )
    assert (record.outcome, record.tries, record.revision) == ("deployed", 1, "2.0.0")
    assert (record.good_revision, record.good_at) == ("1.9.0", AT)


def test_a_chart_by_reference():
    reference = {"kind": "OCIRepository", "name": "cache"}
    assert decode("HelmRelease", spec={"chartRef": reference}).source == "OCIRepository/web/cache"
    reference = {"kind": "HelmChart", "name": "cache", "namespace": "charts"}
    assert decode("HelmRelease", spec={"chartRef": reference}).source == "HelmChart/charts/cache"


def test_a_chart_template_is_the_helm_chart_that_the_controller_makes_of_it():
    template = {"chart": "cache", "version": "1.x", "sourceRef": {"kind": "HelmRepository", "name": "bitnami"}}
    record = decode("HelmRelease", spec={"chart": {"spec": template}})
    assert (record.source, record.path) == ("HelmChart/web/web-shop", "cache")
    template["sourceRef"]["namespace"] = "charts"
    assert decode("HelmRelease", spec={"chart": {"spec": template}}).source == "HelmChart/charts/web-shop"


def test_values_of_a_release_are_inputs_and_its_inventory_counts():
    record = decode(
        "HelmRelease",
        spec={"valuesFrom": [{"kind": "Secret", "name": "v"}, {"kind": "ConfigMap", "name": "w"}], "values": {"a": 1}},
        status={"inventory": {"entries": [{"id": "web_shop__ConfigMap", "v": "v1"}]}},
    )
    assert record.inputs == ("Secret/web/v", "ConfigMap/web/w")
    assert record.inventory_size == 1
