"""Which control planes a filter lets through: ``cluster:`` and ``status:``, and words over all that is told of them."""

from collections.abc import Callable
from fnmatch import fnmatchcase

from fluxtui.insight.plane import Plane
from fluxtui.insight.terms import Problem, Term, split

FIELDS = ("cluster", "status")


def narrowing(text: str) -> tuple[Callable[[Plane], bool], Problem | None]:
    """The test that a filter text means, and what is wrong with the text; nothing is hidden by a wrong one."""
    terms, problems = split(text)
    unknown = next((term for term in terms if term.field not in ("", *FIELDS)), None)
    if unknown is not None and not problems:
        words = f"{unknown.field}: is not known of control planes, only cluster:, status: and words"
        problems = [Problem(unknown.position, words)]
    if problems:
        return lambda plane: True, problems[0]
    return lambda plane: all(_passes(plane, term) for term in terms), None


def _passes(plane: Plane, term: Term) -> bool:
    if term.field == "cluster":
        found = any(fnmatchcase(plane.cluster.lower(), value.text.lower()) for value in term.values)
    elif term.field == "status":
        found = any(plane.status.word.startswith(value.text.lower()) for value in term.values)
    else:
        told = (plane.cluster, plane.flux, plane.operator, plane.kubernetes, plane.platform, plane.status.word)
        text = " ".join([*told, *(finding.text for finding in plane.findings)]).lower()
        found = any(value.text.lower() in text for value in term.values)
    return found is not term.negated
