"""Exceptions of both styles: kyverno.io/v2 (by policy and rule names) and policies.kyverno.io (by policy references).

Facts: kyverno-oci §A, *Exceptions*. Of the second style the id is ``PolicyException.policies.kyverno.io/ns/name``.
"""

# ruff: noqa: N815
from msgspec import Struct

from fluxtui.kinds.columns import Column
from fluxtui.kinds.decode import Decoder
from fluxtui.kinds.flatten import epoch, identity
from fluxtui.kinds.kind import Kind
from fluxtui.kinds.policy.match import MatchBlock, Matches, matches
from fluxtui.kinds.policy.policies import CEL, LEGACY
from fluxtui.kinds.record import Record
from fluxtui.kinds.text import clean, line, shared, word
from fluxtui.kinds.wire import Resource, Text, Time

OTHER_STYLE = f"PolicyException.{CEL}"
"""The name of the second kind in ids and tables: both are called PolicyException."""


class Excepted(Struct, frozen=True, gc=False):
    """A policy that an exception is from. `rules` may have wildcards; empty: the whole policy. `kind` is told by the
    second style alone. `policy` is ``namespace/name`` for namespaced policies.
    """

    policy: str
    kind: str = ""
    rules: tuple[str, ...] = ()


class ExceptionRecord(Record, frozen=True, gc=False, kw_only=True):
    """An exception: from which policies, for which objects, until when."""

    group: str = ""
    """`LEGACY` or `CEL`."""
    policies: tuple[Excepted, ...] = ()
    match: Matches = Matches()
    """First style; of the second, `conditions` say it."""
    conditions_told: tuple[str, ...] = ()
    """What must hold besides, and cannot be judged from here: CEL expressions, or ``conditions``."""
    images: tuple[str, ...] = ()
    """Of containers: what CEL policies make of them; or those that `controls` are for, where not for all."""
    allowed_values: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()
    """Controls of the Pod Security Standards that it excepts from."""
    result: str = ""
    """skip or pass: what reports say then (second style)."""
    expires: int = 0
    """Epoch seconds, 0: never."""
    properties: str = ""
    """``key=value`` lines (reason, ticket, approved-by)."""
    background: bool = True
    """Whether background scans heed it (first style)."""


class _Exception(Struct, gc=False):
    policyName: Text = None
    ruleNames: list[str] | None = None


class _Reference(Struct, gc=False):
    name: Text = None
    kind: Text = None


class _Condition(Struct, gc=False):
    name: Text = None
    expression: Text = None


class _Control(Struct, gc=False):
    controlName: Text = None
    images: list[str] | None = None


class _Spec(Struct, gc=False):
    """Both styles: their fields do not contradict each other."""

    exceptions: list[_Exception] | None = None
    match: MatchBlock | None = None
    conditions: object = None
    background: bool | None = None
    podSecurity: list[_Control] | None = None
    policyRefs: list[_Reference] | None = None
    matchConditions: list[_Condition] | None = None
    images: list[str] | None = None
    allowedValues: list[object] | None = None
    reportResult: Text = None
    expiresAt: Time = None
    properties: dict[str, object] | None = None


PolicyException = Resource[_Spec, Struct]


def _flatten(kind: str, group: str, exception: PolicyException) -> Record:
    spec = exception.spec or _Spec()
    named = [
        Excepted(shared(each.policyName), "", tuple([shared(rule) for rule in each.ruleNames or ()]))
        for each in spec.exceptions or ()
    ]
    named += [Excepted(shared(each.name), shared(each.kind)) for each in spec.policyRefs or ()]
    limited = [each.images or [] for each in spec.podSecurity or () if "*" not in (each.images or [])]
    images = [*(spec.images or ()), *(image for some in limited for image in some)]
    told = [clean(each.expression) for each in spec.matchConditions or () if each.expression]
    properties = sorted((spec.properties or {}).items())
    return ExceptionRecord(
        **identity(kind, exception.metadata),
        group=group,
        policies=tuple([each for each in named if each.policy]),
        match=matches(spec.match),
        conditions_told=(*told, *(["conditions"] if spec.conditions else [])),
        images=tuple([line(each) for each in dict.fromkeys(images)]),
        allowed_values=tuple([line(str(each)) for each in spec.allowedValues or ()]),
        controls=tuple([shared(each.controlName) for each in spec.podSecurity or () if each.controlName]),
        result=word(spec.reportResult) if group == CEL else "skip",
        expires=epoch(spec.expiresAt),
        properties="\n".join(f"{line(key)}={line(str(value))}" for key, value in properties),
        background=spec.background is not False,
    )


COLUMNS = (
    Column(
        "policies", "POLICIES", lambda r: " ".join(each.policy for each in r.policies), width=30, weight=2, main=True
    ),
)

KINDS = (
    Kind(
        name="PolicyException",
        group=LEGACY,
        versions=("v2", "v2beta1"),
        plural="policyexceptions",
        short=("polex",),
        columns=COLUMNS,
        rank=2,
        decoder=Decoder(PolicyException, lambda told: _flatten("PolicyException", LEGACY, told)),
    ),
    Kind(
        name=OTHER_STYLE,
        group=CEL,
        versions=("v1", "v1beta1", "v1alpha1"),
        plural="policyexceptions",
        columns=COLUMNS,
        rank=2,
        decoder=Decoder(PolicyException, lambda told: _flatten(OTHER_STYLE, CEL, told)),
    ),
)
EXCEPTIONS = frozenset(kind.name for kind in KINDS)
"""The kinds of exceptions."""
