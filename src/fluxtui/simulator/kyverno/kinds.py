"""The kinds of Kyverno 1.19: its policies of both generations, exceptions, reports of both families, and its queues."""

from fluxtui.simulator.resources import CREATED, Column, Resource, custom

WGPOLICY = "wgpolicyk8s.io"
OPENREPORTS = "openreports.io"
LEGACY = "kyverno.io"
"""The first generation of policies: ClusterPolicy and what goes with it."""
CEL = "policies.kyverno.io"
"""The second generation, a kind for each purpose, in CEL."""
EPHEMERAL = "reports.kyverno.io"

_AGE = Column("Age", CREATED, "date")
_SUMMARY = ("Pass", "Fail", "Warn", "Error", "Skip")
_POLICY = (
    Column("ADMISSION", ".spec.admission", "boolean"),
    Column("BACKGROUND", ".spec.background", "boolean"),
    Column("READY", '.status.conditions[?(@.type == "Ready")].status'),
    Column("AGE", CREATED, "date"),
    Column("FAILURE POLICY", ".spec.failurePolicy", priority=1),
    Column("VALIDATE", ".status.rulecount.validate", "integer", 1),
    Column("MUTATE", ".status.rulecount.mutate", "integer", 1),
    Column("GENERATE", ".status.rulecount.generate", "integer", 1),
    Column("VERIFY IMAGES", ".status.rulecount.verifyimages", "integer", 1),
    Column("MESSAGE", '.status.conditions[?(@.type == "Ready")].message'),
)
_AGED = (Column("AGE", CREATED, "date"),)
_READY = (*_AGED, Column("READY", ".status.conditionStatus.ready"))
_SCHEDULED = (Column("Schedule", ".spec.schedule"), _AGE)
_REQUEST = (
    Column("Policy", ".spec.policy"),
    Column("RuleType", ".spec.requestType"),
    Column("ResourceKind", ".spec.resource.kind"),
    Column("ResourceName", ".spec.resource.name"),
    Column("ResourceNamespace", ".spec.resource.namespace"),
    Column("status", ".status.state"),
    _AGE,
)
_REFRESHED = (
    *_AGED,
    Column("REFRESH INTERVAL", ".spec.apiCall.refreshInterval"),
    Column("LAST REFRESH", ".status.lastRefreshTime", "date"),
)


def _scoped(priority: int) -> tuple[Column, ...]:
    counted = (Column(name, f".summary.{name.lower()}", "integer") for name in _SUMMARY)
    named = (Column(name, f".scope.{name.lower()}", priority=priority) for name in ("Kind", "Name"))
    return (*named, *counted, _AGE)


def _ephemeral(uid_priority: int) -> tuple[Column, ...]:
    labelled = {"Source": "source", "Group": "resource\\.group", "Kind": "resource\\.kind"}
    return (
        *(Column(name, f".metadata.labels['audit\\.kyverno\\.io/{key}']") for name, key in labelled.items()),
        Column("Owner", ".metadata.annotations['audit\\.kyverno\\.io/resource\\.name']"),
        *(Column(name, f".spec.summary.{name.lower()}", "integer") for name in _SUMMARY),
        _AGE,
        Column("Uid", ".metadata.labels['audit\\.kyverno\\.io/resource\\.uid']", priority=uid_priority),
        Column("Hash", ".metadata.labels['audit\\.kyverno\\.io/resource\\.hash']", priority=1),
    )


def _kind(
    kind: str,
    plural: str,
    group: str,
    versions: str,
    short: str,
    columns: tuple[Column, ...],
    *,
    namespaced: bool = False,
    status: bool = True,
    categories: tuple[str, ...] = ("kyverno",),
    qualified: bool = False,
) -> Resource:
    return custom(
        kind,
        plural,
        group,
        versions,
        short,
        categories,
        columns,
        namespaced=namespaced,
        status=status,
        qualified=qualified,
    )


