"""The journal: every action that was begun from this machine, the latest first, with its patch and its result."""

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import ClassVar

import msgspec
from textual.binding import BindingType

from fluxtui import keymap
from fluxtui.actions.journal import UNKNOWN, Action, before, moment, reading
from fluxtui.actions.run import Stage
from fluxtui.actions.verbs import WORDS, Verb
from fluxtui.kinds.ages import ago, exact
from fluxtui.kinds.record import Record, split_id
from fluxtui.kinds.status import Status
from fluxtui.screens.act_rows import FAILED, STAGES
from fluxtui.screens.acting import Acting, journal_path
from fluxtui.screens.desk import Desk
from fluxtui.screens.details import named
from fluxtui.screens.roster import Accept, RosterScreen
from fluxtui.screens.telling import NoticeText
from fluxtui.store.row import Row
from fluxtui.widgets.factsheet import Fact
from fluxtui.widgets.table_columns import ESSENTIAL, TableColumn
from fluxtui.widgets.table_source import Cell, Span

LOOK = 0.5
"""Seconds between two looks at the files."""
UNDER_WAY = "under way"
SHORT = {Verb.WITH_SOURCE.value: "with source", Verb.RESTART.value: "restart"}
"""Verbs whose titles are too long for the list."""


class Kept(msgspec.Struct, frozen=True):
    """What is on record, the latest first; ``trouble`` is why it cannot be read."""

    actions: tuple[Action, ...] = ()
    trouble: str = ""


