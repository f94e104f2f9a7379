"""How a fleet begins: everything pushed once, then each cluster created as a bootstrap creates it."""

from fluxtui.simulator.controllers.engine import FORCED, REQUESTED, Engine
from fluxtui.simulator.controllers.times import stamp
from fluxtui.simulator.fleet import clusters, legacy, repositories
from fluxtui.simulator.fleet.clusters import RELEASES, Cluster
from fluxtui.simulator.fleet.repositories import APPS, FLEET, GIT, INFRA, PLATFORM
from fluxtui.simulator.kyverno import installation
from fluxtui.simulator.world import World

DAY = 86400.0
TAGS = ("latest", "latest-stable")
APPROVED = {"frontend": "v1.8.1", "backend": "v1.9.4"}
"""The tenants' versions that production runs at the beginning."""

Windows = dict[str, list[dict[str, str]]]


def publish(world: World, fleet: list[Cluster], windows: Windows, at: float) -> None:
    """Fills the registries as they were when the fleet was founded."""
    repositories.publish_charts(world, at)
    facts = repositories.components()
    for name in (*facts["infra"], *facts["layers"]):
        made = repositories.infra(name, repositories.FIRST, at - DAY)
        for tag in TAGS:
            world.push(f"{INFRA}/{name}", tag, made)
    for name in facts["apps"]:
        made = repositories.apps(name, repositories.FIRST, at - DAY)
        for tag in ("latest", APPROVED[name]):
            world.push(f"{APPS}/{name}", tag, made)
    world.push(PLATFORM + "/platform", "latest", repositories.platform(repositories.FIRST, at - DAY))
    operated = [cluster for cluster in fleet if cluster.operated]
    directories = {cluster.directory: clusters.directory(cluster, windows) for cluster in operated}
    for tag in TAGS:
        world.push(FLEET, tag, repositories.fleet(repositories.FIRST, at - DAY, directories))
    for group in facts["images"]:
        world.push(f"{GIT}/d2-{group}", "main", repositories.update_policies(group, repositories.FIRST, at - DAY))
    for cluster in fleet:
        if not cluster.operated:
            legacy.publish(world, repositories.FIRST, at - DAY, flux=cluster.flux)
    for environment in repositories.ENVIRONMENTS:
        approve(world, environment, {} if environment == "production" else dict.fromkeys(APPROVED, "latest"))


def approve(world: World, environment: str, versions: dict[str, str]) -> None:
    """Lets the release service offer these versions of the tenants' applications in an environment."""
    workflow, ref = (
        ("release-artifact", "refs/tags/.*") if environment == "production" else ("push-artifact", "refs/heads/main")
    )
    url = f"{RELEASES}/apps/{environment}"
    before = {item["tenant"]: item["tag"] for item in world.services.get(url, ())}
    world.services[url] = [
        {
            "tenant": tenant,
            "tag": (APPROVED | before | versions)[tenant],
            "environment": environment,
            "artifactSubjectWorkflow": workflow,
            "artifactSubjectGitRef": ref,
        }
        for tenant in APPROVED
    ]
    world.services.setdefault(f"{RELEASES}/infra/{environment}", [{"tag": "2026.10", "environment": environment}])


def bootstrap(engine: Engine, cluster: Cluster) -> None:
    """Creates what a bootstrap creates, makes providers look regardless of windows, and plays until all has settled."""
    for item in clusters.seeds(cluster):
        engine.storage.create(item)
    engine.settle()
    asked = stamp(engine.now)
    for provider in engine.storage.list("ResourceSetInputProvider"):
        key = ("ResourceSetInputProvider", "flux-system", provider["metadata"]["name"])
        engine.storage.merge(key, {"metadata": {"annotations": {REQUESTED: asked, FORCED: asked}}}, "flux")
    engine.settle()


def litter(engine: Engine, cluster: Cluster) -> None:
    """What lies about in a namespace that people work in: an object that was taken out of Git and kept by an
    annotation, one whose Kustomization is gone, and one that somebody made in a hurry.
    """
    for item, manager in clusters.leftovers(cluster):
        if engine.storage.get("Namespace", "", item["metadata"]["namespace"]) is not None:
            engine.storage.create(item, manager)


def awaken(engine: Engine, cluster: Cluster, founded: float) -> None:
    """Starts the background work: the operator's report, which was there from the beginning, and the scans."""
    engine.asleep = False
    if cluster.operated:
        made = clusters.report(cluster)
        made["metadata"]["creationTimestamp"] = stamp(founded)
        engine.storage.create(made)
    engine.enqueue(("Deployment", installation.NAMESPACE, installation.REPORTS))
