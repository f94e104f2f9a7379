"""source-controller: OCIRepository, GitRepository, HelmRepository and HelmChart.

A source that is up to date writes nothing; one that finds a new revision is Unknown for a moment; one that fails keeps
its last artifact and is retried with the workqueue's backoff. A signature is only judged when the revision is new, the
generation is, or the last run failed.
"""

from collections.abc import Iterable

from fluxtui.simulator.controllers.conditions import Object, find, is_true
from fluxtui.simulator.controllers.engine import FORCED, MOMENT, REQUESTED, Engine, Key, Run, Steps
from fluxtui.simulator.controllers.times import seconds, stamp
from fluxtui.simulator.shapes import dig, map_at
from fluxtui.simulator.world import Artifact, PullError, digest

BACKOFF_FIRST, BACKOFF_LAST = 0.75, 300.0
ARTIFACTS = "http://source-controller.flux-system.svc.cluster.local./"
CREATED = "org.opencontainers.image.created"
REVISION = "org.opencontainers.image.revision"
SOURCE = "org.opencontainers.image.source"


def oci(run: Run) -> Steps:
    """One run of an OCIRepository."""
    if run.spec.get("suspend"):
        return None
    fresh = run.status.get("observedGeneration") != run.generation
    failed = not is_true(run.status, "Ready")
    url, ref = run.spec["url"], map_at(run.spec, "ref")
    if fresh or run.annotation(REQUESTED) != run.status.get("lastHandledReconcileAt", ""):
        _begin(run)
        yield MOMENT * 2
        if fresh:
            run.put("Reconciling", "True", "Progressing", "building artifact")
            run.put("Ready", "Unknown", "Progressing", "building artifact")
            run.passing()
            yield MOMENT * 2
    try:
        _fault(run)
        tag, found = run.engine.world.resolve(url, ref)
    except PullError as away:
        return _failed(run, away.reason, str(away), fetch=True)
    revision = f"{tag}@{found.digest}"
    outdated = revision != _revision(run)
    if outdated:
        _news(run, f"new revision '{revision}' for '{url.partition('://')[2]}:{tag}'")
    if run.spec.get("verify") and (outdated or fresh or failed):
        refused = _verify(run, found)
        if outdated:
            run.passing()
            yield MOMENT * 3
        if refused:
            return _failed(run, "VerificationError", refused, fetch=False)
    elif outdated:
        run.passing()
        yield MOMENT * 2
    return _stored(run, revision, found, f"stored artifact for digest '{revision}'", "Succeeded")


def git(run: Run) -> Steps:
    """One run of a GitRepository."""
    if run.spec.get("suspend"):
        return None
    url, branch = run.spec["url"], map_at(run.spec, "ref").get("branch", "master")
    if run.status.get("observedGeneration") != run.generation:
        _begin(run)
        yield MOMENT
    yield MOMENT * 20
    try:
        _fault(run)
        head = run.engine.world.checkout(url, branch)
    except PullError as away:
        return _failed(run, away.reason, str(away), fetch=True)
    revision = f"{branch}@{head.digest}"
    if revision != _revision(run):
        _news(run, f"new upstream revision '{revision}'")
        run.passing()
        yield MOMENT * 2
    return _stored(run, revision, head, f"stored artifact for revision '{revision}'", "Succeeded")


def helm_repository(run: Run) -> Steps:
    """One run of a HelmRepository: those of type ``oci`` have no status at all."""
    yield 0.0
    if run.spec.get("suspend") or run.spec.get("type") == "oci":
        return None
    host = run.spec["url"].partition("://")[2].partition("/")[0]
    if host in run.engine.world.down:
        index = run.spec["url"].rstrip("/") + "/index.yaml"
        detail = f'Get "{index}": dial tcp: lookup {host} on 10.96.0.10:53: no such host'
        said = f"failed to fetch Helm repository index: failed to cache index to temporary file: {detail}"
        return _failed(run, "Failed", said, fetch=True)
    index = Artifact(digest=digest(run.spec["url"]), size=182_340)
    revision = index.digest
    return _stored(run, revision, index, f"stored artifact: revision '{revision}'", "Succeeded")


def helm_chart(run: Run) -> Steps:
    """One run of a HelmChart on a HelmRepository of type ``oci``."""
    if run.spec.get("suspend"):
        return None
    source = run.engine.storage.get("HelmRepository", run.namespace, run.spec["sourceRef"]["name"])
    yield MOMENT * 4
    if source is None:
        name = run.spec["sourceRef"]["name"]
        return _failed(run, "SourceUnavailable", f"failed to get source: HelmRepository '{name}' not found", fetch=True)
    chart, url = run.spec["chart"], source["spec"]["url"].rstrip("/")
    try:
        _fault(run)
        tag, found = run.engine.world.resolve(f"{url}/{chart}", {"semver": run.spec.get("version", "*")})
    except PullError as away:
        detail = str(away).partition(": ")[2]
        pull = f'could not get tags for "{chart}": could not fetch tags for "{url}/{chart}": {detail}'
        said = f"chart pull error: failed to get chart version for remote reference: {pull}"
        return _failed(run, "ChartPullError", said, fetch=True)
    version = found.version or tag  # the chart's own, which its tag may write with a v
    said = f"pulled '{chart}' chart with version '{version}'"
    return _stored(run, version, found, said, "ChartPullSucceeded")


