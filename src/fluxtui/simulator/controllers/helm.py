"""helm-controller: HelmReleases.

A run that changes nothing only blinks Reconciling. An upgrade that fails is Ready=False with the action's reason, then
is rolled back when the remediation says so (Ready=False/RollbackSucceeded: a failure named success) and tried again
until the retries are used up: then the release is Stalled with RetriesExceeded, and stays so until its chart, values
or generation change, or a reset is asked for.
"""

from collections.abc import Generator

from fluxtui.simulator.controllers import applying
from fluxtui.simulator.controllers.conditions import Object, find, is_true
from fluxtui.simulator.controllers.dependencies import ExpressionError, requeue, unmet
from fluxtui.simulator.controllers.engine import MOMENT, RESET, Engine, Run, Steps
from fluxtui.simulator.controllers.sources import force_requested
from fluxtui.simulator.controllers.times import duration, seconds, stamp
from fluxtui.simulator.kyverno.admission import DeniedError
from fluxtui.simulator.shapes import dig, map_at, maps_at
from fluxtui.simulator.world import Artifact, digest

CONTROLLER = "helm-controller"
FULFILLING = "Fulfilling prerequisites"
HISTORY = 5


def reconcile(run: Run) -> Steps:
    """One run of a HelmRelease."""
    if run.spec.get("suspend"):
        return None
    run.put("Reconciling", "True", "Progressing", FULFILLING)
    run.passing()
    yield MOMENT
    try:
        waiting = unmet(run)
    except ExpressionError as bad:
        return _stalled(run, "InvalidCELExpression", str(bad))
    if waiting:
        return _waits(run, "DependencyNotReady", waiting)
    source, kind, name = _chart(run)
    revision: str = dig(source, "status", "artifact", "revision") or ""
    if source is None or not revision:
        missing = f"{kind} '{name}' is not ready: latest generation of object has not been reconciled"
        return _waits(run, "SourceNotReady", missing)
    chart = _artifact(run, source, revision)
    if chart is None:
        return _waits(run, "SourceNotReady", f"{kind} '{name}' is not ready: waiting for the artifact")
    release = Release(run, chart, revision)
    yield from release.steps()
    return release.again


def finalize(engine: Engine, obj: Object) -> None:
    """Uninstalls: the last status says so, and what the chart made goes."""
    metadata, status = obj["metadata"], dict(obj.get("status") or {})
    history = status.get("history") or ()
    if history and not obj["spec"].get("suspend"):
        last = history[0]
        run = Run(engine, ("HelmRelease", metadata["namespace"], metadata["name"]), obj)
        said = f"Helm uninstall succeeded for release {_named(last)} with chart {_charted(last)}"
        run.put("Ready", "False", "UninstallSucceeded", said)
        run.put("Released", "False", "UninstallSucceeded", said)
        run.write()
        run.event("Normal", "UninstallSucceeded", said)
    applying.prune(engine, status.get("inventory", {}).get("entries", []), [])


