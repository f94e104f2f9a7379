"""Health: is every control plane well, and are they alike?

One `Plane` per cluster, the worst first, and what they have in different versions. Like triage, it is computed in
slices: `health` yields between them, `health_now` runs at once.
"""

from collections.abc import Generator, Iterator, Mapping

import msgspec

from fluxtui.insight.finding import Weight, note
from fluxtui.insight.plane import Plane, plane
from fluxtui.insight.versions import Odd, Skew, minor, numbers, plain, skew
from fluxtui.kinds.status import Status
from fluxtui.store.state import Phase
from fluxtui.store.store import Store

FACETS = {"Flux": "Flux versions", "operator": "operator versions", "Kubernetes": "Kubernetes versions"}
"""What is compared of whole clusters, and the words for several of it."""


class HealthReport(msgspec.Struct, frozen=True):
    """The control planes of the fleet at `now` (epoch seconds), the worst first, and what they do not have alike."""

    now: float
    planes: tuple[Plane, ...]
    skews: tuple[Skew, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether everything could be seen."""
        return bool(self.planes) and all(plane.current and not _hidden(plane) for plane in self.planes)

    @property
    def healthy(self) -> bool:
        """Whether, as far as is known, every control plane is well and no object failing, blocked or unknown."""
        wrong = (Status.FAILED, Status.BLOCKED, Status.UNKNOWN)
        return not any(
            plane.weight <= Weight.DOUBT or any(plane.number(status) for status in wrong) for plane in self.planes
        )

    def plane(self, cluster: str) -> Plane | None:
        """The control plane of a cluster."""
        return next((plane for plane in self.planes if plane.cluster == cluster), None)

    def odd(self, cluster: str, what: str) -> Odd | None:
        """What a cluster has in one respect, if it is an odd one out there; None when it is like most."""
        every = (other for each in self.skews if each.what == what for other in each.odd)
        return next((other for other in every if other.cluster == cluster), None)


def _hidden(plane: Plane) -> bool:
    return any(gap.phase is Phase.FORBIDDEN for gap in plane.standing.gaps) or any(
        finding.weight is Weight.UNSEEN for finding in plane.findings
    )


def health(store: Store, now: float, versions: Mapping[str, str] | None = None) -> Generator[None, None, HealthReport]:
    """The report, in slices. `versions` are the Kubernetes versions that the API servers told, by cluster."""
    planes: list[Plane] = []
    for data in store.clusters():
        data.index("status")
        yield
        planes.append(plane(data, now, (versions or {}).get(data.name, "")))
        yield
    skews = tuple(_skews(planes))
    yield
    planes = [_compared(each, skews) for each in planes]
    planes.sort(key=lambda each: (each.weight, -each.number(Status.FAILED), each.cluster))
    return HealthReport(now, tuple(planes), skews)


def health_now(store: Store, now: float, versions: Mapping[str, str] | None = None) -> HealthReport:
    """The report at once."""
    steps = health(store, now, versions)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value


def _skews(planes: list[Plane]) -> Iterator[Skew]:
    """What the clusters do not have alike. Digests are compared among those that run the same tag."""
    facets: dict[str, dict[str, str]] = {
        "Flux": {each.cluster: plain(each.flux) for each in planes},
        "operator": {each.cluster: plain(each.operator) for each in planes},
        "Kubernetes": {each.cluster: minor(each.kubernetes) for each in planes},
    }
    yield from filter(None, (skew(what, values) for what, values in facets.items()))
    for name in sorted({each.name for one in planes for each in one.controllers}):
        running = {one.cluster: each for one in planes for each in one.controllers if each.name == name}
        tags = skew(name, {cluster: each.tag for cluster, each in running.items()})
        if tags is not None:
            yield tags
        for tag in sorted({each.tag for each in running.values() if each.tag}, key=numbers):
            alike = {cluster: each.digest for cluster, each in running.items() if each.tag == tag}
            digests = skew(f"{name} {tag}", alike)
            if digests is not None:
                yield digests


def _compared(each: Plane, skews: tuple[Skew, ...]) -> Plane:
    """The plane with what is odd about it, in words: versions one by one, images in one sentence."""
    mine = [(one, odd) for one in skews for odd in one.odd if odd.cluster == each.cluster]
    found = [note("version skew", _odd_version(one, odd)) for one, odd in mine if one.what in FACETS]
    if images := [_odd_image(one, odd) for one, odd in mine if one.what not in FACETS]:
        found.append(note("image skew", f"images unlike the others': {', '.join(images)}"))
    return msgspec.structs.replace(each, findings=(*each.findings, *found)) if found else each


def _odd_version(one: Skew, odd: Odd) -> str:
    others = f"{one.alike} clusters run" if one.alike > 1 else "another runs"
    how = "" if odd.older is None else " (older)" if odd.older else " (newer)"
    return f"{one.what} {odd.value}{how}, {others} {one.majority}"


def _odd_image(one: Skew, odd: Odd) -> str:
    value, majority = (text.partition(":")[2][:7] or text for text in (odd.value, one.majority))
    return f"{one.what} {value} (most: {majority})"


def verdict(report: HealthReport) -> str:
    """The sentence at the top: clusters, reports, what is not alike, and where the counts differ."""
    if not report.planes:
        return "no clusters"
    parts = [_plural(len(report.planes), "cluster"), *_broken(report), _reports(report), *_unlike(report)]
    return " · ".join([*parts, _agreement(report)])


def _broken(report: HealthReport) -> Iterator[str]:
    broken = [plane.cluster for plane in report.planes if plane.weight is Weight.BAD]
    if broken:
        yield f"not well: {', '.join(broken[:2])}" + (f" and {len(broken) - 2} more" if len(broken) > 2 else "")


def _reports(report: HealthReport) -> str:
    having = [plane for plane in report.planes if plane.report and plane.current]
    stale = sum(plane.freshness.stale for plane in having)
    computed = sum(plane.source == "computed" and plane.current for plane in report.planes)
    lost = sum(not plane.current for plane in report.planes)
    fresh = f"{_plural(len(having) - stale, 'report')} fresh"
    others = ((stale, "stale"), (computed, "computed by us"), (lost, "not seen"))
    return ", ".join([fresh, *(f"{count} {word}" for count, word in others if count)])


def _unlike(report: HealthReport) -> Iterator[str]:
    """Versions that differ, with the name of the one that is odd."""
    found = [each for what in FACETS for each in report.skews if each.what == what]
    if not found:
        return
    words = ", ".join(f"{each.values} {FACETS[each.what] if each is found[0] else each.what}" for each in found)
    who = sorted({odd.cluster for each in found for odd in each.odd})
    yield words + (f" (odd one out: {who[0]})" if len(who) == 1 else f" (odd ones: {', '.join(who[:3])})")


def _agreement(report: HealthReport) -> str:
    apart = [plane for plane in report.planes if plane.apart and plane.current]
    if not apart:
        return "our counts agree"
    first = apart[0]
    count = max(first.apart, key=lambda each: abs(each.difference))
    more = f" and {len(apart) - 1} more" if len(apart) > 1 else ""
    why = count.why[0].partition(" (")[0].partition(":")[0]
    return f"our count agrees except {first.cluster}{more} ({count.kind} {count.difference:+d}: {why})"


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
