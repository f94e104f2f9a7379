"""The status of an object is its last concluded outcome, told through what real controllers write."""

import pytest

from fluxtui.insight.status import EMPTIED, GENERATION_LAG, NEW_REVISION, assess
from fluxtui.kinds.status import Status
from fluxtui.store.row import Row

FAILED, BLOCKED, SUSPENDED, UNKNOWN, PROGRESSING, READY = Status

RUNNING = {"ready": "Unknown", "reason": "Progressing", "message": "Reconciliation in progress"}
GOOD = {"ready": "True", "reason": "ReconciliationSucceeded", "message": "Applied revision: a"}


@pytest.fixture
def story(fleet):
    """Tells an object's updates one after the other; gives the verdicts."""

    def tell(kind, *updates):
        row, told = None, []
        for update in updates:
            record = fleet.record(kind, "apps/web", **update)
            verdict = assess(record, row)
            row = Row("c", record, verdict.status, verdict.reason, verdict.message, verdict.since)
            told.append(verdict)
        return told

    return tell


def statuses(verdicts):
    return [verdict.status for verdict in verdicts]


def test_a_healthy_object_that_reconciles_every_minute_never_changes(story):
    told = story(
        "Kustomization",
        GOOD | {"ready_since": 100, "outcome": "ReconciliationSucceeded", "outcome_since": 40},
        RUNNING | {"ready_since": 160, "conditions": ("Reconciling=True/Progressing", "Healthy=Unknown/Progressing")},
        GOOD | {"ready_since": 161},
        RUNNING | {"ready_since": 220},
        GOOD | {"ready_since": 221},
    )
    assert statuses(told) == [READY] * 5
    assert {verdict.since for verdict in told} == {40}


FAILING_RETRIES = (
    GOOD | {"ready_since": 100, "revision": "a", "attempted": "a", "outcome": "ReconciliationSucceeded"},
    RUNNING | {"ready_since": 332, "revision": "a", "attempted": "b", "outcome": "ReconciliationSucceeded"},
    # the conclusion comes in two writes: the condition first, the history after it
    {"ready": "False", "reason": "HealthCheckFailed", "message": "health check failed after 30.019891589s: x"}
    | {"ready_since": 362, "revision": "a", "attempted": "b", "outcome": "ReconciliationSucceeded", "outcome_at": 325},
    {"ready": "False", "reason": "HealthCheckFailed", "message": "health check failed after 30.019891589s: x"}
    | {"ready_since": 362, "revision": "a", "attempted": "b"}
    | {"outcome": "HealthCheckFailed", "outcome_since": 362, "outcome_at": 362, "good_at": 325},
    RUNNING
    | {"ready_since": 382, "revision": "a", "attempted": "b"}
    | {"outcome": "HealthCheckFailed", "outcome_since": 362, "outcome_at": 362, "good_at": 325},
    {"ready": "False", "reason": "HealthCheckFailed", "message": "health check failed after 30.01288584s: x"}
    | {"ready_since": 412, "revision": "a", "attempted": "b"}
    | {"outcome": "HealthCheckFailed", "outcome_since": 362, "outcome_at": 412, "good_at": 325},
)


def test_a_failure_stays_failed_while_it_is_retried_and_its_since_is_the_first_failure(story):
    told = story("Kustomization", *FAILING_RETRIES)
    assert statuses(told) == [READY, PROGRESSING, FAILED, FAILED, FAILED, FAILED]
    assert [verdict.since for verdict in told[2:]] == [362] * 4
    assert {verdict.message for verdict in told[2:]} == {"health check failed after 30.019891589s: x"}, "no news"


def test_at_first_sight_in_mid_retry_the_history_tells(story):
    (told,) = story("Kustomization", FAILING_RETRIES[4])
    assert (told.status, told.reason, told.since) == (FAILED, "HealthCheckFailed", 362)
    assert "HealthCheckFailed" in told.message
    assert "Reconciliation in progress" in told.message


def test_at_first_sight_a_first_reconcile_is_progress_and_silence_is_unknown(story):
    assert story("Kustomization", RUNNING | {"observed": -1})[0].status is PROGRESSING
    (silent,) = story("Kustomization", {"observed": -1, "created": 5})
    assert (silent.status, silent.reason, silent.since) == (UNKNOWN, "NoStatus", 5)


