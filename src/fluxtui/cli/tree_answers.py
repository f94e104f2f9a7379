"""The answers of ``fluxtui tree`` about one tree: the tree itself, what waits behind something, what would stop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import structs

from fluxtui.cli import coverage, markdown
from fluxtui.cli.outcome import Failure
from fluxtui.cli.printing import Answer
from fluxtui.cli.tables import Paint
from fluxtui.cli.tree_text import TreeText, absent, edge_lines, fitted, glyph_of
from fluxtui.insight.blast import Tenants
from fluxtui.insight.causes import Ref
from fluxtui.insight.diagram import Diagram, diagram, dot, mermaid
from fluxtui.insight.edges import MARKS, shared_revisions
from fluxtui.insight.export import cluster_shape, covers
from fluxtui.insight.forest import MISSING, Forest, View
from fluxtui.insight.graph import Edge, Graph
from fluxtui.insight.outline import Outline
from fluxtui.insight.planting import along, at_once, plant
from fluxtui.insight.roots import named
from fluxtui.insight.standing import Standing, standing
from fluxtui.insight.tree_export import TreeShape, tree_shape, what_if_shape
from fluxtui.insight.waiting import radius
from fluxtui.insight.whatif import Stops, assumed, stops
from fluxtui.kinds.ages import exact
from fluxtui.kinds.columns import revision
from fluxtui.kinds.record import split_id
from fluxtui.kinds.status import Status
from fluxtui.store.store import Store

if TYPE_CHECKING:
    from fluxtui.cli.gather import Gathered
    from fluxtui.cli.tree import Question
    from fluxtui.insight.triage import TriageReport

WRONG = frozenset({Status.FAILED, Status.BLOCKED, Status.UNKNOWN, MISSING})
"""What a node can be that makes a tree no healthy one."""

Lines = Callable[[int | None, Paint], list[str]]
"""The lines of a text, for a width and in colours."""


def unseen_words(gathered: Gathered) -> str:
    """What could not be seen, as the end of a sentence; empty when all was seen."""
    missed = coverage.missing(map(standing, gathered.store.clusters()), gathered.now())
    return f" (not seen: {'; '.join(missed)})" if missed else ""


def answer(
    gathered: Gathered,
    shape: Any,
    lines: Lines,
    *,
    problems: bool,
    complete: bool = True,
    drawn: Mapping[str, Callable[[], str]] | None = None,
) -> Answer:
    """An answer in every format; the first line is the one that says it all."""
    now = gathered.now()
    clusters = tuple(map(standing, gathered.store.clusters()))
    unseen = coverage.missing(clusters, now)

    def plain_text() -> str:
        parts = [f"**Flux tree** at {exact(now)}", markdown.fence("\n".join(lines(None, _unpainted)))]
        if unseen:
            parts.append("**Not seen:**\n\n" + "\n".join(f"- {markdown.code(line)}" for line in unseen))
        return "\n\n".join(parts)

    return Answer(
        shape=shape,
        essence=_timeless(shape, clusters),
        text=lambda width, paint, wide: "\n".join(lines(width, paint)),
        markdown=plain_text,
        unseen=unseen,
        problems=problems,
        complete=complete and all(map(covers, clusters)),
        now=now,
        drawn=drawn or {},
    )


def _unpainted(text: str, style: str) -> str:
    return text


def _timeless(shape: Any, clusters: Iterable[Standing]) -> object:
    """The shape without the times and ages that pass although nothing changes."""
    told: dict[str, Any] = {
        "time": "",
        "clusters": [cluster_shape(structs.replace(each, contact=0)) for each in clusters],
    }
    if isinstance(shape, TreeShape):
        told["edges"] = [structs.replace(edge, words="") for edge in shape.edges]
    return structs.replace(shape, **told)


def pictures(drawn: Diagram) -> dict[str, Callable[[], str]]:
    """The formats that draw."""
    return {"mermaid": lambda: mermaid(drawn), "dot": lambda: dot(drawn)}


def standings(gathered: Gathered) -> list[Standing]:
    """How far each cluster's data can be believed."""
    return [standing(data) for data in gathered.store.clusters()]


def graphs(store: Store, refs: Iterable[Ref]) -> list[Graph]:
    """The graph of each cluster that has one of the objects."""
    names = dict.fromkeys(cluster for cluster, _ in refs)
    return [Graph(data) for name in names if (data := store.find(name)) is not None]


