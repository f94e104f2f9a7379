"""The `fluxtui` command itself: the screen without a subcommand, and how every ending becomes an exit code."""

from __future__ import annotations

import importlib
import logging
import os
import sys
from collections.abc import Sequence
from typing import ClassVar, cast

import click

import fluxtui
from fluxtui.cli import options, outcome

COMMANDS: dict[str, str] = {
    "demo": "fluxtui.cli.demo",
    "open": "fluxtui.cli.open",
    "triage": "fluxtui.cli.triage",
    "health": "fluxtui.cli.health",
    "get": "fluxtui.cli.get",
    "tree": "fluxtui.cli.tree",
    "changes": "fluxtui.cli.changes",
    "policy": "fluxtui.cli.policy",
    "suspended": "fluxtui.cli.suspended",
    "orphans": "fluxtui.cli.orphans",
    "oncall": "fluxtui.cli.oncall",
    "handover": "fluxtui.cli.handover",
    "journal": "fluxtui.cli.journal",
    "info": "fluxtui.cli.info",
    "completion": "fluxtui.cli.completion",
}
"""Module by command; each has its command as ``command``."""

log = logging.getLogger(__name__)


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called, or when their help is shown."""

    modules: ClassVar[dict[str, str]] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order in which they are told."""
        return list(self.modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, imported now."""
        module = self.modules.get(cmd_name)
        return cast("click.Command", importlib.import_module(module).command) if module else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, and with the nearest name where there is none."""
        name = args[0]
        if name not in self.modules and not name.startswith("-"):
            from difflib import get_close_matches

            close = get_close_matches(name, self.modules, 1)
            there = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(self.modules)}."
            raise click.UsageError(f"There is no command {name!r}: {there}", ctx)
        return super().resolve_command(ctx, args)


class Program(LazyGroup):
    """All commands."""

    modules = COMMANDS


@click.group(
    cls=Program,
    invoke_without_command=True,
    context_settings=options.CONTEXT_SETTINGS,
    epilog=outcome.CODES,
    subcommand_metavar="[COMMAND] [ARGS]...",
)
@options.connecting
@options.on_screen
@click.version_option(fluxtui.__version__, "--version", message="fluxtui %(version)s")
@click.pass_context
def program(context: click.Context) -> int:
    """Triage and run fleets of Kubernetes clusters delivered by Flux.

    Without a command, the screen opens on the chosen contexts.
    """
    from fluxtui.cli.logs import start_logging

    told = options.settings(context)
    if context.invoked_subcommand is not None:
        return outcome.HEALTHY  # the command goes on from here
    start_logging(told.log_file)
    from fluxtui.cli.tui import open_screen

    return open_screen(told)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the program; never raises. Returns the exit code."""
    logging.getLogger().addHandler(logging.NullHandler())  # else warnings are written on the screen
    try:
        code = program.main(
            None if arguments is None else list(arguments),
            prog_name="fluxtui",
            complete_var="_FLUXTUI_COMPLETE",
            standalone_mode=False,
        )
    except (click.exceptions.Abort, KeyboardInterrupt):
        return outcome.INTERRUPTED
    except click.ClickException as error:
        error.show()
        return outcome.FAILURE
    except outcome.PipeClosed:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else the interpreter complains on its way out
        return outcome.PIPE_CLOSED
    except Exception as error:
        log.exception("the command failed")
        click.echo(f"Error: this is a defect in fluxtui: {type(error).__name__}: {error}", err=True)
        click.echo("With --log-file FILE, the file tells where it happened.", err=True)
        return outcome.FAILURE
    return code if isinstance(code, int) else outcome.HEALTHY
