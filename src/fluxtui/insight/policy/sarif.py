"""Violations as SARIF 2.1.0, for code scanning (OASIS, *Static Analysis Results Interchange Format*).

A fail is a failure of the level that its severity asks for; one that an exception took away is a failure that was
suppressed, with the exception as the reason. An error is an open question, a skip does not apply. Where a violation
is: the object and who delivers it as logical locations, and where that is edited in Git, as far as that is known.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

import fluxtui
from fluxtui.insight.export import moment
from fluxtui.insight.in_git import InGit, content
from fluxtui.insight.policy.export import left_out, violation_shape
from fluxtui.insight.policy.model import Owner, Picture, Violation
from fluxtui.insight.policy.naming import policy_name
from fluxtui.insight.policy.narrowing import Hidden
from fluxtui.kinds.policy.policies import PolicyRecord
from fluxtui.store.store import Store

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}
"""By severity; ``warning`` where none is told."""
SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "3.0", "info": "0.0"}
"""``security-severity``, as GitHub reads it: the middle of the range that it calls so."""
FINGERPRINT = "violation/v1"


def sarif(picture: Picture, shown: Sequence[Violation], hidden: Hidden, delivery: Store) -> dict[str, Any]:
    """A log with one run, as the tree of a JSON document."""
    rules: dict[str, int] = {}
    described: list[dict[str, Any]] = []
    places: dict[tuple[str, str], InGit | None] = {}
    results: list[dict[str, Any]] = []
    for each in shown:
        name = rule_id(each)
        if name not in rules:
            rules[name] = len(described)
            described.append(_rule(name, each, picture.policies.get((each.cluster, each.policy))))
        results.append(_result(each, rules[name], name, _place(delivery, each.owner, places)))
    driver: dict[str, Any] = {"name": "fluxtui", "version": fluxtui.__version__, "rules": described}
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        "invocations": [
            {
                "executionSuccessful": True,
                "endTimeUtc": moment(picture.now) or "1970-01-01T00:00:00Z",
                "toolExecutionNotifications": list(_notifications(picture)),
            }
        ],
        "results": results,
        "properties": {"complete": picture.complete, "leftOut": left_out(picture, hidden)},
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def rule_id(each: Violation) -> str:
    """``ClusterPolicy/require-labels/check-for-team``: stable, and the same in every cluster."""
    policy = each.policy.replace("//", "/")
    return f"{policy}/{each.rule}" if each.rule else policy


def _rule(name: str, each: Violation, policy: PolicyRecord | None) -> dict[str, Any]:
    check = each.finding.check
    title = policy_name(each.policy)
    short = policy.title if policy is not None and policy.title else f"{title}: {each.rule}" if each.rule else title
    about = policy.description if policy is not None else ""
    rule = next((rule for rule in policy.rules if rule.name == each.rule), None) if policy is not None else None
    asks = rule.message if rule is not None else ""
    tags = [tag for tag in ("policy", check.source, check.category) if tag]
    told: dict[str, Any] = {
        "id": name,
        "shortDescription": {"text": short},
        "fullDescription": {"text": about or asks or short},
        "help": {"text": "\n\n".join(filter(None, (about, asks, f"Reported by {check.source or 'an engine'}.")))},
        "defaultConfiguration": {"level": LEVELS.get(check.severity, "warning")},
        "properties": {"tags": list(dict.fromkeys(tags))},
    }
    if check.severity in SCORES:
        told["properties"]["security-severity"] = SCORES[check.severity]
    return told


def _result(each: Violation, index: int, name: str, place: InGit | None) -> dict[str, Any]:
    shape = violation_shape(each)
    excepted = each.finding.result == "skip" and bool(shape.exceptions)
    kind = {"error": "open", "skip": "notApplicable"}.get(each.finding.result, "fail")
    kind = "fail" if excepted else kind
    level = LEVELS.get(each.severity, "warning") if kind == "fail" else "none"
    if each.finding.result == "warn":
        level = "note"
    told: dict[str, Any] = {
        "ruleId": name,
        "ruleIndex": index,
        "kind": kind,
        "level": level,
        "message": {"text": each.finding.message or f"{each.finding.result} of {name}"},
        "locations": [_location(each, place)],
        "partialFingerprints": {FINGERPRINT: each.key},
        "properties": {
            "cluster": each.cluster,
            "result": each.finding.result,
            "action": each.action.value,
            "tenant": each.owner.tenant,
            "checked": shape.checked,
            "firstSeen": shape.first_seen,
        },
    }
    if excepted:
        reason = f"excepted by {', '.join(shape.exceptions)}"
        told["suppressions"] = [{"kind": "external", "status": "accepted", "justification": reason}]
    return told


def _location(each: Violation, place: InGit | None) -> dict[str, Any]:
    of, owner = each.subject, each.owner
    logical: list[dict[str, Any]] = [
        {
            "name": of.name,
            "kind": "resource",
            "fullyQualifiedName": f"{each.cluster}/{of.kind}/{of.namespace}/{of.name}",
            "properties": {
                "cluster": each.cluster,
                "group": of.group,
                "kind": of.kind,
                "namespace": of.namespace,
                "name": of.name,
            },
        }
    ]
    if owner.id:
        logical.append(
            {
                "name": owner.id.rpartition("/")[2],
                "kind": "deliverer",
                "fullyQualifiedName": f"{owner.cluster}/{owner.id}",
                "properties": {
                    "tenant": owner.tenant,
                    "source": owner.source,
                    "revision": owner.revision,
                    "repository": place.repository if place is not None else "",
                },
            }
        )
    told: dict[str, Any] = {"logicalLocations": logical}
    path = place.path.removeprefix("./").strip("/") if place is not None else ""
    if place is not None and path:
        told["physicalLocation"] = {"artifactLocation": {"uri": f"{quote(path)}/"}}
    return told


def _place(delivery: Store, owner: Owner, known: dict[tuple[str, str], InGit | None]) -> InGit | None:
    """Where what an owner delivers is edited; for a HelmRelease, nowhere that is known by path."""
    key = (owner.cluster, owner.id)
    if key not in known:
        data = delivery.find(owner.cluster)
        row = data.row(owner.id) if data is not None and owner.id else None
        known[key] = content(data, row.record) if data is not None and row is not None else None
    return known[key]


def _notifications(picture: Picture) -> Iterable[dict[str, Any]]:
    """What could not be seen."""
    for each in picture.coverage:
        lost = [f"{kind}: {state.phase}" for kind, state in each.reports.items() if state.phase in LOST]
        if each.unread:
            lost.append(f"{each.unread} reports are only counted so far")
        if not each.settled:
            lost.append("not everything is listed yet")
        for words in lost:
            yield {"level": "warning", "message": {"text": f"{each.cluster}: {words}"}}


LOST = ("loading", "stale", "unreachable", "login needed", "forbidden")
"""States of data that is not all there is."""
