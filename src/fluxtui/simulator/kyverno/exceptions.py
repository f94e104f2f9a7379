"""Who is excepted from which rule: PolicyExceptions of both generations.

A legacy one names policies, rules (with wildcards; those for what makes pods by their own names) and a match; for Pod
Security it may except some controls alone. One of CEL names policies by kind, and a condition; it ends at ``expiresAt``
and says whether it is reported as ``skip`` or as ``pass``.
"""

from collections.abc import Iterable
from fnmatch import fnmatchcase

import msgspec

from fluxtui.simulator.controllers.times import moment
from fluxtui.simulator.kyverno import expressions, kinds
from fluxtui.simulator.kyverno.checks import Finding
from fluxtui.simulator.kyverno.rules import Rule, matches
from fluxtui.simulator.shapes import Json, map_at, maps_at

CEL_KEY = kinds.key_of("PolicyException", kinds.CEL)
KEYS = ("PolicyException", CEL_KEY)
"""Under which the storage keeps both kinds."""
EXCEPTED = "exception"
"""The name of the rule in a result that a CEL exception changed."""


def honoured(exception: Json, now: float) -> bool:
    """Whether an exception still holds at a time (epoch seconds)."""
    until = map_at(exception, "spec").get("expiresAt")
    return not until or moment(str(until)) > now


def excepting(exceptions: Iterable[Json], rule: Rule, obj: Json, found: Finding) -> list[Json]:
    """Those of some exceptions that except an object from a rule that found something."""
    return [each for each in exceptions if _names(each, rule) and _concerns(each, rule, obj, found)]


def changed(rule: Rule, exceptions: list[Json]) -> tuple[str, Finding]:
    """What is reported instead: the name of the rule and the finding."""
    keys = ", ".join(f"{each['metadata']['namespace']}/{each['metadata']['name']}" for each in exceptions)
    names = {"exceptions": ",".join(each["metadata"]["name"] for each in exceptions)}
    if rule.legacy:
        secured = map_at(rule.body, "validate", "podSecurity")
        return rule.name, Finding(
            "skip", f"rule is skipped due to policy exception{' ' if secured else 's'}{keys}", names
        )
    wanted = "pass" if map_at(exceptions[0], "spec").get("reportResult") == "pass" else "skip"
    word = "passed" if wanted == "pass" else "skipped"
    return EXCEPTED, Finding(wanted, f"rule is {word} due to policy exception: {keys}", names)


def _names(exception: Json, rule: Rule) -> bool:
    spec, older = map_at(exception, "spec"), exception["apiVersion"].startswith(f"{kinds.LEGACY}/")
    if older != rule.legacy:
        return False
    if not older:
        named = {(each.get("kind"), each.get("name")) for each in maps_at(spec, "policyRefs")}
        return (rule.kind, rule.policy["metadata"]["name"]) in named
    return any(
        each["policyName"] == rule.label and any(fnmatchcase(rule.name, name) for name in each.get("ruleNames") or ())
        for each in maps_at(spec, "exceptions")
    )


def _concerns(exception: Json, rule: Rule, obj: Json, found: Finding) -> bool:
    spec = map_at(exception, "spec")
    if not rule.legacy:
        return all(expressions.holds(str(each["expression"]), obj) for each in maps_at(spec, "matchConditions"))
    if spec.get("conditions") or not matches(map_at(spec, "match"), obj):
        return False
    controls = {str(each.get("controlName")) for each in maps_at(spec, "podSecurity")}
    return not controls or _controls(found) <= controls


def _controls(found: Finding) -> set[str]:
    told = found.properties.get("controlsJSON", "")
    return {each["Name"] for each in msgspec.json.decode(told)} if told else set()
