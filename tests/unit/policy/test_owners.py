"""Who delivers what a report is about."""

import pytest

from fluxtui.insight.delivered import Proof
from fluxtui.insight.policy.owners import Owners, chain, is_hub
from fluxtui.store.state import DataState, Phase

REDIS = "apps/v1 Deployment backend/redis"


def kustomization(world, ref="backend/apps", entries=(), *, cluster="prod", labels=None, **spec):
    status = {
        "lastAppliedRevision": "latest@sha256:9ab3",
        "inventory": {"entries": [{"id": entry, "v": "v1"} for entry in entries]},
        "history": [
            {
                "digest": "d",
                "firstReconciled": "2027-01-15T07:00:00Z",
                "lastReconciled": "2027-01-15T07:30:00Z",
                "lastReconciledStatus": "ReconciliationSucceeded",
            }
        ],
    }
    spec = {"sourceRef": {"kind": "OCIRepository", "name": "apps"}} | spec
    return world.put("Kustomization", ref, cluster=cluster, labels=labels, spec=spec, status=status)


@pytest.fixture
def owners(world):
    world.cluster()
    world.tenant("backend")
    world.namespace("cert-manager")

    def of(subject, cluster="prod"):
        makers = lambda cluster, subject: world.makers.get((cluster, f"{subject.kind}/{subject.name}"), ())  # noqa: E731
        hubs = [data for data in world.delivery.clusters() if is_hub(data)]
        return Owners(world.delivery, cluster, makers, hubs).of(subject)

    return of


def test_an_inventory_is_proof_and_tells_source_revision_and_resource_set(world, owners, about):
    kustomization(
        world,
        entries=["backend_redis_apps_Deployment"],
        labels={
            "resourceset.fluxcd.controlplane.io/name": "apps",
            "resourceset.fluxcd.controlplane.io/namespace": "flux-system",
        },
    )
    found = owners(about(REDIS))
    assert (found.id, found.proof, found.cluster) == ("Kustomization/backend/apps", Proof.INVENTORY, "prod")
    assert (found.tenant, found.labelled) == ("backend", True)
    assert found.origin == "ResourceSet/flux-system/apps"
    assert found.source == "OCIRepository/backend/apps"
    assert found.revision == "latest@sha256:9ab3"
    assert found.updated == 1_799_996_400, "since it applies what it applies now"
    assert found.delivered


def test_what_made_it_is_nearly_proof(world, owners, about):
    kustomization(world, entries=["backend_redis_apps_Deployment"])
    made = (about("apps/v1 ReplicaSet backend/redis-7d4"), about(REDIS))
    world.makers["prod", "Pod/redis-7d4-x"] = made
    pod = about("v1 Pod backend/redis-7d4-x")
    found = owners(pod)
    assert (found.id, found.proof) == ("Kustomization/backend/apps", Proof.MAKER)
    assert chain(pod, made) == ("Pod redis-7d4-x", "ReplicaSet redis-7d4", "Deployment redis")


def test_what_made_it_may_have_been_made_itself(world, owners, about):
    kustomization(world, entries=["backend_main_monitoring.coreos.com_Prometheus"])
    world.makers["prod", "Pod/prometheus-0"] = (about("apps/v1 StatefulSet backend/prometheus"),)
    world.makers["prod", "StatefulSet/prometheus"] = (about("monitoring.coreos.com/v1 Prometheus backend/main"),)
    found = owners(about("v1 Pod backend/prometheus-0"))
    assert (found.id, found.proof) == ("Kustomization/backend/apps", Proof.MAKER)
    world.makers["prod", "Pod/loop"] = (about("v1 Pod backend/loop"),)
    assert not owners(about("v1 Pod backend/loop")).delivered


def test_a_flux_object_that_the_labels_of_a_maker_name_is_a_claim(world, owners, about):
    world.makers["prod", "Pod/web"] = (about("kustomize.toolkit.fluxcd.io/v1 Kustomization backend/apps"),)
    assert owners(about("v1 Pod backend/web")).proof is Proof.LABEL
    world.makers["prod", "Pod/other"] = (about("example.com/v1 Kustomization backend/apps"),)
    assert owners(about("v1 Pod backend/other")).proof is Proof.NOTHING


def test_what_nobody_of_flux_delivers(world, owners, about):
    found = owners(about("v1 ConfigMap cert-manager/by-hand"))
    assert (found.id, found.delivered, found.tenant, found.labelled) == ("", False, "cert-manager", False)
    assert owners(about("v1 ConfigMap nowhere/x")).tenant == "nowhere"
    assert owners(about("v1 ConfigMap backend/x"), cluster="gone").tenant == "backend"


