"""Puts occurrences together that are one event to people: a push and all that took it; many objects to which the same
happened at the same time (`changes` has the rules).
"""

from collections.abc import Generator, Iterable

import msgspec

from fluxtui.insight.known import SURENESS, Known
from fluxtui.insight.occurrence import Occurrence
from fluxtui.insight.roots import named
from fluxtui.kinds.columns import revision
from fluxtui.store.store import Store

FOLLOWS = 900
"""Seconds between two takers of a revision at most: clusters look at their sources every few minutes."""
SPREAD = 300
"""Seconds after the run of an applier within which what it applied changes because of it."""
EARLY = 5
"""Seconds that what was applied may seem to change before its applier's run: clocks differ."""
TOGETHER = {"blocked": 300, "failed": 60, "ready": 60, "restarted": 60}
"""Seconds between two objects at most to which the same happens: dependents notice at their next interval, tries take
their time."""
AT_ONCE = 15
"""The same for all other changes: what somebody does to several objects."""
STRIDE = 500

CARRIED = frozenset({"revision", "applied", "released", "spec", "created", "deleted", "image", "upgraded"})
"""What an applier's run changes in what it applies; failures and waits stand for themselves."""


class Group(msgspec.Struct, frozen=True):
    """Changes that are one event: `at` is when it began. `members` are in order of time, never none.

    `known` is that of its surest member; `push` is the revision that it brought, empty for other groups. `inferred`
    members were put in by their owner, not by their revision.
    """

    key: str
    what: str
    title: str
    words: str
    at: int
    known: Known
    members: tuple[Occurrence, ...]
    clusters: tuple[str, ...]
    push: str = ""
    inferred: int = 0
    objects: int = 1
    """How many objects its members are."""

    @property
    def head(self) -> Occurrence:
        """What it began with."""
        return self.members[0]

    @property
    def told(self) -> str:
        """Its words; of a single change who wrote it, too."""
        return self.head.told if len(self.members) == 1 else self.words

    @property
    def until(self) -> int:
        """When its last member changed."""
        return self.members[-1].at


class _Push:
    """A push while it is put together."""

    def __init__(self) -> None:
        self.members: list[Occurrence] = []
        self.carried: list[Occurrence] = []


def grouped(store: Store, found: list[Occurrence]) -> Generator[None, None, list[Group]]:
    """The groups of occurrences that stand newest first; the groups do too. Every occurrence is in exactly one."""
    oldest_first = list(reversed(found))
    pushes: list[_Push] = []
    open_pushes: dict[tuple[str, str], _Push] = {}
    runs: dict[tuple[str, str], tuple[int, _Push]] = {}
    rest: list[Occurrence] = []
    for count, each in enumerate(oldest_first, 1):
        if not count % STRIDE:
            yield
        carrier = _carrier(store, each, runs)
        push = _own(each, open_pushes)
        if carrier is not None and (push is None or not push.members):
            carrier.carried.append(each)
            if each.delivered:  # what follows this revision belongs there, too
                open_pushes[each.delivered, each.place] = carrier
            runs[each.ref] = (each.at, carrier)
        elif push is not None:
            if not push.members:
                pushes.append(push)
                open_pushes[each.delivered, each.place] = push
            push.members.append(each)
            runs[each.ref] = (each.at, push)
        else:
            rest.append(each)
    groups = [_pushed(push) for push in pushes]
    yield
    groups += yield from _alike(rest)
    groups.sort(key=lambda group: (-group.at, group.head.cluster, group.head.id, group.what, group.key))
    return groups


def _own(each: Occurrence, known: dict[tuple[str, str], _Push]) -> _Push | None:
    """The push that brought its revision: one that lasts, or a new one; None for what brought no revision."""
    if not each.delivered:
        return None
    push = known.get((each.delivered, each.place))
    last = max((members[-1].at for members in (push.members, push.carried) if members), default=0) if push else 0
    return push if push is not None and each.at - last <= FOLLOWS else _Push()


def _carrier(store: Store, each: Occurrence, runs: dict[tuple[str, str], tuple[int, _Push]]) -> _Push | None:
    """The push that its source took just before, or by which its applier ran, or that its applier's source took."""
    row = store.row(*each.ref) if each.what in CARRIED else None
    applier = store.row(each.cluster, row.record.owner) if row is not None and row.record.owner else None
    above = applier.record.source if applier is not None else ""
    for nearer in (row.record.source, row.record.owner, above) if row is not None else ():
        ran = runs.get((each.cluster, nearer)) if nearer else None
        if ran is not None and -EARLY <= each.at - ran[0] <= SPREAD:
            return ran[1]
    return None


def _pushed(push: _Push) -> Group:
    head = push.members[0]
    rest = sorted([*push.members[1:], *push.carried], key=lambda each: each.at)  # its own before what it carried
    members = [head, *rest]
    return _group(head, members, head.delivered, len(push.carried))


def _group(head: Occurrence, members: list[Occurrence], push: str = "", inferred: int = 0) -> Group:
    objects = len({each.ref for each in members})
    clusters = tuple(dict.fromkeys(each.cluster for each in members))
    title = named(head.id)
    words = head.words
    if objects > 1 and push:
        words = f"{revision(push)} reached {objects} objects"
    elif objects > 1:
        title = f"{objects} {_kinds(members)}"
        words = head.words if all(each.words == head.words for each in members) else f"{head.words}, …"
    key = f"{head.cluster} {head.id} {head.what} {head.at} {head.delivered}".rstrip()
    known = min((each.known for each in members), key=SURENESS.__getitem__)
    return Group(key, head.what, title, words, head.at, known, tuple(members), clusters, push, inferred, objects)


def _kinds(members: Iterable[Occurrence]) -> str:
    """``Kustomizations``, or ``objects`` for several kinds."""
    kinds = {each.id.partition("/")[0] for each in members}
    if len(kinds) > 1:
        return "objects"
    kind = kinds.pop()
    return f"{kind[:-1]}ies" if kind.endswith("y") else f"{kind}s"


def _alike(rest: list[Occurrence]) -> Generator[None, None, list[Group]]:
    """The same in one cluster at the same time: oldest first in, groups out."""
    last: dict[tuple[str, str, str], list[Occurrence]] = {}
    groups: list[list[Occurrence]] = []
    for count, each in enumerate(rest, 1):
        if not count % STRIDE:
            yield
        alike = (each.cluster, each.what, each.words if each.what in ("failed", "blocked", "suspended") else "")
        members = last.get(alike)
        if members is None or each.at - members[-1].at > TOGETHER.get(each.what, AT_ONCE):
            members = last[alike] = []
            groups.append(members)
        members.append(each)
    return [_group(members[0], members) for members in groups]
