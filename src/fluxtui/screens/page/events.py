"""Events: what controllers recorded about the object, and about what it manages, live for as long as one looks."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widget import Widget
from textual.worker import Worker

from fluxtui import keymap
from fluxtui.insight.occurrences import LIFETIME, Occurrence, belongs, grouped, inventory_of, occurrence
from fluxtui.kinds.ages import age, ago
from fluxtui.kinds.record import split_id
from fluxtui.kube.answers import Forbidden
from fluxtui.kube.glance import Glance, Json, Place
from fluxtui.kube.transport import Resource, Scope
from fluxtui.screens.details import named
from fluxtui.screens.page.tab import PageTab, Subject
from fluxtui.widgets.flowline import FlowLine
from fluxtui.widgets.keyhints import KeyHint
from fluxtui.widgets.notice import Notice, Tone
from fluxtui.widgets.sheet import Line, Sheet
from fluxtui.widgets.table_source import Span

EVENTS = Resource("", "v1", "events")
NEWER = Resource("events.k8s.io", "v1", "events")
"""The same Events under their newer API, for whom that alone is allowed."""
SHOWN = 200
"""Occurrences that are shown: the newest."""
NAMESPACES = 4
"""Namespaces at most in which Events of managed objects are looked for."""
PACE = 0.1
"""Seconds between two paintings at least."""
KEPT = "The API server keeps Events for an hour unless it is told otherwise (--event-ttl): what is older is gone."


class EventsTab(PageTab, can_focus=True):
    """A sheet of occurrences, the newest first; enter on one of another object opens that."""

    name_of_tab: ClassVar[str] = "events"
    BINDINGS: ClassVar[list[BindingType]] = [*keymap.PAGE_EVENTS]

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self._glances: list[Glance] = []
        self._workers: list[Worker[None]] = []
        self._warnings = False
        self._managed = False
        self._painting = False
        self._since = 0.0
        self._occurrences: list[Occurrence] = []

    def compose(self) -> ComposeResult:
        """A line that says how complete this is, the sheet, and a word where there is nothing to tell."""
        yield FlowLine(id="events-state", lines=2)
        yield Sheet(id="events")
        yield Notice()

    @property
    def sheet(self) -> Sheet:
        """The occurrences."""
        return self.query_one(Sheet)

    @property
    def rest(self) -> Widget:
        """The sheet; the tab itself while there is nothing on it, so that its keys work."""
        return self.sheet if self.sheet.display else self

    # Looking

    def enter(self) -> None:
        """Look, from now on."""
        if not self._workers:
            self._look()
        self.update()

    def leave(self) -> None:
        """Another tab is seen: nothing is watched for this one."""
        self._stop()

    def _stop(self) -> None:
        for worker in self._workers:
            worker.cancel()
        self._workers = []

    def _look(self) -> None:
        cluster = self.subject.watched
        if cluster is None:
            return
        self._since = self.subject.now
        self._glances = [Glance(cluster.reader, own_places(self.subject.identity))]
        if self._managed:
            managed = inventory_of(self.subject.value)
            for namespace in namespaces_of(managed):
                kept = Glance(
                    cluster.reader,
                    [Place(EVENTS, Scope(namespace)), Place(NEWER, Scope(namespace))],
                    keep=lambda event: belongs(occurrence(event).about, managed),
                )
                self._glances.append(kept)
        self._workers = [
            self.run_worker(glance.run(self._changed), group="events", exit_on_error=True) for glance in self._glances
        ]

    def _changed(self) -> None:
        """Something came: painted soon, together with what comes meanwhile."""
        if not self._painting:
            self._painting = True
            self.set_timer(PACE, self._paint)

    def _paint(self) -> None:
        self._painting = False
        if self.is_mounted:
            events: dict[str, Json] = {}
            for glance in self._glances:
                events |= glance.items
            self._occurrences = grouped(events.values())
            self.update()

    # What it shows

    def update(self) -> None:
        """What is known, by the age that it has now."""
        state = self.query_one("#events-state", FlowLine)
        told = self._nothing()
        state.display = told is None
        if told is not None:
            tone, headline, lines = told
            self.say(content=self.sheet, tone=tone, headline=headline, lines=lines)
            return
        state.show(self._state())
        shown = [each for each in self._occurrences if each.warning or not self._warnings][:SHOWN]
        self.sheet.show([line_of(each, self.subject, self.subject.now) for each in shown])
        self.say(content=self.sheet)

    def _nothing(self) -> tuple[Tone, str, tuple[str, ...]] | None:
        """What stands in place of the list while there is none."""
        if self.subject.watched is None:
            return "nodata", f"{self.subject.cluster} is not watched any more", ("`:ctx` shows the clusters.",)
        own = self._glances[0] if self._glances else None
        if own is None or (not own.listed and own.trouble is None):
            if self._occurrences:  # as they were, until it is known how they are
                return None
            return "loading", "events are on their way", ()
        if not own.listed and isinstance(own.trouble, Forbidden):
            asked = "Ask for get, list and watch on events, of the core group or of events.k8s.io."
            return "forbidden", "events may not be read", (str(own.trouble), asked)
        if not own.listed:
            return "error", "events cannot be read", (str(own.trouble),)
        if any(each.warning or not self._warnings for each in self._occurrences):
            return None
        if self._occurrences:
            return "good", f"no warning among {len(self._occurrences)} kinds of events", (KEPT,)
        return "empty", "no events are kept of it", (KEPT, *([str(own.trouble)] if own.trouble else []))

    def _state(self) -> list[Span]:
        total = sum(each.count for each in self._occurrences)
        warnings = sum(each.count for each in self._occurrences if each.warning)
        oldest = min((each.first for each in self._occurrences if each.first), default=0)
        spans: list[Span] = [(f" {total:,} {'event' if total == 1 else 'events'}", "strong")]
        if warnings:
            spans.append((f"  {warnings:,} {'warning' if warnings == 1 else 'warnings'}", "warning"))
        if len(self._occurrences) > SHOWN:
            spans.append((f"  the newest {SHOWN} kinds of them", "muted"))
        if oldest:
            spans.append((f"  back to {ago(oldest, self.subject.now)} ago", "muted"))
        if self._managed:
            spans.append(("  with those of what it manages", "accent"))
        for glance in self._glances:
            if glance.trouble is not None:
                spans.append((f"  not live: {' '.join(str(glance.trouble).split())}", "warning"))
                break
        else:
            polled = any(glance.polled for glance in self._glances)
            spans.append(
                ("  polled: watching is not allowed" if polled else "  live", "muted" if polled else "success")
            )
            if any(glance.cut for glance in self._glances):
                spans.append(("  there are more than are kept", "warning"))
        if total and oldest and self.subject.now - oldest > LIFETIME * 0.9:
            spans.append(("  older ones are gone", "muted"))
        return spans

    # Keys

    def action_warnings(self) -> None:
        """Warnings alone, or all events."""
        self._warnings = not self._warnings
        self.update()

    def action_managed(self) -> None:
        """Also the Events of what it manages, or its own alone."""
        managed = inventory_of(self.subject.value)
        if not managed:
            told = f"this {self.subject.kind} has no inventory"
            self.notify(told, title="nothing more to look at", severity="warning", markup=False)
            return
        self._managed = not self._managed
        if len(namespaces_of(managed)) == NAMESPACES and self._managed:
            told = f"of what it manages, the events of {NAMESPACES} namespaces are read"
            self.notify(told, markup=False, timeout=4)
        self._stop()
        self._look()
        self.update()

    def action_copy_message(self) -> None:
        """Copy what the event under the cursor says."""
        at = self.sheet.position
        shown = [each for each in self._occurrences if each.warning or not self._warnings]
        if at < len(shown):
            self.app.copy_to_clipboard(shown[at].message)
            self.notify(shown[at].reason, title="copied the message of", markup=False, timeout=2)

    def search(self, text: str) -> str:
        """To the next line that holds the text."""
        return "" if not text or self.sheet.search(text) else f"{text!r} is in none of the events"

    def hints(self) -> Sequence[KeyHint]:
        """What can be done."""
        return (
            KeyHint("f", "all events" if self._warnings else "warnings alone", 60),
            KeyHint("M", "its own alone" if self._managed else "also of what it manages", 55),
            KeyHint("/", "search", 30),
            KeyHint("p", "copy message", 25),
        )


def own_places(identity: str) -> list[Place]:
    """Where Events of an object are, by what they are about: in its namespace; of one without, in all or in default."""
    kind, namespace, name = split_id(identity)
    scopes = [namespace] if namespace else ["", "default"]
    return [
        Place(resource, Scope(scope, fields=f"{field}.kind={kind},{field}.name={name}"))
        for scope in scopes
        for resource, field in ((EVENTS, "involvedObject"), (NEWER, "regarding"))
    ]


def namespaces_of(managed: set[str]) -> list[str]:
    """The namespaces that hold most of what is managed, `NAMESPACES` at most."""
    counts: dict[str, int] = {}
    for identity in managed:
        namespace = split_id(identity)[1] or "default"
        counts[namespace] = counts.get(namespace, 0) + 1
    return sorted(counts, key=lambda name: (-counts[name], name))[:NAMESPACES]


def line_of(one: Occurrence, subject: Subject, now: float) -> Line:
    """An occurrence as one line of the sheet."""
    spans: list[Span] = [("▲ ", "warning") if one.warning else ("· ", "muted")]
    spans.append((one.reason or "no reason", "warning" if one.warning else "strong"))
    if one.count > 1:
        lasted = f" in {age(one.last - one.first)}" if one.last > one.first else ""
        spans.append((f" ×{one.count}{lasted}", "accent"))
    other = one.about != subject.identity
    if other:
        spans.append((f"  {named(one.about)}", "link"))
    spans += [("  " + " ".join(one.message.split()), "")] if one.message else []
    spans += [(f"  {one.component}", "muted")] if one.component else []
    key = one.about if other and subject.desk.store.row(subject.cluster, one.about) is not None else None
    return Line(f"{ago(one.last, now) or '?'} ago", spans, key=key, hang=2)
