"""What matters of an object by its kind: its specification and status in words, beyond what every object says.

One module for each family of kinds. Pure: whole objects as they were fetched in, statements out. Must not repeat what
records tell of every object (status, revision, source, owner).
"""

from collections.abc import Callable, Iterable

from fluxtui.insight.about.told import Told
from fluxtui.insight.fields import Json

Teller = Callable[[Json], Iterable[Told]]


def about(value: Json) -> list[Told]:
    """The statements about an object; none for kinds of which nothing particular is known."""
    teller = _teller(str(value.get("kind", "")))
    return list(teller(value)) if teller is not None else []


def _teller(kind: str) -> Teller | None:
    from fluxtui.insight.about import automation, delivery, operator, rollout, sources

    families = (delivery.TELLERS, operator.TELLERS, sources.TELLERS, automation.TELLERS, rollout.TELLERS)
    tellers: dict[str, Teller] = {name: teller for family in families for name, teller in family.items()}
    return tellers.get(kind)
