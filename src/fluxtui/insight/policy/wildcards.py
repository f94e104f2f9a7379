"""Kyverno's patterns: ``*`` is any number of characters, ``?`` is one; letters are not folded (its ext/wildcard)."""

from functools import lru_cache

from fluxtui.kinds.policy.reports import Subject

KEPT = 16_384
"""Answers that are remembered: a fleet asks the same few patterns about the same names."""


@lru_cache(KEPT)
def fits(pattern: str, text: str) -> bool:
    """Whether a text is what a pattern says. Costs at most the product of their lengths."""
    if "*" not in pattern and "?" not in pattern:
        return pattern == text
    at = here = mark = 0
    star = -1
    while here < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, mark = at, here
            at += 1
        elif at < len(pattern) and pattern[at] in ("?", text[here]):
            at, here = at + 1, here + 1
        elif star >= 0:
            mark += 1
            at, here = star + 1, mark
        else:
            return False
    return not pattern[at:].strip("*")


def fits_kind(pattern: str, subject: Subject) -> bool:
    """Whether a kind as policies write it (``Pod``, ``v1/Pod``, ``apps/v1/Deployment``, ``*``) is that of an object.

    A subresource (``Pod/exec``) is not the object itself. Versions are not compared: reports know one of several.
    """
    parts = pattern.split("/")
    if len(parts) > 1 and _version(parts[0]):
        group, kind, rest = "*", parts[1], parts[2:]
    elif len(parts) > 2 and _version(parts[1]):
        group, kind, rest = parts[0], parts[2], parts[3:]
    else:
        group, kind, rest = "*", parts[0], parts[1:]
    return fits(group, subject.group) and fits(kind, subject.kind) and all(part == "*" for part in rest)


def _version(part: str) -> bool:
    return part == "*" or (part[:1] == "v" and part[1:2].isdigit())
