"""How Kyverno is installed: its controllers, the webhooks that it registers, and what it says of its policies.

The admission controller registers its webhooks when it is ready, by what policies match and how they fail, and writes
whether a policy is ready. A ClusterPolicy with ``validate.cel.generate`` becomes a ValidatingAdmissionPolicy.
"""

from collections.abc import Iterable
from typing import Any

from fluxtui.simulator.controllers.engine import Engine, Key, Run, Steps
from fluxtui.simulator.controllers.times import stamp
from fluxtui.simulator.kyverno.rules import AUTOGEN, GENERATED, LEGACY
from fluxtui.simulator.kyverno.scanning import SKIPPED
from fluxtui.simulator.shapes import Json, dig, map_at, maps_at

NAMESPACE = "kyverno"
ADMISSION = "kyverno-admission-controller"
REPORTS = "kyverno-reports-controller"
SERVICE = "kyverno-svc"
TIMEOUT = 10
VALIDATING, MUTATING = "kyverno-resource-validating-webhook-cfg", "kyverno-resource-mutating-webhook-cfg"
MANAGED = {"webhook.kyverno.io/managed-by": "kyverno"}
POLICIES = (
    "ClusterPolicy",
    "Policy",
    "ValidatingPolicy",
    "NamespacedValidatingPolicy",
    "ImageValidatingPolicy",
    "NamespacedImageValidatingPolicy",
    "MutatingPolicy",
    "NamespacedMutatingPolicy",
    "GeneratingPolicy",
    "NamespacedGeneratingPolicy",
)
"""The kinds of policies that have a status of their own and a webhook."""
_WEBHOOKS: dict[str, str] = {
    "ClusterPolicy": "validate",
    "Policy": "validate",
    "ValidatingPolicy": "vpol.validate",
    "NamespacedValidatingPolicy": "nvpol.validate",
    "ImageValidatingPolicy": "ivpol.validate",
    "GeneratingPolicy": "gpol.validate",
    "MutatingPolicy": "mpol.mutate",
}
_UNREADABLE = {"ingresses": "networking.k8s.io/v1"}
"""What the reports controller has no rights for: policies on it are not ready."""
_TEMPLATES = ("deployments", "daemonsets", "statefulsets", "jobs", "cronjobs", "replicasets")
_BUILT_IN = {
    "Pod": ("", "pods"),
    "ConfigMap": ("", "configmaps"),
    "Namespace": ("", "namespaces"),
    "Deployment": ("apps", "deployments"),
}


def webhook_name(policy: Json, *, fails_closed: bool) -> str:
    """The webhook that asks about a policy: ``validate.kyverno.svc-fail``."""
    return f"{_WEBHOOKS.get(policy['kind'], 'validate')}.kyverno.svc-{'fail' if fails_closed else 'ignore'}"


def path_of(webhook: str) -> str:
    """The path at which a webhook is called: ``/validate/fail``."""
    stem, _, way = webhook.partition(".kyverno.svc-")
    kind, _, _ = stem.partition(".")
    return f"/{kind}/{way}"


def controller(run: Run) -> Steps:
    """What the admission controller does when it is ready: it registers its webhooks."""
    yield 0.0
    if map_at(run.obj, "status").get("readyReplicas"):
        register(run.engine)
    return None


def policy(run: Run) -> Steps:
    """What the admission controller says of a policy, and what it makes of it."""
    yield 0.0
    now, generation = stamp(run.now), run.generation
    if run.status.get("conditions", run.status.get("conditionStatus")) and run.memory.get("told") == generation:
        return None
    run.memory["told"] = generation
    if run.obj["kind"] in LEGACY:
        generated = _generate(run)
        run.status = _legacy_status(run.obj, now, generated=generated)
    else:
        run.status = {"autogen": {}, "conditionStatus": _cel_status(run.obj, now)}
        run.status |= {"generated": False} if run.obj["kind"].endswith("ValidatingPolicy") else {}
    run.write()
    if run.engine.storage.get("ValidatingWebhookConfiguration", "", VALIDATING) is not None:
        register(run.engine)
    return None


