"""The values that a filter may be completed to: those of the rows that it is for, learnt in slices."""

from collections.abc import Iterable, Iterator

from fluxtui.insight.blast import TENANT_LABEL
from fluxtui.insight.tenants import FleetTenants
from fluxtui.store.row import Row
from fluxtui.store.store import Store

MOST = 1000
"""Values that are remembered of each field."""
STEP = 512
"""Rows between two moments at which keys are heard."""
FIELDS = ("ns", "cluster", "reason", "tenant", "name", "source", "owner", "label")


class Values:
    """Values by the name of their field. Tenants are told as the filter does."""

    def __init__(self, store: Store) -> None:
        self._tenant_of = FleetTenants(store)
        self.known: dict[str, set[str]] = {field: set() for field in FIELDS}

    def learn(self, rows: Iterable[Row]) -> Iterator[None]:
        """Take in what rows say; yields every few hundred of them."""
        labels: set[str] = set()
        for number, row in enumerate(rows):
            record = row.record
            home = record.name if record.kind == "Namespace" else record.namespace
            tenant = record.label(TENANT_LABEL) or self._tenant_of(row.cluster, home)
            told = (record.namespace, row.cluster, row.reason, tenant, record.name, record.source, record.owner)
            for field, value in zip(FIELDS, told, strict=False):
                known = self.known[field]
                if value and len(known) < MOST:
                    known.add(value)
            if record.labels not in labels and len(labels) < MOST:
                labels.add(record.labels)
                self._label(record.labels)
            if not number % STEP:
                yield

    def _label(self, text: str) -> None:
        known = self.known["label"]
        for line in text.split("\n"):
            if line and len(known) < MOST:
                known.update((line.partition("=")[0], line))
