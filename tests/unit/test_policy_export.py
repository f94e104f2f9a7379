"""Violations and readiness as other programs and people get them: JSON, CSV, SARIF, Markdown."""

import csv
import io
import json

import msgspec
import pytest

from fluxtui.insight.policy.export import csv_text, left_out, order, safe, timeless, violations_shape, words_left_out
from fluxtui.insight.policy.narrowing import Hidden
from fluxtui.insight.policy.readiness import readiness
from fluxtui.insight.policy.readiness_export import readiness_shape
from fluxtui.insight.policy.sarif import sarif
from fluxtui.kinds.sources import SourceRecord
from fluxtui.notes.policy_text import readiness_text, violations_text
from fluxtui.store.state import DataState, Phase

from .violations import (
    CLUSTER,
    NOW,
    cel_policy,
    changed,
    coverage,
    legacy_policy,
    owner,
    picture,
    store_with,
    violation,
)

LIMITS = "ValidatingPolicy//require-limits"
HOSTILE = '=cmd|"/c calc"!A0 @team <img src=x> `x` | **b**\nnext'


def tree(shape):
    return json.loads(msgspec.json.encode(shape))


@pytest.fixture
def delivery(fleet):
    fleet.put(CLUSTER, "Kustomization", "backend/apps", source="OCIRepository/backend/apps", path="./components/My App")
    source = SourceRecord(
        kind="OCIRepository",
        id="OCIRepository/backend/apps",
        namespace="backend",
        name="apps",
        url="oci://ghcr.io/acme/apps",
        built_from="https://github.com/acme/apps",
        revision="v1@sha256:aa",
    )
    fleet.store.table(CLUSTER, "OCIRepository").upsert(source)
    return fleet.store


# --- JSON


def test_the_shape_says_everything_and_what_is_left_out():
    found = picture(violation(controls="runAsUser", first_seen=NOW - 60, certain=True), passes=9)
    told = tree(violations_shape(found, found.violations, Hidden(3, 2), "result:fail", "1 fails"))
    assert (told["version"], told["kind"], told["shown"], told["total"]) == (1, "Violations", 1, 1)
    assert told["leftOut"] == {"skipped": 3, "filtered": 2, "passed": 9}
    (item,) = told["items"]
    assert item["object"] == {"group": "apps", "kind": "Deployment", "namespace": "backend", "name": "redis"}
    assert item["owner"]["object"] == "Kustomization/backend/apps"
    assert (item["owner"]["proof"], item["owner"]["tenant"]) == ("inventory", "backend")
    assert (item["firstSeen"], item["certain"], item["action"]) == ("2027-01-15T07:59:00Z", True, "audit")
    assert item["controls"] == ["Running as Non-root user"]
    assert item["key"] == found.violations[0].key
    assert told["clusters"][0]["reports"]["PolicyReport"] == "fresh"
    assert told["complete"] is True


def test_another_scan_alone_is_no_news():
    def essence(at):
        found = changed(picture(violation(checked=at)), now=float(at))
        return timeless(violations_shape(found, found.violations, Hidden(), "", "x"))

    assert essence(NOW) == essence(NOW + 60)


def test_what_is_left_out_in_words():
    assert words_left_out(left_out(picture(passes=1200), Hidden(3, 0))) == "left out: 3 skipped, 1,200 passed"
    assert words_left_out(left_out(picture(), Hidden())) == ""


# --- CSV


def test_csv_is_a_table_that_no_spreadsheet_runs():
    found = [violation(message=HOSTILE), violation("backend/a,b", message="@x"), violation(message="plain, text")]
    rows = list(csv.DictReader(io.StringIO(csv_text(found))))
    assert [row["message"] for row in rows] == [f"'{HOSTILE}", "'@x", "plain, text"]
    assert (rows[1]["name"], rows[0]["owner"], rows[0]["certain"]) == ("a,b", "Kustomization/backend/apps", "no")
    assert csv_text([]).startswith("cluster,tenant,result,")


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@a", "\t=1", "\r=1"])
def test_formulas_are_made_text(cell):
    assert safe(cell) == f"'{cell}"


def test_the_worst_comes_first():
    found = [violation(result=result) for result in ("skip", "fail", "error", "warn")]
    assert [each.finding.result for each in sorted(found, key=order)] == ["fail", "warn", "error", "skip"]


# --- SARIF


