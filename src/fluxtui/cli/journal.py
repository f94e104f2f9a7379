"""``fluxtui journal``: what was done to clusters from this machine, and what came of it."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import click
import msgspec

from fluxtui.cli import options, outcome
from fluxtui.cli.outcome import Failure

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fluxtui.actions.journal import Action
    from fluxtui.cli.output import Out

CODES = """\b
Exit codes:
  0  the journal was read; an empty one, too
  2  wrong usage, or the journal cannot be read"""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One request, as ``-o json`` prints it; keys are added, never renamed."""

    time: str
    action: str
    object: str
    """``Kind/namespace/name``"""
    cluster: str
    result: str
    message: str = ""
    ended: str = ""
    user: str = ""
    """Whose session it was on this machine."""
    identity: str = ""
    """Who it was to the cluster."""
    server: str = ""
    why: str = ""
    request: str = ""
    body: dict[str, Any] | None = None


class Printed(msgspec.Struct, frozen=True):
    """What ``-o json`` prints."""

    path: str
    total: int
    """Those that passed; ``items`` are the latest of them."""
    items: list[Entry]
    version: int = 1
    kind: str = "Journal"


@click.command(
    "journal",
    short_help="What was done from this machine, and what came of it.",
    epilog=CODES,
    context_settings=options.CONTEXT_SETTINGS,
)
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="The latest so many.")
@click.option("--demo", is_flag=True, help="What was done in the demo.")
@click.option(
    "-o",
    "--output",
    type=click.Choice(["table", "json", "yaml", "markdown"]),
    default="table",
    show_default=True,
    help="How to print it.",
)
@options.connecting
@click.pass_context
def command(context: click.Context, limit: int, demo: bool, output: str) -> int:
    """List every request that an action sent from this machine, the latest first.

    Each has its time, by whom it was sent, to what, its patch (as JSON and YAML), and what came of it. No cluster is
    asked; --context and --namespace narrow the list.
    """
    from fluxtui.actions.journal import NAME, read
    from fluxtui.cli.output import Out, as_json, as_yaml
    from fluxtui.config import folder

    told = options.no_screen(context)
    path = folder("state") / (f"demo-{NAME}" if demo else NAME)
    try:
        actions = read(path)
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error.strerror or error}") from error
    found = [each for each in reversed(actions) if _passes(each, told.contexts, told.namespace)]
    printed = Printed(str(path), len(found), [_entry(each) for each in found[:limit]])
    out = Out()
    if output == "json":
        out.write(as_json(printed))
    elif output == "yaml":
        out.write(as_yaml(printed))
    else:
        out.write(_markdown(printed) if output == "markdown" else _text(printed, out, path))
    return outcome.HEALTHY


def _passes(action: Action, contexts: Sequence[str], namespace: str) -> bool:
    from fluxtui.kinds.record import split_id

    asked = action.asked
    within = not namespace or split_id(asked.object)[1] == namespace
    return within and (not contexts or any(fnmatchcase(asked.cluster, pattern) for pattern in contexts))


def _entry(action: Action) -> Entry:
    asked = action.asked
    return Entry(
        time=asked.time,
        action=asked.action,
        object=asked.object,
        cluster=asked.cluster,
        result=action.result,
        message=action.message,
        ended=action.ended,
        user=asked.user,
        identity=asked.identity,
        server=asked.server,
        why=asked.why,
        request=asked.request,
        body=asked.patch,
    )


def _text(printed: Printed, out: Out, path: Path) -> str:
    from fluxtui.cli.tables import Column, table

    if not printed.items:
        return f"Nothing is on record in {path}."
    columns = [
        *(Column("TIME"), Column("RESULT"), Column("ACTION"), Column("OBJECT", 20), Column("CLUSTER", 8)),
        *(Column("WHO", 6), Column("WHAT CAME OF IT", 20)),
    ]
    rows = [
        [
            *(each.time[:19].replace("T", " "), _styled(each.result), each.action, each.object, each.cluster),
            *(each.user, " ".join(each.message.split())),
        ]
        for each in printed.items
    ]
    lines = table(columns, rows, out.width, out.paint)
    if printed.total > len(printed.items):
        lines.append(out.paint(f"{printed.total - len(printed.items)} more: --limit {printed.total}", "muted"))
    return "\n".join(lines)


def _styled(result: str) -> tuple[str, str]:
    """In the colour of the status that it is like."""
    styles = {"done": "ready", "not done": "muted", "cancelled": "suspended", "not known": "unknown"}
    return result, styles.get(result, "blocked" if result in ("timed out", "conflict", "no answer") else "failed")


def _markdown(printed: Printed) -> str:
    from fluxtui.cli import markdown

    titles = ["time (UTC)", "result", "action", "object", "cluster", "who", "why", "what came of it"]
    rows = [
        [
            each.time[:19].replace("T", " "),
            each.result,
            each.action,
            *map(markdown.code, (each.object, each.cluster, each.user, each.why, " ".join(each.message.split()))),
        ]
        for each in printed.items
    ]
    counted = f"**{len(printed.items)} of {printed.total} requests** in {markdown.code(printed.path)}"
    return f"{counted}\n\n{markdown.table(titles, rows)}" if rows else f"Nothing is on record in `{printed.path}`."