def test_at_first_sight_a_new_revision_under_way_is_progress_never_green(story):
    (told,) = story(
        "Kustomization",
        RUNNING | {"revision": "a", "attempted": "b", "outcome": "ReconciliationSucceeded", "outcome_since": 7},
    )
    assert (told.status, told.reason) == (PROGRESSING, NEW_REVISION)
    assert "from a to b" in told.message


def test_a_failure_that_heals_is_ready_since_then(story):
    told = story("Kustomization", *FAILING_RETRIES, GOOD | {"ready_since": 718, "outcome": "HealthCheckFailed"})
    assert (told[-1].status, told[-1].since) == (READY, 718)


def test_an_interrupted_watch_learns_from_the_history_what_it_missed(story):
    failed_meanwhile = story(
        "Kustomization",
        GOOD | {"ready_since": 100, "outcome": "ReconciliationSucceeded", "outcome_at": 100},
        RUNNING | {"ready_since": 500, "outcome": "HealthCheckFailed", "outcome_since": 300, "outcome_at": 450},
    )
    assert (failed_meanwhile[-1].status, failed_meanwhile[-1].since) == (FAILED, 300)
    healed_meanwhile = story(
        "Kustomization",
        {"ready": "False", "reason": "BuildFailed", "ready_since": 100},
        RUNNING | {"ready_since": 500, "outcome": "ReconciliationSucceeded", "outcome_since": 20, "outcome_at": 450},
    )
    assert (healed_meanwhile[-1].status, healed_meanwhile[-1].since) == (READY, 450)


def test_the_same_content_failing_again_is_not_as_old_as_its_first_failure(story):
    """Entries of a history are merged by content: the first failure may lie before a success."""
    (told,) = story(
        "Kustomization",
        RUNNING | {"outcome": "HealthCheckFailed", "outcome_since": 100, "outcome_at": 900, "good_at": 500},
    )
    assert told.since == 500


def test_a_second_bad_revision_does_not_make_the_failure_younger(story):
    told = story(
        "Kustomization",
        {"ready": "False", "reason": "BuildFailed", "ready_since": 100},
        RUNNING | {"ready_since": 190},
        {"ready": "False", "reason": "HealthCheckFailed", "ready_since": 230}
        | {"outcome": "HealthCheckFailed", "outcome_since": 230, "outcome_at": 230},
    )
    assert [verdict.since for verdict in told] == [100, 100, 100]
    assert told[-1].reason == "HealthCheckFailed"


def test_blocked_stays_blocked_while_the_dependency_blinks(story):
    told = story(
        "Kustomization",
        GOOD,
        {"ready": "False", "reason": "DependencyNotReady", "ready_since": 332}
        | {"message": "dependency 'a/b' revision is not up to date"},
        {"ready": "False", "reason": "DependencyNotReady", "ready_since": 362}
        | {"message": "dependency 'a/b' is not ready"},
    )
    assert statuses(told) == [READY, BLOCKED, BLOCKED]
    assert [verdict.since for verdict in told[1:]] == [332, 332]
    assert told[-1].message == "dependency 'a/b' is not ready"


def test_what_was_blocked_and_runs_is_in_progress_not_ready(story):
    told = story(
        "Kustomization",
        {"ready": "False", "reason": "DependencyNotReady", "ready_since": 1},
        RUNNING | {"outcome": "ReconciliationSucceeded", "outcome_since": 1, "revision": "a", "attempted": "a"},
    )
    assert told[-1].status is PROGRESSING


RELEASE_STORY = (
    {"ready": "True", "reason": "InstallSucceeded", "ready_since": 100, "attempted": "1.0", "revision": "1.0"}
    | {"conditions": ("Released=True/InstallSucceeded",)},
    RUNNING
    | {"ready_since": 301, "attempted": "1.1", "revision": "1.0", "conditions": ("Released=True/InstallSucceeded",)},
    {"ready": "False", "reason": "UpgradeFailed", "message": "timeout waiting for: [Deployment/m/x]"}
    | {"ready_since": 321, "attempted": "1.1", "conditions": ("Released=False/UpgradeFailed",)},
    {"ready": "False", "reason": "RollbackSucceeded", "message": "Helm rollback to m/x.v1 succeeded"}
    | {"ready_since": 321, "attempted": "1.1", "revision": "1.0"}
    | {"conditions": ("Released=False/UpgradeFailed", "Remediated=True/RollbackSucceeded")},
    RUNNING
    | {"ready_since": 332, "attempted": "1.1", "revision": "1.0"}
    | {"conditions": ("Released=False/UpgradeFailed", "Remediated=True/RollbackSucceeded")},
    {"ready": "False", "reason": "RollbackSucceeded", "message": "Helm rollback to m/x.v3 succeeded"}
    | {"ready_since": 353, "attempted": "1.1", "revision": "1.0", "outcome": "failed", "outcome_since": 301}
    | {
        "conditions": (
            "Stalled=True/RetriesExceeded",
            "Released=False/UpgradeFailed",
            "Remediated=True/RollbackSucceeded",
        )
    },
)


