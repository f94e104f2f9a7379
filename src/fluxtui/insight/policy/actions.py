"""What becomes of a request that violates a rule, in one namespace: the effective action.

Source: Kyverno 1.19, ``ruleAction`` and ``ValidationActions`` (facts: kyverno-oci §A, *Effective action*). Legacy
rules: overrides of the rule, the rule, overrides of the policy, the policy. CEL policies: the strongest of their
actions, Deny where they list none. Admission policies: what the bindings say that apply.
"""

from collections.abc import Callable, Iterable, Sequence

from fluxtui.insight.policy.model import Action
from fluxtui.insight.policy.wildcards import fits
from fluxtui.kinds.policy.match import Requirement
from fluxtui.kinds.policy.policies import ADMISSION, LEGACY, BindingRecord, Override, PolicyRecord, PolicyRule
from fluxtui.kinds.policy.reports import Subject

Labels = Callable[[str], str | None]
"""The labels of a namespace as ``k=v`` lines; None where they are not known."""

JUDGES = frozenset({"validate", "verifyImages"})
"""What rules do that can refuse a request; the others change or make objects."""
STRENGTH = (Action.DENY, Action.WARN, Action.AUDIT)
LEGACY_ACTIONS = {"Enforce": Action.DENY, "Audit": Action.AUDIT}


def effective(
    policy: PolicyRecord, rule: str, namespace: str, labels: Labels, bindings: Sequence[BindingRecord] = ()
) -> Action:
    """The action of a rule (its own name) for objects in a namespace; see `place` for what is in none.

    `bindings` are those of an admission policy. UNKNOWN where it hangs on labels that are not known, or on a rule that
    the policy does not have (any more).
    """
    if policy.group == ADMISSION:
        return _bound(bindings, namespace, labels)
    rules = [each for each in policy.rules if each.name == rule] if rule and policy.group == LEGACY else policy.rules
    return _agreed({_ruled(policy, each, namespace, labels) for each in rules})


def possible(policy: PolicyRecord, rule: str, bindings: Sequence[BindingRecord] = ()) -> tuple[Action, ...]:
    """Every action that a rule has anywhere, the strongest first; of the whole policy without a rule."""
    if policy.group == ADMISSION:
        found = {_strongest(each.actions) for each in bindings} or {Action.NONE}
    else:
        rules = [each for each in policy.rules if not rule or each.name == rule or policy.group != LEGACY]
        found = {action for each in rules for action in _stated(policy, each)} or {Action.UNKNOWN}
    return tuple(action for action in Action if action in found)


def place(policy: PolicyRecord, subject: Subject) -> str:
    """The namespace that decides about an object: for the API server, a namespace is in itself."""
    if policy.group == ADMISSION and subject.kind == "Namespace" and not subject.group:
        return subject.name
    return subject.namespace


def _ruled(policy: PolicyRecord, rule: PolicyRule, namespace: str, labels: Labels) -> Action:
    if rule.does not in JUDGES:
        return Action.NONE
    if not policy.admission:  # never asked when requests come; the scan tells
        return Action.AUDIT if policy.background else Action.NONE
    if policy.group != LEGACY:
        return _strongest(policy.actions or ("Deny",))
    told = _overridden(rule.overrides, namespace, labels) or rule.action
    told = told or _overridden(policy.overrides, namespace, labels) or policy.action
    return _legacy(policy, told)


def _legacy(policy: PolicyRecord, told: str) -> Action:
    action = LEGACY_ACTIONS.get(told, Action.UNKNOWN)
    return Action.WARN if action is Action.AUDIT and policy.warns else action


def _overridden(overrides: Iterable[Override], namespace: str, labels: Labels) -> str:
    """The action of the first override that holds here, empty for none, ``?`` where that cannot be told."""
    for each in overrides:
        if each.action not in LEGACY_ACTIONS:
            continue
        if each.namespaces and not any(fits(pattern, namespace) for pattern in each.namespaces):
            continue
        if not each.selector:
            if each.namespaces:
                return each.action
            continue  # neither: it selects nothing
        known = labels(namespace) if namespace else ""
        if known is None:
            return "?"
        if selected(each.selects, known):
            return each.action
    return ""


def _bound(bindings: Iterable[BindingRecord], namespace: str, labels: Labels) -> Action:
    """What the bindings do together that apply in a namespace; what is in none is bound by all."""
    told: list[str] = []
    unknown = False
    for each in bindings:
        if each.selects and namespace:
            known = labels(namespace)
            if known is None:
                unknown = True
                continue
            if not selected(each.selects, known):
                continue
        told += each.actions
    found = _strongest(told)
    return Action.UNKNOWN if unknown and found is not Action.DENY else found


def selected(asked: tuple[Requirement, ...], labels: str) -> bool:
    """Whether a selector's conditions all hold for labels, ``k=v`` lines."""
    held: dict[str, str] = {}
    for each in labels.split("\n"):
        key, _, held[key] = each.partition("=")
    return all(each.holds(held) for each in asked)


def _strongest(told: Iterable[str]) -> Action:
    """Of Deny, Warn and Audit; words that are not known are ignored, as the CRDs ask of clients."""
    words = {each.lower() for each in told}
    return next((action for action in STRENGTH if action.value in words), Action.NONE)


def _agreed(found: set[Action]) -> Action:
    """The action of a policy as a whole, where its rules agree."""
    return found.pop() if len(found) == 1 else Action.UNKNOWN


def _stated(policy: PolicyRecord, rule: PolicyRule) -> Iterable[Action]:
    """What a rule says of itself, overrides included, wherever they hold."""
    if rule.does not in JUDGES or not policy.admission or policy.group != LEGACY:
        yield _ruled(policy, rule, "", lambda namespace: "")
        return
    said = [rule.action or policy.action, *(each.action for each in rule.overrides)]
    if not rule.action:
        said += [each.action for each in policy.overrides]
    for each in said:
        yield _legacy(policy, each)
