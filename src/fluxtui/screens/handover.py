"""The handover as it grows: what was noted, in the order in which it is told, and everything that goes with it."""

from collections.abc import Generator, Sequence
from typing import ClassVar

from textual.binding import BindingType

from fluxtui import keymap
from fluxtui.insight.handover import Finding, Handover, picture
from fluxtui.kinds.ages import ago, exact
from fluxtui.kinds.columns import revision
from fluxtui.kinds.record import split_id
from fluxtui.kinds.status import Status
from fluxtui.notes.handover_text import Document, timeline
from fluxtui.screens.desk import STATUS_STYLES, Desk, joined
from fluxtui.screens.details import named
from fluxtui.screens.handing import LineScreen
from fluxtui.screens.roster import Accept, RosterScreen
from fluxtui.screens.telling import NoticeText
from fluxtui.widgets.factsheet import Fact
from fluxtui.widgets.keyhints import KeyHint
from fluxtui.widgets.table_columns import ESSENTIAL, TableColumn
from fluxtui.widgets.table_source import Cell, Span

LOOKS = {status.word: (status.glyph, STATUS_STYLES[status]) for status in Status}


def document(desk: Desk) -> Document:
    """The handover of now: the fleet as it is, and the acknowledgements that count."""
    import msgspec

    notebook, report = desk.notebook, desk.report
    held = msgspec.structs.replace(notebook.handover.document, visits=notebook.handover.visits())
    if report is not None:
        held = msgspec.structs.replace(held, picture=picture(report))
    counting = notebook.counting(report.problems if report is not None else None)
    return Document(held, desk.now(), counting)


