"""The lines of the readiness screen: the policies to choose from, then what would be denied, by tenant and owner."""

from collections.abc import Generator, Iterator, Sequence

import msgspec

from fluxtui.insight.policy.model import Owner, Picture
from fluxtui.insight.policy.naming import policy_name
from fluxtui.insight.policy.readiness_model import Candidate, Confidence, Denied, Readiness, Turning, When
from fluxtui.kinds.policy.table import POLICY_KINDS
from fluxtui.kinds.record import split_id
from fluxtui.kinds.status import Status
from fluxtui.screens.desk import STATUS_STYLES, joined
from fluxtui.screens.details import named
from fluxtui.screens.tree_words import plural
from fluxtui.widgets.factsheet import Fact
from fluxtui.widgets.table_columns import ESSENTIAL, TableColumn
from fluxtui.widgets.table_source import Cell, Span

FAILED = (Status.FAILED.glyph, STATUS_STYLES[Status.FAILED])
CHOSEN, OPEN = "◉", "○"
SOON = {When.NEXT: "next reconcile", When.UPGRADE: "next upgrade", When.CHANGE: "when changed", When.ANEW: "made anew"}
STYLES = {When.NEXT: "status-failed", When.UPGRADE: "warning", When.CHANGE: "", When.ANEW: "muted"}
SURE = {Confidence.HIGH: "status-ready", Confidence.MEDIUM: "warning", Confidence.LOW: "status-failed"}
NAMED = 12
STRIDE = 400
"""Objects between two yields."""

COLUMNS = (
    TableColumn("what", "WHAT", 42, 40, 90, flex=3, priority=ESSENTIAL, sortable=False, cut="middle"),
    TableColumn("when", "ACTION / DENIED", 15, priority=95, sortable=False),
    TableColumn("count", "FAILS", 6, align="right", priority=90, sortable=False),
    TableColumn("tenants", "TENANTS", 7, align="right", priority=55, sortable=False),
    TableColumn("severity", "SEV", 8, priority=60, sortable=False),
    TableColumn("where", "CLUSTERS", 12, 9, 30, flex=1, priority=70, sortable=False),
    TableColumn("why", "WHY", 24, 16, 90, flex=3, priority=50, sortable=False),
)


class OfTenant(msgspec.Struct, frozen=True):
    """A tenant, and what it would be denied."""

    tenant: str
    denied: tuple[Denied, ...]


class OfOwner(msgspec.Struct, frozen=True):
    """Who delivers what would be denied; `turning` if it fails at its next reconcile."""

    tenant: str
    cluster: str
    owner: Owner
    denied: tuple[Denied, ...]
    turning: Turning | None = None


Line = Candidate | OfTenant | OfOwner | Denied


class Board(msgspec.Struct, frozen=True):
    """Everything on the screen. `found` is None while nothing is chosen."""

    picture: Picture | None = None
    candidates: tuple[Candidate, ...] = ()
    chosen: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    """Names that were asked for, and that no policy has."""
    found: Readiness | None = None
    results: tuple[Line, ...] = ()
    """What would be denied, as lines."""


def lines(board: Board, *, alone: bool = False) -> Iterator[Line]:
    """The policies, the chosen ones first (`alone`: only those); then each tenant with its owners and their objects."""
    chosen = [each for each in board.candidates if each.id in board.chosen]
    yield from chosen
    if not (alone and chosen):
        yield from (each for each in board.candidates if each.id not in board.chosen)
    yield from board.results


def results(found: Readiness) -> Generator[None, None, tuple[Line, ...]]:
    """Each tenant with its owners and their objects, in slices."""
    turning = {(each.cluster, each.id): each for each in found.turning}
    tenants: dict[str, dict[tuple[str, Owner], list[Denied]]] = {}
    for at, each in enumerate(found.denied):
        tenants.setdefault(each.owner.tenant, {}).setdefault((each.cluster, each.owner), []).append(each)
        if at % STRIDE == 0:
            yield
    told: list[Line] = []
    for tenant in sorted(tenants, key=lambda name: (not name, name)):
        owners = tenants[tenant]
        told.append(OfTenant(tenant, tuple([each for objects in owners.values() for each in objects])))
        for (cluster, owner), objects in owners.items():
            told.append(OfOwner(tenant, cluster, owner, tuple(objects), turning.get((owner.cluster, owner.id))))
            told += objects
        yield
    return tuple(told)