def plural(count: int, word: str) -> str:
    """``1 object``, ``2 objects``."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def few(words: Sequence[str], most: int = 4) -> str:
    """The first of several, the others counted."""
    return ", ".join(words[:most]) + (f" and {len(words) - most} more" if len(words) > most else "")


# The tree


def tree(gathered: Gathered, question: Question, report: TriageReport, refs: Sequence[Ref], namespace: str) -> Answer:
    """The tree of all clusters, or of those that have the object. Raises `Failure` if this view has no place for it."""
    store, now, view = gathered.store, gathered.now(), View(question.view)
    names = list(dict.fromkeys(cluster for cluster, _ in refs)) or [data.name for data in store.clusters()]
    forest = at_once(plant(store, names, view))
    forest.mark({ref: len(cause.blocked) for cause in report.problems for ref in cause.members})
    outline = Outline(forest)
    accepted = _accepted(forest, refs, namespace)
    if accepted is not None:
        outline.filter(accepted)
    elif question.everything:
        outline.open_below()
    shown = _shown(forest, accepted)
    drawn = diagram(graphs(store, shown), view, now, shown)
    concerned = range(len(forest)) if accepted is None else accepted

    def lines(width: int | None, paint: Paint) -> list[str]:
        found = [fitted([(_tree_headline(outline, names), "strong")], width, paint)]
        found += TreeText(store, outline, now).lines(width, paint)
        for cluster, identity in refs:
            found += _looks_at(store, cluster, identity, now, width, paint)
        return found

    return answer(
        gathered,
        tree_shape(drawn, refs, [], [], standings(gathered)),
        lines,
        problems=any(forest.status[node] in WRONG for node in concerned),
        drawn=pictures(drawn),
    )


def _accepted(forest: Forest, refs: Sequence[Ref], namespace: str) -> set[int] | None:
    """The nodes that are asked for, None for all. Raises `Failure` where the objects are in no tree."""
    if refs:
        nodes = [forest.numbers[ref] for ref in refs if ref in forest.numbers]
        if not nodes:
            others = " or ".join(
                f"--view {view}" for view in (View.DEPENDENCIES, View.OWNERSHIP) if view != forest.view
            )
            raise Failure(f"{named(refs[0][1])} has no place in the tree of {forest.view}: try {others}")
        return {below for node in nodes for below in forest.subtree(node)}
    if namespace:
        return {node for node, (_, identity) in enumerate(forest.keys) if split_id(identity)[1] == namespace}
    return None


def _shown(forest: Forest, accepted: set[int] | None) -> list[Ref]:
    """The objects from top to bottom: what is accepted, and what stands above it."""
    wanted = accepted
    if accepted is not None:
        wanted = {*accepted, *(above for node in accepted for above in forest.ancestors(node))}
    every = (node for top in forest.tops for node in forest.subtree(top))
    return [forest.keys[node] for node in every if (wanted is None or node in wanted) and forest.keys[node][1]]


def _tree_headline(outline: Outline, names: Sequence[str]) -> str:
    """``dependencies · prod-eu-1 · 198 objects, 13 levels · 2 root causes, 121 ready objects folded``."""
    forest = outline.forest
    parts = [str(forest.view), few(names), f"{plural(forest.objects, 'object')}, {plural(forest.levels, 'level')}"]
    causes = [plural(len(forest.causes), "root cause")] if forest.causes else []
    ready = int(Status.READY)
    seen = sum(line >= 0 and forest.status[line] == ready for line in map(outline.line, range(len(outline))))
    folded = forest.total(ready) - seen
    if outline.filtered:
        passing = sum(outline.accepted(node) for node in range(len(forest)) if forest.keys[node][1])
        parts[2] = f"{passing} of {plural(forest.objects, 'object')}"
    elif folded:
        causes.append(f"{folded} ready folded")
    return " · ".join([*parts, ", ".join(causes)] if causes else parts)


def _looks_at(store: Store, cluster: str, identity: str, now: float, width: int | None, paint: Paint) -> list[str]:
    """What an object waits for, whether it stands above it or not; of a source, what its consumers took of it."""
    graph = Graph(store.cluster(cluster))
    row = graph.row(identity)
    edges = list(graph.dependencies(row.record)) if row is not None else []
    lines: list[str] = []
    if edges:
        title = fitted([(f"{named(identity)} in {cluster} looks at", "strong")], width, paint)
        lines += ["", title, *edge_lines(graph, edges, now, width, paint)]
    shared = shared_revisions(graph, identity)
    if len(shared) > 1:
        words = f"{named(identity)} in {cluster} is used at {len(shared)} different revisions"
        lines += ["", fitted([(words, Status.BLOCKED.word)], width, paint)]
        for applied, users in shared.items():
            who = few([named(user) for user in users])
            lines.append(fitted([(f"  {revision(applied) or 'nothing yet'}  ", "strong"), (who, "")], width, paint))
    return lines


# What waits behind something


def reverse(gathered: Gathered, report: TriageReport, refs: Sequence[Ref]) -> Answer:
    """What waits behind objects, or behind all root causes: what Triage counts."""
    store, now = gathered.store, gathered.now()
    roots = list(refs) or list(dict.fromkeys(ref for cause in report.problems for ref in cause.members))
    if any(store.row(*ref) is None for ref in roots):  # what does not exist holds up whoever asks for it
        forest = _stopped(
            store, roots, [_stops(store, cluster, roots, Status.FAILED, now) for cluster in _clusters(roots)]
        )
    else:
        forest = at_once(radius(store, roots, now))
    outline = Outline(forest)
    outline.open_below()
    drawn = diagram(graphs(store, forest.keys), View.BLAST, now, forest.keys)
    behind = [ref for ref in forest.keys if ref not in set(roots)]

    def lines(width: int | None, paint: Paint) -> list[str]:
        what = few([named(identity) for _, identity in roots], 1) if roots else "root causes"
        headline = f"blast radius of {what} · {_extent(store, behind)}" if roots else "no root cause, nothing waits"
        return [
            fitted([(headline, "strong")], width, paint),
            *TreeText(store, outline, now).lines(width, paint),
        ]

    return answer(
        gathered,
        tree_shape(drawn, roots, [], [], standings(gathered)),
        lines,
        problems=any(status in WRONG for status in forest.status),
        drawn=pictures(drawn),
    )


def _extent(store: Store, refs: Sequence[Ref]) -> str:
    """``38 objects wait, 2 tenants: backend, frontend · prod-eu-1``."""
    if not refs:
        return "nothing waits"
    tenants: set[str] = set()
    others: set[str] = set()
    for cluster in _clusters(refs):
        labelled, rest = Tenants(store.cluster(cluster)).names([identity for name, identity in refs if name == cluster])
        tenants |= labelled
        others |= rest
    whose = f"{plural(len(tenants), 'tenant')}: " if tenants else f"{plural(len(others), 'namespace')}: "
    return f"{plural(len(refs), 'object')}, {whose}{few(sorted(tenants or others))} · {few(_clusters(refs))}"


def _clusters(refs: Iterable[Ref]) -> list[str]:
    return list(dict.fromkeys(cluster for cluster, _ in refs))


# What if


def what_if(gathered: Gathered, question: Question, refs: Sequence[Ref]) -> Answer:
    """What would stop if the object failed or were suspended, in every cluster that has it."""
    store, now = gathered.store, gathered.now()
    status = Status.FAILED if question.what_if == "failed" else Status.SUSPENDED
    found = [_stops(store, cluster, refs, status, now) for cluster in _clusters(refs)]
    forest = _stopped(store, refs, found)
    outline = Outline(forest)
    outline.open_below()
    worlds = [assumed(graph, _assumptions(refs, graph.data.name, status)) for graph in graphs(store, refs)]
    drawn = diagram(worlds, View.BLAST, now, forest.keys)

    def lines(width: int | None, paint: Paint) -> list[str]:
        stopping = [(each.cluster, stop.id) for each in found for stop in each.stops]
        well = sum(len(each.fresh) for each in found)
        extent = f"{_extent(store, stopping)} would stop · {well} of them well now"
        verb = "failed" if status is Status.FAILED else "were suspended"
        headline = f"if {named(refs[0][1])} {verb}: {extent if stopping else 'nothing would stop'}"
        told = [fitted([(headline, "strong")], width, paint), *TreeText(store, outline, now).lines(width, paint)]
        going_on = [(each.cluster, edge) for each in found for edge in each.going_on]
        if going_on:
            told += ["", fitted([("these go on: they ask for less than ready", "strong")], width, paint)]
            told += [_goes_on(store, cluster, edge, width, paint) for cluster, edge in going_on]
        return told

    return answer(
        gathered,
        what_if_shape(found, status, refs, now, standings(gathered)),
        lines,
        problems=any(each.stops for each in found),
        drawn=pictures(drawn),
    )


def _stops(store: Store, cluster: str, refs: Sequence[Ref], status: Status, now: float) -> Stops:
    return stops(Graph(store.cluster(cluster)), _assumptions(refs, cluster, status), now)


def _assumptions(refs: Sequence[Ref], cluster: str, status: Status) -> dict[str, Status]:
    return {identity: status for name, identity in refs if name == cluster}


def _stopped(store: Store, refs: Sequence[Ref], found: Sequence[Stops]) -> Forest:
    """The forest of what stops, each under what it is directly behind; statuses are those of now."""

    def status(cluster: str, identity: str) -> int:
        row = store.row(cluster, identity)
        return int(row.status) if row is not None else absent(Graph(store.cluster(cluster)), identity)

    triples: list[tuple[Ref, Ref | None, int]] = [(ref, None, status(*ref)) for ref in refs]
    for each in found:
        name = each.cluster
        triples += [((name, stop.id), (name, stop.behind), int(stop.now)) for stop in each.stops]
    return along(View.BLAST, triples)


def _goes_on(store: Store, cluster: str, edge: Edge, width: int | None, paint: Paint) -> str:
    row = store.row(cluster, edge.source)
    words = f"{named(edge.source)}  {MARKS.get(edge.meaning, edge.meaning)} {named(edge.target)}"
    glyph = glyph_of(row.status) if row is not None else ()
    return fitted([("  ", ""), *glyph, (words, ""), (f"  {edge.expression}", "muted")], width, paint)
