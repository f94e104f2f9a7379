"""The triage report: counts that are honest, an order that tells, evidence that is proven."""

import pytest

from fluxtui.cli import reports
from fluxtui.insight import export
from fluxtui.insight.evidence import evidence
from fluxtui.insight.triage import triage, verdict
from fluxtui.kinds.status import Status
from fluxtui.store.state import DataState, Phase


def test_nothing_known_is_not_healthy(fleet):
    report = fleet.triage()
    assert verdict(report) == "no clusters"
    assert not report.complete


def test_all_green_says_how_much_was_seen(fleet):
    fleet.put("eu", "Kustomization", "a/web")
    fleet.put("eu", "Namespace", "/a")
    report = fleet.triage()
    assert verdict(report) == "1 of 1 objects ready · 1 of 1 clusters fresh", "namespaces have no health"
    assert report.complete
    assert report.healthy


def test_unknown_is_never_counted_as_healthy(fleet):
    fleet.put("eu", "Kustomization", "a/web", {}, observed=-1, created=fleet.now - 10)
    report = fleet.triage()
    assert not report.healthy
    assert report.count(Status.READY) == 0
    assert "1 unknown" in verdict(report)


def test_the_sentence(fleet):
    fleet.put("eu", "Kustomization", "a/web", fleet.failed("BuildFailed"))
    fleet.put("eu", "Kustomization", "a/behind", fleet.blocked, needs=["a/web"])
    fleet.put("eu", "Kustomization", "b/web", fleet.failed("BuildFailed", "other"))
    fleet.put("eu", "Kustomization", "b/paused", suspended=True)
    fleet.cluster("us", Phase.UNREACHABLE, "connection refused")
    report = fleet.triage()
    assert verdict(report) == "2 root causes explain 3 of 3 failing objects · 1 suspended · 1 of 2 clusters fresh"
    assert not report.complete


def test_a_cluster_is_in_its_worst_phase_and_says_why(fleet):
    fleet.put("eu", "Kustomization", "a/web", fleet.failed("BuildFailed"))
    fleet.cluster("us", Phase.UNREACHABLE, "connection refused")
    eu, us = fleet.triage().clusters
    assert (eu.phase, eu.failing, eu.total, eu.fresh) == (Phase.FRESH, 1, 1, True)
    assert (us.phase, us.detail, us.since, us.total) == (Phase.UNREACHABLE, "connection refused", fleet.now - 120, 0)
    fleet.store.table("eu", "HelmRelease").set_state(DataState(Phase.STALE, detail="connection lost"))
    assert fleet.triage().clusters[0].phase is Phase.STALE


def test_a_cluster_that_went_away_keeps_its_last_numbers_and_problems(fleet):
    fleet.put("eu", "Kustomization", "a/web", fleet.failed("BuildFailed"))
    fleet.cluster("eu", Phase.STALE, "connection lost")
    report = fleet.triage()
    assert (report.fresh, report.failing, len(report.problems)) == (0, 1, 1)


def test_forbidden_kinds_are_gaps_and_missing_ones_are_not(fleet):
    fleet.put("eu", "Kustomization", "a/web")
    fleet.store.table("eu", "HelmRelease").set_state(DataState(Phase.FORBIDDEN, detail="cannot list helmreleases"))
    fleet.store.table("eu", "ResourceSet").set_state(DataState(Phase.MISSING))
    report = fleet.triage()
    (eu,) = report.clusters
    assert eu.fresh
    assert [(gap.kind, gap.phase, gap.detail) for gap in eu.gaps] == [
        ("HelmRelease", Phase.FORBIDDEN, "cannot list helmreleases")
    ]
    assert not report.complete


def test_a_kind_that_is_seen_in_one_namespace_is_a_gap(fleet):
    fleet.put("eu", "Kustomization", "apps/web")
    told = "only namespace apps: all namespaces are not allowed"
    fleet.store.table("eu", "Kustomization").set_state(DataState(Phase.FRESH, 1, 1, told, "apps"))
    report = fleet.triage()
    (eu,) = report.clusters
    assert eu.fresh and eu.limits == (told,) and not eu.hidden
    assert not report.complete
    assert [gap.state for gap in eu.gaps] == ["in part"]


def test_a_cluster_without_flux_or_without_rights_says_so(fleet):
    fleet.cluster("bare", Phase.MISSING)
    fleet.cluster("shut", Phase.FORBIDDEN, "no rights")
    assert [cluster.phase for cluster in fleet.triage().clusters] == [Phase.MISSING, Phase.FORBIDDEN]
    assert fleet.triage().fresh == 0


