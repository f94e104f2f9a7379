"""The shared part of the fleet repository: ResourceSets policies → infra → apps, the platform's layers and policies."""

from typing import Any

from fluxtui.simulator.fleet.manifests import Manifest, identity, kustomization, manifest, source, tenancy

EVERY = {"fluxcd.controlplane.io/reconcileEvery": "5m"}
PROVIDER = {"apps": "apps-${ENVIRONMENT}", "infra": "infra-${ENVIRONMENT}"}
SET = "fluxcd.controlplane.io/v1"
APPLIER = "kustomize.toolkit.fluxcd.io/v1"
SOURCE_POLICY = "source.policy.fluxcd.controlplane.io"
ALLOWED = "flux-allowlist"
EXTRA_SOURCES = "EXTRA_SOURCES"
"""The key of the runtime information that adds prefixes to the allow-list of a cluster."""
READY = "status.conditions.filter(e, e.type == 'Ready').all(e, e.status == 'True')"


def shared(facts: dict[str, Any]) -> list[Manifest]:
    """Everything under ``tenants/`` of the fleet repository."""
    return [allowlist(), infra(facts), layers(facts), routes(), apps(), umbrella()]


def allowlist() -> Manifest:
    """The ResourceSet policies: from where tenants may take sources, and what makes the API server keep to it.

    A cluster may add prefixes of its own (`clusters.Cluster.sources`). Exactly one prefix must match: where two do, the
    URL is denied as if none did.
    """
    prefixes = "https://git.example.com/acme/ oci://ghcr.io/acme/ oci://registry.example.com/charts/"
    labels = {"fluxcd.controlplane.io/role": "policy"}
    sources = prefixes + f"${{{EXTRA_SOURCES}}}"
    config = manifest("ConfigMap", "flux-system", ALLOWED, labels=labels, data={"sources": sources})
    rule = {"apiGroups": ["source.toolkit.fluxcd.io"], "apiVersions": ["*"], "operations": ["CREATE", "UPDATE"]}
    rule["resources"] = ["gitrepositories", "ocirepositories", "helmrepositories"]
    said = '"Source " + variables.url + " is not allowed, must be one of " + variables.sources.join(", ")'
    check = {
        "expression": "variables.sources.exists_one(prefix, variables.url.startsWith(prefix))",
        "messageExpression": said,
        "reason": "Invalid",
    }
    policy = {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": [rule]},
        "matchConditions": [
            {
                "name": "exclude-source-controller-finalizer",
                "expression": 'request.userInfo.username != "system:serviceaccount:flux-system:source-controller"',
            }
        ],
        "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
        "variables": [
            {"name": "url", "expression": "object.spec.url"},
            {"name": "sources", "expression": "params.data.sources.split(' ')"},
        ],
        "validations": [check],
    }
    tenants = {"key": "toolkit.fluxcd.io/role", "operator": "In", "values": ["tenant"]}
    binding = {
        "policyName": SOURCE_POLICY,
        "validationActions": ["Deny"],
        "paramRef": {"name": ALLOWED, "namespace": "flux-system", "parameterNotFoundAction": "Deny"},
        "matchResources": {"namespaceSelector": {"matchExpressions": [tenants]}},
    }
    told = {"policy.fluxcd.controlplane.io/role": "Tenants take sources from what the allow-list names, and no others."}
    return _set(
        "policies",
        [
            config,
            manifest("ValidatingAdmissionPolicy", "", SOURCE_POLICY, annotations=told, spec=policy),
            manifest("ValidatingAdmissionPolicyBinding", "", "flux-tenant-sources", spec=binding),
        ],
    )


def infra(facts: dict[str, Any]) -> Manifest:
    """The ResourceSet infra: one input per tenant; it waits for what it makes."""
    given = {
        "tag": "${ARTIFACT_TAG}",
        "environment": "${ENVIRONMENT}",
        "artifactSubjectWorkflow": "${ARTIFACT_SUBJECT_WORKFLOW}",
        "artifactSubjectGitRef": "${ARTIFACT_SUBJECT_GIT_REF}",
    }
    verify = identity("d2-infra", "<< inputs.artifactSubjectWorkflow >>", "<< inputs.artifactSubjectGitRef >>")
    url = "oci://ghcr.io/acme/d2-infra/<< inputs.tenant >>"
    tenant = "<< inputs.tenant >>"
    resources = [*tenancy(tenant, tenant=False), source(tenant, "infra", url, "<< inputs.tag >>", verify)]
    resources += _pair(tenant, "<< inputs.environment >>", [])
    need: Manifest = {"apiVersion": SET, "kind": "ResourceSet", "name": "policies", "namespace": "flux-system"}
    needs = [need | {"ready": True, "readyExpr": READY}]
    inputs = [{"tenant": name, **given} for name in facts["infra"]]
    return _set("infra", resources, inputs=inputs, dependsOn=needs, wait=True)


