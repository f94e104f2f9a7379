"""The dialog of an action: its plan, what it needs to be told, and then how far each object is."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any, ClassVar, cast

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from fluxtui.actions.command import script
from fluxtui.actions.journal import user
from fluxtui.actions.plan import Plan, make
from fluxtui.actions.rights import need
from fluxtui.actions.run import Run
from fluxtui.actions.target import Target
from fluxtui.actions.verbs import WORDS, Verb
from fluxtui.insight.behind import behind
from fluxtui.screens.act_rows import COLUMNS, ItemRows, counted, request_text, stage_spans, standing
from fluxtui.screens.acting import Acting, DeskSight, open_menu, told, without
from fluxtui.screens.behind import behind_spans
from fluxtui.screens.ending import Ending
from fluxtui.screens.slices import in_slices
from fluxtui.screens.undertakings import Undertaking
from fluxtui.widgets.document import DocumentView
from fluxtui.widgets.flowline import FlowLine
from fluxtui.widgets.keyhints import KeyHint, KeyHints
from fluxtui.widgets.table_source import Span
from fluxtui.widgets.virtual_table import VirtualTable

TALLEST = 12
"""Rows of the table at most: the patches need room."""
FRAME = 9
"""Rows of border, title, gaps, the line of what waits, and keys."""
MANY = 10
"""With more objects than these, their number is asked for: a filter may have meant fewer."""
LOOK = 1.0
"""Seconds between two looks at what waits behind the objects."""
NO_REASON = "say why it is suspended: whoever finds it will want to know"


class ActScreen(Ending, ModalScreen[None]):
    """First the plan; after enter its progress. Closing it leaves what is under way alone; it can be opened again."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close", show=False),
        Binding("ctrl+x", "cancel", "Cancel what is under way", show=False),
        Binding("ctrl+r", "before", "The action before", show=False),
        Binding("c", "copy", "Copy the commands", show=False),
        Binding("R", "again", "Another action on the same objects", show=False),
        Binding("enter", "go", "Carry out", show=False),
    ]

    def __init__(
        self, around: Acting, verb: Verb, targets: Sequence[Target], undertaking: Undertaking | None = None
    ) -> None:
        """`undertaking` is one that is under way, or over, and is looked at again."""
        super().__init__()
        self._around = around
        self._verb = verb
        self._targets = tuple(targets)
        self._why = ""
        self._missing: dict[tuple[str, str], str] = {}
        self._undertaking = undertaking
        self._plan = undertaking.run.plan if undertaking is not None else self._made()
        self._behind = undertaking.behind if undertaking is not None else None
        self._lines = 0
        """The most lines of requests that were shown."""
        self._confirmed: set[str] = set()
        """What was typed: the names of protected contexts, the number of objects."""

    @property
    def _run(self) -> Run | None:
        return self._undertaking.run if self._undertaking is not None else None

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
            yield FlowLine(lines=3, id="notes")
            yield FlowLine([("what waits behind it: being counted", "muted")], lines=2, id="behind")
            yield FlowLine(lines=2, id="question")
            yield Input(id="told")
            document = DocumentView("", "yaml", id="patches")
            document.wrap = True
            document.numbers = False
            yield document
            yield KeyHints(id="act-hints")

    def on_mount(self) -> None:
        """The plan at once; what is not allowed, and what waits behind it, are told when they are known."""
        table = self.query_one("#items", VirtualTable)
        table.styles.height = min(len(self._plan.items) + 1, TALLEST)
        table.display = len(self._plan.items) > 1
        self.query_one("#behind").display = not set(self._kinds()) <= {"Pod"}
        self._show_items()
        self._ask_next()
        if self._behind is None:
            self.run_worker(self._count_behind(), name="behind", exit_on_error=True)
        self._show_behind()
        self.set_interval(LOOK, self._show_behind)
        if self._undertaking is None:
            self.run_worker(self._ask_rights(), name="rights", exit_on_error=True)
        else:
            self._listen(self._undertaking)

    def _kinds(self) -> list[str]:
        return [target.kind for target in self._targets]

    # What it says

    def _show_items(self) -> None:
        table = self.query_one("#items", VirtualTable)
        several = len({item.cluster for item in self._plan.items}) > 1
        columns = [column for column in COLUMNS if several or column.id != "cluster"]
        table.set_source(ItemRows(self._plan, self._run, [column.id for column in columns]), columns)
        self._show_title()
        self._show_selected()

    def _show_title(self) -> None:
        title: list[Span] = [(WORDS[self._verb].title, "title"), (f"  {told(self._targets)}", "muted")]
        if self._run is not None and len(self._plan.items) > 1:
            title += [(" · ", "muted"), *counted(self._run)]
        elif (todo := len(self._plan.todo)) < len(self._plan.items) and len(self._plan.items) > 1:
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
        known = self._undertaking
        more = known is not None and self._around.undertakings.before(known) is not None
        before = [KeyHint("ctrl+r", "the one before", 40)] if more else []
        if self._run.over:
            return [KeyHint("esc", "close", 90, "escape"), KeyHint("R", "another action", 60), copy, *before]
        return [KeyHint("esc", "leave it running", 90, "escape"), KeyHint("ctrl+x", "cancel", 80), copy, *before]

    def _at(self) -> int:
        return max(0, self.query_one("#items", VirtualTable).cursor_index)

    def _show_selected(self) -> None:
        """All that there is to say of the selected object: how far it is, what to know, its requests."""
        at = self._at()
        if at >= len(self._plan.items):
            return
        item = self._plan.items[at]
        stage, text = standing(self._plan, self._run, at)
        style = "warning" if item.notes and self._run is None and not item.refusal else ""
        words: list[Span] = [*stage_spans(stage, begun=self._run is not None), ("  ", ""), (text, style)]
        self.query_one("#notes", FlowLine).show(words)
        requests = "\n\n".join(request_text(step) for step in item.steps) or "# nothing is sent"
        self.query_one("#patches", DocumentView).show(requests, "yaml")
        self._make_room(requests)

    def _show_behind(self) -> None:
        if self._behind is None:
            return
        store, suspending = self._around.desk.store, self._verb is Verb.SUSPEND
        spans = behind_spans(store, self._behind, suspending=suspending, begun=self._run is not None)
        self.query_one("#behind", FlowLine).show(spans)

    def _make_room(self, text: str) -> None:
        """As high as what is shown needs, and no higher than the screen; it never shrinks while it is open."""
        width = min(132, self.app.size.width) - 10
        lines = sum(1 + len(line) // max(20, width) for line in text.splitlines())
        self._lines = max(self._lines, lines)
        asked = 4 if self.query_one("#question").display else 0
        rows = min(len(self._plan.items) + 1, TALLEST) if len(self._plan.items) > 1 else 0
        wanted = self._lines + rows + asked + FRAME + 2  # two more lines of notes
        self.query_one("#act").styles.height = min(wanted, self.app.size.height - 1)

    def on_resize(self) -> None:
        """The terminal has another size."""
        self._show_selected()

    def on_virtual_table_highlighted(self) -> None:
        """Another object: its patches."""
        self._show_selected()

    # What it asks

    def _protected(self) -> str:
        """The first protected context that is written to and was not named yet; empty when there is none."""
        patterns = self._around.desk.protected
        for cluster in self._plan.clusters:
            held = any(cluster == each or fnmatchcase(cluster, each) for each in patterns)
            if held and cluster not in self._confirmed:
                return cluster
        return ""

    def _question(self) -> tuple[str, list[Span]] | None:
        """What must be typed next, and the words that ask for it; empty where any answer does."""
        todo = len(self._plan.todo)
        if self._run is not None or not todo:
            return None
        if self._verb is Verb.SUSPEND and not self._why:
            return "", [("why? ", "accent"), ("It is written on the object, for whoever finds it suspended.", "muted")]
        if todo > MANY and str(todo) not in self._confirmed:
            where = "" if len(self._plan.clusters) == 1 else f" in {len(self._plan.clusters)} clusters"
            return str(todo), [(f"{todo} objects{where}. ", "warning"), ("Type their number: ", "accent")]
        if cluster := self._protected():
            return cluster, [(f"{cluster} is protected. ", "warning"), ("Type its name: ", "accent")]
        return None

    def _ask_next(self) -> None:
        """Ask for what is still needed: the reason, the number of objects, the names of protected contexts."""
        question, entry = self.query_one("#question", FlowLine), self.query_one("#told", Input)
        entry.value = ""
        asked = self._question()
        question.display = entry.display = asked is not None
        if asked is None:
            table = self.query_one("#items", VirtualTable)
            (table if table.display else self.query_one("#patches", DocumentView)).focus()
            return
        question.show(asked[1])
        entry.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """An answer; with the last one it is carried out."""
        event.stop()
        asked, answer = self._question(), event.value.strip()
        if asked is None:
            return
        wanted = asked[0]
        if not wanted and not answer:
            self.notify(NO_REASON, title="why?", severity="warning", markup=False)
            return
        if not wanted:
            self._why = answer
            self._plan = self._made()
            self._show_items()
        elif answer != wanted:
            self.notify(f"that is not {wanted}", title="nothing was sent", severity="warning", markup=False)
            event.input.value = ""
            return
        else:
            self._confirmed.add(wanted)
        self._ask_next()
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

    async def _count_behind(self) -> None:
        desk = self._around.desk
        refs = [(item.cluster, item.identity) for item in self._plan.todo]
        steps = behind(desk.store, refs, desk.now(), suspending=self._verb is Verb.SUSPEND)
        self._behind = await in_slices(steps)
        if self._undertaking is not None:
            self._undertaking.behind = self._behind
        self._show_behind()

    # Keys

    def on_virtual_table_selected(self) -> None:
        """Enter on the list."""
        self.action_go()

    def action_go(self) -> None:
        """Carry it out, when everything that it needs was told."""
        if self._run is not None or self._question() is not None:
            return
        self._plan = self._made()  # by now something may have been suspended or deleted
        if not self._plan.todo or self._question() is not None:
            self._show_items()
            self._ask_next()
            return
        around = self._around
        app = cast("App[Any]", self.app)
        begun = around.undertakings.begin(app, self._plan, around.crew(), self._targets, told(self._targets))
        self._undertaking, begun.behind = begun, self._behind
        self._listen(begun)
        self._show_items()

    def _listen(self, undertaking: Undertaking) -> None:
        undertaking.listeners.append(self._told)
        undertaking.seen = undertaking.seen or undertaking.run.over
        self._around.undertakings.refresh()

    def on_unmount(self) -> None:
        """It listens no more."""
        if self._undertaking is not None and self._told in self._undertaking.listeners:
            self._undertaking.listeners.remove(self._told)

    def _told(self, at: int) -> None:
        """One object is somewhere else."""
        if not self.is_current:
            return
        self.query_one("#items", VirtualTable).refresh_rows([at])
        self._show_title()
        if self._at() == at:
            self._show_selected()

    def action_close(self) -> None:
        """Close; what is under way goes on, and is told when it is over."""
        self.on_unmount()
        if self._run is not None and not self._run.over:
            told_of = "it goes on, and the line of tabs tells how far it is; ctrl+r opens it again"
            self.notify(told_of, title=WORDS[self._verb].title, markup=False, timeout=4)
        self.dismiss()

    def action_cancel(self) -> None:
        """Send nothing more, and wait no longer."""
        if self._run is not None:
            self._run.cancel()

    def action_before(self) -> None:
        """Look at the action that was begun before this one."""
        undertakings = self._around.undertakings
        known = undertakings.before(self._undertaking) if self._undertaking is not None else undertakings.latest
        if known is not None:
            self.on_unmount()
            self.app.switch_screen(ActScreen(self._around, known.verb, known.targets, known))

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
