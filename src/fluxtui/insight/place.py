"""A place in the program: where somebody looked, to go back to, to keep as a bookmark, or to hand to somebody else."""

from collections.abc import Callable

import msgspec

from fluxtui.kinds.record import split_id
from fluxtui.kinds.table import KINDS

PAGE = "resource"
"""The screen that is the page of one object."""
VIOLATION = "violation"
"""The screen that is the page of one violation; `Place.asked` has the key of it."""
MOST = 60
"""Places that are remembered."""

Ref = tuple[str, str]
"""(cluster, id)"""


class Place(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What one needs to stand there again. What a screen has not got is empty.

    `kind` is what a list is of, several names between commas; `asked` is what else a screen shows, in its own words
    (the name of a view, a window of time). `scope` are the clusters that the view is narrowed to (empty: all);
    `cluster` and `object` are those of a page, `tab` is the tab of it; `cursor` is the object that the cursor stood on.
    """

    screen: str
    kind: str = ""
    asked: str = ""
    filter: str = ""
    scope: tuple[str, ...] = ()
    namespace: str = ""
    cluster: str = ""
    object: str = ""
    tab: str = ""
    cursor: Ref | None = None

    @property
    def ref(self) -> Ref | None:
        """The object that it is the page of."""
        return (self.cluster, self.object) if self.object else None

    @property
    def title(self) -> str:
        """In words: ``HelmRelease apps/web in prod-eu-1``, ``HelmReleases · status:failed · prod-eu-1``."""
        if self.object:
            kind, namespace, name = split_id(self.object)
            return f"{kind} {namespace}/{name} in {self.cluster}" if namespace else f"{kind} {name} in {self.cluster}"
        if self.screen == VIOLATION:
            cluster, _, policy, rule, _, kind, *names = [*self.asked.split("|"), *[""] * 8][:8]
            return f"{policy}{f' / {rule}' if rule else ''} by {kind} {'/'.join(filter(None, names))} in {cluster}"
        known = KINDS.get(self.kind)
        what = known.title if known is not None else self.kind.replace(",", ", ") or self.screen.capitalize()
        return " · ".join(filter(None, (what, self.asked, self.filter, ", ".join(self.scope), self.namespace)))

    def same(self, other: "Place") -> bool:
        """Whether it is the same place, wherever the cursor stands and whichever tab of a page is seen."""
        if self.object or other.object:  # a page is the page of its object, however one came there
            return self.ref == other.ref
        return self.plain == other.plain

    @property
    def plain(self) -> "Place":
        """Without what changes at each key."""
        return msgspec.structs.replace(self, cursor=None, tab="")


Gone = Callable[[Place], str]
"""Tells why a place cannot be gone to any more; empty while it can."""


class Trail:
    """Visited places, to go back and forth through, as in a browser. Bounded; what is gone is passed over."""

    def __init__(self) -> None:
        self._places: list[Place] = []
        self._at = -1
        self._last: Place | None = None

    @property
    def here(self) -> Place | None:
        """The place that is looked at."""
        return self._places[self._at] if self._at >= 0 else None

    def arrive(self, place: Place) -> None:
        """Somebody looks at a place: what lay ahead is forgotten, unless it is the place that was looked at before."""
        here = self.here
        if here is not None and here.same(place):
            self._places[self._at] = place
            return
        self._last = here
        del self._places[self._at + 1 :]
        self._places.append(place)
        del self._places[:-MOST]
        self._at = len(self._places) - 1

    def leave(self, place: Place) -> None:
        """The place is left in this state: where its cursor stands is remembered."""
        for at, known in enumerate(self._places):
            if known.same(place):
                self._places[at] = place
        if self._last is not None and self._last.same(place):
            self._last = place

    def step(self, step: int, gone: Gone) -> tuple[Place | None, list[str]]:
        """The place before (-1) or after (1), and why those between are passed over. The trail then stands there."""
        skipped: list[str] = []
        at = self._at + step
        while 0 <= at < len(self._places):
            why = gone(self._places[at])
            if not why:
                self._last, self._at = self.here, at
                return self._places[at], skipped
            skipped.append(why)
            at += step
        return None, skipped

    def last(self, gone: Gone) -> tuple[Place | None, list[str]]:
        """The place that was looked at before this one, wherever that lies; again, it is this one."""
        last = self._last
        if last is None:
            return None, []
        if why := gone(last):
            return None, [why]
        here = self.here
        near = sorted(range(len(self._places)), key=lambda at: abs(at - self._at))
        at = next((at for at in near if at != self._at and self._places[at].same(last)), None)
        if at is None:
            self.arrive(last)
        else:
            self._at = at
        self._last = here
        return last, []

    def objects(self) -> list[Ref]:
        """The objects whose pages were visited, the latest first."""
        return list(dict.fromkeys(place.ref for place in reversed(self._places) if place.ref is not None))
