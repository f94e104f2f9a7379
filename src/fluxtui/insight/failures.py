"""What kind of failure a message tells: refused by a policy, no rights, no network, a chart that does not install…

Controllers hand on what API servers, webhooks, registries and Helm told them. What is recognised here has a form of
words that these programs are known to use (`failure_rules`); the first rule that fits decides. What fits none is told
by nobody: the answer is None, and the message stands for itself.

Messages are untrusted: the first `LENGTH` characters are read, rules are found by plain substrings, and names are read
by patterns whose every repetition is bounded and starts at a literal.
"""

import re
from functools import cache, lru_cache

import msgspec

from fluxtui.insight.failure_rules import BY_REASON, RULES, Rule
from fluxtui.kinds.status import Status
from fluxtui.store.row import Row

LENGTH = 8192
"""Characters of a message that are read."""
KEPT = 512
"""Answers that are remembered: a fleet fails with the same words over and over."""
NAME_LENGTH = 300
"""Characters of an extracted name that are told."""


class Failure(msgspec.Struct, frozen=True):
    """What a message tells: its class (a key of `failure_rules.CLASSES`), that in a few words, the names in it
    (policy, rule, webhook, resource, verb, user, host…), and what to look at next."""

    group: str
    words: str
    names: tuple[tuple[str, str], ...] = ()
    look: str = ""

    def name(self, key: str) -> str:
        """One of the names, empty if the message does not tell it."""
        return next((value for known, value in self.names if known == key), "")


def of_row(row: Row) -> Failure | None:
    """The failure of an object; None for one that has not failed or waits for nobody, and for unknown words."""
    if row.status is not Status.FAILED and row.status is not Status.BLOCKED:
        return None
    return classify(row.record.kind, row.reason, row.message)


def classify(kind: str, reason: str, message: str) -> Failure | None:
    """The failure that a message of an object of this kind tells with this reason; None if it is not recognised."""
    return _classify(kind, reason, message[:LENGTH])


@lru_cache(KEPT)
def _classify(kind: str, reason: str, message: str) -> Failure | None:
    for rule in RULES:
        if _fits(rule, kind, message):
            return _told(rule, message)
    rule = BY_REASON.get(reason)
    return _told(rule, message) if rule is not None and (not rule.kinds or kind in rule.kinds) else None


def _fits(rule: Rule, kind: str, message: str) -> bool:
    if rule.kinds and kind not in rule.kinds:
        return False
    if not any(words in message for words in rule.told):
        return False
    return all(any(words in message for words in others) for others in rule.also)


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern of `failure_rules`; compiled when the first message asks for it, not when the program starts."""
    return re.compile(pattern, re.ASCII)


def _told(rule: Rule, message: str) -> Failure:
    names: dict[str, str] = {}
    for pattern in rule.names:
        found = compiled(pattern).search(message)
        for key, value in found.groupdict().items() if found is not None else ():
            if value:
                names.setdefault(key, " ".join(value.split())[:NAME_LENGTH])
    words = next((text for text in rule.words if _has_all(text, names)), rule.words[-1])
    return Failure(rule.group, _filled(words, names), tuple(names.items()), _filled(rule.look, names))


def _has_all(text: str, names: dict[str, str]) -> bool:
    return all(key in names for key in _keys(text))


def _keys(text: str) -> list[str]:
    return [part.partition("}")[0] for part in text.split("{")[1:]]


def _filled(text: str, names: dict[str, str]) -> str:
    """The text with its names; in one pass, so that a name that looks like a place is left as it is."""
    parts = text.split("{")
    filled = [parts[0]]
    for part in parts[1:]:
        key, _, rest = part.partition("}")
        filled.append(names.get(key, f"the {key}") + rest)
    return "".join(filled)
