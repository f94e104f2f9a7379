"""The palette: everything that can be done or gone to from here, found by a few letters of its name.

What there is little of (actions, commands, contexts, bookmarks) is matched at once at each key; objects are searched in
slices between which keys are heard, and appear as they are found.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from fluxtui.insight.matching import Tier, fit, words_of
from fluxtui.insight.names import FAILING, Hit, Key, Search
from fluxtui.kinds.record import split_id
from fluxtui.screens.desk import STATUS_STYLES, Desk
from fluxtui.screens.ending import Ending
from fluxtui.screens.slices import sliced
from fluxtui.widgets.choices import Choice, Choices
from fluxtui.widgets.flowline import FlowLine
from fluxtui.widgets.keyhints import KeyHint, KeyHints
from fluxtui.widgets.table_source import Span

PARTLY = 0.02
"""Seconds after which what has been found so far is shown."""
FEW = 12
"""So many of a sort are shown at most, objects aside."""


@dataclass(frozen=True)
class Entry:
    """Something that can be chosen: its sort, what it is called, what is told of it, and what it does.

    `beside` are more words that find it.
    """

    sort: str
    title: str
    about: str
    run: Callable[[], object]
    beside: str = ""
    first: bool = False
    """Whether it stands there before anything is typed."""


class PaletteScreen(Ending, ModalScreen[Callable[[], object]]):
    """Ends with what is to be run, or with nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+p", "dismiss", "Close", show=False),
        Binding("up,shift+tab", "move(-1)", "Up", show=False, priority=True),
        Binding("down,tab", "move(1)", "Down", show=False, priority=True),
        Binding("pageup", "page(-1)", "Page up", show=False, priority=True),
        Binding("pagedown", "page(1)", "Page down", show=False, priority=True),
    ]

    def __init__(
        self, desk: Desk, entries: Iterable[Entry], visited: Sequence[Key], open_object: Callable[[Key], object]
    ) -> None:
        """`visited` are the objects that were seen lately, the latest first."""
        super().__init__()
        self._desk = desk
        self._entries = [(entry, entry.title.lower(), f"{entry.beside} {entry.sort}".lower()) for entry in entries]
        self._visited: Mapping[Key, int] = {key: number for number, key in enumerate(visited)}
        self._open_object = open_object
        self._runs: dict[object, Callable[[], object]] = {}
        self._query = ""
        """What is shown is of this text."""
        self._ending = False
        self._grown = asyncio.Event()

    def compose(self) -> ComposeResult:
        """A text field, the choices, how many there are, and the keys."""
        with Vertical(id="palette"):
            yield Input(placeholder="an object, a command, an action…", compact=True, id="query")
            yield Choices(id="choices")
            yield FlowLine(id="found")
            yield KeyHints(
                [
                    KeyHint("⏎", "go", 90, "enter"),
                    KeyHint("↑ ↓", "choose", 80, "down"),
                    KeyHint("esc", "close", 70, "escape"),
                ]
            )

    def on_mount(self) -> None:
        """What is likely wanted, and the index of names, in the background."""
        self.query_one("#query", Input).focus()
        self._show("", [])
        self.run_worker(self._grow(), name="names", group="names")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Another text: what was searched for is searched for no more."""
        event.stop()
        if not self._ending:
            self._look(event.value)

    def _look(self, query: str) -> None:
        self.run_worker(self._search(query), name="search", group="search", exclusive=True)

    async def _grow(self) -> None:
        """Have every name; what was searched for meanwhile is searched for once more."""
        names = self._desk.names
        await sliced(names.grow())
        self._grown.set()
        if not self._ending:
            self._look(self.query_one("#query", Input).value)

    async def _search(self, query: str) -> None:
        """Show entries at once; objects early, as far as they are found, and when all are."""
        search = Search(self._desk.names, self._desk.store, query, self._visited)
        started, shown = time.perf_counter(), False

        def partly() -> None:
            nonlocal shown
            if not shown and time.perf_counter() - started > PARTLY:
                self._show(query, search.hits, searching=True, anew=self._query != query)
                shown, self._query = True, query

        await sliced(search.steps(), partly)
        self._show(query, search.hits, more=search.more, anew=self._query != query)
        self._query = query

    # What it shows

    def _show(
        self, query: str, hits: Sequence[Hit], *, searching: bool = False, more: bool = False, anew: bool = False
    ) -> None:
        self._runs.clear()
        words = words_of(query)
        found = self._before(words) if not words else self._found(words, hits)
        choices = self.query_one("#choices", Choices)
        choices.show(found, anew=anew)
        self.query_one("#found", FlowLine).show(self._told(words, len(hits), searching=searching, more=more))

    def _told(self, words: Sequence[str], count: int, *, searching: bool, more: bool) -> list[Span]:
        known = len(self._desk.names)
        told: list[Span] = [(f" {known:,} objects", "muted")]
        if words and not searching:
            told = [(f" {count}{' or more' if more else ''} of {known:,} objects", "muted")]
            told += [(" · the best fits stand first: more letters find the others", "muted")] if more else []
            told += [(" · nothing fits", "warning")] if not len(self.query_one("#choices", Choices)) else []
        return [*told, (" · searching", "info")] if searching or not self._desk.names.grown else told

    def _before(self, words: Sequence[str]) -> list[Choice]:
        """Before anything is typed: actions on what is selected, what was seen lately, bookmarks, screens."""
        first = [self._choice(entry) for entry, _, _ in self._entries if entry.first]
        rows = [row for key in self._visited if (row := self._desk.store.row(*key)) is not None]
        rest = [self._choice(entry) for entry, _, _ in self._entries if not entry.first]
        return [*first, *(self._object(Hit(Tier.EXACT, row)) for row in rows[:FEW]), *rest]

    def _found(self, words: Sequence[str], hits: Sequence[Hit]) -> list[Choice]:
        """Entries and objects by how well they fit. As good a fit is a command before it is an object."""
        ranked: list[tuple[tuple[int, bool, int, int], Choice]] = []
        counts: dict[str, int] = {}
        for entry, title, beside in self._entries:
            tier = fit(title.lstrip(":"), beside, words)
            if tier is not None:
                ranked.append(((tier, False, len(title), len(ranked)), self._choice(entry)))
        ranked.sort(key=lambda pair: pair[0])
        kept: list[tuple[tuple[int, bool, int, int], Choice]] = []
        for rank, choice in ranked:
            counts[choice.sort] = counts.get(choice.sort, 0) + 1
            if counts[choice.sort] <= FEW:
                kept.append((rank, choice))
        objects = [((hit.tier, True, 0, number), self._object(hit)) for number, hit in enumerate(hits)]
        return [choice for _, choice in sorted([*kept, *objects], key=lambda pair: pair[0])]

    def _choice(self, entry: Entry) -> Choice:
        key = entry.sort, entry.title
        self._runs[key] = entry.run
        return Choice(key, entry.sort, [(entry.title, "strong")], [(entry.about, "muted")])

    def _object(self, hit: Hit) -> Choice:
        row = hit.row
        self._runs[row.key] = partial(self._open_object, row.key)
        kind, namespace, name = split_id(row.record.id)
        style = STATUS_STYLES[row.status]
        title: list[Span] = [(f"{row.status.glyph} ", style), (f"{kind} ", "muted")]
        title += [(f"{namespace}/" if namespace else "", ""), (name, "strong")]
        about: list[Span] = [(row.cluster, "muted")]
        if row.status in FAILING:
            about.append((f"  {row.reason or row.status.word}", style))
        return Choice(row.key, "object", title, about)

    # Keys

    def action_move(self, step: int) -> None:
        """Another line."""
        self.query_one("#choices", Choices).move(step)

    def action_page(self, step: int) -> None:
        """As many lines as are seen."""
        choices = self.query_one("#choices", Choices)
        choices.move(step * choices.page)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter: what is chosen. Letters that came in a burst before it are searched for first."""
        event.stop()
        if not self._ending:
            self._ending = True
            self.run_worker(self._take(event.value), name="take", group="search", exclusive=True)

    async def _take(self, query: str) -> None:
        await self._grown.wait()
        if self._query != query:
            await self._search(query)
        chosen = self.query_one("#choices", Choices).chosen
        self._ending = chosen is not None
        if chosen is not None:
            self._end(chosen.key)

    def on_choices_picked(self, event: Choices.Picked) -> None:
        """A click."""
        self._end(event.key)

    def _end(self, key: object) -> None:
        run = self._runs.get(key)
        if run is not None:
            self.dismiss(run)
