"""What every screen works on: the fleet's data, the clock, and what the user has narrowed the view to."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from fluxtui.config import View
from fluxtui.insight.blast import TENANT_LABEL
from fluxtui.insight.place import Trail
from fluxtui.insight.triage import TriageReport, triage
from fluxtui.insight.watched import Watched
from fluxtui.kinds.status import NO_DATA_GLYPH, Status
from fluxtui.kube.contexts import Context
from fluxtui.kube.fleet import Fleet
from fluxtui.kube.writer import Permission
from fluxtui.screens.reporting import Reporting
from fluxtui.store.row import Row
from fluxtui.store.state import Phase
from fluxtui.store.store import Store
from fluxtui.widgets.commandline import History, Mode
from fluxtui.widgets.table_source import Span

if TYPE_CHECKING:
    from fluxtui.insight.names import Names
    from fluxtui.insight.policy.denials import Joined
    from fluxtui.kube.authorship import Authorship
    from fluxtui.notes.bookmarks import Bookmarks
    from fluxtui.notes.notebook import Notebook
    from fluxtui.notes.typed import Typed
    from fluxtui.screens.guard import Guard
    from fluxtui.store.changes import Batch


@dataclass
class Desk:
    """Shared by the screens of one running program.

    `permission` is made once, at the start, and says what may be written to: nothing can widen it. `scope` and
    `namespace` narrow every list (empty: everything). `contexts` are all that the kubeconfig offers,
    watched or not; `trouble` is why there are none.
    """

    store: Store
    fleet: Fleet
    now: Callable[[], float]
    permission: Permission = field(default_factory=Permission)
    demo: bool = False
    on_call: bool = False
    """Whether this is an on-call session: what it may not do is said at the top."""
    protected: tuple[str, ...] = ()
    """Names or globs of the contexts whose name must be typed before anything is done to them."""
    badge: Span | None = None
    """What is under way, for the line of tabs; None for nothing."""
    badge_listeners: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])
    """Who is told of another badge."""
    acting: object = None
    """What the dialogs of actions keep (`acting.Acting`), made with the first of them: never in a read-only process."""
    contexts: tuple[Context, ...] = ()
    trouble: str = ""
    views: Mapping[str, View] = field(default_factory=dict[str, View])
    """The lists that the configuration names."""
    warnings: tuple[str, ...] = ()
    """What the configuration asks for and is not there."""
    scope: frozenset[str] = frozenset()
    namespace: str = ""
    filters: dict[str, str] = field(default_factory=dict[str, str])
    """The filter text by screen, so that it survives a visit elsewhere."""
    history: History = field(default_factory=dict[Mode, list[str]])
    """What was typed into the command lines of all screens."""
    report: TriageReport | None = None
    """The last report of triage: one for all screens, so that they say the same."""
    listeners: list[Callable[[TriageReport], None]] = field(default_factory=list[Callable[[TriageReport], None]])
    """Who is told of each new report."""
    governed: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])
    """Who is told that what policy says about delivery may be another."""
    _names: "Names | None" = None
    state: Path | None = None
    """The folder of what is kept from one session to the next; without one it lasts as long as the program."""
    recalled: bool = False
    """Whether `history` has what was typed in sessions before."""
    places: frozenset[str] = frozenset()
    """The screens that one can go back to."""
    trail: Trail = field(default_factory=Trail)
    """The places that were visited."""
    under_way: bool = False
    """Whether a place is being gone to: what is passed on the way was not visited."""

    @cached_property
    def authors(self) -> "Authorship":
        """Who wrote what of the objects that were looked at: one memory of it for all screens."""
        from fluxtui.kube.authorship import Authorship

        return Authorship(self.fleet)

    @cached_property
    def guard(self) -> "Guard":
        """The policy of the fleet."""
        from fluxtui.screens.guard import Guard

        # of a demo nothing is kept: the next one is another fleet of the same names
        guard = Guard(self.fleet, self.store, self.now, None if self.demo else self.state)
        guard.listeners.append(lambda picture: self._governed())
        return guard

    def _governed(self) -> None:
        for listener in tuple(self.governed):
            listener()

    @property
    def joined(self) -> "Joined | None":
        """What policy says about delivery; None while nothing is known of policy."""
        guard = self.__dict__.get("guard")  # to ask must not begin to follow policy
        return guard.joined if guard is not None else None

    @cached_property
    def bookmarks(self) -> "Bookmarks":
        """The places that the user keeps, read when first asked for."""
        from fluxtui.notes.bookmarks import Bookmarks

        return Bookmarks(self.state, self.now)

    @cached_property
    def typed(self) -> "Typed":
        """What was typed into the command lines, in this session and those before."""
        from fluxtui.notes.typed import Typed

        return Typed(self.state, self.now)

    @cached_property
    def notebook(self) -> "Notebook":
        """What the user wrote down, read when first asked for."""
        from fluxtui.actions.journal import user
        from fluxtui.notes.notebook import Notebook

        return Notebook(self.state, self.now, user())

    @property
    def names(self) -> "Names":
        """The names of all objects, to search: made when first asked for."""
        if self._names is None:
            from fluxtui.insight.names import Names

            self._names = Names(self.store)
        return self._names

    def follow(self, batch: "Batch") -> None:
        """Something changed, whatever screen is seen."""
        if self._names is not None:
            self._names.follow(batch.changes)

    def __post_init__(self) -> None:
        self.watched = Watched(self.store)
        """What we saw happen since the start."""
        self.reporting = Reporting(lambda: triage(self.store, self.now()), self.now, self._reported)

    def _reported(self, report: TriageReport) -> None:
        self.report = report
        for listener in self.listeners:
            listener(report)

    def show_badge(self, badge: Span | None) -> None:
        """Tell what is under way."""
        self.badge = badge
        for listener in self.badge_listeners:
            listener()

    def in_scope(self, row: Row) -> bool:
        """Whether a row is in the chosen clusters and namespace."""
        return self.in_clusters(row) and (not self.namespace or row.record.namespace == self.namespace)

    def in_clusters(self, row: Row) -> bool:
        """Whether a row is in the chosen clusters: all that can be asked of what has no namespace."""
        return not self.scope or row.cluster in self.scope

    def clusters(self) -> list[str]:
        """The names of the watched clusters in scope, in their order."""
        return [name for name in self.fleet.clusters if not self.scope or name in self.scope]

    def versions(self) -> dict[str, str]:
        """The Kubernetes version that each API server told, by cluster; empty where it has not answered."""
        return {name: cluster.health.version for name, cluster in self.fleet.clusters.items()}

    def namespaces(self) -> list[str]:
        """The names of all namespaces that are known in scope, and of those that objects live in."""
        found: set[str] = set()
        for cluster in self.clusters():
            found.update(self.store.cluster(cluster).index("namespace").terms())
            found.update(row.record.name for row in self.store.table(cluster, "Namespace").rows.values())
        return sorted(found - {""})

    def tenants(self) -> list[str]:
        """The names of the tenants that labels of namespaces tell of, and of all namespaces: each may be one."""
        found = set(self.namespaces())
        for cluster in self.clusters():
            rows = self.store.table(cluster, "Namespace").rows.values()
            found.update(row.record.label(TENANT_LABEL) for row in rows if TENANT_LABEL in row.record.labels)
        return sorted(found - {""})

    def scope_words(self) -> str:
        """What the view is narrowed to: ``all clusters``, ``prod-eu-1 · ns frontend``."""
        if not self.scope:
            clusters = "all clusters" if len(self.fleet.clusters) != 1 else next(iter(self.fleet.clusters))
        else:
            clusters = ", ".join(sorted(self.scope)) if len(self.scope) <= 2 else f"{len(self.scope)} clusters"
        return f"{clusters} · ns {self.namespace}" if self.namespace else clusters


STATUS_STYLES: tuple[str, ...] = tuple(f"status-{status.word}" for status in Status)

PHASES: dict[Phase, tuple[str, str]] = {
    Phase.LOADING: ("◐", "status-progressing"),
    Phase.FRESH: ("●", "status-ready"),
    Phase.STALE: (NO_DATA_GLYPH, "status-blocked"),
    Phase.UNREACHABLE: (NO_DATA_GLYPH, "status-failed"),
    Phase.LOGIN: (NO_DATA_GLYPH, "status-blocked"),
    Phase.FORBIDDEN: (NO_DATA_GLYPH, "status-blocked"),
    Phase.MISSING: ("–", "muted"),
}
"""Glyph and style of each phase of data."""


def joined(words: Iterable[str], most: int = 3) -> str:
    """``a, b, c and 4 more``."""
    every = list(words)
    if len(every) <= most:
        return ", ".join(every)
    return f"{', '.join(every[:most])} and {len(every) - most} more"
