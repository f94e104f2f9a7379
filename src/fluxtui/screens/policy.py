"""Policy: who breaks which rule, and may we enforce it? One set of violations, grouped three ways, and as a matrix.

What is listed is grouped anew, in slices, when the picture of policy, the filter or the grouping is another one; a key
press looks at the rows on screen alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

import msgspec
from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType

from fluxtui import keymap
from fluxtui.insight.place import Place
from fluxtui.insight.policy.board import By, Group, asked
from fluxtui.insight.policy.model import Picture, Violation
from fluxtui.insight.policy.naming import policy_name
from fluxtui.insight.policy.narrowing import compile as compile_filter
from fluxtui.insight.policy.narrowing import complete
from fluxtui.insight.policy.narrowing import values as learn
from fluxtui.screens.base import COMMON_HINTS, CommandGiven, FleetScreen, Located, Opened
from fluxtui.screens.commands import Go
from fluxtui.screens.desk import Desk
from fluxtui.screens.policy_board import Board, Boards, Wanted
from fluxtui.screens.policy_list import PolicyList
from fluxtui.screens.policy_matrix import fitting
from fluxtui.screens.policy_objects import object_of
from fluxtui.screens.policy_words import facts, nothing, title_spans, trend_spans, verdict_spans
from fluxtui.screens.slices import in_slices, sliced
from fluxtui.store.changes import Batch
from fluxtui.widgets.factsheet import FactSheet
from fluxtui.widgets.flowline import FlowLine
from fluxtui.widgets.keyhints import KeyHint
from fluxtui.widgets.lines import span_width
from fluxtui.widgets.notice import Notice
from fluxtui.widgets.table_source import Span
from fluxtui.widgets.virtual_table import VirtualTable

ORDER = tuple(By)
MATRIX = "matrix"
SORTS = ("fails", "severity", "name", "since", "objects", "owners", "action", "warns", "errors", "policies")
"""What `<` and `>` go through."""


class PolicyScreen(FleetScreen):
    """The violations of the fleet by policy, by tenant and owner, or by resource."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.POLICY]
    tab = "policy"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._by = By.POLICY
        self._sort = ("fails", False)
        self._skips = False
        """Whether what was skipped is listed too."""
        self._matrix = False
        self._alone = False
        self._boards = Boards(desk)
        self._board: Board | None = None
        self._accepts = compile_filter("", 0)

    # Life

    def compose_body(self) -> ComposeResult:
        """Sentence, trend, list, evidence, and what stands there without lines."""
        yield FlowLine(lines=3, indent=3, id="verdict")
        yield FlowLine(id="activity")
        yield PolicyList(self.desk.now, id="roster")
        yield FlowLine(id="evidence-title")
        yield FactSheet(more="z", id="evidence")
        yield Notice(id="notice")

    def on_mount(self) -> None:
        """Every picture is listed for as long as the screen lives."""
        self.desk.guard.listeners.append(self._pictured)
        super().on_mount()

    def on_unmount(self) -> None:
        """Nobody is told any more."""
        self.desk.guard.listeners.remove(self._pictured)

    def _pictured(self, picture: Picture) -> None:
        del picture
        if self.in_sight:
            self.regroup()

    def catch_up(self) -> None:
        """Seen again, or the scope is another one."""
        self._compile(self.desk.filters.get(self.tab, ""))
        self.show_words()
        self.rest_on(self.table)
        self.regroup()

    def follow(self, batch: Batch) -> None:
        """Delivery changed: the picture follows by itself."""

    def tick(self) -> None:
        """Ages are others."""
        self.table.refresh_all()
        self.show_words()
        self.show_details()

    def on_resize(self) -> None:
        """The room is shared anew."""
        if self._board is not None and self.table.wide_for != self.size.width:
            self._show_rows()
        self._share_room()
        self.show_words()
        self.show_details()

    @property
    def table(self) -> PolicyList:
        """The list."""
        return self.query_one("#roster", PolicyList)

    # What is listed

    @work(exclusive=True, group="regroup")
    async def regroup(self) -> None:
        """Group what passes the filter; what is on screen stays until that is done."""
        picture = self.desk.guard.picture
        if picture is None:
            return
        wanted = Wanted(self._by, self._accepts, self._sort, self._skips)
        board = await in_slices(self._boards.board(picture, wanted))
        if self.in_sight:
            self._board = board
            self._show_rows()
            self.show_words()
            self.show_details()

    def _compile(self, text: str) -> str:
        """Have a filter applied from now on; returns what is wrong with it, and then changes nothing."""
        found = compile_filter(text, self.desk.now())
        if found.problems:
            return str(found.problems[0])
        self._accepts = found
        return ""

    def _show_rows(self) -> None:
        """The lines of the board, or its matrix."""
        if self._board is None:
            return
        table = self.table
        table.show_board(self._board, matrix=self._matrix, width=self.size.width)
        table.sort = None if self._matrix else self._sort
        self._share_room()

    def _share_room(self) -> None:
        """Few lines leave the room to the evidence; many take two thirds of it."""
        room = max(4, self.size.height - 7)
        rows = len(self.table.source)
        self.table.styles.height = 2 if self._alone else min(rows + 1, max(4, room * 3 // 5))

    # What is said

    def show_words(self) -> None:
        """The sentences, and what takes the place of an empty list."""
        board, words = self._board, self.query_one("#verdict", FlowLine)
        if board is None:
            connecting = "reading reports" if self.desk.fleet.clusters else "looking for clusters"
            words.show([(" ◐ ", "info"), (connecting, "strong")])
        else:
            words.show(verdict_spans(self.desk, board))
        self._show_trend()
        words.display = not self._alone
        empty = not len(self.table.source)
        for name in ("#roster", "#evidence-title", "#evidence"):
            self.query_one(name).display = not empty
        notice = self.query_one("#notice", Notice)
        notice.display = empty
        if empty:
            notice.show(*nothing(self.desk, board))
        self.show_hints()

    def _show_trend(self) -> None:
        line, board = self.query_one("#activity", FlowLine), self._board
        line.display = board is not None and not self._alone
        if board is None:
            return
        trend = self.desk.guard.trend
        spans = trend_spans(trend.of(), trend.since, self.desk, board.by, self.size.width)
        if self._matrix and len(board.clusters) > fitting(self.size.width):
            clusters = self.table.seen_clusters(board)
            first = board.clusters.index(clusters[0])
            seen = f"clusters {first + 1}–{first + len(clusters)} of {len(board.clusters)}, ← →"
            spans[1:1] = [(seen, "accent"), (" · ", "muted")]
        filtered = self.desk.filters.get(self.tab, "")
        if filtered:
            spans += [(" · filter ", "muted"), (filtered, "accent")]
        line.show(spans)

    def show_details(self) -> None:
        """What is told of the line under the cursor."""
        line, board = self.table.line(), self._board
        if line is None or board is None:
            return
        spans: list[Span] = [("── ", "border"), *title_spans(board, line), (" ", "")]
        spans.append(("─" * max(0, self.size.width - span_width(spans)), "border"))
        self.query_one("#evidence-title", FlowLine).show(spans)
        self.query_one("#evidence", FactSheet).show(facts(self.desk, board, line))

    def hints(self) -> Sequence[KeyHint]:
        """Keys that work here and now."""
        line = self.table.line()
        skips = KeyHint("s", "hide skips" if self._skips else "show skips", 33)
        grouping = KeyHint("v", f"by {ORDER[(ORDER.index(self._by) + 1) % len(ORDER)]}", 66)
        if line is None:
            return (*COMMON_HINTS, grouping, skips)
        fold = "fold" if self.table.is_open(line) else "unfold"
        enter = "the violation" if line.leaf is not None else fold
        return (
            KeyHint("⏎", "the rule" if self._matrix else enter, 90, "enter"),
            *((grouping,) if not self._matrix else ()),
            KeyHint("m", "list" if self._matrix else "matrix", 64),
            *COMMON_HINTS,
            KeyHint("z", "the rest" if self._alone else "details alone", 38),
            KeyHint("r", "enforce?", 39),
            KeyHint("x", "mark", 36),
            KeyHint("e", "export", 34),
            skips,
            KeyHint("N A S", "sort", 30, "S"),
            KeyHint("E C", "unfold all, fold", 22, "E"),
            KeyHint("c", "copy name", 20),
        )

    def note(self) -> Sequence[Span]:
        """How many are marked."""
        marks = len(self.table.marks)
        return [(f"{marks} marked", "accent")] if marks else []

    # What happens

    def on_virtual_table_highlighted(self, event: VirtualTable.Highlighted) -> None:
        """Another line: its evidence."""
        self.show_details()
        self.show_hints()

    def on_virtual_table_marked(self, event: VirtualTable.Marked) -> None:
        """Marks are counted in the last line."""
        self.show_hints()

    def on_policy_list_refolded(self, event: PolicyList.Refolded) -> None:
        """Other lines, or other clusters of the matrix: they have other room, and the keys mean something else."""
        self._share_room()
        self.show_words()

    def on_virtual_table_sort_requested(self, event: VirtualTable.SortRequested) -> None:
        """A column's title was clicked."""
        self.action_sort(event.column_id)

    def on_virtual_table_selected(self, event: VirtualTable.Selected) -> None:
        """Enter: from the matrix to the rule in the list; a group unfolds, a violation opens."""
        line = self.table.line()
        if line is None:
            return
        if self._matrix:
            self._leave_matrix(line.group)
        elif line.leaf is not None:
            self._open(line.leaf)
        else:
            self.table.action_fold()

    def _open(self, violation: Violation) -> None:
        from fluxtui.screens.violation import ViolationScreen

        self.leaving()
        self.app.push_screen(ViolationScreen(self.desk, violation.key))

    def filter_changed(self, text: str, *, final: bool) -> str:
        """Narrow while it is typed."""
        wrong = self._compile(text)
        if not wrong:
            self.regroup()
        return wrong

    async def _learn(self, values: dict[str, set[str]]) -> None:
        """What fields of violations hold, while somebody types."""
        picture = self.desk.guard.picture
        if picture is not None:
            await sliced(learn(picture.violations, values))

    def _filter_suggestions(self, text: str, values: Mapping[str, Iterable[str]]) -> list[str]:
        found = complete(text, len(text), values)
        return [text[: found.start] + choice + text[found.end :] for choice in found.choices] if text else []

    # Objects

    def chosen(self) -> tuple[str, str] | None:
        """The object of a violation or of a resource, the owner of a group of its, the policy itself."""
        line, board = self.table.line(), self._board
        return object_of(board.picture, line) if line is not None and board is not None else None

    def marked(self) -> Sequence[tuple[str, str]]:
        """The objects of the marked lines, in the order of the list."""
        board = self._board
        if board is None:
            return ()
        found = (object_of(board.picture, line) for line in self.table.marked_lines())
        return list(dict.fromkeys(ref for ref in found if ref is not None))

    def action_tree(self) -> None:
        """Show who delivers it in the tree: workloads stand in no tree of Flux."""
        line = self.table.line()
        owner = (line.leaf.owner if line.leaf is not None else line.group.owner) if line is not None else None
        if owner is not None and owner.id:
            self.post_message(Located(owner.cluster, owner.id))

    def action_copy(self) -> None:
        """Copy the name of the policy or of the object, or those of all that are marked."""
        line = self.table.line()
        if not self.table.marks and line is not None and line.leaf is None and line.group.policy:
            name = policy_name(line.group.policy)
            self.app.copy_to_clipboard(name)
            self.notify(name, title="copied", markup=False, timeout=2)
        else:
            super().action_copy()

    def action_yaml(self) -> None:
        """The YAML of the object, or of the policy."""
        chosen = self.chosen()
        if chosen is not None:
            self.post_message(Opened(*chosen, "yaml"))

    # Keys

    def action_view(self) -> None:
        """By policy, by owner, by resource."""
        self._show_by(ORDER[(ORDER.index(self._by) + 1) % len(ORDER)])
        self.arrived()

    def _show_by(self, by: By) -> None:
        if by is not self._by:
            self._by, self._matrix = by, False
            self._sort = ("fails", False)
            if self.is_mounted:
                self.table.reset_cursor()
        self.regroup()

    def action_matrix(self) -> None:
        """Policies and clusters as a matrix, or the list again."""
        line = self.table.line()
        if self._matrix:
            self._leave_matrix(line.group if line is not None else None)
            return
        self._matrix = True
        if self._by is not By.POLICY:
            self._by = By.POLICY
            self.regroup()
        else:
            self._show_rows()
            self.table.to_rule(line)
        self.show_words()
        self.show_details()
        self.arrived()

    def _leave_matrix(self, group: Group | None) -> None:
        self._matrix = False
        self._show_rows()
        if group is not None:
            self.table.to_group(group)
        self.show_words()
        self.show_details()
        self.arrived()

    def action_skips(self) -> None:
        """Show what was skipped too, or hide it again."""
        self._skips = not self._skips
        self.regroup()
        self.show_hints()

    def action_sort(self, column: str) -> None:
        """Sort by a column; a second time turns the order."""
        self._sort = (column, not self._sort[1] if self._sort[0] == column else False)
        self.regroup()

    def action_sort_next(self, step: int) -> None:
        """Sort by the next of what groups can be sorted by."""
        at = SORTS.index(self._sort[0]) if self._sort[0] in SORTS else 0
        ids = [column.id for column in self.table.columns]
        after = [SORTS[(at + step * far) % len(SORTS)] for far in range(1, len(SORTS) + 1)]
        self._sort = (next((name for name in after if name in ids), "fails"), False)
        self.regroup()

    def action_readiness(self) -> None:
        """What enforcing the marked policies, else the one under the cursor, would deny."""
        found = self.table.marked_policies()
        if found:
            self.post_message(CommandGiven(f"readiness {' '.join(map(policy_name, found))}"))
        else:
            self.notify("no policy of Kyverno is under the cursor", title="readiness", markup=False, timeout=3)

    def action_export(self) -> None:
        """What is listed, as a checklist, for programs, for a spreadsheet, for code scanning."""
        from fluxtui.screens.policy_export import open_export

        if self._board is not None:
            open_export(self, self._board, self.desk, self.desk.filters.get(self.tab, ""))

    def action_zoom(self) -> None:
        """The evidence alone under its line, or everything again."""
        self._alone = bool(len(self.table.source)) and not self._alone
        self._share_room()
        self.show_words()
        self.show_details()

    # Places

    def obey(self, command: Go) -> None:
        """What follows ``:policy``: how to group (``by owner``), ``matrix``, and a filter."""
        if command.filter is not None:
            self._ask(command.filter)

    def _ask(self, text: str) -> None:
        found = asked(text)
        self._matrix = found.matrix
        self._by = found.by or self._by
        self.desk.filters[self.tab] = found.filter
        if self.is_mounted:
            self.catch_up()

    def place(self) -> Place:
        """The grouping, and whether it is the matrix."""
        asked = MATRIX if self._matrix else f"by {self._by}"
        return msgspec.structs.replace(super().place(), asked=asked, cursor=None)

    def stand_at(self, place: Place) -> None:
        """The grouping of a place."""
        self._ask(f"{place.asked} {place.filter}".strip())
        super().stand_at(place)
