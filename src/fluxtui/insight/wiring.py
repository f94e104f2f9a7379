"""Who is told of an object's events, and who may wake it: Alerts with their Providers, Receivers.

Rules of the notification-controller: a subject matches by kind, namespace and name; the name ``*`` means all of them,
which labels may narrow. A suspended Alert tells nobody.
"""

from collections.abc import Iterator

import msgspec

from fluxtui.kinds.automation import WiringRecord
from fluxtui.kinds.record import Record, split_id
from fluxtui.store.row import Row
from fluxtui.store.store import ClusterData

TELLING = frozenset(
    {
        "Bucket",
        "GitRepository",
        "HelmChart",
        "HelmRelease",
        "HelmRepository",
        "ImagePolicy",
        "ImageRepository",
        "ImageUpdateAutomation",
        "Kustomization",
        "OCIRepository",
        "ArtifactGenerator",
        "FluxInstance",
        "ResourceSet",
    }
)
"""The kinds of which an Alert can tell, as far as people ask who is told of them."""


class Wire(msgspec.Struct, frozen=True):
    """An Alert (with the provider that it tells) or a Receiver that means an object."""

    row: Row
    provider: str = ""
    errors_only: bool = False

    @property
    def silent(self) -> bool:
        """Whether it does nothing now."""
        return self.row.record.suspended


def wires(data: ClusterData, record: Record, kind: str) -> list[Wire]:
    """The Alerts or Receivers (`kind`) that mean an object, those that work first."""
    return sorted(_wires(data, record, kind), key=lambda each: (each.silent, each.row.record.id))


def _wires(data: ClusterData, record: Record, kind: str) -> Iterator[Wire]:
    table = data.tables.get(kind)
    for row in table.rows.values() if table is not None else ():
        wiring = row.record
        if isinstance(wiring, WiringRecord) and any(means(subject, record) for subject in wiring.subjects):
            provider = next((each for each in wiring.inputs if each.startswith("Provider/")), "")
            yield Wire(row, provider, wiring.severity == "error")


def means(subject: str, record: Record) -> bool:
    """Whether a subject of an Alert or Receiver means an object."""
    identity, _, labels = subject.partition("?")
    kind, namespace, name = split_id(identity)
    if kind != record.kind or namespace != record.namespace or name not in ("*", record.name):
        return False
    held = set(record.labels.split("\n"))
    return all(term in held for term in labels.split(",") if term)


def known(data: ClusterData) -> bool:
    """Whether all Alerts are known, so that none means that nobody is told."""
    table = data.tables.get("Alert")
    return table is not None and table.state.knows()
