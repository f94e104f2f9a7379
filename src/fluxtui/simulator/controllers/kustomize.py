"""kustomize-controller: Kustomizations.

A run says Fetching, Building, Detecting drift and, with a health check, Running health checks, with Ready Unknown all
the while: a healthy object blinks at every interval, a failing one is Unknown for as long as its checks wait.
"""

import re
from typing import Any

from fluxtui.simulator.controllers import applying
from fluxtui.simulator.controllers.applying import Applied
from fluxtui.simulator.controllers.conditions import Object, drop, put, remember
from fluxtui.simulator.controllers.dependencies import ExpressionError, requeue, unmet
from fluxtui.simulator.controllers.engine import MOMENT, Engine, Run, Steps
from fluxtui.simulator.controllers.times import duration, seconds
from fluxtui.simulator.kyverno.admission import DeniedError
from fluxtui.simulator.shapes import as_list, as_map, dig, map_at, maps_at
from fluxtui.simulator.world import digest

CONTROLLER = "kustomize-controller"
_VARIABLE = re.compile(r"\$\{(\w+)\}")


def reconcile(run: Run) -> Steps:
    """One run of a Kustomization."""
    if run.spec.get("suspend"):
        return None
    yield MOMENT
    source = _source(run)
    revision: str = dig(source, "status", "artifact", "revision") or ""
    if not revision:
        return _no_artifact(run, source)
    try:
        waiting = unmet(run)
    except ExpressionError as bad:
        return _misconfigured(run, f"failed to evaluate dependency {run.name}: {bad}")
    if waiting:
        return _blocked(run, waiting, revision)
    attempt = Attempt(run, source or {}, revision)
    yield from attempt.steps()
    return attempt.again


def finalize(engine: Engine, obj: Object) -> None:
    """What deletes a Kustomization also deletes what it applied, when it prunes and is not suspended."""
    if obj["spec"].get("prune") and not obj["spec"].get("suspend"):
        applying.prune(engine, maps_at(obj, "status", "inventory", "entries"), [])


