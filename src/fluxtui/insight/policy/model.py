"""The vocabulary of policy: a violation with its policy, its owner and its place, and the picture of a fleet.

A violation is a result of a report that is not a pass. Its age is not in the report (facts: kyverno-oci §A):
`first_seen` is when we saw it first, and every screen says so.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum

import msgspec

from fluxtui.insight.delivered import Proof
from fluxtui.kinds.policy.policies import BindingRecord, PolicyRecord
from fluxtui.kinds.policy.reports import Check, Counts, Finding, Subject
from fluxtui.store.state import DataState, Phase


class Action(StrEnum):
    """What becomes of a request that violates a rule, in one place: the effective action, the strongest first."""

    DENY = "deny"
    WARN = "warn"
    AUDIT = "audit"
    NONE = "none"
    """It neither denies nor reports: a rule that mutates or generates, a policy that is switched off."""
    UNKNOWN = "unknown"
    """The policy is not held (deleted, forbidden, of another engine), so nobody here can say."""


NO_OWNER, UNKNOWN_OWNER = "not delivered by Flux", "owner not known"
"""What is said of an object without a Flux object, and of one of which that cannot be told."""


class Owner(msgspec.Struct, frozen=True):
    """Who delivers an object: one object in memory for all that an owner delivers to a tenant in a cluster.

    `id` is the Flux object (``Kustomization/backend/apps``), empty where nothing of Flux delivers it; `origin` is the
    ResourceSet that generated that object. Of what controllers made, `owners.chain` tells the way to what Flux applied.
    """

    cluster: str
    """Where the Flux object is: another cluster than the violation's, where it delivers by a kubeconfig."""
    id: str = ""
    proof: Proof = Proof.NOTHING
    tenant: str = ""
    """The tenant, or the namespace's own name for what belongs to no tenant. Of a cluster-scoped object: the tenant in
    whose namespace the Flux object is, else empty."""
    labelled: bool = False
    """Whether a label makes it a tenant."""
    origin: str = ""
    source: str = ""
    """The id of the source that the Flux object applies from."""
    revision: str = ""
    """The revision that it applied last."""
    updated: int = 0
    """When what it delivers last changed, epoch s, 0: not known."""
    doubt: str = ""
    """Why it cannot be told who delivers it: inventories or makers may not be seen, or not yet. Empty where that is
    told, and where nobody of Flux does."""

    @property
    def delivered(self) -> bool:
        """Whether Flux delivers it."""
        return bool(self.id)

    @property
    def nobody(self) -> str:
        """What stands where no Flux object is told: that there is none, or that nobody knows, and why."""
        return f"{UNKNOWN_OWNER}: {self.doubt}" if self.doubt else NO_OWNER


def key_of(cluster: str, check: Check, rule: str) -> str:
    """The part of `Violation.key` that all objects have in common; `rule` is the rule's own name."""
    return f"{cluster}|{check.source}|{check.policy}|{rule}|"


def subject_key(subject: Subject) -> str:
    """The part of `Violation.key` that names the object."""
    return f"{subject.group}|{subject.kind}|{subject.namespace}|{subject.name}"


class Violation(msgspec.Struct, frozen=True, gc=False):
    """One result that is not a pass: of one rule, by one object of one cluster."""

    cluster: str
    subject: Subject
    finding: Finding
    """The result as the report has it; `finding.result` is fail, warn, error or skip."""
    policy: str
    """The id of the policy (``ClusterPolicy//require-labels``), where its kind is known; else its name as reported.
    Policies that Kyverno generated for the API server are told by their parent."""
    rule: str
    """The rule's own name, without ``autogen-``; empty for CEL policies."""
    autogen: bool
    action: Action
    owner: Owner
    report: str
    """The id of the report."""
    checked: int
    """Last evaluation, epoch s: no age."""
    first_seen: int = 0
    """When we saw it first, epoch s; 0: just now."""
    certain: bool = False
    """Whether `first_seen` is when it began: we watched before, and it was not there. Else it may be older."""

    @property
    def key(self) -> str:
        """What identifies it across restarts: cluster, policy, rule, object."""
        return key_of(self.cluster, self.finding.check, self.rule) + subject_key(self.subject)

    @property
    def severity(self) -> str:
        """As the report says, empty where it does not."""
        return self.finding.check.severity


class Coverage(msgspec.Struct, frozen=True):
    """How far what is known of policy in a cluster can be believed."""

    cluster: str
    reports: Mapping[str, DataState] = {}
    """By kind of report."""
    policies: Mapping[str, DataState] = {}
    count: int = 0
    """Reports that are held."""
    unread: int = 0
    """Reports that are counted (`counts`), and not read yet."""
    cut: int = 0
    """Results that were left out of reports with more of them than are read."""
    counts: Counts = (0, 0, 0, 0, 0)
    """What all reports amount to, where they were counted before they were read; in the order of `RESULTS`."""
    newest: int = 0
    """The newest evaluation of all reports, epoch s, 0: none."""
    backlog: int = -1
    """Ephemeral reports that wait to become reports; -1: not counted."""
    settled: bool = False
    """Whether everything has been listed once, or has failed."""

    @property
    def served(self) -> bool:
        """Whether the cluster has any kind of report."""
        return any(state.phase is not Phase.MISSING for state in self.reports.values())


class Picture(msgspec.Struct, frozen=True):
    """Policy in the fleet at `now` (epoch s)."""

    now: float
    violations: tuple[Violation, ...] = ()
    """All results that are not a pass, skips included, in no order."""
    passes: int = 0
    checked: Mapping[tuple[str, str, str], int] = {}
    """How many objects each (cluster, policy as in `Violation.policy`, rule) was evaluated for, passes included."""
    policies: Mapping[tuple[str, str], PolicyRecord] = {}
    """The policies that are held, by (cluster, id)."""
    coverage: tuple[Coverage, ...] = ()
    """One for each watched cluster, in its order."""
    bindings: Mapping[tuple[str, str], tuple[BindingRecord, ...]] = {}
    """The bindings of admission policies, by the (cluster, id) of the policy: they say what it does."""

    @property
    def complete(self) -> bool:
        """Whether every cluster's reports are fresh and whole."""
        return all(
            each.settled
            and not each.unread
            and not each.cut
            and all(state.trusted or state.phase is Phase.MISSING for state in each.reports.values())
            for each in self.coverage
        )


class Known(msgspec.Struct, frozen=True):
    """What is known besides the two stores, when a picture is made."""

    first_seen: Callable[[str], tuple[int, bool]]
    """By `Violation.key`: when we saw it first (epoch s, 0: never before), and whether that is when it began."""
    made_by: Callable[[str, Subject], tuple[Subject, ...]]
    """By cluster and object: what made it, step by step up to what nobody made (a Pod: its ReplicaSet, its Deployment);
    empty where that is not known (yet)."""
    unwalked: Callable[[str, Subject], str] = lambda cluster, subject: ""
    """By cluster and object: why it is not known what made it, empty where it is."""
    backlogs: Mapping[str, int] = {}
    """Ephemeral reports, by cluster."""
    counted: Mapping[str, tuple[int, Counts]] = {}
    """Of very many reports, by cluster: how many there are and what they amount to, counted before they are read."""
    settled: frozenset[str] = frozenset()
    """The clusters of which everything has been listed once, or has failed."""
