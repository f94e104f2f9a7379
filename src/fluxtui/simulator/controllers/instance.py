"""Flux Operator: the FluxInstance: which Flux is installed, and from where the cluster is delivered."""

import re
from functools import lru_cache
from typing import Any

from fluxtui.simulator import patches
from fluxtui.simulator.controllers.applying import apply, entry, prune
from fluxtui.simulator.controllers.conditions import Object, find, is_true, remember
from fluxtui.simulator.controllers.engine import MOMENT, SWITCH, Engine, Run, Steps
from fluxtui.simulator.controllers.provider import EVERY
from fluxtui.simulator.controllers.releases import (
    NAMESPACE,
    RELEASES,
    definitions,
    deployment,
    image_digest,
    newest,
    shards,
)
from fluxtui.simulator.controllers.times import duration, rounded, seconds
from fluxtui.simulator.shapes import as_list, dig, map_at, maps_at
from fluxtui.simulator.world import digest

_KEPT = {"kustomize.toolkit.fluxcd.io/prune": "Disabled", "kustomize.toolkit.fluxcd.io/ssa": "Ignore"}
"""On everything that the operator installs: no Kustomization may take it over."""


def reconcile(run: Run) -> Steps:
    """One run of the FluxInstance."""
    if run.annotation(SWITCH) == "disabled":
        run.event("Warning", "ReconciliationDisabled", "Reconciliation is disabled")
        return None
    if not is_true(run.status, "Ready") or dig(find(run.status, "Ready"), "observedGeneration") != run.generation:
        run.put("Reconciling", "True", "Progressing", "Reconciliation in progress")
        run.put("Ready", "Unknown", "Progressing", "Reconciliation in progress")
        run.passing()
    yield MOMENT * 3
    version = newest(run.spec["distribution"]["version"], frozenset(run.engine.world.unreleased))
    components: list[str] = run.spec["components"]
    try:
        made = manifests(run.spec, version)
    except patches.PatchFailed as bad:
        return _failed(run, f"build failed: failed to apply patches: {bad}")
    revision = f"{version}@{digest(f'{version} {sorted(components)} {run.spec}')}"
    known: str = run.status.get("lastAppliedRevision", "")
    run.status["lastAttemptedRevision"] = revision
    if revision != known:
        doing = f"Installing revision {revision}" if not known else f"Upgrading to revision {revision}"
        run.event("Normal", "Progressing", doing)
    applied = apply(run.engine, made, _labels(run), "flux-operator")
    entries = [*_definitions(components), *applied.entries]
    lines = applied.lines + prune(run.engine, maps_at(run.status, "inventory", "entries"), entries)
    run.status["inventory"] = {"entries": entries}
    run.status["components"] = [_component(run.spec, version, name) for name in components]
    run.status["lastAppliedRevision"] = revision
    artifact: str = run.spec["distribution"].get("artifact", "")
    if artifact:
        out = sorted(set(RELEASES) - run.engine.world.unreleased)
        run.status["lastArtifactRevision"] = digest(f"{artifact} {out}")
    if lines and revision != known:
        verb = "updated" if known else "installed"
        said = f"Flux {version} {verb}\n" + "\n".join(lines)
        run.event("Normal", "ReconciliationSucceeded", said, {"fluxcd.controlplane.io/revision": revision})
    if revision != known or not is_true(run.status, "Ready"):
        yield 12.0
        run.drop("Reconciling")
        run.put("Ready", "True", "ReconciliationSucceeded", f"Reconciliation finished in {rounded(run.took())}")
    outcome, metadata = "ReconciliationSucceeded", {"flux": version}
    remember(run.status, run.now, duration(run.took()), revision.partition("@")[2], outcome, metadata)
    run.handled()
    run.write()
    run.event("Normal", "ReconciliationSucceeded", f"Reconciliation finished in {rounded(run.took())}")
    return run.jittered(seconds(run.annotation(EVERY) or "1h"))


def _failed(run: Run, said: str) -> None:
    """What cannot be built is not tried again before somebody changes it."""
    run.drop("Reconciling")
    run.put("Stalled", "True", "BuildFailed", said)
    run.put("Ready", "False", "BuildFailed", said)
    run.handled()
    run.write()
    run.event("Warning", "BuildFailed", said)