class Attempt:
    """One try at applying one revision."""

    def __init__(self, run: Run, source: Object, revision: str) -> None:
        self.run = run
        self.revision = revision
        self.origin = source["status"]["artifact"].get("metadata", {}).get("org.opencontainers.image.revision", "")
        self.url = source["spec"]["url"]
        self.timeout = seconds(run.spec.get("timeout", run.spec["interval"]))
        self.again = seconds(run.spec["interval"])
        self.digest = ""
        self.modelled = True
        """Whether the contents of the artifact are known; of others nothing can be said, so they are healthy."""
        self.annotations = {"kustomize.toolkit.fluxcd.io/revision": revision}
        if self.origin:
            self.annotations["kustomize.toolkit.fluxcd.io/originRevision"] = self.origin

    def steps(self) -> Steps:
        """The whole run; afterwards `again` is when the next one is due."""
        run = self.run
        run.drop("Stalled")
        self.say("Fetching manifests")
        yield MOMENT * 1.5
        self.say("Building manifests")
        yield MOMENT * 10
        if run.status.get("lastAttemptedRevision") != self.revision:
            run.status["lastAttemptedRevision"] = self.revision
            run.passing()
        fault = run.engine.failing.get(run.key)
        manifests = self.manifests()
        self.modelled = bool(manifests)
        self.digest = digest(f"{run.key} {self.revision} {len(manifests)} {fault}")
        if fault and fault[0] == "BuildFailed":
            return self.failed(*fault)
        self.say("Detecting drift")
        yield MOMENT * 2
        if fault:
            return self.failed(*fault)
        try:
            applied = self.apply(manifests)
        except DeniedError as denied:
            yield denied.waited
            return self.failed("ReconciliationFailed", denied.dry_run)
        if run.spec.get("wait"):
            yield from self.check(applied)
            return None
        return self.succeeded(applied)

    def say(self, doing: str) -> None:
        """The progress that the two conditions of a run tell."""
        run = self.run
        said = f"{doing} for revision {self.revision} with a timeout of {duration(self.timeout)}"
        run.put("Reconciling", "True", "Progressing", said)
        run.put("Ready", "Unknown", "Progressing", "Reconciliation in progress")
        if doing == "Running health checks":
            run.put("Healthy", "Unknown", "Progressing", said)
        run.passing()

    def manifests(self) -> list[Object]:
        """What the artifact holds under the path, with the variables filled in."""
        run = self.run
        tag, _, wanted = self.revision.partition("@")
        artifact = run.engine.world.peek(self.url, tag)
        if artifact is None or artifact.digest != wanted:
            artifact = run.memory.get("artifact", artifact)
        run.memory["artifact"] = artifact
        path = run.spec.get("path", "").removeprefix("./").strip("/")
        found: list[Object] = artifact.contents.get(path, []) if artifact else []
        values = _values(run)
        target = run.spec.get("targetNamespace", "")
        return [_filled(manifest, values, target) for manifest in found]

    def apply(self, manifests: list[Object]) -> Applied:
        """Applies and prunes; an artifact whose contents nobody modelled changes nothing."""
        run = self.run
        before = run.status.get("inventory", {}).get("entries", [])
        if not manifests:
            return Applied(before, [])
        labels = {
            "kustomize.toolkit.fluxcd.io/name": run.name,
            "kustomize.toolkit.fluxcd.io/namespace": run.namespace,
        }
        applied = applying.apply(run.engine, manifests, labels, "kustomize-controller")
        if run.spec.get("prune"):
            applied.lines += applying.prune(run.engine, before, applied.entries)
        if applied.lines:
            run.event("Normal", "Progressing", "\n".join(applied.lines), self.annotations)
        return applied

    def check(self, applied: Applied) -> Steps:
        """Waits until all that was applied is healthy, something has stalled, or the timeout is over."""
        run = self.run
        began = run.now
        watched = applied.entries if self.modelled else []
        self.say("Running health checks")
        yield MOMENT
        if run.status.get("inventory", {}).get("entries") != applied.entries:
            run.status["inventory"] = {"entries": applied.entries}
            run.passing()
            yield MOMENT
        while found := applying.unhealthy(run.engine, watched):
            stalled = {name: state for name, state in found.items() if state == "Failed"}
            waited = run.now - began
            if stalled or waited >= self.timeout:
                words = "failed early due to stalled resources" if stalled else "timeout waiting for"
                took = duration(waited + run.engine.random.uniform(0.005, 0.02))
                self.unhealthy(f"{words}: {applying.complaint(stalled or found)}", took)
                return
            yield min(2.0, self.timeout - waited)
        said = f"Health check passed in {duration(run.now - began + run.engine.random.uniform(0.008, 0.04))}"
        run.put("Healthy", "True", "Succeeded", said)
        run.passing()
        if applied.lines:
            run.event("Normal", "Progressing", said, self.annotations)
        yield MOMENT
        self.succeeded(applied)

    def unhealthy(self, waited_for: str, took: str) -> None:
        """Concludes with a health check that failed."""
        self.run.put("Healthy", "False", "HealthCheckFailed", waited_for)
        self.failed("HealthCheckFailed", f"health check failed after {took}: {waited_for}")

    def succeeded(self, applied: Applied) -> None:
        """Concludes with a revision that is applied."""
        run = self.run
        run.status["inventory"] = {"entries": applied.entries}
        run.drop("Reconciling")
        run.put("Ready", "True", "ReconciliationSucceeded", f"Applied revision: {self.revision}")
        if not run.spec.get("wait"):
            run.drop("Healthy")
        run.passing()
        run.status["lastAppliedRevision"] = self.revision
        if self.origin:
            run.status["lastAppliedOriginRevision"] = self.origin
        run.status["observedGeneration"] = run.generation
        run.handled()
        took = self.conclude("ReconciliationSucceeded")
        run.write()
        said = f"Reconciliation finished in {took}, next run in {duration(seconds(run.spec['interval']))}"
        run.event("Normal", "ReconciliationSucceeded", said, self.annotations)
        self.again = run.jittered(seconds(run.spec["interval"]))

    def failed(self, reason: str, message: str) -> None:
        """Concludes with a failure, which is retried."""
        run = self.run
        progress = next(c["message"] for c in run.status["conditions"] if c["type"] == "Reconciling")
        run.put("Reconciling", "True", "ProgressingWithRetry", progress)
        run.put("Ready", "False", reason, message)
        run.passing()
        run.handled()
        self.conclude(reason)
        run.status["observedGeneration"] = run.generation
        run.write()
        run.event("Warning", reason, message, self.annotations)
        self.again = seconds(run.spec.get("retryInterval", run.spec["interval"]))

    def conclude(self, outcome: str) -> str:
        """Counts the run in the history; how long it took."""
        run = self.run
        took = duration(run.took())
        metadata = {"revision": self.revision} | ({"originRevision": self.origin} if self.origin else {})
        remember(run.status, run.now, took, self.digest, outcome, metadata)
        return took


