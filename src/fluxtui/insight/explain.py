"""Which failures explain which: for every object that is not green, the objects behind which it waits.

The rules, each from what the controllers really do:

- *blocked* (DependencyNotReady) is explained by the dependencies that are not green; it stays so while they blink;
- a failure of its own (a manifest that is refused, a release that fails) is its own, even if its source fails too:
  a source explains only the failures that are about the artifact;
- a parent that *waits* (a health check, a ResourceSet still in its run) is explained by the children that are not
  green, by name when its message names them; the deepest failing thing wins (recordings, lesson 2);
- what has just been repaired explains nothing any more, and who failed because of it is about to try again:
  it *settles*, and is no cause (a cause that lives for seconds is noise).
"""

from collections.abc import Iterator

from fluxtui.insight.graph import Graph, Standing
from fluxtui.insight.status import DELETING
from fluxtui.kinds.record import Need, Record
from fluxtui.kinds.status import Status
from fluxtui.store.row import Row

FAILED, BLOCKED, SUSPENDED, UNKNOWN, PROGRESSING, READY = Status

NOT_GREEN = (FAILED, BLOCKED, SUSPENDED, UNKNOWN, PROGRESSING)

RETRY_GRACE = 180
"""Seconds within which a blocked object tries again after its dependency turned ready (30 s by default, 5 s for
ResourceSets)."""
LONG_GRACE = 600
"""Seconds for which a failure may be older than the repair of what it failed for, before it counts by itself."""
SILENCE = 600
"""Seconds after its creation when an object that no controller has touched is a problem."""

STUCK = 3600
"""Seconds that a first reconcile may be in progress before it is a problem."""

WAITING_REASONS = frozenset({"HealthCheckFailed", "HealthCheckCanceled", "Progressing", "ProgressingWithRetry"})
WAITING_WORDS = ("timeout waiting for", "timed out waiting", "health check", "context deadline exceeded", "not ready")
FETCHERS = frozenset({"HelmChart", "ArtifactGenerator", "ImagePolicy"})
"""Kinds that do nothing but pass on what their sources have: they fail with them."""
SOURCE_REASONS = frozenset({"SourceNotReady", "ArtifactFailed", "NoSourceArtifact", "SourceUnavailable"})


