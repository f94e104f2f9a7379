"""The tree, what would stop, and two trees compared, as other programs see them. The rules of `export` hold here."""

from collections.abc import Iterable, Sequence

from fluxtui.insight.causes import Ref
from fluxtui.insight.chains import Chain
from fluxtui.insight.compare import Comparison, Differing
from fluxtui.insight.diagram import Arrow, Diagram, Node
from fluxtui.insight.export import VERSION, ClusterShape, ObjectRef, Shape, cluster_shape, covers, moment
from fluxtui.insight.graph import Edge
from fluxtui.insight.layers import Layers
from fluxtui.insight.standing import Standing
from fluxtui.insight.whatif import Stops
from fluxtui.kinds.record import split_id
from fluxtui.kinds.status import Status


class ChainShape(Shape, frozen=True):
    """The longest chain of one cluster, from what all wait for to the last that waits."""

    cluster: str
    steps: int
    objects: list[ObjectRef]


class BandShape(Shape, frozen=True):
    """One layer of a cluster; ``current`` where a wave of reconciles is, ``stuck`` where it ended."""

    cluster: str
    name: str
    first: int
    last: int
    counts: dict[str, int]
    moving: int
    current: bool
    stuck: bool


class TreeShape(Shape, frozen=True, kw_only=True):
    """A tree or a part of it: nodes, and edges by the places of their ends in ``nodes``."""

    version: int = VERSION
    kind: str = "Tree"
    time: str
    complete: bool
    view: str
    asked: list[ObjectRef]
    nodes: list[Node]
    edges: list[Arrow]
    layers: list[BandShape]
    longest: list[ChainShape]
    clusters: list[ClusterShape]


class StopShape(Shape, frozen=True):
    """An object that would get nothing new: directly behind ``behind``, over an edge of that ``meaning``."""

    object: ObjectRef
    behind: ObjectRef
    meaning: str
    status: str


class GoesOnShape(Shape, frozen=True):
    """An object that looks at what stops and asks for less than ready, so it goes on."""

    object: ObjectRef
    target: ObjectRef
    meaning: str
    expression: str


class WhatIfShape(Shape, frozen=True, kw_only=True):
    """What would stop."""

    version: int = VERSION
    kind: str = "WhatIf"
    time: str
    complete: bool
    assumed: str
    asked: list[ObjectRef]
    stops: list[StopShape]
    going_on: list[GoesOnShape]
    tenants: list[str]
    clusters: list[ClusterShape]


class DifferenceShape(Shape, frozen=True):
    """One thing that differs, in the words of each side."""

    what: str
    left: str
    right: str


class DifferingShape(Shape, frozen=True):
    """An object that differs; ``status`` and ``revision`` are null on the side that does not have it."""

    kind: str
    namespace: str
    name: str
    above: str
    left_status: str | None
    right_status: str | None
    left_revision: str | None
    right_revision: str | None
    differences: list[DifferenceShape]


class ComparisonShape(Shape, frozen=True, kw_only=True):
    """Two clusters' trees: differences only, equal objects counted."""

    version: int = VERSION
    kind: str = "TreeComparison"
    time: str
    complete: bool
    left: str
    right: str
    equal: int
    unknown: int
    blind: list[str]
    differing: list[DifferingShape]
    clusters: list[ClusterShape]


def tree_shape(
    drawn: Diagram,
    asked: Sequence[Ref],
    bands: Iterable[tuple[str, Layers]],
    longest: Iterable[Chain],
    clusters: Sequence[Standing],
) -> TreeShape:
    """A tree; `asked` are the objects that were named."""
    return TreeShape(
        time=drawn.time,
        complete=all(map(covers, clusters)),
        view=drawn.view,
        asked=[_ref(*ref) for ref in asked],
        nodes=drawn.nodes,
        edges=drawn.edges,
        layers=[shape for cluster, layers in bands for shape in _bands(cluster, layers)],
        longest=[
            ChainShape(chain.cluster, chain.steps, [_ref(chain.cluster, each) for each in chain.ids])
            for chain in longest
        ],
        clusters=[cluster_shape(each) for each in clusters],
    )


def _bands(cluster: str, layers: Layers) -> list[BandShape]:
    return [
        BandShape(
            cluster=cluster,
            name=band.name,
            first=band.first,
            last=band.last,
            counts={status.word: band.counts[status] for status in Status},
            moving=len(band.moving),
            current=at == layers.current,
            stuck=at == layers.stuck,
        )
        for at, band in enumerate(layers.bands)
    ]


def what_if_shape(
    found: Sequence[Stops], assumed: Status, asked: Sequence[Ref], now: float, clusters: Sequence[Standing]
) -> WhatIfShape:
    """What would stop in each of the clusters concerned."""
    return WhatIfShape(
        time=moment(now) or "",
        complete=all(map(covers, clusters)),
        assumed=assumed.word,
        asked=[_ref(*ref) for ref in asked],
        stops=[
            StopShape(_ref(each.cluster, stop.id), _ref(each.cluster, stop.behind), stop.edge.meaning, stop.now.word)
            for each in found
            for stop in each.stops
        ],
        going_on=[_goes_on(each.cluster, edge) for each in found for edge in each.going_on],
        tenants=sorted({tenant for each in found for tenant in each.tenants}),
        clusters=[cluster_shape(each) for each in clusters],
    )


def _goes_on(cluster: str, edge: Edge) -> GoesOnShape:
    return GoesOnShape(_ref(cluster, edge.source), _ref(cluster, edge.target), edge.meaning, edge.expression)


def comparison_shape(
    found: Comparison, differing: Iterable[Differing], now: float, clusters: Sequence[Standing]
) -> ComparisonShape:
    """A comparison with these of its differences."""
    return ComparisonShape(
        time=moment(now) or "",
        complete=all(map(covers, clusters)) and not found.unknown,
        left=found.left,
        right=found.right,
        equal=found.equal,
        unknown=found.unknown,
        blind=list(found.blind),
        differing=[_differing(each) for each in differing],
        clusters=[cluster_shape(each) for each in clusters],
    )


def _differing(each: Differing) -> DifferingShape:
    left, right = each.left, each.right
    return DifferingShape(
        *split_id(each.id),
        above=each.above,
        left_status=left.status.word if left is not None else None,
        right_status=right.status.word if right is not None else None,
        left_revision=left.record.revision if left is not None else None,
        right_revision=right.record.revision if right is not None else None,
        differences=[DifferenceShape(str(one.what), one.left, one.right) for one in each.differences],
    )


def _ref(cluster: str, identity: str) -> ObjectRef:
    return ObjectRef(cluster, *split_id(identity))
