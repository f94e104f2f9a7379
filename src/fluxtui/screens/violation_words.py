"""The overview of one violation: what is wrong, which rule says so, who delivers it, where else, what excepts it."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from fluxtui.insight.fields import Json, at, mappings, prose, text
from fluxtui.insight.in_git import manifest
from fluxtui.insight.policy import exceptions, reasons
from fluxtui.insight.policy.exceptions import Weighed
from fluxtui.insight.policy.model import UNKNOWN_OWNER, Picture, Violation
from fluxtui.insight.policy.naming import is_id, policy_name
from fluxtui.insight.policy.path import named as named_paths
from fluxtui.insight.policy.standards import Control, controls
from fluxtui.kinds.ages import ago, exact
from fluxtui.kinds.columns import revision
from fluxtui.kinds.policy.engine import PolicyEventRecord
from fluxtui.kinds.policy.policies import BindingRecord, PolicyRecord
from fluxtui.kinds.record import Record, object_id
from fluxtui.kinds.status import NO_DATA_GLYPH
from fluxtui.kinds.text import clean, line
from fluxtui.screens.desk import Desk, joined
from fluxtui.screens.details import named
from fluxtui.screens.page.overview import git_spans
from fluxtui.screens.policy_board import standing
from fluxtui.screens.policy_objects import identity_of
from fluxtui.screens.policy_rows import (
    ACTIONS,
    RESULT,
    SEVERE,
    policy_spans,
    seen_spans,
    subject_spans,
)
from fluxtui.screens.policy_words import action_reason
from fluxtui.screens.tree_words import plural
from fluxtui.widgets.sheet import Line, heading
from fluxtui.widgets.table_source import Span

MOST = 8
"""Lines of what may be many: violations elsewhere, exceptions, refused requests."""
LONGEST = 20_000
"""Characters of a message that are shown."""


class Fetched(msgspec.Struct):
    """One object that was asked for: itself, or why there is none in words. Neither: it is on its way."""

    value: Json | None = None
    trouble: str = ""
    gone: bool = False

    @property
    def waits(self) -> bool:
        """Whether no answer is there yet."""
        return self.value is None and not self.trouble


class Found(msgspec.Struct):
    """What is known of a violation beside itself."""

    report: Fetched = msgspec.field(default_factory=Fetched)
    policy: Fetched = msgspec.field(default_factory=Fetched)
    object: Fetched = msgspec.field(default_factory=Fetched)
    result: Json | None = None
    """The result in the report."""
    over: bool = False
    """Whether the newest picture has it no more."""


def result_of(report: Json, violation: Violation) -> Json | None:
    """The result of a report that a violation was read from."""
    check, of = violation.finding.check, violation.subject
    found: Json | None = None
    for each in mappings(report, "results"):
        if text(each, "policy") != check.policy or text(each, "rule") != check.rule:
            continue
        resources = mappings(each, "resources")
        if resources and not any(text(one, "name") == of.name and text(one, "kind") == of.kind for one in resources):
            continue
        short = violation.finding.message.rstrip("…")[:200]
        if clean(prose(each, "message")).startswith(short):
            return each
        found = found or each
    return found


def message_of(violation: Violation, found: Found) -> str:
    """The whole message, once the report is there."""
    whole = prose(found.result, "message") if found.result is not None else ""
    whole = whole or violation.finding.message
    return whole if len(whole) <= LONGEST else f"{whole[:LONGEST]}… {len(whole) - LONGEST:,} more characters"


def title_spans(violation: Violation, found: Found) -> list[Span]:
    """``✖ fail require-labels / check-for-team``."""
    glyph, style = RESULT[violation.finding.result]
    spans: list[Span] = [(f" {glyph} {violation.finding.result} ", f"bold {style}")]
    spans += policy_spans(violation.policy, violation.rule)
    if found.over:
        spans.append(("  not in the reports any more", "success"))
    return spans


def about_spans(violation: Violation) -> list[Span]:
    """Of which object, where, under which severity and action."""
    spans: list[Span] = [(" by ", "muted"), *subject_spans(violation.subject), (f" in {violation.cluster}", "")]
    spans += [(" · ", "muted"), (violation.severity or "no severity", SEVERE.get(violation.severity, ""))]
    return [*spans, (" · ", "muted"), (violation.action.value, ACTIONS[violation.action])]


def overview(desk: Desk, violation: Violation, found: Found) -> list[Line]:
    """The sheet."""
    return [
        *_message(violation, found),
        *_times(desk, violation),
        *_controls(violation, found),
        *_rule(desk, violation, found),
        *_delivery(desk, violation, found),
        *_elsewhere(desk, violation),
        *_exceptions(desk, violation, found),
        *_blocked(desk, violation),
    ]


def _message(violation: Violation, found: Found) -> Iterator[Line]:
    yield Line("message", [(" ".join(message_of(violation, found).split()), "strong")])
    paths = named_paths(message_of(violation, found))
    if paths:
        told = ", ".join(each.path for each in paths[:4])
        more = f" and {len(paths) - 4} more" if len(paths) > 4 else ""
        yield Line("at", [(f"{told}{more}", "accent"), ("  o shows it in the object", "muted")])
    if found.report.trouble:
        yield Line("report", [(_trouble("report", found.report), "warning")])
    elif found.report.waits and violation.finding.message.endswith("…"):
        yield Line("report", [("the whole message is on its way", "muted")])


def _times(desk: Desk, violation: Violation) -> Iterator[Line]:
    now = desk.now()
    yield Line("first seen", seen_spans(violation.first_seen, now, certain=violation.certain))
    if violation.checked:
        process = violation.finding.process
        when: Span = (f"  {exact(violation.checked)}{f', {process}' if process else ''}", "muted")
        yield Line("last checked", [(f"{ago(violation.checked, now)} ago", ""), when])


def _controls(violation: Violation, found: Found) -> Iterator[Line]:
    """The controls of the Pod Security Standards in words."""
    told = list(controls(violation.finding.controls))
    if not told:
        return
    images = images_of(found)
    yield from heading("Pod security", (f"  {violation.finding.standard}", "muted"))
    for each in told:
        yield Line(each.name, [*_control(each, images.get(each.name, ()))])


def _control(each: Control, images: Sequence[str]) -> list[Span]:
    spans: list[Span] = [(each.asks or "a control that is not known here", "" if each.asks else "muted")]
    if each.level:
        spans.append((f"  {each.level}", "muted"))
    if each.fields:
        spans.append((f"  {', '.join(each.fields)}", "accent"))
    return [*spans, (f"  {joined(images)}", "muted")] if images else spans


def images_of(found: Found) -> dict[str, tuple[str, ...]]:
    """The images that violate each control, by the control's name (properties.controlsJSON)."""
    told = at(found.result, "properties", "controlsJSON") if found.result is not None else None
    if not isinstance(told, str):
        return {}
    try:
        every = msgspec.json.decode(told.encode(), type=list[dict[str, object]])
    except (msgspec.DecodeError, msgspec.ValidationError):
        return {}
    images: dict[str, tuple[str, ...]] = {}
    for each in every:
        held = each.get("Images") or each.get("images")
        if isinstance(held, list):
            name = next(iter(controls(str(each.get("ID") or each.get("id") or ""))), None)
            images[name.name if name is not None else ""] = tuple(line(str(one)) for one in held)[:20]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return images


