"""The sentences of the Policy screen, and the evidence of the line under the cursor."""

from collections.abc import Iterable, Mapping, Sequence

from fluxtui.insight.policy.board import By, Group, reach
from fluxtui.insight.policy.engine_held import Grade
from fluxtui.insight.policy.model import Action, Coverage, Owner, Violation
from fluxtui.insight.policy.naming import policy_name
from fluxtui.kinds.ages import ago, exact
from fluxtui.kinds.columns import revision
from fluxtui.kinds.policy.policies import ADMISSION, LEGACY, BindingRecord, Override, PolicyRecord
from fluxtui.screens.desk import Desk, joined
from fluxtui.screens.details import named
from fluxtui.screens.grades import GRADES
from fluxtui.screens.lost import Lost, lost_spans
from fluxtui.screens.policy_board import Board, standing
from fluxtui.screens.policy_rows import (
    ACTIONS,
    NOBODY,
    RESULT,
    SEVERE,
    UNKNOWN,
    PolicyLine,
    owner_spans,
    policy_spans,
    seen_spans,
    subject_spans,
)
from fluxtui.screens.telling import NoticeText
from fluxtui.screens.tree_words import plural
from fluxtui.store.state import Phase
from fluxtui.widgets.factsheet import Fact
from fluxtui.widgets.sparkline import sparkline
from fluxtui.widgets.table_source import Span

BLIND = (Phase.UNREACHABLE, Phase.LOGIN, Phase.FORBIDDEN, Phase.LOADING)
"""Phases in which it is not known what a cluster holds, the worst first."""
NAMED = 6
"""Objects of a group that are named below it."""
BY = {By.POLICY: "by policy", By.OWNER: "by tenant and owner", By.RESOURCE: "by resource"}


# The sentence at the top


def verdict_spans(desk: Desk, board: Board) -> list[Span]:
    """Who breaks which rule, may it be enforced, and how much of that is known."""
    fails, warns, errors, _ = board.total.counts
    whole = all(standing(each) in ("known", "none") for each in _covered(desk, board))
    some = any(standing(each) != "none" for each in _covered(desk, board))
    if fails or warns or errors:
        tone = RESULT["fail" if fails else "warn" if warns else "error"]
        told = [plural(fails, "fail")] if fails or not warns else []
        told += [plural(warns, "warning")] if warns else []
        told += [plural(errors, "error")] if errors else []
        spans: list[Span] = [(f" {tone[0]} ", tone[1]), (", ".join(told), f"bold {tone[1]}")]
        spans.append((f" {reach(board.total)}", "strong"))
    elif whole and some and not board.hidden.others:
        spans = [(" ● ", "status-ready"), ("nobody breaks a rule", "strong")]
    else:
        words = "nothing that is shown breaks a rule" if board.hidden.others else "no violation is known"
        spans = [(" ? ", "status-unknown"), (words, "strong")]
    spans += _policies(board)
    spans += hidden_spans(board)
    spans += coverage_spans(desk, board)
    return [*spans, *engine_spans(board), *_kept(board, whole=whole)]  # where it is narrow, the last may be cut


def _kept(board: Board, *, whole: bool) -> list[Span]:
    """The rules in audit that nobody breaks: those that could be enforced."""
    if not board.kept:
        return []
    words = f" · {plural(board.kept, 'audited rule')} that nobody {'breaks' if whole else 'is known to break'}"
    return [(words, "success" if whole else "muted")]


def _policies(board: Board) -> list[Span]:
    """How many policies audit, warn and deny."""
    told = [
        f"{board.policies[action]} {word}"
        for action, word in ((Action.AUDIT, "audit"), (Action.WARN, "warn"), (Action.DENY, "deny"))
        if board.policies.get(action)
    ]
    if not told:
        seen = [each for each in board.picture.coverage if each.cluster in board.clusters]
        states = [state for each in seen for state in each.policies.values()]
        sure = all(state.trusted or state.phase is Phase.MISSING for state in states)
        return [(" · no policy is held", "muted") if sure else (" · no policy is known", "status-unknown")]
    count = sum(board.policies.values())
    return [(f" · {'policy' if count == 1 else 'policies'}: {', '.join(told)}", "")]