class Explanations:
    """The explanations within one cluster at one moment; each row's are computed once."""

    def __init__(self, graph: Graph, now: float) -> None:
        self.graph = graph
        self.now = now
        self._of: dict[str, list[str]] = {}

    def of(self, row: Row) -> list[str]:
        """The ids of what this row's state is explained by; empty if it stands for itself."""
        identity = row.record.id
        known = self._of.get(identity)
        if known is None:
            known = self._of[identity] = list(dict.fromkeys(self._explain(row)))
        return known

    def _explain(self, row: Row) -> Iterator[str]:
        status = row.status
        if status is SUSPENDED or status is READY:
            return
        if status is BLOCKED:
            yield from self._unmet(row.record)
            yield from self._waiting_for_source(row.record)
            return
        if status is FAILED:
            yield from self._behind_source(row)
            yield from self._behind_older_failure(row)
        else:
            yield from self._unmet(row.record)
            yield from self._failing_source(row.record)
        if status is not FAILED or waits(row):
            yield from self._children(row)

    def _unmet(self, record: Record) -> Iterator[str]:
        for need in record.needs:
            target = self.graph.row(need.target)
            if target is not None and target.status is not READY and need.meaning != "exists":
                yield need.target

    def _failing_source(self, record: Record) -> Iterator[str]:
        source = self.graph.row(record.source) if record.source else None
        if source is not None and source.status in (FAILED, SUSPENDED) and not source.record.revision:
            yield record.source

    def _waiting_for_source(self, record: Record) -> Iterator[str]:
        """An image policy is blocked by its repository, without any dependsOn."""
        source = self.graph.row(record.source) if record.source and not record.needs else None
        if source is not None and source.status is not READY:
            yield record.source

    def _behind_source(self, row: Row) -> Iterator[str]:
        record = row.record
        if not about_source(row) and record.kind not in FETCHERS:
            return
        for identity in (record.source, *(record.inputs if record.kind in FETCHERS else ())):
            source = self.graph.row(identity) if identity else None
            if source is not None and source.status is not READY:
                yield identity

    def _behind_older_failure(self, row: Row) -> Iterator[str]:
        """A dependency that must be ready and failed first; one that is asked by expression was good enough."""
        for need in row.record.needs:
            target = self.graph.row(need.target) if need.meaning == "ready" else None
            if target is not None and target.status is FAILED and 0 < target.since <= row.since:
                yield need.target

    def _children(self, row: Row) -> Iterator[str]:
        children = self._applied(row)
        named = [child for child in children if child.record.id in row.message] if row.status is FAILED else []
        for child in named or children:
            content = child.status is READY or (child.status is SUSPENDED and child.record.ready == "True")
            if not content and child.reason != DELETING:
                yield child.record.id

    def _applied(self, row: Row) -> list[Row]:
        found = (self.graph.row(edge.target) for edge in self.graph.children(row.record))
        return [child for child in found if child is not None]

    def settles(self, row: Row) -> bool:
        """Whether a row only has to try again: what it waited for was repaired after its last word."""
        if row.status is BLOCKED:
            return self._blocked_settles(row)
        if row.status is UNKNOWN:
            return self.now - row.record.created < SILENCE
        if row.reason == DELETING:
            return self.now - row.since < LONG_GRACE
        if row.status is PROGRESSING:
            return row.record.ready != "Unknown" or self.now - row.record.ready_since < STUCK
        if row.status is not FAILED or self._source_is_coming(row):
            return True
        concluded = concluded_at(row.record)
        repaired = max((child.since for child in self._mended(row)), default=0)
        return repaired >= concluded and self.now - repaired < max(LONG_GRACE, 2 * row.record.interval)

    def _source_is_coming(self, row: Row) -> bool:
        """Whether it failed for a source that is only being fetched for the first time."""
        source = self.graph.row(row.record.source) if about_source(row) else None
        return source is not None and (
            source.status is PROGRESSING or (source.status is UNKNOWN and self.now - source.record.created < SILENCE)
        )

    def _blocked_settles(self, row: Row) -> bool:
        if self.now - row.since < RETRY_GRACE / 3:
            return not any(self.missing_target(need) for need in row.record.needs)
        latest = 0
        for need in row.record.needs:
            target = self.graph.row(need.target)
            if target is None:
                if self.graph.standing(need.target) is Standing.MISSING:
                    return False
            elif target.status is READY:
                latest = max(latest, target.since)
            elif target.status is PROGRESSING:
                return True
        return self.now - latest < RETRY_GRACE

    def missing_target(self, need: Need) -> bool:
        """Whether the target of a dependsOn does not exist, for certain."""
        return self.graph.standing(need.target) is Standing.MISSING

    def _mended(self, row: Row) -> Iterator[Row]:
        """What a failed row waited for and is ready now, one step further for children that are still blocked."""
        if about_source(row) and (source := self.graph.row(row.record.source)) is not None and source.status is READY:
            yield source
        if not waits(row):
            return
        for child in self._applied(row):
            if child.status is READY:
                yield child
            elif child.status is BLOCKED:
                targets = (self.graph.row(need.target) for need in child.record.needs)
                yield from (target for target in targets if target is not None and target.status is READY)


def waits(row: Row) -> bool:
    """Whether a failure is one of waiting for what was applied, rather than of applying it.

    At first sight in mid-retry only the history's word is known; then a failing child is believed.
    """
    if row.reason in WAITING_REASONS:
        return True
    if row.record.kind == "ResourceSet" and row.message.startswith("the last try ended with ReconciliationFailed"):
        return True
    return any(words in row.message for words in WAITING_WORDS)


def about_source(row: Row) -> bool:
    """Whether a failure says that the source has nothing to apply."""
    return row.reason in SOURCE_REASONS and "path not found" not in row.message


def concluded_at(record: Record) -> int:
    """When the object's last conclusion was reached, in epoch seconds."""
    if record.ready == "False":
        return record.ready_since
    return record.outcome_at or record.ready_since
