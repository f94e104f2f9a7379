"""Actions that were begun in this session: they outlive their dialogs, and every screen tells how far they are.

Until somebody has seen how one ended, its end stays on the line of tabs.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from textual.app import App

from fluxtui.actions.plan import Plan
from fluxtui.actions.run import Crew, Run, Stage
from fluxtui.actions.target import Target
from fluxtui.actions.verbs import WORDS, Verb
from fluxtui.insight.behind import Behind
from fluxtui.widgets.table_source import Span

KEPT = 30
"""Actions that are over and can still be looked at."""
WELL = frozenset({Stage.DONE, Stage.SKIPPED})


@dataclass(eq=False)
class Undertaking:
    """One action on its way, or over. ``listeners`` are told the position of each object that got somewhere."""

    verb: Verb
    targets: tuple[Target, ...]
    title: str
    run: Run
    seen: bool = False
    """Whether somebody has looked at its end."""
    behind: Behind | None = None
    """What waited behind its objects when it was planned."""
    listeners: list[Callable[[int], None]] = field(default_factory=list[Callable[[int], None]])

    @property
    def summary(self) -> str:
        """``2 done, 1 timed out``."""
        return ", ".join(f"{count} {stage.value}" for stage, count in ordered(self.run.counts()))

    @property
    def well(self) -> bool:
        """Whether nothing has gone wrong so far."""
        return all(stage in WELL or not stage.over for stage in self.run.counts())


def ordered(counts: Mapping[Stage, int]) -> list[tuple[Stage, int]]:
    """Stages in the order in which objects go through them."""
    return [(stage, counts[stage]) for stage in Stage if counts.get(stage)]


class Undertakings:
    """Those of one session, the newest last."""

    def __init__(self, tell: Callable[[Span | None], None]) -> None:
        """`tell` is given the badge for the line of tabs whenever it is another one."""
        self._tell = tell
        self._badge: Span | None = None
        self._all: deque[Undertaking] = deque()

    @property
    def latest(self) -> Undertaking | None:
        """The one to look at: the newest that is under way, else the newest whose end nobody saw, else the newest."""
        newest = list(reversed(self._all))
        under_way = next((each for each in newest if not each.run.over), None)
        unseen = next((each for each in newest if not each.seen), None)
        return under_way or unseen or next(iter(newest), None)

    def before(self, known: Undertaking) -> Undertaking | None:
        """The one that was begun before another; of the first one, the newest."""
        at = self._all.index(known) if known in self._all else 0
        return self._all[at - 1] if len(self._all) > 1 else None

    @property
    def tokens(self) -> frozenset[str]:
        """The tokens of the plans that are under way: what the journal has no end of yet."""
        return frozenset(each.run.plan.token for each in self._all if not each.run.over)

    def begin(self, app: App[Any], plan: Plan, crew: Crew, targets: tuple[Target, ...], title: str) -> Undertaking:
        """Carry a plan out, as a task of the application. Returns at once."""

        def tell(at: int) -> None:
            for listener in tuple(undertaking.listeners):
                listener(at)
            self.refresh()

        undertaking = Undertaking(plan.verb, targets, title, Run(plan, crew, tell))
        self._all.append(undertaking)
        self._forget()
        self.refresh()
        app.run_worker(self._carry_out(app, undertaking), name="action", exit_on_error=True)
        return undertaking

    async def _carry_out(self, app: App[Any], undertaking: Undertaking) -> None:
        await undertaking.run.carry_out()
        if undertaking.listeners:  # its dialog is open, and shows the end
            undertaking.seen = True
        else:
            app.notify(
                undertaking.summary,
                title=f"{WORDS[undertaking.verb].title}: {undertaking.title}",
                severity="information" if undertaking.well else "warning",
                markup=False,
            )
        self.refresh()

    def _forget(self) -> None:
        over = [each for each in self._all if each.run.over]
        for each in over[: max(0, len(over) - KEPT)]:
            self._all.remove(each)

    def refresh(self) -> None:
        """Tell the badge, if it is another one than before."""
        badge = self._shown()
        if badge != self._badge:
            self._badge = badge
            self._tell(badge)

    def _shown(self) -> Span | None:
        """Objects that have come to their end, of all that are under way or went wrong unseen; else how those ended
        that nobody saw.
        """
        under_way = [each for each in self._all if not each.run.over]
        unseen = [each for each in self._all if each.run.over and not each.seen]
        told = [*under_way, *(each for each in unseen if not each.well)] if under_way else unseen
        if not told:
            return None
        stages = [progress.stage for each in told for progress in each.run.progress if progress.stage != Stage.SKIPPED]
        well = all(each.well for each in told)
        over, every = sum(stage.over for stage in stages), len(stages)
        if under_way:
            return f"{'◐' if well else '✖'} {over}/{every}", "badge" if well else "badge-warning"
        done = stages.count(Stage.DONE)
        return (f"✔ {done} done", "badge") if well else (f"✖ {every - done} of {every}", "badge-warning")
