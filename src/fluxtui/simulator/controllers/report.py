"""Flux Operator: the FluxReport: what is installed, and how many objects of each kind run, fail or are suspended.

The status is written before the report itself, so its observedGeneration is one behind after every change. ``running``
counts what fails too; an object that waits for a dependency does not count as failing.
"""

from fluxtui.simulator.controllers.conditions import Object, find, kstatus
from fluxtui.simulator.controllers.engine import MOMENT, SWITCH, Run, Steps
from fluxtui.simulator.controllers.provider import EVERY
from fluxtui.simulator.controllers.times import seconds
from fluxtui.simulator.shapes import dig, map_at

RECONCILERS: tuple[tuple[str, str], ...] = (
    ("fluxcd.controlplane.io/v1", "FluxInstance"),
    ("fluxcd.controlplane.io/v1", "ResourceSet"),
    ("fluxcd.controlplane.io/v1", "ResourceSetInputProvider"),
    ("helm.toolkit.fluxcd.io/v2", "HelmRelease"),
    ("image.toolkit.fluxcd.io/v1", "ImagePolicy"),
    ("image.toolkit.fluxcd.io/v1", "ImageRepository"),
    ("image.toolkit.fluxcd.io/v1", "ImageUpdateAutomation"),
    ("kustomize.toolkit.fluxcd.io/v1", "Kustomization"),
    ("notification.toolkit.fluxcd.io/v1", "Receiver"),
    ("notification.toolkit.fluxcd.io/v1beta3", "Alert"),
    ("notification.toolkit.fluxcd.io/v1beta3", "Provider"),
    ("source.extensions.fluxcd.io/v1beta1", "ArtifactGenerator"),
    ("source.toolkit.fluxcd.io/v1", "Bucket"),
    ("source.toolkit.fluxcd.io/v1", "ExternalArtifact"),
    ("source.toolkit.fluxcd.io/v1", "GitRepository"),
    ("source.toolkit.fluxcd.io/v1", "HelmChart"),
    ("source.toolkit.fluxcd.io/v1", "HelmRepository"),
    ("source.toolkit.fluxcd.io/v1", "OCIRepository"),
)
LENGTH = (0.03, 0.08)
"""Seconds that a report takes: its length is in its message, and so moves the condition's time with every report."""
_UNITS = ("B", "KiB", "MiB", "GiB")


def reconcile(run: Run) -> Steps:
    """One run of the FluxReport."""
    if run.annotation(SWITCH) == "disabled":
        run.event("Warning", "ReconciliationDisabled", "Reconciliation is disabled")
        return None
    yield run.engine.random.uniform(*LENGTH)
    report = compose(run)
    run.put("Ready", "True", "Succeeded", f"Reporting finished in {round(run.took() * 1000)}ms")
    ready = find(run.status, "Ready")
    if ready is not None:
        ready["observedGeneration"] = run.generation
    run.write()
    yield MOMENT
    if report != run.obj.get("spec"):
        run.engine.storage.merge(run.key, {"spec": _replacing(run.obj.get("spec") or {}, report)})
    return seconds(run.annotation(EVERY) or "5m")


def compose(run: Run) -> Object:
    """The specification of the report: everything that the operator finds in the cluster."""
    instance = run.engine.storage.get("FluxInstance", run.namespace, run.name)
    report: Object = {
        "cluster": run.spec.get("cluster") or {},
        "components": _components(run),
        "distribution": _distribution(instance),
        "operator": run.spec.get("operator") or {},
        "reconcilers": [_reconciler(run, version, kind) for version, kind in RECONCILERS if _served(run, kind)],
    }
    sync = _sync(run, instance)
    if sync:
        report["sync"] = sync
    return report


def _served(run: Run, kind: str) -> bool:
    return run.engine.storage.serves(kind)


