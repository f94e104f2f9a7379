"""Which objects and policies a line of the Policy screen is about: what its page, its YAML and its copy are of."""

from fluxtui.insight.policy.board import Group
from fluxtui.insight.policy.model import Picture
from fluxtui.insight.policy.naming import is_id
from fluxtui.kinds.policy.reports import Subject
from fluxtui.kinds.policy.table import page_id
from fluxtui.kinds.record import object_id
from fluxtui.kinds.served import ServedKind
from fluxtui.screens.policy_rows import PolicyLine


def identity_of(subject: Subject) -> str:
    """The id of an object, as pages are opened by."""
    kind = ServedKind(subject.group, "", "", subject.kind).key
    return object_id(kind, subject.namespace, subject.name)


def policy_identity(picture: Picture, policy: str) -> tuple[str, str] | None:
    """The policy itself, in the first cluster that holds it."""
    held = (cluster for cluster, identity in picture.policies if identity == policy)
    found = next(held, "")
    return (found, page_id(policy)) if found else None


def policies_of(group: Group) -> list[str]:
    """The ids of the policies that a group is about."""
    if group.policy:
        return [group.policy] if is_id(group.policy) else []
    return list(dict.fromkeys(each.policy for each in group.every() if is_id(each.policy)))


def object_of(picture: Picture, line: PolicyLine) -> tuple[str, str] | None:
    """The object that a line is about, as (cluster, id)."""
    group, leaf = line.group, line.leaf
    if leaf is not None:
        return leaf.cluster, identity_of(leaf.subject)
    if group.subject is not None:
        return group.cluster, identity_of(group.subject)
    if group.policy:
        return policy_identity(picture, group.policy)
    owner = group.owner
    return (owner.cluster, owner.id) if owner is not None and owner.id and not group.within else None
