"""What an object's own status remembers of the past: runs, releases, artifacts, pushes, edits; newest first.

Sources of it: ``status.history`` of Kustomizations, ResourceSets and FluxInstances (one entry for each digest and
outcome), that of HelmReleases (one entry for each release), a source's artifact, an image automation's push, and who
wrote which part of the object last (``metadata.managedFields``). Nothing else is guessed: what is not in the object
did not leave a trace there.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from math import log

import msgspec

from fluxtui.insight.fields import Json, at, mapping, mappings, moment, number, seconds, text, texts
from fluxtui.kinds.columns import revision
from fluxtui.kinds.flatten import failed_outcome

MOST = 60
"""Entries that are read of one history."""


class Outcome(StrEnum):
    """How a part of the past went."""

    GOOD = "good"
    BAD = "bad"
    REMEDY = "remedy"
    """A rollback, an uninstall: the good end of something bad."""
    GOING = "going"
    NEUTRAL = "neutral"


class Stretch(msgspec.Struct, frozen=True):
    """Something that went on from `start` to `end` (epoch s; the same where it was a moment).

    `title` says what it was, `what` the revision or version that it was about, `details` the rest in words; `count` is
    how often it happened within the stretch, `took` how long the last time took in seconds, 0 where it is not told.
    """

    start: int
    end: int
    outcome: Outcome
    title: str
    what: str = ""
    count: int = 1
    took: float = 0.0
    details: tuple[str, ...] = ()
    current: bool = False
    """Whether it is the state of now, and goes on."""


class Past(msgspec.Struct, frozen=True):
    """What is remembered: the lanes of the object's own history, and who wrote the object, both newest first.

    `told` says what kind of memory that is, in words.
    """

    stretches: tuple[Stretch, ...]
    edits: tuple[Stretch, ...]
    told: str = ""


def past(value: Json) -> Past:
    """All that an object remembers."""
    kind = text(value, "kind")
    entries = mappings(value, "status", "history")[:MOST]
    told = ""
    if kind == "HelmRelease":
        found = list(_releases(value, entries))
        told = "one bar for each release that Helm keeps, from its deployment until the next one"
    elif entries:
        found = list(_runs(entries))
        told = "one bar for each artifact and outcome, from its first to its last run"
    else:
        found = []
    found += _artifact(value)
    found += _automation(value)
    edits = sorted(_edits(value), key=lambda each: -each.end)
    return Past(tuple(sorted(found, key=lambda each: (-each.end, -each.start))), tuple(edits), told)


def _runs(entries: Sequence[Json]) -> Iterator[Stretch]:
    newest = max((moment(entry, "lastReconciled") for entry in entries), default=0)
    for entry in entries:
        start, end = moment(entry, "firstReconciled"), moment(entry, "lastReconciled")
        status = text(entry, "lastReconciledStatus")
        meta = texts(entry, "metadata")
        about = meta.pop("revision", "") or meta.pop("flux", "")
        details = [f"commit {revision(meta.pop('originRevision'))}"] if meta.get("originRevision") else []
        if "inputs" in meta:
            sets, made = meta.pop("inputs"), meta.pop("resources", "")
            details.append(f"{sets} input sets made {made} objects")
        details += [f"{key} {held}" for key, held in meta.items() if held]
        if digest := text(entry, "digest"):
            details.append(f"digest {revision(digest)}")
        outcome = Outcome.BAD if failed_outcome(status) else Outcome.GOOD
        yield Stretch(
            start or end,
            end or start,
            outcome if status else Outcome.NEUTRAL,
            status or "no outcome told",
            revision(about),
            max(1, number(entry, "totalReconciliations")),
            seconds(text(entry, "lastReconciledDuration")),
            tuple(details),
            current=end == newest and bool(end),
        )


RELEASE = {
    "deployed": Outcome.GOOD,
    "superseded": Outcome.GOOD,
    "failed": Outcome.BAD,
    "uninstalled": Outcome.REMEDY,
}
"""By Helm's status of a release; what is pending or being uninstalled is going on."""


