"""Reads what a server prints of any kind (``as=Table``, meta.k8s.io/v1) into records, judged by kstatus.

Rows carry their whole object where its status is worth judging, else its metadata alone: Secrets never leave the server
with their values. A server that does not print (an aggregated API) answers with a plain list, which is read as well.
"""

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from fluxtui.insight.fields import NOTHING, Json, at, mapping, mappings, text
from fluxtui.insight.kstatus import State, kstatus
from fluxtui.kinds.decode import MISFITS, Decoder, Event, Garbled, Page, WatchError
from fluxtui.kinds.flatten import epoch, identity
from fluxtui.kinds.printed import Head, PrintedRecord
from fluxtui.kinds.record import Record
from fluxtui.kinds.served import ServedKind
from fluxtui.kinds.status import Status
from fluxtui.kinds.text import clean, line, shared
from fluxtui.kinds.wire import Metadata
from fluxtui.store.row import Row, Verdict

NO_STATUS = frozenset(
    (
        *("Secret", "ConfigMap", "ServiceAccount", "Event.events.k8s.io", "Event", "Endpoints"),
        *("EndpointSlice.discovery.k8s.io", "Lease.coordination.k8s.io", "LimitRange", "PodTemplate"),
        *(f"{name}.rbac.authorization.k8s.io" for name in ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")),
        *("ControllerRevision.apps", "StorageClass.storage.k8s.io", "PriorityClass.scheduling.k8s.io"),
    )
)
"""Kinds that have no status to judge: of them, the metadata is asked for alone."""
MOST = 20_000
"""Objects of one kind that one cluster's list holds."""
CELL = 200
"""Characters of a cell that are kept."""
AGES = frozenset({"age", "name", "namespace"})
"""Columns that every list has anyway."""

STATUSES = {
    State.CURRENT: Status.READY,
    State.IN_PROGRESS: Status.PROGRESSING,
    State.FAILED: Status.FAILED,
    State.TERMINATING: Status.PROGRESSING,
    State.NOT_FOUND: Status.UNKNOWN,
    State.UNKNOWN: Status.UNKNOWN,
}
"""kstatus' words in ours."""


class _Meta(msgspec.Struct):
    version: str | None = msgspec.field(name="resourceVersion", default=None)
    next: str | None = msgspec.field(name="continue", default=None)
    remaining: int | None = msgspec.field(name="remainingItemCount", default=None)


class _Definition(msgspec.Struct):
    name: str = ""
    type: str = "string"
    priority: int = 0


class _Row(msgspec.Struct):
    cells: list[Any] | None = None
    object: dict[str, Any] | None = None


class _Answer(msgspec.Struct):
    """A Table, or the plain list of a server that ignores that a Table was asked for."""

    metadata: _Meta = msgspec.field(default_factory=_Meta)
    definitions: list[_Definition] | None = msgspec.field(name="columnDefinitions", default=None)
    rows: list[_Row] | None = None
    items: list[dict[str, Any]] | None = None


class _Told(msgspec.Struct):
    type: str = ""
    object: msgspec.Raw = msgspec.field(default_factory=lambda: msgspec.Raw(b"null"))


_answer = msgspec.json.Decoder(_Answer)
_told = msgspec.json.Decoder(_Told)


class TableDecoder(Decoder[Any]):
    """Decodes one kind as one server prints it; has the decoder's questions, so that a reflector can follow it.

    `left_out` are the objects beyond `MOST` that the last list did not bring.
    """

    def __init__(self, served: ServedKind) -> None:
        self._served = served
        self.heads: tuple[Head, ...] = ()
        self._kept: tuple[int, ...] = ()
        self._read = 0
        self.left_out = 0

    def begin(self) -> None:
        """A list begins anew."""
        self._read = self.left_out = 0

    def page(self, data: bytes) -> Page:
        """One page, at most `MOST` objects in all. Raises `Garbled`."""
        try:
            told = _answer.decode(data)
        except MISFITS as error:
            raise Garbled(data[:0], f"neither a table nor a list: {error}") from None
        if told.rows is None and told.items is None and told.definitions is None:
            raise Garbled(data[:0], "neither a table nor a list")
        records = self._records(told)
        self._read += len(records)
        following = told.metadata.next or ""
        if following and self._read >= MOST:
            self.left_out, following = max(1, told.metadata.remaining or 0), ""
        return Page(records, line(told.metadata.version), following, told.metadata.remaining or 0)

    def events(self, lines: bytes) -> list[Event]:
        """Whole watch lines. Raises `Garbled`."""
        return [event for data in lines.split(b"\n") if data.strip() for event in self._events(data)]

    def one(self, data: bytes) -> Record | None:
        """One whole object."""
        try:
            return self.read(msgspec.json.decode(data, type=dict[str, Any]))
        except MISFITS as error:
            raise Garbled(data[:0], f"not an object: {error}") from None

    def read(self, value: Json, cells: Any = ()) -> PrintedRecord | None:
        """The record of one object, whole or its metadata alone; None for one without a name."""
        try:
            meta = msgspec.convert(value.get("metadata") or {}, Metadata, strict=False)
        except MISFITS:
            meta = Metadata(name=text(value, "metadata", "name"), namespace=text(value, "metadata", "namespace"))
        if not meta.name:
            return None
        made_by, root = _made_by(value, self._served.namespaced)
        judged = kstatus(_complete(value, self._served)) if self._served.key not in NO_STATUS else None
        return PrintedRecord(
            **identity(self._served.key, meta),
            heads=self.heads,
            cells=tuple([_cell(cells[place]) if place < len(cells) else "" for place in self._kept]),
            made_by=made_by,
            root=root,
            state=judged.state.value if judged is not None else State.CURRENT.value,
            state_words=judged.message[: 4 * CELL] if judged is not None else "",
            ready_since=epoch(text(_ready(value), "lastTransitionTime")),
        )

    def _events(self, data: bytes) -> list[Event]:
        try:
            told = _told.decode(data)
            if told.type == "ERROR":
                return [Event("ERROR", error=_failure(msgspec.json.decode(told.object)))]
            answer = _answer.decode(told.object)
            if told.type == "BOOKMARK":
                return [Event("BOOKMARK", None, _bookmarked(told.object, answer))]
            if answer.rows is None:  # a plain object, of a server that does not print
                answer.items = [msgspec.json.decode(told.object, type=dict[str, Any])]
        except MISFITS as error:
            raise Garbled(data[:0], f"not a watch event: {error}") from None
        return [Event(told.type, record, record.version) for record in self._records(answer)]

    def _records(self, told: _Answer) -> list[Record]:
        if told.definitions:
            self._learn(told.definitions)
        if told.rows is None:
            found = (self.read(item) for item in told.items or ())
        else:
            found = (self.read(row.object, row.cells or ()) for row in told.rows if row.object is not None)
        return [record for record in found if record is not None]

    def _learn(self, definitions: list[_Definition]) -> None:
        kept = [place for place, told in enumerate(definitions) if told.name.lower() not in AGES]
        heads = tuple(
            Head(shared(definitions[place].name), shared(definitions[place].type), definitions[place].priority > 0)
            for place in kept
        )
        if heads != self.heads or tuple(kept) != self._kept:
            self.heads, self._kept = heads, tuple(kept)


def row_of(cluster: str, identity: str, value: Json) -> Row | None:
    """The row of an object that was fetched whole and is not watched: what any list of its kind would show of it."""
    key, _, _ = identity.partition("/")
    group, _, version = text(value, "apiVersion").rpartition("/")
    served = ServedKind(group, version, "", text(value, "kind"), namespaced=bool(text(value, "metadata", "namespace")))
    if not served.kind:
        return None
    record = TableDecoder(served).read(value)
    if record is None or record.kind != key:
        return None
    verdict = assess(record, None)
    return Row(cluster, record, verdict.status, verdict.reason, verdict.message, verdict.since)


def assess(record: Record, before: Row | None) -> Verdict:
    """The status of a printed record; `since` is when that began, as far as the object or we can tell."""
    if not isinstance(record, PrintedRecord):
        return Verdict(Status.UNKNOWN)
    state = State(record.state)
    status = STATUSES[state]
    if status is Status.READY:
        return Verdict(status, since=record.created)
    reason = record.state_words.partition("\n")[0] or state.value
    since = record.ready_since or record.created
    if before is not None and before.status is status and before.since:
        since = min(since, before.since)
    return Verdict(
        status, f"Terminating: {reason}" if state is State.TERMINATING else reason, record.state_words, since
    )


def whole_object(served: ServedKind) -> str:
    """What each row of a Table is to carry of its object: ``Object`` or ``Metadata``."""
    return "Metadata" if served.key in NO_STATUS else "Object"


def _complete(value: Json, served: ServedKind) -> Json:
    """Items of a plain list carry neither kind nor version."""
    if value.get("kind") == served.kind:
        return value
    version = f"{served.group}/{served.version}" if served.group else served.version
    return {**value, "kind": served.kind, "apiVersion": version}


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping | list):
        value = msgspec.json.encode(value)[: 2 * CELL].decode("utf-8", "replace")
    return shared(str(value)[:CELL].replace("\n", " "))


