"""CEL policies: Kyverno's (policies.kyverno.io) and the API server's own, with the bindings of these."""

# ruff: noqa: N815
from msgspec import Struct

from fluxtui.kinds.decode import Decoder
from fluxtui.kinds.flatten import epoch, identity
from fluxtui.kinds.kind import Kind
from fluxtui.kinds.policy.match import Constraints, LabelSelector, constrained, requirements, selector_text
from fluxtui.kinds.policy.policies import (
    ADMISSION,
    CEL,
    COLUMNS,
    BindingRecord,
    PolicyRecord,
    PolicyRule,
    PolicyStatus,
    PolicyWebhook,
    described,
    standing,
)
from fluxtui.kinds.record import Record
from fluxtui.kinds.text import clean, line, word
from fluxtui.kinds.wire import Resource, Text

BINDING = "ValidatingAdmissionPolicyBinding"


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
    webhookConfiguration: PolicyWebhook | None = None
    paramKind: "_ParamKind | None" = None


class _ParamKind(Struct, gc=False):
    apiVersion: Text = None
    kind: Text = None


CelPolicy = Resource[_CelSpec, PolicyStatus]


DOES = {"Mutating": "mutate", "Generating": "generate", "ImageValidating": "verifyImages", "Deleting": "delete"}
"""What the rules of a CEL policy do, by the kind's name without ``Namespaced``; validate otherwise."""


def _cel(kind: str, group: str, policy: CelPolicy) -> Record:
    told = described(kind, policy.metadata)
    spec = policy.spec or _CelSpec()
    standing(told, policy.status)
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
        timeout=(spec.webhookConfiguration or PolicyWebhook()).timeoutSeconds or 0,
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


Binding = Resource[_BindingSpec, PolicyStatus]


def _binding(binding: Binding) -> Record:
    told = identity(BINDING, binding.metadata)
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


def _kind(name: str, group: str, versions: str, plural: str, short: str, *, namespaced: bool) -> Kind:
    return Kind(
        name=name,
        group=group,
        versions=tuple(versions.split()),
        plural=plural,
        short=(short,),
        namespaced=namespaced,
        columns=COLUMNS,
        rank=1,
        decoder=Decoder(CelPolicy, lambda policy: _cel(name, group, policy)),
    )


def _both(name: str, plural: str, short: str) -> tuple[Kind, Kind]:
    """A kind and its namespaced twin."""
    versions = "v1 v1beta1 v1alpha1"
    return (
        _kind(name, CEL, versions, plural, short, namespaced=False),
        _kind(f"Namespaced{name}", CEL, versions, f"namespaced{plural}", f"n{short}", namespaced=True),
    )


KINDS = (
    *_both("ValidatingPolicy", "validatingpolicies", "vpol"),
    *_both("ImageValidatingPolicy", "imagevalidatingpolicies", "ivpol"),
    *_both("MutatingPolicy", "mutatingpolicies", "mpol"),
    *_both("GeneratingPolicy", "generatingpolicies", "gpol"),
    *_both("DeletingPolicy", "deletingpolicies", "dpol"),
    _kind("ValidatingAdmissionPolicy", ADMISSION, "v1 v1beta1", "validatingadmissionpolicies", "vap", namespaced=False),
    Kind(
        name=BINDING,
        group=ADMISSION,
        versions=("v1", "v1beta1"),
        plural="validatingadmissionpolicybindings",
        short=("vapb",),
        namespaced=False,
        rank=1,
        decoder=Decoder(Binding, _binding),
    ),
)
