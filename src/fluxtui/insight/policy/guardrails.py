"""Guardrails of the D2 architecture: from where tenants may take sources, who is held by that, and who is not.

A cluster has a guardrail when an admission policy judges the URLs of sources and a binding puts it on namespaces. Its
list is in an object that is not watched: whoever asks for a report brings it (`Parameter`). A list whose expression is
not of the known form is shown as text.
"""

from collections.abc import Generator, Iterator, Mapping, Sequence

import msgspec

from fluxtui.insight.blast import Tenants
from fluxtui.insight.policy.allowlist import Rule, concerns_sources, covered, matches, recognise
from fluxtui.kinds.policy.policies import BindingRecord, PolicyRecord
from fluxtui.kinds.record import Record
from fluxtui.kinds.sources import SourceRecord
from fluxtui.kinds.table import KINDS
from fluxtui.store.row import Row
from fluxtui.store.state import Phase
from fluxtui.store.store import ClusterData, Store

POLICY, BINDING = "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"
SOURCES = ("GitRepository", "OCIRepository", "HelmRepository", "Bucket", "HelmChart", "ImageRepository")
"""The kinds by which something comes into a cluster."""
NAME_LABEL = "kubernetes.io/metadata.name"
"""The label that every namespace has."""
STRIDE = 500

Place = tuple[str, str, str]
"""Cluster, namespace and name of an object of parameters."""


class Parameter(msgspec.Struct, frozen=True):
    """An object of parameters as it was read: `trouble` is empty, ``missing``, ``forbidden`` or ``failed``.

    Its values are not neutralised: how a list is split depends on every character.
    """

    data: Mapping[str, str] = {}
    trouble: str = ""
    detail: str = ""


class Bound(msgspec.Struct, frozen=True):
    """A policy where a binding puts it: the list that holds there.

    `entries` is None where the list is not known; `why` says why, or what is wrong with it.
    """

    cluster: str
    policy: PolicyRecord
    binding: BindingRecord
    rule: Rule | None
    entries: tuple[str, ...] | None = None
    why: str = ""
    detail: str = ""

    @property
    def denies(self) -> bool:
        """Whether what it does not allow is refused, and not just told of."""
        return "Deny" in self.binding.actions

    @property
    def refuses_all(self) -> bool:
        """Whether nothing can pass: the parameters are missed, and that denies; or the expression cannot be judged."""
        if not self.denies or self.entries is not None or self.rule is None:
            return False
        if self.why == "missing":
            return self.binding.without_parameters != "Allow"
        return self.why == "no key" and self.policy.failure_policy != "Ignore"

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether it is bound to a namespace with these labels."""
        return all(each.holds(labels) for each in self.binding.selects)

    def covers(self, kind: str) -> bool:
        """Whether it looks at a kind of source."""
        plurals = covered(self.policy)
        return kind in KINDS and (KINDS[kind].plural in plurals or "*" in plurals)


class Judged(msgspec.Struct, frozen=True):
    """One source: `verdict` is *allowed*, *refused*, *overlap* (refused: several entries match), *warned* (it would be
    refused if the binding denied), *escapes* (its kind is not looked at), *outside* (its namespace is not bound) or
    *unknown* (the list is not known). `flaws` are those of its verification.
    """

    cluster: str
    record: Record
    tenant: str
    verdict: str
    matched: tuple[str, ...] = ()
    bound: Bound | None = None
    flaws: tuple[str, ...] = ()

    @property
    def ref(self) -> tuple[str, str]:
        """(cluster, id)"""
        return self.cluster, self.record.id


class Guard(msgspec.Struct, frozen=True):
    """One cluster. `trouble` is why nothing is known of its policies; `unbound` are policies without a binding, `texts`
    those of an unknown form. `tenants` counts the namespaces of tenants by label.
    """

    cluster: str
    bounds: tuple[Bound, ...] = ()
    unbound: tuple[PolicyRecord, ...] = ()
    texts: tuple[PolicyRecord, ...] = ()
    judged: tuple[Judged, ...] = ()
    tenants: int = 0
    trouble: str = ""

    @property
    def guarded(self) -> bool:
        """Whether some list holds somewhere."""
        return bool(self.bounds)

    def count(self, *verdicts: str) -> int:
        """Sources of these verdicts."""
        return sum(each.verdict in verdicts for each in self.judged)


class GuardReport(msgspec.Struct, frozen=True):
    """The guardrails of the fleet at `now` (epoch s), in the clusters' order."""

    now: float
    guards: tuple[Guard, ...] = ()

    @property
    def loading(self) -> bool:
        """Whether a list is still being read."""
        return any(bound.why == "reading" for guard in self.guards for bound in guard.bounds)


