"""What is green and should not be believed."""

import pytest

from fluxtui.store.state import DataState, Phase


def silent(fleet, at=None):
    return [
        (cause.what, [identity for _, identity in cause.members]) for cause in fleet.triage(at or fleet.now).problems
    ]


PROVIDER = "ResourceSetInputProvider/s/apps-production"


def apps(fleet, size=8, **more):
    told = {"inputs": (PROVIDER,), "from_providers": True, "inventory_size": size, "input_sets": 2} | more
    fleet.put("c", "ResourceSet", "s/apps", **told)


def test_a_resource_set_that_just_deleted_production_is_a_cause_though_it_is_green(fleet):
    apps(fleet)
    assert silent(fleet) == []
    apps(fleet, size=0, input_sets=0, ready_since=fleet.now - 30)
    (cause,) = fleet.triage().problems
    assert (cause.what, cause.since) == ("emptied", fleet.now - 30)
    assert "8 objects" in cause.message
    apps(fleet, size=0, input_sets=0, ready_since=fleet.now - 5)
    assert fleet.triage().problems[0].since == fleet.now - 30, "its next runs do not make it younger"
    assert silent(fleet, fleet.now + 2 * 86400) == [], "after a day it is history"


def test_an_emptied_resource_set_counts_among_what_is_broken(fleet):
    apps(fleet, size=0, input_sets=0, earlier_input_sets=2)
    fleet.put("c", "Kustomization", "p/umbrella", suspended=True, produced=("Kustomization/p/app",))
    fleet.put("c", "Kustomization", "p/app")
    assert [what for what, _ in silent(fleet)] == ["emptied", "suspended"]


SKIPPED = {
    "ready": "True",
    "reason": "SkippedDueToSchedule",
    "message": "Reconciliation skipped, next scheduled at 2026-11-23T08:00:00Z",
}


def test_the_precondition_of_the_deletion_is_told_before_it_happens(fleet):
    fleet.put("c", "ResourceSetInputProvider", "s/apps-production", exported=2)
    apps(fleet)
    assert silent(fleet) == []
    fleet.put("c", "ResourceSetInputProvider", "s/apps-production", SKIPPED, exported=0)
    (cause,) = fleet.triage().problems
    assert (cause.what, cause.members) == ("no inputs", (("c", PROVIDER),))
    assert "deletes all 8 objects" in cause.message
    assert cause.blocked == (("c", "ResourceSet/s/apps"),)


def test_only_a_green_resource_set_that_reads_providers_is_in_danger(fleet):
    fleet.put("c", "ResourceSetInputProvider", "s/apps-production", SKIPPED, exported=0)
    apps(fleet, from_providers=False)
    assert silent(fleet) == []
    fleet.put("c", "ResourceSet", "s/apps", fleet.failed("BuildFailed"), inputs=(PROVIDER,), from_providers=True)
    assert silent(fleet) == [("failure", ["ResourceSet/s/apps"])]


def test_one_provider_with_inputs_is_enough(fleet):
    other = "ResourceSetInputProvider/s/other"
    fleet.put("c", "ResourceSetInputProvider", "s/apps-production", SKIPPED, exported=0)
    fleet.put("c", "ResourceSetInputProvider", "s/other", exported=1)
    apps(fleet, inputs=(PROVIDER, other))
    assert silent(fleet) == []


def test_no_inputs_outside_a_window_and_nothing_applied(fleet):
    fleet.put("c", "ResourceSetInputProvider", "s/apps-production", SKIPPED, exported=0)
    apps(fleet, size=0, input_sets=0)
    assert silent(fleet) == [("no inputs", [PROVIDER])]
    fleet.put("c", "ResourceSetInputProvider", "s/apps-production", exported=0)
    assert silent(fleet) == [], "no open pull requests, and nothing applied: all is well"


@pytest.mark.parametrize("kind", ["GitHubPullRequest", "GitLabMergeRequest", "AzureDevOpsPullRequest"])
def test_previews_are_empty_when_no_pull_request_is_open(fleet, kind):
    fleet.put("c", "ResourceSetInputProvider", "s/apps-production", exported=1, type=kind)
    apps(fleet)
    fleet.put("c", "ResourceSetInputProvider", "s/apps-production", exported=0, type=kind)
    assert silent(fleet) == [], "the last one was closed, and the next run cleans up"
    apps(fleet, size=0, input_sets=0)
    assert silent(fleet) == []
    fleet.put("c", "ResourceSetInputProvider", "s/apps-production", SKIPPED, exported=0, type=kind)
    assert [what for what, _ in silent(fleet)] == ["emptied"], "it was not a closed pull request that emptied it"


