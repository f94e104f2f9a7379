"""The handover of one user on this machine, kept as it grows: a session that is cut off loses nothing."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from fluxtui.insight import handover as changes
from fluxtui.insight.causes import Ref
from fluxtui.insight.handover import Finding, Handover, Picture, Question, Visit, merged, visited
from fluxtui.notes.kept import Kept

MOST_FINDINGS = 200
MOST_QUESTIONS = 100
MOST_VISITS = 300
MOST_KEPT = 20
"""Earlier handovers that are kept beside the one that grows; the oldest go first."""
NOTE_LIMIT = 500
"""Characters of a note or a question."""


class HandoverBook:
    """Until something is noted, the pages that were opened are remembered in memory alone."""

    def __init__(self, path: Path | None, now: Callable[[], float], who: str = "") -> None:
        self._kept = Kept(path, Handover, now)
        self._now = now
        self._who = who
        self._visits: tuple[Visit, ...] = ()
        self._before: list[Handover] = []
        """For undoing."""

    @property
    def document(self) -> Handover:
        """The handover as it is; empty (`begun` 0) before the first finding."""
        self._kept.refresh()
        return self._kept.value

    @property
    def trouble(self) -> str:
        """What is wrong with its file, in words."""
        return self._kept.trouble

    def add(self, findings: Sequence[Finding], picture: Picture | None) -> int:
        """Note findings, with the fleet as it is; returns how many were not there before. The first one begins the
        handover. More than `MOST_FINDINGS` are not kept: the others are told by what is returned.
        """
        before = len(self.document.findings)

        def change(document: Handover) -> Handover:
            for finding in findings:
                grown = changes.added(document, finding)
                document = grown if len(grown.findings) <= MOST_FINDINGS else document
            return document

        return len(self._change(change, picture).findings) - before

    def move(self, number: int, step: int) -> None:
        """A finding one place up (-1) or down (1)."""
        self._change(lambda document: changes.moved(document, number, step))

    def remove(self, number: int) -> None:
        """Take a finding out; `undo` brings it back."""
        self._change(lambda document: changes.without(document, number))

    def annotate(self, number: int, note: str) -> None:
        """Another note on a finding."""
        self._change(lambda document: changes.noted(document, number, note[:NOTE_LIMIT]))

    def ask(self, text: str) -> None:
        """One more open question."""
        question = Question(self._now(), text[:NOTE_LIMIT])
        self._change(
            lambda document: msgspec.structs.replace(
                document, questions=(*document.questions, question)[-MOST_QUESTIONS:]
            )
        )

    def undo(self) -> bool:
        """Take back the last change of this session; returns whether there was one."""
        if not self._before:
            return False
        before = self._before.pop()
        self._kept.update(lambda document: msgspec.structs.replace(before, visits=document.visits))
        return True

    def visit(self, ref: Ref) -> None:
        """A page was opened."""
        self._visits = visited(self._visits, ref, self._now(), MOST_VISITS)
        if self.document.begun:
            self._kept.update(self._with_visits)

    def visits(self) -> tuple[Visit, ...]:
        """Every page that was looked at, those of this session among them."""
        return merged(self.document.visits, self._visits)

    def start_over(self) -> Path | None:
        """Begin a new one. The old one is kept beside it; returns where."""
        document, place = self.document, self._kept.path
        aside = None
        if place is not None and document.begun:
            folder = place.parent / "handovers"
            stamp = datetime.fromtimestamp(self._now(), UTC).strftime("%Y%m%dT%H%M%S")
            aside = folder / f"handover-{stamp}.json"
            Kept(aside, Handover, self._now).update(lambda _: document)
            for old in sorted(folder.glob("handover-*.json"))[:-MOST_KEPT]:
                old.unlink(missing_ok=True)
        self._visits, self._before = (), []
        self._kept.update(lambda _: Handover())
        return aside

    def _change(self, change: Callable[[Handover], Handover], picture: Picture | None = None) -> Handover:
        self._before = [*self._before[-20:], self.document]

        def grown(document: Handover) -> Handover:
            changed = self._with_visits(change(document))
            if picture is not None:
                changed = msgspec.structs.replace(changed, picture=picture)
            if changed.begun:
                return changed
            return msgspec.structs.replace(changed, begun=self._now(), who=self._who)

        return self._kept.update(grown)

    def _with_visits(self, document: Handover) -> Handover:
        return msgspec.structs.replace(document, visits=merged(document.visits, self._visits)[-MOST_VISITS:])