def engine_spans(board: Board) -> list[Span]:
    """How the engines fare that judge all this: the worst of them, and where."""
    found = [each for each in board.engines if each.cluster in board.clusters and each.installed]
    if not found:
        return []
    worst = min(found, key=lambda each: each.grade)
    glyph, style = GRADES[worst.grade]
    if worst.grade is Grade.OK:
        return [(" · engine ", ""), (glyph, style)]
    count = sum(each.grade is worst.grade for each in found)
    where = f"{count} clusters" if count > 1 else worst.cluster
    return [(" · engine ", ""), (f"{glyph} {worst.grade.word} in {where}", style)]


def hidden_spans(board: Board) -> list[Span]:
    """What is not shown is counted, always."""
    hidden = board.hidden
    told = [f"{hidden.skipped:,} skipped"] if hidden.skipped else []
    told += [f"{hidden.others:,} others"] if hidden.others else []
    told += [plural(len(hidden.sources), "source")] if hidden.sources else []
    if not told:
        return [(" · nothing hidden", "muted")]
    words = f"{', '.join(told[:-1])} and {told[-1]}" if len(told) > 1 else told[0]
    return [(f" · {words} hidden", "warning" if board.hidden.others or board.hidden.sources else "muted")]


def _covered(desk: Desk, board: Board) -> list[Coverage]:
    return [each for each in board.picture.coverage if not desk.scope or each.cluster in desk.scope]


def coverage_spans(desk: Desk, board: Board) -> list[Span]:
    """The clusters of which not everything is known, and why."""
    now, lost, told = desk.now(), list[Lost](), list[Span]()
    for each in _covered(desk, board):
        found = standing(each)
        if found in ("nodata", "stale"):
            known = [state for state in each.reports.values() if state.phase is not Phase.MISSING]
            state = next(state for state in known if not state.trusted)
            lost.append(Lost(each.cluster, state.phase, ago(state.contact or state.since, now)))
        elif found == "loading":
            told.append((f" · ◐ {each.cluster} loads", "status-progressing"))
        elif found == "partly" and each.unread:
            words = f"{each.unread:,} of {each.count:,} reports not read yet"
            told.append((f" · ? {each.cluster}: {words}", "status-unknown"))
        elif found == "none":
            told.append((f" · – {each.cluster} has no reports", "muted"))
        if each.cut:
            told.append((f" · ? {each.cluster}: {each.cut:,} results of long reports not read", "status-unknown"))
    if sum(text.endswith("has no reports") for text, _ in told) > 3:
        count = sum(text.endswith("has no reports") for text, _ in told)
        told = [span for span in told if not span[0].endswith("has no reports")]
        told.append((f" · – {count} clusters have no reports", "muted"))
    return lost_spans(lost) + told


