"""How well words that people type fit a name: the ranks of the palette.

Lower-cased words; each must fit somewhere. A slash parts words, so that ``hr/apps/web`` is what it looks like.
"""

import re
from collections.abc import Sequence
from enum import IntEnum

MAX_WORDS = 8
"""Words of a query that are read."""
MAX_LETTERS = 64
"""Characters of a word that are read."""
STARTS = "-._/: "
"""What a part of a name begins after."""


class Tier(IntEnum):
    """How well a word fits, the best first."""

    EXACT = 0
    PREFIX = 1
    WORD = 2
    """A part of the name begins with it (``manager`` in cert-manager)."""
    PART = 3
    """It is somewhere in the name."""
    ELSEWHERE = 4
    """It is in what stands beside the name: namespace, cluster, kind."""
    LETTERS = 5
    """Its letters are there in order, the first of them at the start of a part (``cmw`` in cert-manager-webhook)."""


def words_of(text: str) -> tuple[str, ...]:
    """The words of a query, lower-cased, bounded in number and length."""
    return tuple(word[:MAX_LETTERS] for word in text.lower().replace("/", " ").split()[:MAX_WORDS])


def letters(word: str) -> "re.Pattern[str]":
    """Finds a word's letters in order within a line (tabs part its fields), the first at the start of a part. Nothing
    is ever tried twice: linear in the text.
    """
    first, rest = word[:1], word[1:]
    tail = "".join(f"[^{re.escape(letter)}\t\n]*+{re.escape(letter)}" for letter in rest)
    return re.compile(rf"(?:^|[\n\t{re.escape(STARTS)}]){re.escape(first)}{tail}")


def fit_in_name(name: str, word: str) -> Tier | None:
    """How a word fits a lower-cased name by itself, letters in order aside; None if it does not."""
    at = name.find(word)
    if at < 0:
        return None
    if at == 0:
        return Tier.EXACT if len(name) == len(word) else Tier.PREFIX
    if name[at - 1] in STARTS or any(f"{start}{word}" in name for start in STARTS):
        return Tier.WORD
    return Tier.PART


def fit(name: str, beside: str, words: Sequence[str]) -> Tier | None:
    """How the words fit a name with what stands beside it (both lower-cased): as the best of them does, but none of
    them may be nowhere. Without words everything fits.
    """
    best = Tier.LETTERS
    whole = " ".join(words)
    if len(words) > 1 and (together := fit_in_name(name, whole)) is not None:
        return together
    for word in words:
        found = fit_in_name(name, word)
        if found is None and word in beside:
            found = Tier.ELSEWHERE
        if found is None:
            if len(word) < 2 or letters(word).search(name) is None:
                return None
            found = Tier.LETTERS
        best = min(best, found)
    return best