def test_changes_of_the_last_hour_by_minute(fleet):
    minute = fleet.now // 60 * 60
    fleet.put("eu", "OCIRepository", "a/src", revision="x", updated=minute - 120, ready_since=minute - 120)
    fleet.put("eu", "Kustomization", "a/web", fleet.failed("BuildFailed"), ready_since=minute - 60)
    fleet.put("eu", "Kustomization", "a/old", ready_since=minute - 7200)
    activity = fleet.triage().activity
    assert activity.start == minute - 59 * 60
    assert (activity.buckets[-3], activity.buckets[-2], activity.total) == (1, 1, 2)
    report = fleet.triage()
    assert report.first_failure == minute - 60
    assert activity.before(report.first_failure) == 2
    assert activity.before(0) == 0


def test_a_report_is_computed_in_slices_and_is_the_same(fleet):
    for number in range(400):
        fleet.put("eu", "Kustomization", f"a/app{number}", fleet.failed("BuildFailed", f"bad {number}"))
    steps, slices = triage(fleet.store, fleet.now), 0
    while True:
        try:
            next(steps)
            slices += 1
        except StopIteration as done:
            report = done.value
            break
    assert slices >= 400 // 100 + 400 // 25
    assert report == fleet.triage()
    assert len(report.problems) == 400


def test_the_world_may_change_between_two_slices(fleet):
    for number in range(300):
        fleet.put("eu", "Kustomization", f"a/app{number}", fleet.failed("BuildFailed", f"bad {number}"))
    steps = triage(fleet.store, fleet.now)
    number = 0
    while True:
        try:
            next(steps)
        except StopIteration as done:
            report = done.value
            break
        fleet.remove("eu", "Kustomization", f"a/app{number}")
        fleet.put("eu", "Kustomization", f"b/new{number}", fleet.failed("BuildFailed", f"new {number}"))
        number += 1
    assert report.clusters[0].total == 300
    fleet.store.drop("eu")
    assert fleet.triage().problems == ()


@pytest.fixture
def incident(fleet):
    source = {
        "revision": "latest@sha256:bbbbbbbbb",
        "origin": "main@sha1:2222222222",
        "url": "oci://r.example.com/infra",
    }
    fleet.put("eu", "OCIRepository", "m/infra", updated=fleet.now - 650, **source)
    fleet.put(
        "eu",
        "Kustomization",
        "m/infra",
        fleet.failed(
            "HealthCheckFailed", "timeout waiting for: [Deployment/m/webhook status: 'InProgress']\nsecond line"
        ),
        source="OCIRepository/m/infra",
        ready_since=fleet.now - 600,
        revision="latest@sha256:aaaaaaaaa",
        attempted="latest@sha256:bbbbbbbbb",
        good_revision="latest@sha256:aaaaaaaaa",
        good_origin="main@sha1:1111111111",
        good_at=fleet.now - 700,
        conditions=("Healthy=False/HealthCheckFailed", "Reconciling=True/ProgressingWithRetry"),
        needs=["m/base"],
    )
    fleet.put("eu", "Kustomization", "m/base")
    fleet.put("eu", "Kustomization", "a/apps", fleet.blocked, needs=["m/infra"])
    fleet.put("us", "Kustomization", "m/infra", revision="latest@sha256:bbbbbbbbb", ready_since=fleet.now - 500)
    fleet.cluster("ap", Phase.UNREACHABLE, "timeout")
    (cause,) = fleet.triage().problems
    return fleet, cause


def test_messages_are_whole_and_conditions_that_speak_against_it_are_told(incident):
    fleet, cause = incident
    found = evidence(fleet.store, cause)
    assert found.messages[0][0] == "HealthCheckFailed"
    assert found.messages[0][1].endswith("\nsecond line")
    assert ("condition", "Healthy is False, HealthCheckFailed") in found.messages
    assert not any("Reconciling" in text for _, text in found.messages)


def test_a_change_of_chart_is_as_old_as_the_chart(fleet):
    fleet.put("eu", "OCIRepository", "m/chart", revision="v1.20.0@sha256:2a2c04592da6ff", updated=fleet.now - 900)
    release = {
        "source": "OCIRepository/m/chart",
        "good_revision": "1.19.0+8ea22e149aaf",
        "attempted": "1.20.0+2a2c04592da6",
    }
    fleet.put("eu", "HelmRelease", "m/app", fleet.failed("UpgradeFailed", "timed out"), **release)
    (cause,) = fleet.triage().problems
    first = evidence(fleet.store, cause).changed[0]
    assert (first.text, first.at) == ("chart 1.19.0 → 1.20.0", fleet.now - 900)


def test_what_changed_before_it(incident):
    fleet, cause = incident
    changed = {change.text: change.at for change in evidence(fleet.store, cause).changed}
    assert changed == {
        "revision latest@aaaaaaa → latest@bbbbbbb": fleet.now - 650,
        "commit main@1111111 → main@2222222": 0,
    }


