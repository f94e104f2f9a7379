"""Kustomization and HelmRelease: how they apply, what they do about drift and failure, and how far a release got."""

from collections.abc import Iterator

from fluxtui.insight.about.told import MORE, Told, Weight
from fluxtui.insight.fields import NOTHING, Json, at, flag, items, mapping, mappings, number, prose, text
from fluxtui.kinds.ages import age
from fluxtui.kinds.flatten import seconds


def _references(label: str, references: list[Json], kind: str, namespace: str) -> Iterator[Told]:
    for place, held in enumerate(references):
        name = text(held, "name")
        target = f"{text(held, 'kind') or kind}/{text(held, 'namespace') or namespace}/{name}"
        yield Told(MORE if place else label, f"{text(held, 'kind') or kind} {name}", target=target)


def kustomization(value: Json) -> Iterator[Told]:
    """How a Kustomization applies."""
    spec = mapping(value, "spec")
    yield Told("path", text(spec, "path") or "./")
    words = ["prunes what is gone" if flag(spec, "prune") else "never deletes what is gone from its source"]
    words += ["waits for health" if flag(spec, "wait") else ""]
    words += ["recreates what cannot be changed" if flag(spec, "force") else ""]
    yield Told("applies", " · ".join(filter(None, words)), Weight.PLAIN if flag(spec, "prune") else Weight.WARNING)
    checks = len(items(spec, "healthChecks"))
    if checks or items(spec, "healthCheckExprs"):
        yield Told("health checks", f"{checks} objects named, {len(items(spec, 'healthCheckExprs'))} expressions")
    yield from _times(spec)
    yield from _identity(spec)
    if place := text(spec, "targetNamespace"):
        yield Told("namespace", f"everything goes into {place}", target=f"Namespace//{place}")
    if provider := text(spec, "decryption", "provider"):
        secret = text(spec, "decryption", "secretRef", "name")
        yield Told("decrypts", f"with {provider}" + (f", keys in Secret {secret}" if secret else ""))
    for label, field in (("patches", "patches"), ("images", "images"), ("components", "components")):
        if found := len(items(spec, field)):
            yield Told(label, f"{found} of its own, on top of the artifact's")
    if at(spec, "postBuild") is not None:
        inline, readers = len(mapping(spec, "postBuild", "substitute")), len(items(spec, "postBuild", "substituteFrom"))
        yield Told("variables", f"{inline} of its own, and those of {readers} objects: see the tab Variables")


def _times(spec: Json) -> Iterator[Told]:
    told = [f"every {text(spec, 'interval')}"] if text(spec, "interval") else []
    told += [f"retry after {text(spec, 'retryInterval')}"] if text(spec, "retryInterval") else []
    told += [f"time-out {text(spec, 'timeout')}"] if text(spec, "timeout") else []
    if told:
        yield Told("times", " · ".join(told))


def _identity(spec: Json) -> Iterator[Told]:
    if account := text(spec, "serviceAccountName"):
        yield Told("applies as", f"ServiceAccount {account}")
    if secret := text(spec, "kubeConfig", "secretRef", "name"):
        yield Told("cluster", f"another one: the kubeconfig in Secret {secret}", Weight.WARNING)
    elif config := text(spec, "kubeConfig", "configMapRef", "name"):
        yield Told("cluster", f"another one: as ConfigMap {config} says", Weight.WARNING)


def helm_release(value: Json) -> Iterator[Told]:
    """How far a HelmRelease got, and what it does about failure and drift."""
    spec, status = mapping(value, "spec"), mapping(value, "status")
    yield from _chart(spec, status)
    name = text(spec, "releaseName")
    place = text(spec, "targetNamespace")
    if name or place:
        into = f" in namespace {place}" if place else ""
        yield Told("release", f"{name or text(value, 'metadata', 'name')}{into}")
    yield from _attempt(status)
    yield from _failures(spec, status)
    yield from _drift(spec, status)
    yield from _tests(spec, status)
    yield from _times(spec)
    yield from _identity(spec)
    yield from _references(
        "values from", mappings(spec, "valuesFrom"), "ConfigMap", text(value, "metadata", "namespace")
    )
    if items(spec, "postRenderers"):
        yield Told("patches", f"{len(items(spec, 'postRenderers'))} post-renderers")


