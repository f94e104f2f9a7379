"""What the screens of delivery say of policy, and where the key for it leads.

What policy needs is loaded with the first picture of it: before that nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fluxtui.kinds.ages import ago
from fluxtui.kinds.record import split_id
from fluxtui.screens.commands import Go
from fluxtui.screens.desk import Desk, joined
from fluxtui.store.row import Row
from fluxtui.widgets.factsheet import Fact
from fluxtui.widgets.keyhints import KeyHint
from fluxtui.widgets.sheet import Line
from fluxtui.widgets.table_source import Cell, Span

if TYPE_CHECKING:
    from fluxtui.insight.policy.denials import Denial, Unanswered
    from fluxtui.insight.policy.engine import Engine

BADGE = "⚠"
KEY = "P"
"""The key that leads from an object to its policy."""
NAMED = 3


def badge(desk: Desk, cluster: str, identity: str) -> Span | None:
    """``⚠ 2 policy``: how much of what a Flux object delivers violates policies. One look-up."""
    told = desk.joined
    fails = told.of(cluster, identity).fails if told is not None else 0
    return (f"  {BADGE} {fails} policy", "warning") if fails else None


def policy_cell(desk: Desk, cluster: str) -> Cell:
    """How the engine of a cluster fares, and how much is violated there: ``● 12``, ``✖ down``; ``–`` without an engine,
    ``?`` where nothing is known.
    """
    told = desk.joined
    engine = told.engines.of(cluster) if told is not None else None
    if told is None or engine is None:
        return ("?", "faint")
    from fluxtui.insight.policy.engine_held import Grade
    from fluxtui.screens.grades import GRADES

    tally = told.clusters.get(cluster)
    fails = tally.fails if tally is not None else 0
    glyph, style = GRADES[engine.grade]
    if engine.grade is Grade.ABSENT:
        return [(f"{BADGE} {fails}", "warning")] if fails else ("–", "faint")
    if engine.grade is Grade.UNKNOWN:
        return (glyph, style)
    word = engine.grade.word if engine.grade is Grade.DOWN else str(fails)
    return [(f"{glyph} ", style), (word, style if engine.grade is Grade.DOWN else "warning" if fails else "muted")]


def cluster_facts(desk: Desk, cluster: str) -> list[Fact]:
    """What a detail pane about a cluster says of policy."""
    told = desk.joined
    engine = told.engines.of(cluster) if told is not None else None
    if told is None or engine is None:
        return []
    from fluxtui.insight.policy.naming import policy_name

    words, style = engine_words(engine)
    spans: list[Span] = [(words, style)]
    tally = told.clusters.get(cluster)
    if tally is not None and tally.fails:
        most = [f"{policy_name(policy)} {count}" for policy, count in tally.fails_of.most_common()]
        spans.append((f" · {tally.fails} {'fail' if tally.fails == 1 else 'fails'}: {joined(most, NAMED)}", ""))
    return [Fact("policy", spans, 3)]


def policy_facts(desk: Desk, row: Row, lines: int) -> list[Fact]:
    """What policy has to do with the state of an object: who denied it, or what its objects violate."""
    return [Fact(label, spans, most or lines) for label, spans, most, _ in _told(desk, row)]


def policy_lines(desk: Desk, row: Row) -> list[Line]:
    """The same on a page: enter opens the policy."""
    return [Line(label, spans, key=key) for label, spans, _, key in _told(desk, row)]


def not_the_cause(desk: Desk, row: Row | None) -> str:
    """That policy is not the cause, where that is proved."""
    told = desk.joined
    if told is None or row is None:
        return ""
    from fluxtui.insight.policy.denials import cleared

    return cleared(told, row)


Told = tuple[str, list[Span], int, tuple[str, str] | None]


def _told(desk: Desk, row: Row) -> Iterator[Told]:
    told = desk.joined
    if told is None:
        return
    from fluxtui.insight.policy.denials import denial, unanswered
    from fluxtui.insight.policy.naming import policy_name
    from fluxtui.kinds.policy.table import page_id

    down = unanswered(told, row)
    if down is not None:
        yield "engine", _unanswered(down), 3, None
    denied = denial(told, row)
    if denied is not None:
        key = (row.cluster, page_id(denied.policy)) if denied.policy else None
        yield "policy", _denied(desk, denied, row), 3, key
    tally = told.of(*row.key)
    if tally.fails:
        most = [f"{policy_name(policy)} {count}" for policy, count in tally.fails_of.most_common()]
        word = "fail" if tally.fails == 1 else "fails"
        spans: list[Span] = [(f"{BADGE} {tally.fails} {word} ", "warning"), (joined(most, NAMED), "")]
        yield "violates", [*spans, (f"  {KEY} lists them", "muted")] if denied is None else spans, 2, None


def _denied(desk: Desk, told: Denial, row: Row) -> list[Span]:
    """Which policy, what it is for, and where else it is violated."""
    from fluxtui.insight.policy.naming import policy_name

    rule = f" rule {told.rule}" if told.rule else ""
    record = told.record
    if record is None:
        policies = f"{told.name}{rule}"
        return [(f"{policies} denied it", "strong"), (": no policy of that name is held here", "muted")]
    kind, _, _ = split_id(told.policy)
    spans: list[Span] = [(f"{kind} ", "muted"), (policy_name(told.policy), "link"), (rule, ""), (" denies it", "")]
    about = record.title or record.description
    if about:
        spans.append((f": {' '.join(about.split())}", ""))
    told_of = [record.severity] if record.severity else []
    elsewhere = sum(told.fails.values())
    if elsewhere:
        where = f" in {len(told.fails)} clusters" if len(told.fails) > 1 else f" in {next(iter(told.fails))}"
        told_of.append(f"{elsewhere} {'object violates' if elsewhere == 1 else 'objects violate'} it{where}")
    if told.blocked:
        count = sum(each.count for each in told.blocked)
        last = ago(told.blocked[0].last, desk.now()) or "0s"
        told_of.append(f"{count} blocked {'request' if count == 1 else 'requests'}, last {last} ago")
    spans.append((f" · {' · '.join(told_of)}" if told_of else "", "muted"))
    return [*spans, (f"  {KEY} shows it", "muted")]


def _unanswered(told: Unanswered) -> list[Span]:
    """How the engine fares whose webhook did not answer."""
    if told.engine is None:
        return [("Kyverno's webhook does not answer", "strong"), (": its engine is not known yet", "muted")]
    words, style = engine_words(told.engine)
    return [("Kyverno ", "muted"), (words, style), (f"  {KEY} shows the engine", "muted")]


def engine_words(engine: Engine) -> tuple[str, str]:
    """The verdict of an engine and its style."""
    from fluxtui.screens.grades import GRADES

    glyph, style = GRADES[engine.grade]
    return f"{glyph} {engine.words}", style


def policy_hints(desk: Desk, ref: tuple[str, str]) -> tuple[KeyHint, ...]:
    """The key for policy, where it leads somewhere."""
    return (KeyHint(KEY, "policy", 41),) if leads(desk, ref) is not None else ()


def leads(desk: Desk, ref: tuple[str, str]) -> Go | None:
    """Where the key for policy leads from an object: to the engine that did not answer, the policy that denied, or the
    violations of what it delivers. None where policy has nothing to do with it.
    """
    row, told = desk.store.row(*ref), desk.joined
    if told is None:
        return None
    from fluxtui.insight.policy.denials import denial, unanswered
    from fluxtui.insight.policy.naming import policy_name

    if row is not None and unanswered(told, row) is not None:
        return Go("engine", ref=(ref[0], ""))
    denied = denial(told, row) if row is not None else None
    if denied is not None:
        name = policy_name(denied.policy) if denied.policy else denied.name
        return Go("policy", filter=f'by policy policy:"{name}"', ref=(ref[0], denied.policy))
    if told.of(*ref).fails:
        return Go("policy", filter=f'by owner owner:"{ref[1]}" cluster:"{ref[0]}"', ref=ref)
    return None
