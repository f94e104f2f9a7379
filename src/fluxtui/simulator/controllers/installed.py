"""All controllers, by the kinds that they reconcile."""

from fluxtui.simulator.controllers import (
    helm,
    image,
    instance,
    kustomize,
    kyverno,
    provider,
    replicas,
    report,
    resourceset,
    sources,
    workloads,
)
from fluxtui.simulator.controllers.engine import Clock, Engine, Run, Steps
from fluxtui.simulator.controllers.storage import ClusterStorage
from fluxtui.simulator.objects import Objects
from fluxtui.simulator.world import World

SCANNER = "kyverno-reports-controller"


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
        },
        (sources.dependents, resourceset.readers, kyverno.orphans, replicas.keep),
        {
            "Kustomization": kustomize.finalize,
            "HelmRelease": helm.finalize,
            "ResourceSet": resourceset.finalize,
            "FluxInstance": instance.finalize,
        },
    )
    return engine


def deployment(run: Run) -> Steps:
    """A rollout; of Kyverno's reports controller, when it is up, also its background scans."""
    if run.name == SCANNER and run.status.get("readyReplicas"):
        return None if run.engine.asleep else (yield from kyverno.scan(run))
    again = yield from workloads.reconcile(run)
    return 5.0 if run.name == SCANNER else again
