"""The table of the kinds of policy: what is watched beside the kinds of delivery, by name."""

from fluxtui.kinds.kind import Kind
from fluxtui.kinds.policy import cel, engine, exceptions, legacy, reports
from fluxtui.kinds.table import KINDS

POLICY_KINDS: dict[str, Kind] = {
    kind.name: kind for module in (legacy, cel, exceptions, engine, reports) for kind in module.KINDS
}
"""Every kind of policy by its name. `Deployment` and `Event` are those of the policy engine here."""

POLICIES = frozenset(kind.name for module in (legacy, cel) for kind in module.KINDS) - {cel.BINDING}
"""The kinds of policies."""


def page_id(identity: str) -> str:
    """What the page of an object is called by whose id in the store of policy is this: with the kind's group, where the
    kind is none of delivery (``ClusterPolicy.kyverno.io//require-labels``).
    """
    name, _, rest = identity.partition("/")
    kind = POLICY_KINDS.get(name)
    if kind is None or "." in name or not kind.group or getattr(KINDS.get(name), "group", "") == kind.group:
        return identity
    return f"{name}.{kind.group}/{rest}"