def wanted(policy: Store) -> list[Place]:
    """The objects of parameters that allow-lists name."""
    found: dict[Place, None] = {}
    for data in policy.clusters():
        policies = {each.name: each for each in _policies(data)}
        for binding in _bindings(data):
            held, (namespace, name) = policies.get(binding.policy), binding.parameter
            if held is not None and namespace and name:
                found[data.name, namespace, name] = None
    return list(found)


def report(
    delivery: Store, policy: Store, read: Mapping[Place, Parameter], now: float
) -> Generator[None, None, GuardReport]:
    """The guardrails of all clusters of the policy store; yields every few milliseconds of work."""
    guards: list[Guard] = []
    for data in policy.clusters():
        held = delivery.find(data.name)
        if held is not None:
            guards.append((yield from _guard(held, data, read)))
            yield
    return GuardReport(now, tuple(guards))


def _guard(delivery: ClusterData, data: ClusterData, read: Mapping[Place, Parameter]) -> Generator[None, None, Guard]:
    tenants = _tenants(delivery)
    trouble = _trouble(data)
    if trouble:
        return Guard(data.name, tenants=tenants, trouble=trouble)
    policies, bindings = _policies(data), _bindings(data)
    bounds = [
        _bound(data.name, each, binding, read)
        for each in policies
        for binding in bindings
        if binding.policy == each.name
    ]
    known = {bound.policy.name for bound in bounds}
    return Guard(
        data.name,
        tuple(bounds),
        tuple([each for each in policies if each.name not in known]),
        tuple([each for each in policies if recognise(each) is None]),
        tuple((yield from _judge(delivery, bounds))),
        tenants,
    )


def _trouble(data: ClusterData) -> str:
    """Why the policies of a cluster are not known, empty where they are."""
    for kind in (POLICY, BINDING):
        table = data.tables.get(kind)
        phase = table.state.phase if table is not None else Phase.LOADING
        if phase is Phase.MISSING:
            return "its API server has no ValidatingAdmissionPolicies (they come with Kubernetes 1.30)"
        if phase is Phase.FORBIDDEN:
            return f"{KINDS_TITLES[kind]} may not be listed"
        if phase is not Phase.FRESH:
            return "not listed yet" if phase is Phase.LOADING else f"{phase}: {table.state.detail}" if table else ""
    return ""


KINDS_TITLES = {POLICY: "ValidatingAdmissionPolicies", BINDING: "their bindings"}


def _policies(data: ClusterData) -> list[PolicyRecord]:
    """The policies that judge the URLs of sources."""
    table = data.tables.get(POLICY)
    records = [row.record for row in table.rows.values()] if table is not None else []
    return sorted(
        (each for each in records if isinstance(each, PolicyRecord) and concerns_sources(each)),
        key=lambda each: each.name,
    )


def _bindings(data: ClusterData) -> list[BindingRecord]:
    table = data.tables.get(BINDING)
    records = [row.record for row in table.rows.values()] if table is not None else []
    return sorted((each for each in records if isinstance(each, BindingRecord)), key=lambda each: each.name)


def _bound(cluster: str, policy: PolicyRecord, binding: BindingRecord, read: Mapping[Place, Parameter]) -> Bound:
    rule = recognise(policy)
    if rule is None:
        return Bound(cluster, policy, binding, None, None, "text")
    if rule.written:
        return Bound(cluster, policy, binding, rule, rule.written)
    namespace, name = binding.parameter
    if not (namespace and name):
        return Bound(cluster, policy, binding, rule, None, "by request")
    found = read.get((cluster, namespace, name))
    if found is None:
        return Bound(cluster, policy, binding, rule, None, "reading")
    if found.trouble:
        return Bound(cluster, policy, binding, rule, None, found.trouble, found.detail)
    entries = rule.entries(found.data)
    return Bound(cluster, policy, binding, rule, entries, "" if entries is not None else "no key")


# Sources


