"""Orphans: what Flux left behind in a namespace, or never managed: who made it, when, why, and how sure that is.

Without a namespace the screen lists those that there are: nobody wants every kind of every namespace read at once. What
is read is metadata alone, once when a namespace is chosen and when somebody asks again; what Flux manages of it follows
the store.
"""

from collections.abc import Generator, Sequence
from typing import ClassVar

import msgspec
from textual import work
from textual.binding import BindingType

from fluxtui import keymap
from fluxtui.insight.orphans import Origin, Orphan, OrphanReport, Sureness, order, verdict
from fluxtui.insight.orphans_export import row_of
from fluxtui.insight.place import Place
from fluxtui.kinds.ages import ago, exact
from fluxtui.kinds.record import Record
from fluxtui.kinds.status import Status
from fluxtui.kube.orphans import Searched, search
from fluxtui.screens.commands import Go
from fluxtui.screens.desk import STATUS_STYLES, Desk, joined
from fluxtui.screens.details import named
from fluxtui.screens.roster import Accept, RosterScreen
from fluxtui.screens.telling import NoticeText
from fluxtui.screens.tree_words import plural
from fluxtui.store.row import Row
from fluxtui.widgets.factsheet import Fact
from fluxtui.widgets.keyhints import KeyHint
from fluxtui.widgets.table_columns import ESSENTIAL, TableColumn
from fluxtui.widgets.table_source import Cell, Span

STYLES = {Origin.LEFT: "warning", Origin.HAND: "warning", Origin.UNKNOWN: "status-unknown"}
SURE = {Sureness.HIGH: "strong", Sureness.MEDIUM: "", Sureness.LOW: "muted"}


class Space(msgspec.Struct, frozen=True):
    """A namespace that can be looked at, and the clusters that have it."""

    name: str
    clusters: tuple[str, ...]
    managed: int
    """Flux objects in it."""


