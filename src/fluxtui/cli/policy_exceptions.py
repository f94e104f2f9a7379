"""How the exceptions of the fleet read, and what they look like to other programs: the idle ones first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from fluxtui.cli import markdown
from fluxtui.cli.tables import Cell, Column, Paint, table
from fluxtui.insight.export import VERSION, Shape, moment
from fluxtui.insight.policy.exceptions import held, told_names
from fluxtui.insight.policy.idle import Idle, Idling, due
from fluxtui.insight.policy.model import Picture
from fluxtui.kinds.ages import exact
from fluxtui.kinds.policy.exceptions import ExceptionRecord
from fluxtui.kinds.status import Status
from fluxtui.store.store import Store


class Told(msgspec.Struct, frozen=True):
    """One exception; `used` counts the results that name it, `idle` is why it does nothing, if it does nothing."""

    cluster: str
    record: ExceptionRecord
    used: int
    idle: Idle | None = None

    @property
    def until(self) -> int:
        """When it ends, by its own field or by the label that has it deleted; 0: never."""
        return self.record.expires or due(self.record)

    @property
    def policies(self) -> str:
        """What it is from: ``require-labels/check-for-team``."""
        named = [(each.policy, ",".join(each.rules)) for each in self.record.policies]
        return " ".join(f"{policy}/{rules}" if rules else policy for policy, rules in named)


def told(policy: Store, picture: Picture, idle: Sequence[Idle]) -> list[Told]:
    """All exceptions of the fleet, those that do nothing first."""
    idling = {each.key: each for each in idle}
    used: Counter[tuple[str, str]] = Counter(
        (each.cluster, name) for each in picture.violations for name in told_names(each)
    )
    found = [
        Told(each.cluster, record, used[each.cluster, record.name], idling.get((each.cluster, record.id)))
        for each in picture.coverage
        for record in held(policy, each.cluster)
    ]
    return sorted(found, key=lambda each: (each.idle.why if each.idle else len(Idling), each.cluster, each.record.id))


class ExceptionShape(Shape, frozen=True):
    """One exception; ``excepts`` counts the results that name it. ``idle`` is expired, overdue, no policy, no rule or
    unused; empty for one that does something.
    """

    cluster: str
    namespace: str
    name: str
    group: str
    policies: list[str]
    until: str | None
    properties: dict[str, str]
    excepts: int
    idle: str
    why: str


class ExceptionsShape(Shape, frozen=True, kw_only=True):
    """The exceptions of the fleet."""

    version: int = VERSION
    kind: str = "PolicyExceptions"
    time: str
    complete: bool
    summary: str
    items: list[ExceptionShape]


def exceptions_shape(found: Sequence[Told], picture: Picture) -> ExceptionsShape:
    """All of them."""
    return ExceptionsShape(
        time=moment(picture.now) or "",
        complete=picture.complete,
        summary=headline(found, picture),
        items=[_shape(each) for each in found],
    )


def _shape(each: Told) -> ExceptionShape:
    record = each.record
    properties = (line.partition("=") for line in record.properties.splitlines())
    return ExceptionShape(
        each.cluster,
        record.namespace,
        record.name,
        record.group,
        [of.policy for of in record.policies],
        moment(each.until),
        {key: value for key, _, value in properties},
        each.used,
        each.idle.why.word if each.idle else "",
        each.idle.told if each.idle else "",
    )


def headline(found: Sequence[Told], picture: Picture) -> str:
    """``12 exceptions, 3 of them do nothing``; of a cluster that is not seen nobody knows."""
    none = "no exceptions" if picture.complete else "no exception is known"
    count = f"{len(found):,} exception{'s' if len(found) != 1 else ''}" if found else none
    idle = sum(each.idle is not None for each in found)
    return f"{count}, {idle} of them to look at" if idle else count


COLUMNS = (
    Column("EXCEPTION", least=20),
    Column("CLUSTER", least=10),
    Column("FROM", least=20),
    Column("UNTIL"),
    Column("EXCEPTS", right=True),
    Column("STATE"),
    Column("WHY", least=16),
)


def text(found: Sequence[Told], picture: Picture, width: int | None, paint: Paint) -> str:
    """A table, what does nothing first."""
    status = Status.READY if picture.complete else Status.UNKNOWN
    status = Status.FAILED if any(map(wrong, found)) else status
    lines = [paint(f"{status.glyph} {headline(found, picture)}", "strong")]
    if found:
        lines += ["", *table(COLUMNS, [_cells(each) for each in found], width, paint)]
    return "\n".join(lines)


def wrong(each: Told) -> bool:
    """Whether something is wrong with it; that one is not used may be as it should be."""
    return each.idle is not None and each.idle.why is not Idling.UNUSED


def _cells(each: Told) -> list[Cell]:
    style = Status.FAILED.word if wrong(each) else "muted"
    return [
        (f"{each.record.namespace}/{each.record.name}", "strong"),
        (each.cluster, "muted"),
        each.policies,
        exact(each.until)[:10] or "-",
        str(each.used) if each.used else "-",
        (each.idle.why.word, style) if each.idle else "in use",
        each.idle.told if each.idle else "",
    ]


def markdown_text(found: Sequence[Told], picture: Picture) -> str:
    """For people who were not there."""
    code = markdown.code
    rows = [
        [
            code(f"{each.record.namespace}/{each.record.name}"),
            code(each.cluster),
            code(each.policies),
            exact(each.until) or "for ever",
            str(each.used),
            each.idle.why.word if each.idle else "in use",
            code(each.idle.told) if each.idle else "",
        ]
        for each in found
    ]
    parts = [f"**Exceptions** at {exact(picture.now)}: {headline(found, picture)}"]
    if rows:
        parts.append(markdown.table(("exception", "cluster", "from", "until", "excepts", "state", "why"), rows))
    return "\n\n".join(parts)
