"""``fluxtui health``: the control planes of the fleet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from fluxtui.cli import completing, loop, options, outcome
from fluxtui.cli.settings import Settings

if TYPE_CHECKING:
    from fluxtui.cli.gather import Gathered
    from fluxtui.cli.printing import Answer


@click.command(
    "health",
    short_help="The control planes: versions, controllers, sync, counts.",
    epilog=outcome.CODES,
    context_settings=options.CONTEXT_SETTINGS,
)
@click.argument("filter_words", metavar="[FILTER]...", nargs=-1, shell_complete=completing.planes)
@options.answering
@options.connecting
@click.pass_context
def command(context: click.Context, filter_words: tuple[str, ...], output: str, timeout: int, watch: bool) -> int:
    """Tell how every control plane is, and what they do not have alike: a row for each cluster, the worst first.

    What the FluxReport of a cluster says is read with its traps, and stands beside our own count; a cluster without
    the Flux Operator gets the same row, computed by us. Problems are control planes that are not well or cannot be
    believed, and objects that failed, are blocked or unknown.

    FILTER is cluster:prod-*, status:unknown, or words that its findings have; !word negates.

    JSON and YAML have "version: 1"; keys are added, never renamed; times are RFC 3339 in UTC. With --watch, JSON is one
    document per line.
    """
    from fluxtui.cli.logs import start_logging

    told = options.no_screen(context)
    start_logging(told.log_file)
    return loop.run(_run(told, " ".join(filter_words), output, timeout, watch=watch))


async def _run(told: Settings, words: str, output: str, patience: int, *, watch: bool) -> int:
    from fluxtui.cli.gather import answered, connected
    from fluxtui.cli.printing import Printer
    from fluxtui.insight.narrow import narrowing

    problem = narrowing(words)[1]  # what is wrong with it is told before anything is asked
    if problem is not None:
        raise click.UsageError(f"FILTER {words!r}, at character {problem.position + 1}: {problem.text}")
    async with connected(told) as gathered:
        printer = Printer(lambda: ask(gathered, words), output, watch=watch)
        return await answered(gathered, printer, patience)


async def ask(gathered: Gathered, words: str) -> Answer:
    """The health of now, as far as it passes the filter."""
    from fluxtui.cli import coverage, health_text
    from fluxtui.cli.printing import Answer
    from fluxtui.insight import health_export
    from fluxtui.insight.health import health_now
    from fluxtui.insight.narrow import narrowing

    versions = {name: cluster.health.version for name, cluster in gathered.fleet.clusters.items()}
    report = health_now(gathered.store, gathered.now(), versions)
    planes = list(filter(narrowing(words)[0], report.planes))
    shape = health_export.health_shape(report, planes, words)
    return Answer(
        shape=shape,
        essence=health_export.timeless(shape),
        text=lambda width, paint, wide: health_text.text(report, planes, width, paint, wide=wide),
        markdown=lambda: health_text.markdown_text(report, planes),
        unseen=coverage.missing((plane.standing for plane in planes), report.now),
        problems=not shape.healthy,
        complete=shape.complete,
        now=report.now,
    )
