"""Root causes: what no other failure explains, what waits behind it, and the same cause told once."""

import pytest

from fluxtui.kinds.record import Need
from fluxtui.kinds.status import Status
from fluxtui.store.state import DataState, Phase

REFUSED = (
    'failed to determine artifact digest: Get "https://registry.example.com:5000/v2/": dial tcp: connection refused'
)


def causes(fleet, at=None):
    return fleet.triage(at or fleet.now).problems


def only(fleet, at=None):
    (cause,) = causes(fleet, at)
    return cause


def ids(refs):
    return [identity for _, identity in refs]


def release_fails(fleet, cluster="c"):
    """The incident of the demo: a bad release fails its Kustomization's health check, and holds up all behind it."""
    fleet.put(cluster, "Namespace", "/frontend", labels="toolkit.fluxcd.io/role=tenant")
    fleet.put(cluster, "Namespace", "/cert-manager")
    fleet.put(
        cluster,
        "HelmRelease",
        "cert-manager/cert-manager",
        fleet.failed("InstallFailed", "timeout waiting for: [Deployment/cert-manager/webhook]"),
        owner="Kustomization/cert-manager/infra-controllers",
        ready_since=fleet.now - 840,
    )
    fleet.put(
        cluster,
        "Kustomization",
        "cert-manager/infra-controllers",
        fleet.failed(
            "HealthCheckFailed", "timeout waiting for: [HelmRelease/cert-manager/cert-manager status: 'Failed']"
        ),
        produced=("HelmRelease/cert-manager/cert-manager",),
        ready_since=fleet.now - 600,
    )
    fleet.put(
        cluster, "Kustomization", "cert-manager/infra-configs", fleet.blocked, needs=["cert-manager/infra-controllers"]
    )
    fleet.put(cluster, "Kustomization", "monitoring/stack", fleet.blocked, needs=["cert-manager/infra-configs"])
    fleet.put(cluster, "Kustomization", "frontend/apps", fleet.blocked, needs=["monitoring/stack"])
    fleet.put(cluster, "Kustomization", "frontend/other")


def test_the_deepest_failing_thing_is_the_cause_of_all_behind_it(fleet):
    release_fails(fleet)
    cause = only(fleet)
    assert (cause.what, ids(cause.members)) == ("failure", ["HelmRelease/cert-manager/cert-manager"])
    assert (cause.title, cause.reason) == ("HelmRelease cert-manager/cert-manager", "InstallFailed")
    assert cause.since == fleet.now - 840
    assert ids(cause.blocked) == [
        "Kustomization/cert-manager/infra-controllers",
        "Kustomization/cert-manager/infra-configs",
        "Kustomization/monitoring/stack",
        "Kustomization/frontend/apps",
    ], "nearest first"
    assert (cause.failing, cause.impact, cause.clusters) == (5, 5, ("c",))
    assert cause.tenants == ("frontend",), "tenants by label; namespaces only where there is none"


def test_a_resource_set_that_waits_for_its_children_is_explained_by_the_failing_one(fleet):
    fleet.put(
        "c", "ResourceSet", "s/infra", fleet.running, observed=1, produced=("Kustomization/a/web", "Kustomization/a/ok")
    )
    fleet.put("c", "Kustomization", "a/web", fleet.failed("BuildFailed", "bad yaml"), owner="ResourceSet/s/infra")
    fleet.put("c", "Kustomization", "a/ok", owner="ResourceSet/s/infra")
    cause = only(fleet)
    assert ids(cause.members) == ["Kustomization/a/web"]
    assert ids(cause.blocked) == ["ResourceSet/s/infra"]


def test_a_green_parent_waits_behind_its_child_only_once_its_run_is_long(fleet):
    fleet.put("c", "ResourceSet", "s/infra", produced=("Kustomization/a/web",), ready_since=fleet.now - 900)
    fleet.put("c", "Kustomization", "a/web", fleet.failed("BuildFailed"), owner="ResourceSet/s/infra")
    fleet.put(
        "c", "ResourceSet", "s/infra", fleet.running, produced=("Kustomization/a/web",), ready_since=fleet.now - 2
    )
    assert only(fleet).blocked == ()
    assert ids(only(fleet, fleet.now + 60).blocked) == ["ResourceSet/s/infra"]


