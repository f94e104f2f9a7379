"""The table of kinds: everything that is watched, by name."""

from fluxtui.kinds import automation, cluster, delivery, instance, operator, report, sources
from fluxtui.kinds.kind import Kind
from fluxtui.kinds.record import object_id

KINDS: dict[str, Kind] = {
    kind.name: kind
    for module in (delivery, instance, report, operator, sources, automation, cluster)
    for kind in module.KINDS
}
"""Every kind by its name, in the order in which people think of them."""

_NAMES: dict[str, Kind] = {
    word.lower(): kind for kind in KINDS.values() for word in (kind.name, kind.plural, *kind.short)
}


def by_name(text: str) -> Kind | None:
    """The kind that people mean by a name, a plural or an abbreviation, in any case; None for none."""
    return _NAMES.get(text.strip().lower())


def names() -> list[str]:
    """Every word that `by_name` knows, for completion."""
    return sorted(_NAMES)


def identify(group: str, kind: str, namespace: str, name: str) -> str:
    """The id of an object of any kind: that of its record where the kind is watched, else with the group after the kind
    (``Ingress.networking.k8s.io/web/site``), so that kinds of the same name in two groups stay apart.
    """
    watched = KINDS.get(kind)
    if not group or (watched is not None and watched.group == group):
        return object_id(kind, namespace, name)
    return object_id(f"{kind}.{group}", namespace, name)
