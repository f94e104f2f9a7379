"""What matters of an object by its kind, its conditions, and when it runs next."""

from typing import Any

import pytest

from fluxtui.insight.about import about
from fluxtui.insight.about.told import Weight
from fluxtui.insight.conditions import Tone, timeline, tone
from fluxtui.insight.fields import moment, seconds, text
from fluxtui.insight.next_run import next_run, requested
from fluxtui.kinds.operator import ProviderRecord
from fluxtui.kinds.record import Record

NOW = 1_774_061_280.0


def told(value: dict[str, Any]) -> dict[str, str]:
    """The first statement under each label."""
    found: dict[str, str] = {}
    for each in about(value):
        found.setdefault(each.label, f"{each.weight}:{each.words}")
    return found


def obj(kind: str, spec: dict[str, Any], status: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": "x", "namespace": "ns"}, "spec": spec, "status": status or {}}


def test_a_release_tells_that_its_retries_are_used_up() -> None:
    status = {"upgradeFailures": 3, "conditions": [{"type": "Stalled", "status": "True"}]}
    spec = {"upgrade": {"remediation": {"retries": 2, "strategy": "rollback"}}, "driftDetection": {"mode": "warn"}}
    found = told(obj("HelmRelease", spec, status))
    assert found["failures"] == "bad:upgrade failed 3 times; 2 retries: used up, it waits for a change"
    assert found["drift"] == "good:is told, not corrected"


@pytest.mark.parametrize(
    ("spec", "failures", "words"),
    [
        ({"upgrade": {"remediation": {"retries": -1}}}, 5, "warning:upgrade failed 5 times; retried without end"),
        ({"upgrade": {"remediation": {"retries": 3}}}, 3, "warning:upgrade failed 3 times; 3 retries"),
        (
            {"upgrade": {"strategy": {"name": "RetryOnFailure", "retryInterval": "3m"}}},
            9,
            "warning:upgrade failed 9 times; retried every 3m without rolling back",
        ),
        ({}, 1, "bad:upgrade failed once; not retried: used up, it waits for a change"),
    ],
)
def test_retries_are_counted_as_the_controller_counts_them(spec: dict[str, Any], failures: int, words: str) -> None:
    assert told(obj("HelmRelease", spec, {"upgradeFailures": failures}))["failures"] == words


def test_drift_that_was_found_is_bad_whether_or_not_it_is_corrected() -> None:
    status = {"conditions": [{"type": "Drifted", "status": "True"}]}
    for mode, words in (("enabled", "corrected with the next run"), ("warn", "only told: the mode is warn")):
        found = told(obj("HelmRelease", {"driftDetection": {"mode": mode}}, status))
        assert found["drift"] == f"bad:the cluster differs from the chart; {words}"


def test_a_failing_test_is_named() -> None:
    hooks = {"x-test": {"phase": "Failed"}, "y-test": {"phase": "Succeeded"}}
    status = {"conditions": [{"type": "TestSuccess", "status": "False"}], "history": [{"testHooks": hooks}]}
    assert told(obj("HelmRelease", {"test": {"enable": True}}, status))["tests"] == "bad:failed: x-test"


def test_a_set_that_reads_providers_tells_its_hazard_and_when_it_has_come_true() -> None:
    spec = {"inputsFrom": [{"name": "p"}], "resources": [{"kind": "ConfigMap"}, {"kind": "ConfigMap"}]}
    assert told(obj("ResourceSet", spec))["hazard"].startswith("warning:with no inputs an empty set is applied")
    status = {"history": [{"metadata": {"inputs": "0", "resources": "0"}}], "inventory": {"entries": []}}
    found = told(obj("ResourceSet", spec, status))
    assert found["hazard"].startswith("bad:its last run had no inputs")
    assert found["templates"] == ":2 for each input set: 2 ConfigMap"
    assert "hazard" not in told(obj("ResourceSet", {"inputs": [{"a": 1}]}))


def test_a_stalled_template_is_told_with_its_words() -> None:
    stalled = {"type": "Stalled", "status": "True", "reason": "BuildFailed", "message": 'map has no entry for "tag"'}
    found = told(obj("ResourceSet", {}, {"conditions": [stalled]}))
    assert found["stalled"] == 'bad:BuildFailed: map has no entry for "tag"; nothing happens until it is changed'


def test_verification_is_told_as_the_controller_says_it() -> None:
    spec = {"verify": {"provider": "cosign", "matchOIDCIdentity": [{"issuer": "^i$", "subject": "^s$"}]}}
    bad = {"conditions": [{"type": "SourceVerified", "status": "False", "message": "no signatures found"}]}
    assert told(obj("OCIRepository", spec, bad))["verification"] == "bad:cosign, keyless: no signatures found"
    assert told(obj("OCIRepository", spec))["verification"] == "warning:cosign, keyless: no verdict yet"
    assert told(obj("OCIRepository", {}))["verification"].startswith("quiet:none is asked for")
    assert told(obj("OCIRepository", {}))["artifact"].startswith("bad:none")


def test_addresses_of_webhooks_are_never_told() -> None:
    secret = "https://hooks.example.com/T000/B000/XXXX"
    for value in (
        obj("Provider", {"type": "slack", "address": secret}),
        obj("Receiver", {"secretRef": {"name": "t"}}, {"webhookPath": "/hook/0123456789"}),
    ):
        assert not any(secret in each.words or "0123456789" in each.words for each in about(value))


@pytest.mark.parametrize("kind", ["Kustomization", "HelmRelease", "ResourceSet", "ResourceSetInputProvider", "Alert"])
@pytest.mark.parametrize("shape", [{}, {"spec": None}, {"spec": [1], "status": "x"}, {"spec": {"ref": 1, "url": []}}])
def test_any_shape_of_an_object_is_survived(kind: str, shape: dict[str, Any]) -> None:
    for name in (kind, "OCIRepository", "ImagePolicy", "Provider", "Receiver", "ArtifactGenerator", "ExternalArtifact"):
        assert all(isinstance(each.weight, Weight) for each in about({"kind": name, **shape}))


def test_what_is_read_is_neutralised() -> None:
    assert text({"a": "x\x1b[31m\ny"}, "a") == "x\\x1b[31m\\x0ay"
    assert moment({"a": "yesterday"}, "a") == 0
    assert seconds("165.25ms") == pytest.approx(0.16525) and seconds("1h2m") == 3720 and seconds("1d") == 0


@pytest.mark.parametrize(
    ("kind", "status", "said"),
    [
        ("Ready", "True", Tone.GOOD),
        ("Ready", "False", Tone.BAD),
        ("Ready", "Unknown", Tone.WAITING),
        ("Stalled", "True", Tone.BAD),
        ("Stalled", "False", Tone.NEUTRAL),
        ("Reconciling", "True", Tone.WAITING),
        ("FetchFailed", "True", Tone.BAD),
        ("Drifted", "False", Tone.NEUTRAL),
    ],
)
def test_what_a_condition_says(kind: str, status: str, said: Tone) -> None:
    assert tone(kind, status) is said


def test_conditions_are_in_the_order_in_which_they_came_to_be() -> None:
    held = [
        {"type": "Ready", "status": "False", "lastTransitionTime": "2026-03-21T02:34:03Z"},
        {"type": "Stalled", "status": "True", "lastTransitionTime": "2026-03-21T02:43:49Z"},
        {"type": "Odd"},
        "no condition",
    ]
    assert [each.type for each in timeline({"status": {"conditions": held}})] == ["Stalled", "Ready", "Odd"]


def run(record: Record, value: dict[str, Any] | None = None) -> str:
    found = next_run(record, value or {}, NOW)
    return "" if found is None else f"{found.at - int(NOW) if found.at else 0} {found.words}" + " late" * found.late


def record(kind: str = "Kustomization", **fields: Any) -> Record:
    return Record(kind=kind, id=f"{kind}/ns/x", interval=600, **fields)


def test_the_next_run_is_told_as_far_as_the_object_tells() -> None:
    history = {"status": {"history": [{"lastReconciled": "2026-03-21T02:45:00Z"}]}}  # three minutes ago
    assert run(record(), history) == "420 every 10m"
    retry = {**history, "spec": {"retryInterval": "2m"}}
    assert run(record(ready="False"), retry) == "-60 every 2m while it fails, else every 10m"
    assert run(record(outcome_at=int(NOW) - 1000)) == "-400 every 10m late"
    assert run(record("HelmRelease")) == "0 every 10m; when it last looked is not told"
    assert run(record(suspended=True)) == "0 none: it is suspended"
    assert run(record(conditions=("Stalled=True/RetriesExceeded",))).startswith("0 none by itself: it is stalled")
    assert run(record("Alert")) == ""


def test_a_provider_runs_by_its_schedule() -> None:
    provider = ProviderRecord(kind="ResourceSetInputProvider", id="x", interval=600, schedules=("0 8 * * *|UTC|8h",))
    assert run(provider) == "0 every 10m: a window of its schedule is open, as it tells"
    import msgspec

    assert run(msgspec.structs.replace(provider, next_at=int(NOW) + 60)) == "60 by its schedule"


def test_a_request_is_handled_when_its_token_came_back() -> None:
    asked = {"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": "t1"}}}
    assert requested(asked) == ("t1", False)
    assert requested({**asked, "status": {"lastHandledReconcileAt": "t1"}}) == ("t1", True)
    assert requested({}) == ("", False)
