"""Why a rule does in a namespace what it does: which field of the policy says so, an override or a binding.

The same order as `actions`, in words (facts: kyverno-oci §A, *Effective action*).
"""

from collections.abc import Iterable, Sequence

from fluxtui.insight.policy.actions import Labels, selected
from fluxtui.insight.policy.wildcards import fits
from fluxtui.kinds.policy.policies import ADMISSION, LEGACY, BindingRecord, Override, PolicyRecord

SAYS = {"Enforce": "deny", "Audit": "audit"}


def reason(
    policy: PolicyRecord, rule: str, namespace: str, labels: Labels, bindings: Sequence[BindingRecord] = ()
) -> str:
    """What decides the action of a rule (its own name) in a namespace, in words; empty where nobody knows."""
    if not policy.admission:
        return "spec.admission is false: requests are not asked about"
    if policy.group == ADMISSION:
        return _bound(bindings, namespace, labels)
    if policy.group != LEGACY:
        told = ", ".join(policy.actions)
        return f"spec.validationActions: {told}" if told else "spec.validationActions is not set: Deny"
    chosen = next((each for each in policy.rules if each.name == rule), None)
    if chosen is None:
        return "the policy has no such rule any more" if rule else ""
    if found := _override(chosen.overrides, namespace, labels):
        return f"an override of the rule ({found})"
    if chosen.action:
        return f"the rule's failureAction is {chosen.action}"
    if found := _override(policy.overrides, namespace, labels):
        return f"spec.validationFailureActionOverrides ({found})"
    return f"spec.validationFailureAction is {policy.action}"


def elsewhere(policy: PolicyRecord, rule: str) -> list[str]:
    """The overrides that a rule has, in words: where it does something else."""
    chosen = next((each for each in policy.rules if each.name == rule), None)
    held = chosen.overrides if chosen is not None and chosen.overrides else policy.overrides
    return [f"{SAYS.get(each.action, each.action)} in {_where(each)}" for each in held]


def _override(overrides: Iterable[Override], namespace: str, labels: Labels) -> str:
    """The first override that holds, in words."""
    for each in overrides:
        if each.namespaces and not any(fits(pattern, namespace) for pattern in each.namespaces):
            continue
        if each.selector:
            known = labels(namespace) if namespace else ""
            if known is None:
                return f"{_where(each)}: the namespace's labels are not known"
            if not selected(each.selects, known):
                continue
        elif not each.namespaces:
            continue
        return f"{_where(each)}: {each.action}"
    return ""


def _where(each: Override) -> str:
    told = [f"namespaces {', '.join(each.namespaces)}"] if each.namespaces else []
    told += [f"namespaces with {each.selector}"] if each.selector else []
    return " and ".join(told) or "no namespace"


def _bound(bindings: Iterable[BindingRecord], namespace: str, labels: Labels) -> str:
    told: list[str] = []
    for each in bindings:
        known = labels(namespace) if each.selects and namespace else ""
        if each.selects and namespace and (known is None or not selected(each.selects, known)):
            continue
        told.append(f"{each.name}: {', '.join(each.actions)}")
    return f"bound by {'; '.join(told)}" if told else "no binding is for this namespace"
