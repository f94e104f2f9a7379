"""The menu of what there is to copy of what is selected: its link, commands on it, its message."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from fluxtui.actions.command import commands
from fluxtui.actions.plan import make, possible
from fluxtui.actions.target import Target
from fluxtui.actions.verbs import Verb, verbs
from fluxtui.insight.in_git import content, manifest
from fluxtui.insight.link import COMMAND, link_to
from fluxtui.kinds.record import split_id
from fluxtui.kinds.table import KINDS
from fluxtui.screens.acting import OpenSight, told
from fluxtui.screens.desk import Desk
from fluxtui.screens.ending import Ending
from fluxtui.store.row import Row
from fluxtui.widgets.factsheet import Fact, FactSheet
from fluxtui.widgets.flowline import FlowLine
from fluxtui.widgets.keyhints import KeyHint, KeyHints

MOST = 500
"""Objects of which commands are made at once."""


@dataclass(frozen=True)
class Copyable:
    """Something to copy: the key that does it, what it is, and the text."""

    key: str
    what: str
    text: str


def copyables(desk: Desk, targets: Sequence[Target], tab: str = "") -> list[Copyable]:
    """What there is to copy of these objects, one line for each of them; `tab` is that of the page that is seen."""
    targets = targets[:MOST]
    refs = [target.ref for target in targets]
    rows = [row for ref in refs if (row := desk.store.row(*ref)) is not None]
    links = [shlex.join((*COMMAND, link_to(*target.ref, tab))) for target in targets if target.kind in KINDS]
    messages = [f"{row.reason}: {row.message}" if row.reason else row.message for row in rows if row.message]
    every = (
        Copyable("Y", "link", "\n".join(links)),
        Copyable("c", "name", "\n".join(name_of(identity) for _, identity in refs)),
        Copyable("k", "kubectl get", "\n".join(_kubectl("get", target, "-o", "yaml") for target in targets)),
        Copyable("d", "kubectl describe", "\n".join(_kubectl("describe", target) for target in targets)),
        Copyable("f", "flux reconcile", "\n".join(_reconcile(desk, targets))),
        Copyable("m", "message", "\n".join(messages)),
        Copyable("e", "where to edit it", "\n".join(_in_git(desk, rows))),
        Copyable("r", "revision", "\n".join(row.record.revision for row in rows if row.record.revision)),
    )
    return [each for each in every if each.text]


def _in_git(desk: Desk, rows: Sequence[Row]) -> Iterator[str]:
    """Repository, path and revision: of what an object applies, else of itself."""
    for row in rows:
        data = desk.store.find(row.cluster)
        if data is None:
            continue
        place = content(data, row.record) or manifest(data, row.record)
        if place is not None and place.text:
            yield place.text


def name_of(identity: str) -> str:
    """``namespace/name``, or the name alone."""
    _, namespace, name = split_id(identity)
    return f"{namespace}/{name}" if namespace else name


def _kubectl(verb: str, target: Target, *more: str) -> str:
    kind, namespace, name = split_id(target.identity)
    known = KINDS.get(kind)
    group = known.group if known is not None and target.group is None else target.group or ""
    word = known.plural if known is not None and known.group == group else kind.lower()
    place = ("--namespace", namespace) if namespace else ()
    context = ("--context", target.cluster)
    return shlex.join(("kubectl", *context, *place, verb, f"{word}.{group}" if group else word, name, *more))


def _reconcile(desk: Desk, targets: Sequence[Target]) -> list[str]:
    """The commands that reconcile, for those that can be."""
    sight, verb = OpenSight(desk), Verb.RECONCILE
    able = [target for target in targets if verb in verbs(target) and not possible(sight, verb, target)]
    return commands(make(sight, verb, able, desk.now())) if able else []


class CopyScreen(Ending, ModalScreen[Copyable]):
    """Ends with what was chosen, or with nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss", "Close", show=False)]

    def __init__(self, targets: Sequence[Target], offered: Sequence[Copyable]) -> None:
        super().__init__()
        self._targets = tuple(targets)
        self._offered = {each.key: each for each in offered}
        for each in offered:
            self._bindings.bind(each.key, f"choose('{each.key}')", show=False)

    def compose(self) -> ComposeResult:
        """A headline, one line for each thing, and the keys."""
        facts = [
            Fact(each.key, [(each.what.ljust(18), "strong"), (_first(each.text), "muted")], 1, "key")
            for each in self._offered.values()
        ]
        with Vertical(id="copying", classes="dialog"):
            yield FlowLine([("Copy of ", "muted"), (told(self._targets), "title")], lines=2, id="dialog-title")
            sheet = FactSheet(facts)
            sheet.styles.height = len(facts)
            yield sheet
            yield KeyHints([KeyHint("esc", "close", action="escape")])

    def action_choose(self, key: str) -> None:
        """A key of one of them."""
        self.dismiss(self._offered[key])


def _first(text: str) -> str:
    """Its first line, and how many more there are."""
    first, _, rest = text.partition("\n")
    more = rest.count("\n") + 1 if rest else 0
    return f"{first}  and {more} more" if more else first