class Release:
    """One run of a release with a chart at hand."""

    def __init__(self, run: Run, chart: Artifact, revision: str) -> None:
        self.run = run
        self.chart = chart
        tag = revision.partition("@")[0].removeprefix("v") or chart.version
        oci = bool(run.spec.get("chartRef"))
        self.version = f"{tag}+{chart.digest.removeprefix('sha256:')[:12]}" if oci else chart.version
        self.timeout = seconds(run.spec.get("timeout", "5m"))
        self.again = run.jittered(seconds(run.spec["interval"]))
        self.config = digest(repr(run.spec.get("values")) + "".join(_given(run)))
        self.release = run.spec.get("releaseName", run.name)

    def steps(self) -> Steps:
        """Decides what is to be done, does it, and repeats it as often as the retries say."""
        run = self.run
        history: list[Object] = list(run.status.get("history") or ())
        forced = force_requested(run, "lastHandledForceAt")
        if self.reset_asked() or self.changed():
            for counter in ("failures", "installFailures", "upgradeFailures"):
                run.status.pop(counter, None)
            run.drop("Stalled")
        elif is_true(run.status, "Stalled") and not forced:
            return self.stay_stalled()
        elif history and history[0]["status"] == "deployed" and is_true(run.status, "Released") and not forced:
            return self.unchanged()
        if forced:
            run.status["lastHandledForceAt"] = run.annotation("reconcile.fluxcd.io/forceAt")
        while (yield from self.attempt()):
            run.put("Reconciling", "True", "Progressing", FULFILLING)
            run.passing()
            yield MOMENT
        return None

    def changed(self) -> bool:
        """Whether chart, values or generation differ from what was last attempted."""
        status = self.run.status
        attempted = (status.get("lastAttemptedRevision"), status.get("lastAttemptedConfigDigest"))
        return attempted != (self.version, self.config) or (
            status.get("lastAttemptedGeneration") != self.run.generation and is_true(status, "Stalled")
        )

    def reset_asked(self) -> bool:
        """Whether resetAt asks for the failure counts to start anew."""
        asked = self.run.annotation(RESET)
        if not asked or self.run.status.get("lastHandledResetAt") == asked:
            return False
        self.run.status["lastHandledResetAt"] = asked
        return True

    def unchanged(self) -> None:
        """The usual run: nothing to do but to correct drift."""
        run = self.run
        run.drop("Reconciling")
        released = find(run.status, "Released") or {}
        run.put("Ready", "True", released["reason"], released["message"])
        self.drift()
        self.finish()

    def stay_stalled(self) -> None:
        """Retries are used up: the run only says so again."""
        run = self.run
        run.drop("Reconciling", "Stalled")
        self.exhausted()
        self.finish()

    def attempt(self) -> Generator[float, None, bool]:
        """One install or upgrade; True when it failed and is to be tried again at once."""
        run = self.run
        history: list[Object] = list(run.status.get("history") or ())
        action = "upgrade" if any(item["status"] in {"deployed", "superseded"} for item in history) else "install"
        self.announce(action)
        yield MOMENT
        self.note_attempt(action)
        run.passing()
        began = run.now
        try:
            applied = applying.apply(run.engine, self.manifests(), self.labels(), "helm-controller")
        except DeniedError as denied:
            yield denied.waited
            before: list[dict[str, str]] = run.status.get("inventory", {}).get("entries", [])
            version = history[0]["version"] + 1 if history else 1
            return (yield from self.failed(action, version, denied.by_helm, before))
        fault = run.engine.failing.get(run.key)
        found = applying.unhealthy(run.engine, applied.entries)
        while found and run.now - began < self.timeout and not fault:
            yield min(1.0, self.timeout - (run.now - began))
            found = applying.unhealthy(run.engine, applied.entries)
        yield MOMENT * 15
        run.status["lastAttemptedReleaseActionDuration"] = duration(run.now - began)
        version = history[0]["version"] + 1 if history else 1
        if found or fault:
            why = fault[1] if fault else f"timeout waiting for: {applying.complaint(found)}"
            return (yield from self.failed(action, version, why, applied.entries))
        applying.prune(run.engine, run.status.get("inventory", {}).get("entries", []), applied.entries)
        self.succeeded(action, version, applied.entries)
        return False

    def announce(self, action: str) -> None:
        """What is running, on both conditions; a rollback leaves Ready at the failure that it answers."""
        said = f"Running '{action}' action with timeout of {duration(self.timeout)}"
        self.run.put("Reconciling", "True", "Progressing", said)
        if action != "rollback":
            self.run.put("Ready", "Unknown", "Progressing", said)
        self.run.passing()

    def note_attempt(self, action: str) -> None:
        """Writes down what is being tried."""
        status = self.run.status
        status["lastAttemptedConfigDigest"] = self.config
        status["lastAttemptedGeneration"] = self.run.generation
        status["lastAttemptedReleaseAction"] = action
        status["lastAttemptedRevision"] = self.version
        if "+" in self.version:
            status["lastAttemptedRevisionDigest"] = self.chart.digest
        else:
            status["helmChart"] = f"{self.run.namespace}/{self.run.namespace}-{self.run.name}"
        status["storageNamespace"] = self.run.namespace

    def succeeded(self, action: str, version: int, entries: list[dict[str, str]]) -> None:
        """Concludes with a release that is deployed."""
        run = self.run
        self.remember(action, version, "deployed")
        run.status["inventory"] = {"entries": entries}
        for counter in ("failures", "installFailures", "upgradeFailures"):
            run.status.pop(counter, None)
        last = run.status["history"][0]
        reason = f"{action.capitalize()}Succeeded"
        said = f"Helm {action} succeeded for release {_named(last)} with chart {_charted(last)}"
        run.drop("Remediated", "Stalled")
        run.put("Ready", "True", reason, said)
        run.put("Released", "True", reason, said)
        run.passing()
        run.drop("Reconciling")
        self.drift()
        self.finish()
        run.event("Normal", reason, said, self.annotations())

    def failed(
        self, action: str, version: int, why: str, entries: list[dict[str, str]]
    ) -> Generator[float, None, bool]:
        """Concludes an attempt with a failure; True when another one follows."""
        run = self.run
        reason = f"{action.capitalize()}Failed"
        release = f"{run.namespace}/{self.release}"
        said = f"Helm {action} failed for release {release} with chart {self.chart.chart}@{self.version}: {why}"
        run.drop("Remediated")
        run.put("Ready", "False", reason, said)
        run.put("Released", "False", reason, said)
        run.passing()
        self.remember(action, version, "failed")
        run.status["inventory"] = {"entries": entries}
        counter = f"{action}Failures"
        run.status["failures"] = run.status.get("failures", 0) + 1
        run.status[counter] = run.status.get(counter, 0) + 1
        run.write()
        run.event("Warning", reason, f"{said}\n\nLast Helm logs:\n\n{stamp(run.now)}: {why}", self.annotations())
        yield MOMENT
        strategy = run.spec.get(action, {}).get("strategy", {})
        if strategy.get("name") == "RetryOnFailure":
            return self.retry_later(strategy)
        remediation = run.spec.get(action, {}).get("remediation", {})
        retries = remediation.get("retries", 0)
        left = retries < 0 or run.status[counter] <= retries
        if (left or remediation.get("remediateLastFailure", retries > 0)) and action == "upgrade":
            yield from self.roll_back()
        if left:
            run.put("Reconciling", "True", "ProgressingWithRetry", (find(run.status, "Ready") or {})["message"])
            run.write()
            yield 10.0
            return True
        run.drop("Reconciling")
        self.exhausted()
        self.finish()
        return False

    def retry_later(self, strategy: dict[str, str]) -> bool:
        """The strategy RetryOnFailure neither remediates nor gives up."""
        run = self.run
        run.put("Reconciling", "True", "ProgressingWithRetry", "retrying after failure")
        self.finish()
        run.status.pop("observedGeneration", None)
        self.again = seconds(strategy.get("retryInterval", "5m"))
        return False

    def roll_back(self) -> Steps:
        """Goes back to the release before: what the history then says is a rollback that is deployed."""
        run = self.run
        history: list[Object] = run.status["history"]
        previous = next((item for item in history[1:] if item["status"] != "failed"), None)
        if previous is None:
            return None
        self.announce("rollback")
        try:
            applying.apply(run.engine, self.manifests(previous["chartVersion"]), self.labels(), "helm-controller")
        except DeniedError as denied:
            said = f"Helm rollback to previous release {_named(previous)} with chart {_charted(previous)} failed"
            run.put("Ready", "False", "RollbackFailed", f"{said}: {denied.by_helm}")
            run.put("Remediated", "False", "RollbackFailed", f"{said}: {denied.by_helm}")
            return None
        yield MOMENT * 20
        said = f"Helm rollback to previous release {_named(previous)} with chart {_charted(previous)} succeeded"
        run.put("Ready", "False", "RollbackSucceeded", said)
        run.put("Remediated", "True", "RollbackSucceeded", said)
        fresh = previous | {"action": "rollback", "lastDeployed": stamp(run.now), "status": "deployed"}
        fresh |= {"version": history[0]["version"] + 1, "digest": digest(f"{run.key} {history[0]['version'] + 1}")}
        fresh.pop("ociDigest", None)
        run.status["history"] = [fresh, *history][:HISTORY]
        run.event("Normal", "RollbackSucceeded", said, self.annotations())
        return None

    def exhausted(self) -> None:
        """The retries are used up."""
        run = self.run
        action = run.status.get("lastAttemptedReleaseAction", "upgrade")
        tries = run.status.get(f"{action}Failures", 1)
        run.put("Stalled", "True", "RetriesExceeded", f"Failed to {action} after {tries} attempt(s)")

    def drift(self) -> None:
        """Looks for drift where that is enabled, and corrects it."""
        run = self.run
        if run.spec.get("driftDetection", {}).get("mode") not in {"enabled", "warn"}:
            run.drop("Drifted")
            return
        try:
            applied = applying.apply(run.engine, self.manifests(), self.labels(), "helm-controller")
        except DeniedError as denied:
            said = f"Could not determine release state: unable to determine cluster state: {denied.by_helm}"
            run.put("Ready", "False", "StateError", said)
            return
        if applied.lines:
            drifted = [line.partition(" ")[0] for line in applied.lines]
            said = f"Cluster state of release {run.namespace}/{self.release} has drifted from the desired state:\n"
            run.event("Warning", "DriftDetected", said + "\n".join(f"{name} changed" for name in drifted))
            run.event("Normal", "DriftCorrected", "Cluster state has been corrected:\n" + "\n".join(applied.lines))
        run.put("Drifted", "False", "NoDriftDetected", "No drift detected against the cluster state")

    def finish(self) -> None:
        """The last write of a run."""
        self.run.status["observedGeneration"] = self.run.generation
        self.run.handled()
        self.run.write()

    def remember(self, action: str, version: int, outcome: str) -> None:
        """Puts the release into the history: newest first, five at most; the one before is superseded."""
        run = self.run
        before: list[Object] = list(run.status.get("history") or ())
        if outcome == "deployed":
            before = [item | {"status": "superseded"} if item["status"] == "deployed" else item for item in before]
        entry: Object = {
            "action": action,
            "apiVersion": "v2",
            "appVersion": self.chart.app_version or self.chart.version,
            "chartName": self.chart.chart,
            "chartVersion": self.version,
            "configDigest": self.config,
            "digest": digest(f"{run.key} {version} {self.version}"),
            "firstDeployed": before[-1]["firstDeployed"] if before else stamp(run.now),
            "lastDeployed": stamp(run.now),
            "name": self.release,
            "namespace": run.namespace,
            "status": outcome,
            "version": version,
        }
        if "+" in self.version:
            entry["ociDigest"] = self.chart.digest
        run.status["history"] = [entry, *before][:HISTORY]

    def manifests(self, version: str = "") -> list[Object]:
        """What the chart makes of this release: its workloads, with the version of the chart in their labels."""
        chart = self.chart if version in {"", self.version} else self.run.memory.get("charts", {}).get(version)
        if chart is None:
            return []
        self.run.memory.setdefault("charts", {})[self.version] = self.chart
        labels = {"app.kubernetes.io/managed-by": "Helm", "app.kubernetes.io/instance": self.release}
        labels["helm.sh/chart"] = f"{chart.chart}-{chart.version}"
        metadata = {"namespace": self.run.namespace}
        return [
            item | {"metadata": metadata | item["metadata"] | {"labels": item["metadata"].get("labels", {}) | labels}}
            for item in chart.workloads
        ]

    def labels(self) -> dict[str, str]:
        """Who applied it."""
        return {
            "helm.toolkit.fluxcd.io/name": self.run.name,
            "helm.toolkit.fluxcd.io/namespace": self.run.namespace,
        }

    def annotations(self) -> dict[str, str]:
        """What the controller adds to its events."""
        found = {"helm.toolkit.fluxcd.io/revision": self.version}
        if "+" in self.version:
            found["helm.toolkit.fluxcd.io/oci-digest"] = self.chart.digest
        return found


