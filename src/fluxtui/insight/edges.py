"""What an edge asks for, whether it is given now, and if not, why: told apart by what would mend it.

The meanings are those of the controllers (facts: flux §5):

- *ready* of a Kustomization or HelmRelease: Ready=True for the current generation; two Kustomizations that share a
  source also need the target at the revision that the source has now. A ResourceSet asks any kind for its status.
- *exists*: a ResourceSet without ``ready``: the target may fail, an expression beside it is never evaluated.
- *expression*: a readyExpr replaces the question for ready. CEL is not evaluated here: the waiting object's own word
  tells, and the one expression that the seed platforms use ("reconciled once") is known.
- *source*: an artifact, however old; *inputs*: a provider, ready or not; *values*: the object that holds them.
"""

from enum import StrEnum

import msgspec

from fluxtui.insight.explain import BLOCKED, FAILED, READY, SUSPENDED
from fluxtui.insight.graph import Edge, Graph, Standing, components
from fluxtui.insight.roots import named
from fluxtui.insight.silent import same_revision
from fluxtui.kinds.ages import ago
from fluxtui.kinds.columns import revision
from fluxtui.kinds.operator import ProviderRecord
from fluxtui.kinds.record import Record, split_id
from fluxtui.store.row import Row

MARKS = {
    "ready": "─ready→",
    "exists": "─exists→",
    "expression": "─expr→",
    "artifact": "─source→",
    "inputs": "─inputs→",
    "values": "─values→",
    "applies": "─owns→",
}
"""How an edge is drawn, by its meaning."""

ONCE = frozenset({"status.observedGeneration>=0", "dep.status.observedGeneration>=0"})
"""Expressions, without blanks, that ask whether the target was ever reconciled."""

INVALID = "InvalidCELExpression"
"""The reason of an object whose readyExpr cannot be evaluated: it waits for good."""

MOST = 1000
"""Owners that are climbed: a chain of owners that is longer is a circle."""


class Obstacle(StrEnum):
    """Why an edge does not give what it asks for, or gives nothing new."""

    NONE = ""
    WAITING = "waiting"
    """The target is there and not ready."""
    MISSING = "missing"
    UNSEEN = "unseen"
    """The target's kind is not watched here, may not be seen, or is not served: nothing can be said."""
    SUSPENDED = "suspended"
    """The target, or something that applies it, is suspended."""
    CYCLE = "cycle"
    """The target waits for the object that waits for it."""
    REVISION = "revision"
    """The target has not applied what the source has that both share."""
    EXPRESSION = "expression"
    """The target does not satisfy the expression."""


class EdgeState(msgspec.Struct, frozen=True):
    """An edge as it is now.

    `met` is None where it cannot be judged. `mark` draws it, `words` say what it asks and why it is not met;
    `expression` is the CEL text, whether it is evaluated or not.
    """

    met: bool | None
    mark: str
    words: str
    obstacle: Obstacle = Obstacle.NONE
    expression: str = ""


Judged = tuple[bool | None, str, Obstacle]


