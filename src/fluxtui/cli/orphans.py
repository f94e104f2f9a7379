"""``fluxtui orphans``: what Flux left behind in a namespace, or never managed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from fluxtui.cli import completing, options, outcome
from fluxtui.cli.settings import Settings

if TYPE_CHECKING:
    from fluxtui.cli.gather import Gathered
    from fluxtui.cli.printing import Answer
    from fluxtui.kube.orphans import Searched
    from fluxtui.store.store import Store


LOST = ("loading", "unreachable", "login needed")
"""States of a cluster in which it is not asked."""


@click.command(
    "orphans",
    short_help="What Flux left behind in a namespace, or never managed, and who made it.",
    epilog=outcome.CODES,
    context_settings=options.CONTEXT_SETTINGS,
)
@click.argument("filter_words", metavar="[FILTER]...", nargs=-1, shell_complete=completing.filters)
@options.answering
@options.connecting
@click.pass_context
def command(context: click.Context, filter_words: tuple[str, ...], output: str, timeout: int, watch: bool) -> int:
    """List the objects of a namespace (-n) that no Flux object manages, what was left behind first.

    For each: what it is (left behind by Flux, made by hand, by Helm, by a controller), who wrote it and when, why it
    is here, and how sure that is: high where Flux' own fields say it, medium where managedFields do, low where
    nothing does.

    Everything in the namespace is read by its metadata alone; kinds that may not be listed are told, and make the
    answer incomplete. Nothing is deleted. Problems are objects that were left behind.

    FILTER is the filter language of the screens. JSON and YAML have "version: 1"; keys are added, never renamed; times
    are RFC 3339 in UTC.
    """
    from fluxtui.cli.logs import start_logging

    told = options.no_screen(context)
    if not told.namespace:
        raise click.UsageError("Which namespace? Say -n NAME: not everything of every namespace is read.", context)
    start_logging(told.log_file)
    return asyncio.run(_run(told, " ".join(filter_words), output, timeout, watch=watch))


async def _run(told: Settings, words: str, output: str, patience: int, *, watch: bool) -> int:
    from fluxtui.cli.gather import answered, connected
    from fluxtui.cli.printing import Printer, accepting

    accepting(words, "", told.now())  # what is wrong with it is told before anything is asked
    async with connected(told) as gathered:
        printer = Printer(lambda: ask(gathered, words, told.namespace, patience), output, watch=watch)
        return await answered(gathered, printer, patience)


async def ask(gathered: Gathered, words: str, namespace: str, patience: float) -> Answer:
    """The orphans of now, as far as they pass the filter."""
    from fluxtui.cli import coverage, orphans_text
    from fluxtui.cli.printing import Answer, accepting
    from fluxtui.insight import orphans_export
    from fluxtui.insight.orphans import Origin, order
    from fluxtui.insight.standing import standing

    store, now = gathered.store, gathered.now()
    clusters = [standing(data) for data in store.clusters()]
    reached = [each.name for each in clusters if each.phase.value not in LOST]
    asked = [name for name in reached if _may_have(store, name, namespace)]
    if reached and not asked and len(reached) == len(clusters):
        raise outcome.Failure(_nowhere(store, reached, namespace))
    searched = await _search(gathered, asked, namespace, patience)
    reports = [each.report(store.cluster(each.cluster)) for each in searched]
    compiled, accept = accepting(words, "", now, store)
    every = sorted((each for report in reports for each in report.orphans), key=order)
    shown = [each for each in every if compiled.empty or accept(orphans_export.row_of(each))]
    unseen = [*coverage.missing(clusters, now), *orphans_text.unseen(searched)]
    whole = all(each.whole for each in searched) and len(reached) == len(clusters)
    shape = orphans_export.orphans_shape(reports, shown, now, namespace, words, unseen, complete=whole)
    return Answer(
        shape=shape,
        essence=orphans_export.timeless(shape),
        text=lambda width, paint, wide: orphans_text.text(reports, shown, now, width, paint, wide=wide),
        markdown=lambda: orphans_text.markdown_text(reports, shown, now, unseen),
        unseen=unseen,
        problems=any(each.origin is Origin.LEFT for each in shown),
        complete=whole,
        now=now,
    )


def _may_have(store: Store, cluster: str, namespace: str) -> bool:
    """Whether a cluster has a namespace, or does not tell which it has."""
    table = store.table(cluster, "Namespace")
    return not table.state.trusted or f"Namespace//{namespace}" in table.rows


def _nowhere(store: Store, clusters: list[str], namespace: str) -> str:
    """That no cluster has the namespace, and which it has that are called much the same."""
    from difflib import get_close_matches

    known = {row.record.name for name in clusters for row in store.table(name, "Namespace").rows.values()}
    close = get_close_matches(namespace, sorted(known), 3, 0.5)
    told = f"No cluster has the namespace {namespace!r}"
    return f"{told}: did you mean {' or '.join(close)}?" if close else f"{told}."


async def _search(gathered: Gathered, clusters: list[str], namespace: str, patience: float) -> list[Searched]:
    """Look into each cluster; what is not there in time is told by what is."""
    from fluxtui.kube.orphans import search

    found: dict[str, Searched] = {}

    def told(each: Searched) -> None:
        found[each.cluster] = each

    fleet = gathered.fleet.clusters
    try:
        async with asyncio.timeout(patience):
            await asyncio.gather(*(search(fleet[name], namespace, gathered.now, told) for name in clusters))
    except TimeoutError:
        pass
    return [found[name] for name in clusters if name in found]
