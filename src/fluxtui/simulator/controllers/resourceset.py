"""Flux Operator: ResourceSets: templates, inputs, and what becomes of the objects when the inputs change.

The hazard is real: a ResourceSet that reads providers and finds no inputs applies an empty set, deletes everything
that it had made, and is Ready.
"""

import re
from typing import Any

from fluxtui.simulator.controllers import applying
from fluxtui.simulator.controllers.conditions import Object, find, remember
from fluxtui.simulator.controllers.dependencies import ExpressionError, unmet_by_set
from fluxtui.simulator.controllers.engine import MOMENT, SWITCH, Engine, Key, Run, Steps
from fluxtui.simulator.controllers.provider import EVERY, TIMEOUT
from fluxtui.simulator.controllers.times import duration, rounded, seconds
from fluxtui.simulator.kyverno.admission import DeniedError
from fluxtui.simulator.shapes import as_list, as_map, dig, map_at, maps_at
from fluxtui.simulator.world import digest

RETRY_DEPENDENCY = 5.0
IN_PROGRESS = "Reconciliation in progress"
COPY_FROM = "fluxcd.controlplane.io/copyFrom"
_PLACE = re.compile(r"<<-?\s*(.*?)\s*-?>>")


class BuildError(Exception):
    """Templates or inputs from which no objects can be made."""


def reconcile(run: Run) -> Steps:
    """One run of a ResourceSet."""
    if run.annotation(SWITCH) == "disabled":
        run.event("Warning", "ReconciliationDisabled", "Reconciliation is disabled")
        return None
    if find(run.status, "Ready") is None:
        run.put("Reconciling", "True", "Progressing", IN_PROGRESS)
        run.put("Ready", "Unknown", "Progressing", IN_PROGRESS)
        run.passing()
    yield MOMENT
    try:
        waiting = unmet_by_set(run)
    except ExpressionError as bad:
        return _stalled(run, "InvalidCELExpression", str(bad))
    if waiting:
        return _blocked(run, f"Retrying dependency check: {waiting}")
    run.drop("Stalled")
    run.put("Reconciling", "True", "Progressing", IN_PROGRESS)
    run.put("Ready", "Unknown", "Progressing", IN_PROGRESS)
    run.passing()
    yield MOMENT * 4
    try:
        sets = inputs(run)
        manifests = build(run, sets)
    except BuildError as bad:
        return _stalled(run, "BuildFailed", f"build failed: {bad}")
    try:
        entries = _apply(run, manifests)
    except DeniedError as denied:
        return _failed(run, denied.dry_run)
    if run.spec.get("wait"):
        timeout = seconds(run.annotation(TIMEOUT) or "5m")
        found = applying.unhealthy(run.engine, entries)
        while found and run.now - run.began < timeout:
            yield 5.0
            found = applying.unhealthy(run.engine, entries)
        if found:
            return _failed(run, f"reconciliation failed: timeout waiting for: {applying.complaint(found)}")
    return _succeeded(run, entries, len(sets), len(manifests))


def finalize(engine: Engine, obj: Object) -> None:
    """Deletes what it made."""
    applying.prune(engine, maps_at(obj, "status", "inventory", "entries"), [])


def readers(engine: Engine, event: str, obj: Object) -> list[Key]:
    """The ResourceSets that read a provider, when what it exports has changed."""
    if obj["kind"] != "ResourceSetInputProvider":
        return []
    metadata = obj["metadata"]
    key = (obj["kind"], metadata["namespace"], metadata["name"])
    revision = None if event == "DELETED" else dig(obj, "status", "lastExportedRevision")
    memory = engine.memory.setdefault(key, {})
    if event == "MODIFIED" and memory.get("announced") == revision:
        return []
    memory["announced"] = revision
    return [
        ("ResourceSet", metadata["namespace"], reader["metadata"]["name"])
        for reader in engine.storage.list("ResourceSet", metadata["namespace"])
        if any(_reads(reference, obj) for reference in maps_at(reader, "spec", "inputsFrom"))
    ]


def inputs(run: Run) -> list[dict[str, Any]]:
    """The input sets: its own, then those of the providers. Raises BuildError for a provider that is not there."""
    sets: list[dict[str, Any]] = [dict(given) for given in run.spec.get("inputs") or ()]
    references: list[Object] = run.spec.get("inputsFrom") or []
    for reference in references:
        for provider in _providers(run, reference):
            exported = maps_at(provider, "status", "exportedInputs")
            metadata = provider["metadata"]
            about = {"apiVersion": provider["apiVersion"], "kind": provider["kind"]}
            about |= {"name": metadata["name"], "namespace": metadata["namespace"]}
            sets += [given | {"provider": about} for given in exported]
    return sets


def build(run: Run, sets: list[dict[str, Any]]) -> list[Object]:
    """Every resource for every input set, each object once. Raises BuildError for a key that an input lacks."""
    templates: list[Object] = run.spec.get("resources") or []
    reads = bool(run.spec.get("inputs") or run.spec.get("inputsFrom"))
    made: dict[Key, Object] = {}
    for values in sets if reads else [{}]:
        for template in templates:
            manifest: Object = _filled(template, values)
            if dig(manifest, "metadata", "annotations", SWITCH) == "disabled":
                continue
            made.setdefault(applying.key_of(manifest), _copied(run, manifest))
    return list(made.values())


