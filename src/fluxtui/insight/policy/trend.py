"""How many fail, minute by minute, since we watch: reports say how things are, and never how they were."""

from collections import Counter, deque

from fluxtui.insight.policy.model import Picture

MINUTES = 120
"""How far back it goes."""


class Trend:
    """Fails by policy (the id, or the name as reported), one sample a minute. `note` after each picture."""

    def __init__(self) -> None:
        self._samples: deque[tuple[int, Counter[str]]] = deque(maxlen=MINUTES)

    def note(self, picture: Picture) -> None:
        """The last picture of a minute counts; minutes without one repeat the one before."""
        minute = int(picture.now) // 60
        found = Counter(each.policy for each in picture.violations if each.finding.result == "fail")
        if self._samples and self._samples[-1][0] >= minute:
            self._samples.pop()
        elif self._samples:
            last, before = self._samples[-1]
            self._samples.extend((passed, before) for passed in range(max(last + 1, minute - MINUTES), minute))
        self._samples.append((minute, found))

    def of(self, policy: str = "") -> list[int]:
        """Fails of a policy, or of all, the oldest first; empty before the first sample."""
        return [found[policy] if policy else found.total() for _, found in self._samples]

    @property
    def since(self) -> int:
        """Epoch seconds of the oldest sample, 0 before the first."""
        return self._samples[0][0] * 60 if self._samples else 0