def test_a_parent_with_a_fault_of_its_own_is_a_cause_beside_its_child(fleet):
    fleet.put(
        "c",
        "ResourceSet",
        "s/set",
        fleet.failed("BuildFailed", "template: no entry for key"),
        produced=("Kustomization/a/web",),
    )
    fleet.put("c", "Kustomization", "a/web", fleet.failed("ReconciliationFailed", "dry-run failed"))
    assert len(causes(fleet)) == 2


def test_a_parent_is_explained_only_by_the_children_that_its_message_names(fleet):
    message = "timeout waiting for: [Kustomization/a/one status: 'InProgress']"
    fleet.put(
        "c",
        "ResourceSet",
        "s/set",
        fleet.failed("ReconciliationFailed", message),
        produced=("Kustomization/a/one", "Kustomization/a/two"),
    )
    fleet.put("c", "Kustomization", "a/one", fleet.failed("BuildFailed"))
    fleet.put("c", "Kustomization", "a/two", fleet.failed("BuildFailed", "other"))
    blocked = {cause.members[0][1]: ids(cause.blocked) for cause in causes(fleet)}
    assert blocked == {"Kustomization/a/one": ["ResourceSet/s/set"], "Kustomization/a/two": []}


def test_a_source_explains_who_gets_nothing_from_it_and_holds_up_who_is_green(fleet):
    fleet.put("c", "OCIRepository", "a/src", fleet.failed("VerificationError", "no matching signatures"))
    fleet.put(
        "c",
        "Kustomization",
        "a/new",
        fleet.failed("ArtifactFailed", "Source artifact not found, retrying in 30s"),
        source="OCIRepository/a/src",
    )
    fleet.put("c", "Kustomization", "a/old", source="OCIRepository/a/src", revision="x")
    cause = only(fleet)
    assert ids(cause.members) == ["OCIRepository/a/src"]
    assert sorted(ids(cause.blocked)) == ["Kustomization/a/new", "Kustomization/a/old"]
    assert cause.failing == 2, "the green one waits, and is not failing"


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        ("HealthCheckFailed", "timeout waiting for: [Deployment/a/web]"),
        ("ReconciliationFailed", "ConfigMap/a/x dry-run failed"),
        ("ArtifactFailed", "kustomization path not found: stat /tmp/x: no such file or directory"),
    ],
)
def test_a_failure_of_its_own_is_not_explained_by_a_source_that_fails_too(fleet, reason, message):
    fleet.put(
        "c",
        "OCIRepository",
        "a/src",
        fleet.failed("OCIArtifactPullFailed", REFUSED),
        url="oci://registry.example.com:5000/a",
    )
    fleet.put("c", "Kustomization", "a/web", fleet.failed(reason, message), source="OCIRepository/a/src")
    assert fleet.problems() == [("host", "OCIRepository/a/src"), ("failure", "Kustomization/a/web")]


def test_dependents_by_expression_are_held_up_only_while_they_are_not_green(fleet):
    expression = Need("Kustomization/m/infra", "expression", "status.observedGeneration >= 0")
    fleet.put("c", "Kustomization", "m/infra", fleet.failed("HealthCheckFailed", "timeout waiting for: x"))
    fleet.put("c", "ResourceSet", "s/met", needs=[expression])
    fleet.put("c", "ResourceSet", "s/unmet", fleet.blocked, needs=[expression])
    fleet.put("c", "ResourceSet", "s/exists", needs=[Need("Kustomization/m/infra", "exists")])
    assert ids(only(fleet).blocked) == ["ResourceSet/s/unmet"]


def test_suspended_is_a_cause_if_something_waits_behind_it(fleet):
    children = tuple(f"Kustomization/p/app{number}" for number in range(8))
    fleet.put("c", "Kustomization", "p/umbrella", suspended=True, suspended_by="anna", produced=children)
    for child in children:
        fleet.put("c", "Kustomization", child.partition("/")[2], owner="Kustomization/p/umbrella")
    fleet.put("c", "Kustomization", "p/lonely", suspended=True)
    cause = only(fleet)
    assert (cause.what, cause.status, len(cause.blocked)) == ("suspended", Status.SUSPENDED, 8)
    assert "anna" in cause.message
    assert fleet.triage().count(Status.SUSPENDED) == 2, "the lonely one is counted all the same"


