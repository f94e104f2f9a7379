"""What changed: what records and Events tell, each change once, grouped as people see it."""

import gzip
import itertools
import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fluxtui.insight import changes, changes_export
from fluxtui.insight.authors import Edit
from fluxtui.insight.changes import Span
from fluxtui.insight.changes_verdict import before_words, verdict_words
from fluxtui.insight.known import Known
from fluxtui.insight.occurrence import WHATS, Occurrence
from fluxtui.insight.status import assess
from fluxtui.kinds.cluster import EventRecord
from fluxtui.kinds.instance import Run
from fluxtui.store.store import Store

from .test_recordings import KIND_OF_PATH, START, fresh_store, recording, replay

A, B = "latest@sha256:aaaaaaaaaa", "latest@sha256:bbbbbbbbbb"


def told(fleet, back=1800, at=None, watched=(), about=None, span=None, written=None):
    at = at or fleet.now
    return done(changes.report(fleet.store, at, span or Span(at - back), watched, written, about))


def done(steps):
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value


def flat(report):
    return [(each.what, each.id, fleet_ago(report, each)) for group in report.groups for each in group.members]


def fleet_ago(report, each):
    return int(report.now) - each.at


def event(fleet, cluster, regarding, reason, message, ago, *, severity="Normal", count=1, last=None):
    name = f"{regarding.replace('/', '.').lower()}.{reason.lower()}.{ago}"
    record = EventRecord(
        kind="Event",
        id=f"Event/x/{name}",
        namespace="x",
        name=name,
        version=name,
        created=fleet.now - ago,
        regarding=regarding,
        reason=reason,
        message=message,
        type=severity,
        count=count,
        first=fleet.now - ago,
        last=fleet.now - (ago if last is None else last),
    )
    fleet.store.table(cluster, "Event").upsert(record)


# --- what is told


def test_an_artifact_and_its_takers_are_one_push(fleet):
    for cluster, later in (("c", 0), ("d", 30)):
        fleet.put(cluster, "OCIRepository", "a/src", revision=B, url="oci://r/x", updated=fleet.now - 300 + later)
        for name in ("one", "two"):
            ran = {"outcome": "ReconciliationSucceeded", "outcome_since": fleet.now - 290 + later}
            fleet.put(
                cluster, "Kustomization", f"a/{name}", source="OCIRepository/a/src", revision=B, good_revision=A, **ran
            )
    (group,) = told(fleet).groups
    assert (group.what, group.title, group.push) == ("revision", "OCIRepository a/src", B)
    assert group.words == "latest@bbbbbbb reached 6 objects"
    assert (group.at, group.until) == (fleet.now - 300, fleet.now - 260)
    assert set(group.clusters) == {"c", "d"}
    assert group.inferred == 0


def test_the_same_revision_hours_later_or_from_elsewhere_is_another_push(fleet):
    fleet.put(
        "c",
        "OCIRepository",
        "a/src",
        revision=B,
        url="oci://r/x",
        updated=fleet.now - 7000,
        ready_since=fleet.now - 7000,
    )
    fleet.put("d", "OCIRepository", "a/src", revision=B, url="oci://r/x", updated=fleet.now - 300)
    fleet.put("e", "OCIRepository", "a/src", revision=B, url="oci://r/y", updated=fleet.now - 290)
    assert len(told(fleet, 7200).groups) == 3


def test_what_an_applier_changed_right_after_its_run_belongs_to_its_push_and_says_so(fleet):
    fleet.put("c", "OCIRepository", "a/src", revision=B, url="oci://r/x", updated=fleet.now - 400)
    ran = {"outcome": "ReconciliationSucceeded", "outcome_since": fleet.now - 398}
    fleet.put("c", "Kustomization", "a/apps", source="OCIRepository/a/src", revision=B, **ran)
    owner = {"owner": "Kustomization/a/apps", "created": fleet.now - 90_000}
    fleet.put("c", "HelmRelease", "a/app", **owner, revision="2.0.0", good_revision="1.0.0", updated=fleet.now - 390)
    fleet.put("c", "HelmRelease", "a/late", **owner, revision="2.0.0", updated=fleet.now - 10)
    push, late = sorted(told(fleet).groups, key=lambda group: group.at)
    assert [each.id for each in push.members][-1] == "HelmRelease/a/app"
    assert push.inferred == 1
    assert [each.id for each in late.members] == ["HelmRelease/a/late"]


