"""Readiness: may these policies be enforced, and who breaks if they are?

Policies that only watch are chosen with space; the answer stands at the top, and below the policies what would be
denied, by tenant and by who delivers it. Nothing is changed by any of it.
"""

from collections.abc import Generator, Sequence
from datetime import UTC, datetime
from typing import ClassVar

import msgspec
from textual.binding import BindingType

from fluxtui import keymap
from fluxtui.insight.place import Place
from fluxtui.insight.policy.model import Picture
from fluxtui.insight.policy.readiness import candidates, readiness, resolve
from fluxtui.insight.policy.readiness_model import Candidate, Confidence, Denied, Readiness, When, moments, verdict
from fluxtui.kinds.policy.table import page_id
from fluxtui.kinds.record import Record, object_id
from fluxtui.kinds.served import ServedKind
from fluxtui.kinds.status import Status
from fluxtui.screens import readiness_rows as rows
from fluxtui.screens.commands import Go
from fluxtui.screens.desk import STATUS_STYLES, Desk, joined
from fluxtui.screens.readiness_rows import Board, Line, OfOwner, OfTenant
from fluxtui.screens.roster import Accept, RosterScreen
from fluxtui.screens.telling import NoticeText
from fluxtui.screens.tree_words import plural
from fluxtui.store.row import Row
from fluxtui.store.state import Phase
from fluxtui.widgets.factsheet import Fact
from fluxtui.widgets.keyhints import KeyHint
from fluxtui.widgets.table_source import Cell, Span
from fluxtui.widgets.virtual_table import VirtualTable

LOST = {Phase.FORBIDDEN: "may not be listed", Phase.UNREACHABLE: "unreachable", Phase.LOGIN: "login needed"}