def _source(run: Run) -> Object | None:
    reference = run.spec["sourceRef"]
    return run.engine.storage.get(reference["kind"], reference.get("namespace", run.namespace), reference["name"])


def _no_artifact(run: Run, source: Object | None) -> float:
    reference, again = run.spec["sourceRef"], requeue(run, CONTROLLER)
    said = f"Source artifact not found, retrying in {duration(again)}"
    if source is None:
        group = "source.toolkit.fluxcd.io"
        said = f'{reference["kind"]}.{group} "{reference["name"]}" not found'
    run.put("Ready", "False", "ArtifactFailed", said)
    run.handled()
    run.write()
    return again


def _blocked(run: Run, waiting: str, revision: str) -> float:
    status = run.status
    drop(status, "Reconciling", "Stalled")
    put(status, run.now, run.generation, "Ready", "False", "DependencyNotReady", waiting)
    run.handled()
    run.write()
    again = requeue(run, CONTROLLER)
    said = f"Dependencies do not meet ready condition, retrying in {duration(again)}"
    run.event("Normal", "DependencyNotReady", said, {"kustomize.toolkit.fluxcd.io/revision": revision})
    return again


def _misconfigured(run: Run, detail: str) -> None:
    said = f"Reconciliation failed terminally due to configuration error: terminal error: {detail}"
    run.drop("Reconciling")
    run.put("Stalled", "True", "InvalidCELExpression", said)
    run.put("Ready", "False", "InvalidCELExpression", said)
    run.status["observedGeneration"] = run.generation
    run.write()


def _values(run: Run) -> dict[str, str]:
    values: dict[str, str] = dict(map_at(run.spec, "postBuild", "substitute"))
    for reference in maps_at(run.spec, "postBuild", "substituteFrom"):
        found = run.engine.storage.get(reference["kind"], run.namespace, reference["name"])
        values |= map_at(found, "data")
    return values


def _filled(manifest: Object, values: dict[str, str], target: str) -> Object:
    filled: Object = _substitute(manifest, values)
    if target and manifest["kind"] not in applying.CLUSTER_SCOPED:
        filled = filled | {"metadata": {"namespace": target} | filled["metadata"]}
    return filled


def _substitute(part: Any, values: dict[str, str]) -> Any:
    if isinstance(part, str):
        return _VARIABLE.sub(lambda found: values.get(found[1], ""), part) if "${" in part else part
    mapping, several = as_map(part), as_list(part)
    if mapping is not None:
        return {key: _substitute(value, values) for key, value in mapping.items()}
    return part if several is None else [_substitute(value, values) for value in several]
