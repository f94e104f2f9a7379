"""Opens the screen: everything that can be wrong is told before, in words, on the terminal as it was."""

from __future__ import annotations

import asyncio
import gc
import select
import signal
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from fluxtui.cli import loop
from fluxtui.cli.logs import log_states
from fluxtui.cli.outcome import FAILURE, Failure
from fluxtui.cli.settings import Settings

if TYPE_CHECKING:
    from fluxtui.app import FluxtuiApp
    from fluxtui.insight.place import Place


LOOK = 2.0
"""Seconds between two looks at whether the terminal is still there."""


def open_screen(told: Settings, at_end: Callable[[], None] | None = None, place: Place | None = None) -> int:
    """Run the screen until it is left; returns the exit code. ``at_end`` is called before the loop ends, for what
    blocks a thread. With a ``place`` it begins there, and watches its cluster too. Raises `Failure`.
    """
    config = told.config()
    impersonation = told.impersonation()
    _check_terminal()
    gc.disable()  # until the fleet has its modules: what is imported stays, and the first paint need not wait for it
    from fluxtui.app import FluxtuiApp, Start

    _check_command(told.command)
    start = Start(
        find_contexts=lambda: told.find(config, place.cluster if place is not None else ""),
        place=place,
        now=told.now,
        config=config,
        impersonation=impersonation,
        read_only=told.read_only,
        demo=told.demo is not None,
        command=told.command,
        theme=told.theme,
        namespace=told.namespace,
        state=told.state(),
        on_call=told.on_call,
        kiosk=told.kiosk,
        every=told.every,
        bell=told.bell,
    )
    app = FluxtuiApp(start)
    log_states(app.desk.fleet)
    broken = _add_themes(app)
    wanted = told.theme or config.theme
    if wanted and wanted not in app.available_themes:
        from fluxtui.themes import BUILTIN

        raise Failure("\n".join([f"there is no theme {wanted!r}; ours are {', '.join(BUILTIN)}", *broken]))
    return loop.run(_live(app, at_end)) or 0


async def _live(app: FluxtuiApp, at_end: Callable[[], None] | None) -> int | None:
    """The program's life on its loop; a signal to end closes it as the key does, and leaves the terminal as it was."""
    running = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP):
        running.add_signal_handler(number, lambda number=number: app.exit(return_code=128 + number))
    watching = asyncio.create_task(_end_with_terminal(app), name="terminal")
    try:
        await app.run_async()
    finally:
        watching.cancel()
        if at_end is not None:
            at_end()
    return FAILURE if app.return_code == 1 else app.return_code  # 1: Textual stopped at a defect, and has told it


async def _end_with_terminal(app: FluxtuiApp) -> None:
    """End when the terminal is gone and no signal told us so: else its input is read in vain, at full speed."""
    if sys.__stdin__ is None or not hasattr(select, "poll"):
        return
    terminal = select.poll()
    terminal.register(sys.__stdin__, 0)  # hang-ups are told whatever is asked for
    while not terminal.poll(0):  # noqa: ASYNC110 - nothing tells of it but asking
        await asyncio.sleep(LOOK)
    app.exit(return_code=128 + signal.SIGHUP)


def _check_terminal() -> None:
    for stream in (sys.__stdin__, sys.__stderr__):
        if stream is None or not stream.isatty():
            raise Failure("the screen needs a terminal. In scripts use: fluxtui triage -o json, fluxtui get ks")


def _check_command(text: str) -> None:
    from fluxtui.screens.commands import CommandError, UnknownWordError, parse

    if not text:
        return
    try:
        parse(text)
    except UnknownWordError:
        return  # a kind that a cluster serves, perhaps: that is known when they have been asked
    except CommandError as error:
        raise Failure(f"-c: {error}") from error


def _add_themes(app: FluxtuiApp) -> list[str]:
    """Register the user's themes; returns what is wrong with those that cannot be used."""
    from fluxtui.config import folder

    place = folder("config") / "themes"
    if not place.is_dir():
        return []
    from fluxtui.themes import load_directory

    themes, errors = load_directory(place)
    for theme in themes:
        app.register_theme(theme)
    return [str(error) for error in errors]