class ChoiceTable(VirtualTable):
    """A list whose lines are chosen, not marked."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.READINESS_LIST]
    markable = False


class ReadinessScreen(RosterScreen[Board, Line]):
    """The policies to choose from, and what enforcing those that are chosen would deny."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.ROSTER, *keymap.READINESS]
    tab = "readiness"
    columns = rows.COLUMNS
    table_type = ChoiceTable

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._chosen: tuple[str, ...] = ()
        self._asked: tuple[str, ...] = ()
        """Names that a command gave, until the policies are known."""
        self._answer = False
        """Whether the policies that are not chosen are left out."""

    # What is chosen

    def on_mount(self) -> None:
        """A new picture makes the answer due."""
        super().on_mount()
        self.desk.guard.listeners.append(self._told)

    def on_unmount(self) -> None:
        """Nobody looks any more."""
        if self._told in self.desk.guard.listeners:
            self.desk.guard.listeners.remove(self._told)

    def _told(self, picture: Picture) -> None:
        del picture
        self._reporting.wake()

    def obey(self, command: Go) -> None:
        """The policies that a command names, or that somebody chose elsewhere (their ids in `refs`)."""
        if command.refs:
            self._choose(tuple(dict.fromkeys(identity for _, identity in command.refs)))
        elif command.filter is not None:
            self._asked = tuple(command.filter.split())
            self._reporting.wake()

    def _choose(self, chosen: tuple[str, ...]) -> None:
        self._chosen = chosen
        self._reporting.wake()

    def place(self) -> Place:
        """What is chosen is part of the place."""
        return msgspec.structs.replace(super().place(), asked=" ".join(self._chosen))

    def stand_at(self, place: Place) -> None:
        """What was chosen there."""
        self._choose(tuple(place.asked.split()))
        super().stand_at(place)

    def action_choose(self) -> None:
        """Choose the policy under the cursor, or not any more."""
        line = self.line()
        if isinstance(line, Candidate):
            without = tuple(each for each in self._chosen if each != line.id)
            self._choose(without if len(without) < len(self._chosen) else (*self._chosen, line.id))

    def action_none(self) -> None:
        """Choose nothing."""
        self._choose(())

    def action_answer(self) -> None:
        """The answer right below what is chosen, or the other policies again."""
        self._answer = not self._answer
        if self.report is not None:
            self.show_report(self.report)

    # What a roster asks

    def steps(self) -> Generator[None, None, Board]:
        """The candidates of the clusters in scope; of what is chosen, what enforcing it would do."""
        guard = self.desk.guard
        if guard.picture is None:
            return Board()
        picture = within(guard.picture, frozenset(self.desk.clusters()))
        yield
        offered = candidates(picture, guard.store)
        yield
        lost: list[str] = []
        if self._asked:
            found, lost = resolve(self._asked, picture)
            if not lost or picture.complete:
                self._chosen, self._asked = tuple(found), ()
        chosen = tuple(each for each in self._chosen if each)
        board = Board(picture, offered, chosen, tuple(lost))
        if not chosen:
            return board
        found = yield from readiness(picture, self.desk.store, guard.store, chosen, guard.made_by)
        told = yield from rows.results(found)
        return msgspec.structs.replace(board, found=found, results=told)

    def lines_of(self, report: Board) -> Sequence[Line]:
        """The policies; then tenants, owners and objects."""
        return tuple(rows.lines(report, alone=self._answer))

    def key_of(self, line: Line) -> str:
        """What identifies a line."""
        return rows.key_of(line)

    def cells_of(self, line: Line) -> Sequence[Cell]:
        """See `readiness_rows`."""
        return rows.cells(line, self.report.chosen if self.report is not None else ())

    def passes(self, line: Line, accept: Accept) -> bool:
        """By the objects; a policy by its name. What is narrowed to clusters is computed so already."""
        match line:
            case Candidate():
                if accept == self.desk.in_scope:
                    return True
                record = Record(kind=line.kind, id=line.id, name=line.name)
                return any(accept(Row(name, record, Status.UNKNOWN, "", line.title, 0)) for name in line.clusters)
            case OfTenant() | OfOwner():
                return any(accept(_row(each)) for each in line.denied)
            case Denied():
                return accept(_row(line))

    def verdict(self, report: Board, shown: Sequence[Line]) -> list[Span]:
        """The answer in a sentence."""
        if report.picture is None:
            return [(" ◐ ", "info"), ("reading policies and reports", "strong")]
        lost: list[Span] = [(f" · there is no policy {joined(report.lost)}", "error")] if report.lost else []
        found = report.found
        if found is None and not report.candidates:
            how, words = self.nothing(report)[:2]
            return [(" ? " if how == "nodata" else " ", "status-unknown"), (words, "strong"), *lost]
        if found is None:
            fails = sum(each.fails for each in report.candidates)
            words = f"{plural(len(report.candidates), 'policy').replace('policys', 'policies')} only watch"
            words = words.replace("1 policy only watch", "1 policy only watches")
            return [(f" {words}", "strong"), (f", with {fails:,} fails: choose with space what to enforce", ""), *lost]
        glyph, style = _look(found)
        answer, _, sure = verdict(found).rpartition(" (")
        return [(f" {glyph} ", style), (answer, "strong"), (f" ({sure}", rows.SURE[found.confidence]), *lost]

    def above(self) -> list[Span]:
        """When what is denied, and why the answer may be wrong."""
        found = self.report.found if self.report is not None else None
        if found is None:
            return []
        spans: list[Span] = []
        for when, number in moments(found).items():
            if number:
                spans += [(" " if not spans else " · ", "muted"), (f"{number:,} {rows.SOON[when]}", rows.STYLES[when])]
        if found.doubts:
            first = found.doubts[0]
            more = f" and {len(found.doubts) - 1} more" if len(found.doubts) > 1 else ""
            words = f"{f'{first.cluster}: ' if first.cluster else ''}{first.told}{more}"
            spans += [(" " if not spans else " · ", "muted"), (words, "warning")]
        elif told := rows.besides(found):
            spans += [(" " if not spans else " · ", "muted"), (told, "muted")]
        return spans

    def title_of(self, line: Line) -> list[Span]:
        """What it is."""
        return rows.title(line)

    def facts_of(self, line: Line) -> list[Fact]:
        """Of a chosen policy the doubts and what is not reached; of others what would be denied."""
        return rows.facts(line, self.report or Board())

    def object_of(self, line: Line) -> tuple[str, str] | None:
        """The policy, the Flux object or the object that is denied."""
        match line:
            case Candidate():
                return line.clusters[0], page_id(line.id)
            case OfOwner():
                return (line.owner.cluster, line.owner.id) if line.owner.id else None
            case Denied():
                return line.cluster, _identity(line)
            case OfTenant():
                return None

    def nothing(self, report: Board | None) -> NoticeText:
        """No policy only watches; or nothing may be known of it."""
        if report is None or report.picture is None:
            return (
                "loading",
                "reading policies and reports",
                ["What may be enforced is told as soon as they are read."],
                [],
            )
        coverage = report.picture.coverage
        if not all(each.settled for each in coverage):
            return (
                "loading",
                "reading policies",
                [f"{sum(each.settled for each in coverage)} of {len(coverage)} clusters"],
                [],
            )
        lost = [
            f"{each.cluster}: {words}"
            for each in coverage
            for phase, words in LOST.items()
            if any(state.phase is phase for state in each.policies.values())
        ]
        kept = len(report.picture.policies)
        if kept:
            told = [
                f"All {plural(kept, 'policy').replace('policys', 'policies')} deny already, or change and make objects."
            ]
            if lost:
                return (
                    "nodata",
                    "nothing only watches, as far as can be seen",
                    [*told, *lost],
                    [(":engine", "the engine")],
                )
            return "good", "nothing only watches", told, [(":engine", "the engine")]
        if lost:
            return "nodata", "policies cannot be seen", lost, [(":ctx", "how each cluster answers")]
        return (
            "empty",
            "there are no policies",
            ["No cluster in scope has Kyverno's policies."],
            [(":engine", "the engine")],
        )

    # Keys

    def hints(self) -> Sequence[KeyHint]:
        """Choose, export."""
        if not len(self.rows):
            return super().hints()
        chosen = self.report is not None and self.report.found is not None
        keys = [KeyHint("space", "choose", 92)] if isinstance(self.line(), Candidate) else []
        if chosen:
            view = KeyHint("v", "all policies" if self._answer else "answer alone", 88)
            keys += [view, KeyHint("e", "export", 85), KeyHint("u", "choose nothing", 35)]
        return (*keys, *super().hints())

    def action_export(self) -> None:
        """Copy the checklist, or write it into a file."""
        found = self.report.found if self.report is not None else None
        if found is None:
            return
        from fluxtui.insight.policy.readiness_export import readiness_shape
        from fluxtui.notes.policy_text import readiness_text
        from fluxtui.screens.exports import FormatsScreen

        def as_json() -> str:
            return msgspec.json.format(msgspec.json.encode(readiness_shape(found)), indent=2).decode() + "\n"

        formats = {
            "m": ("Markdown, a checklist by tenant", "md", lambda: readiness_text(found)),
            "j": ("JSON", "json", as_json),
        }
        stamp = datetime.fromtimestamp(found.now, UTC).strftime("%Y%m%d-%H%M")
        self.app.push_screen(FormatsScreen("what would be denied", formats, f"readiness-{stamp}"))


