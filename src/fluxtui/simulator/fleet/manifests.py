"""The manifests that the fleet's repositories hold, built from the few facts in which they differ."""

from collections.abc import Iterable
from typing import Any

Manifest = dict[str, Any]

API_VERSIONS: dict[str, str] = {
    "Namespace": "v1",
    "CustomResourceDefinition": "apiextensions.k8s.io/v1",
    "ConfigMap": "v1",
    "Secret": "v1",
    "ServiceAccount": "v1",
    "Deployment": "apps/v1",
    "Pod": "v1",
    "ClusterPolicy": "kyverno.io/v1",
    "Ingress": "networking.k8s.io/v1",
    "IngressClass": "networking.k8s.io/v1",
    "ClusterRoleBinding": "rbac.authorization.k8s.io/v1",
    "RoleBinding": "rbac.authorization.k8s.io/v1",
    "Kustomization": "kustomize.toolkit.fluxcd.io/v1",
    "HelmRelease": "helm.toolkit.fluxcd.io/v2",
    "OCIRepository": "source.toolkit.fluxcd.io/v1",
    "GitRepository": "source.toolkit.fluxcd.io/v1",
    "HelmRepository": "source.toolkit.fluxcd.io/v1",
    "FluxInstance": "fluxcd.controlplane.io/v1",
    "FluxReport": "fluxcd.controlplane.io/v1",
    "ResourceSet": "fluxcd.controlplane.io/v1",
    "ResourceSetInputProvider": "fluxcd.controlplane.io/v1",
    "ImageRepository": "image.toolkit.fluxcd.io/v1",
    "ImagePolicy": "image.toolkit.fluxcd.io/v1",
    "ImageUpdateAutomation": "image.toolkit.fluxcd.io/v1",
    "ValidatingAdmissionPolicy": "admissionregistration.k8s.io/v1",
    "ValidatingAdmissionPolicyBinding": "admissionregistration.k8s.io/v1",
    "ClusterIssuer": "cert-manager.io/v1",
    "Certificate": "cert-manager.io/v1",
    "PodMonitor": "monitoring.coreos.com/v1",
    "ServiceMonitor": "monitoring.coreos.com/v1",
    "ClusterSecretStore": "external-secrets.io/v1",
    "Gateway": "gateway.networking.k8s.io/v1",
    "HTTPRoute": "gateway.networking.k8s.io/v1",
    "Schedule": "velero.io/v1",
}
RUNTIME = "flux-runtime-info"
ISSUER = r"^https://token\.actions\.githubusercontent\.com$"
WATCHED = {"reconcile.fluxcd.io/watch": "Enabled"}


def manifest(kind: str, namespace: str, name: str, **fields: Any) -> Manifest:
    """A manifest of any kind; ``labels`` and ``annotations`` go into the metadata, everything else to the top."""
    metadata: Manifest = {"name": name}
    if namespace:
        metadata["namespace"] = namespace
    for key in ("labels", "annotations"):
        if key in fields:
            metadata[key] = fields.pop(key)
    return {"apiVersion": API_VERSIONS[kind], "kind": kind, "metadata": metadata, **fields}


def config(kind_and_name: str) -> Manifest:
    """A small object of a component's configuration, in the namespace that its Kustomization targets."""
    kind, _, name = kind_and_name.partition("/")
    if kind == "ConfigMap":
        return manifest(kind, "", name, data={"owner": "platform"}, labels={"team": "platform"})
    return manifest(kind, "", name, spec={})


def workload(name: str, version: str, flaws: Iterable[str] = ()) -> Manifest:
    """A chart's Deployment; ``flaws`` are the policies that it violates: team, limits, latest, root."""
    labels = {"app.kubernetes.io/name": name}
    container: Manifest = {"name": name, "image": f"registry.example.com/{name}:v{version}"}
    if "latest" in flaws:
        container["image"] = f"registry.example.com/{name}:latest"
    if "limits" not in flaws:
        container["resources"] = {"limits": {"memory": "256Mi"}, "requests": {"cpu": "50m", "memory": "64Mi"}}
    if "root" not in flaws:
        container["securityContext"] = {"runAsNonRoot": True, "allowPrivilegeEscalation": False}
    team = {} if "team" in flaws else {"team": "platform"}
    template = {"metadata": {"labels": labels | team}, "spec": {"containers": [container]}}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    return manifest("Deployment", "", name, labels=labels | team, spec=spec)


