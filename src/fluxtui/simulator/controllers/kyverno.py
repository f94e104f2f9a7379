"""Kyverno's reports controller, as far as a client sees it: one PolicyReport per resource, two Events per violation.

The rules that are checked are small functions over Deployments and ConfigMaps; policies and exceptions are objects in
the cluster, so that an exception or a removed policy changes the reports at the next scan.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from fluxtui.simulator.controllers.conditions import Object
from fluxtui.simulator.controllers.engine import Engine, Key, Run, Steps
from fluxtui.simulator.shapes import map_at

SCAN_INTERVAL = 60.0
EVENTS_EVERY = 10
"""Scans between two reports of the same violation as Events."""


class Rule(msgspec.Struct, frozen=True):
    """One rule of one policy: whom it looks at, and what it says about whom it fails."""

    policy: str
    policy_kind: str
    rule: str
    kind: str
    severity: str
    category: str
    source: str
    message: str
    passes: Callable[[Object], bool]


def _containers(obj: Object) -> list[dict[str, Any]]:
    return obj["spec"]["template"]["spec"]["containers"]


def _team(obj: Object) -> bool:
    return "team" in map_at(obj, "metadata", "labels")


def _limits(obj: Object) -> bool:
    return all(map_at(container, "resources", "limits") for container in _containers(obj))


def _tagged(obj: Object) -> bool:
    return all(":" in image and not image.endswith(":latest") for image in (c["image"] for c in _containers(obj)))


def _non_root(obj: Object) -> bool:
    return all(map_at(container, "securityContext").get("runAsNonRoot") for container in _containers(obj))


LABEL_SAID = "validation error: label 'team' is required. rule {} failed at path {}"
POD_PATH = "/spec/template/metadata/labels/team/"
RULES: tuple[Rule, ...] = (
    Rule(
        "require-labels", "ClusterPolicy", "autogen-check-for-team", "Deployment", "medium", "Best Practices",
        "kyverno", LABEL_SAID.format("autogen-check-for-team", POD_PATH), _team,
    ),
    Rule(
        "disallow-latest-tag", "ClusterPolicy", "autogen-validate-image-tag", "Deployment", "high", "Best Practices",
        "kyverno", "validation failure: validation error: the tag latest is not allowed. "
        "rule autogen-validate-image-tag failed at path /image/", _tagged,
    ),
    Rule(
        "pod-security", "ClusterPolicy", "autogen-baseline", "Deployment", "high", "Pod Security", "kyverno",
        "Validation rule 'autogen-baseline' failed. It violates PodSecurity \"restricted:latest\": "
        "(Forbidden reason: runAsNonRoot != true, field error list: "
        "[spec.containers[0].securityContext.runAsNonRoot: Required value])", _non_root,
    ),
    Rule(
        "require-limits", "ValidatingPolicy", "", "Deployment", "low", "", "KyvernoValidatingPolicy",
        "limits are required", _limits,
    ),
)  # fmt: skip
SKIPPED = {"flux-system", "kube-system", "kyverno"}
"""Namespaces that Kyverno leaves out, as its resource filters do by default."""


def scan(run: Run) -> Steps:
    """One background scan: a run of the Deployment of Kyverno's reports controller."""
    yield 0.0
    count = run.memory["scans"] = run.memory.get("scans", -1) + 1
    if run.engine.storage.serves("PolicyReport"):
        policies = {
            (kind, obj["metadata"]["name"]): obj
            for kind in ("ClusterPolicy", "ValidatingPolicy")
            for obj in run.engine.storage.list(kind)
        }
        rules = [rule for rule in RULES if (rule.policy_kind, rule.policy) in policies]
        for obj in list(run.engine.storage.list("Deployment")):
            if rules and obj["metadata"]["namespace"] not in SKIPPED | run.engine.static:
                _judge(run.engine, obj, rules, policies, tell=count % EVENTS_EVERY == 0)
    run.engine.recorder.expire()
    return SCAN_INTERVAL


