"""The dialog of an action: its plan, what it needs to be told, and then how far each object is."""

import json
from collections.abc import Hashable, Sequence
from fnmatch import fnmatchcase
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from fluxtui.actions.command import script
from fluxtui.actions.journal import user
from fluxtui.actions.plan import Item, Plan, Step, make
from fluxtui.actions.rights import need
from fluxtui.actions.run import Run, Stage
from fluxtui.actions.target import Target
from fluxtui.actions.verbs import WORDS, Verb
from fluxtui.screens.acting import Acting, DeskSight, open_menu, told, without
from fluxtui.screens.details import named
from fluxtui.widgets.document import DocumentView
from fluxtui.widgets.flowline import FlowLine
from fluxtui.widgets.keyhints import KeyHint, KeyHints
from fluxtui.widgets.table_columns import ESSENTIAL, TableColumn
from fluxtui.widgets.table_source import Cell, Span
from fluxtui.widgets.virtual_table import VirtualTable

COLUMNS = (
    TableColumn("stage", "STAGE", 12, priority=ESSENTIAL, sortable=False),
    TableColumn("object", "OBJECT", 30, 18, 60, flex=1, priority=ESSENTIAL, cut="middle", sortable=False),
    TableColumn("cluster", "CLUSTER", 12, 8, 20, flex=1, priority=60, cut="middle", sortable=False),
    TableColumn("text", "WHAT", 24, 12, 400, flex=4, priority=80, sortable=False),
)
STAGES: dict[Stage, tuple[str, str]] = {
    Stage.QUEUED: ("○", "muted"),
    Stage.SENDING: ("◐", "status-progressing"),
    Stage.WAITING: ("◐", "status-progressing"),
    Stage.DONE: ("✔", "status-ready"),
    Stage.SKIPPED: ("–", "faint"),
    Stage.CANCELLED: ("–", "status-suspended"),
    Stage.TIMED_OUT: ("◌", "status-blocked"),
    Stage.CONFLICT: ("◌", "status-blocked"),
    Stage.LOST: ("◌", "status-blocked"),
}
"""Glyph and style of each stage; of those that are not here, those of a failure."""
FAILED = ("✖", "status-failed")
TALLEST = 12
"""Rows of the table at most: the patches need room."""
FRAME = 8
"""Rows of border, title, gaps and keys."""
NO_REASON = "say why it is suspended: whoever finds it will want to know"


class ItemRows:
    """A `TableSource` over the objects of a plan, and how far they are once it is carried out."""

    def __init__(self, plan: Plan, run: Run | None, columns: Sequence[str]) -> None:
        self._plan = plan
        self._run = run
        self._columns = tuple(columns)

    def __len__(self) -> int:
        return len(self._plan.items)

    def key(self, index: int) -> Hashable:
        """The position: the objects of a plan do not move."""
        return index

    def index_of(self, key: Hashable) -> int | None:
        """The position."""
        return key if isinstance(key, int) else None

    def version(self, index: int) -> Hashable:
        """How far it is."""
        if self._run is None:
            return self._plan.items[index].refusal
        progress = self._run.progress[index]
        return progress.stage, progress.text

    def cells(self, index: int) -> Sequence[Cell]:
        """Stage, object, cluster, and what there is to say."""
        item = self._plan.items[index]
        if self._run is not None:
            progress = self._run.progress[index]
            stage, text = progress.stage, progress.text
        elif item.refusal:
            stage, text = Stage.SKIPPED, item.refusal
        else:
            stage, text = Stage.QUEUED, _before(item)
        glyph, style = STAGES.get(stage, FAILED)
        word = "to do" if self._run is None and stage is Stage.QUEUED else stage.value
        off = "faint" if stage is Stage.SKIPPED else ""
        cells: dict[str, Cell] = {
            "stage": [(f"{glyph} ", style), (word, style)],
            "object": (named(item.identity), off or "strong"),
            "cluster": (item.cluster, off or "muted"),
            "text": (text, off),
        }
        return [cells[column] for column in self._columns]


def _before(item: Item) -> str:
    """What one should know of an object before it is done."""
    sources = [f"after {named(step.identity)}" for step in item.steps[:-1]]
    return "; ".join([*sources, *item.notes]) or f"waits for {item.steps[-1].wait}"


