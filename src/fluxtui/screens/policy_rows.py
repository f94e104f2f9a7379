"""The list of the Policy screen: a row for each group and each violation, and the matrix of rules and clusters."""

from collections.abc import Callable, Hashable, Sequence

from fluxtui.insight.policy.board import NOBODY, UNKNOWN, By, Group, order
from fluxtui.insight.policy.model import Action, Owner, Violation
from fluxtui.insight.policy.naming import is_id, policy_name
from fluxtui.kinds.ages import age, ago
from fluxtui.kinds.policy.reports import Subject
from fluxtui.kinds.policy.table import POLICY_KINDS
from fluxtui.kinds.record import split_id
from fluxtui.kinds.status import NO_DATA_GLYPH
from fluxtui.kinds.table import KINDS
from fluxtui.screens.policy_board import Board, standing, violations_in
from fluxtui.screens.policy_fold import Folded, Line, Path, Shape
from fluxtui.widgets.sparkline import LEVELS
from fluxtui.widgets.table_columns import ESSENTIAL, TableColumn
from fluxtui.widgets.table_source import Cell, Span

ACTIONS: dict[Action, str] = {
    Action.DENY: "error",
    Action.WARN: "warning",
    Action.AUDIT: "info",
    Action.NONE: "muted",
    Action.UNKNOWN: "status-unknown",
}
SEVERE = {"critical": "error", "high": "error", "medium": "warning", "low": "", "info": "muted", "": "faint"}
RESULT: dict[str, tuple[str, str]] = {
    "fail": ("✖", "status-failed"),
    "warn": ("▲", "warning"),
    "error": ("?", "status-unknown"),
    "skip": ("‖", "status-suspended"),
}
"""Glyph and style of a result."""
ZERO, UNREAD, ABSENT = "·", "?", "–"
"""No violation; not all read yet; no policy engine."""
NAMED_CLUSTERS = 6
"""Clusters that have a column of three cells each; more have one cell each, up to `DRAWN`."""
DRAWN = 24
SPAN = 3
"""Cells of a named cluster."""
ROOMY = 120
"""Columns of a terminal from which on kinds and titles are written out."""


PolicyLine = Line[Group, Violation]
PolicyRows = Folded[Group, Violation]


def _key(group: Group) -> str:
    return group.key


def _within(group: Group) -> Sequence[Group]:
    return group.within


def _violations(group: Group) -> Sequence[Violation]:
    return group.violations


SHAPE: Shape[Group, Violation] = Shape(_key, _within, _violations, order)


NOTHING_THERE: dict[str, Span] = {
    "known": (ZERO, "faint"),
    "stale": (ZERO, "status-nodata"),
    "partly": (UNREAD, "status-unknown"),
    "loading": ("◐", "status-progressing"),
    "none": (ABSENT, "muted"),
    "nodata": (NO_DATA_GLYPH, "status-nodata"),
}
"""What stands for a cluster without violations, by its standing: nothing known is never nothing there."""


def abbreviated(names: Sequence[str], width: int = SPAN) -> dict[str, str]:
    """Names in so many cells, all different: of the part that tells one from the others (``prod-eu-1``: ``eu``)."""
    parts = {name: [part for part in name.replace("_", "-").replace(".", "-").split("-") if part] for name in names}
    counts: dict[str, int] = {}
    for found in parts.values():
        for part in set(found):
            counts[part] = counts.get(part, 0) + 1
    short: dict[str, str] = {}
    for number, name in enumerate(names):
        telling = min(parts[name] or [name], key=lambda part: (counts.get(part, 1), part.isdigit()))
        wanted = _shortened(telling, width)
        short[name] = wanted if wanted not in short.values() else str(number + 1)[-width:]
    return short


def _shortened(text: str, width: int) -> str:
    """A word without as many of its last vowels as must go."""
    for at in range(len(text) - 1, 0, -1):
        if len(text) > width and text[at].lower() in "aeiou":
            text = text[:at] + text[at + 1 :]
    return text[:width]


# Columns


