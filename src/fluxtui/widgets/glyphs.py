"""Terminals without Unicode: one map from the glyphs that we draw to ASCII, applied to finished lines.

Callers and widgets write Unicode. In ASCII mode the app puts `ASCII` among its line filters, so
that borders, scrollbars and Textual's own widgets are mapped too. Every glyph maps to as many cells as it takes.
"""

import locale
import os
import re
from collections.abc import Mapping
from pathlib import Path

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter
from textual.widget import Widget

SWITCH = "FLUXTUI_ASCII"
LOCALES = ("LC_ALL", "LC_CTYPE", "LANG")
"""What names the encoding of a terminal's text: the first that is set counts (POSIX)."""
CONSOLE = "linux"
"""The TERM of the Linux console."""
COERCED = ("C.UTF-8", "C.utf8", "UTF-8")
"""What the interpreter makes of the C locale, where it can (PEP 538)."""
STARTED_WITH = Path("/proc/self/environ")

_PAIRS = (
    ("●◐◌✖‖⊘◆◇○◎◉", "+~.x=!*oooO"),
    ("▁▂▃▄▅▆▇█▔", "_.:-=+*#-"),
    ("▏▎▍▌▋▊▉▐", ">>>>>>>|"),
    ("░▒▓", ".:#"),
    ("│┃┆┇┊┋╎╏║▕╵╷╹╻", "||||||||||||||"),
    ("─━┄┅┈┉╌╍═╴╶╸╺", "-=.=.=-#=--=="),
    ("┌┐└┘├┤┬┴┼╭╮╰╯┏┓┗┛┣┫┳┻╋╔╗╚╝╠╣╦╩╬", "+" * 31),
    ("▲▼▸▾▹▿◀▶◂►△▽", "^v>v>v<><>^v"),
    ("←→↑↓↗↘↖↙⇢⇠↔↕↦↩↪↵⏎⇥⇧⌫", "<>^v/\\\\/><-|>}{~~>^<"),
    ("…·•∙–—−×÷≈≠≤≥±∞", ">..*---x/~!<>+8"),
    ("“”‘’«»‹›❮❯", "\"\"''<><><>"),
    ("✓✔✗✘⚠★☆§°", "vvxx!**Soo"[:9]),
    ("①②③④⑤⑥⑦⑧⑨", "123456789"),
    ("⟨⟩⟪⟫❬❭", "<><><>"),
    ("↳⟲⋯", "+@~"),
    ("�␀", "??"),
)
TO_ASCII: dict[int, str] = {
    ord(glyph): stand_in for glyphs, ascii_ in _PAIRS for glyph, stand_in in zip(glyphs, ascii_, strict=True)
}
"""By code point: the ASCII character of the same width."""

_FOREIGN = re.compile(r"[^\x00-\x7f]+")


def wants_ascii(environ: Mapping[str, str], encoding: str | None = None) -> bool:
    """Whether this terminal should get ASCII: `FLUXTUI_ASCII` is set (0 says no), it is the Linux console, whose fonts
    have few of our glyphs, or the locale is not UTF-8, by the first of LC_ALL, LC_CTYPE and LANG that is set.

    `encoding` (by default the interpreter's) counts where these name none.
    """
    switch = environ.get(SWITCH, "")
    if switch:
        return switch != "0"
    if environ.get("TERM") == CONSOLE:
        return True
    wanted = next((value for name in LOCALES if (value := environ.get(name, ""))), "")
    if wanted.partition("@")[0] in ("C", "POSIX"):
        return True
    _, _, codeset = wanted.partition("@")[0].partition(".")
    told = codeset or encoding or locale.getencoding()
    return told.lower().replace("-", "").replace("_", "") not in ("utf8", "utf8sig")


def asked_for(environ: Mapping[str, str]) -> Mapping[str, str]:
    """The environment with the LC_CTYPE that the program was started with: in the C locale, the interpreter puts one
    of its own there (PEP 538), and the kernel remembers what was there before. Where it does not tell, as it is.
    """
    if environ.get("LC_CTYPE") not in COERCED:
        return environ
    try:
        told = os.fsdecode(STARTED_WITH.read_bytes()).split("\0")
    except OSError:
        return environ
    given = next((entry.partition("=")[2] for entry in told if entry.startswith("LC_CTYPE=")), "")
    return {**environ, "LC_CTYPE": given}


def to_ascii(text: str) -> str:
    """The text in ASCII, as wide as it was; what has no stand-in becomes question marks."""
    if text.isascii():
        return text
    return _FOREIGN.sub(lambda found: "?" * cell_len(found[0]), text.translate(TO_ASCII))


KEY_WORDS = {"⏎": "enter", "⇥": "tab", "⇧": "shift", "⌫": "backspace"}
"""Keys whose glyph has no ASCII likeness."""


def is_ascii(widget: Widget) -> bool:
    """Whether the widget's lines are mapped to ASCII."""
    return any(isinstance(line_filter, AsciiFilter) for line_filter in widget.get_line_filters())


class AsciiFilter(LineFilter):
    """Maps every finished line; return `ASCII` from `App.get_line_filters` in ASCII mode."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same segments with ASCII text; control segments stay."""
        return [
            segment if segment.control or segment.text.isascii() else Segment(to_ascii(segment.text), segment.style)
            for segment in segments
        ]


ASCII = AsciiFilter()
"""The one to use: lines remember what a filter made of them by its identity."""
