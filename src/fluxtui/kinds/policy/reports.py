"""Reports of policy engines, both families: wgpolicyk8s.io (v1alpha2) and openreports.io (v1alpha1).

Both have the same JSON (facts: kyverno-oci §A). Kyverno writes one report per resource and names it in ``scope``; other
producers name the resources in each result. Thousands of reports say the same few things: a `Finding` is one object in
memory for all of them.
"""

# ruff: noqa: N815
from functools import lru_cache

from msgspec import Struct, field, structs

from fluxtui.kinds.columns import Column
from fluxtui.kinds.decode import Decoder
from fluxtui.kinds.flatten import identity
from fluxtui.kinds.kind import Kind
from fluxtui.kinds.record import Record
from fluxtui.kinds.text import clean, line, shared
from fluxtui.kinds.wire import Int, Metadata, Text

RESULTS = ("fail", "warn", "error", "skip", "pass")
"""What a result may be, the worst first."""
Counts = tuple[int, int, int, int, int]
"""How many results there are of each, in the order of `RESULTS`."""
SEVERITIES = ("critical", "high", "medium", "low", "info", "")
"""What a severity may be, the worst first; empty: not told."""
MESSAGE = 400
"""Characters of a result's message that are kept; the whole one is in the report, on demand."""
MOST_RESULTS = 1000
"""Results of one report that are read: producers of vulnerabilities write thousands."""
PAGE = 150
"""Reports that are asked for at once: 6 kB and a score of results each."""
FINDINGS_KEPT = 65_536
"""Distinct findings that are shared."""


class Check(Struct, frozen=True, gc=False):
    """What was checked, as the report names it: `policy` may be ``namespace/name``; `rule` is empty for CEL policies,
    ``autogen-…`` for what Kyverno made for pod controllers, ``exception`` where a CEL exception applied.
    """

    source: str
    policy: str
    rule: str = ""
    category: str = ""
    severity: str = ""
    """One of `SEVERITIES`."""


class Finding(Struct, frozen=True, gc=False):
    """One result of a report. `result` is one of `RESULTS`: a fail that is not scored is a warn."""

    check: Check
    result: str
    message: str = ""
    exceptions: str = ""
    """Names of the exceptions that applied, without namespaces, separated by commas (properties.exceptions)."""
    process: str = ""
    """``background scan`` or ``admission review`` (properties.process)."""
    controls: str = ""
    """Controls of the Pod Security Standards that were violated, separated by commas (properties.controls)."""
    standard: str = ""
    """The standard and its version (``restricted latest``)."""
    binding: str = ""
    """The binding of an admission policy (properties.binding, mapBinding)."""
    subjects: tuple["Subject", ...] = ()
    """The resources, where the result names them itself; empty: that of the report's scope."""


class Subject(Struct, frozen=True, gc=False):
    """A resource that was checked; `group` is empty for the core group, `uid` if it is not told."""

    group: str
    kind: str
    namespace: str
    name: str
    uid: str = ""


class ReportRecord(Record, frozen=True, gc=False, kw_only=True):
    """A report: what it is about, and its findings. Its `updated` is the last evaluation (epoch s, 0: not told),
    which is no age of a violation.
    """

    scope: Subject | None = None
    findings: tuple[Finding, ...] = ()
    source: str = ""
    """The producer, where the report as a whole names it (openreports.io)."""
    counts: Counts = (0, 0, 0, 0, 0)
    """Counted from the results, else as the summary says."""
    whole: bool = True
    """False where the summary counts results that the report does not list."""
    cut: int = 0
    """Results beyond `MOST_RESULTS`."""


class _Object(Struct, gc=False):
    apiVersion: Text = None
    kind: Text = None
    namespace: Text = None
    name: Text = None
    uid: Text = None


class _Timestamp(Struct, gc=False):
    seconds: Int = None


class _Properties(Struct, frozen=True, gc=False):
    """The properties that mean something to us; others are not read."""

    exceptions: Text = None
    process: Text = None
    controls: Text = None
    standard: Text = None
    version: Text = None
    binding: Text = None
    mapBinding: Text = None


class _Result(Struct, gc=False):
    source: Text = None
    policy: Text = None
    rule: Text = None
    category: Text = None
    severity: Text = None
    result: Text = None
    scored: bool | None = None
    message: Text = None
    timestamp: _Timestamp | None = None
    resources: list[_Object] | None = None
    properties: _Properties | None = None


class _Summary(Struct, gc=False):
    fail: Int = None
    warn: Int = None
    error: Int = None
    skip: Int = None
    passed: Int = field(name="pass", default=None)


class Report(Struct, gc=False):
    """A report of either family on the wire."""

    metadata: Metadata = field(default_factory=Metadata)
    source: Text = None
    scope: _Object | None = None
    results: list[_Result] | None = None
    summary: _Summary | None = None


def _subject(told: _Object, namespace: str) -> Subject:
    group, _, _ = (told.apiVersion or "").rpartition("/")
    kind = shared(told.kind)
    # the name is shared with the finding and the report: a namespace belongs to its own cluster-scoped self
    where = shared(told.namespace or ("" if kind == "Namespace" else namespace))
    return Subject(shared(group), kind, where, line(told.name), line(told.uid))


