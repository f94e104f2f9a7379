"""``fluxtui triage``: the root causes of the fleet, with their evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from fluxtui.cli import completing, loop, options, outcome
from fluxtui.cli.settings import Settings

if TYPE_CHECKING:
    from fluxtui.cli.gather import Gathered
    from fluxtui.cli.printing import Answer


@click.command(
    "triage",
    short_help="The root causes of the fleet, with their evidence.",
    epilog=outcome.CODES,
    context_settings=options.CONTEXT_SETTINGS,
)
@click.argument("filter_words", metavar="[FILTER]...", nargs=-1, shell_complete=completing.filters)
@options.answering
@options.connecting
@click.pass_context
def command(context: click.Context, filter_words: tuple[str, ...], output: str, timeout: int, watch: bool) -> int:
    """Tell what is wrong in the fleet: root causes, the worst first, with the evidence for each.

    FILTER is the filter language of the screens: words, ns:frontend, cluster:prod*, kind:ks, status:failed, reason:x,
    tenant:x, since:<30m, !not. A cause passes when one of its objects does, or one that waits behind it.

    JSON and YAML have "version: 1"; keys are added, never renamed; times are RFC 3339 in UTC. With --watch, JSON is one
    document per line.
    """
    from fluxtui.cli.logs import start_logging

    told = options.no_screen(context)
    start_logging(told.log_file)
    return loop.run(_run(told, " ".join(filter_words), output, timeout, watch=watch))


async def _run(told: Settings, words: str, output: str, patience: int, *, watch: bool) -> int:
    from fluxtui.cli.gather import connected, follow
    from fluxtui.cli.printing import Printer, accepting

    accepting(words, told.namespace, told.now())  # what is wrong with it is told before anything is asked
    async with connected(told) as gathered:
        printer = Printer(lambda: ask(gathered, words, told.namespace), output, watch=watch)
        await gathered.settle(patience)
        if watch:
            return await follow(gathered, printer.show, ageing=printer.ageing)
        return await printer.show() or outcome.HEALTHY


async def ask(gathered: Gathered, words: str, namespace: str) -> Answer:
    """The report of now, as far as it passes the filter."""
    import msgspec

    from fluxtui.cli import coverage, reports
    from fluxtui.cli.printing import Answer, accepting, narrowed
    from fluxtui.insight import causes, export

    store = gathered.store
    report = await gathered.triage()
    compiled, accept = accepting(words, namespace, report.now, store)
    everything = compiled.empty and not namespace
    shown = [cause for cause in report.problems if everything or causes.concerns(store, cause, accept)]
    told = reports.Told(store, report, shown, narrowed(words, namespace))
    healthy = report.healthy if everything else not shown and not any(map(accept, export.unhealthy(store)))
    shape = msgspec.structs.replace(export.triage_shape(store, report, shown, told.filter), healthy=healthy)
    return Answer(
        shape=shape,
        essence=export.timeless(shape),
        text=lambda width, paint, wide: reports.text(told, width, paint, wide=wide),
        markdown=lambda: reports.markdown_text(told),
        unseen=coverage.missing(report.clusters, report.now),
        problems=not healthy,
        complete=report.complete,
        now=report.now,
    )
