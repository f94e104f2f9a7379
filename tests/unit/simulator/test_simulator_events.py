"""Events and policy reports: aggregated, bounded, and two events for every violation."""

import json

from fluxtui.simulator.controllers.logs import lines
from fluxtui.simulator.controllers.recorder import LIMIT, VIOLATIONS


def about(lab):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "apps", "uid": "u"}}


def record(lab, message, reason="Progressing"):
    lab.engine.recorder.record(about(lab), "Normal", reason, message, {})


def test_the_same_event_counts_up(lab):
    for _ in range(3):
        record(lab, "ConfigMap/apps/settings configured")
        lab.run(60)
    (event,) = lab.events("Progressing")
    assert event["count"] == 3
    assert event["firstTimestamp"] < event["lastTimestamp"]


def test_many_different_ones_become_one(lab):
    for number in range(20):
        record(lab, f"finished in {number}ms")
    combined = [e for e in lab.events("Progressing") if e["message"].startswith("(combined from similar events)")]
    assert len(lab.events("Progressing")) == 11
    assert combined[0]["count"] == 10


def test_events_end_after_an_hour_and_never_are_too_many(lab):
    for number in range(LIMIT + 50):
        record(lab, "told", reason=f"Reason{number}")
    assert len(lab.objects.list("Event")) <= LIMIT
    lab.run(3700)
    lab.engine.recorder.expire()
    assert lab.objects.list("Event") == []


def test_a_flood_of_violations_displaces_no_other_event(lab):
    record(lab, "told")
    for number in range(VIOLATIONS + 40):
        lab.engine.recorder.violation(about(lab), f"policy require-labels/team fail: {number}", None)
    assert len(lab.events("PolicyViolation")) == VIOLATIONS
    assert len(lab.events("Progressing")) == 1


def test_events_have_the_recorded_fields(lab, recorded):
    real = [row["event"]["object"] for row in recorded.rows if row["event"]["object"].get("kind") == "Event"]
    record(lab, "x")
    flux = next(event for event in real if event.get("reason") == "Progressing")
    assert set(lab.events("Progressing")[0]) == set(flux)


def test_a_controllers_pod_logs_what_it_did_and_goes_with_its_deployment(lab):
    distribution = {"version": "2.9.x", "registry": "ghcr.io/fluxcd"}
    spec = {"distribution": distribution, "components": ["source-controller", "kustomize-controller"]}
    lab.make("FluxInstance", "flux", "flux-system", spec=spec)
    lab.source("lost", repository="missing")
    lab.run(30)
    pods = {pod["metadata"]["labels"]["app"]: pod["metadata"]["name"] for pod in lab.objects.list("Pod")}
    assert set(pods) == {"source-controller", "kustomize-controller"}
    said = [json.loads(text) for _, text in lines(lab.engine, "flux-system", pods["source-controller"])]
    assert said[0]["msg"] == "starting manager"
    assert {"level": "error", "name": "lost", "controllerKind": "OCIRepository"}.items() <= said[-1].items()
    assert "MANIFEST_UNKNOWN" in said[-1]["error"]
    assert lines(lab.engine, "apps", "nobody") == []
    lab.patch("FluxInstance", "flux", {"spec": {"components": ["source-controller"]}}, "flux-system")
    lab.run(30)
    assert [pod["metadata"]["labels"]["app"] for pod in lab.objects.list("Pod")] == ["source-controller"]
