"""``fluxtui info``: versions, paths, and how each context answers."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

import fluxtui
from fluxtui.cli import loop, options, outcome
from fluxtui.cli.outcome import Failure
from fluxtui.cli.settings import Settings

if TYPE_CHECKING:
    from fluxtui.cli.output import Out
    from fluxtui.cli.probe import Answered
    from fluxtui.cli.tables import Cell

CODES = """\b
Exit codes:
  0  every context that was asked answers, and lets us list everything
  2  wrong usage, or the command failed
  3  a context does not answer, or forbids something"""


class Place(msgspec.Struct, frozen=True):
    """A path that the program uses, and whether anything is there."""

    path: str
    exists: bool
    problem: str = ""


class Info(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What ``info -o json`` prints; keys are added, never renamed."""

    version: int = 1
    kind: str = "Info"
    program: str
    python: str
    libraries: dict[str, str]
    system: str
    read_only: bool
    config: Place
    themes: Place
    state: Place
    cache: Place
    log: str
    kubeconfig: list[Place]
    current: str
    contexts: list[Answered]


@click.command(
    "info",
    short_help="Versions, paths, and how each context answers.",
    epilog=CODES,
    context_settings=options.CONTEXT_SETTINGS,
)
@click.option(
    "-o", "--output", type=click.Choice(["table", "json", "yaml"]), default="table", show_default=True, help="How."
)
@options.patience("5s", "How long each context has to answer.")
@options.connecting
@click.pass_context
def command(context: click.Context, output: str, timeout: int) -> int:
    """Tell versions, paths, kubeconfig files, and how each context answers (with --context: only these)."""
    from fluxtui.cli.logs import start_logging
    from fluxtui.cli.output import Out, as_json, as_yaml

    told = options.no_screen(context)
    start_logging(told.log_file)
    info = gather(told, timeout)
    out = Out()
    if output == "table":
        out.write(text(info, out))
    else:
        out.write(as_json(info) if output == "json" else as_yaml(info))
    well = all(each.reachable and not each.forbidden for each in info.contexts)
    return outcome.HEALTHY if well else outcome.INCOMPLETE


def gather(told: Settings, patience: float) -> Info:
    """Everything; asks the contexts for so many seconds each. Raises `Failure`."""
    from importlib.metadata import version

    from fluxtui.cli.probe import probe
    from fluxtui.config import config_path, folder
    from fluxtui.kube.contexts import NoContext

    config = told.config()
    try:
        found = told.load()
        asked = told.select(found, config) if told.contexts else found.contexts
    except NoContext as error:
        raise Failure(str(error)) from error
    try:
        watched = frozenset(each.name for each in told.select(found, config))
    except NoContext:
        watched = frozenset[str]()
    problems = {error.path: str(error) for error in found.errors}
    own = Path(told.config_file).expanduser() if told.config_file else config_path()
    return Info(
        program=fluxtui.__version__,
        python=platform.python_version(),
        libraries={name: version(name) for name in ("textual", "kubernetes-asyncio", "aiohttp", "msgspec")},
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        read_only=told.read_only or config.read_only,
        config=_place(own),
        themes=_place(folder("config") / "themes", _broken_themes(folder("config") / "themes")),
        state=_place(folder("state")),
        cache=_place(folder("cache")),
        log=told.log_file,
        kubeconfig=[_place(Path(file), problems.get(file, "")) for file in found.files],
        current=found.current,
        contexts=loop.run(probe(asked, watched, told.impersonation(), patience)),
    )


def _place(path: Path, problem: str = "") -> Place:
    return Place(str(path), path.exists(), problem)


def _broken_themes(place: Path) -> str:
    if not place.is_dir():
        return ""
    from fluxtui.themes import load_directory

    return "; ".join(str(error) for error in load_directory(place)[1])


def text(info: Info, out: Out) -> str:
    """The same for eyes."""
    from fluxtui.cli.tables import Column, table

    facts: list[list[Cell]] = [
        [("fluxtui", "muted"), (info.program, "strong")],
        [("python", "muted"), f"{info.python} on {info.system}"],
        [("libraries", "muted"), ", ".join(f"{name} {number}" for name, number in info.libraries.items())],
        [("read-only", "muted"), "yes" if info.read_only else "no"],
        *([(name, "muted"), _told(getattr(info, name))] for name in ("config", "themes", "state", "cache")),
        [("log", "muted"), info.log or "none (--log-file FILE)"],
        *([("kubeconfig", "muted"), _told(place)] for place in info.kubeconfig),
    ]
    columns = [
        Column("CONTEXT", least=12),
        Column("ANSWERS"),
        Column("VERSION", least=8),
        Column("MS", right=True),
        Column("SERVER", least=16),
        Column("REMARKS", least=30),
    ]
    lines = table([Column(""), Column("")], facts, None, out.paint)[1:]
    if info.contexts:
        lines += ["", *table(columns, [_row(each) for each in info.contexts], out.width, out.paint)]
        lines += ["", "* would be watched without further options"]
    return "\n".join(lines)


def _told(place: Place) -> str:
    return place.path + (f" ({place.problem})" if place.problem else "" if place.exists else " (not there)")


def _row(each: Answered) -> list[Cell]:
    from fluxtui.cli import coverage

    remarks = [each.problem] if each.problem else []
    for word, kinds in (("may not list", each.forbidden), ("not served:", each.missing)):
        if kinds:
            remarks.append(f"{word} {coverage.named(kinds)}")
    return [
        (f"{each.context}{' *' if each.watched else ''}", "strong"),
        ("yes", "ready") if each.reachable else ("no", "failed"),
        each.version,
        str(each.latency) if each.latency is not None else "-",
        each.server,
        "; ".join(remarks),
    ]
