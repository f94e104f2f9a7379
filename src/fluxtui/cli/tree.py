"""``fluxtui tree``: who waits for whom, what would stop, and how two clusters' trees differ."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal

import click
import msgspec

from fluxtui.cli import completing, loop, options
from fluxtui.cli.settings import Settings

if TYPE_CHECKING:
    from fluxtui.cli.gather import Gathered
    from fluxtui.cli.printing import Answer

CODES = """\b
Exit codes:
  0  healthy: everything shown is known, and nothing is wrong with it
  1  problems: something shown failed, is blocked or unknown; something would
     stop (--what-if); the trees differ (--compare)
  2  wrong usage, or the command failed
  3  incomplete: no problem is known, but something could not be seen"""

VIEWS = ("dependencies", "ownership", "sources")


class Question(msgspec.Struct, frozen=True):
    """What is asked for: an object as it was typed (empty: everything), how to look, and how much to unfold."""

    object: str = ""
    view: str = "dependencies"
    everything: bool = False
    reverse: bool = False
    longest: bool = False
    layers: bool = False
    what_if: Literal["", "failed", "suspended"] = ""
    compare: str = ""

    def contradiction(self, output: str) -> str:
        """What cannot be asked for at once, in words; empty if all is well."""
        modes = [
            name
            for name, given in (
                ("--reverse", self.reverse),
                ("--longest", self.longest),
                ("--layers", self.layers),
                ("--what-if", bool(self.what_if)),
                ("--compare", bool(self.compare)),
            )
            if given
        ]
        if len(modes) > 1:
            return f"{modes[0]} and {modes[1]} are different questions: ask one of them"
        if modes and self.view != "dependencies":
            return f"--view {self.view} is for the tree itself, not for {modes[0]}"
        if self.what_if and not self.object:
            return f"--what-if {self.what_if} needs an OBJECT: what should be {self.what_if}?"
        if self.object and (self.longest or self.layers):
            return f"{modes[0]} is about whole clusters: leave {self.object!r} out, choose clusters with --context"
        if output in ("mermaid", "dot") and (self.compare or self.layers):
            return f"-o {output} draws a tree: {modes[0]} prints table, json, yaml or markdown"
        return ""


@click.command(
    "tree",
    short_help="Who waits for whom, what would stop, how clusters differ.",
    epilog=CODES,
    context_settings=options.CONTEXT_SETTINGS,
)
@click.argument("named", metavar="[OBJECT]", default="", shell_complete=completing.objects)
@click.option(
    "--view", type=click.Choice(VIEWS), default=VIEWS[0], show_default=True, help="What stands under what, and why."
)
@click.option("-a", "--all", "everything", is_flag=True, help="Fold nothing: what is healthy is shown too.")
@click.option("--reverse", is_flag=True, help="What waits behind OBJECT (without one: behind all root causes).")
@click.option("--longest", is_flag=True, help="The longest chain of each cluster, and what the most wait for.")
@click.option("--layers", is_flag=True, help="The layers of each cluster, and where a wave of reconciles is.")
@click.option(
    "--what-if", type=click.Choice(["failed", "suspended"]), help="What would stop if OBJECT were so. Sends nothing."
)
@click.option(
    "--compare",
    metavar="CLUSTER",
    default="",
    shell_complete=completing.contexts,
    help="Only what differs between the chosen cluster and this one.",
)
@options.drawing
@options.connecting
@click.pass_context
def command(
    context: click.Context,
    named: str,
    view: str,
    everything: bool,
    reverse: bool,
    longest: bool,
    layers: bool,
    what_if: Literal["failed", "suspended"] | None,
    compare: str,
    output: str,
    timeout: int,
    watch: bool,
) -> int:
    """Show who waits for whom: the way to every root cause unfolded, what is healthy folded to a count.

    OBJECT is kind/namespace/name or kind/name, after cluster/ for one cluster alone: ks/frontend/apps. With it, only
    what is above and beneath it is shown, and what it waits for.

    JSON and YAML have "version: 1"; keys are added, never renamed. Mermaid and dot draw what is shown, all of it.
    """
    from fluxtui.cli.logs import start_logging

    told = options.no_screen(context)
    start_logging(told.log_file)
    question = Question(named, view, everything, reverse, longest, layers, what_if or "", compare)
    if wrong := question.contradiction(output):
        raise click.UsageError(wrong)
    return loop.run(_run(told, question, output, timeout, watch=watch))


async def _run(told: Settings, question: Question, output: str, patience: int, *, watch: bool) -> int:
    from fluxtui.cli.gather import answered, connected
    from fluxtui.cli.printing import Printer

    if question.compare:
        await asyncio.to_thread(_with_the_other, told, question.compare)
    async with connected(told) as gathered:
        printer = Printer(lambda: ask(gathered, question, told.namespace), output, watch=watch)
        return await answered(gathered, printer, patience)


def _with_the_other(told: Settings, other: str) -> None:
    """Watch the cluster that is compared with too. Raises `Failure`."""
    from glob import escape

    from fluxtui.cli.gather import watched

    chosen = watched(told, told.config())
    told.contexts = (*(escape(context.name) for context in chosen), escape(other))


async def ask(gathered: Gathered, question: Question, namespace: str) -> Answer:
    """The answer of now. Raises `Failure` where an object or a cluster does not exist."""
    from fluxtui.cli import tree_answers as answers
    from fluxtui.cli.outcome import Failure
    from fluxtui.insight.lookup import NotFound, lookup

    try:
        refs = lookup(gathered.store, question.object, namespace) if question.object else []
    except NotFound as error:
        raise Failure(f"{error}{answers.unseen_words(gathered)}") from error
    if question.compare:
        from fluxtui.cli.tree_compare import compared

        return compared(gathered, question.compare, refs)
    if question.what_if:
        return answers.what_if(gathered, question, refs)
    if question.longest or question.layers:
        from fluxtui.cli.tree_chains import layered, longest

        return longest(gathered) if question.longest else layered(gathered)
    report = await gathered.triage()
    if question.reverse:
        return answers.reverse(gathered, report, refs)
    return answers.tree(gathered, question, report, refs, namespace)