def chart_source(registry: str, chart: str, version: str) -> Manifest:
    """The OCIRepository of a chart."""
    layer = {"mediaType": "application/vnd.cncf.helm.chart.content.v1.tar+gzip", "operation": "copy"}
    spec = {"interval": "1h", "url": f"oci://{registry}/{chart}", "layerSelector": layer, "ref": {"tag": f"v{version}"}}
    return manifest("OCIRepository", "", f"{chart}-chart", spec=spec)


def release(chart: str, needs: Iterable[str] = (), **fields: Any) -> Manifest:
    """A HelmRelease of a chart; ``needs`` are ``namespace/name`` of other releases."""
    spec: Manifest = {
        "interval": "10m",
        "releaseName": chart,
        "serviceAccountName": "flux",
        "chartRef": {"kind": "OCIRepository", "name": f"{chart}-chart"},
        "values": {"replicaCount": 1},
    }
    depends = [{"namespace": need.partition("/")[0], "name": need.partition("/")[2]} for need in needs]
    if depends:
        spec["dependsOn"] = depends
    return manifest("HelmRelease", "", chart, spec=spec | fields)


def kustomization(
    namespace: str, name: str, source: str, path: str, needs: Iterable[str] = (), **fields: Any
) -> Manifest:
    """A Kustomization as the fleet writes it: it prunes, waits, and fills in the runtime information."""
    spec: Manifest = {
        "targetNamespace": namespace,
        "serviceAccountName": "flux",
        "interval": "10m",
        "retryInterval": "2m",
        "timeout": "5m",
        "wait": True,
        "prune": True,
        "sourceRef": {"kind": "OCIRepository", "name": source},
        "path": path,
        "postBuild": {"substituteFrom": [{"kind": "ConfigMap", "name": RUNTIME}]},
    }
    depends: list[Manifest] = []
    for need in needs:
        other, _, needed = need.rpartition("/")
        depends.append({"name": needed} | ({"namespace": other} if other and other != namespace else {}))
    if depends:
        spec["dependsOn"] = depends
    kept = {key: value for key, value in (spec | fields).items() if value is not None}
    return manifest("Kustomization", namespace, name, spec=kept)


def identity(repository: str, workflow: str, ref: str) -> Manifest:
    """``spec.verify`` for artifacts that a workflow of the organisation signed."""
    subject = rf"^https://github\.com/acme/{repository}/\.github/workflows/{workflow}\.yaml@{ref}$"
    return {"provider": "cosign", "matchOIDCIdentity": [{"issuer": ISSUER, "subject": subject}]}


def source(
    namespace: str, name: str, url: str, tag: str, verify: Manifest | None = None, interval: str = "5m"
) -> Manifest:
    """The OCIRepository of one of the organisation's artifacts."""
    spec: Manifest = {"interval": interval, "provider": "generic", "url": url, "ref": {"tag": tag}}
    if verify:
        spec["verify"] = verify
    return manifest("OCIRepository", namespace, name, spec=spec)


def tenancy(namespace: str, *, tenant: bool) -> list[Manifest]:
    """What every tenant's namespace gets: the runtime information, credentials, an account and its binding."""
    labels = {"toolkit.fluxcd.io/role": "tenant"} if tenant else {}
    copied = {"fluxcd.controlplane.io/copyFrom": f"flux-system/{RUNTIME}"}
    secret = {"fluxcd.controlplane.io/copyFrom": "flux-system/ghcr-auth"}
    subject = {"kind": "ServiceAccount", "name": "flux", "namespace": namespace}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole"}
    if tenant:
        binding = manifest("RoleBinding", namespace, "flux", roleRef=role | {"name": "admin"}, subjects=[subject])
    else:
        name, reference = f"flux-infra-{namespace}", role | {"name": "cluster-admin"}
        binding = manifest("ClusterRoleBinding", "", name, roleRef=reference, subjects=[subject])
    return [
        manifest("Namespace", "", namespace, labels=labels),
        manifest("ConfigMap", namespace, RUNTIME, annotations=copied, labels=WATCHED),
        manifest("Secret", namespace, "ghcr-auth", annotations=secret, type="kubernetes.io/dockerconfigjson"),
        manifest("ServiceAccount", namespace, "flux", imagePullSecrets=[{"name": "ghcr-auth"}]),
        binding,
    ]