def dependents(engine: Engine, event: str, obj: Object) -> Iterable[Key]:
    """What is reconciled when a source has a new artifact: the Kustomizations and HelmReleases on it."""
    kind = obj["kind"]
    if kind not in KINDS or event == "DELETED":
        return
    metadata = obj["metadata"]
    key = (kind, metadata["namespace"], metadata["name"])
    revision: str = dig(obj, "status", "artifact", "revision") or ""
    memory = engine.memory.setdefault(key, {})
    if not revision or memory.get("announced") == revision:
        return
    memory["announced"] = revision
    for user in ("Kustomization", "HelmRelease"):
        for other in engine.storage.list(user):
            reference = map_at(other, "spec", "sourceRef") or map_at(other, "spec", "chartRef")
            namespace = other["metadata"]["namespace"]
            if (reference.get("kind"), reference.get("namespace", namespace), reference.get("name")) == key:
                yield user, namespace, other["metadata"]["name"]


KINDS = {"OCIRepository": oci, "GitRepository": git, "HelmRepository": helm_repository, "HelmChart": helm_chart}


def _fault(run: Run) -> None:
    fault = run.engine.failing.get(run.key)
    if fault is not None:
        raise PullError(*fault)


def _revision(run: Run) -> str:
    return run.status.get("artifact", {}).get("revision", "")


def _begin(run: Run) -> None:
    """The first update of a run: of a new generation it says so, of a request it leaves Ready alone."""
    if run.status.get("observedGeneration") != run.generation:
        said = f"processing object: new generation {run.status.get('observedGeneration', -1)} -> {run.generation}"
        run.put("Reconciling", "True", "Progressing", said)
        if find(run.status, "Ready") is None:
            run.put("Ready", "Unknown", "Progressing", said)
    else:
        run.put("Reconciling", "True", "Progressing", "reconciliation in progress")
    run.passing()


def _news(run: Run, what: str) -> None:
    run.put("Reconciling", "True", "Progressing", f"building artifact: {what}")
    run.put("Ready", "Unknown", "Progressing", f"building artifact: {what}")
    if _revision(run):
        run.put("ArtifactOutdated", "True", "NewRevision", what)


def _verify(run: Run, found: Artifact) -> str:
    """Judges the signature; why it is refused, or an empty text."""
    verify = run.spec["verify"]
    provider = "cosign" if verify.get("secretRef") else "cosign keyless"
    if found.unsigned:
        said = f"failed to verify the signature using provider '{provider}': {found.unsigned}"
        run.put("SourceVerified", "False", "VerificationError", said)
        return said
    digest_said = f"verified signature of revision {_tagged(run, found)}"
    run.put("SourceVerified", "True", "Succeeded", digest_said)
    return ""


def _tagged(run: Run, found: Artifact) -> str:
    return f"{(run.spec.get('ref') or {}).get('tag', 'latest')}@{found.digest}"


def _failed(run: Run, reason: str, said: str, *, fetch: bool) -> float:
    if not is_true(run.status, "Reconciling"):
        run.put("Reconciling", "True", "Progressing", "reconciliation in progress")
    progress = find(run.status, "Reconciling") or {}
    run.put("Reconciling", "True", "ProgressingWithRetry", progress.get("message", "reconciliation in progress"))
    run.put("Ready", "False", reason, said)
    if fetch:
        run.put("FetchFailed", "True", reason, said)
    run.handled()
    run.write()
    run.event("Warning", reason, said)
    retry = run.memory.get("retry", BACKOFF_FIRST)
    run.memory["retry"] = min(retry * 2, BACKOFF_LAST)
    return retry


def _stored(run: Run, revision: str, found: Artifact, said: str, reason: str) -> float:
    run.memory.pop("retry", None)
    known, was_failing = _revision(run), find(run.status, "FetchFailed") is not None
    run.drop("Reconciling", "FetchFailed", "ArtifactOutdated", "Stalled")
    run.put("Ready", "True", reason, said)
    if known != revision:
        _keep(run, revision, found)
        run.put("ArtifactInStorage", "True", reason, said)
    run.handled()
    run.status["observedGeneration"] = run.generation
    run.write()
    _tell(run, revision, found, known, was_failing)
    return run.jittered(seconds(run.spec.get("interval", "1m")))


def _keep(run: Run, revision: str, found: Artifact) -> None:
    kind = run.key[0].lower()
    name = revision.rpartition("@")[2] or revision
    path = f"{kind}/{run.namespace}/{run.name}/{name.rpartition(':')[2]}.tar.gz"
    artifact: Object = {
        "digest": digest(f"tarball of {revision}"),
        "lastUpdateTime": stamp(run.now),
        "path": path,
        "revision": revision,
        "size": found.size,
        "url": ARTIFACTS + path,
    }
    if run.key[0] == "OCIRepository" and found.origin:
        artifact["metadata"] = {CREATED: stamp(found.created), REVISION: found.origin, SOURCE: found.source}
    run.status["artifact"] = artifact
    run.status["url"] = f"{ARTIFACTS}{kind}/{run.namespace}/{run.name}/latest.tar.gz"


def _tell(run: Run, revision: str, found: Artifact, known: str, was_failing: bool) -> None:
    url = run.spec.get("url", "")
    if run.key[0] == "HelmChart" and known != revision:
        run.event("Normal", "ChartPullSucceeded", f"pulled '{run.spec['chart']}' chart with version '{revision}'")
        return
    if known == revision and not was_failing:
        run.event("Normal", "ArtifactUpToDate", f"artifact up-to-date with remote revision: '{revision}'")
        return
    origin = f", origin source '{found.source}', origin revision '{found.origin}'" if found.origin else ""
    reason = "Succeeded" if known == revision else "NewArtifact"
    run.event("Normal", reason, f"stored artifact with revision '{revision}' from '{url}'{origin}")


def force_requested(run: Run, handled: str) -> bool:
    """Whether forceAt asks for something and was not honoured yet: it must equal the request and counts once."""
    force = run.annotation(FORCED)
    return bool(force) and force == run.annotation(REQUESTED) and run.status.get(handled) != force