class EdgeStates:
    """The states of edges at one moment. Circles are found once, and only around what is asked."""

    def __init__(self, graph: Graph, now: float) -> None:
        self._graph = graph
        self._now = now
        self._circles: dict[str, int] = {}

    def of(self, edge: Edge) -> EdgeState:
        """The state of an edge."""
        met, words, obstacle = self._judge(edge)
        return EdgeState(met, MARKS.get(edge.meaning, f"─{edge.meaning}→"), words, obstacle, edge.expression)

    def _judge(self, edge: Edge) -> Judged:
        target = self._graph.row(edge.target)
        if target is None:
            return self._absent(edge)
        match edge.meaning:
            case "exists":
                ignored = ", nor is its expression" if edge.expression else ""
                return True, f"exists; ready is not asked{ignored}", Obstacle.NONE
            case "expression":
                return self._by_expression(edge, target)
            case "ready":
                return self._by_readiness(edge, target)
            case "artifact":
                return self._by_artifact(edge, target)
            case "inputs":
                return self._by_inputs(target)
            case _:
                return self._at_hand(target)

    def _absent(self, edge: Edge) -> Judged:
        waiter = self._graph.row(edge.source)
        standing = self._graph.standing(edge.target)
        if standing is not Standing.MISSING:
            said = waiter.message if waiter is not None and waiter.status is BLOCKED else ""
            if not names(said, edge.target):
                return None, str(standing), Obstacle.UNSEEN
            if "not found" not in said:
                return False, f"{standing}; its controller says: not ready", Obstacle.UNSEEN
        holder = self._suspended_holder(edge.target)
        if holder is not None:
            return False, f"does not exist; {self._stopped(holder)}", Obstacle.SUSPENDED
        return False, "does not exist", Obstacle.MISSING

    def _suspended_holder(self, identity: str) -> Row | None:
        """Who had applied an object that is not there, if that is suspended."""
        for holder in sorted(self._graph.data.index("produced").get(identity)):
            found = suspended_above(self._graph, holder)
            if found is not None:
                return found
        return None

    def _by_readiness(self, edge: Edge, target: Row) -> Judged:
        if target.status is SUSPENDED:
            held = still_ready(target.record)
            more = ", still ready: nothing new comes" if held else ""
            return held, f"{self._suspended(target)}{more}", Obstacle.SUSPENDED
        if target.status is READY:
            return self._same_source(edge, target)
        if self._in_circle(edge):
            return False, "in a cycle: it waits for what waits for it", Obstacle.CYCLE
        words = self._waiting(edge, target)
        above = suspended_above(self._graph, edge.target)
        if above is not None:
            return False, f"{words}; {self._stopped(above)}", Obstacle.SUSPENDED
        return False, words, Obstacle.WAITING

    def _same_source(self, edge: Edge, target: Row) -> Judged:
        """Kustomizations of one source must have applied the same of it."""
        waiter = self._graph.row(edge.source)
        source = self._graph.row(target.record.source) if target.record.source else None
        both = waiter is not None and waiter.record.kind == target.record.kind == "Kustomization"
        if both and source is not None and waiter is not None and waiter.record.source == source.record.id:
            has, applied = source.record.revision, target.record.revision
            if has and applied != has:
                words = f"source at another revision: applied {revision(applied) or 'nothing'}, source has "
                return False, words + revision(has), Obstacle.REVISION
        return True, "ready", Obstacle.NONE

    def _by_expression(self, edge: Edge, target: Row) -> Judged:
        if "".join(edge.expression.split()) in ONCE:
            met: bool | None = target.record.observed >= 0
            asked = '"reconciled once"'
        else:
            met, asked = _told_by(self._graph.row(edge.source), edge.target), "the expression decides"
        waiter = self._graph.row(edge.source)
        if waiter is not None and INVALID in (waiter.reason, waiter.record.reason):
            return False, "an expression of its dependencies is invalid", Obstacle.EXPRESSION
        said = {True: "met", False: "not met", None: "not known now"}[met]
        words = f"{asked}: {said}; ready is not asked"
        if met is not False:
            return met, words, Obstacle.NONE
        if self._in_circle(edge):
            return False, f"in a cycle; {words}", Obstacle.CYCLE
        above = suspended_above(self._graph, edge.target)
        if above is not None:
            return False, f"{words}; {self._stopped(above)}", Obstacle.SUSPENDED
        return False, words, Obstacle.EXPRESSION

    def _by_artifact(self, edge: Edge, source: Row) -> Judged:
        has = source.record.revision
        if not has and source.status is not READY:
            words = self._suspended(source) if source.status is SUSPENDED else f"no artifact yet, {self._since(source)}"
            return False, words, Obstacle.SUSPENDED if source.status is SUSPENDED else Obstacle.WAITING
        if source.status is SUSPENDED:
            return True, f"{self._suspended(source)}: nothing new comes", Obstacle.SUSPENDED
        if source.status is FAILED:
            return True, f"{self._since(source)}: nothing newer than {revision(has)} comes", Obstacle.WAITING
        user = self._graph.row(edge.source)
        if user is not None and has and user.record.revision and not same_revision(user.record, has):
            words = f"source at another revision: applied {revision(user.record.revision)}, source has {revision(has)}"
            return True, words, Obstacle.REVISION
        return True, revision(has), Obstacle.NONE

    def _by_inputs(self, provider: Row) -> Judged:
        """A provider that is there is all that is asked; without inputs an empty set is applied (flux §1, Hazard)."""
        record = provider.record
        if isinstance(record, ProviderRecord) and not record.exported:
            return True, f"{provider.status.word}, and has no inputs: an empty set is applied", Obstacle.NONE
        if provider.status is SUSPENDED:
            return True, f"{self._suspended(provider)}: no new inputs", Obstacle.SUSPENDED
        return True, "exists; ready is not asked", Obstacle.NONE

    def _at_hand(self, target: Row) -> Judged:
        if target.status is SUSPENDED:
            return True, self._suspended(target), Obstacle.SUSPENDED
        return True, "exists", Obstacle.NONE

    def _waiting(self, edge: Edge, target: Row) -> str:
        waiter = self._graph.row(edge.source)
        if waiter is not None and waiter.status is BLOCKED:
            return f"waiting {ago(waiter.since, self._now)}".rstrip()
        return self._since(target)

    def _since(self, row: Row) -> str:
        return f"{row.status.word} {ago(row.since, self._now)}".rstrip()

    def _suspended(self, row: Row) -> str:
        who = row.record.suspended_by.partition(": ")[0]  # without the comment
        by = f" by {who}" if who else ""
        return f"suspended{by} {ago(row.since, self._now)}".rstrip()

    def _stopped(self, above: Row) -> str:
        return f"{named(above.record.id)} above it is {self._suspended(above)}"

    def _in_circle(self, edge: Edge) -> bool:
        """Whether both ends wait for each other over dependsOn, at whatever distance."""
        if edge.kind != "needs":
            return False
        if edge.source not in self._circles:
            self._find_circles(edge.source)
        return edge.source == edge.target or self._circles.get(edge.source) == self._circles.get(edge.target, -1)

    def _find_circles(self, start: str) -> None:
        """Number the circles among what `start` waits for; what was numbered before leads to nothing new."""
        links: dict[str, list[str]] = {}
        work = [start]
        while work:
            identity = work.pop()
            if identity in links or identity in self._circles:
                continue
            row = self._graph.row(identity)
            links[identity] = [need.target for need in row.record.needs] if row is not None else []
            work += links[identity]
        number = len(self._circles)
        for group in components(links):
            number += 1
            for identity in group:
                self._circles[identity] = number


