"""What a rule or an exception of Kyverno looks at: `match` and `exclude` blocks, and the constraints of CEL policies.

Source: kyverno.io/v1 MatchResources (``any``/``all`` of resource filters) and admissionregistration MatchResources.
"""

# ruff: noqa: N815
from collections.abc import Mapping

from msgspec import Struct

from fluxtui.kinds.text import line, lines, shared, word
from fluxtui.kinds.wire import Text


class Match(Struct, frozen=True, gc=False):
    """One filter: all of its parts must hold; an empty part holds for everything. Entries may have wildcards.

    `kinds` are as written (``Pod``, ``apps/v1/Deployment``, for CEL ``apps/deployments``); `labels` are ``k=v`` lines
    of matchLabels. `others` names the parts that cannot be judged from here (``namespaceSelector``, ``subjects``…).
    """

    kinds: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    labels: str = ""
    operations: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


class Matches(Struct, frozen=True, gc=False):
    """Several filters, of which one is enough, or with `every` all must hold. Without filters it holds for nothing."""

    filters: tuple[Match, ...] = ()
    every: bool = False


class Requirement(Struct, frozen=True, gc=False):
    """One condition of a label selector. `operator` is In, NotIn, Exists or DoesNotExist."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether labels meet it; as the API says, NotIn holds where the label is not there."""
        value = labels.get(self.key)
        if self.operator == "In":
            return value in self.values
        if self.operator == "NotIn":
            return value not in self.values
        return (value is not None) == (self.operator == "Exists")


class Expression(Struct, gc=False):
    key: Text = None
    operator: Text = None
    values: list[str] | None = None


class LabelSelector(Struct, gc=False):
    matchLabels: dict[str, str] | None = None
    matchExpressions: list[Expression] | None = None


class ResourceFilter(Struct, gc=False):
    kinds: list[str] | None = None
    name: Text = None
    names: list[str] | None = None
    namespaces: list[str] | None = None
    operations: list[str] | None = None
    selector: LabelSelector | None = None
    namespaceSelector: LabelSelector | None = None
    annotations: dict[str, str] | None = None


class Filter(Struct, gc=False):
    resources: ResourceFilter | None = None
    subjects: list[object] | None = None
    roles: list[object] | None = None
    clusterRoles: list[object] | None = None


class MatchBlock(Struct, gc=False):
    """``match`` or ``exclude`` of a rule or an exception; `resources` alone is the form of old policies."""

    any: list[Filter] | None = None
    all: list[Filter] | None = None
    resources: ResourceFilter | None = None


class ResourceRule(Struct, gc=False):
    apiGroups: list[str] | None = None
    resources: list[str] | None = None
    resourceNames: list[str] | None = None
    operations: list[str] | None = None


class Constraints(Struct, gc=False):
    """``matchConstraints`` of a CEL policy, ``matchResources`` of a binding."""

    resourceRules: list[ResourceRule] | None = None
    excludeResourceRules: list[ResourceRule] | None = None
    namespaceSelector: LabelSelector | None = None
    objectSelector: LabelSelector | None = None


def matches(block: MatchBlock | None) -> Matches:
    """What a block of a rule selects."""
    if block is None:
        return Matches()
    if block.all:
        return Matches(tuple([_match(each) for each in block.all]), every=True)
    told = [_match(each) for each in block.any or ()]
    if block.resources is not None:
        told.append(_match(Filter(block.resources)))
    return Matches(tuple(told))


def constrained(constraints: Constraints | None) -> Matches:
    """What the constraints of a CEL policy or a binding select; no rule selects every resource."""
    if constraints is None:
        return Matches()
    labels = _labels(constraints.objectSelector)
    others = _unjudged(constraints.objectSelector, constraints.namespaceSelector)
    rules = constraints.resourceRules or [ResourceRule()]
    return Matches(
        tuple(
            [
                Match(
                    kinds=tuple(
                        [
                            shared(f"{group}/{resource}" if group else resource)
                            for group in rule.apiGroups or [""]
                            for resource in rule.resources or ()
                        ]
                    ),
                    names=_words(rule.resourceNames),
                    labels=labels,
                    operations=_words(rule.operations),
                    others=others,
                )
                for rule in rules
            ]
        )
    )


def selector_text(selector: LabelSelector | None) -> str:
    """A selector in a line (``env=prod, tier in (a, b)``); empty for none, and for one that selects everything."""
    if selector is None:
        return ""
    told = [f"{key}={value}" for key, value in sorted((selector.matchLabels or {}).items())]
    for each in selector.matchExpressions or ():
        values = f" ({', '.join(each.values)})" if each.values else ""
        told.append(f"{each.key or '?'} {(each.operator or '?').lower()}{values}")
    return line(", ".join(told))


def requirements(selector: LabelSelector | None) -> tuple[Requirement, ...]:
    """The conditions of a selector, all of which must hold; none for a selector that selects everything."""
    if selector is None:
        return ()
    told = [Requirement(line(key), "In", (line(value),)) for key, value in sorted((selector.matchLabels or {}).items())]
    told += [
        Requirement(line(each.key), word(each.operator), tuple([line(value) for value in each.values or ()]))
        for each in selector.matchExpressions or ()
    ]
    return tuple(told)


def _match(told: Filter) -> Match:
    held = told.resources or ResourceFilter()
    unjudged = [
        *(["subjects"] if told.subjects else []),
        *(["roles"] if told.roles else []),
        *(["clusterRoles"] if told.clusterRoles else []),
        *(["annotations"] if held.annotations else []),
    ]
    names = [*(held.names or ()), *([held.name] if held.name else [])]
    return Match(
        kinds=_words(held.kinds),
        namespaces=_words(held.namespaces),
        names=_words(names),
        labels=_labels(held.selector),
        operations=_words(held.operations),
        others=(*_unjudged(held.selector, held.namespaceSelector), *unjudged),
    )


def _labels(selector: LabelSelector | None) -> str:
    return lines([f"{key}={value}" for key, value in sorted(((selector and selector.matchLabels) or {}).items())])


def _unjudged(objects: LabelSelector | None, namespaces: LabelSelector | None) -> tuple[str, ...]:
    told = ["selector expressions"] if objects is not None and objects.matchExpressions else []
    if namespaces is not None and (namespaces.matchLabels or namespaces.matchExpressions):
        told.append("namespaceSelector")
    return tuple(told)


def _words(told: list[str] | None) -> tuple[str, ...]:
    return tuple([shared(each) for each in told or () if each])
