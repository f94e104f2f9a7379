"""The table of the kinds of policy: what is watched beside the kinds of delivery, by name."""

from fluxtui.kinds.kind import Kind
from fluxtui.kinds.policy import engine, exceptions, policies, reports

POLICY_KINDS: dict[str, Kind] = {
    kind.name: kind for module in (policies, exceptions, engine, reports) for kind in module.KINDS
}
"""Every kind of policy by its name. `Deployment` and `Event` are those of the policy engine here."""