def _given(run: Run) -> list[str]:
    """The values in the ConfigMaps and Secrets of valuesFrom that are there."""
    found: list[str] = []
    for reference in maps_at(run.spec, "valuesFrom"):
        held = run.engine.storage.get(reference["kind"], run.namespace, reference["name"])
        if held is not None:
            found.append(str(map_at(held, "data").get(reference.get("valuesKey", "values.yaml"), "")))
    return found


def _chart(run: Run) -> tuple[Object | None, str, str]:
    reference = run.spec.get("chartRef")
    if reference:
        kind, namespace, name = reference["kind"], reference.get("namespace", run.namespace), reference["name"]
        return run.engine.storage.get(kind, namespace, name), kind, f"{namespace}/{name}"
    wanted: Object = run.spec["chart"]["spec"]
    namespace = wanted["sourceRef"].get("namespace", run.namespace)
    name = f"{run.namespace}-{run.name}"
    found = run.engine.storage.get("HelmChart", namespace, name)
    if found is None:
        _make_chart(run, wanted, namespace, name)
    return found, "HelmChart", f"{namespace}/{name}"


def _make_chart(run: Run, wanted: Object, namespace: str, name: str) -> None:
    labels = {"helm.toolkit.fluxcd.io/name": run.name, "helm.toolkit.fluxcd.io/namespace": run.namespace}
    chart: Object = {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "HelmChart",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {
            "chart": wanted["chart"],
            "interval": wanted.get("interval", run.spec["interval"]),
            "reconcileStrategy": "ChartVersion",
            "sourceRef": {"kind": wanted["sourceRef"]["kind"], "name": wanted["sourceRef"]["name"]},
            "version": wanted.get("version", "*"),
        },
    }
    run.engine.storage.create(chart, "gotk-helm-controller")
    source = f"{wanted['sourceRef']['kind']}/{namespace}/{wanted['sourceRef']['name']}"
    run.event("Normal", "HelmChartCreated", f"Created HelmChart/{namespace}/{name} with SourceRef '{source}'")


