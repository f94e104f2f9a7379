"""The engine's health: each trouble is told with what it means; a cluster that is well, or has no Kyverno, has none."""

import pytest
from tests.unit.policy_objects import (
    CONTROLLERS,
    NOW,
    cleanup_policy,
    cluster_policy,
    controller,
    drained,
    hooks,
    meta,
    pictured,
    report,
    stored,
    update_request,
    well,
)

from fluxtui.insight.policy.engine import Grade, engines, verdict
from fluxtui.insight.policy.engine_work import overdue
from fluxtui.store.state import Phase


def judged(*objs, picture=None, **more):
    store = stored(*objs, **more)
    (engine,) = drained(engines(store, picture or pictured(), NOW)).engines
    return engine


def but(*objs):
    """A whole engine with these objects in the place of those of the same id."""
    given = {(each["kind"], each["metadata"]["name"]) for each in objs}
    return [each for each in well() if (each["kind"], each["metadata"]["name"]) not in given] + list(objs)


def without(*names):
    return [each for each in well() if each["metadata"]["name"] not in names]


def test_an_engine_that_is_well_is_ok_and_says_what_it_is():
    engine = judged(*well())
    assert (engine.grade, engine.words) == (Grade.OK, "ok: 1 policy")
    assert engine.trouble == ()
    assert engine.version == "v1.19.0"
    assert {part.name: part.short for part in engine.parts} == {
        "admission": "1/1",
        "webhooks": "Fail 10s",
        "policies": "1",
        "scan": "10m",
        "reports": "1/1",
        "background": "1/1",
        "cleanup": "1/1",
    }


CASES = [
    # what is so, the grade, the part, words of the verdict
    (
        but(controller("admission", 0, 3)),
        Grade.DOWN,
        "admission",
        "0 of 3 admission controllers are available: everything that 1 Fail webhook watches is refused",
    ),
    (
        but(controller("admission", 0, 0)),
        Grade.DOWN,
        "admission",
        "the admission-controller is at 0: everything that 1 Fail webhook watches is refused",
    ),
    (
        but(controller("admission", 0, 1), hooks("Ignore")),
        Grade.DOWN,
        "admission",
        "0 of 1 admission controllers are available: requests pass unchecked (failurePolicy Ignore)",
    ),
    (but(controller("admission", 2, 3)), Grade.DEGRADED, "admission", "2 of 3 replicas of the admission-controller"),
    (
        without("kyverno-resource-validating-webhook-cfg"),
        Grade.DOWN,
        "webhooks",
        "there is no ValidatingWebhookConfiguration of Kyverno, though 1 policy wants to be asked",
    ),
    (
        but(hooks("Fail", rules=0)),
        Grade.DOWN,
        "webhooks",
        "kyverno-resource-validating-webhook-cfg has no rules, though 1 policy wants to be asked",
    ),
    (
        [*well(), cluster_policy("add-labels", "mutate")],
        Grade.DOWN,
        "webhooks",
        "there is no MutatingWebhookConfiguration of Kyverno, though 1 policy wants to be asked: requests",
    ),
    (
        but(cluster_policy(ready="False", message="cannot list widgets")),
        Grade.DEGRADED,
        "policies",
        "ClusterPolicy require-labels is not ready",
    ),
    (but(controller("reports", 0)), Grade.DEGRADED, "reports", "0 of 1 replicas of the reports-controller"),
    (
        without("kyverno-reports-controller"),
        Grade.DEGRADED,
        "reports",
        "there is no reports-controller, and nobody reports on 1 policy",
    ),
    (
        [*without("kyverno-background-controller"), update_request("a", "Pending")],
        Grade.DEGRADED,
        "background",
        "there is no background-controller, and 1 UpdateRequest waits",
    ),
    (
        [*well(), update_request("a", "Failed", message="quota exceeded"), update_request("b", "Pending")],
        Grade.DEGRADED,
        "background",
        "UpdateRequests of policy add-quota (generate): 1 failed, 1 pending for 2d",
    ),
    (
        [*well(), cleanup_policy("old-pods", "0 * * * *", "2026-03-21T01:00:00Z")],
        Grade.DEGRADED,
        "cleanup",
        "ClusterCleanupPolicy old-pods should have run 48m ago, last ran 108m ago",
    ),
    (
        [*well(), cleanup_policy("old-pods", "every day")],
        Grade.DEGRADED,
        "cleanup",
        "ClusterCleanupPolicy old-pods has a schedule that cannot be read: every day",
    ),
]


