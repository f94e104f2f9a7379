"""What is green and should not be believed: causes that no condition tells.

- *emptied*: a ResourceSet that is Ready and whose last run deleted all that it had applied (facts: flux §1, *Hazard*);
- *no inputs*: providers without inputs, so that the next run of the ResourceSet that reads them applies nothing;
- *stale report*: a FluxReport older than twice its interval: nobody reconciles, and its green is history;
- *old artifact*: Ready on a revision that its source has left for longer than an interval.

A ResourceSet of previews, whose providers all list pull requests, is empty whenever none is open: that is no problem,
unless a schedule emptied it.

Nothing is concluded from data that is not fresh. A suspended source under green objects is a root by itself (`roots`).
"""

from collections.abc import Generator, Iterator

from fluxtui.insight.graph import Graph
from fluxtui.insight.roots import Root, named
from fluxtui.insight.status import EMPTIED
from fluxtui.kinds.record import Record
from fluxtui.kinds.status import Status
from fluxtui.store.row import Row
from fluxtui.store.store import ClusterData

EMPTIED_FOR = 24 * 3600
"""Seconds for which an emptied ResourceSet is news."""
LEAST_INTERVAL = 120
"""Seconds that an applier is given to follow its source, and a report to be repeated, however short the interval is."""
SKIPPED = "SkippedDueToSchedule"
"""The reason of a provider outside its schedule."""
PULL_REQUESTS = ("PullRequest", "MergeRequest")
"""How the types of providers end that export the open pull requests of a repository (facts: flux §1)."""
REPORT_INTERVAL = 300
"""The operator's default interval of reports."""
STRIDE = 2000
"""Rows between two yields: about two milliseconds of work."""


def find(graph: Graph, now: float) -> Generator[None, None, list[Root]]:
    """The silent causes of one cluster; yields every few milliseconds of work."""
    data = graph.data
    found = [*_emptied(graph, now), *_without_inputs(graph), *_stale_reports(data, now)]
    yield
    for kind in ("Kustomization", "HelmRelease"):
        found += yield from _old_artifacts(data, kind, now)
    return found


def _rows(data: ClusterData, kind: str) -> list[Row]:
    """The rows of a kind, none while they are not fresh."""
    table = data.tables.get(kind)
    return list(table.rows.values()) if table is not None and table.state.trusted else []


def _emptied(graph: Graph, now: float) -> Iterator[Root]:
    data = graph.data
    for row in _rows(data, "ResourceSet"):
        news = row.reason == EMPTIED and row.status is Status.READY and now - row.since < EMPTIED_FOR
        if news and not _previews(_providers(graph, row)):
            yield Root(data.name, "emptied", (row.record.id,), row.status, row.reason, row.message, row.since)


def _without_inputs(graph: Graph) -> Iterator[Root]:
    """ResourceSets whose providers are all ready and export nothing: a run without inputs applies an empty set."""
    data = graph.data
    for row in _rows(data, "ResourceSet"):
        if row.status is not Status.READY or row.reason == EMPTIED or not getattr(row.record, "from_providers", False):
            continue
        providers = _providers(graph, row)
        dry = [provider for provider in providers if provider is not None and _exports_nothing(provider)]
        if not providers or len(dry) < len(providers):
            continue
        skipped = next((provider for provider in dry if provider.reason == SKIPPED), None)
        size = row.record.inventory_size
        if skipped is None and (size <= 0 or _previews(providers)):
            continue
        yield _no_inputs(data.name, row, skipped or dry[0], size)


def _providers(graph: Graph, row: Row) -> list[Row | None]:
    """What a ResourceSet reads its inputs from; None for what is not known."""
    return [graph.row(edge.target) for edge in graph.dependencies(row.record) if edge.kind == "provides"]


def _previews(providers: list[Row | None]) -> bool:
    """Whether all of them list open pull requests, by their types (GitHubPullRequest, GitLabMergeRequest…)."""
    return bool(providers) and all(
        provider is not None
        and getattr(provider.record, "type", "").endswith(PULL_REQUESTS)
        and provider.reason != SKIPPED
        for provider in providers
    )


def _exports_nothing(provider: Row) -> bool:
    return provider.status is Status.READY and getattr(provider.record, "exported", -1) == 0


def _no_inputs(cluster: str, row: Row, provider: Row, size: int) -> Root:
    record = row.record
    danger = f"its next run deletes all {size} objects that it has applied" if size > 0 else "it has applied nothing"
    message = (
        f"{named(provider.record.id)} exports no inputs ({provider.message}); {named(record.id)} is green: {danger}"
    )
    return Root(
        cluster, "no inputs", (provider.record.id,), row.status, provider.reason, message, provider.since, (record.id,)
    )


def _stale_reports(data: ClusterData, now: float) -> Iterator[Root]:
    for row in _rows(data, "FluxReport"):
        record = row.record
        told = max(record.updated, record.ready_since)
        interval = record.interval or REPORT_INTERVAL
        if row.status is Status.READY and told and now - told > max(2 * interval, LEAST_INTERVAL):
            message = f"the report is older than twice its interval of {interval} s: the operator does not run it"
            yield Root(data.name, "stale report", (record.id,), row.status, "StaleReport", message, told)


def _old_artifacts(data: ClusterData, kind: str, now: float) -> Generator[None, None, list[Root]]:
    """Appliers that are ready on a revision which their source has left, one root for each source."""
    behind: dict[str, list[Row]] = {}
    for count, row in enumerate(_rows(data, kind), 1):
        if row.status is Status.READY and lags(data, row.record, now):
            behind.setdefault(row.record.source, []).append(row)
        if not count % STRIDE:
            yield
    return [_lagging(data, source, rows) for source, rows in behind.items()]


def lags(data: ClusterData, record: Record, now: float) -> bool:
    """Whether an applier's source has offered something else for longer than the applier's interval."""
    source = data.row(record.source) if record.source and record.revision else None
    if source is None or source.record.revision == record.revision or not source.record.updated:
        return False
    if now - source.record.updated <= max(record.interval, LEAST_INTERVAL):
        return False
    table = data.tables[source.record.kind]
    return table.state.trusted and not same_revision(record, source.record.revision)


def same_revision(record: Record, offered: str) -> bool:
    """Whether a release's ``1.0.0+e52ce06cc9bb`` is its source's ``1.0.0@sha256:e52ce06cc9bb…`` or ``1.0.0``.

    Charts from anything but a HelmChart or an OCIRepository have versions of their own: nothing is concluded.
    """
    if record.kind != "HelmRelease":
        return record.revision == offered
    kind = record.source.partition("/")[0]
    applied, _, digest = record.revision.partition("+")
    if kind == "HelmChart":
        return applied == offered.partition("+")[0]
    if kind != "OCIRepository":
        return True
    version, _, full = offered.partition("@")
    return full.partition(":")[2].startswith(digest) if digest else applied == version


def _lagging(data: ClusterData, source: str, rows: list[Row]) -> Root:
    row = data.row(source)
    offered, since = (row.record.revision, row.record.updated) if row is not None else ("", 0)
    first = min(rows, key=lambda each: each.record.id)
    message = f"ready on {first.record.revision}, while {named(source)} has {offered}"
    ids = tuple(sorted(each.record.id for each in rows))
    return Root(data.name, "old artifact", ids, Status.READY, "OldArtifact", message, since)
