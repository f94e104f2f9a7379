"""What an object manages: its inventory, how few questions find it, and what the answers mean."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from fluxtui.insight.kstatus import State
from fluxtui.insight.managed import Entry, asks, concern, entry, inventory, judged, missing, of_row, tally
from fluxtui.insight.workloads import Replicas, pod, replicas, selected, selector_text
from fluxtui.kinds.record import Record
from fluxtui.kinds.status import Status
from fluxtui.kinds.table import identify
from fluxtui.store.row import Row

RECORDINGS = Path(__file__).parents[3] / "shared" / "recordings" / "objects.json.gz"


def owner(kind: str = "Kustomization", entries: list[str] | None = None, **spec: Any) -> dict[str, Any]:
    status = {} if entries is None else {"inventory": {"entries": [{"id": each, "v": "v1"} for each in entries]}}
    return {"kind": kind, "metadata": {"name": "apps", "namespace": "web"}, "spec": spec, "status": status}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("web_site_networking.k8s.io_Ingress", Entry("networking.k8s.io", "Ingress", "web", "site", "v1")),
        ("_web__Namespace", Entry("", "Namespace", "", "web", "v1")),
        ("web_flux__ConfigMap", Entry("", "ConfigMap", "web", "flux", "v1")),
        (
            "_system__controller_rbac.authorization.k8s.io_ClusterRole",
            Entry("rbac.authorization.k8s.io", "ClusterRole", "", "system:controller", "v1"),
        ),
    ],
)
def test_entries_are_read_as_the_controllers_write_them(text: str, found: Entry) -> None:
    assert entry(text, "v1") == found


def test_ids_of_foreign_kinds_carry_their_group_so_that_namesakes_stay_apart() -> None:
    assert identify("serving.knative.dev", "Service", "web", "x") == "Service.serving.knative.dev/web/x"
    assert identify("", "Service", "web", "x") == "Service/web/x"
    assert identify("notification.toolkit.fluxcd.io", "Provider", "web", "x") == "Provider/web/x"
    assert identify("pkg.crossplane.io", "Provider", "", "x") == "Provider.pkg.crossplane.io//x"


def test_a_release_without_an_inventory_is_swept_by_its_labels() -> None:
    value = owner("HelmRelease", targetNamespace="prod")
    assert inventory(value).told == "nothing has been released yet"
    value["status"]["history"] = [{"name": "apps", "version": 3}]
    held = inventory(value)
    assert held.swept and "sh.helm.release.v1.apps.v3" in held.told
    questions = asks(value, (), swept=True)
    assert {each.namespace for each in questions} == {"prod"}
    wanted = "helm.toolkit.fluxcd.io/name=apps,helm.toolkit.fluxcd.io/namespace=web"
    assert {each.labels for each in questions} == {wanted}
    assert {each.kind for each in questions if each.slim} == {"ConfigMap", "Secret", "ServiceAccount"}


def test_what_is_applied_to_another_cluster_is_not_looked_for_here() -> None:
    held = inventory(owner(entries=["web_a__ConfigMap"], kubeConfig={"secretRef": {"name": "other"}}))
    assert held.elsewhere and "another cluster" in held.told


def test_the_artifacts_of_a_generator_are_its_inventory() -> None:
    value = {
        "kind": "ArtifactGenerator",
        "metadata": {"name": "g", "namespace": "web"},
        "status": {"inventory": [{"name": "one", "namespace": "web"}, {"name": "two"}, {}]},
    }
    assert [each.identity for each in inventory(value).entries] == [
        "ExternalArtifact/web/one",
        "ExternalArtifact/web/two",
    ]


def test_few_objects_are_asked_for_by_name_and_many_by_one_list_that_the_labels_narrow() -> None:
    few = [Entry("apps", "Deployment", "web", name) for name in "abc"]
    many = [Entry("", "ConfigMap", "web", f"c{n}") for n in range(40)]
    spread = [Entry("", "Service", f"ns{n}", "s") for n in range(9)]
    by_name, by_list, everywhere = asks(owner(), [*few, *many, *spread])
    assert by_name.names == ("a", "b", "c") and not by_name.slim
    wanted = "kustomize.toolkit.fluxcd.io/name=apps,kustomize.toolkit.fluxcd.io/namespace=web"
    assert (by_list.namespace, by_list.labels, by_list.slim) == ("web", wanted, True)
    assert (everywhere.namespace, len(everywhere.split)) == ("", 9)


def test_a_name_that_is_no_label_value_is_not_selected_by() -> None:
    long = owner()
    long["metadata"]["name"] = "x" * 64
    (asked,) = asks(long, [Entry("", "Service", "web", f"s{n}") for n in range(9)])
    assert asked.labels == "" and asked.namespace == "web"


def test_the_state_is_that_of_kstatus_though_items_of_a_list_do_not_say_their_kind() -> None:
    deployment = {
        "metadata": {"name": "a", "generation": 1},
        "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "a"}}},
        "status": {"observedGeneration": 1, "replicas": 3, "updatedReplicas": 3, "readyReplicas": 1},
    }
    found = judged(deployment, owner(), Entry("apps", "Deployment", "web", "a"))
    assert found.state.state is State.IN_PROGRESS
    assert found.replicas == Replicas(1, 3) and found.selector == {"matchLabels": {"app": "a"}}
    assert (found.word, found.status) == ("progressing", Status.PROGRESSING)


def test_metadata_alone_tells_that_an_object_is_there_or_is_leaving() -> None:
    there = judged({"metadata": {"name": "a"}}, owner(), Entry("", "Secret", "web", "a"), slim=True)
    assert (there.word, there.whole) == ("there", False)
    value = {"metadata": {"name": "a", "deletionTimestamp": "2026-03-21T02:43:00Z", "finalizers": ["x/y"]}}
    leaving = judged(value, owner(), Entry("", "Secret", "web", "a"), slim=True)
    assert leaving.word == "deleting" and "x/y" in leaving.state.message


def test_an_object_that_another_applier_took_over_is_told() -> None:
    labels = {"kustomize.toolkit.fluxcd.io/name": "other", "kustomize.toolkit.fluxcd.io/namespace": "web"}
    found = judged({"metadata": {"name": "a", "labels": labels}}, owner(), Entry("", "ConfigMap", "web", "a"))
    assert "belongs to Kustomization web/other" in found.state.message


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (owner(), "the next reconcile makes it again"),
        (owner(suspend=True), "its applier is suspended: nobody makes it again"),
        (owner("HelmRelease"), "until the next upgrade"),
        (owner("HelmRelease", driftDetection={"mode": "enabled"}), "the next reconcile makes it again"),
        ({**owner(), "metadata": {"deletionTimestamp": "2026-03-21T02:43:00Z"}}, "its applier is being deleted"),
    ],
)
def test_what_is_missing_says_what_that_means(value: dict[str, Any], words: str) -> None:
    found = missing(value, Entry("", "ConfigMap", "web", "a"))
    assert words in found.state.message
    assert (found.word, found.status) == ("missing", Status.FAILED)


def test_what_is_watched_is_told_as_every_screen_tells_it() -> None:
    record = Record(kind="Kustomization", id="Kustomization/web/x", created=5)
    row = Row("alpha", record, Status.SUSPENDED, "", "", 0)
    found = of_row(Entry("kustomize.toolkit.fluxcd.io", "Kustomization", "web", "x"), row)
    assert (found.word, found.status, found.created) == ("suspended", Status.SUSPENDED, 5)


def test_what_needs_eyes_comes_first_and_is_counted_first() -> None:
    bad = missing(owner(), Entry("", "ConfigMap", "web", "z"))
    good = judged({"metadata": {"name": "a"}}, owner(), Entry("", "Service", "web", "a"))
    work = judged({"metadata": {"name": "b"}}, owner(), Entry("apps", "DaemonSet", "web", "b"))
    assert sorted([good, work, bad], key=concern) == [bad, work, good]
    assert [(word, count) for word, _, count in tally([good, work, bad])] == [
        ("missing", 1),
        ("progressing", 1),
        ("ready", 1),
    ]
    restless = pod({"metadata": {"name": "p"}, "status": {"containerStatuses": [{"restartCount": 3}]}})
    other = judged({"metadata": {"name": "c"}}, owner(), Entry("", "Service", "web", "c"))
    assert concern(other, [restless]) < concern(good)


def test_pods_are_told_in_numbers() -> None:
    value = {
        "metadata": {"name": "p", "namespace": "web", "labels": {"app": "a"}},
        "spec": {"containers": [{}, {}]},
        "status": {
            "phase": "Running",
            "containerStatuses": [
                {
                    "name": "app",
                    "restartCount": 7,
                    "ready": False,
                    "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                    "lastState": {"terminated": {"reason": "OOMKilled", "finishedAt": "2026-03-21T02:43:00Z"}},
                },
                {"name": "proxy", "restartCount": 1, "ready": True},
            ],
        },
    }
    found = pod(value)
    assert (found.ready, found.containers, found.restarts, found.last_end) == (1, 2, 8, "OOMKilled")
    assert found.state.state is State.FAILED and found.identity == "Pod/web/p"
    assert pod({}).restarts == 0  # any shape is answered


@pytest.mark.parametrize(
    ("kind", "value", "found"),
    [
        ("Deployment", {"spec": {"replicas": 2}, "status": {"readyReplicas": 1}}, Replicas(1, 2)),
        ("Deployment", {}, Replicas(0, 1)),
        ("DaemonSet", {"status": {"desiredNumberScheduled": 5, "numberReady": 4}}, Replicas(4, 5)),
    ],
)
def test_replicas_are_counted_by_kind(kind: str, value: dict[str, Any], found: Replicas) -> None:
    assert replicas("apps", kind, value) == found
    assert replicas("example.com", kind, value) is None


def test_selectors_of_pods_select_here_what_they_select_on_the_server() -> None:
    selector = {
        "matchLabels": {"app": "a"},
        "matchExpressions": [
            {"key": "tier", "operator": "In", "values": ["web", "api"]},
            {"key": "canary", "operator": "DoesNotExist"},
        ],
    }
    assert selector_text(selector) == "app=a,tier in (web,api),!canary"
    assert selected(selector, {"app": "a", "tier": "api"})
    assert not selected(selector, {"app": "a", "tier": "api", "canary": "1"})
    assert not selected(selector, {"app": "a"})
    assert not selected({}, {"app": "a"})  # a workload without a selector has no pods


@pytest.mark.skipif(not RECORDINGS.exists(), reason="the recordings are not at hand")
def test_the_inventories_of_real_objects_are_read_whole() -> None:
    recorded = json.loads(gzip.decompress(RECORDINGS.read_bytes()))
    held = 0
    for answer in recorded.values():
        for value in answer.get("items") or ():
            wanted = ((value.get("status") or {}).get("inventory") or {}).get("entries") or []
            found = inventory({"kind": answer["kind"].removesuffix("List"), **value}).entries
            assert len(found) == len(wanted)
            held += len(wanted)
            assert all(each.kind[0].isupper() and "_" not in each.namespace for each in found)
    assert held > 20