def log(*found, delivery_, policies=(), hidden=None, **more):
    drawn = picture(*found, policies=policies, **more)
    told = sarif(drawn, found, hidden or Hidden(), delivery_)
    json.dumps(told)
    check(told)
    return told["runs"][0]


def check(told):
    """What the published schema and text of SARIF 2.1.0 ask of what we write."""
    assert set(told) == {"$schema", "version", "runs"}
    assert told["version"] == "2.1.0"
    for run in told["runs"]:
        rules = run["tool"]["driver"]["rules"]
        assert run["tool"]["driver"]["name"]
        ids = [rule["id"] for rule in rules]
        assert len(set(ids)) == len(ids), "§3.19.23: unique"
        for rule in rules:
            assert rule["shortDescription"]["text"]
            assert rule["help"]["text"]
            assert rule["defaultConfiguration"]["level"] in {"none", "note", "warning", "error"}
            assert len(set(rule["properties"]["tags"])) == len(rule["properties"]["tags"])
        for result in run["results"]:
            assert ids[result["ruleIndex"]] == result["ruleId"]
            assert result["message"]["text"]
            assert result["kind"] in {"pass", "fail", "open", "review", "notApplicable", "informational"}
            assert result["kind"] == "fail" or result["level"] == "none", "§3.27.10"
            assert all(isinstance(value, str) for value in result["partialFingerprints"].values())
            for suppression in result.get("suppressions", ()):
                assert suppression["kind"] in {"inSource", "external"}
                assert suppression["status"] in {"accepted", "underReview", "rejected"}
            for location in result["locations"]:
                for logical in location["logicalLocations"]:
                    assert logical["fullyQualifiedName"]
                if "physicalLocation" in location:
                    assert " " not in location["physicalLocation"]["artifactLocation"]["uri"]
        for invocation in run["invocations"]:
            assert isinstance(invocation["executionSuccessful"], bool)
            assert all(note["message"]["text"] for note in invocation["toolExecutionNotifications"])


def test_a_fail_is_a_result_with_a_rule_a_place_and_a_fingerprint(delivery):
    policy = legacy_policy(
        annotations={
            "policies.kyverno.io/title": "Require labels",
            "policies.kyverno.io/description": "The label team names the owner.",
        }
    )
    each = violation(rule="autogen-check-for-team", severity="high")
    run = log(each, delivery_=delivery, policies=[policy])
    (rule,) = run["tool"]["driver"]["rules"]
    assert (rule["id"], rule["shortDescription"]["text"]) == (
        "ClusterPolicy/require-labels/check-for-team",
        "Require labels",
    )
    assert rule["help"]["text"] == "The label team names the owner.\n\nno\n\nReported by kyverno."
    assert rule["properties"] == {"tags": ["policy", "kyverno", "Best Practices"], "security-severity": "8.0"}
    (result,) = run["results"]
    assert (result["kind"], result["level"]) == ("fail", "error")
    assert result["partialFingerprints"] == {"violation/v1": each.key}
    (place,) = result["locations"]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "components/My%20App/"
    one, two = place["logicalLocations"]
    assert one["fullyQualifiedName"] == f"{CLUSTER}/Deployment/backend/redis"
    assert (two["fullyQualifiedName"], two["properties"]["repository"]) == (
        f"{CLUSTER}/Kustomization/backend/apps",
        "https://github.com/acme/apps",
    )


@pytest.mark.parametrize(
    ("more", "kind", "level"),
    [
        ({"severity": "critical"}, "fail", "error"),
        ({"severity": "medium"}, "fail", "warning"),
        ({"severity": "low"}, "fail", "note"),
        ({"severity": ""}, "fail", "warning"),
        ({"result": "warn", "severity": "high"}, "fail", "note"),
        ({"result": "error"}, "open", "none"),
        ({"result": "skip"}, "notApplicable", "none"),
        ({"result": "skip", "exceptions": "let", "severity": "high"}, "fail", "error"),
    ],
)
def test_levels_follow_result_and_severity(delivery, more, kind, level):
    (result,) = log(violation(**more), delivery_=delivery)["results"]
    assert (result["kind"], result["level"]) == (kind, level)
    assert ("suppressions" in result) is ("exceptions" in more)