def test_when_it_was_last_good_is_no_change_but_a_fact_of_its_own(incident):
    fleet, cause = incident
    found = evidence(fleet.store, cause)
    assert (found.last_good.text, found.last_good.at) == ("latest@aaaaaaa", fleet.now - 700)
    report = fleet.triage()
    shape = export.triage_shape(fleet.store, report, report.problems, "")
    assert shape.problems[0].evidence.last_good.text == "latest@aaaaaaa"
    told = reports.Told(fleet.store, report, report.problems, "")
    assert "last good: 11m ago, at latest@aaaaaaa" in reports.text(told, 200, lambda text, style: text, wide=True)
    assert "last good: `11m ago, at latest@aaaaaaa`" in reports.markdown_text(told)


def test_a_source_was_last_good_when_it_got_its_artifact(fleet):
    fleet.put(
        "eu",
        "OCIRepository",
        "a/src",
        fleet.failed("AuthenticationFailed"),
        revision="v1@sha256:aaaaaaaaa",
        updated=fleet.now - 9000,
    )
    (cause,) = fleet.triage().problems
    found = evidence(fleet.store, cause)
    assert found.changed == ()
    assert (found.last_good.text, found.last_good.at) == ("v1@aaaaaaa", fleet.now - 9000)


def test_what_waits_behind_it_and_what_happens_elsewhere(incident):
    fleet, cause = incident
    found = evidence(fleet.store, cause)
    assert (found.chain, found.waiting) == ((("eu", "Kustomization/a/apps"),), 1)
    elsewhere = {each.cluster: (each.row and each.row.status, each.state.phase) for each in found.elsewhere}
    assert elsewhere == {"us": (Status.READY, Phase.FRESH), "ap": (None, Phase.UNREACHABLE)}


def test_only_what_is_proven_is_not_the_cause(incident):
    fleet, cause = incident
    assert evidence(fleet.store, cause).not_the_cause == (
        "source: OCIRepository m/infra is ready at latest@bbbbbbb",
        "dependencies: all 1 ready",
    )
    fleet.store.table("eu", "OCIRepository").set_state(DataState(Phase.STALE))
    assert evidence(fleet.store, cause).not_the_cause == ("dependencies: all 1 ready",)


def test_a_change_long_after_the_failure_did_not_cause_it(incident):
    fleet, cause = incident
    fleet.put("eu", "OCIRepository", "m/infra", revision="latest@sha256:ccccccccc", updated=fleet.now - 10)
    texts = [change.text for change in evidence(fleet.store, cause).changed]
    assert not any("became" in text for text in texts)


def test_evidence_of_something_that_has_gone(incident):
    fleet, cause = incident
    fleet.remove("eu", "Kustomization", "m/infra")
    found = evidence(fleet.store, cause)
    assert found.row is None
    assert found.messages == ((cause.reason, cause.message),)


def test_looking_back_at_a_cause_does_not_bring_its_cluster_back(fleet):
    fleet.put("eu", "Kustomization", "a/web", fleet.failed("BuildFailed"))
    (cause,) = fleet.triage().problems
    fleet.store.drop("eu")
    found = evidence(fleet.store, cause)
    assert found.row is None
    assert found.state.phase is Phase.LOADING
    assert fleet.store.clusters() == []


@pytest.mark.parametrize("moment", range(1, 21))
def test_a_cluster_that_leaves_while_the_report_is_computed_stays_away(fleet, moment):
    for number in range(25):
        fleet.put("eu", "Kustomization", f"a/web-{number}", fleet.failed("BuildFailed", f"in its own way {number}"))
    steps = triage(fleet.store, fleet.now)
    for _ in range(moment):
        next(steps, None)
    fleet.store.drop("eu")
    for _ in steps:
        pass
    assert fleet.store.clusters() == []


def test_causes_are_told_as_those_so_far_until_every_list_has_come(fleet):
    """A Kustomization whose health check fails looks like a root until the HelmRelease behind it is known."""
    fleet.put("eu", "Kustomization", "a/web", fleet.failed("HealthCheckFailed"))
    table = fleet.store.table("eu", "HelmRelease")
    table.set_state(DataState())
    assert verdict(fleet.triage()).startswith("1 root cause so far explains 1 of 1 failing objects · ")
    table.set_state(DataState(Phase.FRESH, fleet.now, fleet.now))
    assert verdict(fleet.triage()).startswith("1 root cause explains 1 of 1 failing objects · ")
    fleet.cluster("us", Phase.UNREACHABLE)
    assert "so far" not in verdict(fleet.triage()), "what cannot be reached is not on its way"
