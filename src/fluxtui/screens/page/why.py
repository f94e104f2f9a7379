"""Why: what explains the state of the object, up to the root, and what that does to others."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual.app import ComposeResult

from fluxtui.insight.evidence import Evidence
from fluxtui.insight.graph import Standing
from fluxtui.insight.why import MOST, Step, Why, why
from fluxtui.kinds.ages import ago
from fluxtui.kinds.status import NO_DATA_GLYPH, Status
from fluxtui.screens.denying import policy_lines
from fluxtui.screens.desk import STATUS_STYLES, joined
from fluxtui.screens.details import named
from fluxtui.screens.page.tab import PageTab, Subject
from fluxtui.screens.reporting import Reporting
from fluxtui.store.row import Row
from fluxtui.widgets.keyhints import KeyHint
from fluxtui.widgets.notice import Notice
from fluxtui.widgets.sheet import Line, Sheet, heading
from fluxtui.widgets.table_source import Span


class WhyTab(PageTab):
    """A sheet; enter on a name opens that object, esc comes back."""

    name_of_tab: ClassVar[str] = "why"

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self._reporting = Reporting(
            lambda: why(subject.desk.store, subject.cluster, subject.identity, subject.now),
            subject.desk.now,
            self._show,
        )
        self._seen = False

    def compose(self) -> ComposeResult:
        """The sheet, or a word where there is nothing to tell."""
        yield Sheet(id="why-sheet")
        yield Notice()

    def on_mount(self) -> None:
        """The answer is computed for as long as the page is open and the tab is seen."""
        self.query_one(Notice).display = False
        self.run_worker(self._reporting.run(), name="why", exit_on_error=True)

    @property
    def rest(self) -> Sheet:
        """The sheet."""
        return self.query_one(Sheet)

    def update(self) -> None:
        """Something changed: the answer is due."""
        self._reporting.wake()

    def _show(self, answer: Why) -> None:
        if not self.is_mounted:
            return
        if answer.row is None:
            gone = f"It {self.subject.absence}."
            self.say(content=self.rest, tone="nodata", headline="nothing is known of this object", lines=[gone])
            return
        self.rest.show(why_lines(self.subject, answer))
        self.say(content=self.rest)

    def search(self, text: str) -> str:
        """To the next line that holds the text."""
        return "" if not text or self.rest.search(text) else f"{text!r} is not on this sheet"

    def hints(self) -> Sequence[KeyHint]:
        """What enter does."""
        return (KeyHint("⏎", "open the name", 50, "enter"), KeyHint("t", "in the tree", 40), KeyHint("/", "search", 30))


def why_lines(subject: Subject, answer: Why) -> list[Line]:
    """The sheet: the chain, the evidence for its root, what waits behind, what it waits for, how it is delivered."""
    now = subject.now
    lines = [*_verdict(answer, now)]
    if answer.row is not None:
        lines += policy_lines(subject.desk, answer.row)
    if len(answer.chain) > 1:
        lines += [*heading("From here to the root"), *(_step(step, now) for step in answer.chain)]
    if answer.proof is not None and answer.row is not None:
        lines += _evidence(answer.proof, now, alone=len(answer.chain) == 1)
    lines += _behind(answer, now)
    lines += _edges(subject, answer)
    if len(answer.delivered) > 1:
        lines += [*heading("How it is delivered"), *(_step(step, now) for step in answer.delivered)]
    return lines


def _verdict(answer: Why, now: float) -> Iterator[Line]:
    row = answer.row
    if row is None:
        return
    roots = [identity for identity in answer.roots if identity != row.record.id]
    if row.status is Status.READY:
        yield Line("", [(f"{row.status.glyph} it is ready: ", "status-ready"), ("nothing needs explaining", "strong")])
    elif row.status is Status.SUSPENDED:
        by = f" by {row.record.suspended_by}" if row.record.suspended_by else ""
        words = f"{row.status.glyph} somebody suspended it{by}, {ago(row.since, now)} ago"
        yield Line("", [(words, "status-suspended")])
    elif roots:
        told = joined([named(identity) for identity in roots], 2)
        yield Line("", [("not its own fault: ", "strong"), (f"it waits behind {told}", "")], key=roots[0])
    elif len(answer.chain) > 1 and not answer.roots:
        yield Line("", [("a circle: ", "status-failed"), ("each waits for the next, and none can begin", "strong")])
    elif row.status is Status.FAILED and answer.hidden:
        spans: list[Span] = [("it is a root cause as far as can be seen: ", "status-failed")]
        spans.append(("nothing else explains its failure", "strong"))
        yield Line("", [*spans, (f"; of what it has to do with may not be seen: {joined(answer.hidden, 6)}", "")])
    elif row.status is Status.FAILED:
        yield Line("", [("it is a root cause: ", "status-failed"), ("nothing else explains its failure", "strong")])
    else:
        yield Line(
            "",
            [
                (f"{row.status.glyph} {row.status.word}: ", STATUS_STYLES[row.status]),
                ("nothing explains it so far", ""),
            ],
        )


def _state(row: Row | None, standing: Standing, now: float) -> list[Span]:
    if row is None:
        missing = standing is Standing.MISSING
        here = " here" if standing is Standing.UNSEEN else ""
        told = f"  {'is ' if here or standing is Standing.UNSERVED else ''}{standing}{here}"
        return [("  does not exist", "status-failed") if missing else (told, "status-nodata")]
    style = STATUS_STYLES[row.status]
    since = f" for {ago(row.since, now)}" if row.since else ""
    reason = f"  {row.reason}" if row.reason and row.status is not Status.READY else ""
    return [(f"  {row.status.word}{since}", style), (reason, "")]


def _step(step: Step, now: float) -> Line:
    """One line of a chain: as far in as it is deep, what leads to it, the object, its state."""
    glyph = step.row.status.glyph if step.row is not None else NO_DATA_GLYPH
    style = STATUS_STYLES[step.row.status] if step.row is not None else "status-nodata"
    inset = "   " * (step.depth - 1) + "└─ " if step.depth else ""
    link = f"{step.link} " if step.link else ""
    spans: list[Span] = [
        (inset, "faint"),
        (link, "muted"),
        ("the root " if step.root and step.depth else "", "bold accent"),
        (f"{glyph} ", style),
        (named(step.id), "link" if step.depth else "strong"),
        *_state(step.row, step.standing, now),
    ]
    return Line("", spans, key=step.id if step.depth else None, hang=len(inset) + 2)


def _evidence(found: Evidence, now: float, *, alone: bool) -> Iterator[Line]:
    title = "What it says" if alone else f"What {named(found.ref[1])} says"
    yield from heading(title)
    for label, words in found.messages:
        yield Line(label, [(" ".join(words.split()), "")])
    for change in found.changed:
        when = f"  {ago(change.at, now)} ago" if change.at else ""
        yield Line("changed before", [(change.text, "strong"), (when, "muted")])
    if found.last_good is not None:
        yield Line("last good", [(found.last_good.text, ""), (f"  {ago(found.last_good.at, now)} ago", "muted")])
    for words in found.not_the_cause:
        yield Line("not the cause", [(words, "muted")])
    for each in found.elsewhere:
        if each.row is None:
            yield Line("elsewhere", [(each.cluster, ""), (f"  {each.state.phase}: cannot tell", "status-nodata")])
        else:
            spans: list[Span] = [(f"{each.row.status.glyph} ", STATUS_STYLES[each.row.status]), (each.cluster, "link")]
            yield Line(
                "elsewhere", [*spans, *_state(each.row, Standing.PRESENT, now)], key=(each.cluster, found.ref[1])
            )


def _behind(answer: Why, now: float) -> Iterator[Line]:
    whose = f"  of {joined(answer.tenants)}" if answer.tenants else ""
    if not answer.count:
        words = "nothing would stop if it failed" if answer.supposed else "nothing waits behind it"
        yield from heading("Blast radius", (f"  {words}", "muted"))
        return
    one = answer.count == 1
    what = "would stop if it failed" if answer.supposed else f"wait{'s' if one else ''} behind it"
    noun = "object" if one else "objects"
    yield from heading("Blast radius", (f"  {answer.count} {noun} {what}", "strong"), (whose, "muted"))
    for each in answer.behind:
        inset = "  " * (each.distance - 1)
        spans: list[Span] = [(inset, ""), (f"{each.row.status.glyph} ", STATUS_STYLES[each.row.status])]
        spans += [(named(each.id), "link"), *_state(each.row, Standing.PRESENT, now)]
        yield Line("", spans, key=each.id)
    if answer.count > MOST:
        yield Line("", [(f"and {answer.count - MOST} more: t shows them in the tree", "muted")])


def _edges(subject: Subject, answer: Why) -> Iterator[Line]:
    if not answer.edges:
        return
    yield from heading("What it looks at")
    for each in answer.edges:
        met = each.state.met
        glyph, style = ("✓", "success") if met else ("?", "status-nodata") if met is None else ("✗", "warning")
        target = each.edge.target
        row = subject.desk.store.row(subject.cluster, target)
        spans: list[Span] = [
            (f"{glyph} ", style),
            (f"{each.state.mark} ", "muted"),
            (named(target), "link" if row else ""),
        ]
        spans.append((f"  {each.state.words}", style if met is False else "muted"))
        if each.state.expression:
            spans.append((f"  {each.state.expression}", "accent"))
        yield Line("", spans, key=target if row is not None else None, hang=4)
