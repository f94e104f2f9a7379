"""The CEL that people write to say which objects they mean: conjunctions over the name, namespace, kind and labels.

CEL itself is not interpreted. What is understood is what a match condition of a policy or an exception usually is:
``object.metadata.namespace == 'a'``, ``object.metadata.name.startsWith('b')``, ``… in ['c', 'd']``, with ``&&`` and
``!``. Anything else does not hold, as an expression that does not compile never does.
"""

import re

from fluxtui.simulator.shapes import Json, dig, map_at

_TEXT = r"'[^']*'|\"[^\"]*\""
_LABEL = rf"metadata\.labels(?:\.(?P<label>\w+)|\[(?P<quoted>{_TEXT})\])"
_PATH = rf"object\.(?P<path>kind|metadata\.(?:name|namespace)|{_LABEL})"
_EQUAL = re.compile(rf"{_PATH}\s*(?P<operator>==|!=)\s*(?P<text>{_TEXT})")
_PREFIXED = re.compile(rf"{_PATH}\.(?P<operator>startsWith|endsWith|contains)\(\s*(?P<text>{_TEXT})\s*\)")
_LISTED = re.compile(rf"{_PATH}\s+in\s+\[(?P<texts>[^\]]*)\]")
_LITERAL = re.compile(_TEXT)


def holds(expression: str, obj: Json) -> bool:
    """Whether an expression holds of an object."""
    return all(_term(part.strip(), obj) for part in expression.split("&&"))


def _term(text: str, obj: Json) -> bool:
    negated = text.startswith("!")
    bare = text.removeprefix("!").strip()
    if bare.startswith("(") and bare.endswith(")"):
        bare = bare[1:-1].strip()
    for pattern in (_EQUAL, _PREFIXED, _LISTED):
        found = pattern.fullmatch(bare)
        if found is not None:
            return _compared(found, obj) != negated
    return False


def _compared(found: re.Match[str], obj: Json) -> bool:
    groups = found.groupdict()
    value = _value(groups, obj)
    if value is None:
        return False
    if groups.get("texts") is not None:
        return value in [each[1:-1] for each in _LITERAL.findall(groups["texts"])]
    text = groups["text"][1:-1]
    holding = {
        "==": value == text,
        "!=": value != text,
        "startsWith": value.startswith(text),
        "endsWith": value.endswith(text),
        "contains": text in value,
    }
    return holding[groups["operator"]]


def _value(groups: dict[str, str | None], obj: Json) -> str | None:
    label = groups.get("label") or (groups.get("quoted") or "")[1:-1]
    if label:
        return map_at(obj, "metadata", "labels").get(label)
    return dig(obj, *str(groups["path"]).split("."))
