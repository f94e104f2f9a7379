"""What else there is about policies in a cluster that lives: another tool's reports, a request that is stuck, and a pod
that somebody runs by hand.
"""

from fluxtui.simulator.controllers.engine import Engine
from fluxtui.simulator.controllers.times import stamp
from fluxtui.simulator.fleet.clusters import Cluster
from fluxtui.simulator.fleet.manifests import Manifest, manifest
from fluxtui.simulator.kyverno import reports
from fluxtui.simulator.shapes import dig
from fluxtui.simulator.world import digest

DAY = 86400.0
SCANNED = (("frontend", "podinfo"), ("backend", "redis"))
"""Deployments whose images Trivy has looked at."""
_FOUND = (
    ("CVE-2026-31337", "critical", "libssl3", "3.5.1-r0", "3.5.2-r0", "fail"),
    ("CVE-2026-20417", "high", "busybox", "1.37.0-r12", "1.37.0-r14", "fail"),
    ("CVE-2025-60876", "medium", "zlib", "1.3.1-r2", "", "warn"),
    ("CVE-2025-46394", "low", "busybox", "1.37.0-r12", "1.37.0-r13", "warn"),
)
_REQUEST = "ur-x7k2p"
_POD = "redis-0"


def leave(engine: Engine, cluster: Cluster) -> None:
    """Puts it there, where Kyverno is and the tenants are."""
    if not cluster.reports or not cluster.operated:
        return
    for namespace, name in SCANNED:
        found = engine.storage.get("Deployment", namespace, name)
        if found is not None:
            engine.storage.create(vulnerabilities(found, engine.now), "trivy-operator-polr-adapter")
    space = engine.storage.get("Namespace", "", "backend")
    if space is not None:
        engine.storage.create(_stuck(space, engine.now), "kyverno")
        engine.storage.set_status(("UpdateRequest", "kyverno", _REQUEST), _STUCK)
    if cluster.environment == "production" and space is not None:
        engine.storage.create(_by_hand(engine.now), "kubectl-run")


def vulnerabilities(deployment: Manifest, now: float) -> Manifest:
    """Trivy's report on a Deployment's image: not named by a uid, every result with the object that it is about."""
    metadata = deployment["metadata"]
    image = str(dig(deployment, "spec", "template", "spec", "containers")[0]["image"])
    about = {"apiVersion": "apps/v1", "kind": "Deployment", "name": metadata["name"], "uid": metadata["uid"]}
    about["namespace"] = metadata["namespace"]
    repository, _, tag = image.partition("/")[2].rpartition(":")
    results: list[Manifest] = []
    for vulnerability, severity, package, installed, fixed, outcome in _FOUND:
        properties = {
            "artifact.repository": repository,
            "artifact.tag": tag,
            "fixedVersion": fixed,
            "installedVersion": installed,
            "registry.server": "registry.example.com",
            "resource": package,
            "score": {"critical": "9.8", "high": "8.1", "medium": "5.3", "low": "3.2"}[severity],
        }
        results.append(
            {
                "category": "Vulnerability Scan",
                "message": f"{package}: {vulnerability} in {image}",
                "policy": vulnerability,
                "properties": properties,
                "resources": [about],
                "result": outcome,
                "rule": package,
                "severity": severity,
                "source": "Trivy Vulnerability",
                "timestamp": {"nanos": 0, "seconds": int(now - DAY / 4)},
            }
        )
    name = f"trivy-vuln-polr-{metadata['name']}"
    kept = {
        "name": name,
        "namespace": metadata["namespace"],
        "uid": _uid(f"{metadata['uid']} {name}"),
        "creationTimestamp": stamp(now - 5 * DAY),
        "labels": {"managed-by": "trivy-operator-polr-adapter", "trivy-operator.source": "VulnerabilityReport"},
    }
    body = {"apiVersion": "wgpolicyk8s.io/v1alpha2", "kind": "PolicyReport", "metadata": kept, "results": results}
    return body | {"summary": reports.summary(results)}


_STUCK: Manifest = {
    "message": "failed to generate resources: networkpolicies.networking.k8s.io is forbidden: User "
    '"system:serviceaccount:kyverno:kyverno-background-controller" cannot create resource "networkpolicies" in API '
    'group "networking.k8s.io" in the namespace "backend"',
    "retryCount": 10,
    "state": "Failed",
}


def _stuck(space: Manifest, now: float) -> Manifest:
    """A request to generate something that the background controller may not create."""
    about = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "name": space["metadata"]["name"],
        "uid": space["metadata"]["uid"],
    }
    spec: Manifest = {
        "context": {"admissionRequestInfo": {}, "userInfo": {}},
        "deleteDownstream": False,
        "policy": "default-deny",
        "requestType": "cel-generate",
        "resource": about,
        "rule": "",
        "ruleContext": [{"deleteDownstream": False, "rule": "", "trigger": about}],
    }
    labels = {"generate.kyverno.io/policy-name": "default-deny", "generate.kyverno.io/resource-kind": "Namespace"}
    kept = {"name": _REQUEST, "namespace": "kyverno", "uid": _uid(f"{about['uid']} request"), "labels": labels}
    kept["creationTimestamp"] = stamp(now - 3 * DAY)
    return {"apiVersion": "kyverno.io/v2", "kind": "UpdateRequest", "metadata": kept, "spec": spec}


def _by_hand(now: float) -> Manifest:
    """A pod without a controller, as ``kubectl run`` makes it: what rules for pods see by their own names."""
    container = {"name": "redis", "image": "docker.io/redis:latest"}
    made = manifest(
        "Pod", "backend", _POD, labels={"run": "redis"}, spec={"containers": [container], "nodeName": "node-2"}
    )
    made["metadata"] |= {"uid": _uid(_POD), "creationTimestamp": stamp(now - 2 * DAY)}
    began = {"lastTransitionTime": stamp(now - 2 * DAY), "status": "True"}
    up = {"running": {"startedAt": stamp(now - 2 * DAY)}}
    status = {
        "phase": "Running",
        "conditions": [{"type": kind} | began for kind in ("Initialized", "Ready", "ContainersReady", "PodScheduled")],
        "containerStatuses": [
            container
            | {"imageID": f"docker.io/redis@{digest(_POD)}", "ready": True, "restartCount": 0, "started": True}
            | {"state": up, "lastState": {}, "containerID": f"containerd://{digest(_POD).partition(':')[2]}"}
        ],
        "qosClass": "BestEffort",
        "startTime": stamp(now - 2 * DAY),
    }
    return made | {"status": status}


def _uid(text: str) -> str:
    told = digest(text).partition(":")[2]
    return f"{told[:8]}-{told[8:12]}-4{told[13:16]}-8{told[17:20]}-{told[20:32]}"
