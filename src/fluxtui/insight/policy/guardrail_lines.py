"""The guardrails of a fleet as one table: what is wrong first, then each prefix with the sources that match it."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec

from fluxtui.insight.policy.allowlist import flaws
from fluxtui.insight.policy.engine_held import count
from fluxtui.insight.policy.guardrails import POLICY, Bound, Guard, GuardReport, Judged
from fluxtui.kinds.text import line as neutral

LOUD = ("refuses all", "unchecked", "overlap", "empty entry", "refused", "warned")
"""What is trouble, the worst first."""
QUIET = ("no list", "escapes", "loose", "differs", "unbound", "as text", "unguarded", "not known")
"""What should be known, in this order; after it come the lists themselves."""
LISTED = ("prefix", "unused", "source", "outside")


class Line(msgspec.Struct, frozen=True):
    """One line: `what` is one of `LOUD`, `QUIET` or `LISTED`; `text` a prefix, a policy or an object's id.

    `judged` are the sources that it is about, `policy` is the id of the policy behind it (in the first cluster).
    """

    what: str
    text: str
    clusters: tuple[str, ...]
    why: str = ""
    judged: tuple[Judged, ...] = ()
    policy: str = ""

    @property
    def key(self) -> str:
        """What identifies it."""
        return " ".join((self.what, self.text, *self.clusters))

    @property
    def source(self) -> Judged | None:
        """The source, of a line about one."""
        return self.judged[0] if len(self.judged) == 1 and self.text == self.judged[0].record.id else None

    @property
    def loud(self) -> bool:
        """Whether it is trouble."""
        return self.what in LOUD


class Sheet(msgspec.Struct, frozen=True):
    """The report, and the lines that tell it."""

    report: GuardReport
    lines: tuple[Line, ...] = ()

    def of(self, *what: str) -> list[Line]:
        """The lines of a sort."""
        return [line for line in self.lines if line.what in what]


def sheet(report: GuardReport) -> Sheet:
    """All lines in their order."""
    order = {what: place for place, what in enumerate((*LOUD, *QUIET))}
    found = [
        line
        for guard in report.guards
        for line in (*_of_lists(guard), *_of_sources(guard), *_of_cluster(guard, report))
    ]
    told = sorted([*_merged(found), *_differing(report)], key=lambda line: (order[line.what], line.text, line.clusters))
    return Sheet(report, (*told, *_prefixes(report), *_outside(report)))


def verdict(found: Sheet) -> str:
    """The answer: what is wrong, else what holds where."""
    report = found.report
    guarded = [guard for guard in report.guards if guard.guarded]
    sources = sum(guard.count("allowed", "refused", "overlap", "warned", "unknown") for guard in report.guards)
    parts = [words for what, words in _SENTENCES.items() if found.of(what)]
    if denied := len(found.of("overlap")):
        parts.append(count(denied, "prefix", "overlaps: denied altogether", "overlap: denied altogether"))
    refused = sum(guard.count("refused", "overlap") for guard in report.guards)
    parts += [count(refused, "source", "would be refused", "would be refused")] if refused else []
    warned = sum(guard.count("warned") for guard in report.guards)
    parts += [count(warned, "source", "is warned of", "are warned of")] if warned else []
    escapes = sum(guard.count("escapes") for guard in report.guards)
    parts += [count(escapes, "source", "escapes", "escape")] if escapes else []
    if unknown := sum(guard.count("unknown") for guard in report.guards):
        parts.append(f"of {count(unknown, 'source')} it is not known")
    if not guarded:
        known = [guard for guard in report.guards if not guard.trouble]
        told = "no cluster restricts where sources come from" if known else "guardrails are not known"
        return " · ".join((told, *parts))
    held = f"{count(sources, 'source')} held by allow-lists in {len(guarded)} of {len(report.guards)} clusters"
    return " · ".join((*parts, held)) if parts else f"{held}: all allowed" if sources else held


_SENTENCES = {
    "refuses all": "a list is missing: everything is refused",
    "unchecked": "a list is missing: nothing is refused",
    "empty entry": "an empty entry undoes a list",
}


def _policy(bound: Bound) -> str:
    return f"{POLICY}//{bound.policy.name}"


def _place(bound: Bound) -> str:
    return "/".join(filter(None, bound.binding.parameter))


def _of_lists(guard: Guard) -> Iterator[Line]:
    """What is wrong with the lists themselves."""
    clusters = (guard.cluster,)
    for bound in guard.bounds:
        sources = tuple([each for each in guard.judged if each.bound is bound])
        if bound.entries is None:
            yield _without_entries(bound, clusters, sources)
            continue
        entries = bound.entries
        for entry in dict.fromkeys(entries):
            if not entry:
                yield Line("empty entry", _place(bound), clusters, _empty(bound), sources, _policy(bound))
        for entry, others in _overlaps(bound):
            caught = tuple([each for each in sources if entry in each.matched and len(each.matched) > 1])
            why = (
                f"begins like {neutral(', '.join(others))}: exists_one refuses what several entries match, however good"
            )
            if others == (entry,):
                why = "stands in the list twice: exists_one refuses all that it matches"
            yield Line("overlap", neutral(entry), clusters, why, caught, _policy(bound))


def _empty(bound: Bound) -> str:
    told = flaws("")
    if bound.rule is not None and bound.rule.alone:
        return f"{told}: what is listed is refused, all else allowed"
    return f"{told}: everything is allowed"


def _overlaps(bound: Bound) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Entries of which everything is refused, with those that they begin like; none where one match is enough."""
    if bound.rule is None or not bound.rule.alone or bound.entries is None:
        return
    for entry in dict.fromkeys(filter(None, bound.entries)):
        others = [
            other for other in dict.fromkeys(bound.entries) if other and other != entry and entry.startswith(other)
        ]
        if bound.entries.count(entry) > 1:
            yield entry, (entry,)
        elif others:
            yield entry, tuple(others)


