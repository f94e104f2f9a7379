"""Kyverno's legacy policies (kyverno.io): rules with an action of their own, and overrides per namespace."""

# ruff: noqa: N815
from msgspec import Struct, field

from fluxtui.kinds.decode import Decoder
from fluxtui.kinds.kind import Kind
from fluxtui.kinds.policy.match import LabelSelector, MatchBlock, matches, requirements, selector_text
from fluxtui.kinds.policy.policies import (
    COLUMNS,
    EVERYTHING,
    LEGACY,
    Override,
    PolicyRecord,
    PolicyRule,
    PolicyStatus,
    PolicyWebhook,
    described,
    standing,
)
from fluxtui.kinds.record import Record
from fluxtui.kinds.text import clean, shared, word
from fluxtui.kinds.wire import Int, Resource, Text


class _Override(Struct, gc=False):
    action: Text = None
    namespaces: list[str] | None = None
    namespaceSelector: LabelSelector | None = None


class _Validate(Struct, gc=False):
    message: Text = None
    failureAction: Text = None
    failureActionOverrides: list[_Override] | None = None
    allowExistingViolations: bool | None = None
    cel: object = None
    asserted: object = field(name="assert", default=None)
    manifests: object = None


class _Verify(Struct, gc=False):
    failureAction: Text = None


class _Rule(Struct, gc=False):
    name: Text = None
    match: MatchBlock | None = None
    exclude: MatchBlock | None = None
    preconditions: object = None
    celPreconditions: object = None
    validation: _Validate | None = field(name="validate", default=None)
    mutate: object = None
    generate: object = None
    verifyImages: list[_Verify] | None = None


class _LegacySpec(Struct, gc=False):
    rules: list[_Rule] | None = None
    validationFailureAction: Text = None
    validationFailureActionOverrides: list[_Override] | None = None
    emitWarning: bool | None = None
    background: bool | None = None
    admission: bool | None = None
    failurePolicy: Text = None
    webhookTimeoutSeconds: Int = None
    webhookConfiguration: PolicyWebhook | None = None


LegacyPolicy = Resource[_LegacySpec, PolicyStatus]


def _overrides(found: list[_Override] | None) -> tuple[Override, ...]:
    return tuple(
        [
            Override(
                word((each.action or "").capitalize()),
                tuple([shared(name) for name in each.namespaces or ()]),
                selector_text(each.namespaceSelector) or (EVERYTHING if each.namespaceSelector is not None else ""),
                requirements(each.namespaceSelector),
            )
            for each in found or ()
        ]
    )


def _does(rule: _Rule) -> str:
    if rule.verifyImages is not None:
        return "verifyImages"
    if rule.mutate is not None:
        return "mutate"
    return "generate" if rule.generate is not None else "validate"


def _mild(action: str) -> bool:
    """Sorts Enforce first: where one of several verifications enforces, the rule does."""
    return action.lower() != "enforce"


def _compares(told: _Validate) -> bool:
    """Whether Kyverno holds an update against what was there before."""
    return told.cel is None and told.asserted is None and told.manifests is None


def _rule(rule: _Rule) -> PolicyRule:
    told = rule.validation or _Validate()
    verified = sorted([each.failureAction for each in rule.verifyImages or () if each.failureAction], key=_mild)
    return PolicyRule(
        name=shared(rule.name),
        does=_does(rule),
        action=word((told.failureAction or (verified[0] if verified else "")).capitalize()),
        overrides=_overrides(told.failureActionOverrides),
        spares=rule.validation is not None and told.allowExistingViolations is not False and _compares(told),
        message=clean(told.message),
        match=matches(rule.match),
        exclude=matches(rule.exclude),
    )


def _legacy(kind: str, policy: LegacyPolicy) -> Record:
    told = described(kind, policy.metadata)
    spec = policy.spec or _LegacySpec()
    standing(told, policy.status)
    hook = spec.webhookConfiguration or PolicyWebhook()
    return PolicyRecord(
        **told,
        group=LEGACY,
        rules=tuple([_rule(each) for each in spec.rules or ()]),
        action=word((spec.validationFailureAction or "Audit").capitalize()),
        overrides=_overrides(spec.validationFailureActionOverrides),
        warns=bool(spec.emitWarning),
        background=spec.background is not False,
        admission=spec.admission is not False,
        failure_policy=word(hook.failurePolicy or spec.failurePolicy or "Fail"),
        timeout=hook.timeoutSeconds or spec.webhookTimeoutSeconds or 0,
        conditional=any(each.preconditions or each.celPreconditions for each in spec.rules or ()),
    )


def _kind(name: str, plural: str, short: str, *, namespaced: bool) -> Kind:
    return Kind(
        name=name,
        group=LEGACY,
        versions=("v1", "v2beta1"),
        plural=plural,
        short=(short,),
        namespaced=namespaced,
        columns=COLUMNS,
        rank=1,
        decoder=Decoder(LegacyPolicy, lambda policy: _legacy(name, policy)),
    )


KINDS = (
    _kind("ClusterPolicy", "clusterpolicies", "cpol", namespaced=False),
    _kind("Policy", "policies", "pol", namespaced=True),
)
