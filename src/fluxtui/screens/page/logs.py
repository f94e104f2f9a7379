"""Logs: what the controller says about the object, and what the pods say that it has or manages, as it is said."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.timer import Timer
from textual.widget import Widget
from textual.worker import Worker

from fluxtui import keymap
from fluxtui.insight import log_filter
from fluxtui.insight.log_filter import LogFilter
from fluxtui.insight.log_lines import Level, is_about, level_of, split_stamp, tidy, told
from fluxtui.kinds.record import split_id
from fluxtui.kube.answers import Forbidden, KubeError
from fluxtui.kube.logs import Following, Going, Origin
from fluxtui.screens.page.log_sources import Pods, controller_of, controller_pods, origins_of, workload_pods
from fluxtui.screens.page.tab import PageTab, Subject
from fluxtui.widgets.flowline import FlowLine
from fluxtui.widgets.keyhints import KeyHint
from fluxtui.widgets.log_buffer import LogBuffer, LogLine
from fluxtui.widgets.log_view import LogView
from fluxtui.widgets.notice import Notice, Tone
from fluxtui.widgets.table_source import Span

PACE = 0.1
"""Seconds between two batches of lines to the screen, at least."""
TAIL, TAIL_CONTROLLER = 1_000, 5_000
"""Lines of what was written before that are asked of a container, and of a controller."""
MOST_STREAMS = 24
"""Containers that are read at once."""
LEVELS = (Level.DEBUG, Level.WARNING, Level.ERROR)
"""What `L` goes through: everything, warnings and errors, errors."""
_HASH = re.compile(r"-[0-9a-z]{8,10}(?=-[0-9a-z]{5}$)")
"""The part of a pod's name that tells its replica set from others of the same workload."""
ROLES = {"message": "", "error": "error", "field": "muted", "": ""}


@dataclass
class Stream:
    """One container: its number among the origins, and how it is read."""

    number: int
    following: Following
    worker: Worker[None] | None = None
    last: float = 0.0
    """When its last line was written, epoch seconds."""


