"""Tree: who waits for whom, with the way to every root cause unfolded and what is healthy folded away."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType

from fluxtui import keymap
from fluxtui.insight.forest import Forest, Ref, View
from fluxtui.insight.graph import Graph
from fluxtui.insight.outline import LineKey, Outline
from fluxtui.insight.place import Place
from fluxtui.screens.base import COMMON_HINTS
from fluxtui.screens.commands import Go
from fluxtui.screens.desk import Desk
from fluxtui.screens.tree_asked import Asked, asked_for
from fluxtui.screens.tree_drawn import DrawnTree
from fluxtui.screens.tree_words import chain_title, waited_title
from fluxtui.widgets.keyhints import KeyHint

VIEWS = (View.DEPENDENCIES, View.OWNERSHIP, View.SOURCES)


class TreeScreen(DrawnTree):
    """What is asked of the tree: causes, views, blast radius, chains, what if, comparisons, an object."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.TREE]
    tab = "tree"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._left: tuple[Outline, LineKey | None] | None = None
        """The tree and the cursor that the blast radius came from."""
        self._asked = Asked()
        self._most = -1

    def hints(self) -> Sequence[KeyHint]:
        """Keys of a tree; back first where there is something to go back from."""
        if not len(self._outline):
            return (*COMMON_HINTS, KeyHint("0", "all", 15), KeyHint("v", "view", 30))
        back = bool(self._roots or self._headline or self._what_if.active)
        return (
            *((KeyHint("esc", "back to the tree", 95, "escape"),) if back else ()),
            KeyHint("⏎", "open", 90, "enter"),
            KeyHint("space", "fold", 80),
            *((KeyHint("n", "next cause", 75),) if self._forest.causes and not self._roots else ()),
            KeyHint("r", "reverse", 72),
            *((KeyHint("v", f"view: {self._growth.view}", 68),) if not self._roots else ()),
            *COMMON_HINTS,
            KeyHint("w", "what if", 45),
            KeyHint("l", "longest chain", 35),
            KeyHint("m", "most waited for", 34),
            KeyHint("x", "compare clusters", 33),
            KeyHint("e", "export", 32),
            KeyHint("E C", "unfold all, default", 30, "E"),
        )

    # Asking

    def action_cause(self, step: int) -> None:
        """The next root cause below the cursor, or above it; round at the ends."""
        causes = sorted(self._forest.causes)
        if not causes:
            self.notify("no root cause is drawn here", markup=False, timeout=3)
            return
        self._outline.reveal(*(self._forest.keys[node] for node in causes))
        places = sorted(
            place for node in causes if (place := self._outline.index_of(self._forest.keys[node])) is not None
        )
        self._table.refresh_all()
        here = self._table.cursor_index
        if step > 0:
            target = next((place for place in places if place > here), places[0] if places else here)
        else:
            target = next((place for place in reversed(places) if place < here), places[-1] if places else here)
        self._placed = True
        self._table.move_cursor(target)
        self._show()

    def action_view(self) -> None:
        """Dependencies, ownership, sources."""
        if self._roots:
            self._come_back()
        at = VIEWS.index(self._growth.view)
        self._growth.view = VIEWS[(at + 1) % len(VIEWS)]
        self._headline = ()
        self._asked.ref = self.chosen() or self._asked.ref
        self._asked.quietly = True
        self._growth.outdated(at_once=True)
        self.show_hints()

    def action_reverse(self) -> None:
        """What waits behind the object under the cursor, as Triage counts it; again: back."""
        if self._roots:
            self._come_back()
            return
        chosen = self.chosen()
        if chosen is None or self.desk.store.row(*chosen) is None:
            return
        report = self.desk.report
        same = (cause.members for cause in (report.problems if report is not None else ()) if chosen in cause.members)
        self._roots = self._growth.roots = next(same, (chosen,))
        self._left = self._outline, self._key()
        self._headline = ()
        self._outline = self._rows.outline = Outline(Forest(View.BLAST))
        self._grown = False
        self._growth.outdated(at_once=True)
        self.show_hints()

    def _come_back(self) -> None:
        """From the blast radius to the tree and the line that it was asked from."""
        if self._left is None:
            return
        self._roots = self._growth.roots = ()
        (self._outline, key), self._left = self._left, None
        self._rows.outline = self._outline
        self._grown = True
        self._growth.outdated(at_once=True)
        self._repaint()
        if key is not None:
            self._table.move_to(key)
        self.show_hints()

    def action_longest(self) -> None:
        """The longest chain, unfolded; again: the usual title."""
        if self._headline and self._rows.told:
            self._forget()
            return
        chain = self._forest.longest_chain()
        if not chain:
            return
        keys = [self._forest.keys[node] for node in chain]
        self._rows.told = frozenset(keys)
        self._headline = chain_title(self._forest, chain)
        self._outline.reveal(*keys)
        self._go_to(keys[-1])
        self.show_hints()

    def action_most(self) -> None:
        """The object that the most wait for; again: the next one."""
        counts = {**self._rows.waiting, **{self._forest.keys[n]: w for n, w in self._forest.causes.items()}}
        drawn = sorted((key for key in counts if key in self._forest.numbers), key=lambda key: (-counts[key], key))
        if not drawn:
            return
        self._most = (self._most + 1) % len(drawn)
        key = drawn[self._most]
        self._rows.told = frozenset()
        self._headline = waited_title(key, counts[key], self._most)
        self._go_to(key)
        self.show_hints()

    def action_assume(self) -> None:
        """What if it failed; again: were suspended; again: as it is."""
        chosen = self.chosen()
        if chosen is None or self.desk.store.row(*chosen) is None:
            return
        self._what_if.turn(chosen)
        self._rows.assumed, self._rows.stopped = self._what_if.assumed, self._what_if.stopped
        self._outline.reveal(*(key for key in self._what_if.stopped if key in self._forest.numbers))
        self._repaint()
        self._table.move_to(chosen)
        self.show_hints()

    def action_compare(self) -> None:
        """The cluster under the cursor beside another one, differences only."""
        from fluxtui.screens.compare import CompareScreen

        key = self._key()
        left = key[0] if key is not None else next(iter(self.desk.clusters()), "")
        if left:
            self.app.push_screen(CompareScreen(self.desk, left))

    def action_export(self) -> None:
        """The visible objects and the edges between them, as a diagram."""
        from fluxtui.insight.diagram import diagram
        from fluxtui.screens.exporting import ExportScreen

        keys = [self._forest.keys[self._outline.node(index)] for index in range(len(self._outline))]
        refs = list(dict.fromkeys(key for key in keys if key[1]))
        held = (self.desk.store.find(name) for name in dict.fromkeys(cluster for cluster, _ in refs))
        graphs = [Graph(data) for data in held if data is not None]
        drawn = diagram(graphs, self._forest.view, self.desk.now(), refs)
        self.app.push_screen(ExportScreen(drawn, f"fluxtui-{str(self._forest.view).replace(' ', '-')}"))

    def _forget(self) -> None:
        """The usual title and lines."""
        self._headline, self._most = (), -1
        self._rows.told = frozenset()
        self._what_if.clear()
        self._rows.assumed, self._rows.stopped = {}, frozenset()
        self._repaint()
        self.show_hints()

    def action_back(self) -> None:
        """From what was asked for to the tree; then as on every screen."""
        if self._headline or self._what_if.active:
            self._forget()
        elif self._roots:
            self._come_back()
        else:
            super().action_back()

    # Being asked

    def obey(self, command: Go) -> None:
        """The way to an object; or what follows ``:tree``: a cluster, an object, else a filter."""
        if command.ref is not None:
            self._show_object(command.ref)
        elif command.filter:
            self._show_text(command.filter)

    def _show_object(self, ref: Ref) -> None:
        """Unfold the way to an object, now or as soon as it is drawn."""
        if self.desk.scope and ref[0] not in self.desk.scope:
            self.desk.scope |= {ref[0]}
        if self._roots:
            self._come_back()
        self.desk.filters[self.tab] = ""
        self._headline, self._asked = (), Asked(ref=ref)
        self._growth.outdated(at_once=True)

    def stand_at(self, place: Place) -> None:
        """The way to where the cursor stood is unfolded as soon as it is drawn."""
        if self._roots:
            self._come_back()
        if place.cursor is not None:
            self._asked = Asked(ref=place.cursor, quietly=True)
            self._placed = True
        self.catch_up()

    def _show_text(self, text: str) -> None:
        if self._roots:
            self._come_back()
        if text in self.desk.fleet.clusters or text in {context.name for context in self.desk.contexts}:
            self.desk.scope = frozenset({text})
        else:
            self._asked = Asked(text=text)
        self._growth.outdated(at_once=True)

    def answer(self) -> None:
        """Show what was asked for, once it can be known whether it is there."""
        asked, loading = self._asked, self.desk.report is None or self.desk.report.loading
        if not asked or self._roots:
            return
        if asked.text:
            found = asked_for(self._forest, asked.text)
            if (not found and not loading) or asked.is_filter:
                self._asked = Asked()
                self.desk.filters[self.tab] = asked.text
                self._outline.filter(self._accepted(self._forest, asked.text))
                return
            asked.ref = found
        if asked.ref is None:
            return
        if asked.ref in self._forest.numbers:
            self._asked = Asked()
            self._go_to(asked.ref)
        elif asked.quietly:
            self._asked = Asked()
        elif self._growth.view is View.SOURCES:
            self._growth.view = View.DEPENDENCIES
            self._growth.outdated(at_once=True)
        elif not loading:
            self._asked = Asked()
            self.notify("it is not part of this tree", title="tree", severity="warning", markup=False)
