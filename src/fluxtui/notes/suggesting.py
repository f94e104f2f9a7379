"""What somebody with rights may do about a finding, as lines for a shell. Nothing here is carried out."""

import shlex

from fluxtui.actions.command import commands
from fluxtui.actions.plan import make, possible
from fluxtui.actions.target import Target
from fluxtui.actions.verbs import Verb, resource_of
from fluxtui.insight.handover import Finding
from fluxtui.kinds.record import split_id
from fluxtui.kinds.status import Status
from fluxtui.kinds.table import KINDS
from fluxtui.kube.transport import Resource
from fluxtui.store.row import Row
from fluxtui.store.state import DataState
from fluxtui.store.store import Store

SUGGESTED: dict[Status, tuple[Verb, ...]] = {
    Status.SUSPENDED: (Verb.RESUME,),
    Status.FAILED: (Verb.RESET, Verb.WITH_SOURCE, Verb.RECONCILE),
}
"""What may mend an object, by its status: the first that it has."""


class StoreSight:
    """The fleet as plans see it (`actions.plan.Sight`), without asking whether we may write: others will."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def row(self, cluster: str, identity: str) -> Row | None:
        """An object as it is held."""
        return self._store.row(cluster, identity)

    def state(self, cluster: str, kind: str) -> DataState:
        """How far that can be believed."""
        return self._store.state(cluster, kind)

    def resource(self, cluster: str, kind: str) -> Resource | None:
        """Where a kind lives by its preferred version: which one a server has is its own kubectl's concern."""
        del cluster
        known = KINDS.get(kind)
        return Resource(known.group, known.versions[0], known.plural) if known is not None else resource_of(kind)

    def refusal(self, cluster: str) -> str:
        """Nothing refuses."""
        del cluster
        return ""


def suggested(store: Store, finding: Finding, now: float) -> list[str]:
    """Each group of lines under a comment: how to look at it, and what to do when its cause is mended."""
    kind, namespace, name = split_id(finding.object)
    words = ["kubectl", "--context", finding.cluster, *(("--namespace", namespace) if namespace else ())]
    known = KINDS.get(kind)
    resource = f"{known.plural}.{known.group}".rstrip(".") if known is not None else kind.lower()
    lines = ["# look at it:", shlex.join([*words, "describe", resource, name])]
    row = store.row(finding.cluster, finding.object)
    if row is None or finding.behind:
        return lines
    sight, target = StoreSight(store), Target(finding.cluster, finding.object)
    stalled = any(text.startswith("Stalled=True") for text in row.record.conditions)
    for verb in SUGGESTED.get(row.status, ()):
        if (verb is Verb.RESET and not stalled) or possible(sight, verb, target):
            continue
        by = row.record.suspended_by.partition(":")[0] or "whoever suspended it"
        when = f"# when {by} agrees:" if verb is Verb.RESUME else "# when its cause is mended:"
        return [*lines, when, *commands(make(sight, verb, [target], now))]
    return lines