def _without_entries(bound: Bound, clusters: tuple[str, ...], sources: tuple[Judged, ...]) -> Line:
    """A list that is not known, or not there."""
    place, told = _place(bound), bound.why
    if told in ("missing", "no key"):
        lost = f"{place} is not there" if told == "missing" else f"{place} has no key {bound.rule and bound.rule.key}"
        if bound.refuses_all:
            why = f"{lost}: every source of a bound namespace is refused"
            return Line("refuses all", bound.policy.name, clusters, why, sources, _policy(bound))
        why = f"{lost}, and the policy then lets everything pass"
        return Line("unchecked", bound.policy.name, clusters, why, sources, _policy(bound))
    words = {
        "text": "its expression is of no known form: what it allows is not judged here",
        "by request": "its parameters are those of each request's namespace, or selected by label: not read",
        "reading": f"{place} is being read",
        "forbidden": f"{place} may not be read",
    }
    what = "as text" if told == "text" else "no list"
    return Line(
        what,
        bound.policy.name,
        clusters,
        words.get(told, f"{place} cannot be read: {neutral(bound.detail) or told}"),
        sources,
        _policy(bound),
    )


def _of_sources(guard: Guard) -> Iterator[Line]:
    """What becomes of sources, and how their signatures are asked for."""
    clusters = (guard.cluster,)
    for each in guard.judged:
        record, bound = each.record, each.bound
        policy = _policy(bound) if bound is not None else ""
        if each.verdict in ("refused", "overlap", "warned"):
            several = f"matches {neutral(', '.join(each.matched))}: exists_one takes one alone"
            why = several if each.matched else "no prefix of the list"
            when = "told of, and let in" if each.verdict == "warned" else "refused at its next change"
            what = "warned" if each.verdict == "warned" else "refused"
            yield Line(what, record.id, clusters, f"{why}: {when}", (each,), policy)
        elif each.verdict == "escapes":
            why = f"the policy does not look at {record.kind}s"
            yield Line("escapes", record.id, clusters, why, (each,), policy)
        if each.flaws:
            yield Line("loose", record.id, clusters, " · ".join(each.flaws), (each,), policy)


