"""What an object's own status remembers, and how that is drawn on an axis that is denser for what is older."""

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from fluxtui.insight.past import Outcome, axis, drawn, past
from fluxtui.kinds.flatten import epoch

NOW = 1_774_061_280.0
RECORDING = Path(__file__).parents[3] / "shared" / "recordings" / "flux-15-minutes.jsonl.gz"


def when(ago: float) -> str:
    return datetime.fromtimestamp(NOW - ago, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def run(status: str, first: float, last: float, **more: Any) -> dict[str, Any]:
    entry = {"lastReconciledStatus": status, "firstReconciled": when(first), "lastReconciled": when(last)}
    return entry | {"digest": "sha256:" + "a" * 64, "totalReconciliations": 1} | more


def kustomization(*history: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "Kustomization", "metadata": {"name": "x"}, "status": {"history": list(history)}}


def test_each_artifact_and_outcome_is_a_stretch_and_the_last_goes_on() -> None:
    meta = {"revision": "v1.8.2@sha256:" + "b" * 64, "originRevision": "main@sha1:0a1b2c3d4e5f"}
    value = kustomization(
        run("HealthCheckFailed", 900, 60, totalReconciliations=9, lastReconciledDuration="15.5s", metadata=meta),
        run("ReconciliationSucceeded", 864_000, 1200),
    )
    found = past(value).stretches
    assert [(each.outcome, each.count, each.current) for each in found] == [
        (Outcome.BAD, 9, True),
        (Outcome.GOOD, 1, False),
    ]
    assert found[0].took == 15.5 and found[0].what.startswith("v1.8.2")
    assert found[0].details[0].startswith("commit main@")
    assert (found[0].start, found[0].end) == (NOW - 900, NOW - 60)


def test_the_inputs_of_a_resource_set_are_told() -> None:
    value = {"kind": "ResourceSet", "status": {"history": [run("ReconciliationSucceeded", 9, 9)]}}
    value["status"]["history"][0]["metadata"] = {"inputs": "0", "resources": "0"}
    assert "0 input sets made 0 objects" in past(value).stretches[0].details


def release(version: int, action: str, status: str, ago: float, **more: Any) -> dict[str, Any]:
    held = {"version": version, "action": action, "status": status, "lastDeployed": when(ago)}
    return held | {"chartName": "redis", "chartVersion": "7.0.0+e52ce06cc9bb", **more}


def test_a_release_lasts_until_the_next_and_a_rollback_is_a_remedy() -> None:
    history = [
        release(5, "rollback", "deployed", 600),
        release(4, "upgrade", "failed", 620, testHooks={"a": {"phase": "Failed"}, "b": {"phase": "Succeeded"}}),
        release(3, "upgrade", "superseded", 7200, testHooks={"a": {"phase": "Succeeded"}}),
    ]
    found = past({"kind": "HelmRelease", "status": {"history": history}}).stretches
    assert [each.outcome for each in found] == [Outcome.REMEDY, Outcome.BAD, Outcome.GOOD]
    assert found[0].current and found[0].title == "v5 rollback: deployed" and found[0].what == "redis 7.0.0"
    assert found[1].end == found[0].start  # it was what ran until it was rolled back
    assert "tests failed: a" in found[1].details and "1 of 1 tests passed" in found[2].details


def test_sources_and_automations_remember_their_last_artifact_push_and_scan() -> None:
    artifact = {"revision": "main@sha1:0a1b2c3d4e5f", "lastUpdateTime": when(60), "digest": "sha256:" + "c" * 64}
    (stored,) = past({"kind": "GitRepository", "status": {"artifact": artifact}}).stretches
    assert stored.title == "artifact stored" and stored.current
    status = {"lastPushTime": when(300), "lastPushCommit": "0123456789abcdef", "lastAutomationRunTime": when(30)}
    spec = {"git": {"push": {"branch": "updates"}}}
    ran, pushed = past({"kind": "ImageUpdateAutomation", "spec": spec, "status": status}).stretches
    assert (ran.title, pushed.title, pushed.what) == ("looked for new images", "pushed", "0123456789ab")
    assert pushed.details == ("to updates",)
    (scan,) = past({"status": {"lastScanResult": {"scanTime": when(5), "tagCount": 12}}}).stretches
    assert (scan.title, scan.what) == ("scanned", "12 tags")


def test_who_wrote_what_is_told_and_status_writers_are_not() -> None:
    fields = {"f:spec": {".": {}, "f:suspend": {}}, "f:metadata": {"f:annotations": {".": {}, "f:x.io/reason": {}}}}
    managed = [
        {"manager": "kubectl-edit", "operation": "Update", "time": when(60), "fieldsV1": fields},
        {
            "manager": "kustomize-controller",
            "operation": "Apply",
            "time": when(900),
            "fieldsV1": {"f:spec": {"f:a": {}}},
        },
        {"manager": "helm-controller", "subresource": "status", "time": when(1), "fieldsV1": {"f:status": {"f:x": {}}}},
    ]
    found = past({"metadata": {"managedFields": managed, "creationTimestamp": when(9000)}}).edits
    assert [(each.title, each.what) for each in found] == [
        ("kubectl-edit wrote", "reason, spec.suspend"),
        ("kustomize-controller applied", "spec.a"),
        ("created", ""),
    ]


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"status": None},
        {"status": {"history": [{}, 3, None]}},
        {"kind": "HelmRelease", "status": {"history": [{}]}},
    ],
)
def test_any_shape_is_answered(value: dict[str, Any]) -> None:
    found = past(value)
    on = axis(found.stretches, NOW, 30)
    for each in found.stretches:
        assert len("".join(drawn(each, on))) == 30


