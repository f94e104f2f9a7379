"""What a benchmark yields: a name, the values of its runs, and the target that they are held against."""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Plan:
    """How much is measured: ``quick`` takes fewer runs; ``assets`` has etcd and kube-apiserver, if they are there."""

    quick: bool = False
    assets: Path | None = None

    def runs(self, full: int, quick: int) -> int:
        """How many runs."""
        return quick if self.quick else full


@dataclass(frozen=True)
class Figure:
    """One measured quantity. ``where``: the server it was measured on. ``target`` is the most that is wanted, or with
    ``at_least`` the least; None: there is no target, the figure is for orientation. ``quantile`` of the values counts.
    """

    what: str
    unit: str
    values: Sequence[float]
    target: float | None = None
    where: str = ""
    at_least: bool = False
    quantile: float = 0.5
    note: str = ""

    @property
    def value(self) -> float:
        """The quantile of the runs that counts, by default their median."""
        return quantile(self.values, self.quantile)

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None where there is none."""
        if self.target is None:
            return None
        return self.value >= self.target if self.at_least else self.value <= self.target

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return asdict(self) | {"value": self.value, "met": self.met}


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that ``share`` of the values do not exceed; the median is the usual one. NaN of nothing."""
    if not values:
        return math.nan
    if share == 0.5:
        return statistics.median(values)
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def table(figures: Iterable[Figure]) -> str:
    """The figures as a Markdown table, as docs/benchmarks.md has it."""
    rows = [("what", "where", "figure", "target", "", "least – most")]
    for figure in figures:
        wanted = "" if figure.target is None else f"{'≥' if figure.at_least else '≤'} {_number(figure.target)}"
        word = {True: "met", False: "**missed**", None: ""}[figure.met]
        spread = f"{_number(min(figure.values))} – {_number(max(figure.values))}, n={len(figure.values)}"
        shown = f"{_number(figure.value)} {figure.unit}".rstrip()
        told = [spread if len(figure.values) > 1 else "", figure.note]
        rows.append((figure.what, figure.where, shown, wanted, word, "; ".join(filter(None, told))))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [f"| {' | '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))} |" for row in rows]
    lines.insert(1, f"|{'|'.join('-' * (width + 2) for width in widths)}|")
    return "\n".join(lines)


def _number(value: float) -> str:
    if math.isnan(value):
        return "?"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
