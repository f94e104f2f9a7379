"""The flat record of an object of any kind: its identity, what the server prints of it, and how it is doing."""

import re

import msgspec

from fluxtui.kinds.record import Record

PARTS = re.compile(r"(\d+)")


class Head(msgspec.Struct, frozen=True):
    """A column as the server prints it. `wide` ones are those that ``kubectl get`` shows with ``-o wide`` alone."""

    name: str
    type: str = "string"
    wide: bool = False

    @property
    def numeric(self) -> bool:
        """Whether its cells are numbers."""
        return self.type in ("integer", "number")


class PrintedRecord(Record, frozen=True, gc=False, kw_only=True):
    """An object of any kind. `heads` and `cells` belong together; clusters may print different columns of one kind.

    The name and the age are not among them: records have these, and an age that is printed grows old.
    """

    heads: tuple[Head, ...] = ()
    cells: tuple[str, ...] = ()
    made_by: str = ""
    """The object that controls it, as an inventory id (``ns_name_group_Kind``): a pod's ReplicaSet."""
    root: str = ""
    """What delivers that, where its name tells: the Deployment of a ReplicaSet, the CronJob of a Job. Empty if not."""
    state: str = ""
    """What kstatus says (`insight.kstatus.State`)."""
    state_words: str = ""
    """Why it is not Current, in words."""

    def cell(self, head: str) -> str:
        """What stands under a heading (in any case), empty without one."""
        wanted = head.lower()
        return next(
            (cell for held, cell in zip(self.heads, self.cells, strict=False) if held.name.lower() == wanted), ""
        )


def natural(text: str) -> tuple[tuple[int, str], ...]:
    """Sorts texts with numbers in them as people do: ``2/3`` before ``10/10``."""
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in PARTS.split(text)[:16] if part)
