"""An index of the names of every object, to search a hundred thousand of them at each key.

Names stand as lines in large texts, so that searching is C's work, and are searched in slices between which keys are
heard. The index is grown from the store when it is first asked for, and follows the feed of changes from then on: a
status that changes costs nothing unless the object begins to fail, a removed object is left out when it is found.
"""

import re
from bisect import bisect_right
from collections.abc import Generator, Iterable, Iterator, Mapping

import msgspec

from fluxtui.insight.matching import Tier, fit_in_name, letters, words_of
from fluxtui.kinds.record import split_id
from fluxtui.kinds.status import Status
from fluxtui.kinds.table import KINDS
from fluxtui.store.changes import Change
from fluxtui.store.row import Row
from fluxtui.store.store import Store

LINES = 1024
"""Lines of one text: a slice of work, searched in well under a millisecond."""
SPARE = 2_000
"""Lines that may be too many, or unsorted, before the index is grown anew."""
MOST = 200
"""Objects that are found at most, for each tier."""
FAILING = frozenset({Status.FAILED, Status.BLOCKED})

Key = tuple[str, str]
"""(cluster, id)"""


class Hit(msgspec.Struct, frozen=True):
    """An object that was found, and how it fits."""

    tier: Tier
    row: Row


class Lines:
    """Short texts as one, each between a line break and a tab."""

    __slots__ = ("_starts", "_text", "_waiting")

    def __init__(self) -> None:
        self._text = ""
        self._starts: list[int] = []
        self._waiting: list[str] = []

    def add(self, text: str) -> None:
        """One more."""
        self._waiting.append(f"\n{text.lower()}\t")

    def seal(self) -> None:
        """Join what was added; cheap when nothing was."""
        if self._waiting:
            at = len(self._text)
            for line in self._waiting:
                self._starts.append(at)
                at += len(line)
            self._text += "".join(self._waiting)
            self._waiting = []

    def line(self, number: int) -> str:
        """One of them."""
        after = self._starts[number + 1] if number + 1 < len(self._starts) else len(self._text)
        return self._text[self._starts[number] + 1 : after - 1]

    def find(self, needle: str) -> Iterator[int]:
        """The numbers of those that hold a text, each once."""
        at = self._text.find(needle)
        while at >= 0:
            number = bisect_right(self._starts, at) - 1
            yield number
            if number + 1 == len(self._starts):
                return
            at = self._text.find(needle, self._starts[number + 1])

    def search(self, pattern: re.Pattern[str]) -> Iterator[int]:
        """The numbers of those in which a pattern is found, each once."""
        found = pattern.search(self._text)
        while found is not None:
            number = bisect_right(self._starts, found.start()) - 1
            yield number
            if number + 1 == len(self._starts):
                return
            found = pattern.search(self._text, self._starts[number + 1])


class Chunk:
    """Up to `LINES` objects of one kind: their names, and what stands beside these (namespace and cluster)."""

    __slots__ = ("beside", "clusters", "ids", "names", "words")

    def __init__(self, kind: str) -> None:
        known = KINDS.get(kind)
        called = (known.name, known.plural, *known.short) if known is not None else (kind,)
        self.words = tuple(dict.fromkeys(name.lower() for name in called))
        """What the kind is called."""
        self.clusters: list[str] = []
        self.ids: list[str] = []
        self.names = Lines()
        self.beside = Lines()

    def __len__(self) -> int:
        return len(self.ids)

    def add(self, cluster: str, identity: str) -> None:
        """One more object."""
        _, namespace, name = split_id(identity)
        self.ids.append(identity)
        self.clusters.append(cluster)
        self.names.add(name)
        self.beside.add(f"{namespace} {cluster}")

    def seal(self) -> None:
        """To be searched now."""
        self.names.seal()
        self.beside.seal()

    def key(self, number: int) -> Key:
        """The object of a line."""
        return self.clusters[number], self.ids[number]

    def is_called(self, word: str) -> bool:
        """Whether a word means the kind: an abbreviation, or a part of its name."""
        if word in self.words:
            return True
        return len(word) > 2 and any(word in name for name in self.words[:2])