def test_blocked_behind_something_suspended(fleet):
    fleet.put("c", "Kustomization", "a/paused", suspended=True)
    fleet.put(
        "c",
        "Kustomization",
        "a/web",
        fleet.blocked,
        message="dependency 'a/paused' revision is not up to date",
        needs=["a/paused"],
    )
    cause = only(fleet)
    assert (cause.what, ids(cause.blocked)) == ("suspended", ["Kustomization/a/web"])


def test_a_suspended_source_under_green_objects(fleet):
    fleet.put("c", "OCIRepository", "a/src", suspended=True)
    fleet.put("c", "Kustomization", "a/web", source="OCIRepository/a/src")
    assert (only(fleet).what, ids(only(fleet).blocked)) == ("suspended", ["Kustomization/a/web"])


def test_a_dependency_that_does_not_exist(fleet):
    fleet.put("c", "Kustomization", "a/web", fleet.blocked, message="not found", needs=["a/nowhere"])
    fleet.put("c", "Kustomization", "a/behind", fleet.blocked, needs=["a/web"])
    cause = only(fleet)
    assert (cause.what, cause.reason) == ("missing", "missing Kustomization a/nowhere")
    assert ids(cause.members) + ids(cause.blocked) == ["Kustomization/a/web", "Kustomization/a/behind"]


def test_a_dependency_that_may_not_be_seen_is_not_called_missing(fleet):
    data = fleet.cluster("c")
    fleet.put("c", "ResourceSet", "s/set", fleet.blocked, message="infra not ready", needs=["Kustomization/a/infra"])
    data.table("Kustomization").set_state(DataState(Phase.FORBIDDEN))
    assert (only(fleet).what, only(fleet).reason) == ("failure", "DependencyNotReady")


def test_a_missing_source_and_a_missing_provider(fleet):
    fleet.put(
        "c",
        "Kustomization",
        "a/web",
        fleet.failed("ArtifactFailed", 'OCIRepository "nowhere" not found'),
        source="OCIRepository/a/nowhere",
    )
    fleet.put(
        "c",
        "ResourceSet",
        "s/set",
        fleet.failed("BuildFailed", "failed to get provider s/gone"),
        inputs=("ResourceSetInputProvider/s/gone",),
    )
    reasons = {cause.reason for cause in causes(fleet)}
    assert reasons == {"missing OCIRepository a/nowhere", "missing ResourceSetInputProvider s/gone"}


def test_a_missing_dependency_is_told_beside_what_fails_first(fleet):
    """The source is asked before the dependencies: its repair would not help."""
    fleet.put("c", "OCIRepository", "a/src", fleet.failed("VerificationError", "no matching signatures"))
    fleet.put(
        "c",
        "Kustomization",
        "a/web",
        fleet.failed("ArtifactFailed", "Source artifact not found, retrying in 30s"),
        source="OCIRepository/a/src",
        needs=["a/nowhere"],
    )
    assert sorted(cause.what for cause in causes(fleet)) == ["failure", "missing"]


def test_a_circle_is_one_cause(fleet):
    fleet.put("c", "Kustomization", "a/one", fleet.blocked, needs=["a/two"])
    fleet.put("c", "Kustomization", "a/two", fleet.blocked, needs=["a/one"])
    fleet.put("c", "Kustomization", "a/behind", fleet.blocked, needs=["a/two"])
    cause = only(fleet)
    assert (cause.what, cause.reason) == ("cycle", "DependencyCycle")
    assert ids(cause.members) == ["Kustomization/a/one", "Kustomization/a/two"]
    assert ids(cause.blocked) == ["Kustomization/a/behind"]


def test_five_sources_and_one_host_are_one_cause_in_all_clusters(fleet):
    for number in range(5):
        cluster = "eu" if number < 3 else "us"
        fleet.put(
            cluster,
            "OCIRepository",
            f"t{number}/src",
            fleet.failed("OCIArtifactPullFailed" if number else "ReadOperationFailed", REFUSED),
            url=f"oci://registry.example.com:5000/t{number}",
            ready_since=fleet.now - 100 + number,
        )
        fleet.put(cluster, "Kustomization", f"t{number}/app", source=f"OCIRepository/t{number}/src", revision="old")
    cause = only(fleet)
    assert (cause.what, cause.key) == ("host", "host registry.example.com:5000")
    assert (cause.title, cause.reason) == ("host registry.example.com:5000", "connection refused")
    assert (len(cause.members), len(cause.blocked), cause.clusters) == (5, 5, ("eu", "us"))
    assert cause.since == fleet.now - 100


