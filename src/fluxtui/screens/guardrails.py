"""Guardrails: from where may tenants take sources, who would be refused, and who escapes?

The lists themselves are in objects that are not watched: they are read when the screen is seen, again after a while,
and when somebody asks.
"""

from collections.abc import Generator, Sequence
from typing import ClassVar

from textual import work
from textual.binding import BindingType

from fluxtui import keymap
from fluxtui.insight.policy.engine_held import count
from fluxtui.insight.policy.guardrail_lines import Line, Sheet, sheet, verdict
from fluxtui.insight.policy.guardrails import Bound, Judged, Parameter, Place, report, signature, wanted
from fluxtui.kinds.ages import ago
from fluxtui.kinds.policy.table import page_id
from fluxtui.kinds.record import Record, split_id
from fluxtui.kinds.status import NO_DATA_GLYPH, Status
from fluxtui.kube.parameters import read
from fluxtui.screens.desk import Desk, joined
from fluxtui.screens.details import named
from fluxtui.screens.roster import Accept, RosterScreen
from fluxtui.screens.telling import NoticeText
from fluxtui.store.row import Row
from fluxtui.widgets.factsheet import Fact
from fluxtui.widgets.keyhints import KeyHint
from fluxtui.widgets.table_columns import ESSENTIAL, TableColumn
from fluxtui.widgets.table_source import Cell, Span

AGAIN = 60.0
"""Seconds after which the lists are read again while the screen is seen."""
NAMED = 8
"""Sources that the details name."""
LOOKS: dict[str, tuple[str, str]] = {
    "refuses all": (Status.FAILED.glyph, "status-failed"),
    "unchecked": (Status.FAILED.glyph, "status-failed"),
    "overlap": (Status.FAILED.glyph, "status-failed"),
    "empty entry": (Status.FAILED.glyph, "status-failed"),
    "refused": (Status.FAILED.glyph, "status-failed"),
    "warned": ("◐", "warning"),
    "escapes": ("◐", "warning"),
    "loose": ("◐", "warning"),
    "differs": ("◐", "warning"),
    "unbound": ("◐", "warning"),
    "unguarded": ("◐", "warning"),
    "no list": (NO_DATA_GLYPH, "status-blocked"),
    "not known": (NO_DATA_GLYPH, "status-blocked"),
    "as text": (Status.UNKNOWN.glyph, "status-unknown"),
    "prefix": (Status.READY.glyph, "status-ready"),
    "unused": ("·", "muted"),
    "source": ("", ""),
    "outside": ("·", "muted"),
}
"""Glyph and style of each sort of line."""


