"""Bookmarks: places that somebody wants to find again, kept from one session to the next."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from fluxtui.insight.place import Place
from fluxtui.kinds.text import line
from fluxtui.notes.kept import VERSION, Kept

MOST = 200
"""Bookmarks that are kept."""
LONGEST = 120
"""Characters of a name."""


class BookmarkError(ValueError):
    """It cannot be kept like that; the text says why."""


class Bookmark(msgspec.Struct, frozen=True):
    """A place under a name that no other bookmark has; `made` in epoch seconds."""

    name: str
    place: Place
    made: float = 0.0


class BookmarkFile(msgspec.Struct, frozen=True):
    """The document."""

    version: int = VERSION
    bookmarks: tuple[Bookmark, ...] = ()


class Bookmarks:
    """Those of one user on this machine; without a folder they last as long as the program."""

    def __init__(self, folder: Path | None, now: Callable[[], float]) -> None:
        self._now = now
        self._kept = Kept(folder / "bookmarks.json" if folder is not None else None, BookmarkFile, now)

    @property
    def trouble(self) -> str:
        """What is wrong with the file, in words."""
        return self._kept.trouble

    def every(self) -> tuple[Bookmark, ...]:
        """All of them, in the order in which they were made; also those that another session made meanwhile."""
        self._kept.refresh()
        return self._kept.value.bookmarks

    def at(self, place: Place) -> Bookmark | None:
        """The bookmark of a place."""
        return next((each for each in self.every() if each.place.same(place)), None)

    def add(self, place: Place, name: str = "") -> Bookmark:
        """Keep a place, by default under its title. Raises `BookmarkError`."""
        known = self.every()
        if len(known) >= MOST:
            raise BookmarkError(f"there are {MOST} bookmarks: `:bookmarks` lists them, `d` deletes one")
        wanted = _named(name or place.title)
        taken = {each.name for each in known}
        number = 2
        unique = wanted
        while unique in taken:
            if name:
                raise BookmarkError(f"there is a bookmark {name!r} already")
            unique, number = f"{wanted} ({number})", number + 1
        made = Bookmark(unique, place, self._now())
        self._change(lambda bookmarks: (*bookmarks, made))
        return made

    def remove(self, name: str) -> None:
        """One bookmark less; harmless when there is none of that name."""
        self._change(lambda bookmarks: tuple(each for each in bookmarks if each.name != name))

    def rename(self, name: str, wanted: str) -> None:
        """Another name. Raises `BookmarkError`."""
        wanted = _named(wanted)
        if wanted != name and any(each.name == wanted for each in self.every()):
            raise BookmarkError(f"there is a bookmark {wanted!r} already")
        self._change(
            lambda bookmarks: tuple(
                msgspec.structs.replace(each, name=wanted) if each.name == name else each for each in bookmarks
            )
        )

    def _change(self, change: Callable[[tuple[Bookmark, ...]], tuple[Bookmark, ...]]) -> None:
        self._kept.update(lambda file: msgspec.structs.replace(file, bookmarks=change(file.bookmarks)[-MOST:]))


def _named(text: str) -> str:
    """A name as it may be kept. Raises `BookmarkError`."""
    name = line(" ".join(text.split()))
    if not name:
        raise BookmarkError("a bookmark needs a name")
    if len(name) > LONGEST:
        raise BookmarkError(f"the name has more than {LONGEST} characters")
    return name