@pytest.mark.parametrize(
    "message",
    [
        "GET http://registry.example.com:5000/v2/nothing/manifests/latest: MANIFEST_UNKNOWN: manifest unknown",
        "failed to verify the signature using provider 'cosign': no matching signatures",
        "failed to get credential: failed to get secret 'deny/ghcr-auth': secrets \"ghcr-auth\" not found",
        "no match found for semver: >=9",
    ],
)
def test_a_fault_on_a_host_that_answers_is_no_fault_of_the_host(fleet, message):
    fleet.put("c", "OCIRepository", "a/src", fleet.failed("Some", message), url="oci://registry.example.com:5000/a")
    assert only(fleet).what == "failure"


def test_a_signature_that_cannot_be_checked_is_the_trust_roots_host(fleet):
    message = (
        "failed to verify the signature using provider 'cosign keyless': unable to initialize trusted root: tuf "
        'refresh failed: Get "https://tuf.example.dev/15.root.json": dial tcp: lookup tuf.example.dev: no such host'
    )
    fleet.put(
        "c", "OCIRepository", "a/src", fleet.failed("VerificationError", message), url="oci://registry.example.com/a"
    )
    cause = only(fleet)
    assert (cause.key, cause.title) == ("host tuf.example.dev", "OCIRepository a/src")
    assert cause.reason == "VerificationError: no such host"


UNANSWERED = (
    'Deployment/a/web dry-run failed (InternalError): Internal error occurred: failed calling webhook "{}": failed to '
    'call webhook: Post "https://kyverno-svc.kyverno.svc:443/validate/fail?timeout=10s": context deadline exceeded'
)


def test_all_that_a_webhook_refuses_by_not_answering_is_one_cause_in_each_cluster(fleet):
    for number, hook in enumerate(("validate.kyverno.svc-fail", "validate.kyverno.svc-fail", "vpol.kyverno.svc-fail")):
        told = fleet.failed("ReconciliationFailed", UNANSWERED.format(hook))
        fleet.put("eu", "Kustomization", f"t{number}/app", told, ready_since=fleet.now - 100 + number)
        fleet.put("eu", "Kustomization", f"t{number}/behind", needs=[f"t{number}/app"])
    cause = only(fleet)
    assert (cause.what, cause.outside) == ("webhook", True)
    assert (cause.title, cause.reason) == ("webhook kyverno-svc.kyverno.svc", "cannot be reached")
    assert (len(cause.members), cause.since) == (3, fleet.now - 100)
    assert cause.stops == 6, "those that cannot be applied, and those that wait for them"
    fleet.put("us", "HelmRelease", "a/web", fleet.failed("UpgradeFailed", UNANSWERED.format("mutate.kyverno.svc")))
    one, other = causes(fleet)
    assert (one.clusters, other.clusters) == (("eu",), ("us",)), "each cluster has an engine of its own"
    assert (other.title, other.reason) == ("HelmRelease a/web", "UpgradeFailed: cannot be reached")


def test_what_a_policy_denies_is_no_fault_of_the_webhook(fleet):
    denied = 'admission webhook "validate.kyverno.svc-fail" denied the request: resource Deployment/a/web was blocked'
    fleet.put("c", "Kustomization", "a/web", fleet.failed("ReconciliationFailed", denied))
    assert only(fleet).what == "failure"


def test_the_same_object_failing_alike_in_several_clusters_is_one_cause(fleet):
    for cluster in ("eu", "us", "ap"):
        release_fails(fleet, cluster)
    cause = only(fleet)
    assert cause.clusters == ("ap", "eu", "us")
    assert len(cause.blocked) == 12
    fleet.put("us", "HelmRelease", "cert-manager/cert-manager", fleet.failed("UpgradeFailed", "other"))
    assert len(causes(fleet)) == 2, "another reason is another cause"


def test_the_same_content_under_other_names_is_one_cause_if_it_fails_with_the_same_words(fleet):
    told = {"attempted": "latest@sha256:abc", "path": "./apps"}
    refused = fleet.failed("ReconciliationFailed", "ConfigMap/x/Bad_Name dry-run failed (Invalid)")
    fleet.put("eu", "Kustomization", "a/web", refused, **told)
    fleet.put("us", "Kustomization", "b/web-us", refused, **told)
    assert len(only(fleet).members) == 2
    forbidden = fleet.failed("ReconciliationFailed", "dry-run failed (Forbidden)")
    fleet.put("us", "Kustomization", "b/third", forbidden, **told)
    assert len(causes(fleet)) == 2


