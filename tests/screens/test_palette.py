"""The palette: what it offers, how it finds, and what enter does."""

import pytest
from textual.pilot import Pilot

from fluxtui.kinds.table import KINDS
from fluxtui.kube.transport import Resource
from fluxtui.screens.palette import PaletteScreen
from fluxtui.screens.resource import ResourceScreen
from fluxtui.widgets.choices import Choices

from .world import SMALL, WIDE, StillCluster, World, burst, command, kustomization, lines, running, sees, until


@pytest.fixture
def incident() -> World:
    return World("incident")


@pytest.fixture
def served(incident: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Clusters that have told where their kinds live, as actions need to know."""

    def resource(cluster: StillCluster, name: str) -> Resource:
        kind = KINDS[name]
        return Resource(kind.group, kind.versions[0], kind.plural, kind.namespaced)

    monkeypatch.setattr(StillCluster, "resource", resource)
    return incident


async def opened(pilot: Pilot[None]) -> PaletteScreen:
    await sees(pilot, "root causes explain")
    await pilot.press("ctrl+p")
    await until(pilot, lambda: isinstance(pilot.app.screen, PaletteScreen))
    await sees(pilot, " objects")
    assert isinstance(pilot.app.screen, PaletteScreen)
    return pilot.app.screen


def titles(pilot: Pilot[None]) -> list[str]:
    choices = pilot.app.screen.query_one(Choices)
    return [f"{choice.sort} {''.join(text for text, _ in choice.title)}" for choice in choices._choices]


async def test_actions_on_what_is_selected_stand_first_then_screens_and_commands(served: World) -> None:
    async with running(served) as pilot:
        await opened(pilot)
        told = titles(pilot)
        assert told[0] == "action reconcile: HelmRelease cert-manager/cert-manager in prod-eu-1"
        for each in (
            "screen :tree",
            "command :ns",
            "list HelmReleases",
            "context :ctx prod-eu-1",
            "key Evidence alone",
        ):
            assert each in told


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_an_object_is_found_by_a_few_letters_and_opened(incident: World, size: tuple[int, int]) -> None:
    async with running(incident, size) as pilot:
        await opened(pilot)
        await burst(pilot, *"hr cert prod")
        await sees(pilot, "1 of ", "HelmRelease cert-manager/cert-manager", "prod-eu-1")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ResourceScreen))
        assert pilot.app.screen.chosen() == ("prod-eu-1", "HelmRelease/cert-manager/cert-manager")


async def test_letters_and_enter_in_a_burst_open_what_was_typed(incident: World) -> None:
    async with running(incident) as pilot:
        await opened(pilot)
        await burst(pilot, *"hr cert prod", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ResourceScreen))
        assert pilot.app.screen.chosen() == ("prod-eu-1", "HelmRelease/cert-manager/cert-manager")


async def test_a_command_is_carried_out(incident: World) -> None:
    async with running(incident) as pilot:
        await opened(pilot)
        await burst(pilot, *"ocirepositories", "enter")
        await sees(pilot, " OCIRepositories ")


async def test_a_key_of_the_screen_below_does_what_it_does(incident: World) -> None:
    async with running(incident) as pilot:
        await sees(pilot, "root causes explain")
        await command(pilot, "ks")
        await sees(pilot, " Kustomizations ")
        await pilot.press("ctrl+p")
        await burst(pilot, *"faults only")
        await until(pilot, lambda: titles(pilot)[:1] == ["key Faults only"])
        await pilot.press("enter")
        await sees(pilot, "filter status:failed")


async def test_an_action_opens_its_dialog(served: World) -> None:
    async with running(served, WIDE) as pilot:
        await opened(pilot)
        await burst(pilot, *"reconcile hel", "enter")
        await sees(pilot, "HelmRelease cert-manager/cert-manager in prod-eu-1", "requestedAt")


async def test_a_read_only_process_offers_nothing_that_writes(served: World) -> None:
    async with running(served, read_only=True) as pilot:
        await opened(pilot)
        assert not [each for each in titles(pilot) if each.startswith("action")]
        await burst(pilot, *"reconcile")
        await sees(pilot, "reconcile")
        assert not [each for each in titles(pilot) if each.startswith("action")]


async def test_what_appears_is_found_and_what_has_gone_is_not(incident: World) -> None:
    async with running(incident) as pilot:
        await opened(pilot)
        await pilot.press("escape")
        incident.put("staging-1", kustomization("newcomers", "just-born"))
        incident.tell()
        await pilot.press("ctrl+p")
        await burst(pilot, *"just-born")
        await until(pilot, lambda: titles(pilot) == ["object ● Kustomization newcomers/just-born"])
        await pilot.press("escape")
        incident.remove("staging-1", "Kustomization/newcomers/just-born")
        incident.tell()
        await pilot.press("ctrl+p")
        await burst(pilot, *"just-born")
        await sees(pilot, "nothing fits")
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, PaletteScreen)


async def test_the_bar_moves_stays_in_sight_and_a_click_chooses(incident: World) -> None:
    async with running(incident) as pilot:
        await opened(pilot)
        choices = pilot.app.screen.query_one(Choices)
        await pilot.press("down", "down", "up")
        assert choices.chosen is choices._choices[1]
        await pilot.press(*["pagedown"] * 20)
        assert choices.chosen is choices._choices[-1]
        last = "".join(text for text, _ in choices._choices[-1].title)
        assert any("▌" in line and last[:20] in line for line in lines(pilot))
        await burst(pilot, *"ocirepositories")
        await until(pilot, lambda: titles(pilot)[:1] == ["list OCIRepositories"])
        assert choices.chosen is choices._choices[0]
        await pilot.click("#choices", offset=(4, 0))
        await sees(pilot, " OCIRepositories ")


async def test_escape_leaves_everything_as_it_was(incident: World) -> None:
    async with running(incident) as pilot:
        before = pilot.app.screen
        await opened(pilot)
        await burst(pilot, *"cert", "escape")
        await until(pilot, lambda: pilot.app.screen is before)
