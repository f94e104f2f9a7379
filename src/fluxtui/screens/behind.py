"""One line of an action's dialog: what waits behind its objects, and how much of that has become ready since."""

from collections.abc import Sequence

from fluxtui.insight.behind import Behind, Ref, ready_of
from fluxtui.kinds.status import Status
from fluxtui.screens.desk import STATUS_STYLES, joined
from fluxtui.screens.details import named
from fluxtui.store.store import Store
from fluxtui.widgets.table_source import Span

NAMED = 3
"""Objects that are named."""


def behind_spans(store: Store, found: Behind, *, suspending: bool, begun: bool) -> list[Span]:
    """``behind it: 46 objects wait, 13 of them are ready``; while it is carried out, how many are ready by now."""
    count = len(found.refs)
    if not count:
        return [("nothing waits behind it", "muted")]
    objects = "1 object" if count == 1 else f"{count} objects"
    if suspending:
        words = f"{objects} would get nothing new: " if not begun else f"{objects} get nothing new behind it: "
        return [(words, "warning"), (_names(found.refs), "")]
    ready = ready_of(store, found.refs)
    if ready == count:
        glyph, style = f"{Status.READY.glyph} ", STATUS_STYLES[Status.READY]
        every = "the object behind it is ready" if count == 1 else f"all {count} objects behind it are ready"
        return [(glyph, style), (every, style)]
    words = f"{objects} wait{'s' if count == 1 else ''} behind it, {ready or 'none'} ready"
    if begun and ready != found.ready:
        return [(words, "strong"), (f" ({found.ready} when this began)", "muted")]
    left = [ref for ref in found.refs if (row := store.row(*ref)) is not None and row.status is not Status.READY]
    return [(words, "strong"), (f"; not yet: {_names(left)}", "muted")]


def _names(refs: Sequence[Ref]) -> str:
    return joined([named(identity) for _, identity in refs], NAMED)