def _chart(spec: Json, status: Json) -> Iterator[Told]:
    history = mappings(status, "history")
    if history:
        newest = history[0]
        app = text(newest, "appVersion")
        chart = f"{text(newest, 'chartName')} {text(newest, 'chartVersion').partition('+')[0]}"
        yield Told("chart", chart + (f" (application {app})" if app else ""))
    elif chart := text(spec, "chart", "spec", "chart"):
        yield Told("chart", f"{chart} {text(spec, 'chart', 'spec', 'version') or 'latest'}: not installed yet")


def _attempt(status: Json) -> Iterator[Told]:
    action = text(status, "lastAttemptedReleaseAction")
    if not action:
        return
    took = text(status, "lastAttemptedReleaseActionDuration")
    took = age(whole) if (whole := seconds(took)) else took
    revision = text(status, "lastAttemptedRevision").partition("+")[0]
    yield Told("last action", f"{action} to {revision}" + (f", took {took}" if took else ""))


def _failures(spec: Json, status: Json) -> Iterator[Told]:
    """Retries: of an install and an upgrade, and whether they are used up."""
    for action in ("install", "upgrade"):
        failed = number(status, f"{action}Failures")
        strategy = text(spec, action, "strategy", "name")
        retries = number(spec, action, "remediation", "retries")
        if strategy == "RetryOnFailure":
            budget = f"retried every {text(spec, action, 'strategy', 'retryInterval') or '5m'} without rolling back"
        elif retries < 0:
            budget = "retried without end"
        else:
            budget = f"{retries} retries" if retries else "not retried"
        if failed:
            spent = strategy != "RetryOnFailure" and 0 <= retries < failed
            often = "once" if failed == 1 else f"{failed} times"
            words = f"{action} failed {often}; {budget}" + (": used up, it waits for a change" if spent else "")
            yield Told("failures", words, Weight.BAD if spent else Weight.WARNING)
        elif retries or strategy:
            remedy = text(spec, action, "remediation", "strategy") or (
                "rollback" if action == "upgrade" else "uninstall"
            )
            words = budget if strategy == "RetryOnFailure" else f"{budget}, then {remedy}"
            yield Told(f"if {action} fails", words, Weight.QUIET)
    if _condition(status, "Remediated") == "True":
        yield Told("remediated", "the failed attempt was rolled back or uninstalled", Weight.WARNING)


def _drift(spec: Json, status: Json) -> Iterator[Told]:
    mode = text(spec, "driftDetection", "mode") or "disabled"
    ignored = len(items(spec, "driftDetection", "ignore"))
    more = f", {ignored} rules ignore fields" if ignored else ""
    drifted = _condition(status, "Drifted")
    if drifted == "True":
        fixed = "corrected with the next run" if mode == "enabled" else "only told: the mode is warn"
        yield Told("drift", f"the cluster differs from the chart; {fixed}{more}", Weight.BAD)
        said = next((held for held in mappings(status, "conditions") if held.get("type") == "Drifted"), NOTHING)
        if message := " ".join(prose(said, "message").split()):
            yield Told(MORE, message, Weight.QUIET)
    elif mode == "disabled":
        yield Told("drift", "is not looked for: changes by hand stay", Weight.QUIET)
    else:
        what = "is corrected" if mode == "enabled" else "is told, not corrected"
        yield Told("drift", f"none found; it {what}{more}" if drifted else f"{what}{more}", Weight.GOOD)


def _tests(spec: Json, status: Json) -> Iterator[Told]:
    if not flag(spec, "test", "enable"):
        return
    said = _condition(status, "TestSuccess")
    hooks = next((mapping(entry, "testHooks") for entry in mappings(status, "history")), NOTHING)
    failed = [str(name) for name, hook in hooks.items() if text(hook, "phase") == "Failed"]
    ignored = ", and failing tests are ignored" if flag(spec, "test", "ignoreFailures") else ""
    if said == "True":
        yield Told("tests", f"{len(hooks)} passed" if hooks else "passed", Weight.GOOD)
    elif said == "False":
        yield Told("tests", f"failed: {', '.join(failed) or 'which is not told'}{ignored}", Weight.BAD)
    else:
        yield Told("tests", f"have not run for this release{ignored}", Weight.WARNING)


def _condition(status: Json, kind: str) -> str:
    return next((text(held, "status") for held in mappings(status, "conditions") if held.get("type") == kind), "")


TELLERS = {"Kustomization": kustomization, "HelmRelease": helm_release}
