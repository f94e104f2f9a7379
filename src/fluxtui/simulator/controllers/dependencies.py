"""dependsOn: what must be there, or be ready, before an object is reconciled, and in which words the wait is told.

``readyExpr`` is CEL. What is understood here is what fleets write: comparisons of a path with a number or a text, and
the two idioms over conditions (``.exists(…)``, ``.filter(…).all(…)``). Anything else fails like a typo does.
"""

import re
from typing import Any

from fluxtui.simulator.controllers.conditions import Object, is_true
from fluxtui.simulator.controllers.engine import Run
from fluxtui.simulator.controllers.releases import NAMESPACE
from fluxtui.simulator.controllers.times import seconds
from fluxtui.simulator.shapes import dig, maps_at

_COMPARISON = re.compile(
    r"""^(?:dep\.|self\.)?([\w.]+)\s*(==|!=|>=|<=|>|<)\s*(?:(-?\d+)|['"]([^'"]*)['"]|(true|false))$"""
)
_CONDITION = re.compile(
    r"""^(?:dep\.)?status\.conditions\.(?:filter|exists)\((\w),\s*\1\.type\s*==\s*['"](\w+)['"]"""
    r"""(?:\)\.all\(\1,|\s*&&)\s*\1\.status\s*==\s*['"](\w+)['"]\)$"""
)

_REQUEUE = "--requeue-dependency="
REQUEUE = 30.0
"""Seconds after which a controller looks at its dependencies again, unless its arguments say otherwise."""


class ExpressionError(Exception):
    """A readyExpr that does not parse."""


def requeue(run: Run, controller: str) -> float:
    """Seconds until what waits looks again, by the arguments of its controller's Deployment."""
    deployment = run.engine.storage.get("Deployment", NAMESPACE, controller)
    containers = maps_at(deployment, "spec", "template", "spec", "containers")
    for argument in [text for container in containers for text in container.get("args") or ()]:
        if argument.startswith(_REQUEUE):
            return seconds(argument.removeprefix(_REQUEUE))
    return REQUEUE


def unmet(run: Run) -> str:
    """What a Kustomization or HelmRelease waits for, in its controller's words; empty when it may run.

    Raises ExpressionError. Kustomizations on the same source must also have applied the same revision.
    """
    for needed in run.spec.get("dependsOn") or ():
        name = f"{needed.get('namespace', run.namespace)}/{needed['name']}"
        dependency = run.engine.storage.get(run.key[0], *name.split("/"))
        if dependency is None:
            return f"dependency '{name}' not found"
        if "readyExpr" in needed:
            if not evaluate(needed["readyExpr"], dependency):
                return f"dependency '{name}' is not ready according to readyExpr eval"
        elif not _ready(dependency):
            return f"dependency '{name}' is not ready"
        elif run.key[0] == "Kustomization" and _behind(run, dependency):
            return f"dependency '{name}' revision is not up to date"
    return ""


def unmet_by_set(run: Run) -> str:
    """What a ResourceSet waits for; empty when it may run. Raises ExpressionError."""
    for needed in run.spec.get("dependsOn") or ():
        kind, namespace, name = needed["kind"], needed.get("namespace", ""), needed["name"]
        full = "/".join(part for part in (needed["apiVersion"], kind, namespace, name) if part)
        dependency = run.engine.storage.get(kind, namespace, name)
        if dependency is None:
            group = needed["apiVersion"].rpartition("/")[0]
            resource = f"{kind.lower()}s.{group}".rstrip(".")
            return f'dependency {full} not found: {resource} "{name}" not found'
        if not needed.get("ready"):
            continue
        expression = needed.get("readyExpr", "")
        if expression and not evaluate(expression, dependency):
            return f"dependency {full} not ready: expression '{expression}'"
        if not expression and not _ready(dependency):
            return f"dependency {full} not ready"
    return ""


def evaluate(expression: str, dependency: Object) -> bool:
    """Whether an expression holds. Raises ExpressionError for what it does not understand."""
    text = " ".join(expression.split())
    condition = _CONDITION.match(text)
    if condition:
        _, kind, wanted = condition.groups()
        found = [c for c in maps_at(dependency, "status", "conditions") if c["type"] == kind]
        holds = [c["status"] == wanted for c in found]
        return all(holds) if "filter" in text else any(holds)
    comparison = _COMPARISON.match(text)
    if comparison is None:
        raise ExpressionError(
            f"failed to parse the CEL expression '{text}': ERROR: <input>:1:{len(text)}: Syntax error: mismatched "
            f"input '<EOF>' expecting {{'[', '{{', '(', '.', '-', '!', 'true', 'false', 'null', IDENTIFIER}}"
        )
    path, operator, number, string, boolean = comparison.groups()
    value = dig(dependency, *path.split("."))
    if value is None:
        return False
    wanted = int(number) if number is not None else boolean == "true" if boolean else string
    return _compare(value, operator, wanted)


def _compare(value: Any, operator: str, wanted: Any) -> bool:
    return {
        "==": lambda: value == wanted,
        "!=": lambda: value != wanted,
        ">=": lambda: value >= wanted,
        "<=": lambda: value <= wanted,
        ">": lambda: value > wanted,
        "<": lambda: value < wanted,
    }[operator]()


def _ready(dependency: Object) -> bool:
    status: Object = dependency.get("status") or {}
    observed = status.get("observedGeneration", dependency["metadata"].get("generation"))
    return is_true(status, "Ready") and observed == dependency["metadata"].get("generation")


def _behind(run: Run, dependency: Object) -> bool:
    def source(obj: Object) -> tuple[str, str, str]:
        reference = obj["spec"]["sourceRef"]
        return reference["kind"], reference.get("namespace", obj["metadata"]["namespace"]), reference["name"]

    if source(dependency) != source(run.obj):
        return False
    origin = run.engine.storage.get(*source(run.obj))
    revision = dig(origin, "status", "artifact", "revision")
    return bool(dig(dependency, "status", "lastAppliedRevision") != revision)