@pytest.mark.parametrize(("objs", "grade", "part", "words"), CASES, ids=[case[3][:60] for case in CASES])
def test_each_trouble_is_told_with_its_part(objs, grade, part, words):
    engine = judged(*objs)
    assert engine.grade is grade
    assert words in engine.words
    assert engine.trouble[0].part == part
    assert engine.part(part).grade is grade


@pytest.mark.parametrize(
    "objs",
    [
        without("kyverno-background-controller"),
        without("kyverno-cleanup-controller"),
        but(hooks("Fail", timeout=30)),
        but(cluster_policy(background=False)),
        but(cluster_policy(labels={"reports.kyverno.io/disabled": "true"})),
        [*well(), update_request("a", "Completed"), update_request("b", "Pending", created="2026-03-21T02:46:00Z")],
        [*well(), cleanup_policy("old-pods", "0 * * * *", "2026-03-21T02:00:00Z")],
        [*well(), cleanup_policy("new", "0 0 * * *", created="2026-03-21T02:00:00Z")],
        but(cluster_policy(ready="")),
    ],
)
def test_what_is_no_trouble_raises_no_alarm(objs):
    assert judged(*objs).grade is Grade.OK


def test_what_fails_closed_and_slowly_is_a_note_while_it_works():
    engine = judged(*but(hooks("Fail", timeout=30)))
    assert [each.words for each in engine.findings] == ["a webhook with failurePolicy Fail may take 30 s"]
    assert engine.words == "ok: 1 policy, 1 to know"


def test_how_long_requests_wait_before_they_are_refused():
    engine = judged(*but(controller("admission", 0), hooks("Fail", timeout=30)))
    assert "up to 30 s" in engine.findings[0].means


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"backlog": 1_204}, "1,204 ephemeral reports wait to become reports"),
        ({"backlog": 811_742}, "811,742 ephemeral reports wait: Kyverno stops at 10,000, and results are lost"),
        ({"newest": int(NOW) - 3 * 3600}, "nothing was evaluated for 3h"),
        ({"newest": 0, "count": 0}, "there is no report, though 1 policy asks for background scans"),
    ],
)
def test_what_reports_tell_of_the_engine(told, words):
    engine = judged(*well(), picture=pictured(**told))
    assert engine.grade is Grade.DEGRADED
    assert words in engine.words


def test_a_small_backlog_and_one_that_was_not_counted_are_no_trouble():
    assert judged(*well(), picture=pictured(backlog=900)).grade is Grade.OK
    assert judged(*well(), picture=pictured(backlog=-1)).grade is Grade.OK


def test_policies_that_no_report_names_are_a_note():
    engine = judged(*well(), cluster_policy("unseen"))
    (note,) = engine.findings
    assert (note.part, note.grade, note.about) == ("scan", Grade.OK, ("ClusterPolicy//unseen",))
    assert "1 policy: unseen" in note.words


def test_the_served_and_empty_family_is_told_where_the_other_holds_reports():
    notes = [each.words for each in judged(*well(), report("a", "kyverno")).findings]
    assert notes == ["openreports.io is served and empty: the reports are in wgpolicyk8s.io"]


def test_a_cluster_without_kyverno_is_no_trouble_and_names_its_other_engines():
    phases = dict.fromkeys(
        ("PolicyReport", "ClusterPolicyReport", "Deployment", "ValidatingAdmissionPolicy"), Phase.FRESH
    )
    policy = {"kind": "ValidatingAdmissionPolicy", "metadata": {"name": "sources"}, "spec": {}}
    made = {"kind": "ValidatingAdmissionPolicy", "metadata": {"name": "cpol-x"}, "spec": {}}
    engine = judged(report("a", "Trivy"), policy, made, phases=phases, default=Phase.MISSING)
    assert (engine.grade, engine.words) == (Grade.ABSENT, "Kyverno is not installed")
    assert engine.others == ("Trivy", "ValidatingAdmissionPolicy")


def test_definitions_without_anything_else_are_not_an_engine_that_is_down():
    assert judged().grade is Grade.ABSENT


def test_policies_without_controllers_and_webhooks_are_an_engine_that_is_down():
    engine = judged(cluster_policy())
    assert engine.grade is Grade.DOWN
    assert "nothing checks requests" in engine.words


