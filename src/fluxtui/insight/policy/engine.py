"""How the policy engine itself fares in each cluster: is it asked, does it answer, and can its reports be believed?

What is not there is told by what its absence means. Nothing is held against a cluster without Kyverno: it is *not
installed*, and other engines are named. What may not be seen is *unknown*, never well.
"""

from collections.abc import Callable, Generator, Sequence

import msgspec

from fluxtui.insight.policy import engine_admission, engine_work
from fluxtui.insight.policy.engine_held import GENERATED, Finding, Grade, Held, Told, count, version
from fluxtui.insight.policy.floods import Flood, floods, said
from fluxtui.insight.policy.model import Picture
from fluxtui.kinds.record import Record, split_id
from fluxtui.store.row import Row
from fluxtui.store.state import Phase
from fluxtui.store.store import ClusterData, Store

OWN = "kyverno"
"""How sources of reports begin that are Kyverno's own."""
ADMITTED = "ValidatingAdmissionPolicy"
"""The API server's own policies; reports on them have this source."""
STRIDE = 2000
"""Reports between two yields."""


class Part(msgspec.Struct, frozen=True):
    """A part in a few characters: ``3/3``, ``Fail 10s``."""

    name: str
    grade: Grade
    short: str = ""


class Engine(msgspec.Struct, frozen=True):
    """The engine of one cluster. `findings` are ordered by what matters; `words` are the verdict in one sentence."""

    cluster: str
    grade: Grade
    words: str
    parts: tuple[Part, ...] = ()
    findings: tuple[Finding, ...] = ()
    others: tuple[str, ...] = ()
    """Other engines that report, or that the API server is itself."""
    version: str = ""
    """The tag of the admission controller's image."""
    policies: int = 0
    contact: float = 0.0
    """When the cluster last spoke of the engine, epoch s, 0: never."""

    def part(self, name: str) -> Part:
        """One of those that `JUDGES` names."""
        return next((each for each in self.parts if each.name == name), Part(name, self.grade))

    @property
    def installed(self) -> bool:
        """Whether there is one, as far as is known."""
        return self.grade is not Grade.ABSENT

    @property
    def trouble(self) -> tuple[Finding, ...]:
        """The findings that are more than notes."""
        return tuple(each for each in self.findings if each.grade < Grade.OK)


JUDGES: tuple[tuple[str, Callable[[Held], Told]], ...] = (
    ("admission", engine_admission.admission),
    ("webhooks", engine_admission.webhooks),
    ("policies", engine_work.policies),
    ("scan", engine_work.scan),
    ("reports", engine_work.reports),
    ("background", engine_work.background),
    ("cleanup", engine_work.cleanup),
)
"""The judge of each part, in the order in which the parts matter."""


class EngineReport(msgspec.Struct, frozen=True):
    """The engines of the fleet at `now` (epoch s), in the clusters' order."""

    now: float
    engines: tuple[Engine, ...] = ()

    def of(self, cluster: str) -> Engine | None:
        """The engine of a cluster."""
        return next((each for each in self.engines if each.cluster == cluster), None)


def engines(policy: Store, picture: Picture | None, now: float) -> Generator[None, None, EngineReport]:
    """The engines of all clusters of the policy store; yields every few milliseconds of work."""
    found: list[Engine] = []
    coverage = {each.cluster: each for each in (picture.coverage if picture is not None else ())}
    for data in policy.clusters():
        held = Held(data, coverage.get(data.name), picture, now)
        others = yield from _others(data)
        flooded = floods((yield from said(policy, (data.name,))))
        found.append(engine(held, others, flooded[0] if flooded else None))
        yield
    return EngineReport(now, tuple(found))


def engine(held: Held, others: Sequence[str] = (), flood: Flood | None = None) -> Engine:
    """The engine of one cluster; `others` are the sources of reports that are none of Kyverno's, `flood` its Events
    where there are too many of them.
    """
    absent = _absence(held)
    if absent is not None:
        return msgspec.structs.replace(absent, others=tuple(others))
    order = {name: place for place, (name, _) in enumerate(JUDGES)}
    findings: list[Finding] = []
    parts: list[Part] = []
    for name, judge in JUDGES:
        told = judge(held)
        findings += told.findings
        parts.append(Part(name, min([told.least, *(each.grade for each in told.findings)]), told.short))
    findings += _silence(held)
    findings += [_flooded(flood)] if flood is not None else []
    findings.sort(key=lambda each: (each.grade, order[each.part]))
    grade = min((each.grade for each in findings), default=Grade.OK)
    return Engine(
        held.cluster,
        grade,
        _sentence(grade, findings, len(held.policies)),
        tuple(parts),
        tuple(findings),
        tuple(others),
        version(held),
        len(held.policies),
        max((table.state.contact for table in held.data.tables.values()), default=0.0),
    )