def test_the_key_stays_while_members_come_and_go(fleet):
    for number, name in enumerate(("first", "second", "third")):
        fleet.put("c", "OCIRepository", f"{name}/src", fleet.failed("X", REFUSED), ready_since=fleet.now - 100 + number)
        assert only(fleet).key == "host registry.example.com:5000"
    fleet.put("c", "OCIRepository", "first/src")
    assert only(fleet).key == "host registry.example.com:5000"


def test_retries_do_not_make_the_list_flicker(fleet):
    release_fails(fleet)
    before = causes(fleet)
    fleet.put(
        "c",
        "Kustomization",
        "cert-manager/infra-controllers",
        fleet.running,
        produced=("HelmRelease/cert-manager/cert-manager",),
        outcome="HealthCheckFailed",
        outcome_since=fleet.now - 600,
        outcome_at=fleet.now - 30,
    )
    fleet.put(
        "c",
        "HelmRelease",
        "cert-manager/cert-manager",
        fleet.running,
        owner="Kustomization/cert-manager/infra-controllers",
    )
    assert causes(fleet) == before


def test_what_has_just_been_repaired_is_no_cause_and_who_waited_settles(fleet):
    release_fails(fleet)
    fleet.put("c", "HelmRelease", "cert-manager/cert-manager", ready_since=fleet.now - 5)
    report = fleet.triage()
    assert report.problems == ()
    assert (report.failing, report.settling) == (4, 4)
    late = fleet.triage(fleet.now + 3600)
    assert ids(late.problems[0].members) == ["Kustomization/cert-manager/infra-controllers"], "settling has an end"


def test_a_source_that_is_only_being_fetched_is_no_cause(fleet):
    fleet.put("c", "OCIRepository", "a/src", fleet.running, observed=-1)
    fleet.put(
        "c",
        "Kustomization",
        "a/web",
        fleet.failed("ArtifactFailed", "Source artifact not found, retrying in 30s"),
        source="OCIRepository/a/src",
    )
    assert causes(fleet) == ()
    fleet.put("c", "OCIRepository", "a/src", revision="x", ready_since=fleet.now)
    assert causes(fleet) == ()


def test_blocked_though_all_is_ready_becomes_a_cause_with_time(fleet):
    fleet.put("c", "Kustomization", "a/infra", ready_since=fleet.now - 20)
    fleet.put(
        "c",
        "Kustomization",
        "a/web",
        fleet.blocked,
        needs=["a/infra"],
        ready_since=fleet.now - 500,
        message="dependency 'a/infra' is not ready",
    )
    assert causes(fleet) == ()
    assert ids(only(fleet, fleet.now + 300).members) == ["Kustomization/a/web"]


def test_what_no_controller_touches_becomes_a_cause_with_time(fleet):
    fleet.put("c", "Kustomization", "a/web", {}, observed=-1, created=fleet.now - 60)
    assert causes(fleet) == ()
    cause = only(fleet, fleet.now + 3600)
    assert (cause.status, cause.reason) == (Status.UNKNOWN, "NoStatus")


def test_a_controller_that_is_down_holds_up_all_that_it_reconciles(fleet):
    fleet.put(
        "c",
        "Deployment",
        "flux-system/helm-controller",
        fleet.failed("MinimumReplicasUnavailable", "no pods"),
        conditions=("Available=False/x",),
    )
    fleet.put("c", "HelmRelease", "a/web")
    fleet.put("c", "HelmRelease", "b/web")
    fleet.put("c", "Kustomization", "a/web")
    cause = only(fleet)
    assert ids(cause.members) == ["Deployment/flux-system/helm-controller"]
    assert sorted(ids(cause.blocked)) == ["HelmRelease/a/web", "HelmRelease/b/web"]