def key_of(line: Line) -> str:
    """What identifies a line."""
    match line:
        case Candidate():
            return f"policy|{line.id}"
        case OfTenant():
            return f"tenant|{line.tenant}"
        case OfOwner():
            owner = line.owner
            return f"owner|{line.tenant}|{line.cluster}|{owner.cluster}|{owner.id}|{owner.proof}|{owner.labelled}"
        case Denied():
            return f"object|{line.key}"


def cells(line: Line, chosen: tuple[str, ...]) -> list[Cell]:
    """What the columns show."""
    match line:
        case Candidate():
            return _candidate(line, line.id in chosen)
        case OfTenant():
            return _tenant(line)
        case OfOwner():
            return _owner(line)
        case Denied():
            return _object(line)


def _candidate(line: Candidate, chosen: bool) -> list[Cell]:
    mark: Span = (f"{CHOSEN if chosen else OPEN} ", "accent" if chosen else "muted")
    return [
        [mark, (line.name, "strong"), (f" {_short(line.kind)}", "muted")],
        "warn" if line.warns else "audit",
        (f"{line.fails:,}", "strong" if line.fails else "muted"),
        (str(line.tenants or "·"), "" if line.tenants else "faint"),
        line.severity or ("·", "faint"),
        (_where(line.clusters), "muted"),
        (f"denies in {joined(line.denies, 2)}", "muted") if line.denies else "",
    ]


def _where(clusters: Sequence[str]) -> str:
    """The one cluster, or how many: the evidence names them."""
    return clusters[0] if len(clusters) == 1 else f"{len(clusters)} clusters"


def _short(kind: str) -> str:
    """What people type for a kind of policy (``cpol``)."""
    known = POLICY_KINDS.get(kind)
    return known.short[0] if known is not None and known.short else kind


def _tenant(line: OfTenant) -> list[Cell]:
    soonest = min(each.when for each in line.denied)
    where = _where(tuple(dict.fromkeys(each.cluster for each in line.denied)))
    title: list[Span] = [(line.tenant, "title")] if line.tenant else [("of no tenant", "title")]
    return [title, (SOON[soonest], STYLES[soonest]), (f"{len(line.denied):,}", "strong"), "", "", (where, "muted"), ""]


def _owner(line: OfOwner) -> list[Cell]:
    turning = line.turning
    soonest = min(each.when for each in line.denied)
    red = turning is not None and turning.green
    what: list[Span] = [("  ", ""), (f"{FAILED[0]} " if red else "· ", FAILED[1] if red else "faint")]
    if line.owner.id:
        kind, namespace, name = split_id(line.owner.id)
        what += [(f"{kind} ", "muted"), (f"{namespace}/{name}" if namespace else name, "strong")]
    else:
        what.append((line.owner.nobody, "muted"))
    why = "turns red" if red else "suspended" if turning is not None and turning.suspended else ""
    why = why or ("fails on" if turning is not None else "")
    count: Cell = (f"{len(line.denied):,}", "")
    return [
        what,
        (SOON[soonest], STYLES[soonest]),
        count,
        "",
        "",
        (line.cluster, "muted"),
        (why, FAILED[1] if red else ""),
    ]


def _object(line: Denied) -> list[Cell]:
    subject, worst = line.subject, line.violations[0]
    where = f"{subject.namespace}/{subject.name}" if subject.namespace else subject.name
    what: list[Span] = [("    ", ""), (f"{subject.kind} ", "muted"), (where, "")]
    if line.recent:
        what.append((" changed lately", "accent"))
    return [
        what,
        (SOON[line.when], STYLES[line.when]),
        f"{len(line.violations)}",
        "",
        worst.severity or ("·", "faint"),
        (line.cluster, "muted"),
        (" ".join(worst.finding.message.split()), "muted"),
    ]


# --- details


def title(line: Line) -> list[Span]:
    """The words above the details."""
    match line:
        case Candidate():
            return [(f"{line.kind} {line.name}", "title")]
        case OfTenant():
            return [(f"tenant {line.tenant}" if line.tenant else "of no tenant", "title")]
        case OfOwner():
            return [(named(line.owner.id) if line.owner.id else line.owner.nobody, "title"), _at(line.cluster)]
        case Denied():
            return [(f"{line.subject.kind} {line.subject.name}", "title"), _at(line.cluster)]