def _absence(held: Held) -> Engine | None:
    """The engine of a cluster of which nothing can be judged; None for one that is there."""
    policies = [held.state(kind) for kind in held.data.tables if kind in _ITS_POLICIES]
    seen = {state.phase for state in policies}
    name = held.cluster
    own = held.records("Deployment") or held.records("ValidatingWebhookConfiguration") or held.policies
    if own:
        return None
    for phase in (Phase.LOADING, Phase.LOGIN, Phase.UNREACHABLE, Phase.STALE):
        if phase in seen or not seen:
            detail = next((state.detail for state in policies if state.phase is phase and state.detail), "")
            told = "not known yet" if phase is Phase.LOADING else f"unknown: {detail or phase}"
            return Engine(name, Grade.UNKNOWN, told)
    if seen == {Phase.MISSING}:
        return Engine(name, Grade.ABSENT, "Kyverno is not installed")
    if Phase.FORBIDDEN in seen and Phase.FRESH not in seen:
        return Engine(name, Grade.UNKNOWN, "unknown: its policies may not be listed")
    if held.knows("Deployment") and held.knows("ValidatingWebhookConfiguration"):
        return Engine(name, Grade.ABSENT, "Kyverno's definitions are there: no controller, no webhook, no policy")
    return None


_ITS_POLICIES = frozenset({"ClusterPolicy", "Policy", "ValidatingPolicy", "ImageValidatingPolicy", "MutatingPolicy"})


def _silence(held: Held) -> list[Finding]:
    """A cluster that does not speak any more: what is known of its engine is history."""
    for kind in ("Deployment", "ValidatingWebhookConfiguration"):
        state = held.state(kind)
        if state.phase in (Phase.STALE, Phase.UNREACHABLE, Phase.LOGIN):
            words = f"the cluster is silent ({state.phase}): this is what was known"
            return [Finding("admission", Grade.UNKNOWN, words, state.detail)]
    return []


def _flooded(flood: Flood) -> Finding:
    """Events of what reports tell anyway: no trouble of the engine's, and one for whoever looks for other Events."""
    words = f"{count(flood.events, 'Event')} say {count(flood.things, 'thing')}, {flood.hourly:,} an hour"
    most = ", ".join(f"{split_id(policy)[2] or policy} {events}" for policy, events in flood.policies[:3])
    means = f"what scans find is in the reports; among these, refused requests are hard to find ({most})"
    return Finding("reports", Grade.OK, words, means)


def _sentence(grade: Grade, findings: Sequence[Finding], policies: int) -> str:
    """The verdict: the worst finding, and how many more there are."""
    if grade is Grade.OK:
        notes = [each for each in findings if each.grade is Grade.OK]
        return f"ok: {count(policies, 'policy')}" + (f", {len(notes)} to know" if notes else "")
    worst = [each for each in findings if each.grade is grade]
    told = f"{grade.word}: {worst[0].words}"
    more = sum(each.grade < Grade.OK for each in findings) - 1
    return f"{told}, and {more} more" if more else told


def _others(data: ClusterData) -> Generator[None, None, tuple[str, ...]]:
    """The names of other engines: who else writes reports, and the API server's own policies."""
    found: set[str] = set()
    count = 0
    for kind in ("PolicyReport", "ClusterPolicyReport", "Report", "ClusterReport"):
        table = data.tables.get(kind)
        for row in list(table.rows.values()) if table is not None else ():
            count += 1
            if not count % STRIDE:
                yield
            found.add(_source(row.record))
    own = [row.record.name for row in _rows(data, ADMITTED)]
    if any(not name.startswith(GENERATED) for name in own):
        found.add(ADMITTED)
    return tuple(sorted(name for name in found if name and not name.lower().startswith(OWN)))


def _rows(data: ClusterData, kind: str) -> list[Row]:
    table = data.tables.get(kind)
    return list(table.rows.values()) if table is not None else []


def _source(record: Record) -> str:
    """Who wrote a report, by its first result."""
    findings = getattr(record, "findings", ())
    return findings[0].check.source if findings else getattr(record, "source", "")


def verdict(report: EngineReport) -> str:
    """``1 engine is down, 2 ok · 1 cluster without Kyverno``."""
    counts = {grade: sum(each.grade is grade for each in report.engines) for grade in Grade}
    parts = [f"{counts[grade]} {grade.word}" for grade in Grade if counts[grade] and grade is not Grade.ABSENT]
    told = f"{'engine' if len(report.engines) == 1 else 'engines'}: {', '.join(parts)}" if parts else ""
    absent = counts[Grade.ABSENT]
    without = f"{absent} {'cluster' if absent == 1 else 'clusters'} without Kyverno" if absent else ""
    return " · ".join(filter(None, (told, without)))
