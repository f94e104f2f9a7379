"""What the pages of a FluxInstance and a FluxReport say beyond what every object says."""

from collections.abc import Iterator

from fluxtui.kinds.ages import ago
from fluxtui.kinds.instance import InstanceRecord
from fluxtui.kinds.record import Record
from fluxtui.kinds.report import ReportRecord
from fluxtui.kinds.status import Status
from fluxtui.screens.desk import STATUS_STYLES
from fluxtui.widgets.factsheet import Fact
from fluxtui.widgets.table_source import Span

MORE = " "
"""The label of a fact that goes on with the one above it."""


def installation_facts(record: Record, now: float) -> list[Fact]:
    """Components, patches, sharding, sync and history; what a report tells of versions. Nothing for other kinds."""
    if isinstance(record, InstanceRecord):
        return [*_wanted(record), *_images(record), *_history(record, now)]
    return list(_report(record)) if isinstance(record, ReportRecord) else []


def _wanted(record: InstanceRecord) -> Iterator[Fact]:
    where = " · ".join(filter(None, (record.registry, record.variant)))
    if record.wanted:
        yield Fact("wants", [(f"Flux {record.wanted}", "strong"), (f" from {where}" if where else "", "")], 2)
    if record.artifact:
        yield Fact("manifests", [(record.artifact, "")], 2)
    parts = [record.cluster_type, record.cluster_size, "multi-tenant" if record.multitenant else "", record.domain]
    parts.append("" if record.network_policy else "no network policy")
    if any(parts):
        yield Fact("cluster", [(" · ".join(filter(None, parts)), "")], 2)
    if record.sync_kind:
        name = f" named {record.sync_name}" if record.sync_name else ""
        every = f" every {record.sync_interval}" if record.sync_interval else ""
        yield Fact("sync", [(f"{record.sync_kind}{name}", "strong"), (f" at {record.sync_ref}{every}", "")], 2)
    else:
        yield Fact("sync", [("none", "muted")], 1)
    if record.shards:
        key = f" by {record.shard_key}" if record.shard_key else ""
        yield Fact("sharding", [(", ".join(record.shards), ""), (key, "muted")], 2)
    if record.storage:
        yield Fact("storage", [(record.storage, "")], 1)
    for number, target in enumerate(record.patches):
        yield Fact(MORE if number else f"patches {len(record.patches)}", [(target, "")], 1)


def _images(record: InstanceRecord) -> Iterator[Fact]:
    """The components with the images that were resolved for them, and those that have none yet."""
    resolved = {image.name: image for image in record.images}
    width = max(map(len, (*resolved, *record.asked)), default=0)
    for number, name in enumerate(dict.fromkeys((*record.asked, *resolved))):
        image = resolved.get(name)
        told = f"{image.tag}@{image.digest.partition(':')[2][:7]}" if image is not None else "no image yet"
        spans: list[Span] = [(f"{name:<{width}}  ", ""), (told, "muted" if image is not None else "warning")]
        yield Fact(MORE if number else "components", spans, 1)


def _history(record: InstanceRecord, now: float) -> Iterator[Fact]:
    for number, run in enumerate(record.runs):
        good = run.outcome.endswith("Succeeded")
        status = Status.READY if good else Status.FAILED
        times = f", {run.times} times" if run.times > 1 else ""
        spans: list[Span] = [
            (f"{status.glyph} ", STATUS_STYLES[status]),
            (f"{run.flux or 'Flux'} ", "strong"),
            ("" if good else f"{run.outcome} ", ""),
            (f"{ago(run.last, now)} ago{times}", "muted"),
            (f", since {ago(run.first, now)}" if run.first < run.last else "", "muted"),
        ]
        yield Fact(MORE if number else "history", spans, 1)


def _report(record: ReportRecord) -> Iterator[Fact]:
    parts = (record.installed, record.entitlement, f"managed by {record.managed_by}" if record.managed_by else "")
    if any(parts):
        yield Fact("distribution", [(" · ".join(filter(None, parts)), "")], 2)
    if record.operator_version:
        words = (record.operator_version, record.operator_platform, record.operator_api)
        yield Fact("operator", [(" · ".join(filter(None, words)), "")], 2)
    if record.server_version:
        nodes = f"{record.nodes} nodes" if record.nodes else ""
        yield Fact("kubernetes", [(" · ".join(filter(None, (record.server_version, record.platform, nodes))), "")], 2)
    for each in record.components:
        style = STATUS_STYLES[Status.READY if each.ready else Status.FAILED]
        glyph = (Status.READY if each.ready else Status.FAILED).glyph
        yield Fact("", [(f"{glyph} ", style), (f"{each.name} ", "strong"), (each.status, "muted")], 1)
