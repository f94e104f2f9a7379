"""All controllers, by the kinds that they reconcile."""

from fluxtui.simulator.controllers import (
    helm,
    image,
    instance,
    kustomize,
    provider,
    replicas,
    report,
    resourceset,
    sources,
    workloads,
)
from fluxtui.simulator.controllers.engine import Clock, Engine, Run, Steps
from fluxtui.simulator.controllers.storage import ClusterStorage
from fluxtui.simulator.kyverno import installation, scanning
from fluxtui.simulator.objects import Objects
from fluxtui.simulator.world import World


def engine_for(objects: Objects, world: World, clock: Clock, *, seed: int = 0) -> Engine:
    """The engine of one cluster with every controller on it. ``clock`` is the one that ``objects`` was made with."""
    engine = Engine(ClusterStorage(objects), world, clock, seed=seed)
    engine.use(
        {
            **sources.KINDS,
            "Kustomization": kustomize.reconcile,
            "HelmRelease": helm.reconcile,
            "Deployment": deployment,
            "ResourceSet": resourceset.reconcile,
            "ResourceSetInputProvider": provider.reconcile,
            "FluxInstance": instance.reconcile,
            "FluxReport": report.reconcile,
            "ImageRepository": image.repository,
            "ImagePolicy": image.policy,
            "ImageUpdateAutomation": image.automation,
            **dict.fromkeys(installation.POLICIES, installation.policy),
            "CleanupPolicy": installation.cleanup,
        },
        (sources.dependents, resourceset.readers, scanning.orphans, installation.gone, replicas.keep),
        {
            "Kustomization": kustomize.finalize,
            "HelmRelease": helm.finalize,
            "ResourceSet": resourceset.finalize,
            "FluxInstance": instance.finalize,
        },
    )
    return engine


def deployment(run: Run) -> Steps:
    """A rollout; of Kyverno's controllers, when they are up, also their own work."""
    up = run.namespace == installation.NAMESPACE and run.status.get("readyReplicas") and not _broken(run)
    if up and run.name == installation.REPORTS:
        return None if run.engine.asleep else (yield from scanning.scan(run))
    if up and run.name == installation.ADMISSION:
        yield from installation.controller(run)
    again = yield from workloads.reconcile(run)
    return 5.0 if run.name in {installation.REPORTS, installation.ADMISSION} and not up else again


def _broken(run: Run) -> bool:
    return replicas.broken(run.engine, run.obj)
