"""The grammar of the filter language: from a text to terms, without knowing what they mean.

::

    term  = ["!"] [field ":"] value *("," value)
    value = '"' anything but '"' '"' / anything but blank, comma and '"'

A colon that does not follow a plain word belongs to the value (``oci://host``).
"""

import msgspec

MAX_LENGTH = 512
"""Characters of a filter that are read."""
MAX_TERMS = 24
"""Terms of a filter that are applied."""


class Problem(msgspec.Struct, frozen=True):
    """What was not understood, in words, and where it begins in the text (0 is the first character)."""

    position: int
    text: str

    def __str__(self) -> str:
        """For people, who count from one."""
        return f"at {self.position + 1}: {self.text}"


class Value(msgspec.Struct, frozen=True):
    """One alternative of a term; `exact` if it was quoted."""

    text: str
    exact: bool = False


class Term(msgspec.Struct, frozen=True):
    """One condition: `field` is empty for a word; `values` are alternatives."""

    position: int
    field: str
    values: tuple[Value, ...]
    negated: bool = False


def split(text: str) -> tuple[list[Term], list[Problem]]:
    """The terms of a text, and what is wrong with it. Never raises."""
    terms: list[Term] = []
    problems: list[Problem] = []
    if len(text) > MAX_LENGTH:
        problems.append(Problem(MAX_LENGTH, f"only the first {MAX_LENGTH} characters are read"))
        text = text[:MAX_LENGTH]
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        if len(terms) == MAX_TERMS:
            problems.append(Problem(at, f"only the first {MAX_TERMS} terms are applied"))
            break
        term, at = _term(text, at, problems)
        if term.field or term.values:
            terms.append(term)
    return terms, problems


def _term(text: str, at: int, problems: list[Problem]) -> tuple[Term, int]:
    position = at
    negated = text[at] == "!"
    if negated:
        at += 1
    field, at = _field(text, at)
    values: list[Value] = []
    while at < len(text) and not text[at].isspace():
        if text[at] == ",":
            at += 1
            continue
        value, at = _value(text, at, problems)
        if value.text:
            values.append(value)
    return Term(position, field, tuple(values), negated), max(at, position + 1)


def _field(text: str, at: int) -> tuple[str, int]:
    """The field before a colon, if there is one, and where the values begin."""
    end = at
    while end < len(text) and (text[end].isalnum() or text[end] in "-_"):
        end += 1
    if end == at or text[end : end + 1] != ":" or text.startswith("://", end):
        return "", at
    return text[at:end].lower(), end + 1


def _value(text: str, at: int, problems: list[Problem]) -> tuple[Value, int]:
    if text[at] == '"':
        end = text.find('"', at + 1)
        if end < 0:
            problems.append(Problem(at, "the quote is not closed"))
            end = len(text)
        return Value(text[at + 1 : end], exact=True), end + 1
    end = at
    while end < len(text) and not text[end].isspace() and text[end] not in ',"':
        end += 1
    return Value(text[at:end]), end