def test_problems_are_ordered_by_kind_and_impact(fleet):
    release_fails(fleet)
    fleet.put("c", "Kustomization", "z/small", fleet.failed("BuildFailed", "bad"))
    children = tuple(f"Kustomization/p/app{number}" for number in range(20))
    fleet.put("c", "Kustomization", "p/umbrella", suspended=True, produced=children)
    for child in children:
        fleet.put("c", "Kustomization", child.partition("/")[2])
    assert fleet.problems() == [
        ("failure", "HelmRelease/cert-manager/cert-manager"),
        ("failure", "Kustomization/z/small"),
        ("suspended", "Kustomization/p/umbrella"),
    ]


def test_tenants_by_either_label_else_the_namespaces(fleet):
    fleet.put("c", "Namespace", "/a", labels="toolkit.fluxcd.io/tenant=team-a")
    fleet.put("c", "Namespace", "/b", labels="toolkit.fluxcd.io/role=tenant")
    fleet.put("c", "Namespace", "/infra")
    fleet.put("c", "Kustomization", "infra/base", fleet.failed("BuildFailed"))
    assert only(fleet).tenants == ("infra",)
    fleet.put("c", "Kustomization", "a/web", fleet.blocked, needs=["infra/base"])
    fleet.put("c", "Kustomization", "b/web", fleet.blocked, needs=["infra/base"])
    assert only(fleet).tenants == ("b", "team-a")


def test_who_passes_on_what_a_source_has_fails_with_it(fleet):
    fleet.put("c", "HelmRepository", "a/charts", fleet.failed("Failed", "invalid index"))
    fleet.put("c", "HelmChart", "a/a-web", fleet.failed("NoSourceArtifact"), source="HelmRepository/a/charts")
    fleet.put("c", "HelmRelease", "a/web", fleet.failed("SourceNotReady"), source="HelmChart/a/a-web")
    fleet.put("c", "ArtifactGenerator", "a/split", fleet.failed("Any"), inputs=("HelmRepository/a/charts",))
    cause = only(fleet)
    assert ids(cause.members) == ["HelmRepository/a/charts"]
    assert sorted(ids(cause.blocked)) == ["ArtifactGenerator/a/split", "HelmChart/a/a-web", "HelmRelease/a/web"]


def test_an_image_policy_waits_for_its_repository(fleet):
    fleet.put("c", "ImageRepository", "a/web", fleet.failed("ReadOperationFailed", "unauthorized"))
    fleet.put("c", "ImagePolicy", "a/web", fleet.blocked, source="ImageRepository/a/web", ready_since=fleet.now - 9000)
    assert ids(only(fleet).members) == ["ImageRepository/a/web"]


def test_a_deletion_that_does_not_end_becomes_a_cause(fleet):
    fleet.put("c", "Kustomization", "a/web", deleting=fleet.now - 60)
    assert causes(fleet) == ()
    cause = only(fleet, fleet.now + 900)
    assert (cause.reason, cause.since) == ("StillDeleting", fleet.now - 60)


def test_a_suspended_child_that_is_green_does_not_hold_up_its_parent_and_one_that_is_not_does(fleet):
    waiting = fleet.failed("ReconciliationFailed", "timeout waiting for: something")
    fleet.put("c", "ResourceSet", "s/set", waiting, produced=("Kustomization/a/paused",))
    fleet.put("c", "Kustomization", "a/paused", suspended=True)
    assert [cause.what for cause in causes(fleet)] == ["failure"]
    fleet.put("c", "Kustomization", "a/paused", fleet.failed("BuildFailed"), suspended=True)
    assert [(cause.what, ids(cause.blocked)) for cause in causes(fleet)] == [("suspended", ["ResourceSet/s/set"])]


def test_a_dependency_that_failed_first_explains_and_one_that_failed_later_does_not(fleet):
    fleet.put("c", "Kustomization", "a/base", fleet.failed("BuildFailed", "x"), ready_since=fleet.now - 300)
    fleet.put(
        "c", "Kustomization", "a/web", fleet.failed("BuildFailed", "y"), needs=["a/base"], ready_since=fleet.now - 200
    )
    assert ids(only(fleet).members) == ["Kustomization/a/base"]
    fleet.put("c", "Kustomization", "b/base", fleet.failed("BuildFailed", "x"), ready_since=fleet.now - 100)
    fleet.put(
        "c", "Kustomization", "b/web", fleet.failed("BuildFailed", "y"), needs=["b/base"], ready_since=fleet.now - 200
    )
    assert len(causes(fleet)) == 3


