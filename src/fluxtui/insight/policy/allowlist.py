"""Allow-lists of source URLs in admission policies: recognised by the form of their CEL expression, never guessed.

Understood is ``LIST.exists_one(p, URL.startsWith(p))`` and the same with ``exists``, where the URL is the object's
``spec.url`` and the list is a text of the parameters that is split, or written out; each may be a variable. This is how
the D2 architecture restricts tenants (facts: flux §4). ``exists_one`` counts list entries: a URL that two of them match
is refused, however good each match is.
"""

import re
from collections.abc import Mapping, Sequence

import msgspec

from fluxtui.kinds.policy.policies import PolicyRecord
from fluxtui.kinds.sources import GROUP

URL = "object.spec.url"
ROLE = "policy.fluxcd.controlplane.io"
"""What the name of D2's policy ends with."""
DEPTH = 5
"""Variables of variables that are followed."""
_FORM = re.compile(
    r"(?P<list>[^\n]{1,4000}?)\.(?P<how>exists_one|existsOne|exists)\((?P<each>[A-Za-z_]\w{0,60}),"
    r"(?P<url>[\w.]{1,200})\.startsWith\((?P=each)\)\)"
)
_VARIABLE = re.compile(r"variables\.(?P<name>\w{1,200})")
_SPLIT = re.compile(
    r"params\.data(?:\.(?P<key>\w{1,253})|\[(?P<q>['\"])(?P<named>[^'\"]{1,253})(?P=q)\])"
    r"(?:\.trim\(\))?\.split\((?P<s>['\"])(?P<by>[^'\"]{0,20})(?P=s)\)"
)
_LITERAL = re.compile(r"\[(?:'[^']*'|\"[^\"]*\")(?:,(?:'[^']*'|\"[^\"]*\"))*,?\]")
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_STRINGS = re.compile(r"('[^']*'|\"[^\"]*\")")
_ESCAPES = {r"\n": "\n", r"\t": "\t"}


class Rule(msgspec.Struct, frozen=True):
    """What an expression asks of a URL.

    `alone`: exactly one entry must match (``exists_one``), else one is enough. The entries are `written`, or the text
    under `key` of the parameters, split by `separator`; with `trimmed` its ends do not count.
    """

    alone: bool
    key: str = ""
    separator: str = " "
    trimmed: bool = False
    written: tuple[str, ...] = ()

    def entries(self, data: Mapping[str, str]) -> tuple[str, ...] | None:
        """The entries, those that are written twice twice; None where the parameters have no such key."""
        if self.written:
            return self.written
        text = data.get(self.key)
        if text is None:
            return None
        text = text.strip() if self.trimmed else text
        return tuple(text.split(self.separator) if self.separator else text)

    def allows(self, url: str, entries: Sequence[str]) -> bool:
        """Whether a URL passes."""
        found = len(matches(url, entries))
        return found == 1 if self.alone else found > 0


def matches(url: str, entries: Sequence[str]) -> list[str]:
    """The entries that a URL begins with."""
    return [entry for entry in entries if url.startswith(entry)]


def concerns_sources(policy: PolicyRecord) -> bool:
    """Whether an admission policy judges the URLs of Flux sources, in whatever way."""
    texts = [*(rule.expression for rule in policy.rules), *(text for _, text in policy.variables)]
    return bool(covered(policy)) and (policy.name.endswith(ROLE) or any(URL in text for text in texts))


def covered(policy: PolicyRecord) -> frozenset[str]:
    """The plurals of Flux' source kinds that it looks at; ``*`` for all."""
    kinds = [kind for rule in policy.rules[:1] for match in rule.match.filters for kind in match.kinds]
    found: set[str] = set()
    for kind in kinds:
        group, _, plural = kind.rpartition("/")
        if group in (GROUP, "*"):
            found.add(plural)
    return frozenset(found)


def recognise(policy: PolicyRecord) -> Rule | None:
    """The rule of the first validation that has the known form; None if none has."""
    variables = dict(policy.variables)
    return next((rule for each in policy.rules if (rule := _read(each.expression, variables)) is not None), None)


def _read(expression: str, variables: Mapping[str, str]) -> Rule | None:
    found = _FORM.fullmatch(_packed(expression))
    if found is None or _resolved(found["url"], variables) != URL:
        return None
    held = _resolved(found["list"], variables)
    alone = found["how"] != "exists"
    if _LITERAL.fullmatch(held):
        return Rule(alone, written=tuple([first or second for first, second in _QUOTED.findall(held)]))
    split = _SPLIT.fullmatch(held)
    if split is None:
        return None
    separator = _ESCAPES.get(split["by"], split["by"])
    return Rule(alone, split["key"] or split["named"], separator, ".trim()" in held)


def _packed(expression: str) -> str:
    """An expression without the white space that means nothing: that outside of strings."""
    parts = _STRINGS.split(expression)
    return "".join(part if at % 2 else "".join(part.split()) for at, part in enumerate(parts))


def _resolved(text: str, variables: Mapping[str, str]) -> str:
    """What a variable stands for, and the variables in that."""
    for _ in range(DEPTH):
        found = _VARIABLE.match(text)
        if found is None or found["name"] not in variables:
            break
        text = _packed(variables[found["name"]]) + text[found.end() :]
    return text


def flaws(entry: str) -> str:
    """What is wrong with one entry of a list, empty for nothing."""
    if not entry:
        return "an empty entry (two separators in a row, or one at an end) matches every URL"
    if entry.split() != [entry]:
        return "white space within it: no URL begins with that"
    if not entry.endswith("/"):
        return f"without a slash at its end it also allows {entry}-of-somebody-else"
    return ""