def test_previews_with_another_provider_or_one_that_is_not_known_are_told(fleet):
    fleet.put("c", "ResourceSetInputProvider", "s/apps-production", exported=0, type="GitHubPullRequest")
    fleet.put("c", "ResourceSetInputProvider", "s/tags", exported=0, type="OCIArtifactTag")
    inputs = (PROVIDER, "ResourceSetInputProvider/s/tags")
    apps(fleet, inputs=inputs)
    apps(fleet, inputs=inputs, size=0, input_sets=0)
    assert [what for what, _ in silent(fleet)] == ["emptied"]
    fleet.remove("c", "ResourceSetInputProvider", "s/tags")
    assert [what for what, _ in silent(fleet)] == ["emptied"]


@pytest.mark.parametrize(("age", "stale"), [(500, False), (620, True)])
def test_a_report_older_than_twice_its_interval(fleet, age, stale):
    fleet.put("c", "FluxReport", "flux-system/flux", interval=300, updated=fleet.now - age, ready_since=fleet.now - age)
    assert silent(fleet) == ([("stale report", ["FluxReport/flux-system/flux"])] if stale else [])


def test_nothing_is_concluded_from_data_that_is_not_fresh(fleet):
    fleet.put("c", "FluxReport", "flux-system/flux", interval=300, updated=5, ready_since=5)
    fleet.store.table("c", "FluxReport").set_state(DataState(Phase.STALE))
    assert silent(fleet) == []


def source(fleet, kind, ref, revision, age=600):
    fleet.put("c", kind, ref, revision=revision, updated=fleet.now - age)


def test_ready_on_an_artifact_that_its_source_has_left(fleet):
    source(fleet, "OCIRepository", "a/src", "latest@sha256:new")
    for name in ("one", "two"):
        fleet.put("c", "Kustomization", f"a/{name}", source="OCIRepository/a/src", revision="latest@sha256:old")
    (cause,) = fleet.triage().problems
    assert (cause.what, len(cause.members), cause.since) == ("old artifact", 2, fleet.now - 600)
    assert "latest@sha256:old" in cause.message
    assert "latest@sha256:new" in cause.message


def test_an_applier_is_given_its_interval_to_follow(fleet):
    source(fleet, "OCIRepository", "a/src", "latest@sha256:new", age=90)
    fleet.put("c", "Kustomization", "a/one", source="OCIRepository/a/src", revision="latest@sha256:old", interval=10)
    assert silent(fleet) == []
    fleet.put("c", "Kustomization", "a/one", source="OCIRepository/a/src", revision="latest@sha256:old", interval=3600)
    assert silent(fleet, fleet.now + 600) == []
    assert silent(fleet, fleet.now + 7200) == [("old artifact", ["Kustomization/a/one"])]


def test_who_is_suspended_or_failing_lags_for_a_reason_that_is_told_already(fleet):
    source(fleet, "OCIRepository", "a/src", "latest@sha256:new")
    old = {"source": "OCIRepository/a/src", "revision": "latest@sha256:old"}
    fleet.put("c", "Kustomization", "a/paused", suspended=True, **old)
    fleet.put("c", "Kustomization", "a/bad", fleet.failed("BuildFailed"), **old)
    assert silent(fleet) == [("failure", ["Kustomization/a/bad"])]


@pytest.mark.parametrize(
    ("kind", "offered", "applied", "same"),
    [
        ("OCIRepository", "1.0.0@sha256:e52ce06cc9bb00d6", "1.0.0+e52ce06cc9bb", True),
        ("OCIRepository", "1.1.0@sha256:b0392619a5a5fd4b", "1.0.0+e52ce06cc9bb", False),
        ("OCIRepository", "1.0.0@sha256:ffffffffffff", "1.0.0+e52ce06cc9bb", False),
        ("OCIRepository", "1.0.0@sha256:ffffffffffff", "1.0.0", True),
        ("GitRepository", "main@sha1:0123456789", "7.0.0", True),
        ("Bucket", "sha256:0123456789", "7.0.0", True),
        ("HelmChart", "7.0.0", "7.0.0", True),
        ("HelmChart", "7.0.1", "7.0.0", False),
    ],
)
def test_chart_versions_and_digests_are_compared_as_helm_writes_them(fleet, kind, offered, applied, same):
    source(fleet, kind, "a/chart", offered)
    fleet.put("c", "HelmRelease", "a/web", source=f"{kind}/a/chart", revision=applied)
    assert (silent(fleet) == []) is same
