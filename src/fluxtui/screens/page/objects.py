"""Managed objects: what the object has applied, each with its live state, workloads with their pods.

Asked for while the tab is seen, and only then; what is watched anyway is not asked for at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from fluxtui import keymap
from fluxtui.insight.kstatus import State
from fluxtui.insight.managed import (
    CONCERN,
    STATUS_OF,
    WORDS,
    Managed,
    concern,
    restless_pod,
    tally,
)
from fluxtui.insight.workloads import Pod
from fluxtui.kinds.ages import ago
from fluxtui.kinds.status import NO_DATA_GLYPH, Status
from fluxtui.kube.holdings import LIMIT, Holdings
from fluxtui.screens.base import Opened
from fluxtui.screens.desk import STATUS_STYLES
from fluxtui.screens.details import named
from fluxtui.screens.page.tab import PageTab, Subject
from fluxtui.screens.roster import RosterRows
from fluxtui.screens.rounds import Rounds
from fluxtui.widgets.flowline import FlowLine
from fluxtui.widgets.keyhints import KeyHint
from fluxtui.widgets.notice import Notice
from fluxtui.widgets.table_columns import ESSENTIAL, TableColumn
from fluxtui.widgets.table_source import Cell, Span
from fluxtui.widgets.virtual_table import VirtualTable

PATIENCE = 0.4
"""Seconds within which several answers are shown at once."""
AT_ONCE = 0.03
"""The same for the first answers of all."""

COLUMNS = (
    TableColumn("state", "STATE", width=13, priority=ESSENTIAL),
    TableColumn("kind", "KIND", width=14, min=11, max=26, flex=1, priority=90),
    TableColumn("name", "NAME", width=26, min=20, max=48, flex=2, priority=ESSENTIAL, cut="middle"),
    TableColumn("namespace", "NAMESPACE", width=14, min=9, max=24, flex=1, priority=85),
    TableColumn("ready", "READY", width=5, align="right", priority=80),
    TableColumn("restarts", "RESTARTS", width=8, align="right", priority=60),
    TableColumn("age", "AGE", width=4, align="right", priority=50),
    TableColumn("why", "WHY", width=24, min=12, flex=4, priority=30),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """One line: a managed object with its pods, or (`pod`) one of those pods."""

    managed: Managed
    pods: tuple[Pod, ...] = ()
    trouble: str = ""
    """Why its pods are not known."""
    pod: Pod | None = None

    @property
    def identity(self) -> str:
        """The id of what it shows."""
        return self.pod.identity if self.pod is not None else self.managed.entry.identity

    @property
    def why(self) -> str:
        """What is wrong with it, in words; empty where nothing is."""
        if self.pod is not None:
            ended = f"last ended by {self.pod.last_end}" if self.pod.last_end else ""
            return "; ".join(filter(None, (_line(self.pod.state.message), ended)))
        state = self.managed.state
        worst = next((each for each in self.pods if each.state.state is State.FAILED), None)
        told = [_line(state.message), f"{worst.name}: {_line(worst.state.message)}" if worst is not None else ""]
        return "; ".join(filter(None, (*told, self.trouble)))


class ObjectsTab(PageTab):
    """A list of what is managed; enter opens the page of an object, whatever its kind."""

    name_of_tab: ClassVar[str] = "objects"
    BINDINGS: ClassVar[list[BindingType]] = [*keymap.PAGE_OBJECTS]

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self._held = Holdings(subject.desk.store, subject.cluster, self._soon)
        self._rounds = Rounds(lambda: self.screen.is_current, self._look)
        self._rows: RosterRows[Shown] = RosterRows((), _key, self._cells)
        self._shown = frozenset(column.id for column in COLUMNS)
        """The ids of the columns that have something to say."""
        self._all_pods = False
        self._filter = ""
        self._hidden = 0
        self._painting = False

    def compose(self) -> ComposeResult:
        """How many are how, the list, the whole of what is wrong with the line under the cursor."""
        yield FlowLine(lines=3, indent=1, id="objects-verdict")
        yield VirtualTable(COLUMNS, id="objects")
        yield FlowLine(lines=4, indent=1, id="objects-why")
        yield Notice()

    def on_mount(self) -> None:
        """Nothing is known yet."""
        self.query_one(Notice).display = False

    @property
    def rest(self) -> VirtualTable:
        """The list."""
        return self.query_one(VirtualTable)

    # When it asks

    def enter(self) -> None:
        """Seen: look, and look again from time to time."""
        self.update()
        self.run_worker(self._rounds.run(), name="look", group="look", exclusive=True, exit_on_error=True)

    def leave(self) -> None:
        """Not seen any more: what is under way is given up."""
        self.workers.cancel_group(self, "look")

    def update(self) -> None:
        """The object changed (then look again), something in its cluster did, or time passed."""
        if self._held.read(self.subject.value):
            self._rounds.due()
        self._rounds.back()
        self._soon()

    async def _look(self) -> None:
        cluster = self.subject.watched
        if cluster is not None:
            await self._held.look(cluster, self.subject.desk.now)

    # What it shows

    def _soon(self) -> None:
        """Show what is known, once for all answers that come within a moment."""
        if not self._painting:
            self._painting = True
            first = not len(self._rows)
            self.set_timer(AT_ONCE if first else PATIENCE, self._paint)

    def _paint(self) -> None:
        self._painting = False
        if not self.is_mounted or not self.display:
            return
        if self._without():
            return
        every = self._every()
        lines = [each for each in every if self._matches(each)]
        self._hidden = len(every) - len(lines)
        self._rows = RosterRows(self._with_pods(lines), _key, self._cells)
        table = self.rest
        self._shown = _columns(every)
        table.set_source(self._rows, [column for column in COLUMNS if column.id in self._shown])
        self.query_one("#objects-verdict", FlowLine).show(self._verdict(every))
        self.say(content=table)
        self._show_why()

    def _without(self) -> bool:
        """Say why there is no list; False if there is one."""
        told = self.why_not()
        if told is None and self._held.empty:
            nothing = "Its inventory is empty: it has applied nothing, or has not come so far."
            nothing = self._held.inventory.told or nothing
            told = "empty", "it manages no objects", (nothing,)
        for name in ("#objects-verdict", "#objects-why"):
            self.query_one(name).display = told is None
        if told is not None:
            tone, headline, lines = told
            self.say(content=self.rest, tone=tone, headline=headline, lines=lines)
        return told is not None

    def _every(self) -> list[Shown]:
        found = [Shown(each.managed, each.pods, each.trouble) for each in self._held.every()]
        return sorted(found, key=lambda each: concern(each.managed, each.pods))

    def _with_pods(self, lines: Sequence[Shown]) -> list[Shown]:
        shown: list[Shown] = []
        for each in lines:
            shown.append(each)
            troubled = each.managed.state.state is not State.CURRENT
            seen = [pod for pod in each.pods if self._all_pods or restless_pod(pod) or (troubled and not pod.done)]
            seen.sort(key=lambda pod: (CONCERN.index(pod.state.state), pod.name))
            shown += [Shown(each.managed, pod=pod) for pod in seen]
        return shown

    def _matches(self, shown: Shown) -> bool:
        entry = shown.managed.entry
        text = f"{shown.managed.word} {entry.kind} {entry.namespace}/{entry.name} {shown.why}".casefold()
        return all(word in text for word in self._filter.casefold().split())

    def _cells(self, shown: Shown) -> Sequence[Cell]:
        """The cells of the columns that are shown."""
        every = self._all_cells(shown)
        return [cell for column, cell in zip(COLUMNS, every, strict=True) if column.id in self._shown]

    def _all_cells(self, shown: Shown) -> Sequence[Cell]:
        managed, now = shown.managed, self.subject.now
        if shown.pod is not None:
            return self._pod_cells(shown.pod, now)
        pods = sum(pod.restarts for pod in shown.pods)
        style = STATUS_STYLES[managed.status]
        asked = managed.state.state is not State.UNKNOWN
        glyph = managed.status.glyph if asked or managed.concluded is not None else NO_DATA_GLYPH
        waits = not asked and managed.concluded is None and not managed.state.message
        word = "asked for" if waits else managed.word
        short = managed.replicas is not None and managed.replicas.ready < managed.replicas.wanted
        return (
            [(f"{glyph} {word}", "muted" if waits else style)],
            managed.entry.kind,
            (managed.entry.name, "" if asked else "muted"),
            (managed.entry.namespace, "muted"),
            (managed.replicas.words if managed.replicas is not None else "", "warning" if short else ""),
            (f"{pods:,}" if shown.pods else "", "warning" if pods else "muted"),
            (ago(managed.created, now), "muted"),
            (shown.why, "" if managed.status is not Status.READY else "muted"),
        )

    def _pod_cells(self, pod: Pod, now: float) -> Sequence[Cell]:
        status = STATUS_OF[pod.state.state]
        word = "done" if pod.done else WORDS.get(pod.state.state, "ready")
        ended = f"{pod.last_end} {ago(pod.ended, now)} ago" if pod.last_end else ""
        why = "; ".join(filter(None, (_line(pod.state.message), ended)))
        return (
            [(f" {status.glyph} {word}", STATUS_STYLES[status])],
            ("└ Pod", "muted"),
            pod.name,
            (pod.namespace, "muted"),
            (f"{pod.ready}/{pod.containers}", "warning" if pod.ready < pod.containers and not pod.done else ""),
            (f"{pod.restarts:,}", "warning" if pod.restarts else "muted"),
            (ago(pod.created, now), "muted"),
            (why, "" if status is not Status.READY else "muted"),
        )

    def _verdict(self, every: Sequence[Shown]) -> list[Span]:
        held = self._held.inventory
        count = len(every)
        spans: list[Span] = [(f" {count:,} object{'' if count == 1 else 's'}", "strong")]
        if len(held.entries) > LIMIT:
            spans.append((f" of {len(held.entries):,}: the first are shown", "warning"))
        for word, status, number in tally(each.managed for each in every):
            spans += [(" · ", "muted"), (f"{status.glyph} {number:,} {word}", STATUS_STYLES[status])]
        restarts = sum(pod.restarts for each in every for pod in each.pods)
        pods = sum(len(each.pods) for each in every)
        if pods:
            spans.append((f" · {pods:,} pods, {restarts:,} restarts", "warning" if restarts else "muted"))
        if self._hidden:
            spans.append((f" · {self._hidden:,} hidden by the search", "warning"))
        if held.told:
            spans += [("  ", ""), (held.told, "warning")]
        return spans

    def _show_why(self) -> None:
        shown = self._rows.line(self.rest.cursor_key)
        line = self.query_one("#objects-why", FlowLine)
        if shown is None:
            line.display = False
            return
        entry = shown.managed.entry
        name = named(shown.identity if shown.pod is not None else f"{entry.kind}/{entry.namespace}/{entry.name}")
        line.display = True
        line.show([(f" {name}  ", "strong"), (shown.why or "nothing is wrong with it", "" if shown.why else "muted")])

    def on_virtual_table_highlighted(self, event: VirtualTable.Highlighted) -> None:
        """Another line."""
        event.stop()
        self._show_why()

    def on_virtual_table_selected(self, event: VirtualTable.Selected) -> None:
        """The page of an object."""
        event.stop()
        shown = self._rows.line(event.key)
        if shown is not None and self._held.inventory.elsewhere:
            self.notify("it is in another cluster", severity="warning", markup=False)
        elif shown is not None:
            self.post_message(Opened(self.subject.cluster, shown.identity))

    # Keys

    def action_pods(self) -> None:
        """Show every pod, or those in trouble alone."""
        self._all_pods = not self._all_pods
        self._paint()

    def action_again(self) -> None:
        """Look again, now."""
        self._rounds.due()

    def search(self, text: str) -> str:
        """Narrows the list."""
        self._filter = text
        self._paint()
        return "" if len(self._rows) or not text else f"nothing managed is like {text!r}"

    def hints(self) -> Sequence[KeyHint]:
        """What can be done with the list."""
        if not len(self._rows):
            return ()
        pods = "pods in trouble alone" if self._all_pods else "all pods"
        return (
            KeyHint("⏎", "open", 60, "enter"),
            KeyHint("/", "search", 45),
            KeyHint("p", pods, 44),
            KeyHint("r", "ask again", 20),
        )

    def note(self) -> Sequence[Span]:
        """How old what is shown is."""
        if not self.subject.value or self._held.inventory.elsewhere:
            return ()
        when = ago(self._held.looked, self.subject.now)
        return ((f"asked {when} ago", "muted"),) if when else (("asking…", "muted"),)


def _columns(every: Sequence[Shown]) -> frozenset[str]:
    """The columns that tell one object from another here."""
    silent: set[str] = set()
    if len({each.managed.entry.namespace for each in every} - {""}) < 2:
        silent.add("namespace")
    if not any(each.managed.replicas is not None for each in every):
        silent |= {"ready", "restarts"}
    return frozenset(column.id for column in COLUMNS) - silent


def _key(shown: Shown) -> str:
    return f"{shown.managed.entry.identity} {shown.pod.name if shown.pod is not None else ''}"


def _line(text: str) -> str:
    return " ".join(text.split())