def columns(board: Board, *, roomy: bool) -> tuple[TableColumn, ...]:
    """The columns of a board; what matters least leaves first. `roomy` is for a terminal of `ROOMY` cells."""
    by, clusters = board.by, board.clusters
    titles = {By.POLICY: "POLICY / RULE", By.OWNER: "TENANT / OWNER", By.RESOURCE: "RESOURCE"}
    name = TableColumn("name", titles[by], 44, 32, 100, flex=3, priority=ESSENTIAL)
    action = TableColumn("action", "ACTION", 8, 6, priority=92, shorter={Action.UNKNOWN.value: "?"})
    severity = TableColumn("severity", "SEVERITY", 9, 8, priority=60)
    numbers = (
        TableColumn("fails", "FAILS", 7, 6, align="right", priority=98),
        TableColumn("warns", "WARNS", 7, 6, align="right", priority=58),
        TableColumn("errors", "ERRORS", 8, 7, align="right", priority=50),
    )
    objects = TableColumn("objects", "OBJECTS", 7, align="right", priority=55)
    policies = TableColumn("policies", "RULES", 5, align="right", priority=54)
    owners = TableColumn("owners", "OWNERS", 6, align="right", priority=65)
    strip = TableColumn("clusters", *strip_title(clusters), priority=90, sortable=False)
    since = TableColumn("since", *(("FIRST SEEN", 10) if roomy else ("SEEN", 5)), priority=70)
    blocked = TableColumn("blocked", "BLOCKED", 7, align="right", priority=52, sortable=False)
    longest = min(16, max(map(len, clusters), default=0))
    cluster = TableColumn(
        "cluster", "CLUSTER", max(8, longest), min(12, max(8, longest)), priority=85, sortable=False, cut="middle"
    )
    owner = TableColumn("owner", "DELIVERED BY", 30, 14, 60, flex=1, priority=80, sortable=False)
    every = {
        By.POLICY: (name, action, severity, *numbers, objects, owners, strip, blocked, since),
        By.OWNER: (name, action, severity, *numbers, objects, policies, strip, since),
        By.RESOURCE: (name, cluster, action, severity, *numbers, policies, owner, since),
    }[by]
    _, warned, failed, _ = board.total.counts
    empty = {"warns": not warned, "errors": not failed, "blocked": not any(board.blocked.values())}
    return tuple(column for column in every if not empty.get(column.id))


def strip_title(clusters: Sequence[str]) -> tuple[str, int]:
    """The title of the strip of clusters, and its width."""
    if len(clusters) <= NAMED_CLUSTERS:
        short = abbreviated(clusters)
        return " ".join(short[name].ljust(SPAN) for name in clusters), max(8, (SPAN + 1) * len(clusters) - 1)
    return "CLUSTERS", max(8, min(DRAWN, len(clusters)))


# Cells