def _judge(delivery: ClusterData, bounds: Sequence[Bound]) -> Generator[None, None, list[Judged]]:
    found: list[Judged] = []
    tenants, labels = Tenants(delivery), _Labels(delivery)
    for kind in SOURCES:
        table = delivery.tables.get(kind)
        for at, row in enumerate(list(table.rows.values()) if table is not None else ()):
            if at % STRIDE == STRIDE - 1:
                yield
            found.append(_source(delivery, row, bounds, tenants, labels))
    return [each for each in found if each.verdict]


class _Labels:
    """The labels of namespaces, with the one that each has of itself."""

    def __init__(self, data: ClusterData) -> None:
        self._data = data
        self._known: dict[str, dict[str, str]] = {}

    def of(self, namespace: str) -> dict[str, str]:
        found = self._known.get(namespace)
        if found is None:
            row = self._data.row(f"Namespace//{namespace}")
            pairs = [line.partition("=") for line in row.record.labels.split("\n")] if row is not None else []
            found = self._known[namespace] = {NAME_LABEL: namespace} | {key: value for key, _, value in pairs if key}
        return found


def _source(delivery: ClusterData, row: Row, bounds: Sequence[Bound], tenants: Tenants, labels: _Labels) -> Judged:
    record, held = row.record, [each for each in bounds if each.holds(labels.of(row.record.namespace))]
    tenant, labelled = tenants.of(record.namespace)
    judge = [each for each in held if each.covers(record.kind)]
    flaws = signature_flaws(record) if held or labelled else ()
    if not held:
        return Judged(row.cluster, record, tenant if labelled else "", "outside", (), None, flaws)
    if not judge:
        return Judged(row.cluster, record, tenant, _uncovered(delivery, record), (), held[0], flaws)
    worst = min((_verdict(record, each) for each in judge), key=lambda told: _WORST.index(told[0]))
    return Judged(row.cluster, record, tenant, *worst, flaws=flaws)


_WORST = ("refused", "overlap", "warned", "unknown", "allowed")


def _verdict(record: Record, bound: Bound) -> tuple[str, tuple[str, ...], Bound]:
    if bound.refuses_all:
        return "refused", (), bound
    if bound.entries is None or bound.rule is None:
        return "unknown", (), bound
    found = tuple(matches(record.url, bound.entries))
    if bound.rule.allows(record.url, bound.entries):
        return "allowed", found, bound
    if not bound.denies:
        return "warned", found, bound
    return ("overlap" if found else "refused"), found, bound


def _uncovered(delivery: ClusterData, record: Record) -> str:
    """What a source of a kind is that no policy looks at: a chart of a source that is judged itself escapes nothing."""
    if record.kind != "HelmChart":
        return "escapes"
    return "escapes" if record.source.startswith("Bucket/") else ""


def _tenants(delivery: ClusterData) -> int:
    table = delivery.tables.get("Namespace")
    of = Tenants(delivery)
    return sum(of.of(row.record.name)[1] for row in table.rows.values()) if table is not None else 0


def signature(record: Record) -> str:
    """Whose signature an OCI artifact needs, in a few characters; empty for what is no OCI artifact."""
    if record.kind != "OCIRepository" or not isinstance(record, SourceRecord):
        return ""
    if not record.verify:
        return "none"
    if record.keyed or record.verify != "cosign":
        return record.verify if record.verify != "cosign" else "keys"
    return f"{len(record.signers)} {'identity' if len(record.signers) == 1 else 'identities'}"


def signature_flaws(record: Record) -> tuple[str, ...]:
    """What is wrong with how an OCI artifact's signature is asked for, where it is (facts: kyverno-oci §B)."""
    if not isinstance(record, SourceRecord) or signature(record) in ("", "none", "keys") or record.verify != "cosign":
        return ()
    if not record.signers:
        return ("no matchOIDCIdentity: anyone's legacy signature passes, bundles of cosign v3 never do",)
    return tuple(_loose(record))


def _loose(record: SourceRecord) -> Iterator[str]:
    if len(record.signers) > 1:
        yield f"{len(record.signers)} identities: bundles of cosign v3 are refused"
    for name in ("issuer", "subject"):
        patterns = [getattr(each, name) for each in record.signers]
        if any(not pattern for pattern in patterns):
            yield f"matchOIDCIdentity without {name}: any passes"
        elif any(not (pattern.startswith("^") and pattern.endswith("$")) for pattern in patterns):
            yield f"its {name} is not anchored with ^ and $: look-alikes pass"
