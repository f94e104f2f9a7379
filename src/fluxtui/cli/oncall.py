"""``fluxtui oncall``: the screen for whoever is paged and may look, not touch; or a screen on the wall."""

from __future__ import annotations

import click

from fluxtui.cli import options


@click.command(
    "oncall",
    short_help="The screen, read-only, for whoever is on call; --kiosk for a wall.",
    context_settings=options.CONTEXT_SETTINGS,
)
@click.option(
    "--kiosk", is_flag=True, help="A quiet layout for a wall screen: it turns its pages until a key is pressed."
)
@click.option(
    "--every",
    metavar="DURATION",
    callback=options.seconds,
    default="20s",
    show_default=True,
    help="With --kiosk: how long each page stays.",
)
@click.option("--no-bell", is_flag=True, help="With --kiosk: do not ring for a new root cause.")
@options.connecting
@options.on_screen
@click.pass_context
def command(context: click.Context, kiosk: bool, every: int, no_bell: bool) -> int:
    """Open the screen with --read-only: nothing in this process can change a cluster, and nothing can undo that.

    R tells the commands for whoever may; H notes what is selected for the handover; a acknowledges what is known.
    """
    from fluxtui.cli.logs import start_logging
    from fluxtui.cli.tui import open_screen

    told = options.settings(context)
    if not kiosk and (no_bell or every != 20):
        raise click.UsageError("--every and --no-bell are for a kiosk: add --kiosk.", context)
    start_logging(told.log_file)
    told.read_only = told.on_call = True
    told.kiosk, told.every, told.bell = kiosk, max(3, every), not no_bell
    return open_screen(told, at_end=told.demo.end if told.demo is not None else None)
