"""What a detail pane or page says about one object: facts in the order in which people ask for them."""

from fluxtui.insight.failures import Failure, of_row
from fluxtui.insight.lenses import lenses
from fluxtui.kinds.ages import ago, exact
from fluxtui.kinds.columns import revision
from fluxtui.kinds.record import Record, split_id
from fluxtui.kinds.status import Status
from fluxtui.screens.desk import STATUS_STYLES, Desk
from fluxtui.screens.installation import installation_facts
from fluxtui.store.row import Row
from fluxtui.widgets.factsheet import Fact
from fluxtui.widgets.table_source import Span


def named(identity: str) -> str:
    """``Kustomization monitoring/infra-configs``."""
    kind, namespace, name = split_id(identity)
    return f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"


def status_spans(row: Row, now: float) -> list[Span]:
    """``✖ failed 14m InstallFailed``."""
    style = STATUS_STYLES[row.status]
    spans: list[Span] = [(f"{row.status.glyph} {row.status.word}", f"bold {style}")]
    if row.since:
        spans.append((f" for {ago(row.since, now)}", ""))
    if row.reason:
        spans.append((f"  {row.reason}", style if row.status is not Status.READY else "muted"))
    return spans


def object_facts(desk: Desk, row: Row, *, long: bool = False) -> list[Fact]:
    """Everything that a record tells of an object; `long` is for its page, where messages stand whole."""
    now, record = desk.now(), row.record
    facts = [Fact("status", status_spans(row, now), 1)]
    if row.message:
        style = "" if row.status is not Status.READY else "muted"
        facts.append(Fact("message", [(row.message.replace("\n", " "), style)], 40 if long else 8))
    data = desk.store.find(row.cluster)
    for lens in lenses(data, row, now) if data is not None else ():
        since = f" · {ago(lens.since, now)}" if lens.since else ""
        facts.append(Fact("green, but", [(f"{lens.name}: ", "warning"), (lens.words, ""), (since, "muted")], 2))
    facts += _ready(record, now)
    facts += _delivery(record, now)
    failure = of_row(row)
    if failure is not None:
        facts.append(Fact("class", class_spans(failure), 3))
        facts.append(Fact("look at", [(failure.look, "")], 2))
    facts += _relations(desk, row)
    facts += installation_facts(record, now)
    if record.flaw:
        facts.append(Fact("unreadable", [(record.flaw, "warning")], 2))
    facts += _data(desk, row, now)
    return facts


def class_spans(failure: Failure) -> list[Span]:
    """``admission · Kyverno policy require-team rule team-label denied …``."""
    return [(failure.group, "accent"), (" · ", "muted"), (failure.words, "")]


def _ready(record: Record, now: float) -> list[Fact]:
    facts: list[Fact] = []
    if record.ready:
        lag = f" · observed generation {record.observed} of {record.generation}" if record.generation else ""
        told: list[Span] = [
            (f"Ready={record.ready} {record.reason}", ""),
            (f" {ago(record.ready_since, now)} ago{lag}", "muted"),
        ]
        facts.append(Fact("condition", told, 2))
    for text in record.conditions:
        kind, _, rest = text.partition("=")
        facts.append(Fact("", [(f"  {kind}=", "muted"), (rest.replace("/", " "), "")], 1))
    if record.suspended:
        by = record.suspended_by or "who is not recorded"
        facts.append(Fact("suspended", [(by, "status-suspended")], 2))
    if record.outcome:
        tries = f", {record.tries} times" if record.tries > 1 else ""
        since = f" since {ago(record.outcome_since, now)}" if record.outcome_since else ""
        facts.append(Fact("outcome", [(record.outcome, ""), (f"{since}{tries}", "muted")], 1))
    return facts


def _delivery(record: Record, now: float) -> list[Fact]:
    facts: list[Fact] = []
    if record.revision:
        when = f"  {ago(record.updated, now)} ago" if record.updated else ""
        facts.append(Fact("revision", [(revision(record.revision), ""), (when, "muted")], 1))
    if record.attempted and record.attempted != record.revision:
        facts.append(Fact("attempted", [(revision(record.attempted), "warning")], 1))
    if record.good_revision and record.good_revision != record.revision:
        facts.append(
            Fact("last good", [(revision(record.good_revision), ""), (f"  {ago(record.good_at, now)} ago", "muted")], 1)
        )
    if record.origin:
        facts.append(Fact("commit", [(revision(record.origin), "")], 1))
    for label, value in (("path", record.path), ("url", record.url)):
        if value:
            facts.append(Fact(label, [(value, "")], 2))
    if record.inventory_size >= 0:
        count = record.inventory_size
        facts.append(Fact("inventory", [(f"{count} object" if count == 1 else f"{count} objects", "")], 1))
    return facts


def _relations(desk: Desk, row: Row) -> list[Fact]:
    record = row.record
    facts: list[Fact] = []
    if record.source:
        facts.append(Fact("source", _linked(desk, row.cluster, record.source), 1))
    if record.owner:
        facts.append(Fact("applied by", _linked(desk, row.cluster, record.owner), 1))
    for need in record.needs:
        meaning = {"exists": " exists", "ready": "", "expression": f" when {need.expression}"}[need.meaning]
        facts.append(Fact("depends on", [*_linked(desk, row.cluster, need.target), (meaning, "muted")], 2))
    facts.extend(Fact("reads", _linked(desk, row.cluster, target), 1) for target in record.inputs)
    return facts


def _linked(desk: Desk, cluster: str, identity: str) -> list[Span]:
    """An id with the status of the object that it names, where we know it."""
    target = desk.store.row(cluster, identity)
    if target is None:
        return [(named(identity), "")]
    return [(f"{target.status.glyph} ", STATUS_STYLES[target.status]), (named(identity), "")]


def _data(desk: Desk, row: Row, now: float) -> list[Fact]:
    state = desk.store.table(row.cluster, row.record.kind).state
    facts = [
        Fact("created", [(f"{ago(row.record.created, now)} ago", ""), (f"  {exact(row.record.created)}", "muted")], 1)
    ]
    if not state.trusted:
        told = f"{state.phase}, last word {ago(state.contact, now) or 'never'} ago: {state.detail}"
        facts.append(Fact("data", [(told, "status-nodata")], 3))
    return facts
