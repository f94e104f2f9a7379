"""Why an answer about enforcing may be wrong, and what the policies do not look at.

Reports tell what was found; that nothing was found is only worth something where everything was looked at.
"""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence

import msgspec

from fluxtui.insight.policy.engine import engines
from fluxtui.insight.policy.engine_held import Grade, count
from fluxtui.insight.policy.model import Coverage, Picture
from fluxtui.insight.policy.naming import policy_name
from fluxtui.insight.policy.readiness_model import Confidence, Doubt, Readiness
from fluxtui.kinds.ages import ago
from fluxtui.kinds.policy.engine import HookRecord
from fluxtui.kinds.policy.match import Match, Matches
from fluxtui.kinds.policy.policies import ADMISSION, LEGACY, Override, PolicyRecord
from fluxtui.store.state import DataState, Phase
from fluxtui.store.store import Store

LOW, MEDIUM = Confidence.LOW, Confidence.MEDIUM
NAMED = 6
"""Namespaces that are named; the others are counted."""
HOOK = "validat"
"""How Kyverno's webhooks are called that judge (validate.kyverno.svc-fail, vpol.validate.kyverno.svc-fail)."""


class Unknown(msgspec.Struct, frozen=True):
    """What was counted though it cannot be told: results that hang on what is not known of their namespace or policy
    (`unsure`) or that exceptions may except (`undecided`), objects for which rules end in an error, those that are
    claimed by labels alone, and those of which it cannot be told who delivers them (`unowned`).
    """

    unsure: int = 0
    undecided: int = 0
    errors: int = 0
    claimed: int = 0
    unowned: int = 0


def doubts(
    found: Readiness, picture: Picture, policy: Store, unknown: Unknown
) -> Generator[None, None, tuple[Doubt, ...]]:
    """All of them, the gravest first."""
    told: list[Doubt] = []
    chosen = frozenset(found.chosen)
    for coverage in picture.coverage:
        held = {id_: each for (name, id_), each in picture.policies.items() if name == coverage.cluster}
        if chosen & held.keys() or _may_hold(coverage):
            told += _of_cluster(coverage, picture, [held[id_] for id_ in found.chosen if id_ in held])
    concerned = {name for name, id_ in picture.policies if id_ in chosen}
    report = yield from engines(policy, picture, picture.now)
    for engine in report.engines:
        native = all(each.group == ADMISSION for (_, id_), each in picture.policies.items() if id_ in chosen)
        if engine.cluster in concerned and not native:
            told += [
                Doubt(LOW if each.part in ("scan", "reports") else MEDIUM, each.words, engine.cluster)
                for each in engine.trouble
                if each.part in ("admission", "webhooks", "scan", "reports") and each.grade is not Grade.UNKNOWN
            ]
    told += _of_results(unknown)
    return tuple(sorted(dict.fromkeys(told), key=lambda each: (each.level, each.cluster)))


def _may_hold(coverage: Coverage) -> bool:
    """Whether a cluster may have the policies without our knowing: nothing is held of it yet, or may not be."""
    states = coverage.policies.values()
    return not coverage.settled or any(not each.trusted and each.phase is not Phase.MISSING for each in states)


def _of_cluster(coverage: Coverage, picture: Picture, policies: Sequence[PolicyRecord]) -> Iterator[Doubt]:
    cluster, now = coverage.cluster, picture.now
    gone = _gone(coverage)
    if gone:
        yield Doubt(LOW, f"{gone}: which policies it has, and what violates them, is not known", cluster)
        return
    if not coverage.settled:
        yield Doubt(LOW, "not everything is listed yet", cluster)
    lost = {kind: state for kind, state in coverage.policies.items() if state.phase is Phase.FORBIDDEN}
    if lost:
        yield Doubt(LOW, f"policies may not be listed: {', '.join(sorted(lost))}", cluster)
    served = {kind: state for kind, state in coverage.reports.items() if state.phase is not Phase.MISSING}
    if policies and not served and coverage.settled:
        yield Doubt(LOW, "no reports are served: nobody knows what violates", cluster)
    yield from _of_reports(cluster, served, now)
    if coverage.unread:
        yield Doubt(LOW, f"{coverage.unread:,} reports are only counted so far", cluster)
    if coverage.cut:
        yield Doubt(MEDIUM, f"{coverage.cut:,} results of long reports are not read", cluster)
    for each in policies:
        yield from _of_policy(each, coverage, picture)


def _gone(coverage: Coverage) -> str:
    """Why nothing at all is known of a cluster, empty where something is."""
    phases = {state.phase for state in (*coverage.policies.values(), *coverage.reports.values())}
    only = next(iter(phases)) if len(phases) == 1 else None
    return str(only) if only in (Phase.UNREACHABLE, Phase.LOGIN) else ""


def _of_reports(cluster: str, served: Mapping[str, DataState], now: float) -> Iterator[Doubt]:
    """Reports that are not current, or not all of them: kinds that are alike in that are told together."""
    told: dict[tuple[Confidence, str], list[str]] = {}
    for kind, state in served.items():
        if state.phase is Phase.FORBIDDEN:
            told.setdefault((LOW, "may not be listed"), []).append(f"{kind}s")
        elif state.only:
            told.setdefault((LOW, f"of namespace {state.only} alone may be seen"), []).append(f"{kind}s")
        elif not state.trusted and state.phase is not Phase.LOADING:
            age = ago(int(state.since), now)
            since = f" for {age}" if age and age != "0s" else ""
            told.setdefault((MEDIUM, f"are {state.phase}{since}"), []).append(f"{kind}s")
    for (level, words), kinds in told.items():
        yield Doubt(level, f"{', '.join(kinds)} {words}", cluster)