def test_managed_fields_tell_who_wrote_which_field_and_look_inferred(fleet):
    row = fleet.put("c", "Kustomization", "a/app", created=fleet.now - 90_000, generation=4)
    both = Edit("kubectl-edit", fleet.now - 60, ("spec.interval", "spec.path"), count=2)
    alone = Edit("helm", fleet.now - 600, ("spec.wait",), count=1)
    old = Edit("kustomize-controller", fleet.now - 9000, ("spec.prune",), count=1)
    groups = told(fleet, written={row.key: (both, alone, old)}).groups
    assert [(each.what, each.told, each.known) for each in groups] == [
        ("spec", "spec.interval, spec.path ≈ by kubectl-edit", Known.INFERRED),
        ("spec", "spec.wait ≈ by helm", Known.TOLD),
    ]


def test_what_we_saw_ourselves_learns_its_writer_and_stays_seen(fleet):
    row = fleet.put("c", "Kustomization", "a/app", created=fleet.now - 90_000, generation=4)
    saw = Occurrence(fleet.now - 61, *row.key, "spec", "generation 3 → 4", Known.SEEN, "watch")
    by = Edit("kubectl-edit", fleet.now - 60, ("spec.interval", "spec.path"), count=2)
    (group,) = told(fleet, watched=[saw], written={row.key: (by,)}).groups
    assert group.known is Known.SEEN
    assert group.told == "generation 3 → 4: spec.interval, spec.path ≈ by kubectl-edit"


def test_who_suspended_and_who_resumed_is_told_by_the_field(fleet):
    rests = fleet.put("c", "Kustomization", "a/rests", suspended=True, created=fleet.now - 90_000)
    runs = fleet.put("c", "Kustomization", "a/runs", created=fleet.now - 90_000)
    by = Edit("kubectl-edit", fleet.now - 60, ("spec.suspend",), count=1)
    found = told(fleet, written={rests.key: (by,), runs.key: (by,)}).groups
    assert {(each.what, each.head.id.rpartition("/")[2], each.head.by) for each in found} == {
        ("suspended", "rests", "kubectl-edit"),
        ("resumed", "runs", "kubectl-edit"),
    }


def test_what_is_asked_for_is_upstream_first_then_roots_and_never_too_much(fleet):
    fleet.put("c", "GitRepository", "a/src", generation=2)
    fleet.put("c", "Kustomization", "a/app", source="GitRepository/a/src", generation=3)
    fleet.put("c", "Kustomization", "a/never-edited", generation=1)
    for number in range(changes.ASKED + 5):
        fleet.put("c", "HelmRelease", f"a/{number}", generation=2)
    report = told(fleet, about=("c", "Kustomization/a/app"))
    roots = [("c", "Kustomization/a/never-edited"), *(("c", f"HelmRelease/a/{number}") for number in range(45))]
    rows = changes.to_ask(fleet.store, report, roots)
    assert [row.record.id for row in rows[:3]] == ["Kustomization/a/app", "GitRepository/a/src", "HelmRelease/a/0"]
    assert len(rows) == changes.ASKED


def test_failures_are_not_part_of_a_push_and_those_of_the_same_moment_are_one_line(fleet):
    fleet.put("c", "OCIRepository", "a/src", revision=B, url="oci://r/x", updated=fleet.now - 300)
    for number in range(24):
        fleet.put("c", "Kustomization", f"a/{number}", fleet.blocked, owner="x", ready_since=fleet.now - 200 + number)
    blocked, push = told(fleet).groups
    assert (blocked.what, blocked.title, len(blocked.members)) == ("blocked", "24 Kustomizations", 24)
    assert push.what == "revision"


