"""``fluxtui handover``: what was noted for whoever takes over, printed or written into a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fluxtui.cli import loop, options, outcome
from fluxtui.cli.outcome import Failure
from fluxtui.cli.settings import Settings

if TYPE_CHECKING:
    from fluxtui.notes.handover_text import Document

CODES = """\b
Exit codes:
  0  it was printed or written
  2  there is nothing to hand over, wrong usage, or the command failed"""


@click.command(
    "handover",
    short_help="What was noted for whoever takes over.",
    epilog=CODES,
    context_settings=options.CONTEXT_SETTINGS,
)
@click.option(
    "-o", "--output", type=click.Choice(["markdown", "json"]), default="markdown", show_default=True, help="How."
)
@click.option("--to", "place", metavar="FILE", help="Write it there instead; a file that exists is left alone.")
@click.option("--force", is_flag=True, help="With --to: replace the file if it exists.")
@click.option("--now", "fresh", is_flag=True, help="Leave the notes alone: write up every root cause as it is now.")
@options.patience("20s", "With --now: how long clusters have to answer.")
@options.connecting
@click.pass_context
def command(context: click.Context, output: str, place: str | None, force: bool, fresh: bool, timeout: int) -> int:
    """Print the handover that was noted on the screen (H notes what is selected, :handover shows it).

    No cluster is asked: the evidence is that of when it was noted. With --now the clusters are asked, every root cause
    is written up with its evidence of now, and nothing is kept.
    """
    from fluxtui.cli.logs import start_logging
    from fluxtui.cli.output import Out
    from fluxtui.notes.kept import write_new

    told = options.no_screen(context)
    start_logging(told.log_file)
    document = loop.run(_of_now(told, timeout)) if fresh else _kept(told)
    text = _written(document, output)
    if place is None:
        Out().write(text)
        return outcome.HEALTHY
    path = Path(place).expanduser()
    try:
        write_new(path, text, replace=force)
    except FileExistsError as error:
        raise Failure(f"{path} exists: --force replaces it") from error
    except OSError as error:
        raise Failure(f"{path}: {error.strerror or error}") from error
    click.echo(path.absolute(), err=True)
    return outcome.HEALTHY


def _written(document: Document, output: str) -> str:
    from fluxtui.cli.output import as_json
    from fluxtui.notes.handover_text import markdown, shape

    return markdown(document) if output == "markdown" else as_json(shape(document)) + "\n"


def _kept(told: Settings) -> Document:
    """What was noted. Raises `Failure` when that is nothing, or cannot be read."""
    from fluxtui.notes.handover_text import Document
    from fluxtui.notes.notebook import Notebook

    notebook = Notebook(told.state(), told.now)
    held = notebook.handover.document
    if notebook.handover.trouble:
        raise Failure(notebook.handover.trouble)
    if not held.begun:
        raise Failure(
            "nothing was noted yet: H on the screen notes what is selected, --now writes up what is wrong now"
        )
    return Document(held, told.now(), notebook.counting())


async def _of_now(told: Settings, patience: int) -> Document:
    """Every root cause of now."""
    from msgspec import structs

    from fluxtui.actions.journal import user
    from fluxtui.cli.gather import connected
    from fluxtui.insight.handover import Handover, added, capture_cause, picture
    from fluxtui.notes.handover import MOST_FINDINGS
    from fluxtui.notes.handover_text import Document
    from fluxtui.notes.notebook import Notebook
    from fluxtui.notes.suggesting import suggested

    async with connected(told) as gathered:
        await gathered.settle(patience)
        report = await gathered.triage()
        now, store = gathered.now(), gathered.store
        held = Handover(begun=now, who=user(), picture=picture(report))
        for cause in report.problems[:MOST_FINDINGS]:
            finding = capture_cause(store, cause, now)
            held = added(held, structs.replace(finding, commands=tuple(suggested(store, finding, now))))
        return Document(held, now, Notebook(told.state(), told.now).counting(report.problems))
