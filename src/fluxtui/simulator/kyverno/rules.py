"""What policies say: which rules they have for an object, where from, and what a violation leads to.

Rules, from Kyverno's sources (1.19): a rule that matches Pods is also one for what makes pods, under the name
``autogen-RULE``, and then leaves out pods that have a controller; the action of a legacy rule is its own override for
the namespace, else its own, else the policy's override, else the policy's, and Audit without any of them; a CEL policy
denies when its ``validationActions`` say Deny.
"""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from fluxtui.simulator.kyverno import expressions
from fluxtui.simulator.shapes import Json, dig, map_at, maps_at

SCANNED = ("Deployment", "Pod", "ConfigMap", "Namespace")
"""The kinds of objects that policies are checked on."""
JUDGES = (
    "ClusterPolicy",
    "Policy",
    "ValidatingPolicy",
    "NamespacedValidatingPolicy",
    "ImageValidatingPolicy",
    "NamespacedImageValidatingPolicy",
)
"""The kinds of policies that judge objects; the others change, make or delete some."""
LEGACY = ("ClusterPolicy", "Policy")
GENERATED = "cpol-"
"""What Kyverno puts before the name of a ClusterPolicy that it has made a ValidatingAdmissionPolicy of."""
DENYING = frozenset(("enforce", "deny"))
AUTOGEN = "autogen-"

_RESOURCES = {"Deployment": "deployments", "Pod": "pods", "ConfigMap": "configmaps", "Namespace": "namespaces"}


class Rule(msgspec.Struct, frozen=True):
    """One rule of one policy, as it is for one kind of object."""

    policy: Json
    name: str
    """As reports name it: with ``autogen-`` for what makes pods; empty for CEL."""
    body: Json = {}
    """The rule of a legacy policy; empty for CEL."""

    @property
    def kind(self) -> str:
        """The policy's kind."""
        return self.policy["kind"]

    @property
    def legacy(self) -> bool:
        """Whether it is of the first generation."""
        return self.kind in LEGACY

    @property
    def check(self) -> tuple[str, str]:
        """What it checks: the policy's name and the rule's own, without ``autogen-``."""
        return self.policy["metadata"]["name"], self.name.removeprefix(AUTOGEN) if self.legacy else ""

    @property
    def label(self) -> str:
        """The policy as reports name it: ``name``, or ``namespace/name``."""
        metadata = self.policy["metadata"]
        return "/".join(filter(None, (metadata.get("namespace"), metadata["name"])))

    @property
    def generates(self) -> bool:
        """Whether the API server judges it, by a ValidatingAdmissionPolicy that Kyverno has made of it."""
        return bool(dig(self.policy, "status", "validatingadmissionpolicy", "generated"))

    @property
    def fails_closed(self) -> bool:
        """Whether requests are refused while nobody answers: ``failurePolicy``, which is Fail unless told otherwise."""
        spec = map_at(self.policy, "spec")
        told = dig(spec, "webhookConfiguration", "failurePolicy") or spec.get("failurePolicy") or "Fail"
        return told != "Ignore"

    def annotation(self, name: str) -> str:
        """An annotation of the policy, by its name after ``policies.kyverno.io/``."""
        return str(map_at(self.policy, "metadata", "annotations").get(f"policies.kyverno.io/{name}") or "")

    def denies(self, namespace: str) -> bool:
        """Whether a violation in this namespace is refused rather than told."""
        return action(self.policy, self.body, namespace).lower() in DENYING


def action(policy: Json, rule: Json, namespace: str) -> str:
    """The effective action on a violation in a namespace: Audit, Enforce, Deny or Warn. ``rule`` is a legacy one."""
    spec = map_at(policy, "spec")
    if policy["kind"] not in LEGACY:
        told: list[str] = spec.get("validationActions") or ["Audit"]
        return next((wanted for wanted in ("Deny", "Audit", "Warn") if wanted in told), told[0])
    checks = [map_at(rule, "validate"), *maps_at(rule, "verifyImages")]
    for where, overrides, own in (
        *((check, "failureActionOverrides", "failureAction") for check in checks),
        (spec, "validationFailureActionOverrides", "validationFailureAction"),
    ):
        for override in maps_at(where, overrides):
            if any(fnmatchcase(namespace, pattern) for pattern in override.get("namespaces") or ()):
                return str(override["action"])
        if where.get(own):
            return str(where[own])
    return "Audit"


def rules_for(policies: Iterable[Json], obj: Json) -> list[Rule]:
    """The rules of these policies that apply to an object, by policy and rule."""
    found = [rule for policy in policies for rule in _rules(policy, obj)]
    return sorted(found, key=lambda rule: (rule.label, rule.name, rule.kind))


def _rules(policy: Json, obj: Json) -> Iterable[Rule]:
    namespace = obj["metadata"].get("namespace", "")
    if policy["metadata"].get("namespace", namespace) != namespace:
        return
    if policy["kind"] not in LEGACY:
        if _constrained(policy, obj):
            yield Rule(policy, policy["metadata"]["name"] if "Image" in policy["kind"] else "")
        return
    for rule in maps_at(policy, "spec", "rules"):
        kinds = _kinds(rule)
        named = str(rule.get("name", ""))
        if obj["kind"] == "Deployment" and "Pod" in kinds:
            named, kinds = f"{AUTOGEN}{named}", {"Deployment"}
        if obj["kind"] == "Pod" and "Pod" in kinds and obj["metadata"].get("ownerReferences"):
            continue
        if obj["kind"] in kinds and matches(map_at(rule, "match"), obj) and not matches(map_at(rule, "exclude"), obj):
            yield Rule(policy, named, rule)


def matches(clause: Json, obj: Json) -> bool:
    """Whether a legacy ``match`` or ``exclude`` names an object; kinds that make pods are named by Pod too."""
    parts = [*maps_at(clause, "any"), *maps_at(clause, "all")] or ([clause] if "resources" in clause else [])
    found = [_named(map_at(part, "resources"), obj) for part in parts]
    return bool(found) and (all(found) if "all" in clause else any(found))


def _named(wanted: Json, obj: Json) -> bool:
    metadata = obj["metadata"]
    namespace = metadata["name"] if obj["kind"] == "Namespace" else metadata.get("namespace", "")
    kinds = {str(kind).rpartition("/")[2] for kind in wanted.get("kinds") or ()}
    if kinds and not ({obj["kind"]} | ({"Pod"} if obj["kind"] == "Deployment" else set())) & kinds:
        return False
    names = [*(wanted.get("names") or ()), *([wanted["name"]] if wanted.get("name") else ())]
    if names and not any(fnmatchcase(metadata["name"], pattern) for pattern in names):
        return False
    spaces = wanted.get("namespaces") or ()
    return not spaces or any(fnmatchcase(namespace, pattern) for pattern in spaces)


def _kinds(rule: Json) -> set[str]:
    clause = map_at(rule, "match")
    parts = [*maps_at(clause, "any"), *maps_at(clause, "all"), clause]
    return {str(kind).rpartition("/")[2] for part in parts for kind in map_at(part, "resources").get("kinds") or ()}


def _constrained(policy: Json, obj: Json) -> bool:
    wanted = _RESOURCES[obj["kind"]]
    listed: list[Any] = [
        name for rule in maps_at(policy, "spec", "matchConstraints", "resourceRules") for name in rule["resources"]
    ]
    conditions = [str(each["expression"]) for each in maps_at(policy, "spec", "matchConditions")]
    return wanted in listed and all(expressions.holds(text, obj) for text in conditions)