def test_a_failure_is_told_once_however_often_its_event_is(fleet):
    fleet.put(
        "c",
        "Kustomization",
        "a/one",
        fleet.failed("BuildFailed"),
        outcome="BuildFailed",
        outcome_since=fleet.now - 900,
        outcome_at=fleet.now - 5,
    )
    for ago in (898, 600, 300):
        event(fleet, "c", "Kustomization/a/one", "BuildFailed", "no such file", ago, severity="Warning")
    assert flat(told(fleet)) == [("failed", "Kustomization/a/one", 900)]
    assert flat(told(fleet, 700)) == [], "it began before"


def test_a_suspend_is_inferred_where_nothing_tells_its_time(fleet):
    fleet.put("c", "Kustomization", "a/one", suspended=True, outcome_at=fleet.now - 100)
    ((what, _, ago),) = flat(told(fleet))
    (group,) = told(fleet).groups
    assert (what, ago, group.known) == ("suspended", 100, Known.INFERRED)
    assert "some time after its last run" in group.words


def test_an_event_tells_when_it_was_disabled_and_its_annotation_by_whom(fleet):
    fleet.put("c", "ResourceSet", "a/one", suspended=True, suspended_by="boris", outcome_at=fleet.now - 100)
    event(fleet, "c", "ResourceSet/a/one", "ReconciliationDisabled", "Reconciliation is disabled", 90)
    (group,) = told(fleet).groups
    assert (group.words, group.known) == ("disabled by boris", Known.TOLD)


def test_a_run_that_changes_nothing_and_a_report_are_no_changes(fleet):
    fleet.put("c", "Kustomization", "a/one", ready_since=fleet.now - 5, outcome_at=fleet.now - 5)
    fleet.put("c", "FluxReport", "f/flux", updated=fleet.now - 5, ready_since=fleet.now - 5)
    event(fleet, "c", "Kustomization/a/one", "ReconciliationSucceeded", "Reconciliation finished in 1s", 5)
    assert told(fleet).groups == ()


def test_an_upgrade_of_flux_is_read_of_the_instances_history(fleet):
    runs = (
        Run("v2.10.1", "ReconciliationSucceeded", fleet.now - 400, fleet.now - 10),
        Run("v2.9.4", "ReconciliationSucceeded", fleet.now - 9000, fleet.now - 500),
    )
    fleet.put("c", "FluxInstance", "f/flux", runs=runs, outcome_since=fleet.now - 400)
    (group,) = told(fleet).groups
    assert (group.what, group.words) == ("upgraded", "Flux v2.9.4 → v2.10.1")


@pytest.mark.parametrize(
    ("reason", "message", "what", "words"),
    [
        ("UpgradeSucceeded", "Helm upgrade succeeded", "released", "upgraded"),
        ("NewArtifact", f"stored artifact with revision '{B}' from 'oci://r/x'", "revision", "became latest@bbbbbbb"),
        ("Progressing", "ConfigMap/a/b created\nService/a/c configured", "applied", "ConfigMap/a/b created and 1 more"),
        ("DriftDetected", "Cluster state has drifted", "drift", "Cluster state has drifted"),
    ],
)
def test_events_tell_of_objects_that_are_gone_too(fleet, reason, message, what, words):
    fleet.cluster("c")
    event(fleet, "c", "HelmRelease/a/gone", reason, message, 60)
    (group,) = told(fleet).groups
    assert (group.what, group.words, group.known) == (what, words, Known.TOLD)
    assert changes.passes(fleet.store, group, lambda row: row.record.name == "gone")


def test_what_was_seen_and_is_told_as_well_is_one_change_and_seen(fleet):
    row = fleet.put("c", "OCIRepository", "a/src", revision=B, url="oci://r/x", updated=fleet.now - 60)
    seen = Occurrence(fleet.now - 58, *row.key, "revision", "a → b", Known.SEEN, "watched")
    (group,) = told(fleet, watched=[seen]).groups
    (only,) = group.members
    assert (only.known, only.words, only.delivered) == (Known.SEEN, "a → b", B)


