"""``fluxtui suspended``: the ledger of what is at rest."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from fluxtui.cli import completing, options, outcome
from fluxtui.cli.settings import Settings

if TYPE_CHECKING:
    from fluxtui.cli.gather import Gathered
    from fluxtui.cli.printing import Answer
    from fluxtui.kube.authorship import Authorship


@click.command(
    "suspended",
    short_help="What is at rest: who, since when, why, what it hides.",
    epilog=outcome.CODES,
    context_settings=options.CONTEXT_SETTINGS,
)
@click.argument("filter_words", metavar="[FILTER]...", nargs=-1, shell_complete=completing.filters)
@options.answering
@options.connecting
@click.pass_context
def command(context: click.Context, filter_words: tuple[str, ...], output: str, timeout: int, watch: bool) -> int:
    """List what is suspended, disabled by annotation or left alone by its applier, what hides the most first.

    For each: who and why, by annotations and managedFields; since when (≈ ≤2d: inferred, its last run was then); what
    gets nothing new because of it; and what waits for it to be resumed. Problems are those that hide something or
    have something waiting.

    FILTER is the filter language of the screens. JSON and YAML have "version: 1"; keys are added, never renamed; times
    are RFC 3339 in UTC.
    """
    from fluxtui.cli.logs import start_logging

    told = options.no_screen(context)
    start_logging(told.log_file)
    return asyncio.run(_run(told, " ".join(filter_words), output, timeout, watch=watch))


async def _run(told: Settings, words: str, output: str, patience: int, *, watch: bool) -> int:
    from fluxtui.cli.gather import answered, connected
    from fluxtui.cli.printing import Printer, accepting
    from fluxtui.kube.authorship import Authorship

    accepting(words, told.namespace, told.now())  # what is wrong with it is told before anything is asked
    async with connected(told) as gathered:
        authors = Authorship(gathered.fleet)
        printer = Printer(lambda: ask(gathered, authors, words, told.namespace), output, watch=watch)
        return await answered(gathered, printer, patience)


async def ask(gathered: Gathered, authors: Authorship, words: str, namespace: str) -> Answer:
    """The ledger of now, as far as it passes the filter."""
    from fluxtui.cli import coverage, ledger_text
    from fluxtui.cli.printing import Answer, accepting, narrowed
    from fluxtui.insight import ledger, ledger_export

    store, now = gathered.store, gathered.now()
    report = await gathered.computed(ledger.report(store, now))
    if await authors.read(entry.row for entry in report.entries):
        report = await gathered.computed(ledger.report(store, now, written=authors.written))
    compiled, accept = accepting(words, namespace, now, store)
    everything = compiled.empty and not namespace
    shown = [entry for entry in report.entries if everything or accept(entry.row)]
    shape = ledger_export.ledger_shape(report, shown, narrowed(words, namespace))
    return Answer(
        shape=shape,
        essence=ledger_export.timeless(shape),
        text=lambda width, paint, wide: ledger_text.text(report, shown, width, paint, wide=wide),
        markdown=lambda: ledger_text.markdown_text(report, shown),
        unseen=coverage.missing(report.clusters, now),
        problems=any(entry.hides or entry.pending for entry in shown),
        complete=shape.complete,
        now=now,
    )