def within(picture: Picture, clusters: frozenset[str]) -> Picture:
    """The part of a picture that is of these clusters."""
    if all(each.cluster in clusters for each in picture.coverage):
        return picture
    return msgspec.structs.replace(
        picture,
        violations=tuple([each for each in picture.violations if each.cluster in clusters]),
        checked={key: number for key, number in picture.checked.items() if key[0] in clusters},
        policies={key: record for key, record in picture.policies.items() if key[0] in clusters},
        coverage=tuple([each for each in picture.coverage if each.cluster in clusters]),
    )


def _look(found: Readiness) -> tuple[str, str]:
    if any(each.when is When.NEXT for each in found.denied):
        return Status.FAILED.glyph, STATUS_STYLES[Status.FAILED]
    if found.denied:
        return Status.BLOCKED.glyph, "warning"
    status = Status.READY if found.confidence is Confidence.HIGH else Status.UNKNOWN
    return status.glyph, STATUS_STYLES[status]


def _identity(line: Denied) -> str:
    """Its id as pages are opened by: with the group of a kind that is not watched."""
    kind = ServedKind(line.subject.group, "", "", line.subject.kind).key
    return object_id(kind, line.subject.namespace, line.subject.name)


def _row(line: Denied) -> Row:
    """What is denied, as filters judge it."""
    subject = line.subject
    record = Record(
        kind=subject.kind, id=_identity(line), namespace=subject.namespace, name=subject.name, owner=line.owner.id
    )
    message = " ".join(each.finding.message for each in line.violations)
    return Row(line.cluster, record, Status.FAILED, rows.SOON[line.when], message, 0)
