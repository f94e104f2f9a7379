"""What the Policy screen lists: the violations of a picture, sifted, grouped and counted, in slices beside a loop that
listens to keys. No widgets.
"""

from collections.abc import Generator, Mapping, Sequence

import msgspec

from fluxtui.insight.policy.board import By, Group, arranged, grouped, ordered, total
from fluxtui.insight.policy.engine import Engine, engines
from fluxtui.insight.policy.model import Action, Coverage, Picture, Violation
from fluxtui.insight.policy.narrowing import Hidden, Narrowing, sift
from fluxtui.insight.policy.policies import clean, standing_policies, told
from fluxtui.kinds.policy.exceptions import ExceptionRecord
from fluxtui.screens.desk import Desk
from fluxtui.store.state import Phase


class Board(msgspec.Struct):
    """What the screen lists: groups of a picture's violations, and what of them is not shown.

    `blocked` counts requests that were refused, by the id of the policy; `excepted` the exceptions from it.
    """

    picture: Picture
    by: By
    groups: list[Group]
    total: Group
    clusters: tuple[str, ...]
    hidden: Hidden = Hidden()
    """What filter and scope hide."""
    shown: list[Violation] = []
    """The violations that are grouped, in their order."""
    blocked: Mapping[str, int] = {}
    excepted: Mapping[str, Sequence[ExceptionRecord]] = {}
    engines: tuple[Engine, ...] = ()
    policies: Mapping[Action, int] = {}
    """Policies that judge, by what they do at most."""
    kept: int = 0
    """Rules in audit that nobody breaks, as far as all is known."""
    top: int = 0
    """The most violations that a row has in a cluster."""


class Wanted(msgspec.Struct, frozen=True):
    """What somebody wants to see of a picture. `sort` is the id of a column and whether descending, `skips` whether
    what was skipped is listed too.
    """

    by: By
    accepts: Narrowing
    sort: tuple[str, bool] = ("fails", False)
    skips: bool = False


class Boards:
    """Makes boards. What depends on the picture alone is computed once for each."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._picture: Picture | None = None
        self._every: list[Violation] = []
        self._engines: tuple[Engine, ...] = ()

    def board(self, picture: Picture, wanted: Wanted) -> Generator[None, None, Board]:
        """The board of a picture, within the scope and the namespace that the desk is narrowed to."""
        desk, by, accepts, skips = self._desk, wanted.by, wanted.accepts, wanted.skips
        if self._picture is not picture:
            found = yield from ordered(picture.violations)
            judged = yield from engines(desk.guard.store, picture, desk.now())
            self._picture, self._every, self._engines = picture, found, judged.engines
        every = self._every
        near = [each for each in every if self._in_scope(each)] if desk.scope or desk.namespace else every
        yield
        shown, hidden = yield from sift(near, accepts, skips=skips)
        groups = yield from grouped(shown, by)
        together = yield from total(groups)
        kept: list[Group] = []
        if not desk.namespace:
            kept = yield from clean(picture, picture.violations, desk.scope, accepts, skips=skips)
        blocked, excepted = yield from told(desk.guard.store, desk.clusters())
        if by is By.POLICY:
            groups += kept
        column, down = wanted.sort
        return Board(
            picture=picture,
            by=by,
            groups=arranged(groups, column, down=down),
            total=together,
            clusters=tuple(each.cluster for each in picture.coverage if not desk.scope or each.cluster in desk.scope),
            hidden=Hidden(hidden.skipped, hidden.others + len(every) - len(near), hidden.sources),
            shown=shown,
            blocked=blocked,
            excepted=excepted,
            engines=self._engines,
            policies=standing_policies(picture, desk.scope),
            kept=sum(Action.AUDIT in each.actions for each in kept),
            top=max((violations_in(group, name) for group in groups for name in group.clusters), default=0),
        )

    def _in_scope(self, each: Violation) -> bool:
        desk = self._desk
        return (not desk.scope or each.cluster in desk.scope) and (
            not desk.namespace or each.subject.namespace == desk.namespace
        )


def violations_in(group: Group, cluster: str) -> int:
    """Fails, warnings and errors of a group in a cluster."""
    return sum(group.clusters.get(cluster, (0, 0, 0, 0))[:3])


def standing(coverage: Coverage | None) -> str:
    """``known``, ``loading``, ``stale``, ``partly`` (not all is read), ``none`` (none are served) or ``nodata``."""
    if coverage is None:
        return "nodata"
    phases = {state.phase for state in coverage.reports.values()} - {Phase.MISSING}
    if not phases:
        return "none" if coverage.reports and coverage.settled else "loading"
    if phases & {Phase.UNREACHABLE, Phase.LOGIN, Phase.FORBIDDEN}:
        return "nodata"
    if Phase.LOADING in phases:
        return "loading"
    if Phase.STALE in phases:
        return "stale"
    return "partly" if coverage.unread or coverage.cut else "known"
