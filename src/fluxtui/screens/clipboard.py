"""The clipboard of whoever sits at the terminal, reached through it: by OSC 52, which works over SSH; in tmux by tmux
itself, whose default is to refuse OSC 52 of programs.

Nothing tells whether a terminal obeyed. What cannot be copied like that is written into a file, and that is told.
"""

import asyncio
import base64
import contextlib
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from textual.app import App

MOST = 74_994
"""Bytes that terminals take: 100,000 characters of base64 less the sequence around it."""
SCREEN_PIECE = 700
"""Characters that GNU screen hands through at a time."""
PATIENCE = 3.0
"""Seconds that tmux has to answer."""
WITHOUT = ("linux", "dumb", "")
"""Values of TERM of terminals that have no clipboard."""
NAME = "copied.txt"


async def copy(app: App[None], text: str, write: Callable[[str], object], folder: Path | None) -> None:
    """Copy a text by `write`, which writes to the terminal; where that cannot be, into a file, and say so."""
    if _has_tmux(os.environ) and await _by_tmux(text):
        return
    if order := sequence(text, os.environ):
        write(order)
    else:
        app.notify(into_file(text, folder), title="not in the clipboard", severity="warning", markup=False)


def sequence(text: str, environ: Mapping[str, str]) -> str:
    """What to write to the terminal; empty when it has no clipboard, or not for so much."""
    data = text.encode("utf-8", "replace")
    if len(data) > MOST or environ.get("TERM", "") in WITHOUT:
        return ""
    order = f"\x1b]52;c;{base64.b64encode(data).decode()}\a"
    if environ.get("STY"):  # GNU screen hands through what is wrapped
        pieces = (order[at : at + SCREEN_PIECE] for at in range(0, len(order), SCREEN_PIECE))
        return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)
    if environ.get("TERM", "").startswith("tmux"):  # tmux on the other side of SSH: both ways it might be willing
        return f"{order}\x1bPtmux;\x1b{order}\x1b\\"
    return order


def _has_tmux(environ: Mapping[str, str]) -> bool:
    """Whether we run in a tmux that can be asked."""
    return bool(environ.get("TMUX")) and shutil.which("tmux", path=environ.get("PATH")) is not None


async def _by_tmux(text: str) -> bool:
    """Have tmux keep the text as its newest buffer, and hand it to the terminal; whether it did."""
    for options in (("-w",), ()):  # -w is of tmux 3.2
        process = None
        try:
            process = await asyncio.create_subprocess_exec(
                "tmux",
                "load-buffer",
                *options,
                "-",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
            await asyncio.wait_for(process.communicate(text.encode("utf-8", "replace")), PATIENCE)
        except (OSError, TimeoutError):
            if process is not None and process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
            return False
        if process.returncode == 0:
            return True
    return False


def into_file(text: str, folder: Path | None) -> str:
    """Keep the text in a file of the owner's alone; returns what to tell of it."""
    if folder is None:
        return "this terminal has no clipboard for it"
    from fluxtui.notes.kept import write_new

    path = folder / NAME
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_new(path, f"{text}\n", replace=True)
    except OSError as error:
        return f"this terminal has no clipboard for it, and {path} cannot be written: {error.strerror or error}"
    return f"this terminal has no clipboard for {len(text):,} characters: they are in {path}"
