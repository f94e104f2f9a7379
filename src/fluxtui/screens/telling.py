"""The sentences of the triage screen, as styled text."""

from collections import Counter
from collections.abc import Sequence

from fluxtui.insight.causes import Cause
from fluxtui.insight.evidence import Changed, Elsewhere, Evidence
from fluxtui.insight.standing import Standing
from fluxtui.insight.triage import TriageReport, verdict
from fluxtui.kinds.ages import age, ago
from fluxtui.kinds.columns import revision
from fluxtui.kinds.record import split_id
from fluxtui.kinds.status import Status
from fluxtui.screens.denying import not_the_cause, policy_facts
from fluxtui.screens.desk import PHASES, STATUS_STYLES, Desk, joined
from fluxtui.screens.details import class_spans, named
from fluxtui.screens.lost import Lost, hidden_spans, lost_spans
from fluxtui.screens.problems import look
from fluxtui.store.state import Phase
from fluxtui.widgets.factsheet import Fact
from fluxtui.widgets.notice import Tone
from fluxtui.widgets.sparkline import sparkline
from fluxtui.widgets.table_source import Span
from fluxtui.widgets.text import width_of

NAMED = 20
"""How many of the objects behind a cause are named at most, where there is room."""

NoticeText = tuple[Tone, str, list[str], list[tuple[str, str]]]


def verdict_spans(desk: Desk, report: TriageReport | None, hidden: int, now: float) -> list[Span]:
    """The answer to the screen's question, before any key is pressed."""
    if report is None or not report.clusters:
        if desk.trouble:
            return [(" ✖ ", "error"), (desk.trouble, "strong")]
        if _none_watched(desk):
            return [(f" {Status.UNKNOWN.glyph} ", STATUS_STYLES[Status.UNKNOWN]), ("no cluster is watched", "strong")]
        return [(" ◐ ", "info"), ("connecting" if desk.fleet.clusters else "looking for clusters", "strong")]
    glyph, style = _tone(report)
    first, _, rest = verdict(report).partition(" · ")
    spans: list[Span] = [(f" {glyph} ", style), (first, f"bold {style}" if report.problems else "strong")]
    if rest:
        spans.append((f" · {rest}", ""))
    if hidden:
        spans.append((f" · {hidden} hidden by filter or scope", "warning"))
    if desk.scope or desk.namespace:
        spans.append((f" · {desk.scope_words()} alone", "accent"))
    lost = [cluster for cluster in report.clusters if not cluster.fresh and cluster.phase is not Phase.LOADING]
    spans += lost_spans(
        Lost(cluster.name, cluster.phase, f"for {ago(cluster.since, now)}" if cluster.since else "") for cluster in lost
    )
    return spans + hidden_spans(report.clusters)


def _none_watched(desk: Desk) -> bool:
    """Whether the user left every cluster; before the kubeconfig is read nothing is known."""
    return bool(desk.contexts) and not desk.fleet.clusters


def _tone(report: TriageReport) -> tuple[str, str]:
    if any(cause.status is Status.FAILED or cause.status is Status.BLOCKED for cause in report.problems):
        return Status.FAILED.glyph, STATUS_STYLES[Status.FAILED]
    if report.problems:
        return Status.SUSPENDED.glyph, STATUS_STYLES[Status.SUSPENDED]
    if any(cluster.phase is Phase.LOADING for cluster in report.clusters):
        return PHASES[Phase.LOADING]
    if report.healthy and report.complete:
        return Status.READY.glyph, STATUS_STYLES[Status.READY]
    return Status.UNKNOWN.glyph, STATUS_STYLES[Status.UNKNOWN]