def still_ready(record: Record) -> bool:
    """Whether a controller that looks at an object's conditions finds it ready: True, and of this generation."""
    return record.ready == "True" and (record.observed < 0 or record.observed >= record.generation)


def suspended_above(graph: Graph, identity: str) -> Row | None:
    """The nearest suspended object among an object and those that apply it, up the chain; None if there is none."""
    seen: set[str] = set()
    while identity and identity not in seen and len(seen) < MOST:
        seen.add(identity)
        row = graph.row(identity)
        if row is None:
            return None
        if row.status is SUSPENDED:
            return row
        identity = row.record.owner
    return None


def shared_revisions(graph: Graph, source: str) -> dict[str, list[str]]:
    """The consumers of a source by the revision that they applied, the most common one first; more than one revision
    means that they do not run the same content. Consumers that have applied nothing are under the empty text.
    """
    found: dict[str, list[str]] = {}
    for edge in graph.dependents(source):
        row = graph.row(edge.source) if edge.kind == "source" else None
        if row is not None:
            found.setdefault(row.record.revision, []).append(edge.source)
    for users in found.values():
        users.sort()
    return dict(sorted(found.items(), key=lambda item: (-len(item[1]), item[0])))


def names(message: str, identity: str) -> bool:
    """Whether a controller's message names an object: ``'ns/name'``, or a path that ends with it."""
    _, namespace, name = split_id(identity)
    short = f"{namespace}/{name}" if namespace else name
    words = (word.strip("'\"`:,;.") for word in message.split())
    return any(word == short or word.endswith(f"/{short}") for word in words)


def _told_by(waiter: Row | None, target: str) -> bool | None:
    """What the state of the waiting object says of a condition that only its controller evaluates."""
    if waiter is None:
        return None
    if waiter.status is BLOCKED:
        return False if names(waiter.message, target) else None
    return True if waiter.status in (READY, FAILED) else None
