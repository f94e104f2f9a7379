"""The answers of ``fluxtui tree`` about whole clusters: the longest chains, what the most wait for, the layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fluxtui.cli.printing import Answer
from fluxtui.cli.tables import Cell, Column, Paint, table
from fluxtui.cli.tree_answers import WRONG, answer, graphs, pictures, plural, standings
from fluxtui.cli.tree_text import fitted, glyph_of
from fluxtui.insight.chains import Chain, Chains, Waited, by_length, most_waited
from fluxtui.insight.diagram import diagram
from fluxtui.insight.edges import MARKS
from fluxtui.insight.forest import View
from fluxtui.insight.graph import Graph
from fluxtui.insight.layers import Layers, layers
from fluxtui.insight.roots import named
from fluxtui.insight.standing import standing
from fluxtui.insight.tree_export import tree_shape
from fluxtui.kinds.status import Status
from fluxtui.store.store import Store

if TYPE_CHECKING:
    from fluxtui.cli.gather import Gathered

MOST = 3
"""Objects that are told as those that the most wait for."""


def longest(gathered: Gathered) -> Answer:
    """The longest chain of dependsOn of each cluster, the longest first, and what the most wait for."""
    store, now = gathered.store, gathered.now()
    found = [Chains(Graph(data)) for data in store.clusters()]
    chains, waited = by_length(found), most_waited(found, MOST)
    refs = [(chain.cluster, identity) for chain in chains for identity in chain.ids]
    drawn = diagram(graphs(store, refs), View.DEPENDENCIES, now, refs)

    def lines(width: int | None, paint: Paint) -> list[str]:
        told: list[str] = []
        for chain in chains:
            told += [fitted([(f"{chain.cluster} · {_words(store, chain)}", "strong")], width, paint)]
            told += _chain(store, chain, width, paint)
        if waited:
            told += ["", fitted([("waited for by the most, over dependsOn", "strong")], width, paint)]
            told += [fitted(_waited(store, each), width, paint) for each in waited]
        return told

    statuses = [row.status for ref in refs if (row := store.row(*ref)) is not None]
    return answer(
        gathered,
        tree_shape(drawn, [], [], chains, standings(gathered)),
        lines,
        problems=any(status in WRONG for status in statuses),
        drawn=pictures(drawn),
    )


def _words(store: Store, chain: Chain) -> str:
    """How long a chain is; without one, whether there is none or nothing is known."""
    if chain.steps:
        return f"{plural(chain.steps, 'step')} of dependsOn"
    seen = standing(store.cluster(chain.cluster))
    return "nothing waits for anything" if seen.fresh else f"{seen.phase}: nothing is known"


def _chain(store: Store, chain: Chain, width: int | None, paint: Paint) -> list[str]:
    marks = ["" for _ in chain.ids[:1]] + [MARKS.get(edge.meaning, f"─{edge.meaning}→") for edge in chain.edges]
    room = max((len(mark) for mark in marks), default=0)
    lines: list[str] = []
    for number, (identity, mark) in enumerate(zip(chain.ids, marks, strict=True), 1):
        row = store.row(chain.cluster, identity)
        glyph = glyph_of(row.status) if row is not None else ()
        lines.append(fitted([(f"{number:4} {mark:>{room}} ", "muted"), *glyph, (named(identity), "")], width, paint))
    return lines


def _waited(store: Store, each: Waited) -> list[tuple[str, str]]:
    row = store.row(each.cluster, each.id)
    glyph = glyph_of(row.status) if row is not None else ()
    return [(f"{each.waiters:5} ", "muted"), *glyph, (named(each.id), ""), (f"  {each.cluster}", "muted")]


LAYERS = (
    Column("CLUSTER", least=8),
    Column("LAYER", least=8),
    Column("LEVELS", right=True),
    Column("OBJECTS", right=True),
    *(Column(status.word.upper(), right=True) for status in Status),
    Column("WAVE"),
)


def layered(gathered: Gathered) -> Answer:
    """The layers of each cluster, what is delivered first first, and where a wave of reconciles is."""
    store, now = gathered.store, gathered.now()
    found = [(data.name, layers(Graph(data))) for data in store.clusters()]
    rows = [row for name, each in found for row in _layer_rows(name, each)]
    wrong = any(band.counts[status] for _, each in found for band in each.bands for status in Status if status in WRONG)
    return answer(
        gathered,
        tree_shape(diagram((), View.DEPENDENCIES, now, ()), [], found, [], standings(gathered)),
        lambda width, paint: table(LAYERS, rows, width, paint),
        problems=wrong,
    )


def _layer_rows(cluster: str, found: Layers) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    for at, band in enumerate(found.bands):
        wave: Cell = ""
        if at == found.current:
            wave = (f"◀ {plural(len(band.moving), 'object')} in progress", Status.PROGRESSING.word)
        elif at == found.stuck:
            wave = ("◀ stuck here", Status.FAILED.word)
        levels = str(band.first) if band.first == band.last else f"{band.first}-{band.last}"
        counts: list[Cell] = [
            (str(band.counts[status]), status.word) if band.counts[status] else ("-", "muted") for status in Status
        ]
        rows.append([cluster, (band.name, "strong"), levels, str(len(band.ids)), *counts, wave])
    return rows
