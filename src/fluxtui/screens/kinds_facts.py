"""What is told of one object of any kind beside its list."""

from fluxtui.insight.delivered import Delivery, Proof
from fluxtui.kinds.ages import ago, exact
from fluxtui.kinds.printed import PrintedRecord
from fluxtui.kinds.record import Record
from fluxtui.kinds.served import bare
from fluxtui.kinds.status import Status
from fluxtui.screens.desk import STATUS_STYLES, Desk
from fluxtui.screens.details import named, object_facts, status_spans
from fluxtui.screens.kinds_rows import TwoStores
from fluxtui.store.row import Row
from fluxtui.widgets.factsheet import Fact
from fluxtui.widgets.table_source import Span

PROOFS = {
    Proof.INVENTORY: "its inventory lists it",
    Proof.MAKER: "its inventory lists what made this",
    Proof.LABEL: "by its labels alone: no inventory lists it",
}


def row_facts(desk: Desk, stores: TwoStores, row: Row) -> list[Fact]:
    """Everything that its list knows of an object."""
    record = row.record
    kind, _, rest = record.id.partition("/")
    title = Fact("", [(named(f"{bare(kind)}/{rest}"), "title"), (f"  {row.cluster}", "muted")], 2)
    if not isinstance(record, PrintedRecord):
        return [title, Fact("", []), *object_facts(desk, row)]
    now = desk.now()
    facts = [title, Fact("", []), Fact("health", status_spans(row, now), 2)]
    if row.message and row.message != row.reason:
        facts.append(Fact("message", [(row.message.replace("\n", " "), "")], 8))
    facts += delivery_facts(desk, row.cluster, stores.delivery(row))
    if record.made_by:
        facts.append(Fact("made by", [(inventory_words(record.made_by), "")], 1))
    facts += [Fact(head.name.lower(), [(cell, "")], 2) for head, cell in zip(record.heads, record.cells, strict=False)]
    facts.append(Fact("created", [(f"{ago(record.created, now)} ago", ""), (f"  {exact(record.created)}", "muted")], 1))
    facts += label_facts(record)
    state = stores.state(row.cluster, record.kind)
    if not state.trusted:
        told = f"{state.phase}, last word {ago(state.contact, now) or 'never'} ago: {state.detail}"
        facts.append(Fact("data", [(told, "status-nodata")], 3))
    return facts


def delivery_facts(desk: Desk, cluster: str, found: Delivery) -> list[Fact]:
    """Who delivers it, how that is known, and how that object is doing."""
    if not found.owner:
        return [Fact("delivered by", [("no Flux object that is known", "muted")], 1)]
    owner = desk.store.row(cluster, found.owner)
    spans: list[Span] = []
    if owner is not None:
        spans.append((f"{owner.status.glyph} ", STATUS_STYLES[owner.status]))
    spans.append((named(found.owner), "" if found.proof is not Proof.LABEL else "warning"))
    if owner is None:
        spans.append((" which does not exist, or is not seen", "warning"))
    elif owner.status is not Status.READY:
        spans.append((f" {owner.status.word}", STATUS_STYLES[owner.status]))
    return [Fact("delivered by", [*spans, (f" · {PROOFS[found.proof]}", "muted")], 4)]


def label_facts(record: Record) -> list[Fact]:
    """The labels, one per line."""
    return [
        Fact("labels" if place == 0 else "", [(text, "muted")], 1)
        for place, text in enumerate(record.labels.split("\n")[:12])
        if text
    ]


def inventory_words(entry: str) -> str:
    """``ReplicaSet backend/redis-7d9f`` for ``backend_redis-7d9f_apps_ReplicaSet``."""
    namespace, _, rest = entry.partition("_")
    rest, _, kind = rest.rpartition("_")
    name, _, _ = rest.rpartition("_")
    return f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"