def test_a_rollback_that_succeeded_is_a_failed_upgrade(story):
    told = story("HelmRelease", *RELEASE_STORY)
    assert statuses(told) == [READY, PROGRESSING, FAILED, FAILED, FAILED, FAILED]
    assert {verdict.reason for verdict in told[2:]} == {"UpgradeFailed"}, "the reason does not flap with the remedy"
    assert {verdict.since for verdict in told[2:]} == {321}
    assert told[3].message == "timeout waiting for: [Deployment/m/x]\nHelm rollback to m/x.v1 succeeded"
    assert "RetriesExceeded" in told[-1].message


@pytest.mark.parametrize("moment", range(2, len(RELEASE_STORY)))
def test_a_failed_release_is_failed_at_first_sight_in_every_moment(story, moment):
    (told,) = story("HelmRelease", RELEASE_STORY[moment])
    assert (told.status, told.reason) == (FAILED, "UpgradeFailed")


def test_a_release_has_no_ready_at_all_in_its_first_update(story):
    told = story("HelmRelease", {"observed": -1, "conditions": ("Reconciling=True/Progressing",)})
    assert statuses(told) == [PROGRESSING]


@pytest.mark.parametrize("conditions", [("FetchFailed=True/X",), ("SourceVerified=False/X",), ("BuildFailed=True/X",)])
def test_a_source_in_mid_retry_is_failed_by_the_condition_that_lasts(story, conditions):
    (told,) = story("OCIRepository", RUNNING | {"conditions": conditions})
    assert (told.status, told.reason) == (FAILED, "X")


def test_a_source_without_history_fails_since_the_condition_that_outlives_its_retries(story):
    seen_late = {"ready": "False", "reason": "VerificationError", "ready_since": 500, "failing_since": 110}
    (told,) = story("OCIRepository", seen_late)
    assert (told.status, told.since) == (FAILED, 110)
    retrying = RUNNING | {
        "conditions": ("SourceVerified=False/VerificationError",),
        "ready_since": 510,
        "failing_since": 110,
    }
    assert [verdict.since for verdict in story("OCIRepository", retrying, seen_late)] == [110, 110]


def test_a_signature_that_fails_in_the_first_run_is_concluded_at_its_end(story):
    told = story(
        "OCIRepository",
        RUNNING | {"observed": -1},
        RUNNING | {"observed": -1, "conditions": ("SourceVerified=False/VerificationError",)},
        {"ready": "False", "reason": "VerificationError", "message": "failed to verify", "ready_since": 110},
        RUNNING | {"conditions": ("SourceVerified=False/VerificationError",), "ready_since": 112},
    )
    assert statuses(told) == [PROGRESSING, PROGRESSING, FAILED, FAILED]
    assert told[-1].message == "failed to verify"


def test_a_source_that_fetches_something_new_is_in_progress_and_fetches_the_same_silently(story):
    new = RUNNING | {"conditions": ("ArtifactOutdated=True/NewRevision",)}
    assert statuses(story("OCIRepository", GOOD, new, GOOD)) == [READY, PROGRESSING, READY]
    assert statuses(story("OCIRepository", GOOD, RUNNING, GOOD)) == [READY, READY, READY]


def test_suspended_by_spec_or_annotation_whatever_the_conditions_say(story):
    suspended = {"suspended": True, "suspended_by": "anna", "outcome_at": 700, "ready_since": 650}
    green = story("Kustomization", GOOD | suspended)[0]
    assert (green.status, green.message, green.since) == (SUSPENDED, "suspended by anna", 700)
    failed = {"ready": "False", "reason": "BuildFailed", "message": "bad yaml"}
    red = story("Kustomization", failed | {"suspended": True})[0]
    assert (red.status, red.message) == (SUSPENDED, "suspended; before that, BuildFailed: bad yaml")