def cleanup(run: Run) -> Steps:
    """What the cleanup controller says of a policy with a schedule."""
    yield 0.0
    if not run.status:
        run.status = {"conditions": [_condition("Ready", "True", "Succeeded", "Ready", stamp(run.now))]}
        run.status["lastExecutionTime"] = stamp(run.now // 1800 * 1800)
        run.write()
    return None


def gone(engine: Engine, event: str, obj: Json) -> list[Key]:
    """A trigger of the engine: what a policy that is deleted leaves behind goes with it."""
    if event != "DELETED" or obj["kind"] not in POLICIES:
        return []
    name = f"{GENERATED}{obj['metadata']['name']}"
    if obj["kind"] == "ClusterPolicy":
        engine.storage.delete(("ValidatingAdmissionPolicyBinding", "", f"{name}-binding"))
        engine.storage.delete(("ValidatingAdmissionPolicy", "", name))
    if engine.storage.get("ValidatingWebhookConfiguration", "", VALIDATING) is not None:
        register(engine)
    return []


def register(engine: Engine) -> None:
    """Writes the webhook configurations for the policies that are there, where they differ from what is registered."""
    for kind, name, word in (
        ("ValidatingWebhookConfiguration", VALIDATING, "validate"),
        ("MutatingWebhookConfiguration", MUTATING, "mutate"),
    ):
        made = _webhooks(engine, word)
        known = engine.storage.get(kind, "", name)
        if known is None:
            metadata = {"name": name, "labels": MANAGED}
            version = "admissionregistration.k8s.io/v1"
            body = {"apiVersion": version, "kind": kind, "metadata": metadata, "webhooks": made}
            engine.storage.create(body, "kyverno")
        elif known["webhooks"] != made:
            engine.storage.merge((kind, "", name), {"webhooks": made}, "kyverno")


def _webhooks(engine: Engine, word: str) -> list[Json]:
    found: dict[str, tuple[int, set[tuple[str, str]]]] = {}
    for kind in POLICIES:
        for each in engine.storage.list(kind):
            spec = map_at(each, "spec")
            told = dig(spec, "webhookConfiguration", "failurePolicy") or spec.get("failurePolicy") or "Fail"
            name = webhook_name(each, fails_closed=told != "Ignore")
            mutates = [rule for rule in maps_at(spec, "rules") if rule.get("verifyImages")]
            if word == "mutate" and kind in LEGACY:
                name = name.replace("validate", "mutate")
            wanted = bool(mutates) if kind in LEGACY else ".mutate" in name
            if (word == "mutate") != wanted and not (kind in LEGACY and word == "validate"):
                continue
            seconds, resources = found.get(name, (0, set()))
            given = dig(spec, "webhookConfiguration", "timeoutSeconds") or spec.get("webhookTimeoutSeconds") or TIMEOUT
            found[name] = max(seconds, given), resources | set(_matched(each))
    return [_webhook(name, seconds, resources) for name, (seconds, resources) in sorted(found.items())]


def _webhook(name: str, seconds: int, resources: set[tuple[str, str]]) -> Json:
    service = {"name": SERVICE, "namespace": NAMESPACE, "path": path_of(name), "port": 443}
    left_out = {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": sorted(SKIPPED)}
    groups = sorted({group for group, _ in resources})
    rules: list[dict[str, Any]] = [
        {
            "apiGroups": [group],
            "apiVersions": ["*"],
            "operations": ["CREATE", "UPDATE"],
            "resources": sorted(name for each, name in resources if each == group),
            "scope": "*",
        }
        for group in groups
    ]
    return {
        "name": name,
        "admissionReviewVersions": ["v1"],
        "clientConfig": {"caBundle": "Q0E=", "service": service},
        "failurePolicy": "Fail" if name.endswith("-fail") else "Ignore",
        "matchPolicy": "Equivalent",
        "namespaceSelector": {"matchExpressions": [left_out]},
        "objectSelector": {},
        "rules": rules,
        "sideEffects": "NoneOnDryRun",
        "timeoutSeconds": seconds,
    }


def _matched(obj: Json) -> Iterable[tuple[str, str]]:
    """The resources that a policy looks at, as (group, plural)."""
    for rule in maps_at(obj, "spec", "matchConstraints", "resourceRules"):
        yield from ((group, name) for group in rule["apiGroups"] for name in rule["resources"])
    for rule in maps_at(obj, "spec", "rules"):
        for kind in _kinds(rule):
            if kind in _BUILT_IN:
                yield _BUILT_IN[kind]
            if kind == "Pod":
                yield from (("batch" if "job" in name else "apps", name) for name in _TEMPLATES)


def _kinds(rule: Json) -> list[str]:
    clause = map_at(rule, "match")
    parts = [*maps_at(clause, "any"), *maps_at(clause, "all")]
    return [str(kind) for part in parts for kind in map_at(part, "resources").get("kinds") or ()]


def _condition(kind: str, status: str, reason: str, message: str, now: str) -> Json:
    return {"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": now}


def _legacy_status(obj: Json, now: str, *, generated: bool) -> Json:
    rules = maps_at(obj, "spec", "rules")
    made = [{"name": f"{AUTOGEN}{rule['name']}"} for rule in rules if "Pod" in _kinds(rule)]
    verifying = sum("verifyImages" in rule for rule in rules)
    counted = {"generate": 0, "mutate": 0, "validate": len(rules) - verifying, "verifyimages": verifying}
    return {
        "autogen": {"rules": made} if made else {},
        "conditions": [_condition("Ready", "True", "Succeeded", "Ready", now)],
        "ready": True,
        "rulecount": counted,
        "validatingadmissionpolicy": {"generated": generated, "message": ""},
    }


def _cel_status(obj: Json, now: str) -> Json:
    resources = {
        name for rule in maps_at(obj, "spec", "matchConstraints", "resourceRules") for name in rule["resources"]
    }
    missing = sorted(resources & set(_UNREADABLE))
    said = "Policy is ready for reporting."
    if missing:
        errors = "; ".join(
            f"{verb} {_UNREADABLE[name]}, Resource={name}" for name in missing for verb in ("get", "list", "watch")
        )
        said = f"Policy is not ready for reporting, missing permissions: {errors}."
    allowed = "False" if missing else "True"
    conditions = [
        _condition("WebhookConfigured", "True", "Succeeded", "Webhook configured.", now),
        _condition("RBACPermissionsGranted", allowed, "Failed" if missing else "Succeeded", said, now),
    ]
    return {"conditions": conditions, "message": "", "ready": not missing}


def _generate(run: Run) -> bool:
    """Makes the ValidatingAdmissionPolicy and its binding of a policy that asks for them; whether there is one."""
    checks = [map_at(rule, "validate", "cel") for rule in maps_at(run.spec, "rules")]
    if run.obj["kind"] != "ClusterPolicy" or not any(check.get("generate") for check in checks):
        return False
    metadata, name = run.obj["metadata"], f"{GENERATED}{run.name}"
    owner = {"apiVersion": run.obj["apiVersion"], "kind": "ClusterPolicy", "name": run.name, "uid": metadata["uid"]}
    about = {"labels": {"app.kubernetes.io/managed-by": "kyverno"}, "ownerReferences": [owner]}
    rule = {"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"]}
    spec: Json = {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": [rule | {"resources": ["deployments"], "scope": "*"}]},
        "validations": [each for check in checks for each in maps_at(check, "expressions")],
    }
    version = "admissionregistration.k8s.io/v1"
    storage = run.engine.storage
    if storage.get("ValidatingAdmissionPolicy", "", name) is None:
        made: Json = {"apiVersion": version, "kind": "ValidatingAdmissionPolicy", "metadata": {"name": name, **about}}
        storage.create(made | {"spec": spec}, "kyverno")
    if storage.get("ValidatingAdmissionPolicyBinding", "", f"{name}-binding") is None:
        bound: Json = {"policyName": name, "validationActions": ["Audit", "Warn"]}
        made = {"apiVersion": version, "kind": "ValidatingAdmissionPolicyBinding"}
        storage.create(made | {"metadata": {"name": f"{name}-binding", **about}, "spec": bound}, "kyverno")
    return True