class Painter:
    """Paints the lines of a board."""

    def __init__(self, board: Board, now: Callable[[], float], opened: set[Path], *, roomy: bool) -> None:
        self.board, self.opened, self.roomy = board, opened, roomy
        self._columns = columns(board, roomy=roomy)
        self._now = now
        self._standing = {each.cluster: standing(each) for each in board.picture.coverage}

    @property
    def now(self) -> float:
        """What ages are measured from."""
        return self._now()

    def version(self, line: PolicyLine) -> Hashable:
        """What the cells show: the group itself is another one in another board."""
        leaf = line.leaf
        seen = (leaf or line.group).first_seen
        return id(leaf if leaf is not None else line.group), ago(seen, self.now), line.path in self.opened, line.last

    def cells(self, line: PolicyLine) -> Sequence[Cell]:
        """As `columns` wants them."""
        if line.leaf is not None:
            return self._picked(self._violation(line, line.leaf))
        return self._picked(self._group(line))

    def _picked(self, cells: dict[str, Cell]) -> list[Cell]:
        """The cells of the columns that there are."""
        return [cells.get(column.id, "") for column in self._columns]

    def _group(self, line: PolicyLine) -> dict[str, Cell]:
        group = line.group
        fails, warns, errors, _ = group.counts
        return {
            "name": self._name(line),
            "action": self.actions(group),
            "severity": (group.severity or ABSENT, SEVERE[group.severity]),
            "fails": _count(fails, "error"),
            "warns": _count(warns, "warning"),
            "errors": _count(errors, "status-unknown"),
            "objects": _count(group.objects),
            "owners": _count(group.owners),
            "policies": _count(group.policies),
            "owner": owner_spans(group.owner),
            "cluster": (group.cluster, "muted"),
            "clusters": self.strip(group),
            "blocked": _count(self.board.blocked.get(group.policy, 0), "warning") if not line.depth else "",
            "since": self._since(group.first_seen, certain=group.certain) if group.objects else "",
        }

    def _since(self, first: int, *, certain: bool) -> Cell:
        """``6m``, or ``≥2h`` of what was there when we began to watch: the sentence above says since when."""
        return f"{'' if certain else '≥'}{age(self.now - first)}" if first else "now"

    def _name(self, line: PolicyLine) -> list[Span]:
        group = line.group
        mark = "▾ " if line.path in self.opened else "▸ " if group.objects else "  "
        lead: list[Span] = [("  " * line.depth, ""), (mark, "accent")]
        if self.board.by is By.RESOURCE and group.subject is not None:
            return [*lead, *subject_spans(group.subject, short=not self.roomy)]
        if self.board.by is By.OWNER:
            return [*lead, *self._owner(line)]
        if line.depth:
            return [*lead, (group.rule or "the policy as a whole", "strong")]
        return [*lead, *policy_spans(group.policy, group.rule, quiet=not group.objects), *_rules(group)]

    def _owner(self, line: PolicyLine) -> list[Span]:
        """A tenant, its owner if it has but one, or an owner within a tenant."""
        group = line.group
        owner = group.owner or Owner("")
        here = _flux(owner) if owner.id else [(f"in {owner.tenant or 'no namespace'}", "muted")]
        if line.depth:
            return here
        if not owner.id:
            where = [(f" · in {owner.tenant}", "muted")] if not group.within and owner.tenant else _of(group)
            return [(UNKNOWN if owner.doubt else NOBODY, "warning"), *where]
        tenant: Span = (owner.tenant or "cluster-wide", "strong")
        return [tenant, *([(" · ", "muted"), *here] if not group.within else _of(group))]

    def actions(self, group: Group) -> Cell:
        """``audit``, or ``mixed`` where it depends on the namespace or the cluster."""
        found = group.actions
        if len(found) > 1 and Action.DENY in found:
            return ("mixed", ACTIONS[Action.DENY])
        return (found[0].value, ACTIONS[found[0]]) if found else (ABSENT, "faint")

    def strip(self, group: Group) -> Cell:
        """A cell for each cluster: how many violate it there, or why that is not known."""
        clusters = self.board.clusters
        if len(clusters) > DRAWN:
            return [(f"{len(group.clusters)} of {len(clusters)}", "")]
        gap = " " * SPAN if len(clusters) <= NAMED_CLUSTERS else ""
        spans: list[Span] = []
        for name in clusters:
            spans += [(gap, ""), self.heat(group, name)] if spans else [self.heat(group, name)]
        return spans

    def heat(self, group: Group, cluster: str, top: int = 0) -> Span:
        """How much of a group is in a cluster, in one cell; a full one is `top`, by default that of the board."""
        count, top = violations_in(group, cluster), top or self.board.top
        if not count:
            return self.without(group, cluster)
        level = LEVELS[1 + (min(count, top) * (len(LEVELS) - 2)) // max(1, top)]
        if self._standing.get(cluster) in ("stale", "nodata"):
            return level, "status-nodata"
        fails, warns, *_ = group.clusters[cluster]
        return level, RESULT["fail" if fails else "warn" if warns else "error"][1]

    def without(self, group: Group, cluster: str) -> Span:
        """What stands for a cluster that has none of it; nothing where the cluster has not got the policy."""
        found = self._standing.get(cluster, "nodata")
        if found == "known" and is_id(group.policy) and (cluster, group.policy) not in self.board.picture.policies:
            return " ", ""
        return NOTHING_THERE[found]

    # Violations

    def _violation(self, line: PolicyLine, leaf: Violation) -> dict[str, Cell]:
        by, result = self.board.by, leaf.finding.result
        name: list[Span] = [("  " * line.depth, ""), ("└ " if line.last else "├ ", "border"), _glyph(result)]
        if by is not By.RESOURCE:
            name += subject_spans(leaf.subject, short=not self.roomy)
        if by is By.POLICY:
            name += [(" → ", "faint"), *owner_spans(leaf.owner, short=True)]
        else:
            name += [("  " if by is By.OWNER else "", ""), *policy_spans(leaf.policy, leaf.rule, quiet=by is By.OWNER)]
        word: Cell = (result, RESULT[result][1])
        return {
            "name": name,
            "action": (leaf.action.value, ACTIONS[leaf.action]),
            "severity": (leaf.severity or ABSENT, SEVERE.get(leaf.severity, "")),
            "fails": word if result in ("fail", "skip") else "",
            "warns": word if result == "warn" else "",
            "errors": word if result == "error" else "",
            "owner": (leaf.finding.message, "muted"),
            "clusters": self._where(leaf),
            "since": self._since(leaf.first_seen, certain=leaf.certain),
        }

    def _where(self, leaf: Violation) -> list[Span]:
        """Its own cluster in the strip."""
        clusters = self.board.clusters
        if len(clusters) > DRAWN:
            return [(leaf.cluster, "muted")]
        width = SPAN + 1 if len(clusters) <= NAMED_CLUSTERS else 1
        at = clusters.index(leaf.cluster) if leaf.cluster in clusters else 0
        return [(" " * (at * width), ""), ("■", RESULT[leaf.finding.result][1])]


def _count(count: int, style: str = "") -> Cell:
    return (f"{count:,}", style) if count else (ZERO, "faint")


def _glyph(result: str) -> Span:
    glyph, style = RESULT[result]
    return f"{glyph} ", style


def _rules(group: Group) -> list[Span]:
    return [(f"  {len(group.within)} rules", "muted")] if group.within else []


def _of(group: Group) -> list[Span]:
    count = len(group.within)
    if not count:
        return []
    word = "owner" if group.owner is not None and group.owner.id else "namespace"
    return [(f"  {count} {word}{'s' if count > 1 else ''}", "muted")]


def policy_spans(policy: str, rule: str, *, quiet: bool = False) -> list[Span]:
    """``require-labels / team``; the kind before it, abbreviated, unless it is the usual one."""
    kind = policy.partition("/")[0] if is_id(policy) else ""
    known = POLICY_KINDS.get(kind)
    prefix = f"{known.short[0]} " if known is not None and known.short and kind != "ClusterPolicy" else ""
    spans: list[Span] = [(prefix, "muted"), (policy_name(policy), "" if quiet else "strong")]
    if rule and rule != policy_name(policy):
        spans += [(" / ", "muted"), (rule, "")]
    return [span for span in spans if span[0]]


def subject_spans(subject: Subject, *, short: bool = False) -> list[Span]:
    """``Deployment backend/redis``; ``deploy backend/redis`` where it is to be short."""
    where = f"{subject.namespace}/" if subject.namespace else ""
    kind = KINDS.get(subject.kind) if short else None
    word = kind.short[0] if kind is not None and kind.short else subject.kind
    return [(f"{word} ", "muted"), (where, ""), (subject.name, "strong")]


def owner_spans(owner: Owner | None, *, short: bool = False) -> list[Span]:
    """Who delivers an object, with the revision unless it is to be short."""
    if owner is None or not owner.id:
        if owner is not None and owner.doubt:
            return [(UNKNOWN if short else owner.nobody, "status-unknown")]
        return [(NOBODY if not short else "nobody of Flux", "warning")]
    spans = _flux(owner)
    if owner.revision and not short:
        from fluxtui.kinds.columns import revision

        spans += [(" @ ", "muted"), (revision(owner.revision), "muted")]
    return spans


def _flux(owner: Owner) -> list[Span]:
    kind, namespace, name = split_id(owner.id)
    word = KINDS[kind].short[0] if kind in KINDS and KINDS[kind].short else kind
    return [(f"{word} ", "muted"), (f"{namespace}/" if namespace else "", ""), (name, "")]


def seen_spans(first: int, now: float, *, certain: bool) -> list[Span]:
    """``6m ago``, or ``≥2h since we watch``: reports do not know how old a violation is."""
    if not first:
        return [("just now", "")]
    old = age(now - first)
    return [(f"{old} ago", "")] if certain else [(f"≥{old}", ""), (" since we watch", "muted")]
