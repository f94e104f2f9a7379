"""The menu of actions: the verbs that there are for what is selected, each with its key; what cannot be is greyed."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from fluxtui.actions.plan import make
from fluxtui.actions.rights import need
from fluxtui.actions.target import Target
from fluxtui.actions.verbs import WORDS, Verb
from fluxtui.screens.acting import Acting, DeskSight, Offer, offers, told
from fluxtui.screens.desk import joined
from fluxtui.screens.ending import Ending
from fluxtui.widgets.factsheet import Fact, FactSheet
from fluxtui.widgets.flowline import FlowLine
from fluxtui.widgets.keyhints import KeyHint, KeyHints
from fluxtui.widgets.table_source import Span

KEYS: dict[Verb, str] = {
    Verb.RECONCILE: "r",
    Verb.WITH_SOURCE: "w",
    Verb.FORCE: "f",
    Verb.RESET: "x",
    Verb.SUSPEND: "s",
    Verb.RESUME: "u",
    Verb.RESTART: "o",
    Verb.DELETE_POD: "d",
}
"""The key of each verb in the menu."""
HOW_TO = "commands"
"""What the menu ends with when the commands are asked for instead."""


class VerbsScreen(Ending, ModalScreen["Verb | str | None"]):
    """Ends with the verb that was chosen, with `HOW_TO`, or with nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key, f"choose('{verb.value}')", WORDS[verb].title, show=False) for verb, key in KEYS.items()),
        Binding("c", "commands", "Commands", show=False),
        Binding("escape,q,R", "dismiss", "Close", show=False),
    ]

    def __init__(self, around: Acting, targets: Sequence[Target]) -> None:
        super().__init__()
        self._around = around
        self._targets = tuple(targets)
        self._offers = {offer.verb: offer for offer in offers(DeskSight(around.desk), targets)}
        self._missing: dict[Verb, str] = {}
        """Verbs for which a right is missing, with the words for it."""

    def compose(self) -> ComposeResult:
        """A headline, one line per verb, and the keys."""
        with Vertical(id="verbs", classes="dialog"):
            yield FlowLine([("Act on ", "muted"), (told(self._targets), "title")], lines=2, id="dialog-title")
            yield FactSheet(id="verb-list")
            yield KeyHints([KeyHint("c", "the commands instead"), KeyHint("esc", "close", action="escape")])

    def on_mount(self) -> None:
        """Show what there is at once; what is not allowed is greyed when the servers have answered."""
        sheet = self.query_one("#verb-list", FactSheet)
        sheet.styles.height = len(self._offers)
        self._show()
        self.run_worker(self._ask(), name="rights", exit_on_error=True)

    def _show(self) -> None:
        self.query_one("#verb-list", FactSheet).show([self._line(offer) for offer in self._offers.values()])

    def _line(self, offer: Offer) -> Fact:
        title = WORDS[offer.verb].title.ljust(24)
        if why := self._refused(offer):
            return Fact(KEYS[offer.verb], [(title, "faint"), (why, "faint")], 1, "faint")
        spans: list[Span] = [(title, "strong"), (offer.about, "muted")]
        if len(offer.able) < len(self._targets):
            spans = [spans[0], (f"{len(offer.able)} of {len(self._targets)}; not if it {offer.refusal}", "muted")]
        return Fact(KEYS[offer.verb], spans, 1, "key")

    def _refused(self, offer: Offer) -> str:
        return self._missing.get(offer.verb, "") if offer.able else offer.refusal

    async def _ask(self) -> None:
        """Ask what is allowed: a verb is greyed when it is allowed for none of the objects that it could be done to."""
        desk = self._around.desk
        for offer in self._offers.values():
            plan = make(DeskSight(desk), offer.verb, offer.able, desk.now())
            needs = [[need(step) for step in item.steps] for item in plan.todo]
            missing = await self._around.rights.missing(each for item in needs for each in item)
            lacking = [next((each for each in item if each in missing), None) for item in needs]
            if lacking and all(lacking):
                rights = dict.fromkeys(each.brief for each in lacking if each is not None)
                self._missing[offer.verb] = f"needs {joined(rights, 2)}"
        if self.is_current:  # it may have been closed meanwhile
            self._show()

    def action_choose(self, name: str) -> None:
        """A verb's key."""
        offer = self._offers.get(Verb(name))
        if offer is None:
            return
        if why := self._refused(offer):
            self.notify(why, title=WORDS[offer.verb].title, severity="warning", markup=False)
            return
        self.dismiss(offer.verb)

    def action_commands(self) -> None:
        """The commands instead."""
        self.dismiss(HOW_TO)
