"""One flat record per object: everything that lists, causes and the graph need, and no more.

A record is immutable, holds only strings, numbers and tuples of them, and is invisible to the garbage
collector (`gc=False`): ten thousand of them cost about as much as one pod's JSON tree costs elsewhere.
Full objects are fetched when they are opened (design §2).

An object's identity within a cluster is its *id*, ``Kind/namespace/name`` (the namespace is empty for
cluster-scoped kinds: ``Namespace//frontend``).
"""

import msgspec


def object_id(kind: str, namespace: str, name: str) -> str:
    """The identity of an object within its cluster: ``Kind/namespace/name``."""
    return f"{kind}/{namespace}/{name}"


def split_id(identity: str) -> tuple[str, str, str]:
    """The (kind, namespace, name) of an id; names may hold ``/`` no more than Kubernetes lets them."""
    kind, _, rest = identity.partition("/")
    namespace, _, name = rest.partition("/")
    return kind, namespace, name


class Need(msgspec.Struct, frozen=True, gc=False):
    """One entry of ``dependsOn``, by meaning (facts: Kustomization and HelmRelease always ask for ready).

    ``meaning`` is ``exists`` (ResourceSet with ``ready: false``), ``ready``, or ``expression`` (a CEL text
    replaces the built-in check); ``expression`` holds that text.
    """

    target: str
    """The id of what is needed."""
    meaning: str = "ready"
    expression: str = ""


class Record(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The flat form of one API object. Times are whole seconds since the epoch, 0 for "not told".

    Every field may be missing in the object: empty strings, 0 and empty tuples stand for that.
    """

    # identity
    kind: str
    id: str
    namespace: str = ""
    name: str = ""
    uid: str = ""
    version: str = ""
    """metadata.resourceVersion"""
    generation: int = 0
    created: int = 0
    deleting: int = 0
    labels: str = ""
    """``k=v`` lines."""
    owner: str = ""
    """Id of the Flux object that applied this one, by its labels, else its ownerReferences."""
    flaw: str = ""
    """Where the object did not have the shape of its kind, and was read without that field."""

    # what its controller says
    suspended: bool = False
    suspended_by: str = ""
    """Who, and why after a colon where a comment tells."""
    suspended_why: str = ""
    """The comment alone."""
    left_alone: str = ""
    """The annotation (``key: value``) by which its applier is told to leave it as it is."""
    ready: str = ""
    """Status of the Ready condition: True, False, Unknown, or empty without one."""
    reason: str = ""
    message: str = ""
    ready_since: int = 0
    """lastTransitionTime of Ready: restarts with every retry, so not "failing since"."""
    observed: int = -1
    """observedGeneration of Ready (else of the status); -1 before the first reconcile."""
    conditions: tuple[str, ...] = ()
    """The other conditions as ``Type=Status/Reason``."""
    handled: str = ""
    """lastHandledReconcileAt: the last reconcile request that was answered, as its annotation had it."""
    failing_since: int = 0
    """The oldest transition among the conditions by which a source fails: they outlive its retries, unlike Ready."""

    # the last outcome that its history concludes (status.history[0]) and the one before that was good
    outcome: str = ""
    outcome_since: int = 0
    outcome_at: int = 0
    tries: int = 0
    good_at: int = 0
    good_revision: str = ""
    good_origin: str = ""

    # what it delivers, from where
    revision: str = ""
    """Last applied revision, or the revision of a source's artifact."""
    attempted: str = ""
    origin: str = ""
    """The Git commit behind the revision (``main@sha1:…``)."""
    updated: int = 0
    """When the artifact, release or report last changed."""
    interval: int = 0
    """Seconds between reconciles, 0 if not told."""
    url: str = ""
    path: str = ""
    source: str = ""
    """Id of the source (sourceRef or chartRef)."""
    needs: tuple[Need, ...] = ()
    inputs: tuple[str, ...] = ()
    """Ids of what it reads: valuesFrom, substituteFrom, inputsFrom.

    A provider selector is ``Kind/ns/?k=v,…``; `selector.selects` reads it.
    """
    inventory: str = ""
    """The inventory ids (``ns_name_group_Kind``) as lines."""
    inventory_size: int = -1
    """Entries in the inventory; -1 if the object has none at all."""
    elsewhere: str = ""
    """The Secret or ConfigMap with the kubeconfig of the cluster that it applies to; empty: its own."""
    waits: bool = False
    """Whether it is ready only when all that it applied is (spec.wait)."""
    produced: tuple[str, ...] = ()
    """The ids of those inventory entries that are Flux objects or Namespaces."""

    def label(self, key: str) -> str:
        """The value of a label, empty without it."""
        for line in self.labels.split("\n"):
            name, _, value = line.partition("=")
            if name == key:
                return value
        return ""

    def condition(self, kind: str) -> tuple[str, str]:
        """(status, reason) of a condition other than Ready, both empty without it."""
        for text in self.conditions:
            name, _, rest = text.partition("=")
            if name == kind:
                status, _, reason = rest.partition("/")
                return status, reason
        return "", ""
