"""The options that commands share. Each may stand before or after the name of the command."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from fluxtui.cli import completing
from fluxtui.cli.settings import Settings

CommandT = TypeVar("CommandT", bound=Callable[..., Any])
Decorator = Callable[[CommandT], CommandT]

DAY = 86_400
CONTEXT_SETTINGS: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


def _store(field: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    """A callback that keeps what was given, and leaves what an earlier level gave where nothing was."""

    def keep(context: click.Context, parameter: click.Parameter, value: Any) -> None:
        if value:
            setattr(context.ensure_object(Settings), field, value)

    return keep


def _option(field: str, *names: str, **more: Any) -> Callable[[CommandT], CommandT]:
    return click.option(*names, callback=_store(field), expose_value=False, **more)


def seconds(context: click.Context, parameter: click.Parameter, value: str) -> int:
    """A duration such as ``20s``, ``2m`` or ``20`` (seconds), as whole seconds. Raises `BadParameter`."""
    from fluxtui.insight.filter import duration

    text = value.strip()
    found = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else duration(text)
    if not found or found > DAY:
        raise click.BadParameter(f"{value!r} is no duration (like 20s, 2m, 1m30s)", context, parameter)
    return found


def span(context: click.Context, parameter: click.Parameter, value: str) -> int:
    """How far to look back, as whole seconds: ``30m``, ``2h``, ``7d``. Raises `BadParameter`."""
    from fluxtui.insight.filter import duration

    found = duration(value.strip().lower())
    if not found:
        raise click.BadParameter(f"{value!r} is no span of time (like 30m, 2h, 1d)", context, parameter)
    return found


def patience(default: str, about: str) -> Decorator[CommandT]:
    """``--timeout``, in seconds as ``timeout``."""
    return click.option(
        "--timeout", metavar="DURATION", callback=seconds, default=default, show_default=True, help=about
    )


_CONNECTING = (
    _option("kubeconfig", "--kubeconfig", metavar="FILE", help="This kubeconfig alone, instead of $KUBECONFIG."),
    _option(
        "contexts",
        "--context",
        metavar="GLOB",
        multiple=True,
        shell_complete=completing.contexts,
        help="Contexts to watch, by name or glob; repeatable. Default: the configuration's 'watch', else the current.",
    ),
    _option("namespace", "-n", "--namespace", metavar="NAME", help="Only this namespace."),
    _option("as_user", "--as", metavar="USER", help="Act as this user (impersonation)."),
    _option("as_groups", "--as-group", metavar="GROUP", multiple=True, help="... and these groups; repeatable."),
    _option(
        "read_only",
        "--read-only",
        is_flag=True,
        envvar="FLUXTUI_READ_ONLY",
        show_envvar=True,
        help="Nothing in this process can change a cluster.",
    ),
    _option(
        "log_file",
        "--log-file",
        metavar="FILE",
        help="Write a log here (10 MiB at most, one older file); without it nothing is logged.",
    ),
    _option("config_file", "--config", metavar="FILE", help="This configuration file instead of the usual one."),
)
_SCREEN = (
    _option(
        "command",
        "-c",
        "--command",
        metavar="COMMAND",
        shell_complete=completing.commands,
        help="Run a ':' command at the start, such as -c ks.",
    ),
    _option("theme", "--theme", metavar="NAME", shell_complete=completing.themes, help="How it looks."),
)


def _answering(*formats: str) -> tuple[Callable[[Any], Any], ...]:
    return (
        click.option(
            *("-o", "--output"),
            type=click.Choice(formats),
            default="table",
            show_default=True,
            help="How to print it.",
        ),
        patience("20s", "How long clusters have to answer; what is missing then is told."),
        click.option("-w", "--watch", is_flag=True, help="Print anew whenever it changes, until ctrl-C."),
    )


_ANSWERING = _answering("table", "wide", "json", "yaml", "markdown")
_SCANNING = _answering("table", "wide", "json", "yaml", "markdown", "csv", "sarif")
_DRAWING = _answering("table", "json", "yaml", "markdown", "mermaid", "dot")


def connecting(command: CommandT) -> CommandT:
    """The options of everything that connects to clusters; `settings` has what they say."""
    return _all(_CONNECTING, command)


def on_screen(command: CommandT) -> CommandT:
    """The options of what opens the screen."""
    return _all(_SCREEN, command)


def answering(command: CommandT) -> CommandT:
    """The options of what prints an answer: ``output``, ``timeout`` in seconds, ``watch``."""
    return _all(_ANSWERING, command)


def drawing(command: CommandT) -> CommandT:
    """The options of what prints an answer that can be drawn: those of `answering`, with formats for pictures."""
    return _all(_DRAWING, command)


def scanning(command: CommandT) -> CommandT:
    """The options of what prints findings: those of `answering`, with CSV and SARIF."""
    return _all(_SCANNING, command)


def settings(context: click.Context) -> Settings:
    """What the options say."""
    return context.ensure_object(Settings)


def no_screen(context: click.Context) -> Settings:
    """What the options say to a command that opens no screen. Raises `UsageError` for options of the screen."""
    told = settings(context)
    for given, name in ((told.command, "-c/--command"), (told.theme, "--theme")):
        if given:
            raise click.UsageError(f"{name} is for the screen: it means nothing to '{context.command_path}'.", context)
    return told


def _all(options: tuple[Callable[[Any], Any], ...], command: CommandT) -> CommandT:
    for option in reversed(options):
        command = option(command)
    return command
