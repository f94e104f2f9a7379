"""Policies: Kyverno's legacy kinds (kyverno.io), its CEL kinds (policies.kyverno.io) and the API server's own.

What an action is: legacy rules say it themselves, else the policy does, each with overrides per namespace; CEL policies
list what they do (facts: kyverno-oci §A, *Effective action*). An admission policy does what its bindings say.
"""

# ruff: noqa: N815
from msgspec import Struct, field

from fluxtui.kinds.columns import Column
from fluxtui.kinds.decode import Decoder
from fluxtui.kinds.flatten import Told, conditions, epoch, identity
from fluxtui.kinds.kind import Kind
from fluxtui.kinds.policy.match import (
    Constraints,
    LabelSelector,
    MatchBlock,
    Matches,
    Requirement,
    constrained,
    matches,
    requirements,
    selector_text,
)
from fluxtui.kinds.record import Record
from fluxtui.kinds.text import clean, line, shared, word
from fluxtui.kinds.wire import Condition, Int, Metadata, Resource, Text, Time

LEGACY, CEL, ADMISSION = "kyverno.io", "policies.kyverno.io", "admissionregistration.k8s.io"
"""The groups that policies come from."""
EVERYTHING = "*"
"""A selector that is there, and selects everything."""


class Override(Struct, frozen=True, gc=False):
    """Another action in some namespaces (wildcards), in those that a selector finds, or where both hold."""

    action: str
    namespaces: tuple[str, ...] = ()
    selector: str = ""
    """In a line; `EVERYTHING` for one that is there and asks nothing."""
    selects: tuple[Requirement, ...] = ()


class PolicyRule(Struct, frozen=True, gc=False):
    """A rule of a policy. CEL policies have one for each validation, without a name.

    `does` is validate, mutate, generate, verifyImages or delete. `action` is ``Audit`` or ``Enforce`` where the rule
    itself says so; `overrides` are those of the rule. `spares` is allowExistingViolations: what violated before may be
    updated (pkg/engine/handlers/validation of Kyverno 1.19: rules by pattern, deny, foreach and podSecurity heed it).
    """

    name: str
    does: str = "validate"
    action: str = ""
    overrides: tuple[Override, ...] = ()
    spares: bool = False
    message: str = ""
    expression: str = ""
    """The CEL expression of a validation."""
    match: Matches = Matches()
    exclude: Matches = Matches()


class PolicyRecord(Record, frozen=True, gc=False, kw_only=True):
    """A policy of any kind. Its `ready` and `message` are those of its status."""

    group: str = ""
    """One of `LEGACY`, `CEL`, `ADMISSION`."""
    title: str = ""
    description: str = ""
    category: str = ""
    severity: str = ""
    about: str = ""
    """The kinds that it says to be for (policies.kyverno.io/subject)."""
    scored: bool = True
    """False: what fails is told as a warning (policies.kyverno.io/scored)."""
    autogen: str = ""
    """The controllers that rules are made for from rules for pods, as annotated; empty: the default."""
    rules: tuple[PolicyRule, ...] = ()
    action: str = ""
    """Legacy policies: ``Audit`` or ``Enforce`` for rules that do not say."""
    overrides: tuple[Override, ...] = ()
    actions: tuple[str, ...] = ()
    """CEL policies: of Deny, Audit, Warn."""
    warns: bool = False
    """Legacy policies: whether what they would audit is also told to whoever asks (emitWarning)."""
    background: bool = True
    """Whether what exists is scanned; without it, reports tell of admitted requests alone."""
    admission: bool = True
    failure_policy: str = ""
    """Fail or Ignore: what happens to requests when the engine does not answer."""
    timeout: int = 0
    """Seconds that its webhook waits, 0 for the default."""
    conditional: bool = False
    """Whether it has preconditions that cannot be judged from here (matchConditions, preconditions)."""
    parameters: str = ""
    """The kind of an admission policy's parameters (``v1 ConfigMap``)."""
    variables: tuple[tuple[str, str], ...] = ()
    """Name and CEL expression of what the expressions of a CEL policy call ``variables.name``."""
    preconditions: tuple[str, ...] = ()
    """The CEL expressions of matchConditions: requests for which one is false are not looked at."""
    schedule: str = ""
    """The cron schedule of a policy that deletes; `updated` is when it ran last."""


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


class _Webhook(Struct, gc=False):
    timeoutSeconds: Int = None
    failurePolicy: Text = None


class _LegacySpec(Struct, gc=False):
    rules: list[_Rule] | None = None
    validationFailureAction: Text = None
    validationFailureActionOverrides: list[_Override] | None = None
    emitWarning: bool | None = None
    background: bool | None = None
    admission: bool | None = None
    failurePolicy: Text = None
    webhookTimeoutSeconds: Int = None
    webhookConfiguration: _Webhook | None = None