# --- before a failure


def test_what_is_upstream_of_a_failure_is_marked_and_what_was_brought_comes_before_what_only_failed(fleet):
    fleet.put("c", "OCIRepository", "a/src", revision=B, url="oci://r/x", updated=fleet.now - 300)
    fleet.put("c", "OCIRepository", "a/other", revision=B, url="oci://r/y", updated=fleet.now - 250)
    fleet.put("c", "Kustomization", "a/base", fleet.failed("X"), ready_since=fleet.now - 210)
    row = fleet.put(
        "c",
        "Kustomization",
        "a/app",
        fleet.failed("BuildFailed"),
        source="OCIRepository/a/src",
        needs=["a/base"],
        ready_since=fleet.now - 200,
    )
    report = told(fleet, about=row.key, span=changes.before(row.since))
    assert report.end <= row.since + changes.LATER
    assert [group.head.id for group in report.suspects(row.since)] == ["OCIRepository/a/src", "Kustomization/a/base"]
    marks = {group.head.id: report.distance(group) for group in report.groups}
    assert marks == {
        "OCIRepository/a/src": 1,
        "Kustomization/a/base": 1,
        "Kustomization/a/app": 0,
        "OCIRepository/a/other": None,
    }
    words = before_words(fleet.store, report, row.key, row.since)
    assert words.startswith("before Kustomization a/app (c) failed 3m ago · ▲ 2 changes upstream")


def test_the_controller_that_runs_it_is_upstream(fleet):
    fleet.put("c", "Deployment", "f/kustomize-controller", ready_since=fleet.now - 9999)
    fleet.put("c", "Pod", "f/kc-1", controller="kustomize-controller", restarts=1, ended=fleet.now - 300)
    row = fleet.put("c", "Kustomization", "a/app", fleet.failed("X"), ready_since=fleet.now - 200)
    report = told(fleet, about=row.key)
    assert [group.head.id for group in report.suspects(row.since)] == ["Pod/f/kc-1"]


# --- properties

KINDS_OF_CHANGE = sorted(WHATS)
occurrences = st.lists(
    st.builds(
        Occurrence,
        at=st.integers(1_799_990_000, 1_800_000_100),
        cluster=st.sampled_from("cd"),
        id=st.sampled_from([f"{kind}/a/{n}" for kind in ("Kustomization", "OCIRepository") for n in range(3)]),
        what=st.sampled_from(KINDS_OF_CHANGE),
        words=st.sampled_from(["", "x", "y"]),
        known=st.sampled_from(list(Known)),
        field=st.just("f"),
        delivered=st.sampled_from(["", A, B]),
        place=st.just("oci://r"),
    ),
    max_size=60,
)


@settings(deadline=None)
@given(occurrences, st.randoms())
def test_every_change_is_in_one_group_none_is_newer_than_now_and_the_order_is_stable(found, dice):
    now = 1_800_000_000
    store = Store(assess)
    store.cluster("c")
    report = done(changes.report(store, now, Span(now - 20_000), found))
    members = [each for group in report.groups for each in group.members]
    assert report.total == len(members) == sum(report.axis)
    assert set(members) <= {each for each in found if each.at <= now} | set(members)
    assert all(group.members and group.at <= group.until <= now for group in report.groups)
    assert [group.at for group in report.groups] == sorted((group.at for group in report.groups), reverse=True)
    assert len({group.key for group in report.groups}) == len(report.groups)
    wanted = {(each.ref, each.what) for each in found if now - 20_000 <= each.at <= now}
    assert {(each.ref, each.what) for each in members} == wanted
    shuffled = list(found)
    dice.shuffle(shuffled)
    again = done(changes.report(store, now, Span(now - 20_000), shuffled))
    assert [(g.key, g.at, len(g.members)) for g in again.groups] == [
        (g.key, g.at, len(g.members)) for g in report.groups
    ]


