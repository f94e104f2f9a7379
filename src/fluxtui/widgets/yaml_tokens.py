"""Colours for YAML, one line at a time.

A viewer paints lines it has not read up to, so each line is judged alone: a line inside a block scalar
is coloured as if it were YAML. Expressions here must not backtrack, as lines may be long.
"""

import re

from fluxtui.widgets.table_source import Span

LONGEST = 2_000
"""Characters of a line that are coloured; the rest stays plain."""

_KEY = re.compile(
    r"""^(?P<lead>[ ]*(?:-[ ]+)*)(?P<key>"[^"]*"|'[^']*'|[^\s#:'"\-][^\s:]*|-[^\s:]+)(?P<colon>:)(?=[ ]|$)"""
)
_LIST = re.compile(r"^[ ]*(?:-(?:[ ]+|$))+")
_COMMENT = re.compile(r"(?:^|(?<=[ ]))#.*$")
_NUMBER = re.compile(r"^[-+]?(?:\d[\d_]*(?:\.\d*)?(?:[eE][-+]?\d+)?|0x[\da-fA-F]+|0o[0-7]+)$")
_CONSTANTS = frozenset({"true", "false", "null", "~", "yes", "no", "on", "off", "True", "False", "Null", "{}", "[]"})
_MARKS = frozenset({"|", "|-", "|+", ">", ">-", ">+", "---", "..."})


def yaml_spans(line: str) -> list[Span]:
    """The line in spans whose texts join to it: keys, strings, numbers, constants, comments, punctuation."""
    head, tail = line[:LONGEST], line[LONGEST:]
    spans: list[Span] = []
    at = 0
    if found := _KEY.match(head):
        _lead(spans, found["lead"])
        spans += [(found["key"], "syntax-key"), (found["colon"], "syntax-punctuation")]
        at = found.end()
    elif found := _LIST.match(head):
        _lead(spans, found[0])
        at = found.end()
    _value(spans, head[at:])
    if tail:
        spans.append((tail, ""))
    return spans


def _lead(spans: list[Span], lead: str) -> None:
    """Indentation and the dashes of lists."""
    if lead:
        spans.append((lead, "syntax-punctuation" if "-" in lead else ""))


def _value(spans: list[Span], text: str) -> None:
    value = text.strip(" ")
    if not value:
        if text:
            spans.append((text, ""))
        return
    start = text.index(value[0])
    if start:
        spans.append((text[:start], ""))
    comment = ""
    if value[0] not in "\"'" and (found := _COMMENT.search(value)):
        value, comment = value[: found.start()], value[found.start() :]
    rest = text[start + len(value) + len(comment) :]
    if value:
        spans.append((value, _style_of(value.rstrip(" "))))
    if comment:
        spans.append((comment, "syntax-comment"))
    if rest:
        spans.append((rest, ""))


def _style_of(value: str) -> str:
    if value in _CONSTANTS or value[:1] in ("&", "*", "!"):
        return "syntax-constant"
    if value in _MARKS:
        return "syntax-punctuation"
    if _NUMBER.match(value):
        return "syntax-number"
    return "syntax-string"
