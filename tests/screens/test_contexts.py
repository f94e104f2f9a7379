"""The list of contexts: those in trouble first, and a filter that counts what it hides."""

import pytest
from textual.pilot import Pilot

from fluxtui.screens.triage import TriageScreen
from fluxtui.store.state import Phase
from fluxtui.widgets.virtual_table import VirtualTable

from .world import World, command, lines, loses, running, screen, sees, type_filter, until


@pytest.fixture
def fleet() -> World:
    """Twelve clusters; one does not answer, one wants a login, two are not watched."""
    world = World("", [f"{place}-{number}" for place in ("staging", "prod") for number in range(1, 7)])
    world.phase("prod-4", Phase.UNREACHABLE, "connection refused", contact=0)
    world.phase("staging-5", Phase.LOGIN, "the plugin needs a browser", contact=0)
    world.watched = [name for name in world.watched if name not in ("staging-2", "prod-1")]
    return world


def names(pilot: Pilot[None]) -> list[str]:
    source = pilot.app.screen.query_one("#table", VirtualTable).source
    return [str(source.key(index)) for index in range(len(source))]


async def test_contexts_in_trouble_stand_first_and_the_others_as_in_the_kubeconfig(fleet: World) -> None:
    async with running(fleet) as pilot:
        await command(pilot, "ctx")
        await sees(pilot, "10 of 12 watched")
        others = [name for name in fleet.objects if name not in ("staging-5", "prod-4")]
        assert names(pilot) == ["staging-5", "prod-4", *others]


async def test_the_order_follows_the_states_and_the_cursor_its_context(fleet: World) -> None:
    async with running(fleet) as pilot:
        await command(pilot, "ctx")
        await sees(pilot, "10 of 12 watched")
        await pilot.press("end")
        fleet.phase("staging-3", Phase.UNREACHABLE, "no route to host", contact=0)
        fleet.tell()
        await until(pilot, lambda: names(pilot)[:3] == ["staging-3", "staging-5", "prod-4"])
        assert pilot.app.screen.query_one("#table", VirtualTable).cursor_key == "prod-6"
        fleet.phase("staging-5", Phase.FRESH)
        fleet.tell()
        await until(pilot, lambda: names(pilot)[:3] == ["staging-3", "prod-4", "staging-1"])


@pytest.mark.parametrize(
    ("text", "passing"),
    [
        ("cluster:staging-*", 6),
        ("prod4", 1),
        ("reason:unreachable,login", 2),
        ("message:browser", 1),
        ('reason:"not watched"', 2),
        ("!status:ready", 4),
        ("status:failed", 1),
    ],
)
async def test_the_filter_counts_what_it_hides(fleet: World, text: str, passing: int) -> None:
    async with running(fleet) as pilot:
        await command(pilot, "ctx")
        await sees(pilot, "10 of 12 watched")
        await type_filter(pilot, text)
        told = f"filter {text} hides {12 - passing}"
        await until(pilot, lambda: told in " ".join(screen(pilot).split()), told)
        assert len(names(pilot)) == passing
        await pilot.press("enter", "escape")
        await loses(pilot, " hides ")
        assert len(names(pilot)) == 12
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, TriageScreen))


async def test_a_filter_that_hides_every_context_says_so(fleet: World) -> None:
    async with running(fleet) as pilot:
        await command(pilot, "ctx")
        await sees(pilot, "10 of 12 watched")
        await type_filter(pilot, "nowhere")
        await pilot.press("enter")
        told = await sees(pilot, "no contexts match", "hides all 12")
        assert "KUBECONFIG" not in told
        await type_filter(pilot, " wat:x")
        await pilot.press("enter")
        await sees(pilot, "there is no field 'wat'")
        assert lines(pilot)[-1].startswith(" / nowhere wat:x")


async def test_what_is_filtered_can_be_watched_and_chosen(fleet: World) -> None:
    async with running(fleet) as pilot:
        await command(pilot, "ctx")
        await sees(pilot, "10 of 12 watched")
        await type_filter(pilot, "prod-1")
        await pilot.press("enter", "space")
        await sees(pilot, "11 of 12 watched", "hides 11")
        assert "prod-1" in fleet.fleet.clusters
        await pilot.press("enter")
        await sees(pilot, "showing prod-1 alone")
