"""Label selectors of ``inputsFrom``, kept as the text of one of a record's `inputs` and answered from it."""

from msgspec import Struct

from fluxtui.kinds.record import Record
from fluxtui.kinds.wire import Text


class Requirement(Struct, gc=False):
    """One entry of ``matchExpressions``."""

    key: Text = None
    operator: Text = None
    values: list[str] | None = None


class Selector(Struct, gc=False):
    """A label selector as the wire has it; all of its parts must be met."""

    matchLabels: dict[str, str] | None = None  # noqa: N815
    matchExpressions: list[Requirement] | None = None  # noqa: N815


def terms(selector: Selector) -> list[str]:
    """The requirements as ``k=v``, ``k in a|b``, ``k notin a|b``, ``k`` and ``!k``."""
    found = [f"{key}={value}" for key, value in sorted((selector.matchLabels or {}).items())]
    for asked in selector.matchExpressions or ():
        key, values = asked.key or "", "|".join(asked.values or ())
        words = {"In": f"{key} in {values}", "NotIn": f"{key} notin {values}", "DoesNotExist": f"!{key}"}
        found.append(words.get(asked.operator or "", key))
    return found


def selects(selector: str, record: Record) -> bool:
    """Whether one of a ResourceSet's `inputs` with a selector (``ResourceSetInputProvider/ns/?…``) means a provider.

    An empty selector selects every provider of its namespace, as Kubernetes has it.
    """
    home, _, wanted = selector.partition("/?")
    if home != f"{record.kind}/{record.namespace}":
        return False
    labels: dict[str, str] = {}
    for pair in record.labels.split("\n"):
        key, _, value = pair.partition("=")
        labels[key] = value
    return all(_meets(labels, term) for term in wanted.split(",") if term)


def _meets(labels: dict[str, str], term: str) -> bool:
    key, among, values = term.partition(" in ")
    if among:
        return labels.get(key) in values.split("|")
    key, without, values = term.partition(" notin ")
    if without:
        return labels.get(key) not in values.split("|")
    key, equals, value = term.partition("=")
    if equals:
        return labels.get(key) == value
    return term[1:] not in labels if term.startswith("!") else term in labels