class ActScreen(ModalScreen[None]):
    """First the plan; after enter its progress. Closing it leaves what is under way alone."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close", show=False),
        Binding("ctrl+x", "cancel", "Cancel what is under way", show=False),
        Binding("c", "copy", "Copy the commands", show=False),
        Binding("R", "again", "Another action on the same objects", show=False),
        Binding("enter", "go", "Carry out", show=False),
    ]

    def __init__(self, around: Acting, verb: Verb, targets: Sequence[Target]) -> None:
        super().__init__()
        self._around = around
        self._verb = verb
        self._targets = tuple(targets)
        self._why = ""
        self._missing: dict[tuple[str, str], str] = {}
        self._plan = self._made()
        self._run: Run | None = None
        self._lines = 0
        """The most lines of requests that were shown."""
        self._named: set[str] = set()
        """Protected contexts whose names were typed."""

    def _made(self) -> Plan:
        """The plan as things stand now."""
        desk, who = self._around.desk, user()
        plan = make(DeskSight(desk), self._verb, self._targets, desk.now(), who=who, why=self._why)
        return without(plan, self._missing)

    def compose(self) -> ComposeResult:
        """What is done to what; the objects; what has to be told; the patches of the selected object; the keys."""
        with Vertical(id="act", classes="dialog"):
            yield FlowLine(lines=2, id="dialog-title")
            yield VirtualTable(COLUMNS, id="items")
            yield FlowLine(lines=2, id="question")
            yield Input(id="told")
            document = DocumentView("", "yaml", id="patches")
            document.wrap = True
            document.numbers = False
            yield document
            yield KeyHints(id="act-hints")

    def on_mount(self) -> None:
        """The plan at once; what is not allowed is told when the servers have answered."""
        table = self.query_one("#items", VirtualTable)
        table.styles.height = min(len(self._plan.items) + 1, TALLEST)
        self._show_items()
        self._ask_next()
        self.run_worker(self._ask_rights(), name="rights", exit_on_error=True)

    # What it says

    def _show_items(self) -> None:
        table = self.query_one("#items", VirtualTable)
        several = len({item.cluster for item in self._plan.items}) > 1
        columns = [column for column in COLUMNS if several or column.id != "cluster"]
        table.set_source(ItemRows(self._plan, self._run, [column.id for column in columns]), columns)
        self._show_title()
        self._show_patches()

    def _show_title(self) -> None:
        title: list[Span] = [(WORDS[self._verb].title, "title"), (f"  {told(self._targets)}", "muted")]
        if self._run is not None:
            title += [(" · ", "muted"), *_counted(self._run)]
        elif (todo := len(self._plan.todo)) < len(self._plan.items):
            title.append((f" · {todo} of {len(self._plan.items)} can be", "warning"))
        if trouble := self._around.journal.trouble:
            title.append((f" · {trouble}", "error"))
        self.query_one("#dialog-title", FlowLine).show(title)
        self.query_one("#act-hints", KeyHints).show(self._hints())

    def _hints(self) -> list[KeyHint]:
        copy = KeyHint("c", "copy the commands", 50)
        if self._run is None:
            go = [KeyHint("⏎", WORDS[self._verb].title, 90, "enter")] if self._plan.todo else []
            return [*go, KeyHint("esc", "not now", 80, "escape"), copy]
        if self._run.over:
            return [KeyHint("esc", "close", 90, "escape"), KeyHint("R", "another action", 60), copy]
        return [KeyHint("esc", "leave it running", 90, "escape"), KeyHint("ctrl+x", "cancel", 80), copy]

    def _show_patches(self) -> None:
        at = self.query_one("#items", VirtualTable).cursor_index
        if 0 <= at < len(self._plan.items):
            text = "\n\n".join(self._told_of(at))
            self.query_one("#patches", DocumentView).show(text, "yaml")
            self._make_room(text)

    def _make_room(self, text: str) -> None:
        """As high as what is shown needs, and no higher than the screen; it never shrinks while it is open."""
        width = min(132, self.app.size.width) - 10
        lines = sum(1 + len(line) // max(20, width) for line in text.splitlines())
        self._lines = max(self._lines, lines)
        asked = 4 if self.query_one("#question").display else 0
        wanted = self._lines + min(len(self._plan.items) + 1, TALLEST) + asked + FRAME
        highest = self.app.size.height - 1
        self.query_one("#act").styles.height = min(wanted, highest)

    def on_resize(self) -> None:
        """The terminal has another size."""
        self._show_patches()

    def _told_of(self, at: int) -> list[str]:
        """All that there is to say of one object: its end, notes, requests."""
        item = self._plan.items[at]
        parts = [f"# {note}" for note in item.notes]
        if self._run is not None:
            progress = self._run.progress[at]
            parts = [f"# {progress.stage}: {progress.text}" if progress.text else f"# {progress.stage}"]
        elif item.refusal:
            parts.append(f"# nothing is sent: {item.refusal}")
        return parts + [request_text(step) for step in item.steps]

    def on_virtual_table_highlighted(self) -> None:
        """Another object: its patches."""
        self._show_patches()

    # What it asks

    def _protected(self) -> str:
        """The first protected context that is written to and was not named yet; empty when there is none."""
        patterns = self._around.desk.protected
        for cluster in self._plan.clusters:
            if cluster not in self._named and any(cluster == each or fnmatchcase(cluster, each) for each in patterns):
                return cluster
        return ""

    def _ask_next(self) -> None:
        """Ask for what is still needed: the reason, then the names of protected contexts."""
        question, entry = self.query_one("#question", FlowLine), self.query_one("#told", Input)
        entry.value = ""
        if self._run is None and self._plan.todo and self._verb is Verb.SUSPEND and not self._why:
            question.show(
                [("why? ", "accent"), ("It is written on the object, for whoever finds it suspended.", "muted")]
            )
        elif self._run is None and (cluster := self._protected()):
            question.show(
                [(f"{cluster} is protected. ", "warning"), ("Type its name: ", "accent"), (cluster, "strong")]
            )
        else:
            question.display = entry.display = False
            self.query_one("#items", VirtualTable).focus()
            return
        question.display = entry.display = True
        entry.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """An answer; with the last one it is carried out."""
        event.stop()
        answer = event.value.strip()
        if self._verb is Verb.SUSPEND and not self._why:
            if not answer:
                self.notify(NO_REASON, title="why?", severity="warning", markup=False)
                return
            self._why = answer
            self._plan = self._made()
            self._show_items()
        elif cluster := self._protected():
            if answer != cluster:
                self.notify(f"that is not {cluster}", title="nothing was sent", severity="warning", markup=False)
                event.input.value = ""
                return
            self._named.add(cluster)
        self._ask_next()
        if not self.query_one("#told", Input).display:
            self.action_go()

    async def _ask_rights(self) -> None:
        plan = self._plan
        missing = await self._around.rights.missing(need(step) for step in plan.steps)
        if self._run is not None or not missing:
            return
        for item in plan.todo:
            lacking = next((missing[each] for each in map(need, item.steps) if each in missing), "")
            if lacking:
                self._missing[item.cluster, item.identity] = lacking
        self._plan = self._made()
        self._show_items()
        if not self._plan.todo:
            self._ask_next()

    # Keys

    def on_virtual_table_selected(self) -> None:
        """Enter on the list."""
        self.action_go()

    def action_go(self) -> None:
        """Carry it out, when everything that it needs was told."""
        if self._run is not None or self.query_one("#told", Input).display:
            return
        self._plan = self._made()  # by now something may have been suspended or deleted
        if not self._plan.todo:
            self._show_items()
            return
        run = Run(self._plan, self._around.crew(), self._told)
        self._run = run
        self._show_items()
        self.app.run_worker(self._carry_out(run), name="action", exit_on_error=True)

    async def _carry_out(self, run: Run) -> None:
        await run.carry_out()
        if self.is_current:
            self._show_title()
            return
        worst = any(stage not in (Stage.DONE, Stage.SKIPPED) for stage in run.counts())
        summary = ", ".join(f"{count} {stage.value}" for stage, count in run.counts().items())
        severity = "warning" if worst else "information"
        self.app.notify(
            summary, title=f"{WORDS[self._verb].title}: {told(self._targets)}", severity=severity, markup=False
        )

    def _told(self, at: int) -> None:
        """One object is somewhere else."""
        if not self.is_current or not self.is_mounted:
            return
        table = self.query_one("#items", VirtualTable)
        table.refresh_rows([at])
        self._show_title()
        if table.cursor_index == at:
            self._show_patches()

    def action_close(self) -> None:
        """Close; what is under way goes on, and is told when it is over."""
        if self._run is not None and not self._run.over:
            self.notify("it goes on; you will be told", title=WORDS[self._verb].title, markup=False, timeout=3)
        self.dismiss()

    def action_cancel(self) -> None:
        """Send nothing more, and wait no longer."""
        if self._run is not None:
            self._run.cancel()

    def action_again(self) -> None:
        """The menu again, for the same objects, when this is over: resumed, one wants to reconcile with the source."""
        if self._run is not None and self._run.over:
            around, targets = self._around, self._targets
            below = self.app.screen_stack[-2]
            self.dismiss()
            self.app.call_later(open_menu, below, around.desk, targets)

    def action_copy(self) -> None:
        """Copy the commands that do the same."""
        self.app.copy_to_clipboard("\n".join(script(self._plan)))
        self.notify("the commands", title="copied", markup=False, timeout=2)


def request_text(step: Step) -> str:
    """One request as it is sent, for people: the body is the patch, laid out."""
    kind = "application/json" if step.method == "DELETE" else "application/merge-patch+json"
    query = "" if step.method == "DELETE" else "?fieldManager=fluxtui&fieldValidation=Strict"
    body = json.dumps(step.body, indent=2, ensure_ascii=False)
    return f"{step.method} {step.path}{query}\nContent-Type: {kind}\n{body}\n# then waits for {step.wait}"


def _counted(run: Run) -> list[Span]:
    """``2 done, 1 waiting``, each in the style of its stage."""
    spans: list[Span] = []
    for stage, count in sorted(run.counts().items(), key=lambda pair: list(Stage).index(pair[0])):
        glyph, style = STAGES.get(stage, FAILED)
        spans += [(f"{glyph} {count} {stage.value}", style), ("  ", "")]
    return spans[:-1]