def _artifact(run: Run, source: Object, revision: str) -> Artifact | None:
    if source["kind"] == "OCIRepository":
        tag, _, wanted = revision.partition("@")
        found = run.engine.world.peek(source["spec"]["url"], tag)
        if found is not None and found.digest == wanted:
            run.memory["chart"] = found
        return run.memory.get("chart")
    home = source["metadata"]["namespace"]
    repository = run.engine.storage.get("HelmRepository", home, source["spec"]["sourceRef"]["name"])
    url = f"{(repository or {'spec': {'url': ''}})['spec']['url'].rstrip('/')}/{source['spec']['chart']}"
    return run.engine.world.peek(url, revision) or run.engine.world.peek(url, f"v{revision}")


def _waits(run: Run, reason: str, said: str) -> float:
    run.put("Ready", "False", reason, said)
    run.handled()
    run.write()
    if reason == "DependencyNotReady":
        run.event("Normal", reason, said)
        return requeue(run, CONTROLLER)
    return 5.0


def _stalled(run: Run, reason: str, said: str) -> None:
    run.drop("Reconciling")
    run.put("Stalled", "True", reason, said)
    run.put("Ready", "False", reason, said)
    run.status["observedGeneration"] = run.generation
    run.write()


def _named(item: Object) -> str:
    return f"{item['namespace']}/{item['name']}.v{item['version']}"


def _charted(item: Object) -> str:
    return f"{item['chartName']}@{item['chartVersion']}"
