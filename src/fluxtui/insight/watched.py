"""What we saw happen ourselves since the program started: a bounded log of changes, fed from the store's feed.

An object at first sight is no change: it was there before. Nor is one that left with its cluster, or with the right to
see its kind. Between two drains of the feed an object may have changed more than once: the log has the difference.
"""

from collections import deque
from collections.abc import Iterator

import msgspec

from fluxtui.insight.causes import Ref
from fluxtui.insight.known import Known
from fluxtui.insight.occurrence import Occurrence
from fluxtui.insight.told import QUIET, SOURCES, delivery
from fluxtui.kinds.cluster import DeploymentRecord, PodRecord
from fluxtui.kinds.columns import revision
from fluxtui.kinds.record import Record
from fluxtui.kinds.report import ReportRecord
from fluxtui.kinds.status import Status
from fluxtui.store.changes import Batch, Change
from fluxtui.store.row import Row
from fluxtui.store.state import Phase
from fluxtui.store.store import Store

KEPT = 5000
"""Occurrences that are kept: about a megabyte and a half."""
RECENT = 120
"""Seconds for which what an object says of its own change is taken for the moment that we saw."""
WATCH = "watched"
FLIPS = {Status.FAILED: "failed", Status.BLOCKED: "blocked", Status.READY: "ready"}


class Watched:
    """The log. `suspends` has the moments at which we saw something come to rest that still rests."""

    def __init__(self, store: Store, kept: int = KEPT) -> None:
        self._store = store
        self._log: deque[Occurrence] = deque(maxlen=kept)
        self.suspends: dict[Ref, int] = {}
        self.dropped = 0
        """Occurrences that the log had no room for any more."""

    def __len__(self) -> int:
        return len(self._log)

    def __iter__(self) -> Iterator[Occurrence]:
        """In the order in which they were seen."""
        return iter(tuple(self._log))

    def follow(self, batch: Batch, now: float) -> None:
        """Note what a batch of the feed changed."""
        for change in batch.changes:
            if change.before is None or change.before.record.kind in QUIET - {"FluxReport"}:
                continue
            for occurrence in self._seen(change, change.before, int(now)):
                self.dropped += len(self._log) == self._log.maxlen
                self._log.append(occurrence)

    def _seen(self, change: Change, before: Row, now: int) -> Iterator[Occurrence]:
        ref = (change.cluster, change.id)
        after = change.after
        if after is None:
            self.suspends.pop(ref, None)
            if self._gone(change.cluster, before.record.kind):
                yield Occurrence(now, *ref, "deleted", "", Known.SEEN, WATCH)
            return
        old, new = before.record, after.record
        if old.uid != new.uid:
            yield Occurrence(_near(new.created, now), *ref, "created", "deleted and created anew", Known.SEEN, WATCH)
            return
        if new.kind == "FluxReport":
            yield from _report(ref, old, new, now)
            return
        yield from self._rests(ref, before, after, now)
        yield from _flips(ref, before, after, now)
        if old.revision != new.revision and new.revision:
            yield self._revision(ref, old, new, now)
        elif new.attempted not in ("", old.attempted, new.revision):
            yield self._revision(ref, old, msgspec.structs.replace(new, revision=new.attempted), now, "tries")
        if old.generation != new.generation and old.suspended == new.suspended and not new.deleting:
            yield Occurrence(now, *ref, "spec", f"generation {old.generation} → {new.generation}", Known.SEEN, WATCH)
        yield from _workloads(ref, old, new, now)

    def _gone(self, cluster: str, kind: str) -> bool:
        """Whether a row that left was deleted: its cluster is watched, and its kind may be seen."""
        return self._store.find(cluster) is not None and self._store.state(cluster, kind).phase in (
            Phase.FRESH,
            Phase.LOADING,
            Phase.STALE,
        )

    def _rests(self, ref: Ref, before: Row, after: Row, now: int) -> Iterator[Occurrence]:
        was = before.status is Status.SUSPENDED or bool(before.record.left_alone)
        rests = after.status is Status.SUSPENDED or bool(after.record.left_alone)
        if rests and not was:
            self.suspends[ref] = now
            by = after.record.suspended_by or after.record.left_alone
            words = f"by {by}" if after.record.suspended_by else by
            yield Occurrence(now, *ref, "suspended", words, Known.SEEN, WATCH)
        elif was and not rests:
            self.suspends.pop(ref, None)
            yield Occurrence(now, *ref, "resumed", "", Known.SEEN, WATCH)

    def _revision(self, ref: Ref, old: Record, new: Record, now: int, verb: str = "") -> Occurrence:
        what = "released" if new.kind == "HelmRelease" else "revision" if new.kind in SOURCES else "applied"
        if new.kind.startswith("Image"):
            what = "image"
        data = self._store.find(ref[0])
        delivered, place = delivery(data, new) if data is not None and what != "image" else ("", "")
        became = revision(new.revision)
        words = f"{verb} {became}" if verb else f"{revision(old.revision) or 'nothing'} → {became}"
        return Occurrence(
            now if verb else _near(new.updated, now), *ref, what, words, Known.SEEN, WATCH, delivered, place
        )


def _near(told: int, now: int) -> int:
    """The moment that the object itself tells, if that can be the one that we just saw."""
    return told if 0 <= now - told <= RECENT else now


def _flips(ref: Ref, before: Row, after: Row, now: int) -> Iterator[Occurrence]:
    what = FLIPS.get(after.status)
    if what is None or before.status is after.status or after.record.kind == "Pod":
        return
    if what == "ready" and before.status in (Status.PROGRESSING, Status.SUSPENDED):
        return  # a run that ended well is told by its revision, a resume by itself
    words = after.reason if what != "ready" else f"was {before.status.word}"
    at = _near(after.since, now) if what != "ready" else now
    yield Occurrence(at, *ref, what, words, Known.SEEN, WATCH)


def _report(ref: Ref, old: Record, new: Record, now: int) -> Iterator[Occurrence]:
    """An upgrade of the operator: its report alone tells its version."""
    if isinstance(old, ReportRecord) and isinstance(new, ReportRecord):
        for name, was, became in (
            ("operator", old.operator_version, new.operator_version),
            ("Kubernetes", old.server_version, new.server_version),
        ):
            if was and became and was != became:
                yield Occurrence(now, *ref, "upgraded", f"{name} {was} → {became}", Known.SEEN, WATCH)


def _workloads(ref: Ref, old: Record, new: Record, now: int) -> Iterator[Occurrence]:
    if isinstance(old, DeploymentRecord) and isinstance(new, DeploymentRecord) and old.images != new.images:
        pairs = zip(old.images, new.images, strict=False)
        words = ", ".join(f"{_tag(was)} → {_tag(became)}" for was, became in pairs if was != became) or "other images"
        yield Occurrence(now, *ref, "upgraded", words, Known.SEEN, WATCH)
    if isinstance(old, PodRecord) and isinstance(new, PodRecord) and new.restarts > old.restarts:
        words = f"{new.last_end or 'ended'}, {new.restarts} restarts"
        yield Occurrence(_near(new.ended, now), *ref, "restarted", words, Known.SEEN, WATCH)


def _tag(image: str) -> str:
    return image.rpartition("/")[2]
