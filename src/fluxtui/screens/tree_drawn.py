"""A forest drawn as lines that fold: it grows beside the loop, follows the store, and keeps its cursor.

What may be asked of it is `tree.TreeScreen`'s.
"""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from fluxtui.insight.forest import CLUSTER, Followed, Forest, Ref, View
from fluxtui.insight.layers import Layers
from fluxtui.insight.outline import LineKey, Outline
from fluxtui.insight.triage import TriageReport
from fluxtui.screens.base import Opened
from fluxtui.screens.desk import Desk
from fluxtui.screens.folding import FoldingScreen, TreeTable
from fluxtui.screens.tree_details import band_facts, cluster_facts, edge_line, node_facts
from fluxtui.screens.tree_growth import TreeGrowth
from fluxtui.screens.tree_rows import HEADINGS, NARROW, SHORT, TreeRows, columns
from fluxtui.screens.tree_whatif import WhatIf
from fluxtui.screens.tree_words import blast_title, nothing_drawn, tree_title
from fluxtui.store.changes import Batch
from fluxtui.store.row import Row
from fluxtui.widgets.factsheet import FactSheet
from fluxtui.widgets.flowline import FlowLine
from fluxtui.widgets.notice import Notice
from fluxtui.widgets.table_source import Span
from fluxtui.widgets.virtual_table import VirtualTable

WIDE = 132
"""Columns of a terminal from which on the edges of the selected line stand beside the tree."""