# The rule


def _rule(desk: Desk, violation: Violation, found: Found) -> Iterator[Line]:
    picture = desk.guard.picture
    record = picture.policies.get((violation.cluster, violation.policy)) if picture is not None else None
    yield from heading("Rule", ("  p shows it" if is_id(violation.policy) else "", "muted"))
    key = ("policy", violation.policy) if is_id(violation.policy) else None
    yield Line("policy", policy_spans(violation.policy, violation.rule), key=key)
    if record is None:
        told = "of another engine: its text is not held here" if not is_id(violation.policy) else "not held any more"
        yield Line(" ", [(told, "warning")])
    else:
        yield from _described(record)
    yield Line("action", action_reason(violation))
    if record is not None:
        yield from _why(desk, violation, record)
    check = violation.finding.check
    if violation.autogen:
        told = f"{check.rule}: made by Kyverno for what makes pods, from {violation.rule}"
        yield Line("reported as", [(told, "muted")])
    elif not is_id(violation.policy) or check.policy != policy_name(violation.policy):
        yield Line("reported as", [(f"{check.policy}{f' / {check.rule}' if check.rule else ''}", "muted")])
    yield Line("source", [(check.source or "not told", ""), (f"  {violation.finding.binding}", "muted")])


def _described(record: PolicyRecord) -> Iterator[Line]:
    if record.title:
        yield Line("title", [(record.title, "strong")])
    if record.description:
        yield Line("description", [(" ".join(record.description.split()), "")])
    told = [word for word in (record.category, record.severity) if word]
    if told:
        yield Line("category", [(" · ".join(told), "")])