def test_what_cannot_be_known_is_not_nobodys(world, owners, about):
    config = about("v1 ConfigMap backend/x")
    assert (owners(config).doubt, owners(config).nobody) == ("", "not delivered by Flux")
    for phase, words in (
        (Phase.FORBIDDEN, "forbidden to us"),
        (Phase.LOADING, "still loading"),
        (Phase.LOGIN, "login"),
    ):
        world.delivery.table("prod", "Kustomization").set_state(DataState(phase))
        assert words in owners(config).doubt
        assert owners(config).nobody.startswith("owner not known: kustomizations")
    for phase in (Phase.MISSING, Phase.STALE):
        world.delivery.table("prod", "Kustomization").set_state(DataState(phase))
        assert owners(config).doubt == "", "there are none, or the last word tells of them"
    world.delivery.table("prod", "Kustomization").set_state(DataState(Phase.FRESH, only="web"))
    assert "namespace web alone" in owners(config).doubt


def test_a_release_without_inventory_may_deliver_what_is_beside_it(world, owners, about):
    history = [{"chartVersion": "1.2.3", "status": "deployed", "lastDeployed": "2027-01-15T07:00:00Z"}]
    world.put("HelmRelease", "backend/old", spec={}, status={"history": history})
    assert owners(about("v1 ConfigMap backend/x")).doubt == "a HelmRelease there has no inventory"
    assert owners(about("v1 ConfigMap cert-manager/x")).doubt == ""


def test_a_namespace_belongs_to_itself_and_a_cluster_scoped_object_to_the_tenant_that_applies_it(world, owners, about):
    kustomization(world, entries=["_backend-view_rbac.authorization.k8s.io_ClusterRole"])
    kustomization(
        world, "flux-system/infra", entries=["_view_rbac.authorization.k8s.io_ClusterRole", "_backend__Namespace"]
    )
    told = owners(about("v1 Namespace backend"))
    assert (told.id, told.tenant, told.labelled) == ("Kustomization/flux-system/infra", "backend", True)
    told = owners(about("rbac.authorization.k8s.io/v1 ClusterRole backend-view"))
    assert (told.tenant, told.labelled) == ("backend", True)
    told = owners(about("rbac.authorization.k8s.io/v1 ClusterRole view"))
    assert (told.id, told.tenant, told.labelled) == ("Kustomization/flux-system/infra", "", False)
    assert owners(about("rbac.authorization.k8s.io/v1 ClusterRole nobodys")).tenant == ""


def test_names_with_colons_are_found(world, owners, about):
    kustomization(world, entries=["_system__view_rbac.authorization.k8s.io_ClusterRole"])
    assert owners(about("rbac.authorization.k8s.io/v1 ClusterRole system:view")).delivered


def test_one_owner_is_one_object(world, about):
    world.cluster()
    world.tenant("backend")
    kustomization(world, entries=["backend_a__ConfigMap", "backend_b__ConfigMap"])
    owners = Owners(world.delivery, "prod", lambda cluster, subject: ())
    assert owners.of(about("v1 ConfigMap backend/a")) is owners.of(about("v1 ConfigMap backend/b"))


def test_what_another_cluster_delivers_here_is_a_claim_by_the_name_of_its_kubeconfig(world, owners, about):
    world.cluster("hub")
    entries = ["backend_redis_apps_Deployment"]
    config = {"kubeConfig": {"secretRef": {"name": "prod-kubeconfig"}}}
    kustomization(world, "fleet/prod-apps", entries, cluster="hub", **config)
    kustomization(world, "fleet/eu-apps", entries, cluster="hub", kubeConfig={"secretRef": {"name": "eu-kubeconfig"}})
    found = owners(about(REDIS))
    assert (found.cluster, found.id, found.proof) == ("hub", "Kustomization/fleet/prod-apps", Proof.LABEL)
    assert found.tenant == "backend", "by the namespace here"
    assert not owners(about(REDIS), cluster="hub").delivered, "what is applied elsewhere is not here"
    kustomization(world, "fleet/prod-too", entries, cluster="hub", **config)
    assert not owners(about(REDIS)).delivered, "two that could be it: nobody knows"


def test_a_helm_release_tells_its_chart_and_when_it_was_released(world, owners, about):
    status = {
        "inventory": {"entries": [{"id": "backend_redis_apps_Deployment", "v": "v1"}]},
        "history": [{"chartVersion": "1.2.3", "status": "deployed", "lastDeployed": "2027-01-15T07:00:00Z"}],
    }
    world.put(
        "HelmRelease", "backend/redis", spec={"chartRef": {"name": "redis", "kind": "OCIRepository"}}, status=status
    )
    found = owners(about(REDIS))
    assert (found.id, found.revision, found.updated) == ("HelmRelease/backend/redis", "1.2.3", 1_799_996_400)


def test_a_kustomization_without_history_changed_when_its_source_did(world, owners, about):
    world.put(
        "OCIRepository",
        "backend/apps",
        spec={"url": "oci://x/y"},
        status={"artifact": {"revision": "v1", "lastUpdateTime": "2027-01-15T06:00:00Z"}},
    )
    status = {"inventory": {"entries": [{"id": "backend_redis_apps_Deployment"}]}}
    spec = {"sourceRef": {"kind": "OCIRepository", "name": "apps"}}
    world.put("Kustomization", "backend/apps", spec=spec, status=status)
    assert owners(about(REDIS)).updated == 1_799_992_800
