"""The graph as a picture for other programs: Mermaid, Graphviz DOT and JSON.

Arrows go the way of delivery, from what is waited for to what waits, as the tree reads from top to bottom. Names,
reasons and expressions come from clusters: nothing in them can end a label or begin a statement. The same graph gives
the same text.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from fluxtui.insight.depth import Depths
from fluxtui.insight.edges import EdgeStates
from fluxtui.insight.export import VERSION, Shape, moment
from fluxtui.insight.forest import Ref, View
from fluxtui.insight.graph import Edge, Graph, Standing
from fluxtui.insight.planting import ORDER
from fluxtui.kinds.record import split_id
from fluxtui.kinds.status import Status
from fluxtui.kinds.text import line

MISSING = "missing"
UNSEEN = "unseen"
"""What a node can be beside the word of its status."""

COLOURS: dict[str, tuple[str, str]] = {
    Status.FAILED.word: ("#fbd5d5", "#b42318"),
    Status.BLOCKED.word: ("#fdecc8", "#b54708"),
    Status.SUSPENDED.word: ("#eadcf7", "#6941c6"),
    Status.UNKNOWN.word: ("#fff7d6", "#8a6d00"),
    Status.PROGRESSING.word: ("#d3eefc", "#026aa2"),
    Status.READY.word: ("#d8f3df", "#18794e"),
    MISSING: ("#ffffff", "#b42318"),
    UNSEEN: ("#f2f2f2", "#666666"),
}
"""Fill and border by what a node is; its text has the glyph, so that colour is never alone."""

GLYPHS = {status.word: status.glyph for status in Status} | {MISSING: "✖", UNSEEN: "⊘"}

DRAWN_BY_GITHUB = 500
"""Edges that Mermaid draws where nobody has raised its limit."""

OF_VIEW: dict[View, frozenset[str]] = {
    View.DEPENDENCIES: frozenset({"needs", "owns"}),
    View.OWNERSHIP: frozenset({"owns"}),
    View.SOURCES: frozenset({"source", "provides"}),
    View.BLAST: frozenset({"needs", "source", "provides", "reads", "owns"}),
}
"""The kinds of edges that a view draws. Among dependencies, what has any is not drawn under its applier too."""


class Node(Shape, frozen=True):
    """One object; ``status`` is the word of its status, ``missing`` or ``unseen``."""

    cluster: str
    kind: str
    namespace: str
    name: str
    status: str
    reason: str = ""
    since: str | None = None
    level: int = 0


class Arrow(Shape, frozen=True):
    """``waiter`` waits for ``target`` (places in ``nodes``), or is applied by it where ``kind`` is ``owns``. ``met`` is
    null where it cannot be judged.
    """

    waiter: int
    target: int
    kind: str
    meaning: str
    met: bool | None
    words: str
    expression: str


class Diagram(Shape, frozen=True, kw_only=True):
    """A graph, or a part of it; keys are added, never renamed."""

    version: int = VERSION
    kind: str = "Tree"
    time: str
    view: str
    nodes: list[Node]
    edges: list[Arrow]


def diagram(graphs: Iterable[Graph], view: View, now: float, refs: Sequence[Ref] | None = None) -> Diagram:
    """The objects `refs` in their order (None: everything that the tree draws) with the edges of a view between them.

    What does not exist or is not watched is drawn too where something looks at it; not in a blast radius, of which
    it is no part.
    """
    nodes: list[Node] = []
    arrows: list[Arrow] = []
    for graph in graphs:
        wanted = None if refs is None else [identity for cluster, identity in refs if cluster == graph.data.name]
        _Part(graph, view, now, nodes, arrows).draw(wanted)
    return Diagram(time=moment(now) or "", view=str(view), nodes=nodes, edges=arrows)


class _Part:
    """One cluster's part of a diagram."""

    def __init__(self, graph: Graph, view: View, now: float, nodes: list[Node], arrows: list[Arrow]) -> None:
        self._graph = graph
        self._kinds = OF_VIEW[view]
        self._alone = view is View.DEPENDENCIES
        self._closed = view is View.BLAST
        self._states = EdgeStates(graph, now)
        self._level = Depths(graph).level
        self._nodes = nodes
        self._arrows = arrows
        self._places: dict[str, int] = {}

    def draw(self, wanted: Sequence[str] | None) -> None:
        chosen = self._everything() if wanted is None else list(dict.fromkeys(wanted))
        for identity in chosen:
            self._add(identity)
        waiting: set[str] = set()
        for identity in chosen:
            for edge in self._looked_at(identity):
                if edge.target not in self._places and not self._closed and self._graph.row(edge.target) is None:
                    self._add(edge.target)
                if edge.target in self._places:
                    waiting.add(identity)
                    self._arrow(edge)
        for identity in chosen:
            for edge in self._applied(identity):
                if edge.target in self._places and not (self._alone and edge.target in waiting):
                    self._arrow(edge)

    def _everything(self) -> list[str]:
        """What the tree draws, what is delivered first first."""
        tables = self._graph.data.tables
        ids = [identity for kind in ORDER if kind in tables for identity in sorted(tables[kind].rows)]
        return sorted(ids, key=lambda identity: self._level.get(identity, 0))

    def _looked_at(self, identity: str) -> list[Edge]:
        row = self._graph.row(identity)
        found = self._graph.dependencies(row.record) if row is not None else ()
        return [edge for edge in found if edge.kind in self._kinds]

    def _applied(self, identity: str) -> list[Edge]:
        row = self._graph.row(identity) if "owns" in self._kinds else None
        found = self._graph.children(row.record) if row is not None else ()
        return sorted(found, key=lambda edge: edge.target)

    def _add(self, identity: str) -> None:
        row = self._graph.row(identity)
        self._places[identity] = len(self._nodes)
        parts = self._graph.data.name, *split_id(identity)
        if row is None:
            missing = self._graph.standing(identity) is Standing.MISSING
            self._nodes.append(Node(*parts, MISSING if missing else UNSEEN))
        else:
            level = self._level.get(identity, 0)
            self._nodes.append(Node(*parts, row.status.word, row.reason, moment(row.since), level))

    def _arrow(self, edge: Edge) -> None:
        state = self._states.of(edge)
        waiter, target = self._places[edge.source], self._places[edge.target]
        if edge.kind == "owns":  # whoever is applied stands behind its applier
            waiter, target = target, waiter
        self._arrows.append(Arrow(waiter, target, edge.kind, edge.meaning, state.met, state.words, edge.expression))


