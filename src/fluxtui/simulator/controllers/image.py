"""image-reflector-controller and image-automation-controller: tags are scanned, policies choose, commits are pushed."""

from fluxtui.simulator.controllers.engine import MOMENT, Run, Steps
from fluxtui.simulator.controllers.times import seconds, stamp
from fluxtui.simulator.shapes import map_at
from fluxtui.simulator.world import PullError, commit, matches


def repository(run: Run) -> Steps:
    """One scan of an ImageRepository."""
    if run.spec.get("suspend"):
        return None
    yield MOMENT * 10
    image = run.spec["image"]
    try:
        tags = run.engine.world.tags(f"oci://{image}")
    except PullError as away:
        said = f"scan failed: {away}"
        run.put("Ready", "False", "ReadOperationFailed", said)
        run.handled()
        run.write()
        run.event("Warning", "ReadOperationFailed", said)
        return 30.0
    run.memory["tags"] = tags
    said = f"successful scan: found {len(tags)} tags"
    run.put("Ready", "True", "Succeeded", said)
    run.status["canonicalImageName"] = image
    run.status["lastScanResult"] = {
        "latestTags": list(reversed(tags))[:10],
        "scanTime": stamp(run.now),
        "tagCount": len(tags),
    }
    run.status["observedGeneration"] = run.generation
    run.handled()
    run.write()
    run.event("Normal", "Succeeded", said)
    return run.jittered(seconds(run.spec.get("interval", "10m")))


def policy(run: Run) -> Steps:
    """One choice of an ImagePolicy."""
    if run.spec.get("suspend"):
        return None
    yield MOMENT
    reference = run.spec["imageRepositoryRef"]
    source = run.engine.storage.get("ImageRepository", reference.get("namespace", run.namespace), reference["name"])
    scanned = map_at(source, "status", "lastScanResult")
    if source is None or not scanned:
        run.put("Ready", "False", "DependencyNotReady", f"image repository '{reference['name']}' has not been scanned")
        run.write()
        return 10.0
    image, wanted = source["spec"]["image"], run.spec["policy"]["semver"]["range"]
    key = ("ImageRepository", source["metadata"]["namespace"], source["metadata"]["name"])
    tags: list[str] = run.engine.memory.get(key, {}).get("tags", [])
    fitting = [tag for tag in tags if matches(tag, wanted)]
    chosen = {"name": image, "tag": fitting[-1]} if fitting else {"name": image, "tag": ""}
    before = run.status.get("latestRef")
    if before != chosen:
        if before:
            run.status["observedPreviousRef"] = before
        run.status["latestRef"] = chosen
        run.event("Normal", "Succeeded", f"Latest image tag for {image} resolved to {chosen['tag']}")
    run.put("Ready", "True", "Succeeded", f"Latest image tag for {image} resolved to {chosen['tag']}")
    run.status["observedGeneration"] = run.generation
    run.write()
    return 60.0


def automation(run: Run) -> Steps:
    """One run of an ImageUpdateAutomation: a policy that chose something new since leads to a commit."""
    if run.spec.get("suspend"):
        return None
    yield MOMENT * 30
    policies = {
        item["metadata"]["name"]: map_at(item, "status", "latestRef")
        for item in run.engine.storage.list("ImagePolicy", run.namespace)
    }
    chosen = {name: ref for name, ref in policies.items() if ref}
    observed = run.status.get("observedPolicies")
    branch = run.spec["git"].get("push", {}).get("branch", "main")
    if observed is not None and observed != chosen:
        made = commit(f"{run.key} {sorted((name, ref['tag']) for name, ref in chosen.items())}")
        run.status["lastPushCommit"] = made
        run.status["lastPushTime"] = stamp(run.now)
        run.event("Normal", "Succeeded", f"pushed commit '{made[:7]}' to branch '{branch}'\nAutomated image update")
    run.status["observedPolicies"] = chosen
    run.status["lastAutomationRunTime"] = stamp(run.now)
    pushed: str = run.status.get("lastPushCommit", "")
    said = f"repository up-to-date; last pushed commit '{pushed}'" if pushed else "repository up-to-date"
    run.put("Ready", "True", "Succeeded", said)
    run.status["observedGeneration"] = run.generation
    run.handled()
    run.write()
    return run.jittered(seconds(run.spec.get("interval", "30m")))
