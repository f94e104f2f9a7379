"""What the tree was asked to show: by a key on another screen, or in words after ``:tree``."""

from dataclasses import dataclass

from fluxtui.insight.forest import Forest, Ref
from fluxtui.kinds.record import split_id
from fluxtui.kinds.table import by_name


@dataclass
class Asked:
    """An object, or words that may name one; waits until the forest can answer."""

    ref: Ref | None = None
    text: str = ""
    quietly: bool = False
    """Nobody is told if it is not there."""

    def __bool__(self) -> bool:
        return self.ref is not None or bool(self.text)

    @property
    def is_filter(self) -> bool:
        """Whether the words cannot be a name."""
        return any(sign in self.text for sign in ":!*\"'")


def asked_for(forest: Forest, text: str) -> Ref | None:
    """The object that words name: ``hr cert-manager/cert-manager``, ``HelmRelease/ns/name``, ``ns/name``, ``name``.

    Of several the one that is worst off, then the first.
    """
    words = text.replace("/", " ").split()
    kind = by_name(words[0]) if len(words) > 1 else None
    rest = words[1:] if kind is not None else words
    found: list[tuple[int, int]] = []
    for node, (_, identity) in enumerate(forest.keys):
        if not identity:
            continue
        known, namespace, name = split_id(identity)
        if kind is not None and known != kind.name:
            continue
        if rest in ([name], [namespace, name]):
            found.append((forest.status[node], node))
    return forest.keys[min(found)[1]] if found else None