class _Toggle(Struct, gc=False):
    enabled: bool | None = None


class _Evaluation(Struct, gc=False):
    background: _Toggle | None = None
    admission: _Toggle | None = None


class _Validation(Struct, gc=False):
    expression: Text = None
    message: Text = None


class _Variable(Struct, gc=False):
    name: Text = None
    expression: Text = None


class _CelSpec(Struct, gc=False):
    """CEL policies of Kyverno, and ValidatingAdmissionPolicies: their fields do not contradict each other."""

    matchConstraints: Constraints | None = None
    matchConditions: list[_Variable] | None = None
    variables: list[_Variable] | None = None
    schedule: Text = None
    validations: list[_Validation] | None = None
    validationActions: list[str] | None = None
    evaluation: _Evaluation | None = None
    failurePolicy: Text = None
    webhookConfiguration: _Webhook | None = None
    paramKind: "_ParamKind | None" = None


class _ParamKind(Struct, gc=False):
    apiVersion: Text = None
    kind: Text = None


class _ConditionStatus(Struct, gc=False):
    ready: bool | None = None
    message: Text = None
    conditions: list[Condition] | None = None


class _Status(Struct, gc=False):
    ready: bool | None = None
    conditions: list[Condition] | None = None
    conditionStatus: _ConditionStatus | None = None
    lastExecutionTime: Time = None


LegacyPolicy = Resource[_LegacySpec, _Status]
CelPolicy = Resource[_CelSpec, _Status]


def _described(kind: str, meta: Metadata) -> Told:
    """The identity of a policy, and what its annotations say of it."""
    told = identity(kind, meta)
    notes = meta.annotations
    if notes is None:
        return told
    severity = (notes.policy_severity or "").lower()
    return told | {
        "title": line(notes.policy_title),
        "description": clean(notes.policy_description or notes.admission_role).strip(),
        "category": shared(notes.policy_category),
        "severity": shared(severity),
        "about": line(notes.policy_subject),
        "scored": (notes.policy_scored or "").lower() != "false",
        "autogen": line(notes.policy_autogen),
    }


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


def _standing(told: Told, status: _Status | None) -> None:
    """What the engine says of the policy: its Ready condition, where the kind's generation keeps it."""
    if status is None:
        return
    held = status.conditionStatus
    conditions(told, (held.conditions if held is not None else status.conditions), None)
    ready = held.ready if held is not None else status.ready
    if "ready" not in told and ready is not None:
        told["ready"] = "True" if ready else "False"
    if held is not None:
        told["ready"] = told["ready"] if held.ready is None else "True" if held.ready else "False"
        told["message"] = told.get("message") or clean(held.message)


def _legacy(kind: str, policy: LegacyPolicy) -> Record:
    told = _described(kind, policy.metadata)
    spec = policy.spec or _LegacySpec()
    _standing(told, policy.status)
    hook = spec.webhookConfiguration or _Webhook()
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


DOES = {"Mutating": "mutate", "Generating": "generate", "ImageValidating": "verifyImages", "Deleting": "delete"}
"""What the rules of a CEL policy do, by the kind's name without ``Namespaced``; validate otherwise."""


def _cel(kind: str, group: str, policy: CelPolicy) -> Record:
    told = _described(kind, policy.metadata)
    spec = policy.spec or _CelSpec()
    _standing(told, policy.status)
    prefix = next((prefix for prefix in DOES if kind.removeprefix("Namespaced").startswith(prefix)), "")
    match, does = constrained(spec.matchConstraints), DOES.get(prefix, "validate")
    validations = spec.validations or [_Validation()]
    switch = spec.evaluation or _Evaluation()
    parameters = spec.paramKind
    if policy.status is not None and policy.status.lastExecutionTime:
        told["updated"] = epoch(policy.status.lastExecutionTime)
    return PolicyRecord(
        **told,
        group=group,
        rules=tuple(
            [
                PolicyRule("", does, message=clean(each.message), expression=clean(each.expression), match=match)
                for each in validations
            ]
        ),
        actions=tuple([word(each) for each in spec.validationActions or ()]),
        background=switch.background is None or switch.background.enabled is not False,
        admission=switch.admission is None or switch.admission.enabled is not False,
        failure_policy=word(spec.failurePolicy or "Fail"),
        timeout=(spec.webhookConfiguration or _Webhook()).timeoutSeconds or 0,
        conditional=bool(spec.matchConditions),
        parameters=line(f"{parameters.apiVersion or ''} {parameters.kind or ''}".strip()) if parameters else "",
        variables=tuple([(line(each.name), clean(each.expression)) for each in spec.variables or ()]),
        preconditions=tuple([clean(each.expression) for each in spec.matchConditions or ()]),
        schedule=line(spec.schedule),
    )


