"""What an action is for: one object of any kind, named exactly enough that no other is meant by accident."""

from collections.abc import Iterable
from typing import NamedTuple

from fluxtui.kinds.record import split_id
from fluxtui.kinds.table import KINDS


class Target(NamedTuple):
    """One object. The last two are for what is not watched here; pairs of the first two are targets, too.

    ``api_version`` (``apps/v1``) tells kinds of one name apart: a Provider of Crossplane has none of Flux's verbs.
    ``uid`` is the object that was seen: a pod of that name that came later is spared.
    """

    cluster: str
    identity: str
    """``Kind/namespace/name``, as records have it."""
    api_version: str = ""
    uid: str = ""

    @property
    def kind(self) -> str:
        """The kind's name."""
        return split_id(self.identity)[0]

    @property
    def group(self) -> str | None:
        """The API group, empty for the core group; None when it was not said, and the name of the kind decides."""
        if not self.api_version:
            return None
        return self.api_version.rpartition("/")[0]

    @property
    def ref(self) -> tuple[str, str]:
        """Cluster and id: what it is called in plans."""
        return self.cluster, self.identity


Targets = Iterable[Target | tuple[str, str]]


def targets(given: Targets) -> tuple[Target, ...]:
    """Each object once, in the order given."""
    found: dict[tuple[str, str], Target] = {}
    for each in given:
        target = Target(*each)
        found.setdefault(target.ref, target)
    return tuple(found.values())


def known_group(kind: str) -> str | None:
    """The group of a watched kind; None for other kinds."""
    found = KINDS.get(kind)
    return found.group if found is not None else None
