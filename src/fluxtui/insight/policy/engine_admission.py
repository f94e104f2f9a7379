"""Admission as the API server sees it: does it ask the engine, and does somebody answer?

Sources: Kyverno 1.19's webhook configurations (facts: kyverno-oci §A), admissionregistration.k8s.io/v1.
"""

from collections.abc import Sequence

from fluxtui.insight.policy.engine_held import Grade, Held, Told, controllers, count, names, replicas
from fluxtui.kinds.cluster import DeploymentRecord
from fluxtui.kinds.policy.engine import Hook, HookRecord
from fluxtui.kinds.policy.policies import LEGACY, PolicyRecord

SLOW = 10
"""Seconds: a webhook that may take longer than Kubernetes' default holds requests up."""
ALLOWANCE = 120
"""Seconds in which a new policy reaches the webhooks."""
_ASIDE = ("policy", "exception", "global-context", "cleanup", "ttl", "verify")
"""How webhook configurations are called that watch Kyverno's own objects alone."""


def hooks(held: Held) -> list[tuple[HookRecord, Hook]]:
    """The webhooks that the API server asks about everybody's objects; those of Kyverno's own objects aside."""
    found = [
        each
        for kind in ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")
        for each in held.records(kind)
        if isinstance(each, HookRecord) and not _aside(each)
    ]
    return [(each, hook) for each in found for hook in each.hooks if hook.rules]


def _aside(config: HookRecord) -> bool:
    return any(config.name.startswith((f"kyverno-{word}-", f"kyverno-cel-{word}-")) for word in _ASIDE)


def admission(held: Held) -> Told:
    """Whether somebody answers when the API server asks."""
    found = controllers(held, "admission-controller")
    ready, total = replicas(found)
    told = Told(f"{ready}/{total}" if found else "–")
    if not found and not held.knows("Deployment"):
        told.short = "?"
        told.add("admission", Grade.UNKNOWN, f"its Deployments cannot be seen: {held.unseen('Deployment')}")
    elif not ready:
        _unanswered(held, told, found, total)
    elif ready < total:
        words = f"{ready} of {total} replicas of the admission-controller are available"
        told.add("admission", Grade.DEGRADED, words, found[0].message, [found[0].id])
    return told


def _unanswered(held: Held, told: Told, found: Sequence[DeploymentRecord], total: int) -> None:
    """Nobody answers: what that means is for the webhooks to say."""
    asked = hooks(held)
    about = [each.id for each in found] + list(dict.fromkeys(config.id for config, _ in asked))
    if not found:
        state = "there is no admission-controller (by the labels of Kyverno's chart)"
    else:
        state = f"0 of {total} admission controllers are available" if total else "the admission-controller is at 0"
    failing = [hook for _, hook in asked if hook.failure_policy == "Fail"]
    if not found and asked and not held.records("Deployment"):  # it may well run under another label
        told.add("admission", Grade.UNKNOWN, f"{state}: whether anybody answers is not known", "", about)
    elif failing:
        wait = max(hook.timeout for hook in failing)
        which = count(len(failing), "Fail webhook", "watches", "watch")
        words = f"{state}: everything that {which} is refused"
        told.add("admission", Grade.DOWN, words, f"each request waits up to {wait} s first{_spared(failing)}", about)
    elif asked:
        wait = max(hook.timeout for _, hook in asked)
        words = f"{state}: requests pass unchecked (failurePolicy Ignore)"
        told.add("admission", Grade.DOWN, words, f"each waits up to {wait} s first", about)
    elif found or held.policies:
        kept = count(len(held.policies), "policy", "has", "have")
        told.add("admission", Grade.DOWN, f"{state}: nothing checks requests", f"{kept} no effect on requests", about)


def _spared(failing: Sequence[Hook]) -> str:
    told = next((hook.namespaces for hook in failing if hook.namespaces), "")
    return f" · called for namespaces with {told}" if told else ""


def webhooks(held: Held) -> Told:
    """Whether the API server asks at all, and how long it waits for an answer."""
    told = Told()
    kinds = ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")
    hidden = [kind for kind in kinds if not held.knows(kind)]
    if hidden:
        told.short = "?"
        told.add("webhooks", Grade.UNKNOWN, f"webhook configurations: {held.unseen(hidden[0])}")
        return told
    asked = hooks(held)
    failing = [hook for _, hook in asked if hook.failure_policy == "Fail"]
    slowest = max((hook.timeout for hook in failing or [hook for _, hook in asked]), default=0)
    told.short = f"{'Fail' if failing else 'Ignore'} {slowest}s" if asked else "none"
    if not asked:
        told.least = Grade.ABSENT
    for kind, wanted in zip(kinds, _wanting(held), strict=True):
        _unasked(held, told, kind, wanted)
    if failing and slowest > SLOW:
        words = f"a webhook with failurePolicy Fail may take {slowest} s"
        told.add("webhooks", Grade.OK, words, "while the engine is slow, requests wait that long and are then refused")
    return told


def _unasked(held: Held, told: Told, kind: str, wanted: list[PolicyRecord]) -> None:
    """Policies that want to be asked, and no webhook with rules of a kind."""
    if not wanted or any(config.kind == kind for config, _ in hooks(held)):
        return
    empty = [each for each in held.records(kind) if isinstance(each, HookRecord) and not _aside(each)]
    state = f"{names(empty)} has no rules" if empty else f"there is no {kind} of Kyverno"
    does = "checked" if kind.startswith("Validating") else "changed or verified"
    words = f"{state}, though {count(len(wanted), 'policy', 'wants', 'want')} to be asked: requests are not {does}"
    told.add("webhooks", Grade.DOWN, words, names(wanted), [*(each.id for each in empty), wanted[0].id])


def _wanting(held: Held) -> tuple[list[PolicyRecord], list[PolicyRecord]]:
    """Policies that need a validating webhook, and those that need a mutating one."""
    asked = [
        each
        for each in held.policies
        if each.admission and each.ready != "False" and held.now - each.created > ALLOWANCE and not held.generated(each)
    ]
    checks = [
        each for each in asked if any(rule.does == "validate" for rule in each.rules) or "ImageValidating" in each.kind
    ]
    changes = [
        each
        for each in asked
        if each.group == LEGACY and any(rule.does in ("mutate", "verifyImages") for rule in each.rules)
    ]
    return checks, changes
