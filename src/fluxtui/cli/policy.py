"""``fluxtui policy``: who breaks which rule, may we enforce it, and is the engine well."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click
import msgspec

from fluxtui.cli import completing, options, outcome
from fluxtui.cli.settings import Settings

if TYPE_CHECKING:
    from fluxtui.cli.policy_data import Policed
    from fluxtui.cli.printing import Answer
    from fluxtui.insight.policy.model import Picture
    from fluxtui.insight.policy.narrowing import Narrowing


class Asked(msgspec.Struct, frozen=True):
    """What the command was asked. `about` is violations, readiness, exceptions, engine or guardrails; `words` are a
    filter, for readiness the names of policies.
    """

    about: str
    words: tuple[str, ...]
    by: str
    policies: tuple[str, ...]
    everything: bool
    namespace: str
    patience: int


@click.command(
    "policy",
    short_help="Who breaks which rule; what enforcing it would deny; the engine.",
    epilog=outcome.CODES,
    context_settings=options.CONTEXT_SETTINGS,
)
@click.argument("words", metavar="[FILTER]...", nargs=-1, shell_complete=completing.violations)
@click.option(
    "--by",
    type=click.Choice(("policy", "owner", "resource")),
    default="policy",
    show_default=True,
    help="How violations are grouped: by rule, by tenant and who delivers, or by object.",
)
@click.option("--policy", "policies", metavar="NAME", multiple=True, help="Only of this policy; repeatable.")
@click.option("--all", "everything", is_flag=True, help="What is skipped, too: excepted, or preconditions not met.")
@click.option(
    "--readiness",
    is_flag=True,
    help="What enforcing policies would deny: those named instead of FILTER or by --policy, else all that only watch.",
)
@click.option("--exceptions", is_flag=True, help="The exceptions: from what, until when, and those that do nothing.")
@click.option("--engine", is_flag=True, help="How the policy engine of each cluster fares.")
@click.option("--guardrails", is_flag=True, help="From where tenants may take sources, and who is refused or escapes.")
@options.scanning
@options.connecting
@click.pass_context
def command(
    context: click.Context,
    words: tuple[str, ...],
    by: str,
    policies: tuple[str, ...],
    everything: bool,
    readiness: bool,
    exceptions: bool,
    engine: bool,
    guardrails: bool,
    output: str,
    timeout: int,
    watch: bool,
) -> int:
    """Tell violations with who delivers them, the effective action, and how far reports can be believed.

    FILTER is the filter language of the Policy screen: severity:high tenant:backend result:fail !policy:pod-security.
    What fails, warns or ends in an error is told; what is left out is counted. Problems are results that fail, with
    --readiness objects that would be denied, with --exceptions those that are expired or name nothing, with --engine
    an engine in trouble, with --guardrails refused sources.

    CSV and SARIF 2.1.0 are for violations. JSON and YAML have "version: 1"; keys are added, never renamed; times are
    RFC 3339 in UTC. Nothing is changed.
    """
    from fluxtui.cli.logs import start_logging

    told = options.no_screen(context)
    questions = {"readiness": readiness, "exceptions": exceptions, "engine": engine, "guardrails": guardrails}
    chosen = [name for name, on in questions.items() if on]
    if len(chosen) > 1:
        raise click.UsageError(f"--{chosen[0]} and --{chosen[1]} are different questions: ask one of them.", context)
    about = chosen[0] if chosen else "violations"
    if about != "violations" and output in ("csv", "sarif"):
        raise click.UsageError(f"-o {output} is for violations: use json, yaml or markdown.", context)
    if about in ("exceptions", "engine", "guardrails") and words:
        raise click.UsageError(f"--{about} takes no words: narrow it with --context.", context)
    if about in ("exceptions", "engine", "guardrails") and policies:
        raise click.UsageError(f"--{about} takes no --policy: narrow it with --context.", context)
    asked = Asked(about, words, by, policies, everything, told.namespace, timeout)
    if about == "violations":
        _compiled(asked, told.now())
    start_logging(told.log_file)
    return asyncio.run(_run(told, asked, output, watch=watch))


def _compiled(asked: Asked, now: float) -> Narrowing:
    """The filter. Raises `UsageError` for what is none."""
    from fluxtui.insight.policy.narrowing import compile as compile_filter

    text = " ".join(asked.words)
    compiled = compile_filter(text, now)
    if compiled.problems:
        problem = compiled.problems[0]
        raise click.UsageError(f"FILTER {text!r}, at character {problem.position + 1}: {problem.text}")
    return compiled


async def _run(told: Settings, asked: Asked, output: str, *, watch: bool) -> int:
    from fluxtui.cli.gather import connected, follow
    from fluxtui.cli.policy_data import policed
    from fluxtui.cli.printing import Printer

    async with connected(told) as gathered:
        changed = asyncio.Event()
        async with policed(gathered, told.state(), changed.set) as data:
            printer = Printer(lambda: ask(data, asked), output, watch=watch)
            await data.settle(asked.patience)
            if watch:
                return await follow(gathered, printer.show, ageing=printer.ageing, besides=changed)
            return await printer.show() or outcome.HEALTHY


async def ask(data: Policed, asked: Asked) -> Answer:
    """The answer of now."""
    picture = await data.picture()
    if asked.about == "readiness":
        return await _readiness(data, picture, asked)
    if asked.about == "exceptions":
        return await _exceptions(data, picture)
    if asked.about == "engine":
        return await _engine(data, picture)
    if asked.about == "guardrails":
        return await _guardrails(data, picture, asked)
    return await _violations(data, picture, asked)


async def _violations(data: Policed, picture: Picture, asked: Asked) -> Answer:
    from fluxtui.cli import policy_data, policy_text
    from fluxtui.cli.output import Format, as_json
    from fluxtui.cli.printing import Answer, narrowed
    from fluxtui.insight.policy import export
    from fluxtui.insight.policy.board import Group, total
    from fluxtui.insight.policy.narrowing import sift
    from fluxtui.insight.policy.readiness import resolve
    from fluxtui.insight.policy.sarif import sarif
    from fluxtui.notes.policy_text import violations_text

    accepts = _compiled(asked, picture.now)
    shown, hidden = await data.gathered.computed(sift(picture.violations, accepts, skips=asked.everything))
    if asked.policies:
        ids, lost = resolve(asked.policies, picture)
        wanted = {*ids, *lost}  # of other engines the name alone is known
        if lost and not any(each.policy in lost for each in picture.violations):
            raise outcome.Failure(_no_policy(lost[0], picture))
        kept = [each for each in shown if each.policy in wanted]
        hidden = msgspec.structs.replace(hidden, others=hidden.others + len(shown) - len(kept))
        shown = kept
    if asked.namespace:
        kept = [each for each in shown if each.subject.namespace == asked.namespace]
        hidden = msgspec.structs.replace(hidden, others=hidden.others + len(shown) - len(kept))
        shown = kept
    shown.sort(key=export.order)
    words = narrowed(" ".join((*asked.words, *(f"policy:{name}" for name in asked.policies))), asked.namespace)
    together = await data.gathered.computed(total([Group("", violations=shown)]))
    summary = policy_text.headline(picture, shown, together, hidden)
    unseen = policy_data.unseen(picture.coverage)
    shape = export.violations_shape(picture, shown, hidden, words, summary)
    return Answer(
        shape=shape,
        essence=export.timeless(shape),
        text=lambda width, paint, wide: policy_text.text(
            picture, shown, hidden, summary, asked.by, width, paint, wide=wide
        ),
        markdown=lambda: violations_text(picture, shown, hidden, summary, unseen),
        unseen=unseen,
        problems=any(each.finding.result in ("fail", "error") for each in shown),
        complete=picture.complete,
        now=picture.now,
        summary=export.words_left_out(shape.left_out),
        drawn={
            Format.CSV: lambda: export.csv_text(shown),
            Format.SARIF: lambda: as_json(sarif(picture, shown, hidden, data.gathered.store)),
        },
    )


def _no_policy(name: str, picture: Picture) -> str:
    from difflib import get_close_matches

    known = sorted({record.name for record in picture.policies.values()})
    close = get_close_matches(name, known, 3, 0.5)
    return f"No cluster has the policy {name!r}" + (f": did you mean {' or '.join(close)}?" if close else ".")


async def _readiness(data: Policed, picture: Picture, asked: Asked) -> Answer:
    from fluxtui.cli import policy_data, policy_text
    from fluxtui.cli.printing import Answer
    from fluxtui.insight.policy import readiness_export
    from fluxtui.insight.policy.readiness import candidates, in_namespace, readiness, resolve
    from fluxtui.notes.policy_text import readiness_text

    policy, store = data.policing.store, data.gathered.store
    whole, picture = picture, in_namespace(picture, asked.namespace)
    names = (*asked.words, *asked.policies)
    chosen, lost = resolve(names, picture)
    if lost:
        raise outcome.Failure(_no_policy(lost[0], picture))
    offered = candidates(picture, policy)
    if not names:
        chosen = [each.id for each in offered]
    found = await data.gathered.computed(readiness(picture, store, policy, chosen, data.makers.made_by))
    told = ""
    if asked.namespace:
        others = len(whole.violations) - len(picture.violations)
        told = f"namespace {asked.namespace} alone was asked about: {others:,} violations elsewhere are left out"
        found = msgspec.structs.replace(found, excluded=(told, *found.excluded))
    shape = readiness_export.readiness_shape(found)
    return Answer(
        shape=shape,
        essence=readiness_export.timeless(shape),
        text=lambda width, paint, wide: policy_text.readiness(found, offered, width, paint, wide=wide),
        markdown=lambda: readiness_text(found),
        unseen=policy_data.unseen(picture.coverage),
        problems=bool(found.denied),
        complete=picture.complete,
        now=picture.now,
        summary=told,
    )


async def _exceptions(data: Policed, picture: Picture) -> Answer:
    from fluxtui.cli import policy_data, policy_exceptions
    from fluxtui.cli.printing import Answer
    from fluxtui.insight.policy.idle import idle

    policy = data.policing.store
    found = policy_exceptions.told(policy, picture, await data.gathered.computed(idle(policy, picture)))
    shape = policy_exceptions.exceptions_shape(found, picture)
    return Answer(
        shape=shape,
        essence=msgspec.structs.replace(shape, time=""),
        text=lambda width, paint, wide: policy_exceptions.text(found, picture, width, paint),
        markdown=lambda: policy_exceptions.markdown_text(found, picture),
        unseen=policy_data.unseen(picture.coverage),
        problems=any(map(policy_exceptions.wrong, found)),
        complete=picture.complete,
        now=picture.now,
    )


async def _engine(data: Policed, picture: Picture) -> Answer:
    from fluxtui.cli import policy_data, policy_engine
    from fluxtui.cli.printing import Answer
    from fluxtui.insight.policy.engine import engines
    from fluxtui.insight.policy.engine_held import Grade

    report = await data.gathered.computed(engines(data.policing.store, picture, picture.now))
    shape = policy_engine.engines_shape(report)
    return Answer(
        shape=shape,
        essence=msgspec.structs.replace(shape, time=""),
        text=lambda width, paint, wide: policy_engine.text(report, width, paint, wide=wide),
        markdown=lambda: policy_engine.markdown_text(report),
        unseen=policy_data.unseen(picture.coverage),
        problems=any(each.grade in (Grade.DOWN, Grade.DEGRADED) for each in report.engines),
        complete=picture.complete and all(each.grade is not Grade.UNKNOWN for each in report.engines),
        now=picture.now,
    )


async def _guardrails(data: Policed, picture: Picture, asked: Asked) -> Answer:
    from fluxtui.cli import policy_guardrails
    from fluxtui.cli.printing import Answer
    from fluxtui.insight.policy.guardrail_lines import sheet
    from fluxtui.insight.policy.guardrails import report

    read = await data.parameters(asked.patience)
    told = await data.gathered.computed(report(data.gathered.store, data.policing.store, read, picture.now))
    found = sheet(told)
    shape = policy_guardrails.guardrails_shape(found)
    troubled = [f"{guard.cluster}: {guard.trouble}" for guard in told.guards if guard.trouble]
    return Answer(
        shape=shape,
        essence=msgspec.structs.replace(shape, time=""),
        text=lambda width, paint, wide: policy_guardrails.text(found, width, paint),
        markdown=lambda: policy_guardrails.markdown_text(found),
        unseen=troubled,
        problems=any(line.loud for line in found.lines),
        complete=not troubled,
        now=picture.now,
    )