def _distribution(instance: Object | None) -> Object:
    if instance is None:
        return {"entitlement": "Unknown", "status": "Not Installed"}
    version = str(dig(instance, "status", "lastAppliedRevision") or "").partition("@")[0]
    found = {"entitlement": "Issued by controlplane", "managedBy": "flux-operator", "status": "Installed"}
    return found | {"version": version}


def _components(run: Run) -> list[Object]:
    found: list[Object] = []
    for deployment in run.engine.storage.list("Deployment", run.namespace):
        labels = map_at(deployment, "metadata", "labels")
        if labels.get("app.kubernetes.io/part-of") != "flux":
            continue
        ready, said = _rollout(deployment)
        component = {
            "image": deployment["spec"]["template"]["spec"]["containers"][0]["image"],
            "name": deployment["metadata"]["name"],
            "ready": ready,
            "status": said,
        }
        found.append(component)
    return found


def _rollout(deployment: Object) -> tuple[bool, str]:
    """Whether a Deployment is ready, and kstatus' words: what it lacks first."""
    wanted: int = deployment["spec"].get("replicas", 1)
    if kstatus(deployment) == "Current":
        return True, f"Current Deployment is available. Replicas: {wanted}"
    status, generation = map_at(deployment, "status"), deployment["metadata"].get("generation", 1)
    observed = status.get("observedGeneration", generation)
    if observed != generation:
        return False, f"InProgress Deployment generation is {generation}, but latest observed generation is {observed}"
    lacks = (("Replicas", "replicas"), ("Updated", "updatedReplicas"), ("Available", "availableReplicas"))
    for title, field in lacks:
        if status.get(field, 0) < wanted:
            return False, f"InProgress {title}: {status.get(field, 0)}/{wanted}"
    return False, f"InProgress Ready: {status.get('readyReplicas', 0)}/{wanted}"


def _reconciler(run: Run, version: str, kind: str) -> Object:
    failing = suspended = total = size = 0
    sized = False
    for obj in run.engine.storage.list(kind):
        total += 1
        if _is_suspended(obj):
            suspended += 1
        else:
            failing += _is_failing(obj)
        artifact = map_at(obj, "status", "artifact")
        if "size" in artifact:
            size, sized = size + artifact["size"], True
    stats: Object = {"failing": failing, "running": total - suspended, "suspended": suspended}
    if sized:
        stats["totalSize"] = human(size)
    return {"apiVersion": version, "kind": kind, "stats": stats}


def _is_suspended(obj: Object) -> bool:
    return bool(dig(obj, "spec", "suspend")) or dig(obj, "metadata", "annotations", SWITCH) == "disabled"


def _is_failing(obj: Object) -> bool:
    ready = find(obj.get("status") or {}, "Ready")
    return ready is not None and ready["status"] == "False" and ready["reason"] != "DependencyNotReady"


def human(size: int) -> str:
    """Bytes as the report writes them: ``278 B``, ``1.2 KiB``."""
    amount, unit = float(size), 0
    while amount >= 1024 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1024, unit + 1
    return f"{size} B" if unit == 0 else f"{amount:.1f} {_UNITS[unit]}"


def _sync(run: Run, instance: Object | None) -> Object:
    wanted = map_at(instance, "spec", "sync")
    kustomization = run.engine.storage.get("Kustomization", run.namespace, "flux-system")
    if not wanted or kustomization is None:
        return {}
    ready = find(kustomization.get("status") or {}, "Ready") or {"status": "Unknown", "message": "not initialized"}
    said = ready["message"]
    if kustomization["spec"].get("suspend"):
        said = f"Suspended {said}"
    return {
        "id": "kustomization/flux-system",
        "path": kustomization["spec"]["path"],
        "ready": ready["status"] != "False",
        "source": wanted["url"],
        "status": said,
    }


def _replacing(old: Object, new: Object) -> Object:
    """A merge patch that turns the old report into the new one."""
    return {key: None for key in old if key not in new} | new
