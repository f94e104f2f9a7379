"""The kinds of a simulated cluster: a new kind is one entry here.

The names, versions, categories and printer columns are those of Flux 2.9, Flux Operator 0.58, Kyverno 1.19 and
Kubernetes 1.36.
"""

from fluxtui.simulator.kyverno import kinds as kyverno
from fluxtui.simulator.resources import CREATED, Column, Resource, custom

READY = '.status.conditions[?(@.type=="Ready")].status'
MESSAGE = '.status.conditions[?(@.type=="Ready")].message'
AGE = Column("Age", CREATED, "date")
STATUS = (Column("Ready", READY), Column("Status", MESSAGE))
AGE_FIRST = (AGE, *STATUS)
AGE_LAST = (*STATUS, AGE)

SOURCE = "source.toolkit.fluxcd.io"
EXTENSIONS = "source.extensions.fluxcd.io"
KUSTOMIZE = "kustomize.toolkit.fluxcd.io"
HELM = "helm.toolkit.fluxcd.io"
NOTIFICATION = "notification.toolkit.fluxcd.io"
IMAGE = "image.toolkit.fluxcd.io"
OPERATOR = "fluxcd.controlplane.io"
RBAC = "rbac.authorization.k8s.io"
METRICS = "metrics.k8s.io"
ADMISSION = "admissionregistration.k8s.io"

SOURCES = ("all", "fluxcd", "fluxcd-sources")
APPLIERS = ("all", "fluxcd", "fluxcd-appliers")
NOTIFICATIONS = ("all", "fluxcd", "fluxcd-notifications")
IMAGES = ("all", "fluxcd", "fluxcd-images")


def _builtin(
    kind: str,
    plural: str,
    group: str,
    short: str,
    columns: tuple[Column, ...],
    *,
    namespaced: bool = True,
    subresources: tuple[str, ...] = (),
    categories: tuple[str, ...] = (),
    generations: bool = False,
) -> Resource:
    return Resource(
        group=group,
        versions=("v1",),
        plural=plural,
        singular=kind.lower(),
        kind=kind,
        namespaced=namespaced,
        short_names=tuple(short.split()),
        categories=categories,
        columns=columns,
        subresources=subresources,
        custom=False,
        generations=generations,
    )


def _plain(narrow: str, wide: str = "", kind: str = "string") -> tuple[Column, ...]:
    """Columns of built-in kinds: headings separated by commas, those after the name that only ``-o wide`` shows."""
    shown = [
        Column(name, "", kind if name in ("Desired", "Current", "Ready") else "string") for name in narrow.split(",")
    ]
    return (
        *shown,
        *(Column(name, "", "string", 1, "name" if name == "Name" else "") for name in wide.split(",") if name),
    )


_WIDE_WORKLOAD = "Containers,Images,Selector"
_CREATED_AT = (Column("Created At", "", "date"),)
_EVENT = (
    *_plain("Last Seen,Type,Reason,Object", "Subobject,Source"),
    *_plain("Message", "First Seen,Count,Name"),
)
_BINDING = _plain("Role,Age", "Users,Groups,ServiceAccounts")

FLUX: tuple[Resource, ...] = (
    custom(
        "GitRepository", "gitrepositories", SOURCE, "v1", "gitrepo", SOURCES, (Column("URL", ".spec.url"), *AGE_FIRST)
    ),
    custom(
        "OCIRepository", "ocirepositories", SOURCE, "v1", "ocirepo", SOURCES, (Column("URL", ".spec.url"), *AGE_LAST)
    ),
    custom("Bucket", "buckets", SOURCE, "v1", "", SOURCES, (Column("Endpoint", ".spec.endpoint"), *AGE_FIRST)),
    custom(
        "HelmRepository",
        "helmrepositories",
        SOURCE,
        "v1",
        "helmrepo",
        SOURCES,
        (Column("URL", ".spec.url"), *AGE_FIRST),
    ),
    custom(
        "HelmChart",
        "helmcharts",
        SOURCE,
        "v1",
        "hc",
        SOURCES,
        (
            Column("Chart", ".spec.chart"),
            Column("Version", ".spec.version"),
            Column("Source Kind", ".spec.sourceRef.kind"),
            Column("Source Name", ".spec.sourceRef.name"),
            *AGE_FIRST,
        ),
    ),
    custom(
        "ExternalArtifact",
        "externalartifacts",
        SOURCE,
        "v1",
        "ea",
        SOURCES,
        (*AGE_FIRST, Column("Source", ".spec.sourceRef.name")),
    ),
    custom("ArtifactGenerator", "artifactgenerators", EXTENSIONS, "v1beta1", "ag", SOURCES, AGE_FIRST),
    custom("Kustomization", "kustomizations", KUSTOMIZE, "v1", "ks", APPLIERS, AGE_FIRST),
    custom("HelmRelease", "helmreleases", HELM, "v2", "hr", APPLIERS, AGE_FIRST),
    custom("Receiver", "receivers", NOTIFICATION, "v1", "", NOTIFICATIONS, AGE_FIRST),
    custom("Alert", "alerts", NOTIFICATION, "v1beta3", "", NOTIFICATIONS, (AGE,), status=False),
    custom("Provider", "providers", NOTIFICATION, "v1beta3", "", NOTIFICATIONS, (AGE,), status=False),
    custom(
        "ImageRepository",
        "imagerepositories",
        IMAGE,
        "v1",
        "imgrepo imagerepo",
        IMAGES,
        (
            Column("Image", ".spec.image"),
            Column("Tags", ".status.lastScanResult.tagCount"),
            *STATUS,
            Column("Last scan", ".status.lastScanResult.scanTime", priority=1),
            AGE,
        ),
    ),
    custom(
        "ImagePolicy",
        "imagepolicies",
        IMAGE,
        "v1",
        "imgpol imagepol",
        IMAGES,
        (Column("Image", ".status.latestRef.name"), Column("Tag", ".status.latestRef.tag"), *AGE_LAST),
    ),
    custom(
        "ImageUpdateAutomation",
        "imageupdateautomations",
        IMAGE,
        "v1",
        "iua imgupd imgauto",
        IMAGES,
        (*STATUS, Column("Last run", ".status.lastAutomationRunTime", priority=1), AGE),
    ),
    custom(
        "FluxInstance",
        "fluxinstances",
        OPERATOR,
        "v1",
        "",
        ("fluxcd", "fluxcd-appliers"),
        (*AGE_FIRST, Column("Revision", ".status.lastAttemptedRevision")),
    ),
    custom(
        "FluxReport",
        "fluxreports",
        OPERATOR,
        "v1",
        "",
        ("fluxcd",),
        (
            Column("Entitlement", ".spec.distribution.entitlement", priority=10),
            *AGE_FIRST,
            Column("LastUpdated", '.status.conditions[?(@.type=="Ready")].lastTransitionTime'),
        ),
    ),
    custom("ResourceSet", "resourcesets", OPERATOR, "v1", "rset", APPLIERS, AGE_FIRST),
    custom("ResourceSetInputProvider", "resourcesetinputproviders", OPERATOR, "v1", "rsip", SOURCES, AGE_FIRST),
)

