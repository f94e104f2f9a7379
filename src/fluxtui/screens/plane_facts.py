"""What a detail pane says about one control plane: what its row cannot hold."""

from collections.abc import Iterator

from fluxtui.insight.controllers import Controller
from fluxtui.insight.finding import Finding, Weight
from fluxtui.insight.plane import Plane
from fluxtui.insight.versions import plain
from fluxtui.kinds.ages import ago, exact
from fluxtui.kinds.columns import revision
from fluxtui.kinds.status import NO_DATA_GLYPH, Status
from fluxtui.screens.desk import STATUS_STYLES
from fluxtui.screens.planes import bar_of
from fluxtui.widgets.factsheet import Fact
from fluxtui.widgets.table_source import Span


def plane_facts(plane: Plane, now: float) -> list[Fact]:
    """What is wrong first, then what is worth knowing, then the facts."""
    findings = [_finding(each) for each in plane.findings]
    facts = [*findings, *_facts(plane, now)]
    return facts or [Fact("", [("nothing is known yet", "muted")], 1)]


def _finding(finding: Finding) -> Fact:
    if finding.weight is Weight.NOTE:
        return Fact(finding.what, [(finding.text, "")], 4)
    glyph = NO_DATA_GLYPH if finding.weight is Weight.UNSEEN else finding.status.glyph
    style = STATUS_STYLES[finding.status] if finding.weight is not Weight.UNSEEN else "status-nodata"
    return Fact(f"{glyph} {finding.what}", [(finding.text, "strong")], 5, style)


def _facts(plane: Plane, now: float) -> Iterator[Fact]:
    if plane.flux:
        spans: list[Span] = [(plain(plane.flux), "strong")]
        spans += [(f" · the FluxInstance wants {plane.wanted}", "")] if plane.wanted else []
        spans += [(f" · {plane.newest} is to be had", "info")] if plane.newest else []
        yield Fact("flux", spans, 2)
    if plane.entitlement or plane.managed_by:
        words = (plane.entitlement, f"managed by {plane.managed_by}" if plane.managed_by else "")
        yield Fact("entitlement", [(" · ".join(filter(None, words)), "")], 1)
    if plane.operator:
        yield Fact("operator", [(plain(plane.operator), "")], 1)
    if plane.kubernetes or plane.platform:
        nodes = f"{plane.nodes} nodes" if plane.nodes > 1 else "1 node" if plane.nodes else ""
        yield Fact("kubernetes", [(" · ".join(filter(None, (plane.kubernetes, plane.platform, nodes))), "")], 1)
    yield from _sync(plane, now)
    fresh = plane.freshness
    if plane.report:
        written = f"written {ago(fresh.at, now)} ago, {exact(fresh.at)}" if fresh.at else "never written"
        yield Fact("report", [(written, ""), (f" · due every {fresh.interval}s", "muted")], 2)
    if blocked := [count for count in plane.counts if count.told is not None and count.counts[Status.BLOCKED]]:
        total = sum(count.counts[Status.BLOCKED] for count in blocked)
        kinds = ", ".join(f"{count.kind} {count.counts[Status.BLOCKED]}" for count in blocked)
        words = f"{total} wait for a dependency ({kinds}): the report counts them as running, not as failing"
        yield Fact("counts", [(words, "muted")], 3)


def _sync(plane: Plane, now: float) -> Iterator[Fact]:
    sync = plane.sync
    if sync is None:
        return
    style = STATUS_STYLES[sync.status]
    spans: list[Span] = [(f"{sync.status.glyph} {sync.status.word}", style), (f" {sync.id.partition('/')[2]}", "")]
    spans += [(f" at {revision(sync.revision)}", "")] if sync.revision else []
    spans += [(f" · reconciled {ago(sync.at, now)} ago", "muted")] if sync.at else []
    yield Fact("sync", spans, 2)
    if sync.source:
        yield Fact("from", [(sync.source, ""), (f" {sync.path}", "muted")], 2)


def controller_facts(plane: Plane) -> list[Fact]:
    """The controllers: ready or not, image, restarts, and what does not fit together."""
    if not plane.controllers:
        return []
    names = max(len(each.name) for each in plane.controllers)
    images = max(len(each.image) for each in plane.controllers)
    return [fact for each in plane.controllers for fact in _controller(each, names, images)]


def kind_facts(plane: Plane) -> list[Fact]:
    """The kinds with a bar each, our numbers and the report's."""
    counts = [count for count in plane.counts if count.total or count.why]
    width = max((len(count.kind) for count in counts), default=0)
    facts = [Fact("", [("", "")], 1)] if counts else []
    for count in counts:
        numbers = [
            (f" {status.glyph} {count.counts[status]}", STATUS_STYLES[status])
            for status in Status
            if count.counts[status] and status is not Status.READY
        ]
        told = count.told
        said = f"  report: {told.running} run, {told.failing} fail" if told else ""
        said += f", {told.suspended} suspended" if told and told.suspended else ""
        spans: list[Span] = [
            (f"{count.kind:<{width}}  ", ""),
            *bar_of(count.counts, 10),
            (f" {count.total:>4}", "strong"),
        ]
        facts.append(Fact("", [*spans, *numbers, (said, "warning" if count.why else "faint")], 1))
    return facts


def _controller(each: Controller, names: int, images: int) -> Iterator[Fact]:
    style = STATUS_STYLES[each.status]
    replicas = f"{each.available}/{each.wanted}" if each.wanted >= 0 else "told"
    spans: list[Span] = [
        (f"{each.status.glyph} ", style),
        (f"{replicas:<5}", style if each.status is not Status.READY else ""),
        (f"{each.name:<{names}}  ", "strong"),
        (f"{each.image:<{images}}", "muted"),
    ]
    if each.restarts > 0:
        spans.append((f"  {each.restarts} {'restart' if each.restarts == 1 else 'restarts'}", "warning"))
    elif each.restarts < 0:
        spans.append(("  restarts not known", "faint"))
    yield Fact("", spans, 1)
    for words in filter(None, (each.message, *each.remarks)):
        yield Fact("", [(f"        {words}", "warning" if each.status is not Status.READY else "")], 2)