@pytest.mark.parametrize("width", [8, 22, 60])
def test_a_lane_fills_its_axis_and_what_is_later_stands_further_right(width: int) -> None:
    value = kustomization(run("A", 400_000, 4000), run("BFailed", 3000, 900), run("C", 100, 100), run("D", 50, 0))
    found = past(value).stretches
    on = axis(found, NOW, width)
    places = [on.place(NOW - ago) for ago in (400_000, 4000, 900, 100, 0)]
    assert places == sorted(places) and places[0] >= 0 and places[-1] == width - 1
    for each in found:
        before, bar, after = drawn(each, on)
        assert len(before + bar + after) == width and bar
    assert drawn(found[0], on)[2] == ""  # what is so now reaches the right edge


def test_ticks_are_labelled_in_their_order_and_none_upon_another() -> None:
    on = axis(past(kustomization(run("A", 40 * 86400, 1))).stretches, NOW, 40)
    ticks = on.ticks()
    assert [label for _, label in ticks] == sorted((label for _, label in ticks), key=_age, reverse=True)
    assert all(at + len(label) < after for (at, label), (after, _) in pairwise(ticks))


def _age(label: str) -> float:
    return float(label[:-1]) * {"m": 60, "h": 3600, "d": 86400, "y": 31536000}[label[-1]]


def recorded() -> Iterator[dict[str, Any]]:
    for line in gzip.decompress(RECORDING.read_bytes()).splitlines():
        value = json.loads(line)["event"].get("object", {})
        if (value.get("status") or {}).get("history"):
            yield value


@pytest.mark.skipif(not RECORDING.exists(), reason="the recordings are not at hand")
def test_real_histories_are_read_whole_and_every_outcome_is_understood() -> None:
    seen: set[Outcome] = set()
    for value in recorded():
        found = past(value).stretches
        assert len(found) == len(value["status"]["history"])
        seen |= {each.outcome for each in found}
        assert Outcome.NEUTRAL not in {each.outcome for each in found}
        assert all(epoch("2026-11-21T03:00:00Z") < each.start <= each.end for each in found)
    assert {Outcome.GOOD, Outcome.BAD, Outcome.REMEDY} <= seen
