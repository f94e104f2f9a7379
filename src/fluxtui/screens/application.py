"""Application: everything that one or several Flux objects deploy, as a live tree, unhealthy branches unfolded.

Flux objects and their statuses follow the store. Everything else is asked for in rounds, cluster by cluster, while the
screen is seen.
"""

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from fluxtui import keymap
from fluxtui.insight.application import NOT_WANTED, Application, Held, owners, plant
from fluxtui.insight.application_roots import AppError, named, roots_of
from fluxtui.insight.application_words import sentence
from fluxtui.insight.application_words import title as title_of
from fluxtui.insight.forest import CLUSTER, UNSEEN, Forest, Ref, View
from fluxtui.insight.link import link_to
from fluxtui.insight.outline import Fold, Outline
from fluxtui.insight.place import Place
from fluxtui.insight.usage import Usage, share_words
from fluxtui.kinds.ages import ago
from fluxtui.kinds.record import Record
from fluxtui.kinds.status import Status
from fluxtui.kube.estate import Estate
from fluxtui.screens.application_rows import NARROW, ApplicationRows, columns
from fluxtui.screens.base import COMMON_HINTS, Opened
from fluxtui.screens.commands import Go
from fluxtui.screens.desk import STATUS_STYLES, Desk
from fluxtui.screens.folding import FoldingScreen, TreeTable
from fluxtui.screens.rounds import Rounds
from fluxtui.screens.slices import in_slices
from fluxtui.screens.tree_words import coverage
from fluxtui.store.changes import Batch
from fluxtui.store.row import Row
from fluxtui.widgets.flowline import FlowLine
from fluxtui.widgets.keyhints import KeyHint
from fluxtui.widgets.notice import Notice, Tone
from fluxtui.widgets.table_source import Span

PATIENCE = 0.4
"""Seconds within which several answers are shown at once."""
AT_ONCE = 0.03
"""The same for the first answers of all."""
TONES = {
    "title": "title",
    "strong": "strong",
    "good": STATUS_STYLES[Status.READY],
    "bad": STATUS_STYLES[Status.FAILED],
    "warning": "warning",
    "muted": "muted",
}