def _releases(value: Json, entries: Sequence[Json]) -> Iterator[Stretch]:
    """Each release, from when it was deployed until the one after it was."""
    until = 0
    took = seconds(text(value, "status", "lastAttemptedReleaseActionDuration"))
    for place, entry in enumerate(entries):
        start = moment(entry, "lastDeployed") or moment(entry, "firstDeployed")
        status, action = text(entry, "status"), text(entry, "action")
        outcome = RELEASE.get(status, Outcome.GOING)
        if action == "rollback" and outcome is Outcome.GOOD:
            outcome = Outcome.REMEDY
        chart = f"{text(entry, 'chartName')} {text(entry, 'chartVersion').partition('+')[0]}".strip()
        details = [f"application {text(entry, 'appVersion')}"] if text(entry, "appVersion") else []
        details += [_tests(entry)] if mapping(entry, "testHooks") else []
        if digest := text(entry, "ociDigest"):
            details.append(f"chart digest {revision(digest)}")
        details.append(f"values digest {revision(text(entry, 'configDigest'))}" if text(entry, "configDigest") else "")
        title = f"v{text(entry, 'version')} {action or 'released'}: {status or 'no status told'}"
        yield Stretch(
            start,
            until or start,
            outcome,
            title,
            chart,
            took=took if place == 0 else 0.0,
            details=tuple(filter(None, details)),
            current=place == 0 and status != "uninstalled",
        )
        until = start or until


def _tests(entry: Json) -> str:
    hooks = mapping(entry, "testHooks")
    failed = [str(name) for name, hook in hooks.items() if text(hook, "phase") == "Failed"]
    if failed:
        return f"tests failed: {', '.join(failed)}"
    done = sum(text(hook, "phase") == "Succeeded" for hook in hooks.values())
    return f"{done} of {len(hooks)} tests passed"


def _artifact(value: Json) -> Iterator[Stretch]:
    """A source remembers its last artifact alone."""
    artifact = mapping(value, "status", "artifact")
    when = moment(artifact, "lastUpdateTime")
    if not when:
        return
    details = [f"digest {revision(text(artifact, 'digest'))}"] if text(artifact, "digest") else []
    annotations = texts(artifact, "metadata")
    for key, label in (("created", "built"), ("revision", "commit"), ("source", "from")):
        if told := annotations.get(f"org.opencontainers.image.{key}"):
            details.append(f"{label} {revision(told)}")
    what = revision(text(artifact, "revision"))
    yield Stretch(when, when, Outcome.GOOD, "artifact stored", what, details=tuple(details), current=True)


def _automation(value: Json) -> Iterator[Stretch]:
    status = mapping(value, "status")
    if pushed := moment(status, "lastPushTime"):
        commit = text(status, "lastPushCommit")[:12]
        branch = text(value, "spec", "git", "push", "branch") or text(value, "spec", "git", "checkout", "ref", "branch")
        details = (f"to {branch}",) if branch else ()
        yield Stretch(pushed, pushed, Outcome.GOOD, "pushed", commit, details=details)
    if ran := moment(status, "lastAutomationRunTime"):
        yield Stretch(ran, ran, Outcome.NEUTRAL, "looked for new images")
    scan = mapping(status, "lastScanResult")
    if scanned := moment(scan, "scanTime"):
        yield Stretch(scanned, scanned, Outcome.NEUTRAL, "scanned", f"{number(scan, 'tagCount')} tags")
    latest, before = mapping(status, "latestRef"), mapping(status, "observedPreviousRef")
    if latest:
        when = max((moment(held, "lastTransitionTime") for held in mappings(status, "conditions")), default=0)
        details = (f"before it {text(before, 'tag')}",) if before else ()
        what = f"{text(latest, 'name')}:{text(latest, 'tag')}"
        yield Stretch(when, when, Outcome.NEUTRAL, "chose, by its last condition", what, details=details)