def test_what_nobody_delivers_has_no_place_in_git_and_what_is_not_seen_is_told(delivery):
    lost = coverage(reports={"PolicyReport": DataState(Phase.FORBIDDEN, NOW, NOW, "no")}, unread=3)
    run = log(violation(by=owner("")), delivery_=delivery, coverages=[lost], hidden=Hidden(2, 1), passes=5)
    (place,) = run["results"][0]["locations"]
    assert "physicalLocation" not in place
    assert len(place["logicalLocations"]) == 1
    assert [note["message"]["text"] for note in run["invocations"][0]["toolExecutionNotifications"]] == [
        f"{CLUSTER}: PolicyReport: forbidden",
        f"{CLUSTER}: 3 reports are only counted so far",
    ]
    assert run["properties"] == {"complete": False, "leftOut": {"skipped": 2, "filtered": 1, "passed": 5}}


# --- Markdown


def finished(steps):
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value


def test_violations_as_markdown_are_grouped_by_rule_and_never_markup():
    found = [
        violation(message=HOSTILE, first_seen=NOW - 600, certain=True),
        violation("frontend/web", by=owner("", tenant=""), first_seen=NOW - 600),
    ]
    text = violations_text(picture(*found, passes=7), found, Hidden(1, 0), "2 fails", [f"{CLUSTER}: may not list"])
    assert text.startswith("**Policy** at 2027-01-15 08:00:00 UTC: 2 fails")
    assert "#### `require-labels` rule `check-for-team`: 2" in text
    assert "| fail | audit | `Deployment backend/redis` |" in text
    assert "| 10m ago | `" in text
    assert "| at least 10m ago |" in text
    assert "not delivered by Flux" in text
    assert "*left out: 1 skipped, 7 passed*" in text
    assert f"- `{CLUSTER}: may not list`" in text
    line = next(line for line in text.splitlines() if "=cmd" in line)
    assert "`` =cmd" in line or "``=cmd" in line, "code, whatever it holds"
    assert "\\|" in line, "bars would end the cell"


def ready(delivery, *found, policies=None):
    told = picture(*found, policies=policies or [cel_policy()], checked={(CLUSTER, LIMITS, ""): 9})
    return finished(readiness(told, delivery, store_with(), [LIMITS]))


def cel(ref, **more):
    return violation(ref, policy=LIMITS, rule="", message="limits are required", **more)


def test_readiness_as_a_checklist_by_tenant(delivery):
    by = owner(origin="ResourceSet/flux-system/apps", updated=NOW - 60)
    found = [
        cel("backend/a", by=by),
        cel("backend/b", by=by),
        cel("shop/c", by=owner("", tenant="")),
        cel("shop/d", result="error", by=owner("", tenant="")),
    ]
    text = readiness_text(ready(delivery, *found))
    assert text.splitlines()[0] == "# Enforcing `require-limits`"
    assert "**Would deny 4 objects of 1 tenant; 1 Kustomization turns red at its next reconcile (medium" in text
    assert f"- ✖ `Kustomization backend/apps` in `{CLUSTER}` turns red: 2 objects" in text
    assert "Why the confidence is medium:\n\n- `1 object counted for which rules end in an error" in text
    assert "## Tenant `backend`: 2 objects, 2 at the next reconcile" in text
    assert (
        f"Delivered by `Kustomization backend/apps` in `{CLUSTER}`, made by `ResourceSet flux-system/apps`, "
        "from `OCIRepository backend/apps` at `v1@sha256:aa`:"
    ) in text
    assert (
        "- [ ] `Deployment backend/a`: denied at the next reconcile of what delivers it, changed in the last days\n"
        "  - `require-limits`: `limits are required`"
    ) in text
    assert "## Of no tenant: 2 objects\n" in text
    assert f"In `{CLUSTER}`, not delivered by Flux:" in text
    assert text.count("- [ ]") == 4
    assert "<" not in text


def test_a_clean_bill_is_short(delivery):
    text = readiness_text(ready(delivery))
    assert text == (
        "# Enforcing `require-limits`\n\n"
        "**May be enforced: nothing would be denied (high confidence).** As of 2027-01-15 08:00:00 UTC.\n"
    )


def test_readiness_for_programs(delivery):
    told = tree(readiness_shape(ready(delivery, cel("backend/a"))))
    assert (told["kind"], told["confidence"], told["policies"]) == ("Readiness", "high", [LIMITS])
    assert told["denied"][0]["when"] == "next"
    assert told["denied"][0]["reasons"][0]["policy"] == LIMITS
    assert told["turning"] == [
        {
            "cluster": CLUSTER,
            "object": "Kustomization/backend/apps",
            "tenant": "backend",
            "objects": 1,
            "green": True,
            "suspended": False,
        }
    ]
