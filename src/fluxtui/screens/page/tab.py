"""What all tabs of a page share: the object that the page is of, and how a tab comes, goes and is told of changes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget

from fluxtui.insight.fields import NOTHING, Json
from fluxtui.insight.printing import row_of
from fluxtui.kinds.record import split_id
from fluxtui.kinds.served import whole
from fluxtui.kinds.table import KINDS
from fluxtui.kube.cluster import Cluster
from fluxtui.screens.desk import Desk
from fluxtui.screens.ending import Ending
from fluxtui.store.row import Row
from fluxtui.store.state import Phase
from fluxtui.store.store import ClusterData
from fluxtui.widgets.keyhints import KeyHint
from fluxtui.widgets.notice import Notice, Tone
from fluxtui.widgets.table_source import Span


@dataclass
class Subject:
    """The object that a page is of: where it is, and the whole of it once it has been fetched.

    `trouble` is why it could not be fetched, in words; then `value` is what it was before, or empty.
    """

    desk: Desk
    cluster: str
    identity: str
    value: Json = field(default_factory=lambda: NOTHING)
    trouble: str = ""
    _read: tuple[Json, Row | None] | None = None

    @property
    def kind(self) -> str:
        """The kind's name."""
        return self.identity.partition("/")[0]

    @property
    def row(self) -> Row | None:
        """The object as the store has it; of a kind that is not watched, or only in part, as it was fetched. None if it
        is not held.
        """
        held = self.desk.store.row(self.cluster, self.identity)
        if held is not None or not self.value or whole(self.kind):
            return held
        if self._read is None or self._read[0] is not self.value:
            self._read = (self.value, row_of(self.cluster, self.identity, self.value))
        return self._read[1]

    @property
    def absence(self) -> str:
        """Why no such object is held, in words that follow its name."""
        if self.watched is None:
            return f"is not known: {self.cluster} is not watched any more"
        if self.kind not in KINDS or not whole(self.kind):
            return "is not held" if self.value else "is not held: it is gone, or cannot be read"
        state = self.desk.store.state(self.cluster, self.kind)
        match state.phase:
            case Phase.MISSING:
                return f"is not there: {self.cluster} does not serve its kind"
            case Phase.FORBIDDEN:
                return f"may not be seen: {state.detail}"
            case Phase.LOADING:
                return "is on its way"
            case Phase.FRESH if state.knows(split_id(self.identity)[1]):
                return "is not there: it was deleted, or has another name"
            case Phase.FRESH:
                return f"may not be seen: {state.detail}"
            case _:
                return f"is not known: {self.cluster} is {state.phase}"

    @property
    def data(self) -> ClusterData | None:
        """What is known of its cluster, None when that is not watched any more."""
        return self.desk.store.find(self.cluster)

    @property
    def watched(self) -> Cluster | None:
        """Its cluster, to ask; None when that is not watched any more."""
        return self.desk.fleet.clusters.get(self.cluster)

    @property
    def now(self) -> float:
        """The time, epoch seconds."""
        return self.desk.now()


class PageTab(Ending, Vertical):
    """One tab. Shown for the first time when it is asked for, and told of nothing while another one is seen."""

    DEFAULT_CSS = """
    PageTab { height: 1fr; }
    """

    name_of_tab: ClassVar[str] = ""
    """Its id: ``overview``."""

    class Changed(Message):
        """What the tab says in the last line has changed."""

    def __init__(self, subject: Subject) -> None:
        super().__init__(id=f"tab-{self.name_of_tab}")
        self.subject = subject

    # What a tab fills in

    def enter(self) -> None:
        """It is seen (again): show what is true now, give the keys to what scrolls."""
        self.update()

    def leave(self) -> None:
        """Another tab is seen."""

    def update(self) -> None:
        """The object, or something in its cluster, has changed, or time has passed."""

    def search(self, text: str) -> str:
        """The `/` line holds another text; returns what is wrong with it, or nothing."""
        return f"nothing to search here for {text!r}" if text else ""

    def hints(self) -> Sequence[KeyHint]:
        """The keys that work in this tab, beside those of the page."""
        return ()

    def note(self) -> Sequence[Span]:
        """A word at the right end of the last line."""
        return ()

    @property
    def rest(self) -> Widget | None:
        """The widget that has the keys while the tab is seen."""
        return None

    # What all do

    def say(self, *, content: Widget, tone: Tone = "loading", headline: str = "", lines: Sequence[str] = ()) -> None:
        """Show the notice with a headline in place of the content; without a headline the content."""
        notice = self.query_one(Notice)
        if headline:
            notice.show(tone, headline, lines)
        notice.display = bool(headline)
        content.display = not headline
        self.post_message(self.Changed())

    def why_not(self) -> tuple[Tone, str, tuple[str, ...]] | None:
        """What stands in place of a tab that needs the whole object while it is not there; None when it is."""
        if self.subject.value:
            return None
        if self.subject.watched is None:
            return "nodata", f"{self.subject.cluster} is not watched any more", ("`:ctx` shows the clusters.",)
        if self.subject.trouble:
            return "error", "the object cannot be read", (self.subject.trouble,)
        return "loading", "the object is on its way", ()
