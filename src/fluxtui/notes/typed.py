"""What was typed into the lines for commands and filters, kept from one session to the next."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from fluxtui.notes.kept import VERSION, Kept

MOST = 100
"""Lines that are kept of each sort; the oldest go first."""
LONGEST = 512
"""Characters of a line that is kept."""


class TypedFile(msgspec.Struct, frozen=True):
    """The document: lines by what they begin with (``:`` and ``/``), the latest last."""

    version: int = VERSION
    lines: dict[str, tuple[str, ...]] = {}


class Typed:
    """The lines of one user on this machine; without a folder nothing is kept."""

    def __init__(self, folder: Path | None, now: Callable[[], float]) -> None:
        self._kept = Kept(folder / "typed.json" if folder is not None else None, TypedFile, now)

    def lines(self, mode: str) -> list[str]:
        """Those of a sort, the latest last."""
        self._kept.refresh()
        return list(self._kept.value.lines.get(mode, ()))[-MOST:]

    def add(self, mode: str, text: str) -> None:
        """The latest line. May wait for the disk, so it is not for the loop that draws."""
        if not text.strip() or len(text) > LONGEST:
            return
        self._kept.update(lambda file: _with(file, mode, text))


def _with(file: TypedFile, mode: str, text: str) -> TypedFile:
    kept = [each for each in file.lines.get(mode, ()) if each != text]
    return msgspec.structs.replace(file, lines=file.lines | {mode: (*kept, text)[-MOST:]})
