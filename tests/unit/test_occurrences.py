"""Events as they are told: two shapes, repeats together, the newest first."""

import pytest

from fluxtui.insight.occurrences import belongs, grouped, inventory_of, occurrence

OLD = {
    "metadata": {"uid": "1", "creationTimestamp": "2026-03-21T02:00:00Z"},
    "involvedObject": {"kind": "Kustomization", "namespace": "apps", "name": "web"},
    "type": "Warning",
    "reason": "BuildFailed",
    "message": "no such file\n",
    "count": 3,
    "firstTimestamp": "2026-03-21T02:00:00Z",
    "lastTimestamp": "2026-03-21T02:30:00Z",
    "eventTime": None,
    "source": {"component": "kustomize-controller"},
    "reportingComponent": "",
}
NEW = {
    "metadata": {"uid": "2", "creationTimestamp": "2026-03-21T02:00:00Z"},
    "regarding": {"kind": "Kustomization", "namespace": "apps", "name": "web"},
    "type": "Warning",
    "reason": "BuildFailed",
    "note": "no such file",
    "eventTime": "2026-03-21T02:00:00.000000Z",
    "series": {"count": 3, "lastObservedTime": "2026-03-21T02:30:00.000000Z"},
    "reportingController": "kustomize-controller",
}


def test_both_shapes_say_the_same():
    assert occurrence(OLD) == occurrence(NEW)
    one = occurrence(OLD)
    assert (one.about, one.count, one.last - one.first) == ("Kustomization/apps/web", 3, 1800)
    assert (one.warning, one.message, one.component) == (True, "no such file", "kustomize-controller")


def test_the_deprecated_fields_of_the_newer_shape_are_read():
    told = {
        "regarding": {"kind": "Pod", "name": "p"},
        "deprecatedCount": 7,
        "deprecatedFirstTimestamp": "2026-03-21T02:00:00Z",
        "deprecatedLastTimestamp": "2026-03-21T02:10:00Z",
        "deprecatedSource": {"component": "kubelet"},
    }
    one = occurrence(told)
    assert (one.count, one.last - one.first, one.component) == (7, 600, "kubelet")


@pytest.mark.parametrize("event", [{}, {"involvedObject": "x", "count": "many", "series": []}, {"message": 7}])
def test_nonsense_is_an_event_too(event):
    one = occurrence(event)
    assert (one.count, one.first, one.warning) == (1, 0, False)


def at(message, last, first="2026-03-21T02:00:00Z", **more):
    return OLD | {"message": message, "lastTimestamp": last, "firstTimestamp": first, "count": 1} | more


def test_repeats_that_differ_in_durations_and_digests_are_one():
    told = grouped(
        [
            at("finished in 78ms, next run in 10m0s", "2026-03-21T02:10:00Z"),
            at("finished in 1m2.5s, next run in 9m58s", "2026-03-21T02:20:00Z", "2026-03-21T02:15:00Z"),
            at(f"stored {'0a' * 32}", "2026-03-21T02:21:00Z"),
            at(f"stored {'0b' * 32}", "2026-03-21T02:22:00Z"),
            at("app v1 is broken", "2026-03-21T02:23:00Z"),
            at("app v2 is broken", "2026-03-21T02:24:00Z"),
        ]
    )
    assert [(each.message, each.count, each.variants) for each in told] == [
        ("app v2 is broken", 1, 1),
        ("app v1 is broken", 1, 1),
        (f"stored {'0b' * 32}", 2, 2),
        ("finished in 1m2.5s, next run in 9m58s", 2, 2),
    ]
    assert told[-1].last - told[-1].first == 1200


def test_what_differs_in_object_reason_or_type_is_not_one():
    other = {"kind": "Kustomization", "namespace": "apps", "name": "api"}
    when = "2026-03-21T02:10:00Z"
    events = [at("x", when), at("x", when, involvedObject=other), at("x", when, reason="Other"), at("x", when, type="")]
    assert len(grouped(events)) == 4


def test_what_an_object_manages_and_what_that_made():
    entries = [{"id": "apps_web_apps_Deployment"}, {"id": "_viewer__ops_rbac.authorization.k8s.io_ClusterRole"}, "odd"]
    managed = inventory_of({"status": {"inventory": {"entries": entries}}})
    assert managed == {"Deployment/apps/web", "ClusterRole//viewer:ops"}
    assert belongs("Deployment/apps/web", managed)
    assert belongs("ReplicaSet/apps/web-7d4b9", managed)
    assert belongs("Pod/apps/web-7d4b9-x2x4z", managed)
    assert not belongs("Pod/apps/webhook-7d4b9-x2x4z", managed)
    assert not belongs("Pod/other/web-7d4b9-x2x4z", managed)
    assert not belongs("Service/apps/web-0", managed)
    assert inventory_of({}) == set()


def test_text_is_neutralised():
    assert occurrence(OLD | {"message": "a\x1b[2Jb"}).message == "a\\x1b[2Jb"
