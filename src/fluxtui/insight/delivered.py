"""Which Flux object delivers an object of any kind, and how sure that is.

An inventory that lists it is proof. Labels that name a Flux object are a claim: they outlive the inventory, and come
along when manifests are copied. What controllers make is delivered by whoever delivers what made it.
"""

from enum import IntEnum

import msgspec

from fluxtui.insight.printing import inventory_id
from fluxtui.kinds.flatten import OWNER_LABELS
from fluxtui.kinds.printed import PrintedRecord
from fluxtui.kinds.record import Record, split_id
from fluxtui.kinds.table import KINDS
from fluxtui.store.store import ClusterData

APPLIERS = frozenset(kind for kind, _, _ in OWNER_LABELS)


class Proof(IntEnum):
    """How it is known who delivers an object."""

    NOTHING = 0
    """Nobody of Flux claims it."""
    LABEL = 1
    """Its labels name a Flux object, whose inventory does not list it, or is not held."""
    MAKER = 2
    """What made it is in an inventory."""
    INVENTORY = 3
    """An inventory lists it."""


class Delivery(msgspec.Struct, frozen=True):
    """The id of the Flux object, empty for none, and how that is known."""

    owner: str = ""
    proof: Proof = Proof.NOTHING


NOBODY = Delivery()


def delivered_by(data: ClusterData | None, record: Record) -> Delivery:
    """Who delivers an object of this cluster. Costs a few look-ups."""
    if data is None:
        return NOBODY
    held = data.index("inventory")
    for entry in entries(record):
        for owner in sorted(held.get(entry), key=rank):
            return Delivery(owner, Proof.INVENTORY)
    if isinstance(record, PrintedRecord):
        for entry in (record.made_by, record.root):
            for owner in sorted(held.get(entry), key=rank) if entry else ():
                return Delivery(owner, Proof.MAKER)
    owner = record.owner
    return Delivery(owner, Proof.LABEL) if split_id(owner)[0] in APPLIERS else NOBODY


def entries(record: Record) -> tuple[str, ...]:
    """How inventories name an object."""
    kind, _, group = record.kind.partition(".")
    if not group and kind in KINDS:
        group = KINDS[kind].group
    return (inventory_id(record.namespace, record.name, group, kind),)


def rank(owner: str) -> tuple[bool, str]:
    """Kustomizations and releases before what only points at them (a FluxInstance's inventory lists no workloads)."""
    return split_id(owner)[0] not in APPLIERS, owner
