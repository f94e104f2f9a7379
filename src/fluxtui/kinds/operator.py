"""What the Flux Operator reconciles: ResourceSets and their providers, fluxcd.controlplane.io (facts: flux §1)."""

# ruff: noqa: N815
from datetime import UTC, datetime

from msgspec import Struct

from fluxtui.kinds.columns import OBJECTS, Column
from fluxtui.kinds.decode import Decoder
from fluxtui.kinds.flatten import common, epoch, every, history, reference
from fluxtui.kinds.kind import Kind
from fluxtui.kinds.record import Need, Record
from fluxtui.kinds.selector import Selector, terms
from fluxtui.kinds.text import clean, line, shared
from fluxtui.kinds.wire import Reference, Resource, Snapshot, Status, Text, Time

GROUP = "fluxcd.controlplane.io"


class ResourceSetRecord(Record, frozen=True, gc=False, kw_only=True):
    """A ResourceSet: how many input sets its last run had (-1: not told), and an earlier run that had some.

    `from_providers` tells that it reads providers at all: with none of their inputs an *empty set* is applied and
    everything is deleted (facts: flux §1, Hazard).
    """

    input_sets: int = -1
    earlier_input_sets: int = -1
    from_providers: bool = False


class ProviderRecord(Record, frozen=True, gc=False, kw_only=True):
    """A ResourceSetInputProvider: type, exported input sets, schedules (``cron|timeZone|window``) and the next run."""

    type: str = ""
    exported: int = 0
    schedules: tuple[str, ...] = ()
    next_at: int = 0


class _InputsFrom(Struct, gc=False):
    name: Text = None
    selector: Selector | None = None


class _ResourceSetSpec(Struct, gc=False):
    dependsOn: list[Reference] | None = None
    inputsFrom: list[_InputsFrom] | None = None
    wait: bool | None = None


ResourceSet = Resource[_ResourceSetSpec, Status]


def _resource_set_needs(refs: list[Reference], namespace: str) -> tuple[Need, ...]:
    found: list[Need] = []
    for ref in refs:
        target = reference(ref, "ResourceSet", "" if _cluster_scoped(ref) else namespace)
        if not target:
            continue
        if not ref.ready:  # readyExpr alone is not evaluated (facts: flux §5)
            found.append(Need(target, "exists", clean(ref.readyExpr)))
        else:
            found.append(Need(target, "expression" if ref.readyExpr else "ready", clean(ref.readyExpr)))
    return tuple(found)


def _cluster_scoped(ref: Reference) -> bool:
    return ref.kind in {"CustomResourceDefinition", "Namespace", "ClusterRole", "ClusterRoleBinding"}


def _provider_ids(refs: list[_InputsFrom], namespace: str) -> tuple[str, ...]:
    found: list[str] = []
    for ref in refs:
        if ref.name:
            found.append(shared(f"ResourceSetInputProvider/{namespace}/{ref.name}"))
        elif ref.selector is not None:
            found.append(shared(f"ResourceSetInputProvider/{namespace}/?{','.join(terms(ref.selector))}"))
    return tuple(found)


def _input_sets(entry: Snapshot) -> int:
    text = (entry.metadata or {}).get("inputs", "")
    return int(text) if text.isdecimal() and len(text) < 10 else -1


def _flatten_resource_set(resource: ResourceSet) -> Record:
    told = common("ResourceSet", resource.metadata, None, resource.status)
    told["interval"] = every(resource.metadata, 3600)
    spec, status = resource.spec, resource.status
    entries = (status.history if status is not None else None) or []
    history(told, entries)
    if entries:
        told["input_sets"] = _input_sets(entries[0])
        told["earlier_input_sets"] = max((_input_sets(entry) for entry in entries[1:]), default=-1)
    if spec is not None:
        told["needs"] = _resource_set_needs(spec.dependsOn or [], told["namespace"])
        told["inputs"] = _provider_ids(spec.inputsFrom or [], told["namespace"])
        told["from_providers"] = bool(spec.inputsFrom)
        told["waits"] = bool(spec.wait)
    return ResourceSetRecord(**told)


class _Schedule(Struct, gc=False):
    cron: Text = None
    timeZone: Text = None
    window: Text = None


class _ProviderSpec(Struct, gc=False):
    type: Text = None
    url: Text = None
    schedule: list[_Schedule] | None = None


class _Next(Struct, gc=False):
    when: Time = None


class _Inputs(Struct, gc=False):
    """One set of exported inputs: counted, not read."""


class _ProviderStatus(Status, gc=False):
    exportedInputs: list[_Inputs] | None = None
    lastExportedRevision: Text = None
    nextSchedule: _Next | None = None


InputProvider = Resource[_ProviderSpec, _ProviderStatus]


def _flatten_provider(resource: InputProvider) -> Record:
    told = common("ResourceSetInputProvider", resource.metadata, None, resource.status)
    told["interval"] = every(resource.metadata, 600)
    spec, status = resource.spec, resource.status
    if spec is not None:
        told["type"] = shared(spec.type)
        told["url"] = shared(spec.url)
        told["schedules"] = tuple(
            line(f"{entry.cron or ''}|{entry.timeZone or 'UTC'}|{entry.window or '0s'}")
            for entry in spec.schedule or ()
        )
    if status is not None:
        told["exported"] = len(status.exportedInputs or ())
        told["revision"] = shared(status.lastExportedRevision)
        told["next_at"] = epoch(status.nextSchedule.when) if status.nextSchedule is not None else 0
    return ProviderRecord(**told)


def _next(record: ProviderRecord) -> str:
    return datetime.fromtimestamp(record.next_at, UTC).strftime("%a %d %H:%M UTC") if record.next_at else ""


KINDS = (
    Kind(
        name="ResourceSet",
        group=GROUP,
        versions=("v1",),
        plural="resourcesets",
        short=("rset",),
        columns=(
            OBJECTS,
            Column(
                "inputs",
                "INPUTS",
                lambda r: str(r.input_sets) if r.input_sets >= 0 else "",
                lambda r: r.input_sets,
                right=True,
                width=6,
            ),
        ),
        rank=1,
        decoder=Decoder(ResourceSet, _flatten_resource_set),
    ),
    Kind(
        name="ResourceSetInputProvider",
        group=GROUP,
        versions=("v1",),
        plural="resourcesetinputproviders",
        short=("rsip",),
        columns=(
            Column("type", "TYPE", lambda r: r.type, width=14),
            Column("exported", "INPUTS", lambda r: str(r.exported), lambda r: r.exported, right=True, width=6),
            Column("next", "NEXT WINDOW", _next, lambda r: r.next_at, width=17, main=True),
        ),
        rank=2,
        decoder=Decoder(InputProvider, _flatten_provider),
    ),
)