class LogsTab(PageTab, can_focus=True):
    """A view of lines, from one side: the controller's, or the pods'."""

    name_of_tab: ClassVar[str] = "logs"
    BINDINGS: ClassVar[list[BindingType]] = [*keymap.PAGE_LOGS]

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self._buffer = LogBuffer()
        self._pending: list[LogLine] = []
        self._controller = bool(controller_of(subject.kind))
        """Whether the controller's side is seen."""
        self._everything = False
        self._previous = False
        self._pods: Pods | None = None
        self._trouble: KubeError | None = None
        self._streams: dict[Origin, Stream] = {}
        self._left_out = 0
        self._read = 0
        self._filter = LogFilter()
        self._level = Level.DEBUG
        self._only: int | None = None
        self._timer: Timer | None = None
        self._stale = False

    def compose(self) -> ComposeResult:
        """A line that says whose lines these are and how it goes, the lines, and a word where there are none."""
        yield FlowLine(id="logs-state", lines=2)
        yield LogView(self._buffer, _spell, id="log")
        yield Notice()

    @property
    def view(self) -> LogView:
        """The lines."""
        return self.query_one(LogView)

    @property
    def rest(self) -> Widget:
        """The lines; the tab itself while there are none, so that its keys work."""
        return self.view if self.view.display else self

    # Coming and going

    def enter(self) -> None:
        """Read, from now on, from where it was left."""
        if self._timer is None:
            self._timer = self.set_interval(PACE, self._drain)
            self._find() if self._pods is None else self._look()
        self.update()

    def leave(self) -> None:
        """Another tab is seen: nothing is read for this one."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self.workers.cancel_group(self, "logs")
        for stream in self._streams.values():
            stream.worker = None

    def _anew(self) -> None:
        """Other containers, or another life of them."""
        self.workers.cancel_group(self, "logs")
        self._pods, self._trouble, self._streams = None, None, {}
        self._left_out = self._read = 0
        self._only = None
        self._pending.clear()
        self._buffer.clear()
        self.view.names = ()
        self.view.following = True
        self.view.changed()
        self._find()
        self.update()

    @work(exclusive=True, group="find")
    async def _find(self) -> None:
        """Find out whose logs these are."""
        cluster = self.subject.watched
        if cluster is None or (not self.subject.value and not self.subject.trouble):
            return
        try:
            if self._controller:
                self._pods = controller_pods(self.subject, cluster.reader)
            else:
                self._pods = await workload_pods(self.subject, cluster.reader)
        except KubeError as error:
            self._trouble = error
        else:
            self._look()
        self.update()

    def _look(self) -> None:
        """Look at the pods, and read again what was read before."""
        assert self._pods is not None  # noqa: S101 - found before
        for glance in self._pods.glances:
            self.run_worker(glance.run(self._pods_changed), group="logs", exit_on_error=True)
        for stream in self._streams.values():
            self._run(stream)

    def _pods_changed(self) -> None:
        """Pods came or went: their containers are read, as many as may be."""
        cluster = self.subject.watched
        if self._pods is None or cluster is None or not self.is_mounted:
            return
        tail = TAIL_CONTROLLER if self._controller else TAIL
        self._left_out = 0
        for pod in self._pods.found:
            for origin, more in origins_of(pod):
                if origin in self._streams:
                    continue
                if sum(stream.following.going is not Going.GONE for stream in self._streams.values()) >= MOST_STREAMS:
                    self._left_out += 1
                    continue
                following = Following(cluster.reader, origin, tail=tail, follow=more, previous=self._previous)
                stream = self._streams[origin] = Stream(len(self._streams), following)
                self._run(stream)
        self.view.names = _names(list(self._streams))
        self._stale = True

    def _run(self, stream: Stream) -> None:
        if stream.worker is None and stream.following.going not in (Going.ENDED, Going.GONE):
            running = stream.following.run(self._take, self._went)
            stream.worker = self.run_worker(running, group="logs", exit_on_error=True)

    def _went(self) -> None:
        self._stale = True

    def _take(self, origin: Origin, lines: Sequence[bytes]) -> None:
        """Lines of one container, as they come."""
        stream = self._streams[origin]
        _, namespace, name = split_id(self.subject.identity)
        self._read += len(lines)
        for raw in lines:
            when, text = split_stamp(raw.decode("utf-8", "replace"))
            if self._controller and not self._everything and not is_about(text, self.subject.kind, namespace, name):
                continue
            text = tidy(text)
            stream.last = when or stream.last  # a line without a time belongs to the one before
            self._pending.append(LogLine(stream.last, stream.number, level_of(text), text))

    def _drain(self) -> None:
        """What came meanwhile, to the screen."""
        if self._pending:
            fresh, self._pending = self._pending, []
            self._buffer.extend(fresh)
            self.view.grown()
            self._stale = True
        if self._stale:
            self._stale = False
            self.update()

    # What it shows

    def update(self) -> None:
        """How it goes."""
        if self._pods is None and self._trouble is None and self._timer is not None and self.subject.value:
            self._find()
        state = self.query_one("#logs-state", FlowLine)
        nothing = self._nothing()
        state.display = nothing is None
        state.show(self._state())
        if nothing is not None:
            tone, headline, lines = nothing
            self.say(content=self.view, tone=tone, headline=headline, lines=lines)
            return
        self.say(content=self.view)

    def _nothing(self) -> tuple[Tone, str, tuple[str, ...]] | None:
        """What stands in place of the lines while there are none."""
        if self._buffer.total:
            return None
        if self.subject.watched is None:
            return "nodata", f"{self.subject.cluster} is not watched any more", ("`:ctx` shows the clusters.",)
        if self._trouble is not None:
            return _refused(self._trouble, "its workloads cannot be found out")
        if self._pods is None:
            return self.why_not() or ("loading", "looking for pods", ())
        if not self._streams:
            return self._without_pods(self._pods)
        return self._silent()

    def _without_pods(self, pods: Pods) -> tuple[Tone, str, tuple[str, ...]]:
        trouble = next((glance.trouble for glance in pods.glances if glance.trouble is not None), None)
        if trouble is not None:
            return _refused(trouble, "its pods cannot be listed")
        if pods.glances and not all(glance.listed for glance in pods.glances):
            return "loading", "looking for pods", ()
        other = ("`s` shows what the controller says about it.",) if controller_of(self.subject.kind) else ()
        return "empty", "there is nobody who could say anything", (pods.nothing, *(() if self._controller else other))

    def _silent(self) -> tuple[Tone, str, tuple[str, ...]]:
        """There are containers, and no lines of them."""
        every = [stream.following for stream in self._streams.values()]
        refused = next((each for each in every if each.going is Going.FORBIDDEN), None)
        if refused is not None and refused.refusal is not None:
            asked = f"Ask for the verb get on pods/log in the namespace {refused.origin.namespace}."
            return "forbidden", "logs may not be read", (str(refused.refusal), asked)
        if any(each.going is Going.CONNECTING for each in every):
            return "loading", "the lines are on their way", ()
        why = tuple(dict.fromkeys(each.why for each in every if each.why))[:4]
        if self._controller and not self._everything and not why:
            said = f"Among the last {self._read:,} lines of its log, none is about this object."
            return "empty", f"{self._title()} says nothing about it", (said, "`A` shows all of its lines.")
        if self._previous:
            return "empty", "there was no life before this one", why
        return "empty", "nothing is said", why

    def _title(self) -> str:
        return self._pods.title if self._pods is not None else ""

    def _state(self) -> list[Span]:
        """Whose lines, how many, how it goes."""
        every = [stream.following for stream in self._streams.values()]
        about = " about it" if self._controller and not self._everything else ""
        spans: list[Span] = [(f" {self._title()}{about}", "strong")]
        spans.append((f"  {self._buffer.total:,} lines", ""))
        if self._buffer.errors:
            spans.append((f"  {self._buffer.errors:,} errors", "error"))
        if self._buffer.hidden:
            spans.append((f"  the filter hides {self._buffer.hidden:,}", "warning"))
        if len(every) > 1:
            spans.append((f"  {len(every)} containers", "muted"))
        if self._only is not None and self._only < len(self.view.names):
            spans.append((f"  {self.view.names[self._only]} alone", "accent"))
        if self._left_out:
            spans.append((f"  {self._left_out} more are not read", "warning"))
        if self._previous:
            spans.append(("  the life before", "accent"))
        if self._buffer.dropped:
            spans.append((f"  the oldest {self._buffer.dropped:,} were dropped", "warning"))
        return [*spans, *self._going(every)]

    def _going(self, every: Sequence[Following]) -> list[Span]:
        live = sum(each.going is Going.LIVE for each in every)
        bad = [each for each in every if each.going in (Going.LOST, Going.FORBIDDEN, Going.WAITING, Going.GONE)]
        spans: list[Span] = []
        if live:
            spans.append(("  following" if self.view.following else "  live, not following", "success"))
        for going, word in ((Going.FORBIDDEN, "may not be read"), (Going.LOST, "connecting again")):
            these = [each for each in bad if each.going is going]
            if these:
                spans.append((f"  {len(these)} {word}: {' '.join(these[0].why.split())}", "warning"))
        waiting = [each for each in bad if each.going in (Going.WAITING, Going.GONE)]
        if waiting and not self._previous:
            spans.append((f"  {waiting[0].origin.pod}: {' '.join(waiting[0].why.split())}", "muted"))
        return spans

    # Keys

    def action_side(self) -> None:
        """The controller's lines, or the pods'."""
        if not controller_of(self.subject.kind):
            self.notify(f"no controller of Flux reconciles a {self.subject.kind}", severity="warning", markup=False)
            return
        self._controller, self._previous = not self._controller, False
        self._anew()

    def action_everything(self) -> None:
        """All lines of the controller, or those about the object."""
        if self._controller:
            self._everything = not self._everything
            self._anew()

    def action_previous(self) -> None:
        """The life of the containers before this one, or this one."""
        self._previous = not self._previous
        self._anew()

    def action_level(self) -> None:
        """Everything; warnings and errors; errors."""
        self._level = LEVELS[(LEVELS.index(self._level) + 1) % len(LEVELS)]
        self._narrow()

    def action_only(self) -> None:
        """The container of the line under the cursor alone, or all of them."""
        current = self.view.current
        self._only = None if self._only is not None or current is None else current.origin
        self._narrow()

    def search(self, text: str) -> str:
        """Only lines that hold the text; ``level:`` and ``pod:`` work too."""
        self._filter = log_filter.parse(text)
        self._narrow()
        return self._filter.wrong

    @work(exclusive=True, group="narrow")
    async def _narrow(self) -> None:
        """Show what is looked for: all lines are looked at, in steps."""
        import asyncio

        wanted, least, only = self._filter, max(self._level, self._filter.level), self._only
        names = self.view.names

        def passes(line: LogLine) -> bool:
            if line.level < least or (only is not None and line.origin != only):
                return False
            return wanted.passes(line.text, line.level, names[line.origin] if line.origin < len(names) else "")

        idle = wanted.idle and least <= Level.DEBUG and only is None
        for _ in self._buffer.narrow(None if idle else passes):
            await asyncio.sleep(0)
        needle = wanted.needle
        self.view.needle = needle
        self.view.changed()
        self.update()

    def on_log_view_moved(self) -> None:
        """The cursor left the end, or is there again."""
        self.query_one("#logs-state", FlowLine).show(self._state())
        self.post_message(self.Changed())

    def on_log_view_copied(self) -> None:
        """A line was copied."""
        self.notify("the line", title="copied", markup=False, timeout=2)

    def hints(self) -> Sequence[KeyHint]:
        """What can be done."""
        sides = (KeyHint("s", "pods' logs" if self._controller else "controller's log", 62),)
        level = {Level.DEBUG: "warnings", Level.WARNING: "errors", Level.ERROR: "all levels"}[self._level]
        return (
            KeyHint("f", "stop following" if self.view.following else "follow", 64),
            KeyHint("/", "filter", 58),
            KeyHint("n", "next error", 57),
            *(sides if controller_of(self.subject.kind) else ()),
            KeyHint("L", level, 50),
            *((KeyHint("A", "about it" if self._everything else "all lines", 49),) if self._controller else ()),
            KeyHint("p", "this life" if self._previous else "previous", 45),
            KeyHint("w", "wrap", 30),
            KeyHint("o", "all containers" if self._only is not None else "this container", 25),
            KeyHint("T", "times", 22),
            KeyHint("Y", "copy line", 20),
        )

    def note(self) -> Sequence[Span]:
        """Where the cursor is."""
        count = len(self._buffer)
        return [(f"{self.view.position + 1:,} of {count:,}", "muted")] if count else ()


def _spell(line: LogLine) -> list[Span]:
    style = "muted" if line.level <= Level.DEBUG else ""
    return [(text, ROLES[role] or style) for text, role in told(line.text)]


def _names(origins: Sequence[Origin]) -> list[str]:
    """What origins are called: the pod without its template's hash, and the container where a pod has several."""
    spread = len({origin.namespace for origin in origins}) > 1
    several = {pod for pod, count in Counter(origin.pod for origin in origins).items() if count > 1}
    return [
        (f"{origin.namespace}/" if spread else "")
        + _HASH.sub("", origin.pod)
        + (f" {origin.container}" if origin.pod in several else "")
        for origin in origins
    ]


def _refused(error: KubeError, headline: str) -> tuple[Tone, str, tuple[str, ...]]:
    if isinstance(error, Forbidden):
        return "forbidden", headline, (str(error), f"Ask for the verb {error.verb} on {error.resource}.")
    return "error", headline, (str(error),)
