"""Who is told of an object's events and who may wake it, by the rules of the notification-controller; canaries."""

import json
from typing import Any

import pytest

from fluxtui.insight.about import about
from fluxtui.insight.about.told import Weight
from fluxtui.insight.kstatus import State, kstatus
from fluxtui.insight.wiring import known, means, wires
from fluxtui.kinds.automation import WiringRecord
from fluxtui.kinds.record import Record
from fluxtui.kinds.status import Status
from fluxtui.kinds.table import KINDS
from fluxtui.store.row import Verdict
from fluxtui.store.store import Store

LABELS = "team=a\ntier=b"
SUBJECT = Record(kind="Kustomization", id="Kustomization/web/apps", namespace="web", name="apps", labels=LABELS)


def decoded(kind: str, name: str, **spec: Any) -> WiringRecord:
    value = {"kind": kind, "metadata": {"name": name, "namespace": "web"}, "spec": spec}
    found = KINDS[kind].decode_object(json.dumps(value).encode())
    assert isinstance(found, WiringRecord)
    return found


@pytest.mark.parametrize(
    ("subject", "meant"),
    [
        ({"kind": "Kustomization", "name": "apps"}, True),
        ({"kind": "Kustomization", "name": "*"}, True),
        ({"kind": "Kustomization", "name": "*", "matchLabels": {"team": "a", "tier": "b"}}, True),
        ({"kind": "Kustomization", "name": "*", "matchLabels": {"team": "c"}}, False),
        ({"kind": "Kustomization", "name": "*", "namespace": "other"}, False),
        ({"kind": "HelmRelease", "name": "*"}, False),
        ({"kind": "Kustomization", "name": "app"}, False),
        ({}, False),
    ],
)
def test_a_subject_means_by_kind_namespace_name_and_labels(subject: dict[str, Any], meant: bool) -> None:
    record = decoded("Alert", "x", eventSources=[subject], providerRef={"name": "chat"})
    assert [means(each, SUBJECT) for each in record.subjects] == [meant]


def test_alerts_are_told_with_their_provider_those_that_work_first() -> None:
    every = {"eventSources": [{"kind": "Kustomization", "name": "*"}], "providerRef": {"name": "chat"}}
    store = Store(lambda record, before: Verdict(Status.READY))
    data = store.cluster("alpha")
    for record in (
        decoded("Alert", "a", suspend=True, **every),
        decoded("Alert", "b", eventSeverity="error", **every),
        decoded("Receiver", "hook", resources=[{"kind": "Kustomization", "name": "apps"}]),
    ):
        data.table(record.kind).upsert(record)
    found = wires(data, SUBJECT, "Alert")
    assert [(each.row.record.name, each.silent, each.errors_only, each.provider) for each in found] == [
        ("b", False, True, "Provider/web/chat"),
        ("a", True, False, "Provider/web/chat"),
    ]
    assert [each.row.record.name for each in wires(data, SUBJECT, "Receiver")] == ["hook"]
    assert not known(data)  # the list of Alerts has not come: none would say nothing


def canary(phase: str, **spec: Any) -> dict[str, Any]:
    analysis = {
        "maxWeight": 50,
        "threshold": 5,
        "metrics": [{"name": "request-success-rate", "thresholdRange": {"min": 99}, "interval": "1m"}],
    }
    promoted = {"type": "Promoted", "status": "Unknown", "message": "New revision detected, progressing."}
    return {
        "apiVersion": "flagger.app/v1beta1",
        "kind": "Canary",
        "metadata": {"name": "podinfo", "namespace": "web"},
        "spec": {"targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "podinfo"}, "analysis": analysis}
        | spec,
        "status": {"phase": phase, "canaryWeight": 20, "failedChecks": 2, "conditions": [promoted]},
    }


def test_a_canary_tells_how_far_it_is_and_what_it_is_judged_by() -> None:
    told = {each.label: each for each in about(canary("Progressing")) if each.label.strip()}
    assert told["rolls out"].target == "Deployment/web/podinfo"
    assert told["traffic"].words.startswith("20 % to the new version, 50 %")
    assert told["failed checks"].words == "2 of 5 after which it is rolled back"
    assert told["failed checks"].weight is Weight.WARNING
    assert told["judged by"].words == "request-success-rate at least 99 over 1m"
    assert about({**canary("Failed"), "apiVersion": "other.io/v1"}) == []


@pytest.mark.parametrize(
    ("phase", "state"),
    [
        ("Succeeded", State.CURRENT),
        ("Initialized", State.CURRENT),
        ("Failed", State.FAILED),
        ("Progressing", State.IN_PROGRESS),
        ("Finalising", State.IN_PROGRESS),
        ("", State.IN_PROGRESS),
    ],
)
def test_a_canary_is_as_well_as_its_phase(phase: str, state: State) -> None:
    assert kstatus(canary(phase)).state is state


def test_a_provider_of_a_type_that_does_not_exist_is_flagged() -> None:
    def types(kind: str) -> Weight:
        value = {"kind": "ResourceSetInputProvider", "metadata": {"name": "x"}, "spec": {"type": kind}}
        return next(each.weight for each in about(value) if each.label == "type")

    assert types("OCITag") is Weight.BAD
    assert types("GitHubPullRequest") is types("OCIArtifactTag") is types("Static") is Weight.PLAIN


def test_drift_says_what_was_found() -> None:
    said = {"type": "Drifted", "status": "True", "message": "ConfigMap/web/x changed (0 additions, 1 changes)"}
    value = {"kind": "HelmRelease", "metadata": {"name": "x"}, "status": {"conditions": [said]}}
    assert any("ConfigMap/web/x changed" in each.words for each in about(value))