class OrphansReport(msgspec.Struct, frozen=True):
    """What was looked at, or the namespaces that there are."""

    namespace: str
    spaces: tuple[Space, ...] = ()
    searched: tuple[Searched, ...] = ()
    reports: tuple[OrphanReport, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every cluster has been looked at, as far as it lets one."""
        return all(each.at for each in self.searched)


class OrphansScreen(RosterScreen[OrphansReport, Orphan | Space]):
    """One namespace at a time, of all clusters in scope that have it."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.ROSTER, *keymap.ORPHANS]
    tab = "orphans"
    columns = (
        TableColumn("object", "OBJECT", 34, 26, 60, flex=3, priority=ESSENTIAL, sortable=False, cut="middle"),
        TableColumn("cluster", "CLUSTER", 10, 9, 24, flex=1, priority=55, sortable=False),
        TableColumn("what", "WHAT", 15, priority=95, sortable=False),
        TableColumn("who", "WHO", 20, 12, 30, flex=1, priority=85, sortable=False),
        TableColumn("when", "WHEN", 5, align="right", priority=80, sortable=False),
        TableColumn("sure", "SURE", 6, priority=75, sortable=False),
        TableColumn("why", "WHY", 26, 18, 90, flex=4, priority=50, sortable=False),
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._namespace = ""
        self._searched: dict[str, Searched] = {}

    # What is looked at

    def obey(self, command: Go) -> None:
        """A namespace, or the list of them."""
        if command.filter is not None:
            self.show(command.filter or self.desk.namespace)

    def show(self, namespace: str) -> None:
        """Look at a namespace; the empty one is the list of them."""
        self._namespace = namespace
        self._searched.clear()
        self.report = None
        self.desk.filters[self.tab] = ""
        self.workers.cancel_group(self, "search")
        if namespace and self.is_mounted:
            self._search(namespace)
        if self.is_mounted:
            self.table.reset_cursor()
        self._reporting.wake()

    def on_mount(self) -> None:
        """What was asked for before there was a screen."""
        super().on_mount()
        if self._namespace:
            self._search(self._namespace)

    def place(self) -> Place:
        """The namespace stands where a list has its kind."""
        return msgspec.structs.replace(super().place(), kind=self._namespace)

    def stand_at(self, place: Place) -> None:
        """The namespace of a place."""
        if place.kind != self._namespace:
            self.show(place.kind)
        super().stand_at(place)

    @work(exclusive=True, group="search")
    async def _search(self, namespace: str) -> None:
        """Every cluster by itself; what one tells is shown at once."""
        for name in self._clusters_with(namespace):
            self._search_in(name, namespace)

    @work(group="search")
    async def _search_in(self, cluster: str, namespace: str) -> None:
        def told(found: Searched) -> None:
            if namespace == self._namespace:
                self._searched[cluster] = found
                self._reporting.wake()

        await search(self.desk.fleet.clusters[cluster], namespace, self.desk.now, told)

    def _clusters_with(self, namespace: str) -> list[str]:
        """The clusters that have a namespace, or do not tell which they have."""
        found: list[str] = []
        for name in self.desk.clusters():
            table = self.desk.store.table(name, "Namespace")
            if not table.state.trusted or f"Namespace//{namespace}" in table.rows:
                found.append(name)
        return found

    def steps(self) -> Generator[None, None, OrphansReport]:
        """The namespaces that there are; of one, what is known by now."""
        if not self._namespace:
            return OrphansReport("", tuple(self._spaces()))
        searched, reports = tuple(self._searched.values()), list[OrphanReport]()
        for each in searched:
            data = self.desk.store.find(each.cluster)
            if data is not None:
                reports.append(each.report(data))
            yield
        return OrphansReport(self._namespace, (), searched, tuple(reports))

    def _spaces(self) -> list[Space]:
        found: dict[str, tuple[list[str], int]] = {}
        for cluster in self.desk.clusters():
            data = self.desk.store.cluster(cluster)
            names = {row.record.name for row in data.table("Namespace").rows.values()}
            for name in names | {each for each in data.index("namespace").terms() if each}:
                clusters, count = found.get(name, ([], 0))
                held = [each for each in data.index("namespace").get(name) if not each.startswith(("Event/", "Pod/"))]
                found[name] = [*clusters, cluster], count + len(held)
        return [Space(name, tuple(clusters), count) for name, (clusters, count) in sorted(found.items())]

    # What a roster asks

    def lines_of(self, report: OrphansReport) -> Sequence[Orphan | Space]:
        """What was left behind first."""
        return report.spaces or sorted((each for found in report.reports for each in found.orphans), key=order)

    def key_of(self, line: Orphan | Space) -> str:
        """The object."""
        return line.name if isinstance(line, Space) else " ".join(line.ref)

    def cells_of(self, line: Orphan | Space) -> Sequence[Cell]:
        """What it is, who made it, when, how sure that is."""
        if isinstance(line, Space):
            held = plural(line.managed, "Flux object") if line.managed else "no Flux objects"
            where = joined(line.clusters, 1)
            return [[("Namespace ", "muted"), (line.name, "strong")], (where, "muted"), (held, "muted"), "", "", "", ""]
        found = line.found
        more: list[Span] = [(f" +{line.with_it:,}", "muted")] if line.with_it else []
        return [
            [(f"{found.kind} ", "muted"), (found.name, "strong"), *more],
            (line.cluster, "muted"),
            (line.origin.value, STYLES.get(line.origin, "")),
            line.who or ("not told", "muted"),
            (ago(line.when, self.desk.now()), "muted"),
            (line.sureness.word, SURE[line.sureness]),
            line.why,
        ]

    def passes(self, line: Orphan | Space, accept: Accept) -> bool:
        """By its names, its labels and what is told of it; the namespace is the screen's own matter."""
        if accept == self.desk.in_scope:
            accept = self.desk.in_clusters
        if isinstance(line, Space):
            record = Record(kind="Namespace", id=f"Namespace//{line.name}", name=line.name, namespace=line.name)
            return any(accept(Row(name, record, Status.READY, "", "", 0)) for name in line.clusters)
        return accept(row_of(line))

    def verdict(self, report: OrphansReport, shown: Sequence[Orphan | Space]) -> list[Span]:
        """How many, of how much; and what was not looked at."""
        if not report.namespace:
            return [(" Orphans", "title"), (f" · {plural(len(report.spaces), 'namespace')}: choose one", "")]
        count = sum(len(found.orphans) for found in report.reports)
        style = "strong" if count or not report.complete else STATUS_STYLES[Status.READY]
        spans: list[Span] = [(f" {verdict(report.reports) if report.reports else 'looking'}", style)]
        for each in report.searched:
            if not each.at:
                spans.append((f" · {each.cluster}: {each.done} of {each.wanted or '?'} kinds looked at", "info"))
            if each.trouble:
                spans.append((f" · {each.cluster}: {each.trouble}", "error"))
            if each.forbidden:
                kinds = plural(len(each.forbidden), "kind")
                told = f" · {each.cluster}: {kinds} may not be listed: {joined(each.forbidden)}"
                spans.append((told, "status-blocked"))
            if each.failed:
                spans.append((f" · {each.cluster}: no answer for {joined(each.failed)}", "error"))
            if each.cut:
                told = joined(f"{title} ({left:,} more)" for title, left in each.cut.items())
                spans.append((f" · {each.cluster}: too many {told}", "warning"))
        return spans

    def above(self) -> list[Span]:
        """Where Helm keeps its releases is no orphan, and is counted."""
        report = self.report
        storage = [name for found in (report.reports if report else ()) for name in found.storage]
        secrets = sum(count for found in (report.reports if report else ()) for count in found.storage.values())
        if not storage:
            return []
        names = joined(dict.fromkeys(storage), 4)
        return [(f" not counted: {plural(secrets, 'Secret')} in which Helm keeps releases ({names})", "muted")]

    def title_of(self, line: Orphan | Space) -> list[Span]:
        """Who, where."""
        if isinstance(line, Space):
            return [(f"Namespace {line.name}", "title")]
        return [(named(line.found.identity), "title"), (f" · {line.cluster}", "muted")]

    def facts_of(self, line: Orphan | Space) -> list[Fact]:
        """All that its metadata says of where it comes from."""
        if isinstance(line, Space):
            return [
                Fact("clusters", [(", ".join(line.clusters), "")], 2),
                Fact("watched", [(f"{plural(line.managed, 'Flux object')} in it", "")], 1),
                Fact("⏎", [("look at everything in it, by its metadata", "muted")], 1),
            ]
        found, now = line.found, self.desk.now()
        facts = [
            Fact(line.origin.value, [(line.why, STYLES.get(line.origin, ""))], 3),
            Fact("how sure", [(f"{line.sureness.word}: ", SURE[line.sureness]), (_proof(line), "muted")], 2),
            Fact("made", [(f"{ago(found.created, now)} ago, {exact(found.created)}", "")], 1),
        ]
        writers = [f"{manager} {ago(at, now)} ago" if at else manager for manager, at in found.managers]
        facts.append(Fact("written by", [(", ".join(writers) or "not told: no managedFields", "")], 2))
        if line.with_it:
            facts.append(Fact("made by it", [(plural(line.with_it, "more object"), "")], 1))
        if line.kept:
            facts.append(Fact("kept", [("an annotation says that it must not be pruned", "warning")], 1))
        labels = ", ".join(f"{key}={value}" for key, value in found.labels.items())
        facts.append(Fact("labels", [(labels or "none", "" if labels else "muted")], 3))
        return facts

    def object_of(self, line: Orphan | Space) -> tuple[str, str] | None:
        """The object; of a namespace that several clusters have, that of the first."""
        if isinstance(line, Space):
            return line.clusters[0], f"Namespace//{line.name}"
        return line.ref

    def enter(self, line: Orphan | Space) -> None:
        """Look at a namespace; open an object."""
        if isinstance(line, Space):
            self.leaving()
            self.show(line.name)
            self.catch_up()
            self.arrived()
        else:
            super().enter(line)

    def nothing(self, report: OrphansReport | None) -> NoticeText:
        """Nothing is left behind, as far as could be seen; or nothing is known yet."""
        if report is None or not report.complete or (report.namespace and not report.searched):
            if report is not None and report.namespace and not self._clusters_with(report.namespace):
                lines = [f"No cluster in {self.desk.scope_words()} has the namespace {report.namespace}."]
                return "empty", "there is no such namespace", lines, [(":orphans", "all namespaces")]
            return "loading", "looking at everything in the namespace", ["By its metadata, kind by kind."], []
        if not report.namespace:
            return "loading", "no namespace is known yet", [], [(":ctx", "how each cluster answers")]
        lost = [f"{each.cluster}: {each.trouble}" for each in report.searched if each.trouble]
        unseen = sum(len(each.forbidden) + len(each.failed) + len(each.cut) for each in report.searched)
        lines = [
            verdict(report.reports),
            *lost,
            *([f"{plural(unseen, 'kind')} could not be seen whole."] if unseen else []),
        ]
        if lost or unseen:
            return "nodata", "no orphans among what could be seen", lines, [("r", "look again")]
        return "good", "no orphans", lines, [(":orphans", "another namespace")]

    # Keys

    def action_again(self) -> None:
        """Look again."""
        if self._namespace:
            self._search(self._namespace)

    def action_back(self) -> None:
        """From a namespace to the list of them."""
        if self.desk.filters.get(self.tab) or not self._namespace or len(self.app.screen_stack) > 1:
            super().action_back()
        else:
            self.show("")
            self.catch_up()

    def hints(self) -> Sequence[KeyHint]:
        """Keys of the list."""
        if not self._namespace:
            return super().hints()
        return (KeyHint("esc", "namespaces", 95, "escape"), *super().hints(), KeyHint("r", "look again", 45))

    def note(self) -> Sequence[Span]:
        """How old what is shown is."""
        looked = [each.at for each in self._searched.values()]
        if not looked or not all(looked):
            return [("looking…", "muted")] if self._namespace else []
        return [(f"looked {ago(min(looked), self.desk.now())} ago", "muted")]


def _proof(line: Orphan) -> str:
    return {
        Sureness.HIGH: "Flux' labels or Helm's annotations, and what they name was looked up",
        Sureness.MEDIUM: "the field managers say so, and not who made it first",
        Sureness.LOW: "nothing says where it comes from, or what says so cannot be checked",
    }[line.sureness]