def _report(kind: str, plural: str, group: str, version: str, short: str, *, namespaced: bool) -> Resource:
    columns = _scoped(1 if group == OPENREPORTS else 0)
    return _kind(kind, plural, group, version, short, columns, namespaced=namespaced, status=False, categories=())


def _twins(stem: str, plural: str, short: str, columns: tuple[Column, ...]) -> tuple[Resource, Resource]:
    """A kind of CEL policy for the whole cluster, and the one of a namespace, which came later."""
    versions = "v1beta1 v1"
    return (
        _kind(stem, plural, CEL, f"{versions} v1alpha1", short, columns),
        _kind(f"Namespaced{stem}", f"namespaced{plural}", CEL, versions, f"n{short}", columns, namespaced=True),
    )


REPORTS: tuple[Resource, ...] = (
    _report("PolicyReport", "policyreports", WGPOLICY, "v1alpha2", "polr", namespaced=True),
    _report("ClusterPolicyReport", "clusterpolicyreports", WGPOLICY, "v1alpha2", "cpolr", namespaced=False),
    _report("Report", "reports", OPENREPORTS, "v1alpha1", "reps", namespaced=True),
    _report("ClusterReport", "clusterreports", OPENREPORTS, "v1alpha1", "creps", namespaced=False),
)
"""Both families of reports."""
POLICIES: tuple[Resource, ...] = (
    _kind("ClusterPolicy", "clusterpolicies", LEGACY, "v1 v2beta1", "cpol", _POLICY),
    _kind("Policy", "policies", LEGACY, "v1 v2beta1", "pol", _POLICY, namespaced=True),
    *_twins("ValidatingPolicy", "validatingpolicies", "vpol", _READY),
    *_twins("ImageValidatingPolicy", "imagevalidatingpolicies", "ivpol", _READY),
    *_twins("MutatingPolicy", "mutatingpolicies", "mpol", _READY),
    *_twins("GeneratingPolicy", "generatingpolicies", "gpol", _AGED),
    *_twins("DeletingPolicy", "deletingpolicies", "dpol", _READY),
    _kind("CleanupPolicy", "cleanuppolicies", LEGACY, "v2 v2beta1", "cleanpol", _SCHEDULED, namespaced=True),
    _kind("ClusterCleanupPolicy", "clustercleanuppolicies", LEGACY, "v2 v2beta1", "ccleanpol", _SCHEDULED),
    _kind("GlobalContextEntry", "globalcontextentries", LEGACY, "v2beta1 v2 v2alpha1", "gctxentry", _REFRESHED),
)
EXCEPTIONS: tuple[Resource, ...] = (
    _kind("PolicyException", "policyexceptions", LEGACY, "v2 v2beta1", "polex", (_AGE,), namespaced=True, status=False),
    _kind(
        "PolicyException",
        "policyexceptions",
        CEL,
        "v1beta1 v1 v1alpha1",
        "",
        (_AGE,),
        namespaced=True,
        status=False,
        categories=(),
        qualified=True,
    ),
)
"""Two kinds of one name: the second is kept with its group."""
QUEUES: tuple[Resource, ...] = (
    _kind("UpdateRequest", "updaterequests", LEGACY, "v2", "ur", _REQUEST, namespaced=True),
    _kind("EphemeralReport", "ephemeralreports", EPHEMERAL, "v1", "ephr", _ephemeral(1), namespaced=True, status=False),
    _kind("ClusterEphemeralReport", "clusterephemeralreports", EPHEMERAL, "v1", "cephr", _ephemeral(0), status=False),
)
"""What Kyverno's controllers hand to each other: what piles up here, nobody works on."""

KINDS: tuple[Resource, ...] = (*REPORTS, *POLICIES, *EXCEPTIONS, *QUEUES)
GROUPS = frozenset(kind.group for kind in KINDS)


def key_of(kind: str, group: str) -> str:
    """What the storage calls a kind of this group: its name, with the group for the later of two of one name."""
    return next((known.key for known in KINDS if (known.kind, known.group) == (kind, group)), kind)