def _why(desk: Desk, violation: Violation, record: PolicyRecord) -> Iterator[Line]:
    namespace = violation.subject.namespace

    def labels(name: str) -> str | None:
        row = desk.store.row(violation.cluster, f"Namespace//{name}")
        return row.record.labels if row is not None else None

    why = reasons.reason(record, violation.rule, namespace, labels, _bindings(desk, violation, record))
    if why:
        yield Line("because", [(why, "")])
    overrides = reasons.elsewhere(record, violation.rule)
    if overrides:
        yield Line("overrides", [("; ".join(overrides), "muted")])
    if not record.background:
        yield Line("background", [("off: what exists is not scanned, so others may break it unseen", "warning")])


def _bindings(desk: Desk, violation: Violation, record: PolicyRecord) -> list[BindingRecord]:
    data = desk.guard.store.find(violation.cluster)
    rows = data.table("ValidatingAdmissionPolicyBinding").rows.values() if data is not None else ()
    held = [row.record for row in rows if isinstance(row.record, BindingRecord)]
    return [each for each in held if each.policy == record.name]


# Who delivers it


def _delivery(desk: Desk, violation: Violation, found: Found) -> Iterator[Line]:
    owner, of, now = violation.owner, violation.subject, desk.now()
    yield from heading("Delivered by")
    yield Line("object", subject_spans(of), key=(violation.cluster, identity_of(of)))
    if found.object.trouble:
        yield Line(" ", [(_trouble("object", found.object), "warning")])
    for kind, name in _makers(found.object.value):
        yield Line("made by", [(f"{kind} ", "muted"), (name, "")])
    if not owner.id:
        told = "nobody of Flux: made by hand or by another tool; nothing in Git can mend it"
        doubtful = bool(owner.doubt)
        yield Line("delivered by", [(owner.nobody if doubtful else told, "status-unknown" if doubtful else "warning")])
        return
    tenant = [(f"  tenant {owner.tenant}", "muted")] if owner.tenant else []
    where: Span = (f"  in {owner.cluster}" if owner.cluster != violation.cluster else "", "muted")
    yield Line("delivered by", [(named(owner.id), ""), *tenant, where], key=(owner.cluster, owner.id))
    if owner.revision:
        when = f"  changed {ago(owner.updated, now)} ago" if owner.updated else ""
        yield Line("at", [(revision(owner.revision), ""), (when, "muted")])
    if owner.source:
        yield Line("from", [(named(owner.source), "")], key=(owner.cluster, owner.source))
    if owner.origin:
        yield Line("generated by", [(named(owner.origin), "")], key=(owner.cluster, owner.origin))
    data = desk.store.find(owner.cluster)
    identity = object_id(of.kind, of.namespace, of.name)
    record = Record(kind=of.kind, id=identity, name=of.name, namespace=of.namespace)
    place = manifest(data, record, owner.id) if data is not None else None
    if place is not None:
        yield Line("edit it", git_spans(place))


def _makers(value: Json | None) -> Iterator[tuple[str, str]]:
    for each in mappings(value, "metadata", "ownerReferences") if value is not None else ():
        yield text(each, "kind"), text(each, "name")


# Elsewhere


def _elsewhere(desk: Desk, violation: Violation) -> Iterator[Line]:
    """The same object in other clusters; the same rule by other objects."""
    picture = desk.guard.picture
    if picture is None:
        return
    of = violation.subject
    same = [
        each
        for each in picture.violations
        if each.policy == violation.policy and each.rule == violation.rule and each.finding.result != "skip"
    ]
    twins = [each for each in same if each.cluster != violation.cluster and _alike(each, violation)]
    others = [each for each in same if each.cluster == violation.cluster and each.subject != of]
    yield from heading("The same elsewhere")
    for each in twins[:MOST]:
        glyph, style = RESULT[each.finding.result]
        seen = seen_spans(each.first_seen, desk.now(), certain=each.certain)
        told: list[Span] = [(f"{glyph} ", style), (each.cluster, "strong"), (f"  {each.action}  ", "muted"), *seen]
        yield Line("the same object", told, key=("violation", each.key))
    yield from _not_there(picture, violation, {each.cluster for each in twins})
    owners = len({(each.owner.tenant, each.owner.id) for each in others})
    objects = len({each.subject for each in others})
    if objects:
        told = [(f"{plural(objects, 'object')} of {plural(owners, 'owner')} in {violation.cluster}", "")]
        yield Line("other objects", told)
    for each in others[:MOST]:
        spans = [*subject_spans(each.subject), ("  ", ""), (_by(each), "muted")]
        yield Line(" ", [("   ", ""), *spans], key=("violation", each.key))
    if len(others) > MOST:
        yield Line(" ", [(f"   and {len(others) - MOST:,} more: the list has all", "muted")])


