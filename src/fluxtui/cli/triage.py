"""``fluxtui triage``: the root causes of the fleet, with their evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from fluxtui.cli import completing, loop, options, outcome
from fluxtui.cli.settings import Settings

if TYPE_CHECKING:
    from fluxtui.cli.gather import Gathered
    from fluxtui.cli.printing import Answer
    from fluxtui.insight.acknowledge import Mark
    from fluxtui.notes.notebook import Notebook


@click.command(
    "triage",
    short_help="The root causes of the fleet, with their evidence.",
    epilog=outcome.CODES,
    context_settings=options.CONTEXT_SETTINGS,
)
@click.argument("filter_words", metavar="[FILTER]...", nargs=-1, shell_complete=completing.filters)
@click.option(
    "--new", "only_new", is_flag=True, help="Only what is not acknowledged and came after the last look at Triage."
)
@options.answering
@options.connecting
@click.pass_context
def command(
    context: click.Context, filter_words: tuple[str, ...], output: str, timeout: int, watch: bool, only_new: bool
) -> int:
    """Tell what is wrong in the fleet: root causes, the worst first, with the evidence for each.

    FILTER is the filter language of the screens: words, ns:frontend, cluster:prod*, kind:ks, status:failed, reason:x,
    tenant:x, since:<30m, !not. A cause passes when one of its objects does, or one that waits behind it.

    A problem is new when it was not there when you last looked at the screen, back when it is not any more what was
    acknowledged there. With --new, the exit code speaks of what is shown.

    JSON and YAML have "version: 1"; keys are added, never renamed; times are RFC 3339 in UTC. With --watch, JSON is one
    document per line.
    """
    from fluxtui.cli.logs import start_logging

    told = options.no_screen(context)
    start_logging(told.log_file)
    return loop.run(_run(told, " ".join(filter_words), output, timeout, watch=watch, only_new=only_new))


async def _run(told: Settings, words: str, output: str, patience: int, *, watch: bool, only_new: bool) -> int:
    from fluxtui.cli.gather import answered, connected
    from fluxtui.cli.printing import Printer, accepting
    from fluxtui.notes.notebook import Notebook

    accepting(words, told.namespace, told.now())  # what is wrong with it is told before anything is asked
    async with connected(told) as gathered:
        notebook = Notebook(told.state(), told.now)
        printer = Printer(
            lambda: ask(gathered, words, told.namespace, notebook, only_new=only_new), output, watch=watch
        )
        return await answered(gathered, printer, patience)


async def ask(
    gathered: Gathered, words: str, namespace: str, notebook: Notebook | None = None, *, only_new: bool = False
) -> Answer:
    """The report of now, as far as it passes the filter, marked by what was acknowledged and seen."""
    import msgspec

    from fluxtui.cli import coverage, reports
    from fluxtui.cli.printing import Answer, accepting, narrowed
    from fluxtui.insight import causes, export

    store = gathered.store
    report = await gathered.triage()
    compiled, accept = accepting(words, namespace, report.now, store)
    everything = compiled.empty and not namespace
    shown = [cause for cause in report.problems if everything or causes.concerns(store, cause, accept)]
    marks = notebook.marks(shown) if notebook is not None else {}
    if notebook is not None and only_new:
        shown = [cause for cause in shown if _stands_out(marks[cause.key], ever=notebook.ever_looked)]
    hidden_by = " ".join(filter(None, ("--new" if only_new else "", narrowed(words, namespace))))
    told = reports.Told(store, report, shown, hidden_by, marks)
    healthy = report.healthy if everything else not shown and not any(map(accept, export.unhealthy(store)))
    if only_new:
        healthy = not shown
    made = export.triage_shape(store, report, shown, told.filter, marks)
    shape = msgspec.structs.replace(made, healthy=healthy)
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


def _stands_out(mark: Mark, *, ever: bool) -> bool:
    """Whether ``--new`` shows a problem; where nobody ever looked, everything that is not acknowledged is new."""
    return mark.attention.value in ("new", "back") or (mark.calls and not ever)
