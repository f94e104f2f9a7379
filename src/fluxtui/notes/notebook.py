"""The notebook of one user on this machine: the documents that the screens and the command line share."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from fluxtui.insight.acknowledge import Acknowledgement, Judge, Mark, acknowledge
from fluxtui.insight.causes import Cause
from fluxtui.notes.handover import HandoverBook
from fluxtui.notes.kept import VERSION, Kept

MOST = 500
"""Acknowledgements that are kept, and problems that are remembered as seen ten times as many; the oldest go first."""
MEMORY = 7 * 86_400
"""Seconds for which a problem that was seen, and an acknowledgement that ran out, are remembered."""


class Acknowledgements(msgspec.Struct, frozen=True):
    """The document of acknowledgements."""

    version: int = VERSION
    acknowledged: tuple[Acknowledgement, ...] = ()


class Seen(msgspec.Struct, frozen=True):
    """The document of what was looked at: key of the problem → epoch seconds; `looked` is 0 until the first look."""

    version: int = VERSION
    looked: float = 0.0
    problems: dict[str, float] = {}


class Notebook:
    """Without a folder everything lasts as long as the program."""

    def __init__(self, folder: Path | None, now: Callable[[], float], who: str = "") -> None:
        self.who = who
        self.now = now
        self.folder = folder
        self._acknowledged = Kept(self._at("acknowledged.json"), Acknowledgements, now)
        self._seen = Kept(self._at("seen.json"), Seen, now)
        self.handover = HandoverBook(self._at("handover.json"), now, who)
        self._judge: Judge | None = None
        self._before: Seen | None = None

    def _at(self, name: str) -> Path | None:
        return self.folder / name if self.folder is not None else None

    @property
    def troubles(self) -> list[str]:
        """What is wrong with the files, in words."""
        every = (self._acknowledged.trouble, self._seen.trouble, self.handover.trouble)
        return [trouble for trouble in every if trouble]

    # Acknowledged problems

    @property
    def acknowledged(self) -> Sequence[Acknowledgement]:
        """All acknowledgements that are kept, whether or not they count any more."""
        self._acknowledged.refresh()
        return self._acknowledged.value.acknowledged

    def acknowledge(self, causes: Iterable[Cause], until: float = 0.0, note: str = "") -> None:
        """Note that these problems are known, until a time (epoch seconds) or, with 0, until they change."""
        now = self.now()
        made = [acknowledge(cause, now, until=until, note=note, by=self.who) for cause in causes]
        keys = {each.key for each in made}

        def change(document: Acknowledgements) -> Acknowledgements:
            held = [each for each in document.acknowledged if each.key not in keys and not _forgotten(each, now)]
            return Acknowledgements(VERSION, tuple([*held, *made][-MOST:]))

        self._acknowledged.update(change)
        self._judge = None

    def take_back(self, held: Iterable[Acknowledgement]) -> None:
        """Forget acknowledgements: their problems stand out again."""
        keys = {each.key for each in held}
        self._acknowledged.update(
            lambda document: Acknowledgements(
                VERSION, tuple(each for each in document.acknowledged if each.key not in keys)
            )
        )
        self._judge = None

    def counting(self, causes: Iterable[Cause] | None = None) -> list[Acknowledgement]:
        """The acknowledgements that count: for these problems, else all whose time is not over."""
        if causes is not None:
            held = [mark.acknowledged for mark in self.marks(causes).values() if not mark.calls]
            return [each for each in held if each is not None]
        now = self.now()
        return [each for each in self.acknowledged if not each.until or each.until > now]

    # What is new

    @property
    def ever_looked(self) -> bool:
        """Whether anybody looked at the problems before this session."""
        return self._seen_before().looked > 0

    def looked(self, causes: Iterable[Cause]) -> None:
        """Somebody has had these problems before their eyes: none of them is new any more."""
        now = self.now()
        keys = [cause.key for cause in causes]

        def change(document: Seen) -> Seen:
            held = {key: at for key, at in document.problems.items() if now - at < MEMORY and key not in keys}
            every = [*held.items(), *((key, now) for key in keys)]
            return Seen(VERSION, now, dict(every[-MOST * 10 :]))

        self._before = self._seen.update(change)
        self._judge = None

    def _seen_before(self) -> Seen:
        if self._before is None:
            self._seen.refresh()
            self._before = self._seen.value
        return self._before

    def marks(self, causes: Iterable[Cause]) -> dict[str, Mark]:
        """How each problem stands, by its key."""
        if self._acknowledged.refresh() or self._judge is None:
            before = self._seen_before()
            self._judge = Judge(self._acknowledged.value.acknowledged, before.problems if before.looked else None)
        return self._judge.marks(causes, self.now())


def _forgotten(held: Acknowledgement, now: float) -> bool:
    return bool(held.until) and now - held.until > MEMORY