CORE: tuple[Resource, ...] = (
    _builtin("ConfigMap", "configmaps", "", "cm", _plain("Data,Age")),
    _builtin("Event", "events", "", "ev", _EVENT),
    _builtin(
        "Namespace", "namespaces", "", "ns", _plain("Status,Age"), namespaced=False, subresources=("finalize", "status")
    ),
    _builtin(
        "Pod",
        "pods",
        "",
        "po",
        _plain("Ready,Status,Restarts,Age", "IP,Node,Nominated Node,Readiness Gates"),
        subresources=("log", "status"),
        categories=("all",),
        generations=True,
    ),
    _builtin("Secret", "secrets", "", "", _plain("Type,Data,Age")),
    _builtin("ServiceAccount", "serviceaccounts", "", "sa", _plain("Age")),
    _builtin(
        "Deployment",
        "deployments",
        "apps",
        "deploy",
        _plain("Ready,Up-to-date,Available,Age", _WIDE_WORKLOAD),
        subresources=("status",),
        categories=("all",),
        generations=True,
    ),
    _builtin(
        "ReplicaSet",
        "replicasets",
        "apps",
        "rs",
        _plain("Desired,Current,Ready,Age", _WIDE_WORKLOAD, "integer"),
        subresources=("status",),
        categories=("all",),
        generations=True,
    ),
    _builtin("ClusterRoleBinding", "clusterrolebindings", RBAC, "", _BINDING, namespaced=False),
    _builtin("ClusterRole", "clusterroles", RBAC, "", _CREATED_AT, namespaced=False),
    _builtin("RoleBinding", "rolebindings", RBAC, "", _BINDING),
    _builtin("Role", "roles", RBAC, "", _CREATED_AT),
    _builtin(
        "ValidatingAdmissionPolicy",
        "validatingadmissionpolicies",
        ADMISSION,
        "",
        (Column("Validations", type="integer"), Column("ParamKind"), Column("Age")),
        namespaced=False,
        subresources=("status",),
        categories=("api-extensions",),
        generations=True,
    ),
    _builtin(
        "ValidatingAdmissionPolicyBinding",
        "validatingadmissionpolicybindings",
        ADMISSION,
        "",
        _plain("PolicyName,ParamRef,Age"),
        namespaced=False,
        categories=("api-extensions",),
        generations=True,
    ),
    *(
        _builtin(
            f"{kind}WebhookConfiguration",
            f"{kind.lower()}webhookconfigurations",
            ADMISSION,
            "",
            (Column("Webhooks", type="integer"), Column("Age")),
            namespaced=False,
            categories=("api-extensions",),
            generations=True,
        )
        for kind in ("Validating", "Mutating")
    ),
    _builtin(
        "CustomResourceDefinition",
        "customresourcedefinitions",
        "apiextensions.k8s.io",
        "crd crds",
        _CREATED_AT,
        namespaced=False,
        subresources=("status",),
        categories=("api-extensions",),
        generations=True,
    ),
)

ALL: tuple[Resource, ...] = (*CORE, *FLUX, *kyverno.KINDS)
"""What a cluster with Flux, its operator and Kyverno serves."""
