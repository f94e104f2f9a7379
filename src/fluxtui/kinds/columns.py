"""Columns that a kind adds to the ones that every list has (status, cluster, namespace, name, age…)."""

from collections.abc import Callable
from typing import Any

import msgspec

from fluxtui.kinds.record import Record


class Column(msgspec.Struct, frozen=True):
    """A column of a kind: its text, and the value to sort by (the text itself unless told).

    `weight` says how much of the width to spare it may take; `wide` columns are for wide terminals only, `main` ones
    are kept on narrow ones, at the cost of the reason.
    """

    id: str
    title: str
    text: Callable[[Any], str]
    sort: Callable[[Any], Any] | None = None
    right: bool = False
    width: int = 12
    weight: int = 0
    wide: bool = False
    main: bool = False

    def value(self, record: Record) -> Any:
        """What this column sorts by."""
        return (self.sort or self.text)(record)


def revision(text: str) -> str:
    """A revision as people tell them apart: ``latest@sha256:0123…`` → ``latest@0123456``, digests cut to seven.

    A chart version loses its build metadata, which is a digest too: ``1.20.0+2a2c04592da6`` → ``1.20.0``.
    """
    name, separator, digest = text.rpartition("@")
    algorithm, colon, value = digest.partition(":")
    if not colon:
        return text.partition("+")[0] if text[:1].isdigit() else text
    short = value[:7] if algorithm.startswith("sha") else digest
    return f"{name}{separator}{short}"


REVISION = Column("revision", "REVISION", lambda r: revision(r.revision), width=14, weight=1)
URL = Column("url", "URL", lambda r: r.url, width=20, weight=2, wide=True)
SOURCE = Column("source", "SOURCE", lambda r: r.source.replace("/", " ", 1), width=18, weight=1, wide=True)
PATH = Column("path", "PATH", lambda r: r.path, width=14, weight=1, wide=True)
OBJECTS = Column(
    "objects",
    "OBJECTS",
    lambda r: str(r.inventory_size) if r.inventory_size >= 0 else "",
    lambda r: r.inventory_size,
    right=True,
    width=7,
)
