"""What the dialogs of actions work with: the fleet as plans see it, rights, the journal, and who may be written to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from textual.screen import Screen

from fluxtui.actions import plan as planning
from fluxtui.actions import verbs
from fluxtui.actions.journal import NAME, Journal, Origin, user
from fluxtui.actions.plan import Plan
from fluxtui.actions.rights import Rights
from fluxtui.actions.run import Crew
from fluxtui.actions.target import Target, Targets
from fluxtui.actions.target import targets as each_once
from fluxtui.actions.verbs import WORDS, Verb
from fluxtui.config import folder
from fluxtui.kinds.decode import Garbled
from fluxtui.kube.answers import Unreachable
from fluxtui.kube.transport import Resource
from fluxtui.kube.writer import ReadOnly, Writer, open_writer
from fluxtui.screens.desk import Desk, joined
from fluxtui.screens.details import named
from fluxtui.screens.undertakings import Undertakings
from fluxtui.store.row import Row
from fluxtui.store.state import DataState


class DeskSight:
    """The fleet as plans see it (`actions.plan.Sight`)."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def row(self, cluster: str, identity: str) -> Row | None:
        """An object as it is held."""
        return self._desk.store.row(cluster, identity)

    def state(self, cluster: str, kind: str) -> DataState:
        """How far that can be believed."""
        return self._desk.store.state(cluster, kind)

    def resource(self, cluster: str, kind: str) -> Resource | None:
        """Where a kind lives; None when the server does not serve it."""
        found = self._desk.fleet.clusters.get(cluster)
        return found.resource(kind) if found is not None else None

    def refusal(self, cluster: str) -> str:
        """Why a context must not be written to."""
        if cluster not in self._desk.fleet.clusters:
            return f"{cluster} is not watched any more"
        return self._desk.permission.refusal(cluster)


class OpenSight(DeskSight):
    """As if everything might be written to: for commands that somebody else is to run."""

    def refusal(self, cluster: str) -> str:
        """Nothing refuses."""
        return ""


@dataclass
class Acting:
    """Kept from one dialog to the next: answers about rights, the journal, and what was begun."""

    desk: Desk
    rights: Rights = field(init=False)
    journal: Journal = field(init=False)
    undertakings: Undertakings = field(init=False)

    def __post_init__(self) -> None:
        clusters = self.desk.fleet.clusters
        self.rights = Rights(lambda name: clusters[name].reader if name in clusters else None, self.desk.now)
        self.journal = Journal(journal_path(self.desk), self.desk.now, user())
        self.undertakings = Undertakings(self.desk.show_badge)

    def crew(self) -> Crew:
        """What a run works with."""
        return Crew(
            DeskSight(self.desk),
            self._writer,
            self.desk.fleet.subscribe,
            self.desk.now,
            self.journal,
            self._origin,
            fetch=self._fetch,
        )

    async def _fetch(self, cluster: str, resource: Resource, namespace: str, name: str) -> dict[str, Any]:
        found = self.desk.fleet.clusters.get(cluster)
        if found is None:
            raise Unreachable(cluster, "is not watched any more")
        try:
            return await found.fetch_from(resource, namespace, name)
        except Garbled as error:
            raise Unreachable(cluster, str(error)) from error

    def _writer(self, cluster: str) -> Writer:
        found = self.desk.fleet.clusters.get(cluster)
        if found is None:
            raise ReadOnly(f"{cluster} is not watched any more")
        return open_writer(found, self.desk.permission)

    def _origin(self, cluster: str) -> Origin:
        found = self.desk.fleet.clusters.get(cluster)
        return Origin(found.context.server, found.acts_as) if found is not None else Origin()


def journal_path(desk: Desk) -> Path:
    """Where this session's actions are on record. What is done to a simulation is no record of what was done."""
    return folder("state") / (f"demo-{NAME}" if desk.demo else NAME)


def acting(desk: Desk) -> Acting:
    """The one of this desk, made when first asked for."""
    if not isinstance(desk.acting, Acting):
        desk.acting = Acting(desk)
    return desk.acting