class HandoverScreen(RosterScreen[Handover, Finding]):
    """One line for each finding; below it the evidence of when it was noted."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.ROSTER, *keymap.HANDOVER]
    tab = "handover"
    columns = (
        TableColumn("place", "#", 3, align="right", priority=80, sortable=False),
        TableColumn("object", "FINDING", 38, 30, 60, flex=2, priority=ESSENTIAL, sortable=False, cut="middle"),
        TableColumn("cluster", "CLUSTER", 12, 9, 24, flex=1, priority=60, sortable=False),
        TableColumn("waits", "WAIT", 4, align="right", priority=50, sortable=False),
        TableColumn("noted", "NOTED", 5, align="right", priority=70, sortable=False),
        TableColumn("note", "NOTE", 24, 12, 100, flex=3, priority=75, sortable=False),
    )

    def steps(self) -> Generator[None, None, Handover]:
        """What is kept."""
        yield
        return self.desk.notebook.handover.document

    def lines_of(self, report: Handover) -> Sequence[Finding]:
        """In the order in which they are told."""
        return report.findings

    def key_of(self, line: Finding) -> str:
        """Its number stays the same wherever it is moved."""
        return str(line.number)

    def cells_of(self, line: Finding) -> Sequence[Cell]:
        """Place, what, where, what waits, when, and the note."""
        kind, namespace, name = split_id(line.object)
        glyph, style = LOOKS.get(line.status, (Status.UNKNOWN.glyph, "warning"))
        findings = self.report.findings if self.report is not None else ()
        place = next((at for at, held in enumerate(findings, 1) if held.number == line.number), 0)
        return [
            (str(place), "muted"),
            [(f"{glyph} ", style), (f"{kind} ", "muted"), (f"{namespace}/" if namespace else "", ""), (name, "strong")],
            joined(line.clusters, 2),
            (str(line.waiting), "strong") if line.waiting and not line.supposed else ("·", "faint"),
            (ago(line.at, self.desk.now()), "muted"),
            (line.note, "") if line.note else ("no note", "faint"),
        ]

    def passes(self, line: Finding, accept: Accept) -> bool:
        """The object, if it is still there."""
        row = self.desk.store.row(line.cluster, line.object)
        return row is not None and accept(row)

    def verdict(self, report: Handover, shown: Sequence[Finding]) -> list[Span]:
        """What it holds."""
        told = document(self.desk)
        counts = [(len(report.findings), "finding"), (len(report.questions), "question of yours")]
        words = [f"{count} {word}" if count == 1 else f"{count} {_plural(word)}" for count, word in counts if count]
        pages = len(told.handover.visits)
        words += [
            f"{pages} page{'s' if pages != 1 else ''} looked at",
            f"{len(timeline(told))} moments in its timeline",
        ]
        spans: list[Span] = [(f" Handover: {', '.join(words)}", "strong")]
        unseen = [seen.cluster for seen in told.handover.picture.clusters if not seen.whole]
        if unseen:
            spans.append((f" · not for {joined(unseen)}", "status-nodata"))
        if trouble := self.desk.notebook.handover.trouble:
            spans.append((f" · {trouble}", "error"))
        return spans

    def above(self) -> list[Span]:
        """The questions of ours."""
        questions = self.report.questions if self.report is not None else ()
        return [(" open: ", "muted"), (" · ".join(each.text for each in questions[-3:]), "")] if questions else []

    def title_of(self, line: Finding) -> list[Span]:
        """Which, and when it was noted."""
        return [(line.title, "title"), (f" · {joined(line.clusters)} · as it was at {exact(line.at)[11:]}", "muted")]

    def facts_of(self, line: Finding) -> list[Fact]:
        """The evidence, as it was."""
        glyph, style = LOOKS.get(line.status, (Status.UNKNOWN.glyph, "warning"))
        since = f" since {exact(line.since)[11:]}" if line.since else ""
        facts = [Fact("note", [(line.note, "accent")], 3)] if line.note else []
        facts.append(Fact("status", [(f"{glyph} {line.status} {line.reason}", style), (since, "")], 1))
        if line.message:
            facts.append(Fact("message", [(" ".join(line.message.split()), "strong")], 6))
        told: list[tuple[str, str]] = [
            ("class", line.kind_of_failure),
            ("suspended by", line.suspended_by),
            ("waits behind", joined(line.behind)),
            ("blast radius", _radius(line)),
            *(("changed before", f"{each.text}  {exact(each.at)[11:]}".rstrip()) for each in line.changed),
            ("elsewhere", " · ".join(line.elsewhere)),
            *(("not the cause", text) for text in line.cleared),
            ("revisions", _revisions(line)),
            (
                "delivered from",
                " · ".join(filter(None, (line.revisions.url, line.revisions.path, line.revisions.commit))),
            ),
            ("data", line.data),
        ]
        facts += [Fact(label, [(text, "")], 3) for label, text in told if text]
        for at, text in enumerate(line.commands):
            facts.append(Fact("suggested" if not at else " ", [(text, "muted" if text.startswith("#") else "")], 3))
        return facts

    def object_of(self, line: Finding) -> tuple[str, str]:
        """The object as it is now."""
        return line.cluster, line.object

    def nothing(self, report: Handover | None) -> NoticeText:
        """Nothing was noted yet."""
        told = [
            "H on Triage, the tree, a list or a page notes what is selected, with its evidence of that moment: "
            "message, times, revisions, what waits behind it, what changed before.",
            "What is noted is kept on this machine as you go.",
        ]
        trouble = self.desk.notebook.handover.trouble
        return (
            "error" if trouble else "empty",
            "nothing to hand over yet",
            [*([trouble] if trouble else []), *told],
            [
                ("1", "triage"),
                ("o", "add an open question"),
            ],
        )

    # Keys

    def hints(self) -> Sequence[KeyHint]:
        """Keys of this screen."""
        if self.report is None or not self.report.begun:
            return (KeyHint("1", "triage", 80), KeyHint("o", "question", 60), *super().hints())
        some = (
            KeyHint("n", "note", 85),
            KeyHint("J", "down", 55),
            KeyHint("K", "up", 55),
            KeyHint("d", "take out", 50),
        )
        return (
            *(some if self.report.findings else ()),
            KeyHint("o", "question", 60),
            KeyHint("p", "read", 80),
            KeyHint("e", "export", 88),
            *super().hints(),
        )

    def _changed(self) -> None:
        """Show what is kept now."""
        self.show_report(self.desk.notebook.handover.document)

    def action_annotate(self) -> None:
        """Edit the note of the finding."""
        line = self.line()
        if line is None:
            return

        def keep(note: str | None) -> None:
            if note is not None:
                self.desk.notebook.handover.annotate(line.number, note)
                self._changed()

        title: list[Span] = [("Note on ", "muted"), (line.title, "title")]
        about = "One line for whoever takes over. The evidence stays as it was; H on the object brings it up to date."
        self.app.push_screen(LineScreen(title, about, "keep it", line.note), keep)

    def action_move(self, step: int) -> None:
        """Tell the finding earlier or later."""
        line = self.line()
        if line is not None:
            self.table.move_to(self.key_of(line))  # a cursor that was never moved stays at the top
            self.desk.notebook.handover.move(line.number, step)
            self._changed()

    def action_remove(self) -> None:
        """Take the finding out."""
        line = self.line()
        if line is not None:
            self.desk.notebook.handover.remove(line.number)
            self._changed()
            self.notify("u brings it back", title=f"{line.title} taken out", markup=False, timeout=4)

    def action_undo(self) -> None:
        """Take back the last change of this session."""
        if self.desk.notebook.handover.undo():
            self._changed()
        else:
            self.notify("nothing was changed in this session", title="undo", markup=False, timeout=3)

    def action_ask(self) -> None:
        """Add an open question."""

        def keep(text: str | None) -> None:
            if text:
                self.desk.notebook.handover.ask(text)
                self._changed()

        about = "Something that whoever takes over should find out. What the findings leave open is added by itself."
        self.app.push_screen(LineScreen([("Open question", "title")], about, "add it"), keep)

    def action_preview(self) -> None:
        """Read the document."""
        from fluxtui.screens.handover_export import PreviewScreen

        self.app.push_screen(PreviewScreen(document(self.desk)))

    def action_export(self) -> None:
        """Copy it, or write it into a file."""
        from fluxtui.screens.handover_export import HandoverExportScreen

        self.app.push_screen(HandoverExportScreen(document(self.desk)))

    def action_start_over(self) -> None:
        """Begin a new handover, after a question."""

        def sure(answer: str | None) -> None:
            if answer is None:
                return
            if answer.lower() not in {"y", "yes"}:
                self.notify("nothing was changed", title="handover", markup=False, timeout=3)
                return
            place = self.desk.notebook.handover.start_over()
            self._changed()
            self.notify(f"the old one is kept: {place}" if place else "begun anew", title="handover", markup=False)

        if self.report is not None and self.report.begun:
            about = "The one that is here is kept in the state folder, and an empty one begins. Type yes."
            self.app.push_screen(LineScreen([("Begin a new handover?", "title")], about, "begin anew"), sure)


def _plural(word: str) -> str:
    first, _, rest = word.partition(" ")
    return f"{first}s {rest}".rstrip()


def _radius(line: Finding) -> str:
    if not line.waiting:
        return ""
    verb = "would stop" if line.supposed else "wait"
    tenants = f" · {joined(line.tenants, 4)}" if line.tenants else ""
    names = [named(identity) for _, identity in line.nearest[:4]]
    more = line.waiting - len(names)
    return f"{line.waiting} {verb}{tenants}: {', '.join(names)}{f' and {more} more' if more > 0 else ''}"


def _revisions(line: Finding) -> str:
    held = line.revisions
    told = [
        ("runs", held.applied),
        ("tries", held.attempted),
        ("last good", held.good),
        ("source offers", held.offered),
    ]
    return " · ".join(f"{word} {revision(text)}" for word, text in told if text)
