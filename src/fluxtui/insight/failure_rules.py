"""The forms of words by which failures are recognised, in the order in which they are tried: the cause before what it
made fail (a webhook that denies makes a dry-run fail, which makes a Helm upgrade fail).

Words of: kube-apiserver 1.36 (admission, RBAC, quota, validation), Kyverno 1.19, kustomize-, helm- and
source-controller 1.9/1.6, the Flux Operator 0.58, Go's HTTP client and resolver, OCI registries, sigstore. Each rule is
held against real messages where there are recordings of them (tests/unit/test_failures.py).
"""

from fluxtui.insight.rules import content, outside, refused
from fluxtui.insight.rules.rule import CLASSES, Rule

RULES: tuple[Rule, ...] = (*refused.RULES, *outside.RULES, *content.RULES)
"""All rules, in their order."""


def _reason(group: str, words: str, look: str, *kinds: str) -> Rule:
    return Rule(group, (), (words,), look, kinds=frozenset(kinds))


_RELEASE = "the conditions Released, Remediated and TestSuccess, and the history of the release"

BY_REASON: dict[str, Rule] = {
    "HealthCheckFailed": _reason(
        "health", "what it applied does not become ready in time", "its inventory: what is not ready"
    ),
    "BuildFailed": _reason("build", "the manifests cannot be built", "the whole message"),
    "InvalidCELExpression": _reason(
        "build", "a CEL expression cannot be read", "spec.dependsOn[].readyExpr or spec.healthCheckExprs"
    ),
    "AuthenticationFailed": _reason("auth", "the host refuses the credentials", "the Secret in spec.secretRef"),
    "VerificationError": _reason("signature", "the artifact cannot be verified", "spec.verify, and the whole message"),
    "AccessDenied": _reason("rbac", "access is denied", "the whole message"),
    "InvalidSchedule": _reason("spec", "its schedule is not valid", "spec.schedule"),
    "DependencyNotReady": _reason("dependency", "waits for another object", "spec.dependsOn"),
    "InstallFailed": _reason("helm", "the install failed", _RELEASE, "HelmRelease"),
    "UpgradeFailed": _reason("helm", "the upgrade failed", _RELEASE, "HelmRelease"),
    "RollbackFailed": _reason("helm", "the rollback failed", _RELEASE, "HelmRelease"),
    "UninstallFailed": _reason("helm", "the uninstall failed", _RELEASE, "HelmRelease"),
    "TestFailed": _reason("helm", "the chart's tests failed", _RELEASE, "HelmRelease"),
    "RetriesExceeded": _reason("helm", "its retries are exhausted", _RELEASE, "HelmRelease"),
}
"""What the controllers' own reasons say where their messages say no more."""

__all__ = ["BY_REASON", "CLASSES", "RULES", "Rule"]