def _reads(reference: Object, provider: Object) -> bool:
    if "name" in reference:
        return reference["name"] == provider["metadata"]["name"]
    wanted = map_at(reference, "selector", "matchLabels")
    labels = map_at(provider, "metadata", "labels")
    return all(labels.get(key) == value for key, value in wanted.items())


def _providers(run: Run, reference: Object) -> list[Object]:
    kind = reference.get("kind", "ResourceSetInputProvider")
    if "name" not in reference:
        return [found for found in run.engine.storage.list(kind, run.namespace) if _reads(reference, found)]
    found = run.engine.storage.get(kind, run.namespace, reference["name"])
    if found is None:
        full = f'{kind}.fluxcd.controlplane.io "{reference["name"]}" not found'
        raise BuildError(f"failed to get provider {run.namespace}/{reference['name']}: {full}")
    return [found]


def _filled(part: Any, values: dict[str, Any]) -> Any:
    if isinstance(part, str):
        return _PLACE.sub(lambda found: _value(found[1], values), part) if "<<" in part else part
    mapping, several = as_map(part), as_list(part)
    if mapping is not None:
        return {key: _filled(value, values) for key, value in mapping.items()}
    return part if several is None else [_filled(value, values) for value in several]


def _value(expression: str, values: dict[str, Any]) -> str:
    found: Any = values
    for part in expression.removeprefix("inputs.").split("."):
        known = as_map(found)
        if known is None or part not in known:
            raise BuildError(
                "failed to build resources: failed to execute template: template: resource:1:10: "
                f'executing "resource" at <{expression}>: map has no entry for key "{part}"'
            )
        found = known[part]
    return str(found)


def _copied(run: Run, manifest: Object) -> Object:
    origin: str = dig(manifest, "metadata", "annotations", COPY_FROM) or ""
    if not origin:
        return manifest
    namespace, _, name = origin.partition("/")
    found = run.engine.storage.get(manifest["kind"], namespace, name)
    if found is None:
        if run.engine.storage.serves(manifest["kind"]):
            raise BuildError(f"failed to copy data from {manifest['kind']}/{origin}: not found")
        return manifest
    return manifest | {"data": found.get("data") or {}}


def _apply(run: Run, manifests: list[Object]) -> list[dict[str, str]]:
    before = run.status.get("inventory", {}).get("entries", [])
    labels = {
        "resourceset.fluxcd.controlplane.io/name": run.name,
        "resourceset.fluxcd.controlplane.io/namespace": run.namespace,
    }
    applied = applying.apply(run.engine, manifests, labels, "flux-operator")
    applied.lines += applying.prune(run.engine, before, applied.entries)
    if applied.lines:
        run.event("Normal", "ApplySucceeded", "\n".join(applied.lines))
    return applied.entries


def _succeeded(run: Run, entries: list[dict[str, str]], sets: int, made: int) -> float:
    length = run.took()
    said = f"Reconciliation finished in {rounded(length)}"
    run.drop("Reconciling", "Stalled")
    run.put("Ready", "True", "ReconciliationSucceeded", said)
    run.passing()
    revision = digest("".join(item["id"] for item in entries) + repr(run.spec.get("resources")))
    run.status["inventory"] = {"entries": entries}
    run.status["lastAppliedRevision"] = revision
    metadata = {"inputs": str(sets), "resources": str(made)}
    remember(run.status, run.now, duration(length), revision, "ReconciliationSucceeded", metadata)
    run.handled()
    run.memory.pop("retry", None)
    run.write()
    run.event("Normal", "ReconciliationSucceeded", said)
    return run.jittered(seconds(run.annotation(EVERY) or "1h"))


def _failed(run: Run, said: str) -> float:
    run.put("Reconciling", "True", "ProgressingWithRetry", IN_PROGRESS)
    run.put("Ready", "False", "ReconciliationFailed", said)
    run.handled()
    run.write()
    run.event("Warning", "ReconciliationFailed", said)
    retry = run.memory.get("retry", 0.75)
    run.memory["retry"] = min(retry * 2, 300.0)
    return retry


def _blocked(run: Run, said: str) -> float:
    known = find(run.status, "Ready")
    run.put("Reconciling", "True", "ProgressingWithRetry", IN_PROGRESS)
    run.put("Ready", "False", "DependencyNotReady", said)
    run.handled()
    run.write()
    if known is None or known["reason"] != "DependencyNotReady":
        run.event("Normal", "DependencyNotReady", said)
    return RETRY_DEPENDENCY


def _stalled(run: Run, reason: str, said: str) -> None:
    run.drop("Reconciling")
    run.put("Stalled", "True", reason, said)
    run.put("Ready", "False", reason, said)
    run.handled()
    run.write()
    run.event("Warning", reason, said)