def trend_spans(values: Sequence[float | None], since: float, desk: Desk, by: By, width: int) -> list[Span]:
    """How many fails there were since we watch, and what the list is grouped by."""
    bars = min(40, max(10, width // 4))
    grouping: list[Span] = [(" ", ""), (BY[by], "accent")]
    if not any(value is not None for value in values):
        return grouping
    known = [value for value in values if value is not None]
    change = int(known[-1] - known[0])
    told = f"{change:+,} fails" if change else "as many fails"
    return [
        *grouping,
        (" · ", "muted"),
        *sparkline(values, bars),
        (f" {told} since we watch ({ago(since, desk.now()) or 'just now'})", "muted"),
    ]


def nothing(desk: Desk, board: Board | None) -> NoticeText:
    """What stands there when there is nothing to list, though nothing is hidden."""
    if desk.trouble and not desk.fleet.clusters:
        return "error", "no clusters to watch", [desk.trouble], [(":ctx", "choose contexts"), ("q", "quit")]
    if desk.contexts and not desk.fleet.clusters:
        return "nodata", "no cluster is watched", [], [(":ctx", "choose contexts")]
    if board is None:
        return "loading", "reading the reports of the policy engines", [], [(":ctx", "how each cluster answers")]
    if board.hidden.results:
        told = [f"The filter or the scope hides {board.hidden.results:,} results."]
        return "empty", "nothing matches", told, [("esc", "clear the filter"), ("s", "show what was skipped")]
    found = {each.cluster: standing(each) for each in _covered(desk, board)}
    if found and set(found.values()) == {"none"}:
        told = ["No cluster serves reports of policies (wgpolicyk8s.io, openreports.io)."]
        return "empty", "no policy engine reports here", told, [(":engine", "what is known of the engine")]
    if "loading" in found.values():
        return "loading", "reading the reports of the policy engines", [], [(":ctx", "how each cluster answers")]
    lost = [f"{name}: {_why(board, name)}" for name, how in found.items() if how not in ("known", "none")]
    if lost or not found:
        return "nodata", "no violation is known, but not everything is", lost, [(":ctx", "how each cluster answers")]
    return "good", "nobody breaks a rule", [f"{board.picture.passes:,} results are a pass."], []


def _why(board: Board, cluster: str) -> str:
    for each in board.picture.coverage:
        if each.cluster == cluster:
            states = [state for state in each.reports.values() if state.phase is not Phase.MISSING]
            worst = next((state for state in states if not state.trusted), None)
            return (
                worst.detail or str(worst.phase)
                if worst is not None
                else ("not all reports are read yet" if each.unread else "results of long reports are not read")
            )
    return "not watched"


# The evidence below


def title_spans(board: Board, line: PolicyLine) -> list[Span]:
    """Which group, or which violation."""
    if line.leaf is not None:
        return [*subject_spans(line.leaf.subject), (f" · {line.leaf.cluster}", "muted")]
    group = line.group
    if board.by is By.POLICY:
        return policy_spans(group.policy, group.rule)
    if board.by is By.RESOURCE and group.subject is not None:
        return [*subject_spans(group.subject), (f" · {group.cluster}", "muted")]
    owner = group.owner or Owner("")
    if not owner.id:
        return [(UNKNOWN if owner.doubt else NOBODY, "title")]
    tenant = [("tenant ", "muted"), (owner.tenant or "none", "title")] if not line.depth else []
    return [*tenant, *([] if group.within else [(" · " if tenant else "", "muted"), (named(owner.id), "strong")])]


def facts(desk: Desk, board: Board, line: PolicyLine) -> list[Fact]:
    """What is told of the line under the cursor."""
    if line.leaf is not None:
        return violation_facts(desk, board, line.leaf)
    group = line.group
    told = policy_facts(board, group) if board.by is By.POLICY else []
    if board.by is By.RESOURCE:
        told.append(Fact("delivered by", owner_spans(group.owner), 2))
    if board.by is By.OWNER and group.owner is not None and not group.within:
        told += owner_facts(desk, group.owner)
    if not group.objects:
        return [*told, Fact("broken by", [_nobody(board, group)], 3)]
    told.append(Fact("first seen", _seen(desk, group), 2))
    if board.by is not By.POLICY:
        told.append(Fact("rules", rules_spans(group), 4))
    told += example_facts(board, group)
    return told


def _nobody(board: Board, group: Group) -> Span:
    """Nobody breaks it: of how many objects that is known, and of which clusters it is not."""
    objects = sum(
        count for (cluster, policy, rule), count in board.picture.checked.items()
        if policy == group.policy and rule == group.rule and cluster in board.clusters
    )  # fmt: skip
    doubt = [each.cluster for each in board.picture.coverage if standing(each) not in ("known", "none")]
    unknown = f"; not known of {joined(doubt)}" if doubt else ""
    if objects:
        return f"nobody of {plural(objects, 'object')} that were checked{unknown}", "" if doubt else "success"
    return f"nobody, but no report tells of an object that was checked{unknown}", "warning"


def _seen(desk: Desk, group: Group) -> list[Span]:
    spans = seen_spans(group.first_seen, desk.now(), certain=group.certain)
    if group.newest > group.first_seen:
        spans.append((f" · the newest {ago(group.newest, desk.now())} ago", ""))
    return spans


def policy_facts(board: Board, group: Group) -> list[Fact]:
    """The policy's own words, what it does where, its exceptions, what it refused."""
    held = board.picture.policies.items()
    records = {cluster: record for (cluster, policy), record in held if policy == group.policy}
    told: list[Fact] = []
    first = next(iter(records.values()), None)
    if first is None:
        told.append(Fact("policy", [("not held: deleted, of another engine, or not to be seen", "warning")], 2))
    else:
        about: list[Span] = []
        words = " ".join(first.description.split())
        for span in ((first.title, "strong"), (first.category, "muted"), (words, "")):
            if span[0]:
                about += [(" · " if about else "", "muted"), span]
        if about:
            told.append(Fact("policy", about, 3))
        told.append(Fact("action", action_spans(records, group.rule, board), 3))
    excepted = board.excepted.get(group.policy, ())
    if excepted:
        names = joined(f"{each.namespace}/{each.name}" for each in excepted)
        told.append(Fact("exceptions", [(f"{len(excepted)}: ", ""), (names, "")], 1))
    refused = board.blocked.get(group.policy, 0)
    if refused:
        by: Span = (" refused, by recent Events", "muted")
        told.append(Fact("blocked", [(plural(refused, "request"), "warning"), by], 1))
    return told


def action_spans(records: dict[str, PolicyRecord], rule: str, board: Board) -> list[Span]:
    """``audit, deny in ns prod-*``: what it does, where clusters differ by cluster."""
    by_words: dict[str, list[str]] = {}
    for cluster, record in records.items():
        bound = board.picture.bindings.get((cluster, record.id), ())
        by_words.setdefault(action_words(record, rule, bound), []).append(cluster)
    spans: list[Span] = []
    for words, clusters in by_words.items():
        style = ACTIONS[Action.DENY] if words.startswith("deny") else ACTIONS[Action.AUDIT]
        where = "" if len(by_words) == 1 else f" in {joined(clusters)}"
        spans += [(" · " if spans else "", "muted"), (words, style), (where, "muted")]
    return [*spans, *_absent_spans(board, records)]


def _absent_spans(board: Board, records: Mapping[str, PolicyRecord]) -> list[Span]:
    """Where a policy is not held, and why; of which clusters that is not known."""
    bare = {each.cluster for each in board.engines if not each.installed}
    unknown: list[str] = []
    told: list[str] = []
    for each in board.picture.coverage:
        if each.cluster in records or each.cluster not in board.clusters:
            continue
        phases = {state.phase for state in each.policies.values()} or {state.phase for state in each.reports.values()}
        worst = next((phase for phase in BLIND if phase in phases), None)
        if worst is not None:
            unknown.append(f"{each.cluster} ({worst})")
        else:
            told.append(each.cluster + (" (no Kyverno)" if each.cluster in bare else ""))
    spans: list[Span] = [(f" · not held in {joined(told)}", "muted")] if told else []
    return [*spans, (f" · ? not known of {joined(unknown)}", "status-unknown")] if unknown else spans


def action_words(record: PolicyRecord, rule: str, bindings: Sequence[BindingRecord] = ()) -> str:
    """What a policy does, with its overrides or bindings and what keeps it from knowing everything."""
    from fluxtui.insight.policy.actions import possible

    if record.group == LEGACY:
        chosen = [each for each in record.rules if not rule or each.name == rule]
        judging = [each for each in chosen if each.does in ("validate", "verifyImages")]
        said = dict.fromkeys((each.action or record.action) for each in judging)
        words = ", ".join({"Enforce": "deny", "Audit": "audit"}.get(each, each.lower()) for each in said)
        overrides = [each for one in chosen for each in one.overrides] or list(record.overrides)
        words += "".join(f", {_override(each)}" for each in overrides)
    elif record.group == ADMISSION:
        words = ", ".join(map(_bound, bindings)) or "not bound: it does nothing"
    else:
        words = ", ".join(action.value for action in possible(record, rule))
    words = words or "neither denies nor reports"
    if not record.background:
        words += "; background scan off: what exists is not checked"
    if not record.admission:
        words += "; not asked at admission"
    return words


def _bound(each: BindingRecord) -> str:
    action = " and ".join(each.actions).lower() or "nothing"
    return f"{action} in namespaces with {each.namespaces}" if each.namespaces else action


def _override(each: Override) -> str:
    action = {"Enforce": "deny", "Audit": "audit"}.get(each.action, each.action.lower())
    where = f"ns {joined(each.namespaces)}" if each.namespaces else f"namespaces with {each.selector}"
    return f"{action} in {where}"


def rules_spans(group: Group) -> list[Span]:
    """The rules that a group breaks, the most broken first."""
    counts: dict[tuple[str, str], int] = {}
    for each in group.every():
        counts[each.policy, each.rule] = counts.get((each.policy, each.rule), 0) + 1
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    spans: list[Span] = []
    for (policy, rule), count in ranked[:8]:
        words = policy_name(policy) + (f"/{rule}" if rule else "")
        spans += [(", " if spans else "", "muted"), (words, ""), (f" {count:,}", "muted")]
    return [*spans, (f" and {len(ranked) - 8} more", "muted")] if len(ranked) > 8 else spans


def example_facts(board: Board, group: Group) -> list[Fact]:
    """A few of the objects, of different owners where there are."""
    chosen: list[Violation] = []
    owners: set[tuple[str, str]] = set()
    for each in group.every():
        if len(chosen) >= NAMED or len(owners) > NAMED:
            break
        key = each.owner.tenant, each.owner.id
        if key not in owners:
            owners.add(key)
            chosen.append(each)
    facts: list[Fact] = []
    for each in chosen:
        glyph, style = RESULT[each.finding.result]
        spans: list[Span] = [(f"{glyph} ", style), *subject_spans(each.subject), (f" · {each.cluster} · ", "muted")]
        facts.append(Fact("" if facts else "broken by", [*spans, *owner_spans(each.owner)], 1))
    if facts:
        facts = [Fact(fact.label or " ", fact.spans, 1) for fact in facts]
    if group.objects > len(chosen):
        facts.append(Fact(" ", [(f"and {group.objects - len(chosen):,} more: → unfolds them", "muted")], 1))
    return facts


def owner_facts(desk: Desk, owner: Owner) -> list[Fact]:
    """Who delivers: where it comes from."""
    if not owner.id:
        words = owner.nobody if owner.doubt else "nobody of Flux: made by hand, or by other tools"
        return [Fact("delivered by", [(words, "status-unknown" if owner.doubt else "warning")], 2)]
    told = [Fact("owner", [(named(owner.id), "strong"), (f" · {owner.cluster}", "muted")], 1)]
    told.append(Fact("at", [(revision(owner.revision) or "no revision", ""), *_changed(desk, owner)], 1))
    if owner.source:
        told.append(Fact("from", [(named(owner.source), "")], 1))
    if owner.origin:
        told.append(Fact("made by", [(named(owner.origin), "")], 1))
    return told


def _changed(desk: Desk, owner: Owner) -> list[Span]:
    return [(f" · changed {ago(owner.updated, desk.now())} ago", "muted")] if owner.updated else []


def violation_facts(desk: Desk, board: Board, violation: Violation) -> list[Fact]:
    """A violation in a few lines; its page tells the rest."""
    finding, now = violation.finding, desk.now()
    glyph, style = RESULT[finding.result]
    spans: list[Span] = [(f"{glyph} {finding.result} ", style), *policy_spans(violation.policy, violation.rule)]
    told = [
        Fact("rule", [*spans, (f" · {violation.severity or 'no severity'}", SEVERE.get(violation.severity, ""))], 1),
        Fact("message", [(" ".join(finding.message.split()), "")], 5),
        Fact("action", action_reason(violation), 2),
        Fact("delivered by", owner_spans(violation.owner), 2),
        Fact("first seen", seen_spans(violation.first_seen, now, certain=violation.certain), 1),
    ]
    if violation.checked:
        when: Span = (f"  {exact(violation.checked)}", "muted")
        told.append(Fact("checked", [(f"{ago(violation.checked, now)} ago", ""), when], 1))
    return [*told, Fact("⏎", [("the whole message, the rule, the object, exceptions", "muted")], 1)]


def action_reason(violation: Violation) -> list[Span]:
    """What becomes of a request that does the same here."""
    words = {
        Action.DENY: "the next request that does this is refused",
        Action.WARN: "requests pass with a warning",
        Action.AUDIT: "requests pass, the report tells",
        Action.NONE: "the policy neither denies nor reports",
        Action.UNKNOWN: "what the policy does here is not known",
    }
    return [(violation.action.value, ACTIONS[violation.action]), (f"  {words[violation.action]}", "muted")]


def shown_ids(violations: Iterable[Violation]) -> list[str]:
    """The names of objects, each once."""
    return list(dict.fromkeys(f"{each.subject.namespace}/{each.subject.name}".lstrip("/") for each in violations))
