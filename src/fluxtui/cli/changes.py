"""``fluxtui changes``: what changed in the fleet, and what changed before a failure."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from fluxtui.cli import completing, options, outcome
from fluxtui.cli.settings import Settings

if TYPE_CHECKING:
    from fluxtui.cli.gather import Gathered
    from fluxtui.cli.printing import Answer
    from fluxtui.insight.watched import Watched
    from fluxtui.kube.authorship import Authorship


@click.command(
    "changes",
    short_help="What changed in the fleet, and what changed before a failure.",
    epilog=outcome.CODES,
    context_settings=options.CONTEXT_SETTINGS,
)
@click.argument("filter_words", metavar="[FILTER]...", nargs=-1, shell_complete=completing.filters)
@click.option(
    "--since",
    metavar="DURATION",
    default="30m",
    show_default=True,
    callback=options.span,
    help="How far to look back: 30m, 2h, 1d.",
)
@click.option(
    "--before",
    metavar="OBJECT",
    default="",
    shell_complete=completing.objects,
    help="Look at the half hour before OBJECT (kind/namespace/name) failed, what is upstream of it marked.",
)
@options.answering
@options.connecting
@click.pass_context
def command(
    context: click.Context,
    filter_words: tuple[str, ...],
    since: int,
    before: str,
    output: str,
    timeout: int,
    watch: bool,
) -> int:
    """Tell what changed, newest first: revisions, releases, failures, suspends, upgrades; one push and all that took
    it are one line.

    How each is known stands with it: ◉ seen (with --watch), ○ told by a field or an Event with its time, ≈ inferred.
    Events reach back for an hour on most clusters; fields of objects reach back to their last change. Changes are no
    problems: the exit code is 0, or 3 where something could not be seen.

    FILTER is the filter language of the screens: a group passes when one of its objects does.
    """
    from fluxtui.cli.logs import start_logging

    told = options.no_screen(context)
    start_logging(told.log_file)
    return asyncio.run(_run(told, " ".join(filter_words), since, before, output, timeout, watch=watch))


async def _run(told: Settings, words: str, since: int, before: str, output: str, patience: int, *, watch: bool) -> int:
    from fluxtui.cli.gather import answered, connected
    from fluxtui.cli.printing import Printer, accepting
    from fluxtui.insight.watched import Watched
    from fluxtui.kube.authorship import Authorship

    accepting(words, told.namespace, told.now())  # what is wrong with it is told before anything is asked
    async with connected(told) as gathered:
        log, authors = Watched(gathered.store), Authorship(gathered.fleet)
        gathered.fleet.subscribe(lambda batch: log.follow(batch, gathered.now()))
        printer = Printer(
            lambda: ask(gathered, (log, authors), words, since, before, told.namespace), output, watch=watch
        )
        return await answered(gathered, printer, patience)


async def ask(
    gathered: Gathered, seen: tuple[Watched, Authorship], words: str, since: int, before: str, namespace: str
) -> Answer:
    """The changes of now, as far as they pass the filter, with what was seen and whom managedFields name. Raises
    `Failure` for an object that does not exist.
    """
    from fluxtui.cli import changes_text, coverage
    from fluxtui.cli.printing import Answer, accepting, narrowed
    from fluxtui.insight import changes, changes_export
    from fluxtui.insight.activity import failing
    from fluxtui.insight.changes_verdict import before_words, verdict_words
    from fluxtui.kinds.ages import age

    (log, authors), store, now = seen, gathered.store, gathered.now()
    span, about, at = changes.Span(now - since), None, 0
    if before:
        about, at = _about(gathered, before, namespace)
        span = changes.before(at)
    report = await gathered.computed(changes.report(store, now, span, log, about=about))
    rows = changes.to_ask(store, report, [row.key for row in failing(store)])
    await authors.read(rows)
    if written := {row.key: found for row in rows if (found := authors.written.get(row.key))}:
        report = await gathered.computed(changes.report(store, now, span, log, written, about))
    told = before_words(store, report, about, at) if about else verdict_words(report, f"in the last {age(since)}")
    compiled, accept = accepting(words, namespace, now, store)
    everything = compiled.empty and (not namespace or about is not None)
    shown = [group for group in report.groups if everything or changes.passes(store, group, accept)]
    shape = changes_export.changes_shape(report, shown, told, narrowed(words, namespace))
    return Answer(
        shape=shape,
        essence=changes_export.timeless(shape),
        text=lambda width, paint, wide: changes_text.text(report, shown, told, width, paint, wide=wide),
        markdown=lambda: changes_text.markdown_text(report, shown, told),
        unseen=coverage.missing(report.clusters, now),
        problems=False,
        complete=shape.complete,
        now=now,
    )


def _about(gathered: Gathered, text: str, namespace: str) -> tuple[tuple[str, str], int]:
    """The object that is asked about, and when it became what it is: of several clusters the one where it is worst."""
    from fluxtui.cli.outcome import Failure
    from fluxtui.insight.lookup import NotFound, lookup

    try:
        refs = lookup(gathered.store, text, namespace)
    except NotFound as error:
        raise Failure(str(error)) from error
    rows = [row for ref in refs if (row := gathered.store.row(*ref)) is not None]
    if not rows:
        raise Failure(f"{text!r} is asked for by others, and does not exist: nothing of it has changed")
    row = min(rows, key=lambda each: (each.status, each.cluster))
    return row.key, row.since or row.record.created