@lru_cache(FINDINGS_KEPT)
def _finding(
    source: str | None,
    policy: str | None,
    rule: str | None,
    category: str | None,
    severity: str | None,
    result: str | None,
    scored: bool | None,
    message: str | None,
    properties: _Properties | None,
) -> Finding:
    told, held = clean(message), properties or _Properties()
    return Finding(
        _check(source, policy, rule, category, severity),
        _word(result, scored),
        told if len(told) <= MESSAGE else told[: MESSAGE - 1] + "…",
        shared(held.exceptions),
        shared(held.process),
        shared(held.controls),
        shared(" ".join(filter(None, (held.standard, held.version)))),
        shared(held.binding or held.mapBinding),
    )


@lru_cache(4096)
def _check(
    source: str | None, policy: str | None, rule: str | None, category: str | None, severity: str | None
) -> Check:
    worst = (severity or "").lower()
    return Check(
        shared(source), shared(policy), shared(rule), shared(category), shared(worst) if worst in SEVERITIES else ""
    )


def _word(result: str | None, scored: bool | None) -> str:
    """The result as it counts; what is unknown is an error of its producer, never a pass."""
    told = (result or "").lower()
    if told == "fail" and scored is False:
        return "warn"
    return shared(told) if told in RESULTS else "error"


def _read(told: _Result, default: str | None, namespace: str) -> Finding:
    found = _finding(
        told.source or default,
        told.policy,
        told.rule,
        told.category,
        told.severity,
        told.result,
        told.scored,
        told.message,
        told.properties,
    )
    if not told.resources:
        return found
    return structs.replace(found, subjects=tuple([_subject(each, namespace) for each in told.resources if each.name]))


def _counted(findings: tuple[Finding, ...], summary: _Summary | None) -> Counts:
    if findings or summary is None:
        tally: dict[str, int] = dict.fromkeys(RESULTS, 0)
        for each in findings:
            tally[each.result] += max(1, len(each.subjects))
        return tally["fail"], tally["warn"], tally["error"], tally["skip"], tally["pass"]
    told = (summary.fail, summary.warn, summary.error, summary.skip, summary.passed)
    fail, warn, error, skip, passed = (max(0, count or 0) for count in told)
    return fail, warn, error, skip, passed


def _flatten(kind: str, report: Report) -> Record:
    """A report without scope is about what its results name, else about its first owner."""
    meta = report.metadata
    told = identity(kind, meta)
    namespace = told["namespace"]
    results = report.results or []
    findings = tuple([_read(each, report.source, namespace) for each in results[:MOST_RESULTS]])
    scope = _subject(report.scope, namespace) if report.scope is not None and report.scope.name else None
    if scope is None and meta.ownerReferences and not any(each.subjects for each in findings):
        owner = meta.ownerReferences[0]
        scope = _subject(_Object(owner.apiVersion, owner.kind, None, owner.name), namespace) if owner.name else None
    counts = _counted(findings, report.summary)
    moments = [each.timestamp.seconds or 0 for each in results if each.timestamp is not None]
    told["updated"] = max(0, max(moments, default=0))
    return ReportRecord(
        **told,
        scope=scope,
        findings=findings,
        source=shared(report.source),
        counts=counts,
        whole=bool(findings) or not any(counts),
        cut=max(0, len(results) - MOST_RESULTS),
    )


def _decoder(kind: str) -> Decoder[Report]:
    return Decoder(Report, lambda report: _flatten(kind, report))


def _about(record: ReportRecord) -> str:
    scope = record.scope
    return f"{scope.kind} {scope.name}" if scope is not None else ""


COLUMNS = (
    Column("about", "RESOURCE", _about, width=30, weight=2, main=True),
    *(
        Column(
            name, name.upper(), lambda r, at=at: str(r.counts[at]), lambda r, at=at: r.counts[at], right=True, width=5
        )
        for at, name in enumerate(RESULTS)
    ),
)


def _kind(name: str, group: str, version: str, plural: str, short: str, *, namespaced: bool) -> Kind:
    return Kind(
        name=name,
        group=group,
        versions=tuple(version.split()),
        plural=plural,
        short=tuple(short.split()),
        namespaced=namespaced,
        columns=COLUMNS,
        rank=5,
        page=PAGE,
        common=("cluster", "namespace", "name"),
        order="name",
        decoder=_decoder(name),
    )


KINDS = (
    _kind("PolicyReport", "wgpolicyk8s.io", "v1alpha2 v1beta1", "policyreports", "polr", namespaced=True),
    _kind(
        "ClusterPolicyReport", "wgpolicyk8s.io", "v1alpha2 v1beta1", "clusterpolicyreports", "cpolr", namespaced=False
    ),
    _kind("Report", "openreports.io", "v1alpha1", "reports", "orep", namespaced=True),
    _kind("ClusterReport", "openreports.io", "v1alpha1", "clusterreports", "corep", namespaced=False),
)
REPORTS = frozenset(kind.name for kind in KINDS)
"""The kinds of reports."""
