"""What one kind is: where the API serves it, how people abbreviate it, how it is decoded and which columns it adds."""

from typing import Any

import msgspec

from fluxtui.kinds.columns import Column
from fluxtui.kinds.decode import Decoder, Event, Page
from fluxtui.kinds.record import Record


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the table of kinds.

    `versions` are those we can read, the preferred first: discovery picks what the cluster serves. `labels` and
    `fields` narrow what is listed (selectors of the API). `rank` orders the start: lower loads first.
    """

    name: str
    group: str
    versions: tuple[str, ...]
    plural: str
    decoder: Decoder[Any]
    short: tuple[str, ...] = ()
    namespaced: bool = True
    labels: str = ""
    fields: str = ""
    columns: tuple[Column, ...] = ()
    rank: int = 5
    page: int = 500
    """Objects that are asked for at once: some milliseconds of decoding (facts: performance §3)."""
    common: tuple[str, ...] = ("status", "cluster", "namespace", "name", "since", "reason")
    """Which of the columns that every list has make sense for it."""
    order: str = "status"
    """The column that its list is sorted by at first."""

    @property
    def title(self) -> str:
        """The plural with the letters that people write: ``Kustomizations``, ``ImagePolicies``."""
        if self.name.endswith("y"):
            return self.name[:-1] + "ies"
        return self.name + "s"

    @property
    def flux(self) -> bool:
        """Whether a Flux controller or the Flux Operator reconciles it."""
        return self.group.endswith((".toolkit.fluxcd.io", ".extensions.fluxcd.io", ".controlplane.io"))

    def path(self, version: str, namespace: str = "", name: str = "") -> str:
        """The URL path of the collection, or of one object."""
        root = f"/apis/{self.group}/{version}" if self.group else f"/api/{version}"
        place = f"/namespaces/{namespace}" if namespace and self.namespaced else ""
        return f"{root}{place}/{self.plural}" + (f"/{name}" if name else "")

    def decode_page(self, data: bytes) -> Page:
        """One LIST answer; raises `Garbled`."""
        return self.decoder.page(data)

    def decode_events(self, lines: bytes) -> list[Event]:
        """Whole watch lines; raises `Garbled`."""
        return self.decoder.events(lines)

    def decode_object(self, data: bytes) -> Record | None:
        """One object; raises `Garbled`."""
        return self.decoder.one(data)
