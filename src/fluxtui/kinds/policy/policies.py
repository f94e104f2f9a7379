"""Policies of any kind as records, and what all of their kinds share on the way there.

What an action is: legacy rules say it themselves, else the policy does, each with overrides per namespace; CEL policies
list what they do (facts: kyverno-oci §A, *Effective action*). An admission policy does what its bindings say.
"""

# ruff: noqa: N815
from msgspec import Struct

from fluxtui.kinds.columns import Column
from fluxtui.kinds.flatten import Told, conditions, identity
from fluxtui.kinds.policy.match import Matches, Requirement
from fluxtui.kinds.record import Record
from fluxtui.kinds.text import clean, line, shared
from fluxtui.kinds.wire import Condition, Int, Metadata, Text, Time

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


class PolicyWebhook(Struct, gc=False):
    timeoutSeconds: Int = None
    failurePolicy: Text = None


class ConditionStatus(Struct, gc=False):
    ready: bool | None = None
    message: Text = None
    conditions: list[Condition] | None = None


class PolicyStatus(Struct, gc=False):
    ready: bool | None = None
    conditions: list[Condition] | None = None
    conditionStatus: ConditionStatus | None = None
    lastExecutionTime: Time = None


def described(kind: str, meta: Metadata) -> Told:
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


def standing(told: Told, status: PolicyStatus | None) -> None:
    """Add what the engine says of a policy: its Ready condition, where the kind's generation keeps it."""
    if status is None:
        return
    held = status.conditionStatus or ConditionStatus()
    conditions(told, held.conditions or status.conditions, None)
    ready = held.ready if held.ready is not None else status.ready
    if ready is not None and (held.ready is not None or "ready" not in told):
        told["ready"] = "True" if ready else "False"
    if held.message and not told.get("message"):
        told["message"] = clean(held.message)


COLUMNS = (
    Column("action", "ACTION", lambda r: r.action or ", ".join(r.actions), width=12, main=True),
    Column("severity", "SEVERITY", lambda r: r.severity, width=8),
    Column("category", "CATEGORY", lambda r: r.category, width=20, weight=1),
)
