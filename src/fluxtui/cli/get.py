"""``fluxtui get``: lists of objects of all clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from fluxtui.cli import completing, loop, options, outcome
from fluxtui.cli.settings import Settings

if TYPE_CHECKING:
    from fluxtui.cli.gather import Gathered
    from fluxtui.cli.printing import Answer
    from fluxtui.kinds.kind import Kind


@click.command(
    "get",
    short_help="List objects of all chosen clusters.",
    epilog=outcome.CODES,
    context_settings=options.CONTEXT_SETTINGS,
)
@click.argument("kinds", metavar="KIND[,KIND...]", shell_complete=completing.kinds)
@click.argument("filter_words", metavar="[FILTER]...", nargs=-1, shell_complete=completing.filters)
@options.answering
@options.connecting
@click.pass_context
def command(
    context: click.Context, kinds: str, filter_words: tuple[str, ...], output: str, timeout: int, watch: bool
) -> int:
    """List objects of all chosen clusters, the worst status first.

    KIND is a kind, its plural or its abbreviation (ks, hr, oci, rset, ...), several with commas, or "all" for every
    kind of Flux. FILTER is the filter language of the screens: fluxtui get ks status:failed since:<30m

    JSON and YAML have "version: 1"; keys are added, never renamed; times are RFC 3339 in UTC. With --watch, JSON is one
    document per line.
    """
    from fluxtui.cli.logs import start_logging

    told = options.no_screen(context)
    start_logging(told.log_file)
    return loop.run(_run(told, wanted(kinds), " ".join(filter_words), output, timeout, watch=watch))


def wanted(text: str) -> tuple[Kind, ...]:
    """The kinds that a comma-separated list names, each once. Raises `UsageError`."""
    from difflib import get_close_matches

    from fluxtui.kinds.table import KINDS, by_name, names

    found: dict[str, Kind] = {}
    for word in filter(None, (part.strip() for part in text.split(","))):
        if word.lower() == "all":
            found |= {kind.name: kind for kind in KINDS.values() if kind.flux}
            continue
        kind = by_name(word)
        if kind is None:
            close = get_close_matches(word.lower(), names(), 3, 0.5) or [kind.plural for kind in KINDS.values()]
            raise click.UsageError(f"{word!r} is no kind that is watched: try {', '.join(close)}")
        found[kind.name] = kind
    if not found:
        raise click.UsageError("KIND is empty: try ks, hr, oci, rset or all")
    return tuple(found.values())


async def _run(told: Settings, kinds: tuple[Kind, ...], words: str, output: str, patience: int, *, watch: bool) -> int:
    from fluxtui.cli.gather import answered, connected
    from fluxtui.cli.printing import Printer, accepting
    from fluxtui.kinds.table import KINDS

    accepting(words, told.namespace, told.now())  # what is wrong with it is told before anything is asked
    asked = KINDS if "but:" in words else {kind.name: kind for kind in kinds}  # a lens looks at what is behind
    if "tenant:" in words:  # told by the labels of namespaces
        asked = {**asked, "Namespace": KINDS["Namespace"]}
    async with connected(told, asked) as gathered:
        printer = Printer(lambda: ask(gathered, kinds, words, told.namespace), output, watch=watch)
        return await answered(gathered, printer, patience)


async def ask(gathered: Gathered, kinds: tuple[Kind, ...], words: str, namespace: str) -> Answer:
    """The objects of now that pass the filter."""
    from fluxtui.cli import coverage, lists
    from fluxtui.cli.printing import Answer, accepting, narrowed
    from fluxtui.insight import export
    from fluxtui.insight.standing import UNCOUNTED, standing

    store, now = gathered.store, gathered.now()
    _, accept = accepting(words, namespace, now, store)
    every = [row for kind in kinds for table in store.tables(kind.name) for row in table.rows.values()]
    rows = lists.in_order(filter(accept, every), kinds)
    listed = lists.Listed(
        kinds=kinds,
        rows=tuple((row, store.table(row.cluster, row.record.kind).state) for row in rows),
        total=len(every),
        clusters=tuple(map(standing, store.clusters())),
        now=now,
        filter=narrowed(words, namespace),
    )
    complete = all(export.covers(cluster) for cluster in listed.clusters)
    shape = export.list_shape(listed.rows, now, listed.clusters, total=listed.total, filter_text=listed.filter)
    return Answer(
        shape=shape,
        essence=export.timeless(shape),
        text=lambda width, paint, wide: lists.text(listed, width, paint, wide=wide),
        markdown=lambda: lists.markdown_text(listed),
        unseen=coverage.missing(listed.clusters, now),
        problems=any(export.wrong(row) for row in rows if row.record.kind not in UNCOUNTED),
        complete=complete,
        now=now,
        summary=listed.summary,
    )