def test_what_has_no_room_is_left_out_and_counted(fleet, monkeypatch):
    monkeypatch.setattr(changes, "MOST", 5)
    for number in range(9):
        fleet.put("c", "OCIRepository", f"a/{number}", revision=f"v{number}", updated=fleet.now - 100 * number - 1)
    report = told(fleet)
    assert (report.total, report.left_out) == (5, 4)
    assert [group.head.id for group in report.groups] == [f"OCIRepository/a/{n}" for n in range(5)]
    assert "4 older ones left out" in verdict_words(report, "in the last 30m")


def test_other_programs_get_the_same(fleet):
    fleet.put("c", "OCIRepository", "a/src", revision=B, url="oci://r/x", updated=fleet.now - 300)
    report = told(fleet)
    tree = json.loads(msgspec.json.encode(changes_export.changes_shape(report, report.groups, "1 change")))
    (group,) = tree["groups"]
    assert group["revision"] == B
    assert group["changes"][0]["by"] == "status.artifact.lastUpdateTime"
    assert tree["start"] == "2027-01-15T07:30:00Z"


def test_the_report_is_sliced_at_ten_thousand_objects(fleet):
    for number in range(10_000):
        fleet.put("c", "Kustomization", f"a/{number}", fleet.blocked, ready_since=fleet.now - number % 1700)
    steps = changes.report(fleet.store, fleet.now, Span(fleet.now - 1800))
    assert sum(1 for _ in itertools.takewhile(lambda _: True, steps)) > 40


# --- the real thing


def test_fifteen_minutes_of_real_controllers_are_told_as_they_were_done():
    """The stream's own list of what was done when, found again from records alone (Events are not replayed)."""
    recording("flux-15-minutes.jsonl.gz")
    from fluxtui.insight.watched import Watched

    store = fresh_store()
    log = Watched(store)
    at = 0.0
    for at in replay(store):
        log.follow(store.drain(), START + at)
    now = START + at
    report = done(changes.report(store, now, Span(START + 200), log))
    members = [each for group in report.groups for each in group.members]
    assert report.total == len(members)
    assert all(START + 200 <= each.at <= now for each in members)

    def seen(what, name, around):
        return any(
            each.what == what and each.id.endswith(name) and abs(each.at - START - around) < 20 for each in members
        )

    assert seen("suspended", "Kustomization/frontend/apps", 276.9)
    assert seen("suspended", "ResourceSetInputProvider/flux-system/apps-staging", 291.9)
    assert seen("resumed", "Kustomization/frontend/apps", 306.9)
    assert seen("failed", "Kustomization/frontend/apps", 442.1)
    assert seen("deleted", "ResourceSet/flux-system/previews", 822.7)
    pushes = [group for group in report.groups if group.push and len(group.members) > 1]
    assert any(group.head.id.startswith("OCIRepository/") for group in pushes)


def test_a_cold_start_tells_of_the_past_from_fields_and_events_alone():
    """Nothing was watched: what the objects of the end and their Events say."""
    with gzip.open(recording("objects.json.gz")) as file:
        lists = json.load(file)
    store = fresh_store()
    times = []
    for path, answer in lists.items():
        kind = KIND_OF_PATH.get(path.strip("/"))
        for item in answer["items"] if kind is not None else ():
            record = kind.decode_object(json.dumps(item).encode())
            if record is not None:
                store.table("c", kind.name).upsert(record)
                times.append(max(record.created, getattr(record, "last", 0)))
    now = max(times) + 60
    report = done(changes.report(store, now, Span(now - 3600)))
    members = [each for group in report.groups for each in group.members]
    assert len(members) > 20
    assert {each.known for each in members} <= {Known.TOLD, Known.INFERRED}
    assert any(each.field.startswith("Event ") for each in members)
    assert any(each.field == "status.history.firstReconciled" for each in members)
    (disabled,) = [each for each in members if each.what == "suspended"]
    assert disabled.field == "Event ReconciliationDisabled", "by annotation: nothing but the Event has the time"
