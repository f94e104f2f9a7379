"""Changes: what happened when, grouped; and what happened before a failure."""

from fluxtui.screens.changes import ChangesScreen
from fluxtui.screens.resource import ResourceScreen

from .world import OPENING, SMALL, WIDE, Counter, World, command, kustomization, running, sees, type_filter, until

CAUSE = "HelmRelease/cert-manager/cert-manager"


async def test_it_tells_the_story_of_the_incident_newest_first() -> None:
    async with running(World("incident"), WIDE) as pilot:
        await pilot.press("9")
        told = await sees(pilot, "in the last 30m", "OCIRepository backend/apps", "OCIRepository cert-manager/infra +")
        assert told.index("OCIRepository backend/apps") < told.index("OCIRepository cert-manager/infra +")
        assert "OOMKilled" in told
        assert "prod-us-1 unreachable" in " ".join(told.split()), "what is not seen is told"
        assert "30m ago" in told


async def test_a_key_on_a_failure_leads_to_what_changed_before_it_with_the_push_under_the_cursor() -> None:
    async with running(World("incident"), SMALL) as pilot:
        await sees(pilot, "root cause", "cert-manager/cert-manager")
        await pilot.press("W")
        told = await sees(pilot, "before HelmRelease cert-manager/cert-manager", "upstream")
        assert "▲ ▸ oci cert-manager/infra" in told
        screen = pilot.app.screen
        assert isinstance(screen, ChangesScreen)
        await until(pilot, lambda: screen.chosen() == ("prod-eu-1", "OCIRepository/cert-manager/infra"), "the push")
        await pilot.press("escape")
        await sees(pilot, "in the last 30m")


async def test_a_group_unfolds_into_its_members_and_they_open() -> None:
    async with running(World("incident"), WIDE) as pilot:
        await sees(pilot, "root cause")
        await pilot.press("W")
        await sees(pilot, "▸ OCIRepository cert-manager/infra")
        await pilot.press("enter")
        await sees(pilot, "▾ OCIRepository cert-manager/infra", "1.19.0 → 1.20.0")
        await pilot.press("down", "down", "down", "down")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ResourceScreen), "the page")


async def test_the_page_of_an_object_leads_to_what_changed_before_it() -> None:
    async with running(World("incident"), WIDE) as pilot:
        await sees(pilot, "root cause")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ResourceScreen), "the page")
        await pilot.press("W")
        await sees(pilot, "before HelmRelease cert-manager/cert-manager")


async def test_windows_by_key_and_by_command_and_the_filter() -> None:
    async with running(World("incident"), WIDE, command="changes 20m") as pilot:
        told = await sees(pilot, "in the last 20m", "19m")
        assert "OOMKilled" not in told
        await pilot.press("w")
        await sees(pilot, "in the last 30m", "OOMKilled")
        await pilot.press("w")
        await sees(pilot, "in the last 2h")
        await pilot.press("w", "w")
        await sees(pilot, "since 2", "ago")
        await type_filter(pilot, "cluster:legacy-1")
        told = await sees(pilot, "hidden by filter")
        assert "OCIRepository backend/apps" not in told


async def test_what_we_see_ourselves_looks_different_and_is_grouped() -> None:
    world = World("", ["c"])
    for number in range(5):
        world.put("c", kustomization("a", f"app-{number}"))
    async with running(world, WIDE, command="changes") as pilot:
        await sees(pilot, "nothing changed in the last 30m")
        world.pass_time(60)
        for number in range(5):
            world.edit("c", f"Kustomization/a/app-{number}", lambda obj: obj["spec"].update(suspend=True))
        world.tell()
        told = await sees(pilot, "◉ suspended", "5 Kustomizations")
        assert "seen" in told
        assert world.now() == OPENING + 60
        await type_filter(pilot, "name:app-3")
        await pilot.press("enter")
        await sees(pilot, "5 Kustomizations")
        await type_filter(pilot, " nothing-of-that-name")
        await sees(pilot, "nothing matches")


async def test_a_cursor_key_computes_no_report() -> None:
    async with running(World("incident"), SMALL, command="changes") as pilot:
        await sees(pilot, "in the last 30m")
        screen = pilot.app.screen
        assert isinstance(screen, ChangesScreen)
        shown, filled = Counter().on(screen._reporting, "_show"), Counter().on(screen, "fill")
        await pilot.press("down", "down", "up", "end", "home")
        assert len(filled) == len(shown), "the list is filled for reports alone"


async def test_an_unknown_window_is_refused_in_words() -> None:
    async with running(World("incident"), SMALL) as pilot:
        await sees(pilot, "root cause")
        await command(pilot, "changes soon")
        await sees(pilot, "no window of time")