class DrawnTree(FoldingScreen):
    """One forest at a time: a view of all clusters in scope, or the blast radius of some objects."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._growth = TreeGrowth(desk, self._planted, self._counted, self._layered)
        self._outline = Outline(Forest(View.DEPENDENCIES))
        self._rows = TreeRows(desk, self._outline)
        self._grown = False
        self._roots: tuple[Ref, ...] = ()
        """What the blast radius is of; empty: the whole tree."""
        self._layers: dict[str, Layers] = {}
        self._placed = False
        """Whether the cursor was put on the worst root cause."""
        self._headline: Sequence[Span] = ()
        """What was asked for and found, in place of the usual title."""
        self._what_if = WhatIf(desk)

    @abstractmethod
    def answer(self) -> None:
        """A forest is planted: show what was asked for, once it can be known whether it is there."""

    def compose_body(self) -> ComposeResult:
        """What is drawn, the tree, the edges of its selected line beside or below it."""
        yield FlowLine(lines=2, indent=1, id="title")
        with Horizontal(id="listing"):
            yield TreeTable(id="table")
            with Vertical(id="aside"):
                yield FactSheet(id="details")
                yield FactSheet(id="bands")
        yield Notice(id="notice")
        yield FlowLine(lines=2, indent=1, id="why")

    def on_mount(self) -> None:
        """Planting goes on for as long as the screen lives; Triage's report is everybody's."""
        self.desk.listeners.append(self.show_report)
        self.desk.governed.append(self._governed)
        self._arrange()
        super().on_mount()
        self.run_worker(self._growth.run(), name="tree", exit_on_error=True)

    def _governed(self) -> None:
        """Badges of policy may be others."""
        if self.is_mounted and self.in_sight:
            self._table.refresh_all()

    @property
    def _forest(self) -> Forest:
        return self._outline.forest

    # Growing

    def catch_up(self) -> None:
        """Seen again, or the scope is another one: what was missed is planted."""
        self._growth.outdated(at_once=True)
        if self.desk.report is None:
            self.desk.reporting.wake()
        self.rest_on(self._table)
        self._show()

    def _planted(self, forest: Forest) -> None:
        """A new forest: the folding, the filter and the cursor stay."""
        if not self.is_mounted or (forest.view is View.BLAST) != bool(self._roots):
            return
        first, self._grown = not self._grown, True
        forest.mark(self._causes())
        done = Followed()
        for key in forest.keys:
            row = self.desk.store.row(*key) if key[1] else None
            if row is not None:
                forest.refresh(row, done)
        if self._roots:
            self._outline.forest = forest
            self._outline.open_below()
        self._outline.plant(forest, self._accepted(forest, self.desk.filters.get(self.tab, "")))
        self._what_if.again()
        self._rows.forget()
        self.answer()
        self._place_cursor()
        self._repaint()
        if first:
            self.show_hints()
        self.desk.reporting.wake()  # only now: it would share the time

    def _counted(self, waiting: Mapping[Ref, int]) -> None:
        self._rows.waiting = waiting
        if self.in_sight:
            self._table.refresh_all()

    def _layered(self, cluster: str, found: Layers) -> None:
        self._layers[cluster] = found
        if self.in_sight:
            self._show_bands()

    def show_report(self, report: TriageReport) -> None:
        """The root causes of Triage, with its numbers."""
        del report
        if not self.in_sight or not self._grown:
            return
        self._apply(self._forest.mark(self._causes()))
        self._place_cursor()
        self._show()
        self.show_hints()

    def _causes(self) -> dict[Ref, int]:
        report = self.desk.report
        problems = report.problems if report is not None else ()
        return {member: len(cause.blocked) for cause in reversed(problems) for member in cause.members}

    def _place_cursor(self) -> None:
        """On the worst root cause, until somebody moves it."""
        report = self.desk.report
        if self._placed or report is None or self._roots or report.loading:
            return
        drawn = (member for cause in report.problems for member in cause.members if member in self._forest.numbers)
        worst = next((member for member in drawn if self._outline.index_of(member) is not None), None)
        if worst is not None:
            self._placed = True
            self._table.refresh_all()
            self._show_at(worst)

    # What happens

    def follow(self, batch: Batch) -> None:
        """A status repaints its line and those above it; only another structure is planted anew."""
        self.desk.reporting.wake()
        followed = self._forest.follow(batch.changes)
        if followed.outdated:
            self._growth.outdated()
        elif followed.touched:
            self._growth.turned()
        if self._outline.filtered and self._passes_otherwise(batch):
            self._outline.filter(self._accepted(self._forest, self.desk.filters.get(self.tab, "")))
            self._table.refresh_all()
        self._apply(followed)
        if batch.states:
            self._table.refresh_all()
        if followed.touched or batch.states:
            self._show()

    def _apply(self, followed: Followed) -> None:
        held = self._key()
        moved, changed = self._outline.follow(followed)
        if moved and held is not None and self._outline.index_of(held) is None:
            self._outline.reveal((held[0], held[1]))  # a branch that heals does not fold under the cursor
        if moved:
            self._table.refresh_all()
        elif changed:
            self._table.refresh_rows(changed)

    def _passes_otherwise(self, batch: Batch) -> bool:
        accept = self._accept(self.desk.filters.get(self.tab, ""))
        nodes = ((self._forest.numbers.get((change.cluster, change.id)), change.after) for change in batch.changes)
        return accept is not None and any(
            accept(row) != self._outline.accepted(node) for node, row in nodes if node is not None and row is not None
        )

    def tick(self) -> None:
        """Ages."""
        self.desk.reporting.passed()
        self._table.refresh_all()
        self._show()

    def on_resize(self) -> None:
        """Edges beside the tree or below it; kinds whole or abbreviated."""
        self._arrange()

    def _arrange(self) -> None:
        wide = self.size.width >= WIDE
        self.query_one("#aside").display = wide
        self.query_one("#why").display = not wide
        room = self.size.width - (min(58, 2 * self.size.width // 5) if wide else 0)
        self._rows.narrow, self._rows.short = room < NARROW, room < SHORT
        self._table.set_source(self._rows, columns(self._forest.view, narrow=self._rows.narrow))
        self._show_details()

    def on_virtual_table_highlighted(self, event: VirtualTable.Highlighted) -> None:
        """Another line: its edges."""
        self._show_details()

    # Filter

    def filter_changed(self, text: str, *, final: bool) -> str:
        """What passes, with all that is above it."""
        if text.strip():
            from fluxtui.insight.filter import compile as compile_filter

            accept = compile_filter(text, self.desk.now(), store=self.desk.store)
            if accept.problems:
                return str(accept.problems[0])
        self._outline.filter(self._accepted(self._forest, text))
        self._repaint(text)
        return ""

    def _accept(self, text: str) -> Callable[[Row], bool] | None:
        """What passes filter and namespace; None if everything does."""
        if not text.strip() and not self.desk.namespace:
            return None
        from fluxtui.insight.filter import compile as compile_filter

        passes = compile_filter(text, self.desk.now(), store=self.desk.store)

        def accept(row: Row) -> bool:
            return self.desk.in_scope(row) and passes(row)

        return accept

    def _accepted(self, forest: Forest, text: str) -> list[int] | None:
        accept = self._accept(text) if forest.view is not View.BLAST else None
        if accept is None:
            return None
        rows = ((node, self.desk.store.row(*key)) for node, key in enumerate(forest.keys) if key[1])
        return [node for node, row in rows if row is not None and accept(row)]

    # What it says

    def chosen(self) -> Ref | None:
        """The object of the line under the cursor; None for a cluster's line."""
        key = self._key()
        return (key[0], key[1]) if key is not None and key[1] else None

    def _key(self) -> LineKey | None:
        return cast("LineKey | None", self._table.cursor_key)

    def _repaint(self, filter_text: str | None = None) -> None:
        if self._table.columns[0].title != HEADINGS[self._forest.view]:
            self._table.set_source(self._rows, columns(self._forest.view, narrow=self._rows.narrow))
        self._table.refresh_all()
        self._show(filter_text)

    def _show(self, filter_text: str | None = None) -> None:
        text = self.desk.filters.get(self.tab, "") if filter_text is None else filter_text
        empty = not len(self._outline)
        self.query_one("#title", FlowLine).show(self._title(text))
        notice = self.query_one("#notice", Notice)
        self.query_one("#listing").display = not empty
        if notice.display != empty:
            notice.display = empty
            self.show_hints()
        if empty:
            notice.show(*nothing_drawn(self.desk, self._outline if self._grown else None, text))
        self._show_details()

    def _title(self, text: str) -> Sequence[Span]:
        if self._what_if.active:
            return self._what_if.title()
        if self._headline:
            return self._headline
        if self._roots:
            return blast_title(self.desk, self._forest, self._roots)
        return tree_title(self.desk, self._outline, text) if self._grown else [(" the tree grows", "muted")]

    def _show_details(self) -> None:
        key = self._key() if len(self._outline) else None
        aside, why = self.query_one("#aside"), self.query_one("#why", FlowLine)
        if key is None:
            why.show([])
            return
        if aside.display:
            facts = node_facts(self.desk, key[0], key[1]) if key[1] else cluster_facts(self.desk, key[0])
            self.query_one("#details", FactSheet).show(facts)
            self._show_bands()
        elif key[1]:
            why.show([(" ", ""), *edge_line(self.desk, key[0], key[1])])
        else:
            why.show([])

    def _show_bands(self) -> None:
        """The layers of the cluster under the cursor, as soon as they are known."""
        key = self._key()
        if key is None or not self.query_one("#aside").display:
            return
        known = self._layers.get(key[0])
        self.query_one("#bands", FactSheet).show(band_facts(known, key[1]) if known is not None else [])
        if self._growth.cluster != key[0]:
            self._growth.cluster = key[0]
            self._growth.turned()

    # Folding

    def _unfolded(self) -> None:
        """The cursor is no more put on the worst root cause."""
        self._placed = True

    def action_reset(self) -> None:
        """As it opened: what is healthy folded."""
        self._outline.reset()
        if self._roots:
            self._outline.open_below()
        self._repaint()

    # Going places

    def _go_to(self, key: Ref) -> None:
        """Unfold the way to a node and put the cursor on it."""
        self._placed = True
        self._outline.reveal(key)
        self._repaint()
        self._show_at(key)

    def _show_at(self, key: Ref) -> None:
        """The cursor on a line, with lines above it: the way to it is what the tree is about."""
        self._table.move_to(key)
        self.call_after_refresh(self._scroll_around)

    def _scroll_around(self) -> None:
        above = self.size.height // 4  # of the screen: the table may not have its size yet
        self._table.scroll_to(y=max(0, self._table.cursor_index - above), animate=False, force=True)

    def on_virtual_table_selected(self, event: VirtualTable.Selected) -> None:
        """Open the page; of a cluster, fold; of a reference, go to where it is drawn."""
        index = self._table.cursor_index
        line = self._outline.line(index)
        if line < 0 or self._forest.status[line] == CLUSTER:
            self.action_fold()
        elif self.desk.store.row(*self._forest.keys[line]) is None:
            self.notify("it is not held: there is nothing to open", markup=False, timeout=3)
        else:
            self.post_message(Opened(*self._forest.keys[line]))