def report_key(obj: Object) -> Key:
    """Where the report on a resource is kept: under the resource's uid."""
    return "PolicyReport", obj["metadata"].get("namespace", ""), obj["metadata"]["uid"]


def _judge(engine: Engine, obj: Object, rules: list[Rule], policies: dict[Any, Object], *, tell: bool) -> None:
    results = [_result(engine, rule, obj) for rule in rules if rule.kind == obj["kind"]]
    summary: dict[str, int] = dict.fromkeys(("error", "fail", "pass", "skip", "warn"), 0)
    for result in results:
        summary[result["result"]] += 1
    known = engine.storage.get(*report_key(obj))
    fresh = known is None or known["summary"] != summary
    if fresh or tell:
        _write(engine, obj, results, summary, known)
    for rule, result in zip(rules, results, strict=True):
        if result["result"] == "fail" and (fresh or tell):
            _tell(engine, rule, policies[rule.policy_kind, rule.policy], obj)


def _tell(engine: Engine, rule: Rule, policy: Object, obj: Object) -> None:
    metadata = obj["metadata"]
    name = f"{rule.policy}/{rule.rule}".rstrip("/")
    where = f"{obj['kind']} {metadata['namespace']}/{metadata['name']}"
    said = f"{where}: [{rule.rule}] fail; {rule.message}" if rule.rule else f"{where}: fail; {rule.message}"
    engine.recorder.violation(policy, said, obj)
    engine.recorder.violation(obj, f"policy {name} fail: {rule.message}", None)


def _result(engine: Engine, rule: Rule, obj: Object) -> Object:
    excepted = _excepted(engine, rule, obj)
    outcome = "skip" if excepted else "pass" if rule.passes(obj) else "fail"
    message = {"skip": "rule is skipped due to policy exception", "pass": "rule passed"}.get(outcome, rule.message)
    properties = {"process": "background scan"} | ({"exceptions": excepted} if excepted else {})
    result: Object = {"category": rule.category} if rule.category else {}
    result |= {"message": message, "policy": rule.policy, "properties": properties, "result": outcome}
    result |= {"rule": rule.rule} if rule.rule else {}
    result |= {"scored": True, "severity": rule.severity, "source": rule.source}
    return result | {"timestamp": {"nanos": 0, "seconds": int(engine.now)}}


def _excepted(engine: Engine, rule: Rule, obj: Object) -> str:
    for exception in engine.storage.list("PolicyException", obj["metadata"]["namespace"]):
        for part in exception["spec"].get("exceptions") or ():
            if part["policyName"] != rule.policy or rule.rule not in part["ruleNames"]:
                continue
            for match in exception["spec"]["match"].get("any") or ():
                names = match["resources"].get("names") or ["*"]
                if any(name == "*" or obj["metadata"]["name"].startswith(name.rstrip("*")) for name in names):
                    return exception["metadata"]["name"]
    return ""


def _write(engine: Engine, obj: Object, results: list[Object], summary: dict[str, int], known: Object | None) -> None:
    kind, namespace, name = report_key(obj)
    about = {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "name": obj["metadata"]["name"], "uid": name}
    body: Object = {"results": results, "scope": about | {"namespace": namespace}, "summary": summary}
    if known is not None:
        engine.storage.merge((kind, namespace, name), body, "kyverno-reports")
        return
    metadata: Object = {"name": name, "namespace": namespace, "ownerReferences": [about]}
    metadata["labels"] = {"app.kubernetes.io/managed-by": "kyverno"}
    report = {"apiVersion": "wgpolicyk8s.io/v1alpha2", "kind": kind, "metadata": metadata}
    engine.storage.create(report | body, "kyverno-reports")


def orphans(engine: Engine, event: str, obj: Object) -> list[Key]:
    """The garbage collector's part: the report on a resource goes with it."""
    if event == "DELETED" and obj["kind"] == "Deployment" and engine.storage.serves("PolicyReport"):
        engine.storage.delete(report_key(obj))
    return []
