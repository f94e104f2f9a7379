"""The policies and exceptions that the security team keeps in Git: ``policies.yaml``, completed for an environment."""

from datetime import UTC, datetime
from functools import lru_cache
from importlib import resources
from typing import Any

from fluxtui.simulator.fleet.manifests import Manifest
from fluxtui.simulator.kyverno.rules import JUDGES, LEGACY
from fluxtui.simulator.shapes import map_at, maps_at

DAY = 86400
_SPEC = {"admission": True, "background": True, "emitWarning": False, "validationFailureAction": "Audit"}
_VALIDATE = {"allowExistingViolations": True, "failureAction": "Audit"}


@lru_cache(maxsize=1)
def facts() -> dict[str, Any]:
    """The facts of ``policies.yaml``."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = resources.files("fluxtui.simulator.fleet").joinpath("policies.yaml").read_text()
    return yaml.load(text, loader)  # noqa: S506 - a safe loader


def policies(environment: str, at: float, actions: dict[str, str] | None = None) -> list[Manifest]:
    """What the path of an environment holds: ``staging``, ``production``, or ``legacy`` for the older Kyverno.

    ``at`` is when it was committed (epoch seconds): exceptions expire relative to it. ``actions`` overrides what a
    violation leads to, by the name of the policy.
    """
    wanted: dict[str, str] = facts()["actions"][environment] | (actions or {})
    made: list[Manifest] = []
    for entry in facts()["policies"]:
        if environment not in entry["in"]:
            continue
        found: Manifest = entry["manifest"]
        if found["kind"] in JUDGES:
            older = environment == "legacy"
            found = _acting(found, wanted.get(found["metadata"]["name"], "Audit"), older=older)
        if "expires" in entry:
            found = found | {"spec": found["spec"] | {"expiresAt": _date(at, entry["expires"])}}
        made.append(found)
    return made


def _acting(policy: Manifest, action: str, *, older: bool) -> Manifest:
    """A policy with its action where its generation keeps it, and with what the server adds to a ClusterPolicy."""
    spec: Manifest = policy["spec"]
    if policy["kind"] not in LEGACY:
        return policy | {"spec": {"validationActions": [action]} | spec}
    if older:  # before there were actions of rules
        return policy | {"spec": _SPEC | {"validationFailureAction": action} | spec}
    rules = [_completed(rule, action) for rule in maps_at(spec, "rules")]
    return policy | {"spec": _SPEC | spec | {"rules": rules}}


def _completed(rule: Manifest, action: str) -> Manifest:
    if "validate" not in rule:
        return rule
    validate = _VALIDATE | {"failureAction": action} | map_at(rule, "validate")
    return {"skipBackgroundRequests": True} | rule | {"validate": validate}


def _date(at: float, days: str) -> str:
    moment = int(at // DAY + int(days.removesuffix("d"))) * DAY
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