def test_a_missing_dependency_is_told_at_once(fleet):
    fleet.put("c", "Kustomization", "a/web", fleet.blocked, needs=["a/nowhere"], ready_since=fleet.now - 1)
    assert only(fleet).what == "missing"


def test_what_became_blocked_a_moment_ago_is_given_a_moment(fleet):
    fleet.put("c", "Kustomization", "a/infra", ready_since=fleet.now - 9000)
    fleet.put("c", "Kustomization", "a/web", fleet.blocked, needs=["a/infra"], ready_since=fleet.now - 1)
    assert causes(fleet) == ()


def test_a_source_that_nobody_fetches_is_the_cause_only_after_a_while(fleet):
    fleet.put("c", "OCIRepository", "a/src", {}, observed=-1, created=fleet.now - 30)
    missing = fleet.failed("ArtifactFailed", "Source artifact not found, retrying in 30s")
    fleet.put("c", "Kustomization", "a/web", missing, source="OCIRepository/a/src")
    assert causes(fleet) == ()
    assert ids(only(fleet, fleet.now + 900).members) == ["OCIRepository/a/src"]


def test_what_waits_behind_a_broken_applier_is_what_it_applies_but_not_its_own_source_or_namespaces(fleet):
    fleet.put("c", "Namespace", "/a")
    fleet.put("c", "HelmRepository", "a/charts")
    fleet.put(
        "c",
        "Kustomization",
        "a/all",
        fleet.failed("ReconciliationFailed", "dry-run failed"),
        source="OCIRepository/a/src",
        produced=("OCIRepository/a/src", "HelmRepository/a/charts", "Namespace//a"),
    )
    fleet.put("c", "OCIRepository", "a/src", revision="x")
    assert ids(only(fleet).blocked) == ["HelmRepository/a/charts"]


def test_a_resource_set_seen_first_in_mid_retry_is_explained_by_its_failing_child(fleet):
    history = {"outcome": "ReconciliationFailed", "outcome_since": fleet.now - 300, "outcome_at": fleet.now - 300}
    fleet.put("c", "ResourceSet", "s/set", fleet.running, produced=("Kustomization/a/web",), **history)
    fleet.put("c", "Kustomization", "a/web", fleet.failed("BuildFailed"))
    assert ids(only(fleet).members) == ["Kustomization/a/web"]
    fleet.put("c", "Kustomization", "b/parent", fleet.running, produced=("Kustomization/a/web",), **history)
    assert len(causes(fleet)) == 2, "a Kustomization that waits calls it HealthCheckFailed"


def test_the_same_chart_and_the_same_url_are_one_cause_under_several_names(fleet):
    bad = fleet.failed("InstallFailed", "timeout waiting for: [Deployment]")
    fleet.put("eu", "HelmRelease", "a/cache", bad, attempted="1.1.0+b0392619a5a5")
    fleet.put("us", "HelmRelease", "b/cache-us", bad, attempted="1.1.0+b0392619a5a5")
    fleet.put("us", "HelmRelease", "b/other", bad, attempted="2.0.0")
    unsigned = fleet.failed("VerificationError", "no matching signatures")
    fleet.put("eu", "OCIRepository", "a/src", unsigned, url="oci://registry.example.com/apps")
    fleet.put("us", "OCIRepository", "b/src-us", unsigned, url="oci://registry.example.com/apps")
    fleet.put("us", "OCIRepository", "b/another", unsigned, url="oci://registry.example.com/more")
    fleet.put("us", "OCIRepository", "b/unnamed", unsigned)
    fleet.put("eu", "OCIRepository", "a/nameless", unsigned)
    assert sorted(len(cause.members) for cause in causes(fleet)) == [1, 1, 1, 1, 2, 2]


def test_of_two_equal_problems_the_older_comes_first_and_the_undated_last(fleet):
    fleet.put("c", "Kustomization", "a/old", fleet.failed("BuildFailed", "x"), ready_since=fleet.now - 900)
    fleet.put("c", "Kustomization", "a/new", fleet.failed("BuildFailed", "y"), ready_since=fleet.now - 10)
    fleet.put("c", "Kustomization", "a/undated", fleet.failed("BuildFailed", "z"), ready_since=0)
    assert [identity for _, identity in fleet.problems()] == [
        "Kustomization/a/old",
        "Kustomization/a/new",
        "Kustomization/a/undated",
    ]
