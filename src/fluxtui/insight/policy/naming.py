"""From what a report names to the policy and the rule that people wrote.

Source: facts, kyverno-oci §A: the table of `source`, and *Result traps*. Rules that Kyverno makes for pod controllers
(``autogen-…``, ``autogen-cronjob-…``, cut at 63 characters) are told by the rule that they were made from, and
admission policies that it generates (``cpol-X``, ``vpol-X``, ``mpol-X``) by their parent. What other engines report
keeps the name that it has there.
"""

from collections.abc import Callable
from functools import lru_cache

from msgspec import Struct

from fluxtui.kinds.policy.policies import CEL, PolicyRecord
from fluxtui.kinds.policy.reports import Check
from fluxtui.kinds.record import object_id

SOURCES: dict[str, tuple[str, str]] = {
    "kyverno": ("ClusterPolicy", "Policy"),
    **{f"Kyverno{kind}": (kind, f"Namespaced{kind}") for kind in (
        "ValidatingPolicy", "ImageValidatingPolicy", "MutatingPolicy", "GeneratingPolicy", "DeletingPolicy"
    )},
    "ValidatingAdmissionPolicy": ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicy"),
    "MutatingAdmissionPolicy": ("MutatingAdmissionPolicy", "MutatingAdmissionPolicy"),
}  # fmt: skip
"""By the source of a result: the kind of its policy, and that of one which is named ``namespace/name``."""
POLICY_KINDS = frozenset(kind for pair in SOURCES.values() for kind in pair)
"""The kinds of policies that ids name."""
GENERATED = (("cpol-", "ClusterPolicy"), ("vpol-", "ValidatingPolicy"), ("mpol-", "MutatingPolicy"))
"""How admission policies are called that Kyverno generates, and what from."""
AUTOGEN = ("autogen-cronjob-", "autogen-")
RULE_NAME = 63
"""Characters of a rule's name; what is longer with its prefix, Kyverno cuts."""
EXCEPTION = "exception"
"""The rule of a result where an exception of the CEL style applied."""
UNNAMED = "unnamed"
KYVERNO = "app.kubernetes.io/managed-by=kyverno"

Held = Callable[[str], PolicyRecord | None]
"""The policy of an id, None where it is not held."""


class Named(Struct, frozen=True, gc=False):
    """`policy` is the id of the policy, or its name as it is reported; `rule` the rule's own name, empty for the policy
    as a whole; `autogen` tells that the rule was made from it for pod controllers.
    """

    policy: str
    rule: str = ""
    autogen: bool = False
    held: PolicyRecord | None = None
    """The policy itself."""


def named(check: Check, held: Held) -> Named:
    """The policy and the rule of a check in one cluster."""
    kinds = SOURCES.get(check.source)
    if kinds is None or not check.policy:
        return Named(check.policy or check.source or UNNAMED, check.rule)
    namespace, _, name = check.policy.rpartition("/")
    own = object_id(kinds[bool(namespace)], namespace, name)
    found = held(own)
    if kinds[0].endswith("AdmissionPolicy"):
        own, found = _parent(own, name, found, held)
    if check.source != "kyverno":
        return Named(own, *_unruled(check.rule, found), found)
    rule, autogen = _folded(check.rule, found)
    return Named(own, rule, autogen, found)


def is_id(policy: str) -> bool:
    """Whether a `Named.policy` is an id, not a name that another engine reports."""
    return policy.partition("/")[0] in POLICY_KINDS and policy.count("/") >= 2


@lru_cache(4096)
def policy_name(policy: str) -> str:
    """What people call it: ``name``, or ``namespace/name`` where it is in one."""
    if not is_id(policy):
        return policy
    _, _, rest = policy.partition("/")
    return rest.lstrip("/")


def _parent(own: str, name: str, found: PolicyRecord | None, held: Held) -> tuple[str, PolicyRecord | None]:
    """The policy that Kyverno generated an admission policy from: one that is held, or must have been."""
    for prefix, kind in GENERATED:
        if not name.startswith(prefix):
            continue
        parent = object_id(kind, "", name.removeprefix(prefix))
        above = held(parent)
        if above is not None or found is None or KYVERNO in found.labels.split("\n"):
            return parent, above
    return own, found


def _unruled(rule: str, found: PolicyRecord | None) -> tuple[str, bool]:
    """CEL policies have no rules by name: an exception, or what is made for controllers, is of the policy."""
    if rule == EXCEPTION or (found is not None and found.group == CEL and rule == found.name):
        return "", False
    return ("", True) if rule.startswith("autogen-") else (rule, False)


def _folded(rule: str, found: PolicyRecord | None) -> tuple[str, bool]:
    if not rule.startswith("autogen-"):
        return rule, False
    if found is not None:
        names = [each.name for each in found.rules]
        if rule in names:  # somebody called it so
            return rule, False
        for prefix in reversed(AUTOGEN):
            for name in names:
                if f"{prefix}{name}"[:RULE_NAME] == rule:
                    return name, True
    return next(rule.removeprefix(prefix) for prefix in AUTOGEN if rule.startswith(prefix)), True