class Names:
    """The index. Those that fail stand first, once more: they are found before the others."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._forget()

    def _forget(self) -> None:
        self._chunks: list[Chunk] = []
        self._failing: list[Chunk] = []
        self._open: dict[tuple[str, bool], Chunk] = {}
        self._gone = self._again = 0
        self._following = False
        self.grown = False
        """Whether it has everything."""

    def __len__(self) -> int:
        return max(0, sum(map(len, self._chunks)) - self._gone)

    @property
    def _worn(self) -> bool:
        """Whether too many lines stand for nothing, or for what stands elsewhere too."""
        return self._gone + self._again > max(SPARE, sum(map(len, self._chunks)) // 4)

    def grow(self) -> Iterator[None]:
        """Take in what the store holds, unless it is there; yields every few hundred objects. One at a time."""
        if self.grown:
            return
        self._forget()
        self._following = True
        for table in self._store.tables():
            for number, row in enumerate(list(table.rows.values())):
                self._add(row)
                if not number % 512:
                    yield
        self.grown = True

    def follow(self, changes: Iterable[Change]) -> None:
        """What came, what went, and what began to fail. An index that is not asked and has become untidy is dropped."""
        if not self._following:
            return
        for change in changes:
            if change.after is None:
                self._gone += change.before is not None
            elif change.before is None:
                self._add(change.after)
            elif change.after.status in FAILING and change.before.status not in FAILING:
                self._again += 1
                self._line(change.after, failing=True)
        if self.grown and self._worn:
            self._forget()

    def chunks(self) -> Iterator[Chunk]:
        """The texts, those of what fails first."""
        for chunk in [*self._failing, *self._chunks]:
            chunk.seal()
            yield chunk

    def _add(self, row: Row) -> None:
        self._line(row, failing=False)
        if row.status in FAILING:
            self._line(row, failing=True)

    def _line(self, row: Row, *, failing: bool) -> None:
        place = row.record.kind, failing
        chunk = self._open.get(place)
        if chunk is None or len(chunk) >= LINES:
            chunk = self._open[place] = Chunk(row.record.kind)
            (self._failing if failing else self._chunks).append(chunk)
        chunk.add(row.cluster, row.record.id)


class Search:
    """One query. `steps` does the work, `hits` is what there is of it at any time."""

    def __init__(self, names: Names, store: Store, query: str, visited: Mapping[Key, int] | None = None) -> None:
        """`visited` ranks what was seen lately: the lower the number, the later."""
        self._names = names
        self._store = store
        self.words = words_of(query)
        self._visited = visited or {}
        self._found: dict[Key, Hit] = {}
        self._counts = [0] * len(Tier)
        self.more = False
        """Whether there is more than was kept."""

    @property
    def hits(self) -> list[Hit]:
        """By tier; then what fails, what was visited lately, and the shortest names."""
        return sorted(self._found.values(), key=self._rank)

    def _rank(self, hit: Hit) -> tuple[int, bool, int, int, str, str]:
        record = hit.row.record
        last = self._visited.get(hit.row.key, len(self._visited))
        return hit.tier, hit.row.status not in FAILING, last, len(record.name), record.name, hit.row.cluster

    def steps(self) -> Generator[None, None, None]:
        """Search; yields after each text. First what is found as it is written, then letters in order."""
        if not self.words:
            return
        for chunk in _visited(self._visited):
            self._literally(chunk)
        for chunk in self._names.chunks():
            self._literally(chunk)
            yield
        if self._room(Tier.LETTERS) and all(len(word) > 1 for word in self.words):
            patterns = {word: letters(word) for word in self.words}
            for chunk in self._names.chunks():
                if not self._room(Tier.LETTERS):
                    self.more = True
                    return
                self._by_letters(chunk, patterns)
                yield

    def _room(self, tier: Tier) -> bool:
        """Whether anything of a tier would still be among those that are kept."""
        return sum(self._counts[: tier + 1]) < MOST

    def _literally(self, chunk: Chunk) -> None:
        called = {word for word in self.words if chunk.is_called(word)}
        if len(self.words) == 1:
            self._one_word(chunk, self.words[0], bool(called))
            return
        for number in self._likely(chunk, called):
            if not self._room(Tier.PART):
                self.more = True
                return
            name, beside = chunk.names.line(number), chunk.beside.line(number)
            if all(word in called or word in name or word in beside for word in self.words):
                fits = [found for word in self.words if (found := fit_in_name(name, word)) is not None]
                self._take(chunk.key(number), min(fits, default=Tier.ELSEWHERE))

    def _likely(self, chunk: Chunk, called: set[str]) -> Iterator[int]:
        """Lines that may have all words. When there is enough of what has them beside its name, those that have one in
        their name alone.
        """
        if not self._room(Tier.ELSEWHERE):
            self.more = True
            for word in self.words:
                yield from chunk.names.find(word)
            return
        first = max(self.words, key=lambda word: (word not in called, len(word)))
        if first in called:
            yield from range(len(chunk))
        else:
            yield from chunk.names.find(first)
            yield from chunk.beside.find(first)

    def _one_word(self, chunk: Chunk, word: str, called: bool) -> None:
        """By tier, the best first: what there is enough of is not looked for."""
        names = chunk.names
        for tier, found in (
            (Tier.EXACT, (f"\n{word}\t",)),
            (Tier.PREFIX, (f"\n{word}",)),
            (Tier.WORD, tuple(f"{start}{word}" for start in "-.:")),
            (Tier.PART, (word,)),
        ):
            for needle in found:
                if not self._room(tier):
                    self.more = True
                    return
                for number in names.find(needle):
                    if not self._take(chunk.key(number), tier):
                        break
        for number in range(len(chunk)) if called else chunk.beside.find(word):
            if not self._take(chunk.key(number), Tier.ELSEWHERE):
                break

    def _by_letters(self, chunk: Chunk, patterns: Mapping[str, re.Pattern[str]]) -> None:
        words = [word for word in self.words if not chunk.is_called(word)]
        if not words:
            return
        first = max(words, key=len)
        for number in chunk.names.search(patterns[first]):
            name, beside = chunk.names.line(number), chunk.beside.line(number)
            if not all(word in name or word in beside or patterns[word].search(name) for word in words):
                continue
            if not self._take(chunk.key(number), Tier.LETTERS):
                return

    def _take(self, key: Key, tier: Tier) -> bool:
        """Keep a hit, unless there are enough as good; returns whether there may be room for more."""
        if key in self._found:
            return True
        if not self._room(tier):
            self.more = True
            return False
        row = self._store.row(*key)
        if row is not None:
            self._found[key] = Hit(tier, row)
            self._counts[tier] += 1
        return True


def _visited(keys: Iterable[Key]) -> Iterator[Chunk]:
    """Texts of what was visited lately: found before the others."""
    chunks: dict[str, Chunk] = {}
    for cluster, identity in keys:
        kind = split_id(identity)[0]
        chunks.setdefault(kind, Chunk(kind)).add(cluster, identity)
    for chunk in chunks.values():
        chunk.seal()
        yield chunk
