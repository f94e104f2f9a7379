"""The objects of an action as rows, and what there is to say of one: its stage, its notes, its requests."""

import json
from collections.abc import Hashable, Sequence

from fluxtui.actions.plan import Item, Plan, Step
from fluxtui.actions.run import Run, Stage
from fluxtui.screens.details import named
from fluxtui.screens.undertakings import ordered
from fluxtui.widgets.table_columns import ESSENTIAL, TableColumn
from fluxtui.widgets.table_source import Cell, Span

COLUMNS = (
    TableColumn("stage", "STAGE", 12, priority=ESSENTIAL, sortable=False),
    TableColumn("object", "OBJECT", 30, 18, 60, flex=1, priority=ESSENTIAL, cut="middle", sortable=False),
    TableColumn("cluster", "CLUSTER", 12, 8, 20, flex=1, priority=60, cut="middle", sortable=False),
    TableColumn("text", "WHAT", 24, 12, 400, flex=4, priority=80, sortable=False),
)
STAGES: dict[Stage, tuple[str, str]] = {
    Stage.QUEUED: ("○", "muted"),
    Stage.SENDING: ("◐", "status-progressing"),
    Stage.WAITING: ("◐", "status-progressing"),
    Stage.DONE: ("✔", "status-ready"),
    Stage.SKIPPED: ("–", "faint"),
    Stage.CANCELLED: ("–", "status-suspended"),
    Stage.TIMED_OUT: ("◌", "status-blocked"),
    Stage.CONFLICT: ("◌", "status-blocked"),
    Stage.LOST: ("◌", "status-blocked"),
}
"""Glyph and style of each stage; of those that are not here, those of a failure."""
FAILED = ("✖", "status-failed")


class ItemRows:
    """A `TableSource` over the objects of a plan, and how far they are once it is carried out."""

    def __init__(self, plan: Plan, run: Run | None, columns: Sequence[str]) -> None:
        self._plan = plan
        self._run = run
        self._columns = tuple(columns)

    def __len__(self) -> int:
        return len(self._plan.items)

    def key(self, index: int) -> Hashable:
        """The position: the objects of a plan do not move."""
        return index

    def index_of(self, key: Hashable) -> int | None:
        """The position."""
        return key if isinstance(key, int) else None

    def version(self, index: int) -> Hashable:
        """How far it is."""
        if self._run is None:
            return self._plan.items[index].refusal
        progress = self._run.progress[index]
        return progress.stage, progress.text

    def cells(self, index: int) -> Sequence[Cell]:
        """Stage, object, cluster, and what there is to say."""
        item = self._plan.items[index]
        stage, text = standing(self._plan, self._run, index)
        off = "faint" if stage is Stage.SKIPPED else ""
        cells: dict[str, Cell] = {
            "stage": stage_spans(stage, begun=self._run is not None),
            "object": (named(item.identity), off or "strong"),
            "cluster": (item.cluster, off or "muted"),
            "text": (text, off),
        }
        return [cells[column] for column in self._columns]


def standing(plan: Plan, run: Run | None, index: int) -> tuple[Stage, str]:
    """How far one object is, and what there is to say of that."""
    if run is not None:
        progress = run.progress[index]
        return progress.stage, progress.text
    item = plan.items[index]
    return (Stage.SKIPPED, item.refusal) if item.refusal else (Stage.QUEUED, before(item))


def stage_spans(stage: Stage, *, begun: bool) -> list[Span]:
    """``✔ done``."""
    glyph, style = STAGES.get(stage, FAILED)
    return [(f"{glyph} ", style), ("to do" if stage is Stage.QUEUED and not begun else stage.value, style)]


def before(item: Item) -> str:
    """What one should know of an object before it is done."""
    sources = [f"after {named(step.identity)}" for step in item.steps[:-1]]
    return "; ".join([*sources, *item.notes]) or f"waits for {item.steps[-1].wait}"


def request_text(step: Step) -> str:
    """One request as it is sent, for people: the body is the patch, laid out."""
    kind = "application/json" if step.method == "DELETE" else "application/merge-patch+json"
    query = "" if step.method == "DELETE" else "?fieldManager=fluxtui&fieldValidation=Strict"
    body = json.dumps(step.body, indent=2, ensure_ascii=False)
    return f"{step.method} {step.path}{query}\n# {kind}; then waits for {step.wait}\n{body}"


def counted(run: Run) -> list[Span]:
    """``2 done, 1 waiting``, each in the style of its stage."""
    spans: list[Span] = []
    for stage, count in ordered(run.counts()):
        glyph, style = STAGES.get(stage, FAILED)
        spans += [(f"{glyph} {count} {stage.value}", style), ("  ", "")]
    return spans[:-1]