@pytest.mark.parametrize("phase", [Phase.LOADING, Phase.UNREACHABLE, Phase.LOGIN, Phase.FORBIDDEN])
def test_what_is_not_known_is_never_ok(phase):
    engine = judged(default=phase)
    assert engine.grade is Grade.UNKNOWN


def test_a_silent_cluster_is_unknown_even_if_all_was_well():
    engine = judged(*well(), default=Phase.STALE)
    assert engine.grade is Grade.UNKNOWN
    assert "silent" in engine.words


@pytest.mark.parametrize("kind", ["Deployment", "ValidatingWebhookConfiguration"])
def test_what_may_not_be_seen_is_unknown(kind):
    objs = [each for each in well() if each["kind"] != kind]
    engine = judged(*objs, phases={kind: Phase.FORBIDDEN})
    assert engine.grade is Grade.UNKNOWN
    assert "may not be listed" in engine.words


def test_an_engine_under_another_label_is_not_called_down():
    objs = [each for each in well() if each["kind"] != "Deployment"]
    engine = judged(*objs)
    assert engine.findings[0].grade in (Grade.UNKNOWN, Grade.DEGRADED)
    assert engine.part("admission").grade is Grade.UNKNOWN
    assert engine.grade is not Grade.DOWN


def test_policies_that_the_api_server_judges_need_no_webhook():
    made = {"kind": "ValidatingAdmissionPolicy", "metadata": {"name": "cpol-require-labels"}, "spec": {}}
    assert judged(*without("kyverno-resource-validating-webhook-cfg"), made).grade is Grade.OK


def test_before_the_first_picture_an_engine_is_judged_by_what_is_known():
    store = stored(*well())
    (engine,) = drained(engines(store, None, NOW)).engines
    assert engine.grade is Grade.OK
    assert engine.part("scan").grade is Grade.UNKNOWN


def test_the_worst_comes_first_and_the_others_are_counted():
    engine = judged(*but(controller("admission", 0, 1), controller("reports", 0)))
    assert [each.grade for each in engine.findings] == sorted(each.grade for each in engine.findings)
    assert engine.words.endswith(", and 1 more")


def test_the_fleet_in_a_sentence():
    store = stored(*well(), cluster="a")
    stored(*but(controller("admission", 0)), cluster="b", store=store)
    stored(cluster="c", store=store, default=Phase.MISSING)
    told = verdict(drained(engines(store, None, NOW)))
    assert told == "engines: 1 down, 1 ok · 1 cluster without Kyverno"


@pytest.mark.parametrize(
    ("schedule", "last", "created", "due"),
    [
        ("*/5 * * * *", 1_774_061_000, 1, 0),
        ("*/5 * * * *", 1_774_060_000, 1, 1_774_060_200),
        ("0 0 31 2 *", 1_774_060_000, 1, -1),
        ("nonsense", 1_774_060_000, 1, -1),
        ("", 1_774_060_000, 1, 0),
        ("0 3 * * *", 0, 1_774_000_000, 0),
    ],
)
def test_when_a_schedule_is_overdue(schedule, last, created, due):
    assert overdue(schedule, last, created, NOW) == due


def test_every_controller_of_the_chart_is_known():
    engine = judged(*well())
    assert [engine.part(name).short for name in CONTROLLERS] == ["1/1"] * 4


def event(number, thing):
    """What a scan says again and again of the same few things."""
    return {
        "kind": "Event",
        "metadata": meta(f"e{number}", "default", creationTimestamp=f"2026-03-21T02:{number % 40:02d}:00Z"),
        "involvedObject": {"kind": "ClusterPolicy", "name": "require-labels"},
        "related": {"kind": "Pod", "namespace": "shop", "name": f"pod-{thing}"},
        "reason": "PolicyViolation",
        "action": "Resource Passed",
        "message": f"Pod shop/pod-{thing}: [check] fail; no",
    }


def test_a_flood_of_events_is_a_note_with_what_it_says():
    told = judged(*well(), *(event(number, number % 5) for number in range(120)))
    (note,) = (each for each in told.findings if "Events" in each.words)
    assert (told.grade, note.grade, told.trouble) == (Grade.OK, Grade.OK, ())
    assert note.words.startswith("120 Events say 5 things, ")
    assert "require-labels 120" in note.means
    calm = judged(*well(), *(event(number, number) for number in range(120)))
    assert not [each for each in calm.findings if "Events" in each.words], "each of them says something else"