def _clusters(drawn: Diagram) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for place, node in enumerate(drawn.nodes):
        found.setdefault(node.cluster, []).append(place)
    return found


def _title(node: Node) -> tuple[str, str]:
    """The two lines of a node."""
    name = f"{node.namespace}/{node.name}" if node.namespace else node.name
    return f"{GLYPHS[node.status]} {node.kind}", name


def _label(arrow: Arrow) -> str:
    """What an edge asks for, and why it is not given."""
    return arrow.meaning if arrow.met is not False else f"{arrow.meaning}: {arrow.words}"


# Mermaid

_PLAIN = frozenset(" _./:@+-,()'")
"""What stands for itself in a Mermaid label, beside letters and digits."""


def mermaid_text(text: str) -> str:
    """A text for within the quotes of a Mermaid label: everything that could mean something there is a code."""
    return "".join(
        char if char in _PLAIN or (char.isalnum() and char.isprintable()) else f"#{ord(char)};" for char in line(text)
    )


def mermaid(drawn: Diagram) -> str:
    """The graph as a Mermaid flowchart."""
    lines = ["flowchart TD"]
    if len(drawn.edges) > DRAWN_BY_GITHUB:
        lines.append(f"  %% {len(drawn.edges)} edges: Mermaid draws {DRAWN_BY_GITHUB} unless its maxEdges is raised")
    used = sorted({node.status for node in drawn.nodes}, key=list(COLOURS).index)
    for status in used:
        fill, stroke = COLOURS[status]
        dashed = ",stroke-dasharray:4" if status in (MISSING, UNSEEN) else ""
        lines.append(f"  classDef {status} fill:{fill},stroke:{stroke},color:#1a1a1a{dashed}")
    lines += _by_cluster(drawn, _mermaid_node, lambda place, name: f'subgraph c{place}["{mermaid_text(name)}"]', "end")
    for arrow in drawn.edges:
        way = "-.->" if arrow.met is False else "-->"
        lines.append(f'  n{arrow.target} {way}|"{mermaid_text(_label(arrow))}"| n{arrow.waiter}')
    return "\n".join(lines) + "\n"


def _mermaid_node(place: int, node: Node) -> str:
    kind, name = _title(node)
    glyph, _, kind = kind.partition(" ")
    return f'n{place}["{glyph} {mermaid_text(kind)}<br/>{mermaid_text(name)}"]:::{node.status}'


# Graphviz


def dot_text(text: str) -> str:
    """A text for within the quotes of a DOT label: backslashes, quotes and entities mean themselves."""
    return line(text).replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")


def dot(drawn: Diagram) -> str:
    """The graph for Graphviz."""
    lines = [
        "digraph tree {",
        "  rankdir=TB;",
        '  node [shape=box, style="rounded,filled", fontname="sans-serif"];',
        '  edge [fontname="sans-serif", fontsize=10];',
    ]
    lines += _by_cluster(
        drawn, _dot_node, lambda place, name: f'subgraph cluster_{place} {{ label="{dot_text(name)}";', "}"
    )
    for arrow in drawn.edges:
        style = ', style=dashed, color="#b42318"' if arrow.met is False else ""
        lines.append(f'  n{arrow.target} -> n{arrow.waiter} [label="{dot_text(_label(arrow))}"{style}];')
    return "\n".join([*lines, "}"]) + "\n"


def _dot_node(place: int, node: Node) -> str:
    kind, name = _title(node)
    fill, stroke = COLOURS[node.status]
    return (
        f'n{place} [label="{dot_text(kind)}\\n{dot_text(name)}", class="{node.status}", '
        f'fillcolor="{fill}", color="{stroke}"];'
    )


def _by_cluster(
    drawn: Diagram, told: Callable[[int, Node], str], opening: Callable[[int, str], str], closing: str
) -> Iterator[str]:
    """The statements of the nodes; with several clusters, each cluster's within a group of its own."""
    clusters = _clusters(drawn)
    for number, (name, places) in enumerate(clusters.items()):
        indent = "  "
        if len(clusters) > 1:
            yield f"  {opening(number, name)}"
            indent = "    "
        for place in places:
            yield indent + told(place, drawn.nodes[place])
        if len(clusters) > 1:
            yield f"  {closing}"