class ApplicationScreen(FoldingScreen):
    """One application at a time; `show` changes which."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.APPLICATION]
    tab = "app"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._roots: tuple[Ref, ...] = ()
        self._words = ""
        """What was asked for by name and is not found yet."""
        self._app = Application()
        self._outline = Outline(Forest(View.OWNERSHIP))
        self._rows = ApplicationRows(desk, self._outline)
        self._estates: dict[str, Estate] = {}
        self._rounds: dict[str, Rounds] = {}
        self._said: set[Ref] = set()
        """What was unfolded: what it applies is asked for, however much there is."""
        self._planting = False
        self._planted = False
        self._measured = False

    def compose_body(self) -> ComposeResult:
        """The sentence that says the answer, the tree, the whole of what its selected line has to say."""
        yield FlowLine(lines=3, indent=1, id="title")
        yield TreeTable(columns(narrow=True, measured=False), id="table")
        yield Notice(id="notice")
        yield FlowLine(lines=3, indent=1, id="why")

    # Which application

    def obey(self, command: Go) -> None:
        """Show what was asked for: objects, or the names that were typed."""
        if command.refs:
            self.show(roots_of(self.desk.store, command.refs) or command.refs)
        elif command.filter:
            self.show((), command.filter)

    def show(self, roots: Sequence[Ref], words: str = "") -> None:
        """Show another application, by its objects, or by their names as soon as the clusters have told of them."""
        self._roots, self._words = tuple(roots), words
        self._said.clear()
        self._estates.clear()
        self._rounds.clear()
        self.desk.filters[self.tab] = ""
        self._planted = False
        self._find()
        self._outline = self._rows.outline = Outline(Forest(View.OWNERSHIP))
        self._app = self._rows.app = Application()
        if self.is_mounted:
            self._table.reset_cursor()
            self._begin()

    def _find(self) -> None:
        """What the words mean, if that can be told by now."""
        if self._words and not self._roots:
            try:
                self._roots = tuple(named(self.desk.store, self.desk.clusters(), self._words))
            except AppError:
                return

    def place(self) -> Place:
        """The objects that it is made of stand where a list has its kind."""
        links = " ".join(link_to(*root) for root in self._roots) or self._words
        return Place(screen=self.tab, kind=links, filter=self.desk.filters.get(self.tab, ""), cursor=self.chosen())

    def stand_at(self, place: Place) -> None:
        """The application of a place."""
        if place.kind and place.kind != self.place().kind:
            self.show((), place.kind)
        self.desk.filters[self.tab] = place.filter
        super().stand_at(place)

    # When it asks

    def on_mount(self) -> None:
        """The first application begins."""
        super().on_mount()
        self._begin()

    def _begin(self) -> None:
        """One round after the other for every cluster, each by itself: a slow one delays no other."""
        self.workers.cancel_group(self, "rounds")
        for cluster in dict.fromkeys(cluster for cluster, _ in self._roots):
            watched = self.desk.fleet.clusters.get(cluster)
            if watched is not None:
                estate = self._estates[cluster] = Estate(watched, self.desk.store, self.desk.now, self._soon)
                rounds = self._rounds[cluster] = Rounds(partial(self._is_seen, estate), estate.round)
                self._want()
                self.run_worker(rounds.run(), name=cluster, group="rounds", exit_on_error=True)
        self._soon()

    def _is_seen(self, estate: Estate) -> bool:
        """Whether somebody looks, and the cluster has not been left meanwhile."""
        return self.in_sight and self.desk.fleet.clusters.get(estate.cluster.name) is estate.cluster

    def _want(self) -> None:
        """Which Flux objects are asked for; more of them are asked for at once."""
        every = owners(self.desk.store, self._roots)
        for cluster, estate in self._estates.items():
            mine = [identity for name, identity in every if name == cluster]
            said = [identity for name, identity in self._said if name == cluster]
            if estate.want(mine, said):
                self._rounds[cluster].due()

    def catch_up(self) -> None:
        """Seen again."""
        for rounds in self._rounds.values():
            rounds.back()
        self.rest_on(self._table)
        self._soon()
        self._show()

    def follow(self, batch: Batch) -> None:
        """What is drawn, or may become part of it, has changed."""
        if self._words and not self._roots:
            self._find()
            if self._roots:
                self._begin()
            else:
                self._show()
            return
        drawn, clusters = self._app.forest.numbers, set(self._estates)
        owner = (change.after.record.owner for change in batch.changes if change.after is not None)
        if any((change.cluster, change.id) in drawn for change in batch.changes) or any(
            (cluster, name) in drawn for cluster in clusters for name in owner
        ):
            self._want()
            self._soon()
        elif any(cluster in clusters for cluster, _ in batch.states):
            self._table.refresh_all()
            self._show()

    def tick(self) -> None:
        """Ages."""
        self._table.refresh_all()
        self._show()
        self.show_hints()

    # What it shows

    def _soon(self) -> None:
        """Make the tree anew, once for all that comes within a moment."""
        if not self._planting and self.is_mounted:
            self._planting = True
            self.set_timer(PATIENCE if self._planted else AT_ONCE, self._plant)

    async def _plant(self) -> None:
        self._planting = False
        if not self.in_sight:
            return
        roots = self._roots
        usages: dict[Ref, Usage] = {
            (name, pod): used for name, estate in self._estates.items() for pod, used in estate.usages().items()
        }
        app = await in_slices(plant(self.desk.store, roots, self._held, usages, self.desk.now()))
        if not self.is_mounted or roots != self._roots:
            return
        self._app = self._rows.app = app
        self._rows.clusters = len({cluster for cluster, _ in roots}) > 1
        self._outline.plant(app.forest, self._accepted(self.desk.filters.get(self.tab, "")))
        if not self._planted and len(app.lines):
            self._planted = True
            self._open_tops()
        self._arrange()
        self._repaint()

    def _held(self, ref: Ref) -> Held:
        estate = self._estates.get(ref[0])
        return estate.held(ref[1]) if estate is not None else NOT_WANTED

    def _open_tops(self) -> None:
        """What is healthy shows one level: one line for an application is no answer."""
        for top in self._outline.forest.tops:
            if not self._outline.forest.troubled(top):
                self._outline.set_fold(top, Fold.OPEN)

    def on_resize(self) -> None:
        """Reasons beside the tree or below it."""
        self._arrange()
        self._show()

    def _arrange(self) -> None:
        self._measured = any(line.share.pods for line in self._app.lines)
        self._rows.narrow = self.size.width < NARROW
        wanted = columns(narrow=self._rows.narrow, measured=self._measured)
        shown = frozenset(column.id for column in wanted)
        if shown != self._rows.shown or self._table.source is not self._rows:
            self._rows.shown = shown
            self._table.set_source(self._rows, wanted)

    def _repaint(self) -> None:
        """Lines came or went."""
        self._table.refresh_all()
        self._show()
        self.show_hints()

    def _unfolded(self) -> None:
        """What an unfolded Flux object applies is asked for."""
        forest, folds = self._outline.forest, self._outline
        said = {forest.keys[node] for node in forest.children if folds.fold_of(node) is Fold.OPEN}
        if not said <= self._said:
            self._said |= said
            self._want()

    def on_virtual_table_highlighted(self, event: TreeTable.Highlighted) -> None:
        """Another line: what it has to say."""
        self._show_why()

    def _show(self) -> None:
        empty = not len(self._outline)
        notice = self.query_one("#notice", Notice)
        self._table.display = not empty
        self.query_one("#title").display = self.query_one("#why").display = not empty
        if notice.display != empty:
            notice.display = empty
            self.show_hints()
        if empty:
            tone, headline, lines, keys = self._nothing()
            notice.show(tone, headline, lines, keys)
            return
        told: list[Span] = [(words, TONES.get(tone, tone)) for words, tone in sentence(self._app, self._roots)]
        self.query_one("#title", FlowLine).show([(" ", ""), *told, *self._limits()])
        self._show_why()

    def _limits(self) -> list[Span]:
        """What hides something, and what cannot be seen."""
        spans: list[Span] = []
        text = self.desk.filters.get(self.tab, "")
        if text.strip():
            spans += [(" · filter ", "muted"), (text, "accent")]
        why = [estate.unmeasured for estate in self._estates.values() if estate.unmeasured]
        if why:
            where = f" ({len(why)} clusters)" if len(why) > 1 else ""
            spans.append((f" · {why[0]}{where}", "muted"))
        mine = {cluster for cluster, _ in self._roots}
        names = tuple(f"{name}/" for name in self.desk.fleet.clusters)
        if not all(word.startswith(names) for word in self._words.split()):
            mine.update(self.desk.clusters())  # asked for wherever it is: who cannot tell may have it too
        return [*spans, *coverage(self.desk, mine)]

    def _nothing(self) -> tuple[Tone, str, list[str], list[tuple[str, str]]]:
        """What stands in place of the tree."""
        if len(self._app.lines):
            filtered = self.desk.filters.get(self.tab, "")
            told = [f"The filter {filtered!r} hides all {len(self._app.lines)} lines."]
            return "empty", "nothing matches", told, [("esc", "clear the filter")]
        if self._words and not self._roots:
            try:
                named(self.desk.store, self.desk.clusters(), self._words)
            except AppError as error:
                loading = not all(cluster.health.contact for cluster in self.desk.fleet.clusters.values())
                tone: Tone = "loading" if loading or not self.desk.fleet.clusters else "empty"
                return tone, "nothing is called so" if tone == "empty" else "looking for it", [str(error)], []
        if self._roots:
            return "loading", f"{title_of(self._roots)} is looked at", [], []
        told = ["T on any object shows what deploys it with all that it deploys; `:app namespace/name` by its name."]
        return "empty", "no application is chosen", told, [("4", "resources"), ("ctrl+p", "find one")]

    def _show_why(self) -> None:
        why = self.query_one("#why", FlowLine)
        index = self._table.cursor_index
        if not 0 <= index < len(self._outline):
            why.show([])
            return
        node = self._outline.node(index)
        line = self._app.of(node)
        glyph, style = self._rows.look(node)
        name = f"{line.namespace}/{line.name}" if line.namespace else line.name
        spans: list[Span] = [(f" {glyph} ", style), (f"{line.kind} {name}".strip(), "strong")]
        spans.append((f"  {line.why}" if line.why else f"  {line.word or 'unfold it'}", "" if line.why else "muted"))
        if line.restarts:
            spans.append((f"; {line.restarts:,} restart{'s' if line.restarts > 1 else ''}", "warning"))
        if line.share.pods:
            spans.append((f" · {share_words(line.share)}", "muted"))
        held = self._held((line.cluster, line.identity))
        if held.told:
            spans.append((f" · {held.told}", "warning"))
        why.show(spans)

    # Filter

    def filter_changed(self, text: str, *, final: bool) -> str:
        """What passes, with all that is above it."""
        if text.strip():
            from fluxtui.insight.filter import compile as compile_filter

            problems = compile_filter(text, self.desk.now(), store=self.desk.store).problems
            if problems:
                return str(problems[0])
        self.desk.filters[self.tab] = text
        self._outline.filter(self._accepted(text))
        self._repaint()
        return ""

    def _accepted(self, text: str) -> list[int] | None:
        if not text.strip():
            return None
        from fluxtui.insight.filter import compile as compile_filter

        accept = compile_filter(text, self.desk.now(), store=self.desk.store)
        every = ((node, self._row(node)) for node in range(len(self._app.lines)))
        return [node for node, row in every if row is not None and accept(row)]

    def _row(self, node: int) -> Row | None:
        """What a filter judges of a line: the row of a Flux object, else what is known of the object."""
        line, status = self._app.of(node), self._app.forest.status[node]
        if not line.identity:
            return None
        known = Status(status) if status < len(Status) else Status.FAILED if line.word == "missing" else Status.UNKNOWN
        record = Record(kind=line.kind, id=line.identity, namespace=line.namespace, name=line.name, created=line.since)
        row = Row(line.cluster, record, known, line.word, line.why, line.since)
        return self.desk.store.row(line.cluster, line.identity) or row

    # Keys

    def chosen(self) -> Ref | None:
        """The object of the line under the cursor; None for a line that is none."""
        index = self._table.cursor_index if len(self._outline) else -1
        if not 0 <= index < len(self._outline):
            return None
        line = self._app.of(self._outline.node(index))
        return (line.cluster, line.identity) if line.identity else None

    def on_virtual_table_selected(self, event: TreeTable.Selected) -> None:
        """Open the page of an object, whatever its kind; fold what is none."""
        chosen = self.chosen()
        if chosen is None or self._outline.line(self._table.cursor_index) < 0:
            self.action_fold()
        else:
            self.post_message(Opened(*chosen))

    def action_reset(self) -> None:
        """As it opened: what is healthy folded."""
        self._outline.reset()
        self._open_tops()
        self._repaint()

    def action_logs(self) -> None:
        """The logs of the object under the cursor."""
        chosen = self.chosen()
        if chosen is not None:
            self.post_message(Opened(*chosen, "logs"))

    def action_again(self) -> None:
        """Ask again, now."""
        for rounds in self._rounds.values():
            rounds.due()

    def action_trouble(self, step: int) -> None:
        """The next line that is not well, round at the end."""
        forest, here = self._outline.forest, self._table.cursor_index
        bad = [
            place
            for place in range(len(self._outline))
            if (node := self._outline.line(place)) >= 0
            and (forest.status[node] not in (Status.READY, CLUSTER, UNSEEN) or node in forest.causes)
        ]
        if not bad:
            self.notify("everything that is drawn is well", markup=False, timeout=2)
            return
        after = [place for place in bad if (place > here if step > 0 else place < here)]
        self._table.move_cursor((after or bad)[0 if step > 0 else -1])

    def action_back(self) -> None:
        """Clear the filter, else back to where one came from."""
        if self.desk.filters.get(self.tab) or len(self.app.screen_stack) > 1:
            super().action_back()
        else:
            self.app.call_later(self.app.run_action, "step(-1)")

    def hints(self) -> Sequence[KeyHint]:
        """Keys of the tree."""
        back = KeyHint("esc", "back", 95, "escape")
        if not len(self._outline):
            return (back, *COMMON_HINTS)
        return (
            back,
            KeyHint("⏎", "open", 90, "enter"),
            KeyHint("space", "fold", 80),
            KeyHint("n", "next trouble", 74),
            KeyHint("l", "logs", 68),
            *COMMON_HINTS,
            KeyHint("y", "YAML", 35),
            KeyHint("r", "ask again", 32),
            KeyHint("E C", "unfold all, default", 30, "E"),
        )

    def note(self) -> Sequence[Span]:
        """How old what was asked for is: the oldest of all clusters."""
        looked = [estate.looked for estate in self._estates.values()]
        if not looked or not all(looked):
            return [("asking…", "muted")] if self._roots else []
        return [(f"asked {ago(min(looked), self.desk.now())} ago", "muted")]
