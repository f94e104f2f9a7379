"""What a server serves besides the kinds that are watched: any native kind, any custom resource.

Names are kubectl's: plural, singular, kind or short name in any case, and with the group (or as much of its beginning
as kubectl takes) where two groups use the same: ``deploy``, ``clusters.postgresql.cnpg.io``.
"""

from collections.abc import Iterable, Sequence

import msgspec

from fluxtui.kinds.table import KINDS, by_name

MIRRORS = frozenset({"events.k8s.io", "metrics.k8s.io", "extensions"})
"""Groups that serve what others hold under the same plural: Events twice, the usage of pods and nodes, old Ingresses.
Who asks for the plural alone does not mean them."""
NATIVE = (".k8s.io", "apps", "batch", "autoscaling", "policy")
"""How the groups of Kubernetes itself end."""


class ServedKind(msgspec.Struct, frozen=True):
    """One kind that a server lists, in the version that it prefers."""

    group: str
    version: str
    plural: str
    kind: str
    singular: str = ""
    short: tuple[str, ...] = ()
    namespaced: bool = True
    watchable: bool = True

    @property
    def key(self) -> str:
        """Its name in ids: the kind alone where that is one of the table of kinds or of the core group, else with the
        group (``Job.batch``): two groups may have kinds of one name.
        """
        known = KINDS.get(self.kind)
        if not self.group or (known is not None and known.group == self.group):
            return self.kind
        return f"{self.kind}.{self.group}"

    @property
    def full(self) -> str:
        """As kubectl names it when it must be plain: ``clusters.postgresql.cnpg.io``."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def names(self) -> tuple[str, ...]:
        """Every name without its group, in lower case; the one that people type first comes first."""
        words = (*self.short, self.plural, self.singular, self.kind.lower())
        return tuple(dict.fromkeys(word for word in words if word))

    @property
    def title(self) -> str:
        """The plural with the letters that people write: ``Services``, ``NetworkPolicies``, ``Ingresses``."""
        if self.kind.endswith("y") and self.plural.endswith("ies"):
            return self.kind[:-1] + "ies"
        if self.plural.endswith("ses") and self.kind.endswith("s"):
            return self.kind + "es"
        return self.kind if self.plural == self.kind.lower() else self.kind + "s"


def bare(key: str) -> str:
    """The kind of a `ServedKind.key` (or of a watched kind) without its group."""
    return key.partition(".")[0]


def matches(text: str, served: Iterable[ServedKind]) -> list[ServedKind]:
    """The kinds that a name means: none, one, or several groups' where it does not say which. The core group and those
    of Kubernetes win over others only where the others mirror them (`MIRRORS`).
    """
    word, _, group = text.strip().lower().partition(".")
    found = {kind.full: kind for kind in served if word in kind.names and kind.group.startswith(group)}
    if len(found) > 1 and group:
        exact = {name: kind for name, kind in found.items() if kind.group == group}
        found = exact or found
    if len(found) > 1 and not group:
        # a name in full wins over what another kind is called for short
        whole = {name: kind for name, kind in found.items() if word not in kind.short}
        found = whole or found
        found = {name: kind for name, kind in found.items() if kind.group not in MIRRORS} or found
    return sorted(found.values(), key=lambda kind: (not _native(kind.group), kind.full))


def merged(served: Iterable[Iterable[ServedKind]]) -> dict[str, ServedKind]:
    """The kinds of several clusters by their key; the first cluster that serves one tells how it is called."""
    found: dict[str, ServedKind] = {}
    for kinds in served:
        for kind in kinds:
            found.setdefault(kind.key, kind)
    return found


def whole(kind: str) -> bool:
    """Whether a watched kind is held whole: not only those of its objects that its selector lets in, nor only what we
    make of them (Events about others are dropped).
    """
    known = by_name(kind)
    return known is not None and known.name == kind and not known.labels and not known.fields and kind != "Event"


def close(text: str, served: Sequence[ServedKind], most: int = 3) -> list[str]:
    """Names that are close to one that means nothing."""
    from difflib import get_close_matches

    return get_close_matches(text.lower(), [name for kind in served for name in kind.names], n=most, cutoff=0.6)


def _native(group: str) -> bool:
    return not group or group.endswith(NATIVE)