def _not_there(picture: Picture, violation: Violation, twins: set[str]) -> Iterator[Line]:
    """The clusters where the same object does not break it, and those of which nobody knows."""
    others = [each for each in picture.coverage if each.cluster not in {violation.cluster, *twins}]
    known = [each.cluster for each in others if standing(each) == "known"]
    unknown = [each.cluster for each in others if standing(each) not in ("known", "none")]
    if known:
        yield Line(" ", [(f"no such violation in {joined(known)}", "muted")])
    if unknown:
        yield Line(" ", [(f"{NO_DATA_GLYPH} not known of {joined(unknown)}", "status-nodata")])


def _alike(each: Violation, violation: Violation) -> bool:
    one, other = each.subject, violation.subject
    return (one.kind, one.namespace, one.name, one.group) == (other.kind, other.namespace, other.name, other.group)


def _by(each: Violation) -> str:
    return named(each.owner.id) if each.owner.id else UNKNOWN_OWNER if each.owner.doubt else "nobody of Flux"


# Exceptions


def _exceptions(desk: Desk, violation: Violation, found: Found) -> Iterator[Line]:
    held = exceptions.held(desk.guard.store, violation.cluster)
    labels = _labels(found.object.value)
    told = exceptions.standing(violation, held, desk.now(), labels)
    yield from heading("Exceptions", ("  x drafts one", "muted"))
    any_ = False
    for word, style, every in (
        ("applies", "success", told.applying),
        ("may apply", "status-unknown", told.undecided),
        ("nearly applies", "warning", told.nearly),
    ):
        for each in every[:MOST]:
            any_ = True
            yield Line(word, _weighed(desk, each, violation), label_style=style)
    for name in told.lost:
        any_ = True
        yield Line("applied", [(name, "strong"), ("  the report names it, and none of that name is held", "warning")])
    if not any_:
        yield Line(" ", [("none is for this policy here, or nearly", "muted")])


def _weighed(desk: Desk, each: Weighed, violation: Violation) -> list[Span]:
    record, now = each.record, desk.now()
    where = f"{record.namespace}/{record.name}" if record.namespace else record.name
    spans: list[Span] = [(where, "strong"), (f"  {exceptions.sentence(each, violation)}", "")]
    if record.expires:
        left = record.expires - now
        spans.append((f"  {'ended' if left < 0 else 'ends'} {_day(record.expires)}", "error" if left < 0 else "muted"))
    if record.properties:
        spans.append((f"  {record.properties.replace(chr(10), ', ')}", "muted"))
    return spans


def _day(moment: float) -> str:
    try:
        return datetime.fromtimestamp(moment).astimezone().strftime("%d %b %Y")
    except (OverflowError, ValueError, OSError):
        return "at a time out of range"


def _labels(value: Json | None) -> str | None:
    if value is None:
        return None
    held = at(value, "metadata", "labels")
    if not isinstance(held, dict):
        return ""
    return "\n".join(f"{line(str(key))}={line(str(label))}" for key, label in held.items())  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


# Requests that were refused


def _blocked(desk: Desk, violation: Violation) -> Iterator[Line]:
    """Requests never come to reports: Events tell of those that were refused, for an hour or so."""
    data = desk.guard.store.find(violation.cluster)
    rows = data.table("Event").rows.values() if data is not None else ()
    about = f"{violation.subject.kind}/{violation.subject.namespace}/{violation.subject.name}"
    policy = violation.finding.check.policy
    every = [row.record for row in rows if isinstance(row.record, PolicyEventRecord) and row.record.blocked]
    mine = sorted((each for each in every if each.policy == policy), key=lambda each: -each.last)
    yield from heading("Refused requests", ("  by Events, which servers forget after an hour or so", "muted"))
    if not mine:
        yield Line(" ", [("none is told of this policy", "muted")])
    for each in sorted(mine, key=lambda each: each.about != about)[:MOST]:
        kind, _, rest = each.about.partition("/")
        times = f" {each.count:,} times" if each.count > 1 else ""
        here: Span = ("  this object", "warning") if each.about == about else ("", "")
        spans: list[Span] = [(f"{kind} ", "muted"), (rest.lstrip("/"), ""), here, (f"{times}  {each.message}", "muted")]
        yield Line(f"{ago(each.last, desk.now()) or '?'} ago", spans, hang=2)


def _trouble(what: str, fetched: Fetched) -> str:
    return f"the {what} is gone" if fetched.gone else f"the {what} cannot be read: {fetched.trouble}"
