"""A fleet in memory: records put into a real store, assessed by the real rules, without any server."""

import itertools

import pytest

from fluxtui.insight.status import assess
from fluxtui.insight.triage import triage_now
from fluxtui.kinds.cluster import DeploymentRecord, PodRecord
from fluxtui.kinds.instance import InstanceRecord
from fluxtui.kinds.operator import ProviderRecord, ResourceSetRecord
from fluxtui.kinds.record import Need, Record
from fluxtui.kinds.report import ReportRecord
from fluxtui.kinds.sources import SourceRecord
from fluxtui.kinds.table import KINDS
from fluxtui.store.state import DataState, Phase
from fluxtui.store.store import Store

RECORDS = {
    "ResourceSet": ResourceSetRecord,
    "ResourceSetInputProvider": ProviderRecord,
    "FluxInstance": InstanceRecord,
    "FluxReport": ReportRecord,
    "Deployment": DeploymentRecord,
    "Pod": PodRecord,
    "OCIRepository": SourceRecord,
    "GitRepository": SourceRecord,
    "HelmChart": SourceRecord,
    "HelmRepository": SourceRecord,
}

NOW = 1_800_000_000

READY = {"ready": "True", "reason": "ReconciliationSucceeded", "message": "done"}
RUNNING = {"ready": "Unknown", "reason": "Progressing", "message": "Reconciliation in progress"}
BLOCKED = {"ready": "False", "reason": "DependencyNotReady"}


def failed(reason, message="", **more):
    return {"ready": "False", "reason": reason, "message": message or f"{reason}!"} | more


class Fleet:
    """Clusters whose kinds are all fresh; `put` writes an object and gives its row."""

    now = NOW
    ready, running, blocked = READY, RUNNING, BLOCKED
    failed = staticmethod(failed)

    def __init__(self):
        self.store = Store(assess)
        self._versions = itertools.count(1)

    def cluster(self, name, phase=Phase.FRESH, detail=""):
        for kind in KINDS:
            self.store.table(name, kind).set_state(DataState(phase, self.now - 120, self.now - 120, detail))
        return self.store.cluster(name)

    def record(self, kind, ref, **fields):
        namespace, _, name = ref.rpartition("/")
        needs = tuple(
            need if isinstance(need, Need) else Need(need if need.count("/") == 2 else f"{kind}/{need}")
            for need in fields.pop("needs", ())
        )
        told = {
            "generation": 1,
            "observed": 1,
            "ready_since": NOW - 600,
            "created": NOW - 9999,
            "interval": 60,
        } | fields
        return RECORDS.get(kind, Record)(
            kind=kind,
            id=f"{kind}/{namespace}/{name}",
            namespace=namespace,
            name=name,
            version=str(next(self._versions)),
            needs=needs,
            **told,
        )

    def put(self, cluster, kind, ref, *states, **fields):
        if cluster not in [data.name for data in self.store.clusters()]:
            self.cluster(cluster)
        merged = {}
        for state in states or (READY,):
            merged |= state
        record = self.record(kind, ref, **(merged | fields))
        self.store.table(cluster, kind).upsert(record)
        return self.store.row(cluster, record.id)

    def remove(self, cluster, kind, ref):
        self.store.table(cluster, kind).remove(f"{kind}/{ref}")

    def triage(self, at=NOW):
        return triage_now(self.store, at)

    def problems(self, at=NOW):
        """What is told, as (kind of cause, first member's id)."""
        return [(cause.what, cause.members[0][1]) for cause in self.triage(at).problems]


@pytest.fixture
def fleet():
    return Fleet()