def _at(cluster: str) -> Span:
    return f" · {cluster}", "muted"


def facts(line: Line, board: Board) -> list[Fact]:
    """What is told of a line."""
    match line:
        case Candidate():
            return _facts_of_policy(line, board)
        case OfTenant():
            return _facts_of_many(line.denied)
        case OfOwner():
            return [*_facts_of_owner(line), *_facts_of_many(line.denied)]
        case Denied():
            return _facts_of_object(line)


def _facts_of_policy(line: Candidate, board: Board) -> list[Fact]:
    found = board.found if line.id in board.chosen else None
    facts = [Fact("about", [(line.title, "")], 1)] if line.title else []
    words = f"watches in {joined(line.clusters, 6)}" + (f"; denies in {joined(line.denies, 6)}" if line.denies else "")
    facts.append(Fact("where", [(words, "")], 2))
    if found is None:
        fails = f"{plural(line.fails, 'result')} of {plural(line.tenants, 'tenant')} would be judged"
        facts.append(Fact("space", [(f"choose it: {fails}", "muted")], 2))
        return facts
    sure = found.confidence
    told = [f"{each.cluster}: {each.told}" if each.cluster else each.told for each in found.doubts]
    facts.append(Fact("confidence", [(sure.word, SURE[sure]), ("" if told else ": everything was looked at", "")], 1))
    facts += [Fact("because" if not at else " ", [(words, "warning")], 3) for at, words in enumerate(told)]
    facts += [Fact("not reached" if not at else " ", [(each, "")], 3) for at, each in enumerate(found.excluded)]
    facts.append(Fact("besides", [(besides(found) or "nothing", "muted")], 2))
    return facts


def besides(found: Readiness) -> str:
    """What is no denial, counted."""
    counts = ((found.already, "denied already"), (found.excepted, "excepted"), (found.stays, "left as they are"))
    return ", ".join(f"{number:,} {words}" for number, words in counts if number)


def _facts_of_owner(line: OfOwner) -> list[Fact]:
    owner, turning = line.owner, line.turning
    facts: list[Fact] = []
    if turning is not None:
        state = (
            "ready now; it fails at its next reconcile"
            if turning.green
            else "suspended: it fails when it is resumed"
            if turning.suspended
            else "not ready as it is"
        )
        facts.append(Fact("reconcile", [(state, FAILED[1] if turning.green else "")], 1))
    if owner.origin:
        facts.append(Fact("made by", [(named(owner.origin), "")], 1))
    if owner.source:
        at = f" at {owner.revision}" if owner.revision else ""
        facts.append(Fact("from", [(f"{named(owner.source)}{at}", "")], 2))
    if owner.id:
        facts.append(Fact("known by", [(owner.proof.name.lower(), "muted")], 1))
    return facts


def _facts_of_many(denied: tuple[Denied, ...]) -> list[Fact]:
    facts: list[Fact] = []
    for when in When:
        held = [each for each in denied if each.when is when]
        if held:
            names = joined((f"{each.subject.kind} {each.subject.name}" for each in held), NAMED)
            facts.append(Fact(SOON[when], [(f"{len(held):,}: ", "strong"), (names, "")], 4))
    return facts


def _facts_of_object(line: Denied) -> list[Fact]:
    facts = [Fact("denied", [(line.when.words, STYLES[line.when])], 1)]
    for each in line.violations:
        rule = f" rule {each.rule}" if each.rule else ""
        told: list[Span] = [(f"{policy_name(each.policy)}{rule}: ", "strong")]
        facts.append(Fact(each.finding.result, [*told, (" ".join(each.finding.message.split()), "")], 4))
    owner = line.owner
    facts.append(Fact("delivered by", [(named(owner.id) if owner.id else owner.nobody, "")], 1))
    if line.makes:
        facts.append(Fact("made by it", [(f"{plural(line.makes, 'object')} that violate too", "")], 1))
    return facts


__all__ = ["COLUMNS", "Board", "Line", "OfOwner", "OfTenant", "cells", "facts", "key_of", "lines", "title"]