def _ready(value: Json) -> Json:
    return next((held for held in mappings(value, "status", "conditions") if held.get("type") == "Ready"), NOTHING)


def _made_by(value: Json, namespaced: bool) -> tuple[str, str]:
    """The inventory id of what controls an object, and of what that comes from if names tell.

    A Deployment's ReplicaSets are called as it is, with the hash that their pods carry as a label; a CronJob's Jobs
    end in the minute of their run.
    """
    references = mappings(value, "metadata", "ownerReferences")
    owner = next((held for held in references if held.get("controller") is True), references[0] if references else None)
    if owner is None:
        return "", ""
    group, kind, name = text(owner, "apiVersion").rpartition("/")[0], text(owner, "kind"), text(owner, "name")
    namespace = text(value, "metadata", "namespace") if namespaced else ""
    made_by = inventory_id(namespace, name, group, kind)
    stem, _, tail = name.rpartition("-")
    if kind == "ReplicaSet" and stem and tail == text(mapping(value, "metadata", "labels"), "pod-template-hash"):
        return shared(made_by), shared(inventory_id(namespace, stem, group, "Deployment"))
    if kind == "Job" and stem and tail.isdigit():
        return shared(made_by), shared(inventory_id(namespace, stem, group, "CronJob"))
    return shared(made_by), ""


def inventory_id(namespace: str, name: str, group: str, kind: str) -> str:
    """As inventories name an object (facts: flux §3): ``ns_name_group_Kind``, a colon in the name written ``__``."""
    return f"{namespace}_{name.replace(':', '__')}_{group}_{kind}"


def _bookmarked(data: msgspec.Raw, answer: _Answer) -> str:
    """The version that a bookmark tells: of the Table, of the row in it, or of a plain object."""
    for row in answer.rows or ():
        if version := text(row.object, "metadata", "resourceVersion"):
            return version
    return line(answer.metadata.version) or text(msgspec.json.decode(data), "metadata", "resourceVersion")


def _failure(value: object) -> WatchError:
    code, delay = at(value, "code"), at(value, "details", "retryAfterSeconds")
    told = cast("Json", value) if isinstance(value, dict) else NOTHING
    return WatchError(
        code if isinstance(code, int) else 0,
        line(text(told, "reason")),
        clean(text(told, "message"))[:600],
        float(delay) if isinstance(delay, int | float) else 0.0,
    )
