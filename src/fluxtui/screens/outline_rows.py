"""What the tables over an `Outline` share: whose line is where, how old its data is, and what is folded away."""

from collections.abc import Hashable

from fluxtui.insight.forest import BITS, CLUSTER
from fluxtui.insight.outline import Outline
from fluxtui.kinds.ages import ago
from fluxtui.kinds.status import Status
from fluxtui.screens.desk import STATUS_STYLES, Desk
from fluxtui.store.state import Phase
from fluxtui.widgets.table_source import Span

FIELD = (1 << BITS) - 1


class OutlineRows:
    """The part of a `TableSource` that does not depend on what the lines say."""

    def __init__(self, desk: Desk, outline: Outline) -> None:
        self.desk = desk
        self.outline = outline

    def __len__(self) -> int:
        return len(self.outline)

    def key(self, index: int) -> Hashable:
        """(cluster, id) of an object, (cluster, id, id of the other) where it is shown elsewhere."""
        return self.outline.key(index)

    def index_of(self, key: Hashable) -> int | None:
        """By the outline's map."""
        return self.outline.index_of(key)

    def data_age(self, cluster: str, kind: str) -> str:
        """How old the data of a watched kind is, empty where it is current."""
        state = self.desk.store.state(cluster, kind)
        if state.phase in (Phase.FRESH, Phase.LOADING):
            return ""
        return ago(state.contact or state.since, self.desk.now())

    def folded_away(self, node: int) -> list[int]:
        """How many of each status are folded away under a node; empty where nothing is."""
        hidden = self.outline.hidden(node)
        counts = [(hidden >> (BITS * status)) & FIELD for status in range(CLUSTER)]
        return counts if any(counts) else []


def folded_spans(counts: list[int], *, words: bool) -> list[Span]:
    """``▸ 12 ready ✖ 1 failed``: of what has a status; without `words` what is not ready is told by its glyph alone."""
    spans: list[Span] = [("  ▸", "accent")]
    for status in Status:
        if count := counts[status]:
            green = status is Status.READY
            word = f" {status.word}" if green or words else ""
            glyph = "" if green else f"{status.glyph} "
            spans.append((f" {glyph}{count}{word}", "muted" if green else STATUS_STYLES[status]))
    return spans
