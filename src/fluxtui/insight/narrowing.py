"""Whether a filter that is being typed can only hide more: then what it hid need not be looked at again."""

from fluxtui.insight.terms import Term, split

GROWING = frozenset({"", "ns", "namespace", "name", "cluster", "ctx", "context", "reason", "message", "tenant"})
"""Fields of which a longer value matches less; not so of kinds, statuses and ages."""
TIMED = frozenset({"age", "since", "but"})
"""Fields of which time alone changes what matches."""


def narrows(before: str, after: str) -> bool:
    """Whether everything that passes `after` passes `before`, as far as that can be told from the texts alone.

    A term more hides more. A longer last word does, unless it is negated, quoted, a glob or one of several.
    """
    old, wrong = split(before)
    new, wrong_too = split(after)
    if wrong or wrong_too or len(new) < len(old):
        return False
    if any(term.field in TIMED for term in new):
        return False
    if not old:
        return True
    return old[:-1] == new[: len(old) - 1] and _longer(old[-1], new[len(old) - 1])


def _longer(old: Term, new: Term) -> bool:
    if old == new:
        return True
    if old.negated or new.negated or old.field != new.field or old.field not in GROWING:
        return False
    if len(old.values) != 1 or len(new.values) != 1 or old.position != new.position:
        return False
    was, now = old.values[0], new.values[0]
    special = was.exact or now.exact or "*" in was.text or "*" in now.text
    return not special and now.text.lower().startswith(was.text.lower())