def test_resumed_objects_are_what_their_history_says(story):
    told = story(
        "Kustomization",
        GOOD | {"suspended": True},
        RUNNING | {"outcome": "ReconciliationSucceeded", "outcome_since": 40},
    )
    assert (told[-1].status, told[-1].since) == (READY, 40)


def test_an_edit_that_no_controller_has_seen_is_in_progress(story):
    told = story("Kustomization", GOOD | {"ready_since": 9}, GOOD | {"generation": 2}, GOOD | {"generation": 2})
    assert statuses(told) == [READY, PROGRESSING, PROGRESSING]
    assert told[-1].reason == GENERATION_LAG
    assert "generation 2" in told[-1].message


def test_an_edit_does_not_heal_a_failure(story):
    told = story(
        "Kustomization",
        {"ready": "False", "reason": "BuildFailed", "message": "bad yaml", "ready_since": 3},
        {"ready": "False", "reason": "BuildFailed", "message": "bad yaml", "ready_since": 3, "generation": 2},
        RUNNING | {"generation": 2},
    )
    assert statuses(told) == [FAILED] * 3


def test_a_report_lags_one_generation_and_says_only_that_it_ran(story):
    assert story("FluxReport", GOOD | {"generation": 3, "observed": 2})[0].status is READY


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("Alert", {}),
        ("Provider", {}),
        ("Namespace", {}),
        ("ConfigMap", {}),
        ("HelmRepository", {"url": "oci://registry.example.com/charts"}),
        ("Event", {"reason": "Whatever"}),
    ],
)
def test_kinds_that_have_no_conditions_are_ready(story, kind, fields):
    assert story(kind, {"observed": -1} | fields)[0].status is READY


@pytest.mark.parametrize("kind", ["Kustomization", "HelmRelease", "ResourceSet", "GitRepository", "Unheard"])
def test_other_kinds_without_conditions_are_never_green(story, kind):
    assert story(kind, {"observed": -1})[0].status is UNKNOWN


def test_a_helm_repository_with_an_index_needs_its_condition(story):
    assert story("HelmRepository", {"url": "https://charts.example.com", "observed": -1})[0].status is UNKNOWN


def test_an_object_of_the_wrong_shape_is_not_green(story):
    (told,) = story("Alert", {"flaw": "status.conditions is a number", "observed": -1})
    assert (told.status, "status.conditions" in told.message) == (UNKNOWN, True)


def test_a_run_that_the_next_one_interrupts_concludes_nothing(story):
    interrupted = {"ready": "False", "reason": "HealthCheckCanceled", "message": "new revision"}
    assert statuses(story("Kustomization", GOOD, interrupted)) == [READY, READY]


def test_a_deletion_is_no_failure_unless_it_fails(story):
    gone = {"deleting": 800, "ready": "False", "reason": "UninstallSucceeded", "ready_since": 801}
    assert story("HelmRelease", gone)[0].status is PROGRESSING
    stuck = gone | {"reason": "UninstallFailed", "message": "forbidden"}
    (told,) = story("HelmRelease", stuck)
    assert (told.status, told.reason, told.since) == (FAILED, "UninstallFailed", 800)


def test_stalled_in_mid_run_is_failed(story):
    (told,) = story("ResourceSet", RUNNING | {"conditions": ("Stalled=True/BuildFailed",)})
    assert (told.status, told.reason) == (FAILED, "BuildFailed")


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"ready": "True"}, READY),
        ({"ready": "Unknown", "observed": -1}, UNKNOWN),
        ({"ready": "False", "reason": "MinimumReplicasUnavailable", "conditions": ("Available=False/X",)}, FAILED),
        (
            {"ready": "False", "conditions": ("Available=True/X", "Progressing=True/ReplicaSetUpdated")},
            PROGRESSING,
        ),
        (
            {
                "ready": "False",
                "reason": "ProgressDeadlineExceeded",
                "conditions": ("Available=True/X", "Progressing=False/ProgressDeadlineExceeded"),
            },
            FAILED,
        ),
    ],
)
def test_deployments(story, fields, status):
    assert story("Deployment", fields)[0].status is status