class GuardrailsScreen(RosterScreen[Sheet, Line]):
    """What is wrong first; then each prefix, and under it the sources that it lets in."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.ROSTER, *keymap.GUARDRAILS]
    tab = "guardrails"
    columns = (
        TableColumn("what", "WHAT", 13, priority=95, sortable=False),
        TableColumn("name", "PREFIX / SOURCE", 34, 26, 60, flex=2, priority=ESSENTIAL, sortable=False, cut="middle"),
        TableColumn("cluster", "CLUSTER", 11, 9, 26, flex=1, priority=80, sortable=False),
        TableColumn("count", "SOURCES", 7, align="right", priority=70, sortable=False),
        TableColumn("tenant", "TENANT", 10, 8, 16, priority=60, sortable=False),
        TableColumn("signature", "SIGNED BY", 12, priority=45, sortable=False),
        TableColumn("why", "URL / WHY", 30, 20, 120, flex=4, priority=50, sortable=False),
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._parameters: dict[Place, Parameter] = {}
        self._read_at = 0.0

    # What is read

    def on_mount(self) -> None:
        """What is told of policy makes it due, too."""
        super().on_mount()
        self.desk.guard.listeners.append(lambda picture: self._reporting.wake())

    def catch_up(self) -> None:
        """Seen again: the lists may be others by now."""
        super().catch_up()
        if self.desk.now() - self._read_at > AGAIN:
            self._read()

    def tick(self) -> None:
        """The lists are read again from time to time."""
        super().tick()
        if self.desk.now() - self._read_at > AGAIN:
            self._read()

    @work(exclusive=True, group="parameters")
    async def _read(self) -> None:
        """Read the lists of all clusters."""
        self._read_at = self.desk.now()
        clusters = dict(self.desk.fleet.clusters)

        def told(place: Place, found: Parameter) -> None:
            if self._parameters.get(place) != found:
                self._parameters[place] = found
                self._reporting.wake()

        await read(clusters, wanted(self.desk.guard.store), told)
        if self.is_mounted:
            self.show_hints()

    def steps(self) -> Generator[None, None, Sheet]:
        """See `insight.policy.guardrails`."""
        found = yield from report(self.desk.store, self.desk.guard.store, self._parameters, self.desk.now())
        return sheet(found)

    def show_report(self, report: Sheet) -> None:
        """A list that was never read is read at once."""
        super().show_report(report)
        if self.in_sight and report.report.loading:
            due = [place for place in wanted(self.desk.guard.store) if place not in self._parameters]
            if any(place[0] in self.desk.fleet.clusters for place in due):
                self._read()

    def action_again(self) -> None:
        """Read the lists again."""
        self._read()

    # What a roster asks

    def lines_of(self, report: Sheet) -> Sequence[Line]:
        """In the order of the sheet."""
        return report.lines

    def key_of(self, line: Line) -> str:
        """The line."""
        return line.key

    def cells_of(self, line: Line) -> Sequence[Cell]:
        """What it is, where, how many, and why."""
        glyph, style = LOOKS[line.what]
        source = line.source
        what: Cell = [(f"{glyph} ", style), (line.what, style if line.loud else "muted")] if glyph else ""
        return [
            what,
            _name(line, source),
            (_places(line, len(self.desk.fleet.clusters)), "muted"),
            str(len(line.judged)) if line.judged and source is None else "",
            (source.tenant, "") if source is not None else "",
            _signed(source),
            _why(line, source),
        ]

    def passes(self, line: Line, accept: Accept) -> bool:
        """By its sources; what has none by its words and its clusters."""
        if line.judged:
            rows = (self.desk.store.row(*each.ref) for each in line.judged)
            return any(row is not None and accept(row) for row in rows)
        if accept == self.desk.in_scope:
            accept = self.desk.in_clusters
        record = Record(kind="Allowlist", id=f"Allowlist//{line.text}", name=f"{line.text} {line.why}")
        return any(accept(Row(name, record, Status.READY, line.what, line.why, 0)) for name in line.clusters)

    def verdict(self, report: Sheet, shown: Sequence[Line]) -> list[Span]:
        """What is wrong, else what holds."""
        if report.report.loading:
            return [(" ◐ ", "info"), ("the lists are being read", "strong")]
        loud = [line for line in report.lines if line.loud]
        if loud:
            glyph, style = LOOKS[loud[0].what]
        elif any(guard.guarded for guard in report.report.guards):
            doubts = [line for line in report.lines if LOOKS[line.what][1] in ("warning", "status-blocked")]
            glyph, style = LOOKS[doubts[0].what] if doubts else LOOKS["prefix"]
        else:
            glyph, style = Status.UNKNOWN.glyph, "muted"
        spans: list[Span] = [(f" {glyph} ", style), (verdict(report), "strong")]
        if loose := len(report.of("loose")):
            spans.append((f" · {count(loose, 'signature')} asked for loosely", "warning"))
        held = [each for guard in report.report.guards for each in guard.judged if each.verdict != "outside"]
        if unsigned := sum(signature(each.record) == "none" for each in held):
            spans.append((f" · {count(unsigned, 'OCI artifact')} without a signature", "muted"))
        return spans

    def title_of(self, line: Line) -> list[Span]:
        """What it is, where."""
        source = line.source
        name = named(source.record.id) if source is not None else line.text
        return [(name, "title"), (f" · {joined(line.clusters, 4)}", "muted")]

    def facts_of(self, line: Line) -> list[Fact]:
        """Why, what the policy is, and which sources are concerned."""
        _, style = LOOKS[line.what]
        facts = [Fact(line.what, [(line.why, style if line.loud else "")], 4)] if line.why else []
        source = line.source
        if source is not None:
            facts += _source_facts(source)
        elif line.judged:
            names = [f"{named(each.record.id)} ({each.cluster})" for each in line.judged]
            facts.append(Fact("sources", [(joined(names, NAMED), "")], 4))
        bound = next((each.bound for each in line.judged if each.bound is not None), self._bound(line))
        return [*facts, *(_policy_facts(bound) if bound is not None else [])]

    def _bound(self, line: Line) -> Bound | None:
        """The policy of a line that concerns no source."""
        guards = self.report.report.guards if self.report is not None else ()
        bounds = [bound for guard in guards if guard.cluster in line.clusters for bound in guard.bounds]
        return next((bound for bound in bounds if line.policy.endswith(f"//{bound.policy.name}")), None)

    def object_of(self, line: Line) -> tuple[str, str] | None:
        """The source; the policy of what concerns none, or several."""
        if line.source is not None:
            return line.source.ref
        return (line.clusters[0], page_id(line.policy)) if line.policy and line.clusters else None

    def nothing(self, report: Sheet | None) -> NoticeText:
        """No cluster has a guardrail, or nothing is known yet."""
        if report is None or self.desk.guard.picture is None:
            return "loading", "nothing is known of policy yet", ["Admission policies are being listed."], []
        told = [
            "No admission policy judges the URLs of sources (ValidatingAdmissionPolicy over source.toolkit.fluxcd.io),",
            "and no namespace is a tenant's by its labels.",
        ]
        return "empty", "no guardrails, and nobody to guard", told, [(":vap", "admission policies")]

    def hints(self) -> Sequence[KeyHint]:
        """Keys of the list."""
        return (*super().hints(), KeyHint("r", "read the lists again", 45))

    def note(self) -> Sequence[Span]:
        """How old the lists are."""
        read_at = self._read_at
        return [(f"lists read {ago(read_at, self.desk.now()) or '0s'} ago", "muted")] if self._parameters else []


def _places(line: Line, every: int) -> str:
    if len(line.clusters) > 1 and len(line.clusters) == every:
        return f"all {every}"
    return line.clusters[0] if len(line.clusters) == 1 else f"{len(line.clusters)} clusters"


def _name(line: Line, source: Judged | None) -> Cell:
    if source is None:
        return [(line.text, "strong" if line.what in ("prefix", "overlap") else "")]
    kind, namespace, name = split_id(source.record.id)
    indent = "  " if line.what == "source" else ""
    return [(f"{indent}{kind} ", "muted"), (f"{namespace}/", ""), (name, "strong")]


def _signed(source: Judged | None) -> Cell:
    """Whose signature it needs, if it is an OCI artifact."""
    if source is None:
        return ""
    told = signature(source.record)
    return (told, "warning" if source.flaws else "muted" if told == "none" else "")


def _why(line: Line, source: Judged | None) -> Cell:
    if source is None:
        return (line.why, "" if line.loud else "muted")
    url = source.record.url
    if not line.why:
        return (url, "muted")
    spans: list[Span] = [(f"{url} · ", "")] if url and line.what != "loose" else []
    return [*spans, (line.why, LOOKS[line.what][1] if line.loud else "muted")]


def _source_facts(source: Judged) -> list[Fact]:
    record = source.record
    facts = [Fact("url", [(record.url or "none", "")], 2)]
    if source.tenant:
        facts.append(Fact("tenant", [(source.tenant, "")], 1))
    if source.matched:
        facts.append(Fact("matches", [("  ".join(source.matched), "")], 2))
    if told := signature(record):
        spans: list[Span] = [("not asked for (spec.verify)" if told == "none" else f"by {told}", "")]
        if source.flaws:
            spans.append((f": {' · '.join(source.flaws)}", "warning"))
        facts.append(Fact("signature", spans, 3))
    return facts


def _policy_facts(bound: Bound) -> list[Fact]:
    """What the policy says, where it is bound, and from where its list is."""
    policy, binding = bound.policy, bound.binding
    facts = [Fact("policy", [(policy.name, ""), (f": {policy.description}" if policy.description else "", "muted")], 3)]
    where = f"namespaces with {binding.namespaces}" if binding.namespaces else "all namespaces"
    acts = ", ".join(binding.actions) or "no action"
    facts.append(Fact("binding", [(f"{binding.name}: {acts} in {where}", "")], 2))
    if binding.parameters:
        missing = f", {binding.without_parameters} without it" if binding.without_parameters else ""
        facts.append(Fact("list", [(f"{binding.parameters}{missing}", "")], 1))
    expressions = " · ".join(rule.expression.strip() for rule in policy.rules if rule.expression)
    facts.append(Fact("asks", [(" ".join(expressions.split()), "muted")], 4))
    if policy.preconditions:
        facts.append(
            Fact("only if", [(" · ".join(" ".join(each.split()) for each in policy.preconditions), "muted")], 3)
        )
    return facts
