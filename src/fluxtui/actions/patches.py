"""The very patches: JSON merge patches, exactly as the table of actions has them (facts: flux §2)."""

from datetime import UTC, datetime
from typing import Any

from fluxtui.actions.verbs import GENERATOR, OPERATED, Verb

Body = dict[str, Any]

REQUESTED = "reconcile.fluxcd.io/requestedAt"
FORCED = "reconcile.fluxcd.io/forceAt"
RESET = "reconcile.fluxcd.io/resetAt"
SWITCH = "fluxcd.controlplane.io/reconcile"
GENERATOR_SWITCH = "source.extensions.fluxcd.io/reconcile"
SUSPENDED_BY = "fluxcd.controlplane.io/suspendedBy"
COMMENT = "metadata.weave.works/suspended-comment"
OLD_SUSPENDED_BY = "metadata.weave.works/suspended-by"
RESTARTED = "kubectl.kubernetes.io/restartedAt"


def token(now: float) -> str:
    """A moment in epoch seconds as RFC3339Nano, which is what requests carry: ``2026-11-21T02:46:10.25Z``."""
    whole = int(now)
    rest = min(round((now - whole) * 1_000_000_000), 999_999_999)  # apart: together they are more digits than a float
    fraction = f".{rest:09d}".rstrip("0").rstrip(".")
    return f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%dT%H:%M:%S}{fraction}Z"


def body(verb: Verb, kind: str, asked: str, *, who: str = "", why: str = "") -> Body:
    """The patch of a verb for a kind that supports it; ``asked`` is the token. Deleting a pod has no patch."""
    if verb is Verb.SUSPEND:
        return _suspend(kind, who, why)
    if verb is Verb.RESUME:
        return _resume(kind, asked)
    if verb is Verb.RESTART:
        return {"spec": {"template": {"metadata": {"annotations": {RESTARTED: asked}}}}}
    annotations = {REQUESTED: asked}
    if verb is Verb.FORCE:
        annotations[FORCED] = asked  # must equal the request, and counts once
    if verb is Verb.RESET:
        annotations[RESET] = asked
    return {"metadata": {"annotations": annotations}}


def switch(kind: str) -> str:
    """The annotation that disables a kind; empty for those that have ``spec.suspend``."""
    if kind == GENERATOR:
        return GENERATOR_SWITCH
    return SWITCH if kind in OPERATED else ""


def _suspend(kind: str, who: str, why: str) -> Body:
    told = {SUSPENDED_BY: who} if who else {}
    told |= {COMMENT: why} if why else {}
    if key := switch(kind):
        return {"metadata": {"annotations": {key: "disabled", **told}}}
    return ({"metadata": {"annotations": told}} if told else {}) | {"spec": {"suspend": True}}


def _resume(kind: str, asked: str) -> Body:
    """Who suspended it and why goes with it: nobody did any more."""
    nobody = {SUSPENDED_BY: None, COMMENT: None, OLD_SUSPENDED_BY: None}
    if kind == GENERATOR:
        return {"metadata": {"annotations": {GENERATOR_SWITCH: "enabled", **nobody}}}
    if kind in OPERATED:
        return {"metadata": {"annotations": {SWITCH: "enabled", REQUESTED: asked, **nobody}}}
    return {"metadata": {"annotations": {REQUESTED: asked, **nobody}}, "spec": {"suspend": None}}
