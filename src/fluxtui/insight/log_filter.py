"""What one looks for in a log: words that must stand in a line, ``level:error``, ``pod:name``, ``!not this``.

As everywhere, what is quoted is one word, and capital letters count only in a word that has some.
"""

import re

import msgspec

from fluxtui.insight.log_lines import Level

LEVELS = {
    "debug": Level.DEBUG,
    "info": Level.INFO,
    "warning": Level.WARNING,
    "warn": Level.WARNING,
    "error": Level.ERROR,
}
_WORD = re.compile(r'(!?)(?:(level|pod):)?(?:"([^"]*)"?|(\S+))')


class LogFilter(msgspec.Struct, frozen=True):
    """What lines must say, and must not; the least level; what the name of their pod must hold."""

    words: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    level: int = Level.DEBUG
    pods: tuple[str, ...] = ()
    wrong: str = ""
    """What could not be understood."""

    @property
    def idle(self) -> bool:
        """Whether every line passes."""
        return not (self.words or self.without or self.pods) and self.level <= Level.DEBUG

    @property
    def needle(self) -> str:
        """The word to mark where it stands: the longest."""
        return max(self.words, key=len, default="")

    def passes(self, text: str, level: int, pod: str) -> bool:
        """Whether a line passes."""
        if level < self.level:
            return False
        if self.pods and not any(each in pod for each in self.pods):
            return False
        folded = text.casefold() if self.words or self.without else ""
        return all(_within(word, text, folded) for word in self.words) and not any(
            _within(word, text, folded) for word in self.without
        )


def parse(text: str) -> LogFilter:
    """The filter that a text means; `wrong` says what is not understood, and the rest holds."""
    words: list[str] = []
    without: list[str] = []
    pods: list[str] = []
    level, wrong = Level.DEBUG, ""
    for denied, key, quoted, bare in _WORD.findall(text):
        word = quoted or bare
        if key == "level":
            found = LEVELS.get(word.lower())
            if found is None and not any(name.startswith(word.lower()) for name in LEVELS):
                wrong = f"no level is called {word!r}: there are debug, info, warning, error"
            level = found or level
        elif key == "pod":
            pods.append(word)
        elif word and word != "!":
            (without if denied else words).append(word)
    return LogFilter(tuple(words), tuple(without), level, tuple(pods), wrong)


def _within(word: str, text: str, folded: str) -> bool:
    return word in folded if word == word.casefold() else word in text