def _of_policy(record: PolicyRecord, coverage: Coverage, picture: Picture) -> Iterator[Doubt]:
    name, cluster = policy_name(record.id), coverage.cluster
    if not record.background and record.group != ADMISSION:
        yield Doubt(LOW, f"{name} is not scanned for in the background: reports tell of requests alone", cluster)
    if record.ready == "False":
        yield Doubt(MEDIUM, f"{name} is not ready: {' '.join(record.message.split())}".rstrip(": "), cluster)
    if record.conditional or record.preconditions:
        yield Doubt(MEDIUM, f"{name} has preconditions, which may hold for requests where they did not in a scan")
    others = {other for rule in record.rules for each in rule.match.filters for other in each.others}
    asked = sorted(others & {"subjects", "roles", "clusterRoles"})
    if asked:
        yield Doubt(MEDIUM, f"{name} asks who makes a request ({', '.join(asked)}), which no report knows")
    evaluated = sum(number for (at, id_, _), number in picture.checked.items() if (at, id_) == (cluster, record.id))
    if not evaluated and coverage.settled and coverage.served:
        told = f"no report names {name}: nothing matches it, passes are not reported, or it is not evaluated"
        yield Doubt(MEDIUM, told, cluster)


def _of_results(unknown: Unknown) -> Iterator[Doubt]:
    if unknown.errors:
        told = count(unknown.errors, "object")
        yield Doubt(MEDIUM, f"{told} counted for which rules end in an error: denied only where those fail")
    if unknown.unsure:
        told = count(unknown.unsure, "result")
        yield Doubt(MEDIUM, f"{told} counted whose action after it cannot be told from here")
    if unknown.undecided:
        told = count(unknown.undecided, "result")
        yield Doubt(MEDIUM, f"{told} counted that exceptions may except, by what cannot be judged here")
    if unknown.claimed:
        yield Doubt(MEDIUM, f"who delivers {count(unknown.claimed, 'object')} is told by labels alone")
    if unknown.unowned:
        yield Doubt(MEDIUM, f"who delivers {count(unknown.unowned, 'object')} cannot be told")


# --- what is left out


def excluded(picture: Picture, policy: Store, chosen: Sequence[str]) -> Iterable[str]:
    """What enforcing would not reach, in words, each once: excludes, overrides, selectors of policies and webhooks."""
    told: dict[str, list[str]] = {}
    clusters = {name for name, id_ in picture.policies if id_ in chosen}
    for (cluster, identity), record in sorted(picture.policies.items()):
        if identity in chosen:
            for words in _left_out(record):
                told.setdefault(words, []).append(cluster)
    native = all(each.group == ADMISSION for (_, id_), each in picture.policies.items() if id_ in chosen)
    for cluster in sorted(clusters) if not native else ():
        data = policy.find(cluster)
        rows = data.table("ValidatingWebhookConfiguration").rows.values() if data is not None else ()
        selectors = {
            hook.namespaces
            for row in rows
            if isinstance(row.record, HookRecord)
            for hook in row.record.hooks
            if hook.namespaces and hook.rules and HOOK in hook.name
        }
        for selector in sorted(selectors):
            told.setdefault(f"its webhooks are asked for namespaces with {selector} alone", []).append(cluster)
    return [f"{words} ({', '.join(at)})" if len(at) < len(clusters) else words for words, at in told.items()]


def _left_out(record: PolicyRecord) -> Iterator[str]:
    name = policy_name(record.id)
    if not record.admission:
        yield f"{name} is not asked on admission: enforcing it denies nothing"
    for each in record.overrides if record.group == LEGACY else ():
        yield from _override(name, each)
    for rule in record.rules:
        title = f"{name}, rule {rule.name}," if rule.name else name
        for each in rule.overrides:
            yield from _override(title, each)
        if rule.exclude.filters:
            yield f"{title} leaves out {_matches(rule.exclude)}"
        where = tuple(dict.fromkeys(each for filter_ in rule.match.filters for each in filter_.namespaces))
        if where and all(each.namespaces for each in rule.match.filters):
            yield f"{title} looks at {_few('namespace', where)} alone"
        if any("namespaceSelector" in each.others for each in rule.match.filters):
            yield f"{title} selects namespaces by their labels"


def _override(title: str, each: Override) -> Iterator[str]:
    if each.action != "Enforce":
        parts = [_few("namespace", each.namespaces)] if each.namespaces else []
        parts += [f"namespaces with {each.selector}"] if each.selector else []
        if parts:
            yield f"{title} stays {each.action or 'as it is'} in {' that are '.join(parts)}"


def _matches(matches: Matches) -> str:
    joint = " that are also " if matches.every else "; "
    return joint.join(_match(each) for each in matches.filters)


def _match(match: Match) -> str:
    parts = [
        _few("kind", match.kinds),
        _few("namespace", match.namespaces),
        _few("name", match.names),
        f"labels {', '.join(match.labels.splitlines())}" if match.labels else "",
        f"requests to {', '.join(match.operations)}" if match.operations else "",
        f"some by {', '.join(match.others)}" if match.others else "",
    ]
    return ", ".join(filter(None, parts)) or "everything"


def _few(what: str, words: Sequence[str]) -> str:
    if not words:
        return ""
    more = f" and {len(words) - NAMED} more" if len(words) > NAMED else ""
    return f"{what}{'s' if len(words) > 1 else ''} {', '.join(words[:NAMED])}{more}"
