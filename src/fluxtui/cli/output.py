"""How commands write: the formats, colour where it can be seen, and pipes that close early."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TextIO

import msgspec

from fluxtui.cli.outcome import PipeClosed
from fluxtui.kinds.status import Status


class Format(StrEnum):
    """What ``-o`` takes."""

    TABLE = "table"
    WIDE = "wide"
    JSON = "json"
    YAML = "yaml"
    MARKDOWN = "markdown"
    MERMAID = "mermaid"
    DOT = "dot"
    CSV = "csv"
    SARIF = "sarif"

    @property
    def text(self) -> bool:
        """Whether it is for eyes on a terminal."""
        return self in (Format.TABLE, Format.WIDE)


STYLES: dict[str, str] = {
    Status.FAILED.word: "31",
    Status.BLOCKED.word: "33",
    Status.SUSPENDED.word: "35",
    Status.UNKNOWN.word: "33",
    Status.PROGRESSING.word: "36",
    Status.READY.word: "32",
    "strong": "1",
    "muted": "2",
}
"""ANSI parameters by style: the terminal's own colours, which its owner has chosen."""

CHUNK = 8192
"""Characters per write: with PYTHONUNBUFFERED, a large write to a pipe that closes is cut short without a word."""
CLEAR = "\x1b[H\x1b[2J\x1b[3J"


def wants_colour(stream: TextIO, environ: Mapping[str, str] = os.environ) -> bool:
    """Colour is for terminals, and not where NO_COLOR is set (https://no-color.org)."""
    return stream.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


class Out:
    """Standard output. ``width`` is that of the terminal, None where there is none: then nothing is cut."""

    def __init__(self, stream: TextIO | None = None, environ: Mapping[str, str] = os.environ) -> None:
        self._stream = sys.stdout if stream is None else stream
        self.terminal = self._stream.isatty()
        self.width = shutil.get_terminal_size((100, 40)).columns if self.terminal else None
        self._colour = wants_colour(self._stream, environ)
        encoding = (self._stream.encoding or "utf-8").lower().replace("-", "")
        self._ascii = not encoding.startswith("utf")

    def paint(self, text: str, style: str) -> str:
        """The text in a style, if this output has any."""
        return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if self._colour and text and style in STYLES else text

    def write(self, text: str) -> None:
        """Write text, with a line break at its end. Raises `PipeClosed`."""
        if self._ascii:
            from fluxtui.widgets.glyphs import to_ascii

            text = to_ascii(text)
        text = text if text.endswith("\n") else f"{text}\n"
        try:
            for start in range(0, len(text), CHUNK):
                self._stream.write(text[start : start + CHUNK])
            self._stream.flush()
        except BrokenPipeError as error:
            raise PipeClosed from error

    def clear(self) -> None:
        """Empty the terminal; nothing where there is none."""
        if self.terminal:
            self.write(CLEAR)


def as_json(shape: Any, *, compact: bool = False) -> str:
    """A shape as JSON: indented, or in one line."""
    data = msgspec.json.encode(shape)
    return (data if compact else msgspec.json.format(data, indent=2)).decode()


def as_yaml(shape: Any) -> str:
    """A shape as a YAML document."""
    import yaml

    tree = msgspec.to_builtins(shape)
    return yaml.dump(tree, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=120)