@dataclass(frozen=True)
class Offer:
    """A verb as a menu offers it for some objects."""

    verb: Verb
    able: tuple[Target, ...]
    """The objects that it can be done to."""
    refusal: str = ""
    """Why not to the others, in the words of the first of them."""

    @property
    def about(self) -> str:
        """What it does, or why it does not."""
        return WORDS[self.verb].about if self.able else self.refusal


def offers(sight: planning.Sight, targets: Sequence[Target]) -> list[Offer]:
    """The verbs of the kinds of these objects, in their order; none when nothing could be done to any of them."""
    listed = [verb for verb in Verb if any(verb in verbs.verbs(target) for target in targets)]
    found: list[Offer] = []
    for verb in listed:
        why = {target: sight.refusal(target.cluster) or planning.possible(sight, verb, target) for target in targets}
        able = tuple(target for target, refusal in why.items() if not refusal)
        found.append(Offer(verb, able, next((refusal for refusal in why.values() if refusal), "")))
    return found


def without(plan: Plan, missing: dict[tuple[str, str], str]) -> Plan:
    """The plan with those objects refused for which a right is missing."""
    items = tuple(
        planning.Item(item.cluster, item.identity, refusal=missing[item.cluster, item.identity])
        if not item.refusal and (item.cluster, item.identity) in missing
        else item
        for item in plan.items
    )
    return planning.Plan(plan.verb, items, plan.token, plan.who, plan.why)


def told(targets: Sequence[Target]) -> str:
    """``Kustomization apps/frontend in prod-eu-1``, ``3 objects in 2 clusters``."""
    if len(targets) == 1:
        return f"{named(targets[0].identity)} in {targets[0].cluster}"
    clusters = {target.cluster for target in targets}
    where = next(iter(clusters)) if len(clusters) == 1 else f"{len(clusters)} clusters"
    return f"{len(targets)} objects in {where}"


def open_menu(screen: Screen[None], desk: Desk, given: Targets) -> None:
    """The menu for objects of any kind, then what is chosen in it. Pairs of cluster and id do for what is watched;
    other objects are named by whole `Target`s.
    """
    from fluxtui.screens.howto import HowToScreen
    from fluxtui.screens.verbs import HOW_TO, VerbsScreen

    targets = each_once(given)
    if not offers(DeskSight(desk), targets):
        kinds = joined(dict.fromkeys(target.kind for target in targets))
        screen.notify(f"nothing can be done to a {kinds} here: change it in Git", title="act", markup=False)
        return

    def chosen(verb: Verb | str | None) -> None:
        if isinstance(verb, Verb):
            open_action(screen, desk, verb, targets)
        elif verb == HOW_TO:
            screen.app.push_screen(HowToScreen(desk, targets))

    screen.app.push_screen(VerbsScreen(acting(desk), targets), chosen)


def open_action(screen: Screen[None], desk: Desk, verb: Verb, given: Targets) -> None:
    """The dialog of one verb."""
    from fluxtui.screens.act import ActScreen

    screen.app.push_screen(ActScreen(acting(desk), verb, each_once(given)))


def reopen(screen: Screen[Any], desk: Desk) -> bool:
    """The dialog of the action that is under way, or of the last one; False when there was none in this session."""
    from fluxtui.screens.act import ActScreen

    found = desk.acting.undertakings.latest if isinstance(desk.acting, Acting) else None
    if found is None:
        return False
    screen.app.push_screen(ActScreen(acting(desk), found.verb, found.targets, found))
    return True


def palette_entries(screen: Screen[None], desk: Desk, given: Targets) -> list[tuple[str, str, Callable[[], object]]]:
    """One entry for each verb that can be done: title, what it does, and what opens its dialog."""
    targets = each_once(given)
    return [
        (
            f"{WORDS[offer.verb].title}: {told(offer.able)}",
            WORDS[offer.verb].about,
            partial(open_action, screen, desk, offer.verb, targets),
        )
        for offer in offers(DeskSight(desk), targets)
        if offer.able
    ]