class JournalScreen(RosterScreen[Kept, Action]):
    """One line for each request that was sent."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.ROSTER]
    tab = "journal"
    columns = (
        TableColumn("when", "AGO", 5, align="right", priority=90, sortable=False),
        TableColumn("result", "RESULT", 12, priority=ESSENTIAL, sortable=False),
        TableColumn("action", "ACTION", 11, priority=95, sortable=False),
        TableColumn("object", "OBJECT", 38, 34, 60, flex=2, priority=ESSENTIAL, sortable=False, cut="middle"),
        TableColumn("cluster", "CLUSTER", 12, 9, 24, flex=1, priority=85, sortable=False),
        TableColumn("user", "WHO", 8, 6, 16, priority=60, sortable=False),
        TableColumn("message", "WHAT CAME OF IT", 30, 24, 200, flex=3, priority=20, sortable=False),
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._path = journal_path(desk)
        self._read: tuple[object, Kept] = ((), Kept())

    def on_mount(self) -> None:
        """What is written is seen soon, also what other programs write."""
        super().on_mount()
        self.set_interval(LOOK, self._look)

    def _look(self) -> None:
        if self.in_sight and self._prints() != self._read[0]:
            self._reporting.wake()

    def _prints(self) -> tuple[tuple[int, int] | None, ...]:
        """By what one sees that the files are others."""
        return tuple(_print(path) for path in (before(self._path), self._path))

    def steps(self) -> Generator[None, None, Kept]:
        """What the files hold; read again only when they are others."""
        prints = self._prints()
        if prints != self._read[0]:
            try:
                actions = yield from reading(self._path)
                kept = Kept(tuple(reversed(actions)))
            except OSError as error:
                kept = Kept(trouble=f"{self._path} cannot be read: {error.strerror or error}")
            self._read = (prints, kept)
        return self._read[1]

    def lines_of(self, report: Kept) -> Sequence[Action]:
        """The latest first."""
        return report.actions

    def key_of(self, line: Action) -> str:
        """The id of the request."""
        return line.asked.id

    def cells_of(self, line: Action) -> Sequence[Cell]:
        """When, what came of it, what, to what, where, by whom."""
        asked = line.asked
        kind, namespace, name = split_id(asked.object)
        place = f"{namespace}/" if namespace else ""
        result = self._result(line)
        glyph, style = look_of(result)
        return [
            (ago(int(moment(asked.time)), self.desk.now()), "muted"),
            [(f"{glyph} ", style), (result, style)],
            SHORT.get(asked.action) or title_of(asked.action),
            [(f"{kind} ", "muted"), (place, ""), (name, "strong")],
            asked.cluster,
            (asked.user, "muted"),
            line.message,
        ]

    def _result(self, line: Action) -> str:
        """Its result; without one it is under way, or was when the program ended."""
        if line.result != UNKNOWN:
            return line.result
        acting = self.desk.acting
        going = acting.undertakings.tokens if isinstance(acting, Acting) else frozenset[str]()
        return UNDER_WAY if any(line.asked.id.startswith(f"{token}.") for token in going) else UNKNOWN

    def passes(self, line: Action, accept: Accept) -> bool:
        """By the object as it is held, or else by its name and place."""
        asked = line.asked
        row = self.desk.store.row(asked.cluster, asked.object)
        return accept(row if row is not None else stand_in(line))

    def verdict(self, report: Kept, shown: Sequence[Action]) -> list[Span]:
        """How many, and how many of them did not go well."""
        if report.trouble:
            return [(" ✖ ", "status-failed"), (report.trouble, "strong")]
        bad = sum(self._result(line) not in (Stage.DONE.value, UNDER_WAY) for line in report.actions)
        words = f"{len(report.actions)} requests on record" + (f", {bad} of them did not go well" if bad else "")
        return [(" ≡ ", "info"), (words, "strong"), (f" · {self._path}", "muted")]

    def title_of(self, line: Action) -> list[Span]:
        """What, to what, where."""
        asked = line.asked
        words: list[Span] = [(f"{title_of(asked.action)} ", "accent"), (named(asked.object), "title")]
        return [*words, (f" · {asked.cluster}", "muted")]

    def facts_of(self, line: Action) -> list[Fact]:
        """Everything that is on record of one request."""
        asked, result = line.asked, self._result(line)
        facts = [
            Fact("result", [(f"{look_of(result)[0]} {result}", look_of(result)[1])], 1),
            *([Fact("", [(line.message, "")], 6)] if line.message else []),
            Fact("sent", [(exact(int(moment(asked.time))), ""), *_took(line)], 1),
            Fact(
                "by", [(asked.user or "not known", ""), (f"  as {asked.identity}" if asked.identity else "", "muted")]
            ),
            Fact("to", [(asked.server or asked.cluster, "")], 2),
            *([Fact("why", [(asked.why, "")], 3)] if asked.why else []),
            Fact("request", [(asked.request, "")], 3),
        ]
        if asked.patch is not None:
            facts.append(Fact("body", [(msgspec.json.encode(asked.patch).decode(), "muted")], 8))
        return facts

    def object_of(self, line: Action) -> tuple[str, str]:
        """The object that it was done to."""
        return line.asked.cluster, line.asked.object

    def nothing(self, report: Kept | None) -> NoticeText:
        """Nothing was done yet, or it cannot be read."""
        if report is not None and report.trouble:
            return "error", "the journal cannot be read", [report.trouble], [("1", "triage")]
        if report is None:
            return "loading", "the journal is being read", [], []
        about = "What is done with R from this machine is written down here: when, by whom, to what, and how it ended."
        return "empty", "nothing was done yet", [about, str(self._path)], [("1", "triage"), ("4", "resources")]


def _print(path: Path) -> tuple[int, int] | None:
    try:
        told = path.stat()
    except OSError:
        return None
    return told.st_mtime_ns, told.st_size


def _took(line: Action) -> list[Span]:
    if not line.ended:
        return []
    return [(f"  took {max(0.0, moment(line.ended) - moment(line.asked.time)):.1f} s", "muted")]


def look_of(result: str) -> tuple[str, str]:
    """Glyph and style of a result."""
    if result == UNDER_WAY:
        return STAGES[Stage.WAITING]
    if result == UNKNOWN:
        return "?", "warning"
    try:
        return STAGES.get(Stage(result), FAILED)
    except ValueError:
        return FAILED


def title_of(action: str) -> str:
    """How a verb is told; what another version wrote as it wrote it."""
    try:
        return WORDS[Verb(action)].title
    except ValueError:
        return action


def stand_in(line: Action) -> Row:
    """A row for an object that is not held, so that the filter has its kind, name and place."""
    kind, namespace, name = split_id(line.asked.object)
    record = Record(id=line.asked.object, kind=kind, namespace=namespace, name=name)
    return Row(line.asked.cluster, record, Status.UNKNOWN, line.result, line.message, 0)