def finalize(engine: Engine, obj: Object) -> None:
    """Uninstalls Flux."""
    prune(engine, maps_at(obj, "status", "inventory", "entries"), [])


def manifests(spec: Object, version: str) -> list[Object]:
    """Everything that an instance asks for: controllers, shards, source and Kustomization, all of them patched.

    Raises `patches.PatchFailed` for a patch that does not fit.
    """
    registry: str = spec["distribution"]["registry"]
    made = [deployment(version, name, registry, pinned=True, args=_arguments(spec)) for name in spec["components"]]
    for item in made:
        item["metadata"]["annotations"] = dict(_KEPT)
    split = map_at(spec, "sharding")
    if split:
        made = shards(made, split.get("key", "sharding.fluxcd.io/key"), split["shards"])
    return patched(made + sync(spec), maps_at(spec, "kustomize", "patches"))


def _arguments(spec: Object) -> tuple[str, ...]:
    """What a multi-tenant cluster adds to the arguments of its controllers."""
    cluster = map_at(spec, "cluster")
    if not cluster.get("multitenant"):
        return ()
    account = cluster.get("tenantDefaultServiceAccount", "default")
    return ("--no-cross-namespace-refs=true", "--no-remote-bases=true", f"--default-service-account={account}")


def patched(made: list[Object], changes: list[Object]) -> list[Object]:
    """The manifests after ``spec.kustomize.patches``, which select them by kind and by a regular expression for names.

    A patch is YAML: a list is a JSON patch, a map is merged. Raises `patches.PatchFailed` when one does not fit.
    """
    for change in changes:
        target, text = map_at(change, "target"), _parsed(change["patch"])
        made = [_changed(item, text) if _meant(item, target) else item for item in made]
    return made


@lru_cache(maxsize=64)
def _parsed(text: str) -> Any:
    import yaml

    return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe loader


def _meant(item: Object, target: Object) -> bool:
    kind, name = str(target.get("kind", ".*")), str(target.get("name", ".*"))
    return bool(re.fullmatch(kind, str(item["kind"])) and re.fullmatch(name, str(item["metadata"]["name"])))


def _changed(item: Object, change: Any) -> Object:
    operations = as_list(change)
    return patches.merge(item, change) if operations is None else patches.json_patch(item, operations)


def sync(spec: Object) -> list[Object]:
    """The source and the Kustomization that deliver the cluster, named after the namespace unless told otherwise."""
    wanted: Object = spec.get("sync") or {}
    if not wanted:
        return []
    name = wanted.get("name", "flux-system")
    source: Object = {"interval": wanted.get("interval", "1m"), "url": wanted["url"], "ref": {"tag": wanted["ref"]}}
    if "pullSecret" in wanted:
        source["secretRef"] = {"name": wanted["pullSecret"]}
    kustomization = {
        "interval": "10m",
        "path": wanted["path"],
        "prune": True,
        "retryInterval": "5m",
        "sourceRef": {"kind": wanted["kind"], "name": name},
        "timeout": "5m",
    }
    metadata = {"name": name, "namespace": "flux-system"}
    return [
        {"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": wanted["kind"], "metadata": metadata, "spec": source},
        {
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
            "kind": "Kustomization",
            "metadata": metadata,
            "spec": kustomization,
        },
    ]


def _component(spec: Object, version: str, name: str) -> dict[str, str]:
    tag = RELEASES[version][name]
    repository = f"{spec['distribution']['registry']}/{name}"
    return {"digest": image_digest(name, tag), "name": name, "repository": repository, "tag": tag}


def _definitions(components: list[str]) -> list[dict[str, str]]:
    kind = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}
    entries = [entry(kind | {"metadata": {"name": name}}) for name in definitions(components)]
    entries.append(entry({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}))
    accounts = {"apiVersion": "v1", "kind": "ServiceAccount"}
    entries += [entry(accounts | {"metadata": {"name": n, "namespace": NAMESPACE}}) for n in sorted(components)]
    return entries


def _labels(run: Run) -> dict[str, str]:
    return {
        "app.kubernetes.io/managed-by": "flux-operator",
        "fluxcd.controlplane.io/name": run.name,
        "fluxcd.controlplane.io/namespace": run.namespace,
    }