def _of_cluster(guard: Guard, report: GuardReport) -> Iterator[Line]:
    """A cluster that is not guarded, or not known; policies that hold nowhere."""
    clusters = (guard.cluster,)
    if guard.trouble:
        yield Line("not known", "guardrails", clusters, guard.trouble)
    elif not guard.guarded and guard.tenants and not guard.unbound:
        elsewhere = any(other.guarded for other in report.guards)
        why = f"{count(guard.tenants, 'tenant')} may take sources from anywhere"
        yield Line("unguarded", "guardrails", clusters, why + (", unlike elsewhere" if elsewhere else ""))
    for policy in guard.unbound:
        why = "no binding puts it on anything: it has no effect"
        yield Line("unbound", policy.name, clusters, why, (), f"{POLICY}//{policy.name}")


def _merged(lines: Sequence[Line]) -> Iterator[Line]:
    """What is true of several clusters alike, once."""
    alike: dict[tuple[str, str, str], list[Line]] = defaultdict(list)
    for line in lines:
        alike[line.what, line.text, line.why].append(line)
    for found in alike.values():
        if found[0].source is not None:
            yield from found
            continue
        clusters = tuple(cluster for line in found for cluster in line.clusters)
        judged = tuple(each for line in found for each in line.judged)
        yield msgspec.structs.replace(found[0], clusters=clusters, judged=judged)


def _differing(report: GuardReport) -> Iterator[Line]:
    """Clusters whose list of a policy is not that of most."""
    lists: dict[str, dict[frozenset[str], list[str]]] = defaultdict(lambda: defaultdict(list))
    for guard in report.guards:
        for bound in guard.bounds:
            if bound.entries is not None:
                lists[bound.policy.name][frozenset(bound.entries)].append(guard.cluster)
    for name, variants in lists.items():
        if len(variants) < 2:
            continue
        most = max(variants, key=lambda entries: len(variants[entries]))
        for entries, clusters in variants.items():
            if entries != most:
                parts = [f"+ {entry}" for entry in sorted(entries - most)] + [
                    f"- {entry}" for entry in sorted(most - entries)
                ]
                why = f"unlike in {', '.join(variants[most])}: {neutral('  '.join(parts))}"
                yield Line("differs", name, tuple(clusters), why, (), f"{POLICY}//{name}")


def _prefixes(report: GuardReport) -> Iterator[Line]:
    """Each prefix with the clusters that list it, and under it the sources that it lets in."""
    listed: dict[str, list[tuple[Guard, Bound]]] = defaultdict(list)
    for guard in report.guards:
        for bound in guard.bounds:
            for entry in dict.fromkeys(filter(None, bound.entries or ())):
                listed[entry].append((guard, bound))
    for entry, places in sorted(listed.items()):
        clusters = tuple(dict.fromkeys(guard.cluster for guard, _ in places))
        matched = {each.ref: each for guard, _ in places for each in guard.judged if entry in each.matched}
        judged = tuple(each for each in matched.values() if each.verdict == "allowed")
        policy, why = _policy(places[0][1]), flaws(entry)
        if all(entry in dict(_overlaps(bound)) for _, bound in places):
            continue  # it is told of as trouble
        if matched and not judged:
            why = "what it matches is not let in"
        yield Line("prefix" if judged else "unused", neutral(entry), clusters, neutral(why), judged, policy)
        for each in sorted(judged, key=lambda each: (each.record.namespace, each.record.name, each.cluster)):
            yield Line("source", each.record.id, (each.cluster,), "", (each,), policy)


def _outside(report: GuardReport) -> Iterator[Line]:
    """How many sources no list concerns: those of the platform itself."""
    for guard in report.guards:
        judged = tuple([each for each in guard.judged if each.verdict == "outside"])
        if judged and guard.guarded:
            spaces = len({each.record.namespace for each in judged})
            why = f"in {count(spaces, 'namespace')} that no binding selects: the platform's own"
            yield Line("outside", count(len(judged), "source"), (guard.cluster,), why, judged)