class _ParamRef(Struct, gc=False):
    name: Text = None
    namespace: Text = None
    selector: LabelSelector | None = None
    parameterNotFoundAction: Text = None


class _BindingSpec(Struct, gc=False):
    policyName: Text = None
    validationActions: list[str] | None = None
    paramRef: _ParamRef | None = None
    matchResources: Constraints | None = None


class BindingRecord(Record, frozen=True, gc=False, kw_only=True):
    """A ValidatingAdmissionPolicyBinding: where a policy applies, what it does there, and with which parameters.

    `namespaces` is the selector of the namespaces (``toolkit.fluxcd.io/role in (tenant)``), empty for all.
    """

    policy: str = ""
    actions: tuple[str, ...] = ()
    parameters: str = ""
    """``namespace/name`` of the parameters, or a selector of them."""
    parameter: tuple[str, str] = ("", "")
    """Namespace and name of the one object of parameters, where it is named; no namespace: that of the request."""
    without_parameters: str = ""
    """Allow or Deny: what happens when they are not there."""
    namespaces: str = ""
    selects: tuple[Requirement, ...] = ()
    """The same, one by one; none for all namespaces."""
    match: Matches = Matches()


Binding = Resource[_BindingSpec, _Status]


def _binding(binding: Binding) -> Record:
    told = identity("ValidatingAdmissionPolicyBinding", binding.metadata)
    spec = binding.spec or _BindingSpec()
    ref = spec.paramRef or _ParamRef()
    named = f"{ref.namespace}/{ref.name}" if ref.namespace else ref.name or selector_text(ref.selector)
    where = spec.matchResources
    return BindingRecord(
        **told,
        policy=line(spec.policyName),
        actions=tuple([word(each) for each in spec.validationActions or ()]),
        parameters=line(named),
        parameter=(line(ref.namespace), line(ref.name)),
        without_parameters=word(ref.parameterNotFoundAction),
        namespaces=selector_text(where.namespaceSelector) if where is not None else "",
        selects=requirements(where.namespaceSelector) if where is not None else (),
        match=constrained(where),
    )


COLUMNS = (
    Column("action", "ACTION", lambda r: r.action or ", ".join(r.actions), width=12, main=True),
    Column("severity", "SEVERITY", lambda r: r.severity, width=8),
    Column("category", "CATEGORY", lambda r: r.category, width=20, weight=1),
)


def _kind(name: str, group: str, versions: str, plural: str, short: str, *, namespaced: bool) -> Kind:
    legacy = group == LEGACY
    return Kind(
        name=name,
        group=group,
        versions=tuple(versions.split()),
        plural=plural,
        short=tuple(short.split()),
        namespaced=namespaced,
        columns=COLUMNS,
        rank=1,
        decoder=Decoder(LegacyPolicy, lambda policy: _legacy(name, policy))
        if legacy
        else Decoder(CelPolicy, lambda policy: _cel(name, group, policy)),
    )


def _both(word_: str, plural: str, short: str) -> tuple[Kind, Kind]:
    """A CEL kind and its namespaced twin."""
    versions = "v1 v1beta1 v1alpha1"
    return (
        _kind(word_, CEL, versions, plural, short, namespaced=False),
        _kind(f"Namespaced{word_}", CEL, versions, f"namespaced{plural}", f"n{short}", namespaced=True),
    )


KINDS = (
    _kind("ClusterPolicy", LEGACY, "v1 v2beta1", "clusterpolicies", "cpol", namespaced=False),
    _kind("Policy", LEGACY, "v1 v2beta1", "policies", "pol", namespaced=True),
    *_both("ValidatingPolicy", "validatingpolicies", "vpol"),
    *_both("ImageValidatingPolicy", "imagevalidatingpolicies", "ivpol"),
    *_both("MutatingPolicy", "mutatingpolicies", "mpol"),
    *_both("GeneratingPolicy", "generatingpolicies", "gpol"),
    *_both("DeletingPolicy", "deletingpolicies", "dpol"),
    _kind("ValidatingAdmissionPolicy", ADMISSION, "v1 v1beta1", "validatingadmissionpolicies", "vap", namespaced=False),
    Kind(
        name="ValidatingAdmissionPolicyBinding",
        group=ADMISSION,
        versions=("v1", "v1beta1"),
        plural="validatingadmissionpolicybindings",
        short=("vapb",),
        namespaced=False,
        rank=1,
        decoder=Decoder(Binding, _binding),
    ),
)
POLICIES = frozenset(kind.name for kind in KINDS) - {"ValidatingAdmissionPolicyBinding"}
"""The kinds of policies."""
