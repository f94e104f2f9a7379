"""Whose a namespace is, everywhere in the fleet, by what its labels say now: for filters and what completes them."""

from fluxtui.insight.blast import Tenants
from fluxtui.store.changes import Batch
from fluxtui.store.row import Row
from fluxtui.store.store import Store


def changed_hands(filter_text: str, batch: Batch) -> bool:
    """Whether a filter asks for tenants, and a namespace came, went or has other labels: what is in it may be another
    tenant's now.
    """
    if "tenant:" not in filter_text.lower():
        return False
    for change in batch.changes:
        if change.id.startswith("Namespace/"):
            before = change.before.record.labels if change.before is not None else None
            if before != (change.after.record.labels if change.after is not None else None):
                return True
    return False


class FleetTenants:
    """The tenant of a (cluster, namespace): by the namespace's labels, else the namespace itself. What was read is kept
    for as long as the namespace stays as it is.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[tuple[str, str], tuple[Row | None, str]] = {}

    def __call__(self, cluster: str, namespace: str) -> str:
        """The tenant's name; empty for no namespace."""
        data = self._store.find(cluster)
        row = data.row(f"Namespace//{namespace}") if data is not None and namespace else None
        known = self._known.get((cluster, namespace))
        if known is None or known[0] is not row:
            name = Tenants(data).of(namespace)[0] if data is not None and row is not None else namespace
            known = self._known[cluster, namespace] = row, name
        return known[1]