def test_a_resource_set_that_just_deleted_everything_says_so_and_goes_on_saying_it(story):
    told = story(
        "ResourceSet",
        GOOD | {"inventory_size": 8, "input_sets": 2},
        RUNNING | {"inventory_size": 8, "input_sets": 2},
        GOOD | {"inventory_size": 0, "input_sets": 0, "ready_since": 500},
        RUNNING | {"inventory_size": 0, "input_sets": 0, "ready_since": 560},
        GOOD | {"inventory_size": 0, "input_sets": 0, "ready_since": 561},
        GOOD | {"inventory_size": 8, "input_sets": 2, "ready_since": 620},
    )
    assert [verdict.reason == EMPTIED for verdict in told] == [False, False, True, True, True, False]
    assert [verdict.since for verdict in told[2:5]] == [500] * 3
    assert "8 objects" in told[2].message


def test_a_resource_set_that_was_emptied_before_we_looked_is_known_by_its_history(story):
    emptied = GOOD | {"inventory_size": 0, "input_sets": 0, "earlier_input_sets": 2, "outcome_since": 77}
    assert story("ResourceSet", emptied)[0].reason == EMPTIED
    never_filled = GOOD | {"inventory_size": 0, "input_sets": 0, "earlier_input_sets": -1}
    assert story("ResourceSet", never_filled)[0].reason == "ReconciliationSucceeded"


@pytest.mark.parametrize("ready", ["True", "False", "Unknown", "", "Maybe"])
@pytest.mark.parametrize("kind", ["Kustomization", "HelmRelease", "Deployment", "Alert", "Nonsense"])
def test_nothing_raises_and_only_true_or_nothing_to_say_is_green(story, kind, ready):
    for conditions in ((), ("",), ("===",), ("Stalled",), ("Released=False",)):
        (told,) = story(kind, {"ready": ready, "conditions": conditions})
        assert told.status is not READY or ready == "True" or (ready == "" and kind == "Alert")


def test_a_failure_in_the_history_that_is_older_than_the_success_is_no_news(story):
    told = story(
        "Kustomization",
        GOOD | {"ready_since": 718},
        RUNNING | {"ready_since": 719, "outcome": "HealthCheckFailed", "outcome_since": 362, "outcome_at": 713},
        RUNNING | {"ready_since": 720, "outcome": "ReconciliationSucceeded", "outcome_since": 40, "outcome_at": 900},
    )
    assert [(verdict.status, verdict.since) for verdict in told] == [(READY, 718)] * 3


def test_how_long_an_edit_waits_is_counted_from_its_beginning(story):
    told = story(
        "Kustomization",
        GOOD | {"generation": 2, "ready_since": 100},
        GOOD | {"generation": 3, "ready_since": 200},
    )
    assert [verdict.since for verdict in told] == [100, 100]


def test_an_edit_of_a_blocked_or_failed_object_that_shows_an_older_success_changes_nothing_yet(story):
    told = story(
        "Kustomization",
        {"ready": "False", "reason": "BuildFailed", "ready_since": 5},
        GOOD | {"generation": 2, "ready_since": 90},
    )
    assert (told[-1].status, told[-1].since) == (FAILED, 5)


def test_a_run_of_an_edited_object_is_in_progress_and_of_an_unedited_one_is_not(story):
    assert story("Kustomization", GOOD, RUNNING | {"generation": 2})[-1].status is PROGRESSING
    assert story("Kustomization", GOOD, RUNNING | {"generation": 2, "observed": 2})[-1].status is READY
    assert story("FluxReport", GOOD, RUNNING | {"generation": 2})[-1].status is READY


def test_a_resource_set_whose_resources_were_all_removed_had_inputs(story):
    told = story(
        "ResourceSet", GOOD | {"inventory_size": 3}, GOOD | {"inventory_size": 0, "input_sets": 2, "ready_since": 9}
    )
    assert told[-1].message == "its last run left nothing of all 3 objects that it had applied"


def test_a_release_tells_when_a_try_began_which_is_believed_only_at_first_sight(story):
    assert story("HelmRelease", *RELEASE_STORY)[-1].since == 321
    assert story("HelmRelease", RELEASE_STORY[-1])[0].since == 301


def test_an_object_that_is_new_is_in_progress_since_its_creation(story):
    assert (
        story("HelmRelease", {"observed": -1, "ready_since": 0, "created": 7, "conditions": ("Reconciling=True/X",)})[
            0
        ].since
        == 7
    )