def activity_spans(report: TriageReport, width: int) -> list[Span]:
    """Changes of the last hour, the minute of the first failure marked."""
    activity = report.activity
    marked = None
    if report.first_failure >= activity.start:
        marked = min((report.first_failure - activity.start) // 60, len(activity.buckets) - 1)
    bars = (
        min(60, width // 3) if width >= 100 else max(12, width // 5)
    )  # not by the words: they change with each report
    told = _activity_words(report, marked is not None)
    words = next((words for words in told if width_of(words) <= width - bars - 2), told[-1])
    return [(" ", ""), *sparkline(activity.buckets, bars, marked=marked), (f" {words}", "muted")]


def _activity_words(report: TriageReport, failed: bool) -> list[str]:
    """The sentence, and shorter ones that leave out what matters less."""
    total, before = report.activity.total, report.activity.before(report.first_failure)
    when = age(report.now - report.first_failure)
    if not failed:
        return [f"{total} changes in the last hour", f"{total} changes in 1h", f"{total} in 1h"]
    return [
        f"{total} changes in the last hour · {before} just before the first failure, {when} ago",
        f"{total} changes in 1h · {before} just before the first failure {when} ago",
        f"{total} in 1h · {before} just before the first failure {when} ago",
        f"{total} in 1h · {before} before first failure {when} ago",
        f"first failure {when} ago",
    ]


def clusters_spans(desk: Desk, report: TriageReport | None, width: int, now: float) -> list[Span]:
    """Every cluster with its state, those in trouble first; words for the states where there is room for them."""
    standings = sorted(report.clusters, key=_concern) if report is not None else []
    for worded in (True, False):
        spans: list[Span] = []
        for standing in standings:
            dim = "" if not desk.scope or standing.name in desk.scope else "faint"
            spans += [(f" {standing.name} ", dim or "strong"), *_standing(standing, now, worded=worded), ("  ", "")]
        if sum(len(text) for text, _ in spans) <= width:
            break
    return spans


def _concern(standing: Standing) -> tuple[int, int]:
    return (0 if not standing.fresh and standing.phase is not Phase.LOADING else 1), -standing.failing


def _standing(standing: Standing, now: float, *, worded: bool) -> list[Span]:
    glyph, style = PHASES[standing.phase]
    words = f"{standing.phase} " if worded else ""
    if standing.phase is Phase.LOADING:
        return [(f"{glyph} {words}{standing.total or ''}".rstrip(), style)]
    if not standing.fresh:
        return [(f"{glyph} {words}{ago(standing.since, now)}".rstrip(), style)]
    counts: list[Span]
    if standing.failing:
        counts = [(f"✖ {standing.failing}/{standing.total}", STATUS_STYLES[Status.FAILED])]
    else:
        counts = [(f"{glyph} {standing.total}", style)]
    if standing.hidden:
        counts.append((f" ⊘{len(standing.hidden)}", "status-blocked"))
    return counts


def evidence_facts(desk: Desk, cause: Cause, found: Evidence, *, whole: bool = False) -> list[Fact]:
    """Why it is believed to be the cause; the first lines are those that must be seen where room is short. With `whole`
    there is room: nothing is kept to one line.
    """
    now, line = desk.now(), 3 if whole else 1
    (_, message), *conditions = found.messages
    words = " ".join(message.split())
    facts = [Fact("", [(words, "strong")], 12)] if words else []
    facts.append(Fact("", _state(desk, cause, found), 2))
    if found.failure is not None:
        facts.append(Fact("class", class_spans(found.failure), 1))
    facts.extend(policy_facts(desk, found.row, line) if found.row is not None else ())
    first, later = found.changed[:1], found.changed[1:]
    facts.extend(Fact("changed before", _changed(change, now), line) for change in first)
    if found.waiting:
        facts.append(Fact("waits behind", _behind(cause, found), 6))
    if len(cause.members) > 1:
        others = [f"{named(identity)} ({cluster})" for cluster, identity in cause.members[1:]]
        facts.append(Fact("the same in", [(joined(others, 4), "")], 3))
    if found.elsewhere:
        facts.append(Fact("elsewhere", _elsewhere(found.elsewhere, now), 2))
    facts.extend(Fact("also changed", _changed(change, now), line) for change in later)
    if found.last_good is not None:
        facts.append(Fact("last good", _last_good(found.last_good, now), line))
    clear = (*found.not_the_cause, not_the_cause(desk, found.row))
    facts.extend(Fact("not the cause", [(text, "muted")], line) for text in clear if text)
    facts.extend(_conditions(conditions))
    facts.extend(_hidden_kinds(desk, cause))
    if found.failure is not None:
        facts.append(Fact("look at", [(found.failure.look, "")], line))
    return facts


def _conditions(messages: Sequence[tuple[str, str]]) -> list[Fact]:
    """The messages beside the first; those of conditions, which are short, in one fact."""
    told = [(title, " ".join(text.split())) for title, text in messages if text]
    short = [text for title, text in told if title == "condition"]
    facts = [Fact(title, [(text, "")], 4) for title, text in told if title != "condition"]
    return [*facts, *([Fact("conditions", [(" · ".join(short), "")], 4)] if short else [])]


def _changed(change: Changed, now: float) -> list[Span]:
    when = f"  {ago(change.at, now)} ago" if change.at else ""
    return [(change.text, ""), (when, "muted")]


def _last_good(good: Changed, now: float) -> list[Span]:
    """``13d ago at latest@0a1b2c3``."""
    return [(f"{ago(good.at, now)} ago", ""), (f" at {good.text}" if good.text else "", "muted")]


def _state(desk: Desk, cause: Cause, found: Evidence) -> list[Span]:
    now, row = desk.now(), found.row
    glyph, style = look(cause)
    word = cause.status.word if cause.status is not Status.READY else f"says ready, but {cause.what}:"
    spans: list[Span] = [(f"{glyph} {word} {cause.reason}", style)]
    if cause.since:
        spans.append((f" · for {ago(cause.since, now)}", ""))
    if row is not None:
        record = row.record
        if record.tries > 1 and row.status is Status.FAILED:
            spans.append((f" · {record.tries} tries", ""))
        if record.suspended_by and row.status is Status.SUSPENDED and record.suspended_by not in cause.message:
            spans.append((f" · by {record.suspended_by}", ""))
        if record.generation:
            spans.append((f" · generation {record.observed} of {record.generation}", "muted"))
    if found.state.phase is Phase.FRESH:
        spans.append((f" · seen {ago(found.state.contact, now) or '0s'} ago", "muted"))
    else:
        spans.append(
            (
                f" · data is {found.state.phase}, {ago(found.state.contact or found.state.since, now)} old",
                "status-nodata",
            )
        )
    return spans


def _behind(cause: Cause, found: Evidence) -> list[Span]:
    """The blast radius: objects, tenants, clusters, then the nearest of them by name."""
    clusters = {cluster for cluster, _ in found.chain}
    spans: list[Span] = [(f"{found.waiting} {_plural(found.waiting, 'object')}", "strong")]
    if cause.tenants:
        spans.append((f" · {_plural(len(cause.tenants), 'tenant')} {joined(cause.tenants, 4)}", "strong"))
    if len(clusters) > 1:
        spans.append((f" · {len(clusters)} clusters", "strong"))
    times = Counter(_short(identity) for _, identity in found.chain[: NAMED * 20])
    shown = dict(list(times.items())[:NAMED])
    names = [name if count == 1 else f"{name} ×{count}" for name, count in shown.items()]
    nearest, others = names[:5], names[5:]
    spans.append((f": {' → '.join(nearest)}", ""))
    if others:
        spans.append((f", then {', '.join(others)}", "muted"))
    if more := found.waiting - sum(shown.values()):
        spans.append((f" and {more} more", "muted"))
    return spans


def _short(identity: str) -> str:
    _, namespace, name = split_id(identity)
    return f"{namespace}/{name}" if namespace else name


def _plural(count: int, word: str) -> str:
    return word if count == 1 else f"{word}s"


def _elsewhere(others: Sequence[Elsewhere], now: float) -> list[Span]:
    spans: list[Span] = []
    for other in others[:6]:
        if other.row is None:
            glyph, style = PHASES[other.state.phase]
            spans.append((f"{glyph} {other.cluster}: {other.state.phase}  ", style))
            continue
        row = other.row
        spans += [(f"{row.status.glyph} ", STATUS_STYLES[row.status]), (f"{other.cluster} ", "strong")]
        told = f"{row.status.word} {revision(row.record.revision)}".rstrip()
        spans.append((f"{told}{_doubt(other, now)}  ", "muted"))
    return spans


def _doubt(other: Elsewhere, now: float) -> str:
    """How far what is told of the other cluster can be believed: nothing to add where it is current."""
    if other.state.trusted:
        return ""
    return f" ({ago(other.state.contact, now)} old)" if other.state.contact else f" ({other.state.phase})"


def _hidden_kinds(desk: Desk, cause: Cause) -> list[Fact]:
    """What may not be seen in the cluster of the cause: the cause may lie there."""
    held = [data for cluster in cause.clusters[:1] if (data := desk.store.find(cluster)) is not None]
    hidden = [table.kind for data in held for table in data.tables.values() if table.state.phase is Phase.FORBIDDEN]
    return [Fact("may not see", [(joined(hidden, 5), "warning")], 2)] if hidden else []


def all_acknowledged(count: int) -> NoticeText:
    """What stands in place of the list when somebody knows of every cause."""
    told = "1 root cause is" if count == 1 else f"All {count} root causes are"
    return "empty", "nothing stands out", [f"{told} acknowledged."], [("A", "show what is acknowledged")]


def nothing_to_show(desk: Desk, report: TriageReport | None, hidden: int) -> NoticeText:
    """What stands in place of the list of causes when it is empty."""
    if desk.trouble and not desk.fleet.clusters:
        return "error", "no clusters to watch", [desk.trouble], [(":ctx", "choose contexts"), ("q", "quit")]
    if _none_watched(desk):
        told = [f"The kubeconfig has {len(desk.contexts)} {_plural(len(desk.contexts), 'context')}."]
        return "nodata", "no cluster is watched", told, [(":ctx", "choose contexts")]
    if report is None or not report.clusters:
        return (
            "loading",
            "connecting",
            ["Root causes appear here as soon as the first cluster answers."],
            [(":ctx", "how each answers")],
        )
    if hidden:
        return (
            "empty",
            "no root cause matches",
            [f"The filter or the scope hides {hidden}."],
            [("esc", "clear the filter"), ("0", "all clusters")],
        )
    if any(cluster.phase is Phase.LOADING for cluster in report.clusters):
        done = report.fresh
        return (
            "loading",
            f"loading: {done} of {len(report.clusters)} clusters told everything",
            [f"{report.total} objects so far, nothing wrong among them yet."],
            [],
        )
    if unread := unreadable(report.clusters):
        return unread
    gaps = gap_lines(report.clusters)
    if not report.healthy:
        count = report.count(Status.UNKNOWN)
        return (
            "empty",
            "no root cause known",
            [f"{report.failing} failing, {count} unknown objects among {report.total}.", *gaps],
            [("4", "look at the lists")],
        )
    known = f"All {report.total} objects that are known are ready or at rest."
    if gaps:
        return "empty", "nothing wrong where we can see", [known, *gaps], [(":ctx", "how each answers")]
    return (
        "good",
        "nothing is wrong",
        [known, f"{report.fresh} of {len(report.clusters)} clusters fresh."],
        [("4", "resources")],
    )


def unreadable(clusters: Sequence[Standing]) -> NoticeText | None:
    """What stands there when no cluster tells anything; None while one does, or may still."""
    if not clusters or any(cluster.fresh or cluster.phase is Phase.LOADING for cluster in clusters):
        return None
    lines = [f"{cluster.name}: {cluster.phase}: {cluster.detail}" for cluster in clusters[:5]]
    return "nodata", "no cluster can be read", lines, [(":retry", "connect again"), (":ctx", "how each answers")]


def gap_lines(clusters: Sequence[Standing]) -> list[str]:
    """What is not seen, or not as it is now, one line for each cluster and reason; none where everything is known."""
    lines = [
        f"{cluster.name}: {cluster.phase}"
        for cluster in clusters
        if not cluster.fresh and cluster.phase is not Phase.LOADING
    ]
    lines += [
        f"{cluster.name}: {len(cluster.hidden)} kinds not visible ({cluster.hidden[0].detail})"
        for cluster in clusters
        if cluster.hidden
    ]
    return lines + [f"{cluster.name}: {words}" for cluster in clusters for words in cluster.limits]
