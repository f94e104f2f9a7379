"""The lines of a log that is read for hours: bounded, in the order of their time, narrowed by what one looks for.

Without a terminal. Positions are those of the narrowed list; the whole one is never copied. Appending costs what is
appended; narrowing looks at every line once, in steps that leave room for others.
"""

from bisect import bisect_left
from collections.abc import Callable, Generator, Iterable

import msgspec

MOST = 100_000
"""Lines that are kept."""
MOST_CHARACTERS = 60_000_000
"""Characters that are kept."""
SPARE = 2_000
"""Lines by which `MOST` may be exceeded before the oldest go, together."""
LATE = 20_000
"""Lines at the end among which one that comes late still finds its place."""
NOWHERE = 1 << 62
WORST = 4
"""The highest level."""
STEP = 1_000
"""Lines that are looked at in one step of narrowing: about a millisecond."""


class LogLine(msgspec.Struct, gc=False, frozen=True):
    """One line: when (epoch seconds, 0: not told), from whom (a number), how bad (1 to 4), and what."""

    when: float
    origin: int
    level: int
    text: str


Wanted = Callable[[LogLine], bool]


class LogBuffer:
    """The last lines. `dropped` is how many older ones are gone."""

    def __init__(self, most: int = MOST, characters: int = MOST_CHARACTERS) -> None:
        self.dropped = 0
        self._most = most
        self._characters = characters
        self._lines: list[LogLine] = []
        self._faults: list[int] = []
        """The numbers of the lines of the highest level."""
        self._size = 0
        self._wanted: Wanted | None = None
        self._stirred = NOWHERE
        """The first number whose line may be another one since narrowing looked."""
        self._shown: list[int] | None = None
        """The numbers of the lines that are wanted, counted from the first line ever; None: all are."""

    @property
    def total(self) -> int:
        """Lines that are kept."""
        return len(self._lines)

    @property
    def hidden(self) -> int:
        """Lines that are kept and not wanted."""
        return 0 if self._shown is None else len(self._lines) - len(self._shown)

    @property
    def errors(self) -> int:
        """Lines of the highest level among those that are kept."""
        return len(self._faults)

    def __len__(self) -> int:
        """Lines that are wanted."""
        return len(self._lines) if self._shown is None else len(self._shown)

    def line(self, position: int) -> LogLine:
        """The line at a position. Raises IndexError."""
        return self._lines[position if self._shown is None else self._shown[position] - self.dropped]

    def number(self, position: int) -> int:
        """The number of the line at a position, which stays the same while others come and go."""
        return self.dropped + position if self._shown is None else self._shown[position]

    def position(self, number: int) -> int:
        """The position of a line by its number; of one that is not there, of the next one that is."""
        if self._shown is None:
            return min(max(0, number - self.dropped), max(0, len(self._lines) - 1))
        return min(bisect_left(self._shown, number), max(0, len(self._shown) - 1))

    def clear(self) -> None:
        """Nothing was ever said."""
        self.dropped = self._size = 0
        self._lines, self._faults = [], []
        self._shown = None if self._wanted is None else []

    def extend(self, fresh: Iterable[LogLine]) -> None:
        """More lines, in any order; those that come late find their place among the last ones."""
        added = sorted(fresh, key=_when)
        if not added:
            return
        self._size += sum(len(line.text) for line in added)
        start = len(self._lines)
        if start and added[0].when and added[0].when < self._lines[-1].when:
            start = max(start - LATE, bisect_left(self._lines, added[0].when, key=_when))
            added = sorted([*self._lines[start:], *added], key=_when)
            del self._lines[start:]
            self._stirred = min(self._stirred, self.dropped + start)
        self._lines += added
        number = self.dropped + start
        del self._faults[bisect_left(self._faults, number) :]
        self._faults += [number + at for at, line in enumerate(added) if line.level >= WORST]
        if self._shown is not None and self._wanted is not None:
            wanted = self._wanted
            del self._shown[bisect_left(self._shown, number) :]
            self._shown += [number + at for at, line in enumerate(added) if wanted(line)]
        self._trim()

    def _trim(self) -> None:
        excess = len(self._lines) - self._most if len(self._lines) > self._most + min(SPARE, self._most) else 0
        size = self._size
        while size > self._characters and excess < len(self._lines) - 1:
            excess = min(excess + SPARE, len(self._lines) - 1)
            size = self._size - sum(len(line.text) for line in self._lines[:excess])
        if not excess:
            return
        gone = self._lines[:excess]
        self._size -= sum(len(line.text) for line in gone)
        del self._lines[:excess]
        self.dropped += excess
        del self._faults[: bisect_left(self._faults, self.dropped)]
        if self._shown is not None:
            del self._shown[: bisect_left(self._shown, self.dropped)]

    def narrow(self, wanted: Wanted | None) -> Generator[None, None, None]:
        """Show only what is wanted (None: everything), in steps; until the last one things are as they were."""
        if wanted is None:
            self._wanted, self._shown = None, None
            return
        shown: list[int] = []
        number, self._stirred = self.dropped, NOWHERE
        while True:
            if self._stirred < number:  # a line came late: what is behind it is looked at again
                number, self._stirred = self._stirred, NOWHERE
                del shown[bisect_left(shown, number) :]
            number = max(number, self.dropped)
            at = number - self.dropped
            part = self._lines[at : at + STEP]
            if not part:
                break
            shown += [number + step for step, line in enumerate(part) if wanted(line)]
            number += len(part)
            yield
        del shown[: bisect_left(shown, self.dropped)]
        self._wanted, self._shown = wanted, shown

    def next_error(self, position: int, step: int) -> int | None:
        """The position of the next line of the highest level in a direction, around the end; None without any."""
        if not self._faults or not len(self):
            return None
        faults = self._faults if step > 0 else self._faults[::-1]
        here = self.number(position)
        after = bisect_left(self._faults, here + 1) if step > 0 else len(faults) - bisect_left(self._faults, here)
        for number in (*faults[after:], *faults[:after]):
            at = self.position(number)
            if self.number(at) == number:
                return at
        return None


def _when(line: LogLine) -> float:
    return line.when