def layers(facts: dict[str, Any]) -> Manifest:
    """The ResourceSet layers: the platform's components, each behind those that it needs."""
    resources: list[Manifest] = []
    for name, layer in facts["layers"].items():
        verify = identity("d2-infra", "${ARTIFACT_SUBJECT_WORKFLOW}", "${ARTIFACT_SUBJECT_GIT_REF}")
        made = [*tenancy(name, tenant=False)]
        made.append(source(name, "infra", f"oci://ghcr.io/acme/d2-infra/{name}", "${ARTIFACT_TAG}", verify))
        made += _pair(name, "${ENVIRONMENT}", layer["needs"])
        resources += [_only(item, layer.get("only", [])) for item in made]
    needs = [{"apiVersion": APPLIER, "kind": "Kustomization", "name": "infra-configs", "namespace": "monitoring"}]
    return _set("layers", resources, dependsOn=needs)


def apps() -> Manifest:
    """The ResourceSet apps: the tenants' applications at the versions that the input provider exports."""
    tenant = "<< inputs.tenant >>"
    verify = identity("d2-apps", "<< inputs.artifactSubjectWorkflow >>", "<< inputs.artifactSubjectGitRef >>")
    resources = [*tenancy(tenant, tenant=True)]
    resources.append(source(tenant, "apps", f"oci://ghcr.io/acme/d2-apps/{tenant}", "<< inputs.tag >>", verify))
    resources.append(kustomization(tenant, "apps", "apps", "./<< inputs.environment >>", timeout="3m"))
    need: Manifest = {"apiVersion": APPLIER, "kind": "Kustomization", "name": "infra-configs"}
    needs = [need | {"namespace": "monitoring", "ready": True, "readyExpr": "status.observedGeneration >= 0"}]
    reads = [{"kind": "ResourceSetInputProvider", "name": PROVIDER["apps"]}]
    return _set("apps", resources, inputsFrom=reads, dependsOn=needs)


def routes() -> Manifest:
    """The ResourceSet routes: public routes, once the ingress is ready, in the windows of the infrastructure."""
    data = {"approved": "<< inputs.tag >>", "host": "${CLUSTER_DOMAIN}"}
    names = ("frontend-routes", "backend-routes")
    resources = [manifest("ConfigMap", "flux-system", name, data=data, labels={"team": "platform"}) for name in names]
    need = {"apiVersion": APPLIER, "kind": "Kustomization", "name": "infra-configs", "namespace": "ingress-nginx"}
    reads = [{"kind": "ResourceSetInputProvider", "name": PROVIDER["infra"]}]
    return _set("routes", resources, inputsFrom=reads, dependsOn=[need | {"ready": True}])


def umbrella() -> Manifest:
    """The ResourceSet platform: the platform team's own namespace with the umbrella Kustomization."""
    parent = kustomization(
        "platform",
        "umbrella",
        "platform",
        "./umbrella",
        targetNamespace=None,
        wait=None,
        timeout="2m",
        retryInterval="1m",
    )
    made = [*tenancy("platform", tenant=False), source("platform", "platform", "oci://ghcr.io/acme/platform", "latest")]
    return _set("platform", [*made, parent])


def _set(name: str, resources: list[Manifest], **spec: Any) -> Manifest:
    return manifest("ResourceSet", "flux-system", name, annotations=EVERY, spec={**spec, "resources": resources})


def _pair(namespace: str, environment: str, needs: list[str]) -> list[Manifest]:
    return [
        kustomization(namespace, "infra-controllers", "infra", f"./controllers/{environment}", needs),
        kustomization(
            namespace, "infra-configs", "infra", f"./configs/{environment}", [f"{namespace}/infra-controllers"]
        ),
    ]


def _only(item: Manifest, environments: list[str]) -> Manifest:
    """Leaves an object out where its component is not delivered, by the operator's annotation."""
    if not environments:
        return item
    switch = {"fluxcd.controlplane.io/reconcile": "${LAYERS_EXTENDED}"}
    metadata = item["metadata"] | {"annotations": (item["metadata"].get("annotations") or {}) | switch}
    return item | {"metadata": metadata}