def _edits(value: Json) -> Iterator[Stretch]:
    """Who wrote the object last, one for each manager; controllers that write its status alone are no news."""
    created = moment(value, "metadata", "creationTimestamp")
    if created:
        yield Stretch(created, created, Outcome.NEUTRAL, "created")
    for held in mappings(value, "metadata", "managedFields"):
        when = moment(held, "time")
        if not when or text(held, "subresource") == "status":
            continue
        parts = _parts(mapping(held, "fieldsV1"))
        if not parts:
            continue
        how = "applied" if text(held, "operation") == "Apply" else "wrote"
        words = ", ".join(parts[:4]) + (f" and {len(parts) - 4} more" if len(parts) > 4 else "")
        yield Stretch(when, when, Outcome.NEUTRAL, f"{text(held, 'manager') or 'somebody'} {how}", words)


ANNOTATION = "metadata.annotations."


def _parts(fields: Json) -> list[str]:
    """The fields of the first two levels that a manager owns: ``spec.suspend``, ``metadata.labels``."""
    found: list[str] = []
    for top, inner in fields.items():
        name = top.removeprefix("f:")
        if name == "status":
            continue
        below = [key.removeprefix("f:") for key in _keys(inner) if key != "."]
        for key in below:
            if f"{name}.{key}" == ANNOTATION[:-1]:
                annotations = [each.removeprefix("f:") for each in _keys(at(inner, f"f:{key}")) if each != "."]
                found += [each.rpartition("/")[2] for each in annotations]
            else:
                found.append(f"{name}.{key}")
        if not below:
            found.append(name)
    return sorted(found)


def _keys(inner: object) -> list[str]:
    return [str(key) for key in mapping({"held": inner}, "held")] if inner is not None else []


class Axis(msgspec.Struct, frozen=True):
    """Cells for time: the older, the closer together, so that the last minutes and the last weeks fit one line.

    `oldest` is the greatest age shown, in seconds; ages below `youngest` share the last cell.
    """

    now: float
    oldest: float
    width: int
    youngest: float = 30.0

    def place(self, when: float) -> int:
        """The cell of a moment, from the left."""
        age = min(max(self.now - when, self.youngest), self.oldest)
        if self.oldest <= self.youngest:
            return self.width - 1
        share = log(age / self.youngest) / log(self.oldest / self.youngest)
        return round((self.width - 1) * (1 - share))

    def ticks(self) -> list[tuple[int, str]]:
        """(cell, label) of the ages that are written above the bars, from the left, none upon another."""
        found: list[tuple[int, str]] = []
        end = self.width
        for age, label in TICKS:
            if age >= self.oldest:
                break
            at = self.place(self.now - age)
            if at + len(label) < end and at >= 0:
                found.append((at, label))
                end = at - 1
        return found[::-1]


TICKS = (
    (60, "1m"),
    (600, "10m"),
    (3600, "1h"),
    (6 * 3600, "6h"),
    (86400, "1d"),
    (7 * 86400, "7d"),
    (30 * 86400, "30d"),
    (180 * 86400, "180d"),
    (365 * 86400, "1y"),
)
"""Ages that an axis may name, in seconds."""


def axis(stretches: Sequence[Stretch], now: float, width: int) -> Axis:
    """An axis that holds all of it."""
    oldest = min((each.start for each in stretches if each.start), default=int(now) - 3600)
    return Axis(now, max(600.0, (now - oldest) * 1.15), max(8, width))


BEGIN, LINE, MOMENT = "├", "━", "◆"


def drawn(stretch: Stretch, on: Axis) -> tuple[str, str, str]:
    """A lane of the axis' width: what is before the bar, the bar, what is after it."""
    if not stretch.start:
        return " " * on.width, "", ""
    first = on.place(stretch.start)
    last = on.width - 1 if stretch.current else max(first, on.place(stretch.end))
    if stretch.start == stretch.end and not stretch.current:
        bar = MOMENT
        last = first
    else:
        bar = MOMENT if first == last else "┣" + LINE * (last - first)
    return " " * first, bar, " " * (on.width - last - 1)
