"""Clusters in memory whose objects are written as the API has them, and read by the real decoders into real stores."""

import itertools
import json

import pytest

from fluxtui.insight.policy import standing
from fluxtui.insight.policy.model import Known
from fluxtui.insight.policy.picture import picture
from fluxtui.insight.status import assess
from fluxtui.kinds.policy.reports import Subject
from fluxtui.kinds.policy.table import POLICY_KINDS
from fluxtui.kinds.table import KINDS
from fluxtui.store.state import DataState, Phase
from fluxtui.store.store import Store

NOW = 1_800_000_000


class World:
    """Two stores, as the program has them. Objects are dicts; a name is ``namespace/name`` or ``name``."""

    now = NOW

    def __init__(self):
        self.delivery, self.policy = Store(assess), Store(standing.assess)
        self.seen = {}
        self.makers = {}
        self.counted = {}
        self.settled = set()
        self._versions = itertools.count(1)

    def cluster(self, name="prod", phase=Phase.FRESH):
        for kinds, store in ((KINDS, self.delivery), (POLICY_KINDS, self.policy)):
            for kind in kinds:
                store.table(name, kind).set_state(DataState(phase, NOW - 60, NOW - 60))
        self.settled.add(name)
        return name

    def put(self, kind, ref, *, cluster="prod", labels=None, **more):
        """One object into the store that its kind belongs to. Gives its record."""
        namespace, _, name = ref.rpartition("/")
        meta = {"name": name, "resourceVersion": str(next(self._versions))} | more.pop("metadata", {})
        meta |= ({"namespace": namespace} if namespace else {}) | ({"labels": labels} if labels else {})
        return self.write(kind, {"metadata": meta} | more, cluster=cluster)

    def write(self, kind, obj, *, cluster="prod"):
        policy = kind in POLICY_KINDS and not (kind == "Deployment" and "status" in obj)
        kinds, store = (POLICY_KINDS, self.policy) if policy else (KINDS, self.delivery)
        page = kinds[kind].decoder.page(json.dumps({"metadata": {"resourceVersion": "1"}, "items": [obj]}).encode())
        for record in page.records:
            store.table(cluster, kind).upsert(record)
        return page.records[0] if page.records else None

    def namespace(self, name, *, cluster="prod", **labels):
        told = {key.replace("__", "/"): value for key, value in labels.items()}
        return self.put("Namespace", name, cluster=cluster, labels=told or None)

    def tenant(self, name, *, cluster="prod"):
        return self.put("Namespace", name, cluster=cluster, labels={"toolkit.fluxcd.io/role": "tenant"})

    def report(self, about, *results, kind="PolicyReport", cluster="prod", at=NOW - 30, **more):
        """A report about ``apps/v1 Deployment backend/redis``. Results are (policy, rule, result) or dicts."""
        scope = scope_of(about) if about else None
        namespace = (scope or {}).get("namespace", "")
        told = [result(each, at) for each in results]
        name = more.pop("name", f"uid-{next(self._versions)}")
        body = {"results": told} | ({"scope": scope} if scope else {}) | more
        return self.put(kind, f"{namespace}/{name}" if namespace else name, cluster=cluster, **body)

    def picture(self):
        known = Known(
            first_seen=lambda key: self.seen.get(key, (0, False)),
            made_by=lambda cluster, subject: self.makers.get((cluster, f"{subject.kind}/{subject.name}"), ()),
            counted=self.counted,
            settled=frozenset(self.settled),
        )
        steps = picture(self.delivery, self.policy, NOW, known)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                return end.value


def scope_of(text):
    version, kind, ref = text.split()
    namespace, _, name = ref.rpartition("/")
    scope = {"apiVersion": version, "kind": kind, "name": name}
    return scope | ({"namespace": namespace} if namespace else {})


def result(told, at):
    if isinstance(told, dict):
        return {"source": "kyverno", "timestamp": {"seconds": at}} | told
    policy, rule, outcome = told
    return {"source": "kyverno", "policy": policy, "rule": rule, "result": outcome, "timestamp": {"seconds": at}}


def subject_of(text):
    """``apps/v1 Deployment backend/redis`` as a subject."""
    scope = scope_of(text)
    group = scope["apiVersion"].rpartition("/")[0]
    return Subject(group, scope["kind"], scope.get("namespace", ""), scope["name"])


@pytest.fixture
def world():
    return World()


@pytest.fixture
def about():
    return subject_of
