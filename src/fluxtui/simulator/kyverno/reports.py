"""Reports, as Kyverno's reports controller writes them: one per object, named by its uid, in either family.

The families differ in their group, their names and a ``source`` at the top; a result is the same in both.
"""

from fluxtui.simulator.controllers.engine import Engine, Key
from fluxtui.simulator.kyverno import kinds
from fluxtui.simulator.kyverno.checks import Finding
from fluxtui.simulator.kyverno.rules import GENERATED, Rule
from fluxtui.simulator.shapes import Json, maps_at

FAMILIES: dict[str, tuple[str, str, str]] = {
    kinds.WGPOLICY: ("wgpolicyk8s.io/v1alpha2", "PolicyReport", "ClusterPolicyReport"),
    kinds.OPENREPORTS: ("openreports.io/v1alpha1", "Report", "ClusterReport"),
}
"""By group: the apiVersion, the kind for objects in a namespace, and the one for others."""
OUTCOMES = ("error", "fail", "pass", "skip", "warn")
SEVERITIES = frozenset(("critical", "high", "medium", "low", "info"))
MANAGED = {"app.kubernetes.io/managed-by": "kyverno"}


def key_of(family: str, obj: Json) -> Key:
    """Where the report on an object is kept."""
    _, namespaced, cluster = FAMILIES[family]
    namespace = obj["metadata"].get("namespace", "")
    return namespaced if namespace else cluster, namespace, obj["metadata"]["uid"]


def result(rule: Rule, name: str, found: Finding, now: float) -> Json:
    """One result; ``name`` is that of the rule, unless an exception took its place. ``now`` in epoch seconds."""
    scored = rule.annotation("scored") != "false"
    told: Json = {
        "message": found.message,
        "policy": f"{GENERATED}{rule.label}" if rule.generates else rule.label,
        "properties": found.properties | {"process": "background scan"},
        "result": "warn" if found.result == "fail" and not scored else found.result,
        "scored": scored,
        "source": _source(rule),
        "timestamp": {"nanos": 0, "seconds": int(now)},
    }
    if rule.generates:
        told["properties"] = told["properties"] | {"binding": f"{told['policy']}-binding"}
        name = told["policy"]
    told |= {"rule": name} if name else {}
    category, severity = rule.annotation("category"), rule.annotation("severity")
    told |= {"category": category} if category else {}
    return told | ({"severity": severity} if severity in SEVERITIES else {})


def _source(rule: Rule) -> str:
    if rule.generates:
        return "ValidatingAdmissionPolicy"
    return "kyverno" if rule.legacy else f"Kyverno{rule.kind.removeprefix('Namespaced')}"


def summary(results: list[Json]) -> dict[str, int]:
    """How many results there are of each outcome."""
    counted: dict[str, int] = dict.fromkeys(OUTCOMES, 0)
    for each in results:
        counted[each["result"]] += 1
    return counted


def report(family: str, obj: Json, results: list[Json]) -> Json:
    """The report on an object."""
    version, namespaced, cluster = FAMILIES[family]
    metadata = obj["metadata"]
    about = {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "name": metadata["name"], "uid": metadata["uid"]}
    space = {"namespace": metadata["namespace"]} if metadata.get("namespace") else {}
    made: Json = {
        "apiVersion": version,
        "kind": namespaced if space else cluster,
        "metadata": {"name": metadata["uid"], **space, "labels": MANAGED, "ownerReferences": [about]},
        "results": results,
        "scope": about | space,
        "summary": summary(results),
    }
    return made | ({"source": "kyverno"} if family == kinds.OPENREPORTS else {})


def write(engine: Engine, family: str, obj: Json, results: list[Json]) -> None:
    """Creates or replaces the report on an object; one without results goes."""
    key = key_of(family, obj)
    known = engine.storage.get(*key)
    if not results:
        engine.storage.delete(key)
    elif known is None:
        engine.storage.create(report(family, obj, results), "kyverno-reports")
    else:
        engine.storage.merge(key, {"results": results, "summary": summary(results)}, "kyverno-reports")


def untimed(results: list[Json]) -> list[Json]:
    """Results without the time at which they were found: what tells whether anything has changed."""
    return [{key: value for key, value in each.items() if key != "timestamp"} for each in results]


def known(engine: Engine, family: str, obj: Json) -> list[Json]:
    """The results that are reported on an object by now."""
    return maps_at(engine.storage.get(*key_of(family, obj)), "results")
